//! How old a report is, and whether it is of what lies here.
//!
//! A report tells its own time where its format has one. Else the file does: when it was written, or, since a checkout writes
//! everything anew, when it was committed.

use std::time::Duration;

use evidence::Value;
use outside::git;

use super::TestReport;
use super::read::Report;
use crate::repository::files::Files;
use crate::sight::Sight;

/// When the look is taken, and of what.
#[derive(Clone, Debug)]
pub(super) struct Now {
    pub(super) seconds: i64,
    pub(super) version: Option<String>,
}

/// How far a clock without a zone may be ahead, in seconds.
const ZONES: i64 = 14 * 3600;

/// The beginning of a commit's name that is long enough to compare.
const SHORTEST_REVISION: usize = 7;

/// Tells age and revision; what a claim asked for and is not so keeps it from being held.
pub(super) fn put(
    sight: &mut Sight,
    probe: &TestReport,
    files: &Files,
    reports: &[Report],
    now: &Now,
    trouble: &mut Vec<String>,
) {
    let times: Vec<Option<i64>> = reports.iter().map(|report| at(report, files, now)).collect();
    let oldest = times.iter().copied().collect::<Option<Vec<i64>>>().and_then(|times| times.into_iter().min());
    match oldest {
        None => trouble.push("it is not known when the run was".to_owned()),
        Some(at) if at > now.seconds + 86_400 => trouble.push("the report is from the future".to_owned()),
        Some(at) => {
            let age = Duration::from_secs(u64::try_from(now.seconds - at).unwrap_or(0));
            sight.text("at", &crate::moment::utc(at));
            sight.put("age", Value::duration(age));
            if let Some(most) = probe.max_age.filter(|most| age > *most) {
                trouble.push(format!(
                    "the run was at {}, more than {} ago",
                    crate::moment::utc(at),
                    text::print_duration(most)
                ));
            }
            if let Some(fresh) = is_fresh(files, reports, at) {
                sight.boolean("fresh", fresh);
            }
        }
    }
    put_revision(sight, probe, reports, now, trouble);
}

/// A report that was written is no younger than its file: a time without a zone may be ahead by hours.
fn at(report: &Report, files: &Files, now: &Now) -> Option<i64> {
    let of_file = of_file(files, &report.path, now);
    match (report.at, of_file) {
        (Some(told), Some(written)) if files.is_committed(&report.path) != Some(true) => {
            Some(told.min(written.max(told - ZONES)))
        }
        (told, written) => told.or(written),
    }
}

/// A file may be written after the run that looks at it began.
fn of_file(files: &Files, path: &str, now: &Now) -> Option<i64> {
    let is_committed = files.is_committed(path) == Some(true);
    written_at(files, path).map(|at| if is_committed { at } else { at.min(now.seconds) })
}

/// When a file was written: by its commit where it has one, since a checkout writes everything anew.
pub(crate) fn written_at(files: &Files, path: &str) -> Option<i64> {
    if files.is_committed(path) == Some(true) {
        return git::last_commit(&files.directory, "HEAD", Some(path)).flatten().map(|commit| commit.at);
    }
    outside::files::modified(&files.within(path)?)
}

/// Whether the run is younger than everything that it could have run: the last commit, and what was changed since.
fn is_fresh(files: &Files, reports: &[Report], at: i64) -> Option<bool> {
    let paths: Vec<String> = reports.iter().map(|report| report.path.clone()).collect();
    let last = git::last_commit_but(&files.directory, &paths)??;
    let root = outside::files::repository_root(&files.directory)?;
    let changed = git::unsaved(&files.directory, ".")?;
    let is_report = |path: &str| paths.iter().any(|report| path.ends_with(report.as_str()));
    let changed = changed.iter().filter(|one| !is_report(&one.path));
    let newest = changed.filter_map(|one| outside::files::modified(&root.join(&one.path))).max();
    Some(at >= last.at && newest.is_none_or(|newest| at >= newest))
}

fn put_revision(sight: &mut Sight, probe: &TestReport, reports: &[Report], now: &Now, trouble: &mut Vec<String>) {
    let told: Vec<&String> = reports.iter().filter_map(|report| report.revision.as_ref()).collect();
    let (Some(first), true) = (told.first(), told.len() == reports.len()) else {
        if probe.needs_revision {
            trouble.push("a report does not tell of which revision it is".to_owned());
        }
        return;
    };
    sight.text("revision", first);
    let here = now.version.as_deref().unwrap_or("");
    let (commit, is_changed) = here.strip_suffix("+changes").map_or((here, false), |commit| (commit, true));
    let is_hash = |text: &str| text.len() >= SHORTEST_REVISION && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash(commit) || !told.iter().all(|revision| is_hash(revision)) {
        if probe.needs_revision {
            trouble.push("it cannot be told whether the report is of what lies here".to_owned());
        }
        return;
    }
    let same = told.iter().all(|revision| {
        let (a, b) = (revision.to_lowercase(), commit.to_lowercase());
        a.starts_with(&b) || b.starts_with(&a)
    });
    if !same {
        sight.boolean("revision_matches", false);
    } else if !is_changed {
        sight.boolean("revision_matches", true);
    }
    if probe.needs_revision && (!same || is_changed) {
        let changed = if same { ", which was changed since" } else { "" };
        trouble.push(format!("the report is of revision {first}{changed}, and here is {here}"));
    }
}
