//! What becomes of the exit status of one command within a script of a POSIX shell or bash.
//!
//! The script is read into a tree ([`parse`]) and carried out on paper ([`outcome`]): the command in question fails, whatever else is done
//! succeeds unless it says otherwise, and what is left at the end is the answer. [`tool`] knows which words of a command run something.

mod lex;
mod parse;
mod run;
mod tool;
mod value;

pub(super) use self::parse::{Script, Simple, parse};
pub(super) use self::run::outcome;
pub(super) use self::tool::{is_setup, named, runs, stripped, tame};

use self::parse::Node;

/// How a script is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shell {
    /// `-e`: the first failure ends it.
    pub(super) errexit: bool,
    /// A pipe fails when any of its commands does.
    pub(super) pipefail: bool,
    /// Not a POSIX shell: nothing can be told beyond a single command.
    pub(super) is_foreign: bool,
}

impl Default for Shell {
    /// What GitHub runs where no shell is written: `bash -e {0}`.
    fn default() -> Self {
        Self { errexit: true, pipefail: false, is_foreign: false }
    }
}

impl Shell {
    /// A shell without options.
    pub(super) fn bare() -> Self {
        Self { errexit: false, ..Self::default() }
    }

    /// A shell with options as they are written: `-eo pipefail`.
    pub(super) fn of_options(options: &[&str]) -> Self {
        let mut shell = Self::bare();
        shell.set(options);
        shell
    }

    /// What `set` does to it.
    pub(super) fn set(&mut self, options: &[&str]) {
        let mut on = true;
        for word in options {
            let is_short = word.len() > 1 && word.starts_with(['-', '+']) && !word.starts_with("--");
            if is_short {
                on = word.starts_with('-');
                self.errexit = if word[1..].contains('e') { on } else { self.errexit };
            }
            match *word {
                "errexit" => self.errexit = on,
                "pipefail" => self.pipefail = on,
                _ => {}
            }
        }
    }
}

/// What happens to the failure of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Fails,
    Swallowed(String),
    Unknown(String),
}

/// All simple commands of a script, those within words included, with the kind of place they stand in.
pub(super) fn simples(script: &Script) -> Vec<(&Simple, bool)> {
    let mut found = Vec::new();
    collect(&script.root, false, &mut found);
    found
}

fn collect<'s>(node: &'s Node, is_substituted: bool, found: &mut Vec<(&'s Simple, bool)>) {
    match node {
        Node::Simple(one) => {
            found.push((one, is_substituted));
            for inner in &one.inner {
                let is_word = matches!(inner.place, parse::Place::Set | parse::Place::Word);
                collect(&inner.body, is_substituted || is_word, found);
            }
        }
        Node::Pipe { parts, .. } => parts.iter().for_each(|part| collect(part, is_substituted, found)),
        Node::Chain { first, rest } => {
            collect(first, is_substituted, found);
            rest.iter().for_each(|(_, node)| collect(node, is_substituted, found));
        }
        Node::List(items) => items.iter().for_each(|(node, _)| collect(node, is_substituted, found)),
        Node::Group { body, .. } | Node::Function { body, .. } => collect(body, is_substituted, found),
        Node::If { arms, otherwise } => {
            for (condition, body) in arms {
                collect(condition, is_substituted, found);
                collect(body, is_substituted, found);
            }
            otherwise.iter().for_each(|node| collect(node, is_substituted, found));
        }
        Node::Loop { condition, words, body } => {
            condition.iter().for_each(|node| collect(node, is_substituted, found));
            words.inner.iter().for_each(|inner| collect(&inner.body, true, found));
            collect(body, is_substituted, found);
        }
        Node::Case { bodies } => bodies.iter().for_each(|node| collect(node, is_substituted, found)),
    }
}
