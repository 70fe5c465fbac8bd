//! Labels, and what selects by them.

use std::collections::BTreeMap;

use text::{Node, Span};

/// The labels of a pod or a namespace.
pub type Labels = BTreeMap<String, String>;

/// A label selector: all of its requirements hold. Without any it selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<(String, Operator)>,
}

/// What a label must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// There, and one of these.
    In(Vec<String>),
    /// Missing, or none of these.
    NotIn(Vec<String>),
    /// There.
    Exists,
    /// Missing.
    DoesNotExist,
}

/// How a selector fares with pods that do not agree on all of their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fares {
    /// It selects them all.
    All,
    /// It selects some of them, or may.
    Some,
    /// It selects none of them.
    None,
}

/// Labels that differ from pod to pod, with the values they may have; any, when none is listed.
pub type Varying = BTreeMap<String, Vec<String>>;

/// Something that the API server would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where it stands.
    pub span: Span,
    /// What it is, without a full stop.
    pub message: String,
}

impl Wrong {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

impl Selector {
    /// Reads `{matchLabels, matchExpressions}`.
    ///
    /// # Errors
    /// An operator that nobody knows, values where none may be, none where some must be, an unknown key.
    pub fn read(node: &Node) -> Result<Self, Wrong> {
        let mut dropped = Vec::new();
        let selector = Self::read_loosely(node, &mut dropped)?;
        dropped.into_iter().next().map_or(Ok(selector), Err)
    }

    /// The same as a lax API server has it: keys that it does not know are dropped, and told.
    pub(crate) fn read_loosely(node: &Node, dropped: &mut Vec<Wrong>) -> Result<Self, Wrong> {
        let mut requirements = Vec::new();
        for entry in map(node, "a selector")? {
            match entry.key.as_str() {
                "matchLabels" => {
                    for label in map(&entry.value, "`matchLabels`")? {
                        let value = label_value(&label.key, &label.value)?;
                        requirements.push((label.key.clone(), Operator::In(vec![value])));
                    }
                }
                "matchExpressions" => {
                    for expression in list(&entry.value, "`matchExpressions`")? {
                        requirements.push(requirement(expression)?);
                    }
                }
                other => dropped.push(Wrong::new(
                    entry.key_span,
                    format!("a selector has `matchLabels` and `matchExpressions`, and no `{other}`"),
                )),
            }
        }
        Ok(Self { requirements })
    }

    /// A selector of plain labels, as a Service has.
    pub fn of_labels(labels: &Labels) -> Self {
        let of = |(key, value): (&String, &String)| (key.clone(), Operator::In(vec![value.clone()]));
        Self { requirements: labels.iter().map(of).collect() }
    }

    /// Whether these labels are selected.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|(key, operator)| match (operator, labels.get(key)) {
            (Operator::In(values), Some(value)) => values.contains(value),
            (Operator::NotIn(values), Some(value)) => !values.contains(value),
            (Operator::Exists, Some(_)) => true,
            (Operator::DoesNotExist, value) => value.is_none(),
            (Operator::NotIn(_), None) => true,
            (Operator::In(_) | Operator::Exists, None) => false,
        })
    }

    /// How it fares with pods that share some labels and differ in others.
    pub fn fares(&self, shared: &Labels, varying: &Varying) -> Fares {
        let mut fares = Fares::All;
        for (key, operator) in &self.requirements {
            let one = match varying.get(key) {
                Some(values) => operator.fares(values),
                None => {
                    let alone: Labels = shared.get(key).map(|value| (key.clone(), value.clone())).into_iter().collect();
                    if Self::of(key.clone(), operator.clone()).selects(&alone) { Fares::All } else { Fares::None }
                }
            };
            fares = match (fares, one) {
                (Fares::None, _) | (_, Fares::None) => Fares::None,
                (Fares::All, Fares::All) => Fares::All,
                (Fares::All | Fares::Some, Fares::All | Fares::Some) => Fares::Some,
            };
        }
        fares
    }

    /// All of these requirements.
    pub(crate) fn of_all(requirements: Vec<(String, Operator)>) -> Self {
        Self { requirements }
    }

    /// One requirement.
    pub fn of(key: String, operator: Operator) -> Self {
        Self { requirements: vec![(key, operator)] }
    }

    /// What it asks of each key.
    pub fn requirements(&self) -> &[(String, Operator)] {
        &self.requirements
    }

    /// The keys that it looks at.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.requirements.iter().map(|(key, _)| key.as_str())
    }

    /// Whether some key or value that it asks for is such.
    pub fn has(&self, is_such: &dyn Fn(&str) -> bool) -> bool {
        self.requirements.iter().any(|(key, operator)| {
            let values: &[String] = match operator {
                Operator::In(values) | Operator::NotIn(values) => values,
                Operator::Exists | Operator::DoesNotExist => &[],
            };
            is_such(key) || values.iter().any(|value| is_such(value))
        })
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

impl Operator {
    /// A label that pods have with one of these values, or with any.
    fn fares(&self, values: &[String]) -> Fares {
        let share = |is_in: &dyn Fn(&String) -> bool| match values.iter().filter(|value| is_in(value)).count() {
            _ if values.is_empty() => Fares::Some,
            0 => Fares::None,
            count if count == values.len() => Fares::All,
            _ => Fares::Some,
        };
        match self {
            Self::In(wanted) => share(&|value| wanted.contains(value)),
            Self::NotIn(unwanted) => share(&|value| !unwanted.contains(value)),
            // Not every pod need have it.
            Self::Exists | Self::DoesNotExist => Fares::Some,
        }
    }
}

/// The value of a label, which is a text; a number or a truth without quotes is none.
fn label_value(key: &str, node: &Node) -> Result<String, Wrong> {
    let is_number = |text: &str| {
        text.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit())
            && text.parse::<f64>().is_ok()
    };
    match &node.kind {
        text::NodeKind::Empty => Ok(String::new()),
        text::NodeKind::Text { value, plain }
            if *plain && (is_number(value) || value == "true" || value == "false") =>
        {
            Err(Wrong::new(
                node.span,
                format!("the value of `{key}` is `{value}` without quotes, and a label is a text"),
            ))
        }
        text::NodeKind::Text { value, .. } => Ok(value.clone()),
        text::NodeKind::Map(_) | text::NodeKind::List(_) => {
            Err(Wrong::new(node.span, format!("the value of `{key}` is {}, and a label is a text", node.shape())))
        }
    }
}

fn requirement(node: &Node) -> Result<(String, Operator), Wrong> {
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    let Some(key) = text("key") else { return Err(Wrong::new(node.span, "an expression has no `key`")) };
    let written = node.get("values").and_then(Node::as_list).unwrap_or(&[]);
    let values: Vec<String> = written.iter().filter_map(Node::as_text).map(str::to_owned).collect();
    let operator = match (text("operator").unwrap_or(""), values.is_empty()) {
        ("In", false) => Operator::In(values),
        ("NotIn", false) => Operator::NotIn(values),
        ("Exists", true) => Operator::Exists,
        ("DoesNotExist", true) => Operator::DoesNotExist,
        ("In" | "NotIn", true) => {
            return Err(Wrong::new(node.span, format!("the expression for `{key}` has no values")));
        }
        ("Exists" | "DoesNotExist", false) => {
            return Err(Wrong::new(
                node.span,
                format!("the expression for `{key}` has values that its operator does not take"),
            ));
        }
        (other, _) => return Err(Wrong::new(node.span, format!("`{other}` is no operator of a selector"))),
    };
    Ok((key.to_owned(), operator))
}

/// The entries of a map; nothing behind a key is an empty one.
pub(crate) fn map<'n>(node: &'n Node, what: &str) -> Result<&'n [text::Entry], Wrong> {
    match (node.as_map(), &node.kind) {
        (Some(entries), _) => Ok(entries),
        (None, text::NodeKind::Empty) => Ok(&[]),
        (None, _) => Err(Wrong::new(node.span, format!("{what} is {}, and must be a map", node.shape()))),
    }
}

/// The items of a list; nothing behind a key is an empty one.
pub(crate) fn list<'n>(node: &'n Node, what: &str) -> Result<&'n [Node], Wrong> {
    match (node.as_list(), &node.kind) {
        (Some(items), _) => Ok(items),
        (None, text::NodeKind::Empty) => Ok(&[]),
        (None, _) => Err(Wrong::new(node.span, format!("{what} is {}, and must be a list", node.shape()))),
    }
}

/// Labels behind a key such as `metadata.labels`; what is no text is left out.
pub(crate) fn labels(node: Option<&Node>) -> Labels {
    let entries = node.and_then(Node::as_map).unwrap_or(&[]);
    entries.iter().filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.to_owned()))).collect()
}

/// Whether something is written behind a key: `key:` alone is null, and null is not there.
pub(crate) fn written<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| value.kind != text::NodeKind::Empty)
}
