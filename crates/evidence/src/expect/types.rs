//! What can be known of an expectation before anything was seen: parts that can never fit each other.
//!
//! A field of the observation may be anything, so only what is written out is held against each other: `5s < 10` is
//! wrong here, `obs.p95 < 10` may turn out to be. Collects every mistake, not the first.

use crate::value::{Arithmetic, Doubt};
use crate::{Unit, Value};

use super::Fault;
use super::evaluate::value_of_fixed;
use super::tree::{Comparison, Kind, Tree};

/// What a part can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    /// Anything: it depends on the observation.
    Any,
    Boolean,
    Text,
    List,
    /// A number; the unit is open for zero and where it depends on the observation.
    Number(Option<Unit>),
}

impl Type {
    fn words(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Boolean => "true or false",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Number(unit) => unit.map_or("a number", Unit::words),
        }
    }

    fn fits(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Number(left), Self::Number(right)) => left.is_none() || right.is_none() || left == right,
            (left, right) => left == right,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Any | Self::Number(_))
    }

    fn unit(self) -> Option<Unit> {
        match self {
            Self::Number(unit) => unit,
            Self::Any | Self::Boolean | Self::Text | Self::List => None,
        }
    }
}

/// Everything that is wrong before anything was seen.
pub(super) fn check(tree: &Tree) -> Vec<Fault> {
    let mut checker = Checker { faults: Vec::new() };
    checker.truth(tree, "an expectation is true or false");
    checker.faults
}

struct Checker {
    faults: Vec<Fault>,
}

impl Checker {
    fn truth(&mut self, tree: &Tree, rule: &str) {
        let found = self.type_of(tree);
        if !found.fits(Type::Boolean) {
            let message = format!("{rule}, and this is {}", found.words());
            self.wrong(tree, message, "compare it with something, as in `obs.count > 0`");
        }
    }

    fn type_of(&mut self, tree: &Tree) -> Type {
        match &tree.kind {
            Kind::Literal(value) => type_of_value(value),
            Kind::Path(_) | Kind::Variable(_) => Type::Any,
            Kind::List(items) => {
                for item in items {
                    self.type_of(item);
                }
                Type::List
            }
            Kind::Not(inner) => {
                self.truth(inner, "`!` turns true or false");
                Type::Boolean
            }
            Kind::Logic(_, left, right) => {
                self.truth(left, "`&&` and `||` join what is true or false");
                self.truth(right, "`&&` and `||` join what is true or false");
                Type::Boolean
            }
            Kind::Negate(inner) => self.number(inner),
            Kind::Arithmetic(operation, left, right) => self.arithmetic(tree, *operation, left, right),
            Kind::Compare(comparison, left, right) => self.compare(tree, *comparison, left, right),
            Kind::In(left, right) => self.within(tree, left, right),
            Kind::Has(_) => Type::Boolean,
            Kind::Size(inner) => {
                self.sized(inner);
                Type::Number(Some(Unit::One))
            }
            Kind::Match(asked, on, part) => {
                for side in [on, part] {
                    let found = self.type_of(side);
                    if !found.fits(Type::Text) {
                        let message = format!("`{}` asks about texts, and this is {}", asked.word(), found.words());
                        self.wrong(side, message, "an item of a list is found with `'item' in obs.list`");
                    }
                }
                Type::Boolean
            }
            Kind::Quantified { list, body, .. } => {
                let found = self.type_of(list);
                if !found.fits(Type::List) {
                    let message = format!("`all` and `exists` ask about lists, and this is {}", found.words());
                    self.wrong(list, message, "name a field that holds a list");
                }
                self.truth(body, "what is asked of each item is true or false");
                Type::Boolean
            }
        }
    }

    fn number(&mut self, tree: &Tree) -> Type {
        let found = self.type_of(tree);
        if !found.is_number() {
            let message = format!("only numbers can be calculated with, and this is {}", found.words());
            self.wrong(tree, message, "texts and lists are compared with `==` and `in`");
            return Type::Any;
        }
        found
    }

    fn arithmetic(&mut self, tree: &Tree, operation: Arithmetic, left: &Tree, right: &Tree) -> Type {
        let before = self.faults.len();
        let (left_unit, right_unit) = (self.number(left).unit(), self.number(right).unit());
        let additive = matches!(operation, Arithmetic::Add | Arithmetic::Subtract);
        let unit = match (left_unit, right_unit) {
            (Some(left), Some(right)) => match operation.unit(left, right) {
                Some(unit) => Some(unit),
                None => {
                    let message = format!("{} and {} cannot be put together like this", left.words(), right.words());
                    self.wrong(tree, message, "give both the same unit, as in `obs.p95 + 100ms`");
                    return Type::Any;
                }
            },
            (left, right) if additive => left.or(right),
            _ => None,
        };
        if self.faults.len() == before && tree.is_fixed() {
            self.computes(tree);
        }
        Type::Number(unit)
    }

    /// A calculation without any field must come to something: `1 / 0` never does.
    fn computes(&mut self, tree: &Tree) {
        if let Err(Doubt { why, .. }) = value_of_fixed(tree) {
            self.wrong(tree, why, "write the result");
        }
    }

    fn compare(&mut self, tree: &Tree, comparison: Comparison, left: &Tree, right: &Tree) -> Type {
        let (left_type, right_type) = (self.type_of(left), self.type_of(right));
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let unordered =
            [(left, left_type), (right, right_type)].into_iter().find(|(_, found)| ordered && !found.is_number());
        if let Some((side, found)) = unordered {
            let message = format!("only numbers are larger or smaller, and this is {}", found.words());
            self.wrong(side, message, "compare with `==` or `!=`");
        } else if !left_type.fits(right_type) {
            let message = format!("{} is compared with {}", left_type.words(), right_type.words());
            self.wrong(tree, message, unlike_help(left_type, right_type));
        }
        Type::Boolean
    }

    fn within(&mut self, tree: &Tree, left: &Tree, right: &Tree) -> Type {
        let (item, list) = (self.type_of(left), self.type_of(right));
        if !list.fits(Type::List) {
            let message = format!("`in` asks a list, and this is {}", list.words());
            self.wrong(right, message, "write `x in ['a', 'b']`, or `obs.text.contains('a')` for texts");
            return Type::Boolean;
        }
        if let Kind::List(items) = &right.kind {
            let fits = items.iter().any(|candidate| self.quiet_type(candidate).fits(item));
            if !fits {
                let message = format!("this list can hold no {}", item.words().trim_start_matches("a "));
                self.wrong(tree, message, "list values of the same kind");
            }
        }
        Type::Boolean
    }

    /// The type without telling its mistakes a second time.
    fn quiet_type(&mut self, tree: &Tree) -> Type {
        let before = self.faults.len();
        let found = self.type_of(tree);
        self.faults.truncate(before);
        found
    }

    fn sized(&mut self, tree: &Tree) {
        let found = self.type_of(tree);
        if !(found.fits(Type::List) || found.fits(Type::Text)) {
            let message =
                format!("`size` counts the items of a list or the characters of a text, and this is {}", found.words());
            self.wrong(tree, message, "compare it directly");
        }
    }

    fn wrong(&mut self, tree: &Tree, message: impl Into<String>, help: &str) {
        self.faults.push(Fault::error("expect-type", tree.span, message).with_help(help));
    }
}

fn type_of_value(value: &Value) -> Type {
    match value {
        Value::Integer(0) => Type::Number(None),
        Value::Integer(_) => Type::Number(Some(Unit::One)),
        Value::Quantity(quantity) => Type::Number(Some(quantity.unit())),
        Value::Text(_) => Type::Text,
        Value::Boolean(_) => Type::Boolean,
        Value::List(_) => Type::List,
    }
}

fn unlike_help(left: Type, right: Type) -> &'static str {
    match (left, right) {
        (Type::Number(_), Type::Number(_)) => "give both the same unit, as in `obs.p95 < 300ms`",
        (Type::Number(_), Type::Text) | (Type::Text, Type::Number(_)) => "a number is written without quotes",
        _ => "compare values of the same kind",
    }
}
