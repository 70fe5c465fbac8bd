//! How things stand: the registers, and beside them the last verdicts that the ledger remembers.

use evidence::Look;
use ledger::{Address, Ledger};
use report::{Seen, Standing};

use crate::recall::{Recalled, recall};
use crate::{Case, Error, Registers};

/// The most entries at the end of the ledger that are read.
pub const MAX_READ: u64 = 100_000;

/// What the ledger remembers of an environment, beside the registers of a case. Only runs that ended count: a run that died
/// may have judged a part.
///
/// # Errors
/// The ledger's, and [`Error::Ledger`] with `Damaged` when somebody edited it: what was edited is not told on.
pub fn standing(case: Case, ledger: &Address, environment: &str) -> Result<Standing, Error> {
    let remembered = remember(ledger)?;
    let claims = case.tasks.iter().map(|task| {
        let claim = &task.claim;
        let id = claim.id.to_string();
        let own = [claim.id.risk.to_string()].into_iter();
        Seen {
            last: remembered.last(&id, environment),
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
        decided: remembered.decided(environment),
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

/// A missing ledger remembers nothing.
pub(crate) fn remember(at: &Address) -> Result<Recalled, Error> {
    let ledger = match Ledger::open_read_only(at) {
        Ok(ledger) => ledger,
        Err(ledger::Error::Missing { .. }) => return Ok(Recalled::default()),
        Err(error) => return Err(error.into()),
    };
    if let Some(flaw) = ledger.verify(&[])?.problems.first() {
        return Err(ledger::Error::Damaged { at: at.to_string(), what: flaw.to_string() }.into());
    }
    recall(&ledger)
}
