//! The matrix for terminals: risk, stated, seen, grade, verdict, what decided it.

use std::fmt::Write as _;

use evidence::{DecidedBy, Judged, Outcome, Verdict};

use crate::proof::{Proof, RiskRow, grade_word};

/// Longest text of the last column before it wraps.
const WRAP: usize = 96;

/// The whole result for people: the matrix, the differences between text and evidence, the decision.
pub fn matrix(proof: &Proof) -> String {
    let mut text = String::new();
    let rows = rows(proof);
    let widths = widths(&rows);
    for (index, row) in rows.iter().enumerate() {
        line(&mut text, row, &widths);
        if index == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            let _ = writeln!(text, "{}", rule.join("  "));
        }
    }
    differences(&mut text, proof);
    decision(&mut text, proof);
    text
}

/// The controls of each drill, one line each, with the numbers that decided.
pub fn drills(proof: &Proof) -> String {
    let mut text = String::new();
    for judged in proof.judged.iter().filter(|judged| judged.controls.is_some()) {
        let Some(controls) = &judged.controls else { continue };
        let _ = writeln!(text, "{}  {} (seed {})", judged.claim.id, judged.claim.kind, seed_of(proof, judged));
        for (name, control) in
            [("fault bites", &controls.bite), ("no fault", &controls.clean), ("guardrail off", &controls.off)]
        {
            let _ = writeln!(text, "  {name:<14} {:<9} {}", shown(&control.verdict), control.what);
        }
        let _ = writeln!(text, "  {:<14} {:<9} {}", "guardrail on", shown(&judged.verdict), judged.reason);
    }
    text
}

fn seed_of(proof: &Proof, judged: &Judged) -> u64 {
    proof.drills.iter().find(|drill| drill.claim == judged.claim.id).map_or(proof.seed, |drill| drill.seed)
}

type Cells = [String; 6];

fn rows(proof: &Proof) -> Vec<Cells> {
    let mut rows = vec![["RISK", "STATED", "SEEN", "GRADE", "VERDICT", "WHAT DECIDED IT"].map(str::to_owned)];
    for risk in &proof.risks {
        let mut claims = proof.claims_of(&risk.id).peekable();
        if claims.peek().is_none() {
            rows.push(unclaimed(risk));
        }
        for (index, judged) in claims.enumerate() {
            rows.push(claimed(risk, judged, index == 0));
        }
    }
    rows
}

fn unclaimed(risk: &RiskRow) -> Cells {
    let seen = if risk.accepted_until.is_some() { "accepted" } else { "-" };
    let why = match &risk.accepted_until {
        Some(until) => format!("{}; carried knowingly until {until}", risk.title),
        None if !risk.asked => format!("{}; not asked in this run", risk.title),
        None => format!("{}; no claim, so nothing was looked at", risk.title),
    };
    [risk.id.to_string(), stated(risk), seen.to_owned(), "-".to_owned(), "-".to_owned(), why]
}

fn claimed(risk: &RiskRow, judged: &Judged, first: bool) -> Cells {
    let (id, stated) = if first { (risk.id.to_string(), stated(risk)) } else { (String::new(), String::new()) };
    let grade = grade_word(judged.grade).to_owned();
    let why = format!("{}: {}", judged.claim.id.name(), judged.reason);
    [id, stated, judged.claim.kind.clone(), grade, shown(&judged.verdict), why]
}

fn stated(risk: &RiskRow) -> String {
    match risk.score {
        Some(score) => format!("{} ({score})", risk.status),
        None => risk.status.clone(),
    }
}

/// A mark and a word, so that nothing depends on color.
fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Held => "✔ held".to_owned(),
        Verdict::Broken => "✘ broken".to_owned(),
        Verdict::NotSeen(reason) => format!("? not seen ({})", reason.words()),
    }
}

fn widths(rows: &[Cells]) -> [usize; 6] {
    let mut widths = [0; 6];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(WRAP));
        }
    }
    widths
}

fn line(text: &mut String, row: &Cells, widths: &[usize; 6]) {
    let indent: usize = widths[..5].iter().map(|width| width + 2).sum();
    for (cell, width) in row[..5].iter().zip(widths) {
        let _ = write!(text, "{cell:<width$}  ");
    }
    for (index, part) in wrapped(&row[5]).iter().enumerate() {
        let lead = if index == 0 { 0 } else { indent };
        let _ = writeln!(text, "{}{part}", " ".repeat(lead));
    }
}

/// Lines of at most [`WRAP`] characters, broken between words; a longer word stays whole.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > WRAP {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn differences(text: &mut String, proof: &Proof) {
    let different: Vec<_> = proof.risks.iter().filter_map(|risk| Some((risk, proof.difference(risk)?))).collect();
    if different.is_empty() {
        return;
    }
    let _ = writeln!(text, "\nText and evidence differ:");
    for (risk, difference) in different {
        let _ = writeln!(text, "  {} {} ({}:{})", risk.id, difference.words(), risk.path, risk.line);
    }
}

fn decision(text: &mut String, proof: &Proof) {
    let _ = writeln!(text, "\nDecision: {}", outcome_word(proof.decision.outcome));
    for decided in &proof.decision.decided_by {
        let _ = writeln!(text, "  {} {}", outcome_word(decided.outcome), decided_words(decided));
    }
    for claim in &proof.decision.undecided {
        let _ = writeln!(text, "  could not decide: {claim}");
    }
    for warning in &proof.decision.warnings {
        let _ = writeln!(text, "  note: {warning}");
    }
    for left in &proof.left {
        let _ = writeln!(text, "  LEFT TO HEAL: {left}; run `seaworthy drill heal`");
    }
}

/// What decided, with its risk in front where the words do not begin with it.
pub(crate) fn decided_words(decided: &DecidedBy) -> String {
    if decided.what.starts_with(decided.risk.as_str()) {
        decided.what.clone()
    } else {
        format!("{}: {}", decided.risk, decided.what)
    }
}

/// `PASS`, `CONCERNS`, `FAIL`, `WAIVED`.
pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Waived => "WAIVED",
        Outcome::Concerns => "CONCERNS",
        Outcome::Fail => "FAIL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_reasons_wrap_between_words() {
        let lines = wrapped(&"word ".repeat(40));
        assert!(lines.len() > 1 && lines.iter().all(|line| line.chars().count() <= WRAP));
        assert_eq!(lines.join(" "), "word ".repeat(40).trim_end());
    }

    #[test]
    fn a_verdict_that_was_not_seen_never_looks_held() {
        for reason in [evidence::Reason::NoData, evidence::Reason::Stale, evidence::Reason::Unreachable] {
            let shown = shown(&Verdict::NotSeen(reason));
            assert!(shown.starts_with("? not seen") && !shown.contains("held"));
        }
    }
}
