//! What must hold for any bytes at all: the targets that fuzzers call.
//!
//! Two drivers share them: the smoke run in `tests/` mutates a few documents with a fixed seed and runs everywhere; the
//! coverage-guided one in `libfuzzer/` needs a nightly compiler and `cargo fuzz run reader --fuzz-dir fuzz/libfuzzer`.
//! A target panics when a law is broken; it decides nothing else.

mod corpus;
mod mutate;

use std::collections::BTreeMap;

use register::{Field, Register, RepositoryFacts};
use text::Source;

pub use corpus::DOCUMENTS;
pub use mutate::mutate;

/// Reads any bytes as a register and lints them: no panic, every span within the text and on its bytes, the same result twice.
pub fn reader(bytes: &[u8]) {
    let source = Source::new("docs/risks.md", String::from_utf8_lossy(bytes));
    let register = register::read(&source, &BTreeMap::new());
    assert_eq!(register.source.text(), source.text(), "reading changed the text");
    for risk in &register.risks {
        assert!(!risk.id.is_empty() && risk.id.len() <= 64, "an id of {} bytes", risk.id.len());
        let stated = risk.fields.values().chain(risk.repeated.iter().map(|(_, field)| field));
        stated.for_each(|field| stands(&source, field));
    }
    let problems = register::lint(&register, &RepositoryFacts::default());
    for problem in &problems {
        let spans = problem.span.into_iter().chain(problem.related.iter().map(|related| related.span));
        for span in spans {
            assert!(source.text().get(span.range()).is_some(), "{} points outside of the text", problem.rule);
        }
    }
    assert!(same(&register, &register::read(&source, &BTreeMap::new())), "the second reading differs");
}

fn stands(source: &Source, field: &Field) {
    assert_eq!(source.slice(field.span), field.text, "a field does not stand where it says");
}

fn same(left: &Register, right: &Register) -> bool {
    left == right
}
