//! Failures that nobody hears of: a check that fails inside of something that catches it and goes on.
//!
//! A place raises when it is `raise`, `throw`, `panic!`, `Err(..)`, `return .., err`, or a call of the function asked about.
//! It is swallowed when what stands around it in the same function catches it and neither raises again nor ends the
//! process. Conditions are not evaluated: a handler that raises on some of its ways only is told apart as `partly`.

mod others;
mod python;

use tree_sitter::Node;

use crate::Language;
use crate::caught::{catches, exits};
use crate::walk::{children, line, tree};

/// What becomes of a failure at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It leaves the function.
    Escapes,
    /// Something around it catches it and goes on.
    Swallowed,
    /// The handler raises on some of its ways only.
    Partly,
}

/// One place that can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// From 1.
    pub line: usize,
    /// Its byte.
    pub at: usize,
    /// What becomes of it.
    pub fate: Fate,
    /// The line of the handler, and what it is.
    pub by: Option<(usize, String)>,
    /// The exception that is raised, when it is named.
    pub what: String,
    /// Stands in a function that starts a task of its own: nobody waits for it.
    pub is_detached: bool,
    /// What it goes through in Python's `with`, as called: each may catch it in the end.
    pub managers: Vec<(String, usize)>,
}

/// Nodes that are functions of their own: a handler outside of them does not see what fails within.
const FUNCTIONS: &[&str] = &[
    "function_definition",
    "lambda",
    "function_declaration",
    "function_expression",
    "arrow_function",
    "method_definition",
    "generator_function_declaration",
    "function_item",
    "closure_expression",
    "method_declaration",
    "func_literal",
    "class_definition",
    "class_declaration",
    "async_block",
];

/// The places within these bytes that raise, or with a name the calls of it.
pub fn failing(language: Language, text: &str, within: std::ops::Range<usize>, call: Option<&str>) -> Vec<Failing> {
    let Some(tree) = tree(language, text) else { return Vec::new() };
    let look = Look { language, text };
    let mut found = Vec::new();
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        if node.end_byte() <= within.start || node.start_byte() >= within.end {
            continue;
        }
        if node.start_byte() >= within.start && node.end_byte() <= within.end {
            let what = match call {
                Some(name) => look.calls(node, name),
                None => look.raises(node),
            };
            found.extend(what.map(|what| look.fate(node, what, within.start, call.is_some())));
        }
        let mut cursor = node.walk();
        open.extend(node.children(&mut cursor));
    }
    found.sort_by_key(|one| one.at);
    found
}

/// What becomes of an exception that comes out of the call at this byte.
pub fn call_fate(language: Language, text: &str, at: usize, what: &str) -> Option<Failing> {
    let tree = tree(language, text)?;
    let mut node = tree.root_node().descendant_for_byte_range(at, at)?;
    while !matches!(node.kind(), "call" | "call_expression") || node.start_byte() != at {
        node = node.parent()?;
    }
    // Of calls that begin at one byte, as in `f().g()`, the innermost one is meant.
    let look = Look { language, text };
    Some(look.fate(node, what.to_owned(), 0, true))
}

/// What becomes of an exception of this name that is raised at this byte.
pub fn raise_fate(language: Language, text: &str, at: usize, what: &str) -> Option<Failing> {
    let tree = tree(language, text)?;
    let mut node = tree.root_node().descendant_for_byte_range(at, at)?;
    while !matches!(node.kind(), "raise_statement" | "yield") || node.start_byte() != at {
        node = node.parent()?;
    }
    Some(Look { language, text }.fate(node, what.to_owned(), 0, false))
}

/// What becomes of an exception in the block of a `with` over a generator of Python: it comes out of the `yield`.
pub fn yield_fate(text: &str, within: std::ops::Range<usize>, what: &str) -> Option<Failing> {
    let tree = tree(Language::Python, text)?;
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        let is_within = node.start_byte() >= within.start && node.end_byte() <= within.end;
        if node.kind() == "yield" && is_within {
            let look = Look { language: Language::Python, text };
            return Some(look.fate(node, what.to_owned(), within.start, true));
        }
        open.extend(children(node).into_iter().rev());
    }
    None
}

/// Whether an `__exit__` within these bytes keeps what is raised to itself: always, on some ways, or not.
pub fn exit_fate(text: &str, within: std::ops::Range<usize>) -> Fate {
    let Some(tree) = tree(Language::Python, text) else { return Fate::Partly };
    let look = Look { language: Language::Python, text };
    let mut open = vec![tree.root_node()];
    let mut fate = Fate::Escapes;
    while let Some(node) = open.pop() {
        let is_within = node.start_byte() >= within.start && node.end_byte() <= within.end;
        if node.kind() == "return_statement" && is_within {
            match children(node).first().map_or("", |value| look.of(*value)) {
                "True" | "1" => return Fate::Swallowed,
                "False" | "None" | "" | "0" => {}
                // What another manager answers, as in `return self.inner.__exit__(..)`, or a comparison.
                _ => fate = Fate::Partly,
            }
        }
        open.extend(children(node));
    }
    fate
}

struct Look<'t> {
    language: Language,
    text: &'t str,
}

impl<'t> Look<'t> {
    pub(super) fn of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    /// The exception, when the node raises one.
    fn raises(&self, node: Node<'_>) -> Option<String> {
        let first = |node: Node<'_>| children(node).first().map_or("", |one| self.of(*one)).to_owned();
        let head = |text: String| text.split('(').next().unwrap_or("").trim().to_owned();
        match (self.language, node.kind()) {
            (Language::Python, "raise_statement") => Some(head(first(node))),
            (Language::Python, "assert_statement") => Some("AssertionError".to_owned()),
            (Language::Python | Language::Go, "call")
            | (Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Go, "call_expression") => {
                let function = node.child_by_field_name("function").map_or("", |one| self.of(one));
                let rejects = self.language.is_script() && matches!(function, "Promise.reject" | "reject");
                (exits(function) || rejects).then(|| function.to_owned())
            }
            (Language::JavaScript | Language::TypeScript | Language::Tsx, "throw_statement") => {
                Some(head(first(node)).trim_start_matches("new ").to_owned())
            }
            (Language::Rust, "macro_invocation") => {
                let name = node.child_by_field_name("macro").map_or("", |one| self.of(one));
                matches!(
                    name,
                    "panic" | "bail" | "ensure" | "assert" | "anyhow::bail" | "anyhow::ensure" | "unreachable"
                )
                .then(|| name.to_owned())
            }
            (Language::Rust, "try_expression") => Some("?".to_owned()),
            (Language::Rust, "call_expression") => {
                let function = node.child_by_field_name("function").map_or("", |one| self.of(one));
                let method = function.rsplit('.').next().unwrap_or("").trim();
                let fails = matches!(method, "unwrap" | "expect" | "ok_or" | "ok_or_else") && function.contains('.');
                (function == "Err" || fails || exits(function)).then(|| method.to_owned())
            }
            (Language::Go, "return_statement") => {
                let last = children(node).first().and_then(|list| children(*list).last().copied());
                let text = last.map_or("", |last| self.of(last));
                let is_error = text.starts_with("errors.")
                    || text.starts_with("fmt.Errorf")
                    || text == "err"
                    || text.starts_with("Err")
                    || text.ends_with("Error{}");
                is_error.then(|| text.split('(').next().unwrap_or("").to_owned())
            }
            _ => None,
        }
    }

    /// Whether the node is a call of the name.
    fn calls(&self, node: Node<'_>, name: &str) -> Option<String> {
        if !matches!(node.kind(), "call" | "call_expression") {
            return None;
        }
        let function = node.child_by_field_name("function").map_or("", |one| self.of(one));
        let last = function.rsplit(['.', ':']).next().unwrap_or("");
        (last == name).then(|| name.to_owned())
    }

    /// Follows a place outwards to the end of its function.
    fn fate(&self, node: Node<'_>, what: String, start: usize, is_call: bool) -> Failing {
        let mut failing = Failing {
            line: line(node),
            at: node.start_byte(),
            fate: Fate::Escapes,
            by: None,
            what,
            is_detached: false,
            managers: Vec::new(),
        };
        if is_exit(&failing.what, self.language) && !is_call {
            // Python's `sys.exit` raises, and a bare `except` catches it.
            if self.language != Language::Python || failing.what == "os._exit" || failing.what == "os.abort" {
                return failing;
            }
        }
        let mut inner = node;
        let mut what = failing.what.clone();
        while let Some(outer) = inner.parent() {
            if let Some((handler, fate, words)) = self.handler(outer, inner, &what, is_call) {
                failing.by = Some((line(handler), words));
                failing.fate = fate;
                // `raise Other from error`: from here on it is another.
                what = self.raised_in(handler).unwrap_or(what);
                // A value that is looked at once is gone; an exception that is raised again meets the next handler.
                if fate != Fate::Escapes || matches!(self.language, Language::Rust | Language::Go) {
                    return failing;
                }
            }
            if outer.kind() == "with_statement" {
                failing.managers.extend(self.managers(outer));
            }
            if let Some(words) = self.detached(outer, inner) {
                (failing.by, failing.fate) = (Some((line(outer), words)), Fate::Swallowed);
                failing.is_detached = true;
                return failing;
            }
            if FUNCTIONS.contains(&outer.kind()) && self.is_in_chain(outer) {
                inner = outer;
                continue;
            }
            if FUNCTIONS.contains(&outer.kind()) || outer.start_byte() < start {
                failing.is_detached = outer.kind() == "async_block" || self.is_spawned(outer);
                return failing;
            }
            inner = outer;
        }
        failing
    }

    /// A task of its own, for whose end nobody waits here.
    fn detached(&self, outer: Node<'_>, inner: Node<'_>) -> Option<String> {
        let arguments = matches!(inner.kind(), "argument_list" | "arguments");
        let name = outer.child_by_field_name("function").filter(|_| arguments).map_or("", |one| self.of(one));
        let last = name.rsplit(['.', ':']).next().unwrap_or("");
        if self.is_waited_for(outer, name) {
            return None;
        }
        let keeps = last == "gather" && self.of(inner).contains("return_exceptions=True");
        (keeps || name == "asyncio.wait" || matches!(last, "create_task" | "ensure_future" | "add_task" | "allSettled"))
            .then(|| last.to_owned())
    }

    /// A task whose end somebody waits for: `await create_task(..)`, one that is awaited by its name, one of a group.
    fn is_waited_for(&self, call: Node<'_>, name: &str) -> bool {
        let Some(above) = call.parent().filter(|_| self.language == Language::Python) else { return false };
        if above.kind() == "await" {
            return true;
        }
        let object = name.split('.').next().unwrap_or("");
        let around = std::iter::successors(call.parent(), |node| node.parent());
        let function = around.clone().find(|node| FUNCTIONS.contains(&node.kind()));
        let in_group = around.filter(|node| node.kind() == "with_statement").any(|with| {
            let head = self.of(with).split(":\n").next().unwrap_or("");
            let is_group = ["TaskGroup(", "create_task_group(", "open_nursery("].iter().any(|word| head.contains(word));
            is_group && head.contains(&format!(" as {object}"))
        });
        let kept = above.child_by_field_name("left").filter(|_| above.kind() == "assignment").map(|left| self.of(left));
        let body = function.map_or(self.text, |function| self.of(function));
        let is_awaited = kept.is_some_and(|kept| {
            body.contains(&format!("await {kept}"))
                || body.contains(&format!("gather({kept}")) && !body.contains("return_exceptions")
        });
        in_group || is_awaited
    }

    /// A callback of a promise: what fails in it goes on along the chain.
    fn is_in_chain(&self, function: Node<'_>) -> bool {
        let call = function.parent().filter(|one| one.kind() == "arguments").and_then(|one| one.parent());
        let name = call.and_then(|call| call.child_by_field_name("function")).map_or("", |one| self.of(one));
        let last = name.rsplit('.').next().unwrap_or("");
        self.language.is_script()
            && matches!(last, "then" | "finally" | "map" | "forEach" | "filter" | "reduce" | "some" | "every")
    }

    /// A closure handed to something that runs it apart.
    fn is_spawned(&self, function: Node<'_>) -> bool {
        let call = function.parent().and_then(|one| {
            if one.kind() == "arguments" || one.kind() == "argument_list" { one.parent() } else { Some(one) }
        });
        call.is_some_and(|call| {
            let name = call.child_by_field_name("function").map_or("", |one| self.of(one));
            let last = name.rsplit(['.', ':']).next().unwrap_or("");
            let apart = [
                "spawn",
                "create_task",
                "setTimeout",
                "setImmediate",
                "setInterval",
                "nextTick",
                "queueMicrotask",
                "on",
                "once",
                "addEventListener",
                "subscribe",
                "submit",
            ];
            apart.contains(&last) || call.kind() == "go_statement"
        })
    }

    /// What `outer` does with a failure in `inner`.
    fn handler<'n>(
        &self,
        outer: Node<'n>,
        inner: Node<'n>,
        what: &str,
        is_call: bool,
    ) -> Option<(Node<'n>, Fate, String)> {
        match self.language {
            Language::Python => self.python(outer, inner, what),
            Language::JavaScript | Language::TypeScript | Language::Tsx => self.script(outer, inner, what),
            Language::Rust if is_call => self.rust(outer, inner),
            Language::Go if is_call => self.go(outer, inner),
            Language::Rust | Language::Go => None,
        }
    }

    // ===== handlers =====

    /// What a handler does: raises or exits always, sometimes, or never.
    pub(super) fn ends(&self, handler: Node<'_>) -> Fate {
        self.ends_with(handler, "")
    }

    /// The same, where it is known what is caught: `if isinstance(error, ThatOne): raise`.
    pub(super) fn ends_with(&self, handler: Node<'_>, what: &str) -> Fate {
        let body = self.body(handler);
        if self.always(body, what) || self.is_end(body) {
            return Fate::Escapes;
        }
        let mut open: Vec<Node<'_>> = children(body).into_iter().take_while(|one| !self.leaves(*one)).collect();
        while let Some(node) = open.pop() {
            if self.is_end(node) {
                return Fate::Partly;
            }
            if !FUNCTIONS.contains(&node.kind()) {
                open.extend(children(node));
            }
        }
        Fate::Swallowed
    }

    fn body<'n>(&self, handler: Node<'n>) -> Node<'n> {
        let named = handler.child_by_field_name("body");
        let body = named.or_else(|| children(handler).into_iter().find(|one| one.kind() == "block")).unwrap_or(handler);
        // Go wraps the statements of a block once more.
        children(body).into_iter().find(|one| one.kind() == "statement_list").unwrap_or(body)
    }

    /// Whether the last thing done raises, whatever happens before, and nothing returns earlier.
    fn always(&self, block: Node<'_>, what: &str) -> bool {
        let statements = children(block);
        statements.iter().take_while(|one| !self.leaves(**one)).any(|one| {
            self.is_end(*one)
                || one.kind() == "expression_statement" && children(*one).first().is_some_and(|one| self.is_end(*one))
        }) || statements.iter().take_while(|one| !self.leaves(**one)).any(|one| self.both(*one, what))
    }

    /// `if .. else ..` whose every way raises.
    fn both(&self, node: Node<'_>, what: &str) -> bool {
        if !matches!(node.kind(), "if_statement" | "if_expression") {
            return false;
        }
        let condition = node.child_by_field_name("condition").map_or("", |one| self.of(one));
        if self.holds_always(condition, what) {
            return node.child_by_field_name("consequence").is_some_and(|way| self.always(self.body(way), what));
        }
        let ways = ["consequence", "alternative"].map(|field| node.child_by_field_name(field));
        ways.iter().all(|way| way.is_some_and(|way| self.always(self.body(way), what)))
    }

    /// A condition that holds whatever happens, or for what is caught.
    fn holds_always(&self, condition: &str, what: &str) -> bool {
        let inner = condition.trim_matches(['(', ')', ' ']);
        let asked = condition.strip_prefix("isinstance(").and_then(|rest| rest.strip_suffix(')'));
        let caught = asked.and_then(|rest| rest.split_once(',')).map(|(_, of)| of.trim().trim_matches(['(', ')']));
        let is_caught = caught.is_some_and(|caught| !what.is_empty() && catches(caught, what));
        matches!(inner, "True" | "true" | "1" | "not False" | "!false") || is_caught
    }

    /// A statement that leaves the handler without raising: what stands behind it is not reached.
    fn leaves(&self, statement: Node<'_>) -> bool {
        let leaves = matches!(statement.kind(), "return_statement" | "break_statement" | "continue_statement");
        leaves && !self.is_end(statement)
    }

    /// The exception that a handler raises in place of what it caught.
    fn raised_in(&self, handler: Node<'_>) -> Option<String> {
        let mut open = vec![handler];
        while let Some(node) = open.pop() {
            if node.kind() == "raise_statement" {
                let first = children(node).into_iter().next()?;
                let text = self.of(first).split('(').next().unwrap_or("").trim();
                let is_class = text.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase));
                return is_class.then(|| text.to_owned());
            }
            open.extend(children(node).into_iter().filter(|one| !FUNCTIONS.contains(&one.kind())));
        }
        None
    }

    /// A node that raises or exits.
    fn is_end(&self, node: Node<'_>) -> bool {
        match node.kind() {
            "raise_statement" | "throw_statement" => true,
            "try_expression" => true,
            "return_expression" | "return_statement" => match self.language {
                Language::Go => self.returns_error(node),
                Language::Rust => self.of(node).contains("Err"),
                Language::JavaScript | Language::TypeScript | Language::Tsx => self.of(node).contains("Promise.reject"),
                Language::Python => false,
            },
            "call" | "call_expression" => {
                let function = node.child_by_field_name("function").map_or("", |one| self.of(one));
                exits(function)
                    || function.ends_with(".Fatal")
                    || function.ends_with(".Fatalf")
                    || function.ends_with(".Panic")
            }
            "macro_invocation" => self.raises(node).is_some(),
            _ => false,
        }
    }

    fn returns_error(&self, node: Node<'_>) -> bool {
        let last = children(node).first().and_then(|list| children(*list).last().copied());
        last.is_some_and(|last| !matches!(self.of(last), "nil" | "true" | "false") && last.kind() != "int_literal")
    }

    pub(super) fn holds(&self, node: Node<'_>, kinds: &[&str]) -> bool {
        let mut open = children(node);
        while let Some(node) = open.pop() {
            if kinds.contains(&node.kind()) {
                return true;
            }
            if !FUNCTIONS.contains(&node.kind()) {
                open.extend(children(node));
            }
        }
        false
    }
}

fn is_exit(what: &str, language: Language) -> bool {
    exits(what) && !(language == Language::Rust && what == "panic")
}
