//! `seaworthy impact --openpsa`: a fault tree of somebody's, solved.

use std::collections::BTreeMap;

use faulttree::{Bracket, Cores, Limits, MAX_SAMPLES, Model, Question, Ranking, Solution, Uncertainty};
use report::SolvedTree;
use text::{Problem, Source, has_errors};

use crate::arguments::{By, Impact, ImpactFormat, View};
use crate::command::{count, show};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// The cores of this machine.
struct AllCores;

impl Cores for AllCores {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let numbers: Vec<usize> = (0..count).collect();
        outside::parallel::map(&numbers, |number| work(*number));
    }
}

/// Samples that one core draws at a time.
const BATCH: usize = 1_000;

pub(super) fn run(arguments: &Impact, terminal: Terminal) -> Exit {
    let (mut model, sources) = match read(arguments, terminal) {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    if let Some(hours) = arguments.mission_time {
        if !(hours >= 0.0 && hours.is_finite()) {
            terminal.message(&format!(
                "error: a mission of {hours} hours\n  help: give --mission-time in hours, 0 or more"
            ));
            return Exit::Usage;
        }
        model.mission_time = hours;
    }
    let top = match top(arguments, &model) {
        Ok(top) => top,
        Err(message) => {
            terminal.message(&message);
            return Exit::Usage;
        }
    };
    let (question, problems) = model.question(top, &sources);
    if has_errors(&problems) {
        return refused(&problems, &sources, terminal);
    }
    let mut limits = Limits::usual();
    limits.nodes = arguments.nodes.unwrap_or(limits.nodes);
    let solution = faulttree::solve_on(&AllCores, &question.tree, &limits);
    let solved = asked(arguments, (&model, top), &question, &solution);
    match arguments.format {
        ImpactFormat::Json => terminal.result(&report::fault_tree_json(&solved)),
        ImpactFormat::Human => terminal.result(&report::fault_tree_text(&solved)),
        ImpactFormat::Svg if arguments.view == View::Bars => match report::fault_tree_bars(&solved) {
            Some(picture) => terminal.result(&picture),
            None => {
                terminal.message("error: importance needs a tree that is solved exactly\n  help: --nodes allows more");
                return Exit::Undecided;
            }
        },
        _ => {
            terminal.message("error: a fault tree is written as `human`, `json`, or `svg` with `--view bars`\n  help: other pictures are of systems: leave --openpsa out");
            return Exit::Usage;
        }
    }
    if solution.probability.width() > Bracket::DECIDED { Exit::Undecided } else { Exit::Pass }
}

fn read(arguments: &Impact, terminal: Terminal) -> Result<(Model, Vec<Source>), Exit> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for path in &arguments.openpsa {
        match outside::files::read_text(path, faulttree::MAX_DOCUMENT_BYTES) {
            Ok(text) => sources.push(Source::new(path.to_string_lossy(), text)),
            Err(error) => {
                problems.push(Problem::whole_file("unreadable", path.to_string_lossy(), ::prove::chain(&error)));
            }
        }
    }
    if !problems.is_empty() {
        return Err(refused(&problems, &sources, terminal));
    }
    let (model, problems) = faulttree::read(&sources);
    if has_errors(&problems) { Err(refused(&problems, &sources, terminal)) } else { Ok((model, sources)) }
}

fn refused(problems: &[Problem], sources: &[Source], terminal: Terminal) -> Exit {
    let sources: BTreeMap<String, Source> =
        sources.iter().map(|source| (source.path().to_owned(), source.clone())).collect();
    show(problems, &sources, terminal);
    terminal.message(&count(problems));
    Exit::Usage
}

/// The gate that was named, or the only one that no other uses.
fn top(arguments: &Impact, model: &Model) -> Result<usize, String> {
    let tops = model.tops();
    if let Some(name) = &arguments.top {
        let known = || model.gates.iter().map(|gate| gate.name.as_str());
        return model.gates.iter().position(|gate| gate.name == *name).ok_or_else(|| {
            let near = text::nearest(name, known()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("error: no gate is called `{name}`{near}")
        });
    }
    match tops[..] {
        [only] => Ok(only),
        [] => {
            Err("error: the model has no gate\n  help: a fault tree has a gate that no other uses, its top".to_owned())
        }
        _ => {
            let names: Vec<&str> = tops.iter().map(|top| model.gates[*top].name.as_str()).take(20).collect();
            let more = tops.len().saturating_sub(names.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Err(format!(
                "error: {} gates are used by no other: {}{more}\n  help: choose one with --top",
                tops.len(),
                names.join(", ")
            ))
        }
    }
}

fn asked<'s>(
    arguments: &Impact,
    (model, top): (&'s Model, usize),
    question: &'s Question,
    solution: &'s Solution,
) -> SolvedTree<'s> {
    let ranking = match arguments.by {
        By::Probability => Ranking::Probability,
        By::Order => Ranking::Order,
    };
    let mut notes: Vec<String> = model.left_out.iter().map(|part| format!("{part} was not read")).collect();
    for part in &solution.too_big {
        notes.push(format!(
            "a part of {} gates over {} events was not solved within the limit of nodes; --nodes raises it",
            part.gates, part.variables
        ));
    }
    let wants_importance = arguments.importance || arguments.view == View::Bars;
    let importance = wants_importance.then(|| faulttree::importance(&question.tree, solution)).flatten();
    let uncertainty = uncertainty(arguments, model, question, solution, &mut notes);
    if arguments.importance && importance.is_none() {
        notes.push("importance needs a tree that is solved exactly".to_owned());
    }
    SolvedTree {
        model: &model.name,
        top: &model.gates[top].name,
        size: (question.tree.gates(), question.tree.events().len()),
        solution,
        without_probability: &question.without_probability,
        listed: faulttree::cut_sets(&question.tree, solution, arguments.list, ranking),
        importance,
        uncertainty,
        notes,
    }
}

fn uncertainty(
    arguments: &Impact,
    model: &Model,
    question: &Question,
    solution: &Solution,
    notes: &mut Vec<String>,
) -> Option<Uncertainty> {
    let asked = arguments.samples?;
    let samples = asked.min(MAX_SAMPLES);
    if samples < asked {
        notes.push(format!("{samples} samples are the most that are drawn"));
    }
    if !question.is_random(model) {
        notes.push("no probability of this tree is a distribution, so every sample is the same".to_owned());
    }
    let batches: Vec<usize> = (0..samples).step_by(BATCH).collect();
    let drawn = outside::parallel::map(&batches, |from| {
        faulttree::samples(model, question, solution, arguments.seed, *from, (from + BATCH).min(samples))
    });
    let drawn: Option<Vec<_>> = drawn.into_iter().collect();
    if drawn.is_none() {
        notes.push("uncertainty needs a tree that is solved exactly".to_owned());
    }
    faulttree::uncertainty(drawn?, arguments.seed)
}
