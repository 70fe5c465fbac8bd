//! A program with seaworthy's hidden subcommands and a runner that breaks something and waits, for tests only: a
//! stand-in for the binary that this crate must not depend on.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

#[path = "../drill/mini.rs"]
mod mini;
mod runner;
mod serve;

/// How long the runner of the tests may be silent: short, so that the test of it is.
const SILENCE_LIMIT: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let what = arguments.next().unwrap_or_default();
    let words = || std::env::args().skip(2).collect::<Vec<String>>();
    let code = match what.to_str().unwrap_or_default() {
        "keep" => outside::process::keep_main(),
        "trampoline" => outside::process::trampoline_main(arguments),
        "watchdog" => drill::watchdog::watchdog_main(),
        "load" => i32::from(drill::load::load_main()),
        "serve" => serve::main(&words()),
        "runner" => runner::main(&words()),
        _ => 2,
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// One line on standard output, at once.
fn say(line: &str) {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// This program.
fn own() -> std::path::PathBuf {
    let own = outside::process::own_exe();
    assert!(Path::new(&own).exists());
    own
}
