//! Anchors as text: `SIZE:HEAD`, alone or as lines of a file that people commit.
//!
//! A file of anchors is read whole or not at all: a line that is none could be one that somebody broke.

use crate::Head;

/// The most anchors that one file may hold.
pub const MAX_ANCHORS: usize = 100_000;

/// How an anchor is written; [`anchors`] reads it.
pub fn print_anchor(head: &Head) -> String {
    format!("{}:{}", head.size, head.hash)
}

/// The anchors of a text: one a line, the first word of it; empty lines and lines that begin with `#` say nothing.
///
/// # Errors
/// The number of the first line that is no anchor; 0 when there are none, or too many.
pub fn anchors(text: &str) -> Result<Vec<Head>, usize> {
    let mut anchors = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(word) = line.split_whitespace().next().filter(|word| !word.starts_with('#')) else { continue };
        anchors.push(anchor(word).ok_or(index + 1)?);
    }
    if anchors.is_empty() || anchors.len() > MAX_ANCHORS { Err(0) } else { Ok(anchors) }
}

fn anchor(word: &str) -> Option<Head> {
    let (size, hash) = word.split_once(':')?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let size = size.parse().ok().filter(|_| size.bytes().all(|byte| byte.is_ascii_digit()))?;
    is_hash.then(|| Head { size, hash: hash.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        let head = Head { size: 42, hash: crate::genesis() };
        let text = format!("# anchors of the ledger\n\n{} 2026-11-22\n", print_anchor(&head));
        assert_eq!(anchors(&text), Ok(vec![head]));
    }

    #[test]
    fn a_broken_line_is_named_and_no_anchor_is_no_comfort() {
        let sound = print_anchor(&Head { size: 1, hash: crate::genesis() });
        assert_eq!(anchors(&format!("{sound}\n2:abc\n")), Err(2));
        assert_eq!(anchors(&format!("+{sound}")), Err(1));
        assert_eq!(anchors(&sound.to_uppercase()), Err(1));
        assert_eq!(anchors("# nothing\n"), Err(0));
    }
}
