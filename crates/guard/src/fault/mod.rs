//! Faults: the dependency failing on purpose.
//!
//! They sit at the upstream attempt, below every protection, because a fault stands for the dependency and the
//! protections are what is tested. Each kind is one small file beside this one; [`noop`] is the template for a new
//! one: a struct with its parameters, `read` and `write` for JSON, and the one calculation that makes it bite.
//!
//! Every fault has a time to live and ends by itself, also when whoever set it was killed; setting it again renews it.
//! Waiting attempts look again whenever the list changes, so ending a fault releases what it held.
//!
//! | kind | HTTP edge | TCP edge |
//! |---|---|---|
//! | `latency` | before the attempt is sent | before each piece is passed on |
//! | `refused` | attempt refused, nothing sent | connections reset at once, standing ones too |
//! | `reset` | attempt reset, nothing sent | connections reset after `after_ms` |
//! | `status` | answered with that status, nothing sent | - |
//! | `bandwidth` | body of the answer | each direction it stands on |
//! | `hang` | attempt held until the fault ends | bytes held until the fault ends |
//! | `timeout` | attempt held, cut after `after_ms` | bytes swallowed, closed after `after_ms` (0: never) |
//! | `slow_close`, `slicer`, `limit_data` | - | as in Toxiproxy |
//! | `noop` | nothing | nothing |

pub(crate) mod bandwidth;
pub(crate) mod fields;
pub(crate) mod hang;
pub(crate) mod latency;
pub(crate) mod limit_data;
mod list;
pub(crate) mod noop;
mod point;
pub(crate) mod refused;
pub(crate) mod reset;
pub(crate) mod slicer;
pub(crate) mod slow_close;
pub(crate) mod status;
pub(crate) mod timeout;

use std::time::Duration;

use serde_json::{Map, Value};
use system::Protocol;
use tokio::time::Instant;

use crate::random::{mix, unit};
use bandwidth::Bandwidth;
use fields::Fields;
use hang::Hang;
use latency::Latency;
use limit_data::LimitData;
use noop::Noop;
use refused::Refused;
use reset::Reset;
use slicer::Slicer;
use slow_close::SlowClose;
use status::Status;
use timeout::Timeout;

pub use list::MOST_FAULTS;
pub(crate) use list::{Active, Faults, Put};
pub(crate) use point::{Passed, pass};

/// The longest time to live a fault may be given through the routes of our own.
pub const LONGEST_TTL: Duration = Duration::from_secs(600);
/// The longest name of a fault, in bytes.
pub(crate) const LONGEST_NAME: usize = 64;
/// The longest delay, pause or time-out that a fault may have.
pub const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Noop(Noop),
    Latency(Latency),
    Refused(Refused),
    Reset(Reset),
    Status(Status),
    Bandwidth(Bandwidth),
    Hang(Hang),
    Timeout(Timeout),
    SlowClose(SlowClose),
    Slicer(Slicer),
    LimitData(LimitData),
}

/// The words of all kinds.
pub(crate) const KINDS: [&str; 11] = [
    "latency",
    "refused",
    "reset",
    "status",
    "bandwidth",
    "hang",
    "timeout",
    "slow_close",
    "slicer",
    "limit_data",
    "noop",
];

/// Which way the bytes go that a fault touches. On HTTP edges a fault touches the attempt as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// From the client to the upstream.
    Upstream,
    /// From the upstream to the client.
    Downstream,
}

/// What somebody asks for: a fault before it is set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    /// Its name on the edge.
    pub(crate) name: String,
    /// What it does.
    pub(crate) kind: Kind,
    /// Where, on TCP edges.
    pub(crate) stream: Stream,
    /// Share of the connections (TCP) or attempts (HTTP) that it hits.
    pub(crate) toxicity: f64,
    /// Seed of its jitter and its choice.
    pub(crate) seed: u64,
    /// How long it lasts.
    pub(crate) ttl: Duration,
}

impl Kind {
    /// The word in JSON.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Noop(_) => "noop",
            Self::Latency(_) => "latency",
            Self::Refused(_) => "refused",
            Self::Reset(_) => "reset",
            Self::Status(_) => "status",
            Self::Bandwidth(_) => "bandwidth",
            Self::Hang(_) => "hang",
            Self::Timeout(_) => "timeout",
            Self::SlowClose(_) => "slow_close",
            Self::Slicer(_) => "slicer",
            Self::LimitData(_) => "limit_data",
        }
    }

    /// Whether it means anything on an edge of that protocol.
    pub(crate) fn works_on(&self, protocol: Protocol) -> bool {
        match (self, protocol) {
            (Self::SlowClose(_) | Self::Slicer(_) | Self::LimitData(_), Protocol::Http) => false,
            (Self::Status(_), Protocol::Tcp) => false,
            (_, Protocol::Http | Protocol::Tcp) => true,
        }
    }

    /// Reads the parameters of a kind; `None` when there is no such kind.
    pub(crate) fn read(word: &str, fields: &mut Fields) -> Option<Self> {
        Some(match word {
            "noop" => Self::Noop(Noop),
            "latency" => Self::Latency(Latency::read(fields)),
            "refused" => Self::Refused(Refused),
            "reset" => Self::Reset(Reset::read(fields)),
            "status" => Self::Status(Status::read(fields)),
            "bandwidth" => Self::Bandwidth(Bandwidth::read(fields)),
            "hang" => Self::Hang(Hang),
            "timeout" => Self::Timeout(Timeout::read(fields)),
            "slow_close" => Self::SlowClose(SlowClose::read(fields)),
            "slicer" => Self::Slicer(Slicer::read(fields)),
            "limit_data" => Self::LimitData(LimitData::read(fields)),
            _ => return None,
        })
    }

    /// Writes the parameters.
    pub(crate) fn write(&self, map: &mut Map<String, Value>) {
        match self {
            Self::Noop(_) | Self::Refused(_) | Self::Hang(_) => {}
            Self::Latency(latency) => latency.write(map),
            Self::Reset(reset) => reset.write(map),
            Self::Status(status) => status.write(map),
            Self::Bandwidth(bandwidth) => bandwidth.write(map),
            Self::Timeout(timeout) => timeout.write(map),
            Self::SlowClose(slow_close) => slow_close.write(map),
            Self::Slicer(slicer) => slicer.write(map),
            Self::LimitData(limit_data) => limit_data.write(map),
        }
    }
}

impl Stream {
    /// The word in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Downstream => "downstream",
        }
    }

    /// The direction of a word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "upstream" => Some(Self::Upstream),
            "downstream" => Some(Self::Downstream),
            _ => None,
        }
    }
}

impl Wanted {
    /// Reads the body of `PUT .../faults/{name}`, with all that is wrong with it.
    pub(crate) fn read(name: &str, body: &Value, protocol: Protocol) -> Result<Self, Vec<String>> {
        let mut fields = Fields::of(body);
        check_name(name, &mut fields);
        let word = fields.text("kind");
        let kind = word.as_deref().and_then(|word| Kind::read(word, &mut fields));
        if let (Some(word), None) = (&word, &kind) {
            let near = text::nearest(word, KINDS).map(|near| format!("; did you mean `{near}`")).unwrap_or_default();
            fields.problem(format!("kind `{word}` is not known{near}; known: {}", KINDS.join(", ")));
        }
        if kind.is_some_and(|kind| !kind.works_on(protocol)) {
            fields.problem(format!("a `{}` fault does not work on this edge's protocol", word.unwrap_or_default()));
        }
        let ttl = fields.millis("ttl_ms", 1, LONGEST_TTL);
        let stream = read_stream(&mut fields);
        let toxicity = fields.share_or("toxicity", 1.0);
        let seed = fields.whole_or("seed", 0, u64::MAX);
        let problems = fields.finish();
        match kind {
            Some(kind) if problems.is_empty() => Ok(Self { name: name.to_owned(), kind, stream, toxicity, seed, ttl }),
            Some(_) | None => Err(problems),
        }
    }
}

/// Notes what is wrong with a name.
pub(crate) fn check_name(name: &str, fields: &mut Fields) {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        fields.problem(format!("a fault's name has 1 to {LONGEST_NAME} bytes and no control characters"));
    }
}

fn read_stream(fields: &mut Fields) -> Stream {
    let Some(word) = fields.text_or_none("stream") else { return Stream::Downstream };
    Stream::of(&word).unwrap_or_else(|| {
        fields.problem(format!("stream `{word}` is not known: `upstream` or `downstream`"));
        Stream::Downstream
    })
}

/// Whether a fault of this seed, number and toxicity hits the connection or attempt of that number.
pub(crate) fn hits(seed: u64, fault: u64, toxicity: f64, number: u64) -> bool {
    toxicity >= 1.0 || unit(mix(seed ^ mix(fault) ^ mix(number).rotate_left(17))) < toxicity
}

/// The JSON of a fault that is set.
pub(crate) fn json(fault: &Active, now: Instant) -> Value {
    let mut map = Map::new();
    map.insert("name".to_owned(), fault.wanted.name.clone().into());
    map.insert("kind".to_owned(), fault.wanted.kind.word().into());
    fault.wanted.kind.write(&mut map);
    map.insert("stream".to_owned(), fault.wanted.stream.word().into());
    map.insert("toxicity".to_owned(), fault.wanted.toxicity.into());
    map.insert("seed".to_owned(), fault.wanted.seed.into());
    let left = fault.ends.saturating_duration_since(now).as_millis();
    map.insert("ends_in_ms".to_owned(), u64::try_from(left).unwrap_or(u64::MAX).into());
    Value::Object(map)
}

#[cfg(test)]
mod tests;
