//! The client against servers that answer, break, stall, and flood.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use bytes::Bytes;
use outside::http::{Client, Failure, Limits, Request};

const LIMITS: Limits = Limits { body_bytes: 1000, connect: Duration::from_secs(5) };
const PATIENT: Duration = Duration::from_secs(20);

/// A server that reads a request's head and then does something with the connection, for each connection.
fn server(mut serve: impl FnMut(usize, &mut TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            serve(number, &mut stream.unwrap());
        }
    });
    at
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// A server that writes the same bytes to everybody and closes.
fn says(answer: &'static str) -> SocketAddr {
    server(move |_, stream| {
        read_head(stream);
        stream.write_all(answer.as_bytes()).unwrap();
        let _ = stream.shutdown(Shutdown::Write);
    })
}

async fn get(at: SocketAddr, within: Duration) -> Result<outside::http::Answer, Failure> {
    Client::new(LIMITS).send(at, Request::get("/"), within).await
}

#[tokio::test]
async fn an_answer_comes_with_status_headers_and_body() {
    let at = says("HTTP/1.1 503 x\r\nSeaworthy-Guard: stale\r\ncontent-length: 5\r\n\r\nhello");
    let answer = get(at, PATIENT).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (503, b"hello".as_ref()));
    assert_eq!(answer.header("seaworthy-GUARD"), Some("stale"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let at = says("HTTP/1.1 302 x\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(get(at, PATIENT).await.unwrap().status, 302);
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let at = SocketAddr::from(([127, 0, 0, 1], outside::net::free_port().unwrap()));
    assert_eq!(get(at, PATIENT).await, Err(Failure::Refused));
}

#[tokio::test]
async fn a_connection_that_breaks_is_reset_before_and_within_the_answer() {
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
        assert_eq!(get(says(answer), PATIENT).await, Err(Failure::Reset), "{answer:?}");
    }
    let linger = server(|_, stream| {
        // Closing with unread bytes sends a reset instead of an end.
        let mut byte = [0];
        let _ = stream.read(&mut byte);
    });
    assert_eq!(get(linger, PATIENT).await, Err(Failure::Reset));
}

#[tokio::test]
async fn a_server_that_stalls_times_out_before_and_within_the_body() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
        let at = server(move |_, stream| {
            read_head(stream);
            let _ = stream.write_all(answer.as_bytes());
            // Until the client gives up.
            let _ = stream.read(&mut [0]);
        });
        assert_eq!(get(at, Duration::from_millis(200)).await, Err(Failure::TimedOut), "{answer:?}");
    }
}

#[tokio::test]
async fn a_long_body_is_too_large_with_and_without_a_stated_length() {
    let long = "x".repeat(1001);
    let stated: &str = Box::leak(format!("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{long}").into_boxed_str());
    let open: &str = Box::leak(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{long}").into_boxed_str());
    assert_eq!(get(says(stated), PATIENT).await, Err(Failure::TooLarge));
    assert_eq!(get(says(open), PATIENT).await, Err(Failure::TooLarge));
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    for answer in ["hello\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "\0\0\0\0\0\0\0\0\0\0"] {
        let failure = get(says(answer), PATIENT).await.unwrap_err();
        assert!(matches!(failure, Failure::Malformed(_)), "{answer:?}: {failure:?}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_says_so() {
    let at = says("");
    let request = |method: &str, path: &str, header: (&str, &str)| Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![(header.0.to_owned(), header.1.to_owned())],
        body: Bytes::new(),
    };
    for wrong in [
        request("GET", "no-slash", ("a", "b")),
        request("GET", "/a b", ("a", "b")),
        request("G T", "/", ("a", "b")),
        request("GET", "/", ("a b", "c")),
        request("GET", "/", ("a", "b\r\nc: d")),
    ] {
        let failure = Client::new(LIMITS).send(at, wrong.clone(), PATIENT).await.unwrap_err();
        assert!(matches!(failure, Failure::Other(_)), "{wrong:?}: {failure:?}");
    }
}

/// Answers every request on a connection with the connection's number; closes after `/last` and tells so.
fn numbered() -> (SocketAddr, Receiver<()>) {
    let (tell, closed) = channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let tell = tell.clone();
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                while let Some(head) = read_head(&mut stream) {
                    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}");
                    stream.write_all(answer.as_bytes()).unwrap();
                    if head.starts_with("GET /last") {
                        break;
                    }
                }
                drop(stream);
                let _ = tell.send(());
            });
        }
    });
    (at, closed)
}

#[tokio::test]
async fn a_connection_is_kept_and_a_closed_one_is_replaced_without_a_failure() {
    let (at, closed) = numbered();
    let client = Client::new(LIMITS);
    let mut seen = Vec::new();
    for path in ["/", "/", "/last", "/", "/last", "/"] {
        seen.push(client.send(at, Request::get(path), PATIENT).await.unwrap().body);
        if path == "/last" {
            closed.recv_timeout(PATIENT).unwrap();
        }
    }
    assert_eq!(seen, ["0", "0", "0", "1", "1", "2"]);
}

#[tokio::test]
async fn clients_share_nothing_and_clones_share_their_connections() {
    let (at, _closed) = numbered();
    let (one, two) = (Client::new(LIMITS), Client::new(LIMITS));
    let clone = one.clone();
    let mut seen = Vec::new();
    for client in [&one, &clone, &two] {
        seen.push(client.send(at, Request::get("/"), PATIENT).await.unwrap().body);
    }
    assert_eq!(seen, ["0", "0", "1"]);
}

#[tokio::test]
async fn a_listener_can_be_shared_only_when_both_want_it() {
    let at = SocketAddr::from(([127, 0, 0, 1], 0));
    let first = outside::net::listen(at, true).unwrap();
    let same = first.local_addr().unwrap();
    assert!(outside::net::accepts(same));
    assert!(outside::net::listen(same, true).is_ok());
    assert!(outside::net::listen(same, false).is_err());
}

#[tokio::test]
async fn a_free_port_refuses_and_is_not_given_twice() {
    let (one, two) = (outside::net::free_port().unwrap(), outside::net::free_port().unwrap());
    assert_ne!(one, two);
    let at = SocketAddr::from(([127, 0, 0, 1], one));
    assert!(!outside::net::accepts(at));
    let refused = outside::net::connect(at, PATIENT).await.unwrap_err();
    assert!(matches!(refused, outside::Error::Refused { .. }), "{refused}");
}

#[test]
fn names_are_resolved_and_what_is_no_address_says_why() {
    assert_eq!(outside::net::resolve("localhost:80").unwrap(), SocketAddr::from(([127, 0, 0, 1], 80)));
    assert_eq!(outside::net::resolve("[::1]:80").unwrap(), "[::1]:80".parse().unwrap());
    for wrong in ["localhost", "localhost:", "localhost:99999", ":80:80", ""] {
        assert!(outside::net::resolve(wrong).is_err(), "{wrong}");
    }
}
