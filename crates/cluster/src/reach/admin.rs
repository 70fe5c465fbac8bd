//! AdminNetworkPolicy and BaselineAdminNetworkPolicy, v1alpha1.
//!
//! Networks are meant for what is outside, and traffic between pods is held against them, too: whole IPv4 means every pod, a part
//! of it pods whose addresses no file tells. The list counts networks as outside only. Nodes are no peers of the list.

use text::Node;

use super::address::{Address, Blocks, cidr, is_v6};
use super::is::Is;
use super::policy::{
    Action, Asked, Chosen, Direction, Peers, Policy, PortList, Reading, Rule, Tier, known, number, protocol,
};
use super::ports::Ports;
use crate::labels::{Selector, Wrong, list, written};
use crate::workload::place;

/// The only name that the API knows for the baseline.
const BASELINE: &str = "default";

/// Networks that clusters take the addresses of pods from.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];

impl Reading<'_> {
    /// AdminNetworkPolicy, or its baseline.
    pub(crate) fn admin(&self, is_baseline: bool) -> Result<Policy, Wrong> {
        if self.object.text(&["apiVersion"]) != Some("policy.networking.k8s.io/v1alpha1") {
            return Err(Wrong::new(self.object.node.span, "it is of `policy.networking.k8s.io/v1alpha1` alone"));
        }
        let spec = self.spec()?;
        let mut asked = Asked::default();
        known(spec, &["priority", "subject", "ingress", "egress"], &mut asked)?;
        if is_baseline && self.object.name() != BASELINE {
            return Err(Wrong::new(self.object.node.span, format!("the one baseline is called `{BASELINE}`")));
        }
        let tier = match written(spec, "priority") {
            _ if is_baseline => Tier::Baseline,
            Some(priority) => {
                let number = priority.as_text().and_then(|text| text.parse().ok()).filter(|number| *number <= 1_000);
                Tier::Admin(number.ok_or_else(|| Wrong::new(priority.span, "`priority` is a number from 0 to 1000"))?)
            }
            None => return Err(Wrong::new(spec.span, "it has no `priority`")),
        };
        let Some(subject) = written(spec, "subject") else { return Err(Wrong::new(spec.span, "it has no `subject`")) };
        known(subject, &["namespaces", "pods"], &mut asked)?;
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
        let (isolates, doubt) = ([Is::NO; 2], self.doubt(&asked));
        Ok(Policy { title, place: place(self.object), tier, subjects, rules, isolates, doubt, subject, asked })
    }

    fn admin_rule(
        &self,
        rule: &Node,
        direction: Direction,
        is_baseline: bool,
        asked: &mut Asked,
    ) -> Result<Rule, Wrong> {
        known(rule, &["name", "action", direction.peers(), "ports"], asked)?;
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
            self.admin_peer(peer, direction, &mut peers, asked)?;
        }
        let ports = match written(rule, "ports") {
            Some(ports) => admin_ports(list(ports, "`ports`")?, asked)?,
            None => PortList::everything(),
        };
        Ok(Rule { action, peers, ports, doubt: None, place: self.line(rule.span) })
    }

    fn admin_peer(&self, peer: &Node, direction: Direction, peers: &mut Peers, asked: &mut Asked) -> Result<(), Wrong> {
        let keys: &[&str] = match direction {
            Direction::Ingress => &["namespaces", "pods"],
            Direction::Egress => &["namespaces", "pods", "nodes", "networks", "domainNames"],
        };
        known(peer, keys, asked)?;
        let set = keys.iter().filter(|key| written(peer, key).is_some()).count();
        if set != 1 {
            return Err(Wrong::new(peer.span, format!("a peer is one of {}", keys.join(", "))));
        }
        if let Some(networks) = written(peer, "networks") {
            return self.networks(networks, peers, asked);
        }
        if written(peer, "domainNames").is_some() {
            peers.outside = peers.outside | Is::maybe(false);
            peers.why = Some("its domain names resolve to addresses that no file tells".to_owned());
            return Ok(());
        }
        if let Some(nodes) = written(peer, "nodes") {
            // Nodes run what is on their network; those workloads are never certain.
            Selector::read_loosely(nodes, &mut asked.dropped)?;
            return Ok(());
        }
        let chosen = self.chosen(peer, asked)?;
        peers.carrier = peers.carrier | chosen.carrier;
        peers.is_carrier |= chosen.is_carrier;
        peers.workloads.iter_mut().zip(chosen.workloads).for_each(|(own, other)| *own = *own | other);
        peers.chosen.extend(chosen.chosen);
        Ok(())
    }

    fn networks(&self, networks: &Node, peers: &mut Peers, asked: &mut Asked) -> Result<(), Wrong> {
        for network in list(networks, "`networks`")? {
            let has_v6 = network.as_text().is_some_and(is_v6);
            let within = if has_v6 { Vec::new() } else { vec![cidr(network)?] };
            asked.v6.extend(has_v6.then_some(network.span));
            let is_all = within.contains(&Address::ALL);
            let may_hold_pods = has_v6 || within.iter().any(|block| is_private(*block));
            let pods = Is { listed: false, sure: is_all, may: may_hold_pods };
            peers.addressed = peers.addressed | pods;
            peers.workloads.iter_mut().for_each(|own| *own = *own | pods);
            peers.blocks.push(Blocks { within, except: Vec::new(), has_v6 });
        }
        if !peers.addressed.is_certain() {
            let why = "its networks may hold pods, whose addresses no file tells";
            peers.why.get_or_insert_with(|| why.to_owned());
        }
        Ok(())
    }

    /// `{namespaces: SELECTOR}` or `{pods: {namespaceSelector, podSelector}}`.
    fn chosen(&self, node: &Node, asked: &mut Asked) -> Result<Peers, Wrong> {
        let mut peers = self.nobody();
        match (written(node, "namespaces"), written(node, "pods")) {
            (Some(namespaces), None) => {
                let selector = Selector::read_loosely(namespaces, &mut asked.dropped)?;
                self.add(&mut peers, Chosen::of(selector, Selector::default()), asked);
            }
            (None, Some(pods)) => {
                known(pods, &["namespaceSelector", "podSelector"], asked)?;
                let mut part = |key: &str| {
                    let dropped = &mut asked.dropped;
                    written(pods, key).map_or(Ok(Selector::default()), |node| Selector::read_loosely(node, dropped))
                };
                let (namespaces, own) = (part("namespaceSelector")?, part("podSelector")?);
                asked.keys.extend(own.keys().map(str::to_owned));
                self.add(&mut peers, Chosen::of(namespaces, own), asked);
            }
            _ => return Err(Wrong::new(node.span, "a subject or peer is either `namespaces` or `pods`")),
        }
        Ok(peers)
    }
}

/// Whether a network overlaps those that clusters take addresses of pods from.
fn is_private(block: Address) -> bool {
    let networks = PRIVATE.into_iter().filter_map(Address::read);
    networks.into_iter().any(|network| network.from <= block.to && block.from <= network.to)
}

/// The ports of a rule of an AdminNetworkPolicy.
fn admin_ports(listed: &[Node], asked: &mut Asked) -> Result<PortList, Wrong> {
    if listed.is_empty() {
        return Ok(PortList::everything());
    }
    let mut ports = PortList::default();
    for entry in listed {
        known(entry, &["portNumber", "portRange", "namedPort"], asked)?;
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
