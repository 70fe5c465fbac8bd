//! Which component a text names.

use std::collections::BTreeSet;

use system::{Component, ComponentKind, System};

use super::tokens::{raw, stands_in, telling, tells, tokens};

/// What a name that the file gives counts, and one that stands in the text letter by letter.
const KNOWN: usize = 100;
const EXACT: usize = 50;

/// A component with the words of its names.
struct Named<'s> {
    component: &'s Component,
    /// The words of its name as they stand.
    exact: Vec<String>,
    /// Those that tell something; all of them when none does.
    words: BTreeSet<String>,
    /// Every word has to stand in the text, because none of them tells anything.
    wholly: bool,
    known_as: Vec<Vec<String>>,
    kind: &'static str,
}

/// All components of a system but its users, with the words of their names.
pub(super) struct Parts<'s> {
    named: Vec<Named<'s>>,
}

impl<'s> Parts<'s> {
    pub(super) fn of(system: &'s System) -> Self {
        let can_fail = system.components.values().filter(|component| component.kind != ComponentKind::Client);
        Self { named: can_fail.map(Named::of).collect() }
    }

    /// The components that a name means, the best only; none when nothing fits. Several are as good as each other.
    pub(super) fn meant(&self, name: &str) -> Vec<&'s Component> {
        self.best(name, true)
    }

    /// The same for a sentence, which may speak of other things as well.
    pub(super) fn told_of(&self, sentence: &str) -> Vec<&'s Component> {
        self.best(sentence, false)
    }

    fn best(&self, text: &str, is_name: bool) -> Vec<&'s Component> {
        let text = Text::of(text);
        let scored: Vec<(Likeness, &Component)> =
            self.named.iter().filter_map(|named| Some((named.like(&text, is_name)?, named.component))).collect();
        // `Database and cache` means both; `JWT key` means the key and not every token, `booking database` not the booking.
        let is_less = |one: &Likeness| {
            scored.iter().any(|(other, _)| {
                other.is_whole
                    && one.words.is_subset(&other.words)
                    && (one.words != other.words || other.score > one.score)
            })
        };
        let known = scored.iter().any(|(one, _)| one.score >= KNOWN);
        let left: Vec<&(Likeness, &Component)> =
            scored.iter().filter(|(one, _)| if known { one.score >= KNOWN } else { !is_less(one) }).collect();
        let whole: Vec<&Component> =
            left.iter().filter(|(one, _)| one.is_whole).map(|(_, component)| *component).collect();
        if is_name && !whole.is_empty() {
            return whole;
        }
        let best = left.iter().map(|(likeness, _)| likeness.score).max().unwrap_or(0);
        left.into_iter().filter(|(one, _)| one.score == best).map(|(_, component)| *component).collect()
    }

    /// How well a text names one component: 0 for not at all.
    pub(super) fn score(&self, component: &Component, text: &str) -> usize {
        let named = self.named.iter().find(|named| named.component.id == component.id);
        named.and_then(|named| named.like(&Text::of(text), true)).map_or(0, |likeness| likeness.score)
    }

    /// The words that a component is named by.
    pub(super) fn words(&self, component: &Component) -> BTreeSet<String> {
        let named = self.named.iter().find(|named| named.component.id == component.id);
        named.map_or(BTreeSet::new(), |named| named.words.iter().cloned().chain([named.kind.to_owned()]).collect())
    }
}

/// The one that a text means, when it is one.
pub(super) fn only<T: Copy>(meant: &[T]) -> Option<T> {
    match meant {
        [one] => Some(*one),
        _ => None,
    }
}

/// How well a text names a component.
struct Likeness {
    score: usize,
    /// All words of its name stand there.
    is_whole: bool,
    /// The words by which it is named.
    words: BTreeSet<String>,
}

/// A text in the forms in which names are looked for.
struct Text {
    raw: Vec<String>,
    tokens: BTreeSet<String>,
    telling: BTreeSet<String>,
}

impl Text {
    fn of(text: &str) -> Self {
        Self { raw: raw(text), tokens: tokens(text).into_iter().collect(), telling: telling(text) }
    }
}

impl<'s> Named<'s> {
    fn of(component: &'s Component) -> Self {
        let all: BTreeSet<String> = tokens(component.id.as_str()).into_iter().collect();
        let words: BTreeSet<String> = all.iter().filter(|word| tells(word)).cloned().collect();
        let wholly = words.is_empty();
        Self {
            component,
            exact: raw(component.id.as_str()),
            words: if wholly { all } else { words },
            wholly,
            known_as: component.known_as.iter().map(|name| raw(name)).collect(),
            kind: match component.kind {
                ComponentKind::Postgres | ComponentKind::Sqlite => "database",
                ComponentKind::Redis => "cache",
                ComponentKind::Queue => "queue",
                _ => "",
            },
        }
    }

    fn like(&self, text: &Text, is_name: bool) -> Option<Likeness> {
        let mut words: BTreeSet<String> = self.words.intersection(&text.tokens).cloned().collect();
        if self.known_as.iter().any(|name| stands_in(name, &text.raw)) {
            return Some(Likeness { score: KNOWN, is_whole: true, words });
        }
        if stands_in(&self.exact, &text.raw) {
            return Some(Likeness { score: EXACT + self.exact.len(), is_whole: true, words });
        }
        let is_whole = words.len() == self.words.len();
        // `Postgres` means any database, whether or not it is called one.
        if !is_whole && words.iter().all(|word| word == self.kind) {
            words.clear();
        }
        let kind = usize::from(!self.kind.is_empty() && text.tokens.contains(self.kind));
        if (words.is_empty() && kind == 0) || (self.wholly && !is_whole) {
            return None;
        }
        // A name with a word that is neither its own nor that of its kind is the name of something else.
        let is_foreign = |word: &String| !self.words.contains(word) && word != self.kind;
        if is_name && !is_whole && text.telling.iter().any(is_foreign) {
            return None;
        }
        let letters = self.exact.iter().filter(|word| tells(word) && text.raw.contains(word)).count();
        let score = words.len() * 2 + letters * 2 + usize::from(is_whole) * 2 + kind;
        Some(Likeness { score, is_whole, words })
    }
}
