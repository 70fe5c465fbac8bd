//! `k8s.reach`: who may talk to whom on which port by the policies in manifests, and which policy decides it.
//!
//! The files are text, and what they come to is resolved: selectors against the labels of pods, named ports against
//! containers, addresses against blocks. So the grade is `wired`. Where a policy of a kind that is not followed, or a file
//! that cannot be read, may say something about these workloads, nothing was seen.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use cluster::{Kubernetes, Labels, Peer, Protocol, Reach, Selector, Workload};
use evidence::{Grade, Value};
use text::{Fields, Span};

use super::tree::{self, Connections, Tree};
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, World};

/// How long reading and resolving may take.
const REACH_WITHIN: Duration = Duration::from_secs(60);

/// Rules and policies that are kept of what decides.
const MAX_DECIDING: usize = 50;

/// Who may reach some workloads.
#[derive(Clone, Debug, PartialEq)]
pub struct K8sReach {
    from: String,
    /// Everybody, when not written.
    source: Option<Who>,
    to: Who,
    port: u16,
    protocol: Protocol,
}

/// Some workloads, or what is outside.
#[derive(Clone, Debug, PartialEq)]
struct Who {
    written: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    /// `ns:shop`.
    Namespace(String),
    /// `shop/api`.
    Named(String, String),
    /// `app=cache,tier=fast`, in any namespace.
    Labels(Labels),
    /// `external`.
    External,
}

impl Who {
    fn read(written: &str) -> Option<Self> {
        let what = if written == "external" {
            What::External
        } else if let Some(namespace) = written.strip_prefix("ns:") {
            What::Namespace(namespace.to_owned()).filled()?
        } else if let Some((namespace, name)) = written.split_once('/').filter(|_| !written.contains('=')) {
            What::Named(namespace.to_owned(), name.to_owned()).filled()?
        } else {
            let pairs: Option<Labels> = written
                .split(',')
                .map(|pair| pair.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())))
                .collect();
            What::Labels(pairs.filter(|pairs| !pairs.is_empty())?).filled()?
        };
        Some(Self { written: written.to_owned(), what })
    }

    fn means(&self, workload: &Workload) -> bool {
        match &self.what {
            What::Namespace(namespace) => workload.namespace == *namespace,
            What::Named(namespace, name) => workload.namespace == *namespace && workload.name == *name,
            What::Labels(labels) => Selector::of_labels(labels).selects(&workload.labels),
            What::External => false,
        }
    }

    fn workloads(&self, cluster: &Kubernetes) -> Vec<usize> {
        let all = cluster.workloads.iter().enumerate();
        all.filter(|(_, workload)| self.means(workload)).map(|(at, _)| at).collect()
    }
}

impl What {
    fn filled(self) -> Option<Self> {
        let is_filled = match &self {
            Self::Namespace(namespace) => !namespace.is_empty(),
            Self::Named(namespace, name) => !namespace.is_empty() && !name.is_empty(),
            Self::Labels(labels) => labels.keys().all(|key| !key.is_empty()),
            Self::External => true,
        };
        is_filled.then_some(self)
    }
}

impl K8sReach {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let from = fields.need_text("from").map(str::to_owned);
        let (source_span, to_span) = (span_of(fields, "source"), span_of(fields, "to"));
        let source = fields.text("source");
        let to = fields.need_text("to");
        let port = fields.integer("port", 1..=i64::from(u16::MAX));
        let words = Protocol::ALL.map(Protocol::word);
        let protocol = fields.one_of("protocol", &words).map_or(Protocol::Tcp, |index| Protocol::ALL[index]);
        if port.is_none() && !fields.all().iter().any(|entry| entry.key == "port") {
            fields.problem("missing-key", fields.span(), "`port` is missing: a number from 1 to 65535");
        }
        let mut who = |written: &str, span: Span| {
            let who = Who::read(written);
            if who.is_none() {
                let message =
                    format!("`{written}` names no workloads; write `ns:shop`, `shop/api`, `app=cache` or `external`");
                fields.problem("wrong-value", span, message);
            }
            who
        };
        let source = match source {
            Some(written) => Some(who(written, source_span)?),
            None => None,
        };
        let to = who(to?, to_span)?;
        let port = u16::try_from(port?).ok()?;
        Some(Self { from: from?, source, to, port, protocol })
    }

    pub(crate) fn subject(&self) -> String {
        let source = self.source.as_ref().map_or("anybody", |source| source.written.as_str());
        format!("{}: {source} to {} on {} {}", self.from, self.to.written, self.protocol.word(), self.port)
    }
}

/// Reads and resolves, in a thread of its own.
pub(crate) async fn look(probe: &K8sReach, world: &World) -> Sight {
    let (owned, directory) = (probe.clone(), world.directory.clone());
    let looking = tokio::task::spawn_blocking(move || look_below(&owned, &directory));
    match tokio::time::timeout(REACH_WITHIN, looking).await {
        Ok(Ok(sight)) => sight,
        Ok(Err(_)) => Sight::blind(&probe.from, &Error::CutShort),
        Err(_) => Sight::blind(&probe.from, &Error::TimedOut(REACH_WITHIN)),
    }
}

fn look_below(probe: &K8sReach, directory: &Path) -> Sight {
    let tree = tree::below(directory, &probe.from).and_then(|path| tree::read(&path, &probe.from));
    match tree {
        Ok(tree) => resolved(probe, &tree),
        Err(error) => Sight::blind(&probe.from, &error),
    }
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
        sight
            .integer("source_selects", source.workloads(cluster).len().max(usize::from(source.what == What::External)));
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
        Some(Who { what: What::External, .. }) => {
            everybody.into_iter().filter(|peer| !matches!(peer, Peer::Workload(_))).collect()
        }
        Some(source) => source.workloads(cluster).into_iter().map(Peer::Workload).collect(),
    }
}

/// What may say something else and was not understood.
fn unclear(reach: &Reach<'_>, tree: &Tree) -> Option<String> {
    let unread = tree.broken.iter().filter(|broken| broken.text.is_empty() || broken.text.contains("kind"));
    let told = reach.told().iter().filter(|told| told.message.contains("is not followed"));
    let mut all: Vec<String> = unread.map(|broken| broken.message.clone()).collect();
    all.extend(told.map(|told| format!("{}: {}", told.place, told.message)));
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
