//! Tools whose migrations stand in a row, each under a key of its own: sqlx, Diesel, Rails, Prisma.

use sha2::{Digest, Sha256, Sha384};

use super::Written;
use super::compare::{Compared, Planned, Record, by_key};
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
