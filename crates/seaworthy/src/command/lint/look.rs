//! Reading what `lint` was pointed to, and asking the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use ::prove::{Case, FILE_NAME, MAX_REGISTER_BYTES, Repository, Weights};
use evidence::Claims;
use register::{Heard, Register};
use report::Linted;
use text::{Problem, Severity, Source};

use crate::command::{reading, show};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// What was read and found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) linted: Linted,
    pub(super) columns: BTreeMap<String, String>,
    pub(super) weights: Weights,
}

/// Reads all of them. What cannot be read at all ends the command: nothing was judged.
pub(super) fn look(files: &[PathBuf], terminal: Terminal) -> Result<Found, Exit> {
    let mut found = Found::default();
    let here = [PathBuf::from(".")];
    for file in if files.is_empty() { &here } else { files } {
        let is_markdown = file.extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("markdown")
        });
        if file.as_os_str() == "-" {
            standard_input(&mut found, terminal)?;
        } else if is_markdown {
            markdown(file, &mut found, terminal)?;
        } else if file.is_dir() && !file.join(FILE_NAME).is_file() {
            directory(file, &mut found, terminal)?;
        } else {
            case(file, &mut found, terminal)?;
        }
    }
    Ok(found)
}

fn markdown(file: &Path, found: &mut Found, terminal: Terminal) -> Result<(), Exit> {
    let shown = file.to_string_lossy().into_owned();
    match outside::files::read_text(file, MAX_REGISTER_BYTES) {
        Ok(text) => {
            alone(shown, text, file.parent().unwrap_or(Path::new("")), found);
            Ok(())
        }
        Err(error) => {
            let help = "name a Markdown file that is there, or leave it out to read what is here";
            Err(unreadable(&shown, &::prove::chain(&error), help, terminal))
        }
    }
}

fn standard_input(found: &mut Found, terminal: Terminal) -> Result<(), Exit> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_REGISTER_BYTES).unwrap_or(u64::MAX) + 1;
    let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
    let why = match read {
        Err(error) => error.to_string(),
        Ok(_) if bytes.len() > MAX_REGISTER_BYTES => format!("more than {MAX_REGISTER_BYTES} bytes"),
        Ok(_) => match String::from_utf8(bytes) {
            Ok(text) => {
                alone("standard-input.md".to_owned(), text, Path::new(""), found);
                return Ok(());
            }
            Err(error) => format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to()),
        },
    };
    Err(unreadable("standard input", &why, "pipe one Markdown document into it", terminal))
}

fn unreadable(shown: &str, why: &str, help: &str, terminal: Terminal) -> Exit {
    let problem = Problem::whole_file("unreadable", shown, why).with_help(help);
    show(&[problem], &BTreeMap::new(), terminal);
    Exit::Usage
}

/// A register without `seaworthy.yaml`.
fn alone(shown: String, text: String, directory: &Path, found: &mut Found) {
    let source = Source::new(shown, text);
    let register = register::read(&source, &BTreeMap::new());
    if register.risks.is_empty() {
        let help = "in a table, name the columns (ID, Risk, Likelihood, Impact, ..); foreign headings: `columns:` in seaworthy.yaml";
        let mut problem =
            Problem::whole_file("register-empty", source.path(), "no risk was found in this file").with_help(help);
        problem.severity = Severity::Warning;
        found.linted.problems.push(problem);
    }
    take(register, &Repository::look(directory), BTreeSet::new(), found);
}

fn take(register: Register, repository: &Repository, accepted: BTreeSet<String>, found: &mut Found) {
    let facts = repository.facts(&register, accepted);
    let heard = ::prove::lint(&register, &facts, &found.weights);
    found.linted.problems.extend(heard.problems);
    found.linted.silenced.extend(heard.silenced);
    for what in facts.unknown {
        if !found.linted.unknown.contains(&what) {
            found.linted.unknown.push(what);
        }
    }
    found.linted.sources.insert(register.path().to_owned(), register.source.clone());
    found.linted.registers.push(register);
}

/// A directory without `seaworthy.yaml`: every register that is found in it.
fn directory(path: &Path, found: &mut Found, terminal: Terminal) -> Result<(), Exit> {
    let survey = ::prove::survey(path);
    if survey.registers.is_empty() {
        let names: Vec<&str> = register::find_names().iter().take(6).copied().collect();
        terminal.message(&format!(
            "error: there is no {FILE_NAME} in {}, and no register by a usual name ({}, ..)\n  help: name the file: `seaworthy lint FILE.md`",
            path.display(),
            names.join(", ")
        ));
        return Err(Exit::Usage);
    }
    let repository = Repository::look(path);
    for surveyed in survey.registers {
        take(surveyed.register, &repository, BTreeSet::new(), found);
    }
    Ok(())
}

fn case(path: &Path, found: &mut Found, terminal: Terminal) -> Result<(), Exit> {
    let reading = reading(path, terminal)?;
    found.linted.problems.extend(reading.problems);
    found.linted.sources.extend(reading.sources);
    if let Some(case) = reading.case {
        let Case { directory, registers, claims, system, .. } = case;
        found.columns.extend(system.columns);
        found.weights.extend(system.lint);
        let repository = Repository::look(&directory);
        for register in registers {
            take(register, &repository, accepted(&claims), found);
        }
    }
    Ok(())
}

fn accepted(claims: &Claims) -> BTreeSet<String> {
    claims.acceptances.iter().map(|acceptance| acceptance.risk.to_string()).collect()
}

/// What a register of a case contradicts.
pub(crate) fn of_register(register: &Register, case: &Case) -> Heard {
    let facts = Repository::look(&case.directory).facts(register, accepted(&case.claims));
    ::prove::lint(register, &facts, &case.system.lint)
}
