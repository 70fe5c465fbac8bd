//! Under which names each file knows a definition: its own, imported, renamed, handed on.

use std::collections::{BTreeMap, BTreeSet};

use crate::Language;
use crate::facts::{Import, Made, Shape, Use};
use crate::program::Program;
use crate::resolve::Where;
use crate::search::Seen;
use crate::standing::{Standing, of_module};

/// How often names are handed on at most.
const MAX_ROUNDS: usize = 12;

/// The names of one definition in every file that can name it. For a method these are the names of its class.
pub(crate) struct Homes {
    pub(crate) at: (usize, usize),
    /// The definition that the names mean: the class of a method.
    pub(crate) named: Option<(usize, usize)>,
    /// The name of the method or of the definition itself.
    pub(crate) name: String,
    pub(crate) is_method: bool,
    pub(crate) is_class: bool,
    names: BTreeMap<usize, BTreeSet<String>>,
    /// Names of modules through which it is reached: `import a.b`, `import * as x`.
    modules: BTreeMap<usize, BTreeSet<String>>,
    /// Files that may use it.
    pub(crate) files: BTreeSet<usize>,
    /// Imports at run time of its file, and whether the default export is meant.
    pub(crate) dynamic: Vec<(Seen, bool)>,
    /// What the names mean is called where it is defined.
    pub(crate) called: String,
    /// Names whose import could not be followed although it ends like the file.
    unclear: BTreeMap<usize, BTreeSet<String>>,
    imports: BTreeSet<usize>,
    /// Imports that lead here, by file and byte and local name.
    followed: BTreeSet<(usize, usize, String)>,
    /// Names that a module binds to something else in the end, with that line where it is so on some ways only.
    rebound: BTreeMap<(usize, String), Option<usize>>,
}

impl Homes {
    pub(crate) fn of(program: &Program, at: (usize, usize)) -> Self {
        let definition = program.definition(at);
        let named = match &definition.owner {
            Some(owner) => class(program, at.0, owner),
            None => Some(at),
        };
        let called = definition.owner.clone().unwrap_or_else(|| definition.name.clone());
        let mut homes = Self {
            at,
            named,
            name: definition.name.clone(),
            is_method: definition.owner.is_some(),
            is_class: definition.shape == Shape::Class,
            names: BTreeMap::new(),
            modules: BTreeMap::new(),
            files: BTreeSet::new(),
            dynamic: Vec::new(),
            called: called.clone(),
            unclear: BTreeMap::new(),
            imports: BTreeSet::new(),
            followed: BTreeSet::new(),
            rebound: BTreeMap::new(),
        };
        let home = named.map_or(at.0, |named| named.0);
        homes.add(home, &called);
        homes.add(at.0, &called);
        homes.spread(program, home, &called);
        let is_default = homes.is_name(home, "default") || homes.is_name(home, "=");
        homes.dynamic.iter_mut().for_each(|(_, default)| *default = is_default);
        homes
    }

    fn add(&mut self, file: usize, name: &str) -> bool {
        self.files.insert(file);
        self.names.entry(file).or_default().insert(name.to_owned())
    }

    /// Follows imports until nothing new is named.
    fn spread(&mut self, program: &Program, home: usize, called: &str) {
        let language = program.files[home].language;
        if language == Language::Go {
            let directory = program.files[home].directory();
            for (at, file) in program.files.iter().enumerate() {
                if file.language == Language::Go && file.directory() == directory {
                    self.add(at, called);
                }
            }
        }
        for _ in 0..MAX_ROUNDS {
            let mut words: BTreeSet<String> =
                self.names.values().flatten().filter(|name| name.len() > 1).cloned().collect();
            words.insert(self.name.clone());
            words.extend(
                self.names.keys().map(|at| program.files[*at].stem().to_owned()).filter(|stem| !stem.is_empty()),
            );
            if language == Language::Go {
                words.extend(
                    self.names
                        .keys()
                        .filter_map(|at| program.files[*at].directory().rsplit('/').next().map(str::to_owned)),
                );
            }
            words.retain(|word| word != "default" && word != "=" && word != "self");
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let candidates: Vec<usize> = program
                .mentioning(&words)
                .into_iter()
                .filter(|at| program.files[*at].language.meets(language))
                .collect();
            self.files.extend(candidates.iter().copied());
            let mut is_new = false;
            for at in candidates {
                let imports = program.files[at].facts().imports.iter();
                let imports = imports.filter(|import| {
                    let name = import.name.as_deref().unwrap_or("");
                    import.is_dynamic || matches!(name, "" | "*" | "=" | "default") || words.contains(&name)
                });
                for import in imports {
                    is_new |= self.import(program, at, import);
                }
            }
            if !is_new {
                return;
            }
        }
    }

    /// Takes one import into account; whether a name came in.
    fn import(&mut self, program: &Program, at: usize, import: &Import) -> bool {
        let files = match program.module(at, &import.module) {
            Where::Files(files) => files,
            Where::Outside => Vec::new(),
        };
        let is_rust = program.files[at].language == Language::Rust;
        let mut is_new = false;
        let mut is_hit = false;
        for home in files.iter().copied().filter(|home| *home != at || import.module.is_empty() || is_rust) {
            let Some(mut names) = self.names.get(&home).cloned() else { continue };
            if !import.module.is_empty() && !is_rust {
                self.keep_standing(program, home, &mut names);
            }
            is_hit |= self.named(at, import, &names, &mut is_new);
        }
        if let Some(name) = import.name.as_deref().filter(|_| !import.local.is_empty()) {
            is_new |= self.submodule(program, at, import, name);
        }
        if is_hit && !program.files[at].is_test && !import.is_test {
            self.imports.insert(at);
        }
        if files.is_empty() && !is_hit {
            self.unclear(program, at, import);
        }
        is_new
    }

    /// Leaves out names that the module binds to something else before it is done.
    fn keep_standing(&mut self, program: &Program, home: usize, names: &mut BTreeSet<String>) {
        for name in names.clone() {
            match of_module(program, self, home, &name) {
                Standing::Open | Standing::Ours => {}
                Standing::Other => {
                    names.remove(&name);
                    self.rebound.insert((home, name), None);
                }
                Standing::Either(line) => {
                    self.rebound.insert((home, name), Some(line));
                }
            }
        }
    }

    fn named(&mut self, at: usize, import: &Import, names: &BTreeSet<String>, is_new: &mut bool) -> bool {
        let is_hit = self.taken(at, import, names, is_new);
        if is_hit {
            *is_new |= self.followed.insert((at, import.at, import.local.clone()));
        }
        is_hit
    }

    fn taken(&mut self, at: usize, import: &Import, names: &BTreeSet<String>, is_new: &mut bool) -> bool {
        match import.name.as_deref() {
            _ if import.is_dynamic => {
                let seen = Seen {
                    file: at,
                    line: import.line,
                    at: 0,
                    why: "its module is imported at run time".to_owned(),
                    container: None,
                };
                if !self.dynamic.iter().any(|(known, _)| *known == seen) {
                    self.dynamic.push((seen, false));
                }
                true
            }
            Some("*") => {
                for name in names.iter().filter(|name| *name != "default") {
                    *is_new |= self.add(at, name);
                }
                true
            }
            Some("=" | "default") if names.contains("=") => {
                *is_new |= self.add(at, &import.local);
                true
            }
            None | Some("" | "=") => {
                let local = if import.name.is_none()
                    && import.module.contains('.')
                    && !import.module.starts_with('.')
                    && import.local != import.module
                    && !import.module.contains('/')
                {
                    &import.module
                } else {
                    &import.local
                };
                *is_new |= self.modules.entry(at).or_default().insert(local.clone());
                true
            }
            Some(name) if names.contains(name) => {
                *is_new |= self.add(at, &import.local);
                true
            }
            Some(_) => false,
        }
    }

    /// `from package import module`: the name is a file.
    fn submodule(&mut self, program: &Program, at: usize, import: &Import, name: &str) -> bool {
        let language = program.files[at].language;
        if !matches!(language, Language::Python | Language::Rust) || name.is_empty() {
            return false;
        }
        let separator = match (language, import.module.as_str()) {
            (Language::Rust, "") => "",
            (Language::Rust, _) => "::",
            (_, module) if module.ends_with('.') => "",
            _ => ".",
        };
        let module = format!("{}{separator}{name}", import.module);
        let Where::Files(files) = program.module(at, &module) else { return false };
        let is_exact = |home: &usize| self.names.contains_key(home) && program.files[*home].stem() == name;
        if !files.iter().any(is_exact) {
            return false;
        }
        if !program.files[at].is_test && !import.is_test {
            self.imports.insert(at);
        }
        self.followed.insert((at, import.at, import.local.clone()));
        self.modules.entry(at).or_default().insert(import.local.clone())
    }

    /// An import that leads nowhere here, of the right name from a module that is called like the file.
    fn unclear(&mut self, program: &Program, at: usize, import: &Import) {
        let Some(home) = self.named.map(|named| named.0) else { return };
        let last = import.module.rsplit(['.', '/', ':']).next().unwrap_or("");
        let called: BTreeSet<String> = self.names.get(&home).cloned().unwrap_or_default();
        let is_named = import.name.as_deref().is_some_and(|name| called.contains(name) || name == "*");
        if is_named && last == program.files[home].stem() && at != home {
            self.unclear.entry(at).or_default().insert(import.local.clone());
        }
    }

    pub(crate) fn importers(&self, _program: &Program) -> BTreeSet<usize> {
        self.imports.iter().copied().filter(|at| *at != self.at.0).collect()
    }

    pub(crate) fn is_name(&self, file: usize, name: &str) -> bool {
        self.names.get(&file).is_some_and(|names| names.contains(name))
    }

    /// Whether an import was seen to lead to what is searched.
    pub(crate) fn is_followed(&self, file: usize, import: &Import) -> bool {
        self.followed.contains(&(file, import.at, import.local.clone()))
    }

    /// A place where a module binds one of the names to something else.
    pub(crate) fn rebound(&self) -> impl Iterator<Item = (usize, &str, Option<usize>)> {
        self.rebound.iter().map(|((file, name), line)| (*file, name.as_str(), *line))
    }

    pub(crate) fn is_unclear(&self, file: usize, name: &str) -> bool {
        self.unclear.get(&file).is_some_and(|names| names.contains(name))
    }

    pub(crate) fn is_module(&self, file: usize, base: &str) -> bool {
        self.modules.get(&file).is_some_and(|modules| modules.contains(base))
    }

    /// Whether the file reaches it through a module.
    pub(crate) fn has_module(&self, file: usize) -> bool {
        self.modules.get(&file).is_some_and(|modules| !modules.is_empty())
    }

    pub(crate) fn is_target(&self, at: (usize, usize)) -> bool {
        self.at == at
    }

    /// Whether a use stands in what it uses: recursion, or a class speaking of itself.
    pub(crate) fn is_own(&self, program: &Program, file: usize, one: &Use) -> bool {
        let definition = program.definition(self.at);
        let is_inside = file == self.at.0 && (definition.start..definition.end).contains(&one.at);
        let is_of_type =
            self.is_class && one.owner.as_deref() == Some(&definition.name) && self.is_name(file, &definition.name);
        is_inside || is_of_type
    }

    /// Whether a type or maker is the definition that the names mean.
    pub(crate) fn means(&self, file: usize, made: &Made) -> bool {
        match made {
            Made::Type(text) => self.is_stated(file, text),
            Made::Nothing | Made::Plain => false,
            Made::By(text) | Made::Same(text) => {
                let parts: Vec<&str> = words(text).collect();
                let is_static = self.is_class && parts.len() > 1 && self.is_name(file, parts[parts.len() - 2]);
                self.is_name(file, text) || is_static || self.is_in_module(file, text)
            }
        }
    }

    /// Whether one of the names in a type means it.
    pub(crate) fn is_stated(&self, file: usize, text: &str) -> bool {
        let paths = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$' | '.' | ':'));
        paths.map(|path| path.trim_matches(['.', ':'])).filter(|path| !path.is_empty()).any(|path| {
            let last = path.rsplit(['.', ':']).next().unwrap_or(path);
            let is_path_of_rust = path.contains("::") && self.is_name(file, last);
            self.is_name(file, path) || self.is_in_module(file, path) || is_path_of_rust
        })
    }

    /// `module.name`, where the module is known to lead here.
    pub(crate) fn is_in_module(&self, file: usize, text: &str) -> bool {
        let Some((base, name)) = text.rsplit_once(['.', ':']) else { return false };
        name == self.called && self.is_module(file, base.trim_end_matches(':'))
    }
}

/// The names within a type or path.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').filter(|word| !word.is_empty())
}

/// The class of this name, in the same file or, where types may be spread, beside it.
pub(crate) fn class(program: &Program, file: usize, name: &str) -> Option<(usize, usize)> {
    let is_class = |at: usize| {
        let found = program.files[at].facts().definitions.iter().position(|one| {
            one.name == name && matches!(one.shape, Shape::Class | Shape::Interface) && one.owner.is_none()
        });
        found.map(|index| (at, index))
    };
    let language = program.files[file].language;
    let is_spread = matches!(language, Language::Go | Language::Rust);
    is_class(file).or_else(|| {
        let others =
            program.mentioning(&[name]).into_iter().filter(|at| is_spread && program.files[*at].language == language);
        others
            .filter(|at| {
                language == Language::Rust || program.files[*at].directory() == program.files[file].directory()
            })
            .find_map(is_class)
    })
}
