//! The public policy sets whose lists are known, where they lie beside the project; else this says so.

use std::path::Path;

use cluster::{Kubernetes, Reach, connections};
use manifests::objects_until_broken;
use text::Source;

#[expect(clippy::disallowed_methods, reason = "test data lies outside of the project")]
fn files(directory: &Path, found: &mut Vec<Source>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(directory).expect("is there").map(|entry| entry.expect("is there").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            files(&path, found);
        } else if [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) {
            found.push(Source::new(&name, std::fs::read_to_string(&path).expect("is text")));
        }
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test data lies outside of the project, or is said to be missing"
)]
fn the_public_policy_sets_have_their_known_connections() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/netpol");
    if !directory.is_dir() {
        println!("not checked: {} is not there", directory.display());
        return;
    }
    let mut checked = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&directory).expect("is there") {
        let path = entry.expect("is there").path();
        if !path.is_dir() {
            continue;
        }
        let expected = std::fs::read_to_string(path.with_extension("expected.txt")).expect("has a list");
        let mut sources = Vec::new();
        files(&path, &mut sources);
        let objects = sources.iter().flat_map(|source| objects_until_broken(source).0).collect();
        let cluster = Kubernetes::of(objects);
        let found = connections(&Reach::of(&cluster));
        checked += 1;
        if found != expected {
            let missing = expected.lines().filter(|line| !found.contains(line)).take(5).collect::<Vec<_>>();
            let extra = found.lines().filter(|line| !expected.contains(line)).take(5).collect::<Vec<_>>();
            wrong.push(format!("{}: missing {missing:#?} extra {extra:#?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(checked, 14);
}
