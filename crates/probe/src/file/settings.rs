//! `.env` and `.properties` files into maps of texts.
//!
//! The formats have no standard, so only what their readers agree on is read: a name written twice, a continued
//! line or an unclosed quote is trouble. Values without quotes are typed like plain scalars.

use text::{Entry, Node, NodeKind, Source, Span};

use crate::Error;

/// Reads `NAME=value` lines, with an optional `export` before and quotes around the value.
pub(super) fn env(source: &Source) -> Result<Node, Error> {
    read(source, |line| {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or("a line without `=`")?;
        let name = name.trim_end();
        let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if !sound {
            return Err("this is no name");
        }
        let (value, plain) = unquoted(value.trim())?;
        Ok((name.to_owned(), value, plain))
    })
}

/// Reads `name=value` and `name: value` lines.
pub(super) fn properties(source: &Source) -> Result<Node, Error> {
    read(source, |line| {
        if line.contains('\\') {
            return Err("escapes and continued lines are not read here");
        }
        let at = line.find(['=', ':']).ok_or("a line without `=` or `:`")?;
        let (name, value) = (line[..at].trim(), line[at + 1..].trim());
        if name.is_empty() { Err("a value without a name") } else { Ok((name.to_owned(), value.to_owned(), true)) }
    })
}

fn read(
    source: &Source,
    line_of: impl Fn(&str) -> Result<(String, String, bool), &'static str>,
) -> Result<Node, Error> {
    let (mut entries, mut offset) = (Vec::<Entry>::new(), 0);
    for line in source.text().split_inclusive('\n') {
        let start = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let (key, value, plain) = line_of(line).map_err(|what| Error::syntax(source, start, what))?;
        if entries.iter().any(|entry| entry.key == key) {
            return Err(Error::syntax(source, start, format!("`{key}` is written twice")));
        }
        let span = Span::new(start, start + line.len());
        let value = Node { span, kind: NodeKind::Text { value, plain } };
        entries.push(Entry { key, key_span: span, value });
    }
    Ok(Node { span: Span::new(0, source.text().len()), kind: NodeKind::Map(entries) })
}

/// The value without its quotes or the comment after it, and whether it was written without quotes.
fn unquoted(value: &str) -> Result<(String, bool), &'static str> {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = value.find(" #").unwrap_or(value.len());
        return Ok((value[..end].trim_end().to_owned(), true));
    };
    let inner = &value[1..];
    let end = inner.find(quote).ok_or("a quote is not closed")?;
    let rest = inner[end + 1..].trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return Err("text after the closing quote");
    }
    if quote == '"' && inner[..end].contains('\\') {
        return Err("escapes in quotes are not read here");
    }
    Ok((inner[..end].to_owned(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, key: &str) -> Option<String> {
        let node = env(&Source::new(".env", text)).ok()?;
        node.get(key).and_then(Node::as_text).map(str::to_owned)
    }

    #[test]
    fn env_lines_lose_their_quotes_and_comments() {
        let text = "# c\nexport A=1 # one\nB='x # y'\nC=\"z\" # q\nD=\nE=a#b\n";
        let values = ["A", "B", "C", "D", "E"].map(|key| value(text, key).expect("is there"));
        assert_eq!(values, ["1", "x # y", "z", "", "a#b"]);
    }

    #[test]
    fn what_readers_disagree_about_is_trouble() {
        for text in ["A", "A=1\nA=2", "A=\"x", "A='x' y", "A B=1", "A=\"x\\n\"", "=1"] {
            assert!(env(&Source::new(".env", text)).is_err(), "{text}");
        }
        assert!(properties(&Source::new("a.properties", "a=1\\\n2\n")).is_err());
    }

    #[test]
    fn properties_take_both_signs() {
        let node = properties(&Source::new("a.properties", "! c\na.b = 1\nc: x=y\n")).expect("is sound");
        assert_eq!(node.get("a.b").and_then(Node::as_text), Some("1"));
        assert_eq!(node.get("c").and_then(Node::as_text), Some("x=y"));
    }
}
