//! Whether a text says anything: a file that is empty, or holds nothing but headings and a promise to write it, is there and
//! tells nobody what to do.

use std::sync::LazyLock;

use regex::Regex;

/// What stands where a text shall be written.
const PROMISES: &str = concat!(
    r"(?i)^([\W_]*\b(t",
    r"odo|tbd|tba|fix",
    r"me|wip)\b.*|[\W_]*(\(?to be (added|announced|completed|confirmed|decided|defined|described|determined|documented|",
    r"done|filled|written)\b.*|coming soon|under construction|work in progress|not (yet )?(written|documented)( yet)?|",
    r"placeholder|description here|your text here|fill (this )?in( later)?|n/?a|none|lorem ipsum\b.*)[\W_]*)$",
);

static PROMISE: LazyLock<Regex> = LazyLock::new(|| Regex::new(PROMISES).expect("is a pattern"));
static REMARK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<!--.*?-->").expect("is a pattern"));

/// Whether a text is nothing but headings, rules and promises. `lorem ipsum` stands for a whole paragraph.
pub(crate) fn is_placeholder(path: &str, text: &str) -> bool {
    let is_prose = [".md", ".markdown", ".rst", ".adoc", ".txt", ".html"].iter().any(|end| path.ends_with(end));
    if !is_prose {
        return text.lines().all(|line| line.trim().is_empty() || PROMISE.is_match(line.trim()));
    }
    let text = REMARK.replace_all(text, "");
    let body = front_matter(&text);
    let paragraphs = body.split("\n\n");
    let mut lines =
        paragraphs.filter(|part| !part.trim().to_lowercase().starts_with("lorem ipsum")).flat_map(str::lines);
    lines.all(|line| says_nothing(line.trim()))
}

fn says_nothing(line: &str) -> bool {
    let is_heading = line.starts_with('#') || line.starts_with("= ") || line.starts_with("== ");
    let is_rule = line.chars().all(|c| !c.is_alphanumeric());
    is_heading || is_rule || PROMISE.is_match(line)
}

/// The text behind a block between `---` at its beginning.
fn front_matter(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("---\n") else { return text };
    rest.split_once("\n---\n").map_or(text, |(_, body)| body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_promises_say_nothing_and_one_sentence_does() {
        let is = |text: &str| is_placeholder("a.md", text);
        let promise = concat!("TO", "DO: write this down");
        assert!(is("") && is("# Runbook\n\n") && is(&format!("# Runbook\n\n- {promise}\n")));
        assert!(is("---\ntitle: x\n---\n# R\n<!-- a\nb -->\nTBD\n\nLorem ipsum dolor\nsit amet\n"));
        assert!(is("# Restore\n\n_To be written._\n\nComing soon...\n"));
        assert!(!is("# Restore\n\nRun `make restore`.\n") && !is("# R\n\nThe old key is none of these.\n"));
        assert!(!is_placeholder("a.py", "import os\n") && is_placeholder("a.py", "\n"));
    }
}
