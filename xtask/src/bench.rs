//! `cargo xtask bench`: prints the numbers of the house, measured here and now. Asserts nothing: a shared machine may be
//! slow, and a timed test that fails by weather teaches people to ignore tests.

mod impact;
mod ledger;
mod probe;
mod register;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::tree::Tree;

pub(crate) use impact::measure_here as measure_impact;
pub(crate) use register::measure_here;

/// Runs of each short command; the median counts.
const RUNS: usize = 11;

pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let root = Tree::root()?;
    if let ["register", directory @ ..] = arguments {
        return register::run(&root, directory.first().copied());
    }
    if let ["impact", directory @ ..] = arguments {
        timed(&root, "cargo", &["build", "--release", "--locked"])?;
        return impact::run(&root, directory.first().copied());
    }
    if let ["ledger"] = arguments {
        return ledger::run(&root);
    }
    if let ["probe"] = arguments {
        return probe::run(&root);
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.contains(&name);
    if let Some(unknown) = arguments.iter().find(|name| !["prove", "lint", "build"].contains(name)) {
        return Err(format!(
            "no bench `{unknown}`; known: build, lint, prove, probe, ledger, register [DIR], impact [DIR]"
        ));
    }
    let command = |program: &str, arguments: &[&str]| timed(&root, program, arguments);
    if wanted("build") {
        let fresh = root.join("target/bench-build");
        let _ = std::fs::remove_dir_all(&fresh);
        let target = fresh.to_string_lossy().into_owned();
        let took = command("cargo", &["build", "--release", "--locked", "--offline", "--target-dir", &target])?;
        say(&format!(
            "build: cargo build --release from nothing, sources already here: {:.0} s (aim 240 s)",
            took.as_secs_f64()
        ));
    }
    command("cargo", &["build", "--release", "--locked"])?;
    let seaworthy = root.join("target/release/seaworthy").to_string_lossy().into_owned();
    if wanted("lint") {
        let register = twenty_risks(&root)?;
        let mut runs = (0..RUNS).map(|_| command(&seaworthy, &["lint", &register])).collect::<Result<Vec<_>, _>>()?;
        runs.sort();
        let nothing = command(&seaworthy, &["--version"])?;
        let median = runs[RUNS / 2].as_secs_f64() * 1e3;
        say(&format!(
            "lint: a register of 20 risks: {median:.1} ms (median of {RUNS}, aim 30 ms); `--version` alone: {:.1} ms",
            nothing.as_secs_f64() * 1e3
        ));
    }
    if wanted("prove") {
        command("cargo", &["build", "--release", "--locked", "-p", "event-tracker"])?;
        let took = command(&seaworthy, &["prove", "examples/event-tracker"])?;
        say(&format!("prove: examples/event-tracker once built: {:.1} s (aim 90 s)", took.as_secs_f64()));
    }
    if arguments.is_empty() { register::run(&root, None) } else { Ok(()) }
}

/// What a measuring process of its own, built for release, prints: numbers.
#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn measured(root: &std::path::Path, what: &str, files: &[std::path::PathBuf]) -> Result<Vec<f64>, String> {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--release", "--locked", "-p", "xtask", "--", what]).args(files);
    command.current_dir(root).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("the measuring process ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split_whitespace().filter_map(|word| word.parse().ok()).collect())
}

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn timed(root: &std::path::Path, program: &str, arguments: &[&str]) -> Result<Duration, String> {
    let begin = Instant::now();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|error| format!("{program}: {error}"))?;
    let took = begin.elapsed();
    // Findings are exit code 1; anything above means that the command could not do its work.
    if status.code().is_none_or(|code| code > 1) {
        return Err(format!("{program} {}: {status}", arguments.join(" ")));
    }
    Ok(took)
}

#[expect(clippy::disallowed_methods, reason = "a bench writes its own input")]
fn twenty_risks(root: &std::path::Path) -> Result<String, String> {
    let mut text = "# Risks\n\n| ID | Risk | Likelihood | Impact | Score | Status | Owner |\n| --- | --- | --- | --- | --- | --- | --- |\n".to_owned();
    for number in 1..=20 {
        text.push_str(&format!("| R-{number} | Part {number} fails | 2 | 3 | 6 | Open | team {} |\n", number % 4));
    }
    for number in 1..=20 {
        text.push_str(&format!("\n### R-{number}: Part {number} fails\n\n**Description:** it stops.\n**Impact:** High - users wait\n**Mitigation:** restart `deploy/part-{number}.yaml`\n"));
    }
    let path = root.join("target/bench-register.md");
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    Ok(path.to_string_lossy().into_owned())
}

#[expect(clippy::print_stdout, reason = "this is the binary")]
fn say(line: &str) {
    println!("{line}");
}
