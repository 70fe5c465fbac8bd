//! What names a process: its number and when it started. A number alone is given to somebody else sooner or later.

use std::fs;

use crate::Error;

/// A process, by its number and its start time, which no two processes of one boot share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId {
    /// Number.
    pub pid: i32,
    /// Start time in clock ticks since boot: field 22 of `/proc/PID/stat`.
    pub started: u64,
}

/// The signals that seaworthy sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGKILL.
    Kill,
    /// SIGTERM.
    Terminate,
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Continue,
}

/// The fields of `/proc/PID/stat` that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) id: ProcessId,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) state: char,
}

impl ProcessId {
    /// The process that has this number now; `None` when there is none.
    pub fn of(pid: i32) -> Option<Self> {
        Stat::of(pid).map(|stat| stat.id)
    }

    /// This process.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where there is no `/proc`.
    pub fn own() -> Result<Self, Error> {
        Self::of(own_pid()).ok_or(Error::Unsupported("naming a process by its start time"))
    }

    /// Whether it exists, is the same one, and is not a zombie.
    pub fn is_alive(&self) -> bool {
        self.stat().is_some_and(|stat| stat.is_alive())
    }

    /// Its state letter as in `/proc/PID/stat`: `R`, `S`, `D`, `T` (stopped), `Z`, ...; `None` when it is gone.
    pub fn state(&self) -> Option<char> {
        self.stat().map(|stat| stat.state)
    }

    /// Sends a signal to exactly this process; `false` when it is gone.
    ///
    /// # Errors
    /// [`Error::Io`] when it exists and may not be signaled.
    pub fn signal(&self, signal: Signal) -> Result<bool, Error> {
        match self.send(signal) {
            Ok(sent) => Ok(sent),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(Error::io(format!("send {signal:?} to process {}", self.pid), error)),
        }
    }

    pub(super) fn stat(&self) -> Option<Stat> {
        Stat::of(self.pid).filter(|stat| stat.id == *self)
    }

    /// Through a pidfd, so that the number cannot change hands between the look and the signal.
    #[cfg(target_os = "linux")]
    fn send(self, signal: Signal) -> rustix::io::Result<bool> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};
        let Some(pid) = Pid::from_raw(self.pid) else { return Ok(false) };
        let handle = pidfd_open(pid, PidfdFlags::empty())?;
        if self.stat().is_none() {
            return Ok(false);
        }
        pidfd_send_signal(&handle, signal.number()).map(|()| true)
    }

    #[cfg(not(target_os = "linux"))]
    fn send(self, signal: Signal) -> rustix::io::Result<bool> {
        use rustix::process::{Pid, kill_process};
        let Some(pid) = Pid::from_raw(self.pid) else { return Ok(false) };
        if self.stat().is_none() {
            return Ok(false);
        }
        kill_process(pid, signal.number()).map(|()| true)
    }
}

impl Signal {
    pub(super) fn number(self) -> rustix::process::Signal {
        match self {
            Self::Kill => rustix::process::Signal::KILL,
            Self::Terminate => rustix::process::Signal::TERM,
            Self::Stop => rustix::process::Signal::STOP,
            Self::Continue => rustix::process::Signal::CONT,
        }
    }
}

impl Stat {
    pub(super) fn of(pid: i32) -> Option<Self> {
        Self::parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name stands in parentheses and may hold anything, parentheses and newlines too: the last `)` ends it.
    fn parse(stat: &[u8]) -> Option<Self> {
        let open = stat.iter().position(|byte| *byte == b'(')?;
        let close = stat.iter().rposition(|byte| *byte == b')')?;
        let pid = std::str::from_utf8(stat.get(..open)?).ok()?.trim().parse().ok()?;
        let rest = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        // Field 3 was the state; 22 is the start time; three were taken.
        let started = fields.nth(22 - 6)?.parse().ok()?;
        Some(Self { id: ProcessId { pid, started }, parent, group, state })
    }

    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }
}

/// The number of this process.
pub(super) fn own_pid() -> i32 {
    i32::try_from(std::process::id()).expect("process numbers of the kernel fit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_newlines_does_not_shift_the_fields() {
        let stat = Stat::parse(b"42 (a) R (\n b)) S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1 2\n");
        let id = ProcessId { pid: 42, started: 12345 };
        assert_eq!(stat, Some(Stat { id, parent: 7, group: 8, state: 'S' }));
    }

    #[test]
    fn damaged_stat_is_no_process() {
        for text in ["", "42", "42 (x", "x (y) S 1 2", "42 (x) S 1 2 3"] {
            assert_eq!(Stat::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn own_process_is_alive_and_its_number_with_another_start_time_is_not() {
        let own = ProcessId::own().unwrap();
        assert!(own.is_alive());
        let other = ProcessId { started: own.started + 1, ..own };
        assert!(!other.is_alive());
        assert_eq!(other.state(), None);
        assert!(!other.signal(Signal::Kill).unwrap());
    }
}
