//! What a command calls in this repository: targets, package scripts, tasks, shell scripts, environments of tox, hooks.
//!
//! Each piece that is called is a script with a shell of its own; a file of another language is only searched for a word. What lies outside the
//! repository, or is made while it runs, is not read, and says so.

mod make;
mod package;
mod task;
mod tox;

use std::path::Path;

use super::shell::{Shell, Simple, stripped};

/// The largest script that is read.
const MAX_SCRIPT_BYTES: usize = 1 << 20;

/// One script that is called.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// `file:line`.
    pub(super) place: String,
    pub(super) text: String,
    pub(super) shell: Shell,
    /// Where it runs, from the root.
    pub(super) directory: String,
    /// Why its failure does not count.
    pub(super) swallowed: Option<String>,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub(super) enum Called {
    /// Nothing of this repository is called.
    Nothing,
    Pieces(Vec<Piece>),
    /// A program of this repository: its path and text.
    Program(String, String),
    /// Something that could run anything, and cannot be read: why.
    Unread(String),
}

/// Where a call is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct From<'a> {
    pub(super) root: &'a Path,
    pub(super) directory: &'a str,
    pub(super) shell: Shell,
}

/// Reads what a command calls.
pub(super) fn called(from: From<'_>, one: &Simple) -> Called {
    let all: Vec<&str> = stripped(one).iter().map(|word| word.text.as_str()).collect();
    let words = launched(&all);
    let first = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    match first {
        "make" | "gmake" => make::called(from, words),
        "just" => task::just(from, words),
        "task" | "go-task" => task::taskfile(from, words),
        "npm" | "pnpm" | "yarn" | "bun" | "npm-run-all" | "run-s" | "run-p" | "concurrently" => {
            package::called(from, words)
        }
        "tox" => tox::tox(from, words),
        "nox" => tox::program(from, &["noxfile.py"], "nox"),
        "pre-commit" | "prek" => tox::hooks(from, words),
        "inv" | "invoke" => tox::program(from, &["tasks.py"], "invoke"),
        "rake" => tox::program(from, &["Rakefile", "rakefile"], "rake"),
        "hatch" | "poe" | "pdm" => tox::program(from, &["pyproject.toml", "hatch.toml"], first),
        "turbo" | "nx" | "lerna" | "earthly" | "dagger" | "bazel" | "bazelisk" | "grunt" | "gulp" => {
            Called::Unread(format!("what `{}` runs", words.join(" ")))
        }
        "docker" | "podman" if words.contains(&"build") || words.contains(&"buildx") => dockerfile(from, words),
        "bash" | "sh" | "dash" | "zsh" | "ash" => shell(from, words),
        "source" | "." => words.get(1).map_or(Called::Nothing, |path| script(from, path, from.shell)),
        "python" | "python3" | "node" | "ruby" | "perl" | "tsx" | "ts-node" | "deno" | "php" | "bun-run" => {
            let path = words[1..].iter().find(|word| !word.starts_with('-') && **word != "run");
            let is_module = words.get(1) == Some(&"-m") || words.get(1) == Some(&"-c");
            path.filter(|_| !is_module).map_or(Called::Nothing, |path| script(from, path, Shell::bare()))
        }
        _ if words
            .first()
            .is_some_and(|word| word.starts_with("./") || word.ends_with(".sh") || word.contains('/')) =>
        {
            script(from, words[0], Shell::bare())
        }
        _ => Called::Nothing,
    }
}

/// The words behind what runs a program of an environment: `poetry run`, `npx`.
fn launched<'w>(words: &'w [&'w str]) -> &'w [&'w str] {
    match words {
        [
            "poetry" | "uv" | "pipenv" | "pdm" | "rye" | "mise" | "bundle" | "corepack",
            "run" | "exec" | "x",
            rest @ ..,
        ] if !rest.is_empty() => {
            let options = rest.iter().take_while(|word| word.starts_with('-')).count();
            &rest[options.min(rest.len() - 1)..]
        }
        ["npx" | "bunx" | "uvx" | "corepack", rest @ ..] if !rest.is_empty() => {
            let options = rest.iter().take_while(|word| word.starts_with('-')).count();
            &rest[options.min(rest.len() - 1)..]
        }
        ["python" | "python3", "-m", rest @ ..] if !rest.is_empty() => rest,
        _ => words,
    }
}

/// The text of a file below the root.
fn read(root: &Path, path: &str) -> Option<String> {
    let is_inside = !path.starts_with('/') && path.split('/').all(|part| part != "..");
    let full = root.join(path);
    (is_inside && !full.is_symlink()).then_some(())?;
    outside::files::read_text(&full, MAX_SCRIPT_BYTES).ok()
}

/// A path seen from a directory, without `.` and `..`.
pub(super) fn join(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The value of an option, `-C dir`, `-Cdir` or `--directory=dir`.
fn option<'w>(words: &[&'w str], short: &str, long: &str) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(at, word)| {
        if *word == short || *word == long {
            return words.get(at + 1).copied();
        }
        let short =
            word.strip_prefix(short).filter(|rest| !rest.is_empty() && !word.starts_with("--") && !short.is_empty());
        word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')).or(short)
    })
}

/// `bash -eu scripts/test.sh`.
fn shell(from: From<'_>, words: &[&str]) -> Called {
    let options: Vec<&str> = words[1..]
        .iter()
        .copied()
        .take_while(|word| word.starts_with(['-', '+']) || matches!(*word, "pipefail" | "errexit" | "nounset"))
        .collect();
    let is_command = options.iter().any(|word| !word.starts_with("--") && word.ends_with('c'));
    match words.get(1 + options.len()).filter(|_| !is_command) {
        Some(path) => script(from, path, Shell::of_options(&options)),
        None => Called::Nothing,
    }
}

/// A script; by its first line it may be of another language.
fn script(from: From<'_>, path: &str, shell: Shell) -> Called {
    if path.contains('$') || path.starts_with('/') || path.contains("node_modules/") {
        return Called::Nothing;
    }
    let tries = [join(from.directory, path), join("", path)];
    let Some((path, text)) = tries.iter().find_map(|path| Some((path.clone(), read(from.root, path)?))) else {
        return Called::Nothing;
    };
    let head = text.lines().next().filter(|line| line.starts_with("#!")).unwrap_or("");
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_shell = if head.is_empty() {
        name.ends_with(".sh") || name.ends_with(".bash") || !name.contains('.')
    } else {
        head.split(['/', ' ']).any(|word| matches!(word, "sh" | "bash" | "dash" | "zsh" | "ash"))
    };
    if !is_shell {
        return Called::Program(path, text);
    }
    let mut shell = shell;
    if !shell.errexit && !shell.pipefail {
        let options: Vec<&str> = head.split_whitespace().skip(1).collect();
        shell.set(&options);
    }
    let directory = from.directory.to_owned();
    Called::Pieces(vec![Piece { place: format!("{path}:1"), text, shell, directory, swallowed: None }])
}

fn dockerfile(from: From<'_>, words: &[&str]) -> Called {
    let file = option(words, "-f", "--file").unwrap_or("Dockerfile");
    let context =
        words.iter().skip(2).rfind(|word| !word.starts_with('-') && !word.contains(':')).copied().unwrap_or(".");
    let tries = [join(from.directory, file), join(&join(from.directory, context), file)];
    tries.iter().find_map(|path| Some(Called::Program(path.clone(), read(from.root, path)?))).unwrap_or(Called::Nothing)
}
