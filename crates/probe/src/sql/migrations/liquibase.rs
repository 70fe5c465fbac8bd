//! Liquibase: changesets of formatted SQL, XML, YAML and JSON, each known by its file, author and id.
//!
//! All changelogs below the directory count, whether a master file includes them or not: one that nobody includes is never
//! applied, and that is what pending says. A record belongs to a file when the path of either ends in the other's. A changeset
//! that runs only in some context, for some label or database may rightly have no record: then nothing is held of it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use text::{Node, Source, read_yaml};

use super::Written;
use super::compare::{Compared, Planned, Record, by_key, some};
use crate::Error;
use crate::sql::session::Row;

/// Attributes with which a changeset may be left out.
const CONDITIONS: [&str; 6] = ["context", "contextFilter", "contexts", "labels", "dbms", "ignore"];

/// A changeset.
struct Changeset {
    /// The path that the ledger is expected to end in, or to be an end of.
    path: String,
    /// `author:id`.
    name: String,
    is_conditional: bool,
}

pub(super) fn compare(written: &[Written], rows: &[Row], locks: &[Row]) -> Result<Compared, Error> {
    let mut changesets = Vec::new();
    for file in written {
        changesets.extend(match file.name().rsplit('.').next() {
            Some("sql") => of_sql(file)?,
            Some("xml") => of_xml(file)?,
            Some("yaml" | "yml" | "json") => of_yaml(file)?,
            _ => Vec::new(),
        });
    }
    some(changesets.len())?;
    if let Some(computed) = changesets.iter().find(|one| one.name.contains("${") || one.path.contains("${")) {
        return Err(Error::Unfit(format!("{}: `{}` is filled in when it runs", computed.path, computed.name)));
    }
    let planned: Vec<Planned> = changesets.iter().map(planned).collect();
    let record = |row: &Row| {
        let is_failed = row.text("exectype").is_some_and(|how| how == "FAILED");
        Record { key: key(row, &changesets), checksum: None, is_failed }
    };
    let mut compared = by_key(&planned, &rows.iter().map(record).collect::<Vec<_>>(), false)?;
    let open = changesets.iter().find(|one| one.is_conditional && compared.pending.contains(&shown(one)));
    compared.doubt = open.map(|one| format!("whether {} runs depends on its context, label or database", shown(one)));
    let held = locks.iter().find(|row| matches!(row.text("locked"), Some("true" | "1")));
    compared.locked = Some(held.is_some());
    compared.locked_for = held.and_then(|row| row.text("since")).and_then(|since| since.parse().ok());
    // Without an answer to whether it runs, it is not pending, and the doubt keeps the rest from being held.
    let doubtful: Vec<String> = changesets.iter().filter(|one| one.is_conditional).map(shown).collect();
    compared.pending.retain(|pending| !doubtful.contains(pending));
    Ok(compared)
}

fn shown(one: &Changeset) -> String {
    format!("{}::{}", one.path, one.name)
}

fn planned(one: &Changeset) -> Planned {
    Planned { key: shown(one), shown: shown(one), checksums: Vec::new() }
}

/// The key of the changeset that a record tells of; its own words when there is none.
fn key(row: &Row, changesets: &[Changeset]) -> String {
    let (id, author, path) = (row.words("id"), row.words("author"), row.words("filename"));
    let name = format!("{author}:{id}");
    let belongs = |one: &&Changeset| one.name == name && (ends_with(&one.path, &path) || ends_with(&path, &one.path));
    changesets.iter().find(belongs).map_or_else(|| format!("{path}::{name}"), shown)
}

/// Whether a path ends in another, at a whole name.
fn ends_with(path: &str, end: &str) -> bool {
    let end = end.trim_start_matches("classpath:").trim_start_matches(['.', '/']);
    path == end || path.strip_suffix(end).is_some_and(|rest| rest.ends_with('/'))
}

// ===== formats =====

/// `--changeset author:id attribute:value`, after a first line that says what the file is; other SQL files are no changelogs.
fn of_sql(file: &Written) -> Result<Vec<Changeset>, Error> {
    let text = file.text()?;
    let first: String = text.lines().next().unwrap_or_default().split_whitespace().collect();
    if !first.to_lowercase().starts_with("--liquibaseformattedsql") {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix("--").map(str::trim_start) else { continue };
        let Some((word, rest)) = rest.split_at_checked("changeset".len()) else { continue };
        if !word.eq_ignore_ascii_case("changeset") {
            continue;
        }
        let mut words = rest.split_whitespace();
        let name = words.next().filter(|name| name.contains(':'));
        let name = name.ok_or_else(|| Error::Unfit(format!("{}: `{line}` names no author:id", file.shown)))?;
        let is_conditional = words.any(|word| CONDITIONS.iter().any(|key| word.starts_with(&format!("{key}:"))));
        found.push(Changeset { path: file.shown.clone(), name: name.to_owned(), is_conditional });
    }
    Ok(found)
}

/// `<changeSet id author>` of a `<databaseChangeLog>`; other XML files are no changelogs.
fn of_xml(file: &Written) -> Result<Vec<Changeset>, Error> {
    let unfit = |error: &dyn std::fmt::Display| Error::Unfit(format!("{}: {error}", file.shown));
    let mut reader = Reader::from_str(file.text()?);
    let mut found = Vec::new();
    let mut path = None;
    loop {
        match reader.read_event().map_err(|error| unfit(&error))? {
            Event::Eof => return if path.is_some() { Ok(found) } else { Ok(Vec::new()) },
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                b"databaseChangeLog" => {
                    let logical = attribute(&tag, "logicalFilePath").map_err(|error| unfit(&error))?;
                    path = Some(logical.unwrap_or_else(|| file.shown.clone()));
                }
                b"changeSet" => {
                    let get = |name: &str| attribute(&tag, name).map_err(|error| unfit(&error));
                    let (id, author) = (get("id")?, get("author")?);
                    let (Some(id), Some(author)) = (id, author) else {
                        return Err(unfit(&"a changeSet has no id or author"));
                    };
                    let mut is_conditional = false;
                    for name in CONDITIONS {
                        is_conditional |= get(name)?.is_some();
                    }
                    let own = get("logicalFilePath")?.or_else(|| path.clone());
                    let path = own.unwrap_or_else(|| file.shown.clone());
                    found.push(Changeset { path, name: format!("{author}:{id}"), is_conditional });
                }
                _ => {}
            },
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, quick_xml::Error> {
    let Some(attribute) = tag.try_get_attribute(name)? else { return Ok(None) };
    Ok(Some(attribute.unescape_value()?.into_owned()))
}

/// A list `databaseChangeLog` with `changeSet`; other YAML and JSON files are no changelogs.
fn of_yaml(file: &Written) -> Result<Vec<Changeset>, Error> {
    let text = file.text()?;
    if !text.contains("databaseChangeLog") {
        return Ok(Vec::new());
    }
    let source = Source::new(&file.shown, text);
    let (node, problems) = read_yaml(&source);
    if let Some(problem) = problems.first() {
        return Err(Error::Unfit(format!("{}:{}: {}", file.shown, problem.line, problem.message)));
    }
    let items = node.as_ref().and_then(|node| node.get("databaseChangeLog")).and_then(Node::as_list);
    let Some(items) = items else { return Err(Error::Unfit(format!("{}: it is no list of changes", file.shown))) };
    let logical = items.iter().find_map(|item| item.get("logicalFilePath")?.as_text());
    let mut found = Vec::new();
    for change in items.iter().filter_map(|item| item.get("changeSet")) {
        let text = |key: &str| change.get(key).and_then(Node::as_text);
        let (Some(id), Some(author)) = (text("id"), text("author")) else {
            return Err(Error::Unfit(format!("{}: a changeSet has no id or author", file.shown)));
        };
        let path = text("logicalFilePath").or(logical).unwrap_or(&file.shown).to_owned();
        let is_conditional = CONDITIONS.iter().any(|key| change.get(key).is_some());
        found.push(Changeset { path, name: format!("{author}:{id}"), is_conditional });
    }
    Ok(found)
}
