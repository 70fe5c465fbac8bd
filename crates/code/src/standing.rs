//! Which of several things that one name is bound to stands where the name is used: ours, another, or either of them.
//!
//! The last binding before the use that always happens counts, and with it those behind it that happen on some ways only.
//! Bindings of the own function come before those of the module, as the languages have it. Values are not followed: a
//! name that is written from a call or another name is another, unless what is written holds the name itself.

use crate::facts::{Facts, Shape, Use};
use crate::homes::Homes;
use crate::program::Program;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing here binds it: other rules tell.
    Open,
    /// What is searched.
    Ours,
    /// Something else.
    Other,
    /// One or the other; the line that says so.
    Either(usize),
}

struct Event {
    at: usize,
    line: usize,
    is_conditional: bool,
    is_ours: bool,
    /// Nothing is bound: who calls it would fail.
    is_nothing: bool,
}

/// What the name of a use stands for.
pub(crate) fn of_use(program: &Program, homes: &Homes, file: usize, one: &Use) -> Standing {
    let facts = program.files[file].facts();
    let mut scope = function(facts, one.container);
    let mut is_own = true;
    loop {
        let upto = is_own.then_some(one.at).filter(|_| scope.is_some() || one.container.is_none());
        let found = of_name(program, homes, file, &one.name, scope, upto);
        if found != Standing::Open || scope.is_none() {
            return found;
        }
        scope = scope.and_then(|index| function(facts, facts.definitions[index].container));
        is_own = false;
    }
}

/// What a name of a module stands for when the module is read whole.
pub(crate) fn of_module(program: &Program, homes: &Homes, file: usize, name: &str) -> Standing {
    of_name(program, homes, file, name, None, None)
}

fn of_name(
    program: &Program,
    homes: &Homes,
    file: usize,
    name: &str,
    scope: Option<usize>,
    upto: Option<usize>,
) -> Standing {
    let mut events = events(program, homes, file, name, scope);
    let all = events.len();
    events.retain(|event| upto.is_none_or(|upto| event.at < upto));
    if events.is_empty() {
        // Bound behind the use only: what is hoisted counts whole.
        return if all == 0 || upto.is_none() {
            Standing::Open
        } else {
            of_name(program, homes, file, name, scope, None)
        };
    }
    events.sort_by_key(|event| event.at);
    let first = events.iter().rposition(|event| !event.is_conditional).unwrap_or(0);
    let reaching = &events[first..];
    // `x = None` and then `x = f` on some ways, or the other way around: who calls it calls `f`.
    let is_some = reaching.iter().any(|event| !event.is_nothing);
    let of = |ours: bool| reaching.iter().find(|event| event.is_ours == ours && !(is_some && event.is_nothing));
    match (of(true), of(false)) {
        (Some(_), None) => Standing::Ours,
        (Some(_), Some(other)) => Standing::Either(other.line),
        (None, _) => Standing::Other,
    }
}

fn events(program: &Program, homes: &Homes, file: usize, name: &str, scope: Option<usize>) -> Vec<Event> {
    let facts = program.files[file].facts();
    let mut found = Vec::new();
    for import in facts.imports.iter().filter(|one| one.local == name && one.scope == scope) {
        // `export { a as b }` binds nothing here.
        // `import a.b` and `import a.c` bind the same `a`.
        let is_root = import.name.is_none() && import.local.len() < import.module.len() && import.module.contains('.');
        let is_root = is_root && program.files[file].language == crate::Language::Python;
        if import.is_dead || import.is_test || import.module.is_empty() || is_root {
            continue;
        }
        found.push(Event {
            at: import.at,
            line: import.line,
            is_conditional: import.is_conditional,
            is_ours: homes.is_followed(file, import) || homes.is_unclear(file, name),
            is_nothing: false,
        });
    }
    let target = homes.named.unwrap_or(homes.at);
    for (index, one) in facts.definitions.iter().enumerate() {
        let is_here = one.name == name && one.owner.is_none() && function(facts, one.container) == scope;
        if !is_here || one.is_test || !matches!(one.shape, Shape::Function | Shape::Class) {
            continue;
        }
        let is_same = file == target.0 && program.definition(target).name == name;
        let is_ours = (file, index) == target || is_same && program.definition(target).shape == one.shape;
        found.push(Event {
            at: one.start,
            line: one.line,
            is_conditional: one.is_conditional,
            is_ours,
            is_nothing: false,
        });
    }
    for write in facts.writes.iter().filter(|one| one.name == name && one.scope == scope && !one.is_kept) {
        let is_target = |index: usize| {
            let one = &facts.definitions[index];
            let same = program.definition(target);
            let is_alike = file == target.0 && same.name == one.name && same.gives == one.gives && same.gives.is_some();
            one.name == name && one.start == write.at && ((file, index) == target || is_alike)
        };
        let is_ours = (0..facts.definitions.len()).any(is_target);
        found.push(Event {
            at: write.at,
            line: write.line,
            is_conditional: write.is_conditional,
            is_ours,
            is_nothing: write.is_nothing && !is_ours,
        });
    }
    found
}

/// The innermost function around.
fn function(facts: &Facts, mut container: Option<usize>) -> Option<usize> {
    while let Some(index) = container {
        let one = &facts.definitions[index];
        if one.shape == Shape::Function {
            return Some(index);
        }
        container = one.container;
    }
    None
}
