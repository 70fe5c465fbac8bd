//! Texts of a load with holes: `${id}`, `${seq}`, `${take:NAME}`, `${pad:BYTES}`.
//!
//! Read once before the load begins, so that a slip is a problem of the file and not a wrong request during a drill.
//! Nothing is escaped: the hole stands where its author put it.

use std::collections::{BTreeMap, BTreeSet};

/// The largest `${pad:..}`, 8 MiB.
pub const MAX_PAD_BYTES: usize = 8 * 1024 * 1024;

/// A text with holes that are filled for each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

/// A piece of a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Id,
    Seq,
    Take(String),
    Pad(usize),
}

/// What fills the holes of one request.
#[derive(Clone, Copy, Debug)]
pub struct Holes<'a> {
    /// Unique per request, over all runs.
    pub id: &'a str,
    /// 0, 1, 2, ..
    pub seq: u64,
    /// What the session steps took.
    pub taken: &'a BTreeMap<String, String>,
}

impl Pattern {
    /// Reads a text; an unknown or unclosed hole is an error, worded for people.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            let end = rest[start..].find('}').ok_or("`${` is not closed by `}`")? + start;
            parts.push(hole(&rest[start + 2..end])?);
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The text of one request. A name that no session step took leaves nothing; [`Pattern::takes`] finds those before.
    pub fn fill(&self, holes: &Holes<'_>) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(kept) => text.push_str(kept),
                Part::Id => text.push_str(holes.id),
                Part::Seq => text.push_str(&holes.seq.to_string()),
                Part::Take(name) => text.push_str(holes.taken.get(name).map_or("", String::as_str)),
                Part::Pad(bytes) => text.extend(std::iter::repeat_n('x', *bytes)),
            }
        }
        text
    }

    /// Names that session steps must take for this text.
    pub fn takes(&self) -> BTreeSet<&str> {
        self.parts.iter().filter_map(Part::take).collect()
    }

    /// Whether every request has a text of its own.
    pub fn is_unique(&self) -> bool {
        self.parts.contains(&Part::Id)
    }
}

impl Part {
    fn take(&self) -> Option<&str> {
        match self {
            Self::Take(name) => Some(name),
            Self::Text(_) | Self::Id | Self::Seq | Self::Pad(_) => None,
        }
    }
}

fn hole(name: &str) -> Result<Part, String> {
    match name.split_once(':') {
        None if name == "id" => return Ok(Part::Id),
        None if name == "seq" => return Ok(Part::Seq),
        Some(("take", taken)) if !taken.is_empty() => return Ok(Part::Take(taken.to_owned())),
        Some(("pad", bytes)) => return pad(bytes),
        None | Some(_) => {}
    }
    Err(format!("`${{{name}}}` is not known here; known: ${{id}}, ${{seq}}, ${{take:NAME}}, ${{pad:BYTES}}"))
}

fn pad(bytes: &str) -> Result<Part, String> {
    let size = bytes.parse::<usize>().ok().filter(|size| *size <= MAX_PAD_BYTES);
    size.map(Part::Pad).ok_or_else(|| format!("`${{pad:{bytes}}}` must be a whole number up to {MAX_PAD_BYTES}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let taken = BTreeMap::from([("token".to_owned(), "abc".to_owned())]);
        Pattern::read(text).expect("is a pattern").fill(&Holes { id: "7-m1", seq: 1, taken: &taken })
    }

    #[test]
    fn every_hole_is_filled() {
        assert_eq!(filled("/e/${id}?n=${seq}&t=${take:token}${pad:3}!"), "/e/7-m1?n=1&t=abcxxx!");
        assert_eq!(filled("{\"cost\": \"$5\"}"), "{\"cost\": \"$5\"}");
    }

    #[test]
    fn a_slip_in_a_hole_is_told() {
        for text in ["${idd}", "${id", "${take:}", "${pad:x}", "${pad:-1}", "${pad:99999999999}", "${}", "${env:HOME}"]
        {
            assert!(Pattern::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_to_take_are_known_before_the_load() {
        let pattern = Pattern::read("Bearer ${take:token} ${take:other} ${id}").expect("is a pattern");
        assert_eq!(pattern.takes().into_iter().collect::<Vec<_>>(), ["other", "token"]);
        assert!(pattern.is_unique());
    }
}
