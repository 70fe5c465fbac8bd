//! Wrong files, dozens of shapes of them: each is refused with exit code 2, says where and what to do, tells all of its
//! mistakes at once, and nothing is started.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use expect_test::expect;

use crate::aftermath::alive;
use crate::world::{Said, World};

const RISKS: &str = crate::small::RISKS;

/// A sound file, if somebody were to build the service.
const SOUND: &str = r#"seaworthy: 1
name: post office
registers: [docs/risks.md]
system:
  components:
    web: {kind: client}
    post:
      kind: service
      start: touch started ${port}
      ready: /health
      ready_within: 1s
  edges:
    web->post:
      needs: hard
      guard: {timeout: 500ms}
  flows:
    look:
      path: [web, post]
      slo: {success: 99%}
      load: {request: GET /mails, rate: 150/s, good: [200]}
claims:
  R-1:
    answers:
      says: the post answers
      probe: http.check
      with: {component: post, path: /health}
      expect: "obs.status == 200"
  R-2:
    fails-fast:
      drill: dependency-down
      with: {edge: web->post, mode: slow, flow: look, off: {guard: bypass}}
      expect: "obs.p95 < 1s"
acceptances:
  R-3: {owner: post team, approved_by: head of post, until: 2090-01-01, reason: it is rare}
gate: {model: bmad, require: live}
"#;

fn sound() -> World {
    let world = World::empty();
    world.write("seaworthy.yaml", SOUND);
    world.write("docs/risks.md", RISKS);
    world
}

/// Runs `prove`, and says what does not hold of what must hold for every wrong file.
fn run(world: &World) -> (Said, Vec<&'static str>) {
    let temporary = tempfile::tempdir().unwrap();
    let said = Said::of(world.command(&["prove"]).env("TMPDIR", temporary.path()).output().unwrap());
    let made = |name: &str| world.path().join(name).exists();
    let checks = [
        ("exit code 2", said.code == Some(2)),
        ("no panic", !said.err.contains("panicked")),
        ("no result", said.out.is_empty()),
        ("every problem says what to do", said.err.split("\n\n").all(says_what_to_do)),
        ("nothing started", !made("started") && !said.err.contains("starting")),
        ("no ledger", !made(".seaworthy")),
        ("no journal", is_empty(world.state())),
        ("no scratch directory", is_empty(temporary.path())),
        ("no process", alive(world).is_empty()),
    ];
    (said, checks.into_iter().filter(|(_, holds)| !holds).map(|(what, _)| what).collect())
}

/// Runs `prove`, and asserts what must hold for every wrong file.
fn refused(world: &World) -> Said {
    let (said, wrong) = run(world);
    assert!(wrong.is_empty(), "not so: {wrong:?}\n--- stdout\n{}\n--- stderr\n{}", said.out, said.err);
    said
}

/// By a help, or because the message says what is wanted.
fn says_what_to_do(problem: &str) -> bool {
    let wanted = ["help: ", "must be ", "such as ", "has no `", " is empty"];
    !problem.starts_with("error[") || wanted.iter().any(|words| problem.contains(words))
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

/// Each problem in one line: rule, file, line and column, and whether it says what to do.
fn brief(err: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in err.lines() {
        let rule = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["));
        if let Some((rule, _)) = rule.and_then(|rest| rest.split_once(']')) {
            found.push(rule.to_owned());
        }
        let Some(last) = found.last_mut() else { continue };
        if let Some(place) = line.trim_start().strip_prefix("--> ") {
            last.push_str(&format!(" {}", place.replace("seaworthy.yaml", "yaml").replace("docs/risks.md", "risks")));
        }
        if line.contains("help: ") {
            last.push('?');
        }
    }
    found
}

/// What is wrong with the world.
type Wrong = fn(&World);

fn yaml(world: &World, bytes: impl AsRef<[u8]>) {
    fs::write(world.path().join("seaworthy.yaml"), bytes).unwrap();
}

fn swap(world: &World, old: &str, new: &str) {
    world.replace("seaworthy.yaml", old, new);
}

fn check(cases: &[(&str, Wrong)], expected: &expect_test::Expect) {
    let (mut lines, mut failures) = (String::new(), Vec::new());
    for (name, wrong) in cases {
        let world = sound();
        wrong(&world);
        let (said, wrong) = run(&world);
        if !wrong.is_empty() {
            failures.push(format!("{name}: not so: {wrong:?}\n{}{}", said.out, said.err));
        }
        lines.push_str(&format!("{name}: {}\n", brief(&said.err).join(", ")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    expected.assert_eq(&lines);
}

#[test]
fn the_file_of_these_tests_is_sound() {
    let world = sound();
    let said = world.run(&["drill", "plan"]).exits(0);
    assert_eq!(said.err, "");
}

#[test]
fn a_wrong_register_is_refused_with_its_place() {
    let cases: &[(&str, Wrong)] = &[
        ("is missing", |w| swap(w, "docs/risks.md", "docs/rsks.md")),
        ("is a directory", |w| swap(w, "docs/risks.md", "docs")),
        ("is not UTF-8", |w| fs::write(w.path().join("docs/risks.md"), b"| ID |\n| \xff\xfe |\n").unwrap()),
        ("is empty", |w| w.write("docs/risks.md", "")),
        ("has no risks", |w| w.write("docs/risks.md", "# Notes\n\nNothing can go wrong here.\n")),
        ("has a table of something else", |w| w.write("docs/risks.md", "| Name | Age |\n|--|--|\n| Ann | 7 |\n")),
        ("is a pipe", |w| {
            fs::remove_file(w.path().join("docs/risks.md")).unwrap();
            assert!(Command::new("mkfifo").arg(w.path().join("docs/risks.md")).status().unwrap().success());
        }),
        ("is a loop of links", |w| {
            fs::remove_file(w.path().join("docs/risks.md")).unwrap();
            std::os::unix::fs::symlink("risks.md", w.path().join("docs/risks.md")).unwrap();
        }),
        ("is somewhere else", |w| swap(w, "docs/risks.md", "/etc/hostname")),
        ("is a web page", |w| swap(w, "docs/risks.md", "https://example.org/risks.md")),
        ("is 65 MiB", |w| w.write("docs/risks.md", &"| R-1 | x |\n".repeat(65 * 1024 * 1024 / 12 + 1))),
        ("is not named", |w| swap(w, "registers: [docs/risks.md]\n", "")),
        ("is a map", |w| swap(w, "[docs/risks.md]", "{a: b}")),
    ];
    check(
        cases,
        &expect![[r#"
        is missing: register-unreadable yaml:3:13?
        is a directory: register-unreadable yaml:3:13?
        is not UTF-8: register-unreadable yaml:3:13?
        is empty: register-empty risks?
        has no risks: register-empty risks?
        has a table of something else: register-empty risks?
        is a pipe: register-unreadable yaml:3:13?
        is a loop of links: register-unreadable yaml:3:13?
        is somewhere else: wrong-value yaml:3:13?, no-register yaml?
        is a web page: wrong-value yaml:3:13?, no-register yaml?
        is 65 MiB: register-unreadable yaml:3:13?
        is not named: no-register yaml?
        is a map: wrong-value yaml:3:12, no-register yaml?
    "#]],
    );
}

#[test]
fn what_is_not_plain_yaml_is_refused_with_its_place() {
    let cases: &[(&str, Wrong)] = &[
        ("a bracket is open", |w| swap(w, "[web, post]", "[web, post")),
        ("a quote is open", |w| swap(w, "\"obs.p95 < 1s\"", "\"obs.p95 < 1s")),
        ("indented by tabs", |w| swap(w, "    web: {kind: client}", "\tweb: {kind: client}")),
        ("indented by chance", |w| swap(w, "      ready: /health", "     ready: /health")),
        ("a tag", |w| swap(w, "\"obs.status == 200\"", "!obs.status == 200")),
        ("an anchor", |w| swap(w, "{kind: client}", "&web {kind: client}")),
        ("an alias", |w| swap(w, "ready: /health", "ready: *health")),
        ("a merge key", |w| swap(w, "      kind: service\n", "      kind: service\n      <<: {replicas: 2}\n")),
        ("a key twice", |w| swap(w, "name: post office", "name: post office\nname: post")),
        ("a component twice", |w| {
            swap(w, "    web: {kind: client}", "    web: {kind: client}\n    web: {kind: client}")
        }),
        ("two documents", |w| yaml(w, format!("{SOUND}---\n{SOUND}"))),
        ("nested 300 deep", |w| swap(w, "[web, post]", &("[".repeat(300) + &"]".repeat(300)))),
        ("empty", |w| yaml(w, "")),
        ("a list at the top", |w| yaml(w, "- seaworthy: 1\n")),
        ("a word at the top", |w| yaml(w, "hello\n")),
        ("JSON of something else", |w| yaml(w, "{\"name\": \"x\", \"version\": \"1.0.0\"}")),
        ("binary", |w| yaml(w, [0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0xfe, 0xff])),
        ("zero bytes", |w| yaml(w, SOUND.replace("post office", "post\0office"))),
        ("Latin-1", |w| yaml(w, b"seaworthy: 1\nname: caf\xe9\n")),
        ("UTF-16", |w| yaml(w, SOUND.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())),
        ("5 MiB", |w| yaml(w, SOUND.to_owned() + &"# a comment\n".repeat(5 * 1024 * 1024 / 12))),
        ("a BOM and a mistake", |w| yaml(w, format!("\u{feff}{}", SOUND.replace("ready:", "redy:")))),
        ("CRLF and a mistake", |w| yaml(w, SOUND.replace("ready:", "redy:").replace('\n', "\r\n"))),
        ("a mistake after an umlaut", |w| swap(w, "{kind: client}", "{\"ü\": ä, kind: clinet}")),
    ];
    check(
        cases,
        &expect![[r#"
        a bracket is open: yaml-syntax yaml:19:10?
        a quote is open: yaml-syntax yaml:32:15?
        indented by tabs: yaml-syntax yaml:6:2?
        indented by chance: yaml-syntax yaml:10:6?
        a tag: yaml-tag yaml:27:15?, expect-syntax yaml:27:15
        an anchor: yaml-anchor yaml:6:10?
        an alias: yaml-syntax yaml:10:14?
        a merge key: yaml-merge yaml:9:7?, unknown-key yaml:9:7?
        a key twice: duplicate-key yaml:3:1?
        a component twice: duplicate-key yaml:7:5?
        two documents: many-documents yaml:36:1?
        nested 300 deep: yaml-syntax yaml:18:268?
        empty: missing-key yaml:1:1, missing-key yaml:1:1, no-register yaml?
        a list at the top: wrong-shape yaml:1:1
        a word at the top: wrong-shape yaml:1:1
        JSON of something else: missing-key yaml:1:1, unknown-key yaml:1:15?, no-register yaml?
        binary: unreadable yaml?
        zero bytes: yaml-syntax yaml:2:11?
        Latin-1: unreadable yaml?
        UTF-16: yaml-syntax yaml:1:2?
        5 MiB: unreadable yaml?
        a BOM and a mistake: unknown-key yaml:10:7?
        CRLF and a mistake: unknown-key yaml:10:7?
        a mistake after an umlaut: unknown-key yaml:6:11?, unknown-word yaml:6:25?, idle-guard yaml:13:5?
    "#]],
    );
}

#[test]
fn what_names_nothing_is_refused_with_the_nearest_known() {
    let cases: &[(&str, Wrong)] = &[
        ("a key at the top", |w| swap(w, "registers:", "registres:")),
        ("a key of a component", |w| swap(w, "ready_within:", "ready_witin:")),
        ("a key of an edge", |w| swap(w, "needs:", "need:")),
        ("a key of a guard", |w| swap(w, "{timeout: 500ms}", "{timout: 500ms}")),
        ("a key to come", |w| swap(w, "{timeout: 500ms}", "{limit: {rate: 10/s}}")),
        ("a key of a claim", |w| swap(w, "says:", "say:")),
        ("a key of with", |w| swap(w, "path: /health}", "path: /health, tmes: 2}")),
        ("a key of the gate", |w| swap(w, "require: live", "requires: live")),
        ("a kind of component", |w| swap(w, "{kind: client}", "{kind: clinet}")),
        ("the end of an edge", |w| swap(w, "    web->post:\n", "    web->pots:\n")),
        ("a step of a path", |w| swap(w, "[web, post]", "[web, pots]")),
        ("a risk with claims", |w| swap(w, "  R-2:\n", "  R-9:\n")),
        ("a risk that is accepted", |w| swap(w, "  R-3: {owner", "  R-33: {owner")),
        ("a probe", |w| swap(w, "probe: http.check", "probe: http.chek")),
        ("a drill", |w| swap(w, "drill: dependency-down", "drill: dependency-dwon")),
        ("the component of a probe", |w| swap(w, "component: post", "component: pots")),
        ("the edge of a drill", |w| swap(w, "edge: web->post", "edge: web->pots")),
        ("the flow of a drill", |w| swap(w, "flow: look", "flow: lok")),
        ("the mode of a drill", |w| swap(w, "mode: slow", "mode: slwo")),
        ("a model of the gate", |w| swap(w, "model: bmad", "model: bmda")),
        ("a grade", |w| swap(w, "require: live", "require: lively")),
        ("a hole in a command", |w| swap(w, "touch started", "touch ${prot}")),
        ("an environment", |w| swap(w, "      says: the post answers\n", "      in: [staging]\n")),
    ];
    check(
        cases,
        &expect![[r#"
        a key at the top: unknown-key yaml:3:1?, no-register yaml?
        a key of a component: unknown-key yaml:11:7?
        a key of an edge: unknown-key yaml:14:7?
        a key of a guard: unknown-key yaml:15:15?
        a key to come: not-yet yaml:15:15?
        a key of a claim: unknown-key yaml:24:7?
        a key of with: unknown-key yaml:26:46?
        a key of the gate: unknown-key yaml:35:21?
        a kind of component: unknown-word yaml:6:17?, idle-guard yaml:13:5?
        the end of an edge: undeclared yaml:13:5?, missing-edge yaml:18:19?, unknown-name yaml:31:20?, no-guard yaml:31:60?
        a step of a path: undeclared yaml:18:19?, unknown-name yaml:31:49?
        a risk with claims: unknown-risk yaml:28:3?
        a risk that is accepted: unknown-risk yaml:34:3?
        a probe: unknown-probe yaml:25:14?
        a drill: unknown-drill yaml:30:14?
        the component of a probe: unknown-component yaml:26:25?
        the edge of a drill: unknown-name yaml:31:20?
        the flow of a drill: unknown-name yaml:31:49?
        the mode of a drill: unknown-word yaml:31:37?
        a model of the gate: unknown-word yaml:35:15?
        a grade: unknown-word yaml:35:30?
        a hole in a command: template yaml:9:14?, guard-upstream yaml:13:5?, load-upstream yaml:17:5?
        an environment: unknown-environment yaml:24:12?
    "#]],
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let cases: &[(&str, Wrong)] = &[
        ("a newer format", |w| swap(w, "seaworthy: 1", "seaworthy: 2")),
        ("no format", |w| swap(w, "seaworthy: 1\n", "")),
        ("an expect that does not parse", |w| swap(w, "obs.p95 < 1s", "obs.p95 << 1s")),
        ("an expect of two kinds", |w| swap(w, "obs.p95 < 1s", "obs.p95 < 'fast'")),
        ("an expect that is always true", |w| swap(w, "obs.p95 < 1s", "true")),
        ("an expect that reads nothing", |w| swap(w, "obs.p95 < 1s", "1 < 2")),
        ("an expect that no reading turns", |w| swap(w, "obs.status == 200", "obs.status == obs.status")),
        ("no expect", |w| swap(w, "      expect: \"obs.p95 < 1s\"\n", "")),
        ("neither probe nor drill", |w| swap(w, "      probe: http.check\n", "")),
        ("probe and drill", |w| {
            swap(w, "      probe: http.check\n", "      probe: http.check\n      drill: restart\n")
        }),
        ("a claim without a name", |w| swap(w, "    fails-fast:\n", "")),
        ("no approver", |w| swap(w, "approved_by: head of post, ", "")),
        ("approved by the owner", |w| swap(w, "approved_by: head of post", "approved_by: \"Post  Team\"")),
        ("a day that does not exist", |w| swap(w, "2090-01-01", "2090-02-30")),
        ("a day of another country", |w| swap(w, "2090-01-01", "01.02.2090")),
        ("a reason without words", |w| swap(w, "reason: it is rare", "reason: \"\"")),
        ("a duration without a unit", |w| swap(w, "timeout: 500ms", "timeout: 500")),
        ("a negative rate", |w| swap(w, "rate: 150/s", "rate: -150/s")),
        ("a share above all", |w| swap(w, "success: 99%", "success: 199%")),
        ("half a replica", |w| swap(w, "      kind: service\n", "      kind: service\n      replicas: 1.5\n")),
        ("a drill on an edge without a guard", |w| swap(w, "      guard: {timeout: 500ms}\n", "")),
        ("a load that meets nothing", |w| swap(w, "path: [web, post]", "path: [web]")),
        ("a restart of what is not ours", |w| {
            swap(w, "      start: touch started ${port}\n", "      at: 127.0.0.1:1\n");
            swap(w, "drill: dependency-down", "drill: restart");
        }),
        ("a quote in a command is open", |w| swap(w, "touch started", "sh -c 'touch started")),
        ("yes in place of a word", |w| swap(w, "needs: hard", "needs: yes")),
    ];
    check(
        cases,
        &expect![[r#"
        a newer format: format-version yaml:1:12?
        no format: missing-key yaml:1:1
        an expect that does not parse: expect-syntax yaml:32:25
        an expect of two kinds: expect-type yaml:32:26?
        an expect that is always true: claim-cannot-fail yaml:32:16?
        an expect that reads nothing: claim-cannot-fail yaml:32:16?
        an expect that no reading turns: claim-cannot-fail yaml:27:16?
        no expect: missing-key yaml:30:7
        neither probe nor drill: missing-key yaml:24:7?
        probe and drill: wrong-look yaml:26:14?
        a claim without a name: missing-name yaml:28:3?
        no approver: missing-key yaml:34:8
        approved by the owner: own-approval yaml:34:40?
        a day that does not exist: wrong-value yaml:34:61
        a day of another country: wrong-value yaml:34:61
        a reason without words: wrong-value yaml:34:81
        a duration without a unit: wrong-value yaml:15:24
        a negative rate: wrong-value yaml:20:41
        a share above all: wrong-value yaml:19:22
        half a replica: wrong-value yaml:9:17
        a drill on an edge without a guard: no-guard yaml:30:20?, no-guard yaml:30:60?
        a load that meets nothing: short-path yaml:18:13?, unknown-name yaml:31:49?
        a restart of what is not ours: missing-key yaml:31:13, unknown-key yaml:31:14?, unknown-key yaml:31:31?
        a quote in a command is open: wrong-command yaml:9:14?
        yes in place of a word: unknown-word yaml:14:14?
    "#]],
    );
}

#[test]
fn a_wrong_place_is_refused_and_says_where_to_look() {
    let world = sound();
    fs::rename(world.path().join("seaworthy.yaml"), world.path().join("other.yaml")).unwrap();
    expect![[r#"
        error: there is no ./seaworthy.yaml
          help: point to the directory that holds it: `seaworthy prove DIR`
    "#]]
    .assert_eq(&refused(&world).err);
    fs::create_dir(world.path().join("seaworthy.yaml")).unwrap();
    expect![[r#"
        error: there is no ./seaworthy.yaml
          help: point to the directory that holds it: `seaworthy prove DIR`
    "#]]
    .assert_eq(&refused(&world).err);
    for arguments in [&["prove", "nowhere"][..], &["prove", "docs/risks.md/x"], &["ledger", "verify", "nowhere"]] {
        let said = world.run(arguments).exits(2);
        assert!(said.err.contains("error: ") && said.err.contains("help: "), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let world = sound();
    for (old, new) in [
        ("registers: [docs/risks.md]", "registers: [docs/risks.md, docs/more.md]"),
        ("ready_within: 1s", "ready_witin: 1s"),
        ("timeout: 500ms", "timeout: soon"),
        ("rate: 150/s", "rate: fast"),
        ("http.check", "http.chek"),
        ("obs.p95 < 1s", "obs.p95 <"),
        ("approved_by: head of post", "approved_by: post team"),
    ] {
        swap(&world, old, new);
    }
    expect![[r#"
        error[unknown-key]: unknown key `ready_witin` in component `post`
          --> seaworthy.yaml:11:7
           |
        11 |       ready_witin: 1s
           |       ^^^^^^^^^^^
           |
           = help: did you mean `ready_within`?

        error[wrong-value]: `timeout` of the guard of `web->post` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `soon`
          --> seaworthy.yaml:15:24
           |
        15 |       guard: {timeout: soon}
           |                        ^^^^

        error[wrong-value]: `rate` of load of flow `look` must be a rate such as `100/s` or `60/m`, found `fast`
          --> seaworthy.yaml:20:41
           |
        20 |       load: {request: GET /mails, rate: fast, good: [200]}
           |                                         ^^^^

        error[register-unreadable]: register `docs/more.md` cannot be read: cannot read ./docs/more.md: No such file or directory (os error 2)
         --> seaworthy.yaml:3:28
          |
        3 | registers: [docs/risks.md, docs/more.md]
          |                            ^^^^^^^^^^^^
          |
          = help: paths are relative to seaworthy.yaml

        error[expect-syntax]: expected a value such as `obs.status`, `401` or `'text'`, found the end
          --> seaworthy.yaml:32:25
           |
        32 |       expect: "obs.p95 <"
           |                         ^

        error[own-approval]: the acceptance of `R-3` is approved by its own owner
          --> seaworthy.yaml:34:40
           |
        34 |   R-3: {owner: post team, approved_by: post team, until: 2090-01-01, reason: it is rare}
           |                                        ^^^^^^^^^
           |
           = help: somebody other than the owner must agree

        error[unknown-probe]: `http.chek` is no kind of probe
          --> seaworthy.yaml:25:14
           |
        25 |       probe: http.chek
           |              ^^^^^^^^^
           |
           = help: did you mean `http.check`?

        7 errors
    "#]].assert_eq(&refused(&world).err);
}

#[test]
fn what_was_asked_for_and_is_not_there_is_usage() {
    let world = sound();
    for (arguments, named) in [
        (["prove", "--only", "R-77"], "R-77"),
        (["prove", "--environment", "prod"], "prod"),
        (["prove", "--format", "yaml"], "yaml"),
        (["prove", "--seed", "many"], "many"),
        (["prove", "--frobnicate", "now"], "frobnicate"),
    ] {
        let said = world.run(&arguments).exits(2);
        assert!(said.err.contains(named) && !said.err.contains("panicked"), "{arguments:?}: {}", said.err);
        assert!(!world.path().join(".seaworthy").exists() && is_empty(world.state()), "{arguments:?}");
    }
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let world = sound();
    let path = world.path().join("seaworthy.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: a_file_that_may_not_be_read_is_named: root may read everything");
        return;
    }
    expect![[r#"
        error[unreadable]: cannot read ./seaworthy.yaml: Permission denied (os error 13)
        --> seaworthy.yaml
         = help: it must be a text file in UTF-8 of at most 4194304 bytes that you may read

        1 error
    "#]]
    .assert_eq(&refused(&world).err);
}
