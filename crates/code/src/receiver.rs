//! Whether a use means the definition that is searched: by its name, or by the class of what stands before the dot.

use std::collections::BTreeSet;

use crate::Language;
use crate::facts::{Import, Made, Shape, Use};
use crate::homes::{Homes, words};
use crate::program::Program;
use crate::resolve::Where;

/// How often one name is taken for another.
const MAX_STEPS: usize = 5;

/// What a use means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Other,
    Possible(String),
}

/// The class of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Class {
    Ours,
    Other,
    /// A base class or an interface of ours.
    Above(String),
    Unknown,
}

/// Answers for the uses of one file.
pub(crate) struct Receiver<'p> {
    pub(crate) program: &'p Program,
    pub(crate) homes: &'p Homes,
    pub(crate) file: usize,
}

impl Receiver<'_> {
    pub(crate) fn kind(&self, one: &Use) -> Kind {
        if self.homes.is_method { self.method(one) } else { self.plain(one) }
    }

    /// A function, class or variable of a module.
    fn plain(&self, one: &Use) -> Kind {
        match &one.base {
            None => self.bare(one),
            Some(base) => self.qualified(one, base),
        }
    }

    fn bare(&self, one: &Use) -> Kind {
        let (homes, file) = (self.homes, self.file);
        if homes.is_unclear(file, &one.name) {
            return Kind::Possible("its import leads nowhere in what was searched".to_owned());
        }
        if !homes.is_name(file, &one.name) {
            return Kind::Other;
        }
        if one.is_local && !self.is_nested(one) {
            return Kind::Other;
        }
        let is_home = file == homes.at.0;
        if is_home && !self.is_nearest(one) || !is_home && self.has_own(&one.name) {
            return Kind::Other;
        }
        Kind::Ours
    }

    /// The file defines the name itself, and no import by name stands over that.
    fn has_own(&self, name: &str) -> bool {
        let facts = self.program.files[self.file].facts();
        let defines = facts
            .definitions
            .iter()
            .any(|known| known.name == name && known.owner.is_none() && known.container.is_none());
        defines && !facts.imports.iter().any(|import| import.local == name)
    }

    /// The definition searched stands itself in the function around the use.
    fn is_nested(&self, one: &Use) -> bool {
        let definition = self.program.definition(self.homes.at);
        let around = definition.container.map(|index| &self.program.files[self.homes.at.0].facts().definitions[index]);
        self.file == self.homes.at.0 && around.is_some_and(|around| (around.start..around.end).contains(&one.at))
    }

    /// Of several definitions of one name in the file, the innermost around the use is meant.
    fn is_nearest(&self, one: &Use) -> bool {
        let definitions = &self.program.files[self.file].facts().definitions;
        let size = |index: usize| {
            definitions[index].container.map_or(Some(usize::MAX), |outer| {
                let outer = &definitions[outer];
                (outer.start..outer.end).contains(&one.at).then_some(outer.end - outer.start)
            })
        };
        let of_name = |index: &usize| definitions[*index].name == one.name && definitions[*index].owner.is_none();
        let nearest = (0..definitions.len()).filter(of_name).filter_map(size).min();
        nearest.is_none() || size(self.homes.at.1) == nearest || definitions[self.homes.at.1].name != one.name
    }

    fn qualified(&self, one: &Use, base: &str) -> Kind {
        let homes = self.homes;
        let is_named = one.name == homes.name;
        if self.language() == Language::Rust {
            return self.path(one, base);
        }
        if is_named && homes.is_module(self.file, base) {
            return Kind::Ours;
        }
        let root = base.split('.').next().unwrap_or("");
        let is_import =
            self.import(root).is_some_and(|import| import.name.is_none() || import.name.as_deref() == Some(""));
        let stem = self.program.files[homes.at.0].stem();
        if is_named && is_import && base.contains('.') && base.ends_with(&format!(".{stem}")) {
            return Kind::Possible(format!("through `{base}`"));
        }
        Kind::Other
    }

    /// `a::b::name` of Rust: the path decides as an import does.
    fn path(&self, one: &Use, base: &str) -> Kind {
        let homes = self.homes;
        if one.name != homes.name || base.contains(['(', '.']) || base == "self" {
            return Kind::Other;
        }
        if homes.is_module(self.file, base) {
            return Kind::Ours;
        }
        let Where::Files(files) = self.program.module(self.file, base) else { return Kind::Other };
        let last = base.rsplit("::").next().unwrap_or(base);
        let is_there = files.iter().any(|at| homes.is_name(*at, &one.name));
        let is_type = last.starts_with(char::is_uppercase);
        if is_there && !is_type { Kind::Ours } else { Kind::Other }
    }

    fn language(&self) -> Language {
        self.program.files[self.file].language
    }

    fn import(&self, local: &str) -> Option<&Import> {
        self.program.files[self.file].facts().imports.iter().find(|import| import.local == local)
    }

    // ===== methods =====

    fn method(&self, one: &Use) -> Kind {
        if one.name != self.homes.name {
            return Kind::Other;
        }
        let Some(base) = &one.base else { return Kind::Other };
        match self.class_of(base, one, MAX_STEPS) {
            Class::Ours => Kind::Ours,
            Class::Other => Kind::Other,
            Class::Above(name) => Kind::Possible(format!("called through `{name}`")),
            Class::Unknown if self.is_distinct() => Kind::Ours,
            Class::Unknown => Kind::Possible(format!("the class of `{base}` cannot be told")),
        }
    }

    /// A name of several words that only one class here defines.
    fn is_distinct(&self) -> bool {
        let name = &self.homes.name;
        let inner = name.trim_start_matches('_');
        let is_compound = inner.contains('_') || inner.chars().skip(1).any(char::is_uppercase);
        let definitions = self.program.mentioning(&[name]).into_iter().flat_map(|at| {
            let facts = self.program.files[at].facts();
            facts.definitions.iter().filter(|one| one.name == *name).map(move |one| (at, one.owner.clone()))
        });
        is_compound
            && definitions.collect::<BTreeSet<_>>().len() == 1
            && self.program.definition(self.homes.at).bases.is_empty()
    }

    fn owner(&self) -> &str {
        self.program.definition(self.homes.at).owner.as_deref().unwrap_or("")
    }

    /// The bases of our class, and the trait of the method.
    fn bases(&self) -> Vec<String> {
        let mut bases = self.program.definition(self.homes.at).bases.clone();
        bases.extend(self.homes.named.map(|at| self.program.definition(at).bases.clone()).unwrap_or_default());
        bases.iter().filter_map(|base| words(base).last().map(str::to_owned)).collect()
    }

    fn class_of(&self, base: &str, one: &Use, steps: usize) -> Class {
        if steps == 0 {
            return Class::Unknown;
        }
        let base = base.strip_prefix("await").unwrap_or(base);
        let base = base.trim_start_matches(['&', '*', '(']).trim_end_matches(['?', '!']);
        let base = if base.contains('(') { base } else { base.trim_end_matches(')') };
        if matches!(base, "self" | "this" | "cls" | "Self" | "super()" | "super") {
            return self.own(base, one);
        }
        if let Some(callee) = callee(base) {
            return self.made(&Made::By(callee.to_owned()), one, steps - 1);
        }
        let last = words(base).last().unwrap_or("");
        if self.homes.is_name(self.file, last) && !one.is_local && words(base).count() == 1 {
            return Class::Ours;
        }
        if self.language() == Language::Rust && base.contains("::") {
            return if last == self.owner() { Class::Ours } else { Class::Other };
        }
        match base.rsplit_once('.') {
            None => self.variable(base, one, steps),
            Some((before, member)) => self.member(before, member.trim_end_matches('?'), one, steps),
        }
    }

    /// `self`: the class around the use.
    fn own(&self, base: &str, one: &Use) -> Class {
        let Some(around) = one.owner.as_deref() else { return Class::Unknown };
        if around == self.owner() && self.homes.is_name(self.file, around) {
            return if base.starts_with("super") { Class::Other } else { Class::Ours };
        }
        if self.bases().iter().any(|known| known == around) {
            return Class::Above(around.to_owned());
        }
        let definitions = &self.program.files[self.file].facts().definitions;
        let class = definitions.iter().find(|known| known.name == around && known.shape == Shape::Class);
        let is_below = class.is_some_and(|class| {
            class.bases.iter().any(|base| words(base).any(|word| self.homes.is_name(self.file, word)))
        });
        let overrides =
            definitions.iter().any(|known| known.owner.as_deref() == Some(around) && known.name == self.homes.name);
        if is_below && (!overrides || base.starts_with("super")) { Class::Ours } else { Class::Other }
    }

    fn variable(&self, name: &str, one: &Use, steps: usize) -> Class {
        let facts = self.program.files[self.file].facts();
        let mut around = BTreeSet::from([None]);
        let mut at = one.container;
        while let Some(index) = at {
            around.insert(Some(index));
            at = facts.definitions[index].container;
        }
        let near = facts.bindings.iter().filter(|known| known.name == name && around.contains(&known.container));
        let classes: Vec<Class> = near
            .filter(|known| known.made != Made::Same(name.to_owned()))
            .map(|known| self.made(&known.made, one, steps - 1))
            .collect();
        if let Some(class) = best(classes) {
            return class;
        }
        if one_is_parameter(self.program, self.file, name, one) {
            return Class::Unknown;
        }
        let global = facts
            .definitions
            .iter()
            .find(|known| known.name == name && known.container.is_none() && known.owner.is_none());
        if let Some(global) = global {
            return match (&global.gives, global.shape) {
                (Some(made), Shape::Variable) => self.made(made, one, steps - 1),
                (_, Shape::Class) => Class::Other,
                _ => Class::Unknown,
            };
        }
        self.imported(name, one, steps)
    }

    fn imported(&self, name: &str, one: &Use, steps: usize) -> Class {
        if steps == 0 {
            return Class::Unknown;
        }
        let Some(import) = self.import(name) else { return Class::Unknown };
        let Where::Files(files) = self.program.module(self.file, &import.module) else { return Class::Other };
        let wanted = import.name.as_deref().unwrap_or("");
        for at in files {
            let facts = self.program.files[at].facts();
            let wanted = match facts.imports.iter().find(|known| known.module.is_empty() && known.local == wanted) {
                Some(renamed) => renamed.name.as_deref().unwrap_or(wanted),
                None => wanted,
            };
            let there = Receiver { file: at, ..*self };
            if let Some(known) = facts.definitions.iter().find(|known| known.name == wanted && known.owner.is_none()) {
                return match (&known.gives, known.shape) {
                    (Some(made), Shape::Variable) => there.made(made, &elsewhere(one), steps - 1),
                    (_, Shape::Class | Shape::Function) => Class::Other,
                    _ => Class::Unknown,
                };
            }
            if facts.imports.iter().any(|known| known.local == wanted && !known.module.is_empty()) {
                return there.imported(wanted, &elsewhere(one), steps - 1);
            }
        }
        Class::Unknown
    }

    /// `x.breaker`: what is known of members of this name.
    fn member(&self, before: &str, member: &str, one: &Use, steps: usize) -> Class {
        let ending = format!(".{member}");
        let is_self = matches!(before, "self" | "this" | "cls");
        let facts = self.program.files[self.file].facts();
        let own = facts.bindings.iter().filter(|known| known.name.ends_with(&ending));
        let own = own.filter(|known| !is_self || known.owner == one.owner || known.owner.is_none());
        let classes: Vec<Class> =
            own.map(|known| self.made(&known.made, &within(one, known.container), steps - 1)).collect();
        if let Some(class) = best(classes) {
            return class;
        }
        if let Some(import) = self.import(before)
            && let Where::Files(files) = self.program.module(self.file, &module_of(import))
        {
            for at in files {
                let known = self.program.files[at].facts().definitions.iter().find(|known| known.name == member);
                if let Some(made) = known.and_then(|known| known.gives.as_ref()) {
                    return Receiver { file: at, ..*self }.made(made, &elsewhere(one), steps - 1);
                }
            }
        }
        let others = self.homes.files.iter().filter(|at| **at != self.file).flat_map(|at| {
            let there = Receiver { file: *at, ..*self };
            let known = self.program.files[*at].facts().bindings.iter().filter(|known| known.name.ends_with(&ending));
            known.map(|known| there.made(&known.made, &within(one, known.container), steps - 1)).collect::<Vec<_>>()
        });
        let all: Vec<Class> = others.collect();
        let is_one = all.iter().all(|class| *class == Class::Ours) && !all.is_empty();
        if is_one { Class::Ours } else { Class::Unknown }
    }

    fn made(&self, made: &Made, one: &Use, steps: usize) -> Class {
        if steps == 0 {
            return Class::Unknown;
        }
        match made {
            Made::Type(text) => self.stated(text, one),
            Made::Same(text) => self.class_of(text, one, steps),
            Made::By(text) => self.called(text, one, steps),
        }
    }

    fn stated(&self, text: &str, one: &Use) -> Class {
        if self.homes.is_stated(self.file, text) {
            return Class::Ours;
        }
        if words(text).any(|word| word == "Self") && one.owner.as_deref() == Some(self.owner()) {
            return Class::Ours;
        }
        let bases = self.bases();
        if let Some(above) = words(text).find(|word| bases.iter().any(|base| base == word)) {
            return Class::Above(above.to_owned());
        }
        let open = ["Any", "any", "object", "unknown", "dyn", "impl", "interface", "Callable", "typeof", "T"];
        let is_open = words(text).any(|word| open.contains(&word)) || words(text).next().is_none();
        let is_interface = words(text).any(|word| self.is_interface(word));
        if is_open || is_interface { Class::Unknown } else { Class::Other }
    }

    /// Go's interfaces are implemented without saying so.
    fn is_interface(&self, name: &str) -> bool {
        self.language() == Language::Go
            && self.program.mentioning(&[name]).into_iter().any(|at| {
                let mut all = self.program.files[at].facts().definitions.iter();
                all.any(|known| known.name == name && known.shape == Shape::Interface)
            })
    }

    fn called(&self, text: &str, one: &Use, steps: usize) -> Class {
        let parts: Vec<&str> = words(text).collect();
        let Some(last) = parts.last() else { return Class::Unknown };
        let names = |word: &&str| self.homes.is_name(self.file, word);
        let maker = text.rsplit_once(['.', ':']).map_or(text, |(before, _)| before.trim_end_matches(':'));
        if self.homes.is_in_module(self.file, text) || self.homes.is_in_module(self.file, maker) {
            return Class::Ours;
        }
        if names(last) || parts.iter().rev().nth(1).is_some_and(names) || parts.len() > 1 && *last == self.owner() {
            return Class::Ours;
        }
        if parts.first() == Some(&"Self") && one.owner.as_deref() == Some(self.owner()) {
            return Class::Ours;
        }
        let makers: Vec<Class> = self
            .makers(last)
            .into_iter()
            .map(|(at, made)| Receiver { file: at, ..*self }.made(&made, &elsewhere(one), steps - 1))
            .collect();
        if let Some(class) = best(makers) {
            return class;
        }
        let is_outside = parts
            .first()
            .and_then(|first| self.import(first))
            .is_some_and(|import| self.program.module(self.file, &import.module) == Where::Outside);
        if is_outside || last.starts_with(char::is_uppercase) { Class::Other } else { Class::Unknown }
    }

    /// What functions of this name return.
    fn makers(&self, name: &str) -> Vec<(usize, Made)> {
        let language = self.language();
        let files =
            self.program.mentioning(&[name]).into_iter().filter(|at| self.program.files[*at].language.meets(language));
        let all = files.flat_map(|at| {
            let definitions = self.program.files[at].facts().definitions.iter();
            let named = definitions.filter(|known| known.name == name && known.shape == Shape::Function);
            named.filter_map(move |known| known.gives.clone().map(|made| (at, made)))
        });
        all.collect()
    }
}

fn module_of(import: &Import) -> String {
    match import.name.as_deref() {
        None | Some("" | "=" | "default") => import.module.clone(),
        Some(name) if import.module.ends_with('.') => format!("{}{name}", import.module),
        Some(name) => format!("{}.{name}", import.module),
    }
}

/// The function of `f(..)`.
fn callee(base: &str) -> Option<&str> {
    let base = base.strip_suffix(')')?;
    let mut depth = 1;
    for (at, c) in base.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(base[..at].trim_start_matches("new"));
        }
    }
    None
}

/// Of several statements about one name one that is ours counts, then one that is not.
fn best(classes: Vec<Class>) -> Option<Class> {
    if classes.contains(&Class::Ours) {
        return Some(Class::Ours);
    }
    let known = classes
        .iter()
        .find(|class| matches!(class, Class::Above(_)))
        .or(classes.iter().find(|class| **class == Class::Unknown));
    known.or(classes.first()).cloned()
}

/// A use as if it stood at the top of another file.
fn elsewhere(one: &Use) -> Use {
    Use { container: None, is_local: false, ..one.clone() }
}

fn within(one: &Use, container: Option<usize>) -> Use {
    Use { container, ..one.clone() }
}

/// A bound name of which no type is stated.
fn one_is_parameter(program: &Program, file: usize, name: &str, one: &Use) -> bool {
    let same = |known: &&Use| known.name == name && known.base.is_none() && known.container == one.container;
    program.files[file].facts().uses.iter().filter(same).any(|known| known.is_local)
}
