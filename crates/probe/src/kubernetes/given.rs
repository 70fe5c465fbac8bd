//! Namespaces that manifests do not write and get from whoever applies them.
//!
//! A base says nothing of its namespace; the Kustomization of Flux, or the Application, that applies it does. Such an object is
//! looked up among what is delivered by its file and line. Where nobody applies it, it stays where `kubectl` would put it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use manifests::{Delivered, Object, applications, deliver, deliver_application, entries, has_namespace};

use super::repository::{self, Repository};

/// Gives the objects of a directory that write no namespace the one in which they are delivered. Where several are, and no
/// object has one alone, all of them stay together.
pub(super) fn namespaces(objects: &mut [Object], of: &Path, directory: &Path) {
    if !objects.iter().any(is_nameless) {
        return;
    }
    let repository = repository::read(directory);
    let speaks_of_it = |text: &str| text.contains(manifests::FLUX_GROUP) || text.contains(manifests::ARGO_GROUP);
    if !repository.files.values().any(|source| speaks_of_it(source.text())) {
        return;
    }
    let known = delivered(&repository, &repository.key_of(of));
    let mut open = Vec::new();
    let mut is_given = false;
    for object in objects.iter_mut().filter(|object| is_nameless(object)) {
        let at = |path: &str| known.get(&(path.to_owned(), object.line(object.node.span)));
        let Some(all) = at(object.path()).or_else(|| at(&repository.key(object.path()))) else { continue };
        let mut all = all.iter();
        match (all.next().cloned(), all.next().cloned()) {
            (Some(one), None) => {
                is_given = true;
                object.put_in(&one);
            }
            (Some(one), Some(other)) => open.push((object, format!("it is applied to {one}, to {other}, or to both"))),
            (None, _) => {}
        }
    }
    for (object, why) in open.into_iter().filter(|_| is_given) {
        object.unknown.push(("metadata.namespace".to_owned(), why));
    }
}

/// Whether an object lies in a namespace that it does not write.
pub(super) fn is_nameless(object: &Object) -> bool {
    object.text(&["metadata", "namespace"]).is_none() && has_namespace(object)
}

/// The namespaces of everything that is delivered, by file and line: by what applies this very directory, where something does.
fn delivered(repository: &Repository, directory: &str) -> BTreeMap<(String, usize), BTreeSet<String>> {
    let shelf = repository.shelf();
    let of_flux = entries(&shelf).into_iter().map(|entry| deliver(&entry, &shelf));
    let of_argo = applications(&shelf).into_iter().map(|root| deliver_application(&root, &shelf));
    let mut known: BTreeMap<(String, usize), BTreeSet<String>> = BTreeMap::new();
    let all: Vec<Delivered> = of_flux.chain(of_argo).collect();
    let units = || all.iter().flat_map(|one| &one.units);
    let is_applied = units().any(|unit| unit.path == directory);
    for object in units().filter(|unit| !is_applied || unit.path == directory).flat_map(|unit| &unit.objects) {
        if let Some(namespace) = object.text(&["metadata", "namespace"]) {
            let at = (object.path().to_owned(), object.line(object.node.span));
            known.entry(at).or_default().insert(namespace.to_owned());
        }
    }
    known
}
