//! `k8s.deployed`, and `flux:` of the other kinds, on repositories that Flux or Argo CD deliver: the claim holds, and turns when
//! a path, a list, a label, a variable or a switch is changed.

use evidence::{Grade, Observation, Value};

use crate::world::{Place, broken, held, not_seen};

const SYNC: &str = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
";

const APPS: &str = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps/prod
  targetNamespace: data
  suspend: false
  sourceRef: {kind: GitRepository, name: flux-system}
  dependsOn: [{name: vars}]
  postBuild:
    substituteFrom:
      - {kind: ConfigMap, name: cluster-vars}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: vars, namespace: flux-system}
spec: {path: ./vars/prod, sourceRef: {kind: GitRepository, name: flux-system}}
";

const VARS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: cluster-vars, namespace: flux-system}
data: {CACHE_MIN: '2', CACHE_LABEL: cache}
";

const CACHE: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: cache}}
";

const BUDGET: &str = "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: cache}
spec:
  minAvailable: ${CACHE_MIN:=1}
  selector:
    matchLabels:
      app: \"${CACHE_LABEL}\"
";

/// A repository with bases, an overlay, and one cluster with its variables.
pub(crate) fn fleet() -> Place {
    let place = Place::new();
    place.write("clusters/prod/flux-system/gotk-sync.yaml", SYNC);
    place.write("clusters/prod/apps.yaml", APPS);
    place.write("vars/prod/vars.yaml", VARS);
    place.write("apps/base/cache/cache.yaml", CACHE);
    place.write("apps/base/cache/budget.yaml", BUDGET);
    place.write("apps/base/cache/kustomization.yaml", "resources: [cache.yaml, budget.yaml]\n");
    place.write("apps/prod/kustomization.yaml", "resources: [../base/cache]\n");
    place
}

/// A repository with a change: a file, what stood there, and what stands there now.
pub(crate) fn changed(file: &str, old: &str, new: &str) -> Place {
    let place = fleet();
    let text = outside::files::read_text(&place.world.directory.join(file), 1 << 20).expect("is there");
    assert!(text.contains(old), "{old} in {file}");
    place.write(file, &text.replacen(old, new, 1));
    place
}

fn list(seen: &Observation, name: &str) -> String {
    match seen.values.get(name) {
        Some(Value::List(all)) => all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join("\n"),
        other => panic!("`{name}` is no list: {other:?}"),
    }
}

pub(crate) const BUDGET_OF: &str = "{kind: PodDisruptionBudget, name: cache, namespace: data}";
pub(crate) const DEPLOYED: &str = "obs.deployed && obs.objects == 1 && size(obs.build_errors) == 0";

/// Each way to lose the budget on its way to the cluster.
const LOST: [(&str, &str, &str); 9] = [
    (
        "apps/base/cache/budget.yaml",
        "metadata: {name: cache}",
        "metadata: {name: cache, annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}}",
    ),
    ("clusters/prod/apps.yaml", "./apps/prod", "./apps/prd"),
    ("clusters/prod/apps.yaml", "suspend: false", "suspend: true"),
    ("clusters/prod/apps.yaml", "dependsOn: [{name: vars}]", "dependsOn: [{name: variables}]"),
    ("clusters/prod/apps.yaml", "targetNamespace: data", "targetNamespace: date"),
    ("apps/base/cache/kustomization.yaml", ", budget.yaml", ""),
    ("apps/base/cache/kustomization.yaml", "cache.yaml, ", "cache.yaml, gone.yaml, "),
    ("apps/prod/kustomization.yaml", "[../base/cache]", "[../base/cache, ../base/cache]"),
    ("apps/prod/kustomization.yaml", "resources", "resource"),
];

#[tokio::test]
async fn what_a_root_reaches_is_deployed() {
    let seen = fleet().look("k8s.deployed", BUDGET_OF).await;
    held(&seen, DEPLOYED);
    held(&seen, "obs.clusters == ['clusters/prod'] && obs.everywhere && size(obs.orphaned) == 0");
    assert_eq!(seen.grade, Some(Grade::Wired));
}

#[tokio::test]
async fn each_way_to_lose_what_is_deployed_turns_the_claim() {
    for (file, old, new) in LOST {
        let seen = changed(file, old, new).look("k8s.deployed", BUDGET_OF).await;
        broken(&seen, DEPLOYED);
        assert_eq!(seen.grade, Some(Grade::Declared), "{new}: {seen:#?}");
        assert!(list(&seen, "orphaned").contains("apps/base/cache/budget.yaml:1"), "{new}: {seen:#?}");
    }
    let gone = changed("apps/base/cache/budget.yaml", "kind: PodDisruptionBudget", "kind: PodDisruptionBudgets");
    let seen = gone.look("k8s.deployed", BUDGET_OF).await;
    broken(&seen, DEPLOYED);
    assert_eq!(seen.grade, Some(Grade::Absent));
}

#[tokio::test]
async fn a_patch_is_no_object_and_another_of_the_same_name_is_told_apart() {
    let place = fleet();
    place.write(
        "apps/prod/patch.yaml",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: cache}\nspec: {maxUnavailable: 1}\n",
    );
    place.write("apps/prod/kustomization.yaml", "resources: [../base/cache]\npatches: [{path: patch.yaml}]\n");
    place.write("old/budget.yaml", "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: other}\n");
    held(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    let all = place.look("k8s.deployed", "{kind: PodDisruptionBudget}").await;
    broken(&all, "obs.deployed");
    held(&all, "size(obs.orphaned) == 1 && obs.objects == 2");
}

#[tokio::test]
async fn without_a_root_or_with_one_that_leads_away_nobody_knows() {
    let place = Place::new();
    place.write("deploy/budget.yaml", BUDGET);
    let seen = place.look("k8s.deployed", BUDGET_OF).await;
    not_seen(&seen, "obs.deployed");
    not_seen(&seen, "!obs.deployed");
    assert!(seen.trouble.is_some_and(|why| why.contains("no Flux or Argo root here")));
    let away = fleet();
    let alone = APPS.split("---").next().expect("has one").replace("name: apps", "name: away");
    away.write("clusters/prod/away.yaml", &alone.replace("name: flux-system}\n", "name: other-repo}\n"));
    let none = away.look("k8s.deployed", "{kind: NetworkPolicy, name: cache}").await;
    not_seen(&none, "!obs.deployed");
    not_seen(&none, "obs.deployed");
    held(&away.look("k8s.deployed", BUDGET_OF).await, "obs.deployed");
}

/// One cluster, whose Kustomization applies the whole repository.
#[tokio::test]
async fn a_root_may_be_the_whole_repository() {
    let place = Place::new();
    place.write("flux-system/sync.yaml", &SYNC.replace("./clusters/prod", "./"));
    place.write(".github/workflows/test.yaml", "on: push\n");
    place.write("seaworthy.yaml", "seaworthy: 1\n");
    place.write(
        "apps/budget.yaml",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: cache, namespace: data}\n",
    );
    held(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write("apps/kustomization.yaml", "resources: []\nnamespace: x\n");
    broken(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
}

#[tokio::test]
async fn several_clusters_are_told_apart() {
    let place = fleet();
    place.write("clusters/stage/flux-system/sync.yaml", &SYNC.replace("prod", "stage"));
    place
        .write("clusters/stage/apps.yaml", &APPS.replace("apps/prod", "apps/stage").replace("vars/prod", "vars/stage"));
    place.write("vars/stage/vars.yaml", VARS);
    place.write("apps/stage/kustomization.yaml", "resources: [../base/cache]\n");
    let both = place.look("k8s.deployed", BUDGET_OF).await;
    held(&both, "obs.everywhere && obs.clusters == ['clusters/prod', 'clusters/stage']");
    place.write("apps/prod/kustomization.yaml", "resources: [../base/cache/cache.yaml]\n");
    let seen = place.look("k8s.deployed", BUDGET_OF).await;
    broken(&seen, "obs.everywhere");
    broken(&seen, "'clusters/prod' in obs.clusters");
    broken(
        &place.look("k8s.deployed", "{kind: PodDisruptionBudget, name: cache, root: clusters/prod}").await,
        "obs.deployed",
    );
}

// ===== flux: of the other kinds =====

const OF: &str = "{flux: clusters/prod, of: data/cache}";
const SURVIVES: &str = "obs.covered == 1 && obs.must_stay == 2 && !obs.blocks_drain";

#[tokio::test]
async fn a_budget_means_what_variables_and_namespaces_make_of_it() {
    held(&fleet().look("k8s.disruption", OF).await, SURVIVES);
    let select = "{flux: clusters/prod, kind: PodDisruptionBudget}";
    held(&fleet().look("k8s.select", select).await, "obs.objects == 1 && obs.selects == 1");
    for (file, old, new) in [
        ("vars/prod/vars.yaml", "CACHE_MIN: '2'", "CACHE_MAX: '2'"),
        ("vars/prod/vars.yaml", "CACHE_LABEL: cache", "CACHE_LABEL: cash"),
        ("vars/prod/vars.yaml", ", CACHE_LABEL: cache", ""),
        ("apps/base/cache/budget.yaml", "${CACHE_MIN:=1}", "${CACHE_MINIMUM:=1}"),
        ("apps/base/cache/budget.yaml", "${CACHE_MIN:=1}", "${CACHE_MINIMUM}"),
        (
            "apps/base/cache/budget.yaml",
            "metadata: {name: cache}",
            "metadata: {name: cache, labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}}",
        ),
        ("apps/base/cache/kustomization.yaml", ", budget.yaml", ""),
        ("apps/base/cache/kustomization.yaml", "resources", "commonLabels: {tier: t}\nresources"),
    ] {
        let seen = changed(file, old, new).look("k8s.disruption", OF).await;
        if new.starts_with("commonLabels") {
            held(&seen, SURVIVES);
        } else {
            broken(&seen, SURVIVES);
        }
    }
    let patched = fleet();
    patched.write("apps/prod/kustomization.yaml", "resources: [../base/cache]\npatches:\n  - target: {kind: StatefulSet}\n    patch: '[{op: replace, path: /spec/template/metadata/labels/app, value: store}]'\n");
    broken(&patched.look("k8s.disruption", OF).await, SURVIVES);
}

#[tokio::test]
async fn what_is_not_applied_or_not_known_holds_nothing() {
    for (file, old, new) in [
        ("clusters/prod/apps.yaml", "./apps/prod", "./apps/prd"),
        ("clusters/prod/apps.yaml", "suspend: false", "suspend: true"),
        ("clusters/prod/apps.yaml", "kind: ConfigMap, name: cluster-vars", "kind: Secret, name: cluster-vars"),
        ("vars/prod/vars.yaml", "name: cluster-vars", "name: cluster-var"),
    ] {
        not_seen(&changed(file, old, new).look("k8s.disruption", OF).await, SURVIVES);
    }
    let seen = fleet().look("k8s.disruption", "{flux: clusters/dev, of: data/cache}").await;
    not_seen(&seen, SURVIVES);
    assert!(seen.trouble.is_some_and(|why| why.contains("is no directory")));
}

/// Bases lie beside an overlay and not below it.
#[tokio::test]
async fn an_overlay_finds_its_bases_wherever_they_lie() {
    let place = fleet();
    place.write(
        "apps/base/cache/budget.yaml",
        &BUDGET.replace("${CACHE_MIN:=1}", "2").replace("\"${CACHE_LABEL}\"", "cache"),
    );
    place.write("apps/prod/kustomization.yaml", "namespace: data\nresources: [../base/cache]\n");
    let of = "{from: apps/prod, of: data/cache}";
    held(&place.look("k8s.disruption", of).await, SURVIVES);
    place.write("apps/base/cache/kustomization.yaml", "resources: [cache.yaml, budget.yaml, gone.yaml]\n");
    let seen = place.look("k8s.disruption", of).await;
    not_seen(&seen, SURVIVES);
    assert!(
        seen.trouble
            .is_some_and(|why| why.contains("apps/base/cache/kustomization.yaml:1: gone.yaml is not in these files"))
    );
}

#[test]
fn one_of_from_and_flux_must_be_written() {
    let place = Place::new();
    let told = |with: &str| {
        let problems = place.read("k8s.disruption", with).expect_err("is wrong");
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    assert!(told("{from: a, flux: b, of: 'ns:x'}").contains("and not both"));
    assert!(told("{of: 'ns:x'}").contains("`from`"));
    let problems = place.read("k8s.deployed", "{name: x, rot: y}").expect_err("is wrong");
    assert_eq!(problems.len(), 2, "{problems:?}");
}

// ===== Argo CD =====

pub(crate) fn application(name: &str, path: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  source: {{repoURL: 'https://example.com/fleet.git', path: {path}}}\n  destination: {{namespace: data}}\n"
    )
}

pub(crate) fn of_argo() -> Place {
    let place = Place::new();
    place.write("bootstrap/root.yaml", &application("root", "applications"));
    place.write("applications/cache.yaml", &application("cache", "apps/cache"));
    place.write(
        "apps/cache/budget.yaml",
        &BUDGET.replace("${CACHE_MIN:=1}", "2").replace("\"${CACHE_LABEL}\"", "cache"),
    );
    place.write("apps/cache/deep/cache.yaml", CACHE);
    place
}

#[tokio::test]
async fn applications_of_applications_are_followed() {
    held(&of_argo().look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    // Directories within are passed over unless that is asked for.
    broken(&of_argo().look("k8s.deployed", "{kind: StatefulSet, name: cache}").await, "obs.deployed");
    for (file, text) in [
        ("bootstrap/root.yaml", application("root", "application")),
        ("applications/cache.yaml", application("cache", "apps/cash")),
        ("applications/cache.yaml", "kind: Nothing\napiVersion: v1\nmetadata: {name: x}\n".to_owned()),
        ("apps/cache/kustomization.yaml", "resources: [deep/cache.yaml]\n".to_owned()),
    ] {
        let place = of_argo();
        place.write(file, &text);
        broken(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    }
}

#[tokio::test]
async fn a_set_over_directories_is_followed_and_one_over_clusters_is_not_known() {
    let place = of_argo();
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n  generators: [{git: {repoURL: 'https://example.com/fleet', directories: [{path: 'apps/*'}]}}]\n  template:\n    metadata: {name: '{{path.basename}}'}\n    spec: {source: {repoURL: 'https://example.com/fleet', path: '{{path}}'}, destination: {namespace: data}}\n";
    place.write("applications/cache.yaml", set);
    held(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write("applications/cache.yaml", &set.replace("apps/*", "other/*"));
    broken(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write(
        "applications/cache.yaml",
        &set.replace(
            "{git: {repoURL: 'https://example.com/fleet', directories: [{path: 'apps/*'}]}}",
            "{clusters: {}}",
        ),
    );
    not_seen(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
}

// ===== k8s.field =====

const LEAST: &str =
    "{flux: clusters/prod, kind: PodDisruptionBudget, name: cache, namespace: data, at: $.spec.minAvailable}";

#[tokio::test]
async fn a_field_has_the_value_and_type_that_variables_give_it() {
    let seen = fleet().look("k8s.field", LEAST).await;
    held(&seen, "obs.found && obs.value == 2 && obs.objects == 1");
    assert_eq!(seen.grade, Some(Grade::Wired));
    assert_eq!(seen.source, "apps/base/cache/budget.yaml:5");
    for (file, old, new) in LOST {
        broken(&changed(file, old, new).look("k8s.field", LEAST).await, "obs.found && obs.value == 2");
    }
    for (file, old, new) in [
        ("vars/prod/vars.yaml", "CACHE_MIN: '2'", "CACHE_MAX: '2'"),
        ("vars/prod/vars.yaml", "CACHE_MIN: '2'", "CACHE_MIN: '1'"),
        ("apps/base/cache/budget.yaml", "${CACHE_MIN:=1}", "${CACHE_MINIMUM}"),
        ("apps/base/cache/budget.yaml", "minAvailable:", "minAvailabel:"),
        (
            "clusters/prod/apps.yaml",
            "  postBuild:\n    substituteFrom:\n      - {kind: ConfigMap, name: cluster-vars}\n",
            "",
        ),
    ] {
        broken(&changed(file, old, new).look("k8s.field", LEAST).await, "obs.found && obs.value == 2");
    }
    let sealed =
        changed("clusters/prod/apps.yaml", "kind: ConfigMap, name: cluster-vars", "kind: Secret, name: cluster-vars");
    let seen = sealed.look("k8s.field", LEAST).await;
    not_seen(&seen, "obs.found");
    assert!(seen.trouble.is_some_and(|why| why.contains("`CACHE_MIN` may come from Secret cluster-vars")));
    broken(&fleet().look("k8s.field", &LEAST.replace("name: cache, ", "name: cash, ")).await, "obs.found");
}

const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: dragonflies.dragonflydb.io}
spec:
  group: dragonflydb.io
  names: {kind: Dragonfly}
  versions:
    - name: v1alpha1
      served: true
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                replicas: {type: integer}
                snapshot: {properties: {cron: {type: string}}}
                args: {type: array, items: {type: string}}
                affinity: {x-kubernetes-preserve-unknown-fields: true}
";

const DRAGONFLY: &str = "\
apiVersion: dragonflydb.io/v1alpha1
kind: Dragonfly
metadata: {name: cache, namespace: data}
spec:
  replicas: 3
  snapshot: {cron: '*/5 * * * *'}
  resources: {limits: {memory: 2Gi, cpu: 500m}}
  affinity: {podAntiAffinity: {x: y}}
";

#[tokio::test]
async fn a_field_that_the_definition_does_not_have_never_arrives() {
    let place = Place::new();
    place.write("deploy/cache.yaml", DRAGONFLY);
    let cron = "{from: deploy, kind: Dragonfly, at: $.spec.snapshot.cron}";
    let with = |at: &str| format!("{{from: deploy, kind: Dragonfly, at: $.spec.{at}}}");
    held(&place.look("k8s.field", &with("resources.limits.memory")).await, "obs.quantity == 2GiB");
    held(&place.look("k8s.field", &with("resources.limits.cpu")).await, "obs.quantity == 0.5");
    place.write("deploy/crd.yaml", CRD);
    held(&place.look("k8s.field", cron).await, "obs.found && size(obs.pruned) == 0");
    held(&place.look("k8s.field", &with("affinity.podAntiAffinity.x")).await, "obs.found");
    broken(&place.look("k8s.field", &with("resources.limits.memory")).await, "obs.found");
    for (old, new) in [
        ("{cron: ", "{crons: "),
        ("snapshot: {properties", "snapshots: {properties"),
        ("name: v1alpha1", "name: v1beta1"),
        ("served: true", "served: false"),
    ] {
        assert!(CRD.contains(old), "{old}");
        place.write("deploy/crd.yaml", &CRD.replace(old, new));
        let seen = place.look("k8s.field", cron).await;
        broken(&seen, "obs.found");
        held(&seen, "size(obs.pruned) == 1");
    }
}

#[tokio::test]
async fn values_of_a_release_are_declared_and_what_is_encrypted_is_not_known() {
    let place = Place::new();
    place.write("deploy/release.yaml", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\nspec: {values: {podDisruptionBudget: {enabled: on}}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: 'ENC[AES256_GCM,data:x]'}\n");
    let seen = place
        .look("k8s.field", "{from: deploy, kind: HelmRelease, at: $.spec.values.podDisruptionBudget.enabled}")
        .await;
    held(&seen, "obs.value == true");
    assert_eq!(seen.grade, Some(Grade::Declared));
    not_seen(&place.look("k8s.field", "{from: deploy, kind: Secret, at: $.stringData.k}").await, "obs.found");
    not_seen(&Place::new().look("k8s.field", "{from: deploy, kind: Secret, at: $.x}").await, "!obs.found");
}
