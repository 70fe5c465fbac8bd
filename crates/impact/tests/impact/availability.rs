//! Availability of flows from figures of their components.

use impact::{Availability, Counted, FlowTrees, impact};
use proptest::prelude::*;
use system::FlowId;

use crate::world::system;

fn of(text: &str) -> Availability {
    let system = system(text);
    let flow = FlowId::try_new("buy").expect("is a name");
    FlowTrees::new(&system, &Counted::nothing()).availability(&flow).expect("has the flow")
}

fn check(text: &str, down: f64) {
    match of(text) {
        Availability::Down(found) => {
            assert!((found.high - down).abs() <= 1e-15 && found.low == found.high, "{found:?} {down}")
        }
        Availability::NotKnown(missing) => panic!("not known: {missing:?}"),
    }
}

fn chain(api: &str, more: &str) -> String {
    format!(
        "components: {{web: {{kind: client}}, api: {{kind: service, {api}}}, db: {{kind: postgres, unavailability: 0.1%}}}}\nedges: {{web->api: {{}}, api->db: {{}}}}\nflows: {{buy: {{path: [web, api, db]}}}}\n{more}"
    )
}

#[test]
fn hops_in_series_and_replicas_that_share_no_fate() {
    check(&chain("unavailability: 0.1%", ""), 1.0 - 0.999 * 0.999);
    check(&chain("replicas: 2, unavailability: 1%", ""), 1.0 - (1.0 - 1e-4) * 0.999);
    // Mean times of 99 and 1 hours are 1 %.
    check(&chain("replicas: 2, mttf: 99h, mttr: 1h", ""), 1.0 - (1.0 - 1e-4) * 0.999);
}

#[test]
fn two_of_three_must_work() {
    let two_of_three = 3.0 * 1e-4 * 0.99 + 1e-6;
    check(&chain("replicas: 3, quorum: 2, unavailability: 1%", ""), 1.0 - (1.0 - two_of_three) * 0.999);
}

#[test]
fn a_shared_fate_undoes_redundancy() {
    let fate = "shared_fate: {node: {members: [api, db], unavailability: 0.5%}}";
    check(&chain("replicas: 2, unavailability: 1%", fate), 1.0 - (1.0 - 1e-4) * 0.999 * 0.995);
}

#[test]
fn without_a_figure_nothing_is_known_and_what_is_missing_is_named() {
    let fate = "shared_fate: {node: [api, db]}";
    assert_eq!(
        of(&chain("replicas: 2", fate)),
        Availability::NotKnown(vec!["api".to_owned(), "shared fate node".to_owned()])
    );
}

/// Two of three payments are down together, and each is down one day in ten.
const PAYING: &str = "components: {web: {kind: client}, api: {kind: service, unavailability: 0%}, visa: {kind: external, unavailability: 10%}, amex: {kind: external, unavailability: 10%}, cash: {kind: external, unavailability: 10%}}
edges: {web->api: {}, api->visa: {timeout: 1s, instead: [amex]}}
flows: {buy: {path: [web, api, visa]}}
";

fn proved(text: &str, edges: &[&str]) -> Availability {
    let system = system(text);
    let flow = FlowId::try_new("buy").expect("is a name");
    FlowTrees::new(&system, &Counted::effective(crate::world::edges(edges))).availability(&flow).expect("has the flow")
}

fn down(found: &Availability) -> f64 {
    match found {
        Availability::Down(found) => (found.high * 1e12).round() / 1e12,
        Availability::NotKnown(missing) => panic!("not known: {missing:?}"),
    }
}

#[test]
fn what_stands_in_fails_too_before_a_flow_is_down_and_only_once_it_is_proved() {
    assert_eq!(down(&proved(PAYING, &[])), 0.1);
    assert_eq!(down(&proved(PAYING, &["api->visa"])), 0.01);
    let three = PAYING.replace("[amex]", "[amex, cash]");
    assert_eq!(down(&proved(&three, &["api->visa"])), 0.001);
}

#[test]
fn a_shared_fate_takes_what_stands_in_with_it() {
    let fate = format!("{PAYING}shared_fate: {{bank: {{members: [visa, amex], unavailability: 5%}}}}");
    assert_eq!(down(&proved(&fate, &["api->visa"])), 0.0595);
}

#[test]
fn stand_ins_that_need_each_other_in_a_circle_end() {
    let text = "components: {web: {kind: client}, a: {kind: service, unavailability: 10%}, b: {kind: service, unavailability: 20%}, c: {kind: service, unavailability: 50%}}
edges: {web->a: {}, a->b: {instead: [c]}, b->a: {instead: [c]}}
flows: {buy: {path: [web, a, b]}}";
    // a fails, or b and c do (0.1 + 0.9 * 0.2 * 0.5); that b fails without a says nothing new.
    assert_eq!(down(&proved(text, &["a->b", "b->a"])), 0.19);
}

#[test]
fn a_group_that_takes_one_replica_leaves_the_others() {
    let fate =
        "shared_fate: {n1: {members: [api/1, api/2], unavailability: 1%}, n2: {members: [api/3], unavailability: 1%}}";
    let three = chain("replicas: 3, unavailability: 0%", fate).replace("0.1%", "0%");
    // Both nodes, or nothing.
    check(&three, 1e-4);
    check(&three.replace("replicas: 3", "replicas: 3, quorum: 2"), 0.01);
}

#[test]
fn what_never_runs_is_always_down_and_what_is_soft_never_counts() {
    check(&chain("replicas: 0", ""), 1.0);
    check(&chain("unavailability: 0%", "").replace("api->db: {}", "api->db: {needs: soft}"), 0.0);
}

#[test]
fn a_component_that_needs_all_its_replicas_is_a_single_point() {
    let spofs = |api: &str| {
        let system = system(&chain(api, ""));
        let found = impact(&system, &Counted::nothing());
        found.flows[0].spofs.len()
    };
    assert_eq!((spofs("replicas: 3, quorum: 3"), spofs("replicas: 3, quorum: 2"), spofs("replicas: 1")), (2, 1, 2));
}

proptest! {
    /// One more replica, or one needed less, never makes a flow less available.
    #[test]
    fn redundancy_never_lowers_availability(replicas in 1_u32..5, quorum in 1_u32..5, percent in 0.0_f64..100.0) {
        prop_assume!(quorum <= replicas);
        let down = |replicas: u32, quorum: u32| match of(&chain(&format!("replicas: {replicas}, quorum: {quorum}, unavailability: {percent}%"), "")) {
            Availability::Down(found) => found.high,
            Availability::NotKnown(_) => f64::NAN,
        };
        let now = down(replicas, quorum);
        prop_assert!(down(replicas + 1, quorum) <= now + 1e-12);
        prop_assert!(quorum == 1 || down(replicas, quorum - 1) <= now + 1e-12);
    }
}

#[test]
fn how_likely_a_component_is_gone_counts_the_groups_that_it_shares_a_fate_with() {
    let likely = |fate: &str| {
        let text = chain("replicas: 2, unavailability: 0.1%", fate);
        let system = system(&text);
        let found = impact(&system, &Counted::nothing());
        let row = found.rows.iter().find(|row| row.component.as_str() == "api").expect("has an api");
        row.likelihood.map(|likely| (likely * 1e12).round() / 1e12)
    };
    assert_eq!(likely(""), Some(1e-6));
    assert_eq!(likely("shared_fate: {rack: {members: [api, db], unavailability: 5%}}"), Some(0.050_000_95));
    // The second replica is gone with its node or by itself: 1 - 0.999 * 0.95.
    assert_eq!(likely("shared_fate: {n: {members: [api/2, db], unavailability: 5%}}"), Some(0.000_050_95));
    assert_eq!(likely("shared_fate: {rack: [api, db]}"), None, "nobody knows how often the rack is gone");
}

#[test]
fn a_circle_of_very_many_that_stand_in_for_each_other_is_told_and_not_followed() {
    let ring = |count: usize| {
        let components: Vec<String> =
            (0..count).map(|at| format!("c{at}: {{kind: service, unavailability: 1%}}")).collect();
        let edges: Vec<String> = (0..count)
            .map(|at| format!("c{at}->c{}: {{instead: [c{}]}}", (at + 1) % count, (at + 2) % count))
            .collect();
        let text = format!(
            "components: {{web: {{kind: client}}, {}}}\nedges: {{web->c0: {{}}, {}}}\nflows: {{buy: {{path: [web, c0]}}}}",
            components.join(", "),
            edges.join(", ")
        );
        let names: Vec<String> = (0..count).map(|at| format!("c{at}->c{}", (at + 1) % count)).collect();
        proved(&text, &names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(matches!(ring(8), Availability::Down(_)));
    let Availability::NotKnown(why) = ring(400) else { panic!("400 are too many") };
    assert_eq!(why, ["400 edges with stand-ins, in circles or too deep to follow"]);
}
