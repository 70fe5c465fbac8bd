//! `change.log`: a changelog that speaks of the version at hand, in order, with breaking changes marked.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use evidence::{Grade, Value};
use regex::Regex;
use semver::Version;
use text::{Date, Fields};

use super::versions::{MANIFESTS, Said, may_break, parse, stated};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::read::span_of;
use crate::repository::files::{Files, Pattern, texts};
use crate::sight::Sight;

/// The largest changelog.
const MAX_LOG_BYTES: usize = 8 << 20;

/// How long one look may take.
const LOG_WITHIN: Duration = Duration::from_secs(20);

const DAY_SECONDS: i64 = 86_400;

/// A changelog.
#[derive(Clone, Debug)]
pub(crate) struct ChangeLog {
    path: String,
    version_from: Option<String>,
}

impl ChangeLog {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let mut path_of = |key: &'static str| {
            let path = fields.text(key).map(str::to_owned);
            if path.as_deref().is_some_and(|path| Pattern::parse(path).is_err()) {
                let span = span_of(fields, key);
                fields.problem("wrong-path", span, format!("`{key}` must be a path relative to this file"));
            }
            path
        };
        let (path, version_from) = (path_of("path"), path_of("version_from"));
        Some(Self { path: path.unwrap_or_else(|| "CHANGELOG.md".to_owned()), version_from })
    }
}

impl Look for ChangeLog {
    fn subject(&self) -> String {
        self.path.clone()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory, now) = (self.clone(), world.directory.clone(), world.now / 1_000_000);
        Box::pin(async move { in_thread(&self.path, LOG_WITHIN, move || looked(&owned, &directory, now)).await })
    }
}

/// What is written under one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// `None` for what is not released.
    pub(super) version: Option<Version>,
    pub(super) title: String,
    pub(super) line: usize,
    pub(super) day: Option<Date>,
    /// Lines that say anything.
    pub(super) said: usize,
    /// Lines that mark something as breaking, with their numbers.
    pub(super) breaking: Vec<(usize, String)>,
}

static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:#{1,3}\s+|)(?:version\s+|release\s+|[a-z][a-z0-9_.-]*\s+|[a-z0-9_.-]+@)?\[?v?(\d+\.\d+\.\d+(?:-?[0-9a-z.+-]*[0-9a-z])?|unreleased)\]?\b").expect("is a pattern")
});
static BREAKING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\bBREAKING\b|(?i:breaking[- ]changes?)|^#+.*(?i:\bbreaking)|\*\*\s*(?i:breaking)|^[-*]\s*[\[(]?(?i:breaking)\b|(?i:\bincompatible\b)|",
        r"(?i:\bbackwards?[- ]incompat)|⚠|💥|^[-*]\s*\w+(\([^)]*\))?!:"
    ))
    .expect("is a pattern")
});
static NO_BREAKING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(no|without|non-?|not|never|nothing)\s*-?\s*(any\s+|an?\s+)?(known\s+)?(backwards?[- ])?(breaking|incompatible)")
        .expect("is a pattern")
});

/// The text without what `<!-- -->` hides; every line stays in its place.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, hidden)) = rest.split_once("<!--") {
        shown.push_str(before);
        let (hidden, after) = hidden.split_once("-->").unwrap_or((hidden, ""));
        shown.extend(hidden.chars().filter(|c| *c == '\n'));
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// The entries of a changelog in Markdown: headings that name a version.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let text = shown(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut in_code = false;
    for (at, line) in lines.iter().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        let underlined =
            lines.get(at + 1).is_some_and(|next| next.len() > 2 && next.chars().all(|c| c == '-' || c == '='));
        let is_heading = !in_code && (line.starts_with('#') || underlined);
        if let Some(title) = TITLE.captures(line).filter(|_| is_heading) {
            found.push(Entry {
                version: parse(&title[1]),
                title: line.trim_start_matches(['#', ' ']).to_owned(),
                line: at + 1,
                day: Date::find(line).map(|(day, _)| day),
                ..Entry::default()
            });
        } else if let Some(entry) = found.last_mut() {
            let said = line.trim();
            let is_link = said.starts_with('[') && said.contains("]: ");
            let is_rule = said.chars().all(|c| !c.is_alphanumeric());
            if is_rule || is_link {
                continue;
            }
            entry.said += usize::from(!said.starts_with('#'));
            if BREAKING.is_match(said) && !NO_BREAKING.is_match(said) {
                entry.breaking.push((at + 1, said.to_owned()));
            }
        }
    }
    found
}

fn looked(probe: &ChangeLog, directory: &Path, now: i64) -> Sight {
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(&probe.path, &error),
    };
    let full = files.directory.join(&probe.path);
    if full.symlink_metadata().is_err() && full.parent().is_some_and(Path::is_dir) {
        let mut sight = Sight::new(&probe.path);
        sight.boolean("found", false);
        (sight.subjects, sight.grade) = (1, Some(Grade::Absent));
        return sight;
    }
    match files.read(&probe.path, MAX_LOG_BYTES) {
        Err(error) => Sight::blind(&probe.path, &error),
        Ok(text) => told(probe, &files, &entries(&text), now),
    }
}

fn told(probe: &ChangeLog, files: &Files, entries: &[Entry], now: i64) -> Sight {
    let mut sight = Sight::new(&probe.path);
    if entries.is_empty() {
        sight.trouble = Some(format!("{}: no heading names a version", probe.path));
        return sight;
    }
    let released: Vec<&Entry> = entries.iter().filter(|entry| entry.version.is_some()).collect();
    (sight.subjects, sight.grade) = (entries.len() as u64, Some(Grade::Declared));
    sight.boolean("found", true);
    sight.integer("entries", released.len());
    let unreleased = entries.iter().any(|entry| entry.title.to_lowercase().contains("unreleased") && entry.said > 0);
    sight.boolean("unreleased", unreleased);
    let place = |line: usize, text: &str| format!("{}:{line}: {text}", probe.path);
    let empty = released.iter().filter(|entry| entry.said == 0).map(|entry| place(entry.line, &entry.title));
    sight.put("empty_entries", texts(empty));
    let breaking = entries.iter().flat_map(|entry| &entry.breaking).map(|(line, text)| place(*line, text));
    sight.put("breaking", texts(breaking));
    put_latest(&mut sight, &released, now);
    put_order(&mut sight, probe, &released);
    put_at_hand(&mut sight, probe, files, &released);
    sight
}

fn put_latest(sight: &mut Sight, released: &[&Entry], now: i64) {
    let Some(latest) = released.first() else { return };
    sight.text("latest", &latest.version.as_ref().map(ToString::to_string).unwrap_or_default());
    sight.boolean("dated", released.iter().all(|entry| entry.day.is_some()));
    let today = Date::from_days(now.div_euclid(DAY_SECONDS));
    if let (Some(day), Some(today)) = (latest.day, today)
        && let Ok(days) = u64::try_from(today.days_since(day))
    {
        sight.put("age", Value::duration(Duration::from_secs(days * DAY_SECONDS.unsigned_abs())));
    }
}

/// Days and versions that go down the page, and new major versions that mark nothing as breaking.
fn put_order(sight: &mut Sight, probe: &ChangeLog, released: &[&Entry]) {
    let (mut disorder, mut unmarked) = (Vec::new(), Vec::new());
    for pair in released.windows(2) {
        let [newer, older] = pair else { continue };
        let place = format!("{}:{}: {}", probe.path, newer.line, newer.title);
        if let (Some(a), Some(b)) = (newer.day, older.day)
            && a < b
            && !is_later_fix(newer, older)
        {
            disorder.push(place.clone());
        }
        let (Some(a), Some(b)) = (&newer.version, &older.version) else { continue };
        if a == b {
            disorder.push(place.clone());
        }
        let is_new_major = a.major > b.major && b.major > 0 && a.pre.is_empty();
        let among_its_drafts = released.iter().any(|one| {
            one.version
                .as_ref()
                .is_some_and(|version| (version.major, version.minor, version.patch) == (a.major, a.minor, a.patch))
                && !one.breaking.is_empty()
        });
        if is_new_major && may_break(b, a) && !among_its_drafts {
            unmarked.push(place);
        }
    }
    sight.boolean("ordered", disorder.is_empty());
    sight.put("disorder", texts(disorder));
    sight.put("unmarked_major", texts(unmarked));
}

/// A fix of an older line of versions may come after a newer line began, in a log sorted by version.
fn is_later_fix(newer: &Entry, older: &Entry) -> bool {
    let (Some(a), Some(b)) = (&newer.version, &older.version) else { return false };
    a > b && (a.major, a.minor) != (b.major, b.minor) && b.patch > 0
}

/// Whether there is an entry for the version that the manifest states.
fn put_at_hand(sight: &mut Sight, probe: &ChangeLog, files: &Files, released: &[&Entry]) {
    let beside = probe.path.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
    let paths: Vec<String> = match &probe.version_from {
        Some(path) => vec![path.clone()],
        None => {
            MANIFESTS.iter().map(|name| format!("{beside}{name}")).filter(|path| files.within(path).is_some()).collect()
        }
    };
    let mut versions: Vec<String> = Vec::new();
    for path in &paths {
        match stated(files, path) {
            Ok(Said::Version(version)) => versions.push(version.text),
            Ok(Said::Elsewhere(_) | Said::Nothing) => {}
            Err(why) => sight.trouble = Some(why),
        }
    }
    versions.dedup();
    let [version] = versions.as_slice() else {
        if probe.version_from.is_some() {
            sight.trouble.get_or_insert_with(|| format!("{} states no version", paths.join(", ")));
        }
        return;
    };
    sight.text("version", version);
    let is_it = |entry: &&&Entry| match parse(version) {
        Some(wanted) => entry.version.as_ref() == Some(&wanted),
        None => entry.title.contains(version.as_str()),
    };
    sight.boolean("has_version", released.iter().find(is_it).is_some_and(|entry| entry.said > 0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_many_habits_name_versions() {
        let text = "# Changelog\n\n## [Unreleased]\n- a\n\n## [2.0.0] - 2025-02-01\n### Breaking changes\n- b\n\n## v1.1.0 (2025-01-01)\n- no breaking changes\n- fix a parser breaking on tabs\n\n1.0.0 / 2024-01-01\n==================\n * c\n\n# pkg@0.9.0-beta.1\n## Notes for 3 users\n";
        let found = entries(text);
        let titles: Vec<Option<String>> =
            found.iter().map(|entry| entry.version.as_ref().map(ToString::to_string)).collect();
        assert_eq!(
            titles,
            [
                None,
                Some("2.0.0".to_owned()),
                Some("1.1.0".to_owned()),
                Some("1.0.0".to_owned()),
                Some("0.9.0-beta.1".to_owned())
            ]
        );
        assert_eq!(found[1].breaking.len(), 1);
        assert!(found[2].breaking.is_empty() && found[2].day.is_some() && found[3].said == 1);
    }
}
