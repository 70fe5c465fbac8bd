//! What one look saw, on its way to an observation.

use std::collections::BTreeMap;

use evidence::{Grade, Observation, Quantity, Unit, Value};
use outside::secret::Redactor;

use crate::{Error, World};

/// The longest text kept of one value; the rest is cut.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// How far two clocks may be apart.
const CLOCKS_AGREE_SECONDS: f64 = 5.0;

/// What was seen so far.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(crate) values: BTreeMap<String, Value>,
    pub(crate) subjects: u64,
    pub(crate) grade: Option<Grade>,
    pub(crate) source: String,
    pub(crate) trouble: Option<String>,
    /// Secrets that this look used, besides those that the world knows.
    pub(crate) redactor: Redactor,
}

impl Sight {
    /// Nothing seen yet.
    pub(crate) fn new(source: impl Into<String>) -> Self {
        let source = source.into();
        Self { values: BTreeMap::new(), subjects: 0, grade: None, source, trouble: None, redactor: Redactor::default() }
    }

    /// Nothing seen, and why.
    pub(crate) fn blind(source: impl Into<String>, error: &Error) -> Self {
        Self { trouble: Some(error.words()), ..Self::new(source) }
    }

    pub(crate) fn put(&mut self, name: impl Into<String>, value: Value) {
        self.values.insert(name.into(), value);
    }

    pub(crate) fn integer(&mut self, name: impl Into<String>, number: usize) {
        self.put(name, Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
    }

    pub(crate) fn text(&mut self, name: impl Into<String>, text: &str) {
        self.put(name, Value::Text(text.to_owned()));
    }

    pub(crate) fn boolean(&mut self, name: impl Into<String>, yes: bool) {
        self.put(name, Value::Boolean(yes));
    }

    /// The observation, with every secret replaced in every text that is kept.
    pub(crate) fn into_observation(self, kind: &str, subject: &str, world: &World) -> Observation {
        let redact = |text: &str| world.redactor.redact(&self.redactor.redact(text));
        Observation {
            kind: kind.to_owned(),
            subject: redact(subject),
            values: self.values.iter().map(|(name, value)| (redact(name), kept(value, &redact))).collect(),
            subjects: self.subjects,
            grade: self.grade,
            source: redact(&self.source),
            at: world.now,
            environment: world.environment.clone(),
            version: world.version.clone(),
            seed: None,
            trouble: self.trouble.as_deref().map(redact),
        }
    }
}

/// Redacts first and cuts afterwards, so that no half of a secret stays.
fn kept(value: &Value, redact: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Text(text) => Value::Text(cut(redact(text), MAX_TEXT_BYTES)),
        Value::List(values) => Value::List(values.iter().map(|value| kept(value, redact)).collect()),
        Value::Integer(_) | Value::Quantity(_) | Value::Boolean(_) => value.clone(),
    }
}

/// The beginning of a text, at most so many bytes, never half a character.
pub(crate) fn cut(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
}

/// An exact bare number; `None` when it is not finite.
pub(crate) fn number(number: f64) -> Option<Value> {
    Quantity::exact(number, Unit::One).map(Value::Quantity)
}

/// How long ago something was, in seconds since the epoch, by the clock of the look. A time in the future means that two clocks
/// disagree: then the age is not known.
pub(crate) fn age(at: f64, world: &World) -> Option<Value> {
    let age = world.now as f64 / 1e6 - at;
    let agrees = age >= -CLOCKS_AGREE_SECONDS;
    Quantity::exact(age.max(0.0), Unit::Second).filter(|_| agrees).map(Value::Quantity)
}

/// A name that an expectation can spell: letters, digits and `_`, in lower case; anything else becomes `_`.
pub(crate) fn spelled(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// Whether an expectation can spell a name as it is.
pub(crate) fn can_be_spelled(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
