//! Go: receivers, packages, composite literals.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::facts::{Made, Role, Shape};
use crate::walk::{Go, Walk, children, unquoted};

/// Nodes that bind names for themselves.
const WALLS: &[&str] = &["func_literal"];

pub(crate) fn enter(walk: &mut Walk<'_>) -> Go {
    let node = walk.node();
    match node.kind() {
        "comment" => return Go::Past,
        "function_declaration" => function(walk, node, None),
        "method_declaration" => {
            let receiver = node.child_by_field_name("receiver");
            let named = receiver.map(|receiver| walk.inside(receiver, &["type_identifier"], &["type_arguments"]));
            let owner = named.and_then(|all| all.into_iter().next()).map(|one| walk.of(one).to_owned());
            function(walk, node, owner);
        }
        "type_spec" | "type_alias" => type_spec(walk, node),
        "method_elem" | "method_spec" => {
            let name = walk.child_text(node, "name").to_owned();
            let index = walk.define(&name, Shape::Function, node);
            walk.facts.definitions[index].bases = vec!["interface".to_owned()];
        }
        "func_literal" => {
            let names = bound(walk, node);
            walk.push_function(names);
        }
        "var_spec" | "const_spec" => variable(walk, node),
        "short_var_declaration" => short(walk, node),
        "assignment_statement" => assignment(walk, node),
        "parameter_declaration" => parameter(walk, node),
        "field_declaration" => field(walk, node),
        "import_spec" => {
            let module = unquoted(walk.child_text(node, "path")).to_owned();
            let alias = walk.child_text(node, "name").to_owned();
            let last = module.rsplit('/').find(|part| !is_version(part)).unwrap_or("").to_owned();
            let local = if alias.is_empty() { last } else { alias.clone() };
            let name = if alias == "." { Some("*") } else { None };
            walk.import(&module, name, &local, false);
            return Go::Past;
        }
        "call_expression" => reflected(walk, node),
        "interpreted_string_literal" | "raw_string_literal" => {
            let value = unquoted(walk.of(node)).to_owned();
            let call = (1..4).find_map(|steps| walk.up(steps).filter(|step| step.node.kind() == "call_expression"));
            let call = call.map(|step| walk.child_text(step.node, "function").to_owned());
            walk.string(&value, call);
        }
        "identifier" | "field_identifier" | "type_identifier" => identifier(walk, node),
        _ => {}
    }
    Go::Below
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
}

fn function(walk: &mut Walk<'_>, node: Node<'_>, owner: Option<String>) {
    let name = walk.child_text(node, "name").to_owned();
    let index = walk.define(&name, Shape::Function, node);
    walk.facts.definitions[index].owner.clone_from(&owner);
    let result = node.child_by_field_name("result");
    walk.facts.definitions[index].gives = result.map(|result| {
        let all = if result.kind() == "parameter_list" { children(result) } else { vec![result] };
        Made::Type(all.first().map_or("", |first| walk.of(*first)).to_owned())
    });
    let names = bound(walk, node);
    walk.push_definition(index, owner, Some(names));
}

fn type_spec(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = walk.child_text(node, "name").to_owned();
    let is_interface = node.child_by_field_name("type").is_some_and(|one| one.kind() == "interface_type");
    let index = walk.define(&name, if is_interface { Shape::Interface } else { Shape::Class }, node);
    walk.facts.definitions[index].owner = None;
    walk.push_definition(index, Some(name), None);
}

/// Names that a function binds.
fn bound(walk: &Walk<'_>, node: Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let kinds = [
        "parameter_declaration",
        "variadic_parameter_declaration",
        "var_spec",
        "const_spec",
        "short_var_declaration",
        "range_clause",
    ];
    for one in walk.inside(node, &kinds, WALLS).into_iter().filter(|one| one.id() != node.id()) {
        let left: Vec<Node<'_>> = match one.child_by_field_name("left") {
            Some(left) => children(left),
            None => {
                let mut cursor = one.walk();
                one.children_by_field_name("name", &mut cursor).collect()
            }
        };
        names.extend(left.into_iter().filter(|name| name.kind() == "identifier").map(|name| walk.of(name).to_owned()));
    }
    // A literal's own parameters are no wall to themselves.
    if node.kind() == "func_literal" {
        let inner = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        for one in inner {
            let mut cursor = one.walk();
            names.extend(one.children_by_field_name("name", &mut cursor).map(|name| walk.of(name).to_owned()));
        }
        if let Some(body) = node.child_by_field_name("body") {
            names.extend(bound_in(walk, body));
        }
    }
    names
}

fn bound_in(walk: &Walk<'_>, body: Node<'_>) -> BTreeSet<String> {
    let all = walk.inside(body, &["short_var_declaration", "range_clause"], WALLS);
    let left = all.into_iter().filter_map(|one| one.child_by_field_name("left")).flat_map(children);
    left.filter(|name| name.kind() == "identifier").map(|name| walk.of(name).to_owned()).collect()
}

fn made(walk: &Walk<'_>, value: Node<'_>) -> Option<Made> {
    let field = |name: &str| walk.child(value, name).map(|one| walk.of(one).to_owned());
    match value.kind() {
        "call_expression" => field("function").map(Made::By),
        "composite_literal" => field("type").map(Made::Type),
        "unary_expression" => walk.child(value, "operand").and_then(|inner| made(walk, inner)),
        "identifier" | "selector_expression" => Some(Made::Same(walk.of(value).to_owned())),
        "expression_list" | "parenthesized_expression" => children(value).first().and_then(|one| made(walk, *one)),
        _ => None,
    }
}

fn variable(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = walk.child_text(node, "name").to_owned();
    let stated = walk.child(node, "type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    let gives = stated.or_else(|| walk.child(node, "value").and_then(|value| made(walk, value)));
    if walk.in_function() {
        if let Some(made) = gives {
            walk.bind(&name, made);
        }
        return;
    }
    if walk.child(node, "value").is_some() {
        walk.write(&name, walk.child(node, "value"));
    }
    let index = walk.define(&name, Shape::Variable, node);
    walk.facts.definitions[index].gives = gives;
    walk.push_definition(index, None, None);
    if name == "_" && is_assertion(walk, node) {
        walk.push_dead();
    }
}

/// `var _ I = (*T)(nil)`: only the compiler is asked.
fn is_assertion(walk: &Walk<'_>, node: Node<'_>) -> bool {
    let value = walk.child_text(node, "value");
    walk.child(node, "type").is_some() && (value.ends_with("(nil)") || value.ends_with("{}"))
}

/// `f = noop`: of a name that is not the function's own it is one of the package.
fn assignment(walk: &mut Walk<'_>, node: Node<'_>) {
    let left = node.child_by_field_name("left").map(children).unwrap_or_default();
    let right = node.child_by_field_name("right");
    for one in left.iter().filter(|one| one.kind() == "identifier") {
        let name = walk.of(*one).to_owned();
        walk.write(&name, right);
    }
    let value = right.and_then(|right| made(walk, right));
    if let ([one], Some(made)) = (left.as_slice(), value)
        && one.kind() == "identifier"
        && walk.is_bound(walk.of(*one))
    {
        let name = walk.of(*one).to_owned();
        walk.bind(&name, made);
    }
}

fn short(walk: &mut Walk<'_>, node: Node<'_>) {
    let first = node.child_by_field_name("left").and_then(|left| children(left).into_iter().next());
    let value = node.child_by_field_name("right").and_then(|right| made(walk, right));
    if let (Some(first), Some(made)) = (first, value) {
        let name = walk.of(first).to_owned();
        walk.bind(&name, made);
    }
}

fn parameter(walk: &mut Walk<'_>, node: Node<'_>) {
    let stated = Made::Type(walk.child_text(node, "type").to_owned());
    let mut cursor = node.walk();
    let names: Vec<String> =
        node.children_by_field_name("name", &mut cursor).map(|name| walk.of(name).to_owned()).collect();
    // The receiver stands outside of the function's own scope, so it is bound inside of it by its definition.
    for name in names {
        walk.bind(&name, stated.clone());
    }
}

/// A field of a struct: `x.breaker` has its type wherever `x` is of the struct.
fn field(walk: &mut Walk<'_>, node: Node<'_>) {
    let stated = Made::Type(walk.child_text(node, "type").to_owned());
    let name = walk.child_text(node, "name").to_owned();
    if !name.is_empty() {
        walk.bind(&format!("self.{name}"), stated);
    }
}

fn reflected(walk: &mut Walk<'_>, node: Node<'_>) {
    let function = walk.child_text(node, "function");
    if function.ends_with(".MethodByName")
        || function == "plugin.Open"
        || function.ends_with(".Lookup") && walk.text.contains("\"plugin\"")
    {
        let words = walk.of(node).chars().take(80).collect::<String>();
        walk.dynamic(&words);
    }
}

fn identifier(walk: &mut Walk<'_>, node: Node<'_>) {
    let (parent, field) = (walk.kind(1), walk.field(0));
    let is_binding = match parent {
        "parameter_declaration"
        | "variadic_parameter_declaration"
        | "field_declaration"
        | "method_elem"
        | "function_declaration"
        | "method_declaration"
        | "type_spec"
        | "type_alias"
        | "var_spec"
        | "const_spec"
        | "method_spec"
        | "type_parameter_declaration" => field == "name",
        "expression_list" => {
            field != "right"
                && walk.field(1) == "left"
                && matches!(walk.kind(2), "short_var_declaration" | "range_clause")
        }
        "package_clause" | "label_name" => true,
        // The key of a literal names a field.
        "literal_element" => walk.field(1) == "key" || is_first_of_keyed(walk),
        _ => false,
    };
    if is_binding {
        return;
    }
    if parent == "selector_expression" && field == "field" {
        let base = walk.up(1).and_then(|step| walk.child(step.node, "operand"));
        let role = role(walk, 1);
        walk.uses(node, base, role);
    } else if parent == "qualified_type" && field == "name" {
        let base = walk.up(1).and_then(|step| walk.child(step.node, "package"));
        let role = type_role(walk, 1);
        walk.uses(node, base, role);
    } else if node.kind() == "type_identifier" {
        let role = type_role(walk, 0);
        walk.uses(node, None, role);
    } else {
        let role = role(walk, 0);
        walk.uses(node, None, role);
    }
}

fn is_first_of_keyed(walk: &Walk<'_>) -> bool {
    let Some(pair) = walk.up(2).filter(|step| step.node.kind() == "keyed_element") else { return false };
    let element = walk.up(1).map(|step| step.node.id());
    children(pair.node).first().map(|first| first.id()) == element
}

fn role(walk: &Walk<'_>, steps: usize) -> Role {
    match walk.kind(steps + 1) {
        "call_expression" if walk.field(steps) == "function" => Role::Call,
        _ => Role::Value,
    }
}

fn type_role(walk: &Walk<'_>, steps: usize) -> Role {
    match walk.kind(steps + 1) {
        "composite_literal" => Role::Call,
        "parameter_declaration" if walk.kind(steps + 3) == "method_declaration" => Role::Type,
        _ => Role::Type,
    }
}
