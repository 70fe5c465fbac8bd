//! What happens when the budget does not suffice: a bracket, and the word for it; never a number that looks exact.

use faulttree::{Arg, Builder, Connective, Limits, solve};

use measure::Random;

use crate::world::{large, solved};

#[test]
fn a_small_budget_gives_a_bracket_around_the_truth() {
    for seed in 0..6 {
        let tree = large(seed, 60, 90);
        let truth = solved(&tree);
        assert!(truth.exact);
        let limits = Limits { nodes: 16, set_nodes: 16, bracket_nodes: 200 };
        let found = solve(&tree, &limits);
        assert!(!found.exact && found.cut_sets.is_none() && !found.too_big.is_empty(), "seed {seed}");
        let (low, high) = (found.probability.low, found.probability.high);
        assert!(low <= truth.probability.low && truth.probability.low <= high, "seed {seed}: {low} {high}");
        assert!(low > 0.0 && high < 1.0, "seed {seed} says something: {low} {high}");
    }
}

/// Sets may be too many to be held although the probability is exact: then they are not counted, and not zero.
#[test]
fn sets_beyond_the_budget_are_not_counted() {
    let tree = large(3, 60, 90);
    let found = solve(&tree, &Limits { set_nodes: 16, ..Limits::usual() });
    assert!(found.exact && found.cut_sets.is_none());
    assert_eq!(faulttree::cut_sets(&tree, &found, 1, faulttree::Ranking::Order), None);
}

/// Neighbors in a row of events: easy to solve, and with more events than an approximate diagram may have nodes.
fn row(events: usize) -> faulttree::Tree {
    let mut builder = Builder::new();
    let row: Vec<Arg> = (0..events).map(|at| builder.event(format!("e{at}"), 0.02)).collect();
    let pairs = row.windows(2).map(|pair| builder.gate(Connective::And, pair.to_vec())).collect();
    let top = builder.gate(Connective::Or, pairs);
    builder.tree(top)
}

#[test]
fn events_that_do_not_fit_a_bracket_are_unknown_and_not_impossible() {
    let tree = row(830);
    let truth = solved(&tree).probability.low;
    for bracket_nodes in [1, 17] {
        let found = solve(&tree, &Limits { nodes: 16, set_nodes: 16, bracket_nodes }).probability;
        assert!(found.low <= truth && truth <= found.high, "{bracket_nodes}: {found:?} {truth}");
    }
}

/// Triples drawn from everywhere: no order of the events keeps neighbors together.
fn tangle(events: usize, triples: usize) -> faulttree::Tree {
    let mut random = Random::new(7);
    let mut builder = Builder::new();
    let all: Vec<Arg> = (0..events).map(|at| builder.event(format!("e{at}"), 0.1)).collect();
    let mut triple = |builder: &mut Builder| {
        let args = (0..3).map(|_| all[random.below(events as u64) as usize]).collect();
        builder.gate(Connective::And, args)
    };
    let triples = (0..triples).map(|_| triple(&mut builder)).collect();
    let top = builder.gate(Connective::Or, triples);
    builder.tree(top)
}

#[test]
fn more_room_narrows_a_bracket() {
    let tree = tangle(45, 60);
    let width = |bracket_nodes| solve(&tree, &Limits { nodes: 16, set_nodes: 16, bracket_nodes }).probability.width();
    let (small, rough, fine) = (width(100), width(4_000), width(8_000));
    assert!(fine < rough && rough < small, "{fine} {rough} {small}");
}
