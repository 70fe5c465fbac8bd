//! From a model and one of its gates to a tree: formulas become gates, groups become causes, events get probabilities.

use foldhash::HashMap;
use measure::Random;
use text::{Problem, Source};

use crate::common_cause::{Cause, causes};
use crate::expression::{Expression, Values};
use crate::model::{Formula, Model, Operator, Place};
use crate::tree::{Arg, Builder, Connective, Tree};

/// The most problems that are told of one model.
const MAX_PROBLEMS: usize = 100;

/// A tree, and what its probabilities are made of.
#[derive(Clone, Debug)]
pub struct Question {
    /// The tree of the gate that was asked for.
    pub tree: Tree,
    /// Events it needs that the model gives no probability; they count as never happening.
    pub without_probability: Vec<String>,
    /// One for each event of the tree.
    expressions: Vec<Expression>,
}

/// Probabilities drawn for all events of a tree.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) probabilities: Vec<f64>,
    /// How many lay outside of 0..=1 and were moved to the nearer end.
    pub(crate) clamped: u64,
}

impl Question {
    /// Whether any probability scatters.
    pub fn is_random(&self, model: &Model) -> bool {
        let mut random = vec![false; model.parameters.len()];
        // Each turn carries scatter one reference further.
        for _ in 0..model.parameters.len() {
            let next: Vec<bool> = model.parameters.iter().map(|parameter| parameter.value.is_random(&random)).collect();
            if next == random {
                break;
            }
            random = next;
        }
        self.expressions.iter().any(|expression| expression.is_random(&random))
    }

    /// New probabilities for all events.
    pub(crate) fn draw(&self, model: &Model, random: &mut Random) -> Drawn {
        let parameters = model.parameter_values(Some(random));
        let values = Values { parameters: &parameters, mission_time: model.mission_time };
        let mut drawn = Drawn { probabilities: Vec::with_capacity(self.expressions.len()), clamped: 0 };
        for expression in &self.expressions {
            let value = expression.value(&values, Some(random));
            let inside = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
            drawn.clamped += u64::from(inside.to_bits() != value.to_bits());
            drawn.probabilities.push(inside);
        }
        drawn
    }
}

impl Model {
    /// The tree of one gate by number. Probabilities outside of 0..=1 are problems.
    pub fn question(&self, top: usize, sources: &[Source]) -> (Question, Vec<Problem>) {
        let (causes, mut problems) = causes(self, sources);
        let parameters = self.parameter_values(None);
        let mut making = Making {
            model: self,
            builder: Builder::new(),
            gates: HashMap::default(),
            events: HashMap::default(),
            of_cause: HashMap::default(),
            causes,
            expressions: Vec::new(),
            without_probability: Vec::new(),
            values: Values { parameters: &parameters, mission_time: self.mission_time },
            problems: Vec::new(),
            sources,
        };
        let top = making.gate(top);
        problems.append(&mut making.problems);
        let question = Question {
            tree: making.builder.tree(top),
            without_probability: making.without_probability,
            expressions: making.expressions,
        };
        (question, problems)
    }
}

struct Making<'m> {
    model: &'m Model,
    builder: Builder,
    gates: HashMap<usize, Arg>,
    events: HashMap<usize, Arg>,
    of_cause: HashMap<usize, Arg>,
    causes: Vec<Cause>,
    expressions: Vec<Expression>,
    without_probability: Vec<String>,
    values: Values<'m>,
    problems: Vec<Problem>,
    sources: &'m [Source],
}

impl Making<'_> {
    /// Gates below first; circles were refused by the reader.
    fn gate(&mut self, top: usize) -> Arg {
        let mut open = vec![(top, false)];
        while let Some((at, leaving)) = open.pop() {
            if self.gates.contains_key(&at) {
                continue;
            }
            let formula = &self.model.gates[at].formula;
            if leaving {
                let made = self.formula(formula);
                self.gates.insert(at, made);
                continue;
            }
            open.push((at, true));
            let before = open.len();
            formula.each(&mut |part| {
                if let Formula::Gate(below) = part {
                    open.push((*below, false));
                }
            });
            // The first that is written is made first: engines and people rely on it.
            open[before..].reverse();
        }
        self.gates[&top]
    }

    fn formula(&mut self, formula: &Formula) -> Arg {
        let (operator, parts) = match formula {
            Formula::Constant(true) => return Arg::TRUE,
            Formula::Constant(false) => return Arg::FALSE,
            Formula::Gate(number) => return self.gates[number],
            Formula::Event(number) => return self.event(*number),
            Formula::Of(operator, parts) => (*operator, parts),
        };
        let mut args: Vec<Arg> = parts.iter().map(|part| self.formula(part)).collect();
        let builder = &mut self.builder;
        match operator {
            Operator::And => builder.gate(Connective::And, args),
            Operator::Or => builder.gate(Connective::Or, args),
            Operator::Xor => builder.gate(Connective::Xor, args),
            Operator::Nand => builder.gate(Connective::And, args).negated(),
            Operator::Nor => builder.gate(Connective::Or, args).negated(),
            Operator::Iff => builder.gate(Connective::Xor, args).negated(),
            Operator::Not => args[0].negated(),
            Operator::Imply => {
                args[0] = args[0].negated();
                builder.gate(Connective::Or, args)
            }
            Operator::AtLeast(least) => builder.gate(Connective::AtLeast(least), args),
            Operator::Cardinality(least, most) => {
                let above = builder.gate(Connective::AtLeast(most + 1), args.clone()).negated();
                let enough = builder.gate(Connective::AtLeast(least), args);
                builder.gate(Connective::And, vec![enough, above])
            }
        }
    }

    /// An event; one in a group happens when any of the causes does that strike it.
    fn event(&mut self, number: usize) -> Arg {
        if let Some(made) = self.events.get(&number) {
            return *made;
        }
        let striking: Vec<usize> =
            (0..self.causes.len()).filter(|cause| self.causes[*cause].members.contains(&number)).collect();
        let made = if striking.is_empty() {
            let event = &self.model.events[number];
            if event.probability.is_none() {
                self.without_probability.push(event.name.clone());
            }
            let expression = event.probability.clone().unwrap_or(Expression::Number(0.0));
            self.basic(event.name.clone(), expression, event.place)
        } else {
            let args = striking.into_iter().map(|cause| self.cause(cause)).collect();
            self.builder.gate(Connective::Or, args)
        };
        self.events.insert(number, made);
        made
    }

    fn cause(&mut self, number: usize) -> Arg {
        if let Some(made) = self.of_cause.get(&number) {
            return *made;
        }
        let Cause { name, probability, place, .. } = self.causes[number].clone();
        let made = self.basic(name, probability, place);
        self.of_cause.insert(number, made);
        made
    }

    fn basic(&mut self, name: String, expression: Expression, place: Place) -> Arg {
        let value = expression.value(&self.values, None);
        let is_probability = (0.0..=1.0).contains(&value);
        if !is_probability && self.problems.len() < MAX_PROBLEMS {
            let message = format!("the probability of `{name}` is {value}");
            let help = "a probability lies between 0 and 1; check the numbers, their units and the mission time";
            let problem = Problem::error("openpsa-probability", &self.sources[place.document], place.span, message);
            self.problems.push(problem.with_help(help));
        }
        self.expressions.push(expression);
        self.builder.event(name, if is_probability { value } else { 0.0 })
    }
}
