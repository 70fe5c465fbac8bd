//! What a scalar without quotes is to Kubernetes, whose readers go by YAML 1.1: `on`, `no` and `y` are no texts.

/// The type of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Decimal(f64),
    /// A text.
    Text,
}

impl Scalar {
    /// What a scalar written without quotes is. Source: the tables of go-yaml v2, which kubectl, kustomize and Flux read with.
    pub fn plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Self::Boolean(true);
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
                return Self::Boolean(false);
            }
            _ => {}
        }
        if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
            return Self::Text;
        }
        let digits = text.replace('_', "");
        whole(&digits).map(Self::Integer).or_else(|| decimal(&digits).map(Self::Decimal)).unwrap_or(Self::Text)
    }
}

fn whole(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let radix = |prefix: &str, radix| digits.strip_prefix(prefix).map(|digits| (digits, radix));
    let octal = (digits.len() > 1).then(|| radix("0", 8)).flatten();
    let (digits, radix) =
        radix("0x", 16).or_else(|| radix("0b", 2)).or_else(|| radix("0o", 8)).or(octal).unwrap_or((digits, 10));
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|number| sign * number)
}

fn decimal(text: &str) -> Option<f64> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let number = if is_number { text.parse::<f64>().ok()? } else { return None };
    number.is_finite().then_some(number)
}

/// Whether a text is written without quotes when it is put into YAML again, in a block of its own line.
pub(crate) fn is_written_plain(text: &str) -> bool {
    let starts_badly = text.starts_with(|c: char| "#,[]{}&*!|>'\"%@`".contains(c) || c.is_whitespace());
    let marks = text.strip_prefix(['-', '?', ':']).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let breaks = text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.ends_with(' ');
    let is_odd = text.chars().any(char::is_control);
    !(text.is_empty() || starts_badly || marks || breaks || is_odd) && Scalar::plain(text) == Scalar::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_what_kubernetes_takes_them_for() {
        for (text, expected) in [
            ("on", Scalar::Boolean(true)),
            ("n", Scalar::Boolean(false)),
            ("~", Scalar::Null),
            ("007", Scalar::Integer(7)),
            ("0x1F", Scalar::Integer(31)),
            ("-1_000", Scalar::Integer(-1000)),
            ("1e3", Scalar::Decimal(1000.0)),
            ("1.2.3", Scalar::Text),
            ("60%", Scalar::Text),
            ("100m", Scalar::Text),
            ("-", Scalar::Text),
            (".inf", Scalar::Text),
        ] {
            assert_eq!(Scalar::plain(text), expected, "{text}");
        }
    }

    #[test]
    fn quotes_are_kept_where_they_are_needed_only() {
        for (text, expected) in [("${N:=2}", true), ("a: ${N}", false), ("1", false), ("a b", true), ("${A}:", false)] {
            assert_eq!(is_written_plain(text), expected, "{text}");
        }
    }
}
