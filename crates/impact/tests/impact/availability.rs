//! Availability of flows from figures of their components.

use impact::{Availability, Counted, availability, impact};
use proptest::prelude::*;
use system::FlowId;

use crate::world::system;

fn of(text: &str) -> Availability {
    let system = system(text);
    let flow = FlowId::try_new("buy").expect("is a name");
    availability(&system, &impact(&system, &Counted::nothing()), &flow).expect("has the flow")
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
