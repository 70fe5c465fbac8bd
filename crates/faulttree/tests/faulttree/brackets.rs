//! What happens when the budget does not suffice: a bracket, and the word for it; never a number that looks exact.

use faulttree::{Limits, solve};

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

#[test]
fn more_room_never_widens_a_bracket_beyond_the_rough_one() {
    let tree = large(1, 80, 160);
    let width = |bracket_nodes| solve(&tree, &Limits { nodes: 16, set_nodes: 16, bracket_nodes }).probability.width();
    assert!(width(8_000) <= width(4_000));
}
