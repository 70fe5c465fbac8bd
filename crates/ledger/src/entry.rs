//! Entries and how they are linked.
//!
//! The hash of an entry is SHA-256 over `seq`, `at_us`, `kind`, `version`, `body` and `prev` in this order, each
//! preceded by its length as eight bytes, big end first; numbers are written in decimal. Anybody can verify a chain
//! with a dozen lines in any language. The first entry's `prev` is [`genesis`].

use sha2::{Digest, Sha256};

/// The largest body of an entry, 1 MiB; longer things are blobs.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The longest kind of an entry.
pub const MAX_KIND_BYTES: usize = 32;

/// What the genesis hash is the SHA-256 of.
const GENESIS_TEXT: &[u8] = b"seaworthy.ledger/1";

/// The kinds of entries that seaworthy writes.
pub mod kind {
    /// What a probe saw.
    pub const OBSERVATION: &str = "observation";
    /// What followed for a claim.
    pub const VERDICT: &str = "verdict";
    /// What the gate decided.
    pub const DECISION: &str = "decision";
    /// What a drill did and saw.
    pub const DRILL: &str = "drill";
    /// A risk was reviewed by somebody.
    pub const REVIEW: &str = "review";
    /// A run as a whole: begun, ended, aborted.
    pub const RUN: &str = "run";
    /// Which histories were removed because they were old.
    pub const RETENTION: &str = "retention";
}

/// An entry to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// What it is, one of [`kind`]: lower-case letters and dots.
    pub kind: String,
    /// The version of the body's shape, from 1.
    pub version: i64,
    /// The body, opaque here.
    pub body: String,
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When, in microseconds since the Unix epoch.
    pub at: i64,
    /// What it is.
    pub kind: String,
    /// The version of the body's shape.
    pub version: i64,
    /// The body.
    pub body: String,
    /// The hash of the entry before it.
    pub prev: String,
    /// Its own hash, 64 hexadecimal digits.
    pub hash: String,
}

/// How far a ledger goes. Kept elsewhere, it anchors everything up to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of entries.
    pub size: u64,
    /// The hash of the last entry, or [`genesis`] when there is none.
    pub hash: String,
}

/// The `prev` of the first entry.
pub fn genesis() -> String {
    hexadecimal(&Sha256::digest(GENESIS_TEXT))
}

/// The stored bytes of an entry, borrowed, for hashing.
pub(crate) struct Stored<'a> {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) kind: &'a [u8],
    pub(crate) version: i64,
    pub(crate) body: &'a [u8],
    pub(crate) prev: &'a [u8],
}

impl Stored<'_> {
    pub(crate) fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let (seq, at, version) = (self.seq.to_string(), self.at.to_string(), self.version.to_string());
        for field in [seq.as_bytes(), at.as_bytes(), self.kind, version.as_bytes(), self.body, self.prev] {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        hexadecimal(&hasher.finalize())
    }
}

/// The SHA-256 of some bytes as 64 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Two digits a byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash(kind: &str, body: &str, prev: &str) -> String {
        Stored { seq: 1, at: 2, kind: kind.as_bytes(), version: 1, body: body.as_bytes(), prev: prev.as_bytes() }.hash()
    }

    #[test]
    fn the_genesis_never_changes() {
        assert_eq!(genesis(), "ce45285cf2b1f622d90ad8d85fd9e6b7f53cc4bf32530e59bc3d91bb7cd43e06");
    }

    proptest! {
        #[test]
        fn moving_a_byte_from_one_field_to_the_next_changes_the_hash(kind in "[a-z]{1,8}", body in "[a-z]{1,8}") {
            let (moved_kind, moved_body) = (kind[..kind.len() - 1].to_owned(), format!("{}{body}", &kind[kind.len() - 1..]));
            prop_assert_ne!(hash(&kind, &body, "p"), hash(&moved_kind, &moved_body, "p"));
        }

        #[test]
        fn any_other_body_has_another_hash(left in "\\PC{0,20}", right in "\\PC{0,20}") {
            prop_assert_eq!(left == right, hash("run", &left, "p") == hash("run", &right, "p"));
        }
    }
}
