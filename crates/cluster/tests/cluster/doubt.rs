//! What is not known: it is told for whom it could mean something, and for nobody else.

use cluster::{Peer, Reach};

use crate::world::{bounds, cluster};

/// Two APIs and a database in one namespace, an agent on the network of its node in another.
const TREE: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: api, namespace: shop, labels: {app: api}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: ops}, spec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true}}}}
---
";

fn with(spec: &str) -> String {
    format!(
        "{TREE}{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: shop}}, spec: {{{spec}}}}}"
    )
}

const ONLY_API: &str = "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 80}]}]";

#[test]
fn a_key_that_nobody_knows_is_refused_or_dropped_and_neither_is_certain() {
    let all = "All Connections";
    assert_eq!(bounds(&with(ONLY_API), "api", "db"), ["TCP 80", "TCP 80", "TCP 80"]);
    for (old, new) in [
        ("from:", "form:"),
        ("ports:", "port:"),
        ("podSelector: {matchLabels: {app: db}}", "podSelectr: {matchLabels: {app: db}}"),
        ("[{podSelector: {matchLabels: {app: api}}}]", "[{podSelector: {app: api}}]"),
        ("port: 80", "port: 80, prot: UDP"),
    ] {
        let text = with(&ONLY_API.replace(old, new));
        let [least, _, most] = bounds(&text, "api", "db");
        assert_eq!((least.as_str(), most.as_str()), ("No Connections", all), "{new}");
        let cluster = cluster(&text);
        let told: Vec<String> = Reach::of(&cluster).told().iter().map(|told| told.message.clone()).collect();
        assert!(told.iter().any(|told| told.contains("a lax one drops the key")), "{told:?}");
    }
    // Without what it says it is for everybody, and lets nobody in.
    let without = with(ONLY_API).replace(" spec: {podSelector: {matchLabels", " sepc: {podSelector: {matchLabels");
    assert_eq!(bounds(&without, "api", "db"), ["No Connections", "No Connections", all]);
    assert_eq!(bounds(&without.replace("sepc", "status"), "api", "db"), ["No Connections"; 3]);
    // For others it says nothing.
    assert_eq!(bounds(&with(&ONLY_API.replace("from:", "form:")), "db", "web"), [all; 3]);
    // The list is what a lax server makes of it: everybody on one port.
    assert_eq!(bounds(&with(&ONLY_API.replace("from:", "form:")), "web", "db")[1], "TCP 80");
}

#[test]
fn pods_on_the_network_of_their_node_are_certain_at_neither_end() {
    let agents =
        "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]";
    assert_eq!(bounds(&with(agents), "agent", "db"), ["No Connections", "TCP 80", "All Connections"]);
    assert_eq!(bounds(&with(agents), "api", "db"), ["TCP 80"; 3]);
    // Whom everybody reaches, it reaches.
    let all = "podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80}]}]";
    assert_eq!(bounds(&with(all), "agent", "db")[0], "TCP 80");
    assert_eq!(bounds(&with(ONLY_API), "agent", "web"), ["All Connections"; 3]);
    let out = "podSelector: {matchLabels: {app: api}}, policyTypes: [Egress]";
    assert_eq!(bounds(&with(out), "api", "agent"), ["No Connections", "No Connections", "All Connections"]);
}

#[test]
fn pods_of_one_owner_that_differ_are_certain_where_the_difference_is_not_asked_for() {
    let pod = |name: &str, tier: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: x, tier: {tier}}}, ownerReferences: [{{kind: ReplicaSet, name: own}}]}}}}\n---\n"
        )
    };
    let with = |peer: &str| {
        let only = ONLY_API.replace("app: api", peer);
        pod("one", "a") + &pod("two", "b") + &with(&only)
    };
    assert_eq!(bounds(&with("app: x"), "own", "db"), ["TCP 80"; 3]);
    assert_eq!(bounds(&with("tier: a"), "own", "db"), ["No Connections", "TCP 80", "TCP 80"]);
    assert_eq!(bounds(&with("tier: b"), "own", "db"), ["No Connections", "No Connections", "TCP 80"]);
    assert_eq!(bounds(&with("app: y, tier: b"), "own", "db"), ["No Connections"; 3]);
}

#[test]
fn a_policy_for_pods_that_nobody_makes_is_told() {
    let told = |spec: &str| {
        let text = with(spec);
        let cluster = cluster(&text);
        let reach = Reach::of(&cluster);
        let void: Vec<String> = reach.void_policies().collect();
        (void, reach.told().iter().any(|told| told.message.contains("selects no workload that a file describes")))
    };
    assert_eq!(told(ONLY_API), (Vec::new(), false));
    let void = vec!["shop/p at k.yaml:9".to_owned()];
    assert_eq!(told(&ONLY_API.replace("app: db", "app: database")), (void, true));
}

#[test]
fn the_labels_of_a_namespace_that_no_file_describes_are_not_known() {
    let from = |peer: &str| with(&ONLY_API.replace("podSelector: {matchLabels: {app: api}}", peer));
    let sales = from("namespaceSelector: {matchLabels: {team: sales}}");
    assert_eq!(bounds(&sales, "api", "db"), ["No Connections", "No Connections", "TCP 80"]);
    let described = |labels: &str| {
        format!("{sales}\n---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: shop, labels: {{{labels}}}}}}}")
    };
    assert_eq!(bounds(&described("team: sales"), "api", "db"), ["TCP 80"; 3]);
    assert_eq!(bounds(&described("team: ops"), "api", "db"), ["No Connections"; 3]);
    // Its name is known, and `name` is what people call that label themselves.
    for (name, known) in [("shop", "TCP 80"), ("ops", "No Connections")] {
        let by_name = from(&format!("namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}"));
        assert_eq!(bounds(&by_name, "api", "db"), [known; 3], "{name}");
    }
    let other = from("namespaceSelector: {matchLabels: {name: ingress-nginx}}");
    assert_eq!(bounds(&other, "api", "db"), ["No Connections"; 3]);
    // Whom such a rule lets in is somebody: a namespace with that label.
    let cluster = cluster(&other);
    let reach = Reach::of(&cluster);
    let at = reach.namespaces().position(|name| name == "name=ingress-nginx").expect("is one");
    let db = cluster.workloads.iter().position(|workload| workload.name == "db").expect("is one");
    assert_eq!(reach.bounds(Peer::SomePod(at), Peer::Workload(db)).0.to_string(), "TCP 80");
}

#[test]
fn pods_that_no_file_describes_are_bound_by_what_is_for_all_pods_of_their_namespace() {
    let of = |spec: &str, peer: fn(usize) -> Peer| {
        let out = format!(
            "{}\n---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: out, namespace: ops}}, spec: {{{spec}}}}}",
            with("podSelector: {matchLabels: {app: web}}")
        );
        let cluster = cluster(&out);
        let reach = Reach::of(&cluster);
        let at = reach.namespaces().position(|name| name == "ops").expect("is one");
        let db = cluster.workloads.iter().position(|workload| workload.name == "db").expect("is one");
        reach.bounds(peer(at), Peer::Workload(db)).1.to_string()
    };
    let both = |spec: &str| [of(spec, Peer::SomePod), of(spec, Peer::EveryPod)];
    let (all, nothing) = ("All Connections", "No Connections");
    let to_db = "{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}";
    for (spec, expected) in [
        ("podSelector: {}".to_owned(), [all, all]),
        ("podSelector: {}, policyTypes: [Egress]".to_owned(), [nothing, nothing]),
        ("podSelector: {matchLabels: {app: x}}, policyTypes: [Egress]".to_owned(), [all, nothing]),
        (format!("podSelector: {{}}, policyTypes: [Egress], egress: [{to_db}]"), ["TCP 80", "TCP 80"]),
        (format!("podSelector: {{matchLabels: {{app: x}}}}, policyTypes: [Egress], egress: [{to_db}]"), [all, nothing]),
    ] {
        assert_eq!(both(&spec), expected, "{spec}");
    }
}
