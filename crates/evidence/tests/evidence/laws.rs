//! Laws of the language over made-up expectations and values.

use std::collections::BTreeMap;

use evidence::{Expect, Quantity, Reason, Truth, Unit, Value};
use proptest::prelude::*;

use crate::world::Values;

const FIELDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn whole() -> impl Strategy<Value = Value> {
    prop_oneof![
        12 => (-6..12_i64).prop_map(Value::Integer),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, 1 << 53]).prop_map(Value::Integer),
    ]
}

/// Exact, an interval, or one that is not over yet.
fn quantity(unit: Unit) -> impl Strategy<Value = Value> {
    (-12..24_i32, prop_oneof![2 => Just(0), 2 => 0..12_i32, 1 => Just(-1)]).prop_map(move |(low, wide)| {
        let low = f64::from(low) / 4.0;
        let high = if wide < 0 { f64::INFINITY } else { low + f64::from(wide) / 4.0 };
        Quantity::interval(low, high, unit).expect("is an interval").into()
    })
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![whole(), quantity(Unit::One)]
}

fn word() -> impl Strategy<Value = Value> {
    "[abx]{0,2}".prop_map(Value::Text)
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        number(),
        quantity(Unit::Byte),
        quantity(Unit::PerSecond),
        word(),
        any::<bool>().prop_map(Value::Boolean),
        prop::collection::vec(prop_oneof![number(), word()], 0..3).prop_map(Value::List),
    ]
}

/// A field that is mostly what it should be, sometimes something else, and sometimes missing.
fn field(usual: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![14 => usual.prop_map(Some), 1 => any_value().prop_map(Some), 1 => Just(None)]
}

fn observed() -> impl Strategy<Value = Values> {
    let lists = prop::collection::vec(number(), 0..4).prop_map(Value::List);
    let fields = (
        field(number()),
        field(number()),
        field(quantity(Unit::Second)),
        field(word()),
        field(lists),
        field(any::<bool>().prop_map(Value::Boolean)),
    );
    fields.prop_map(|(a, b, c, d, e, f)| {
        let named = FIELDS.into_iter().zip([a, b, c, d, e, f]);
        named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

/// Numbers without unit, written.
fn term() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        4 => Just("obs.a".to_owned()),
        3 => Just("obs.b".to_owned()),
        3 => (0..8_i64).prop_map(|number| number.to_string()),
        1 => (0..24_u32).prop_map(|number| format!("{}.{}", number / 4, 25 * (number % 4))),
        1 => prop::sample::select(vec!["50%", "-4", "size(obs.e)", "obs.c / 1s", "size(obs.d)"]).prop_map(str::to_owned),
    ];
    let sign = prop::sample::select(vec!["+", "-", "*", "/"]);
    let joined = move |inner: BoxedStrategy<String>| {
        (inner.clone(), sign.clone(), inner).prop_map(|(left, sign, right)| format!("({left} {sign} {right})"))
    };
    leaf.prop_recursive(2, 6, 2, joined).boxed()
}

/// Durations, written.
fn duration() -> BoxedStrategy<String> {
    let plain =
        prop::sample::select(vec!["obs.c", "2s", "500ms", "1.5s", "obs.c * 2", "obs.c + 1s"]).prop_map(str::to_owned);
    plain.boxed()
}

fn comparison() -> BoxedStrategy<String> {
    let signs = || prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let compare = |(left, sign, right): (String, &str, String)| format!("{left} {sign} {right}");
    let fixed = vec![
        "obs.d == 'a'",
        "obs.d.contains('a')",
        "obs.d in ['a', 'ab', '']",
        "obs.f",
        "obs.f == false",
        "obs.e == [1]",
        "obs.e.all(x, x < 3)",
        "obs.e.exists(x, x == obs.a)",
        "obs.a in obs.e",
        "obs.e.all(x, x > obs.b || obs.f)",
    ];
    prop_oneof![
        6 => (term(), signs(), term()).prop_map(compare),
        2 => (duration(), signs(), duration()).prop_map(compare),
        3 => prop::sample::select(fixed).prop_map(str::to_owned),
    ]
    .boxed()
}

/// An expectation without `has`, which is the one way to ask for absence.
fn expectation() -> BoxedStrategy<String> {
    let joined = |inner: BoxedStrategy<String>| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} || {right})")),
            inner.prop_map(|inner| format!("!({inner})")),
        ]
    };
    comparison().prop_recursive(3, 12, 2, joined).boxed()
}
/// Cases of a law; each reads at least one expectation, which takes milliseconds because it is tried out.
const CASES: u32 = 40;

/// What it comes to; `None` when it is refused as it stands, which is not the law's concern.
fn truth(text: &str, values: &Values) -> Option<Truth> {
    Some(Expect::parse(text).ok()?.hold(values).0)
}

/// Each interval a bit wider.
fn widened(values: &Values, low_by: u32, high_by: u32) -> Values {
    let widen = |value: &Value| match value {
        Value::Quantity(quantity) => {
            let (low, high) = (quantity.low() - f64::from(low_by) / 4.0, quantity.high() + f64::from(high_by) / 4.0);
            Quantity::interval(low, high, quantity.unit()).expect("is an interval").into()
        }
        other => other.clone(),
    };
    values.iter().map(|(name, value)| (name.clone(), widen(value))).collect()
}

/// Not a step from knowing less to knowing more, or to knowing the opposite.
fn knows_no_more(before: Truth, after: Truth) -> bool {
    matches!(after, Truth::Unknown(_)) || before == after
}

#[test]
fn the_laws_are_tried_on_enough_expectations_that_are_read_and_decided() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut read, mut known, tried) = (0, 0, 100);
    for _ in 0..tried {
        let (text, values) = (expectation(), observed()).new_tree(&mut runner).expect("is generated").current();
        let found = truth(&text, &values);
        read += usize::from(found.is_some());
        known += usize::from(found.is_some_and(|truth| !matches!(truth, Truth::Unknown(_))));
    }
    assert!(read * 3 >= tried && known * 3 >= tried, "{read} read and {known} decided of {tried}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,60}") {
        let _ = Expect::parse(&text);
    }

    #[test]
    fn any_words_of_the_language_are_read_without_panic(words in prop::collection::vec(prop::sample::select(vec![
        "obs.a", "obs", ".b", "(", ")", "[", "]", "==", "<", "&&", "||", "!", "-", "/", "in", "5", "5s", "1/s", "99%", "'x'", ",",
        ".all(", "x", "size(", "has(", "true", ".contains(", "9223372036854775807", "0.0",
    ]), 0..14), values in observed()) {
        let text = words.join(" ");
        if let Ok(expect) = Expect::parse(&text) {
            let _ = expect.hold(&values);
            let _ = expect.turning(&values);
        }
    }

    #[test]
    fn widening_an_interval_never_tells_more(text in expectation(), values in observed(), low in 0..8_u32, high in 0..8_u32) {
        let Ok(expect) = Expect::parse(&text) else { return Ok(()) };
        let (before, after) = (expect.hold(&values).0, expect.hold(&widened(&values, low, high)).0);
        prop_assert!(knows_no_more(before, after), "{text}: {before:?} became {after:?}");
    }

    #[test]
    fn removing_a_value_never_tells_more(text in expectation(), values in observed(), field in prop::sample::select(FIELDS.to_vec())) {
        let Ok(expect) = Expect::parse(&text) else { return Ok(()) };
        let mut fewer = values.clone();
        fewer.remove(field);
        let (before, after) = (expect.hold(&values).0, expect.hold(&fewer).0);
        prop_assert!(knows_no_more(before, after), "{text} without {field}: {before:?} became {after:?}");
    }

    #[test]
    fn nothing_is_true_while_a_field_is_missing(text in expectation(), values in observed()) {
        let Ok(expect) = Expect::parse(&text) else { return Ok(()) };
        if expect.paths().iter().any(|path| !values.contains_key(*path)) {
            prop_assert_ne!(expect.hold(&values).0, Truth::True);
        }
    }

    #[test]
    fn de_morgan_holds(left in expectation(), right in comparison(), values in observed()) {
        let one = truth(&format!("!({left} && {right})"), &values);
        let other = truth(&format!("(!({left})) || (!({right}))"), &values);
        if let (Some(one), Some(other)) = (one, other) {
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn not_less_is_at_least(left in term(), right in term(), values in observed()) {
        let one = truth(&format!("!({left} < {right})"), &values);
        let other = truth(&format!("{left} >= {right}"), &values);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_twofold_negation_changes_nothing(text in expectation(), values in observed()) {
        let twofold = truth(&format!("!(!({text}))"), &values);
        prop_assert_eq!(truth(&text, &values), twofold);
    }

    #[test]
    fn the_order_of_the_parts_changes_nothing(left in expectation(), right in comparison(), values in observed()) {
        for join in ["&&", "||"] {
            let one = truth(&format!("({left}) {join} ({right})"), &values);
            prop_assert_eq!(one, truth(&format!("({right}) {join} ({left})"), &values));
        }
    }

    #[test]
    fn the_order_in_which_values_were_put_in_changes_nothing(text in expectation(), values in observed()) {
        let Ok(expect) = Expect::parse(&text) else { return Ok(()) };
        let reversed: BTreeMap<String, Value> = values.clone().into_iter().rev().collect();
        prop_assert_eq!(expect.hold(&values), expect.hold(&reversed));
    }

    #[test]
    fn an_expectation_that_is_read_is_not_true_of_nothing(text in expectation()) {
        if let Ok(expect) = Expect::parse(&text) {
            prop_assert!(!matches!(expect.hold(&Values::new()).0, Truth::True));
        }
    }

    #[test]
    fn an_exact_number_within_an_interval_agrees_with_it(low in -20..20_i32, wide in 0..20_i32, inside in 0..=20_i32, limit in -40..40_i32) {
        let (from, to) = (f64::from(low), f64::from(low + wide));
        let point = from + f64::from(inside.min(wide));
        let expect = Expect::parse(&format!("obs.a * obs.a - obs.a < {limit} || obs.b == 1")).expect("is an expectation");
        let with = |low: f64, high: f64| Values::from([
            ("a".to_owned(), Quantity::interval(low, high, Unit::One).expect("is an interval").into()),
            ("b".to_owned(), Value::Integer(0)),
        ]);
        let (wide, exact) = (expect.hold(&with(from, to)).0, expect.hold(&with(point, point)).0);
        prop_assert!(matches!(wide, Truth::Unknown(Reason::Inconclusive)) || wide == exact);
    }
}
