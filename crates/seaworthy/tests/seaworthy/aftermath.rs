//! What is left after a run, looked at from outside of seaworthy: `/proc`, sockets by their inode, directories.
//!
//! Every process of a run inherits the world's own state directory in its environment, the watchdog too, so whoever
//! carries that path belongs to this world and to no other test on this machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use outside::process::ProcessId;

use crate::world::World;

/// How long anything may take to come true.
pub(crate) const DEADLINE: Duration = Duration::from_secs(40);

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Waits until something is so; panics with what was waited for.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Waits until something is so or the moment has come, whichever is first.
pub(crate) fn until_or(moment: Instant, mut so: impl FnMut() -> bool) {
    while !so() && Instant::now() < moment {
        std::thread::sleep(LOOK_EVERY);
    }
}

/// One process, as `/proc` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: ProcessId,
    pub(crate) parent: i32,
    pub(crate) words: Vec<String>,
}

/// Everything alive that belongs to a world, zombies excluded.
pub(crate) fn alive(world: &World) -> Vec<Seen> {
    let wanted = format!("SEAWORTHY_STATE_DIR={}", world.state().display());
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
        environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes()).then_some(())?;
        let id = ProcessId::of(pid).filter(ProcessId::is_alive)?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()?;
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let words = line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
        Some(Seen { id, parent, words: words.collect() })
    })
    .collect()
}

/// The helpers of a runner by their subcommand: `watchdog`, `guard`, `keep`, `load`.
pub(crate) fn helpers(world: &World, runner: u32, word: &str) -> Vec<ProcessId> {
    let is_one = |seen: &Seen| seen.parent == runner.cast_signed() && seen.words.get(1).is_some_and(|it| it == word);
    alive(world).into_iter().filter(is_one).map(|seen| seen.id).collect()
}

/// Inodes of the sockets on which somebody of this world listens.
pub(crate) fn listening(world: &World) -> BTreeSet<u64> {
    let held: BTreeSet<u64> = alive(world).iter().flat_map(|seen| sockets_of(seen.id.pid)).collect();
    all_listening().intersection(&held).copied().collect()
}

fn sockets_of(pid: i32) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()).collect()
}

fn all_listening() -> BTreeSet<u64> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
    let rows = tables.iter().flat_map(|table| table.lines().skip(1));
    let inode = |row: &str| {
        let fields: Vec<&str> = row.split_ascii_whitespace().collect();
        (fields.get(3) == Some(&"0A")).then(|| fields.get(9)?.parse().ok()).flatten()
    };
    rows.filter_map(inode).collect()
}

/// Names of the journals of this world, healed and open.
fn journals(world: &World) -> Vec<String> {
    let names = fs::read_dir(world.state().join("faults")).into_iter().flatten();
    let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// Journals that wait to be healed.
fn open_journals(world: &World) -> Vec<String> {
    let is_closed = |name: &String| name.ends_with(".healed.jsonl") || name.ends_with(".damaged.jsonl");
    journals(world).into_iter().filter(|name| !is_closed(name)).collect()
}

/// Names of the runs that ever had a journal in this world.
fn runs(world: &World) -> BTreeSet<String> {
    journals(world).into_iter().filter_map(|name| Some(name.split_once('.')?.0.to_owned())).collect()
}

/// Scratch directories of the runs of this world that exist.
pub(crate) fn scratches(world: &World) -> Vec<PathBuf> {
    let all = runs(world).into_iter().map(|run| std::env::temp_dir().join(format!("seaworthy-{run}")));
    all.filter(|path| path.exists()).collect()
}

/// As [`nothing_is_left`], without `drill heal` having to do anything.
pub(crate) fn whole_by_itself(world: &World, sockets: &BTreeSet<u64>, story: &str) {
    until(&format!("{story}: healed by the run or its watchdog"), || {
        alive(world).is_empty() && open_journals(world).is_empty() && scratches(world).is_empty()
    });
    nothing_is_left(world, sockets, story);
}

/// Asserts within the deadline that nothing of this world is left: no process, no socket of those seen, no scratch
/// directory; that `drill heal` agrees, twice; and that the ledger is whole if there is one.
pub(crate) fn nothing_is_left(world: &World, sockets: &BTreeSet<u64>, story: &str) {
    until(&format!("{story}: no process of this run\n{:#?}", alive(world)), || alive(world).is_empty());
    until(&format!("{story}: no listener"), || all_listening().is_disjoint(sockets));
    let healed = world.run(&["drill", "heal"]).exits(0);
    assert!(!healed.out.contains("LEFT"), "{story}: {}", healed.out);
    let again = world.run(&["drill", "heal"]).exits(0);
    assert_eq!(again.out, "nothing to heal\n", "{story}: {}", again.err);
    assert_eq!(scratches(world), Vec::<PathBuf>::new(), "{story}: scratch directories");
    assert_eq!(alive(world), vec![], "{story}: processes");
    let damaged: Vec<String> = journals(world).into_iter().filter(|name| name.contains("damaged")).collect();
    assert_eq!(damaged, Vec::<String>::new(), "{story}: journals that could not be read");
    if world.path().join(".seaworthy/ledger.db").exists() {
        let verified = world.run(&["ledger", "verify"]).exits(0);
        assert!(verified.out.contains("entries, head"), "{story}: {}", verified.out);
    }
}

/// Entries of one kind in the ledger of this world, oldest first; none without a ledger.
pub(crate) fn remembered(world: &World, kind: &str) -> Vec<serde_json::Value> {
    let path = world.path().join(".seaworthy/ledger.db");
    if !path.exists() {
        return Vec::new();
    }
    let store = ledger::Ledger::open_read_only(&path).unwrap();
    let (mut from, mut found) = (1, Vec::new());
    loop {
        let entries = store.entries(from, ledger::MAX_ENTRIES).unwrap();
        let Some(last) = entries.last() else { return found };
        from = last.seq + 1;
        let bodies = entries.iter().filter(|entry| entry.kind == kind);
        found.extend(bodies.map(|entry| serde_json::from_str::<serde_json::Value>(&entry.body).unwrap()));
    }
}

/// What became of the runs, in the order of the ledger: `began`, `aborted`, `ended`.
pub(crate) fn notes(world: &World) -> Vec<String> {
    let bodies = remembered(world, ledger::kind::RUN);
    bodies.iter().map(|body| body["what"].as_str().unwrap().to_owned()).collect()
}
