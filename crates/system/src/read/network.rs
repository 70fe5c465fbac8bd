//! Addresses, networks and request lines as they are written.

use std::net::{IpAddr, SocketAddr};

use text::Span;

use super::walk::Walk;
use crate::{Part, Template};

/// Methods that a load may use.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The longest request path, in bytes.
const MAX_PATH_BYTES: usize = 8192;

/// Whether a text can stand in a request line: begins with `/`, no spaces, no control characters, no fragment.
pub(super) fn is_request_path(path: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && c != '#';
    path.starts_with('/') && path.len() <= MAX_PATH_BYTES && path.chars().all(fits)
}

/// Reads `POST /register`.
pub(super) fn request_line(walk: &mut Walk<'_, '_>, text: &str, span: Span, owner: &str) -> Option<(String, String)> {
    let (method, path) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let path = path.trim();
    let help = "write a method and a path, such as `GET /health`";
    if !METHODS.contains(&method) {
        let message = format!("`{}` of {owner} does not begin with a method", text.escape_debug());
        let upper = method.to_ascii_uppercase();
        let help = if METHODS.contains(&upper.as_str()) { format!("write `{upper} {path}`") } else { help.to_owned() };
        walk.error("request", span, message, &help);
        return None;
    }
    if !is_request_path(path) {
        let message = format!("`{}` of {owner} has no path that can be asked for", text.escape_debug());
        walk.error(
            "request",
            span,
            message,
            "a path begins with `/` and holds no spaces and no `#`; write others as `%20`",
        );
        return None;
    }
    Some((method.to_owned(), path.to_owned()))
}

/// Whether a text is `host:port`: an address, or a name, and a port above zero.
pub(super) fn is_host_port(text: &str) -> bool {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return address.port() > 0;
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let port = port.parse::<u16>().is_ok_and(|port| port > 0) && port.chars().all(|c| c.is_ascii_digit());
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    port && !host.is_empty() && host.len() <= 253 && host.chars().all(fits)
}

/// Checks an address that has no holes; one with holes is checked when it is filled.
pub(super) fn check_host_port(walk: &mut Walk<'_, '_>, at: &Template, owner: &str) {
    let whole = at.parts.iter().all(|part| matches!(part, Part::Text(_)));
    if whole && !is_host_port(&at.text) {
        let message = format!("`at` of {owner} must be `host:port`, found `{}`", at.text.escape_debug());
        walk.error(
            "address",
            at.span,
            message,
            "write the address without a scheme and without a path, such as `127.0.0.1:5432`",
        );
    }
}

/// What is wrong with a network.
pub(super) enum Network {
    /// Nothing.
    Sound,
    /// It names every address there is.
    Everything,
    /// It has bits set below its prefix; the network that was probably meant.
    HostBits(String),
    /// It is no network.
    Unreadable,
}

/// Reads `10.1.0.0/16` or `fd00::/8`.
pub(super) fn network(text: &str) -> Network {
    let Some((address, prefix)) = text.split_once('/') else { return Network::Unreadable };
    let digits = !prefix.is_empty() && prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let (Ok(address), Some(Ok(prefix))) = (address.parse::<IpAddr>(), digits.then(|| prefix.parse::<u32>())) else {
        return Network::Unreadable;
    };
    let (width, bits) = match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    };
    match prefix {
        0 => Network::Everything,
        prefix if prefix > width => Network::Unreadable,
        prefix => whole(address, bits, width, prefix),
    }
}

fn whole(address: IpAddr, bits: u128, width: u32, prefix: u32) -> Network {
    let below = width - prefix;
    let kept = bits.checked_shr(below).and_then(|bits| bits.checked_shl(below)).unwrap_or(0);
    if kept == bits {
        return Network::Sound;
    }
    let meant = match address {
        IpAddr::V4(_) => IpAddr::from(u32::try_from(kept).expect("bits of an IPv4 address").to_be_bytes()),
        IpAddr::V6(_) => IpAddr::from(kept.to_be_bytes()),
    };
    Network::HostBits(format!("{meant}/{prefix}"))
}
