//! `file.value`: one value of a YAML, JSON, TOML, `.env` or `.properties` file.
//!
//! A file is text, so the grade is `declared` at best: that a value is written does not mean that anything reads it.
//! A missing value is only evidence of absence where the place was searchable: when the file's own directory is not
//! there either, the path is more likely wrong than the value gone, and nothing was seen.

pub(crate) mod document;
mod json;
mod place;
mod settings;

use std::path::{Path, PathBuf};
use std::time::Duration;

use evidence::{Grade, Quantity, Unit, Value};
use serde_json_path::JsonPath;
use text::{Bytes, Fields, Node, NodeKind, Source, parse_duration};

use crate::kind::{Kind, Look, Looking, in_thread, ready};
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, World};
use document::Format;

pub(crate) use place::root as repository_root;

/// The largest file read.
pub const MAX_FILE_BYTES: usize = text::MAX_DOCUMENT_BYTES;

/// The most matches of a path whose values are kept; all are counted.
pub const MAX_MATCHES: usize = 1000;

/// How long one look into a file may take.
pub const FILE_WITHIN: Duration = Duration::from_secs(10);

/// How often a path may search all descendants (`..`): each time multiplies the work by the size of the file.
const MAX_DESCENTS: usize = 1;

/// The most documents of one file.
const MAX_DOCUMENTS: i64 = 1000;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[Kind { name: "file.value", read: |fields, _, _| ready(FileValue::read(fields)) }];

/// One value of a file.
#[derive(Clone, Debug)]
pub(crate) struct FileValue {
    path: String,
    at: At,
    format: Format,
    document: Option<usize>,
}

/// The place within the file.
#[derive(Clone, Debug, PartialEq)]
enum At {
    /// RFC 9535, in YAML, JSON and TOML.
    Path(Box<JsonPath>, String),
    /// A key as written, in `.env` and `.properties`.
    Key(String),
}

impl FileValue {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let path = read_path(fields);
        let written = fields.all().iter().any(|entry| entry.key == "format");
        let chosen = fields.one_of("format", &Format::WORDS).map(|index| Format::ALL[index]);
        let at = fields.need_text("at");
        let at_span = span_of(fields, "at");
        let document = fields.integer("document", 1..=MAX_DOCUMENTS).and_then(|number| usize::try_from(number).ok());
        let path = path?;
        let format = if written { chosen } else { Format::of(&path) };
        let Some(format) = format else {
            if !written {
                let message = format!("the format of `{path}` cannot be told from its name; write `format:`");
                fields.problem("unknown-format", fields.span(), message);
            }
            return None;
        };
        if document.is_some() && format != Format::Yaml {
            let span = span_of(fields, "document");
            fields.problem("wrong-value", span, "only YAML files have several documents");
        }
        let at = match read_at(at?, format) {
            Ok(at) => at,
            Err(message) => {
                fields.problem("wrong-path", at_span, message);
                return None;
            }
        };
        Some(Self { path, at, format, document })
    }
}

fn read_path(fields: &mut Fields<'_, '_>) -> Option<String> {
    let path = fields.need_text("path")?;
    let span = span_of(fields, "path");
    if path.is_empty() || path.starts_with('/') || path.contains('\0') {
        fields.problem("wrong-path", span, "`path` must be relative to the directory of this file");
        return None;
    }
    Some(path.to_owned())
}

fn read_at(at: &str, format: Format) -> Result<At, String> {
    match format {
        Format::Env | Format::Properties if at.starts_with('$') => {
            Err(format!("in {} files `at` is a key, without `$`", format.word()))
        }
        Format::Env | Format::Properties if at.is_empty() => Err("`at` must name a key".to_owned()),
        Format::Env | Format::Properties => Ok(At::Key(at.to_owned())),
        Format::Yaml | Format::Json | Format::Toml if !at.starts_with('$') => {
            Err(format!("`at` must be a JSONPath such as `$.{at}`"))
        }
        Format::Yaml | Format::Json | Format::Toml if at.matches("..").count() > MAX_DESCENTS => {
            Err(format!("`at` may search with `..` {MAX_DESCENTS} time only"))
        }
        Format::Yaml | Format::Json | Format::Toml => match JsonPath::parse(at) {
            Ok(path) => Ok(At::Path(Box::new(path), at.to_owned())),
            Err(error) => Err(format!("`{at}` is no JSONPath, see its character {}", error.position() + 1)),
        },
    }
}

/// Where a file below the repository lies; links that lead out are refused.
pub(crate) fn locate(path: &str, directory: &Path) -> Result<PathBuf, Error> {
    place::locate(path, directory)?.ok_or_else(|| Error::Path { path: path.to_owned(), why: "is not there" })
}

// ===== looking =====

impl Look for FileValue {
    fn subject(&self) -> String {
        self.path.clone()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

/// Looks into the file, in a thread of its own, since a path can be slow on a large file.
async fn look(probe: &FileValue, world: &World) -> Sight {
    let (owned, directory) = (probe.clone(), world.directory.clone());
    in_thread(&probe.path, FILE_WITHIN, move || look_below(&owned, &directory)).await
}

fn look_below(probe: &FileValue, directory: &Path) -> Sight {
    match place::find(&probe.path, directory) {
        Err(error) => Sight::blind(&probe.path, &error),
        Ok(place::Found::Absent) => absent(&probe.path),
        Ok(place::Found::Text(text)) => {
            let source = Source::new(&probe.path, text);
            match document::read(&source, probe.format, probe.document) {
                Err(error) => Sight::blind(&probe.path, &error),
                Ok(node) => within(probe, &source, &node),
            }
        }
    }
}

/// The place was searched, and there is nothing.
fn absent(path: &str) -> Sight {
    let mut sight = Sight::new(path);
    sight.boolean("found", false);
    sight.integer("count", 0);
    (sight.subjects, sight.grade) = (1, Some(Grade::Absent));
    sight
}

fn within(probe: &FileValue, source: &Source, root: &Node) -> Sight {
    let matches = match &probe.at {
        At::Key(key) => root.get(key).into_iter().collect(),
        At::Path(path, _) => document::matches(path, root),
    };
    let Some(first) = matches.first() else { return absent(&probe.path) };
    let (line, _) = source.line_column(first.span.start);
    let mut sight = Sight::new(format!("{}:{line}", probe.path));
    (sight.subjects, sight.grade) = (1, Some(Grade::Declared));
    sight.boolean("found", true);
    sight.integer("count", matches.len());
    let kept = matches.iter().take(MAX_MATCHES);
    let values: Option<Vec<Value>> = kept.map(|node| crate::json::value(&document::json(node))).collect();
    if let Some(values) = values {
        sight.put("values", Value::List(values));
    }
    if let [only] = matches.as_slice() {
        put_only(&mut sight, only);
    }
    sight
}

/// What can be said when the path matched exactly one place.
fn put_only(sight: &mut Sight, node: &Node) {
    if let Some(value) = crate::json::value(&document::json(node)) {
        sight.put("value", value);
    }
    match &node.kind {
        NodeKind::Empty => {}
        NodeKind::Text { value, .. } => {
            sight.text("text", value);
            if let Some(quantity) = quantity(value) {
                sight.put("quantity", Value::Quantity(quantity));
            }
        }
        NodeKind::List(items) => sight.integer("size", items.len()),
        NodeKind::Map(entries) => {
            sight.integer("size", entries.len());
            let keys = entries.iter().map(|entry| Value::Text(entry.key.clone())).collect();
            sight.put("keys", Value::List(keys));
        }
    }
}

/// A text with a unit, such as `500ms` or `64KiB`.
fn quantity(text: &str) -> Option<Quantity> {
    let bytes = |Bytes(bytes)| Quantity::exact(bytes as f64, Unit::Byte);
    parse_duration(text).map(Quantity::duration).or_else(|| Bytes::parse(text).and_then(bytes))
}

impl Error {
    /// A mistake in the text of a file.
    fn syntax(source: &Source, offset: usize, what: impl Into<String>) -> Self {
        let (line, _) = source.line_column(offset);
        Self::Syntax { path: source.path().to_owned(), line, what: what.into() }
    }
}
