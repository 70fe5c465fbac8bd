//! One file into whatever kind of report it is, told by what it holds.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::alarms::{Alarms, heard};
use super::bench::Benchmark;
use super::coverage::{Coverage, cobertura, lcov};
use super::{bench, junit};

/// What one file tells.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) path: String,
    pub(super) kind: &'static str,
    pub(super) junit: Option<junit::Report>,
    pub(super) coverage: Option<Coverage>,
    pub(super) benchmarks: Vec<Benchmark>,
    pub(super) json: Option<Json>,
    pub(super) alarms: Alarms,
    /// Seconds since 1970, by the report itself: the oldest that it tells.
    pub(super) at: Option<i64>,
    pub(super) revision: Option<String>,
    pub(super) broken: Option<String>,
}

/// Properties by which reports name the commit they are of.
const REVISIONS: [&str; 14] = [
    "revision",
    "commit",
    "sha",
    "git.commit",
    "git_commit",
    "git.revision",
    "git.sha",
    "vcs.revision",
    "github_sha",
    "ci_commit_sha",
    "commit_sha",
    "git.commit.id",
    "ci.commit",
    "commit.id",
];

/// Reads a file.
pub(super) fn read(path: &str, text: &str) -> Report {
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    let mut report = if begin.starts_with('<') {
        xml(begin)
    } else if begin.starts_with(['{', '[']) {
        json(path, text)
    } else if text.lines().any(|line| line.starts_with("SF:")) {
        let coverage = lcov(text);
        Report { kind: "lcov", broken: coverage.broken.clone(), coverage: Some(coverage), ..Report::default() }
    } else {
        Report { kind: "log", ..Report::default() }
    };
    report.alarms = heard(text);
    report.path = path.to_owned();
    report
}

fn xml(text: &str) -> Report {
    match root(text) {
        "testsuites" | "testsuite" => {
            let read = junit::read(text);
            let at = read.timestamps.iter().filter_map(|text| crate::moment::seconds(text)).min();
            let (revision, broken) = (revision(&read.properties), read.broken.clone());
            Report { kind: "junit", at, revision, broken, junit: Some(read), ..Report::default() }
        }
        "coverage" if text.contains("line-rate") => {
            let read = cobertura(text);
            Report {
                kind: "cobertura",
                at: read.at,
                broken: read.broken.clone(),
                coverage: Some(read),
                ..Report::default()
            }
        }
        other => {
            let why = format!("`<{other}>` is neither JUnit nor Cobertura");
            Report { kind: "xml", broken: Some(why), ..Report::default() }
        }
    }
}

/// The name of the first element.
fn root(text: &str) -> &str {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with(|c: char| c.is_alphabetic()) {
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            return &rest[..end];
        }
    }
    ""
}

fn revision(properties: &BTreeMap<String, String>) -> Option<String> {
    REVISIONS.iter().find_map(|name| properties.get(*name)).filter(|value| !value.is_empty()).cloned()
}

fn json(path: &str, text: &str) -> Report {
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(_) if text.lines().next().is_some_and(|line| line.contains("\"Action\"")) => return go(text),
        Err(error) => return Report { kind: "json", broken: Some(error.to_string()), ..Report::default() },
    };
    let found = bench::read(path, &json);
    let kind = if found.is_some() { "benchmark" } else { "json" };
    let found = found.unwrap_or_default();
    let at = found.at.as_deref().and_then(crate::moment::seconds);
    Report { kind, benchmarks: found.all, at, revision: found.revision, json: Some(json), ..Report::default() }
}

/// The lines of `go test -json`: of each test its last word counts.
fn go(text: &str) -> Report {
    let mut ended: BTreeMap<(String, String), junit::Outcome> = BTreeMap::new();
    let mut fallen: Vec<String> = Vec::new();
    let (mut at, mut broken, mut packages) = (None, None, BTreeMap::new());
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Ok(event) = serde_json::from_str::<Json>(line) else {
            broken = Some(format!("line {} is no JSON", number + 1));
            continue;
        };
        let word = |key: &str| event[key].as_str().unwrap_or("").to_owned();
        at = at.or_else(|| crate::moment::seconds(&word("Time")));
        let outcome = match word("Action").as_str() {
            "pass" => junit::Outcome::Passed,
            "fail" => junit::Outcome::Failed,
            "skip" => junit::Outcome::Skipped,
            _ => {
                packages.entry(word("Package")).or_insert(false);
                continue;
            }
        };
        if word("Test").is_empty() && outcome == junit::Outcome::Failed {
            fallen.push(word("Package"));
        }
        if word("Test").is_empty() {
            packages.insert(word("Package"), true);
        } else {
            ended.insert((word("Package"), word("Test")), outcome);
        }
    }
    if packages.values().any(|ended| !ended) {
        broken = broken.or(Some("a package did not end".to_owned()));
    }
    // A package that does not build, or that panics, fails without any test of its own.
    let has_failed =
        |package: &String| ended.iter().any(|((of, _), one)| of == package && *one == junit::Outcome::Failed);
    let outside = fallen.iter().filter(|package| !has_failed(package)).count() as u64;
    let case = |((class, name), outcome)| junit::Case { name, class, file: String::new(), outcome, is_flaky: false };
    let cases = ended.into_iter().map(case).collect();
    let read = junit::Report { cases, outside, ..junit::Report::default() };
    Report { kind: "go", at, broken, junit: Some(read), ..Report::default() }
}
