//! The gate: what fails, what raises concerns, what is waived, and that the order of the inputs never matters.

use evidence::{Acceptance, Decision, Gate, GateModel, Grade, Judged, Outcome, Reason, RiskFacts, Verdict, decide};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use text::Span;

use crate::world::{claim, risk};

const TODAY: &str = "2026-06-15";

fn gate() -> Gate {
    Gate::default()
}

fn facts(id: &str, score: impl Into<Option<u32>>) -> RiskFacts {
    RiskFacts { id: risk(id), score: score.into(), closed: false }
}

fn judged(id: &str, verdict: Verdict) -> Judged {
    let grade = verdict.is_held().then_some(Grade::Live);
    Judged {
        claim: claim(id, "obs.a == 1"),
        verdict,
        grade,
        reason: "obs.a == 1 is so.".to_owned(),
        would_change: String::new(),
        controls: None,
    }
}

fn not_seen(id: &str) -> Judged {
    judged(id, Verdict::NotSeen(Reason::NoData))
}

fn accepted(id: &str, until: &str) -> Acceptance {
    Acceptance {
        risk: risk(id),
        owner: "ann".to_owned(),
        approved_by: "bob".to_owned(),
        until: until.parse().expect("is a date"),
        reason: "small".to_owned(),
        span: Span::new(0, 0),
    }
}

fn decided(risks: &[RiskFacts], judged: &[Judged], acceptances: &[Acceptance]) -> Decision {
    decide(&gate(), "local", risks, judged, acceptances, TODAY.parse().expect("is a date"))
}

fn check(risks: &[RiskFacts], judged: &[Judged], acceptances: &[Acceptance], expected: Expect) {
    let decision = decided(risks, judged, acceptances);
    let mut told = format!("{}\n", decision.outcome);
    for by in &decision.decided_by {
        told.push_str(&format!("{} {}: {}\n", by.outcome, by.risk, by.what));
    }
    for claim in &decision.undecided {
        told.push_str(&format!("undecided: {claim}\n"));
    }
    for warning in &decision.warnings {
        told.push_str(&format!("warning: {warning}\n"));
    }
    expected.assert_eq(&told);
}

#[test]
fn nothing_at_all_is_not_a_pass() {
    check(
        &[],
        &[],
        &[],
        expect![[r#"
        CONCERNS
        CONCERNS (none): nothing to decide from: there is neither a risk nor a claim
    "#]],
    );
}

#[test]
fn held_claims_mitigate_the_worst_risk() {
    check(
        &[facts("R-1", 9)],
        &[judged("R-1/a", Verdict::Held), judged("R-1/b", Verdict::Held)],
        &[],
        expect![[r#"
        PASS
    "#]],
    );
}

#[test]
fn risks_without_claims_count_by_their_score() {
    check(
        &[
            facts("R-1", 9),
            facts("R-2", 6),
            facts("R-3", 4),
            facts("R-4", None),
            RiskFacts { closed: true, ..facts("R-5", 9) },
        ],
        &[],
        &[],
        expect![[r#"
            FAIL
            FAIL R-1: its score is 9, and nothing was looked at
            CONCERNS R-2: its score is 6, and nothing was looked at
            CONCERNS R-4: its score is unknown, and nothing was looked at
            warning: R-5 scores 9 and counts for nothing, because its register calls it closed; no claim shows that it is
            warning: no claim was judged: this decision rests on what the register says of itself
        "#]],
    );
}

#[test]
fn closed_spares_no_score_where_claims_do_not_show_it() {
    let closed = RiskFacts { closed: true, ..facts("R-1", 9) };
    assert_eq!(decided(std::slice::from_ref(&closed), &[judged("R-1/a", Verdict::Held)], &[]).outcome, Outcome::Pass);
    assert_eq!(decided(&[closed], &[not_seen("R-1/a")], &[]).outcome, Outcome::Fail);
}

#[test]
fn a_grave_risk_that_is_only_called_closed_is_named() {
    let closed = RiskFacts { closed: true, ..facts("R-1", 6) };
    let other = judged("R-2/a", Verdict::Held);
    let says = |risk: &RiskFacts, claims: &[Judged]| {
        let decision = decided(&[risk.clone(), facts("R-2", 6)], claims, &[]);
        decision.warnings.iter().any(|warning| warning.contains("calls it closed"))
    };
    assert!(says(&closed, std::slice::from_ref(&other)));
    assert!(!says(&closed, &[judged("R-1/a", Verdict::Held), other.clone()]));
    assert!(!says(&RiskFacts { closed: true, ..facts("R-1", 4) }, &[other]));
}

#[test]
fn a_broken_claim_fails_even_a_small_or_closed_risk() {
    let closed = RiskFacts { closed: true, ..facts("R-2", 1) };
    check(
        &[facts("R-1", 1), closed],
        &[judged("R-1/a", Verdict::Broken), judged("R-2/a", Verdict::Broken)],
        &[],
        expect![[r#"
            FAIL
            FAIL R-1: R-1/a is Broken: obs.a == 1 is so
            FAIL R-2: R-2/a is Broken: obs.a == 1 is so
        "#]],
    );
}

#[test]
fn a_claim_that_was_not_seen_is_undecided_and_spares_no_score() {
    check(
        &[facts("R-1", 2)],
        &[not_seen("R-1/a"), judged("R-1/b", Verdict::Held)],
        &[],
        expect![[r#"
            CONCERNS
            CONCERNS R-1: R-1/a was not seen (no data): obs.a == 1 is so
            undecided: R-1/a
        "#]],
    );
    check(
        &[facts("R-1", 9)],
        &[not_seen("R-1/a")],
        &[],
        expect![[r#"
            FAIL
            FAIL R-1: its score is 9, and its claims do not show it mitigated
            CONCERNS R-1: R-1/a was not seen (no data): obs.a == 1 is so
            undecided: R-1/a
        "#]],
    );
}

#[test]
fn a_grade_below_the_required_one_is_undecided() {
    let low = Judged { grade: Some(Grade::Declared), ..judged("R-1/a", Verdict::Held) };
    let unknown = Judged { grade: None, ..judged("R-1/b", Verdict::Held) };
    check(
        &[facts("R-1", 2)],
        &[low, unknown],
        &[],
        expect![[r#"
        CONCERNS
        CONCERNS R-1: R-1/a holds by evidence of grade declared, and the gate requires live
        CONCERNS R-1: R-1/b holds by evidence of grade unknown, and the gate requires live
        undecided: R-1/a
        undecided: R-1/b
    "#]],
    );
}

#[test]
fn a_valid_acceptance_waives_and_says_by_whom() {
    check(
        &[facts("R-1", 9), facts("R-2", 2), facts("R-3", 2)],
        &[judged("R-2/a", Verdict::Broken), not_seen("R-3/a")],
        &[accepted("R-1", "2026-12-31"), accepted("R-2", "2026-12-31"), accepted("R-3", "2026-06-15")],
        expect![[r#"
            WAIVED
            WAIVED R-1: its score is 9, and nothing was looked at; accepted until 2026-12-31 by ann, approved by bob: small
            WAIVED R-2: R-2/a is Broken: obs.a == 1 is so; accepted until 2026-12-31 by ann, approved by bob: small
            WAIVED R-3: R-3/a was not seen (no data): obs.a == 1 is so; accepted until 2026-06-15 by ann, approved by bob: small
            warning: the acceptance of R-3 ends on 2026-06-15; ann must mend the risk or have it approved anew
        "#]],
    );
}

#[test]
fn an_expired_acceptance_counts_no_longer_and_shows() {
    check(
        &[facts("R-1", 9)],
        &[],
        &[accepted("R-1", "2026-06-14"), accepted("R-9", "2027-01-01")],
        expect![[r#"
        FAIL
        FAIL R-1: its score is 9, and nothing was looked at
        warning: EXPIRED: the acceptance of R-1 ended on 2026-06-14 and counts no longer; ann must mend the risk or have it approved anew
        warning: the acceptance of R-9 matches no risk
        warning: no claim was judged: this decision rests on what the register says of itself
    "#]],
    );
}

#[test]
fn nothing_worse_may_be_left_beside_a_waiver() {
    let waived = decided(&[facts("R-1", 9), facts("R-2", 6)], &[], &[accepted("R-1", "2027-01-01")]);
    assert_eq!(waived.outcome, Outcome::Concerns);
    let waived = decided(&[facts("R-1", 9), facts("R-2", 1)], &[], &[accepted("R-1", "2027-01-01")]);
    assert_eq!(waived.outcome, Outcome::Waived);
    let waived = decided(&[facts("R-1", 9)], &[judged("R-1/a", Verdict::Held)], &[accepted("R-1", "2027-01-01")]);
    assert_eq!(waived.outcome, Outcome::Pass, "an acceptance that is not needed waives nothing");
}

#[test]
fn a_claim_supports_and_breaks_the_other_risks_it_names() {
    let mut shared = judged("R-1/a", Verdict::Held);
    shared.claim.also = vec![risk("R-2")];
    let risks = [facts("R-1", 9), facts("R-2", 9)];
    assert_eq!(decided(&risks, std::slice::from_ref(&shared), &[]).outcome, Outcome::Pass);
    let broken = Judged { verdict: Verdict::Broken, ..shared };
    check(
        &risks,
        &[broken],
        &[accepted("R-1", "2027-01-01")],
        expect![[r#"
            FAIL
            FAIL R-2: R-1/a is Broken: obs.a == 1 is so
            WAIVED R-1: R-1/a is Broken: obs.a == 1 is so; accepted until 2027-01-01 by ann, approved by bob: small
        "#]],
    );
}

#[test]
fn levels_are_told_by_their_words() {
    let risks: Vec<RiskFacts> =
        ["critical", "High", "moderate"].iter().map(|level| facts(level, RiskFacts::score_of_level(level))).collect();
    let gate = Gate { model: GateModel::Levels, ..Gate::default() };
    let decision = decide(&gate, "local", &risks, &[], &[], TODAY.parse().expect("is a date"));
    let told: Vec<&str> = decision.decided_by.iter().map(|by| by.what.as_str()).collect();
    assert_eq!(
        told,
        ["it is critical (score 9), and nothing was looked at", "it is high (score 6), and nothing was looked at"]
    );
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![3 => Just(Verdict::Held), 1 => Just(Verdict::Broken), 2 => Just(Verdict::NotSeen(Reason::Stale))]
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["R-1", "R-2", "R-3", "R-10"]).prop_map(str::to_owned)
}

fn any_judged() -> impl Strategy<Value = Judged> {
    (name(), prop::sample::select(vec!["a", "b"]), verdict(), prop::option::of(name()), 0..6_usize).prop_map(
        |(id, claim, verdict, also, grade)| {
            let mut judged = judged(&format!("{id}/{claim}"), verdict);
            judged.claim.also = also.iter().map(|also| risk(also)).collect();
            judged.grade = Grade::ALL.get(grade).copied();
            judged
        },
    )
}

fn any_facts() -> impl Strategy<Value = RiskFacts> {
    let scores = prop::sample::select(vec![None, Some(1), Some(4), Some(6), Some(9)]);
    (name(), scores, any::<bool>()).prop_map(|(id, score, closed)| RiskFacts { closed, ..facts(&id, score) })
}

fn any_acceptance() -> impl Strategy<Value = Acceptance> {
    let dates = prop::sample::select(vec!["2026-06-14", "2026-06-15", "2026-06-20", "2027-01-01"]);
    (name(), dates, prop::sample::select(vec!["ann", "cid"]))
        .prop_map(|(id, until, owner)| Acceptance { owner: owner.to_owned(), ..accepted(&id, until) })
}

proptest! {
    #[test]
    fn the_order_of_the_inputs_never_matters(
        risks in prop::collection::vec(any_facts(), 0..5),
        judged in prop::collection::vec(any_judged(), 0..6),
        acceptances in prop::collection::vec(any_acceptance(), 0..4),
        turn in 0..6_usize,
    ) {
        let turned = |length: usize| if length == 0 { 0 } else { turn % length };
        let (mut risks2, mut judged2, mut acceptances2) = (risks.clone(), judged.clone(), acceptances.clone());
        risks2.reverse();
        judged2.rotate_left(turned(judged.len()));
        acceptances2.reverse();
        prop_assert_eq!(decided(&risks, &judged, &acceptances), decided(&risks2, &judged2, &acceptances2));
    }

    #[test]
    fn an_unaccepted_broken_claim_always_fails_and_an_unseen_one_never_passes(
        risks in prop::collection::vec(any_facts(), 0..5),
        judged in prop::collection::vec(any_judged(), 1..6),
    ) {
        let decision = decided(&risks, &judged, &[]);
        if judged.iter().any(|judged| judged.verdict.is_broken()) {
            prop_assert_eq!(decision.outcome, Outcome::Fail);
        }
        if judged.iter().any(|judged| judged.verdict.not_seen().is_some()) {
            prop_assert!(decision.outcome >= Outcome::Concerns);
            prop_assert!(!decision.undecided.is_empty());
        }
    }

    #[test]
    fn adding_a_claim_that_is_not_held_never_makes_the_decision_better(
        risks in prop::collection::vec(any_facts(), 1..5),
        judged in prop::collection::vec(any_judged(), 0..5),
        more in any_judged(),
    ) {
        prop_assume!(!more.verdict.is_held());
        let mut with = judged.clone();
        with.push(more);
        prop_assert!(decided(&risks, &with, &[]).outcome >= decided(&risks, &judged, &[]).outcome);
    }

    #[test]
    fn what_decided_is_sorted_the_worst_first(
        risks in prop::collection::vec(any_facts(), 0..5),
        judged in prop::collection::vec(any_judged(), 0..6),
        acceptances in prop::collection::vec(any_acceptance(), 0..4),
    ) {
        let decision = decided(&risks, &judged, &acceptances);
        let sorted = decision.decided_by.windows(2).all(|pair| {
            let (one, next) = (&pair[0], &pair[1]);
            one.outcome > next.outcome || (one.outcome == next.outcome && one.risk <= next.risk)
        });
        prop_assert!(sorted, "{:?}", decision.decided_by);
        let worst = decision.decided_by.first().map_or(Outcome::Pass, |by| by.outcome);
        prop_assert_eq!(decision.outcome, worst);
    }
}
