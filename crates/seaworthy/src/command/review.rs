//! `seaworthy review`: records that risks were looked at again, and shows which are due.

use super::{case, failed};
use crate::arguments::{Format, Review};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Review, terminal: Terminal) -> Exit {
    let case = match case(&arguments.path, terminal) {
        Ok((_, case, _)) => case,
        Err(exit) => return exit,
    };
    let asked = arguments.at.ledger.as_deref();
    let ledger = match ::prove::ledger_at(&case.system, &case.directory, "local", asked) {
        Ok(ledger) => ledger,
        Err(error) => return failed(&error, terminal),
    };
    if arguments.risks.is_empty() {
        return match ::prove::calendar(&case, &ledger, outside::now()) {
            Ok(all) => {
                match arguments.format {
                    Format::Human => terminal.result(&report::reviews_text(&all)),
                    Format::Json => terminal.result(&report::reviews_json(&all)),
                }
                Exit::Pass
            }
            Err(error) => failed(&error, terminal),
        };
    }
    let note = arguments.note.as_deref().map(str::trim).unwrap_or_default();
    if note.is_empty() {
        terminal.message("error: a review without a note says nothing\n  help: say what came of it: `--note TEXT`");
        return Exit::Usage;
    }
    let by = arguments.by.clone().or_else(|| outside::secret::variable("USER"));
    let Some(by) = by.map(|by| by.trim().to_owned()).filter(|by| !by.is_empty()) else {
        terminal.message("error: nobody is named\n  help: say who reviewed: `--by NAME`");
        return Exit::Usage;
    };
    match ::prove::review(&case, &ledger, &arguments.risks, &by, note) {
        Ok((size, head)) => {
            terminal.result(&format!("reviewed by {by}: {}\n", arguments.risks.join(", ")));
            terminal.message(&format!("ledger: {size}:{head}"));
            Exit::Pass
        }
        Err(error) => failed(&error, terminal),
    }
}
