//! `seaworthy` alone: what is here, and what to do next. Reads, writes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::prove::{FILE_NAME, MAX_REGISTER_BYTES};
use register::{FieldName, Register, RepositoryFacts, Risk};
use text::Source;

use super::counted;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Folders in which registers are looked for, below the current one.
const FOLDERS: [&str; 6] = ["", "docs", "doc", "documentation", ".github", "docs/arc42"];

/// Most risks of one register that are listed.
const MAX_LISTED: usize = 20;

/// Most contradictions shown; `lint` shows all.
const MAX_FINDINGS: usize = 3;

pub(crate) fn run(terminal: Terminal) -> Exit {
    let here = Path::new(".");
    if here.join(FILE_NAME).is_file() {
        return known(here, terminal);
    }
    let found = registers(here);
    if found.is_empty() {
        terminal.result(&nothing_here());
        return Exit::Pass;
    }
    for register in &found {
        terminal.result(&understood(register));
    }
    terminal.result(&next_steps(&found[0]));
    Exit::Pass
}

/// There is a file already: say whether it can be used.
fn known(here: &Path, terminal: Terminal) -> Exit {
    match super::case(here, terminal) {
        Ok((_, case, _)) => {
            let risks: usize = case.registers.iter().map(|register| register.risks.len()).sum();
            terminal.result(&format!(
                "{}: {} in {}, {}, {}, {}\n\nNext:\n  seaworthy prove        probe, drill, judge, decide\n  seaworthy drill plan   what that would break, and what undoes it\n  seaworthy lint         where the text contradicts itself\n",
                case.system.name,
                counted(risks, "risk"),
                counted(case.registers.len(), "register"),
                counted(case.tasks.len(), "claim"),
                counted(case.system.components.len(), "component"),
                counted(case.system.edges.len(), "edge"),
            ));
            Exit::Pass
        }
        Err(exit) => exit,
    }
}

/// Registers by their usual names; a file in which no risk is found is none.
fn registers(here: &Path) -> Vec<Register> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let Ok(names) = outside::files::list(&here.join(folder)) else { continue };
        for name in names.iter().filter(|name| is_register_name(name)) {
            let path: PathBuf = Path::new(folder).join(name);
            let Ok(text) = outside::files::read_text(&path, MAX_REGISTER_BYTES) else { continue };
            let register = register::read(&Source::new(path.to_string_lossy(), text), &BTreeMap::new());
            if !register.risks.is_empty() {
                found.push(register);
            }
        }
    }
    found
}

fn is_register_name(name: &str) -> bool {
    let file = |known: &&str| known.rsplit('/').next().unwrap_or(known).eq_ignore_ascii_case(name);
    register::find_names().iter().any(file)
}

fn understood(register: &Register) -> String {
    let mut text = format!("{}: {}\n", register.path(), counted(register.risks.len(), "risk"));
    for risk in register.risks.iter().take(MAX_LISTED) {
        let id = if risk.id_is_written { format!("{:<8} ", risk.id) } else { String::new() };
        text.push_str(&format!("  line {:>4}  {id}{}{}\n", risk.line, risk.title, stated(risk)));
    }
    if register.risks.len() > MAX_LISTED {
        text.push_str(&format!("  and {} more\n", register.risks.len() - MAX_LISTED));
    }
    let findings = register::lint(register, &RepositoryFacts::default());
    for finding in findings.iter().take(MAX_FINDINGS) {
        text.push_str(&format!(
            "  {}:{} {}: {}\n",
            finding.path,
            finding.line,
            finding.severity.word(),
            finding.message
        ));
    }
    text.push('\n');
    text
}

/// What is stated of a risk, in brackets; nothing when nothing is.
fn stated(risk: &Risk) -> String {
    let nouns = [FieldName::Likelihood, FieldName::Impact, FieldName::Severity, FieldName::Priority, FieldName::Status];
    let say = |noun: FieldName| Some(format!("{} {}", noun.word(), risk.stated(noun)?.value.short()));
    let said: Vec<String> = nouns.into_iter().filter_map(say).collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}

fn next_steps(register: &Register) -> String {
    let id = register.risks.first().map_or("R-1", |risk| risk.id.as_str());
    format!(
        "Next:\n  seaworthy lint {path}\n      where the text contradicts itself\n  write {FILE_NAME} beside it, to make the text executable:\n\n      seaworthy: 1\n      name: my-system\n      registers: [{path}]\n      system:\n        components: {{}}\n      gate: {{require: declared}}   # a file says what was declared; a probe or drill of the running thing goes further\n      claims:\n        {id}:\n          limit-is-set:\n            says: what must hold if the mitigation is real\n            probe: file.value\n            with: {{path: config.toml, at: $.limits.requests}}\n            expect: \"obs.found && obs.value <= 100\"\n\n  then: seaworthy prove\n",
        path = register.path(),
    )
}

fn nothing_here() -> String {
    let names: Vec<&str> = register::find_names().iter().take(6).copied().collect();
    format!(
        "There is no {FILE_NAME} here, and no risk register by a usual name ({}, ..).\n\nNext:\n  seaworthy lint FILE.md   reads any Markdown with risks in it\n  write docs/risks.md:\n\n      | ID | Risk | Likelihood | Impact | Status | Owner |\n      | --- | --- | --- | --- | --- | --- |\n      | R-1 | The database is lost | Low | High | Open | platform team |\n\n  then `seaworthy` again\n",
        names.join(", "),
    )
}
