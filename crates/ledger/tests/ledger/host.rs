//! A process of its own for the tests: appends entries and says on standard output which ones were acknowledged.
//!
//! Why a process: a thread cannot be killed by signal 9. It is no part of what is shipped.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use ledger::{Ledger, kind};

/// Appends at the most, so that a forgotten host ends.
const MAX_APPENDS: i64 = 100_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, name] = arguments.as_slice() else { return ExitCode::from(2) };
    match append(Path::new(path), name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn append(path: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut ledger = Ledger::open(path)?;
    let mut output = std::io::stdout().lock();
    for number in 0..MAX_APPENDS {
        let entry = ledger.append(kind::RUN, 1, &format!("{name} {number}"), number)?;
        writeln!(output, "{} {}", entry.seq, entry.hash)?;
        output.flush()?;
    }
    Ok(())
}
