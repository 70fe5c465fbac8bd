//! Who may talk to whom: policies of namespaces and of admins, entries, and what is told of them.

use cluster::{Kubernetes, Peer, Ports, Protocol, Reach, Weight, connections};
use expect_test::expect;
use proptest::prelude::*;

use crate::world::{check, cluster, objects};

/// A web server, an API and a database in a namespace each, without any policy.
const SHOP: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: sales}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 80, name: http}]}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: c, ports: [{containerPort: 8080, name: http}]}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: data}, spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports: [{containerPort: 5432, name: sql}]}]}}}}
---
";

fn shop(more: &str) -> String {
    format!("{SHOP}{more}")
}

fn policy(name: &str, namespace: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: {namespace}}}, spec: {{{spec}}}}}\n---\n"
    )
}

#[test]
fn without_policies_everybody_talks_to_everybody_and_with_one_only_whom_it_lets_in() {
    let open = cluster(SHOP);
    // Three workloads with each other, and each with what is outside, both ways.
    assert_eq!(connections(&Reach::of(&open)).lines().count(), 3 * 2 + 3 * 2);
    check(
        &shop(&policy(
            "only-api",
            "data",
            "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: sales}}, podSelector: {matchLabels: {app: api}}}], ports: [{port: sql}]}]",
        )),
        expect![[r#"
            0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
            0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
            data/db[StatefulSet] => 0.0.0.0-255.255.255.255[External] : All Connections
            data/db[StatefulSet] => shop/api[Deployment] : All Connections
            data/db[StatefulSet] => shop/web[Deployment] : All Connections
            shop/api[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
            shop/api[Deployment] => data/db[StatefulSet] : TCP 5432
            shop/api[Deployment] => shop/web[Deployment] : All Connections
            shop/web[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
            shop/web[Deployment] => shop/api[Deployment] : All Connections
        "#]],
    );
}

#[test]
fn what_is_written_empty_and_what_is_missing_are_different() {
    let ingress = |rules: &str| {
        let text = shop(&policy("p", "data", &format!("podSelector: {{}}, {rules}")));
        let cluster = cluster(&text);
        let reach = Reach::of(&cluster);
        let to_db: Vec<String> = connections(&reach)
            .lines()
            .filter(|line| line.contains("=> data/db"))
            .map(|line| line.split_once(" =>").expect("is a line").0.to_owned())
            .collect();
        to_db.join(" ")
    };
    let everybody = "0.0.0.0-255.255.255.255[External] shop/api[Deployment] shop/web[Deployment]";
    assert_eq!(ingress("ingress: []"), "");
    assert_eq!(ingress("policyTypes: [Ingress]"), "");
    assert_eq!(ingress("ingress: [{}]"), everybody);
    assert_eq!(ingress("ingress: [{from: []}]"), everybody);
    assert_eq!(ingress("ingress: [{from: [{namespaceSelector: {}}]}]"), "shop/api[Deployment] shop/web[Deployment]");
    assert_eq!(
        ingress("ingress: [{from: [{podSelector: {}}]}]"),
        "",
        "pods of its own namespace, and there is no other"
    );
    assert_eq!(ingress("policyTypes: [Egress], ingress: []"), everybody, "it says nothing about who comes in");
}

#[test]
fn what_the_api_server_would_refuse_is_not_there_and_told() {
    let broken = [
        ("ingress: [{from: [{}]}]", "a peer needs"),
        // Without the key that nobody knows nothing is left of the peer.
        ("ingress: [{from: [{podselector: {}}]}]", "a peer needs"),
        ("policyTypes: [ingress]", "and not `ingress`"),
        ("ingress: [{ports: [{port: '5432'}]}]", "needs a letter"),
        ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]", "and not both"),
        ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "is no network such as"),
        ("ingress: [{from: [{ipBlock: {cidr: 'fd00::/200'}}]}]", "is no network such as"),
        ("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]", "lies within its block"),
        ("ingress: [{ports: [{port: 99999}]}]", "no number from 1 to 65535"),
        ("ingress: [{ports: [{port: 90, endPort: 80}]}]", "ends before it begins"),
        ("ingress: [{ports: [{port: http, endPort: 80}]}]", "needs a number"),
        ("ingress: [{ports: [{protocol: ICMP}]}]", "is not TCP, UDP or SCTP"),
        ("ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: Is}]}}]}]", "no operator"),
        ("ingress: [{from: [{podSelector: {matchExpressions: [{key: a, operator: In}]}}]}]", "has no values"),
        ("ingress: [{from: [{podSelector: {matchLabels: {tier: 1}}}]}]", "`1` without quotes"),
        ("ingress: [{from: [{podSelector: {matchLabels: {canary: true}}}]}]", "`true` without quotes"),
        ("ingress: [{ports: [{endPort: 90}]}]", "`endPort` needs a `port`"),
        ("ingress: [{ports: [{port: 0}]}]", "no number from 1 to 65535"),
        ("ingress: {from: x}", "must be a list"),
    ];
    for (spec, why) in broken {
        let text = shop(&policy("p", "data", &format!("podSelector: {{}}, {spec}")));
        let cluster = cluster(&text);
        let reach = Reach::of(&cluster);
        let told: Vec<&str> =
            reach.told().iter().filter(|one| one.weight == Weight::Refused).map(|one| one.message.as_str()).collect();
        assert!(
            told.len() == 1 && told[0].contains(why) && told[0].contains("NetworkPolicy `p` would be refused"),
            "{spec}: {told:?}"
        );
        assert_eq!(connections(&reach).lines().count(), 12, "{spec}");
    }
}

#[test]
fn named_ports_mean_what_they_mean_at_the_destination_and_nothing_outside() {
    check(
        &shop(
            &(policy("out", "shop", "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]")
                + &policy(
                    "in",
                    "data",
                    "podSelector: {}, ingress: [{ports: [{port: http}, {port: sql, protocol: UDP}]}]",
                )),
        ),
        expect![[r#"
            0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
            0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
            data/db[StatefulSet] => 0.0.0.0-255.255.255.255[External] : All Connections
            data/db[StatefulSet] => shop/api[Deployment] : All Connections
            data/db[StatefulSet] => shop/web[Deployment] : All Connections
            shop/api[Deployment] => shop/web[Deployment] : TCP 80
            shop/web[Deployment] => shop/api[Deployment] : TCP 8080
            told k.yaml:11: the port `http` is none of data/db[StatefulSet], so the rule opens nothing there
            told k.yaml:11: the port `sql` is none of data/db[StatefulSet], so the rule opens nothing there
        "#]],
    );
}

#[test]
fn blocks_cut_the_addresses_and_never_mean_workloads() {
    check(
        &shop(
            &(policy(
                "out",
                "shop",
                "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 443}, {port: 8000, endPort: 8010}]}]",
            ) + &policy("none", "data", "podSelector: {}, policyTypes: [Ingress, Egress]")),
        ),
        expect![[r#"
            0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
            0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
            shop/api[Deployment] => 10.0.0.0-10.0.255.255[External] : TCP 443,8000-8010
            shop/api[Deployment] => 10.2.0.0-10.255.255.255[External] : TCP 443,8000-8010
            shop/web[Deployment] => 10.0.0.0-10.0.255.255[External] : TCP 443,8000-8010
            shop/web[Deployment] => 10.2.0.0-10.255.255.255[External] : TCP 443,8000-8010
        "#]],
    );
}

#[test]
fn admins_are_asked_first_and_the_baseline_last() {
    let admin = "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: no-db}, spec: {priority: 10, subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: data}}}, ingress: [{action: Allow, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}}], ports: [{portNumber: {port: 5432}}]}, {action: Pass, from: [{namespaces: {matchLabels: {team: sales}}}], ports: [{portRange: {start: 9000, end: 9010}}]}, {action: Deny, from: [{namespaces: {}}]}]}}\n---\n";
    check(
        &shop(admin),
        expect![[r#"
        0.0.0.0-255.255.255.255[External] => data/db[StatefulSet] : All Connections
        0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
        0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
        data/db[StatefulSet] => 0.0.0.0-255.255.255.255[External] : All Connections
        data/db[StatefulSet] => shop/api[Deployment] : All Connections
        data/db[StatefulSet] => shop/web[Deployment] : All Connections
        shop/api[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
        shop/api[Deployment] => data/db[StatefulSet] : TCP 5432,9000-9010
        shop/api[Deployment] => shop/web[Deployment] : All Connections
        shop/web[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
        shop/web[Deployment] => data/db[StatefulSet] : TCP 9000-9010
        shop/web[Deployment] => shop/api[Deployment] : All Connections
    "#]],
    );
    // What is passed on is for the policies of namespaces, and else for the baseline.
    let baseline = "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 9005}}]}]}}\n---\n";
    check(
        &shop(&(admin.to_owned() + baseline)),
        expect![[r#"
        0.0.0.0-255.255.255.255[External] => data/db[StatefulSet] : All Connections
        0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
        0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
        data/db[StatefulSet] => 0.0.0.0-255.255.255.255[External] : All Connections
        data/db[StatefulSet] => shop/api[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
        data/db[StatefulSet] => shop/web[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
        shop/api[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
        shop/api[Deployment] => data/db[StatefulSet] : TCP 5432,9000-9004,9006-9010
        shop/api[Deployment] => shop/web[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
        shop/web[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
        shop/web[Deployment] => data/db[StatefulSet] : TCP 9000-9004,9006-9010
        shop/web[Deployment] => shop/api[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
    "#]],
    );
    let own = policy(
        "own",
        "data",
        "podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 9005}, {port: 80}]}]",
    );
    check(
        &shop(&(admin.to_owned() + baseline + &own)),
        expect![[r#"
        0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
        0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
        data/db[StatefulSet] => 0.0.0.0-255.255.255.255[External] : All Connections
        data/db[StatefulSet] => shop/api[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
        data/db[StatefulSet] => shop/web[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
        shop/api[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
        shop/api[Deployment] => data/db[StatefulSet] : TCP 5432,9005
        shop/api[Deployment] => shop/web[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
        shop/web[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
        shop/web[Deployment] => data/db[StatefulSet] : TCP 9005
        shop/web[Deployment] => shop/api[Deployment] : SCTP 1-65535,TCP 1-9004,9006-65535,UDP 1-65535
    "#]],
    );
    let twin = admin.replace("no-db", "twin");
    let text = shop(&(admin.to_owned() + &twin));
    let cluster = cluster(&text);
    let reach = Reach::of(&cluster);
    assert!(
        reach.told().iter().any(|told| told.weight == Weight::Refused && told.message.contains("the same priority 10"))
    );
}

#[test]
fn an_entry_leads_through_its_service_to_the_ports_of_pods() {
    check(
        &shop(&("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{name: h, port: 8000, targetPort: http}, {name: m, port: 9000}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: in, namespace: shop}, spec: {rules: [{http: {paths: [{backend: {service: {name: web, port: {number: 8000}}}}, {backend: {service: {name: gone, port: {number: 1}}}}]}}]}}
---
".to_owned() + &policy("closed", "data", "podSelector: {}, policyTypes: [Ingress, Egress]"))),
        expect![[r#"
            0.0.0.0-255.255.255.255[External] => shop/api[Deployment] : All Connections
            0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections
            shop/api[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
            shop/api[Deployment] => shop/web[Deployment] : All Connections
            shop/web[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
            shop/web[Deployment] => shop/api[Deployment] : All Connections
            {ingress-controller} => shop/web[Deployment] : TCP 80
            told k.yaml:11: Ingress `in` leads to the service `gone`, which nothing describes
        "#]],
    );
}

#[test]
fn pods_of_one_owner_are_one_and_their_differences_are_told_where_they_matter() {
    let pod = |name: &str, tier: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, labels: {{app: x, tier: {tier}}}, ownerReferences: [{{kind: ReplicaSet, name: own}}]}}}}\n---\n"
        )
    };
    let both = pod("one", "a") + &pod("two", "b");
    let asks = |label: &str| policy("p", "default", &format!("podSelector: {{matchLabels: {{{label}}}}}"));
    let told = |text: &str| {
        let cluster = cluster(text);
        assert_eq!(cluster.workloads.len(), 1);
        Reach::of(&cluster).told().len()
    };
    assert_eq!((told(&(both.clone() + &asks("app: x"))), told(&(both + &asks("tier: a")))), (0, 1));
}

#[test]
fn policies_of_other_kinds_are_told_and_never_taken_for_none() {
    for (kind, between) in [
        ("crd.projectcalico.org/v1, kind: GlobalNetworkPolicy", [false, false]),
        // One of a namespace is for pods of that namespace.
        ("projectcalico.org/v3, kind: NetworkPolicy", [false, true]),
        ("projectcalico.org/v3, kind: StagedNetworkPolicy", [true, true]),
        ("security.istio.io/v1, kind: AuthorizationPolicy", [false, false]),
        ("k8s.ovn.org/v1, kind: UserDefinedNetwork", [false, true]),
        ("k8s.ovn.org/v1, kind: ClusterUserDefinedNetwork", [false, false]),
    ] {
        let cluster = cluster(&shop(&format!("{{apiVersion: {kind}, metadata: {{name: c, namespace: data}}}}")));
        let reach = Reach::of(&cluster);
        let told: Vec<&str> = reach.told().iter().map(|told| told.message.as_str()).collect();
        assert!(told[0].ends_with("is not followed: what it allows and denies is unknown") || between[0], "{told:?}");
        // From the API to the database, and to the web server.
        let known = [0, 2].map(|to| {
            let (least, most) = reach.bounds(Peer::Workload(1), Peer::Workload(to));
            assert_eq!(least == most, reach.doubts(Peer::Workload(1), Peer::Workload(to)).is_empty(), "{kind}");
            least == most
        });
        assert_eq!(known, between, "{kind}");
    }
}

#[test]
fn who_decides_is_named_with_its_line() {
    let text = shop(&policy(
        "only-api",
        "data",
        "podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}]}]",
    ));
    let cluster = cluster(&text);
    let reach = Reach::of(&cluster);
    let by = |source: usize| {
        reach
            .decided(Peer::Workload(source), Peer::Workload(0))
            .into_iter()
            .map(|one| format!("{} {}", one.direction.word(), one.by))
            .collect::<Vec<_>>()
    };
    assert_eq!(cluster.workloads.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["db", "api", "web"]);
    assert_eq!(by(1), ["ingress data/only-api at k.yaml:9", "egress no policy selects it"]);
    assert_eq!(by(2), ["ingress data/only-api at k.yaml:9, of which no rule meets", "egress no policy selects it"]);
}

// ===== laws =====

/// A peer: of which namespace, with which label; `None` is the policy's own, and any.
type DrawnPeer = (Option<bool>, Option<u8>);

/// Peers, and ports as a first one and how many more.
type DrawnRule = (Vec<DrawnPeer>, Vec<(u16, u16)>);

/// Namespace, label of its subjects (or all), whether it is about egress, and its rules.
type DrawnPolicy = (bool, Option<u8>, bool, Vec<DrawnRule>);

/// Small policies over two namespaces of three workloads each.
#[derive(Clone, Debug)]
struct Drawn {
    policies: Vec<DrawnPolicy>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let label = || prop::option::of(0_u8..3);
    let peer = (prop::option::of(any::<bool>()), label());
    let ports = prop::collection::vec((1_u16..6, 0_u16..3), 0..3);
    let rule = (prop::collection::vec(peer, 0..3), ports);
    let policy = (any::<bool>(), label(), any::<bool>(), prop::collection::vec(rule, 0..3));
    prop::collection::vec(policy, 0..6).prop_map(|policies| Drawn { policies })
}

impl Drawn {
    fn yaml(&self) -> String {
        let mut text = String::new();
        for (at, namespace) in [(0, "n0"), (1, "n1")] {
            text += &format!(
                "{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}, labels: {{n: '{at}'}}}}}}\n---\n"
            );
            for label in 0..3 {
                text += &format!(
                    "{{apiVersion: v1, kind: Pod, metadata: {{name: p{label}, namespace: {namespace}, labels: {{l: '{label}'}}}}}}\n---\n"
                );
            }
        }
        for (at, (namespace, subject, is_egress, rules)) in self.policies.iter().enumerate() {
            let selector = |label: &Option<u8>| {
                label.map_or("{}".to_owned(), |label| format!("{{matchLabels: {{l: '{label}'}}}}"))
            };
            let (kind, from) = if *is_egress { ("Egress", "to") } else { ("Ingress", "from") };
            let mut written = Vec::new();
            for (peers, ports) in rules {
                let peer = |(namespace, label): &(Option<bool>, Option<u8>)| {
                    let namespaces = namespace.map_or(String::new(), |one| {
                        format!("namespaceSelector: {{matchLabels: {{n: '{}'}}}}, ", u8::from(one))
                    });
                    format!("{{{namespaces}podSelector: {}}}", selector(label))
                };
                let peers: Vec<String> = peers.iter().map(peer).collect();
                let ports: Vec<String> =
                    ports.iter().map(|(port, more)| format!("{{port: {port}, endPort: {}}}", port + more)).collect();
                written.push(format!("{{{from}: [{}], ports: [{}]}}", peers.join(", "), ports.join(", ")));
            }
            let spec = format!(
                "podSelector: {}, policyTypes: [{kind}], {}: [{}]",
                selector(subject),
                kind.to_lowercase(),
                written.join(", ")
            );
            text += &policy(&format!("p{at}"), if *namespace { "n1" } else { "n0" }, &spec);
        }
        text
    }

    /// The definition, asked for one port of one pair.
    fn allows(&self, source: (bool, u8), destination: (bool, u8), port: u16) -> bool {
        let direction = |is_egress: bool, own: (bool, u8), other: (bool, u8)| {
            let mut selecting = self
                .policies
                .iter()
                .filter(|(namespace, subject, egress, _)| {
                    *egress == is_egress && *namespace == own.0 && subject.is_none_or(|label| label == own.1)
                })
                .peekable();
            selecting.peek().is_none()
                || selecting.any(|(namespace, _, _, rules)| {
                    rules.iter().any(|(peers, ports)| {
                        let is_peer = peers.is_empty()
                            || peers.iter().any(|(of, label)| {
                                of.unwrap_or(*namespace) == other.0 && label.is_none_or(|label| label == other.1)
                            });
                        is_peer
                            && (ports.is_empty()
                                || ports.iter().any(|(from, more)| (*from..=from + more).contains(&port)))
                    })
                })
        };
        direction(true, source, destination) && direction(false, destination, source)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn reach_is_what_the_definition_says(drawn in drawn()) {
        let cluster = cluster(&drawn.yaml());
        let reach = Reach::of(&cluster);
        prop_assert!(reach.told().is_empty());
        let place = |at: usize| (cluster.workloads[at].namespace == "n1", cluster.workloads[at].name[1..].parse::<u8>().expect("is a number"));
        for source in 0..6 {
            for destination in (0..6).filter(|other| *other != source) {
                let ports = reach.allowed(Peer::Workload(source), Peer::Workload(destination));
                // Nothing here is unknown.
                let bounds = reach.bounds(Peer::Workload(source), Peer::Workload(destination));
                prop_assert_eq!(bounds, (ports.clone(), ports.clone()));
                for port in 1..10 {
                    let expected = drawn.allows(place(source), place(destination), port);
                    prop_assert_eq!(ports.contains(Protocol::Tcp, port), expected, "{:?} to {:?} on {}", place(source), place(destination), port);
                }
            }
        }
    }

    #[test]
    fn the_order_of_objects_changes_nothing(drawn in drawn(), turn in 0_usize..12) {
        let mut all = objects(&drawn.yaml());
        let one = Kubernetes::of(all.clone());
        let turn = turn % all.len();
        all.rotate_left(turn);
        let other = Kubernetes::of(all);
        prop_assert_eq!(connections(&Reach::of(&one)), connections(&Reach::of(&other)));
    }

    #[test]
    fn sets_of_ports_are_sets(one in prop::collection::vec((1_u16..40, 0_u16..8), 0..5), other in prop::collection::vec((1_u16..40, 0_u16..8), 0..5)) {
        let of = |ranges: &[(u16, u16)]| ranges.iter().fold(Ports::none(), |all, (from, more)| all.union(&Ports::range(Protocol::Udp, *from, from + more)));
        let (left, right) = (of(&one), of(&other));
        for port in 1..60 {
            let (is_left, is_right) = (left.contains(Protocol::Udp, port), right.contains(Protocol::Udp, port));
            prop_assert_eq!(left.union(&right).contains(Protocol::Udp, port), is_left || is_right);
            prop_assert_eq!(left.intersection(&right).contains(Protocol::Udp, port), is_left && is_right);
            prop_assert_eq!(left.without(&right).contains(Protocol::Udp, port), is_left && !is_right);
        }
        prop_assert!(Ports::all().without(&left).union(&left).is_all());
        prop_assert!(left.without(&left).is_empty());
    }
}
