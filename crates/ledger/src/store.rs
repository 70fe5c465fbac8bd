//! Appending and reading.

use std::path::Path;
use std::time::Duration;

use crate::engine::{Cell, Engine, Go, Moment, Param, Place};
use crate::entry::{Stored, genesis};
use crate::{Address, Entry, Error, Head, MAX_BODY_BYTES, MAX_KIND_BYTES, NewEntry};

/// How long another process may hold the write lock before an append gives up.
pub const BUSY_WITHIN: Duration = Duration::from_secs(10);

/// The largest ledger in pages, when it is a file.
pub const MAX_PAGES: u64 = 1024 * 1024;

/// The size of a page; with [`MAX_PAGES`] the largest file is 4 GiB.
pub const PAGE_BYTES: u64 = 4096;

/// The most entries of one append.
pub const MAX_APPEND: usize = 1000;

/// The most entries that one reading returns.
pub const MAX_ENTRIES: usize = 1000;

/// A reading stops after the entry with which its bodies exceed this size.
const MAX_READ_BYTES: usize = 8 * 1024 * 1024;

const LAST: &str = "SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1";

const INSERT: &str =
    "INSERT INTO entry(seq, at_us, kind, version, body, prev, hash) VALUES($1, $2, $3, $4, $5, $6, $7)";

const PAGE: &str =
    "SELECT seq, at_us, kind, version, body, prev, hash FROM entry WHERE seq >= $1 ORDER BY seq LIMIT $2";

/// An open ledger: one connection to one file or database. Any number of processes may hold one each.
#[derive(Debug)]
pub struct Ledger {
    pub(crate) engine: Engine,
}

// ===== opening =====

impl Ledger {
    /// Opens a ledger for reading and writing; begins a new one when there is none. The directory of a file is made when
    /// it is missing, with a `.gitignore` when it is the `.seaworthy` directory of a project; a database must be there.
    ///
    /// # Errors
    /// [`Error::NotADatabase`], [`Error::Foreign`], [`Error::Newer`], [`Error::Damaged`], [`Error::ReadOnly`],
    /// [`Error::CannotOpen`], [`Error::NetworkFileSystem`], [`Error::Full`], [`Error::Busy`], [`Error::Unreachable`],
    /// [`Error::Refused`] and [`Error::Unfit`].
    pub fn open(at: impl Into<Address>) -> Result<Self, Error> {
        Self::open_within(at, MAX_PAGES)
    }

    /// As [`Ledger::open`] with another largest size of a file, in pages of [`PAGE_BYTES`]. A ledger that is larger
    /// already stays readable and refuses to grow.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_within(at: impl Into<Address>, pages: u64) -> Result<Self, Error> {
        let address = at.into();
        if let Some(path) = address.file() {
            make_directory(path)?;
        }
        Ok(Self { engine: Engine::open(&address, pages)? })
    }

    /// Opens a ledger for reading; nothing is made or changed but the `-wal` and `-shm` files that SQLite keeps beside it.
    ///
    /// # Errors
    /// As [`Ledger::open`], and [`Error::Missing`] when there is none.
    pub fn open_read_only(at: impl Into<Address>) -> Result<Self, Error> {
        Ok(Self { engine: Engine::open_read_only(&at.into())? })
    }

    /// Where it is, for people: without any secret.
    pub fn at(&self) -> &str {
        &self.engine.place().at
    }
}

fn make_directory(path: &Path) -> Result<(), Error> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists());
    let Some(parent) = parent else { return Ok(()) };
    let cannot = |source: outside::Error| Error::CannotOpen { at: path.display().to_string(), source: source.into() };
    outside::files::make_directory(parent).map_err(cannot)?;
    if parent.ends_with(".seaworthy") {
        outside::files::write_whole(&parent.join(".gitignore"), b"*\n").map_err(cannot)?;
    }
    Ok(())
}

// ===== appending =====

impl Ledger {
    /// Appends one entry and returns it as stored, once it is on disk.
    ///
    /// # Errors
    /// [`Error::BadEntry`], [`Error::TooLarge`], [`Error::Full`], [`Error::Busy`], [`Error::ReadOnly`],
    /// [`Error::Unreachable`]; nothing was written then. After [`Error::InDoubt`] the entry may or may not be there.
    pub fn append(&mut self, kind: &str, version: i64, body: &str, at: i64) -> Result<Entry, Error> {
        let new = NewEntry { kind: kind.to_owned(), version, body: body.to_owned(), at };
        let mut entries = self.append_many(std::slice::from_ref(&new))?;
        Ok(entries.remove(0))
    }

    /// Appends entries in one transaction: all of them or none. At most [`MAX_APPEND`].
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_many(&mut self, new: &[NewEntry]) -> Result<Vec<Entry>, Error> {
        if new.len() > MAX_APPEND {
            return Err(Error::TooLarge { what: "a batch of entries", size: new.len(), limit: MAX_APPEND });
        }
        new.iter().try_for_each(sound)?;
        self.engine.within(Moment::Write, || insert(&self.engine, new))
    }
}

/// Whether an entry may be appended.
pub(crate) fn sound(new: &NewEntry) -> Result<(), Error> {
    let letters = |c: char| c.is_ascii_lowercase() || c == '.';
    let fits = !new.kind.is_empty() && new.kind.len() <= MAX_KIND_BYTES && new.kind.chars().all(letters);
    // PostgreSQL keeps no NUL in a text, so no entry may hold one: every ledger can be moved.
    if !fits || new.version < 1 || new.body.contains('\0') {
        return Err(Error::BadEntry { kind: new.kind.clone(), version: new.version });
    }
    if new.body.len() > MAX_BODY_BYTES {
        return Err(Error::TooLarge { what: "the body of an entry", size: new.body.len(), limit: MAX_BODY_BYTES });
    }
    Ok(())
}

/// Links entries to the last one and stores them, within a transaction of a writer.
pub(crate) fn insert(engine: &Engine, new: &[NewEntry]) -> Result<Vec<Entry>, Error> {
    let Head { size: mut seq, hash: mut prev } = last(engine)?;
    let mut entries = Vec::with_capacity(new.len());
    for new in new {
        seq += 1;
        let mut entry = Entry {
            seq,
            at: new.at,
            kind: new.kind.clone(),
            version: new.version,
            body: new.body.clone(),
            prev,
            hash: String::new(),
        };
        entry.hash = stored(&entry).hash();
        store(engine, &entry)?;
        prev = entry.hash.clone();
        entries.push(entry);
    }
    Ok(entries)
}

/// Stores entries of another ledger as they are, after the last one, within a transaction of a writer.
pub(crate) fn insert_as_is(engine: &Engine, entries: &[Entry]) -> Result<(), Error> {
    let mut end = last(engine)?;
    for entry in entries {
        let fits = entry.seq == end.size + 1 && entry.prev == end.hash && stored(entry).hash() == entry.hash;
        if !fits {
            return Err(engine.place().damaged(format!("entry {} does not follow what is there", entry.seq)));
        }
        store(engine, entry)?;
        end = Head { size: entry.seq, hash: entry.hash.clone() };
    }
    Ok(())
}

/// Stores an entry as it is.
fn store(engine: &Engine, entry: &Entry) -> Result<(), Error> {
    let number = i64::try_from(entry.seq).map_err(|_| engine.place().damaged("it has no numbers left"))?;
    let params = [
        Param::Integer(number),
        Param::Integer(entry.at),
        Param::Text(&entry.kind),
        Param::Integer(entry.version),
        Param::Text(&entry.body),
        Param::Text(&entry.prev),
        Param::Text(&entry.hash),
    ];
    match engine.execute(INSERT, &params)? {
        1 => Ok(()),
        // A rule or trigger of the database may swallow what it says it took.
        _ => Err(engine.place().damaged(format!("it did not keep entry {number}"))),
    }
}

/// The bytes of an entry that its hash is over.
fn stored(entry: &Entry) -> Stored<'_> {
    Stored {
        seq: i64::try_from(entry.seq).unwrap_or(i64::MAX),
        at: entry.at,
        kind: entry.kind.as_bytes(),
        version: entry.version,
        body: entry.body.as_bytes(),
        prev: entry.prev.as_bytes(),
    }
}

/// Number and hash of the last entry; 0 and the genesis when there is none.
pub(crate) fn last(engine: &Engine) -> Result<Head, Error> {
    let mut head = Some(Head { size: 0, hash: genesis() });
    engine.query(LAST, &[], &mut |row| {
        let size = row[0].integer().and_then(|seq| u64::try_from(seq).ok());
        head = size.zip(words(row[1])).map(|(size, hash)| Head { size, hash });
        Ok(Go::Stop)
    })?;
    head.ok_or_else(|| engine.place().damaged("its last entry cannot be read"))
}

// ===== reading =====

impl Ledger {
    /// How far the ledger goes; to be kept elsewhere as an anchor.
    ///
    /// # Errors
    /// [`Error::Damaged`] and what the engine says.
    pub fn head(&self) -> Result<Head, Error> {
        self.engine.within(Moment::Read, || last(&self.engine))
    }

    /// Entries from number `from` on, in order: at most `limit`, at most [`MAX_ENTRIES`], and fewer when they are
    /// large. The next reading begins after the last one returned; an empty answer is the end.
    ///
    /// # Errors
    /// [`Error::Damaged`] when an entry cannot be read as what it should be.
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        let limit = i64::try_from(limit.min(MAX_ENTRIES)).unwrap_or(0);
        let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
        let place = self.engine.place();
        let (mut entries, mut bytes) = (Vec::new(), 0);
        self.engine.within(Moment::Read, || {
            self.engine.query(PAGE, &[Param::Integer(from), Param::Integer(limit)], &mut |row| {
                let entry = entry(row, place)?;
                bytes += entry.body.len();
                entries.push(entry);
                Ok(if bytes > MAX_READ_BYTES { Go::Stop } else { Go::On })
            })
        })?;
        Ok(entries)
    }

    /// One entry by its number.
    ///
    /// # Errors
    /// As [`Ledger::entries`].
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, Error> {
        let first = self.entries(seq, 1)?.into_iter().next();
        Ok(first.filter(|entry| entry.seq == seq))
    }
}

/// A value of another type than was written is damage.
fn entry(row: &[Cell<'_>], place: &Place) -> Result<Entry, Error> {
    let [seq, at, kind, version, body, prev, hash] = row else { return Err(place.damaged("its columns are not ours")) };
    let read = || {
        Some(Entry {
            seq: u64::try_from(seq.integer()?).ok()?,
            at: at.integer()?,
            kind: words(*kind)?,
            version: version.integer()?,
            body: words(*body)?,
            prev: words(*prev)?,
            hash: words(*hash)?,
        })
    };
    let number = seq.integer().map_or_else(|| "without a number".to_owned(), |seq| seq.to_string());
    read().ok_or_else(|| place.damaged(format!("entry {number} cannot be read as what was written")))
}

fn words(cell: Cell<'_>) -> Option<String> {
    String::from_utf8(cell.text()?.to_vec()).ok()
}
