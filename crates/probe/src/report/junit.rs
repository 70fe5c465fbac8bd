//! JUnit XML: what ran, and how each case ended.
//!
//! There is no one standard; read is what pytest, surefire, Gradle, Go's converters, nextest and Jest write. The counts are those
//! of the cases themselves. Where a suite states more failures, errors or cases than it holds, the report is not whole or an
//! error lies outside of any case, and that is told.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Passed,
    /// It failed and was expected to.
    ExpectedFailure,
    Skipped,
    Failed,
    Error,
}

/// One test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) file: String,
    pub(super) outcome: Outcome,
    /// It failed first and passed when it was tried again.
    pub(super) is_flaky: bool,
}

/// A report.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) cases: Vec<Case>,
    /// Errors that suites state and no case holds.
    pub(super) outside: u64,
    pub(super) timestamps: Vec<String>,
    pub(super) properties: BTreeMap<String, String>,
    /// Why it is not whole.
    pub(super) broken: Option<String>,
}

/// A suite being read: what it states, and what it holds itself.
#[derive(Default)]
struct Suite {
    tests: Option<u64>,
    failures: u64,
    errors: u64,
    held: u64,
    held_failures: u64,
    held_errors: u64,
    has_suites: bool,
}

/// Reads a report; what comes before a mistake is kept.
pub(super) fn read(text: &str) -> Report {
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                walk.open(&tag);
                walk.depth += 1;
            }
            Ok(Event::Empty(tag)) => {
                walk.open(&tag);
                walk.close(tag.local_name().as_ref());
            }
            Ok(Event::End(tag)) => {
                walk.depth -= 1;
                walk.close(tag.local_name().as_ref());
            }
            Ok(Event::Eof) if walk.depth > 0 => {
                walk.report.broken = Some("it ends in the middle".to_owned());
                return walk.report;
            }
            Ok(Event::Eof) => {
                walk.weigh();
                return walk.report;
            }
            Ok(_) => {}
            Err(error) => {
                walk.report.broken = Some(format!("byte {}: {error}", reader.error_position()));
                return walk.report;
            }
        }
    }
}

#[derive(Default)]
struct Walk {
    report: Report,
    suites: Vec<Suite>,
    case: Option<Case>,
    depth: usize,
    /// Cases, and failures with errors, that the root states.
    stated: (Option<u64>, u64),
}

/// An outcome that stands in a word: `status` and `result` of CTest, behave, GoogleTest.
fn worded(word: &str) -> Outcome {
    match word.to_ascii_lowercase().as_str() {
        "skipped" | "disabled" | "notrun" | "suppressed" | "ignored" | "pending" | "untested" | "todo" => {
            Outcome::Skipped
        }
        "failed" | "fail" | "failure" => Outcome::Failed,
        "error" | "errored" | "broken" | "undefined" | "timeout" | "crashed" => Outcome::Error,
        _ => Outcome::Passed,
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok()??;
    found.unescape_value().ok().map(|value| value.into_owned())
}

impl Walk {
    fn open(&mut self, tag: &BytesStart<'_>) {
        let text = |name: &str| attribute(tag, name).unwrap_or_default();
        match tag.local_name().as_ref() {
            b"testsuites" => self.suites(tag),
            b"testsuite" => self.suite(tag),
            b"testcase" => {
                let outcome = worded(&text("status")).max(worded(&text("result")));
                let (name, class, file) = (text("name"), text("classname"), text("file"));
                self.case = Some(Case { name, class, file, outcome, is_flaky: false });
            }
            b"failure" => self.ended(Outcome::Failed),
            b"error" => self.ended(Outcome::Error),
            b"skipped" if text("type") == "pytest.xfail" => self.ended(Outcome::ExpectedFailure),
            b"skipped" => self.ended(Outcome::Skipped),
            b"flakyFailure" | b"flakyError" => {
                if let Some(case) = &mut self.case {
                    case.is_flaky = true;
                }
            }
            b"property" => {
                let value = text("value");
                self.report.properties.insert(text("name").to_lowercase(), value);
            }
            _ => {}
        }
    }

    /// What the whole report states of itself.
    fn suites(&mut self, tag: &BytesStart<'_>) {
        let number = |name: &str| attribute(tag, name).and_then(|value| value.trim().parse::<u64>().ok());
        self.stated = (number("tests"), number("failures").unwrap_or(0) + number("errors").unwrap_or(0));
    }

    /// Compares that with what was found.
    fn weigh(&mut self) {
        let report = &mut self.report;
        let failed =
            report.cases.iter().filter(|case| matches!(case.outcome, Outcome::Failed | Outcome::Error)).count();
        let (cases, failed) = (report.cases.len() as u64, failed as u64 + report.outside);
        report.outside += self.stated.1.saturating_sub(failed);
        if let Some(tests) = self.stated.0.filter(|tests| *tests > cases + report.outside) {
            report.broken.get_or_insert(format!("it states {tests} cases and holds {cases}"));
        }
    }

    fn suite(&mut self, tag: &BytesStart<'_>) {
        let number = |name: &str| attribute(tag, name).and_then(|value| value.trim().parse().ok());
        if let Some(above) = self.suites.last_mut() {
            above.has_suites = true;
        }
        let (tests, failures, errors) = (number("tests"), number("failures"), number("errors"));
        let stated = Suite { tests, failures: failures.unwrap_or(0), errors: errors.unwrap_or(0), ..Suite::default() };
        self.suites.push(stated);
        self.report.timestamps.extend(attribute(tag, "timestamp").filter(|text| !text.is_empty()));
    }

    fn ended(&mut self, outcome: Outcome) {
        match &mut self.case {
            Some(case) => case.outcome = case.outcome.max(outcome),
            None if matches!(outcome, Outcome::Failed | Outcome::Error) => self.report.outside += 1,
            None => {}
        }
    }

    fn close(&mut self, tag: &[u8]) {
        match tag {
            b"testcase" => {
                let Some(case) = self.case.take() else { return };
                if let Some(suite) = self.suites.last_mut() {
                    suite.held += 1;
                    suite.held_failures += u64::from(case.outcome == Outcome::Failed);
                    suite.held_errors += u64::from(case.outcome == Outcome::Error);
                }
                self.report.cases.push(case);
            }
            b"testsuite" => {
                let Some(suite) = self.suites.pop() else { return };
                if suite.has_suites {
                    return;
                }
                let stated = suite.failures + suite.errors;
                self.report.outside += stated.saturating_sub(suite.held_failures + suite.held_errors);
                if suite.tests.is_some_and(|tests| tests > suite.held + suite.errors) {
                    self.report.broken =
                        Some(format!("a suite states {} cases and holds {}", suite.tests.unwrap_or(0), suite.held));
                }
            }
            _ => {}
        }
    }
}

impl Case {
    /// Whether a wanted name or glob means this case.
    pub(super) fn is(&self, wanted: &Wanted) -> bool {
        let bare = self.name.split(['[', '(']).next().unwrap_or(&self.name).trim_end();
        let joined = [
            self.name.clone(),
            bare.to_owned(),
            format!("{}.{}", self.class, self.name),
            format!("{}::{}", self.class, self.name),
            format!("{}.{bare}", self.class),
            format!("{}::{bare}", self.class),
            format!("{}::{}", self.file, self.name),
            format!("{}::{bare}", self.file),
        ];
        joined.iter().any(|name| wanted.matches(name))
    }

    /// For people.
    pub(super) fn title(&self) -> String {
        if self.class.is_empty() { self.name.clone() } else { format!("{}::{}", self.class, self.name) }
    }
}

/// A name, in which `*` stands for anything.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) written: String,
    pattern: regex::Regex,
}

impl Wanted {
    pub(super) fn parse(written: &str) -> Option<Self> {
        let parts: Vec<String> = written.split('*').map(regex::escape).collect();
        let pattern = regex::Regex::new(&format!("(?s)^{}$", parts.join(".*"))).ok()?;
        (!written.trim_matches('*').is_empty()).then(|| Self { written: written.to_owned(), pattern })
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.pattern.is_match(name)
    }
}
