//! The test words: manifests as YAML, answers as text.

use cluster::{Address, Kubernetes, Peer, Reach, Weight, connections};
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

/// The ports from one workload to another, by their names: for sure, in the list, and at most.
pub(crate) fn bounds(yaml: &str, source: &str, destination: &str) -> [String; 3] {
    let cluster = cluster(yaml);
    let reach = Reach::of(&cluster);
    let peer = |name: &str| match name {
        "external" => Peer::External(Address::ALL),
        name => {
            let at = cluster.workloads.iter().position(|workload| workload.name == name);
            Peer::Workload(at.expect("is a workload"))
        }
    };
    let (source, destination) = (peer(source), peer(destination));
    let (least, most) = reach.bounds(source, destination);
    [least, reach.allowed(source, destination), most].map(|ports| ports.to_string())
}
