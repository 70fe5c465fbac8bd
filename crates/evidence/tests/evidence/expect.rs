//! The language: what holds, what does not, what cannot be told, and what is refused when it is read.

use std::fmt::Write as _;

use evidence::{Expect, MAX_EXPECT_BYTES, Reason, Truth, Unit, Value};
use expect_test::{Expect as Snapshot, expect};
use text::{Source, read_yaml};

use crate::world::{Values, between, expectation, list, seconds, share, values};

fn observed() -> Values {
    values([
        ("status", Value::Integer(401)),
        ("big", Value::Integer(i64::MAX)),
        ("errors", Value::Integer(3)),
        ("total", Value::Integer(1000)),
        ("p95", between(1.9, 2.1, Unit::Second)),
        ("rto", between(12.0, f64::INFINITY, Unit::Second)),
        ("fast", seconds(0.021)),
        ("success", share(0.994, 0.999)),
        ("body", Value::bytes(12_288)),
        ("rate", between(100.0, 100.0, Unit::PerSecond)),
        ("allowed", Value::Boolean(false)),
        ("text", Value::from("relation \"x\" does not exist")),
        ("names", list(["apps", "observability"])),
        ("none", Value::List(Vec::new())),
        ("bystander.p95", seconds(0.1)),
        ("header.content-type", Value::from("text/html")),
        ("a", share(0.1, 0.1)),
        ("b", share(0.2, 0.2)),
    ])
}

fn truth(text: &str) -> Truth {
    expectation(text).hold(&observed()).0
}

/// Each expectation with what it came to.
fn check(texts: &[&str], expected: Snapshot) {
    let mut told = String::new();
    for text in texts {
        let (truth, trace) = expectation(text).hold(&observed());
        let word = match truth {
            Truth::True => "true".to_owned(),
            Truth::False => "false".to_owned(),
            Truth::Unknown(reason) => format!("unknown, {}", reason.words()),
        };
        let _ = writeln!(told, "{word}: {}", trace.lines.join(" | "));
    }
    expected.assert_eq(&told);
}

/// Each text with the problems it is refused for; the column counts within the text.
fn check_problems(texts: &[&str], expected: Snapshot) {
    let mut told = String::new();
    for text in texts {
        let source = Source::new("t", *text);
        let mut problems = Vec::new();
        let read = Expect::read(text, text::Span::new(0, text.len()), &source, &mut problems);
        assert_eq!(read.is_none(), text::has_errors(&problems), "{text}");
        let _ = writeln!(told, "{text}");
        for problem in problems {
            let (column, rule, help) = (problem.column, problem.rule, problem.help.unwrap_or_default());
            let at = source.slice(problem.span.expect("has a span"));
            let _ = writeln!(told, "  {column} `{at}` {rule}: {} ({help})", problem.message);
        }
    }
    expected.assert_eq(&told);
}

#[test]
fn every_comparison_is_traced_with_the_value_that_was_read() {
    check(
        &[
            "obs.status == 401",
            "obs.p95 < 300ms",
            "obs.p95 < 2s",
            "obs.success >= 99% && obs.fast <= 21ms",
            "!obs.allowed && obs.status != 200",
            "obs.allowed",
            "obs.bystander.p95 < 150ms || obs.status == 1",
            "obs.header['content-type'].startsWith('text/')",
            "'apps' in obs.names && !('default' in obs.names)",
            "obs.names == ['apps', 'observability'] && size(obs.names) == 2",
            "obs.names.all(n, n.contains('s')) && obs.names.exists(n, n == 'apps')",
            "obs.names.all(n, n.startsWith('a'))",
            "obs.rate >= 100/s && obs.body < 64KiB",
        ],
        expect![[r#"
            true: obs.status == 401 is true (obs.status is 401)
            false: obs.p95 < 300ms is false (obs.p95 is 1.9 s to 2.1 s)
            unknown, inconclusive: obs.p95 < 2s is unknown (obs.p95 is 1.9 s to 2.1 s; the interval lies across the limit)
            true: obs.success >= 99% is true (obs.success is 99.4 % to 99.9 %) | obs.fast <= 21ms is true (obs.fast is 21 ms)
            true: obs.allowed is false | obs.status != 200 is true (obs.status is 401)
            false: obs.allowed is false
            true: obs.bystander.p95 < 150ms is true (obs.bystander.p95 is 100 ms) | obs.status == 1 is false (obs.status is 401)
            true: obs.header['content-type'].startsWith('text/') is true (obs.header.content-type is 'text/html')
            true: 'apps' in obs.names is true (obs.names is ['apps', 'observability']) | ('default' in obs.names) is false (obs.names is ['apps', 'observability'])
            true: obs.names == ['apps', 'observability'] is true (obs.names is ['apps', 'observability']) | size(obs.names) == 2 is true (obs.names is ['apps', 'observability'])
            true: obs.names.all(n, n.contains('s')) is true (obs.names is ['apps', 'observability']) | obs.names.exists(n, n == 'apps') is true (obs.names is ['apps', 'observability']; so for n = 'apps')
            false: obs.names.all(n, n.startsWith('a')) is false (obs.names is ['apps', 'observability']; not for n = 'observability')
            true: obs.rate >= 100/s is true (obs.rate is 100/s) | obs.body < 64KiB is true (obs.body is 12 KiB)
        "#]],
    );
}

#[test]
fn what_is_missing_is_never_true() {
    check(
        &[
            "obs.nothing == 0 || obs.status == 401",
            "obs.nothing == 0 || obs.status == 200",
            "obs.nothing != 0",
            "!(obs.nothing == 0)",
            "obs.nothing == 0 && obs.status == 200",
            "has(obs.status) && obs.status == 401",
            "!has(obs.nothing) || obs.nothing == 1",
            "has(obs.nothing)",
            "obs.none.all(x, x == 'a')",
            "!obs.none.exists(x, x == 'a')",
            "obs.names.all(n, n == obs.nothing)",
        ],
        expect![[r#"
            unknown, no data: obs.nothing == 0 is unknown (obs.nothing is missing) | obs.status == 401 is true (obs.status is 401) | the rest is true, but obs.nothing is missing
            unknown, no data: obs.nothing == 0 is unknown (obs.nothing is missing) | obs.status == 200 is false (obs.status is 401)
            unknown, no data: obs.nothing != 0 is unknown (obs.nothing is missing)
            unknown, no data: (obs.nothing == 0) is unknown (obs.nothing is missing)
            false: obs.nothing == 0 is unknown (obs.nothing is missing) | obs.status == 200 is false (obs.status is 401)
            true: has(obs.status) is true (obs.status is 401) | obs.status == 401 is true (obs.status is 401)
            true: has(obs.nothing) is false (obs.nothing is missing) | obs.nothing == 1 is unknown (obs.nothing is missing)
            false: has(obs.nothing) is false (obs.nothing is missing)
            unknown, no data: obs.none.all(x, x == 'a') is unknown (obs.none is []; the list is empty)
            unknown, no data: obs.none.exists(x, x == 'a') is unknown (obs.none is []; the list is empty)
            unknown, no data: obs.names.all(n, n == obs.nothing) is unknown (obs.names is ['apps', 'observability']; obs.nothing is missing)
        "#]],
    );
}

#[test]
fn no_values_at_all_are_no_data_even_where_absence_is_asked_for() {
    assert_eq!(expectation("!has(obs.error)").hold(&Values::new()).0, Truth::Unknown(Reason::NoData));
    assert_eq!(truth("!has(obs.error)"), Truth::True);
}

#[test]
fn units_that_do_not_fit_are_unknown_and_zero_fits_all_of_them() {
    check(
        &[
            "obs.p95 < 300",
            "obs.status == '401'",
            "obs.text > 5",
            "obs.p95 + obs.body > 1s",
            "obs.p95 > 0",
            "obs.names < 3",
        ],
        expect![[r#"
            unknown, inconclusive: obs.p95 < 300 is unknown (obs.p95 is 1.9 s to 2.1 s; a duration cannot be compared with a bare number like this)
            unknown, inconclusive: obs.status == '401' is unknown (obs.status is 401; a bare number cannot be compared with a text like this)
            unknown, inconclusive: obs.text > 5 is unknown (obs.text is 'relation "x" does not exist'; a bare number cannot be compared with a text like this)
            unknown, inconclusive: obs.p95 + obs.body > 1s is unknown (obs.body is 12 KiB; obs.p95 is 1.9 s to 2.1 s; a duration and a size cannot be put together like this)
            true: obs.p95 > 0 is true (obs.p95 is 1.9 s to 2.1 s)
            unknown, inconclusive: obs.names < 3 is unknown (obs.names is ['apps', 'observability']; a list cannot be compared with a bare number like this)
        "#]],
    );
}

#[test]
fn whole_numbers_are_exact_and_their_overflow_is_unknown() {
    for text in ["obs.big + 1 > 0", "obs.big * 2 > 0", "-obs.big - 2 < 0"] {
        assert_eq!(truth(text), Truth::Unknown(Reason::Inconclusive), "{text}");
    }
    assert_eq!(truth("obs.big == 9223372036854775807"), Truth::True);
    assert_eq!(truth("obs.big == 9223372036854775806"), Truth::False);
    assert_eq!(
        truth("obs.big > 9223372036854775806.0"),
        Truth::False,
        "the decimal is 2^63, above every whole number here"
    );
}

#[test]
fn division_of_whole_numbers_is_not_cut_to_zero() {
    assert_eq!(truth("obs.errors / obs.total < 1%"), Truth::True);
    assert_eq!(truth("obs.errors / obs.total == 0"), Truth::False);
    assert_eq!(truth("obs.errors / obs.total == 0.003"), Truth::True);
    assert_eq!(truth("obs.total / (obs.errors - 3) > 0"), Truth::Unknown(Reason::Inconclusive));
}

#[test]
fn decimals_add_up_as_people_expect() {
    assert_eq!(truth("obs.a + obs.b == 0.3"), Truth::True);
    assert_eq!(truth("1 - obs.a == 90%"), Truth::True);
    assert_eq!(truth("obs.a + obs.b != 30%"), Truth::False);
}

#[test]
fn units_multiply_and_divide() {
    assert_eq!(truth("obs.rate * 2s == 200"), Truth::True);
    assert_eq!(truth("obs.total / 10s == obs.rate"), Truth::True);
    assert_eq!(truth("obs.fast * 2 == 42ms"), Truth::True);
    assert_eq!(truth("1 / obs.rate == 10ms"), Truth::True);
    assert_eq!(truth("obs.body / 2 == 6KiB"), Truth::True);
}

#[test]
fn a_rate_is_told_from_a_division() {
    assert_eq!(truth("obs.rate == 100/s"), Truth::True);
    assert_eq!(truth("obs.rate == 6000/m"), Truth::True);
    assert_eq!(truth("100/size(obs.names) == 50"), Truth::True);
}

#[test]
fn an_interval_that_is_not_over_yet_can_only_be_too_long() {
    assert_eq!(truth("obs.rto < 10s"), Truth::False);
    assert_eq!(truth("obs.rto < 30s"), Truth::Unknown(Reason::Inconclusive));
    assert_eq!(truth("obs.rto > 5s"), Truth::True);
    assert_eq!(truth("obs.rto - obs.p95 < 20s"), Truth::Unknown(Reason::Inconclusive));
    assert_eq!(truth("obs.p95 - obs.rto < 0s"), Truth::True);
}

#[test]
fn precedence_is_that_of_cel() {
    assert_eq!(truth("obs.errors == 1 && obs.total == 2 || obs.status == 401"), Truth::True);
    assert_eq!(truth("obs.errors == 1 && (obs.total == 2 || obs.status == 401)"), Truth::False);
    assert_eq!(truth("obs.errors + 2 * 3 == 9"), Truth::True);
    assert_eq!(truth("obs.errors - 2 - 1 == 0"), Truth::True);
    assert_eq!(truth("-obs.errors == -3"), Truth::True);
}

#[test]
fn the_step_budget_ends_an_evaluation_as_unknown() {
    let many = Value::List((0..2000).map(Value::Integer).collect());
    let found = values([("a", many.clone()), ("b", many)]);
    let (truth, trace) = expectation("obs.a.all(x, obs.b.exists(y, y == x))").hold(&found);
    assert_eq!(truth, Truth::Unknown(Reason::Inconclusive));
    assert!(trace.lines[0].contains("stopped after 10000 steps"), "{trace:?}");
}

#[test]
fn syntax_errors_say_what_was_expected_and_where() {
    check_problems(
        &[
            "",
            "obs.status = 401",
            "obs.status == 401 and obs.p95 < 1s",
            "obs.status == ",
            "obs.status == 401)",
            "(obs.status == 401",
            "1 < obs.x < 5",
            "obs.p95 < 300milis",
            "obs.p95 < 300mss",
            "obs.text == 'open",
            "obs.text == 'a\\q'",
            "status == 401",
            "obs == 1",
        ],
        expect![[r#"

              1 `` expect-syntax: the expectation is empty (an expectation looks like `obs.status == 401`)
            obs.status = 401
              12 `=` expect-syntax: `=` means nothing here (comparison is written `==`)
            obs.status == 401 and obs.p95 < 1s
              19 `and` expect-syntax: expected an operator such as `&&` or `==`, or the end, found `and` (and is written `&&`)
            obs.status == 
              15 `` expect-syntax: expected a value such as `obs.status`, `401` or `'text'`, found the end ()
            obs.status == 401)
              18 `)` expect-syntax: expected an operator such as `&&` or `==`, or the end, found `)` ()
            (obs.status == 401
              19 `` expect-syntax: expected `)` for the `(` in column 1, found the end ()
            1 < obs.x < 5
              11 `<` expect-syntax: comparisons cannot be chained (write `1 < obs.x && obs.x < 5`)
            obs.p95 < 300milis
              14 `milis` expect-syntax: `milis` is not a unit (units are us, ms, s, m, min, h, d, w, B, kB, KiB, MB, MiB, GB, GiB, `%`, `/s`, `/m` and `/h`)
            obs.p95 < 300mss
              14 `mss` expect-syntax: `mss` is not a unit (did you mean `ms`?)
            obs.text == 'open
              13 `'open` expect-syntax: the text that begins here has no closing `'` (close the quote)
            obs.text == 'a\q'
              15 `\q` expect-syntax: this escape is not known (known escapes: \\ \' \" \n \t)
            status == 401
              1 `status` unknown-name: `status` is not a name known here (a field of the observation is `obs.status`, a text stands in quotes: `'status'`)
            obs == 1
              1 `obs` expect-syntax: `obs` is the whole observation, not a value (name a field of it, such as `obs.status`)
        "#]],
    );
}

#[test]
fn slips_from_other_languages_are_told_what_is_written_here() {
    check_problems(
        &[
            "obs. == 1",
            "obs.names[0] == 'a'",
            "obs.names.any(x, x == 1)",
            "obs.names.all(obs, obs.x == 1)",
            "obs.names.all(x, x.y == 1)",
            "obs.x <> 5",
            "obs.x % 2 == 0",
            "obs.x == null",
            "not obs.x",
            "obs.x == 99999999999999999999",
            "obs.x == “a”",
            "obs.a ? 1 : 2",
            "has(5)",
            "size obs.x",
        ],
        expect![[r#"
            obs. == 1
              6 `==` expect-syntax: expected the name of a field after `.`, found `==` ()
            obs.names[0] == 'a'
              11 `0` expect-syntax: expected the name of a field in quotes, found `0` (items of lists are read with `in`, `all` and `exists`)
            obs.names.any(x, x == 1)
              11 `any` expect-syntax: `any` is not a method (write `exists`)
            obs.names.all(obs, obs.x == 1)
              15 `obs` expect-syntax: `obs` already means something (take another name)
            obs.names.all(x, x.y == 1)
              20 `y` expect-syntax: only `obs` has fields (a value has methods, such as `.contains('text')`)
            obs.x <> 5
              8 `>` expect-syntax: expected a value such as `obs.status`, `401` or `'text'`, found `>` (not equal is written `!=`)
            obs.x % 2 == 0
              7 `%` expect-syntax: `%` means nothing here (a percent sign stands directly after a number, as in `99.9%`)
            obs.x == null
              10 `null` unknown-name: `null` is not a name known here (there is no null: ask `has(obs.NAME)`)
            not obs.x
              1 `not` unknown-name: `not` is not a name known here (not is written `!`)
            obs.x == 99999999999999999999
              10 `99999999999999999999` expect-syntax: the whole number is too large (the largest one is 9223372036854775807)
            obs.x == “a”
              10 `“` expect-syntax: `“` means nothing here (texts stand in straight quotes, as in `'text'`)
            obs.a ? 1 : 2
              7 `?` expect-syntax: `?` means nothing here (there is no `? :` here; join two cases with `||`)
            has(5)
              5 `5` expect-syntax: expected a field such as `obs.status`, found `5` ()
            size obs.x
              6 `obs` expect-syntax: expected `(`, found `obs` ()
        "#]],
    );
}

#[test]
fn types_that_never_fit_are_told_all_at_once() {
    check_problems(
        &[
            "obs.a + 1",
            "5s < 10",
            "obs.a && 5",
            "!obs.a == 'x' && 'a' < 'b'",
            "obs.p95 + 1s < 10KiB",
            "obs.a == 1/0",
            "obs.a == 5s * 5s",
            "'a' in obs.list || 1 in ['a', 'b'] || 1 in 'abc'",
            "size(5) == obs.a",
            "obs.a.contains(5) || obs.a.contains('x') == 3",
            "5.all(x, x == obs.a)",
            "obs.a.all(x, 5)",
            "-'a' == obs.b",
        ],
        expect![[r#"
            obs.a + 1
              1 `obs.a + 1` expect-type: an expectation is true or false, and this is a bare number (compare it with something, as in `obs.count > 0`)
            5s < 10
              1 `5s < 10` expect-type: a duration is compared with a bare number (give both the same unit, as in `obs.p95 < 300ms`)
            obs.a && 5
              10 `5` expect-type: `&&` and `||` join what is true or false, and this is a bare number (compare it with something, as in `obs.count > 0`)
            !obs.a == 'x' && 'a' < 'b'
              1 `!obs.a == 'x'` expect-type: true or false is compared with a text (compare values of the same kind)
              18 `'a'` expect-type: only numbers are larger or smaller, and this is a text (compare with `==` or `!=`)
            obs.p95 + 1s < 10KiB
              1 `obs.p95 + 1s < 10KiB` expect-type: a duration is compared with a size (give both the same unit, as in `obs.p95 < 300ms`)
            obs.a == 1/0
              10 `1/0` expect-type: division by zero (write the result)
            obs.a == 5s * 5s
              10 `5s * 5s` expect-type: a duration and a duration cannot be put together like this (give both the same unit, as in `obs.p95 + 100ms`)
            'a' in obs.list || 1 in ['a', 'b'] || 1 in 'abc'
              20 `1 in ['a', 'b']` expect-type: this list can hold no bare number (list values of the same kind)
              44 `'abc'` expect-type: `in` asks a list, and this is a text (write `x in ['a', 'b']`, or `obs.text.contains('a')` for texts)
            size(5) == obs.a
              6 `5` expect-type: `size` counts the items of a list or the characters of a text, and this is a bare number (compare it directly)
            obs.a.contains(5) || obs.a.contains('x') == 3
              16 `5` expect-type: `contains` asks about texts, and this is a bare number (an item of a list is found with `'item' in obs.list`)
              22 `obs.a.contains('x') == 3` expect-type: true or false is compared with a bare number (compare values of the same kind)
            5.all(x, x == obs.a)
              1 `5` expect-type: `all` and `exists` ask about lists, and this is a bare number (name a field that holds a list)
            obs.a.all(x, 5)
              14 `5` expect-type: what is asked of each item is true or false, and this is a bare number (compare it with something, as in `obs.count > 0`)
            -'a' == obs.b
              2 `'a'` expect-type: only numbers can be calculated with, and this is a text (texts and lists are compared with `==` and `in`)
        "#]],
    );
}

#[test]
fn a_fault_is_shown_within_the_yaml_value_where_quotes_allow() {
    let cases = [
        ("e: obs.status = 401\n", "="),
        ("e: \"obs.status = 401\"\n", "="),
        ("e: 'obs.status = 401'\n", "="),
        ("e: 'obs.text = ''a'''\n", "'obs.text = ''a'''"),
        ("e: \"obs.text = \\\"a\\\"\"\n", "\"obs.text = \\\"a\\\"\""),
        ("ä: ö\ne: \"obs.status = 401\"\n", "="),
    ];
    for (yaml, expected) in cases {
        let source = Source::new("t.yaml", yaml);
        let node = read_yaml(&source).0.expect("is YAML");
        let value = node.get("e").expect("has e");
        let mut problems = Vec::new();
        assert_eq!(Expect::read(value.as_text().expect("is text"), value.span, &source, &mut problems), None);
        assert_eq!(source.slice(problems[0].span.expect("has a span")), expected, "{yaml}");
    }
}

#[test]
fn hostile_sizes_are_refused_without_harm() {
    let deep = format!("{}obs.a{}", "(".repeat(500), ")".repeat(500));
    let nots = format!("{}obs.a", "!".repeat(4000));
    let long = vec!["obs.a == 1"; 300].join(" && ");
    let huge = "x".repeat(MAX_EXPECT_BYTES + 1);
    for text in [deep, nots, long, huge] {
        let problems = Expect::parse(&text).expect_err("is refused");
        assert_eq!(problems[0].rule, "expect-syntax");
    }
    assert_eq!(truth(&vec!["obs.status == 401"; 100].join(" && ")), Truth::True);
}

#[test]
fn the_deepest_and_heaviest_expectations_that_are_read_do_no_harm() {
    let chain = vec!["obs.status == 401"; 120].join(" && ");
    assert_eq!(truth(&chain), Truth::True);
    let sum = format!("{} > 5", vec!["obs.errors"; 120].join(" + "));
    assert_eq!(truth(&sum), Truth::True);
    let deep = format!("{}obs.allowed{}", "(!".repeat(20), ")".repeat(20));
    assert_eq!(truth(&deep), Truth::False);
    let heavy = "obs.a.all(x, obs.b.all(y, obs.c.exists(z, x == y && y == z))) && size(obs.a) == 1999 && size(obs.b) == 1998 && size(obs.c) > 1997";
    assert!(Expect::parse(heavy).is_ok());
}

#[test]
fn paths_are_sorted_and_named_once() {
    let expect = expectation("obs.b.c < 1 && obs.a == 2 && has(obs.d) && obs.a != 3");
    assert_eq!(expect.paths(), ["a", "b.c", "d"]);
}
