//! Links to other documents and to anchors of this one.
//!
//! Only inline links with a target that can be looked up in a repository are kept; addresses with a scheme are not.

use std::collections::HashMap;

use text::Span;

use super::Reading;
use crate::fold::plain;
use crate::page::{BlockKind, Page, read_page};

/// The most links of one document.
const MAX_LINKS: usize = 10_000;
/// The longest target.
const MAX_TARGET_BYTES: usize = 500;

/// A link of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Where it leads, as written.
    pub target: String,
    /// Bytes of the target.
    pub span: Span,
    /// The words that are linked, without markup.
    pub text: String,
    /// Line from 1.
    pub line: usize,
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Link> {
    let context = reading.context;
    let links = context.page.links.iter().filter_map(|link| {
        let raw = context.slice(*link);
        let (words, span) = inline(raw, link.start)?;
        let target = context.slice(span).to_owned();
        is_local(&target).then(|| Link { target, span, text: plain(words), line: context.line(span.start) })
    });
    links.take(MAX_LINKS).collect()
}

/// The words and the place of the target of `[words](target "title")`.
fn inline(raw: &str, start: usize) -> Option<(&str, Span)> {
    let middle = raw.rfind("](")?;
    let words = raw[..middle].trim_start_matches('!').strip_prefix('[')?;
    let inner = raw[middle + 2..].strip_suffix(')')?;
    let skipped = inner.len() - inner.trim_start().len();
    let inner = inner.trim_start();
    let (offset, target) = match inner.strip_prefix('<') {
        Some(rest) => (1, rest.split_once('>')?.0),
        None => (0, inner.split([' ', '\t', '\n', '\r']).next()?),
    };
    let from = start + middle + 2 + skipped + offset;
    Some((words, Span::new(from, from + target.len())))
}

/// Whether a target can be looked up in the repository.
fn is_local(target: &str) -> bool {
    let scheme = target.split(['/', '#', '?', '.']).next().is_some_and(|head| head.contains(':'));
    let is_placeholder = ["...", "<", ">", "{", "}", "YYYY", "path/to"].iter().any(|word| target.contains(word));
    !target.is_empty()
        && target != "#"
        && target.len() <= MAX_TARGET_BYTES
        && !scheme
        && !target.starts_with("//")
        && !is_placeholder
        && !matches!(target, "link" | "url" | "URL" | "TODO" | "TBD")
}

/// The anchors of a document as forges make them from headings and from `id` and `name` of HTML.
///
/// The rule is that of github.com: lower case, spaces to dashes, everything but letters, digits, `-` and `_` left out, and a
/// number behind the second one of the same name.
pub fn anchors(text: &str) -> Vec<String> {
    let page = read_page(text);
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut anchors: Vec<String> = headings(&page, text)
        .map(|heading| {
            let slug = anchor(&heading);
            let count = seen.entry(slug.clone()).or_insert(0);
            *count += 1;
            if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
        })
        .collect();
    anchors.extend(html_anchors(text));
    anchors
}

fn headings<'t>(page: &'t Page, text: &'t str) -> impl Iterator<Item = String> + 't {
    page.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Heading { text: span, .. } => Some(plain(&text[span.range()])),
        _ => None,
    })
}

fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The values of `id="x"` and `name="x"`.
fn html_anchors(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in [" id=\"", " name=\""] {
        for (at, _) in text.match_indices(attribute).take(MAX_LINKS) {
            let rest = &text[at + attribute.len()..];
            if let Some(end) = rest.find(['"', '\n']).filter(|end| *end <= MAX_TARGET_BYTES) {
                found.push(rest[..end].to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(raw: &str) -> Option<String> {
        inline(raw, 0).map(|(_, span)| raw[span.range()].to_owned())
    }

    #[test]
    fn the_target_of_a_link_is_found_between_its_brackets() {
        assert_eq!(target("[a](b.md)").as_deref(), Some("b.md"));
        assert_eq!(target("[a](  <b c.md> \"title\")").as_deref(), Some("b c.md"));
        assert_eq!(target("![`x](y)`](b.md#c \"t\")").as_deref(), Some("b.md#c"));
        assert_eq!(target("[a][b]"), None);
    }

    #[test]
    fn addresses_and_placeholders_are_not_looked_up() {
        for sound in ["b.md", "../adr/1.md#x", "#risks", "/docs/a.md", "a%20b.md"] {
            assert!(is_local(sound), "{sound}");
        }
        for other in ["https://a.b/c", "mailto:a@b.c", "//host/x", "#", "link", "{url}", "tel:1"] {
            assert!(!is_local(other), "{other}");
        }
    }

    #[test]
    fn anchors_are_made_as_forges_make_them() {
        let text = "# Risk & Debt\n\n## R-1: `db` lost!\n\n## Same\n\n## Same\n\n<a name=\"old\"></a>\n\n## Über_uns\n";
        assert_eq!(anchors(text), ["risk--debt", "r-1-db-lost", "same", "same-1", "über_uns", "old"]);
    }
}
