//! Moving a ledger to another place: byte for byte, and verified on arrival.
//!
//! Nothing at the source is changed or deleted. The target is empty, or holds a beginning of the source (an earlier move
//! that was interrupted, or one after which the source grew), and is continued; anything else is refused. Writers may go on
//! at the source: rounds are made until both ends are equal. What is appended to the source after that is not carried;
//! moving again carries it, as long as nobody has written to the target.

use crate::blob::{checked, get, keep};
use crate::engine::{Engine, Go, Moment, Param};
use crate::retention::is_there;
use crate::store::insert_as_is;
use crate::{Error, Head, Ledger, MAX_ENTRIES};

/// Rounds after which a source that grows faster than it is carried is left as busy.
const MAX_ROUNDS: usize = 100;

/// Digests that are listed at a time.
const DIGESTS: i64 = 1000;

const LIST: &str = "SELECT digest FROM blobs WHERE digest > $1 ORDER BY digest LIMIT $2";

/// What a move has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The end of both, equal.
    pub head: Head,
    /// Entries that were carried now; others were there before.
    pub entries: u64,
    /// Histories that were carried now.
    pub blobs: u64,
}

impl Ledger {
    /// Carries everything to another ledger and verifies it there, against this one's head.
    ///
    /// # Errors
    /// [`Error::Damaged`] when this ledger, or what arrived, is not whole; [`Error::Diverged`] when the target has entries
    /// of its own; else as [`Ledger::append`].
    pub fn move_to(&self, target: &mut Self) -> Result<Moved, Error> {
        self.whole(&[])?;
        let mut moved = Moved { head: self.head()?, entries: 0, blobs: 0 };
        for _ in 0..MAX_ROUNDS {
            self.is_continued_by(target)?;
            moved.blobs += self.carry_blobs(&target.engine)?;
            moved.entries += self.carry_entries(target, moved.head.size)?;
            let now = self.head()?;
            if now == moved.head {
                target.whole(std::slice::from_ref(&now))?;
                return Ok(moved);
            }
            moved.head = now;
        }
        Err(Error::Busy { at: self.at().to_owned() })
    }

    fn whole(&self, anchors: &[Head]) -> Result<(), Error> {
        let verified = self.verify(anchors)?;
        let longer = anchors.first().is_some_and(|anchor| anchor.size != verified.head.size);
        match verified.problems.first() {
            Some(flaw) => Err(self.engine.place().damaged(flaw.to_string())),
            None if longer => Err(self.engine.place().damaged("somebody else appended to it meanwhile")),
            None => Ok(()),
        }
    }

    /// Whether the target is a beginning of this ledger. Equal hashes at its end mean equal entries before it.
    fn is_continued_by(&self, target: &Self) -> Result<(), Error> {
        let end = target.head()?;
        let diverged = |seq| Error::Diverged { at: self.at().to_owned(), target: target.at().to_owned(), seq };
        if end.size == 0 || self.entry(end.size)?.is_some_and(|entry| entry.hash == end.hash) {
            return Ok(());
        }
        // The first difference lies between an equal entry and an unequal one.
        let (mut equal, mut other) = (0, end.size);
        while other - equal > 1 {
            let middle = equal + (other - equal) / 2;
            let hash = |ledger: &Self| Ok::<_, Error>(ledger.entry(middle)?.map(|entry| entry.hash));
            let is_equal = hash(self)?.is_some_and(|own| hash(target).ok().flatten() == Some(own));
            if is_equal { equal = middle } else { other = middle }
        }
        Err(diverged(other))
    }

    fn carry_entries(&self, target: &mut Self, until: u64) -> Result<u64, Error> {
        let mut carried = 0;
        loop {
            let from = target.head()?.size + 1;
            if from > until {
                return Ok(carried);
            }
            let entries = self.entries(from, MAX_ENTRIES)?;
            if entries.is_empty() {
                return Err(self.engine.place().damaged(format!("entry {from} was removed")));
            }
            target.engine.within(Moment::Write, || insert_as_is(&target.engine, &entries))?;
            carried += entries.len() as u64;
        }
    }

    /// Blobs come before the entries that name them, as when they were made.
    fn carry_blobs(&self, target: &Engine) -> Result<u64, Error> {
        let (mut carried, mut after) = (0, String::new());
        loop {
            let digests = self.digests(&after)?;
            let Some(last) = digests.last() else { return Ok(carried) };
            after.clone_from(last);
            for digest in &digests {
                if !target.within(Moment::Read, || is_there(target, digest))? {
                    carried += self.carry_blob(target, digest)?;
                }
            }
        }
    }

    fn carry_blob(&self, target: &Engine, digest: &str) -> Result<u64, Error> {
        // One that was removed by retention meanwhile is not carried.
        let Some(stored) = self.engine.within(Moment::Read, || get(&self.engine, digest))? else { return Ok(0) };
        if checked(digest, &stored).is_none() {
            return Err(self.engine.place().damaged(format!("blob {digest} does not hold what its digest says")));
        }
        target.within(Moment::Write, || keep(target, digest, &stored))?;
        Ok(1)
    }

    fn digests(&self, after: &str) -> Result<Vec<String>, Error> {
        let mut digests = Vec::new();
        let params = [Param::Text(after), Param::Integer(DIGESTS)];
        self.engine.within(Moment::Read, || {
            self.engine.query(LIST, &params, &mut |row| {
                digests.push(String::from_utf8_lossy(row[0].bytes().unwrap_or_default()).into_owned());
                Ok(Go::On)
            })
        })?;
        Ok(digests)
    }
}
