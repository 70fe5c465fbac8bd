//! Words of a text in the form in which they are compared: lower case, without accents, marks and punctuation.
//!
//! People write the same word in many coats (`**Élevé**`, `eleve`, `ELEVE`). Comparing folded words keeps the
//! tables of words small. Nothing here is shown to people, except a slug.

/// The longest text whose markup is removed; what follows is left out of the plain form, never of the original.
const MAX_PLAIN_BYTES: usize = 4096;
/// The longest text that is folded without memory of its own.
const MAX_SMALL_BYTES: usize = 64;
/// How far behind a `[` its `](` may stand.
const MAX_LINK_BYTES: usize = 300;
/// The longest slug.
const MAX_SLUG_BYTES: usize = 60;
/// Letters that decide whether two words are the same in a title: `rotated` and `rotation` are.
const STEM_CHARS: usize = 5;
/// Words that say nothing about which risk is meant.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "as", "at", "by", "can", "der", "des", "die", "do", "el", "et", "for", "from", "in", "into",
    "is", "la", "le", "no", "not", "of", "on", "or", "per", "risk", "risks", "risiko", "the", "to", "und", "with", "y",
];

/// Lower case, accents removed, every run of other characters one space: `**Niveau (élevé)**` is `niveau eleve`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len().min(MAX_PLAIN_BYTES));
    let mut gap = false;
    for c in text.chars().take(MAX_PLAIN_BYTES) {
        if !c.is_ascii() && is_combining(c) {
            continue;
        }
        if !c.is_alphanumeric() {
            gap = !folded.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            folded.push(' ');
        }
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else {
            push_plain_letter(c, &mut folded);
        }
    }
    folded
}

/// Looks at a folded text that need not be kept; a short one is folded on the stack.
pub(crate) fn with_folded<T>(text: &str, look: impl FnOnce(&str) -> T) -> T {
    if text.len() > MAX_SMALL_BYTES || !text.is_ascii() {
        return look(&fold(text));
    }
    let mut small = [0_u8; MAX_SMALL_BYTES];
    let mut length = 0;
    let mut gap = false;
    for byte in text.bytes() {
        if !byte.is_ascii_alphanumeric() {
            gap = length > 0;
            continue;
        }
        if std::mem::take(&mut gap) {
            small[length] = b' ';
            length += 1;
        }
        small[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    look(std::str::from_utf8(&small[..length]).unwrap_or_default())
}

/// The folded text without what stands in brackets at its end: `Impact (1-5)` is `impact`.
pub(crate) fn fold_label(text: &str) -> String {
    let text = text.trim();
    let before = match text.find(['(', '[']) {
        Some(at) if at > 0 => &text[..at],
        _ => text,
    };
    fold(before)
}

/// Lower-case ASCII letters and digits joined by dashes, at most 60 bytes.
/// A title without any such letter gets a name made of its own characters, so that it stays the same.
pub fn slug(title: &str) -> String {
    let folded = fold(title);
    let mut slug = String::with_capacity(folded.len().min(MAX_SLUG_BYTES));
    for word in folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let needed = slug.len() + usize::from(!slug.is_empty()) + word.len();
        if needed > MAX_SLUG_BYTES {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    if slug.is_empty() { format!("risk-{:08x}", digest(title)) } else { slug }
}

/// The stems of the words of a title that say which risk is meant, sorted, each once.
pub(crate) fn stems(title: &str) -> Vec<String> {
    let mut stems: Vec<String> = telling(&fold(title)).map(str::to_owned).collect();
    stems.sort();
    stems.dedup();
    stems
}

/// The stems of the telling words of a folded title, in its order.
pub(crate) fn telling(folded: &str) -> impl Iterator<Item = &str> {
    let words = folded.split(' ').filter(|word| !word.is_empty() && !STOP_WORDS.contains(word));
    words.map(|word| &word[..word.char_indices().nth(STEM_CHARS).map_or(word.len(), |(at, _)| at)])
}

/// How many entries two sorted lists share.
pub(crate) fn shared<T: Ord>(left: &[T], right: &[T]) -> usize {
    left.iter().filter(|word| right.binary_search(word).is_ok()).count()
}

/// The text without the marks of Markdown: emphasis, strike-through, code ticks, links, tags, escapes.
pub(crate) fn plain(raw: &str) -> String {
    let raw = cut(raw.trim(), MAX_PLAIN_BYTES);
    if !raw.contains(may_be_markup) && !raw.contains("  ") {
        return raw.trim_matches('_').to_owned();
    }
    // In a cell the mark between cells is escaped even within code.
    let unescaped = raw.contains("\\|").then(|| raw.replace("\\|", "|"));
    let mut rest = unescaped.as_deref().unwrap_or(raw);
    let mut text = String::with_capacity(rest.len());
    let mut gap = false;
    while let Some(c) = rest.chars().next() {
        let (shown, taken) = piece(rest, c);
        for c in shown.chars() {
            if c.is_whitespace() {
                gap = !text.is_empty();
                continue;
            }
            if std::mem::take(&mut gap) {
                text.push(' ');
            }
            text.push(c);
        }
        rest = &rest[taken..];
    }
    if text.starts_with('_') || text.ends_with('_') { text.trim_matches('_').to_owned() } else { text }
}

/// Whether a text holds an ASCII word, in whatever case.
pub(crate) fn holds(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether [`piece`] may take more than this character, or show another one; a space counts where it is not plain.
fn may_be_markup(c: char) -> bool {
    matches!(c, '\\' | '`' | '*' | '~' | '!' | '[' | ']' | '<' | '&' | ':') || (c != ' ' && c.is_whitespace())
}

/// The first `limit` bytes, or a little less where that would split a character.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// What the beginning of `rest` looks like without markup, and how many bytes it takes.
fn piece(rest: &str, first: char) -> (&str, usize) {
    match first {
        '\\' if rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) => (&rest[1..2], 2),
        '`' => code(rest),
        '*' => ("", 1),
        '~' if rest.starts_with("~~") => ("", 2),
        '!' if rest.starts_with("![") => ("", 1),
        '[' if cut(rest, MAX_LINK_BYTES).contains("](") => ("", 1),
        ']' if rest.starts_with("](") => ("", rest.find(')').map_or(1, |end| end + 1)),
        '<' => tag(rest),
        '&' => entity(rest),
        ':' => shortcode(rest),
        _ => (&rest[..first.len_utf8()], first.len_utf8()),
    }
}

/// A code span keeps its characters; a tick without its partner is dropped.
fn code(rest: &str) -> (&str, usize) {
    let ticks = rest.len() - rest.trim_start_matches('`').len();
    match rest[ticks..].find(&rest[..ticks]) {
        Some(close) => (&rest[ticks..ticks + close], 2 * ticks + close),
        None => ("", ticks),
    }
}

fn tag(rest: &str) -> (&str, usize) {
    let names_something = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
    match rest.find('>') {
        Some(end) if names_something => (" ", end + 1),
        _ => (&rest[..1], 1),
    }
}

fn entity(rest: &str) -> (&str, usize) {
    const ENTITIES: &[(&str, &str)] = &[
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&#124;", "|"),
        ("&ndash;", "–"),
        ("&mdash;", "—"),
    ];
    let known = ENTITIES.iter().find(|(name, _)| rest.starts_with(name));
    known.map_or((&rest[..1], 1), |(name, shown)| (*shown, name.len()))
}

/// `:red_circle:` is 🔴; a code that says nothing about a risk stays as it is.
fn shortcode(rest: &str) -> (&str, usize) {
    const CODES: &[(&str, &str)] = &[
        (":red_circle:", "🔴"),
        (":large_orange_circle:", "🟠"),
        (":orange_circle:", "🟠"),
        (":large_yellow_circle:", "🟡"),
        (":yellow_circle:", "🟡"),
        (":large_green_circle:", "🟢"),
        (":green_circle:", "🟢"),
        (":large_blue_circle:", "🔵"),
        (":white_circle:", "⚪"),
        (":white_check_mark:", "✅"),
        (":heavy_check_mark:", "✅"),
        (":ballot_box_with_check:", "☑"),
        (":x:", "❌"),
        (":no_entry:", "⛔"),
        (":warning:", "⚠"),
        (":construction:", "🚧"),
        (":hourglass:", "⏳"),
    ];
    let known = CODES.iter().find(|(code, _)| rest.starts_with(code));
    known.map_or((&rest[..1], 1), |(code, shown)| (*shown, code.len()))
}

fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) || ('\u{64b}'..='\u{652}').contains(&c)
}

fn push_plain_letter(c: char, into: &mut String) {
    const GROUPS: &[(&str, &str)] = &[
        ("àáâãäåāăą", "a"),
        ("çćč", "c"),
        ("ďđ", "d"),
        ("èéêëēėęě", "e"),
        ("ğ", "g"),
        ("ìíîïīıį", "i"),
        ("ł", "l"),
        ("ñńň", "n"),
        ("òóôõöøōő", "o"),
        ("ř", "r"),
        ("śšş", "s"),
        ("ťţ", "t"),
        ("ùúûüūůű", "u"),
        ("ýÿ", "y"),
        ("źżž", "z"),
        ("ß", "ss"),
        ("æ", "ae"),
        ("œ", "oe"),
    ];
    for lower in c.to_lowercase() {
        if lower.is_ascii() {
            into.push(lower);
            continue;
        }
        match GROUPS.iter().find(|(letters, _)| letters.contains(lower)) {
            Some((_, letter)) => into.push_str(letter),
            None if is_combining(lower) => {}
            None => into.push(lower),
        }
    }
}

/// FNV-1a: stable over versions and machines, and nothing here needs to be secret.
fn digest(text: &str) -> u32 {
    text.trim().bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_removes_case_accents_and_marks() {
        assert_eq!(fold("**Élevé** – Très"), "eleve tres");
        assert_eq!(fold_label("Proposed Mitigations (1-3 Months)"), "proposed mitigations");
        assert_eq!(fold_label("(optional)"), "optional");
    }

    #[test]
    fn a_slug_is_ascii_and_the_same_each_time() {
        assert_eq!(slug("Größe: N+1 (Réseau)"), "grosse-n-1-reseau");
        assert_eq!(slug("数据丢失"), slug("数据丢失"));
        assert!(slug("数据丢失").starts_with("risk-"));
        assert_ne!(slug("数据丢失"), slug("数据"));
        assert!(slug(&"word ".repeat(50)).len() <= MAX_SLUG_BYTES);
    }

    #[test]
    fn plain_text_has_no_markup_left() {
        assert_eq!(plain("**[R-1](#r-1)** a\\|b `c\\|d` ~~x~~<br>y &amp; z"), "R-1 a|b c|d x y & z");
        assert_eq!(plain("`allow=[\"*\"]` and ``a`b`` and `open"), "allow=[\"*\"] and a`b and open");
        assert_eq!(plain("snake_case < 5%"), "snake_case < 5%");
        assert_eq!(plain("<placeholder>"), "");
        assert_eq!(plain(":white_check_mark: done at 10:30: yes :tada:"), "✅ done at 10:30: yes :tada:");
    }

    #[test]
    fn what_is_folded_on_the_stack_is_the_same() {
        let long = "x ".repeat(MAX_SMALL_BYTES);
        for text in ["", " ", "--", "High (3)", "  a__B  c.", "Élevé", "R-1", long.as_str()] {
            assert_eq!(with_folded(text, str::to_owned), fold(text), "{text:?}");
        }
    }

    #[test]
    fn stems_hold_telling_words_only() {
        assert_eq!(stems("Secret not rotated"), stems("the rotation of secrets"));
    }
}
