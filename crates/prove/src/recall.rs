//! What the ledger remembers of each claim: the last reading of a probe, and the last verdict of a drill.
//!
//! Only what was gathered for the very question that the claim asks today counts. A reading is judged anew, and the newest one
//! counts, whatever became of its run; a drill is judged once, so its verdict counts only for the expectation that it was
//! judged by, and one that holds only from a run that came to its end. A decision over a part of the claims is none over all.

use std::collections::BTreeMap;

use evidence::{Claim, Grade, Judged, Look, Micros, Observation, Reason, Verdict};
use ledger::{Entry, Ledger, MAX_ENTRIES, kind};
use report::{Decided, Last, observation_of, verdict_of};
use serde_json::Value as Json;

use crate::Error;
use crate::case::Case;
use crate::gather::judge;
use crate::memory::BODY_VERSION;
use crate::standing::MAX_READ;

/// What is remembered, by claim and environment.
#[derive(Debug, Default)]
pub(crate) struct Recalled {
    readings: BTreeMap<(String, String), Reading>,
    verdicts: BTreeMap<(String, String), Remembered>,
    decided: BTreeMap<String, Decided>,
    reviews: BTreeMap<String, Micros>,
}

#[derive(Clone, Debug)]
struct Reading {
    asked: Option<String>,
    about: String,
    observation: Option<Observation>,
}

#[derive(Clone, Debug)]
struct Remembered {
    asked: Option<String>,
    about: String,
    expect: Option<String>,
    verdict: Option<Verdict>,
    grade: Option<Grade>,
    reason: String,
    would_change: String,
    at: Micros,
    seq: u64,
}

/// Reads the last [`MAX_READ`] entries.
pub(crate) fn recall(ledger: &Ledger) -> Result<Recalled, Error> {
    let mut walk = Walk::default();
    let mut next = ledger.head()?.size.saturating_sub(MAX_READ) + 1;
    loop {
        let entries = ledger.entries(next, MAX_ENTRIES)?;
        let Some(last) = entries.last() else { break };
        next = last.seq + 1;
        if let Some(newer) = entries.iter().find(|entry| entry.version > BODY_VERSION) {
            let at = format!("{}, entry {}", ledger.at(), newer.seq);
            return Err(ledger::Error::Newer { at, found: newer.version, known: BODY_VERSION }.into());
        }
        entries.iter().for_each(|entry| walk.take(entry));
    }
    Ok(walk.whole)
}

/// Runs as the ledger tells them, several of them mixed where they wrote at once.
#[derive(Default)]
struct Walk {
    whole: Recalled,
    /// Runs that have begun and not ended, by name, each with its environment.
    open: BTreeMap<String, (String, Recalled)>,
}

impl Walk {
    fn take(&mut self, entry: &Entry) {
        let Ok(body) = serde_json::from_str::<Json>(&entry.body) else { return };
        match entry.kind.as_str() {
            kind::RUN => self.run(&body),
            kind::OBSERVATION => self.observation(entry, &body),
            kind::VERDICT => self.verdict(entry, &body),
            kind::DECISION => self.decision(entry, &body),
            kind::REVIEW => {
                if let Some(risk) = body["risk"].as_str() {
                    self.whole.reviews.insert(risk.to_owned(), entry.at);
                }
            }
            _ => {}
        }
    }

    fn run(&mut self, body: &Json) {
        let run = body["run"].as_str().unwrap_or_default().to_owned();
        match body["what"].as_str() {
            Some("began") => {
                let environment = body["more"]["environment"].as_str().unwrap_or_default().to_owned();
                self.open.insert(run, (environment, Recalled::default()));
            }
            Some("ended") => {
                if let Some((_, open)) = self.open.remove(&run) {
                    for (key, verdict) in open.verdicts {
                        self.whole.keep(key, verdict);
                    }
                    self.whole.decided.extend(open.decided);
                }
            }
            _ => drop(self.open.remove(&run)),
        }
    }

    /// The run that wrote an entry. One that does not say so was written when runs did not share a ledger; where several
    /// are open, nobody knows whose it is.
    fn run_of(&mut self, body: &Json) -> Option<&mut (String, Recalled)> {
        match (body["run"].as_str(), self.open.len()) {
            (Some(run), _) => self.open.get_mut(run),
            (None, 1) => self.open.values_mut().next(),
            (None, _) => None,
        }
    }

    fn decision(&mut self, entry: &Entry, body: &Json) {
        let words = |one: &Json| {
            let what = one["what"].as_str().unwrap_or("");
            let risk = one["risk"].as_str().unwrap_or("");
            if what.starts_with(risk) { what.to_owned() } else { format!("{risk}: {what}") }
        };
        let by = body["decided_by"].as_array().map(|all| all.iter().map(words).collect()).unwrap_or_default();
        let outcome = body["outcome"].as_str().unwrap_or_default().to_owned();
        let is_whole = body["only"].as_array().is_none_or(Vec::is_empty);
        if let Some((environment, open)) = self.run_of(body).filter(|_| is_whole) {
            open.decided.insert(environment.clone(), Decided { outcome, by, at: entry.at });
        }
    }

    fn observation(&mut self, entry: &Entry, body: &Json) {
        let Some(claim) = body["claim"].as_str() else { return };
        let read = observation_of(body, entry.at);
        let (asked, observation) = read.map_or((None, None), |(asked, observation)| (Some(asked), Some(observation)));
        let environment = self.run_of(body).map(|(environment, _)| environment.clone());
        if let Some(environment) = environment {
            let about = body["about"].as_str().unwrap_or_default().to_owned();
            self.whole.readings.insert((claim.to_owned(), environment), Reading { asked, about, observation });
        }
    }

    fn verdict(&mut self, entry: &Entry, body: &Json) {
        let Some(claim) = body["claim"].as_str() else { return };
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        let remembered = Remembered {
            asked: text("asked"),
            about: text("about").unwrap_or_default(),
            expect: text("expect"),
            verdict: verdict_of(body),
            grade: text("grade").and_then(|grade| Grade::parse(&grade)),
            reason: text("reason").unwrap_or_default(),
            would_change: text("would_change").unwrap_or_default(),
            at: entry.at,
            seq: entry.seq,
        };
        let Some((environment, open)) = self.run_of(body) else { return };
        let key = (claim.to_owned(), environment.clone());
        if remembered.verdict.as_ref().is_some_and(Verdict::is_held) {
            open.verdicts.insert(key, remembered);
        } else {
            // What does not hold takes away what held before, however the run ends.
            open.verdicts.remove(&key);
            self.whole.keep(key, remembered);
        }
    }
}

impl Recalled {
    /// Keeps the newer one of two verdicts.
    fn keep(&mut self, key: (String, String), verdict: Remembered) {
        if self.verdicts.get(&key).is_none_or(|known| known.seq < verdict.seq) {
            self.verdicts.insert(key, verdict);
        }
    }

    /// The last verdict on a claim in an environment, as it was given.
    pub(crate) fn last(&self, claim: &str, environment: &str) -> Option<Last> {
        let last = self.verdicts.get(&(claim.to_owned(), environment.to_owned()))?;
        Some(Last {
            verdict: last.verdict.as_ref()?.word().to_owned(),
            grade: Grade::word_of(last.grade).to_owned(),
            reason: last.reason.clone(),
            at: last.at,
        })
    }

    /// The last decision for an environment.
    pub(crate) fn decided(&self, environment: &str) -> Option<Decided> {
        self.decided.get(environment).cloned()
    }

    /// When a risk was last reviewed.
    pub(crate) fn review(&self, risk: &str) -> Option<Micros> {
        self.reviews.get(risk).copied()
    }

    /// The verdict on a claim today, and the reading that it rests on.
    pub(crate) fn judge(
        &self,
        claim: &Claim,
        case: &Case,
        environment: &str,
        now: Micros,
    ) -> (Judged, Option<Observation>) {
        let mut counting: Vec<&str> = claim.environments.iter().map(String::as_str).collect();
        if counting.is_empty() {
            counting.push(environment);
        }
        counting.sort_by_key(|name| *name != environment);
        match claim.look {
            Look::Probe => self.judge_reading(claim, case, &counting, now),
            Look::Drill => (self.judge_drill(claim, &counting, now), None),
        }
    }

    fn judge_reading(
        &self,
        claim: &Claim,
        case: &Case,
        counting: &[&str],
        now: Micros,
    ) -> (Judged, Option<Observation>) {
        let all = counting.iter().filter_map(|name| self.readings.get(&(claim.id.to_string(), (*name).to_owned())));
        let judged = all.map(|reading| match (&reading.asked, &reading.observation) {
            (Some(_), _) if is_about_another(claim, &reading.about) => (of_another_system(claim), None),
            (Some(asked), Some(observation)) if *asked == claim.asked() => {
                (judge(claim, observation, &case.directory, &case.system, now), Some(observation.clone()))
            }
            (Some(_), _) => (of_another_question(claim), None),
            (None, _) => (unreadable(claim), None),
        });
        // What is broken where it counts is not outweighed from elsewhere; the environment at hand comes first.
        let weight = |judged: &Judged| u8::from(judged.verdict.is_broken());
        let best = judged.reduce(|best, other| if weight(&other.0) > weight(&best.0) { other } else { best });
        best.unwrap_or_else(|| (never(claim, counting), None))
    }

    fn judge_drill(&self, claim: &Claim, counting: &[&str], now: Micros) -> Judged {
        let all = counting.iter().filter_map(|name| self.verdicts.get(&(claim.id.to_string(), (*name).to_owned())));
        let rank = |remembered: &&Remembered| (remembered.verdict == Some(Verdict::Broken), remembered.seq);
        let Some(last) = all.max_by_key(rank) else { return never(claim, counting) };
        let (Some(verdict), Some(asked), Some(expect)) = (&last.verdict, &last.asked, &last.expect) else {
            return unreadable(claim);
        };
        if *asked != claim.asked() || expect != claim.expect.text() {
            return of_another_question(claim);
        }
        if is_about_another(claim, &last.about) {
            return of_another_system(claim);
        }
        let Ok(age) = u64::try_from(now.saturating_sub(last.at)) else {
            let why = "The last drill is dated in the future, so its age cannot be told.";
            return Judged::not_seen(claim, Reason::Inconclusive, why, "a drill by a clock that agrees with this one");
        };
        // A drill is of the time at which it was carried out.
        let counts = claim.every.into_iter().chain(claim.max_age).min();
        if counts.is_some_and(|counts| u128::from(age) > counts.as_micros()) {
            let days = age / 86_400_000_000;
            let why = format!(
                "The last drill was {days} days ago, and counts for {} only.",
                text::print_duration(counts.unwrap_or_default())
            );
            return Judged::not_seen(claim, Reason::Stale, why, "a new drill");
        }
        let demanded = claim.min_grade.unwrap_or(Grade::Absent);
        if verdict.is_held() && !Grade::reaches(last.grade, demanded) {
            let why = format!(
                "{} But this is evidence of grade {}, and the claim asks for {demanded}.",
                last.reason,
                Grade::word_of(last.grade)
            );
            return Judged::not_seen(claim, Reason::Inconclusive, why, format!("evidence of grade {demanded}"));
        }
        Judged {
            claim: claim.clone(),
            verdict: verdict.clone(),
            grade: last.grade,
            reason: last.reason.clone(),
            would_change: last.would_change.clone(),
            controls: None,
        }
    }
}

fn never(claim: &Claim, counting: &[&str]) -> Judged {
    let where_from = counting.join(", ");
    let why = format!("The ledger remembers nothing of it from {where_from}.");
    Judged::not_seen(claim, Reason::NoData, why, again(claim))
}

fn of_another_question(claim: &Claim) -> Judged {
    let why = "The claim was changed since it was looked at: what the ledger remembers answers another question.";
    Judged::not_seen(claim, Reason::Stale, why, again(claim))
}

/// Whether an entry is known to be about something else; one of an earlier version does not say what it is about.
fn is_about_another(claim: &Claim, about: &str) -> bool {
    !about.is_empty() && about != claim.about
}

fn of_another_system(claim: &Claim) -> Judged {
    let why = match claim.look {
        Look::Drill => "The system was changed in seaworthy.yaml since the drill: what held then may not hold now.",
        Look::Probe => "The component was changed in seaworthy.yaml since it was looked at.",
    };
    Judged::not_seen(claim, Reason::Stale, why, again(claim))
}

fn unreadable(claim: &Claim) -> Judged {
    let why = "What the ledger remembers of it does not say what was asked: an earlier version wrote it.";
    Judged::not_seen(claim, Reason::Unknown, why, again(claim))
}

fn again(claim: &Claim) -> String {
    let command = match claim.look {
        Look::Probe => "probe",
        Look::Drill => "prove --only",
    };
    format!("`seaworthy {command} {}`", claim.id)
}

#[cfg(test)]
mod tests {
    use ledger::NewEntry;
    use serde_json::json;

    use super::*;

    /// What is remembered of `local` after these entries.
    fn after(entries: &[(&str, i64, Json)]) -> Result<Recalled, Error> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("ledger.db");
        let new = entries.iter().map(|(kind, version, body)| NewEntry {
            kind: (*kind).to_owned(),
            version: *version,
            body: body.to_string(),
            at: 0,
        });
        let new: Vec<NewEntry> = new.collect();
        Ledger::open(&path).expect("opens").append_many(&new).expect("appends");
        recall(&Ledger::open(&path)?)
    }

    fn run(run: &str, what: &str, environment: &str) -> (&'static str, i64, Json) {
        (kind::RUN, 1, json!({"run": run, "what": what, "more": {"environment": environment}}))
    }

    fn verdict(run: &str, verdict: &str) -> (&'static str, i64, Json) {
        (kind::VERDICT, 1, json!({"claim": "R-1/x", "verdict": verdict, "run": run}))
    }

    #[test]
    fn runs_that_lie_side_by_side_keep_their_verdicts() {
        let entries = [
            run("1", "began", "local"),
            run("2", "began", "staging"),
            verdict("1", "broken"),
            verdict("2", "held"),
            run("2", "ended", "staging"),
            run("1", "ended", "local"),
        ];
        let remembered = after(&entries).expect("is read");
        assert_eq!(
            remembered.last("R-1/x", "local").expect("is there").verdict,
            "broken",
            "what holds in staging says nothing here"
        );
    }

    #[test]
    fn what_is_broken_takes_away_what_held_however_its_run_ends() {
        let held = [run("1", "began", "local"), verdict("1", "held"), run("1", "ended", "local")];
        let of = |more: &[(&'static str, i64, Json)]| {
            let all: Vec<_> = held.iter().chain(more).cloned().collect();
            after(&all).expect("is read").last("R-1/x", "local").expect("is there").verdict
        };
        assert_eq!(of(&[]), "held");
        assert_eq!(of(&[run("2", "began", "local"), verdict("2", "broken")]), "broken", "a run that died");
        assert_eq!(of(&[run("2", "began", "local"), verdict("2", "held")]), "held");
        // A run that began first and ended last is older than what was seen in between.
        let mixed = [
            run("2", "began", "local"),
            verdict("2", "held"),
            run("3", "began", "local"),
            verdict("3", "broken"),
            run("3", "ended", "local"),
            run("2", "ended", "local"),
        ];
        assert_eq!(of(&mixed), "broken");
    }

    #[test]
    fn an_entry_of_a_newer_version_is_refused_and_not_skipped() {
        let newer = (kind::VERDICT, 2, json!({"claim": "R-1/x"}));
        let error = after(&[run("1", "began", "local"), newer]).expect_err("is refused");
        assert!(crate::case::chain(&error).contains("use a newer seaworthy"), "{}", crate::case::chain(&error));
    }

    #[test]
    fn entries_that_name_no_run_belong_to_the_only_one() {
        let old = (kind::VERDICT, 1, json!({"claim": "R-1/x", "verdict": "held"}));
        let entries = [run("1", "began", "local"), old.clone(), run("1", "ended", "local")];
        assert_eq!(after(&entries).expect("is read").last("R-1/x", "local").expect("is there").verdict, "held");
        let entries = [run("1", "began", "local"), run("2", "began", "local"), old, run("1", "ended", "local")];
        assert!(after(&entries).expect("is read").last("R-1/x", "local").is_none(), "whose it is cannot be told");
    }
}
