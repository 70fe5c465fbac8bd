//! Policies, read: whom each one is for, and what its rules say.
//!
//! NetworkPolicy v1 is read here; AdminNetworkPolicy with its baseline (policy.networking.k8s.io v1alpha1) and the policies of
//! Cilium beside. What the API server would refuse is told and left out, because it would not be there. A key that nobody
//! knows makes a strict server refuse the policy and a lax one drop the key, so both are possible. Other kinds of policy are
//! told by name.

use std::collections::BTreeSet;

use manifests::Object;
use text::{Node, NodeKind, Span};

use super::address::{Address, Blocks};
use super::carrier;
use super::is::Is;
use super::ports::{Ports, Protocol};
use crate::labels::{Fares, Labels, Operator, Selector, Wrong, list, written};
use crate::workload::{Kubernetes, NAME_LABEL, Told, Weight, Workload, namespace, place};

/// Stands for every namespace that no file describes and no policy names.
pub(crate) const NOBODY_MENTIONS: &str = "*";

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To whom the policy is for.
    Ingress,
    /// From whom the policy is for.
    Egress,
}

impl Direction {
    pub(crate) const ALL: [Self; 2] = [Self::Ingress, Self::Egress];

    /// The key of its rules.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// What `policyTypes` calls it.
    fn type_word(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }

    pub(crate) fn peers(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// When a policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// First, the least number before others.
    Admin(u32),
    /// Then, all of them together.
    Network,
    /// Where nothing else has decided.
    Baseline,
}

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Deny,
    /// The policies of namespaces decide.
    Pass,
}

/// One policy.
pub(crate) struct Policy {
    /// `namespace/name`, or the name of one that is for the cluster.
    pub(crate) title: String,
    /// `file:line`.
    pub(crate) place: String,
    pub(crate) tier: Tier,
    /// Workloads that it is for, by number.
    pub(crate) subjects: Vec<Is>,
    /// Its rules, by direction; `None` says nothing about that direction.
    pub(crate) rules: [Option<Vec<Rule>>; 2],
    /// Whether it shuts out what no rule lets in, by direction.
    pub(crate) isolates: [Is; 2],
    /// Why it may not be there, or may not mean what it says.
    pub(crate) doubt: Option<String>,
    /// The pods that it is for, described by a file or not.
    pub(crate) subject: Vec<Chosen>,
    /// What its selectors look at.
    pub(crate) asked: Asked,
}

impl Policy {
    /// Whether it is for a workload.
    pub(crate) fn is_for(&self, at: usize) -> Is {
        self.subjects[at] & if self.doubt.is_some() { Is::maybe(true) } else { Is::YES }
    }
}

/// What the selectors of a policy look at.
#[derive(Default)]
pub(crate) struct Asked {
    /// Label keys of pods.
    pub(crate) keys: Vec<String>,
    /// Names of namespaces.
    pub(crate) namespaces: BTreeSet<String>,
    /// Workloads of whose pods a selector takes a part that cannot be told.
    pub(crate) unclear: BTreeSet<usize>,
    /// Keys that nobody knows.
    pub(crate) dropped: Vec<Wrong>,
    /// Networks of IPv6, of which the list says nothing.
    pub(crate) v6: Vec<Span>,
}

/// Pods by their labels in namespaces by theirs.
#[derive(Clone, Default)]
pub(crate) struct Chosen {
    /// Only in this namespace.
    pub(crate) own: Option<String>,
    pub(crate) namespaces: Selector,
    pub(crate) pods: Selector,
    /// Why some of them may not be meant.
    pub(crate) unsure: Option<String>,
}

impl Chosen {
    /// Pods in the namespace of a policy.
    pub(crate) fn within(own: &str, pods: Selector) -> Self {
        Self { own: Some(own.to_owned()), pods, ..Self::default() }
    }

    /// Pods in namespaces with such labels.
    pub(crate) fn of(namespaces: Selector, pods: Selector) -> Self {
        Self { namespaces, pods, ..Self::default() }
    }

    /// Whether it takes in pods of a namespace.
    pub(crate) fn is_in(&self, name: &str, labels: &Labels) -> bool {
        self.own.as_ref().is_none_or(|own| own == name) && self.namespaces.selects(labels)
    }

    /// The same of a namespace whose labels may not be known, other than its name. One that people label `name` has its name there.
    pub(crate) fn fits(&self, name: &str, labels: &Labels, is_described: bool) -> Is {
        if is_described || self.own.as_ref().is_some_and(|own| own != name) {
            return self.is_in(name, labels).into();
        }
        let one = |(key, operator): &(String, Operator)| {
            let listed = Selector::of(key.clone(), operator.clone()).selects(labels);
            match operator {
                _ if key == NAME_LABEL => listed.into(),
                Operator::In(values) if key == "name" && !values.iter().any(|value| value == name) => Is::NO,
                Operator::In(_) | Operator::NotIn(_) | Operator::Exists | Operator::DoesNotExist => Is::maybe(listed),
            }
        };
        self.namespaces.requirements().iter().fold(Is::YES, |all, requirement| all & one(requirement))
    }

    /// The namespaces that it takes in, where no file describes any such: their labels, and the same as a text.
    pub(crate) fn elsewhere(&self) -> Option<(String, Labels)> {
        let mut labels = Labels::new();
        for (key, operator) in self.namespaces.requirements() {
            match operator {
                Operator::In(values) => drop(labels.insert(key.clone(), values.first()?.clone())),
                Operator::Exists => drop(labels.entry(key.clone()).or_default()),
                Operator::NotIn(_) | Operator::DoesNotExist => {}
            }
        }
        let is_labelled = self.own.is_none() && !labels.is_empty() && !labels.contains_key(NAME_LABEL);
        let text = |(key, value): (&String, &String)| format!("{key}={value}");
        let name = labels.iter().map(text).collect::<Vec<_>>().join(",");
        (is_labelled && self.namespaces.selects(&labels)).then_some((name, labels))
    }

    /// Whether it takes in a pod without labels in a namespace that nobody mentions.
    pub(crate) fn fits_a_stranger(&self) -> bool {
        let labels = Labels::from([(NAME_LABEL.to_owned(), NOBODY_MENTIONS.to_owned())]);
        self.is_in(NOBODY_MENTIONS, &labels) && self.pods.selects(&Labels::new())
    }
}

pub(crate) struct Rule {
    pub(crate) action: Action,
    pub(crate) peers: Peers,
    pub(crate) ports: PortList,
    /// Why it may not do what it says.
    pub(crate) doubt: Option<String>,
    /// `file:line`.
    pub(crate) place: String,
}

/// The other side.
pub(crate) struct Peers {
    /// Workloads by number.
    pub(crate) workloads: Vec<Is>,
    /// Everybody there is, nodes too.
    pub(crate) is_everybody: bool,
    /// Whether an ingress controller is among them; the list knows it as a pod without labels.
    pub(crate) carrier: Is,
    /// They are an ingress controller in particular.
    pub(crate) is_carrier: bool,
    pub(crate) blocks: Vec<Blocks>,
    /// All that is outside.
    pub(crate) outside: Is,
    /// Pods by their addresses, which no file tells.
    pub(crate) addressed: Is,
    /// Pods, described by a file or not.
    pub(crate) chosen: Vec<Chosen>,
    /// Why it is not known whom it takes in.
    pub(crate) why: Option<String>,
}

/// Ports of a rule; names mean what they mean at the destination.
#[derive(Default)]
pub(crate) struct PortList {
    pub(crate) fixed: Ports,
    pub(crate) named: Vec<(String, Option<Protocol>)>,
}

impl PortList {
    /// The ports at a destination; names mean nothing outside of the cluster.
    pub(crate) fn at(&self, destination: Option<&Workload>) -> Ports {
        let Some(workload) = destination else { return self.fixed.clone() };
        let mut ports = self.fixed.clone();
        for (name, protocol) in &self.named {
            for protocol in Protocol::ALL.into_iter().filter(|one| protocol.is_none_or(|only| only == *one)) {
                for number in workload.ports_named(name, protocol) {
                    ports = ports.union(&Ports::range(protocol, number, number));
                }
            }
        }
        ports
    }

    /// Names that mean nothing at a destination.
    pub(crate) fn unresolved<'p>(&'p self, destination: &'p Workload) -> impl Iterator<Item = &'p str> + 'p {
        let means = move |(name, protocol): &&(String, Option<Protocol>)| {
            let is_meant = |one: &Protocol| protocol.is_none_or(|only| only == *one);
            !Protocol::ALL.into_iter().filter(is_meant).any(|one| destination.ports_named(name, one).next().is_some())
        };
        self.named.iter().filter(means).map(|(name, _)| name.as_str())
    }

    pub(crate) fn everything() -> Self {
        Self { fixed: Ports::all(), named: Vec::new() }
    }
}

/// A policy of a kind that is not followed.
pub(crate) struct Foreign {
    /// The only namespace whose pods it is for.
    pub(crate) namespace: Option<String>,
    /// `file:line: message`.
    pub(crate) message: String,
}

/// All policies among the objects.
#[derive(Default)]
pub(crate) struct Policies {
    pub(crate) all: Vec<Policy>,
    pub(crate) foreign: Vec<Foreign>,
}

/// Reads all policies among the objects.
pub(crate) fn policies(cluster: &Kubernetes, told: &mut Vec<Told>) -> Policies {
    let mut policies = Policies::default();
    for object in &cluster.others {
        let group = object.text(&["apiVersion"]).unwrap_or("").split('/').next().unwrap_or("");
        let reading = Reading { cluster, object };
        let read = match (object.kind(), group) {
            ("NetworkPolicy", "networking.k8s.io" | "extensions") => reading.network().map(|policy| vec![policy]),
            ("AdminNetworkPolicy", "policy.networking.k8s.io") => reading.admin(false).map(|policy| vec![policy]),
            ("BaselineAdminNetworkPolicy", "policy.networking.k8s.io") => {
                reading.admin(true).map(|policy| vec![policy])
            }
            ("CiliumNetworkPolicy", "cilium.io") => reading.cilium(Some(namespace(object))),
            ("CiliumClusterwideNetworkPolicy", "cilium.io") => reading.cilium(None),
            (kind, group) if is_foreign(kind, group) => {
                told.push(foreign(object, kind, &mut policies.foreign));
                continue;
            }
            _ => continue,
        };
        match read {
            Ok(read) => {
                read.iter().for_each(|policy| reading.tell(policy, told));
                policies.all.extend(read);
            }
            Err(wrong) => told.push(Told {
                place: reading.line(wrong.span),
                message: format!("{} `{}` would be refused: {}", object.kind(), object.name(), wrong.message),
                weight: Weight::Refused,
            }),
        }
    }
    policies.all.sort_by(|left, right| (left.tier, &left.title).cmp(&(right.tier, &right.title)));
    tell_ties(&mut policies.all, told);
    policies
}

/// Whether a kind says who may talk to whom, and is not followed: policies of other projects, and networks that keep apart.
fn is_foreign(kind: &str, group: &str) -> bool {
    let is_network = matches!(kind, "UserDefinedNetwork" | "ClusterUserDefinedNetwork" | "EgressFirewall");
    kind.ends_with("NetworkPolicy") || kind == "AuthorizationPolicy" || group == "k8s.ovn.org" && is_network
}

/// A policy of a kind that is not followed; one that is for a namespace says nothing of others.
fn foreign(object: &Object, kind: &str, all: &mut Vec<Foreign>) -> Told {
    if kind.starts_with("Staged") {
        let message = format!("{kind} `{}` is staged and binds nobody", object.name());
        return Told { place: place(object), message, weight: Weight::Note };
    }
    let of_namespaces =
        ["NetworkPolicy", "MultiNetworkPolicy", "EgressNetworkPolicy", "EgressFirewall", "UserDefinedNetwork"];
    let is_namespaced = of_namespaces.contains(&kind);
    let message = format!("{kind} `{}` is not followed: what it allows and denies is unknown", object.name());
    let namespace = is_namespaced.then(|| namespace(object).to_owned());
    all.push(Foreign { namespace, message: format!("{}: {message}", place(object)) });
    Told { place: place(object), message, weight: Weight::Unclear }
}

/// Which of two policies of admins with one priority is asked first is not defined: neither is certain where both are.
fn tell_ties(all: &mut [Policy], told: &mut Vec<Told>) {
    for at in 0..all.len() {
        for next in at + 1..all.len() {
            let (Tier::Admin(one), Tier::Admin(other)) = (all[at].tier, all[next].tier) else { continue };
            if one != other {
                break;
            }
            let message = format!(
                "`{}` and `{}` have the same priority {one}; which of them is asked first is not defined",
                all[at].title, all[next].title
            );
            let both = all[at].subjects.iter().zip(&all[next].subjects).any(|(left, right)| left.may && right.may);
            if both {
                all[at].doubt.get_or_insert_with(|| message.clone());
                all[next].doubt.get_or_insert_with(|| message.clone());
            }
            told.push(Told { place: all[next].place.clone(), message, weight: Weight::Refused });
        }
    }
}

/// One policy on its way.
pub(crate) struct Reading<'c> {
    pub(crate) cluster: &'c Kubernetes,
    pub(crate) object: &'c Object,
}

impl Reading<'_> {
    pub(crate) fn line(&self, span: Span) -> String {
        format!("{}:{}", self.object.path(), self.object.line(span))
    }

    pub(crate) fn spec(&self) -> Result<&Node, Wrong> {
        written(&self.object.node, "spec").ok_or_else(|| Wrong::new(self.object.node.span, "it has no `spec`"))
    }

    /// What a policy means less than it seems.
    fn tell(&self, policy: &Policy, told: &mut Vec<Told>) {
        let (kind, name) = (self.object.kind(), self.object.name());
        let mut note = |place: String, message: String, weight: Weight| told.push(Told { place, message, weight });
        for wrong in &policy.asked.dropped {
            let message =
                format!("{kind} `{name}`: {}; a strict server refuses it, a lax one drops the key", wrong.message);
            note(self.line(wrong.span), message, Weight::Unclear);
        }
        for span in &policy.asked.v6 {
            let message = format!("{kind} `{name}`: networks of IPv6 are one peer, which the list leaves out");
            note(self.line(*span), message, Weight::Note);
        }
        for rule in policy.rules.iter().flatten().flatten() {
            if let Some(why) = rule.doubt.as_ref().or(rule.peers.why.as_ref()) {
                note(rule.place.clone(), format!("{kind} `{name}`: {why}"), Weight::Unclear);
            }
        }
        if !policy.subjects.iter().any(|is| is.may) {
            let message = format!("{kind} `{name}` selects no workload that a file describes");
            note(policy.place.clone(), message, Weight::Note);
        }
    }

    /// Why a policy may not be there.
    pub(crate) fn doubt(&self, asked: &Asked) -> Option<String> {
        let wrong = asked.dropped.first()?;
        let (kind, name) = (self.object.kind(), self.object.name());
        let place = self.line(wrong.span);
        Some(format!(
            "{place}: {kind} `{name}`: {}: a strict server refuses it, a lax one drops the key",
            wrong.message
        ))
    }

    /// NetworkPolicy v1.
    fn network(&self) -> Result<Policy, Wrong> {
        if self.object.text(&["apiVersion"]) != Some("networking.k8s.io/v1") {
            return Err(Wrong::new(self.object.node.span, "NetworkPolicies are of `networking.k8s.io/v1` alone"));
        }
        // Without a `spec` it is for every pod of its namespace, and lets nobody in.
        let nothing = Node { span: self.object.node.span, kind: NodeKind::Empty };
        let spec = written(&self.object.node, "spec").unwrap_or(&nothing);
        let own = namespace(self.object);
        let mut asked = Asked::default();
        known(&self.object.node, &["apiVersion", "kind", "metadata", "spec", "status"], &mut asked)?;
        known(spec, &["podSelector", "policyTypes", "ingress", "egress"], &mut asked)?;
        let subject = self.selector(written(spec, "podSelector"), &mut asked)?.unwrap_or_default();
        let has_rules = |key: &str| spec.get(key).and_then(Node::as_list).is_some_and(|rules| !rules.is_empty());
        let types = policy_types(spec)?;
        let types = match &types[..] {
            [] if has_rules("egress") => vec!["Ingress", "Egress"],
            [] => vec!["Ingress"],
            _ => types,
        };
        let mut rules = [None, None];
        for direction in Direction::ALL {
            let is_meant = types.contains(&direction.type_word());
            let mut read = Vec::new();
            for rule in written(spec, direction.word()).map_or(Ok(&[][..]), |rules| list(rules, "the rules"))? {
                known(rule, &[direction.peers(), "ports"], &mut asked)?;
                let peers = self.peers(written(rule, direction.peers()), own, &mut asked)?;
                let ports = port_list(written(rule, "ports"), &mut asked)?;
                read.push(Rule { action: Action::Allow, peers, ports, doubt: None, place: self.line(rule.span) });
            }
            rules[direction as usize] = is_meant.then_some(read);
        }
        let chosen = Chosen::within(own, subject);
        Ok(Policy {
            title: format!("{own}/{}", self.object.name()),
            place: place(self.object),
            tier: Tier::Network,
            subjects: self.meant(&chosen, &mut asked),
            isolates: [rules[0].is_some().into(), rules[1].is_some().into()],
            rules,
            doubt: self.doubt(&asked),
            subject: vec![chosen],
            asked,
        })
    }

    pub(crate) fn selector(&self, node: Option<&Node>, asked: &mut Asked) -> Result<Option<Selector>, Wrong> {
        let Some(node) = node else { return Ok(None) };
        let selector = Selector::read_loosely(node, &mut asked.dropped)?;
        asked.keys.extend(selector.keys().map(str::to_owned));
        Ok(Some(selector))
    }

    /// Nobody written is everybody, outside too.
    fn peers(&self, node: Option<&Node>, own: &str, asked: &mut Asked) -> Result<Peers, Wrong> {
        let listed = node.map_or(Ok(&[][..]), |node| list(node, "the peers"))?;
        if listed.is_empty() {
            return Ok(self.everybody());
        }
        let mut peers = self.nobody();
        for peer in listed {
            known(peer, &["podSelector", "namespaceSelector", "ipBlock"], asked)?;
            let namespaces = written(peer, "namespaceSelector");
            let pods = written(peer, "podSelector");
            match (written(peer, "ipBlock"), namespaces, pods) {
                (Some(block), None, None) => {
                    known(block, &["cidr", "except"], asked)?;
                    let blocks = Blocks::read(block)?;
                    asked.v6.extend(blocks.has_v6.then_some(block.span));
                    peers.blocks.push(blocks);
                }
                (Some(block), ..) => {
                    return Err(Wrong::new(block.span, "a peer has an `ipBlock` or selectors, and not both"));
                }
                (None, None, None) => {
                    return Err(Wrong::new(
                        peer.span,
                        "a peer needs an `ipBlock`, a `namespaceSelector` or a `podSelector`",
                    ));
                }
                (None, namespaces, pods) => {
                    let namespaces =
                        namespaces.map(|node| Selector::read_loosely(node, &mut asked.dropped)).transpose()?;
                    let pods = self.selector(pods, asked)?.unwrap_or_default();
                    let chosen = match namespaces {
                        Some(namespaces) => Chosen::of(namespaces, pods),
                        None => Chosen::within(own, pods),
                    };
                    self.add(&mut peers, chosen, asked);
                }
            }
        }
        Ok(peers)
    }

    pub(crate) fn everybody(&self) -> Peers {
        let count = self.cluster.workloads.len();
        Peers {
            workloads: vec![Is::YES; count],
            is_everybody: true,
            carrier: Is::YES,
            blocks: vec![Blocks { within: vec![Address::ALL], except: Vec::new(), has_v6: true }],
            chosen: vec![Chosen::default()],
            ..self.nobody()
        }
    }

    pub(crate) fn nobody(&self) -> Peers {
        Peers {
            workloads: vec![Is::NO; self.cluster.workloads.len()],
            is_everybody: false,
            carrier: Is::NO,
            is_carrier: false,
            blocks: Vec::new(),
            outside: Is::NO,
            addressed: Is::NO,
            chosen: Vec::new(),
            why: None,
        }
    }

    pub(crate) fn add(&self, peers: &mut Peers, chosen: Chosen, asked: &mut Asked) {
        let meant = self.meant(&chosen, asked);
        peers.carrier = peers.carrier | carrier::carries(&chosen, &meant, &self.cluster.workloads);
        peers.is_carrier |= carrier::is_meant(&chosen, &meant, &self.cluster.workloads);
        peers.why = peers.why.take().or_else(|| chosen.unsure.clone());
        peers.workloads.iter_mut().zip(meant).for_each(|(own, other)| *own = *own | other);
        peers.chosen.push(chosen);
    }

    /// The workloads that are chosen. Of one whose pods do not agree the list asks the first.
    pub(crate) fn meant(&self, chosen: &Chosen, asked: &mut Asked) -> Vec<Is> {
        let named = chosen.namespaces.requirements().iter().filter(|(key, _)| key == NAME_LABEL);
        asked.namespaces.extend(named.flat_map(|(_, operator)| match operator {
            Operator::In(names) | Operator::NotIn(names) => names.clone(),
            Operator::Exists | Operator::DoesNotExist => Vec::new(),
        }));
        let all = self.cluster.workloads.iter().enumerate();
        all.map(|(at, workload)| {
            let Some(labels) = self.cluster.namespaces.get(&workload.namespace) else { return Is::NO };
            let is_described = !self.cluster.undescribed.contains(&workload.namespace);
            let is_in = chosen.fits(&workload.namespace, labels, is_described);
            let is = taken(workload, &chosen.pods);
            if is_in.may && is.may && !is.is_certain() && workload.gap.is_empty() {
                asked.unclear.insert(at);
            }
            let is = is & is_in;
            if chosen.unsure.is_some() { is & Is::maybe(false) } else { is }
        })
        .collect()
    }
}

/// Whether a selector takes in the pods of a workload.
fn taken(workload: &Workload, pods: &Selector) -> Is {
    let (split, shared): (Vec<_>, Vec<_>) =
        pods.requirements().iter().cloned().partition(|(key, _)| workload.gap.contains(key));
    let of_all = match workload.fares(&Selector::of_all(shared)) {
        Fares::All => Is::YES,
        Fares::None => Is::NO,
        Fares::Some => Is::maybe(true),
    };
    if split.is_empty() { of_all } else { of_all & Is::maybe(Selector::of_all(split).selects(&workload.labels)) }
}

/// A key that the API does not know is refused by a strict server and dropped by a lax one.
pub(crate) fn known(node: &Node, keys: &[&str], asked: &mut Asked) -> Result<(), Wrong> {
    let entries = match &node.kind {
        NodeKind::Map(entries) => &entries[..],
        NodeKind::Empty => &[],
        NodeKind::Text { .. } | NodeKind::List(_) => {
            return Err(Wrong::new(node.span, format!("it is {}, and must be a map", node.shape())));
        }
    };
    for entry in entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
        asked.dropped.push(Wrong::new(entry.key_span, format!("`{}` is none of {}", entry.key, keys.join(", "))));
    }
    Ok(())
}

/// The words of `policyTypes`, which are told apart by their case.
fn policy_types(spec: &Node) -> Result<Vec<&str>, Wrong> {
    let Some(types) = written(spec, "policyTypes") else { return Ok(Vec::new()) };
    let word = |node: &'_ Node| match node.as_text() {
        Some("Ingress") => Ok("Ingress"),
        Some("Egress") => Ok("Egress"),
        other => {
            let found = other.unwrap_or(node.shape());
            Err(Wrong::new(node.span, format!("a type of policy is Ingress or Egress, and not `{found}`")))
        }
    };
    list(types, "`policyTypes`")?.iter().map(word).collect()
}

pub(crate) fn number(node: &Node, what: &str) -> Result<u16, Wrong> {
    let number = node.as_text().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| Wrong::new(node.span, format!("{what} is no number from 1 to 65535")))
}

pub(crate) fn protocol(node: &Node) -> Result<Protocol, Wrong> {
    let Some(written) = written(node, "protocol") else { return Ok(Protocol::Tcp) };
    let word = written.as_text().unwrap_or(written.shape());
    Protocol::named(word).ok_or_else(|| Wrong::new(written.span, format!("`{word}` is not TCP, UDP or SCTP")))
}

/// The protocols with ports that a word of Cilium means; those without ports give none, and what is no word nothing.
pub(crate) fn protocols(word: &str) -> Option<Vec<Protocol>> {
    match word {
        "ANY" => Some(Protocol::ALL.to_vec()),
        "ICMP" | "ICMPV6" | "VRRP" | "IGMP" | "GRE" | "IPIP" | "IPV6" | "ESP" | "AH" => Some(Vec::new()),
        other => Protocol::named(other).map(|protocol| vec![protocol]),
    }
}

/// The ports of a rule of NetworkPolicy v1. None written is every port.
fn port_list(node: Option<&Node>, asked: &mut Asked) -> Result<PortList, Wrong> {
    let listed = node.map_or(Ok(&[][..]), |node| list(node, "`ports`"))?;
    if listed.is_empty() {
        return Ok(PortList::everything());
    }
    let mut ports = PortList::default();
    for entry in listed {
        known(entry, &["port", "protocol", "endPort"], asked)?;
        let protocol = protocol(entry)?;
        let end = written(entry, "endPort");
        let Some(port) = written(entry, "port") else {
            if let Some(end) = end {
                return Err(Wrong::new(end.span, "`endPort` needs a `port`"));
            }
            ports.fixed = ports.fixed.union(&Ports::all_of(protocol));
            continue;
        };
        let is_name = port.as_text().is_some_and(|text| text.bytes().any(|byte| byte.is_ascii_alphabetic()));
        if !is_name && matches!(port.kind, NodeKind::Text { plain: false, .. }) {
            return Err(Wrong::new(port.span, "a `port` in quotes is a name, which needs a letter"));
        }
        match (is_name, end) {
            (true, Some(end)) => return Err(Wrong::new(end.span, "`endPort` needs a number in `port`")),
            (true, None) => ports.named.push((port.as_text().unwrap_or("").to_owned(), Some(protocol))),
            (false, end) => {
                let from = number(port, "`port`")?;
                let to = end.map_or(Ok(from), |end| number(end, "`endPort`"))?;
                if to < from {
                    return Err(Wrong::new(port.span, format!("the range {from} to {to} ends before it begins")));
                }
                ports.fixed = ports.fixed.union(&Ports::range(protocol, from, to));
            }
        }
    }
    Ok(ports)
}
