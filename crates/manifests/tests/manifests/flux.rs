//! What Flux applies to a cluster, and what it does not.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use manifests::{Shelf, deliver, entries, parsed};
use text::Source;

use crate::kustomize::print;

const SYNC: &str = "\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: 'https://example.com/fleet'}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec: {path: ./clusters/prod, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
";

fn flux(name: &str, path: &str, more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\nspec:\n  path: {path}\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n{more}"
    )
}

fn budget(least: &str) -> String {
    format!("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\nspec:\n  minAvailable: {least}\n")
}

fn check(more: &[(&str, &str)], expected: Expect) {
    let mut all = vec![("clusters/prod/flux-system/gotk-sync.yaml", SYNC)];
    all.extend(more);
    let files: BTreeMap<String, Source> =
        all.iter().map(|(path, text)| ((*path).to_owned(), Source::new(*path, *text))).collect();
    let read: Vec<_> = files.values().map(parsed).collect();
    let shelf = Shelf { files: &files, read: files.keys().map(String::as_str).zip(&read).collect(), branch: None };
    assert_eq!(entries(&shelf), ["clusters/prod"]);
    let delivered = deliver("clusters/prod", &shelf);
    let mut text = String::new();
    for (at, unit) in delivered.units.iter().enumerate() {
        text.push_str(&format!("{} {} {:?}\n", unit.title, unit.path, unit.state));
        let told = unit.errors.iter().map(|why| ("error", why)).chain(unit.unknown.iter().map(|why| ("unknown", why)));
        for (word, why) in told.chain(unit.undefined.iter().map(|why| ("undefined", why))) {
            text.push_str(&format!("  {word}: {why}\n"));
        }
        let is_shown = |object: &&manifests::Object| !matches!(object.kind(), "Kustomization" | "GitRepository");
        if delivered.withheld(at).is_none() {
            for object in unit.objects.iter().filter(is_shown) {
                text.push_str(&format!("  {}\n", print(&object.node)));
                object.unknown.iter().for_each(|(path, why)| text.push_str(&format!("    {path} is open: {why}\n")));
            }
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn variables_are_put_in_after_the_build_and_typed_then() {
    let apps = flux(
        "apps",
        "./apps",
        "  targetNamespace: shop\n  postBuild:\n    substitute: {LEAST: '2'}\n    substituteFrom:\n      - {kind: ConfigMap, name: vars}\n",
    );
    let vars = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {WHERE: eu, LEAST: '9'}\n";
    let exempt = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\ndata: {k: '${LEAST}'}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: d, labels: {at: '${WHERE}-${ZONE:=a}'}}\ndata: {k: '$${X} ${GONE}!'}\n";
    check(
        &[
            ("clusters/prod/apps.yaml", &apps),
            ("clusters/prod/vars.yaml", vars),
            ("apps/b/budget.yaml", &budget("\"${LEAST}\"")),
            ("apps/c.yaml", exempt),
        ],
        expect![[r#"
            flux-system/flux-system clusters/prod Applied
              {apiVersion: v1, kind: ConfigMap, metadata: {name: vars, namespace: flux-system}, data: {WHERE: eu, LEAST: 9}}
            flux-system/apps apps Applied
              undefined: apps/c.yaml:6: ConfigMap d: data.k: `GONE` is defined nowhere
              {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, namespace: shop}, spec: {minAvailable: 2}}
              {apiVersion: v1, kind: ConfigMap, metadata: {name: c, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}, namespace: shop}, data: {k: ${LEAST}}}
              {apiVersion: v1, kind: ConfigMap, metadata: {name: d, labels: {at: eu-a}, namespace: shop}, data: {k: ${X} !}}
        "#]],
    );
}

#[test]
fn without_variables_nothing_is_put_in_and_hidden_ones_stay_open() {
    let plain = flux("plain", "./plain", "");
    let sealed =
        flux("sealed", "./sealed", "  postBuild: {substituteFrom: [{kind: Secret, name: s, optional: true}]}\n");
    let empty = flux("empty", "./empty", "  postBuild: {substitute: {A: b}}\n");
    check(
        &[
            ("clusters/prod/plain.yaml", &plain),
            ("clusters/prod/sealed.yaml", &sealed),
            ("clusters/prod/empty.yaml", &empty),
            ("plain/b.yaml", &budget("${N:=2}")),
            ("sealed/b.yaml", &budget("${N:=2}")),
            ("empty/b.yaml", &budget("${N}")),
        ],
        expect![[r#"
            flux-system/flux-system clusters/prod Applied
            flux-system/empty empty Applied
              undefined: empty/b.yaml:1: PodDisruptionBudget b: spec.minAvailable: `N` is defined nowhere
              {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: ~}}
            flux-system/plain plain Applied
              {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: ${N:=2}}}
            flux-system/sealed sealed Applied
              {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: ${N}}}
                spec.minAvailable is open: `N` may come from Secret s, which is not in these files (clusters/prod/sealed.yaml:7)
        "#]],
    );
}

/// The keys of an encrypted secret are readable: only these variables are not known.
#[test]
fn an_encrypted_secret_hides_its_own_keys_and_generated_maps_may_be_exempt() {
    let apps = flux(
        "apps",
        "./apps",
        "  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}, {kind: Secret, name: s}]}\n",
    );
    let opened = "patches: [{target: {kind: Kustomization}, patch: '[{op: add, path: /spec/decryption, value: {provider: sops}}]'}]\nresources: [flux-system/gotk-sync.yaml, apps.yaml, vars.yaml]\n";
    let vars = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {LEAST: '9'}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: flux-system}\nstringData: {DOMAIN: 'ENC[x]'}\nsops: {version: 3}\n";
    check(
        &[
            ("clusters/prod/apps.yaml", &apps),
            ("clusters/prod/vars.yaml", vars),
            ("clusters/prod/kustomization.yaml", opened),
            ("apps/b.yaml", &budget("${LEAST}")),
            ("apps/c.yaml", &budget("${DOMAIN}").replace("name: b", "name: c")),
            (
                "apps/kustomization.yaml",
                "resources: [b.yaml, c.yaml]\nconfigMapGenerator: [{name: g, literals: ['k=${LEAST}']}]\ngeneratorOptions: {annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\n",
            ),
        ],
        expect![[r#"
            flux-system/flux-system clusters/prod Applied
              {apiVersion: v1, kind: ConfigMap, metadata: {name: vars, namespace: flux-system}, data: {LEAST: 9}}
              {apiVersion: v1, kind: Secret, metadata: {name: s, namespace: flux-system}, stringData: {DOMAIN: ENC[x]}, sops: {version: 3}}
            flux-system/apps apps Applied
              {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: 9}}
              {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: c}, spec: {minAvailable: ${DOMAIN}}}
                spec.minAvailable is open: `DOMAIN` comes from Secret s, which is encrypted (clusters/prod/apps.yaml:7)
              {apiVersion: v1, kind: ConfigMap, metadata: {name: g, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}, data: {k: ${LEAST}}}
        "#]],
    );
}

#[test]
fn what_is_suspended_broken_elsewhere_or_waits_is_not_applied_and_the_rest_goes_on() {
    let other = flux("other", "./x", "").replace("name: flux-system}\n", "name: charts}\n");
    check(
        &[
            ("clusters/prod/a.yaml", &flux("typo", "./appz", "")),
            ("clusters/prod/b.yaml", &flux("still", "./apps", "  suspend: true\n")),
            ("clusters/prod/c.yaml", &flux("waits", "./apps", "  dependsOn: [{name: typo}]\n")),
            ("clusters/prod/d.yaml", &other),
            ("clusters/prod/e.yaml", &flux("twice", "./twice", "")),
            (
                "clusters/prod/f.yaml",
                &flux(
                    "good",
                    "./apps",
                    "  patches: [{patch: '[{op: replace, path: /spec/minAvailable, value: 3}]', target: {kind: PodDisruptionBudget}}]\n",
                ),
            ),
            ("clusters/prod/g.yaml", &flux("nested", "./nested", "")),
            ("nested/kustomization.yaml", "resources: [more.yaml]\n"),
            ("nested/more.yaml", &flux("inner", "./gone", "")),
            ("apps/b.yaml", &budget("1")),
            ("twice/kustomization.yaml", "resources: [../apps/b.yaml, b.yaml]\n"),
            ("twice/b.yaml", &budget("1")),
        ],
        expect![[r#"
            flux-system/flux-system clusters/prod Applied
            flux-system/typo appz Failed
              error: clusters/prod/a.yaml:1: the path appz does not exist
            flux-system/still apps Suspended
            flux-system/waits apps Waiting
              error: clusters/prod/c.yaml:1: it depends on flux-system/typo, which is never ready
            flux-system/other x Elsewhere
              unknown: clusters/prod/d.yaml:1: flux-system/other comes from GitRepository charts, which is not here
            flux-system/twice twice Failed
              error: twice/kustomization.yaml:1: PodDisruptionBudget b is there twice: apps/b.yaml:1 and twice/b.yaml:1
            flux-system/good apps Applied
              {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {minAvailable: 3}}
            flux-system/nested nested Applied
            flux-system/inner gone Failed
              error: nested/more.yaml:1: the path gone does not exist
        "#]],
    );
}
