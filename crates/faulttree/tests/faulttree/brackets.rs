//! What happens when the budget does not suffice: a bracket, and the word for it; never a number that looks exact.

use faulttree::{Arg, Builder, Connective, Cores, Limits, solve, solve_on};

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

/// The last first.
struct Backwards;

impl Cores for Backwards {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).rev().for_each(work);
    }
}

/// A core for each try.
struct Many;

impl Cores for Many {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for at in 0..count {
                scope.spawn(move || work(at));
            }
        });
    }
}

#[test]
fn the_solution_is_the_same_on_any_number_of_cores() {
    let mut exact = 0;
    for seed in 0..6 {
        let tree = large(seed, 150, 220);
        // Too few nodes for some of the trees, which get a bracket.
        for nodes in [1 << 13, 1 << 15, 1 << 17] {
            let limits = Limits { nodes, set_nodes: 1 << 16, bracket_nodes: 200 };
            let one = solve(&tree, &limits);
            for cores in [&Backwards as &dyn Cores, &Many] {
                let other = solve_on(cores, &tree, &limits);
                assert_eq!(
                    (one.exact, one.probability),
                    (other.exact, other.probability),
                    "seed {seed}, {nodes} nodes"
                );
                assert_eq!(one.cut_sets, other.cut_sets, "seed {seed}, {nodes} nodes");
            }
            exact += usize::from(one.exact);
        }
    }
    assert!(exact > 0 && exact < 18, "some are solved and some are not: {exact}");
}
