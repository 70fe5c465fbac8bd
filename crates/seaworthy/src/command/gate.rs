//! `seaworthy gate`: judges what the ledger holds, and decides. And the same, signed, to be verified elsewhere.

use std::path::Path;

use ::prove::{MAX_STATEMENT_BYTES, Options, sign, verify};
use outside::process::own_exe;
use register::Register;
use report::Proof;

use super::{case, failed_hiding};
use crate::arguments::{Decide, Gate, GateFormat, GateVerify};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// The largest key that is read.
const MAX_KEY_BYTES: usize = 64 * 1024;

pub(crate) fn run(arguments: &Gate, terminal: Terminal) -> Exit {
    match &arguments.verify {
        Some(GateVerify::Verify { statement, key, subject, environment, strict }) => {
            verified((statement, key), subject, environment.as_deref(), *strict, terminal)
        }
        None => decide(&arguments.decide, terminal),
    }
}

fn decide(arguments: &Decide, terminal: Terminal) -> Exit {
    let (file, case, mut findings) = match case(&arguments.path, terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    // A key that cannot be used is known before anything is decided and remembered.
    let key = match arguments.key.as_ref().map(|path| read(path, MAX_KEY_BYTES)).transpose() {
        Ok(key) => key,
        Err(why) => return usage(&why, "name the file of a private key", terminal),
    };
    if arguments.statement.is_some() && !arguments.only.is_empty() {
        let help = "leave out `--only`, or `--statement`";
        return usage(
            "a decision over a part of the claims is not signed: it would be taken for the whole",
            help,
            terminal,
        );
    }
    let subjects = subjects(arguments, &case);
    if let Some(exit) = key.as_deref().and_then(|key| unsignable(arguments, &case, &subjects, key, terminal)) {
        return exit;
    }
    for register in &case.registers {
        findings.extend(super::lint::of_register(register, &case).problems);
    }
    let options = Options {
        exe: own_exe(),
        file,
        environment: arguments.environment.clone(),
        only: arguments.only.clone(),
        seed: 0,
        findings,
        ledger: arguments.at.ledger.clone(),
    };
    let proof = match ::prove::gate(&case, &options) {
        Ok(proof) => proof,
        Err(error) => return failed_hiding(&error, &::prove::redactor(&case.system), terminal),
    };
    let Some(text) = text(arguments.format, &proof, &case.registers) else {
        terminal.message("error: nothing was seen yet, and the format demands at least one result");
        return Exit::Undecided;
    };
    terminal.result(&text);
    if let Some((size, head)) = &proof.head {
        terminal.message(&format!("ledger: {size}:{head}"));
    }
    match write(arguments, &proof, &subjects, key.as_deref()) {
        Ok(()) => Exit::of(&proof, arguments.strict),
        Err(why) => {
            terminal.message(&format!("error: {why}"));
            match Exit::of(&proof, arguments.strict) {
                Exit::Fail => Exit::Fail,
                _ => Exit::Undecided,
            }
        }
    }
}

/// Why nothing can be signed, told.
fn unsignable(
    arguments: &Decide,
    case: &::prove::Case,
    subjects: &[String],
    key: &str,
    terminal: Terminal,
) -> Option<Exit> {
    let is_dirty = || outside::git::changes(&case.directory, "HEAD").is_some_and(|changes| !changes.is_empty());
    if arguments.subject.is_empty() && !subjects.is_empty() && is_dirty() {
        let help = "commit first, or name what the statement is about: `--subject NAME=sha256:DIGEST`";
        return Some(usage(
            "files here differ from the commit, so the statement would be about something else",
            help,
            terminal,
        ));
    }
    if subjects.is_empty() {
        let help = "name what the statement is about: `--subject NAME=sha256:DIGEST`";
        return Some(usage("there is no commit here, so the statement is about nothing", help, terminal));
    }
    if let Err(error) = sign("{}", subjects, key) {
        return Some(usage(&error.to_string(), KEY_HELP, terminal));
    }
    None
}

const KEY_HELP: &str = "make one with `openssl genpkey -algorithm ed25519 -out key.pem`, and its public part with `openssl pkey -in key.pem -pubout -out key.pub`";

fn text(format: GateFormat, proof: &Proof, registers: &[Register]) -> Option<String> {
    Some(match format {
        GateFormat::Human => report::matrix(proof),
        GateFormat::Json => report::json(proof),
        GateFormat::Markdown => report::decision_markdown(proof),
        GateFormat::Github => report::github(&report::decision_findings(proof, registers)),
        GateFormat::Sarif => {
            report::sarif(&report::decision_findings(proof, registers), &[], env!("CARGO_PKG_VERSION"))
        }
        GateFormat::Junit => report::decision_junit(proof),
        GateFormat::Bmad => report::decision_file(&report::standing_of(proof, registers), proof.ended),
        GateFormat::Oscal => report::assessment_results(&report::standing_of(proof, registers))?,
    })
}

/// What a statement is about: as asked for, or the commit at hand.
fn subjects(arguments: &Decide, case: &::prove::Case) -> Vec<String> {
    if !arguments.subject.is_empty() {
        return arguments.subject.clone();
    }
    let commit = outside::git::head(&case.directory);
    commit.map(|commit| format!("{}=gitCommit:{commit}", case.system.name)).into_iter().collect()
}

fn write(arguments: &Decide, proof: &Proof, subjects: &[String], key: Option<&str>) -> Result<(), String> {
    if let Some(path) = &arguments.summary {
        let old = if path.exists() { read(path, MAX_STATEMENT_BYTES)? } else { String::new() };
        let whole = format!("{old}{}", report::decision_markdown(proof));
        put(path, &whole)?;
    }
    if let (Some(path), Some(key)) = (&arguments.statement, key) {
        let signed = sign(&report::json(proof), subjects, key).map_err(|error| error.to_string())?;
        put(path, &signed)?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    outside::files::write_whole(path, text.as_bytes())
        .map_err(|error| format!("{} cannot be written: {}", path.display(), ::prove::chain(&error)))
}

fn read(path: &Path, limit: usize) -> Result<String, String> {
    outside::files::read_text(path, limit)
        .map_err(|error| format!("{} cannot be read: {}", path.display(), ::prove::chain(&error)))
}

fn usage(what: &str, help: &str, terminal: Terminal) -> Exit {
    terminal.message(&format!("error: {what}\n  help: {help}"));
    Exit::Usage
}

fn verified(
    (statement, key): (&Path, &Path),
    subjects: &[String],
    environment: Option<&str>,
    strict: bool,
    terminal: Terminal,
) -> Exit {
    let (envelope, key) = match (read(statement, MAX_STATEMENT_BYTES), read(key, MAX_KEY_BYTES)) {
        (Ok(envelope), Ok(key)) => (envelope, key),
        (Err(why), _) | (_, Err(why)) => return usage(&why, "name a statement and a public key", terminal),
    };
    let stated = match verify(&envelope, &key) {
        Ok(stated) => stated,
        Err(error @ ::prove::StatementError::Key(_)) => return usage(&error.to_string(), KEY_HELP, terminal),
        Err(error) => {
            terminal.message(&format!("error: {}: {error}", statement.display()));
            return Exit::Fail;
        }
    };
    let is_there = |wanted: &String| stated.subjects.iter().any(|one| one.eq_ignore_ascii_case(wanted));
    if stated.subjects.is_empty() {
        terminal.message(&format!("error: {} is about nothing", statement.display()));
        return Exit::Fail;
    }
    let environment_of = stated.predicate["environment"].as_str().unwrap_or("?");
    if environment.is_some_and(|wanted| wanted != environment_of) {
        terminal.message(&format!("error: {} decides for `{}`", statement.display(), environment_of.escape_debug()));
        return Exit::Fail;
    }
    if let Some(missing) = subjects.iter().find(|wanted| !is_there(wanted)) {
        let about = stated.subjects.join(", ");
        terminal.message(&format!("error: {} is not about {missing}, but about {about}", statement.display()));
        return Exit::Fail;
    }
    let about = stated.subjects.join(", ");
    let when = stated.predicate["ended"].as_str().unwrap_or("?");
    let mut text = format!(
        "{}: verified, {} for `{}` of {} about {}\n",
        statement.display(),
        stated.outcome,
        environment_of.escape_debug(),
        when.escape_debug(),
        about.escape_debug()
    );
    if let Some((size, head)) = &stated.anchor {
        text.push_str(&format!("ledger then: {size}:{head}\n"));
    }
    terminal.result(&text);
    match stated.outcome.as_str() {
        "PASS" | "WAIVED" => Exit::Pass,
        "CONCERNS" if undecided(&stated.predicate) => Exit::Undecided,
        "CONCERNS" if strict => Exit::Concerns,
        "CONCERNS" => Exit::Pass,
        _ => Exit::Fail,
    }
}

/// Whether the decision says that something could not be decided.
fn undecided(predicate: &serde_json::Value) -> bool {
    predicate["decision"]["undecided"].as_array().is_none_or(|all| !all.is_empty())
}
