//! Laws of the spread, on small random systems.

use std::collections::{BTreeMap, BTreeSet};

use impact::{Availability, Counted, FlowTrees, Impact, Mode, Outcome, impact, layout};
use proptest::prelude::*;
use system::{ComponentId, EdgeId, FlowId, Member, Needs, System};
use text::Ratio;

use crate::world;

const KINDS: [&str; 6] = ["service", "postgres", "worker", "secret", "client", "external"];
const NEEDS: [&str; 3] = ["hard", "soft", "async"];
const EXTRAS: [&str; 6] = [
    "",
    ", timeout: 1s",
    ", fallback: memory, loses: [a]",
    ", timeout: 1s, fallback: other, loses: [b]",
    ", guard: {timeout: 1s, cache: {stale_if_error: 1m}}",
    ", guard: {breaker: {trips: 5 in a row, open: 1s}}",
];

/// Kinds and replicas of components c0, c1, ..; edges by ends; flows by path, deferred work and method.
#[derive(Clone, Debug)]
struct Drawing {
    components: Vec<(usize, u32)>,
    /// How much is needed, what stands there, and who stands in.
    edges: BTreeMap<(usize, usize), (usize, usize, Option<usize>)>,
    flows: Vec<(Vec<usize>, Vec<usize>, bool)>,
    fate: Vec<usize>,
    counted: Vec<bool>,
}

fn drawing() -> impl Strategy<Value = Drawing> {
    let components = prop::collection::vec((0..KINDS.len(), 0_u32..3), 2..8);
    let edges = prop::collection::btree_map(
        (0_usize..8, 0_usize..8),
        (0..NEEDS.len(), 0..EXTRAS.len(), prop::option::weighted(0.3, 0_usize..8)),
        0..14,
    );
    let flow = (prop::collection::vec(0_usize..8, 2..5), prop::collection::vec(0_usize..8, 0..3), any::<bool>());
    let flows = prop::collection::vec(flow, 1..4);
    let fate = prop::collection::vec(0_usize..8, 0..4);
    let counted = prop::collection::vec(any::<bool>(), 14);
    (components, edges, flows, fate, counted).prop_map(|(components, edges, flows, fate, counted)| Drawing {
        components,
        edges,
        flows,
        fate,
        counted,
    })
}

/// Numbers as names, without repetition.
fn names(numbers: &[usize], count: usize, name: &dyn Fn(usize) -> String) -> Vec<String> {
    let mut seen = BTreeSet::new();
    numbers.iter().map(|number| number % count).filter(|number| seen.insert(*number)).map(name).collect()
}

impl Drawing {
    fn system(&self, name: &dyn Fn(usize) -> String) -> System {
        let count = self.components.len();
        let mut text = String::from("components:\n");
        for (at, (kind, replicas)) in self.components.iter().enumerate() {
            text += &format!("  {}: {{kind: {}, replicas: {replicas}}}\n", name(at), KINDS[*kind]);
        }
        text += "edges:\n";
        let mut seen = BTreeSet::new();
        for ((from, to), (needs, extra, stand_in)) in &self.edges {
            let (from, to) = (from % count, to % count);
            if from == to || !seen.insert((from, to)) {
                continue;
            }
            let proxied = matches!(KINDS[self.components[to].0], "secret" | "client" | "postgres");
            let extra = if proxied && EXTRAS[*extra].contains("guard") { "" } else { EXTRAS[*extra] };
            let stand_in = stand_in
                .map(|other| other % count)
                .filter(|other| *other != from && *other != to && KINDS[self.components[*other].0] != "client");
            let stand_in = stand_in.map_or(String::new(), |other| format!(", instead: [{}]", name(other)));
            text += &format!("  {}->{}: {{needs: {}{extra}{stand_in}}}\n", name(from), name(to), NEEDS[*needs]);
        }
        text += "flows:\n";
        for (at, (path, deferred, reads)) in self.flows.iter().enumerate() {
            let path = names(path, count, name);
            if path.len() < 2 {
                continue;
            }
            let deferred: Vec<String> =
                names(deferred, count, name).into_iter().filter(|hop| !path.contains(hop)).collect();
            text += &format!("  f{at}: {{path: [{}], async: [{}]}}\n", path.join(", "), deferred.join(", "));
            let _ = reads;
        }
        // Of what has two replicas only one stands on the node.
        let member = |at: usize| name(at) + if self.components[at].1 == 2 { "/2" } else { "" };
        text += &format!("shared_fate: {{node: [{}]}}\n", names(&self.fate, count, &member).join(", "));
        let mut system = world::system(&text);
        self.set_loads(&mut system);
        system
    }

    /// Whether a flow reads is a matter of its load, which a path alone does not have.
    fn set_loads(&self, system: &mut System) {
        let sample = world::system(
            "components: {w: {kind: client}, s: {kind: service}}\nedges: {w->s: {}}\nflows: {f: {path: [w, s], load: GET /}}",
        );
        let load = sample.flows.into_values().next().and_then(|flow| flow.load);
        for flow in system.flows.values_mut() {
            let at: usize = flow.id.as_str()[1..].parse().expect("is f and a number");
            flow.load = load.clone().filter(|_| self.flows[at].2);
        }
    }

    fn counted(&self, system: &System) -> BTreeSet<EdgeId> {
        let counts = |at: &usize| self.counted[at % self.counted.len()];
        system.edges.iter().enumerate().filter(|(at, _)| counts(at)).map(|(_, edge)| edge.id.clone()).collect()
    }
}

fn plain(at: usize) -> String {
    format!("c{at}")
}

type Felt = BTreeMap<(ComponentId, Mode, FlowId), Outcome>;

fn felt(impact: &Impact) -> Felt {
    let rows = impact.rows.iter().flat_map(|row| row.hits.iter().map(move |hit| (row, hit)));
    rows.map(|(row, hit)| ((row.component.clone(), row.mode.clone(), hit.flow.clone()), hit.outcome)).collect()
}

/// Nothing is felt more in `less` than in `more`. Where components stand in, only what fails because something is down is
/// compared: a fallback that serves less hides a failure from one further out that would serve all, and what stands in may
/// hang where the callee was quick to fail.
fn not_worse(system: &System, less: &Impact, more: &Impact) -> Result<(), TestCaseError> {
    let more = felt(more);
    let has_stand_ins = system.edges.iter().any(|edge| !edge.instead.is_empty());
    let is_compared = |(key, outcome): &(&(ComponentId, Mode, FlowId), &Outcome)| {
        !has_stand_ins || (key.1 == Mode::Down && outcome.is_failure())
    };
    let less = felt(less);
    for (key, outcome) in less.iter().filter(is_compared) {
        let other = more.get(key).copied().unwrap_or(Outcome::Unaffected);
        prop_assert!(outcome.severity() <= other.severity(), "{key:?}: {outcome:?} but {other:?}");
    }
    Ok(())
}

fn all_spofs(impact: &Impact) -> BTreeSet<(FlowId, impact::Single)> {
    impact.flows.iter().flat_map(|flow| flow.spofs.iter().map(|spof| (flow.flow.clone(), spof.clone()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn redundancy_adds_no_single_point_and_no_hit(drawing in drawing(), which in 0_usize..8) {
        let system = drawing.system(&plain);
        let counted = Counted::live(drawing.counted(&system));
        let before = impact(&system, &counted);
        let mut more = system.clone();
        let at = which % more.components.len();
        let component = more.components.values_mut().nth(at).expect("is there");
        prop_assume!(component.replicas > 0);
        component.replicas += 1;
        let after = impact(&more, &counted);
        prop_assert!(all_spofs(&after).is_subset(&all_spofs(&before)));
        prop_assert_eq!(felt(&after), felt(&before));
    }

    #[test]
    fn counting_one_more_guardrail_never_enlarges_a_blast_radius(drawing in drawing(), which in 0_usize..14) {
        let system = drawing.system(&plain);
        prop_assume!(!system.edges.is_empty());
        let fewer = drawing.counted(&system);
        let mut more = fewer.clone();
        more.insert(system.edges[which % system.edges.len()].id.clone());
        let (fewer, more) = (impact(&system, &Counted::live(fewer)), impact(&system, &Counted::live(more)));
        not_worse(&system, &more, &fewer)?;
        prop_assert!(all_spofs(&more).is_subset(&all_spofs(&fewer)));
    }

    #[test]
    fn a_softer_need_never_hurts_more(drawing in drawing(), which in 0_usize..14) {
        let harder = drawing.system(&plain);
        prop_assume!(!harder.edges.is_empty());
        let counted = Counted::live(drawing.counted(&harder));
        let mut softer = harder.clone();
        let edge = which % softer.edges.len();
        softer.edges[edge].needs = match softer.edges[edge].needs {
            Needs::Hard if which % 2 == 0 => Needs::Start,
            Needs::Hard => Needs::Soft,
            Needs::Soft | Needs::Start | Needs::Async => Needs::Async,
        };
        not_worse(&harder, &impact(&softer, &counted), &impact(&harder, &counted))?;
    }

    /// The fault tree of a flow, against spreading what fails in it: any set of components and groups together.
    #[test]
    fn a_tree_says_what_spreading_says(drawing in drawing(), sets in prop::collection::vec(any::<u16>(), 6)) {
        let mut system = drawing.system(&plain);
        let counted = Counted::live(drawing.counted(&system));
        let group = system.shared_fate["node"].clone();
        let ids: Vec<ComponentId> = system.components.keys().cloned().collect();
        for set in sets {
            let share = |fails: bool| Ratio::try_new(if fails { 1.0 } else { 0.0 }).expect("is a share");
            let fails = |at: usize| set >> at & 1 == 1;
            let mut members: Vec<Member> = Vec::new();
            for (at, id) in ids.iter().enumerate() {
                let component = system.components.get_mut(id).expect("is there");
                component.unavailability = Some(share(fails(at)));
                // What never runs fails whatever else does.
                if fails(at) || component.replicas == 0 {
                    members.push(Member { component: id.clone(), replica: None });
                }
            }
            let group_fails = fails(ids.len());
            members.extend(group.iter().filter(|_| group_fails).cloned());
            system.fate_unavailability.insert("node".to_owned(), share(group_fails));
            let mut probed = system.clone();
            probed.shared_fate.insert("probe".to_owned(), members);
            let fates = impact(&probed, &counted).fates;
            let hits = &fates.iter().find(|fate| fate.name == "probe").expect("is there").hits;
            let trees = FlowTrees::new(&system, &counted);
            for flow in system.flows.keys() {
                let is_down = hits.iter().any(|hit| hit.flow == *flow && hit.outcome.is_failure());
                let expected = if is_down { 1.0 } else { 0.0 };
                match trees.availability(flow).expect("has the flow") {
                    Availability::Down(found) => prop_assert_eq!((found.low, found.high), (expected, expected), "{}", flow),
                    Availability::NotKnown(missing) => prop_assert!(false, "{missing:?}"),
                }
            }
        }
    }

    #[test]
    fn the_order_of_edges_never_matters(drawing in drawing(), seed in any::<u64>()) {
        let system = drawing.system(&plain);
        let counted = Counted::effective(drawing.counted(&system));
        let mut other = system.clone();
        let count = other.edges.len();
        let turn = usize::try_from(seed % count.max(1) as u64).expect("is small");
        other.edges.rotate_left(turn.min(count));
        if seed % 2 == 0 {
            other.edges.reverse();
        }
        prop_assert_eq!(impact(&system, &counted), impact(&other, &counted));
        prop_assert_eq!(layout(&system), layout(&other));
    }

    #[test]
    fn other_names_change_only_names(drawing in drawing()) {
        let other_name = |at: usize| format!("z{}", 9 - at);
        let system = drawing.system(&plain);
        let renamed = drawing.system(&other_name);
        let back = |id: &ComponentId| {
            let at: usize = id.as_str()[1..].parse().expect("is z and a number");
            ComponentId::try_new(&plain(9 - at)).expect("is a name")
        };
        let counted = drawing.counted(&system);
        let there = renamed.edges.iter().filter(|edge| {
            let id = EdgeId { from: back(&edge.id.from), to: back(&edge.id.to), name: None };
            counted.contains(&id)
        });
        let there: BTreeSet<EdgeId> = there.map(|edge| edge.id.clone()).collect();
        let one = impact(&system, &Counted::live(counted));
        let two = impact(&renamed, &Counted::live(there));
        let translated: Felt = felt(&two).into_iter().map(|((id, mode, flow), felt)| ((back(&id), mode, flow), felt)).collect();
        prop_assert_eq!(felt(&one), translated);
        for row in &one.rows {
            let other = two.rows.iter().find(|other| back(&other.component) == row.component && other.mode == row.mode);
            let other = other.expect("has the same rows");
            prop_assert_eq!((row.share, row.loss, row.priority), (other.share, other.loss, other.priority));
        }
    }

    /// Every chain begins at the failure, follows edges backwards, and ends where the flow begins.
    #[test]
    fn every_chain_is_a_walk(drawing in drawing()) {
        let system = drawing.system(&plain);
        let impact = impact(&system, &Counted::live(drawing.counted(&system)));
        for row in &impact.rows {
            for hit in &row.hits {
                prop_assert_eq!(&hit.chain[0].component, &row.component);
                prop_assert_eq!(&hit.chain[hit.chain.len() - 1].component, &system.flows[&hit.flow].path[0]);
                prop_assert_eq!(hit.chain[hit.chain.len() - 1].suffers, hit.outcome);
                for pair in hit.chain.windows(2) {
                    if let Some(edge) = &pair[1].over {
                        prop_assert_eq!((&edge.from, &edge.to), (&pair[1].component, &pair[0].component));
                    }
                }
            }
        }
    }

    #[test]
    fn every_component_has_a_place_of_its_own(drawing in drawing()) {
        let system = drawing.system(&plain);
        let layout = layout(&system);
        let places: BTreeSet<(usize, usize)> = layout.nodes.iter().map(|node| (node.layer, node.order)).collect();
        prop_assert_eq!(places.len(), system.components.len());
        let layer: BTreeMap<&ComponentId, usize> = layout.nodes.iter().map(|node| (&node.component, node.layer)).collect();
        for edge in layout.edges.iter().filter(|edge| !edge.back) {
            prop_assert!(layer[&edge.edge.from] < layer[&edge.edge.to]);
        }
    }
}

proptest! {
    // Many drawings are too small or hold hops that nobody declared; those are not for this law.
    #![proptest_config(ProptestConfig { max_global_rejects: 20_000, ..ProptestConfig::with_cases(300) })]

    /// The way for big systems, which computes all failures at once, against spreading each alone.
    #[test]
    fn all_failures_at_once_are_each_failure_alone(drawing in drawing()) {
        let system = drawing.system(&plain);
        let counted = Counted::live(drawing.counted(&system));
        let (alone, at_once) = (impact(&system, &counted), impact::impact_up_to(&system, &counted, 0));
        // Some drawings hold what only spreading follows, and some hit nothing.
        prop_assume!(!at_once.detailed);
        prop_assert_eq!(felt(&alone), felt(&at_once));
        prop_assert_eq!(&alone.flows, &at_once.flows);
        for (one, other) in alone.rows.iter().zip(&at_once.rows) {
            prop_assert_eq!((one.share, one.loss, one.priority), (other.share, other.loss, other.priority));
        }
        let fates = |impact: &Impact| impact.fates.iter().map(|fate| fate.hits.iter().map(|hit| (hit.flow.clone(), hit.outcome)).collect::<Vec<_>>()).collect::<Vec<_>>();
        prop_assert_eq!(fates(&alone), fates(&at_once));
    }
}
