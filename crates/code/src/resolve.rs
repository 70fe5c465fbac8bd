//! From an import to the files it means. What leads out of the searched files is outside, not missing.

use crate::Language;
use crate::program::{Program, directory, module_path};

/// Where an import leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// To these files; more than one when the name alone does not tell.
    Files(Vec<usize>),
    /// To none of the searched files.
    Outside,
}

/// What a script may leave out behind the name of a module.
const SCRIPT_ENDINGS: [&str; 16] = [
    "",
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".d.ts",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.jsx",
    "/index.mjs",
    "/src/index.ts",
];

impl Program {
    /// The files that a module, as `from` writes it, means.
    pub(crate) fn module(&self, from: usize, module: &str) -> Where {
        if module.is_empty() {
            return Where::Files(vec![from]);
        }
        let found = match self.files[from].language {
            Language::Python => self.python(from, module),
            Language::JavaScript | Language::TypeScript | Language::Tsx => self.script(from, module),
            Language::Go => self.go(from, module),
            Language::Rust => self.rust(from, module),
        };
        if found.is_empty() { Where::Outside } else { Where::Files(found) }
    }

    /// Whether a module leads to one of the files.
    pub fn leads_inside(&self, from: usize, module: &str) -> bool {
        self.module(from, module) != Where::Outside
    }

    fn python(&self, from: usize, module: &str) -> Vec<usize> {
        let rest = module.trim_start_matches('.');
        let dots = module.len() - rest.len();
        let rest = rest.replace('.', "/");
        if dots > 0 {
            let mut base = self.files[from].directory();
            for _ in 1..dots {
                base = directory(base);
            }
            let path = [base, &rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
            return self.python_files(&path);
        }
        let last = rest.rsplit('/').next().unwrap_or("");
        let mut found: Vec<usize> = self.stems(last).to_vec();
        found.retain(|at| self.files[*at].language == Language::Python && self.is_import_root(from, *at, &rest));
        let closeness = |at: &usize| common(&self.files[*at].path, &self.files[from].path);
        let best = found.iter().map(closeness).max().unwrap_or(0);
        found.retain(|at| closeness(at) == best);
        found
    }

    fn python_files(&self, path: &str) -> Vec<usize> {
        let endings = [".py", "/__init__.py", ".pyi", "/__init__.pyi"];
        endings.iter().filter_map(|ending| self.at(format!("{path}{ending}").trim_start_matches('/'))).collect()
    }

    /// Whether what stands before the module's own path could be on the path of the interpreter: no package itself.
    fn is_import_root(&self, from: usize, at: usize, rest: &str) -> bool {
        let module = module_path(&self.files[at].path);
        let Some(root) = module.strip_suffix(rest) else { return false };
        if root.is_empty() {
            return true;
        }
        let Some(root) = root.strip_suffix('/') else { return false };
        let is_package = self.at(&format!("{root}/__init__.py")).is_some();
        let is_above = self.files[from].path.starts_with(&format!("{root}/"));
        !is_package && (rest.contains('/') || is_above || matches!(root, "src" | "lib" | "python"))
    }

    fn script(&self, from: usize, module: &str) -> Vec<usize> {
        if module.starts_with('.') {
            return self.script_file(&normal(self.files[from].directory(), module)).into_iter().collect();
        }
        let in_package = self.packages.iter().filter_map(|(name, base)| {
            let rest = module.strip_prefix(name.as_str())?;
            let rest = if rest.is_empty() { "" } else { rest.strip_prefix('/')? };
            let base =
                if base.is_empty() || rest.is_empty() { format!("{base}{rest}") } else { format!("{base}/{rest}") };
            self.script_file(&base).or_else(|| self.script_file(&base.replacen(rest, &format!("src/{rest}"), 1)))
        });
        let found: Vec<usize> = in_package.collect();
        if !found.is_empty() {
            return found;
        }
        let alias = ["@/", "~/", "#/", "#", "$lib/", "$", "@app/", "src/", "app/"];
        let rest = alias.iter().find_map(|alias| module.strip_prefix(alias));
        let Some(rest) = rest.or_else(|| module.contains('/').then_some(module).filter(|one| !one.starts_with('@')))
        else {
            return Vec::new();
        };
        self.ending_with(from, strip_extension(rest))
    }

    /// Scripts whose module path ends so, the nearest.
    fn ending_with(&self, from: usize, rest: &str) -> Vec<usize> {
        let last = rest.rsplit('/').next().unwrap_or("");
        let mut found: Vec<usize> = self.stems(last).to_vec();
        found.retain(|at| {
            let module = module_path(&self.files[*at].path);
            let fits = module == rest || module.strip_suffix(rest).is_some_and(|root| root.ends_with('/'));
            self.files[*at].language.is_script() && fits
        });
        let closeness = |at: &usize| common(&self.files[*at].path, &self.files[from].path);
        let best = found.iter().map(closeness).max().unwrap_or(0);
        found.retain(|at| closeness(at) == best);
        found
    }

    fn script_file(&self, path: &str) -> Option<usize> {
        let bare = strip_extension(path);
        let of = |base: &str| {
            SCRIPT_ENDINGS.iter().find_map(|ending| self.at(format!("{base}{ending}").trim_start_matches('/')))
        };
        of(path).or_else(|| of(bare))
    }

    fn go(&self, from: usize, module: &str) -> Vec<usize> {
        let known = self.packages.iter().filter_map(|(name, base)| {
            let rest = module.strip_prefix(name.as_str())?;
            let rest = if rest.is_empty() { "" } else { rest.strip_prefix('/')? };
            Some([base.as_str(), rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
        });
        let directories: Vec<String> = known.collect();
        let is_there = |at: &usize| {
            let file = &self.files[*at];
            file.language == Language::Go && directories.iter().any(|one| one == file.directory())
        };
        let _ = from;
        (0..self.files.len()).filter(is_there).collect()
    }

    /// Every file of the crates that a path can mean, those first whose module is named by its last part.
    fn rust(&self, from: usize, module: &str) -> Vec<usize> {
        let mut parts: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
        let own = self.crates[from].clone();
        let base = match parts.first().copied() {
            Some("crate" | "self" | "super") | None => own.clone(),
            Some(first) => {
                let named = self.packages.iter().find(|(name, _)| name.replace('-', "_") == first);
                match named {
                    Some((_, base)) => base.clone(),
                    None if self.has_module(&own, first) => own.clone(),
                    None => return Vec::new(),
                }
            }
        };
        parts.retain(|part| !matches!(*part, "crate" | "self" | "super"));
        let in_crate: &[usize] = self.by_crate.get(&base).map_or(&[], Vec::as_slice);
        let last = parts.last().copied().unwrap_or("");
        let named: Vec<usize> = in_crate.iter().copied().filter(|at| self.files[*at].stem() == last).collect();
        if named.is_empty() { in_crate.to_vec() } else { named }
    }

    fn has_module(&self, base: &str, name: &str) -> bool {
        self.stems(name).iter().any(|at| self.crates[*at] == base)
    }

    /// The directory of the crate that a file belongs to.
    pub(crate) fn find_crate(&self, at: usize) -> String {
        let path = &self.files[at].path;
        let owners = self.packages.iter().map(|(_, base)| base);
        let owning = owners.filter(|base| base.is_empty() || path.starts_with(&format!("{base}/")));
        let longest = owning.max_by_key(|base| base.len());
        longest.cloned().unwrap_or_else(|| path.split("src/").next().unwrap_or("").trim_end_matches('/').to_owned())
    }
}

fn strip_extension(path: &str) -> &str {
    let endings = [".tsx", ".ts", ".jsx", ".js", ".mjs", ".cjs"];
    endings.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}

/// How many bytes two paths have in common at their beginning.
fn common(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// `a/b` and `../c` are `a/c`.
fn normal(directory: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
