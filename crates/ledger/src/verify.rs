//! Is the memory whole?
//!
//! Everything is recomputed from the stored bytes in one reading. What a chain alone cannot see is a cut tail or a
//! rewrite of all of it; an anchor, a [`Head`] kept elsewhere, makes both visible up to its size.

use std::fmt;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::blob::checked;
use crate::entry::{Stored, genesis};
use crate::schema::Place;
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
    /// Entries that the anchor vouches for: all up to its size when it fits, else 0.
    pub anchored: u64,
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
            Self::Blob { digest } => write!(formatter, "blob {digest} does not hold what its digest says"),
        }
    }
}

impl Ledger {
    /// Reads everything and recomputes every hash, in one consistent reading; appends may go on meanwhile. With an
    /// anchor, a cut tail and a rewrite are seen too.
    ///
    /// # Errors
    /// [`Error::Damaged`] when SQLite itself cannot read on.
    pub fn verify(&self, anchor: Option<&Head>) -> Result<Verified, Error> {
        let place = &self.place;
        let reading = self.connection.unchecked_transaction().map_err(|error| place.error(error))?;
        let mut walk = Walk::new(anchor);
        let sql = "SELECT seq, at_us, kind, version, body, prev, hash FROM entry ORDER BY seq";
        let mut statement = reading.prepare(sql).map_err(|error| place.error(error))?;
        let mut rows = statement.query(()).map_err(|error| place.error(error))?;
        while let Some(row) = rows.next().map_err(|error| place.error(error))? {
            walk.take(row);
        }
        walk.close();
        check_blobs(&reading, place, &mut walk)?;
        Ok(walk.verified)
    }
}

fn check_blobs(connection: &rusqlite::Connection, place: &Place, walk: &mut Walk<'_>) -> Result<(), Error> {
    let mut statement =
        connection.prepare("SELECT digest, bytes FROM blobs ORDER BY digest").map_err(|error| place.error(error))?;
    let mut rows = statement.query(()).map_err(|error| place.error(error))?;
    while let Some(row) = rows.next().map_err(|error| place.error(error))? {
        let digest = row.get_ref(0).map(|value| String::from_utf8_lossy(bytes(value).unwrap_or_default()).into_owned());
        let digest = digest.unwrap_or_default();
        let stored = row.get_ref(1).ok().and_then(bytes).unwrap_or_default();
        if checked(&digest, stored).is_none() {
            walk.flaw(Flaw::Blob { digest });
        }
    }
    Ok(())
}

/// Where the verification stands.
struct Walk<'a> {
    anchor: Option<&'a Head>,
    last: i64,
    prev: Vec<u8>,
    verified: Verified,
}

impl<'a> Walk<'a> {
    fn new(anchor: Option<&'a Head>) -> Self {
        let genesis = genesis();
        let prev = genesis.clone().into_bytes();
        let head = Head { size: 0, hash: genesis };
        let verified = Verified { size: 0, head, anchored: 0, problems: Vec::new(), more: 0 };
        let mut walk = Self { anchor, last: 0, prev, verified };
        walk.meet_anchor();
        walk
    }

    fn take(&mut self, row: &Row<'_>) {
        self.verified.size += 1;
        let seq = row.get::<_, i64>(0).unwrap_or(i64::MIN);
        if seq < 1 {
            self.flaw(Flaw::OutOfPlace { seq });
            return;
        }
        if seq > self.last + 1 {
            self.flaw(Flaw::Removed { from: self.last + 1, to: seq - 1 });
        } else if text(row, 5) != Some(self.prev.as_slice()) {
            self.flaw(Flaw::Unlinked { seq });
        }
        let hash = text(row, 6).unwrap_or_default();
        if recomputed(seq, row).is_none_or(|recomputed| recomputed.as_bytes() != hash) {
            self.flaw(Flaw::Edited { seq });
        }
        self.last = seq;
        self.prev = hash.to_vec();
        self.verified.head = Head { size: seq.unsigned_abs(), hash: String::from_utf8_lossy(hash).into_owned() };
        self.meet_anchor();
    }

    /// Compares the entry just read with the anchor when they have the same number.
    fn meet_anchor(&mut self) {
        let head = &self.verified.head;
        let Some(anchor) = self.anchor.filter(|anchor| anchor.size == head.size) else { return };
        if anchor.hash == head.hash {
            self.verified.anchored = anchor.size;
        } else {
            self.flaw(Flaw::Rewritten { at: anchor.size });
        }
    }

    fn close(&mut self) {
        let size = self.verified.head.size;
        if let Some(anchor) = self.anchor.filter(|anchor| anchor.size > size) {
            self.flaw(Flaw::Cut { anchored: anchor.size, size });
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

fn recomputed(seq: i64, row: &Row<'_>) -> Option<String> {
    let stored = Stored {
        seq,
        at: row.get(1).ok()?,
        kind: text(row, 2)?,
        version: row.get(3).ok()?,
        body: text(row, 4)?,
        prev: text(row, 5)?,
    };
    Some(stored.hash())
}

/// The stored bytes of a text column; `None` when something else is stored there.
fn text<'r>(row: &'r Row<'_>, column: usize) -> Option<&'r [u8]> {
    match row.get_ref(column) {
        Ok(ValueRef::Text(bytes)) => Some(bytes),
        Ok(ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => None,
    }
}

fn bytes(value: ValueRef<'_>) -> Option<&[u8]> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => None,
    }
}
