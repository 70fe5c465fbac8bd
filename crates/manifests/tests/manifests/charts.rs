//! Which values templates read.

use std::collections::BTreeMap;

use manifests::{IsRead, chart};
use text::Source;

fn files(all: &[(&str, &str)]) -> BTreeMap<String, Source> {
    let own = [("c/Chart.yaml", "name: c\n")];
    let all = own.iter().chain(all);
    let mut files = BTreeMap::new();
    for (path, text) in all {
        files.insert((*path).to_owned(), Source::new(*path, *text));
    }
    files
}

/// Which of some keys are read: `+` read, `-` not, `?` nobody knows.
fn read(template: &str, keys: &str, more: &[(&str, &str)]) -> String {
    let mut all = vec![("c/templates/all.yaml", template)];
    all.extend(more);
    let reads = chart("c", &files(&all), &[]).expect("is a chart");
    let of = |key: &str| {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        match reads.reads(&path) {
            IsRead::Yes => format!("+{key}"),
            IsRead::No => format!("-{key}"),
            IsRead::Unknown => format!("?{key}"),
        }
    };
    keys.split(' ').map(of).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_written_is_read_and_what_is_only_asked_about_is_not_read_below() {
    for (template, expected) in [
        ("{{ .Values.a.b }}", "+a.b -a.c -d"),
        ("{{- toYaml .Values.a | nindent 4 }}", "+a.b +a.c -d"),
        ("{{ if .Values.a }}x{{ end }}", "-a.b -a.c -d"),
        ("{{ if and .Values.a (not .Values.d) }}{{ .Values.a.c }}{{ end }}", "-a.b +a.c +d"),
        ("{{ if eq .Values.d \"x}}\" }}{{ end }}", "-a.b -a.c +d"),
        ("{{ with .Values.a }}{{ .b }}{{ $.Values.d }}{{ end }}", "+a.b -a.c +d"),
        ("{{ with .Values.a }}{{ . | toYaml }}{{ end }}", "+a.b +a.c -d"),
        ("{{ with .Values.a }}{{ else }}{{ .Values.d }}{{ end }}", "-a.b -a.c +d"),
        ("{{ range $k, $v := .Values.a }}{{ $k }}{{ end }}", "+a.b +a.c -d"),
        ("{{ range .Values.a }}{{ .x }}{{ end }}", "+a.b +a.c -d"),
        ("{{ $x := .Values.a }}{{ $x.b }}", "+a.b -a.c -d"),
        ("{{ $x := default dict .Values.a }}{{ $x.b | quote }}", "+a.b -a.c -d"),
        ("{{ index .Values \"a\" \"b\" }}", "+a.b -a.c -d"),
        ("{{ index .Values.a .Release.Name }}", "?a.b ?a.c -d"),
        ("{{ (index .Values \"a\").c }}", "-a.b +a.c -d"),
        ("{{ .Values.a.b | default .Values.d }}", "+a.b -a.c +d"),
        ("{{ dig \"a\" \"b\" \"x\" .Values }}", "+a.b -a.c -d"),
        ("{{ hasKey .Values.a \"b\" }}", "+a.b -a.c -d"),
        ("{{/* .Values.a.b */}}", "-a.b -a.c -d"),
        ("{{- /* {{ .Values.a.b }} */ -}}", "-a.b -a.c -d"),
        ("# {{ .Values.a.b }}", "-a.b -a.c -d"),
        ("{{ $c := dict \"root\" . \"cfg\" .Values.a }}{{ $c.cfg.b }}{{ $c.root.Values.d }}", "+a.b -a.c +d"),
        ("{{ toYaml .Values | sha256sum }}", "-a.b -a.c -d"),
        ("{{ toYaml .Values }}", "?a.b ?a.c ?d"),
        ("{{ ternary .Values.a.b .Values.a.c .Values.d }}", "+a.b +a.c +d"),
        ("{{ template \"gone\" .Values.a }}", "?a.b ?a.c -d"),
        ("{{ include (print $.Template.BasePath \"/x.yaml\") . | sha256sum }}", "-a.b -a.c -d"),
        ("{{ include (printf \"x.%s\" .Values.d) . }}", "?a.b ?a.c +d"),
        ("{{ if .Values.d }}{{ else if .Values.a.b }}{{ end }}", "+a.b -a.c +d"),
        ("{{ .Values.a.b", "-a.b -a.c -d"),
    ] {
        assert_eq!(read(template, "a.b a.c d", &[]), expected, "{template}");
    }
}

#[test]
fn a_definition_reads_with_what_it_is_given_and_nothing_when_nobody_uses_it() {
    let helpers = (
        "c/templates/_helpers.tpl",
        "{{ define \"one\" }}{{ .Values.a.b }}{{ end }}{{ define \"two\" }}{{ .b }}{{ $.c }}{{ end }}",
    );
    for (template, expected) in [
        ("{{ include \"one\" . }}", "+a.b -a.c"),
        ("{{ include \"one\" $ | nindent 2 }}", "+a.b -a.c"),
        ("{{ include \"two\" .Values.a }}", "+a.b +a.c"),
        ("{{ include \"two\" (dict \"b\" .Values.a.c) }}", "-a.b +a.c"),
        ("x: y", "-a.b -a.c"),
    ] {
        assert_eq!(read(template, "a.b a.c", &[helpers]), expected, "{template}");
    }
}

#[test]
fn charts_within_read_below_their_names_and_one_that_is_not_here_may_read_anything_there() {
    let needs = (
        "c/Chart.yaml",
        "name: c\ndependencies:\n  - {name: db, alias: store, condition: store.enabled}\n  - {name: cache, version: 1.x}\n",
    );
    let db = [
        ("c/charts/db/Chart.yaml", "name: db\n"),
        ("c/charts/db/templates/a.yaml", "{{ .Values.size }}{{ .Values.global.zone }}"),
    ];
    let all: Vec<(&str, &str)> = db.into_iter().chain([needs]).collect();
    assert_eq!(
        read("", "store.size store.sizes store.enabled db.size global.zone cache.x x", &all),
        "+store.size -store.sizes +store.enabled -db.size +global.zone ?cache.x -x"
    );
}
