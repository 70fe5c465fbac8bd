//! The part of JSON Schema that our published shapes use, and not one keyword more: a schema with a keyword that is not
//! checked here is refused, so that nothing in it goes unchecked.
//!
//! Stricter than the standard in one thing: where `properties` are given, no other property may occur. Whatever we write
//! must be published.

use serde_json::{Map, Value, json};

/// Keywords that are checked, and those that say nothing about a value.
const KEYWORDS: [&str; 6] = ["type", "required", "properties", "items", "enum", "const"];
const NOTES: [&str; 4] = ["$schema", "$id", "title", "description"];

/// Everything in which a value differs from a schema, each with its place.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    walk(schema, value, "$", &mut faults);
    faults
}

fn walk(schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let schema = schema.as_object().unwrap();
    for keyword in schema.keys() {
        assert!(KEYWORDS.contains(&&**keyword) || NOTES.contains(&&**keyword), "`{keyword}` is checked by nobody");
    }
    if let Some(wanted) = schema.get("type").and_then(Value::as_str)
        && !is_a(wanted, value)
    {
        faults.push(format!("{place} is not of type {wanted}: {value}"));
        return;
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        faults.push(format!("{place} is not {only}: {value}"));
    }
    if let Some(known) = schema.get("enum").and_then(Value::as_array)
        && !known.contains(value)
    {
        faults.push(format!("{place} is none of the known words: {value}"));
    }
    if let Some(map) = value.as_object() {
        properties(schema, map, place, faults);
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        list.iter().enumerate().for_each(|(index, item)| walk(items, item, &format!("{place}[{index}]"), faults));
    }
}

fn properties(schema: &Map<String, Value>, map: &Map<String, Value>, place: &str, faults: &mut Vec<String>) {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            faults.push(format!("{place} has no `{name}`"));
        }
    }
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, value) in map {
        match known.get(name) {
            Some(schema) => walk(schema, value, &format!("{place}.{name}"), faults),
            None => faults.push(format!("{place} has `{name}`, which is not published")),
        }
    }
}

fn is_a(wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        unknown => panic!("type `{unknown}` is checked by nobody"),
    }
}

#[test]
fn each_difference_from_a_schema_is_a_fault() {
    let schema = json!({"type": "object", "required": ["a"], "properties": {
        "a": {"const": "x/1"}, "b": {"enum": ["held", "broken"]}, "c": {"type": "array", "items": {"type": "integer"}},
        "d": {"type": "object"}}});
    let sound = json!({"a": "x/1", "b": "held", "c": [1, 2], "d": {"anything": true}});
    assert_eq!(faults(&schema, &sound), Vec::<String>::new());
    for (wrong, told) in [
        (json!([]), "$ is not of type object"),
        (json!({"b": "held"}), "$ has no `a`"),
        (json!({"a": "x/2"}), "$.a is not \"x/1\""),
        (json!({"a": "x/1", "b": "maybe"}), "$.b is none of the known words"),
        (json!({"a": "x/1", "c": [1, "2"]}), "$.c[1] is not of type integer"),
        (json!({"a": "x/1", "c": [1.5]}), "$.c[0] is not of type integer"),
        (json!({"a": "x/1", "e": 1}), "$ has `e`, which is not published"),
    ] {
        let faults = faults(&schema, &wrong);
        assert!(faults.len() == 1 && faults[0].starts_with(told), "{wrong}: {faults:?}");
    }
}
