//! What must hold for any bytes at all: the targets that fuzzers call.
//!
//! Two drivers share them: the smoke run in `tests/` mutates a few documents with a fixed seed and runs everywhere; the
//! coverage-guided one in `libfuzzer/` needs a nightly compiler and `cargo fuzz run reader --fuzz-dir fuzz/libfuzzer`.
//! A target panics when a law is broken; it decides nothing else.

mod corpus;
mod mutate;

use std::collections::BTreeMap;

use register::edit::{self, between, insert_marks, write_between};
use register::{Field, FieldName, Register, RepositoryFacts};
use text::Source;

pub use corpus::{DOCUMENTS, MANIFESTS, SOURCES, TREES};
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

/// More nodes than these are not solved here.
const MAX_SOLVED: usize = 400;

/// Reads any bytes as a fault tree, solves what is one, and writes it back: no panic, probabilities that enclose each other,
/// the same figure of what was written.
pub fn fault_tree(bytes: &[u8]) {
    let source = Source::new("tree.xml", String::from_utf8_lossy(bytes));
    let sources = [source];
    let (model, problems) = faulttree::read(&sources);
    if text::has_errors(&problems) || model.gates.len() + model.events.len() > MAX_SOLVED {
        return;
    }
    let limits = faulttree::Limits { nodes: 4_000, set_nodes: 4_000, bracket_nodes: 400 };
    for top in model.tops() {
        let (question, problems) = model.question(top, &sources);
        if text::has_errors(&problems) {
            continue;
        }
        let solved = faulttree::solve(&question.tree, &limits).probability;
        assert!(0.0 <= solved.low && solved.low <= solved.high && solved.high <= 1.0, "{solved:?}");
        let written = [Source::new("again.xml", faulttree::write(&question.tree, "again"))];
        let (again, problems) = faulttree::read(&written);
        assert!(!text::has_errors(&problems), "what was written is not read: {problems:?}");
        let Some(top) = again.tops().first().copied() else { continue };
        let (question, _) = again.question(top, &written);
        let second = faulttree::solve(&question.tree, &limits).probability;
        let slack = 1e-9 + solved.width() + second.width();
        assert!((solved.low - second.low).abs() <= slack, "{solved:?} {second:?}");
    }
}

/// Reads any bytes as Kubernetes objects and as a kustomization over them: no panic, every line within the file.
pub fn manifests(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Source::new("a.yaml", text.as_str());
    let last = source.line_column(text.len()).0;
    for object in ::manifests::objects(&source) {
        assert!((1..=last).contains(&object.line(object.node.span)), "a line outside of the file");
    }
    let files = BTreeMap::from([
        ("a.yaml".to_owned(), Source::new("a.yaml", MANIFESTS[0])),
        ("kustomization.yaml".to_owned(), Source::new("kustomization.yaml", text)),
    ]);
    let _ = ::manifests::assemble("kustomization.yaml", &files);
    let _ = ::manifests::roots(&files);
}

/// Reads any bytes as source code of each language and follows what it defines: no panic, every place within the text.
pub fn source_code(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let last = text.lines().count() + 1;
    for name in ["a.py", "a.ts", "a.tsx", "a.js", "a.rs", "a.go"] {
        let Some(language) = code::Language::of(name) else { continue };
        let file = |path: &str| code::File::new(path.to_owned(), language, text.clone(), false);
        let program = code::Program::new(vec![file(name), file(&format!("b/{name}"))], Vec::new(), Vec::new());
        let facts = program.files[0].facts();
        for one in &facts.definitions {
            assert!((1..=last).contains(&one.line) && text.get(one.start..one.end).is_some(), "{name}: {one:?}");
            let _ = code::failing(language, &text, one.start..one.end, None);
        }
        let symbols = facts.definitions.iter().take(MAX_FOLLOWED).filter_map(|one| code::Symbol::parse(&one.name));
        for at in symbols.flat_map(|symbol| program.definitions(&symbol)) {
            let _ = program.alive(&program.search(at));
        }
        let _ = code::flags(language, &text);
    }
}

/// Definitions of one text that are followed.
const MAX_FOLLOWED: usize = 5;

fn stands(source: &Source, field: &Field) {
    assert_eq!(source.slice(field.span), field.text, "a field does not stand where it says");
}

fn same(left: &Register, right: &Register) -> bool {
    left == right
}

/// Writes into any bytes: what is between the marks, a field, a new risk. Everything outside of what was asked for stays, a
/// second writing changes nothing, and an edit that is made can be read.
pub fn write_back(bytes: &[u8]) {
    let none = BTreeMap::new();
    let text = String::from_utf8_lossy(bytes).into_owned();
    let read = |text: &str| register::read(&Source::new("docs/risks.md", text), &none);
    let register = read(&text);
    status(&register, &text);
    status(&read(&insert_marks(&register)), &insert_marks(&register));
    let others = |register: &Register, id: &str| -> Vec<(String, String)> {
        let all = register.risks.iter().filter(|risk| !risk.id.eq_ignore_ascii_case(id));
        all.map(|risk| (risk.title.clone(), format!("{:?}", risk.state))).collect()
    };
    if let Some(risk) = register.risks.last() {
        for (noun, value) in
            [(FieldName::Impact, "high"), (FieldName::Owner, "a | b"), (FieldName::Status, "closed (x)")]
        {
            let Ok(edited) = edit::set(&register, &none, &risk.id, &[(noun, value.to_owned())]) else { continue };
            let new = read(&edited.text);
            assert_eq!(others(&new, &risk.id), others(&register, &risk.id), "setting {noun} changed another risk");
        }
    }
    if let Ok(edited) = edit::add(&register, &none, "Another thing breaks", None, &[]) {
        let new = read(&edited.text);
        assert_eq!(others(&new, &edited.id), others(&register, ""), "adding a risk changed another one");
        assert!(new.find(&edited.id).is_some(), "the new risk cannot be found");
    }
}

fn status(register: &Register, text: &str) {
    let lines = ["| a | b |".to_owned(), "|---|---|".to_owned()];
    let Ok(span) = between(register) else { return };
    let written = write_between(register, &lines).unwrap_or_default();
    assert!(
        written.starts_with(&text[..span.start]) && written.ends_with(&text[span.end..]),
        "bytes outside of the marks changed"
    );
    let again = register::read(&Source::new("docs/risks.md", written.as_str()), &BTreeMap::new());
    assert_eq!(write_between(&again, &lines).as_deref(), Ok(written.as_str()), "the second writing differs");
}
