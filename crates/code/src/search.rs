//! Who uses a symbol: certain callers, possible ones with the reason, and those that do not count.

use std::collections::{BTreeSet, HashSet};

use crate::Language;
use crate::facts::{Definition, Made, Role, Shape, Use};
use crate::hidden::{BY_INTERFACE, hidden};
use crate::homes::Homes;
use crate::program::{Program, Symbol};
use crate::receiver::{Kind, Receiver};

/// How deep makers and instances are followed, and callers of callers.
const MAX_FOLLOWED: usize = 6;

/// How many definitions are searched for one answer.
const MAX_SEARCHES: usize = 300;

/// Variables that a framework or server reads by their names.
const READ_BY_NAME: &[&str] = &[
    "app",
    "application",
    "api",
    "asgi",
    "wsgi",
    "urlpatterns",
    "MIDDLEWARE",
    "INSTALLED_APPS",
    "router",
    "routes",
    "celery",
    "celery_app",
    "admin",
    "default",
    "config",
    "handler",
    "metadata",
    "dag",
];

/// One place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The file.
    pub file: usize,
    /// From 1.
    pub line: usize,
    /// Its byte.
    pub at: usize,
    /// Why it is only possible, or what it stands in; empty when there is nothing to say.
    pub why: String,
    /// The definition around it.
    pub container: Option<usize>,
}

/// What was found of one definition.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Where it is defined: file and index of its definition.
    pub at: (usize, usize),
    /// Uses outside of tests that are certainly meant.
    pub callers: BTreeSet<Seen>,
    /// Uses in tests.
    pub in_tests: BTreeSet<Seen>,
    /// Uses that may be meant.
    pub possible: BTreeSet<Seen>,
    /// Files outside of tests that import it.
    pub imported_by: BTreeSet<usize>,
    /// Where instances of it are made and kept, or made for others.
    pub made_at: BTreeSet<Seen>,
    /// Why callers may exist that no search can see.
    pub hidden: Vec<String>,
}

impl Found {
    /// Whether the number of callers is known.
    pub fn is_exact(&self) -> bool {
        self.possible.is_empty() && self.hidden.is_empty()
    }
}

impl Program {
    /// The definitions that a symbol means, outside of tests when there are any there.
    pub fn definitions(&self, symbol: &Symbol) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        for at in self.mentioning(&[&symbol.name]) {
            let file = &self.files[at];
            let meant = file.facts().definitions.iter().enumerate().filter(|(_, one)| symbol.means(file, one));
            all.extend(meant.map(|(index, one)| ((at, index), file.is_test || one.is_test)));
        }
        // A bare name means what runs, before fields that happen to be called so.
        let runs = |at: &(usize, usize)| matches!(self.definition(*at).shape, Shape::Function | Shape::Class);
        if symbol.before.is_empty() && all.iter().any(|(at, is_test)| !is_test && runs(at)) {
            all.retain(|(at, _)| runs(at));
        }
        let outside: Vec<(usize, usize)> = all.iter().filter(|(_, is_test)| !is_test).map(|(at, _)| *at).collect();
        if outside.is_empty() { all.into_iter().map(|(at, _)| at).collect() } else { self.distinct(outside) }
    }

    /// One for each place: several bodies in one class or module are one definition, a stub is none beside its body.
    fn distinct(&self, all: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
        let mut seen = HashSet::new();
        let is_stub =
            |at: &(usize, usize)| self.files[at.0].path.ends_with(".d.ts") || self.files[at.0].path.ends_with(".pyi");
        let has_body = all.iter().any(|at| !is_stub(at));
        all.into_iter()
            .filter(|at| !(has_body && is_stub(at)))
            .filter(|(file, index)| seen.insert((*file, self.definition((*file, *index)).owner.clone())))
            .collect()
    }

    /// A definition.
    pub fn definition(&self, at: (usize, usize)) -> &Definition {
        &self.files[at.0].facts().definitions[at.1]
    }

    /// Who uses one definition.
    pub fn search(&self, at: (usize, usize)) -> Found {
        Search { program: self, left: MAX_SEARCHES }.of(at, MAX_FOLLOWED, false)
    }
}

/// A variable that only holds: who uses it uses what is in it. One that a function call gives may have handed things on,
/// and some are read by a framework by their names.
fn is_data(variable: &Definition) -> bool {
    let is_open = matches!(variable.gives, Some(Made::Type(_) | Made::Same(_)));
    !is_open && variable.owner.is_none() && !is_made_by_call(variable)
}

/// A variable that a function gives, or that somebody outside reads by its name.
pub(crate) fn is_made_by_call(variable: &Definition) -> bool {
    let is_call = matches!(&variable.gives, Some(Made::By(callee)) if !callee.rsplit(['.', ':']).next().is_some_and(|last| last.starts_with(char::is_uppercase)));
    variable.owner.is_none() && (is_call || is_read_by_name(variable))
}

/// A variable that a framework or server reads by its name.
pub(crate) fn is_read_by_name(variable: &Definition) -> bool {
    READ_BY_NAME.contains(&variable.name.as_str())
}

pub(crate) struct Search<'p> {
    pub(crate) program: &'p Program,
    left: usize,
}

impl<'p> Search<'p> {
    /// A search that follows one definition only.
    pub(crate) fn shallow(program: &'p Program) -> Self {
        Self { program, left: MAX_SEARCHES }
    }

    pub(crate) fn of(&mut self, at: (usize, usize), deep: usize, is_maker: bool) -> Found {
        let program = self.program;
        let homes = Homes::of(program, at);
        let mut found = Found { at, imported_by: homes.importers(program), ..Found::default() };
        let mut follow = Vec::new();
        for &file in &homes.files {
            let receiver = Receiver { program, homes: &homes, file };
            for one in &program.files[file].facts().uses {
                self.sort(one, &receiver, is_maker, &mut found, &mut follow);
            }
        }
        for (seen, is_default) in &homes.dynamic {
            let list = if *is_default { &mut found.callers } else { &mut found.possible };
            list.insert(seen.clone());
        }
        if is_maker || homes.is_class {
            self.kept(&homes, &mut found);
        }
        if deep > 0 {
            self.follow(follow, deep, &mut found);
        }
        found.hidden.extend(hidden(program, at, &homes));
        if !found.callers.is_empty() || !found.possible.is_empty() {
            // Calls through an interface are among these.
            found.hidden.retain(|why| why != BY_INTERFACE);
        }
        found
    }

    /// Puts one use where it belongs.
    fn sort(
        &mut self,
        one: &Use,
        receiver: &Receiver<'_>,
        is_maker: bool,
        found: &mut Found,
        follow: &mut Vec<(usize, usize)>,
    ) {
        let (file, homes) = (receiver.file, receiver.homes);
        let definition = self.program.definition(homes.at);
        // A constant is used where it is compared; a function, a class, or what holds one, is only named there.
        let is_named = one.role == Role::Caught && !self.is_constant(definition);
        if one.is_dead || is_named || homes.is_own(self.program, file, one) {
            return;
        }
        let kind = receiver.kind(one);
        let (is_ours, why) = match kind {
            Kind::Other => return,
            Kind::Ours => (true, String::new()),
            Kind::Possible(why) => (false, why),
        };
        let mut seen = Seen { file, line: one.line, at: one.at, why, container: one.container };
        if one.is_test || self.program.files[file].is_test {
            if is_ours {
                found.in_tests.insert(seen);
            }
            return;
        }
        if !is_ours {
            found.possible.insert(seen);
            return;
        }
        if one.role == Role::Type && definition.shape != Shape::Interface {
            if self.is_handed_in(file, one) {
                found.callers.insert(seen);
            } else if self.maker_of_type(file, one, homes).is_none() && self.is_made_by_type(file, one, definition) {
                seen.why = "stated as a type only".to_owned();
                found.possible.insert(seen);
            }
            return;
        }
        match self.maker(file, one, homes, is_maker) {
            Some(index) => {
                found.made_at.insert(seen);
                follow.push((file, index));
            }
            None => {
                found.callers.insert(seen);
            }
        }
    }

    /// A variable that holds no function and no instance.
    fn is_constant(&self, definition: &Definition) -> bool {
        definition.shape == Shape::Variable && !matches!(definition.gives, Some(Made::By(_) | Made::Same(_)))
    }

    /// A type stated for a parameter of a decorated function is made and handed in by the framework.
    fn is_handed_in(&self, file: usize, one: &Use) -> bool {
        let definitions = &self.program.files[file].facts().definitions;
        one.container.is_some_and(|index| {
            let around = &definitions[index];
            let is_route = |marker: &String| {
                marker.contains('.') && !marker.starts_with("functools") && !marker.starts_with("typing")
            };
            self.program.files[file].language == Language::Python && around.markers.iter().any(is_route)
        })
    }

    /// The function whose result is stated so.
    fn maker_of_type(&self, file: usize, one: &Use, homes: &Homes) -> Option<usize> {
        let index = one.container?;
        let gives = self.program.files[file].facts().definitions[index].gives.as_ref();
        gives.is_some_and(|made| homes.means(file, made)).then_some(index)
    }

    /// Whether a stated type may be all that is needed to make one: models that a framework reads, fields with a zero value.
    fn is_made_by_type(&self, file: usize, one: &Use, definition: &Definition) -> bool {
        let around = one.container.map(|index| self.program.files[file].facts().definitions[index].shape);
        match self.program.files[file].language {
            Language::Python => !definition.bases.is_empty() || !definition.markers.is_empty(),
            Language::Rust | Language::Go => !matches!(around, Some(Shape::Function)),
            Language::JavaScript | Language::TypeScript | Language::Tsx => false,
        }
    }

    /// An instance that is kept as a member and never touched again is made, and nothing more: who touches the member counts.
    fn kept(&self, homes: &Homes, found: &mut Found) {
        let callers = std::mem::take(&mut found.callers);
        for seen in callers {
            let facts = self.program.files[seen.file].facts();
            let mut members = facts.bindings.iter().filter(|known| {
                let is_here = known.span.contains(&seen.at) && known.name.contains('.');
                is_here && homes.means(seen.file, &known.made)
            });
            let Some(member) = members.next() else {
                found.callers.insert(seen);
                continue;
            };
            let name = member.name.rsplit('.').next().unwrap_or("");
            for file in self.program.mentioning(&[name]) {
                self.touched(file, name, seen.file, member.owner.as_deref(), found);
            }
            found.made_at.insert(seen);
        }
    }

    /// Uses of a member by its name: of its own class certain, of anything else possible.
    fn touched(&self, file: usize, name: &str, home: usize, owner: Option<&str>, found: &mut Found) {
        let program = self.program;
        for one in program.files[file].facts().uses.iter().filter(|one| one.name == name && !one.is_dead) {
            let Some(base) = one.base.as_deref() else { continue };
            let is_self = matches!(base, "self" | "this" | "cls");
            if is_self && (file != home || one.owner.as_deref() != owner) {
                continue;
            }
            let why = if is_self || owner.is_none() { String::new() } else { format!("through `{base}.{name}`") };
            let list = match (one.is_test || program.files[file].is_test, why.is_empty()) {
                (true, _) => &mut found.in_tests,
                (false, true) => &mut found.callers,
                (false, false) => &mut found.possible,
            };
            list.insert(Seen { file, line: one.line, at: one.at, why, container: one.container });
        }
    }

    /// The variable that holds the instance, or the function that makes it for others.
    fn maker(&self, file: usize, one: &Use, homes: &Homes, is_maker: bool) -> Option<usize> {
        let index = one.container?;
        let around = &self.program.files[file].facts().definitions[index];
        if !matches!(one.role, Role::Call | Role::Value) || homes.is_target((file, index)) {
            return None;
        }
        let meant = |made: &Made| homes.means(file, made);
        // A module that keeps what a function answers has called it.
        if one.role == Role::Call && !one.is_late && !homes.is_class && !is_maker {
            return None;
        }
        match around.shape {
            Shape::Variable => (around.gives.as_ref().is_some_and(meant) || is_data(around)).then_some(index),
            Shape::Function if homes.is_class => around.gives.as_ref().is_some_and(meant).then_some(index),
            Shape::Function | Shape::Class | Shape::Interface => None,
        }
    }

    /// Who uses what holds or makes it uses it.
    fn follow(&mut self, mut makers: Vec<(usize, usize)>, deep: usize, found: &mut Found) {
        makers.sort_unstable();
        makers.dedup();
        for at in makers {
            if self.left == 0 {
                found.hidden.push("more makers than are followed".to_owned());
                return;
            }
            self.left -= 1;
            let inner = self.of(at, deep - 1, true);
            found.callers.extend(inner.callers);
            found.in_tests.extend(inner.in_tests);
            found.made_at.extend(inner.made_at);
            found.possible.extend(inner.possible);
            let name = &self.program.definition(at).name;
            found.hidden.extend(inner.hidden.into_iter().map(|why| format!("`{name}` makes it: {why}")));
        }
    }
}
