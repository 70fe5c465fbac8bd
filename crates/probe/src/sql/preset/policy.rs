//! Which policies let everything through: those whose condition is true whatever the row holds.
//!
//! The condition is read as the server prints it. `true`, `1 = 1`, `tenant = tenant` and `.. OR true` are found; anything
//! that would have to be computed is not. A restrictive policy on the same command, for everybody, takes back what a
//! permissive one gives, so that a pair of them is not void.

use crate::sql::session::Row;

/// The policies that let everything through, with their tables, commands and roles.
pub(super) fn void(policies: &[Row]) -> Vec<String> {
    let is_void = |row: &&Row| {
        row.boolean("permissive") == Some(true)
            && row.boolean("for_app") != Some(false)
            && lets_all_through(row)
            && !policies.iter().any(|other| takes_back(other, row))
    };
    policies.iter().filter(is_void).map(told).collect()
}

fn told(row: &Row) -> String {
    let command = match row.text("command") {
        Some("r") => "SELECT",
        Some("a") => "INSERT",
        Some("w") => "UPDATE",
        Some("d") => "DELETE",
        _ => "ALL",
    };
    format!("{}.{}: {command} to {}", row.words("table"), row.words("name"), row.words("roles"))
}

/// What may be read, changed or removed is bound by `USING`; what is inserted, by `WITH CHECK` alone. A check that is
/// always true lets rows of others be written even where the condition for reading is sound.
fn lets_all_through(row: &Row) -> bool {
    ["using", "check"].iter().any(|name| row.text(name).is_some_and(is_always_true))
}

fn takes_back(other: &Row, row: &Row) -> bool {
    let same_command = other.text("command") == Some("*") || other.text("command") == row.text("command");
    let same_table = other.text("table") == row.text("table");
    let for_all = other.text("roles") == Some("PUBLIC") || other.text("roles") == row.text("roles");
    other.boolean("permissive") == Some(false) && same_table && same_command && for_all && !lets_all_through(other)
}

/// Whether a condition is true of every row, as far as its words show.
fn is_always_true(condition: &str) -> bool {
    let condition = without_brackets(condition.trim());
    if condition.eq_ignore_ascii_case("true") {
        return true;
    }
    let alternatives = split(condition, " OR ");
    if alternatives.len() > 1 {
        return alternatives.iter().any(|part| is_always_true(part));
    }
    let demands = split(condition, " AND ");
    if demands.len() > 1 {
        return demands.iter().all(|part| is_always_true(part));
    }
    let sides = split(condition, " = ");
    matches!(sides.as_slice(), [left, right] if without_brackets(left) == without_brackets(right))
}

/// Takes away brackets around the whole.
fn without_brackets(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if !is_balanced(inner) {
            break;
        }
        text = inner.trim();
    }
    text
}

/// Whether no bracket closes what it did not open.
fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    let mut lowest = 0;
    outside_texts(text, |_, letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        lowest = lowest.min(depth);
    });
    depth == 0 && lowest == 0
}

/// The parts of a text between separators that stand in no bracket and in no quotes.
fn split<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let (mut depth, mut begun, mut parts) = (0_i32, 0, Vec::new());
    outside_texts(text, |at, letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        if depth == 0 && at >= begun && text[at..].starts_with(separator) {
            parts.push(&text[begun..at]);
            begun = at + separator.len();
        }
    });
    parts.push(&text[begun..]);
    parts
}

/// Each letter with its place that is in no quotes.
fn outside_texts(text: &str, mut take: impl FnMut(usize, char)) {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None => take(at, letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_cannot_be_false_are_found_and_others_are_not() {
        for condition in [
            "true",
            "(true)",
            "(1 = 1)",
            "(tenant = tenant)",
            "((tenant = current_setting('app.tenant'::text)) OR true)",
            "((1 = 1) AND true)",
            "('a'::text = 'a'::text)",
        ] {
            assert!(is_always_true(condition), "{condition}");
        }
        for condition in [
            "false",
            "(tenant = CURRENT_USER)",
            "((tenant = 'a'::text) AND ((b = 1) OR true))",
            "(note = ' OR true'::text)",
            "(a = 1) OR (b = 2)",
            "is_true(x)",
            "(NOT true)",
        ] {
            assert!(!is_always_true(condition), "{condition}");
        }
    }
}
