//! `seaworthy impact`: what follows from the graph alone, or from a fault tree.

mod tree;

use ::impact::{Counted, impact};

use super::case;
use crate::arguments::{Format, Impact};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Impact, terminal: Terminal) -> Exit {
    if !arguments.openpsa.is_empty() {
        return tree::run(arguments, terminal);
    }
    let (_, case, _) = match case(&arguments.path, terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let computed = impact(&case.system, &Counted::nothing());
    match arguments.format {
        Format::Human => terminal.result(&report::impact_text(&computed, &case.system)),
        Format::Json => terminal.result(&report::impact_json(&computed)),
    }
    Exit::Pass
}
