//! What Flux would apply to one cluster: its Kustomizations, followed from the directory where the cluster enters.
//!
//! Each Kustomization is built on its own: what cannot be built, is suspended, or waits for another that never becomes ready
//! is not applied, and the rest goes on. What comes from another source is not here, and named.
//! Files are known by the paths that their sources name.
//! Source: the API of kustomize.toolkit.fluxcd.io/v1 and the code of kustomize-controller.

mod holder;
pub(crate) mod origin;
mod substitute;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use text::{Entry, Node, NodeKind, Source};

use self::holder::Sources;
use self::origin::{Origins, Standing, base};
use self::substitute::{Findings, Variables, substitute};
use crate::kustomize::{Assembling, Shelf, Written, directory, joined, kustomization_in};
use crate::object::Object;
use crate::patch::set;

/// The group of Flux Kustomizations.
pub const FLUX_GROUP: &str = "kustomize.toolkit.fluxcd.io";

/// The most Kustomizations that are followed for a cluster.
pub const MAX_UNITS: usize = 2_000;

/// Files that never reach a cluster: those that Flux leaves out besides hidden ones, and that of our own.
const LEFT_OUT: [&str; 5] =
    ["cloudbuild.yaml", "appveyor.yml", "codeship-services.yml", "codeship-steps.yml", "seaworthy.yaml"];

/// How often a cluster is built anew because variables were found on the way.
const MAX_ROUNDS: usize = 4;

/// What one cluster gets.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The directory where it enters.
    pub root: String,
    /// Everything that applies something, the root first.
    pub units: Vec<Unit>,
}

/// A Kustomization of Flux, or the directory where a cluster enters, and what it makes.
#[derive(Clone, Debug)]
pub struct Unit {
    /// `namespace/name`, or the directory.
    pub title: String,
    /// `file:line` of it, or the directory.
    pub place: String,
    /// The directory that it applies.
    pub path: String,
    /// Whether it is applied.
    pub state: State,
    /// The one that made it.
    pub by: Option<usize>,
    /// What it makes; of one that fails, what could be read.
    pub objects: Vec<Object>,
    /// Why nothing of it is applied.
    pub errors: Vec<String>,
    /// What leaves open what else it makes.
    pub unknown: Vec<String>,
    /// Variables that nobody defines, each with its place.
    pub undefined: Vec<String>,
    /// Why it may not be applied at all, as far as can be told from here.
    pub doubts: Vec<String>,
    /// What it waits for, each as `namespace/name`.
    pub(crate) waits_for: Vec<String>,
}

/// Whether a unit is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Applied,
    /// Somebody stopped it.
    Suspended,
    /// It cannot be built, or would be refused.
    Failed,
    /// It comes from another source, or goes to another cluster.
    Elsewhere,
    /// It waits for something that never becomes ready.
    Waiting,
}

impl Delivered {
    /// Why a unit is not applied, by its own state or that of whoever makes it.
    pub fn withheld(&self, at: usize) -> Option<String> {
        let mut next = Some(at);
        while let Some(unit) = next.and_then(|at| self.units.get(at)) {
            let why = unit.errors.first().map_or("", String::as_str);
            match unit.state {
                State::Applied => {}
                State::Suspended => return Some(format!("{}: Kustomization {} is suspended", unit.place, unit.title)),
                State::Failed => {
                    return Some(format!("{}: nothing of {} is applied: {why}", unit.place, unit.title));
                }
                State::Elsewhere => return Some(format!("{}: {} is not here", unit.place, unit.title)),
                State::Waiting => return Some(format!("{}: {} is never applied: {why}", unit.place, unit.title)),
            }
            next = unit.by;
        }
        None
    }

    /// Why nobody can say here that a unit is applied, by itself or by whoever makes it.
    pub fn doubted(&self, at: usize) -> Option<&String> {
        let mut next = Some(at);
        while let Some(unit) = next.and_then(|at| self.units.get(at)) {
            if let Some(doubt) = unit.doubts.first() {
                return Some(doubt);
            }
            next = unit.by;
        }
        None
    }

    /// What is not here and may be anything.
    pub fn is_elsewhere(&self) -> impl Iterator<Item = &String> {
        self.units.iter().filter(|unit| unit.state == State::Elsewhere).flat_map(|unit| &unit.unknown)
    }

    /// Everything that is applied.
    pub fn applied(&self) -> impl Iterator<Item = &Object> {
        let all = self.units.iter().enumerate().filter(|(at, _)| self.withheld(*at).is_none());
        all.flat_map(|(_, unit)| &unit.objects).filter(|object| left_alone(object).is_none())
    }
}

/// Why an object is not applied although its Kustomization is: it is marked so.
pub fn left_alone(object: &Object) -> Option<String> {
    let metadata = object.node.get("metadata");
    let marks = ["labels", "annotations"].map(|key| metadata.and_then(|metadata| metadata.get(key)));
    let says = |key: &str| {
        let key = format!("{FLUX_GROUP}/{key}");
        marks.iter().flatten().find_map(|marks| marks.get(&key)).and_then(Node::as_text)
    };
    let is_left = says("reconcile") == Some("disabled") || says("ssa") == Some("Ignore");
    is_left.then(|| format!("{}: is marked to be left alone by Flux", object.place(object.node.span)))
}

/// Whether an object is a Kustomization of Flux.
pub fn is_flux(object: &Object) -> bool {
    object.kind() == "Kustomization" && object.group() == FLUX_GROUP
}

/// The directories where clusters enter, as the manifests themselves tell: those whose Kustomization applies the directory
/// that it lies in (`flux bootstrap` makes such), those of a FluxInstance, and without any of these the directories of
/// Kustomizations that no other one applies.
pub fn entries(shelf: &Shelf<'_>) -> Vec<String> {
    let mut all = BTreeSet::new();
    let objects: Vec<&Object> = shelf.read.values().flat_map(|read| &read.objects).collect();
    for object in &objects {
        let path = match object.kind() {
            "Kustomization" if is_flux(object) => object.text(&["spec", "path"]),
            "FluxInstance" => object.text(&["spec", "sync", "path"]),
            _ => None,
        };
        let Some(path) = path.filter(|path| !path.contains("${")) else { continue };
        all.extend(own_directory(object.path(), path));
        // The whole repository: `flux bootstrap` calls such a Kustomization as its source.
        let is_whole =
            joined("", path).is_empty() && object.text(&["spec", "sourceRef", "name"]) == Some(object.name());
        all.extend((is_whole && is_flux(object)).then(String::new));
        if object.kind() == "FluxInstance" && shelf.has_directory(&joined("", path)) {
            all.insert(joined("", path));
        }
    }
    if all.is_empty() {
        let own: Vec<&&Object> = objects.iter().filter(|object| is_flux(object)).collect();
        let paths: Vec<String> =
            own.iter().filter_map(|object| object.text(&["spec", "path"])).map(|path| joined("", path)).collect();
        for object in own {
            let within = directory(object.path());
            let is_applied = paths.iter().any(|path| is_within(within, path));
            all.extend((!is_applied).then(|| within.to_owned()));
        }
    }
    let outer = |one: &String| !all.iter().any(|other| other != one && is_within(one, other));
    all.iter().filter(|one| outer(one)).cloned().collect()
}

/// The directory that a Kustomization applies, when its own file lies in it.
fn own_directory(file: &str, path: &str) -> Option<String> {
    let (path, mut within) = (joined("", path), directory(file));
    if path.is_empty() {
        return None;
    }
    loop {
        if within == path || within.strip_suffix(&path).is_some_and(|above| above.ends_with('/')) {
            return Some(within.to_owned());
        }
        within = within.rsplit_once('/')?.0;
    }
}

pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    directory.is_empty() || path == directory || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// Follows everything from the directory where a cluster enters.
pub fn deliver(root: &str, shelf: &Shelf<'_>) -> Delivered {
    let (base, origins) = origins(root, shelf);
    if !origins.leaves_out() {
        return rounds(root, &base, &origins, shelf);
    }
    let stays = |path: &str| !origins.is_left_out(path);
    let files: BTreeMap<String, Source> =
        shelf.files.iter().filter(|(path, _)| stays(path)).map(|(path, file)| (path.clone(), file.clone())).collect();
    let read = shelf.read.iter().filter(|(path, _)| stays(path)).map(|(path, read)| (*path, *read)).collect();
    rounds(root, &base, &origins, &Shelf { files: &files, read, branch: shelf.branch.clone() })
}

/// Builds a cluster until nothing more is found on the way.
fn rounds(root: &str, base: &str, origins: &Origins, shelf: &Shelf<'_>) -> Delivered {
    let mut sources = Sources::default();
    let mut delivered = Delivered { root: root.to_owned(), units: Vec::new() };
    for _ in 0..MAX_ROUNDS {
        let delivery = Delivery { shelf, sources: &sources, root: root.to_owned(), base, origins, units: Vec::new() };
        delivered = delivery.delivered();
        let found = Sources::of(&delivered);
        if found == sources {
            break;
        }
        sources = found;
    }
    delivered
}

/// Where paths begin, and what is this repository, for one cluster.
fn origins(root: &str, shelf: &Shelf<'_>) -> (String, Origins) {
    let within: Vec<&Object> = shelf
        .read
        .iter()
        .filter(|(path, _)| is_within(path, root))
        .flat_map(|(_, read)| &read.objects)
        .filter(|object| is_flux(object))
        .collect();
    let base = base(root, &within, shelf);
    let origins = Origins::of(root, &base, &within, shelf);
    (base, origins)
}

struct Delivery<'d> {
    shelf: &'d Shelf<'d>,
    sources: &'d Sources,
    root: String,
    /// The directory that paths of Kustomizations begin from.
    base: &'d str,
    /// What is this repository.
    origins: &'d Origins,
    units: Vec<Unit>,
}

impl<'d> Delivery<'d> {
    fn delivered(mut self) -> Delivered {
        let mut seen = BTreeSet::new();
        let mut open: VecDeque<(Option<Object>, Option<usize>)> = VecDeque::from([(self.of_itself_as_built(), None)]);
        while let Some((object, by)) = open.pop_front() {
            let key = object.as_ref().map(|object| (object.namespace().to_owned(), object.name().to_owned()));
            if key.is_some_and(|key| !seen.insert(key)) {
                continue;
            }
            if self.units.len() >= MAX_UNITS {
                if let Some(first) = self.units.first_mut() {
                    first.unknown.push(format!("only the first {MAX_UNITS} Kustomizations are followed"));
                }
                break;
            }
            let unit = self.unit(object.as_ref(), by);
            let at = self.units.len();
            open.extend(
                unit.objects.iter().filter(|object| is_flux(object)).cloned().map(|inner| (Some(inner), Some(at))),
            );
            self.units.push(unit);
        }
        self.wait();
        self.doubt();
        Delivered { root: self.root, units: self.units }
    }

    /// Who waits for something that need not become ready may wait for ever.
    fn doubt(&mut self) {
        let known: BTreeMap<String, usize> =
            self.units.iter().enumerate().map(|(at, unit)| (unit.title.clone(), at)).collect();
        loop {
            let doubted = |at: usize| {
                let mut next = Some(at);
                while let Some(unit) = next.map(|at| &self.units[at]) {
                    if let Some(doubt) = unit.doubts.first() {
                        return Some(doubt.clone());
                    }
                    next = unit.by;
                }
                None
            };
            let waits =
                |unit: &Unit| unit.waits_for.iter().filter_map(|title| known.get(title)).find_map(|at| doubted(*at));
            let new: Vec<(usize, String)> = self
                .units
                .iter()
                .enumerate()
                .filter(|(_, unit)| unit.doubts.is_empty())
                .filter_map(|(at, unit)| Some((at, waits(unit)?)))
                .collect();
            if new.is_empty() {
                return;
            }
            for (at, doubt) in new {
                self.units[at].doubts.push(doubt);
            }
        }
    }

    /// A Kustomization that is called as its source, as `flux bootstrap` makes one for a cluster, and whose path is not there:
    /// then nothing enters here.
    fn is_lost(&self) -> Option<String> {
        let all = self.shelf.read.iter().filter(|(path, _)| is_within(path, &self.root));
        let mut syncs = all
            .flat_map(|(_, read)| &read.objects)
            .filter(|object| is_flux(object) && object.text(&["spec", "sourceRef", "name"]) == Some(object.name()));
        let path = |object: &Object| object.text(&["spec", "path"]).map(|path| joined(self.base, path));
        let lost = syncs
            .find(|object| path(object).is_some_and(|path| !path.contains("${") && !self.shelf.has_directory(&path)))?;
        let (place, path) = (lost.place(lost.node.span), path(lost).unwrap_or_default());
        Some(format!("{place}: the path {path} does not exist, and nothing enters here"))
    }

    /// The Kustomization that applies the directory where the cluster enters.
    fn of_itself(&self) -> Option<Object> {
        let all = self.shelf.read.iter().filter(|(path, _)| is_within(path, &self.root));
        let mut own = all.flat_map(|(_, read)| &read.objects).filter(|object| is_flux(object));
        own.find(|object| object.text(&["spec", "path"]).is_some_and(|path| joined(self.base, path) == self.root))
            .cloned()
    }

    /// The same, with the patches that the directory itself puts over it.
    fn of_itself_as_built(&self) -> Option<Object> {
        let written = self.of_itself()?;
        let is_same = |object: &&Object| is_flux(object) && object.name() == written.name();
        let built = self.unit(Some(&written), None).objects;
        let built = built.iter().find(is_same).cloned();
        Some(built.unwrap_or(written))
    }

    fn unit(&self, object: Option<&Object>, by: Option<usize>) -> Unit {
        let says = |path: &[&str]| object.and_then(|object| object.text(path));
        let path = match (object, by) {
            (_, None) => self.root.clone(),
            _ => joined(self.base, says(&["spec", "path"]).unwrap_or("")),
        };
        let mut unit = Unit {
            title: object
                .map_or_else(|| self.root.clone(), |object| format!("{}/{}", object.namespace(), object.name())),
            place: object.map_or_else(|| self.root.clone(), |object| object.place(object.node.span)),
            path,
            state: State::Applied,
            by,
            objects: Vec::new(),
            errors: Vec::new(),
            unknown: Vec::new(),
            undefined: Vec::new(),
            doubts: Vec::new(),
            waits_for: object.map(waits_for).unwrap_or_default(),
        };
        let Some(object) = object else {
            self.build(None, &mut unit);
            unit.errors.extend(self.is_lost());
            unit.fail();
            return unit;
        };
        if self.is_here(object, &mut unit) {
            self.build(Some(object), &mut unit);
        }
        if unit.state == State::Applied {
            unit.fail();
            self.suspend(object, &mut unit);
        }
        unit
    }

    /// Whether what a Kustomization applies lies here; what is to be said of that.
    fn is_here(&self, object: &Object, unit: &mut Unit) -> bool {
        let (place, title) = (unit.place.clone(), unit.title.clone());
        let is_root = unit.by.is_none();
        if object.node.get("spec").is_some_and(|spec| spec.get("kubeConfig").is_some()) && !is_root {
            let why = format!("{place}: {title} is applied to another cluster");
            unit.state = State::Elsewhere;
            unit.unknown.push(why);
            return true;
        }
        match self.origins.standing(object) {
            Standing::Here => {}
            Standing::Doubtful(why) => unit.doubts.push(format!("{place}: {title} {why}")),
            Standing::Elsewhere(..) | Standing::Nowhere(_) | Standing::OfFlux if is_root => {}
            Standing::OfFlux => {
                unit.state = State::Elsewhere;
                return false;
            }
            Standing::Elsewhere(why, is_defined) => {
                if !is_defined {
                    unit.doubts.push(format!("{place}: {title} {why}, and no file defines it"));
                }
                unit.state = State::Elsewhere;
                unit.unknown.push(format!("{place}: {title} {why}"));
                return false;
            }
            Standing::Nowhere(why) => unit.errors.push(format!("{place}: {title} {why}")),
        }
        let open = |part: &str| object.unknown.iter().find(|(path, _)| path.starts_with(part));
        let told = |(path, why): &(String, String)| format!("{place}: {path}: {why}");
        unit.doubts.extend(open("spec.suspend").map(told));
        let path = open("spec.path").map(told);
        unit.unknown.extend(path.iter().cloned());
        path.is_none()
    }

    /// Somebody may have stopped it, in words that the API takes or in others.
    fn suspend(&self, object: &Object, unit: &mut Unit) {
        if unit.doubts.iter().any(|doubt| doubt.contains(": spec.suspend: ")) {
            return;
        }
        match object.switch(&["spec", "suspend"]) {
            Ok(true) => unit.state = State::Suspended,
            Ok(false) => {}
            Err(why) => {
                unit.errors.insert(0, format!("{}: {why}", unit.place));
                unit.state = State::Failed;
            }
        }
        if let Some(why) = left_alone(object).filter(|_| unit.by.is_some()) {
            unit.errors.insert(0, why);
            unit.state = State::Failed;
        }
    }

    fn build(&self, object: Option<&Object>, unit: &mut Unit) {
        if !self.shelf.has_directory(&unit.path) {
            unit.errors.push(format!("{}: the path {} does not exist", unit.place, unit.path));
            return;
        }
        let mut assembling = Assembling::new(self.shelf);
        let inner = kustomization_in(self.shelf.files, &unit.path);
        let mut made = match &inner {
            Some(inner) => assembling.kustomization(inner, Vec::new()),
            None => generated(&mut assembling, self.shelf, &unit.path),
        };
        if let Some(object) = object {
            let node = overlay(object);
            let (source, above) = object.origin();
            let path = joined(&unit.path, "kustomization.yaml");
            if node.as_map().is_some_and(|entries| !entries.is_empty()) {
                made = assembling.apply(&node, Written { path: &path, source, above }, made);
            }
            mark(object, &mut made);
            let legacy = object.node.get("spec").and_then(|spec| spec.get("patchesStrategicMerge"));
            if let Some(legacy) = legacy.filter(|legacy| legacy.kind != NodeKind::Empty) {
                assembling.unknown(format!("{}: `patchesStrategicMerge` is not followed", object.place(legacy.span)));
            }
        }
        let mut assembled = assembling.done(made);
        unit.errors.append(&mut assembled.errors);
        unit.unknown.append(&mut assembled.unknown);
        unit.objects = assembled.objects;
        if let Some(object) = object {
            self.fill(object, unit);
            unit.errors.extend(sealed(object, &unit.objects));
        }
    }

    /// Puts in the variables.
    fn fill(&self, object: &Object, unit: &mut Unit) {
        let Some(build) = object.node.get("spec").and_then(|spec| spec.get("postBuild")) else { return };
        let mut variables = Variables::default();
        for reference in build.get("substituteFrom").and_then(Node::as_list).unwrap_or_default() {
            let says = |key: &str| reference.get(key).and_then(Node::as_text).unwrap_or("").to_owned();
            let (kind, name) = (says("kind"), says("name"));
            let place = object.place(reference.span);
            let is_optional = reference.get("optional").and_then(Node::as_text).is_some_and(|text| text == "true");
            match self.sources.get(&kind, object.namespace(), &name) {
                Some(values) => {
                    if let Some(why) = &values.open {
                        variables.hide(format!("may come from {kind} {name}, which {why} ({place})"));
                    }
                    for (key, value) in &values.keys {
                        match value {
                            Some(value) => variables.set(key, value),
                            None => {
                                variables.seal(key, format!("comes from {kind} {name}, which is encrypted ({place})"))
                            }
                        }
                    }
                }
                None if is_optional => {
                    variables.leave_open(format!("may come from {kind} {name}, which is not in these files ({place})"));
                }
                None => {
                    let whole = format!("{kind} {}/{name}", object.namespace());
                    unit.doubts
                        .push(format!("{place}: {} needs {whole}, which no file that is applied makes", unit.title));
                    variables.hide(format!("may come from {kind} {name}, which is not in these files ({place})"));
                }
            }
        }
        for entry in build.get("substitute").and_then(Node::as_map).unwrap_or_default() {
            variables.set(&entry.key, entry.value.as_text().unwrap_or(""));
        }
        for name in variables.wrong_names() {
            unit.errors.push(format!("{}: `{name}` is no name of a variable", object.place(build.span)));
        }
        if variables.is_empty() {
            return;
        }
        let mut findings = Findings::default();
        unit.objects.iter_mut().for_each(|object| substitute(object, &variables, &mut findings));
        unit.errors.append(&mut findings.errors);
        unit.undefined.append(&mut findings.undefined);
    }

    /// Who waits for something that never becomes ready is never applied.
    fn wait(&mut self) {
        let known: BTreeMap<String, usize> =
            self.units.iter().enumerate().map(|(at, unit)| (unit.title.clone(), at)).collect();
        let may_be_elsewhere = self.units.iter().any(|unit| unit.state == State::Elsewhere && !unit.unknown.is_empty());
        let mut is_ready = vec![false; self.units.len()];
        loop {
            let ready = |at: usize, is_ready: &[bool]| {
                let unit = &self.units[at];
                let waits = |title: &String| known.get(title).map_or(may_be_elsewhere, |at| is_ready[*at]);
                matches!(unit.state, State::Applied | State::Elsewhere)
                    && unit.by.is_none_or(|by| is_ready[by])
                    && unit.waits_for.iter().all(waits)
            };
            let next: Vec<bool> = (0..self.units.len()).map(|at| ready(at, &is_ready)).collect();
            if next == is_ready {
                break;
            }
            is_ready = next;
        }
        for at in 0..self.units.len() {
            let unit = &self.units[at];
            let gone = unit.waits_for.iter().find(|title| !known.contains_key(*title)).cloned();
            if let Some(gone) = gone.filter(|_| may_be_elsewhere && is_ready[at] && unit.state == State::Applied) {
                let unit = &mut self.units[at];
                unit.doubts
                    .push(format!("{}: {} depends on {gone}, which is not in these files", unit.place, unit.title));
                continue;
            }
            if is_ready[at] || unit.state != State::Applied || unit.waits_for.is_empty() {
                continue;
            }
            let never =
                unit.waits_for.iter().find(|title| known.get(*title).map_or(!may_be_elsewhere, |at| !is_ready[*at]));
            let Some(never) = never.cloned() else { continue };
            let why = match known.get(&never) {
                Some(_) => format!("it depends on {never}, which is never ready"),
                None => format!("it depends on {never}, which is not there"),
            };
            let unit = &mut self.units[at];
            unit.state = State::Waiting;
            unit.errors.push(format!("{}: {why}", unit.place));
        }
    }
}

impl Unit {
    /// What has errors applies nothing.
    fn fail(&mut self) {
        if !self.errors.is_empty() {
            self.state = State::Failed;
        }
    }
}

/// Secrets that are encrypted, where nobody says how to open them: the controller refuses to build such.
fn sealed(object: &Object, made: &[Object]) -> Vec<String> {
    if object.node.get("spec").is_some_and(|spec| spec.get("decryption").is_some()) {
        return Vec::new();
    }
    let is_sealed = |made: &&Object| made.kind() == "Secret" && made.node.get("sops").is_some();
    let told = |made: &Object| format!("{}: is encrypted, and no `decryption` is written", made.place(made.node.span));
    made.iter().filter(is_sealed).map(told).collect()
}

/// What Flux makes of a directory without a kustomization: its manifests, and the kustomizations below it.
fn generated(assembling: &mut Assembling<'_>, shelf: &Shelf<'_>, path: &str) -> Vec<Object> {
    let (mut made, mut done) = (Vec::new(), BTreeSet::new());
    for file in shelf.below(path) {
        let rest = file.strip_prefix(path).unwrap_or(file).trim_start_matches('/');
        let inner =
            rest.match_indices('/').find_map(|(at, _)| kustomization_in(shelf.files, &joined(path, &rest[..at])));
        if let Some(inner) = inner {
            if done.insert(inner.clone()) {
                made.extend(assembling.kustomization(&inner, Vec::new()));
            }
            continue;
        }
        let name = rest.rsplit('/').next().unwrap_or(rest);
        let is_left_out = rest.split('/').any(|part| part.starts_with('.')) || LEFT_OUT.contains(&name);
        let is_manifest = [".yaml", ".yml"].iter().any(|end| name.ends_with(end)) && !is_left_out;
        if is_manifest {
            made.extend(assembling.file(file));
        }
    }
    assembling.same_twice(&made, path);
    made
}

/// The kustomization that a Kustomization of Flux puts over what it finds.
fn overlay(object: &Object) -> Node {
    let spec = object.node.get("spec");
    let span = object.node.span;
    let mut entries: Vec<Entry> = Vec::new();
    let keys = ["targetNamespace", "patches", "patchesJson6902", "images", "components", "namePrefix", "nameSuffix"];
    for key in keys {
        let Some(value) = spec.and_then(|spec| spec.get(key)).filter(|value| value.kind != NodeKind::Empty) else {
            continue;
        };
        let key = if key == "targetNamespace" { "namespace" } else { key };
        entries.push(Entry { key: key.to_owned(), key_span: value.span, value: value.clone() });
    }
    Node { span, kind: NodeKind::Map(entries) }
}

/// Labels and annotations of `commonMetadata`.
fn mark(object: &Object, made: &mut [Object]) {
    let common = object.node.get("spec").and_then(|spec| spec.get("commonMetadata"));
    for key in ["labels", "annotations"] {
        let pairs = common.and_then(|common| common.get(key)).and_then(Node::as_map).unwrap_or_default();
        for object in made.iter_mut() {
            for entry in pairs {
                set(&mut object.node, &["metadata", key, &entry.key], entry.value.as_text().unwrap_or(""));
            }
        }
    }
}

fn waits_for(object: &Object) -> Vec<String> {
    let all =
        object.node.get("spec").and_then(|spec| spec.get("dependsOn")).and_then(Node::as_list).unwrap_or_default();
    let of = |one: &Node| {
        let says = |key: &str| one.get(key).and_then(Node::as_text);
        Some(format!("{}/{}", says("namespace").unwrap_or(object.namespace()), says("name")?))
    };
    all.iter().filter_map(of).collect()
}
