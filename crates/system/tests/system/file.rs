//! The top of the file.

use expect_test::expect;

use crate::world::{check, file, read};

#[test]
fn an_empty_file_is_no_system() {
    let (system, _) = read("");
    assert!(system.is_none());
}

#[test]
fn a_root_that_is_no_map_is_no_system() {
    assert!(read("- seaworthy: 1\n").0.is_none());
    check(
        "- seaworthy: 1\n",
        expect![[r#"
        1:1 wrong-shape: the file must be a map, found a list
    "#]],
    );
    check(
        "just text\n",
        expect![[r#"
        1:1 wrong-shape: the file must be a map, found text
    "#]],
    );
}

#[test]
fn the_format_and_the_name_are_mandatory() {
    check(
        "registers: [a.md]\n",
        expect![[r#"
        1:1 missing-key: the file has no `seaworthy`
        1:1 missing-key: the file has no `name`
    "#]],
    );
    check(
        "seaworthy:\nname:\n",
        expect![[r#"
        1:1 missing-key: the file has no `seaworthy`
        1:1 missing-key: the file has no `name`
    "#]],
    );
}

#[test]
fn another_format_is_named_newer_or_older() {
    check(
        "seaworthy: 2\nname: t\n",
        expect![[r#"
        1:12 format-version: the file is written for a newer version of seaworthy (format 2) (this version reads `seaworthy: 1`)
    "#]],
    );
    check(
        "seaworthy: 0\nname: t\n",
        expect![[r#"
        1:12 format-version: the file is written for an older version of seaworthy (format 0) (this version reads `seaworthy: 1`)
    "#]],
    );
    check(
        "seaworthy: one\nname: t\n",
        expect![[r#"
        1:12 format-version: `seaworthy` must be the number of the file's format (this version reads `seaworthy: 1`)
    "#]],
    );
    check(
        "seaworthy: 1.0\nname: t\n",
        expect![[r#"
        1:12 format-version: `seaworthy` must be the number of the file's format (this version reads `seaworthy: 1`)
    "#]],
    );
    check(
        "seaworthy: [1]\nname: t\n",
        expect![[r#"
        1:12 format-version: `seaworthy` must be the number of the file's format (this version reads `seaworthy: 1`)
    "#]],
    );
}

#[test]
fn a_name_is_one_line_of_text() {
    check(
        "seaworthy: 1\nname: [a]\n",
        expect![[r#"
        2:7 wrong-value: `name` must be one line of 1 to 200 bytes, found a list (name the system as people call it)
    "#]],
    );
    check(
        "seaworthy: 1\nname: ''\n",
        expect![[r#"
        2:7 wrong-value: `name` must be one line of 1 to 200 bytes, found `` (name the system as people call it)
    "#]],
    );
    check(
        "seaworthy: 1\nname: \"a\\nb\"\n",
        expect![[r#"
        2:7 wrong-value: `name` must be one line of 1 to 200 bytes, found `a\nb` (name the system as people call it)
    "#]],
    );
}

#[test]
fn an_unknown_key_has_a_nearest_one() {
    check(
        &file("registres: [a.md]\nzzzzzzzzzzzz: 1\n"),
        expect![[r#"
            3:1 unknown-key: unknown key `registres` in the file (did you mean `registers`?)
            4:1 unknown-key: unknown key `zzzzzzzzzzzz` in the file (known keys: acceptances, aliases, claims, columns, environments, exec, gate, ledger, lint, name, registers, score, seaworthy, system)
        "#]],
    );
}

#[test]
fn what_comes_later_is_refused_by_name() {
    check(
        &file("include: [ops/claims.yaml]\nsystems: [a, b]\n"),
        expect![[r#"
        3:1 not-yet: `include` of the file is not provided by this version (remove the key; nothing would act on it)
        4:1 not-yet: `systems` of the file is not provided by this version (remove the key; nothing would act on it)
    "#]],
    );
}

#[test]
fn registers_are_paths_beside_the_file() {
    check(
        &file("registers: ['', /etc/risks.md, 'https://x/y.md', a.md, a.md, [b.md], {c: d}]\n"),
        expect![[r#"
        3:13 wrong-value: `` is not a path beside this file (write the path of a Markdown file, relative to this file)
        3:17 wrong-value: `/etc/risks.md` is not a path beside this file (write the path of a Markdown file, relative to this file)
        3:32 wrong-value: `https://x/y.md` is not a path beside this file (write the path of a Markdown file, relative to this file)
        3:56 warning twice: register `a.md` is named twice (name it once)
        3:62 wrong-value: `registers` of the file must be text, found a list
        3:70 wrong-value: `registers` of the file must be text, found a map
    "#]],
    );
    let (system, problems) = read(&file("registers: docs/risks.md\n"));
    assert!(problems.is_empty());
    assert_eq!(system.expect("is a map").registers[0].0, "docs/risks.md");
}

#[test]
fn columns_map_headings_to_nouns() {
    check(
        &file("columns: [Schwere]\n"),
        expect![[r#"
        3:10 wrong-shape: columns must be a map, found a list
    "#]],
    );
    check(
        &file("columns: {Schwere: [impact], Eintritt: likelihood}\n"),
        expect![[r#"
        3:11 wrong-value: `Schwere` of columns must be text, found a list (write a text; an empty one is `""`)
    "#]],
    );
    let (system, _) = read(&file("columns: {Schwere: [impact], Eintritt: likelihood}\n"));
    assert_eq!(system.expect("is a map").columns.len(), 1);
}

#[test]
fn exec_allows_single_programs() {
    check(
        &file("exec: {allow: ['git status', '', git], deny: x}\n"),
        expect![[r#"
        3:16 wrong-value: `git status` is not one program (name the program only, such as `git`; its arguments are the probe's)
        3:30 wrong-value: `` is not one program (name the program only, such as `git`; its arguments are the probe's)
        3:40 unknown-key: unknown key `deny` in exec (known keys: allow)
    "#]],
    );
    check(
        &file("exec: git\n"),
        expect![[r#"
        3:7 wrong-shape: exec must be a map, found text
    "#]],
    );
}

#[test]
fn a_system_without_components_is_remarked() {
    check(
        &file("system: {}\n"),
        expect![[r#"
        3:9 warning empty-system: `system` declares no components (list what runs under `components`)
    "#]],
    );
    check(
        &file("system: [a]\n"),
        expect![[r#"
        3:9 wrong-shape: system must be a map, found a list
    "#]],
    );
    check(
        &file("system: {components: [api], edges: text, flows: 3, shared_fate: [x]}\n"),
        expect![[r#"
        3:22 wrong-shape: components must be a map, found a list
        3:36 wrong-shape: edges must be a map, found text
        3:49 wrong-shape: flows must be a map, found text
        3:65 wrong-shape: shared_fate must be a map, found a list
    "#]],
    );
}

#[test]
fn problems_come_in_the_order_of_the_file() {
    let (_, problems) =
        read(&file("zzz: 1\nsystem:\n  components: {a: {kind: x}, b: {}}\n  edges: {a->c: }\nyyy: 2\n"));
    let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
    assert!(lines.is_sorted(), "{lines:?}");
    assert!(lines.len() >= 5, "{lines:?}");
}

#[test]
fn a_ledger_elsewhere_is_named_without_a_password() {
    for sound in
        ["postgres://ann:${env:WORD}@db.example/risks", "postgresql://ann@127.0.0.1:5433/risks", "sqlite:../kept.db"]
    {
        let source = text::Source::new("seaworthy.yaml", file(&format!("ledger: {sound}\n")));
        let (node, mut problems) = text::read_yaml(&source);
        let system = system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a map");
        assert_eq!(
            (system.ledger.map(|template| template.text), problems.as_slice()),
            (Some(sound.to_owned()), &[][..])
        );
    }
    for broken in [
        "postgres://ann:secret@db/risks",
        "postgres://ann@db/risks?password=secret",
        "mysql://ann@db/risks",
        "'sqlite:'",
        "''",
        "[a]",
        "'postgres://ann:${env:W ORD}@db/risks'",
    ] {
        let source = text::Source::new("seaworthy.yaml", file(&format!("ledger: {broken}\n")));
        let (node, mut problems) = text::read_yaml(&source);
        system::read(&source, &node.expect("is YAML"), &mut problems).expect("is a map");
        assert_eq!(problems.len(), 1, "{broken}: {problems:?}");
        assert!(!problems[0].message.contains("secret"), "{problems:?}");
    }
}
