//! The gate: judges what the ledger holds, and decides. Starts nothing, breaks nothing, looks at nothing.

use evidence::{Micros, RiskId};
use ledger::Address;
use register::parts::Promise;
use register::{Register, Risk, State};
use report::{Proof, Review};
use serde_json::json;

use crate::Error;
use crate::case::Case;
use crate::gather::{Gathered, redactor};
use crate::memory::Memory;
use crate::recall::{Recalled, recall};
use crate::run::{Frame, Options, begin, check_environment, select, weigh};
use crate::standing::remember;

/// Microseconds of a day.
const DAY: Micros = 86_400_000_000;

/// Judges every claim by what the ledger remembers of it, decides, and remembers the decision.
///
/// # Errors
/// Nothing is selected, the environment is unknown, the ledger cannot be written or was edited.
pub fn gate(case: &Case, options: &Options) -> Result<Proof, Error> {
    check_environment(&case.system, &options.environment)?;
    let tasks = select(&case.tasks, &options.only)?;
    let began = outside::now();
    let run = outside::process::RunMark::fresh();
    let mut memory = begin(case, options, &run)?;
    let recalled = recall(memory.ledger())?;
    let mut seen = Gathered::default();
    for task in tasks {
        let (judged, observation) = recalled.judge(&task.claim, &case.system, &options.environment, outside::now());
        seen.observations.extend(observation.map(|observation| (task.claim.id.clone(), observation)));
        seen.judged.push(judged);
    }
    let version = outside::git::head(&case.directory);
    let mut proof = weigh(case, options, seen, Frame { began, version, left: Vec::new() });
    let overdue = reviews(case, &recalled, proof.ended).into_iter().filter(|review| review.overdue_days > 0);
    proof.decision.warnings.extend(overdue.map(|review| overdue_words(&review)));
    proof.decision.warnings.extend(of_another_version(&proof));
    memory.decision(&proof.decision, &options.environment)?;
    memory.note("ended", &json!({"outcome": format!("{:?}", proof.decision.outcome), "left": []}))?;
    let head = memory.head()?;
    proof.head = Some((head.size, head.hash));
    Ok(proof)
}

fn overdue_words(review: &Review) -> String {
    let Review { risk, days, promised, .. } = review;
    format!("the review of {risk} is {}, and {promised} promises one every {days} days", review.state())
}

/// Evidence of another version than the one at hand.
fn of_another_version(proof: &Proof) -> Option<String> {
    let here = proof.version.as_deref()?;
    let commit = |version: &str| version.split('+').next().unwrap_or(version).to_owned();
    let is_other = |version: &str| {
        let seen = commit(version);
        !here.starts_with(&seen) || version.contains('+')
    };
    let others: Vec<String> = proof
        .observations
        .iter()
        .filter(|(_, observation)| observation.version.as_deref().is_some_and(is_other))
        .map(|(claim, observation)| format!("{claim} ({})", observation.version.as_deref().unwrap_or("?")))
        .collect();
    let short: String = here.chars().take(12).collect();
    (!others.is_empty()).then(|| format!("seen of another version than the one here ({short}): {}", others.join(", ")))
}

/// The reviews that the registers promise, for each open risk, those most overdue first.
///
/// # Errors
/// The ledger cannot be read, or was edited.
pub fn calendar(case: &Case, ledger: &Address, now: Micros) -> Result<Vec<Review>, Error> {
    Ok(reviews(case, &remember(ledger)?, now))
}

fn reviews(case: &Case, recalled: &Recalled, now: Micros) -> Vec<Review> {
    let mut all: Vec<Review> =
        case.registers.iter().flat_map(|register| of_register(register, recalled, now)).collect();
    all.sort_by(|left, right| (-left.overdue_days, &left.risk).cmp(&(-right.overdue_days, &right.risk)));
    all
}

/// Every open risk with the shortest rhythm that is promised for it, or for all.
fn of_register(register: &Register, recalled: &Recalled, now: Micros) -> Vec<Review> {
    let promised = |at: usize| {
        let reviews = register.parts.cadences.iter().filter(|cadence| cadence.promise == Promise::Review);
        reviews.filter(|cadence| cadence.risk.is_none_or(|risk| risk == at)).min_by_key(|cadence| cadence.days)
    };
    let of = |(at, risk): (usize, &Risk)| {
        let cadence = promised(at).filter(|_| risk.state != State::Closed)?;
        let last = recalled.review(&risk.id);
        let due = last.map_or(now - DAY, |last| last.saturating_add(i64::from(cadence.days) * DAY));
        Some(Review {
            risk: risk.id.clone(),
            title: risk.title.clone(),
            days: cadence.days,
            promised: format!("{}:{}", register.path(), cadence.line),
            last,
            overdue_days: now.saturating_sub(due).div_euclid(DAY),
        })
    };
    register.risks.iter().enumerate().filter_map(of).collect()
}

/// Records that risks were reviewed: by whom, and what came of it.
///
/// # Errors
/// A risk that no register holds; the ledger cannot be written, or was edited.
pub fn review(case: &Case, ledger: &Address, risks: &[String], by: &str, note: &str) -> Result<(u64, String), Error> {
    let known = |id: &String| case.registers.iter().any(|register| register.risks.iter().any(|risk| risk.id == *id));
    if let Some(unknown) = risks.iter().find(|id| !known(id) || RiskId::try_new(id).is_none()) {
        return Err(Error::NothingSelected { wanted: unknown.clone() });
    }
    let run = outside::process::RunMark::fresh();
    let mut memory = Memory::open(ledger, run.as_str(), redactor(&case.system))?;
    for risk in risks {
        memory.review(risk, by, note)?;
    }
    let head = memory.head()?;
    Ok((head.size, head.hash))
}
