//! Workflows of GitHub Actions: what triggers them, which jobs run, and how their steps end.
//!
//! Source: "Workflow syntax for GitHub Actions", docs.github.com: without `shell` a step runs in `bash -e {0}`, with
//! `shell: bash` in `bash --noprofile --norc -eo pipefail {0}`.

use std::collections::BTreeMap;
use std::path::Path;

use text::{Node, Source};

use super::shell::Shell;
use super::{Pipelines, Step};

/// Events that somebody has to start, or another workflow.
const BY_HAND: [&str; 3] = ["workflow_dispatch", "workflow_call", "repository_dispatch"];

/// A workflow with its place.
pub(super) struct Workflow {
    pub(super) source: Source,
    pub(super) node: Node,
}

/// Reads the steps of all workflows.
pub(super) fn read(root: &Path, workflows: &[Workflow], into: &mut Pipelines) {
    for workflow in workflows {
        let by_hand = by_hand(workflow, workflows);
        let jobs = workflow.node.get("jobs").and_then(Node::as_map).unwrap_or(&[]);
        let never: BTreeMap<&str, String> = jobs
            .iter()
            .filter_map(|job| never(&job.value).map(|why| (job.key.as_str(), format!("job `{}` {why}", job.key))))
            .collect();
        for job in jobs {
            let mut base = Step { path: workflow.source.path().to_owned(), job: job.key.clone(), ..Step::default() };
            base.swallowed.extend(by_hand.clone());
            base.swallowed.extend(never.get(job.key.as_str()).cloned());
            base.swallowed.extend(
                needs(&job.value).iter().filter_map(|one| {
                    never.get(one.as_str()).map(|why| format!("it needs a job that never runs: {why}"))
                }),
            );
            flag(&job.value, "continue-on-error", "the job's `continue-on-error: true`", &mut base);
            base.shell = shell(workflow, &job.value, None);
            let steps = job.value.get("steps").and_then(Node::as_list).unwrap_or(&[]);
            for step in steps {
                self::step(root, workflow, &job.value, step, &base, into);
            }
        }
    }
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_text).unwrap_or("")
}

/// Why nothing starts the workflow by itself.
fn by_hand(workflow: &Workflow, all: &[Workflow]) -> Option<String> {
    let on = workflow.node.get("on").or_else(|| workflow.node.get("true"))?;
    let events: Vec<&str> = match (on.as_text(), on.as_list(), on.as_map()) {
        (Some(one), _, _) => vec![one],
        (_, Some(list), _) => list.iter().filter_map(Node::as_text).collect(),
        (_, _, Some(map)) => map.iter().map(|entry| entry.key.as_str()).collect(),
        _ => return None,
    };
    let path = workflow.source.path();
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_called = all
        .iter()
        .any(|other| other.source.path() != path && other.source.text().contains(&format!("workflows/{name}")));
    let is_started =
        events.iter().any(|event| !BY_HAND.contains(event)) || events.contains(&"workflow_call") && is_called;
    (!is_started && !events.is_empty()).then(|| format!("only {} starts the workflow", events.join(", ")))
}

fn needs(job: &Node) -> Vec<String> {
    let Some(needs) = job.get("needs") else { return Vec::new() };
    let items = needs.as_list().unwrap_or(std::slice::from_ref(needs));
    items.iter().filter_map(Node::as_text).map(str::to_owned).collect()
}

/// `if: false`.
fn never(node: &Node) -> Option<&'static str> {
    let condition = text(node, "if").trim_start_matches("${{").trim_end_matches("}}").trim().to_owned();
    let is_false = matches!(condition.as_str(), "false" | "'false' == 'true'" | "0")
        || condition.starts_with("false &&")
        || condition.ends_with("&& false");
    is_false.then_some("never runs: `if: false`")
}

fn flag(node: &Node, key: &str, words: &str, step: &mut Step) {
    match text(node, key) {
        "" | "false" => {}
        "true" => step.swallowed.push(words.to_owned()),
        other => {
            let inner = other.trim_start_matches("${{").trim_end_matches("}}").trim();
            match inner {
                "true" => step.swallowed.push(words.to_owned()),
                "false" => {}
                _ => step.unknown.push(format!("`{key}: {other}` decides")),
            }
        }
    }
}

/// The shell of a step, of its job, of the workflow.
fn shell(workflow: &Workflow, job: &Node, step: Option<&Node>) -> Shell {
    let default =
        |node: &Node| node.get("defaults").and_then(|all| all.get("run")).map(|run| text(run, "shell").to_owned());
    let written = step.map(|step| text(step, "shell").to_owned()).filter(|one| !one.is_empty());
    let written = written
        .or_else(|| default(job).filter(|one| !one.is_empty()))
        .or_else(|| default(&workflow.node))
        .unwrap_or_default();
    let on_windows = text(job, "runs-on").contains("windows");
    match written.as_str() {
        "" if on_windows => Shell { is_foreign: true, ..Shell::default() },
        "" | "sh" => Shell::default(),
        "bash" => Shell { pipefail: true, ..Shell::default() },
        custom if custom.starts_with("bash") || custom.starts_with("sh") => {
            let options = || custom.split_whitespace().filter(|word| word.starts_with('-') && !word.starts_with("--"));
            Shell {
                errexit: options().any(|word| word.contains('e')),
                pipefail: custom.contains("pipefail"),
                is_foreign: false,
            }
        }
        _ => Shell { is_foreign: true, ..Shell::default() },
    }
}

fn step(root: &Path, workflow: &Workflow, job: &Node, node: &Node, base: &Step, into: &mut Pipelines) {
    let mut step = base.clone();
    step.line = workflow.source.line_column(node.span.start).0;
    step.name = text(node, "name").to_owned();
    step.run = text(node, "run").to_owned();
    step.uses = text(node, "uses").to_owned();
    step.shell = shell(workflow, job, Some(node));
    let default = |node: &Node| {
        node.get("defaults").and_then(|all| all.get("run")).map(|run| text(run, "working-directory").to_owned())
    };
    let directory = text(node, "working-directory").to_owned();
    let inherited =
        || default(job).filter(|one| !one.is_empty()).or_else(|| default(&workflow.node)).unwrap_or_default();
    step.directory = if directory.is_empty() { inherited() } else { directory };
    step.directory = step.directory.trim_start_matches("./").to_owned();
    let inputs = node.get("with").and_then(Node::as_map).unwrap_or(&[]);
    step.inputs = inputs.iter().map(|one| (one.key.clone(), one.value.as_text().unwrap_or("").to_owned())).collect();
    step.swallowed.extend(never(node).map(str::to_owned));
    flag(node, "continue-on-error", "`continue-on-error: true`", &mut step);
    if step.uses.starts_with("./") {
        composite(root, &step, into);
    }
    into.steps.push(step);
}

/// The steps of an action of this repository.
fn composite(root: &Path, step: &Step, into: &mut Pipelines) {
    let path = step.uses.trim_start_matches("./").trim_end_matches('/');
    let found = ["action.yml", "action.yaml"].iter().find_map(|name| {
        let path = format!("{path}/{name}");
        let text = outside::files::read_text(&root.join(&path), text::MAX_DOCUMENT_BYTES).ok()?;
        Some(Source::new(&path, text))
    });
    let Some(source) = found else { return };
    let (Some(node), _) = text::read_yaml(&source) else { return };
    let steps = node.get("runs").and_then(|runs| runs.get("steps")).and_then(Node::as_list).unwrap_or(&[]);
    for inner in steps {
        let mut one = step.clone();
        one.path = source.path().to_owned();
        one.line = source.line_column(inner.span.start).0;
        one.name = text(inner, "name").to_owned();
        one.run = text(inner, "run").to_owned();
        one.uses = text(inner, "uses").to_owned();
        one.shell = Shell {
            pipefail: text(inner, "shell") == "bash",
            is_foreign: !text(inner, "shell").contains("sh"),
            ..Shell::default()
        };
        flag(inner, "continue-on-error", "`continue-on-error: true`", &mut one);
        into.steps.push(one);
    }
}
