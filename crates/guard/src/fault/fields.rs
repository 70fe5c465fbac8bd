//! The fields of a JSON object, read one by one so that all problems come out together and an unknown key is one.

use std::time::Duration;

use serde_json::{Map, Value};

/// An object that is being read.
pub(crate) struct Fields<'a> {
    map: Option<&'a Map<String, Value>>,
    known: Vec<&'static str>,
    problems: Vec<String>,
}

impl<'a> Fields<'a> {
    /// The fields of an object; anything else is a problem.
    pub(crate) fn of(value: &'a Value) -> Self {
        let map = value.as_object();
        let problems = if map.is_none() { vec!["the body must be a JSON object".to_owned()] } else { Vec::new() };
        Self { map, known: Vec::new(), problems }
    }

    /// Notes a problem.
    pub(crate) fn problem(&mut self, message: String) {
        self.problems.push(message);
    }

    /// All problems, unknown keys included.
    pub(crate) fn finish(mut self) -> Vec<String> {
        let keys = self.map.into_iter().flat_map(Map::keys);
        for key in keys.filter(|key| !self.known.contains(&key.as_str())) {
            let near = text::nearest(key, self.known.iter().copied());
            let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.problems.push(format!("key `{key}` is not known{help}"));
        }
        self.problems
    }

    /// The problems so far; unknown keys are none.
    pub(crate) fn noted(self) -> Vec<String> {
        self.problems
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<String> {
        let found = self.text_or_none(key);
        if found.is_none() && self.map.is_some_and(|map| !map.contains_key(key)) {
            self.problem(format!("`{key}` is missing"));
        }
        found
    }

    /// A text that may be there.
    pub(crate) fn text_or_none(&mut self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.problem(format!("`{key}` must be a text"));
        }
        text
    }

    /// A whole number that must be there and lie in the range; the lowest stands in when it does not.
    pub(crate) fn whole(&mut self, key: &'static str, lowest: u64, highest: u64) -> u64 {
        if self.get(key).is_none() {
            if self.map.is_some() {
                self.problem(format!("`{key}` is missing ({lowest} to {highest})"));
            }
            return lowest;
        }
        self.in_range(key, lowest, highest).unwrap_or(lowest)
    }

    /// A whole number of `0..=highest` that may be there.
    pub(crate) fn whole_or(&mut self, key: &'static str, default: u64, highest: u64) -> u64 {
        match self.get(key) {
            None => default,
            Some(_) => self.in_range(key, 0, highest).unwrap_or(default),
        }
    }

    /// Milliseconds that must be there, from `lowest` to `longest`.
    pub(crate) fn millis(&mut self, key: &'static str, lowest: u64, longest: Duration) -> Duration {
        Duration::from_millis(self.whole(key, lowest, as_millis(longest)))
    }

    /// Milliseconds that may be there, up to `longest`.
    pub(crate) fn millis_or_none(&mut self, key: &'static str, longest: Duration) -> Duration {
        Duration::from_millis(self.whole_or(key, 0, as_millis(longest)))
    }

    /// A share of `0..=1` that may be there.
    pub(crate) fn share_or(&mut self, key: &'static str, default: f64) -> f64 {
        let Some(value) = self.get(key) else { return default };
        match value.as_f64().filter(|share| (0.0..=1.0).contains(share)) {
            Some(share) => share,
            None => {
                self.problem(format!("`{key}` must lie between 0 and 1"));
                default
            }
        }
    }

    fn in_range(&mut self, key: &'static str, lowest: u64, highest: u64) -> Option<u64> {
        // Clients in languages without integers send 1000.0.
        let float = |number: f64| (number.fract() == 0.0 && (0.0..=1e15).contains(&number)).then_some(number as u64);
        let number = self.get(key).and_then(|value| value.as_u64().or_else(|| value.as_f64().and_then(float)));
        let found = number.filter(|number| (lowest..=highest).contains(number));
        if found.is_none() {
            self.problem(format!("`{key}` must be a whole number from {lowest} to {highest}"));
        }
        found
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.map?.get(key)
    }
}

/// Whole milliseconds of a duration.
pub(crate) fn as_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
