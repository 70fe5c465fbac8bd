//! YAML values that remember where they stand, and a walker that collects every problem on its way.

use std::time::Duration;

use crate::{Bytes, Problem, Rate, Ratio, Source, Span, nearest, parse_duration};

/// A value and the bytes it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The four shapes of a value. Scalars stay text until somebody knows what they should be.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Nothing was written (`key:`), or `~`, or `null`.
    Empty,
    /// A scalar, unquoted by the reader. `plain` says that it was written without quotes.
    Text {
        /// The text after unescaping.
        value: String,
        /// Written without quotes, so `true` means the boolean and not the word.
        plain: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order written; keys are unique.
    Map(Vec<Entry>),
}

/// A key with its span, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text { value, .. } => Some(value),
            NodeKind::Empty | NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            NodeKind::Empty | NodeKind::Text { .. } | NodeKind::Map(_) => None,
        }
    }

    /// The entries of a map.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            NodeKind::Empty | NodeKind::Text { .. } | NodeKind::List(_) => None,
        }
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// What it is, for messages: `nothing`, `text`, `a list`, `a map`.
    pub fn shape(&self) -> &'static str {
        match self.kind {
            NodeKind::Empty => "nothing",
            NodeKind::Text { .. } => "text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map",
        }
    }
}

/// Walks the keys of one map: each key asked for becomes known, each value that does not fit becomes a
/// problem, and [`Fields::finish`] reports the keys nobody asked for with the nearest known one.
///
/// ```
/// use text::{Fields, Source, read_yaml};
/// let source = Source::new("a.yaml", "name: x\nreplcias: 2\n");
/// let (node, mut problems) = read_yaml(&source);
/// let node = node.expect("is YAML");
/// let mut fields = Fields::of(&node, "the component", &source, &mut problems).expect("is a map");
/// assert_eq!(fields.text("name"), Some("x"));
/// assert_eq!(fields.integer("replicas", 1..=100), None);
/// fields.finish();
/// assert_eq!(problems[0].message, "unknown key `replcias` in the component");
/// assert_eq!(problems[0].help.as_deref(), Some("did you mean `replicas`?"));
/// ```
pub struct Fields<'a, 'p> {
    span: Span,
    entries: &'a [Entry],
    owner: String,
    source: &'a Source,
    known: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'a, 'p> Fields<'a, 'p> {
    /// Begins to walk a map. An empty node is an empty map; anything else is a problem.
    pub fn of(
        node: &'a Node,
        owner: impl Into<String>,
        source: &'a Source,
        problems: &'p mut Vec<Problem>,
    ) -> Option<Self> {
        let owner = owner.into();
        let entries: &[Entry] = match &node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Empty => &[],
            NodeKind::Text { .. } | NodeKind::List(_) => {
                let message = format!("{owner} must be a map, found {}", node.shape());
                problems.push(Problem::error("wrong-shape", source, node.span, message));
                return None;
            }
        };
        Some(Self { span: node.span, entries, owner, source, known: Vec::new(), problems })
    }

    /// The value of an optional key; a key with nothing behind it counts as missing.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (entry.value.kind != NodeKind::Empty).then_some(&entry.value)
    }

    /// The value of a mandatory key; its absence is a problem.
    pub fn need(&mut self, key: &'static str) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("{} has no `{key}`", self.owner);
            self.problem("missing-key", self.span, message);
        }
        found
    }

    /// A scalar as text.
    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let node = self.get(key)?;
        self.parsed(key, node, "text", Some)
    }

    /// A mandatory scalar as text.
    pub fn need_text(&mut self, key: &'static str) -> Option<&'a str> {
        let node = self.need(key)?;
        self.parsed(key, node, "text", Some)
    }

    /// A duration such as `500ms`.
    pub fn duration(&mut self, key: &'static str) -> Option<Duration> {
        let node = self.get(key)?;
        self.parsed(key, node, "a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`", parse_duration)
    }

    /// A share such as `99.9%`.
    pub fn ratio(&mut self, key: &'static str) -> Option<Ratio> {
        let node = self.get(key)?;
        self.parsed(key, node, "a share such as `99.9%` or `0.999`, between 0 and 1", Ratio::parse)
    }

    /// A rate such as `100/s`.
    pub fn rate(&mut self, key: &'static str) -> Option<Rate> {
        let node = self.get(key)?;
        self.parsed(key, node, "a rate such as `100/s` or `60/m`", Rate::parse)
    }

    /// A size such as `64KiB`.
    pub fn bytes(&mut self, key: &'static str) -> Option<Bytes> {
        let node = self.get(key)?;
        self.parsed(key, node, "a size such as `64KiB` or `1MB`", Bytes::parse)
    }

    /// A whole number within limits.
    pub fn integer(&mut self, key: &'static str, limits: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let node = self.get(key)?;
        let wanted = format!("a whole number from {} to {}", limits.start(), limits.end());
        self.parsed(key, node, &wanted, |text| text.parse().ok().filter(|number| limits.contains(number)))
    }

    /// `true` or `false`, unquoted. `yes`, `on` and their kin stay text and are refused.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let node = self.get(key)?;
        let plain = matches!(node.kind, NodeKind::Text { plain: true, .. });
        let wanted = "`true` or `false`, without quotes";
        self.parsed(key, node, wanted, |text| if plain { text.parse().ok() } else { None })
    }

    /// One of a fixed set of words, as its index in the set.
    pub fn one_of(&mut self, key: &'static str, words: &[&str]) -> Option<usize> {
        let node = self.get(key)?;
        let text = self.parsed(key, node, "a word", Some)?;
        let found = words.iter().position(|word| *word == text);
        if found.is_none() {
            let help =
                did_you_mean(text, words.iter().copied()).unwrap_or_else(|| format!("one of: {}", words.join(", ")));
            let message = format!("`{key}` of {} cannot be `{text}`", self.owner);
            self.problems.push(Problem::error("unknown-word", self.source, node.span, message).with_help(help));
        }
        found
    }

    /// A list of texts; a single text counts as a list of one.
    pub fn texts(&mut self, key: &'static str) -> Vec<(&'a str, Span)> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        let mut texts = Vec::new();
        for item in items {
            texts.extend(self.parsed(key, item, "text", |text| Some((text, item.span))));
        }
        texts
    }

    /// All entries, for maps whose keys are names chosen by the user; every key becomes known.
    pub fn all(&self) -> &'a [Entry] {
        self.entries
    }

    /// The span of the whole map.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Records an error found by the caller.
    pub fn problem(&mut self, rule: &'static str, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::error(rule, self.source, span, message));
    }

    /// The list that collects the problems, for readers of nested values.
    pub fn problems(&mut self) -> &mut Vec<Problem> {
        self.problems
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        for entry in self.entries {
            if self.known.contains(&entry.key.as_str()) {
                continue;
            }
            let message = format!("unknown key `{}` in {}", entry.key, self.owner);
            let mut known = self.known.clone();
            known.sort_unstable();
            let help = did_you_mean(&entry.key, known.iter().copied())
                .unwrap_or_else(|| format!("known keys: {}", known.join(", ")));
            self.problems.push(Problem::error("unknown-key", self.source, entry.key_span, message).with_help(help));
        }
    }

    fn parsed<T>(
        &mut self,
        key: &str,
        node: &'a Node,
        wanted: &str,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<T> {
        let parsed = node.as_text().and_then(parse);
        if parsed.is_none() {
            let found = node.as_text().map_or_else(|| node.shape().to_owned(), |text| format!("`{text}`"));
            let message = format!("`{key}` of {} must be {wanted}, found {found}", self.owner);
            self.problems.push(Problem::error("wrong-value", self.source, node.span, message));
        }
        parsed
    }
}

fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|near| format!("did you mean `{near}`?"))
}
