//! The judge: the order of its doubts, the three controls, and that less data never makes a claim hold.

use std::time::Duration;

use evidence::{Drilled, Grade, Judged, Look, Observation, Reason, Value, Verdict, judge_drill, judge_probe};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::world::{NOW, SECOND, Values, claim, drilled, observation, seconds, seen, share, values};

const EXPECT: &str = "obs.status == 401";

fn status(status: i64) -> Observation {
    observation(values([("status", Value::Integer(status))]))
}

fn told(judged: &Judged) -> String {
    let mut told = format!("{judged}\ngrade: {}\nchange: {}\n", Grade::word_of(judged.grade), judged.would_change);
    if let Some(controls) = &judged.controls {
        for (name, control) in [("bite", &controls.bite), ("clean", &controls.clean), ("off", &controls.off)] {
            told.push_str(&format!("{name}: {}: {}\n", control.verdict, control.what));
        }
    }
    told
}

fn check_probe(observation: &Observation, expected: Expect) {
    expected.assert_eq(&told(&judge_probe(&claim("R-2/closed", EXPECT), observation, NOW)));
}

fn check_drill(drilled: &Drilled, expected: Expect) {
    expected.assert_eq(&told(&judge_drill(&drill_claim(), drilled, NOW)));
}

fn drill_claim() -> evidence::Claim {
    let mut claim = claim("R-2/answers", "obs.success >= 99% && obs.p95 < 300ms");
    claim.look = Look::Drill;
    claim
}

fn good() -> Values {
    values([("success", share(0.995, 1.0)), ("p95", seconds(0.021))])
}

fn bad() -> Values {
    values([("success", share(0.0, 0.03)), ("p95", seconds(2.0))])
}

fn sound() -> Drilled {
    drilled(good(), good(), bad())
}

#[test]
fn a_probe_that_holds_names_what_was_read_and_what_would_break_it() {
    check_probe(
        &status(401),
        expect![[r#"
            R-2/closed: Held, live. status is 401 (GET http://127.0.0.1:1/x).
            grade: live
            change: Broken if obs.status were 0 (it is 401)
        "#]],
    );
}

#[test]
fn a_probe_that_is_violated_is_broken() {
    check_probe(
        &status(200),
        expect![[r#"
            R-2/closed: Broken. status is 200, wanted status == 401 (GET http://127.0.0.1:1/x).
            grade: live
            change: Held once `obs.status == 401` is true
        "#]],
    );
}

#[test]
fn a_missing_value_is_no_data() {
    check_probe(
        &observation(values([("other", Value::Integer(401))])),
        expect![[r#"
            R-2/closed: NotSeen (no data). status is missing, so `status == 401` cannot be told (GET http://127.0.0.1:1/x).
            grade: unknown
            change: a reading of obs.status that decides `obs.status == 401`
        "#]],
    );
}

#[test]
fn zero_subjects_are_no_data_whatever_was_read() {
    check_probe(
        &Observation { subjects: 0, ..status(401) },
        expect![[r#"
        R-2/closed: NotSeen (no data). Nothing was within reach on api; looked at GET http://127.0.0.1:1/x.
        grade: unknown
        change: a reading of api with at least one subject
    "#]],
    );
    let judged = judge_probe(&claim("R-2/closed", EXPECT), &Observation { subjects: 0, ..status(200) }, NOW);
    assert_eq!(judged.verdict, Verdict::NotSeen(Reason::NoData));
}

#[test]
fn trouble_without_values_is_unreachable_and_with_values_it_never_holds() {
    let trouble = Some("connection refused".to_owned());
    check_probe(
        &Observation { trouble: trouble.clone(), ..observation(Values::new()) },
        expect![[r#"
        R-2/closed: NotSeen (unreachable). api could not be read: connection refused; looked at GET http://127.0.0.1:1/x.
        grade: unknown
        change: a reading of api
    "#]],
    );
    check_probe(
        &Observation { trouble: trouble.clone(), ..status(401) },
        expect![[r#"
            R-2/closed: NotSeen (inconclusive). status is 401 (GET http://127.0.0.1:1/x). Less was read than asked for: connection refused.
            grade: unknown
            change: a reading without trouble
        "#]],
    );
    check_probe(
        &Observation { trouble, ..status(200) },
        expect![[r#"
            R-2/closed: Broken. status is 200, wanted status == 401 (GET http://127.0.0.1:1/x). Less was read than asked for: connection refused.
            grade: live
            change: Held once `obs.status == 401` is true
        "#]],
    );
}

#[test]
fn a_reading_goes_stale_and_cannot_come_from_the_future() {
    let mut claim = claim("R-2/closed", EXPECT);
    claim.every = Some(Duration::from_secs(3600));
    let at = |seconds: i64| judge_probe(&claim, &Observation { at: NOW + seconds * SECOND, ..status(401) }, NOW);
    assert_eq!(at(-3600).verdict, Verdict::Held);
    assert_eq!(at(-3601).verdict, Verdict::NotSeen(Reason::Stale));
    assert_eq!(at(-3601).reason, "The reading is 3601s old, and it counts for 1h only.");
    assert_eq!(at(0).verdict, Verdict::Held);
    assert_eq!(at(7200).verdict, Verdict::NotSeen(Reason::Inconclusive));
    assert_eq!(at(7200).reason, "The reading is dated 2h in the future, so its age cannot be told.");
    let ancient = judge_probe(&claim, &Observation { at: i64::MIN, ..status(401) }, NOW);
    assert_eq!(ancient.verdict, Verdict::NotSeen(Reason::Stale));
}

#[test]
fn evidence_that_is_too_old_is_stale_and_one_without_an_age_holds_nothing() {
    let mut claim = claim("R-2/closed", EXPECT);
    claim.max_age = Some(Duration::from_secs(30 * 86_400));
    let with = |grade: Grade, age: Option<f64>, code: i64| {
        let mut seen = Observation { grade: Some(grade), ..status(code) };
        seen.values.extend(age.map(|days| ("age".to_owned(), seconds(days * 86_400.0))));
        judge_probe(&claim, &seen, NOW)
    };
    assert_eq!(with(Grade::Declared, Some(29.0), 401).verdict, Verdict::Held);
    let old = with(Grade::Declared, Some(31.0), 401);
    assert_eq!(old.verdict, Verdict::NotSeen(Reason::Stale));
    assert_eq!(
        old.reason,
        "What was read of api is 31d old, and such evidence counts for 30d only (GET http://127.0.0.1:1/x)."
    );
    assert_eq!(old.would_change, "evidence on api that is no older than 30d");
    assert_eq!(
        with(Grade::Live, Some(31.0), 401).verdict,
        Verdict::NotSeen(Reason::Stale),
        "a live reading of an old backup"
    );
    // A file without a date could be of any time; what is seen to be broken stays broken.
    let ageless = with(Grade::Wired, None, 401);
    assert_eq!(ageless.verdict, Verdict::NotSeen(Reason::NoData));
    assert!(ageless.reason.contains("how old this evidence is cannot be told"), "{}", ageless.reason);
    assert_eq!(with(Grade::Wired, None, 200).verdict, Verdict::Broken);
    // What was read from the running thing, or not found by a whole search, is of its reading.
    assert_eq!(with(Grade::Live, None, 401).verdict, Verdict::Held);
    assert_eq!(with(Grade::Absent, None, 200).verdict, Verdict::Broken);
    let yesterday = Observation { at: NOW - 31 * 86_400 * SECOND, ..status(401) };
    assert_eq!(judge_probe(&claim, &yesterday, NOW).verdict, Verdict::NotSeen(Reason::Stale));
}

#[test]
fn evidence_from_another_environment_does_not_count() {
    let mut claim = claim("R-2/closed", EXPECT);
    claim.environments = vec!["staging".to_owned(), "prod".to_owned()];
    let judged = judge_probe(&claim, &status(401), NOW);
    assert_eq!(judged.verdict, Verdict::NotSeen(Reason::Unknown));
    assert_eq!(
        judged.reason,
        "The reading is from `local`, and for this claim only evidence from staging, prod counts."
    );
    let judged = judge_probe(&claim, &Observation { environment: "prod".to_owned(), ..status(401) }, NOW);
    assert_eq!(judged.verdict, Verdict::Held);
}

#[test]
fn a_low_or_unknown_grade_does_not_hold() {
    let mut claim = claim("R-2/closed", EXPECT);
    claim.min_grade = Some(Grade::Live);
    let graded = |grade, claim: &evidence::Claim| judge_probe(claim, &Observation { grade, ..status(401) }, NOW);
    assert_eq!(graded(Some(Grade::Live), &claim).verdict, Verdict::Held);
    let low = graded(Some(Grade::Declared), &claim);
    assert_eq!((low.verdict, low.grade), (Verdict::NotSeen(Reason::Inconclusive), Some(Grade::Declared)));
    assert!(
        low.reason.ends_with("But this is evidence of grade declared, and the claim asks for grade live."),
        "{}",
        low.reason
    );
    claim.min_grade = None;
    assert_eq!(graded(Some(Grade::Declared), &claim).verdict, Verdict::Held);
    assert_eq!(graded(None, &claim).verdict, Verdict::NotSeen(Reason::Inconclusive));
}

#[test]
fn a_probe_is_never_effective() {
    let mut claim = claim("R-2/closed", EXPECT);
    let judged = judge_probe(&claim, &Observation { grade: Some(Grade::Effective), ..status(401) }, NOW);
    assert_eq!((judged.verdict, judged.grade), (Verdict::Held, Some(Grade::Live)));
    claim.min_grade = Some(Grade::Effective);
    let judged = judge_probe(&claim, &Observation { grade: Some(Grade::Effective), ..status(401) }, NOW);
    assert_eq!(judged.verdict, Verdict::NotSeen(Reason::Inconclusive));
}

#[test]
fn a_drill_whose_guardrail_makes_the_difference_is_effective() {
    check_drill(
        &sound(),
        expect![[r#"
            R-2/answers: Held, effective. With the fault: success is 99.5 % to 100 %; p95 is 21 ms. Guardrail off: success is 0 % to 3 %, wanted success >= 99%; p95 is 2 s, wanted p95 < 300ms.
            grade: effective
            change: Broken if obs.p95 were 300 ms (it is 21 ms)
            bite: Held: the edge refused 120 attempts
            clean: Held: 200 of 200 requests were answered well; success is 99.5 % to 100 %; p95 is 21 ms
            off: Broken: Guardrail off: success is 0 % to 3 %, wanted success >= 99%; p95 is 2 s, wanted p95 < 300ms.
        "#]],
    );
}

#[test]
fn a_drill_that_is_violated_is_broken() {
    check_drill(
        &drilled(good(), bad(), bad()),
        expect![[r#"
            R-2/answers: Broken. With the fault: success is 0 % to 3 %, wanted success >= 99%; p95 is 2 s, wanted p95 < 300ms.
            grade: live
            change: Held once `obs.success >= 99% && obs.p95 < 300ms` is true
            bite: Held: the edge refused 120 attempts
            clean: Held: 200 of 200 requests were answered well; success is 99.5 % to 100 %; p95 is 21 ms
            off: Broken: Guardrail off: success is 0 % to 3 %, wanted success >= 99%; p95 is 2 s, wanted p95 < 300ms.
        "#]],
    );
}

#[test]
fn a_fault_that_did_not_bite_shows_nothing() {
    for on in [good(), bad()] {
        let drilled = Drilled { bite: seen(false, "the load never met the fault"), ..drilled(good(), on, bad()) };
        let judged = judge_drill(&drill_claim(), &drilled, NOW);
        assert_eq!(judged.verdict, Verdict::NotSeen(Reason::Inconclusive));
        assert_eq!(judged.reason, "The fault did not bite: the load never met the fault.");
    }
}

#[test]
fn a_load_that_fails_without_the_fault_shows_nothing() {
    let drilled = Drilled { calm: seen(false, "3 of 200 requests failed"), ..drilled(bad(), bad(), bad()) };
    let judged = judge_drill(&drill_claim(), &drilled, NOW);
    assert_eq!(judged.verdict, Verdict::NotSeen(Reason::Inconclusive));
    assert_eq!(judged.reason, "Not clean without the fault: 3 of 200 requests failed.");
}

#[test]
fn a_drill_that_holds_with_the_guardrail_off_shows_nothing_of_the_guardrail() {
    check_drill(
        &drilled(good(), good(), good()),
        expect![[r#"
            R-2/answers: NotSeen (inconclusive). With the fault: success is 99.5 % to 100 %; p95 is 21 ms. Guardrail off: success is 99.5 % to 100 %; p95 is 21 ms. It holds with the guardrail off too, so this drill does not show that it stops anything.
            grade: unknown
            change: a fault that the system does not survive without the guardrail
            bite: Held: the edge refused 120 attempts
            clean: Held: 200 of 200 requests were answered well; success is 99.5 % to 100 %; p95 is 21 ms
            off: Held: Guardrail off: success is 99.5 % to 100 %; p95 is 21 ms.
        "#]],
    );
}

#[test]
fn a_drill_without_an_off_control_is_live_and_no_more() {
    let drilled = Drilled { off: Err("the edge has no guard".to_owned()), ..sound() };
    check_drill(
        &drilled,
        expect![[r#"
            R-2/answers: Held, live. With the fault: success is 99.5 % to 100 %; p95 is 21 ms. There was no control with the guardrail off: the edge has no guard.
            grade: live
            change: Broken if obs.p95 were 300 ms (it is 21 ms)
            bite: Held: the edge refused 120 attempts
            clean: Held: 200 of 200 requests were answered well; success is 99.5 % to 100 %; p95 is 21 ms
            off: NotSeen (no data): There was no control with the guardrail off: the edge has no guard.
        "#]],
    );
    let mut claim = drill_claim();
    claim.min_grade = Some(Grade::Effective);
    assert_eq!(judge_drill(&claim, &drilled, NOW).verdict, Verdict::NotSeen(Reason::Inconclusive));
}

#[test]
fn an_off_control_that_cannot_be_told_shows_nothing() {
    let troubled = Observation { trouble: Some("the load generator lagged 400 ms".to_owned()), ..observation(bad()) };
    let unread = Observation { subjects: 0, ..observation(bad()) };
    for off in [observation(Values::new()), troubled, unread] {
        let judged = judge_drill(&drill_claim(), &Drilled { off: Ok(off), ..sound() }, NOW);
        assert_eq!(judged.verdict, Verdict::NotSeen(Reason::Inconclusive), "{judged}");
    }
}

#[test]
fn trouble_in_the_run_shows_nothing_either_way() {
    for on in [good(), bad()] {
        let mut drilled = drilled(good(), on, bad());
        drilled.on.trouble = Some("the load generator died".to_owned());
        let judged = judge_drill(&drill_claim(), &drilled, NOW);
        assert_eq!(judged.verdict, Verdict::NotSeen(Reason::Inconclusive));
        assert_eq!(judged.reason, "The drill did not run as it should: the load generator died.");
    }
}

#[test]
fn what_was_not_seen_healed_is_said() {
    let judged = judge_drill(&drill_claim(), &Drilled { healed: seen(false, "port 5432 refuses"), ..sound() }, NOW);
    assert_eq!(
        (judged.verdict, judged.grade),
        (Verdict::Held, Some(Grade::Live)),
        "the off control may have met what was not healed"
    );
    assert!(judged.reason.ends_with(" Not everything was seen healed afterwards: port 5432 refuses."));
}

fn arm() -> impl Strategy<Value = Values> {
    let success = prop_oneof![Just(None), (0..=20_u32, 0..4_u32).prop_map(Some)];
    let p95 = prop_oneof![Just(None), (0..8_u32).prop_map(Some)];
    (success, p95).prop_map(|(success, p95)| {
        let mut arm = Values::new();
        if let Some((low, wide)) = success {
            let low = 0.9 + f64::from(low) / 200.0;
            arm.insert("success".to_owned(), share(low, (low + f64::from(wide) / 200.0).min(1.0).max(low)));
        }
        if let Some(p95) = p95 {
            arm.insert("p95".to_owned(), seconds(f64::from(p95) / 10.0));
        }
        arm
    })
}

fn any_drill() -> impl Strategy<Value = Drilled> {
    let seen_or_not = || prop::bool::weighted(0.8);
    let off = prop_oneof![4 => arm().prop_map(Some), 1 => Just(None)];
    (arm(), arm(), off, seen_or_not(), seen_or_not(), seen_or_not(), 0..6_u8).prop_map(
        |(clean, on, off, bit, calm, healed, odd)| {
            let mut drill = drilled(clean, on, off.clone().unwrap_or_default());
            if off.is_none() {
                drill.off = Err("there is none".to_owned());
            }
            (drill.bite.yes, drill.calm.yes, drill.healed.yes) = (bit, calm, healed);
            drill.on.subjects = u64::from(odd != 0);
            drill.on.trouble = (odd == 1).then(|| "lagged".to_owned());
            drill
        },
    )
}

/// The same drill with less data in one place.
fn poorer(drill: &Drilled, what: u8) -> Drilled {
    let mut drill = drill.clone();
    match what {
        0 => drill.on.values.remove("success").map(|_| ()).unwrap_or(()),
        1 => drill.on.values.clear(),
        2 => drill.on.subjects = 0,
        3 => drill.on.trouble = Some("cut".to_owned()),
        4 => drill.bite.yes = false,
        5 => drill.calm.yes = false,
        6 => {
            if let Ok(off) = &mut drill.off {
                off.values.clear();
            }
        }
        _ => {
            if let Ok(off) = &mut drill.off {
                off.trouble = Some("cut".to_owned());
            }
        }
    }
    drill
}

proptest! {
    #[test]
    fn dropping_data_never_makes_a_drill_hold(drill in any_drill(), what in 0..8_u8) {
        let claim = drill_claim();
        let before = judge_drill(&claim, &drill, NOW);
        let after = judge_drill(&claim, &poorer(&drill, what), NOW);
        prop_assert!(before.verdict.is_held() || !after.verdict.is_held(), "{before}\n{after}");
        prop_assert!(before.verdict.is_broken() || !after.verdict.is_broken(), "{before}\n{after}");
    }

    #[test]
    fn a_drill_that_did_not_bite_is_neither_held_nor_broken(drill in any_drill()) {
        let mut drill = drill;
        drill.bite.yes = false;
        let judged = judge_drill(&drill_claim(), &drill, NOW);
        prop_assert!(judged.verdict.not_seen().is_some());
    }

    #[test]
    fn only_an_off_control_that_breaks_makes_a_drill_effective(drill in any_drill()) {
        let judged = judge_drill(&drill_claim(), &drill, NOW);
        let broke = judged.controls.as_ref().is_some_and(|controls| controls.off.verdict.is_broken());
        prop_assert_eq!(judged.grade == Some(Grade::Effective), judged.verdict.is_held() && broke && drill.healed.yes);
    }

    #[test]
    fn dropping_data_never_makes_a_probe_hold(values in arm(), what in 0..4_u8, grade in 0..6_usize) {
        let claim = drill_claim();
        let full = Observation { grade: Grade::ALL.get(grade).copied(), ..observation(values) };
        let mut poor = full.clone();
        match what {
            0 => { poor.values.remove("success"); }
            1 => poor.values.clear(),
            2 => poor.subjects = 0,
            _ => poor.trouble = Some("cut".to_owned()),
        }
        let (before, after) = (judge_probe(&claim, &full, NOW), judge_probe(&claim, &poor, NOW));
        prop_assert!(before.verdict.is_held() || !after.verdict.is_held());
        prop_assert!(after.grade.is_none_or(|grade| grade <= Grade::Live));
    }
}
