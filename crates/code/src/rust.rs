//! Rust: impl blocks, `use` trees, attributes, names inside of macro calls.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::facts::{Made, Role, Shape};
use crate::walk::{Go, Walk, children, unquoted};

/// Nodes that bind names for themselves.
const WALLS: &[&str] = &["function_item", "closure_expression", "impl_item", "mod_item"];

pub(crate) fn enter(walk: &mut Walk<'_>) -> Go {
    let node = walk.node();
    if node.prev_named_sibling().is_some_and(|above| above.kind() == "attribute_item") {
        left_out(walk, node);
    }
    match node.kind() {
        "line_comment" | "block_comment" | "attribute_item" | "inner_attribute_item" => return Go::Past,
        "function_item" | "function_signature_item" => function(walk, node),
        "struct_item" | "enum_item" | "union_item" => item(walk, node, Shape::Class),
        "trait_item" | "type_item" => item(walk, node, Shape::Interface),
        "const_item" | "static_item" => constant(walk, node),
        "macro_definition" => {
            let name = walk.child_text(node, "name").to_owned();
            walk.define(&name, Shape::Function, node);
            return Go::Past;
        }
        "mod_item" => {
            let scope = crate::walk::Scope { is_test: walk.scope().is_test || is_test(walk, node), ..walk.inner() };
            walk.push(scope);
        }
        "impl_item" => implementation(walk, node),
        "closure_expression" => {
            let names = bound(walk, node);
            walk.push_function(names);
        }
        "let_declaration" => binding(walk, node),
        "parameter" => parameter(walk, node),
        "field_declaration" => {
            let (name, stated) = (walk.child_text(node, "name").to_owned(), walk.child_text(node, "type").to_owned());
            walk.bind(&format!("self.{name}"), Made::Type(stated));
        }
        "use_declaration" => return uses(walk, node),
        "string_literal" => {
            let value = unquoted(walk.of(node)).to_owned();
            let call = (1..4).find_map(|steps| walk.up(steps).filter(|step| step.node.kind() == "call_expression"));
            let call = call.map(|step| walk.child_text(step.node, "function").to_owned());
            walk.string(&value, call);
        }
        "identifier" | "type_identifier" | "field_identifier" | "shorthand_field_identifier" => identifier(walk, node),
        _ => {}
    }
    Go::Below
}

/// The attributes that stand over an item, as written.
fn attributes(walk: &Walk<'_>, node: Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut above = node.prev_named_sibling();
    while let Some(one) = above {
        match one.kind() {
            "attribute_item" => found.push(walk.of(one).trim_start_matches("#[").trim_end_matches(']').to_owned()),
            "line_comment" | "block_comment" => {}
            _ => break,
        }
        above = one.prev_named_sibling();
    }
    found
}

fn is_test(walk: &Walk<'_>, node: Node<'_>) -> bool {
    attributes(walk, node).iter().any(|one| {
        let words: String = one.split_whitespace().collect();
        let name = words.split('(').next().unwrap_or("");
        let in_test =
            words.starts_with("cfg(test") || words.starts_with("cfg(all(test") || words.starts_with("cfg(any(test");
        in_test || matches!(name.rsplit("::").next(), Some("test" | "rstest" | "bench" | "test_case" | "proptest"))
    })
}

/// `#[cfg(test)]` and `#[cfg(any())]` over a statement.
fn left_out(walk: &mut Walk<'_>, node: Node<'_>) {
    let is_never =
        attributes(walk, node).iter().any(|one| matches!(one.as_str(), "cfg(any())" | "cfg(FALSE)" | "cfg(false)"));
    let scope = walk.inner();
    if is_never {
        walk.push_dead();
    } else if matches!(node.kind(), "expression_statement" | "let_declaration" | "block" | "macro_invocation")
        && is_test(walk, node)
    {
        walk.push(crate::walk::Scope { is_test: true, ..scope });
    }
}

fn markers(walk: &Walk<'_>, node: Node<'_>) -> Vec<String> {
    attributes(walk, node).iter().map(|one| one.split(['(', '=']).next().unwrap_or("").trim().to_owned()).collect()
}

fn mark_test(walk: &mut Walk<'_>, node: Node<'_>, index: usize) {
    if is_test(walk, node) {
        walk.facts.definitions[index].is_test = true;
        let at = walk.scopes.len() - 1;
        walk.scopes[at].is_test = true;
    }
}

fn function(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = walk.child_text(node, "name").to_owned();
    let index = walk.define(&name, Shape::Function, node);
    walk.facts.definitions[index].markers = markers(walk, node);
    if node.kind() == "function_signature_item" {
        walk.facts.definitions[index].bases.push("trait".to_owned());
    }
    let stated = walk.child(node, "return_type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    walk.facts.definitions[index].gives = stated;
    let owner = walk.scope().owner.clone();
    let names = bound(walk, node);
    walk.push_definition(index, owner, Some(names));
    mark_test(walk, node, index);
}

fn item(walk: &mut Walk<'_>, node: Node<'_>, shape: Shape) {
    let name = walk.child_text(node, "name").to_owned();
    let index = walk.define(&name, shape, node);
    walk.facts.definitions[index].owner = None;
    walk.facts.definitions[index].markers = markers(walk, node);
    walk.push_definition(index, Some(name.clone()), None);
    if node.kind() == "trait_item" {
        let at = walk.scopes.len() - 1;
        walk.scopes[at].implements = Some(name);
    }
    mark_test(walk, node, index);
}

fn constant(walk: &mut Walk<'_>, node: Node<'_>) {
    if walk.in_function() {
        return;
    }
    let name = walk.child_text(node, "name").to_owned();
    let index = walk.define(&name, Shape::Variable, node);
    walk.facts.definitions[index].gives = walk.child(node, "type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    let owner = walk.scope().owner.clone();
    walk.push_definition(index, owner, None);
    mark_test(walk, node, index);
}

fn implementation(walk: &mut Walk<'_>, node: Node<'_>) {
    let mut scope = walk.inner();
    scope.owner = walk.child(node, "type").map(|one| plain(walk.of(one)));
    scope.implements = walk.child(node, "trait").map(|one| walk.of(one).to_owned());
    scope.is_test |= is_test(walk, node);
    walk.push(scope);
}

/// A type without its path and arguments.
fn plain(written: &str) -> String {
    let written = written.trim_start_matches(['&', '*', ' ']).trim_start_matches("mut ");
    let head = written.split('<').next().unwrap_or(written);
    head.rsplit("::").next().unwrap_or(head).trim().to_owned()
}

fn bound(walk: &Walk<'_>, node: Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut patterns = Vec::new();
    if let Some(all) = node.child_by_field_name("parameters") {
        patterns.extend(children(all).into_iter().map(|one| one.child_by_field_name("pattern").unwrap_or(one)));
    }
    if let Some(body) = node.child_by_field_name("body") {
        let kinds = ["let_declaration", "for_expression", "let_condition"];
        let found = walk.inside(body, &kinds, WALLS).into_iter();
        patterns.extend(found.filter_map(|one| one.child_by_field_name("pattern")));
    }
    for pattern in patterns {
        let found =
            walk.inside(pattern, &["identifier"], &["scoped_identifier", "type_identifier", "scoped_type_identifier"]);
        let bound =
            found.into_iter().map(|one| walk.of(one)).filter(|name| name.starts_with(|c: char| !c.is_uppercase()));
        names.extend(bound.map(str::to_owned));
    }
    names
}

fn made(walk: &Walk<'_>, value: Node<'_>) -> Option<Made> {
    match value.kind() {
        "call_expression" => walk.child(value, "function").map(|one| Made::By(walk.of(one).to_owned())),
        "struct_expression" => walk.child(value, "name").map(|one| Made::Type(walk.of(one).to_owned())),
        "try_expression" | "await_expression" | "reference_expression" | "parenthesized_expression" => {
            children(value).into_iter().last().and_then(|inner| made(walk, inner))
        }
        "identifier" | "field_expression" => Some(Made::Same(walk.of(value).to_owned())),
        _ => None,
    }
}

fn binding(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = walk.child_text(node, "pattern").trim_start_matches("mut ").to_owned();
    let stated = walk.child(node, "type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    let value = stated.or_else(|| walk.child(node, "value").and_then(|value| made(walk, value)));
    if let Some(made) = value {
        walk.bind(&name, made);
    }
}

fn parameter(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = walk.child_text(node, "pattern").trim_start_matches("mut ").to_owned();
    let stated = walk.child_text(node, "type").to_owned();
    walk.bind(&name, Made::Type(stated));
}

fn uses(walk: &mut Walk<'_>, node: Node<'_>) -> Go {
    let mut found = Vec::new();
    if let Some(argument) = node.child_by_field_name("argument") {
        flatten(walk, argument, "", &mut found);
    }
    for (module, name, local) in found {
        walk.import(&module, Some(&name), &local, false);
    }
    Go::Past
}

fn joined(prefix: &str, more: &str) -> String {
    if prefix.is_empty() || more.is_empty() { format!("{prefix}{more}") } else { format!("{prefix}::{more}") }
}

/// `a::{b, c::d as e, f::*}` as module, name and local name of each.
fn flatten(walk: &Walk<'_>, node: Node<'_>, prefix: &str, found: &mut Vec<(String, String, String)>) {
    let text = |field: &str| node.child_by_field_name(field).map_or("", |one| walk.of(one));
    match node.kind() {
        "use_list" => children(node).into_iter().for_each(|one| flatten(walk, one, prefix, found)),
        "scoped_use_list" => {
            let prefix = joined(prefix, text("path"));
            if let Some(list) = node.child_by_field_name("list") {
                flatten(walk, list, &prefix, found);
            }
        }
        "use_as_clause" => {
            let (module, name) = split(&joined(prefix, text("path")));
            found.push((module, name, text("alias").to_owned()));
        }
        "use_wildcard" => {
            let inner = children(node).first().map_or("", |one| walk.of(*one));
            found.push((joined(prefix, inner), "*".to_owned(), String::new()));
        }
        "self" => {
            let (module, name) = split(prefix);
            found.push((module, name.clone(), name));
        }
        _ => {
            let (module, name) = split(&joined(prefix, walk.of(node)));
            found.push((module, name.clone(), name));
        }
    }
}

fn split(path: &str) -> (String, String) {
    path.rsplit_once("::")
        .map_or((String::new(), path.to_owned()), |(module, name)| (module.to_owned(), name.to_owned()))
}

fn identifier(walk: &mut Walk<'_>, node: Node<'_>) {
    let (parent, field) = (walk.kind(1), walk.field(0));
    let is_binding = match parent {
        "parameter" | "let_declaration" | "for_expression" | "let_condition" => field == "pattern",
        "closure_parameters" | "field_pattern" | "mut_pattern" | "type_parameter" | "lifetime" | "enum_variant" => {
            field != "value" && field != "type"
        }
        "field_initializer" | "field_declaration" => matches!(field, "field" | "name"),
        "token_tree" => return in_macro(walk, node),
        "scoped_identifier" | "scoped_type_identifier" => false,
        "impl_item" if field == "type" => true,
        "generic_type" if walk.kind(2) == "impl_item" && walk.field(1) == "type" => true,
        _ => field == "name" && parent != "struct_expression",
    };
    if is_binding {
        return;
    }
    let role_at = match (parent, field) {
        ("field_expression", "field") => {
            let base = walk.up(1).and_then(|step| walk.child(step.node, "value"));
            let role = role(walk, 1);
            return walk.uses(node, base, role);
        }
        ("scoped_identifier" | "scoped_type_identifier", "name") => {
            let base = walk.up(1).and_then(|step| walk.child(step.node, "path"));
            let role = role(walk, 1);
            return walk.uses(node, base, role);
        }
        _ => role(walk, 0),
    };
    walk.uses(node, None, role_at);
}

/// Inside of a macro there are only tokens: what stands around a name tells what it is.
fn in_macro(walk: &mut Walk<'_>, node: Node<'_>) {
    let text = |node: Option<Node<'_>>| node.map_or("", |one| walk.of(one)).to_owned();
    let (before, after) = (node.prev_sibling(), node.next_sibling());
    let (left, right) = (text(before), text(after));
    if right == "=" || right == ":" || right == "=>" {
        return;
    }
    let role = if right.starts_with('(') || right == "!" { Role::Call } else { Role::Value };
    let mut base = String::new();
    let mut at = before.filter(|_| left == "::" || left == ".");
    while let Some(one) = at.filter(|one| matches!(one.kind(), "identifier" | "self" | "." | "::" | "crate" | "super"))
    {
        base.insert_str(0, walk.of(one));
        at = one.prev_sibling();
    }
    let base = base.trim_end_matches(['.', ':']);
    let is_after = left == "::" || left == ".";
    let base = is_after.then(|| if base.is_empty() { "_".to_owned() } else { base.to_owned() });
    let name = walk.of(node).to_owned();
    walk.uses_named(&name, node, base, role);
}

fn role(walk: &Walk<'_>, steps: usize) -> Role {
    let (parent, field) = (walk.kind(steps + 1), walk.field(steps));
    match parent {
        "call_expression" | "generic_function" if field == "function" => Role::Call,
        "struct_expression" if field == "name" => Role::Call,
        "macro_invocation" if field == "macro" => Role::Call,
        "impl_item" if field == "trait" => Role::Base,
        // Something of it is used: `Breaker::new`.
        "scoped_identifier" => Role::Value,
        "scoped_type_identifier" if field == "path" => Role::Value,
        _ => match walk.up(steps).map_or("", |step| step.node.kind()) {
            "type_identifier" | "scoped_type_identifier" => Role::Type,
            _ if parent == "generic_type" && walk.kind(steps + 2) == "scoped_identifier" => Role::Value,
            _ => Role::Value,
        },
    }
}
