//! The source files that a look is about, and everything beside them that may name what is in them.
//!
//! What others wrote is not searched: directories by these names are skipped and told. Links are not followed, so that
//! nothing is counted twice and nothing leads out of the repository.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use code::{File, Language, Program};
use text::Fields;

use super::glob::Globs;
use crate::kind::in_thread;
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, World};

/// The largest source file read.
pub const MAX_SOURCE_BYTES: usize = 4 << 20;

/// The most bytes of source that are searched at once.
pub const MAX_SOURCES_BYTES: usize = 512 << 20;

/// The largest file of settings in which names are looked for.
const MAX_OTHER_BYTES: usize = 256 << 10;

/// How long one look may take.
const CODE_WITHIN: Duration = Duration::from_secs(120);

/// Directories of what others wrote or a build made.
pub const SKIPPED_DIRECTORIES: [&str; 11] = [
    "node_modules",
    ".venv",
    "venv",
    "site-packages",
    "target",
    "dist",
    "vendor",
    "third_party",
    "bower_components",
    "__pycache__",
    ".git",
];

/// Where to look, as every kind here has it.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) from: Globs,
    pub(super) tests: Globs,
    pub(super) language: Option<String>,
}

/// Reads patterns under a key; problems are told.
pub(super) fn globs(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Globs> {
    let written: Vec<&str> = fields.texts(key).into_iter().map(|(text, _)| text).collect();
    match Globs::read(written) {
        Ok(globs) => Some(globs),
        Err(message) => {
            let span = span_of(fields, key);
            fields.problem("wrong-path", span, message);
            None
        }
    }
}

impl Scope {
    /// Reads `from`, `tests` and `language`.
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let from = globs(fields, "from");
        let tests = globs(fields, "tests");
        let language = fields.one_of("language", &Language::WORDS).map(|index| Language::WORDS[index].to_owned());
        if from.as_ref().is_some_and(Globs::is_empty) {
            let span = fields.span();
            fields.problem("missing-key", span, "there is no `from`: which directories or files are searched?");
            return None;
        }
        Some(Self { from: from?, tests: tests?, language })
    }

    fn language_of(&self, path: &str) -> Option<Language> {
        let language = Language::of(path)?;
        self.language.as_deref().is_none_or(|word| language.is_called(word)).then_some(language)
    }

    fn is_test(&self, language: Language, path: &str) -> bool {
        if self.tests.is_empty() { language.is_test(path) } else { self.tests.fits(path) }
    }
}

/// What was read.
pub(super) struct Tree {
    pub(super) program: Program,
    /// Names of directories that were left out.
    pub(super) skipped: BTreeSet<String>,
    /// Files that are meant and could not be read, with the reason.
    pub(super) unread: Vec<String>,
    /// All paths below the directory, vendored ones left out.
    pub(super) paths: Vec<String>,
}

/// Reads what a look is about and answers, in a thread of its own.
pub(super) async fn looking(
    scope: &Scope,
    world: &World,
    answer: impl FnOnce(&Tree, &Path) -> Sight + Send + 'static,
) -> Sight {
    let (scope, directory) = (scope.clone(), world.directory.clone());
    let source = scope.from.words();
    in_thread(&source.clone(), CODE_WITHIN, move || match read(&scope, &directory) {
        Ok(tree) => answer(&tree, &directory),
        Err(error) => Sight::blind(&source, &error),
    })
    .await
}

fn read(scope: &Scope, directory: &Path) -> Result<Tree, Error> {
    let (paths, skipped, mut unread) = listed(directory);
    let meant = paths.iter().filter(|path| scope.from.fits(path));
    let meant: Vec<(&String, Language)> =
        meant.filter_map(|path| scope.language_of(path).map(|language| (path, language))).collect();
    if meant.is_empty() {
        return Err(Error::Path {
            path: scope.from.words(),
            why: "holds no source file in a language that is read here",
        });
    }
    let texts = outside::parallel::map(&meant, |(path, _)| source(directory, path, MAX_SOURCE_BYTES));
    let (mut files, mut bytes) = (Vec::new(), 0);
    for ((path, language), text) in meant.into_iter().zip(texts) {
        match text {
            Ok(text) => {
                bytes += text.len();
                files.push(File::new(path.clone(), language, text, scope.is_test(language, path)));
            }
            Err(error) => unread.push(format!("{path}: {}", error.words())),
        }
        if bytes > MAX_SOURCES_BYTES {
            unread.push(format!("more than {} MiB of source below {}", MAX_SOURCES_BYTES >> 20, scope.from.words()));
            break;
        }
    }
    let others = others(directory, &paths);
    let packages = packages(&others);
    Ok(Tree { program: Program::new(files, others, packages), skipped, unread, paths })
}

/// The paths below the directory, the directories left out, and why the list may be short.
pub(super) fn listed(directory: &Path) -> (Vec<String>, BTreeSet<String>, Vec<String>) {
    let listing = outside::files::walk(directory);
    let mut skipped: BTreeSet<String> = SKIPPED_DIRECTORIES
        .iter()
        .filter(|name| directory.join(name).is_dir() && **name != ".git")
        .map(|name| (*name).to_owned())
        .collect();
    let mut paths = Vec::new();
    for path in listing.paths {
        let parts = path.rsplit_once('/').map_or("", |(directories, _)| directories).split('/');
        match parts.into_iter().find(|part| SKIPPED_DIRECTORIES.contains(part)) {
            Some(part) => {
                skipped.insert(part.to_owned());
            }
            None => paths.push(path),
        }
    }
    let unread = if listing.is_cut { vec!["there are more files than are listed".to_owned()] } else { Vec::new() };
    (paths, skipped, unread)
}

/// A file as text; bytes that are no UTF-8 do not matter to names. A link is no file of its own.
pub(super) fn source(directory: &Path, path: &str, limit: usize) -> Result<String, Error> {
    let full = directory.join(path);
    if full.is_symlink() {
        return Ok(String::new());
    }
    let bytes = outside::files::read_bytes(&full, limit)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Settings, manifests and scripts: they start things by name.
fn others(directory: &Path, paths: &[String]) -> Vec<(String, String)> {
    let is_other = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let is_lock = name.contains("lock") || name.ends_with(".map");
        let is_named = ["Procfile", "Makefile", "justfile", "go.mod"].contains(&name) || name.starts_with("Dockerfile");
        // What a register claims is no evidence of itself.
        let is_register = name.contains("seaworthy");
        !is_lock
            && !is_register
            && (is_named || matches!(ending, "toml" | "cfg" | "ini" | "yaml" | "yml" | "json" | "sh" | "conf" | "txt"))
    };
    let meant: Vec<&String> = paths.iter().filter(is_other).collect();
    let texts = outside::parallel::map(&meant, |path| source(directory, path, MAX_OTHER_BYTES).unwrap_or_default());
    meant.into_iter().cloned().zip(texts).filter(|(_, text)| !text.is_empty()).collect()
}

/// Packages by their manifests, with their directories.
fn packages(others: &[(String, String)]) -> Vec<(String, String)> {
    let mut packages = Vec::new();
    for (path, text) in others {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let found = match name {
            "package.json" => serde_json::from_str::<serde_json::Value>(text)
                .ok()
                .and_then(|manifest| manifest.get("name").and_then(serde_json::Value::as_str).map(str::to_owned)),
            "Cargo.toml" => text
                .parse::<toml::Table>()
                .ok()
                .and_then(|manifest| manifest.get("package")?.get("name")?.as_str().map(str::to_owned)),
            "go.mod" => {
                text.lines().find_map(|line| line.trim().strip_prefix("module ")).map(|name| name.trim().to_owned())
            }
            _ => None,
        };
        packages.extend(found.filter(|name| !name.is_empty()).map(|name| (name, directory.to_owned())));
    }
    packages
}

/// `path:line`.
pub(super) fn place(program: &Program, file: usize, line: usize) -> String {
    format!("{}:{line}", program.files[file].path)
}
