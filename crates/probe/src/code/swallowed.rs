//! `code.swallowed`: a check whose failure its own function, or whoever calls it, catches and goes on.
//!
//! A check that cannot stop anything is text. What fails is followed from where it is raised to the end of its function and
//! from there through the calls of it, as far as callers can be told.

use std::collections::{BTreeSet, HashSet};

use code::{Alive, Failing, Fate, Language, Program, Seen, Shape, Symbol, failing};
use evidence::{Grade, Value};
use text::Fields;

use super::symbol::{between, texts};
use super::tree::{Scope, Tree, looking, place};
use crate::World;
use crate::kind::{Look, Looking};
use crate::read::span_of;
use crate::sight::Sight;

/// How many callers of callers are followed.
const MAX_CALLS: usize = 8;

/// What becomes of the failures of one check.
#[derive(Clone, Debug)]
pub(crate) struct CodeSwallowed {
    scope: Scope,
    check: Check,
    written: String,
}

#[derive(Clone, Debug)]
enum Check {
    /// A function.
    Symbol(Symbol),
    /// Everything that raises this exception.
    Exception(String),
}

impl CodeSwallowed {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let scope = Scope::read(fields);
        let symbol = fields.text("symbol").map(str::to_owned);
        let exception = fields.text("exception").map(str::to_owned);
        let (check, written) = match (symbol, exception) {
            (Some(written), None) => (Symbol::parse(&written).map(Check::Symbol), written),
            (None, Some(written)) => (Some(Check::Exception(written.clone())), written),
            _ => {
                let span = fields.span();
                fields.problem(
                    "missing-key",
                    span,
                    "write either `symbol`, a function, or `exception`, what is raised",
                );
                return None;
            }
        };
        if check.is_none() {
            let span = span_of(fields, "symbol");
            fields.problem("wrong-value", span, format!("`{written}` is no name such as `f` or `Class.method`"));
        }
        Some(Self { scope: scope?, check: check?, written })
    }
}

impl Look for CodeSwallowed {
    fn subject(&self) -> String {
        format!("{}: {}", self.scope.from.words(), self.written)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let owned = self.clone();
        Box::pin(looking(&self.scope, world, move |tree, _| seen(&owned, tree)))
    }
}

fn seen(probe: &CodeSwallowed, tree: &Tree) -> Sight {
    let mut sight = Sight::new(probe.scope.from.words());
    sight.integer("files", tree.program.files.len());
    sight.put("skipped", texts(tree.skipped.iter().cloned()));
    if !tree.unread.is_empty() {
        sight.trouble = Some(tree.unread.join("; "));
    }
    match &probe.check {
        Check::Symbol(symbol) => of_symbol(probe, symbol, &tree.program, sight),
        Check::Exception(name) => of_exception(name, &tree.program, sight),
    }
}

fn of_symbol(probe: &CodeSwallowed, symbol: &Symbol, program: &Program, mut sight: Sight) -> Sight {
    let found = program.definitions(symbol);
    let [at] = found.as_slice() else {
        let places = found.iter().map(|at| place(program, at.0, program.definition(*at).line));
        sight.trouble = Some(match found.len() {
            0 => format!("`{}` is defined nowhere in {}", probe.written, sight.source),
            _ => format!(
                "`{}` is defined at {}: write `Class.method` or `module.name`",
                probe.written,
                places.collect::<Vec<_>>().join(", ")
            ),
        });
        return sight;
    };
    let file = &program.files[at.0];
    let definition = program.definition(*at);
    if let Some(line) = file.facts().broken.first() {
        sight.trouble = Some(format!("{}:{line} does not parse", file.path));
        return sight;
    }
    sight.source = place(program, at.0, definition.line);
    sight.subjects = 1;
    let raises = own(program, *at);
    let through = of_callees(program, *at, &raises);
    sight.put("raises", between(raises.len(), through, false));
    let kept: Vec<&Failing> = raises.iter().filter(|one| one.fate != Fate::Swallowed).collect();
    let partly = raises.iter().filter(|one| one.fate == Fate::Partly).count();
    sight.put("escapes", between(kept.len() - partly, partly + through, false));
    let mut swallowed: Vec<String> = raises.iter().filter_map(|one| told(&file.path, one)).collect();
    let what = kept.iter().find(|one| one.fate == Fate::Escapes).map_or("Exception", |one| one.what.as_str());
    let what = lineage(program, what);
    let mut ways = Ways {
        program,
        what: &what,
        swallowed: Vec::new(),
        lets_through: 0,
        stops: 0,
        unknown: Vec::new(),
        is_result_used: false,
        seen: HashSet::new(),
    };
    let is_called = ways.follow(*at, MAX_CALLS);
    swallowed.extend(ways.swallowed.iter().cloned());
    sight.put("swallowed", texts(swallowed.into_iter()));
    sight.integer("callers_that_swallow", ways.stops);
    sight.put("callers_that_let_through", between(ways.lets_through, ways.unknown.len(), false));
    sight.put("unclear", texts(ways.unknown.iter().cloned()));
    sight.grade = Some(if is_called { Grade::Wired } else { Grade::Declared });
    judged(&raises, through, &ways, is_called, &mut sight);
    sight
}

/// Whether a failure stops what calls the check: true and false only where every way is clear.
fn judged(raises: &[Failing], through: usize, ways: &Ways<'_>, is_called: bool, sight: &mut Sight) {
    let escapes = raises.iter().filter(|one| one.fate == Fate::Escapes).count();
    let none = raises.iter().all(|one| one.fate == Fate::Swallowed) && through == 0;
    let is_shut = ways.unknown.is_empty() && ways.lets_through == 0;
    if none && ways.is_result_used {
        sight.trouble = Some("the check answers instead of failing, and what calls it looks at the answer".to_owned());
    } else if none || is_shut {
        sight.boolean("stops", false);
    } else if escapes == raises.len() && escapes > 0 && is_called && ways.unknown.is_empty() && ways.stops == 0 {
        sight.boolean("stops", true);
    }
}

/// The places in a function that raise, as far as they run: what never runs is left out, what stands in a function stated
/// within comes out where that is called.
fn own(program: &Program, at: (usize, usize)) -> Vec<Failing> {
    let (file, definition) = (&program.files[at.0], program.definition(at));
    let facts = file.facts();
    let all = failing(file.language, &file.text, definition.start..definition.end, None);
    let is_dead = |byte: usize| facts.dead.iter().any(|range| range.contains(&byte));
    let around = |byte: usize| {
        let functions = facts.definitions.iter().enumerate().filter(|(_, one)| one.shape == Shape::Function);
        let holding = functions.filter(|(_, one)| (one.start..one.end).contains(&byte));
        holding.min_by_key(|(_, one)| one.end - one.start).map(|(index, _)| index)
    };
    let mut kept = Vec::new();
    for one in all.into_iter().filter(|one| !is_dead(one.at)) {
        let one = with_lineage(program, at.0, one);
        let mut place = Some(one);
        while let Some(inner) = place.as_ref().and_then(|one| around(one.at)).filter(|index| *index != at.1) {
            let failed = place.take().filter(|one| one.fate != Fate::Swallowed);
            place = failed.and_then(|failed| at_call(program, (at.0, inner), failed));
        }
        kept.extend(place.map(apart));
    }
    kept
}

/// What is raised in a task of its own may end the process, or nothing.
fn apart(mut one: Failing) -> Failing {
    if one.is_detached && one.fate == Fate::Escapes {
        one.fate = Fate::Partly;
        one.by.get_or_insert((one.line, "a task of its own".to_owned()));
    }
    one
}

/// A failure of a nested function, where that is called: nowhere when nobody does, in part where it is handed on.
fn at_call(program: &Program, nested: (usize, usize), failed: Failing) -> Option<Failing> {
    let (file, definition) = (&program.files[nested.0], program.definition(nested));
    let is_outside = |byte: usize| !(definition.start..definition.end).contains(&byte);
    let uses = file.facts().uses.iter().filter(|one| one.name == definition.name && one.base.is_none());
    let mut uses = uses.filter(|one| !one.is_dead && is_outside(one.at));
    let first = uses.clone().find(|one| one.role == code::Role::Call).or_else(|| uses.next())?;
    let fate = code::call_fate(file.language, &file.text, first.at, &failed.what);
    Some(match fate.filter(|_| first.role == code::Role::Call) {
        Some(call) => Failing { line: failed.line, what: failed.what, ..call },
        None => {
            let by = Some((first.line, format!("`{}`, which is handed on", definition.name)));
            Failing { fate: Fate::Partly, at: first.at, by, ..failed }
        }
    })
}

/// The same failure with the bases of its exception known, and the managers that it passes asked.
fn with_lineage(program: &Program, file: usize, one: Failing) -> Failing {
    let at = &program.files[file];
    let line = lineage(program, &one.what);
    let again = code::raise_fate(at.language, &at.text, one.at, &line).filter(|_| line != one.what);
    let one = again.map_or(one.clone(), |again| Failing { what: one.what.clone(), ..again });
    through_managers(program, file, one, &line)
}

/// An exception with its bases, `A|B|Exception`, as far as classes of this name say so.
fn lineage(program: &Program, what: &str) -> String {
    let mut line = vec![what.to_owned()];
    let mut name = what.rsplit('.').next().unwrap_or(what).to_owned();
    for _ in 0..MAX_CALLS {
        let Some(symbol) = Symbol::parse(&name) else { break };
        let found = program.definitions(&symbol);
        let [at] = found.as_slice() else { break };
        let definition = program.definition(*at);
        let Some(base) = definition.bases.first().filter(|_| program.files[at.0].language == Language::Python) else {
            break;
        };
        line.extend(definition.bases.iter().cloned());
        name = base.rsplit('.').next().unwrap_or(base).to_owned();
    }
    line.join("|")
}

/// What leaves the function may be caught by a context manager of one's own on its way.
fn through_managers(program: &Program, file: usize, mut one: Failing, what: &str) -> Failing {
    if one.fate == Fate::Swallowed || program.files[file].language != Language::Python {
        return one;
    }
    for (name, line) in one.managers.clone() {
        let fate = manager(program, &name, what);
        if fate != Fate::Escapes {
            one.fate = fate;
            one.by = Some((line, format!("with {name}")));
        }
    }
    one
}

/// What a context manager does with an exception in its block; one that is not here lets it through.
fn manager(program: &Program, name: &str, what: &str) -> Fate {
    let last = name.rsplit('.').next().unwrap_or(name);
    let Some(symbol) = Symbol::parse(last) else { return Fate::Escapes };
    for at in program.definitions(&symbol) {
        let (file, definition) = (&program.files[at.0], program.definition(at));
        if definition.shape == Shape::Function {
            let makes = definition.markers.iter().any(|marker| marker.ends_with("contextmanager"));
            let fate = code::yield_fate(&file.text, definition.start..definition.end, what).filter(|_| makes);
            if let Some(fate) = fate.map(|one| one.fate).filter(|fate| *fate != Fate::Escapes) {
                return fate;
            }
            continue;
        }
        let exits =
            file.facts().definitions.iter().filter(|one| {
                one.owner.as_deref() == Some(last) && matches!(one.name.as_str(), "__exit__" | "__aexit__")
            });
        let fates = exits.map(|one| code::exit_fate(&file.text, one.start..one.end));
        if let Some(fate) = fates.filter(|fate| *fate != Fate::Escapes).min() {
            return fate;
        }
    }
    Fate::Escapes
}

fn told(path: &str, one: &Failing) -> Option<String> {
    let (line, words) = one.by.as_ref().filter(|_| one.fate != Fate::Escapes)?;
    let partly = if one.fate == Fate::Partly { ", on some of its ways" } else { "" };
    Some(format!("{path}:{} ({} by `{words}` at line {line}{partly})", one.line, one.what))
}

/// Functions called within that raise themselves: their failures may come through.
fn of_callees(program: &Program, at: (usize, usize), raises: &[Failing]) -> usize {
    if !raises.is_empty() {
        return 0;
    }
    let file = &program.files[at.0];
    let definition = program.definition(at);
    let inside = file.facts().uses.iter().filter(|one| (definition.start..definition.end).contains(&one.at));
    let names: BTreeSet<&str> =
        inside.filter(|one| one.role == code::Role::Call).map(|one| one.name.as_str()).collect();
    let raises = |name: &&&str| {
        let symbol = Symbol { before: Vec::new(), name: (**name).to_owned() };
        program.definitions(&symbol).into_iter().filter(|other| *other != at).any(|other| {
            let (file, one) = (&program.files[other.0], program.definition(other));
            !own(program, (other.0, other.1)).is_empty() && one.end > one.start && !file.is_test
        })
    };
    names.iter().filter(raises).count()
}

/// The ways of a failure through callers.
struct Ways<'p> {
    program: &'p Program,
    what: &'p str,
    swallowed: Vec<String>,
    stops: usize,
    lets_through: usize,
    unknown: Vec<String>,
    /// A caller takes what the check returns.
    is_result_used: bool,
    seen: HashSet<(usize, usize)>,
}

impl Ways<'_> {
    /// Follows the callers of a definition outwards; whether there are any.
    fn follow(&mut self, at: (usize, usize), deep: usize) -> bool {
        if !self.seen.insert(at) {
            return true;
        }
        self.wrapped(at);
        let found = self.program.search(at);
        let name = self.program.definition(at).name.clone();
        if found.callers.is_empty() {
            let why = found.hidden.iter().cloned().chain(found.possible.iter().map(|seen| said(self.program, seen)));
            self.unknown.extend(why.take(3));
            return false;
        }
        self.unknown.extend(found.possible.iter().map(|seen| said(self.program, seen)));
        // A caller that nobody calls neither hears of a failure nor lets it through.
        let runs = self.program.alive(&found);
        let mut is_called = false;
        for (seen, running) in found.callers.iter().zip(runs) {
            if running.alive == Alive::No {
                continue;
            }
            if running.alive == Alive::Unknown {
                self.unknown.push(format!("{} ({})", place(self.program, seen.file, seen.line), running.why));
            }
            is_called = true;
            self.caller(seen, &name, deep);
        }
        is_called
    }

    fn caller(&mut self, seen: &Seen, name: &str, deep: usize) {
        let file = &self.program.files[seen.file];
        let calls = failing(file.language, &file.text, 0..file.text.len(), Some(name));
        let what = self.what;
        let line = file.text.lines().nth(seen.line.saturating_sub(1)).unwrap_or("").trim_start();
        let is_first = deep == MAX_CALLS;
        self.is_result_used |= is_first
            && (["if ", "elif ", "assert ", "match ", "while ", "return "].iter().any(|head| line.starts_with(head))
                || line.contains(" = ") && !line.starts_with("_ "));
        let Some(call) = calls.into_iter().find(|one| one.line == seen.line) else {
            return self.handed(seen);
        };
        if call.is_detached && call.fate == Fate::Escapes {
            return self.unknown.push(format!("{} runs apart", place(self.program, seen.file, seen.line)));
        }
        // The fate of a call depends on what is raised, so it is asked again with that name.
        let call = code::call_fate(file.language, &file.text, call.at, what).unwrap_or(call);
        let call = through_managers(self.program, seen.file, call, what);
        match call.fate {
            Fate::Swallowed => {
                self.stops += 1;
                self.swallowed.extend(told(&file.path, &Failing { what: name.to_owned(), ..call }));
            }
            Fate::Partly => self.unknown.extend(told(&file.path, &Failing { what: name.to_owned(), ..call })),
            Fate::Escapes => self.outwards(seen, deep),
        }
    }

    /// Handed to something that calls it: a framework that lets its failure through, a thread that nobody waits for.
    fn handed(&mut self, seen: &Seen) {
        let text = &self.program.files[seen.file].text;
        let line = text.lines().nth(seen.line.saturating_sub(1)).unwrap_or("");
        let holds = |words: &[&str]| words.iter().any(|word| line.contains(word));
        let at = place(self.program, seen.file, seen.line);
        let groups = ["create_task_group(", "open_nursery("];
        let in_group = line.contains("start_soon(") && groups.iter().any(|word| text.contains(word));
        if holds(&[
            "Thread(",
            "submit(",
            "add_task(",
            "create_task(",
            "run_in_executor(",
            "Timer(",
            "setTimeout(",
            "allSettled(",
        ]) {
            self.stops += 1;
            self.swallowed.push(format!("{at} (handed to what runs it apart)"));
        } else if in_group || holds(&["startup", "Depends(", "Security(", "lifespan"]) {
            self.lets_through += 1;
        } else {
            self.unknown.push(format!("{at} (handed on)"));
        }
    }

    /// A decorator of a plain name may catch what the function raises.
    fn wrapped(&mut self, at: (usize, usize)) {
        let definition = self.program.definition(at);
        let is_plain = |marker: &&String| {
            let inert = [
                "staticmethod",
                "classmethod",
                "property",
                "cache",
                "lru_cache",
                "asynccontextmanager",
                "contextmanager",
                "override",
            ];
            self.program.files[at.0].language == Language::Python
                && !marker.contains('.')
                && !inert.contains(&marker.as_str())
        };
        let found = definition
            .markers
            .iter()
            .find(is_plain)
            .map(|marker| format!("`@{marker}` may catch it at {}", place(self.program, at.0, definition.line)));
        self.unknown.extend(found);
    }

    /// It leaves the caller: what do the callers of that do?
    fn outwards(&mut self, seen: &Seen, deep: usize) {
        let around = seen.container.map(|index| (seen.file, index));
        let Some(around) = around.filter(|_| deep > 0) else {
            self.lets_through += 1;
            return;
        };
        let found = self.program.search(around);
        if found.callers.is_empty() {
            // Nobody here calls it: it is an entry, or registered somewhere.
            self.lets_through += 1;
        } else if !self.follow(around, deep - 1) {
            // It runs, and not because something here calls it.
            self.lets_through += 1;
        }
    }
}

fn said(program: &Program, seen: &Seen) -> String {
    format!("{} ({})", place(program, seen.file, seen.line), seen.why)
}

fn of_exception(name: &str, program: &Program, mut sight: Sight) -> Sight {
    let mentioning = program.mentioning(&[name]);
    let (mut raises, mut escapes, mut partly, mut swallowed, mut broken) = (0, 0, 0, Vec::new(), Vec::new());
    for at in mentioning {
        let file = &program.files[at];
        if file.is_test {
            continue;
        }
        if let Some(line) = file.facts().broken.first() {
            broken.push(format!("{}:{line} does not parse", file.path));
        }
        let all = failing(file.language, &file.text, 0..file.text.len(), None);
        let is_dead = |byte: usize| file.facts().dead.iter().any(|range| range.contains(&byte));
        let all: Vec<Failing> =
            all.into_iter().filter(|one| !is_dead(one.at)).map(|one| with_lineage(program, at, one)).collect();
        for one in all.iter().filter(|one| one.what.rsplit(['.', ':']).next() == Some(name)) {
            raises += 1;
            match one.fate {
                Fate::Escapes => escapes += 1,
                Fate::Partly => partly += 1,
                Fate::Swallowed => {}
            }
            swallowed.extend(told(&file.path, one));
        }
    }
    sight.subjects = program.files.len() as u64;
    sight.integer("raises", raises);
    sight.put("escapes", between(escapes, partly, false));
    sight.put("swallowed", Value::List(swallowed.into_iter().map(Value::Text).collect()));
    sight.grade = Some(if raises == 0 { Grade::Absent } else { Grade::Declared });
    if !broken.is_empty() {
        sight.trouble = Some(broken.join("; "));
    }
    sight
}
