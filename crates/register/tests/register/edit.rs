//! Changing a register: the right bytes, and no other.

use std::collections::BTreeMap;

use proptest::prelude::*;
use register::edit::{self, EditError, Splice, splice};
use register::{FieldName, RepositoryFacts, lint};
use text::Span;

use crate::read;

/// The text after everything that has one right answer was mended.
fn mended(text: &str) -> String {
    let problems = lint(&read(text), &RepositoryFacts::default());
    let fixes: Vec<Splice> = problems.iter().filter_map(|problem| problem.fix.as_ref().map(Splice::from)).collect();
    splice(text, &fixes).0
}

#[test]
fn products_and_counts_are_mended_where_they_stand() {
    let rows = "| ID | Risk | Prob | Impact | Score |\r\n|---|---|---|---|---|\r\n| R-1 | a b |  2 | 3 |  **5** |\r\n| R-2 | c d | 1 | 3 | 3 |\r\n";
    let text = format!("Score = P x I\r\n\r\nTotal risks: 3\r\n\r\n{rows}");
    let right = text.replace("**5**", "**6**").replace("risks: 3", "risks: 2");
    assert_eq!(mended(&text), right);
    assert_eq!(mended(&right), right);
}

#[test]
fn what_has_two_right_answers_is_left_alone() {
    let closed = "Total risks: 5\n\n| ID | Risk | Impact | Status |\n|---|---|---|---|\n| R-1 | a b | High | Open |\n| R-2 | c d | High | Closed |\n";
    let words = "| ID | Risk | Prob | Impact | Score |\n|---|---|---|---|---|\n| R-1 | a b | High | High | 9 |\n| R-2 | a b c | High | Low | 2 |\n";
    for text in [closed, words] {
        assert_eq!(mended(text), text);
    }
}

proptest! {
    #[test]
    fn a_splice_changes_its_span_and_nothing_else(
        text in "\\PC{0,40}", new in "\\PC{0,8}", from in 0_usize..60, length in 0_usize..20,
    ) {
        let span = Span::new(from, from + length);
        let (out, made) = splice(&text, &[Splice { span, text: new.clone() }]);
        match text.get(span.range()) {
            Some(old) => {
                prop_assert_eq!(made, 1);
                prop_assert_eq!(&out, &format!("{}{new}{}", &text[..from], &text[from + old.len()..]));
            }
            None => prop_assert_eq!(out, text),
        }
    }
}

#[test]
fn of_two_splices_in_one_place_the_first_counts() {
    let at = |start, end, text: &str| Splice { span: Span::new(start, end), text: text.to_owned() };
    assert_eq!(splice("abcdef", &[at(3, 5, "x"), at(1, 4, "y")]), ("ayef".to_owned(), 1));
    assert_eq!(splice("abcdef", &[at(3, 3, "x"), at(1, 3, "y")]), ("ayxdef".to_owned(), 2));
}

/// The text after a risk's fields were set; `label=value`, each.
fn set_in(text: &str, id: &str, changes: &[&str]) -> Result<String, String> {
    let none = BTreeMap::new();
    edit::set(&read(text), &none, id, &read_changes(changes))
        .map(|edited| edited.text)
        .map_err(|error| error.to_string())
}

fn read_changes(changes: &[&str]) -> Vec<(FieldName, String)> {
    let one = |change: &&str| {
        let (name, value) = change.split_once('=').expect("is name=value");
        (edit::field_name(name, &BTreeMap::new()).expect("is a noun"), value.to_owned())
    };
    changes.iter().map(one).collect()
}

fn add_to(text: &str, title: &str, changes: &[&str]) -> Result<String, String> {
    let none = BTreeMap::new();
    let added = edit::add(&read(text), &none, title, None, &read_changes(changes));
    added.map(|edited| edited.text).map_err(|error| error.to_string())
}

const PLAIN: &str = "# Risks\r\n\r\nTotal risks: 2\r\n\r\n| ID | Risk | Prob | Impact | Score | Status | Owner |\r\n|---|---|---|---|---|---|---|\r\n| R-08 | a \\| b | 2 | 3 | 6 | OPEN | x |\r\n| R-09 | c d | 1 | 3 | 3 | ✅ RESOLVED (v2) |  |\r\n\r\nText.\r\n";
const GERMAN: &str = "# Risiken\n\n| Nr  | Risiko     | Auswirkung | Status |\n|-----|------------|------------|--------|\n| A-1 | Ausfall    | **Hoch**   | Offen  |\n| A-2 | Verlust    | **Mittel** | Offen  |";
const PROSE: &str = "# Risks\n\n## R-1: Big table\n**Impact:** Pages load for minutes\n**Likelihood:** Low\n";
const SECTIONS: &str = "# Risks\n\n## 1. Daemon crash\n\n- **Likelihood**: Medium (seen twice)\n- **Impact**: High\n- **Owner**: Kim\n\nSome words.\n\n## 2. Key lost\n\n- **Likelihood**: Low\n- **Impact**: High\n- **Mitigation**:\n  1. one\n  2. two\n\n## Appendix\n\nEnd.\n";

#[test]
fn a_cell_is_set_in_the_words_of_the_document_and_what_follows_from_it_is_carried_on() {
    let set = set_in(PLAIN, "r-08", &["impact=low", "status=closed (moved to S3 | done)", "owner=ops"]);
    let right = PLAIN.replace("| 2 | 3 | 6 | OPEN | x |", "| 2 | 1 | 2 | ✅ RESOLVED (moved to S3 \\| done) | ops |");
    assert_eq!(set.expect("is there"), right);
    let empty = set_in(PLAIN, "R-09", &["owner=Kim"]).expect("is there");
    assert_eq!(empty, PLAIN.replace("✅ RESOLVED (v2) |  |", "✅ RESOLVED (v2) | Kim |"));
}

#[test]
fn a_padded_column_keeps_its_width() {
    let set = set_in(GERMAN, "A-2", &["Auswirkung=hoch", "status=geschlossen"]).expect("is there");
    assert_eq!(
        set,
        GERMAN.replace("| Verlust    | **Mittel** | Offen  |", "| Verlust    | **Hoch**   | Geschlossen |")
    );
}

#[test]
fn a_label_is_set_and_the_reason_of_the_old_grade_stays_and_is_told() {
    let none = BTreeMap::new();
    let edited = edit::set(&read(SECTIONS), &none, "1", &read_changes(&["likelihood=low"])).expect("is there");
    assert_eq!(edited.text, SECTIONS.replace("Medium (seen twice)", "Low (seen twice)"));
    assert!(edited.notes[0].contains("'seen twice'"), "{:?}", edited.notes);
    let whole = set_in(SECTIONS, "1", &["likelihood=high (weekly now)"]).expect("is there");
    assert_eq!(whole, SECTIONS.replace("Medium (seen twice)", "high (weekly now)"));
    let new = set_in(SECTIONS, "1", &["status=open"]).expect("is there");
    assert_eq!(new, SECTIONS.replace("- **Owner**: Kim\n", "- **Owner**: Kim\n- **Status**: open\n"));
}

#[test]
fn every_place_that_states_a_grade_is_set() {
    let both = "# Risks\n\n| ID | Risk | Impact |\n|---|---|---|\n| R-1 | Crash of daemon | High |\n| R-2 | Loss of keys | Low |\n\n## R-1: Crash of daemon\n\n**Impact:** HIGH\n\n## R-2: Loss of keys\n\n**Impact:** LOW\n";
    let set = set_in(both, "R-1", &["impact=low"]).expect("is there");
    assert_eq!(read(&set).find("R-1").expect("is there").repeated.len(), 1);
    assert_eq!(set.matches("Low").count() + set.matches("LOW").count(), 4, "{set}");
}

#[test]
fn a_row_is_added_in_the_manner_of_the_others() {
    let added = add_to(PLAIN, "Disk | full", &["likelihood=3", "impact=high", "owner=ops"]).expect("is there");
    let row = "| R-10 | Disk \\| full | 3 | 3 | 9 | OPEN | ops |\r\n";
    let right = PLAIN.replace("(v2) |  |\r\n", &format!("(v2) |  |\r\n{row}")).replace("risks: 2", "risks: 3");
    assert_eq!(added, right);
    let german = add_to(GERMAN, "Brand", &["Auswirkung=mittel"]).expect("is there");
    assert_eq!(german, format!("{GERMAN}\n| A-3 | Brand      | **Mittel** | Offen  |"));
    assert_eq!(
        add_to(GERMAN, "Brand", &["owner=x"]).expect_err("is refused"),
        "A-3 has no place for its owner: no column and no label is called so"
    );
}

#[test]
fn a_section_is_added_with_the_labels_of_the_others() {
    let added = add_to(SECTIONS, "Disk full", &["likelihood=high", "owner=Lee"]).expect("is there");
    let section = "## 3. Disk full\n\n- **Likelihood**: High\n- **Impact**: TBD\n- **Owner**: Lee\n\n";
    assert_eq!(added, SECTIONS.replace("## Appendix", &format!("{section}## Appendix")));
}

#[test]
fn an_entry_of_a_list_is_added_like_the_others() {
    let list = "# Risks\n\n1. **Slow search**\n   - Impact: High\n   - Owner: Kim\n2. **Lost mail**\n   - Impact: Low\n   - Owner: Lee\n\nEnd.\n";
    let added = add_to(list, "Disk full", &["impact=high"]).expect("is there");
    assert_eq!(
        added,
        list.replace("Owner: Lee\n", "Owner: Lee\n3. **Disk full**\n   - Impact: High\n   - Owner: TBD\n")
    );
    let plain =
        "# Technical Risks\n\n## Top risks\n\n- Search is slow when the index is cold.\n- Mail is lost on restart.\n";
    assert_eq!(add_to(plain, "Disks fill up", &[]).expect("is there"), format!("{}- Disks fill up\n", plain));
}

#[test]
fn the_first_risk_goes_into_an_empty_table() {
    let empty = "# Risks\n\n| ID | Risk | Impact | Status |\n| --- | --- | --- | --- |\n";
    let added = add_to(empty, "Disk full", &["impact=High"]).expect("is there");
    assert_eq!(added, format!("{empty}| R-1 | Disk full | High | open |\n"));
}

#[test]
fn what_the_document_cannot_say_is_refused() {
    for (text, id, change, why) in [
        (PLAIN, "R-7", "impact=low", "there is no risk `R-7` in this register"),
        (PLAIN, "R-08", "impact=enormous", "`enormous` is no impact of this document"),
        (PLAIN, "R-08", "status=mitigatet", "`mitigatet` is no status of this document"),
        (PLAIN, "R-08", "score=4", "the score is made of the factors (model `bmad`)"),
        (PLAIN, "R-08", "owner=a\nb", "the new owner holds a line break"),
        (PLAIN, "R-08", "effort=2 days", "R-08 has no place for its effort: its table has no such column"),
        (PLAIN, "R-08", "title=x", "the title of a risk is what others refer to, and is not changed here"),
        (PROSE, "R-1", "impact=high", "the impact of R-1 is told in prose, in line 4"),
        (SECTIONS, "2", "mitigation=three", "the mitigation of key-lost is told in several lines, from line 16 on"),
    ] {
        assert_eq!(set_in(text, id, &[change]).expect_err("is refused"), why);
    }
    let none = BTreeMap::new();
    let closed = edit::close(&read(PLAIN), &none, "R-09", "again").expect_err("is refused");
    assert_eq!(closed.to_string(), "R-09 is closed already, in line 8");
    assert!(matches!(edit::add(&read(PLAIN), &none, "x y", Some("R-08"), &[]), Err(EditError::Taken { .. })));
    assert!(matches!(edit::add(&read("# Notes\n\nText.\n"), &none, "x y", None, &[]), Err(EditError::NoList)));
}

proptest! {
    /// Whatever the document: an edit that is made says what was asked, and nothing else changed.
    #[test]
    fn an_edit_changes_its_risk_and_no_other(
        pieces in proptest::collection::vec(proptest::sample::select(crate::laws::PIECES), 0..24), at in 0_usize..8, value in "[A-Za-z|*` (]{1,9}",
    ) {
        let text = pieces.concat();
        let register = read(&text);
        let none = BTreeMap::new();
        let others = |register: &register::Register, id: &str| -> Vec<String> {
            register.risks.iter().filter(|risk| risk.id != id).map(|risk| format!("{:?} {:?}", risk.title, risk.fields.values().map(|field| &field.text).collect::<Vec<_>>())).collect()
        };
        if let Some(risk) = register.risks.get(at) {
            for noun in [FieldName::Impact, FieldName::Owner, FieldName::Status] {
                if let Ok(edited) = edit::set(&register, &none, &risk.id, &[(noun, value.clone())]) {
                    prop_assert_eq!(others(&read(&edited.text), &risk.id), others(&register, &risk.id));
                }
            }
        }
        if let Ok(edited) = edit::add(&register, &none, "Some new thing", None, &[]) {
            let new = read(&edited.text);
            prop_assert_eq!(new.risks.len(), register.risks.len() + 1);
            prop_assert_eq!(others(&new, &edited.id), others(&register, ""));
        }
    }
}
