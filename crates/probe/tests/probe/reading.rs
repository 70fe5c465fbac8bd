//! Reading a claim's `with`: every mistake at once, each with words that help.

use expect_test::{Expect, expect};

use crate::world::Place;

/// The problems of one `with`, one a line; `sound` when there are none.
fn check(kind: &str, with: &str, expect: Expect) {
    let place = Place::new();
    let lines = match place.read(kind, with) {
        Ok(_) => "sound".to_owned(),
        Err(problems) => {
            let line = |problem: &text::Problem| match &problem.help {
                Some(help) => format!("{}: {} ({help})", problem.rule, problem.message),
                None => format!("{}: {}", problem.rule, problem.message),
            };
            problems.iter().map(line).collect::<Vec<String>>().join("\n")
        }
    };
    expect.assert_eq(&lines);
}

#[test]
fn an_unknown_kind_names_the_nearest() {
    check("http.chek", "{}", expect!["unknown-probe: `http.chek` is no kind of probe (did you mean `http.check`?)"]);
    check(
        "iceberg.table",
        "{}",
        expect![
            "unknown-probe: `iceberg.table` is no kind of probe (known kinds: file.value, http.check, sql.query, exec, k8s.reach, k8s.disruption, k8s.select, code.flag, code.import, code.symbol, code.swallowed, ci.can_fail)"
        ],
    );
}

#[test]
fn everything_wrong_with_a_file_value_is_said() {
    check("file.value", "{path: a.yaml, at: $.a}", expect!["sound"]);
    check(
        "file.value",
        "",
        expect![[r#"
        missing-key: the `with` of file.value has no `path`
        missing-key: the `with` of file.value has no `at`"#]],
    );
    check("file.value", "[a]", expect!["wrong-shape: the `with` of file.value must be a map, found a list"]);
    check(
        "file.value",
        "{pth: a.yaml, at: $.a}",
        expect![[r#"
        missing-key: the `with` of file.value has no `path`
        unknown-key: unknown key `pth` in the `with` of file.value (did you mean `path`?)"#]],
    );
    check(
        "file.value",
        "{path: /etc/passwd, at: x}",
        expect!["wrong-path: `path` must be relative to the directory of this file"],
    );
    check(
        "file.value",
        "{path: Dockerfile, at: FROM}",
        expect!["unknown-format: the format of `Dockerfile` cannot be told from its name; write `format:`"],
    );
    check(
        "file.value",
        "{path: Dockerfile, at: FROM, format: docker}",
        expect![
            "unknown-word: `format` of the `with` of file.value cannot be `docker` (one of: yaml, json, toml, env, properties)"
        ],
    );
    check("file.value", "{path: a.yaml, at: a.b}", expect!["wrong-path: `at` must be a JSONPath such as `$.a.b`"]);
    check(
        "file.value",
        "{path: a.yaml, at: '$.a['}",
        expect!["wrong-path: `$.a[` is no JSONPath, see its character 4"],
    );
    check(
        "file.value",
        "{path: a.yaml, at: '$..a..b..c'}",
        expect!["wrong-path: `at` may search with `..` 1 time only"],
    );
    check("file.value", "{path: .env, at: $.A}", expect!["wrong-path: in env files `at` is a key, without `$`"]);
    check(
        "file.value",
        "{path: a.json, at: $.a, document: 1}",
        expect!["wrong-value: only YAML files have several documents"],
    );
    check(
        "file.value",
        "{path: a.yaml, at: $.a, document: 0}",
        expect!["wrong-value: `document` of the `with` of file.value must be a whole number from 1 to 1000, found `0`"],
    );
}

#[test]
fn everything_wrong_with_an_http_check_is_said() {
    check("http.check", "{component: api}", expect!["sound"]);
    check("http.check", "{}", expect!["missing-key: name a `component`, or a `url`"]);
    check(
        "http.check",
        "{component: apy, method: POST, times: 500, within: 5, hedders: {}}",
        expect![[r#"
        unknown-component: component `apy` is not declared (did you mean `api`?)
        unknown-word: `method` of the `with` of http.check cannot be `POST` (one of: GET, HEAD)
        wrong-value: `times` of the `with` of http.check must be a whole number from 1 to 200, found `500`
        wrong-value: `within` of the `with` of http.check must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `5`
        unknown-key: unknown key `hedders` in the `with` of http.check (did you mean `headers`?)"#]],
    );
    check(
        "http.check",
        "{component: api, url: 'http://127.0.0.1/'}",
        expect!["wrong-value: name a `component` or a `url`, not both"],
    );
    check("http.check", "{component: db}", expect!["wrong-component: `db` is not a component that answers HTTP"]);
    check(
        "http.check",
        "{component: api, path: health}",
        expect!["wrong-path: `path` must begin with `/` and hold no white space"],
    );
    check(
        "http.check",
        "{url: 'https://example.com/'}",
        expect!["wrong-url: `url` must begin with `http://` (TLS is not spoken here)"],
    );
    check(
        "http.check",
        "{url: 'http://127.0.0.1/', path: /a}",
        expect!["wrong-value: with a `url`, the path is part of it"],
    );
    check(
        "http.check",
        "{component: api, times: 0, within: 0s, body_limit: 1MiB}",
        expect![[r#"
        wrong-value: `times` of the `with` of http.check must be a whole number from 1 to 200, found `0`
        wrong-value: `within` must be above 0s and at most 30s
        wrong-value: at most 65536 bytes of a body are kept"#]],
    );
    check(
        "http.check",
        "{component: api, headers: [a]}",
        expect!["wrong-shape: `headers` must be a map of names to texts, found a list"],
    );
    check(
        "http.check",
        "{component: api, headers: {'a b': c, Content-Length: 5, x: \"a\\r\\nb: c\", y: [1]}}",
        expect![[r#"
            wrong-value: `y` must be text
            wrong-header: header `a b` cannot be set
            wrong-header: header `Content-Length` cannot be set
            wrong-header: header `x` holds a line break"#]],
    );
    check(
        "http.check",
        "{component: api, headers: {a: '${port}', b: '${env:X', c: '${edge:a->b}'}}",
        expect![[r#"
        template: only `${env:NAME}` can stand here
        template: `${` is not closed by `}`
        template: only `${env:NAME}` can stand here"#]],
    );
    check("http.check", "{component: api, look_for: ['a b']}", expect!["wrong-header: `a b` is no name of a header"]);
}

#[test]
fn everything_wrong_with_an_sql_query_is_said() {
    check("sql.query", "{component: db, query: SELECT 1}", expect!["sound"]);
    check("sql.query", "{component: pg, query: SELECT 1, user: probe, password: '${env:PG}'}", expect!["sound"]);
    check(
        "sql.query",
        "{component: pg, query: SELECT 1, user: a, password: hunter2}",
        expect!["secret-in-text: `password` must be a reference such as `${env:DB_PASSWORD}`"],
    );
    check(
        "sql.query",
        "{component: pg, query: SELECT 1}",
        expect!["missing-key: PostgreSQL needs a `user`, best one that may only read"],
    );
    check(
        "sql.query",
        "{component: db, query: DROP TABLE a, user: x}",
        expect![[r#"
        wrong-value: an SQLite file has no `user`, `password` or `database`
        not-read-only: `query` must begin with one of SELECT, WITH, VALUES, EXPLAIN, PRAGMA"#]],
    );
    check(
        "sql.query",
        "{component: db, query: SELECT 1; SELECT 2}",
        expect!["not-read-only: `query` must be one statement"],
    );
    check(
        "sql.query",
        "{component: api, query: SELECT 1, within: 10m}",
        expect![[r#"
        wrong-value: `within` must be above 0s and at most 1m
        wrong-component: `api` is neither of kind sqlite nor postgres"#]],
    );
    check(
        "sql.query",
        "{componnt: db}",
        expect![[r#"
        missing-key: the `with` of sql.query has no `component`
        missing-key: the `with` of sql.query has no `query`
        unknown-key: unknown key `componnt` in the `with` of sql.query (did you mean `component`?)"#]],
    );
    check(
        "sql.query",
        "{component: pg, user: p, query: SELECT pg_terminate_backend(1)}",
        expect!["not-read-only: `query` calls a function that acts on the server"],
    );
}

#[test]
fn everything_wrong_with_an_exec_is_said() {
    check("exec", "{}", expect!["missing-key: the `with` of exec has no `command`"]);
    check(
        "exec",
        "{command: rm -rf /}",
        expect!["wrong-shape: `command` must be a list of 1 to 200 words, such as [program, --flag]"],
    );
    check(
        "exec",
        "{command: []}",
        expect!["wrong-shape: `command` must be a list of 1 to 200 words, such as [program, --flag]"],
    );
    check(
        "exec",
        "{command: [rm, -rf, /]}",
        expect!["exec-not-allowed: `rm` is not in `exec.allow` (add it at the top of the file: exec: {allow: [rm]})"],
    );
    check(
        "exec",
        "{command: [[a]], env: {'A=B': c}, within: 1h}",
        expect![[r#"
        wrong-value: a word of `command` must be text, found a list
        wrong-value: `A=B` is no name of a variable
        wrong-value: `within` must be above 0s and at most 2m"#]],
    );
}
