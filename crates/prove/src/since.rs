//! What a change makes of the registers: the findings that were not there at a revision, and the sentences whose evidence the
//! change touched. This is the view for a pull request.
//!
//! A finding is old when the register of the revision has it, too, and the change did not take away what it is about. The
//! working tree is compared, so uncommitted work counts.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use outside::git::Change;
use register::{EVIDENCE_TOUCHED, Register};
use report::Linted;
use system::System;
use text::{Problem, Source};

use crate::repository::Repository;
use crate::{Error, Weights};

/// Keeps of the findings those that are new since a revision, and adds what the change touched. Returns how many old ones
/// were left out. `columns` and `weights` are those of `seaworthy.yaml` today.
pub fn since(
    repository: &Repository,
    revision: &str,
    columns: &BTreeMap<String, String>,
    weights: &Weights,
    linted: &mut Linted,
) -> Result<usize, Error> {
    let unknown = || Error::NoRevision { revision: revision.to_owned() };
    if !outside::git::knows(repository.root(), revision) {
        return Err(unknown());
    }
    let changes = outside::git::changes(repository.root(), revision).ok_or_else(unknown)?;
    let old = old_findings(repository, revision, columns, weights, &changes, &linted.registers);
    let prints = report::fingerprints(&linted.problems, &linted.sources);
    let problems = std::mem::take(&mut linted.problems);
    let all = problems.len();
    let gone: Vec<&str> =
        changes.iter().filter_map(|change| change.was.as_deref().or(change.is_gone.then_some(&change.path))).collect();
    let is_new = |problem: &Problem, print: &String| {
        !old.contains(print) || names_one(repository, problem, &linted.sources, &gone)
    };
    let new: Vec<Problem> = problems
        .into_iter()
        .zip(&prints)
        .filter(|(problem, print)| is_new(problem, print))
        .map(|(one, _)| one)
        .collect();
    let left_out = all - new.len();
    linted.problems = new;
    for register in &linted.registers {
        let touched = touched(repository, register, &changes, revision).into_iter();
        linted.problems.extend(touched.filter_map(|problem| crate::lint::weighed(problem, weights)));
    }
    Ok(left_out)
}

/// Fingerprints of what the registers of the revision contradict, with the files as they are now.
fn old_findings(
    repository: &Repository,
    revision: &str,
    columns: &BTreeMap<String, String>,
    weights: &Weights,
    changes: &[Change],
    registers: &[Register],
) -> HashSet<String> {
    let mut prints = HashSet::new();
    for register in registers {
        let Some(path) = repository.from_root(&absolute(register.path())) else { continue };
        let was = changes.iter().find(|change| change.path == path).and_then(|change| change.was.clone());
        let Some(text) = outside::git::show(repository.root(), revision, was.as_deref().unwrap_or(&path)) else {
            continue;
        };
        let old = register::read(&Source::new(register.path(), text), columns);
        let facts = repository.facts(&old, std::collections::BTreeSet::new());
        let problems = crate::lint(&old, &facts, weights).problems;
        let sources = BTreeMap::from([(old.path().to_owned(), old.source.clone())]);
        prints.extend(report::fingerprints(&problems, &sources));
    }
    prints
}

/// Whether the words a finding points to name one of the paths that went away, from the root or from beside the document.
fn names_one(repository: &Repository, problem: &Problem, sources: &BTreeMap<String, Source>, gone: &[&str]) -> bool {
    let (Some(span), Some(source)) = (problem.span, sources.get(&problem.path)) else { return false };
    let words = source.slice(span).split('#').next().unwrap_or("").trim_start_matches('/');
    let beside = absolute(&problem.path).parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let places = [repository.root().join(words), beside.join(words)];
    let named: Vec<String> = places.iter().filter_map(|place| repository.from_root(place)).collect();
    gone.iter().any(|path| named.iter().any(|named| named == path))
}

/// A finding for each file of the change that a sentence of the register names.
fn touched(repository: &Repository, register: &Register, changes: &[Change], revision: &str) -> Vec<Problem> {
    let own = absolute(register.path());
    let beside = own.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut problems = Vec::new();
    let mut told = HashSet::new();
    for mention in &register.mentions {
        let bare = mention.path.trim_start_matches('/');
        let places = [repository.root().join(bare), beside.join(bare)];
        let paths: Vec<String> = places.iter().filter_map(|place| repository.from_root(place)).collect();
        let change = changes
            .iter()
            .find(|change| paths.iter().any(|path| *path == change.path || change.was.as_ref() == Some(path)));
        let Some(change) = change else { continue };
        let risk = register.risks.iter().find(|risk| {
            risk.spans.iter().any(|span| span.start <= mention.span.start && mention.span.end <= span.end)
        });
        if !told.insert((risk.map(|risk| risk.id.as_str()), change.path.as_str())) {
            continue;
        }
        let what = match (&change.was, change.is_gone) {
            (_, true) => "takes away".to_owned(),
            (Some(_), false) => format!("moves to {}", change.path),
            (None, false) => "changes".to_owned(),
        };
        let whose = risk.map_or_else(|| "the register".to_owned(), |risk| risk.id.clone());
        let message = format!("{whose} rests on `{}`, which the change since {revision} {what}", mention.path);
        let help = "look whether the sentence is still true; if it is, there is nothing to do";
        problems.push(
            Problem::at(EVIDENCE_TOUCHED.severity, EVIDENCE_TOUCHED.name, &register.source, mention.span, message)
                .with_help(help),
        );
    }
    problems
}

fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path))
}

/// The system as `seaworthy.yaml` described it at a revision, as far as it could be read.
///
/// # Errors
/// [`Error::NoRevision`], or [`Error::NotThen`] when the file was not there, or held no system.
pub fn system_at(file: &Path, revision: &str) -> Result<System, Error> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    let repository = Repository::look(file.parent().unwrap_or(Path::new(".")));
    if !outside::git::knows(repository.root(), revision) {
        return Err(Error::NoRevision { revision: revision.to_owned() });
    }
    let not_then = || Error::NotThen { path: file.clone(), revision: revision.to_owned() };
    let path = repository.from_root(&file).ok_or_else(not_then)?;
    let text = outside::git::show(repository.root(), revision, &path).ok_or_else(not_then)?;
    let source = Source::new(path, text);
    let (node, mut problems) = text::read_yaml(&source);
    node.and_then(|node| system::read(&source, &node, &mut problems)).ok_or_else(not_then)
}
