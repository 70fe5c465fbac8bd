//! Which version of the system is looked at: the commit of the repository around the file, when git can tell.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use outside::process::{OUTPUT_LIMIT_BYTES, Spawn, run_to_end};

use crate::crew::Ground;

/// How long git may take.
const WITHIN: Duration = Duration::from_secs(5);

/// `9fc2a1b0c3d4`, with `+changes` when the work tree differs; `None` outside of a repository or without git.
pub(crate) async fn version(ground: &Ground) -> Option<String> {
    let commit = git(ground, &["rev-parse", "--short=12", "HEAD"]).await?;
    let changes = git(ground, &["status", "--porcelain", "--untracked-files=no"]).await?;
    let mark = if changes.is_empty() { "" } else { "+changes" };
    Some(format!("{commit}{mark}"))
}

async fn git(ground: &Ground, arguments: &[&str]) -> Option<String> {
    let spawn = Spawn {
        name: "git".to_owned(),
        program: PathBuf::from("git"),
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        env: BTreeMap::from([("GIT_OPTIONAL_LOCKS".to_owned(), "0".to_owned())]),
        directory: ground.directory.clone(),
        log: None,
    };
    let finished = run_to_end(spawn, &ground.exe, &ground.run, WITHIN, OUTPUT_LIMIT_BYTES).await.ok()?;
    (finished.code == Some(0)).then(|| finished.stdout.trim().to_owned())
}
