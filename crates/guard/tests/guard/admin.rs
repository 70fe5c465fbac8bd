//! The admin port's own routes: who may, what is asked, and what is said when it is wrong.

use std::time::Duration;

use guard::Plan;
use serde_json::{Value, json};
use system::Policy;

use crate::world::*;

fn path(rest: &str) -> String {
    format!("/seaworthy/v1/edges/{EDGE_PATH}{rest}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_the_token_only_health_is_told() {
    let world = World::of(policy(), vec![nobody()]);
    let at = world.admin.at;
    assert_eq!(ask(at, "GET", "/seaworthy/v1/healthz", "", "").await.json(), json!({"ok": true}));
    for headers in ["", "Authorization: Bearer wrong\r\n", "Authorization: Bearer \r\n", "Authorization: Basic x\r\n"] {
        for (method, path) in [("GET", "/seaworthy/v1/edges"), ("POST", "/seaworthy/v1/reset"), ("GET", &*path(""))] {
            let answer = ask(at, method, path, headers, "").await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
        }
    }
    assert_eq!(ask(at, "GET", "/proxies", "", "").await.status, 404);
    assert_eq!(world.admin.ask("GET", "/version", &Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_a_token_a_browser_is_refused() {
    let world = World::start(Plan { token: None, ..plan(vec![edge(policy(), vec![nobody()])]) });
    let at = world.admin.at;
    assert_eq!(ask(at, "POST", "/seaworthy/v1/reset", "User-Agent: Mozilla/5.0\r\n", "").await.status, 403);
    assert_eq!(ask(at, "POST", "/seaworthy/v1/reset", "User-Agent: curl/8\r\n", "").await.status, 204);
    for (host, status) in [("evil.example", 403), ("localhost:1", 200), ("127.0.0.1:80", 200), ("[::1]:80", 200)] {
        let answer = ask(at, "GET", "/seaworthy/v1/edges", &format!("Host: {host}\r\n"), "").await;
        assert_eq!(answer.status, status, "{host}: a name can be pointed at loopback by anybody");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_edge_tells_everything_about_itself() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let at = upstream.at;
    let world = World::of(Policy { breaker: Some(breaker(5, Duration::from_secs(5))), ..policy() }, vec![at]);
    world.get("/").await;
    let edge = world.admin.edge().await;
    let expected = json!({
        "edge": "web->api", "protocol": "http", "listen": world.at.to_string(), "listening": true,
        "upstreams": [at.to_string()], "breaker": "admitting", "bypass": false, "faults": [], "connections": 0,
        "counts": {
            "requests": 1, "upstream_attempts": 1, "upstream_failures": 0, "retries": 0, "short_circuited": 0,
            "served_stale": 0, "made_by_guard": 0, "injected": 0, "connections_turned_away": 0,
        },
    });
    until("the connection has ended", async || world.admin.edge().await["connections"] == 0).await;
    assert_eq!(
        Value::Object(
            edge.as_object()
                .unwrap()
                .iter()
                .filter(|(key, _)| *key != "connections")
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        ),
        Value::Object(
            expected
                .as_object()
                .unwrap()
                .iter()
                .filter(|(key, _)| *key != "connections")
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        )
    );
    let all = world.admin.ask("GET", "/seaworthy/v1/edges", &Value::Null).await.json();
    assert_eq!((&all["schema"], all["edges"].as_array().unwrap().len()), (&json!("seaworthy.guard.edges/1"), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn wrong_requests_are_told_what_is_wrong() {
    let world = World::of(policy(), vec![nobody()]);
    for (method, path, body, status, word) in [
        ("GET", "/seaworthy/v1/edges/web-%3Eapo".to_owned(), "", 404, "did you mean `web->api`"),
        ("GET", "/seaworthy/v1/nothing".to_owned(), "", 404, "no such route"),
        ("GET", "/seaworthy/v1/edges/%zz".to_owned(), "", 400, "percent-encoded"),
        ("PATCH", path(""), "", 405, "GET"),
        ("POST", path("/faults/f"), "{}", 405, "PUT, DELETE"),
        ("GET", path("/bypass"), "", 405, "PUT, DELETE"),
        ("PUT", path("/faults/f"), "{", 400, "not JSON"),
        ("PUT", path("/faults/f"), "[]", 400, "object"),
        ("PUT", path("/faults/f"), "{\"kind\":\"hang\"}", 400, "`ttl_ms` is missing"),
        ("PUT", path("/faults/f"), "{\"kind\":\"hang\",\"ttl_ms\":600001}", 400, "1 to 600000"),
        ("PUT", path("/faults/f"), "{\"kind\":\"slicer\",\"average_bytes\":1,\"ttl_ms\":1}", 400, "protocol"),
        ("PUT", path("/faults/a%0Ab"), "{\"kind\":\"hang\",\"ttl_ms\":1}", 400, "control characters"),
        ("PUT", path("/bypass"), "{}", 400, "`ttl_ms` is missing"),
        ("PUT", path("/bypass"), "{\"ttl_ms\":0}", 400, "1 to 600000"),
        ("POST", path("/try"), "{\"path\":\"http://evil/\"}", 400, "begins with `/`"),
        ("POST", path("/try"), "{\"within_ms\":99999999}", 400, "within_ms"),
    ] {
        let headers = "Authorization: Bearer 0123456789abcdef\r\n";
        let answer = ask(world.admin.at, method, &path, headers, body).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert!(answer.json()["detail"].as_str().unwrap().contains(word), "{word}: {answer:?}");
    }
    assert_eq!(world.admin.edge().await["faults"], json!([]), "nothing of it was set");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_that_is_too_large_is_refused() {
    let world = World::of(policy(), vec![nobody()]);
    let body = json!("x".repeat(guard::limits::LARGEST_ADMIN_BODY));
    assert_eq!(world.admin.ask("PUT", &path("/faults/f"), &body).await.status, 413);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn reset_ends_faults_bypass_breaker_and_cache() {
    let upstream = Upstream::start(|number, _| if number == 0 { ok("old") } else { status(500) });
    let policy = Policy { breaker: Some(breaker(1, Duration::from_secs(60))), cache: Some(cache()), ..policy() };
    let world = World::of(policy, vec![upstream.at]);
    world.get("/").await;
    assert_eq!(world.get("/").await.brief(), (200, "stale"));
    world.admin.fault(json!({"kind": "hang", "ttl_ms": 60_000})).await;
    world.admin.bypass(60_000).await;
    assert_eq!(world.admin.edge().await["breaker"], "tripped");
    assert_eq!(world.admin.ask("POST", "/seaworthy/v1/reset", &Value::Null).await.status, 204);
    let edge = world.admin.edge().await;
    assert_eq!((&edge["breaker"], &edge["bypass"], &edge["faults"]), (&json!("admitting"), &json!(false), &json!([])));
    assert_eq!(world.get("/").await.status, 500, "the cache is empty");
}
