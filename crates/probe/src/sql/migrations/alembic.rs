//! Alembic: a graph of revisions, and the tips of it that were applied.
//!
//! The ledger holds tips only, so what is applied is everything that they follow from, `depends_on` included. Two heads are
//! both fine by themselves and make `alembic upgrade head` refuse.

use std::collections::{BTreeMap, BTreeSet};

use super::Written;
use super::compare::{Compared, some};
use super::python::{self, Assignment};
use crate::Error;
use crate::sql::session::Row;

/// A revision.
#[derive(Debug)]
struct Revision {
    shown: String,
    /// What it comes after.
    down: Vec<String>,
    /// What else must be applied before.
    depends_on: Vec<String>,
}

pub(super) fn compare(written: &[Written], rows: &[Row]) -> Result<Compared, Error> {
    let (graph, labels) = graph(written)?;
    some(graph.len())?;
    let recorded: Vec<String> = rows.iter().map(|row| row.words("version_num")).collect();
    let (known, unknown): (Vec<&String>, Vec<&String>) = recorded.iter().partition(|id| graph.contains_key(*id));
    let applied = behind(&graph, &labels, known);
    let followed: BTreeSet<&String> = graph.values().flat_map(|revision| &revision.down).collect();
    let heads: Vec<&String> = graph.keys().filter(|id| !followed.contains(id)).collect();
    if heads.is_empty() {
        return Err(Error::Unfit("the revisions follow from one another in a ring".to_owned()));
    }
    let pending = graph.iter().filter(|(id, _)| !applied.contains(*id));
    Ok(Compared {
        files: graph.len(),
        applied: applied.len(),
        pending: pending.map(|(_, revision)| revision.shown.clone()).collect(),
        unknown_applied: unknown.into_iter().cloned().collect(),
        heads: Some(heads.len()),
        head_names: heads.into_iter().cloned().collect(),
        ..Compared::default()
    })
}

/// Revisions by their names, and the names behind labels of branches.
type Graph = (BTreeMap<String, Revision>, BTreeMap<String, String>);

fn graph(written: &[Written]) -> Result<Graph, Error> {
    let (mut graph, mut labels) = (BTreeMap::new(), BTreeMap::new());
    let with_folder: BTreeSet<&str> =
        written.iter().filter(|file| file.path.starts_with("versions/")).map(root).collect();
    for file in written {
        let has_folder = with_folder.contains(root(file));
        let inner = if has_folder { file.path.strip_prefix("versions/") } else { Some(file.path.as_str()) };
        let Some(inner) = inner else { continue };
        if file.name().starts_with("__init__") || file.name().starts_with(".#") {
            continue;
        }
        let text = file.text()?;
        if inner.contains('/') {
            let all = python::assignments(text).unwrap_or_default();
            if all.iter().any(|one| one.name == "down_revision") {
                let message = format!("{} lies deeper: name its directory in `path`, too", file.shown);
                return Err(Error::Unfit(message));
            }
            continue;
        }
        let (id, revision, own) = revision(file, text)?;
        labels.extend(own.into_iter().map(|label| (label, id.clone())));
        let shown = file.shown.clone();
        if let Some(other) = graph.insert(id.clone(), revision) {
            return Err(Error::Unfit(format!("{} and {shown} are both revision {id}", other.shown)));
        }
    }
    let missing = |revision: &&Revision| revision.down.iter().any(|down| !graph.contains_key(down));
    if let Some(lost) = graph.values().find(missing) {
        return Err(Error::Unfit(format!(
            "{} follows from `{}`, which has no file",
            lost.shown,
            lost.down.join("`, `")
        )));
    }
    Ok((graph, labels))
}

/// The directory in `path` that a file was found below.
fn root(file: &Written) -> &str {
    file.shown.strip_suffix(&file.path).unwrap_or_default()
}

fn revision(file: &Written, text: &str) -> Result<(String, Revision, Vec<String>), Error> {
    let unfit = |what: &str| Error::Unfit(format!("{}: {what}", file.shown));
    let all = python::assignments(text).ok_or_else(|| unfit("a text or bracket does not end"))?;
    let of = |name: &str| -> Result<Option<Vec<String>>, Error> {
        let written: Vec<&Assignment> = all.iter().filter(|one| one.indent == 0 && one.name == name).collect();
        match written.as_slice() {
            [] => Ok(None),
            [one] => {
                let texts = python::texts(&one.value);
                texts.map(Some).ok_or_else(|| unfit(&format!("`{name}` is computed, and nothing is run here")))
            }
            _ => Err(unfit(&format!("`{name}` is assigned more than once"))),
        }
    };
    let id = of("revision")?.and_then(|texts| texts.into_iter().next());
    let id = id.ok_or_else(|| unfit("no `revision` is assigned"))?;
    let down = of("down_revision")?.ok_or_else(|| unfit("no `down_revision` is assigned"))?;
    let depends_on = of("depends_on")?.unwrap_or_default();
    let labels = of("branch_labels")?.unwrap_or_default();
    Ok((id, Revision { shown: file.shown.clone(), down, depends_on }, labels))
}

/// Everything that some revisions follow from, themselves included.
fn behind(
    graph: &BTreeMap<String, Revision>,
    labels: &BTreeMap<String, String>,
    tips: Vec<&String>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&String> = tips;
    while let Some(id) = open.pop() {
        let id = labels.get(id).unwrap_or(id);
        let Some(revision) = graph.get(id) else { continue };
        if found.insert(id.clone()) {
            open.extend(revision.down.iter().chain(&revision.depends_on));
        }
    }
    found
}
