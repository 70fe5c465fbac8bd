//! `k8s.select` where labels match and nothing is reached all the same.

use crate::kubernetes::{CACHE, MONITOR, SELECTS, cache, of_kind};
use crate::world::{broken, held, not_seen};

/// The cache with two services, of which each may have one half.
fn services(first: &str, second: &str, endpoint: &str) -> String {
    let service = |name: &str, spec: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: data, labels: {{app: cache}}}}\nspec: {{{spec}}}\n"
        )
    };
    let monitor = MONITOR.split("---\n").nth(1).expect("has one").replace("{port: metrics}", endpoint);
    let cache = CACHE.replace(
        "    spec:\n",
        "    spec:\n      containers: [{name: c, ports: [{name: http, containerPort: 9121}]}]\n",
    );
    format!("{cache}{}{}---\n{monitor}", service("one", first), service("two", second))
}

#[tokio::test]
async fn the_port_and_the_pods_must_be_those_of_one_service() {
    let of = of_kind("ServiceMonitor");
    let metrics = "selector: {app: cache}, ports: [{name: metrics, port: 9121}]";
    let plain = "selector: {app: cache}, ports: [{name: redis, port: 6379}]";
    let named =
        |target: &str| format!("selector: {{app: cache}}, ports: [{{name: metrics, port: 80, targetPort: {target}}}]");
    for (first, second, endpoint, is_read) in [
        (metrics, plain, "{port: metrics}", true),
        (&*named("http"), plain, "{port: metrics}", true),
        (&*named("9999"), plain, "{port: metrics}", true),
        (plain, plain, "{targetPort: http}", true),
        (plain, plain, "{targetPort: 9121}", true),
        // The port is on a service that selects nobody, the pods on one without the port.
        ("selector: {app: cash}, ports: [{name: metrics, port: 9121}]", plain, "{port: metrics}", false),
        (&*named("web"), plain, "{port: metrics}", false),
        (plain, plain, "{port: metrics}", false),
        (plain, plain, "{targetPort: web}", false),
        (plain, plain, "{port: '9121'}", false),
        (metrics, plain, "{port: metrics}, {port: more}", false),
    ] {
        let seen = cache(&services(first, second, endpoint)).look("k8s.select", &of).await;
        if is_read { held(&seen, SELECTS) } else { broken(&seen, SELECTS) }
    }
    // Where it leads stands in endpoints that somebody else makes.
    let bare = services("ports: [{name: metrics, port: 9121}]", plain, "{port: metrics}");
    not_seen(&cache(&bare).look("k8s.select", &of).await, SELECTS);
}

#[tokio::test]
async fn a_monitor_looks_in_the_namespaces_that_it_names() {
    let of = of_kind("ServiceMonitor");
    let text = format!("{CACHE}---\n{MONITOR}");
    let away = |more: &str| {
        cache(&text.replace(
            "kind: ServiceMonitor\nmetadata: {name: cache, namespace: data}\nspec: {",
            &format!("kind: ServiceMonitor\nmetadata: {{name: cache, namespace: monitoring}}\nspec: {{{more}"),
        ))
    };
    for (more, is_read) in [
        ("", false),
        ("namespaceSelector: {}, ", false),
        ("namespaceSelector: {matchNames: [date]}, ", false),
        ("namespaceSelector: {any: false}, ", false),
        ("namespaceSelector: {matchNames: [data]}, ", true),
        ("namespaceSelector: {any: true}, ", true),
    ] {
        let seen = away(more).look("k8s.select", &of).await;
        if is_read { held(&seen, SELECTS) } else { broken(&seen, SELECTS) }
    }
}

#[tokio::test]
async fn a_service_whose_ports_lead_to_names_that_no_pod_has_selects_nobody() {
    let with = |target: &str| {
        let cache_with = CACHE.replace(
            "    spec:\n",
            "    spec:\n      containers: [{name: c, ports: [{name: http, containerPort: 80}]}]\n",
        );
        cache(&format!(
            "{cache_with}---\n{}",
            MONITOR
                .split("---")
                .next()
                .expect("has one")
                .replace("port: 9121", &format!("port: 9121, targetPort: {target}"))
        ))
    };
    held(&with("http").look("k8s.select", &of_kind("Service")).await, SELECTS);
    held(&with("8080").look("k8s.select", &of_kind("Service")).await, SELECTS);
    broken(&with("htpp").look("k8s.select", &of_kind("Service")).await, SELECTS);
}

#[tokio::test]
async fn a_workload_that_does_not_mean_its_own_pods_makes_none() {
    let with =
        |selector: &str| cache(&CACHE.replace("  replicas: 3\n", &format!("  replicas: 3\n  selector: {selector}\n")));
    let of = of_kind("PodDisruptionBudget");
    held(&with("{matchLabels: {app: cache}}").look("k8s.select", &of).await, SELECTS);
    for selector in ["{matchLabels: {app: cash}}", "{matchLabels: {app: cache, tier: x}}", "{}", "{app: cache}"] {
        let seen = with(selector).look("k8s.select", &of).await;
        broken(&seen, SELECTS);
        assert!(format!("{:?}", seen.values.get("void")).contains("refused"), "{seen:#?}");
    }
}

#[tokio::test]
async fn a_monitor_that_names_no_endpoint_reads_nothing() {
    let text = format!("{CACHE}---\n{}", MONITOR.replace("endpoints: [{port: metrics}]", "endpoints: []"));
    broken(&cache(&text).look("k8s.select", &of_kind("ServiceMonitor")).await, SELECTS);
}
