//! JSON into nodes with spans.
//!
//! serde_json decides whether the text is JSON at all; the walk afterwards only has to find the places, and can rely on
//! what was decided. It also refuses a key written twice, of which serde_json would silently keep the last.

use text::{Entry, Node, NodeKind, Source, Span};

use crate::Error;

/// Reads a JSON text.
pub(super) fn read(source: &Source) -> Result<Node, Error> {
    let checked = serde_json::from_str::<serde_json::Value>(source.text());
    if let Err(error) = checked {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or(&what).to_owned();
        return Err(Error::Syntax { path: source.path().to_owned(), line: error.line(), what });
    }
    let mut walk = Walk { source, at: 0 };
    walk.value()
}

struct Walk<'a> {
    source: &'a Source,
    at: usize,
}

impl Walk<'_> {
    fn byte(&mut self) -> u8 {
        let bytes = self.source.text().as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or(0)
    }

    fn value(&mut self) -> Result<Node, Error> {
        let byte = self.byte();
        let start = self.at;
        let kind = match byte {
            b'{' => self.map()?,
            b'[' => self.list()?,
            b'"' => NodeKind::Text { value: self.string(), plain: false },
            _ => self.word(),
        };
        Ok(Node { span: Span::new(start, self.at), kind })
    }

    fn map(&mut self) -> Result<NodeKind, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        self.at += 1;
        while self.byte() == b'"' {
            let start = self.at;
            let key = self.string();
            let key_span = Span::new(start, self.at);
            if entries.iter().any(|entry| entry.key == key) {
                return Err(Error::syntax(self.source, start, format!("key `{key}` is written twice")));
            }
            self.step_over(b':');
            let value = self.value()?;
            entries.push(Entry { key, key_span, value });
            self.step_over(b',');
        }
        self.step_over(b'}');
        Ok(NodeKind::Map(entries))
    }

    fn list(&mut self) -> Result<NodeKind, Error> {
        let mut items = Vec::new();
        self.at += 1;
        while !matches!(self.byte(), b']' | 0) {
            items.push(self.value()?);
            self.step_over(b',');
        }
        self.step_over(b']');
        Ok(NodeKind::List(items))
    }

    fn step_over(&mut self, wanted: u8) {
        if self.byte() == wanted {
            self.at += 1;
        }
    }

    fn string(&mut self) -> String {
        let (text, start) = (self.source.text(), self.at);
        let (mut end, mut escaped) = (start + 1, false);
        for byte in &text.as_bytes()[start + 1..] {
            end += 1;
            match byte {
                b'"' if !escaped => break,
                b'\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        self.at = end;
        serde_json::from_str(&text[start..end]).unwrap_or_default()
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> NodeKind {
        let (text, start) = (self.source.text(), self.at);
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | ']' | '}');
        self.at = text[start..].find(ends).map_or(text.len(), |length| start + length);
        match &text[start..self.at] {
            "null" => NodeKind::Empty,
            word => NodeKind::Text { value: word.to_owned(), plain: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node, Error> {
        super::read(&Source::new("t.json", text))
    }

    #[test]
    fn the_walk_and_serde_json_read_the_same_values() {
        let text = "\t{ \"a\\\"b\" : [1, -2.5e3,\n\t\t\"x\\\\\", true,null, [], {}], \"ü\":\"\\u00fc\" }\n";
        let node = read(text).expect("is JSON");
        let expected: serde_json::Value = serde_json::from_str(text).expect("is JSON");
        assert_eq!(crate::file::document::json(&node), expected);
    }

    #[test]
    fn a_key_written_twice_is_refused_with_its_line() {
        let error = read("{\"a\": 1,\n \"a\": 2}").expect_err("refuses");
        assert_eq!(error.to_string(), "t.json:2: key `a` is written twice");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "{\"a\":1,}", "// c\n{}", "{'a':1}", "{} {}", "NaN"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
