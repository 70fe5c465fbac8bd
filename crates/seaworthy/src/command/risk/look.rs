//! `risk list` and `risk show`: stated and computed, side by side, each with its line.

use super::{of_risk, sound};
use crate::arguments::{Format, List, Show};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(super) fn list(arguments: &List, terminal: Terminal) -> Result<Exit, Exit> {
    let read = sound(&arguments.path, terminal)?;
    match arguments.format {
        Format::Human => terminal.result(&report::risk_list(&read.registers, arguments.open)),
        Format::Json => terminal.result(&report::risks_json(&read.registers, arguments.open)),
    }
    Ok(Exit::Pass)
}

pub(super) fn show(arguments: &Show, terminal: Terminal) -> Result<Exit, Exit> {
    let read = sound(&arguments.path, terminal)?;
    let register = of_risk(&read, &arguments.id, terminal)?;
    let Some(risk) = register.find(&arguments.id) else { return Err(Exit::Usage) };
    match arguments.format {
        Format::Human => terminal.result(&report::risk_sheet(register, risk)),
        Format::Json => terminal.result(&report::risk_json(register, risk)),
    }
    Ok(Exit::Pass)
}
