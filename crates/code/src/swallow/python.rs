//! What Python does with an exception on its way out: `except`, `finally`, `with`.

use tree_sitter::Node;

use super::{Fate, Look};
use crate::Language;
use crate::caught::{catches, may_catch};
use crate::walk::{children, line};

impl<'t> Look<'t> {
    pub(super) fn python<'n>(&self, outer: Node<'n>, inner: Node<'n>, what: &str) -> Option<(Node<'n>, Fate, String)> {
        if outer.kind() == "with_statement" {
            return self.suppressed(outer, what).map(|fate| (outer, fate, "suppress".to_owned()));
        }
        if outer.kind() != "try_statement" || inner.kind() == "finally_clause" {
            return None;
        }
        let clauses = children(outer).into_iter();
        // `return` in `finally` swallows everything.
        let mut finals = clauses.clone().filter(|one| one.kind() == "finally_clause");
        if let Some(last) = finals.find(|one| self.holds(*one, &["return_statement", "break_statement"])) {
            return Some((last, Fate::Swallowed, "return in finally".to_owned()));
        }
        if outer.child_by_field_name("body").map(|body| body.id()) != Some(inner.id()) {
            return None;
        }
        for clause in clauses.filter(|one| matches!(one.kind(), "except_clause" | "except_group_clause")) {
            let caught = self.named_tuple(&self.caught(clause));
            let name = if caught.is_empty() { "except".to_owned() } else { format!("except {caught}") };
            if catches(&caught, what) {
                return Some((clause, self.ends_with(clause, what), name));
            }
            if may_catch(&caught, what) && self.ends(clause) != Fate::Escapes {
                return Some((clause, Fate::Partly, name));
            }
        }
        None
    }

    /// What `suppress`, under whatever name, does with an exception.
    fn suppressed(&self, with: Node<'_>, what: &str) -> Option<Fate> {
        let names = self.other_names("suppress");
        for (name, arguments) in self.calls_of(with) {
            let last = name.rsplit('.').next().unwrap_or(&name);
            if last != "suppress" && !names.iter().any(|known| *known == name) {
                continue;
            }
            let caught = self.named_tuple(arguments.trim_matches(['(', ')']).trim_start_matches('*'));
            if catches(&caught, what) && !caught.is_empty() {
                return Some(Fate::Swallowed);
            }
            if may_catch(&caught, what) {
                return Some(Fate::Partly);
            }
        }
        None
    }

    /// The calls in the head of a `with`: function and arguments as written.
    fn calls_of(&self, with: Node<'_>) -> Vec<(String, String)> {
        let body = with.child_by_field_name("body").map(|body| body.id());
        let mut open: Vec<Node<'_>> = children(with).into_iter().filter(|one| Some(one.id()) != body).collect();
        let mut found = Vec::new();
        while let Some(node) = open.pop() {
            if node.kind() == "call" {
                let text = |field: &str| node.child_by_field_name(field).map_or("", |one| self.of(one)).to_owned();
                found.push((text("function"), text("arguments")));
            } else {
                open.extend(children(node));
            }
        }
        found
    }

    /// The managers in the head of a `with`, those that are known to let everything through left out.
    pub(super) fn managers(&self, with: Node<'_>) -> Vec<(String, usize)> {
        let of_python = self.language == Language::Python;
        let calls = self.calls_of(with).into_iter().filter(|_| of_python).map(|(name, _)| (name, line(with)));
        calls.filter(|(name, _)| !matches!(name.as_str(), "open" | "suppress" | "contextlib.suppress")).collect()
    }

    /// Names under which a file knows something: `suppress as quiet`, `quiet = contextlib.suppress`.
    fn other_names(&self, of: &str) -> Vec<&'t str> {
        let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
        let mark = format!("{of} as ");
        let aliased = self.text.split(mark.as_str()).skip(1);
        let aliased = aliased.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""));
        let bound = self.text.lines().filter_map(|line| {
            let (left, right) = line.split_once('=')?;
            (right.trim().rsplit('.').next() == Some(of)).then(|| left.trim())
        });
        aliased.chain(bound).filter(is_word).collect()
    }

    /// `ERRORS = (A, B)` and then `except ERRORS`: what is in it. A tuple that is not in this file stays a name.
    fn named_tuple(&self, caught: &str) -> String {
        let is_name = !caught.is_empty() && caught.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_name {
            return caught.to_owned();
        }
        let written = self.text.lines().enumerate().find_map(|(at, line)| {
            let rest = line.trim_start().strip_prefix(caught)?.trim_start();
            let value = rest.strip_prefix(':').map_or(Some(rest), |typed| typed.find('=').map(|at| &typed[at..]))?;
            let value = value.strip_prefix('=').filter(|value| !value.starts_with('='))?.trim_start();
            value.starts_with('(').then_some(at)
        });
        let Some(at) = written else { return caught.to_owned() };
        let whole: String = self.text.lines().skip(at).collect::<Vec<_>>().join(" ");
        let inner = whole.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inner, _)| inner);
        inner.trim().trim_end_matches(',').to_owned()
    }

    /// The exceptions of a clause, as written; empty for a bare `except`.
    fn caught(&self, clause: Node<'_>) -> String {
        let first = children(clause).into_iter().find(|one| one.kind() != "block" && one.kind() != "comment");
        let text = first.map_or("", |one| self.of(one));
        text.split(" as ").next().unwrap_or("").trim_matches(['(', ')']).to_owned()
    }
}
