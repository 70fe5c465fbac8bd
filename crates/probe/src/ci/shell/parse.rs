//! A script as a tree: lists, chains of `&&` and `||`, pipes, groups, branches, loops, functions and simple commands.
//!
//! Never fails: what cannot be understood is skipped, and the script says so. Every simple command has a number, those
//! within substitutions and within `sh -c '..'` included. Source: the grammar in POSIX.1-2017, 2.10, and the bash manual.

use super::Shell;
use super::lex::{Token, Word, lex};

/// How deep scripts within words are read.
const MAX_DEPTH: usize = 6;

/// A script that was read.
#[derive(Clone, Debug)]
pub(in crate::ci) struct Script {
    pub(in crate::ci) root: Node,
    /// Everything was understood.
    pub(in crate::ci) is_whole: bool,
}

#[derive(Clone, Debug)]
pub(in crate::ci) enum Node {
    Simple(Box<Simple>),
    Pipe {
        parts: Vec<Node>,
        is_negated: bool,
    },
    /// The first, and what is joined to it: true for `&&`.
    Chain {
        first: Box<Node>,
        rest: Vec<(bool, Node)>,
    },
    /// Each with whether it runs in the background.
    List(Vec<(Node, bool)>),
    Group {
        body: Box<Node>,
        is_subshell: bool,
    },
    If {
        arms: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },
    Loop {
        condition: Option<Box<Node>>,
        words: Box<Simple>,
        body: Box<Node>,
    },
    Case {
        bodies: Vec<Node>,
    },
    Function {
        name: String,
        body: Box<Node>,
    },
}

/// A simple command.
#[derive(Clone, Debug, Default)]
pub(in crate::ci) struct Simple {
    pub(in crate::ci) id: usize,
    /// What is set in front of it.
    pub(in crate::ci) sets: Vec<(String, Word)>,
    pub(in crate::ci) words: Vec<Word>,
    /// Scripts within its words.
    pub(in crate::ci) inner: Vec<Inner>,
}

/// A script within a command.
#[derive(Clone, Debug)]
pub(in crate::ci) struct Inner {
    pub(in crate::ci) body: Node,
    pub(in crate::ci) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ci) enum Place {
    /// `$(..)` in what is set, `x=$(..)`.
    Set,
    /// `$(..)` in a word.
    Word,
    /// `sh -c '..'`, `bash <<EOF`: the command's status is that of the script, which has a shell of its own.
    Own(Shell),
    /// `eval '..'`: in this shell.
    Here,
}

impl Simple {
    /// The words as people write them.
    pub(in crate::ci) fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(in crate::ci) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }
}

/// Reads a script.
pub(in crate::ci) fn parse(script: &str) -> Script {
    let mut ids = 0;
    let (root, is_whole) = read(script, &mut ids, 0);
    Script { root, is_whole }
}

fn read(script: &str, ids: &mut usize, depth: usize) -> (Node, bool) {
    let (tokens, is_whole) = lex(script);
    let mut parser = Parser { tokens, at: 0, ids, depth, is_whole };
    let mut items = Vec::new();
    while parser.at < parser.tokens.len() {
        let before = parser.at;
        if let Node::List(more) = parser.list(&[]) {
            items.extend(more);
        }
        if parser.at < parser.tokens.len() {
            // Something that closes what was never opened.
            parser.is_whole = false;
            parser.at = parser.at.max(before) + 1;
        }
    }
    let is_whole = parser.is_whole;
    (Node::List(items), is_whole)
}

struct Parser<'i> {
    tokens: Vec<Token>,
    at: usize,
    ids: &'i mut usize,
    depth: usize,
    is_whole: bool,
}

impl Parser<'_> {
    fn op(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Op(op)) => Some(op),
            Some(Token::Word(_) | Token::Document(_)) | None => None,
        }
    }

    /// The next word when it could be a keyword.
    fn keyword(&self) -> &str {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) if word.is_plain => &word.text,
            Some(Token::Word(_) | Token::Op(_) | Token::Document(_)) | None => "",
        }
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is_it = self.keyword() == keyword;
        self.at += usize::from(is_it);
        is_it
    }

    fn takes_op(&mut self, op: &str) -> bool {
        let is_it = self.op() == Some(op);
        self.at += usize::from(is_it);
        is_it
    }

    fn wants(&mut self, keyword: &str) {
        if !self.takes(keyword) {
            self.is_whole = false;
        }
    }

    fn lines(&mut self) {
        while matches!(self.op(), Some("\n" | ";")) {
            self.at += 1;
        }
    }

    /// Commands up to one of these keywords, or to a bracket that closes.
    fn list(&mut self, until: &[&str]) -> Node {
        let mut items = Vec::new();
        loop {
            self.lines();
            let ends =
                matches!(self.op(), Some(")" | ";;")) || !self.keyword().is_empty() && until.contains(&self.keyword());
            if ends || self.at >= self.tokens.len() {
                return Node::List(items);
            }
            let before = self.at;
            let node = self.chain();
            let in_background = self.op() == Some("&");
            if matches!(self.op(), Some("&" | ";" | "\n")) {
                self.at += 1;
            }
            if self.at == before {
                return Node::List(items);
            }
            items.push((node, in_background));
        }
    }

    fn chain(&mut self) -> Node {
        let first = self.pipe();
        let mut rest = Vec::new();
        while let Some(op @ ("&&" | "||")) = self.op() {
            self.at += 1;
            self.lines();
            rest.push((op == "&&", self.pipe()));
        }
        if rest.is_empty() { first } else { Node::Chain { first: Box::new(first), rest } }
    }

    fn pipe(&mut self) -> Node {
        let mut is_negated = false;
        while self.takes("!") || self.takes("time") {
            is_negated |= matches!(&self.tokens[self.at - 1], Token::Word(word) if word.text == "!");
        }
        let mut parts = vec![self.command()];
        while self.takes_op("|") {
            self.lines();
            parts.push(self.command());
        }
        match parts.len() {
            1 if !is_negated => parts.remove(0),
            _ => Node::Pipe { parts, is_negated },
        }
    }

    fn command(&mut self) -> Node {
        let node = match self.keyword() {
            "{" => self.group(),
            "if" => self.branch(),
            "while" | "until" => self.repeat(),
            "for" | "select" => self.each(),
            "case" => self.case(),
            "function" => {
                self.at += 1;
                self.function()
            }
            _ if self.op() == Some("(") => self.subshell(),
            _ if self.is_function() => self.function(),
            _ => return self.simple(),
        };
        // What is redirected behind a group.
        while matches!(self.tokens.get(self.at), Some(Token::Document(_))) {
            self.at += 1;
        }
        node
    }

    fn is_function(&self) -> bool {
        let at = |ahead: usize| self.tokens.get(self.at + ahead);
        matches!(at(0), Some(Token::Word(word)) if word.is_plain)
            && at(1) == Some(&Token::Op("("))
            && at(2) == Some(&Token::Op(")"))
    }

    fn function(&mut self) -> Node {
        let name = self.keyword().to_owned();
        self.at += 1;
        if self.takes_op("(") {
            self.takes_op(")");
        }
        self.lines();
        let body = self.command();
        Node::Function { name, body: Box::new(body) }
    }

    fn group(&mut self) -> Node {
        self.at += 1;
        let body = self.list(&["}"]);
        self.wants("}");
        Node::Group { body: Box::new(body), is_subshell: false }
    }

    fn subshell(&mut self) -> Node {
        self.at += 1;
        let body = self.list(&[]);
        self.is_whole &= self.takes_op(")");
        Node::Group { body: Box::new(body), is_subshell: true }
    }

    fn branch(&mut self) -> Node {
        let (mut arms, mut otherwise) = (Vec::new(), None);
        while self.takes("if") || self.takes("elif") {
            let condition = self.list(&["then"]);
            self.wants("then");
            arms.push((condition, self.list(&["elif", "else", "fi"])));
        }
        if self.takes("else") {
            otherwise = Some(Box::new(self.list(&["fi"])));
        }
        self.wants("fi");
        Node::If { arms, otherwise }
    }

    fn repeat(&mut self) -> Node {
        self.at += 1;
        let condition = Some(Box::new(self.list(&["do"])));
        self.wants("do");
        let body = Box::new(self.list(&["done"]));
        self.wants("done");
        Node::Loop { condition, words: Box::default(), body }
    }

    fn each(&mut self) -> Node {
        self.at += 1;
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.tokens.get(self.at) {
            words.push(word.clone());
            self.at += 1;
        }
        let words = self.finished(Vec::new(), words, None);
        self.lines();
        self.wants("do");
        let body = Box::new(self.list(&["done"]));
        self.wants("done");
        Node::Loop { condition: None, words: Box::new(words), body }
    }

    fn case(&mut self) -> Node {
        while self.at < self.tokens.len() && self.keyword() != "in" {
            self.at += 1;
        }
        self.wants("in");
        let mut bodies = Vec::new();
        loop {
            self.lines();
            if self.takes("esac") || self.at >= self.tokens.len() {
                return Node::Case { bodies };
            }
            while self.at < self.tokens.len() && !self.takes_op(")") {
                self.at += 1;
            }
            bodies.push(self.list(&["esac"]));
            self.takes_op(";;");
        }
    }

    fn simple(&mut self) -> Node {
        let (mut sets, mut words, mut document) = (Vec::new(), Vec::new(), None);
        loop {
            match self.tokens.get(self.at) {
                Some(Token::Word(word)) if words.is_empty() && set(word).is_some() => sets.extend(set(word)),
                Some(Token::Word(word)) => words.push(word.clone()),
                Some(Token::Document(text)) => document = Some(text.clone()),
                Some(Token::Op(_)) | None => break,
            }
            self.at += 1;
        }
        Node::Simple(Box::new(self.finished(sets, words, document)))
    }

    fn finished(&mut self, sets: Vec<(String, Word)>, words: Vec<Word>, document: Option<String>) -> Simple {
        let id = *self.ids;
        *self.ids += 1;
        let mut scripts: Vec<(String, Place)> = Vec::new();
        scripts.extend(sets.iter().flat_map(|(_, word)| word.inner.clone()).map(|text| (text, Place::Set)));
        scripts.extend(words.iter().flat_map(|word| word.inner.clone()).map(|text| (text, Place::Word)));
        scripts.extend(own(&words, document));
        let mut inner = Vec::new();
        if self.depth < MAX_DEPTH {
            for (text, place) in scripts {
                let (body, is_whole) = read(&text, self.ids, self.depth + 1);
                self.is_whole &= is_whole;
                inner.push(Inner { body, place });
            }
        }
        Simple { id, sets, words, inner }
    }
}

/// `name=value`.
fn set(word: &Word) -> Option<(String, Word)> {
    let (name, value) = word.text.split_once('=')?;
    let name = name.trim_end_matches('+');
    let is_name =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name.starts_with(|c: char| !c.is_ascii_digit());
    is_name.then(|| (name.to_owned(), Word { text: value.to_owned(), ..word.clone() }))
}

/// Programs that run the script in one of their words, and the option in front of it.
const RUNNERS: [(&str, &str); 4] = [("su", "-c"), ("nix-shell", "--run"), ("nix-shell", "--command"), ("script", "-c")];

/// A script that a word or a here-document hands to a shell.
fn own(words: &[Word], document: Option<String>) -> Option<(String, Place)> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let base = |at: usize| text(at).rsplit('/').next().unwrap_or("").to_owned();
    if text(0) == "eval" {
        let all: Vec<&str> = words[1..].iter().map(|word| word.text.as_str()).collect();
        return Some((all.join(" "), Place::Here));
    }
    if let Some((_, option)) =
        RUNNERS.iter().find(|(program, option)| base(0) == *program && words.iter().any(|word| word.text == *option))
    {
        let at = words.iter().position(|word| word.text == *option)?;
        return Some((text(at + 1).to_owned(), Place::Own(Shell::bare())));
    }
    let shell = (0..words.len()).find(|at| matches!(base(*at).as_str(), "sh" | "bash" | "dash" | "zsh" | "ash"))?;
    let options: Vec<&str> = (shell + 1..words.len())
        .map(text)
        .take_while(|word| word.starts_with('-') || *word == "pipefail" || *word == "errexit")
        .collect();
    let state = Shell::of_options(&options);
    let is_command = options.iter().any(|word| !word.starts_with("--") && word.ends_with('c'));
    let script = shell + 1 + options.len();
    match document {
        _ if is_command => Some((text(script).to_owned(), Place::Own(state))),
        Some(document) if script >= words.len() || text(script) == "-s" => Some((document, Place::Own(state))),
        Some(_) | None => None,
    }
}
