//! Templates of Go into actions, and actions into pipelines.

/// A part of a template that does something.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// `if`, `else if`, `with` and `range`, with the variables that they set.
    Open { word: String, sets: Vec<String>, of: Option<Pipeline> },
    /// `else`, alone or with another condition.
    Else { word: String, of: Option<Pipeline> },
    /// `end`.
    End,
    /// `define`, or `block` with what it is given.
    Define { name: String, of: Option<Pipeline> },
    /// `$x := ..` or `$x = ..`.
    Set { sets: Vec<String>, of: Pipeline },
    /// What is written.
    Write(Pipeline),
    /// Something that could not be read.
    Broken,
}

/// Commands, each of which is handed what the one before it gives.
pub(super) type Pipeline = Vec<Vec<Term>>;

/// A word of a command.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    /// `.a.b`, `$`, `$x.a`: the variable it begins with (nothing for the dot), and fields.
    Path(Option<String>, Vec<String>),
    /// A function.
    Word(String),
    /// A text.
    Text(String),
    /// A number, or a character.
    Number,
    /// In brackets, with fields of what that gives.
    Inner(Pipeline, Vec<String>),
}

/// The actions of a template, in their order. Comments are none.
pub(super) fn actions(text: &str) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let above = &text[..text.len() - rest.len() + at];
        let is_comment = above.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'));
        rest = &rest[at + 2..];
        let inner = rest.strip_prefix('-').unwrap_or(rest);
        if inner.trim_start().starts_with("/*") {
            let Some(end) = rest.find("*/").and_then(|at| rest[at..].find("}}").map(|end| at + end)) else { break };
            rest = &rest[end + 2..];
            continue;
        }
        let Some(end) = closing(rest) else { break };
        let body = rest[..end].trim_start_matches('-').trim_end_matches('-').trim();
        actions.push(match action(body) {
            // What is written into a comment of YAML does nothing, as long as it stays on that line.
            Action::Write(of) if is_comment && !of.iter().any(|command| has_lines(command)) => {
                Action::Write(Vec::new())
            }
            action => action,
        });
        rest = &rest[end + 2..];
    }
    actions
}

/// Functions whose texts may go on in the next line.
const LINES: [&str; 6] = ["nindent", "indent", "toYaml", "include", "tpl", "template"];

fn has_lines(command: &[Term]) -> bool {
    matches!(command.first(), Some(Term::Word(word)) if LINES.contains(&word.as_str()))
}

/// Where `}}` stands outside of texts.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut quote) = (0, None);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(b'"'), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, byte @ (b'"' | b'`' | b'\'')) => quote = Some(byte),
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            (None, _) => {}
        }
        at += 1;
    }
    None
}

fn action(body: &str) -> Action {
    let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
    let rest = rest.trim();
    match word {
        "end" => Action::End,
        "if" | "with" | "range" => match setting(rest) {
            Some((sets, of)) => Action::Open { word: word.to_owned(), sets, of: Some(of) },
            None => Action::Broken,
        },
        "else" => {
            let (inner, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            Action::Else { word: inner.to_owned(), of: if rest.is_empty() { None } else { pipeline(rest) } }
        }
        "define" | "block" => {
            let Some(tokens) = tokens(rest) else { return Action::Broken };
            let Some(Token::Text(name)) = tokens.first() else { return Action::Broken };
            let of = if word == "block" { parse(&mut tokens[1..].iter().cloned().peekable()) } else { None };
            Action::Define { name: name.clone(), of }
        }
        "break" | "continue" | "" => Action::Write(Vec::new()),
        _ => match setting(body) {
            Some((sets, of)) if sets.is_empty() => Action::Write(of),
            Some((sets, of)) => Action::Set { sets, of },
            None => Action::Broken,
        },
    }
}

/// `$i, $x := ..` or a pipeline alone.
fn setting(text: &str) -> Option<(Vec<String>, Pipeline)> {
    if text.starts_with('$')
        && let Some((left, right)) = text.split_once(":=").or_else(|| text.split_once('='))
    {
        let is_name = |name: &str| {
            name.strip_prefix('$')
                .is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        };
        let names: Vec<&str> = left.split(',').map(str::trim).collect();
        if names.iter().all(|name| is_name(name)) {
            return Some((names.into_iter().map(str::to_owned).collect(), pipeline(right)?));
        }
    }
    Some((Vec::new(), pipeline(text)?))
}

fn pipeline(text: &str) -> Option<Pipeline> {
    let mut tokens = tokens(text)?.into_iter().peekable();
    let made = parse(&mut tokens)?;
    tokens.next().is_none().then_some(made)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Pipe,
    Text(String),
    /// Anything up to a space; fields that stand directly behind a bracket begin with a dot and are marked.
    Word(String, bool),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    let mut is_behind = false;
    while let Some(c) = characters.next() {
        let was_behind = std::mem::replace(&mut is_behind, false);
        match c {
            c if c.is_whitespace() => {}
            '(' => tokens.push(Token::Open),
            ')' => {
                tokens.push(Token::Close);
                is_behind = true;
            }
            '|' => tokens.push(Token::Pipe),
            '"' | '`' => {
                let mut value = String::new();
                loop {
                    match characters.next()? {
                        '\\' if c == '"' => value.extend(characters.next()),
                        end if end == c => break,
                        other => value.push(other),
                    }
                }
                tokens.push(Token::Text(value));
            }
            '\'' => {
                while characters.next()? != '\'' {}
                tokens.push(Token::Word("0".to_owned(), false));
            }
            ',' => return None,
            first => {
                let mut word = String::from(first);
                while let Some(next) = characters.peek().filter(|c| !c.is_whitespace() && !"()|,\"`".contains(**c)) {
                    word.push(*next);
                    characters.next();
                }
                tokens.push(Token::Word(word, was_behind));
            }
        }
    }
    Some(tokens)
}

fn parse<T: Iterator<Item = Token>>(tokens: &mut std::iter::Peekable<T>) -> Option<Pipeline> {
    let mut commands: Pipeline = vec![Vec::new()];
    while let Some(token) = tokens.peek().cloned() {
        if token == Token::Close {
            break;
        }
        tokens.next();
        let command = commands.last_mut()?;
        match token {
            Token::Pipe => commands.push(Vec::new()),
            Token::Text(text) => command.push(Term::Text(text)),
            Token::Open => {
                let inner = parse(tokens)?;
                if tokens.next() != Some(Token::Close) {
                    return None;
                }
                let fields = match tokens.peek() {
                    Some(Token::Word(word, true)) if word.starts_with('.') => {
                        let fields = fields(word);
                        tokens.next();
                        fields
                    }
                    _ => Vec::new(),
                };
                command.push(Term::Inner(inner, fields));
            }
            Token::Word(word, _) => command.push(term(&word)),
            Token::Close => return None,
        }
    }
    Some(commands)
}

fn fields(path: &str) -> Vec<String> {
    path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn term(word: &str) -> Term {
    if word.starts_with('.') && !word[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return Term::Path(None, fields(word));
    }
    if word.starts_with('$') {
        let (variable, rest) = word.split_once('.').unwrap_or((word, ""));
        return Term::Path(Some(variable.to_owned()), fields(rest));
    }
    let is_number = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if is_number || matches!(word, "true" | "false" | "nil") { Term::Number } else { Term::Word(word.to_owned()) }
}
