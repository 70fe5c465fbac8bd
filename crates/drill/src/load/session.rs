//! Requests sent once before the load: register, log in, take the token.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use outside::http::{Client, Request};
use serde_json::Value;
use system::SessionStep;

use super::ask::content_type;
use super::pattern::{Holes, Pattern};

/// How long one step may take. Longer than the patience of a load, because logging in is not what is measured.
const STEP_WITHIN: Duration = Duration::from_secs(10);
/// How much of a bad answer is shown.
const SHOWN_BYTES: usize = 200;

/// Sends the steps in order and returns what they took. `${id}` is the same in all of them.
pub(super) async fn open(
    client: &Client,
    steps: &[SessionStep],
    to: SocketAddr,
    id: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut taken = BTreeMap::new();
    for (seq, step) in (0_u64..).zip(steps) {
        let named = |why: String| format!("session step {} {}: {why}", step.method, step.path);
        let request = request(step, &Holes { id, seq, taken: &taken }).map_err(named)?;
        let answer = client.send(to, request, STEP_WITHIN).await.map_err(|failure| named(failure.to_string()))?;
        if !(200..300).contains(&answer.status) {
            let shown = String::from_utf8_lossy(&answer.body).chars().take(SHOWN_BYTES).collect::<String>();
            return Err(named(format!("answered {}: {shown}", answer.status)));
        }
        taken.extend(take(step, &answer.body).map_err(named)?);
    }
    Ok(taken)
}

fn request(step: &SessionStep, holes: &Holes<'_>) -> Result<Request, String> {
    let body = step.body.as_deref().map(Pattern::read).transpose()?;
    let kind = content_type(step.body.as_deref(), std::iter::empty());
    let headers = kind.map(|kind| ("content-type".to_owned(), kind.to_owned())).into_iter().collect();
    let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.fill(holes)));
    Ok(Request { method: step.method.clone(), path: Pattern::read(&step.path)?.fill(holes), headers, body })
}

fn take(step: &SessionStep, body: &[u8]) -> Result<Vec<(String, String)>, String> {
    if step.take.is_empty() {
        return Ok(Vec::new());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("the answer is not JSON: {error}"))?;
    let taken = step.take.iter().map(|(name, pointer)| match value.pointer(pointer) {
        Some(Value::String(text)) => Ok((name.clone(), text.clone())),
        Some(number @ (Value::Number(_) | Value::Bool(_))) => Ok((name.clone(), number.to_string())),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => {
            Err(format!("the answer has no text or number at `{pointer}`"))
        }
    });
    taken.collect()
}
