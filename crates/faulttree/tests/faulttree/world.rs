//! The test words: trees as small texts, random trees, and the truth by enumeration.

use std::collections::BTreeSet;

use faulttree::{Arg, Builder, Connective, Limits, Model, Solution, Tree, solve};
use measure::Random;
use proptest::prelude::*;
use text::Source;

/// Gates over what came before: connective, and arguments by distance back with a negation.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    pub(crate) probabilities: Vec<f64>,
    pub(crate) gates: Vec<(u8, Vec<(usize, bool)>)>,
    pub(crate) top_negated: bool,
}

/// Trees of few events; `negations` allows what is not coherent.
pub(crate) fn drawing(negations: bool) -> impl Strategy<Value = Drawing> {
    let probabilities = prop::collection::vec(0.01_f64..0.99, 2..8);
    let arg = (0_usize..40, if negations { any::<bool>().boxed() } else { Just(false).boxed() });
    let kind = if negations { (0_u8..6).boxed() } else { (0_u8..5).boxed() };
    let gates = prop::collection::vec((kind, prop::collection::vec(arg, 1..5)), 1..14);
    let top = if negations { any::<bool>().boxed() } else { Just(false).boxed() };
    (probabilities, gates, top).prop_map(|(probabilities, gates, top_negated)| Drawing {
        probabilities,
        gates,
        top_negated,
    })
}

impl Drawing {
    /// The tree, with `rename` as the name of each event.
    pub(crate) fn tree(&self, rename: &dyn Fn(usize) -> String) -> Tree {
        let mut builder = Builder::new();
        let mut made: Vec<Arg> =
            self.probabilities.iter().enumerate().map(|(at, p)| builder.event(rename(at), *p)).collect();
        for (kind, args) in &self.gates {
            let args: Vec<Arg> = args
                .iter()
                .map(|(back, negated)| {
                    let arg = made[made.len() - 1 - back % made.len()];
                    if *negated { arg.negated() } else { arg }
                })
                .collect();
            let least = u32::try_from(args.len() / 2 + 1).expect("is small");
            made.push(match kind {
                0 | 1 => builder.gate(Connective::And, args),
                2 | 3 => builder.gate(Connective::Or, args),
                4 => builder.gate(Connective::AtLeast(least), args),
                _ => builder.gate(Connective::Xor, args),
            });
        }
        let top = *made.last().expect("has gates");
        builder.tree(if self.top_negated { top.negated() } else { top })
    }

    /// Whether the top happens when exactly these events do.
    pub(crate) fn happens(&self, events: u32) -> bool {
        let mut made: Vec<bool> = (0..self.probabilities.len()).map(|at| events >> at & 1 == 1).collect();
        for (kind, args) in &self.gates {
            let args: Vec<bool> =
                args.iter().map(|(back, negated)| made[made.len() - 1 - back % made.len()] != *negated).collect();
            let count = args.iter().filter(|arg| **arg).count();
            made.push(match kind {
                0 | 1 => count == args.len(),
                2 | 3 => count > 0,
                4 => count > args.len() / 2,
                _ => count % 2 == 1,
            });
        }
        *made.last().expect("has gates") != self.top_negated
    }

    /// The sum over all states.
    pub(crate) fn probability(&self) -> f64 {
        let of = |events: u32| -> f64 {
            let each = self.probabilities.iter().enumerate();
            each.map(|(at, p)| if events >> at & 1 == 1 { *p } else { 1.0 - p }).product()
        };
        self.states().filter(|events| self.happens(*events)).map(of).sum()
    }

    pub(crate) fn states(&self) -> std::ops::Range<u32> {
        0..1 << self.probabilities.len()
    }

    /// Minimal sets of what happens.
    pub(crate) fn minimal(&self) -> BTreeSet<u32> {
        let all: Vec<u32> = self.states().filter(|events| self.happens(*events)).collect();
        let is_minimal = |events: &&u32| !all.iter().any(|other| other != *events && other & *events == *other);
        all.iter().filter(is_minimal).copied().collect()
    }
}

pub(crate) fn plain(at: usize) -> String {
    format!("e{at}")
}

pub(crate) fn solved(tree: &Tree) -> Solution {
    solve(tree, &Limits::usual())
}

/// Reads a model that must be sound.
pub(crate) fn model(text: &str) -> (Model, Vec<Source>) {
    let sources = vec![Source::new("tree.xml", format!("<opsa-mef>{text}</opsa-mef>"))];
    let (model, problems) = faulttree::read(&sources);
    assert!(problems.is_empty(), "{problems:#?}");
    (model, sources)
}

/// The problems of a document, one line each.
pub(crate) fn problems(text: &str) -> String {
    let sources = vec![Source::new("tree.xml", text)];
    let (model, mut problems) = faulttree::read(&sources);
    if problems.is_empty()
        && let Some(top) = model.tops().first()
    {
        problems = model.question(*top, &sources).1;
    }
    let line = |problem: &text::Problem| {
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{} {}: {}{help}\n", problem.line, problem.column, problem.rule, problem.message)
    };
    problems.iter().map(line).collect()
}

/// The solution of the only top of a model.
pub(crate) fn of_model(text: &str) -> Solution {
    let (model, sources) = model(text);
    let (question, problems) = model.question(model.tops()[0], &sources);
    assert!(problems.is_empty(), "{problems:#?}");
    solved(&question.tree)
}

/// A tree of many gates that shares events, by a seed. Coherent.
pub(crate) fn large(seed: u64, events: usize, gates: usize) -> Tree {
    let mut random = Random::new(seed);
    let mut builder = Builder::new();
    let mut below = |limit: usize| usize::try_from(random.below(limit as u64)).expect("fits");
    let basics: Vec<Arg> =
        (0..events).map(|at| builder.event(format!("e{at}"), 0.001 + 0.01 * (at % 7) as f64)).collect();
    let mut made: Vec<Arg> = basics;
    for at in 0..gates {
        let args: Vec<Arg> = (0..2 + below(2)).map(|_| made[made.len() - 1 - below(made.len().min(events))]).collect();
        made.push(builder.gate(if at % 3 == 1 { Connective::And } else { Connective::Or }, args));
    }
    let last = made.split_off(made.len() - 8);
    let top = builder.gate(Connective::AtLeast(3), last);
    builder.tree(top)
}
