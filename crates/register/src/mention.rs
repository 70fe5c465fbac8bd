//! Paths of the repository that the text names, and whether it speaks of them as being there.
//!
//! Only code spans with a `/` and an extension or a closing `/` are paths. Patterns, placeholders, addresses and places
//! outside the repository are not: a path that is no path would become a false finding.

use text::{Source, Span};

use crate::fold::fold;
use crate::model::{Mention, Register, Tense};

/// The most paths of one document.
const MAX_MENTIONS: usize = 10_000;
/// The longest path.
const MAX_PATH_BYTES: usize = 260;
/// How much of a line on either side of a path is read for words that say whether it exists.
const MAX_LINE_BYTES: usize = 200;
const PLACEHOLDERS: &[&str] = &["YYYY", "XXX", "path/to/", "your-", "your_", "example.", "...", "…"];
/// Beginnings of places outside a repository.
const ELSEWHERE: &[&str] = &[
    "/etc/", "/var/", "/usr/", "/tmp/", "/proc/", "/dev/", "/home/", "/opt/", "/sys/", "/root/", "/bin/", "/mnt/",
    "/run/", "~", "@", "//",
];
const EXISTING_WORDS: &[&str] = &[
    "exists",
    "exist",
    "existing",
    "present",
    "already",
    "implemented",
    "configured",
    "current",
    "currently",
    "vorhanden",
];
const PLANNED_WORDS: &[&str] = &[
    "create",
    "add",
    "new",
    "propose",
    "proposed",
    "planned",
    "will",
    "should",
    "todo",
    "missing",
    "introduce",
    "modify",
    "write",
    "neu",
];

/// The paths a register names, with the bytes where they stand. The shell finds out which of them exist.
pub fn named_paths(register: &Register, source: &Source) -> Vec<(String, Span)> {
    let stands_there = |mention: &&Mention| source.slice(mention.span).starts_with(&mention.path);
    register.mentions.iter().filter(stands_there).map(|mention| (mention.path.clone(), mention.span)).collect()
}

/// The paths among code spans. `tense_of` says how the surroundings speak where the line itself says nothing.
pub(crate) fn mentions(text: &str, codes: &[Span], tense_of: impl Fn(Span) -> Tense) -> Vec<Mention> {
    let found = codes.iter().filter_map(|code| {
        let path = path(text.get(code.range())?)?;
        let span = Span::new(code.start, code.start + path.len());
        let tense = match line_tense(text, span) {
            Tense::Unclear => tense_of(span),
            said => said,
        };
        Some(Mention { path: path.to_owned(), span, tense })
    });
    found.take(MAX_MENTIONS).collect()
}

/// The path at the beginning of a code span, without a line number or an anchor.
fn path(code: &str) -> Option<&str> {
    let is_sized = code.len() <= MAX_PATH_BYTES && !code.contains("://");
    let bare = code.split_once('#').map_or(code, |(path, _)| path);
    let bare = match bare.split_once(':') {
        Some((path, rest)) if !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ':') => {
            path
        }
        Some(_) => return None,
        None => bare,
    };
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+');
    let is_pattern = !bare.chars().all(sound) || PLACEHOLDERS.iter().any(|word| bare.contains(word));
    let is_elsewhere = ELSEWHERE.iter().any(|start| bare.starts_with(start));
    let (folder, last) = bare.rsplit_once('/')?;
    let has_extension =
        last.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && is_extension(extension));
    let is_folder = last.is_empty() && folder.chars().any(char::is_alphanumeric);
    let first = bare.trim_start_matches('/').split('/').next().unwrap_or("");
    let is_host = !bare.starts_with(['.', '/'])
        && first
            .rsplit_once('.')
            .is_some_and(|(_, top)| top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic()));
    (is_sized && !is_pattern && !is_elsewhere && !is_host && (has_extension || is_folder)).then_some(bare)
}

fn is_extension(text: &str) -> bool {
    text.len() <= 10
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// What the words of the line say. A word that it exists wins: `new/file.sql (already exists)`.
pub(crate) fn line_tense(text: &str, span: Span) -> Tense {
    let before = &text[text.ceil_char_boundary(span.start.saturating_sub(MAX_LINE_BYTES))..span.start];
    let after = &text[span.end..text.floor_char_boundary((span.end + MAX_LINE_BYTES).min(text.len()))];
    let before = before.rsplit(['\n', '\r']).next().unwrap_or("");
    let after = after.split(['\n', '\r']).next().unwrap_or("");
    let words = format!("{} {}", fold(before), fold(after));
    let has = |list: &[&str]| words.split(' ').any(|word| list.contains(&word));
    match (has(EXISTING_WORDS), has(PLANNED_WORDS)) {
        (true, _) => Tense::Existing,
        (false, true) => Tense::Planned,
        (false, false) => Tense::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_everything_else_in_code() {
        for code in [
            "docs/a.md",
            "kubernetes/db/",
            "/backend/jobs/x.py",
            "../adr/0001-a.md",
            "src/lib.rs:12",
            "a/b.md#c",
            ".github/workflows/ci.yml",
        ] {
            assert!(path(code).is_some(), "{code}");
        }
        for code in [
            "main.rs",
            "a/b",
            "src/**/*.rs",
            "db/YYYY_MM_x.sql",
            "https://x.y/z.html",
            "GET /x/",
            "application/json",
            "/etc/hosts.conf",
            "ghcr.io/a/b.tar",
            "${A}/b.md",
            "<dir>/x.md",
            "10.0.0.0/16",
            "a/b.md:x",
            "{a}/b.md",
            "/",
        ] {
            assert_eq!(path(code), None, "{code}");
        }
        assert_eq!(path("src/lib.rs:12"), Some("src/lib.rs"));
    }

    #[test]
    fn the_line_says_whether_a_path_is_there() {
        let tense = |text: &str| {
            let at = text.find("a/b.md").expect("is there");
            line_tense(text, Span::new(at, at + 6))
        };
        assert_eq!(tense("- Create `a/b.md`"), Tense::Planned);
        assert_eq!(tense("- Add `a/b.md` (already exists!)"), Tense::Existing);
        assert_eq!(tense("already\n- see `a/b.md`\nadd"), Tense::Unclear);
    }
}
