//! JavaScript, TypeScript and JSX: modules of both kinds, arrow functions, elements.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::facts::{Made, Role, Shape};
use crate::walk::{Go, Walk, children, unquoted};

/// Nodes that bind names for themselves.
const WALLS: &[&str] = &[
    "function_declaration",
    "function_expression",
    "generator_function",
    "generator_function_declaration",
    "arrow_function",
    "method_definition",
    "class_declaration",
    "class",
];

pub(crate) fn enter(walk: &mut Walk<'_>) -> Go {
    let node = walk.node();
    match node.kind() {
        "comment" | "jsx_closing_element" => return Go::Past,
        "function_declaration" | "generator_function_declaration" | "function_signature" => {
            named(walk, node, Shape::Function);
        }
        "method_definition" | "method_signature" | "abstract_method_signature" => named(walk, node, Shape::Function),
        "class_declaration" | "abstract_class_declaration" | "enum_declaration" => named(walk, node, Shape::Class),
        "interface_declaration" | "type_alias_declaration" => named(walk, node, Shape::Interface),
        "public_field_definition" | "field_definition" => member(walk, node),
        "arrow_function" | "function_expression" | "generator_function" => {
            let names = bound(walk, node);
            walk.push_function(names);
        }
        "variable_declarator" => declarator(walk, node),
        "required_parameter" | "optional_parameter" => parameter(walk, node),
        "import_statement" => return imports(walk, node),
        "export_statement" if exports(walk, node) => return Go::Past,
        "assignment_expression" => assignment(walk, node),
        "call_expression" => call(walk, node),
        "subscript_expression" => subscript(walk, node),
        "string" => string(walk, node),
        "identifier"
        | "property_identifier"
        | "type_identifier"
        | "shorthand_property_identifier"
        | "private_property_identifier" => identifier(walk, node),
        _ => {}
    }
    Go::Below
}

fn named(walk: &mut Walk<'_>, node: Node<'_>, shape: Shape) {
    let name = walk.child_text(node, "name").to_owned();
    let is_method = node.kind().contains("method");
    let index = walk.define(&name, shape, node);
    let definition = &mut walk.facts.definitions[index];
    if !is_method {
        definition.owner = None;
    }
    walk.facts.definitions[index].markers = markers(walk, node);
    let stated = walk.child(node, "return_type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    walk.facts.definitions[index].gives = stated.or_else(|| returned(walk, node));
    if shape == Shape::Class || shape == Shape::Interface {
        let heritage = ["class_heritage", "extends_type_clause"];
        let bases = children(node).into_iter().filter(|child| heritage.contains(&child.kind()));
        let clauses = bases.flat_map(|base| walk.inside(base, &["identifier", "type_identifier"], &["type_arguments"]));
        walk.facts.definitions[index].bases = clauses.map(|base| walk.of(base).to_owned()).collect();
        walk.push_definition(index, Some(name), None);
    } else {
        let owner = walk.scope().owner.clone();
        let names = bound(walk, node);
        walk.push_definition(index, owner, Some(names));
    }
}

fn markers(walk: &Walk<'_>, node: Node<'_>) -> Vec<String> {
    let mut decorators = children(node);
    // Decorators of an exported class stand before `export`, those of a method before the method.
    if let Some(above) = walk.up(1) {
        let siblings = children(above.node);
        let at = siblings.iter().position(|one| one.id() == node.id()).unwrap_or(0);
        decorators.extend(siblings[..at].iter().rev().take_while(|one| one.kind() == "decorator"));
    }
    let decorators = decorators.into_iter().filter(|child| child.kind() == "decorator");
    decorators
        .map(|one| walk.of(one).trim_start_matches('@').split('(').next().unwrap_or("").trim().to_owned())
        .collect()
}

/// What a function returns first, when that can be told.
fn returned(walk: &Walk<'_>, node: Node<'_>) -> Option<Made> {
    let body = node.child_by_field_name("body")?;
    if body.kind() != "statement_block" {
        return made(walk, body);
    }
    let first = walk.inside(body, &["return_statement"], WALLS).into_iter().next()?;
    made(walk, children(first).into_iter().next()?)
}

fn made(walk: &Walk<'_>, value: Node<'_>) -> Option<Made> {
    let field = |name: &str| walk.child(value, name);
    match value.kind() {
        "new_expression" => field("constructor").map(|made| Made::By(walk.of(made).to_owned())),
        "call_expression" => field("function").map(|made| Made::By(walk.of(made).to_owned())),
        "identifier" | "member_expression" => Some(Made::Same(walk.of(value).to_owned())),
        "await_expression"
        | "parenthesized_expression"
        | "as_expression"
        | "satisfies_expression"
        | "non_null_expression" => children(value).into_iter().next().and_then(|inner| made(walk, inner)),
        "binary_expression" => field("right").and_then(|right| made(walk, right)),
        _ => None,
    }
}

/// Names that a function binds: its parameters and what it declares.
fn bound(walk: &Walk<'_>, node: Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for field in ["parameters", "parameter"] {
        let all = walk.child(node, field).map(|all| patterns(walk, all)).unwrap_or_default();
        names.extend(all);
    }
    let Some(body) = node.child_by_field_name("body") else { return names };
    let declared = walk.inside(body, &["variable_declarator", "for_in_statement", "catch_clause"], WALLS);
    for one in declared {
        let is_import = one.child_by_field_name("value").is_some_and(|value| walk.of(value).starts_with("require("));
        let left = ["name", "left", "parameter"].iter().find_map(|field| one.child_by_field_name(field));
        if !is_import {
            names.extend(left.map(|left| patterns(walk, left)).unwrap_or_default());
        }
    }
    names
}

/// The names that a pattern binds, defaults and types left out.
fn patterns(walk: &Walk<'_>, node: Node<'_>) -> Vec<String> {
    match node.kind() {
        "identifier" | "shorthand_property_identifier_pattern" => vec![walk.of(node).to_owned()],
        "type_annotation" | "property_identifier" | "decorator" => Vec::new(),
        "assignment_pattern" | "object_assignment_pattern" => {
            node.child_by_field_name("left").map(|left| patterns(walk, left)).unwrap_or_default()
        }
        "required_parameter" | "optional_parameter" => {
            node.child_by_field_name("pattern").map(|pattern| patterns(walk, pattern)).unwrap_or_default()
        }
        _ => children(node).into_iter().flat_map(|child| patterns(walk, child)).collect(),
    }
}

fn member(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = ["name", "property"].iter().find_map(|field| node.child_by_field_name(field));
    let name = name.map_or("", |name| walk.of(name)).to_owned();
    let value = node.child_by_field_name("value");
    let is_function = value.is_some_and(|value| matches!(value.kind(), "arrow_function" | "function_expression"));
    let index = walk.define(&name, if is_function { Shape::Function } else { Shape::Variable }, node);
    walk.facts.definitions[index].markers = markers(walk, node);
    let stated = node.child_by_field_name("type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    if let Some(made) = value.and_then(|value| made(walk, value)).or(stated) {
        walk.facts.definitions[index].gives = Some(made.clone());
        walk.bind(&format!("this.{name}"), made);
    }
    let owner = walk.scope().owner.clone();
    walk.push_definition(index, owner, None);
}

fn declarator(walk: &mut Walk<'_>, node: Node<'_>) {
    let (Some(name), value) = (node.child_by_field_name("name"), node.child_by_field_name("value")) else { return };
    if let Some(module) = value.and_then(|value| required(walk, value)) {
        return required_names(walk, name, &module);
    }
    let text = walk.of(name).to_owned();
    let stated = node.child_by_field_name("type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    let gives = value.and_then(|value| made(walk, value)).or(stated);
    if walk.in_function() || name.kind() != "identifier" {
        if let (Some(made), "identifier") = (gives.or_else(|| value.and_then(plain)), name.kind()) {
            walk.bind(&text, made);
        }
        return;
    }
    let is_function = value.is_some_and(|value| matches!(value.kind(), "arrow_function" | "function_expression"));
    let shape = match value.map(|value| value.kind()) {
        Some("class") => Shape::Class,
        _ if is_function => Shape::Function,
        _ => Shape::Variable,
    };
    if shape == Shape::Variable && (value.is_some() || gives.is_some()) {
        walk.write(&text, value);
    }
    let index = walk.define(&text, shape, node);
    let returns = value.filter(|_| is_function).and_then(|value| {
        let stated = walk.child(value, "return_type").map(|stated| Made::Type(walk.of(stated).to_owned()));
        stated.or_else(|| returned(walk, value))
    });
    walk.facts.definitions[index].gives = if is_function { returns } else { gives };
    let owner = walk.scope().owner.clone();
    walk.push_definition(index, owner, None);
}

/// The module of `require("./x")`.
fn required(walk: &Walk<'_>, value: Node<'_>) -> Option<String> {
    let is_require = value.kind() == "call_expression" && walk.child_text(value, "function") == "require";
    let argument = children(value.child_by_field_name("arguments")?).into_iter().next()?;
    (is_require && argument.kind() == "string").then(|| unquoted(walk.of(argument)).to_owned())
}

fn required_names(walk: &mut Walk<'_>, name: Node<'_>, module: &str) {
    if name.kind() == "identifier" {
        let local = walk.of(name).to_owned();
        walk.import(module, Some("="), &local, false);
    }
    for one in children(name) {
        match one.kind() {
            "shorthand_property_identifier_pattern" => {
                let local = walk.of(one).to_owned();
                walk.import(module, Some(&local), &local, false);
            }
            "pair_pattern" => {
                let (key, local) = (walk.child_text(one, "key"), walk.child_text(one, "value"));
                walk.import(module, Some(key), local, false);
            }
            _ => {}
        }
    }
}

fn parameter(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = walk.child_text(node, "pattern").to_owned();
    let Some(stated) = node.child_by_field_name("type") else { return };
    let made = Made::Type(walk.of(stated).to_owned());
    // `constructor(private readonly breaker: Breaker)` is a member as well.
    let words = walk.of(node);
    if ["private ", "public ", "protected ", "readonly "].iter().any(|word| words.starts_with(word)) {
        walk.bind(&format!("this.{name}"), made.clone());
    }
    walk.bind(&name, made);
}

fn imports(walk: &mut Walk<'_>, node: Node<'_>) -> Go {
    let module = unquoted(walk.child_text(node, "source")).to_owned();
    let clauses = children(node).into_iter().filter(|child| child.kind() == "import_clause").flat_map(children);
    let mut is_bare = true;
    for clause in clauses {
        is_bare = false;
        match clause.kind() {
            "identifier" => {
                let local = walk.of(clause).to_owned();
                walk.import(&module, Some("default"), &local, false);
            }
            "namespace_import" => {
                let local = children(clause).first().map_or("", |name| walk.of(*name)).to_owned();
                walk.import(&module, None, &local, false);
            }
            "named_imports" => specifiers(walk, clause, &module),
            _ => {}
        }
    }
    if is_bare {
        walk.import(&module, None, "", false);
    }
    Go::Past
}

fn specifiers(walk: &mut Walk<'_>, clause: Node<'_>, module: &str) {
    for one in children(clause) {
        let name = unquoted_name(walk.child_text(one, "name"));
        let alias = unquoted_name(walk.child_text(one, "alias"));
        let local = if alias.is_empty() { name } else { alias };
        walk.import(module, Some(name), local, false);
    }
}

fn unquoted_name(name: &str) -> &str {
    name.trim_matches(['"', '\''])
}

/// Whether the statement only hands on names, so that nothing in it is a use.
fn exports(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let clause = children(node).into_iter().find(|child| child.kind() == "export_clause");
    if let Some(source) = node.child_by_field_name("source") {
        let module = unquoted(walk.of(source)).to_owned();
        match clause {
            Some(clause) => specifiers(walk, clause, &module),
            None => {
                let namespace = children(node).into_iter().find(|child| child.kind() == "namespace_export");
                let local = namespace.and_then(|one| children(one).into_iter().next()).map(|one| walk.of(one));
                walk.import(&module, Some(if local.is_some() { "" } else { "*" }), local.unwrap_or(""), false);
            }
        }
        return true;
    }
    if let Some(clause) = clause {
        // `export { a as b }`: another name of the same thing.
        specifiers(walk, clause, "");
        return true;
    }
    let value = node.child_by_field_name("value").filter(|value| value.kind() == "identifier");
    let declared = node.child_by_field_name("declaration").and_then(|one| one.child_by_field_name("name"));
    let is_default = walk.of(node).trim_start().starts_with("export default");
    if let (Some(name), true) = (value.or(declared), is_default) {
        let name = walk.of(name).to_owned();
        walk.import("", Some(&name), "default", false);
    }
    value.is_some()
}

fn assignment(walk: &mut Walk<'_>, node: Node<'_>) {
    let (left, right) = (walk.child_text(node, "left").to_owned(), node.child_by_field_name("right"));
    if let (true, Some(right)) = (is_exports(&left), right) {
        return exported(walk, &left, right);
    }
    if node.child_by_field_name("left").is_some_and(|left| left.kind() == "identifier") {
        walk.write(&left, right);
    }
    if let Some(made) = right.and_then(|right| made(walk, right).or_else(|| plain(right)))
        && left.len() < 60
    {
        walk.bind(&left, made);
    }
}

fn is_exports(left: &str) -> bool {
    left == "module.exports" || left.starts_with("module.exports.") || left.starts_with("exports.")
}

/// `module.exports = f`, `exports.a = f`: other names of the same thing, and no use of it.
fn exported(walk: &mut Walk<'_>, left: &str, right: Node<'_>) {
    if right.kind() != "identifier" {
        return;
    }
    let name = walk.of(right).to_owned();
    match left.rsplit_once("exports.") {
        Some((_, alias)) if alias != name => walk.import("", Some(&name), alias, false),
        Some(_) => {}
        None => walk.import("", Some(&name), "=", false),
    }
}

/// Whether the name that is entered stands in a list of what a module hands out: `module.exports = {f, a: f}`.
fn is_handed_out(walk: &Walk<'_>) -> bool {
    let is_pair = walk.kind(1) == "pair";
    if is_pair && walk.field(0) != "value" {
        return false;
    }
    let steps = if is_pair { 2 } else { 1 };
    let is_listed = walk.kind(steps) == "object" && (is_pair || walk.node().kind().starts_with("shorthand"));
    let steps = if is_listed { steps + 1 } else { 1 };
    let Some(above) = walk.up(steps).map(|step| step.node) else { return false };
    match above.kind() {
        "assignment_expression" => is_exports(walk.child_text(above, "left")),
        "export_statement" => is_listed,
        _ => false,
    }
}

/// What holds no instance of a class.
fn plain(value: Node<'_>) -> Option<Made> {
    match value.kind() {
        "null" | "undefined" => Some(Made::Nothing),
        "arrow_function"
        | "function_expression"
        | "object"
        | "array"
        | "string"
        | "template_string"
        | "number"
        | "true"
        | "false" => Some(Made::Plain),
        "as_expression" | "parenthesized_expression" | "satisfies_expression" => {
            children(value).into_iter().next().and_then(plain)
        }
        _ => None,
    }
}

fn call(walk: &mut Walk<'_>, node: Node<'_>) {
    let function = walk.child_text(node, "function").to_owned();
    if function != "import" && function != "require" {
        return;
    }
    let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
    match arguments.first() {
        // `const x = require("./x")` and `require("./x").f` are known by their names.
        Some(_) if function == "require" && matches!(walk.kind(1), "variable_declarator" | "member_expression") => {}
        Some(first) if first.kind() == "string" => {
            let module = unquoted(walk.of(*first)).to_owned();
            walk.import(&module, None, "", true);
        }
        _ => {
            let words = walk.of(node).chars().take(80).collect::<String>();
            walk.dynamic(&words);
        }
    }
}

/// `handlers["name"]` is a use of `name`, `handlers[name]` may be any.
fn subscript(walk: &mut Walk<'_>, node: Node<'_>) {
    let index = node.child_by_field_name("index");
    let object = walk.child_text(node, "object").to_lowercase();
    if index.is_some_and(|index| index.kind() != "string") && object.contains("flag") | object.contains("feature") {
        let words = walk.of(node).chars().take(80).collect::<String>();
        walk.dynamic(&words);
    }
    let Some(index) = index.filter(|index| index.kind() == "string") else { return };
    let name = unquoted(walk.of(index)).to_owned();
    let base = walk.child_text(node, "object").to_owned();
    walk.uses_named(&name, index, Some(base), Role::Value);
}

fn string(walk: &mut Walk<'_>, node: Node<'_>) {
    if walk.kind(1) == "expression_statement" || walk.kind(1) == "subscript_expression" {
        return;
    }
    let call = (1..6).find_map(|steps| walk.up(steps).filter(|step| step.node.kind() == "call_expression"));
    let call = call.map(|step| walk.child_text(step.node, "function").to_owned());
    let value = unquoted(walk.of(node)).to_owned();
    walk.string(&value, call);
}

fn identifier(walk: &mut Walk<'_>, node: Node<'_>) {
    let (parent, field) = (walk.kind(1), walk.field(0));
    let is_binding = match parent {
        "pair" | "pair_pattern" => field == "key",
        "required_parameter" | "optional_parameter" => field == "pattern",
        "formal_parameters" | "array_pattern" | "object_pattern" | "rest_pattern" | "catch_clause"
        | "property_signature" | "enum_body" | "labeled_statement" | "type_parameter" | "jsx_attribute"
        | "import_specifier" | "enum_assignment" => field != "value" && field != "right",
        "assignment_pattern" | "object_assignment_pattern" | "for_in_statement" => field == "left",
        "arrow_function" => field == "parameter",
        _ => field == "name" && !parent.starts_with("jsx_") && parent != "generic_type",
    };
    if is_binding {
        return;
    }
    if is_handed_out(walk) {
        // Under another name it is a name more.
        if parent == "pair" {
            let (name, alias) = (walk.of(walk.node()), walk.up(1).map_or("", |step| walk.child_text(step.node, "key")));
            if name != alias {
                walk.import("", Some(name), alias, false);
            }
        }
        return;
    }
    let is_last = parent == "member_expression" && field == "property" || parent == "nested_type_identifier";
    if is_last {
        let base = walk.up(1).and_then(|step| walk.child(step.node, "object").or(walk.child(step.node, "module")));
        let is_written = walk.kind(2) == "assignment_expression" && walk.field(1) == "left";
        if !is_written {
            let role = role(walk, 1);
            walk.uses(node, base, role);
        }
        return;
    }
    let is_written = parent == "assignment_expression" && field == "left";
    if !is_written && node.kind() != "property_identifier" {
        let role = if node.kind() == "type_identifier" { type_role(walk) } else { role(walk, 0) };
        walk.uses(node, None, role);
    }
}

fn type_role(walk: &Walk<'_>) -> Role {
    match walk.kind(1) {
        "extends_type_clause" | "implements_clause" => Role::Type,
        "extends_clause" | "class_heritage" => Role::Base,
        _ => Role::Type,
    }
}

fn role(walk: &Walk<'_>, steps: usize) -> Role {
    let (parent, field) = (walk.kind(steps + 1), walk.field(steps));
    match parent {
        "call_expression" if field == "function" && walk.kind(steps + 2) == "decorator" => Role::Decorator,
        "call_expression" if field == "function" => Role::Call,
        "new_expression" if field == "constructor" => Role::Call,
        "jsx_opening_element" | "jsx_self_closing_element" => Role::Call,
        "class_heritage" | "extends_clause" => Role::Base,
        "decorator" => Role::Decorator,
        "type_query" => Role::Type,
        "binary_expression" if field == "right" && is_instance(walk, steps) => Role::Caught,
        _ => Role::Value,
    }
}

fn is_instance(walk: &Walk<'_>, steps: usize) -> bool {
    walk.up(steps + 1).is_some_and(|step| walk.child_text(step.node, "operator") == "instanceof")
}
