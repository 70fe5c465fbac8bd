//! Fault trees, solved exactly.
//!
//! The way of one answer: a [`Tree`] is read from Open-PSA or made by a [`Builder`]; it becomes a graph of *and* gates with
//! negations, which is simplified; modules are found; each module becomes a binary decision diagram under the best of
//! several orders, and from it come its probability, its minimal sets and their number; modules are variables of those
//! above them. [`solve`] does all of that within [`Limits`].
//!
//! Pure: no clock, no files, no threads; [`solve_on`] uses the cores that somebody lends. What it does not do: dynamic gates, repair in time, event trees.

mod common_cause;
mod expression;
mod model;
mod openpsa;
mod question;
mod tree;

mod graph;
mod module;
mod simplify;

mod bdd;
mod bracket;
mod compile;
mod compiled;
mod cores;
mod count;
mod nodes;
mod order;
mod zbdd;

mod importance;
mod listing;
mod solve;
mod uncertainty;

pub use cores::{Cores, OneCore};
pub use expression::{Deviate, Expression, Function};
pub use importance::{Importance, importance};
pub use listing::{CutSet, MAX_LISTED, Ranking, cut_sets};
pub use model::{EventDefinition, Formula, GateDefinition, Group, Model, Operator, Parameter, Place, Sharing};
pub use openpsa::{MAX_DEPTH, MAX_DOCUMENT_BYTES, read, write};
pub use question::Question;
pub use solve::{Bracket, CutSets, Limits, Solution, TooBig, solve, solve_on};
pub use tree::{Arg, Builder, Connective, Event, MAX_NODES, Tree};
pub use uncertainty::{MAX_SAMPLES, Samples, Uncertainty, samples, uncertainty};
