//! `cargo xtask bench impact [DIR]`: fault trees beside SCRAM where that is installed, CPU seconds of whole processes, tree by
//! tree in one run.
//!
//! Ours counts all minimal cut sets as well; SCRAM is asked for the probability alone, because it would list every set.
//! Processes are run again until their CPU time can be told apart from the kernel's hundredths of seconds.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::register::machine;
use super::say;

/// CPU time that the runs of one tree take together, at least, unless there are [`MAX_RUNS`] of them.
const ENOUGH: Duration = Duration::from_millis(200);
const MAX_RUNS: u32 = 20;

/// Wall time after which a process is given up.
const LIMIT: Duration = Duration::from_secs(60);

/// How the kernel counts the CPU time of children: hundredths of a second on Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// What one tree took.
struct Row {
    name: String,
    ours: Option<f64>,
    peer: Option<f64>,
}

pub(super) fn run(root: &Path, directory: Option<&str>) -> Result<(), String> {
    say(&machine());
    let Some(directory) = directory else {
        say("impact: no trees were given: cargo xtask bench impact DIR measures every .xml in it");
        return Ok(());
    };
    let ours = root.join("target/release/seaworthy").to_string_lossy().into_owned();
    let has_peer = started(&["scram", "--version"]).is_some();
    if !has_peer {
        say("impact: SCRAM is not installed (Debian: apt-get install scram), so there is nothing to compare with");
    }
    let mut rows = Vec::new();
    for file in trees(Path::new(directory))? {
        let path = file.to_string_lossy().into_owned();
        let mine = cpu_seconds(&[&ours, "impact", "--openpsa", &path, "--format", "json", "--list", "0"]);
        let peer = has_peer
            .then(|| cpu_seconds(&["scram", "--bdd", "--probability", "1", "-l", "1", "-o", "/dev/null", &path]));
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let row = Row { name, ours: mine, peer: peer.flatten() };
        say(&told(&row, has_peer));
        rows.push(row);
    }
    if has_peer {
        say(&total(&rows));
    }
    Ok(())
}

fn seconds(time: Option<f64>) -> String {
    time.map_or("not solved".to_owned(), |time| format!("{time:.3} s"))
}

fn told(row: &Row, has_peer: bool) -> String {
    if !has_peer {
        return format!("impact: {}: {}", row.name, seconds(row.ours));
    }
    let ratio = match (row.ours, row.peer) {
        (Some(ours), Some(peer)) => format!(", {:.2} of it", ours / peer),
        _ => String::new(),
    };
    format!("impact: {}: {}, SCRAM {}{ratio}", row.name, seconds(row.ours), seconds(row.peer))
}

fn total(rows: &[Row]) -> String {
    let both: Vec<(f64, f64)> = rows.iter().filter_map(|row| Some((row.ours?, row.peer?))).collect();
    let (ours, peer) = both.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    let faster = both.iter().filter(|(ours, peer)| ours < peer).count();
    let only = |mine: bool| {
        rows.iter()
            .filter(|row| {
                if mine { row.ours.is_some() && row.peer.is_none() } else { row.ours.is_none() && row.peer.is_some() }
            })
            .count()
    };
    format!(
        "impact: {} trees solved by both: {ours:.2} s, SCRAM {peer:.2} s, {:.2} of it; faster on {faster}; solved exactly here only: {}; there only: {}",
        both.len(),
        ours / peer,
        only(true),
        only(false),
    )
}

fn trees(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    Ok(files)
}

/// The mean CPU time of one run; `None` when the answer was not exact, the process failed, or it took too long.
fn cpu_seconds(command: &[&str]) -> Option<f64> {
    let before = of_children()?;
    let mut runs = 0;
    loop {
        let output = started(command)?;
        if output.contains("\"exact\": false") {
            return None;
        }
        runs += 1;
        let spent = of_children()? - before;
        if runs == MAX_RUNS || spent >= ENOUGH.as_secs_f64() {
            return Some(spent / f64::from(runs));
        }
    }
}

/// What a process writes, when it ends well within the limit.
#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn started(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut output = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut output, &mut text).map(|_| text).unwrap_or_default()
    });
    let begin = Instant::now();
    // The pipe closes when the process ends, so this waits for an end and no longer than the limit.
    while !reader.is_finished() && begin.elapsed() < LIMIT {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    if !reader.is_finished() {
        let _ = child.kill();
    }
    let status = child.wait().ok()?;
    let text = reader.join().ok()?;
    status.success().then_some(text)
}

/// CPU time of all children that have ended, from the kernel.
#[expect(clippy::disallowed_methods, reason = "the kernel tells CPU times in a file")]
fn of_children() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name may hold anything, also blanks; what follows it does not.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) / TICKS_A_SECOND)
}
