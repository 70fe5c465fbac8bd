//! `file.value`: each format, and what counts as seen, as absent, and as nothing.

use std::os::unix::fs::symlink;

use evidence::Grade;

use crate::world::{Place, blind, broken, held, not_seen, text};

#[tokio::test]
async fn a_value_holds_and_the_same_value_inverted_in_a_copy_turns() {
    let place = Place::new();
    let with = "{path: deploy/values.yaml, at: $.app.cors.allow_any}";
    place.write("deploy/values.yaml", "app:\n  cors:\n    allow_any: false\n");
    let sound = place.look("file.value", with).await;
    held(&sound, "obs.found && obs.value == false");
    assert_eq!((sound.source.as_str(), sound.grade), ("deploy/values.yaml:3", Some(Grade::Declared)));
    place.write("deploy/values.yaml", "app:\n  cors:\n    allow_any: true\n");
    broken(&place.look("file.value", with).await, "obs.found && obs.value == false");
    place.write("deploy/values.yaml", "app:\n  cors: {}\n");
    let gone = place.look("file.value", with).await;
    broken(&gone, "obs.found && obs.value == false");
    assert_eq!(gone.grade, Some(Grade::Absent));
    place.write("deploy/values.yaml", "app:\n  cors:\n    allow_any: 'false'\n");
    let quoted = place.look("file.value", with).await;
    assert!(!matches!(crate::world::verdict(&quoted, "obs.value == false"), evidence::Verdict::Held));
}

#[tokio::test]
async fn every_format_is_read_with_its_line_and_its_type() {
    let place = Place::new();
    let cases = [
        ("a.yaml", "b: 1\nc:\n  - d: 250\n", "$.c[0].d", 3, "obs.value == 250"),
        ("a.json", "{\n\t\"c\": {\n\t\t\"d\": 2.5}}", "$.c.d", 3, "obs.value == 2.5"),
        ("a.toml", "[c]\n# x\nd = 1_000\n", "$.c.d", 3, "obs.value == 1000"),
        ("b.toml", "d = 0x1F\n", "$.d", 1, "obs.value == 31"),
        (".env", "# x\nexport D=\"a b\" # c\n", "D", 2, "obs.value == 'a b'"),
        ("x/app.properties", "a.b: 7\n", "a.b", 1, "obs.value == 7"),
        ("c.yaml", "t: 500ms\n", "$.t", 1, "obs.quantity < 1s && obs.value == '500ms'"),
        ("d.yaml", "l: [1, 2, 3]\n", "$.l", 1, "size(obs.value) == 3 && obs.size == 3 && 2 in obs.value"),
        ("e.yaml", "l: [{n: 1}, {n: 5}]\n", "$.l[*].n", 1, "obs.count == 2 && size(obs.values) == 2"),
        ("f.yaml", "m: {a: 1, b: 2}\n", "$.m", 1, "obs.size == 2 && 'a' in obs.keys"),
        ("g.yaml", "v: 007\n", "$.v", 1, "obs.text == '007' && obs.value == '007'"),
    ];
    for (path, content, at, line, expect) in cases {
        place.write(path, content);
        let seen = place.look("file.value", &format!("{{path: {path}, at: '{at}'}}")).await;
        held(&seen, expect);
        assert_eq!(seen.source, format!("{path}:{line}"));
    }
}

#[tokio::test]
async fn a_missing_file_is_absent_only_where_its_directory_is() {
    let place = Place::new();
    place.write("deploy/a.yaml", "a: 1\n");
    let missing = place.look("file.value", "{path: deploy/secret.env, at: KEY}").await;
    held(&missing, "obs.found == false && obs.count == 0");
    assert_eq!((missing.subjects, missing.grade), (1, Some(Grade::Absent)));
    not_seen(&missing, "obs.value == 'x'");
    let nowhere = place.look("file.value", "{path: deplyo/secret.env, at: KEY}").await;
    blind(&nowhere, "its directory does not exist");
    not_seen(&nowhere, "obs.found == false");
}

#[tokio::test]
async fn a_file_outside_of_the_repository_is_not_read() {
    let place = Place::new();
    outside::files::write_whole(&place.around().join("outside.yaml"), b"key: secret\n").expect("writes");
    blind(&place.look("file.value", "{path: ../outside.yaml, at: $.key}").await, "leads out of the repository");
    blind(&place.look("file.value", "{path: ../none.yaml, at: $.key}").await, "leads out of the repository");
    symlink(place.around().join("outside.yaml"), place.world.directory.join("link.yaml")).expect("links");
    blind(&place.look("file.value", "{path: link.yaml, at: $.key}").await, "leads out of the repository");
    symlink("gone.yaml", place.world.directory.join("dangling.yaml")).expect("links");
    blind(&place.look("file.value", "{path: dangling.yaml, at: $.key}").await, "a link to something");
    std::fs::create_dir(place.world.directory.join("dir.yaml")).expect("makes");
    blind(&place.look("file.value", "{path: dir.yaml, at: $.key}").await, "is not a file");
}

#[tokio::test]
async fn what_readers_disagree_about_is_not_seen() {
    let place = Place::new();
    for (content, why) in [
        ("a: 1\na: 2\n", "written twice"),
        ("b: &x {a: 1}\nc: *x\n", "aliases"),
        ("b: &x {a: 1}\nc: {<<: *x}\n", "aliases"),
        ("a: !Ref thing\n", "tag"),
        ("a: [1\n", "a.yaml:"),
        ("a: 1\n---\na: 2\n", "2 documents"),
    ] {
        place.write("a.yaml", content);
        let seen = place.look("file.value", "{path: a.yaml, at: $.a}").await;
        blind(&seen, why);
        not_seen(&seen, "obs.found == false");
    }
    place.write("a.json", "{\"a\": 1, \"a\": 2}");
    blind(&place.look("file.value", "{path: a.json, at: $.a}").await, "written twice");
    place.write("a.toml", "a = 1\na = 2\n");
    blind(&place.look("file.value", "{path: a.toml, at: $.a}").await, "a.toml:2");
    std::fs::copy("/proc/self/exe", place.world.directory.join("b.yaml")).expect("copies");
    blind(&place.look("file.value", "{path: b.yaml, at: $.a}").await, "larger than");
}

#[tokio::test]
async fn one_of_several_documents_is_read_with_the_lines_of_the_file() {
    let place = Place::new();
    place.write("m.yaml", "# first\nkind: A\n---\nkind: B\nspec: {n: 2}\n---\n# empty\n---\nkind: C\n");
    let seen = place.look("file.value", "{path: m.yaml, at: $.kind, document: 2}").await;
    held(&seen, "obs.value == 'B'");
    assert_eq!(seen.source, "m.yaml:4");
    held(&place.look("file.value", "{path: m.yaml, at: $.kind, document: 3}").await, "obs.value == 'C'");
    blind(&place.look("file.value", "{path: m.yaml, at: $.kind, document: 4}").await, "only 3");
}

#[tokio::test]
async fn nothing_and_null_are_told_apart() {
    let place = Place::new();
    place.write("a.yaml", "a:\nb: [null, 1]\n");
    let empty = place.look("file.value", "{path: a.yaml, at: $.a}").await;
    held(&empty, "obs.found && obs.count == 1");
    not_seen(&empty, "obs.value == 1");
    let gaps = place.look("file.value", "{path: a.yaml, at: $.b}").await;
    held(&gaps, "obs.size == 2");
    not_seen(&gaps, "size(obs.value) == 1");
    place.write("empty.yaml", "");
    held(&place.look("file.value", "{path: empty.yaml, at: $.a}").await, "obs.found == false");
}

#[tokio::test]
async fn a_known_secret_in_a_file_is_not_kept() {
    let mut place = Place::new();
    place.write(".env", "KEY=hunter2-hunter2\n");
    place.world.redactor = outside::secret::Redactor::new(["hunter2-hunter2".to_owned()]);
    let seen = place.look("file.value", "{path: .env, at: KEY}").await;
    assert_eq!(text(&seen, "value"), "***");
    assert!(!format!("{seen:?}").contains("hunter2"));
}
