//! What services answer over HTTP: their answers ([`check`]), and how large these are ([`payload`]).

mod check;
mod payload;
mod tell;

use std::time::Duration;

use system::Template;
use text::{Fields, print_duration};

use crate::kind::{Kind, ready};
use crate::read::span_of;

pub use tell::SECURITY_HEADERS;
pub(crate) use tell::tell_certificates;

/// The most requests of one look.
pub const MAX_TIMES: i64 = 200;

/// The largest body of an answer; a larger one counts as no answer.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// Headers that belong to the connection and not to the request.
const REFUSED_HEADERS: [&str; 5] = ["connection", "content-length", "transfer-encoding", "upgrade", "te"];

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "http.check", read: |fields, system, source| ready(check::HttpCheck::read(fields, system, source)) },
    Kind { name: "http.payload", read: |fields, system, source| ready(payload::Payload::read(fields, system, source)) },
];

/// A duration from `within` above zero and up to a limit.
pub(crate) fn read_within(fields: &mut Fields<'_, '_>, usual: Duration, most: Duration) -> Duration {
    let within = fields.duration("within").unwrap_or(usual);
    if within.is_zero() || within > most {
        let span = span_of(fields, "within");
        fields.problem("wrong-value", span, format!("`within` must be above 0s and at most {}", print_duration(most)));
    }
    within
}

/// Whether a text can be the name of a header.
fn is_token(name: &str) -> bool {
    let mark = |c: char| "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || mark(c))
}

/// Headers that cannot be set are problems.
pub(crate) fn check_headers(fields: &mut Fields<'_, '_>, headers: &[(String, Template)]) {
    for (name, value) in headers {
        if !is_token(name) || REFUSED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            fields.problem("wrong-header", value.span, format!("header `{name}` cannot be set"));
        }
        if value.text.chars().any(char::is_control) {
            fields.problem("wrong-header", value.span, format!("header `{name}` holds a line break"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_name_cannot_smuggle_a_line() {
        assert!(is_token("x-request-id"));
        assert!(!is_token("x: y") && !is_token("x\r\ny") && !is_token(""));
    }
}
