//! The manifests below a directory: every YAML and JSON file, or what a kustomization there makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cluster::Kubernetes;
use manifests::{NAMES, Object, assemble, objects_until_broken};
use text::{Severity, Source};

use crate::kind::in_thread;
use crate::sight::Sight;
use crate::{Error, World};

/// The largest file read; each document of it has at most [`text::MAX_DOCUMENT_BYTES`].
pub const MAX_MANIFEST_BYTES: usize = 64 << 20;

/// How long reading and resolving may take.
const MANIFESTS_WITHIN: Duration = Duration::from_secs(60);

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

/// What was read.
pub(crate) struct Tree {
    pub(crate) cluster: Kubernetes,
    /// Files that could not be read to their end, with the reason, and whether they speak of policies.
    pub(crate) broken: Vec<Broken>,
    /// What else is to be told.
    pub(crate) notes: Vec<String>,
}

/// A file that could not be read to its end.
pub(crate) struct Broken {
    /// `file:line: message`.
    pub(crate) message: String,
    /// The text of the file.
    pub(crate) text: String,
}

impl Tree {
    /// Manifests that could not be read: whatever they say, it is not known.
    pub(crate) fn unread(&self) -> Option<String> {
        let is_manifest = |broken: &&Broken| broken.text.is_empty() || broken.text.contains("kind");
        let all: Vec<&str> = self.broken.iter().filter(is_manifest).map(|broken| broken.message.as_str()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Reads the manifests that a look is about and answers, in a thread of its own.
pub(crate) async fn looking(
    from: &str,
    world: &World,
    answer: impl FnOnce(&Tree, &Path) -> Sight + Send + 'static,
) -> Sight {
    let (owned, directory) = (from.to_owned(), world.directory.clone());
    in_thread(from, MANIFESTS_WITHIN, move || {
        let tree = below(&directory, &owned).and_then(|path| read(&path, &owned));
        match tree {
            Ok(tree) => answer(&tree, &directory),
            Err(error) => Sight::blind(&owned, &error),
        }
    })
    .await
}

/// Reads everything below a directory; paths in what is told begin with `shown`.
pub(crate) fn read(directory: &Path, shown: &str) -> Result<Tree, Error> {
    if !directory.is_dir() {
        return Err(Error::Path { path: shown.to_owned(), why: "is no directory" });
    }
    let listing = outside::files::walk(directory);
    let is_manifest = |path: &&String| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
    let paths: Vec<&String> = listing.paths.iter().filter(is_manifest).collect();
    let read = outside::parallel::map(&paths, |path| {
        let named = if shown.is_empty() { (*path).clone() } else { format!("{}/{path}", shown.trim_end_matches('/')) };
        let text = outside::files::read_text(&directory.join(path), MAX_MANIFEST_BYTES);
        text.map(|text| Source::new(named.clone(), text)).map_err(|error| format!("{named}: {error}"))
    });
    let mut tree = Tree { cluster: Kubernetes::default(), broken: Vec::new(), notes: Vec::new() };
    if listing.is_cut {
        tree.notes.push(format!("{shown}: more files or directories than are read"));
    }
    let mut sources = BTreeMap::new();
    for (path, read) in paths.iter().zip(read) {
        match read {
            Ok(source) => drop(sources.insert((*path).clone(), source)),
            Err(message) => tree.broken.push(Broken { message, text: String::new() }),
        }
    }
    let root = NAMES.iter().find(|name| sources.contains_key(**name));
    let objects = match root {
        Some(root) => {
            let assembled = assemble(root, &sources);
            tree.notes.extend(assembled.notes);
            assembled.objects
        }
        None => plain(&sources, &mut tree.broken),
    };
    tree.cluster = Kubernetes::of(objects);
    Ok(tree)
}

fn plain(sources: &BTreeMap<String, Source>, broken: &mut Vec<Broken>) -> Vec<Object> {
    let sources: Vec<&Source> = sources.values().collect();
    let mut all = Vec::new();
    for (source, (objects, problems)) in
        sources.iter().zip(outside::parallel::map(&sources, |source| objects_until_broken(source)))
    {
        all.extend(objects);
        if let Some(problem) = problems.iter().find(|problem| problem.severity == Severity::Error) {
            let message = format!("{}:{}: {}", problem.path, problem.line, problem.message);
            broken.push(Broken { message, text: source.text().to_owned() });
        }
    }
    all
}

/// The directory of a probe: below that of the file, as written.
fn below(directory: &Path, written: &str) -> Result<PathBuf, Error> {
    let is_plain =
        |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir);
    if !Path::new(written).components().all(is_plain) {
        return Err(Error::Path { path: written.to_owned(), why: "leads out of the directory of seaworthy.yaml" });
    }
    Ok(directory.join(written))
}
