//! The keeper: `seaworthy keep`, a process that stands between the runner and one process of a run.
//!
//! It is the parent of that process and adopts all its descendants, also those that made themselves daemons. It holds
//! the end of a pipe to the runner; when the pipe ends, whatever killed the runner, it kills its whole tree and ends.
//! It ignores Ctrl-C: the runner decides what that means. It reads one order, and after that only the end of its input
//! counts.
//!
//! Lines out: `{"started":{"pid":..,"started":..}}` or `{"failed":"why"}`, then `{"exited":{"code":..,"signal":..}}`,
//! then `{"ended":{..}}` when nothing of the tree is left.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{WaitOptions, WaitStatus, wait};
use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::id::{ProcessId, own_pid};
use super::mark::{PART_VARIABLE, RUN_VARIABLE};
use super::spawn::{Spawn, own_exe};
use super::table::{KILL_DEADLINE, descendants, kill_all};
use super::trampoline::REPORT;
use crate::signal::next;

mod output;

pub use output::LOG_LIMIT_BYTES;
use output::Output;

/// How often the keeper looks for ended children even when no signal told it to.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Longest reason of a failed start that is passed on.
const REASON_LIMIT_BYTES: u64 = 4096;

/// What a keeper is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Its program is absolute.
    pub(super) spawn: Spawn,
    /// Mark of the run.
    pub(super) run: String,
    /// Mark of this part of it.
    pub(super) part: String,
    /// Bytes of each output to be kept and told at the end; with it the tree ends when its first process does.
    pub(super) capture_bytes: Option<usize>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exit {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

/// The process under this keeper.
struct Kept {
    id: ProcessId,
    exit: Option<Exit>,
    output: Output,
    capturing: bool,
}

/// The body of `seaworthy keep`; returns the exit code: 0 when nothing is left of the tree.
///
/// Must be called from the main thread, before any runtime and any other thread exist.
pub fn keep_main() -> i32 {
    super::own_session();
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(own_pid())) {
        tell(&json!({"failed": format!("cannot adopt descendants: {error}")}));
        return 1;
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(&json!({"failed": format!("no runtime: {error}")}));
            return 1;
        }
    };
    let code = runtime.block_on(keep());
    // The thread that reads standard input may wait there for ever.
    runtime.shutdown_background();
    code
}

async fn keep() -> i32 {
    // Listening is what takes their deadly default away from these; only SIGTERM is obeyed.
    let (_interrupt, _hangup) = (signal(SignalKind::interrupt()).ok(), signal(SignalKind::hangup()).ok());
    let mut terminate = signal(SignalKind::terminate()).ok();
    let mut child = signal(SignalKind::child()).ok();
    let mut lines = crate::lifeline::lines();
    let Some(line) = lines.recv().await else { return 0 };
    let begun = match Order::read(&line) {
        Some(order) => begin(&order),
        None => Err("the keeper does not understand its order".to_owned()),
    };
    let (kept, report) = match begun {
        Ok(begun) => begun,
        Err(why) => {
            tell(&json!({"failed": why}));
            return 1;
        }
    };
    watch(kept, report, &mut lines, &mut terminate, &mut child).await
}

/// Starts the process through the trampoline, which writes into the report pipe when it cannot become the program and
/// whose end of it closes when it can.
fn begin(order: &Order) -> Result<(Kept, oneshot::Receiver<String>), String> {
    let spawn = &order.spawn;
    let (report, reporter) = std::io::pipe().map_err(|error| error.to_string())?;
    let mut command = Command::new(own_exe());
    command.args(["trampoline", REPORT]).arg(own_pid().to_string()).arg(&spawn.program).args(&spawn.arguments);
    command.envs(&spawn.env).env(RUN_VARIABLE, &order.run).env(PART_VARIABLE, &order.part);
    command.current_dir(&spawn.directory).stdin(Stdio::from(reporter));
    let output = Output::set_up(&mut command, spawn.log.as_deref(), order.capture_bytes)?;
    let child = command.spawn().map_err(|error| error.to_string())?;
    // Our ends of the pipes must close, or they would never end.
    drop(command);
    let pid = i32::try_from(child.id()).expect("process numbers of the kernel fit");
    let id = ProcessId::of(pid).ok_or("it was gone at once")?;
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        use std::io::Read;
        let mut why = Vec::new();
        // A report that cannot be read is an empty one: the exit code then says what happened.
        let _ = report.take(REASON_LIMIT_BYTES).read_to_end(&mut why);
        drop(tell.send(String::from_utf8_lossy(&why).into_owned()));
    });
    Ok((Kept { id, exit: None, output, capturing: order.capture_bytes.is_some() }, told))
}

async fn watch(
    mut kept: Kept,
    mut report: oneshot::Receiver<String>,
    lines: &mut mpsc::Receiver<String>,
    terminate: &mut Option<Signal>,
    child: &mut Option<Signal>,
) -> i32 {
    let mut reported = false;
    loop {
        tokio::select! {
            // The start is told before the end of what was started.
            biased;
            why = &mut report, if !reported => {
                reported = true;
                let why = why.unwrap_or_default();
                if !why.is_empty() {
                    tell(&json!({"failed": why}));
                    return end(kept);
                }
                tell(&json!({"started": {"pid": kept.id.pid, "started": kept.id.started}}));
            }
            line = lines.recv() => if line.is_none() { return end(kept) },
            () = next(terminate) => return end(kept),
            () = next(child), if reported => {}
            () = tokio::time::sleep(LOOK_EVERY), if reported => {}
        }
        if reported && (!kept.reap() || (kept.capturing && kept.exit.is_some())) {
            return end(kept);
        }
    }
}

/// Kills what is left and tells so; the keeper's exit code.
fn end(mut kept: Kept) -> i32 {
    let own = own_pid();
    let left = match kill_all(|| descendants(own), KILL_DEADLINE) {
        Ok(_) => Vec::new(),
        Err(crate::Error::StillAlive { pids, .. }) => pids,
        Err(_) => descendants(own).iter().map(|id| id.pid).collect(),
    };
    kept.reap();
    let captured = kept.output.finish();
    tell(&json!({"ended": {
        "left": left, "stdout": captured.stdout, "stderr": captured.stderr, "cut": captured.cut,
    }}));
    i32::from(!left.is_empty())
}

impl Kept {
    /// Takes ended children away; `false` when none is left, neither ended nor living.
    fn reap(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if pid.as_raw_nonzero().get() == self.id.pid {
                        self.ended(status);
                    }
                }
                Ok(None) => return true,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    fn ended(&mut self, status: WaitStatus) {
        let exit = Exit { code: status.exit_status(), signal: status.terminating_signal() };
        self.exit = Some(exit);
        // Its last words should be in the log before anybody reads it.
        self.output.settle();
        tell(&json!({"exited": {"code": exit.code, "signal": exit.signal}}));
    }
}

/// Tells the runner; when it is gone, the end of our input says so soon enough.
fn tell(line: &Value) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

impl Order {
    pub(super) fn write(&self) -> Result<String, crate::Error> {
        let order = json!({
            "spawn": self.spawn.to_json()?, "run": self.run, "part": self.part, "capture_bytes": self.capture_bytes,
        });
        Ok(order.to_string())
    }

    fn read(line: &str) -> Option<Self> {
        let order: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| order.get(key)?.as_str().map(str::to_owned);
        let capture_bytes = match order.get("capture_bytes")? {
            Value::Null => None,
            number => Some(usize::try_from(number.as_u64()?).ok()?),
        };
        let spawn = Spawn::from_json(order.get("spawn")?)?;
        Some(Self { spawn, run: text("run")?, part: text("part")?, capture_bytes })
    }
}

/// Where a log lies when it has to be read again.
pub(super) fn log_tail(path: Option<&PathBuf>, lines: usize) -> String {
    path.map(|path| output::tail_of(path, lines)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_order_survives_its_way_and_a_damaged_one_is_refused() {
        let spawn = Spawn {
            name: "api".to_owned(),
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), "echo\n".to_owned()],
            env: BTreeMap::new(),
            directory: "/".into(),
            log: None,
        };
        for capture_bytes in [None, Some(7)] {
            let order = Order { spawn: spawn.clone(), run: "r".to_owned(), part: "p".to_owned(), capture_bytes };
            let line = order.write().unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(Order::read(&line), Some(order));
            assert_eq!(Order::read(&line[..line.len() - 2]), None);
        }
        assert_eq!(Order::read("{}"), None);
    }
}
