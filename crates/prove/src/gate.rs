//! The gate: judges what the ledger holds, and decides. Starts nothing, breaks nothing, looks at nothing.

use std::collections::BTreeSet;

use evidence::{Micros, RiskId};
use ledger::Address;
use register::parts::Promise;
use register::{Register, Risk, State};
use report::{Proof, Review};
use serde_json::json;

use crate::Error;
use crate::case::{Case, Task};
use crate::gather::{Gathered, redactor};
use crate::memory::Memory;
use crate::place::ledger_at;
use crate::recall::{Recalled, recall};
use crate::run::{Frame, Options, begin, check_environment, select, weigh};
use crate::standing::remember;

/// Anchors of the ledger that people commit, beside the file.
pub const ANCHORS_NAME: &str = "seaworthy.anchors";

/// The largest file of anchors that is read.
pub const MAX_ANCHORS_BYTES: usize = 16 * 1024 * 1024;

/// Microseconds of a day.
const DAY: Micros = 86_400_000_000;

/// Judges every claim by what the ledger remembers of it, decides, and remembers the decision.
///
/// # Errors
/// Nothing is selected, the environment is unknown, the ledger cannot be written or was edited.
pub fn gate(case: &Case, options: &Options) -> Result<Proof, Error> {
    check_environment(&case.system, &options.environment)?;
    let tasks = touched(case, &select(&case.tasks, &options.only)?);
    let began = outside::now();
    let run = outside::process::RunMark::fresh();
    anchored(case, options)?;
    let mut memory = begin(case, options, &run)?;
    let recalled = recall(memory.ledger())?;
    let mut seen = Gathered::default();
    for task in tasks {
        let (judged, observation) = recalled.judge(&task.claim, case, &options.environment, outside::now());
        seen.observations.extend(observation.map(|observation| (task.claim.id.clone(), observation)));
        seen.judged.push(judged);
    }
    let version = outside::git::head(&case.directory);
    let is_dirty = outside::git::changes(&case.directory, "HEAD").is_some_and(|changes| !changes.is_empty());
    let mut proof = weigh(case, options, seen, Frame { began, version, left: Vec::new() });
    let overdue = reviews(case, &recalled, proof.ended).into_iter().filter(|review| review.overdue_days > 0);
    proof.decision.warnings.extend(overdue.map(|review| overdue_words(&review)));
    proof.decision.warnings.extend(of_another_version(&proof));
    if is_dirty && proof.observations.iter().any(|(_, seen)| seen.version.as_deref().is_some_and(is_clean)) {
        proof.decision.warnings.push("files here differ from the commit that was looked at".to_owned());
    }
    if !options.only.is_empty() {
        let what = format!("only {} was asked for: this decides nothing about the rest", options.only.join(", "));
        proof.decision.warnings.push(what);
    }
    memory.decision(&proof.decision, &options.environment, &options.only)?;
    memory.note("ended", &json!({"outcome": format!("{:?}", proof.decision.outcome), "left": []}))?;
    let head = memory.head()?;
    proof.head = Some((head.size, head.hash));
    Ok(proof)
}

fn overdue_words(review: &Review) -> String {
    let Review { risk, days, promised, .. } = review;
    format!("the review of {risk} is {}, and {promised} promises one every {days} days", review.state())
}

/// Holds the ledger against the anchors that people committed, where there are any: what was cut or rolled back decides nothing.
fn anchored(case: &Case, options: &Options) -> Result<(), Error> {
    let file = case.directory.join(ANCHORS_NAME);
    if !file.is_file() {
        return Ok(());
    }
    let at = ledger_at(&case.system, &case.directory, &options.environment, options.ledger.as_deref())?;
    let damaged = |what: String| Error::from(ledger::Error::Damaged { at: at.to_string(), what });
    let text = outside::files::read_text(&file, MAX_ANCHORS_BYTES)
        .map_err(|error| damaged(format!("{ANCHORS_NAME} cannot be read: {error}")))?;
    let anchors =
        ledger::anchors(&text).map_err(|line| damaged(format!("line {line} of {ANCHORS_NAME} is no anchor")))?;
    let ledger = match ledger::Ledger::open_read_only(&at) {
        Ok(ledger) => ledger,
        // Nothing is remembered here, and nothing is decided from it.
        Err(ledger::Error::Missing { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    match ledger.verify(&anchors)?.problems.first() {
        Some(flaw) => Err(damaged(flaw.to_string())),
        None => Ok(()),
    }
}

/// Every claim of every risk that the selected ones belong to: half of the claims of a risk would show it mitigated.
fn touched<'c>(case: &'c Case, selected: &[&Task]) -> Vec<&'c Task> {
    let risks = |task: &Task| -> Vec<RiskId> {
        std::iter::once(&task.claim.id.risk).chain(&task.claim.also).cloned().collect()
    };
    let meant: BTreeSet<RiskId> = selected.iter().flat_map(|task| risks(task)).collect();
    case.tasks.iter().filter(|task| risks(task).iter().any(|risk| meant.contains(risk))).collect()
}

fn is_clean(version: &str) -> bool {
    !version.contains('+')
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
