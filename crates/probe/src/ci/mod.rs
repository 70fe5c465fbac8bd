//! What a pipeline does with the exit status of its steps.

mod action;
mod called;
mod can_fail;
mod condition;
mod github;
mod gitlab;
mod search;
mod shell;

use crate::kind::{Kind, ready};

/// The kinds that read pipelines.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "ci.can_fail", read: |fields, _, _| ready(can_fail::CanFail::read(fields)) }];

/// One step of a job.
#[derive(Clone, Debug, Default)]
struct Step {
    /// The file.
    path: String,
    /// From 1.
    line: usize,
    job: String,
    name: String,
    /// Its commands.
    run: String,
    shell: shell::Shell,
    /// The action that it uses.
    uses: String,
    /// What is handed to the action.
    inputs: Vec<(String, String)>,
    /// Why its failure does not count, whatever it does.
    swallowed: Vec<String>,
    /// What cannot be told.
    unknown: Vec<String>,
    /// The directory in which it runs, from the root.
    directory: String,
    /// What starts its workflow.
    starts: Vec<String>,
}

/// What was read of pipelines.
#[derive(Debug, Default)]
struct Pipelines {
    steps: Vec<Step>,
    /// Files that were read.
    files: Vec<String>,
    trouble: Vec<String>,
    /// Jobs that run what lies elsewhere, and what that is.
    foreign: Vec<(String, String)>,
}
