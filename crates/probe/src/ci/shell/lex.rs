//! Scripts of a POSIX shell or bash, cut into words, operators and here-documents.
//!
//! Quotes, substitutions, comments and expressions of GitHub (`${{ .. }}`) are respected. What stands within a substitution is
//! kept as the text of a script of its own. Redirections are left out: they do not change a status. What this does not do: expand anything.

/// A word as the shell sees it, without its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::ci) struct Word {
    pub(in crate::ci) text: String,
    /// No part of it was quoted.
    pub(in crate::ci) is_plain: bool,
    /// The scripts in its `$(..)`, backticks and `<(..)`.
    pub(in crate::ci) inner: Vec<String>,
}

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `&&`, `||`, `|`, `&`, `;`, `;;`, `(`, `)` or a new line.
    Op(&'static str),
    /// What stands in `<<EOF`.
    Document(String),
}

/// Cuts a script; the second is false when a quote or a bracket never ends.
pub(super) fn lex(script: &str) -> (Vec<Token>, bool) {
    let script = script.replace("\r\n", "\n").replace("\\\n", " ");
    let mut lexer = Lexer { chars: script.chars().collect(), at: 0, tokens: Vec::new(), open: Vec::new(), whole: true };
    lexer.all();
    (lexer.tokens, lexer.whole)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    tokens: Vec<Token>,
    /// Here-documents whose bodies begin at the next line: where they go, and what ends them.
    open: Vec<(usize, String)>,
    whole: bool,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    fn all(&mut self) {
        while let Some(c) = self.peek(0) {
            match c {
                '\n' => {
                    self.at += 1;
                    self.tokens.push(Token::Op("\n"));
                    self.documents();
                }
                _ if c.is_whitespace() => self.at += 1,
                '#' => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                '(' if self.peek(1) == Some('(') => self.arithmetic(),
                '<' | '>' if self.peek(1) != Some('(') => self.redirection(),
                '&' if self.peek(1) == Some('>') => {
                    self.at += 1;
                    self.redirection();
                }
                '&' | '|' | ';' | '(' | ')' => self.operator(),
                '[' if self.starts("[[ ") || self.starts("[[\n") => self.condition(),
                _ => self.word(),
            }
        }
        self.documents();
    }

    fn operator(&mut self) {
        let known = ["&&", "||", ";;", "|&", "&", "|", ";", "(", ")"];
        let Some(op) = known.into_iter().find(|op| self.starts(op)) else { return };
        self.at += op.len();
        self.tokens.push(Token::Op(if op == "|&" { "|" } else { op }));
    }

    /// `(( .. ))` as one word.
    fn arithmetic(&mut self) {
        let from = self.at;
        let end =
            (from..self.chars.len().saturating_sub(1)).find(|at| self.chars[*at] == ')' && self.chars[at + 1] == ')');
        match end {
            Some(end) => {
                let text: String = self.chars[from..end + 2].iter().collect();
                self.at = end + 2;
                self.tokens.push(Token::Word(Word { text, is_plain: true, inner: Vec::new() }));
            }
            None => {
                self.at += 1;
                self.tokens.push(Token::Op("("));
            }
        }
    }

    /// `[[ .. ]]`: what joins its parts is no operator of the script.
    fn condition(&mut self) {
        self.tokens.push(Token::Word(Word { text: "[[".to_owned(), is_plain: true, inner: Vec::new() }));
        self.at += 2;
        while self.at < self.chars.len() {
            while self.peek(0).is_some_and(char::is_whitespace) {
                self.at += 1;
            }
            let operator = ["&&", "||", "(", ")", "<", ">"].into_iter().find(|op| self.starts(op));
            match operator {
                Some(op) => {
                    self.at += op.len();
                    self.tokens.push(Token::Word(Word { text: op.to_owned(), is_plain: true, inner: Vec::new() }));
                }
                None => self.word(),
            }
            if matches!(self.tokens.last(), Some(Token::Word(word)) if word.text == "]]") {
                return;
            }
        }
        self.whole = false;
    }

    /// `> file`, `2>&1`, `<<EOF`: not a part of the command's words.
    fn redirection(&mut self) {
        if matches!(self.tokens.last(), Some(Token::Word(word)) if word.is_plain && self.at > 0
            && self.chars[self.at - 1].is_ascii_digit() && word.text.chars().all(|c| c.is_ascii_digit()))
        {
            self.tokens.pop();
        }
        let known = ["<<<", "<<-", "<<", "<>", "<&", ">>", ">&", ">|", "<", ">"];
        let op = known.into_iter().find(|op| self.starts(op)).unwrap_or("<");
        self.at += op.len();
        while self.peek(0).is_some_and(|c| c == ' ' || c == '\t') {
            self.at += 1;
        }
        if self.peek(0).is_none_or(|c| matches!(c, '\n' | ';' | '|')) {
            return;
        }
        self.word();
        let Some(Token::Word(word)) = self.tokens.pop() else { return };
        if matches!(op, "<<" | "<<-") {
            self.tokens.push(Token::Document(String::new()));
            self.open.push((self.tokens.len() - 1, word.text));
        } else if !word.inner.is_empty() {
            // `< <(cmd)`: its status is lost, as in a word.
            self.tokens.push(Token::Word(Word { text: String::new(), is_plain: false, inner: word.inner }));
        }
    }

    fn documents(&mut self) {
        for (index, end) in std::mem::take(&mut self.open) {
            let mut body = String::new();
            while self.at < self.chars.len() {
                let length =
                    self.chars[self.at..].iter().position(|c| *c == '\n').unwrap_or(self.chars.len() - self.at);
                let line: String = self.chars[self.at..self.at + length].iter().collect();
                self.at = (self.at + length + 1).min(self.chars.len());
                if line.trim() == end {
                    break;
                }
                body.push_str(&line);
                body.push('\n');
            }
            self.tokens[index] = Token::Document(body);
        }
    }

    fn word(&mut self) {
        let mut word = Word { is_plain: true, ..Word::default() };
        let from = self.at;
        while let Some(c) = self.peek(0) {
            match c {
                '\'' => self.single(&mut word),
                '"' => self.double(&mut word),
                '$' => self.dollar(&mut word),
                '`' => self.backtick(&mut word),
                '\\' => {
                    word.text.extend(self.peek(1));
                    word.is_plain = false;
                    self.at = (self.at + 2).min(self.chars.len());
                }
                '<' | '>' if self.peek(1) == Some('(') && self.at == from => {
                    self.at += 1;
                    self.nested(&mut word);
                }
                // An array.
                '(' if word.text.ends_with('=') => {
                    let text = self.bracketed('(', ')');
                    word.text.push_str(&text);
                }
                _ if c.is_whitespace() || "&|;()<>".contains(c) => break,
                _ => {
                    word.text.push(c);
                    self.at += 1;
                }
            }
        }
        if self.at == from {
            self.at += 1;
        }
        self.tokens.push(Token::Word(word));
    }

    fn single(&mut self, word: &mut Word) {
        word.is_plain = false;
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            if c == '\'' {
                return;
            }
            word.text.push(c);
        }
        self.whole = false;
    }

    fn double(&mut self, word: &mut Word) {
        word.is_plain = false;
        self.at += 1;
        while let Some(c) = self.peek(0) {
            match c {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    let next = self.peek(1);
                    if !next.is_some_and(|c| "\"\\$`".contains(c)) {
                        word.text.push('\\');
                    }
                    word.text.extend(next);
                    self.at = (self.at + 2).min(self.chars.len());
                }
                '$' => self.dollar(word),
                '`' => self.backtick(word),
                _ => {
                    word.text.push(c);
                    self.at += 1;
                }
            }
        }
        self.whole = false;
    }

    fn dollar(&mut self, word: &mut Word) {
        if self.starts("${{") {
            let end = (self.at..self.chars.len().saturating_sub(1))
                .find(|at| self.chars[*at] == '}' && self.chars[at + 1] == '}');
            let end = end.map_or(self.chars.len(), |end| end + 2);
            word.text.extend(&self.chars[self.at..end]);
            self.at = end;
        } else if self.starts("$((") {
            self.at += 1;
            let text = self.bracketed('(', ')');
            word.text.push('$');
            word.text.push_str(&text);
        } else if self.starts("$(") {
            self.at += 1;
            self.nested(word);
        } else if self.starts("${") {
            self.at += 1;
            let text = self.bracketed('{', '}');
            word.text.push('$');
            word.text.push_str(&text);
        } else {
            word.text.push('$');
            self.at += 1;
        }
    }

    /// `( .. )` of a substitution, as a script.
    fn nested(&mut self, word: &mut Word) {
        let text = self.bracketed('(', ')');
        let inside = text.strip_prefix('(').unwrap_or(&text);
        word.inner.push(inside.strip_suffix(')').unwrap_or(inside).to_owned());
        word.text.push_str("$()");
        word.is_plain = false;
    }

    fn backtick(&mut self, word: &mut Word) {
        let rest = &self.chars[self.at + 1..];
        let length = rest.iter().position(|c| *c == '`');
        self.whole &= length.is_some();
        let length = length.unwrap_or(rest.len());
        word.inner.push(rest[..length].iter().collect());
        word.text.push_str("$()");
        word.is_plain = false;
        self.at = (self.at + length + 2).min(self.chars.len());
    }

    /// From one bracket to its own end, quotes respected.
    fn bracketed(&mut self, open: char, close: char) -> String {
        let from = self.at;
        let (mut depth, mut quote) = (0_usize, None);
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match (quote, c) {
                (Some(end), _) if c == end => quote = None,
                (None | Some('"'), '\\') => self.at = (self.at + 1).min(self.chars.len()),
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, _) if c == open => depth += 1,
                (None, _) if c == close => {
                    depth -= 1;
                    if depth == 0 {
                        return self.chars[from..self.at].iter().collect();
                    }
                }
                (None, _) => {}
            }
        }
        self.whole = false;
        self.chars[from..].iter().collect()
    }
}
