//! The service graph of traces, asked of a Prometheus. One question, read only.

use std::time::Duration;

use outside::http::{Client, Limits, Request};
use serde_json::Value;
use system::found::{Call, Found, calls};

use crate::Error;

/// How long one question may take, connecting included.
const WITHIN: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Who called whom within the last day; a day holds what is called seldom.
const QUESTION: &str =
    "sum by (client, server, connection_type) (max_over_time(traces_service_graph_request_total[1d])) > 0";

/// Whether a path is the address of a Prometheus.
pub fn is_address(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

/// What was seen to call what.
///
/// # Errors
/// [`Error::Traces`] when there is no answer, none that says it, or nothing in it.
pub async fn service_graph(address: &str) -> Result<Found, Error> {
    let wrong = |why: String| Error::Traces { address: address.to_owned(), why };
    let Some(rest) = address.strip_prefix("http://") else {
        return Err(wrong("TLS is not spoken here; forward it to a port of this machine".to_owned()));
    };
    let (host, prefix) = rest.split_once('/').map_or((rest, ""), |(host, prefix)| (host, prefix.trim_end_matches('/')));
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:9090") };
    let at = {
        let host = host.clone();
        let looked_up = tokio::task::spawn_blocking(move || outside::net::resolve(&host)).await;
        looked_up.map_err(|error| wrong(error.to_string()))?.map_err(|error| wrong(crate::chain(&error)))?
    };
    let slash = if prefix.is_empty() { "" } else { "/" };
    let mut request = Request::get(format!("{slash}{prefix}/api/v1/query?query={}", encoded(QUESTION)));
    request.headers.push(("host".to_owned(), host));
    let client = Client::new(Limits { body_bytes: MAX_ANSWER_BYTES, connect: WITHIN });
    let answer = client.send(at, request, WITHIN).await.map_err(|failure| wrong(failure.to_string()))?;
    if answer.status != 200 {
        return Err(wrong(format!("it answered with status {}", answer.status)));
    }
    let json: Value = serde_json::from_slice(&answer.body).map_err(|error| wrong(format!("no JSON: {error}")))?;
    let Some(series) = json["data"]["result"].as_array().filter(|_| json["status"] == "success") else {
        return Err(wrong("the answer is not that of a Prometheus".to_owned()));
    };
    let seen: Vec<Call> = series.iter().filter_map(call).collect();
    if seen.is_empty() {
        return Err(wrong("it knows no `traces_service_graph_request_total` of the last day".to_owned()));
    }
    Ok(calls(address, &seen))
}

fn call(series: &Value) -> Option<Call> {
    let label = |name: &str| series["metric"][name].as_str().map(str::to_owned);
    Some(Call {
        client: label("client")?,
        server: label("server")?,
        connection: label("connection_type").unwrap_or_default(),
        count: series["value"][1].as_str()?.parse().ok().filter(|count: &f64| count.is_finite())?,
    })
}

/// For a query: everything but letters and digits as `%XX`.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}
