//! What a pod template says: variables, commands, probes, and the config maps and secrets that variables come from.

use text::{Node, Span};

use super::text;
use crate::Needs;
use crate::found::is_host_option;

/// Kinds whose replicas are counted; a drain passes over the pods of others.
const SCALED: [&str; 5] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"];

/// Probes, and what it takes to do without what they ask: who fails the others gets no requests, or is started again.
const PROBES: [(&str, Needs); 3] =
    [("livenessProbe", Needs::Hard), ("readinessProbe", Needs::Hard), ("startupProbe", Needs::Start)];

/// Something whose pods run.
pub(super) struct Workload {
    pub(super) file: usize,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) image: String,
    /// Its kind has a number of replicas.
    pub(super) is_scaled: bool,
    /// A container of it says by a probe when it takes requests.
    pub(super) has_readiness: bool,
    /// What may name other services.
    pub(super) said: Vec<Said>,
    /// Config maps and secrets whose entries become variables.
    pub(super) references: Vec<Reference>,
}

/// A text that may name another service.
#[derive(Clone)]
pub(super) struct Said {
    /// Where: a variable, `args`, `startupProbe`.
    pub(super) from: String,
    pub(super) value: String,
    pub(super) line: usize,
    /// It stands where a host is meant, so neither a scheme nor a port need say it.
    pub(super) is_host: bool,
    /// Nothing of it is ever shown.
    pub(super) is_secret: bool,
    /// What a probe takes; `None` for everything else, which is a need of whoever is named.
    pub(super) probes: Option<Needs>,
}

/// A config map or a secret, one key of it or all.
pub(super) struct Reference {
    pub(super) is_secret: bool,
    pub(super) name: String,
    pub(super) key: Option<String>,
    pub(super) line: usize,
}

impl Workload {
    pub(super) fn new(object: &Node, kind: &str, name: String, labels: Vec<(String, String)>, file: usize) -> Self {
        Self {
            file,
            name,
            namespace: text(object, &["metadata", "namespace"]).map(str::to_owned),
            labels,
            image: String::new(),
            is_scaled: SCALED.contains(&kind),
            has_readiness: false,
            said: Vec::new(),
            references: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, container: &Node, line: &dyn Fn(Span) -> usize) {
        self.variables(container, line);
        for key in ["command", "args"] {
            self.words(key, container.get(key), None, line);
        }
        for (key, needs) in PROBES {
            let Some(probe) = container.get(key) else { continue };
            self.has_readiness |= key == "readinessProbe";
            self.words(key, probe.get("exec").and_then(|exec| exec.get("command")), Some(needs), line);
            // A `grpc` probe has no host: it always asks the pod itself.
            for asks in ["httpGet", "tcpSocket"].into_iter().filter_map(|asks| probe.get(asks)) {
                if let Some(host) = asks.get("host").and_then(Node::as_text) {
                    self.say(key, host, line(asks.span), (true, Some(needs)));
                }
            }
        }
    }

    fn variables(&mut self, container: &Node, line: &dyn Fn(Span) -> usize) {
        for variable in container.get("env").and_then(Node::as_list).unwrap_or_default() {
            let Some(name) = text(variable, &["name"]) else { continue };
            let line = line(variable.span);
            if let Some(value) = text(variable, &["value"]) {
                self.say(name, value, line, (false, None));
            }
            for (reference, is_secret) in [("configMapKeyRef", false), ("secretKeyRef", true)] {
                let at = |key: &str| text(variable, &["valueFrom", reference, key]).map(str::to_owned);
                let reference = at("name").map(|name| Reference { is_secret, name, key: at("key"), line });
                self.references.extend(reference);
            }
        }
        for from in container.get("envFrom").and_then(Node::as_list).unwrap_or_default() {
            for (reference, is_secret) in [("configMapRef", false), ("secretRef", true)] {
                if let Some(name) = text(from, &[reference, "name"]) {
                    let name = name.to_owned();
                    self.references.push(Reference { is_secret, name, key: None, line: line(from.span) });
                }
            }
        }
    }

    /// The words of a command, and the hosts behind its options.
    fn words(&mut self, from: &str, list: Option<&Node>, probes: Option<Needs>, line: &dyn Fn(Span) -> usize) {
        let mut is_behind = false;
        for item in list.and_then(Node::as_list).unwrap_or_default() {
            let (written, line) = (item.as_text().unwrap_or(""), line(item.span));
            // `--bus=amqp://bus` has an option before it, `http://db/?a=b` has none.
            let value = match written.split_once('=') {
                Some((option, value)) if !option.contains("://") => value,
                _ => written,
            };
            self.say(from, value, line, (false, probes));
            for word in written.split_whitespace() {
                let (option, host) = word.split_once('=').unwrap_or(("", word));
                if is_behind || is_host_option(option) {
                    self.say(from, host, line, (true, probes));
                }
                is_behind = is_host_option(word);
            }
        }
    }

    fn say(&mut self, from: &str, value: &str, line: usize, (is_host, probes): (bool, Option<Needs>)) {
        let (from, value) = (from.to_owned(), value.to_owned());
        self.said.push(Said { from, value, line, is_host, is_secret: false, probes });
    }
}
