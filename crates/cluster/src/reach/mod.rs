//! Who may talk to whom, on which ports, and which policy decides it.
//!
//! The rules are those of the Kubernetes API: a connection needs the egress of its source and the ingress of its
//! destination; policies of the admin are asked first, by their priority; then those of namespaces, of which one that selects
//! a workload shuts out all that none of them lets in; then the baseline; and what nobody decides is allowed. Addresses
//! outside of the cluster have no policies of their own, and are cut wherever a policy cuts them. Addresses of IPv6 are
//! one peer, and not told apart.

mod address;
mod entry;
mod policy;
mod ports;

use std::collections::{BTreeMap, BTreeSet};

pub use address::{Address, Blocks};
pub use policy::Direction;
pub use ports::{Ports, Protocol, protocols_text};

use crate::labels::{Fares, Labels};
use crate::workload::{Kubernetes, NAME_LABEL, Told, Weight, Workload};
use policy::{Action, Chosen, Policy, Rule, Tier};

/// Stands for every namespace that no file describes and no policy names.
const NOBODY_MENTIONS: &str = "*";

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// A workload, by its number in [`Kubernetes::workloads`].
    Workload(usize),
    /// Addresses outside of the cluster.
    External(Address),
    /// Whoever carries in what Ingress, Gateway and Route objects let in.
    IngressController,
    /// Addresses of IPv6 outside of the cluster, all of them as one.
    ExternalV6,
    /// Some pod that no file need describe, in a namespace by its number in [`Reach::namespaces`]: what is allowed to it is what
    /// a pod can get there by its labels.
    SomePod(usize),
    /// Any such pod: what is allowed to it is what every pod gets there, whatever its labels.
    EveryPod(usize),
}

/// The ports that are open from one end to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// From where.
    pub source: Peer,
    /// To where.
    pub destination: Peer,
    /// On which ports.
    pub ports: Ports,
}

/// What decided about one direction of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// Which direction.
    pub direction: Direction,
    /// The policy, and `file:line` of the rule; or why none decided.
    pub by: String,
}

/// All that is known of who may talk to whom.
pub struct Reach<'c> {
    cluster: &'c Kubernetes,
    policies: Vec<Policy>,
    /// The policies that select a workload, by workload and direction, in the order in which they are asked.
    selecting: Vec<[Vec<usize>; 2]>,
    /// Addresses from which, and to which, something may come.
    external: [Vec<Address>; 2],
    /// Namespaces that a file describes or a policy names, and last one that nobody mentions.
    namespaces: Vec<(String, Labels)>,
    entries: BTreeMap<usize, Ports>,
    has_entries: bool,
    told: Vec<Told>,
}

impl<'c> Reach<'c> {
    /// Reads the policies and entries of a cluster.
    pub fn of(cluster: &'c Kubernetes) -> Self {
        let mut told = Vec::new();
        let policies = policy::policies(cluster, &mut told);
        let mut selecting: Vec<[Vec<usize>; 2]> = vec![Default::default(); cluster.workloads.len()];
        for (number, policy) in policies.iter().enumerate() {
            for direction in [Direction::Ingress, Direction::Egress] {
                if policy.rules[direction as usize].is_none() {
                    continue;
                }
                for at in policy.subjects.iter().enumerate().filter(|(_, is_subject)| **is_subject).map(|(at, _)| at) {
                    selecting[at][direction as usize].push(number);
                }
            }
        }
        let external = [Direction::Ingress, Direction::Egress].map(|direction| {
            let rules = policies.iter().flat_map(|policy| policy.rules[direction as usize].iter().flatten());
            address::cut(rules.flat_map(|rule| &rule.peers.blocks).flat_map(Blocks::ranges))
        });
        let (entries, has_entries) = entry::entries(cluster, &mut told);
        let namespaces = namespaces(cluster, &policies);
        let mut reach = Self { cluster, policies, selecting, external, namespaces, entries, has_entries, told };
        reach.tell_gaps();
        reach.tell_unclear();
        reach.told.sort();
        reach.told.dedup();
        reach
    }

    /// What was not understood, or means less than it seems.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// Pods of one owner with labels of their own, which some policy asks for.
    fn tell_gaps(&mut self) {
        for workload in self.cluster.workloads.iter().filter(|workload| !workload.gap.is_empty()) {
            let asked: BTreeSet<&str> =
                self.policies.iter().flat_map(|policy| &policy.asked.keys).map(String::as_str).collect();
            let split: Vec<&str> = workload.gap.iter().map(String::as_str).filter(|key| asked.contains(key)).collect();
            if !split.is_empty() {
                let message = format!(
                    "the pods of {} differ in {}, which a policy asks for: the first of them stands for all",
                    workload.title(),
                    split.join(", ")
                );
                self.told.push(Told { place: workload.place.clone(), message, weight: Weight::Note });
            }
        }
    }

    /// Pods of operators of which a policy takes a part that cannot be told.
    fn tell_unclear(&mut self) {
        for policy in &self.policies {
            for workload in policy.asked.unclear.iter().map(|at| &self.cluster.workloads[*at]) {
                let message = format!(
                    "whether `{}` takes in the pods of {} depends on labels that differ from pod to pod",
                    policy.title,
                    workload.title()
                );
                self.told.push(Told { place: policy.place.clone(), message, weight: Weight::Unclear });
            }
        }
    }

    /// Namespaces that a file describes or a policy names, and last one that nobody mentions, called `*`.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().map(|(name, _)| name.as_str())
    }

    /// The workload behind a peer.
    fn workload(&self, peer: Peer) -> Option<&'c Workload> {
        match peer {
            Peer::Workload(at) => self.cluster.workloads.get(at),
            Peer::External(_) | Peer::ExternalV6 | Peer::IngressController => None,
            Peer::SomePod(_) | Peer::EveryPod(_) => None,
        }
    }

    /// The ports on which one may talk to another. Nobody talks to what is outside from outside.
    pub fn allowed(&self, source: Peer, destination: Peer) -> Ports {
        let egress = self.decide(Direction::Egress, source, destination);
        if egress.is_empty() {
            return egress;
        }
        let ingress = self.decide(Direction::Ingress, destination, source);
        let both = egress.intersection(&ingress);
        match (source, destination) {
            (Peer::IngressController, Peer::Workload(at)) => {
                self.entries.get(&at).map_or_else(Ports::none, |entry| both.intersection(entry))
            }
            (_, Peer::IngressController) => Ports::none(),
            (Peer::Workload(_), _) | (_, Peer::Workload(_)) => both,
            _ => Ports::none(),
        }
    }

    /// What policies of one end let through in one direction.
    fn decide(&self, direction: Direction, own: Peer, other: Peer) -> Ports {
        let at = match own {
            Peer::Workload(at) => at,
            // What policies of its namespace shut in may be this pod.
            Peer::EveryPod(at) if self.is_shut_in(at, direction) => return Ports::none(),
            _ => return Ports::all(),
        };
        let selecting = &self.selecting[at][direction as usize];
        if selecting.is_empty() {
            return Ports::all();
        }
        let mut open = Open { allowed: Ports::none(), undecided: Ports::all(), passed: Ports::none() };
        let mut is_selected = false;
        let mut by_namespaces = Ports::none();
        for number in selecting {
            let policy = &self.policies[*number];
            // What comes after the policies of namespaces is for what they say nothing about.
            if policy.tier == Tier::Baseline && is_selected {
                break;
            }
            for rule in policy.rules[direction as usize].iter().flatten().filter(|rule| self.meets(rule, at, other)) {
                let ports = rule.ports.at(self.workload(if direction == Direction::Ingress { own } else { other }));
                match policy.tier {
                    Tier::Network => by_namespaces = by_namespaces.union(&ports),
                    Tier::Admin(_) => open.apply(rule.action, &ports),
                    Tier::Baseline => {
                        open.undecided = open.undecided.union(&std::mem::take(&mut open.passed));
                        open.apply(rule.action, &ports);
                    }
                }
            }
            is_selected |= policy.tier == Tier::Network;
        }
        let left = open.undecided.union(&open.passed);
        if is_selected { open.allowed.union(&left.intersection(&by_namespaces)) } else { open.allowed.union(&left) }
    }

    /// The policies and rules that decide about a connection, or that there are none.
    pub fn decided(&self, source: Peer, destination: Peer) -> Vec<Decided> {
        let mut decided = BTreeSet::new();
        for (direction, own, other) in
            [(Direction::Egress, source, destination), (Direction::Ingress, destination, source)]
        {
            let Peer::Workload(at) = own else { continue };
            let selecting = &self.selecting[at][direction as usize];
            let met = selecting.iter().map(|number| &self.policies[*number]).flat_map(|policy| {
                let rules = policy.rules[direction as usize].iter().flatten();
                rules
                    .filter(|rule| self.meets(rule, at, other))
                    .map(move |rule| format!("{} at {}", policy.title, rule.place))
            });
            let by: Vec<String> = met.collect();
            match (selecting.is_empty(), by.is_empty()) {
                (true, _) => drop(decided.insert(Decided { direction, by: "no policy selects it".to_owned() })),
                (false, true) => {
                    for policy in selecting.iter().map(|number| &self.policies[*number]) {
                        let by = format!("{} at {}, of which no rule meets", policy.title, policy.place);
                        decided.insert(Decided { direction, by });
                    }
                }
                (false, false) => decided.extend(by.into_iter().map(|by| Decided { direction, by })),
            }
        }
        decided.into_iter().collect()
    }

    /// Whether the other side is a peer of a rule for a workload. Of a pod that no file describes, what allows is asked whether
    /// it can, and what denies whether it must; the other way round where every pod is meant. A rule for the very pods that
    /// it stands before lets in no others.
    fn meets(&self, rule: &Rule, own: usize, other: Peer) -> bool {
        let own = &self.cluster.workloads[own];
        let of_namespace = |at: usize, needs_all: bool| {
            let (name, labels) = &self.namespaces[at];
            let is_own = |chosen: &Chosen| {
                *name == own.namespace && !chosen.pods.is_empty() && own.fares(&chosen.pods) != Fares::None
            };
            let is_meant = |chosen: &&Chosen| chosen.is_in(name, labels) && (!needs_all || chosen.pods.is_empty());
            rule.peers.chosen.iter().filter(is_meant).any(|chosen| !is_own(chosen))
        };
        match other {
            Peer::Workload(at) => rule.peers.workloads[at],
            Peer::External(range) => rule.peers.blocks.iter().any(|blocks| blocks.contains(range)),
            Peer::ExternalV6 => rule.peers.blocks.iter().any(|blocks| blocks.has_v6),
            Peer::IngressController => rule.peers.strangers,
            Peer::SomePod(at) => of_namespace(at, rule.action != Action::Allow),
            Peer::EveryPod(at) => of_namespace(at, rule.action == Action::Allow),
        }
    }

    /// Whether some pod of a namespace may be selected by a policy for this direction.
    fn is_shut_in(&self, namespace: usize, direction: Direction) -> bool {
        let (name, labels) = &self.namespaces[namespace];
        let says = self.policies.iter().filter(|policy| policy.rules[direction as usize].is_some());
        says.flat_map(|policy| &policy.subject).any(|chosen| chosen.is_in(name, labels))
    }

    /// Named ports of rules that mean nothing at a workload that they are for.
    pub fn unresolved(&self) -> Vec<Told> {
        let mut told = BTreeSet::new();
        for (at, workload) in self.cluster.workloads.iter().enumerate() {
            for number in &self.selecting[at][Direction::Ingress as usize] {
                for rule in self.policies[*number].rules[Direction::Ingress as usize].iter().flatten() {
                    for name in rule.ports.unresolved(workload) {
                        let message = format!(
                            "the port `{name}` is none of {}, so the rule opens nothing there",
                            workload.title()
                        );
                        told.insert(Told { place: rule.place.clone(), message, weight: Weight::Note });
                    }
                }
            }
        }
        told.into_iter().collect()
    }

    /// Everybody who may begin a connection, or take one.
    pub fn peers(&self, direction: Direction) -> Vec<Peer> {
        let workloads = (0..self.cluster.workloads.len()).map(Peer::Workload);
        let outside = self.external[direction as usize].iter().copied().map(Peer::External);
        let entry = (self.has_entries && direction == Direction::Ingress).then_some(Peer::IngressController);
        workloads.chain(outside).chain(entry).collect()
    }

    /// Every ordered pair of different ends between which anything is open, and at least one of which is a workload.
    pub fn all_allowed(&self) -> Vec<Allowed> {
        let mut all = Vec::new();
        let destinations = self.peers(Direction::Egress);
        for source in self.peers(Direction::Ingress) {
            for destination in &destinations {
                if source == *destination {
                    continue;
                }
                let ports = self.allowed(source, *destination);
                if !ports.is_empty() {
                    all.push(Allowed { source, destination: *destination, ports });
                }
            }
        }
        all
    }

    /// `namespace/name[Kind]`, `10.0.0.0-10.255.255.255[External]`, `{ingress-controller}`.
    pub fn title(&self, peer: Peer) -> String {
        match peer {
            Peer::Workload(at) => self.cluster.workloads[at].title(),
            Peer::External(range) => format!("{range}[External]"),
            Peer::IngressController => "{ingress-controller}".to_owned(),
            Peer::ExternalV6 => "::/0[External]".to_owned(),
            Peer::SomePod(at) | Peer::EveryPod(at) => format!("{}/*", self.namespaces[at].0),
        }
    }
}

/// What has been decided so far.
struct Open {
    allowed: Ports,
    undecided: Ports,
    /// Left to the policies of namespaces.
    passed: Ports,
}

impl Open {
    fn apply(&mut self, action: Action, ports: &Ports) {
        let now = self.undecided.intersection(ports);
        match action {
            Action::Allow => self.allowed = self.allowed.union(&now),
            Action::Pass => self.passed = self.passed.union(&now),
            Action::Deny => {}
        }
        self.undecided = self.undecided.without(&now);
    }
}

/// Every namespace that a file describes or a policy names, and one that nobody mentions.
fn namespaces(cluster: &Kubernetes, policies: &[Policy]) -> Vec<(String, Labels)> {
    let name_label = |name: &str| Labels::from([(NAME_LABEL.to_owned(), name.to_owned())]);
    let mut all = cluster.namespaces.clone();
    for name in policies.iter().flat_map(|policy| &policy.asked.namespaces) {
        all.entry(name.clone()).or_insert_with(|| name_label(name));
    }
    // No namespace can be called so.
    all.into_iter().chain([(NOBODY_MENTIONS.to_owned(), name_label(NOBODY_MENTIONS))]).collect()
}

/// One line a pair, `source => destination : ports`, sorted by their bytes.
pub fn connections(reach: &Reach<'_>) -> String {
    let line = |allowed: &Allowed| {
        format!("{} => {} : {}\n", reach.title(allowed.source), reach.title(allowed.destination), allowed.ports)
    };
    let mut lines: Vec<String> = reach.all_allowed().iter().map(line).collect();
    lines.sort();
    lines.concat()
}
