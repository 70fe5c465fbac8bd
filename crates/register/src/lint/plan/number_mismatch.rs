//! Two numbers for the same quantity: a test of ten where the criterion says a thousand.

use text::{Severity, Span};

use super::quoted;
use crate::fold::fold;
use crate::lint::{Finding, Look, Rule};
use crate::model::{Register, Risk};
use crate::noun::FieldName;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "number-mismatch",
    severity: Severity::Warning,
    what: "a test and the criterion of the same risk state different numbers for the same quantity",
    why: "the test passes, and the criterion was never tried",
    before: "Test with 10+ concurrent uploads .. Criterion: no loss at 1000+ concurrent uploads",
    after: "Test with 1000+ concurrent uploads .. Criterion: no loss at 1000+ concurrent uploads",
};

/// Letters of a word that count.
const STEM_CHARS: usize = 5;
/// The most quantities of one field.
const MAX_QUANTITIES: usize = 200;

/// A number with the words behind it.
struct Quantity {
    value: f64,
    unit: String,
    /// The stem right behind the number.
    of: String,
    /// Stems of the whole line.
    line_stems: Vec<String>,
    line: Span,
    text: String,
}

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    look.register.risks.iter().flat_map(|risk| of_risk(look.register, risk)).collect()
}

fn of_risk(register: &Register, risk: &Risk) -> Vec<Finding> {
    let of = |nouns: &[FieldName]| -> Vec<Quantity> {
        let fields = nouns.iter().flat_map(|noun| risk.statements(*noun));
        let spans = fields.flat_map(|field| [Some(field.span), field.detail]).flatten();
        spans.flat_map(|span| quantities(register, span)).take(MAX_QUANTITIES).collect()
    };
    let tested = of(&[FieldName::Mitigation, FieldName::Planned, FieldName::Testing]);
    let asked = of(&[FieldName::AcceptanceCriteria]);
    let mut findings = Vec::new();
    for test in tested
        .iter()
        .filter(|test| test.line_stems.iter().any(|stem| stem == "test" || stem == "tests" || stem == "testi"))
    {
        let Some(criterion) = asked.iter().find(|criterion| contradicts(test, criterion)) else { continue };
        let message = format!(
            "{} tests with {}, but its criterion says {}",
            risk.id,
            quoted(&test.text),
            quoted(&criterion.text)
        );
        let help = "test what the criterion asks for, or ask for what is tested";
        findings.push(Finding::of(&RULE, test.line, message, help).against(criterion.line, "the criterion"));
    }
    findings
}

fn contradicts(test: &Quantity, criterion: &Quantity) -> bool {
    let shared = test.line_stems.iter().filter(|stem| criterion.line_stems.contains(stem)).count();
    test.of == criterion.of && test.unit == criterion.unit && test.value < criterion.value && shared >= 2
}

fn quantities(register: &Register, field: Span) -> Vec<Quantity> {
    let mut found = Vec::new();
    let mut start = field.start;
    for line in register.source.slice(field).split_inclusive(['\n', '\r']) {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        let tokens: Vec<&str> =
            line.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '`' | '*')).collect();
        let stems: Vec<String> = tokens.iter().map(|token| stem(token)).filter(|stem| !stem.is_empty()).collect();
        for (at, token) in tokens.iter().enumerate() {
            let Some((value, unit)) = number(token) else { continue };
            let Some(of) = tokens[at + 1..].iter().map(|token| stem(token)).find(|stem| !stem.is_empty()) else {
                continue;
            };
            let text =
                tokens[at..].iter().take(3).filter(|token| !token.is_empty()).copied().collect::<Vec<_>>().join(" ");
            found.push(Quantity { value, unit, of, line_stems: stems.clone(), line: span, text });
        }
    }
    found
}

fn stem(token: &str) -> String {
    let folded = fold(token);
    if folded.chars().any(|c| c.is_ascii_digit()) { String::new() } else { folded.chars().take(STEM_CHARS).collect() }
}

/// `10+`, `1000`, `95%`, `24`.
fn number(token: &str) -> Option<(f64, String)> {
    let digits = token.find(|c: char| !c.is_ascii_digit()).unwrap_or(token.len());
    let value = token[..digits].parse().ok()?;
    let unit = token[digits..].trim_end_matches(['+', '.', ':', ';']).to_owned();
    (unit.len() <= 3).then_some((value, unit))
}
