//! `k8s.reach`: who may talk to whom on which port by the policies in manifests, and which policy decides it.
//!
//! The files are text, and what they come to is resolved: selectors against the labels of pods, named ports against
//! containers, addresses against blocks. So the grade is `wired`. Where a policy of a kind that is not followed, or a file
//! that cannot be read, may say something about these workloads, nothing was seen.

use std::collections::BTreeSet;
use std::path::Path;

use cluster::{Deciding, Direction, Kubernetes, Peer, Ports, Protocol, Reach};
use evidence::{Grade, Value};
use text::Fields;

use super::tree::{self, Connections, Place, Tree, looking};
use super::who::{Who, field};
use crate::kind::{Look, Looking};
use crate::sight::Sight;
use crate::{Error, World};

/// Rules and policies that are kept of what decides.
const MAX_DECIDING: usize = 50;

/// Namespaces that every cluster has.
const ALWAYS_THERE: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Who may reach some workloads.
#[derive(Clone, Debug)]
pub(crate) struct K8sReach {
    from: Place,
    /// Everybody, when not written.
    source: Option<Who>,
    to: Who,
    port: u16,
    protocol: Protocol,
}

impl K8sReach {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let from = Place::read(fields);
        let has_source = fields.all().iter().any(|entry| entry.key == "source");
        let source = field(fields, "source", false);
        let to = field(fields, "to", true);
        let port = fields.integer("port", 1..=i64::from(u16::MAX));
        let words = Protocol::ALL.map(Protocol::word);
        let protocol = fields.one_of("protocol", &words).map_or(Protocol::Tcp, |index| Protocol::ALL[index]);
        if port.is_none() && !fields.all().iter().any(|entry| entry.key == "port") {
            fields.problem("missing-key", fields.span(), "`port` is missing: a number from 1 to 65535");
        }
        if has_source && source.is_none() {
            return None;
        }
        Some(Self { from: from?, source, to: to?, port: u16::try_from(port?).ok()?, protocol })
    }
}

impl Look for K8sReach {
    fn subject(&self) -> String {
        let source = self.source.as_ref().map_or("anybody", Who::written);
        format!("{}: {source} to {} on {} {}", self.from, self.to.written(), self.protocol.word(), self.port)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

/// Reads and resolves, in a thread of its own.
async fn look(probe: &K8sReach, world: &World) -> Sight {
    let owned = probe.clone();
    looking(&probe.from, world, move |tree: &Tree, _: &Path| resolved(&owned, tree)).await
}

fn resolved(probe: &K8sReach, tree: &Tree) -> Sight {
    let cluster = tree.cluster.clone().with_made();
    let reach = Reach::of(&cluster);
    let to: Vec<Peer> = match probe.to.is_external() {
        true => outside(&reach, Direction::Egress).collect(),
        false => probe.to.workloads(&cluster).into_iter().map(Peer::Workload).collect(),
    };
    let mut sight = Sight::new(&probe.from);
    let question = Question { probe, cluster: &cluster, reach: &reach, to };
    let sources = unread(tree).map_or_else(|| question.sources(), Err);
    match sources {
        Ok(sources) => question.answer(&sources, &mut sight),
        // What was not read may open or close anything.
        Err(trouble) => sight.trouble = Some(trouble),
    }
    sight
}

/// Whom a look asks about.
struct Question<'c> {
    probe: &'c K8sReach,
    cluster: &'c Kubernetes,
    reach: &'c Reach<'c>,
    to: Vec<Peer>,
}

impl Question<'_> {
    /// Whether the port is open from one to another, for sure and at most.
    fn open(&self, source: Peer, destination: Peer) -> Open {
        self.at(self.reach.bounds(source, destination))
    }

    fn at(&self, (least, most): (Ports, Ports)) -> Open {
        let has = |ports: Ports| ports.contains(self.probe.protocol, self.probe.port);
        Open { sure: has(least), may: has(most) }
    }

    /// Everybody who is asked about: whoever is described, what is outside, and of each namespace a pod that no file describes.
    fn sources(&self) -> Result<Vec<Peer>, String> {
        let outside = outside(self.reach, Direction::Ingress);
        match &self.probe.source {
            None => {
                let described = (0..self.cluster.workloads.len()).map(Peer::Workload);
                // What no file describes has no policies that shut it in, and would always get out.
                if self.probe.to.is_external() {
                    return Ok(described.collect());
                }
                Ok(described.chain(outside).chain((0..self.reach.namespaces().count()).map(Peer::SomePod)).collect())
            }
            Some(source) if source.is_external() => Ok(outside.collect()),
            Some(source) => {
                let described: Vec<Peer> = source.workloads(self.cluster).into_iter().map(Peer::Workload).collect();
                match source.namespace().filter(|_| described.is_empty()) {
                    Some(namespace) => self.nobody_described(namespace),
                    None => Ok(described),
                }
            }
        }
    }

    /// A namespace of whose pods no file tells: what holds for one of them must hold for all.
    fn nobody_described(&self, namespace: &str) -> Result<Vec<Peer>, String> {
        let known = self.reach.namespaces().position(|one| one == namespace);
        // One that is always there and that no policy names is like those that nobody mentions, which come last.
        let last = self.reach.namespaces().count().checked_sub(1);
        let known = known.or_else(|| last.filter(|_| ALWAYS_THERE.contains(&namespace)));
        let Some(at) = known else {
            return Err(format!("no file describes the namespace `{namespace}`, or a pod in it"));
        };
        let differs = |to: &&Peer| self.open(Peer::SomePod(at), **to) != self.open(Peer::EveryPod(at), **to);
        match self.to.iter().find(differs) {
            None => Ok(vec![Peer::EveryPod(at)]),
            Some(to) => Err(format!(
                "no file describes the pods of `{namespace}`, and whether they reach {} depends on their labels",
                self.reach.title(*to)
            )),
        }
    }

    fn answer(&self, sources: &[Peer], sight: &mut Sight) {
        let is_external = self.probe.to.is_external();
        sight.integer("to_selects", if is_external { 1 } else { self.to.len() });
        if let Some(source) = &self.probe.source {
            let count = source.workloads(self.cluster).len();
            sight.integer("source_selects", count.max(usize::from(source.is_external())));
        }
        let mut found = Found::default();
        for source in sources {
            for destination in self.to.iter().filter(|destination| *destination != source) {
                self.ask(*source, *destination, &mut found);
            }
        }
        if self.probe.source.as_ref().is_none_or(Who::is_external) {
            self.to.iter().for_each(|to| self.ask_carried(*to, &mut found));
        }
        found.tell(self.reach, sight);
        sight.put("void_policies", texts(self.reach.void_policies()));
        sight.grade = Some(Grade::Wired);
        // A question about nobody says nothing.
        sight.subjects = if found.asked == 0 { 0 } else { self.to.len() as u64 };
        if self.to.is_empty() {
            sight.trouble = Some(self.nobody_meant());
        }
    }

    fn ask(&self, source: Peer, destination: Peer, found: &mut Found) {
        found.asked += 1;
        let open = self.open(source, destination);
        self.reach.add_deciding(source, destination, &mut found.deciding);
        if open.sure != open.may {
            found.doubts.extend(self.reach.doubts(source, destination));
        }
        for (seen, is_open) in [(&mut found.least, open.sure), (&mut found.most, open.may)] {
            // What no file describes need not be there.
            let is_needed = !matches!(source, Peer::SomePod(_) | Peer::ExternalV6) && destination != Peer::ExternalV6;
            seen.is_any_shut |= is_needed && !is_open;
            if !is_open {
                continue;
            }
            seen.is_any_open = true;
            match source {
                Peer::Workload(at) => {
                    let namespace = &self.cluster.workloads[at].namespace;
                    if !seen.namespaces.contains(namespace) {
                        seen.namespaces.insert(namespace.clone());
                    }
                }
                Peer::SomePod(at) | Peer::EveryPod(at) => {
                    seen.namespaces.extend(self.reach.namespaces().nth(at).map(str::to_owned))
                }
                Peer::External(_) | Peer::ExternalV6 | Peer::IngressController => seen.is_outside = true,
            }
        }
    }

    /// What an ingress controller carries in comes from outside.
    fn ask_carried(&self, destination: Peer, found: &mut Found) {
        let open = self.at(self.reach.carried(destination));
        for (seen, is_open) in [(&mut found.least, open.sure), (&mut found.most, open.may)] {
            seen.is_outside |= is_open;
            seen.is_any_open |= is_open;
        }
        if open.sure != open.may {
            found.doubts.insert(format!(
                "whether an ingress controller carries the outside to {} is not told by these files",
                self.reach.title(destination)
            ));
        }
    }

    /// Nobody is asked about, though a policy may be meant for them.
    fn nobody_meant(&self) -> String {
        let void: Vec<String> = self.reach.void_policies().collect();
        let policies =
            tree::told(&void).map_or_else(String::new, |void| format!("; no workload is selected by {void}"));
        format!("no file describes pods that `{}` means{policies}", self.probe.to.written())
    }
}

/// Everybody outside who may begin a connection, or take one.
fn outside(reach: &Reach<'_>, direction: Direction) -> impl Iterator<Item = Peer> {
    let outside = reach.peers(direction).into_iter().filter(|peer| !matches!(peer, Peer::Workload(_)));
    outside.chain([Peer::ExternalV6])
}

/// Whether a port is open.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Open {
    sure: bool,
    may: bool,
}

/// What the answers came to, with all that is unknown taken one way.
#[derive(Default, PartialEq, Eq)]
struct Seen {
    namespaces: BTreeSet<String>,
    is_outside: bool,
    is_any_open: bool,
    is_any_shut: bool,
}

/// The answers to all questions of a look.
#[derive(Default)]
struct Found {
    asked: usize,
    least: Seen,
    most: Seen,
    deciding: BTreeSet<Deciding>,
    doubts: BTreeSet<String>,
}

impl Found {
    /// Tells what is so whatever the unknown turns out to be. What depends on it is not seen, and why.
    fn tell(&self, reach: &Reach<'_>, sight: &mut Sight) {
        let values = |seen: &Seen| {
            let is_all_open = self.asked > 0 && seen.is_any_open && !seen.is_any_shut;
            [
                ("allowed", Value::Boolean(seen.is_any_open)),
                ("allowed_all", Value::Boolean(is_all_open)),
                ("allowed_from", texts(seen.namespaces.iter().cloned())),
                ("allowed_external", Value::Boolean(seen.is_outside)),
            ]
        };
        let mut is_unseen = false;
        for ((name, least), (_, most)) in values(&self.least).into_iter().zip(values(&self.most)) {
            if least == most {
                sight.put(name, least);
            } else {
                // The outside alone is one of several answers; the others stand without it.
                is_unseen |= name != "allowed_external";
            }
        }
        let doubts = if self.least == self.most { &BTreeSet::new() } else { &self.doubts };
        sight.put("undecided", texts(doubts.iter().take(MAX_DECIDING).cloned()));
        let deciding = self.deciding.iter().map(|one| reach.told_of(one));
        let deciding: BTreeSet<String> = deciding.map(|one| format!("{} {}", one.direction.word(), one.by)).collect();
        sight.put("decided_by", texts(deciding.into_iter().take(MAX_DECIDING)));
        if is_unseen {
            sight.trouble = tree::told(doubts);
        }
    }
}

fn texts(all: impl IntoIterator<Item = String>) -> Value {
    Value::List(all.into_iter().map(Value::Text).collect())
}

/// Manifests that could not be read, or are made elsewhere.
fn unread(tree: &Tree) -> Option<String> {
    let all: Vec<String> = tree.unread().into_iter().chain(tree.elsewhere.iter().cloned()).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Every connection that the manifests below a directory allow.
///
/// # Errors
/// It is no directory.
pub fn connections(directory: &Path) -> Result<Connections, Error> {
    // Who names a directory means all of it, also what git ignores.
    let tree = tree::read_by(outside::files::walk_all, directory, &directory.to_string_lossy())?;
    let reach = Reach::of(&tree.cluster);
    let mut notes: Vec<String> = tree.broken.iter().map(|broken| broken.message.clone()).collect();
    notes.extend(tree.notes);
    notes
        .extend(reach.told().iter().chain(&reach.unresolved()).map(|told| format!("{}: {}", told.place, told.message)));
    Ok(Connections { text: cluster::connections(&reach), notes, workloads: tree.cluster.workloads.len() })
}
