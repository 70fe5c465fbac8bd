//! Whether what calls something runs itself: who calls the caller, who makes its class, what its route is registered on.
//!
//! Something runs when it is an entry, or is called by what runs. A method that a language or framework calls by its name
//! runs when somebody makes its class; a handler runs when its router is included somewhere. What is called by nobody is
//! dead; what may be called in ways that no search sees is unknown, with the reason.

use std::collections::{BTreeMap, HashSet};

use crate::Language;
use crate::facts::{Definition, Made, Role, Shape, Use};
use crate::hidden::{by_language, is_called_by_base, is_factory, only_wraps, registers};
use crate::homes::class;
use crate::program::Program;
use crate::resolve::Where;
use crate::router::{hands_on, makes_router};
use crate::search::{Found, Search, Seen, is_made_by_call, is_read_by_name};

/// How many callers of callers are followed.
const MAX_CALLERS: usize = 24;

/// How many definitions are searched for one answer.
const MAX_SEARCHES: usize = 250;

/// Whether something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alive {
    /// Everything that calls it is called by nobody.
    No,
    /// It cannot be told.
    Unknown,
    /// It is called from something that runs, or is an entry.
    Yes,
}

/// Whether one place runs, and why that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Whether.
    pub alive: Alive,
    /// The reason, empty when it can be told.
    pub why: String,
}

impl Program {
    /// Which of the callers run, for as far as that can be told.
    pub fn alive(&self, found: &Found) -> Vec<Running> {
        let mut life = Life::of(self);
        life.around.insert(found.at);
        found.callers.iter().map(|seen| life.answer(seen)).collect()
    }

    /// Whether a use runs, or what stands in a definition.
    pub fn lives(&self, file: usize, at: usize, line: usize, container: Option<usize>) -> Running {
        Life::of(self).answer(&Seen { file, line, at, why: String::new(), container })
    }
}

struct Life<'p> {
    program: &'p Program,
    left: usize,
    known: BTreeMap<(usize, usize), Alive>,
    around: HashSet<(usize, usize)>,
    /// How often something was left out because it is being asked for already.
    circles: usize,
    why: String,
}

impl<'p> Life<'p> {
    fn of(program: &'p Program) -> Self {
        Self {
            program,
            left: MAX_SEARCHES,
            known: BTreeMap::new(),
            around: HashSet::new(),
            circles: 0,
            why: String::new(),
        }
    }

    fn answer(&mut self, seen: &Seen) -> Running {
        let alive = self.place(seen, MAX_CALLERS);
        self.told(alive)
    }

    fn told(&mut self, alive: Alive) -> Running {
        let why = std::mem::take(&mut self.why);
        Running { alive, why: if alive == Alive::Unknown { why } else { String::new() } }
    }

    fn doubt(&mut self, why: impl FnOnce() -> String) -> Alive {
        if self.why.is_empty() {
            self.why = why();
        }
        Alive::Unknown
    }

    /// What a module calls to fill a variable it calls when it is read, and so does the body of a class of Python. What they
    /// only hold is of use when somebody takes it.
    fn body_of(&self, seen: &Seen, one: Option<&Use>) -> Option<Option<usize>> {
        let file = &self.program.files[seen.file];
        let mut at = seen.container;
        let is_call = one.is_some_and(|one| one.role == Role::Call && !one.is_late);
        let is_read = file.language == Language::Python;
        let mut is_body = false;
        while let Some(definition) = at.map(|index| &file.facts().definitions[index]) {
            let is_variable = definition.shape == Shape::Variable && (definition.owner.is_none() || is_read);
            if !is_call || !(is_variable || is_read && definition.shape == Shape::Class) {
                break;
            }
            is_body = true;
            at = definition.container;
        }
        is_body.then_some(at)
    }

    /// A place runs when what it stands in does, and what it is handed to is served.
    fn place(&mut self, seen: &Seen, deep: usize) -> Alive {
        let facts = self.program.files[seen.file].facts();
        let one = facts.uses.iter().find(|one| one.at == seen.at && one.line == seen.line);
        let through = one.and_then(|one| one.through.as_deref().map(|object| (object.to_owned(), one.clone())));
        let handed = match through {
            Some((object, one)) => self.served(seen.file, &object, &one, deep),
            None => Alive::Yes,
        };
        let container = self.body_of(seen, one).unwrap_or(seen.container);
        if handed == Alive::No { Alive::No } else { handed.min(self.runs(seen.file, container, deep)) }
    }

    /// Whether what stands in this definition runs.
    fn runs(&mut self, file: usize, container: Option<usize>, deep: usize) -> Alive {
        let Some(index) = container else { return Alive::Yes };
        let at = (file, index);
        if let Some(known) = self.known.get(&at) {
            return *known;
        }
        if deep == 0 || self.left == 0 {
            return self.doubt(|| "there are more callers of callers than are followed".to_owned());
        }
        if !self.around.insert(at) {
            self.circles += 1;
            return Alive::No;
        }
        self.left -= 1;
        let circles = self.circles;
        let alive = self.asked(at, deep);
        self.around.remove(&at);
        if alive == Alive::Yes || circles == self.circles {
            self.known.insert(at, alive);
        }
        alive
    }

    fn asked(&mut self, at: (usize, usize), deep: usize) -> Alive {
        let program = self.program;
        let definition = program.definition(at);
        let mut alive = self.by_itself(at, definition, deep);
        if alive == Alive::Yes {
            return alive;
        }
        if let (Shape::Variable, Some(owner)) = (definition.shape, &definition.owner) {
            return self.made(at.0, owner, deep);
        }
        let found = Search::shallow(program).of(at, 1, false);
        let (method, is_router) = (definition.owner.is_some(), makes_router(definition.gives.as_ref()));
        if is_router && definition.shape == Shape::Variable {
            return self.router(at, &found, deep);
        }
        for seen in &found.callers {
            alive = alive.max(self.place(seen, deep - 1));
            if alive == Alive::Yes {
                return alive;
            }
        }
        if definition.shape == Shape::Class {
            // An instance that a module keeps is of use when somebody takes it.
            for seen in &found.made_at {
                alive = alive.max(self.runs(seen.file, seen.container, deep - 1));
            }
        }
        if definition.shape == Shape::Variable && is_made_by_call(definition) {
            return self.handed_on(definition, &found, alive);
        }
        if is_factory(program, at) == Some(false) && found.callers.is_empty() {
            return self.doubt(|| format!("whether a server is told to call `{}` is not seen", definition.name));
        }
        if method {
            alive = alive.max(self.through_above(at, definition, &found, deep));
        } else {
            alive = alive.max(self.hidden(definition, &found));
        }
        // What is in the body of a class, or a member of an object, runs when what is around it does.
        let outer = definition.container.filter(|_| !(method || definition.is_nested && found.callers.is_empty()));
        match outer {
            Some(outer) if alive == Alive::No => self.runs(at.0, Some(outer), deep - 1),
            _ => alive,
        }
    }

    /// What a module hands to a function when it is read is handed on, unless that only gives back another function.
    fn handed_on(&mut self, variable: &Definition, found: &Found, alive: Alive) -> Alive {
        let callee = match &variable.gives {
            Some(Made::By(callee)) => callee.rsplit(['.', ':']).next().unwrap_or(callee),
            Some(Made::Type(_) | Made::Same(_) | Made::Nothing | Made::Plain) | None => "",
        };
        if is_read_by_name(variable) {
            return Alive::Yes;
        }
        if only_wraps(self.program, callee) {
            return alive.max(self.hidden(variable, found));
        }
        match found.callers.is_empty() {
            true => Alive::Yes,
            false => {
                self.doubt(|| format!("`{callee}` is given it for `{}`, which only dead code uses", variable.name))
            }
        }
    }

    /// Entries, registered handlers, and what a language calls by its name.
    fn by_itself(&mut self, at: (usize, usize), definition: &Definition, deep: usize) -> Alive {
        let program = self.program;
        let file = &program.files[at.0];
        let mut alive = Alive::No;
        for marker in definition.markers.iter().filter(|marker| registers(marker)) {
            let one = Use { container: definition.container, at: definition.start, ..used(marker) };
            let object = marker.split(['.', ':']).next().filter(|_| marker.contains('.'));
            let served = object.map_or(Alive::Yes, |object| self.served(at.0, object, &one, deep));
            let outer = definition.container.filter(|_| definition.owner.is_none());
            let outer = outer.map_or(Alive::Yes, |outer| self.runs(at.0, Some(outer), deep - 1));
            alive = alive.max(served.min(outer));
        }
        if by_language(definition, file.language, &file.path).is_none() {
            return alive;
        }
        match &definition.owner {
            None if is_factory(program, at) == Some(false) => Alive::No,
            None => Alive::Yes,
            Some(owner) if is_constructor(&definition.name) => alive.max(self.constructed(at.0, owner, deep)),
            Some(owner) => alive.max(self.made(at.0, owner, deep)),
        }
    }

    /// Whether anything that runs makes a class, or hands it on.
    fn made(&mut self, file: usize, owner: &str, deep: usize) -> Alive {
        let Some(class) = class(self.program, file, owner) else { return Alive::Yes };
        let alive = self.runs(class.0, Some(class.1), deep.saturating_sub(1));
        let language = self.program.files[file].language;
        if alive == Alive::No && matches!(language, Language::Go | Language::Rust) && self.is_stated(class, owner) {
            return self.doubt(|| format!("`{owner}` is stated as a type, which may be all that it takes to make one"));
        }
        alive
    }

    /// Whether anything that runs makes an instance, though nobody may take it.
    fn constructed(&mut self, file: usize, owner: &str, deep: usize) -> Alive {
        let alive = self.made(file, owner, deep);
        let Some(class) = class(self.program, file, owner).filter(|_| alive != Alive::Yes && deep > 0) else {
            return alive;
        };
        let found = Search::shallow(self.program).of(class, 1, false);
        let places = found.callers.iter().chain(&found.made_at);
        places
            .fold(alive, |alive, seen| if alive == Alive::Yes { alive } else { alive.max(self.place(seen, deep - 1)) })
    }

    /// A type that stands in a function outside of its own methods.
    fn is_stated(&self, class: (usize, usize), owner: &str) -> bool {
        let program = self.program;
        let language = program.files[class.0].language;
        program.mentioning(&[owner]).into_iter().any(|at| {
            let file = &program.files[at];
            let mut uses = file.facts().uses.iter();
            file.language == language
                && !file.is_test
                && uses.any(|one| {
                    let is_type = one.name == owner && one.role == Role::Type && !one.is_dead && !one.is_test;
                    is_type && one.owner.as_deref() != Some(owner)
                })
        })
    }

    /// A method that a base, a trait or an interface may call.
    fn through_above(&mut self, at: (usize, usize), definition: &Definition, found: &Found, deep: usize) -> Alive {
        if found.hidden.is_empty() && found.possible.is_empty() {
            return Alive::No;
        }
        let made = self.made(at.0, definition.owner.as_deref().unwrap_or(""), deep);
        if made == Alive::No {
            return Alive::No;
        }
        let is_above = found.possible.iter().any(|seen| seen.why.starts_with("called through"));
        if is_above || is_called_by_base(&definition.name, self.program.files[at.0].language) {
            return made;
        }
        self.hidden(definition, found)
    }

    fn hidden(&mut self, definition: &Definition, found: &Found) -> Alive {
        let named =
            found.hidden.iter().any(|why| why.starts_with("named in ") && !why.starts_with("named in a string"));
        if named {
            return Alive::Yes;
        }
        // What its decorators register it on was asked already.
        let is_asked = |why: &&String| {
            let marker = why.strip_suffix("` may register it").and_then(|why| why.strip_prefix('`'));
            marker.is_some_and(|marker| marker.contains('.') && registers(marker))
        };
        let possible = found.possible.iter().map(|seen| &seen.why);
        let Some(why) = found.hidden.iter().filter(|why| !is_asked(why)).chain(possible).next() else {
            return Alive::No;
        };
        self.doubt(|| format!("`{}` may be called: {why}", definition.name))
    }

    // ===== routers =====

    /// Whether the object that something is handed to is served. What is no router that is known here is taken to be.
    fn served(&mut self, file: usize, object: &str, one: &Use, deep: usize) -> Alive {
        let facts = self.program.files[file].facts();
        let mut at = one.container;
        let mut around = vec![];
        while let Some(index) = at {
            around.push(index);
            at = facts.definitions[index].container;
        }
        let is_local = |known: &&crate::facts::Binding| {
            known.name == object && known.container.is_some_and(|index| around.contains(&index))
        };
        if let Some(known) = facts.bindings.iter().find(is_local) {
            return match makes_router(Some(&known.made)) {
                true => self.local(file, object, known.container, known.span.start),
                false => Alive::Yes,
            };
        }
        let Some(at) = self.variable(file, object) else { return Alive::Yes };
        let definition = self.program.definition(at);
        if !makes_router(definition.gives.as_ref()) {
            return Alive::Yes;
        }
        self.runs(at.0, Some(at.1), deep.saturating_sub(1))
    }

    /// A router of one function is served when the function does more with it than add to it.
    fn local(&mut self, file: usize, object: &str, container: Option<usize>, bound: usize) -> Alive {
        let facts = self.program.files[file].facts();
        let Some(around) = container.map(|index| &facts.definitions[index]) else { return Alive::Yes };
        let mut uses = facts.uses.iter().filter(|one| one.name == object && one.base.is_none() && !one.is_dead);
        let is_served = uses.any(|one| {
            let is_here = (around.start..around.end).contains(&one.at) && one.at > bound;
            let is_role = matches!(one.role, Role::Value | Role::Call);
            is_here && is_role && hands_on(one.asked.as_deref()) && one.through.as_deref() != Some(object)
        });
        if is_served { Alive::Yes } else { Alive::No }
    }

    /// A router of a module is served where it is handed on by something that runs.
    fn router(&mut self, at: (usize, usize), found: &Found, deep: usize) -> Alive {
        let name = self.program.definition(at).name.clone();
        let mut alive = Alive::No;
        for seen in &found.callers {
            let facts = self.program.files[seen.file].facts();
            let one = facts.uses.iter().find(|one| one.at == seen.at && one.line == seen.line);
            let adds = one.is_some_and(|one| one.role == Role::Decorator || !hands_on(one.asked.as_deref()));
            if !adds {
                alive = alive.max(self.place(seen, deep - 1));
            }
        }
        if alive == Alive::No
            && let Some(why) = found.hidden.first().cloned().or(found.possible.first().map(|seen| seen.why.clone()))
        {
            return self.doubt(|| format!("`{name}` may be served: {why}"));
        }
        alive
    }

    /// The variable of a module that a name means in a file.
    fn variable(&self, file: usize, name: &str) -> Option<(usize, usize)> {
        let program = self.program;
        let of = |at: usize, name: &str| {
            let mut all = program.files[at].facts().definitions.iter();
            let found = all.position(|one| one.name == name && one.owner.is_none() && one.container.is_none());
            found.map(|index| (at, index))
        };
        of(file, name).or_else(|| {
            let mut imports = program.files[file].facts().imports.iter();
            let import = imports.find(|one| one.local == name && !one.module.is_empty())?;
            let Where::Files(files) = program.module(file, &import.module) else { return None };
            files.into_iter().find_map(|at| of(at, import.name.as_deref()?))
        })
    }
}

fn is_constructor(name: &str) -> bool {
    matches!(name, "__init__" | "__new__" | "__post_init__" | "constructor")
}

/// A use as a decorator makes it.
fn used(name: &str) -> Use {
    Use {
        name: name.to_owned(),
        base: None,
        role: Role::Decorator,
        line: 0,
        at: 0,
        container: None,
        owner: None,
        is_local: false,
        is_dead: false,
        is_test: false,
        is_late: false,
        asked: None,
        through: None,
    }
}
