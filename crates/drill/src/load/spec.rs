//! What the load process is asked to do: the one JSON line that it reads first.
//!
//! A process of its own, because a generator that shares a runtime with the runner would measure the runner. The line
//! is walked by hand on both sides; an old field that is missing is an error, never a default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Map, Value, json};
use system::{Load, SessionStep, Verify};
use text::Rate;

use super::pattern::Pattern;

/// Requests that may be outstanding at once, over both flows. Each needs a connection, and a process may often open
/// only 1024 files.
pub const MAX_OUTSTANDING: usize = 800;

/// The highest rate of one flow, per second. A single process keeps its schedule up to here with room to spare.
pub const MAX_RATE: f64 = 2_000.0;

/// What the load process does.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadSpec {
    /// Seeds what is random in it: how the two flows interleave.
    pub seed: u64,
    /// Begins every `${id}`, so that ids are unique over all runs; letters, digits and `-`.
    pub prefix: String,
    /// The flow under test.
    pub main: FlowSpec,
    /// A flow that should not notice.
    pub bystander: Option<FlowSpec>,
}

/// One flow of a load.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowSpec {
    /// Its requests.
    pub load: Load,
    /// Where they go, in turn.
    pub targets: Vec<SocketAddr>,
}

impl LoadSpec {
    /// The line without its end.
    pub fn print(&self) -> String {
        let bystander = self.bystander.as_ref().map_or(Value::Null, FlowSpec::to_json);
        let (main, prefix) = (self.main.to_json(), &self.prefix);
        json!({"v": 1, "seed": self.seed, "prefix": prefix, "main": main, "bystander": bystander}).to_string()
    }

    /// Reads the line; the error says which part is wrong.
    pub fn read(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if value.get("v").and_then(Value::as_u64) != Some(1) {
            return Err("`v` must be 1".to_owned());
        }
        let bystander = value.get("bystander").filter(|bystander| !bystander.is_null());
        Ok(Self {
            seed: field(&value, "seed", Value::as_u64)?,
            prefix: text(&value, "prefix")?,
            main: FlowSpec::from_json(field(&value, "main", Some)?)?,
            bystander: bystander.map(FlowSpec::from_json).transpose()?,
        })
    }
}

impl FlowSpec {
    fn to_json(&self) -> Value {
        let load = &self.load;
        let session: Vec<Value> = load.session.iter().map(step_to_json).collect();
        let targets: Vec<String> = self.targets.iter().map(SocketAddr::to_string).collect();
        json!({
            "method": load.method,
            "path": load.path,
            "headers": pairs(&load.headers),
            "body": load.body,
            "rate": load.rate.per_second(),
            "good": load.good_status,
            "not_header": pairs(&load.not_header),
            "patience_us": load.patience.as_micros() as u64,
            "session": session,
            "verify": load.verify.as_ref().map(|verify| json!({"path": verify.path, "holds": verify.holds})),
            "targets": targets,
        })
    }

    fn from_json(value: &Value) -> Result<Self, String> {
        let rate = field(value, "rate", Value::as_f64)?;
        let load = Load {
            method: text(value, "method")?,
            path: text(value, "path")?,
            headers: read_pairs(value, "headers")?,
            body: optional_text(value, "body")?,
            rate: Rate::try_new(rate).filter(|_| rate <= MAX_RATE).ok_or("`rate` is out of range")?,
            good_status: field(value, "good", Value::as_array)?.iter().filter_map(status).collect(),
            not_header: read_pairs(value, "not_header")?,
            patience: Duration::from_micros(field(value, "patience_us", Value::as_u64)?),
            session: field(value, "session", Value::as_array)?.iter().map(step).collect::<Result<_, _>>()?,
            verify: value.get("verify").filter(|verify| !verify.is_null()).map(verify).transpose()?,
        };
        let targets = field(value, "targets", Value::as_array)?.iter().map(target).collect::<Result<Vec<_>, _>>()?;
        if targets.is_empty() {
            return Err("`targets` is empty".to_owned());
        }
        Ok(Self { load, targets })
    }
}

/// Every text of a load with holes, for checks before it is sent.
///
/// Session steps may only use what earlier steps took; the load itself and its verification may use everything.
pub fn check_patterns(load: &Load) -> Result<(), String> {
    let mut taken: Vec<&str> = Vec::new();
    let checked = |text: &str, taken: &[&str], place: &str| {
        let pattern = Pattern::read(text).map_err(|error| format!("{place}: {error}"))?;
        let missing = pattern.takes().into_iter().find(|name| !taken.contains(name)).map(str::to_owned);
        match missing {
            Some(name) => Err(format!("{place}: no session step before it takes `{name}`")),
            None => Ok(pattern),
        }
    };
    for step in &load.session {
        for text in [Some(&step.path), step.body.as_ref()].into_iter().flatten() {
            checked(text, &taken, "session")?;
        }
        taken.extend(step.take.keys().map(String::as_str));
    }
    checked(&load.path, &taken, "request")?;
    for text in load.headers.values().chain(&load.body) {
        checked(text, &taken, "request")?;
    }
    if let Some(verify) = &load.verify {
        checked(&verify.holds, &taken, "verify")?;
        if !checked(&verify.path, &taken, "verify")?.is_unique() {
            return Err(
                "verify: the path must hold ${id}, or every write would be looked for in the same place".to_owned()
            );
        }
    }
    Ok(())
}

fn step_to_json(step: &SessionStep) -> Value {
    json!({"method": step.method, "path": step.path, "body": step.body, "take": pairs(&step.take)})
}

fn step(value: &Value) -> Result<SessionStep, String> {
    let (method, path) = (text(value, "method")?, text(value, "path")?);
    Ok(SessionStep { method, path, body: optional_text(value, "body")?, take: read_pairs(value, "take")? })
}

fn verify(value: &Value) -> Result<Verify, String> {
    Ok(Verify { path: text(value, "path")?, holds: text(value, "holds")? })
}

fn target(value: &Value) -> Result<SocketAddr, String> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| format!("`{value}` is not an address"))
}

fn status(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|status| u16::try_from(status).ok())
}

fn pairs(map: &BTreeMap<String, String>) -> Value {
    Value::Object(map.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>())
}

fn read_pairs(value: &Value, key: &str) -> Result<BTreeMap<String, String>, String> {
    let map = field(value, key, Value::as_object)?;
    Ok(map.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect())
}

fn field<'v, T>(value: &'v Value, key: &str, read: impl FnOnce(&'v Value) -> Option<T>) -> Result<T, String> {
    value.get(key).and_then(read).ok_or_else(|| format!("`{key}` is missing or of another shape"))
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    field(value, key, Value::as_str).map(str::to_owned)
}

fn optional_text(value: &Value, key: &str) -> Result<Option<String>, String> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => text(value, key).map(Some),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample_load() -> Load {
        Load {
            method: "POST".to_owned(),
            path: "/events".to_owned(),
            headers: BTreeMap::from([("authorization".to_owned(), "Bearer ${take:token}".to_owned())]),
            body: Some("{\"id\":\"${id}\"}".to_owned()),
            rate: Rate::try_new(150.0).expect("is a rate"),
            good_status: vec![201],
            not_header: BTreeMap::from([("x-freshness".to_owned(), "fallback".to_owned())]),
            patience: Duration::from_millis(1500),
            session: vec![SessionStep {
                method: "POST".to_owned(),
                path: "/login".to_owned(),
                body: None,
                take: BTreeMap::from([("token".to_owned(), "/token".to_owned())]),
            }],
            verify: Some(Verify { path: "/events/${id}".to_owned(), holds: "\"${id}\"".to_owned() }),
        }
    }

    fn sample() -> LoadSpec {
        let main = FlowSpec { load: sample_load(), targets: vec![SocketAddr::from(([127, 0, 0, 1], 80))] };
        LoadSpec { seed: u64::MAX, prefix: "1f-2".to_owned(), bystander: Some(main.clone()), main }
    }

    #[test]
    fn reading_a_printed_spec_gives_it_back() {
        let alone = LoadSpec { bystander: None, ..sample() };
        assert_eq!(LoadSpec::read(&sample().print()), Ok(sample()));
        assert_eq!(LoadSpec::read(&alone.print()), Ok(alone));
    }

    #[test]
    fn a_missing_part_is_named() {
        let whole: Value = serde_json::from_str(&sample().print()).expect("is JSON");
        for key in ["v", "seed", "prefix", "main"] {
            let mut cut = whole.clone();
            cut.as_object_mut().expect("is an object").remove(key);
            let error = LoadSpec::read(&cut.to_string()).expect_err(key);
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn a_name_that_nobody_takes_is_found_before_the_load() {
        assert_eq!(check_patterns(&sample_load()), Ok(()));
        let mut load = sample_load();
        load.session.clear();
        assert_eq!(check_patterns(&load), Err("request: no session step before it takes `token`".to_owned()));
    }

    #[test]
    fn a_verification_without_an_id_is_refused() {
        let mut load = sample_load();
        load.verify = Some(Verify { path: "/events".to_owned(), holds: "${id}".to_owned() });
        assert!(check_patterns(&load).expect_err("cannot tell writes apart").contains("${id}"));
    }
}
