//! The table of what stops what, row by row.

use impact::{Effect, Mode, effect_of, protections};

use crate::world::system;

fn effects(edge: &str) -> (Effect, Effect) {
    let system = system(&format!("components: {{a: {{kind: client}}, b: {{kind: service}}}}\nedges: {{a->b: {edge}}}"));
    (effect_of(&system.edges[0], &Mode::Down), effect_of(&system.edges[0], &Mode::Slow))
}

#[test]
fn the_table_holds_row_by_row() {
    let breaker = "breaker: {trips: 5 in a row, open: 1s}";
    let cache = "cache: {stale_if_error: 1m}";
    assert_eq!(effects("{}"), (Effect::Passes, Effect::Passes));
    assert_eq!(effects("{guard: {}}"), (Effect::Passes, Effect::Passes));
    assert_eq!(effects("{guard: {retry: 3}}"), (Effect::Passes, Effect::Passes));
    assert_eq!(effects(&format!("{{guard: {{{breaker}}}}}")), (Effect::Passes, Effect::Passes));
    assert_eq!(effects(&format!("{{guard: {{timeout: 1s, {breaker}}}}}")), (Effect::Passes, Effect::FailsFast));
    assert_eq!(effects("{timeout: 1s}"), (Effect::Passes, Effect::FailsFast));
    assert_eq!(effects("{fallback: memory}"), (Effect::Falls, Effect::Passes));
    assert_eq!(effects("{fallback: memory, timeout: 1s}"), (Effect::Falls, Effect::Falls));
    assert_eq!(effects(&format!("{{guard: {{{cache}}}}}")), (Effect::Stale, Effect::Passes));
    assert_eq!(effects(&format!("{{timeout: 1s, guard: {{{cache}}}}}")), (Effect::Stale, Effect::Stale));
}

#[test]
fn a_guard_on_plain_bytes_does_not_bound_the_wait() {
    let mut system =
        system("components: {a: {kind: client}, b: {kind: service}}\nedges: {a->b: {guard: {timeout: 1s}}}");
    let edge = &mut system.edges[0];
    assert_eq!(effect_of(edge, &Mode::Slow), Effect::FailsFast);
    edge.guard.as_mut().expect("has a guard").protocol = system::Protocol::Tcp;
    assert_eq!(effect_of(edge, &Mode::Slow), Effect::Passes);
}

#[test]
fn protections_are_named_in_the_order_a_request_meets_them() {
    let text = "components: {a: {kind: client}, b: {kind: service}}\nedges: {a->b: {fallback: x, guard: {cache: {stale_if_error: 1m}, timeout: 1s, retry: 2, breaker: {trips: 5 in a row, open: 1s}}}}";
    assert_eq!(protections(&system(text).edges[0]), ["breaker", "retry", "timeout", "cache", "fallback"]);
}
