//! Changing a register in place: a splice of the original bytes, and nothing else.

use text::{Fix, Span};

/// These bytes instead of those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl From<&Fix> for Splice {
    fn from(fix: &Fix) -> Self {
        Self { span: fix.span, text: fix.text.clone() }
    }
}

/// The text with the splices made. Every byte outside of their spans stays. Of two that overlap the first one counts; spans
/// beyond the text or inside a character are left out. Returns how many were made.
pub fn splice(text: &str, splices: &[Splice]) -> (String, usize) {
    let mut ordered: Vec<&Splice> = splices.iter().filter(|splice| text.get(splice.span.range()).is_some()).collect();
    ordered.sort_by_key(|splice| (splice.span.start, splice.span.end));
    ordered.dedup();
    let (mut out, mut at, mut made) = (String::with_capacity(text.len()), 0, 0);
    for splice in ordered {
        if splice.span.start < at {
            continue;
        }
        out.push_str(&text[at..splice.span.start]);
        out.push_str(&splice.text);
        (at, made) = (splice.span.end, made + 1);
    }
    out.push_str(&text[at..]);
    (out, made)
}
