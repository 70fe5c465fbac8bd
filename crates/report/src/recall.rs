//! Bodies of ledger entries back into what they were: the other way of [`crate::observation_body`].
//!
//! A body that is not of the known shape gives nothing: what cannot be read whole is no evidence.

use evidence::{Grade, Micros, Observation, Quantity, Reason, Unit, Value, Verdict};
use serde_json::Value as Json;

/// An observation out of the body of its entry, with what was asked. `at` is the time of the entry, which is exact.
pub fn observation_of(body: &Json, at: Micros) -> Option<(String, Observation)> {
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let values = body["values"].as_object()?;
    let values: Option<_> = values.iter().map(|(name, value)| Some((name.clone(), value_of(value)?))).collect();
    let observation = Observation {
        kind: text("kind")?,
        subject: text("subject")?,
        values: values?,
        subjects: body["subjects"].as_u64()?,
        grade: Grade::parse(&text("grade")?),
        source: text("source")?,
        at,
        environment: text("environment")?,
        version: text("version"),
        seed: body["seed"].as_u64(),
        trouble: text("trouble"),
    };
    Some((text("asked")?, observation))
}

/// A verdict out of the body of its entry.
pub fn verdict_of(body: &Json) -> Option<Verdict> {
    match body["verdict"].as_str()? {
        "held" => Some(Verdict::Held),
        "broken" => Some(Verdict::Broken),
        "not_seen" => {
            let reason = Reason::ALL.into_iter().find(|reason| Some(reason.words()) == body["not_seen"].as_str());
            Some(Verdict::NotSeen(reason.unwrap_or(Reason::Unknown)))
        }
        _ => None,
    }
}

fn value_of(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(yes) => Some(Value::Boolean(*yes)),
        Json::Number(number) => number.as_i64().map(Value::Integer),
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Array(items) => items.iter().map(value_of).collect::<Option<_>>().map(Value::List),
        Json::Object(_) => quantity_of(json).map(Value::Quantity),
        Json::Null => None,
    }
}

fn quantity_of(json: &Json) -> Option<Quantity> {
    let unit = match json.get("unit").map(|unit| unit.as_str()) {
        None => Unit::One,
        Some(Some("s")) => Unit::Second,
        Some(Some("B")) => Unit::Byte,
        Some(Some("/s")) => Unit::PerSecond,
        Some(_) => return None,
    };
    match json.get("value") {
        Some(value) => Quantity::exact(value.as_f64()?, unit),
        None => {
            let high = json.get("high").map_or(Some(f64::INFINITY), Json::as_f64)?;
            Quantity::interval(json.get("low")?.as_f64()?, high, unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::observation_json;

    #[test]
    fn an_observation_comes_back_as_it_was() {
        let quantity = |low, high, unit| Value::Quantity(Quantity::interval(low, high, unit).expect("is one"));
        let values = [
            ("count", Value::Integer(-3)),
            ("share", quantity(0.5, 0.5, Unit::One)),
            ("age", quantity(1.0, f64::INFINITY, Unit::Second)),
            ("size", quantity(1.0, 2.0, Unit::Byte)),
            ("all", Value::List(vec![Value::Text("a".to_owned()), Value::Boolean(true)])),
        ];
        let whole = Observation {
            kind: "k8s.reach".to_owned(),
            subject: "deploy".to_owned(),
            values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            subjects: 2,
            grade: Some(Grade::Wired),
            source: "deploy".to_owned(),
            at: 7,
            environment: "local".to_owned(),
            version: Some("v1".to_owned()),
            seed: None,
            trouble: Some("half".to_owned()),
        };
        let mut body = observation_json(&whole);
        assert_eq!(observation_of(&body, 7), None, "what was asked is not known");
        body["asked"] = serde_json::json!("k8s.reach {}");
        assert_eq!(observation_of(&body, 7), Some(("k8s.reach {}".to_owned(), whole)));
        body["values"]["count"] = serde_json::json!({"unit": "light years"});
        assert_eq!(observation_of(&body, 7), None);
    }
}
