//! What all reports of a claim come to together.

use std::path::Path;

use evidence::{Grade, Quantity, Unit, Value};

use super::TestReport;
use super::alarms::Alarms;
use super::bench::Benchmark;
use super::coverage::FileCoverage;
use super::freshness::{self, Now};
use super::junit::{Case, Outcome};
use super::read::{Report, read};
use crate::repository::files::{Files, Patterns, some, texts};
use crate::sight::{Sight, number};

/// The largest report.
const MAX_REPORT_BYTES: usize = 64 << 20;

/// The most reports.
const MAX_REPORTS: usize = 5000;

/// Looks at all reports.
pub(super) fn told(probe: &TestReport, directory: &Path, now: &Now) -> Sight {
    let subject = probe.paths.words();
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(subject, &error),
    };
    let mut meant = files.left(&probe.paths);
    let mut trouble = Vec::new();
    if meant.len() > MAX_REPORTS {
        trouble.push(format!("only the first {MAX_REPORTS} of {} reports were read", meant.len()));
        meant.truncate(MAX_REPORTS);
    }
    let without = probe.paths.all.iter().filter(|pattern| !meant.iter().any(|path| pattern.means(path)));
    trouble.extend(without.map(|pattern| format!("there is no report at {}", pattern.written)));
    let all = outside::parallel::map(&meant, |path| files.read(path, MAX_REPORT_BYTES).map(|text| read(path, &text)));
    let mut reports = Vec::new();
    for report in all {
        match report {
            Ok(report) => {
                trouble.extend(report.broken.as_ref().map(|why| format!("{}: {why}", report.path)));
                reports.push(report);
            }
            Err(error) => trouble.push(error.words()),
        }
    }
    let mut sight = Sight::new(reports.first().map_or(subject, |report| report.path.clone()));
    put_cases(&mut sight, probe, &reports, &mut trouble);
    put_coverage(&mut sight, probe, &files, &reports, &mut trouble);
    put_alarms(&mut sight, &reports, &mut trouble);
    put_benchmarks(&mut sight, probe, &reports);
    put_value(&mut sight, probe, &reports);
    if sight.subjects > 0 {
        sight.integer("reports", reports.len());
        let mut kinds: Vec<&str> = reports.iter().map(|report| report.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        sight.put("kinds", texts(kinds));
        freshness::put(&mut sight, probe, &files, &reports, now, &mut trouble);
        let fresh = sight.values.get("fresh") == Some(&Value::Boolean(true));
        sight.grade = Some(if fresh { Grade::Wired } else { Grade::Declared });
    } else if trouble.is_empty() {
        trouble.push("the reports tell of no case, no line, no benchmark and no detector".to_owned());
    }
    sight.trouble = (!trouble.is_empty()).then(|| some(&trouble));
    sight
}

// ===== cases =====

fn put_cases(sight: &mut Sight, probe: &TestReport, reports: &[Report], trouble: &mut Vec<String>) {
    let all: Vec<&Case> =
        reports.iter().filter_map(|report| report.junit.as_ref()).flat_map(|report| &report.cases).collect();
    let outside: u64 = reports.iter().filter_map(|report| report.junit.as_ref()).map(|report| report.outside).sum();
    if all.is_empty() && outside == 0 {
        return;
    }
    sight.subjects += all.len() as u64 + outside;
    let count = |outcome: Outcome| all.iter().filter(|case| case.outcome == outcome).count();
    let errors = count(Outcome::Error) + usize::try_from(outside).unwrap_or(usize::MAX);
    if outside == 0 && all.iter().all(|case| case.outcome == Outcome::Skipped) {
        trouble.push("no case ran: all were skipped".to_owned());
    }
    sight.integer("cases", all.len());
    sight.integer("passed", count(Outcome::Passed));
    sight.integer("failed", count(Outcome::Failed) + errors);
    sight.integer("errors", errors);
    sight.integer("skipped", count(Outcome::Skipped));
    sight.integer("expected_failures", count(Outcome::ExpectedFailure));
    sight.integer("flaky", all.iter().filter(|case| case.is_flaky).count());
    let is_meant = |case: &Case| probe.cases.is_empty() || probe.cases.iter().any(|wanted| case.is(wanted));
    let ended = |outcomes: &[Outcome]| {
        let these = all.iter().filter(|case| outcomes.contains(&case.outcome) && is_meant(case));
        texts(these.map(|case| case.title()))
    };
    sight.put("failed_cases", ended(&[Outcome::Failed, Outcome::Error]));
    sight.put("skipped_cases", ended(&[Outcome::Skipped, Outcome::ExpectedFailure]));
    if !probe.cases.is_empty() {
        put_wanted(sight, probe, &all);
    }
}

/// Of what was asked for: what ran, and what is not there.
fn put_wanted(sight: &mut Sight, probe: &TestReport, all: &[&Case]) {
    let (mut present, mut missing, mut hold) = (Vec::new(), Vec::new(), true);
    for wanted in &probe.cases {
        let meant: Vec<&&Case> = all.iter().filter(|case| case.is(wanted)).collect();
        let ran = |case: &&&Case| !matches!(case.outcome, Outcome::Skipped | Outcome::ExpectedFailure);
        if meant.is_empty() {
            missing.push(wanted.written.clone());
        } else if meant.iter().any(ran) {
            present.push(wanted.written.clone());
        }
        hold &= !meant.is_empty() && meant.iter().all(|case| case.outcome == Outcome::Passed);
    }
    sight.put("present", texts(present));
    sight.put("missing_cases", texts(missing));
    sight.boolean("cases_passed", hold);
}

// ===== coverage =====

fn put_coverage(sight: &mut Sight, probe: &TestReport, files: &Files, reports: &[Report], trouble: &mut Vec<String>) {
    let all: Vec<(&String, &FileCoverage)> =
        reports.iter().filter_map(|report| report.coverage.as_ref()).flat_map(|coverage| &coverage.files).collect();
    if all.is_empty() {
        return;
    }
    let meant: Vec<&(&String, &FileCoverage)> = match &probe.files {
        None => all.iter().collect(),
        Some(patterns) => all.iter().filter(|(path, _)| patterns.mean_end_of(path)).collect(),
    };
    let sum = |of: fn(&FileCoverage) -> (u64, u64)| {
        meant.iter().map(|(_, file)| of(file)).fold((0, 0), |(some, all), (more, of)| (some + more, all + of))
    };
    let (run, lines) = sum(FileCoverage::lines);
    if lines == 0 {
        trouble.push("the coverage holds no line of the files asked for".to_owned());
        return;
    }
    sight.subjects += meant.len() as u64;
    sight.integer("covered_files", meant.len());
    sight.integer("lines", usize::try_from(lines).unwrap_or(usize::MAX));
    ratio(sight, "line_coverage", run, lines);
    let (taken, branches) = sum(FileCoverage::branches);
    ratio(sight, "branch_coverage", taken, branches);
    if let Some(patterns) = &probe.files {
        sight.put("not_in_report", texts(left_out(patterns, files, &meant)));
    }
}

/// Files of the repository that were asked for and that the report does not know: they may be as bare as can be.
fn left_out(patterns: &Patterns, files: &Files, meant: &[&(&String, &FileCoverage)]) -> Vec<String> {
    let ending = |path: &str| path.rsplit_once('.').map(|(_, ending)| ending.to_owned());
    let endings: Vec<Option<String>> = meant.iter().map(|(path, _)| ending(path)).collect();
    let is_known = |path: &String| {
        meant.iter().any(|(known, _)| {
            *known == path || known.ends_with(&format!("/{path}")) || path.ends_with(&format!("/{known}"))
        })
    };
    let is_empty =
        |path: &String| files.within(path).is_some_and(|full| full.metadata().is_ok_and(|about| about.len() == 0));
    let asked = files.meant(patterns).into_iter();
    asked.filter(|path| endings.contains(&ending(path)) && !is_known(path) && !is_empty(path)).collect()
}

fn ratio(sight: &mut Sight, name: &str, some: u64, all: u64) {
    if all > 0
        && let Some(value) = number(some as f64 / all as f64)
    {
        sight.put(name, value);
    }
}

// ===== alarms =====

fn put_alarms(sight: &mut Sight, reports: &[Report], trouble: &mut Vec<String>) {
    let is_log = |report: &&Report| report.kind == "log";
    let deaf = |alarms: &Alarms| !alarms.hears_races && !alarms.hears_errors;
    let silent = reports.iter().filter(is_log).filter(|report| deaf(&report.alarms));
    trouble.extend(silent.map(|report| format!("{}: nothing shows that a detector was on", report.path)));
    let heard = |hears: fn(&Alarms) -> bool, count: fn(&Alarms) -> usize| {
        let all: Vec<&Alarms> = reports.iter().map(|report| &report.alarms).filter(|alarms| hears(alarms)).collect();
        (!all.is_empty()).then(|| all.iter().map(|alarms| count(alarms)).sum::<usize>())
    };
    if let Some(races) = heard(|alarms| alarms.hears_races, |alarms| alarms.races) {
        sight.integer("races", races);
    }
    if let Some(errors) = heard(|alarms| alarms.hears_errors, |alarms| alarms.errors + alarms.leaks) {
        sight.integer("sanitizer_errors", errors);
    }
    if let Some(leaks) = heard(|alarms| alarms.hears_errors, |alarms| alarms.leaks) {
        sight.integer("leaks", leaks);
    }
    let hearing = reports.iter().filter(is_log).filter(|report| !deaf(&report.alarms)).count();
    sight.subjects += hearing as u64;
}

// ===== benchmarks =====

fn put_benchmarks(sight: &mut Sight, probe: &TestReport, reports: &[Report]) {
    let all: Vec<&Benchmark> = reports.iter().flat_map(|report| &report.benchmarks).collect();
    if all.is_empty() {
        return;
    }
    let is_meant = |one: &&&Benchmark| {
        let bare = one.name.rsplit("::").next().unwrap_or(&one.name);
        probe.cases.is_empty() || probe.cases.iter().any(|wanted| wanted.matches(&one.name) || wanted.matches(bare))
    };
    let meant: Vec<&&Benchmark> = all.iter().filter(is_meant).collect();
    sight.subjects += meant.len() as u64;
    sight.integer("benchmarks", meant.len());
    sight.put("benchmark_names", texts(meant.iter().map(|one| one.name.as_str())));
    let seconds = |time: f64| Quantity::exact(time, Unit::Second).map(Value::Quantity);
    let slowest = meant
        .iter()
        .map(|one| one.mean)
        .fold(None, |most: Option<f64>, mean| Some(most.map_or(mean, |most| most.max(mean))));
    if let Some(value) = slowest.and_then(seconds) {
        sight.put("slowest_mean", value);
    }
    if let [only] = meant.as_slice() {
        if let Some(value) = seconds(only.mean) {
            sight.put("mean", value);
        }
        if let Some(value) = only.median.and_then(seconds) {
            sight.put("median", value);
        }
    }
}

/// One value of one JSON report.
fn put_value(sight: &mut Sight, probe: &TestReport, reports: &[Report]) {
    let Some(path) = &probe.value else { return };
    let found: Vec<&serde_json::Value> =
        reports.iter().filter_map(|report| report.json.as_ref()).flat_map(|json| path.query(json).all()).collect();
    if let [only] = found.as_slice()
        && let Some(value) = crate::json::value(only)
    {
        sight.subjects += 1;
        sight.put("value", value);
    }
}
