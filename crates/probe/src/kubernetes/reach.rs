//! `k8s.reach`: who may talk to whom on which port by the policies in manifests, and which policy decides it.
//!
//! The files are text, and what they come to is resolved: selectors against the labels of pods, named ports against
//! containers, addresses against blocks. So the grade is `wired`. Where a policy of a kind that is not followed, or a file
//! that cannot be read, may say something about these workloads, nothing was seen.

use std::collections::BTreeSet;
use std::path::Path;

use cluster::{Direction, Kubernetes, Peer, Protocol, Reach, Weight};
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
    let to: Vec<Peer> = probe.to.workloads(&cluster).into_iter().map(Peer::Workload).collect();
    let mut sight = Sight::new(&probe.from);
    let on_host = on_host(&cluster, &to);
    let question = Question { probe, cluster: &cluster, reach: &reach, to };
    let sources = unclear(&reach, tree).or(on_host).map_or_else(|| question.sources(), Err);
    match sources {
        Ok(sources) => question.answer(&sources, &mut sight),
        // What was not understood may open or close anything.
        Err(trouble) => sight.trouble = Some(trouble),
    }
    sight
}

/// Policies are for pods with a network of their own.
fn on_host(cluster: &Kubernetes, to: &[Peer]) -> Option<String> {
    let workloads = to.iter().filter_map(|peer| match peer {
        Peer::Workload(at) => cluster.workloads.get(*at),
        Peer::External(_) | Peer::ExternalV6 | Peer::IngressController => None,
        Peer::SomePod(_) | Peer::EveryPod(_) => None,
    });
    workloads.into_iter().find(|workload| workload.host_network).map(|workload| {
        format!("{}: its pods use the network of their node, where policies mostly do not bind", workload.title())
    })
}

/// Whom a look asks about.
struct Question<'c> {
    probe: &'c K8sReach,
    cluster: &'c Kubernetes,
    reach: &'c Reach<'c>,
    to: Vec<Peer>,
}

impl Question<'_> {
    fn is_open(&self, source: Peer, destination: Peer) -> bool {
        self.reach.allowed(source, destination).contains(self.probe.protocol, self.probe.port)
    }

    /// Everybody who is asked about: whoever is described, what is outside, and of each namespace a pod that no file describes.
    fn sources(&self) -> Result<Vec<Peer>, String> {
        let outside =
            self.reach.peers(Direction::Ingress).into_iter().filter(|peer| !matches!(peer, Peer::Workload(_)));
        let outside = outside.chain([Peer::ExternalV6]);
        match &self.probe.source {
            None => {
                let described = (0..self.cluster.workloads.len()).map(Peer::Workload);
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
        let known = known.or_else(|| self.reach.namespaces().position(|_| ALWAYS_THERE.contains(&namespace)));
        let Some(at) = known else {
            return Err(format!("no file describes the namespace `{namespace}`, or a pod in it"));
        };
        let differs = |to: &&Peer| self.is_open(Peer::SomePod(at), **to) != self.is_open(Peer::EveryPod(at), **to);
        match self.to.iter().find(differs) {
            None => Ok(vec![Peer::EveryPod(at)]),
            Some(to) => Err(format!(
                "no file describes the pods of `{namespace}`, and whether they reach {} depends on their labels",
                self.reach.title(*to)
            )),
        }
    }

    fn answer(&self, sources: &[Peer], sight: &mut Sight) {
        sight.integer("to_selects", self.to.len());
        if let Some(source) = &self.probe.source {
            let count = source.workloads(self.cluster).len();
            sight.integer("source_selects", count.max(usize::from(source.is_external())));
        }
        let (mut namespaces, mut deciding) = (BTreeSet::new(), BTreeSet::new());
        let (mut open, mut all_open, mut asked, mut outside) = (0, true, 0, false);
        for source in sources {
            for destination in self.to.iter().filter(|destination| *destination != source) {
                asked += 1;
                let is_open = self.is_open(*source, *destination);
                // What no file describes need not be there.
                all_open &= is_open || matches!(source, Peer::SomePod(_) | Peer::ExternalV6);
                let decided = self.reach.decided(*source, *destination);
                deciding.extend(decided.into_iter().map(|one| format!("{} {}", one.direction.word(), one.by)));
                if !is_open {
                    continue;
                }
                open += 1;
                match source {
                    Peer::Workload(at) => drop(namespaces.insert(self.cluster.workloads[*at].namespace.clone())),
                    Peer::SomePod(at) | Peer::EveryPod(at) => {
                        namespaces.extend(self.reach.namespaces().nth(*at).map(str::to_owned))
                    }
                    Peer::External(_) | Peer::ExternalV6 | Peer::IngressController => outside = true,
                }
            }
        }
        sight.boolean("allowed", open > 0);
        sight.boolean("allowed_all", asked > 0 && all_open && open > 0);
        sight.boolean("allowed_external", outside);
        let texts = |all: BTreeSet<String>| Value::List(all.into_iter().map(Value::Text).collect());
        sight.put("allowed_from", texts(namespaces));
        sight.put("decided_by", texts(deciding.into_iter().take(MAX_DECIDING).collect()));
        sight.grade = Some(Grade::Wired);
        // A question about nobody says nothing.
        sight.subjects = if asked == 0 { 0 } else { self.to.len() as u64 };
    }
}

/// What may say something else and was not understood.
fn unclear(reach: &Reach<'_>, tree: &Tree) -> Option<String> {
    let told = reach.told().iter().filter(|told| told.weight == Weight::Unclear);
    let told = told.map(|told| format!("{}: {}", told.place, told.message));
    let all: Vec<String> = tree.unread().into_iter().chain(told).chain(tree.elsewhere.iter().cloned()).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Every connection that the manifests below a directory allow.
///
/// # Errors
/// It is no directory.
pub fn connections(directory: &Path) -> Result<Connections, Error> {
    let tree = tree::read(directory, &directory.to_string_lossy())?;
    let reach = Reach::of(&tree.cluster);
    let mut notes: Vec<String> = tree.broken.iter().map(|broken| broken.message.clone()).collect();
    notes.extend(tree.notes);
    notes
        .extend(reach.told().iter().chain(&reach.unresolved()).map(|told| format!("{}: {}", told.place, told.message)));
    Ok(Connections { text: cluster::connections(&reach), notes, workloads: tree.cluster.workloads.len() })
}
