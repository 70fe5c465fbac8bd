//! Toxiproxy's clients work unmodified: routes, words and habits of that tool.

use guard::Plan;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::world::*;

struct Toxiproxy(World);

impl Toxiproxy {
    fn start() -> Self {
        Self(World::start(Plan { toxiproxy: true, ..plan(Vec::new()) }))
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = ask(self.0.admin.at, method, path, "User-Agent: toxiproxy-client\r\n", &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    async fn make(&self, upstream: &Upstream) -> std::net::SocketAddr {
        let body = json!({"name": "p", "listen": "127.0.0.1:0", "upstream": upstream.at.to_string(), "enabled": true});
        let (status, proxy) = self.ask("POST", "/proxies", body).await;
        assert_eq!(status, 201, "{proxy}");
        proxy["listen"].as_str().unwrap().parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_proxy_is_made_shown_changed_and_deleted() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let toxi = Toxiproxy::start();
    let at = toxi.make(&upstream).await;
    assert_eq!(ask(at, "GET", "/", "", "").await.body, "a");
    let shown = json!({"name": "p", "listen": at.to_string(), "upstream": upstream.at.to_string(), "enabled": true, "toxics": []});
    assert_eq!(toxi.ask("GET", "/proxies/p", Value::Null).await, (200, shown.clone()));
    assert_eq!(toxi.ask("GET", "/proxies", Value::Null).await, (200, json!({"p": shown})));
    let (status, error) = toxi.ask("POST", "/proxies", json!({"name": "p", "upstream": "127.0.0.1:1"})).await;
    assert_eq!((status, error), (409, json!({"error": "proxy already exists", "status": 409})));
    let other = Upstream::start(|_, _| ok("b"));
    let (status, _) = toxi.ask("PATCH", "/proxies/p", json!({"upstream": other.at.to_string()})).await;
    assert_eq!((status, ask(at, "GET", "/", "", "").await.body.as_str()), (200, "b"));
    assert_eq!(toxi.ask("DELETE", "/proxies/p", Value::Null).await.0, 204);
    assert!(!outside::net::accepts(at));
    assert_eq!(
        toxi.ask("GET", "/proxies/p", Value::Null).await,
        (404, json!({"error": "proxy not found", "status": 404}))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn only_enabled_false_keeps_the_other_fields_and_really_closes() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let toxi = Toxiproxy::start();
    let at = toxi.make(&upstream).await;
    for method in ["POST", "PATCH"] {
        let (status, proxy) = toxi.ask(method, "/proxies/p", json!({"enabled": false})).await;
        assert_eq!(
            (status, &proxy["enabled"], &proxy["upstream"]),
            (200, &json!(false), &json!(upstream.at.to_string()))
        );
        assert!(!outside::net::accepts(at), "the port is closed");
        let (status, proxy) = toxi.ask(method, "/proxies/p", json!({"enabled": true})).await;
        assert_eq!((status, &proxy["listen"]), (200, &json!(at.to_string())), "and opens where it was");
        assert_eq!(ask(at, "GET", "/", "", "").await.body, "a");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn populate_answers_a_list_and_does_nothing_twice() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let toxi = Toxiproxy::start();
    let at = nobody();
    let list = json!([{"name": "p", "listen": at.to_string(), "upstream": upstream.at.to_string()}]);
    for _ in 0..2 {
        let (status, answer) = toxi.ask("POST", "/populate", list.clone()).await;
        assert_eq!(
            (status, &answer["proxies"][0]["name"], answer["proxies"].as_array().unwrap().len()),
            (201, &json!("p"), 1)
        );
        assert_eq!(ask(at, "GET", "/", "", "").await.body, "a");
    }
    let (status, error) = toxi.ask("POST", "/populate", json!([{"name": "q"}])).await;
    assert_eq!((status, &error["status"]), (400, &json!(400)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn toxics_have_toxiproxys_names_defaults_and_errors() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let toxi = Toxiproxy::start();
    toxi.make(&upstream).await;
    let (status, toxic) =
        toxi.ask("POST", "/proxies/p/toxics", json!({"type": "latency", "attributes": {"latency": 1000}})).await;
    let expected = json!({"attributes": {"latency": 1000, "jitter": 0}, "name": "latency_downstream", "type": "latency", "stream": "downstream", "toxicity": 1.0});
    assert_eq!((status, toxic), (200, expected));
    for method in ["POST", "PATCH"] {
        let (status, toxic) = toxi
            .ask(method, "/proxies/p/toxics/latency_downstream", json!({"attributes": {"jitter": 5}, "toxicity": 0.5}))
            .await;
        assert_eq!(
            (status, &toxic["attributes"], &toxic["toxicity"]),
            (200, &json!({"latency": 1000, "jitter": 5}), &json!(0.5))
        );
    }
    assert_eq!(toxi.ask("GET", "/proxies/p/toxics", Value::Null).await.1.as_array().unwrap().len(), 1);
    for (path, body, status, error) in [
        ("/proxies/p/toxics", json!({"type": "latency"}), 409, "toxic already exists"),
        ("/proxies/p/toxics", json!({"type": "fog"}), 400, "invalid toxic type"),
        ("/proxies/p/toxics", json!({}), 400, "invalid toxic type"),
        (
            "/proxies/p/toxics",
            json!({"type": "noop", "stream": "sideways"}),
            400,
            "stream was invalid, can be either upstream or downstream",
        ),
        ("/proxies/p/toxics/none", json!({}), 404, "toxic not found"),
        ("/proxies/q/toxics", json!({"type": "noop"}), 404, "proxy not found"),
    ] {
        assert_eq!(toxi.ask("POST", path, body).await, (status, json!({"error": error, "status": status})));
    }
    assert_eq!(
        toxi.ask("POST", "/proxies/p/toxics", json!({"type": "latency", "attributes": {"latency": -1}})).await.0,
        400
    );
    assert_eq!(toxi.ask("DELETE", "/proxies/p/toxics/latency_downstream", Value::Null).await.0, 204);
    assert_eq!(toxi.ask("GET", "/proxies/p/toxics/latency_downstream", Value::Null).await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn every_type_of_toxic_is_known_and_bites_or_spares() {
    let upstream = Upstream::start(|_, _| ok("0123456789"));
    let toxi = Toxiproxy::start();
    let at = toxi.make(&upstream).await;
    for (kind, attributes, whole) in [
        ("noop", json!({}), true),
        ("latency", json!({"latency": 50}), true),
        ("bandwidth", json!({"rate": 1}), true),
        ("slow_close", json!({"delay": 50}), true),
        ("slicer", json!({"average_size": 3, "size_variation": 1, "delay": 10}), true),
        ("timeout", json!({"timeout": 50}), false),
        ("reset_peer", json!({"timeout": 0}), false),
        ("limit_data", json!({"bytes": 20}), false),
    ] {
        let (status, toxic) =
            toxi.ask("POST", "/proxies/p/toxics", json!({"name": "t", "type": kind, "attributes": attributes})).await;
        assert_eq!(status, 200, "{toxic}");
        let answer = ask(at, "GET", "/", "", "").await;
        assert_eq!(answer.body == "0123456789", whole, "{kind}: {answer:?}");
        toxi.ask("DELETE", "/proxies/p/toxics/t", Value::Null).await;
        assert_eq!(ask(at, "GET", "/", "", "").await.body, "0123456789", "{kind} is over");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_upstream_toxic_slows_the_way_there_only() {
    let listener = listen(loopback());
    let toxi = Toxiproxy::start();
    let body = json!({"name": "p", "listen": "127.0.0.1:0", "upstream": listener.local_addr().unwrap().to_string()});
    let (_, proxy) = toxi.ask("POST", "/proxies", body).await;
    let at = proxy["listen"].as_str().unwrap().parse().unwrap();
    toxi.ask(
        "POST",
        "/proxies/p/toxics",
        json!({"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}),
    )
    .await;
    let mut client = outside::net::connect(at, PATIENCE).await.unwrap();
    let (mut server, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    client.write_all(b"lost").await.unwrap();
    server.write_all(b"down").await.unwrap();
    let mut heard = [0; 4];
    timeout(PATIENCE, client.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(&heard, b"down");
    assert!(timeout(std::time::Duration::from_millis(100), server.read_exact(&mut heard)).await.is_err(), "swallowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn reset_enables_everything_and_removes_every_toxic() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let toxi = Toxiproxy::start();
    let at = toxi.make(&upstream).await;
    toxi.ask("POST", "/proxies/p/toxics", json!({"type": "reset_peer"})).await;
    toxi.ask("POST", "/proxies/p", json!({"enabled": false})).await;
    assert_eq!(toxi.ask("POST", "/reset", Value::Null).await.0, 204);
    assert_eq!(ask(at, "GET", "/", "", "").await.body, "a");
    assert_eq!(toxi.ask("GET", "/proxies/p/toxics", Value::Null).await, (200, json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn browsers_are_refused_bad_bodies_are_told_and_a_taken_port_is_an_error() {
    let toxi = Toxiproxy::start();
    assert_eq!(toxi.ask("GET", "/version", Value::Null).await, (200, json!({"version": "2.12.0"})));
    assert_eq!(ask(toxi.0.admin.at, "GET", "/proxies", "User-Agent: Mozilla/5.0\r\n", "").await.status, 403);
    assert_eq!(ask(toxi.0.admin.at, "POST", "/proxies", "", "{").await.status, 400);
    assert_eq!(
        toxi.ask("POST", "/proxies", json!({"upstream": "a:1"})).await,
        (400, json!({"error": "missing required field: name", "status": 400}))
    );
    assert_eq!(toxi.ask("POST", "/proxies", json!({"name": "p"})).await.0, 400);
    assert_eq!(toxi.ask("POST", "/proxies", json!({"name": 5, "upstream": "a:1"})).await.0, 400);
    assert_eq!(toxi.ask("GET", "/nothing", Value::Null).await.0, 404);
    let taken = listen(loopback());
    let body = json!({"name": "p", "listen": taken.local_addr().unwrap().to_string(), "upstream": "127.0.0.1:1"});
    assert_eq!(toxi.ask("POST", "/proxies", body).await.0, 500);
    assert_eq!(
        toxi.ask("GET", "/proxies", Value::Null).await,
        (200, json!({})),
        "a proxy that cannot listen is not there"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_unknown_upstream_is_accepted_and_fails_when_it_is_used() {
    let toxi = Toxiproxy::start();
    let body = json!({"name": "p", "listen": "127.0.0.1:0", "upstream": "no-such-host.invalid:80"});
    let (status, proxy) = toxi.ask("POST", "/proxies", body).await;
    assert_eq!((status, &proxy["upstream"]), (201, &json!("no-such-host.invalid:80")));
    let at = proxy["listen"].as_str().unwrap().parse().unwrap();
    assert_eq!(ask(at, "GET", "/", "", "").await.status, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_edge_of_the_file_is_a_proxy_that_cannot_be_moved_or_deleted() {
    let upstream = Upstream::start(|_, _| ok("a"));
    let world = World::start(Plan { toxiproxy: true, ..plan(vec![edge(policy(), vec![upstream.at])]) });
    let toxi = Toxiproxy(world);
    let path = format!("/proxies/{EDGE_PATH}");
    assert_eq!(toxi.ask("GET", &path, Value::Null).await.1["name"], EDGE);
    assert_eq!(toxi.ask("DELETE", &path, Value::Null).await.0, 403);
    assert_eq!(toxi.ask("POST", &path, json!({"upstream": "127.0.0.1:1"})).await.0, 403);
    assert_eq!(
        toxi.ask("POST", &format!("{path}/toxics"), json!({"type": "slicer", "attributes": {"average_size": 1}}))
            .await
            .0,
        400
    );
    let (status, _) = toxi.ask("POST", &format!("{path}/toxics"), json!({"type": "reset_peer"})).await;
    assert_eq!((status, toxi.0.get("/").await.brief()), (200, (502, "upstream-reset")));
}
