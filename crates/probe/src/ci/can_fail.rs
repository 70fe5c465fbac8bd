//! `ci.can_fail`: whether a step of the pipeline can turn it red.
//!
//! A gate whose exit status is thrown away is text. Every step that is meant is followed to the end of its script, its job
//! and its workflow; what calls a Makefile, a package script or a shell script is followed one level.

use std::path::Path;
use std::time::Duration;

use evidence::{Grade, Value};
use text::{Fields, Node, Source, read_yaml};

use super::github::Workflow;
use super::script::called;
use super::shell::{Outcome, commands, found, outcome};
use super::{Pipelines, Step, action, github, gitlab};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::sight::Sight;

/// How long one look may take.
const CI_WITHIN: Duration = Duration::from_secs(30);

/// Where pipelines lie when nothing is written.
const USUAL: [&str; 2] = [".github/workflows", ".gitlab-ci.yml"];

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
        let (node, problems) = read_yaml(&source);
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
    github::read(root, &workflows, &mut pipelines);
    pipelines
}

/// What came of one step.
enum Verdict {
    Fails,
    Swallowed(String),
    Unknown(String),
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
    let mut meant = Vec::new();
    for step in pipelines.steps.iter().filter(in_job) {
        meant.extend(verdicts(probe, step, root));
    }
    sight.integer("workflows", pipelines.files.len());
    sight.integer("steps", meant.len());
    sight.subjects = pipelines.files.len() as u64;
    if !pipelines.trouble.is_empty() {
        sight.trouble = Some(pipelines.trouble.join("; "));
    }
    if meant.is_empty() {
        absent(&pipelines, &mut sight);
        return sight;
    }
    told(meant, &mut sight);
    sight
}

/// Nothing is meant: absent, unless it may be done in what is not here.
fn absent(pipelines: &Pipelines, sight: &mut Sight) {
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

fn told(meant: Vec<(String, Verdict)>, sight: &mut Sight) {
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

/// Each command of a step that is meant, and what comes of its failure.
fn verdicts(probe: &CanFail, step: &Step, root: &Path) -> Vec<(String, Verdict)> {
    let place = format!("{}:{}", step.path, step.line);
    let wanted = probe.step.as_deref();
    let is_named = wanted.is_none_or(|word| step.name.to_lowercase().contains(&word.to_lowercase()));
    let is_used = wanted.is_some_and(|word| found(&step.uses, word).is_some());
    if !step.uses.is_empty() {
        let is_local = step.uses.starts_with("./");
        if is_local || !(is_named && wanted.is_some() || is_used) {
            return Vec::new();
        }
        let inner = match action::swallows(&step.uses, &step.inputs) {
            Ok(None) => Verdict::Fails,
            Ok(Some(why)) => Verdict::Swallowed(why),
            Err(why) => Verdict::Unknown(why),
        };
        return vec![(place, weighed(step, inner))];
    }
    let all = commands(&step.run);
    let mut found = Vec::new();
    for (at, command) in all.iter().enumerate() {
        if let Some(verdict) = self::command(probe, step, root, &all, at) {
            found.push((line(step, &command.text, root), weighed(step, verdict)));
        }
    }
    if found.is_empty() && is_named && !all.is_empty() {
        found = whole(step, &all, place);
    }
    found
}

/// A command that runs what is asked for, or calls something here that does.
fn command(probe: &CanFail, step: &Step, root: &Path, all: &[super::shell::Command], at: usize) -> Option<Verdict> {
    let word = probe.step.as_deref()?;
    let outer = || outcome(all, at, step.shell);
    if all[at].runs(word) {
        return Some(of(outer(), ""));
    }
    let called = called(root, &step.directory, &all[at].text)?;
    let inner = commands(&called.text);
    let hit = inner.iter().position(|one| one.runs(word))?;
    Some(match of(outcome(&inner, hit, called.shell), &called.place) {
        Verdict::Fails => of(outer(), ""),
        other => other,
    })
}

/// A step that is meant by its name: its failure is that of any of its commands.
fn whole(step: &Step, all: &[super::shell::Command], place: String) -> Vec<(String, Verdict)> {
    let outcomes: Vec<Verdict> = (0..all.len()).map(|at| of(outcome(all, at, step.shell), "")).collect();
    let can = outcomes.iter().any(|one| matches!(one, Verdict::Fails));
    let verdict = if can { Verdict::Fails } else { outcomes.into_iter().last().unwrap_or(Verdict::Fails) };
    vec![(place, weighed(step, verdict))]
}

fn of(outcome: Outcome, place: &str) -> Verdict {
    let at = if place.is_empty() { String::new() } else { format!(" at {place}") };
    match outcome {
        Outcome::Fails => Verdict::Fails,
        Outcome::Swallowed(why) => Verdict::Swallowed(format!("{why}{at}")),
        Outcome::Unknown(why) => Verdict::Unknown(format!("{why}{at}")),
    }
}

/// What the job and the workflow make of it.
fn weighed(step: &Step, inner: Verdict) -> Verdict {
    if let Some(why) = step.swallowed.first() {
        return Verdict::Swallowed(why.clone());
    }
    match (inner, step.unknown.first()) {
        (Verdict::Fails, Some(why)) => Verdict::Unknown(why.clone()),
        (inner, _) => inner,
    }
}

/// The line of a command in its file, that of the step when it is not found there.
fn line(step: &Step, command: &str, root: &Path) -> String {
    let text = outside::files::read_text(&root.join(&step.path), text::MAX_DOCUMENT_BYTES).unwrap_or_default();
    let head: String = command.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let found = text.lines().enumerate().skip(step.line.saturating_sub(1)).find(|(_, line)| line.contains(&head));
    format!("{}:{}", step.path, found.map_or(step.line, |(at, _)| at + 1))
}
