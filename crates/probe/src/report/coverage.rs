//! Coverage of lines and branches: lcov and Cobertura.
//!
//! A line counts once, however many tests or methods list it. What a filter leaves without a single line has no ratio.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What is known of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileCoverage {
    /// Whether each line was run.
    lines: BTreeMap<u64, bool>,
    /// Branches of a line: taken and all.
    branches: BTreeMap<String, (u64, u64)>,
    /// Lines found and run, where only the sums are written.
    sums: Option<(u64, u64)>,
}

/// Coverage by file.
#[derive(Clone, Debug, Default)]
pub(super) struct Coverage {
    pub(super) files: BTreeMap<String, FileCoverage>,
    pub(super) at: Option<i64>,
    pub(super) broken: Option<String>,
}

impl FileCoverage {
    /// Lines run, and all.
    pub(super) fn lines(&self) -> (u64, u64) {
        match self.sums {
            Some(sums) if self.lines.is_empty() => sums,
            _ => (self.lines.values().filter(|run| **run).count() as u64, self.lines.len() as u64),
        }
    }

    /// Branches taken, and all.
    pub(super) fn branches(&self) -> (u64, u64) {
        self.branches.values().fold((0, 0), |(taken, all), (more, of)| (taken + more, all + of))
    }

    fn line(&mut self, number: u64, hits: u64) {
        *self.lines.entry(number).or_default() |= hits > 0;
    }
}

/// Reads lcov's `info` files.
pub(super) fn lcov(text: &str) -> Coverage {
    let mut found = Coverage::default();
    let mut file: Option<String> = None;
    for line in text.lines() {
        let (key, rest) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
        if key == "SF" {
            file = Some(rest.replace('\\', "/"));
            found.files.entry(rest.replace('\\', "/")).or_default();
        }
        if key == "end_of_record" {
            file = None;
        }
        let Some(current) = file.as_ref().and_then(|file| found.files.get_mut(file)) else { continue };
        let numbers: Vec<&str> = rest.split(',').collect();
        let number = |at: usize| numbers.get(at).and_then(|text| text.parse::<u64>().ok());
        match key {
            "DA" => {
                if let (Some(at), Some(hits)) = (number(0), number(1)) {
                    current.line(at, hits);
                }
            }
            "BRDA" => {
                let taken = number(3).is_some_and(|taken| taken > 0);
                let key = numbers.get(..3).unwrap_or(&[]).join(",");
                let entry = current.branches.entry(key).or_insert((0, 1));
                entry.0 |= u64::from(taken);
            }
            "LF" => current.sums = Some((current.sums.map_or(0, |sums| sums.0), number(0).unwrap_or(0))),
            "LH" => current.sums = Some((number(0).unwrap_or(0), current.sums.map_or(0, |sums| sums.1))),
            _ => {}
        }
    }
    if file.is_some() {
        found.broken = Some("it ends in the middle of a record".to_owned());
    }
    found
}

/// Reads Cobertura XML.
pub(super) fn cobertura(text: &str) -> Coverage {
    let mut reader = Reader::from_str(text);
    let (mut found, mut file, mut depth) = (Coverage::default(), None, 0_usize);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                depth += 1;
                element(&tag, &mut found, &mut file);
            }
            Ok(Event::Empty(tag)) => element(&tag, &mut found, &mut file),
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) => {
                if depth > 0 {
                    found.broken = Some("it ends in the middle".to_owned());
                }
                return found;
            }
            Ok(_) => {}
            Err(error) => {
                found.broken = Some(format!("byte {}: {error}", reader.error_position()));
                return found;
            }
        }
    }
}

fn element(tag: &BytesStart<'_>, found: &mut Coverage, file: &mut Option<String>) {
    let text = |name: &str| {
        let value = tag.try_get_attribute(name).ok().flatten()?;
        value.unescape_value().ok().map(|value| value.into_owned())
    };
    match tag.local_name().as_ref() {
        b"coverage" => {
            // Seconds or milliseconds, by who wrote it.
            let at = text("timestamp").and_then(|at| at.split('.').next()?.parse::<i64>().ok());
            found.at = at.map(|at| if at > 100_000_000_000 { at / 1000 } else { at });
        }
        b"class" => {
            let name = text("filename").unwrap_or_default().replace('\\', "/");
            found.files.entry(name.clone()).or_default();
            *file = Some(name);
        }
        b"line" => {
            let Some(current) = file.as_ref().and_then(|file| found.files.get_mut(file)) else { return };
            let number = text("number").and_then(|number| number.parse().ok());
            let hits = text("hits").and_then(|hits| hits.parse().ok());
            if let (Some(number), Some(hits)) = (number, hits) {
                current.line(number, hits);
                if let Some((taken, all)) = text("condition-coverage").as_deref().and_then(condition) {
                    current.branches.insert(number.to_string(), (taken, all));
                }
            }
        }
        _ => {}
    }
}

/// `50% (1/2)`.
fn condition(text: &str) -> Option<(u64, u64)> {
    let (_, inner) = text.split_once('(')?;
    let (taken, all) = inner.trim_end_matches(')').split_once('/')?;
    Some((taken.parse().ok()?, all.parse().ok()?))
}
