//! `seaworthy-guard`: the guard alone, for use as a sidecar. The same as `seaworthy guard`.

use std::process::ExitCode;

use clap::Parser;

/// A resilience proxy for the edges of a system: timeouts, retries under a budget, breakers, stale answers, and
/// faults on purpose.
#[derive(Debug, Parser)]
#[command(name = "seaworthy-guard", version)]
struct Arguments {
    #[command(flatten)]
    options: guard::Options,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let code = guard::run(&arguments.options, &mut std::io::stdout().lock(), &mut std::io::stderr().lock());
    ExitCode::from(code)
}
