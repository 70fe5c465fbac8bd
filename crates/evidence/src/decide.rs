//! Verdicts and acceptances into the release decision.
//!
//! Risk by risk: a Broken claim fails it, a claim that was not seen (or seen at too low a grade) leaves it undecided, and
//! a risk that no claim shows to be mitigated counts by its score, so that writing a claim which cannot be seen never
//! makes a decision better. A valid acceptance waives what stands against its risk, and is named. The order of the inputs
//! never matters. What this does not do: believe a status; `closed` only spares a risk without claims its score.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::{Acceptance, Gate, GateModel, Grade, Judged, RiskId, Verdict};

/// Days before the end of an acceptance from which a warning is given.
const WARN_DAYS: i32 = 14;

/// A risk of this score fails the release.
const FAIL_SCORE: u32 = 9;

/// A risk of this score raises concerns.
const CONCERNS_SCORE: u32 = 6;

/// What the gate needs to know of a risk, from its register.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskFacts {
    /// Its id.
    pub id: RiskId,
    /// Probability times impact on 1..=3 scales, 1..=9, when it can be computed. Where a register knows levels only,
    /// see [`RiskFacts::score_of_level`].
    pub score: Option<u32>,
    /// The register says it is closed, retired or resolved.
    pub closed: bool,
}

/// The decision of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Nothing stands against the release.
    Pass,
    /// It would pass, but somebody accepted what stands against it.
    Waived,
    /// Something to look at.
    Concerns,
    /// No release.
    Fail,
}

/// One thing that decided it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecidedBy {
    /// The risk; `(none)` when there is neither risk nor claim.
    pub risk: RiskId,
    /// The claim, when one claim decided.
    pub claim: Option<String>,
    /// In words.
    pub what: String,
    /// What this alone would lead to.
    pub outcome: Outcome,
}

/// What was decided, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The decision.
    pub outcome: Outcome,
    /// What decided it, the worst first.
    pub decided_by: Vec<DecidedBy>,
    /// Required claims that are NotSeen: the gate could not decide.
    pub undecided: Vec<String>,
    /// Acceptances that are expired, about to expire, or match no risk.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// The word as people and release files spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Waived => "WAIVED",
            Self::Concerns => "CONCERNS",
            Self::Fail => "FAIL",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.word())
    }
}

impl RiskFacts {
    /// The score that stands for a level of four words, so that `levels` and `bmad` share one scale: critical 9, high 6,
    /// medium or moderate 4, low 2, minimal 1.
    pub fn score_of_level(level: &str) -> Option<u32> {
        match level.to_lowercase().as_str() {
            "critical" => Some(9),
            "high" => Some(6),
            "medium" | "moderate" => Some(4),
            "low" => Some(2),
            "minimal" => Some(1),
            _ => None,
        }
    }
}

/// Decides for an environment. The gate is the one of that environment.
pub fn decide(
    gate: &Gate,
    environment: &str,
    risks: &[RiskFacts],
    judged: &[Judged],
    acceptances: &[Acceptance],
    today: Date,
) -> Decision {
    let mut decided_by = Vec::new();
    let mut undecided = BTreeSet::new();
    for (id, case) in cases(risks, judged) {
        let against = against(gate, environment, &id, &case);
        match valid(acceptances, &id, today) {
            Some(acceptance) => decided_by.extend(against.into_iter().map(|against| waived(against, acceptance))),
            None => {
                undecided.extend(
                    case.claims
                        .iter()
                        .filter(|claim| is_undecided(gate, claim))
                        .map(|claim| claim.claim.id.to_string()),
                );
                decided_by.extend(against);
            }
        }
    }
    if risks.is_empty() && judged.is_empty() {
        decided_by.push(nothing_to_decide_from());
    }
    if let Some(why) = &gate.frozen {
        decided_by.push(frozen(environment, why));
    }
    decided_by.sort_by(|left, right| (right.outcome, sorted_by(left)).cmp(&(left.outcome, sorted_by(right))));
    decided_by.dedup();
    let outcome = decided_by.first().map_or(Outcome::Pass, |worst| worst.outcome);
    let mut warnings = warnings(risks, judged, acceptances, today);
    if !risks.is_empty() && judged.is_empty() {
        warnings.push("no claim was judged: this decision rests on what the register says of itself".to_owned());
    }
    Decision { outcome, decided_by, undecided: undecided.into_iter().collect(), warnings }
}

/// All that is known of one risk.
#[derive(Default)]
struct Case<'a> {
    facts: Vec<&'a RiskFacts>,
    claims: Vec<&'a Judged>,
}

/// Every risk that is registered or claimed for, with what is known of it.
fn cases<'a>(risks: &'a [RiskFacts], judged: &'a [Judged]) -> BTreeMap<RiskId, Case<'a>> {
    let mut cases: BTreeMap<RiskId, Case<'a>> = BTreeMap::new();
    for facts in risks {
        cases.entry(facts.id.clone()).or_default().facts.push(facts);
    }
    for claim in judged {
        let supported: BTreeSet<&RiskId> = claim.claim.also.iter().chain([&claim.claim.id.risk]).collect();
        for risk in supported {
            cases.entry(risk.clone()).or_default().claims.push(claim);
        }
    }
    cases
}

/// Held at a grade that the gate takes.
fn counts(gate: &Gate, claim: &Judged) -> bool {
    claim.verdict.is_held() && Grade::reaches(claim.grade, gate.require)
}

/// Neither shown nor refuted.
fn is_undecided(gate: &Gate, claim: &Judged) -> bool {
    !claim.verdict.is_broken() && !counts(gate, claim)
}

/// The acceptance that counts today; of several the longest one.
fn valid<'a>(acceptances: &'a [Acceptance], id: &RiskId, today: Date) -> Option<&'a Acceptance> {
    let valid = acceptances.iter().filter(|acceptance| acceptance.risk == *id && acceptance.until >= today);
    valid.max_by_key(|acceptance| order(acceptance))
}

/// Everything that stands against releasing with this risk.
fn against(gate: &Gate, environment: &str, id: &RiskId, case: &Case<'_>) -> Vec<DecidedBy> {
    let mut against: Vec<DecidedBy> = case.claims.iter().filter_map(|claim| against_claim(gate, id, claim)).collect();
    let mitigated = !case.claims.is_empty() && case.claims.iter().all(|claim| counts(gate, claim));
    if !mitigated {
        // A score that leads to nothing worse than the claims do would only repeat them.
        let worst = against.iter().map(|against| against.outcome).max().unwrap_or(Outcome::Pass);
        let by_score =
            case.facts.iter().filter_map(|facts| against_score(gate, environment, facts, case.claims.is_empty()));
        against.extend(by_score.filter(|by_score| by_score.outcome > worst));
    }
    against
}

fn against_claim(gate: &Gate, id: &RiskId, judged: &Judged) -> Option<DecidedBy> {
    let claim = judged.claim.id.to_string();
    let reason = judged.reason.trim_end_matches('.');
    let (outcome, what) = match &judged.verdict {
        Verdict::Broken => (Outcome::Fail, format!("{claim} is Broken: {reason}")),
        Verdict::NotSeen(why) => (Outcome::Concerns, format!("{claim} was not seen ({}): {reason}", why.words())),
        Verdict::Held if counts(gate, judged) => return None,
        Verdict::Held => {
            let grade = Grade::word_of(judged.grade);
            (
                Outcome::Concerns,
                format!("{claim} holds by evidence of grade {grade}, and the gate requires {}", gate.require),
            )
        }
    };
    Some(DecidedBy { risk: id.clone(), claim: Some(claim), what, outcome })
}

/// What the score of a risk that is not shown to be mitigated leads to.
fn against_score(gate: &Gate, environment: &str, facts: &RiskFacts, no_claims: bool) -> Option<DecidedBy> {
    if facts.closed && no_claims {
        return None;
    }
    let why = if no_claims { "nothing was looked at" } else { "its claims do not show it mitigated" };
    let (outcome, stands) = match facts.score {
        None => (Outcome::Concerns, "its score is unknown".to_owned()),
        Some(score) => {
            let outcome = gate.model.leads_to(score, environment)?;
            let stands = match (&gate.model, score) {
                (GateModel::Levels, FAIL_SCORE..) => format!("it is critical (score {score})"),
                (GateModel::Levels, _) => format!("it is high (score {score})"),
                (GateModel::Bmad | GateModel::BeforeProduction | GateModel::Own(_), _) => {
                    format!("its score is {score}")
                }
            };
            (outcome, stands)
        }
    };
    Some(DecidedBy { risk: facts.id.clone(), claim: None, what: format!("{stands}, and {why}"), outcome })
}

fn waived(against: DecidedBy, acceptance: &Acceptance) -> DecidedBy {
    let Acceptance { owner, approved_by, until, reason, .. } = acceptance;
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (owner, approved_by, reason) = (line(owner), line(approved_by), line(reason));
    let what = format!("{}; accepted until {until} by {owner}, approved by {approved_by}: {reason}", against.what);
    DecidedBy { what, outcome: Outcome::Waived, ..against }
}

/// Nothing is released, whatever was seen; only the file that says so can change it.
fn frozen(environment: &str, why: &str) -> DecidedBy {
    let risk = RiskId::try_new("(frozen)").expect("eight printable bytes without a slash are an id");
    DecidedBy { risk, claim: None, what: format!("`{environment}` is frozen: {why}"), outcome: Outcome::Fail }
}

fn nothing_to_decide_from() -> DecidedBy {
    let risk = RiskId::try_new("(none)").expect("six printable bytes without a slash are an id");
    let what = "nothing to decide from: there is neither a risk nor a claim".to_owned();
    DecidedBy { risk, claim: None, what, outcome: Outcome::Concerns }
}

/// By risk; what its claims say comes before what its score says.
fn sorted_by(decided: &DecidedBy) -> (&RiskId, bool, &Option<String>, &str) {
    (&decided.risk, decided.claim.is_none(), &decided.claim, &decided.what)
}

/// The longest one counts; the rest only makes the choice the same in every order.
fn order(acceptance: &Acceptance) -> (Date, &str, &str, &str) {
    (acceptance.until, &acceptance.owner, &acceptance.approved_by, &acceptance.reason)
}

fn warnings(risks: &[RiskFacts], judged: &[Judged], acceptances: &[Acceptance], today: Date) -> Vec<String> {
    let known = cases(risks, judged);
    let soon = today.saturating_add(WARN_DAYS.days());
    let mut warnings = BTreeSet::new();
    for (id, case) in cases(risks, judged) {
        let worst = case.facts.iter().filter(|facts| facts.closed).filter_map(|facts| facts.score).max();
        if let Some(score) = worst.filter(|score| *score >= CONCERNS_SCORE && case.claims.is_empty()) {
            warnings.insert(format!("{id} scores {score} and counts for nothing, because its register calls it closed; no claim shows that it is"));
        }
    }
    for Acceptance { risk, until, owner, .. } in acceptances {
        if !known.contains_key(risk) {
            warnings.insert(format!("the acceptance of {risk} matches no risk"));
        }
        if *until < today {
            warnings.insert(format!("EXPIRED: the acceptance of {risk} ended on {until} and counts no longer; {owner} must mend the risk or have it approved anew"));
        } else if *until <= soon {
            warnings.insert(format!(
                "the acceptance of {risk} ends on {until}; {owner} must mend the risk or have it approved anew"
            ));
        }
    }
    warnings.into_iter().collect()
}
