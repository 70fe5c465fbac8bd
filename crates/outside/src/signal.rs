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

/// Listens for being asked to stop, from [`Stops::listen`] on: what comes while nobody awaits is not lost.
#[derive(Debug)]
pub struct Stops {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl Stops {
    /// From here on these signals no longer end the process by themselves.
    pub fn listen() -> Self {
        let listen = |kind| signal(kind).ok();
        Self {
            interrupt: listen(SignalKind::interrupt()),
            terminate: listen(SignalKind::terminate()),
            hangup: listen(SignalKind::hangup()),
        }
    }

    /// The next wish to stop. May be given up at any await.
    pub async fn next(&mut self) -> Stop {
        tokio::select! {
            () = next(&mut self.interrupt) => Stop::Interrupt,
            () = next(&mut self.terminate) => Stop::Terminate,
            () = next(&mut self.hangup) => Stop::Terminate,
        }
    }
}

/// Resolves at SIGINT, SIGTERM or SIGHUP; from the first call on these no longer end the process by themselves. Keep
/// the one future, or use [`Stops`]: what comes between two calls is lost.
pub async fn stop_asked() -> Stop {
    Stops::listen().next().await
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
