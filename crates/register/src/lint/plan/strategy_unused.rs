//! Strategies for risks are defined, and no risk names one; or a strategy's name stands for something else.

use text::{Severity, Span};

use super::quoted;
use crate::fold::{fold, plain};
use crate::lint::{Finding, Look, Rule};
use crate::parts::line::{Line, LineKind, Signals};

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "strategy-unused",
    severity: Severity::Info,
    what: "strategies (avoid, mitigate, transfer, accept) are defined and no risk names one, or a name stands for something else",
    why: "nobody decided for any risk which way it is treated",
    before: "Strategies: avoid, mitigate, transfer, accept  (and no risk names one)",
    after: "### R-1: Fire .. **Strategy:** transfer (insurance)",
};

const NAMES: &[&str] = &["avoid", "mitigate", "transfer", "accept"];
const FORMS: &[&str] = &[
    "avoid",
    "avoided",
    "avoidance",
    "mitigate",
    "transfer",
    "transferred",
    "transference",
    "accept",
    "accepted",
    "acceptance",
    "share",
    "retain",
];
/// To transfer a risk somebody else must carry it.
const OTHERS: &[&str] = &[
    "insur", "vendor", "third", "contract", "outsourc", "supplier", "partner", "provider", "customer", "party",
    "parties", "shift", "someone", "another",
];

/// Finds them.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let text = |line: &Line| plain(look.register.source.slice(line.span));
    let defined: Vec<(&Line, String, String)> = look
        .register
        .parts
        .lines
        .iter()
        .filter(|line| line.kind == LineKind::Item && line.risk.is_none() && line.signals.has(Signals::STRATEGY))
        .filter_map(|line| {
            let text = text(line);
            let (name, meaning) = text.split_once(':')?;
            let name = fold(name);
            NAMES.contains(&name.as_str()).then(|| (line, name, meaning.to_owned()))
        })
        .collect();
    let (Some(first), true) = (defined.first(), defined.len() >= 3) else { return Vec::new() };
    let mut findings = Vec::new();
    if look.register.risks.len() >= 2 && !look.register.risks.iter().any(|risk| names_one(look, risk)) {
        let message = format!(
            "{} strategies are defined here, and none of the {} risks names one",
            defined.len(),
            look.register.risks.len()
        );
        let span = Span::new(first.0.span.start, defined.last().map_or(first.0.span.end, |last| last.0.span.end));
        findings.push(Finding::of(
            &RULE,
            span,
            message,
            "say for each risk which way it is treated, or leave the strategies out",
        ));
    }
    let transfer = defined
        .iter()
        .find(|(_, name, meaning)| name == "transfer" && !OTHERS.iter().any(|stem| fold(meaning).contains(stem)));
    if let Some((line, _, meaning)) = transfer {
        let message =
            format!("'transfer' is explained as {}, where nobody else carries the risk", quoted(meaning.trim()));
        findings.push(Finding::of(
            &RULE,
            line.span,
            message,
            "to transfer is to let somebody else carry it: an insurance, a supplier",
        ));
    }
    findings
}

/// Whether a risk's short statements name a strategy.
fn names_one(look: &Look<'_>, risk: &crate::model::Risk) -> bool {
    let fields = risk.fields.values().chain(risk.repeated.iter().map(|(_, field)| field));
    let short = fields.filter(|field| field.text.len() <= 200);
    let begins = |text: &str| fold(text).split(' ').next().is_some_and(|word| FORMS.contains(&word));
    let labeled = risk.spans.iter().any(|span| {
        let own =
            fold(look.register.source.slice(*span).get(..2000).unwrap_or_else(|| look.register.source.slice(*span)));
        FORMS.iter().any(|form| own.contains(&format!("strategy {form}")) || own.contains(&format!("treatment {form}")))
    });
    labeled || short.into_iter().any(|field| begins(&plain(&field.text)))
}
