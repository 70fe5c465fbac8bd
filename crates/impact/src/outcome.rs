//! What a component or a flow gets to feel of a failure.

/// How a component or a flow fares, the mildest first.
///
/// `Stale` and `Degraded` weigh the same ([`Outcome::severity`]): one serves old answers, the other lesser ones.
/// `Hangs` is worse than `Down`: who is refused can do something else, who waits holds what others need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Feels nothing.
    Unaffected,
    /// Answers as ever; work done afterwards is late or incomplete.
    Late,
    /// Answers, with less than usual.
    Degraded,
    /// Reads get old answers.
    Stale,
    /// Fails at once.
    Down,
    /// Waits, and nothing is known to bound how long.
    Hangs,
    /// Works, and data is lost.
    Lost,
    /// Works, and lets in or lets out what it should not.
    Exposed,
    /// Works, and nobody sees what goes wrong.
    Blind,
    /// Works, and answers wrongly.
    Wrong,
}

/// How many outcomes can spread: those of availability, but for `Unaffected`.
pub(crate) const SPREADING: usize = 5;

impl Outcome {
    /// What spreads, as places in a table of [`SPREADING`] masks.
    pub(crate) const ALL: [Self; SPREADING] = [Self::Late, Self::Degraded, Self::Stale, Self::Down, Self::Hangs];

    /// Its place in a table of masks; what does not spread has none.
    pub(crate) fn place(self) -> usize {
        (self as usize).saturating_sub(1)
    }

    /// The word for people and for JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unaffected => "unaffected",
            Self::Late => "late",
            Self::Degraded => "degraded",
            Self::Stale => "stale",
            Self::Down => "down",
            Self::Hangs => "hangs",
            Self::Lost => "lost",
            Self::Exposed => "exposed",
            Self::Blind => "blind",
            Self::Wrong => "wrong",
        }
    }

    /// From 0 (unaffected) to 4 (hangs); `Stale` and `Degraded` are both 2. What is no matter of availability counts 0: it
    /// is another kind of harm, and never summed with these.
    pub fn severity(self) -> u8 {
        match self {
            Self::Unaffected | Self::Lost | Self::Exposed | Self::Blind | Self::Wrong => 0,
            Self::Late => 1,
            Self::Degraded | Self::Stale => 2,
            Self::Down => 3,
            Self::Hangs => 4,
        }
    }

    /// Whether it is another harm than less availability: data lost, doors open, nobody watching, wrong answers.
    pub fn is_harm(self) -> bool {
        matches!(self, Self::Lost | Self::Exposed | Self::Blind | Self::Wrong)
    }

    /// Whether users get nothing of use.
    pub fn is_failure(self) -> bool {
        self.severity() >= Self::Down.severity()
    }

    /// The share of a flow's worth that is lost, as the priorities count it.
    pub fn loss(self) -> f64 {
        match self {
            Self::Unaffected | Self::Lost | Self::Exposed | Self::Blind | Self::Wrong => 0.0,
            Self::Late => 0.1,
            Self::Stale => 0.25,
            Self::Degraded => 0.5,
            Self::Down | Self::Hangs => 1.0,
        }
    }
}
