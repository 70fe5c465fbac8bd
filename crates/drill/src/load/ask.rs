//! One request of a load, from its due time to its end as its client saw it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use outside::http::{Answer, Client, Failure, Request};
use system::Load;
use tokio::time::Instant;

use super::pattern::{Holes, Pattern};
use super::record::{Ended, Record};

/// Header that the guard writes on answers of its own making.
const GUARD_HEADER: &str = "seaworthy-guard";

/// The requests of one flow, read once.
#[derive(Debug)]
pub(super) struct Asking {
    method: String,
    path: Pattern,
    headers: Vec<(String, Pattern)>,
    body: Option<Pattern>,
    good: Vec<u16>,
    not_header: BTreeMap<String, String>,
    /// How long the client waits, counted from the due time.
    pub(super) patience: Duration,
    /// What the session took.
    pub(super) taken: BTreeMap<String, String>,
}

/// When one request is due, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) n: u64,
    pub(super) bystander: bool,
    pub(super) at: Instant,
    pub(super) to: SocketAddr,
    /// The zero of the load's clock.
    pub(super) zero: Instant,
}

impl Asking {
    pub(super) fn read(load: &Load, taken: BTreeMap<String, String>) -> Result<Self, String> {
        let body = load.body.as_deref().map(Pattern::read).transpose()?;
        let mut headers = Vec::new();
        for (name, value) in &load.headers {
            headers.push((name.clone(), Pattern::read(value)?));
        }
        if let Some(kind) = content_type(load.body.as_deref(), load.headers.keys()) {
            headers.push(("content-type".to_owned(), Pattern::read(kind)?));
        }
        Ok(Self {
            method: load.method.clone(),
            path: Pattern::read(&load.path)?,
            headers,
            body,
            good: load.good_status.clone(),
            not_header: load.not_header.clone(),
            patience: load.patience,
            taken,
        })
    }

    /// The request with this id.
    pub(super) fn request(&self, id: &str, seq: u64) -> Request {
        let holes = Holes { id, seq, taken: &self.taken };
        let body = self.body.as_ref().map_or_else(Bytes::new, |body| Bytes::from(body.fill(&holes)));
        Request { method: self.method.clone(), path: self.path.fill(&holes), headers: self.headers(&holes), body }
    }

    /// The headers of this load, for asking about a written thing with the same rights.
    pub(super) fn headers(&self, holes: &Holes<'_>) -> Vec<(String, String)> {
        self.headers.iter().map(|(name, value)| (name.clone(), value.fill(holes))).collect()
    }

    fn ending(&self, answer: &Answer) -> Ended {
        let good =
            if self.good.is_empty() { (200..300).contains(&answer.status) } else { self.good.contains(&answer.status) };
        let forbidden = |(name, part): (&String, &String)| {
            let values = answer.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            values.into_iter().any(|(_, value)| value.contains(part.as_str()))
        };
        match (good, self.not_header.iter().any(forbidden)) {
            (false, _) => Ended::BadStatus,
            (true, true) => Ended::BadHeader,
            (true, false) => Ended::Good,
        }
    }
}

impl Due {
    /// Sends the request now and waits for its end.
    pub(super) async fn send(self, client: &Client, asking: &Asking, request: Request) -> Record {
        let lag = self.at.elapsed();
        let within = asking.patience.saturating_sub(lag);
        let answer =
            if within.is_zero() { Err(Failure::TimedOut) } else { client.send(self.to, request, within).await };
        let ended = match &answer {
            Ok(answer) => asking.ending(answer),
            // Too late to be sent at all: the load's fault, and surely without effect.
            Err(Failure::TimedOut) if within.is_zero() => Ended::NotSent,
            Err(failure) => failure_ending(failure),
        };
        let mut record = self.record(ended, self.at.elapsed(), lag);
        if let Ok(answer) = answer {
            record.status = Some(answer.status);
            record.retry_after = answer.header("retry-after").is_some();
            record.guard = answer.header(GUARD_HEADER).map(str::to_owned);
        }
        record
    }

    /// The record of a request that never went out.
    pub(super) fn not_sent(self, patience: Duration) -> Record {
        self.record(Ended::NotSent, patience, Duration::ZERO)
    }

    fn record(self, ended: Ended, latency: Duration, lag: Duration) -> Record {
        Record {
            n: self.n,
            bystander: self.bystander,
            at_us: micros(self.at.saturating_duration_since(self.zero)),
            latency_us: micros(latency),
            lag_us: micros(lag),
            ended,
            status: None,
            retry_after: false,
            guard: None,
        }
    }
}

/// Whether an answer was made by the guard and not by the system.
pub(super) fn is_of_guard(answer: &Answer) -> bool {
    answer.header(GUARD_HEADER).is_some()
}

/// A duration in microseconds.
pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// What a JSON body is called when its author did not say.
pub(super) fn content_type<'k>(
    body: Option<&str>,
    mut headers: impl Iterator<Item = &'k String>,
) -> Option<&'static str> {
    let is_json = body.is_some_and(|body| body.trim_start().starts_with(['{', '[']));
    (is_json && !headers.any(|name| name.eq_ignore_ascii_case("content-type"))).then_some("application/json")
}

fn failure_ending(failure: &Failure) -> Ended {
    match failure {
        Failure::Refused => Ended::Refused,
        Failure::Reset => Ended::Reset,
        Failure::TimedOut => Ended::TimedOut,
        Failure::TooLarge | Failure::Malformed(_) | Failure::Certificate(_) | Failure::Other(_) => Ended::Garbled,
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::tests::sample_load;
    use super::*;

    fn ending(status: u16, header: Option<(&str, &str)>) -> Ended {
        let headers = header.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let asking = Asking::read(&sample_load(), BTreeMap::new()).expect("reads");
        asking.ending(&Answer { status, headers, body: Bytes::new() })
    }

    #[test]
    fn only_a_good_status_without_a_forbidden_header_is_good() {
        assert_eq!(ending(201, None), Ended::Good);
        assert_eq!(ending(200, None), Ended::BadStatus);
        assert_eq!(ending(201, Some(("X-Freshness", "fallback; old"))), Ended::BadHeader);
        assert_eq!(ending(201, Some(("x-freshness", "live"))), Ended::Good);
    }

    #[test]
    fn a_json_body_is_called_json_unless_its_author_says_otherwise() {
        let named = ["Content-Type".to_owned()];
        assert_eq!(content_type(Some(" {}"), [].iter()), Some("application/json"));
        assert_eq!(content_type(Some("{}"), named.iter()), None);
        assert_eq!(content_type(Some("xxx"), [].iter()), None);
    }
}
