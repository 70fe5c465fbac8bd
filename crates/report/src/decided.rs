//! A decision for those who read it in CI: a page for the job's summary, findings at the lines of the register, test cases.
//!
//! All are views of one [`Proof`]. What was not seen is never shown as passed: in JUnit it is an error, because a case that
//! is skipped passes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use evidence::{DecidedBy, Grade, Judged, Look, Outcome, Verdict};
use register::Register;
use text::{Problem, Severity, Span};

use crate::findings::escaped;
use crate::standing::{cell, mark};
use crate::{Decided, Last, Linted, Proof, Seen, Standing};

/// The decision as a page of Markdown: what decided it, every claim, what to look at, and the anchor of the ledger.
pub fn decision_markdown(proof: &Proof) -> String {
    let mut text =
        format!("### seaworthy gate: {} for `{}` in `{}`\n", proof.decision.outcome, proof.system, proof.environment);
    if !proof.decision.decided_by.is_empty() {
        text.push_str("\n| leads to | risk | what decided it |\n|---|---|---|\n");
        for by in &proof.decision.decided_by {
            let _ = writeln!(text, "| {} | {} | {} |", by.outcome, cell(by.risk.as_str()), cell(&by.what));
        }
    }
    if !proof.judged.is_empty() {
        text.push_str("\n| claim | verdict | grade | why |\n|---|---|---|---|\n");
        for judged in &proof.judged {
            let (id, grade) = (judged.claim.id.to_string(), Grade::word_of(judged.grade));
            let _ = writeln!(
                text,
                "| {} | {} | {grade} | {} |",
                cell(&id),
                mark(judged.verdict.word()),
                cell(&judged.reason)
            );
        }
    }
    for row in &proof.risks {
        if let Some(difference) = proof.difference(row) {
            let _ = write!(
                text,
                "\n- {} ({}:{}): stated *{}*, {}",
                cell(row.id.as_str()),
                row.path,
                row.line,
                cell(&row.status),
                difference.words()
            );
        }
    }
    for warning in &proof.decision.warnings {
        let _ = write!(text, "\n- {}", cell(warning));
    }
    if let Some((size, head)) = &proof.head {
        let _ = write!(text, "\n\nLedger: `{size}:{head}`");
    }
    text.push('\n');
    text
}

/// What stands against the release, each at the line of its risk, for SARIF and annotations.
pub fn decision_findings(proof: &Proof, registers: &[Register]) -> Linted {
    let sources: BTreeMap<_, _> = registers.iter().map(|one| (one.path().to_owned(), one.source.clone())).collect();
    let problems = proof.decision.decided_by.iter().map(|by| finding(proof, registers, by)).collect();
    Linted { registers: registers.to_vec(), problems, sources, ..Linted::default() }
}

fn finding(proof: &Proof, registers: &[Register], by: &DecidedBy) -> Problem {
    let row = proof.risks.iter().find(|row| row.id == by.risk);
    let risk = registers.iter().find_map(|register| {
        let risk = register.risks.iter().find(|risk| risk.id == by.risk.as_str())?;
        Some((register, risk))
    });
    let (severity, rule) = match by.outcome {
        Outcome::Fail => (Severity::Error, "gate-fail"),
        Outcome::Concerns => (Severity::Warning, "gate-concerns"),
        Outcome::Waived | Outcome::Pass => (Severity::Info, "gate-waived"),
    };
    let judged = proof.judged.iter().find(|judged| Some(judged.claim.id.to_string()) == by.claim);
    Problem {
        rule,
        severity,
        path: row.map_or_else(|| proof.path.clone(), |row| row.path.clone()),
        span: risk.map(|(register, risk)| line_of(register, risk.line)),
        line: row.map_or(0, |row| row.line),
        column: usize::from(row.is_some()),
        message: format!("{}: {}", by.risk, by.what),
        help: judged.map(|judged| format!("would change it: {}", judged.would_change)),
        related: Vec::new(),
        fix: None,
    }
}

/// The whole line, counted from 1, without its end.
fn line_of(register: &Register, line: usize) -> Span {
    let text = register.source.text();
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>().min(text.len());
    let length = text[start..].lines().next().map_or(0, str::len);
    Span::new(start, start + length)
}

/// Every claim as a test case of the suite of its risk; a risk that fails by its score is a case of its own.
pub fn decision_junit(proof: &Proof) -> String {
    let mut suites: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut failures, mut errors) = (0, 0);
    for judged in &proof.judged {
        failures += usize::from(judged.verdict.is_broken());
        errors += usize::from(judged.verdict.not_seen().is_some());
        suites.entry(judged.claim.id.risk.as_str()).or_default().push(case(judged));
    }
    for by in proof.decision.decided_by.iter().filter(|by| by.claim.is_none()) {
        let (name, what) = (escaped(by.risk.as_str()), escaped(&by.what));
        let inner = match by.outcome {
            Outcome::Fail => {
                failures += 1;
                format!("<failure type=\"score\" message=\"{what}\"/>")
            }
            Outcome::Concerns | Outcome::Waived | Outcome::Pass => {
                format!("<skipped message=\"{}: {what}\"/>", by.outcome)
            }
        };
        let case = format!("    <testcase classname=\"{name}\" name=\"score\">{inner}</testcase>\n");
        suites.entry(by.risk.as_str()).or_default().push(case);
    }
    let tests: usize = suites.values().map(Vec::len).sum();
    let suite = |(risk, cases): (&&str, &Vec<String>)| {
        let count = |word: &str| cases.iter().filter(|case| case.contains(word)).count();
        format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}  </testsuite>\n",
            escaped(risk),
            cases.len(),
            count("><failure "),
            count("><error "),
            count("><skipped "),
            cases.concat()
        )
    };
    let suites: String = suites.iter().map(suite).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"seaworthy gate\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n{suites}</testsuites>\n"
    )
}

fn case(judged: &Judged) -> String {
    let (class, name) = (escaped(judged.claim.id.risk.as_str()), escaped(judged.claim.id.name()));
    let (reason, change) = (escaped(&judged.reason), escaped(&judged.would_change));
    let inner = match &judged.verdict {
        Verdict::Held => String::new(),
        Verdict::Broken => format!("<failure type=\"broken\" message=\"{reason}\">{change}</failure>"),
        Verdict::NotSeen(why) => format!("<error type=\"{}\" message=\"{reason}\">{change}</error>", why.words()),
    };
    format!("    <testcase classname=\"{class}\" name=\"{name}\">{inner}</testcase>\n")
}

/// How things stand by this decision, for the formats that tell of a standing.
pub fn standing_of(proof: &Proof, registers: &[Register]) -> Standing {
    let seen = |judged: &Judged| Seen {
        claim: judged.claim.id.to_string(),
        risks: std::iter::once(&judged.claim.id.risk).chain(&judged.claim.also).map(ToString::to_string).collect(),
        says: judged.claim.says.clone(),
        kind: judged.claim.kind.clone(),
        is_drill: judged.claim.look == Look::Drill,
        last: Some(Last {
            verdict: judged.verdict.word().to_owned(),
            grade: Grade::word_of(judged.grade).to_owned(),
            reason: judged.reason.clone(),
            at: proof.ended,
        }),
    };
    let accepted =
        proof.risks.iter().filter_map(|row| Some((row.id.as_str().to_lowercase(), row.accepted_until.clone()?)));
    let by = proof.decision.decided_by.iter().map(|by| format!("{}: {}", by.risk, by.what)).collect();
    Standing {
        system: proof.system.clone(),
        environment: proof.environment.clone(),
        registers: registers.to_vec(),
        claims: proof.judged.iter().map(seen).collect(),
        decided: Some(Decided { outcome: proof.decision.outcome.word().to_owned(), by, at: proof.ended }),
        accepted: accepted.collect(),
    }
}
