//! Pipelines of GitLab: jobs with what they extend, and how their scripts end.
//!
//! Source: "CI/CD YAML syntax reference", docs.gitlab.com: `when: manual` at the top of a job means `allow_failure: true`, and
//! what `after_script` does never fails a job. The runner starts scripts with `set -eo pipefail` where there is bash.

use text::{Node, Source};

use super::shell::Shell;
use super::{Pipelines, Step};

/// Keys of a pipeline that are no jobs.
const NO_JOBS: &[&str] = &[
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "pages:deploy",
    "spec",
];

/// How far `extends` is followed.
const MAX_EXTENDS: usize = 8;

pub(super) fn read(source: &Source, node: &Node, into: &mut Pipelines) {
    let entries = node.as_map().unwrap_or(&[]);
    if node.get("include").is_some() {
        let is_local =
            |item: &Node| item.as_text().is_some_and(|one| one.starts_with('/')) || item.get("local").is_some();
        let include = node.get("include").expect("was asked for");
        let all = include.as_list().unwrap_or(std::slice::from_ref(include));
        if !all.iter().all(is_local) {
            into.trouble.push(format!("{} includes what is not in this repository", source.path()));
        }
    }
    for job in entries.iter().filter(|job| !NO_JOBS.contains(&job.key.as_str()) && !job.key.starts_with('.')) {
        let chain = chain(node, &job.value);
        let find = |key: &str| chain.iter().find_map(|one| one.get(key));
        let mut base =
            Step { path: source.path().to_owned(), job: job.key.clone(), name: job.key.clone(), ..Step::default() };
        base.line = source.line_column(job.key_span.start).0;
        base.shell = Shell { pipefail: true, ..Shell::default() };
        weigh(find("allow_failure"), find("when"), find("rules"), &mut base);
        // Both run in one shell.
        let before = find("before_script")
            .or_else(|| node.get("default").and_then(|all| all.get("before_script")))
            .or_else(|| node.get("before_script"));
        let lines = |script: &Node| lines(node, script, 0);
        if let Some(script) = find("script") {
            let mut step = base.clone();
            step.line = source.line_column(script.span.start).0;
            step.run = before.map(lines).unwrap_or_default() + &lines(script);
            into.steps.push(step);
        }
        if let Some(after) = find("after_script") {
            let mut step = base.clone();
            step.line = source.line_column(after.span.start).0;
            step.run = lines(after);
            step.swallowed.push("`after_script` never fails a job".to_owned());
            into.steps.push(step);
        }
    }
}

/// The commands of a script, with those that `!reference [.job, script]` and anchors bring.
fn lines(root: &Node, script: &Node, depth: usize) -> String {
    if let Some(line) = script.as_text() {
        return format!("{line}\n");
    }
    let items = script.as_list().unwrap_or(&[]);
    let reference: Vec<&str> = items.iter().filter_map(Node::as_text).collect();
    if let ([job, key], true) = (reference.as_slice(), depth > 0 && depth < MAX_EXTENDS)
        && let Some(other) = root.get(job).and_then(|job| job.get(key))
    {
        return lines(root, other, depth + 1);
    }
    items.iter().map(|item| lines(root, item, depth + 1)).collect()
}

/// The job and everything that it extends, the nearest first.
fn chain<'n>(root: &'n Node, job: &'n Node) -> Vec<&'n Node> {
    let mut chain = vec![job];
    let mut at = 0;
    while at < chain.len() && chain.len() < MAX_EXTENDS {
        if let Some(extends) = chain[at].get("extends") {
            let items = extends.as_list().unwrap_or(std::slice::from_ref(extends));
            let found = items.iter().rev().filter_map(Node::as_text).filter_map(|name| root.get(name));
            chain.extend(found.collect::<Vec<_>>());
        }
        at += 1;
    }
    chain
}

fn weigh(allow: Option<&Node>, when: Option<&Node>, rules: Option<&Node>, step: &mut Step) {
    let allowed = allow.and_then(Node::as_text);
    let when = when.and_then(Node::as_text).unwrap_or("");
    match (allowed, when) {
        (Some("true"), _) => step.swallowed.push("`allow_failure: true`".to_owned()),
        (None, _) if allow.is_some() => step.unknown.push("`allow_failure` for some exit codes".to_owned()),
        (None, "manual") => {
            step.swallowed.push("`when: manual`: nobody has to start it, and its failure is allowed".to_owned())
        }
        (_, "never") => step.swallowed.push("`when: never`".to_owned()),
        (_, "on_failure") => {
            step.swallowed.push("`when: on_failure`: runs only when something failed already".to_owned())
        }
        _ => {}
    }
    let rules = rules.and_then(Node::as_list).unwrap_or(&[]);
    let word = |rule: &Node, key: &str| rule.get(key).and_then(Node::as_text).unwrap_or("").to_owned();
    if rules.is_empty() {
        return;
    }
    if rules.iter().all(|rule| matches!(word(rule, "when").as_str(), "never")) {
        step.swallowed.push("every rule says `when: never`".to_owned());
    } else if rules.iter().any(|rule| word(rule, "allow_failure") == "true") {
        step.unknown.push("one of its rules allows its failure".to_owned());
    } else if rules.iter().all(|rule| matches!(word(rule, "when").as_str(), "never" | "manual")) {
        step.swallowed.push("its rules run it by hand only".to_owned());
    }
}
