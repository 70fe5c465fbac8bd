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

fn files(more: &[(&str, &str)]) -> BTreeMap<String, Source> {
    let base = [("base/api.yaml", API), ("base/kustomization.yaml", "resources: [api.yaml]\n")];
    base.iter().chain(more).map(|(path, text)| ((*path).to_owned(), Source::new(*path, *text))).collect()
}

/// An object as one line of YAML's flow style, with the line it comes from.
fn print(node: &Node) -> String {
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

#[test]
fn json_patches_replicas_images_labels_and_names() {
    check(
        "resources: [../base]\nnamePrefix: eu-\ncommonLabels: {region: eu}\nreplicas: [{name: api, count: 4}]\nimages: [{name: shop/api, newTag: '2'}]\nconfigMapGenerator: [{name: settings, literals: [DB_ADDR=db:5432]}]\npatches:\n  - target: {kind: Deployment, name: a.*}\n    patch: |-\n      - {op: replace, path: /spec/template/spec/containers/0/env/0/value, value: db-json}\n      - {op: remove, path: /spec/none}\n",
        &[],
        expect![[r#"
            base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: eu-api, labels: {tier: back, region: eu}}, spec: {replicas: 4, template: {metadata: {labels: {app: api, region: eu}}, spec: {containers: [{name: api, image: shop/api:2, env: [{name: DB, value: db-json}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: eu-settings}}]}]}}, selector: {matchLabels: {region: eu}}}}
            base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: eu-api, labels: {region: eu}}, spec: {selector: {app: api, region: eu}}}
            prod/kustomization.yaml:1 {apiVersion: v1, kind: ConfigMap, metadata: {name: eu-settings, labels: {region: eu}}, data: {DB_ADDR: db:5432}}
            note: prod/kustomization.yaml:8: `remove /spec/none` could not be made
        "#]],
    );
}

#[test]
fn what_is_not_followed_is_told_with_its_line() {
    check(
        "resources:\n  - ../base\n  - https://example.com/x.yaml\n  - github.com/some/where?ref=v1\n  - gone.yaml\nhelmCharts: [{name: x}]\nsecretGenerator: [{name: s}]\nconfigMapGenerator: [{name: c, files: [a.properties]}]\ncomponents: [../none]\npatches: [{path: none.yaml}]\npatchesStrategicMerge:\n  - |-\n    kind: Deployment\n    metadata: {name: other}\n",
        &[],
        expect![[r#"
            base/api.yaml:1 {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, labels: {tier: back}}, spec: {replicas: 1, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api:1, env: [{name: DB, value: db-old}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: settings}}]}]}}}}
            base/api.yaml:19 {apiVersion: v1, kind: Service, metadata: {name: api}, spec: {selector: {app: api}}}
            prod/kustomization.yaml:1 {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: ~}
            note: prod/kustomization.yaml:6: `helmCharts` is not followed
            note: prod/kustomization.yaml:7: `secretGenerator` is not followed
            note: prod/kustomization.yaml:3: https://example.com/x.yaml lies elsewhere and is not fetched
            note: prod/kustomization.yaml:4: github.com/some/where?ref=v1 lies elsewhere and is not fetched
            note: prod/kustomization.yaml:5: gone.yaml is not in these files
            note: prod/kustomization.yaml:9: the component ../none is not in these files
            note: prod/kustomization.yaml: `files` of the config map c is not followed
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
    let source = Source::new("k", "resources: [../base, 'https://x/y']\npatches: [{path: p.yaml}, {patch: x}]\n");
    assert_eq!(references("prod/kustomization.yaml", &source), ["base", "prod/p.yaml"]);
}
