//! Is the memory whole?
//!
//! Everything is recomputed from the stored bytes in one reading, row by row: memory does not grow with the ledger, but for
//! the digests of its histories. What a chain alone cannot see is a cut tail or a rewrite of all of it; an anchor, a
//! [`Head`] kept elsewhere, makes both visible up to its size.

use std::collections::BTreeMap;
use std::fmt;

use crate::blob::checked;
use crate::engine::{Cell, Go, Moment};
use crate::entry::{Stored, genesis};
use crate::retention::{Digest, Named, named, printed, read};
use crate::{Error, Head, Ledger};

/// The most flaws that are listed; the rest is counted.
pub const MAX_FLAWS: usize = 100;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries read.
    pub size: u64,
    /// The last entry as stored; the next anchor when the ledger is whole.
    pub head: Head,
    /// Entries that an anchor vouches for: all up to the size of the largest anchor that fits, else 0.
    pub anchored: u64,
    /// Histories that are not there any more because [`Ledger::prune`] removed them and said so.
    pub pruned: u64,
    /// What is wrong, the first [`MAX_FLAWS`] in order.
    pub problems: Vec<Flaw>,
    /// Flaws beyond those listed.
    pub more: u64,
}

impl Verified {
    /// Whether nothing is wrong, as far as the anchor reaches.
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One thing that is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An entry does not have the hash of what it holds: it was edited.
    Edited {
        /// Its number.
        seq: i64,
    },
    /// An entry does not follow the one before it: something was put in between, replaced or reordered.
    Unlinked {
        /// Its number.
        seq: i64,
    },
    /// Entries are not there.
    Removed {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// An entry has a number that was never given.
    OutOfPlace {
        /// Its number.
        seq: i64,
    },
    /// The ledger ends before its anchor: its tail was cut off.
    Cut {
        /// The number of entries that there must be at least.
        anchored: u64,
        /// The last one there is.
        size: u64,
    },
    /// The entry at the anchor's size has another hash: the ledger was rewritten.
    Rewritten {
        /// The anchor's size.
        at: u64,
    },
    /// A blob that an entry names is not there, and no later entry says that it was removed.
    NoBlob {
        /// The digest.
        digest: String,
        /// The last entry that names it.
        seq: i64,
    },
    /// A blob does not hold what its digest says.
    Blob {
        /// The digest.
        digest: String,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited { seq } => write!(formatter, "entry {seq} was edited"),
            Self::Unlinked { seq } => write!(formatter, "entry {seq} does not follow the entry before it"),
            Self::Removed { from, to } if from == to => write!(formatter, "entry {from} was removed"),
            Self::Removed { from, to } => write!(formatter, "entries {from} to {to} were removed"),
            Self::OutOfPlace { seq } => write!(formatter, "entry {seq} has a number that was never given"),
            Self::Cut { anchored, size } => {
                write!(formatter, "the ledger ends at {size}, but its anchor says {anchored}: its tail was cut off")
            }
            Self::Rewritten { at } => {
                write!(formatter, "entry {at} is not the one its anchor names: the ledger was rewritten")
            }
            Self::NoBlob { digest, seq } => {
                write!(formatter, "blob {digest}, which entry {seq} names, is missing and was not removed by retention")
            }
            Self::Blob { digest } => write!(formatter, "blob {digest} does not hold what its digest says"),
        }
    }
}

const ENTRIES: &str = "SELECT seq, at_us, kind, version, body, prev, hash FROM entry ORDER BY seq";

const BLOBS: &str = "SELECT digest, bytes FROM blobs";

impl Ledger {
    /// Reads everything and recomputes every hash, in one consistent reading; appends may go on meanwhile. With
    /// anchors, a cut tail and a rewrite are seen too, up to the largest of them.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the engine itself cannot read on, or finds its own structure broken.
    pub fn verify(&self, anchors: &[Head]) -> Result<Verified, Error> {
        let engine = &self.engine;
        engine.within(Moment::Read, || {
            engine.check_structure()?;
            let mut walk = Walk::new(anchors);
            engine.query(ENTRIES, &[], &mut |row| {
                walk.take(row);
                Ok(Go::On)
            })?;
            walk.close();
            engine.query(BLOBS, &[], &mut |row| {
                walk.take_blob(row);
                Ok(Go::On)
            })?;
            walk.close_blobs();
            Ok(walk.verified)
        })
    }
}

/// Where the verification stands.
struct Walk<'a> {
    /// By size; those that were met are taken away.
    anchors: Vec<&'a Head>,
    last: i64,
    prev: Vec<u8>,
    /// The blobs that entries name, each with the last one that does.
    named: BTreeMap<Digest, i64>,
    /// The blobs that were removed, each with the last entry that says so.
    removed: BTreeMap<Digest, i64>,
    verified: Verified,
}

impl<'a> Walk<'a> {
    fn new(anchors: &'a [Head]) -> Self {
        let genesis = genesis();
        let prev = genesis.clone().into_bytes();
        let head = Head { size: 0, hash: genesis };
        let verified = Verified { size: 0, head, anchored: 0, pruned: 0, problems: Vec::new(), more: 0 };
        let mut anchors: Vec<&Head> = anchors.iter().collect();
        anchors.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| b.hash.cmp(&a.hash)));
        anchors.dedup();
        let (named, removed) = (BTreeMap::new(), BTreeMap::new());
        let mut walk = Self { anchors, last: 0, prev, named, removed, verified };
        walk.meet_anchors();
        walk
    }

    fn take(&mut self, row: &[Cell<'_>]) {
        self.verified.size += 1;
        let seq = row[0].integer().unwrap_or(i64::MIN);
        if seq < 1 {
            self.flaw(Flaw::OutOfPlace { seq });
            return;
        }
        if seq > self.last.saturating_add(1) {
            self.flaw(Flaw::Removed { from: self.last + 1, to: seq - 1 });
        } else if row[5].text() != Some(self.prev.as_slice()) {
            self.flaw(Flaw::Unlinked { seq });
        }
        let hash = row[6].text().unwrap_or_default();
        if recomputed(seq, row).is_none_or(|recomputed| recomputed.as_bytes() != hash) {
            self.flaw(Flaw::Edited { seq });
        }
        self.last = seq;
        self.prev.clear();
        self.prev.extend_from_slice(hash);
        match named(row[2].text().unwrap_or_default(), row[4].text().unwrap_or_default()) {
            Named::Nothing => {}
            Named::Blob(digest) => drop(self.named.insert(digest, seq)),
            Named::Removed(digests) => self.removed.extend(digests.into_iter().map(|digest| (digest, seq))),
        }
        self.meet_anchors();
    }

    /// Compares the entry just read with the anchors of its number.
    fn meet_anchors(&mut self) {
        let size = self.last.unsigned_abs();
        while let Some(anchor) = self.anchors.pop_if(|anchor| anchor.size <= size) {
            // Of a number that is not there nothing can be compared; that it is not there was told.
            if anchor.size < size {
                continue;
            }
            if anchor.hash.as_bytes() == self.prev {
                self.verified.anchored = anchor.size;
            } else {
                self.flaw(Flaw::Rewritten { at: anchor.size });
            }
        }
    }

    fn close(&mut self) {
        let (size, hash) = (self.last.unsigned_abs(), String::from_utf8_lossy(&self.prev).into_owned());
        self.verified.head = Head { size, hash };
        if let Some(anchor) = self.anchors.first() {
            self.flaw(Flaw::Cut { anchored: anchor.size, size });
        }
    }

    fn take_blob(&mut self, row: &[Cell<'_>]) {
        let digest = String::from_utf8_lossy(row[0].bytes().unwrap_or_default()).into_owned();
        if let Some(digest) = read(&digest) {
            self.named.remove(&digest);
        }
        if checked(&digest, row[1].bytes().unwrap_or_default()).is_none() {
            self.flaw(Flaw::Blob { digest });
        }
    }

    /// What is named and not there was removed by retention, or by somebody.
    fn close_blobs(&mut self) {
        for (digest, seq) in std::mem::take(&mut self.named) {
            if self.removed.get(&digest).is_some_and(|removed| *removed > seq) {
                self.verified.pruned += 1;
            } else {
                self.flaw(Flaw::NoBlob { digest: printed(&digest), seq });
            }
        }
    }

    fn flaw(&mut self, flaw: Flaw) {
        if self.verified.problems.len() < MAX_FLAWS {
            self.verified.problems.push(flaw);
        } else {
            self.verified.more += 1;
        }
    }
}

fn recomputed(seq: i64, row: &[Cell<'_>]) -> Option<String> {
    let stored = Stored {
        seq,
        at: row[1].integer()?,
        kind: row[2].text()?,
        version: row[3].integer()?,
        body: row[4].text()?,
        prev: row[5].text()?,
    };
    Some(stored.hash())
}
