//! What one side takes for the end of a request, the other must too.

use crate::world::*;

const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

async fn seen(text: &str) -> (Answer, Vec<String>) {
    let upstream = Upstream::start(|_, _| ok("a"));
    let world = World::of(policy(), vec![upstream.at]);
    let answer = raw(world.at, text).await;
    let lines = upstream.saw.lock().unwrap().iter().map(|saw| saw.line.clone()).collect();
    (answer, lines)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn of_length_and_chunks_only_chunks_count_and_the_connection_ends() {
    for (first, second) in
        [("Content-Length: 5", "Transfer-Encoding: chunked"), ("Transfer-Encoding: chunked", "Content-Length: 5")]
    {
        let text = format!("POST /a HTTP/1.1\r\nHost: a\r\n{first}\r\n{second}\r\n\r\n0\r\n\r\n{HIDDEN}");
        let (answer, lines) = seen(&text).await;
        assert_eq!(lines, ["POST /a HTTP/1.1"], "the hidden request must not pass");
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_has_no_certain_end_is_refused() {
    for headers in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Content-Length : 5",
    ] {
        let (answer, lines) = seen(&format!("POST /a HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\nhello{HIDDEN}")).await;
        assert_eq!((answer.status, lines.len()), (400, 0), "{headers}: {answer:?} {lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_request_needs_one_host() {
    assert_eq!(seen("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await.0.brief(), (400, "request-refused"));
    let twice = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n";
    assert_eq!(seen(twice).await.0.brief(), (400, "request-refused"));
    assert_eq!(seen("GET / HTTP/1.0\r\n\r\n").await.0.status, 200, "HTTP/1.0 knows none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn heads_are_limited() {
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(guard::limits::LARGEST_REQUEST_HEAD));
    assert_eq!(seen(&long).await.0.status, 431);
    let many: String = (0..guard::limits::MOST_HEADERS + 1).map(|n| format!("X{n}: 1\r\n")).collect();
    assert_eq!(seen(&format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await.0.status, 431);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bad_chunks_end_the_request() {
    let text = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n";
    let (answer, _) = seen(text).await;
    assert_ne!(answer.status, 200, "{answer:?}");
}
