//! Policies, read: whom each one is for, and what its rules say.
//!
//! NetworkPolicy v1, and AdminNetworkPolicy with its baseline (policy.networking.k8s.io v1alpha1). What the API server would
//! refuse is told and left out, because it would not be there. Other kinds of policy are told by name.

use std::collections::BTreeSet;

use manifests::Object;
use text::{Node, NodeKind, Span};

use super::address::{Address, Blocks, cidr, is_v6};
use super::ports::{Ports, Protocol};
use crate::labels::{Fares, Labels, Operator, Selector, Wrong, list, written};
use crate::workload::{Kubernetes, NAME_LABEL, Told, Weight, Workload, namespace, place};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To whom the policy is for.
    Ingress,
    /// From whom the policy is for.
    Egress,
}

impl Direction {
    const ALL: [Self; 2] = [Self::Ingress, Self::Egress];

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

    fn peers(self) -> &'static str {
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
    pub(crate) subjects: Vec<bool>,
    /// Its rules, by direction; `None` says nothing about that direction.
    pub(crate) rules: [Option<Vec<Rule>>; 2],
    /// The pods that it is for, described by a file or not.
    pub(crate) subject: Vec<Chosen>,
    /// What its selectors look at.
    pub(crate) asked: Asked,
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
}

/// Pods by their labels in namespaces by theirs.
#[derive(Clone)]
pub(crate) struct Chosen {
    pub(crate) namespaces: Within,
    pub(crate) pods: Selector,
}

/// In which namespaces.
#[derive(Clone)]
pub(crate) enum Within {
    /// That of the policy.
    One(String),
    /// Those with such labels.
    Those(Selector),
}

impl Chosen {
    /// Whether it takes in pods of a namespace.
    pub(crate) fn is_in(&self, name: &str, labels: &Labels) -> bool {
        match &self.namespaces {
            Within::One(own) => own == name,
            Within::Those(selector) => selector.selects(labels),
        }
    }
}

pub(crate) struct Rule {
    pub(crate) action: Action,
    pub(crate) peers: Peers,
    pub(crate) ports: PortList,
    /// `file:line`.
    pub(crate) place: String,
}

/// The other side.
pub(crate) struct Peers {
    /// Workloads by number.
    pub(crate) workloads: Vec<bool>,
    /// Whoever is in the cluster and no workload, such as a controller of ingresses.
    pub(crate) strangers: bool,
    pub(crate) blocks: Vec<Blocks>,
    /// Pods, described by a file or not.
    pub(crate) chosen: Vec<Chosen>,
}

/// Ports of a rule; names mean what they mean at the destination.
#[derive(Default)]
pub(crate) struct PortList {
    fixed: Ports,
    named: Vec<(String, Option<Protocol>)>,
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

    fn everything() -> Self {
        Self { fixed: Ports::all(), named: Vec::new() }
    }
}

/// Reads all policies among the objects.
pub(crate) fn policies(cluster: &Kubernetes, told: &mut Vec<Told>) -> Vec<Policy> {
    let mut policies = Vec::new();
    for object in &cluster.others {
        let group = object.text(&["apiVersion"]).unwrap_or("").split('/').next().unwrap_or("");
        let reading = Reading { cluster, object };
        let read = match (object.kind(), group) {
            ("NetworkPolicy", "networking.k8s.io" | "extensions") => reading.network(),
            ("AdminNetworkPolicy", "policy.networking.k8s.io") => reading.admin(false),
            ("BaselineAdminNetworkPolicy", "policy.networking.k8s.io") => reading.admin(true),
            (kind, _) if kind.ends_with("NetworkPolicy") || kind == "AuthorizationPolicy" => {
                let message =
                    format!("{kind} `{}` is not followed: what it allows and denies is unknown", object.name());
                told.push(Told { place: place(object), message, weight: Weight::Unclear });
                continue;
            }
            _ => continue,
        };
        match read {
            Ok(policy) => policies.push(policy),
            Err(wrong) => told.push(Told {
                place: reading.line(wrong.span),
                message: format!("{} `{}` would be refused: {}", object.kind(), object.name(), wrong.message),
                weight: Weight::Refused,
            }),
        }
    }
    policies.sort_by(|left, right| (left.tier, &left.title).cmp(&(right.tier, &right.title)));
    for pair in policies.windows(2) {
        if let (Tier::Admin(one), Tier::Admin(other)) = (pair[0].tier, pair[1].tier)
            && one == other
        {
            let message = format!(
                "`{}` and `{}` have the same priority {one}; which of them is asked first is not defined",
                pair[0].title, pair[1].title
            );
            told.push(Told { place: pair[1].place.clone(), message, weight: Weight::Refused });
        }
    }
    policies
}

/// One policy on its way.
struct Reading<'c> {
    cluster: &'c Kubernetes,
    object: &'c Object,
}

impl Reading<'_> {
    fn line(&self, span: Span) -> String {
        format!("{}:{}", self.object.path(), self.object.line(span))
    }

    fn spec(&self) -> Result<&Node, Wrong> {
        written(&self.object.node, "spec").ok_or_else(|| Wrong::new(self.object.node.span, "it has no `spec`"))
    }

    /// NetworkPolicy v1.
    fn network(&self) -> Result<Policy, Wrong> {
        if self.object.text(&["apiVersion"]) != Some("networking.k8s.io/v1") {
            return Err(Wrong::new(self.object.node.span, "NetworkPolicies are of `networking.k8s.io/v1` alone"));
        }
        let spec = self.spec()?;
        known(spec, &["podSelector", "policyTypes", "ingress", "egress"])?;
        let own = namespace(self.object);
        let mut asked = Asked::default();
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
                known(rule, &[direction.peers(), "ports"])?;
                let peers = self.peers(written(rule, direction.peers()), own, &mut asked)?;
                let ports = port_list(written(rule, "ports"))?;
                read.push(Rule { action: Action::Allow, peers, ports, place: self.line(rule.span) });
            }
            rules[direction as usize] = is_meant.then_some(read);
        }
        let chosen = Chosen { namespaces: Within::One(own.to_owned()), pods: subject };
        Ok(Policy {
            title: format!("{own}/{}", self.object.name()),
            place: place(self.object),
            tier: Tier::Network,
            subjects: self.meant(&chosen, &mut asked),
            rules,
            subject: vec![chosen],
            asked,
        })
    }

    fn selector(&self, node: Option<&Node>, asked: &mut Asked) -> Result<Option<Selector>, Wrong> {
        let Some(node) = node else { return Ok(None) };
        let selector = Selector::read(node)?;
        asked.keys.extend(selector.keys().map(str::to_owned));
        Ok(Some(selector))
    }

    /// Nobody written is everybody, outside too.
    fn peers(&self, node: Option<&Node>, own: &str, asked: &mut Asked) -> Result<Peers, Wrong> {
        let listed = node.map_or(Ok(&[][..]), |node| list(node, "the peers"))?;
        let count = self.cluster.workloads.len();
        if listed.is_empty() {
            let everything = Blocks { within: vec![Address::ALL], except: Vec::new(), has_v6: true };
            let anybody = Chosen { namespaces: Within::Those(Selector::default()), pods: Selector::default() };
            let (workloads, blocks, chosen) = (vec![true; count], vec![everything], vec![anybody]);
            return Ok(Peers { workloads, strangers: true, blocks, chosen });
        }
        let mut peers = self.nobody();
        for peer in listed {
            known(peer, &["podSelector", "namespaceSelector", "ipBlock"])?;
            let namespaces = written(peer, "namespaceSelector");
            let pods = written(peer, "podSelector");
            match (written(peer, "ipBlock"), namespaces, pods) {
                (Some(block), None, None) => peers.blocks.push(Blocks::read(block)?),
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
                    let namespaces = namespaces.map(Selector::read).transpose()?;
                    let pods = self.selector(pods, asked)?.unwrap_or_default();
                    peers.strangers |= pods.is_empty() && namespaces.as_ref().is_some_and(Selector::is_empty);
                    let namespaces = namespaces.map_or_else(|| Within::One(own.to_owned()), Within::Those);
                    self.add(&mut peers, Chosen { namespaces, pods }, asked);
                }
            }
        }
        Ok(peers)
    }

    fn nobody(&self) -> Peers {
        let workloads = vec![false; self.cluster.workloads.len()];
        Peers { workloads, strangers: false, blocks: Vec::new(), chosen: Vec::new() }
    }

    fn add(&self, peers: &mut Peers, chosen: Chosen, asked: &mut Asked) {
        let meant = self.meant(&chosen, asked);
        peers.workloads.iter_mut().zip(meant).for_each(|(own, other)| *own |= other);
        peers.chosen.push(chosen);
    }

    /// The workloads that are chosen. One of which a part is chosen counts as chosen, and is told.
    fn meant(&self, chosen: &Chosen, asked: &mut Asked) -> Vec<bool> {
        if let Within::Those(selector) = &chosen.namespaces {
            let named = selector.requirements().iter().filter(|(key, _)| key == NAME_LABEL);
            asked.namespaces.extend(named.flat_map(|(_, operator)| match operator {
                Operator::In(names) | Operator::NotIn(names) => names.clone(),
                Operator::Exists | Operator::DoesNotExist => Vec::new(),
            }));
        }
        let all = self.cluster.workloads.iter().enumerate();
        all.map(|(at, workload)| {
            let namespace = self.cluster.namespaces.get(&workload.namespace);
            if !namespace.is_some_and(|labels| chosen.is_in(&workload.namespace, labels)) {
                return false;
            }
            match workload.fares(&chosen.pods) {
                Fares::All => true,
                Fares::None => false,
                Fares::Some => {
                    asked.unclear.insert(at);
                    true
                }
            }
        })
        .collect()
    }

    /// AdminNetworkPolicy, or its baseline.
    fn admin(&self, is_baseline: bool) -> Result<Policy, Wrong> {
        let spec = self.spec()?;
        let mut asked = Asked::default();
        let tier = match written(spec, "priority") {
            _ if is_baseline => Tier::Baseline,
            Some(priority) => {
                let number = priority.as_text().and_then(|text| text.parse().ok()).filter(|number| *number <= 1_000);
                Tier::Admin(number.ok_or_else(|| Wrong::new(priority.span, "`priority` is a number from 0 to 1000"))?)
            }
            None => return Err(Wrong::new(spec.span, "it has no `priority`")),
        };
        let Some(subject) = written(spec, "subject") else { return Err(Wrong::new(spec.span, "it has no `subject`")) };
        let Peers { workloads: subjects, chosen: subject, .. } = self.chosen(subject, &mut asked)?;
        let mut rules = [None, None];
        for direction in Direction::ALL {
            let Some(written_rules) = written(spec, direction.word()) else { continue };
            let mut read = Vec::new();
            for rule in list(written_rules, "the rules")? {
                read.push(self.admin_rule(rule, direction, is_baseline, &mut asked)?);
            }
            rules[direction as usize] = Some(read);
        }
        let title = self.object.name().to_owned();
        Ok(Policy { title, place: place(self.object), tier, subjects, rules, subject, asked })
    }

    fn admin_rule(
        &self,
        rule: &Node,
        direction: Direction,
        is_baseline: bool,
        asked: &mut Asked,
    ) -> Result<Rule, Wrong> {
        let action = match rule.get("action").and_then(Node::as_text) {
            Some("Allow") => Action::Allow,
            Some("Deny") => Action::Deny,
            Some("Pass") if !is_baseline => Action::Pass,
            other => {
                let found = other.unwrap_or("nothing");
                return Err(Wrong::new(
                    rule.span,
                    format!("the action of a rule is Allow, Deny or Pass, and not {found}"),
                ));
            }
        };
        let mut peers = self.nobody();
        let written_peers = written(rule, direction.peers());
        let listed = written_peers.map_or(Ok(&[][..]), |node| list(node, "the peers"))?;
        if listed.is_empty() {
            return Err(Wrong::new(rule.span, format!("a rule needs peers in `{}`", direction.peers())));
        }
        for peer in listed {
            if let Some(networks) = written(peer, "networks").filter(|_| direction == Direction::Egress) {
                for network in list(networks, "`networks`")? {
                    let has_v6 = network.as_text().is_some_and(is_v6);
                    let within = if has_v6 { Vec::new() } else { vec![cidr(network)?] };
                    peers.blocks.push(Blocks { within, except: Vec::new(), has_v6 });
                }
                continue;
            }
            let chosen = self.chosen(peer, asked)?;
            peers.strangers |= chosen.strangers;
            peers.workloads.iter_mut().zip(chosen.workloads).for_each(|(own, other)| *own |= other);
            peers.chosen.extend(chosen.chosen);
        }
        let ports = match written(rule, "ports") {
            Some(ports) => admin_ports(list(ports, "`ports`")?)?,
            None => PortList::everything(),
        };
        Ok(Rule { action, peers, ports, place: self.line(rule.span) })
    }

    /// `{namespaces: SELECTOR}` or `{pods: {namespaceSelector, podSelector}}`.
    fn chosen(&self, node: &Node, asked: &mut Asked) -> Result<Peers, Wrong> {
        let mut peers = self.nobody();
        match (written(node, "namespaces"), written(node, "pods")) {
            (Some(namespaces), None) => {
                let selector = Selector::read(namespaces)?;
                peers.strangers = selector.is_empty();
                self.add(&mut peers, Chosen { namespaces: Within::Those(selector), pods: Selector::default() }, asked);
            }
            (None, Some(pods)) => {
                let part = |key: &str| pods.get(key).map_or(Ok(Selector::default()), Selector::read);
                let (namespaces, own) = (part("namespaceSelector")?, part("podSelector")?);
                asked.keys.extend(own.keys().map(str::to_owned));
                peers.strangers = namespaces.is_empty() && own.is_empty();
                self.add(&mut peers, Chosen { namespaces: Within::Those(namespaces), pods: own }, asked);
            }
            // Nodes run what is on the host's network, which no manifest describes.
            (None, None) if written(node, "nodes").is_some() => {}
            _ => return Err(Wrong::new(node.span, "a subject or peer is either `namespaces` or `pods`")),
        }
        Ok(peers)
    }
}

/// A key that the API does not know is refused by those who check what they apply.
fn known(node: &Node, keys: &[&str]) -> Result<(), Wrong> {
    let NodeKind::Map(entries) = &node.kind else { return Ok(()) };
    match entries.iter().find(|entry| !keys.contains(&entry.key.as_str())) {
        Some(entry) => Err(Wrong::new(entry.key_span, format!("`{}` is none of {}", entry.key, keys.join(", ")))),
        None => Ok(()),
    }
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

fn number(node: &Node, what: &str) -> Result<u16, Wrong> {
    let number = node.as_text().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| Wrong::new(node.span, format!("{what} is no number from 1 to 65535")))
}

fn protocol(node: &Node) -> Result<Protocol, Wrong> {
    let Some(written) = written(node, "protocol") else { return Ok(Protocol::Tcp) };
    let word = written.as_text().unwrap_or(written.shape());
    Protocol::named(word).ok_or_else(|| Wrong::new(written.span, format!("`{word}` is not TCP, UDP or SCTP")))
}

/// The ports of a rule of NetworkPolicy v1. None written is every port.
fn port_list(node: Option<&Node>) -> Result<PortList, Wrong> {
    let listed = node.map_or(Ok(&[][..]), |node| list(node, "`ports`"))?;
    if listed.is_empty() {
        return Ok(PortList::everything());
    }
    let mut ports = PortList::default();
    for entry in listed {
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

/// The ports of a rule of an AdminNetworkPolicy.
fn admin_ports(listed: &[Node]) -> Result<PortList, Wrong> {
    let mut ports = PortList::default();
    for entry in listed {
        if let Some(one) = written(entry, "portNumber") {
            let Some(port) = written(one, "port") else {
                return Err(Wrong::new(one.span, "`portNumber` has no `port`"));
            };
            let port = number(port, "`port`")?;
            ports.fixed = ports.fixed.union(&Ports::range(protocol(one)?, port, port));
        } else if let Some(range) = written(entry, "portRange") {
            let end = |key: &str| match written(range, key) {
                Some(node) => number(node, key),
                None => Err(Wrong::new(range.span, format!("`portRange` has no `{key}`"))),
            };
            let (from, to) = (end("start")?, end("end")?);
            if to < from {
                return Err(Wrong::new(range.span, format!("the range {from} to {to} ends before it begins")));
            }
            ports.fixed = ports.fixed.union(&Ports::range(protocol(range)?, from, to));
        } else if let Some(name) = written(entry, "namedPort").and_then(Node::as_text) {
            ports.named.push((name.to_owned(), None));
        } else {
            return Err(Wrong::new(entry.span, "a port is one of `portNumber`, `portRange` and `namedPort`"));
        }
    }
    Ok(ports)
}
