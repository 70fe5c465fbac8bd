//! Domain values as JSON: the only place that knows both. Bodies of ledger entries are made here too; each has a version
//! that its caller stores beside it.
//!
//! A quantity is `{"value": 1.5, "unit": "s"}` when exact and `{"low": 1, "high": 2, "unit": "s"}` when only known to
//! lie between; an interval without an upper end has no `high`. Units: `s`, `B`, `/s`, and none for shares and numbers.

use evidence::{
    Claim, ClaimId, Control, Decision, Drilled, Judged, Observation, Phase, Quantity, Seen, Unit, Value, Verdict,
};
use serde_json::{Map, Value as Json, json};

use crate::matrix::outcome_word;
use crate::proof::grade_word;

/// An observation as the body of a ledger entry, version 1, with what was asked.
pub fn observation_body(claim: &Claim, observation: &Observation) -> String {
    let mut body = with_claim(&claim.id.to_string(), observation_json(observation));
    body["asked"] = json!(claim.asked());
    body["about"] = json!(claim.about);
    body.to_string()
}

/// A verdict as the body of a ledger entry, version 1, with what was asked and what had to hold.
pub fn verdict_body(judged: &Judged) -> String {
    let mut body = claim_json(judged);
    body["asked"] = json!(judged.claim.asked());
    body["about"] = json!(judged.claim.about);
    body["expect"] = json!(judged.claim.expect.text());
    body.to_string()
}

/// A decision as the body of a ledger entry, version 1, with what it was about when that was not everything.
pub fn decision_body(decision: &Decision, environment: &str, only: &[String]) -> String {
    let mut body = decision_json(decision);
    if !only.is_empty() {
        body["only"] = json!(only);
    }
    body["environment"] = json!(environment);
    body.to_string()
}

/// A drill as the body of a ledger entry, version 1. The requests themselves are stored apart, under `history`.
pub fn drill_body(claim: &ClaimId, drilled: &Drilled, history: &str) -> String {
    let mut body = with_claim(&claim.to_string(), drilled_json(drilled));
    body["history"] = json!(history);
    body.to_string()
}

fn with_claim(claim: &str, json: Json) -> Json {
    let mut map = Map::new();
    map.insert("claim".to_owned(), json!(claim));
    if let Json::Object(fields) = json {
        map.extend(fields);
    }
    Json::Object(map)
}

pub(crate) fn value_json(value: &Value) -> Json {
    match value {
        Value::Integer(number) => json!(number),
        Value::Quantity(quantity) => quantity_json(quantity),
        Value::Text(text) => json!(text),
        Value::Boolean(boolean) => json!(boolean),
        Value::List(items) => items.iter().map(value_json).collect(),
    }
}

fn quantity_json(quantity: &Quantity) -> Json {
    let mut map = Map::new();
    if quantity.is_exact() {
        map.insert("value".to_owned(), json!(quantity.low()));
    } else {
        map.insert("low".to_owned(), json!(quantity.low()));
        if quantity.high().is_finite() {
            map.insert("high".to_owned(), json!(quantity.high()));
        }
    }
    let unit = match quantity.unit() {
        Unit::One => None,
        Unit::Second => Some("s"),
        Unit::Byte => Some("B"),
        Unit::PerSecond => Some("/s"),
    };
    map.extend(unit.map(|unit| ("unit".to_owned(), json!(unit))));
    Json::Object(map)
}

pub(crate) fn observation_json(observation: &Observation) -> Json {
    let values: Map<String, Json> =
        observation.values.iter().map(|(name, value)| (name.clone(), value_json(value))).collect();
    let mut json = json!({
        "kind": observation.kind,
        "subject": observation.subject,
        "grade": grade_word(observation.grade),
        "values": values,
        "source": observation.source,
        "at": crate::timestamp(observation.at),
        "environment": observation.environment,
        "subjects": observation.subjects,
    });
    for (name, value) in [("version", &observation.version), ("trouble", &observation.trouble)] {
        if let Some(value) = value {
            json[name] = json!(value);
        }
    }
    if let Some(seed) = observation.seed {
        json["seed"] = json!(seed);
    }
    json
}

pub(crate) fn claim_json(judged: &Judged) -> Json {
    let mut json = json!({
        "claim": judged.claim.id.to_string(),
        "says": judged.claim.says,
        "kind": judged.claim.kind,
        "grade": grade_word(judged.grade),
        "verdict": judged.verdict.word(),
        "reason": judged.reason,
        "would_change": judged.would_change,
    });
    if let Verdict::NotSeen(reason) = judged.verdict {
        json["not_seen"] = json!(reason.words());
    }
    json
}

pub(crate) fn control_json(control: &Control) -> Json {
    json!({"verdict": control.verdict.word(), "what": control.what})
}

pub(crate) fn drilled_json(drilled: &Drilled) -> Json {
    let seen = |seen: &Seen| json!({"seen": seen.yes, "what": seen.what});
    let off = match &drilled.off {
        Ok(observation) => observation_json(observation),
        Err(why) => json!({"absent": why}),
    };
    let windows: Vec<Json> = drilled
        .timeline
        .windows
        .iter()
        .map(|window| json!({"phase": phase_word(window.phase), "from_us": window.from_us, "to_us": window.to_us}))
        .collect();
    json!({
        "bite": seen(&drilled.bite),
        "calm": seen(&drilled.calm),
        "healed": seen(&drilled.healed),
        "clean": observation_json(&drilled.clean),
        "on": observation_json(&drilled.on),
        "off": off,
        "windows": windows,
        "requests": drilled.timeline.samples.len(),
    })
}

/// The word for a phase, in JSON and in pictures.
pub(crate) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Warm => "warm",
        Phase::Clean => "clean",
        Phase::Fault => "fault",
        Phase::Heal => "heal",
        Phase::Off => "guardrail off",
        Phase::HealOff => "heal after off",
    }
}

pub(crate) fn decision_json(decision: &Decision) -> Json {
    let decided_by: Vec<Json> = decision
        .decided_by
        .iter()
        .map(|decided| {
            let mut json =
                json!({"risk": decided.risk.as_str(), "what": decided.what, "outcome": outcome_word(decided.outcome)});
            if let Some(claim) = &decided.claim {
                json["claim"] = json!(claim);
            }
            json
        })
        .collect();
    json!({
        "outcome": outcome_word(decision.outcome),
        "decided_by": decided_by,
        "undecided": decision.undecided,
        "warnings": decision.warnings,
    })
}

/// Pretty-printed, with a final line break.
pub(crate) fn pretty(json: &Json) -> String {
    format!("{json:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_without_upper_end_has_no_high() {
        let quantity = Quantity::interval(3.0, f64::INFINITY, Unit::Second).expect("is an interval");
        assert_eq!(value_json(&Value::Quantity(quantity)), json!({"low": 3.0, "unit": "s"}));
    }

    #[test]
    fn an_exact_share_has_a_value_and_no_unit() {
        let quantity = Quantity::exact(0.5, Unit::One).expect("is a number");
        assert_eq!(value_json(&Value::Quantity(quantity)), json!({"value": 0.5}));
    }
}
