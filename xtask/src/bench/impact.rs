//! `cargo xtask bench impact [DIR]`: fault trees beside SCRAM where that is installed, CPU seconds of whole processes, tree by
//! tree in one run.
//!
//! Before that generated systems, each in a process of its own: all blast radii and the picture, and how that grows.
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
    systems(root)?;
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

/// Components of the systems from which growth is measured; each has five needs a component and a flow a hundred.
const SIZES: [usize; 4] = [1_000, 2_000, 5_000, 10_000];

/// Layers of a generated system: what is needed lies at most three further on, so that ways are long.
const LAYERS: usize = 20;

/// Generated systems: how long all blast radii, and the picture, take.
fn systems(root: &Path) -> Result<(), String> {
    let mut points = Vec::new();
    for size in SIZES {
        let path = root.join(format!("target/bench-impact-{size}.yaml"));
        write(&path, &generated(size, 1))?;
        let numbers = super::measured(root, "measure-impact", &[path])?;
        let [read, reach, picture, failures, hits, peak] = numbers[..] else {
            return Err("the measuring process said something else".to_owned());
        };
        let aim = if size == 10_000 { " (aims: 2 s with single points of failure, 3 s, 1 GiB)" } else { "" };
        say(&format!(
            "impact: {size} components, {} needs, {} flows: read {read:.0} ms, {failures} failures with {hits} hits {reach:.0} ms, picture {picture:.0} ms, peak {:.0} MiB{aim}",
            size * 5,
            size / 100,
            peak / 1024.0
        ));
        // The smallest has the way of every hit as well, which is more work for each.
        if size > SIZES[0] {
            points.push((size as f64, reach));
        }
    }
    say(&format!(
        "impact: time grows with the number of components to the power of {:.2}; flows grow as well",
        super::register::exponent(&points)
    ));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a bench writes its own input")]
fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| error.to_string())
}

/// A layered system from a seed.
fn generated(components: usize, seed: u64) -> String {
    let mut random = measure::Random::new(seed);
    let mut below = |limit: usize| random.below(limit as u64) as usize;
    let flows = components / 100;
    let mut text = String::from("seaworthy: 1\nname: generated\nregisters: [none.md]\nsystem:\n  components:\n");
    for flow in 0..flows {
        text += &format!("    u{flow}: {{kind: client}}\n");
    }
    for at in 0..components {
        let kind = ["service", "service", "postgres", "redis", "worker"][below(5)];
        text += &format!("    c{at}: {{kind: {kind}, replicas: {}}}\n", 1 + below(3));
    }
    text += "  edges:\n";
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < components * 5 {
        let (from, to) = (below(components), below(components));
        let (own, other) = (from * LAYERS / components, to * LAYERS / components);
        // One in ten stays within its layer, and may close a circle.
        if from != to && (own < other && other <= own + 3 || own == other && below(10) == 0) && seen.insert((from, to))
        {
            let needs = ["hard", "hard", "soft", "async"][below(4)];
            text += &format!("    c{from}->c{to}: {{needs: {needs}}}\n");
        }
    }
    for flow in 0..flows {
        text += &format!("    u{flow}->c{}: {{}}\n", flow % (components / LAYERS));
    }
    text += "  flows:\n";
    for flow in 0..flows {
        text += &format!("    f{flow}: {{path: [u{flow}, c{}]}}\n", flow % (components / LAYERS));
    }
    text
}

/// The measuring process: milliseconds of reading, of all blast radii with single points of failure, and of the picture;
/// failures, hits, and the peak of its memory in KiB.
#[expect(clippy::disallowed_methods, reason = "a bench reads its own input and the clock")]
pub(crate) fn measure_here(files: &[&str]) -> Result<(), String> {
    let [file] = files else { return Err("one file is measured at a time".to_owned()) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let milliseconds = |begin: Instant| begin.elapsed().as_secs_f64() * 1e3;
    let begin = Instant::now();
    let source = text::Source::new(*file, text);
    let (node, mut problems) = text::read_yaml(&source);
    let system = node.and_then(|node| system::read(&source, &node, &mut problems)).ok_or("no system")?;
    if let Some(problem) = problems.iter().find(|problem| problem.severity == text::Severity::Error) {
        return Err(problem.message.clone());
    }
    let read = milliseconds(begin);
    let begin = Instant::now();
    let impact = impact::impact(&system, &impact::Counted::nothing());
    let reach = milliseconds(begin);
    let hits: usize = impact.rows.iter().map(|row| row.hits.len()).sum();
    let begin = Instant::now();
    let drawing = report::Drawing { system: &system, impact: &impact };
    std::hint::black_box(report::picture(&drawing, report::Shown { fails: None, alone: true }));
    let picture = milliseconds(begin);
    let peak = super::register::peak_kib().unwrap_or(0) as f64;
    let numbers = [read, reach, picture, impact.rows.len() as f64, hits as f64, peak];
    say(&numbers.map(|number| number.to_string()).join(" "));
    Ok(())
}
