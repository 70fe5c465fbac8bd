//! How things stand: the registers, and beside them the last verdicts that the ledger remembers.

use std::collections::BTreeMap;

use evidence::Look;
use ledger::{Address, Entry, Ledger, MAX_ENTRIES, kind};
use report::{Decided, Last, Seen, Standing};
use serde_json::Value as Json;

use crate::memory::BODY_VERSION;
use crate::{Case, Error, Registers};

/// The most entries at the end of the ledger that are read.
pub const MAX_READ: u64 = 100_000;

/// What the ledger remembers of an environment, beside the registers of a case. Only runs that ended count: a run that died
/// may have judged a part.
///
/// # Errors
/// The ledger's, and [`Error::Ledger`] with `Damaged` when somebody edited it: what was edited is not told on.
pub fn standing(case: Case, ledger: &Address, environment: &str) -> Result<Standing, Error> {
    let remembered = remember(ledger, environment)?;
    let claims = case.tasks.iter().map(|task| {
        let claim = &task.claim;
        let id = claim.id.to_string();
        let own = [claim.id.risk.to_string()].into_iter();
        Seen {
            last: remembered.verdicts.get(&id).cloned(),
            risks: own.chain(claim.also.iter().map(ToString::to_string)).collect(),
            claim: id,
            says: claim.says.clone(),
            kind: claim.kind.clone(),
            is_drill: matches!(claim.look, Look::Drill),
        }
    });
    let claims = claims.collect();
    let accepted = case
        .claims
        .acceptances
        .iter()
        .map(|acceptance| (acceptance.risk.to_string().to_lowercase(), acceptance.until.to_string()))
        .collect();
    Ok(Standing {
        system: case.system.name.clone(),
        environment: environment.to_owned(),
        registers: case.registers,
        claims,
        decided: remembered.decided,
        accepted,
    })
}

/// Registers without any `seaworthy.yaml`: nothing was ever seen.
pub fn unseen(name: &str, registers: Registers) -> Standing {
    Standing {
        system: name.to_owned(),
        environment: "local".to_owned(),
        registers: registers.registers,
        ..Standing::default()
    }
}

#[derive(Default)]
struct Remembered {
    verdicts: BTreeMap<String, Last>,
    decided: Option<Decided>,
}

/// A missing ledger remembers nothing.
fn remember(at: &Address, environment: &str) -> Result<Remembered, Error> {
    let ledger = match Ledger::open_read_only(at) {
        Ok(ledger) => ledger,
        Err(ledger::Error::Missing { .. }) => return Ok(Remembered::default()),
        Err(error) => return Err(error.into()),
    };
    if let Some(flaw) = ledger.verify(&[])?.problems.first() {
        return Err(ledger::Error::Damaged { at: at.to_string(), what: flaw.to_string() }.into());
    }
    let mut memory = Walk { environment, open: BTreeMap::new(), remembered: Remembered::default() };
    let mut next = ledger.head()?.size.saturating_sub(MAX_READ) + 1;
    loop {
        let entries = ledger.entries(next, MAX_ENTRIES)?;
        let Some(last) = entries.last() else { break };
        next = last.seq + 1;
        if let Some(newer) = entries.iter().find(|entry| entry.version > BODY_VERSION) {
            let at = format!("{at}, entry {}", newer.seq);
            return Err(ledger::Error::Newer { at, found: newer.version, known: BODY_VERSION }.into());
        }
        entries.iter().for_each(|entry| memory.take(entry));
    }
    Ok(memory.remembered)
}

struct Walk<'w> {
    environment: &'w str,
    /// What each run that did not end yet said so far, and whether it is of the environment. Runs may lie side by side on
    /// a shared ledger.
    open: BTreeMap<String, (bool, Remembered)>,
    remembered: Remembered,
}

impl Walk<'_> {
    fn take(&mut self, entry: &Entry) {
        let Ok(body) = serde_json::from_str::<Json>(&entry.body) else { return };
        let text = |key: &str| body[key].as_str().unwrap_or("").to_owned();
        let run = text("run");
        if entry.kind == kind::RUN {
            self.take_run(run, &body);
        } else if entry.kind == kind::VERDICT {
            let last = Last { verdict: text("verdict"), grade: text("grade"), reason: text("reason"), at: entry.at };
            if let Some(open) = self.of(&run) {
                open.verdicts.insert(text("claim"), last);
            }
        } else if entry.kind == kind::DECISION
            && let Some(open) = self.of(&run)
        {
            let words = |one: &Json| {
                let what = one["what"].as_str().unwrap_or("");
                let risk = one["risk"].as_str().unwrap_or("");
                if what.starts_with(risk) { what.to_owned() } else { format!("{risk}: {what}") }
            };
            let by = body["decided_by"].as_array().map(|all| all.iter().map(words).collect()).unwrap_or_default();
            open.decided = Some(Decided { outcome: text("outcome"), by, at: entry.at });
        }
    }

    fn take_run(&mut self, run: String, body: &Json) {
        match body["what"].as_str() {
            Some("began") => {
                let is_ours = body["more"]["environment"] == self.environment;
                self.open.insert(run, (is_ours, Remembered::default()));
            }
            Some("ended") => {
                if let Some((true, open)) = self.open.remove(&run) {
                    self.remembered.verdicts.extend(open.verdicts);
                    self.remembered.decided = open.decided.or(self.remembered.decided.take());
                }
            }
            _ => drop(self.open.remove(&run)),
        }
    }

    /// The run that wrote an entry. One that does not say so was written when runs did not share a ledger; where several
    /// are open, nobody knows whose it is.
    fn of(&mut self, run: &str) -> Option<&mut Remembered> {
        let open = match (run, self.open.len()) {
            ("", 1) => self.open.values_mut().next(),
            ("", _) => None,
            (run, _) => self.open.get_mut(run),
        };
        open.filter(|(is_ours, _)| *is_ours).map(|(_, remembered)| remembered)
    }
}

#[cfg(test)]
mod tests {
    use ledger::NewEntry;
    use serde_json::json;

    use super::*;

    /// What is remembered of `local` after these entries.
    fn after(entries: &[(&str, i64, Json)]) -> Result<Remembered, Error> {
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
        remember(&Address::from(&path), "local")
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
        assert_eq!(remembered.verdicts["R-1/x"].verdict, "broken", "what holds in staging says nothing here");
    }

    #[test]
    fn an_entry_of_a_newer_version_is_refused_and_not_skipped() {
        let newer = (kind::VERDICT, 2, json!({"claim": "R-1/x"}));
        let error = after(&[run("1", "began", "local"), newer]).err().expect("is refused");
        assert!(crate::case::chain(&error).contains("use a newer seaworthy"), "{}", crate::case::chain(&error));
    }

    #[test]
    fn entries_that_name_no_run_belong_to_the_only_one() {
        let old = (kind::VERDICT, 1, json!({"claim": "R-1/x", "verdict": "held"}));
        let entries = [run("1", "began", "local"), old.clone(), run("1", "ended", "local")];
        assert_eq!(after(&entries).expect("is read").verdicts["R-1/x"].verdict, "held");
        let entries = [run("1", "began", "local"), run("2", "began", "local"), old, run("1", "ended", "local")];
        assert!(after(&entries).expect("is read").verdicts.is_empty(), "whose it is cannot be told");
    }
}
