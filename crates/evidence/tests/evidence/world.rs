//! The test words: values, observations, claims and drills in as few letters as possible.

use std::collections::BTreeMap;

use evidence::{
    Claim, ClaimId, Drilled, Expect, Grade, Look, Observation, Quantity, RiskId, Seen, Timeline, Unit, Value,
};
use text::{Node, NodeKind, Span};

/// The time of every test.
pub(crate) const NOW: i64 = 1_800_000_000_000_000;

/// A second in micros.
pub(crate) const SECOND: i64 = 1_000_000;

pub(crate) type Values = BTreeMap<String, Value>;

pub(crate) fn values<const N: usize>(fields: [(&str, Value); N]) -> Values {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn between(low: f64, high: f64, unit: Unit) -> Value {
    Quantity::interval(low, high, unit).expect("is an interval").into()
}

pub(crate) fn seconds(exact: f64) -> Value {
    between(exact, exact, Unit::Second)
}

pub(crate) fn share(low: f64, high: f64) -> Value {
    between(low, high, Unit::One)
}

pub(crate) fn list<const N: usize>(items: [&str; N]) -> Value {
    Value::List(items.into_iter().map(Value::from).collect())
}

pub(crate) fn expectation(text: &str) -> Expect {
    Expect::parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"))
}

pub(crate) fn risk(id: &str) -> RiskId {
    RiskId::try_new(id).expect("is an id")
}

pub(crate) fn claim(id: &str, expect: &str) -> Claim {
    let span = Span::new(0, 0);
    Claim {
        id: ClaimId::parse(id).expect("is a claim id"),
        says: "it holds".to_owned(),
        look: Look::Probe,
        kind: "http.check".to_owned(),
        kind_span: span,
        with: Node { span, kind: NodeKind::Map(Vec::new()) },
        expect: expectation(expect),
        min_grade: None,
        every: None,
        max_age: None,
        environments: Vec::new(),
        also: Vec::new(),
        about: String::new(),
        span,
    }
}

pub(crate) fn observation(values: Values) -> Observation {
    Observation {
        kind: "http.check".to_owned(),
        subject: "api".to_owned(),
        values,
        subjects: 1,
        grade: Some(Grade::Live),
        source: "GET http://127.0.0.1:1/x".to_owned(),
        at: NOW - 5 * SECOND,
        environment: "local".to_owned(),
        version: None,
        seed: None,
        trouble: None,
    }
}

pub(crate) fn seen(yes: bool, what: &str) -> Seen {
    Seen { yes, what: what.to_owned() }
}

/// A drill in which everything is as it should be.
pub(crate) fn drilled(clean: Values, on: Values, off: Values) -> Drilled {
    Drilled {
        clean: observation(clean),
        on: observation(on),
        off: Ok(observation(off)),
        bite: seen(true, "the edge refused 120 attempts"),
        calm: seen(true, "200 of 200 requests were answered well"),
        healed: seen(true, "the port accepts"),
        timeline: Timeline::default(),
    }
}
