//! `guard`.

use std::time::Duration;

use expect_test::expect;
use system::{Policy, Protocol, Trips};

use crate::world::{PARTS, check_edges, check_guard, check_system, print, read, with_system};

fn policy(guard: &str) -> Policy {
    let (system, problems) = read(&with_system(&format!("{PARTS}edges: {{web->api: {{guard: {guard}}}, api->db: }}")));
    assert_eq!(print(&problems), "");
    system.expect("is a map").edges.remove(0).guard.expect("has a guard")
}

#[test]
fn an_empty_guard_has_only_defaults() {
    let policy = policy("{}");
    assert_eq!(
        (policy.protocol, policy.timeout, policy.connect_timeout),
        (Protocol::Http, None, Duration::from_secs(1))
    );
    assert_eq!((policy.retry, policy.breaker, policy.cache), (None, None, None));
}

#[test]
fn every_protection_is_read() {
    let policy = policy(
        "{timeout: 300ms, retry: 3, breaker: {trips: 50% of 20, open: 5s, trial: 3}, cache: {stale_if_error: 10m}, retry_after: 2s}",
    );
    let retry = policy.retry.expect("is on");
    assert_eq!((retry.attempts, retry.budget_floor, retry.backoff.ceiling(0)), (3, 3, Duration::from_millis(25)));
    assert_eq!(retry.backoff.ceiling(30), Duration::from_millis(250));
    let breaker = policy.breaker.expect("is on");
    assert!(matches!(breaker.trips, Trips::Share { of: 20, .. }));
    assert_eq!((breaker.open, breaker.trial), (Duration::from_secs(5), 3));
    let cache = policy.cache.expect("is on");
    assert_eq!((cache.entries, cache.body), (1024, text::Bytes(1024 * 1024)));
}

#[test]
fn a_written_pause_moves_the_default_of_the_other() {
    let retry = policy("{retry: {attempts: 2, base: 1s}}").retry.expect("is on");
    assert_eq!(retry.backoff.ceiling(5), Duration::from_secs(1));
}

#[test]
fn what_comes_later_is_refused_by_name() {
    check_guard(
        "{limit: {rate: 100/s}, idempotency: {methods: [POST]}, timeout: 1s}",
        expect![[r#"
        10:24 not-yet: `limit` of the guard of `web->api` is not provided by this version (remove the key; nothing would act on it)
        10:46 not-yet: `idempotency` of the guard of `web->api` is not provided by this version (remove the key; nothing would act on it)
    "#]],
    );
}

#[test]
fn nothing_behind_guard_is_no_guard() {
    check_edges(
        "web->api: {guard: }\napi->db: {guard: [x]}",
        expect![[r#"
        9:21 warning empty-guard: `guard` of edge `web->api` has nothing behind it, so no guard stands there (write `guard: {}` for a guard without protections)
        10:22 wrong-shape: the guard of `api->db` must be a map, found a list
    "#]],
    );
}

#[test]
fn unknown_guard_keys_have_nearest_ones() {
    check_guard(
        "{braeker: {}, timeuot: 1s}",
        expect![[r#"
        10:24 unknown-key: unknown key `braeker` in the guard of `web->api` (did you mean `breaker`?)
        10:37 unknown-key: unknown key `timeuot` in the guard of `web->api` (did you mean `timeout`?)
    "#]],
    );
}

#[test]
fn times_of_a_guard_are_bounded() {
    check_guard(
        "{timeout: 0s, connect_timeout: 1h, retry_after: 500ms}",
        expect![[r#"
        10:33 wrong-value: `timeout` of the guard of `web->api` must be above zero and at most 10m (write a duration such as `500ms` or `5s`)
        10:54 wrong-value: `connect_timeout` of the guard of `web->api` must be above zero and at most 10m (write a duration such as `500ms` or `5s`)
        10:71 wrong-value: `retry_after` of the guard of `web->api` must be whole seconds, as the header is (write `1s` or more)
    "#]],
    );
    check_guard(
        "{timeout: 5, connect_timeout: [x], retry_after: 1500ms}",
        expect![[r#"
        10:33 wrong-value: `timeout` of the guard of `web->api` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `5`
        10:53 wrong-value: `connect_timeout` of the guard of `web->api` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found a list
        10:71 wrong-value: `retry_after` of the guard of `web->api` must be whole seconds, as the header is (write `1s` or more)
    "#]],
    );
}

#[test]
fn a_guard_listens_on_loopback_only() {
    check_guard(
        "{listen: '0.0.0.0:80'}",
        expect![[r#"
        10:32 listen: `listen` of the guard of `web->api` must be a loopback address with a port, found `0.0.0.0:80` (write `127.0.0.1:8080`, or `127.0.0.1:0` for any free port)
    "#]],
    );
    check_guard(
        "{listen: 'localhost:80'}",
        expect![[r#"
        10:32 listen: `listen` of the guard of `web->api` must be a loopback address with a port, found `localhost:80` (write `127.0.0.1:8080`, or `127.0.0.1:0` for any free port)
    "#]],
    );
    check_guard(
        "{listen: 8080}",
        expect![[r#"
        10:32 listen: `listen` of the guard of `web->api` must be a loopback address with a port, found `8080` (write `127.0.0.1:8080`, or `127.0.0.1:0` for any free port)
    "#]],
    );
    check_guard("{listen: '[::1]:8080'}", expect![[""]]);
}

#[test]
fn no_two_guards_share_an_address() {
    check_edges(
        "web->api: {guard: {listen: '127.0.0.1:1'}}\napi->db: {guard: {listen: '127.0.0.1:1'}}",
        expect![[r#"
        10:5 listen: the guard of `api->db` would listen at 127.0.0.1:1, the address of the guard of `web->api` (give it an address of its own, or none for any free port)
    "#]],
    );
    check_edges(
        "web->api: {guard: {listen: '127.0.0.1:5432'}}\napi->db: ",
        expect![[r#"
        9:5 listen: the guard of `web->api` would listen at 127.0.0.1:5432, the address of component `db` (give it an address of its own, or none for any free port)
    "#]],
    );
    check_edges("web->api: {guard: {listen: '127.0.0.1:0'}}\napi->db: {guard: {listen: '127.0.0.1:0'}}", expect![[""]]);
}

#[test]
fn retry_is_a_number_or_a_map() {
    check_guard(
        "{retry: 1}",
        expect![[r#"
        10:31 wrong-value: retry of the guard of `web->api` must be a number of tries from 2 to 10, or a map, found `1` (2 means: one second try)
    "#]],
    );
    check_guard(
        "{retry: twice}",
        expect![[r#"
        10:31 wrong-value: retry of the guard of `web->api` must be a number of tries from 2 to 10, or a map, found `twice` (2 means: one second try)
    "#]],
    );
    check_guard(
        "{retry: [2]}",
        expect![[r#"
        10:31 wrong-shape: retry of the guard of `web->api` must be a map, found a list
    "#]],
    );
    check_guard(
        "{retry: {base: 1s, longest: 10ms}}",
        expect![[r#"
        10:31 missing-key: retry of the guard of `web->api` has no `attempts`
        10:38 wrong-value: `base` of retry of the guard of `web->api` is above `longest` (the first pause cannot be longer than the longest)
    "#]],
    );
    check_guard(
        "{retry: {attempts: 11, budget: 120%, budget_floor: -1}}",
        expect![[r#"
        10:42 wrong-value: `attempts` of retry of the guard of `web->api` must be a whole number from 2 to 10, found `11`
        10:54 wrong-value: `budget` of retry of the guard of `web->api` must be a share such as `99.9%` or `0.999`, between 0 and 1, found `120%`
        10:74 wrong-value: `budget_floor` of retry of the guard of `web->api` must be a whole number from 0 to 1000, found `-1`
    "#]],
    );
    check_guard(
        "{retry: {attempts: 3, budget: 0%, budget_floor: 0}}",
        expect![[r#"
        10:31 wrong-value: retry of the guard of `web->api` allows no retry at all: budget and budget_floor are both zero (remove `retry`, or allow some)
    "#]],
    );
}

#[test]
fn a_breaker_says_when_it_trips_and_for_how_long() {
    check_guard(
        "{breaker: 5 in a row}",
        expect![[r#"
        10:33 wrong-shape: breaker of the guard of `web->api` must be a map, found text
    "#]],
    );
    check_guard(
        "{breaker: {}}",
        expect![[r#"
        10:33 missing-key: breaker of the guard of `web->api` has no `trips`
        10:33 missing-key: breaker of the guard of `web->api` has no `open`
    "#]],
    );
    check_guard(
        "{breaker: {trips: 5, open: 1s}}",
        expect![[r#"
        10:41 wrong-value: `trips` of breaker of the guard of `web->api` cannot be `5` (write `5 in a row` or `50% of 20`; counts go from 1 to 10000, shares are above zero)
    "#]],
    );
    check_guard(
        "{breaker: {trips: 0 in a row, open: 0s}}",
        expect![[r#"
        10:41 wrong-value: `trips` of breaker of the guard of `web->api` cannot be `0 in a row` (write `5 in a row` or `50% of 20`; counts go from 1 to 10000, shares are above zero)
        10:59 wrong-value: `open` of breaker of the guard of `web->api` must be above zero and at most 1h (write a duration such as `500ms` or `5s`)
    "#]],
    );
    check_guard(
        "{breaker: {trips: 0% of 20, open: 2h, trial: 0}}",
        expect![[r#"
        10:41 wrong-value: `trips` of breaker of the guard of `web->api` cannot be `0% of 20` (write `5 in a row` or `50% of 20`; counts go from 1 to 10000, shares are above zero)
        10:57 wrong-value: `open` of breaker of the guard of `web->api` must be above zero and at most 1h (write a duration such as `500ms` or `5s`)
        10:68 wrong-value: `trial` of breaker of the guard of `web->api` must be a whole number from 1 to 1000, found `0`
    "#]],
    );
    check_guard(
        "{breaker: {trips: 50% of, open: 5, trial: 1001}}",
        expect![[r#"
        10:41 wrong-value: `trips` of breaker of the guard of `web->api` cannot be `50% of` (write `5 in a row` or `50% of 20`; counts go from 1 to 10000, shares are above zero)
        10:55 wrong-value: `open` of breaker of the guard of `web->api` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `5`
        10:65 wrong-value: `trial` of breaker of the guard of `web->api` must be a whole number from 1 to 1000, found `1001`
    "#]],
    );
    check_guard(
        "{breaker: {trips: [5 in a row], open: 5s}}",
        expect![[r#"
        10:41 wrong-value: `trips` of breaker of the guard of `web->api` must be text, found a list
    "#]],
    );
}

#[test]
fn a_cache_says_how_long_and_stays_small() {
    check_guard(
        "{cache: 10m}",
        expect![[r#"
        10:31 wrong-shape: cache of the guard of `web->api` must be a map, found text
    "#]],
    );
    check_guard(
        "{cache: {}}",
        expect![[r#"
        10:31 missing-key: cache of the guard of `web->api` has no `stale_if_error`
    "#]],
    );
    check_guard(
        "{cache: {stale_if_error: 0s, entries: 0, body: 0B}}",
        expect![[r#"
        10:48 wrong-value: `stale_if_error` of cache of the guard of `web->api` must be above zero and at most 7d (write a duration such as `500ms` or `5s`)
        10:61 wrong-value: `entries` of cache of the guard of `web->api` must be a whole number from 1 to 100000, found `0`
        10:70 wrong-value: `body` of cache of the guard of `web->api` must be above zero and at most 64MiB (write a size such as `1MiB`)
    "#]],
    );
    check_guard(
        "{cache: {stale_if_error: 30d, entries: 1000000, body: 1GiB}}",
        expect![[r#"
        10:48 wrong-value: `stale_if_error` of cache of the guard of `web->api` must be above zero and at most 7d (write a duration such as `500ms` or `5s`)
        10:62 wrong-value: `entries` of cache of the guard of `web->api` must be a whole number from 1 to 100000, found `1000000`
        10:77 wrong-value: `body` of cache of the guard of `web->api` must be above zero and at most 64MiB (write a size such as `1MiB`)
    "#]],
    );
}

#[test]
fn plain_bytes_have_no_cache_and_no_status() {
    check_edges(
        "api->db: {guard: {cache: {stale_if_error: 1m}, retry_after: 1s, breaker: {trips: 5 in a row, open: 1s}}}",
        expect![[r#"
            9:30 guard-protocol: `cache` of the guard of `api->db` needs `protocol: http`, and this edge carries plain bytes (remove it, or write `protocol: http` when the callee speaks it)
            9:65 guard-protocol: `retry_after` of the guard of `api->db` needs `protocol: http`, and this edge carries plain bytes (remove it, or write `protocol: http` when the callee speaks it)
        "#]],
    );
    check_guard(
        "{protocol: tcp, timeout: 1s, cache: {stale_if_error: 1m}}",
        expect![[r#"
            10:48 guard-protocol: `timeout` of the guard of `web->api` needs `protocol: http`, and this edge carries plain bytes (remove it, or write `protocol: http` when the callee speaks it)
            10:59 guard-protocol: `cache` of the guard of `web->api` needs `protocol: http`, and this edge carries plain bytes (remove it, or write `protocol: http` when the callee speaks it)
        "#]],
    );
    check_guard(
        "{protocol: udp}",
        expect![[r#"
        10:34 unknown-word: `protocol` of the guard of `web->api` cannot be `udp` (one of: http, tcp)
    "#]],
    );
}

#[test]
fn a_guard_stands_in_traffic() {
    check_system(
        "components: {a: {kind: service, start: 'a ${port}'}, k: {kind: secret}, f: {kind: sqlite, file: x}, q: {kind: queue}}\nedges: {a->k: {guard: {}}, a->f: {guard: {}}, a->q: {guard: {listen: '127.0.0.1:7'}}}",
        expect![[r#"
            5:25 guard-kind: the guard of `a->k` stands in no traffic: the callee is of kind `secret` (a guard is a proxy; put it on an edge to something that listens)
            5:44 guard-kind: the guard of `a->f` stands in no traffic: the callee is of kind `sqlite` (a guard is a proxy; put it on an edge to something that listens)
            5:49 warning idle-guard: nothing sends traffic through the guard of `a->q`: `a` is never told its address (pass `${edge:a->q}` in `start` or `env` of `a`)
            5:49 warning guard-upstream: the guard of `a->q` has nowhere to send requests: `q` has no address (give the callee `start` or `at`)
        "#]],
    );
}

#[test]
fn a_guard_nobody_is_told_of_is_remarked() {
    let parts = |start: &str, guard: &str| {
        format!(
            "components: {{a: {{kind: service, {start}}}, b: {{kind: service, at: '127.0.0.1:2'}}}}\nedges: {{a->b: {{guard: {guard}}}}}"
        )
    };
    check_system(
        &parts("start: 'a ${port}'", "{}"),
        expect![[r#"
        5:11 warning idle-guard: nothing sends traffic through the guard of `a->b`: `a` is never told its address (pass `${edge:a->b}` in `start` or `env` of `a`)
    "#]],
    );
    check_system(
        &parts("at: '127.0.0.1:1'", "{}"),
        expect![[r#"
        5:11 warning idle-guard: nothing sends traffic through the guard of `a->b`: `a` is never told its address (pass `${edge:a->b}` in `start` or `env` of `a`)
    "#]],
    );
    // Told by name, told by its address, or run by somebody who can have been told.
    check_system(&parts("start: 'a ${port} ${edge:a->b}'", "{}"), expect![[""]]);
    check_system(&parts("start: 'a ${port} 127.0.0.1:9'", "{listen: '127.0.0.1:9'}"), expect![[""]]);
    check_system(&parts("at: '127.0.0.1:1'", "{listen: '127.0.0.1:9'}"), expect![[""]]);
}
