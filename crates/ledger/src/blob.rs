//! Long histories: compressed, and found by the digest of what they hold.
//!
//! The digest is the SHA-256 of the bytes before compression, so an entry that names it binds the whole history into
//! the chain. Bytes are checked against it whenever they are read.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::engine::{Engine, Go, Moment, Param};
use crate::entry::digest;
use crate::store::{insert, sound};
use crate::{Entry, Error, Ledger, NewEntry};

/// The largest blob before compression, 64 MiB.
pub const MAX_BLOB_BYTES: usize = 64 * 1024 * 1024;

const KEEP: &str =
    "INSERT INTO blobs(digest, bytes) VALUES($1, $2) ON CONFLICT(digest) DO UPDATE SET bytes = excluded.bytes";

const GET: &str = "SELECT bytes FROM blobs WHERE digest = $1";

impl Ledger {
    /// Keeps bytes and returns their digest. Keeping the same bytes again changes nothing, and mends a damaged copy.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Full`], [`Error::Busy`], [`Error::ReadOnly`].
    pub fn put_blob(&mut self, bytes: &[u8]) -> Result<String, Error> {
        let (digest, stored) = small_enough(bytes)?;
        self.engine.within(Moment::Write, || keep(&self.engine, &digest, &stored))?;
        Ok(digest)
    }

    /// Keeps bytes and appends the entry that names them, both or neither: `new` makes it from their digest.
    ///
    /// # Errors
    /// As [`Ledger::append`] and [`Ledger::put_blob`].
    pub fn append_with_blob(&mut self, bytes: &[u8], new: impl FnOnce(&str) -> NewEntry) -> Result<Entry, Error> {
        let (digest, stored) = small_enough(bytes)?;
        let new = new(&digest);
        sound(&new)?;
        let mut entries = self.engine.within(Moment::Write, || {
            keep(&self.engine, &digest, &stored)?;
            insert(&self.engine, std::slice::from_ref(&new))
        })?;
        Ok(entries.remove(0))
    }

    /// The bytes with this digest, or `None` when they were never kept, or removed by [`Ledger::prune`].
    ///
    /// # Errors
    /// [`Error::Damaged`] when what is stored does not have this digest.
    pub fn get_blob(&self, digest: &str) -> Result<Option<Vec<u8>>, Error> {
        let stored = self.engine.within(Moment::Read, || get(&self.engine, digest))?;
        let Some(stored) = stored else { return Ok(None) };
        match checked(digest, &stored) {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(self.engine.place().damaged(format!("blob {digest} does not hold what its digest says"))),
        }
    }
}

/// The digest of bytes that may be kept, and what is stored of them.
fn small_enough(bytes: &[u8]) -> Result<(String, Vec<u8>), Error> {
    if bytes.len() > MAX_BLOB_BYTES {
        return Err(Error::TooLarge { what: "a blob", size: bytes.len(), limit: MAX_BLOB_BYTES });
    }
    Ok((digest(bytes), compressed(bytes)))
}

/// Stores a blob as it is, within a transaction of a writer.
pub(crate) fn keep(engine: &Engine, digest: &str, stored: &[u8]) -> Result<(), Error> {
    engine.execute(KEEP, &[Param::Text(digest), Param::Bytes(stored)]).map(drop)
}

/// The stored bytes of a blob, within a transaction.
pub(crate) fn get(engine: &Engine, digest: &str) -> Result<Option<Vec<u8>>, Error> {
    let mut found = None;
    engine.query(GET, &[Param::Text(digest)], &mut |row| {
        found = Some(row[0].bytes().unwrap_or_default().to_vec());
        Ok(Go::Stop)
    })?;
    Ok(found)
}

/// The bytes of a stored blob when they have the digest they are found by.
pub(crate) fn checked(wanted: &str, stored: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BLOB_BYTES).ok()?;
    ZlibDecoder::new(stored).take(most + 1).read_to_end(&mut bytes).ok()?;
    (digest(&bytes) == wanted).then_some(bytes)
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}
