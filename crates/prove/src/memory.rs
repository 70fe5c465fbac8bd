//! What a run remembers: every reading, verdict and decision goes into the ledger before it is shown.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use drill::journal::Journal;
use evidence::{Answer, Claim, ClaimId, Decision, Drilled, Judged, Observation, Timeline};
use ledger::{Address, Head, Ledger, MAX_ENTRIES, NewEntry, kind};
use outside::secret::Redactor;
use report::{decision_body, drill_body, observation_body, verdict_body};
use serde_json::json;

use crate::Error;

/// The ledger, beside the file.
pub const LEDGER_PATH: &str = ".seaworthy/ledger.db";

/// The report, beside the file.
pub const REPORT_PATH: &str = ".seaworthy/report.html";

/// Entries at the end of the ledger in which runs without an end are looked for.
const LOOK_BACK: u64 = 10_000;

/// Version of the bodies written here.
pub(crate) const BODY_VERSION: i64 = 1;

/// The longest name of a machine.
const MAX_NAME_BYTES: usize = 4096;

/// The ledger of a system, and which run is writing.
#[derive(Debug)]
pub(crate) struct Memory {
    ledger: Ledger,
    run: String,
    /// Secrets are kept in no entry, whatever text they come in.
    redactor: Redactor,
}

impl Memory {
    /// Opens the ledger: one that cannot be written, or that somebody edited, is known at once. What is remembered after a
    /// forged past would lend it credit.
    pub(crate) fn open(at: &Address, run: &str, redactor: Redactor) -> Result<Self, Error> {
        let ledger = Ledger::open(at)?;
        if let Some(flaw) = ledger.verify(&[])?.problems.first() {
            return Err(ledger::Error::Damaged { at: at.to_string(), what: flaw.to_string() }.into());
        }
        Ok(Self { ledger, run: run.to_owned(), redactor })
    }

    /// The same, and writes that a run begins.
    pub(crate) fn begin(
        at: &Address,
        run: &str,
        redactor: Redactor,
        environment: &str,
        seed: u64,
    ) -> Result<Self, Error> {
        let mut memory = Self::open(at, run, redactor)?;
        memory.note_the_dead()?;
        memory.note("began", &json!({"environment": environment, "seed": seed, "machine": machine()}))?;
        Ok(memory)
    }

    /// Writes `aborted` for runs that began on this machine, never ended, and whose runner is gone: a killed run cannot do
    /// so itself. Of other machines that share the ledger nothing is known here.
    fn note_the_dead(&mut self) -> Result<(), Error> {
        let from = self.ledger.head()?.size.saturating_sub(LOOK_BACK) + 1;
        let living: BTreeSet<String> = living_runs();
        let mut open: Vec<String> = Vec::new();
        let mut next = from;
        loop {
            let entries = self.ledger.entries(next, MAX_ENTRIES)?;
            let Some(last) = entries.last() else { break };
            next = last.seq + 1;
            for entry in entries.iter().filter(|entry| entry.kind == kind::RUN) {
                let Some((run, what)) = run_note(&entry.body) else { continue };
                open.retain(|other| *other != run);
                if what == "began" && is_of_here(&entry.body) {
                    open.push(run);
                }
            }
        }
        for run in open.into_iter().filter(|run| !living.contains(run)) {
            let body = json!({"run": run, "what": "aborted", "more": {"why": "its runner died"}}).to_string();
            self.append(kind::RUN, &body)?;
        }
        Ok(())
    }

    /// Remembers what became of the run: `began`, `ended`, `aborted`.
    pub(crate) fn note(&mut self, what: &str, more: &serde_json::Value) -> Result<(), Error> {
        let body = json!({"run": self.run, "what": what, "more": more}).to_string();
        self.append(kind::RUN, &body)
    }

    /// Remembers a reading.
    pub(crate) fn observation(&mut self, claim: &Claim, observation: &Observation) -> Result<(), Error> {
        self.append(kind::OBSERVATION, &observation_body(claim, observation))
    }

    /// Remembers a drill; its requests go into a compressed blob named by its digest.
    pub(crate) fn drill(&mut self, claim: &ClaimId, drilled: &Drilled) -> Result<(), Error> {
        let Self { ledger, run, redactor } = self;
        ledger.append_with_blob(history(&drilled.timeline).as_bytes(), |digest| {
            let body = with_run(&drill_body(claim, drilled, digest), run);
            NewEntry {
                kind: kind::DRILL.to_owned(),
                version: BODY_VERSION,
                body: redactor.redact(&body),
                at: outside::now(),
            }
        })?;
        Ok(())
    }

    /// Remembers a verdict.
    pub(crate) fn verdict(&mut self, judged: &Judged) -> Result<(), Error> {
        self.append(kind::VERDICT, &verdict_body(judged))
    }

    /// Remembers a decision.
    pub(crate) fn decision(&mut self, decision: &Decision, environment: &str, only: &[String]) -> Result<(), Error> {
        self.append(kind::DECISION, &decision_body(decision, environment, only))
    }

    /// Remembers that somebody reviewed a risk.
    pub(crate) fn review(&mut self, risk: &str, by: &str, note: &str) -> Result<(), Error> {
        self.append(kind::REVIEW, &json!({"risk": risk, "by": by, "note": note}).to_string())
    }

    /// The memory itself, to look back.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Size and head, to be noted where the ledger's owner cannot write.
    pub(crate) fn head(&self) -> Result<Head, Error> {
        Ok(self.ledger.head()?)
    }

    fn append(&mut self, kind: &str, body: &str) -> Result<(), Error> {
        let body = with_run(body, &self.run);
        self.ledger.append(kind, BODY_VERSION, &self.redactor.redact(&body), outside::now())?;
        Ok(())
    }
}

/// Runs whose runner lives, as their journals say.
fn living_runs() -> BTreeSet<String> {
    let runs = Journal::open_runs(&outside::files::state_directory()).unwrap_or_default();
    runs.iter().filter(|run| run.runner_is_alive()).map(|run| run.run.as_str().to_owned()).collect()
}

/// A body that says which run wrote it: on a shared ledger the entries of several runs lie side by side.
fn with_run(body: &str, run: &str) -> String {
    match serde_json::from_str(body) {
        Ok(serde_json::Value::Object(mut fields)) => {
            fields.entry("run").or_insert_with(|| run.into());
            serde_json::Value::Object(fields).to_string()
        }
        Ok(_) | Err(_) => body.to_owned(),
    }
}

/// The name of this machine; empty where it has none.
fn machine() -> String {
    let name = outside::files::read_text(Path::new("/proc/sys/kernel/hostname"), MAX_NAME_BYTES);
    name.unwrap_or_default().trim().to_owned()
}

/// Whether a run began on this machine; one that does not say so began before ledgers were shared.
fn is_of_here(body: &str) -> bool {
    let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    json["more"]["machine"].as_str().is_none_or(|name| name == machine())
}

/// Which run, and what became of it.
fn run_note(body: &str) -> Option<(String, String)> {
    let json: serde_json::Value = serde_json::from_str(body).ok()?;
    let text = |key: &str| json.get(key)?.as_str().map(str::to_owned);
    Some((text("run")?, text("what")?))
}

/// A drill's requests, one line each: due, latency, outcome, flow.
fn history(timeline: &Timeline) -> String {
    let mut text = "at_us\tlatency_us\toutcome\tbystander\n".to_owned();
    for sample in &timeline.samples {
        let outcome = match sample.outcome {
            Answer::Good => "good",
            Answer::Bad => "bad",
            Answer::Unknown => "unknown",
        };
        let _ = writeln!(text, "{}\t{}\t{outcome}\t{}", sample.at_us, sample.latency_us, sample.bystander);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(directory: &Path) -> Result<Memory, Error> {
        Memory::begin(&directory.join(LEDGER_PATH).as_path().into(), "1-a", Redactor::default(), "local", 7)
    }

    /// Which run, and what became of it, in order.
    fn story(directory: &Path) -> Vec<(String, String)> {
        let ledger = Ledger::open_read_only(directory.join(LEDGER_PATH).as_path()).expect("is there");
        let entries = ledger.entries(1, MAX_ENTRIES).expect("can be read");
        entries.iter().filter_map(|entry| run_note(&entry.body)).collect()
    }

    #[test]
    fn a_run_that_died_is_noted_once_and_one_that_ended_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let at: Address = directory.path().join(LEDGER_PATH).as_path().into();
        let begin = |run| Memory::begin(&at, run, Redactor::default(), "local", 7).expect("begins");
        drop(begin("1-dies"));
        begin("2-ends").note("ended", &json!({})).expect("is noted");
        drop(begin("3-later"));
        let story = story(directory.path());
        let became =
            |run: &str| story.iter().filter(|(of, _)| of == run).map(|(_, what)| what.as_str()).collect::<Vec<_>>();
        assert_eq!(became("1-dies"), ["began", "aborted"]);
        assert_eq!(became("2-ends"), ["began", "ended"]);
        assert_eq!(became("3-later"), ["began"]);
    }

    #[test]
    fn a_run_of_another_machine_is_not_called_dead_here() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join(LEDGER_PATH);
        let elsewhere = json!({"run": "9-far", "what": "began", "more": {"machine": "somewhere else"}}).to_string();
        let mut ledger = Ledger::open(&file).expect("opens");
        ledger.append(kind::RUN, BODY_VERSION, &elsewhere, 0).expect("appends");
        drop(begin(directory.path()).expect("begins"));
        drop(begin(directory.path()).expect("begins"));
        let aborted: Vec<_> = story(directory.path()).into_iter().filter(|(_, what)| what == "aborted").collect();
        assert_eq!(aborted, [("1-a".to_owned(), "aborted".to_owned())]);
    }

    #[test]
    fn every_body_says_which_run_wrote_it() {
        assert_eq!(with_run(r#"{"claim":"R-1/x"}"#, "7"), r#"{"claim":"R-1/x","run":"7"}"#);
        assert_eq!(with_run(r#"{"run":"8","what":"ended"}"#, "7"), r#"{"run":"8","what":"ended"}"#);
    }

    #[test]
    fn a_ledger_that_somebody_edited_is_not_written_on() {
        let directory = tempfile::tempdir().expect("a directory");
        drop(begin(directory.path()).expect("begins"));
        drop(begin(directory.path()).expect("a whole one is written on"));
        let file = directory.path().join(LEDGER_PATH);
        let (mut bytes, old) = (std::fs::read(&file).expect("is there"), b"\"seed\":7");
        for at in (0..bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect::<Vec<_>>() {
            bytes[at + old.len() - 1] = b'8';
        }
        outside::files::write_whole(&file, &bytes).expect("is ours");
        let error = begin(directory.path()).expect_err("is damaged");
        assert!(crate::case::chain(&error).contains("entry 1 was edited"), "{}", crate::case::chain(&error));
    }
}
