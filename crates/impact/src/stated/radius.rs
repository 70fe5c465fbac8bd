//! Rows of a matrix: how far a failure is said to reach, and what it is said to do.

use std::collections::BTreeSet;

use system::{ComponentId, ComponentKind, FlowId, StateKind};

use super::modes;
use super::parts::only;
use super::rows::{StatedRow, flows, worst};
use super::tokens::telling;
use super::told::{Told, amiss, says_all, says_total};
use super::{Comparing, listed};
use crate::{Outcome, Row};

/// Compares every row that speaks of a failure of the system.
pub(super) fn compare(comparing: &mut Comparing<'_>, rows: &[StatedRow]) {
    for row in rows {
        of_fallback(comparing, row);
        let impact = comparing.impact;
        let Some(computed) = row.computed(impact) else { continue };
        // Plain slowness need not keep anybody waiting for ever, so who else waits is not known. What is harmed and works is
        // no matter of who is down.
        let is_open = worst(computed).is_harm() || (row.is_mild() && !row.told().contains(&Told::Fails));
        if !of_outcome(comparing, row, computed) && !is_open {
            of_scope(comparing, row, computed);
        }
    }
}

/// What the text says that it does, against the worst that a flow feels.
fn of_outcome(comparing: &mut Comparing<'_>, row: &StatedRow, computed: &Row) -> bool {
    let Some((radius, span)) = &row.radius else { return false };
    let (told, worst) = (row.told(), worst(computed));
    let is_mild = row.is_mild() && told.iter().any(|told| matches!(told, Told::Degrades | Told::Delays));
    if told.is_empty() || is_mild || told.iter().any(|told| told.fits(worst)) {
        return false;
    }
    let failing: Vec<&FlowId> =
        computed.hits.iter().filter(|hit| hit.outcome.is_failure()).map(|hit| &hit.flow).collect();
    let tells_little = told.iter().all(|told| matches!(told, Told::Degrades | Told::Delays | Told::Nothing));
    let (rule, by_system) = match worst {
        Outcome::Unaffected => ("radius-too-large", "no flow feels it".to_owned()),
        Outcome::Down | Outcome::Hangs if tells_little => {
            ("radius-too-small", format!("it takes down {}", listed(&failing)))
        }
        Outcome::Degraded | Outcome::Stale | Outcome::Late if told.contains(&Told::Fails) => {
            ("radius-too-large", format!("the worst that a flow feels is {}", worst.word()))
        }
        Outcome::Degraded | Outcome::Stale if tells_little => {
            ("radius-too-small", format!("the worst that a flow feels is {}", worst.word()))
        }
        _ => ("radius-of-another-kind", format!("the worst that a flow feels is {}", worst.word())),
    };
    let words: Vec<&str> = told.iter().map(|told| told.word()).collect();
    let message = format!("'{}' says '{radius}' ({}), and by the system {by_system}", row.name(), words.join(" and "));
    let help = match unproved(computed).filter(|_| tells_little) {
        Some(edge) => format!("what stands on `{edge}` would make it so, and does not count until a drill proves it"),
        None => "correct the radius, or what the system says of this failure".to_owned(),
    };
    comparing.difference(rule, *span, message, &help, std::slice::from_ref(&computed.component));
    true
}

/// An edge on which something stands that would stop the failure, if it counted.
fn unproved(computed: &Row) -> Option<&system::EdgeId> {
    let stands = computed.guardrails.iter().find(|guardrail| !guardrail.counted && guardrail.effect.stops());
    stands.map(|guardrail| &guardrail.edge)
}

/// The flows that a text names, against those that feel the failure.
fn of_scope(comparing: &mut Comparing<'_>, row: &StatedRow, computed: &Row) {
    let Some((radius, span)) = row.radius.as_ref().filter(|_| !computed.hits.is_empty()) else { return };
    let hit = flows(computed);
    let mut named = named_flows(comparing, radius);
    let place = std::slice::from_ref(&computed.component);
    let said = amiss(radius);
    let is_only = telling_only(&said);
    if is_only && named.is_empty() {
        // `Only payments hang` means the one flow with such a word.
        let meant: BTreeSet<&FlowId> =
            comparing.impact.flows.iter().map(|flow| &flow.flow).filter(|flow| may_mean(radius, flow)).collect();
        named.extend(Some(meant).filter(|meant| meant.len() == 1).into_iter().flatten());
    }
    let all = says_all(&said).then(|| meant(comparing, row, &said)).flatten();
    if let Some(meant) = all {
        let spared: Vec<&FlowId> = meant.into_iter().filter(|flow| !hit.contains(*flow)).collect();
        if !spared.is_empty() {
            let message = format!("'{}' says '{radius}', and by the system it spares {}", row.name(), listed(&spared));
            comparing.difference("radius-too-large", *span, message, "name the flows that it hits", place);
        }
    } else if says_all(&said) && !tells_only_of(&said, &named) {
        // Words beyond flows narrow it down in a way that is not known here.
    } else if !named.is_empty() && (says_all(&said) || !says_total(&said)) {
        let failing = computed.hits.iter().filter(|hit| hit.outcome.is_failure()).map(|hit| &hit.flow);
        // A flow of which any word stands there may be meant.
        let more: Vec<&FlowId> = failing.filter(|flow| !named.contains(*flow) && !may_mean(radius, flow)).collect();
        if !more.is_empty() {
            let message =
                format!("'{}' says '{radius}', and by the system it takes down {} as well", row.name(), listed(&more));
            comparing.difference("radius-too-small", *span, message, "name every flow that it hits", place);
        }
        of_milder(comparing, row, computed, &named);
        let spared: Vec<&FlowId> = named.into_iter().filter(|flow| !hit.contains(*flow)).collect();
        if !spared.is_empty() {
            let message = format!("'{}' says '{radius}', and by the system it spares {}", row.name(), listed(&spared));
            comparing.difference("radius-too-large", *span, message, "name the flows that it hits", place);
        }
    } else if is_only {
        let failing: Vec<&FlowId> =
            computed.hits.iter().filter(|hit| hit.outcome.is_failure()).map(|hit| &hit.flow).collect();
        if failing.len() == comparing.impact.flows.len() && failing.len() > 1 {
            let message = format!("'{}' says '{radius}', and by the system it takes down every flow", row.name());
            comparing.difference("radius-too-small", *span, message, "say that everything fails with it", place);
        }
    }
}

/// Flows of which the text says nothing but that they fail, and that by the system go on with less or later, while others fail.
fn of_milder(comparing: &mut Comparing<'_>, row: &StatedRow, computed: &Row, named: &BTreeSet<&FlowId>) {
    let Some((radius, span)) = row.radius.as_ref().filter(|_| row.told() == BTreeSet::from([Told::Fails])) else {
        return;
    };
    if !worst(computed).is_failure() {
        return;
    }
    let milder: Vec<String> = computed
        .hits
        .iter()
        .filter(|hit| named.contains(&hit.flow) && !hit.outcome.is_failure())
        .map(|hit| format!("`{}` is {}", hit.flow, hit.outcome.word()))
        .collect();
    if !milder.is_empty() {
        let message = format!("'{}' says '{radius}', and by the system {}", row.name(), milder.join(", "));
        let place = std::slice::from_ref(&computed.component);
        comparing.difference("radius-too-large", *span, message, "say that it goes on with less, or later", place);
    }
}

/// `only`, `just`, `nur`.
fn telling_only(radius: &str) -> bool {
    super::tokens::raw(radius)
        .iter()
        .any(|word| matches!(word.as_str(), "only" | "just" | "nur" | "some" | "few" | "seulement"))
}

/// Flows whose whole name stands in a text.
pub(super) fn named_flows<'i>(comparing: &Comparing<'i>, radius: &str) -> BTreeSet<&'i FlowId> {
    let said = hit_words(radius);
    let is_named = |flow: &FlowId| {
        let own = telling(flow.as_str());
        !own.is_empty() && own.iter().all(|word| is_said(word, &said))
    };
    comparing.impact.flows.iter().map(|flow| &flow.flow).filter(|flow| is_named(flow)).collect()
}

/// Whether a text may mean a flow: some word of its name stands there.
pub(super) fn may_mean(text: &str, flow: &FlowId) -> bool {
    let said = hit_words(text);
    telling(flow.as_str()).iter().any(|word| is_said(word, &said))
}

/// The words of what is hit: `checkout fails, browsing works` speaks of one flow.
fn hit_words(text: &str) -> BTreeSet<String> {
    telling(&amiss(text))
}

/// Words that say nothing of who is hit.
const PALE: &str = "every whole entire everything everyone requests flows calls traffic operations users user customers fail fails down unavailable errors outage 500 503 startup start hang hangs";

/// Whether every word of a text is one of these flows, or says nothing of who is hit.
fn tells_only_of(said: &str, flows: &BTreeSet<&FlowId>) -> bool {
    let pale = telling(PALE);
    let own: BTreeSet<String> = flows.iter().flat_map(|flow| telling(flow.as_str())).collect();
    let is_own = |word: &String| own.iter().any(|own| is_said(own, &BTreeSet::from([word.clone()])));
    !own.is_empty() && telling(said).iter().all(|word| pale.contains(word) || is_own(word))
}

/// `buy` stands in `buying`, `register` in `registration`.
fn is_said(own: &str, said: &BTreeSet<String>) -> bool {
    let alike = |word: &String| {
        let same = word.chars().zip(own.chars()).take_while(|(left, right)| left == right).count();
        same >= 5 && same * 10 >= word.chars().count().max(own.chars().count()) * 6
    };
    said.iter().any(|word| word.starts_with(own) || alike(word))
}

/// The flows that `all ..` means: those through the part that is named, else those of users; `None` when something else is
/// named.
fn meant<'i>(comparing: &Comparing<'i>, row: &StatedRow, radius: &str) -> Option<BTreeSet<&'i FlowId>> {
    let system = comparing.system;
    let pale = telling(PALE);
    let own = telling(&row.part.0);
    let mut rest: BTreeSet<String> =
        telling(radius).into_iter().filter(|word| !pale.contains(word) && !own.contains(word)).collect();
    let part = only(&comparing.parts.told_of(radius));
    if let Some(part) = part {
        let words = comparing.parts.words(part);
        rest.retain(|word| !words.contains(word));
    }
    // Words beyond these narrow it down in a way that is not known here.
    if !rest.is_empty() {
        return None;
    }
    let is_of_users = |flow: &&system::Flow| {
        flow.path
            .first()
            .and_then(|first| system.components.get(first))
            .is_some_and(|first| first.kind == ComponentKind::Client)
    };
    let of_users = system.flows.values().filter(is_of_users);
    let through = |flow: &&system::Flow| part.is_none_or(|part| flow.path.contains(&part.id));
    let ids: BTreeSet<&FlowId> = of_users.filter(through).map(|flow| &flow.id).collect();
    Some(ids)
}

/// A state in each instance is one state as long as there is one instance. Says why a row is not compared.
pub(super) fn not_possible(comparing: &mut Comparing<'_>, row: &StatedRow) -> bool {
    let Some((mode, _)) = row.mode.as_ref().filter(|_| row.failure.is_none()) else { return false };
    let Some(component) = row.component(comparing.system) else { return false };
    let callers: Vec<ComponentId> = comparing
        .system
        .edges
        .iter()
        .filter(|edge| edge.id.to == component.id)
        .map(|edge| edge.id.from.clone())
        .collect();
    let is_alone = |id: &ComponentId| comparing.system.components.get(id).is_some_and(|caller| caller.replicas == 1);
    let is_one = !callers.is_empty() && callers.iter().all(is_alone);
    if component.state != Some(StateKind::PerInstance) || !is_one || !modes::is_split(mode) {
        return false;
    }
    let names: Vec<&str> = callers.iter().map(ComponentId::as_str).collect();
    let message = format!(
        "'{}' cannot happen yet: with one replica of {} there is one `{}`; it begins with the second",
        row.name(),
        names.join(" and of "),
        component.id
    );
    let help = "write it as a condition of growth, or write the replicas that there are";
    comparing.difference("not-possible-yet", row.part.1, message, help, &callers);
    true
}

/// A fallback on some edge loses what this row is about: one failure brings the other.
fn of_fallback(comparing: &mut Comparing<'_>, row: &StatedRow) {
    let Some(own) = row.component(comparing.system).map(|component| component.id.clone()) else { return };
    let is_plain = row.failure.as_ref().is_some_and(|(_, mode)| matches!(mode, crate::Mode::Down | crate::Mode::Slow));
    if is_plain {
        return;
    }
    let about = telling(&format!("{} {}", row.part.0, row.mode.as_ref().map_or("", |(mode, _)| mode)));
    for edge in comparing.system.edges.iter().filter(|edge| edge.id.to != own) {
        let Some(fallback) = &edge.fallback else { continue };
        let is_about = |lost: &&String| {
            let words = telling(lost);
            let named = comparing.system.components.get(&own).map(|one| comparing.parts.words(one)).unwrap_or_default();
            words.iter().any(|word| about.contains(word) && named.contains(word))
        };
        if let Some(lost) = edge.loses.iter().find(is_about) {
            let message = format!(
                "while '{fallback}' stands in for `{}` on {}, `{lost}` is lost: that brings '{}'",
                edge.id.to,
                edge.id,
                row.name()
            );
            let places = [edge.id.to.clone(), own];
            let help = "say in the row of the fallback that it causes this one";
            comparing.difference("fallback-brings-another", row.part.1, message, help, &places);
            return;
        }
    }
}
