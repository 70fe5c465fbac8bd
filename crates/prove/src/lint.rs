//! One register judged with everything around it: the rules, the weights that `seaworthy.yaml` gives them, and the silences
//! of the document. `lint`, `prove` and the survey all ask here, so that they cannot disagree.

use std::collections::BTreeMap;

use register::{Heard, Register, RepositoryFacts};
use text::{Problem, Severity, Span};

/// Weights of rules by name: a severity or `off`, and where that is written.
pub type Weights = BTreeMap<String, (String, Span)>;

/// What the rules find in a register. What has the weight `off` is left out, what is silenced stands apart with its reason.
pub fn lint(register: &Register, facts: &RepositoryFacts, weights: &Weights) -> Heard {
    let weighed = register::lint(register, facts).into_iter().filter_map(|problem| weighed(problem, weights)).collect();
    let mut heard = register::silence(register, weighed);
    heard.problems = heard.problems.into_iter().filter_map(|problem| weighed_silence(problem, weights)).collect();
    heard
}

pub(crate) fn weighed(problem: Problem, weights: &Weights) -> Option<Problem> {
    let Some((weight, _)) = weights.get(problem.rule) else { return Some(problem) };
    let severity = match weight.as_str() {
        "off" => return None,
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    };
    Some(Problem { severity, ..problem })
}

/// Findings about silences are made after the weights were laid on.
fn weighed_silence(problem: Problem, weights: &Weights) -> Option<Problem> {
    if problem.rule.starts_with("silence-") { weighed(problem, weights) } else { Some(problem) }
}
