//! Django: `APP/migrations/NAME.py`, each app a graph of its own.
//!
//! Apps that come with a package have records and no files in the repository; only apps with a directory here are judged. A
//! squashed migration is applied when it is recorded, or all that it replaces is.

use std::collections::{BTreeMap, BTreeSet};

use super::Written;
use super::compare::{Compared, some};
use super::python;
use crate::Error;
use crate::sql::session::Row;

/// App and name.
type Key = (String, String);

/// A migration.
#[derive(Debug)]
struct Migration {
    shown: String,
    replaces: Vec<Key>,
    dependencies: Vec<Key>,
}

pub(super) fn compare(written: &[Written], rows: &[Row]) -> Result<Compared, Error> {
    let planned = planned(written)?;
    some(planned.len())?;
    let recorded: BTreeSet<Key> = rows.iter().map(|row| (row.words("app"), row.words("name"))).collect();
    let replaced = |one: &Migration| !one.replaces.is_empty() && one.replaces.iter().all(|key| recorded.contains(key));
    let squashed: BTreeSet<&Key> =
        planned.iter().filter(|(key, _)| recorded.contains(*key)).flat_map(|(_, one)| &one.replaces).collect();
    let is_applied = |key: &Key, one: &Migration| recorded.contains(key) || replaced(one) || squashed.contains(key);
    let known: BTreeSet<&Key> = planned.iter().flat_map(|(key, one)| one.replaces.iter().chain([key])).collect();
    let apps: BTreeSet<&str> = planned.keys().map(|(app, _)| app.as_str()).collect();
    let unknown = recorded.iter().filter(|key| apps.contains(key.0.as_str()) && !known.contains(key));
    let pending = planned.iter().filter(|(key, one)| !is_applied(key, one));
    let (heads, head_names) = heads(&planned);
    Ok(Compared {
        files: planned.len(),
        applied: planned.iter().filter(|(key, one)| is_applied(key, one)).count(),
        pending: pending.map(|(_, one)| one.shown.clone()).collect(),
        unknown_applied: unknown.map(|(app, name)| format!("{app}.{name}")).collect(),
        heads: Some(heads),
        head_names,
        ..Compared::default()
    })
}

/// The most heads that any app has, and the names of all.
fn heads(planned: &BTreeMap<Key, Migration>) -> (usize, Vec<String>) {
    // What a squashed migration replaces is no branch of its own.
    let replaced: BTreeSet<&Key> = planned.values().flat_map(|one| &one.replaces).collect();
    let alive = planned.iter().filter(|(key, _)| !replaced.contains(key));
    let in_app = |app: &str, one: &Migration| -> Vec<Key> {
        one.dependencies.iter().filter(|(of, _)| of == app).cloned().collect()
    };
    let followed: BTreeSet<Key> = alive.clone().flat_map(|((app, _), one)| in_app(app, one)).collect();
    // Whoever follows from the last that was replaced follows from what replaces it.
    let is_followed = |key: &Key, one: &Migration| {
        followed.contains(key) || one.replaces.iter().any(|replaced| followed.contains(replaced))
    };
    let mut tips: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = Vec::new();
    for (key, _) in alive.filter(|(key, one)| !is_followed(key, one)) {
        *tips.entry(&key.0).or_default() += 1;
        names.push(format!("{}.{}", key.0, key.1));
    }
    (tips.values().copied().max().unwrap_or(0), names)
}

fn planned(written: &[Written]) -> Result<BTreeMap<Key, Migration>, Error> {
    let labels = labels(written)?;
    let mut planned = BTreeMap::new();
    for file in written.iter().filter(|file| file.name().ends_with(".py")) {
        let name = file.name().trim_end_matches(".py");
        let Some(folder) = app_folder(file) else { continue };
        if name.starts_with(['_', '~']) {
            continue;
        }
        let own = folder.rsplit('/').next().unwrap_or(&folder).to_owned();
        let app = labels.get(&folder).cloned().unwrap_or(own);
        let unfit = |what: &str| Error::Unfit(format!("{}: {what}", file.shown));
        let text = file.text()?;
        if !text.lines().any(|line| line.starts_with("class Migration")) {
            return Err(unfit("it has no class `Migration`"));
        }
        let all = python::assignments(text).ok_or_else(|| unfit("a text or bracket does not end"))?;
        let of = |name: &str| -> Vec<Key> {
            let values = all.iter().filter(|one| one.name == name && one.indent > 0);
            values.flat_map(|one| python::pairs(&one.value)).collect()
        };
        let migration =
            Migration { shown: file.shown.clone(), replaces: of("replaces"), dependencies: of("dependencies") };
        planned.insert((app, name.to_owned()), migration);
    }
    Ok(planned)
}

/// The directory of the app that a file is a migration of, from the repository.
fn app_folder(file: &Written) -> Option<String> {
    let (folder, _) = file.shown.rsplit_once('/')?;
    folder.strip_suffix("/migrations").map(str::to_owned)
}

/// Labels that `apps.py` gives instead of the name of the directory.
fn labels(written: &[Written]) -> Result<BTreeMap<String, String>, Error> {
    let mut labels = BTreeMap::new();
    for file in written.iter().filter(|file| file.name() == "apps.py") {
        let Some((folder, _)) = file.shown.rsplit_once('/') else { continue };
        let all = python::assignments(file.text()?).unwrap_or_default();
        let mut found = all.iter().filter(|one| one.name == "label" && one.indent > 0);
        let Some(label) = found.next() else { continue };
        let text = python::texts(&label.value).and_then(|texts| texts.into_iter().next());
        let text = text.ok_or_else(|| Error::Unfit(format!("{}: `label` is computed", file.shown)))?;
        labels.insert(folder.to_owned(), text);
    }
    Ok(labels)
}
