//! The nearest known name to a mistyped one.

/// The candidate that differs least from `name`, when the difference is small enough to be a slip:
/// at most a third of the longer word, counted in edits (Damerau-Levenshtein, adjacent swaps are one edit).
///
/// ```
/// assert_eq!(text::nearest("replcias", ["kind", "replicas"]), Some("replicas"));
/// assert_eq!(text::nearest("color", ["kind", "replicas"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &str| {
        let (own, other) = (name.chars().count(), candidate.chars().count());
        let allowed = (own.max(other) / 3).max(1);
        if own.abs_diff(other) > allowed {
            return None;
        }
        let edits = distance(&name.to_lowercase(), &candidate.to_lowercase());
        (edits <= allowed).then_some(edits)
    };
    let scored = candidates.into_iter().filter_map(|candidate| Some((near(candidate)?, candidate)));
    scored.min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}

fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let width = right.len() + 1;
    let mut table = vec![0; (left.len() + 1) * width];
    for row in 0..=left.len() {
        for column in 0..=right.len() {
            table[row * width + column] = cell(&table, width, (row, column), &left, &right);
        }
    }
    table[left.len() * width + right.len()]
}

fn cell(table: &[usize], width: usize, (row, column): (usize, usize), left: &[char], right: &[char]) -> usize {
    if row == 0 || column == 0 {
        return row.max(column);
    }
    let at = |row: usize, column: usize| table[row * width + column];
    let same = usize::from(left[row - 1] != right[column - 1]);
    let best = (at(row - 1, column) + 1).min(at(row, column - 1) + 1).min(at(row - 1, column - 1) + same);
    let swapped = row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
    if swapped { best.min(at(row - 2, column - 2) + 1) } else { best }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_edit() {
        assert_eq!(distance("mitgiation", "mitigation"), 1);
    }

    #[test]
    fn an_unrelated_word_has_no_nearest() {
        assert_eq!(nearest("xyz", ["component", "edge"]), None);
    }
}
