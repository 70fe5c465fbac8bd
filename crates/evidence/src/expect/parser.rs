//! Tokens into a tree, by precedence: `||`, `&&`, one comparison or `in`, `+ -`, `* /`, `! -`, then `.method(..)`.
//!
//! Stops at the first mistake and says what was expected: after a syntax error everything else is a guess.
//! Comparisons do not chain: in CEL `1 < x < 5` compares a truth with a number.

use text::{Span, nearest};

use crate::Value;
use crate::value::{Arithmetic, negated};

use super::Fault;
use super::lexer::{Token, tokens};
use super::tree::{Comparison, Kind, Logic, Match, Tree};

/// The deepest nesting of brackets, signs and right-hand sides that is followed.
const MAX_NESTING: usize = 64;

/// The deepest tree: a chain of that many `&&` is as deep as long.
const MAX_DEPTH: usize = 128;

/// Names that cannot be bound by `all` and `exists`.
const RESERVED: [&str; 6] = ["obs", "true", "false", "in", "size", "has"];

/// Methods, for the help of a slip.
const METHODS: [&str; 6] = ["contains", "startsWith", "endsWith", "all", "exists", "size"];

/// Reads a whole expectation.
pub(super) fn parse(text: &str) -> Result<Tree, Fault> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, nesting: 0, variables: Vec::new() };
    let tree = parser.binary(0)?;
    match parser.peek() {
        Token::End => Ok(tree),
        _ => Err(parser.expected("an operator such as `&&` or `==`, or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token<'t>, Span)>,
    at: usize,
    nesting: usize,
    variables: Vec<String>,
}

#[derive(Clone, Copy)]
enum Operator {
    Logic(Logic),
    Compare(Comparison),
    In,
    Arithmetic(Arithmetic),
}

impl Operator {
    fn precedence(self) -> u8 {
        match self {
            Self::Logic(Logic::Or) => 1,
            Self::Logic(Logic::And) => 2,
            Self::Compare(_) | Self::In => 3,
            Self::Arithmetic(Arithmetic::Add | Arithmetic::Subtract) => 4,
            Self::Arithmetic(Arithmetic::Multiply | Arithmetic::Divide) => 5,
        }
    }

    fn join(self, left: Tree, right: Tree) -> Kind {
        let (left, right) = (Box::new(left), Box::new(right));
        match self {
            Self::Logic(logic) => Kind::Logic(logic, left, right),
            Self::Compare(comparison) => Kind::Compare(comparison, left, right),
            Self::In => Kind::In(left, right),
            Self::Arithmetic(operation) => Kind::Arithmetic(operation, left, right),
        }
    }
}

impl<'t> Parser<'t> {
    /// Operators that bind at least as tightly as `floor`.
    fn binary(&mut self, floor: u8) -> Result<Tree, Fault> {
        self.enter()?;
        let mut left = self.unary()?;
        let mut compared = false;
        while let Some(operator) = self.operator().filter(|operator| operator.precedence() >= floor) {
            let compares = matches!(operator, Operator::Compare(_) | Operator::In);
            if compares && compared {
                return Err(self.fault("comparisons cannot be chained").with_help("write `1 < obs.x && obs.x < 5`"));
            }
            self.at += 1;
            let right = self.binary(operator.precedence() + 1)?;
            let span = Span::new(left.span.start, right.span.end);
            left = self.shallow(Tree::new(operator.join(left, right), span))?;
            compared = compares;
        }
        self.nesting -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<Operator> {
        let operator = match self.peek() {
            Token::Symbol("||") => Operator::Logic(Logic::Or),
            Token::Symbol("&&") => Operator::Logic(Logic::And),
            Token::Symbol("==") => Operator::Compare(Comparison::Equal),
            Token::Symbol("!=") => Operator::Compare(Comparison::NotEqual),
            Token::Symbol("<") => Operator::Compare(Comparison::Less),
            Token::Symbol("<=") => Operator::Compare(Comparison::AtMost),
            Token::Symbol(">") => Operator::Compare(Comparison::More),
            Token::Symbol(">=") => Operator::Compare(Comparison::AtLeast),
            Token::Symbol("+") => Operator::Arithmetic(Arithmetic::Add),
            Token::Symbol("-") => Operator::Arithmetic(Arithmetic::Subtract),
            Token::Symbol("*") => Operator::Arithmetic(Arithmetic::Multiply),
            Token::Symbol("/") => Operator::Arithmetic(Arithmetic::Divide),
            Token::Word("in") => Operator::In,
            Token::Symbol(_) | Token::Word(_) | Token::Value(_) | Token::End => return None,
        };
        Some(operator)
    }

    fn unary(&mut self) -> Result<Tree, Fault> {
        let start = self.span().start;
        if self.take("!") {
            self.enter()?;
            let inner = self.unary()?;
            self.nesting -= 1;
            let span = Span::new(start, inner.span.end);
            return self.shallow(Tree::new(Kind::Not(Box::new(inner)), span));
        }
        if self.take("-") {
            self.enter()?;
            let inner = self.unary()?;
            self.nesting -= 1;
            let span = Span::new(start, inner.span.end);
            return self.shallow(Tree::new(minus(inner), span));
        }
        let primary = self.primary()?;
        self.postfix(primary)
    }

    fn primary(&mut self) -> Result<Tree, Fault> {
        let span = self.span();
        match self.peek().clone() {
            Token::Value(value) => {
                self.at += 1;
                Ok(Tree::new(Kind::Literal(value), span))
            }
            Token::Symbol("(") => {
                self.at += 1;
                let mut inner = self.binary(0)?;
                // The brackets belong to the part, so that what is shown of it is whole.
                inner.span = Span::new(span.start, self.close(")", span)?);
                Ok(inner)
            }
            Token::Symbol("[") => {
                self.at += 1;
                let (items, end) = self.list(span)?;
                self.shallow(Tree::new(Kind::List(items), Span::new(span.start, end)))
            }
            Token::Word(word) => self.word(word, span),
            Token::End | Token::Symbol(_) => Err(self.expected("a value such as `obs.status`, `401` or `'text'`")),
        }
    }

    fn word(&mut self, word: &'t str, span: Span) -> Result<Tree, Fault> {
        match word {
            "true" | "false" => {
                self.at += 1;
                Ok(Tree::new(Kind::Literal(Value::Boolean(word == "true")), span))
            }
            "obs" => {
                let (path, end) = self.path()?;
                Ok(Tree::new(Kind::Path(path), Span::new(span.start, end)))
            }
            "size" => {
                self.at += 1;
                let open = self.open("(")?;
                let inner = self.binary(0)?;
                let end = self.close(")", open)?;
                self.shallow(Tree::new(Kind::Size(Box::new(inner)), Span::new(span.start, end)))
            }
            "has" => {
                self.at += 1;
                let open = self.open("(")?;
                if *self.peek() != Token::Word("obs") {
                    return Err(self.expected("a field such as `obs.status`"));
                }
                let (path, _) = self.path()?;
                let end = self.close(")", open)?;
                Ok(Tree::new(Kind::Has(path), Span::new(span.start, end)))
            }
            _ if self.variables.iter().any(|variable| variable == word) => {
                self.at += 1;
                Ok(Tree::new(Kind::Variable(word.to_owned()), span))
            }
            _ => Err(unknown_name(word, span)),
        }
    }

    /// `obs` and its fields: the dotted name without `obs`, and where it ends.
    fn path(&mut self) -> Result<(String, usize), Fault> {
        let obs = self.span();
        self.at += 1;
        let mut parts: Vec<String> = Vec::new();
        loop {
            let method = matches!(self.peek_at(1), Token::Word(_)) && *self.peek_at(2) == Token::Symbol("(");
            let field = !method || parts.is_empty();
            if field && *self.peek() == Token::Symbol(".") {
                self.at += 1;
                let Token::Word(name) = *self.peek() else {
                    return Err(self.expected("the name of a field after `.`"));
                };
                self.at += 1;
                parts.push(name.to_owned());
            } else if *self.peek() == Token::Symbol("[") {
                let open = self.span();
                self.at += 1;
                let Token::Value(Value::Text(name)) = self.peek().clone() else {
                    return Err(self
                        .expected("the name of a field in quotes")
                        .with_help("items of lists are read with `in`, `all` and `exists`"));
                };
                self.at += 1;
                self.close("]", open)?;
                parts.push(name);
            } else {
                break;
            }
        }
        if parts.is_empty() {
            return Err(Fault::error("expect-syntax", obs, "`obs` is the whole observation, not a value")
                .with_help("name a field of it, such as `obs.status`"));
        }
        Ok((parts.join("."), self.tokens[self.at - 1].1.end))
    }

    fn postfix(&mut self, mut tree: Tree) -> Result<Tree, Fault> {
        while self.take(".") {
            let span = self.span();
            let Token::Word(method) = *self.peek() else { return Err(self.expected("the name of a method after `.`")) };
            self.at += 1;
            if *self.peek() != Token::Symbol("(") {
                return Err(Fault::error("expect-syntax", span, "only `obs` has fields")
                    .with_help("a value has methods, such as `.contains('text')`"));
            }
            let start = tree.span.start;
            let (kind, end) = self.method(tree, method, span)?;
            tree = self.shallow(Tree::new(kind, Span::new(start, end)))?;
        }
        Ok(tree)
    }

    fn method(&mut self, on: Tree, method: &str, span: Span) -> Result<(Kind, usize), Fault> {
        let on = Box::new(on);
        let asked =
            [Match::Contains, Match::StartsWith, Match::EndsWith].into_iter().find(|asked| asked.word() == method);
        if let Some(asked) = asked {
            let open = self.open("(")?;
            let part = Box::new(self.binary(0)?);
            return Ok((Kind::Match(asked, on, part), self.close(")", open)?));
        }
        match method {
            "all" | "exists" => self.quantified(on, method == "all"),
            "size" => {
                let open = self.open("(")?;
                Ok((Kind::Size(on), self.close(")", open)?))
            }
            _ => Err(Fault::error("expect-syntax", span, format!("`{method}` is not a method"))
                .with_help(method_help(method))),
        }
    }

    fn quantified(&mut self, list: Box<Tree>, all: bool) -> Result<(Kind, usize), Fault> {
        let open = self.open("(")?;
        let Token::Word(name) = *self.peek() else {
            return Err(self.expected("a name for each item, as in `.all(x, x > 0)`"));
        };
        if RESERVED.contains(&name) || self.variables.iter().any(|bound| bound == name) {
            return Err(self.fault(format!("`{name}` already means something")).with_help("take another name"));
        }
        self.at += 1;
        self.open(",")?;
        self.variables.push(name.to_owned());
        let body = Box::new(self.binary(0)?);
        self.variables.pop();
        let end = self.close(")", open)?;
        Ok((Kind::Quantified { all, list, name: name.to_owned(), body }, end))
    }

    fn list(&mut self, open: Span) -> Result<(Vec<Tree>, usize), Fault> {
        let mut items = Vec::new();
        while *self.peek() != Token::Symbol("]") {
            items.push(self.binary(0)?);
            if !self.take(",") {
                break;
            }
        }
        Ok((items, self.close("]", open)?))
    }

    fn peek(&self) -> &Token<'t> {
        self.peek_at(0)
    }

    /// The last token is `End` and is never passed, so looking ahead stays there.
    fn peek_at(&self, ahead: usize) -> &Token<'t> {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(here) if *here == symbol);
        self.at += usize::from(found);
        found
    }

    fn open(&mut self, symbol: &str) -> Result<Span, Fault> {
        let span = self.span();
        if self.take(symbol) { Ok(span) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    /// The closing bracket: the byte after it.
    fn close(&mut self, symbol: &str, open: Span) -> Result<usize, Fault> {
        let end = self.span().end;
        if self.take(symbol) {
            return Ok(end);
        }
        let opened = &self.text[open.range()];
        Err(self.expected(&format!(
            "`{symbol}` for the `{opened}` in column {}",
            self.text[..open.start].chars().count() + 1
        )))
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.nesting += 1;
        if self.nesting <= MAX_NESTING {
            return Ok(());
        }
        Err(self.fault(format!("nested deeper than {MAX_NESTING} levels")).with_help("split it into several claims"))
    }

    fn shallow(&self, tree: Tree) -> Result<Tree, Fault> {
        if tree.depth <= MAX_DEPTH {
            return Ok(tree);
        }
        let message = format!("longer than {MAX_DEPTH} parts in a row");
        Err(Fault::error("expect-syntax", tree.span, message).with_help("split it into several claims"))
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::error("expect-syntax", self.span(), message)
    }

    fn expected(&self, what: &str) -> Fault {
        let found = match self.peek() {
            Token::End => "the end".to_owned(),
            Token::Value(_) | Token::Word(_) | Token::Symbol(_) => format!("`{}`", &self.text[self.span().range()]),
        };
        let fault = self.fault(format!("expected {what}, found {found}"));
        match self.peek() {
            Token::Word("and" | "AND") => fault.with_help("and is written `&&`"),
            Token::Word("or" | "OR") => fault.with_help("or is written `||`"),
            Token::Word("is" | "equals") => fault.with_help("comparison is written `==`"),
            Token::Symbol(">") if self.text[..self.span().start].ends_with('<') => {
                fault.with_help("not equal is written `!=`")
            }
            Token::Word(_) | Token::Value(_) | Token::Symbol(_) | Token::End => fault,
        }
    }
}

/// A written number is folded with its sign, so that `-5` is a literal.
fn minus(inner: Tree) -> Kind {
    match &inner.kind {
        Kind::Literal(value @ (Value::Integer(_) | Value::Quantity(_))) => {
            negated(value).map_or_else(|_| Kind::Negate(Box::new(inner.clone())), Kind::Literal)
        }
        _ => Kind::Negate(Box::new(inner)),
    }
}

fn method_help(method: &str) -> String {
    match method {
        "any" | "some" => "write `exists`".to_owned(),
        "every" => "write `all`".to_owned(),
        "matches" => "there are no patterns here: `contains`, `startsWith` and `endsWith`".to_owned(),
        _ => match nearest(method, METHODS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("methods are: {}", METHODS.join(", ")),
        },
    }
}

fn unknown_name(word: &str, span: Span) -> Fault {
    let help = match word {
        "not" | "NOT" => "not is written `!`".to_owned(),
        "True" | "TRUE" | "False" | "FALSE" => format!("write `{}`", word.to_lowercase()),
        "len" | "length" | "count" => "write `size(obs.list)`".to_owned(),
        "null" | "nil" | "None" | "none" => "there is no null: ask `has(obs.NAME)`".to_owned(),
        _ => match nearest(word, ["obs", "true", "false", "size", "has"]) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a field of the observation is `obs.{word}`, a text stands in quotes: `'{word}'`"),
        },
    };
    Fault::error("unknown-name", span, format!("`{word}` is not a name known here")).with_help(help)
}
