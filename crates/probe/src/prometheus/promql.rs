//! PromQL, as far as it tells which series an expression needs.
//!
//! Hand-written because the only well-kept parser brings more than forty packages. It reads the whole grammar, so that
//! a word is never taken for a metric because it stands somewhere; what it does not understand is an error, and
//! then nothing is said of the expression. It does not check types and knows no function but those of absence.

use std::iter::Peekable;
use std::vec::IntoIter;

/// The longest expression read.
pub(crate) const MAX_EXPRESSION_BYTES: usize = 64 * 1024;

/// The deepest nesting read.
const MAX_DEPTH: usize = 100;

/// Operators over the series of a vector.
const AGGREGATIONS: [&str; 14] = [
    "sum",
    "avg",
    "count",
    "min",
    "max",
    "group",
    "stddev",
    "stdvar",
    "topk",
    "bottomk",
    "count_values",
    "quantile",
    "limitk",
    "limit_ratio",
];

/// What is true where there is nothing.
const ABSENCE: [&str; 2] = ["absent", "absent_over_time"];

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    /// A number or a text.
    Constant,
    /// Series by name and labels.
    Selector(Selector),
    /// A function or an aggregation with its arguments.
    Call(String, Vec<Expr>),
    /// Two sides and what is between them.
    Binary(String, Box<Expr>, Box<Expr>),
}

/// Series by name and labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Selector {
    /// The metric, when it is named exactly.
    pub(crate) name: Option<String>,
    /// What the labels must be, the name apart.
    pub(crate) matchers: Vec<Matcher>,
    /// A range, an offset or a time stands behind it.
    pub(crate) shifted: bool,
}

/// What a label must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    /// `=`, `!=`, `=~`, `!~`
    pub(crate) operator: String,
    pub(crate) value: String,
}

/// What must be there for an expression to have a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Need<'a> {
    /// Nothing.
    Nothing,
    /// These series.
    Series(&'a Selector),
    /// All of these.
    All(Vec<Need<'a>>),
    /// One of these.
    Any(Vec<Need<'a>>),
}

impl Selector {
    /// As it can be asked for, without range and offset.
    pub(crate) fn written(&self) -> String {
        let name = self.name.iter().map(|name| format!("__name__=\"{}\"", escaped(name)));
        let matcher = |m: &Matcher| format!("{}{}\"{}\"", m.label, m.operator, escaped(&m.value));
        let parts: Vec<String> = name.chain(self.matchers.iter().map(matcher)).collect();
        format!("{{{}}}", parts.join(","))
    }

    /// As people write it.
    pub(crate) fn shown(&self) -> String {
        let matcher = |m: &Matcher| format!("{}{}\"{}\"", m.label, m.operator, escaped(&m.value));
        let parts: Vec<String> = self.matchers.iter().map(matcher).collect();
        let name = self.name.as_deref().unwrap_or_default();
        if parts.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", parts.join(",")) }
    }
}

/// A text between double quotes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Expr {
    /// Reads an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(format!("longer than {MAX_EXPRESSION_BYTES} bytes"));
        }
        let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
        let expr = reader.binary(0)?;
        match reader.tokens.next() {
            None => Ok(expr),
            Some(token) => Err(format!("`{}` is not understood there", token.shown())),
        }
    }

    /// Every selector, those of absence too.
    pub(crate) fn selectors(&self) -> Vec<&Selector> {
        match self {
            Self::Constant => Vec::new(),
            Self::Selector(selector) => vec![selector],
            Self::Call(_, arguments) => arguments.iter().flat_map(Self::selectors).collect(),
            Self::Binary(_, left, right) => left.selectors().into_iter().chain(right.selectors()).collect(),
        }
    }

    /// What must be there for it to have a value.
    pub(crate) fn need(&self) -> Need<'_> {
        match self {
            Self::Constant => Need::Nothing,
            Self::Selector(selector) => Need::Series(selector),
            Self::Call(name, _) if ABSENCE.contains(&name.as_str()) => Need::Nothing,
            Self::Call(_, arguments) => Need::All(arguments.iter().map(Self::need).collect()),
            Self::Binary(operator, left, right) => match operator.as_str() {
                "or" => Need::Any(vec![left.need(), right.need()]),
                "unless" => left.need(),
                _ => Need::All(vec![left.need(), right.need()]),
            },
        }
    }
}

impl Need<'_> {
    /// Whether it is met, given which series there are; `None` when that is not known.
    pub(crate) fn is_met(&self, has: &impl Fn(&Selector) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Nothing => Some(true),
            Self::Series(selector) => has(selector),
            Self::All(parts) => {
                let met: Vec<Option<bool>> = parts.iter().map(|part| part.is_met(has)).collect();
                if met.contains(&Some(false)) {
                    Some(false)
                } else {
                    met.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            Self::Any(parts) => {
                let met: Vec<Option<bool>> = parts.iter().map(|part| part.is_met(has)).collect();
                if met.contains(&Some(true)) {
                    Some(true)
                } else {
                    met.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
        }
    }

    /// The series that it hangs on, each of them.
    pub(crate) fn series(&self) -> Vec<&Selector> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Series(selector) => vec![selector],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Need::series).collect(),
        }
    }
}

// ===== tokens =====

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Number,
    Text(String),
    Mark(&'static str),
}

impl Token {
    fn shown(&self) -> &str {
        match self {
            Self::Word(text) | Self::Text(text) => text,
            Self::Number => "a number",
            Self::Mark(mark) => mark,
        }
    }
}

/// Two signs before one, so that `==` is not read as `=` twice.
const MARKS: [&str; 24] = [
    "==", "!=", ">=", "<=", "=~", "!~", "=", ">", "<", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[", "]", ",",
    "@", ":",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
        } else if first == '#' {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if matches!(first, '"' | '\'' | '`') {
            let (value, length) = quoted(rest, first)?;
            tokens.push(Token::Text(value));
            rest = &rest[length..];
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            rest = &rest[number_length(rest)..];
            tokens.push(Token::Number);
        } else if first.is_ascii_alphabetic() || first == '_' || (first == ':' && !in_brackets(&tokens)) {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
            let mark = mark.ok_or_else(|| format!("`{first}` is not understood"))?;
            tokens.push(Token::Mark(mark));
            rest = &rest[mark.len()..];
        }
    }
    Ok(tokens)
}

/// Whether a `[` is open, in which `:` parts a range from its steps.
fn in_brackets(tokens: &[Token]) -> bool {
    let last = tokens.iter().rposition(|token| matches!(token, Token::Mark("[" | "]")));
    last.is_some_and(|at| tokens[at] == Token::Mark("["))
}

/// A number, with its exponent, or a duration such as `1h30m`.
fn number_length(text: &str) -> usize {
    let mut length = 0;
    let mut before = ' ';
    for c in text.chars() {
        let is_exponent = matches!(c, '+' | '-') && matches!(before, 'e' | 'E') && !text.starts_with("0x");
        if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || is_exponent) {
            break;
        }
        (length, before) = (length + c.len_utf8(), c);
    }
    length
}

/// The value of a text between quotes, and the bytes it takes. Escapes matter for finding the end; of the others only
/// those are undone that stand for one sign.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut value = String::new();
    let mut signs = text.char_indices().skip(1);
    while let Some((at, c)) = signs.next() {
        if c == quote {
            return Ok((value, at + 1));
        }
        if c != '\\' || quote == '`' {
            value.push(c);
            continue;
        }
        match signs.next() {
            Some((_, 'n')) => value.push('\n'),
            Some((_, 't')) => value.push('\t'),
            Some((_, c @ ('\\' | '"' | '\''))) => value.push(c),
            Some((_, c)) => return Err(format!("the escape `\\{c}` is not understood")),
            None => break,
        }
    }
    Err("a text without its end".to_owned())
}

// ===== grammar =====

struct Reader {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
}

/// How strongly an operator binds; `None` when it is none.
fn strength(token: &Token) -> Option<(usize, String)> {
    let name = match token {
        Token::Word(word) => word.to_ascii_lowercase(),
        Token::Mark(mark) => (*mark).to_owned(),
        Token::Number | Token::Text(_) => return None,
    };
    let strength = match name.as_str() {
        "or" => 1,
        "and" | "unless" => 2,
        "==" | "!=" | ">" | "<" | ">=" | "<=" => 3,
        "+" | "-" => 4,
        "*" | "/" | "%" | "atan2" => 5,
        "^" => 6,
        _ => return None,
    };
    Some((strength, name))
}

impl Reader {
    fn is(&mut self, mark: &str) -> bool {
        matches!(self.tokens.peek(), Some(Token::Mark(next)) if *next == mark)
    }

    fn take(&mut self, mark: &str) -> bool {
        let is = self.is(mark);
        if is {
            self.tokens.next();
        }
        is
    }

    fn need(&mut self, mark: &str) -> Result<(), String> {
        if self.take(mark) {
            return Ok(());
        }
        let found = self.tokens.peek().map_or("the end", Token::shown);
        Err(format!("`{mark}` is missing before `{found}`"))
    }

    fn is_word(&mut self, words: &[&str]) -> bool {
        matches!(self.tokens.peek(), Some(Token::Word(word)) if words.contains(&word.to_ascii_lowercase().as_str()))
    }

    fn binary(&mut self, least: usize) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("deeper than {MAX_DEPTH} levels"));
        }
        let mut left = self.unary()?;
        while let Some((strength, name)) = self.tokens.peek().and_then(strength).filter(|(s, _)| *s > least) {
            self.tokens.next();
            self.modifiers()?;
            // `^` binds to the right, all others to the left.
            let right = self.binary(if name == "^" { strength - 1 } else { strength })?;
            left = Expr::Binary(name, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    /// `bool`, `on (..)`, `ignoring (..)`, `group_left (..)`, `group_right (..)`
    fn modifiers(&mut self) -> Result<(), String> {
        loop {
            if self.is_word(&["bool"]) {
                self.tokens.next();
            } else if self.is_word(&["on", "ignoring"]) {
                self.tokens.next();
                self.labels()?;
            } else if self.is_word(&["group_left", "group_right"]) {
                self.tokens.next();
                if self.is("(") {
                    self.labels()?;
                }
            } else {
                return Ok(());
            }
        }
    }

    fn labels(&mut self) -> Result<(), String> {
        self.need("(")?;
        while !self.take(")") {
            match self.tokens.next() {
                Some(Token::Word(_) | Token::Text(_) | Token::Mark(",")) => {}
                other => return Err(format!("`{}` is no label", other.as_ref().map_or("the end", Token::shown))),
            }
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<Expr, String> {
        if self.take("+") || self.take("-") {
            // A sign binds weaker than `^` only.
            return self.binary(5);
        }
        let inner = self.primary()?;
        self.behind(inner)
    }

    /// A range, an offset, a time.
    fn behind(&mut self, mut inner: Expr) -> Result<Expr, String> {
        loop {
            if self.take("[") {
                while !self.take("]") {
                    self.tokens.next().ok_or("a `[` without its end")?;
                }
            } else if self.is_word(&["offset"]) {
                self.tokens.next();
                let _ = self.take("-") || self.take("+");
                self.skip_number()?;
            } else if self.take("@") {
                if self.is_word(&["start", "end"]) {
                    self.tokens.next();
                    self.need("(")?;
                    self.need(")")?;
                } else {
                    let _ = self.take("-") || self.take("+");
                    self.skip_number()?;
                }
            } else {
                return Ok(inner);
            }
            if let Expr::Selector(selector) = &mut inner {
                selector.shifted = true;
            }
        }
    }

    fn skip_number(&mut self) -> Result<(), String> {
        match self.tokens.next() {
            Some(Token::Number) => Ok(()),
            other => Err(format!("`{}` is no number", other.as_ref().map_or("the end", Token::shown))),
        }
    }

    fn primary(&mut self) -> Result<Expr, String> {
        if self.is("{") {
            return self.selector(None);
        }
        if self.take("(") {
            let inner = self.binary(0)?;
            self.need(")")?;
            return Ok(inner);
        }
        match self.tokens.next() {
            Some(Token::Number | Token::Text(_)) => Ok(Expr::Constant),
            Some(Token::Word(word)) => self.word(word),
            Some(token) => Err(format!("`{}` is not understood there", token.shown())),
            None => Err("it ends too early".to_owned()),
        }
    }

    fn word(&mut self, word: String) -> Result<Expr, String> {
        let lower = word.to_ascii_lowercase();
        let is_aggregation = AGGREGATIONS.contains(&lower.as_str());
        if is_aggregation && self.is_word(&["by", "without"]) {
            self.tokens.next();
            self.labels()?;
        }
        if self.take("(") {
            let mut arguments = Vec::new();
            while !self.take(")") {
                arguments.push(self.binary(0)?);
                if !self.is(")") {
                    self.need(",")?;
                }
            }
            if is_aggregation && self.is_word(&["by", "without"]) {
                self.tokens.next();
                self.labels()?;
            }
            return Ok(Expr::Call(lower, arguments));
        }
        if ["inf", "nan"].contains(&lower.as_str()) {
            return Ok(Expr::Constant);
        }
        self.selector(Some(word))
    }

    fn selector(&mut self, name: Option<String>) -> Result<Expr, String> {
        let mut selector = Selector { name, ..Selector::default() };
        if self.take("{") {
            while !self.take("}") {
                self.matcher(&mut selector)?;
                if !self.is("}") {
                    self.need(",")?;
                }
            }
        }
        Ok(Expr::Selector(selector))
    }

    fn matcher(&mut self, selector: &mut Selector) -> Result<(), String> {
        let (label, is_quoted) = match self.tokens.next() {
            Some(Token::Word(label)) => (label, false),
            Some(Token::Text(label)) => (label, true),
            other => return Err(format!("`{}` is no label", other.as_ref().map_or("the end", Token::shown))),
        };
        let operator = ["=", "!=", "=~", "!~"].into_iter().find(|operator| self.take(operator));
        let Some(operator) = operator else {
            // A name between quotes, since it holds signs that names otherwise cannot.
            if is_quoted && selector.name.is_none() {
                selector.name = Some(label);
                return Ok(());
            }
            return Err(format!("the label `{label}` without a value"));
        };
        let Some(Token::Text(value)) = self.tokens.next() else {
            return Err(format!("the label `{label}` without a value between quotes"));
        };
        if label == "__name__" && operator == "=" && selector.name.is_none() {
            selector.name = Some(value);
        } else {
            selector.matchers.push(Matcher { label, operator: operator.to_owned(), value });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the metrics, and what is needed of them.
    fn read(text: &str) -> (String, String) {
        let expr = Expr::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        let join = |all: Vec<&Selector>| all.iter().map(|s| s.shown()).collect::<Vec<String>>().join(" ");
        (join(expr.selectors()), join(expr.need().series()))
    }

    fn check(text: &str, all: &str, needed: &str) {
        assert_eq!(read(text), (all.to_owned(), needed.to_owned()), "{text}");
    }

    #[test]
    fn words_of_the_language_are_no_metrics() {
        check(
            "sum by (job, le) (rate(a_total{x=\"1\"}[5m])) / on(job) group_left(le) b > bool 0.5",
            "a_total{x=\"1\"} b",
            "a_total{x=\"1\"} b",
        );
        check(
            "histogram_quantile(0.99, sum(rate(job:x:rate5m[1h:30s] offset 5m)) without (pod))",
            "job:x:rate5m",
            "job:x:rate5m",
        );
        check("-up{job=~\"a|b\"} ^ 2 * 1e-3 + Inf # up2\n < 0x1F", "up{job=~\"a|b\"}", "up{job=~\"a|b\"}");
        check("topk(5, x) @ end() or label_replace(y, 'a', '$1', 'b', '(.*)')", "x y", "x y");
        check(
            "{__name__=\"a\",b!='c'} and {\"x.y\", z=\"1\"} == sum",
            "a{b!=\"c\"} x.y{z=\"1\"} sum",
            "a{b!=\"c\"} x.y{z=\"1\"} sum",
        );
        check("sum(a) by(b) unless on() (c offset -1d > 1h30m)", "a c", "a");
        check("time() - max_over_time(t[1d:]) > 86400", "t", "t");
    }

    #[test]
    fn absence_needs_nothing_and_or_needs_one_side() {
        check("absent(up{job=\"a\"}) == 1", "up{job=\"a\"}", "");
        check("absent_over_time(x[5m]) or y > 3", "x y", "y");
        let either = Expr::parse("a > 1 or b > 1").expect("is PromQL");
        let has = |name: &'static str| move |s: &Selector| Some(s.name.as_deref() == Some(name));
        assert_eq!(either.need().is_met(&has("b")), Some(true));
        let both = Expr::parse("a > 1 and b > 1").expect("is PromQL");
        assert_eq!(both.need().is_met(&has("b")), Some(false));
        assert_eq!(both.need().is_met(&|_: &Selector| None), None);
        let maybe = |s: &Selector| (s.name.as_deref() == Some("a")).then_some(false);
        assert_eq!(both.need().is_met(&maybe), Some(false));
    }

    #[test]
    fn what_is_no_promql_is_an_error_and_no_panic() {
        for text in [
            "",
            "sum(",
            "a{b}",
            "a{b=c}",
            "a b",
            "a[5m",
            "\"x",
            "a ++",
            "1 +",
            "a offset x",
            "€",
            "}",
            &"(".repeat(500),
        ] {
            assert!(Expr::parse(text).is_err(), "{text}");
        }
        assert!(Expr::parse(&"a+".repeat(40_000)).is_err());
    }

    #[test]
    fn a_selector_is_asked_for_as_it_was_written() {
        let expr = Expr::parse("a{b=\"c\\\"d\\\\.e\"}").expect("is PromQL");
        assert_eq!(expr.selectors()[0].written(), "{__name__=\"a\",b=\"c\\\"d\\\\.e\"}");
    }
}
