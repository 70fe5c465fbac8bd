//! Risks of other tools into a register: CSV as `report --format csv` writes it, and BMAD's decision file.
//!
//! All or nothing: with one error nothing is changed. An empty value never erases anything. What is not read is told by name.

use std::collections::BTreeMap;
use std::path::Path;

use register::edit::{self, EditError, field_name};
use register::{FieldName, Register, slug};
use text::{Node, Problem, Source, Span, read_yaml};

/// The most risks of one file that are brought in.
pub const MAX_IMPORTED: usize = 2_000;
/// The largest file read, 16 MiB.
pub const MAX_IMPORT_BYTES: usize = 16 * 1024 * 1024;
/// Columns of the export that follow from others.
const DERIVED: [&str; 6] = ["kind", "state", "computed_score", "computed_band", "path", "line"];

/// What an import came to.
#[derive(Debug)]
pub struct Imported {
    /// The whole new text of the register.
    pub text: String,
    /// What is wrong with the file; with errors the text is to be thrown away.
    pub problems: Vec<Problem>,
    /// The file by its path, to show where problems stand.
    pub sources: BTreeMap<String, Source>,
    /// What was left out, and what differs.
    pub notes: Vec<String>,
}

/// One risk of the file.
struct Incoming {
    id: Option<String>,
    title: String,
    fields: Vec<(FieldName, String)>,
    span: Span,
}

/// Reads the file and brings its risks into the register.
pub fn import(file: &Path, register: &Register, columns: &BTreeMap<String, String>) -> Imported {
    let shown = file.to_string_lossy().into_owned();
    let mut imported = Imported {
        text: register.source.text().to_owned(),
        problems: Vec::new(),
        sources: BTreeMap::new(),
        notes: Vec::new(),
    };
    let text = match outside::files::read_text(file, MAX_IMPORT_BYTES) {
        Ok(text) => text,
        Err(error) => {
            imported.problems.push(Problem::whole_file("unreadable", shown, crate::chain(&error)));
            return imported;
        }
    };
    let source = Source::new(shown, text);
    let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let incoming =
        if is_csv { of_csv(&source, columns, &mut imported) } else { of_gate(&source, register, &mut imported) };
    let too_many = incoming.len() > MAX_IMPORTED;
    if too_many {
        let message = format!("{} risks, and at most {MAX_IMPORTED} are brought in at once", incoming.len());
        imported.problems.push(Problem::whole_file("too-large", source.path(), message).with_help("split the file"));
    } else {
        bring_in(&source, register, columns, incoming, is_csv, &mut imported);
    }
    imported.sources.insert(source.path().to_owned(), source);
    imported
}

fn bring_in(
    source: &Source,
    register: &Register,
    columns: &BTreeMap<String, String>,
    incoming: Vec<Incoming>,
    may_set: bool,
    imported: &mut Imported,
) {
    let mut current = register.clone();
    for one in incoming {
        let known = one.id.as_deref().map_or_else(|| current.find(&slug(&one.title)), |id| current.find(id));
        let edited = match known {
            Some(risk) => {
                let id = risk.id.clone();
                let differs = |(noun, value): &(FieldName, String)| {
                    risk.field(*noun).map_or("", |field| field.text.as_str()).trim() != value.trim()
                };
                let changes: Vec<_> = one.fields.iter().filter(|field| differs(field)).cloned().collect();
                if risk.title != one.title {
                    let note = format!(
                        "{id} is '{}' here and '{}' in the file; titles are not changed",
                        risk.title, one.title
                    );
                    imported.notes.push(note);
                }
                if !may_set {
                    let told = changes
                        .iter()
                        .map(|(noun, value)| format!("{id}: {noun} is '{value}' in the file, and stays as it is here"));
                    imported.notes.extend(told);
                    continue;
                }
                if changes.is_empty() {
                    continue;
                }
                edit::set(&current, columns, &id, &changes)
            }
            None => {
                let lined =
                    |(noun, value): &(FieldName, String)| (*noun, value.lines().collect::<Vec<_>>().join("<br>"));
                let fields: Vec<_> = one.fields.iter().map(lined).collect();
                edit::add(&current, columns, &one.title, one.id.as_deref(), &fields)
            }
        };
        match edited {
            Ok(edited) => {
                imported.notes.extend(edited.notes);
                current = register::read(&Source::new(register.path(), edited.text), columns);
            }
            Err(error) => imported.problems.push(refused(source, one.span, &error)),
        }
    }
    imported.text = current.source.text().to_owned();
}

fn refused(source: &Source, span: Span, error: &EditError) -> Problem {
    Problem::error("cannot-import", source, span, error.to_string()).with_help(error.help())
}

fn of_csv(source: &Source, columns: &BTreeMap<String, String>, imported: &mut Imported) -> Vec<Incoming> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(false).from_reader(source.text().trim_start_matches('\u{feff}').as_bytes());
    let heading: Vec<String> = match reader.headers() {
        Ok(heading) => heading.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => {
            imported.problems.push(Problem::whole_file("csv-syntax", source.path(), error.to_string()));
            return Vec::new();
        }
    };
    let nouns: Vec<Option<FieldName>> = heading.iter().map(|name| noun_of(name, columns)).collect();
    let strangers: Vec<&str> = heading
        .iter()
        .zip(&nouns)
        .filter(|(name, noun)| noun.is_none() && !DERIVED.contains(&name.as_str()))
        .map(|(name, _)| name.as_str())
        .collect();
    if !strangers.is_empty() {
        imported.notes.push(format!("columns that mean nothing here and were left out: {}", strangers.join(", ")));
    }
    if !nouns.contains(&Some(FieldName::Title)) {
        let message = "no column is a title";
        let help = "name the columns in the first row: id,title,likelihood,impact,owner,status";
        imported.problems.push(Problem::whole_file("csv-heading", source.path(), message).with_help(help));
        return Vec::new();
    }
    let mut incoming = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => incoming.extend(one_row(source, &record, &nouns, imported)),
            Err(error) => imported.problems.push(
                Problem::whole_file("csv-syntax", source.path(), error.to_string())
                    .with_help("give every row the columns of the heading, and quote values with commas"),
            ),
        }
    }
    incoming
}

fn noun_of(name: &str, columns: &BTreeMap<String, String>) -> Option<FieldName> {
    if DERIVED.contains(&name) { None } else { field_name(name, columns) }
}

fn one_row(
    source: &Source,
    record: &csv::StringRecord,
    nouns: &[Option<FieldName>],
    imported: &mut Imported,
) -> Option<Incoming> {
    let start = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0)).min(source.text().len());
    let end = source.text()[start..].find(['\n', '\r']).map_or(source.text().len(), |length| start + length);
    let value = |wanted: FieldName| {
        let mut cells = record.iter().zip(nouns).filter(|(_, noun)| **noun == Some(wanted));
        cells.next().map(|(cell, _)| cell.trim().to_owned()).filter(|cell| !cell.is_empty())
    };
    let span = Span::new(start, end);
    let Some(title) = value(FieldName::Title) else {
        imported
            .problems
            .push(Problem::error("csv-title", source, span, "this row has no title").with_help("say what goes wrong"));
        return None;
    };
    let fields = record.iter().zip(nouns).filter_map(|(cell, noun)| {
        let noun = noun.filter(|noun| !matches!(noun, FieldName::Id | FieldName::Title))?;
        (!cell.trim().is_empty()).then(|| (noun, cell.trim().to_owned()))
    });
    // A score follows from its factors, and is computed here.
    let fields = fields.filter(|(noun, _)| *noun != FieldName::Score).collect();
    Some(Incoming { id: value(FieldName::Id), title, fields, span })
}

/// The issues of a decision file that the register does not hold yet. What it says of known risks is compared, not written.
fn of_gate(source: &Source, register: &Register, imported: &mut Imported) -> Vec<Incoming> {
    let (node, problems) = read_yaml(source);
    imported.problems.extend(problems);
    let Some(root) = node else { return Vec::new() };
    compare_summary(&root, register, imported);
    if let Some(waiver) = root.get("waiver")
        && waiver.get("active").and_then(Node::as_text) == Some("true")
    {
        let by = waiver.get("approved_by").and_then(Node::as_text).unwrap_or("?");
        imported.notes.push(format!(
            "the file is waived by {by}: a waiver becomes an entry under `acceptances` of seaworthy.yaml, with an end"
        ));
    }
    let Some(issues) = root.get("top_issues").and_then(Node::as_list) else {
        let message = "the file has no `top_issues`";
        let help = "a decision file of BMAD has them, also when they are empty: `top_issues: []`";
        imported.problems.push(Problem::whole_file("gate-shape", source.path(), message).with_help(help));
        return Vec::new();
    };
    let states = |noun: FieldName| register.risks.iter().any(|risk| risk.stated(noun).is_some());
    let grade = [FieldName::Severity, FieldName::Level, FieldName::Impact].into_iter().find(|noun| states(*noun));
    let mut incoming = Vec::new();
    for issue in issues {
        let text = |key: &str| issue.get(key).and_then(Node::as_text).map(str::trim).filter(|text| !text.is_empty());
        let (Some(id), Some(finding)) = (text("id"), text("finding")) else {
            imported.problems.push(
                Problem::error("gate-shape", source, issue.span, "an issue needs an `id` and a `finding`")
                    .with_help("- {id: 'SEC-001', severity: high, finding: '..', suggested_action: '..'}"),
            );
            continue;
        };
        let severity = grade.zip(text("severity")).map(|(noun, value)| (noun, value.to_owned()));
        let action = text("suggested_action").filter(|_| states(FieldName::Mitigation));
        let action = action.map(|action| (FieldName::Mitigation, action.to_owned()));
        let is_known = register.find(id).is_some();
        // A known risk is graded by its own factors; an issue only says high or low.
        let fields = if is_known { Vec::new() } else { severity.into_iter().chain(action).collect() };
        incoming.push(Incoming { id: Some(id.to_owned()), title: finding.to_owned(), fields, span: issue.span });
    }
    incoming
}

/// The counts of the file against those of the register.
fn compare_summary(root: &Node, register: &Register, imported: &mut Imported) {
    let Some(totals) = root.get("risk_summary").and_then(|summary| summary.get("totals")) else { return };
    let scores: Vec<u32> = register
        .risks
        .iter()
        .filter(|risk| risk.state != register::State::Closed)
        .filter_map(register::Risk::score_bmad)
        .collect();
    for (band, of) in [("critical", [9, 9]), ("high", [6, 6]), ("medium", [4, 4]), ("low", [2, 3])] {
        let here = scores.iter().filter(|score| of.contains(score)).count();
        let there = totals.get(band).and_then(Node::as_text).and_then(|text| text.parse::<usize>().ok());
        if let Some(there) = there.filter(|there| *there != here) {
            imported.notes.push(format!("the file counts {there} {band}, and {here} are here"));
        }
    }
}
