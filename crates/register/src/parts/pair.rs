//! Keys with values that the text says stand in a file: `` `minAvailable: 1` in `k8s/pdb.yaml` ``.
//!
//! Both must stand in code marks, and the file in the same line or list entry; anything less would bind a value to the wrong
//! file. Files are YAML, JSON or `.env`, which can be looked up without running anything.

use text::Span;

use super::Reading;

/// The most pairs of one document.
const MAX_PAIRS: usize = 5_000;
/// The longest key or value.
const MAX_SIDE_BYTES: usize = 120;
/// Extensions of files whose values can be looked up.
const EXTENSIONS: [&str; 4] = [".yaml", ".yml", ".json", ".env"];

/// A key with its value and the file it is said to stand in.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The file, as written.
    pub file: String,
    /// The key, its parts joined by dots: `spec.minAvailable`.
    pub key: String,
    /// The value as written, without quotes.
    pub value: String,
    /// Where key and value stand.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// Reads them: pairs that share a line with exactly one file.
pub(super) fn read(reading: &Reading<'_>) -> Vec<Pair> {
    let context = reading.context;
    let mut pairs = Vec::new();
    let codes = &context.page.codes;
    let mut at = 0;
    while at < codes.len() && pairs.len() < MAX_PAIRS {
        let line = context.line(codes[at].start);
        let end =
            codes[at..].iter().position(|code| context.line(code.start) != line).map_or(codes.len(), |more| at + more);
        let of_line = &codes[at..end];
        let files: Vec<&str> = of_line.iter().map(|code| context.slice(*code)).filter(|text| is_file(text)).collect();
        if let [file] = files.as_slice() {
            let found = of_line.iter().filter_map(|code| {
                let (key, value) = split(context.slice(*code))?;
                Some(Pair { file: (*file).to_owned(), key, value, span: *code, line })
            });
            pairs.extend(found);
        }
        at = end;
    }
    pairs
}

fn is_file(text: &str) -> bool {
    let lower = text.to_lowercase();
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    text.len() <= 260 && text.chars().all(sound) && EXTENSIONS.iter().any(|extension| lower.ends_with(extension))
}

/// `.values.enabled: true` and `MAX_CONNECTIONS=100`.
fn split(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once(": ").or_else(|| text.split_once('='))?;
    let key = key.trim().trim_start_matches("$.").trim_start_matches('.');
    let value = value.trim().trim_matches(['"', '\'']);
    let sound_key = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let sound_value = !value.is_empty()
        && !value.contains(['<', '>', '{', '}', '[', ']', '$', '*', '…', ' '])
        && !value.contains("..");
    let sized = key.len() <= MAX_SIDE_BYTES && value.len() <= MAX_SIDE_BYTES;
    (sound_key && sound_value && sized).then(|| (key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_a_key_with_one_plain_value() {
        let pair = |key: &str, value: &str| Some((key.to_owned(), value.to_owned()));
        assert_eq!(split(".values.pdb.enabled: true"), pair("values.pdb.enabled", "true"));
        assert_eq!(split("MAX_CONNECTIONS=100"), pair("MAX_CONNECTIONS", "100"));
        assert_eq!(split("mode: \"strict\""), pair("mode", "strict"));
        for other in
            ["minAvailable", "a: <number>", "--set x=1", "a: [1, 2]", "if x == 1", "image: ${TAG}", "note: two words"]
        {
            assert_eq!(split(other), None, "{other}");
        }
    }
}
