//! A repository nobody prepared, looked at: its registers, what runs, what the text states, and what the rules find.
//!
//! Reads, writes nothing, starts nothing but `git`. Everything is bounded by name, and what lay beyond a bound is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use register::{FieldName, Register, RepositoryFacts};
use report::{LookedUp, Survey, Surveyed};
use text::Source;

use crate::{MAX_REGISTER_BYTES, Repository};

/// The most Markdown files whose name speaks of risks that are read.
pub const MAX_CANDIDATES_READ: usize = 300;
/// How many of them are held in memory at once before those without risks are dropped.
const READ_TOGETHER: usize = 32;
/// Graded risks that make a document a register whose name does not say so.
const MIN_GRADED: usize = 3;

/// Parts of file names that speak of risks.
const STEMS: [&str; 14] = [
    "risk",
    "failure-mode",
    "failure_mode",
    "failuremode",
    "fmea",
    "resilience",
    "technical-debt",
    "tech-debt",
    "technical_debt",
    "risiken",
    "risques",
    "riesgos",
    "riscos",
    "ryzyk",
];

/// Looks at the repository that holds a directory; paths are shown from that directory.
pub fn survey(directory: &Path) -> Survey {
    let repository = Repository::look(directory);
    let mut notes = Vec::new();
    let registers = registers(&repository, directory, &mut notes);
    let mut unknown = BTreeSet::new();
    let registers = registers
        .into_iter()
        .map(|register| {
            let facts = repository.facts(&register, BTreeSet::new());
            unknown.extend(facts.unknown.iter().cloned());
            let problems = crate::lint(&register, &facts, &BTreeMap::new()).problems;
            Surveyed { stated: register::stated(&register), problems, looked_up: looked_up(&facts), facts, register }
        })
        .collect();
    let found = crate::found::beside(&repository, directory, &mut notes);
    notes.extend(unknown);
    Survey { registers, found, notes }
}

/// The registers of a repository: documents that are called so and hold risks.
fn registers(repository: &Repository, directory: &Path, notes: &mut Vec<String>) -> Vec<Register> {
    let named: Vec<&str> = inside(repository, directory).filter(|path| is_named_so(path)).collect();
    if named.len() > MAX_CANDIDATES_READ {
        notes.push(format!("only the first {MAX_CANDIDATES_READ} of {} documents about risks were read", named.len()));
    }
    let named = &named[..named.len().min(MAX_CANDIDATES_READ)];
    let mut found = Vec::new();
    for paths in named.chunks(READ_TOGETHER) {
        let mut open = |path| match outside::files::read_text(&directory.join(path), MAX_REGISTER_BYTES) {
            Ok(text) => Some((path, Source::new(shown(directory, path), text))),
            Err(error) => {
                notes.push(format!("{path} could not be read: {}", crate::chain(&error)));
                None
            }
        };
        let (paths, sources): (Vec<&str>, Vec<Source>) = paths.iter().copied().filter_map(&mut open).unzip();
        let read = outside::parallel::map(&sources, |source| register::read(source, &BTreeMap::new()));
        for (path, register) in paths.into_iter().zip(read) {
            let graded = register.risks.iter().filter(|risk| is_graded(risk)).count();
            if is_usual_name(path) && !register.risks.is_empty() || graded >= MIN_GRADED {
                found.push(register);
            }
        }
    }
    found
}

/// A path as people type it: from where they are.
pub(crate) fn shown(directory: &Path, path: &str) -> String {
    let shown = directory.join(path);
    let shown = shown.strip_prefix(".").unwrap_or(&shown);
    shown.to_string_lossy().into_owned()
}

fn is_graded(risk: &register::Risk) -> bool {
    let nouns = [
        FieldName::Likelihood,
        FieldName::Impact,
        FieldName::Severity,
        FieldName::Score,
        FieldName::Level,
        FieldName::Priority,
    ];
    nouns.into_iter().any(|noun| risk.stated(noun).is_some())
}

/// The files below a directory, from there.
pub(crate) fn inside<'r>(repository: &'r Repository, directory: &Path) -> impl Iterator<Item = &'r str> {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
    let clean: std::path::PathBuf =
        absolute.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    let below = clean.strip_prefix(repository.root()).ok().and_then(Path::to_str).unwrap_or("").to_owned();
    repository.files().iter().filter_map(move |path| match below.as_str() {
        "" => Some(path.as_str()),
        below => path.strip_prefix(below)?.strip_prefix('/'),
    })
}

pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_usual_name(path: &str) -> bool {
    let own = file_name(path);
    register::find_names().iter().any(|known| file_name(known).eq_ignore_ascii_case(own))
}

fn is_named_so(path: &str) -> bool {
    let lower = file_name(path).to_lowercase();
    let is_markdown = lower.ends_with(".md") || lower.ends_with(".markdown");
    is_markdown && (is_usual_name(path) || STEMS.iter().any(|stem| lower.contains(stem)))
}

fn looked_up(facts: &RepositoryFacts) -> LookedUp {
    let sound = facts.links.values().filter(|link| **link == register::LinkFact::Sound).count();
    let named = facts.names.values().filter(|name| name.files > 0).count();
    let valued = facts.values.values().filter(|value| !value.values.is_empty()).count();
    let there = |all: &BTreeMap<String, bool>| all.values().filter(|exists| **exists).count();
    LookedUp {
        all: facts.paths.len() + facts.links.len() + facts.names.len() + facts.files.len() + facts.values.len(),
        there: there(&facts.paths) + sound + named + there(&facts.files) + valued,
    }
}
