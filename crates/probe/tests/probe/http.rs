//! `http.check`: what is said of all answers, of some, and of none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use evidence::{Grade, Value};
use outside::secret::Redactor;

use crate::service::{Service, answer, nobody};
use crate::world::{NOW, Place, blind, broken, held, not_seen, text};

fn place_with(services: &[&Service]) -> Place {
    let mut place = Place::new();
    place.addresses("api", &services.iter().map(|service| service.address).collect::<Vec<_>>());
    place
}

#[tokio::test]
async fn a_foreign_origin_is_not_let_in_and_turns_when_the_header_changes() {
    let expect = "obs.status == 200 && obs.has_header.access_control_allow_origin == false";
    let with = "{component: api, path: /health, headers: {Origin: 'https://evil.example'}}";
    let sound = Service::answering(|_| answer(200, "Server: x\r\n", "{}"));
    let seen = place_with(&[&sound]).look("http.check", with).await;
    held(&seen, expect);
    assert_eq!((seen.grade, seen.at, seen.version.as_deref()), (Some(Grade::Live), NOW, Some("v1")));
    assert_eq!(seen.source, "GET http://api/health");
    let flawed = Service::answering(|_| answer(200, "Access-Control-Allow-Origin: *\r\n", "{}"));
    let seen = place_with(&[&flawed]).look("http.check", with).await;
    broken(&seen, expect);
    assert_eq!(text(&seen, "header.access_control_allow_origin"), "*");
}

#[tokio::test]
async fn a_header_that_one_replica_sends_is_neither_there_nor_absent() {
    let sound = Service::answering(|_| answer(200, "", ""));
    let flawed = Service::answering(|_| answer(200, "Access-Control-Allow-Origin: *\r\n", ""));
    let seen = place_with(&[&sound, &flawed]).look("http.check", "{component: api, times: 4}").await;
    not_seen(&seen, "obs.has_header.access_control_allow_origin == false");
    broken(&seen, "obs.count_header.access_control_allow_origin == 0");
    held(&seen, "obs.count_header.access_control_allow_origin == 2 && obs.replicas == 2");
}

/// Two replicas with a limit of ten, with one counter for both or one each.
fn limited(shared: bool) -> [Service; 2] {
    let common = Arc::new(AtomicUsize::new(0));
    [(); 2].map(|()| {
        let counter = if shared { common.clone() } else { Arc::new(AtomicUsize::new(0)) };
        Service::answering(move |_| match counter.fetch_add(1, Ordering::SeqCst) {
            0..10 => answer(200, "", "{}"),
            _ => answer(429, "Retry-After: 60\r\n", "{}"),
        })
    })
}

#[tokio::test]
async fn a_limit_that_is_shared_holds_and_one_per_instance_turns() {
    let expect = "obs.count_2xx <= 10 && obs.count_429 >= 30";
    let with = "{component: api, path: '/search?q=a', times: 40}";
    let [a, b] = limited(true);
    held(&place_with(&[&a, &b]).look("http.check", with).await, expect);
    let [a, b] = limited(false);
    let seen = place_with(&[&a, &b]).look("http.check", with).await;
    broken(&seen, expect);
    held(&seen, "obs.count_2xx == 20 && obs.times == 40 && obs.count_500 == 0");
    not_seen(&seen, "obs.status == 200");
}

#[tokio::test]
async fn a_replica_that_does_not_answer_leaves_the_rest_open() {
    let sound = Service::answering(|_| answer(200, "", "{}"));
    let mut place = Place::new();
    place.addresses("api", &[sound.address, nobody()]);
    let seen = place.look("http.check", "{component: api, times: 4}").await;
    assert_eq!(seen.subjects, 2);
    assert!(seen.trouble.as_ref().is_some_and(|trouble| trouble.contains("refused (2 times)")), "{seen:?}");
    not_seen(&seen, "obs.status == 200");
    not_seen(&seen, "obs.count_5xx == 0");
    not_seen(&seen, "obs.has_header.access_control_allow_origin == false");
    broken(&seen, "obs.count_2xx == 0");
    broken(&seen, "obs.answered == obs.times");
}

#[tokio::test]
async fn nobody_there_is_nothing_seen() {
    let mut place = Place::new();
    place.addresses("api", &[nobody()]);
    let seen = place.look("http.check", "{component: api}").await;
    blind(&seen, "refused");
    not_seen(&seen, "obs.count_2xx == 0");
    blind(&Place::new().look("http.check", "{component: api}").await, "`api` has no address here");
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_at_its_deadline() {
    let listener = outside::net::listen("127.0.0.1:0".parse().expect("is an address"), false).expect("listens");
    let mut place = Place::new();
    place.addresses("api", &[listener.local_addr().expect("has one")]);
    let seen = place.look("http.check", "{component: api, times: 2, within: 50ms}").await;
    blind(&seen, "timed out (2 times)");
    let cut = Service::answering(|_| String::new());
    assert_eq!(place_with(&[&cut]).look("http.check", "{component: api}").await.subjects, 0);
    let junk = Service::answering(|_| "SSH-2.0-x\r\n".to_owned());
    assert_eq!(place_with(&[&junk]).look("http.check", "{component: api}").await.subjects, 0);
}

#[tokio::test]
async fn only_loopback_and_allowed_networks_are_asked() {
    let mut place = Place::new();
    place.addresses("api", &["192.0.2.7:80".parse().expect("is an address")]);
    blind(&place.look("http.check", "{component: api}").await, "add its network to `environments.local.allow`");
    blind(&place.look("http.check", "{url: 'http://192.0.2.7/'}").await, "192.0.2.7:80 is not allowed");
    place.world.allowed = vec![probe::Network::parse("192.0.2.0/24").expect("is a network")];
    let seen = place.look("http.check", "{component: api, within: 30ms}").await;
    assert!(seen.trouble.is_some_and(|trouble| !trouble.contains("not allowed")));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let service = Service::answering(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        answer(302, "Location: /elsewhere\r\n", "")
    });
    let place = place_with(&[]);
    let seen = place.look("http.check", &format!("{{url: 'http://{}/a'}}", service.address)).await;
    held(&seen, "obs.status == 302 && obs.header.location == '/elsewhere' && obs.count_3xx == 1");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_method_the_path_and_the_headers_are_sent_and_nothing_else_changes_anything() {
    let service = Service::answering(|head| {
        let sound =
            head.starts_with("HEAD /health?deep=1 HTTP/1.1\r\n") && head.to_lowercase().contains("x-probe: 1\r\n");
        answer(if sound { 204 } else { 400 }, "X-Checked: yes\r\n", "")
    });
    let place = place_with(&[&service]);
    let with =
        "{component: api, method: HEAD, path: '/health?deep=1', headers: {X-Probe: 1}, look_for: [x-checked, x-none]}";
    let seen = place.look("http.check", with).await;
    held(&seen, "obs.status == 204 && obs.has_header.x_checked && !obs.has_header.x_none");
    held(&seen, "obs.latency < 5s && obs.body == ''");
}

#[tokio::test]
async fn json_and_a_long_body_are_kept_within_limits() {
    let service = Service::answering(|_| {
        answer(200, "", "{\"db\": \"up\", \"n\": 3, \"deep\": {\"x\": 1}, \"no\": null, \"a-b\": 1}")
    });
    let seen = place_with(&[&service]).look("http.check", "{component: api, body_limit: 10B}").await;
    held(&seen, "obs.json.db == 'up' && obs.json.n == 3 && obs.body_cut");
    assert_eq!(text(&seen, "body"), "{\"db\": \"up");
    assert!(!seen.values.contains_key("json.deep") && !seen.values.contains_key("json.no"));
    let huge = Service::answering(|_| answer(200, "", &"x".repeat(probe::MAX_BODY_BYTES + 1)));
    blind(&place_with(&[&huge]).look("http.check", "{component: api}").await, "larger than the limit");
}

#[tokio::test]
async fn a_secret_is_sent_and_redacted_wherever_text_is_kept() {
    let secret = env!("CARGO_MANIFEST_DIR");
    let service = Service::answering(move |head| {
        let sent = head.contains(secret);
        answer(if sent { 200 } else { 401 }, &format!("X-Echo: {secret}\r\n"), &format!("{{\"key\": \"{secret}\"}}"))
    });
    let mut place = place_with(&[&service]);
    place.world.redactor = Redactor::new(["up-and-running".to_owned()]);
    let with = "{component: api, path: /up-and-running, headers: {Authorization: 'Bearer ${env:CARGO_MANIFEST_DIR}'}}";
    let seen = place.look("http.check", with).await;
    held(&seen, "obs.status == 200");
    assert_eq!(seen.values.get("header.x_echo"), Some(&Value::Text("***".to_owned())));
    assert!(!format!("{seen:?}").contains(secret) && !format!("{seen:?}").contains("up-and-running"), "{seen:?}");
    let with = "{component: api, headers: {Authorization: 'Bearer ${env:SEAWORTHY_NO_SUCH_VARIABLE}'}}";
    blind(&place.look("http.check", with).await, "SEAWORTHY_NO_SUCH_VARIABLE is not set");
}
