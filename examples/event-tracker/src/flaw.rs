//! Bugs that the service can be started with, by name. Each is asked for in one place of the code, and off by default.

use std::collections::BTreeSet;

/// A realistic bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// A database connection is not given back on the path where a mail could not be sent.
    PoolLeak,
    /// The well-known key is accepted whatever key is set, and production starts without one.
    DefaultKey,
    /// Every origin may call.
    WildcardOrigin,
    /// One failed enrichment rolls the whole batch back, and the answer does not know.
    BatchAllOrNothing,
    /// The mailer is called with a blocking socket on an async worker.
    BlockingHandler,
    /// Searches are counted in the process.
    PerInstanceLimit,
    /// A fallback summary is kept as if it were a good one.
    StaleCache,
    /// Uploads are written in place, piece by piece, and answered before the last piece.
    TornWrite,
    /// The index that the list of events needs is not created.
    MissingIndex,
    /// An event is acknowledged first and written afterwards.
    LateWrite,
    /// Health answers without asking the database.
    BlindHealth,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Self; 11] = [
        Self::PoolLeak,
        Self::DefaultKey,
        Self::WildcardOrigin,
        Self::BatchAllOrNothing,
        Self::BlockingHandler,
        Self::PerInstanceLimit,
        Self::StaleCache,
        Self::TornWrite,
        Self::MissingIndex,
        Self::LateWrite,
        Self::BlindHealth,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PoolLeak => "pool-leak",
            Self::DefaultKey => "default-key",
            Self::WildcardOrigin => "wildcard-origin",
            Self::BatchAllOrNothing => "batch-all-or-nothing",
            Self::BlockingHandler => "blocking-handler",
            Self::PerInstanceLimit => "per-instance-limit",
            Self::StaleCache => "stale-cache",
            Self::TornWrite => "torn-write",
            Self::MissingIndex => "missing-index",
            Self::LateWrite => "late-write",
            Self::BlindHealth => "blind-health",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flaw| flaw.name() == name)
    }
}

/// The flaws that are switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flaws(BTreeSet<Flaw>);

impl Flaws {
    /// Reads names, each possibly several with commas between; empty ones are skipped, unknown ones are all returned.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, Vec<String>> {
        let names: Vec<&str> = texts.into_iter().flat_map(|text| text.split(',')).map(str::trim).collect();
        let (mut flaws, mut unknown) = (BTreeSet::new(), Vec::new());
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            match Flaw::parse(name) {
                Some(flaw) => drop(flaws.insert(flaw)),
                None => unknown.push(name.to_owned()),
            }
        }
        if unknown.is_empty() { Ok(Self(flaws)) } else { Err(unknown) }
    }

    /// Whether this one is on.
    pub fn has(&self, flaw: Flaw) -> bool {
        self.0.contains(&flaw)
    }

    /// The names of those that are on, with commas between.
    pub fn names(&self) -> String {
        self.0.iter().map(|flaw| flaw.name()).collect::<Vec<_>>().join(", ")
    }
}

impl FromIterator<Flaw> for Flaws {
    fn from_iter<T: IntoIterator<Item = Flaw>>(flaws: T) -> Self {
        Self(flaws.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_is_found_by_its_name() {
        for flaw in Flaw::ALL {
            assert!(Flaws::read([flaw.name()]).expect("is known").has(flaw));
        }
    }

    #[test]
    fn an_empty_variable_switches_nothing_on() {
        assert_eq!(Flaws::read(["", " , "]), Ok(Flaws::default()));
    }

    #[test]
    fn all_unknown_names_are_told_at_once() {
        assert_eq!(Flaws::read(["late-write,tpyo", "x"]), Err(vec!["tpyo".to_owned(), "x".to_owned()]));
    }
}
