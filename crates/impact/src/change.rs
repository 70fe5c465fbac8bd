//! Changes that somebody only thinks about: read from words, and made to a copy of the system.
//!
//! A guardrail that is thought of counts as if a drill had proved it; that is the question: what would it save *if it worked*.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use system::{Cache, ComponentId, ComponentKind, Edge, EdgeId, GuardrailOn, Needs, Policy, Protocol, System};
use text::{Bytes, Span};

use crate::{Counted, protections};

/// What can be written, for people who wrote something else.
pub const CHANGES: &str = "remove COMPONENT | remove A->B | add A->B [hard|soft|async|start] | needs A->B hard|soft|async|start | replicas COMPONENT N[/NEEDED] | timeout A->B | cache A->B | fallback A->B [to C] | unguard A->B | move A->B to C->D | prove A->B | prove GUARDRAIL";

/// The most replicas that are thought of.
const MAX_REPLICAS: u32 = 64;

/// A system as it would be, and the edges whose guardrails count in it.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// The changed copy.
    pub system: System,
    /// What counts: the edges and declared guardrails that were thought of.
    pub counted: Counted,
}

/// Makes the changes in their order. All that cannot be made are told, each with its reason.
///
/// ```
/// # let text = "seaworthy: 1\nname: shop\nsystem:\n  components: {web: {kind: client}, api: {kind: service}}\n  edges: {web->api: }\n  flows: {buy: {path: [web, api]}}\n";
/// # let source = text::Source::new("seaworthy.yaml", text);
/// # let (node, mut problems) = text::read_yaml(&source);
/// # let system = system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a map");
/// let changed = impact::what_if(&system, &[String::from("replicas api 2")]).expect("can be made");
/// let after = impact::impact(&changed.system, &changed.counted);
/// assert!(after.spofs().is_empty());
/// ```
///
/// # Errors
/// One text for each change that cannot be made.
pub fn what_if(system: &System, changes: &[String]) -> Result<WhatIf, Vec<String>> {
    let mut made = Making {
        system: system.clone(),
        proved: BTreeSet::new(),
        thought_of: BTreeMap::new(),
        guardrails: BTreeSet::new(),
    };
    let mut wrong = Vec::new();
    for change in changes {
        if let Err(reason) = made.make(change.trim()) {
            wrong.push(format!("`{change}`: {reason}"));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(made.made())
}

/// Changes so far.
struct Making {
    system: System,
    /// All that stands on these edges works.
    proved: BTreeSet<EdgeId>,
    /// Edges with those protections that were thought of, which work whatever else stands there.
    thought_of: BTreeMap<EdgeId, Edge>,
    guardrails: BTreeSet<String>,
}

impl Making {
    /// What does not count is left out where something else does: an edge counts as a whole.
    fn made(mut self) -> WhatIf {
        for edge in &mut self.system.edges {
            if let Some(thought_of) = self.thought_of.remove(&edge.id).filter(|_| !self.proved.contains(&edge.id)) {
                let (needs, attempts, loses) = (edge.needs, edge.attempts, std::mem::take(&mut edge.loses));
                *edge = Edge { needs, attempts, loses, ..thought_of };
                self.proved.insert(edge.id.clone());
            }
        }
        WhatIf { counted: Counted::effective(self.proved).with_guardrails(self.guardrails), system: self.system }
    }

    fn make(&mut self, change: &str) -> Result<(), String> {
        let (verb, rest) = change.split_once(char::is_whitespace).unwrap_or((change, ""));
        let rest = rest.trim();
        match verb {
            "remove" if rest.contains("->") => self.remove_edge(rest),
            "remove" => self.remove_component(rest),
            "add" => self.add(rest),
            "needs" => {
                let (edge, needs) = behind(rest, needs_of).ok_or("ends with hard, soft, async or start")?;
                self.edge(edge)?.needs = needs;
                Ok(())
            }
            "replicas" => self.replicas(rest),
            "timeout" => self.guarded(rest, |edge| edge.timeout = Some(SOME_TIME)),
            "cache" => self.cache(rest),
            "fallback" => self.fallback(rest),
            "prove" if rest.contains("->") => self.prove_edge(rest),
            "prove" => self.prove(rest),
            "unguard" => {
                let edge = self.edge(rest)?;
                let bare = Edge::new(edge.id.clone(), edge.needs, edge.span);
                let id = edge.id.clone();
                *edge = bare;
                self.proved.remove(&id);
                self.thought_of.remove(&id);
                Ok(())
            }
            "move" => self.carry(rest),
            other => {
                let verbs =
                    ["remove", "add", "needs", "replicas", "timeout", "cache", "fallback", "prove", "unguard", "move"];
                let near =
                    text::nearest(other, verbs).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                Err(format!("no change is called `{other}`{near} Known: {CHANGES}"))
            }
        }
    }

    fn edge(&mut self, written: &str) -> Result<&mut Edge, String> {
        let id = EdgeId::parse(written).ok_or_else(|| format!("`{written}` is no edge; write `a->b`"))?;
        let known: Vec<String> = self.system.edges.iter().map(|edge| edge.id.to_string()).collect();
        self.system.edges.iter_mut().find(|edge| edge.id == id).ok_or_else(|| {
            let near = text::nearest(written, known.iter().map(String::as_str));
            format!(
                "there is no edge `{id}`{}",
                near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
            )
        })
    }

    fn component(&self, written: &str) -> Result<ComponentId, String> {
        ComponentId::try_new(written).filter(|id| self.system.components.contains_key(id)).ok_or_else(|| {
            let near = text::nearest(written, self.system.components.keys().map(ComponentId::as_str));
            format!(
                "there is no component `{written}`{}",
                near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
            )
        })
    }

    /// A protection that works, whatever else stands on the edge.
    fn guarded(&mut self, written: &str, change: impl Fn(&mut Edge)) -> Result<(), String> {
        let edge = self.edge(written)?;
        change(edge);
        let (id, bare) = (edge.id.clone(), Edge::new(edge.id.clone(), edge.needs, edge.span));
        change(self.thought_of.entry(id).or_insert(bare));
        Ok(())
    }

    /// Everything that stands on an edge works.
    fn prove_edge(&mut self, written: &str) -> Result<(), String> {
        let edge = self.edge(written)?;
        if protections(edge).is_empty() {
            return Err(format!("nothing stands on `{}`; think of a `timeout`, `cache` or `fallback` there", edge.id));
        }
        let id = edge.id.clone();
        self.proved.insert(id);
        Ok(())
    }

    /// Answers are kept of what speaks HTTP.
    fn cache(&mut self, written: &str) -> Result<(), String> {
        use ComponentKind as Kind;
        let id = self.edge(written)?.id.clone();
        let kind = self.system.components.get(&id.to).map(|callee| callee.kind);
        if !matches!(kind, Some(Kind::Service | Kind::Worker | Kind::External)) {
            return Err(format!("answers of `{}` are no HTTP, so no cache keeps them", id.to));
        }
        self.guarded(written, |edge| edge.guard.get_or_insert(BARE).cache = Some(SOME_CACHE))
    }

    /// Something stands in on an edge: nothing with a name, or another component.
    fn fallback(&mut self, rest: &str) -> Result<(), String> {
        let Some((written, stand_in)) = rest.rsplit_once(" to ") else {
            return self.guarded(rest, |edge| edge.fallback = Some("thought of".to_owned()));
        };
        let stand_in = self.component(stand_in.trim())?;
        let edge = self.edge(written.trim())?;
        if stand_in == edge.id.from || stand_in == edge.id.to {
            return Err(format!("`{stand_in}` is an end of the edge; name a third component"));
        }
        if self.system.components.get(&stand_in).is_some_and(|one| one.kind == ComponentKind::Client) {
            return Err(format!("`{stand_in}` is a client: users stand in for nothing"));
        }
        self.guarded(written.trim(), |edge| {
            if !edge.instead.contains(&stand_in) {
                edge.instead.push(stand_in.clone());
            }
        })
    }

    /// A declared guardrail works, built or not.
    fn prove(&mut self, written: &str) -> Result<(), String> {
        let known = &self.system.guardrails;
        if !known.contains_key(written) {
            let near = text::nearest(written, known.keys().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("there is no guardrail `{written}`{near}"));
        }
        self.guardrails.insert(written.to_owned());
        Ok(())
    }

    /// Guardrails go with what they stand on.
    fn drop_guardrails(&mut self) {
        let (components, edges) = (&self.system.components, &self.system.edges);
        self.system.guardrails.retain(|_, guardrail| match &guardrail.on {
            GuardrailOn::Component(id) => components.contains_key(id),
            GuardrailOn::Edge(id) => edges.iter().any(|edge| edge.id == *id),
        });
    }

    fn remove_edge(&mut self, written: &str) -> Result<(), String> {
        let id = self.edge(written)?.id.clone();
        let before = self.pairs();
        self.system.edges.retain(|edge| edge.id != id);
        self.drop_guardrails();
        self.shorten_paths(&before);
        Ok(())
    }

    fn pairs(&self) -> BTreeSet<(ComponentId, ComponentId)> {
        self.system.edges.iter().map(|edge| (edge.id.from.clone(), edge.id.to.clone())).collect()
    }

    /// A path goes no further than what something before it on the path still needs, as far as anything did before.
    fn shorten_paths(&mut self, before: &BTreeSet<(ComponentId, ComponentId)>) {
        let now = self.pairs();
        let pair = |from: &ComponentId, to: &ComponentId| (from.clone(), to.clone());
        for flow in self.system.flows.values_mut() {
            let mut kept: Vec<ComponentId> = Vec::new();
            let old = std::mem::take(&mut flow.path);
            for (at, hop) in old.iter().enumerate() {
                let was_needed = old[..at].iter().any(|from| before.contains(&pair(from, hop)));
                if !was_needed || kept.iter().any(|from| now.contains(&pair(from, hop))) {
                    kept.push(hop.clone());
                }
            }
            let all: Vec<ComponentId> = kept.iter().chain(&flow.deferred).cloned().collect();
            flow.deferred.retain(|hop| all.iter().any(|from| now.contains(&pair(from, hop))));
            flow.path = kept;
        }
    }

    fn remove_component(&mut self, written: &str) -> Result<(), String> {
        let id = self.component(written)?;
        if let Some(flow) = self.system.flows.values().find(|flow| flow.path.first() == Some(&id)) {
            return Err(format!("the flow `{}` begins at `{id}`, and would be gone with it", flow.id));
        }
        let mut before = self.pairs();
        // What stood in the path only because the component did goes with it.
        before.extend(
            self.system
                .flows
                .values()
                .flat_map(|flow| flow.path.windows(2))
                .filter(|pair| pair[0] == id)
                .map(|pair| (id.clone(), pair[1].clone())),
        );
        self.system.components.remove(&id);
        self.system.edges.retain(|edge| edge.id.from != id && edge.id.to != id);
        self.drop_guardrails();
        self.system.edges.iter_mut().for_each(|edge| edge.instead.retain(|other| *other != id));
        for flow in self.system.flows.values_mut() {
            flow.deferred.retain(|hop| *hop != id);
        }
        self.shorten_paths(&before);
        for flow in self.system.flows.values_mut() {
            flow.path.retain(|hop| *hop != id);
        }
        self.system.shared_fate.values_mut().for_each(|members| members.retain(|member| member.component != id));
        Ok(())
    }

    fn add(&mut self, rest: &str) -> Result<(), String> {
        let (written, needs) = behind(rest, needs_of).unwrap_or((rest, Needs::Hard));
        let id = EdgeId::parse(written).ok_or_else(|| format!("`{written}` is no edge; write `a->b`"))?;
        self.component(id.from.as_str())?;
        self.component(id.to.as_str())?;
        if id.from == id.to || self.system.edges.iter().any(|edge| edge.id == id) {
            return Err(format!("the edge `{id}` is there already, or joins nothing"));
        }
        self.system.edges.push(Edge::new(id, needs, Span::default()));
        Ok(())
    }

    fn replicas(&mut self, rest: &str) -> Result<(), String> {
        let count = |text: &str| {
            let (replicas, quorum) = text.split_once('/').map_or((text, None), |(n, k)| (n, Some(k)));
            Some((replicas.parse::<u32>().ok()?, quorum.map(str::parse::<u32>).transpose().ok()?))
        };
        let (written, (replicas, quorum)) =
            behind(rest, count).ok_or("ends with a number, or `3/2` for two of three")?;
        let id = self.component(written)?;
        let component = self.system.components.get_mut(&id).expect("was just found");
        let quorum = quorum.unwrap_or(component.quorum.min(replicas.max(1)));
        if replicas > MAX_REPLICAS || quorum == 0 || quorum > replicas.max(1) {
            return Err(format!("{quorum} of {replicas} replicas cannot be; at most {MAX_REPLICAS} are thought of"));
        }
        (component.replicas, component.quorum) = (replicas, quorum);
        Ok(())
    }

    /// Everything that stands on one edge goes to another.
    fn carry(&mut self, rest: &str) -> Result<(), String> {
        let (from, to) = rest.split_once(" to ").ok_or("is written `move a->b to c->d`")?;
        let edge = self.edge(from.trim())?;
        let carried = std::mem::replace(edge, Edge::new(edge.id.clone(), edge.needs, edge.span));
        let id = edge.id.clone();
        self.proved.remove(&id);
        self.thought_of.remove(&id);
        self.guarded(to.trim(), |edge| {
            let (id, needs, span) = (edge.id.clone(), edge.needs, edge.span);
            *edge = Edge { id, needs, span, ..carried.clone() };
            edge.instead.retain(|other| *other != edge.id.from && *other != edge.id.to);
        })
    }
}

/// The text before its last word, and what that word means.
fn behind<T>(rest: &str, meaning: impl Fn(&str) -> Option<T>) -> Option<(&str, T)> {
    let (before, last) = rest.rsplit_once(char::is_whitespace)?;
    Some((before.trim(), meaning(last)?))
}

fn needs_of(word: &str) -> Option<Needs> {
    Needs::ALL.into_iter().find(|needs| needs.word() == word)
}

/// How long does not matter for how far a failure reaches, only that it ends.
const SOME_TIME: Duration = Duration::from_secs(1);

const SOME_CACHE: Cache = Cache { stale_if_error: Duration::from_secs(600), entries: 1_000, body: Bytes(1 << 20) };

/// A guard without protections.
const BARE: Policy = Policy {
    listen: None,
    protocol: Protocol::Http,
    timeout: None,
    connect_timeout: SOME_TIME,
    retry: None,
    breaker: None,
    cache: None,
    retry_after: SOME_TIME,
};
