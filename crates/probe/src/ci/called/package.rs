//! Scripts of `package.json`, with those that run before and after them.
//!
//! A script runs in `sh -c`, without `-e`. `pre` and `post` scripts, `npm-run-all` and `concurrently` are followed. What runs in several
//! workspaces at once is not read.

use serde_json::Value as Json;

use super::{Called, From, Piece, join, option, read};
use crate::ci::shell::Shell;

pub(super) fn called(from: From<'_>, words: &[&str]) -> Called {
    let directory =
        option(words, "", "--prefix").or_else(|| option(words, "-C", "--cwd")).or_else(|| option(words, "-C", "--dir"));
    let directory = directory.map_or(from.directory.to_owned(), |to| join(from.directory, to));
    let spread =
        ["--workspaces", "-ws", "-r", "--recursive", "workspaces", "--workspace", "-w", "--filter", "workspace"];
    let is_spread = words
        .iter()
        .any(|word| spread.contains(word) || word.starts_with("--workspace=") || word.starts_with("--filter="));
    let takes_value = ["--prefix", "--cwd", "--dir", "-C"];
    let bare: Vec<&str> = words
        .iter()
        .enumerate()
        .take_while(|(_, word)| **word != "--")
        .filter(|(at, word)| !(word.starts_with('-') || *at > 0 && takes_value.contains(&words[at - 1])))
        .map(|(_, word)| *word)
        .collect();
    let names: Vec<String> = match bare.as_slice() {
        ["npm-run-all" | "run-s" | "run-p", rest @ ..] => rest.iter().map(|name| (*name).to_owned()).collect(),
        ["concurrently", rest @ ..] => return concurrently(from, &directory, words, rest),
        [_, "run" | "run-script" | "rum", name, ..] => vec![(*name).to_owned()],
        [_, "test" | "t" | "tst", ..] => vec!["test".to_owned()],
        ["npm", "start" | "stop" | "restart", ..] => vec![bare[1].to_owned()],
        ["yarn" | "pnpm" | "bun", name, ..] => vec![(*name).to_owned()],
        _ => return Called::Nothing,
    };
    if is_spread {
        return Called::Unread(format!("what `{}` runs in its workspaces", words.join(" ")));
    }
    scripts(from, &directory, &names)
}

/// `concurrently "npm:lint" "pytest"`: fails when any of them does.
fn concurrently(from: From<'_>, directory: &str, words: &[&str], rest: &[&str]) -> Called {
    if words.iter().any(|word| matches!(*word, "-s" | "--success")) {
        return Called::Unread("which of its commands `concurrently` lets decide".to_owned());
    }
    let names: Vec<String> = rest.iter().filter_map(|word| word.strip_prefix("npm:")).map(str::to_owned).collect();
    let mut pieces = match scripts(from, directory, &names) {
        Called::Pieces(pieces) => pieces,
        Called::Nothing | Called::Program(..) | Called::Unread(_) => Vec::new(),
    };
    let others = rest.iter().filter(|word| !word.starts_with("npm:"));
    pieces.extend(others.map(|text| piece("package.json:1", text, directory)));
    Called::Pieces(pieces)
}

fn piece(place: &str, text: &str, directory: &str) -> Piece {
    Piece {
        place: place.to_owned(),
        text: text.to_owned(),
        shell: Shell::bare(),
        directory: directory.to_owned(),
        swallowed: None,
    }
}

fn scripts(from: From<'_>, directory: &str, names: &[String]) -> Called {
    let path = join(directory, "package.json");
    let Some(text) = read(from.root, &path) else { return Called::Nothing };
    let Ok(manifest) = serde_json::from_str::<Json>(&text) else { return Called::Unread(format!("{path} is no JSON")) };
    let Some(all) = manifest.get("scripts").and_then(Json::as_object) else { return Called::Nothing };
    let mut pieces = Vec::new();
    for name in names {
        // `test:*` is every script whose name begins so.
        let is_meant = |key: &str| match name.strip_suffix('*') {
            Some(start) => key.starts_with(start.trim_end_matches('*')),
            None => key == name,
        };
        for key in all.keys().filter(|key| is_meant(key)) {
            for key in [format!("pre{key}"), key.clone(), format!("post{key}")] {
                let Some(script) = all.get(&key).and_then(Json::as_str) else { continue };
                let line = text.lines().position(|line| line.contains(&format!("\"{key}\""))).map_or(1, |at| at + 1);
                pieces.push(piece(&format!("{path}:{line}"), script, directory));
            }
        }
    }
    if pieces.is_empty() { Called::Nothing } else { Called::Pieces(pieces) }
}
