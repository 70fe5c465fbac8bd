//! Workflows of GitHub Actions: what triggers them, which jobs run, and how their steps end.
//!
//! Source: "Workflow syntax for GitHub Actions", docs.github.com: without `shell` a step runs in `bash -e {0}`, with
//! `shell: bash` in `bash --noprofile --norc -eo pipefail {0}`.

use std::collections::BTreeMap;
use std::path::Path;

use text::{Node, Source};

use super::condition::{self, Starts, Truth};
use super::shell::Shell;
use super::{Pipelines, Step};

/// Events that somebody has to start, or another workflow.
const BY_HAND: [&str; 3] = ["workflow_dispatch", "workflow_call", "repository_dispatch"];

/// A workflow with its place.
pub(super) struct Workflow {
    pub(super) source: Source,
    pub(super) node: Node,
}

/// Reads the steps of all workflows. `files` are all files of the repository.
pub(super) fn read(root: &Path, workflows: &[Workflow], files: &[&str], into: &mut Pipelines) {
    let called = called(workflows);
    for workflow in workflows {
        let on = on(workflow);
        let starts = on.map(condition::starts).unwrap_or_default();
        let mut base =
            Step { path: workflow.source.path().to_owned(), starts: starts.events.clone(), ..Step::default() };
        let name = base.path.rsplit('/').next().unwrap_or("").to_owned();
        let callers = called.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        base.swallowed.extend(by_hand(&starts, callers).or_else(|| on.and_then(|on| filtered(on, files))));
        if starts.events.iter().any(|event| event == "workflow_call")
            && starts.events.iter().all(|event| BY_HAND.contains(&event.as_str()))
        {
            base.swallowed.extend(all_swallowed(callers));
        }
        for job in workflow.node.get("jobs").and_then(Node::as_map).unwrap_or(&[]) {
            self::job(root, workflow, &starts, &job.key, &job.value, &base, into);
        }
    }
}

fn on(workflow: &Workflow) -> Option<&Node> {
    workflow.node.get("on").or_else(|| workflow.node.get("true"))
}

/// Workflows that others call, by the name of their file: for each call, why nothing comes of it.
fn called(workflows: &[Workflow]) -> BTreeMap<String, Vec<Option<String>>> {
    let mut found: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for workflow in workflows {
        let starts = on(workflow).map(condition::starts).unwrap_or_default();
        let own = by_hand(&starts, &[]).filter(|_| !starts.events.iter().any(|event| event == "workflow_call"));
        for job in workflow.node.get("jobs").and_then(Node::as_map).unwrap_or(&[]) {
            let Some(name) = text(&job.value, "uses").strip_prefix("./.github/workflows/") else { continue };
            let why = never(&job.value, &starts, &[]).map(|why| format!("job `{}` that calls it {why}", job.key));
            found.entry(name.to_owned()).or_default().push(own.clone().or(why));
        }
    }
    found
}

fn all_swallowed(callers: &[Option<String>]) -> Option<String> {
    callers.iter().all(Option::is_some).then(|| callers.first().cloned().flatten()).flatten()
}

fn job(root: &Path, workflow: &Workflow, starts: &Starts, name: &str, job: &Node, base: &Step, into: &mut Pipelines) {
    let jobs = workflow.node.get("jobs").and_then(Node::as_map).unwrap_or(&[]);
    let mut base = Step { job: name.to_owned(), ..base.clone() };
    let uses = text(job, "uses");
    if !uses.is_empty() && !uses.starts_with("./") {
        into.foreign.push((name.to_owned(), format!("job `{name}` runs {uses}")));
    }
    let why = never(job, starts, &[]).map(|why| format!("job `{name}` {why}"));
    base.swallowed.extend(why.or_else(|| waits(jobs, job, starts, 0)).or_else(|| empty_matrix(name, job)));
    switch(job, starts, &[], &mut base);
    flag(job, "continue-on-error", "the job's `continue-on-error: true`", &matrix(job), &mut base);
    let mut set = environment(&workflow.node);
    set.splice(0..0, environment(job));
    for step in job.get("steps").and_then(Node::as_list).unwrap_or(&[]) {
        self::step(root, workflow, job, step, &base, (starts, &set), into);
    }
}

/// A job that it needs and that never runs; `always()` goes on without.
fn waits(jobs: &[text::Entry], job: &Node, starts: &Starts, depth: usize) -> Option<String> {
    let goes_on = ["always()", "cancelled()", "failure()"].iter().any(|word| text(job, "if").contains(word));
    if goes_on || depth > jobs.len() {
        return None;
    }
    needs(job).iter().find_map(|name| {
        let other = &jobs.iter().find(|job| job.key == *name)?.value;
        let why = never(other, starts, &[]).map(|why| format!("job `{name}` {why}"));
        let why = why.or_else(|| waits(jobs, other, starts, depth + 1))?;
        Some(format!("it needs a job that never runs: {why}"))
    })
}

/// `env:` as a condition sees it.
fn environment(node: &Node) -> Vec<(String, String)> {
    let all = node.get("env").and_then(Node::as_map).unwrap_or(&[]);
    all.iter().filter_map(|one| Some((format!("env.{}", one.key), one.value.as_text()?.to_owned()))).collect()
}

/// The values of each axis of the matrix.
fn matrix(job: &Node) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Some(matrix) = job.get("strategy").and_then(|strategy| strategy.get("matrix")) else { return found };
    for axis in matrix.as_map().unwrap_or(&[]).iter().filter(|axis| !matches!(axis.key.as_str(), "include" | "exclude"))
    {
        let values = axis.value.as_list().unwrap_or(&[]).iter().filter_map(Node::as_text).map(str::to_owned);
        found.entry(axis.key.clone()).or_default().extend(values);
    }
    let axes = found.len();
    for entry in matrix.get("include").and_then(Node::as_list).unwrap_or(&[]) {
        for one in entry.as_map().unwrap_or(&[]) {
            let value = one.value.as_text().unwrap_or("").to_owned();
            let values = found.entry(one.key.clone()).or_default();
            // What is only included for some is not set for the others.
            if values.is_empty() && axes > 0 {
                values.push("false".to_owned());
            }
            values.push(value);
        }
    }
    found
}

fn empty_matrix(name: &str, job: &Node) -> Option<String> {
    let matrix = job.get("strategy").and_then(|strategy| strategy.get("matrix"))?;
    let mut axes = matrix.as_map()?.iter().filter(|axis| axis.key != "exclude");
    let is_empty = axes.any(|axis| axis.value.as_list().is_some_and(<[Node]>::is_empty));
    is_empty.then(|| format!("the matrix of job `{name}` is empty"))
}

/// A condition that is a switch of the server, or comes after a failure.
fn switch(node: &Node, starts: &Starts, set: &[(String, String)], step: &mut Step) {
    if condition::weigh(text(node, "if"), starts, set) == Truth::Switch {
        step.unknown.push(format!("`if: {}` is a setting of the server", text(node, "if")));
    }
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_text).unwrap_or("")
}

/// Why nothing starts the workflow by itself.
fn by_hand(starts: &Starts, callers: &[Option<String>]) -> Option<String> {
    let events = &starts.events;
    let is_started = events.iter().any(|event| !BY_HAND.contains(&event.as_str()))
        || events.iter().any(|event| event == "workflow_call") && !callers.is_empty();
    (!is_started && !events.is_empty()).then(|| format!("only {} starts the workflow", events.join(", ")))
}

/// Every event that could start it is filtered away.
fn filtered(on: &Node, files: &[&str]) -> Option<String> {
    let events = on.as_map()?.iter().filter(|event| !BY_HAND.contains(&event.key.as_str()));
    let all: Vec<Option<String>> = events.map(|event| condition::filtered(&event.value, files)).collect();
    all_swallowed(&all).filter(|_| !all.is_empty())
}

fn needs(job: &Node) -> Vec<String> {
    let Some(needs) = job.get("needs") else { return Vec::new() };
    let items = needs.as_list().unwrap_or(std::slice::from_ref(needs));
    items.iter().filter_map(Node::as_text).map(str::to_owned).collect()
}

/// `if: false`, and conditions that come to the same.
fn never(node: &Node, starts: &Starts, set: &[(String, String)]) -> Option<String> {
    let written = text(node, "if");
    match condition::weigh(written, starts, set) {
        Truth::Never => Some(format!("never runs: `if: {written}`")),
        Truth::AfterFailure => Some(format!("runs only when something failed already: `if: {written}`")),
        Truth::Switch | Truth::Possible => None,
    }
}

/// `continue-on-error`. Where one run of the matrix does not continue, a failure there counts.
fn flag(node: &Node, key: &str, words: &str, matrix: &BTreeMap<String, Vec<String>>, step: &mut Step) {
    let written = text(node, key);
    let inner = written.trim().trim_start_matches("${{").trim_end_matches("}}").trim();
    match inner {
        "" | "false" => {}
        "true" => step.swallowed.push(words.to_owned()),
        _ => match in_matrix(inner, matrix) {
            Some(all) if all.iter().all(|goes_on| *goes_on) => step.swallowed.push(words.to_owned()),
            Some(_) => {}
            None => step.unknown.push(format!("`{key}: {written}` decides")),
        },
    }
}

/// What `matrix.x`, `matrix.x == 'y'` come to in each run; `None` when that is not written there.
fn in_matrix(expression: &str, matrix: &BTreeMap<String, Vec<String>>) -> Option<Vec<bool>> {
    let bare = expression.strip_suffix("|| false").unwrap_or(expression).trim();
    let (left, is_equal, right) = match (bare.split_once("=="), bare.split_once("!=")) {
        (Some((left, right)), _) => (left, true, right),
        (None, Some((left, right))) => (left, false, right),
        (None, None) => (bare, true, "true"),
    };
    let right = right.trim().trim_matches('\'');
    let values = matrix.get(left.trim().strip_prefix("matrix.")?).filter(|values| !values.is_empty())?;
    let is_known = |text: &str| !text.contains(['$', '(', '&', '|', '.']);
    (is_known(right) || right.parse::<f64>().is_ok())
        .then(|| values.iter().map(|value| (value == right) == is_equal).collect())
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
    let on = text(job, "runs-on");
    let axis = on.trim_start_matches("${{").trim_end_matches("}}").trim().strip_prefix("matrix.").map(str::to_owned);
    let systems = axis.and_then(|axis| matrix(job).remove(&axis)).unwrap_or_else(|| vec![on.to_owned()]);
    let on_windows = systems.iter().all(|system| system.contains("windows"));
    match written.as_str() {
        "" if on_windows => Shell { is_foreign: true, ..Shell::default() },
        "" | "sh" => Shell::default(),
        "bash" => Shell { pipefail: true, ..Shell::default() },
        custom if custom.starts_with("bash") || custom.starts_with("sh") => {
            Shell::of_options(&custom.split_whitespace().skip(1).collect::<Vec<_>>())
        }
        _ => Shell { is_foreign: true, ..Shell::default() },
    }
}

fn step(
    root: &Path,
    workflow: &Workflow,
    job: &Node,
    node: &Node,
    base: &Step,
    (starts, set): (&Starts, &[(String, String)]),
    into: &mut Pipelines,
) {
    let mut step = base.clone();
    let mut seen = environment(node);
    seen.extend(set.iter().cloned());
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
    step.swallowed.extend(never(node, starts, &seen));
    switch(node, starts, &seen, &mut step);
    flag(node, "continue-on-error", "`continue-on-error: true`", &matrix(job), &mut step);
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
    let (Some(node), _) = text::read_yaml_with_anchors(&source) else { return };
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
            is_foreign: !text(inner, "shell").contains("sh") || text(inner, "shell").contains("pwsh"),
            ..Shell::default()
        };
        one.swallowed.extend(never(inner, &Starts::default(), &[]));
        flag(inner, "continue-on-error", "`continue-on-error: true`", &BTreeMap::new(), &mut one);
        into.steps.push(one);
    }
}
