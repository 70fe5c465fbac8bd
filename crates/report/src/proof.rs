//! Everything one `prove` came to. The three views are made of this and nothing else.

use ::impact::Impact;
use evidence::{ClaimId, Decision, Drilled, Grade, Judged, Micros, Observation, RiskId, Verdict};
use text::Problem;

/// Everything one `prove` came to.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The system's name.
    pub system: String,
    /// Path of `seaworthy.yaml` as shown to people.
    pub path: String,
    /// The environment the evidence belongs to.
    pub environment: String,
    /// The system's version, when it could be told.
    pub version: Option<String>,
    /// The seed of everything random in this run.
    pub seed: u64,
    /// When the run began.
    pub began: Micros,
    /// When it ended.
    pub ended: Micros,
    /// The risks of the registers, in their order.
    pub risks: Vec<RiskRow>,
    /// All claims with their verdicts, in the order written.
    pub judged: Vec<Judged>,
    /// What the probes saw.
    pub observations: Vec<(ClaimId, Observation)>,
    /// What the drills brought home.
    pub drills: Vec<DrillRow>,
    /// What follows from the graph.
    pub impact: Impact,
    /// The system the graph was computed from.
    pub model: system::System,
    /// Where the register contradicts itself.
    pub findings: Vec<Problem>,
    /// The gate's decision.
    pub decision: Decision,
    /// Size and head of the ledger after this run was recorded.
    pub head: Option<(u64, String)>,
    /// What is left to heal.
    pub left: Vec<String>,
}

/// One risk as its register states it.
#[derive(Clone, Debug)]
pub struct RiskRow {
    /// Its id.
    pub id: RiskId,
    /// Its title.
    pub title: String,
    /// The register that holds it.
    pub path: String,
    /// Its line there.
    pub line: usize,
    /// Its status as written, shortened to its word.
    pub status: String,
    /// What that status claims.
    pub stated: Stated,
    /// Probability times impact, when it can be computed.
    pub score: Option<u32>,
    /// This run was asked about it; with `--only` it may not have been.
    pub asked: bool,
    /// It is carried knowingly, until this day.
    pub accepted_until: Option<String>,
}

/// What a register's status claims about the mitigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// It says that something was done.
    Handled,
    /// It says that nothing, or not enough, was done.
    Open,
    /// It says that the risk is carried knowingly.
    Accepted,
    /// It says that the risk is gone.
    Closed,
    /// It says nothing that we understand.
    Unsaid,
}

/// A finished drill of one claim.
#[derive(Clone, Debug)]
pub struct DrillRow {
    /// The claim.
    pub claim: ClaimId,
    /// The drill kind.
    pub kind: String,
    /// Its seed.
    pub seed: u64,
    /// What it brought home; absent when it could not be run.
    pub drilled: Option<Drilled>,
}

/// How a register's text and the evidence differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Handled, but only on paper.
    OnPaper,
    /// Listed as open, but already handled.
    AlreadyHandled,
}

impl Difference {
    /// The sentence people read.
    pub fn words(self) -> &'static str {
        match self {
            Self::OnPaper => "handled, but only on paper",
            Self::AlreadyHandled => "listed as open, but seen to be handled",
        }
    }
}

impl Proof {
    /// The claims that support a risk, its own first.
    pub fn claims_of<'a>(&'a self, risk: &'a RiskId) -> impl Iterator<Item = &'a Judged> {
        let own = self.judged.iter().filter(move |judged| judged.claim.id.risk == *risk);
        let also =
            self.judged.iter().filter(move |judged| judged.claim.id.risk != *risk && judged.claim.also.contains(risk));
        own.chain(also)
    }

    /// The verdict over all claims of a risk: Broken before NotSeen before Held; `None` without claims.
    pub fn verdict_of<'a>(&'a self, risk: &'a RiskId) -> Option<&'a Verdict> {
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Broken => 0,
            Verdict::NotSeen(_) => 1,
            Verdict::Held => 2,
        };
        self.claims_of(risk).map(|judged| &judged.verdict).min_by_key(|verdict| rank(verdict))
    }

    /// How text and evidence differ for a risk, in either direction.
    pub fn difference(&self, row: &RiskRow) -> Option<Difference> {
        match (row.stated, self.verdict_of(&row.id)?) {
            (Stated::Handled | Stated::Closed, Verdict::Broken) => Some(Difference::OnPaper),
            (Stated::Open, Verdict::Held) => Some(Difference::AlreadyHandled),
            (Stated::Handled | Stated::Closed | Stated::Open | Stated::Accepted | Stated::Unsaid, _) => None,
        }
    }
}

/// The word for a grade; `unknown` where there is none.
pub(crate) fn grade_word(grade: Option<Grade>) -> &'static str {
    grade.map_or("unknown", Grade::word)
}
