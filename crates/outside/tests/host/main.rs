//! A program with seaworthy's hidden subcommands, and a few badly behaved processes, for tests only: a stand-in for
//! the binary that this crate must not depend on.

#![expect(clippy::disallowed_methods, reason = "badly behaved processes are started on purpose")]

use std::io::Write;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let what = arguments.next().unwrap_or_default();
    let code = match what.to_str().unwrap_or_default() {
        "keep" => outside::process::keep_main(),
        "trampoline" => outside::process::trampoline_main(arguments),
        "sleep-forever" => sleep_forever(),
        "ignore-terminate" => ignore_terminate(),
        "fork-daemon" => fork_daemon(arguments.next().is_some()),
        "fork-bomb" => fork_bomb(),
        "echo-lines" => echo_lines(),
        "wait-for-stop" => wait_for_stop(),
        "runner" => runner(arguments.map(|word| word.to_string_lossy().into_owned()).collect()),
        _ => 2,
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn sleep_forever() -> i32 {
    loop {
        std::thread::park();
    }
}

fn ignore_terminate() -> i32 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("a handler");
        say("ready");
        loop {
            terminate.recv().await;
        }
    })
}

/// Leaves a grandchild in a session of its own, whose parent is gone; stays itself when asked to.
fn fork_daemon(stay: bool) -> i32 {
    let own = std::env::current_exe().expect("own path");
    let script = format!("setsid '{}' sleep-forever </dev/null >/dev/null 2>&1 &", own.display());
    let done = Command::new("/bin/sh").args(["-c", &script]).status().is_ok_and(|status| status.success());
    if stay {
        return sleep_forever();
    }
    i32::from(!done)
}

/// Forks new processes for as long as it lives; each of them does the same, with a limit in case the test fails.
fn fork_bomb() -> i32 {
    let own = std::env::current_exe().expect("own path");
    let depth: u32 = std::env::var("DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut children = Vec::new();
    if depth < 5 {
        for _ in 0..2 {
            let child = Command::new("setsid").arg(&own).arg("fork-bomb").env("DEPTH", (depth + 1).to_string()).spawn();
            children.extend(child.ok());
        }
    }
    sleep_forever()
}

/// Ends with the code of the second wish to stop, which comes while nobody waits for it.
fn wait_for_stop() -> i32 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut stops = outside::signal::Stops::listen();
        say("ready");
        let first = stops.next().await;
        say(&format!("{first:?}"));
        // Blocking, so that the second one finds nobody listening.
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).expect("a line");
        i32::from(stops.next().await.exit_code())
    })
}

fn echo_lines() -> i32 {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        say(&line);
    }
    0
}

/// Starts processes as a run does and then waits to be killed: `runner MARK WHAT [WHAT..]`.
fn runner(arguments: Vec<String>) -> i32 {
    let own = std::env::current_exe().expect("own path");
    let (mark, whats) = arguments.split_first().expect("a mark");
    let run = outside::process::RunMark::try_new(mark).expect("a valid mark");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut started = Vec::new();
        for what in whats {
            let spawn = outside::process::Spawn {
                name: what.clone(),
                program: own.clone(),
                arguments: vec![what.clone(), "stay".to_owned()],
                env: std::collections::BTreeMap::new(),
                directory: "/".into(),
                log: None,
            };
            started.push(outside::process::Started::start(&own, &run, spawn).await.expect("it starts"));
            say(what);
        }
        outside::lifeline::cut().await;
    });
    0
}

fn say(line: &str) {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
