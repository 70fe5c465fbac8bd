//! The manifests that a look is about: those below a directory, what a kustomization there makes of its bases wherever they
//! lie in the repository, or what Flux applies to one cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cluster::{Judged, Kubernetes, Schema, judged};
use manifests::{NAMES, Object, Shelf, State, assemble_on, deliver, is_kustomization, objects_until_broken, patches};
use text::{Fields, Severity, Source};

use super::given::{is_nameless, namespaces};
use super::repository::{self, Repository};
use crate::kind::in_thread;
use crate::sight::Sight;
use crate::{Error, World};

/// The largest file read; each document of it has at most [`text::MAX_DOCUMENT_BYTES`].
pub const MAX_MANIFEST_BYTES: usize = 64 << 20;

/// How long reading and resolving may take.
const MANIFESTS_WITHIN: Duration = Duration::from_secs(60);

/// How many things that could not be read are told.
const MAX_TOLD: usize = 10;

/// All connections that manifests allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// One line a pair, `source => destination : ports`, sorted by their bytes.
    pub text: String,
    /// What was not understood, or means less than it seems: `file:line: message`.
    pub notes: Vec<String>,
    /// How many workloads there are.
    pub workloads: usize,
}

/// Where the manifests of a look are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// All of a directory, or what its kustomization makes of it.
    From(String),
    /// What Flux applies, from the directory where a cluster enters.
    Flux(String),
}

impl Place {
    /// Reads `from` or `flux`, of which one must be written.
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let flux = fields.text("flux").map(str::to_owned);
        match flux {
            None => fields.need_text("from").map(|from| Self::From(from.to_owned())),
            Some(flux) => {
                if fields.text("from").is_some() {
                    fields.problem("wrong-value", fields.span(), "write `from` or `flux`, and not both");
                }
                Some(Self::Flux(flux))
            }
        }
    }

    /// The directory, as written.
    pub(crate) fn written(&self) -> &str {
        match self {
            Self::From(directory) | Self::Flux(directory) => directory,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.written())
    }
}

impl From<&Place> for String {
    fn from(place: &Place) -> Self {
        place.written().to_owned()
    }
}

/// What was read.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) cluster: Kubernetes,
    /// Files that could not be read to their end, with the reason, and whether they speak of policies.
    pub(crate) broken: Vec<Broken>,
    /// What else is to be told.
    pub(crate) notes: Vec<String>,
    /// The objects that are applied, as they are.
    pub(crate) objects: Vec<Object>,
    /// Objects that are written and not applied, and why.
    pub(crate) withheld: Vec<(Object, String)>,
    /// Definitions of custom resources of the whole repository.
    pub(crate) definitions: Vec<Object>,
    /// Something was built: what is there is more than text.
    pub(crate) is_built: bool,
    /// What keeps a part of the manifests from being applied.
    pub(crate) failed: Vec<String>,
    /// What leaves open what is applied.
    pub(crate) unclear: Vec<String>,
    /// What comes from elsewhere.
    pub(crate) elsewhere: Vec<String>,
    /// Files that kustomizations patch with: what they hold is no object.
    patches: BTreeSet<String>,
    /// Objects by `file:line` of which nobody can say here that they are applied, and why.
    pub(crate) doubtful: BTreeMap<String, String>,
}

/// A file that could not be read to its end.
pub(crate) struct Broken {
    /// `file:line: message`.
    pub(crate) message: String,
    /// The text of the file.
    pub(crate) text: String,
}

impl Tree {
    /// With the namespaces that whoever applies it gives.
    fn delivered_to(mut self, of: &Path, directory: &Path) -> Self {
        let mut objects = std::mem::take(&mut self.objects);
        objects.retain(|object| !self.patches.contains(object.path()));
        namespaces(&mut objects, of, directory);
        self.unclear.extend(objects.iter().filter(|object| is_nameless(object)).flat_map(open_values));
        let mut tree = self.of(objects);
        tree.cluster.is_raw = true;
        tree
    }

    fn of(mut self, objects: Vec<Object>) -> Self {
        self.cluster = Kubernetes::of(objects.clone());
        self.objects = objects;
        self
    }

    /// What is not known of all manifests, and whether each policy is applied.
    pub(crate) fn unread(&self) -> Option<String> {
        let is_policy = |object: &&Object| object.kind().contains("NetworkPolicy");
        let policies = self.objects.iter().filter(is_policy).map(|object| object.place(object.node.span));
        self.unreadable().or_else(|| self.doubt(policies))
    }

    /// Why nobody can say here that some objects are applied, named by `file:line`.
    pub(crate) fn doubt(&self, places: impl IntoIterator<Item = String>) -> Option<String> {
        let all: Vec<&String> = places.into_iter().filter_map(|place| self.doubtful.get(&place)).collect();
        told(all)
    }

    /// What the definitions of an object's kind say of it: those that are applied, else those of the whole repository.
    pub(crate) fn judged(&self, object: &Object) -> Option<Judged> {
        let applied = Schema::of(object, &self.objects);
        let all = if applied.is_empty() { Schema::of(object, &self.definitions) } else { applied };
        (!all.is_empty()).then(|| judged(object, &all))
    }

    /// Objects that may be meant, as they name no namespace and get one from whoever applies them.
    pub(crate) fn homeless(&self, kind: &str, name: Option<&str>, namespace: Option<&str>) -> Option<String> {
        let wanted = namespace.filter(|wanted| *wanted != "default")?;
        let is_meant = |object: &&Object| {
            object.kind() == kind && name.is_none_or(|name| name == object.name()) && is_nameless(object)
        };
        let told = |object: &Object| {
            let (place, name) = (object.place(object.node.span), object.name());
            format!("{place}: the {kind} {name} names no namespace: whether it is {wanted} is up to whoever applies it")
        };
        self.objects.iter().find(is_meant).map(told)
    }

    /// Manifests that could not be read, or are not applied: whatever they say, it is not known.
    pub(crate) fn unreadable(&self) -> Option<String> {
        let is_manifest = |broken: &&Broken| broken.text.is_empty() || broken.text.contains("kind");
        let broken = self.broken.iter().filter(is_manifest).map(|broken| &broken.message);
        told(broken.chain(&self.failed).chain(&self.unclear))
    }
}

/// The first of some sentences as one, and how many more there are.
pub(crate) fn told<'t>(all: impl IntoIterator<Item = &'t String>) -> Option<String> {
    let mut known: Vec<&str> = Vec::new();
    for one in all {
        if !known.contains(&one.as_str()) {
            known.push(one);
        }
    }
    let more = known.len().saturating_sub(MAX_TOLD);
    let text = known.iter().take(MAX_TOLD).copied().collect::<Vec<_>>().join("; ");
    let end = if more > 0 { format!("; and {more} more") } else { String::new() };
    (!known.is_empty()).then(|| format!("{text}{end}"))
}

/// Reads the manifests that a look is about and answers, in a thread of its own.
pub(crate) async fn looking(
    place: &Place,
    world: &World,
    answer: impl FnOnce(&Tree, &Path) -> Sight + Send + 'static,
) -> Sight {
    let (owned, directory) = (place.clone(), world.directory.clone());
    in_thread(place.written(), MANIFESTS_WITHIN, move || {
        let path = below(&directory, owned.written());
        let tree = path.and_then(|path| match &owned {
            Place::From(from) => read(&path, from).map(|tree| tree.delivered_to(&path, &directory)),
            Place::Flux(flux) => delivered(&path, flux, &directory),
        });
        match tree {
            Ok(tree) => answer(&tree, &directory),
            Err(error) => Sight::blind(owned.written(), &error),
        }
    })
    .await
}

/// Looks through the whole repository, in a thread of its own.
pub(crate) async fn looking_through(
    subject: &str,
    world: &World,
    answer: impl FnOnce(&Repository) -> Sight + Send + 'static,
) -> Sight {
    let directory = world.directory.clone();
    in_thread(subject, MANIFESTS_WITHIN, move || answer(&repository::read(&directory))).await
}

/// What Flux applies from the directory where a cluster enters.
fn delivered(path: &Path, shown: &str, directory: &Path) -> Result<Tree, Error> {
    if !path.is_dir() {
        return Err(Error::Path { path: shown.to_owned(), why: "is no directory" });
    }
    let repository = repository::read(directory);
    let shelf = repository.shelf();
    Ok(flux(&repository.key(shown), &shelf, &repository))
}

/// The tree of a cluster.
pub(crate) fn flux(root: &str, shelf: &Shelf<'_>, repository: &Repository) -> Tree {
    let delivered = deliver(root, shelf);
    let mut tree = Tree::default();
    for (at, unit) in delivered.units.iter().enumerate() {
        match (unit.state, delivered.withheld(at)) {
            (State::Elsewhere, _) => tree.elsewhere.extend(unit.unknown.iter().cloned()),
            (State::Suspended, Some(why)) => tree.notes.push(why),
            (State::Failed | State::Waiting, Some(why)) => tree.failed.push(why),
            (State::Applied, Some(_)) | (_, None) => {}
        }
        tree.notes.extend(unit.undefined.iter().cloned());
        if let Some(why) = delivered.withheld(at) {
            tree.withheld.extend(unit.objects.iter().map(|object| (object.clone(), why.clone())));
        }
        if let Some(doubt) = delivered.doubted(at) {
            let all = unit.objects.iter().map(|object| object.place(object.node.span));
            tree.doubtful.extend(all.map(|place| (place, doubt.clone())));
        }
        if unit.state == State::Applied {
            tree.unclear.extend(unit.unknown.iter().cloned());
        }
        tree.unclear.extend(repository.unreadable_below(&unit.path));
    }
    let objects: Vec<Object> = delivered.applied().cloned().collect();
    tree.unclear.extend(objects.iter().flat_map(open_values));
    let is_definition = |object: &&Object| object.kind() == "CustomResourceDefinition";
    tree.definitions = repository.objects().filter(is_definition).cloned().collect();
    tree.is_built = true;
    tree.of(objects)
}

/// Values that are not known and decide what an object means to others.
fn open_values(object: &Object) -> Vec<String> {
    let holds_values = matches!(object.kind(), "ConfigMap" | "Secret" | "HelmRelease" | "Ingress" | "HTTPRoute");
    let decides = |path: &str| {
        let silent = ["env", "image", "args", "command", "annotations", "resources", "hosts", "host", "storage"];
        path.starts_with("metadata.n")
            || path.starts_with("metadata.labels")
            || (path.starts_with("spec") && !path.split('.').any(|part| silent.contains(&part)))
    };
    let open = object.unknown.iter().filter(|(path, _)| decides(path) && !holds_values);
    let place = object.place(object.node.span);
    open.map(|(path, why)| format!("{place}: {path} of {} {}: {why}", object.kind(), object.name())).collect()
}

/// Reads everything below a directory; paths in what is told begin with `shown`.
pub(crate) fn read(directory: &Path, shown: &str) -> Result<Tree, Error> {
    read_by(outside::files::walk, directory, shown)
}

/// The same, with the files that some walk finds.
pub(crate) fn read_by(
    walk: fn(&Path) -> outside::files::Listing,
    directory: &Path,
    shown: &str,
) -> Result<Tree, Error> {
    if !directory.is_dir() {
        return Err(Error::Path { path: shown.to_owned(), why: "is no directory" });
    }
    if NAMES.iter().any(|name| directory.join(name).is_file()) {
        return Ok(kustomized(directory));
    }
    let listing = walk(directory);
    let is_manifest = |path: &&String| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
    let paths: Vec<&String> = listing.paths.iter().filter(is_manifest).collect();
    let read = outside::parallel::map(&paths, |path| {
        let named = if shown.is_empty() { (*path).clone() } else { format!("{}/{path}", shown.trim_end_matches('/')) };
        let text = outside::files::read_text(&directory.join(path), MAX_MANIFEST_BYTES);
        text.map(|text| Source::new(named.clone(), text)).map_err(|error| format!("{named}: {error}"))
    });
    let mut tree = Tree::default();
    if listing.is_cut {
        tree.notes.push(format!("{shown}: more files or directories than are read"));
    }
    let mut sources = Vec::new();
    for read in read {
        match read {
            Ok(source) => sources.push(source),
            Err(message) => tree.broken.push(Broken { message, text: String::new() }),
        }
    }
    let kustomizations = sources.iter().filter(|source| is_kustomization(source.path()));
    tree.patches = kustomizations.flat_map(|source| patches(source.path(), source)).collect();
    let objects = plain(&sources, &mut tree.broken);
    Ok(tree.of(objects))
}

/// What the kustomization of a directory makes, its bases from anywhere in the repository.
fn kustomized(directory: &Path) -> Tree {
    let repository = repository::closure(directory);
    let shelf = repository.shelf();
    let inner = NAMES.iter().map(|name| repository.key_of(&directory.join(name)));
    let inner = inner.into_iter().find(|key| repository.files.contains_key(key));
    let mut tree = Tree::default();
    let Some(inner) = inner else {
        tree.unclear.extend(repository.unreadable_below(""));
        return tree;
    };
    let assembled = assemble_on(&inner, &shelf);
    tree.failed.extend(assembled.errors.iter().map(|why| format!("{why}: nothing is built")));
    tree.unclear.extend(assembled.unknown);
    tree.notes = assembled.notes;
    tree.is_built = true;
    if let Some(why) = tree.failed.first().cloned() {
        tree.withheld = assembled.objects.into_iter().map(|object| (object, why.clone())).collect();
        return tree;
    }
    tree.of(assembled.objects)
}

fn plain(sources: &[Source], broken: &mut Vec<Broken>) -> Vec<Object> {
    let mut all = Vec::new();
    for (source, (objects, problems)) in sources.iter().zip(outside::parallel::map(sources, objects_until_broken)) {
        all.extend(objects);
        if let Some(problem) = problems.iter().find(|problem| problem.severity == Severity::Error) {
            let message = format!("{}:{}: {}", problem.path, problem.line, problem.message);
            broken.push(Broken { message, text: source.text().to_owned() });
        }
    }
    all
}

/// The directory of a probe: below that of the file, as written.
pub(crate) fn below(directory: &Path, written: &str) -> Result<PathBuf, Error> {
    let is_plain =
        |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir);
    if !Path::new(written).components().all(is_plain) {
        return Err(Error::Path { path: written.to_owned(), why: "leads out of the directory of seaworthy.yaml" });
    }
    Ok(directory.join(written))
}
