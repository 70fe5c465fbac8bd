//! The named ways in which documents score their risks, and which one a document follows.

use crate::legend::Legend;
use crate::model::{Formula, Model, Risk, Scale};
use crate::noun::FieldName;

/// How the document scores, from its grades and its legend.
pub(crate) fn model(risks: &[Risk], legend: &Legend) -> Model {
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
