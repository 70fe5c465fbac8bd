//! `seaworthy lint`: where registers and `seaworthy.yaml` contradict themselves.
//!
//! With `seaworthy.yaml` at hand its columns, weights and acceptances are known; a Markdown file alone is read as it is. What
//! could not be looked up is not judged, and told.

mod explain;
mod fix;
mod look;

use std::path::Path;

use ::prove::{Repository, baseline};
use register::rules;
use report::Linted;
use text::has_errors;

use super::{count, counted, failed, show};
use crate::arguments::{Lint, LintFormat};
use crate::exit::Exit;
use crate::terminal::Terminal;

use look::Found;
pub(crate) use look::of_register;

pub(crate) fn run(arguments: &Lint, terminal: Terminal) -> Exit {
    if let Some(rule) = &arguments.explain {
        return explain::explain(rule, terminal);
    }
    if arguments.list_rules {
        return explain::list(terminal);
    }
    let mut found = match look::look(&arguments.files, terminal) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    if arguments.fix {
        return fix::run(arguments, &found, terminal);
    }
    if let Some(path) = &arguments.write_baseline {
        return write_baseline(path, &found.linted, terminal);
    }
    match narrow(arguments, &mut found, terminal) {
        Ok(notes) => tell(&found.linted, &notes, arguments.format, terminal),
        Err(exit) => exit,
    }
}

/// Leaves out what is old; returns what is to be said about that.
fn narrow(arguments: &Lint, found: &mut Found, terminal: Terminal) -> Result<Vec<String>, Exit> {
    let mut notes = Vec::new();
    if let Some(revision) = &arguments.since {
        let repository = Repository::look(Path::new("."));
        let old = ::prove::since(&repository, revision, &found.columns, &found.weights, &mut found.linted);
        let old = old.map_err(|error| failed(&error, terminal))?;
        if old > 0 {
            notes.push(format!("{old} older than {revision}"));
        }
    }
    if let Some(path) = &arguments.baseline {
        let gone = baseline::apply(path, &mut found.linted).map_err(|error| failed(&error, terminal))?;
        if !found.linted.known.is_empty() {
            notes.push(format!("{} in the baseline", found.linted.known.len()));
        }
        for finding in &gone {
            terminal.message(&format!("no longer found, though in the baseline: {finding}"));
        }
        if !gone.is_empty() {
            terminal.message("take them out: `seaworthy lint --write-baseline`\n");
        }
    }
    if !found.linted.silenced.is_empty() {
        notes.push(format!("{} silenced with a reason", found.linted.silenced.len()));
    }
    Ok(notes)
}

fn write_baseline(path: &Path, linted: &Linted, terminal: Terminal) -> Exit {
    match baseline::write(path, linted) {
        Ok(written) => {
            let written = counted(written, "finding");
            terminal.result(&format!("{written} in {}; from now on: seaworthy lint --baseline\n", path.display()));
            Exit::Pass
        }
        Err(error) => failed(&error, terminal),
    }
}

fn tell(linted: &Linted, notes: &[String], format: LintFormat, terminal: Terminal) -> Exit {
    match format {
        LintFormat::Json => terminal.result(&report::lint_json(linted)),
        LintFormat::Sarif => terminal.result(&report::sarif(linted, &rules(), env!("CARGO_PKG_VERSION"))),
        LintFormat::Junit => terminal.result(&report::junit(linted)),
        LintFormat::Markdown => terminal.result(&report::markdown(linted)),
        LintFormat::Github => terminal.result(&report::github(linted)),
        LintFormat::Human => {
            show(&linted.problems, &linted.sources, terminal);
            for what in &linted.unknown {
                terminal.message(&format!("not known: {what}"));
            }
            let risks: usize = linted.registers.iter().map(|register| register.risks.len()).sum();
            let (risks, files) = (counted(risks, "risk"), counted(linted.registers.len(), "register"));
            let notes = if notes.is_empty() { String::new() } else { format!(" (not told: {})", notes.join(", ")) };
            terminal.result(&format!("{risks} in {files}: {}{notes}\n", count(&linted.problems)));
        }
    }
    if has_errors(&linted.problems) { Exit::Fail } else { Exit::Pass }
}
