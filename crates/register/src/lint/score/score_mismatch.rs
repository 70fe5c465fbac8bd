//! A stated score that is not what the document's own factors give.
//!
//! The document decides how a score is made: by its legend, else by what most of its rows do. Where neither tells, a
//! single row that fits no formula is only worth a warning, and several such rows follow a formula nobody stated.

use text::{Severity, Span};

use crate::fold::fold;
use crate::level::{Level, read_level};
use crate::lint::{Finding, Look, Rule, place};
use crate::model::{Field, Formula, Model, Register, Risk};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "score-mismatch",
    severity: Severity::Error,
    what: "a risk's stated score is not the product of its stated factors",
    why: "decisions are taken on the score, so one of the three numbers is wrong",
    before: "| R-1 | Crash | 2 | 3 | 5 |  (probability, impact, score)",
    after: "| R-1 | Crash | 2 | 3 | 6 |",
};

/// Scores this near are the same.
const TOLERANCE: f64 = 1e-6;

struct Row<'r> {
    risk: &'r Risk,
    factors: Vec<f64>,
    shown: String,
    /// The factors are words on the scale 1 to 3; the document never said that they are.
    guessed: bool,
}

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    if register.model == Model::Table {
        return register.risks.iter().filter_map(off_table).collect();
    }
    let rows: Vec<Row<'_>> = register.risks.iter().filter_map(|risk| row(register, risk)).collect();
    let Some((formula, severity)) = formula(register, &rows) else { return Vec::new() };
    rows.iter().flat_map(|row| findings(register, row, formula, severity)).collect()
}

/// A level or score that is not the cell of the user's own table.
fn off_table(risk: &Risk) -> Option<Finding> {
    let band = risk.computed.as_ref()?.band.as_deref()?;
    let field = risk.stated(FieldName::Level).or_else(|| risk.stated(FieldName::Score))?;
    let stated = field.value.short();
    let is_same = fold(&stated) == fold(band) || field.value.number().is_some_and(|number| band.parse() == Ok(number));
    let by_word = read_level(band).is_some_and(|level| field.value.level() == Some(level.level));
    if is_same || by_word {
        return None;
    }
    let message = format!("{} is stated as '{stated}', and the table of seaworthy.yaml gives '{band}'", risk.id);
    let help = format!("write '{band}', or correct a factor");
    let factor = risk.field(FieldName::Likelihood).map_or(field.span, |likelihood| likelihood.span);
    Some(Finding::of(&RULE, field.span, message, help).against(factor, "one of its factors"))
}

fn findings(register: &Register, row: &Row<'_>, formula: Formula, severity: Severity) -> Vec<Finding> {
    let expected = result(&row.factors, formula);
    let sign = if formula == Formula::Sum { " + " } else { " × " };
    let wrong = row
        .risk
        .statements(FieldName::Score)
        .filter_map(|field| Some((field, field.value.number()?)))
        .filter(|(_, score)| !same(*score, expected));
    let found = wrong.map(|(field, score)| {
        let message =
            format!("the score of {} is {score}, but {} is {expected}", row.risk.id, row.shown.replace(" * ", sign));
        let by = register.formula.map_or_else(|| "the other rows".to_owned(), |(_, span)| place(register, span));
        let help = format!("write {expected}, or correct a factor; how a score is made is taken from {by}");
        let finding = Finding { severity, ..Finding::of(&RULE, field.span, message, help) };
        // The product is the one right answer only where the document itself says how a score is made.
        match number_in(field, score).filter(|_| severity == Severity::Error && !row.guessed) {
            Some(place) => finding.mended_by(place, expected.to_string()),
            None => finding,
        }
    });
    found.collect()
}

/// Where the only number of a stated score stands.
fn number_in(field: &Field, score: f64) -> Option<Span> {
    let shown = score.to_string();
    let at = field.text.find(&shown)?;
    let digits = field.text.chars().filter(char::is_ascii_digit).count();
    (digits == shown.chars().filter(char::is_ascii_digit).count())
        .then(|| Span::new(field.span.start + at, field.span.start + at + shown.len()))
}

fn row<'r>(register: &Register, risk: &'r Risk) -> Option<Row<'r>> {
    let likelihood = risk.field(FieldName::Likelihood)?;
    let consequence = risk.consequence()?;
    let detection = risk.field(FieldName::Detection).filter(|_| register.model == Model::Fmea);
    let fields: Vec<&Field> = [likelihood, consequence].into_iter().chain(detection).collect();
    let numbers: Option<Vec<f64>> = fields.iter().map(|field| field.value.number()).collect();
    let guessed = numbers.is_none();
    let factors = numbers.or_else(|| fields.iter().map(|field| three(field)).collect())?;
    risk.field(FieldName::Score)?.value.number()?;
    let shown: Vec<String> = fields
        .iter()
        .zip(&factors)
        .map(|(field, number)| if guessed { format!("{} ({number})", field.value.short()) } else { number.to_string() })
        .collect();
    Some(Row { risk, factors, shown: shown.join(" * "), guessed })
}

/// Only the three plain words have a number everybody agrees on.
fn three(field: &Field) -> Option<f64> {
    match field.value.level()? {
        level @ (Level::Low | Level::Medium | Level::High) => Some(f64::from(level.of_three())),
        Level::Minimal | Level::LowMedium | Level::MediumHigh | Level::VeryHigh | Level::Critical => None,
    }
}

/// How this document makes a score, and how sure that is.
fn formula(register: &Register, rows: &[Row<'_>]) -> Option<(Formula, Severity)> {
    let guessed = rows.iter().any(|row| row.guessed);
    if let Some((stated, _)) = register.formula
        && !guessed
    {
        return (stated != Formula::Other).then_some((stated, Severity::Error));
    }
    let fits = |formula| {
        rows.iter()
            .filter(|row| {
                row.risk
                    .field(FieldName::Score)
                    .and_then(|field| field.value.number())
                    .is_some_and(|score| same(score, result(&row.factors, formula)))
            })
            .count()
    };
    let (products, sums) = (fits(Formula::Product), fits(Formula::Sum));
    match rows.len() {
        0 => None,
        all if products >= 1 && products >= sums && products * 2 >= all => Some((Formula::Product, Severity::Error)),
        all if sums > products && sums * 2 >= all => Some((Formula::Sum, Severity::Error)),
        1 if !guessed && register.model != Model::Fmea => Some((Formula::Product, Severity::Warning)),
        1 if register.model == Model::Fmea => Some((Formula::Product, Severity::Error)),
        _ => None,
    }
}

fn result(factors: &[f64], formula: Formula) -> f64 {
    match formula {
        Formula::Product | Formula::Other => factors.iter().product(),
        Formula::Sum => factors.iter().sum(),
    }
}

fn same(left: f64, right: f64) -> bool {
    (left - right).abs() < TOLERANCE
}
