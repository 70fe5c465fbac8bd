//! A model as Open-PSA writes it: gates with formulas, events with expressions, groups with common causes.
//!
//! [`Model::tree`] makes the tree of one gate of it: formulas become gates, groups become events of their own, and every
//! event gets its probability.

use text::Span;

use crate::expression::{Expression, Values};

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Its name, or that of its only fault tree.
    pub name: String,
    /// Gates by number.
    pub gates: Vec<GateDefinition>,
    /// Basic events by number.
    pub events: Vec<EventDefinition>,
    /// Parameters by number.
    pub parameters: Vec<Parameter>,
    /// Common causes.
    pub groups: Vec<Group>,
    /// How long the system is to work, in hours; [`Model::MISSION_TIME`] when not given.
    pub mission_time: f64,
    /// Parts of the file that are not read, in words.
    pub left_out: Vec<String>,
}

/// A span of one of the documents that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Which document, from 0.
    pub document: usize,
    /// Where in it.
    pub span: Span,
}

/// A named gate.
#[derive(Clone, Debug)]
pub struct GateDefinition {
    /// Its name, with the containers it lies in when those are needed to tell it apart.
    pub name: String,
    /// What it means.
    pub formula: Formula,
    /// Where it is defined.
    pub place: Place,
}

/// A basic event.
#[derive(Clone, Debug)]
pub struct EventDefinition {
    /// Its name.
    pub name: String,
    /// Its probability; `None` when the model states none.
    pub probability: Option<Expression>,
    /// Where it is defined.
    pub place: Place,
}

/// A named value.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Expression,
    /// Where it is defined.
    pub place: Place,
}

/// A Boolean formula over numbered gates and events.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// Always or never.
    Constant(bool),
    /// A gate by number.
    Gate(usize),
    /// An event by number.
    Event(usize),
    /// An operator over formulas.
    Of(Operator, Vec<Formula>),
}

/// How a formula joins others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the operators")]
pub enum Operator {
    And,
    Or,
    Not,
    Xor,
    Nand,
    Nor,
    /// Both or neither.
    Iff,
    /// The first brings the second with it.
    Imply,
    /// At least so many.
    AtLeast(u32),
    /// From so many to so many.
    Cardinality(u32, u32),
}

/// Events that may fail together by one cause.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// How factors are understood.
    pub sharing: Sharing,
    /// Events by number.
    pub members: Vec<usize>,
    /// The probability of each member in all.
    pub probability: Expression,
    /// Factors by level, from the lowest that the model has.
    pub factors: Vec<Expression>,
    /// Where it is defined.
    pub place: Place,
}

/// How the probability of a member is shared among the causes that strike 1, 2, .. members at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// One factor: the share that strikes all.
    Beta,
    /// Multiple Greek letters: the chance that a cause that struck k-1 strikes k, from level 2.
    GreekLetters,
    /// The shares of all causes that strike k, from level 1.
    Alpha,
    /// The shares of a member's probability, from level 1; together 1.
    Phi,
}

impl Model {
    /// The mission time of a model that states none: one year, as peers have it.
    pub const MISSION_TIME: f64 = 8_760.0;

    /// Gates that no other gate uses, in the order of the file.
    pub fn tops(&self) -> Vec<usize> {
        let mut is_used = vec![false; self.gates.len()];
        for gate in &self.gates {
            gate.formula.each(&mut |formula| {
                if let Formula::Gate(number) = formula {
                    is_used[*number] = true;
                }
            });
        }
        (0..self.gates.len()).filter(|number| !is_used[*number]).collect()
    }

    /// The value of every parameter, without randomness. Parameters refer to earlier or later ones, never in a circle.
    pub(crate) fn parameter_values(&self, mut random: Option<&mut measure::Random>) -> Vec<f64> {
        let mut values = vec![f64::NAN; self.parameters.len()];
        for number in self.parameter_order() {
            let given = Values { parameters: &values, mission_time: self.mission_time };
            values[number] = self.parameters[number].value.value(&given, random.as_deref_mut());
        }
        values
    }

    /// Parameters after those they refer to.
    fn parameter_order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut done = vec![false; self.parameters.len()];
        let mut open: Vec<(usize, bool)> = (0..self.parameters.len()).rev().map(|number| (number, false)).collect();
        while let Some((number, leaving)) = open.pop() {
            if leaving {
                order.push(number);
                continue;
            }
            if std::mem::replace(&mut done[number], true) {
                continue;
            }
            open.push((number, true));
            self.parameters[number].value.each(&mut |expression| {
                if let Expression::Parameter(below) = expression
                    && !done[*below]
                {
                    open.push((*below, false));
                }
            });
        }
        order
    }
}

impl Formula {
    /// Visits it and everything below it.
    pub(crate) fn each(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        if let Self::Of(_, parts) = self {
            parts.iter().for_each(|part| part.each(visit));
        }
    }
}

impl Expression {
    /// Visits it and everything below it.
    pub(crate) fn each(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        if let Self::Call(_, args) | Self::Deviate(_, args) = self {
            args.iter().for_each(|arg| arg.each(visit));
        }
    }
}
