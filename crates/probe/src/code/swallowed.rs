//! `code.swallowed`: a check whose failure its own function, or whoever calls it, catches and goes on.
//!
//! A check that cannot stop anything is text. What fails is followed from where it is raised to the end of its function and
//! from there through the calls of it, as far as callers can be told.

use std::collections::{BTreeSet, HashSet};

use code::{Failing, Fate, Language, Program, Seen, Symbol, failing};
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
    let raises = failing(file.language, &file.text, definition.start..definition.end, None);
    let through = of_callees(program, *at, &raises);
    sight.put("raises", between(raises.len(), through, false));
    let kept: Vec<&Failing> = raises.iter().filter(|one| one.fate != Fate::Swallowed).collect();
    let partly = raises.iter().filter(|one| one.fate == Fate::Partly).count();
    sight.put("escapes", between(kept.len() - partly, partly + through, false));
    let mut swallowed: Vec<String> = raises.iter().filter_map(|one| told(&file.path, one)).collect();
    let what = kept.iter().find(|one| one.fate == Fate::Escapes).map_or("Exception", |one| one.what.as_str());
    let mut ways = Ways {
        program,
        what,
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
            !failing(file.language, &file.text, one.start..one.end, None).is_empty()
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
        for seen in &found.callers {
            self.caller(seen, &name, deep);
        }
        true
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
        } else if holds(&["startup", "Depends(", "Security(", "lifespan"]) {
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
        } else {
            self.follow(around, deep - 1);
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
