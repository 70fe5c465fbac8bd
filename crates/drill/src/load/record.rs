//! What the load process says: one JSON object a line on its stdout, read back by the runner.
//!
//! Written and read in one place, so that both ends agree. All times are microseconds of the load's own monotonic
//! clock: it is the only clock of a drill's timeline.

use evidence::Answer;
use serde_json::{Map, Value, json};

/// One line of the load process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Sessions are open; requests go out from now on.
    Ready,
    /// The load cannot begin or go on, and why.
    Failed(String),
    /// The named phase began.
    Mark {
        /// The name as the runner gave it.
        name: String,
        /// When, on the load's clock.
        at_us: i64,
    },
    /// One finished request.
    Request(Record),
    /// What became of one written thing.
    Checked(Checked),
    /// Everything is said.
    Finished {
        /// Requests that were due, the bystander's included. As many [`Line::Request`] must have been read.
        due: u64,
        /// Of these, the ones that never went out because too many were outstanding.
        not_sent: u64,
    },
}

/// One finished request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// 0, 1, 2, .. within its flow.
    pub n: u64,
    /// It belongs to the bystander flow.
    pub bystander: bool,
    /// When it was due.
    pub at_us: i64,
    /// From due to its end, however late it was sent.
    pub latency_us: i64,
    /// From due to sent: how far the load lagged behind its own schedule.
    pub lag_us: i64,
    /// How it ended.
    pub ended: Ended,
    /// Status of the answer, when there was one.
    pub status: Option<u16>,
    /// The answer said when to come back.
    pub retry_after: bool,
    /// What the guard wrote on an answer of its own making.
    pub guard: Option<String>,
}

/// How a request ended, as its client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A good status, and no header that a good answer must not carry.
    Good,
    /// Another status.
    BadStatus,
    /// A good status, but with a header that a good answer must not carry.
    BadHeader,
    /// Nobody listened.
    Refused,
    /// It was due while too many were outstanding, and never went out.
    NotSent,
    /// The connection broke after the request was handed to it.
    Reset,
    /// The client's patience ended.
    TimedOut,
    /// An answer that cannot be read: not HTTP, too large, or broken in some other way.
    Garbled,
}

impl Ended {
    const ALL: [Self; 8] = [
        Self::Good,
        Self::BadStatus,
        Self::BadHeader,
        Self::Refused,
        Self::NotSent,
        Self::Reset,
        Self::TimedOut,
        Self::Garbled,
    ];

    /// Good, surely failed, or unknown. A write whose connection broke may have happened.
    pub fn answer(self) -> Answer {
        match self {
            Self::Good => Answer::Good,
            Self::BadStatus | Self::BadHeader | Self::Refused | Self::NotSent => Answer::Bad,
            Self::Reset | Self::TimedOut | Self::Garbled => Answer::Unknown,
        }
    }

    /// Whether its true latency may be longer than the one written down.
    pub fn is_censored(self) -> bool {
        matches!(self, Self::TimedOut | Self::NotSent)
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::BadStatus => "bad-status",
            Self::BadHeader => "bad-header",
            Self::Refused => "refused",
            Self::NotSent => "not-sent",
            Self::Reset => "reset",
            Self::TimedOut => "timed-out",
            Self::Garbled => "garbled",
        }
    }
}

/// What became of one write of the main flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Which request.
    pub n: u64,
    /// What was found.
    pub found: Found,
}

/// What asking for a written thing found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// Present and whole.
    Whole,
    /// Present, but not whole.
    Torn,
    /// Absent.
    Absent,
    /// It could not be told: no answer, an error, an answer made by the guard, or over a limit.
    Unseen,
}

impl Found {
    const ALL: [Self; 4] = [Self::Whole, Self::Torn, Self::Absent, Self::Unseen];

    fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Torn => "torn",
            Self::Absent => "absent",
            Self::Unseen => "unseen",
        }
    }
}

impl Line {
    /// The line without its end.
    pub fn print(&self) -> String {
        let value = match self {
            Self::Ready => json!({"ready": true}),
            Self::Failed(why) => json!({"failed": why}),
            Self::Mark { name, at_us } => json!({"mark": name, "at_us": at_us}),
            Self::Request(record) => Value::Object(record.to_json()),
            Self::Checked(checked) => json!({"checked": checked.n, "found": checked.found.word()}),
            Self::Finished { due, not_sent } => json!({"finished": due, "not_sent": not_sent}),
        };
        value.to_string()
    }

    /// Reads a line; `None` when it is not one of ours.
    pub fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let text = |key: &str| Some(value.get(key)?.as_str()?.to_owned());
        let number = |key: &str| value.get(key)?.as_u64();
        if value.get("ready").is_some() {
            return Some(Self::Ready);
        }
        if let Some(why) = text("failed") {
            return Some(Self::Failed(why));
        }
        if let Some(name) = text("mark") {
            return Some(Self::Mark { name, at_us: value.get("at_us")?.as_i64()? });
        }
        if let Some(n) = number("checked") {
            let word = text("found")?;
            let found = Found::ALL.into_iter().find(|found| found.word() == word)?;
            return Some(Self::Checked(Checked { n, found }));
        }
        if let Some(due) = number("finished") {
            return Some(Self::Finished { due, not_sent: number("not_sent")? });
        }
        Record::from_json(&value).map(Self::Request)
    }
}

impl Record {
    fn to_json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("n", self.n.into());
        put("at_us", self.at_us.into());
        put("latency_us", self.latency_us.into());
        put("lag_us", self.lag_us.into());
        put("outcome", self.ended.word().into());
        if let Some(status) = self.status {
            put("status", status.into());
        }
        if self.retry_after {
            put("retry_after", true.into());
        }
        if let Some(guard) = &self.guard {
            put("guard", guard.as_str().into());
        }
        if self.bystander {
            put("bystander", true.into());
        }
        map
    }

    fn from_json(value: &Value) -> Option<Self> {
        let number = |key: &str| value.get(key)?.as_i64();
        let flag = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(false);
        let word = value.get("outcome")?.as_str()?;
        let status = match value.get("status") {
            Some(status) => Some(u16::try_from(status.as_u64()?).ok()?),
            None => None,
        };
        Some(Self {
            n: value.get("n")?.as_u64()?,
            bystander: flag("bystander"),
            at_us: number("at_us")?,
            latency_us: number("latency_us")?,
            lag_us: number("lag_us")?,
            ended: Ended::ALL.into_iter().find(|ended| ended.word() == word)?,
            status,
            retry_after: flag("retry_after"),
            guard: value.get("guard").and_then(Value::as_str).map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records() -> impl Strategy<Value = Record> {
        let numbers = (any::<u64>(), 0..i64::MAX, 0..i64::MAX, 0..i64::MAX);
        let rest = (proptest::sample::select(&Ended::ALL), proptest::option::of(100_u16..600), any::<[bool; 2]>());
        (numbers, rest, proptest::option::of("[a-z-]{1,12}")).prop_map(|(numbers, rest, guard)| {
            let ((n, at_us, latency_us, lag_us), (ended, status, [retry_after, bystander])) = (numbers, rest);
            Record { n, bystander, at_us, latency_us, lag_us, ended, status, retry_after, guard }
        })
    }

    proptest! {
        #[test]
        fn reading_a_printed_record_gives_it_back(record in records()) {
            let line = Line::Request(record);
            prop_assert_eq!(Line::read(&line.print()), Some(line));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,60}", key in "(n|mark|checked|failed|finished|status)", number: i64) {
            let _ = Line::read(&text);
            let _ = Line::read(&format!("{{\"{key}\":{number}}}"));
        }
    }

    #[test]
    fn reading_a_printed_line_gives_it_back() {
        let lines = [
            Line::Ready,
            Line::Failed("login answered 500".to_owned()),
            Line::Mark { name: "fault".to_owned(), at_us: 12 },
            Line::Checked(Checked { n: 3, found: Found::Torn }),
            Line::Finished { due: 9, not_sent: 1 },
        ];
        for line in lines {
            assert_eq!(Line::read(&line.print()), Some(line));
        }
    }

    #[test]
    fn a_broken_connection_is_unknown_and_a_refused_one_is_bad() {
        assert_eq!(Ended::Reset.answer(), Answer::Unknown);
        assert_eq!(Ended::TimedOut.answer(), Answer::Unknown);
        assert_eq!(Ended::Refused.answer(), Answer::Bad);
    }
}
