//! Tools whose migrations stand in a row, each under a key of its own: sqlx, Diesel, Rails, Prisma, Liquibase.

use sha2::{Digest, Sha256, Sha384};

use super::Written;
use super::compare::{Compared, Planned, Record, by_key, some};
use crate::Error;
use crate::sql::session::Row;

/// `VERSION_NAME.sql`, or `.up.sql` and `.down.sql`, right in the directory; checksum SHA-384 of the bytes.
pub(super) fn sqlx(written: &[Written], rows: &[Row]) -> Result<Compared, Error> {
    let is_meant = |file: &&Written| {
        let name = file.path.as_str();
        !name.contains('/') && name.ends_with(".sql") && !name.ends_with(".down.sql") && name.contains('_')
    };
    let mut planned = Vec::new();
    for file in written.iter().filter(is_meant) {
        let version: Option<i64> = file.path.split('_').next().and_then(|version| version.parse().ok());
        let version = version.ok_or_else(|| Error::Unfit(format!("{} does not begin with a version", file.shown)))?;
        let checksums = vec![hex(&Sha384::digest(&file.bytes))];
        planned.push(Planned { key: version.to_string(), shown: file.shown.clone(), checksums });
    }
    let record = |row: &Row| Record {
        key: row.words("version"),
        checksum: row.text("checksum").map(str::to_owned),
        is_failed: !matches!(row.text("success"), Some("true" | "1")),
    };
    by_key(&planned, &rows.iter().map(record).collect::<Vec<_>>(), true)
}

/// `VERSION_NAME/up.sql`; hyphens do not count.
pub(super) fn diesel(written: &[Written], rows: &[Row]) -> Result<Compared, Error> {
    let of = |file: &Written| {
        let (folder, name) = file.path.split_once('/')?;
        let version = folder.split('_').next()?.replace('-', "");
        (name == "up.sql").then(|| Planned { key: version, shown: file.shown.clone(), checksums: Vec::new() })
    };
    let planned: Vec<Planned> = written.iter().filter_map(of).collect();
    by_key(&planned, &versions(rows, |version| version.to_owned()), false)
}

/// `VERSION_NAME.rb`, at any depth; leading zeros do not count.
pub(super) fn rails(written: &[Written], rows: &[Row]) -> Result<Compared, Error> {
    let number = |text: &str| {
        let bare = text.trim_start_matches('0');
        if bare.is_empty() { "0".to_owned() } else { bare.to_owned() }
    };
    let of = |file: &Written| {
        let (version, _) = file.name().strip_suffix(".rb")?.split_once('_')?;
        let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Planned { key: number(version), shown: file.shown.clone(), checksums: Vec::new() })
    };
    let planned: Vec<Planned> = written.iter().filter_map(of).collect();
    by_key(&planned, &versions(rows, number), false)
}

fn versions(rows: &[Row], key: impl Fn(&str) -> String) -> Vec<Record> {
    let record =
        |row: &Row| Record { key: key(row.text("version").unwrap_or_default()), checksum: None, is_failed: false };
    rows.iter().map(record).collect()
}

/// `VERSION_NAME/migration.sql`; checksum SHA-256 of the text, with either end of line. One that was rolled back is as
/// good as never begun; one that neither ended nor was rolled back failed.
pub(super) fn prisma(written: &[Written], rows: &[Row]) -> Result<Compared, Error> {
    let mut planned = Vec::new();
    for file in written {
        let Some((folder, "migration.sql")) = file.path.split_once('/') else { continue };
        let unix = String::from_utf8_lossy(&file.bytes).replace("\r\n", "\n");
        let texts = [file.bytes.clone(), unix.clone().into_bytes(), unix.replace('\n', "\r\n").into_bytes()];
        let checksums = texts.iter().map(|text| hex(&Sha256::digest(text))).collect();
        planned.push(Planned { key: folder.to_owned(), shown: file.shown.clone(), checksums });
    }
    let record = |row: &Row| Record {
        key: row.words("migration_name"),
        checksum: row.text("checksum").map(str::to_owned),
        is_failed: row.text("finished_at").is_none(),
    };
    let counts = |row: &&Row| row.text("rolled_back_at").is_none();
    by_key(&planned, &rows.iter().filter(counts).map(record).collect::<Vec<_>>(), true)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

// ===== Liquibase =====

/// Changesets of formatted SQL: `--changeset author:id`. Those of XML, YAML and JSON files are not read, and a directory
/// that holds such files blinds the look. A record belongs to a file when its path ends in the other's.
pub(super) fn liquibase(written: &[Written], rows: &[Row], locks: &[Row]) -> Result<Compared, Error> {
    let (mut planned, mut others) = (Vec::new(), Vec::new());
    for file in written {
        match file.name().rsplit('.').next() {
            Some("sql") => planned.extend(changesets(file)?),
            Some("xml" | "yaml" | "yml" | "json") => others.push(file.shown.clone()),
            _ => {}
        }
    }
    if let Some(other) = others.first() {
        return Err(Error::Unfit(format!("{other}: of Liquibase only formatted SQL is read")));
    }
    some(planned.len())?;
    let key = |row: &Row| {
        let (id, author, filename) = (row.words("id"), row.words("author"), row.words("filename"));
        let belongs = |one: &&Planned| {
            let (known, change) = one.key.split_once('\n').unwrap_or_default();
            change == format!("{author}:{id}") && (ends_with(known, &filename) || ends_with(&filename, known))
        };
        planned.iter().find(belongs).map_or_else(|| format!("{filename}::{id}::{author}"), |one| one.key.clone())
    };
    let record = |row: &Row| {
        let is_failed = row.text("exectype").is_some_and(|how| how == "FAILED");
        Record { key: key(row), checksum: None, is_failed }
    };
    let records: Vec<Record> = rows.iter().map(record).collect();
    let mut compared = by_key(&planned, &records, false)?;
    let held = locks.iter().find(|row| matches!(row.text("locked"), Some("true" | "1")));
    compared.locked = Some(held.is_some());
    compared.locked_for = held.and_then(|row| row.text("since")).and_then(|since| since.parse().ok());
    Ok(compared)
}

/// Whether a path ends in another, at a whole name.
fn ends_with(path: &str, end: &str) -> bool {
    let end = end.trim_start_matches("classpath:").trim_start_matches(['.', '/']);
    path == end || path.strip_suffix(end).is_some_and(|rest| rest.ends_with('/'))
}

fn changesets(file: &Written) -> Result<Vec<Planned>, Error> {
    let text = file.text()?;
    let is_formatted = text.lines().next().is_some_and(|line| squeezed(line).starts_with("--liquibaseformattedsql"));
    if !is_formatted {
        return Err(Error::Unfit(format!("{} is not formatted SQL of Liquibase", file.shown)));
    }
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix("--").map(str::trim_start) else { continue };
        let Some(rest) = rest.get(..9).filter(|word| word.eq_ignore_ascii_case("changeset")).map(|_| &rest[9..]) else {
            continue;
        };
        let name = rest.split_whitespace().next().unwrap_or_default();
        if !name.contains(':') {
            return Err(Error::Unfit(format!("{}: `{line}` names no author:id", file.shown)));
        }
        let (key, shown) = (format!("{}\n{name}", file.shown), format!("{}::{name}", file.shown));
        found.push(Planned { key, shown, checksums: Vec::new() });
    }
    Ok(found)
}

fn squeezed(line: &str) -> String {
    line.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}
