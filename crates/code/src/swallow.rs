//! Failures that nobody hears of: a check that fails inside of something that catches it and goes on.
//!
//! A place raises when it is `raise`, `throw`, `panic!`, `Err(..)`, `return .., err`, or a call of the function asked about.
//! It is swallowed when what stands around it in the same function catches it and neither raises again nor ends the
//! process. Conditions are not evaluated: a handler that raises on some of its ways only is told apart as `partly`.

use tree_sitter::Node;

use crate::Language;
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
}

/// Calls that end the process.
const EXITS: &[&str] = &[
    "sys.exit",
    "exit",
    "quit",
    "os._exit",
    "os.abort",
    "process.exit",
    "process.abort",
    "os.Exit",
    "log.Fatal",
    "log.Fatalf",
    "log.Fatalln",
    "panic",
    "process::exit",
    "process::abort",
    "abort",
    "os.kill",
];

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

struct Look<'t> {
    language: Language,
    text: &'t str,
}

impl<'t> Look<'t> {
    fn of(&self, node: Node<'_>) -> &'t str {
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
                exits(function).then(|| function.to_owned())
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
        };
        if is_exit(&failing.what, self.language) && !is_call {
            // Python's `sys.exit` raises, and a bare `except` catches it.
            if self.language != Language::Python || failing.what == "os._exit" || failing.what == "os.abort" {
                return failing;
            }
        }
        let mut inner = node;
        while let Some(outer) = inner.parent() {
            if let Some((handler, fate, words)) = self.handler(outer, inner, &failing.what, is_call) {
                failing.by = Some((line(handler), words));
                failing.fate = fate;
                // A value that is looked at once is gone; an exception that is raised again meets the next handler.
                if fate != Fate::Escapes || matches!(self.language, Language::Rust | Language::Go) {
                    return failing;
                }
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
        let keeps = last == "gather" && self.of(inner).contains("return_exceptions=True");
        (keeps || matches!(last, "create_task" | "ensure_future" | "add_task" | "allSettled")).then(|| last.to_owned())
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
            name.ends_with("spawn") || name.ends_with("create_task") || call.kind() == "go_statement"
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
            Language::JavaScript | Language::TypeScript | Language::Tsx => self.script(outer, inner),
            Language::Rust if is_call => self.rust(outer, inner),
            Language::Go if is_call => self.go(outer, inner),
            Language::Rust | Language::Go => None,
        }
    }

    // ===== Python =====

    fn python<'n>(&self, outer: Node<'n>, inner: Node<'n>, what: &str) -> Option<(Node<'n>, Fate, String)> {
        if outer.kind() == "with_statement" {
            let head = self.of(outer).lines().next().unwrap_or("");
            let caught = head.split("suppress(").nth(1)?.split(')').next()?;
            return catches(caught, what).then(|| (outer, Fate::Swallowed, "suppress".to_owned()));
        }
        if outer.kind() != "try_statement"
            || outer.child_by_field_name("body").map(|body| body.id()) != Some(inner.id())
        {
            return None;
        }
        let clauses = children(outer).into_iter();
        // `return` in `finally` swallows everything.
        let mut finals = clauses.clone().filter(|one| one.kind() == "finally_clause");
        if let Some(last) = finals.find(|one| self.holds(*one, &["return_statement", "break_statement"])) {
            return Some((last, Fate::Swallowed, "return in finally".to_owned()));
        }
        for clause in clauses.filter(|one| matches!(one.kind(), "except_clause" | "except_group_clause")) {
            let caught = self.caught(clause);
            let name = if caught.is_empty() { "except".to_owned() } else { format!("except {caught}") };
            if catches(&caught, what) {
                return Some((clause, self.ends(clause), name));
            }
            if may_catch(&caught, what) && self.ends(clause) != Fate::Escapes {
                return Some((clause, Fate::Partly, name));
            }
        }
        None
    }

    /// The exceptions of a clause, as written; empty for a bare `except`.
    fn caught(&self, clause: Node<'_>) -> String {
        let first = children(clause).into_iter().find(|one| one.kind() != "block" && one.kind() != "comment");
        let text = first.map_or("", |one| self.of(one));
        text.split(" as ").next().unwrap_or("").trim_matches(['(', ')']).to_owned()
    }

    // ===== JavaScript and TypeScript =====

    fn script<'n>(&self, outer: Node<'n>, inner: Node<'n>) -> Option<(Node<'n>, Fate, String)> {
        if outer.kind() == "try_statement" {
            let is_body = outer.child_by_field_name("body").map(|body| body.id()) == Some(inner.id());
            let handler = outer.child_by_field_name("handler").filter(|_| is_body)?;
            return Some((handler, self.ends(handler), "catch".to_owned()));
        }
        if outer.kind() != "call_expression" {
            return None;
        }
        let function = outer.child_by_field_name("function").filter(|one| one.id() == inner.id())?;
        if self.of(function).ends_with(".catch") {
            let argument = children(outer.child_by_field_name("arguments")?).into_iter().next()?;
            return Some((argument, self.ends(argument), ".catch".to_owned()));
        }
        None
    }

    // ===== Rust =====

    fn rust<'n>(&self, outer: Node<'n>, inner: Node<'n>) -> Option<(Node<'n>, Fate, String)> {
        let swallowed = |words: &str| Some((outer, Fate::Swallowed, words.to_owned()));
        match outer.kind() {
            "let_declaration" => {
                let pattern = outer.child_by_field_name("pattern").map_or("", |one| self.of(one));
                let is_value = outer.child_by_field_name("value").map(|one| one.id()) == Some(inner.id());
                if is_value && pattern == "_" { swallowed("let _ =") } else { None }
            }
            "try_expression" => Some((outer, Fate::Escapes, "?".to_owned())),
            "field_expression" if matches!(self.of(outer).rsplit('.').next(), Some("unwrap" | "expect")) => {
                Some((outer, Fate::Escapes, "unwrap".to_owned()))
            }
            "field_expression" => {
                let method = outer.child_by_field_name("field").map_or("", |one| self.of(one));
                let drops = [
                    "ok",
                    "unwrap_or_default",
                    "unwrap_or",
                    "unwrap_or_else",
                    "is_ok",
                    "is_err",
                    "err",
                    "or_else",
                    "inspect_err",
                ];
                (drops.contains(&method) && method != "inspect_err")
                    .then(|| (outer, Fate::Swallowed, format!(".{method}()")))
            }
            "let_condition" | "match_expression" => {
                let branch = outer.parent().filter(|one| one.kind() == "if_expression").unwrap_or(outer);
                Some((
                    outer,
                    self.ends(branch),
                    if outer.kind() == "let_condition" { "if let" } else { "match" }.to_owned(),
                ))
            }
            "expression_statement" if inner.kind() == "call_expression" || inner.kind() == "await_expression" => {
                Some((outer, Fate::Partly, "result not used".to_owned()))
            }
            _ => None,
        }
    }

    // ===== Go =====

    fn go<'n>(&self, outer: Node<'n>, inner: Node<'n>) -> Option<(Node<'n>, Fate, String)> {
        match outer.kind() {
            "assignment_statement" | "short_var_declaration" => {
                let left = outer.child_by_field_name("left").map_or("", |one| self.of(one));
                let last = left.rsplit(',').next().unwrap_or("").trim();
                if last == "_" {
                    return Some((outer, Fate::Swallowed, "assigned to _".to_owned()));
                }
                self.checked(outer, last)
            }
            "expression_statement" | "go_statement" | "defer_statement" if inner.kind() == "call_expression" => {
                let words = format!("{} its error is not looked at", outer.kind().split('_').next().unwrap_or(""));
                Some((
                    outer,
                    if outer.kind() == "expression_statement" { Fate::Partly } else { Fate::Swallowed },
                    words,
                ))
            }
            _ => None,
        }
    }

    /// `if err != nil { .. }` behind an assignment, or around it.
    fn checked<'n>(&self, assignment: Node<'n>, name: &str) -> Option<(Node<'n>, Fate, String)> {
        let around = assignment.parent().filter(|one| one.kind() == "if_statement");
        let check = around.or_else(|| assignment.next_named_sibling().filter(|next| next.kind() == "if_statement"));
        let condition = check.and_then(|check| check.child_by_field_name("condition")).map_or("", |one| self.of(one));
        let Some(check) = check.filter(|_| condition.contains(&format!("{name} != nil"))) else {
            let is_returned = assignment
                .next_named_sibling()
                .is_some_and(|next| next.kind() == "return_statement" && self.of(next).contains(name));
            return (!is_returned).then(|| (assignment, Fate::Partly, format!("`{name}` is not looked at next")));
        };
        let branch = check.child_by_field_name("consequence")?;
        Some((check, self.ends(branch), format!("if {name} != nil")))
    }

    // ===== handlers =====

    /// What a handler does: raises or exits always, sometimes, or never.
    fn ends(&self, handler: Node<'_>) -> Fate {
        let body = self.body(handler);
        if self.always(body) {
            return Fate::Escapes;
        }
        let mut open = children(body);
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
    fn always(&self, block: Node<'_>) -> bool {
        let statements = children(block);
        statements.iter().any(|one| {
            self.is_end(*one)
                || one.kind() == "expression_statement" && children(*one).first().is_some_and(|one| self.is_end(*one))
        }) || statements.last().is_some_and(|last| self.both(*last))
    }

    /// `if .. else ..` whose every way raises.
    fn both(&self, node: Node<'_>) -> bool {
        if !matches!(node.kind(), "if_statement" | "if_expression") {
            return false;
        }
        let ways = ["consequence", "alternative"].map(|field| node.child_by_field_name(field));
        ways.iter().all(|way| way.is_some_and(|way| self.always(self.body(way))))
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

    fn holds(&self, node: Node<'_>, kinds: &[&str]) -> bool {
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

/// Whether a call ends the process, with or without the root of its path.
fn exits(function: &str) -> bool {
    EXITS.contains(&function.strip_prefix("std::").unwrap_or(function))
}

fn is_exit(what: &str, language: Language) -> bool {
    exits(what) && !(language == Language::Rust && what == "panic")
}

/// Whether a Python clause catches an exception, by what is known of both names.
fn catches(caught: &str, what: &str) -> bool {
    let last = |name: &str| name.trim().rsplit('.').next().unwrap_or("").to_owned();
    let what = last(what);
    let leaves = ["exit", "quit", "SystemExit", "KeyboardInterrupt", "CancelledError"].contains(&what.as_str());
    caught.is_empty()
        || caught.split(',').map(last).any(|name| match name.as_str() {
            "BaseException" => true,
            "SystemExit" => leaves,
            "Exception" => !leaves,
            name => name == what || parents(&what).contains(&name),
        })
}

/// A class of one's own may have any base: whether `except Base` catches it is not told by names.
fn may_catch(caught: &str, what: &str) -> bool {
    let last = |name: &str| name.trim().rsplit('.').next().unwrap_or("").to_owned();
    let is_builtin = |name: &str| BUILTIN.contains(&name) || !parents(name).is_empty();
    let unrelated = ["SystemExit", "KeyboardInterrupt", "CancelledError", "StopIteration", "GeneratorExit"];
    !is_builtin(&last(what))
        && !exits(what)
        && caught.split(',').map(last).any(|name| !unrelated.contains(&name.as_str()))
}

/// Exceptions that Python brings and that stand right below `Exception`.
const BUILTIN: &[&str] = &[
    "Exception",
    "BaseException",
    "RuntimeError",
    "ValueError",
    "TypeError",
    "OSError",
    "IOError",
    "LookupError",
    "AttributeError",
    "NameError",
    "ImportError",
    "AssertionError",
    "ArithmeticError",
    "EnvironmentError",
    "MemoryError",
    "StopIteration",
    "SystemExit",
    "KeyboardInterrupt",
    "EOFError",
    "SyntaxError",
    "Warning",
];

/// Base classes of the exceptions that Python brings, other than `Exception`; from the hierarchy in its documentation.
fn parents(what: &str) -> &'static [&'static str] {
    match what {
        "KeyError" | "IndexError" => &["LookupError"],
        "FileNotFoundError" | "PermissionError" | "TimeoutError" | "FileExistsError" | "InterruptedError" => {
            &["OSError", "IOError", "EnvironmentError"]
        }
        "ConnectionError"
        | "ConnectionRefusedError"
        | "ConnectionResetError"
        | "BrokenPipeError"
        | "ConnectionAbortedError" => &["ConnectionError", "OSError", "IOError"],
        "NotImplementedError" | "RecursionError" => &["RuntimeError"],
        "ModuleNotFoundError" => &["ImportError"],
        "ZeroDivisionError" | "OverflowError" | "FloatingPointError" => &["ArithmeticError"],
        "UnicodeDecodeError" | "UnicodeEncodeError" | "UnicodeError" | "ValidationError" | "JSONDecodeError" => {
            &["ValueError", "UnicodeError"]
        }
        _ => &[],
    }
}
