//! What could be a flag or setting: members of settings classes, constants, keys of objects, fields of structs.

use tree_sitter::Node;

use crate::Language;
use crate::walk::{children, line, tree};

/// One name with its value, as it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The name in code, or the key.
    pub name: String,
    /// From 1.
    pub line: usize,
    /// Where its definition begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it is when nobody sets it, as far as that is written.
    pub default: Option<String>,
    /// Other names of it: variables of the environment, aliases.
    pub keys: Vec<String>,
}

/// Everything in a file that could be one.
pub fn flags(language: Language, text: &str) -> Vec<Flag> {
    let Some(tree) = tree(language, text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        found.extend(flag(language, text, node));
        let functions = [
            "function_definition",
            "function_item",
            "function_declaration",
            "method_declaration",
            "method_definition",
            "arrow_function",
        ];
        // What a function binds for itself is no setting; what it returns may be an object of them.
        if !functions.contains(&node.kind()) {
            open.extend(children(node));
        }
    }
    found.sort_by_key(|one| one.start);
    found
}

fn flag(language: Language, text: &str, node: Node<'_>) -> Option<Flag> {
    let of = |node: Node<'_>| text.get(node.byte_range()).unwrap_or("");
    let field = |name: &str| node.child_by_field_name(name);
    let (name, value) = match (language, node.kind()) {
        (Language::Python, "assignment") => {
            let name = field("left").filter(|left| left.kind() == "identifier")?;
            (of(name), field("right"))
        }
        (Language::Python, "pair") => (plain(of(field("key").filter(|key| key.kind() == "string")?)), field("value")),
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "pair") => {
            (plain(of(field("key")?)), field("value"))
        }
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "enum_assignment" | "variable_declarator") => {
            (of(field("name").filter(|name| name.kind().ends_with("identifier"))?), field("value"))
        }
        (
            Language::JavaScript | Language::TypeScript | Language::Tsx,
            "public_field_definition" | "field_definition",
        ) => (of(field("name").or(field("property"))?), field("value")),
        (Language::Rust, "const_item" | "static_item") => (of(field("name")?), field("value")),
        (Language::Rust, "field_declaration") => (of(field("name")?), None),
        (Language::Go, "const_spec" | "var_spec") => (of(field("name")?), field("value")),
        (Language::Go, "field_declaration") => (of(field("name")?), field("tag")),
        _ => return None,
    };
    let written = value.map_or("", of);
    let is_group = value.is_some_and(|value| {
        matches!(value.kind(), "object" | "dictionary" | "arrow_function" | "class" | "function_expression")
    });
    let stated = stated(text, value);
    let is_part = matches!(name, "default" | "description" | "enabled" | "owner" | "label" | "title" | "type")
        && node.kind() == "pair";
    if name.is_empty() || name.starts_with("__") || is_group && stated.is_none() || is_part {
        return None;
    }
    let whole = of(node);
    Some(Flag {
        name: name.to_owned(),
        line: line(node),
        start: node.start_byte(),
        end: node.end_byte(),
        default: stated.or_else(|| default(written)),
        keys: keys(name, whole),
    })
}

/// Of `{ default: false, description: ".." }` the default.
fn stated(text: &str, value: Option<Node<'_>>) -> Option<String> {
    let value = value.filter(|value| matches!(value.kind(), "object" | "dictionary"))?;
    let of = |node: Node<'_>| text.get(node.byte_range()).unwrap_or("");
    let pairs = children(value).into_iter().filter(|one| one.kind() == "pair");
    let mut named = pairs.filter(|one| {
        one.child_by_field_name("key")
            .is_some_and(|key| matches!(plain(of(key)), "default" | "enabled" | "defaultValue"))
    });
    named.next().and_then(|one| one.child_by_field_name("value")).and_then(|value| default(of(value)))
}

fn plain(key: &str) -> &str {
    key.trim_matches(['"', '\'', '`'])
}

/// Strings in the definition that are spelled like variables of the environment, and the value of an enum.
fn keys(name: &str, whole: &str) -> Vec<String> {
    let strings = whole.split(['"', '\'', '`']).skip(1).step_by(2);
    let is_variable = |one: &&str| {
        one.len() > 2
            && one.chars().any(|c| c == '_' || c == '-' || c == '.')
            && one.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let mut keys: Vec<String> = strings.filter(is_variable).map(str::to_owned).collect();
    let env = whole.split("process.env.").skip(1).chain(whole.split("import.meta.env.").skip(1));
    keys.extend(env.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()));
    let tag = whole.split("env:\"").nth(1).and_then(|rest| rest.split(['"', ',']).next());
    keys.extend(tag.map(str::to_owned));
    keys.retain(|key| key != name && !key.is_empty());
    keys.sort();
    keys.dedup();
    keys
}

/// The value that holds when nobody sets another.
fn default(written: &str) -> Option<String> {
    let text = written.trim();
    let plain = unquoted_if_whole(text);
    if let Some(plain) = plain {
        return Some(plain);
    }
    for mark in ["envDefault:\"", "default:\"", "default=", "default: ", "unwrap_or(", "?? ", "|| ", " or "] {
        if let Some(rest) = text.rsplit(mark).next().filter(|rest| rest.len() < text.len()) {
            let token: String = rest
                .trim_start_matches(['"', '\'', '('])
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
                .collect();
            return (!token.is_empty()).then_some(token);
        }
    }
    let strings: Vec<&str> = text.split(['"', '\'']).skip(1).step_by(2).collect();
    let asks = ["getenv(", "environ.get(", "env.get(", ".get(", "env("].iter().any(|mark| text.contains(mark));
    let comma = text.split_once(',').is_some();
    match strings.as_slice() {
        [_, value, ..] if asks && comma => Some((*value).to_owned()),
        [.., "false"] if text.contains("!=") => Some("true".to_owned()),
        [.., "true" | "1"] if text.contains("==") => Some("false".to_owned()),
        _ => first_argument(text),
    }
}

/// `Field(False, ..)`.
fn first_argument(text: &str) -> Option<String> {
    let inner = text
        .split_once('(')
        .filter(|(name, _)| matches!(name.rsplit('.').next(), Some("Field" | "field" | "bool" | "Bool")))?
        .1;
    unquoted_if_whole(inner.split([',', ')']).next()?.trim())
}

/// A literal and nothing else.
fn unquoted_if_whole(text: &str) -> Option<String> {
    let is_word = matches!(text, "True" | "False" | "true" | "false" | "None" | "null" | "undefined" | "nil");
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_' | '-'));
    let inner = text.trim_matches(['"', '\'', '`']);
    let is_string = text.len() == inner.len() + 2 && !inner.contains(['"', '\'']);
    (is_word || is_number || is_string).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_what_holds_when_nobody_sets_another() {
        for (written, expected) in [
            ("False", Some("False")),
            ("Field(True, description='x')", Some("True")),
            ("Field(default=False, alias='A_B')", Some("False")),
            ("os.getenv('A_B', 'true').lower() == 'true'", Some("true")),
            ("process.env.A_B === 'true'", Some("false")),
            ("process.env.A_B !== 'false'", Some("true")),
            ("flag ?? true", Some("true")),
            ("compute()", None),
        ] {
            assert_eq!(default(written).as_deref(), expected, "{written}");
        }
    }
}
