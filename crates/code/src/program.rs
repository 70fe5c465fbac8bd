//! Many files together, and the names by which they know each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::facts::{Definition, Facts};
use crate::{Language, read};

/// One file of source code. Its facts are read when they are first asked for.
#[derive(Debug)]
pub struct File {
    /// From the root of what is searched, `/` between parts.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// As it stands there.
    pub text: String,
    /// Counts as test.
    pub is_test: bool,
    facts: OnceLock<Facts>,
}

impl File {
    /// A file; nothing is parsed yet.
    pub fn new(path: String, language: Language, text: String, is_test: bool) -> Self {
        Self { path, language, text, is_test, facts: OnceLock::new() }
    }

    /// What it says.
    pub fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| read(self.language, &self.text))
    }

    /// Its directory, without a slash at the end; empty at the root.
    pub fn directory(&self) -> &str {
        directory(&self.path)
    }

    /// The name by which others import it: the file's, or its directory's where the file stands for the directory.
    pub fn stem(&self) -> &str {
        let module = module_path(&self.path);
        module.rsplit('/').next().unwrap_or(module)
    }
}

pub(crate) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// `a/b/__init__.py` and `a/b.py` are both `a/b`.
pub(crate) fn module_path(path: &str) -> &str {
    let (directory, name) = path.rsplit_once('/').map_or(("", path), |parts| parts);
    let stem = name.split('.').next().unwrap_or(name);
    if matches!(stem, "__init__" | "index" | "mod" | "lib") && !directory.is_empty() {
        return directory;
    }
    let from_start = path.len() - name.len() + stem.len();
    &path[..from_start]
}

/// What is asked for: `name`, `Class.method`, `module.function`, `a::b::c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// What stands before the name.
    pub before: Vec<String>,
    /// The last part.
    pub name: String,
}

impl Symbol {
    /// Reads one; `None` when a part is empty or no name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace("::", ".").replace(['#', '/', ':'], ".");
        let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        let is_name = |part: &String| {
            !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'))
        };
        let (name, before) = parts.split_last()?;
        parts.iter().all(is_name).then(|| Self { before: before.to_vec(), name: name.clone() })
    }

    pub(crate) fn means(&self, file: &File, definition: &Definition) -> bool {
        if definition.name != self.name {
            return false;
        }
        let mut before = self.before.iter().rev().peekable();
        if let Some(owner) = &definition.owner
            && before.peek().is_some_and(|part| *part == owner)
        {
            before.next();
        }
        let rest: Vec<&String> = before.collect();
        let fits = |module: &str| {
            let mut parts = module.rsplit('/');
            rest.iter().all(|part| parts.next().is_some_and(|have| have == *part || have.replace('-', "_") == **part))
        };
        // A package of Go is its directory, whatever its files are called.
        fits(module_path(&file.path)) || file.language == Language::Go && fits(file.directory())
    }
}

/// Many files, and what their manifests call them.
#[derive(Debug, Default)]
pub struct Program {
    /// The source files.
    pub files: Vec<File>,
    /// Files that are no source code and may name it: settings, manifests, workflows; path and text.
    pub others: Vec<(String, String)>,
    /// Packages with their directories, as `package.json`, `Cargo.toml` and `go.mod` name them.
    pub packages: Vec<(String, String)>,
    by_path: HashMap<String, usize>,
    by_stem: HashMap<String, Vec<usize>>,
    /// The directory of the crate of each file, and the files of each.
    pub(crate) crates: Vec<String>,
    pub(crate) by_crate: HashMap<String, Vec<usize>>,
    /// Which files hold a word, for the words that were asked for; held for one look into the map.
    holding: Mutex<HashMap<String, Arc<Vec<usize>>>>,
}

impl Program {
    /// A program of these files.
    pub fn new(files: Vec<File>, others: Vec<(String, String)>, packages: Vec<(String, String)>) -> Self {
        let by_path = files.iter().enumerate().map(|(at, file)| (file.path.clone(), at)).collect();
        let mut by_stem: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            by_stem.entry(file.stem().to_owned()).or_default().push(at);
        }
        let mut program = Self { files, others, packages, by_path, by_stem, ..Self::default() };
        program.crates = (0..program.files.len()).map(|at| program.find_crate(at)).collect();
        for (at, _) in program.files.iter().enumerate().filter(|(_, file)| file.language == Language::Rust) {
            program.by_crate.entry(program.crates[at].clone()).or_default().push(at);
        }
        program
    }

    pub(crate) fn at(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// Files that others import by this last part.
    pub(crate) fn stems(&self, stem: &str) -> &[usize] {
        self.by_stem.get(stem).map_or(&[], Vec::as_slice)
    }

    /// The files whose text holds one of these words.
    pub fn mentioning(&self, words: &[&str]) -> Vec<usize> {
        let mut found: Vec<usize> = words.iter().flat_map(|word| self.holding(word).to_vec()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn holding(&self, word: &str) -> Arc<Vec<usize>> {
        let known = self.holding.lock().unwrap_or_else(PoisonError::into_inner).get(word).cloned();
        known.unwrap_or_else(|| {
            let all = self.files.iter().enumerate().filter(|(_, file)| file.text.contains(word));
            let found = Arc::new(all.map(|(at, _)| at).collect::<Vec<_>>());
            self.holding.lock().unwrap_or_else(PoisonError::into_inner).insert(word.to_owned(), Arc::clone(&found));
            found
        })
    }
}
