//! `cargo xtask turn`: breaks the line named by some rows of the requirements page, one after the other, in a copy of
//! the tree, and requires that row's tests to fail. A test that stays green proves nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::requirements::{PAGE, Row, Turn, rows};
use crate::tree::Tree;

/// Rows tried when nothing else is said.
const DEFAULT_ROWS: usize = 10;

pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let Options { seed, count, only } = options(arguments)?;
    let tree = Tree::of_repository()?;
    let page = tree.files.get(PAGE).ok_or_else(|| format!("{PAGE} is missing"))?;
    let candidates: Vec<Row> =
        rows(page).into_iter().filter(|row| row.turn.is_some() && !row.tests.is_empty()).collect();
    let chosen = match &only {
        Some(ids) => candidates.into_iter().filter(|row| ids.contains(&row.id)).collect(),
        None => choose(candidates, count, seed),
    };
    let copy = copy_tree(&tree)?;
    say(&format!("seed {seed}: {} rows", chosen.len()));
    let mut failures = Vec::new();
    for row in &chosen {
        let outcome = turn_row(&copy, row);
        let word = if outcome.is_ok() { "turns" } else { "DOES NOT TURN" };
        say(&format!("{word}: {} {:?}", row.id, row.tests));
        failures.extend(outcome.err().map(|why| format!("{}: {why}", row.id)));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

struct Options {
    seed: u64,
    count: usize,
    /// Ids of the rows to try; then nothing is chosen by chance.
    only: Option<Vec<String>>,
}

fn options(arguments: &[&str]) -> Result<Options, String> {
    let mut seed = u64::from(std::process::id());
    let mut count = DEFAULT_ROWS;
    let mut only = None;
    for pair in arguments.chunks(2) {
        match pair {
            ["--seed", value] => seed = value.parse().map_err(|_| format!("--seed {value}: not a number"))?,
            ["--rows", value] => count = value.parse().map_err(|_| format!("--rows {value}: not a number"))?,
            ["--only", value] => only = Some(value.split(',').map(str::to_owned).collect()),
            _ => return Err(format!("unknown argument {pair:?}")),
        }
    }
    Ok(Options { seed, count, only })
}

/// A seeded choice without repetition (splitmix64, Steele, Lea and Flood 2014).
fn choose(mut rows: Vec<Row>, count: usize, seed: u64) -> Vec<Row> {
    let mut state = seed;
    let mut chosen = Vec::new();
    while chosen.len() < count && !rows.is_empty() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let index = (mixed ^ (mixed >> 31)) % rows.len() as u64;
        chosen.push(rows.swap_remove(usize::try_from(index).unwrap_or(0)));
    }
    chosen
}

fn copy_tree(tree: &Tree) -> Result<PathBuf, String> {
    let copy = tree.root.join("target/turn/tree");
    forget(&copy, &copy, tree)?;
    for (path, content) in &tree.files {
        write(&copy.join(path), content)?;
    }
    Ok(copy)
}

/// Takes away what an earlier copy had and the tree has no more.
fn forget(folder: &Path, copy: &Path, tree: &Tree) -> Result<(), String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.strip_prefix(copy).unwrap_or(&path).to_string_lossy().into_owned();
        if path.is_dir() {
            forget(&path, copy, tree)?;
        } else if !tree.files.contains_key(&name) && name != "Cargo.lock" {
            std::fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// Leaves a file alone that already has the content, so that nothing is built twice.
#[expect(clippy::disallowed_methods, reason = "a chore beside the house writes its own copy")]
fn write(path: &Path, content: &str) -> Result<(), String> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "a chore beside the house reads its own copy")]
fn turn_row(copy: &Path, row: &Row) -> Result<(), String> {
    let Some(Turn { path, old, new }) = &row.turn else { return Err("names no line".to_owned()) };
    let file = copy.join(path);
    let sound = std::fs::read_to_string(&file).map_err(|error| format!("{path}: {error}"))?;
    write(&file, &sound.replacen(old.as_str(), new, 1))?;
    let outcome = row.tests.iter().try_for_each(|(package, test)| must_fail(copy, package, test));
    write(&file, &sound)?;
    outcome
}

fn must_fail(copy: &Path, package: &str, test: &str) -> Result<(), String> {
    let (built, text) = cargo(copy, &["test", "--package", package, "--no-run"])?;
    if !built {
        return Err(format!("the broken line does not build, so no test was asked:\n{text}"));
    }
    let (passed, text) = cargo(copy, &["test", "--package", package, "--no-fail-fast", "--", test])?;
    let failed_by_test = text.contains("test result: FAILED");
    match (passed, failed_by_test) {
        (false, true) => Ok(()),
        (true, _) => Err(format!("`{package}::{test}` passes although the line is broken")),
        (false, false) => Err(format!("`{package}::{test}` could not be asked:\n{text}")),
    }
}

#[expect(clippy::disallowed_methods, reason = "a chore beside the house starts cargo")]
fn cargo(copy: &Path, arguments: &[&str]) -> Result<(bool, String), String> {
    let target = copy.with_file_name("build");
    let output =
        Command::new("cargo").args(arguments).arg("--quiet").current_dir(copy).env("CARGO_TARGET_DIR", target).output();
    let output = output.map_err(|error| format!("cargo: {error}"))?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
    Ok((output.status.success(), text))
}

#[expect(clippy::print_stdout, reason = "this is the binary")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str) -> Row {
        Row { line: 1, id: id.to_owned(), state: "works".to_owned(), tests: Vec::new(), turn: None }
    }

    #[test]
    fn the_same_seed_chooses_the_same_rows_and_none_twice() {
        let rows: Vec<Row> = (0..20).map(|number| row(&number.to_string())).collect();
        let first = choose(rows.clone(), 10, 7);
        assert_eq!(first, choose(rows.clone(), 10, 7));
        assert_ne!(first, choose(rows, 10, 8));
        let mut ids: Vec<&str> = first.iter().map(|row| row.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 10);
    }
}
