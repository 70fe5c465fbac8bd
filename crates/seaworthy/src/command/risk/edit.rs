//! `risk add`, `set`, `close` and `import`: the register is changed in place, and the changed lines are shown.

use std::path::Path;

use ::prove::{Imported, Registers};
use register::edit::{self, EditError, Edited, field_name};
use register::{FieldName, Register};

use super::{of_risk, sound};
use crate::arguments::{Add, Close, Import, Place, Set};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(super) fn add(arguments: &Add, terminal: Terminal) -> Result<Exit, Exit> {
    let read = sound(&arguments.place.path, terminal)?;
    let register = only(&read, terminal)?;
    let changes = changes(&arguments.fields, &read, terminal)?;
    let added = edit::add(register, &read.columns, &arguments.title, arguments.id.as_deref(), &changes);
    finish(register, added, &arguments.place, terminal)
}

pub(super) fn set(arguments: &Set, terminal: Terminal) -> Result<Exit, Exit> {
    let read = sound(&arguments.place.path, terminal)?;
    let register = of_risk(&read, &arguments.id, terminal)?;
    let changes = changes(&arguments.fields, &read, terminal)?;
    finish(register, edit::set(register, &read.columns, &arguments.id, &changes), &arguments.place, terminal)
}

pub(super) fn close(arguments: &Close, terminal: Terminal) -> Result<Exit, Exit> {
    let read = sound(&arguments.place.path, terminal)?;
    let register = of_risk(&read, &arguments.id, terminal)?;
    let reason = arguments.reason.trim();
    if reason.is_empty() {
        terminal.message("error: a risk is closed with a reason\n  help: `--reason \"the component was removed\"`");
        return Err(Exit::Usage);
    }
    finish(register, edit::close(register, &read.columns, &arguments.id, reason), &arguments.place, terminal)
}

pub(super) fn import(arguments: &Import, terminal: Terminal) -> Result<Exit, Exit> {
    let read = sound(&arguments.place.path, terminal)?;
    let register = only(&read, terminal)?;
    let Imported { text, problems, sources, notes } = ::prove::import(&arguments.file, register, &read.columns);
    crate::command::show(&problems, &sources, terminal);
    if text::has_errors(&problems) {
        terminal.message(&format!("{}; nothing was changed", crate::command::count(&problems)));
        return Err(Exit::Usage);
    }
    let edited = Edited { text, id: String::new(), notes };
    finish(register, Ok(edited), &arguments.place, terminal)
}

/// The one register that a new risk can go into.
fn only(read: &Registers, terminal: Terminal) -> Result<&Register, Exit> {
    match read.registers.as_slice() {
        [only] => Ok(only),
        all => {
            let names: Vec<&str> = all.iter().map(Register::path).collect();
            terminal.message(&format!(
                "error: there are {} registers here: {}\n  help: say which: `--in {}`",
                all.len(),
                names.join(", "),
                names.first().copied().unwrap_or("FILE.md")
            ));
            Err(Exit::Usage)
        }
    }
}

/// `NAME=VALUE`, all of them; every wrong one is told.
fn changes(fields: &[String], read: &Registers, terminal: Terminal) -> Result<Vec<(FieldName, String)>, Exit> {
    let mut changes: Vec<(FieldName, String)> = Vec::new();
    let mut wrong = Vec::new();
    for field in fields {
        match field.split_once('=') {
            None => wrong.push(format!("`{field}` is no NAME=VALUE\n  help: write it as `owner=Kim`")),
            Some((name, value)) => match field_name(name, &read.columns) {
                Some(noun) if changes.iter().any(|(other, _)| *other == noun) => {
                    wrong.push(format!("`{name}` is given twice\n  help: give each field once"));
                }
                Some(noun) => changes.push((noun, value.trim().to_owned())),
                None => {
                    let near = text::nearest(name, FieldName::words()).map(|near| format!("did you mean `{near}`?"));
                    let known = || format!("known: {}", FieldName::words().collect::<Vec<_>>().join(", "));
                    wrong.push(format!("there is no field `{name}`\n  help: {}", near.unwrap_or_else(known)));
                }
            },
        }
    }
    if wrong.is_empty() {
        return Ok(changes);
    }
    wrong.iter().for_each(|wrong| terminal.message(&format!("error: {wrong}")));
    Err(Exit::Usage)
}

/// Writes the new text, unless asked not to, and shows the lines that changed.
fn finish(
    register: &Register,
    edited: Result<Edited, EditError>,
    place: &Place,
    terminal: Terminal,
) -> Result<Exit, Exit> {
    let edited = edited.map_err(|error| {
        terminal.message(&format!("error: {error}\n  help: {}", error.help()));
        Exit::Usage
    })?;
    let changed = report::changed_lines(register.path(), register.source.text(), &edited.text);
    if changed.is_empty() {
        terminal.result(&format!("{} says so already; nothing was changed\n", register.path()));
        return Ok(Exit::Pass);
    }
    if !place.dry_run
        && let Err(error) = outside::files::write_whole(Path::new(register.path()), edited.text.as_bytes())
    {
        terminal.message(&format!("error: {} cannot be written: {}", register.path(), ::prove::chain(&error)));
        return Err(Exit::Undecided);
    }
    terminal.result(&changed);
    edited.notes.iter().for_each(|note| terminal.message(&format!("note: {note}")));
    if place.dry_run {
        terminal.message("nothing was written (--dry-run)");
    }
    Ok(Exit::Pass)
}
