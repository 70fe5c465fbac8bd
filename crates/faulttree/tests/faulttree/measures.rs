//! Importance and uncertainty.

use faulttree::{Builder, Connective, importance, samples, uncertainty};
use proptest::prelude::*;

use crate::world::{Drawing, drawing, model, plain, solved};

fn with(drawing: &Drawing, at: usize, probability: f64) -> f64 {
    let mut other = drawing.clone();
    other.probabilities[at] = probability;
    other.probability()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// The top is linear in each probability, so the derivative is exactly the difference of its two ends.
    #[test]
    fn derivatives_are_differences(drawing in drawing(true)) {
        let tree = drawing.tree(&plain);
        let solution = solved(&tree);
        let top = drawing.probability();
        for one in importance(&tree, &solution).expect("is small") {
            let at: usize = one.event[1..].parse().expect("is e and a number");
            let (low, high) = (with(&drawing, at, 0.0), with(&drawing, at, 1.0));
            prop_assert!((one.birnbaum - (high - low)).abs() < 1e-12);
            prop_assert!((one.criticality * top - one.probability * (high - low)).abs() < 1e-12);
            prop_assert!((one.achievement_worth * top - high).abs() < 1e-12);
            prop_assert!(low == 0.0 || (one.reduction_worth - top / low).abs() < 1e-9 * one.reduction_worth);
            prop_assert!((one.diagnostic * top - one.probability * high).abs() < 1e-12);
        }
    }

    /// By enumeration: states in which some minimal set that holds the event has happened.
    #[test]
    fn fussell_vesely_is_the_union_of_the_sets_with_the_event(drawing in drawing(false)) {
        let tree = drawing.tree(&plain);
        let minimal = drawing.minimal();
        let top = drawing.probability();
        for one in importance(&tree, &solved(&tree)).expect("is small") {
            let at: usize = one.event[1..].parse().expect("is e and a number");
            let holding: Vec<u32> = minimal.iter().copied().filter(|set| set >> at & 1 == 1).collect();
            let weight = |state: u32| -> f64 {
                let each = drawing.probabilities.iter().enumerate();
                each.map(|(at, p)| if state >> at & 1 == 1 { *p } else { 1.0 - p }).product()
            };
            let union: f64 =
                drawing.states().filter(|state| holding.iter().any(|set| set & state == *set)).map(weight).sum();
            let found = one.fussell_vesely.expect("is coherent");
            prop_assert!((found.low * top - union).abs() < 1e-12 && found.low == found.high, "{found:?} {}", union / top);
        }
    }
}

#[test]
fn an_event_that_is_everything_reduces_to_nothing() {
    let mut builder = Builder::new();
    let only = builder.event("only", 0.3);
    let other = builder.event("other", 0.2);
    let top = builder.gate(Connective::And, vec![only, other]);
    let tree = builder.tree(top);
    let found = importance(&tree, &solved(&tree)).expect("is small");
    assert_eq!(found[0].reduction_worth, f64::INFINITY);
    assert!((found[0].criticality - 1.0).abs() < 1e-15);
}

const SCATTER: &str = r#"
<define-fault-tree name="t">
  <define-gate name="top"><or><basic-event name="a"/><basic-event name="b"/></or></define-gate>
  <define-basic-event name="a"><lognormal-deviate><float value="0.01"/><float value="3"/><float value="0.95"/></lognormal-deviate></define-basic-event>
  <define-basic-event name="b"><uniform-deviate><float value="0.01"/><float value="0.03"/></uniform-deviate></define-basic-event>
</define-fault-tree>"#;

#[test]
fn samples_depend_on_the_seed_and_not_on_who_draws_them() {
    let (model, sources) = model(SCATTER);
    let (question, _) = model.question(model.tops()[0], &sources);
    let solution = solved(&question.tree);
    assert!(question.is_random(&model));
    let draw = |seed, from, to| samples(&model, &question, &solution, seed, from, to).expect("is compiled");
    let whole = draw(7, 0, 4_000);
    let parts = [draw(7, 2_000, 4_000), draw(7, 0, 2_000)];
    let one = uncertainty(vec![whole], 7).expect("has samples");
    assert_eq!(one, uncertainty(parts.to_vec(), 7).expect("has samples"));
    assert_ne!(one.mean, uncertainty(vec![draw(8, 0, 4_000)], 8).expect("has samples").mean);
    // The mean of the top is that of the means, because it is linear in both: 0.01 + 0.02 - 0.01 * 0.02.
    assert!(one.mean_interval.0 < 0.0298 && 0.0298 < one.mean_interval.1, "{one:?}");
    assert!(one.quantiles[0] < one.quantiles[1] && one.quantiles[1] < one.quantiles[2]);
    assert_eq!(one.histogram.iter().map(|bin| bin.1).sum::<u64>(), 4_000);
    assert_eq!(one.clamped, 0);
}

#[test]
fn draws_outside_of_zero_to_one_are_counted() {
    let (model, sources) = model(
        r#"<define-fault-tree name="t"><define-gate name="top"><or><basic-event name="a"/><basic-event name="a"/></or></define-gate>
        <define-basic-event name="a"><normal-deviate><float value="0.5"/><float value="1"/></normal-deviate></define-basic-event></define-fault-tree>"#,
    );
    let (question, _) = model.question(model.tops()[0], &sources);
    let drawn = samples(&model, &question, &solved(&question.tree), 1, 0, 500).expect("is compiled");
    assert!(drawn.clamped > 200 && drawn.tops.iter().all(|top| (0.0..=1.0).contains(top)));
}
