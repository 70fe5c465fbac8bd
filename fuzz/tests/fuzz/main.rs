//! The smoke run: a fixed number of damaged documents, always the same ones, through each target.

use measure::Random;

/// Damaged documents for each target.
const ROUNDS: usize = 3_000;

#[test]
fn any_damage_to_a_document_leaves_the_reader_sound() {
    let mut random = Random::new(20_261_121);
    for _ in 0..ROUNDS {
        fuzz::reader(&fuzz::mutate(&mut random, fuzz::DOCUMENTS));
    }
}

#[test]
fn any_damage_to_a_document_leaves_writing_exact() {
    let mut random = Random::new(20_261_122);
    for _ in 0..ROUNDS / 3 {
        fuzz::write_back(&fuzz::mutate(&mut random, fuzz::DOCUMENTS));
    }
    fuzz::DOCUMENTS.iter().for_each(|document| fuzz::write_back(document.as_bytes()));
}

#[test]
fn any_damage_to_a_fault_tree_is_answered() {
    let mut random = Random::new(20_261_123);
    for _ in 0..ROUNDS {
        fuzz::fault_tree(&fuzz::mutate(&mut random, fuzz::TREES));
    }
    fuzz::TREES.iter().for_each(|tree| fuzz::fault_tree(tree.as_bytes()));
}

#[test]
fn any_damage_to_a_manifest_is_answered() {
    let mut random = Random::new(20_261_124);
    for _ in 0..ROUNDS {
        fuzz::manifests(&fuzz::mutate(&mut random, fuzz::MANIFESTS));
    }
}

#[test]
fn any_damage_to_source_code_is_answered() {
    let mut random = Random::new(20_261_125);
    for _ in 0..ROUNDS / 10 {
        fuzz::source_code(&fuzz::mutate(&mut random, fuzz::SOURCES));
    }
    fuzz::SOURCES.iter().for_each(|source| fuzz::source_code(source.as_bytes()));
}

#[test]
fn mutation_changes_documents_and_stays_within_its_limit() {
    let mut random = Random::new(1);
    let made: Vec<Vec<u8>> = (0..200).map(|_| fuzz::mutate(&mut random, fuzz::DOCUMENTS)).collect();
    let untouched = made.iter().filter(|bytes| fuzz::DOCUMENTS.iter().any(|document| document.as_bytes() == **bytes));
    assert!(untouched.count() < 20);
    assert!(made.iter().all(|bytes| bytes.len() <= 64 * 1024));
    assert!(made.iter().any(|bytes| std::str::from_utf8(bytes).is_err()), "bytes that are no text are tried, too");
}
