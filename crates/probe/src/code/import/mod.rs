//! `code.import`: what is imported against what is declared.
//!
//! An undeclared package is there by accident and goes without warning. A declared one that nothing imports is a candidate
//! only: servers, drivers and plugins are used by their names, and those that are named anywhere are told apart.

mod manifest;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use code::{File, Import, Language, Program};
use evidence::Grade;
use text::Fields;

use super::symbol::texts;
use super::tree::{Scope, Tree, looking};
use crate::World;
use crate::kind::{Look, Looking};
use crate::sight::Sight;
use manifest::{Declared, Ecosystem, normal};

/// Imports of some directories.
#[derive(Clone, Debug)]
pub(crate) struct CodeImport {
    scope: Scope,
}

impl CodeImport {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        Some(Self { scope: Scope::read(fields)? })
    }
}

impl Look for CodeImport {
    fn subject(&self) -> String {
        self.scope.from.words()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let source = self.scope.from.words();
        Box::pin(looking(&self.scope, world, move |tree, _| seen(&source, tree)))
    }
}

/// What one manifest's files import.
#[derive(Default)]
struct Imported {
    /// Names as declared, with the first place.
    names: BTreeMap<String, String>,
    undeclared: BTreeMap<String, String>,
    optional: BTreeSet<String>,
    unclear: BTreeSet<String>,
}

fn seen(source: &str, tree: &Tree) -> Sight {
    let program = &tree.program;
    let all: Vec<usize> = (0..program.files.len()).collect();
    // Parsing is the work; it is done once, on all cores.
    outside::parallel::map(&all, |at| program.files[*at].facts().imports.len());
    let manifests = manifest::read(&program.others);
    let around = Around { paths: &tree.paths, aliases: manifest::aliases(&program.others) };
    let mut trouble = tree.unread.clone();
    let mut by_manifest: BTreeMap<(Ecosystem, String), Imported> = BTreeMap::new();
    for (at, file) in program.files.iter().enumerate() {
        let ecosystem = ecosystem(file.language);
        let Some(place) = nearest(&manifests, ecosystem, file.directory()) else {
            trouble.push(format!("no manifest declares what {} may import", file.path));
            continue;
        };
        if let Some(line) = file.facts().broken.first() {
            trouble.push(format!("{}:{line} does not parse", file.path));
        }
        let declared = merged(&manifests, ecosystem, &place);
        let into = by_manifest.entry((ecosystem, place)).or_default();
        imports(program, at, &declared, &around, into);
    }
    let mut sight = Sight::new(source);
    sight.integer("files", program.files.len());
    sight.put("skipped", texts(tree.skipped.iter().cloned()));
    told(program, &manifests, &by_manifest, &mut trouble, &mut sight);
    trouble.truncate(5);
    sight.subjects = by_manifest.len() as u64;
    sight.grade = (!by_manifest.is_empty()).then_some(Grade::Declared);
    sight.trouble = (!trouble.is_empty()).then(|| trouble.join("; "));
    sight
}

fn told(
    program: &Program,
    manifests: &BTreeMap<(Ecosystem, String), Declared>,
    by_manifest: &BTreeMap<(Ecosystem, String), Imported>,
    trouble: &mut Vec<String>,
    sight: &mut Sight,
) {
    let (mut undeclared, mut unused, mut by_name) = (Vec::new(), Vec::new(), Vec::new());
    let (mut optional, mut unclear, mut count, mut declared_count) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    for ((ecosystem, place), imported) in by_manifest {
        let declared = manifests.get(&(*ecosystem, place.clone())).cloned().unwrap_or_default();
        trouble.extend(declared.trouble.iter().cloned());
        declared_count += declared.names.len();
        count += imported.names.len() + imported.undeclared.len();
        undeclared.extend(imported.undeclared.iter().map(|(name, at)| format!("{name} ({at})")));
        optional.extend(imported.optional.iter().cloned());
        unclear.extend(imported.unclear.iter().cloned());
        for name in declared.names.iter().filter(|(_, is_needed)| **is_needed).map(|(name, _)| name) {
            if imported.names.contains_key(name) || unclear.iter().any(|one| name.starts_with(&normal(one))) {
                continue;
            }
            if is_used_by_name(program, *ecosystem, &declared, name) {
                by_name.push(name.clone())
            } else {
                unused.push(name.clone())
            }
        }
    }
    sight.integer("declared", declared_count);
    sight.integer("imported", count);
    sight.put("undeclared", texts(undeclared.into_iter()));
    sight.put("unused", texts(unused.into_iter()));
    sight.put("maybe_used_by_name", texts(by_name.into_iter()));
    sight.put("optional", texts(optional.into_iter()));
    sight.put("unclear", texts(unclear.into_iter()));
}

fn ecosystem(language: Language) -> Ecosystem {
    match language {
        Language::Python => Ecosystem::Python,
        Language::JavaScript | Language::TypeScript | Language::Tsx => Ecosystem::Node,
        Language::Rust => Ecosystem::Rust,
        Language::Go => Ecosystem::Go,
    }
}

/// The nearest directory at or above one that declares something.
fn nearest(
    manifests: &BTreeMap<(Ecosystem, String), Declared>,
    ecosystem: Ecosystem,
    directory: &str,
) -> Option<String> {
    let mut at = directory;
    loop {
        if manifests.contains_key(&(ecosystem, at.to_owned())) {
            return Some(at.to_owned());
        }
        if at.is_empty() {
            return None;
        }
        at = at.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// What a directory and those above it declare: workspaces hand their packages down.
fn merged(manifests: &BTreeMap<(Ecosystem, String), Declared>, ecosystem: Ecosystem, place: &str) -> Declared {
    let mut all = Declared::default();
    for ((_, directory), declared) in manifests.iter().filter(|((kind, _), _)| *kind == ecosystem) {
        all.own.extend(declared.own.iter().cloned());
        if directory.is_empty() || place == directory || place.starts_with(&format!("{directory}/")) {
            all.names.extend(declared.names.clone());
        }
    }
    all
}

/// What stands beside the files that are searched.
struct Around<'t> {
    paths: &'t [String],
    /// Names of modules that a compiler finds in the repository.
    aliases: BTreeSet<String>,
}

impl Around<'_> {
    /// Whether a module of Python stands in the repository where a file finds it: beside it, above it, or below a usual root.
    fn has_module(&self, from: &str, root: &str) -> bool {
        let above = std::iter::successors(Some(from), |one| one.rsplit_once('/').map(|(above, _)| above));
        let above: Vec<&str> = above.skip(1).chain([""]).collect();
        let fits = |path: &String| {
            path.ends_with(".py")
                && path.match_indices(root).any(|(start, _)| {
                    let (before, after) = (path[..start].trim_end_matches('/'), &path[start + root.len()..]);
                    let is_whole =
                        (start == 0 || path[..start].ends_with('/')) && (after == ".py" || after.starts_with('/'));
                    let base =
                        ["/src", "/lib", "/python"].iter().find_map(|end| before.strip_suffix(end)).unwrap_or(before);
                    let base = if matches!(base, "src" | "lib" | "python") { "" } else { base };
                    is_whole && (above.contains(&before) || above.contains(&base))
                })
        };
        self.paths.iter().any(fits)
    }

    fn is_alias(&self, module: &str) -> bool {
        self.aliases.iter().any(|alias| match alias.split_once('*') {
            Some((head, tail)) => !head.is_empty() && module.starts_with(head) && module.ends_with(tail),
            None => module == alias,
        })
    }
}

fn imports(program: &Program, at: usize, declared: &Declared, around: &Around<'_>, into: &mut Imported) {
    let file = &program.files[at];
    for import in file.facts().imports.iter().filter(|import| !import.is_dead && !import.module.is_empty()) {
        let place = format!("{}:{}", file.path, import.line);
        let ecosystem = ecosystem(file.language);
        if program.leads_inside(at, &import.module) {
            // A package of the same repository that is declared is used.
            let name = match ecosystem {
                Ecosystem::Python => normal(import.module.split('.').next().unwrap_or("")),
                Ecosystem::Node => package_of(&import.module),
                Ecosystem::Go | Ecosystem::Rust => continue,
            };
            if declared.names.contains_key(&name) {
                into.names.entry(name).or_insert(place);
            }
            continue;
        }
        match ecosystem {
            Ecosystem::Python => python(file, import, &place, declared, around, into),
            Ecosystem::Node if around.is_alias(&import.module) => {}
            Ecosystem::Node => node(&import.module, &place, declared, into),
            Ecosystem::Go => go(&import.module, &place, declared, into),
            Ecosystem::Rust => {}
        }
    }
    if file.language == Language::Rust {
        rust(file, declared, into);
    }
}

fn python(file: &File, import: &Import, place: &str, declared: &Declared, around: &Around<'_>, into: &mut Imported) {
    let module = import.module.as_str();
    let root = module.split('.').next().unwrap_or("");
    let is_own = names::PYTHON.split_whitespace().any(|known| known == root) || declared.own.contains(&normal(root));
    if module.starts_with('.') || is_own {
        return;
    }
    let path = format!("{module}.{}", import.name.as_deref().unwrap_or("")).trim_end_matches('.').to_owned();
    if let Some(found) = brought_by(&path, root, declared) {
        into.names.entry(found).or_insert_with(|| place.to_owned());
    } else if around.has_module(&file.path, root) {
        // A file or directory of the repository.
    } else if is_tried(file, import.line) {
        into.optional.insert(root.to_owned());
    } else {
        let name = if names::SHARED.contains(&root) { module } else { root };
        into.undeclared.entry(name.to_owned()).or_insert_with(|| place.to_owned());
    }
}

/// The declared package that brings a module.
fn brought_by(path: &str, root: &str, declared: &Declared) -> Option<String> {
    let split = |packages: &str| packages.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_below = |module: &str| path == module || path.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
    let mut candidates: Vec<String> =
        names::SPACES.iter().filter(|(module, _)| is_below(module)).flat_map(|(_, packages)| split(packages)).collect();
    let different = names::DIFFERENT.iter().filter(|(known, _)| *known == root);
    candidates.extend(different.flat_map(|(_, packages)| split(packages)));
    let plain = normal(root);
    candidates.push(plain.clone());
    // The usual ways in which a package is called after its module.
    candidates.extend(["python", "py", "client", "sdk", "lib"].map(|end| format!("{plain}-{end}")));
    candidates.extend([format!("python-{plain}"), format!("py{plain}"), format!("py-{plain}"), format!("{plain}3")]);
    let named = candidates.into_iter().find(|one| declared.names.contains_key(one));
    // Packages that share a space, as `google-cloud-storage` and `azure-identity` do.
    let whole = normal(path);
    let begins = |name: &&String| {
        name.contains('-')
            && whole.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    named.or_else(|| declared.names.keys().filter(begins).max_by_key(|name| name.len()).cloned())
}

/// Whether an import stands below a `try:` that catches its absence.
fn is_tried(file: &File, line: usize) -> bool {
    let lines: Vec<&str> = file.text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(own) = lines.get(line - 1).map(|line| indent(line)) else { return false };
    let above = lines[..line - 1].iter().rev().find(|line| !line.trim().is_empty() && indent(line) < own);
    let caught = lines[line..].iter().find(|line| !line.trim().is_empty() && indent(line) < own);
    let is_suppressed = above
        .is_some_and(|line| line.contains("suppress(") && (line.contains("Import") || line.contains("ModuleNotFound")));
    is_suppressed
        || above.is_some_and(|line| line.trim() == "try:")
            && caught.is_some_and(|line| line.trim().starts_with("except"))
}

/// The package of a module: `@scope/name/part` is of `@scope/name`.
fn package_of(module: &str) -> String {
    let mut parts = module.trim_start_matches("node:").split('/');
    let first = parts.next().unwrap_or("");
    if first.starts_with('@') { format!("{first}/{}", parts.next().unwrap_or("")) } else { first.to_owned() }
}

fn node(module: &str, place: &str, declared: &Declared, into: &mut Imported) {
    let name = package_of(module);
    let first = name.split('/').next().unwrap_or("");
    let is_builtin = module.starts_with("node:") || names::NODE.split_whitespace().any(|known| known == first);
    let is_virtual =
        module.starts_with(['.', '/', '~', '#', '$', '\0']) || module.starts_with("@/") || module.contains(':');
    let is_own = declared.own.contains(&name) && !declared.names.contains_key(&name);
    if is_builtin || is_virtual || is_own {
        return;
    }
    let types = format!("@types/{}", name.trim_start_matches('@').replace('/', "__"));
    if declared.names.contains_key(&name) {
        into.names.entry(name).or_insert_with(|| place.to_owned());
    } else if declared.names.contains_key(&types) {
        into.names.entry(types).or_insert_with(|| place.to_owned());
    } else {
        into.undeclared.entry(name).or_insert_with(|| place.to_owned());
    }
}

fn go(module: &str, place: &str, declared: &Declared, into: &mut Imported) {
    let is_own = declared.own.iter().any(|own| module == own || module.starts_with(&format!("{own}/")));
    let is_standard = !module.split('/').next().is_some_and(|first| first.contains('.'));
    if is_own || is_standard || module == "C" {
        return;
    }
    let fits = |name: &&String| module == name.as_str() || module.starts_with(&format!("{name}/"));
    match declared.names.keys().filter(fits).max_by_key(|name| name.len()) {
        Some(name) => {
            into.names.entry(name.clone()).or_insert_with(|| place.to_owned());
        }
        None => {
            into.undeclared.entry(module.to_owned()).or_insert_with(|| place.to_owned());
        }
    }
}

/// Rust does not compile with what is not declared; what is declared counts as used where its name stands in a path.
fn rust(file: &File, declared: &Declared, into: &mut Imported) {
    for name in declared.names.keys() {
        let facts = file.facts();
        let in_imports = facts
            .imports
            .iter()
            .any(|one| one.module.split("::").next() == Some(name) || one.module.is_empty() && one.local == *name);
        let in_uses = facts.uses.iter().any(|one| {
            one.base.as_deref().is_some_and(|base| base.split("::").next() == Some(name)) || one.name == *name
        });
        let in_attribute = file.text.contains(&format!("#[{name}"))
            || file.text.contains(&format!("{name}::"))
            || file.text.contains(&format!("extern crate {name}"));
        if in_imports || in_uses || in_attribute {
            into.names.entry(name.clone()).or_insert_with(|| file.path.clone());
        }
    }
}

/// Servers, drivers, plugins, types, tools: named in settings, scripts or strings.
fn is_used_by_name(program: &Program, ecosystem: Ecosystem, declared: &Declared, name: &str) -> bool {
    let is_known = names::BY_NAME.contains(&name)
        || ["pytest-", "types-", "@types/", "eslint-", "@babel/", "babel-", "django-", "flask-"]
            .iter()
            .any(|head| name.starts_with(head))
        || name.ends_with("-stubs");
    let module = name.replace('-', "_");
    let elsewhere = program.others.iter().filter(|(path, _)| !declared.places.contains(path)).any(|(path, text)| {
        let ends = ["requirements.txt", "package.json", "Cargo.toml", "go.mod"];
        let is_lock = ends.iter().any(|end| path.ends_with(end));
        !is_lock && (text.contains(name) || text.contains(&module))
    });
    let scripts =
        program.others.iter().filter(|(path, _)| declared.places.contains(path) && path.ends_with("package.json"));
    let in_scripts = scripts.into_iter().any(|(_, text)| {
        let manifest: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let scripts = manifest.get("scripts").map(ToString::to_string).unwrap_or_default();
        scripts.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == name)
    });
    let words = [name.to_owned(), module];
    let in_strings = program.mentioning(&[words[0].as_str(), words[1].as_str()]).into_iter().any(|at| {
        program.files[at].facts().texts.iter().any(|text| words.iter().any(|word| text.value.contains(word.as_str())))
    });
    is_known || elsewhere || in_scripts || in_strings || ecosystem == Ecosystem::Rust && name.ends_with("_macros")
}
