//! `http.check` over TLS and its negative checks, and `http.payload`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use evidence::Grade;

use crate::server::{Manner, Raw, trusted};
use crate::service::{Service, answer};
use crate::world::{Place, blind, broken, held, not_seen, text};

/// A variable that is set in every test run, used as a secret.
const SECRET: &str = env!("CARGO_MANIFEST_DIR");

fn place_with(service: &Service) -> Place {
    let mut place = Place::new();
    place.addresses("api", &[service.address]);
    trusted(&place);
    place
}

#[tokio::test]
async fn a_good_certificate_holds_and_a_wrong_name_an_old_one_and_a_stranger_turn() {
    let expect = "obs.tls_name_ok && obs.tls_trusted && obs.tls_days_left > 30 && obs.status == 200";
    let sound = Service::secured("sound", |_| answer(200, "", "{}"));
    let place = place_with(&sound);
    let port = sound.address.port();
    let seen = place.look("http.check", &format!("{{url: 'https://localhost:{port}/a', ca: ca.pem}}")).await;
    held(&seen, expect);
    assert_eq!((text(&seen, "tls_not_after").as_str(), seen.grade), ("2095-11-13", Some(Grade::Live)));
    assert_eq!(seen.source, format!("GET https://localhost:{port}/a"));
    held(&place.look("http.check", "{component: api, ca: ca.pem, times: 3}").await, expect);
    held(&place.look("http.check", "{component: api, tls: true, ca: ca.pem, server_name: localhost}").await, expect);
    for (with, turned) in [
        ("{component: api, ca: stranger.pem}", "obs.tls_trusted"),
        ("{component: api, ca: ca.pem, server_name: api.example}", "obs.tls_name_ok"),
        // The roots of the system do not know the tests' own authority.
        ("{component: api, tls: true}", "obs.tls_trusted"),
    ] {
        let seen = place.look("http.check", with).await;
        if with.contains("tls: true") && seen.subjects == 0 {
            continue; // This system has no roots.
        }
        broken(&seen, turned);
        not_seen(&seen, "obs.status == 200");
        not_seen(&seen, "obs.count_2xx == 0");
    }
    for (name, turned) in
        [("other", "obs.tls_name_ok"), ("expired", "obs.tls_trusted"), ("soon", "obs.tls_days_left > 30")]
    {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let flawed = Service::secured(name, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            answer(200, "", "{}")
        });
        let seen = place_with(&flawed).look("http.check", "{component: api, ca: ca.pem}").await;
        broken(&seen, turned);
        broken(&seen, expect);
        let sent = usize::from(name == "soon");
        assert_eq!(asked.load(Ordering::SeqCst), sent, "{name}: nothing is sent to whom nobody knows");
    }
    let soon = Service::secured("soon", |_| answer(200, "", ""));
    held(&place_with(&soon).look("http.check", "{component: api, ca: ca.pem}").await, "obs.tls_days_left == 8");
    let old = Service::secured("expired", |_| answer(200, "", ""));
    broken(&place_with(&old).look("http.check", "{component: api, ca: ca.pem}").await, "obs.tls_days_left >= 0");
}

#[tokio::test]
async fn where_no_tls_is_spoken_nothing_is_seen() {
    let plain = Service::answering(|_| answer(200, "", ""));
    let place = place_with(&plain);
    blind(&place.look("http.check", "{component: api, ca: ca.pem, within: 300ms}").await, "timed out");
    let plain = Raw::new(Manner::Says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    let with = format!("{{url: 'https://{}/', ca: ca.pem}}", plain.at);
    blind(&place.look("http.check", &with).await, "speak TLS");
    let hung = Raw::new(Manner::Hangs);
    let with = format!("{{url: 'https://{}/', ca: ca.pem, within: 200ms}}", hung.at);
    blind(&place.look("http.check", &with).await, "timed out");
    blind(&place.look("http.check", "{component: api, ca: nowhere.pem}").await, "nowhere.pem");
    blind(&place.look("http.check", "{component: api, ca: ../../etc/passwd}").await, "");
    place.write("empty.pem", "no certificate");
    blind(&place.look("http.check", "{component: api, ca: empty.pem}").await, "holds no certificate");
}

#[tokio::test]
async fn a_foreign_origin_is_told_in_one_word() {
    let with = "{component: api, origin: 'https://evil.example'}";
    let expect = "obs.cors_allowed == false && obs.status == 200";
    let sound = Service::answering(|_| answer(200, "Access-Control-Allow-Origin: https://shop.example\r\n", ""));
    held(&place_with(&sound).look("http.check", with).await, expect);
    for header in ["*", "https://evil.example", "https://EVIL.example"] {
        let flawed = format!("Access-Control-Allow-Origin: {header}\r\n");
        let flawed = Service::answering(move |_| answer(200, &flawed, ""));
        broken(&place_with(&flawed).look("http.check", with).await, expect);
    }
    // It mirrors whatever origin asks, with credentials.
    let mirror = Service::answering(|head| {
        let origin = head.lines().find_map(|line| line.strip_prefix("origin: ")).unwrap_or_default();
        answer(200, &format!("Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n"), "")
    });
    broken(&place_with(&mirror).look("http.check", with).await, "!obs.cors_credentials");
    let lost = Service::answering(|_| answer(404, "", ""));
    not_seen(&place_with(&lost).look("http.check", with).await, "obs.cors_allowed == false");
}

#[tokio::test]
async fn without_its_key_a_request_is_refused_and_an_open_door_turns() {
    let with =
        "{component: api, headers: {Authorization: 'Bearer ${env:CARGO_MANIFEST_DIR}'}, without: [authorization]}";
    let expect = "obs.status == 200 && obs.without_refused && obs.without_status == 401";
    let guarded = |open: bool| {
        Service::answering(move |head| answer(if open || head.contains(SECRET) { 200 } else { 401 }, "", ""))
    };
    let sound = guarded(false);
    held(&place_with(&sound).look("http.check", with).await, expect);
    let flawed = guarded(true);
    broken(&place_with(&flawed).look("http.check", with).await, expect);
    broken(&place_with(&flawed).look("http.check", with).await, "obs.without_refused");
    let failing = Service::answering(|head| if head.contains(SECRET) { answer(200, "", "") } else { String::new() });
    let seen = place_with(&failing).look("http.check", with).await;
    not_seen(&seen, "obs.without_refused");
    assert!(!format!("{seen:?}").contains(SECRET), "{seen:?}");
}

#[tokio::test]
async fn a_redirect_to_somebody_else_is_told_and_not_followed() {
    let look = async |location: &'static str| {
        let service = Service::answering(move |_| answer(302, &format!("Location: {location}\r\n"), ""));
        place_with(&service).look("http.check", &format!("{{url: 'http://{}/a'}}", service.address)).await
    };
    held(&look("/login").await, "!obs.redirects_elsewhere && obs.location == '/login'");
    broken(&look("https://elsewhere.example/login").await, "!obs.redirects_elsewhere");
    broken(&look("//elsewhere.example").await, "!obs.redirects_elsewhere");
}

#[tokio::test]
async fn a_value_deep_in_the_body_is_read_by_its_path() {
    let body = "{\"checks\": [{\"name\": \"db\", \"up\": true}, {\"name\": \"cache\", \"up\": false}]}";
    let service = Service::answering(move |_| answer(200, "", body));
    let place = place_with(&service);
    let look = async |at: &str| place.look("http.check", &format!("{{component: api, at: \"{at}\"}}")).await;
    held(&look("$.checks[?@.name == 'db'].up").await, "obs.found && obs.value && obs.count == 1");
    broken(&look("$.checks[?@.name == 'cache'].up").await, "obs.value");
    broken(&look("$.checks[*].up").await, "obs.values == [true, true]");
    broken(&look("$.checks[?@.name == 'queue'].up").await, "obs.found");
    not_seen(&look("$.checks[?@.name == 'queue'].up").await, "obs.value");
    let page = Service::answering(|_| answer(200, "", "<html/>"));
    let seen = place_with(&page).look("http.check", "{component: api, at: $.up}").await;
    not_seen(&seen, "!obs.found");
    assert!(seen.trouble.is_some_and(|trouble| trouble.contains("no JSON")));
}

#[tokio::test]
async fn latencies_are_intervals_and_few_requests_show_little() {
    let service = Service::answering(|_| answer(200, "", ""));
    let place = place_with(&service);
    let many = place.look("http.check", "{component: api, times: 100}").await;
    held(&many, "obs.p50 < 2s && obs.p95 < 5s");
    broken(&many, "obs.p50 < 1us");
    not_seen(&place.look("http.check", "{component: api, times: 5}").await, "obs.p99 < 5s");
}

/// `aaaa..` as gzip has it.
fn gzip(length: usize) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b'a'; length]).expect("writes");
    encoder.finish().expect("ends")
}

/// One member of a mebibyte, again and again.
fn bomb() -> &'static [u8] {
    let body = gzip(1024 * 1024).repeat(65);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
    Box::leak([head.into_bytes(), body].concat().into_boxed_slice())
}

fn gzipped(length: usize) -> &'static [u8] {
    let body = gzip(length);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
    Box::leak([head.into_bytes(), body].concat().into_boxed_slice())
}

#[tokio::test]
async fn a_budget_on_bytes_holds_and_turns_when_the_answer_grows_or_is_not_compressed() {
    let expect = "obs.compressed && obs.bytes <= 1kB && obs.decoded_bytes <= 10kB";
    let look = async |manner: Manner| {
        let server = Raw::new(manner);
        let with = format!("{{url: 'http://{}/list', accept_encoding: gzip, within: 2s}}", server.at);
        Place::new().look("http.payload", &with).await
    };
    let seen = look(Manner::Says(gzipped(10_000))).await;
    held(&seen, expect);
    held(&seen, "obs.decoded_bytes == 10kB && obs.share < 0.1");
    broken(&look(Manner::Says(gzipped(10_001))).await, expect);
    broken(&look(Manner::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")).await, expect);
    let odd = look(Manner::Says(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc")).await;
    not_seen(&odd, expect);
    held(&odd, "obs.bytes == 3B && obs.encoding == 'br'");
    let lying = look(Manner::Says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")).await;
    not_seen(&lying, "obs.decoded_bytes < 1kB");
    let bomb = look(Manner::Says(bomb())).await;
    not_seen(&bomb, "obs.decoded_bytes < 1MB");
    let error = look(Manner::Says(b"HTTP/1.1 500 x\r\nContent-Length: 3\r\n\r\nabc")).await;
    not_seen(&error, "obs.bytes <= 1kB");
    broken(&error, "obs.status == 200");
    blind(&look(Manner::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc")).await, "reset");
}

#[test]
fn everything_wrong_with_the_further_keys_is_said() {
    let place = Place::new();
    let wrong = |kind: &str, with: &str| {
        let problems = place.read(kind, with).err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.message).collect::<Vec<String>>().join("\n")
    };
    let all =
        wrong("http.check", "{component: api, without: [key], origin: elsewhere, at: 'checks[', tls: false, ca: x}");
    for part in ["`key` is not among `headers`", "must look like `https://", "no JSONPath", "of no use without TLS"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(wrong("http.check", "{component: api, origin: 'https://a', headers: {Origin: b}}").contains("not both"));
    assert!(wrong("http.check", "{url: 'http://127.0.0.1/', ca: ca.pem}").contains("begins with `https://`"));
    assert!(wrong("http.payload", "{component: api, accept_encoding: \"a\\nb\"}").contains("must look like"));
    assert_eq!(wrong("http.payload", "{component: api, path: /a, accept_encoding: 'gzip, identity;q=0'}"), "");
}
