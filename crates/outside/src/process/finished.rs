//! A process that is expected to end: a build, or a command that looks at something.
//!
//! It runs under a keeper like any other, so that nothing of it is left behind, whichever way it ends. Its outputs are
//! kept up to a limit, beginning and end, and never hold it up.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::mark::RunMark;
use super::spawn::Spawn;
use super::started::Keeping;
use super::table::KILL_DEADLINE;
use crate::Error;

/// Most bytes of each output that can be asked for.
pub const OUTPUT_LIMIT_BYTES: usize = 512 * 1024;
/// How long the keeper may take to end a tree and to tell the outputs.
const END_WITHIN: Duration = KILL_DEADLINE.saturating_add(Duration::from_secs(5));

/// A process that has ended, with everything it forked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it; 9 when it was us.
    pub signal: Option<i32>,
    /// Standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    /// The middle of an output was left out because of the limit.
    pub cut: bool,
    /// It did not end in time and was killed.
    pub timed_out: bool,
}

/// Runs a process to its end, with outputs of at most `output_limit` bytes each ([`OUTPUT_LIMIT_BYTES`] at the most),
/// and kills it with all its descendants at the deadline. What it forked and left behind dies when it ends. The log of
/// the spawn is not used. Giving up the future kills it too.
///
/// # Errors
/// As [`super::Started::start`]; [`Error::Protocol`] when the keeper was lost, [`Error::StillAlive`].
pub async fn run_to_end(
    spawn: Spawn,
    exe: &Path,
    run: &RunMark,
    within: Duration,
    output_limit: usize,
) -> Result<Finished, Error> {
    let limit_bytes = output_limit.min(OUTPUT_LIMIT_BYTES);
    let part = crate::secret::token();
    let (mut keeping, _) = Keeping::start(exe, run, &part, &spawn, Some(limit_bytes)).await?;
    let timed_out = timeout(within, keeping.wait(|news| news.exit.is_some() || news.ended.is_some())).await.is_err();
    if timed_out {
        keeping.let_go();
    }
    let news = timeout(END_WITHIN, keeping.wait(|news| news.ended.is_some())).await;
    let news = news.map_err(|_| Error::protocol(&spawn.name, "its keeper does not end"))?;
    let ended = news.ended.ok_or_else(|| Error::protocol(&spawn.name, "its keeper was lost"))?;
    let left: Vec<i32> = numbers(ended.get("left"));
    if !left.is_empty() {
        return Err(Error::StillAlive { pids: left, within: KILL_DEADLINE });
    }
    let text = |key: &str| ended.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Finished {
        code: news.exit.and_then(|exit| exit.code),
        signal: news.exit.and_then(|exit| exit.signal),
        stdout: text("stdout"),
        stderr: text("stderr"),
        cut: ended.get("cut").and_then(Value::as_bool).unwrap_or_default(),
        timed_out,
    })
}

fn numbers(value: Option<&Value>) -> Vec<i32> {
    let values = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(|number| i32::try_from(number.as_i64()?).ok()).collect()
}
