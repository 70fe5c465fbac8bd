//! Recipes of a justfile, and tasks of a Taskfile, with what they need first.
//!
//! Sources: the just manual (each line runs in `sh -cu`, `-` in front ignores its failure), the Taskfile reference (`ignore_error`, `set`).

use std::collections::BTreeSet;

use text::{Node, Source, read_yaml_with_anchors};

use super::{Called, From, Piece, join, option, read};
use crate::ci::shell::Shell;

/// How deep tasks call tasks.
const MAX_TASKS: usize = 64;

pub(super) fn just(from: From<'_>, words: &[&str]) -> Called {
    let names = ["justfile", "Justfile", ".justfile"];
    let written = option(words, "-f", "--justfile");
    let paths: Vec<String> =
        written.map_or(names.to_vec(), |one| vec![one]).iter().map(|name| join(from.directory, name)).collect();
    let Some((path, text)) = paths.iter().find_map(|path| Some((path.clone(), read(from.root, path)?))) else {
        return Called::Unread(format!("no justfile for `{}`", words.join(" ")));
    };
    let goal = words[1..].iter().find(|word| !word.starts_with('-') && !word.contains('=')).copied();
    let heads = text.lines().filter_map(head).map(|(name, _)| name).collect::<Vec<_>>();
    let Some(goal) = goal.map(str::to_owned).or_else(|| heads.first().cloned()) else { return Called::Nothing };
    if !heads.contains(&goal) {
        return Called::Unread(format!("`{goal}` is no recipe in {path}"));
    }
    let (mut pieces, mut seen) = (Vec::new(), BTreeSet::new());
    recipe(&text, &path, &goal, from.directory, &mut seen, &mut pieces);
    Called::Pieces(pieces)
}

/// The name of a recipe and what it needs.
fn head(line: &str) -> Option<(String, Vec<String>)> {
    if line.starts_with([' ', '\t', '#', '[']) || line.contains(":=") {
        return None;
    }
    let (head, needs) = line.split_once(':')?;
    let name = head.split_whitespace().next()?.trim_start_matches('@').to_owned();
    let needs = needs.split('#').next().unwrap_or("").split_whitespace();
    let needs = needs.map(|word| word.trim_matches(['(', ')']).to_owned()).filter(|word| word != "&&");
    Some((name, needs.collect()))
}

fn recipe(text: &str, path: &str, goal: &str, directory: &str, seen: &mut BTreeSet<String>, pieces: &mut Vec<Piece>) {
    if !seen.insert(goal.to_owned()) {
        return;
    }
    let lines: Vec<&str> = text.lines().collect();
    let Some(at) = lines.iter().position(|line| head(line).is_some_and(|(name, _)| name == goal)) else { return };
    for need in head(lines[at]).map(|(_, needs)| needs).unwrap_or_default() {
        recipe(text, path, &need, directory, seen, pieces);
    }
    let body: Vec<(usize, &str)> = lines[at + 1..]
        .iter()
        .enumerate()
        .take_while(|(_, line)| line.is_empty() || line.starts_with([' ', '\t']))
        .map(|(index, line)| (at + 2 + index, line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let piece = |line: usize, text: String, shell: Shell, swallowed: Option<String>| Piece {
        place: format!("{path}:{line}"),
        text,
        shell,
        directory: directory.to_owned(),
        swallowed,
    };
    if let Some((line, first)) = body.first().filter(|(_, first)| first.starts_with("#!")) {
        let text = body.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
        let mut shell = Shell::of_options(&first.split_whitespace().skip(1).collect::<Vec<_>>());
        shell.is_foreign = !first.contains("sh");
        pieces.push(piece(*line, text, shell, None));
        return;
    }
    let set = text.lines().find(|line| line.starts_with("set shell")).unwrap_or("");
    let options: Vec<&str> =
        set.split(['"', '\'']).filter(|word| word.starts_with('-') || *word == "pipefail").collect();
    for (line, text) in body {
        let bare = text.trim_start_matches(['@', '-']);
        let dash = text[..text.len() - bare.len()].contains('-');
        pieces.push(piece(
            line,
            bare.to_owned(),
            Shell::of_options(&options),
            dash.then(|| "`-` in front of it in the recipe".to_owned()),
        ));
    }
}

pub(super) fn taskfile(from: From<'_>, words: &[&str]) -> Called {
    let names = ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml"];
    let directory = option(words, "-d", "--dir").map_or(from.directory.to_owned(), |to| join(from.directory, to));
    let found =
        names.iter().map(|name| join(&directory, name)).find_map(|path| Some((path.clone(), read(from.root, &path)?)));
    let Some((path, text)) = found else { return Called::Unread(format!("no Taskfile for `{}`", words.join(" "))) };
    let source = Source::new(&path, text);
    let (Some(node), _) = read_yaml_with_anchors(&source) else { return Called::Unread(format!("{path} is no YAML")) };
    let takes_value = ["-d", "--dir"];
    let goals =
        words.iter().enumerate().skip(1).take_while(|(_, word)| **word != "--").filter(|(at, word)| {
            !word.starts_with('-') && !word.contains('=') && !takes_value.contains(&words[at - 1])
        });
    let mut goals: Vec<String> = goals.map(|(_, word)| (*word).to_owned()).collect();
    if goals.is_empty() {
        goals.push("default".to_owned());
    }
    let (mut pieces, mut seen) = (Vec::new(), BTreeSet::new());
    for goal in goals {
        if !task(&source, &node, &goal, &directory, None, &mut seen, &mut pieces) {
            return Called::Unread(format!("`{goal}` is no task in {path}"));
        }
    }
    Called::Pieces(pieces)
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_text).unwrap_or("")
}

fn task(
    source: &Source,
    root: &Node,
    name: &str,
    directory: &str,
    ignored: Option<&str>,
    seen: &mut BTreeSet<String>,
    pieces: &mut Vec<Piece>,
) -> bool {
    let Some(task) = root.get("tasks").and_then(|tasks| tasks.get(name)) else { return false };
    if !seen.insert(name.to_owned()) || seen.len() > MAX_TASKS {
        return true;
    }
    let ignored = if text(task, "ignore_error") == "true" { Some("`ignore_error: true` of the task") } else { ignored };
    let called = |node: &Node| node.as_text().or_else(|| node.get("task").and_then(Node::as_text)).map(str::to_owned);
    for need in task.get("deps").and_then(Node::as_list).unwrap_or(&[]).iter().filter_map(called) {
        self::task(source, root, &need, directory, ignored, seen, pieces);
    }
    let options: Vec<&str> = [root, task]
        .iter()
        .flat_map(|node| node.get("set").and_then(Node::as_list).unwrap_or(&[]))
        .filter_map(Node::as_text)
        .collect();
    let mut shell = Shell::bare();
    shell.errexit = options.iter().any(|word| matches!(*word, "e" | "errexit"));
    shell.pipefail = options.contains(&"pipefail");
    let directory = join(directory, text(task, "dir"));
    let own = task.get("cmds").or_else(|| task.get("cmd")).unwrap_or(task);
    let all = own.as_list().unwrap_or(std::slice::from_ref(own));
    for one in all {
        let ignored = if text(one, "ignore_error") == "true" { Some("`ignore_error: true`") } else { ignored };
        if let Some(name) = one.get("task").and_then(Node::as_text) {
            self::task(source, root, name, &directory, ignored, seen, pieces);
            continue;
        }
        let Some(script) = one.as_text().or_else(|| one.get("cmd").and_then(Node::as_text)) else { continue };
        pieces.push(Piece {
            place: format!("{}:{}", source.path(), source.line_column(one.span.start).0),
            text: script.to_owned(),
            shell,
            directory: directory.clone(),
            swallowed: ignored.map(str::to_owned),
        });
    }
    true
}
