//! Code that never runs, told by its shape alone: behind something that leaves the block for good, and below a condition
//! that is always false.
//!
//! A name counts as false only where the file binds it once, to `false`. What needs more than that is taken to run.

use tree_sitter::Node;

use crate::Language;
use crate::walk::{Walk, children};

/// Nodes whose children run one behind the other.
const BLOCKS: &[&str] = &[
    "block",
    "module",
    "statement_block",
    "program",
    "statement_list",
    "switch_case",
    "switch_default",
    "expression_case",
    "default_case",
    "communication_case",
];

/// What is there before its block runs: a function of JavaScript is hoisted, an item of Rust has no place in time.
const HOISTED: &[&str] = &[
    "comment",
    "function_declaration",
    "generator_function_declaration",
    "interface_declaration",
    "type_alias_declaration",
    "import_statement",
    "function_item",
    "struct_item",
    "enum_item",
    "impl_item",
    "trait_item",
    "mod_item",
    "use_declaration",
    "const_item",
    "static_item",
    "macro_definition",
    "labeled_statement",
];

/// Calls and macros that do not come back.
const LEAVING: &[&str] = &[
    "sys.exit",
    "os._exit",
    "os.abort",
    "exit",
    "quit",
    "process.exit",
    "process.abort",
    "panic",
    "os.Exit",
    "log.Fatal",
    "log.Fatalf",
    "log.Fatalln",
    "log.Panic",
    "log.Panicf",
    "runtime.Goexit",
    "process::exit",
    "process::abort",
    "unreachable",
    "todo",
    "unimplemented",
    "bail",
    "anyhow::bail",
];

/// Loops, in which a `break` is their own.
const LOOPS: &[&str] = &[
    "while_statement",
    "for_statement",
    "for_in_statement",
    "do_statement",
    "loop_expression",
    "while_expression",
    "for_expression",
];

/// Whether the node that is entered never runs.
pub(crate) fn is_dead(walk: &mut Walk<'_>) -> bool {
    let Some(above) = walk.up(1).map(|step| step.node) else { return false };
    let node = walk.node();
    is_behind_end(walk, above, node) || is_refused(walk, above, node)
}

// ===== behind the end =====

fn is_behind_end(walk: &mut Walk<'_>, block: Node<'_>, node: Node<'_>) -> bool {
    let is_hoisted = HOISTED.contains(&node.kind()) && walk.language != Language::Python;
    if is_hoisted || !BLOCKS.contains(&block.kind()) {
        return false;
    }
    // Each block is read once: its statements are asked one by one.
    let known = walk.ended.get(&block.id()).copied();
    let ended = known.unwrap_or_else(|| {
        let first = children(block).into_iter().find(|one| ends(walk, *one));
        first.map_or(usize::MAX, |one| one.end_byte())
    });
    walk.ended.insert(block.id(), ended);
    node.start_byte() >= ended
}

/// Whether nothing runs behind a statement.
pub(crate) fn ends(walk: &Walk<'_>, node: Node<'_>) -> bool {
    match node.kind() {
        "return_statement"
        | "raise_statement"
        | "throw_statement"
        | "continue_statement"
        | "break_statement"
        | "return_expression"
        | "break_expression"
        | "continue_expression" => true,
        "expression_statement" => children(node).first().is_some_and(|inner| ends(walk, *inner)),
        "call" | "call_expression" => leaves(walk.child_text(node, "function"), walk.language),
        "macro_invocation" => leaves(walk.child_text(node, "macro"), walk.language),
        "assert_statement" => children(node).first().is_some_and(|inner| truth(walk, *inner) == Some(false)),
        "if_statement" | "if_expression" => every_way_ends(walk, node),
        "statement_block" | "block" | "statement_list" | "else_clause" | "unsafe_block" => {
            children(node).into_iter().any(|one| ends(walk, one))
        }
        "while_statement" | "loop_expression" | "for_statement" | "while_expression" => {
            is_endless(walk, node) && !breaks(node)
        }
        _ => false,
    }
}

fn leaves(function: &str, language: Language) -> bool {
    let function = function.strip_prefix("std::").unwrap_or(function);
    let is_word_of_python = matches!(function, "exit" | "quit");
    LEAVING.contains(&function) && (language == Language::Python || !is_word_of_python)
}

fn every_way_ends(walk: &Walk<'_>, node: Node<'_>) -> bool {
    let condition = node.child_by_field_name("condition").and_then(|one| truth(walk, one));
    let Some(first) = node.child_by_field_name("consequence") else { return false };
    let mut cursor = node.walk();
    let others: Vec<Node<'_>> = node.children_by_field_name("alternative", &mut cursor).collect();
    if condition == Some(true) {
        return ends(walk, first);
    }
    let is_whole = others.last().is_some_and(|last| last.kind() != "elif_clause");
    let way = |one: &Node<'_>| ends(walk, one.child_by_field_name("consequence").unwrap_or(*one));
    let inner = |one: &Node<'_>| match one.kind() {
        "else_clause" => children(*one).iter().any(|inner| ends(walk, *inner)),
        "if_statement" | "if_expression" => every_way_ends(walk, *one),
        _ => way(one),
    };
    is_whole && ends(walk, first) && others.iter().all(inner)
}

fn is_endless(walk: &Walk<'_>, node: Node<'_>) -> bool {
    match (walk.language, node.kind()) {
        (_, "loop_expression") => true,
        (Language::Go, "for_statement") => {
            let parts = children(node);
            parts.iter().all(|one| matches!(one.kind(), "block" | "comment"))
        }
        (_, "while_statement" | "while_expression") => {
            let has_else = node.child_by_field_name("alternative").is_some();
            !has_else && node.child_by_field_name("condition").and_then(|one| truth(walk, one)) == Some(true)
        }
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "for_statement") => {
            node.child_by_field_name("condition").is_none_or(|one| one.kind() == "empty_statement")
        }
        _ => false,
    }
}

/// Whether a loop holds a `break` that may be its own; one with a label counts wherever it stands.
fn breaks(node: Node<'_>) -> bool {
    let mut open = children(node);
    while let Some(one) = open.pop() {
        let is_break = matches!(one.kind(), "break_statement" | "break_expression");
        if is_break || one.kind() == "goto_statement" {
            return true;
        }
        let inner = children(one);
        if !LOOPS.contains(&one.kind()) {
            open.extend(inner);
        } else {
            let labelled = |one: &Node<'_>| one.kind().starts_with("break") && !children(*one).is_empty();
            open.extend(inner.into_iter().filter(|one| labelled(one) || one.kind().ends_with("block")));
        }
    }
    false
}

// ===== below a condition =====

/// Whether a condition above keeps the node from running.
fn is_refused(walk: &Walk<'_>, above: Node<'_>, node: Node<'_>) -> bool {
    let field = walk.field(0);
    let is = |name: &str, value: bool| above.child_by_field_name(name).and_then(|one| truth(walk, one)) == Some(value);
    match above.kind() {
        "if_statement" | "if_expression" | "elif_clause" | "ternary_expression" => match field {
            "consequence" => is("condition", false),
            "alternative" => is("condition", true),
            _ => false,
        },
        "while_statement" | "while_expression" => field == "body" && is("condition", false),
        "for_statement" | "for_in_statement" | "for_in_clause" => {
            field == "body" && is_empty(walk.child_text(above, "right"))
        }
        "conditional_expression" => in_conditional(walk, above, node),
        "boolean_operator" | "binary_expression" if field == "right" => match walk.child_text(above, "operator") {
            "and" | "&&" => is("left", false),
            "or" | "||" => is("left", true),
            _ => false,
        },
        _ => false,
    }
}

/// `a if condition else b` of Python, whose parts have no names.
fn in_conditional(walk: &Walk<'_>, above: Node<'_>, node: Node<'_>) -> bool {
    let parts = children(above);
    let [yes, condition, no] = parts.as_slice() else { return false };
    match truth(walk, *condition) {
        Some(true) => no.id() == node.id(),
        Some(false) => yes.id() == node.id(),
        None => false,
    }
}

fn is_empty(text: &str) -> bool {
    matches!(text, "[]" | "()" | "{}" | "range(0)" | "set()" | "list()" | "dict()")
}

/// What a condition always is.
pub(crate) fn truth(walk: &Walk<'_>, node: Node<'_>) -> Option<bool> {
    let text = walk.of(node);
    let side = |name: &str| node.child_by_field_name(name).and_then(|one| truth(walk, one));
    match node.kind() {
        "true" => Some(true),
        "false" | "none" | "null" | "nil" | "undefined" => Some(false),
        "boolean_literal" => Some(text == "true"),
        "integer" | "number" => Some(!matches!(text, "0" | "0.0")),
        "string" => matches!(text, "''" | "\"\"").then_some(false),
        "parenthesized_expression" => children(node).first().and_then(|one| truth(walk, *one)),
        "not_operator" => side("argument").map(|one| !one),
        "unary_expression" if text.starts_with('!') => {
            children(node).last().and_then(|one| truth(walk, *one)).map(|one| !one)
        }
        "boolean_operator" | "binary_expression" => {
            let (left, right) = (side("left"), side("right"));
            match walk.child_text(node, "operator") {
                "and" | "&&" if left == Some(false) || right == Some(false) => Some(false),
                "and" | "&&" => left.and(right),
                "or" | "||" if left == Some(true) || right == Some(true) => Some(true),
                "or" | "||" => left.and(right).map(|_| false),
                _ => None,
            }
        }
        "macro_invocation" => matches!(text, "cfg!(test)" | "cfg!(any())").then_some(false),
        "identifier" | "attribute" if text == "TYPE_CHECKING" || text.ends_with(".TYPE_CHECKING") => Some(false),
        "identifier" => constant(walk, node),
        _ => None,
    }
}

/// A name that the file binds once, to `true` or `false`.
fn constant(walk: &Walk<'_>, node: Node<'_>) -> Option<bool> {
    let name = walk.of(node);
    if !walk.settled.iter().any(|line| line.contains(name)) {
        return None;
    }
    let root = walk.path.first()?.node;
    let same = |one: &Node<'_>| walk.of(*one) == name;
    let named = walk.inside(root, &["identifier"], &[]);
    let mut found = None;
    for one in named.iter().filter(|one| same(one)) {
        let above = one.parent()?;
        let value = match above.kind() {
            "assignment"
            | "assignment_expression"
            | "variable_declarator"
            | "const_item"
            | "static_item"
            | "const_spec"
            | "let_declaration" => {
                let is_left = ["left", "name", "pattern"]
                    .iter()
                    .any(|field| above.child_by_field_name(field).is_some_and(|left| left.id() == one.id()));
                if !is_left {
                    continue;
                }
                let value = above.child_by_field_name("right").or(above.child_by_field_name("value"));
                value.map(|value| walk.of(value))
            }
            "expression_list" if is_written(above) => return None,
            kind if is_reading(kind, above, *one) => continue,
            _ => return None,
        };
        // Bound twice, or by something other than a literal: it may be anything.
        let value = match value {
            Some("true" | "True") => true,
            Some("false" | "False") => false,
            _ => return None,
        };
        if found.replace(value).is_some() {
            return None;
        }
    }
    found
}

/// The left side of an assignment of Go.
fn is_written(list: Node<'_>) -> bool {
    list.parent().and_then(|above| above.child_by_field_name("left")).is_some_and(|left| left.id() == list.id())
}

/// Lines that end with a boolean: only names in them can be constants.
pub(crate) fn settled(text: &str) -> Vec<&str> {
    let ends = |line: &&str| {
        let line = line.trim_end_matches([' ', '\t', '\r', ';', ',', '}']);
        ["true", "false", "True", "False"].iter().any(|word| line.ends_with(word))
    };
    text.lines().filter(ends).collect()
}

/// Whether a name below this node is only read there.
fn is_reading(kind: &str, above: Node<'_>, node: Node<'_>) -> bool {
    let is_condition = |field: &str| above.child_by_field_name(field).is_some_and(|one| one.id() == node.id());
    match kind {
        "if_statement" | "if_expression" | "elif_clause" | "while_statement" | "while_expression"
        | "ternary_expression" => is_condition("condition"),
        "parenthesized_expression"
        | "not_operator"
        | "unary_expression"
        | "boolean_operator"
        | "binary_expression"
        | "comparison_operator"
        | "argument_list"
        | "arguments"
        | "return_statement"
        | "conditional_expression"
        | "expression_statement"
        | "call"
        | "call_expression"
        | "interpolation"
        | "template_substitution"
        | "expression_list" => true,
        _ => false,
    }
}
