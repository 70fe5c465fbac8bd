//! `seaworthy init`: a first `seaworthy.yaml` from what is here. Nothing that exists is ever changed.

use std::path::{Path, PathBuf};

use ::prove::FILE_NAME;
use ::report::Survey;

use super::{count, counted, show};
use crate::arguments::Init;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Where a register to fill in is put.
pub(crate) const TEMPLATE_PATH: &str = "docs/risks.md";
/// A register to fill in. Its rows are forms, so that it lists nothing until somebody writes.
pub(crate) const TEMPLATE: &str = "# Risks\n\nWhat can go wrong, how bad it would be, and what stands against it.\nLikelihood and impact: Low, Medium, High.\n\n| ID | Risk | Likelihood | Impact | Current controls | Status | Owner |\n| --- | --- | --- | --- | --- | --- | --- |\n| R-1 | <what goes wrong> | <Low/Medium/High> | <Low/Medium/High> | <what stands against it, with the file that shows it> | Open | <who> |\n";

pub(crate) fn run(arguments: &Init, terminal: Terminal) -> Exit {
    let directory = &arguments.path;
    if !directory.is_dir() {
        let what = format!("error: {} is no directory", directory.display());
        terminal.message(&format!(
            "{what}\n  help: name the directory of the repository, or leave it out to take this one"
        ));
        return Exit::Usage;
    }
    let file = directory.join(FILE_NAME);
    if file.exists() && !arguments.dry_run {
        terminal
            .result(&format!("{} is here already; nothing was changed.\n\nNext:\n  seaworthy lint\n", shown(&file)));
        return Exit::Pass;
    }
    let survey = ::prove::survey(directory);
    if survey.registers.is_empty() {
        return without_register(arguments, &survey, terminal);
    }
    let text = ::report::first_file(&name_of(directory), &survey, &base(directory));
    if arguments.dry_run {
        terminal.result(&text);
        return Exit::Pass;
    }
    if let Err(error) = outside::files::write_whole(&file, text.as_bytes()) {
        terminal.message(&format!("error: {}\n  help: `--dry-run` prints it instead", ::prove::chain(&error)));
        return Exit::Undecided;
    }
    written(&file, &survey, &text, terminal)
}

/// Says what was written, and reads it back as every later command will.
fn written(file: &Path, survey: &Survey, text: &str, terminal: Terminal) -> Exit {
    let reading = ::prove::read(file);
    let errors: Vec<_> =
        reading.problems.into_iter().filter(|problem| problem.severity == text::Severity::Error).collect();
    show(&errors, &reading.sources, terminal);
    let risks: usize = survey.registers.iter().map(|surveyed| surveyed.register.risks.len()).sum();
    let claims = text.lines().filter(|line| line.starts_with("      says: ")).count();
    let questions = text.lines().filter(|line| line.trim_start().starts_with('#') && line.contains("says: ")).count();
    let components: usize = survey.found.iter().map(|found| found.components.len()).sum();
    terminal.result(&format!(
        "{} written: {} in {}, {}, {}, {} to answer in its comments.\n\nNext:\n  seaworthy lint     where the text contradicts itself\n  seaworthy prove    judge the claims that need no decision\n",
        shown(file),
        counted(risks, "risk"),
        counted(survey.registers.len(), "register"),
        counted(components, "component"),
        counted(claims, "claim"),
        counted(questions, "question"),
    ));
    if errors.is_empty() {
        return Exit::Pass;
    }
    terminal.message(&format!("{} in the written file; this is a defect of seaworthy", count(&errors)));
    Exit::Undecided
}

fn without_register(arguments: &Init, survey: &Survey, terminal: Terminal) -> Exit {
    let place = arguments.path.join(TEMPLATE_PATH);
    let looked: Vec<&str> = register::find_names().iter().take(6).copied().collect();
    if arguments.template && !place.exists() {
        let made = place.parent().map_or(Ok(()), outside::files::make_directory);
        let done = made.and_then(|()| outside::files::write_whole(&place, TEMPLATE.as_bytes()));
        if let Err(error) = done {
            terminal.message(&format!("error: {}", ::prove::chain(&error)));
            return Exit::Undecided;
        }
        terminal.result(&format!("{} written. Fill in its row, then run `seaworthy init` again.\n", shown(&place)));
        return Exit::Pass;
    }
    let notes: String = survey.notes.iter().map(|note| format!("  {note}\n")).collect();
    let filled = if place.exists() { "\nIt is there, and no risk is filled in yet." } else { "" };
    terminal.result(&format!(
        "No risk register was found (looked for {}, .., and for Markdown named after risks or failures).\n{notes}\nA register to fill in would go to {}; `seaworthy init --template` writes it:{filled}\n\n{}",
        looked.join(", "),
        shown(&place),
        indented(TEMPLATE),
    ));
    Exit::Usage
}

pub(crate) fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// The name of a system: that of its directory.
fn name_of(directory: &Path) -> String {
    let full = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
    let name = full.components().rev().find_map(|part| match part {
        std::path::Component::Normal(name) => name.to_str(),
        _ => None,
    });
    name.unwrap_or("system").to_owned()
}

/// What shown paths begin with when another directory was named.
fn base(directory: &Path) -> String {
    let text = directory.strip_prefix(".").unwrap_or(directory).to_string_lossy().into_owned();
    if text.is_empty() || text.ends_with('/') { text } else { format!("{text}/") }
}

fn shown(path: &Path) -> String {
    let clean: PathBuf = path.strip_prefix(".").unwrap_or(path).to_path_buf();
    clean.display().to_string()
}
