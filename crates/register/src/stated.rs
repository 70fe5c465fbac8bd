//! What the text states as done or demands: statements from which claims can be made.

use text::Span;

use crate::model::Register;

/// Why a sentence counts as a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatedAs {
    /// A status with its reason: `Partially mitigated (chart includes probes)`.
    Status,
    /// A guardrail that is said to stand.
    Guardrail,
    /// A tick.
    Tick,
    /// A line of evidence.
    Evidence,
    /// `already exists`, `already implemented`.
    Already,
    /// An acceptance criterion.
    Criterion,
    /// A testing line.
    Test,
}

/// One sentence that can be held to.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The risk it belongs to, as an index into the risks of the register.
    pub risk: Option<usize>,
    /// Why it counts.
    pub how: StatedAs,
    /// The sentence, without markup.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Everything a register states, in the order of the text.
pub fn stated(_register: &Register) -> Vec<Stated> {
    Vec::new()
}
