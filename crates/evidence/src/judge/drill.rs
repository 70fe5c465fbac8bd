//! What a drill brought home into verdict.
//!
//! Four things must be so before a claim counts as proved: the fault bit, the same load without it was clean, the
//! expectation held with the guardrail on, and it did *not* hold with the guardrail off. The last is what makes a drill
//! more than a demonstration: where the system shrugs the fault off without the guardrail too, nothing was shown of it.

use crate::{Claim, Control, Controls, Drilled, Grade, Micros, Observation, Reason, Truth, Verdict};

use super::{Finding, Judged, broken_by, doubts, graded, mended_by, sentence, told_by};

/// Judges a drill. `now` is the time of judging, after the drill.
///
/// `Held` is of grade `effective` only when the guardrail made the difference: with it off, the expectation broke, and
/// everything was seen healed. Without an off control, or with something left to heal, it is `live`.
pub fn judge_drill(claim: &Claim, drilled: &Drilled, now: Micros) -> Judged {
    let off = off_control(claim, drilled);
    let mut finding = doubts(claim, &drilled.on, now)
        .or_else(|| spoiled(drilled))
        .unwrap_or_else(|| held_against(claim, drilled, &off));
    if !drilled.healed.yes {
        finding
            .reason
            .push_str(&format!(" Not everything was seen healed afterwards: {}.", trimmed(&drilled.healed.what)));
    }
    let controls = Controls {
        bite: control(drilled.bite.yes, &drilled.bite.what),
        clean: control(drilled.calm.yes && drilled.clean.trouble.is_none(), &clean_words(claim, drilled)),
        off: Control { verdict: off.verdict, what: off.what },
    };
    finding.of(claim, Some(controls))
}

/// What the expectation came to with the guardrail off.
struct Off {
    verdict: Verdict,
    what: String,
    /// There was such a control at all.
    ran: bool,
}

/// Why the run itself shows nothing about the claim, either way.
fn spoiled(drilled: &Drilled) -> Option<Finding> {
    let inconclusive = |why: String, change: &str| Some(Finding::not_seen(Reason::Inconclusive, why, change));
    if let Some(trouble) = &drilled.on.trouble {
        return inconclusive(
            format!("The drill did not run as it should: {}.", trimmed(trouble)),
            "a drill without trouble",
        );
    }
    if !drilled.bite.yes {
        let why = format!("The fault did not bite: {}.", trimmed(&drilled.bite.what));
        return inconclusive(why, "a drill in which the load meets the fault");
    }
    if !drilled.calm.yes {
        let why = format!("Not clean without the fault: {}.", trimmed(&drilled.calm.what));
        return inconclusive(why, "a drill whose load is answered well before the fault");
    }
    if let Some(trouble) = &drilled.clean.trouble {
        let why = format!("The part without the fault did not run as it should: {}.", trimmed(trouble));
        return inconclusive(why, "a drill without trouble");
    }
    None
}

/// The expectation with the fault and the guardrail on, and then with the guardrail off.
fn held_against(claim: &Claim, drilled: &Drilled, off: &Off) -> Finding {
    let (truth, lines) = claim.expect.explain(&drilled.on.values);
    let seen = format!("With the fault: {}.", sentence(&lines, truth));
    match truth {
        Truth::Unknown(reason) => Finding::not_seen(reason, seen, told_by(&claim.expect)),
        Truth::False => {
            let (without, _) = claim.expect.explain(&drilled.clean.values);
            let also = if without == Truth::False { " It is false without the fault as well." } else { "" };
            let change = mended_by(&claim.expect);
            Finding { verdict: Verdict::Broken, grade: Some(Grade::Live), reason: format!("{seen}{also}"), change }
        }
        Truth::True => graded(claim, proved(claim, drilled, off, seen)),
    }
}

/// It held with the guardrail on: what that is worth depends on the guardrail off.
fn proved(claim: &Claim, drilled: &Drilled, off: &Off, seen: String) -> Finding {
    let change = broken_by(&claim.expect, &drilled.on);
    let reason = format!("{seen} {}", off.what);
    if !off.ran {
        return Finding { verdict: Verdict::Held, grade: Some(Grade::Live), reason, change };
    }
    match off.verdict {
        // What was not healed may be what broke the control, so it proves nothing of the guardrail.
        Verdict::Broken if !drilled.healed.yes => {
            Finding { verdict: Verdict::Held, grade: Some(Grade::Live), reason, change }
        }
        Verdict::Broken => Finding { verdict: Verdict::Held, grade: Some(Grade::Effective), reason, change },
        Verdict::Held => {
            let why = format!(
                "{reason} It holds with the guardrail off too, so this drill does not show that it stops anything."
            );
            Finding::not_seen(
                Reason::Inconclusive,
                why,
                "a fault that the system does not survive without the guardrail",
            )
        }
        Verdict::NotSeen(_) => {
            Finding::not_seen(Reason::Inconclusive, reason, "a control with the guardrail off that can be told")
        }
    }
}

fn off_control(claim: &Claim, drilled: &Drilled) -> Off {
    let off = match &drilled.off {
        Ok(off) => off,
        Err(why) => {
            let what = format!("There was no control with the guardrail off: {}.", trimmed(why));
            return Off { verdict: Verdict::NotSeen(Reason::NoData), what, ran: false };
        }
    };
    if let Some((reason, why)) = untold(off) {
        let what = format!("With the guardrail off it cannot be told: {why}.");
        return Off { verdict: Verdict::NotSeen(reason), what, ran: true };
    }
    let (truth, lines) = claim.expect.explain(&off.values);
    let what = format!("Guardrail off: {}.", sentence(&lines, truth));
    let verdict = match truth {
        Truth::True => Verdict::Held,
        Truth::False => Verdict::Broken,
        Truth::Unknown(reason) => Verdict::NotSeen(reason),
    };
    Off { verdict, what, ran: true }
}

/// Why an arm of the drill says nothing.
fn untold(arm: &Observation) -> Option<(Reason, String)> {
    match &arm.trouble {
        Some(trouble) => Some((Reason::Inconclusive, trimmed(trouble).to_owned())),
        None if arm.subjects == 0 => Some((Reason::NoData, "nothing was within reach".to_owned())),
        None => None,
    }
}

fn control(as_it_should_be: bool, what: &str) -> Control {
    let verdict = if as_it_should_be { Verdict::Held } else { Verdict::NotSeen(Reason::Inconclusive) };
    Control { verdict, what: what.to_owned() }
}

/// What was seen without the fault. The expectation need not hold there ("the breaker tripped" does not), and where it
/// cannot be told nothing is said of it.
fn clean_words(claim: &Claim, drilled: &Drilled) -> String {
    let calm = trimmed(&drilled.calm.what);
    match claim.expect.explain(&drilled.clean.values) {
        (Truth::Unknown(_), _) => calm.to_owned(),
        (truth @ (Truth::True | Truth::False), lines) => format!("{calm}; {}", sentence(&lines, truth)),
    }
}

fn trimmed(sentence: &str) -> &str {
    sentence.trim_end().trim_end_matches('.')
}
