//! Policies of Cilium, layers 3 and 4, by what its documentation says of them.

use cluster::{Peer, Reach, Weight, connections};

use crate::world::{bounds, cluster};

/// An API, a web server and a database in a shop; another web server outside of it.
const TREE: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: sales}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: away}}
---
{apiVersion: v1, kind: Pod, metadata: {name: api, namespace: shop, labels: {app: api}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {containers: [{ports: [{name: SQL, containerPort: 5432}, {name: sql, containerPort: 5433}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: far, namespace: away, labels: {app: web}}}
---
";

const NOTHING: &str = "No Connections";
const ALL: &str = "All Connections";

fn cnp(spec: &str) -> String {
    format!(
        "{TREE}{{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {{name: c, namespace: shop}}, spec: {{{spec}}}}}\n---\n"
    )
}

fn ccnp(spec: &str) -> String {
    format!(
        "{TREE}{{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {{name: c}}, spec: {{{spec}}}}}\n---\n"
    )
}

/// What the API, the web server, the other one and the outside may do at the database, all of it certain.
fn to_db(text: &str) -> [String; 4] {
    ["api", "web", "far", "external"].map(|source| {
        let [least, listed, most] = bounds(text, source, "db");
        assert_eq!((&least, &most), (&listed, &listed), "{source} in {text}");
        listed
    })
}

/// The same for one rule of ingress.
fn lets_in(rule: &str) -> [String; 4] {
    to_db(&cnp(&format!("endpointSelector: {{matchLabels: {{app: db}}}}, ingress: [{rule}]")))
}

#[test]
fn empty_lists_empty_rules_and_missing_sections_are_different() {
    let db = "endpointSelector: {matchLabels: {app: db}}";
    for none in ["", ", ingress: []", ", ingress: ", ", egress: [{}]", ", ingressDeny: []"] {
        assert_eq!(to_db(&cnp(&format!("{db}{none}"))), [ALL; 4], "{none}");
    }
    for shut in ["{}", "{fromEndpoints: []}", "{fromCIDR: [], toPorts: [{ports: [{port: '80'}]}]}", "{toPorts: []}"] {
        assert_eq!(lets_in(shut), [NOTHING; 4], "{shut}");
    }
    // Everybody on one port; all pods of its own namespace; of the whole cluster; and everybody.
    let http = "SCTP 80,TCP 80,UDP 80";
    assert_eq!(lets_in("{toPorts: [{ports: [{port: '80'}]}]}"), [http; 4]);
    assert_eq!(lets_in("{fromEndpoints: [{}]}"), [ALL, ALL, NOTHING, NOTHING]);
    assert_eq!(
        to_db(&ccnp("endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]")),
        [ALL, ALL, ALL, NOTHING],
        "one for the cluster means pods of all namespaces"
    );
    assert_eq!(lets_in("{fromEntities: [all]}"), [ALL; 4]);
}

#[test]
fn endpoints_are_chosen_by_their_labels_and_those_of_their_namespace() {
    for (selector, expected) in [
        ("matchLabels: {app: api}", [ALL, NOTHING, NOTHING, NOTHING]),
        ("matchLabels: {'k8s:app': web}", [NOTHING, ALL, NOTHING, NOTHING]),
        ("matchLabels: {'any:app': web}", [NOTHING, ALL, NOTHING, NOTHING]),
        ("matchLabels: {app: web, io.kubernetes.pod.namespace: away}", [NOTHING, NOTHING, ALL, NOTHING]),
        ("matchLabels: {'k8s:io.kubernetes.pod.namespace': away}", [NOTHING, NOTHING, ALL, NOTHING]),
        ("matchLabels: {'k8s:io.kubernetes.pod.namespace': shop}", [ALL, ALL, NOTHING, NOTHING]),
        ("matchExpressions: [{key: app, operator: NotIn, values: [web]}]", [ALL, NOTHING, NOTHING, NOTHING]),
        ("matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]", [ALL, ALL, ALL, NOTHING]),
        ("matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': sales, app: web}", [NOTHING, ALL, NOTHING, NOTHING]),
        (
            "matchExpressions: [{key: 'k8s:io.cilium.k8s.namespace.labels.team', operator: DoesNotExist}]",
            [NOTHING, NOTHING, ALL, NOTHING],
        ),
        ("matchLabels: {app: gone}", [NOTHING; 4]),
    ] {
        assert_eq!(lets_in(&format!("{{fromEndpoints: [{{{selector}}}]}}")), expected, "{selector}");
    }
    // A policy with a namespace is for pods of it, whatever it says.
    let text =
        cnp("endpointSelector: {matchLabels: {app: web, 'k8s:io.kubernetes.pod.namespace': away}}, ingress: [{}]");
    assert_eq!(bounds(&text, "db", "far"), [ALL; 3]);
    assert_eq!(bounds(&text, "db", "web"), [NOTHING; 3]);
}

#[test]
fn entities_and_addresses_mean_the_outside_and_never_pods() {
    for (rule, expected) in [
        ("fromEntities: [world]", [NOTHING, NOTHING, NOTHING, ALL]),
        ("fromEntities: [cluster]", [ALL, ALL, ALL, NOTHING]),
        ("fromEntities: [host, remote-node, kube-apiserver, health]", [NOTHING; 4]),
        ("fromCIDR: [0.0.0.0/0]", [NOTHING, NOTHING, NOTHING, ALL]),
        ("fromCIDRSet: [{cidr: 0.0.0.0/0}]", [NOTHING, NOTHING, NOTHING, ALL]),
        ("fromEndpoints: [{matchLabels: {'reserved:world': ''}}]", [NOTHING, NOTHING, NOTHING, ALL]),
        ("fromNodes: [{}]", [NOTHING; 4]),
    ] {
        assert_eq!(lets_in(&format!("{{{rule}}}")), expected, "{rule}");
    }
    let text = cnp(
        "endpointSelector: {matchLabels: {app: db}}, egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}], toPorts: [{ports: [{port: '443', protocol: TCP}]}]}, {toCIDR: [192.0.2.7]}]",
    );
    let cluster = cluster(&text);
    let lines = connections(&Reach::of(&cluster));
    let out: Vec<&str> = lines.lines().filter(|line| line.starts_with("shop/db[Pod] =>")).collect();
    assert_eq!(
        out,
        [
            "shop/db[Pod] => 10.0.0.0-10.0.255.255[External] : TCP 443",
            "shop/db[Pod] => 10.2.0.0-10.255.255.255[External] : TCP 443",
            "shop/db[Pod] => 192.0.2.7-192.0.2.7[External] : All Connections",
        ]
    );
}

#[test]
fn ports_have_protocols_ranges_and_names() {
    for (ports, expected) in [
        ("{port: '80'}", "SCTP 80,TCP 80,UDP 80"),
        ("{port: '80', protocol: ANY}", "SCTP 80,TCP 80,UDP 80"),
        ("{port: '80', protocol: tcp}", "TCP 80"),
        ("{port: '8000', endPort: 8010, protocol: UDP}", "UDP 8000-8010"),
        ("{port: '0', protocol: TCP}", "TCP 1-65535"),
        ("{port: sql, protocol: TCP}", "TCP 5433"),
        ("{port: sql}, {port: '9', protocol: SCTP}", "SCTP 9,TCP 5433"),
        ("{port: gone}", NOTHING),
    ] {
        let found = lets_in(&format!("{{fromEntities: [cluster], toPorts: [{{ports: [{ports}]}}]}}"));
        assert_eq!(found, [expected, expected, expected, NOTHING], "{ports}");
    }
}

#[test]
fn a_deny_wins_over_every_allow_and_shuts_the_rest_unless_the_default_is_switched_off() {
    let db = "endpointSelector: {matchLabels: {app: db}}";
    let deny = "ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]";
    let without_80 = "SCTP 1-65535,TCP 1-79,81-65535,UDP 1-65535";
    assert_eq!(to_db(&cnp(&format!("{db}, {deny}"))), [NOTHING; 4], "nobody is let in");
    let off = "enableDefaultDeny: {ingress: false}";
    assert_eq!(to_db(&cnp(&format!("{db}, {deny}, {off}"))), [ALL, without_80, ALL, ALL]);
    assert_eq!(to_db(&cnp(&format!("{db}, {deny}, ingress: [{{fromEntities: [all]}}]"))), [ALL, without_80, ALL, ALL]);
    // The same denied in Kubernetes' own policy's presence: allows add up, and the deny still wins.
    let own = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: n, namespace: shop}, spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}}";
    assert_eq!(to_db(&(cnp(&format!("{db}, {deny}, {off}")) + own)), [ALL, without_80, NOTHING, NOTHING]);
    let far = "ingress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: away}}]}]";
    assert_eq!(to_db(&(cnp(&format!("{db}, {far}")) + own)), [ALL, ALL, ALL, NOTHING]);
    // An allow that shuts nothing lets nobody in who is not shut out.
    assert_eq!(to_db(&cnp(&format!("{db}, {far}, {off}"))), [ALL; 4]);
    let no_world = "egressDeny: [{toEntities: [world]}], enableDefaultDeny: {egress: false}";
    let text = ccnp(&format!("endpointSelector: {{}}, {no_world}"));
    assert_eq!(bounds(&text, "api", "external"), [NOTHING; 3]);
    assert_eq!(bounds(&text, "api", "db"), [ALL; 3]);
}

#[test]
fn what_is_not_followed_is_unknown_for_whom_it_could_mean() {
    let rule = |rule: &str| cnp(&format!("endpointSelector: {{matchLabels: {{app: db}}}}, ingress: [{rule}]"));
    let api = "fromEndpoints: [{matchLabels: {app: api}}]";
    let http = rule(&format!(
        "{{{api}, toPorts: [{{ports: [{{port: '80', protocol: TCP}}], rules: {{http: [{{path: /}}]}}}}]}}"
    ));
    assert_eq!(bounds(&http, "api", "db"), [NOTHING, "TCP 80", "TCP 80"]);
    assert_eq!(bounds(&http, "web", "db"), [NOTHING; 3]);
    assert_eq!(bounds(&http, "db", "web"), [ALL; 3]);
    // Questions for names are filtered, the connection to who answers is open.
    let dns = http.replace("http: [{path: /}]", "dns: [{matchPattern: '*'}]");
    assert_eq!(bounds(&dns, "api", "db"), ["TCP 80"; 3]);
    for more in ["authentication: {mode: required}", "toPorts: [{ports: [{port: '80'}], serverNames: [x]}]"] {
        let [least, _, most] = bounds(&rule(&format!("{{{api}, {more}}}")), "api", "db");
        assert!(least == NOTHING && most != NOTHING, "{more}");
    }
    let requires = rule(&format!("{{{api}, fromRequires: [{{matchLabels: {{env: prod}}}}]}}"));
    assert_eq!(bounds(&requires, "api", "db"), [NOTHING, NOTHING, ALL]);
    assert_eq!(bounds(&rule("{icmps: [{fields: [{type: 8}]}]}"), "api", "db"), [NOTHING; 3]);
    let account = rule("{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: luke}}]}");
    assert_eq!(bounds(&account, "api", "db"), [NOTHING, NOTHING, ALL]);
    assert_eq!(bounds(&account, "far", "db"), [NOTHING; 3], "of another namespace");
    let out = |rule: &str| cnp(&format!("endpointSelector: {{matchLabels: {{app: db}}}}, egress: [{rule}]"));
    for (names, to_pods) in
        [("toFQDNs: [{matchName: example.com}]", NOTHING), ("toServices: [{k8sService: {serviceName: s}}]", ALL)]
    {
        let text = out(&format!("{{{names}}}"));
        assert_eq!(bounds(&text, "db", "external"), [NOTHING, NOTHING, ALL], "{names}");
        assert_eq!(bounds(&text, "db", "api"), [NOTHING, NOTHING, to_pods], "{names}");
        assert_eq!(bounds(&text, "api", "db"), [ALL; 3], "{names}");
    }
}

#[test]
fn what_is_not_followed_is_named_and_so_is_who_decides() {
    let text = cnp(
        "endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {app: api}}], toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: /}]}}]}]",
    );
    let cluster = cluster(&text);
    let reach = Reach::of(&cluster);
    let at = |name: &str| Peer::Workload(cluster.workloads.iter().position(|one| one.name == name).expect("is one"));
    assert_eq!(
        reach.doubts(at("api"), at("db")),
        ["k.yaml:13: `shop/c`: `rules.http` is not followed: it may let through a part or nothing"]
    );
    assert!(reach.doubts(at("web"), at("db")).is_empty() && reach.doubts(at("db"), at("api")).is_empty());
    let by: Vec<String> = reach.decided(at("api"), at("db")).into_iter().map(|one| one.by).collect();
    assert_eq!(by, ["shop/c at k.yaml:13", "no policy selects it"]);
    let by: Vec<String> = reach.decided(at("web"), at("db")).into_iter().map(|one| one.by).collect();
    assert_eq!(by, ["shop/c at k.yaml:13, of which no rule meets", "no policy selects it"]);
}

#[test]
fn what_cilium_refuses_is_not_there_and_several_policies_of_one_object_are() {
    let db = "endpointSelector: {matchLabels: {app: db}}";
    for (spec, why) in [
        ("ingress: [{}]", "needs an `endpointSelector`"),
        ("endpointSelector: {}, nodeSelector: {}, ingress: [{}]", "needs an `endpointSelector`"),
        (&format!("{db}, ingress: [{{fromEndpoints: [{{}}], fromEntities: [world]}}]"), "in one rule"),
        (&format!("{db}, ingress: [{{fromEntities: [moon]}}]"), "no entity of Cilium"),
        (&format!("{db}, ingress: [{{toPorts: [{{ports: [{{port: 80}}]}}]}}]"), "put it in quotes"),
        (
            &format!("{db}, ingress: [{{toPorts: [{{ports: [{{port: '80', protocol: XYZ}}]}}]}}]"),
            "no protocol with ports",
        ),
        (&format!("{db}, ingress: [{{fromCIDR: [10.0.0.0/33]}}]"), "is no network such as"),
    ] {
        let text = cnp(spec);
        assert_eq!(to_db(&text), [ALL; 4], "{spec}");
        let cluster = cluster(&text);
        let reach = Reach::of(&cluster);
        let told: Vec<&str> =
            reach.told().iter().filter(|one| one.weight == Weight::Refused).map(|one| one.message.as_str()).collect();
        assert!(told.len() == 1 && told[0].contains(why), "{spec}: {told:?}");
    }
    let several = cnp("").replace(
        "spec: {}",
        &format!("specs: [{{{db}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: api}}}}]}}]}}, {{{db}, ingress: [{{fromEntities: [world]}}]}}]"),
    );
    assert_eq!(to_db(&several), [ALL, NOTHING, NOTHING, ALL]);
    // One for nodes says nothing of pods.
    assert_eq!(to_db(&ccnp("nodeSelector: {}, ingress: [{}]")), [ALL; 4]);
}
