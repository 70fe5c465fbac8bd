//! Banned words and constructs, each with what to write instead.

use crate::tree::Tree;

/// In Rust files: what must not stand there, and why. Written in two pieces so that this file passes its own check.
const IN_CODE: [(&str, &str, &str); 9] = [
    ("TO", "DO", "open an issue, or do it"),
    ("FIX", "ME", "open an issue, or mend it"),
    ("XX", "X", "say it in words"),
    ("#[ig", "nore", "assert today's behavior and say why it is wrong"),
    ("#[al", "low(", "use #[expect(lint, reason = \"..\")]"),
    ("thread::sl", "eep(Duration", "wait for a condition with a deadline; the pause between two looks has a name"),
    ("serde(fl", "atten", "it spoils error messages"),
    ("serde(unt", "agged", "it spoils error messages"),
    ("unimple", "mented!(", "build it, or do not offer it"),
];

/// Notes to oneself are banned in comments only: a register may hold such words, and its reader must know them.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// In code and documents: words with two meanings or none.
const EVERYWHERE: [(&str, &str, &str); 6] = [
    ("white", "list", "allow list"),
    ("black", "list", "deny list"),
    ("circuit is ", "closed", "admitting (people disagree on what closed means)"),
    ("circuit is ", "open", "tripped"),
    ("tamper-", "proof", "tamper-evident"),
    ("util", "ize", "use"),
];

/// Our own texts; the license and the checklist's style sheet are not.
const EXEMPT: [&str; 4] = ["LICENSE-APACHE", "LICENSE-MIT", "STYLE.md", "xtask/src/tidy/words.rs"];

pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, content) in tree.files.iter().filter(|(path, _)| !EXEMPT.contains(&path.as_str())) {
        let code = path.ends_with(".rs");
        let prose = code || path.ends_with(".md") || path.ends_with(".yaml");
        // The example's own document and tests may hold foreign texts with such words in strings.
        // Tests may wait for a moment on purpose: a sweep over kill times, a pause between two looks.
        let waits = |word: &str| word.starts_with("thread::") && path.contains("/tests/");
        let banned =
            IN_CODE.iter().filter(|(first, ..)| code && !waits(first)).chain(EVERYWHERE.iter().filter(|_| prose));
        for (first, second, instead) in banned {
            let word = format!("{first}{second}");
            let note = NOTES.contains(&word.as_str());
            let places = content
                .lines()
                .enumerate()
                .filter(|(_, line)| has_word(if note { comment(line) } else { line }, &word));
            for (index, _) in places {
                findings.push(format!("{path}:{}: `{word}` is banned: {instead}", index + 1));
            }
        }
    }
    findings
}

/// What follows `//` in a line; a `//` within a text counts too, which is seldom and harmless.
fn comment(line: &str) -> &str {
    line.find("//").map_or("", |at| &line[at..])
}

/// Whole words only where the word is letters; `todo_list` is a name and fine.
fn has_word(line: &str, word: &str) -> bool {
    let letters = word.chars().all(|c| c.is_ascii_alphabetic());
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let after = line[at + word.len()..].chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
        !letters || (!before && !after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    #[test]
    fn a_banned_word_is_named_with_what_to_write_instead() {
        let text = format!("//! x\n// {}{}: later\n", "TO", "DO");
        assert_eq!(check(&tree_of(&[("a.rs", &text)])).len(), 1);
        assert!(check(&tree_of(&[("a.rs", "//! x\nlet todos = 1;\n")])).is_empty());
        let data = format!("//! x\nlet placeholder = \"{}{}\";\n", "XX", "X");
        assert!(check(&tree_of(&[("a.rs", &data)])).is_empty());
    }

    #[test]
    fn documents_are_read_too() {
        let text = format!("a {}{} of names\n", "white", "list");
        assert_eq!(check(&tree_of(&[("docs/a.md", &text)])).len(), 1);
    }
}
