//! What a column, a label or a key means: the nouns of a register, and what people call them.
//!
//! The words are data: a language is a few more words in `synonyms`. What no table can know stands in
//! `columns` of `seaworthy.yaml` and wins over everything here.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::fold::{fold, fold_label, with_folded};
use crate::synonyms::{BY_WORD, RISK_KINDS};

/// A noun: what one field of a risk is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldName {
    /// What the risk is called by, `R-1`.
    Id,
    /// What it is, in a few words.
    Title,
    /// What part of the system it is about.
    Component,
    /// The way in which that part fails.
    FailureMode,
    /// Security, operations, ...
    Category,
    /// What it is, in many words.
    Description,
    /// Why it would happen.
    Cause,
    /// What the failure does.
    Effect,
    /// How far the failure reaches.
    BlastRadius,
    /// How probable it is (`O` in an FMEA).
    Likelihood,
    /// How bad it is.
    Impact,
    /// How bad it is, or what likelihood and impact give together; [`crate::Risk::consequence`] tells which.
    Severity,
    /// How hard it is to notice in time (`D` in an FMEA).
    Detection,
    /// A number made of the factors: score, RPN, index.
    Score,
    /// What the factors give, as a word: rating, risk level.
    Level,
    /// In which order to act.
    Priority,
    /// Open, mitigated, accepted, closed.
    Status,
    /// Who carries it.
    Owner,
    /// What is done about it.
    Mitigation,
    /// What already stands against it.
    ExistingGuardrail,
    /// What shall stand against it.
    Planned,
    /// What must hold for it to count as handled.
    AcceptanceCriteria,
    /// What is left once the mitigation works.
    Residual,
    /// What acting costs.
    Effort,
    /// Until when to act.
    Timeline,
    /// What shows it.
    Evidence,
    /// How the mitigation is tested.
    Testing,
    /// What sets it off, or by what it is noticed.
    Trigger,
}

use FieldName::{
    AcceptanceCriteria, BlastRadius, Category, Cause, Component, Description, Detection, Effect, Effort, Evidence,
    ExistingGuardrail, FailureMode, Id, Impact, Level, Likelihood, Mitigation, Owner, Planned, Priority, Residual,
    Score, Severity, Status, Testing, Timeline, Title, Trigger,
};

/// Every noun with its name in output and in `columns`.
const NAMES: &[(FieldName, &str)] = &[
    (Id, "id"),
    (Title, "title"),
    (Component, "component"),
    (FailureMode, "failure_mode"),
    (Category, "category"),
    (Description, "description"),
    (Cause, "cause"),
    (Effect, "effect"),
    (BlastRadius, "blast_radius"),
    (Likelihood, "likelihood"),
    (Impact, "impact"),
    (Severity, "severity"),
    (Detection, "detection"),
    (Score, "score"),
    (Level, "level"),
    (Priority, "priority"),
    (Status, "status"),
    (Owner, "owner"),
    (Mitigation, "mitigation"),
    (ExistingGuardrail, "existing_guardrail"),
    (Planned, "planned"),
    (AcceptanceCriteria, "acceptance_criteria"),
    (Residual, "residual"),
    (Effort, "effort"),
    (Timeline, "timeline"),
    (Evidence, "evidence"),
    (Testing, "testing"),
    (Trigger, "trigger"),
];

impl FieldName {
    /// The name in output and in `columns`: `likelihood`, `existing_guardrail`.
    pub fn word(self) -> &'static str {
        NAMES.iter().find(|(noun, _)| *noun == self).map_or("", |(_, name)| name)
    }

    /// Reads a name as [`FieldName::word`] writes it; case, spaces and dashes do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = fold(text);
        NAMES.iter().find(|(_, name)| fold(name) == folded).map(|(noun, _)| *noun)
    }

    /// All names, for messages that list what would have been understood.
    pub fn words() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name)| *name)
    }

    /// Whether it grades the risk: likelihood, impact, severity, score or level.
    pub(crate) fn is_rating(self) -> bool {
        matches!(self, Likelihood | Impact | Severity | Score | Level)
    }

    /// Whether it says what is or shall be done.
    pub(crate) fn is_treatment(self) -> bool {
        matches!(self, Status | Owner | Mitigation | ExistingGuardrail | Planned | Priority | Effort)
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// The nouns of one document: the words everybody uses and its own aliases.
pub(crate) struct Nouns {
    aliases: HashMap<String, FieldName>,
}

impl Nouns {
    /// Takes `columns` of `seaworthy.yaml`, from what is written to a noun. Unknown nouns are left out; see [`unknown_columns`].
    pub(crate) fn new(columns: &BTreeMap<String, String>) -> Self {
        let known = columns.iter().filter_map(|(written, noun)| Some((fold(written), FieldName::parse(noun)?)));
        Self { aliases: known.filter(|(written, _)| !written.is_empty()).collect() }
    }

    /// The noun of a column heading or a label; the text is plain.
    pub(crate) fn of(&self, text: &str) -> Option<FieldName> {
        if text.trim() == "#" {
            return Some(Id);
        }
        with_folded(text, |whole| self.of_folded(text, whole))
    }

    fn of_folded(&self, text: &str, whole: &str) -> Option<FieldName> {
        let without_brackets = text.contains(['(', '[']).then(|| fold_label(text));
        let short = without_brackets.as_deref().unwrap_or(whole);
        let alias = self.aliases.get(whole).or_else(|| self.aliases.get(short));
        let known = alias.or_else(|| BY_WORD.get(whole)).or_else(|| BY_WORD.get(short)).copied();
        known
            .or_else(|| joined(short))
            .or_else(|| near(text, short))
            .or_else(|| glossed(text))
            .or_else(|| misspelt(short))
    }

    /// Whether the document's owner named this column.
    pub(crate) fn is_alias(&self, text: &str) -> bool {
        self.aliases.contains_key(&fold(text))
    }
}

/// Two words that many write as one: `Risiko-Niveau`.
fn joined(folded: &str) -> Option<FieldName> {
    let (first, second) = folded.split_once(' ').filter(|(_, second)| !second.contains(' '))?;
    BY_WORD.get(format!("{first}{second}").as_str()).copied()
}

/// A long word with one letter too many, too few or wrong, or two exchanged: `Occurrance`, `Possiblity`.
fn misspelt(folded: &str) -> Option<FieldName> {
    let is_one_word = folded.len() >= MIN_MISSPELT_BYTES && folded.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_near = |known: &str| known.len() >= MIN_MISSPELT_BYTES && is_one_slip(known.as_bytes(), folded.as_bytes());
    let mut nouns = BY_WORD.iter().filter(|(known, _)| is_one_word && is_near(known)).map(|(_, noun)| *noun);
    let noun = nouns.next()?;
    nouns.all(|other| other == noun).then_some(noun)
}

/// Whether one slip of the pen makes one word of the other. The first letter is seldom wrong.
fn is_one_slip(left: &[u8], right: &[u8]) -> bool {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if long.len() - short.len() > 1 || short.first() != long.first() {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match (short, long) {
        (_, [_, rest @ ..]) if short.len() < long.len() => short == rest,
        ([a, b, left @ ..], [c, d, right @ ..]) if a == d && b == c && left == right => true,
        ([_, left @ ..], [_, right @ ..]) => left == right,
        _ => false,
    }
}

/// What a heading of several parts means by its first known part: `Mitigation / gate`, `Effect on mission`, `Technical risk`.
fn near(text: &str, folded: &str) -> Option<FieldName> {
    let known = |part: &str| BY_WORD.get(fold(part).as_str()).copied();
    if let Some(kind) = folded.strip_suffix(" risk").or_else(|| folded.strip_suffix(" risks")) {
        return RISK_KINDS.split(", ").any(|known| known == kind).then_some(Title);
    }
    // `Likelihood @ 400 GB`: under which condition.
    let parts = text.split(['/', '&', '+', ',', '@']).filter(|_| text.contains(['/', '&', '+', ',', '@']));
    let joined = JOINTS.iter().find_map(|joint| folded.split_once(joint)).map(|(head, _)| head);
    let qualified = folded.split_once(' ').filter(|(first, _)| QUALIFIERS.contains(first)).map(|(_, rest)| rest);
    let measured = folded.rsplit_once(' ').filter(|(_, last)| MEASURES.contains(last)).map(|(rest, _)| rest);
    let read = |part: Option<&str>| part.and_then(known);
    parts.filter_map(known).next().or_else(|| read(joined)).or_else(|| read(qualified)).or_else(|| read(measured))
}

/// What the words in brackets behind a word of another language mean: `الاحتمالية (Probability)`.
fn glossed(text: &str) -> Option<FieldName> {
    let (before, inner) = text.trim().strip_suffix(')')?.split_once('(')?;
    let is_foreign = before.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
    BY_WORD
        .get(fold(inner).as_str())
        .filter(|_| is_foreign)
        .copied()
        .or_else(|| near(inner, &fold(inner)).filter(|_| is_foreign))
}

/// The shortest word that is known although it is misspelt.
const MIN_MISSPELT_BYTES: usize = 8;
/// Words that join the main word of a heading to another: `Risk and trigger`, `Effect on mission`.
const JOINTS: &[&str] = &[" of ", " on ", " and ", " or ", " und ", " et ", " y ", " e ", " for ", " if ", " by "];
/// Words before a noun that do not change which noun it is.
const QUALIFIERS: &[&str] = &[
    "historical",
    "historic",
    "inherent",
    "initial",
    "raw",
    "gross",
    "potential",
    "possible",
    "estimated",
    "primary",
    "main",
    "key",
    "assigned",
    "chosen",
    "expected",
    "overall",
    "business",
    "risk",
    "our",
    "likely",
    "suspected",
    "worst",
    "observed",
    "current",
    "suggested",
    "recommended",
    "stated",
    "design",
    "system",
    "technical",
];
/// Words behind a noun that say how it is given.
const MEASURES: &[&str] = &[
    "level",
    "rating",
    "score",
    "scale",
    "value",
    "role",
    "statement",
    "name",
    "category",
    "strategy",
    "notes",
    "s",
    "o",
    "d",
];

/// The entries of `columns` whose noun does not exist: what was written, and the noun.
pub fn unknown_columns(columns: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    let unknown = columns.iter().filter(|(_, noun)| FieldName::parse(noun).is_none());
    unknown.map(|(written, noun)| (written.as_str(), noun.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_noun_has_one_name_that_reads_back() {
        for (noun, name) in NAMES {
            assert_eq!(FieldName::parse(name), Some(*noun), "{name}");
            assert_eq!(noun.word(), *name);
        }
    }

    #[test]
    fn an_alias_wins_over_the_table() {
        let columns =
            BTreeMap::from([("Schwere".to_owned(), "impact".to_owned()), ("x".to_owned(), "nonsense".to_owned())]);
        let nouns = Nouns::new(&columns);
        assert_eq!(nouns.of("SCHWERE"), Some(Impact));
        assert_eq!(nouns.of("x"), None);
        assert_eq!(Nouns::new(&BTreeMap::new()).of("Schwere (1-5)"), Some(Severity));
        assert_eq!(
            ["Technical risk", "Mitigation / gate", "Effect on mission", "Residual risk", "Net risk"]
                .map(|text| Nouns::new(&BTreeMap::new()).of(text)),
            [Some(Title), Some(Mitigation), Some(Effect), Some(Residual), None]
        );
        assert_eq!(unknown_columns(&columns), [("x", "nonsense")]);
    }
}
