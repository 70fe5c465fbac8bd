//! Being asked to stop, by Ctrl-C or by a supervisor.
//!
//! The first signal is an orderly wish: heal, then end. What a second one means is the caller's business.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How the user or the system asked us to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// SIGINT, as Ctrl-C sends it.
    Interrupt,
    /// SIGTERM, or SIGHUP of a terminal that closed.
    Terminate,
}

impl Stop {
    /// The exit code a shell expects after that signal: 130 or 143.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// Resolves at SIGINT, SIGTERM or SIGHUP; from the first call on these no longer end the process by themselves.
pub async fn stop_asked() -> Stop {
    let mut interrupt = signal(SignalKind::interrupt()).ok();
    let mut terminate = signal(SignalKind::terminate()).ok();
    let mut hangup = signal(SignalKind::hangup()).ok();
    tokio::select! {
        () = next(&mut interrupt) => Stop::Interrupt,
        () = next(&mut terminate) => Stop::Terminate,
        () = next(&mut hangup) => Stop::Terminate,
    }
}

/// The next such signal; never, where it cannot be listened for.
pub(crate) async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => match signal.recv().await {
            Some(()) => {}
            None => pending().await,
        },
        None => pending().await,
    }
}
