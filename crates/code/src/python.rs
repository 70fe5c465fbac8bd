//! Python: decorators, annotations, `self`, and blocks that never run.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::facts::{Made, Role, Shape};
use crate::walk::{Go, Walk, children, unquoted};

/// Nodes that bind names for themselves.
const WALLS: &[&str] = &["function_definition", "class_definition", "lambda"];

/// Behind a lookup whose name is a parameter.
pub(crate) const PARAMETER: &str = " <parameter>";

/// Calls that look something up by name.
const LOOKUPS: &[&str] = &["getattr", "import_module", "__import__", "import_string", "attrgetter", "methodcaller"];

pub(crate) fn enter(walk: &mut Walk<'_>) -> Go {
    let node = walk.node();
    match node.kind() {
        "comment" => return Go::Past,
        "function_definition" => function(walk, node),
        "class_definition" => class(walk, node),
        "lambda" => {
            let names = walk.child(node, "parameters").map(|all| parameters(walk, all)).unwrap_or_default();
            walk.push_function(names);
        }
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
            let names = walk.inside(node, &["for_in_clause"], WALLS);
            let names = names.into_iter().filter_map(|clause| walk.child(clause, "left"));
            let names: BTreeSet<String> = names.flat_map(|left| identifiers(walk, left)).collect();
            walk.push_function(names);
        }
        "import_statement" => return imports(walk, node),
        "import_from_statement" => return imports_from(walk, node),
        "assignment" => assignment(walk, node),
        "call" => lookup(walk, node),
        "as_pattern" => {
            let alias = walk.child(node, "alias").map(|alias| walk.of(alias).to_owned());
            let value = children(node).first().and_then(|value| made(walk, *value));
            if let (Some(alias), Some(made)) = (alias, value) {
                walk.bind(&alias, made);
            }
        }
        "for_statement" | "delete_statement" | "with_item" if !walk.in_function() => bound_otherwise(walk, node),
        "typed_parameter" | "typed_default_parameter" => parameter(walk, node),
        "default_parameter" => injected(walk, node),
        "string" => string(walk, node),
        "identifier" => identifier(walk, node),
        _ => {}
    }
    Go::Below
}

fn function(walk: &mut Walk<'_>, node: Node<'_>) {
    let Some(name) = node.child_by_field_name("name") else { return };
    let name = walk.of(name).to_owned();
    let in_class = !walk.in_function() || walk.scope().owner.is_some() && !walk.scope().is_function;
    let index = walk.define(&name, Shape::Function, node);
    if !in_class {
        walk.facts.definitions[index].owner = None;
    }
    walk.facts.definitions[index].markers = markers(walk);
    let stated = walk.child(node, "return_type").map(|stated| Made::Type(walk.of(stated).to_owned()));
    walk.facts.definitions[index].gives = stated.or_else(|| returned(walk, node));
    let mut names = walk.child(node, "parameters").map(|all| parameters(walk, all)).unwrap_or_default();
    if let Some(body) = walk.child(node, "body") {
        names.extend(assigned(walk, body));
    }
    let owner = walk.scope().owner.clone();
    walk.push_definition(index, owner, Some(names));
}

fn class(walk: &mut Walk<'_>, node: Node<'_>) {
    let Some(name) = node.child_by_field_name("name") else { return };
    let name = walk.of(name).to_owned();
    let index = walk.define(&name, Shape::Class, node);
    if walk.scope().is_function {
        walk.facts.definitions[index].owner = None;
    }
    walk.facts.definitions[index].markers = markers(walk);
    let bases = walk.child(node, "superclasses").map(children).unwrap_or_default();
    let bases = bases.into_iter().filter(|base| base.kind() != "keyword_argument");
    walk.facts.definitions[index].bases = bases.map(|base| walk.of(base).to_owned()).collect();
    walk.push_definition(index, Some(name), None);
    // Names of a class body are seen by nobody else, so a class begins a new count of functions.
    let at = walk.scopes.len() - 1;
    walk.scopes[at].is_function = false;
}

fn markers(walk: &Walk<'_>) -> Vec<String> {
    let Some(above) = walk.up(1).filter(|step| step.node.kind() == "decorated_definition") else { return Vec::new() };
    let decorators = children(above.node).into_iter().filter(|child| child.kind() == "decorator");
    let text = |node: Node<'_>| walk.of(node).trim_start_matches('@').to_owned();
    decorators.map(text).map(|text| text.split('(').next().unwrap_or("").trim().to_owned()).collect()
}

/// What a function returns, when every `return` makes the same.
fn returned(walk: &Walk<'_>, node: Node<'_>) -> Option<Made> {
    let body = node.child_by_field_name("body")?;
    let mut returns = walk.inside(node, &["return_statement"], &["lambda", "class_definition"]).into_iter();
    let inner = |one: &Node<'_>| body.byte_range().contains(&one.start_byte());
    let first = returns.find(inner)?;
    let value = children(first).into_iter().next()?;
    made(walk, value)
}

fn made(walk: &Walk<'_>, value: Node<'_>) -> Option<Made> {
    let text = |node: Node<'_>| walk.of(node).to_owned();
    match value.kind() {
        "call" => value.child_by_field_name("function").map(|function| Made::By(text(function))),
        "await" | "parenthesized_expression" => children(value).into_iter().next().and_then(|inner| made(walk, inner)),
        "identifier" | "attribute" => Some(Made::Same(text(value))),
        "conditional_expression" => children(value).first().and_then(|inner| made(walk, *inner)),
        "boolean_operator" => value.child_by_field_name("right").and_then(|right| made(walk, right)),
        // `Payments = Annotated[Service, Depends(make)]` names a type.
        "subscript" if is_type(walk.child_text(value, "value")) => Some(Made::Type(text(value))),
        _ => None,
    }
}

fn is_type(name: &str) -> bool {
    matches!(name.rsplit('.').next(), Some("Annotated" | "Optional" | "Union"))
}

fn parameters(walk: &Walk<'_>, all: Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for one in children(all) {
        let name = match one.kind() {
            "identifier" => Some(one),
            "default_parameter" | "typed_default_parameter" => one.child_by_field_name("name"),
            _ => walk_first_identifier(one),
        };
        names.extend(name.map(|name| walk.of(name).to_owned()));
    }
    names
}

fn walk_first_identifier(node: Node<'_>) -> Option<Node<'_>> {
    if node.kind() == "identifier" {
        return Some(node);
    }
    children(node).into_iter().filter(|child| child.kind() != "type").find_map(walk_first_identifier)
}

fn identifiers(walk: &Walk<'_>, node: Node<'_>) -> Vec<String> {
    match node.kind() {
        "identifier" => vec![walk.of(node).to_owned()],
        "attribute" | "subscript" => Vec::new(),
        _ => children(node).into_iter().flat_map(|child| identifiers(walk, child)).collect(),
    }
}

/// Names that a function binds, except those it declares as global.
fn assigned(walk: &Walk<'_>, body: Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut global = BTreeSet::new();
    let mut open = vec![body];
    while let Some(node) = open.pop() {
        let target = match node.kind() {
            "assignment" | "augmented_assignment" | "for_statement" => node.child_by_field_name("left"),
            "named_expression" => node.child_by_field_name("name"),
            "as_pattern" => node.child_by_field_name("alias"),
            "global_statement" | "nonlocal_statement" => {
                global.extend(children(node).into_iter().flat_map(|child| identifiers(walk, child)));
                None
            }
            _ => None,
        };
        names.extend(target.map(|target| identifiers(walk, target)).unwrap_or_default());
        open.extend(children(node).into_iter().filter(|child| !WALLS.contains(&child.kind())));
    }
    names.difference(&global).cloned().collect()
}

fn imports(walk: &mut Walk<'_>, node: Node<'_>) -> Go {
    for one in children(node) {
        let text = |node: Node<'_>| walk.of(node).to_owned();
        match one.kind() {
            "dotted_name" => {
                let module = text(one);
                let local = module.split('.').next().unwrap_or("").to_owned();
                walk.import(&module, None, &local, false);
            }
            "aliased_import" => {
                let module = one.child_by_field_name("name").map(text).unwrap_or_default();
                let local = one.child_by_field_name("alias").map(text).unwrap_or_default();
                // `import a.b as c` binds the module itself, `import a.b` only its first part.
                walk.import(&module, Some(""), &local, false);
            }
            _ => {}
        }
    }
    Go::Past
}

fn imports_from(walk: &mut Walk<'_>, node: Node<'_>) -> Go {
    let text = |node: Node<'_>| walk.of(node).to_owned();
    let Some(from) = node.child_by_field_name("module_name") else { return Go::Past };
    let module = text(from);
    let mut found = Vec::new();
    for one in children(node).into_iter().filter(|one| one.id() != from.id()) {
        match one.kind() {
            "dotted_name" => found.push((text(one), text(one))),
            "aliased_import" => {
                let name = one.child_by_field_name("name").map(text).unwrap_or_default();
                found.push((name, one.child_by_field_name("alias").map(text).unwrap_or_default()));
            }
            "wildcard_import" => found.push(("*".to_owned(), String::new())),
            _ => {}
        }
    }
    for (name, local) in found {
        walk.import(&module, Some(&name), &local, false);
    }
    Go::Past
}

fn assignment(walk: &mut Walk<'_>, node: Node<'_>) {
    let node_of = |field: &str| node.child_by_field_name(field);
    let Some(left) = node_of("left") else { return };
    let text = |node: Node<'_>| walk.of(node).to_owned();
    let stated = node_of("type").map(|stated| Made::Type(text(stated)));
    let is_stated = stated.is_some();
    let value = stated.or_else(|| node_of("right").and_then(|right| made(walk, right)));
    let name = text(left);
    let in_class = walk.scope().owner.is_some() && !walk.in_function();
    if let Some(right) = node_of("right").filter(|_| !in_class) {
        for name in identifiers(walk, left) {
            walk.write(&name, Some(right));
        }
    }
    if left.kind() == "identifier" && !walk.in_function() {
        let index = walk.define(&name, Shape::Variable, node);
        walk.facts.definitions[index].gives = value.clone();
        let is_member = walk.scope().owner.is_some();
        if let (Some(made), true) = (value, is_member) {
            walk.bind(&format!("self.{name}"), made);
        }
        let owner = walk.scope().owner.clone();
        walk.push_definition(index, owner, None);
    } else if matches!(left.kind(), "identifier" | "attribute")
        && let Some(made) = value.or_else(|| node_of("right").and_then(plain).filter(|_| !is_stated))
    {
        walk.bind(&name, made);
    }
}

/// `for f in ..`, `with .. as f` and `del f` of a module bind as well.
fn bound_otherwise(walk: &mut Walk<'_>, node: Node<'_>) {
    let target = match node.kind() {
        "for_statement" => walk.child(node, "left"),
        "with_item" => walk.child(node, "value").and_then(|value| walk.child(value, "alias")),
        _ => children(node).into_iter().next(),
    };
    let value = walk.child(node, "right");
    for name in target.map(|target| identifiers(walk, target)).unwrap_or_default() {
        walk.write(&name, value);
    }
}

/// What holds no instance of a class.
fn plain(value: Node<'_>) -> Option<Made> {
    match value.kind() {
        "none" => Some(Made::Nothing),
        "lambda" | "string" | "integer" | "float" | "true" | "false" | "list" | "dictionary" | "tuple" | "set"
        | "list_comprehension" => Some(Made::Plain),
        _ => None,
    }
}

fn parameter(walk: &mut Walk<'_>, node: Node<'_>) {
    let name = walk_first_identifier(node).map(|name| walk.of(name).to_owned());
    let stated = node.child_by_field_name("type").map(|stated| walk.of(stated).to_owned());
    if let (Some(name), Some(stated)) = (name, stated) {
        walk.bind(&name, Made::Type(stated));
    }
}

/// `breaker=Depends(get_breaker)`: the parameter is what that returns.
fn injected(walk: &mut Walk<'_>, node: Node<'_>) {
    let Some(value) = node.child_by_field_name("value").filter(|value| value.kind() == "call") else { return };
    let is_depends = matches!(walk.child_text(value, "function").rsplit('.').next(), Some("Depends" | "Security"));
    let argument = value.child_by_field_name("arguments").and_then(|all| children(all).into_iter().next());
    if let (true, Some(argument)) = (is_depends, argument) {
        let (name, maker) = (walk.child_text(node, "name").to_owned(), walk.of(argument).to_owned());
        walk.bind(&name, Made::By(maker));
    }
}

/// A lookup whose name is made at run time may reach anything.
fn lookup(walk: &mut Walk<'_>, node: Node<'_>) {
    let function = walk.child_text(node, "function").to_owned();
    let last = function.rsplit('.').next().unwrap_or("");
    let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
    let asked = if last == "getattr" { arguments.get(1) } else { arguments.first() };
    let is_open = asked.is_some_and(|asked| {
        asked.kind() != "string" || children(*asked).iter().any(|part| part.kind() == "interpolation")
    });
    if LOOKUPS.contains(&last) && is_open {
        let mut words = walk.of(node).chars().take(80).collect::<String>();
        if asked.is_some_and(|asked| is_parameter(walk, walk.of(*asked))) {
            words.push_str(PARAMETER);
        }
        walk.dynamic(&words);
    }
}

/// Whether a parameter of the function around has this name: whoever calls it says what is asked for.
fn is_parameter(walk: &Walk<'_>, name: &str) -> bool {
    let around =
        (1..walk.path.len()).filter_map(|steps| walk.up(steps)).find(|step| step.node.kind() == "function_definition");
    let all = around.and_then(|step| walk.child(step.node, "parameters"));
    all.is_some_and(|all| parameters(walk, all).contains(name))
}

fn string(walk: &mut Walk<'_>, node: Node<'_>) {
    if walk.kind(1) == "expression_statement" {
        return;
    }
    let call = (1..6).find_map(|steps| walk.up(steps).filter(|step| step.node.kind() == "call"));
    let call = call.map(|step| walk.child_text(step.node, "function").to_owned());
    let call = if walk.kind(1) == "subscript" { Some("[]".to_owned()) } else { call };
    let listed = (1..4).any(|steps| {
        walk.up(steps)
            .is_some_and(|step| step.node.kind() == "assignment" && walk.child_text(step.node, "left") == "__all__")
    });
    if !listed {
        let value = unquoted(walk.of(node)).to_owned();
        walk.string(&value, call);
    }
}

fn identifier(walk: &mut Walk<'_>, node: Node<'_>) {
    let (parent, field) = (walk.kind(1), walk.field(0));
    let is_binding = match parent {
        "function_definition" | "class_definition" => field == "name",
        "keyword_argument" | "default_parameter" | "typed_default_parameter" | "named_expression" => field == "name",
        "parameters"
        | "lambda_parameters"
        | "typed_parameter"
        | "list_splat_pattern"
        | "dictionary_splat_pattern"
        | "global_statement"
        | "nonlocal_statement"
        | "as_pattern_target"
        | "pattern_list"
        | "tuple_pattern" => true,
        "assignment" | "for_statement" | "for_in_clause" => field == "left",
        _ => false,
    };
    if is_binding {
        return;
    }
    if parent == "attribute" && field == "attribute" {
        let base = walk.up(1).and_then(|step| walk.child(step.node, "object"));
        let is_written = walk.kind(2) == "assignment" && walk.field(1) == "left";
        if !is_written {
            let role = role(walk, 1);
            walk.uses(node, base, role);
        }
        return;
    }
    let role = role(walk, 0);
    walk.uses(node, None, role);
    // What stands in the list of parameters is evaluated outside of the function.
    let is_default = (1..6).any(|steps| matches!(walk.kind(steps), "parameters" | "lambda_parameters"));
    if is_default && let Some(last) = walk.scopes.pop() {
        let is_local = walk.is_bound(walk.of(node));
        walk.scopes.push(last);
        if let Some(one) = walk.facts.uses.last_mut() {
            one.is_local = is_local;
        }
    }
}

/// How the expression `steps` above the identifier is used.
fn role(walk: &Walk<'_>, steps: usize) -> Role {
    let (parent, field) = (walk.kind(steps + 1), walk.field(steps));
    match parent {
        "call" if field == "function" => match walk.kind(steps + 2) {
            "decorator" => Role::Decorator,
            _ => Role::Call,
        },
        "decorator" => Role::Decorator,
        "except_clause" => Role::Caught,
        _ => around(walk, steps),
    }
}

fn around(walk: &Walk<'_>, steps: usize) -> Role {
    for up in steps + 1..walk.path.len() {
        match walk.kind(up) {
            "argument_list" if walk.kind(up + 1) == "class_definition" => return Role::Base,
            "argument_list" => {
                let called = walk.up(up + 1).map_or("", |step| walk.child_text(step.node, "function"));
                return if matches!(called, "isinstance" | "issubclass") { Role::Caught } else { Role::Value };
            }
            "type" => return Role::Type,
            "except_clause" => return Role::Caught,
            "block" | "module" | "call" | "lambda" | "assignment" => return Role::Value,
            _ => {}
        }
    }
    Role::Value
}
