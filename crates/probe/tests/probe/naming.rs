//! `k8s.ref` where names look as if they met, and definitions of custom resources that do not take what is written.

use evidence::{Grade, Observation, Value};

use crate::refs::{EXTERNAL, FROM, PROVEN, WHOLE, place};
use crate::world::{Place, broken, held, not_seen};

fn list(seen: &Observation, name: &str) -> String {
    match seen.values.get(name) {
        Some(Value::List(all)) => all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join("\n"),
        other => panic!("`{name}` is no list: {other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_holds_a_variable_is_not_known_and_holds_nothing() {
    for (old, new) in [
        ("configMapRef: {name: settings}", "configMapRef: {name: '${APP}-settings'}"),
        ("{name: db, key: password}", "{name: db, key: '${KEY}'}"),
    ] {
        let seen = place(&[("api", old, new)]).look("k8s.ref", FROM).await;
        not_seen(&seen, WHOLE);
        assert!(seen.trouble.as_ref().is_some_and(|why| why.contains("it holds a variable")), "{seen:#?}");
        assert!(list(&seen, "unproven").contains("it holds a variable"));
    }
}

#[tokio::test]
async fn who_names_nothing_says_nothing() {
    let seen = place(&[]).look("k8s.ref", "{from: deploy, kind: ConfigMap}").await;
    not_seen(&seen, "size(obs.missing) == 0");
    assert_eq!((seen.grade, seen.subjects), (None, 0), "{seen:#?}");
    held(&place(&[]).look("k8s.ref", "{from: deploy, kind: Deployment}").await, WHOLE);
}

#[tokio::test]
async fn a_secret_that_is_only_added_to_is_made_by_nobody() {
    let with = |policy: &str, secret: &str| {
        let place = place(&[]);
        let text = EXTERNAL.replace("target: {name: db}", &format!("target: {{name: db, creationPolicy: {policy}}}"));
        place.write("deploy/db.yaml", &format!("{text}{secret}"));
        place
    };
    let own = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {user: u}\n";
    held(&with("Owner", "").look("k8s.ref", FROM).await, WHOLE);
    held(&with("Orphan", "").look("k8s.ref", FROM).await, WHOLE);
    broken(&with("Merge", "").look("k8s.ref", FROM).await, WHOLE);
    broken(&with("None", "").look("k8s.ref", FROM).await, WHOLE);
    broken(&with("None", own).look("k8s.ref", FROM).await, WHOLE);
    let merged = with("Merge", own).look("k8s.ref", FROM).await;
    held(&merged, WHOLE);
    assert!(list(&merged, "unproven").contains("Secret shop/db, `password`: comes from a vault"));
    let everywhere = place(&[]);
    everywhere.write("deploy/db.yaml", "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {name: x}\nspec: {externalSecretSpec: {target: {name: db}}}\n");
    held(&everywhere.look("k8s.ref", FROM).await, WHOLE);
    // Without a target a secret is called as what makes it.
    let unnamed = place(&[]);
    unnamed.write("deploy/db.yaml", &EXTERNAL.replace("  target: {name: db}\n", ""));
    broken(&unnamed.look("k8s.ref", FROM).await, WHOLE);
    unnamed.write(
        "deploy/db.yaml",
        &EXTERNAL.replace("  target: {name: db}\n", "").replace("name: database,", "name: db,"),
    );
    held(&unnamed.look("k8s.ref", FROM).await, WHOLE);
}

#[tokio::test]
async fn a_sealed_secret_is_called_as_itself_and_has_the_keys_that_are_sealed() {
    let with = |name: &str, keys: &str| {
        let place = place(&[]);
        place.write("deploy/db.yaml", &format!("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{encryptedData: {{{keys}}}, template: {{metadata: {{name: db}}}}}}\n"));
        place
    };
    held(&with("db", "user: x, password: y").look("k8s.ref", FROM).await, PROVEN);
    broken(&with("db", "user: x, pass: y").look("k8s.ref", FROM).await, WHOLE);
    broken(&with("other", "user: x, password: y").look("k8s.ref", FROM).await, WHOLE);
}

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r, namespace: shop}\nspec: {valuesFrom: [{kind: Secret, name: values}]}\n";

#[tokio::test]
async fn a_generated_name_with_a_hash_is_met_only_where_it_is_rewritten() {
    let with = |more: &str| {
        let place = Place::new();
        place.write("deploy/release.yaml", RELEASE);
        place.write("deploy/values.yaml", "a: 1\n");
        place.write(
            "deploy/names.yaml",
            "nameReference:\n  - kind: Secret\n    fieldSpecs: [{path: spec/valuesFrom/name, kind: HelmRelease}]\n",
        );
        place.write("deploy/kustomization.yaml", &format!("namespace: shop\nresources: [release.yaml]\nsecretGenerator: [{{name: values, files: [values.yaml]}}]\n{more}"));
        place
    };
    let hashed = with("").look("k8s.ref", FROM).await;
    broken(&hashed, WHOLE);
    assert!(list(&hashed, "missing").contains("is made with a hash behind its name"), "{hashed:#?}");
    held(&with("generatorOptions: {disableNameSuffixHash: true}\n").look("k8s.ref", FROM).await, WHOLE);
    held(&with("configurations: [names.yaml]\n").look("k8s.ref", FROM).await, WHOLE);
    not_seen(&with("configurations: [gone.yaml]\n").look("k8s.ref", FROM).await, WHOLE);
    let pods = with("");
    pods.write("deploy/release.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, envFrom: [{prefix: X_, secretRef: {name: values}}]}]}\n");
    held(&pods.look("k8s.ref", FROM).await, WHOLE);
}

#[tokio::test]
async fn secrets_for_pulling_images_are_names_too() {
    let account = "kind: ServiceAccount\nmetadata: {name: api, namespace: shop}\n";
    let with = |name: &str| place(&[("api", account, &format!("{account}imagePullSecrets: [{{name: {name}}}]\n"))]);
    held(&with("db").look("k8s.ref", FROM).await, WHOLE);
    broken(&with("pull").look("k8s.ref", FROM).await, WHOLE);
}

// ===== definitions =====

const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: stores.example.com}
spec:
  group: example.com
  names: {kind: Store}
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          properties:
            spec:
              type: object
              required: [instances]
              properties:
                instances: {type: integer}
                mode: {type: string, enum: [fast, safe]}
                backup: {type: object, properties: {retention: {type: string}, enabled: {type: boolean, default: true}}, required: [enabled]}
                size: {x-kubernetes-int-or-string: true}
                more: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {inner: {type: object, properties: {a: {type: string}}}}}
                object: {type: object, x-kubernetes-embedded-resource: true, properties: {spec: {type: object, properties: {b: {type: string}}}}}
                free: {type: object, additionalProperties: {type: string}}
";

fn store(spec: &str) -> Place {
    let place = Place::new();
    place.write("deploy/crd.yaml", CRD);
    place.write(
        "deploy/store.yaml",
        &format!("apiVersion: example.com/v1\nkind: Store\nmetadata: {{name: s, namespace: data}}\nspec: {{{spec}}}\n"),
    );
    place
}

const TAKEN: &str = "size(obs.unknown_fields) == 0 && size(obs.no_schema) == 0";

#[tokio::test]
async fn a_resource_is_taken_as_its_definition_wants_it() {
    let of = "{from: deploy, kind: Store}";
    for spec in [
        "instances: 3, mode: safe, backup: {retention: 7d}, size: 50%",
        "instances: 3, size: 5, more: {x: 1, inner: {a: '1'}}, free: {k: v}",
        "instances: 3, object: {apiVersion: v1, kind: X, metadata: {name: n}, spec: {b: c}}",
        "instances: '${N}', mode: '${M}'",
        "instances: 3, backup: null",
    ] {
        let seen = store(spec).look("k8s.ref", of).await;
        held(&seen, TAKEN);
        assert_eq!(seen.grade, Some(Grade::Wired));
    }
    for (spec, why) in [
        ("instances: 3, bakcup: {retention: 7d}", "spec.bakcup is no field of stores.example.com"),
        ("instances: 3, backup: {retentionPolicy: 7d}", "spec.backup.retentionPolicy is no field"),
        ("instances: '3'", "spec.instances is integer, and `3` is none"),
        ("instance: 3", "spec.instances is missing"),
        ("instances: 3, mode: slow", "spec.mode may not be `slow`"),
        ("instances: 3, mode: 1.5", "spec.mode is string"),
        ("instances: 3, backup: on", "spec.backup is object"),
        ("instances: 3, backup: {enabled: 'true'}", "spec.backup.enabled is boolean"),
        ("instances: 3, more: {inner: {b: 1}}", "spec.more.inner.b is no field"),
        ("instances: 3, object: {kind: X, spec: {c: 1}}", "spec.object.spec.c is no field"),
        ("instances: 3, free: {k: 1}", "spec.free.k is string"),
    ] {
        let seen = store(spec).look("k8s.ref", of).await;
        broken(&seen, TAKEN);
        assert!(list(&seen, "unknown_fields").contains(why), "{why}: {seen:#?}");
    }
}

#[tokio::test]
async fn nothing_of_a_refused_resource_arrives() {
    let at = "{from: deploy, kind: Store, at: $.spec.mode}";
    held(&store("instances: 3, mode: safe").look("k8s.field", at).await, "obs.found && obs.value == 'safe'");
    broken(&store("instances: three, mode: safe").look("k8s.field", at).await, "obs.found");
    let place = store("instances: 3, mode: safe");
    place.write("deploy/crd.yaml", &CRD.replace("served: true", "served: false"));
    broken(&place.look("k8s.field", at).await, "obs.found");
}

#[tokio::test]
async fn definitions_that_are_not_of_one_mind_leave_open_what_arrives() {
    let place = store("instances: 3, mode: safe");
    place.write("deploy/old.yaml", &CRD.replace("mode: {", "modus: {"));
    let at = "{from: deploy, kind: Store, at: $.spec.mode}";
    let seen = place.look("k8s.field", at).await;
    not_seen(&seen, "obs.found");
    not_seen(&seen, "!obs.found");
    not_seen(&place.look("k8s.ref", "{from: deploy, kind: Store}").await, TAKEN);
    place.write("deploy/crd.yaml", &CRD.replace("mode: {", "way: {"));
    broken(&place.look("k8s.field", at).await, "obs.found");
}

#[tokio::test]
async fn a_secret_from_a_vault_is_called_exactly_as_its_target() {
    let place = place(&[]);
    for (target, is_there) in [("db", true), ("d", false)] {
        let text = EXTERNAL
            .replace("name: database,", "name: d,")
            .replace("target: {name: db}", &format!("target: {{name: {target}}}"));
        place.write("deploy/db.yaml", &text);
        let seen = place.look("k8s.ref", FROM).await;
        if is_there { held(&seen, WHOLE) } else { broken(&seen, WHOLE) }
    }
}

#[tokio::test]
async fn what_variables_make_of_a_base_is_not_known() {
    let place = Place::new();
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b, namespace: data}\nspec: {minAvailable: '${LEAST:=1}', selector: {matchLabels: {app: '${APP}'}}}\n";
    let pods = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: data}\nspec: {replicas: 3, template: {metadata: {labels: {app: LABEL}}}}\n";
    let both = |label: &str| place.write("deploy/all.yaml", &format!("{budget}{}", pods.replace("LABEL", label)));
    both("'${APP}'");
    let field = "{from: deploy, kind: PodDisruptionBudget, at: $.spec.minAvailable}";
    not_seen(&place.look("k8s.field", field).await, "obs.found");
    let of = "{from: deploy, of: data/d}";
    held(&place.look("k8s.disruption", of).await, "obs.covered == 1");
    not_seen(&place.look("k8s.disruption", of).await, "obs.must_stay >= 1");
    both("cache");
    not_seen(&place.look("k8s.disruption", of).await, "obs.covered == 0");
    not_seen(&place.look("k8s.select", "{from: deploy, kind: PodDisruptionBudget}").await, "obs.selects == 0");
}

#[tokio::test]
async fn what_an_operator_is_known_to_make_is_there_and_what_may_be_made_is_not_known() {
    let with = |name: &str| {
        let place = place(&[("api", "{name: db, key: password}", &format!("{{name: {name}, key: password}}"))]);
        place.write("deploy/pg.yaml", "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: pg, namespace: shop}\nspec: {instances: 3, superuserSecret: {name: db}}\n");
        place
    };
    held(&with("pg-app").look("k8s.ref", FROM).await, WHOLE);
    not_seen(&with("pg-extra").look("k8s.ref", FROM).await, WHOLE);
    broken(&with("gp-app").look("k8s.ref", FROM).await, WHOLE);
}

#[tokio::test]
async fn a_release_makes_nothing_that_it_needs_itself() {
    let place = Place::new();
    place.write("deploy/release.yaml", RELEASE);
    broken(&place.look("k8s.ref", FROM).await, WHOLE);
    let other = RELEASE
        .replace("name: r,", "name: other,")
        .replace("spec: {valuesFrom: [{kind: Secret, name: values}]}\n", "spec: {}\n");
    place.write("deploy/other.yaml", &other);
    let seen = place.look("k8s.ref", FROM).await;
    not_seen(&seen, WHOLE);
    assert_eq!(seen.grade, None, "{seen:#?}");
}
