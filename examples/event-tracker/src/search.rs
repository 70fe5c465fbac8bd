//! Search over the kinds of events: rate limited, because it reads much.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Refusal, answer};
use crate::api::App;
use crate::store::{Row, Statement};

/// The longest question, and the longest name of a client.
const MAX_TEXT_BYTES: usize = 64;

/// Kinds in one answer.
const MAX_RESULTS: i64 = 20;

const FIND: &str = "SELECT kind, COUNT(*) FROM events WHERE kind LIKE $1 GROUP BY kind ORDER BY kind LIMIT $2";

/// What is asked for.
#[derive(Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    q: String,
}

/// `GET /search?q=`: kinds that begin so, and how many events have them. 429 after ten in a minute.
pub(crate) async fn search(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(question): Query<Question>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if question.q.len() > MAX_TEXT_BYTES {
        return Err(Refusal::Malformed(format!("`q` has at most {MAX_TEXT_BYTES} bytes")));
    }
    app.limit.admit(&client(&headers, peer)).await?;
    // Without the wildcards of LIKE: they are not for callers.
    let begin: String = question.q.chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
    let find = Statement::new(FIND, [format!("{begin}%").as_str().into(), MAX_RESULTS.into()]);
    let rows = app.store.lease().await?.read(find).await?;
    let found = |row: &Row| json!({"kind": row.text(0), "events": row.integer(1)});
    Ok(answer(StatusCode::OK, json!({"results": rows.iter().map(found).collect::<Vec<_>>()})))
}

/// Who asks: the first address that the proxies in front noted, else the peer. We listen on loopback only, so that what
/// comes in came through a proxy of ours, which is trusted to set the header.
fn client(headers: &HeaderMap, peer: SocketAddr) -> String {
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = forwarded.and_then(|list| list.split(',').next()).map(str::trim);
    match first.filter(|first| !first.is_empty() && first.len() <= MAX_TEXT_BYTES) {
        Some(first) => first.to_owned(),
        None => peer.ip().to_string(),
    }
}
