//! One self-contained HTML file: decision, matrix, propagation, drills. No script, no request to anywhere; every figure has
//! its table. Dark mode follows the system, print is readable, and nothing depends on color alone.

use evidence::{Judged, Observation, Outcome, Verdict};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart;
use crate::drawing::Drawing;
use crate::graph;
use crate::matrix::{decided_words, outcome_word};
use crate::picture::{Shown, picture};
use crate::proof::{DrillRow, Proof, RiskRow, grade_word};
use crate::timestamp;

const STYLE: &str = include_str!("style.css");

/// The report of one proof.
pub fn html(proof: &Proof) -> String {
    let title = format!("Seaworthy: {} — {}", proof.system, outcome_word(proof.decision.outcome));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(proof))
                main {
                    (decision(proof))
                    (matrix(proof))
                    (propagation(proof))
                    (drills(proof))
                    (findings(proof))
                }
                (foot(proof))
            }
        }
    };
    page.into_string()
}

fn head(proof: &Proof) -> Markup {
    html! {
        header {
            h1 { (proof.system) }
            p class=(format!("outcome {}", outcome_class(proof.decision.outcome))) {
                (outcome_mark(proof.decision.outcome)) " " (outcome_word(proof.decision.outcome))
            }
            p class="facts" {
                "environment " b { (proof.environment) }
                @if let Some(version) = &proof.version { " · version " code { (version) } }
                " · " time { (timestamp(proof.ended)) }
                " · seed " code { (proof.seed) }
            }
        }
    }
}

fn decision(proof: &Proof) -> Markup {
    let decision = &proof.decision;
    html! {
        section {
            h2 { "What decided it" }
            @if decision.decided_by.is_empty() && decision.undecided.is_empty() { p { "Nothing stands against the release." } }
            ul {
                @for decided in &decision.decided_by { li { b { (outcome_word(decided.outcome)) } " " (decided_words(decided)) } }
                @for claim in &decision.undecided { li { b { "COULD NOT DECIDE" } " " (claim) } }
                @for warning in &decision.warnings { li { "note: " (warning) } }
                @for left in &proof.left { li { b { "LEFT TO HEAL" } " " (left) } }
            }
        }
    }
}

fn matrix(proof: &Proof) -> Markup {
    html! {
        section {
            h2 { "Risks" }
            div class="wide" { table {
                thead { tr { th { "Risk" } th { "Stated" } th { "Seen" } th { "Grade" } th { "Verdict" } th { "What decided it" } } }
                tbody { @for risk in &proof.risks { (risk_rows(proof, risk)) } }
            } }
        }
    }
}

fn risk_rows(proof: &Proof, risk: &RiskRow) -> Markup {
    let claims: Vec<&Judged> = proof.claims_of(&risk.id).collect();
    let span = claims.len().max(1);
    html! {
        tr id=(format!("risk-{}", risk.id)) {
            th scope="row" rowspan=(span) { (risk.id) div class="small" { (risk.title) } }
            td rowspan=(span) {
                (risk.status)
                @if let Some(score) = risk.score { div class="small" { "score " (score) } }
                div class="small" { code { (risk.path) ":" (risk.line) } }
                @if let Some(difference) = proof.difference(risk) { div class="differs" { "≠ " (difference.words()) } }
            }
            @match claims.first() {
                Some(judged) => (claim_cells(judged)),
                None => {
                    td { "—" } td { "—" } td { "—" }
                    td { @match &risk.accepted_until { Some(until) => { "carried knowingly until " (until) }, None if !risk.asked => { "not asked in this run" }, None => { "no claim, so nothing was looked at" } } }
                }
            }
        }
        @for judged in claims.iter().skip(1) { tr { (claim_cells(judged)) } }
    }
}

fn claim_cells(judged: &Judged) -> Markup {
    html! {
        td class="kind" { code { (judged.claim.kind) } }
        td { (grade_word(judged.grade)) }
        td class=(verdict_class(&judged.verdict)) { (verdict_words(&judged.verdict)) }
        td {
            p { b { (judged.claim.says) } }
            p { (judged.reason) }
            details { summary { "what would change this" } p { (judged.would_change) } p { code { (judged.claim.expect.text()) } } }
        }
    }
}

fn propagation(proof: &Proof) -> Markup {
    html! {
        section {
            h2 { "How failures spread" }
            figure { (PreEscaped(picture(&Drawing { system: &proof.model, impact: &proof.impact }, Shown::default()))) figcaption { "Left: users. Right: what they need. ◆ single point of failure · ▮ guard on the edge." } }
            (graph::tables(proof))
        }
    }
}

fn drills(proof: &Proof) -> Markup {
    html! {
        @if !proof.drills.is_empty() {
            section {
                h2 { "Drills" }
                @for drill in &proof.drills { (drill_card(proof, drill)) }
            }
        }
    }
}

fn drill_card(proof: &Proof, drill: &DrillRow) -> Markup {
    let judged = proof.judged.iter().find(|judged| judged.claim.id == drill.claim);
    html! {
        article {
            h3 { (drill.claim) " · " (drill.kind) }
            @if let Some(judged) = judged {
                p { span class=(verdict_class(&judged.verdict)) { (verdict_words(&judged.verdict)) } " " (judged.reason) }
                (controls(judged))
            }
            @match &drill.drilled {
                Some(drilled) => {
                    figure { (PreEscaped(chart::latency(&drilled.timeline, &format!("latency over time, {}", drill.claim)))) figcaption { "Each dot is a request, each × a failure, each ring an unknown outcome. Shaded: the fault was on." } }
                    details { summary { "numbers" } (numbers(drilled)) }
                }
                None => p { "It was not run." }
            }
        }
    }
}

fn controls(judged: &Judged) -> Markup {
    html! {
        @if let Some(controls) = &judged.controls {
            table {
                thead { tr { th { "Control" } th { "Seen" } th { "What" } } }
                tbody {
                    @for (name, control) in [("the fault bites", &controls.bite), ("same load, no fault", &controls.clean), ("guardrail off", &controls.off)] {
                        tr { th scope="row" { (name) } td class=(verdict_class(&control.verdict)) { (verdict_words(&control.verdict)) } td { (control.what) } }
                    }
                    tr { th scope="row" { "guardrail on" } td class=(verdict_class(&judged.verdict)) { (verdict_words(&judged.verdict)) } td { (judged.reason) } }
                }
            }
        }
    }
}

/// The three arms side by side, for those who read.
fn numbers(drilled: &evidence::Drilled) -> Markup {
    let off = drilled.off.as_ref().ok();
    let mut names: Vec<&String> = drilled.clean.values.keys().chain(drilled.on.values.keys()).collect();
    names.extend(off.into_iter().flat_map(|off| off.values.keys()));
    names.sort();
    names.dedup();
    let cell = |observation: Option<&Observation>, name: &String| {
        observation.and_then(|seen| seen.values.get(name)).map_or_else(|| "—".to_owned(), ToString::to_string)
    };
    html! {
        table {
            thead { tr { th { "Value" } th { "no fault" } th { "fault, guardrail on" } th { "fault, guardrail off" } } }
            tbody { @for name in names { tr { th scope="row" { code { (name) } } td { (cell(Some(&drilled.clean), name)) } td { (cell(Some(&drilled.on), name)) } td { (cell(off, name)) } } } }
        }
        @if let Err(why) = &drilled.off { p { "No guardrail-off control: " (why) } }
        p { "Healed: " (drilled.healed.what) }
    }
}

fn findings(proof: &Proof) -> Markup {
    html! {
        @if !proof.findings.is_empty() {
            section {
                h2 { "Where the text contradicts itself" }
                ul { @for finding in &proof.findings { li { code { (finding.path) ":" (finding.line) } " " b { (finding.rule) } " " (finding.message) } } }
            }
        }
    }
}

fn foot(proof: &Proof) -> Markup {
    html! {
        footer {
            p {
                "Read from " code { (proof.path) } ", began " (timestamp(proof.began)) ", ended " (timestamp(proof.ended)) "."
                @if let Some((size, head)) = &proof.head { " Ledger: " (size) " entries, head " code { (head) } "." }
            }
        }
    }
}

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Held => "✔ held".to_owned(),
        Verdict::Broken => "✘ broken".to_owned(),
        Verdict::NotSeen(reason) => format!("? not seen: {}", reason.words()),
    }
}

fn verdict_class(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "verdict held",
        Verdict::Broken => "verdict broken",
        Verdict::NotSeen(_) => "verdict not-seen",
    }
}

fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "held",
        Outcome::Waived | Outcome::Concerns => "not-seen",
        Outcome::Fail => "broken",
    }
}

fn outcome_mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✔",
        Outcome::Waived => "◐",
        Outcome::Concerns => "?",
        Outcome::Fail => "✘",
    }
}
