//! `seaworthy report`: what is known, for people and other tools; and the status between the marks of a register.
//!
//! Reads the registers and the ledger. Starts nothing, breaks nothing. The HTML page of a run is written by `prove`.

use std::path::Path;

use ::prove::{FILE_NAME, registers, standing, unseen};
use ::report::Standing;
use register::Register;
use register::edit::{MarkError, between, insert_marks, write_between};
use text::Source;

use super::{case, failed};
use crate::arguments::{Report, ReportFormat};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Report, terminal: Terminal) -> Exit {
    let standing = match look(arguments, terminal) {
        Ok(standing) => standing,
        Err(exit) => return exit,
    };
    if arguments.write || arguments.check {
        return status(arguments, &standing, terminal);
    }
    match text(arguments.format, &standing) {
        Some(text) => {
            terminal.result(&text);
            Exit::Pass
        }
        None => {
            let (what, help) = match arguments.format {
                ReportFormat::OscalAr => ("nothing was seen yet", "run `seaworthy prove` first"),
                _ => ("there is no risk to tell of", "a plan of action needs at least one"),
            };
            terminal.message(&format!("error: {what}\n  help: {help}"));
            Exit::Undecided
        }
    }
}

fn text(format: ReportFormat, standing: &Standing) -> Option<String> {
    Some(match format {
        ReportFormat::Markdown => ::report::standing_markdown(standing),
        ReportFormat::Json => ::report::standing_json(standing),
        ReportFormat::Csv => ::report::csv(&standing.registers),
        ReportFormat::Bmad => ::report::risk_summary(standing),
        ReportFormat::BmadGate => ::report::decision_file(standing, standing.latest().unwrap_or_else(outside::now)),
        ReportFormat::OscalPoam => ::report::plan_of_action(standing, outside::now())?,
        ReportFormat::OscalAr => ::report::assessment_results(standing)?,
    })
}

/// The registers with what was seen; a register alone was never looked at.
fn look(arguments: &Report, terminal: Terminal) -> Result<Standing, Exit> {
    let path = &arguments.path;
    let has_file = path.is_dir() && path.join(FILE_NAME).is_file();
    let is_file = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    if has_file || is_file {
        let (_, case, _) = case(path, terminal)?;
        if !case.system.environments.contains_key(&arguments.environment) {
            let error = ::prove::Error::NoEnvironment { name: arguments.environment.clone() };
            return Err(failed(&error, terminal));
        }
        let asked = arguments.at.ledger.as_deref();
        let at = ::prove::ledger_at(&case.system, &case.directory, &arguments.environment, asked);
        return at.and_then(|at| standing(case, &at, &arguments.environment)).map_err(|error| failed(&error, terminal));
    }
    let read = registers(path);
    super::show(&read.problems, &read.sources, terminal);
    if text::has_errors(&read.problems) {
        return Err(Exit::Usage);
    }
    if read.registers.is_empty() {
        terminal.message(&format!(
            "error: there is no {FILE_NAME} and no register in {}\n  help: name the register: `seaworthy report FILE.md`",
            path.display()
        ));
        return Err(Exit::Usage);
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let name = absolute.file_stem().map_or_else(|| "system".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(unseen(&name, read))
}

/// What became of one register.
enum Done {
    Same,
    Changed(String),
}

/// Writes or checks the status of every register. All of them are looked at, whatever is wrong with one.
fn status(arguments: &Report, standing: &Standing, terminal: Terminal) -> Exit {
    let mut exit = Exit::Pass;
    let mut absent = Vec::new();
    let mut worse = |other: Exit| {
        if exit == Exit::Pass {
            exit = other;
        }
    };
    for register in &standing.registers {
        match renewed(arguments, standing, register) {
            Ok(Done::Same) => terminal.result(&format!("{}: the status is current\n", register.path())),
            Ok(Done::Changed(_)) if arguments.check => {
                terminal.result(&format!("{}: the status is out of date\n", register.path()));
                terminal.message("run `seaworthy report --write`");
                worse(Exit::Fail);
            }
            Ok(Done::Changed(text)) => match outside::files::write_whole(Path::new(register.path()), text.as_bytes()) {
                Ok(()) => terminal.result(&format!("{}: the status was written\n", register.path())),
                Err(error) => {
                    let why = ::prove::chain(&error);
                    terminal.message(&format!("error: {} cannot be written: {why}", register.path()));
                    worse(Exit::Undecided);
                }
            },
            Err(MarkError::Absent) => absent.push(register.path()),
            Err(error) => {
                terminal.message(&format!("error: {}: {error}\n  help: {}", register.path(), error.help()));
                worse(Exit::Usage);
            }
        }
    }
    if !absent.is_empty() {
        let is_all = absent.len() == standing.registers.len();
        let word = if is_all { "error" } else { "note" };
        terminal.message(&format!(
            "{word}: there are no marks for the status in {}\n  help: {}",
            absent.join(", "),
            MarkError::Absent.help()
        ));
        if is_all {
            worse(Exit::Usage);
        }
    }
    exit
}

fn renewed(arguments: &Report, standing: &Standing, register: &Register) -> Result<Done, MarkError> {
    let lines = ::report::status_lines(standing, register);
    let old = register.source.text();
    let marked = if arguments.insert_markers && between(register) == Err(MarkError::Absent) {
        insert_marks(register)
    } else {
        old.to_owned()
    };
    let mut whole = register.clone();
    whole.source = Source::new(register.path(), marked);
    let new = write_between(&whole, &lines)?;
    // A day on which the same was seen again makes no status false.
    let is_same = if arguments.check { undated(&new) == undated(old) } else { new == old };
    Ok(if is_same { Done::Same } else { Done::Changed(new) })
}

/// A text without its days.
fn undated(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    for (at, _) in text.match_indices("20") {
        let Some(day) = text.get(at..at + 10).filter(|day| text::Date::parse(day).is_some()) else { continue };
        let from = text.len() - rest.len();
        if at < from || day.contains(' ') {
            continue;
        }
        out.push_str(&text[from..at]);
        rest = &text[at + day.len()..];
    }
    out.push_str(rest);
    out
}
