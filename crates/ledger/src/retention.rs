//! Histories grow old; verdicts do not.
//!
//! What may be removed are blobs, and only those that every naming entry names from before a day. The removal and the
//! entry that lists it are one transaction, so a blob that is missing and not listed was taken by somebody else. Entries
//! are never removed.
//!
//! An entry names a blob as `history` in the body of kind `drill`: the one place where this crate looks into a body.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::engine::{Engine, Go, Moment, Param};
use crate::store::insert;
use crate::{Error, Ledger, NewEntry, kind};

/// The version of a retention entry's body.
const VERSION: i64 = 1;

/// Blobs that one retention entry lists, so that its body stays within its limit.
const LISTED: usize = 10_000;

const NAMING: &str = "SELECT kind, body, at_us FROM entry WHERE kind IN ('drill', 'retention') ORDER BY seq";

const THERE: &str = "SELECT digest FROM blobs WHERE digest = $1";

const REMOVE: &str = "DELETE FROM blobs WHERE digest = $1";

/// A digest in half its size: a ledger may name very many.
pub(crate) type Digest = [u8; 32];

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Histories removed.
    pub removed: u64,
    /// Histories that are still there.
    pub kept: u64,
}

impl Ledger {
    /// Removes the histories that are named only by entries from before `before` (microseconds since 1970) and appends
    /// what was removed. When nothing is that old, nothing is appended.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn prune(&mut self, before: i64, now: i64) -> Result<Pruned, Error> {
        self.engine.within(Moment::Write, || {
            let mut last_named: BTreeMap<Digest, i64> = BTreeMap::new();
            self.engine.query(NAMING, &[], &mut |row| {
                let (kind, body) = (row[0].text().unwrap_or_default(), row[1].text().unwrap_or_default());
                if let (Named::Blob(digest), Some(at)) = (named(kind, body), row[2].integer()) {
                    let last = last_named.entry(digest).or_insert(at);
                    *last = at.max(*last);
                }
                Ok(Go::On)
            })?;
            let (mut removed, mut kept) = (Vec::new(), 0);
            for (digest, at) in last_named {
                let digest = printed(&digest);
                if at >= before {
                    kept += u64::from(is_there(&self.engine, &digest)?);
                } else if self.engine.execute(REMOVE, &[Param::Text(&digest)])? > 0 {
                    removed.push(digest);
                }
            }
            insert(&self.engine, &entries(&removed, before, now))?;
            Ok(Pruned { removed: removed.len() as u64, kept })
        })
    }
}

fn entries(removed: &[String], before: i64, now: i64) -> Vec<NewEntry> {
    let entry = |removed: &[String]| NewEntry {
        kind: kind::RETENTION.to_owned(),
        version: VERSION,
        body: json!({"before_us": before, "removed": removed}).to_string(),
        at: now,
    };
    removed.chunks(LISTED).map(entry).collect()
}

/// What an entry says about blobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// It names this one.
    Blob(Digest),
    /// It says that these were removed.
    Removed(Vec<Digest>),
    /// Nothing.
    Nothing,
}

/// What an entry says about blobs; a body that cannot be read says nothing, and its hash tells whether it was edited.
pub(crate) fn named(kind: &[u8], body: &[u8]) -> Named {
    let is = |name: &str| kind == name.as_bytes();
    if !is(kind::DRILL) && !is(kind::RETENTION) {
        return Named::Nothing;
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Named::Nothing };
    if is(kind::RETENTION) {
        let listed = body["removed"].as_array().map(Vec::as_slice).unwrap_or_default();
        return Named::Removed(listed.iter().filter_map(Value::as_str).filter_map(read).collect());
    }
    body["history"].as_str().and_then(read).map_or(Named::Nothing, Named::Blob)
}

/// Whether a blob is stored, whatever it holds.
pub(crate) fn is_there(engine: &Engine, digest: &str) -> Result<bool, Error> {
    let mut found = false;
    engine.query(THERE, &[Param::Text(digest)], &mut |_| {
        found = true;
        Ok(Go::Stop)
    })?;
    Ok(found)
}

/// A digest from its 64 digits.
pub(crate) fn read(text: &str) -> Option<Digest> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).filter(|_| !digit.is_ascii_uppercase());
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok()?;
    }
    Some(digest)
}

/// The 64 digits of a digest.
pub(crate) fn printed(digest: &Digest) -> String {
    crate::entry::hexadecimal(digest)
}
