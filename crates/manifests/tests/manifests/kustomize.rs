//! What overlays make of their bases.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use manifests::{assemble, reached, references, roots};
use text::{Node, NodeKind, Source};

const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {tier: back}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: shop/api:1
          env:
            - {name: DB, value: db-old}
            - {name: MODE, value: fast}
          envFrom: [{configMapRef: {name: settings}}]
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}}
";

pub(crate) fn files(more: &[(&str, &str)]) -> BTreeMap<String, Source> {
    let base = [("base/api.yaml", API), ("base/kustomization.yaml", "resources: [api.yaml]\n")];
    base.iter().chain(more).map(|(path, text)| ((*path).to_owned(), Source::new(*path, *text))).collect()
}

/// An object as one line of YAML's flow style, with the line it comes from.
pub(crate) fn print(node: &Node) -> String {
    match &node.kind {
        NodeKind::Empty => "~".to_owned(),
        NodeKind::Text { value, .. } => value.clone(),
        NodeKind::List(items) => format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(", ")),
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|entry| format!("{}: {}", entry.key, print(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn check(overlay: &str, more: &[(&str, &str)], expected: Expect) {
    let mut all = vec![("prod/kustomization.yaml", overlay)];
    all.extend(more);
    let files = files(&all);
    let assembled = assemble("prod/kustomization.yaml", &files);
    let shown = |object: &manifests::Object| {
        format!("{}:{} {}\n", object.path(), object.line(object.node.span), print(&object.node))
    };
    let mut text: String = assembled.objects.iter().map(shown).collect();
    assembled.notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    expected.assert_eq(&text);
}

#[test]
fn a_base_alone_is_what_it_is() {
    check(
        "resources: [../base]\n",
        &[],
        expect![[r#"
        base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, labels: {tier: back}}, spec: {replicas: 1, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api:1, env: [{name: DB, value: db-old}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: settings}}]}]}}}}
        base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: api}, spec: {selector: {app: api}}}
    "#]],
    );
}

#[test]
fn a_strategic_merge_joins_lists_by_their_key_and_takes_away() {
    check(
        "resources: [../base]\npatches:\n  - path: patch.yaml\n",
        &[(
            "prod/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n        - name: api\n          env:\n            - {name: DB, value: db-new}\n            - {name: MODE, $patch: delete}\n        - {name: side, image: envoy}\n",
        )],
        expect![[r#"
            base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, labels: {tier: back}}, spec: {replicas: 3, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api:1, env: [{name: DB, value: db-new}], envFrom: [{configMapRef: {name: settings}}]}, {name: side, image: envoy}]}}}}
            base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: api}, spec: {selector: {app: api}}}
        "#]],
    );
}

/// Later patches, and replacements, may count places.
#[test]
fn what_a_strategic_merge_names_stands_first() {
    check(
        "resources: [all.yaml]\npatches:\n  - patch: |-\n      kind: Pod\n      metadata: {name: p}\n      spec: {containers: [{name: c, env: [{name: N, value: n}, {name: B, $patch: delete}, {name: Z, $patch: delete}]}, {name: n, image: n}]}\n",
        &[(
            "prod/all.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a}, {name: c, env: [{name: A, value: a}, {name: B, value: b}]}]}\n",
        )],
        expect![[r#"
            prod/all.yaml:1 {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, env: [{name: N, value: n}, {name: A, value: a}]}, {name: n, image: n}, {name: a}]}}
        "#]],
    );
}

#[test]
fn labels_reach_pods_and_budgets_as_far_as_they_are_meant_to() {
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {minAvailable: 1, selector: {matchLabels: {app: api}}}\n---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: all}\nspec: {minAvailable: 1, selector: {}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {metadata: {labels: {app: api}}}}\n";
    check(
        "resources: [all.yaml]\ncommonLabels: {env: prod}\nlabels: [{pairs: {tier: t}, includeTemplates: true}, {pairs: {only: here}}]\n",
        &[("prod/all.yaml", budget)],
        expect![[r#"
            prod/all.yaml:1 {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, labels: {env: prod, tier: t, only: here}}, spec: {minAvailable: 1, selector: {matchLabels: {app: api, env: prod}}}}
            prod/all.yaml:6 {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: all, labels: {env: prod, tier: t, only: here}}, spec: {minAvailable: 1, selector: {}}}
            prod/all.yaml:11 {apiVersion: apps/v1, kind: Deployment, metadata: {name: d, labels: {env: prod, tier: t, only: here}}, spec: {template: {metadata: {labels: {app: api, env: prod, tier: t}}}, selector: {matchLabels: {env: prod}}}}
        "#]],
    );
}

/// An overlay means what its base has made, by the name of then or of now.
#[test]
fn overlays_find_objects_by_the_names_they_had() {
    check(
        "resources: [../eu, pod.yaml]\nnamespace: shop\nreplicas: [{name: api, count: 7}]\npatches:\n  - patch: |-\n      kind: Service\n      metadata: {name: api}\n      spec: {type: NodePort}\n",
        &[
            (
                "eu/kustomization.yaml",
                "resources: [../base]\nnamePrefix: eu-\nconfigMapGenerator: [{name: settings}]\n",
            ),
            (
                "prod/pod.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{envFrom: [{configMapRef: {name: settings}}]}]}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
            ),
        ],
        expect![[r#"
            base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: eu-api, labels: {tier: back}, namespace: shop}, spec: {replicas: 7, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api:1, env: [{name: DB, value: db-old}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: eu-settings}}]}]}}}}
            base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: eu-api, namespace: shop}, spec: {selector: {app: api}, type: NodePort}}
            eu/kustomization.yaml:3 {apiVersion: v1, kind: ConfigMap, metadata: {name: eu-settings, namespace: shop}, data: {}}
            prod/pod.yaml:1 {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: [{envFrom: [{configMapRef: {name: eu-settings}}]}]}}
            prod/pod.yaml:6 {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
        "#]],
    );
}

#[test]
fn json_patches_replicas_images_labels_and_names() {
    check(
        "resources: [../base]\nnamePrefix: eu-\ncommonLabels: {region: eu}\nreplicas: [{name: api, count: 4}]\nimages: [{name: shop/api, newTag: '2'}]\nconfigMapGenerator: [{name: settings, literals: [DB_ADDR=db:5432]}]\npatches:\n  - target: {kind: Deployment, name: a.*}\n    patch: |-\n      - {op: replace, path: /spec/template/spec/containers/0/env/0/value, value: db-json}\n      - {op: remove, path: /spec/none}\n",
        &[],
        expect![[r#"
            base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: eu-api, labels: {tier: back, region: eu}}, spec: {replicas: 4, template: {metadata: {labels: {app: api, region: eu}}, spec: {containers: [{name: api, image: shop/api:2, env: [{name: DB, value: db-json}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: eu-settings}}]}]}}, selector: {matchLabels: {region: eu}}}}
            base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: eu-api, labels: {region: eu}}, spec: {selector: {app: api, region: eu}}}
            prod/kustomization.yaml:6 {apiVersion: v1, kind: ConfigMap, metadata: {name: eu-settings, labels: {region: eu}}, data: {DB_ADDR: db:5432}}
            note: prod/kustomization.yaml:8: `remove /spec/none` could not be made
        "#]],
    );
}

#[test]
fn what_is_not_followed_is_told_with_its_line() {
    check(
        "resources:\n  - ../base\n  - https://example.com/x.yaml\n  - github.com/some/where?ref=v1\n  - gone.yaml\nhelmCharts: [{name: x}]\nsecretGenerator: [{name: s, envs: [s.env]}]\nconfigMapGenerator: [{name: c, files: [a.properties]}]\ncomponents: [../none]\npatches: [{path: none.yaml}]\npatchesStrategicMerge:\n  - |-\n    kind: Deployment\n    metadata: {name: other}\n",
        &[],
        expect![[r#"
            base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, labels: {tier: back}}, spec: {replicas: 1, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api:1, env: [{name: DB, value: db-old}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: settings}}]}]}}}}
            base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: api}, spec: {selector: {app: api}}}
            prod/kustomization.yaml:8 {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {}}
            prod/kustomization.yaml:7 {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {}, type: Opaque}
            note: prod/kustomization.yaml:6: `helmCharts` is not followed
            note: prod/kustomization.yaml:3: https://example.com/x.yaml lies elsewhere and is not fetched
            note: prod/kustomization.yaml:4: github.com/some/where?ref=v1 lies elsewhere and is not fetched
            note: prod/kustomization.yaml:5: gone.yaml is not in these files
            note: prod/kustomization.yaml:8: a.properties of the config map c is not in these files
            note: prod/kustomization.yaml:7: s.env of the secret s is not in these files
            note: prod/kustomization.yaml:9: the component ../none is not in these files
            note: prod/kustomization.yaml:13: the patch of Deployment other meets nothing
            note: prod/kustomization.yaml:10: the patch is not in these files
        "#]],
    );
}

#[test]
fn a_component_changes_what_is_there_and_circles_end() {
    check(
        "resources: [../base]\ncomponents: [../more]\n",
        &[("more/kustomization.yaml", "kind: Component\nresources: [../prod]\nreplicas: [{name: api, count: 9}]\n")],
        expect![[r#"
            base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, labels: {tier: back}}, spec: {replicas: 9, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api:1, env: [{name: DB, value: db-old}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: settings}}]}]}}}}
            base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: api}, spec: {selector: {app: api}}}
            note: prod/kustomization.yaml: kustomizations in a circle, or more than 16 deep
        "#]],
    );
}

#[test]
fn roots_are_those_that_no_other_uses() {
    let files = files(&[
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        ("dev/kustomization.yaml", "bases: [../base]\n"),
        ("prod/patch.yaml", "a: 1\n"),
    ]);
    assert_eq!(roots(&files), ["dev/kustomization.yaml", "prod/kustomization.yaml"]);
    let parts: Vec<String> = reached("prod/kustomization.yaml", &files).into_iter().collect();
    assert_eq!(parts, ["base/api.yaml", "base/kustomization.yaml", "prod/kustomization.yaml"]);
    let source = Source::new(
        "k",
        "resources: [../base, 'https://x/y']\npatches: [{path: p.yaml}, {patch: x}]\nreplacements: [{path: r.yaml}]\nsecretGenerator: [{envs: [s.env], files: [k=f.txt, g.txt]}]\n",
    );
    let named = ["base", "prod/p.yaml", "prod/r.yaml", "prod/s.env", "prod/f.txt", "prod/g.txt"];
    assert_eq!(references("prod/kustomization.yaml", &source), named);
}
