//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy, layers 3 and 4.
//!
//! Allows of all policies add up, also with those of NetworkPolicy v1; a deny wins over every allow; a policy with rules for a
//! direction shuts out what none lets in, unless `enableDefaultDeny` says no. A rule without a peer and without ports lets in
//! nobody (the usual default deny), and so does a peer that is an empty list. Addresses never mean pods.
//! What is said of HTTP, of names, of services, of certificates and of requirements is not followed: whether such a rule opens
//! or shuts anything is not known, for whom it could mean. Nodes are no peers here; ICMP has no ports.

use text::{Node, NodeKind};

use super::address::{Address, Blocks, is_v6};
use super::is::Is;
use super::policy::{Action, Asked, Chosen, Direction, Peers, Policy, PortList, Reading, Rule, Tier, known, protocols};
use super::ports::Ports;
use crate::labels::{Operator, Selector, Wrong, list, written};
use crate::workload::{NAME_LABEL, place};

/// The label that Cilium gives pods for their namespace, and what it puts before the labels of that namespace.
const NAMESPACE: &str = "io.kubernetes.pod.namespace";
const NAMESPACE_LABEL: &str = "io.cilium.k8s.namespace.labels.";

/// What Cilium puts before labels that no manifest says: service account, cluster.
const OWN_LABEL: &str = "io.cilium.";

/// Keys of a rule that do not say whom it is about.
const SHARED: [&str; 3] = ["toPorts", "icmps", "authentication"];

/// What one entry of `toPorts` opens, and why it may not.
struct Opened {
    ports: PortList,
    doubt: Option<String>,
}

/// A selector of Cilium, taken apart.
enum Endpoints {
    Pods(Chosen),
    /// `reserved:host` and the like.
    Entity(String),
}

impl Reading<'_> {
    /// The policies of one object: that of its `spec`, and those of its `specs`.
    pub(crate) fn cilium(&self, own: Option<&str>) -> Result<Vec<Policy>, Wrong> {
        if self.object.text(&["apiVersion"]) != Some("cilium.io/v2") {
            return Err(Wrong::new(self.object.node.span, "policies of Cilium are of `cilium.io/v2` alone"));
        }
        let spec = written(&self.object.node, "spec");
        let specs = written(&self.object.node, "specs").map_or(Ok(&[][..]), |specs| list(specs, "`specs`"))?;
        if spec.is_none() && specs.is_empty() {
            return Err(Wrong::new(self.object.node.span, "it has neither `spec` nor `specs`"));
        }
        spec.into_iter().chain(specs).filter_map(|spec| self.cilium_policy(spec, own).transpose()).collect()
    }

    /// One policy; none when it is for nodes.
    fn cilium_policy(&self, spec: &Node, own: Option<&str>) -> Result<Option<Policy>, Wrong> {
        let mut asked = Asked::default();
        let sections = ["ingress", "ingressDeny", "egress", "egressDeny"];
        let others = ["endpointSelector", "nodeSelector", "enableDefaultDeny", "labels", "description", "log"];
        known(spec, &[&sections[..], &others[..]].concat(), &mut asked)?;
        let subject = match (spec.get("endpointSelector"), spec.get("nodeSelector")) {
            (Some(subject), None) => self.cilium_subject(subject, own, &mut asked)?,
            (None, Some(_)) if own.is_none() => return Ok(None),
            _ => return Err(Wrong::new(spec.span, "it needs an `endpointSelector`")),
        };
        let (mut rules, mut isolates) = ([None, None], [Is::NO; 2]);
        for direction in Direction::ALL {
            let mut read = Vec::new();
            for (key, action) in [("", Action::Allow), ("Deny", Action::Deny)] {
                let key = format!("{}{key}", direction.word());
                for rule in written(spec, &key).map_or(Ok(&[][..]), |rules| list(rules, "the rules"))? {
                    read.extend(self.cilium_rule(rule, direction, action, own, &mut asked)?);
                }
            }
            let has_rules = sections
                .iter()
                .filter(|key| key.starts_with(direction.word()))
                .any(|key| written(spec, key).and_then(Node::as_list).is_some_and(|rules| !rules.is_empty()));
            let switch = spec.get("enableDefaultDeny").and_then(|switch| switch.get(direction.word()));
            isolates[direction as usize] = match switch.and_then(Node::as_text) {
                Some("false") => Is::NO,
                // Versions differ in what a policy without rules does.
                Some(_) if !has_rules => Is::maybe(false),
                Some(_) | None => has_rules.into(),
            };
            rules[direction as usize] = (has_rules || isolates[direction as usize].may).then_some(read);
        }
        let name = self.object.name();
        let title = own.map_or_else(|| name.to_owned(), |own| format!("{own}/{name}"));
        Ok(Some(Policy {
            title,
            place: place(self.object),
            tier: Tier::Network,
            subjects: self.meant(&subject, &mut asked),
            rules,
            isolates,
            doubt: self.doubt(&asked),
            subject: vec![subject],
            asked,
        }))
    }

    /// Whom a policy is for: one with a namespace only for pods of it, whatever it says.
    fn cilium_subject(&self, node: &Node, own: Option<&str>, asked: &mut Asked) -> Result<Chosen, Wrong> {
        match (self.endpoints(node, None, asked)?, own) {
            (Endpoints::Pods(chosen), None) => Ok(chosen),
            (Endpoints::Pods(chosen), Some(own)) => {
                let is_name =
                    |(key, operator): &(String, Operator)| key == NAME_LABEL && matches!(operator, Operator::In(_));
                let others = chosen.namespaces.requirements().iter().filter(|one| !is_name(one)).cloned();
                let namespaces = Selector::of_all(others.collect());
                Ok(Chosen { own: Some(own.to_owned()), namespaces, ..chosen })
            }
            (Endpoints::Entity(word), _) => {
                let unsure = Some(format!("`reserved:{word}` in an `endpointSelector` is not followed"));
                Ok(Chosen { own: own.map(str::to_owned), unsure, ..Chosen::default() })
            }
        }
    }

    /// Pods by the labels that Cilium gives them; those of one namespace where nothing else is said of namespaces.
    fn endpoints(&self, node: &Node, own: Option<&str>, asked: &mut Asked) -> Result<Endpoints, Wrong> {
        let selector = Selector::read_loosely(node, &mut asked.dropped)?;
        let (mut namespaces, mut pods, mut unsure) = (Vec::new(), Vec::new(), None);
        for (key, operator) in selector.requirements() {
            let plain = match key.split_once(':') {
                Some(("k8s" | "any", plain)) => plain,
                Some(("reserved", word)) => return Ok(Endpoints::Entity(word.to_owned())),
                Some(_) => "",
                None => key,
            };
            if plain == NAMESPACE {
                namespaces.push((NAME_LABEL.to_owned(), operator.clone()));
            } else if let Some(label) = plain.strip_prefix(NAMESPACE_LABEL) {
                namespaces.push((label.to_owned(), operator.clone()));
            } else if plain.is_empty() || plain.starts_with(OWN_LABEL) {
                unsure = Some(format!("no manifest says who has the label `{key}`"));
            } else {
                asked.keys.push(plain.to_owned());
                pods.push((plain.to_owned(), operator.clone()));
            }
        }
        let own = own.filter(|_| namespaces.is_empty()).map(str::to_owned);
        let (namespaces, pods) = (Selector::of_all(namespaces), Selector::of_all(pods));
        Ok(Endpoints::Pods(Chosen { own, namespaces, pods, unsure }))
    }

    fn cilium_rule(
        &self,
        rule: &Node,
        direction: Direction,
        action: Action,
        own: Option<&str>,
        asked: &mut Asked,
    ) -> Result<Vec<Rule>, Wrong> {
        let keys = member_keys(direction);
        known(rule, &[&keys[..], &SHARED[..]].concat(), asked)?;
        let place = self.line(rule.span);
        let mut rules = Vec::new();
        let requires = keys[0];
        if written(rule, requires).is_some() {
            let doubt = format!("`{requires}` is not followed: it may shut out anybody");
            let (peers, ports) = (self.everybody(), PortList::everything());
            rules.push(Rule { action: Action::Deny, peers, ports, doubt: Some(doubt), place: place.clone() });
        }
        let mode = rule.get("authentication").and_then(|one| one.get("mode")).and_then(Node::as_text);
        let authentication = mode
            .filter(|mode| *mode != "disabled")
            .map(|_| "`authentication` is not followed: who cannot prove who it is gets nothing".to_owned());
        let members: Vec<(&str, &Node)> =
            keys[1..].iter().filter_map(|key| written(rule, key).map(|node| (*key, node))).collect();
        let of_ports = cilium_ports(written(rule, "toPorts"), asked)?;
        let has_icmp = written(rule, "icmps").is_some();
        for Opened { ports, doubt } in of_ports {
            let has_ports = written(rule, "toPorts").and_then(Node::as_list).is_some_and(|list| !list.is_empty());
            let (peers, ports) = match (members.is_empty(), has_ports) {
                // ICMP has no ports.
                (_, false) if has_icmp => (self.nobody(), PortList::default()),
                (true, true) => (self.everybody(), ports),
                (true, false) => (self.empty(action), ports),
                (false, _) => (self.cilium_peers(&members, own, asked)?, ports),
            };
            let doubt = doubt.or_else(|| authentication.clone());
            rules.push(Rule { action, peers, ports, doubt, place: place.clone() });
        }
        Ok(rules)
    }

    /// A rule that says nothing lets in nobody; whether it shuts out anybody no documentation says.
    fn empty(&self, action: Action) -> Peers {
        if action == Action::Allow {
            return self.nobody();
        }
        let everybody = self.everybody();
        Peers {
            workloads: vec![Is::maybe(false); everybody.workloads.len()],
            is_everybody: false,
            carrier: Is::maybe(false),
            outside: Is::maybe(false),
            addressed: Is::maybe(false),
            why: Some("an empty rule that denies is not followed".to_owned()),
            ..self.nobody()
        }
    }

    fn cilium_peers(&self, members: &[(&str, &Node)], own: Option<&str>, asked: &mut Asked) -> Result<Peers, Wrong> {
        let mut peers = self.nobody();
        let mut filled = Vec::new();
        for (key, node) in members {
            let listed = list(node, &format!("`{key}`"))?;
            filled.extend((!listed.is_empty()).then_some(*key));
            for one in listed {
                self.cilium_peer(key, one, own, &mut peers, asked)?;
            }
        }
        match filled[..] {
            [one, other, ..] => {
                Err(Wrong::new(members[0].1.span, format!("Cilium refuses `{one}` and `{other}` in one rule")))
            }
            [] | [_] => Ok(peers),
        }
    }

    fn cilium_peer(
        &self,
        key: &str,
        one: &Node,
        own: Option<&str>,
        peers: &mut Peers,
        asked: &mut Asked,
    ) -> Result<(), Wrong> {
        match key {
            "fromEndpoints" | "toEndpoints" => match self.endpoints(one, own, asked)? {
                Endpoints::Pods(chosen) => self.add(peers, chosen, asked),
                Endpoints::Entity(word) => self.entity(&word, one, peers, asked)?,
            },
            "fromEntities" | "toEntities" => self.entity(one.as_text().unwrap_or(one.shape()), one, peers, asked)?,
            "fromCIDR" | "toCIDR" => peers.blocks.push(network(one, &[], asked)?),
            "fromCIDRSet" | "toCIDRSet" => {
                known(one, &["cidr", "except", "cidrGroupRef", "cidrGroupSelector"], asked)?;
                match written(one, "cidr") {
                    Some(cidr) => {
                        let except = written(one, "except").map_or(Ok(&[][..]), |node| list(node, "`except`"))?;
                        peers.blocks.push(network(cidr, except, asked)?);
                    }
                    None => {
                        peers.outside = peers.outside | Is::maybe(false);
                        peers.why = Some("groups of networks are not followed".to_owned());
                    }
                }
            }
            "toFQDNs" | "toGroups" | "fromGroups" => {
                peers.outside = peers.outside | Is::maybe(false);
                peers.why =
                    Some(format!("`{key}` is not followed: its addresses are known to the running system alone"));
            }
            "toServices" => {
                let unsure = Some("`toServices` is not followed".to_owned());
                self.add(peers, Chosen { unsure: unsure.clone(), ..Chosen::default() }, asked);
                peers.outside = peers.outside | Is::maybe(false);
                peers.why = unsure;
            }
            // Nodes are no peers here.
            _ => {}
        }
        Ok(())
    }

    fn entity(&self, word: &str, node: &Node, peers: &mut Peers, asked: &mut Asked) -> Result<(), Wrong> {
        match word {
            "all" => *peers = self.everybody(),
            "world" | "world-ipv4" | "world-ipv6" => {
                let v4 = Blocks { within: vec![Address::ALL], except: Vec::new(), has_v6: word == "world" };
                let v6 = Blocks { within: Vec::new(), except: Vec::new(), has_v6: true };
                peers.blocks.push(if word == "world-ipv6" { v6 } else { v4 });
            }
            "cluster" => self.add(peers, Chosen::default(), asked),
            "ingress" => {
                peers.carrier = peers.carrier | Is { listed: false, sure: true, may: true };
                peers.is_carrier = true;
            }
            // Nodes, and what is on their network; and what has no pods.
            "host" | "remote-node" | "kube-apiserver" | "health" | "init" | "none" | "unmanaged" | "unknown" => {}
            other => return Err(Wrong::new(node.span, format!("`{other}` is no entity of Cilium"))),
        }
        Ok(())
    }
}

/// The keys that say whom a rule is about; the first restricts all others.
fn member_keys(direction: Direction) -> Vec<&'static str> {
    match direction {
        Direction::Ingress => {
            vec!["fromRequires", "fromEndpoints", "fromEntities", "fromCIDR", "fromCIDRSet", "fromGroups", "fromNodes"]
        }
        Direction::Egress => vec![
            "toRequires",
            "toEndpoints",
            "toEntities",
            "toCIDR",
            "toCIDRSet",
            "toGroups",
            "toNodes",
            "toServices",
            "toFQDNs",
        ],
    }
}

/// A network, or one address, without some others.
fn network(node: &Node, except: &[Node], asked: &mut Asked) -> Result<Blocks, Wrong> {
    let text = node.as_text().unwrap_or("");
    let whole = |text: &str| match (text.contains('/'), text.contains(':')) {
        (true, _) => text.to_owned(),
        (false, false) => format!("{text}/32"),
        (false, true) => format!("{text}/128"),
    };
    if is_v6(&whole(text)) {
        asked.v6.push(node.span);
        return Ok(Blocks { within: Vec::new(), except: Vec::new(), has_v6: true });
    }
    let read = |node: &Node| {
        let text = node.as_text().unwrap_or(node.shape());
        let wrong = || Wrong::new(node.span, format!("`{text}` is no network such as `10.0.0.0/8`"));
        Address::read(&whole(text)).ok_or_else(wrong)
    };
    let within = read(node)?;
    let except: Vec<Address> = except.iter().map(read).collect::<Result<_, _>>()?;
    if let Some(outside) = except.iter().find(|one| !(within.from <= one.from && one.to <= within.to)) {
        return Err(Wrong::new(node.span, format!("an exception lies within its block, and {outside} does not")));
    }
    Ok(Blocks { within: vec![within], except, has_v6: false })
}

/// The ports of each entry of `toPorts`. Nothing written is every port.
fn cilium_ports(node: Option<&Node>, asked: &mut Asked) -> Result<Vec<Opened>, Wrong> {
    let listed = node.map_or(Ok(&[][..]), |node| list(node, "`toPorts`"))?;
    let mut all = Vec::new();
    for entry in listed {
        let doubted = ["terminatingTLS", "originatingTLS", "serverNames", "listener"];
        known(entry, &[&["ports", "rules"][..], &doubted[..]].concat(), asked)?;
        let mut ports = PortList::default();
        let written_ports = written(entry, "ports").map_or(Ok(&[][..]), |ports| list(ports, "`ports`"))?;
        for port in written_ports {
            cilium_port(port, &mut ports, asked)?;
        }
        let rules = written(entry, "rules").and_then(Node::as_map).unwrap_or(&[]);
        // Names that are asked for are filtered; the connection to who answers is open.
        let limited = rules.iter().find(|one| one.key != "dns" && one.value.kind != NodeKind::Empty);
        let limited = limited.map(|one| format!("rules.{}", one.key));
        let doubted = doubted.into_iter().find(|key| written(entry, key).is_some()).map(str::to_owned);
        let doubt =
            limited.or(doubted).map(|key| format!("`{key}` is not followed: it may let through a part or nothing"));
        let nothing =
            written_ports.is_empty().then(|| "an entry of `toPorts` without ports is not followed".to_owned());
        let ports = if nothing.is_some() { PortList::everything() } else { ports };
        all.push(Opened { ports, doubt: doubt.or(nothing) });
    }
    if listed.is_empty() {
        all.push(Opened { ports: PortList::everything(), doubt: None });
    }
    Ok(all)
}

fn cilium_port(entry: &Node, ports: &mut PortList, asked: &mut Asked) -> Result<(), Wrong> {
    known(entry, &["port", "endPort", "protocol"], asked)?;
    let Some(port) = written(entry, "port") else { return Err(Wrong::new(entry.span, "an entry has no `port`")) };
    let text = match &port.kind {
        NodeKind::Text { value, plain: false } => value.as_str(),
        NodeKind::Text { value, plain: true } if value.parse::<f64>().is_err() => value.as_str(),
        NodeKind::Text { .. } | NodeKind::Empty | NodeKind::List(_) | NodeKind::Map(_) => {
            return Err(Wrong::new(port.span, "the `port` of a policy of Cilium is a text: put it in quotes"));
        }
    };
    let word = written(entry, "protocol").and_then(Node::as_text).unwrap_or("ANY").to_ascii_uppercase();
    let of = protocols(&word).ok_or_else(|| Wrong::new(entry.span, format!("`{word}` is no protocol with ports")))?;
    if text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        let any = of.len() > 1;
        ports.named.push((text.to_ascii_lowercase(), of.first().copied().filter(|_| !any)));
        return Ok(());
    }
    let wrong = || Wrong::new(port.span, format!("`{text}` is no port from 0 to 65535"));
    let from: u16 = text.parse().map_err(|_| wrong())?;
    let end = written(entry, "endPort").and_then(Node::as_text).map_or(Ok(0), |end| end.parse::<u16>());
    let end = end.map_err(|_| Wrong::new(entry.span, "`endPort` is no port from 0 to 65535"))?;
    for protocol in of {
        let range = match from {
            0 => Ports::all_of(protocol),
            from => Ports::range(protocol, from, end.max(from)),
        };
        ports.fixed = ports.fixed.union(&range);
    }
    Ok(())
}
