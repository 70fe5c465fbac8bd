//! Laws on random trees, and a second engine as an oracle.

use biodivine_lib_bdd::{Bdd, BddVariableSet};
use faulttree::{Arg, Builder, Connective, Limits, Ranking, Tree, cut_sets, solve};
use proptest::prelude::*;

use crate::world::{Drawing, drawing, plain, solved};

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-11 * left.abs().max(right.abs()) + 1e-300
}

/// Names of a set of events, as the listing gives them.
fn named(events: u32) -> Vec<String> {
    (0..32).filter(|at| events >> at & 1 == 1).map(plain).collect()
}

fn check_all(drawing: &Drawing) -> Result<(), TestCaseError> {
    let tree = drawing.tree(&plain);
    let solution = solved(&tree);
    prop_assert!(solution.exact);
    prop_assert!(
        close(solution.probability.low, drawing.probability()),
        "{:?} {}",
        solution.probability,
        drawing.probability()
    );
    let minimal = drawing.minimal();
    let counted = solution.cut_sets.clone().expect("are counted");
    prop_assert_eq!(counted.total.to_string(), minimal.len().to_string());
    for (order, count) in counted.by_order.iter().enumerate() {
        let expected = minimal.iter().filter(|events| events.count_ones() as usize == order).count();
        prop_assert_eq!(count.to_string(), expected.to_string());
    }
    let mut listed: Vec<Vec<String>> = cut_sets(&tree, &solution, 10_000, Ranking::Probability)
        .expect("are listed")
        .into_iter()
        .map(|set| set.events)
        .collect();
    listed.sort();
    let mut expected: Vec<Vec<String>> = minimal.into_iter().map(named).collect();
    expected.sort();
    prop_assert_eq!(listed, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn coherent_trees_equal_enumeration(drawing in drawing(false)) {
        check_all(&drawing)?;
        prop_assert!(solved(&drawing.tree(&plain)).coherent);
    }

    #[test]
    fn trees_with_negations_equal_enumeration(drawing in drawing(true)) {
        check_all(&drawing)?;
    }

    #[test]
    fn other_names_change_nothing(drawing in drawing(true)) {
        let other = solved(&drawing.tree(&|at| format!("z{}", 99 - at)));
        let one = solved(&drawing.tree(&plain));
        prop_assert_eq!(one.probability.low.to_bits(), other.probability.low.to_bits());
        prop_assert_eq!(one.cut_sets, other.cut_sets);
    }

    /// A second one of an event, both needed, never makes the top of a coherent tree likelier.
    #[test]
    fn redundancy_never_lowers_availability(drawing in drawing(false), which in 0_usize..8) {
        let before = solved(&drawing.tree(&plain)).probability.low;
        let mut better = drawing.clone();
        let at = which % better.probabilities.len();
        better.probabilities[at] *= better.probabilities[at];
        prop_assert!(solved(&better.tree(&plain)).probability.low <= before * (1.0 + 1e-12));
    }

    /// With next to no room the answer is a bracket, and the bracket holds.
    #[test]
    fn brackets_hold_the_truth(drawing in drawing(true), bracket_nodes in 17_usize..40) {
        let limits = Limits { nodes: 4, set_nodes: 4, bracket_nodes };
        let solution = solve(&drawing.tree(&plain), &limits);
        let (truth, found) = (drawing.probability(), solution.probability);
        prop_assert!(found.low <= truth * (1.0 + 1e-12) && truth <= found.high * (1.0 + 1e-12), "{found:?} {truth}");
    }
}

/// The same tree in a library that shares no line with ours.
struct Oracle {
    variables: BddVariableSet,
    made: Vec<Bdd>,
}

fn oracle_probability(bdd: &Bdd, probabilities: &[f64]) -> f64 {
    let nodes: Vec<_> = bdd.pointers().collect();
    let mut made: Vec<f64> = Vec::new();
    for pointer in &nodes {
        made.push(if pointer.is_zero() {
            0.0
        } else if pointer.is_one() {
            1.0
        } else {
            let p = probabilities[bdd.var_of(*pointer).to_index()];
            p * made[bdd.high_link_of(*pointer).to_index()] + (1.0 - p) * made[bdd.low_link_of(*pointer).to_index()]
        });
    }
    made.last().copied().unwrap_or(0.0)
}

/// Random trees of some hundred gates, built at the same time for both.
fn both(seed: u64) -> (Tree, f64) {
    let mut random = measure::Random::new(seed);
    let mut below = |limit: usize| usize::try_from(random.below(limit as u64)).expect("fits");
    let events = 30 + below(20);
    let names: Vec<String> = (0..events).map(plain).collect();
    let variables = BddVariableSet::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let probabilities: Vec<f64> = (0..events).map(|at| 0.01 + 0.9 * (at as f64 / events as f64)).collect();
    let mut builder = Builder::new();
    let mut args: Vec<Arg> = names.iter().zip(&probabilities).map(|(name, p)| builder.event(name, *p)).collect();
    let mut oracle = Oracle { made: names.iter().map(|name| variables.mk_var_by_name(name)).collect(), variables };
    for _ in 0..120 {
        let reach = args.len().min(60);
        let picked: Vec<usize> = (0..2 + below(2)).map(|_| args.len() - 1 - below(reach)).collect();
        let negated = below(8) == 0;
        let own: Vec<Arg> = picked.iter().map(|at| if negated { args[*at].negated() } else { args[*at] }).collect();
        let theirs: Vec<Bdd> =
            picked.iter().map(|at| if negated { oracle.made[*at].not() } else { oracle.made[*at].clone() }).collect();
        let (connective, join): (_, fn(&Bdd, &Bdd) -> Bdd) = match below(5) {
            0 | 1 => (Connective::And, Bdd::and),
            2 | 3 => (Connective::Or, Bdd::or),
            _ => (Connective::Xor, Bdd::xor),
        };
        args.push(builder.gate(connective, own));
        let first = theirs[0].clone();
        oracle.made.push(theirs[1..].iter().fold(first, |all, one| join(&all, one)));
    }
    let truth = oracle_probability(oracle.made.last().expect("has gates"), &probabilities);
    assert_eq!(oracle.variables.num_vars() as usize, events);
    (builder.tree(*args.last().expect("has gates")), truth)
}

#[test]
fn larger_trees_equal_a_second_engine() {
    for seed in 0..60 {
        let (tree, truth) = both(seed);
        let found = solved(&tree);
        assert!(
            found.exact && (found.probability.low - truth).abs() <= 1e-10 * truth,
            "seed {seed}: {:?} {truth}",
            found.probability
        );
    }
}
