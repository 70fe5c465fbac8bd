//! Arguments in, exit code out. Every command is one file under `command/`; this file only chooses.
//!
//! The hidden commands (`keep`, `trampoline`, `watchdog`, `load`) are parts of a run that must be processes of their own; they
//! take no configuration and print nothing for people.

mod arguments;
mod command;
mod exit;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::terminal::Terminal;

fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let terminal = Terminal::new(arguments.color);
    match arguments.command {
        None => command::here::run(terminal).into(),
        Some(Command::Prove(prove)) => command::prove::run(&prove, terminal).into(),
        Some(Command::Lint(lint)) => command::lint::run(&lint, terminal).into(),
        Some(Command::Impact(impact)) => command::impact::run(&impact, terminal).into(),
        Some(Command::Drill(drill)) => command::drill::run(&drill, terminal).into(),
        Some(Command::Serve(serve)) => command::serve::run(&serve, terminal).into(),
        Some(Command::Ledger(ledger)) => command::ledger::run(&ledger, terminal).into(),
        Some(Command::Guard(options)) => {
            ExitCode::from(guard::run(&options, &mut std::io::stdout().lock(), &mut std::io::stderr().lock()))
        }
        Some(Command::Keep) => code(outside::process::keep_main()),
        Some(Command::Trampoline(rest)) => code(outside::process::trampoline_main(rest.words)),
        Some(Command::Watchdog) => code(drill::watchdog::watchdog_main()),
        Some(Command::Load) => ExitCode::from(drill::load::load_main()),
    }
}

/// Exit codes beyond a byte do not exist.
fn code(number: i32) -> ExitCode {
    ExitCode::from(u8::try_from(number).unwrap_or(u8::MAX))
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Parses, or says what is wrong with the words. Help and version are results, not errors.
fn parse() -> Result<Arguments, ExitCode> {
    let matches = Arguments::command().try_get_matches();
    let arguments = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
    arguments.map_err(|error| {
        let _ = error.print();
        let code = if error.use_stderr() { Exit::Usage.code() } else { Exit::Pass.code() };
        ExitCode::from(code)
    })
}
