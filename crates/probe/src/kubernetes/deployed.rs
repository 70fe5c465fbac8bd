//! `k8s.deployed`: whether what a file declares is reached from where a cluster enters, by Flux or Argo CD.
//!
//! A manifest that no root reaches does nothing, and so does one below a Kustomization that does not build, is suspended, or
//! waits for something that is not there. Reached is `wired`, there and not reached `declared`. Where a root leads to what is
//! not here, and nothing is found, nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Grade, Value};
use manifests::{
    Delivered, Object, Shelf, State, applications, deliver, deliver_application, entries, is_kustomization, left_alone,
    patches,
};
use text::Fields;

use super::repository::Repository;
use super::tree::{looking_through, told};
use crate::World;
use crate::kind::{Look, Looking};
use crate::sight::Sight;

/// Findings that are kept of each kind.
const MAX_KEPT: usize = 100;

/// Whether some objects are deployed.
#[derive(Clone, Debug)]
pub(crate) struct K8sDeployed {
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    path: Option<String>,
    root: Option<String>,
}

impl K8sDeployed {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let mut text = |key: &'static str| fields.text(key).map(str::to_owned);
        let (kind, name, namespace) = (text("kind"), text("name"), text("namespace"));
        let (path, root) = (text("path"), text("root"));
        if kind.is_none() && path.is_none() {
            fields.problem("missing-key", fields.span(), "`kind` or `path` must say which objects are meant");
            return None;
        }
        Some(Self { kind, name, namespace, path, root })
    }

    fn is_kind(&self, object: &Object) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == object.kind())
    }

    fn is_called(&self, object: &Object) -> bool {
        self.name.as_deref().is_none_or(|name| name == object.name())
            && self.namespace.as_deref().is_none_or(|namespace| namespace == object.namespace())
    }

    /// Whether a file may mean it: one that names no namespace may get any.
    fn may_be_called(&self, object: &Object) -> bool {
        let namespace = object.text(&["metadata", "namespace"]);
        self.name.as_deref().is_none_or(|name| name == object.name())
            && self.namespace.as_deref().is_none_or(|wanted| namespace.is_none_or(|own| own == wanted))
    }
}

impl Look for K8sDeployed {
    fn subject(&self) -> String {
        let or_any = |text: &Option<String>| text.clone().unwrap_or_else(|| "*".to_owned());
        let path = self.path.as_ref().map(|path| format!(" of {path}")).unwrap_or_default();
        format!("{} {}/{}{path}", or_any(&self.kind), or_any(&self.namespace), or_any(&self.name))
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let owned = self.clone();
        Box::pin(async move { looking_through(&self.subject(), world, move |all| resolved(&owned, all)).await })
    }
}

/// Everything that reaches, or would reach, one object of a file.
#[derive(Default)]
struct Reached {
    /// The roots that apply it under the name that is asked for.
    clusters: BTreeSet<String>,
    /// Why it is not applied where it would be.
    withheld: BTreeSet<String>,
    /// As what it is applied elsewhere.
    otherwise: BTreeSet<String>,
    /// Why nobody can say here that it is applied.
    doubts: BTreeSet<String>,
    /// It has the name that is asked for in some cluster, whether or not it is applied.
    is_called: bool,
    /// A variable of its name is not known.
    is_open: bool,
}

fn resolved(probe: &K8sDeployed, repository: &Repository) -> Sight {
    let mut sight = Sight::new(probe.subject());
    let shelf = repository.shelf();
    let all = delivered(probe, repository, &shelf);
    if all.is_empty() {
        sight.trouble = Some("no Flux or Argo root here".to_owned());
        return sight;
    }
    let reached = reached(probe, &all, repository);
    let declared = declared(probe, repository, &shelf, &reached);
    sight.source = all.iter().map(|one| one.root.as_str()).collect::<Vec<_>>().join(", ");
    let mut seen = Seen::default();
    for (at, title) in &declared {
        seen.add(at, title, reached.get(at));
    }
    let mut uncertain = uncertain(probe, &all, repository, &declared, &seen);
    uncertain.extend(seen.doubts.iter().cloned());
    if seen.reached.is_empty() {
        uncertain.extend(nameless(probe, repository, &declared, &reached));
    }
    sight.trouble = told(&uncertain);
    put(&mut sight, probe, &all, seen, declared.len(), uncertain.is_empty());
    sight
}

/// What was found of the objects that are meant.
#[derive(Default)]
struct Seen {
    clusters: BTreeSet<String>,
    orphaned: Vec<String>,
    suspended: BTreeSet<String>,
    /// Titles that something reaches, and those that nothing does.
    reached: BTreeSet<String>,
    unreached: BTreeSet<String>,
    /// Why some of them may be reached, or not.
    doubts: BTreeSet<String>,
    /// Other clusters may apply what some do.
    may_reach_more: bool,
}

impl Seen {
    fn add(&mut self, at: &str, title: &str, reached: Option<&Reached>) {
        let nothing = Reached::default();
        let reached = reached.unwrap_or(&nothing);
        if !reached.clusters.is_empty() {
            self.may_reach_more |= !reached.doubts.is_empty();
            self.clusters.extend(reached.clusters.iter().cloned());
            self.reached.insert(title.to_owned());
            return;
        }
        if !reached.doubts.is_empty() {
            self.doubts.extend(reached.doubts.iter().cloned());
            return;
        }
        self.unreached.insert(title.to_owned());
        self.suspended.extend(reached.withheld.iter().filter(|why| why.contains("suspended")).cloned());
        let why = reached.withheld.iter().chain(&reached.otherwise).next();
        self.orphaned.push(why.map_or_else(|| at.to_owned(), |why| format!("{at}: {why}")));
    }
}

fn put(sight: &mut Sight, probe: &K8sDeployed, all: &[Delivered], seen: Seen, count: usize, is_certain: bool) {
    let texts =
        |all: &mut dyn Iterator<Item = String>| Value::List(all.take(MAX_KEPT).map(Value::Text).collect::<Vec<_>>());
    // Of a name that is asked for, one file that is reached is enough; where all of a kind are meant, each must be.
    let left_over: Vec<&String> = match probe.name {
        Some(_) => seen.unreached.difference(&seen.reached).collect(),
        None => seen.unreached.iter().collect(),
    };
    let is_doubted = seen.reached.is_empty() || probe.name.is_none();
    let is_certain = is_certain && (seen.doubts.is_empty() || !is_doubted);
    let deployed =
        count > 0 && left_over.is_empty() && !seen.reached.is_empty() && (seen.doubts.is_empty() || !is_doubted);
    sight.integer("objects", count);
    if is_certain || deployed {
        sight.boolean("deployed", deployed);
        let everywhere = deployed && all.iter().all(|one| seen.clusters.contains(&one.root));
        if everywhere || !(deployed && seen.may_reach_more) {
            sight.boolean("everywhere", everywhere);
        }
    }
    sight.put("clusters", texts(&mut seen.clusters.iter().cloned()));
    sight.put("roots", texts(&mut all.iter().map(|one| one.root.clone())));
    sight.put("orphaned", texts(&mut seen.orphaned.iter().cloned()));
    sight.put("suspended", texts(&mut seen.suspended.iter().cloned()));
    let units = || all.iter().flat_map(|one| &one.units);
    let errors: BTreeSet<&String> =
        units().filter(|unit| unit.state != State::Suspended).flat_map(|unit| &unit.errors).collect();
    sight.put("build_errors", texts(&mut errors.into_iter().cloned()));
    let undefined: BTreeSet<&String> = units().flat_map(|unit| &unit.undefined).collect();
    sight.put("undefined", texts(&mut undefined.into_iter().cloned()));
    sight.grade = match (is_certain || deployed, deployed, count) {
        (false, ..) => None,
        (true, true, _) => Some(Grade::Wired),
        (true, false, 0) => Some(Grade::Absent),
        (true, false, _) => Some(Grade::Declared),
    };
    // The repository was searched, so what is not there is absent.
    sight.subjects = if is_certain || deployed { count.max(1) as u64 } else { count as u64 };
    if deployed {
        sight.trouble = None;
    }
}

/// What every root delivers.
pub(super) fn delivered(probe: &K8sDeployed, repository: &Repository, shelf: &Shelf<'_>) -> Vec<Delivered> {
    let wanted = probe.root.as_ref().map(|root| repository.key(root));
    let is_wanted = |path: &str| {
        wanted.as_deref().is_none_or(|wanted| {
            wanted.is_empty() || path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let mut all: Vec<Delivered> =
        entries(shelf).iter().filter(|entry| is_wanted(entry)).map(|entry| deliver(entry, shelf)).collect();
    let roots = applications(shelf).into_iter().filter(|root| is_wanted(root.path()));
    all.extend(roots.map(|root| deliver_application(&root, shelf)));
    match wanted {
        Some(wanted) if all.is_empty() && repository.exists(&wanted) => vec![deliver(&wanted, shelf)],
        _ => all,
    }
}

/// By `file:line`, what reaches the objects of the kind.
fn reached(probe: &K8sDeployed, all: &[Delivered], repository: &Repository) -> BTreeMap<String, Reached> {
    let mut reached: BTreeMap<String, Reached> = BTreeMap::new();
    for one in all {
        for (at, unit) in one.units.iter().enumerate() {
            let withheld = one.withheld(at);
            for object in
                unit.objects.iter().filter(|object| probe.is_kind(object) && is_below(probe, object, repository))
            {
                let entry = reached.entry(object.place(object.node.span)).or_default();
                let withheld = withheld.clone().or_else(|| left_alone(object)).or_else(|| suspended(object));
                entry.is_called |= probe.is_called(object);
                entry.is_open |= has_open_name(object);
                match (&withheld, probe.is_called(object)) {
                    (None, true) => match one.doubted(at) {
                        Some(doubt) => drop(entry.doubts.insert(doubt.clone())),
                        None => drop(entry.clusters.insert(one.root.clone())),
                    },
                    // It is applied, and not to the cluster that enters here.
                    (Some(_), true) if unit.state == State::Elsewhere => {
                        entry.doubts.extend(unit.unknown.iter().cloned())
                    }
                    (Some(why), _) => drop(entry.withheld.insert(why.clone())),
                    (None, false) => {
                        let now = format!("reaches {} as {}/{}", one.root, object.namespace(), object.name());
                        entry.otherwise.insert(now);
                    }
                }
            }
        }
    }
    reached
}

/// A release that is suspended stays as it was.
fn suspended(object: &Object) -> Option<String> {
    let place = || object.place(object.node.span);
    let open = object.unknown.iter().any(|(path, _)| path == "spec.suspend");
    if object.kind() != "HelmRelease" || open {
        return None;
    }
    match object.switch(&["spec", "suspend"]) {
        Ok(true) => Some(format!("{}: HelmRelease {} is suspended", place(), object.name())),
        Ok(false) => None,
        Err(why) => Some(format!("{}: HelmRelease {}: {why}", place(), object.name())),
    }
}

/// Whether a variable of its name or namespace is not known.
fn has_open_name(object: &Object) -> bool {
    object.unknown.iter().any(|(path, _)| path == "metadata.name" || path == "metadata.namespace")
}

fn is_below(probe: &K8sDeployed, object: &Object, repository: &Repository) -> bool {
    probe.path.as_ref().is_none_or(|path| is_path_below(object.path(), &repository.key(path)))
}

fn is_path_below(path: &str, wanted: &str) -> bool {
    wanted.is_empty() || path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
}

/// The objects that files hold or kustomizations make, by `file:line`, with a title.
fn declared(
    probe: &K8sDeployed,
    repository: &Repository,
    shelf: &Shelf<'_>,
    reached: &BTreeMap<String, Reached>,
) -> BTreeMap<String, String> {
    let kustomizations = repository.files.iter().filter(|(path, _)| is_kustomization(path));
    let changes: BTreeSet<String> = kustomizations.flat_map(|(path, source)| patches(path, source)).collect();
    let mut all = BTreeMap::new();
    let is_file = |path: &&str| !changes.contains(*path) && !is_kustomization(path);
    for path in shelf.read.keys().filter(|path| is_file(path)) {
        for object in &shelf.read[path].objects {
            let at = object.place(object.node.span);
            let is_meant = match reached.get(&at) {
                Some(one) if has_variable(object) => one.is_called,
                Some(one) => one.is_called || probe.may_be_called(object),
                None => probe.may_be_called(object),
            };
            if probe.is_kind(object) && is_below(probe, object, repository) && is_meant {
                all.insert(at, format!("{} {}/{}", object.kind(), object.namespace(), object.name()));
            }
        }
    }
    // What generators make stands in no file.
    for (at, one) in reached.iter().filter(|(_, one)| !one.clusters.is_empty()) {
        let title = one.clusters.iter().next().map_or(String::new(), |root| format!("{at} in {root}"));
        all.entry(at.clone()).or_insert(title);
    }
    all
}

/// Whether its name as it is written, or its namespace, is not what it will be.
fn has_variable(object: &Object) -> bool {
    object.name().contains("${") || object.namespace().contains("${")
}

/// Files whose names are not known, and which may mean what is asked for.
fn nameless(
    probe: &K8sDeployed,
    repository: &Repository,
    declared: &BTreeMap<String, String>,
    reached: &BTreeMap<String, Reached>,
) -> Vec<String> {
    let is_written = |object: &&Object| {
        let at = object.place(object.node.span);
        let may_be = reached.get(&at).is_none_or(|one| one.is_open);
        probe.is_kind(object) && has_variable(object) && may_be && !declared.contains_key(&at)
    };
    let all = repository.objects().filter(is_written).filter(|object| is_below(probe, object, repository));
    let told = |object: &Object| {
        let (kind, name) = (object.kind(), object.name());
        format!("{}: the name of the {kind} {name} is not known", object.place(object.node.span))
    };
    if probe.name.is_none() && probe.namespace.is_none() { Vec::new() } else { all.map(told).collect() }
}

/// Why something that nobody reaches here may be reached all the same, or may be there.
fn uncertain(
    probe: &K8sDeployed,
    all: &[Delivered],
    repository: &Repository,
    declared: &BTreeMap<String, String>,
    seen: &Seen,
) -> Vec<String> {
    let mut why = Vec::new();
    if declared.is_empty() {
        why.extend(hidden(probe, all, repository));
        return why;
    }
    let in_force =
        all.iter().flat_map(|one| one.units.iter().enumerate().map(move |(at, unit)| (one.withheld(at), unit)));
    for unit in in_force.filter(|(withheld, _)| withheld.is_none()).map(|(_, unit)| unit) {
        let holds_it = seen.orphaned.iter().any(|orphan| is_path_below(orphan, &unit.path));
        let may_reach = |note: &&String| {
            !note.contains("lies elsewhere")
                && (!note.contains("is not rendered") || holds_it)
                && !note.contains("`helmCharts`")
        };
        why.extend(unit.unknown.iter().filter(may_reach).cloned());
    }
    why
}

/// Where an object may be that is found nowhere.
fn hidden(probe: &K8sDeployed, all: &[Delivered], repository: &Repository) -> Vec<String> {
    let mut why = Vec::new();
    let kind = probe.kind.as_deref().unwrap_or("kind:");
    let below = probe.path.as_ref().map(|path| repository.key(path));
    if let Some(path) = below.as_ref().filter(|path| !repository.exists(path)) {
        why.push(format!("{path} is not there"));
    }
    let is_meant = |path: &str| below.as_ref().is_none_or(|below| is_path_below(path, below));
    for (path, source) in repository.files.iter().filter(|(path, _)| is_meant(path)) {
        if source.text().contains("{{") && source.text().contains(kind) {
            why.push(format!("{path} is a template, which is not rendered"));
        }
    }
    why.extend(
        repository
            .broken()
            .filter(|(path, text)| is_meant(path) && text.contains(kind))
            .map(|(path, _)| format!("{path} cannot be read to its end")),
    );
    why.extend(repository.unreadable_below(below.as_deref().unwrap_or("")));
    if below.is_none() {
        for one in all {
            why.extend(one.units.iter().flat_map(|unit| unit.unknown.iter().cloned()));
            let releases = one.applied().filter(|object| object.kind() == "HelmRelease");
            why.extend(releases.map(|object| {
                format!("{}: the chart of {} is not rendered", object.place(object.node.span), object.name())
            }));
        }
    }
    why
}
