//! The named ways in which documents score their risks: which one a document follows, and what it makes of the factors.
//!
//! | model | factors | result | source |
//! |---|---|---|---|
//! | `bmad` | 1 to 3 each | product; 9 critical, 6 high, 4 medium, 2-3 low, 1 minimal | bmad-core/tasks/risk-profile.md |
//! | `bmad-tea` | 1 to 3 each | product; 1-3 document, 4-5 monitor, 6-8 mitigate, 9 block | bmad-method-test-architecture-enterprise |
//! | `matrix` | numbers | product | the document's legend |
//! | `levels` | words | 3x3, 4x4 or 5x5 by the widest word used; product of the rungs | the document's words |
//! | `nist-800-30` | five words each | table I-2 | NIST SP 800-30 Rev. 1 |
//! | `fmea` | severity, occurrence, detection, 1 to 10 | RPN, the product | IEC 60812 |
//! | `aiag-vda` | the same | action priority H, M, L | AIAG & VDA FMEA Handbook, 2019 |
//! | `priorities` | none | `P0` to `P3` as stated | - |
//! | `table` | the user's words | the user's cells | `score` of `seaworthy.yaml` |
//!
//! What is stated is never replaced: the computed value stands beside it.

mod aiag;
mod bmad;
mod nist;
mod table;
mod words;

use crate::legend::Legend;
use crate::model::{Computed, Formula, Model, Risk, Scale};
use crate::noun::FieldName;

pub(crate) use bmad::{decision, overall};
pub use table::{Table, TableError};

/// How the document scores, from its grades and its legend.
pub(crate) fn model(risks: &[Risk], legend: &Legend) -> Model {
    let named = |model: Model| legend.mentions.contains(&model);
    match by_grades(risks, legend) {
        Model::Fmea if named(Model::AiagVda) => Model::AiagVda,
        Model::Bmad if named(Model::BmadTea) => Model::BmadTea,
        Model::Levels if named(Model::Nist) => Model::Nist,
        Model::Unscored if risks.iter().filter(|risk| has_code(risk)).count() * 2 > risks.len() => Model::Priorities,
        model => model,
    }
}

/// A priority such as `P1`.
fn has_code(risk: &Risk) -> bool {
    risk.stated(FieldName::Priority).is_some_and(|field| {
        let text = field.text.trim_matches(['*', '`', ' ']);
        text.len() == 2 && text.starts_with(['P', 'p']) && text.ends_with(|c: char| c.is_ascii_digit())
    })
}

fn by_grades(risks: &[Risk], legend: &Legend) -> Model {
    let number = |risk: &Risk, noun| risk.field(noun).and_then(|field| field.value.number());
    let word = |risk: &Risk, noun| risk.field(noun).and_then(|field| field.value.level());
    let factors = [FieldName::Likelihood, FieldName::Impact, FieldName::Severity];
    if risks
        .iter()
        .any(|risk| number(risk, FieldName::Detection).is_some() && number(risk, FieldName::Likelihood).is_some())
    {
        return Model::Fmea;
    }
    let pairs = risks.iter().filter(|risk| {
        number(risk, FieldName::Likelihood).is_some()
            && risk.consequence().is_some_and(|field| field.value.number().is_some())
    });
    let numbered = pairs.count();
    let worded = risks
        .iter()
        .filter(|risk| factors.iter().chain(&[FieldName::Level]).any(|noun| word(risk, *noun).is_some()))
        .count();
    if numbered > 0 && numbered * 2 >= worded {
        let top = risks.iter().flat_map(|risk| factors.map(|noun| number(risk, noun))).flatten().fold(0.0, f64::max);
        let scales = || legend.scales.iter().filter(|scale| factors.contains(&scale.of));
        let widest = scales().filter_map(|scale: &Scale| scale.numbers).map(|(_, high)| high).max();
        let is_three = top <= 3.0
            && widest.is_none_or(|high| high == 3)
            && !matches!(legend.formula, Some((Formula::Sum | Formula::Other, _)));
        return if is_three { Model::Bmad } else { Model::Matrix };
    }
    if worded > 0 { Model::Levels } else { Model::Unscored }
}

/// What a model makes of a risk; `None` when a factor is missing, or the model makes nothing of factors.
pub(crate) fn compute(risk: &Risk, model: Model) -> Option<Computed> {
    let number = |noun| risk.field(noun).and_then(|field| field.value.number());
    let level = |noun| risk.field(noun).and_then(|field| field.value.level());
    let consequence = || risk.consequence();
    let (score, band) = match model {
        Model::Bmad | Model::BmadTea => {
            let score = risk.score_bmad()?;
            (Some(f64::from(score)), bmad::band(score, model))
        }
        Model::Fmea | Model::AiagVda => {
            let (severity, occurrence, detection) =
                (consequence()?.value.number()?, number(FieldName::Likelihood)?, number(FieldName::Detection)?);
            let band =
                (model == Model::AiagVda).then(|| aiag::action_priority(severity, occurrence, detection)).flatten();
            (Some(severity * occurrence * detection), band)
        }
        Model::Matrix => (Some(number(FieldName::Likelihood)? * consequence()?.value.number()?), None),
        Model::Nist => (None, Some(nist::risk(level(FieldName::Likelihood)?, consequence()?.value.level()?))),
        Model::Levels => (Some(words::score(level(FieldName::Likelihood)?, consequence()?.value.level()?)), None),
        Model::Priorities | Model::Table | Model::Unscored => return None,
    };
    Some(Computed { score, band: band.map(str::to_owned), by: model })
}
