//! What must hold if a mitigation is real.

use std::fmt;
use std::time::Duration;

use text::{Node, NodeKind, Span};

use crate::{Expect, Grade};

/// The id of a risk in its register, such as `R-2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RiskId(String);

impl RiskId {
    /// An id: 1 to 64 bytes without white space at the ends, without `/`, control characters or line breaks.
    pub fn try_new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= 64 && text.trim() == text;
        (fits && !text.contains('/') && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RiskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// The durable name of a claim: `R-2/no-lost-write`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimId {
    /// The risk it belongs to.
    pub risk: RiskId,
    name: String,
}

impl ClaimId {
    /// A name of lower-case letters, digits and `-`, 1 to 64 bytes, under a risk.
    pub fn try_new(risk: RiskId, name: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let sound = !name.is_empty() && name.len() <= 64 && name.chars().all(fits);
        sound.then(|| Self { risk, name: name.to_owned() })
    }

    /// Reads `R-2/no-lost-write`.
    pub fn parse(text: &str) -> Option<Self> {
        let (risk, name) = text.split_once('/')?;
        Self::try_new(RiskId::try_new(risk)?, name)
    }

    /// The part after the slash.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("{}/{}", self.risk, self.name))
    }
}

/// How evidence for a claim is gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// By a probe, which changes nothing.
    Probe,
    /// By a drill, which breaks something.
    Drill,
}

/// What must hold if a mitigation is real, and how to see whether it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Its durable name.
    pub id: ClaimId,
    /// The statement, in the words people read.
    pub says: String,
    /// Probe or drill.
    pub look: Look,
    /// Which kind of it, such as `http.check` or `restart`; known to the hands only.
    pub kind: String,
    /// Where the kind is written.
    pub kind_span: Span,
    /// The kind's own parameters, read by the hand that knows them. An empty map when none are written.
    pub with: Node,
    /// What must hold of the observation.
    pub expect: Expect,
    /// The lowest grade that counts for this claim, when it asks for one.
    pub min_grade: Option<Grade>,
    /// How long a reading counts.
    pub every: Option<Duration>,
    /// How old the evidence itself may be, whenever it was read: a report, a paper, the last change of a file.
    pub max_age: Option<Duration>,
    /// Environments whose evidence counts; empty: the one at hand.
    pub environments: Vec<String>,
    /// Other risks that the claim supports.
    pub also: Vec<RiskId>,
    /// A digest of what the question is about beside its own words: the part of the system that it names. Empty when that is
    /// not known.
    pub about: String,
    /// Where it stands.
    pub span: Span,
}

impl Claim {
    /// What is asked and of what: the kind and its parameters, the same text for the same question however it is written. What
    /// was seen for another question is no evidence for this one.
    pub fn asked(&self) -> String {
        format!("{} {}", self.kind, canonical(&self.with))
    }
}

/// A node without the way it was written: keys sorted, texts quoted.
pub fn canonical(node: &Node) -> String {
    match &node.kind {
        NodeKind::Empty => "~".to_owned(),
        NodeKind::Text { value, .. } => format!("\"{}\"", value.escape_default()),
        NodeKind::List(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(", "))
        }
        NodeKind::Map(entries) => {
            let mut all: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key.escape_default(), canonical(&entry.value)))
                .collect();
            all.sort();
            format!("{{{}}}", all.join(", "))
        }
    }
}
