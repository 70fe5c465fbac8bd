//! Conditions and filters of workflows: what can be told of them without running anything.
//!
//! Only what is certain counts: `if: false`, an event that the workflow is not started by, a branch that it is not started for, a variable that is
//! set right there, a path filter that no file of the repository fits. Anything else is taken to be true. Source: "Contexts" and "Expressions", docs.github.com.

use globset::{Glob, GlobSetBuilder};
use text::Node;

/// What starts a workflow, as far as it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts {
    pub(super) events: Vec<String>,
    /// Branches that a push is limited to, when that is all that is written.
    pub(super) branches: Option<Vec<String>>,
}

/// How a condition comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Never,
    /// Only when something failed before.
    AfterFailure,
    /// A switch outside the repository.
    Switch,
    Possible,
}

/// Weighs `if:`; `set` are variables that are written where the condition sees them.
pub(super) fn weigh(text: &str, starts: &Starts, set: &[(String, String)]) -> Truth {
    let text = text.trim();
    let text = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(text).trim();
    if text.is_empty() {
        return Truth::Possible;
    }
    let any = split(text, "||");
    if any.len() > 1 {
        let all: Vec<Truth> = any.iter().map(|part| weigh(part, starts, set)).collect();
        let possible = all.iter().find(|truth| **truth == Truth::Possible);
        let rest = [Truth::Switch, Truth::AfterFailure].into_iter().find(|truth| all.contains(truth));
        return possible.copied().or(rest).unwrap_or(Truth::Never);
    }
    let every = split(text, "&&");
    if every.len() > 1 {
        let all: Vec<Truth> = every.iter().map(|part| weigh(part, starts, set)).collect();
        return [Truth::Never, Truth::AfterFailure, Truth::Switch]
            .into_iter()
            .find(|truth| all.contains(truth))
            .unwrap_or(Truth::Possible);
    }
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    match inner.filter(|inner| !inner.contains(')')) {
        Some(inner) => weigh(inner, starts, set),
        None => single(text, starts, set),
    }
}

/// Parts on the level of the whole text.
fn split<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let (mut parts, mut depth, mut quoted, mut from) = (Vec::new(), 0_i32, false, 0);
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            _ if !quoted && depth == 0 && at >= from && text[at..].starts_with(operator) => {
                parts.push(&text[from..at]);
                from = at + operator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn single(text: &str, starts: &Starts, set: &[(String, String)]) -> Truth {
    let text = text.trim();
    match text {
        "false" | "0" | "''" | "null" | "!true" | "!always()" | "! true" => return Truth::Never,
        "failure()" | "cancelled()" => return Truth::AfterFailure,
        _ => {}
    }
    let pair = split(text, "==");
    let (pair, is_equal) = if pair.len() == 2 { (pair, true) } else { (split(text, "!="), false) };
    let &[left, right] = pair.as_slice() else { return bare(text, set) };
    let (left, right) = (left.trim(), right.trim());
    let known = |side: &str| literal(side).or_else(|| variable(side, set));
    if let (Some(a), Some(b)) = (known(left), known(right)) {
        return if (a.eq_ignore_ascii_case(&b)) == is_equal { Truth::Possible } else { Truth::Never };
    }
    let (name, wanted) = match (literal(left), literal(right)) {
        (None, Some(value)) => (left, value),
        (Some(value), None) => (right, value),
        _ => return bare(text, set),
    };
    compared(name, &wanted, is_equal, starts)
}

fn compared(name: &str, wanted: &str, is_equal: bool, starts: &Starts) -> Truth {
    let events = &starts.events;
    let is_called = events.iter().any(|event| event == "workflow_call");
    let only = |kind: &[&str]| !events.is_empty() && events.iter().all(|event| kind.contains(&event.as_str()));
    let is_never = match name {
        "github.event_name" if is_equal => {
            !events.is_empty() && !is_called && !events.iter().any(|event| event == wanted)
        }
        "github.event_name" => only(&[wanted]),
        "github.ref" | "github.ref_name" if is_equal => {
            let branch = wanted.strip_prefix("refs/heads/").unwrap_or(wanted);
            let is_branch = name == "github.ref_name" || wanted.starts_with("refs/heads/");
            let is_elsewhere = only(&["pull_request"]) && !wanted.starts_with("refs/pull/");
            let plain =
                starts.branches.as_ref().filter(|all| all.iter().all(|one| !one.contains(['*', '?', '!', '[', '+'])));
            let is_other =
                is_branch && only(&["push"]) && plain.is_some_and(|all| !all.iter().any(|one| one == branch));
            is_elsewhere || is_other
        }
        _ if name.starts_with("vars.") || name.starts_with("secrets.") => return Truth::Switch,
        _ => false,
    };
    if is_never { Truth::Never } else { Truth::Possible }
}

fn bare(text: &str, set: &[(String, String)]) -> Truth {
    if let Some(value) = variable(text, set) {
        return if matches!(value.as_str(), "" | "false" | "0") { Truth::Never } else { Truth::Possible };
    }
    if text.starts_with("vars.") || text.starts_with("secrets.") { Truth::Switch } else { Truth::Possible }
}

fn literal(text: &str) -> Option<String> {
    let quoted = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let is_plain = matches!(text, "true" | "false") || text.parse::<f64>().is_ok();
    quoted.map(str::to_owned).or_else(|| is_plain.then(|| text.to_owned()))
}

fn variable(text: &str, set: &[(String, String)]) -> Option<String> {
    set.iter().find(|(name, _)| name == text).map(|(_, value)| value.clone()).filter(|value| !value.contains("${{"))
}

/// What starts a workflow, by its `on:`.
pub(super) fn starts(on: &Node) -> Starts {
    let events: Vec<String> = match (on.as_text(), on.as_list(), on.as_map()) {
        (Some(one), _, _) => vec![one.to_owned()],
        (_, Some(list), _) => list.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
        (_, _, Some(map)) => map.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    };
    let branches = on.get("push").and_then(|push| push.get("branches")).map(texts);
    Starts { events, branches }
}

fn texts(node: &Node) -> Vec<String> {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    items.iter().filter_map(Node::as_text).map(str::to_owned).collect()
}

/// Why a filter of an event never lets anything through, `on.push` and its like.
pub(super) fn filtered(event: &Node, files: &[&str]) -> Option<String> {
    let list = |key: &str| event.get(key).map(texts);
    let everything = |all: &[String]| all.iter().any(|one| one == "**") && !all.iter().any(|one| one.starts_with('!'));
    for key in ["branches-ignore", "paths-ignore"] {
        if list(key).is_some_and(|all| everything(&all)) && list("tags").is_none() {
            return Some(format!("`{key}: '**'` lets nothing through"));
        }
    }
    let branches = list("branches").filter(|_| list("tags").is_none());
    if branches.is_some_and(|all| !all.is_empty() && all.iter().all(|one| one.starts_with('!'))) {
        return Some("its branches only leave out".to_owned());
    }
    let paths = list("paths")?;
    let mut set = GlobSetBuilder::new();
    for pattern in paths.iter().filter(|one| !one.starts_with('!')) {
        set.add(Glob::new(pattern).ok()?);
    }
    let set = set.build().ok()?;
    let fits = files.iter().any(|file| set.is_match(file));
    (!fits).then(|| format!("its path filter fits no file here: {}", paths.join(", ")))
}
