//! The source and the growing list of problems, with the few questions that every reader asks of a node.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use text::{Entry, Fields, Node, NodeKind, Problem, Source, Span, nearest, print_duration};

use crate::{Component, ComponentId, Part, Template};

/// The most entries of one map of names (components, edges, flows, ..).
pub(super) const MAX_ENTRIES: usize = 200_000;

/// The most names compared with mistyped ones in one file, so that a hostile file cannot keep us busy with help.
const MAX_COMPARISONS: usize = 100_000;

/// The longest name that is compared, in bytes.
const MAX_COMPARED_BYTES: usize = 160;

/// Components by name, as every later reader looks them up.
pub(super) type Components = BTreeMap<ComponentId, Component>;

/// Reads nodes of one source and collects the problems.
pub(super) struct Walk<'a, 'p> {
    source: &'a Source,
    problems: &'p mut Vec<Problem>,
    comparisons_left: usize,
}

impl<'a, 'p> Walk<'a, 'p> {
    pub(super) fn new(source: &'a Source, problems: &'p mut Vec<Problem>) -> Self {
        Self { source, problems, comparisons_left: MAX_COMPARISONS }
    }

    /// Begins to walk a map; `None` when it is none, which is then already a problem.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, owner: impl Into<String>) -> Option<Fields<'n, '_>>
    where
        'a: 'n,
    {
        Fields::of(node, owner, self.source, self.problems)
    }

    pub(super) fn error(&mut self, rule: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.problems.push(Problem::error(rule, self.source, span, message).with_help(help));
    }

    pub(super) fn warning(&mut self, rule: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.problems.push(Problem::warning(rule, self.source, span, message).with_help(help));
    }

    /// The entries of a map whose keys are names; nothing when it is missing or not a map.
    pub(super) fn entries<'n>(&mut self, node: Option<&'n Node>, owner: &str) -> &'n [Entry] {
        let Some(node) = node else { return &[] };
        // `Fields` says what is wrong with anything but a map.
        if Fields::of(node, owner, self.source, self.problems).is_none() {
            return &[];
        }
        let entries = node.as_map().unwrap_or(&[]);
        if entries.len() > MAX_ENTRIES {
            let message = format!("{owner} has {} entries; at most {MAX_ENTRIES} are read", entries.len());
            self.error("too-many", node.span, message, "split the system");
        }
        &entries[..entries.len().min(MAX_ENTRIES)]
    }

    /// Texts behind names, with their spans; a value with nothing behind it is a problem.
    pub(super) fn texts_by_name(&mut self, node: Option<&Node>, owner: &str) -> BTreeMap<String, (String, Span)> {
        let mut texts = BTreeMap::new();
        for entry in self.entries(node, owner) {
            match entry.value.as_text() {
                Some(text) => drop(texts.insert(entry.key.clone(), (text.to_owned(), entry.value.span))),
                None => {
                    let message = format!("`{}` of {owner} must be text, found {}", entry.key, found(&entry.value));
                    self.error("wrong-value", entry.key_span, message, "write a text; an empty one is `\"\"`");
                }
            }
        }
        texts
    }

    /// The node without keys that this version does not provide; each of them found is a problem.
    pub(super) fn without<'n>(&mut self, node: &'n Node, owner: &str, to_come: &[&str]) -> Cow<'n, Node> {
        let Some(entries) = node.as_map() else { return Cow::Borrowed(node) };
        let (refused, kept): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|entry| to_come.contains(&entry.key.as_str()));
        if refused.is_empty() {
            return Cow::Borrowed(node);
        }
        for entry in refused {
            let message = format!("`{}` of {owner} is not provided by this version", entry.key);
            self.error("not-yet", entry.key_span, message, "remove the key; nothing would act on it");
        }
        Cow::Owned(Node { span: node.span, kind: NodeKind::Map(kept.into_iter().cloned().collect()) })
    }

    /// A text with holes; anything else than text is a problem, and so is an empty one.
    pub(super) fn template(&mut self, node: &Node, what: &str) -> Option<Template> {
        let Some(text) = node.as_text() else {
            let message = format!("{what} must be text, found {}", found(node));
            self.error("wrong-value", node.span, message, "write it as one text");
            return None;
        };
        if text.trim().is_empty() {
            self.error("wrong-value", node.span, format!("{what} is empty"), "write it out, or remove the key");
            return None;
        }
        self.template_text(text, node.span)
    }

    /// A text with holes, empty or not.
    pub(super) fn template_text(&mut self, text: &str, span: Span) -> Option<Template> {
        let template = Template::read(text, span, self.source, self.problems)?;
        for part in &template.parts {
            if let Part::Env { name, .. } = part
                && !is_variable(name)
            {
                let message = format!("`${{env:{name}}}` names no environment variable");
                self.error("template", span, message, "a name holds letters, digits and `_`, such as `DB_PASSWORD`");
            }
        }
        Some(template)
    }

    /// A component that must be declared; the nearest declared name is the help.
    pub(super) fn declared(&mut self, name: &str, span: Span, used: &str, known: &Components) -> Option<ComponentId> {
        let id = ComponentId::try_new(name).filter(|id| known.contains_key(id));
        if id.is_none() {
            let message = format!("component `{name}`, used in {used}, is not declared");
            let near = self.nearest(name, known.keys().map(ComponentId::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it under `components`, such as `{name}: {{kind: service}}`"),
            };
            self.error("undeclared", span, message, &help);
        }
        id
    }

    /// The known name that was probably meant; none when the file has had its share of help.
    pub(super) fn nearest<'n>(&mut self, name: &str, known: impl ExactSizeIterator<Item = &'n str>) -> Option<&'n str> {
        if name.len() > MAX_COMPARED_BYTES {
            return None;
        }
        self.comparisons_left = self.comparisons_left.checked_sub(known.len())?;
        nearest(name, known)
    }

    /// A duration above zero and not above a limit; otherwise a problem and `None`.
    pub(super) fn positive(&mut self, found: Option<Duration>, at: Place<'_>, longest: Duration) -> Option<Duration> {
        let duration = found?;
        if duration.is_zero() || duration > longest {
            let limit = print_duration(longest);
            let message = format!("`{}` of {} must be above zero and at most {limit}", at.key, at.owner);
            self.error("wrong-value", at.span, message, "write a duration such as `500ms` or `5s`");
            return None;
        }
        Some(duration)
    }

    /// Warns of names that differ by nothing but upper and lower case.
    pub(super) fn case_twins<'n>(&mut self, entries: impl IntoIterator<Item = &'n Entry>, what: &str) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for entry in entries {
            let other = seen.insert(entry.key.to_lowercase(), &entry.key);
            if let Some(other) = other.filter(|other| *other != entry.key) {
                let message = format!("{what} `{}` and `{other}` differ only by case", entry.key);
                self.warning("case-names", entry.key_span, message, "give one of them another name");
            }
        }
    }
}

/// A key of an owner, and where its value stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'n> {
    pub(super) owner: &'n str,
    pub(super) key: &'n str,
    pub(super) span: Span,
}

impl<'n> Place<'n> {
    /// The value behind a key of a node, or the node itself when there is none.
    pub(super) fn of(node: &Node, owner: &'n str, key: &'n str) -> Self {
        Self { owner, key, span: span_of(node, key) }
    }
}

/// Where the value behind a key stands; the whole node when there is none.
pub(super) fn span_of(node: &Node, key: &str) -> Span {
    node.get(key).map_or(node.span, |value| value.span)
}

/// What stands there, for messages.
pub(super) fn found(node: &Node) -> String {
    node.as_text().map_or_else(|| node.shape().to_owned(), |text| format!("`{}`", text.escape_debug()))
}

/// Words that occur more than once, each reported at its later places.
pub(super) fn repeated<'n>(words: &[(&'n str, Span)]) -> Vec<(&'n str, Span)> {
    let mut seen = BTreeSet::new();
    words.iter().filter(|(word, _)| !seen.insert(*word)).copied().collect()
}

/// Whether a text can name an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit())
}
