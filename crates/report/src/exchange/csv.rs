//! A register as comma-separated values (RFC 4180): a heading row, then a row for each risk, every value as written.
//!
//! Columns: `id`, `title`, `kind`, `state`, each field that any risk states, then what is computed and where it stands.
//! `risk import` reads the file back; the computed columns are left out there.

use std::collections::BTreeSet;

use register::{FieldName, Register, Risk};

/// The columns that say something about a risk and are none of its fields.
const BEFORE: [&str; 4] = ["id", "title", "kind", "state"];
const BEHIND: [&str; 4] = ["computed_score", "computed_band", "path", "line"];

/// All risks of the registers.
pub fn csv(registers: &[Register]) -> String {
    let all = || registers.iter().flat_map(|register| register.risks.iter().map(move |risk| (register, risk)));
    let nouns: BTreeSet<FieldName> = all()
        .flat_map(|(_, risk)| risk.fields.keys().copied())
        .filter(|noun| !matches!(noun, FieldName::Id | FieldName::Title))
        .collect();
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let heading = BEFORE.into_iter().chain(nouns.iter().map(|noun| noun.word())).chain(BEHIND);
    let mut written = writer.write_record(heading);
    for (register, risk) in all() {
        written = written.and_then(|()| writer.write_record(record(register, risk, &nouns)));
    }
    // Writing into memory cannot fail, and every row has the columns of the heading.
    debug_assert!(written.is_ok());
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn record(register: &Register, risk: &Risk, nouns: &BTreeSet<FieldName>) -> Vec<String> {
    let mut record = vec![
        if risk.id_is_written { risk.id.clone() } else { String::new() },
        risk.title.clone(),
        risk.kind.word().to_owned(),
        risk.state.word().to_owned(),
    ];
    record.extend(nouns.iter().map(|noun| risk.field(*noun).map_or_else(String::new, |field| field.text.clone())));
    let computed = risk.computed.as_ref();
    let score = computed.and_then(|computed| computed.score).map_or_else(String::new, |score| score.to_string());
    record.push(score);
    record.push(computed.and_then(|computed| computed.band.clone()).unwrap_or_default());
    record.push(register.path().to_owned());
    record.push(risk.line.to_string());
    record
}
