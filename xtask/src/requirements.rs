//! `docs/requirements.md`: one row for each of the 280 capabilities, held to what the tree really contains.
//!
//! A row is `| id | what | state | shown by | turns |`. `shown by` names tests as `package::test_name` in backticks,
//! `turns` names one line of code and what to make of it (`` `file` `old` => `new` ``) so that the test must fail.

use std::collections::BTreeSet;

use crate::tree::Tree;

pub(crate) const PAGE: &str = "docs/requirements.md";

/// Prefix and count of each family of ids.
const FAMILIES: [(&str, usize); 5] = [("S000", 47), ("S001", 97), ("S002", 49), ("S003", 29), ("S004", 58)];

const STATES: [&str; 4] = ["works", "partly", "not yet", "proved, not provided"];

/// One row of the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) id: String,
    pub(crate) state: String,
    /// Package and test function.
    pub(crate) tests: Vec<(String, String)>,
    pub(crate) turn: Option<Turn>,
}

/// A change that the row's tests must notice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn {
    pub(crate) path: String,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// The rows of the page; lines that are not rows are passed over.
pub(crate) fn rows(page: &str) -> Vec<Row> {
    page.lines().enumerate().filter_map(|(index, line)| row(index + 1, line)).collect()
}

fn row(line_number: usize, line: &str) -> Option<Row> {
    let cells: Vec<String> = split_cells(line);
    let [id, _, state, shown, turns] = cells.as_slice() else { return None };
    if !FAMILIES.iter().any(|(family, _)| id.starts_with(&format!("{family}-"))) {
        return None;
    }
    let shown = quoted(shown);
    let tests = shown
        .iter()
        .filter_map(|name| name.split_once("::"))
        .map(|(package, test)| (package.to_owned(), test.to_owned()));
    let turn = match quoted(turns).as_slice() {
        [path, old, new] => Some(Turn { path: path.clone(), old: old.clone(), new: new.clone() }),
        _ => None,
    };
    Some(Row { line: line_number, id: id.clone(), state: state.clone(), tests: tests.collect(), turn })
}

/// Cells of a table row; `\|` stays inside its cell.
fn split_cells(line: &str) -> Vec<String> {
    let Some(inner) = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|')) else { return Vec::new() };
    let parts = inner.replace("\\|", "\u{1}");
    parts.split('|').map(|cell| cell.replace('\u{1}', "|").trim().to_owned()).collect()
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every way in which the page could promise too much.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let Some(page) = tree.files.get(PAGE) else { return vec![format!("{PAGE}: is missing")] };
    let rows = rows(page);
    let mut findings = complete(&rows);
    findings.extend(miscounted(page, &rows));
    for row in &rows {
        let at = format!("{PAGE}:{}: {}", row.line, row.id);
        findings.extend(check_row(tree, row).into_iter().map(|what| format!("{at}: {what}")));
    }
    findings
}

fn complete(rows: &[Row]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        if !seen.insert(row.id.clone()) {
            findings.push(format!("{PAGE}:{}: {} stands twice", row.line, row.id));
        }
    }
    for (family, count) in FAMILIES {
        for number in 1..=count {
            if !seen.remove(&format!("{family}-{number}")) {
                findings.push(format!("{PAGE}: {family}-{number} has no row"));
            }
        }
    }
    findings.extend(seen.into_iter().map(|id| format!("{PAGE}: {id} is not an id of the checklist")));
    findings
}

/// The page's own counts, `| works | 32 |`, against its rows: totals are where people err.
fn miscounted(page: &str, rows: &[Row]) -> Vec<String> {
    let mut findings = Vec::new();
    for state in STATES {
        let count = rows.iter().filter(|row| row.state == state).count();
        let stated = page.lines().map(split_cells).find(|cells| cells.first().is_some_and(|cell| cell == state));
        let stated = stated.and_then(|cells| cells.get(1).cloned());
        if let Some(stated) = stated.filter(|stated| *stated != count.to_string()) {
            findings.push(format!("{PAGE}: `{state}` is said to be {stated} times, and it is {count}"));
        }
    }
    findings
}

fn check_row(tree: &Tree, row: &Row) -> Vec<String> {
    let mut findings = Vec::new();
    if !STATES.contains(&row.state.as_str()) {
        findings.push(format!("`{}` is no state; one of: {}", row.state, STATES.join(", ")));
    }
    let promised = row.state != "not yet";
    if promised && row.tests.is_empty() {
        findings.push("names no test that shows it".to_owned());
    }
    if row.state == "works" && row.turn.is_none() {
        findings.push("works, but names no line that turns its test".to_owned());
    }
    for (package, test) in &row.tests {
        if !test_exists(tree, package, test) {
            findings.push(format!("test `{package}::{test}` does not exist"));
        }
    }
    if let Some(turn) = &row.turn {
        let count = tree.files.get(&turn.path).map_or(0, |content| content.matches(&turn.old).count());
        if count != 1 {
            findings.push(format!("`{}` stands {count} times in {}, it must stand once", turn.old, turn.path));
        }
    }
    findings
}

fn test_exists(tree: &Tree, package: &str, test: &str) -> bool {
    let folder = ["crates", "examples"].map(|parent| format!("{parent}/{package}/"));
    // A table of tests may make functions by a macro: `name: "..`.
    let wanted = [format!("fn {test}("), format!("{test}: \"")];
    let inside = |path: &str| {
        folder.iter().any(|folder| path.starts_with(folder)) || (package == "xtask" && path.starts_with("xtask/"))
    };
    tree.rust().any(|(path, content)| inside(path) && wanted.iter().any(|wanted| content.contains(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    const GOOD: &str = "| S000-1 | what | works | `a::it_holds` | `crates/a/src/lib.rs` `x > 1` => `x > 2` |";
    const CODE: &str = "fn f() { x > 1 }\n#[test]\nfn it_holds() {}\n";

    fn findings(row: &str) -> Vec<String> {
        let tree = tree_of(&[(PAGE, row), ("crates/a/src/lib.rs", CODE)]);
        check(&tree).into_iter().filter(|finding| !finding.contains("has no row")).collect()
    }

    #[test]
    fn a_row_with_test_and_turn_is_fine() {
        assert!(findings(GOOD).is_empty());
    }

    #[test]
    fn a_test_that_does_not_exist_is_a_finding() {
        assert_eq!(findings(&GOOD.replace("it_holds", "it_hopes")).len(), 1);
    }

    #[test]
    fn a_line_that_is_gone_is_a_finding() {
        assert_eq!(findings(&GOOD.replace("x > 1", "y > 1")).len(), 1);
    }

    #[test]
    fn works_without_test_or_turn_is_a_finding() {
        assert_eq!(findings("| S000-1 | what | works | - | - |").len(), 2);
        assert!(findings("| S000-1 | what | not yet | - | - |").is_empty());
    }

    #[test]
    fn a_missing_or_foreign_id_is_a_finding() {
        let tree = tree_of(&[(PAGE, "| S000-99 | what | not yet | - | - |")]);
        assert_eq!(check(&tree).len(), 281);
    }

    #[test]
    fn a_count_that_is_not_so_is_a_finding() {
        assert!(findings(&format!("| works | 1 | what it means |\n{GOOD}")).is_empty());
        assert_eq!(findings(&format!("| works | 2 | what it means |\n{GOOD}")).len(), 1);
    }

    #[test]
    fn an_escaped_bar_stays_in_its_cell() {
        let row = row(1, "| S000-1 | a | works | `a::b` | `c.rs` `x \\|\\| y` => `x` |").expect("is a row");
        assert_eq!(row.turn.map(|turn| turn.old), Some("x || y".to_owned()));
    }
}
