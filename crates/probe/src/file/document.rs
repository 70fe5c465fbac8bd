//! Files of several formats into one shape, [`Node`] with spans, and values out of it.
//!
//! Every format is read strictly. What readers in the wild disagree about (a key written twice, an alias, a merge key,
//! a tag) is trouble, because the system that is looked at may read another value than we do.

use serde_json::Value as Json;
use serde_json_path::JsonPath;
use text::{Node, NodeKind, Source, Span, read_yaml};

use super::{json as json_text, settings};
use crate::Error;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// YAML 1.2, possibly several documents.
    Yaml,
    /// JSON, RFC 8259.
    Json,
    /// TOML 1.0.
    Toml,
    /// `NAME=value` lines.
    Env,
    /// Java properties, `name=value` or `name: value` lines.
    Properties,
}

impl Format {
    pub(super) const ALL: [Self; 5] = [Self::Yaml, Self::Json, Self::Toml, Self::Env, Self::Properties];
    pub(super) const WORDS: [&'static str; 5] = ["yaml", "json", "toml", "env", "properties"];

    /// The word of the format.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Env => "env",
            Self::Properties => "properties",
        }
    }

    /// The format that a file's name tells.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == ".env" || name.starts_with(".env.") || name.ends_with(".env") {
            return Some(Self::Env);
        }
        match name.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "properties" => Some(Self::Properties),
            _ => None,
        }
    }
}

/// Reads a file into one node.
pub(crate) fn read(source: &Source, format: Format, document: Option<usize>) -> Result<Node, Error> {
    match format {
        Format::Yaml => yaml(source, document),
        Format::Json => json_text::read(source),
        Format::Toml => toml_node(source),
        Format::Env => settings::env(source),
        Format::Properties => settings::properties(source),
    }
}

// ===== YAML =====

fn yaml(source: &Source, wanted: Option<usize>) -> Result<Node, Error> {
    let documents = documents(source.text());
    let range = match (wanted, documents.as_slice()) {
        (None, []) => return Ok(Node { span: Span::default(), kind: NodeKind::Empty }),
        (None, [only]) => *only,
        (None, many) => {
            let what = format!("the file holds {} documents: name one by `document: 1` to `document: {0}`", many.len());
            return Err(Error::syntax(source, 0, what));
        }
        (Some(number), all) => match number.checked_sub(1).and_then(|index| all.get(index)) {
            Some(range) => *range,
            None => return Err(Error::syntax(source, 0, format!("there is no document {number}, only {}", all.len()))),
        },
    };
    let alone = Source::new(source.path(), blanked(source.text(), range));
    let (node, problems) = read_yaml(&alone);
    // An anchor alone changes no value; everything else may.
    if let Some(problem) = problems.iter().find(|problem| problem.rule != "yaml-anchor") {
        let at = problem.span.map_or(0, |span| span.start);
        return Err(Error::syntax(source, at, problem.message.clone()));
    }
    Ok(node.unwrap_or(Node { span: Span::default(), kind: NodeKind::Empty }))
}

/// The documents that hold anything. `---` and `...` at the beginning of a line end a document wherever they stand
/// (YAML 1.2.2, chapter 9.1.2), so lines suffice.
fn documents(text: &str) -> Vec<Span> {
    let (mut found, mut start, mut offset, mut filled) = (Vec::new(), 0, 0, false);
    for line in text.split_inclusive('\n') {
        let marker = line.starts_with("---") || line.starts_with("...");
        let marker = marker && line[3..].chars().next().is_none_or(char::is_whitespace);
        if marker {
            if filled {
                found.push(Span::new(start, offset));
            }
            start = offset + 3;
            filled = has_content(&line[3..]);
        } else {
            filled |= has_content(line);
        }
        offset += line.len();
    }
    if filled {
        found.push(Span::new(start, text.len()));
    }
    found
}

fn has_content(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    !line.is_empty() && !line.starts_with('#') && !line.starts_with('%')
}

/// The text with everything outside the range turned into blanks, so that lines and offsets stay.
fn blanked(text: &str, range: Span) -> String {
    let blank = |part: &str| part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect::<String>();
    format!("{}{}{}", blank(&text[..range.start]), &text[range.range()], blank(&text[range.end..]))
}

// ===== TOML =====

fn toml_node(source: &Source) -> Result<Node, Error> {
    let table = toml::de::DeTable::parse(source.text()).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Error::syntax(source, at, error.message().to_owned())
    })?;
    let span = Span::new(table.span().start, table.span().end);
    Ok(Node { span, kind: toml_table(table.get_ref()) })
}

fn toml_table(table: &toml::de::DeTable<'_>) -> NodeKind {
    let entry = |(key, value): (&toml::Spanned<toml::de::DeString<'_>>, &toml::Spanned<toml::de::DeValue<'_>>)| {
        let key_span = Span::new(key.span().start, key.span().end);
        text::Entry { key: key.get_ref().to_string(), key_span, value: toml_value(value) }
    };
    NodeKind::Map(table.iter().map(entry).collect())
}

fn toml_value(value: &toml::Spanned<toml::de::DeValue<'_>>) -> Node {
    use toml::de::DeValue;
    let span = Span::new(value.span().start, value.span().end);
    let text = |value: String, plain: bool| NodeKind::Text { value, plain };
    let kind = match value.get_ref() {
        DeValue::String(string) => text(string.to_string(), false),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => text(number.to_string(), true),
            Err(_) => text(integer.as_str().to_owned(), false),
        },
        DeValue::Float(float) => text(float.as_str().to_owned(), true),
        DeValue::Boolean(yes) => text(yes.to_string(), true),
        DeValue::Datetime(datetime) => text(datetime.to_string(), false),
        DeValue::Array(items) => NodeKind::List(items.iter().map(toml_value).collect()),
        DeValue::Table(table) => toml_table(table),
    };
    Node { span, kind }
}

// ===== values =====

/// The places a path matches, in the order found, each once.
pub(super) fn matches<'n>(path: &JsonPath, root: &'n Node) -> Vec<&'n Node> {
    let json = json(root);
    let located = path.query_located(&json).dedup();
    located.iter().filter_map(|found| walk(root, found.location())).collect()
}

fn walk<'n>(root: &'n Node, path: &serde_json_path::NormalizedPath<'_>) -> Option<&'n Node> {
    path.iter().try_fold(root, |node, element| match (element.as_name(), element.as_index()) {
        (Some(name), _) => node.get(name),
        (None, Some(index)) => node.as_list()?.get(index),
        (None, None) => None,
    })
}

/// A node as JSON, plain scalars typed by YAML's core schema (YAML 1.2.2, chapter 10.3.2). `on`, `off`, `yes` and
/// `no` stay text, and so do whole numbers with a leading zero, which some readers take for octal.
pub(super) fn json(node: &Node) -> Json {
    match &node.kind {
        NodeKind::Empty => Json::Null,
        NodeKind::Text { value, plain: false } => Json::String(value.clone()),
        NodeKind::Text { value, plain: true } => plain(value),
        NodeKind::List(items) => Json::Array(items.iter().map(json).collect()),
        NodeKind::Map(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect())
        }
    }
}

fn plain(text: &str) -> Json {
    let typed = match text {
        "true" | "True" | "TRUE" => Some(Json::Bool(true)),
        "false" | "False" | "FALSE" => Some(Json::Bool(false)),
        "Null" | "NULL" => Some(Json::Null),
        _ => whole(text).map(Json::from).or_else(|| decimal(text)),
    };
    typed.unwrap_or_else(|| Json::String(text.to_owned()))
}

fn whole(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok();
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8).ok();
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let octal = digits.len() > 1 && digits.starts_with('0');
    if sound && !octal { text.parse().ok() } else { None }
}

fn decimal(text: &str) -> Option<Json> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_decimal = digits.contains(['.', 'e', 'E']) && digits.contains(|c: char| c.is_ascii_digit());
    let number = if begins && is_decimal { text.parse::<f64>().ok()? } else { return None };
    serde_json::Number::from_f64(number).map(Json::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Json {
        plain(text)
    }

    #[test]
    fn plain_scalars_get_the_types_of_the_core_schema() {
        assert_eq!(typed("5"), Json::from(5));
        assert_eq!(typed("-0x1"), Json::from("-0x1"));
        assert_eq!(typed("0x1F"), Json::from(31));
        assert_eq!(typed("1e3"), Json::from(1000.0));
        assert_eq!(typed("+.5"), Json::from(0.5));
        assert_eq!(typed("True"), Json::from(true));
        for text in
            ["on", "no", "007", "1.2.3", "1_000", "12:30", ".inf", "nan", "e5", "-", ".", "99999999999999999999"]
        {
            assert_eq!(typed(text), Json::from(text), "{text}");
        }
    }

    #[test]
    fn documents_without_content_do_not_count() {
        let count = |text: &str| documents(text).len();
        assert_eq!(count("---\na: 1\n"), 1);
        assert_eq!(count("# only\n---\na: 1\n---\n\n---\nb: 2\n...\n"), 2);
        assert_eq!(count("a: |\n  --- not a marker\nb: ----\n"), 1);
        assert_eq!(count("--- a\n--- b\n"), 2);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn the_format_is_told_by_the_name() {
        let of = |path: &str| Format::of(path).map(Format::word);
        assert_eq!(of("a/values.yml"), Some("yaml"));
        assert_eq!(of(".env.production"), Some("env"));
        assert_eq!(of("deploy/app.env"), Some("env"));
        assert_eq!(of("Dockerfile"), None);
        assert_eq!(of("a.d/b"), None);
    }
}
