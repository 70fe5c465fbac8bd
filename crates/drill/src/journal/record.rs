//! One line of the fault journal: `{"v":1,"seq":3,"at_us":..,"crc":"0a1b2c3d","do":{..}}`.
//!
//! The checksum is over number, time and deed as they are printed, so that a line that was half written or half
//! overwritten is seen. It protects from accidents, not from people.

use std::path::PathBuf;

use outside::process::{ProcessId, RunMark};
use serde_json::{Value, json};

use super::{About, Begin, Undo};

/// The version of a record; newer ones are reported and left to a newer seaworthy.
const VERSION: u64 = 1;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// The run began. Its time is the line's.
    Begin(Begin),
    /// Something is about to be done that is undone like this.
    Undo { id: u64, what: Undo },
    /// It was seen to be undone.
    Undone { id: u64 },
    /// A healer played what was left.
    Healed { done: Vec<String>, left: Vec<String> },
    /// Nothing is left.
    End,
}

/// A line as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Record { seq: u64, at_us: i64, record: Record },
    Newer(u64),
    Damaged(&'static str),
}

/// A record as a line, with its end.
pub(super) fn line(seq: u64, at_us: i64, record: &Record) -> String {
    let deed = deed(record);
    let crc = checksum(seq, at_us, &deed);
    format!("{}\n", json!({"v": VERSION, "seq": seq, "at_us": at_us, "crc": crc, "do": deed}))
}

/// What a line says, without its end.
pub(super) fn read(line: &[u8]) -> Line {
    let Ok(value) = serde_json::from_slice::<Value>(line) else { return Line::Damaged("it is not whole") };
    match value.get("v").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(version) if version > VERSION => return Line::Newer(version),
        _ => return Line::Damaged("it has no version"),
    }
    let fields = || Some((value.get("seq")?.as_u64()?, value.get("at_us")?.as_i64()?, value.get("do")?));
    let Some((seq, at_us, deed)) = fields() else { return Line::Damaged("fields are missing") };
    if value.get("crc").and_then(Value::as_str) != Some(checksum(seq, at_us, deed).as_str()) {
        return Line::Damaged("its checksum is wrong");
    }
    match record_of(deed, at_us) {
        Some(record) => Line::Record { seq, at_us, record },
        None => Line::Damaged("it says something unknown"),
    }
}

fn deed(record: &Record) -> Value {
    match record {
        Record::Begin(begin) => json!({"begin": {
            "runner": {"pid": begin.runner.pid, "started": begin.runner.started},
            "boot": begin.boot,
            "name": begin.about.name,
            "directory": begin.about.directory.to_string_lossy(),
        }}),
        Record::Undo { id, what } => json!({"undo": {"id": id, "what": undo_deed(what)}}),
        Record::Undone { id } => json!({"undone": {"id": id}}),
        Record::Healed { done, left } => json!({"healed": {"done": done, "left": left}}),
        Record::End => json!({"end": {}}),
    }
}

fn undo_deed(undo: &Undo) -> Value {
    match undo {
        Undo::KillMarked { run } => json!({"kill_marked": {"run": run.as_str()}}),
        Undo::Continue { process } => json!({"continue": {"pid": process.pid, "started": process.started}}),
        Undo::GuardReset { admin, token } => json!({"guard_reset": {"admin": admin.to_string(), "token": token}}),
        Undo::RemoveDirectory { path } => json!({"remove_directory": {"path": path.to_string_lossy()}}),
    }
}

fn record_of(deed: &Value, at_us: i64) -> Option<Record> {
    let (kind, fields) = only_entry(deed)?;
    let text = |key: &str| fields.get(key)?.as_str().map(str::to_owned);
    let id = || fields.get("id")?.as_u64();
    match kind {
        "begin" => Some(Record::Begin(Begin {
            runner: process_of(fields.get("runner")?)?,
            boot: text("boot")?,
            about: About { name: text("name")?, directory: PathBuf::from(text("directory")?) },
            at_us,
        })),
        "undo" => Some(Record::Undo { id: id()?, what: undo_of(fields.get("what")?)? }),
        "undone" => Some(Record::Undone { id: id()? }),
        "healed" => Some(Record::Healed { done: texts(fields.get("done")?)?, left: texts(fields.get("left")?)? }),
        "end" => Some(Record::End),
        _ => None,
    }
}

fn undo_of(value: &Value) -> Option<Undo> {
    let (kind, fields) = only_entry(value)?;
    let text = |key: &str| fields.get(key)?.as_str();
    match kind {
        "kill_marked" => Some(Undo::KillMarked { run: RunMark::try_new(text("run")?).ok()? }),
        "continue" => Some(Undo::Continue { process: process_of(fields)? }),
        "guard_reset" => {
            Some(Undo::GuardReset { admin: text("admin")?.parse().ok()?, token: text("token")?.to_owned() })
        }
        "remove_directory" => Some(Undo::RemoveDirectory { path: text("path")?.into() }),
        _ => None,
    }
}

fn only_entry(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.iter().next().map(|(key, value)| (key.as_str(), value))
}

fn process_of(value: &Value) -> Option<ProcessId> {
    let pid = i32::try_from(value.get("pid")?.as_i64()?).ok().filter(|pid| *pid > 0)?;
    Some(ProcessId { pid, started: value.get("started")?.as_u64()? })
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

/// CRC-32 as in zip files, over the number, the time and the deed as they are printed.
fn checksum(seq: u64, at_us: i64, deed: &Value) -> String {
    const REVERSED_POLYNOMIAL: u32 = 0xEDB8_8320;
    let crc = format!("{seq} {at_us} {deed}").bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (REVERSED_POLYNOMIAL & (crc & 1).wrapping_neg()))
    });
    format!("{:08x}", !crc)
}
