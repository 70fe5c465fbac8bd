//! Flyway: `V1.2__name.sql` once, `R__name.sql` whenever it changes.
//!
//! Versions are numbers with dots (or `_` in names), zeros at either end do not count. The checksum is CRC-32 over the lines
//! without their ends, as a signed number. What an undo took back is pending again; what lies at or below a baseline counts
//! as applied. Migrations in Java are records without a file here, and not unknown for that.

use std::collections::{BTreeMap, BTreeSet};

use flate2::Crc;

use super::Written;
use super::compare::{Compared, some};
use crate::Error;
use crate::sql::session::Row;

/// A version; compared part by part.
type Version = Vec<u64>;

/// Records of versions, in the order in which they were installed.
#[derive(Default)]
struct History<'r> {
    applied: BTreeMap<Version, &'r Row>,
    failed: BTreeSet<String>,
    baseline: Option<Version>,
    /// The last record of each repeatable script, by description.
    repeated: BTreeMap<String, &'r Row>,
}

pub(super) fn compare(written: &[Written], rows: &[Row]) -> Result<Compared, Error> {
    let history = history(rows)?;
    let mut compared = Compared::default();
    let (mut changed, mut seen) = (Vec::new(), BTreeMap::new());
    for file in written {
        let Some((prefix, version, description)) = parts(file.name()) else { continue };
        if prefix == "R" {
            compared.files += 1;
            repeatable(file, &description, &history, &mut compared);
            continue;
        }
        let version = parse(version).ok_or_else(|| Error::Unfit(format!("{} has no version", file.shown)))?;
        if let Some(other) = seen.insert(version.clone(), &file.shown) {
            return Err(Error::Unfit(format!("{other} and {} have the same version", file.shown)));
        }
        compared.files += 1;
        let under_baseline = history.baseline.as_ref().is_some_and(|baseline| version <= *baseline);
        match history.applied.get(&version) {
            Some(row) => {
                compared.applied += 1;
                if row.text("checksum").is_some_and(|sum| sum != checksum(&file.bytes)) {
                    changed.push(file.shown.clone());
                }
            }
            None if under_baseline => compared.applied += 1,
            None => compared.pending.push(file.shown.clone()),
        }
    }
    some(compared.files)?;
    let is_sql = |row: &&Row| row.text("type") == Some("SQL");
    let unknown = history.applied.iter().filter(|(version, row)| is_sql(row) && !seen.contains_key(*version));
    compared.unknown_applied = unknown.map(|(_, row)| row.words("script")).collect();
    compared.failed = history.failed.into_iter().collect();
    compared.changed = Some(changed);
    Ok(compared)
}

fn repeatable(file: &Written, description: &str, history: &History<'_>, compared: &mut Compared) {
    let row = history.repeated.get(description);
    match row.and_then(|row| row.text("checksum")) {
        Some(sum) if sum == checksum(&file.bytes) => compared.applied += 1,
        _ => compared.pending.push(file.shown.clone()),
    }
}

fn history(rows: &[Row]) -> Result<History<'_>, Error> {
    let mut ordered: Vec<&Row> = rows.iter().collect();
    ordered.sort_by_key(|row| row.text("installed_rank").and_then(|rank| rank.parse::<i64>().ok()));
    let mut history = History::default();
    for row in ordered {
        let kind = row.words("type");
        if !matches!(row.text("success"), Some("true" | "1")) {
            history.failed.insert(row.words("script"));
            continue;
        }
        history.failed.remove(&row.words("script"));
        let Some(version) = row.text("version") else {
            history.repeated.insert(row.words("description"), row);
            continue;
        };
        let version = parse(version).ok_or_else(|| Error::Unfit(format!("`{version}` is no version of Flyway")))?;
        match kind.as_str() {
            "BASELINE" | "SQL_BASELINE" => history.baseline = Some(version),
            "DELETE" => drop(history.applied.remove(&version)),
            _ if kind.starts_with("UNDO") => drop(history.applied.remove(&version)),
            _ => drop(history.applied.insert(version, row)),
        }
    }
    Ok(history)
}

/// Prefix, version and description of a name; `None` for other files, undo scripts and baselines.
fn parts(name: &str) -> Option<(&str, &str, String)> {
    let stem = name.strip_suffix(".sql")?;
    let (head, description) = stem.split_once("__")?;
    let prefix = head.get(..1).filter(|prefix| matches!(*prefix, "V" | "R"))?;
    Some((prefix, &head[1..], description.replace('_', " ")))
}

fn parse(version: &str) -> Option<Version> {
    let parts: Option<Version> = version.split(['.', '_']).map(|part| part.parse().ok()).collect();
    let mut parts = parts?;
    while parts.last() == Some(&0) && parts.len() > 1 {
        parts.pop();
    }
    Some(parts)
}

/// CRC-32 over the lines, as a signed number in decimal.
fn checksum(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let mut sum = Crc::new();
    text.split('\n').for_each(|line| sum.update(line.as_bytes()));
    i32::from_ne_bytes(sum.sum().to_ne_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_does_not_see_ends_of_lines_and_sees_everything_else() {
        let sum = checksum(b"SELECT 1;\nSELECT 2;\n");
        assert_eq!(sum, checksum(b"SELECT 1;\r\nSELECT 2;"));
        assert_ne!(sum, checksum(b"SELECT 1;\nSELECT 3;\n"));
        // CRC-32 of `123456789` is the check value of its catalog entry, 0xCBF43926.
        assert_eq!(checksum(b"12345\n6789"), "-873187034");
    }

    #[test]
    fn versions_are_numbers() {
        assert_eq!(parse("1.10"), Some(vec![1, 10]));
        assert_eq!(parse("01_2_0"), Some(vec![1, 2]));
        assert!(parse("1.9") < parse("1.10"));
        assert_eq!(parse("a"), None);
        assert_eq!(parts("V2_1__add_users.sql"), Some(("V", "2_1", "add users".to_owned())));
        assert_eq!(parts("U2__x.sql"), None);
    }
}
