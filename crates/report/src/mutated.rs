//! Whether probes can fail, for terminals and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::wire::pretty;

/// Name and version of the shape of `probe --mutate --format json`.
pub const MUTATE_SCHEMA: &str = "seaworthy.mutate/1";

/// What became of one claim when its mitigation was broken in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutated {
    /// The claim.
    pub claim: String,
    /// What came of it.
    pub came: Mutation,
    /// How many changes were tried.
    pub tried: usize,
}

/// What came of breaking a mitigation in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The claim turned.
    Turned {
        /// By a change that leaves file and key in place.
        in_place: Turned,
        /// By a file that was taken away, when that was seen.
        removed: Option<Turned>,
    },
    /// No change that leaves file and key in place turned it: it checks presence at most.
    Survived {
        /// By a file that was taken away, when that turned it.
        removed: Option<Turned>,
    },
    /// Nothing was tried, and why.
    Skipped(String),
}

/// A change that turned a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// Where and what.
    pub what: String,
    /// What the claim said then.
    pub reason: String,
}

impl Mutation {
    fn word(&self) -> &'static str {
        match self {
            Self::Turned { .. } => "turned",
            Self::Survived { .. } => "survived",
            Self::Skipped(_) => "skipped",
        }
    }
}

/// For people: each claim, and what turned it.
pub fn mutated_text(all: &[Mutated]) -> String {
    let mut text = String::new();
    for Mutated { claim, came, tried } in all {
        match came {
            Mutation::Turned { in_place, removed } => {
                let _ = writeln!(text, "{claim}  turned\n  {}\n    {}", in_place.what, in_place.reason);
                if let Some(removed) = removed {
                    let _ = writeln!(text, "  {}\n    {}", removed.what, removed.reason);
                }
            }
            Mutation::Survived { removed } => {
                let _ = writeln!(text, "{claim}  CANNOT FAIL: none of {tried} changes made it Broken");
                if let Some(removed) = removed {
                    let _ = writeln!(text, "  only this turned it: {}", removed.what);
                }
            }
            Mutation::Skipped(why) => {
                let _ = writeln!(text, "{claim}  not tried: {why}");
            }
        }
    }
    let count = |word: &str| all.iter().filter(|one| one.came.word() == word).count();
    let (turned, survived, skipped) = (count("turned"), count("survived"), count("skipped"));
    let _ = writeln!(text, "\n{turned} turned, {survived} cannot fail, {skipped} not tried");
    text
}

/// The same as JSON, with a final line break.
pub fn mutated_json(all: &[Mutated]) -> String {
    let turned = |turned: &Turned| json!({"what": turned.what, "reason": turned.reason});
    let one = |mutated: &Mutated| -> Json {
        let mut json = json!({"claim": mutated.claim, "came": mutated.came.word(), "tried": mutated.tried});
        match &mutated.came {
            Mutation::Turned { in_place, removed } => {
                json["in_place"] = turned(in_place);
                removed.iter().for_each(|removed| json["removed"] = turned(removed));
            }
            Mutation::Survived { removed } => removed.iter().for_each(|removed| json["removed"] = turned(removed)),
            Mutation::Skipped(why) => json["why"] = json!(why),
        }
        json
    };
    pretty(&json!({"schema": MUTATE_SCHEMA, "claims": all.iter().map(one).collect::<Vec<_>>()}))
}
