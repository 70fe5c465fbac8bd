//! `system.components`.

use expect_test::expect;

use crate::world::{check_system, read, with_system};

#[test]
fn a_component_needs_a_known_kind() {
    check_system(
        "components: {a: {}, b: {kind: servcie}, c: {kind: [x]}, d: , e: text, f: {kind: gadget}}",
        expect![[r#"
            4:16 missing-key: component `a` has no `kind`
            4:33 unknown-word: `kind` of component `b` cannot be `servcie` (did you mean `service`?)
            4:53 wrong-value: `kind` of component `c` must be a word, found a list
            4:59 missing-key: component `d` has no `kind`
            4:67 wrong-shape: component `e` must be a map, found text
            4:83 unknown-word: `kind` of component `f` cannot be `gadget` (one of: client, service, worker, postgres, redis, sqlite, tcp, queue, external, secret, config, volume, state, function)
        "#]],
    );
}

#[test]
fn a_wrong_component_stays_declared() {
    let (system, _) = read(&with_system("components: {a: text, b: {kind: x}}\nedges: {a->b: }"));
    let system = system.expect("is a map");
    assert_eq!((system.components.len(), system.edges.len()), (2, 1));
}

#[test]
fn names_hold_no_arrow_and_no_slash() {
    check_system(
        "components: {'a->b': {kind: service}, a/b: {kind: service}, '': {kind: service}}",
        expect![[r#"
        4:16 bad-name: `a->b` cannot name a component (a name has 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces, and neither `->` nor `/`)
        4:41 bad-name: `a/b` cannot name a component (a name has 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces, and neither `->` nor `/`)
        4:63 bad-name: `` cannot name a component (a name has 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces, and neither `->` nor `/`)
    "#]],
    );
}

#[test]
fn names_that_differ_by_case_are_remarked() {
    check_system(
        "components: {Api: {kind: service}, api: {kind: service}, API: {kind: service}}",
        expect![[r#"
        4:38 warning case-names: components `api` and `Api` differ only by case (give one of them another name)
        4:60 warning case-names: components `API` and `api` differ only by case (give one of them another name)
    "#]],
    );
}

#[test]
fn replicas_go_from_0_to_64() {
    check_system(
        "components:\n  a: {kind: worker, replicas: 65}\n  b: {kind: worker, replicas: -1}\n  c: {kind: worker, replicas: two}\n  d: {kind: worker, replicas: 1.5}\n  e: {kind: worker, replicas: [1]}\n  f: {kind: worker, replicas: 0}",
        expect![[r#"
            5:33 wrong-value: `replicas` of component `a` must be a whole number from 0 to 64, found `65`
            6:33 wrong-value: `replicas` of component `b` must be a whole number from 0 to 64, found `-1`
            7:33 wrong-value: `replicas` of component `c` must be a whole number from 0 to 64, found `two`
            8:33 wrong-value: `replicas` of component `d` must be a whole number from 0 to 64, found `1.5`
            9:33 wrong-value: `replicas` of component `e` must be a whole number from 0 to 64, found a list
        "#]],
    );
}

#[test]
fn an_unknown_key_of_a_component_has_a_nearest_one() {
    check_system(
        "components: {a: {kind: service, replcias: 2}}",
        expect![[r#"
        4:35 unknown-key: unknown key `replcias` in component `a` (did you mean `replicas`?)
    "#]],
    );
}

#[test]
fn start_and_at_exclude_each_other() {
    check_system(
        "components: {a: {kind: service, start: 'a ${port}', at: '127.0.0.1:1'}}",
        expect![[r#"
        4:59 start-and-at: component `a` has both `start` and `at` (keep `start` when seaworthy runs it, `at` when somebody else does)
    "#]],
    );
}

#[test]
fn what_is_not_started_needs_no_build_env_or_ready() {
    check_system(
        "components: {a: {kind: service, build: make, env: {A: b}, ready: /x}}",
        expect![[r#"
        4:42 warning build-unused: component `a` is built and never started (add `start`, or remove `build`)
        4:53 warning env-unused: component `a` has `env` and is not started here (add `start`, or remove `env`)
        4:68 warning ready-unused: `ready` of component `a` is asked of nobody: there is neither `start` nor `at` (add `start` or `at`, or remove `ready`)
    "#]],
    );
}

#[test]
fn a_start_without_port_leaves_nobody_to_reach() {
    check_system(
        "components: {a: {kind: service, start: run}, w: {kind: worker, start: run}}",
        expect![[r#"
        4:42 warning no-port: component `a` is started without `${port}`: nobody would know where to reach it (pass `${port}` in `start` or `env`)
    "#]],
    );
    check_system("components: {a: {kind: service, start: run, env: {PORT: '${port}'}}}", expect![[""]]);
}

#[test]
fn what_is_no_process_is_not_started() {
    check_system(
        "components: {k: {kind: secret, start: run}, f: {kind: sqlite, start: run}}",
        expect![[r#"
        4:41 start-kind: component `k` is of kind `secret`, which is no process (give it another kind, or remove `start`)
        4:72 start-kind: component `f` is of kind `sqlite`, which is no process (give it another kind, or remove `start`)
    "#]],
    );
}

#[test]
fn destructive_needs_nothing_started_by_us() {
    check_system(
        "components: {a: {kind: service, start: 'a ${port}', destructive: true}, b: {kind: redis, at: 'h:1', destructive: 'yes'}, c: {kind: redis, destructive: on}}",
        expect![[r#"
            4:68 warning destructive-unused: `destructive` of component `a` changes nothing: what seaworthy starts it may break (remove it)
            4:116 wrong-value: `destructive` of component `b` must be `true` or `false`, without quotes, found `yes`
            4:154 wrong-value: `destructive` of component `c` must be `true` or `false`, without quotes, found `on`
        "#]],
    );
}

#[test]
fn holes_of_a_process_stand_in_start_and_env_only() {
    check_system(
        "components:\n  a: {kind: service, build: 'make ${port}', start: 'a ${port} ${nope} ${open'}\n  b: {kind: sqlite, file: '${scratch}/${replica}.db'}\n  c: {kind: redis, at: '127.0.0.1:${port}'}\n  d: {kind: redis, at: '${scratch}'}\n  e: {kind: service, start: 'e ${port} ${env:} ${env:1A}'}",
        expect![[r#"
            5:31 template-place: `${port}` has no meaning in `build` of component `a` (it belongs to a process: use it in `start` or `env`)
            5:54 template: `${nope}` is not known (known: ${port}, ${replica}, ${scratch}, ${edge:a->b}, ${env:NAME}, ${env:NAME:-default})
            6:29 template-place: `${replica}` has no meaning in `file` of component `b` (it belongs to a process: use it in `start` or `env`)
            7:26 template-place: `${port}` has no meaning in `at` of component `c` (it belongs to a process: use it in `start` or `env`)
            8:26 template-place: `${scratch}` has no meaning in `at` of component `d` (it belongs to a process: use it in `start` or `env`)
            9:31 template: `${env:}` names no environment variable (a name holds letters, digits and `_`, such as `DB_PASSWORD`)
            9:31 template: `${env:1A}` names no environment variable (a name holds letters, digits and `_`, such as `DB_PASSWORD`)
        "#]],
    );
}

#[test]
fn an_edge_hole_names_a_declared_edge_of_its_own() {
    check_system(
        "components:\n  a: {kind: service, start: 'a ${port} ${edge:a->d}'}\n  b: {kind: service, start: 'b ${port}', env: {DB: '${edge:a->db}'}}\n  db: {kind: redis, at: '127.0.0.1:1'}\nedges: {a->db: }",
        expect![[r#"
            5:31 undeclared: edge `a->d`, used in component `a`, is not declared (did you mean `a->db`?)
            6:54 warning foreign-edge: component `b` is told the address of edge `a->db`, which is not its own (declare `b->db` and use that one, so that its traffic is its own)
        "#]],
    );
}

#[test]
fn variables_have_names_and_ours_are_ours() {
    check_system(
        "components:\n  a: {kind: worker, start: run, env: {'A=B': x, '1A': x, SEAWORTHY_RUN: x, OK: , L: [x], EMPTY: ''}}\n  b: {kind: worker, start: run, env: [A]}",
        expect![[r#"
            5:48 bad-name: `A=B` in env of component `a` cannot name a variable (a name holds letters, digits and `_`, and begins with no digit)
            5:57 bad-name: `1A` in env of component `a` cannot name a variable (a name holds letters, digits and `_`, and begins with no digit)
            5:75 reserved: variable `SEAWORTHY_RUN` in env of component `a` is seaworthy's own (it marks the processes of a run, which could not be healed without it)
            5:78 wrong-value: `OK` of env of component `a` must be text, found nothing (write a text; an empty one is `""`)
            5:84 wrong-value: `L` of env of component `a` must be text, found a list (write a text; an empty one is `""`)
            6:40 wrong-shape: env of component `b` must be a map, found a list
        "#]],
    );
}

#[test]
fn ready_is_a_path_and_its_wait_is_bounded() {
    check_system(
        "components:\n  a: {kind: service, at: 'h:1', ready: health}\n  b: {kind: service, at: 'h:1', ready: '/a b', ready_within: 0s}\n  c: {kind: service, at: 'h:1', ready: /a, ready_within: 2h}\n  d: {kind: service, at: 'h:1', ready: /a, ready_within: 5}",
        expect![[r#"
            5:42 wrong-value: `ready` of component `a` must be a path such as `/health`, found `health` (write a path that begins with `/` and holds no spaces)
            6:42 wrong-value: `ready` of component `b` must be a path such as `/health`, found `/a b` (write a path that begins with `/` and holds no spaces)
            6:64 wrong-value: `ready_within` of component `b` must be above zero and at most 10m (write a duration such as `500ms` or `5s`)
            7:60 wrong-value: `ready_within` of component `c` must be above zero and at most 10m (write a duration such as `500ms` or `5s`)
            8:60 wrong-value: `ready_within` of component `d` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `5`
        "#]],
    );
}

#[test]
fn an_address_is_host_and_port() {
    check_system(
        "components:\n  a: {kind: service, at: 'http://h:1/'}\n  b: {kind: service, at: h}\n  c: {kind: service, at: 'h:0'}\n  d: {kind: service, at: 'h:99999'}\n  e: {kind: service, at: '${env:ADDRESS}'}\n  f: {kind: service, at: '[::1]:80'}\n  g: {kind: service, at: ''}\n  h: {kind: service, at: 'h:+1'}",
        expect![[r#"
            5:28 address: `at` of component `a` must be `host:port`, found `http://h:1/` (write the address without a scheme and without a path, such as `127.0.0.1:5432`)
            6:28 address: `at` of component `b` must be `host:port`, found `h` (write the address without a scheme and without a path, such as `127.0.0.1:5432`)
            7:28 address: `at` of component `c` must be `host:port`, found `h:0` (write the address without a scheme and without a path, such as `127.0.0.1:5432`)
            8:28 address: `at` of component `d` must be `host:port`, found `h:99999` (write the address without a scheme and without a path, such as `127.0.0.1:5432`)
            11:28 wrong-value: `at` of component `g` is empty (write it out, or remove the key)
            12:28 address: `at` of component `h` must be `host:port`, found `h:+1` (write the address without a scheme and without a path, such as `127.0.0.1:5432`)
        "#]],
    );
}

#[test]
fn only_sqlite_is_a_file() {
    check_system(
        "components: {a: {kind: redis, file: x.db}, b: {kind: sqlite, at: '127.0.0.1:1'}}",
        expect![[r#"
        4:39 file-kind: component `a` is of kind `redis` and has a `file` (only `kind: sqlite` is a file)
        4:68 file-kind: component `b` is a file and has no address, found `127.0.0.1:1` (write `file:` with its path)
    "#]],
    );
}

#[test]
fn commands_are_texts() {
    check_system(
        "components: {a: {kind: worker, start: [run, it], build: {a: b}}, b: {kind: worker, start: '  '}}",
        expect![[r#"
            4:41 wrong-value: `start` of component `a` must be text, found a list (write it as one text)
            4:59 wrong-value: `build` of component `a` must be text, found a map (write it as one text)
            4:93 wrong-value: `start` of component `b` is empty (write it out, or remove the key)
        "#]],
    );
}
