//! What objects name, and whether it is there: secrets and config maps with their keys, services with their ports, accounts,
//! claims, targets of autoscalers, stores and issuers.
//!
//! What an operator, a vault or a chart makes is not seen in files: a name that such a thing may make is *unproven*, and
//! only what nobody here makes is missing. Nothing is said of optional references that are not there.

mod named;
mod produced;

use std::collections::BTreeMap;

use manifests::Object;

pub use self::named::{Named, images, named};
use self::produced::{Keys, Produced};
use crate::labels::{Selector, labels};
use crate::reach::Protocol;
use crate::workload::{Kubernetes, Told, Weight, place};

/// What became of all references.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// How many there are.
    pub count: usize,
    /// What nobody here makes.
    pub missing: Vec<Told>,
    /// What somebody may make whose work is not seen here.
    pub unproven: Vec<Told>,
    /// Names that are not known, as they hold a variable, and those that only something may make of which nobody knows what it
    /// makes: with these nothing holds.
    pub open: Vec<String>,
}

/// Looks up what some objects name among all of them. `hidden` says why more objects may be there than these.
pub fn references(from: &[&Object], all: &[Object], hidden: Option<&str>) -> Resolved {
    let produced = Produced::of(all);
    let mut resolved = Resolved::default();
    for object in from {
        for one in named(object) {
            resolved.count += 1;
            if one.is_optional {
                continue;
            }
            if let Some(why) = one.open() {
                resolved.open.push(format!("{}: {why}", one.place));
                resolved.unproven.push(told(&one, why));
                continue;
            }
            match outcome(&one, &produced, hidden) {
                Outcome::There => {}
                Outcome::Missing(why) => resolved.missing.push(told(&one, why)),
                Outcome::Unproven(why) => resolved.unproven.push(told(&one, why)),
                Outcome::Open(why) => {
                    resolved.open.push(format!("{}: {why}", one.place));
                    resolved.unproven.push(told(&one, why));
                }
            }
        }
    }
    resolved
}

enum Outcome {
    There,
    Missing(String),
    /// Somebody makes it whose work is not seen here.
    Unproven(String),
    /// Nobody here is known to make it, and somebody may.
    Open(String),
}

fn told(one: &Named, why: String) -> Told {
    Told { place: one.place.clone(), message: why, weight: Weight::Note }
}

fn outcome(one: &Named, produced: &Produced, hidden: Option<&str>) -> Outcome {
    let what = match produced::OF_THE_CLUSTER.contains(&one.kind.as_str()) {
        true => format!("{} {}", one.kind, one.name),
        false => format!("{} {}/{}", one.kind, one.namespace, one.name),
    };
    if produced.is_hashed(one) && !one.is_rewritten {
        let why = "is made with a hash behind its name, and no kustomization rewrites the name here";
        return Outcome::Missing(format!("{what} {why}"));
    }
    let Some(keys) = produced.keys(one) else {
        if produced.is_given(one) {
            return Outcome::There;
        }
        return match (produced.is_asked(one), produced.may_make(one).or(hidden.map(str::to_owned))) {
            (Some(why), _) => Outcome::Unproven(format!("{what}: {why}")),
            (None, Some(why)) => Outcome::Open(format!("{what}: {why}")),
            (None, None) => Outcome::Missing(format!("{what} is not there")),
        };
    };
    let Some(key) = &one.key else {
        return match keys {
            Keys::Sealed(why, _) => Outcome::Unproven(format!("{what}: {why}")),
            Keys::Known(_) => Outcome::There,
        };
    };
    match keys {
        Keys::Known(keys) if keys.contains(key) => Outcome::There,
        Keys::Known(_) => match produced.added(one) {
            Some(why) => Outcome::Unproven(format!("{what}, `{key}`: {why}")),
            None => Outcome::Missing(format!("{what} has no `{key}`")),
        },
        Keys::Sealed(why, None) => Outcome::Unproven(format!("{what}, `{key}`: {why}")),
        Keys::Sealed(why, Some(keys)) if keys.contains(key) => Outcome::Unproven(format!("{what}, `{key}`: {why}")),
        Keys::Sealed(_, Some(_)) => Outcome::Missing(format!("{what} gets no `{key}`")),
    }
}

/// Ports that services name and the pods that they select do not have.
pub fn ports_without_name(cluster: &Kubernetes) -> Vec<Told> {
    let mut told = Vec::new();
    for service in cluster.others.iter().filter(|object| object.kind() == "Service" && object.group().is_empty()) {
        let spec = service.node.get("spec");
        let wanted = labels(spec.and_then(|spec| spec.get("selector")));
        if wanted.is_empty() {
            continue;
        }
        let selector = Selector::of_labels(&wanted);
        let selected: Vec<_> = cluster
            .workloads
            .iter()
            .filter(|workload| workload.namespace == service.namespace() && selector.selects(&workload.labels))
            .collect();
        for port in spec.and_then(|spec| spec.get("ports")).and_then(text::Node::as_list).unwrap_or(&[]) {
            let target = port.get("targetPort").and_then(text::Node::as_text);
            let Some(name) = target.filter(|target| target.parse::<u16>().is_err()) else { continue };
            let protocols = Protocol::ALL;
            let has_it = |name: &str| {
                selected.iter().any(|workload| {
                    protocols.iter().any(|protocol| workload.ports_named(name, *protocol).next().is_some())
                })
            };
            if !selected.is_empty() && !has_it(name) {
                let message =
                    format!("the service {} leads to a port `{name}` that its pods do not have", service.name());
                told.push(Told { place: place(service), message, weight: Weight::Note });
            }
        }
    }
    told
}

/// Images of one name with several tags or digests, with where each stands.
pub fn image_disagreements(objects: &[&Object]) -> Vec<String> {
    let mut all: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for object in objects {
        for (image, at) in images(object) {
            let (name, digest) = image.split_once('@').map_or((image.as_str(), ""), |(name, digest)| (name, digest));
            let (name, tag) = match name.rsplit_once(':') {
                Some((name, tag)) if !tag.contains('/') => (name, tag),
                _ => (name, ""),
            };
            let pin = if digest.is_empty() { tag.to_owned() } else { format!("{tag}@{digest}") };
            all.entry(name.to_owned()).or_default().entry(pin).or_default().push(at);
        }
    }
    let many = all.into_iter().filter(|(_, pins)| pins.len() > 1);
    let shown = |(pin, at): (String, Vec<String>)| format!("`{pin}` at {}", at.first().cloned().unwrap_or_default());
    many.map(|(name, pins)| format!("{name}: {}", pins.into_iter().map(shown).collect::<Vec<_>>().join(", "))).collect()
}
