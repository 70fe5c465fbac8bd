//! Where the output of a kept process goes: to its log, into memory for whoever asked, or nowhere; never without a
//! limit, and never so that a full file or a slow reader would hold up the process.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{PipeReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// Longest log of one kept process; what comes later is thrown away, and the log says so.
pub const LOG_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// How much of a log's end is read to show its last lines.
const TAIL_LIMIT_BYTES: u64 = 64 * 1024;
/// How long the output of an ended process may take to arrive when others hold the same pipe.
const SETTLE_WITHIN: Duration = Duration::from_millis(200);
/// How long the output may take to end after the whole tree is gone.
const FINISH_WITHIN: Duration = Duration::from_secs(2);

/// The outputs of one process.
pub(super) struct Output {
    stdout: Option<Pump>,
    stderr: Option<Pump>,
}

/// What was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Something is missing in the middle of one of them.
    pub(super) cut: bool,
}

/// A thread that moves bytes from a pipe to where they belong, so that the process never waits.
struct Pump {
    done: Receiver<Ends>,
    ended: Option<Ends>,
}

/// The beginning and the end of a long output.
#[derive(Debug, Default)]
struct Ends {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    half_bytes: usize,
    left_out: usize,
}

enum Sink {
    Log { file: File, left_bytes: u64 },
    Memory(Ends),
}

impl Output {
    /// Connects the outputs of a command that is about to be started.
    pub(super) fn set_up(command: &mut Command, log: Option<&Path>, capture: Option<usize>) -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        if let Some(limit_bytes) = capture {
            let (out, out_end) = std::io::pipe().map_err(failed)?;
            let (err, err_end) = std::io::pipe().map_err(failed)?;
            command.stdout(Stdio::from(out_end)).stderr(Stdio::from(err_end));
            let memory = || Sink::Memory(Ends { half_bytes: limit_bytes / 2, ..Ends::default() });
            return Ok(Self { stdout: Some(Pump::start(out, memory())), stderr: Some(Pump::start(err, memory())) });
        }
        let Some(path) = log else {
            command.stdout(Stdio::null()).stderr(Stdio::null());
            return Ok(Self { stdout: None, stderr: None });
        };
        let open = OpenOptions::new().create(true).append(true).open(path);
        let file = open.map_err(|error| format!("cannot open the log {}: {error}", path.display()))?;
        let written = file.metadata().map_err(failed)?.len();
        let (both, end) = std::io::pipe().map_err(failed)?;
        command.stdout(Stdio::from(end.try_clone().map_err(failed)?)).stderr(Stdio::from(end));
        let sink = Sink::Log { file, left_bytes: LOG_LIMIT_BYTES.saturating_sub(written) };
        Ok(Self { stdout: Some(Pump::start(both, sink)), stderr: None })
    }

    /// Waits a moment for what an ended process wrote last.
    pub(super) fn settle(&mut self) {
        let deadline = Instant::now() + SETTLE_WITHIN;
        for pump in [&mut self.stdout, &mut self.stderr].into_iter().flatten() {
            pump.wait(deadline);
        }
    }

    /// What was captured, after the tree is gone.
    pub(super) fn finish(mut self) -> Captured {
        let deadline = Instant::now() + FINISH_WITHIN;
        let text = |pump: &mut Option<Pump>| {
            let ends = pump.as_mut().and_then(|pump| {
                pump.wait(deadline);
                pump.ended.take()
            });
            ends.map(Ends::text).unwrap_or_default()
        };
        let ((stdout, out_cut), (stderr, err_cut)) = (text(&mut self.stdout), text(&mut self.stderr));
        Captured { stdout, stderr, cut: out_cut || err_cut }
    }
}

impl Pump {
    fn start(mut from: PipeReader, mut sink: Sink) -> Self {
        let (tell, done) = sync_channel(1);
        std::thread::spawn(move || {
            let mut buffer = vec![0_u8; 64 * 1024];
            loop {
                match from.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(read) => sink.take(&buffer[..read]),
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            // Nobody may be waiting any more.
            let _ = tell.send(match sink {
                Sink::Log { .. } => Ends::default(),
                Sink::Memory(ends) => ends,
            });
        });
        Self { done, ended: None }
    }

    fn wait(&mut self, deadline: Instant) {
        if self.ended.is_none() {
            self.ended = self.done.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok();
        }
    }
}

impl Sink {
    fn take(&mut self, bytes: &[u8]) {
        match self {
            Self::Memory(ends) => ends.take(bytes),
            Self::Log { file, left_bytes } => {
                let room = usize::try_from(*left_bytes).unwrap_or(usize::MAX).min(bytes.len());
                // A full disk must not hold up the process under test; its log then ends early.
                let _ = file.write_all(&bytes[..room]);
                *left_bytes -= u64::try_from(room).expect("a length in memory fits");
                if room > 0 && *left_bytes == 0 {
                    let _ = file.write_all(b"\n[seaworthy: the log has reached its limit, the rest is left out]\n");
                }
            }
        }
    }
}

impl Ends {
    fn take(&mut self, bytes: &[u8]) {
        let to_head = self.half_bytes.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..to_head]);
        self.tail.extend(&bytes[to_head..]);
        let over = self.tail.len().saturating_sub(self.half_bytes);
        self.tail.drain(..over);
        self.left_out += over;
    }

    /// The text, and whether something is missing in it.
    fn text(self) -> (String, bool) {
        let mut bytes = self.head;
        if self.left_out > 0 {
            bytes.extend_from_slice(format!("\n[seaworthy: {} bytes left out]\n", self.left_out).as_bytes());
        }
        bytes.extend(self.tail);
        (String::from_utf8_lossy(&bytes).into_owned(), self.left_out > 0)
    }
}

/// The last lines of a log; empty when it cannot be read.
pub(super) fn tail_of(path: &Path, lines: usize) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_LIMIT_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_LIMIT_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_output_keeps_its_beginning_and_its_end_and_says_what_is_missing() {
        let mut ends = Ends { half_bytes: 3, ..Ends::default() };
        for chunk in ["ab", "cdef", "ghij"] {
            ends.take(chunk.as_bytes());
        }
        assert_eq!(ends.text(), ("abc\n[seaworthy: 4 bytes left out]\nhij".to_owned(), true));
    }

    #[test]
    fn a_short_output_is_whole() {
        let mut ends = Ends { half_bytes: 3, ..Ends::default() };
        ends.take(b"abcdef");
        assert_eq!(ends.text(), ("abcdef".to_owned(), false));
    }

    #[test]
    fn the_tail_of_a_log_is_its_last_lines_and_of_a_missing_one_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(tail_of(&path, 2), "two\nthree");
        assert_eq!(tail_of(&path, 9), "one\ntwo\nthree");
        assert_eq!(tail_of(&directory.path().join("none"), 9), "");
    }
}
