//! `load` of a flow.

use std::time::Duration;

use expect_test::expect;
use system::Load;

use crate::world::{PARTS, check_flows, check_load, check_system, print, read, with_system};

fn load(load: &str) -> Load {
    let text = format!("{PARTS}edges: {{web->api: , api->db: }}\nflows: {{f: {{path: [web, api], load: {load}}}}}");
    let (system, problems) = read(&with_system(&text));
    assert_eq!(print(&problems), "");
    system.expect("is a map").flows.into_values().next().and_then(|flow| flow.load).expect("has a load")
}

#[test]
fn a_request_line_is_a_whole_load() {
    let load = load("'GET /x?y=${seq}'");
    assert_eq!((load.method.as_str(), load.path.as_str(), load.rate.per_second()), ("GET", "/x?y=${seq}", 100.0));
    assert_eq!(
        (load.good_status.first(), load.good_status.last(), load.good_status.len()),
        (Some(&200), Some(&299), 100)
    );
    assert_eq!(load.patience, Duration::from_secs(2));
}

#[test]
fn every_key_of_a_load_is_read() {
    let load = load(
        "{request: POST /events, headers: {authorization: 'Bearer ${take:token}'}, body: '{\"id\":\"${id}\",\"pad\":\"${pad:64}\"}', rate: 150/s, good: [201, 200, 201], not_header: {X-Fresh: '', x-y: stale}, patience: 1s, session: [{request: POST /register, body: x}, {request: POST /login, take: {token: /token}}], verify: {path: '/events/${id}', holds: '\"${id}\"'}}",
    );
    assert_eq!(load.good_status, [200, 201]);
    assert_eq!(load.not_header.keys().collect::<Vec<_>>(), ["x-fresh", "x-y"]);
    assert_eq!((load.session.len(), load.session[1].take["token"].as_str()), (2, "/token"));
    assert_eq!(load.verify.expect("is there").holds, "\"${id}\"");
}

#[test]
fn a_request_is_a_method_and_a_path() {
    check_load(
        "get /x",
        expect![[r#"
        10:33 request: `get /x` of load of flow `f` does not begin with a method (write `GET /x`)
    "#]],
    );
    check_load(
        "/x",
        expect![[r#"
        10:33 request: `/x` of load of flow `f` does not begin with a method (write a method and a path, such as `GET /health`)
    "#]],
    );
    check_load(
        "FETCH /x",
        expect![[r#"
        10:33 request: `FETCH /x` of load of flow `f` does not begin with a method (write a method and a path, such as `GET /health`)
    "#]],
    );
    check_load(
        "GET x",
        expect![[r#"
        10:33 request: `GET x` of load of flow `f` has no path that can be asked for (a path begins with `/` and holds no spaces and no `#`; write others as `%20`)
    "#]],
    );
    check_load(
        "GET",
        expect![[r#"
        10:33 request: `GET` of load of flow `f` has no path that can be asked for (a path begins with `/` and holds no spaces and no `#`; write others as `%20`)
    "#]],
    );
    check_load(
        "GET http://h/x",
        expect![[r#"
        10:33 request: `GET http://h/x` of load of flow `f` has no path that can be asked for (a path begins with `/` and holds no spaces and no `#`; write others as `%20`)
    "#]],
    );
    check_load(
        "'GET /a b'",
        expect![[r#"
        10:33 request: `GET /a b` of load of flow `f` has no path that can be asked for (a path begins with `/` and holds no spaces and no `#`; write others as `%20`)
    "#]],
    );
    check_load(
        "\"GET /a\\nX: y\"",
        expect![[r#"
        10:33 request: `GET /a\nX: y` of load of flow `f` has no path that can be asked for (a path begins with `/` and holds no spaces and no `#`; write others as `%20`)
    "#]],
    );
    check_load(
        "{request: [GET, /x]}",
        expect![[r#"
        10:43 request: the request of load of flow `f` must be text, found a list (write a method and a path, such as `GET /health`)
    "#]],
    );
    check_load(
        "{body: x}",
        expect![[r#"
        10:33 missing-key: load of flow `f` has no `request`
    "#]],
    );
    check_load(
        "[GET /x]",
        expect![[r#"
        10:33 wrong-shape: load of flow `f` must be a map, found a list
    "#]],
    );
}

#[test]
fn a_rate_is_bounded() {
    check_load(
        "{request: GET /x, rate: 5000/s}",
        expect![[r#"
        10:57 wrong-value: `rate` of load of flow `f` is above 2000/s (drills need a steady load, not the largest one)
    "#]],
    );
    check_load(
        "{request: GET /x, rate: 0/s}",
        expect![[r#"
        10:57 wrong-value: `rate` of load of flow `f` must be a rate such as `100/s` or `60/m`, found `0/s`
    "#]],
    );
    check_load(
        "{request: GET /x, rate: 100}",
        expect![[r#"
        10:57 wrong-value: `rate` of load of flow `f` must be a rate such as `100/s` or `60/m`, found `100`
    "#]],
    );
}

#[test]
fn patience_is_bounded() {
    check_load(
        "{request: GET /x, patience: 0s}",
        expect![[r#"
        10:61 wrong-value: `patience` of load of flow `f` must be above zero and at most 1m (write a duration such as `500ms` or `5s`)
    "#]],
    );
    check_load(
        "{request: GET /x, patience: 5m}",
        expect![[r#"
        10:61 wrong-value: `patience` of load of flow `f` must be above zero and at most 1m (write a duration such as `500ms` or `5s`)
    "#]],
    );
}

#[test]
fn good_answers_are_status_codes() {
    check_load(
        "{request: GET /x, good: []}",
        expect![[r#"
        10:57 wrong-value: `good` of load of flow `f` is empty: no answer could be good (remove it for 200 to 299)
    "#]],
    );
    check_load(
        "{request: GET /x, good: [2xx, 99, 600, [200]]}",
        expect![[r#"
        10:58 wrong-value: `good` of load of flow `f` must be status codes from 100 to 599, found `2xx` (write numbers, such as `[200, 201]`)
        10:63 wrong-value: `good` of load of flow `f` must be status codes from 100 to 599, found `99` (write numbers, such as `[200, 201]`)
        10:67 wrong-value: `good` of load of flow `f` must be status codes from 100 to 599, found `600` (write numbers, such as `[200, 201]`)
        10:72 wrong-value: `good` of load of flow `f` must be status codes from 100 to 599, found a list (write numbers, such as `[200, 201]`)
    "#]],
    );
    check_load(
        "{request: GET /x, good: {a: b}}",
        expect![[r#"
        10:57 wrong-value: `good` of load of flow `f` must be status codes from 100 to 599, found a map (write numbers, such as `[200, 201]`)
    "#]],
    );
}

#[test]
fn headers_can_be_sent() {
    check_load(
        "{request: GET /x, headers: {'a b': c, Host: x, content-length: 5, ok: \"a\\r\\nb\", n: , l: [x]}}",
        expect![[r#"
            10:68 header: header `a b` of load of flow `f` cannot be sent (a name is one word; a value is one line)
            10:77 header: header `Host` of load of flow `f` is set by the client itself (remove it)
            10:96 header: header `content-length` of load of flow `f` is set by the client itself (remove it)
            10:103 header: header `ok` of load of flow `f` cannot be sent (a name is one word; a value is one line)
            10:113 wrong-value: `n` of headers of load of flow `f` must be text, found nothing (write a text; an empty one is `""`)
            10:118 wrong-value: `l` of headers of load of flow `f` must be text, found a list (write a text; an empty one is `""`)
        "#]],
    );
    check_load(
        "{request: GET /x, headers: [a], not_header: [x-y]}",
        expect![[r#"
        10:60 wrong-shape: headers of load of flow `f` must be a map, found a list
        10:77 wrong-shape: not_header of load of flow `f` must be a map, found a list
    "#]],
    );
    check_load(
        "{request: GET /x, not_header: {'': x}}",
        expect![[r#"
        10:68 header: `` in not_header of load of flow `f` is no header name (a name is one word, such as `x-freshness`)
    "#]],
    );
}

#[test]
fn holes_of_a_load_are_known() {
    check_load(
        "'GET /x/${port}'",
        expect![[r#"
        10:33 load-hole: `${port}` is not known in `request` of load of flow `f` (known: ${id}, ${seq}, ${take:NAME}, ${pad:N} with N from 1 to 8388608)
    "#]],
    );
    check_load(
        "{request: POST /x, body: '${ids} ${pad:0} ${pad:x} ${take:} ${open'}",
        expect![[r#"
        10:58 load-hole: `${ids}` is not known in `body` of load of flow `f` (known: ${id}, ${seq}, ${take:NAME}, ${pad:N} with N from 1 to 8388608)
        10:58 load-hole: `${pad:0}` is not known in `body` of load of flow `f` (known: ${id}, ${seq}, ${take:NAME}, ${pad:N} with N from 1 to 8388608)
        10:58 load-hole: `${pad:x}` is not known in `body` of load of flow `f` (known: ${id}, ${seq}, ${take:NAME}, ${pad:N} with N from 1 to 8388608)
        10:58 load-hole: `${take:}` is not known in `body` of load of flow `f` (known: ${id}, ${seq}, ${take:NAME}, ${pad:N} with N from 1 to 8388608)
        10:58 load-hole: `${` is not closed by `}` in `body` of load of flow `f` (close it; holes are `${id}`, `${seq}`, `${take:NAME}`, `${pad:BYTES}`)
    "#]],
    );
    check_load(
        "{request: POST /x, headers: {a: '${env:SECRET}'}}",
        expect![[r#"
        10:61 load-hole: `${env:SECRET}` is not known in `headers` of load of flow `f` (known: ${id}, ${seq}, ${take:NAME}, ${pad:N} with N from 1 to 8388608)
    "#]],
    );
}

#[test]
fn what_is_used_was_taken_before() {
    check_load(
        "'GET /x?t=${take:token}'",
        expect![[r#"
        10:33 load-take: `${take:token}` in `request` of load of flow `f` is taken by no session step before (add `take: {..}` to a session step)
    "#]],
    );
    check_load(
        "{request: GET /x, headers: {a: '${take:tokne}'}, session: [{request: POST /l, take: {token: /t}}]}",
        expect![[r#"
            10:60 load-take: `${take:tokne}` in `headers` of load of flow `f` is taken by no session step before (did you mean `token`?)
        "#]],
    );
    check_load(
        "{request: GET /x, session: [{request: POST /a, body: '${take:t}'}, {request: POST /b, take: {t: /t}}]}",
        expect![[r#"
            10:86 load-take: `${take:t}` in `body` of a session step in load of flow `f` is taken by no session step before (add `take: {..}` to a session step)
        "#]],
    );
}

#[test]
fn a_session_is_a_list_of_steps() {
    check_load(
        "{request: GET /x, session: POST /login}",
        expect![[r#"
        10:60 wrong-shape: `session` of load of flow `f` must be a list of steps, found `POST /login` (write `session: [{request: POST /login, take: {token: /token}}]`)
    "#]],
    );
    check_load(
        "{request: GET /x, session: [POST /login]}",
        expect![[r#"
        10:61 wrong-shape: a session step in load of flow `f` must be a map, found text
    "#]],
    );
    check_load(
        "{request: GET /x, session: [{body: x}, {request: POST /l, take: {t: token}}, {request: POST /l, take: [t], tkae: 1}]}",
        expect![[r#"
            10:61 missing-key: a session step in load of flow `f` has no `request`
            10:101 wrong-value: `take` of a session step in load of flow `f` cannot take `t` from `token` (write a name and a JSON pointer into the answer, such as `token: /token`)
            10:135 wrong-shape: take of a session step in load of flow `f` must be a map, found a list
            10:140 unknown-key: unknown key `tkae` in a session step in load of flow `f` (did you mean `take`?)
        "#]],
    );
}

#[test]
fn verification_goes_by_id() {
    check_load(
        "{request: 'PUT /x/${id}', verify: {path: /x, holds: y}}",
        expect![[r#"
        10:74 verify-id: `path` of verify in load of flow `f` has no `${id}`: it would look for the same thing each time (name the written thing with `${id}`)
        10:85 verify-id: `holds` of verify in load of flow `f` has no `${id}`: it would look for the same thing each time (name the written thing with `${id}`)
    "#]],
    );
    check_load(
        "{request: PUT /x, verify: {path: '/x/${id}', holds: '${id}'}}",
        expect![[r#"
        10:59 verify-id: load of flow `f` verifies by `${id}` and never sends it (put `${id}` into the path, a header or the body)
    "#]],
    );
    check_load(
        "{request: 'PUT /x/${id}', verify: {path: '/x/${id}'}}",
        expect![[r#"
        10:67 missing-key: verify in load of flow `f` has no `holds`
    "#]],
    );
    check_load(
        "{request: 'PUT /x/${id}', verify: {path: 'x/${id}', holds: '${id} ${seq}'}}",
        expect![[r#"
        10:74 request: `path` of verify in load of flow `f` cannot be asked for: `x/${id}` (a path begins with `/` and holds no spaces and no `#`)
    "#]],
    );
    check_load(
        "{request: 'PUT /x/${id}', verify: {path: '/x/${id}/${pad:5}', holds: '${id}'}}",
        expect![[r#"
        10:67 load-hole: `verify` of load of flow `f` can hold `${id}` and `${take:NAME}` only (what is looked for afterwards is known by its id)
    "#]],
    );
    check_load(
        "{request: 'PUT /x/${id}', verify: '/x/${id}'}",
        expect![[r#"
        10:67 wrong-shape: verify in load of flow `f` must be a map, found text
    "#]],
    );
}

#[test]
fn a_load_meets_something_that_speaks_http() {
    check_flows(
        "a: {path: [api, db], load: GET /x}",
        expect![[r#"
        10:5 load-kind: the load of flow `a` is HTTP, and `db` is of kind `postgres` (the second component of the path must answer HTTP)
    "#]],
    );
    check_system(
        "components: {web: {kind: client}, api: {kind: service}}\nedges: {web->api: }\nflows: {f: {path: [web, api], load: GET /x}}",
        expect![[r#"
            6:11 warning load-upstream: the load of flow `f` has nobody to ask: `api` has no address (give it `start` or `at`)
        "#]],
    );
}
