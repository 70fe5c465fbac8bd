//! A register as it was understood. Every statement keeps its bytes, its line and its meaning.

use text::{Problem, Source, Span};

use crate::fields::Fields;
use crate::level::Level;
use crate::noun::FieldName;
use crate::parts::Parts;
use crate::status::State;
use crate::value::FieldValue;

/// The risks of one document.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// The text it was read from.
    pub source: Source,
    /// How the document scores its risks.
    pub model: Model,
    /// The risks in the order in which they are first named.
    pub risks: Vec<Risk>,
    /// The scales the document defines.
    pub scales: Vec<Scale>,
    /// The overall score that the document states, out of 100, and where.
    pub overall: Option<(f64, Span)>,
    /// How the document says that a score is made, and where.
    pub formula: Option<(Formula, Span)>,
    /// Counts the document states about its own risks.
    pub totals: Vec<Total>,
    /// Paths of the repository that the text names.
    pub mentions: Vec<Mention>,
    /// Sections that read like the details of a risk, but belong to none that was found.
    pub loose: Vec<Loose>,
    /// What the document holds besides its risks.
    pub parts: Parts,
    /// What stood in the way of reading: limits that were reached, aliases for nouns that do not exist.
    pub problems: Vec<Problem>,
}

impl Register {
    /// The path as it should be shown to people.
    pub fn path(&self) -> &str {
        self.source.path()
    }

    /// The risk of this id, without regard to case; else the only one with this alias.
    pub fn find(&self, id: &str) -> Option<&Risk> {
        let named = self.risks.iter().find(|risk| risk.id.eq_ignore_ascii_case(id));
        named.or_else(|| {
            let mut aliased =
                self.risks.iter().filter(|risk| risk.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id)));
            aliased.next().filter(|_| aliased.next().is_none())
        })
    }
}

/// The named ways of scoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Probability times impact, each 1 to 3.
    Bmad,
    /// Severity times occurrence times detection.
    Fmea,
    /// Numbers on a wider scale.
    Matrix,
    /// The successor of BMAD's profile: the same product, with the bands document, monitor, mitigate and block.
    BmadTea,
    /// Words.
    Levels,
    /// Five words for each factor, combined as in NIST SP 800-30, table I-2.
    Nist,
    /// Severity, occurrence and detection, combined to an action priority as in the AIAG & VDA handbook of 2019.
    AiagVda,
    /// Nothing but `P0` to `P3`.
    Priorities,
    /// A table that the user writes.
    Table,
    /// No risk is graded.
    Unscored,
}

impl Model {
    /// The word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bmad => "bmad",
            Self::Fmea => "fmea",
            Self::Matrix => "matrix",
            Self::BmadTea => "bmad-tea",
            Self::Levels => "levels",
            Self::Nist => "nist-800-30",
            Self::AiagVda => "aiag-vda",
            Self::Priorities => "priorities",
            Self::Table => "table",
            Self::Unscored => "unscored",
        }
    }
}

/// What kind of entry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something that may happen.
    Risk,
    /// Technical debt: something that is so.
    Debt,
    /// A failure mode of a component.
    Mode,
}

impl Kind {
    /// The word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Risk => "risk",
            Self::Debt => "debt",
            Self::Mode => "mode",
        }
    }
}

/// One entry of a register.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// The id that was found, or a slug of the title: 1 to 64 bytes, no `/`. Two risks have the same one only when
    /// the document gives it to both.
    pub id: String,
    /// Whether the document states the id.
    pub id_is_written: bool,
    /// Other names it can be found by: the slug of its title, its number in the list, the id as written.
    pub aliases: Vec<String>,
    /// The title, without markup.
    pub title: String,
    /// What kind of entry it is.
    pub kind: Kind,
    /// Its state as stated: status word, strike-through, or the heading it stands under.
    pub state: State,
    /// Line of the first place that names it, from 1.
    pub line: usize,
    /// Every place that states something about it, in order: rows and sections.
    pub spans: Vec<Span>,
    /// For each noun the first statement that says something.
    pub fields: Fields,
    /// Later statements of nouns that were already stated, in order.
    pub repeated: Vec<(FieldName, Field)>,
    /// The titles as written, one for each place that has one; a description that stands for a title is none.
    pub titles: Vec<(String, Span)>,
    /// The severity band of the heading it stands under, and that heading: `## High risks`.
    pub band: Option<(Level, Span)>,
    /// The table or list of sections each place belongs to; a number that means nothing else.
    pub(crate) groups: Vec<usize>,
    /// What the named model makes of its factors, beside what is stated.
    pub computed: Option<Computed>,
    /// Whether a row of a table and whether a section or a list entry states it.
    pub(crate) has_row: bool,
    pub(crate) has_section: bool,
    /// Whether plain numbers of this document lie on a scale of 1 to 3.
    pub(crate) counts_to_three: bool,
}

impl Risk {
    /// A field.
    pub fn field(&self, noun: FieldName) -> Option<&Field> {
        self.fields.get(noun)
    }

    /// A field that states something.
    pub fn stated(&self, noun: FieldName) -> Option<&Field> {
        self.field(noun).filter(|field| field.value.is_stated())
    }

    /// Every statement about a noun, the first one first.
    pub fn statements(&self, noun: FieldName) -> impl Iterator<Item = &Field> {
        let repeated = self.repeated.iter().filter(move |(other, _)| *other == noun).map(|(_, field)| field);
        self.field(noun).into_iter().chain(repeated)
    }

    /// Where it is first named.
    pub fn span(&self) -> Span {
        self.spans.first().copied().unwrap_or_default()
    }

    /// How bad it is: the impact where that is graded, else the severity. People use either word.
    pub fn consequence(&self) -> Option<&Field> {
        let graded =
            |noun| self.field(noun).filter(|field| field.value.level().is_some() || field.value.number().is_some());
        graded(FieldName::Impact).or_else(|| graded(FieldName::Severity))
    }

    /// Likelihood times consequence, each 1 to 3: 1, 2, 3, 4, 6 or 9. Words count low 1, medium 2, high and worse 3.
    /// `None` when one of them is missing or lies on another scale. The stated score stays in the field `score`.
    pub fn score_bmad(&self) -> Option<u32> {
        let likelihood = self.of_three(&self.field(FieldName::Likelihood)?.value)?;
        Some(likelihood * self.of_three(&self.consequence()?.value)?)
    }

    /// A grade on the scale 1 to 3. The word counts more than the number beside it, which may be of another scale.
    fn of_three(&self, value: &FieldValue) -> Option<u32> {
        if let Some(level) = value.level() {
            return Some(level.of_three());
        }
        match value {
            FieldValue::Number { value, out_of, .. } if out_of.map_or(self.counts_to_three, |top| top == 3.0) => {
                [1, 2, 3].into_iter().find(|grade| f64::from(*grade) == *value)
            }
            _ => None,
        }
    }
}

/// What a score model makes of the factors of a risk.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// The number, where the model makes one.
    pub score: Option<f64>,
    /// The band or level, where the model has one.
    pub band: Option<String>,
    /// The model.
    pub by: Model,
}

/// One statement about a risk.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The original bytes, trimmed.
    pub text: String,
    /// What they mean.
    pub value: FieldValue,
    /// Where they stand; slices to `text`.
    pub span: Span,
    /// Their line, from 1.
    pub line: usize,
    /// A list below a value that stands on the label's line: reasons, consequences.
    pub detail: Option<Span>,
}

/// A scale that the document defines for a noun, in words, in numbers or in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// What is graded on it.
    pub of: FieldName,
    /// Its words.
    pub levels: Vec<Level>,
    /// Its lowest and highest number.
    pub numbers: Option<(u32, u32)>,
    /// What each of its words means, with its place.
    pub meanings: Vec<(Level, String, Span)>,
    /// Where it is defined.
    pub span: Span,
}

/// How a score is made of its factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formula {
    /// The factors multiplied.
    Product,
    /// The factors added.
    Sum,
    /// Something else.
    Other,
}

/// A count that the document states.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// What is counted.
    pub of: Counted,
    /// The number stated.
    pub count: u32,
    /// Where it stands.
    pub span: Span,
}

/// What a stated count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All risks.
    All,
    /// The risks of a band of the scores 1 to 9 (`risk_summary` of BMAD).
    Band(Level),
    /// The risks whose field has this level.
    Level(FieldName, Level),
}

/// A path of the repository named in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// The path as written, without a line number or anchor behind it.
    pub path: String,
    /// Where it stands.
    pub span: Span,
    /// Whether the text speaks of it as being there.
    pub tense: Tense,
}

/// How the text speaks of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    /// It is there.
    Existing,
    /// It is to be made.
    Planned,
    /// The text does not say.
    Unclear,
}

/// A section that reads like the details of a risk that was not found.
#[derive(Clone, Debug, PartialEq)]
pub struct Loose {
    /// Its heading, without markup.
    pub title: String,
    /// Where it stands.
    pub span: Span,
    /// Its line, from 1.
    pub line: usize,
}
