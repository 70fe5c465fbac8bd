//! `git.age`: when a path last changed, by the commits that changed it.
//!
//! A date in a text is a claim; a commit is when somebody touched it. That somebody thought about it is not seen. A shallow
//! clone knows nothing of what lies behind its boundary, and the boundary seems to add every file: unknown, not young.

use std::path::Path;
use std::time::Duration;

use evidence::{Grade, Value};
use outside::git;
use text::Fields;

use super::files::{Files, Pattern, some, texts};
use crate::kind::{Look, Looking, in_thread};
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, World};

/// How long one look may take; each question to git has its own deadline.
const AGE_WITHIN: Duration = Duration::from_secs(30);

/// The history of a path.
#[derive(Clone, Debug)]
pub(crate) struct GitAge {
    path: String,
    branch: Option<String>,
    since: Option<Duration>,
}

impl GitAge {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let path = fields.need_text("path").map(|path| path.trim_end_matches('/').to_owned());
        if let Some(path) = &path
            && (path.contains(['*', '{', '?']) || Pattern::parse(path).is_err())
        {
            let span = span_of(fields, "path");
            fields.problem("wrong-path", span, "`path` must be one file or directory, relative to this file");
        }
        let branch = fields.text("branch").map(str::to_owned);
        let since = fields.duration("since");
        Some(Self { path: path?, branch, since })
    }
}

impl Look for GitAge {
    fn subject(&self) -> String {
        let of = self.branch.as_ref().map_or(String::new(), |branch| format!(" on {branch}"));
        format!("{}{of}", self.path)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory, now) = (self.clone(), world.directory.clone(), world.now / 1_000_000);
        Box::pin(async move { in_thread(&self.path, AGE_WITHIN, move || aged(&owned, &directory, now)).await })
    }
}

fn aged(probe: &GitAge, directory: &Path, now: i64) -> Sight {
    match history(probe, directory, now) {
        Ok(sight) => sight,
        Err(error) => Sight::blind(&probe.path, &error),
    }
}

fn history(probe: &GitAge, directory: &Path, now: i64) -> Result<Sight, Error> {
    let unknown = |why: &'static str| Error::Path { path: probe.path.clone(), why };
    let files = Files::below(directory)?;
    if probe.branch.is_none() && files.within(&probe.path).is_none() {
        return Err(unknown("is not here"));
    }
    let revision = probe.branch.as_deref().unwrap_or("HEAD");
    let boundaries = git::boundaries(directory).ok_or_else(|| unknown("has no history: git does not know it"))?;
    if !git::knows(directory, revision) {
        return Err(unknown("has no history: git does not know the branch, or there is no commit"));
    }
    let last = git::last_commit(directory, revision, Some(&probe.path));
    let last = last.ok_or_else(|| unknown("has no history: git gave no answer"))?;
    let last = last.ok_or_else(|| unknown("was never committed, so it has no age"))?;
    if boundaries.contains(&last.id) {
        return Err(unknown("has an unknown age: the clone is shallow, and its last change lies behind the boundary"));
    }
    if last.at > now {
        return Err(unknown("was changed by a commit from the future"));
    }
    let mut sight = Sight::new(format!("{} at {}", probe.path, &last.id[..last.id.len().min(12)]));
    (sight.subjects, sight.grade) = (1, Some(Grade::Declared));
    sight.text("commit", &last.id);
    sight.text("changed_at", &crate::moment::utc(last.at));
    sight.put("age", Value::duration(Duration::from_secs(now.abs_diff(last.at))));
    put_unsaved(&mut sight, probe, directory);
    if let Some(since) = probe.since {
        put_changes(&mut sight, probe, directory, now, since, &boundaries);
    }
    Ok(sight)
}

/// Changes that nobody committed: the working tree is not what the history speaks of.
fn put_unsaved(sight: &mut Sight, probe: &GitAge, directory: &Path) {
    if probe.branch.is_some() {
        return;
    }
    if let Some(unsaved) = git::unsaved(directory, &probe.path) {
        let paths: Vec<String> = unsaved.into_iter().map(|one| one.path).collect();
        sight.boolean("uncommitted", !paths.is_empty());
        sight.put("uncommitted_paths", texts(paths));
    }
}

fn put_changes(sight: &mut Sight, probe: &GitAge, directory: &Path, now: i64, since: Duration, boundaries: &[String]) {
    let begin = now.saturating_sub(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let revision = probe.branch.as_deref().unwrap_or("HEAD");
    match git::commits_since(directory, revision, &probe.path, begin) {
        None => sight.trouble = Some("git gave no answer to how often it changed".to_owned()),
        Some(commits) if commits.iter().any(|commit| boundaries.contains(&commit.id)) => {
            let why = "the clone is shallow, and its boundary is younger than `since`".to_owned();
            sight.trouble = Some(some(&[why]));
        }
        Some(commits) => sight.integer("changes", commits.len()),
    }
}
