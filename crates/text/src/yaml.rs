//! YAML into [`Node`]s, strictly: what could silently change its meaning is refused.
//!
//! `expect: !a && b` unquoted is a *tag* in YAML and the negation vanishes, so tags are refused; anchors,
//! aliases and merge keys hide where a value comes from and can blow up, so they are refused too.
//! `on`, `off`, `yes` and `no` stay text. Duplicate keys are problems. Source: YAML 1.2.2, chapter 6.9.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use crate::{Entry, Node, NodeKind, Problem, Source, Span};

/// The largest document read, 4 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// The deepest nesting read.
pub const MAX_DEPTH: usize = 64;

/// The most values that aliases may bring into a document.
pub const MAX_COPIED: usize = 100_000;

/// Reads one YAML document of another system, whose tools follow anchors: an alias stands for what was anchored, at the place
/// of the alias, and a merge key brings the entries that are not there.
pub fn read_yaml_with_anchors(source: &Source) -> (Option<Node>, Vec<Problem>) {
    read_as(source, true)
}

/// Reads one YAML document. With a syntax error there is no node; with any other problem the node holds what
/// was understood, so that the walkers above can report their problems too.
pub fn read_yaml(source: &Source) -> (Option<Node>, Vec<Problem>) {
    read_as(source, false)
}

fn read_as(source: &Source, follows: bool) -> (Option<Node>, Vec<Problem>) {
    if source.text().len() > MAX_DOCUMENT_BYTES {
        let message = format!("the file is larger than {MAX_DOCUMENT_BYTES} bytes");
        return (None, vec![Problem::whole_file("too-large", source.path(), message)]);
    }
    let mut reader = Reader::new(source);
    reader.anchors = follows.then(Anchors::default);
    let mut parser = Parser::new_from_str(source.text());
    while let Some(event) = parser.next_event() {
        let stop = match event {
            Ok((event, span)) => reader.take(event, reader.offsets.span(&span)),
            Err(error) => reader.syntax_error(&error),
        };
        if stop {
            break;
        }
    }
    reader.finish()
}

/// Character offsets, as the parser counts, to byte offsets.
struct Offsets {
    bytes: Vec<usize>,
}

impl Offsets {
    fn new(text: &str) -> Self {
        Self { bytes: text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect() }
    }

    fn byte(&self, characters: usize) -> usize {
        self.bytes.get(characters).or(self.bytes.last()).copied().unwrap_or(0)
    }

    fn span(&self, span: &saphyr_parser::Span) -> Span {
        Span::new(self.byte(span.start.index()), self.byte(span.end.index()))
    }
}

/// A list or map still open, with the anchor on it.
enum Open {
    List(Span, Vec<Node>, usize),
    Map(Span, Vec<Entry>, Option<(String, Span)>, HashMap<String, Span>, usize),
}

/// What was anchored so far, by number, and how many values aliases may still bring.
struct Anchors {
    known: HashMap<usize, Node>,
    room: usize,
}

impl Default for Anchors {
    fn default() -> Self {
        Self { known: HashMap::new(), room: MAX_COPIED }
    }
}

impl Anchors {
    /// What an alias stands for, at the place of the alias.
    fn copied(&mut self, number: usize, span: Span) -> Option<Node> {
        let node = self.known.get(&number)?;
        self.room = self.room.checked_sub(size(node))?;
        Some(moved(node, span))
    }
}

fn size(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Empty | NodeKind::Text { .. } => 1,
        NodeKind::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        NodeKind::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.value)).sum::<usize>(),
    }
}

fn moved(node: &Node, span: Span) -> Node {
    let kind = match &node.kind {
        NodeKind::List(items) => NodeKind::List(items.iter().map(|item| moved(item, span)).collect()),
        NodeKind::Map(entries) => {
            let entry =
                |entry: &Entry| Entry { key: entry.key.clone(), key_span: span, value: moved(&entry.value, span) };
            NodeKind::Map(entries.iter().map(entry).collect())
        }
        NodeKind::Empty | NodeKind::Text { .. } => node.kind.clone(),
    };
    Node { span, kind }
}

/// A merge key's entries behind those of the map itself, which come first.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let (merges, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.key == "<<");
    for merge in merges {
        let all = match merge.value.kind {
            NodeKind::List(items) => items,
            kind => vec![Node { span: merge.value.span, kind }],
        };
        for entry in all
            .into_iter()
            .filter_map(|node| match node.kind {
                NodeKind::Map(entries) => Some(entries),
                NodeKind::Empty | NodeKind::Text { .. } | NodeKind::List(_) => None,
            })
            .flatten()
        {
            if own.iter().all(|own| own.key != entry.key) {
                own.push(entry);
            }
        }
    }
    own
}

struct Reader<'a> {
    source: &'a Source,
    offsets: Offsets,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    failed: bool,
    /// Kept where anchors are followed.
    anchors: Option<Anchors>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Source) -> Self {
        let offsets = Offsets::new(source.text());
        Self {
            source,
            offsets,
            open: Vec::new(),
            root: None,
            documents: 0,
            failed: false,
            anchors: None,
            problems: Vec::new(),
        }
    }

    /// Takes one event; true when reading must stop.
    fn take(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents == 2 {
                    self.problem(
                        "many-documents",
                        span,
                        "a second document begins here",
                        "keep one document in the file",
                    );
                    return true;
                }
            }
            Event::Alias(number) => {
                let copied = self.anchors.as_mut().and_then(|anchors| anchors.copied(number, span));
                if copied.is_none() {
                    self.refuse_alias(span);
                }
                self.put(copied.unwrap_or(Node { span, kind: NodeKind::Empty }));
            }
            Event::Scalar(value, style, anchor, tag) => {
                self.refuse(span, anchor, tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)));
                let node = Node { span: self.trimmed(span, style), kind: scalar(value.into_owned(), style) };
                self.anchor(anchor, &node);
                self.put(node);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse(span, anchor, tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)));
                self.open.push(Open::List(span, Vec::new(), anchor));
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse(span, anchor, tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)));
                self.open.push(Open::Map(span, Vec::new(), None, HashMap::new(), anchor));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        self.too_deep(span)
    }

    fn too_deep(&mut self, span: Span) -> bool {
        let deep = self.open.len() > MAX_DEPTH;
        if deep {
            self.problem("too-deep", span, &format!("nested deeper than {MAX_DEPTH} levels"), "flatten the file");
            self.failed = true;
        }
        deep
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items, _)) => items.push(node),
            Some(Open::Map(_, _, key, ..)) if key.is_none() => {
                let text = node.as_text().map(str::to_owned);
                let (span, name) = (node.span, text.unwrap_or_default());
                *key = Some((name, span));
                let complex = node.as_list().is_some() || node.as_map().is_some();
                if complex {
                    self.problem("wrong-shape", span, "a key must be text", "write the key as one word");
                }
            }
            Some(Open::Map(..)) => self.put_entry(node),
        }
    }

    fn put_entry(&mut self, value: Node) {
        let follows = self.anchors.is_some();
        let Some(Open::Map(_, entries, key, seen, _)) = self.open.last_mut() else { return };
        let Some((key, key_span)) = key.take() else { return };
        if let Some(first) = seen.insert(key.clone(), key_span) {
            seen.insert(key.clone(), first);
            let (line, _) = self.source.line_column(first.start);
            let message = format!("key `{key}` is written twice");
            self.problem("duplicate-key", key_span, &message, &format!("the first one stands in line {line}"));
            return;
        }
        let merge = key == "<<" && !follows;
        entries.push(Entry { key, key_span, value });
        if merge {
            self.problem("yaml-merge", key_span, "merge keys are not read here", "write the keys out");
        }
    }

    fn close(&mut self, end: Span) {
        match self.open.pop() {
            Some(Open::List(start, items, anchor)) => {
                let node = Node { span: Span::new(start.start, end.end), kind: NodeKind::List(items) };
                self.anchor(anchor, &node);
                self.put(node);
            }
            Some(Open::Map(start, entries, _, _, anchor)) => {
                let last = entries.last().map_or(end.end, |entry| entry.value.span.end.max(entry.key_span.end));
                let end = if end.end > end.start { end.end } else { last };
                let entries = if self.anchors.is_some() { merged(entries) } else { entries };
                let node = Node { span: Span::new(start.start, end), kind: NodeKind::Map(entries) };
                self.anchor(anchor, &node);
                self.put(node);
            }
            None => {}
        }
    }

    /// Remembers what is anchored, where that is followed.
    fn anchor(&mut self, number: usize, node: &Node) {
        if let Some(anchors) = self.anchors.as_mut().filter(|_| number > 0) {
            anchors.known.insert(number, node.clone());
        }
    }

    /// A plain scalar's span without the white space after it.
    fn trimmed(&self, span: Span, style: ScalarStyle) -> Span {
        match style {
            ScalarStyle::Plain => Span::new(span.start, span.start + self.source.slice(span).trim_end().len()),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted | ScalarStyle::Literal | ScalarStyle::Folded => span,
        }
    }

    fn refuse(&mut self, span: Span, anchor: usize, tag: Option<String>) {
        if let Some(tag) = tag {
            let message = format!("`{tag}` is read by YAML as a tag, and would vanish");
            self.problem("yaml-tag", span, &message, "put the whole value in double quotes");
        }
        if anchor > 0 && self.anchors.is_none() {
            self.problem(
                "yaml-anchor",
                span,
                "anchors (`&name`) are not read here",
                "write the value out, or quote it",
            );
        }
    }

    fn refuse_alias(&mut self, span: Span) {
        self.problem("yaml-alias", span, "aliases (`*name`) are not read here", "write the value out, or quote it");
    }

    fn syntax_error(&mut self, error: &ScanError) -> bool {
        let at = self.offsets.byte(error.marker().index());
        self.failed = true;
        let help = "check indentation (spaces, not tabs), quotes and brackets above this line";
        self.problem("yaml-syntax", Span::new(at, at), &error.info().to_lowercase(), help);
        true
    }

    fn problem(&mut self, rule: &'static str, span: Span, message: &str, help: &str) {
        self.problems.push(Problem::error(rule, self.source, span, message).with_help(help));
    }

    fn finish(self) -> (Option<Node>, Vec<Problem>) {
        let root = if self.failed { None } else { self.root };
        (root, self.problems)
    }
}

fn scalar(value: String, style: ScalarStyle) -> NodeKind {
    let plain = style == ScalarStyle::Plain;
    if plain && matches!(value.as_str(), "" | "~" | "null") {
        return NodeKind::Empty;
    }
    NodeKind::Text { value, plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        read_yaml(&Source::new("t.yaml", text)).1.iter().map(|problem| problem.rule).collect()
    }

    #[test]
    fn an_unquoted_negation_is_a_tag_and_refused() {
        assert_eq!(rules("expect: !obs.allowed && obs.n > 0\n"), ["yaml-tag", "yaml-anchor"]);
    }

    #[test]
    fn anchors_aliases_and_merge_keys_are_refused_together() {
        assert_eq!(rules("a: &x {k: v}\nb: *x\nc:\n  <<: {k: v}\n"), ["yaml-anchor", "yaml-alias", "yaml-merge"]);
    }

    #[test]
    fn anchors_of_other_systems_are_followed_up_to_a_limit() {
        let read = |text: &str| super::read_yaml_with_anchors(&Source::new("t.yaml", text));
        let (node, problems) = read("a: &x {k: v, l: w}\nb: *x\nc:\n  <<: *x\n  k: own\nd: &n 3\ne: [*n]\n");
        assert!(problems.is_empty(), "{problems:?}");
        let node = node.expect("is YAML");
        let at = |path: &[&str]| path.iter().try_fold(&node, |node, key| node.get(key)).and_then(Node::as_text);
        assert_eq!([at(&["b", "k"]), at(&["c", "k"]), at(&["c", "l"])], [Some("v"), Some("own"), Some("w")]);
        assert_eq!(node.get("c").and_then(|c| c.get("<<")), None);
        assert_eq!(node.get("e").and_then(|e| e.as_list()?.first()?.as_text()), Some("3"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
        for depth in 1..9 {
            let before = depth - 1;
            let eight = vec![format!("*a{before}"); 8].join(", ");
            bomb.push_str(&format!("a{depth}: &a{depth} [{eight}]\n"));
        }
        assert!(read(&bomb).1.iter().any(|problem| problem.rule == "yaml-alias"));
    }

    #[test]
    fn on_and_no_stay_text() {
        let (node, problems) = read_yaml(&Source::new("t.yaml", "a: on\nb: no\nc: y\n"));
        assert!(problems.is_empty());
        let node = node.expect("is YAML");
        assert_eq!(["on", "no", "y"], ["a", "b", "c"].map(|key| node.get(key).and_then(Node::as_text).unwrap_or("")));
    }

    #[test]
    fn a_duplicate_key_names_the_first_line() {
        let (_, problems) = read_yaml(&Source::new("t.yaml", "a: 1\nb: 2\na: 3\n"));
        assert_eq!(problems[0].line, 3);
        assert_eq!(problems[0].help.as_deref(), Some("the first one stands in line 1"));
    }

    #[test]
    fn spans_are_bytes_although_the_parser_counts_characters() {
        let source = Source::new("t.yaml", "ä: öö\nb: x\n");
        let node = read_yaml(&source).0.expect("is YAML");
        let value = node.get("b").expect("has b");
        assert_eq!(source.slice(value.span), "x");
    }

    #[test]
    fn a_syntax_error_has_a_line_and_no_node() {
        let (node, problems) = read_yaml(&Source::new("t.yaml", "a:\n  - b\n c: d\n"));
        assert!(node.is_none());
        assert_eq!(problems[0].rule, "yaml-syntax");
        assert!(problems[0].line > 0);
    }

    #[test]
    fn a_second_document_is_refused() {
        assert_eq!(rules("a: 1\n---\nb: 2\n"), ["many-documents"]);
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        assert_eq!(rules(&"[".repeat(200)), ["too-deep"]);
    }

    mod laws {
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn any_text_is_read_without_panic_and_every_span_is_within(text in "\\PC{0,200}") {
                let source = crate::Source::new("t.yaml", text.clone());
                let (node, problems) = crate::read_yaml(&source);
                if let Some(node) = node {
                    prop_assert!(node.span.end <= text.len());
                }
                for problem in problems {
                    prop_assert!(problem.span.is_none_or(|span| span.end <= text.len()));
                }
            }
        }
    }
}
