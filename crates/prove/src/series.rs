//! What the ledger remembers of a claim's readings, for looks that weigh a series of them.
//!
//! Only answers to the question that the claim asks today are handed out, and only from a ledger that is whole: what somebody edited is
//! no memory. The ledger is opened for reading when a look asks, and not before.

use std::collections::BTreeMap;
use std::fmt;

use evidence::Observation;
use ledger::{Address, Entry, Ledger, MAX_ENTRIES, kind};
use report::observation_of;
use serde_json::Value as Json;

use crate::case::{Case, chain};
use crate::standing::MAX_READ;

/// The readings in a ledger, by claim.
pub(crate) struct Past {
    at: Address,
    /// What each claim of the file asks today.
    asked: BTreeMap<String, String>,
}

impl Past {
    pub(crate) fn new(at: Address, case: &Case) -> Self {
        let asked = case.tasks.iter().map(|task| (task.claim.id.to_string(), task.claim.asked()));
        Self { at, asked: asked.collect() }
    }
}

/// An address may hold a password.
impl fmt::Debug for Past {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Past").field("claims", &self.asked.len()).finish_non_exhaustive()
    }
}

impl probe::Series for Past {
    fn readings(&self, claim: &str, environment: &str, since: i64) -> Result<Vec<Observation>, String> {
        let Some(asked) = self.asked.get(claim) else { return Err(format!("there is no claim {claim} in the file")) };
        let ledger = match Ledger::open_read_only(&self.at) {
            Ok(ledger) => ledger,
            Err(ledger::Error::Missing { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(chain(&error)),
        };
        let flaws = ledger.verify(&[]).map_err(|error| chain(&error))?.problems;
        if let Some(flaw) = flaws.first() {
            return Err(format!("the ledger is damaged: {flaw}"));
        }
        let mut found = Vec::new();
        let mut next = ledger.head().map_err(|error| chain(&error))?.size.saturating_sub(MAX_READ) + 1;
        loop {
            let entries = ledger.entries(next, MAX_ENTRIES).map_err(|error| chain(&error))?;
            let Some(last) = entries.last() else { break };
            next = last.seq + 1;
            let readings =
                entries.iter().filter(|entry| entry.at >= since).filter_map(|entry| reading(entry, claim, asked));
            found.extend(readings.filter(|reading| reading.environment == environment));
        }
        Ok(found)
    }
}

/// A reading of the claim that answers what it asks today.
fn reading(entry: &Entry, claim: &str, asked: &str) -> Option<Observation> {
    if entry.kind != kind::OBSERVATION {
        return None;
    }
    let body: Json = serde_json::from_str(&entry.body).ok()?;
    (body["claim"].as_str() == Some(claim)).then_some(())?;
    observation_of(&body, entry.at).filter(|(question, _)| question == asked).map(|(_, reading)| reading)
}

#[cfg(test)]
mod tests {
    use evidence::{Claim, ClaimId, Expect, Grade, Look, Value};
    use ledger::NewEntry;
    use probe::Series;
    use report::observation_body;
    use text::{Node, NodeKind, Span};

    use super::*;

    fn claim(with: &str) -> Claim {
        let text = Node { span: Span::default(), kind: NodeKind::Text { value: with.to_owned(), plain: false } };
        Claim {
            id: ClaimId::parse("R-1/fast").expect("is an id"),
            says: "it is fast".to_owned(),
            look: Look::Probe,
            kind: "http.check".to_owned(),
            kind_span: Span::default(),
            with: text,
            expect: Expect::parse("obs.ms < 300").expect("is one"),
            min_grade: None,
            every: None,
            max_age: None,
            environments: Vec::new(),
            also: Vec::new(),
            about: String::new(),
            span: Span::default(),
        }
    }

    fn entry(claim: &Claim, environment: &str, ms: i64, at: i64) -> NewEntry {
        let observation = Observation {
            kind: "http.check".to_owned(),
            subject: "api".to_owned(),
            values: [("ms".to_owned(), Value::Integer(ms))].into(),
            subjects: 1,
            grade: Some(Grade::Live),
            source: "GET /".to_owned(),
            at,
            environment: environment.to_owned(),
            version: None,
            seed: None,
            trouble: None,
        };
        NewEntry { kind: kind::OBSERVATION.to_owned(), version: 1, body: observation_body(claim, &observation), at }
    }

    #[test]
    fn readings_of_today_s_question_are_handed_out_and_no_others() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("ledger.db");
        let (claim, before) = (claim("/now"), claim("/before"));
        let asked = [("R-1/fast".to_owned(), claim.asked())].into();
        let past = Past { at: path.as_path().into(), asked };
        let values = |since: i64| -> Vec<Option<Value>> {
            let readings = past.readings("R-1/fast", "local", since).expect("can be read");
            readings.iter().map(|one| one.values.get("ms").cloned()).collect()
        };
        assert!(values(0).is_empty(), "no ledger remembers nothing");
        let all = [
            entry(&before, "local", 1, 10),
            entry(&claim, "local", 2, 20),
            entry(&claim, "staging", 3, 30),
            entry(&claim, "local", 4, 40),
        ];
        Ledger::open(&path).expect("opens").append_many(&all).expect("appends");
        assert_eq!(values(0), [Some(Value::Integer(2)), Some(Value::Integer(4))]);
        assert_eq!(values(21), [Some(Value::Integer(4))]);
        assert!(past.readings("R-1/slow", "local", 0).expect_err("is unknown").contains("no claim R-1/slow"));
    }

    #[test]
    fn an_edited_ledger_is_no_memory() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("ledger.db");
        let claim = claim("/now");
        Ledger::open(&path).expect("opens").append_many(&[entry(&claim, "local", 271, 10)]).expect("appends");
        let (mut bytes, old) = (std::fs::read(&path).expect("is there"), b"\"ms\":271");
        for at in (0..bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect::<Vec<_>>() {
            bytes[at + old.len() - 1] = b'0';
        }
        outside::files::write_whole(&path, &bytes).expect("is ours");
        let past = Past { at: path.as_path().into(), asked: [("R-1/fast".to_owned(), claim.asked())].into() };
        assert!(past.readings("R-1/fast", "local", 0).expect_err("is refused").contains("damaged"));
    }
}
