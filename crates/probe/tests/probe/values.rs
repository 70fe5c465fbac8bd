//! `k8s.values` on charts: values that no template reads are found, in files, releases and applications.

use evidence::{Grade, Observation, Value};

use crate::world::{Place, broken, held, not_seen};

const BUDGET: &str = "\
{{- if .Values.podDisruptionBudget.enabled }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include \"app.name\" . }}
spec:
  minAvailable: {{ .Values.podDisruptionBudget.minAvailable }}
{{- end }}
";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ include \"app.name\" . }}}
spec:
  replicas: {{ .Values.replicas | default 1 }}
  template:
    metadata:
      annotations:
        checksum/config: {{ include (print $.Template.BasePath \"/budget.yaml\") . | sha256sum }}
    spec:
      containers:
        - name: app
          image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
";

const VALUES: &str = "\
replicas: 3
image: {repository: shop/app, tag: '1'}
podDisruptionBudget:
  enabled: true
  minAvailable: 2
resources: {limits: {memory: 1Gi}}
";

fn place() -> Place {
    let place = Place::new();
    place.write("charts/app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\n");
    place.write(
        "charts/app/templates/_helpers.tpl",
        "{{- define \"app.name\" -}}{{ .Values.nameOverride | default .Chart.Name }}{{- end -}}\n",
    );
    place.write("charts/app/templates/budget.yaml", BUDGET);
    place.write("charts/app/templates/deployment.yaml", DEPLOYMENT);
    place.write("prod/values.yaml", VALUES);
    place
}

fn list(seen: &Observation, name: &str) -> String {
    match seen.values.get(name) {
        Some(Value::List(all)) => all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join("\n"),
        other => panic!("`{name}` is no list: {other:?}"),
    }
}

const WITH: &str = "{chart: charts/app, values: prod/values.yaml}";
const READ: &str = "size(obs.unread) == 0 && obs.keys == 6";

#[tokio::test]
async fn values_that_templates_read_hold() {
    let seen = place().look("k8s.values", WITH).await;
    held(&seen, READ);
    assert_eq!(seen.grade, Some(Grade::Wired));
}

#[tokio::test]
async fn a_key_that_no_template_reads_is_found_with_its_line() {
    for (file, old, new, told) in [
        (
            "prod/values.yaml",
            "minAvailable: 2",
            "minAvailabel: 2",
            "podDisruptionBudget.minAvailabel prod/values.yaml:5",
        ),
        ("prod/values.yaml", "podDisruptionBudget:", "pdb:", "pdb.minAvailable prod/values.yaml:5"),
        ("prod/values.yaml", "replicas: 3", "replicaCount: 3", "replicaCount prod/values.yaml:1"),
        (
            "charts/app/templates/budget.yaml",
            "{{ .Values.podDisruptionBudget.minAvailable }}",
            "1",
            "podDisruptionBudget.minAvailable",
        ),
        ("charts/app/templates/deployment.yaml", ".Values.image.tag", ".Chart.AppVersion", "image.tag"),
    ] {
        let place = place();
        let text = outside::files::read_text(&place.world.directory.join(file), 1 << 20).expect("is there");
        assert!(text.contains(old), "{old}");
        place.write(file, &text.replace(old, new));
        let seen = place.look("k8s.values", WITH).await;
        broken(&seen, READ);
        assert!(list(&seen, "unread").contains(told), "{told}: {seen:#?}");
    }
    let one = place();
    one.write("prod/values.yaml", &VALUES.replace("minAvailable: 2", "minAvailabel: 2"));
    held(
        &one.look("k8s.values", "{chart: charts/app, values: prod/values.yaml, below: resources}").await,
        "size(obs.unread) == 0",
    );
    broken(
        &one.look("k8s.values", "{chart: charts/app, values: prod/values.yaml, below: podDisruptionBudget}").await,
        "size(obs.unread) == 0",
    );
}

#[tokio::test]
async fn releases_and_applications_bring_values_of_their_own() {
    let place = place();
    let release = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: app, namespace: shop}\nspec:\n  chart: {spec: {chart: ./charts/app, sourceRef: {kind: GitRepository, name: flux-system}}}\n  values:\n    replicas: 3\n    replica: 3\n";
    place.write("apps/release.yaml", release);
    let seen = place.look("k8s.values", "{values: shop/app}").await;
    broken(&seen, "size(obs.unread) == 0");
    assert!(list(&seen, "unread").contains("replica apps/release.yaml:12"), "{seen:#?}");
    place.write("apps/release.yaml", &release.replace("    replica: 3\n", ""));
    held(&place.look("k8s.values", "{values: app}").await, "size(obs.unread) == 0 && obs.read == 1");
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: other, namespace: argocd}\nspec:\n  source:\n    path: charts/app\n    helm:\n      values: |\n        replicas: 1\n        replica: 2\n";
    place.write("apps/application.yaml", application);
    let seen = place.look("k8s.values", "{values: other}").await;
    held(&seen, "obs.unread_keys == ['replica'] && obs.read == 1");
}

#[tokio::test]
async fn a_chart_that_is_not_here_or_reads_what_is_computed_holds_nothing() {
    let place = place();
    place.write("apps/release.yaml", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: redis}\nspec:\n  chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: r}}}\n  values: {replica: {count: 3}}\n");
    let seen = place.look("k8s.values", "{values: redis}").await;
    not_seen(&seen, "size(obs.unread) == 0");
    not_seen(&seen, "obs.keys == 1");
    assert_eq!(seen.grade, Some(Grade::Declared));
    assert!(seen.trouble.is_some_and(|why| why.contains("not here and not rendered")));
    place.write("charts/app/templates/any.yaml", "{{ index .Values (printf \"%s\" .Release.Name) }}");
    held(&place.look("k8s.values", WITH).await, READ);
    place.write(
        "prod/values.yaml",
        &format!(
            "{VALUES}extra: 1
"
        ),
    );
    let open = place.look("k8s.values", WITH).await;
    not_seen(&open, "size(obs.unread) == 0");
    assert!(list(&open, "unknown").contains("extra prod/values.yaml:7"));
    not_seen(&place.look("k8s.values", "{chart: charts/app, values: gone.yaml}").await, "size(obs.unread) == 0");
    assert_eq!(place.read("k8s.values", "{chart: x, value: y}").expect_err("is wrong").len(), 2);
}

#[tokio::test]
async fn what_is_read_only_where_nothing_comes_of_it_is_not_read() {
    for (file, text) in [
        ("charts/app/templates/NOTES.txt", "{{ .Values.extra }} is on\n"),
        ("charts/app/templates/tests/ping.yaml", "a: {{ .Values.extra }}\n"),
        ("charts/app/templates/_more.yaml", "a: {{ .Values.extra }}\n"),
        ("charts/app/templates/more.yaml", "# extra: {{ .Values.extra }}\n"),
        ("charts/app/templates/more.yaml", "{{/* .Values.extra */}}\na: b\n"),
        ("charts/app/templates/more.yaml", "{{- define \"never\" }}{{ .Values.extra }}{{ end }}\n"),
        ("charts/app/templates/more.yaml", "{{- with .Values.image }}{{ .extra }}{{ end }}\n"),
        ("charts/app/templates/more.yaml", "{{ toYaml (pick .Values \"replicas\") }}\n"),
        ("charts/app/templates/more.yaml", "{{ range list .Values.image .Values.resources }}{{ .extra }}{{ end }}\n"),
        ("charts/app/templates/more.yaml", "{{ tpl .Values.image.tag . }}\n"),
    ] {
        let place = place();
        place.write("prod/values.yaml", &format!("{VALUES}extra: 1\n"));
        place.write(file, text);
        let seen = place.look("k8s.values", WITH).await;
        broken(&seen, "size(obs.unread) == 0");
        held(&seen, "obs.unread_keys == ['extra']");
    }
    for text in [
        "a: {{ .Values.extra }} # as told\n",
        "# {{ toYaml .Values.extra | nindent 2 }}\n",
        "{{- with .Values.image }}{{ $.Values.extra }}{{ end }}\n",
        "{{ $v := .Values }}{{ if $v.extra }}a: b{{ end }}\n",
        "{{ include \"own\" (dict \"root\" $) }}{{ define \"own\" }}{{ .root.Values.extra }}{{ end }}\n",
        "{{ range $i, $one := list .Values.image .Values.extra }}{{ $one }}{{ end }}\n",
        "{{ tpl \"{{ .Values.extra }}\" . }}\n",
        "{{ range $key, $value := .Values }}{{ $value }}{{ end }}\n",
        "{{ index .Values \"extra\" }}\n",
        "{{ (.Values).extra }}\n",
        "{{ .Values.gone | default .Values.extra | quote }}\n",
    ] {
        let place = place();
        place.write("prod/values.yaml", &format!("{VALUES}extra: 1\n"));
        place.write("charts/app/templates/more.yaml", text);
        held(&place.look("k8s.values", WITH).await, "size(obs.unread) == 0 && obs.keys == 7");
    }
}

#[tokio::test]
async fn a_dependency_that_is_switched_off_or_called_otherwise_reads_nothing() {
    let with = |chart: &str, values: &str| {
        let place = place();
        let own = "apiVersion: v2\nname: app\nversion: 0.1.0\n";
        place.write("charts/app/Chart.yaml", &format!("{own}dependencies: [{{name: cache, version: '1', {chart}}}]\n"));
        place.write("charts/app/charts/cache/Chart.yaml", "apiVersion: v2\nname: cache\nversion: '1'\n");
        place.write(
            "charts/app/charts/cache/templates/a.yaml",
            "a: {{ .Values.replicas }}\nb: {{ .Values.global.zone }}\n",
        );
        place.write("prod/values.yaml", &format!("{VALUES}{values}"));
        place
    };
    let all = "size(obs.unread) == 0";
    for (chart, values, is_read) in [
        ("repository: ''", "cache: {replicas: 3}\n", true),
        ("repository: ''", "global: {zone: a}\n", true),
        ("alias: store", "store: {replicas: 3}\n", true),
        ("condition: cache.enabled", "cache: {enabled: true, replicas: 3}\n", true),
        ("condition: cache.enabled", "cache: {replicas: 3}\n", true),
        ("condition: cache.enabled", "cache: {enabled: false}\n", true),
        ("repository: ''", "cach: {replicas: 3}\n", false),
        ("repository: ''", "cache: {replica: 3}\n", false),
        ("alias: store", "cache: {replicas: 3}\n", false),
        ("condition: cache.enabled", "cache: {enabled: false, replicas: 3}\n", false),
        ("repository: ''", "cache: {enabled: true, replicas: 3}\n", false),
    ] {
        let seen = with(chart, values).look("k8s.values", WITH).await;
        if is_read { held(&seen, all) } else { broken(&seen, all) }
    }
}

#[tokio::test]
async fn without_any_value_there_is_nothing_to_be_said() {
    let seen = place().look("k8s.values", "{chart: charts/app, values: prod/values.yaml, below: gone}").await;
    assert_eq!((seen.grade, seen.subjects), (None, 0), "{seen:#?}");
    not_seen(&seen, "size(obs.unread) == 0");
}
