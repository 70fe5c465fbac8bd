//! How things stand: the registers, and beside them the last verdicts that the ledger remembers.

use std::collections::BTreeMap;
use std::path::Path;

use evidence::Look;
use ledger::{Entry, Ledger, MAX_ENTRIES, kind};
use report::{Decided, Last, Seen, Standing};
use serde_json::Value as Json;

use crate::{Case, Error, LEDGER_PATH, Registers};

/// The most entries at the end of the ledger that are read.
pub const MAX_READ: u64 = 100_000;

/// What the ledger remembers of an environment, beside the registers of a case. Only runs that ended count: a run that died
/// may have judged a part.
///
/// # Errors
/// The ledger's, and [`Error::Ledger`] with `Damaged` when somebody edited it: what was edited is not told on.
pub fn standing(case: Case, environment: &str) -> Result<Standing, Error> {
    let remembered = remember(&case.directory.join(LEDGER_PATH), environment)?;
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
fn remember(path: &Path, environment: &str) -> Result<Remembered, Error> {
    let ledger = match Ledger::open_read_only(path) {
        Ok(ledger) => ledger,
        Err(ledger::Error::Missing { .. }) => return Ok(Remembered::default()),
        Err(error) => return Err(error.into()),
    };
    if let Some(flaw) = ledger.verify(None)?.problems.first() {
        return Err(ledger::Error::Damaged { path: path.to_owned(), what: flaw.to_string() }.into());
    }
    let mut memory = Walk { environment, open: None, remembered: Remembered::default() };
    let mut next = ledger.head()?.size.saturating_sub(MAX_READ) + 1;
    loop {
        let entries = ledger.entries(next, MAX_ENTRIES)?;
        let Some(last) = entries.last() else { break };
        next = last.seq + 1;
        entries.iter().for_each(|entry| memory.take(entry));
    }
    Ok(memory.remembered)
}

struct Walk<'w> {
    environment: &'w str,
    /// What the run that is being read said so far, when it is of the environment.
    open: Option<Remembered>,
    remembered: Remembered,
}

impl Walk<'_> {
    fn take(&mut self, entry: &Entry) {
        let Ok(body) = serde_json::from_str::<Json>(&entry.body) else { return };
        let text = |key: &str| body[key].as_str().unwrap_or("").to_owned();
        if entry.kind == kind::RUN {
            match body["what"].as_str() {
                Some("began") => {
                    let is_ours = body["more"]["environment"] == self.environment;
                    self.open = is_ours.then(Remembered::default);
                }
                Some("ended") => {
                    if let Some(open) = self.open.take() {
                        self.remembered.verdicts.extend(open.verdicts);
                        self.remembered.decided = open.decided.or(self.remembered.decided.take());
                    }
                }
                _ => self.open = None,
            }
        } else if entry.kind == kind::VERDICT {
            let last = Last { verdict: text("verdict"), grade: text("grade"), reason: text("reason"), at: entry.at };
            if let Some(open) = &mut self.open {
                open.verdicts.insert(text("claim"), last);
            }
        } else if entry.kind == kind::DECISION
            && let Some(open) = &mut self.open
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
}
