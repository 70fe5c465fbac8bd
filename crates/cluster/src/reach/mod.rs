//! Who may talk to whom, on which ports, and which policy decides it.
//!
//! The rules are those of the Kubernetes API: a connection needs the egress of its source and the ingress of its
//! destination; policies of the admin are asked first, by their priority; then those of namespaces, of which one that selects
//! a workload shuts out all that none of them lets in; then the baseline; and what nobody decides is allowed. Addresses
//! outside of the cluster have no policies of their own, and are cut wherever a policy cuts them. Addresses of IPv6 are
//! one peer, and not told apart.

mod address;
mod admin;
mod carrier;
mod cilium;
mod decide;
mod entry;
mod is;
mod policy;
mod ports;

use std::collections::{BTreeMap, BTreeSet};

pub use address::{Address, Blocks};
pub use policy::Direction;
pub use ports::{Ports, Protocol, protocols_text};

use crate::labels::Labels;
use crate::workload::{Kubernetes, NAME_LABEL, Told, Weight, Workload};
use is::View;
use policy::{Foreign, NOBODY_MENTIONS, Policies, Policy};

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

/// A policy or rule that decides about one direction of a connection, by its numbers; [`Reach::told_of`] says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deciding {
    direction: Direction,
    /// `None`: no policy selects the workload.
    policy: Option<usize>,
    /// `None`: no rule of it meets.
    rule: Option<usize>,
}

/// All that is known of who may talk to whom.
pub struct Reach<'c> {
    cluster: &'c Kubernetes,
    policies: Vec<Policy>,
    /// Policies of kinds that are not followed.
    foreign: Vec<Foreign>,
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
        let Policies { all: policies, foreign } = policy::policies(cluster, &mut told);
        let mut selecting: Vec<[Vec<usize>; 2]> = vec![Default::default(); cluster.workloads.len()];
        for (number, policy) in policies.iter().enumerate() {
            for direction in [Direction::Ingress, Direction::Egress] {
                if policy.rules[direction as usize].is_none() {
                    continue;
                }
                for at in policy.subjects.iter().enumerate().filter(|(_, is)| is.may).map(|(at, _)| at) {
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
        let mut reach =
            Self { cluster, policies, foreign, selecting, external, namespaces, entries, has_entries, told };
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

    /// The policies that select nobody, described or made: `title at file:line`.
    pub fn void_policies(&self) -> impl Iterator<Item = String> {
        let is_void = |policy: &&Policy| !policy.subjects.iter().any(|is| is.may);
        self.policies.iter().filter(is_void).map(|policy| format!("{} at {}", policy.title, policy.place))
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

    /// The ports on which one may talk to another, as the list has it. Nobody talks to what is outside from outside.
    pub fn allowed(&self, source: Peer, destination: Peer) -> Ports {
        self.allowed_in(View::Listed, source, destination)
    }

    fn allowed_in(&self, view: View, source: Peer, destination: Peer) -> Ports {
        let egress = self.decide(view, Direction::Egress, source, destination);
        if egress.is_empty() {
            return egress;
        }
        let ingress = self.decide(view, Direction::Ingress, destination, source);
        let both = egress.intersection(&ingress);
        match (source, destination) {
            (Peer::IngressController, Peer::Workload(at)) => {
                self.entries.get(&at).map_or_else(Ports::none, |entry| both.intersection(entry))
            }
            (_, Peer::IngressController) => Ports::none(),
            (Peer::Workload(_), _) | (_, Peer::Workload(_)) => both,
            (Peer::SomePod(_) | Peer::EveryPod(_), Peer::External(_) | Peer::ExternalV6) => both,
            _ => Ports::none(),
        }
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

/// Every namespace that a file describes or a policy names, and one that nobody mentions.
fn namespaces(cluster: &Kubernetes, policies: &[Policy]) -> Vec<(String, Labels)> {
    let name_label = |name: &str| Labels::from([(NAME_LABEL.to_owned(), name.to_owned())]);
    let mut all = cluster.namespaces.clone();
    for name in policies.iter().flat_map(|policy| &policy.asked.namespaces) {
        all.entry(name.clone()).or_insert_with(|| name_label(name));
    }
    let peers =
        policies.iter().flat_map(|policy| policy.rules.iter().flatten().flatten()).flat_map(|rule| &rule.peers.chosen);
    let fits = |chosen: &&policy::Chosen| {
        cluster
            .namespaces
            .iter()
            .any(|(name, labels)| chosen.fits(name, labels, !cluster.undescribed.contains(name)).may)
    };
    let elsewhere: BTreeMap<String, Labels> =
        peers.filter(|chosen| !fits(chosen)).filter_map(policy::Chosen::elsewhere).collect();
    all.extend(elsewhere);
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
