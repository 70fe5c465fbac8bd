//! Processes: started so that they cannot outlive us, named so that they cannot be mistaken, and ended with all
//! their descendants.
//!
//! A process is its number *and* its start time ([`ProcessId`]). What a run starts for long ([`Started`]) stands under
//! a keeper, a small process that adopts every descendant and kills them all when the pipe to the runner ends. What is
//! one of our own helpers ([`Helper`]) hangs on a pipe itself. Everything carries the mark of its run in its
//! environment ([`RunMark`]), which finds what a keeper could not.
//!
//! Limits: a process that empties its environment *and* escapes its keeper by the keeper's own death is not found; a
//! process of another user is not seen without root.

mod finished;
mod helper;
mod id;
mod keep;
mod listen;
mod mark;
mod spawn;
mod started;
mod table;
mod trampoline;

pub use finished::{Finished, OUTPUT_LIMIT_BYTES, run_to_end};
pub use helper::{AtOurDeath, HELPER_LINE_LIMIT_BYTES, Helper, HelperLines};
pub use id::{ProcessId, Signal};
pub use keep::{LOG_LIMIT_BYTES, keep_main};
pub use listen::{Listener, listener_of, listeners, listeners_of};
pub use mark::{PART_VARIABLE, RUN_VARIABLE, RunMark, marked};
pub use spawn::{Spawn, own_exe};
pub use started::{ExitNote, Started};
pub use table::{KILL_DEADLINE, descendants, kill_all};
pub use trampoline::{own_session, trampoline_main};
