//! `k8s.disruption`: how many pods of some workloads may go at once, and whether a drain of a node can ever end.
//!
//! A budget that selects nothing protects nothing, and one that lets nobody go blocks every drain. Both are computed from
//! selectors, replicas and autoscalers in the same files, so the grade is `wired`.

use std::collections::BTreeSet;
use std::path::Path;

use cluster::{Budget, Kubernetes, OwnBudgets, Workload, budgets, least_replicas};
use evidence::{Grade, Value};
use text::Fields;

use super::tree::{Place, Tree, looking};
use super::who::{Who, field};
use crate::World;
use crate::kind::{Look, Looking};
use crate::sight::Sight;

/// The disruptions that some workloads allow.
#[derive(Clone, Debug)]
pub(crate) struct K8sDisruption {
    from: Place,
    of: Who,
}

impl K8sDisruption {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let from = Place::read(fields);
        let of = field(fields, "of", true);
        Some(Self { from: from?, of: of? })
    }
}

impl Look for K8sDisruption {
    fn subject(&self) -> String {
        format!("{}: {}", self.from, self.of.written())
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

/// Reads and resolves, in a thread of its own.
async fn look(probe: &K8sDisruption, world: &World) -> Sight {
    let owned = probe.clone();
    looking(&probe.from, world, move |tree: &Tree, _: &Path| resolved(&owned, tree)).await
}

fn resolved(probe: &K8sDisruption, tree: &Tree) -> Sight {
    let mut sight = Sight::new(&probe.from);
    sight.trouble = tree.unreadable();
    if sight.trouble.is_some() {
        return sight;
    }
    let cluster = tree.cluster.clone().with_made();
    let meant = probe.of.workloads(&cluster);
    let (all, told) = budgets(&cluster);
    sight.trouble = unclear(&cluster, &meant, &all);
    if sight.trouble.is_some() {
        return sight;
    }
    let own: Vec<&Budget> = all.iter().filter(|budget| budget.selects.iter().any(|at| meant.contains(at))).collect();
    let covered = meant.iter().filter(|at| own.iter().any(|budget| budget.selects.contains(at))).count();
    if covered < meant.len() && !tree.elsewhere.is_empty() {
        sight.trouble = Some(tree.elsewhere.join("; "));
        return sight;
    }
    let workloads = meant.iter().map(|at| cluster.workloads[*at].place.clone());
    sight.trouble = tree.doubt(workloads.chain(own.iter().map(|budget| budget.place.clone())));
    let texts = |all: Vec<String>| Value::List(all.into_iter().map(Value::Text).collect());
    sight.subjects = meant.len() as u64;
    sight.integer("workloads", meant.len());
    sight.integer("covered", covered);
    sight.put("budgets", texts(own.iter().map(|budget| format!("{} at {}", budget.title, budget.place)).collect()));
    let dead = meant.iter().map(|at| &cluster.workloads[*at]);
    let dead = dead.filter_map(|one| Some(format!("{}: {}: {}", one.place, one.title(), one.refused.as_ref()?)));
    let refused = told.iter().map(|told| format!("{}: {}", told.place, told.message));
    sight.put("refused", texts(refused.chain(dead).collect()));
    let least = |of: &dyn Fn(&Budget) -> Option<u32>| -> Option<u32> {
        let all: Option<Vec<u32>> = own.iter().map(|budget| of(budget)).collect();
        all?.into_iter().min()
    };
    for (name, known) in [("may_go", least(&|budget| budget.may_go)), ("must_stay", least(&|budget| budget.must_stay))]
    {
        if let Some(known) = known {
            sight.integer(name, known as usize);
        }
    }
    if own.iter().all(|budget| budget.may_go.is_some()) {
        sight.boolean("blocks_drain", own.iter().any(|budget| budget.may_go == Some(0)));
    }
    sight.boolean("overlaps", own.iter().any(|budget| budget.overlaps));
    let replicas: Option<Vec<u32>> = meant.iter().map(|at| least_replicas(&cluster, &cluster.workloads[*at])).collect();
    if let Some(least) = replicas.and_then(|replicas| replicas.into_iter().min()) {
        sight.integer("replicas", least as usize);
    }
    of_workloads(&mut sight, &cluster, &meant);
    let grade = if own.is_empty() { Grade::Absent } else { Grade::Wired };
    // Of nobody there is nothing to be said.
    sight.grade = (!meant.is_empty() && sight.trouble.is_none()).then_some(grade);
    if meant.is_empty() {
        sight.trouble = Some(format!("`{}` is nobody here", probe.of.written()));
    }
    sight
}

/// Budgets that may be there and no file describes, or that may be for these workloads.
fn unclear(cluster: &Kubernetes, meant: &[usize], budgets: &[Budget]) -> Option<String> {
    let is_covered = |at: usize| budgets.iter().any(|budget| budget.selects.contains(&at));
    let may_have_more = |at: &&usize| match cluster.workloads[**at].operator.as_ref().map(|operator| operator.budgets) {
        None | Some(OwnBudgets::None) => false,
        Some(OwnBudgets::Made) => true,
        Some(OwnBudgets::SomeVersions) => !is_covered(**at),
    };
    let made = meant.iter().find(may_have_more).map(|at| {
        let title = cluster.workloads[*at].title();
        format!("the operator of {title} makes budgets of its own, in some versions at least, which no file describes")
    });
    let is_near = |budget: &&Budget| {
        meant.iter().any(|at| budget.title.split('/').next() == Some(&cluster.workloads[*at].namespace))
    };
    let partly = budgets
        .iter()
        .filter(is_near)
        .find_map(|budget| budget.unclear.as_ref().map(|why| format!("{} at {}: {why}", budget.title, budget.place)));
    made.or(partly)
}

/// What the workloads themselves say: what keeps their pods apart.
fn of_workloads(sight: &mut Sight, cluster: &Kubernetes, meant: &[usize]) {
    let workloads: Vec<&Workload> = meant.iter().map(|at| &cluster.workloads[*at]).collect();
    // What keeps pods of an operator apart stands in its resource, in words of its own.
    if workloads.iter().any(|workload| workload.operator.is_some()) {
        return;
    }
    // What all of them have; nothing where it depends on a number that nobody knows.
    let keys = |is_required: bool| -> Option<Vec<String>> {
        let mut all: Option<BTreeSet<String>> = None;
        for workload in &workloads {
            let pods = least_replicas(cluster, workload);
            let mut own = BTreeSet::new();
            for spread in workload.spreads.iter().filter(|spread| spread.is_required == is_required) {
                if spread.parts(pods)? {
                    own.insert(spread.key.clone());
                }
            }
            all = Some(match all {
                None => own,
                Some(all) => all.intersection(&own).cloned().collect(),
            });
        }
        Some(all.unwrap_or_default().into_iter().collect())
    };
    let texts = |all: Vec<String>| Value::List(all.into_iter().map(Value::Text).collect());
    for (name, known) in [("apart_by", keys(true)), ("preferably_apart_by", keys(false))] {
        if let Some(known) = known {
            sight.put(name, texts(known));
        }
    }
    let void = workloads.iter().flat_map(|workload| &workload.spreads).filter(|spread| !spread.is_own).count();
    sight.integer("void_spreads", void);
}
