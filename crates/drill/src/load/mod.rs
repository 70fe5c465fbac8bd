//! The load: requests on a schedule, in a process of their own.
//!
//! **Open loop.** Requests go out when they are due, however slow the answers are, and latency counts from when a
//! request was due. A closed loop waits for the answer before it asks again, so a system that stalls for a second is
//! asked once in that second, and its 99th percentile looks fine. People do not wait for one another.
//!
//! Life of a load: [`load_main`] reads a [`LoadSpec`] from the first line of stdin, opens its sessions, says ready, sends
//! until it is told to stop, waits for what is outstanding, looks for every write that was acknowledged or is in doubt,
//! and says finished. At end of file on stdin it is gone at once. The runner's end is [`Handle`].
//!
//! What it does not do: think about what the answers mean for a claim.

mod ask;
mod handle;
mod pattern;
mod record;
mod schedule;
mod session;
mod spec;
mod verify;

use std::sync::mpsc;

pub use handle::{Handle, Read};
pub use pattern::{Holes, MAX_PAD_BYTES, Pattern};
pub use record::{Checked, Ended, Found, Line, Record};
pub use spec::{FlowSpec, LoadSpec, MAX_OUTSTANDING, MAX_RATE, check_patterns};

/// Lines that may wait to be written; more means that the runner does not read, and the load gives up.
const LINES_WAITING: usize = 65_536;

/// The body of the hidden subcommand `seaworthy load`. Returns its exit code: 0 after an orderly end or when stdin ended,
/// 2 when the load could not begin or go on (also said on stdout).
pub fn load_main() -> u8 {
    let (tell, lines) = mpsc::sync_channel(LINES_WAITING);
    let writer = std::thread::spawn(move || write_lines(&lines));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = tell.send(Line::Failed(format!("no runtime: {error}")));
            drop(tell);
            let _ = writer.join();
            return 2;
        }
    };
    let ended = runtime.block_on(schedule::run(outside::lifeline::lines(), &Say(tell.clone())));
    runtime.shutdown_background();
    let code = match ended {
        // Nobody is left to read, and a full pipe must not keep this process alive.
        Err(schedule::Ended::Cut) => return 0,
        Err(schedule::Ended::Failed(why)) => {
            let _ = tell.send(Line::Failed(why));
            2
        }
        Ok(()) => 0,
    };
    drop(tell);
    let _ = writer.join();
    code
}

/// Where the load's lines go.
struct Say(mpsc::SyncSender<Line>);

impl Say {
    /// Queues a line; an error when the runner has stopped reading.
    fn line(&self, line: Line) -> Result<(), schedule::Ended> {
        self.0.try_send(line).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => {
                schedule::Ended::Failed(format!("{LINES_WAITING} lines wait for the runner, which does not read"))
            }
            mpsc::TrySendError::Disconnected(_) => schedule::Ended::Cut,
        })
    }
}

/// Writes what is queued, all that is there at once. A thread, because a pipe that is full blocks.
fn write_lines(lines: &mpsc::Receiver<Line>) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    while let Ok(first) = lines.recv() {
        let mut text = String::new();
        for line in std::iter::once(first).chain(lines.try_iter()) {
            text.push_str(&line.print());
            text.push('\n');
        }
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
