//! The rules in words.

use ::prove::{FileRule, file_rules};
use register::{Rule, rules};
use text::nearest;

use crate::exit::Exit;
use crate::terminal::Terminal;

pub(super) fn list(terminal: Terminal) -> Exit {
    let (of_registers, of_file) = (rules(), file_rules());
    let names = of_registers.iter().map(|rule| rule.name).chain(of_file.iter().map(|rule| rule.name));
    let width = names.map(str::len).max().unwrap_or(0);
    let line =
        |name: &str, severity: text::Severity, what: &str| format!("{name:width$}  {:7}  {what}\n", severity.word());
    let registers: String = of_registers.iter().map(|rule| line(rule.name, rule.severity, rule.what)).collect();
    let file: String = of_file.iter().map(|rule| line(rule.name, rule.severity, rule.what)).collect();
    terminal.result(&format!("Registers:\n\n{registers}\nseaworthy.yaml:\n\n{file}"));
    Exit::Pass
}

pub(super) fn explain(name: &str, terminal: Terminal) -> Exit {
    if let Some(Rule { name, severity, what, why, before, after }) = rules().into_iter().find(|rule| rule.name == name)
    {
        terminal.result(&format!(
            "{name} ({})\n\n{what}\n\nWhy: {why}\n\nFound in:\n{before}\n\nMended:\n{after}\n",
            severity.word()
        ));
        return Exit::Pass;
    }
    if let Some(FileRule { name, severity, what, right }) = file_rules().into_iter().find(|rule| rule.name == name) {
        terminal.result(&format!("{name} ({}, in seaworthy.yaml)\n\n{what}\n\nRight:\n{right}\n", severity.word()));
        return Exit::Pass;
    }
    let of_file = file_rules();
    let known: Vec<&str> =
        rules().into_iter().map(|rule| rule.name).chain(of_file.iter().map(|rule| rule.name)).collect();
    let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    terminal.message(&format!(
        "error: there is no rule `{name}`\n  help: {}",
        near.unwrap_or_else(|| "`seaworthy lint --list-rules` names them".to_owned())
    ));
    Exit::Usage
}
