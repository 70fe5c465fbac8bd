//! A recovery point that no backup can keep: what may be lost is less than what lies between two copies.
//!
//! Every copy that is known counts, from this document, other documents and manifests, and the most frequent one decides.
//! Where anything copies all the time, nothing is said. That the copies can be restored is a matter of evidence.

use text::{Severity, Span};

use super::quoted;
use crate::lint::{Finding, Look, RecoveryFact, RecoverySide, Rule};
use crate::recovery::{Timed, recovery};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "recovery-point",
    severity: Severity::Warning,
    what: "data may be lost for less time than lies between two backups, in this document or between two files",
    why: "the promise cannot be kept: what was written since the last backup is gone",
    before: "RPO: 15 minutes .. Mitigation: daily backups",
    after: "RPO: 24 hours .. Mitigation: daily backups",
};

const HELP: &str = "back up more often, archive continuously, or promise what the backups give";
const MINUTES_AN_HOUR: u64 = 60;
const MINUTES_A_DAY: u64 = 24 * MINUTES_AN_HOUR;

/// A copy that is known, and where it stands in this document.
struct Copy {
    minutes: u64,
    says: String,
    place: String,
    span: Option<Span>,
}

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let here = recovery(look.register.source.text());
    if here.continuous.is_some() {
        return Vec::new();
    }
    let path = look.register.path();
    let told = |fact: &&RecoveryFact| fact.side == RecoverySide::Backup;
    let own = here.backups.iter().map(|backup| Copy {
        minutes: backup.minutes,
        says: quoted(&line_of(look, backup)),
        place: format!("{path}:{}", backup.line),
        span: Some(backup.span),
    });
    let others = look.facts.recovery.iter().filter(told).map(|fact| Copy {
        minutes: fact.minutes,
        says: fact.says.clone(),
        place: fact.place.clone(),
        span: None,
    });
    let Some(best) = own.chain(others).min_by_key(|copy| copy.minutes) else { return Vec::new() };
    let broken = here.points.iter().filter(|point| point.minutes < best.minutes);
    let mut findings: Vec<Finding> = broken.map(|point| promised_here(point, &best)).collect();
    let elsewhere = look.facts.recovery.iter().filter(|fact| fact.side == RecoverySide::Point);
    findings
        .extend(elsewhere.filter(|fact| fact.minutes < best.minutes).filter_map(|fact| promised_there(fact, &best)));
    findings
}

fn promised_here(point: &Timed, best: &Copy) -> Finding {
    let message = format!(
        "no more than {} of data may be lost, but the most frequent backup is made every {}: {} ({})",
        in_words(point.minutes),
        in_words(best.minutes),
        best.says,
        best.place
    );
    let finding = Finding::of(&RULE, point.span, message, HELP);
    match best.span {
        Some(span) => finding.against(span, "the most frequent backup"),
        None => finding,
    }
}

/// Another file promises what the backups of this document cannot keep.
fn promised_there(fact: &RecoveryFact, best: &Copy) -> Option<Finding> {
    let message = format!(
        "the most frequent backup is made every {}, but {} allows a loss of no more than {}: {}",
        in_words(best.minutes),
        fact.place,
        in_words(fact.minutes),
        quoted(&fact.says)
    );
    best.span.map(|span| Finding::of(&RULE, span, message, HELP))
}

fn line_of(look: &Look<'_>, timed: &Timed) -> String {
    look.register.source.text().lines().nth(timed.line - 1).unwrap_or(&timed.text).trim().to_owned()
}

/// `15 min`, `6 h`, `7 days`.
fn in_words(minutes: u64) -> String {
    if minutes > MINUTES_A_DAY && minutes.is_multiple_of(MINUTES_A_DAY) {
        format!("{} days", minutes / MINUTES_A_DAY)
    } else if minutes >= MINUTES_AN_HOUR && minutes.is_multiple_of(MINUTES_AN_HOUR) {
        format!("{} h", minutes / MINUTES_AN_HOUR)
    } else {
        format!("{minutes} min")
    }
}
