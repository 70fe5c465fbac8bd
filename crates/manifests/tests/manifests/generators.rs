//! Config maps and secrets that kustomizations make. What is expected is what `kubectl kustomize` makes, but for the hashes
//! of names.

use expect_test::{Expect, expect};
use manifests::assemble;

use crate::kustomize::{files, print};

/// What an overlay makes, but for the Deployment and the Service of its base.
fn check(overlay: &str, more: &[(&str, &str)], expected: Expect) {
    let mut all = vec![("prod/kustomization.yaml", overlay)];
    all.extend(more);
    let assembled = assemble("prod/kustomization.yaml", &files(&all));
    let generated = assembled
        .objects
        .iter()
        .filter(|object| !matches!(object.kind(), "Deployment" | "Service"))
        .map(|object| format!("{}:{} {}\n", object.path(), object.line(object.node.span), print(&object.node)));
    let mut text: String = generated.collect();
    assembled.notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
    expected.assert_eq(&text);
}

#[test]
fn literals_environment_files_and_whole_files_become_keys() {
    check(
        "configMapGenerator:\n  - name: c\n    literals: [A=1, \"B='q'\", 'U=http://a/?b=c', none]\n    envs: [e.env]\n    env: old.env\n    files: [f.txt, k=sub/g.txt]\nsecretGenerator:\n  - {name: s, literals: [PW=x], files: [f.txt]}\n",
        &[
            ("prod/e.env", "# c\nQ=\"quoted\"\n  SP= v \nNONE\n\n"),
            ("prod/old.env", "OLD=1\n"),
            ("prod/f.txt", "http://db:80\nsecond\n"),
            ("prod/sub/g.txt", "it's: {a}\n"),
        ],
        expect![[r#"
            prod/kustomization.yaml:2 {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {Q: "quoted", SP:  v , OLD: 1, A: 1, B: q, U: http://a/?b=c, f.txt: http://db:80
            second
            , k: it's: {a}
            }}
            prod/kustomization.yaml:8 {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {PW: eA==, f.txt: aHR0cDovL2RiOjgwCnNlY29uZAo=}, type: Opaque}
        "#]],
    );
}

const GENERATING: &str = "configMapGenerator: [{name: c, literals: [A=1, B=2]}]\nnamePrefix: eu-\n";

#[test]
fn an_overlay_merges_or_replaces_by_the_name_of_then_or_of_now() {
    for name in ["c", "eu-c"] {
        let overlay = |behavior: &str| {
            format!(
                "resources: [../gen]\nconfigMapGenerator: [{{name: {name}, behavior: {behavior}, literals: [B=3, C=4]}}]\n"
            )
        };
        check(
            &overlay("merge"),
            &[("gen/kustomization.yaml", GENERATING)],
            expect![[r#"
                gen/kustomization.yaml:1 {apiVersion: v1, kind: ConfigMap, metadata: {name: eu-c}, data: {A: 1, B: 3, C: 4}}
            "#]],
        );
        check(
            &overlay("replace"),
            &[("gen/kustomization.yaml", GENERATING)],
            expect![[r#"
                gen/kustomization.yaml:1 {apiVersion: v1, kind: ConfigMap, metadata: {name: eu-c}, data: {B: 3, C: 4}}
            "#]],
        );
    }
}

#[test]
fn a_component_changes_what_is_generated_beside_it() {
    check(
        "components: [../more]\nconfigMapGenerator: [{name: c, literals: [A=1]}]\n",
        &[(
            "more/kustomization.yaml",
            "kind: Component\nconfigMapGenerator: [{name: c, behavior: merge, literals: [B=2]}]\n",
        )],
        expect![[r#"
            prod/kustomization.yaml:2 {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {A: 1, B: 2}}
        "#]],
    );
}

#[test]
fn what_kustomize_refuses_is_told_and_no_value_of_a_secret_is() {
    check(
        "resources: [../gen]\nconfigMapGenerator: [{name: c, literals: [B=3]}]\nsecretGenerator: [{name: s, behavior: merge, literals: [PW=hunter2]}]\n",
        &[("gen/kustomization.yaml", "configMapGenerator: [{name: c, literals: [A=1]}]\n")],
        expect![[r#"
            gen/kustomization.yaml:1 {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {A: 1}}
            prod/kustomization.yaml:2 {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {B: 3}}
            prod/kustomization.yaml:3 {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {PW: aHVudGVyMg==}, type: Opaque}
            note: prod/kustomization.yaml:2: the config map c is there already, and `behavior` says neither merge nor replace
            note: prod/kustomization.yaml:3: the secret s is told to merge, and there is none before it
            note: prod/kustomization.yaml:1: ConfigMap c is there twice: gen/kustomization.yaml:1 and prod/kustomization.yaml:2
        "#]],
    );
}

#[test]
fn what_refers_to_a_generated_name_follows_it_and_nothing_else_does() {
    let refers = "apiVersion: v1\nkind: Pod\nmetadata: {name: api}\nspec: {containers: [{envFrom: [{configMapRef: {name: c}}, {secretRef: {name: c}}, {secretRef: {name: api}}]}]}\n";
    check(
        "resources: [pod.yaml]\nnamePrefix: eu-\nnamespace: shop\nconfigMapGenerator: [{name: c, literals: [A=1]}]\n",
        &[("prod/pod.yaml", refers)],
        expect![[r#"
            prod/pod.yaml:1 {apiVersion: v1, kind: Pod, metadata: {name: eu-api, namespace: shop}, spec: {containers: [{envFrom: [{configMapRef: {name: eu-c}}, {secretRef: {name: c}}, {secretRef: {name: api}}]}]}}
            prod/kustomization.yaml:4 {apiVersion: v1, kind: ConfigMap, metadata: {name: eu-c, namespace: shop}, data: {A: 1}}
        "#]],
    );
}

/// A file that is named over and over, and kustomizations that name each other over and over, end at a limit.
#[test]
fn what_grows_without_end_ends_at_a_limit() {
    let big = "x".repeat(1024 * 1024);
    let generator = |at: usize| format!("  - {{name: c{at}, files: [big]}}\n");
    let overlay: String = (0..40).map(generator).collect();
    let overlay = format!("configMapGenerator:\n{overlay}");
    let assembled =
        assemble("prod/kustomization.yaml", &files(&[("prod/kustomization.yaml", &overlay), ("prod/big", &big)]));
    assert_eq!(assembled.objects.len(), 15);
    assert!(assembled.notes[0].contains("the config map c15 is left out"), "{}", assembled.notes[0]);

    let next = |at: usize| format!("resources: [{}]\n", vec![format!("../{}", at + 1); 9].join(", "));
    let texts: Vec<(String, String)> = (0..10).map(|at| (format!("{at}/kustomization.yaml"), next(at))).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let assembled = assemble("0/kustomization.yaml", &files(&texts));
    assert!(assembled.notes.iter().any(|note| note.ends_with("only the first 3000 kustomizations are read")));
}
