//! Stated counts that differ from the rows: `medium: 6` over four medium risks.
//!
//! This is where registers are wrong most often. A count is taken to mean all risks or the open ones, whichever fits,
//! and is judged only when every risk has the grade that is counted.

use text::Severity;

use crate::level::Level;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Counted, Kind, Register, Risk, Total};
use crate::noun::FieldName;
use crate::status::State;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "totals-mismatch",
    severity: Severity::Error,
    what: "a stated count of risks differs from the rows, or the counts do not sum to their total",
    why: "the summary is what most people read, and it describes another register",
    before: "totals: {critical: 0, high: 2, medium: 6, low: 2}  over 8 rows",
    after: "totals: {critical: 0, high: 2, medium: 4, low: 2}",
};

/// The most ids named in a message.
const MAX_NAMED: usize = 12;

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    if register.risks.is_empty() {
        return Vec::new();
    }
    let counted = register.totals.iter().filter_map(|total| wrong_count(register, total));
    counted.chain(wrong_sum(register)).collect()
}

fn wrong_count(register: &Register, total: &Total) -> Option<Finding> {
    let (what, level) = match total.of {
        Counted::All => return wrong_whole(register, total),
        Counted::Band(level) => (None, level),
        Counted::Level(noun, level) => (Some(noun), level),
    };
    let grades: Vec<(Level, bool)> =
        register.risks.iter().map(|risk| Some((grade(risk, what)?, is_open(risk)))).collect::<Option<_>>()?;
    let all = grades.iter().filter(|(grade, _)| *grade == level).count();
    let open = grades.iter().filter(|(grade, open)| *grade == level && *open).count();
    let stated = total.count as usize;
    // A table that knows no in-between level counts them somewhere; where is anybody's guess.
    let is_guess = what.is_some() && grades.iter().any(|(grade, _)| grade.is_between());
    if stated == all || stated == open || is_guess {
        return None;
    }
    let message = format!("{stated} {} stated, but {} in the rows", risks(level, stated), count(all));
    let ids: Vec<&str> = register
        .risks
        .iter()
        .zip(&grades)
        .filter(|(_, (grade, _))| *grade == level)
        .map(|(risk, _)| risk.id.as_str())
        .take(MAX_NAMED)
        .collect();
    let named = if ids.is_empty() {
        "no row is".to_owned()
    } else {
        format!("{} {}", ids.join(", "), if ids.len() == 1 { "is" } else { "are" })
    };
    let help = format!("{named} {}; correct the count, or add what is missing from the rows", level.word());
    let finding = Finding::of(&RULE, total.span, message, help);
    // With closed risks the count may mean all or the open ones; then there are two right answers.
    Some(if all == open { mended(register, finding, total, all) } else { finding })
}

/// The same finding with the right number, where the place is nothing but the number.
fn mended(register: &Register, finding: Finding, total: &Total, right: usize) -> Finding {
    let is_number = register.source.slice(total.span) == total.count.to_string();
    if is_number { finding.mended_by(total.span, right.to_string()) } else { finding }
}

/// What a stated count counts: all of them, and the open ones; `None` where a risk lacks the grade that is counted.
pub(crate) fn counts(register: &Register, total: &Total) -> Option<(usize, usize)> {
    let (noun, level) = match total.of {
        Counted::All => {
            return Some((register.risks.len(), register.risks.iter().filter(|risk| is_open(risk)).count()));
        }
        Counted::Band(level) => (None, level),
        Counted::Level(noun, level) => (Some(noun), level),
    };
    let grades: Vec<(Level, bool)> =
        register.risks.iter().map(|risk| Some((grade(risk, noun)?, is_open(risk)))).collect::<Option<_>>()?;
    let of = |only_open: bool| grades.iter().filter(|(grade, open)| *grade == level && (*open || !only_open)).count();
    Some((of(false), of(true)))
}

fn risks(level: Level, count: usize) -> String {
    format!("{} {}", level.word(), if count == 1 { "risk is" } else { "risks are" })
}

fn count(number: usize) -> String {
    match number {
        0 => "there is none".to_owned(),
        1 => "there is 1".to_owned(),
        more => format!("there are {more}"),
    }
}

fn wrong_whole(register: &Register, total: &Total) -> Option<Finding> {
    let plausible =
        |keep: &dyn Fn(&Risk) -> bool| register.risks.iter().filter(|risk| keep(risk)).count() == total.count as usize;
    let fits = plausible(&|_| true)
        || plausible(&is_open)
        || plausible(&|risk| risk.kind != Kind::Debt)
        || plausible(&|risk| risk.kind != Kind::Debt && is_open(risk));
    let message = format!("{} risks are stated in total, but {} in the rows", total.count, count(register.risks.len()));
    let help = "correct the total, or add what is missing from the rows".to_owned();
    let one_kind = register.risks.iter().all(|risk| risk.kind != Kind::Debt && is_open(risk));
    let finding = (!fits).then(|| Finding::of(&RULE, total.span, message, help))?;
    Some(if one_kind { mended(register, finding, total, register.risks.len()) } else { finding })
}

/// Counts of one table that do not sum to the total beside them.
fn wrong_sum(register: &Register) -> Option<Finding> {
    let wholes: Vec<&Total> = register.totals.iter().filter(|total| total.of == Counted::All).collect();
    let [whole] = wholes.as_slice() else { return None };
    let parts: Vec<(FieldName, Level, u32)> = register
        .totals
        .iter()
        .filter_map(|total| match total.of {
            Counted::Level(noun, level) => Some((noun, level, total.count)),
            Counted::All | Counted::Band(_) => None,
        })
        .collect();
    let one_scale = parts
        .iter()
        .enumerate()
        .all(|(at, (noun, level, _))| *noun == parts[0].0 && parts[..at].iter().all(|(_, other, _)| other != level));
    let sum: u64 = parts.iter().map(|(_, _, count)| u64::from(*count)).sum();
    if parts.len() < 2 || !one_scale || sum == u64::from(whole.count) {
        return None;
    }
    let message = format!("the counts sum to {sum}, but their total is {}", whole.count);
    Some(Finding::of(&RULE, whole.span, message, "correct a count or the total".to_owned()))
}

/// The level that is counted: a field, or the band of the score.
fn grade(risk: &Risk, noun: Option<FieldName>) -> Option<Level> {
    match noun {
        Some(noun) => risk.field(noun)?.value.level(),
        None => {
            let stated = risk.field(FieldName::Score).and_then(|field| field.value.number());
            let score =
                stated.filter(|score| score.fract() == 0.0).map(|score| score as u32).or_else(|| risk.score_bmad())?;
            match score {
                9 => Some(Level::Critical),
                6 => Some(Level::High),
                4 => Some(Level::Medium),
                2 | 3 => Some(Level::Low),
                1 => Some(Level::Minimal),
                _ => None,
            }
        }
    }
}

fn is_open(risk: &Risk) -> bool {
    risk.state != State::Closed
}
