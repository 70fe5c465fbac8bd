//! Which of the names in a register any file but prose has.
//!
//! Generous on purpose: `enable_caching` counts as found when a file says `enableCaching` or `ENABLE_CACHING`. What was not
//! searched to the end is not judged.

use std::collections::HashMap;

use register::parts::{NameKind, Named};
use register::{NameFact, Register, RepositoryFacts};

use super::{Repository, file_name};

/// The most bytes of files that are searched, 64 MiB.
pub const MAX_SEARCHED_BYTES: usize = 64 * 1024 * 1024;
/// A larger file is made by a machine, 1 MiB.
const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Extensions of prose and of what machines make.
const NOT_SEARCHED: &[&str] = &[
    "md", "markdown", "txt", "rst", "adoc", "html", "htm", "pdf", "png", "jpg", "jpeg", "gif", "svg", "ico", "lock",
    "csv", "map", "min.js", "woff", "woff2", "ttf", "zip", "gz", "jar", "wasm", "so", "mp4", "docx", "xlsx",
];
/// Extensions that show that the repository holds what the text speaks of.
const CODE: &[&str] = &[
    "py", "rs", "ts", "tsx", "js", "jsx", "mjs", "go", "java", "kt", "rb", "php", "cs", "c", "cc", "cpp", "h", "scala",
    "ex", "exs", "swift", "sh", "sql", "tf", "yaml", "yml",
];

/// Looks up the names and bare file names of a register.
pub(super) fn look_up(repository: &Repository, register: &Register, facts: &mut RepositoryFacts) {
    let names = &register.parts.names;
    if names.is_empty() || repository.listing.is_cut {
        return;
    }
    for named in names.iter().filter(|named| named.kind == NameKind::File) {
        facts.files.insert(named.name.clone(), is_file(repository, &named.name));
    }
    let is_code = |path: &String| extension(path).is_some_and(|extension| CODE.contains(&extension));
    if !repository.files().iter().any(is_code) {
        return;
    }
    let commands = own_commands(repository);
    let judged = names.iter().filter(|named| match named.kind {
        NameKind::File => false,
        NameKind::Option => named.command.as_ref().is_some_and(|command| commands.contains(command)),
        NameKind::Setting | NameKind::Variable | NameKind::Function => true,
    });
    let judged: Vec<&Named> = judged.collect();
    let mut counts: HashMap<String, usize> = judged.iter().map(|named| (normal(&named.name), 0)).collect();
    if counts.is_empty() {
        return;
    }
    if !search(repository, &mut counts) {
        facts.unknown.push(format!(
            "the search for names ended after {} MiB: names that were not found are not judged",
            MAX_SEARCHED_BYTES / 1024 / 1024
        ));
        counts.retain(|_, files| *files > 0);
    }
    for named in judged {
        if let Some(files) = counts.get(&normal(&named.name)) {
            facts.names.insert((named.kind, named.name.clone()), NameFact { files: *files });
        }
    }
}

fn is_file(repository: &Repository, name: &str) -> bool {
    let lower = name.to_lowercase();
    repository.by_name.contains_key(name)
        || repository.files().iter().any(|path| file_name(path).to_lowercase() == lower)
}

/// Counts the files that have each name; false when not every file could be searched.
fn search(repository: &Repository, counts: &mut HashMap<String, usize>) -> bool {
    let mut left = MAX_SEARCHED_BYTES;
    for path in repository.files() {
        if extension(path).is_some_and(|extension| NOT_SEARCHED.contains(&extension)) {
            continue;
        }
        let Ok(bytes) = outside::files::read_bytes(&repository.root.join(path), MAX_FILE_BYTES) else { continue };
        if bytes.len() > left {
            return false;
        }
        left -= bytes.len();
        let mut found: Vec<String> = Vec::new();
        for word in words(&bytes) {
            let word = normal(word);
            if counts.contains_key(&word) && !found.contains(&word) {
                found.push(word);
            }
        }
        found.iter().for_each(|word| *counts.entry(word.clone()).or_default() += 1);
    }
    true
}

/// Runs of letters, digits, `_` and `-`, whole and between dashes.
fn words(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let runs = bytes.split(move |byte| !is_word(byte)).filter(|run| run.len() >= 4 && run.len() <= 200);
    let runs = runs.filter_map(|run| std::str::from_utf8(run).ok());
    runs.flat_map(|run| std::iter::once(run).chain(run.split('-').filter(move |part| part.len() < run.len())))
}

/// The form in which names are compared: lower case, without `_` and `-`.
fn normal(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// The commands that this repository makes: names in its package manifests, and folders below `cmd/`.
fn own_commands(repository: &Repository) -> Vec<String> {
    let mut commands = Vec::new();
    for path in repository.files() {
        if let Some((_, rest)) = path.split_once("cmd/")
            && let Some((command, _)) = rest.split_once('/')
        {
            commands.push(command.to_owned());
        }
        if matches!(file_name(path), "Cargo.toml" | "package.json" | "pyproject.toml" | "setup.cfg" | "setup.py")
            && let Ok(text) = outside::files::read_text(&repository.root.join(path), MAX_FILE_BYTES)
        {
            commands.extend(text.lines().filter_map(declared_command));
        }
    }
    commands.sort();
    commands.dedup();
    commands
}

/// The command that one line of a manifest declares: `name = "floe"`, `"name": "@a/floe"`, `floe = "floe.cli:main"`.
fn declared_command(line: &str) -> Option<String> {
    let line = line.trim();
    let (key, value) = line.split_once(['=', ':'])?;
    let clean = |text: &str| text.trim().trim_matches(['"', '\'', ',', ' ']).to_owned();
    let (key, value) = (clean(key), clean(value));
    let command = if key == "name" {
        file_name(&value).to_owned()
    } else if value.contains(':') && value.split(':').all(|part| !part.contains([' ', '/'])) {
        key
    } else {
        return None;
    };
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (!command.is_empty() && command.chars().all(sound)).then_some(command)
}

fn extension(path: &str) -> Option<&str> {
    file_name(path).rsplit_once('.').map(|(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_say_which_commands_are_our_own() {
        let command = |line: &str| declared_command(line).unwrap_or_default();
        assert_eq!(command("name = \"floe\""), "floe");
        assert_eq!(command("  \"name\": \"@team/floe\","), "floe");
        assert_eq!(command("floe = \"floe.cli:main\""), "floe");
        assert_eq!(command("\"start\": \"docker compose up --wait\","), "");
        assert_eq!(command("version = \"1.0\""), "");
    }

    #[test]
    fn a_name_is_found_in_any_spelling() {
        let found: Vec<String> = words(b"x.enableCaching(ENABLE_CACHING, \"dry-run\")").map(normal).collect();
        assert!(found.contains(&normal("enable_caching")) && found.contains(&normal("--dry-run")));
        assert!(!found.contains(&normal("enable_cache")));
    }
}
