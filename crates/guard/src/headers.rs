//! What a proxy does to headers (RFC 9110, section 7.6): fields meant for one hop stay behind, `Via` and
//! `X-Forwarded-For` grow by one entry, `Host` is kept as the client sent it.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};

use crate::answer;

/// Fields that concern one connection only. `Expect` is answered by our own server.
const HOP_BY_HOP: [HeaderName; 11] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
    HeaderName::from_static("http2-settings"),
];

/// Fields that `Connection` may name in vain: without them the message would mean something else.
const NEVER_DROPPED: [HeaderName; 3] = [header::HOST, header::CONTENT_LENGTH, header::AUTHORIZATION];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const VIA: HeaderValue = HeaderValue::from_static("1.1 seaworthy");

/// Removes what concerns one hop only.
pub(crate) fn strip(headers: &mut HeaderMap) {
    for name in named_by_connection(headers) {
        headers.remove(name);
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Makes a request's headers fit for the upstream.
pub(crate) fn forward_request(headers: &mut HeaderMap, client: IpAddr) {
    strip(headers);
    headers.append(header::VIA, VIA);
    let before = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<String> = before.map(str::to_owned).chain([client.to_string()]).collect();
    if let Ok(value) = HeaderValue::from_str(&chain.join(", ")) {
        headers.insert(FORWARDED_FOR, value);
    }
}

/// Makes an answer's headers fit for the client.
///
/// Marks of ours are taken off: on an answer of the upstream they would say that this guard had made it up.
pub(crate) fn forward_answer(headers: &mut HeaderMap) {
    strip(headers);
    headers.remove(answer::MARK);
    headers.remove(answer::FAULT_MARK);
    headers.append(header::VIA, VIA);
}

/// Whether the client wants to leave HTTP/1.1 on this connection.
pub(crate) fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE) && tokens(headers).any(|token| token.eq_ignore_ascii_case("upgrade"))
}

fn tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let names = tokens(headers).filter_map(|token| HeaderName::from_bytes(token.as_bytes()).ok());
    names.filter(|name| !NEVER_DROPPED.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn what_concerns_one_hop_stays_behind_and_what_connection_names_too() {
        let mut map = headers(&[
            ("connection", "close, X-Mine, host, content-length"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("host", "a"),
            ("content-length", "3"),
            ("x-other", "2"),
        ]);
        strip(&mut map);
        let mut left: Vec<&str> = map.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["content-length", "host", "x-other"]);
    }

    #[test]
    fn the_client_joins_the_end_of_the_chain() {
        let mut map = headers(&[("x-forwarded-for", "9.9.9.9"), ("via", "1.0 old")]);
        forward_request(&mut map, IpAddr::from([127, 0, 0, 1]));
        assert_eq!(map["x-forwarded-for"], "9.9.9.9, 127.0.0.1");
        assert_eq!(map.get_all("via").iter().count(), 2);
    }

    #[test]
    fn an_upgrade_needs_both_headers() {
        assert!(wants_upgrade(&headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")])));
        assert!(!wants_upgrade(&headers(&[("upgrade", "h2c")])));
    }
}
