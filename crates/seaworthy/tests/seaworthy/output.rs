//! How results leave the program: pure JSON on stdout, progress on stderr, colors only where somebody sees them, and a
//! reader that goes away is no accident.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::schema::faults;
use crate::small::post_office;
use crate::world::{Said, World, repository};

const ESCAPE: char = '\u{1b}';

/// A published shape, `docs/schema/NAME.schema.json`.
pub(crate) fn published(name: &str) -> Value {
    let path = repository().join(format!("docs/schema/{name}.schema.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn lint_says_what_the_design_promises() {
    let world = World::event_tracker();
    world.replace(
        "docs/risks.md",
        "| Medium | High | 6 | Mitigated (written whole",
        "| Medium | High | 5 | Mitigated (written whole",
    );
    let found = world.run(&["lint", "--format", "json"]).exits(1).json();
    assert_eq!(faults(&published("lint"), &found), Vec::<String>::new());
    let risks = found["registers"][0]["risks"].as_array().unwrap();
    assert_eq!(risks.len(), 13);
    for risk in risks {
        for name in ["likelihood", "impact", "score", "status", "owner", "mitigation"] {
            let field = &risk["fields"][name];
            let whole = field["text"].is_string() && field["value"].is_string() && field["line"].is_u64();
            assert!(whole, "{name} of {risk:#}");
        }
    }
    let mismatch = &found["findings"][0];
    assert_eq!((&mismatch["rule"], &mismatch["line"]), (&json!("score-mismatch"), &json!(13)), "{found:#}");
}

#[test]
fn impact_says_what_the_design_promises() {
    let world = World::event_tracker();
    let found = world.run(&["impact", "--format", "json"]).exits(0).json();
    assert_eq!(faults(&published("impact"), &found), Vec::<String>::new());
    assert!(found["spofs"].as_array().unwrap().contains(&json!({"flow": "track", "component": "db"})), "{found:#}");
    assert_eq!(found["flows"].as_array().unwrap().len(), 8);
}

#[test]
fn json_is_all_of_stdout_and_progress_is_on_stderr() {
    let world = post_office();
    let said = world.run(&["prove", "--only", "R-1", "--format", "json"]).exits(0);
    assert!(said.out.starts_with('{') && said.out.ends_with("}\n"), "{}", said.out);
    assert_eq!(said.json()["schema"], "seaworthy.prove/1");
    assert!(said.err.contains("[ 2/3] http.check R-1/answers") && said.err.contains("report: "), "{}", said.err);
    let human = world.run(&["prove", "--only", "R-1"]).exits(0);
    assert!(human.out.contains("Decision: PASS") && human.out.contains("R-1"), "{}", human.out);
    assert!(!human.out.contains("[ 2/3]") && human.err.contains("[ 2/3]"), "{}{}", human.out, human.err);
}

#[test]
fn only_a_terminal_gets_colors_and_only_when_it_wants_them() {
    let world = post_office();
    world.replace("seaworthy.yaml", "needs: hard", "needs: much");
    let plain = world.run(&["lint"]).exits(1);
    assert!(!format!("{}{}", plain.out, plain.err).contains(ESCAPE), "{}", plain.err);
    let mut unset = world.command(&["lint"]);
    let unset = Said::of(unset.env_remove("NO_COLOR").env_remove("CI").output().unwrap()).exits(1);
    assert!(!format!("{}{}", unset.out, unset.err).contains(ESCAPE), "a pipe is no terminal: {}", unset.err);
    let always = world.run(&["--color", "always", "lint"]).exits(1);
    assert!(always.err.contains(ESCAPE) && !always.out.contains(ESCAPE), "{}", always.err);
    let shown = |no_color: &str, words: &str| on_a_terminal(&world, no_color, words);
    assert!(shown("", "lint").contains(ESCAPE));
    assert!(!shown("1", "lint").contains(ESCAPE));
    assert!(!shown("", "lint --color never").contains(ESCAPE));
    assert!(!shown("1", "--help").contains(ESCAPE));
}

/// What `seaworthy` shows on a terminal, which `script` of util-linux makes.
fn on_a_terminal(world: &World, no_color: &str, words: &str) -> String {
    let command = format!("{} {words}", env!("CARGO_BIN_EXE_seaworthy"));
    let mut script = Command::new("script");
    script.args(["--quiet", "--command", &command, "/dev/null"]).current_dir(world.path());
    script.env("SEAWORTHY_STATE_DIR", world.state()).env("NO_COLOR", no_color).env_remove("CI").env("TERM", "xterm");
    let Output { stdout, .. } = script.stdin(std::process::Stdio::null()).output().unwrap();
    let shown = String::from_utf8_lossy(&stdout).into_owned();
    assert!(shown.contains("much") || shown.contains("Usage"), "{shown}");
    shown
}

#[test]
fn a_reader_that_goes_away_is_no_accident() {
    let world = World::event_tracker();
    let report = Path::new(".seaworthy/report.html");
    for words in [
        "--help",
        "",
        "lint --format json",
        "impact",
        "impact --format json",
        "drill plan",
        "prove --only DATA-4 --format json",
        "prove --only DATA-4",
    ] {
        for reader in ["head -1", "true"] {
            let line =
                format!("{{ {} {words}; echo \"ended with $?\" >&2; }} | {reader}", env!("CARGO_BIN_EXE_seaworthy"));
            let mut shell = Command::new("sh");
            shell.args(["-c", &line]).current_dir(world.path()).env("SEAWORTHY_STATE_DIR", world.state());
            let said = Said::of(shell.output().unwrap());
            assert!(!said.err.contains("panicked") && said.err.contains("ended with 0\n"), "{line}\n{}", said.err);
        }
        assert_eq!(world.path().join(report).exists(), words.starts_with("prove"), "{words}");
        if words.starts_with("prove") {
            std::fs::remove_file(world.path().join(report)).unwrap();
        }
    }
}
