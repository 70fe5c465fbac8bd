//! `seaworthy lint`: where registers and `seaworthy.yaml` contradict themselves.
//!
//! With `seaworthy.yaml` at hand its columns and acceptances are known; a Markdown file alone is read as it is. What could not
//! be looked up is not judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ::prove::{MAX_REGISTER_BYTES, Repository};
use evidence::Claims;
use register::{Register, Rule, rules};
use text::{Problem, Source, has_errors, nearest};

use super::{count, counted, reading, show};
use crate::arguments::{Format, Lint};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// What was read and found.
#[derive(Default)]
struct Found {
    registers: Vec<Register>,
    problems: Vec<Problem>,
    sources: BTreeMap<String, Source>,
}

pub(crate) fn run(arguments: &Lint, terminal: Terminal) -> Exit {
    if let Some(rule) = &arguments.explain {
        return explain(rule, terminal);
    }
    let mut found = Found::default();
    let files = if arguments.files.is_empty() { vec![PathBuf::from(".")] } else { arguments.files.clone() };
    for file in &files {
        let markdown = file.extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("markdown")
        });
        let outcome =
            if markdown { of_markdown(file, &mut found, terminal) } else { of_case(file, &mut found, terminal) };
        if let Err(exit) = outcome {
            return exit;
        }
    }
    tell(&found, arguments.format, terminal)
}

fn tell(found: &Found, format: Format, terminal: Terminal) -> Exit {
    match format {
        Format::Json => terminal.result(&report::lint_json(&found.registers, &found.problems)),
        Format::Human => {
            show(&found.problems, &found.sources, terminal);
            let risks: usize = found.registers.iter().map(|register| register.risks.len()).sum();
            let files = found.registers.len();
            let (risks, files) = (counted(risks, "risk"), counted(files, "register"));
            terminal.result(&format!("{risks} in {files}: {}\n", count(&found.problems)));
        }
    }
    if has_errors(&found.problems) { Exit::Fail } else { Exit::Pass }
}

/// A register alone. A file that cannot be read ends the command: nothing was judged.
fn of_markdown(file: &Path, found: &mut Found, terminal: Terminal) -> Result<(), Exit> {
    let shown = file.to_string_lossy().into_owned();
    let text = match outside::files::read_text(file, MAX_REGISTER_BYTES) {
        Ok(text) => text,
        Err(error) => {
            let help = "name a Markdown file that is there, or leave it out to read seaworthy.yaml here";
            let problem = Problem::whole_file("unreadable", shown, ::prove::chain(&error)).with_help(help);
            show(&[problem], &BTreeMap::new(), terminal);
            return Err(Exit::Usage);
        }
    };
    let source = Source::new(shown, text);
    let register = register::read(&source, &BTreeMap::new());
    if register.risks.is_empty() {
        let help = "in a table, name the columns (ID, Risk, Likelihood, Impact, ..); foreign headings: `columns:` in seaworthy.yaml";
        let mut problem =
            Problem::whole_file("register-empty", source.path(), "no risk was found in this file").with_help(help);
        problem.severity = text::Severity::Warning;
        found.problems.push(problem);
    }
    let directory = file.parent().unwrap_or(Path::new("")).to_path_buf();
    let facts = Repository::look(&directory).facts(&register, BTreeSet::new());
    found.problems.extend(register::lint(&register, &facts));
    found.sources.insert(source.path().to_owned(), source);
    found.registers.push(register);
    Ok(())
}

fn of_case(path: &Path, found: &mut Found, terminal: Terminal) -> Result<(), Exit> {
    let reading = reading(path, terminal)?;
    found.problems.extend(reading.problems);
    found.sources.extend(reading.sources);
    if let Some(case) = reading.case {
        for register in case.registers {
            found.problems.extend(of_register(&register, &case.directory, &case.claims));
            found.registers.push(register);
        }
    }
    Ok(())
}

/// What a register of a case contradicts.
pub(crate) fn of_register(register: &Register, directory: &Path, claims: &Claims) -> Vec<Problem> {
    let accepted = claims.acceptances.iter().map(|acceptance| acceptance.risk.to_string()).collect();
    register::lint(register, &Repository::look(directory).facts(register, accepted))
}

fn explain(name: &str, terminal: Terminal) -> Exit {
    let Some(rule) = rules().into_iter().find(|rule| rule.name == name) else {
        let known: Vec<&str> = rules().into_iter().map(|rule| rule.name).collect();
        let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        terminal.message(&format!(
            "error: there is no rule `{name}`\n  help: {}",
            near.unwrap_or_else(|| format!("known: {}", known.join(", ")))
        ));
        return Exit::Usage;
    };
    let Rule { name, severity, what, why, before, after } = rule;
    terminal.result(&format!(
        "{name} ({})\n\n{what}\n\nWhy: {why}\n\nFound in:\n{before}\n\nMended:\n{after}\n",
        severity.word()
    ));
    Exit::Pass
}
