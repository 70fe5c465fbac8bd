//! What the document states about the whole: its overall score, its decision, its worst risk, and the words of its machine block.

use text::Severity;

use crate::fold::{fold, plain, stems};
use crate::level::Level;
use crate::lint::{Finding, Look, Rule};
use crate::merge::likeness;
use crate::model::{Counted, Kind, Model, Register, Risk};
use crate::noun::FieldName;
use crate::parts::line::LineKind;
use crate::score::{decision, overall};
use crate::status::State;
use crate::value::read_value;

/// The rule for the overall score.
pub(super) const AGGREGATE: Rule = Rule {
    name: "aggregate-mismatch",
    severity: Severity::Error,
    what: "the stated overall score is what the model gives neither on the rows nor on the stated totals",
    why: "the number that goes into the meeting describes another register",
    before: "Overall risk score: 54/100  over 2 high, 4 medium and 2 low risks",
    after: "Overall risk score: 56/100",
};

/// The rule for the decision.
pub(super) const GATE: Rule = Rule {
    name: "gate-mismatch",
    severity: Severity::Error,
    what: "the stated decision is not what the model's map gives for the highest open score",
    why: "a risk of 9 that passes, or a PASS that is refused",
    before: "gate: PASS  with a risk of score 9",
    after: "gate: FAIL",
};

/// The rule for the document's own criteria.
pub(super) const ACCEPTANCE: Rule = Rule {
    name: "gate-vs-acceptance",
    severity: Severity::Warning,
    what: "the document's own criteria ask for more than its decision does",
    why: "one of them is not meant",
    before: "Must fix before production: all risks of score 6 .. gate: CONCERNS",
    after: "Must fix before production: all risks of score 6 .. gate: FAIL",
};

/// The rule for keys.
pub(super) const KEY: Rule = Rule {
    name: "unknown-key",
    severity: Severity::Warning,
    what: "a machine block has a key that its schema does not have",
    why: "whatever reads the block passes over it",
    before: "recommendations: {must_fix: [..], should_fix: [..]}",
    after: "recommendations: {must_fix: [..], monitor: [..]}",
};

/// The rule for the worst risk.
pub(super) const TIE: Rule = Rule {
    name: "highest-tie",
    severity: Severity::Warning,
    what: "several risks share the top score and one is named, or the named one has another title or score in its row",
    why: "the second worst risk is as bad and nobody sees it",
    before: "highest: {id: SEC-1, score: 6}  while OPS-1 has 6 too",
    after: "highest: {id: SEC-1, score: 6}  # and OPS-1",
};

/// Of the telling words of the shorter title so many must stand in the other one.
const SAME_TITLE: f64 = 0.5;

/// The overall score against the rows and against the stated totals.
pub(super) fn aggregate(look: &Look<'_>) -> Vec<Finding> {
    let register = look.register;
    if let Some(finding) = overall_level(register) {
        return vec![finding];
    }
    let Some((stated, span)) = register.overall.filter(|_| register.model == Model::Bmad) else { return Vec::new() };
    let scores: Option<Vec<u32>> = risks(register).map(Risk::score_bmad).collect();
    let Some(scores) = scores.filter(|scores| !scores.is_empty()) else { return Vec::new() };
    let of = |low: u32, high: u32| {
        u32::try_from(scores.iter().filter(|score| (low..=high).contains(*score)).count()).unwrap_or(u32::MAX)
    };
    let by_rows = overall(of(9, 9), of(6, 8), of(4, 5), of(2, 3));
    let total = |level| register.totals.iter().find(|total| total.of == Counted::Band(level)).map(|total| total.count);
    let by_totals = total(Level::High).map(|high| {
        overall(
            total(Level::Critical).unwrap_or(0),
            high,
            total(Level::Medium).unwrap_or(0),
            total(Level::Low).unwrap_or(0),
        )
    });
    let fits = |computed: u32| (stated - f64::from(computed)).abs() < 0.5;
    if fits(by_rows) || by_totals.is_some_and(fits) {
        return Vec::new();
    }
    let also = by_totals
        .filter(|by_totals| *by_totals != by_rows)
        .map_or(String::new(), |by_totals| format!(", and the stated totals give {by_totals}"));
    let message = format!("the overall score is stated as {stated}, but the rows give {by_rows}{also}");
    let help = "100 less 20 for each critical, 10 for each high, 5 for each medium and 2 for each low risk";
    vec![Finding::of(&AGGREGATE, span, message, help)]
}

/// A level stated for the whole document that lies below its worst open risks.
fn overall_level(register: &Register) -> Option<Finding> {
    let lines = register.parts.lines.iter().filter(|line| line.risk.is_none() && line.kind == LineKind::Prose);
    let (span, stated) = lines.into_iter().find_map(|line| {
        let raw = register.source.slice(line.span);
        let (label, value) = raw.get(..200).unwrap_or(raw).split_once(':')?;
        let names_it = matches!(
            fold(label).as_str(),
            "risk level" | "overall risk level" | "overall risk" | "overall risk rating"
        );
        let level = read_value(FieldName::Level, value.trim_start_matches(['*', ' '])).level()?;
        names_it.then_some((line.span, level))
    })?;
    let worst = risks(register).filter_map(|risk| {
        let field = risk.field(FieldName::Level).or_else(|| risk.field(FieldName::Severity))?;
        Some((field.value.level()?, field, risk))
    });
    let (level, field, risk) = worst.max_by_key(|(level, _, _)| *level).filter(|(level, _, _)| *level > stated)?;
    let message = format!("the whole is called {}, but {} alone is {}", stated.word(), risk.id, level.word());
    let help = "say how the level of the whole is made, or raise it to that of its worst risk";
    Some(
        Finding::of(&AGGREGATE, span, message, help)
            .weighing(Severity::Warning)
            .against(field.span, format!("{} here", level.word())),
    )
}

fn risks(register: &Register) -> impl Iterator<Item = &Risk> {
    register.risks.iter().filter(|risk| risk.kind == Kind::Risk && risk.state != State::Closed)
}

/// The decision against the map of the model.
pub(super) fn gate(look: &Look<'_>) -> Vec<Finding> {
    let register = look.register;
    if !matches!(register.model, Model::Bmad | Model::BmadTea) {
        return Vec::new();
    }
    let worst = risks(register).filter_map(|risk| Some((risk.score_bmad()?, risk))).max_by_key(|(score, _)| *score);
    let Some((score, risk)) = worst else { return Vec::new() };
    let stated = register.parts.gates.iter().filter_map(|gate| gate.decision.as_ref());
    stated
        .filter(|(word, _)| matches!(word.as_str(), "PASS" | "CONCERNS" | "FAIL") && word != decision(score))
        .map(|(word, span)| {
            let message = format!("the decision is {word}, but a highest score of {score} gives {}", decision(score));
            let help = "write the decision that the scores give, or WAIVED with who approved it and until when";
            Finding::of(&GATE, *span, message, help).against(risk.span(), format!("{} has score {score}", risk.id))
        })
        .collect()
}

/// The decision against the document's own criteria.
pub(super) fn acceptance(look: &Look<'_>) -> Vec<Finding> {
    let register = look.register;
    let decided = register
        .parts
        .gates
        .iter()
        .find_map(|gate| gate.decision.as_ref())
        .filter(|(word, _)| matches!(word.as_str(), "PASS" | "CONCERNS"));
    let Some((word, span)) = decided else { return Vec::new() };
    let lines = register.parts.lines.iter().filter(|line| matches!(line.kind, LineKind::Item | LineKind::Prose));
    let mut findings = Vec::new();
    for line in lines {
        let raw = register.source.slice(line.span);
        if !raw.contains(|c: char| c.is_ascii_digit()) || raw.len() > 400 {
            continue;
        }
        let text = fold(&plain(raw));
        let demands = ["must fix", "must be fixed", "blocks release", "block release", "no release with"]
            .iter()
            .any(|phrase| text.contains(phrase));
        let Some(score) = text
            .split_once("score ")
            .and_then(|(_, rest)| rest.split(' ').next()?.parse::<u32>().ok())
            .filter(|_| demands)
        else {
            continue;
        };
        let open: Vec<&Risk> =
            risks(register).filter(|risk| risk.score_bmad().is_some_and(|own| own >= score)).collect();
        let Some(first) = open.first() else { continue };
        let ids: Vec<&str> = open.iter().map(|risk| risk.id.as_str()).take(4).collect();
        let message = format!(
            "risks of score {score} must be fixed first, says this line, but the decision is {word} with {} open",
            ids.join(" and ")
        );
        let help = "decide FAIL until they are fixed, or ask for less";
        findings.push(
            Finding::of(&ACCEPTANCE, line.span, message, help)
                .against(*span, "the decision")
                .against(first.span(), "open"),
        );
    }
    findings
}

/// Keys outside the schema.
pub(super) fn keys(look: &Look<'_>) -> Vec<Finding> {
    let all = look.register.parts.gates.iter().flat_map(|gate| &gate.unknown_keys);
    all.map(|(key, span)| {
        let message = format!("'{key}' is no key of this block");
        let help = "known are totals, highest and recommendations {must_fix, monitor}; a decision has keys of its own";
        Finding::of(&KEY, *span, message, help)
    })
    .collect()
}

/// The named worst risk.
pub(super) fn tie(look: &Look<'_>) -> Vec<Finding> {
    let register = look.register;
    let mut findings = Vec::new();
    for gate in &register.parts.gates {
        let Some((id, span)) = &gate.highest.id else { continue };
        let Some(named) = register.find(id) else { continue };
        let score = |risk: &Risk| {
            risk.field(FieldName::Score)
                .and_then(|field| field.value.number())
                .or_else(|| risk.score_bmad().map(f64::from))
        };
        let Some(own) = score(named) else { continue };
        let top = risks(register).filter_map(score).fold(0.0, f64::max);
        let others: Vec<&Risk> =
            risks(register).filter(|risk| risk.id != named.id && score(risk) == Some(top)).collect();
        if let Some(other) = others.first().filter(|_| own <= top) {
            let ids: Vec<&str> = others.iter().map(|risk| risk.id.as_str()).take(4).collect();
            let message = if own < top {
                format!("{id} is called the highest with {own}, but {} has {top}", ids.join(" and "))
            } else {
                format!("{id} is called the highest, but {} has the same score, {top}", ids.join(" and "))
            };
            findings.push(Finding::of(&TIE, *span, message, "name all of them").against(other.span(), "as high"));
        }
        if let Some((stated, place)) = gate.highest.score.filter(|(stated, _)| *stated != own) {
            let message = format!("{id} is said to have score {stated}, but its row has {own}");
            findings
                .push(Finding::of(&TIE, place, message, "write the score of the row").against(named.span(), "the row"));
        }
        if let Some((title, place)) = &gate.highest.title
            && !named
                .titles
                .iter()
                .map(|(other, _)| other)
                .chain([&named.title])
                .any(|other| likeness(&stems(title), &stems(other)) >= SAME_TITLE || fold(title) == fold(other))
        {
            let message =
                format!("the highest risk is called '{title}' here, and '{}' where it is listed", named.title);
            findings.push(
                Finding::of(&TIE, *place, message, "call it the same in both places")
                    .weighing(Severity::Info)
                    .against(named.span(), "listed here"),
            );
        }
    }
    findings
}
