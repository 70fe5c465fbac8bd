//! `seaworthy prove`: everything in one go, with a report.

use std::path::PathBuf;

use ::prove::{Options, REPORT_PATH};
use outside::process::own_exe;
use report::Proof;

use super::{case, count, failed_hiding, runtime};
use crate::arguments::{Format, Prove};
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Prove, terminal: Terminal) -> Exit {
    let (file, case, mut findings) = match case(&arguments.path, terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    for register in &case.registers {
        findings.extend(super::lint::of_register(register, &case).problems);
    }
    let Ok(runtime) = runtime() else {
        terminal.message("error: cannot start a runtime");
        return Exit::Undecided;
    };
    let exe = own_exe();
    let seed = arguments.seed.unwrap_or_else(fresh_seed);
    let options = Options {
        exe,
        file,
        environment: arguments.environment.clone(),
        only: arguments.only.clone(),
        seed,
        ledger: arguments.at.ledger.clone(),
        findings,
    };
    let proof = runtime.block_on(::prove::prove(&case, &options, &mut |event| terminal.event(&event)));
    match proof {
        Ok(proof) => tell(&proof, arguments, case.directory.join(REPORT_PATH), terminal),
        Err(error) => failed_hiding(&error, &::prove::redactor(&case.system), terminal),
    }
}

fn tell(proof: &Proof, arguments: &Prove, beside: PathBuf, terminal: Terminal) -> Exit {
    let path = arguments.report.clone().unwrap_or(beside);
    let written = outside::files::write_whole(&path, report::html(proof).as_bytes());
    match arguments.format {
        Format::Human => terminal.result(&format!("{}\n{}", report::drills(proof), report::matrix(proof))),
        Format::Json => terminal.result(&report::json(proof)),
    }
    if let Some((size, head)) = &proof.head {
        terminal.message(&format!("ledger: {size}:{head}"));
    }
    if text::has_errors(&proof.findings) {
        terminal.message(&format!(
            "the registers contradict themselves ({}): see `seaworthy lint`",
            count(&proof.findings)
        ));
    }
    match written {
        Ok(()) => terminal.message(&format!("report: {}", path.display())),
        Err(error) => {
            terminal.message(&format!("warning: the report could not be written to {}: {error}", path.display()))
        }
    }
    Exit::of(proof, arguments.strict)
}

/// A seed from the kernel, small enough to be typed again.
fn fresh_seed() -> u64 {
    u64::from_str_radix(&outside::secret::token()[..8], 16).unwrap_or(1)
}
