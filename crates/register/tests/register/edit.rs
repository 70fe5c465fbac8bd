//! Changing a register: the right bytes, and no other.

use proptest::prelude::*;
use register::edit::{Splice, splice};
use register::{RepositoryFacts, lint};
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
