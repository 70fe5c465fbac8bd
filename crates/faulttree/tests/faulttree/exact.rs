//! Small answers that are known.

use faulttree::{Arg, Builder, Connective, Ranking, cut_sets};

use crate::world::solved;

fn check(make: impl FnOnce(&mut Builder) -> Arg, probability: f64, by_order: &[u32]) {
    let mut builder = Builder::new();
    let top = make(&mut builder);
    let solution = solved(&builder.tree(top));
    assert!(solution.exact);
    assert!(
        (solution.probability.low - probability).abs() <= 1e-15 * probability.max(1e-300),
        "{:?}",
        solution.probability
    );
    let orders = solution.cut_sets.expect("are counted").by_order;
    let expected: Vec<num_bigint::BigUint> = by_order.iter().map(|count| (*count).into()).collect();
    assert_eq!(orders, expected);
}

fn events(builder: &mut Builder, count: usize, probability: f64) -> Vec<Arg> {
    (0..count).map(|at| builder.event(format!("e{at}"), probability)).collect()
}

#[test]
fn three_hops_in_series() {
    check(
        |builder| {
            let hops = events(builder, 3, 0.001);
            builder.gate(Connective::Or, hops)
        },
        0.002_997_001,
        &[0, 3],
    );
}

#[test]
fn two_of_three() {
    check(
        |builder| {
            let replicas = events(builder, 3, 0.01);
            builder.gate(Connective::AtLeast(2), replicas)
        },
        3.0 * 0.01 * 0.01 * 0.99 + 0.01_f64.powi(3),
        &[0, 0, 3],
    );
}

#[test]
fn tiny_probabilities_keep_their_digits() {
    check(
        |builder| {
            let replicas = events(builder, 4, 1e-9);
            builder.gate(Connective::And, replicas)
        },
        1e-36,
        &[0, 0, 0, 0, 1],
    );
}

#[test]
fn constants_and_single_events_are_trees_too() {
    check(|_| Arg::TRUE, 1.0, &[1]);
    check(|_| Arg::FALSE, 0.0, &[]);
    check(|builder| builder.event("only", 0.25), 0.25, &[0, 1]);
    check(|builder| builder.event("not", 0.25).negated(), 0.75, &[1]);
    check(|builder| builder.gate(Connective::Or, Vec::new()), 0.0, &[]);
    check(|builder| builder.gate(Connective::And, Vec::new()), 1.0, &[1]);
}

/// The minimal sets of what happens, whatever does not: `a and not b` needs a alone.
#[test]
fn negations_count_by_their_positive_parts() {
    check(
        |builder| {
            let pair = events(builder, 2, 0.5);
            builder.gate(Connective::Xor, pair)
        },
        0.5,
        &[0, 2],
    );
    check(
        |builder| {
            let pair = events(builder, 2, 0.1);
            builder.gate(Connective::And, vec![pair[0], pair[1].negated()])
        },
        0.1 * 0.9,
        &[0, 1],
    );
}

/// 2 to the 200th sets are counted and the first are listed, although nobody could look at them all.
#[test]
fn more_sets_than_can_be_listed_are_counted_exactly() {
    let mut builder = Builder::new();
    let mut pairs = Vec::new();
    for at in 0..200 {
        let pair = vec![builder.event(format!("a{at}"), 0.1), builder.event(format!("b{at}"), 0.2)];
        pairs.push(builder.gate(Connective::Or, pair));
    }
    let top = builder.gate(Connective::And, pairs);
    let tree = builder.tree(top);
    let solution = solved(&tree);
    let counted = solution.cut_sets.clone().expect("are counted");
    assert_eq!(counted.total, num_bigint::BigUint::from(2_u8).pow(200));
    assert_eq!(counted.by_order.len(), 201);
    let first = cut_sets(&tree, &solution, 2, Ranking::Probability).expect("are listed");
    assert!(first[0].events.iter().all(|name| name.starts_with('b')));
    assert!((first[0].probability / 0.2_f64.powi(200) - 1.0).abs() < 1e-12);
    assert!((first[1].probability / first[0].probability - 0.5).abs() < 1e-12);
}

#[test]
fn sets_are_listed_by_probability_and_by_order() {
    let mut builder = Builder::new();
    let (a, b, c) = (builder.event("a", 0.5), builder.event("b", 0.4), builder.event("c", 0.01));
    let both = builder.gate(Connective::And, vec![a, b]);
    let top = builder.gate(Connective::Or, vec![both, c]);
    let tree = builder.tree(top);
    let solution = solved(&tree);
    let listed = |by| {
        let sets = cut_sets(&tree, &solution, 10, by).expect("are listed");
        sets.into_iter().map(|set| set.events.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(listed(Ranking::Probability), ["a b", "c"]);
    assert_eq!(listed(Ranking::Order), ["c", "a b"]);
}

/// A billion sets that are all as good: the first few are found without a look at the others.
#[test]
fn equal_sets_are_listed_without_looking_at_all_of_them() {
    let mut builder = Builder::new();
    let shared = builder.event("shared", 0.1);
    let rows = (0..12).map(|row| {
        let mut args: Vec<Arg> = (0..8).map(|at| builder.event(format!("e{row}_{at}"), 0.1)).collect();
        let last = args.pop().expect("is there");
        args.push(builder.gate(Connective::And, vec![last, shared]));
        builder.gate(Connective::Or, args)
    });
    let rows = rows.collect();
    let top = builder.gate(Connective::And, rows);
    let tree = builder.tree(top);
    let solution = solved(&tree);
    let counted = solution.cut_sets.clone().expect("are counted");
    assert_eq!(counted.total, num_bigint::BigUint::from(8_u64.pow(12)));
    for by in [Ranking::Probability, Ranking::Order] {
        let listed = cut_sets(&tree, &solution, 50, by).expect("are listed");
        assert_eq!(listed.len(), 50);
        assert!(listed.iter().all(|set| set.events.len() == 12), "the smallest are the likeliest");
        let names: std::collections::BTreeSet<&Vec<String>> = listed.iter().map(|set| &set.events).collect();
        assert_eq!(names.len(), 50, "each once");
    }
}
