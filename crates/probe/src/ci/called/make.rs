//! Targets of a Makefile, with what they need first.
//!
//! Every line of a recipe is a script of its own, without `-e` inside the line; the first line that fails ends the recipe. A `-` in front,
//! `.IGNORE` and `-i` among the flags throw the failure away. Source: GNU make manual, 5.4 (errors), 5.3 (`SHELL`, `.ONESHELL`), 9.2 (goals).

use std::collections::{BTreeMap, BTreeSet};

use super::{Called, From, Piece, join, option, read};
use crate::ci::shell::Shell;

/// How often a variable is filled in.
const MAX_FILLS: usize = 5;

/// How many files one Makefile may include.
const MAX_INCLUDES: usize = 32;

#[derive(Debug, Default)]
struct Makefile {
    rules: Vec<Rule>,
    variables: BTreeMap<String, String>,
    /// `.IGNORE`: nothing named means all.
    ignores: Option<Vec<String>>,
    is_one_shell: bool,
    unread: Option<String>,
}

#[derive(Debug)]
struct Rule {
    targets: Vec<String>,
    needs: Vec<String>,
    /// Each with its line.
    recipe: Vec<(usize, String)>,
    path: String,
}

pub(super) fn called(from: From<'_>, words: &[&str]) -> Called {
    let directory = option(words, "-C", "--directory").map_or(from.directory.to_owned(), |to| join(from.directory, to));
    let file = option(words, "-f", "--file");
    let names = file.map_or(vec!["GNUmakefile", "makefile", "Makefile"], |file| vec![file]);
    let found =
        names.iter().map(|name| join(&directory, name)).find_map(|path| Some((path.clone(), read(from.root, &path)?)));
    let Some((path, text)) = found else { return Called::Unread(format!("no Makefile for `{}`", words.join(" "))) };
    let mut makefile = Makefile::default();
    load(from, &directory, &path, &text, &mut makefile, &mut 0);
    let takes_value = ["-C", "--directory", "-f", "--file", "-j", "-o", "-I"];
    let goals = words.iter().enumerate().skip(1).filter(|(at, word)| {
        !word.starts_with('-')
            && !word.contains('=')
            && !takes_value.contains(&words[at - 1])
            && word.parse::<u32>().is_err()
    });
    let mut goals: Vec<String> = goals.map(|(_, word)| (*word).to_owned()).collect();
    if goals.is_empty() {
        let first = makefile
            .rules
            .iter()
            .flat_map(|rule| &rule.targets)
            .find(|name| !name.starts_with('.') && !name.contains('%'));
        goals.extend(makefile.variables.get(".DEFAULT_GOAL").or(first).cloned());
    }
    let (mut pieces, mut seen) = (Vec::new(), BTreeSet::new());
    for goal in &goals {
        if goal.contains('$') || !reach(&makefile, goal, &directory, &mut seen, &mut pieces) {
            let why = makefile.unread.clone().unwrap_or_else(|| format!("`{goal}` is no target in {path}"));
            if pieces.is_empty() {
                return Called::Unread(why);
            }
        }
    }
    Called::Pieces(pieces)
}

/// Reads a Makefile and what it includes.
fn load(from: From<'_>, directory: &str, path: &str, text: &str, into: &mut Makefile, included: &mut usize) {
    let joined = text.replace("\r\n", "\n").replace("\\\n", "\u{1}");
    let mut number = 1;
    let mut in_rule = false;
    for line in joined.lines() {
        let at = number;
        number += 1 + line.matches('\u{1}').count();
        let (is_recipe, line) = (line.starts_with('\t'), line.replace('\u{1}', " "));
        if is_recipe && in_rule {
            if let Some(rule) = into.rules.last_mut() {
                rule.recipe.push((at, line.trim().to_owned()));
            }
            continue;
        }
        let bare = line.split('#').next().unwrap_or("").trim();
        if bare.is_empty() {
            continue;
        }
        if let Some(names) = bare.trim_start_matches('-').strip_prefix("include ") {
            for name in names.split_whitespace() {
                let inner = join(directory, &fill(name, &into.variables));
                *included += 1;
                match read(from.root, &inner).filter(|_| *included < MAX_INCLUDES) {
                    Some(text) => load(from, directory, &inner, &text, into, included),
                    None => into.unread = Some(format!("{path} includes {name}, which is not read")),
                }
            }
            continue;
        }
        in_rule = statement(bare, &line, at, path, into) || in_rule && is_condition(bare);
    }
}

fn is_condition(line: &str) -> bool {
    ["ifeq", "ifneq", "ifdef", "ifndef", "else", "endif"].iter().any(|word| line.starts_with(word))
}

/// A variable or a rule; true when a rule begins.
fn statement(bare: &str, line: &str, at: usize, path: &str, into: &mut Makefile) -> bool {
    let assigns = bare.find('=').filter(|equals| {
        let name = bare[..*equals].trim_end_matches([':', '?', '+', '!']).trim();
        !name.contains(':') && name.split_whitespace().count() <= 2
    });
    if let Some(equals) = assigns {
        let name = bare[..equals].trim_end_matches([':', '?', '+', '!']).trim();
        let name = name.trim_start_matches("export ").trim_start_matches("override ").trim().to_owned();
        let value = bare[equals + 1..].trim();
        match into.variables.get_mut(&name).filter(|_| bare[..equals].ends_with('+')) {
            Some(old) => *old = format!("{old} {value}"),
            None => drop(into.variables.insert(name, value.to_owned())),
        }
        return false;
    }
    let Some((targets, rest)) = bare.split_once(':') else { return false };
    let rest = rest.trim_start_matches(':');
    let (needs, inline) = match line.split_once(':').and_then(|(_, rest)| rest.split_once(';')) {
        Some((_, recipe)) => (rest.split(';').next().unwrap_or(""), Some(recipe.trim().to_owned())),
        None => (rest, None),
    };
    let words = |text: &str| {
        fill(text, &into.variables)
            .split_whitespace()
            .filter(|word| *word != "|")
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (targets, needs) = (words(targets), words(needs));
    match targets.first().map(String::as_str) {
        Some(".IGNORE") => into.ignores = Some(needs),
        Some(".ONESHELL") => into.is_one_shell = true,
        // What is set for one target.
        Some(_) if rest.contains('=') => return false,
        Some(_) => {
            let recipe = inline.map(|recipe| (at, recipe)).into_iter().collect();
            into.rules.push(Rule { targets, needs, recipe, path: path.to_owned() });
            return true;
        }
        None => {}
    }
    true
}

/// `$(NAME)` with what is set; `$$` becomes `$`.
fn fill(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = text.replace("$(MAKE)", "make").replace("${MAKE}", "make");
    for _ in 0..MAX_FILLS {
        let before = text.clone();
        for (name, value) in variables {
            if text.contains(name.as_str()) {
                text = text.replace(&format!("$({name})"), value).replace(&format!("${{{name}}}"), value);
            }
        }
        if text == before {
            break;
        }
    }
    text
}

/// What a shell sees of a recipe line: a variable of make that is not set is empty there.
fn recipe_text(text: &str, variables: &BTreeMap<String, String>) -> String {
    let filled = fill(text, variables).replace("$$", "\u{2}");
    let mut out = String::new();
    let mut rest = filled.as_str();
    while let Some(at) = rest.find("$(") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(')').map_or(rest.len(), |end| at + end + 1);
        // What make fills in itself stays a word of its own.
        out.push_str("MAKE_FILLS_IN");
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.replace('\u{2}', "$")
}

/// The pieces of a target, after those of what it needs; false when there is no such target.
fn reach(
    makefile: &Makefile,
    goal: &str,
    directory: &str,
    seen: &mut BTreeSet<String>,
    pieces: &mut Vec<Piece>,
) -> bool {
    if !seen.insert(goal.to_owned()) {
        return true;
    }
    let rules: Vec<&Rule> = makefile.rules.iter().filter(|rule| rule.targets.iter().any(|name| name == goal)).collect();
    for rule in &rules {
        for need in &rule.needs {
            reach(makefile, need, directory, seen, pieces);
        }
        pieces.extend(recipe(makefile, rule, goal, directory));
    }
    !rules.is_empty()
}

fn recipe(makefile: &Makefile, rule: &Rule, goal: &str, directory: &str) -> Vec<Piece> {
    let flags = makefile.variables.get("MAKEFLAGS").map_or("", String::as_str);
    let is_flagged = flags.split_whitespace().any(|flag| {
        flag == "--ignore-errors"
            || !flag.starts_with("--") && !flag.contains('=') && flag.trim_start_matches('-').contains('i')
    });
    let is_ignored =
        makefile.ignores.as_ref().is_some_and(|names| names.is_empty() || names.iter().any(|name| name == goal));
    let ignored = match (is_flagged, is_ignored) {
        (true, _) => Some("`MAKEFLAGS` ignores every failure".to_owned()),
        (_, true) => Some(format!("`.IGNORE` throws the failures of `{goal}` away")),
        _ => None,
    };
    let options = makefile.variables.get(".SHELLFLAGS").cloned().unwrap_or_default();
    let shell = Shell::of_options(&options.split_whitespace().collect::<Vec<_>>());
    let piece = |at: usize, text: String, swallowed: Option<String>| Piece {
        place: format!("{}:{at}", rule.path),
        text,
        shell,
        directory: directory.to_owned(),
        swallowed: ignored.clone().or(swallowed),
    };
    if makefile.is_one_shell {
        let Some((at, first)) = rule.recipe.first() else { return Vec::new() };
        let dash = first.trim_start_matches(['@', '+']).starts_with('-');
        let lines: Vec<&str> = rule.recipe.iter().map(|(_, line)| line.trim_start_matches(['@', '-', '+'])).collect();
        let text = recipe_text(&lines.join("\n"), &makefile.variables);
        return vec![piece(*at, text, dash.then(|| "`-` in front of the recipe".to_owned()))];
    }
    let lines = rule.recipe.iter().filter(|(_, line)| !line.starts_with('#') && !is_condition(line));
    lines
        .map(|(at, line)| {
            let bare = line.trim_start_matches(['@', '-', '+', ' ']);
            let dash = line[..line.len() - bare.len()].contains('-');
            piece(
                *at,
                recipe_text(bare, &makefile.variables),
                dash.then(|| "`-` in front of it in the recipe".to_owned()),
            )
        })
        .collect()
}
