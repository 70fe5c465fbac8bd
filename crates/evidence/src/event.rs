//! What is happening right now: the one stream that feeds terminal, ledger and page.

/// One thing that happened while evidence was gathered.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A step began: `building api`, `probe http.check on api`. `done` of `total` steps are over.
    Step {
        /// Steps finished.
        done: usize,
        /// Steps in all.
        total: usize,
        /// What begins now.
        what: String,
    },
    /// Something was seen within the step: a phase, a count, a state.
    Saw {
        /// What, in one short sentence.
        what: String,
    },
    /// Something a person should know although the run goes on.
    Warned {
        /// What, and what to do.
        what: String,
    },
}
