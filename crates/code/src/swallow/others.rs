//! What JavaScript, Rust and Go do with a failure on its way out: handlers of promises, results and errors that are looked at.

use tree_sitter::Node;

use super::{Fate, Look};
use crate::walk::children;

impl Look<'_> {
    // ===== JavaScript and TypeScript =====

    pub(super) fn script<'n>(&self, outer: Node<'n>, inner: Node<'n>, what: &str) -> Option<(Node<'n>, Fate, String)> {
        if outer.kind() == "try_statement" {
            let is_body = outer.child_by_field_name("body").map(|body| body.id()) == Some(inner.id());
            let last = outer.child_by_field_name("finalizer").filter(|last| last.id() != inner.id());
            if let Some(last) =
                last.filter(|last| self.holds(*last, &["return_statement", "break_statement", "continue_statement"]))
            {
                return Some((last, Fate::Swallowed, "return in finally".to_owned()));
            }
            // A promise that is handed back is rejected outside of the `try`.
            let is_returned = what == "Promise.reject" && !self.of(inner).contains("await Promise.reject");
            let handler = outer.child_by_field_name("handler").filter(|_| is_body && !is_returned)?;
            return Some((handler, self.ends(handler), "catch".to_owned()));
        }
        if outer.kind() != "call_expression" {
            return None;
        }
        let function = outer.child_by_field_name("function").filter(|one| one.id() == inner.id())?;
        if self.of(function).ends_with(".catch") {
            let argument = children(outer.child_by_field_name("arguments")?).into_iter().next()?;
            return Some((argument, self.answers(argument), ".catch".to_owned()));
        }
        if self.of(function).ends_with(".then") {
            let argument = children(outer.child_by_field_name("arguments")?).into_iter().nth(1)?;
            return Some((argument, self.answers(argument), "second handler of .then".to_owned()));
        }
        None
    }

    /// What a callback for failures does: a function by its name only is not looked into, but for those that are known.
    fn answers(&self, callback: Node<'_>) -> Fate {
        match self.of(callback) {
            "null" | "undefined" | "reject" | "next" | "done" => Fate::Escapes,
            text if text.starts_with("console.") || matches!(text, "noop" | "_.noop") => Fate::Swallowed,
            _ if matches!(callback.kind(), "identifier" | "member_expression" | "call_expression") => Fate::Partly,
            _ => self.ends(callback),
        }
    }

    // ===== Rust =====

    pub(super) fn rust<'n>(&self, outer: Node<'n>, inner: Node<'n>) -> Option<(Node<'n>, Fate, String)> {
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

    pub(super) fn go<'n>(&self, outer: Node<'n>, inner: Node<'n>) -> Option<(Node<'n>, Fate, String)> {
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

    /// What is done with the error behind an assignment, or around it: the first statement that speaks of it tells.
    fn checked<'n>(&self, assignment: Node<'n>, name: &str) -> Option<(Node<'n>, Fate, String)> {
        let around = assignment.parent().filter(|one| one.kind() == "if_statement");
        let speaks =
            |node: &Node<'_>| self.of(*node).split(|c: char| !c.is_alphanumeric() && c != '_').any(|one| one == name);
        let mut behind = std::iter::successors(assignment.next_named_sibling(), |one| one.next_named_sibling());
        let Some(next) = around.or_else(|| behind.find(speaks)) else {
            return Some((assignment, Fate::Partly, format!("`{name}` is not looked at next")));
        };
        let condition = next.child_by_field_name("condition").map_or("", |one| self.of(one));
        match next.kind() {
            "if_statement" if condition.contains(&format!("{name} != nil")) => {
                let branch = next.child_by_field_name("consequence")?;
                Some((next, self.ends(branch), format!("if {name} != nil")))
            }
            "return_statement" => None,
            // `err = fmt.Errorf("..: %w", err)` and `all = errors.Join(all, err)` hold it on.
            "assignment_statement" | "short_var_declaration" => {
                let wraps = ["%w", "errors.Join(", "errors.Wrap", "multierr.Append(", "multierror.Append("];
                let left = next.child_by_field_name("left").map_or("", |one| self.of(one)).to_owned();
                let is_kept = wraps.iter().any(|word| self.of(next).contains(word)) && !left.contains(',');
                if is_kept {
                    return self.checked(next, &left);
                }
                Some((assignment, Fate::Partly, format!("`{name}` is not looked at next")))
            }
            _ => Some((assignment, Fate::Partly, format!("`{name}` is not looked at next"))),
        }
    }
}
