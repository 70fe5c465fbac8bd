//! `k8s.ref` on manifests whose parts name one another: the claim holds, and turns when a name or a key is changed on either side.

use evidence::{Grade, Observation, Value};

use crate::world::{Place, broken, held, not_seen};

const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec:
      serviceAccountName: api
      containers:
        - name: api
          image: shop/api:1.2
          ports: [{containerPort: 8080, name: http}]
          envFrom: [{configMapRef: {name: settings}}]
          env:
            - {name: PW, valueFrom: {secretKeyRef: {name: db, key: password}}}
            - {name: MORE, valueFrom: {secretKeyRef: {name: gone, key: x, optional: true}}}
      volumes:
        - {name: v, configMap: {name: settings, items: [{key: app.toml, path: app.toml}]}}
        - {name: p, projected: {sources: [{secret: {name: db, items: [{key: user, path: u}]}}]}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api, namespace: shop}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: web, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: shop}
spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: api, port: {name: web}}}}]}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api, namespace: shop}
spec: {scaleTargetRef: {kind: Deployment, name: api}}
";

const SETTINGS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {app.toml: x}
";

const DB: &str = "\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {user: u, password: p}
";

pub(crate) const EXTERNAL: &str = "\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: database, namespace: shop}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  target: {name: db}
  data:
    - {secretKey: user, remoteRef: {key: db, property: user}}
    - {secretKey: password, remoteRef: {key: db, property: password}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
";

pub(crate) const FROM: &str = "{from: deploy}";
pub(crate) const WHOLE: &str = "size(obs.missing) == 0 && obs.refs > 0";
pub(crate) const PROVEN: &str = "size(obs.missing) == 0 && size(obs.unproven) == 0 && obs.refs >= 8";

pub(crate) fn place(changes: &[(&str, &str, &str)]) -> Place {
    let place = Place::new();
    for (file, text) in [("api", API), ("settings", SETTINGS), ("db", DB)] {
        let mut text = text.to_owned();
        for (_, old, new) in changes.iter().filter(|(changed, ..)| *changed == file) {
            assert!(text.contains(old), "{old}");
            text = text.replace(old, new);
        }
        place.write(&format!("deploy/{file}.yaml"), &text);
    }
    place
}

fn list(seen: &Observation, name: &str) -> String {
    match seen.values.get(name) {
        Some(Value::List(all)) => all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join("\n"),
        other => panic!("`{name}` is no list: {other:?}"),
    }
}

#[tokio::test]
async fn names_with_their_keys_and_ports_are_found() {
    let seen = place(&[]).look("k8s.ref", FROM).await;
    held(&seen, PROVEN);
    assert_eq!(seen.grade, Some(Grade::Wired));
}

#[tokio::test]
async fn a_name_or_key_that_differs_on_one_side_turns_the_claim() {
    for (file, old, new, told) in [
        (
            "api",
            "{name: db, key: password}",
            "{name: db, key: passwd}",
            "deploy/api.yaml:15: Secret shop/db has no `passwd`",
        ),
        ("db", "password: p", "pass: p", "has no `password`"),
        ("db", "name: db, namespace: shop", "name: db, namespace: shopp", "Secret shop/db is not there"),
        ("settings", "app.toml: x", "app.yaml: x", "ConfigMap shop/settings has no `app.toml`"),
        (
            "api",
            "configMapRef: {name: settings}",
            "configMapRef: {name: setting}",
            "ConfigMap shop/setting is not there",
        ),
        ("api", "{key: user, path: u}", "{key: usr, path: u}", "has no `usr`"),
        ("api", "port: {name: web}", "port: {name: http}", "Service shop/api has no `http`"),
        (
            "api",
            "scaleTargetRef: {kind: Deployment, name: api}",
            "scaleTargetRef: {kind: Deployment, name: apis}",
            "Deployment shop/apis is not there",
        ),
        (
            "api",
            "kind: ServiceAccount\nmetadata: {name: api",
            "kind: ServiceAccount\nmetadata: {name: apis",
            "ServiceAccount shop/api",
        ),
        ("api", "targetPort: http", "targetPort: https", "leads to a port `https`"),
        ("api", ", optional: true", "", "Secret shop/gone is not there"),
    ] {
        let seen = place(&[(file, old, new)]).look("k8s.ref", FROM).await;
        broken(&seen, WHOLE);
        assert!(list(&seen, "missing").contains(told), "{told}: {seen:#?}");
        assert_eq!(seen.grade, Some(Grade::Declared));
    }
}

#[tokio::test]
async fn what_a_vault_or_operator_makes_is_unproven_and_a_wrong_key_is_missing() {
    let place = place(&[]);
    place.write("deploy/db.yaml", EXTERNAL);
    let seen = place.look("k8s.ref", FROM).await;
    held(&seen, WHOLE);
    broken(&seen, PROVEN);
    assert!(list(&seen, "unproven").contains("Secret shop/db, `password`: comes from a vault, by deploy/db.yaml:1"));
    for (old, new) in [
        ("secretKey: password", "secretKey: passwd"),
        ("target: {name: db}", "target: {name: database}"),
        ("target: {name: db}", "target: {name: db, creationPolicy: None}"),
        ("target: {name: db}", "target: {name: db, template: {data: {url: x}}}"),
        ("metadata: {name: vault}", "metadata: {name: vaults}"),
    ] {
        assert!(EXTERNAL.contains(old), "{old}");
        place.write("deploy/db.yaml", &EXTERNAL.replace(old, new));
        broken(&place.look("k8s.ref", FROM).await, WHOLE);
    }
    place.write(
        "deploy/db.yaml",
        &EXTERNAL
            .replace("  data:\n", "  dataFrom: [{extract: {key: db}}]\n  data:\n")
            .replace("secretKey: password", "secretKey: p"),
    );
    held(&place.look("k8s.ref", FROM).await, WHOLE);
    place.write(
        "deploy/db.yaml",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: db, namespace: shop}\n",
    );
    let made = place.look("k8s.ref", FROM).await;
    not_seen(&made, WHOLE);
    assert!(list(&made, "unproven").contains("may be made by the HelmRelease at deploy/db.yaml:1"));
}

#[tokio::test]
async fn fields_definitions_and_versions_that_disagree_are_told() {
    let place = place(&[]);
    place.write("deploy/job.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, namespace: shop}\nspec: {template: {spec: {containers: [{name: j, image: 'shop/api:1.3'}]}}}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\nspec: {a: {b: 1}, c: 2}\n");
    let seen = place.look("k8s.ref", FROM).await;
    held(&seen, "obs.no_schema == ['example.com/Thing'] && size(obs.version_disagreements) == 1");
    assert!(
        list(&seen, "version_disagreements")
            .contains("shop/api: `1.2` at deploy/api.yaml:11, `1.3` at deploy/job.yaml:4")
    );
    place.write("deploy/crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {kind: Thing}, versions: [{name: v1, schema: {openAPIV3Schema: {properties: {spec: {properties: {a: {properties: {}}, c: {}}}}}}}]}\n");
    let seen = place.look("k8s.ref", FROM).await;
    held(&seen, "size(obs.no_schema) == 0 && size(obs.unknown_fields) == 1");
    assert!(list(&seen, "unknown_fields").contains("spec.a.b is no field of things.example.com"));
}

#[tokio::test]
async fn nobody_is_no_answer_and_what_cannot_be_read_may_hold_what_is_missing() {
    not_seen(&place(&[]).look("k8s.ref", "{from: deploy, kind: DaemonSet}").await, "size(obs.missing) == 0");
    not_seen(&Place::new().look("k8s.ref", FROM).await, "size(obs.missing) == 0");
    let place = place(&[("db", "name: db", "name: dbs")]);
    place.write("deploy/x.yaml", "kind: Secret\nmetadata: [\n");
    let seen = place.look("k8s.ref", FROM).await;
    not_seen(&seen, WHOLE);
    assert!(place.read("k8s.ref", "{form: deploy}").expect_err("is wrong").len() == 2);
}
