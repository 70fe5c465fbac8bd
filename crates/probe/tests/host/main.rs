//! A program with seaworthy's hidden subcommands, and the programs that `exec` probes look at, for tests only.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let what = arguments.next().unwrap_or_default();
    let code = match what.to_str().unwrap_or_default() {
        "keep" => outside::process::keep_main(),
        "trampoline" => outside::process::trampoline_main(arguments),
        "refuse-default-key" => refuse_default_key(arguments.next().is_some_and(|word| word == "flawed")),
        "hang" => hang(),
        "say" => say(arguments.map(|word| word.to_string_lossy().into_owned()).collect()),
        _ => 2,
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// A start-up check that works, and one whose refusal was lost.
fn refuse_default_key(flawed: bool) -> i32 {
    let _ = writeln!(std::io::stderr(), "the default key is refused in production");
    if flawed { 0 } else { 78 }
}

fn hang() -> i32 {
    loop {
        std::thread::park();
    }
}

fn say(words: Vec<String>) -> i32 {
    let _ = writeln!(std::io::stdout(), "{}", words.join(" "));
    0
}
