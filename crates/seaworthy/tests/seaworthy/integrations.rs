//! The hooks and the action call commands that exist, with flags that exist.

use std::process::Command;

use text::{Node, Source, read_yaml};

use crate::world::{World, repository};

fn yaml(name: &str) -> Node {
    let text = std::fs::read_to_string(repository().join(name)).unwrap();
    let (node, problems) = read_yaml(&Source::new(name, text));
    assert!(problems.is_empty(), "{problems:?}");
    node.unwrap()
}

#[test]
fn every_hook_calls_a_command_that_exists() {
    let world = World::empty();
    world.write(
        "risks.md",
        "| ID | Risk | Impact | Owner | Status |\n|---|---|---|---|---|\n| R-1 | Loss of mail | High | ops | Open |\n",
    );
    let hooks = yaml(".pre-commit-hooks.yaml");
    let mut entries = 0;
    for hook in hooks.as_list().unwrap() {
        let entry = hook.get("entry").and_then(Node::as_text).unwrap();
        let words: Vec<&str> = entry.split_whitespace().skip(1).collect();
        let said = world.run(&words);
        assert!(!said.err.contains("Usage:"), "{entry}: {}", said.err);
        entries += 1;
    }
    assert_eq!(entries, 3);
}

/// The script of the action, with our program, as a runner would call it.
fn act(world: &World, inputs: &[(&str, &str)]) -> (i32, String, String) {
    let action = yaml("action.yml");
    let step = &action.get("runs").and_then(|runs| runs.get("steps")).and_then(Node::as_list).unwrap()[0];
    let script = step.get("run").and_then(Node::as_text).unwrap();
    let summary = world.path().join("summary.md");
    let mut command = Command::new("bash");
    command.args(["-c", script]).current_dir(world.path()).env("GITHUB_STEP_SUMMARY", &summary);
    for name in ["PROGRAM", "TARGET", "SINCE", "BASELINE", "SARIF"] {
        command.env(name, inputs.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value));
    }
    let output = command.env("PROGRAM", env!("CARGO_BIN_EXE_seaworthy")).output().unwrap();
    let summary = std::fs::read_to_string(summary).unwrap_or_default();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned(), summary)
}

#[test]
fn the_action_annotates_summarizes_and_fails() {
    let world = World::empty();
    let row = "| ID | Risk | Prob (1-3) | Impact (1-3) | Score | Owner | Status |\n|---|---|---|---|---|---|---|\n| R-1 | Loss of mail | 2 | 3 | 5 | ops | Open |\n";
    world.write("risks.md", &format!("Score = P x I\n\n{row}"));
    let (code, out, summary) = act(&world, &[("TARGET", "."), ("SARIF", "out.sarif")]);
    assert_eq!(code, 1, "{out}");
    assert!(out.starts_with("::error file=") && summary.contains("### seaworthy lint: 1 error"), "{out}{summary}");
    assert!(std::fs::read_to_string(world.path().join("out.sarif")).unwrap().contains("score-mismatch"));
    drop(world.run(&["lint", "--write-baseline"]).exits(0));
    let (code, out, _) = act(&world, &[("TARGET", "."), ("BASELINE", "seaworthy-baseline.json")]);
    assert_eq!((code, out.as_str()), (0, ""));
}
