//! A `seaworthy prove` that is going on, with what it said so far.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::aftermath::until;
use crate::world::World;

/// A run in the background. Dropping it kills the runner, so that a failed test leaves nothing.
pub(crate) struct Running {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts `seaworthy` with these arguments.
    pub(crate) fn start(world: &World, arguments: &[&str]) -> Self {
        let mut child = world.start(arguments);
        let said = Arc::new(Mutex::new(Vec::new()));
        let (lines, heard) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&said));
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { child, said, reader: Some(reader) }
    }

    /// The runner's process number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said so far on stderr.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has said something that contains this.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        self.said().iter().any(|line| line.contains(words))
    }

    /// Waits until it has; panics when it ends without.
    pub(crate) fn until_said(&mut self, words: &str) {
        until(&format!("it says {words:?}"), || {
            let ended = self.child.try_wait().unwrap().is_some();
            assert!(!ended || self.has_said(words), "it ended and never said {words:?}: {:#?}", self.said());
            self.has_said(words)
        });
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success(), "kill -s {name}");
    }

    /// Whether it is over.
    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The exit code once it is over, within the deadline; `None` when a signal ended it. Everything it said is heard then.
    pub(crate) fn code(&mut self) -> Option<i32> {
        until("it ends", || self.is_over());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.child.wait().unwrap().code()
    }

    /// Everything it said, in one text.
    pub(crate) fn story(&self) -> String {
        self.said().join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
