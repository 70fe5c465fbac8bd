//! Why an edit was refused.

use crate::noun::FieldName;

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No risk has this id.
    #[error("there is no risk `{id}` in this register")]
    NoRisk {
        /// As asked for.
        id: String,
        /// The id that was probably meant.
        near: Option<String>,
    },
    /// Two risks have this id.
    #[error("`{id}` is the id of two risks, in line {first} and in line {second}")]
    Twice {
        /// The id.
        id: String,
        /// Line of one.
        first: usize,
        /// Line of the other.
        second: usize,
    },
    /// It is closed already.
    #[error("{id} is closed already, in line {line}")]
    IsClosed {
        /// The risk.
        id: String,
        /// Its line.
        line: usize,
    },
    /// The id is taken.
    #[error("`{id}` is taken by the risk in line {line}")]
    Taken {
        /// The id.
        id: String,
        /// Line of the risk that has it.
        line: usize,
    },
    /// Ids and titles are what others refer to.
    #[error("the {noun} of a risk is what others refer to, and is not changed here")]
    Name {
        /// Which.
        noun: FieldName,
        /// Where it stands.
        line: usize,
    },
    /// The value follows from others.
    #[error("the score is made of the factors (model `{by}`)")]
    Computed {
        /// The model.
        by: &'static str,
    },
    /// The value would break the line it stands in.
    #[error("the new {noun} holds a line break")]
    LineBreak {
        /// Which field.
        noun: FieldName,
    },
    /// The value is none that the document uses or defines.
    #[error("`{value}` is no {noun} of this document")]
    OffScale {
        /// Which field.
        noun: FieldName,
        /// As asked for.
        value: String,
        /// What the document uses.
        known: Vec<String>,
    },
    /// The value stands in more than one line.
    #[error("the {noun} of {id} is told in several lines, from line {line} on")]
    ManyLines {
        /// The risk.
        id: String,
        /// Which field.
        noun: FieldName,
        /// Its first line.
        line: usize,
    },
    /// A grade would take the place of a sentence.
    #[error("the {noun} of {id} is told in prose, in line {line}")]
    Prose {
        /// The risk.
        id: String,
        /// Which field.
        noun: FieldName,
        /// Its line.
        line: usize,
    },
    /// There is no column or label to write to.
    #[error("{id} has no place for its {noun}: {why}")]
    NoPlace {
        /// The risk.
        id: String,
        /// Which field.
        noun: FieldName,
        /// What is missing.
        why: &'static str,
    },
    /// There is nothing that a new risk could be added to.
    #[error("this document has no table and no sections of risks")]
    NoList,
    /// The new text would say something else than was asked for.
    #[error("the edit would change more than {what}; nothing was changed")]
    ChangesMore {
        /// What was asked for.
        what: String,
    },
}

impl EditError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::NoRisk { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::NoRisk { near: None, .. } => "`seaworthy risk list` names them".to_owned(),
            Self::Twice { .. } => "give one of them an id of its own first".to_owned(),
            Self::IsClosed { .. } => "to open it again: `seaworthy risk set ID status=open`".to_owned(),
            Self::Taken { .. } => "leave `--id` out to take the next free one".to_owned(),
            Self::Name { line, .. } => format!("edit line {line} by hand, and what refers to it"),
            Self::Computed { .. } => "set likelihood or impact; the score follows".to_owned(),
            Self::LineBreak { .. } => "write it in one line".to_owned(),
            Self::OffScale { known, .. } if known.is_empty() => "write it as the other risks do".to_owned(),
            Self::OffScale { known, .. } => format!("it uses: {}", known.join(", ")),
            Self::ManyLines { line, .. } => format!("edit it by hand from line {line} on"),
            Self::Prose { line, .. } => format!("a grade would replace the sentence; edit line {line} by hand"),
            Self::NoPlace { noun, .. } => format!("add a column or a label for {noun} first"),
            Self::NoList => "`seaworthy init --template` shows one to begin with".to_owned(),
            Self::ChangesMore { .. } => {
                "edit it by hand: the document is read in a way in which the edit would mean something else".to_owned()
            }
        }
    }
}
