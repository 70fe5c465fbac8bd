//! `ci.can_fail`: whether a step of the pipeline can turn it red.
//!
//! A gate whose exit status is thrown away is text. Every step that is meant is followed to the end of its script, its job
//! and its workflow, and through what is called on the way.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use evidence::{Grade, Value};
use text::{Fields, Node, Source, read_yaml_with_anchors};

use super::github::Workflow;
use super::search::{Search, Verdict};
use super::{Pipelines, Step, action, github, gitlab};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::sight::Sight;

/// How long one look may take.
const CI_WITHIN: Duration = Duration::from_secs(30);

/// Where pipelines lie when nothing is written.
const USUAL: [&str; 2] = [".github/workflows", ".gitlab-ci.yml"];

/// Why a command that only shows itself, or builds what it would run, does not fail.
const IDLE: [&str; 14] = [
    "`--version`",
    "`--help`",
    "`-V` runs",
    "`-h` runs",
    "`version` runs",
    "`help` runs",
    "`--no-run`",
    "`--co",
    "`--list",
    "`-list` runs no",
    "`-c` runs no",
    "`-DskipTests",
    "`-Dmaven.test.skip",
    "`--setup-plan`",
];

/// Steps of pipelines.
#[derive(Clone, Debug)]
pub(crate) struct CanFail {
    from: Vec<String>,
    job: Option<String>,
    step: Option<String>,
}

impl CanFail {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let mut from = Vec::new();
        for (written, span) in fields.texts("from") {
            if written.starts_with('/') || written.split('/').any(|part| part == "..") || written.is_empty() {
                fields.problem("wrong-path", span, format!("`{written}` must lie below the directory of this file"));
            }
            from.push(written.trim_start_matches("./").trim_end_matches('/').to_owned());
        }
        let job = fields.text("job").map(str::to_owned);
        let step = fields.text("step").map(str::to_owned);
        if job.is_none() && step.is_none() {
            let span = fields.span();
            fields.problem(
                "missing-key",
                span,
                "write `step`, a name or a word of its command such as `pytest`, or `job`",
            );
        }
        Some(Self { from, job, step })
    }

    fn sources(&self) -> String {
        if self.from.is_empty() { USUAL.join(", ") } else { self.from.join(", ") }
    }
}

impl Look for CanFail {
    fn subject(&self) -> String {
        let job = self.job.as_deref().unwrap_or("*");
        format!("{}: {job}/{}", self.sources(), self.step.as_deref().unwrap_or("*"))
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        let source = self.sources();
        Box::pin(async move { in_thread(&source, CI_WITHIN, move || seen(&owned, &directory)).await })
    }
}

/// Reads every pipeline that is meant.
fn read(probe: &CanFail, root: &Path) -> Pipelines {
    let mut pipelines = Pipelines::default();
    let mut workflows = Vec::new();
    let places: Vec<String> =
        if probe.from.is_empty() { USUAL.iter().map(|one| (*one).to_owned()).collect() } else { probe.from.clone() };
    let listing = outside::files::walk(root);
    let meant = listing.paths.iter().filter(|path| {
        let is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        is_yaml && places.iter().any(|place| *path == place || path.starts_with(&format!("{place}/")))
    });
    for path in meant {
        pipelines.files.push(path.clone());
        let source = match outside::files::read_text(&root.join(path), text::MAX_DOCUMENT_BYTES) {
            Ok(text) => Source::new(path, text),
            Err(error) => {
                pipelines.trouble.push(error.to_string());
                continue;
            }
        };
        let (node, mut problems) = read_yaml_with_anchors(&source);
        // `!reference [.job, script]` is of GitLab, and is followed there.
        let written = |problem: &text::Problem| {
            problem.span.map_or("", |span| source.line_text(source.line_column(span.start).0))
        };
        problems.retain(|problem| problem.rule != "yaml-tag" || !written(problem).contains("!reference"));
        if text::has_errors(&problems) {
            let first = problems
                .first()
                .map_or(String::new(), |problem| format!("{}:{}: {}", problem.path, problem.line, problem.message));
            pipelines.trouble.push(first);
        }
        match node {
            Some(node) if node.get("jobs").is_some() => workflows.push(Workflow { source, node }),
            Some(node) if node.as_map().is_some_and(|all| all.iter().any(|one| one.value.get("script").is_some())) => {
                gitlab::read(&source, &node, &mut pipelines);
            }
            Some(node) if node.get("include").map(Node::as_list).is_some() => {
                gitlab::read(&source, &node, &mut pipelines)
            }
            Some(_) | None => {}
        }
    }
    let listing = listing.paths.iter().map(String::as_str).collect::<Vec<_>>();
    github::read(root, &workflows, &listing, &mut pipelines);
    pipelines
}

fn seen(probe: &CanFail, root: &Path) -> Sight {
    let pipelines = read(probe, root);
    let mut sight = Sight::new(probe.sources());
    if pipelines.files.is_empty() {
        sight.trouble = Some(format!("no pipeline lies in {}", probe.sources()));
        return sight;
    }
    let in_job = |step: &&Step| {
        probe.job.as_deref().is_none_or(|job| step.job == job || step.job.starts_with(&format!("{job} ")))
    };
    let mut search = Search::new(probe.step.as_deref(), root);
    let mut meant = Vec::new();
    let mut starts = BTreeSet::new();
    for step in pipelines.steps.iter().filter(in_job) {
        let found = search.step(step);
        if !found.is_empty() {
            starts.extend(step.starts.iter().cloned());
        }
        meant.extend(found);
    }
    if meant.is_empty() {
        meant.append(&mut search.minor);
    }
    sight.integer("workflows", pipelines.files.len());
    sight.integer("steps", meant.len());
    sight.subjects = pipelines.files.len() as u64;
    if !pipelines.trouble.is_empty() {
        sight.trouble = Some(pipelines.trouble.join("; "));
    }
    if meant.is_empty() {
        absent(probe, &pipelines, &search, &mut sight);
        return sight;
    }
    sight.put("starts", Value::List(starts.into_iter().map(Value::Text).collect()));
    told(meant, &mut sight);
    sight
}

/// Nothing is meant: absent, unless it may be done in what is not here.
fn absent(probe: &CanFail, pipelines: &Pipelines, search: &Search<'_>, sight: &mut Sight) {
    let mut unread: Vec<String> = search.unread.iter().cloned().collect();
    unread.extend(
        pipelines
            .foreign
            .iter()
            .filter(|(job, _)| probe.job.as_deref().is_none_or(|own| own == job))
            .map(|(_, why)| why.clone()),
    );
    if !unread.is_empty() {
        let why = format!("nothing that was read does it, and this was not read: {}", unread.join("; "));
        sight.trouble.get_or_insert(why);
    }
    let opaque =
        pipelines.steps.iter().filter(|step| action::swallows(&step.uses, &[]).is_err() && !step.uses.is_empty());
    let names: Vec<String> = opaque.map(|step| step.uses.clone()).collect();
    let empty = || Value::List(Vec::new());
    sight.put("swallowed", empty());
    if sight.trouble.is_none() {
        sight.boolean("can_fail", false);
        sight.grade = Some(Grade::Absent);
        sight.put("elsewhere", Value::List(names.into_iter().map(Value::Text).collect()));
    }
}

fn told(mut meant: Vec<(String, Verdict)>, sight: &mut Sight) {
    // `ruff --version` beside `ruff check` is no step that should fail.
    let is_idle =
        |verdict: &Verdict| matches!(verdict, Verdict::Swallowed(why) if IDLE.iter().any(|word| why.starts_with(word)));
    if meant.iter().any(|(_, verdict)| !is_idle(verdict)) {
        meant.retain(|(_, verdict)| !is_idle(verdict));
    }
    let (mut fails, mut swallowed, mut unknown) = (0, Vec::new(), Vec::new());
    for (place, verdict) in meant {
        match verdict {
            Verdict::Fails => fails += 1,
            Verdict::Swallowed(why) => swallowed.push(format!("{place}: {why}")),
            Verdict::Unknown(why) => unknown.push(format!("{place}: {why}")),
        }
    }
    let texts = |all: &[String]| Value::List(all.iter().cloned().map(Value::Text).collect());
    sight.put("swallowed", texts(&swallowed));
    sight.put("unclear", texts(&unknown));
    sight.integer("can_fail_steps", fails);
    sight.grade = Some(if fails > 0 { Grade::Wired } else { Grade::Declared });
    match (fails, swallowed.is_empty(), unknown.is_empty()) {
        (1.., true, true) => sight.boolean("can_fail", true),
        (0, false, true) => sight.boolean("can_fail", false),
        _ => {
            let why = unknown.into_iter().chain(swallowed).collect::<Vec<_>>().join("; ");
            sight.trouble.get_or_insert(format!("some of the steps can fail and some may not, name the `job`: {why}"));
        }
    }
}
