//! The whole list on trees of many shapes, each worked out by hand from the rules of the API.

use expect_test::expect;

use crate::world::check;

fn pod(namespace: &str, name: &str, more: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}{more}}}\n---\n"
    )
}

fn policy(namespace: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: {namespace}}}, spec: {{{spec}}}}}\n---\n"
    )
}

fn service(name: &str, spec: &str) -> String {
    format!("{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: a}}, spec: {{{spec}}}}}\n---\n")
}

/// Nobody in `a` talks to anybody, but for what comes in by an entry.
const SHUT: &str = "podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {}}]}]";

#[test]
fn every_kind_that_makes_pods_is_a_workload_and_nothing_else() {
    let templates: String = [
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("v1", "ReplicationController"),
        ("batch/v1", "Job"),
        ("v1", "Service"),
        ("v1", "ConfigMap"),
    ]
    .map(|(version, kind)| {
        let name = kind.to_lowercase();
        format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}}}, spec: {{template: {{metadata: {{labels: {{app: x}}}}}}}}}}\n---\n")
    })
    .concat();
    let cron = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: cron}, spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: x}}}}}}}\n---\n";
    let to_pod = policy(
        "default",
        "podSelector: {matchLabels: {app: x}}, policyTypes: [Ingress, Egress], egress: [{to: [{podSelector: {matchLabels: {app: pod}}}]}]",
    );
    let shut_pod = policy("default", "podSelector: {matchLabels: {app: pod}}, policyTypes: [Egress]")
        .replace("name: p,", "name: q,");
    check(
        &(templates + cron + &pod("default", "pod", "") + &to_pod + &shut_pod),
        expect![[r#"
            0.0.0.0-255.255.255.255[External] => default/pod[Pod] : All Connections
            default/cron[CronJob] => default/pod[Pod] : All Connections
            default/daemonset[DaemonSet] => default/pod[Pod] : All Connections
            default/deployment[Deployment] => default/pod[Pod] : All Connections
            default/job[Job] => default/pod[Pod] : All Connections
            default/replicaset[ReplicaSet] => default/pod[Pod] : All Connections
            default/replicationcontroller[ReplicationController] => default/pod[Pod] : All Connections
            default/statefulset[StatefulSet] => default/pod[Pod] : All Connections
        "#]],
    );
}

#[test]
fn lists_typed_lists_and_json_are_unrolled() {
    check(
        r#"
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {"t": "1"}}},
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "a", "labels": {"app": "one"}}}]}
---
# A comment alone.
---
apiVersion: v1
kind: PodList
items:
  - metadata: {name: two, namespace: b, labels: {app: two}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicyList
items:
  - apiVersion: networking.k8s.io/v1
    metadata: {name: p, namespace: b}
    spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {t: '1'}}}], ports: [{port: 1, endPort: 65535}]}]}
"#,
        expect![[r#"
            0.0.0.0-255.255.255.255[External] => a/one[Pod] : All Connections
            a/one[Pod] => 0.0.0.0-255.255.255.255[External] : All Connections
            a/one[Pod] => b/two[Pod] : TCP 1-65535
            b/two[Pod] => 0.0.0.0-255.255.255.255[External] : All Connections
            b/two[Pod] => a/one[Pod] : All Connections
        "#]],
    );
}

#[test]
fn ports_join_where_they_touch_and_all_of_all_protocols_are_everything() {
    let all = "[{protocol: UDP}, {protocol: SCTP, port: 1, endPort: 65535}, {port: 1, endPort: 80}, {port: 81, endPort: 65535}]";
    let some = "[{port: 81}, {port: 80}, {port: 443, protocol: TCP}, {protocol: UDP, port: 53}, {protocol: SCTP, port: 9}, {port: 82, endPort: 90}, {port: 85, endPort: 100}]";
    for (ports, listed) in [
        (all, "All Connections"),
        (some, "SCTP 9,TCP 80-100,443,UDP 53"),
        ("[]", "All Connections"),
        ("[{}]", "TCP 1-65535"),
    ] {
        let text = pod("a", "one", "")
            + &pod("a", "two", "")
            + &policy(
                "a",
                &format!(
                    "podSelector: {{}}, policyTypes: [Ingress, Egress], ingress: [{{from: [{{podSelector: {{}}}}], ports: {ports}}}], egress: [{{to: [{{podSelector: {{}}}}]}}]"
                ),
            );
        let cluster = crate::world::cluster(&text);
        let found = cluster::connections(&cluster::Reach::of(&cluster));
        assert_eq!(
            found,
            format!("a/one[Pod] => a/two[Pod] : {listed}\na/two[Pod] => a/one[Pod] : {listed}\n"),
            "{ports}"
        );
    }
}

#[test]
fn networks_of_ipv6_are_told_and_leave_nothing_open_in_the_list() {
    check(
        &(pod("a", "one", "")
            + &policy(
                "a",
                "podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8:1::/48']}}]}]",
            )),
        expect![[r#"
            told k.yaml:3: NetworkPolicy `p`: networks of IPv6 are one peer, which the list leaves out
        "#]],
    );
}

#[test]
fn an_entry_has_a_default_backend_and_ports_by_name_and_services_without_pods_are_none() {
    let one = pod(
        "a",
        "one",
        ", spec: {containers: [{ports: [{name: web, containerPort: 8080}, {name: adm, containerPort: 9000}]}]}",
    );
    let ingress = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: in, namespace: a}, spec: {defaultBackend: {service: {name: head, port: {name: h}}}, rules: [{http: {paths: [{backend: {service: {name: none, port: {number: 80}}}}, {backend: {service: {name: far, port: {number: 80}}}}, {backend: {resource: {kind: X, name: y}}}]}}]}}\n---\n";
    let services = service(
        "head",
        "clusterIP: None, selector: {app: one}, ports: [{name: h, port: 80, targetPort: web}, {name: g, port: 81, targetPort: adm}]",
    ) + &service("none", "ports: [{port: 80}]")
        + &service("far", "type: ExternalName, externalName: example.com");
    check(
        &(one + ingress + &services + &policy("a", SHUT)),
        expect![[r#"
            {ingress-controller} => a/one[Pod] : TCP 8080
            told k.yaml:3: the service `far` selects by no label, so nobody knows whom it leads to
            told k.yaml:3: the service `none` selects by no label, so nobody knows whom it leads to
        "#]],
    );
}

#[test]
fn an_ingress_of_old_and_a_route_lead_to_the_ports_that_they_name() {
    let one = pod("a", "one", ", spec: {containers: [{ports: [{name: web, containerPort: 8080}]}]}");
    let two = pod("a", "two", "");
    let services = service(
        "s1",
        "selector: {app: one}, ports: [{name: x, port: 80, targetPort: web}, {name: y, port: 81, targetPort: 7000}]",
    ) + &service(
        "s2",
        "selector: {app: two}, type: NodePort, ports: [{name: y, port: 90, nodePort: 30000, protocol: TCP}]",
    );
    let old = "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: old, namespace: a}, spec: {backend: {serviceName: s1, servicePort: 81}}}\n---\n";
    let route = |port: &str| {
        format!(
            "{{apiVersion: route.openshift.io/v1, kind: Route, metadata: {{name: r, namespace: a}}, spec: {{{port}to: {{kind: Service, name: s1}}, alternateBackends: [{{kind: Service, name: s2}}]}}}}\n---\n"
        )
    };
    let found = |entries: &str| {
        let text = one.clone() + &two + &services + entries + &policy("a", SHUT);
        let cluster = crate::world::cluster(&text);
        cluster::connections(&cluster::Reach::of(&cluster))
    };
    let line = |to: &str, ports: &str| format!("{{ingress-controller}} => a/{to}[Pod] : {ports}\n");
    assert_eq!(found(""), "");
    assert_eq!(found(old), line("one", "TCP 7000"));
    assert_eq!(found(&route("")), line("one", "TCP 7000,8080") + &line("two", "TCP 90"));
    assert_eq!(found(&route("port: {targetPort: y}, ")), line("one", "TCP 7000") + &line("two", "TCP 90"));
    assert_eq!(found(&route("port: {targetPort: web}, ")), line("one", "TCP 8080"));
    assert_eq!(found(&route("port: {targetPort: 7000}, ")), line("one", "TCP 7000"));
    // Whom policies do not let in at all does not enter either.
    let text = one.clone() + &services + old + &policy("a", "podSelector: {}, ingress: [{from: [{podSelector: {}}]}]");
    let cluster = crate::world::cluster(&text);
    assert!(!cluster::connections(&cluster::Reach::of(&cluster)).contains("ingress-controller"));
}

#[test]
fn a_route_of_a_gateway_needs_a_gateway_that_takes_it_and_a_grant_for_other_namespaces() {
    let route = |more: &str| {
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r, namespace: b}}, spec: {{parentRefs: [{{name: gw, namespace: infra}}], rules: [{{backendRefs: [{{name: s1, namespace: a, port: 80}}]}}]}}}}\n---\n{more}"
        )
    };
    let grant = "{apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: {name: g, namespace: a}, spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: b}], to: [{group: '', kind: Service}]}}\n---\n";
    let gateway = |allowed: &str| {
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: gw, namespace: infra}}, spec: {{listeners: [{{name: http{allowed}}}]}}}}\n---\n"
        )
    };
    let found = |entries: String| {
        let text = pod("a", "one", "")
            + &service("s1", "selector: {app: one}, ports: [{port: 80}]")
            + &entries
            + &policy("a", SHUT);
        let cluster = crate::world::cluster(&text);
        cluster::connections(&cluster::Reach::of(&cluster))
    };
    let open = "{ingress-controller} => a/one[Pod] : TCP 80\n";
    assert_eq!(found(route(grant)), open);
    assert_eq!(found(route("")), "", "no grant");
    assert_eq!(found(route(&grant.replace("namespace: b", "namespace: c"))), "", "a grant for others");
    assert_eq!(found(route(&grant.replace("kind: Service", "kind: Service, name: s2"))), "", "a grant for another");
    assert_eq!(found(route(grant).replace("parentRefs: [{name: gw, namespace: infra}], ", "")), "", "no parent");
    assert_eq!(found(route(grant).replace("port: 80}]", "port: 80, weight: 0}]")), "", "no weight");
    assert_eq!(found(route(grant) + &gateway("")), "", "its own namespace, where nothing is written");
    assert_eq!(found(route(grant) + &gateway(", allowedRoutes: {namespaces: {from: All}}")), open);
    let by_label = ", allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {t: x}}}}";
    let of = |label: &str| {
        format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: b, labels: {{t: {label}}}}}}}\n---\n")
    };
    assert_eq!(found(route(grant) + &gateway(by_label) + &of("x")), open);
    assert_eq!(found(route(grant) + &gateway(by_label) + &of("y")), "");
}

#[test]
fn policies_of_admins_know_networks_names_of_ports_and_tell_what_is_not_followed() {
    let admin = |rules: &str| {
        format!(
            "{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {{name: a}}, spec: {{priority: 0, subject: {{pods: {{namespaceSelector: {{}}, podSelector: {{matchLabels: {{app: one}}}}}}}}, egress: [{rules}]}}}}\n---\n"
        )
    };
    let both = pod("a", "one", "")
        + &pod(
            "b",
            "two",
            ", spec: {containers: [{ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: dns, containerPort: 54}]}]}",
        );
    check(
        &(both.clone()
            + &admin(
                "{action: Allow, to: [{networks: [10.0.0.0/8, 'fd00::/8']}], ports: [{portRange: {start: 1, end: 10, protocol: SCTP}}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}, {action: Pass, to: [{nodes: {}}]}, {action: Allow, to: [{namespaces: {}}], ports: [{namedPort: dns}]}, {action: Deny, to: [{namespaces: {}}]}",
            )),
        expect![[r#"
            0.0.0.0-255.255.255.255[External] => a/one[Pod] : All Connections
            0.0.0.0-255.255.255.255[External] => b/two[Pod] : All Connections
            a/one[Pod] => 10.0.0.0-10.255.255.255[External] : SCTP 1-10
            a/one[Pod] => b/two[Pod] : TCP 54,UDP 53
            b/two[Pod] => 0.0.0.0-9.255.255.255[External] : All Connections
            b/two[Pod] => 10.0.0.0-10.255.255.255[External] : All Connections
            b/two[Pod] => 11.0.0.0-255.255.255.255[External] : All Connections
            b/two[Pod] => a/one[Pod] : All Connections
            told k.yaml:5: AdminNetworkPolicy `a`: its networks may hold pods, whose addresses no file tells
            told k.yaml:5: AdminNetworkPolicy `a`: networks of IPv6 are one peer, which the list leaves out
        "#]],
    );
    let names =
        admin("{action: Allow, to: [{domainNames: [example.com]}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}");
    let text = both.clone() + &names;
    assert_eq!(crate::world::bounds(&text, "one", "external"), ["No Connections", "No Connections", "All Connections"]);
    assert_eq!(crate::world::bounds(&text, "two", "external"), ["All Connections"; 3]);
    // What is no address of pods says nothing of them; a private network may.
    for (network, known) in [("169.254.169.254/32", "All Connections"), ("10.1.0.0/16", "No Connections")] {
        let deny = admin(&format!("{{action: Deny, to: [{{networks: [{network}]}}]}}"));
        let found = crate::world::bounds(&(both.clone() + &deny), "one", "two");
        assert_eq!(found, [known, "All Connections", "All Connections"], "{network}");
    }
    // Traffic between pods is held against whole IPv4, too; the list has networks for the outside.
    assert_eq!(crate::world::bounds(&text, "one", "two"), ["No Connections", "All Connections", "No Connections"]);
}

#[test]
fn what_admins_may_not_write_is_refused() {
    let of = |kind: &str, name: &str, spec: &str| {
        format!(
            "{}{{apiVersion: policy.networking.k8s.io/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{{spec}}}}}",
            pod("a", "one", "")
        )
    };
    let all = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
    for (kind, name, spec, why) in [
        ("AdminNetworkPolicy", "a", all.to_owned(), "no `priority`"),
        ("AdminNetworkPolicy", "a", format!("priority: 1001, {all}"), "from 0 to 1000"),
        ("AdminNetworkPolicy", "a", format!("priority: 1, {}", all.replace("Deny", "deny")), "not deny"),
        (
            "AdminNetworkPolicy",
            "a",
            format!("priority: 1, {}", all.replace("from: [{namespaces: {}}]", "from: []")),
            "needs peers",
        ),
        (
            "AdminNetworkPolicy",
            "a",
            format!("priority: 1, {}", all.replace("[{namespaces: {}}]", "[{namespaces: {}, pods: {}}]")),
            "is one of",
        ),
        ("AdminNetworkPolicy", "a", "priority: 1, ingress: []".to_owned(), "no `subject`"),
        ("BaselineAdminNetworkPolicy", "other", all.to_owned(), "is called `default`"),
        ("BaselineAdminNetworkPolicy", "default", all.replace("Deny", "Pass"), "not Pass"),
    ] {
        let cluster = crate::world::cluster(&of(kind, name, &spec));
        let reach = cluster::Reach::of(&cluster);
        let told: Vec<&str> = reach.told().iter().map(|one| one.message.as_str()).collect();
        assert!(told.len() == 1 && told[0].contains("would be refused") && told[0].contains(why), "{spec}: {told:?}");
    }
}
