//! Environments of tox, hooks of pre-commit, and programs that name what they run.
//!
//! Sources: the tox reference (`commands`, a leading `-`, `ignore_outcome`), pre-commit.com (hooks fail the run, `stages: [manual]` do not run).

use text::{Node, Source, read_yaml_with_anchors};

use super::{Called, From, Piece, join, option, read};
use crate::ci::shell::Shell;

/// A program whose text is only searched.
pub(super) fn program(from: From<'_>, names: &[&str], tool: &str) -> Called {
    let found = names
        .iter()
        .map(|name| join(from.directory, name))
        .find_map(|path| Some((path.clone(), read(from.root, &path)?)));
    found.map_or_else(|| Called::Unread(format!("what `{tool}` runs")), |(path, text)| Called::Program(path, text))
}

pub(super) fn tox(from: From<'_>, words: &[&str]) -> Called {
    let file = option(words, "-c", "--conf").unwrap_or("tox.ini");
    let path = join(from.directory, file);
    let Some(text) = read(from.root, &path) else { return program(from, &["pyproject.toml", "setup.cfg"], "tox") };
    let wanted: Vec<&str> = option(words, "-e", "--env").map(|all| all.split(',').collect()).unwrap_or_default();
    let mut sections: Vec<(String, Vec<(usize, String)>)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        match line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            Some(name) => sections.push((name.to_owned(), Vec::new())),
            None => sections.last_mut().into_iter().for_each(|(_, lines)| lines.push((at + 1, line.to_owned()))),
        }
    }
    let mut pieces = Vec::new();
    let is_own = |name: &str| wanted.iter().any(|env| name.strip_prefix("testenv:").is_some_and(|own| own == *env));
    let all_own = !wanted.is_empty()
        && wanted.iter().all(|env| sections.iter().any(|(name, _)| name.strip_prefix("testenv:") == Some(env)));
    for (name, lines) in &sections {
        let is_run = is_own(name) || name == "testenv" && !all_own || wanted.is_empty() && name.starts_with("testenv:");
        if is_run {
            pieces.extend(environment(&path, lines, from.directory));
        }
    }
    if pieces.is_empty() { Called::Program(path, text) } else { Called::Pieces(pieces) }
}

/// The commands of an environment.
fn environment(path: &str, lines: &[(usize, String)], directory: &str) -> Vec<Piece> {
    let (mut key, mut is_ignored, mut pieces) = (String::new(), false, Vec::new());
    for (at, line) in lines {
        let mut value = line.trim();
        if !line.starts_with([' ', '\t']) {
            let Some((name, rest)) = line.split_once('=') else { continue };
            (key, value) = (name.trim().to_owned(), rest.trim());
        }
        if key == "ignore_outcome" && value.eq_ignore_ascii_case("true") {
            is_ignored = true;
        }
        let is_command = matches!(key.as_str(), "commands" | "commands_pre" | "commands_post");
        if !is_command || value.is_empty() || value.starts_with('#') {
            continue;
        }
        let bare = value.trim_start_matches(['-', '!']).trim();
        let swallowed = if value.starts_with('-') { Some("`-` in front of it") } else { None };
        pieces.push(Piece {
            place: format!("{path}:{at}"),
            text: bare.replace("{posargs}", "").replace("{envpython}", "python"),
            shell: Shell::default(),
            directory: directory.to_owned(),
            swallowed: swallowed.map(str::to_owned),
        });
    }
    if is_ignored {
        pieces.iter_mut().for_each(|piece| piece.swallowed = Some("`ignore_outcome = true`".to_owned()));
    }
    pieces
}

pub(super) fn hooks(from: From<'_>, words: &[&str]) -> Called {
    if !words.contains(&"run") {
        return Called::Nothing;
    }
    let path = join(from.directory, ".pre-commit-config.yaml");
    let Some(text) = read(from.root, &path) else { return Called::Unread("no .pre-commit-config.yaml".to_owned()) };
    let source = Source::new(&path, text);
    let (Some(node), _) = read_yaml_with_anchors(&source) else { return Called::Unread(format!("{path} is no YAML")) };
    let named = words.iter().skip_while(|word| **word != "run").skip(1).find(|word| !word.starts_with('-')).copied();
    let repositories = node.get("repos").and_then(Node::as_list).unwrap_or(&[]);
    let all = repositories.iter().flat_map(|repository| repository.get("hooks").and_then(Node::as_list).unwrap_or(&[]));
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).unwrap_or("").to_owned();
    let is_manual = |hook: &Node| {
        let stages = hook.get("stages").and_then(Node::as_list).unwrap_or(&[]);
        !stages.is_empty() && stages.iter().all(|stage| stage.as_text() == Some("manual"))
    };
    let arguments = |hook: &Node| {
        let all = hook.get("args").and_then(Node::as_list).unwrap_or(&[]);
        all.iter().filter_map(Node::as_text).collect::<Vec<_>>().join(" ")
    };
    // A hook that changes files fails as one that finds something.
    let pieces = all.filter(|hook| named.is_none_or(|name| text(hook, "id") == name)).map(|hook| Piece {
        place: format!("{path}:{}", source.line_column(hook.span.start).0),
        text: format!("{} {} {} --check", text(hook, "id"), text(hook, "entry"), arguments(hook)),
        shell: Shell::default(),
        directory: from.directory.to_owned(),
        swallowed: (is_manual(hook) && !words.contains(&"manual")).then(|| "its stage is `manual`".to_owned()),
    });
    Called::Pieces(pieces.collect())
}
