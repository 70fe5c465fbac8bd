//! Faults: one small file each, all of the same shape.
//!
//! Life of a fault: [`Fault::undos`] says what would put it right, [`Written::before`] writes that to the fault journal,
//! [`Fault::inject`] takes the receipt and breaks something, [`Fault::bite`] looks from outside whether it is really
//! broken, [`Fault::lift`] mends it, [`Fault::healed`] looks from outside whether it is really whole. There is no way to
//! inject without the receipt.
//!
//! An enum and not a registry, so that a new fault does not compile until every place has answered.
//!
//! # Write your own fault
//! Copy [`noop`], which does nothing and is therefore never seen to bite; add a variant here; answer every `match`.

pub mod edge;
pub mod kill;
pub mod noop;
pub mod pause;

mod meeting;

use evidence::Seen;

use crate::hands::{Hands, Readiness};
use crate::journal::{Journal, Undo, UndoId};
use crate::kind::{FaultPlan, Times};
use crate::target::Target;
use crate::{Error, target::Allowed};

pub use edge::EdgeFault;
pub use kill::Kill;
pub use noop::Noop;
pub use pause::Pause;

/// Something that can be broken and mended.
#[derive(Debug)]
pub enum Fault {
    /// Nothing.
    Noop(Noop),
    /// The attempts on an edge fail in our proxy.
    Edge(Box<EdgeFault>),
    /// Processes are killed and started again.
    Kill(Kill),
    /// Processes are stopped and continued.
    Pause(Pause),
}

/// The receipt for undos that stand in the fault journal, synced.
#[derive(Debug)]
pub struct Written {
    ids: Vec<UndoId>,
}

/// What the load met while a fault was on, for faults that cannot see it themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Requests of the load in the window.
    pub requests: u64,
    /// Of these, the ones that did not end well.
    pub not_good: u64,
    /// They knock at the broken component itself, with no guard in between.
    pub at_the_door: bool,
    /// Attempts that would have been made at the broken thing without any load.
    pub background: u64,
}

impl Written {
    /// Writes the undos down. Only then may anything be broken.
    ///
    /// # Errors
    /// [`Error::Journal`]; nothing must be broken then.
    pub fn before(journal: &mut Journal, undos: Vec<Undo>) -> Result<Self, Error> {
        let mut written = Self { ids: Vec::with_capacity(undos.len()) };
        for undo in undos {
            written.also(journal, undo)?;
        }
        Ok(written)
    }

    /// Writes one more down, for what came up meanwhile.
    pub(crate) fn also(&mut self, journal: &mut Journal, undo: Undo) -> Result<(), Error> {
        self.ids.push(journal.before(undo).map_err(|error| Error::Journal { why: error.to_string() })?);
        Ok(())
    }

    /// Notes that everything was seen put right.
    ///
    /// # Errors
    /// [`Error::Journal`]; the undos stay open and will be played again, which does no harm.
    pub fn undone(self, journal: &mut Journal) -> Result<(), Error> {
        for id in self.ids {
            journal.undone(id).map_err(|error| Error::Journal { why: error.to_string() })?;
        }
        Ok(())
    }
}

impl Fault {
    /// The fault of a plan, on a target that is allowed. Breaks nothing yet.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when what should be broken is not there.
    pub fn of(plan: &FaultPlan, times: &Times, target: &Target, hands: &mut Hands<'_>) -> Result<Self, Error> {
        match (plan, target.what()) {
            (FaultPlan::Edge { mode, .. }, Allowed::Edge(edge)) => {
                EdgeFault::of(edge, *mode, times, hands).map(|fault| Self::Edge(Box::new(fault)))
            }
            (FaultPlan::Kill { which, down_for, .. }, Allowed::Started(component)) => {
                Kill::of(component, *which, *down_for, hands).map(Self::Kill)
            }
            (FaultPlan::Pause { .. }, Allowed::Started(component)) => Pause::started(component, hands).map(Self::Pause),
            (FaultPlan::Pause { .. }, Allowed::Foreign(component, at)) => {
                Pause::foreign(component, *at).map(Self::Pause)
            }
            (FaultPlan::Edge { .. } | FaultPlan::Kill { .. } | FaultPlan::Pause { .. }, other) => {
                Err(Error::NotRunning { what: format!("what could be broken this way ({other:?})") })
            }
        }
    }

    /// What would put it right, valid even if it is never put in.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when what should be broken is gone.
    pub fn undos(&mut self, hands: &Hands<'_>) -> Result<Vec<Undo>, Error> {
        match self {
            Self::Noop(noop) => Ok(noop.undos()),
            Self::Edge(edge) => edge.undos(hands),
            Self::Kill(kill) => Ok(kill.undos(hands)),
            Self::Pause(pause) => pause.undos(hands),
        }
    }

    /// Breaks it. The receipt shows that the undo is written down.
    ///
    /// # Errors
    /// Whatever kept it from being broken; it may be broken in part, so lift it anyway.
    pub async fn inject(&mut self, written: &mut Written, hands: &mut Hands<'_>) -> Result<(), Error> {
        match self {
            Self::Noop(noop) => noop.inject(),
            Self::Edge(edge) => edge.inject(hands).await,
            Self::Kill(kill) => kill.inject(hands).await,
            Self::Pause(pause) => pause.inject(written, hands).await,
        }
    }

    /// Looks from outside while it is on: what is different? Takes a few seconds at the most.
    pub async fn look(&mut self, hands: &Hands<'_>) {
        match self {
            Self::Noop(_) => {}
            Self::Edge(edge) => edge.look(hands).await,
            Self::Kill(kill) => kill.look(hands).await,
            Self::Pause(pause) => pause.look(),
        }
    }

    /// Whether it was seen to bite, at the end of its window and before it is lifted.
    pub async fn bite(&mut self, hands: &Hands<'_>, met: Met) -> Seen {
        match self {
            Self::Noop(noop) => noop.bite(),
            Self::Edge(edge) => edge.bite(hands, met).await,
            Self::Kill(kill) => kill.bite(hands, met).await,
            Self::Pause(pause) => pause.bite(hands, met).await,
        }
    }

    /// Mends it; does no harm when nothing is broken. Tells how long starting again took, for a fault that stops things.
    ///
    /// # Errors
    /// Whatever is still broken.
    pub async fn lift(&mut self, hands: &mut Hands<'_>) -> Result<Option<Readiness>, Error> {
        match self {
            Self::Noop(_) => Ok(None),
            Self::Edge(edge) => edge.lift(hands).await.map(|()| None),
            Self::Kill(kill) => kill.lift(hands).await,
            Self::Pause(pause) => pause.lift(hands).map(|()| None),
        }
    }

    /// Whether it was seen mended, from outside.
    pub async fn healed(&mut self, hands: &Hands<'_>) -> Seen {
        match self {
            Self::Noop(noop) => noop.healed(),
            Self::Edge(edge) => edge.healed(hands).await,
            Self::Kill(kill) => kill.healed(hands).await,
            Self::Pause(pause) => pause.healed(),
        }
    }

    /// How long after it was put in it mends itself by plan, while the load goes on.
    pub fn lifts_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::Kill(kill) => kill.down_for(),
            Self::Noop(_) | Self::Edge(_) | Self::Pause(_) => None,
        }
    }
}

/// Something was seen.
pub(crate) fn seen(what: impl Into<String>) -> Seen {
    Seen { yes: true, what: what.into() }
}

/// Something was looked for and not seen.
pub(crate) fn not_seen(what: impl Into<String>) -> Seen {
    Seen { yes: false, what: what.into() }
}
