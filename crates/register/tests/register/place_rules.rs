//! Rules that look at the repository: each with hits and with look-alikes that must stay silent.

use std::collections::BTreeMap;

use register::parts::{NameKind, anchors};
use register::{Elsewhere, Gone, LinkFact, NameFact, RepositoryFacts};
use text::Severity;

use crate::{lints, read};

fn of(rule: &str, text: &str, facts: &RepositoryFacts) -> Vec<(usize, Severity, String)> {
    let problems = lints(text, facts).into_iter().filter(|problem| problem.rule == rule);
    problems.map(|problem| (problem.line, problem.severity, problem.message)).collect()
}

fn paths(listed: &[(&str, bool)]) -> RepositoryFacts {
    let paths = listed.iter().map(|(path, exists)| ((*path).to_owned(), *exists)).collect();
    RepositoryFacts { paths, ..RepositoryFacts::default() }
}

#[test]
fn a_path_in_another_folder_or_case_is_told_with_the_right_one() {
    let text = "# Risks\n\nsee `database/pool.py` and `Docs/backup.md`, `lost/x.py`, `src/fine.py`\n";
    let mut facts =
        paths(&[("database/pool.py", false), ("Docs/backup.md", false), ("lost/x.py", false), ("src/fine.py", true)]);
    let candidates = vec!["backend/database/pool.py".to_owned()];
    facts.elsewhere.insert("database/pool.py".to_owned(), Elsewhere { other_case: None, candidates });
    let other_case = Some("docs/backup.md".to_owned());
    facts.elsewhere.insert("Docs/backup.md".to_owned(), Elsewhere { other_case, candidates: Vec::new() });
    let found = of("bad-path", text, &facts);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].2.contains("'backend/database/pool.py'") && found[1].2.contains("'docs/backup.md'"), "{found:?}");
    let missing = of("path-missing", text, &facts);
    assert_eq!(missing.len(), 1, "one missing thing is one finding: {missing:?}");
    let fixes = lints(text, &facts).into_iter().filter_map(|problem| problem.fix).count();
    assert_eq!(fixes, 1, "only a difference of case has exactly one right answer");
}

#[test]
fn a_file_that_a_commit_took_away_is_stale_evidence() {
    let text = "# Risks\n\n- retries exist in `src/retry.py`\n- add `src/later.py`\n- `src/other.py`\n";
    let mut facts = paths(&[("src/retry.py", false), ("src/later.py", false), ("src/other.py", false)]);
    let gone = |renamed_to: Option<&str>| Gone {
        commit: "3f2a91c".to_owned(),
        day: "2025-03-01".to_owned(),
        renamed_to: renamed_to.map(str::to_owned),
    };
    facts.gone.insert("src/retry.py".to_owned(), gone(Some("src/http/retry.py")));
    facts.gone.insert("src/other.py".to_owned(), gone(None));
    let found = of("evidence-stale", text, &facts);
    assert_eq!(
        found,
        [
            (
                3,
                Severity::Error,
                "'src/retry.py' was renamed to 'src/http/retry.py' on 2025-03-01 (commit 3f2a91c)".into()
            ),
            (5, Severity::Warning, "'src/other.py' was removed on 2025-03-01 (commit 3f2a91c)".into()),
        ]
    );
    assert_eq!(of("path-missing", text, &facts).len(), 1, "what was never there is still to be made");
}

#[test]
fn a_file_that_is_called_missing_and_is_there_is_told() {
    let text = "# Risks\n\n- `docs/restore.md` does not exist\n- `docs/restore.md` is short\n- without `docs/none.md` does not exist\n";
    let found = of("evidence-stale", text, &paths(&[("docs/restore.md", true), ("docs/none.md", false)]));
    assert_eq!(found, [(3, Severity::Info, "'docs/restore.md' is called missing, but it is there".into())]);
}

#[test]
fn links_are_judged_by_what_was_looked_up() {
    let text = "# Risks\n\n[a](gone.md) [b](fine.md) [c](Case.md) [d](fine.md#nothing) [e](many.md) [f](unknown.md) `[g](gone.md)`\n";
    let missing =
        |candidates: &[&str]| LinkFact::Missing { candidates: candidates.iter().map(|c| (*c).into()).collect() };
    let links = BTreeMap::from([
        ("gone.md".to_owned(), missing(&["other/gone.md"])),
        ("fine.md".to_owned(), LinkFact::Sound),
        ("Case.md".to_owned(), LinkFact::OtherCase { right: "case.md".to_owned() }),
        ("fine.md#nothing".to_owned(), LinkFact::NoAnchor { nearest: Some("something".to_owned()) }),
        ("many.md".to_owned(), missing(&["x/many.md", "y/many.md"])),
    ]);
    let facts = RepositoryFacts { links, ..RepositoryFacts::default() };
    let problems: Vec<_> = lints(text, &facts).into_iter().filter(|problem| problem.rule == "broken-link").collect();
    let fixes: Vec<Option<&str>> =
        problems.iter().map(|problem| problem.fix.as_ref().map(|fix| fix.text.as_str())).collect();
    assert_eq!(fixes, [Some("other/gone.md"), Some("case.md"), None, None]);
    assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
    let source = read(text).source;
    assert_eq!(source.slice(problems[0].span.expect("has a place")), "gone.md", "the fix replaces the target alone");
}

#[test]
fn a_name_that_no_file_has_is_told_where_the_text_relies_on_it() {
    let text = "\
# Risks

### R-1: Exports fail
**Impact:** High
**Current guardrail:** kill switch `enable_exports`
**Mitigation:**
- add a flag `allow_retries`
- `drop_slow()` already implemented, `--cache` too
- the switch `enable_exports` exists, and so does `found_name`
";
    let nowhere = |kind, name: &str| ((kind, name.to_owned()), NameFact { files: 0 });
    let mut names = BTreeMap::from([
        nowhere(NameKind::Setting, "enable_exports"),
        nowhere(NameKind::Setting, "allow_retries"),
        nowhere(NameKind::Function, "drop_slow"),
    ]);
    names.insert((NameKind::Setting, "found_name".to_owned()), NameFact { files: 2 });
    let facts = RepositoryFacts { names, ..RepositoryFacts::default() };
    let lines: Vec<usize> = of("name-undefined", text, &facts).into_iter().map(|(line, ..)| line).collect();
    assert_eq!(lines, [5, 8], "planned names, found names and names nobody looked for are not judged");
    assert!(of("name-undefined", text, &RepositoryFacts::default()).is_empty());
}

#[test]
fn a_bare_file_name_is_looked_for_everywhere() {
    let text = "# Risks\n\n- see `rollback-procedures.md`, which already exists; and `main.py`, `read_me.md`\n";
    let named: Vec<String> = read(text).parts.names.into_iter().map(|named| named.name).collect();
    assert_eq!(named, ["rollback-procedures.md", "read_me.md"]);
    let files = BTreeMap::from([("rollback-procedures.md".to_owned(), false), ("read_me.md".to_owned(), true)]);
    let facts = RepositoryFacts { files, ..RepositoryFacts::default() };
    let found = of("path-missing", text, &facts);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, Severity::Warning);
}

#[test]
fn every_heading_of_a_document_has_its_anchor() {
    assert_eq!(anchors("# A b\n\n### R-1: x\n\nText\n====\n"), ["a-b", "r-1-x", "text"]);
}
