//! `seaworthy` alone: what is here, what the text says against itself, and what to do next. Reads, writes nothing.

use std::path::Path;

use ::prove::FILE_NAME;

use super::counted;
use super::init::{TEMPLATE, TEMPLATE_PATH, indented};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(terminal: Terminal) -> Exit {
    let here = Path::new(".");
    if here.join(FILE_NAME).is_file() {
        return known(here, terminal);
    }
    let survey = ::prove::survey(here);
    let mut text = ::report::survey(&survey, terminal.paint());
    if survey.registers.is_empty() {
        text.push_str(&nothing_here());
    } else {
        text.push_str("\nNext:\n  seaworthy lint    every finding; `--baseline` keeps those of today apart from new ones\n  seaworthy init    writes seaworthy.yaml: claims for what is stated as done, questions for the rest\n");
    }
    terminal.result(&text);
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

fn nothing_here() -> String {
    let names: Vec<&str> = register::find_names().iter().take(6).copied().collect();
    format!(
        "There is no {FILE_NAME} here, and no risk register by a usual name ({}, ..).\n\nNext:\n  seaworthy lint FILE.md       reads any Markdown with risks in it\n  seaworthy init --template    writes {TEMPLATE_PATH} to fill in:\n\n{}",
        names.join(", "),
        indented(TEMPLATE),
    )
}
