//! Whether a use means the definition that is searched: by its name, or by the class of what stands before the dot.

mod types;

use std::collections::BTreeSet;

use crate::Language;
use crate::facts::{Binding, Definition, Facts, Import, Made, Shape, Use};
use crate::homes::{Homes, words};
use crate::program::Program;
use crate::resolve::Where;
use crate::standing::{Standing, of_use};

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
    /// Ours on some ways, another on others.
    Either,
    /// Nothing that a method could be called of.
    Nothing,
    Unknown,
}

/// Whether the object before the dot, or the name alone, is one that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// It is.
    Ours,
    /// It is something else.
    Other,
    /// It cannot be told.
    Unknown,
}

impl Program {
    /// Whether a use takes a member of an instance of this class, or of the class itself.
    pub fn holds(&self, class: (usize, usize), file: usize, one: &Use) -> Holder {
        let homes = Homes::of(self, class);
        let receiver = Receiver { program: self, homes: &homes, file };
        let Some(base) = one.base.as_deref() else { return Holder::Other };
        match receiver.class_of(base, one, MAX_STEPS) {
            Class::Ours => Holder::Ours,
            Class::Other | Class::Nothing => Holder::Other,
            Class::Above(_) | Class::Either | Class::Unknown => Holder::Unknown,
        }
    }

    /// Whether a use means this function, class or variable of a module, or takes a member of it.
    pub fn names(&self, variable: (usize, usize), file: usize, one: &Use) -> Holder {
        let homes = Homes::of(self, variable);
        let receiver = Receiver { program: self, homes: &homes, file };
        match receiver.plain(one) {
            Kind::Ours => Holder::Ours,
            Kind::Other => Holder::Other,
            Kind::Possible(_) => Holder::Unknown,
        }
    }
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
        match of_use(self.program, homes, file, one) {
            Standing::Other => return Kind::Other,
            Standing::Either(line) => return Kind::Possible(format!("`{}` is bound again at line {line}", one.name)),
            Standing::Open | Standing::Ours => {}
        }
        if is_home && !self.is_nearest(one) || !is_home && self.has_own(&one.name) {
            return Kind::Other;
        }
        self.bound_there(&one.name)
    }

    /// A name that its own module binds to something else on some ways.
    fn bound_there(&self, name: &str) -> Kind {
        let other =
            self.homes.rebound().find(|(file, known, line)| *file != self.file && *known == name && line.is_some());
        match other {
            Some((file, _, Some(line))) => {
                Kind::Possible(format!("`{name}` is bound again at {}:{line}", self.program.files[file].path))
            }
            _ => Kind::Ours,
        }
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
        if homes.is_module(self.file, base) {
            return self.of_import(one, base);
        }
        if let Some(module) = base.strip_prefix("require(").and_then(|rest| rest.strip_suffix(')'))
            && let Where::Files(files) = self.program.module(self.file, module.trim_matches(['"', '\'', '`']))
        {
            return if files.iter().any(|at| homes.is_name(*at, &one.name)) { Kind::Ours } else { Kind::Other };
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

    /// `module.name`, where an import of this name leads to the module.
    fn of_import(&self, one: &Use, base: &str) -> Kind {
        let homes = self.homes;
        let is_plain = !base.contains('.');
        let as_module = Use { name: base.to_owned(), is_local: false, ..one.clone() };
        match of_use(self.program, homes, self.file, &as_module) {
            Standing::Other if is_plain => return Kind::Other,
            Standing::Either(line) if is_plain => {
                return Kind::Possible(format!("`{base}` is bound again at line {line}"));
            }
            Standing::Open | Standing::Ours | Standing::Other | Standing::Either(_) => {}
        }
        // A module may hand it out under another name.
        let is_renamed = || {
            let import = self.import(base)?;
            let Where::Files(files) = self.program.module(self.file, &import.module) else { return None };
            files.into_iter().find(|at| homes.is_name(*at, &one.name))
        };
        if one.name == homes.name {
            self.bound_there(&one.name)
        } else if is_renamed().is_some() {
            Kind::Ours
        } else {
            Kind::Other
        }
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
            Class::Nothing => Kind::Other,
            Class::Above(_) if self.is_only_one() => Kind::Ours,
            Class::Above(name) => Kind::Possible(format!("called through `{name}`")),
            Class::Either => Kind::Possible(format!("`{base}` is ours on some ways only")),
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

    /// No other class outside of tests has a method of this name: who calls it of an interface calls ours.
    fn is_only_one(&self) -> bool {
        let (program, name) = (self.program, &self.homes.name);
        let mut owners = BTreeSet::new();
        for at in program.mentioning(&[name]).into_iter().filter(|at| !program.files[*at].is_test) {
            let facts = program.files[at].facts();
            for one in facts.definitions.iter().filter(|one| one.name == *name && !one.is_test) {
                let is_abstract = one.markers.iter().any(|marker| marker.ends_with("abstractmethod"))
                    || one.bases.iter().any(|base| base == "interface" || base == "trait");
                let of = one.owner.as_deref().filter(|owner| !is_abstract && !self.is_interface(owner));
                owners.extend(of.map(|owner| (at, owner.to_owned())));
            }
        }
        owners.len() == 1
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
            return self.standing(last, one);
        }
        if self.language() == Language::Rust && base.contains("::") {
            return if last == self.owner() { Class::Ours } else { Class::Other };
        }
        match base.rsplit_once('.') {
            None => self.variable(base, one, steps),
            Some((before, member)) => self.member(before, member.trim_end_matches('?'), one, steps),
        }
    }

    /// What a name of our class means where it is used.
    fn standing(&self, name: &str, one: &Use) -> Class {
        match of_use(self.program, self.homes, self.file, &Use { name: name.to_owned(), ..one.clone() }) {
            Standing::Other => Class::Other,
            Standing::Either(_) => Class::Either,
            Standing::Open | Standing::Ours => Class::Ours,
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
        let near: Vec<&Binding> =
            facts.bindings.iter().filter(|known| known.name == name && around.contains(&known.container)).collect();
        // The innermost function that binds the name is meant.
        let inner =
            near.iter().map(|known| known.container).max_by_key(|index| index.map(|at| facts.definitions[at].start));
        let near = near.into_iter().filter(|known| Some(known.container) == inner);
        let near = reaching(near.filter(|known| known.made != Made::Same(name.to_owned())).collect(), one);
        let classes: Vec<Class> = near.into_iter().map(|known| self.made(&known.made, one, steps - 1)).collect();
        if let Some(class) = best(classes) {
            return class;
        }
        if one_is_parameter(self.program, self.file, name, one) {
            return Class::Unknown;
        }
        if let Some(class) = self.of_module(name, one, steps) {
            return class;
        }
        self.imported(name, one, steps)
    }

    /// What a variable of the module holds; nothing when it has none of this name.
    fn of_module(&self, name: &str, one: &Use, steps: usize) -> Option<Class> {
        let facts = self.program.files[self.file].facts();
        let is_named = |known: &&Definition| known.name == name && known.container.is_none() && known.owner.is_none();
        let global = facts.definitions.iter().find(is_named)?;
        if global.shape != Shape::Variable {
            return Some(Class::Other);
        }
        let mut writes: Vec<_> =
            facts.writes.iter().filter(|known| known.name == name && known.scope.is_none() && !known.is_kept).collect();
        let is_at_top = one.container.is_none_or(|index| facts.definitions[index].shape == Shape::Variable);
        writes.retain(|known| !is_at_top || known.at < one.at);
        let first = writes.iter().rposition(|known| !known.is_conditional).unwrap_or(0);
        let classes = writes.iter().skip(first).map(|known| {
            let defined = facts.definitions.iter().find(|one| one.name == name && one.start == known.at);
            let bound = facts.bindings.iter().find(|one| one.name == name && one.span.start == known.at);
            let made = defined.and_then(|one| one.gives.as_ref()).or(bound.map(|one| &one.made));
            match made {
                _ if known.is_nothing && !matches!(made, Some(Made::Type(_))) => Class::Nothing,
                Some(made) => self.made(made, &elsewhere(one), steps - 1),
                None => Class::Unknown,
            }
        });
        let found = best(classes.collect());
        found.or_else(|| global.gives.as_ref().map(|made| self.made(made, one, steps - 1))).or(Some(Class::Unknown))
    }

    fn imported(&self, name: &str, one: &Use, steps: usize) -> Class {
        if steps == 0 {
            return Class::Unknown;
        }
        let Some(import) = self.import(name) else { return Class::Unknown };
        let Where::Files(files) = self.program.module(self.file, &import.module) else { return Class::Other };
        // A module is no instance of anything, but what `require` gives may be whatever it hands out.
        let Some(wanted) = import.name.as_deref().filter(|name| !name.is_empty()) else { return Class::Other };
        for at in files {
            let facts = self.program.files[at].facts();
            let wanted = match facts.imports.iter().find(|known| known.module.is_empty() && known.local == wanted) {
                Some(renamed) => renamed.name.as_deref().unwrap_or(wanted),
                None => wanted,
            };
            let there = Receiver { file: at, ..*self };
            if let Some(class) = there.of_module(wanted, &elsewhere(one), steps) {
                return class;
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
        let classes: Vec<Class> = last_of_each(facts, own.collect())
            .into_iter()
            .map(|known| self.made(&known.made, &within(one, known.container), steps - 1))
            .collect();
        if let Some(class) = best(classes).filter(|class| *class != Class::Nothing) {
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
            Made::Nothing => Class::Nothing,
            Made::Plain => Class::Other,
            Made::Type(text) => self.stated(text, one),
            Made::Same(text) => self.class_of(text, one, steps),
            Made::By(text) => self.called(text, one, steps),
        }
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

/// Of several statements about one name that all may hold: ours and another together are neither. Nothing counts only alone.
fn best(mut classes: Vec<Class>) -> Option<Class> {
    if classes.iter().any(|class| *class != Class::Nothing) {
        classes.retain(|class| *class != Class::Nothing);
    }
    let has = |class: &Class| classes.contains(class);
    if has(&Class::Either) || has(&Class::Ours) && has(&Class::Other) {
        return Some(Class::Either);
    }
    if has(&Class::Ours) {
        return Some(Class::Ours);
    }
    let known = classes
        .iter()
        .find(|class| matches!(class, Class::Above(_)))
        .or(classes.iter().find(|class| **class == Class::Unknown));
    known.or(classes.first()).cloned()
}

/// The bindings of one function that may hold at a use: the last before it that always happens, and those behind that.
fn reaching<'b>(all: Vec<&'b Binding>, one: &Use) -> Vec<&'b Binding> {
    let is_here = |known: &&&Binding| known.container == one.container;
    let before: Vec<&Binding> =
        all.iter().filter(|known| !is_here(known) || known.span.start < one.at).copied().collect();
    let kept = if before.is_empty() { all } else { before };
    let first = kept.iter().rposition(|known| !known.is_conditional).unwrap_or(0);
    kept.into_iter().skip(first).collect()
}

/// Of the bindings of a member, in each function that binds it the last that always happens and those behind that.
fn last_of_each<'b>(facts: &Facts, all: Vec<&'b Binding>) -> Vec<&'b Binding> {
    let function = |known: &Binding| {
        let around = facts.definitions.iter().enumerate().filter(|(_, one)| one.shape == Shape::Function);
        let around = around.filter(|(_, one)| (one.start..one.end).contains(&known.span.start));
        around.min_by_key(|(_, one)| one.end - one.start).map(|(index, _)| index)
    };
    let places: Vec<Option<usize>> = all.iter().map(|known| function(known)).collect();
    let is_over = |at: usize| {
        let later = (at + 1..all.len()).filter(|later| places[*later] == places[at] && places[at].is_some());
        later.into_iter().any(|later| !all[later].is_conditional && all[later].name == all[at].name)
    };
    (0..all.len()).filter(|at| !is_over(*at)).map(|at| all[at]).collect()
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
