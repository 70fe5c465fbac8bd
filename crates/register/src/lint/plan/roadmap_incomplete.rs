//! Proposed steps that no period of the roadmap holds.

use text::Severity;

use super::like::Action;
use super::quoted;
use crate::lint::{Finding, Look, Rule};
use crate::model::Register;
use crate::parts::{Period, Proposal};
use crate::status::State;

/// The rule.
pub(super) const RULE: Rule = Rule {
    name: "roadmap-incomplete",
    severity: Severity::Info,
    what: "a step is proposed for a risk, but no period of the document's roadmap holds it",
    why: "what stands in no period is done by nobody, and the roadmap looks complete",
    before: "Proposed: retries, load test  ...  ### Month 1\n- Retries",
    after: "Proposed: retries, load test  ...  ### Month 1\n- Retries\n### Month 2\n- Load test",
};

/// A roadmap that holds fewer of the proposals is about something else.
const MIN_HELD: (usize, usize) = (1, 2);
/// The fewest periods and proposals of a roadmap that can be incomplete.
const MIN_PERIODS: usize = 2;
const MIN_STEPS: usize = 3;
/// The most pairs of items and steps that are compared, and the most steps shown.
const MAX_ITEMS: usize = 400;
const MAX_SHOWN: usize = 8;

/// Finds them.
pub(super) fn check<'r>(look: &Look<'r>) -> Vec<Finding> {
    let register = look.register;
    let periods = &register.parts.roadmap;
    let items: Vec<Action> =
        periods.iter().flat_map(|period| &period.items).take(MAX_ITEMS).map(|(text, _)| Action::read(text)).collect();
    let steps: Vec<&Proposal> =
        register.parts.proposals.iter().filter(|step| is_open(register, step)).take(MAX_ITEMS).collect();
    if periods.len() < MIN_PERIODS || steps.len() < MIN_STEPS || items.is_empty() {
        return Vec::new();
    }
    let missing: Vec<&Proposal> = steps.iter().copied().filter(|step| !is_held(register, step, &items)).collect();
    let held = steps.len() - missing.len();
    if missing.is_empty() || held * MIN_HELD.1 < steps.len() * MIN_HELD.0 {
        return Vec::new();
    }
    finding(periods, &missing, steps.len()).into_iter().collect()
}

fn is_open(register: &Register, step: &Proposal) -> bool {
    let risk = step.risk.and_then(|risk| register.risks.get(risk));
    risk.is_some_and(|risk| !matches!(risk.state, State::Closed | State::Mitigated | State::Accepted))
}

/// Here a likeness is enough: a step that is held in other words is not missing.
fn is_held(register: &Register, step: &Proposal, items: &[Action]) -> bool {
    let around =
        Action::read(step.risk.and_then(|risk| register.risks.get(risk)).map_or("", |risk| risk.title.as_str()));
    let action = Action::read(&step.text);
    items.iter().any(|item| {
        item.names(&action, &around) || item.shared(&action) >= 2 || item.len() == 1 && item.shared(&action) == 1
    })
}

fn finding(periods: &[Period], missing: &[&Proposal], all: usize) -> Option<Finding> {
    let first = periods.first()?;
    let names: Vec<String> = missing.iter().take(MAX_SHOWN).map(|step| quoted(&step.text)).collect();
    let verb = if missing.len() == 1 { "step is" } else { "steps are" };
    let message =
        format!("{} of {all} proposed {verb} in no period of the roadmap: {}", missing.len(), names.join(", "));
    let help = "put each step into a period, or say that it is not planned";
    let mut finding = Finding::of(&RULE, first.span, message, help);
    for step in missing.iter().take(MAX_SHOWN) {
        finding = finding.against(step.span, format!("{} is proposed here", quoted(&step.text)));
    }
    Some(finding)
}
