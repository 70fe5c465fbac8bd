//! `k8s.deployed` where what is written is subtly dead: each way reads declared, or is not seen with its reason, and the honest
//! neighbor of each still reads wired.

use evidence::{Grade, Observation};

use crate::gitops::{BUDGET_OF, DEPLOYED, application, changed, fleet, of_argo};
use crate::world::{Place, broken, held, not_seen};

const SOURCE: &str = "\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec:
  url: ssh://git@example.com/shop/fleet
  ref: {branch: main}
";

const FROM: &str = "substituteFrom:\n      - {kind: ConfigMap, name: cluster-vars}";

fn told(seen: &Observation, why: &str) {
    assert!(seen.trouble.as_ref().is_some_and(|trouble| trouble.contains(why)), "{why}: {seen:#?}");
}

/// Nobody can say, whichever way a claim asks.
fn open(seen: &Observation, why: &str) {
    not_seen(seen, "obs.deployed");
    not_seen(seen, "!obs.deployed");
    assert_eq!(seen.grade, None, "{seen:#?}");
    told(seen, why);
}

#[tokio::test]
async fn a_source_of_variables_that_is_nowhere_leaves_open_what_is_applied() {
    let from = |more: &str| changed("clusters/prod/apps.yaml", FROM, &format!("{FROM}\n      - {more}"));
    let seen = from("{kind: Secret, name: cluster-secrets}").look("k8s.deployed", BUDGET_OF).await;
    open(&seen, "needs Secret flux-system/cluster-secrets");
    let optional = from("{kind: Secret, name: cluster-secrets, optional: true}");
    held(&optional.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    held(&optional.look("k8s.disruption", "{flux: clusters/prod, of: data/cache}").await, "obs.must_stay == 2");
    for made in [
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x, namespace: flux-system}\nspec: {target: {name: cluster-secrets}}\n",
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: cluster-secrets, namespace: flux-system}\nspec: {encryptedData: {A: x}}\n",
    ] {
        let place = from("{kind: Secret, name: cluster-secrets}");
        place.write("vars/prod/more.yaml", made);
        held(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    }
    let elsewhere = from("{kind: Secret, name: cluster-secrets}");
    elsewhere.write(
        "vars/prod/more.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: cluster-secrets, namespace: data}\n",
    );
    open(&elsewhere.look("k8s.deployed", BUDGET_OF).await, "needs Secret flux-system/cluster-secrets");
    // What is not applied for sure holds nothing by any other look either.
    let place = from("{kind: Secret, name: cluster-secrets}");
    not_seen(&place.look("k8s.select", "{flux: clusters/prod, kind: PodDisruptionBudget}").await, "obs.selects > 0");
    not_seen(
        &place.look("k8s.field", "{flux: clusters/prod, kind: StatefulSet, at: $.spec.replicas}").await,
        "obs.value == 3",
    );
}

#[tokio::test]
async fn every_word_for_a_stop_stops() {
    for (word, why) in [
        ("true", "is suspended"),
        ("True", "is suspended"),
        ("on", "would be refused"),
        ("yes", "would be refused"),
        ("\"true\"", "would be refused"),
        ("\"false\"", "would be refused"),
    ] {
        let place = changed("clusters/prod/apps.yaml", "suspend: false", &format!("suspend: {word}"));
        let seen = place.look("k8s.deployed", BUDGET_OF).await;
        broken(&seen, DEPLOYED);
        assert_eq!(seen.grade, Some(Grade::Declared));
        assert!(format!("{:?}", seen.values.get("orphaned")).contains(why), "{word}: {seen:#?}");
    }
    let off = changed("clusters/prod/apps.yaml", "suspend: false", "suspend: False");
    held(&off.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    let release = |word: &str| {
        let place = fleet();
        place.write("apps/base/cache/release.yaml", &format!("apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: db}}\nspec: {{suspend: {word}}}\n"));
        place.write("apps/base/cache/kustomization.yaml", "resources: [cache.yaml, budget.yaml, release.yaml]\n");
        place
    };
    let of = "{kind: HelmRelease, name: db}";
    held(&release("false").look("k8s.deployed", of).await, "obs.deployed");
    broken(&release("on").look("k8s.deployed", of).await, "obs.deployed");
    broken(&release("TRUE").look("k8s.deployed", of).await, "obs.deployed");
}

#[tokio::test]
async fn what_the_source_leaves_out_or_takes_from_another_branch_is_not_delivered() {
    let with = |source: &str| {
        let place = fleet();
        place.write("clusters/prod/flux-system/source.yaml", source);
        place
    };
    held(&with(SOURCE).look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    let kept = format!("{SOURCE}  ignore: |\n    /*\n    !/clusters\n    !/apps\n    !/vars\n");
    held(&with(&kept).look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    let lost = kept.replace("    !/apps\n", "");
    broken(&with(&lost).look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    let place = with(SOURCE);
    place.write(".sourceignore", "# budgets\nbudget.yaml\n");
    broken(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write(".sourceignore", "*.md\nbudget.yaml\n!apps/**/budget.yaml\n");
    held(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    // Another source of the same address.
    let other = |branch: &str| {
        let source = SOURCE.replace("name: flux-system, ", "name: apps, ").replace("branch: main", branch);
        let place = changed("clusters/prod/apps.yaml", "name: flux-system}\n  dependsOn", "name: apps}\n  dependsOn");
        place.write("clusters/prod/flux-system/source.yaml", &format!("{SOURCE}---\n{source}"));
        place
    };
    held(&other("branch: main").look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    open(&other("branch: develop").look("k8s.deployed", BUDGET_OF).await, "follows branch develop of this repository");
    open(&other("tag: v1").look("k8s.deployed", BUDGET_OF).await, "follows tag v1 of this repository");
    let foreign = other("branch: main");
    let text = SOURCE.replace("name: flux-system, ", "name: apps, ").replace("shop/fleet", "shop/other");
    foreign.write("clusters/prod/flux-system/source.yaml", &format!("{SOURCE}---\n{text}"));
    broken(&foreign.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    // The branch that the cluster follows, beside the one that is checked out.
    let follows = |branch: &str, head: &str| {
        let place = with(&SOURCE.replace("branch: main", &format!("branch: {branch}")));
        place.write(".git/HEAD", &format!("ref: refs/heads/{head}\n"));
        place
    };
    held(&follows("main", "master").look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    held(&follows("production", "my-change").look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    open(&follows("mian", "main").look("k8s.deployed", BUDGET_OF).await, "what lies here is main");
}

#[tokio::test]
async fn a_source_that_is_not_where_it_is_looked_for_delivers_nothing() {
    for (old, new) in [
        (
            "sourceRef: {kind: GitRepository, name: flux-system}\n  depends",
            "sourceRef: {kind: GitRepository, name: flux-sytem}\n  depends",
        ),
        (
            "sourceRef: {kind: GitRepository, name: flux-system}\n  depends",
            "sourceRef: {kind: OCIRepository, name: flux-system}\n  depends",
        ),
        ("name: flux-system}\n  depends", "name: flux-system, namespace: apps}\n  depends"),
        ("  sourceRef: {kind: GitRepository, name: flux-system}\n  depends", "  depends"),
        ("metadata: {name: apps, namespace: flux-system}", "metadata: {name: apps, namespace: data}"),
    ] {
        let place = changed("clusters/prod/apps.yaml", old, new);
        place.write("clusters/prod/flux-system/source.yaml", SOURCE);
        let seen = place.look("k8s.deployed", BUDGET_OF).await;
        broken(&seen, DEPLOYED);
        assert_eq!(seen.grade, Some(Grade::Declared), "{new}: {seen:#?}");
    }
    let named = changed(
        "clusters/prod/apps.yaml",
        "name: flux-system}\n  depends",
        "name: flux-system, namespace: flux-system}\n  depends",
    );
    held(&named.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
}

#[tokio::test]
async fn marks_that_keep_an_object_or_what_makes_it_from_the_cluster_are_seen() {
    for (file, old, new) in [
        (
            "apps/base/cache/budget.yaml",
            "metadata: {name: cache}",
            "metadata: {name: cache, annotations: {config.kubernetes.io/local-config: 'true'}}",
        ),
        (
            "clusters/prod/apps.yaml",
            "metadata: {name: apps, namespace: flux-system}",
            "metadata: {name: apps, namespace: flux-system, annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}}",
        ),
        (
            "clusters/prod/apps.yaml",
            "metadata: {name: apps, namespace: flux-system}",
            "metadata: {name: apps, namespace: flux-system, annotations: {config.kubernetes.io/local-config: 'true'}}",
        ),
    ] {
        let seen = changed(file, old, new).look("k8s.deployed", BUDGET_OF).await;
        broken(&seen, DEPLOYED);
        assert_eq!(seen.grade, Some(Grade::Declared), "{new}: {seen:#?}");
    }
    // Kustomize keeps what says no.
    let kept = changed(
        "apps/base/cache/budget.yaml",
        "metadata: {name: cache}",
        "metadata: {name: cache, annotations: {config.kubernetes.io/local-config: 'false'}}",
    );
    held(&kept.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
}

#[tokio::test]
async fn an_encrypted_secret_that_nobody_opens_stops_what_brings_it() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: 'ENC[x]'}\nsops: {version: 3}\n";
    let with = |decryption: &str| {
        let place = changed("clusters/prod/apps.yaml", "  suspend: false\n", decryption);
        place.write("apps/base/cache/secret.yaml", secret);
        place.write("apps/base/cache/kustomization.yaml", "resources: [cache.yaml, budget.yaml, secret.yaml]\n");
        place
    };
    held(&with("  decryption: {provider: sops}\n").look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    broken(&with("").look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
}

#[tokio::test]
async fn a_name_that_is_a_variable_is_resolved_or_not_known() {
    let named = |suspend: &str, vars: &str| {
        let place = changed("apps/base/cache/budget.yaml", "metadata: {name: cache}", "metadata: {name: '${APP}'}");
        let apps = outside::files::read_text(&place.world.directory.join("clusters/prod/apps.yaml"), 1 << 20)
            .expect("is there");
        place.write("clusters/prod/apps.yaml", &apps.replace("suspend: false", suspend));
        place.write("vars/prod/vars.yaml", &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cluster-vars, namespace: flux-system}}\ndata: {{{vars}}}\n"));
        place
    };
    held(&named("suspend: false", "APP: cache").look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    let suspended = named("suspend: true", "APP: cache").look("k8s.deployed", BUDGET_OF).await;
    broken(&suspended, DEPLOYED);
    assert_eq!(suspended.grade, Some(Grade::Declared), "{suspended:#?}");
    held(&suspended, "size(obs.suspended) == 1");
    let other = named("suspend: false", "APP: store").look("k8s.deployed", BUDGET_OF).await;
    broken(&other, "obs.deployed");
    assert_eq!(other.grade, Some(Grade::Absent), "{other:#?}");
    let nobody = named("suspend: false", "APP: cache");
    nobody.write("clusters/prod/apps.yaml", "kind: Nothing\napiVersion: v1\nmetadata: {name: x}\n");
    open(&nobody.look("k8s.deployed", BUDGET_OF).await, "the name of the PodDisruptionBudget ${APP} is not known");
    let halted = changed("clusters/prod/apps.yaml", "suspend: false", "suspend: ${STOP}");
    broken(&halted.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
}

#[tokio::test]
async fn what_waits_for_something_that_may_come_from_elsewhere_is_not_known() {
    let place = changed("clusters/prod/apps.yaml", "dependsOn: [{name: vars}]", "dependsOn: [{name: gone}]");
    broken(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write(
        "clusters/prod/more.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: more, namespace: flux-system}\nspec: {path: ./x, sourceRef: {kind: GitRepository, name: other}}\n",
    );
    open(&place.look("k8s.deployed", BUDGET_OF).await, "depends on flux-system/gone, which is not in these files");
}

// ===== Argo CD =====

#[tokio::test]
async fn what_an_application_passes_over_is_not_applied() {
    let with = |more: &str| {
        let place = of_argo();
        let text =
            application("cache", "apps/cache").replace("path: apps/cache}", &format!("path: apps/cache, {more}}}"));
        place.write("applications/cache.yaml", &text);
        place
    };
    for (more, is_deployed) in [
        ("directory: {include: '*.yaml'}", true),
        ("directory: {include: '{budget,other}.yaml'}", true),
        ("directory: {include: 'policies/*'}", false),
        ("directory: {exclude: 'budget*'}", false),
        ("directory: {exclude: '{a,budget}.yaml'}", false),
        ("targetRevision: HEAD", true),
        ("targetRevision: main", true),
    ] {
        let seen = with(more).look("k8s.deployed", BUDGET_OF).await;
        if is_deployed { held(&seen, DEPLOYED) } else { broken(&seen, DEPLOYED) }
    }
    open(&with("targetRevision: develop").look("k8s.deployed", BUDGET_OF).await, "follows develop");
    let deep = "{kind: StatefulSet, name: cache}";
    held(&with("directory: {recurse: true}").look("k8s.deployed", deep).await, "obs.deployed");
    broken(&with("directory: {recurse: true, exclude: 'deep/*'}").look("k8s.deployed", deep).await, "obs.deployed");
    broken(&with("directory: {recurse: false}").look("k8s.deployed", deep).await, "obs.deployed");
}

#[tokio::test]
async fn a_hook_that_is_skipped_is_not_applied_and_others_are() {
    for (mark, is_deployed) in [("PreSync", true), ("Skip", false)] {
        let place = of_argo();
        let text = format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: cache, annotations: {{argocd.argoproj.io/hook: {mark}}}}}\n"
        );
        place.write("apps/cache/budget.yaml", &text);
        let seen = place.look("k8s.deployed", BUDGET_OF).await;
        if is_deployed { held(&seen, DEPLOYED) } else { broken(&seen, DEPLOYED) }
    }
}

#[tokio::test]
async fn all_applications_of_one_branch_are_what_lies_here_unless_another_is_checked_out() {
    let place = of_argo();
    for (file, name, path) in
        [("bootstrap/root.yaml", "root", "applications"), ("applications/cache.yaml", "cache", "apps/cache")]
    {
        place.write(file, &application(name, path).replace("path:", "targetRevision: production, path:"));
    }
    held(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write(".git/HEAD", "ref: refs/heads/production\n");
    held(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write(".git/HEAD", "ref: refs/heads/main\n");
    open(&place.look("k8s.deployed", BUDGET_OF).await, "what lies here is main");
}

/// A claim about another place than the one that is asked.
#[tokio::test]
async fn a_repository_without_any_such_kind_is_still_absent() {
    let seen = fleet().look("k8s.deployed", "{kind: NetworkPolicy, name: cache}").await;
    assert_eq!(seen.grade, Some(Grade::Absent));
    broken(&seen, "obs.deployed");
    not_seen(&Place::new().look("k8s.deployed", BUDGET_OF).await, "obs.deployed");
}

#[tokio::test]
async fn who_waits_for_what_comes_from_nowhere_is_not_known_and_a_lost_cluster_gets_nothing() {
    let place = changed(
        "clusters/prod/apps.yaml",
        "path: ./vars/prod, sourceRef: {kind: GitRepository, name: flux-system}",
        "path: ./vars/prod, sourceRef: {kind: GitRepository, name: vars}",
    );
    open(&place.look("k8s.deployed", BUDGET_OF).await, "which no file that is applied makes");
    let other = changed("clusters/prod/apps.yaml", "  suspend: false\n", "  kubeConfig: {secretRef: {name: stage}}\n");
    open(&other.look("k8s.deployed", BUDGET_OF).await, "is applied to another cluster");
    let lost = changed("clusters/prod/flux-system/gotk-sync.yaml", "./clusters/prod", "./clusters/production");
    let seen = lost.look("k8s.deployed", BUDGET_OF).await;
    broken(&seen, DEPLOYED);
    assert!(
        format!("{:?}", seen.values.get("build_errors")).contains("the path clusters/production does not exist"),
        "{seen:#?}"
    );
}

/// Flux may be installed from its own source: that brings nothing that anybody here waits for.
#[tokio::test]
async fn the_source_of_flux_itself_hides_nothing() {
    let place = changed("clusters/prod/apps.yaml", "dependsOn: [{name: vars}]", "dependsOn: [{name: gone}]");
    let own = |url: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{name: flux-manifests, namespace: flux-system}}\nspec: {{url: '{url}'}}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: flux, namespace: flux-system}}\nspec: {{path: ./, sourceRef: {{kind: OCIRepository, name: flux-manifests}}}}\n"
        )
    };
    place.write("clusters/prod/flux.yaml", &own("oci://ghcr.io/fluxcd/flux-manifests"));
    broken(&place.look("k8s.deployed", BUDGET_OF).await, DEPLOYED);
    place.write("clusters/prod/flux.yaml", &own("oci://ghcr.io/shop/more"));
    open(&place.look("k8s.deployed", BUDGET_OF).await, "depends on flux-system/gone");
}
