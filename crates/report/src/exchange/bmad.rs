//! The YAML of BMAD's risk profile and quality gate (bmad-core/tasks/risk-profile.md and qa-gate.md): `risk_summary` and the
//! decision file. Numbers are computed from the rows, never copied from what the document says about itself.

use std::fmt::Write as _;

use register::{FieldName, Risk, State};

use crate::Standing;

/// Scores from which a risk must be fixed.
const MUST_FIX: u32 = 6;

/// An open risk with its score.
struct Scored<'s> {
    risk: &'s Risk,
    score: u32,
}

/// The open risks that have a score from 1 to 9, the highest first.
fn scored(standing: &Standing) -> Vec<Scored<'_>> {
    let all = standing.registers.iter().flat_map(|register| &register.risks).filter(|risk| risk.state != State::Closed);
    let mut scored: Vec<Scored<'_>> = all.filter_map(|risk| Some(Scored { risk, score: score(risk)? })).collect();
    scored.sort_by_key(|one| std::cmp::Reverse(one.score));
    scored
}

fn score(risk: &Risk) -> Option<u32> {
    let stated = risk.stated(FieldName::Score).and_then(|field| field.value.number());
    let stated = stated.filter(|score| score.fract() == 0.0 && (1.0..=9.0).contains(score)).map(|score| score as u32);
    risk.score_bmad().or(stated)
}

/// `risk_summary`, ready to be pasted into a decision file. Risks without a score are named in a comment.
pub fn risk_summary(standing: &Standing) -> String {
    let scored = scored(standing);
    let count = |scores: &[u32]| scored.iter().filter(|one| scores.contains(&one.score)).count();
    let mut text = format!(
        "risk_summary:\n  totals:\n    critical: {}\n    high: {}\n    medium: {}\n    low: {}\n",
        count(&[9]),
        count(&[6]),
        count(&[4]),
        count(&[2, 3])
    );
    if let Some(highest) = scored.first() {
        let _ = write!(
            text,
            "  highest:\n    id: {}\n    score: {}\n    title: {}\n",
            quoted(&highest.risk.id),
            highest.score,
            quoted(&highest.risk.title)
        );
    }
    text.push_str("  recommendations:\n");
    let named = |low: u32, high: u32| {
        let within = scored.iter().filter(move |one| (low..high).contains(&one.score));
        within
            .map(|one| format!("      - {}\n", quoted(&format!("{}: {}", one.risk.id, one.risk.title))))
            .collect::<String>()
    };
    for (name, list) in [("must_fix", named(MUST_FIX, 10)), ("monitor", named(2, MUST_FIX))] {
        let empty = if list.is_empty() { " []" } else { "" };
        let _ = write!(text, "    {name}:{empty}\n{list}");
    }
    let open =
        standing.registers.iter().flat_map(|register| &register.risks).filter(|risk| risk.state != State::Closed);
    let unscored: Vec<&str> = open.filter(|risk| score(risk).is_none()).map(|risk| risk.id.as_str()).collect();
    if !unscored.is_empty() {
        let _ = writeln!(text, "# without a score from 1 to 9, and in none of these numbers: {}", unscored.join(", "));
    }
    text
}

/// The decision file. The decision is the last one that was taken on evidence; without one it is what the model gives on
/// the scores, and says so.
pub fn decision_file(standing: &Standing, updated: i64) -> String {
    let scored = scored(standing);
    let top = scored.first().map_or(0, |one| one.score);
    let (gate, reason) = match &standing.decided {
        Some(decided) => {
            let by = if decided.by.is_empty() { "every required claim held".to_owned() } else { decided.by.join("; ") };
            (decided.outcome.clone(), format!("Decided on evidence from {}: {by}.", standing.environment))
        }
        None => {
            let gate = if top >= 9 {
                "FAIL"
            } else if top >= MUST_FIX {
                "CONCERNS"
            } else {
                "PASS"
            };
            (gate.to_owned(), format!("From the scores alone, nothing was looked at: the highest open one is {top}."))
        }
    };
    let mut text = format!(
        "schema: 1\nstory: {}\nstory_title: {}\ngate: {gate}\nstatus_reason: {}\nreviewer: 'seaworthy'\nupdated: {}\n",
        quoted(&standing.system),
        quoted(&standing.system),
        quoted(&reason),
        quoted(&crate::timestamp(updated)),
    );
    let issues: String = scored.iter().filter(|one| one.score >= MUST_FIX).map(issue).collect();
    let _ = write!(text, "top_issues:{}\n{issues}", if issues.is_empty() { " []" } else { "" });
    let waived: Vec<String> = standing.accepted.iter().map(|(risk, until)| format!("{risk} until {until}")).collect();
    if gate == "WAIVED" && !waived.is_empty() {
        let _ = write!(
            text,
            "waiver:\n  active: true\n  reason: {}\n",
            quoted(&format!("accepted: {}", waived.join(", ")))
        );
    } else {
        text.push_str("waiver: {active: false}\n");
    }
    text.push_str(&risk_summary(standing));
    text
}

fn issue(one: &Scored<'_>) -> String {
    let action = one.risk.stated(FieldName::Mitigation).map_or("", |field| field.text.as_str());
    let mut text =
        format!("  - id: {}\n    severity: high\n    finding: {}\n", quoted(&one.risk.id), quoted(&one.risk.title));
    if !action.is_empty() {
        let _ = writeln!(text, "    suggested_action: {}", quoted(action));
    }
    text
}

/// A scalar that is read back as it is: single quotes, in one line.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("'{}'", line.replace('\'', "''"))
}
