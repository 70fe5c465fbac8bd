//! `seaworthy ledger ..`: is the memory whole, where does it go on, what may be forgotten.

use ::prove::{ANCHORS_NAME, MAX_ANCHORS_BYTES};
use std::path::{Path, PathBuf};

use ::ledger::{Address, Entry, Error, Head, Ledger as Store, MAX_ENTRIES, anchors, print_anchor};
use serde_json::json;

use super::{counted, failed};
use crate::arguments::{At, Ledger};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// The first line of a new file of anchors.
const ANCHORS_HEADER: &str =
    "# Sizes and heads of the ledger, oldest first. Commit this file; check with `seaworthy ledger verify`.";

pub(crate) fn run(arguments: &Ledger, terminal: Terminal) -> Exit {
    let which = arguments.which();
    let (directory, at) = match address(&which.path, &which.environment, &which.at, terminal) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let done = match arguments {
        Ledger::Verify { against, .. } => match anchored(against.as_deref(), &directory, terminal) {
            Ok(anchored) => verify(&at, &anchored, terminal).or_else(|error| not_whole(error, terminal)),
            Err(exit) => return exit,
        },
        Ledger::Anchor { file, .. } => {
            let file = file.clone().unwrap_or_else(|| directory.join(ANCHORS_NAME));
            match kept(&file, terminal) {
                Ok(kept) => anchor(&at, &file, kept, terminal),
                Err(exit) => return exit,
            }
        }
        Ledger::Move { to, .. } => match other(to, which, terminal) {
            Ok(to) => carry(&at, &to, terminal),
            Err(exit) => return exit,
        },
        Ledger::Export { from, .. } => export(&at, *from, terminal),
        Ledger::Prune { older_than, .. } => match text::parse_duration(older_than) {
            Some(age) => prune(&at, age, terminal),
            None => {
                terminal.message(&format!("error: `{older_than}` is no duration\n  help: write it as `90d`"));
                return Exit::Usage;
            }
        },
    };
    done.unwrap_or_else(|error| told(&error, terminal))
}

/// The directory of seaworthy.yaml, and where its ledger is. The file must be sound where it names one: a ledger is not
/// looked for where it may not be.
pub(crate) fn address(path: &Path, environment: &str, at: &At, terminal: Terminal) -> Result<(PathBuf, Address), Exit> {
    let file = ::prove::find(path).map_err(|error| failed(&error, terminal))?;
    let directory = file.with_file_name("");
    let reading = ::prove::read(&file);
    let Some(case) = reading.case else {
        super::show(&reading.problems, &reading.sources, terminal);
        return Err(Exit::Usage);
    };
    if !case.system.environments.contains_key(environment) {
        let error = ::prove::Error::NoEnvironment { name: environment.to_owned() };
        return Err(failed(&error, terminal));
    }
    // A `ledger` that was written and not understood is no reason to look beside the file.
    let is_written = reading
        .sources
        .get(&case.shown)
        .is_some_and(|source| source.text().lines().any(|line| line.starts_with("ledger")));
    if is_written && case.system.ledger.is_none() && at.ledger.is_none() {
        super::show(&reading.problems, &reading.sources, terminal);
        return Err(Exit::Usage);
    }
    match ::prove::ledger_at(&case.system, &directory, environment, at.ledger.as_deref()) {
        Ok(address) => Ok((directory, address)),
        Err(error) => {
            failed(&error, terminal);
            Err(Exit::Usage)
        }
    }
}

/// Another place, under the same rules.
fn other(to: &str, which: &crate::arguments::Which, terminal: Terminal) -> Result<Address, Exit> {
    let at = At { ledger: Some(to.to_owned()) };
    address(&which.path, &which.environment, &at, terminal).map(|(_, address)| address)
}

/// Where a ledger should be and something else is, the ledger is not whole: that is a finding, and no wrong question.
fn not_whole(error: Error, terminal: Terminal) -> Result<Exit, Error> {
    match error {
        Error::NotADatabase { .. } | Error::Foreign { .. } | Error::Newer { .. } | Error::Sql { .. } => {
            let _usage = told(&error, terminal);
            Ok(Exit::Fail)
        }
        other => Err(other),
    }
}

fn told(error: &Error, terminal: Terminal) -> Exit {
    let cause = std::error::Error::source(error).map(|cause| format!("\n  because: {cause}")).unwrap_or_default();
    terminal.message(&format!("error: {error}{cause}"));
    match error {
        Error::Damaged { .. } | Error::Diverged { .. } => Exit::Fail,
        Error::Busy { .. } | Error::Unreachable { .. } | Error::InDoubt { .. } | Error::Full { .. } => Exit::Undecided,
        _ => Exit::Usage,
    }
}

// ===== anchors =====

/// Anchors, and where they are from.
struct Anchored {
    heads: Vec<Head>,
    from: String,
}

/// The anchors that were asked for, else those beside the file.
fn anchored(against: Option<&str>, directory: &Path, terminal: Terminal) -> Result<Anchored, Exit> {
    let usual = directory.join(ANCHORS_NAME);
    match against {
        None if usual.is_file() => Ok(Anchored { heads: kept(&usual, terminal)?.0, from: usual.display().to_string() }),
        None => Ok(Anchored { heads: Vec::new(), from: String::new() }),
        Some(text) if Path::new(text).is_file() => {
            Ok(Anchored { heads: kept(Path::new(text), terminal)?.0, from: text.to_owned() })
        }
        Some(text) => match anchors(text) {
            Ok(heads) => Ok(Anchored { heads, from: "the anchor".to_owned() }),
            Err(_) => {
                terminal.message(
                    "error: --against wants SIZE:HEAD, as `prove` printed it, such as `42:9fc2..` with all 64 digits, \
                     or a file of such lines",
                );
                Err(Exit::Usage)
            }
        },
    }
}

/// The anchors of a file, and its text; none when there is no file.
fn kept(file: &Path, terminal: Terminal) -> Result<(Vec<Head>, String), Exit> {
    if !file.exists() {
        return Ok((Vec::new(), String::new()));
    }
    let text = outside::files::read_text(file, MAX_ANCHORS_BYTES).map_err(|error| {
        terminal.message(&format!("error: {error}"));
        Exit::Usage
    })?;
    match anchors(&text) {
        Ok(heads) => Ok((heads, text)),
        Err(line) => {
            let shown = file.display();
            terminal.message(&format!("error: {shown}:{line}: no anchors, or a line that is none\n  help: each is SIZE:HEAD; restore the file from version control"));
            Err(Exit::Usage)
        }
    }
}

/// Appends the end of a whole ledger to a file of anchors that it fits.
fn anchor(at: &Address, file: &Path, (heads, text): (Vec<Head>, String), terminal: Terminal) -> Result<Exit, Error> {
    let verified = Store::open_read_only(at)?.verify(&heads)?;
    if !verified.is_whole() {
        flaws(&verified, terminal);
        return Ok(Exit::Fail);
    }
    let line = print_anchor(&verified.head);
    if heads.contains(&verified.head) {
        terminal.result(&format!("{line} is in {} already\n", file.display()));
        return Ok(Exit::Pass);
    }
    let mut text = if text.is_empty() { format!("{ANCHORS_HEADER}\n") } else { text };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    if let Err(error) = outside::files::write_whole(file, format!("{text}{line}\n").as_bytes()) {
        terminal.message(&format!("error: {error}"));
        return Ok(Exit::Undecided);
    }
    terminal.result(&format!("{line} added to {}: commit it\n", file.display()));
    Ok(Exit::Pass)
}

fn verify(at: &Address, anchored: &Anchored, terminal: Terminal) -> Result<Exit, Error> {
    let verified = Store::open_read_only(at)?.verify(&anchored.heads)?;
    flaws(&verified, terminal);
    let until = if anchored.heads.is_empty() { " (without an anchor a cut tail cannot be seen)" } else { "" };
    terminal.result(&format!("{} entries, head {}{until}\n", verified.head.size, print_anchor(&verified.head)));
    if !anchored.heads.is_empty() {
        terminal.result(&ranges(&verified, &anchored.from));
    }
    if verified.pruned > 0 {
        let histories = if verified.pruned == 1 { "history" } else { "histories" };
        terminal.result(&format!("{} {histories} removed by retention\n", verified.pruned));
    }
    Ok(if verified.is_whole() { Exit::Pass } else { Exit::Fail })
}

fn flaws(verified: &::ledger::Verified, terminal: Terminal) {
    for flaw in &verified.problems {
        terminal.result(&format!("damaged: {flaw}\n"));
    }
    if verified.more > 0 {
        terminal.result(&format!("damaged: and {} more\n", verified.more));
    }
}

/// Which entries an anchor vouches for, and which none does.
fn ranges(verified: &::ledger::Verified, from: &str) -> String {
    let (anchored, size) = (verified.anchored, verified.head.size);
    let mut text = match anchored {
        0 => String::new(),
        anchored => format!("entries 1 to {anchored} are anchored by {from}\n"),
    };
    if size > anchored {
        text.push_str(&format!(
            "entries {} to {size} are not anchored: a cut or rewritten tail there cannot be seen\n",
            anchored + 1
        ));
    }
    text
}

// ===== moving, exporting, pruning =====

fn carry(at: &Address, to: &Address, terminal: Terminal) -> Result<Exit, Error> {
    let source = Store::open_read_only(at)?;
    let moved = source.move_to(&mut Store::open(to)?)?;
    terminal.result(&format!(
        "moved {} and {} to {to}: whole there, head {}\n",
        words(moved.entries, "entry", "entries"),
        words(moved.blobs, "history", "histories"),
        print_anchor(&moved.head)
    ));
    terminal.message(&format!(
        "{at} is as it was. Write `ledger: ..` into seaworthy.yaml; what is appended to the old one from now on is carried \
         only when you move again"
    ));
    Ok(Exit::Pass)
}

fn words(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn export(at: &Address, from: u64, terminal: Terminal) -> Result<Exit, Error> {
    let store = Store::open_read_only(at)?;
    let mut next = from.max(1);
    loop {
        let entries = store.entries(next, MAX_ENTRIES)?;
        let Some(last) = entries.last() else { break };
        next = last.seq + 1;
        terminal.result(&entries.iter().map(line).collect::<String>());
    }
    Ok(Exit::Pass)
}

/// One entry as one line. What a terminal would act on is escaped, so that the body stays exact.
fn line(entry: &Entry) -> String {
    let json = json!({
        "seq": entry.seq,
        "at_us": entry.at,
        "kind": entry.kind,
        "version": entry.version,
        "body": entry.body,
        "prev": entry.prev,
        "hash": entry.hash,
    });
    let mut line = String::new();
    for c in json.to_string().chars() {
        if c.is_control() {
            line.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

fn prune(at: &Address, age: std::time::Duration, terminal: Terminal) -> Result<Exit, Error> {
    // A ledger that is not there is not made for this.
    drop(Store::open_read_only(at)?);
    let now = outside::now();
    let before = now.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
    let pruned = Store::open(at)?.prune(before, now)?;
    let there = counted(usize::try_from(pruned.kept).unwrap_or(usize::MAX), "younger one");
    terminal.result(&format!("{} removed, {there} kept\n", words(pruned.removed, "history", "histories")));
    Ok(Exit::Pass)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exported_line_holds_nothing_that_steers_a_terminal_and_loses_nothing() {
        let body = "\u{7f}\u{9b}31m \u{1b}[2J ü\n".to_owned();
        let entry =
            Entry { seq: 1, at: -2, kind: "run".to_owned(), version: 1, body, prev: "p".into(), hash: "h".into() };
        let line = line(&entry);
        assert_eq!(line.chars().filter(|c| c.is_control()).collect::<String>(), "\n");
        let read: serde_json::Value = serde_json::from_str(&line).expect("is JSON");
        assert_eq!(read["body"], entry.body);
    }
}
