//! `k8s.reach` and `k8s.disruption` on manifests as they stand in a repository: the claim holds, and turns when a label, a selector or a policy
//! is changed.

use evidence::{Grade, Observation, Value};

use crate::world::{Place, blind, broken, held, not_seen};

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: jobs, namespace: batch}
spec:
  template:
    metadata: {labels: {app: jobs}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache, namespace: data}
spec:
  template:
    metadata: {labels: {app: cache}}
    spec:
      containers:
        - {name: redis, ports: [{containerPort: 6379, name: redis}]}
";

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-shop, namespace: data}
spec:
  podSelector: {matchLabels: {app: cache}}
  ingress:
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]
      ports: [{port: redis}]
";

const CLOSED: &str = "obs.allowed_from == ['shop'] && !obs.allowed_external && obs.to_selects > 0";
const WITH: &str = "{from: deploy, to: app=cache, port: 6379}";

fn place() -> Place {
    let place = Place::new();
    place.write("deploy/shop.yaml", SHOP);
    place.write("deploy/policies/only-shop.yaml", POLICY);
    place
}

#[tokio::test]
async fn only_whom_the_policy_lets_in_reaches_and_the_policy_is_named() {
    let seen = place().look("k8s.reach", WITH).await;
    held(&seen, CLOSED);
    assert_eq!(seen.grade, Some(Grade::Wired));
    let Some(Value::List(by)) = seen.values.get("decided_by") else { panic!("{seen:#?}") };
    let by: Vec<String> = by.iter().map(|one| format!("{one:?}")).collect();
    assert!(by.iter().any(|one| one.contains("ingress data/only-shop at deploy/policies/only-shop.yaml:7")), "{by:?}");
}

#[tokio::test]
async fn each_way_to_lose_the_policy_turns_the_claim() {
    for (old, new) in [
        ("podSelector: {matchLabels: {app: cache}}", "podSelector: {matchLabels: {app: cachet}}"),
        ("namespace: data", "namespace: date"),
        ("kubernetes.io/metadata.name: shop", "kubernetes.io/metadata.name: batch"),
        ("kind: NetworkPolicy", "kind: NetworkPolice"),
        ("port: redis", "port: 6380"),
        ("port: redis", "port: '6379'"),
        ("networking.k8s.io/v1", "networking.k8s.io/v1beta1"),
        ("spec:\n", "spec:\n  policyTypes: [ingress]\n"),
    ] {
        let place = place();
        assert!(POLICY.contains(old), "{old}");
        place.write("deploy/policies/only-shop.yaml", &POLICY.replace(old, new));
        broken(&place.look("k8s.reach", WITH).await, CLOSED);
    }
    let on_host = place();
    on_host.write("deploy/shop.yaml", &SHOP.replace("      containers:", "      hostNetwork: true\n      containers:"));
    let seen = on_host.look("k8s.reach", WITH).await;
    not_seen(&seen, CLOSED);
    told(&seen, "data/cache[StatefulSet]: its pods use the network of their node");
    let place = place();
    place.write("deploy/shop.yaml", &SHOP.replace("labels: {app: cache}", "labels: {app: store}"));
    not_seen(&place.look("k8s.reach", WITH).await, CLOSED);
    broken(&place.look("k8s.reach", "{from: deploy, to: data/cache, port: 6379}").await, CLOSED);
}

#[tokio::test]
async fn one_source_is_asked_alone_and_nobody_is_no_answer() {
    let place = place();
    let from = |source: &str| format!("{{from: deploy, to: data/cache, port: 6379, source: '{source}'}}");
    held(&place.look("k8s.reach", &from("ns:batch")).await, "!obs.allowed && obs.source_selects == 1");
    held(&place.look("k8s.reach", &from("app=api")).await, "obs.allowed_all");
    held(&place.look("k8s.reach", &from("external")).await, "!obs.allowed");
    blind(&place.look("k8s.reach", &from("ns:nobody")).await, "no file describes the namespace `nobody`");
}

#[tokio::test]
async fn whoever_no_file_describes_counts_among_those_who_are_let_in() {
    let from = |peers: &str| {
        let place = place();
        let policy = POLICY.replace("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}", peers);
        assert!(policy != POLICY || peers.contains("shop"));
        let namespaces = ["batch", "data", "shop"].map(|name| format!("kind: Namespace\nmetadata: {{name: {name}}}\n"));
        place.write("deploy/namespaces.yaml", &namespaces.join("---\n"));
        place.write("deploy/policies/only-shop.yaml", &policy);
        place
    };
    for (peers, allowed_from) in [
        // Every namespace, described or not.
        ("{namespaceSelector: {}}", "['*', 'batch', 'data', 'shop']"),
        (
            "{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}",
            "['*', 'batch', 'data', 'shop']",
        ),
        // A namespace that no file describes is let in by its name.
        ("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}", "['ops']"),
        (
            "{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop, ops]}]}}",
            "['ops', 'shop']",
        ),
        // Some pod of the shop, though none of those described.
        (
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}, podSelector: {matchLabels: {app: job}}}",
            "['shop']",
        ),
        // Its own pods among themselves are nobody else.
        ("{podSelector: {matchLabels: {app: cache}}}", "[]"),
        ("{podSelector: {}}", "['data']"),
        ("{ipBlock: {cidr: 10.0.0.0/8}}", "[]"),
        // Nobody who is described has the label, so somebody else has.
        ("{namespaceSelector: {matchLabels: {team: x}}}", "['team=x']"),
    ] {
        held(&from(peers).look("k8s.reach", WITH).await, &format!("obs.allowed_from == {allowed_from}"));
    }
    let unlabelled = place();
    let by_label = POLICY.replace("kubernetes.io/metadata.name: shop", "team: shop");
    unlabelled.write("deploy/policies/only-shop.yaml", &by_label);
    let seen = unlabelled.look("k8s.reach", WITH).await;
    not_seen(&seen, CLOSED);
    told(&seen, "no file describes the namespace `shop`, so nobody knows its labels");
    unlabelled.write("deploy/shop-namespace.yaml", "kind: Namespace\nmetadata: {name: shop, labels: {team: shop}}\n");
    unlabelled
        .write("deploy/batch-namespace.yaml", "kind: Namespace\nmetadata: {name: batch, labels: {team: batch}}\n");
    unlabelled.write("deploy/data-namespace.yaml", "kind: Namespace\nmetadata: {name: data}\n");
    held(&unlabelled.look("k8s.reach", WITH).await, CLOSED);
    unlabelled.write("deploy/shop-namespace.yaml", "kind: Namespace\nmetadata: {name: shop, labels: {team: shops}}\n");
    broken(&unlabelled.look("k8s.reach", WITH).await, CLOSED);
    let v6 = from("{ipBlock: {cidr: 'fd00::/8'}}").look("k8s.reach", WITH).await;
    held(&v6, "obs.allowed_external");
    broken(&v6, CLOSED);
    // Without any policy.
    let open = place();
    open.write("deploy/policies/only-shop.yaml", "kind: NetworkPolice\nmetadata: {name: p}\n");
    held(&open.look("k8s.reach", WITH).await, "'*' in obs.allowed_from && obs.allowed_external");
}

#[tokio::test]
async fn a_namespace_of_whose_pods_no_file_tells_is_answered_for_all_of_them_or_not_at_all() {
    let with = "{from: deploy, to: data/cache, port: 6379, source: 'ns:default'}";
    held(&place().look("k8s.reach", with).await, "!obs.allowed");
    let policy = |peer: &str| {
        let place = place();
        let peers = format!("[{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: default}}}}{peer}}}]");
        let written =
            POLICY.replace("[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]", &peers);
        place.write("deploy/policies/only-shop.yaml", &written);
        place
    };
    broken(&policy("").look("k8s.reach", with).await, "!obs.allowed");
    let some = policy(", podSelector: {matchLabels: {app: x}}").look("k8s.reach", with).await;
    blind(&some, "no file describes the pods of `default`");
}

#[tokio::test]
async fn pods_that_an_operator_makes_are_reached_by_the_labels_that_it_gives_them() {
    let made = |labels: &str| {
        let place = place();
        place
            .write("deploy/shop.yaml", &SHOP.replace("name: cache", "name: other").replace("app: cache", "app: other"));
        place.write(
            "deploy/cache.yaml",
            "apiVersion: dragonflydb.io/v1alpha1\nkind: Dragonfly\nmetadata: {name: cache, namespace: data}\nspec: {replicas: 3}\n",
        );
        let policy = POLICY.replace("port: redis", "port: 6379").replace("matchLabels: {app: cache}", labels);
        place.write("deploy/policies/only-shop.yaml", &policy);
        place
    };
    held(&made("matchLabels: {app: cache}").look("k8s.reach", WITH).await, CLOSED);
    broken(&made("matchLabels: {app.kubernetes.io/name: cache}").look("k8s.reach", WITH).await, CLOSED);
}

/// The trouble speaks of this.
fn told(seen: &Observation, part: &str) {
    assert!(seen.trouble.as_ref().is_some_and(|trouble| trouble.contains(part)), "{part}: {seen:#?}");
}

fn place_of_calico(kind: &str) -> String {
    format!("apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: c, namespace: data}}\n")
}

/// The policy of the cache, written for Cilium.
const CILIUM: &str = "\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: only-shop, namespace: data}
spec:
  endpointSelector: {matchLabels: {app: cache}}
  ingress:
    - fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop}}]
      toPorts: [{ports: [{port: '6379', protocol: TCP}]}]
";

#[tokio::test]
async fn a_policy_of_cilium_holds_and_each_way_to_lose_it_turns_the_claim() {
    let place = place();
    let look = async |text: &str| {
        place.write("deploy/policies/only-shop.yaml", text);
        place.look("k8s.reach", WITH).await
    };
    let seen = look(CILIUM).await;
    held(&seen, CLOSED);
    held(&seen, "obs.decided_by.exists(by, by.contains('data/only-shop at deploy/policies/only-shop.yaml:7'))");
    for (old, new) in [
        ("app: cache", "app: cachet"),
        ("app: cache", "app: cache, tier: x"),
        ("namespace: data", "namespace: date"),
        ("pod.namespace': shop", "pod.namespace': batch"),
        ("fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop}}]", "fromEndpoints: [{}]"),
        ("fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop}}]", "fromEntities: [cluster]"),
        ("fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop}}]", "fromCIDR: [0.0.0.0/0]"),
        ("port: '6379'", "port: '6380'"),
        ("port: '6379'", "port: 6379"),
        ("protocol: TCP", "protocol: UDP"),
        ("  ingress:\n", "  enableDefaultDeny: {ingress: false}\n  ingress:\n"),
        ("  ingress:\n", "  ingressDeny: [{fromEntities: [cluster]}]\n  ingress:\n"),
        ("  ingress:\n", "  egress:\n"),
    ] {
        assert!(CILIUM.contains(old), "{old}");
        broken(&look(&CILIUM.replace(old, new).replace("egress:\n    - from", "egress:\n    - to")).await, CLOSED);
    }
    for (old, new, why) in [
        ("protocol: TCP}]", "protocol: TCP}], rules: {http: [{method: GET}]}", "`rules.http` is not followed"),
        ("      toPorts", "      fromRequires: [{}]\n      toPorts", "`fromRequires` is not followed"),
        ("fromEndpoints", "fromEndpoint", "is none of"),
    ] {
        assert!(CILIUM.contains(old), "{old}");
        let seen = look(&CILIUM.replace(old, new)).await;
        not_seen(&seen, CLOSED);
        told(&seen, why);
    }
    // What is not followed there says nothing of who is not meant.
    look(&CILIUM.replace("protocol: TCP}]", "protocol: TCP}], rules: {http: [{method: GET}]}")).await;
    let jobs = "{from: deploy, to: app=cache, source: ns:batch, port: 6379}";
    held(&place.look("k8s.reach", jobs).await, "!obs.allowed && obs.undecided == []");
}

#[tokio::test]
async fn a_key_that_nobody_knows_leaves_open_what_the_policy_does() {
    for (old, new) in [("- from:", "- form:"), ("ports:", "port:"), ("  podSelector:", "  podSelectors:")] {
        let place = place();
        assert!(POLICY.contains(old), "{old}");
        place.write("deploy/policies/only-shop.yaml", &POLICY.replace(old, new));
        let seen = place.look("k8s.reach", WITH).await;
        not_seen(&seen, CLOSED);
        told(&seen, "a strict server refuses it, a lax one drops the key");
        // Nothing of it is about the jobs.
        let jobs = place.look("k8s.reach", "{from: deploy, to: batch/jobs, source: ns:shop, port: 80}").await;
        held(&jobs, "obs.allowed_all");
    }
}

#[tokio::test]
async fn who_comes_from_the_network_of_a_node_is_certain_only_where_everybody_may_come() {
    let place = place();
    let agent = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, namespace: ops}\nspec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true}}}\n";
    place.write("deploy/agent.yaml", agent);
    let seen = place.look("k8s.reach", WITH).await;
    not_seen(&seen, CLOSED);
    let of_agent = "{from: deploy, to: app=cache, source: ns:ops, port: 6379}";
    not_seen(&place.look("k8s.reach", of_agent).await, "!obs.allowed");
    not_seen(&place.look("k8s.reach", of_agent).await, "obs.allowed");
    // In the shop it is let in with the shop, or comes as the node: nothing else is open by that.
    place.write("deploy/agent.yaml", &agent.replace("namespace: ops", "namespace: shop"));
    held(&place.look("k8s.reach", WITH).await, "obs.allowed_from == ['shop'] && !obs.allowed_external");
    place.write("deploy/agent.yaml", &agent.replace("hostNetwork: true", "hostNetwork: false"));
    held(&place.look("k8s.reach", WITH).await, CLOSED);
}

const INGRESS: &str = "\
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: shop}
spec: {rules: [{http: {paths: [{backend: {service: {name: api, port: {number: 80}}}}]}}]}
";

#[tokio::test]
async fn an_ingress_controller_that_is_let_in_carries_the_outside_in() {
    let place = place();
    let look = async |peers: &str| {
        let policy = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: api, namespace: shop}}\nspec: {{podSelector: {{matchLabels: {{app: api}}}}, ingress: [{{from: [{peers}]}}]}}\n"
        );
        place.write("deploy/policies/api.yaml", &policy);
        place.look("k8s.reach", "{from: deploy, to: app=api, port: 8080}").await
    };
    let of = |name: &str| format!("{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}}}");
    // Nothing leads in: one that is let in by name may be meant for something that is described elsewhere.
    held(&look("{podSelector: {}}").await, "!obs.allowed_external");
    held(&look("{namespaceSelector: {}}").await, "!obs.allowed_external");
    let seen = look(&of("ingress-nginx")).await;
    not_seen(&seen, "!obs.allowed_external");
    held(&seen, "obs.allowed_from == ['ingress-nginx'] && obs.undecided.size() == 1");
    place.write("deploy/ingress.yaml", INGRESS);
    for open in ["{namespaceSelector: {}}", &of("ingress-nginx"), "{namespaceSelector: {matchLabels: {name: traefik}}}"]
    {
        held(&look(open).await, "obs.allowed_external && obs.allowed");
    }
    let by_pod = "{namespaceSelector: {}, podSelector: {matchLabels: {app.kubernetes.io/name: ingress-nginx}}}";
    held(&look(by_pod).await, "obs.allowed_external");
    // Neither its own pods nor a namespace that is described, nor those who watch it, are an ingress controller.
    for shut in ["{podSelector: {}}", &of("batch"), &of("monitoring")] {
        held(&look(shut).await, "!obs.allowed_external");
    }
    not_seen(&look(&of("platform")).await, "!obs.allowed_external");
    // On another port nothing leads in.
    let other = "{from: deploy, to: app=api, port: 9090}";
    look("{namespaceSelector: {}}").await;
    held(&place.look("k8s.reach", other).await, "!obs.allowed_external");
    // The controller itself may be described.
    let edge = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: traefik, namespace: edge}\nspec: {template: {metadata: {labels: {app: t}}}}\n";
    place.write("deploy/edge.yaml", edge);
    held(&look(&of("edge")).await, "obs.allowed_external");
}

#[test]
fn the_whole_list_is_of_all_files_of_the_directory_that_is_named() {
    let place = Place::new();
    place.write(".gitignore", "copies/\n");
    place.write("copies/.hidden/pods.yml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
    place.write("copies/target/pods.json", r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}}"#);
    place.write("copies/array.json", "[1, 2]");
    place.write("copies/notes.txt", "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\n");
    let listed = probe::connections(&place.around().join("repo/copies")).expect("is a directory");
    assert_eq!((listed.workloads, listed.text.lines().count()), (2, 6), "{listed:?}");
}

#[tokio::test]
async fn who_gets_out_is_asked_the_other_way_round() {
    let place = place();
    let out = |source: &str| format!("{{from: deploy, to: external, port: 443{source}}}");
    held(&place.look("k8s.reach", &out("")).await, "obs.allowed_all && obs.allowed_from == ['batch', 'data', 'shop']");
    let policy = |egress: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: out, namespace: shop}}\nspec: {{podSelector: {{}}, policyTypes: [Egress], egress: [{egress}]}}\n"
        )
    };
    let shut = "!obs.allowed && obs.allowed_from == []";
    let of_shop = out(", source: ns:shop");
    place.write("deploy/policies/out.yaml", &policy("{to: [{namespaceSelector: {}}]}"));
    held(&place.look("k8s.reach", &of_shop).await, shut);
    held(&place.look("k8s.reach", &out("")).await, "obs.allowed_from == ['batch', 'data']");
    for open in
        ["{ports: [{port: 443}]}", "{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}", "{to: [{ipBlock: {cidr: 'fd00::/8'}}]}"]
    {
        place.write("deploy/policies/out.yaml", &policy(open));
        broken(&place.look("k8s.reach", &of_shop).await, shut);
    }
    not_seen(&place.look("k8s.reach", &out(", source: app=nobody")).await, shut);
}

#[tokio::test]
async fn a_policy_for_pods_that_nobody_makes_is_named() {
    let place = place();
    held(&place.look("k8s.reach", WITH).await, "obs.void_policies == []");
    place.write("deploy/policies/only-shop.yaml", &POLICY.replace("app: cache", "app: cachet"));
    let seen = place.look("k8s.reach", WITH).await;
    broken(&seen, CLOSED);
    broken(&seen, "obs.void_policies == []");
    held(&seen, "obs.void_policies == ['data/only-shop at deploy/policies/only-shop.yaml:1']");
    let nobody = "{from: deploy, to: app=cachet, port: 6379}";
    let seen = place.look("k8s.reach", nobody).await;
    not_seen(&seen, "!obs.allowed");
    told(&seen, "no file describes pods that `app=cachet` means; no workload is selected by data/only-shop at");
}

#[tokio::test]
async fn what_is_not_understood_is_never_an_answer() {
    let place = place();
    place.write("deploy/calico.yaml", &place_of_calico("GlobalNetworkPolicy"));
    let seen = place.look("k8s.reach", WITH).await;
    not_seen(&seen, CLOSED);
    told(&seen, "deploy/calico.yaml:1: GlobalNetworkPolicy `c` is not followed");
    // One of Calico with a namespace is for that namespace.
    place.write("deploy/calico.yaml", &place_of_calico("NetworkPolicy"));
    not_seen(&place.look("k8s.reach", WITH).await, CLOSED);
    let elsewhere = "{from: deploy, to: batch/jobs, source: ns:shop, port: 80}";
    held(&place.look("k8s.reach", elsewhere).await, "obs.allowed_all && obs.undecided == []");
    place.write("deploy/calico.yaml", "kind: NetworkPolicy\nspec: [\n");
    blind(&place.look("k8s.reach", WITH).await, "deploy/calico.yaml:");
    blind(&place.look("k8s.reach", "{from: gone, to: app=cache, port: 6379}").await, "gone is no directory");
    blind(
        &place.look("k8s.reach", "{from: ../elsewhere, to: app=cache, port: 6379}").await,
        "leads out of the directory",
    );
}

#[test]
fn all_that_is_wrong_with_a_look_is_told_at_once() {
    let place = Place::new();
    let told = |with: &str| {
        let problems = place.read("k8s.reach", with).expect_err("is wrong");
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let all = told("{to: cache, port: 70000, protocol: ICMP, sauce: x}");
    for part in ["`from`", "names no workloads", "`port`", "ICMP", "`sauce`"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(told("{from: deploy, to: 'ns:'}").contains("names no workloads"));
    assert!(told("{from: deploy, to: ns:data}").contains("`port` is missing"));
}

#[tokio::test]
async fn an_overlay_is_what_it_makes_of_its_base() {
    let place = place();
    place.write("deploy/kustomization.yaml", "resources: [shop.yaml, policies/only-shop.yaml]\npatches:\n  - patch: |-\n      - {op: replace, path: /spec/podSelector/matchLabels/app, value: other}\n    target: {kind: NetworkPolicy}\n");
    broken(&place.look("k8s.reach", WITH).await, CLOSED);
    place.write("deploy/kustomization.yaml", "resources: [shop.yaml, policies/only-shop.yaml]\n");
    held(&place.look("k8s.reach", WITH).await, CLOSED);
}

// ===== k8s.disruption =====

pub(crate) const CACHE: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache, namespace: data}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: cache}}
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: cache}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: cache, namespace: data}
spec: {minAvailable: 60%, selector: {matchLabels: {app: cache}}}
";

pub(crate) const SURVIVES: &str = "obs.covered == obs.workloads && obs.must_stay >= 2 && !obs.blocks_drain && 'kubernetes.io/hostname' in obs.apart_by && obs.void_spreads == 0";
pub(crate) const OF: &str = "{from: deploy, of: data/cache}";

pub(crate) fn cache(text: &str) -> Place {
    let place = Place::new();
    place.write("deploy/cache.yaml", text);
    place
}

#[tokio::test]
async fn a_budget_that_selects_and_lets_one_go_holds() {
    let seen = cache(CACHE).look("k8s.disruption", OF).await;
    held(&seen, SURVIVES);
    held(&seen, "obs.may_go == 1 && obs.must_stay == 2 && obs.replicas == 3");
    assert_eq!(seen.grade, Some(Grade::Wired));
}

#[tokio::test]
async fn each_way_to_void_a_budget_turns_the_claim() {
    for (old, new) in [
        ("60%, selector: {matchLabels: {app: cache}}", "60%, selector: {matchLabels: {app: cash}}"),
        ("minAvailable: 60%", "minAvailable: 1"),
        ("minAvailable: 60%", "minAvailable: 3"),
        ("minAvailable: 60%", "maxUnavailable: 0"),
        ("minAvailable: 60%", "minAvailable: '2'"),
        ("policy/v1", "policy/v1beta1"),
        ("minAvailable: 60%", "minAvailable: 60%, maxUnavailable: 1"),
        ("replicas: 3", "replicas: 2"),
        ("name: cache, namespace: data}\nspec: {min", "name: cache, namespace: date}\nspec: {min"),
        (
            "DoNotSchedule, labelSelector: {matchLabels: {app: cache}}",
            "DoNotSchedule, labelSelector: {matchLabels: {app: x}}",
        ),
        ("DoNotSchedule", "ScheduleAnyway"),
    ] {
        assert!(CACHE.contains(old), "{old}");
        broken(&cache(&CACHE.replace(old, new)).look("k8s.disruption", OF).await, SURVIVES);
    }
    let renamed = cache(&CACHE.replace("labels: {app: cache}}\n    spec", "labels: {app: store}}\n    spec"));
    broken(&renamed.look("k8s.disruption", OF).await, SURVIVES);
    let twice = format!(
        "{CACHE}---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: all, namespace: data}}\nspec: {{selector: {{}}}}\n"
    );
    let seen = cache(&twice).look("k8s.disruption", OF).await;
    held(&seen, "obs.overlaps && obs.may_go == 0");
    broken(&seen, SURVIVES);
}

#[tokio::test]
async fn the_least_of_an_autoscaler_counts_and_who_is_nobody_is_no_answer() {
    let scaled = format!(
        "{CACHE}---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: cache, namespace: data}}\nspec: {{minReplicas: 1, maxReplicas: 9, scaleTargetRef: {{kind: StatefulSet, name: cache}}}}\n"
    );
    held(&cache(&scaled).look("k8s.disruption", OF).await, "obs.may_go == 0 && obs.blocks_drain && obs.replicas == 1");
    let more = scaled.replace("  replicas: 3\n", "").replace("minReplicas: 1", "minReplicas: 3");
    held(&cache(&more).look("k8s.disruption", OF).await, "obs.may_go == 1 && obs.replicas == 3");
    let keda = scaled
        .replace("HorizontalPodAutoscaler", "ScaledObject")
        .replace("minReplicas: 1", "minReplicaCount: 3, idleReplicaCount: 0");
    broken(&cache(&keda).look("k8s.disruption", OF).await, "obs.replicas >= 3");
    let again = scaled
        .split("---\n")
        .last()
        .expect("the autoscaler")
        .replace("name: cache, namespace", "name: other, namespace");
    let two = format!("{scaled}---\n{again}");
    not_seen(&cache(&two).look("k8s.disruption", OF).await, "obs.replicas >= 1");
    not_seen(
        &cache(CACHE).look("k8s.disruption", "{from: deploy, of: ns:nobody}").await,
        "obs.covered == obs.workloads",
    );
    let daemon = CACHE.replace("kind: StatefulSet", "kind: DaemonSet");
    not_seen(&cache(&daemon).look("k8s.disruption", OF).await, "!obs.blocks_drain");
}

#[tokio::test]
async fn pods_of_operators_are_counted_and_budgets_of_operators_are_not_passed_over() {
    let of = "{from: deploy, of: app=cache}";
    held(&dragonfly("app: cache", "Dragonfly").look("k8s.disruption", of).await, "obs.may_go == 1 && obs.covered == 1");
    // Some versions of its operator make one, so that there is none is not known.
    blind(&dragonfly("app: cash", "Dragonfly").look("k8s.disruption", of).await, "in some versions at least");
    let postgres = cache(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db, namespace: data}\nspec: {instances: 3}\n",
    );
    let seen = postgres.look("k8s.disruption", "{from: deploy, of: data/db}").await;
    blind(&seen, "the operator of data/db[Cluster] makes budgets of its own");
}

// ===== k8s.select =====

pub(crate) const SELECTS: &str = "obs.objects == 1 && obs.selects > 0 && size(obs.void) == 0";

pub(crate) fn of_kind(kind: &str) -> String {
    format!("{{from: deploy, kind: {kind}}}")
}

#[tokio::test]
async fn a_budget_that_selects_nothing_is_void_and_one_that_is_not_there_absent() {
    held(&cache(CACHE).look("k8s.select", &of_kind("PodDisruptionBudget")).await, SELECTS);
    for (old, new) in [
        ("60%, selector: {matchLabels: {app: cache}}", "60%, selector: {matchLabels: {app: cash}}"),
        ("60%, selector: {matchLabels: {app: cache}}", "60%"),
        ("60%, selector: {matchLabels: {app: cache}}", "60%, selector: {app: cache}"),
        ("labels: {app: cache}}\n    spec", "labels: {app: store}}\n    spec"),
        ("kind: PodDisruptionBudget", "kind: PodDisruptionBudgets"),
        ("policy/v1", "policy/v1beta1"),
    ] {
        assert!(CACHE.contains(old), "{old}");
        broken(&cache(&CACHE.replace(old, new)).look("k8s.select", &of_kind("PodDisruptionBudget")).await, SELECTS);
    }
    let absent = cache(CACHE).look("k8s.select", &of_kind("Service")).await;
    assert_eq!((absent.grade, absent.subjects), (Some(Grade::Absent), 1));
    broken(&absent, SELECTS);
}

/// A budget over the pods of a Dragonfly, which its operator makes.
fn dragonfly(labels: &str, kind: &str) -> Place {
    cache(&format!(
        "apiVersion: dragonflydb.io/v1alpha1\nkind: {kind}\nmetadata: {{name: cache, namespace: data}}\nspec: {{replicas: 3}}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: cache, namespace: data}}\nspec: {{minAvailable: 2, selector: {{matchLabels: {{{labels}}}}}}}\n"
    ))
}

#[tokio::test]
async fn pods_of_operators_count_by_the_labels_that_they_get() {
    let budget = of_kind("PodDisruptionBudget");
    let right = dragonfly("app: cache", "Dragonfly").look("k8s.select", &budget).await;
    held(&right, SELECTS);
    let Some(Value::List(known)) = right.values.get("known_from") else { panic!("{right:#?}") };
    assert!(format!("{known:?}").contains("Dragonfly"), "{known:?}");
    // The label that everybody would write is not the one that the operator gives.
    broken(&dragonfly("app.kubernetes.io/name: cache", "Dragonfly").look("k8s.select", &budget).await, SELECTS);
    // Nobody knows here what another resource makes.
    let unknown = dragonfly("app: cache", "Dragonfleet").look("k8s.select", &budget).await;
    not_seen(&unknown, SELECTS);
    assert!(unknown.trouble.is_some_and(|why| why.contains("nobody knows here which pods Dragonfleet `cache`")));
}

pub(crate) const MONITOR: &str = "\
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: data, labels: {app: cache}}
spec: {selector: {app: cache}, ports: [{name: metrics, port: 9121}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: cache, namespace: data}
spec: {selector: {matchLabels: {app: cache}}, endpoints: [{port: metrics}]}
";

#[tokio::test]
async fn a_monitor_needs_the_labels_of_the_service_and_the_name_of_its_port() {
    let monitor = of_kind("ServiceMonitor");
    let text = format!("{CACHE}---\n{MONITOR}");
    held(&cache(&text).look("k8s.select", &monitor).await, SELECTS);
    for (old, new) in [
        ("endpoints: [{port: metrics}]", "endpoints: [{port: metric}]"),
        (
            "spec: {selector: {matchLabels: {app: cache}}, endpoints",
            "spec: {selector: {matchLabels: {app: cash}}, endpoints",
        ),
        ("spec: {selector: {app: cache}, ports", "spec: {selector: {app: cash}, ports"),
        (
            "kind: ServiceMonitor\nmetadata: {name: cache, namespace: data}",
            "kind: ServiceMonitor\nmetadata: {name: cache, namespace: monitoring}",
        ),
    ] {
        assert!(text.contains(old), "{old}");
        broken(&cache(&text.replace(old, new)).look("k8s.select", &monitor).await, SELECTS);
    }
}

#[tokio::test]
async fn a_monitor_of_pods_needs_the_name_of_a_port_that_they_have() {
    let monitor = |port: &str, label: &str| {
        let monitor = format!(
            "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {{name: cache, namespace: data}}\nspec: {{selector: {{matchLabels: {{app: {label}}}}}, podMetricsEndpoints: [{{port: {port}}}]}}\n"
        );
        let place = Place::new();
        place.write("deploy/shop.yaml", &format!("{SHOP}{monitor}"));
        place
    };
    let of = of_kind("PodMonitor");
    held(&monitor("redis", "cache").look("k8s.select", &of).await, SELECTS);
    broken(&monitor("metrics", "cache").look("k8s.select", &of).await, SELECTS);
    broken(&monitor("redis", "cash").look("k8s.select", &of).await, SELECTS);
}
