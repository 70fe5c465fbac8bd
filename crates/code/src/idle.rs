//! Names that stand there and call nothing: a closure or function that is put aside and never taken up, a name that is only
//! shown, compared or asked for its own name; and to what object a function is handed.

use tree_sitter::Node;

use crate::Language;
use crate::facts::Role;
use crate::walk::{Walk, children};

/// Nodes that hand their value on to what is around them.
const HANDING_ON: &[&str] = &[
    "parenthesized_expression",
    "list",
    "tuple",
    "dictionary",
    "pair",
    "object",
    "array",
    "conditional_expression",
    "ternary_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "expression_list",
    "literal_element",
    "keyed_element",
    "reference_expression",
    "jsx_element",
    "jsx_self_closing_element",
    "jsx_opening_element",
    "tuple_expression",
];

/// Functions without a name of their own.
pub(crate) const CLOSURES: &[&str] =
    &["lambda", "arrow_function", "function_expression", "generator_function", "func_literal", "closure_expression"];

/// Calls that only give back what they are given in another shape.
const WRAPPING: &[&str] = &["partial", "useCallback", "bind", "debounce", "throttle", "memoize", "lru_cache"];

/// Calls that show or measure a value and do not call it.
const SHOWING: &[&str] = &[
    "print",
    "repr",
    "str",
    "type",
    "id",
    "hash",
    "callable",
    "hasattr",
    "isinstance",
    "issubclass",
    "help",
    "dir",
    "vars",
    "cast",
    "typing.cast",
    "signature",
    "getsource",
    "getdoc",
    "getmembers",
    "iscoroutinefunction",
    "iscoroutine",
    "isfunction",
    "TypeVar",
    "String",
    "Boolean",
    "TypeOf",
    "Println",
    "Printf",
    "Print",
    "Sprintf",
    "Sprint",
    "Fprintf",
    "Fprintln",
    "stringify",
    "defineProps",
    "type_name",
    "size_of",
];

/// Methods of what logs.
const LOGGING: &[&str] =
    &["debug", "info", "warning", "warn", "error", "exception", "critical", "log", "trace", "fatal"];

/// Objects that log.
const LOGGERS: &[&str] =
    &["logging", "logger", "log", "_logger", "_log", "LOG", "LOGGER", "console", "slog", "self.logger", "this.logger"];

/// What a function or class says of itself.
const OF_ITSELF: &[&str] = &[
    "__name__",
    "__qualname__",
    "__doc__",
    "__module__",
    "__annotations__",
    "__code__",
    "__file__",
    "__dict__",
    "__class__",
    "displayName",
];

/// Macros that show.
const SHOWING_MACROS: &[&str] = &[
    "println",
    "eprintln",
    "print",
    "eprint",
    "format",
    "dbg",
    "stringify",
    "debug",
    "info",
    "warn",
    "error",
    "trace",
];

/// Whether the closure that is entered is put aside and never taken up.
pub(crate) fn is_idle_closure(walk: &Walk<'_>) -> bool {
    CLOSURES.contains(&walk.node().kind()) && is_put_aside(walk, 0)
}

/// Whether a use that calls nothing by itself is put aside and never taken up.
pub(crate) fn is_idle(walk: &Walk<'_>, role: Role) -> bool {
    let mut steps = 0;
    while matches!(
        walk.kind(steps + 1),
        "attribute" | "member_expression" | "selector_expression" | "field_expression" | "scoped_identifier"
    ) && is_last_part(walk, steps)
    {
        steps += 1;
    }
    // A name with a large letter makes a value in Rust, and the value may be kept for what it does in the end.
    if walk.language == Language::Rust && walk.of(walk.node()).starts_with(char::is_uppercase) {
        return false;
    }
    let is_element = walk.kind(steps + 1).starts_with("jsx_");
    (role == Role::Value || is_element) && is_put_aside(walk, steps)
}

/// Whether the node is the name behind the last dot of what is above it.
fn is_last_part(walk: &Walk<'_>, steps: usize) -> bool {
    let (Some(node), Some(above)) = (walk.up(steps), walk.up(steps + 1)) else { return false };
    node.node.end_byte() == above.node.end_byte()
}

/// Climbs through what hands its value on, up to where it is taken or put aside.
fn is_put_aside(walk: &Walk<'_>, mut steps: usize) -> bool {
    let mut is_builder = false;
    loop {
        let Some(above) = walk.up(steps + 1).map(|step| step.node) else { return false };
        let field = walk.field(steps);
        match above.kind() {
            // A string in front is a docstring, a lone name in a block of Rust is its value.
            "expression_statement" => return walk.language != Language::Rust || walk.of(above).ends_with(';'),
            "conditional_expression" | "ternary_expression" if field == "condition" => return false,
            "arguments" | "argument_list" => {
                let call = walk.up(steps + 2).map_or("", |step| walk.child_text(step.node, "function"));
                let last = call.rsplit(['.', ':']).next().unwrap_or("");
                // `Router::new().route("/", get(f))` is a value that somebody has to take.
                is_builder |= walk.language == Language::Rust && crate::router::REGISTERING.contains(&last);
                if !WRAPPING.contains(&last) && !is_builder {
                    return false;
                }
                steps += 2;
            }
            "field_expression" | "call_expression" if is_builder && matches!(field, "value" | "function") => steps += 1,
            "assignment"
            | "variable_declarator"
            | "let_declaration"
            | "short_var_declaration"
            | "assignment_statement"
            | "assignment_expression"
            | "var_spec" => return is_never_taken(walk, steps + 1),
            kind if HANDING_ON.contains(&kind) => steps += 1,
            _ => return false,
        }
    }
}

/// Whether the name on the left is local and stands nowhere else in its function.
fn is_never_taken(walk: &Walk<'_>, steps: usize) -> bool {
    let Some(statement) = walk.up(steps).map(|step| step.node) else { return false };
    let left = ["left", "name", "pattern"].iter().find_map(|field| statement.child_by_field_name(field));
    let Some(left) =
        left.map(
            |left| {
                if left.kind() == "expression_list" { children(left).first().copied().unwrap_or(left) } else { left }
            },
        )
    else {
        return false;
    };
    if walk.of(left) == "_" {
        return true;
    }
    let around = (steps + 1..walk.path.len()).filter_map(|up| walk.up(up)).map(|step| step.node);
    let function = around.into_iter().find(|node| is_function(node.kind()));
    let Some(function) = function.filter(|_| left.kind() == "identifier") else { return false };
    let name = walk.of(left);
    let kinds = [
        "identifier",
        "shorthand_property_identifier",
        "shorthand_field_identifier",
        "shorthand_property_identifier_pattern",
    ];
    let named = walk.inside(function, &kinds, &[]);
    let mut others = named.into_iter().filter(|one| walk.of(*one) == name && !statement_holds(statement, *one));
    others.all(|one| is_blanked(walk, one))
}

fn statement_holds(statement: Node<'_>, one: Node<'_>) -> bool {
    statement.byte_range().contains(&one.start_byte())
}

/// `_ = f`, `drop(f)`, `del f`, `global f` excluded.
fn is_blanked(walk: &Walk<'_>, one: Node<'_>) -> bool {
    let mut above = one.parent();
    while let Some(node) = above.filter(|node| matches!(node.kind(), "expression_list" | "arguments" | "argument_list"))
    {
        above = node.parent();
    }
    let Some(node) = above else { return false };
    match node.kind() {
        "assignment" | "assignment_statement" | "let_declaration" | "assignment_expression" => {
            ["left", "pattern"].iter().any(|field| walk.child_text(node, field) == "_")
        }
        "call_expression" => walk.child_text(node, "function") == "drop",
        "delete_statement" | "expression_statement" => true,
        _ => false,
    }
}

fn is_function(kind: &str) -> bool {
    CLOSURES.contains(&kind)
        || matches!(
            kind,
            "function_definition"
                | "function_declaration"
                | "function_item"
                | "method_definition"
                | "method_declaration"
                | "generator_function_declaration"
        )
}

/// Whether a name is only shown, compared, matched, or asked what it is called.
pub(crate) fn is_only_named(walk: &Walk<'_>, node: Node<'_>) -> bool {
    let mut steps = 0;
    if walk.node().id() != node.id() {
        return false;
    }
    let is_object = |steps: usize| {
        matches!(walk.field(steps), "object" | "operand")
            || walk.kind(steps + 1) == "field_expression" && walk.field(steps) == "value"
    };
    if is_object(0) {
        let asked = asked(walk, node).unwrap_or_default();
        if OF_ITSELF.contains(&asked.as_str()) {
            return true;
        }
    }
    if is_weighed(walk) {
        return true;
    }
    while matches!(walk.kind(steps + 1), "attribute" | "member_expression" | "selector_expression" | "field_expression")
    {
        steps += 1;
    }
    match walk.kind(steps + 1) {
        "interpolation" | "template_substitution" => true,
        "argument_list" | "arguments" => is_shown(walk, steps + 2),
        "keyword_argument" => walk.field(steps) == "value" && is_shown(walk, steps + 3),
        "tuple" => walk.kind(steps + 2) == "argument_list" && is_shown(walk, steps + 3),
        "token_tree" => in_showing_macro(walk, steps + 2),
        _ => false,
    }
}

/// Whether the bare name is compared, matched, or asked whether it is there at all. What is taken of it is another matter:
/// `breaker.is_open` may be a property, and a property is a call.
fn is_weighed(walk: &Walk<'_>) -> bool {
    let Some(above) = walk.up(1).map(|step| step.node) else { return false };
    let (field, operator) = (walk.field(0), walk.child_text(above, "operator"));
    match above.kind() {
        "comparison_operator" | "not_operator" | "type_query" | "class_pattern" | "delete_statement" => true,
        "dotted_name" => walk.kind(2) == "class_pattern",
        "unary_expression" => matches!(operator, "!" | "typeof" | "void"),
        "binary_expression" | "boolean_operator" => {
            let is_asked = field == "left" && matches!(operator, "and" | "&&");
            is_asked || matches!(operator, "==" | "===" | "!=" | "!==" | "in" | "instanceof")
        }
        "if_statement" | "elif_clause" | "while_statement" => field == "condition",
        "parenthesized_expression" => walk.kind(2) == "if_statement" && walk.field(1) == "condition",
        _ => false,
    }
}

/// Whether the call `steps` above shows its arguments and nothing more.
fn is_shown(walk: &Walk<'_>, steps: usize) -> bool {
    let Some(call) =
        walk.up(steps).map(|step| step.node).filter(|node| matches!(node.kind(), "call" | "call_expression"))
    else {
        return false;
    };
    let function = walk.child_text(call, "function");
    let (object, last) = function.rsplit_once(['.', ':']).unwrap_or(("", function));
    let is_plain = object.is_empty()
        || matches!(object, "fmt" | "inspect" | "reflect" | "asyncio" | "typing" | "t" | "JSON" | "pprint" | "log");
    SHOWING.contains(&last) && is_plain
        || LOGGING.contains(&last.trim_end_matches('f')) && LOGGERS.contains(&object)
        || LOGGERS.contains(&object) && last.starts_with("Print")
}

fn in_showing_macro(walk: &Walk<'_>, steps: usize) -> bool {
    let Some(node) = walk.up(steps).map(|step| step.node).filter(|node| node.kind() == "macro_invocation") else {
        return false;
    };
    let name = walk.child_text(node, "macro");
    let is_called = walk.node().next_sibling().is_some_and(|next| walk.of(next).starts_with(['(', '.', ':']));
    let is_part = walk.node().prev_sibling().is_some_and(|before| matches!(walk.of(before), "." | "::"));
    SHOWING_MACROS.contains(&name.rsplit("::").next().unwrap_or(name)) && !is_called && !is_part
}

/// What is taken of the name: `post` in `router.post`.
pub(crate) fn asked(walk: &Walk<'_>, node: Node<'_>) -> Option<String> {
    let above = walk.up(1).filter(|_| walk.node().id() == node.id())?.node;
    let (object, member) = match above.kind() {
        "attribute" => ("object", "attribute"),
        "member_expression" => ("object", "property"),
        "selector_expression" => ("operand", "field"),
        "field_expression" => ("value", "field"),
        _ => return None,
    };
    let is_object = above.child_by_field_name(object).is_some_and(|one| one.id() == node.id());
    is_object.then(|| walk.child_text(above, member).to_owned())
}

/// The object whose method is given the node, or the closure around it: `router` in `router.post("/", f)`.
pub(crate) fn through(walk: &Walk<'_>) -> Option<String> {
    for steps in 1..walk.path.len() {
        let step = walk.up(steps)?;
        if matches!(
            step.node.kind(),
            "function_definition"
                | "class_definition"
                | "function_item"
                | "function_declaration"
                | "method_definition"
                | "method_declaration"
                | "class_declaration"
        ) {
            return None;
        }
        if !matches!(step.node.kind(), "argument_list" | "arguments") {
            continue;
        }
        let call = walk.up(steps + 1)?.node;
        let Some(function) = call.child_by_field_name("function") else { continue };
        if let Some(object) = root(walk, function)
            && walk
                .of(function)
                .rsplit(['.', ':'])
                .next()
                .is_some_and(|verb| crate::router::REGISTERING.contains(&verb.trim()))
        {
            return Some(object);
        }
    }
    None
}

/// The name at the beginning of a chain of calls: `router` in `router.route("/").get`.
fn root(walk: &Walk<'_>, function: Node<'_>) -> Option<String> {
    let mut at = function;
    let mut has_member = false;
    loop {
        let inner = match at.kind() {
            "attribute" | "member_expression" => at.child_by_field_name("object"),
            "selector_expression" => at.child_by_field_name("operand"),
            "field_expression" => at.child_by_field_name("value"),
            "call" | "call_expression" => at.child_by_field_name("function"),
            _ => None,
        };
        match inner {
            Some(inner) => {
                has_member |= !at.kind().starts_with("call");
                at = inner;
            }
            None => break,
        }
    }
    (has_member && at.kind() == "identifier").then(|| walk.of(at).to_owned())
}
