//! The findings of a day that are known and not told again: `seaworthy-baseline.json`, written by `lint --write-baseline`.
//!
//! The file is committed beside `seaworthy.yaml`. It holds fingerprints, and beside each what a person needs to see what it
//! is. A finding that is gone is told, so that the file shrinks.

use std::collections::BTreeMap;
use std::path::Path;

use report::Linted;
use serde_json::{Value as Json, json};

use crate::Error;

/// The file of the baseline when none is named.
pub const BASELINE_NAME: &str = "seaworthy-baseline.json";
/// The largest baseline read, 16 MiB.
pub const MAX_BASELINE_BYTES: usize = 16 * 1024 * 1024;
const SCHEMA: &str = "seaworthy.baseline/1";

/// Writes what was found as known. Errors, too: the file is reviewed like any other.
pub fn write(path: &Path, linted: &Linted) -> Result<usize, Error> {
    let all: Vec<text::Problem> = linted.known.iter().chain(&linted.problems).cloned().collect();
    let prints = report::fingerprints(&all, &linted.sources);
    let mut findings: Vec<Json> = all
        .iter()
        .zip(&prints)
        .map(|(problem, print)| {
            json!({"fingerprint": print, "rule": problem.rule, "path": problem.path, "message": problem.message})
        })
        .collect();
    findings.sort_by_key(|finding| {
        (finding["path"].to_string(), finding["rule"].to_string(), finding["fingerprint"].to_string())
    });
    let whole = json!({"schema": SCHEMA, "findings": findings});
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n";
    outside::files::write_whole(path, text.as_bytes()).map_err(|error| damaged(path, crate::chain(&error)))?;
    Ok(findings.len())
}

/// Moves what the baseline knows from `problems` to `known`; returns what it knows that is found no more.
pub fn apply(path: &Path, linted: &mut Linted) -> Result<Vec<String>, Error> {
    let known = read(path)?;
    let problems = std::mem::take(&mut linted.problems);
    let prints = report::fingerprints(&problems, &linted.sources);
    let mut left = known.clone();
    for (problem, print) in problems.into_iter().zip(prints) {
        left.remove(&print);
        if known.contains_key(&print) { linted.known.push(problem) } else { linted.problems.push(problem) }
    }
    Ok(left.into_values().collect())
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    let text =
        outside::files::read_text(path, MAX_BASELINE_BYTES).map_err(|error| damaged(path, crate::chain(&error)))?;
    let damaged = |why: &str| damaged(path, why.to_owned());
    let whole: Json = serde_json::from_str(&text).map_err(|error| damaged(&error.to_string()))?;
    if whole["schema"] != SCHEMA {
        return Err(damaged(&format!("its schema is not {SCHEMA}")));
    }
    let findings = whole["findings"].as_array().ok_or_else(|| damaged("it has no list of findings"))?;
    let one = |finding: &Json| {
        let word = |key: &str| finding[key].as_str().unwrap_or("").to_owned();
        let print = finding["fingerprint"].as_str().ok_or_else(|| damaged("a finding has no fingerprint"))?;
        Ok((print.to_owned(), format!("{} in {}: {}", word("rule"), word("path"), word("message"))))
    };
    findings.iter().map(one).collect()
}

fn damaged(path: &Path, why: String) -> Error {
    Error::Baseline { path: path.to_path_buf(), why }
}
