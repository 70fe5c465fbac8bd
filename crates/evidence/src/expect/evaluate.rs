//! An expectation held against values, in Kleene's three-valued logic.
//!
//! A part that cannot be told is an `Err` with its [`Doubt`]; `&&` and `||` are decided by one side alone where that is
//! enough, so `false && missing` is false. Both sides are always walked, because a person wants to see all of them.
//! What may *not* become true while a value is missing is decided one level up, in `Expect::hold`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Value;
use crate::value::{Doubt, arithmetic, equal, less, negated};

use super::MAX_STEPS;
use super::tree::{Comparison, Kind, Logic, Match, Tree};

/// Lines of a trace; the parts after that are still evaluated.
const MAX_LINES: usize = 50;

/// Fields named in one line of a trace.
const MAX_FIELDS_A_LINE: usize = 4;

type Values = BTreeMap<String, Value>;

/// One line of the trace.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// `obs.p95 < 300ms is false (obs.p95 is 1.9 s to 2.1 s)`.
    pub(crate) text: String,
    /// The same as people say it: `p95 is 1.9 s to 2.1 s, wanted p95 < 300ms`. What is as wanted needs no second half.
    pub(crate) short: String,
    /// What it adds to the whole: a true part under `!` adds false. `None` is unknown.
    pub(crate) adds: Option<bool>,
}

/// Evaluates with a trace.
pub(super) fn evaluate(tree: &Tree, text: &str, values: &Values) -> (Result<bool, Doubt>, Vec<Line>) {
    let mut evaluation = Evaluation::new(values, Some(text));
    let result = evaluation.truth(tree, true);
    let result = evaluation.within_budget(result);
    (result, evaluation.lines)
}

/// Evaluates without a trace; takes the steps it needed off the budget of a search.
pub(super) fn decide(tree: &Tree, values: &Values, budget: &mut u32) -> Result<bool, Doubt> {
    let mut evaluation = Evaluation::new(values, None);
    let result = evaluation.truth(tree, true);
    *budget = budget.saturating_sub(evaluation.steps);
    evaluation.within_budget(result)
}

/// The value of a part that reads neither the observation nor a bound name.
pub(super) fn value_of_fixed(tree: &Tree) -> Result<Value, Doubt> {
    let values = Values::new();
    let mut evaluation = Evaluation::new(&values, None);
    evaluation.value(tree).map(Cow::into_owned)
}

struct Evaluation<'v> {
    values: &'v Values,
    /// The expectation's text, when lines are wanted.
    text: Option<&'v str>,
    variables: Vec<(&'v str, Value)>,
    steps: u32,
    /// How many traced parts enclose the current one; only the outermost becomes a line.
    inside: u32,
    /// The item that decided the last `all` or `exists`.
    witness: Option<String>,
    lines: Vec<Line>,
}

impl<'v> Evaluation<'v> {
    fn new(values: &'v Values, text: Option<&'v str>) -> Self {
        Self { values, text, variables: Vec::new(), steps: 0, inside: 0, witness: None, lines: Vec::new() }
    }

    /// Beyond the budget nothing counts, whatever a part came to.
    fn within_budget(&self, result: Result<bool, Doubt>) -> Result<bool, Doubt> {
        if self.steps <= MAX_STEPS { result } else { Err(out_of_steps()) }
    }

    fn step(&mut self) -> Result<(), Doubt> {
        self.steps = self.steps.saturating_add(1);
        if self.steps <= MAX_STEPS { Ok(()) } else { Err(out_of_steps()) }
    }

    /// A part that should be true or false. `positive` turns with every `!` above.
    fn truth(&mut self, tree: &'v Tree, positive: bool) -> Result<bool, Doubt> {
        self.step()?;
        match &tree.kind {
            Kind::Not(inner) => self.truth(inner, !positive).map(|truth| !truth),
            Kind::Logic(logic, left, right) => {
                let (left, right) = (self.truth(left, positive), self.truth(right, positive));
                match logic {
                    Logic::And => both(left, right),
                    Logic::Or => both(left.map(|truth| !truth), right.map(|truth| !truth)).map(|truth| !truth),
                }
            }
            _ => {
                self.inside += 1;
                let result = self.atom(tree);
                self.inside -= 1;
                self.note(tree, positive, &result);
                result
            }
        }
    }

    fn atom(&mut self, tree: &'v Tree) -> Result<bool, Doubt> {
        match self.value(tree)?.as_ref() {
            Value::Boolean(truth) => Ok(*truth),
            other => Err(Doubt::inconclusive(format!("{} is not true or false", other.words()))),
        }
    }

    fn value(&mut self, tree: &'v Tree) -> Result<Cow<'v, Value>, Doubt> {
        self.step()?;
        let value = match &tree.kind {
            Kind::Literal(value) => return Ok(Cow::Borrowed(value)),
            Kind::Path(path) => return self.field(path),
            Kind::Variable(name) => self.variable(name)?,
            Kind::List(items) => Value::List(self.items(items)?),
            Kind::Not(_) | Kind::Logic(..) => Value::Boolean(self.nested_truth(tree)?),
            Kind::Negate(inner) => negated(self.value(inner)?.as_ref())?,
            Kind::Arithmetic(operation, left, right) => {
                let (left, right) = self.pair(left, right)?;
                arithmetic(*operation, &left, &right)?
            }
            Kind::Compare(comparison, left, right) => {
                let (left, right) = self.pair(left, right)?;
                Value::Boolean(compare(*comparison, &left, &right)?)
            }
            Kind::In(left, right) => Value::Boolean(self.within(left, right)?),
            Kind::Has(path) => Value::Boolean(self.values.contains_key(path)),
            Kind::Size(inner) => Value::Integer(size(self.value(inner)?.as_ref())?),
            Kind::Match(asked, on, part) => {
                let (on, part) = self.pair(on, part)?;
                Value::Boolean(matches(*asked, &on, &part)?)
            }
            Kind::Quantified { all, list, name, body } => Value::Boolean(self.quantified(*all, list, name, body)?),
        };
        Ok(Cow::Owned(value))
    }

    fn nested_truth(&mut self, tree: &'v Tree) -> Result<bool, Doubt> {
        self.inside += 1;
        let result = self.truth(tree, true);
        self.inside -= 1;
        result
    }

    fn field(&self, path: &str) -> Result<Cow<'v, Value>, Doubt> {
        let found = self.values.get(path).map(Cow::Borrowed);
        found.ok_or_else(|| Doubt::no_data(format!("obs.{path} is missing")))
    }

    fn variable(&self, name: &str) -> Result<Value, Doubt> {
        let found = self.variables.iter().rev().find(|(bound, _)| *bound == name);
        found.map(|(_, value)| value.clone()).ok_or_else(|| Doubt::no_data(format!("{name} is missing")))
    }

    fn items(&mut self, items: &'v [Tree]) -> Result<Vec<Value>, Doubt> {
        items.iter().map(|item| self.value(item).map(Cow::into_owned)).collect()
    }

    /// Both are walked before either doubt is told, so that which one is told does not depend on the order.
    fn pair(&mut self, left: &'v Tree, right: &'v Tree) -> Result<(Cow<'v, Value>, Cow<'v, Value>), Doubt> {
        match (self.value(left), self.value(right)) {
            (Ok(left), Ok(right)) => Ok((left, right)),
            (Err(left), Err(right)) => Err(left.min(right)),
            (Err(doubt), Ok(_)) | (Ok(_), Err(doubt)) => Err(doubt),
        }
    }

    fn within(&mut self, item: &'v Tree, list: &'v Tree) -> Result<bool, Doubt> {
        let (item, list) = self.pair(item, list)?;
        let Value::List(candidates) = list.as_ref() else {
            return Err(Doubt::inconclusive(format!("{} is not a list", list.words())));
        };
        let mut result = Ok(false);
        for candidate in candidates {
            self.step()?;
            result = either(result, equal(&item, candidate));
        }
        result
    }

    /// Over an empty list nothing was looked at: that is no data, not a triviality.
    fn quantified(&mut self, all: bool, list: &'v Tree, name: &'v str, body: &'v Tree) -> Result<bool, Doubt> {
        let list = self.value(list)?;
        let Value::List(items) = list.as_ref() else {
            return Err(Doubt::inconclusive(format!("{} is not a list", list.words())));
        };
        if items.is_empty() {
            return Err(Doubt::no_data("the list is empty"));
        }
        let mut result = Ok(all);
        for item in items {
            self.variables.push((name, item.clone()));
            let found = self.nested_truth(body);
            self.variables.pop();
            if found == Ok(!all) && self.inside == 1 {
                self.witness = Some(format!("{} for {name} = {item}", if all { "not" } else { "so" }));
            }
            result = if all { both(result, found) } else { either(result, found) };
            if result == Ok(!all) {
                break;
            }
        }
        result
    }

    fn note(&mut self, tree: &'v Tree, positive: bool, result: &Result<bool, Doubt>) {
        let witness = self.witness.take();
        let Some(text) = self.text.filter(|_| self.inside == 0 && self.lines.len() < MAX_LINES) else { return };
        let part = text.get(tree.span.range()).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        let word = match result {
            Ok(true) => "true",
            Ok(false) => "false",
            Err(_) => "unknown",
        };
        let bare = matches!(tree.kind, Kind::Path(_)) && result.is_ok();
        let mut seen = if bare { Vec::new() } else { self.fields_of(tree) };
        seen.extend(witness);
        if let Err(doubt) = result
            && !seen.contains(&doubt.why)
        {
            seen.push(doubt.why.clone());
        }
        let adds = result.as_ref().ok().map(|truth| *truth == positive);
        let short = short(&part, word, &seen, positive, adds);
        let seen = if seen.is_empty() { String::new() } else { format!(" ({})", seen.join("; ")) };
        self.lines.push(Line { text: format!("{part} is {word}{seen}"), short, adds });
    }

    fn fields_of(&self, tree: &Tree) -> Vec<String> {
        let paths = tree.paths();
        let mut fields: Vec<String> = paths.iter().take(MAX_FIELDS_A_LINE).map(|path| self.show(path)).collect();
        if paths.len() > MAX_FIELDS_A_LINE {
            fields.push(format!("and {} more", paths.len() - MAX_FIELDS_A_LINE));
        }
        fields
    }

    fn show(&self, path: &str) -> String {
        match self.values.get(path) {
            Some(value) => format!("obs.{path} is {value}"),
            None => format!("obs.{path} is missing"),
        }
    }
}

/// What was read, and what was wanted of it only where it is not so.
fn short(part: &str, word: &str, seen: &[String], positive: bool, adds: Option<bool>) -> String {
    let seen = if seen.is_empty() { format!("{part} is {word}") } else { seen.join(" and ") };
    let not = if positive { "" } else { "not " };
    let told = match adds {
        Some(true) => seen,
        Some(false) => format!("{seen}, wanted {not}{part}"),
        None => format!("{seen}, so `{part}` cannot be told"),
    };
    told.replace("obs.", "")
}

fn out_of_steps() -> Doubt {
    Doubt::inconclusive(format!("stopped after {MAX_STEPS} steps"))
}

fn both(left: Result<bool, Doubt>, right: Result<bool, Doubt>) -> Result<bool, Doubt> {
    match (left, right) {
        (Ok(false), _) | (_, Ok(false)) => Ok(false),
        (Ok(true), Ok(true)) => Ok(true),
        (Err(left), Err(right)) => Err(left.min(right)),
        (Err(doubt), Ok(true)) | (Ok(true), Err(doubt)) => Err(doubt),
    }
}

fn either(left: Result<bool, Doubt>, right: Result<bool, Doubt>) -> Result<bool, Doubt> {
    both(left.map(|truth| !truth), right.map(|truth| !truth)).map(|truth| !truth)
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, Doubt> {
    match comparison {
        Comparison::Equal => equal(left, right),
        Comparison::NotEqual => equal(left, right).map(|same| !same),
        Comparison::Less => less(left, right),
        Comparison::AtMost => less(right, left).map(|more| !more),
        Comparison::More => less(right, left),
        Comparison::AtLeast => less(left, right).map(|less| !less),
    }
}

fn size(value: &Value) -> Result<i64, Doubt> {
    let size = match value {
        Value::List(items) => items.len(),
        Value::Text(text) => text.chars().count(),
        other => return Err(Doubt::inconclusive(format!("{} has no size", other.words()))),
    };
    i64::try_from(size).map_err(|_| Doubt::inconclusive("the size is too large a number"))
}

fn matches(asked: Match, on: &Value, part: &Value) -> Result<bool, Doubt> {
    let (Value::Text(on), Value::Text(part)) = (on, part) else {
        let other = if matches!(on, Value::Text(_)) { part } else { on };
        return Err(Doubt::inconclusive(format!("`{}` asks about texts, and {} is none", asked.word(), other.words())));
    };
    Ok(match asked {
        Match::Contains => on.contains(part.as_str()),
        Match::StartsWith => on.starts_with(part.as_str()),
        Match::EndsWith => on.ends_with(part.as_str()),
    })
}
