//! `environments`.

use expect_test::expect;

use crate::world::{check, file, read};

#[test]
fn local_is_always_there() {
    let names = |text: &str| read(&file(text)).0.expect("is a map").environments.into_keys().collect::<Vec<_>>();
    assert_eq!(names(""), ["local"]);
    assert_eq!(names("environments: {prod: {drills: never}}\n"), ["local", "prod"]);
}

#[test]
fn networks_are_written_whole() {
    check(
        &file(
            "environments: {s: {allow: [10.1.0.0/16, 10.1.0.5/16, 10.1.0.0, 0.0.0.0/0, 10.0.0.0/33, x/8, 'fd00::/8', 'fd00::1/8', 10.0.0.0/, 10.0.0.0/+8]}}\n",
        ),
        expect![[r#"
            3:41 cidr: `10.1.0.5/16` in `allow` of environment `s` has bits set below its prefix (did you mean `10.1.0.0/16`?)
            3:54 cidr: `10.1.0.0` in `allow` of environment `s` is no network (write an address and a prefix, such as `10.1.0.0/16`; one address is `10.1.0.5/32`)
            3:64 cidr: `0.0.0.0/0` in `allow` of environment `s` allows every address there is (name the networks of this environment)
            3:75 cidr: `10.0.0.0/33` in `allow` of environment `s` is no network (write an address and a prefix, such as `10.1.0.0/16`; one address is `10.1.0.5/32`)
            3:88 cidr: `x/8` in `allow` of environment `s` is no network (write an address and a prefix, such as `10.1.0.0/16`; one address is `10.1.0.5/32`)
            3:105 cidr: `fd00::1/8` in `allow` of environment `s` has bits set below its prefix (did you mean `fd00::/8`?)
            3:118 cidr: `10.0.0.0/` in `allow` of environment `s` is no network (write an address and a prefix, such as `10.1.0.0/16`; one address is `10.1.0.5/32`)
            3:129 cidr: `10.0.0.0/+8` in `allow` of environment `s` is no network (write an address and a prefix, such as `10.1.0.0/16`; one address is `10.1.0.5/32`)
        "#]],
    );
    check(
        &file("environments: {s: {allow: {a: b}}}\n"),
        expect![[r#"
        3:27 wrong-value: `allow` of environment `s` must be text, found a map
    "#]],
    );
}

#[test]
fn addresses_belong_to_declared_components() {
    let text = "system: {components: {db: {kind: postgres}}}\nenvironments: {s: {at: {db: 'http://x', dbb: '10.0.0.1:1', db2: [x]}}, t: {at: [db]}}\n";
    check(
        &file(text),
        expect![[r#"
        4:29 address: `at` of environment `s` must be `host:port` for `db`, found `http://x` (write the address without a scheme, such as `10.1.0.5:5432`)
        4:41 undeclared: component `dbb`, used in `at` of environment `s`, is not declared (did you mean `db`?)
        4:60 undeclared: component `db2`, used in `at` of environment `s`, is not declared (did you mean `db`?)
        4:65 address: `at` of environment `s` must be `host:port` for `db2`, found a list (write the address without a scheme, such as `10.1.0.5:5432`)
        4:80 wrong-shape: `at` of environment `t` must be a map, found a list
    "#]],
    );
}

#[test]
fn drills_are_never_or_not_written() {
    check(
        &file("environments: {s: {drills: nevr}, t: {drills: [never]}, u: text}\n"),
        expect![[r#"
        3:28 unknown-word: `drills` of environment `s` cannot be `nevr` (did you mean `never`?)
        3:47 wrong-value: `drills` of environment `t` must be a word, found a list
        3:60 wrong-shape: environment `u` must be a map, found text
    "#]],
    );
    // What is not understood allows nothing.
    let system = read(&file("environments: {s: {drills: nevr}, u: text}\n")).0.expect("is a map");
    assert!(system.environments["s"].drills_never && system.environments["u"].drills_never);
}

#[test]
fn a_gate_requires_a_grade() {
    check(
        &file(
            "gate: {model: bmad}\nenvironments: {s: {gate: {model: bmad, require: live}}, t: {gate: {model: levels, require: lvie}}, u: {gate: live}}\n",
        ),
        expect![[r#"
            4:75 gate-model: gate of environment `t` names model `levels`, and the model of the file is `bmad` (one model decides for all environments: write it under the top `gate`)
            4:92 unknown-word: `require` of gate of environment `t` cannot be `lvie` (did you mean `live`?)
            4:110 wrong-shape: gate of environment `u` must be a map, found text
        "#]],
    );
    check(
        &file("environments: {s: {gate: {model: bmad, requires: live}}}\n"),
        expect![[r#"
            3:40 unknown-key: unknown key `requires` in gate of environment `s` (did you mean `require`?)
        "#]],
    );
}

#[test]
fn names_are_names() {
    check(
        &file("environments: {'a b': {}, Prod: {}, prod: {}, x: {alow: []}}\n"),
        expect![[r#"
        3:16 bad-name: `a b` cannot name an environment (a name has 1 to 64 bytes of letters, digits, `-`, `_` and `.`)
        3:37 warning case-names: environments `prod` and `Prod` differ only by case (give one of them another name)
        3:51 unknown-key: unknown key `alow` in environment `x` (did you mean `allow`?)
    "#]],
    );
}
