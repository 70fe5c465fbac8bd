//! The table of processes as `/proc` shows it, and ending a set of them that may grow while it is ended.
//!
//! One look at `/proc` is not a snapshot: a process may change its parent between two reads of it. So a set counts as
//! empty after two looks in a row that found nobody.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process_group};

use super::id::{ProcessId, Signal, Stat};
use crate::Error;

/// How long processes get to be gone after SIGKILL.
pub const KILL_DEADLINE: Duration = Duration::from_secs(10);
/// Time between two looks at `/proc`.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Rounds of stopping newly found processes before they are killed anyway.
const FREEZE_ROUNDS: usize = 64;
/// Looks in a row that must find nobody.
const EMPTY_LOOKS: u32 = 2;

/// Every process, zombies too; nobody where there is no `/proc`.
pub(super) fn scan() -> Vec<Stat> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter_map(Stat::of).collect()
}

/// All live descendants of a process, without itself.
pub fn descendants(root: i32) -> Vec<ProcessId> {
    let mut found = with_descendants(&scan(), &HashSet::from([root]));
    found.retain(|id| id.pid != root);
    found
}

/// The live ones among these processes and all their descendants.
pub(super) fn with_descendants(all: &[Stat], roots: &HashSet<i32>) -> Vec<ProcessId> {
    let mut children: HashMap<i32, Vec<&Stat>> = HashMap::new();
    for stat in all {
        children.entry(stat.parent).or_default().push(stat);
    }
    let mut waiting: Vec<&Stat> = all.iter().filter(|stat| roots.contains(&stat.id.pid)).collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    // Each process is taken once, so this ends although the table is not a snapshot and could hold a circle.
    while let Some(stat) = waiting.pop() {
        if !seen.insert(stat.id.pid) {
            continue;
        }
        if stat.is_alive() {
            found.push(stat.id);
        }
        waiting.extend(children.get(&stat.id.pid).into_iter().flatten());
    }
    found
}

/// Ends every process that `find` finds, and returns how many, once `/proc` shows none of them.
///
/// All are stopped first and looked for again, so that a tree that is busy forking cannot run away from the signals;
/// then killed, process groups as a whole where their leader belongs to the set. Blocks; call it from a blocking
/// task.
///
/// # Errors
/// [`Error::StillAlive`] when some are left at the deadline.
pub fn kill_all(mut find: impl FnMut() -> Vec<ProcessId>, within: Duration) -> Result<usize, Error> {
    let deadline = Instant::now() + within;
    let mut killed: HashSet<ProcessId> = HashSet::new();
    let mut empty_looks = 0;
    loop {
        let found = find();
        if found.is_empty() {
            empty_looks += 1;
            if empty_looks == EMPTY_LOOKS {
                return Ok(killed.len());
            }
            continue;
        }
        empty_looks = 0;
        if Instant::now() >= deadline {
            return Err(Error::StillAlive { pids: found.iter().map(|id| id.pid).collect(), within });
        }
        for id in freeze(found, &mut find) {
            kill_with_group(id);
            killed.insert(id);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Stops these and whatever they forked meanwhile, until a look finds nobody new.
fn freeze(mut found: Vec<ProcessId>, find: &mut impl FnMut() -> Vec<ProcessId>) -> HashSet<ProcessId> {
    let mut frozen = HashSet::new();
    for _ in 0..FREEZE_ROUNDS {
        let before = frozen.len();
        for id in found {
            if frozen.insert(id) {
                // Gone or forbidden: the kill and the next look will show which.
                let _ = id.signal(Signal::Stop);
            }
        }
        if frozen.len() == before {
            break;
        }
        found = find();
    }
    frozen
}

/// Kills a process and, when it leads a process group, the whole group at once: the kernel does that without letting
/// a member fork in between.
fn kill_with_group(id: ProcessId) {
    if id.stat().is_some_and(|stat| stat.group == id.pid)
        && let Some(group) = Pid::from_raw(id.pid)
    {
        // An error means that the group is gone or not ours; the next look shows which.
        let _ = kill_process_group(group, Signal::Kill.number());
    }
    let _ = id.signal(Signal::Kill);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: i32, parent: i32, state: char) -> Stat {
        Stat { id: ProcessId { pid, started: 1 }, parent, group: pid, state }
    }

    #[test]
    fn descendants_go_through_zombies_and_circles() {
        let all =
            [stat(2, 1, 'S'), stat(3, 2, 'Z'), stat(4, 3, 'S'), stat(5, 6, 'S'), stat(6, 5, 'S'), stat(7, 1, 'S')];
        let mut found: Vec<i32> = with_descendants(&all, &HashSet::from([2, 5])).into_iter().map(|id| id.pid).collect();
        found.sort_unstable();
        assert_eq!(found, vec![2, 4, 5, 6]);
    }

    #[test]
    fn a_set_that_never_empties_is_reported_and_not_waited_for_for_ever() {
        let ghost = ProcessId { pid: i32::MAX, started: 1 };
        let error = kill_all(|| vec![ghost], Duration::from_millis(20)).unwrap_err();
        assert!(matches!(error, Error::StillAlive { pids, .. } if pids == vec![i32::MAX]));
    }

    #[test]
    fn killing_nobody_is_done_at_once() {
        assert_eq!(kill_all(Vec::new, KILL_DEADLINE).unwrap(), 0);
    }
}
