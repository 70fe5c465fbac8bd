//! What the policies of one end let through, in the list and at the least and the most that is possible.

use std::collections::BTreeSet;

use super::is::{Is, View};
use super::policy::{Action, Chosen, Direction, Policy, Rule, Tier};
use super::ports::Ports;
use super::{Decided, Deciding, Peer, Reach};
use crate::labels::Fares;

/// What policies of admins, or the baseline, have decided so far.
struct Open {
    allowed: Ports,
    undecided: Ports,
    /// Left to the policies of namespaces.
    passed: Ports,
}

impl Open {
    fn of(undecided: Ports) -> Self {
        Self { allowed: Ports::none(), undecided, passed: Ports::none() }
    }

    /// A rule that may not apply is taken for what opens least or most.
    fn apply(&mut self, action: Action, is: Is, ports: &Ports, view: View) {
        let action = match (action, is.is_certain(), view) {
            (Action::Pass, false, View::Least) => Action::Deny,
            (Action::Pass, false, View::Most) => Action::Allow,
            (action, ..) => action,
        };
        let applies = match action {
            Action::Allow | Action::Pass => is.opens(view),
            Action::Deny => is.shuts(view),
        };
        if !applies {
            return;
        }
        let now = self.undecided.intersection(ports);
        match action {
            Action::Allow => self.allowed = self.allowed.union(&now),
            Action::Pass => self.passed = self.passed.union(&now),
            Action::Deny => {}
        }
        self.undecided = self.undecided.without(&now);
    }
}

/// What the policies of namespaces say, all of them together.
struct Namespaces {
    is_isolated: Is,
    allowed: Ports,
    denied: Ports,
}

impl Reach<'_> {
    /// What policies of one end let through in one direction.
    pub(super) fn decide(&self, view: View, direction: Direction, own: Peer, other: Peer) -> Ports {
        let at = match own {
            Peer::Workload(at) => at,
            Peer::SomePod(at) => return self.of_pod(view, direction, at, false, other),
            Peer::EveryPod(at) => return self.of_pod(view, direction, at, true, other),
            _ => return Ports::all(),
        };
        if self.selecting[at][direction as usize].is_empty() {
            return Ports::all();
        }
        let mut open = Open::of(Ports::all());
        let mut namespaces = Namespaces { is_isolated: Is::NO, allowed: Ports::none(), denied: Ports::none() };
        let mut baseline: Vec<(Action, Is, Ports)> = Vec::new();
        for number in &self.selecting[at][direction as usize] {
            let policy = &self.policies[*number];
            let is_for = policy.is_for(at);
            for rule in policy.rules[direction as usize].iter().flatten() {
                let is = is_for & self.meets(rule, Some(at), other);
                let is_of_no_use = match (policy.tier, rule.action) {
                    (Tier::Network, Action::Deny) => !is.shuts(view),
                    (Tier::Network, Action::Allow | Action::Pass) => !is.opens(view),
                    (Tier::Admin(_) | Tier::Baseline, _) => !is.may,
                };
                if is_of_no_use {
                    continue;
                }
                let ports = rule.ports.at(self.workload(if direction == Direction::Ingress { own } else { other }));
                match policy.tier {
                    Tier::Network => namespaces.add(rule.action, is, &ports, view),
                    Tier::Admin(_) => open.apply(rule.action, is, &ports, view),
                    Tier::Baseline => baseline.push((rule.action, is, ports)),
                }
            }
            namespaces.is_isolated = namespaces.is_isolated | (is_for & policy.isolates[direction as usize]);
        }
        let left = open.undecided.union(&open.passed).without(&namespaces.denied);
        let shut = || open.allowed.union(&left.intersection(&namespaces.allowed));
        let unshut = || {
            let mut rest = Open::of(left.clone());
            baseline.iter().for_each(|(action, is, ports)| rest.apply(*action, *is, ports, view));
            open.allowed.union(&rest.allowed).union(&rest.undecided)
        };
        match (namespaces.is_isolated, view) {
            (is, View::Listed) => {
                if is.listed {
                    shut()
                } else {
                    unshut()
                }
            }
            (is, _) if is.is_certain() => {
                if is.sure {
                    shut()
                } else {
                    unshut()
                }
            }
            (_, View::Least) => shut().intersection(&unshut()),
            (_, View::Most) => shut().union(&unshut()),
        }
    }

    /// Whether the other side is a peer of a rule for a workload. Of a pod that no file describes, what allows is asked whether
    /// it can, and what denies whether it must; the other way round where every pod is meant. A rule for the very pods that
    /// it stands before lets in no others.
    pub(super) fn meets(&self, rule: &Rule, own: Option<usize>, other: Peer) -> Is {
        let peers = &rule.peers;
        let is = match other {
            // From the network of a node it comes with the address of the node.
            Peer::Workload(at) if self.cluster.workloads[at].host_network && !peers.is_everybody => {
                Is::maybe(peers.workloads[at].listed)
            }
            Peer::Workload(at) => peers.workloads[at],
            Peer::External(range) => peers.outside | peers.blocks.iter().any(|blocks| blocks.contains(range)).into(),
            // Which of them is not told apart: what denies some of them does not deny all.
            Peer::ExternalV6 => {
                let is = peers.blocks.iter().any(|blocks| blocks.has_v6);
                let is_whole = rule.action == Action::Allow || peers.is_everybody;
                peers.outside | if is_whole { is.into() } else { Is { listed: is, sure: false, may: is } }
            }
            Peer::IngressController => peers.carrier | peers.addressed,
            Peer::SomePod(at) => self.of_namespace(rule, own, at, rule.action != Action::Allow),
            Peer::EveryPod(at) => self.of_namespace(rule, own, at, rule.action == Action::Allow),
        };
        if rule.doubt.is_some() { is & Is::maybe(true) } else { is }
    }

    fn of_namespace(&self, rule: &Rule, own: Option<usize>, at: usize, needs_all: bool) -> Is {
        let own = own.and_then(|own| self.cluster.workloads.get(own));
        let (name, labels) = &self.namespaces[at];
        let is_own = |chosen: &Chosen| {
            own.is_some_and(|own| {
                *name == own.namespace && !chosen.pods.is_empty() && own.fares(&chosen.pods) != Fares::None
            })
        };
        let is_meant = |chosen: &&Chosen| !needs_all || chosen.pods.is_empty();
        let meant = rule.peers.chosen.iter().filter(is_meant).filter(|chosen| !is_own(chosen));
        let is_described = !self.cluster.undescribed.contains(name);
        let of = |chosen: &Chosen| {
            let is = chosen.fits(name, labels, is_described);
            if chosen.unsure.is_some() { is & Is::maybe(false) } else { is }
        };
        meant.fold(rule.peers.addressed, |all, chosen| all | of(chosen))
    }

    /// What a pod that no file describes gets by the policies of namespaces: those for all pods of its own bind it, those for
    /// some may. Some pod gets what any of them lets through, every pod what all of them do.
    fn of_pod(&self, view: View, direction: Direction, namespace: usize, needs_all: bool, other: Peer) -> Ports {
        let (name, labels) = &self.namespaces[namespace];
        let is_described = !self.cluster.undescribed.contains(name);
        let (mut allowed, mut denied, mut is_shut) = (Ports::none(), Ports::none(), false);
        for policy in self.policies.iter().filter(|policy| policy.tier == Tier::Network) {
            let Some(rules) = &policy.rules[direction as usize] else { continue };
            let fits = |chosen: &Chosen| chosen.fits(name, labels, is_described);
            let may = policy.subject.iter().any(|chosen| fits(chosen).may);
            let is_for_all = |chosen: &Chosen| {
                chosen.pods.is_empty() && chosen.unsure.is_none() && policy.doubt.is_none() && fits(chosen).sure
            };
            let all = policy.subject.iter().any(is_for_all);
            let (lets_in, shuts) = if needs_all { (all, may) } else { (may, all) };
            is_shut |= shuts && policy.isolates[direction as usize].shuts(view);
            for rule in rules {
                let is = self.meets(rule, None, other);
                let ports = rule.ports.at(self.workload(other));
                match rule.action {
                    Action::Deny if shuts && is.shuts(view) => denied = denied.union(&ports),
                    Action::Allow | Action::Pass if lets_in && is.opens(view) => allowed = allowed.union(&ports),
                    Action::Allow | Action::Deny | Action::Pass => {}
                }
            }
        }
        if is_shut { allowed.without(&denied) } else { Ports::all().without(&denied) }
    }

    /// The ports on which an ingress controller may carry the outside to a workload: at least, and at most. It does so
    /// where an Ingress or Route leads; and where no file shows one and policies let in a controller by name, it may.
    pub fn carried(&self, destination: Peer) -> (Ports, Ports) {
        let Peer::Workload(at) = destination else { return (Ports::none(), Ports::none()) };
        let entry = self.entries.get(&at).cloned().unwrap_or_default();
        let ingress = |view| self.decide(view, Direction::Ingress, destination, Peer::IngressController);
        let (least, most) = (ingress(View::Least), ingress(View::Most));
        let mut by_name = Ports::none();
        for number in &self.selecting[at][Direction::Ingress as usize] {
            let rules = self.policies[*number].rules[Direction::Ingress as usize].iter().flatten();
            for rule in rules.filter(|rule| rule.action != Action::Deny && rule.peers.is_carrier) {
                by_name = by_name.union(&rule.ports.at(self.workload(destination)));
            }
        }
        (least.intersection(&entry), most.intersection(&entry).union(&most.intersection(&by_name)))
    }

    /// The ports on which one may talk to another for sure, and at most.
    pub fn bounds(&self, source: Peer, destination: Peer) -> (Ports, Ports) {
        if self.foreign_between(source, destination).next().is_some() {
            return (Ports::none(), Ports::all());
        }
        let least = self.allowed_in(View::Least, source, destination);
        if self.is_certain_between(source, destination) {
            return (least.clone(), least);
        }
        if self.is_on_node(source) || self.is_on_node(destination) {
            return (least, Ports::all());
        }
        (least, self.allowed_in(View::Most, source, destination))
    }

    /// Whether nothing about a connection between workloads, or from outside to one, is left open.
    fn is_certain_between(&self, source: Peer, destination: Peer) -> bool {
        let is_plain = |peer: Peer| match peer {
            Peer::Workload(_) => !self.is_on_node(peer),
            Peer::External(_) | Peer::ExternalV6 | Peer::IngressController => true,
            Peer::SomePod(_) | Peer::EveryPod(_) => false,
        };
        let both = [(Direction::Egress, source, destination), (Direction::Ingress, destination, source)];
        is_plain(source)
            && is_plain(destination)
            && both.into_iter().all(|(direction, own, other)| self.is_certain(direction, own, other))
    }

    fn is_certain(&self, direction: Direction, own: Peer, other: Peer) -> bool {
        let Peer::Workload(at) = own else { return true };
        self.selecting[at][direction as usize].iter().map(|number| &self.policies[*number]).all(|policy| {
            policy.is_for(at).is_certain()
                && policy.isolates[direction as usize].is_certain()
                && policy.rules[direction as usize]
                    .iter()
                    .flatten()
                    .all(|rule| self.meets(rule, Some(at), other).is_certain())
        })
    }

    /// Pods on the network of their node, where policies mostly do not bind.
    fn is_on_node(&self, peer: Peer) -> bool {
        self.workload(peer).is_some_and(|workload| workload.host_network)
    }

    /// The policies of other kinds that may say something between two ends.
    fn foreign_between(&self, source: Peer, destination: Peer) -> impl Iterator<Item = &str> {
        let homes = [self.home(source), self.home(destination)];
        let is_between = move |namespace: &Option<String>| {
            namespace.as_deref().is_none_or(|namespace| homes.contains(&Some(namespace)))
        };
        self.foreign.iter().filter(move |one| is_between(&one.namespace)).map(|one| one.message.as_str())
    }

    /// Why it is not certain whether one may talk to another.
    pub fn doubts(&self, source: Peer, destination: Peer) -> Vec<String> {
        let mut doubts: BTreeSet<String> = self.foreign_between(source, destination).map(str::to_owned).collect();
        for (direction, own, other) in
            [(Direction::Egress, source, destination), (Direction::Ingress, destination, source)]
        {
            let Peer::Workload(at) = own else { continue };
            let title = self.title(own);
            if self.is_on_node(own) {
                doubts.insert(format!(
                    "{title}: its pods use the network of their node, where policies mostly do not bind"
                ));
            }
            for policy in self.selecting[at][direction as usize].iter().map(|number| &self.policies[*number]) {
                doubts.extend(self.doubts_of(policy, direction, at, other));
            }
        }
        doubts.into_iter().collect()
    }

    /// That the labels of its namespace are not known.
    fn unlabelled(&self, peer: Peer) -> String {
        let home = self.home(peer).filter(|home| self.cluster.undescribed.contains(*home));
        home.map_or_else(String::new, |home| {
            format!(": no file describes the namespace `{home}`, so nobody knows its labels")
        })
    }

    /// The namespace of pods.
    fn home(&self, peer: Peer) -> Option<&str> {
        match peer {
            Peer::Workload(at) => Some(self.cluster.workloads[at].namespace.as_str()),
            Peer::SomePod(at) | Peer::EveryPod(at) => Some(self.namespaces[at].0.as_str()),
            Peer::External(_) | Peer::ExternalV6 | Peer::IngressController => None,
        }
    }

    fn doubts_of(&self, policy: &Policy, direction: Direction, own: usize, other: Peer) -> Vec<String> {
        let mut doubts = Vec::new();
        if !policy.is_for(own).is_certain() {
            let title = self.title(Peer::Workload(own));
            let unlabelled = self.unlabelled(Peer::Workload(own));
            let why =
                if unlabelled.is_empty() { " depends on labels that differ from pod to pod" } else { " is not known" };
            let by_labels =
                format!("{}: whether `{}` takes in the pods of {title}{why}{unlabelled}", policy.place, policy.title);
            doubts.push(policy.doubt.clone().unwrap_or(by_labels));
        }
        if !policy.isolates[direction as usize].is_certain() {
            doubts.push(format!("{}: whether `{}` shuts out anybody is not known", policy.place, policy.title));
        }
        for rule in policy.rules[direction as usize].iter().flatten() {
            if self.meets(rule, Some(own), other).is_certain() {
                continue;
            }
            let (other, other_peer) = (self.title(other), other);
            let by_labels = format!("whether its rule takes in {other} is not known{}", self.unlabelled(other_peer));
            let why = rule.doubt.as_ref().or(rule.peers.why.as_ref()).unwrap_or(&by_labels);
            doubts.push(format!("{}: `{}`: {why}", rule.place, policy.title));
        }
        doubts
    }

    /// The policies and rules that decide about a connection, or that there are none, added to those of other connections.
    pub fn add_deciding(&self, source: Peer, destination: Peer, deciding: &mut BTreeSet<Deciding>) {
        for (direction, own, other) in
            [(Direction::Egress, source, destination), (Direction::Ingress, destination, source)]
        {
            let Peer::Workload(at) = own else { continue };
            let selecting = &self.selecting[at][direction as usize];
            if selecting.is_empty() {
                deciding.insert(Deciding { direction, policy: None, rule: None });
            }
            let mut is_met = false;
            for number in selecting {
                let rules = self.policies[*number].rules[direction as usize].iter().flatten().enumerate();
                for (index, _) in rules.filter(|(_, rule)| self.meets(rule, Some(at), other).may) {
                    is_met = true;
                    deciding.insert(Deciding { direction, policy: Some(*number), rule: Some(index) });
                }
            }
            if !is_met {
                let none = |number: &usize| Deciding { direction, policy: Some(*number), rule: None };
                deciding.extend(selecting.iter().map(none));
            }
        }
    }

    /// In words, with the place.
    pub fn told_of(&self, deciding: &Deciding) -> Decided {
        let direction = deciding.direction;
        let policy = deciding.policy.map(|number| &self.policies[number]);
        let rule = policy
            .zip(deciding.rule)
            .and_then(|(policy, index)| policy.rules[direction as usize].as_ref().and_then(|rules| rules.get(index)));
        let by = match (policy, rule) {
            (None, _) => "no policy selects it".to_owned(),
            (Some(policy), None) => format!("{} at {}, of which no rule meets", policy.title, policy.place),
            (Some(policy), Some(rule)) => format!("{} at {}", policy.title, rule.place),
        };
        Decided { direction, by }
    }

    /// The policies and rules that decide about a connection, or that there are none.
    pub fn decided(&self, source: Peer, destination: Peer) -> Vec<Decided> {
        let mut deciding = BTreeSet::new();
        self.add_deciding(source, destination, &mut deciding);
        let told: BTreeSet<Decided> = deciding.iter().map(|one| self.told_of(one)).collect();
        told.into_iter().collect()
    }
}

impl Namespaces {
    fn add(&mut self, action: Action, is: Is, ports: &Ports, view: View) {
        match action {
            Action::Deny if is.shuts(view) => self.denied = self.denied.union(ports),
            Action::Allow | Action::Pass if is.opens(view) => self.allowed = self.allowed.union(ports),
            Action::Allow | Action::Deny | Action::Pass => {}
        }
    }
}
