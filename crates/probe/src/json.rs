//! JSON into values of observations.

use evidence::Value;
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use text::Fields;

use crate::read::span_of;
use crate::sight::{Sight, can_be_spelled, number};

/// The most top-level keys of an object that are kept as `json.<key>`.
const MAX_KEYS: usize = 200;

/// The most matches of a path whose values are kept; all are counted.
const MAX_FOUND: usize = 1000;

/// How often a path may search all descendants (`..`).
const MAX_DESCENTS: usize = 1;

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

/// Reads an optional RFC 9535 path.
pub(crate) fn read_path(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<JsonPath> {
    let written = fields.text(key)?;
    let span = span_of(fields, key);
    if written.matches("..").count() > MAX_DESCENTS {
        fields.problem("wrong-path", span, format!("`{key}` may search with `..` {MAX_DESCENTS} time only"));
        return None;
    }
    match JsonPath::parse(written) {
        Ok(path) => Some(path),
        Err(error) => {
            let message = format!("`{written}` is no JSONPath, see its character {}", error.position() + 1);
            fields.problem("wrong-path", span, message);
            None
        }
    }
}

/// Puts what a path finds in a text. A text that is no JSON is trouble: nothing can be missing from it.
pub(crate) fn put_at(sight: &mut Sight, path: &JsonPath, text: &str) {
    match serde_json::from_str::<Json>(text) {
        Ok(json) => put_found(sight, path, &json),
        Err(error) => {
            let before = sight.trouble.take().map_or_else(String::new, |trouble| format!("{trouble}; "));
            sight.trouble = Some(format!("{before}the body is no JSON: {error}"));
        }
    }
}

/// Puts what a path finds: `found`, `count`, `values`, and `value` when it is one.
pub(crate) fn put_found(sight: &mut Sight, path: &JsonPath, json: &Json) {
    let found = path.query(json).all();
    sight.boolean("found", !found.is_empty());
    sight.integer("count", found.len());
    let values: Option<Vec<Value>> = found.iter().take(MAX_FOUND).map(|json| value(json)).collect();
    if let Some(values) = values {
        sight.put("values", Value::List(values));
    }
    if let [only] = found.as_slice() {
        sight.values.extend(value(only).map(|value| ("value".to_owned(), value)));
        match only {
            Json::Array(items) => sight.integer("size", items.len()),
            Json::Object(object) => sight.integer("size", object.len()),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
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
