//! Files: read with a limit, written whole, removed only when they are ours.
//!
//! A file is replaced by rename after its bytes were synced, so that a reader and a crash see the old text or the new
//! one and nothing between. A directory is removed only when it carries the marker of the run that made it.

mod walk;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::process::RunMark;

pub use walk::{Listing, WALK_DIRECTORIES, WALK_FILES, walk, walk_all};

/// The file that says which run made a directory.
pub const SCRATCH_MARKER: &str = ".seaworthy-scratch";
/// How the names of our scratch directories begin.
pub const SCRATCH_PREFIX: &str = "seaworthy-";
/// Entries of a directory that [`list`] reads at most.
pub const LIST_LIMIT: usize = 10_000;

/// A text file, whole.
///
/// # Errors
/// [`Error::TooLarge`] over the limit, [`Error::NotText`] when it is not UTF-8, else [`Error::Io`].
pub fn read_text(path: &Path, limit_bytes: usize) -> Result<String, Error> {
    String::from_utf8(read_bytes(path, limit_bytes)?)
        .map_err(|error| Error::NotText { path: path.to_owned(), offset: error.utf8_error().valid_up_to() })
}

/// A file, whole. A pipe, a socket or a device is refused: opening one may wait for ever.
///
/// # Errors
/// [`Error::TooLarge`] over the limit, else [`Error::Io`].
pub fn read_bytes(path: &Path, limit_bytes: usize) -> Result<Vec<u8>, Error> {
    let failed = |source: io::Error| Error::path("read", path, source);
    let kind = fs::metadata(path).map_err(failed)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")));
    }
    let mut bytes = Vec::new();
    let one_more = u64::try_from(limit_bytes).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).and_then(|file| file.take(one_more).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() > limit_bytes {
        return Err(Error::TooLarge { path: path.to_owned(), limit_bytes });
    }
    Ok(bytes)
}

/// When a file was last written, in seconds since 1970-01-01 UTC.
pub fn modified(path: &Path) -> Option<i64> {
    let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Writes a file whole: to a temporary one beside it, synced, then renamed over it. Keeps the permissions of a file
/// that is there, and writes through a symbolic link instead of replacing it.
///
/// # Errors
/// [`Error::Io`]; the old file is then as it was.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source: io::Error| Error::path("write", path, source);
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Some(name) = target.file_name() else {
        return Err(failed(io::Error::from(io::ErrorKind::InvalidInput)));
    };
    let temporary = directory.join(format!(".{}.{}.tmp", name.to_string_lossy(), crate::secret::token()));
    let written = write_synced(&temporary, bytes, fs::metadata(&target).ok().map(|old| old.permissions()))
        .and_then(|()| fs::rename(&temporary, &target))
        .and_then(|()| sync_directory(directory));
    if written.is_err() {
        // The temporary file may not exist; nothing is lost either way.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(failed)
}

fn write_synced(path: &Path, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// A directory with all its parents, readable by its owner only where it is new.
///
/// # Errors
/// [`Error::Io`].
pub fn make_directory(path: &Path) -> Result<(), Error> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| Error::path("make directory", path, source))
}

/// The names in a directory, sorted, at most [`LIST_LIMIT`]; none when the directory does not exist.
///
/// # Errors
/// [`Error::Io`].
pub fn list(directory: &Path) -> Result<Vec<String>, Error> {
    let failed = |source: io::Error| Error::path("list", directory, source);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries.take(LIST_LIMIT) {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Renames a file within its directory and syncs the directory.
///
/// # Errors
/// [`Error::Io`].
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    let directory = to.parent().unwrap_or(Path::new("."));
    fs::rename(from, to).and_then(|()| sync_directory(directory)).map_err(|source| Error::path("rename", from, source))
}

/// Removes a file; one that is not there is removed already.
///
/// # Errors
/// [`Error::Io`].
pub fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::path("remove", path, error)),
        _ => Ok(()),
    }
}

/// Where seaworthy keeps what must survive a reboot: `$SEAWORTHY_STATE_DIR`, else `$XDG_STATE_HOME/seaworthy`, else
/// `~/.local/state/seaworthy`, else (no home) a directory below the system's temporary one.
pub fn state_directory() -> PathBuf {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("SEAWORTHY_STATE_DIR")
        .or_else(|| absolute("XDG_STATE_HOME").map(|state| state.join("seaworthy")))
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state/seaworthy")))
        .unwrap_or_else(|| std::env::temp_dir().join("seaworthy-state"))
}

/// A file that only grows, and is on disk when [`SyncedLog::append`] returns. Made new, readable by its owner only.
#[derive(Debug)]
pub struct SyncedLog {
    path: PathBuf,
    file: File,
    /// Length up to which everything was written and synced.
    good: u64,
}

impl SyncedLog {
    /// A new file that begins with these bytes. It appears with them or not at all, and is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Io`], also when the file exists.
    pub fn create(path: &Path, first: &[u8]) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::path("create", path, source);
        let directory = path.parent().unwrap_or(Path::new("."));
        let temporary = directory.join(format!(".{}.tmp", crate::secret::token()));
        let create = || -> io::Result<File> {
            let mut file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&temporary)?;
            file.write_all(first)?;
            file.sync_all()?;
            // Unlike a rename, a link never replaces what is there.
            fs::hard_link(&temporary, path)?;
            Ok(file)
        };
        let created = create();
        // Not there when it could not even be opened.
        let _ = fs::remove_file(&temporary);
        let file = created.map_err(failed)?;
        sync_directory(directory).map_err(failed)?;
        let good = u64::try_from(first.len()).expect("a length in memory fits");
        Ok(Self { path: path.to_owned(), file, good })
    }

    /// A file that exists, to be continued at its end, however that end looks.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::path("open", path, source);
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        let good = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), file, good })
    }

    /// Whether nobody else holds the file; it is then held until this value is dropped.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn hold(&self) -> Result<bool, Error> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(fs::TryLockError::WouldBlock) => Ok(false),
            Err(fs::TryLockError::Error(source)) => Err(Error::path("lock", &self.path, source)),
        }
    }

    /// Adds bytes; they are on disk when this returns. After a failure the file is cut back to what was good.
    ///
    /// # Errors
    /// [`Error::Io`]; nothing of the bytes may be relied upon then.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.good += u64::try_from(bytes.len()).expect("a length in memory fits");
                Ok(())
            }
            Err(source) => {
                // Should this fail too, the reader finds a torn line and says so.
                let _ = self.file.set_len(self.good);
                Err(Error::path("append to", &self.path, source))
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The nearest directory at or above this one that holds a `.git`; `None` outside of a repository.
pub fn repository_root(directory: &Path) -> Option<PathBuf> {
    let directory = std::path::absolute(directory).ok()?;
    directory.ancestors().find(|above| above.join(".git").exists()).map(Path::to_path_buf)
}

/// A directory of one run below the system's temporary one; removed by [`Scratch::close`] and on drop.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    run: RunMark,
}

impl Scratch {
    /// A new, empty directory with the run's marker in it, for its owner only.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(run: &RunMark) -> Result<Self, Error> {
        let path = Self::planned(run);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|source| Error::path("make directory", &path, source))?;
        let scratch = Self { path, run: run.clone() };
        let marker = scratch.path.join(SCRATCH_MARKER);
        write_synced(&marker, run.as_str().as_bytes(), None).map_err(|source| Error::path("write", &marker, source))?;
        Ok(scratch)
    }

    /// Where [`Scratch::create`] will make the directory: known before, so that its removal can be journaled first.
    pub fn planned(run: &RunMark) -> PathBuf {
        let temporary = std::env::temp_dir();
        // Whoever removes it may stand in another directory.
        let temporary = std::path::absolute(&temporary).unwrap_or(temporary);
        temporary.join(format!("{SCRATCH_PREFIX}{}", run.as_str()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it.
    ///
    /// # Errors
    /// [`Error::Io`] when something in it cannot be removed.
    pub fn close(self) -> Result<(), Error> {
        remove_scratch(&self.path, &self.run).map(drop)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // After `close` it is gone already; else the journal's undo removes what is left here.
        let _ = remove_scratch(&self.path, &self.run);
    }
}

/// Removes a directory of a run; `false` when it was not there. The marker goes last, so that a removal that was cut
/// short can be taken up again.
///
/// # Errors
/// [`Error::NotOurs`] unless it is a real directory of that name below a temporary directory and carries the run's
/// marker; [`Error::Io`].
pub fn remove_scratch(path: &Path, run: &RunMark) -> Result<bool, Error> {
    let not_ours = |why: &str| Error::NotOurs { path: path.to_owned(), why: why.to_owned() };
    let failed = |source: io::Error| Error::path("remove", path, source);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
        Ok(about) if !about.is_dir() => return Err(not_ours("it is not a directory")),
        Ok(_) => {}
    }
    if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SCRATCH_PREFIX)) {
        return Err(not_ours("its name is not one of ours"));
    }
    if !is_below_temporary(path) {
        return Err(not_ours("it is not below a temporary directory"));
    }
    let entries: Vec<PathBuf> = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(failed)?;
    let marker = path.join(SCRATCH_MARKER);
    let written = fs::read(&marker).unwrap_or_default();
    // One that is empty, or holds nothing but the beginning of our marker, can only be ours, from between making it and
    // having marked it; removing it harms nobody.
    let begun = entries.iter().all(|entry| *entry == marker) && run.as_str().as_bytes().starts_with(&written);
    if !begun && written != run.as_str().as_bytes() {
        return Err(not_ours("it carries no marker of this run"));
    }
    for entry in entries.iter().filter(|entry| **entry != marker) {
        remove_any(entry).map_err(failed)?;
    }
    remove_file(&marker)?;
    fs::remove_dir(path).map_err(failed)?;
    Ok(true)
}

fn is_below_temporary(path: &Path) -> bool {
    let Some(parent) = path.parent().and_then(|parent| fs::canonicalize(parent).ok()) else { return false };
    [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")]
        .iter()
        .any(|root| fs::canonicalize(root).is_ok_and(|root| parent == root))
}

fn remove_any(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
