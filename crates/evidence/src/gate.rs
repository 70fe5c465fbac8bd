//! How a release is decided: named models, or lines of a team's own.
//!
//! A model is a list of lines: from which score a risk that is not shown to be mitigated leads to what, and where. What a Broken or
//! an unseen claim leads to is the same in all of them.

use crate::{Grade, Outcome};

/// How the release is decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The model.
    pub model: GateModel,
    /// The lowest grade at which a claim counts.
    pub require: Grade,
    /// Why nothing is released at all for the time being, when that is so.
    pub frozen: Option<String>,
}

/// Named decision models, and one of a team's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateModel {
    /// BMAD's risk profile: an unmitigated risk of score 9 fails, one of 6 or more raises concerns.
    Bmad,
    /// By level: an unmitigated critical risk fails, a high one raises concerns.
    Levels,
    /// Fixed before production: there an unmitigated risk of 6 or more fails and one of 4 raises concerns; elsewhere as BMAD's.
    BeforeProduction,
    /// The lines that the file writes.
    Own(Vec<Line>),
}

/// What a score leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From this score on, 1 to 9.
    pub from: u32,
    /// What it leads to.
    pub outcome: Outcome,
    /// Where; everywhere when none is named.
    pub environments: Vec<String>,
}

/// Environments that are taken for production.
pub const PRODUCTION: [&str; 3] = ["prod", "production", "live"];

/// BMAD's model, and at least a live reading: what counts when no gate is written.
impl Default for Gate {
    fn default() -> Self {
        Self { model: GateModel::Bmad, require: Grade::Live, frozen: None }
    }
}

impl GateModel {
    /// The words of the named models.
    pub const WORDS: [&str; 3] = ["bmad", "levels", "before-production"];

    /// A named model.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "bmad" => Some(Self::Bmad),
            "levels" => Some(Self::Levels),
            "before-production" => Some(Self::BeforeProduction),
            _ => None,
        }
    }

    /// The word it is told by.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Bmad => "bmad",
            Self::Levels => "levels",
            Self::BeforeProduction => "before-production",
            Self::Own(_) => "own",
        }
    }

    /// What a risk of this score leads to in an environment when nothing shows it mitigated; `None` is nothing.
    pub fn leads_to(&self, score: u32, environment: &str) -> Option<Outcome> {
        let from =
            |lines: &[(u32, Outcome)]| lines.iter().find(|(from, _)| score >= *from).map(|(_, outcome)| *outcome);
        let usual = [(9, Outcome::Fail), (6, Outcome::Concerns)];
        match self {
            Self::Bmad | Self::Levels => from(&usual),
            Self::BeforeProduction if PRODUCTION.iter().any(|name| name.eq_ignore_ascii_case(environment)) => {
                from(&[(6, Outcome::Fail), (4, Outcome::Concerns)])
            }
            Self::BeforeProduction => from(&usual),
            Self::Own(lines) => {
                let is_here = |line: &&Line| {
                    line.environments.is_empty() || line.environments.iter().any(|one| one == environment)
                };
                lines.iter().filter(is_here).filter(|line| score >= line.from).map(|line| line.outcome).max()
            }
        }
    }
}
