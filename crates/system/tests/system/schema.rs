//! The JSON Schema for editors says what the reader does: no key in one that is not in the other.

use std::collections::BTreeSet;

use text::{Node, NodeKind, Source, read_yaml};

use crate::world::{PARTS, file, read, with_system};

/// The checked-in schema. JSON is read as YAML, of which it is a part.
fn schema() -> Node {
    let text = include_str!("../../../../docs/schema/seaworthy.schema.json");
    let (node, problems) = read_yaml(&Source::new("seaworthy.schema.json", text));
    assert!(problems.is_empty(), "{problems:?}");
    node.expect("is JSON")
}

fn keys(node: &Node) -> BTreeSet<&str> {
    node.as_map().expect("is a map").iter().map(|entry| entry.key.as_str()).collect()
}

fn definition<'n>(schema: &'n Node, owner: &str) -> &'n Node {
    if owner == "file" {
        return schema;
    }
    schema.get("$defs").and_then(|all| all.get(owner)).unwrap_or_else(|| panic!("the schema has no `{owner}`"))
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema = schema();
    for (owner, known) in system::known_keys() {
        let definition = definition(&schema, owner);
        let properties = keys(definition.get("properties").expect("has properties"));
        assert_eq!(properties, known.into_iter().collect::<BTreeSet<_>>(), "{owner}");
        assert_eq!(definition.get("additionalProperties").and_then(Node::as_text), Some("false"), "{owner}");
    }
}

/// Each map that the reader walks, with a key that nobody knows in it.
fn unknown_key_in(owner: &str) -> String {
    let x = "zzzzzzzzzzzzzzzz: 1";
    let guard = |inside: &str| with_system(&format!("{PARTS}edges: {{web->api: {{guard: {{{inside}}}}}}}"));
    let flow = |inside: &str| with_system(&format!("{PARTS}flows: {{f: {{path: [web, api], {inside}}}}}"));
    match owner {
        "file" => file(&format!("{x}\n")),
        "system" => with_system(x),
        "component" => with_system(&format!("components: {{a: {{kind: queue, {x}}}}}")),
        "edge" => with_system(&format!("{PARTS}edges: {{web->api: {{{x}}}}}")),
        "guard" => guard(x),
        "retry" => guard(&format!("retry: {{{x}}}")),
        "breaker" => guard(&format!("breaker: {{{x}}}")),
        "cache" => guard(&format!("cache: {{{x}}}")),
        "flow" => flow(x),
        "slo" => flow(&format!("slo: {{{x}}}")),
        "load" => flow(&format!("load: {{{x}}}")),
        "step" => flow(&format!("load: {{request: GET /, session: [{{{x}}}]}}")),
        "verify" => flow(&format!("load: {{request: GET /, verify: {{{x}}}}}")),
        "environment" => file(&format!("environments: {{s: {{{x}}}}}\n")),
        "environment-gate" => file(&format!("environments: {{s: {{gate: {{{x}}}}}}}\n")),
        "score" => file(&format!("score: {{table: [], {x}}}\n")),
        "fate" => with_system(&format!("{PARTS}shared_fate: {{n: {{members: [web, api], {x}}}}}")),
        "guardrail" => with_system(&format!("{PARTS}guardrails: {{g: {{on: api, stops: down, {x}}}}}")),
        "exec" => file(&format!("exec: {{{x}}}\n")),
        other => panic!("no file for `{other}`: add one"),
    }
}

#[test]
fn the_list_of_known_keys_is_what_the_reader_asks_for() {
    for (owner, mut known) in system::known_keys() {
        let text = unknown_key_in(owner);
        let (_, problems) = read(&text);
        let helps: Vec<String> =
            problems.into_iter().filter(|found| found.rule == "unknown-key").filter_map(|found| found.help).collect();
        known.sort_unstable();
        assert_eq!(helps, [format!("known keys: {}", known.join(", "))], "{owner}: {text}");
    }
}

fn walk<'n>(node: &'n Node, see: &mut dyn FnMut(&'n str, &'n Node)) {
    match &node.kind {
        NodeKind::Map(entries) => {
            for entry in entries {
                see(&entry.key, &entry.value);
                walk(&entry.value, see);
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| walk(item, see)),
        NodeKind::Empty | NodeKind::Text { .. } => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_key_is_described() {
    let schema = schema();
    let names = keys(schema.get("$defs").expect("has definitions"));
    let mut used = BTreeSet::new();
    walk(&schema, &mut |key, value| {
        if key == "$ref" {
            let name = value.as_text().and_then(|text| text.strip_prefix("#/$defs/")).expect("is a local reference");
            assert!(names.contains(name), "{name}");
            used.insert(name);
        }
        if key == "properties" {
            for entry in value.as_map().expect("is a map") {
                let described = entry.value.get("description").and_then(Node::as_text);
                assert!(described.is_some_and(|text| text.ends_with('.')), "`{}` has no description", entry.key);
            }
        }
    });
    assert_eq!(used, names, "a definition that nothing uses");
}

#[test]
fn the_schema_names_the_kinds_that_exist() {
    let schema = schema();
    let kinds = definition(&schema, "component")
        .get("properties")
        .and_then(|all| all.get("kind"))
        .and_then(|kind| kind.get("enum"));
    let kinds: Vec<&str> = kinds.and_then(Node::as_list).expect("is a list").iter().filter_map(Node::as_text).collect();
    assert_eq!(kinds, system::ComponentKind::ALL.map(system::ComponentKind::word));
}

#[test]
fn what_comes_later_is_not_in_the_schema() {
    let schema = schema();
    let absent = |owner: &str, to_come: &[&str]| {
        let properties = keys(definition(&schema, owner).get("properties").expect("has properties"));
        assert!(to_come.iter().all(|key| !properties.contains(key)), "{owner}");
    };
    absent("file", &system::TOP_LEVEL_KEYS_TO_COME);
    absent("guard", &system::GUARD_KEYS_TO_COME);
}
