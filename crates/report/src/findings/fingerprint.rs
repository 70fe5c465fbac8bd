//! What a finding is known by when the lines around it move: rule, file, and the words of its line.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};
use text::{Problem, Source};

/// One for each problem, in their order: 16 hexadecimal digits over the rule, the path, the words of its line or of its row's first
/// cell, and a number where all of these are the same. The message is no part of it, because it may
/// name lines and days.
pub fn fingerprints(problems: &[Problem], sources: &BTreeMap<String, Source>) -> Vec<String> {
    let mut seen: HashMap<[u8; 32], u32> = HashMap::new();
    problems
        .iter()
        .map(|problem| {
            let words = words(problem, sources);
            let nth = seen.entry(digest(problem, &words, 0)).and_modify(|nth| *nth += 1).or_insert(0);
            let own = digest(problem, &words, *nth);
            own[..8].iter().map(|byte| format!("{byte:02x}")).collect()
        })
        .collect()
}

/// A longer line is no line of prose; then only the words pointed to count.
const MAX_LINE_BYTES: usize = 4 * 1024;

/// The words that a finding is about. A row of a table is known by its first cell, so that an edit of another cell does not
/// make all its findings new.
fn words(problem: &Problem, sources: &BTreeMap<String, Source>) -> String {
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (Some(span), Some(source)) = (problem.span, sources.get(&problem.path)) else {
        return joined(&problem.message);
    };
    let line = source.line_text(problem.line);
    if line.len() > MAX_LINE_BYTES {
        let own = source.slice(span);
        return joined(own.get(..own.floor_char_boundary(MAX_LINE_BYTES)).unwrap_or(own));
    }
    match line.trim_start().strip_prefix('|') {
        Some(row) => {
            let own = source.slice(span).lines().next().unwrap_or("");
            format!("{} | {}", joined(row.split('|').next().unwrap_or("")), joined(own))
        }
        None => joined(line),
    }
}

fn digest(problem: &Problem, words: &str, nth: u32) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [problem.rule, &problem.path, words] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(nth.to_be_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use text::Span;

    use super::*;

    fn of(text: &str, starts: &[usize]) -> Vec<String> {
        let source = Source::new("a.md", text);
        let problems: Vec<Problem> =
            starts.iter().map(|at| Problem::error("off-scale", &source, Span::new(*at, *at + 1), "x")).collect();
        fingerprints(&problems, &BTreeMap::from([("a.md".to_owned(), source)]))
    }

    #[test]
    fn a_fingerprint_stays_when_lines_move_and_changes_with_the_words() {
        let one = of("| R-1 | 4 |\n", &[2]);
        assert_eq!(of("# Title\n\n|  R-1 | 4 |\n", &[12]), one);
        assert_ne!(of("| R-2 | 4 |\n", &[2]), one);
        assert_ne!(of("a b\n", &[0]), of("a c\n", &[0]));
    }

    #[test]
    fn another_cell_of_the_row_may_change() {
        assert_eq!(of("| R-1 | 4 | x |\n", &[8]), of("| R-1 | 4 | y |\n", &[8]));
    }

    #[test]
    fn the_same_line_twice_gives_two() {
        let two = of("| a |\n| a |\n", &[2, 8]);
        assert_ne!(two[0], two[1]);
    }
}
