//! Which guardrail stops which failure mode: one table, for the spread, the matrix and the docs.

use system::{Component, ComponentKind, Edge, FailsAs, Needs, Policy, Protocol};

use crate::Outcome;

/// One way a component fails.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// It is gone: connections are refused, the secret is missing, the file cannot be read.
    Down,
    /// It accepts and does not answer within any useful time.
    Slow,
    /// A mode that the file names, and what it is like.
    Named(String, FailsAs),
    /// Each replica of whoever needs it has a state of its own.
    Split,
}

impl Mode {
    /// The word for people and for JSON.
    pub fn word(&self) -> &str {
        match self {
            Self::Down => "down",
            Self::Slow => "slow",
            Self::Named(name, _) => name,
            Self::Split => "split",
        }
    }

    /// What the component suffers that fails so.
    pub fn suffered(&self) -> Outcome {
        match self {
            Self::Down | Self::Named(_, FailsAs::Down) => Outcome::Down,
            Self::Slow | Self::Named(_, FailsAs::Slow) => Outcome::Hangs,
            Self::Named(_, FailsAs::Degraded) => Outcome::Degraded,
            Self::Named(_, FailsAs::Stale) => Outcome::Stale,
            Self::Named(_, FailsAs::Lost) => Outcome::Lost,
            Self::Named(_, FailsAs::Exposed) => Outcome::Exposed,
            Self::Named(_, FailsAs::Blind) => Outcome::Blind,
            Self::Split | Self::Named(_, FailsAs::Wrong) => Outcome::Wrong,
        }
    }

    /// Whether callers wait for it.
    pub(crate) fn is_slow(&self) -> bool {
        self.suffered() == Outcome::Hangs
    }

    /// The modes in which a component can fail, those that every such component has first. Users do not fail, so a client
    /// has none; only what answers somebody can be slow.
    pub fn of(component: &Component, is_needed: bool) -> Vec<Self> {
        let mut modes = Self::plain(component, is_needed).to_vec();
        modes.extend(component.modes.iter().map(|(name, like)| Self::Named(name.clone(), *like)));
        modes
    }

    fn plain(component: &Component, is_needed: bool) -> &'static [Self] {
        use ComponentKind as Kind;
        let answers = match component.kind {
            Kind::Client => return &[],
            Kind::Service | Kind::External | Kind::Postgres | Kind::Redis | Kind::Sqlite | Kind::Tcp | Kind::Queue => {
                true
            }
            Kind::Worker | Kind::Secret | Kind::Config | Kind::Volume | Kind::State | Kind::Function => false,
        };
        if answers && is_needed { &[Self::Down, Self::Slow] } else { &[Self::Down] }
    }
}

/// What stands on an edge makes of a failure that arrives there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It passes as the needs of the edge say.
    Passes,
    /// What hung becomes a quick failure, for the flows that use this edge only.
    FailsFast,
    /// The fallback serves, with less.
    Falls,
    /// Reads get old answers from the cache; writes fare as without it.
    Stale,
}

impl Effect {
    /// The word for people and for JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::FailsFast => "fails-fast",
            Self::Falls => "falls-back",
            Self::Stale => "serves-stale",
        }
    }

    /// Whether it changes what spreads.
    pub fn stops(self) -> bool {
        self != Self::Passes
    }
}

/// The table. What is on the edge counts only when the edge does; this says what it would do then.
///
/// | on the edge | the callee is down | the callee is slow |
/// |---|---|---|
/// | a guard with `cache` | reads get stale answers | the same, when something bounds the wait |
/// | a fallback | the fallback serves | the same, when something bounds the wait |
/// | a timeout, of the guard (HTTP) or of the caller | passes: it was quick already | fails fast |
/// | a guard with `breaker` only | passes: it spares the callee, not the caller | passes: what never answers never fails, so the breaker never trips |
/// | a guard with `retry` only | passes: every try fails | passes |
pub fn effect_of(edge: &Edge, mode: &Mode) -> Effect {
    let cached = edge.guard.as_ref().is_some_and(|guard| guard.cache.is_some());
    let fails = mode.suffered().is_failure();
    let is_bounded = bounds_the_wait(edge);
    let waits_without_bound = mode.is_slow() && !is_bounded && edge.needs != Needs::Start;
    match (waits_without_bound || !fails, cached, edge.has_fallback()) {
        (true, ..) => Effect::Passes,
        (false, true, _) => Effect::Stale,
        (false, false, true) => Effect::Falls,
        (false, false, false) if mode.is_slow() && is_bounded => Effect::FailsFast,
        (false, false, false) => Effect::Passes,
    }
}

/// Whether a caller stops waiting by itself. A guard that carries plain bytes bounds the connecting only.
pub(crate) fn bounds_the_wait(edge: &Edge) -> bool {
    let bounds = |guard: &Policy| guard.timeout.is_some() && guard.protocol == Protocol::Http;
    edge.timeout.is_some() || edge.guard.as_ref().is_some_and(bounds)
}

/// The words for what stands on an edge, in the order in which a request meets it; empty when nothing does.
pub fn protections(edge: &Edge) -> Vec<&'static str> {
    let guard = edge.guard.as_ref();
    let all = [
        ("breaker", guard.is_some_and(|guard| guard.breaker.is_some())),
        ("retry", guard.is_some_and(|guard| guard.retry.is_some())),
        ("timeout", bounds_the_wait(edge)),
        ("cache", guard.is_some_and(|guard| guard.cache.is_some())),
        ("fallback", edge.has_fallback()),
    ];
    all.into_iter().filter(|(_, present)| *present).map(|(word, _)| word).collect()
}
