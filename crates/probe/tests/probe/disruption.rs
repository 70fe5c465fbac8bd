//! `k8s.disruption` where budgets and rules to stay apart are there and do not do what they seem to.

use evidence::Grade;

use crate::kubernetes::{CACHE, OF, SURVIVES, cache};
use crate::world::{Place, broken, held, not_seen};

const APART: &str = "'kubernetes.io/hostname' in obs.apart_by";

/// The cache with a rule to stay apart in place of its own.
fn apart(rule: &str) -> Place {
    let own = CACHE.lines().find(|line| line.contains("maxSkew")).expect("has one");
    let text = CACHE.replace("      topologySpreadConstraints:\n", "").replace(&format!("{own}\n"), rule);
    assert!(!text.contains("maxSkew") || rule.contains("maxSkew"));
    cache(&text)
}

fn anti_affinity(more: &str) -> Place {
    apart(&format!(
        "      affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: kubernetes.io/hostname, labelSelector: {{matchLabels: {{app: cache}}}}{more}}}]}}}}\n"
    ))
}

#[tokio::test]
async fn a_rule_for_pods_of_other_namespaces_keeps_nothing_apart() {
    for (more, is_apart) in [
        ("", true),
        (", namespaces: [data]", true),
        (", namespaces: [shop, data]", true),
        (", namespaceSelector: {}", true),
        (", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}", true),
        (", namespaces: [shop]", false),
        (", namespaceSelector: {matchLabels: {team: shop}}", false),
        (", mismatchLabelKeys: [app]", false),
    ] {
        let seen = anti_affinity(more).look("k8s.disruption", OF).await;
        if is_apart {
            held(&seen, APART)
        } else {
            broken(&seen, APART)
        }
        held(&seen, if is_apart { "obs.void_spreads == 0" } else { "obs.void_spreads == 1" });
    }
    let place = anti_affinity(", namespaceSelector: {matchLabels: {team: shop}}");
    place.write("deploy/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: data, labels: {team: shop}}\n");
    held(&place.look("k8s.disruption", OF).await, APART);
}

#[tokio::test]
async fn a_skew_that_lets_all_pods_share_a_node_keeps_nothing_apart() {
    let spread = |skew: &str, when: &str| {
        apart(&format!(
            "      topologySpreadConstraints: [{{{skew}topologyKey: kubernetes.io/hostname, {when}labelSelector: {{matchLabels: {{app: cache}}}}}}]\n"
        ))
    };
    let hard = "whenUnsatisfiable: DoNotSchedule, ";
    held(&spread("maxSkew: 1, ", hard).look("k8s.disruption", OF).await, APART);
    held(&spread("maxSkew: 2, ", hard).look("k8s.disruption", OF).await, APART);
    for (skew, when) in [
        ("maxSkew: 3, ", hard),
        ("maxSkew: 10, ", hard),
        ("maxSkew: 1, ", "whenUnsatisfiable: ScheduleAnyway, "),
        ("maxSkew: 1, ", ""),
        ("", hard),
        ("maxSkew: 0, ", hard),
    ] {
        broken(&spread(skew, when).look("k8s.disruption", OF).await, APART);
    }
    let daemon = spread("maxSkew: 2, ", hard);
    let text = outside::files::read_text(&daemon.world.directory.join("deploy/cache.yaml"), 1 << 20).expect("is there");
    daemon.write("deploy/cache.yaml", &text.replace("kind: StatefulSet", "kind: DaemonSet"));
    not_seen(&daemon.look("k8s.disruption", OF).await, APART);
}

#[tokio::test]
async fn an_autoscaler_that_is_read_twice_is_one_and_its_lesser_number_counts() {
    let scaler = |name: &str, least: u32| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}, namespace: data}}\nspec: {{minReplicas: {least}, maxReplicas: 9, scaleTargetRef: {{kind: StatefulSet, name: cache}}}}\n"
        )
    };
    let place = cache(CACHE);
    place.write("deploy/prod/scaler.yaml", &scaler("cache", 4));
    place.write("deploy/stage/scaler.yaml", &scaler("cache", 3));
    held(&place.look("k8s.disruption", OF).await, "obs.replicas == 3 && obs.may_go == 1");
    place.write("deploy/stage/scaler.yaml", &scaler("cache", 1));
    broken(&place.look("k8s.disruption", OF).await, SURVIVES);
    place.write("deploy/stage/scaler.yaml", &scaler("other", 3));
    not_seen(&place.look("k8s.disruption", OF).await, "obs.replicas >= 1");
    // The workload itself, once more.
    let place = cache(CACHE);
    place.write("deploy/stage/cache.yaml", CACHE.split("---").next().expect("has one"));
    held(&place.look("k8s.disruption", OF).await, "obs.replicas == 3 && obs.workloads == 1");
}

#[tokio::test]
async fn what_a_kustomization_patches_with_is_no_workload_of_its_own() {
    let place = cache(CACHE);
    place.write("deploy/prod/kustomization.yaml", "resources: [../]\npatches: [{path: less.yaml}]\n");
    place.write("deploy/prod/less.yaml", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: cache, namespace: data}\nspec: {template: {spec: {priorityClassName: high}}}\n");
    held(&place.look("k8s.disruption", OF).await, SURVIVES);
}

#[tokio::test]
async fn a_budget_with_a_key_that_nobody_knows_or_over_refused_pods_covers_nothing() {
    let typo = cache(&CACHE.replace("minAvailable: 60%", "minAvailabel: 60%")).look("k8s.disruption", OF).await;
    broken(&typo, "obs.covered == obs.workloads");
    held(&typo, "size(obs.refused) == 1");
    let selector = |label: &str| {
        CACHE.replace("  replicas: 3\n", &format!("  replicas: 3\n  selector: {{matchLabels: {{app: {label}}}}}\n"))
    };
    held(&cache(&selector("cache")).look("k8s.disruption", OF).await, SURVIVES);
    let refused = cache(&selector("cash")).look("k8s.disruption", OF).await;
    broken(&refused, SURVIVES);
    held(&refused, "obs.covered == 0 && size(obs.refused) == 1");
}

#[tokio::test]
async fn shares_are_rounded_up_and_an_empty_selector_means_the_whole_namespace() {
    for (written, stay) in [
        ("minAvailable: 34%", 2),
        ("minAvailable: 33%", 1),
        ("minAvailable: 1%", 1),
        ("maxUnavailable: 34%", 1),
        ("maxUnavailable: 0%", 3),
        ("maxUnavailable: 100%", 0),
        ("minAvailable: 5", 5),
    ] {
        let seen = cache(&CACHE.replace("minAvailable: 60%", written)).look("k8s.disruption", OF).await;
        held(&seen, &format!("obs.must_stay == {stay} && obs.may_go == {}", 3_u32.saturating_sub(stay)));
        held(&seen, if stay >= 3 { "obs.blocks_drain" } else { "!obs.blocks_drain" });
    }
    let all = CACHE.replace("selector: {matchLabels: {app: cache}}}\n", "selector: {}}\n");
    held(&cache(&all).look("k8s.disruption", OF).await, "obs.covered == 1 && obs.must_stay == 2");
    let none = CACHE.replace(", selector: {matchLabels: {app: cache}}}\n", "}\n");
    broken(&cache(&none).look("k8s.disruption", OF).await, "obs.covered == 1");
}

#[tokio::test]
async fn an_operator_that_is_told_to_make_no_budget_makes_none() {
    let of = "{from: deploy, of: data/db}";
    let postgres = |more: &str| {
        cache(&format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: db, namespace: data}}\nspec: {{instances: 3{more}}}\n"
        ))
    };
    let none = postgres(", enablePDB: false").look("k8s.disruption", of).await;
    broken(&none, "obs.covered == obs.workloads");
    assert_eq!(none.grade, Some(Grade::Absent));
    not_seen(&postgres(", enablePDB: true").look("k8s.disruption", of).await, "obs.covered == 0");
    not_seen(&postgres("").look("k8s.disruption", of).await, "obs.covered == 0");
}

#[tokio::test]
async fn of_nobody_there_is_nothing_to_be_said() {
    let seen = cache(CACHE).look("k8s.disruption", "{from: deploy, of: data/cash}").await;
    assert_eq!((seen.grade, seen.subjects), (None, 0), "{seen:#?}");
    not_seen(&seen, "obs.covered == obs.workloads");
}

/// What a base leaves to whoever applies it.
#[tokio::test]
async fn a_directory_that_flux_puts_into_a_namespace_is_read_in_it() {
    let place = crate::gitops::fleet();
    let of = "{from: apps/base/cache, of: data/cache}";
    let plain = CACHE.replace(", namespace: data", "");
    place.write("apps/base/cache/cache.yaml", plain.split("---\n").next().expect("has one"));
    place.write("apps/base/cache/budget.yaml", plain.split("---\n").nth(1).expect("has one"));
    held(&place.look("k8s.disruption", of).await, SURVIVES);
    let field = "{from: apps/base/cache, kind: StatefulSet, name: cache, namespace: data, at: $.spec.replicas}";
    held(&place.look("k8s.field", field).await, "obs.value == 3");
    held(
        &place.look("k8s.select", "{from: apps/base/cache, kind: PodDisruptionBudget, namespace: data}").await,
        "obs.selects == 1",
    );
    // Without anybody who applies it, its namespace is open.
    place.write("clusters/prod/apps.yaml", "kind: Nothing\napiVersion: v1\nmetadata: {name: x}\n");
    let seen = place.look("k8s.field", field).await;
    not_seen(&seen, "obs.found");
    not_seen(&seen, "!obs.found");
    assert!(seen.trouble.is_some_and(|why| why.contains("is up to whoever applies it")));
    held(&place.look("k8s.field", &field.replace("namespace: data", "namespace: default")).await, "obs.value == 3");
}

#[tokio::test]
async fn words_for_yes_are_texts_once_they_are_built() {
    let place = Place::new();
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\nspec: {values: {a: on, b: true}}\n";
    place.write("deploy/release.yaml", release);
    let at = |key: &str| format!("{{from: deploy, kind: HelmRelease, at: $.spec.values.{key}}}");
    held(&place.look("k8s.field", &at("a")).await, "obs.value == true");
    place.write("deploy/kustomization.yaml", "resources: [release.yaml]\n");
    held(&place.look("k8s.field", &at("a")).await, "obs.value == 'on'");
    held(&place.look("k8s.field", &at("b")).await, "obs.value == true");
}

/// One base that two applications put into namespaces of their own.
#[tokio::test]
async fn an_overlay_lies_where_its_own_application_puts_it_and_a_base_of_several_stays_together() {
    use crate::gitops::application;
    let place = Place::new();
    let plain = CACHE.replace(", namespace: data", "");
    place.write("apps/base/cache.yaml", &plain);
    place.write("apps/base/kustomization.yaml", "resources: [cache.yaml]\n");
    for name in ["prod", "stage"] {
        place.write(&format!("apps/{name}/kustomization.yaml"), "resources: [../base]\n");
        let text =
            application(name, &format!("apps/{name}")).replace("namespace: data}\n", &format!("namespace: {name}}}\n"));
        place.write(&format!("argocd/{name}.yaml"), &text);
    }
    held(&place.look("k8s.disruption", "{from: apps/prod, of: prod/cache}").await, SURVIVES);
    held(&place.look("k8s.disruption", "{from: apps/base, of: app=cache}").await, SURVIVES);
    not_seen(&place.look("k8s.disruption", "{from: apps/base, of: prod/cache}").await, "obs.covered == 0");
    let field = "{from: apps/base, kind: StatefulSet, namespace: prod, at: $.spec.replicas}";
    not_seen(&place.look("k8s.field", field).await, "!obs.found");
}
