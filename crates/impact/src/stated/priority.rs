//! How urgent rows are said to be, against what is lost.

use super::Comparing;
use super::rows::{StatedRow, worst};
use crate::{Impact, Priority, Row};

/// Losses that differ by less are the same.
const SAME: f64 = 0.01;

/// A row whose priority is stated, beside what follows.
struct Weighed<'c> {
    row: &'c StatedRow,
    computed: &'c Row,
    stated: u32,
    right: u32,
}

/// Compares the priorities of the rows whose failure is a matter of availability; other harm is not weighed against use.
pub(super) fn compare(comparing: &mut Comparing<'_>, rows: &[StatedRow]) {
    // Where the most urgent is P1, numbers count from there.
    let first = rows.iter().filter_map(|row| row.priority).map(|(number, _)| number).min().unwrap_or(0);
    let weighed: Vec<Weighed<'_>> = rows.iter().filter_map(|row| weigh(row, comparing.impact, first)).collect();
    for one in &weighed {
        let Some((_, span)) = one.row.priority else { continue };
        let lost = |row: &Row| format!("{:.0} %", row.loss * 100.0);
        let word = |number: u32| format!("P{}", number + first);
        let (name, stated) = (one.row.name(), word(one.stated));
        let place = std::slice::from_ref(&one.computed.component);
        if one.stated > one.right {
            let example = before(&weighed, one).map_or(String::new(), |other| {
                format!("; '{}', with {}, is {}", other.row.name(), lost(other.computed), word(other.stated))
            });
            let message = format!(
                "'{name}' is {stated}, and by what is lost ({} of all use) it is {}{example}",
                lost(one.computed),
                word(one.right)
            );
            comparing.difference("priority-too-low", span, message, "raise it, or say why less is lost", place);
        } else if let Some(other) = after(&weighed, one).filter(|_| one.stated < one.right) {
            let message = format!(
                "'{name}' ({} of all use lost) is {stated}, before '{}' ({} lost), which is {}",
                lost(one.computed),
                other.row.name(),
                lost(other.computed),
                word(other.stated)
            );
            let help = "order them by what is lost, or say why the smaller one comes first";
            comparing.difference("priority-too-high", span, message, help, place);
        }
    }
}

fn weigh<'c>(row: &'c StatedRow, impact: &'c Impact, first: u32) -> Option<Weighed<'c>> {
    let (stated, _) = row.priority?;
    if row.is_mild() {
        return None;
    }
    let computed = row.computed(impact).filter(|computed| !worst(computed).is_harm())?;
    let right = match computed.priority {
        Priority::P0 => 0,
        Priority::P1 => 1,
        Priority::P2 => 2,
        Priority::None => 3,
    };
    // Below P2 nothing is computed: a fourth level is as little as the third.
    let stated = if right == 2 { (stated - first).min(2) } else { stated - first };
    Some(Weighed { row, computed, stated, right })
}

/// A row that loses less, is said to be more urgent, and is not wrong itself; the one that loses least.
fn before<'w, 'c>(weighed: &'w [Weighed<'c>], one: &Weighed<'c>) -> Option<&'w Weighed<'c>> {
    let less = |other: &&Weighed<'_>| other.computed.loss + SAME < one.computed.loss;
    let others = weighed.iter().filter(|other| other.stated < one.stated && other.stated >= other.right);
    others.filter(less).min_by(|left, right| left.computed.loss.total_cmp(&right.computed.loss))
}

/// A row that loses more and is said to be less urgent; the one that loses most.
fn after<'w, 'c>(weighed: &'w [Weighed<'c>], one: &Weighed<'c>) -> Option<&'w Weighed<'c>> {
    let more = |other: &&Weighed<'_>| other.computed.loss > one.computed.loss + SAME;
    let others = weighed.iter().filter(|other| other.stated > one.stated && other.stated <= other.right);
    others.filter(more).max_by(|left, right| left.computed.loss.total_cmp(&right.computed.loss))
}
