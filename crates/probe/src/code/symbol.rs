//! `code.symbol`: who calls a function, a class, a method.
//!
//! A guardrail that nobody calls is text. Only uses that certainly mean the symbol count; what may mean it widens the
//! number to an interval, from which neither "called" nor "not called" follows.

use std::collections::BTreeSet;

use code::{Alive, Found, Program, Seen, Symbol};
use evidence::{Grade, Quantity, Unit, Value};
use text::Fields;

use super::tree::{Scope, Tree, looking, place};
use crate::World;
use crate::kind::{Look, Looking};
use crate::read::span_of;
use crate::sight::Sight;

/// The most places that are listed; all are counted.
const MAX_PLACES: usize = 200;

/// The most reasons in one trouble.
const MAX_REASONS: usize = 6;

/// Who uses one symbol.
#[derive(Clone, Debug)]
pub(crate) struct CodeSymbol {
    scope: Scope,
    symbol: Symbol,
    written: String,
}

impl CodeSymbol {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let scope = Scope::read(fields);
        let written = fields.need_text("symbol")?.to_owned();
        let Some(symbol) = Symbol::parse(&written) else {
            let span = span_of(fields, "symbol");
            let message = format!("`{written}` is no name such as `f`, `Class.method` or `module.f`");
            fields.problem("wrong-value", span, message);
            return None;
        };
        Some(Self { scope: scope?, symbol, written })
    }
}

impl Look for CodeSymbol {
    fn subject(&self) -> String {
        format!("{}: {}", self.scope.from.words(), self.written)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let owned = self.clone();
        Box::pin(looking(&self.scope, world, move |tree, _| seen(&owned, tree)))
    }
}

fn seen(probe: &CodeSymbol, tree: &Tree) -> Sight {
    let program = &tree.program;
    let mentioning: Vec<_> = program.mentioning(&[&probe.symbol.name]);
    // Parsing is the work; it is done once, on all cores.
    outside::parallel::map(&mentioning, |at| program.files[*at].facts().uses.len());
    let mut sight = Sight::new(probe.scope.from.words());
    sight.integer("files", program.files.len());
    sight.put("skipped", texts(tree.skipped.iter().cloned()));
    sight.subjects = program.files.len() as u64;
    let broken = broken(tree, &mentioning);
    let found = program.definitions(&probe.symbol);
    if found.is_empty() {
        return undefined(probe, tree, &mentioning, &broken, sight);
    }
    let places = found.iter().map(|at| place(program, at.0, program.definition(*at).line));
    sight.boolean("defined", true);
    sight.integer("definitions", found.len());
    sight.put("places", texts(places));
    let all: Vec<Found> = found.iter().map(|at| program.search(*at)).collect();
    if all.len() > 1 && all.iter().any(|one| !one.callers.is_empty() || !one.is_exact()) {
        let places: Vec<String> = found.iter().map(|at| place(program, at.0, program.definition(*at).line)).collect();
        sight.trouble = Some(format!(
            "`{}` is defined {} times ({}): write `Class.method` or `module.name`",
            probe.written,
            all.len(),
            places.join(", ")
        ));
        return sight;
    }
    let found = all.into_iter().reduce(merged).unwrap_or_default();
    told(probe, program, &found, &broken, &mut sight);
    sight
}

fn merged(mut one: Found, other: Found) -> Found {
    one.in_tests.extend(other.in_tests);
    one.imported_by.extend(other.imported_by);
    one.made_at.extend(other.made_at);
    one
}

/// Files in which something of the name may stand unseen.
fn broken(tree: &Tree, mentioning: &[usize]) -> Vec<String> {
    let files = mentioning.iter().map(|at| &tree.program.files[*at]).filter(|file| !file.is_test);
    let broken = files.filter_map(|file| {
        let line = file.facts().broken.first()?;
        Some(format!("{}:{line} does not parse", file.path))
    });
    broken.chain(tree.unread.iter().cloned()).collect()
}

/// Nothing of this name is defined: absent only when nothing else speaks of it.
fn undefined(probe: &CodeSymbol, tree: &Tree, mentioning: &[usize], broken: &[String], mut sight: Sight) -> Sight {
    let program = &tree.program;
    let mut spoken: Vec<String> = broken.to_vec();
    for &at in mentioning {
        let file = &program.files[at];
        let name = &probe.symbol.name;
        let uses = file.facts().uses.iter().filter(|one| one.name == *name && !one.is_test).map(|one| one.line);
        let imports = file.facts().imports.iter().filter(|one| one.name.as_deref() == Some(name)).map(|one| one.line);
        let lines: BTreeSet<usize> = uses.chain(imports).collect();
        spoken.extend(
            lines
                .into_iter()
                .take(1)
                .filter(|_| !file.is_test)
                .map(|line| format!("{}:{line} uses `{name}`", file.path)),
        );
    }
    if spoken.is_empty() {
        sight.boolean("defined", false);
        for count in ["definitions", "callers", "callers_in_tests", "reachable_callers"] {
            sight.integer(count, 0);
        }
        sight.boolean("called", false);
        sight.grade = Some(Grade::Absent);
        return sight;
    }
    spoken.truncate(MAX_REASONS);
    sight.trouble =
        Some(format!("`{}` is defined nowhere in {}, but {}", probe.written, sight.source, spoken.join("; ")));
    sight
}

fn told(probe: &CodeSymbol, program: &Program, found: &Found, broken: &[String], sight: &mut Sight) {
    let definition = program.definition(found.at);
    sight.source = format!("{} (searched: {} files)", place(program, found.at.0, definition.line), program.files.len());
    let places = |all: &BTreeSet<Seen>| texts(all.iter().map(|seen| said(program, seen)));
    sight.put("called_from", places(&found.callers));
    sight.put("called_from_tests", places(&found.in_tests));
    sight.put("possible", places(&found.possible));
    sight.put("made_at", places(&found.made_at));
    sight.put("imported_by", texts(found.imported_by.iter().map(|at| program.files[*at].path.clone())));
    sight.integer("callers_in_tests", found.in_tests.len());
    let callers = found.callers.len();
    let is_open = !found.hidden.is_empty() || !broken.is_empty();
    sight.put("callers", between(callers, found.possible.len(), is_open));
    if callers > 0 || (found.is_exact() && broken.is_empty()) {
        sight.boolean("called", callers > 0);
    }
    let runs = program.alive(found);
    let count = |which: Alive| runs.iter().filter(|one| one.alive == which).count();
    let unknown = count(Alive::Unknown) + found.possible.len();
    sight.put("reachable_callers", between(count(Alive::Yes), unknown, is_open));
    let is_exact = found.is_exact() && broken.is_empty();
    if callers == 0 && !is_exact {
        sight.trouble = Some(doubt(probe, program, found, broken));
    }
    let is_dead = callers == 0 || count(Alive::No) == callers;
    sight.grade = Some(if is_dead { Grade::Declared } else { Grade::Wired });
    if callers > 0 && count(Alive::Yes) == 0 && !(is_dead && is_exact) {
        // Callers there are, and none of which it is certain that it runs.
        sight.grade = None;
        let why: BTreeSet<&str> = runs.iter().map(|one| one.why.as_str()).filter(|why| !why.is_empty()).collect();
        let why = if why.is_empty() {
            vec![doubt(probe, program, found, broken)]
        } else {
            why.into_iter().map(str::to_owned).collect()
        };
        sight.trouble = Some(format!("whether a caller of `{}` runs cannot be told: {}", probe.written, cut(&why)));
    }
}

fn cut(why: &[String]) -> String {
    why.iter().take(MAX_REASONS).cloned().collect::<Vec<_>>().join("; ")
}

/// Why a call may hide.
fn doubt(probe: &CodeSymbol, program: &Program, found: &Found, broken: &[String]) -> String {
    let possible = found.possible.iter().map(|seen| said(program, seen));
    let mut why: Vec<String> = found.hidden.iter().cloned().chain(possible).chain(broken.iter().cloned()).collect();
    why.dedup();
    why.truncate(MAX_REASONS);
    format!("no certain caller of `{}` in {} files, but {}", probe.written, program.files.len(), why.join("; "))
}

fn said(program: &Program, seen: &Seen) -> String {
    let place = place(program, seen.file, seen.line);
    if seen.why.is_empty() { place } else { format!("{place} ({})", seen.why) }
}

/// A number that is known, or what it lies between.
pub(super) fn between(certain: usize, possible: usize, is_open: bool) -> Value {
    let low = certain as f64;
    let high = if is_open { f64::INFINITY } else { (certain + possible) as f64 };
    let exact = Value::Integer(i64::try_from(certain).unwrap_or(i64::MAX));
    if possible == 0 && !is_open {
        return exact;
    }
    Quantity::interval(low, high, Unit::One).map_or(exact, Value::Quantity)
}

pub(super) fn texts(all: impl Iterator<Item = String>) -> Value {
    Value::List(all.take(MAX_PLACES).map(Value::Text).collect())
}
