//! Cross-origin requests: only origins that are named may read our answers. No wildcard, and no echo of a foreign one.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Flaw;
use crate::api::App;

/// How long a browser may remember the answer to a preflight, in seconds.
const REMEMBER_S: u64 = 600;

/// Answers preflights and marks answers for the origins that may read them.
pub(crate) async fn origins(State(app): State<App>, request: Request, next: Next) -> Response {
    let allowed = request.headers().get(header::ORIGIN).and_then(|origin| allowed(&app, origin));
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (preflight, &allowed) {
        (true, Some(_)) => permissions(),
        (true, None) => StatusCode::FORBIDDEN.into_response(),
        (false, _) => next.run(request).await,
    };
    mark(response.headers_mut(), allowed);
    response
}

/// What `Access-Control-Allow-Origin` says to this origin.
fn allowed(app: &App, origin: &HeaderValue) -> Option<HeaderValue> {
    if app.has(Flaw::WildcardOrigin) {
        return Some(HeaderValue::from_static("*"));
    }
    let named = app.settings.origins.iter().any(|named| named.as_bytes() == origin.as_bytes());
    named.then(|| origin.clone())
}

/// Every answer says that it depends on the origin, so that no cache shows one origin what another may see.
fn mark(headers: &mut HeaderMap, allowed: Option<HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

fn permissions() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(REMEMBER_S));
    response
}
