//! Values that kustomize copies from one object into others. What is expected is what `kubectl kustomize` makes.

use expect_test::{Expect, expect};
use manifests::assemble;

use crate::kustomize::{files, print};

const MORE: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: vals}
data: {addr: 'db.shop:5432', my.key: k}
---
apiVersion: v1
kind: Secret
metadata: {name: pass}
data: {pw: aHVudGVyMg==}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: two}
spec: {containers: [{name: app, image: 'a:1'}, {name: my-app, image: 'b:1'}]}
";

/// The last objects of a tree with some replacements.
fn check(replacements: &str, expected: Expect) {
    let overlay = format!("resources: [../base, more.yaml]\nreplacements:\n{replacements}");
    let all = files(&[("prod/kustomization.yaml", &overlay), ("prod/more.yaml", MORE)]);
    let before = assemble(
        "prod/kustomization.yaml",
        &files(&[("prod/kustomization.yaml", "resources: [../base, more.yaml]\n"), ("prod/more.yaml", MORE)]),
    );
    let after = assemble("prod/kustomization.yaml", &all);
    let pairs = before.objects.iter().zip(&after.objects);
    let changed = pairs.filter(|(before, after)| before.node != after.node);
    let mut text: String = changed.map(|(_, after)| format!("{}\n", print(&after.node))).collect();
    after.notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    expected.assert_eq(&text);
}

#[test]
fn a_name_is_copied_where_nothing_else_is_said() {
    check(
        "  - source: {kind: Service, name: api}\n    targets: [{select: {kind: Deployment, name: api}, fieldPaths: ['spec.template.spec.containers.[name=api].env.[name=DB].value']}]\n",
        expect![[r#"
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, labels: {tier: back}}, spec: {replicas: 1, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, image: shop/api:1, env: [{name: DB, value: api}, {name: MODE, value: fast}], envFrom: [{configMapRef: {name: settings}}]}]}}}}
        "#]],
    );
}

#[test]
fn a_part_of_a_text_is_cut_out_and_put_in() {
    check(
        "  - source: {kind: ConfigMap, name: vals, fieldPath: data.addr, options: {delimiter: ':', index: 1}}\n    targets: [{select: {kind: Deployment, name: two}, fieldPaths: ['spec.containers.*.image'], options: {delimiter: ':', index: 1}}]\n",
        expect![[r#"
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: two}, spec: {containers: [{name: app, image: a:5432}, {name: my-app, image: b:5432}]}}
        "#]],
    );
    // What is made has one part, which is empty.
    check(
        "  - source: {kind: ConfigMap, name: vals, fieldPath: 'data.my\\.key'}\n    targets:\n      - {select: {name: two}, fieldPaths: [metadata.annotations.a], options: {create: true, delimiter: ':', index: 0}}\n      - {select: {name: two}, fieldPaths: [metadata.annotations.b], options: {create: true, delimiter: ':', index: 3}}\n",
        expect![[r#"
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: two, annotations: {a: k, b: :k}}, spec: {containers: [{name: app, image: a:1}, {name: my-app, image: b:1}]}}
        "#]],
    );
    // Before the first part, and behind the last.
    check(
        "  - source: {kind: ConfigMap, name: vals, fieldPath: 'data.my\\.key'}\n    targets:\n      - {select: {name: two}, fieldPaths: [spec.containers.0.image], options: {delimiter: ':', index: -1}}\n      - {select: {name: two}, fieldPaths: [spec.containers.1.image], options: {delimiter: ':', index: 9}}\n",
        expect![[r#"
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: two}, spec: {containers: [{name: app, image: k:a:1}, {name: my-app, image: b:1:k}]}}
        "#]],
    );
}

#[test]
fn items_are_found_by_a_part_of_their_name_and_made_where_that_is_allowed() {
    check(
        "  - source: {kind: ConfigMap, name: vals, fieldPath: data.addr}\n    targets:\n      - {select: {name: two}, fieldPaths: ['spec.containers.[name=app].image', 'metadata.annotations.a\\.b/c', 'spec.containers.[name=new].env.[name=Z].value'], options: {create: true}}\n",
        expect![[r#"
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: two, annotations: {a.b/c: db.shop:5432}}, spec: {containers: [{name: app, image: db.shop:5432}, {name: my-app, image: db.shop:5432}, {name: new, env: [{name: Z, value: db.shop:5432}]}]}}
        "#]],
    );
}

#[test]
fn maps_are_copied_into_what_is_no_text_and_lists_are_made_for_numbers() {
    check(
        "  - source: {kind: ConfigMap, name: vals, fieldPath: data}\n    targets:\n      - {select: {name: two}, fieldPaths: [metadata.annotations], options: {create: true}}\n      - {select: {name: two}, fieldPaths: [spec.containers.0.image]}\n  - source: {kind: ConfigMap, name: vals, fieldPath: data.addr}\n    targets: [{select: {name: two}, fieldPaths: ['spec.containers.1.args.0', 'spec.containers.1.args.[=--x]'], options: {create: true}}]\n",
        expect![[r#"
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: two, annotations: {addr: db.shop:5432, my.key: k}}, spec: {containers: [{name: app, image: }, {name: my-app, image: b:1, args: [db.shop:5432, db.shop:5432]}]}}
        "#]],
    );
}

#[test]
fn what_is_rejected_is_left_alone() {
    check(
        "  - source: {kind: ConfigMap, name: vals, fieldPath: data.addr}\n    targets: [{select: {kind: Deployment}, reject: [{name: api}], fieldPaths: ['spec.containers.0.image']}]\n",
        expect![[r#"
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: two}, spec: {containers: [{name: app, image: db.shop:5432}, {name: my-app, image: b:1}]}}
        "#]],
    );
}

#[test]
fn what_kustomize_refuses_is_told_without_a_value() {
    check(
        "  - {source: {kind: Deployment}, targets: [{select: {name: two}}]}\n  - {source: {kind: Job}, targets: [{select: {name: two}}]}\n  - {source: {kind: Secret, fieldPath: data.none}, targets: [{select: {name: two}}]}\n  - {source: {kind: Secret, fieldPath: data.pw, options: {delimiter: '=', index: 7}}, targets: [{select: {name: two}}]}\n  - {source: {kind: Secret, fieldPath: data.pw}, targets: [{select: {name: two}, fieldPaths: [spec.none]}]}\n  - {source: {kind: Secret, fieldPath: data.pw}}\n  - {source: {kind: Secret}, targets: [{fieldPaths: [a]}]}\n  - {targets: []}\n  - {path: gone.yaml}\n",
        expect![[r#"
            note: prod/kustomization.yaml:3: the replacement has a source that several objects fit
            note: prod/kustomization.yaml:4: the replacement has a source that no object fits
            note: prod/kustomization.yaml:5: the replacement has a source without `data.none`
            note: prod/kustomization.yaml:6: the replacement has no part 7 in `data.pw`
            note: prod/kustomization.yaml:7: the replacement finds no `spec.none` in Deployment two
            note: prod/kustomization.yaml:8: the replacement has no `targets`
            note: prod/kustomization.yaml:9: the replacement has a target without `select`
            note: prod/kustomization.yaml:10: the replacement has no `source`
            note: prod/kustomization.yaml:11: the replacements of gone.yaml are not in these files
        "#]],
    );
}

#[test]
fn a_file_may_hold_one_replacement_or_several() {
    let one = "source: {kind: ConfigMap, name: vals, fieldPath: data.addr}\ntargets: [{select: {name: two}, fieldPaths: [spec.containers.0.image]}]\n";
    let several = format!("- {}", one.trim_end().replace('\n', "\n  "));
    for text in [one, &several] {
        let all = files(&[
            ("prod/kustomization.yaml", "resources: [more.yaml]\nreplacements: [{path: r.yaml}]\n"),
            ("prod/more.yaml", MORE),
            ("prod/r.yaml", text),
        ]);
        let assembled = assemble("prod/kustomization.yaml", &all);
        let two = assembled.objects.iter().find(|object| object.name() == "two").expect("is there");
        assert!(print(&two.node).contains("image: db.shop:5432"), "{text}: {:?}", assembled.notes);
    }
}

/// Each of these doubles what is there.
#[test]
fn values_that_grow_into_themselves_end_at_a_limit() {
    for (path, to) in [("data", "data.a"), ("data.addr", "data.addr")] {
        let one = format!(
            "  - {{source: {{kind: ConfigMap, fieldPath: {path}}}, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [{to}], options: {{create: true}}}}]}}\n"
        );
        let joining = one.replace("create: true", "create: true, delimiter: x, index: 99");
        let one = if path == "data" { one } else { joining };
        let overlay = format!("resources: [more.yaml]\nreplacements:\n{}", one.repeat(300));
        let all = files(&[("prod/kustomization.yaml", &overlay), ("prod/more.yaml", MORE)]);
        let notes = assemble("prod/kustomization.yaml", &all).notes;
        let ends = notes.iter().any(|note| note.contains("more than 64 deep") || note.contains("bytes are brought"));
        assert!(ends, "{path}: {:?}", notes.first());
    }
}
