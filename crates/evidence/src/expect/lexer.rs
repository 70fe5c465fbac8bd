//! Text into tokens. Numbers take their unit with them: `500ms`, `64KiB`, `99.9%`, `100/s`.
//!
//! `/` is also division, so a rate is read only where a digit is directly followed by `/s`, `/m`, `/min` or `/h` as a
//! whole word; `100 / s` and `100/size(x)` are divisions.

use text::{Bytes, Span, nearest, parse_duration};

use crate::value::rounded;
use crate::{Quantity, Unit, Value};

use super::Fault;

/// A word of the language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// A number with its unit, or a text.
    Value(Value),
    /// A name or keyword.
    Word(&'t str),
    /// An operator or bracket.
    Symbol(&'static str),
    /// Nothing is left.
    End,
}

/// Operators and brackets, the longer ones first.
const SYMBOLS: [&str; 19] =
    ["&&", "||", "==", "!=", "<=", ">=", "(", ")", "[", "]", ",", ".", "<", ">", "!", "+", "-", "*", "/"];

/// Units for the help of a slip.
const UNITS: [&str; 15] = ["us", "ms", "s", "m", "min", "h", "d", "w", "B", "kB", "KiB", "MB", "MiB", "GB", "GiB"];

/// Cuts the text; stops at the first thing that is no token.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, Span)>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, end) = token(text, at, first)?;
        tokens.push((token, Span::new(at, end)));
        at = end;
    }
    tokens.push((Token::End, Span::new(text.len(), text.len())));
    Ok(tokens)
}

fn token(text: &str, at: usize, first: char) -> Result<(Token<'_>, usize), Fault> {
    if first.is_ascii_digit() {
        return number(text, at);
    }
    if first == '\'' || first == '"' {
        return quoted(text, at, first);
    }
    if is_word(first) {
        let end = end_of(text, at, is_word);
        return Ok((Token::Word(&text[at..end]), end));
    }
    match SYMBOLS.into_iter().find(|symbol| text[at..].starts_with(symbol)) {
        Some(symbol) => Ok((Token::Symbol(symbol), at + symbol.len())),
        None => Err(stray(at, first)),
    }
}

fn stray(at: usize, character: char) -> Fault {
    let span = Span::new(at, at + character.len_utf8());
    let help = match character {
        '=' => "comparison is written `==`",
        '&' => "and is written `&&`",
        '|' => "or is written `||`",
        '%' => "a percent sign stands directly after a number, as in `99.9%`",
        '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => "texts stand in straight quotes, as in `'text'`",
        '?' | ':' => "there is no `? :` here; join two cases with `||`",
        _ => "an expectation looks like `obs.status == 401 && obs.p95 < 300ms`",
    };
    Fault::error("expect-syntax", span, format!("`{}` means nothing here", character.escape_debug())).with_help(help)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn end_of(text: &str, from: usize, fits: fn(char) -> bool) -> usize {
    text[from..].find(|c: char| !fits(c)).map_or(text.len(), |length| from + length)
}

/// A number with what directly follows it.
fn number(text: &str, at: usize) -> Result<(Token<'_>, usize), Fault> {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut end = end_of(text, at, is_digit);
    let fraction = text[end..].strip_prefix('.').is_some_and(|rest| rest.starts_with(is_digit));
    if fraction {
        end = end_of(text, end + 1, is_digit);
    }
    let digits = &text[at..end];
    if text[end..].starts_with('%') {
        let share = decimal(digits, at, end)? / 100.0;
        return Ok((quantity(rounded(share), Unit::One), end + 1));
    }
    if let Some((seconds, after)) = per(text, end) {
        let rate = decimal(digits, at, end)? / seconds;
        return Ok((quantity(rounded(rate), Unit::PerSecond), after));
    }
    let after = end_of(text, end, |c| is_word(c) || c == 'µ');
    if after > end {
        return with_unit(text, at, end, after);
    }
    if fraction {
        return Ok((quantity(decimal(digits, at, end)?, Unit::One), end));
    }
    match digits.parse() {
        Ok(number) => Ok((Token::Value(Value::Integer(number)), end)),
        Err(_) => Err(Fault::error("expect-syntax", Span::new(at, end), "the whole number is too large")
            .with_help(format!("the largest one is {}", i64::MAX))),
    }
}

fn decimal(digits: &str, at: usize, end: usize) -> Result<f64, Fault> {
    let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| Fault::error("expect-syntax", Span::new(at, end), "the number is too large"))
}

fn quantity(number: f64, unit: Unit) -> Token<'static> {
    let quantity = Quantity::exact(number, unit).expect("digits that were read as a finite number are finite");
    Token::Value(Value::Quantity(quantity))
}

/// `/s` and its kin as a whole word: seconds in the unit, and the byte after it.
fn per(text: &str, slash: usize) -> Option<(f64, usize)> {
    let word_at = slash + 1;
    text[slash..].strip_prefix('/')?;
    let end = end_of(text, word_at, is_word);
    let seconds = match &text[word_at..end] {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some((seconds, end))
}

fn with_unit(text: &str, at: usize, unit_at: usize, end: usize) -> Result<(Token<'_>, usize), Fault> {
    let written = &text[at..end];
    let duration = parse_duration(written).map(Value::duration);
    let value = duration.or_else(|| Bytes::parse(written).map(|Bytes(size)| Value::bytes(size)));
    if let Some(value) = value {
        return Ok((Token::Value(value), end));
    }
    let unit = &text[unit_at..end];
    let message =
        if UNITS.contains(&unit) { format!("`{written}` is out of range") } else { format!("`{unit}` is not a unit") };
    let help = nearest(unit, UNITS).map(|near| format!("did you mean `{near}`?"));
    let help = help.unwrap_or_else(|| format!("units are {}, `%`, `/s`, `/m` and `/h`", UNITS.join(", ")));
    Err(Fault::error("expect-syntax", Span::new(unit_at, end), message).with_help(help))
}

fn quoted(text: &str, at: usize, quote: char) -> Result<(Token<'_>, usize), Fault> {
    let mut value = String::new();
    let mut characters = text[at + 1..].char_indices();
    while let Some((offset, character)) = characters.next() {
        let here = at + 1 + offset;
        if character == quote {
            return Ok((Token::Value(Value::Text(value)), here + 1));
        }
        if character != '\\' {
            value.push(character);
            continue;
        }
        let escaped = characters.next().map(|(_, escaped)| escaped);
        let unescaped = escaped.and_then(unescape).ok_or_else(|| {
            let end = here + 1 + escaped.map_or(0, char::len_utf8);
            Fault::error("expect-syntax", Span::new(here, end), "this escape is not known")
                .with_help("known escapes: \\\\ \\' \\\" \\n \\t")
        })?;
        value.push(unescaped);
    }
    let message = format!("the text that begins here has no closing `{quote}`");
    Err(Fault::error("expect-syntax", Span::new(at, text.len()), message).with_help("close the quote"))
}

fn unescape(character: char) -> Option<char> {
    match character {
        '\\' | '\'' | '"' => Some(character),
        'n' => Some('\n'),
        't' => Some('\t'),
        _ => None,
    }
}
