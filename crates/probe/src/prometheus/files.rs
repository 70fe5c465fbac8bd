//! Alerting rules in files of the repository: plain rule files, and manifests that carry them.
//!
//! A file is text: that a rule is written does not mean that a Prometheus loads it, so the grade is `declared`. A
//! template, or a file that cannot be read to its end, may hide the rule; then its absence is not known.

use std::path::{Component, Path};
use std::time::Duration;

use evidence::Grade;
use text::{Node, Severity, Source};

use super::rule::{PromRule, Rule, held_for, tell_rule, trouble};
use crate::kind::in_thread;
use crate::sight::Sight;
use crate::{Error, World, file};

/// The largest file read.
const MAX_BYTES: usize = text::MAX_DOCUMENT_BYTES;

/// How long reading may take.
const WITHIN: Duration = Duration::from_secs(30);

/// Kinds of manifests that carry groups of rules.
const CARRIERS: [&str; 2] = ["PrometheusRule", "VMRule"];

/// What was found.
#[derive(Default)]
struct Found {
    /// Rules of the name, each with its file and line.
    rules: Vec<(String, Rule)>,
    /// All alerting rules.
    alerts: usize,
    /// Files that could not be read to their end.
    broken: Vec<String>,
}

pub(super) async fn look(probe: &PromRule, path: &str, world: &World) -> Sight {
    let (probe, owned, directory) = (probe.clone(), path.to_owned(), world.directory.clone());
    in_thread(path, WITHIN, move || match search(&probe, &owned, &directory) {
        Err(error) => Sight::blind(owned, &error),
        Ok(found) => tell(&owned, found),
    })
    .await
}

fn tell(path: &str, found: Found) -> Sight {
    let mut sight = Sight::new(path);
    if !found.broken.is_empty() {
        trouble(&mut sight, format!("not read to their end: {}", found.broken.join("; ")));
    }
    // Where no rule at all stands, the path is more likely wrong than the alert gone.
    if found.alerts == 0 {
        trouble(&mut sight, "there is no alerting rule at all");
        return sight;
    }
    sight.subjects = 1;
    sight.integer("rules", found.rules.len());
    sight.integer("alerts", found.alerts);
    if found.rules.is_empty() && !found.broken.is_empty() {
        return sight;
    }
    sight.boolean("exists", !found.rules.is_empty());
    sight.grade = Some(if found.rules.is_empty() { Grade::Absent } else { Grade::Declared });
    match found.rules.as_slice() {
        [] => {}
        [(place, rule)] => {
            sight.source.clone_from(place);
            tell_rule(&mut sight, rule);
        }
        [..] => trouble(&mut sight, "several rules have this name: choose one by its `labels`"),
    }
    sight
}

fn search(probe: &PromRule, path: &str, directory: &Path) -> Result<Found, Error> {
    let mut found = Found::default();
    let is_plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let full = directory.join(path);
    if !(is_plain && full.is_dir() && !full.is_symlink()) {
        let target = file::locate(path, directory)?;
        let text = outside::files::read_text(&target, MAX_BYTES)?;
        read(probe, &Source::new(path, text), &mut found);
        return Ok(found);
    }
    let listing = outside::files::walk(&full);
    if listing.is_cut {
        found.broken.push(format!("{path}: more files or directories than are read"));
    }
    let is_yaml = |name: &&String| name.ends_with(".yaml") || name.ends_with(".yml");
    for name in listing.paths.iter().filter(is_yaml) {
        let shown = format!("{}/{name}", path.trim_end_matches('/'));
        match file::locate(&shown, directory).and_then(|at| Ok(outside::files::read_text(&at, MAX_BYTES)?)) {
            Ok(text) => read(probe, &Source::new(&shown, text), &mut found),
            Err(error) => found.broken.push(error.words()),
        }
    }
    Ok(found)
}

fn read(probe: &PromRule, source: &Source, found: &mut Found) {
    for (start, document) in manifests::documents(source.text()) {
        let part = Source::new(source.path(), document);
        let above = source.line_column(start).0 - 1;
        let (node, problems) = manifests::read(&part);
        if let Some(problem) = problems.iter().find(|problem| problem.severity == Severity::Error) {
            found.broken.push(format!("{}:{}: {}", source.path(), problem.line + above, problem.message));
        }
        let Some(node) = node else { continue };
        // A rule inside a text, such as one of a ConfigMap, is not taken apart.
        if node.get("kind").is_some() && groups(&node).is_none() && document.contains(&probe.alert) {
            found.broken.push(format!("{} names it where rules are not looked for", source.path()));
        }
        let items = node.get("items").and_then(Node::as_list).unwrap_or(std::slice::from_ref(&node));
        for rule in items.iter().filter_map(groups).flatten().flat_map(rules) {
            let Some(name) = rule.get("alert").and_then(Node::as_text) else { continue };
            found.alerts += 1;
            let line = part.line_column(rule.span.start).0 + above;
            let read = rule_of(rule);
            if name == probe.alert && probe.chooses(&read) {
                found.rules.push((format!("{}:{line}", source.path()), read));
            }
        }
    }
}

/// The groups of a rule file or of a manifest.
fn groups(node: &Node) -> Option<&[Node]> {
    let kind = node.get("kind").and_then(Node::as_text);
    match kind {
        Some(kind) if CARRIERS.contains(&kind) => node.get("spec")?.get("groups")?.as_list(),
        Some(_) => None,
        None => node.get("groups")?.as_list(),
    }
}

fn rules(group: &Node) -> &[Node] {
    group.get("rules").and_then(Node::as_list).unwrap_or_default()
}

fn rule_of(node: &Node) -> Rule {
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    let labels = node.get("labels").and_then(Node::as_map).unwrap_or_default().iter();
    let labels = labels.filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned()))).collect();
    // A rule without `for` fires at once.
    let wait = text("for").map_or(Some(Duration::ZERO), held_for);
    Rule { expr: text("expr").unwrap_or_default().trim().to_owned(), held_for: wait, labels }
}
