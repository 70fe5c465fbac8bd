//! A process of its own for the tests and the bench: appends entries and says on standard output which ones were
//! acknowledged, or fills and verifies a ledger and says how long that took.
//!
//! Why a process: a thread cannot be killed by signal 9, and has no memory of its own to measure. It is no part of what is
//! shipped.
#![expect(clippy::disallowed_methods, reason = "a measuring process reads its own memory")]

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use ledger::{Address, Ledger, MAX_APPEND, NewEntry, kind};

/// Appends at the most, so that a forgotten host ends.
const MAX_APPENDS: u64 = 100_000;

/// The body of an entry as a run writes them, in bytes.
const BODY_BYTES: usize = 450;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["append", at, name] => append(at, name, MAX_APPENDS),
        ["append", at, name, count] => count.parse().map_err(Into::into).and_then(|count| append(at, name, count)),
        ["fill", at, size] => size.parse().map_err(Into::into).and_then(|size| fill(at, size)),
        ["verify", at] => verify(at),
        _ => return ExitCode::from(2),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn address(text: &str) -> Result<Address, ledger::Error> {
    Address::read(text, Path::new(""), &outside::net::is_loopback, &outside::secret::variable)
}

fn append(at: &str, name: &str, count: u64) -> Result<(), Box<dyn Error>> {
    let mut ledger = Ledger::open(address(at)?)?;
    let mut output = std::io::stdout().lock();
    for number in 0..count {
        let body = format!("{{\"name\":\"{name} {number}\",\"filler\":\"{}\"}}", "x".repeat(BODY_BYTES));
        let entry = ledger.append(kind::RUN, 1, &body, 0)?;
        writeln!(output, "{} {}", entry.seq, entry.hash)?;
        output.flush()?;
    }
    Ok(())
}

/// Appends in batches until there are so many entries.
fn fill(at: &str, size: u64) -> Result<(), Box<dyn Error>> {
    let mut ledger = Ledger::open(address(at)?)?;
    let body = format!("{{\"filler\":\"{}\"}}", "x".repeat(BODY_BYTES));
    let new = NewEntry { kind: kind::OBSERVATION.to_owned(), version: 1, body, at: 0 };
    let batch = vec![new; MAX_APPEND];
    let mut there = ledger.head()?.size;
    while there < size {
        let wanted = usize::try_from(size - there)?.min(MAX_APPEND);
        there += ledger.append_many(&batch[..wanted])?.len() as u64;
    }
    Ok(())
}

/// Says seconds, mebibytes at the peak, and how many entries are whole.
fn verify(at: &str) -> Result<(), Box<dyn Error>> {
    let ledger = Ledger::open_read_only(address(at)?)?;
    let since = Instant::now();
    let verified = ledger.verify(&[])?;
    let seconds = since.elapsed().as_secs_f64();
    let whole = if verified.is_whole() { verified.size } else { 0 };
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kibibytes: f64 = peak.split_whitespace().next().unwrap_or_default().parse()?;
    writeln!(std::io::stdout(), "{seconds} {} {whole}", kibibytes / 1024.0)?;
    Ok(())
}
