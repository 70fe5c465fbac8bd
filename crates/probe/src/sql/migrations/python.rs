//! Assignments in a Python file, read without running it.
//!
//! Only what stands there as a literal is known: texts, `None`, and brackets around them. Comments and texts are skipped, so
//! that an assignment in a docstring is none. Anything computed is told as such by whoever wanted it.

/// One assignment to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    /// How far its line is indented; 0 is the module.
    pub(super) indent: usize,
    pub(super) name: String,
    pub(super) value: Vec<Token>,
}

/// A word of the language, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A text without escapes or holes.
    Text(String),
    /// A name, a keyword or a number.
    Name(String),
    /// Any other sign; a text with escapes or holes is `'`.
    Sign(char),
}

/// The texts of a value that is a text, `None`, or a bracket of texts; `None` when it is anything else.
pub(super) fn texts(value: &[Token]) -> Option<Vec<String>> {
    match value {
        [Token::Name(none)] if none == "None" => Some(Vec::new()),
        [Token::Text(text)] => Some(vec![text.clone()]),
        [Token::Sign('(' | '[' | '{'), inner @ .., Token::Sign(')' | ']' | '}')] => {
            let mut items = Vec::new();
            for part in inner.split(|token| *token == Token::Sign(',')) {
                match part {
                    [] => {}
                    [Token::Text(text)] => items.push(text.clone()),
                    _ => return None,
                }
            }
            // Without a comma round brackets around one text are that text, which comes to the same.
            Some(items)
        }
        _ => None,
    }
}

/// All pairs `('a', 'b')` within a value.
pub(super) fn pairs(value: &[Token]) -> Vec<(String, String)> {
    let pair = |window: &[Token]| match window {
        [Token::Sign('('), Token::Text(first), Token::Sign(','), Token::Text(second), Token::Sign(')' | ',')] => {
            Some((first.clone(), second.clone()))
        }
        _ => None,
    };
    value.windows(5).filter_map(pair).collect()
}

/// All assignments, at any depth of indentation; `None` when a text or bracket does not end.
pub(super) fn assignments(source: &str) -> Option<Vec<Assignment>> {
    let mut reader = Reader { rest: source, depth: 0 };
    let mut found = Vec::new();
    while let Some((indent, statement)) = reader.statement()? {
        found.extend(assignment(indent, &statement));
    }
    Some(found)
}

fn assignment(indent: usize, statement: &[Token]) -> Option<Assignment> {
    let Some(Token::Name(name)) = statement.first() else { return None };
    let next = statement.get(1)?;
    let at = match next {
        Token::Sign('=') => 1,
        Token::Sign(':') => statement.iter().position(|token| *token == Token::Sign('='))?,
        _ => return None,
    };
    let is_comparison = statement.get(at + 1) == Some(&Token::Sign('='));
    (!is_comparison).then(|| Assignment { indent, name: name.clone(), value: statement[at + 1..].to_vec() })
}

/// What is left of a source.
struct Reader<'s> {
    rest: &'s str,
    /// Brackets that are open.
    depth: usize,
}

impl Reader<'_> {
    /// The next statement that is not empty, and its indentation.
    fn statement(&mut self) -> Option<Option<(usize, Vec<Token>)>> {
        loop {
            if self.rest.is_empty() {
                return Some(None);
            }
            let trimmed = self.rest.trim_start_matches([' ', '\t']);
            let indent = self.rest.len() - trimmed.len();
            self.rest = trimmed;
            let tokens = self.tokens()?;
            if !tokens.is_empty() {
                return Some(Some((indent, tokens)));
            }
        }
    }

    /// Tokens to the end of the statement.
    fn tokens(&mut self) -> Option<Vec<Token>> {
        let mut tokens = Vec::new();
        while let Some(letter) = self.rest.chars().next() {
            match letter {
                '\n' | ';' if self.depth == 0 => {
                    self.rest = &self.rest[1..];
                    return Some(tokens);
                }
                '#' => self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]),
                '\'' | '"' => tokens.push(self.text(letter, "")?),
                _ if letter.is_alphanumeric() || letter == '_' => tokens.push(self.word()?),
                _ => {
                    self.rest = &self.rest[letter.len_utf8()..];
                    self.depth = match letter {
                        '(' | '[' | '{' => self.depth + 1,
                        ')' | ']' | '}' => self.depth.checked_sub(1)?,
                        _ => self.depth,
                    };
                    if letter == '\\' {
                        // The line goes on.
                        self.rest = self.rest.trim_start_matches(['\r', '\n']);
                    } else if !letter.is_whitespace() {
                        tokens.push(Token::Sign(letter));
                    }
                }
            }
        }
        (self.depth == 0).then_some(tokens)
    }

    /// A name, or a text with a prefix.
    fn word(&mut self) -> Option<Token> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let is_prefix = word.len() <= 2 && word.chars().all(|c| "rRbBuUfFtT".contains(c));
        match rest.chars().next() {
            Some(quote @ ('\'' | '"')) if is_prefix => self.text(quote, word),
            _ => Some(Token::Name(word.to_owned())),
        }
    }

    /// A text; `None` when it does not end.
    fn text(&mut self, quote: char, prefix: &str) -> Option<Token> {
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let (end, is_long) = if self.rest.starts_with(&triple) { (triple, true) } else { (quote.to_string(), false) };
        let body = &self.rest[end.len()..];
        let mut at = 0;
        let mut is_plain = !prefix.contains(['f', 'F', 't', 'T', 'b', 'B']);
        while !body[at..].starts_with(&end) {
            let letter = body[at..].chars().next()?;
            at += letter.len_utf8();
            match letter {
                '\\' => {
                    is_plain = false;
                    at += body[at..].chars().next()?.len_utf8();
                }
                '\n' if !is_long => return None,
                _ => {}
            }
        }
        self.rest = &body[at + end.len()..];
        Some(if is_plain { Token::Text(body[..at].to_owned()) } else { Token::Sign('\'') })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str, name: &str) -> Option<Vec<String>> {
        let all = assignments(source).expect("is whole");
        texts(&all.iter().find(|one| one.name == name)?.value)
    }

    #[test]
    fn literals_are_read_and_words_in_texts_are_not() {
        let source = "\"\"\"one\nrevision = 'no'\n\"\"\"\n# revision = 'no'\nfrom x import y\n\
            revision: str = 'yes'  # revision = 'no'\ndown_revision: Union[str, None] = None\n\
            depends_on = (\n    'a',\n    \"b\",  # 'c'\n)\nraw = r'd'; two = ['e']\n";
        assert_eq!(of(source, "revision"), Some(vec!["yes".to_owned()]));
        assert_eq!(of(source, "down_revision"), Some(Vec::new()));
        assert_eq!(of(source, "depends_on"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(of(source, "raw"), Some(vec!["d".to_owned()]));
        assert_eq!(of(source, "two"), Some(vec!["e".to_owned()]));
    }

    #[test]
    fn what_is_computed_is_not_known() {
        for value in ["f'{x}'", "'a' + 'b'", "'a' 'b'", "make()", "('a', x)", "'\\x41'", "other"] {
            assert_eq!(of(&format!("revision = {value}\n"), "revision"), None, "{value}");
        }
        assert_eq!(of("revision == 'a'\n", "revision"), None);
        for broken in ["revision = 'a", "revision = ('a'", "x = ')'\n)", "\"\"\"never ends"] {
            assert_eq!(assignments(broken), None, "{broken}");
        }
    }

    #[test]
    fn pairs_are_found_among_calls() {
        let source = "class M:\n    dependencies = [\n        ('shop', '0001_initial'),\n        swappable(settings.X),\n    ]\n";
        let all = assignments(source).expect("is whole");
        assert_eq!((all[0].name.as_str(), all[0].indent), ("dependencies", 4));
        assert_eq!(pairs(&all[0].value), [("shop".to_owned(), "0001_initial".to_owned())]);
    }
}
