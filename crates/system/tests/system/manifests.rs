//! What Kubernetes manifests say of quorums, probes and secrets.

use manifests::objects;
use proptest::prelude::*;
use system::found::{Found, manifests as read};
use text::Source;

/// A Deployment of one container, with more of its spec and of its container.
fn deployment(name: &str, spec: &str, container: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{{spec}template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{image: i{container}}}]}}}}}}\n"
    )
}

fn budget(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  {spec}\n"
    )
}

fn found(text: &str) -> Found {
    let mut found = read(&objects(&Source::new("k8s.yaml", text)));
    assert_eq!(found.len(), 1, "one file");
    found.remove(0)
}

/// Quorums as `name needed line`, and what is told.
fn quorums(text: &str) -> (Vec<String>, Vec<String>) {
    let found = found(text);
    let stated = found.components.iter().filter_map(|component| Some((&component.name, component.quorum.as_ref()?)));
    let stated = stated.map(|(name, quorum)| format!("{name} {} {} {}", quorum.needed, quorum.from, quorum.line));
    (stated.collect(), found.gaps)
}

fn edges(text: &str) -> Vec<String> {
    let edges = found(text).edges.into_iter();
    edges
        .map(|edge| format!("{}->{} {} {} {}", edge.caller, edge.callee, edge.from, edge.line, edge.needs.word()))
        .collect()
}

#[test]
fn a_budget_states_how_many_replicas_must_stay() {
    let five = |says: &str| quorums(&(deployment("api", "replicas: 5, ", "") + &budget("api", says)));
    for (says, needed) in
        [("minAvailable: 3", 3), ("minAvailable: 50%", 3), ("maxUnavailable: 1", 4), ("maxUnavailable: 30%", 3)]
    {
        let expected = vec![format!("api {needed} PodDisruptionBudget api 12")];
        assert_eq!(five(says), (expected, Vec::new()), "{says}");
    }
    // Nothing must stay, or nothing is said: then one of them is enough, as everywhere.
    for says in
        ["minAvailable: 0", "maxUnavailable: 5", "unhealthyPodEvictionPolicy: AlwaysAllow", "minAvailable: many"]
    {
        assert_eq!(five(says), (Vec::new(), Vec::new()), "{says}");
    }
    let system = found(&(deployment("api", "replicas: 5, ", "") + &budget("api", "minAvailable: 3"))).system("shop");
    let quorums: Vec<(u32, u32)> =
        system.components.values().map(|component| (component.quorum, component.replicas)).collect();
    assert_eq!(quorums, [(3, 5)]);
}

/// All of three is no quorum of three: that would make a single point of failure of every replica.
#[test]
fn a_budget_that_lets_none_go_is_told_and_is_no_quorum() {
    let told = |replicas: u32, says: &str| {
        let (stated, gaps) =
            quorums(&(deployment("api", &format!("replicas: {replicas}, "), "") + &budget("api", says)));
        assert!(stated.is_empty(), "{stated:?}");
        gaps
    };
    let three = "k8s.yaml:12: PodDisruptionBudget api lets none of the 3 replicas of api go: a drain waits for ever";
    for says in ["minAvailable: 3", "minAvailable: 100%", "minAvailable: 4", "maxUnavailable: 0", "maxUnavailable: 0%"]
    {
        assert_eq!(told(3, says), [three], "{says}");
    }
    let one = "k8s.yaml:12: PodDisruptionBudget api does not let the only replica of api go: a drain waits for ever";
    assert_eq!(told(1, "minAvailable: 1"), [one]);
    assert!(told(1, "maxUnavailable: 1").is_empty());
    assert!(told(0, "minAvailable: 1").is_empty());

    let scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: api}\nspec: {scaleTargetRef: {kind: Deployment, name: api}, minReplicas: 2}\n";
    let scaled = |says: &str| quorums(&(deployment("api", "", "") + &budget("api", says) + scaler)).1;
    assert!(
        scaled("minAvailable: 2")[0].ends_with("waits until the autoscaler makes more"),
        "{:?}",
        scaled("minAvailable: 2")
    );
    assert!(scaled("maxUnavailable: 0")[0].ends_with("waits for ever"), "{:?}", scaled("maxUnavailable: 0"));
}

#[test]
fn a_budget_selects_by_expressions_by_everything_or_by_nothing() {
    let of = |selector: &str| {
        let budget = format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\nspec: {{minAvailable: 1, selector: {selector}}}\n"
        );
        quorums(&(deployment("api", "replicas: 2, ", "") + &deployment("web", "replicas: 2, ", "") + &budget))
    };
    let api = vec!["api 1 PodDisruptionBudget b 15".to_owned()];
    for selector in [
        "{matchExpressions: [{key: app, operator: In, values: [api, db]}]}",
        "{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
        "{matchLabels: {app: api}, matchExpressions: [{key: app, operator: Exists}, {key: tier, operator: DoesNotExist}]}",
    ] {
        assert_eq!(of(selector), (api.clone(), Vec::new()), "{selector}");
    }
    for selector in ["{matchLabels: {app: gone}}", "{matchExpressions: [{key: app, operator: Like}]}", "~"] {
        let gap = "k8s.yaml:15: PodDisruptionBudget b selects no workload in these files".to_owned();
        assert_eq!(of(selector), (Vec::new(), vec![gap]), "{selector}");
    }
    let (stated, gaps) = of("{}");
    assert!(stated.is_empty(), "{stated:?}");
    let together = "counts the replicas of api and web together: how many of each must stay is not said";
    assert!(gaps[0].ends_with(together), "{gaps:?}");
    let elsewhere = deployment("api", "replicas: 2, ", "").replace("{name: api}", "{name: api, namespace: a}");
    let there = budget("api", "minAvailable: 1").replace("{name: api}", "{name: api, namespace: b}");
    assert!(quorums(&(elsewhere + &there)).1[0].ends_with("selects no workload in these files"));
}

#[test]
fn two_budgets_on_the_same_pods_are_told() {
    let both =
        budget("api", "minAvailable: 1") + &budget("api", "minAvailable: 2").replace("{name: api}", "{name: more}");
    let (stated, gaps) = quorums(&(deployment("api", "replicas: 3, ", "") + &both));
    assert_eq!(stated, ["api 2 PodDisruptionBudget more 19"]);
    assert_eq!(gaps, ["k8s.yaml:19: PodDisruptionBudget more selects api as api does: then no pod of it is evicted"]);
}

/// A budget in a file of its own is told with the workloads.
#[test]
fn what_a_file_without_workloads_tells_is_not_lost() {
    let mut all = objects(&Source::new("a.yaml", budget("gone", "minAvailable: 1")));
    all.extend(objects(&Source::new("b.yaml", deployment("api", "", ""))));
    let found = read(&all);
    assert_eq!((found.len(), found[0].path.as_str()), (1, "b.yaml"));
    assert_eq!(found[0].gaps, ["a.yaml:7: PodDisruptionBudget gone selects no workload in these files"]);
}

#[test]
fn a_probe_that_asks_another_component_needs_it() {
    let others = deployment("db", "", "") + &deployment("cache", "", "") + &deployment("jaeger", "", "");
    let of = |container: &str| edges(&(deployment("api", "", container) + &others));
    let exec = |probe: &str, command: &str| of(&format!(", {probe}: {{exec: {{command: [{command}]}}}}"));
    assert_eq!(exec("livenessProbe", "sh, -c, 'curl -f http://db:8080/x?a=b'"), ["api->db livenessProbe 5 hard"]);
    assert_eq!(exec("readinessProbe", "pg_isready, -h, db"), ["api->db readinessProbe 5 hard"]);
    assert_eq!(exec("startupProbe", "redis-cli, '--host=cache', ping"), ["api->cache startupProbe 5 start"]);
    assert_eq!(of(", readinessProbe: {httpGet: {host: db, port: 80}}"), ["api->db readinessProbe 5 hard"]);
    assert_eq!(of(", startupProbe: {tcpSocket: {host: cache.shop.svc, port: 1}}"), ["api->cache startupProbe 5 start"]);
    // Who waits for what collects telemetry waits for it.
    assert_eq!(of(", readinessProbe: {tcpSocket: {host: jaeger, port: 1}}"), ["api->jaeger readinessProbe 5 hard"]);
    // What asks the pod itself is no need, and neither is a file that is looked at.
    for own in [
        ", livenessProbe: {exec: {command: [cat, /tmp/db]}}",
        ", livenessProbe: {exec: {command: [redis-cli, -h, localhost, ping]}}",
        ", livenessProbe: {httpGet: {path: /db, port: 80}}",
        ", livenessProbe: {httpGet: {host: api, port: 80}}",
        ", livenessProbe: {grpc: {port: 80, service: db}}",
    ] {
        assert_eq!(of(own), [""; 0], "{own}");
    }
}

#[test]
fn a_need_while_it_runs_outweighs_one_to_start() {
    let container = ", startupProbe: {tcpSocket: {host: db, port: 1}}}, {image: j, env: [{name: DB_HOST, value: db}]";
    assert_eq!(edges(&(deployment("api", "", container) + &deployment("db", "", ""))), ["api->db DB_HOST 5 hard"]);
}

#[test]
fn workloads_behind_services_without_a_readiness_probe_are_told_in_one_line() {
    let service = |name: &str| {
        format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {name}}}}}\n")
    };
    let ready = ", readinessProbe: {httpGet: {path: /, port: 80}}";
    let all = |probed: &str| {
        let some = deployment("api", "", probed) + &deployment("db", "", "") + &deployment("alone", "", "");
        found(&(some + &service("api") + &service("db"))).gaps
    };
    let more = "no readiness probe: Services go on sending requests to a replica that hangs";
    assert_eq!(all(""), [format!("api and db have {more}")]);
    assert_eq!(all(ready), [format!("db has {more}")]);
    assert_eq!(all(", livenessProbe: {httpGet: {path: /, port: 80}}"), [format!("api and db have {more}")]);
}

const SECRETS: &str = "\
---
apiVersion: v1
kind: Secret
metadata: {name: plain}
stringData: {url: 'postgres://shop:hunter2@db:5432/shop', PW: hunter2}
---
apiVersion: v1
kind: Secret
metadata: {name: coded}
data: {CACHE_URL: cmVkaXM6Ly86aHVudGVyMkBjYWNoZTo2Mzc5, PW: aHVudGVyMg==, OTHER_URL: aHR0cDovL2h1bnRlcjIuZXhhbXBsZS5jb20=, BAD_URL: '%%'}
";

#[test]
fn addresses_in_secrets_are_followed_and_nothing_of_them_is_shown() {
    let container = ", env: [{name: DB, valueFrom: {secretKeyRef: {name: plain, key: url}}}], envFrom: [{secretRef: {name: coded}}]";
    let text = deployment("api", "", container) + &deployment("db", "", "") + &deployment("cache", "", "") + SECRETS;
    assert_eq!(edges(&text), ["api->db url of Secret plain 5 hard", "api->cache CACHE_URL of Secret coded 5 hard"]);
    let found = found(&text);
    assert_eq!(found.gaps, ["api names a host in OTHER_URL of Secret coded at line 5, which is not in these files"]);
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    // One that nothing refers to names nothing.
    assert_eq!(edges(&(deployment("api", "", "") + &deployment("db", "", "") + SECRETS)), [""; 0]);
}

proptest! {
    #[test]
    fn any_damage_to_manifests_is_answered(at in 0_usize..900, gone in 0_usize..40, put in "[a-z0-9:{}\\[\\],%\n -]{0,12}") {
        let probe = ", startupProbe: {exec: {command: [pg_isready, -h, db]}}, envFrom: [{secretRef: {name: coded}}]";
        let text = deployment("api", "replicas: 3, ", probe) + &budget("api", "minAvailable: 60%") + SECRETS;
        let at = at.min(text.len());
        let end = (at + gone).min(text.len());
        let damaged = format!("{}{put}{}", &text[..at], &text[end..]);
        for file in read(&objects(&Source::new("k8s.yaml", damaged))) {
            let system = file.system("shop");
            for component in system.components.values() {
                prop_assert!(component.quorum >= 1 && component.quorum <= component.replicas.max(1));
            }
        }
    }
}
