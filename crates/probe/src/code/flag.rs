//! `code.flag`: flags and settings that nobody reads, nobody documents, or that are on by default.
//!
//! A kill switch that no code asks for switches nothing. A place reads a flag when it takes its value: as a member, by its
//! name as a key, by asking for it. Its definition, tests, imports and documents are no places of that kind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use code::{Alive, Flag, Holder, Program, Role, Shape, Use, flags};
use evidence::Grade;
use text::{Fields, Node, NodeKind, Source, read_yaml};

use super::glob::Globs;
use super::symbol::{between, texts};
use super::tree::{MAX_SOURCE_BYTES, Scope, Tree, globs, looking, place, source};
use crate::World;
use crate::kind::{Look, Looking};
use crate::sight::Sight;

/// Documents when none are named.
const USUAL_DOCS: [&str; 5] = ["**/*.md", "**/*.rst", "**/*.adoc", "**/.env.example", "**/.env.sample"];

/// Parts of the names of what is asked for flags, in lower case.
const ASKED: [&str; 12] =
    ["flag", "feature", "enabled", "env", "variation", "setting", "config", "toggle", "switch", "var", "[]", ".get"];

/// Names of what holds settings, in lower case.
const HOLDERS: [&str; 10] =
    ["settings", "config", "cfg", "conf", "flags", "features", "env", "options", "opts", "get_settings"];

/// Some flags.
#[derive(Clone, Debug)]
pub(crate) struct CodeFlag {
    scope: Scope,
    names: Vec<String>,
    pattern: Option<Globs>,
    defined_in: Globs,
    docs: Globs,
}

/// A flag with where it is defined.
#[derive(Clone, Debug)]
struct Known {
    name: String,
    path: String,
    /// The source file, when it is one.
    file: Option<usize>,
    flag: Flag,
}

impl CodeFlag {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let scope = Scope::read(fields);
        let names: Vec<String> = fields.texts("flags").into_iter().map(|(name, _)| name.to_owned()).collect();
        let pattern = fields.get("pattern").is_some().then(|| globs(fields, "pattern")).flatten();
        let (defined_in, docs) = (globs(fields, "defined_in"), globs(fields, "docs"));
        if names.is_empty() && pattern.is_none() && defined_in.as_ref().is_some_and(Globs::is_empty) {
            let span = fields.span();
            fields.problem("missing-key", span, "which flags? write `flags`, `pattern` or `defined_in`");
            return None;
        }
        let docs = docs.map(|docs| if docs.is_empty() { Globs::read(USUAL_DOCS).unwrap_or_default() } else { docs });
        Some(Self { scope: scope?, names, pattern, defined_in: defined_in?, docs: docs? })
    }

    /// Whether a definition is meant.
    fn means(&self, path: &str, name: &str, keys: &[String]) -> bool {
        let by_name = self.names.is_empty() || self.names.iter().any(|wanted| wanted == name || keys.contains(wanted));
        let by_pattern = self.pattern.as_ref().is_none_or(|pattern| pattern.fits(name));
        let by_place = self.defined_in.is_empty() || self.defined_in.fits(path);
        by_name && by_pattern && by_place
    }
}

impl Look for CodeFlag {
    fn subject(&self) -> String {
        let pattern = self.pattern.as_ref().map_or_else(String::new, Globs::words);
        let what = [self.names.join(", "), pattern, self.defined_in.words()];
        format!(
            "{}: {}",
            self.scope.from.words(),
            what.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(" in ")
        )
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let owned = self.clone();
        Box::pin(looking(&self.scope, world, move |tree, directory| seen(&owned, tree, directory)))
    }
}

fn seen(probe: &CodeFlag, tree: &Tree, directory: &Path) -> Sight {
    let program = &tree.program;
    let mut sight = Sight::new(probe.scope.from.words());
    sight.integer("files", program.files.len());
    sight.put("skipped", texts(tree.skipped.iter().cloned()));
    sight.subjects = program.files.len() as u64;
    let known = known(probe, tree, directory);
    let mut trouble = tree.unread.clone();
    let wanted_not_defined: Vec<String> = probe
        .names
        .iter()
        .filter(|name| !known.iter().any(|one| one.name == **name || one.flag.keys.contains(name)))
        .cloned()
        .collect();
    sight.put("missing", texts(wanted_not_defined.into_iter()));
    sight.integer("defined", known.len());
    defaults(&known, &mut sight);
    documented(probe, tree, directory, &known, &mut sight);
    let mut readings = Readings::default();
    for one in &known {
        readings.of(program, one);
    }
    trouble.extend(readings.told(program, &known, &mut sight));
    if known.is_empty() {
        sight.grade = trouble.is_empty().then_some(Grade::Absent);
    }
    sight.trouble = (!trouble.is_empty()).then(|| trouble.join("; "));
    sight
}

/// The flags that are meant, in source files and in files of settings.
fn known(probe: &CodeFlag, tree: &Tree, directory: &Path) -> Vec<Known> {
    let mut all = Vec::new();
    for (at, file) in tree.program.files.iter().enumerate().filter(|(_, file)| !file.is_test) {
        let is_named = probe.names.is_empty() || probe.names.iter().any(|name| file.text.contains(name));
        if !is_named || !(probe.defined_in.is_empty() || probe.defined_in.fits(&file.path)) {
            continue;
        }
        for flag in flags(file.language, &file.text) {
            if probe.means(&file.path, &flag.name, &flag.keys) && is_setting(probe, &flag, &file.text) {
                all.push(Known { name: flag.name.clone(), path: file.path.clone(), file: Some(at), flag });
            }
        }
    }
    for path in tree.paths.iter().filter(|path| !probe.defined_in.is_empty() && probe.defined_in.fits(path)) {
        if tree.program.files.iter().any(|file| file.path == *path) {
            continue;
        }
        let text = source(directory, path, MAX_SOURCE_BYTES).unwrap_or_default();
        let found = keys_of(path, text).into_iter().filter(|flag| probe.means(path, &flag.name, &[]));
        all.extend(found.map(|flag| Known { name: flag.name.clone(), path: path.clone(), file: None, flag }));
    }
    // Of several things of one name the one that is called like settings is meant.
    all.sort_by_key(|one| !is_of_settings(&tree.program, one));
    let mut names = BTreeSet::new();
    all.retain(|one| names.insert(one.name.clone()));
    all.sort_by(|one, other| (&one.path, one.flag.start).cmp(&(&other.path, other.flag.start)));
    all
}

/// Whether the file or the class around a name is called like settings.
fn is_of_settings(program: &Program, one: &Known) -> bool {
    let words = ["setting", "config", "flag", "feature", "switch", "toggle", "option", "env"];
    let is_word = |name: &str| words.iter().any(|word| name.to_lowercase().contains(word));
    let around = one.file.map(|file| program.files[file].facts().definitions.iter()).into_iter().flatten();
    let mut around = around.filter(|known| known.start <= one.flag.start && one.flag.end <= known.end);
    is_word(one.path.rsplit('/').next().unwrap_or(&one.path))
        || around.any(|known| is_word(&known.name) || known.bases.iter().any(|base| is_word(base)))
}

/// With a file alone everything in it that has a value of a flag is meant: settings classes also hold other things.
fn is_setting(probe: &CodeFlag, flag: &Flag, text: &str) -> bool {
    let is_named = !probe.names.is_empty() || probe.pattern.is_some();
    let around = text.get(flag.start..flag.end).unwrap_or("");
    let is_private = flag.name.starts_with('_') || flag.name == "model_config";
    let is_instance = around.contains("Settings(") || around.contains("SettingsConfigDict");
    is_named || !is_private && !is_instance
}

/// The keys of a file of settings.
fn keys_of(path: &str, text: String) -> Vec<Flag> {
    let flag = |name: &str, line: usize, value: Option<&str>| Flag {
        name: name.to_owned(),
        line,
        start: 0,
        end: 0,
        default: value.map(str::to_owned),
        keys: Vec::new(),
    };
    if path.ends_with(".json") || path.ends_with(".yaml") || path.ends_with(".yml") {
        let source = Source::new(path, text);
        let (node, _) = read_yaml(&source);
        let mut found = Vec::new();
        if let Some(node) = node {
            leaves(&source, &node, &mut |name, line, value| found.push(flag(name, line, value)));
        }
        return found;
    }
    let lines = text.lines().enumerate().filter_map(|(at, line)| {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        let name = name.trim();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        is_name.then(|| flag(name, at + 1, Some(value.trim().trim_matches(['"', '\'']))))
    });
    lines.collect()
}

/// Keys whose value is a scalar, or a map that says what the default is.
fn leaves(source: &Source, node: &Node, found: &mut impl FnMut(&str, usize, Option<&str>)) {
    for entry in node.as_map().unwrap_or(&[]) {
        let line = source.line_column(entry.key_span.start).0;
        let stated = ["default", "enabled", "defaultValue", "value"].iter().find_map(|key| entry.value.get(key));
        match &entry.value.kind {
            NodeKind::Text { value, .. } => found(&entry.key, line, Some(value)),
            NodeKind::Map(_) if stated.is_some() => found(&entry.key, line, stated.and_then(Node::as_text)),
            NodeKind::Map(_) => leaves(source, &entry.value, found),
            NodeKind::Empty => found(&entry.key, line, None),
            NodeKind::List(_) => {}
        }
    }
}

fn defaults(known: &[Known], sight: &mut Sight) {
    let is_on = |value: &str| matches!(value.to_lowercase().as_str(), "true" | "1" | "yes" | "on" | "enabled");
    let with: Vec<(&Known, &String)> = known.iter().filter_map(|one| Some((one, one.flag.default.as_ref()?))).collect();
    sight.put("defaults", texts(with.iter().map(|(one, value)| format!("{}={value}", one.name))));
    sight.put("on_by_default", texts(with.iter().filter(|(_, value)| is_on(value)).map(|(one, _)| one.name.clone())));
    let unknown = known.iter().filter(|one| one.flag.default.is_none()).map(|one| one.name.clone());
    sight.put("default_unknown", texts(unknown));
    if let ([one], [(_, value)]) = (known, with.as_slice()) {
        sight.text("default", value);
        sight.source = format!("{}:{}", one.path, one.flag.line);
    }
}

fn documented(probe: &CodeFlag, tree: &Tree, directory: &Path, known: &[Known], sight: &mut Sight) {
    let docs = tree.paths.iter().filter(|path| probe.docs.fits(path));
    let texts_of: Vec<String> =
        docs.map(|path| source(directory, path, MAX_SOURCE_BYTES).unwrap_or_default()).collect();
    let names = |one: &Known| {
        let mut names = vec![one.name.clone(), one.name.to_uppercase()];
        names.extend(one.flag.keys.clone());
        names
    };
    let (yes, no): (Vec<&Known>, Vec<&Known>) =
        known.iter().partition(|one| names(one).iter().any(|name| texts_of.iter().any(|text| holds(text, name))));
    sight.integer("docs", texts_of.len());
    sight.integer("documented", yes.len());
    sight.put("undocumented", texts(no.into_iter().map(|one| one.name.clone())));
}

fn holds(text: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next()))
}

/// Who reads which flag.
#[derive(Default)]
struct Readings {
    certain: BTreeMap<String, BTreeSet<(usize, usize)>>,
    possible: BTreeMap<String, BTreeSet<(usize, usize)>>,
    /// Readings in what nobody calls.
    idle: BTreeSet<(String, (usize, usize))>,
    /// Whether a definition runs, by file and index.
    alive: BTreeMap<(usize, Option<usize>), Alive>,
}

impl Readings {
    fn of(&mut self, program: &Program, one: &Known) {
        let mut names: Vec<&str> = vec![&one.name];
        names.extend(one.flag.keys.iter().map(String::as_str));
        let upper = one.name.to_uppercase();
        names.push(&upper);
        self.certain.entry(one.name.clone()).or_default();
        self.possible.entry(one.name.clone()).or_default();
        let home = Home::of(program, one);
        for at in program.mentioning(&names) {
            let file = &program.files[at];
            if file.is_test {
                continue;
            }
            let is_own = |byte: usize| one.file == Some(at) && (one.flag.start..one.flag.end).contains(&byte);
            for usage in &file.facts().uses {
                if !names.contains(&usage.name.as_str()) || usage.is_dead || usage.is_test || is_own(usage.at) {
                    continue;
                }
                let runs = || program.lives(at, usage.at, usage.line, usage.container).alive;
                self.take(&one.name, (at, usage.line), home.reads(program, usage, at, one), runs);
            }
            for text in &file.facts().texts {
                let is_definition = one.file == Some(at) && lines(one, &file.text).contains(&text.line);
                if !names.contains(&text.value.as_str()) || text.is_test || text.is_dead || is_definition {
                    continue;
                }
                let call = text.call.as_deref().unwrap_or("").to_lowercase();
                if call.contains("valid") {
                    // `@field_validator("x")` checks what is set and switches nothing.
                    continue;
                }
                let reading = match ASKED.iter().any(|word| call.contains(word)) {
                    true => Reading::Certain,
                    false => Reading::Possible,
                };
                // A list of names may be read by anybody; what a function asks for is asked when the function runs.
                let around = text.container.map(|index| file.facts().definitions[index].shape);
                if around.is_some_and(|shape| shape != Shape::Function) {
                    self.take(&one.name, (at, text.line), reading, || Alive::Yes);
                    continue;
                }
                let key = (at, text.container);
                let known = self.alive.get(&key).copied();
                let alive = known.unwrap_or_else(|| program.lives(at, usize::MAX, text.line, text.container).alive);
                self.alive.insert(key, alive);
                self.take(&one.name, (at, text.line), reading, || alive);
            }
        }
    }

    /// A reading counts when it runs.
    fn take(&mut self, name: &str, place: (usize, usize), reading: Reading, runs: impl FnOnce() -> Alive) {
        let list = match reading {
            Reading::None => return,
            Reading::Certain => &mut self.certain,
            Reading::Possible => &mut self.possible,
        };
        match runs() {
            Alive::No => drop(self.idle.insert((name.to_owned(), place))),
            Alive::Yes => drop(list.entry(name.to_owned()).or_default().insert(place)),
            Alive::Unknown => drop(self.possible.entry(name.to_owned()).or_default().insert(place)),
        }
    }

    /// What came of it; what cannot be told about flags that nobody certainly reads.
    fn told(&self, program: &Program, known: &[Known], sight: &mut Sight) -> Vec<String> {
        let is_read = |one: &&Known| self.certain.get(&one.name).is_some_and(|places| !places.is_empty());
        let hidden = hidden(program);
        let is_unclear = |one: &&Known| {
            !is_read(one)
                && (!hidden.is_empty() || self.possible.get(&one.name).is_some_and(|places| !places.is_empty()))
        };
        let read = known.iter().filter(is_read).count();
        let unclear: Vec<&Known> = known.iter().filter(is_unclear).collect();
        let unread = known.iter().filter(|one| !is_read(one) && !is_unclear(one)).map(|one| one.name.clone());
        sight.put("read", between(read, unclear.len(), false));
        sight.put("unread", texts(unread));
        sight.put("unclear", texts(unclear.iter().map(|one| one.name.clone())));
        let places = self.certain.iter().flat_map(|(name, places)| {
            places.iter().map(move |(file, line)| format!("{name}: {}", place(program, *file, *line)))
        });
        sight.put("read_at", texts(places));
        let idle = self.idle.iter().map(|(name, (file, line))| format!("{name}: {}", place(program, *file, *line)));
        sight.put("read_by_nobody", texts(idle));
        let all_read = read == known.len() && read > 0;
        sight.grade = Some(if all_read { Grade::Wired } else { Grade::Declared });
        let why = |one: &&Known| {
            let places = self.possible.get(&one.name).into_iter().flatten().take(3);
            let places: Vec<String> = places.map(|(file, line)| place(program, *file, *line)).collect();
            format!(
                "whether `{}` is read cannot be told: {}",
                one.name,
                places.into_iter().chain(hidden.clone()).collect::<Vec<_>>().join(", ")
            )
        };
        unclear.iter().take(5).map(why).collect()
    }
}

/// The lines of a definition.
fn lines(one: &Known, text: &str) -> std::ops::RangeInclusive<usize> {
    let more = text.get(one.flag.start..one.flag.end).map_or(0, |text| text.matches('\n').count());
    one.flag.line..=one.flag.line + more
}

/// Whether a use takes the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    None,
    Possible,
    Certain,
}

/// What a flag is a part of.
enum Home {
    /// A member of a class.
    Class((usize, usize)),
    /// A key of an object, or a constant of a module.
    Variable((usize, usize)),
    /// A key of a file of settings, or what stands nowhere else.
    None,
}

impl Home {
    fn of(program: &Program, one: &Known) -> Self {
        let Some(file) = one.file else { return Self::None };
        let around = program.files[file].facts().definitions.iter().enumerate();
        let around = around.filter(|(_, known)| known.start <= one.flag.start && one.flag.end <= known.end);
        let (mut class, mut variable) = (None, None);
        for (index, known) in around {
            match known.shape {
                Shape::Class => class = Some((file, index)),
                Shape::Variable if known.owner.is_none() => variable = variable.or(Some((file, index))),
                Shape::Function | Shape::Interface | Shape::Variable => {}
            }
        }
        class.map(Self::Class).or(variable.map(Self::Variable)).unwrap_or(Self::None)
    }

    /// Whether a use takes the value: of the settings, or of something else that has a member of the same name.
    fn reads(&self, program: &Program, usage: &Use, at: usize, one: &Known) -> Reading {
        if matches!(usage.role, Role::Type | Role::Base) || usage.base.is_none() && usage.is_local {
            return Reading::None;
        }
        let Some(base) = &usage.base else { return self.bare(program, usage, at) };
        if let Self::Class(class) = self
            && is_own(program, *class, usage, base, at)
        {
            return said_of_itself(program, usage, at);
        }
        let holder = match self {
            Self::Class(class) => program.holds(*class, at, usage),
            Self::Variable(variable) => member_of(program, *variable, at, usage, base, &one.name),
            Self::None => Holder::Unknown,
        };
        match holder {
            Holder::Ours => Reading::Certain,
            Holder::Other if matches!(self, Self::Class(_)) => Reading::None,
            Holder::Other | Holder::Unknown if is_holder(base) => Reading::Certain,
            Holder::Other | Holder::Unknown => Reading::Possible,
        }
    }

    fn bare(&self, program: &Program, usage: &Use, at: usize) -> Reading {
        if let Self::Variable(variable) = self
            && program.definition(*variable).name == usage.name
        {
            return match program.names(*variable, at, usage) {
                Holder::Ours => Reading::Certain,
                Holder::Other => Reading::None,
                Holder::Unknown => Reading::Possible,
            };
        }
        let facts = program.files[at].facts();
        let is_imported = facts.imports.iter().any(|import| import.local == usage.name);
        let is_here = facts.definitions.iter().any(|known| known.name == usage.name && known.owner.is_none());
        let is_package = matches!(program.files[at].language, code::Language::Go | code::Language::Rust);
        if is_imported || is_here || is_package { Reading::Certain } else { Reading::None }
    }
}

/// Whether the settings speak of themselves.
fn is_own(program: &Program, class: (usize, usize), usage: &Use, base: &str, at: usize) -> bool {
    let is_self = matches!(base, "self" | "this" | "cls");
    is_self && at == class.0 && usage.owner.as_deref() == Some(program.definition(class).name.as_str())
}

/// A method that derives something is a reading when it is called; a validator, or what prints the settings, switches nothing.
fn said_of_itself(program: &Program, usage: &Use, at: usize) -> Reading {
    let around = usage.container.map(|index| &program.files[at].facts().definitions[index]);
    let is_plain = around.is_some_and(|around| {
        let checks = around.markers.iter().any(|marker| marker.contains("valid"));
        around.shape == Shape::Function && !checks && !around.name.starts_with("__") && around.name != "constructor"
    });
    if is_plain { Reading::Certain } else { Reading::Possible }
}

/// Whether the object before the dot is this variable: `FLAGS.x`, or the constant itself behind its module.
fn member_of(program: &Program, variable: (usize, usize), at: usize, usage: &Use, base: &str, name: &str) -> Holder {
    if program.definition(variable).name == name {
        return program.names(variable, at, usage);
    }
    let (before, last) = base.rsplit_once('.').map_or((None, base), |(before, last)| (Some(before.to_owned()), last));
    let holder = Use { name: last.to_owned(), base: before, ..usage.clone() };
    program.names(variable, at, &holder)
}

/// Whether an object is called as settings are.
fn is_holder(base: &str) -> bool {
    let last = base.trim_end_matches([')', '(', '?', '!']).rsplit(['.', ':', '>']).next().unwrap_or(base);
    let last = last.split('(').next().unwrap_or(last).to_lowercase();
    let root = base.split(['.', ':', '(']).next().unwrap_or(base).to_lowercase();
    let is_one =
        |word: &str| HOLDERS.contains(&word) || word.strip_prefix("get_").is_some_and(|rest| HOLDERS.contains(&rest));
    let words: Vec<&str> = last.split('_').collect();
    is_one(&last)
        || is_one(&root)
        || words.iter().any(|word| is_one(word))
        || HOLDERS.iter().any(|word| word.len() > 3 && last.ends_with(word))
        || base.contains("process.env")
        || base.contains("os.environ")
}

/// Lookups by names that are made at run time, of what may hold settings.
fn hidden(program: &Program) -> Vec<String> {
    let files = program.mentioning(&["getattr", "flag", "Flag", "feature", "Feature"]);
    let all = files.into_iter().filter(|at| !program.files[*at].is_test).flat_map(|at| {
        let dynamic = program.files[at].facts().dynamic.iter();
        let open = dynamic.filter(|(_, words)| {
            let lower = words.to_lowercase();
            !words.ends_with("<parameter>")
                && ["settings", "config", "flag", "feature"].iter().any(|word| lower.contains(word))
        });
        open.map(move |(line, _)| format!("{} looks up a name made at run time", place(program, at, *line)))
    });
    all.take(3).collect()
}
