//! `k8s.reach`: who may talk to whom on which port by the policies in manifests, and which policy decides it.
//!
//! The files are text, and what they come to is resolved: selectors against the labels of pods, named ports against
//! containers, addresses against blocks. So the grade is `wired`. Where a policy of a kind that is not followed, or a file
//! that cannot be read, may say something about these workloads, nothing was seen.

use std::collections::BTreeSet;
use std::path::Path;

use cluster::{Kubernetes, Peer, Protocol, Reach};
use evidence::{Grade, Value};
use text::Fields;

use super::tree::{self, Connections, Place, Tree, looking};
use super::who::{Who, field};
use crate::kind::{Look, Looking};
use crate::sight::Sight;
use crate::{Error, World};

/// Rules and policies that are kept of what decides.
const MAX_DECIDING: usize = 50;

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
    let cluster = &tree.cluster;
    let reach = Reach::of(cluster);
    let to = probe.to.workloads(cluster);
    let mut sight = Sight::new(&probe.from);
    sight.trouble = unclear(&reach, tree);
    if sight.trouble.is_some() {
        // What was not understood may open or close anything.
        return sight;
    }
    sight.integer("to_selects", to.len());
    sight.subjects = to.len() as u64;
    let sources: Vec<Peer> = sources(probe, cluster, &reach);
    if let Some(source) = &probe.source {
        sight.integer("source_selects", source.workloads(cluster).len().max(usize::from(source.is_external())));
    }
    let (mut namespaces, mut deciding) = (BTreeSet::new(), BTreeSet::new());
    let (mut open, mut asked, mut outside) = (0, 0, false);
    for source in &sources {
        for destination in to.iter().map(|at| Peer::Workload(*at)).filter(|destination| destination != source) {
            asked += 1;
            let decided = reach.decided(*source, destination);
            deciding.extend(decided.into_iter().map(|one| format!("{} {}", one.direction.word(), one.by)));
            if !reach.allowed(*source, destination).contains(probe.protocol, probe.port) {
                continue;
            }
            open += 1;
            match source {
                Peer::Workload(at) => drop(namespaces.insert(cluster.workloads[*at].namespace.clone())),
                Peer::External(_) | Peer::IngressController => outside = true,
            }
        }
    }
    sight.boolean("allowed", open > 0);
    sight.boolean("allowed_all", asked > 0 && open == asked);
    sight.boolean("allowed_external", outside);
    let texts = |all: BTreeSet<String>| Value::List(all.into_iter().map(Value::Text).collect());
    sight.put("allowed_from", texts(namespaces));
    sight.put("decided_by", texts(deciding.into_iter().take(MAX_DECIDING).collect()));
    sight.grade = Some(Grade::Wired);
    if asked == 0 {
        // A question about nobody says nothing.
        sight.subjects = 0;
    }
    sight
}

fn sources(probe: &K8sReach, cluster: &Kubernetes, reach: &Reach<'_>) -> Vec<Peer> {
    let everybody = reach.peers(cluster::Direction::Ingress);
    match &probe.source {
        None => everybody,
        Some(source) if source.is_external() => {
            everybody.into_iter().filter(|peer| !matches!(peer, Peer::Workload(_))).collect()
        }
        Some(source) => source.workloads(cluster).into_iter().map(Peer::Workload).collect(),
    }
}

/// What may say something else and was not understood.
fn unclear(reach: &Reach<'_>, tree: &Tree) -> Option<String> {
    let told = reach.told().iter().filter(|told| told.message.contains("is not followed"));
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
