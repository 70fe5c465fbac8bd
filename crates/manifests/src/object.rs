//! One object of a file, with the way back to its line.

use std::sync::Arc;

use text::{Entry, Node, NodeKind, Problem, Severity, Source, Span, read_yaml, read_yaml_with_anchors};

use crate::patch::set;

/// A Kubernetes object.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it says, after patches.
    pub node: Node,
    /// The document it was read from.
    source: Arc<Source>,
    /// Lines of the file above that document.
    above: usize,
    /// Names that it had before, each with its namespace.
    former: Vec<(String, String)>,
    /// Values that cannot be told from the files, each as a dotted path and why.
    pub unknown: Vec<(String, String)>,
    /// A kustomization makes it, and puts a hash of what it holds behind its name.
    pub is_hashed: bool,
    /// A kustomization is told that this kind names others, and rewrites such names.
    pub follows: bool,
}

/// What a file says, as an applier reads it: up to the first document that cannot be read.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Its objects, those in lists one by one.
    pub objects: Vec<Object>,
    /// All that is wrong with it.
    pub problems: Vec<Problem>,
    /// Lines of documents that are something else than objects.
    pub strays: Vec<usize>,
}

impl Object {
    /// The path of the file that it was first read from.
    pub fn path(&self) -> &str {
        self.source.path()
    }

    /// The line of a part of it in that file, from 1. What a patch brought stands where it was put.
    pub fn line(&self, span: Span) -> usize {
        self.above + self.source.line_column(span.start).0
    }

    /// The text at the end of a path of keys.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(&self.node, |node, key| node.get(key)).and_then(Node::as_text)
    }

    /// Its kind, `Deployment`.
    pub fn kind(&self) -> &str {
        self.text(&["kind"]).unwrap_or("")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.text(&["metadata", "name"]).unwrap_or("")
    }

    /// Its namespace; nothing written is `default`.
    pub fn namespace(&self) -> &str {
        self.text(&["metadata", "namespace"]).unwrap_or("default")
    }

    /// `file:line` of a part of it.
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.path(), self.line(span))
    }

    /// The text of the document that it was read from.
    pub fn text_of_document(&self) -> &str {
        self.source.text()
    }

    /// The group of its API, nothing for that of the core.
    pub fn group(&self) -> &str {
        self.text(&["apiVersion"]).and_then(|version| version.split_once('/')).map_or("", |(group, _)| group)
    }

    /// Whether it says yes at a path; nothing written is no.
    ///
    /// # Errors
    /// Why the API server would refuse what stands there: a kustomization hands on `on` and `yes` as texts.
    pub fn switch(&self, path: &[&str]) -> Result<bool, String> {
        let Some(node) = path.iter().try_fold(&self.node, |node, key| node.get(key)) else { return Ok(false) };
        match &node.kind {
            NodeKind::Empty => Ok(false),
            NodeKind::Text { value, plain: true } if matches!(value.as_str(), "true" | "True" | "TRUE") => Ok(true),
            NodeKind::Text { value, plain: true } if matches!(value.as_str(), "false" | "False" | "FALSE") => Ok(false),
            NodeKind::Text { .. } | NodeKind::List(_) | NodeKind::Map(_) => {
                let (written, key) = (node.as_text().unwrap_or(node.shape()), path.last().copied().unwrap_or(""));
                Err(format!("`{key}: {written}` is neither true nor false to the API server, and would be refused"))
            }
        }
    }

    /// Puts it into a namespace.
    pub fn put_in(&mut self, namespace: &str) {
        set(&mut self.node, &["metadata", "namespace"], namespace);
    }

    /// The document that it was read from, and the lines of the file above that.
    pub(crate) fn origin(&self) -> (&Arc<Source>, usize) {
        (&self.source, self.above)
    }

    /// One that a file makes without holding it.
    pub(crate) fn made(node: Node, source: Arc<Source>) -> Self {
        Self { node, source, above: 0, former: Vec::new(), unknown: Vec::new(), is_hashed: false, follows: false }
    }

    /// Its name and namespace, and those that it had before.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let former = self.former.iter().map(|(name, namespace)| (name.as_str(), namespace.as_str()));
        std::iter::once((self.name(), self.namespace())).chain(former)
    }

    /// Whether a name is its own, or was.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names().any(|(own, _)| own == name)
    }

    /// Another name and namespace, with the way back to those of now.
    pub(crate) fn rename(&mut self, name: &str, namespace: Option<&str>) {
        let (before, within) = (self.name().to_owned(), self.namespace().to_owned());
        set(&mut self.node, &["metadata", "name"], name);
        if let Some(namespace) = namespace {
            set(&mut self.node, &["metadata", "namespace"], namespace);
        }
        if self.name() != before || self.namespace() != within {
            self.former.push((before, within));
        }
    }
}

/// Whether an object lies in a namespace: those of the whole cluster do not.
pub fn has_namespace(object: &Object) -> bool {
    !crate::kustomize::is_of_the_cluster(object.kind())
}

/// Whether a text looks like manifests; cheap.
pub fn is_manifest(text: &str) -> bool {
    text.contains("apiVersion:") && text.contains("kind:") && text.contains("metadata:")
}

/// The objects of a file, those in lists one by one. Documents that are no YAML (templates) give none.
pub fn objects(source: &Source) -> Vec<Object> {
    let mut objects = Vec::new();
    for (start, document) in documents(source.text()) {
        if !is_manifest(document) {
            continue;
        }
        let part = Source::new(source.path(), document);
        let Some(node) = read_anchored(&part).0 else { continue };
        let above = source.line_column(start).0 - 1;
        let part = Arc::new(part);
        let object = |node: Node| Object {
            node,
            source: Arc::clone(&part),
            above,
            former: Vec::new(),
            unknown: Vec::new(),
            is_hashed: false,
            follows: false,
        };
        match node.get("items").and_then(Node::as_list) {
            Some(items) => objects.extend(items.iter().cloned().map(object)),
            None => objects.push(object(node)),
        }
    }
    objects
}

/// The objects of a file up to the first document that cannot be read, as an applier has it, and all that is wrong. Typed
/// lists (`PodList`) give items of their kind; what is no object, such as another program's JSON, gives none.
pub fn objects_until_broken(source: &Source) -> (Vec<Object>, Vec<Problem>) {
    let parsed = parsed(source);
    (parsed.objects, parsed.problems)
}

/// The same, and where something stands that is no object.
pub fn parsed(source: &Source) -> Parsed {
    let mut made = Parsed::default();
    for (start, document) in documents(source.text()) {
        let part = Source::new(source.path(), document);
        let (node, wrong) = read_anchored(&part);
        let above = source.line_column(start).0 - 1;
        made.problems.extend(wrong.into_iter().map(|problem| Problem { line: problem.line + above, ..problem }));
        let Some(node) = node else {
            // Nothing at all is a document as well.
            let is_broken = made.problems.iter().any(|problem| problem.severity == Severity::Error);
            if is_broken { break } else { continue }
        };
        if node.get("kind").is_none() {
            let line = above + part.line_column(node.span.start).0;
            made.strays.extend((node.kind != NodeKind::Empty).then_some(line));
            continue;
        }
        let part = Arc::new(part);
        let object = |node: Node| Object {
            node,
            source: Arc::clone(&part),
            above,
            former: Vec::new(),
            unknown: Vec::new(),
            is_hashed: false,
            follows: false,
        };
        let of_list = node.get("kind").and_then(Node::as_text).and_then(|kind| kind.strip_suffix("List"));
        match (of_list, node.get("items").and_then(Node::as_list)) {
            (Some(kind), Some(items)) => {
                made.objects.extend(items.iter().cloned().map(|item| object(of_kind(item, kind))));
            }
            _ => made.objects.push(object(node)),
        }
    }
    made
}

/// The item of a typed list, which need not say its kind.
fn of_kind(mut item: Node, kind: &str) -> Node {
    let says_it = item.get("kind").is_some();
    let span = item.span;
    if let NodeKind::Map(entries) = &mut item.kind
        && !says_it
        && !kind.is_empty()
    {
        let value = Node { span, kind: NodeKind::Text { value: kind.to_owned(), plain: true } };
        entries.push(Entry { key: "kind".to_owned(), key_span: span, value });
    }
    item
}

/// The documents of a file, split at lines of `---`, each with the byte it begins at.
pub fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut documents = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            documents.push((from, &text[from..at]));
            from = at + line.len();
        }
        at += line.len();
    }
    documents.push((from, &text[from..]));
    documents
}

/// The YAML of somebody else's file. A closing bracket on a line of its own may stand further left than our reader allows,
/// as other readers have it: then it is moved up, byte for byte, so that every place stays where it was.
pub fn read(source: &Source) -> (Option<Node>, Vec<Problem>) {
    read_by(read_yaml, source)
}

/// The same, with anchors followed, as the tools of Kubernetes do.
pub fn read_anchored(source: &Source) -> (Option<Node>, Vec<Problem>) {
    read_by(read_yaml_with_anchors, source)
}

fn read_by(reader: fn(&Source) -> (Option<Node>, Vec<Problem>), source: &Source) -> (Option<Node>, Vec<Problem>) {
    let (node, problems) = reader(source);
    let broken = problems.iter().any(|problem| problem.rule == "yaml-syntax");
    if !broken {
        return (node, problems);
    }
    let moved = reader(&Source::new(source.path(), brackets_moved_up(source.text())));
    if moved.0.is_some() && moved.1.iter().all(|problem| problem.rule != "yaml-syntax") {
        moved
    } else {
        (node, problems)
    }
}

fn brackets_moved_up(text: &str) -> String {
    let mut moved = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let closes = matches!(line.trim(), "]" | "}" | "]," | "},");
        // Behind a comment it would be part of it.
        let is_behind_comment = || moved.trim_end().rsplit('\n').next().is_some_and(|before| before.contains('#'));
        if closes && moved.ends_with('\n') && !is_behind_comment() {
            moved.pop();
            if moved.ends_with('\r') {
                moved.pop();
                moved.push(' ');
            }
            moved.push(' ');
        }
        moved.push_str(line);
    }
    moved
}
