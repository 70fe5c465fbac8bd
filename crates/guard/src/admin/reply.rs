//! What the admin port answers: JSON, problem details (RFC 9457), or nothing.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// An answer of the admin port.
pub(super) struct Reply {
    status: StatusCode,
    kind: &'static str,
    body: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Reply {
    /// A value.
    pub(super) fn json(status: StatusCode, value: &Value) -> Self {
        Self { status, kind: "application/json", body: format!("{value}\n"), header: None }
    }

    /// Done; there is nothing to say.
    pub(super) fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, kind: "", body: String::new(), header: None }
    }

    /// A problem.
    pub(super) fn problem(status: StatusCode, detail: &str) -> Self {
        Self::problems(status, &[detail.to_owned()])
    }

    /// All problems of a request.
    pub(super) fn problems(status: StatusCode, problems: &[String]) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let body = json!({
            "type": "about:blank",
            "title": title,
            "status": status.as_u16(),
            "detail": problems.join("; "),
            "problems": problems,
        });
        Self { status, kind: "application/problem+json", body: format!("{body}\n"), header: None }
    }

    /// The token is missing or wrong.
    pub(super) fn unauthorized() -> Self {
        let detail = "this route asks for `Authorization: Bearer TOKEN`, with the token of SEAWORTHY_GUARD_TOKEN";
        let header = Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        Self { header, ..Self::problem(StatusCode::UNAUTHORIZED, detail) }
    }

    /// The route is there, but not for this method.
    pub(super) fn wrong_method(allowed: &'static str) -> Self {
        let header = Some((header::ALLOW, HeaderValue::from_static(allowed)));
        let detail = format!("this route takes {allowed}");
        Self { header, ..Self::problem(StatusCode::METHOD_NOT_ALLOWED, &detail) }
    }

    /// The answer as hyper sends it.
    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() = self.status;
        if !self.kind.is_empty() {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        }
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
