//! The expectation as a tree, each part with the bytes of the text it was read from.

use std::collections::BTreeSet;

use text::Span;

use crate::Value;
use crate::value::Arithmetic;

/// A part of an expectation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    /// Its bytes within the expectation's text.
    pub(super) span: Span,
    /// What it is.
    pub(super) kind: Kind,
    /// Levels below and including this one; the parser refuses trees that are too deep to walk.
    pub(super) depth: usize,
}

/// What a part can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A number, text or truth written out.
    Literal(Value),
    /// `[a, b]`.
    List(Vec<Tree>),
    /// `obs.a.b`, without `obs.`.
    Path(String),
    /// The name bound by `all` or `exists`.
    Variable(String),
    /// `!a`.
    Not(Box<Tree>),
    /// `-a`.
    Negate(Box<Tree>),
    /// `a && b`, `a || b`.
    Logic(Logic, Box<Tree>, Box<Tree>),
    /// `a < b` and its kin.
    Compare(Comparison, Box<Tree>, Box<Tree>),
    /// `a in b`.
    In(Box<Tree>, Box<Tree>),
    /// `a + b` and its kin.
    Arithmetic(Arithmetic, Box<Tree>, Box<Tree>),
    /// `size(a)`.
    Size(Box<Tree>),
    /// `has(obs.a)`.
    Has(String),
    /// `a.contains(b)` and its kin.
    Match(Match, Box<Tree>, Box<Tree>),
    /// `list.all(name, body)`, or `exists` when not `all`.
    Quantified { all: bool, list: Box<Tree>, name: String, body: Box<Tree> },
}

/// The two connectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logic {
    And,
    Or,
}

/// The six comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// The three questions about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Contains,
    StartsWith,
    EndsWith,
}

impl Match {
    /// The name it is written with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
        }
    }
}

impl Tree {
    /// A part over the given bytes.
    pub(super) fn new(kind: Kind, span: Span) -> Self {
        let mut tree = Self { span, kind, depth: 1 };
        tree.depth += tree.children().iter().map(|child| child.depth).max().unwrap_or(0);
        tree
    }

    /// Its parts, in the order written.
    pub(super) fn children(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Literal(_) | Kind::Path(_) | Kind::Variable(_) | Kind::Has(_) => Vec::new(),
            Kind::List(items) => items.iter().collect(),
            Kind::Not(inner) | Kind::Negate(inner) | Kind::Size(inner) => vec![inner],
            Kind::Logic(_, left, right)
            | Kind::Compare(_, left, right)
            | Kind::In(left, right)
            | Kind::Arithmetic(_, left, right)
            | Kind::Match(_, left, right) => vec![left, right],
            Kind::Quantified { list, body, .. } => vec![list, body],
        }
    }

    /// Visits this part and everything below it.
    pub(super) fn walk<'t>(&'t self, visit: &mut impl FnMut(&'t Self)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// Every field of the observation that is read, `has` included.
    pub(super) fn paths(&self) -> BTreeSet<&str> {
        let mut paths = BTreeSet::new();
        self.walk(&mut |tree| {
            if let Kind::Path(path) | Kind::Has(path) = &tree.kind {
                paths.insert(path.as_str());
            }
        });
        paths
    }

    /// The fields whose absence the author has thought of: those under `has`.
    pub(super) fn asked(&self) -> BTreeSet<&str> {
        let mut paths = BTreeSet::new();
        self.walk(&mut |tree| {
            if let Kind::Has(path) = &tree.kind {
                paths.insert(path.as_str());
            }
        });
        paths
    }

    /// The value, when it is written out in full: a literal, or a list of such.
    pub(super) fn constant(&self) -> Option<Value> {
        match &self.kind {
            Kind::Literal(value) => Some(value.clone()),
            Kind::List(items) => items.iter().map(Self::constant).collect::<Option<_>>().map(Value::List),
            _ => None,
        }
    }

    /// Whether it reads neither the observation nor a bound name.
    pub(super) fn is_fixed(&self) -> bool {
        let own = matches!(self.kind, Kind::Path(_) | Kind::Has(_) | Kind::Variable(_));
        !own && self.children().iter().all(|child| child.is_fixed())
    }
}
