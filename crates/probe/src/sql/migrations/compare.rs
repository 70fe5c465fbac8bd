//! What is written against what is recorded.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;

/// The result.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) files: usize,
    /// Files that are recorded as applied.
    pub(super) applied: usize,
    pub(super) pending: Vec<String>,
    pub(super) unknown_applied: Vec<String>,
    pub(super) failed: Vec<String>,
    /// Files that are not what was applied; `None` where the tool keeps no checksum that is understood.
    pub(super) changed: Option<Vec<String>>,
    /// Where no later migration follows; `None` where the tool knows no branches.
    pub(super) heads: Option<usize>,
    pub(super) head_names: Vec<String>,
    /// Why something that is not recorded may be as it should.
    pub(super) doubt: Option<String>,
    pub(super) locked: Option<bool>,
    pub(super) locked_for: Option<f64>,
}

impl Compared {
    /// Nothing pending, failed, changed, or unknown to the repository.
    pub(super) fn is_up_to_date(&self) -> bool {
        let unchanged = self.changed.as_ref().is_none_or(Vec::is_empty);
        self.pending.is_empty() && self.unknown_applied.is_empty() && self.failed.is_empty() && unchanged
    }
}

/// A migration in the repository.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    /// What the ledger calls it.
    pub(super) key: String,
    /// Its file, for people.
    pub(super) shown: String,
    /// Checksums that all mean this very text; empty where none is kept.
    pub(super) checksums: Vec<String>,
}

/// A record of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) key: String,
    pub(super) checksum: Option<String>,
    pub(super) is_failed: bool,
}

/// Migrations that are known by a key of their own.
pub(super) fn by_key(planned: &[Planned], records: &[Record], with_checksums: bool) -> Result<Compared, Error> {
    some(planned.len())?;
    let mut keys = BTreeMap::new();
    for one in planned {
        if let Some(other) = keys.insert(&one.key, &one.shown) {
            let message = format!("{other} and {} have the same version {}", one.shown, one.key);
            return Err(Error::Unfit(message));
        }
    }
    let sound: BTreeMap<&str, &Record> =
        records.iter().filter(|record| !record.is_failed).map(|record| (record.key.as_str(), record)).collect();
    let failed: BTreeSet<&str> =
        records.iter().filter(|record| record.is_failed).map(|record| record.key.as_str()).collect();
    let mut compared = Compared { files: planned.len(), ..Compared::default() };
    let mut changed = Vec::new();
    for one in planned {
        match sound.get(one.key.as_str()) {
            None => compared.pending.push(one.shown.clone()),
            Some(record) => {
                compared.applied += 1;
                let is_same = |sum: &String| record.checksum.as_ref().is_some_and(|was| was.eq_ignore_ascii_case(sum));
                if with_checksums && !one.checksums.iter().any(is_same) {
                    changed.push(one.shown.clone());
                }
            }
        }
    }
    compared.changed = with_checksums.then_some(changed);
    let known = |key: &&&str| !keys.contains_key(&(**key).to_owned());
    compared.unknown_applied = sound.keys().filter(known).map(|key| (*key).to_owned()).collect();
    compared.failed = failed.into_iter().map(str::to_owned).collect();
    Ok(compared)
}

/// A directory without migrations is the wrong one, or one of another tool.
pub(super) fn some(count: usize) -> Result<(), Error> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::Unfit("no file there is a migration of this tool".to_owned()))
}
