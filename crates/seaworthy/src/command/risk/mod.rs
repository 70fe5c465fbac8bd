//! `seaworthy risk`: the risks of the registers, looked at and changed in their own dialect.

mod edit;
mod look;

use std::path::Path;

use ::prove::{Registers, registers};
use register::Register;
use text::has_errors;

use super::{count, show};
use crate::arguments::Risk;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Risk, terminal: Terminal) -> Exit {
    let done = match arguments {
        Risk::List(list) => look::list(list, terminal),
        Risk::Show(show) => look::show(show, terminal),
        Risk::Add(add) => edit::add(add, terminal),
        Risk::Set(set) => edit::set(set, terminal),
        Risk::Close(close) => edit::close(close, terminal),
        Risk::Import(import) => edit::import(import, terminal),
    };
    done.unwrap_or_else(|exit| exit)
}

/// The registers of a path, read without errors; else everything that is wrong is told.
fn sound(path: &Path, terminal: Terminal) -> Result<Registers, Exit> {
    let read = registers(path);
    show(&read.problems, &read.sources, terminal);
    if has_errors(&read.problems) {
        terminal.message(&count(&read.problems));
        return Err(Exit::Usage);
    }
    if read.registers.is_empty() {
        terminal.message(&format!(
            "error: no register was found in {}\n  help: name the file: `--in FILE.md`",
            path.display()
        ));
        return Err(Exit::Usage);
    }
    Ok(read)
}

/// The register that has a risk; several are told apart by `--in`.
fn of_risk<'r>(read: &'r Registers, id: &str, terminal: Terminal) -> Result<&'r Register, Exit> {
    let having: Vec<&Register> = read.registers.iter().filter(|register| register.find(id).is_some()).collect();
    match having.as_slice() {
        [only] => Ok(only),
        [] => {
            let ids = read.registers.iter().flat_map(|register| register.risks.iter().map(|risk| risk.id.as_str()));
            let near = text::nearest(id, ids).map(|near| format!("did you mean `{near}`?"));
            terminal.message(&format!(
                "error: there is no risk `{id}`\n  help: {}",
                near.unwrap_or_else(|| "`seaworthy risk list` names them".to_owned())
            ));
            Err(Exit::Usage)
        }
        [first, second, ..] => {
            terminal.message(&format!(
                "error: `{id}` stands in {} and in {}\n  help: say which: `--in {}`",
                first.path(),
                second.path(),
                first.path()
            ));
            Err(Exit::Usage)
        }
    }
}
