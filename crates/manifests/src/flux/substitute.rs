//! Variables of Flux: texts are replaced in what a build made, before anybody knows which type a value has.
//!
//! Source: fluxcd/pkg/kustomize and fluxcd/pkg/envsubst. A value that stands in a secret, or in something that is not here,
//! is not known, and what it is put into is not known either.

use std::collections::BTreeMap;

use text::{Node, NodeKind, Source};

use crate::object::{Object, read_anchored};
use crate::patch::placed;
use crate::scalar::{Scalar, is_written_plain};

/// How deep defaults may hold variables.
const MAX_NESTED: usize = 8;

/// The label or annotation that exempts an object.
const EXEMPT: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// The variables of one Kustomization.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    /// By name, or why one is not known.
    known: BTreeMap<String, Result<String, String>>,
    /// Why further ones may exist that are not known.
    hidden: Option<String>,
}

/// What a variable is.
enum Looked<'v> {
    Known(&'v str),
    Hidden(&'v str),
    Undefined,
}

/// What became of a text.
#[derive(Default)]
struct Evaluated {
    text: String,
    /// Variables whose values are not known, with the reason.
    hidden: Vec<String>,
    undefined: Vec<String>,
}

/// What was found on the way.
#[derive(Default)]
pub(super) struct Findings {
    /// Nothing is applied.
    pub(super) errors: Vec<String>,
    /// Variables that nobody defines, which become nothing.
    pub(super) undefined: Vec<String>,
}

impl Variables {
    /// Sets one; line breaks are taken out.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.known.insert(name.to_owned(), Ok(value.replace('\n', "")));
    }

    /// One that is there and not known.
    pub(super) fn seal(&mut self, name: &str, why: String) {
        self.known.insert(name.to_owned(), Err(why));
    }

    /// A variable that nobody else defines may be another one.
    pub(super) fn leave_open(&mut self, why: String) {
        self.hidden.get_or_insert(why);
    }

    /// From here on every variable that is not set again may be another one.
    pub(super) fn hide(&mut self, why: String) {
        self.known.clear();
        self.hidden = Some(why);
    }

    /// Without any variable nothing is replaced, defaults included.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.hidden.is_none()
    }

    /// Names that Flux would refuse.
    pub(super) fn wrong_names(&self) -> impl Iterator<Item = &str> {
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        self.known.keys().map(String::as_str).filter(move |name| !is_name(name))
    }

    fn look(&self, name: &str) -> Looked<'_> {
        match (self.known.get(name), &self.hidden) {
            (Some(Ok(value)), _) => Looked::Known(value),
            (Some(Err(why)), _) => Looked::Hidden(why),
            (None, Some(why)) => Looked::Hidden(why),
            (None, None) => Looked::Undefined,
        }
    }
}

/// Replaces the variables of an object, unless it is exempt.
pub(super) fn substitute(object: &mut Object, variables: &Variables, findings: &mut Findings) {
    let is_exempt = |key: &str| {
        let marks = object.node.get("metadata").and_then(|metadata| metadata.get(key));
        marks.and_then(|marks| marks.get(EXEMPT)).and_then(Node::as_text) == Some("disabled")
    };
    if is_exempt("labels") || is_exempt("annotations") {
        return;
    }
    let place = object.place(object.node.span);
    let title = format!("{place}: {} {}", object.kind(), object.name());
    let mut node = std::mem::replace(&mut object.node, Node { span: text::Span::default(), kind: NodeKind::Empty });
    let mut walk = Walk { title, variables, findings, hidden: Vec::new() };
    walk.node(&mut node, &mut Vec::new());
    object.unknown.extend(walk.hidden);
    object.node = node;
}

struct Walk<'w> {
    title: String,
    variables: &'w Variables,
    findings: &'w mut Findings,
    hidden: Vec<(String, String)>,
}

impl Walk<'_> {
    fn node(&mut self, node: &mut Node, path: &mut Vec<String>) {
        match &mut node.kind {
            NodeKind::Map(entries) => {
                for entry in entries {
                    if let Some(key) = self.text(&entry.key, path) {
                        entry.key = key;
                    }
                    path.push(entry.key.clone());
                    self.node(&mut entry.value, path);
                    path.pop();
                }
            }
            NodeKind::List(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    path.push(at.to_string());
                    self.node(item, path);
                    path.pop();
                }
            }
            NodeKind::Text { value, .. } => {
                let Some(new) = self.text(value, path) else { return };
                let typed = if is_written_plain(value) { self.typed(&new, path) } else { None };
                match typed {
                    Some(typed) => *node = placed(&typed, node.span),
                    None => node.kind = NodeKind::Text { value: new, plain: false },
                }
            }
            NodeKind::Empty => {}
        }
    }

    /// A text with its variables replaced; `None` when it has none, or cannot be read.
    fn text(&mut self, value: &str, path: &[String]) -> Option<String> {
        if !value.contains("${") {
            return None;
        }
        let at = path.join(".");
        match evaluate(value, self.variables, 0) {
            Err(why) => {
                self.findings.errors.push(format!("{}: {at}: {why}", self.title));
                None
            }
            Ok(made) => {
                let told = |name: &String| format!("{}: {at}: `{name}` is defined nowhere", self.title);
                self.findings.undefined.extend(made.undefined.iter().map(told));
                self.hidden.extend(made.hidden.into_iter().map(|why| (at.clone(), why)));
                Some(made.text)
            }
        }
    }

    /// What stands there once YAML is read again.
    fn typed(&mut self, new: &str, path: &[String]) -> Option<Node> {
        let is_simple = !new.contains([':', '#', '[', '{', '"', '\'', '&', '*', '!', '|', '>', '%', '@', '`', ',']);
        let node = if is_simple {
            let value = new.trim().to_owned();
            let kind = match Scalar::plain(&value) {
                Scalar::Null => NodeKind::Empty,
                // What is put in is read by YAML 1.1, unlike what kustomize has read before.
                Scalar::Boolean(yes) => NodeKind::Text { value: yes.to_string(), plain: true },
                Scalar::Integer(_) | Scalar::Decimal(_) | Scalar::Text => NodeKind::Text { value, plain: true },
            };
            Node { span: text::Span::default(), kind }
        } else {
            let whole = read_anchored(&Source::new("substituted", format!("x: {new}\n")));
            let node = whole.0.and_then(|node| node.get("x").cloned()).filter(|_| whole.1.is_empty());
            if node.is_none() {
                let at = path.join(".");
                self.findings.errors.push(format!("{}: {at}: what is put in makes no YAML", self.title));
            }
            node?
        };
        self.must_be_text(&node, path);
        Some(node)
    }

    /// Labels, annotations, variables of containers and data of config maps are texts: the API server refuses others.
    fn must_be_text(&mut self, node: &Node, path: &[String]) {
        let NodeKind::Text { value, plain: true } = &node.kind else { return };
        let is_text = matches!(Scalar::plain(value), Scalar::Text | Scalar::Null);
        let above = path.len().checked_sub(2).and_then(|at| path.get(at)).map_or("", String::as_str);
        let wants_text = matches!(above, "labels" | "annotations" | "matchLabels" | "nodeSelector")
            || (path.first().is_some_and(|first| matches!(first.as_str(), "data" | "stringData")) && path.len() == 2)
            || (path.len() > 2 && path[path.len() - 3] == "env" && path[path.len() - 1] == "value");
        if wants_text && !is_text {
            let at = path.join(".");
            self.findings.errors.push(format!("{}: {at}: `{value}` is no text, and would be refused", self.title));
        }
    }
}

/// A text with its variables replaced.
///
/// # Errors
/// Why Flux would refuse it.
fn evaluate(text: &str, variables: &Variables, depth: usize) -> Result<Evaluated, String> {
    if depth > MAX_NESTED {
        return Err(format!("defaults within defaults, more than {MAX_NESTED} deep"));
    }
    let mut made = Evaluated::default();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            // `$${x}` stays `${x}`.
            made.text.push_str(&rest[..at - 1]);
            made.text.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        made.text.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let end = closing(inner).ok_or("a variable is not closed by `}`")?;
        one(&inner[..end], variables, depth, &mut made)?;
        rest = &inner[end + 1..];
    }
    made.text.push_str(rest);
    Ok(made)
}

/// Where the bracket of a variable closes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut before) = (0_usize, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

fn one(written: &str, variables: &Variables, depth: usize, made: &mut Evaluated) -> Result<(), String> {
    let is_length = written.starts_with('#');
    let written = written.trim_start_matches('#');
    let end = written.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(written.len());
    let (name, operation) = written.split_at(end);
    if name.is_empty() {
        return Err(format!("`${{{written}}}` is no variable"));
    }
    let value = match variables.look(name) {
        Looked::Known(value) => value,
        Looked::Hidden(why) => {
            made.text.push_str(&format!("${{{name}}}"));
            made.hidden.push(format!("`{name}` {why}"));
            return Ok(());
        }
        Looked::Undefined => "",
    };
    if is_length {
        made.text.push_str(&value.chars().count().to_string());
        return Ok(());
    }
    let default = [":=", ":-", ":?", ":+", "=", "-", "?", "+"].iter().find_map(|sign| operation.strip_prefix(sign));
    match default {
        Some(default) if value.is_empty() => {
            let inner = evaluate(default, variables, depth + 1)?;
            made.text.push_str(&inner.text);
            made.hidden.extend(inner.hidden);
            made.undefined.extend(inner.undefined);
        }
        Some(_) => made.text.push_str(value),
        None => {
            if matches!(variables.look(name), Looked::Undefined) {
                made.undefined.push(name.to_owned());
            }
            match function(value, operation)? {
                Some(new) => made.text.push_str(&new),
                None => made.hidden.push(format!("`{name}` is changed by `{operation}`, which is not followed")),
            }
        }
    }
    Ok(())
}

/// What a function of a variable gives; `None` when it is not followed here.
fn function(value: &str, operation: &str) -> Result<Option<String>, String> {
    let known = match operation {
        "" => Some(value.to_owned()),
        "^^" => Some(value.to_uppercase()),
        ",," => Some(value.to_lowercase()),
        _ => None,
    };
    if known.is_some() {
        return Ok(known);
    }
    if let Some(range) = operation.strip_prefix(':') {
        let mut numbers = range.split(':').map(|number| number.trim().parse::<usize>());
        let (Some(Ok(from)), length) = (numbers.next(), numbers.next()) else { return Ok(None) };
        let length = match length {
            Some(Ok(length)) => length,
            Some(Err(_)) => return Ok(None),
            None => usize::MAX,
        };
        return Ok(Some(value.chars().skip(from).take(length).collect()));
    }
    if let Some(all) = operation.strip_prefix('/') {
        let (all, every) = all.strip_prefix('/').map_or((all, false), |all| (all, true));
        let (from, to) = all.split_once('/').unwrap_or((all, ""));
        if from.is_empty() || from.starts_with(['#', '%']) {
            return Ok(None);
        }
        return Ok(Some(if every { value.replace(from, to) } else { value.replacen(from, to, 1) }));
    }
    if operation.starts_with(['^', ',', '#', '%']) {
        return Ok(None);
    }
    Err(format!("`{operation}` is no function of a variable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Result<String, String> {
        let mut variables = Variables::default();
        variables.set("A", "x\ny");
        variables.set("N", "3");
        variables.set("E", "");
        evaluate(text, &variables, 0).map(|made| format!("{} {:?}", made.text, made.undefined))
    }

    #[test]
    fn variables_are_put_in_as_flux_does() {
        for (text, expected) in [
            ("a ${A} b", "a xy b []"),
            ("${B:=2}${B:-2}", "22 []"),
            ("${E:=d}", "d []"),
            ("${B:=${N}}", "3 []"),
            ("$${A} $A $$ ${N}", "${A} $A $$ 3 []"),
            ("${B}!", "! [\"B\"]"),
            ("${A:1}${A:0:1}${A/x/z}", "yxzy []"),
            ("${#A}${A^^}", "2XY []"),
        ] {
            assert_eq!(made(text).as_deref(), Ok(expected), "{text}");
        }
        assert!(made("${A").is_err());
        assert!(made("${A.b}").is_err());
        assert!(made("${}").is_err());
    }
}
