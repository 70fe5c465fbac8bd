//! JSON into values of observations.

use evidence::Value;
use serde_json::Value as Json;

use crate::sight::{Sight, can_be_spelled, number};

/// The most top-level keys of an object that are kept as `json.<key>`.
const MAX_KEYS: usize = 200;

/// A scalar or a list of such as a value. `None` for null, for objects, and for lists that hold either: there is no
/// null in an observation, and a list with gaps would lie about its size.
pub(crate) fn value(json: &Json) -> Option<Value> {
    match json {
        Json::Null | Json::Object(_) => None,
        Json::Bool(yes) => Some(Value::Boolean(*yes)),
        Json::Number(written) => match (written.as_i64(), written.as_f64()) {
            (Some(whole), _) => Some(Value::Integer(whole)),
            // Above the largest whole number an exact text is better than a rounded number.
            (None, _) if written.is_u64() => Some(Value::Text(written.to_string())),
            (None, Some(decimal)) => number(decimal),
            (None, None) => None,
        },
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Array(items) => items.iter().map(value).collect::<Option<Vec<Value>>>().map(Value::List),
    }
}

/// Puts the top-level scalars of a text that is one JSON object, as `json.<key>`.
pub(crate) fn put_object(sight: &mut Sight, text: &str) {
    let Ok(Json::Object(object)) = serde_json::from_str(text) else { return };
    for (key, json) in object.iter().filter(|(key, _)| can_be_spelled(key)).take(MAX_KEYS) {
        if let Some(value) = value(json) {
            sight.put(format!("json.{key}"), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_observation_cannot_hold_is_not_seen_rather_than_bent() {
        let read = |text: &str| value(&serde_json::from_str(text).expect("is JSON"));
        assert_eq!(read("null"), None);
        assert_eq!(read("[1, null]"), None);
        assert_eq!(read("[1, {}]"), None);
        assert_eq!(read("[1, \"a\"]"), Some(Value::List(vec![Value::Integer(1), Value::Text("a".to_owned())])));
        assert_eq!(read("18446744073709551615"), Some(Value::Text("18446744073709551615".to_owned())));
        assert_eq!(read("1.5"), number(1.5));
    }
}
