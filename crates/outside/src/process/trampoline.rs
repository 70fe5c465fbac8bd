//! The last step before a program: `seaworthy trampoline MODE PARENT PROGRAM [ARGUMENT..]`.
//!
//! It binds the process to the life of its parent, gives it a session of its own so that Ctrl-C in the terminal does
//! not reach it, and becomes the program. That takes the place of code between fork and exec, which cannot be written
//! without `unsafe`.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::Error;

/// Standard input is a pipe that takes the reason why the program could not be executed; the program reads nothing.
pub(super) const REPORT: &str = "report";
/// Standard input is the program's.
pub(super) const PASS: &str = "pass";
/// The exit code when the program could not be executed.
const NOT_EXECUTED: i32 = 127;
/// The lowest descriptor for the report, above the three that the program inherits.
const REPORT_DESCRIPTOR: i32 = 3;

/// The body of `seaworthy trampoline`, given the arguments after that word; returns the exit code when the program
/// could not be executed, and does not return otherwise.
///
/// Must run before any other thread exists.
pub fn trampoline_main(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut report: Option<File> = None;
    let why = match become_program(&arguments, &mut report) {
        Ok(never) => match never {},
        Err(why) => why,
    };
    // With nobody to read it the report is lost, and the exit code remains.
    let _ = match &mut report {
        Some(pipe) => pipe.write_all(why.as_bytes()),
        None => writeln!(std::io::stderr(), "seaworthy trampoline: {why}"),
    };
    NOT_EXECUTED
}

/// Gives this process a session of its own, out of reach of the terminal's Ctrl-C.
pub fn own_session() {
    // Fails only for the leader of a group, which has what it needs.
    let _ = rustix::process::setsid();
}

fn become_program(arguments: &[OsString], report: &mut Option<File>) -> Result<std::convert::Infallible, String> {
    let [mode, parent, program, rest @ ..] = arguments else {
        return Err("usage: trampoline report|pass PARENT PROGRAM [ARGUMENT..]".to_owned());
    };
    if mode == REPORT {
        *report = Some(report_pipe().map_err(|error| error.to_string())?);
    } else if mode != PASS {
        return Err(format!("unknown mode `{}`", mode.display()));
    }
    let parent: i32 = parent
        .to_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("`{}` is no process number", parent.display()))?;
    bind_to(parent).map_err(|error| error.to_string())?;
    own_session();
    Err(Command::new(program).args(rest).exec().to_string())
}

/// Dies with the parent from here on. The parent may have died before that took effect; then we are somebody
/// else's child already.
fn bind_to(parent: i32) -> Result<(), Error> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|error| Error::io("ask for the parent-death signal", error))?;
    let now = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    if now == parent { Ok(()) } else { Err(Error::not_started("trampoline", "the parent is gone")) }
}

/// Moves the report pipe away from standard input, to a descriptor that closes when the program takes over.
fn report_pipe() -> Result<File, Error> {
    let failed = |error: rustix::io::Errno| Error::io("set up the report pipe", error);
    let pipe: OwnedFd = rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), REPORT_DESCRIPTOR).map_err(failed)?;
    let nothing = File::open("/dev/null").map_err(|error| Error::io("open /dev/null", error))?;
    rustix::stdio::dup2_stdin(&nothing).map_err(failed)?;
    Ok(File::from(pipe))
}
