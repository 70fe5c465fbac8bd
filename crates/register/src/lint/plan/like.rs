//! When two lines speak of the same work, although one says "Add retry logic" and the other "Retry logic".
//!
//! Words are compared by their stems; verbs that only say that something comes into being, and what stands in brackets,
//! do not count. A doubt is a no.

use crate::fold::fold;

/// Letters of a word that count: `partition` and `partitioning` are one.
const STEM_CHARS: usize = 5;
/// The most words of one action.
const MAX_WORDS: usize = 40;
/// Words that say nothing about the work.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "as", "at", "be", "by", "for", "from", "in", "into", "is", "it", "of", "on", "or", "our", "per",
    "the", "to", "via", "with", "all", "any", "der", "die", "das", "und", "fur", "mit", "von", "de", "la", "le", "les",
    "el", "los", "des", "du", "y", "et", "e",
];
/// Verbs that only say that something comes into being.
const NEUTRAL_VERBS: &[&str] = &[
    "add",
    "implement",
    "implemented",
    "create",
    "set",
    "up",
    "setup",
    "use",
    "enable",
    "introduce",
    "build",
    "write",
    "configure",
    "deploy",
    "provide",
    "ensure",
    "establish",
    "install",
    "define",
    "develop",
    "make",
    "perform",
    "conduct",
    "run",
    "do",
    "complete",
    "finish",
    "get",
    "have",
    "start",
    "consider",
    "plan",
    "proposed",
    "missing",
    "no",
];

/// The telling words of a piece of work.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Action {
    /// Stems in the order of the text, each once.
    words: Vec<String>,
}

impl Action {
    /// Reads a plain text.
    pub(super) fn read(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in fold(&without_brackets(text)).split(' ').take(MAX_WORDS) {
            if word.is_empty() || STOP_WORDS.contains(&word) || NEUTRAL_VERBS.contains(&word) {
                continue;
            }
            let stem: String = word.chars().take(STEM_CHARS).collect();
            if !words.contains(&stem) {
                words.push(stem);
            }
        }
        Self { words }
    }

    /// How many words it has.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// How many words both have.
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.words.iter().filter(|word| other.words.contains(word)).count()
    }

    /// Whether every word stands in the other one or in a third one.
    fn lies_in(&self, other: &Self, around: &Self) -> bool {
        self.words.iter().all(|word| other.words.contains(word) || around.words.contains(word))
    }

    /// Whether this names all of a proposed step, which may be told in fewer words than here.
    pub(super) fn covers(&self, step: &Self) -> bool {
        let nothing = Self { words: Vec::new() };
        step.len() >= 2 && step.lies_in(self, &nothing)
    }

    /// Whether this is a short name of a proposed step about `around`: `Database partitioning` names `Partition the
    /// events table by date` of a risk about databases. The first word of the step must be there.
    pub(super) fn names(&self, step: &Self, around: &Self) -> bool {
        let opens = step.words.first().is_some_and(|first| self.words.contains(first));
        let is_short = self.lies_in(step, around) && (self.len() >= 2 || self == step);
        opens && is_short || self.covers(step)
    }
}

/// The text without what stands in brackets.
pub(super) fn without_brackets(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tick: &str, step: &str, risk: &str) -> bool {
        Action::read(tick).names(&Action::read(step), &Action::read(risk))
    }

    #[test]
    fn a_short_name_is_known_by_the_first_word_of_the_step() {
        assert!(names("Queue sharding", "Shard the orders topic by tenant", "Queue overload"));
        assert!(names("Dead letters (if time allows)", "Add dead letters with an alert", "Lost events"));
        assert!(names("Set up canary releases in all regions", "Canary releases", "Bad deploys"));
    }

    #[test]
    fn work_on_the_same_thing_is_not_the_same_work() {
        assert!(!names("Queue monitoring", "Shard the orders topic by tenant", "Queue overload"));
        assert!(!names("Audit log", "Encrypt the audit log", "Data leak"));
        assert!(!names("Logging", "Logging of failed logins", "Data leak"));
        assert!(!names("", "Add it", ""));
    }
}
