//! The test words: manifests as YAML, answers as text.

use cluster::{Kubernetes, Reach, Weight, connections};
use expect_test::Expect;
use manifests::{Object, objects_until_broken};
use text::Source;

pub(crate) fn objects(yaml: &str) -> Vec<Object> {
    let (objects, problems) = objects_until_broken(&Source::new("k.yaml", yaml.trim_start_matches('\n')));
    assert!(problems.is_empty(), "{problems:?}");
    objects
}

pub(crate) fn cluster(yaml: &str) -> Kubernetes {
    Kubernetes::of(objects(yaml))
}

/// The connections, and below them what is told.
pub(crate) fn check(yaml: &str, expected: Expect) {
    let cluster = cluster(yaml);
    let reach = Reach::of(&cluster);
    let mut text = connections(&reach);
    for told in reach.told().iter().chain(&reach.unresolved()) {
        let word = if told.weight == Weight::Refused { "error" } else { "told" };
        text += &format!("{word} {}: {}\n", told.place, told.message);
    }
    expected.assert_eq(&text);
}
