//! Arguments in, exit code out. Every command is one file under `command/`; this file only chooses.
//!
//! The hidden commands (`keep`, `trampoline`, `watchdog`, `load`) are parts of a run that must be processes of their own; they
//! take no configuration and print nothing for people.

mod arguments;
mod command;
mod exit;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::terminal::Terminal;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if let Some(part) = words.next().as_deref().and_then(std::ffi::OsStr::to_str).and_then(hidden) {
        return part(words.collect());
    }
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.color);
    match arguments.command {
        None => command::here::run(terminal).into(),
        Some(Command::Prove(prove)) => command::prove::run(&prove, terminal).into(),
        Some(Command::Probe(probe)) => command::probe::run(&probe, terminal).into(),
        Some(Command::Gate(gate)) => command::gate::run(&gate, terminal).into(),
        Some(Command::Review(review)) => command::review::run(&review, terminal).into(),
        Some(Command::Lint(lint)) => command::lint::run(&lint, terminal).into(),
        Some(Command::Init(init)) => command::init::run(&init, terminal).into(),
        Some(Command::Risk(risk)) => command::risk::run(&risk, terminal).into(),
        Some(Command::Report(report)) => command::report::run(&report, terminal).into(),
        Some(Command::Impact(impact)) => command::impact::run(&impact, terminal).into(),
        Some(Command::Drill(drill)) => command::drill::run(&drill, terminal).into(),
        Some(Command::Serve(serve)) => command::serve::run(&serve, terminal).into(),
        Some(Command::Ledger(ledger)) => command::ledger::run(&ledger, terminal).into(),
        Some(Command::Guard(options)) => {
            ExitCode::from(guard::run(&options, &mut std::io::stdout().lock(), &mut std::io::stderr().lock()))
        }
    }
}

/// The parts of a run that must be processes of their own. They come before clap: what they pass on is not ours to read,
/// and they must begin before any thread or runtime does.
fn hidden(word: &str) -> Option<fn(Vec<OsString>) -> ExitCode> {
    match word {
        "keep" => Some(|_| code(outside::process::keep_main())),
        "trampoline" => Some(|words| code(outside::process::trampoline_main(words))),
        "watchdog" => Some(|_| code(drill::watchdog::watchdog_main())),
        "load" => Some(|_| ExitCode::from(drill::load::load_main())),
        _ => None,
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
