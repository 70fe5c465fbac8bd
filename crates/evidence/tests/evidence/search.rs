//! A check that cannot fail proves nothing: what is refused, what is let through, and what turns at run time.

use evidence::{Expect, Value};
use text::Severity;

use crate::world::{expectation, list, seconds, values};

fn rules(text: &str) -> Vec<(&'static str, Severity)> {
    let problems = Expect::parse(text).err().unwrap_or_default();
    problems.iter().map(|problem| (problem.rule, problem.severity)).collect()
}

#[test]
fn expectations_that_nothing_can_break_are_refused() {
    let texts = [
        "true",
        "1 == 1",
        "!false || 5s < 3s",
        "obs.a == 1 || true",
        "obs.a == obs.a",
        "obs.a >= obs.a",
        "obs.a - obs.a == 0",
        "obs.a * 0 == 0",
        "obs.a <= obs.a + 1",
        "obs.a == 1 || obs.a != 1",
        "obs.a < 5 || obs.a >= 5",
        "obs.a < 5s || obs.a > 3s",
        "size(obs.a) >= 0",
        "has(obs.a) || !has(obs.a)",
        "obs.a || !obs.a",
        "obs.a.all(x, x == x)",
        "obs.a in [1, 2] || !(obs.a in [2, 1])",
        "!(obs.a == 'x' && obs.a == 'y')",
        "(obs.a == 1 || obs.a != 1) && (obs.b < 2 || obs.b >= 2)",
        "obs.a.contains('')",
    ];
    for text in texts {
        assert_eq!(rules(text), [("claim-cannot-fail", Severity::Error)], "{text}");
    }
}

#[test]
fn expectations_that_nothing_can_fulfill_are_refused() {
    let texts = [
        "obs.a == 1 && obs.a == 2",
        "obs.a > 5s && obs.a < 3s",
        "obs.a == 'x' && obs.a == 1",
        "obs.a && !obs.a",
        "obs.b == 1 && false",
        "obs.c == 1 && (obs.a > 5 && !(obs.a > 2))",
        "!has(obs.a) && obs.a == 1",
    ];
    for text in texts {
        assert_eq!(rules(text), [("claim-cannot-hold", Severity::Error)], "{text}");
    }
}

#[test]
fn sound_expectations_are_let_through() {
    let texts = [
        "obs.lost_acknowledged == 0 && obs.rto < 30s",
        "obs.allowed_from == ['apps', 'observability'] && obs.to_selects > 0",
        "!obs.allowed && obs.to_selects > 0",
        "obs.replicas - obs.min_available >= 1 && obs.selects > 0",
        "obs.a > 1 && obs.a < 2",
        "obs.a > 0 && obs.a < 5s",
        "obs.a * obs.b != 72",
        "obs.a + obs.b == 17 && obs.a * obs.b == 72",
        "obs.a > obs.b || obs.b > 5s",
        "size(obs.log) < 5000000 && size(obs.names) > 1000",
        "size(obs.log) < 5000000",
        "obs.names.all(n, n.startsWith('app-')) && size(obs.names) == 3",
        "obs.text.startsWith('a') && obs.text.contains('b') && obs.text.endsWith('c')",
        "obs.success >= 99.9% && obs.p95 < 300ms && obs.bystander.p95 < 400ms && obs.retry_after == 100%",
        "obs.a in ['x', 'y'] && obs.b in [1, 2] && obs.c.exists(v, v in obs.d)",
        "obs.before - obs.after < 5",
        "!has(obs.error)",
        "has(obs.a) && obs.a == 1",
        "obs.count_503 >= 1 && obs.count_503 + obs.count_2xx == obs.times",
        "(obs.a == 1 || obs.b == 2) && (obs.b == 3 || obs.c == 4) && (obs.c == 5 || obs.d == 6) && (obs.d == 7 || obs.e == 8) && (obs.e == 9 || obs.a == 1)",
        "obs.drift > -5ms && obs.drift < 5ms",
    ];
    for text in texts {
        let source = text::Source::new("t", text);
        let mut problems = Vec::new();
        let read = Expect::read(text, text::Span::new(0, text.len()), &source, &mut problems);
        assert!(read.is_some() && problems.is_empty(), "{text}: {problems:#?}");
    }
}

#[test]
fn what_only_a_value_below_zero_breaks_is_warned_about() {
    for text in ["obs.errors >= 0", "obs.p95 > -1s", "obs.errors >= 0 && size(obs.names) >= 0"] {
        let source = text::Source::new("t", text);
        let mut problems = Vec::new();
        let read = Expect::read(text, text::Span::new(0, text.len()), &source, &mut problems);
        assert!(read.is_some(), "{text}");
        assert_eq!(
            problems.iter().map(|problem| (problem.rule, problem.severity)).collect::<Vec<_>>(),
            [("claim-cannot-fail", Severity::Warning)],
            "{text}"
        );
    }
}

#[test]
fn a_change_of_one_field_turns_a_true_observation() {
    let cases = [
        ("obs.status == 401", values([("status", Value::Integer(401))]), Some("obs.status were 0 (it is 401)")),
        ("obs.p95 < 300ms", values([("p95", seconds(0.021))]), Some("obs.p95 were 300 ms (it is 21 ms)")),
        ("!obs.open", values([("open", Value::Boolean(false))]), Some("obs.open were true (it is false)")),
        ("obs.a == obs.b", values([("a", seconds(7.0)), ("b", seconds(7.0))]), Some("obs.a were 8 s (it is 7 s)")),
        ("'apps' in obs.names", values([("names", list(["apps"]))]), Some("obs.names were [] (it is ['apps'])")),
        (
            "has(obs.x) && obs.y == 1",
            values([("x", Value::Integer(1)), ("y", Value::Integer(1))]),
            Some("obs.x were missing (it is 1)"),
        ),
        ("obs.a == 1 || obs.b == 1", values([("a", Value::Integer(1)), ("b", Value::Integer(1))]), None),
        ("obs.status == 401", values([("status", Value::Integer(200))]), None),
    ];
    for (text, found, expected) in cases {
        assert_eq!(expectation(text).turning(&found).as_deref(), expected, "{text}");
        assert_eq!(expectation(text).mutants_turn(&found), expected.is_some(), "{text}");
    }
}
