//! Faults in Toxiproxy's words: `reset_peer` for `reset`, kilobytes per second, attributes in an object of their own.
//! A fault that has no such words (`hang`, `refused`, `status`) is not shown to Toxiproxy clients.

use std::time::Duration;

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use system::Protocol;

use super::toxiproxy::Refusal;
use crate::fault::bandwidth::Bandwidth;
use crate::fault::fields::{Fields, as_millis};
use crate::fault::latency::Latency;
use crate::fault::limit_data::LimitData;
use crate::fault::noop::Noop;
use crate::fault::reset::Reset;
use crate::fault::slicer::Slicer;
use crate::fault::slow_close::SlowClose;
use crate::fault::timeout::Timeout;
use crate::fault::{Active, Kind, LONGEST_DELAY, Stream, Wanted, check_name};

/// How long a toxic lasts when it does not say so (`ttl_ms`, beside the name or among the attributes). Toxiproxy's
/// never end by themselves; ours always do.
pub(crate) const TOXIC_TTL: Duration = Duration::from_secs(3600);
/// Bytes in one of Toxiproxy's kilobytes.
const KILOBYTE: u64 = 1000;
/// The highest number an attribute may have.
const HIGHEST: u64 = 1 << 40;

/// A fault as a toxic; `None` when it has no such words.
pub(super) fn write(fault: &Active) -> Option<Value> {
    let (word, attributes) = words(&fault.wanted.kind)?;
    Some(json!({
        "attributes": attributes,
        "name": fault.wanted.name,
        "type": word,
        "stream": fault.wanted.stream.word(),
        "toxicity": fault.wanted.toxicity,
    }))
}

fn words(kind: &Kind) -> Option<(&'static str, Value)> {
    Some(match kind {
        Kind::Noop(_) => ("noop", json!({})),
        Kind::Latency(l) => ("latency", json!({"latency": as_millis(l.delay), "jitter": as_millis(l.jitter)})),
        Kind::Bandwidth(b) => ("bandwidth", json!({"rate": b.bytes_per_second / KILOBYTE})),
        Kind::SlowClose(s) => ("slow_close", json!({"delay": as_millis(s.delay)})),
        Kind::Timeout(t) => ("timeout", json!({"timeout": as_millis(t.after)})),
        Kind::Reset(r) => ("reset_peer", json!({"timeout": as_millis(r.after)})),
        Kind::LimitData(l) => ("limit_data", json!({"bytes": l.bytes})),
        Kind::Slicer(s) => {
            let delay = u64::try_from(s.delay.as_micros()).unwrap_or(u64::MAX);
            ("slicer", json!({"average_size": s.average, "size_variation": s.variation, "delay": delay}))
        }
        Kind::Refused(_) | Kind::Status(_) | Kind::Hang(_) => return None,
    })
}

/// Reads a new toxic.
pub(super) fn read(body: &Value, protocol: Protocol) -> Result<Wanted, Refusal> {
    let text = |key| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let word = text("type").ok_or_else(invalid_type)?;
    let stream = Stream::of(text("stream").unwrap_or("downstream")).ok_or_else(invalid_stream)?;
    let name = text("name").map_or_else(|| format!("{word}_{}", stream.word()), str::to_owned);
    let attributes = body.get("attributes").cloned().unwrap_or_else(|| json!({}));
    build(&name, word, stream, body, &attributes, protocol, 1.0)
}

/// Reads a change of a toxic: what is not said stays as it is.
pub(super) fn change(old: &Active, body: &Value, protocol: Protocol) -> Result<Wanted, Refusal> {
    let (word, mut attributes) = words(&old.wanted.kind).ok_or_else(not_found)?;
    if let (Some(old), Some(new)) = (attributes.as_object_mut(), body.get("attributes").and_then(Value::as_object)) {
        old.extend(new.clone());
    }
    let wanted = &old.wanted;
    build(&wanted.name, word, wanted.stream, body, &attributes, protocol, wanted.toxicity)
}

fn build(
    name: &str,
    word: &str,
    stream: Stream,
    body: &Value,
    attributes: &Value,
    protocol: Protocol,
    toxicity: f64,
) -> Result<Wanted, Refusal> {
    let known: Map<String, Value> = attributes.as_object().ok_or_else(|| bad("attributes must be an object"))?.clone();
    let attributes = Value::Object(known);
    let mut fields = Fields::of(&attributes);
    check_name(name, &mut fields);
    let kind = kind(word, &mut fields).ok_or_else(invalid_type)?;
    if !kind.works_on(protocol) {
        return Err(bad(&format!("a {word} toxic works on TCP edges only, and this one is HTTP")));
    }
    let mut ttl = fields.whole_or("ttl_ms", as_millis(TOXIC_TTL), as_millis(TOXIC_TTL));
    let mut outer = Fields::of(body);
    let toxicity = outer.share_or("toxicity", toxicity);
    ttl = outer.whole_or("ttl_ms", ttl, as_millis(TOXIC_TTL));
    let seed = outer.whole_or("seed", 0, u64::MAX);
    // Toxiproxy ignores keys it does not know, and clients rely on it.
    let problems: Vec<String> = fields.noted().into_iter().chain(outer.noted()).collect();
    if !problems.is_empty() {
        return Err(bad(&problems.join("; ")));
    }
    Ok(Wanted { name: name.to_owned(), kind, stream, toxicity, seed, ttl: Duration::from_millis(ttl.max(1)) })
}

/// The kind of a toxic; what is not said is 0, as in Toxiproxy.
fn kind(word: &str, fields: &mut Fields) -> Option<Kind> {
    Some(match word {
        "noop" => Kind::Noop(Noop),
        "latency" => Kind::Latency(Latency {
            delay: fields.millis_or_none("latency", LONGEST_DELAY),
            jitter: fields.millis_or_none("jitter", LONGEST_DELAY),
        }),
        "bandwidth" => Kind::Bandwidth(Bandwidth { bytes_per_second: fields.whole("rate", 1, HIGHEST) * KILOBYTE }),
        "slow_close" => Kind::SlowClose(SlowClose { delay: fields.millis_or_none("delay", LONGEST_DELAY) }),
        "timeout" => Kind::Timeout(Timeout { after: fields.millis_or_none("timeout", LONGEST_DELAY) }),
        "reset_peer" => Kind::Reset(Reset { after: fields.millis_or_none("timeout", LONGEST_DELAY) }),
        "limit_data" => Kind::LimitData(LimitData { bytes: fields.whole_or("bytes", 0, HIGHEST) }),
        "slicer" => Kind::Slicer(Slicer {
            average: usize::try_from(fields.whole("average_size", 1, HIGHEST)).unwrap_or(usize::MAX),
            variation: usize::try_from(fields.whole_or("size_variation", 0, HIGHEST)).unwrap_or(usize::MAX),
            delay: Duration::from_micros(fields.whole_or("delay", 0, as_millis(LONGEST_DELAY) * 1000)),
        }),
        _ => return None,
    })
}

fn bad(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, message)
}

fn invalid_type() -> Refusal {
    bad("invalid toxic type")
}

fn invalid_stream() -> Refusal {
    bad("stream was invalid, can be either upstream or downstream")
}

/// There is no such toxic.
pub(super) fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "toxic not found")
}
