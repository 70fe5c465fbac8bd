//! The house's own chores: `cargo xtask tidy | turn | bench`.
//!
//! Beside the house: no crate depends on this one. `tidy` also runs as a test, so `./scripts/test` enforces it.

mod bench;
mod requirements;
mod tidy;
mod tree;
mod turn;

use std::process::ExitCode;

const USAGE: &str =
    "usage: cargo xtask tidy | turn [--seed N] [--rows N] [--only ID,ID] | bench [prove|lint|build|register [DIR]]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["tidy"] => tidy_all(),
        ["turn", rest @ ..] => turn::run(rest),
        ["bench", rest @ ..] => bench::run(rest),
        ["measure", files @ ..] => bench::measure_here(files),
        ["measure-impact", files @ ..] => bench::measure_impact(files),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            report(&message);
            ExitCode::FAILURE
        }
    }
}

fn tidy_all() -> Result<(), String> {
    let findings = tidy::all(&tree::Tree::of_repository()?);
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n")) }
}

#[expect(clippy::print_stderr, reason = "this is the binary")]
fn report(message: &str) {
    eprintln!("{message}");
}
