//! Follows values through the actions of templates.

use std::collections::{BTreeMap, BTreeSet};

use super::How;
use super::template::{Action, Pipeline, Term, actions};

/// The most definitions that one template may lead through.
const MAX_CALLS: usize = 5_000;

/// How deep definitions may use definitions.
const MAX_DEPTH: usize = 32;

/// Functions that look whether something is there, or compare a scalar.
const TESTS: [&str; 18] = [
    "not",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "empty",
    "kindIs",
    "typeIs",
    "typeIsLike",
    "kindOf",
    "typeOf",
    "len",
    "has",
    "contains",
    "hasPrefix",
    "hasSuffix",
];

/// Functions that hand on what they are given.
const HAND_ON: [&str; 13] = [
    "default",
    "coalesce",
    "and",
    "or",
    "merge",
    "mergeOverwrite",
    "mustMerge",
    "mustMergeOverwrite",
    "deepCopy",
    "mustDeepCopy",
    "concat",
    "required",
    "first",
];

/// Functions that make texts of what they are given.
const TEXTS: [&str; 8] = ["toYaml", "toJson", "toString", "print", "printf", "trim", "quote", "squote"];

/// Functions that make a checksum.
const CHECKSUMS: [&str; 4] = ["sha256sum", "sha1sum", "adler32sum", "trunc"];

/// `(print $.Template.BasePath "/config.yaml")`
fn is_file(name: &Term) -> bool {
    let Term::Inner(inner, _) = name else { return false };
    inner.iter().flatten().any(|term| match term {
        Term::Path(_, fields) => fields.iter().any(|field| field == "BasePath"),
        Term::Word(_) | Term::Text(_) | Term::Number | Term::Inner(..) => false,
    })
}

/// Definitions by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates {
    all: BTreeMap<String, Vec<Action>>,
    has_tpl: bool,
}

impl Templates {
    /// Takes the definitions out of a file.
    pub(super) fn define(&mut self, text: &str) {
        self.has_tpl |= text.contains("tpl ") || text.contains("tpl(");
        let all = actions(text);
        for (at, action) in all.iter().enumerate() {
            if let Action::Define { name, .. } = action {
                let end = end_of(&all, at);
                self.all.insert(name.clone(), all[at + 1..end].to_vec());
            }
        }
    }

    pub(super) fn uses_tpl(&self) -> bool {
        self.has_tpl
    }
}

/// The `end` of what opens somewhere.
fn end_of(all: &[Action], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, action) in all.iter().enumerate().skip(open) {
        match action {
            Action::Open { .. } | Action::Define { .. } => depth += 1,
            Action::End => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            Action::Else { .. } | Action::Set { .. } | Action::Write(_) | Action::Broken => {}
        }
    }
    all.len()
}

/// What something may be.
#[derive(Clone, Debug, PartialEq)]
enum Thing {
    /// What a chart is handed.
    Root,
    /// A value, by its path.
    Value(Vec<String>),
    /// A map that was put together.
    Map(BTreeMap<String, Thing>),
    /// One of several.
    Any(Vec<Thing>),
    /// Nothing of the values.
    Other,
}

impl Thing {
    fn field(&self, name: &str) -> Self {
        match self {
            Self::Root if name == "Values" => Self::Value(Vec::new()),
            Self::Root | Self::Other => Self::Other,
            Self::Value(path) => Self::Value(path.iter().cloned().chain([name.to_owned()]).collect()),
            Self::Map(map) => match name {
                "*" => Self::Any(map.values().cloned().collect()),
                name => map.get(name).cloned().unwrap_or(Self::Other),
            },
            Self::Any(all) => Self::Any(all.iter().map(|one| one.field(name)).collect()),
        }
    }

    fn fields(&self, names: &[String]) -> Self {
        names.iter().fold(self.clone(), |thing, name| thing.field(name))
    }
}

/// Reads one template.
pub(super) struct Reader<'t> {
    templates: &'t Templates,
    pub(super) uses: BTreeSet<(Vec<String>, How)>,
    pub(super) notes: Vec<String>,
    seen: BTreeSet<(String, String)>,
    depth: usize,
}

/// Where a template is.
struct Scope {
    dot: Thing,
    root: Thing,
    variables: BTreeMap<String, Thing>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(templates: &'t Templates) -> Self {
        Self { templates, uses: BTreeSet::new(), notes: Vec::new(), seen: BTreeSet::new(), depth: 0 }
    }

    /// A file that is rendered.
    pub(super) fn file(&mut self, path: &str, text: &str) {
        let all = actions(text);
        if all.contains(&Action::Broken) {
            self.notes.push(format!("{path}: something in the template cannot be read"));
            self.uses.insert((Vec::new(), How::Computed));
        }
        self.body(&all, Thing::Root);
    }

    fn body(&mut self, all: &[Action], given: Thing) {
        let mut scope = Scope { dot: given.clone(), root: given, variables: BTreeMap::new() };
        self.block(all, &mut scope);
    }

    /// Actions one after the other; what opens has its own dot until its end.
    fn block(&mut self, all: &[Action], scope: &mut Scope) {
        let mut at = 0;
        while let Some(action) = all.get(at) {
            match action {
                Action::Open { word, sets, of } => {
                    let end = end_of(all, at);
                    self.open(word, sets, of.as_ref(), &all[at + 1..end], scope);
                    at = end;
                }
                Action::Define { name, of } => {
                    if let Some(of) = of {
                        let given = self.pipeline(of, scope);
                        self.call(name, &given);
                    }
                    at = end_of(all, at);
                }
                Action::Set { sets, of } => {
                    let thing = self.pipeline(of, scope);
                    for name in sets {
                        // Whichever branch sets it last: all are possible.
                        let before = scope.variables.remove(name).into_iter();
                        let all: Vec<Thing> = before.chain([thing.clone()]).collect();
                        let thing = if all.len() == 1 { thing.clone() } else { Thing::Any(all) };
                        scope.variables.insert(name.clone(), thing);
                    }
                }
                Action::Write(of) => {
                    let thing = self.pipeline(of, scope);
                    self.consume(&thing, How::Whole);
                }
                Action::Else { .. } | Action::End | Action::Broken => {}
            }
            at += 1;
        }
    }

    fn open(&mut self, word: &str, sets: &[String], of: Option<&Pipeline>, inner: &[Action], scope: &mut Scope) {
        let thing = of.map_or(Thing::Other, |of| self.pipeline(of, scope));
        self.consume(&thing, How::Itself);
        let own = match word {
            "range" => thing.field("*"),
            "with" => thing.clone(),
            _ => scope.dot.clone(),
        };
        if word == "range" && sets.len() == 2 {
            // The names of the keys are used.
            self.consume(&own, How::Itself);
        }
        let outer = scope.dot.clone();
        for (number, part) in branches(inner).into_iter().enumerate() {
            let (head, body) = part;
            scope.dot = if number == 0 { own.clone() } else { outer.clone() };
            if number == 0
                && let Some(name) = sets.last()
            {
                scope.variables.insert(name.clone(), if word == "if" { thing.clone() } else { own.clone() });
            }
            if let Some(Action::Else { word, of: Some(of) }) = head {
                let thing = self.pipeline(of, scope);
                self.consume(&thing, How::Itself);
                if word == "with" {
                    scope.dot = thing;
                }
            }
            self.block(body, scope);
        }
        scope.dot = outer;
    }

    fn pipeline(&mut self, pipeline: &Pipeline, scope: &Scope) -> Thing {
        let mut last: Option<Thing> = None;
        let all = (Vec::new(), How::Computed);
        let was_open = self.uses.contains(&all);
        for command in pipeline.iter().filter(|command| !command.is_empty()) {
            last = Some(self.command(command, last, scope));
        }
        let ends = pipeline.last().and_then(|command| command.first());
        let is_checksum = matches!(ends, Some(Term::Word(word)) if CHECKSUMS.contains(&word.as_str()));
        if is_checksum && !was_open {
            // A checksum of all values changes with each and means none.
            self.uses.remove(&all);
        }
        last.unwrap_or(Thing::Other)
    }

    fn term(&mut self, term: &Term, scope: &Scope) -> Thing {
        match term {
            Term::Path(None, fields) => scope.dot.fields(fields),
            Term::Path(Some(name), fields) if name == "$" => scope.root.fields(fields),
            Term::Path(Some(name), fields) => {
                scope.variables.get(name).map_or(Thing::Other, |thing| thing.fields(fields))
            }
            Term::Inner(inner, fields) => self.pipeline(inner, scope).fields(fields),
            Term::Word(word) => self.function(word, &[], &[]),
            Term::Text(_) | Term::Number => Thing::Other,
        }
    }

    fn command(&mut self, command: &[Term], last: Option<Thing>, scope: &Scope) -> Thing {
        let Some((first, rest)) = command.split_first() else { return Thing::Other };
        let Term::Word(word) = first else {
            let thing = self.term(first, scope);
            // Arguments of a method.
            for term in rest {
                let argument = self.term(term, scope);
                self.consume(&argument, How::Whole);
            }
            return thing;
        };
        let mut arguments: Vec<Thing> = rest.iter().map(|term| self.term(term, scope)).collect();
        arguments.extend(last);
        self.function(word, rest, &arguments)
    }

    fn function(&mut self, word: &str, written: &[Term], arguments: &[Thing]) -> Thing {
        let texts: Vec<Option<&str>> =
            written.iter().map(|term| if let Term::Text(text) = term { Some(text.as_str()) } else { None }).collect();
        if TESTS.contains(&word) {
            arguments.iter().for_each(|argument| self.consume(argument, How::Itself));
            return Thing::Other;
        }
        if HAND_ON.contains(&word) {
            let arguments: Vec<Thing> = match word {
                "first" => arguments.iter().map(|argument| argument.field("*")).collect(),
                _ => arguments.to_vec(),
            };
            return Thing::Any(arguments.iter().filter(|argument| **argument != Thing::Other).cloned().collect());
        }
        match word {
            "include" | "template" => {
                let given = arguments.get(1).cloned().unwrap_or(Thing::Other);
                match texts.first().copied().flatten() {
                    Some(name) => self.call(name, &given),
                    // Another file of the chart, which is read by itself.
                    None if written.first().is_some_and(is_file) => {}
                    None => self.consume(&given, How::Computed),
                }
                Thing::Other
            }
            "dict" => {
                let mut map = BTreeMap::new();
                for (key, value) in texts.iter().step_by(2).zip(arguments.iter().skip(1).step_by(2)) {
                    match key {
                        Some(key) => drop(map.insert((*key).to_owned(), value.clone())),
                        None => self.consume(value, How::Whole),
                    }
                }
                Thing::Map(map)
            }
            // Items of a list are told apart by their place.
            "list" | "tuple" => {
                let items = arguments.iter().enumerate().map(|(at, thing)| (at.to_string(), thing.clone()));
                Thing::Map(items.collect())
            }
            "pick" => {
                let thing = arguments.first().cloned().unwrap_or(Thing::Other);
                let keys: Option<Vec<&str>> = texts.iter().skip(1).copied().collect();
                match keys {
                    Some(keys) => Thing::Map(keys.into_iter().map(|key| (key.to_owned(), thing.field(key))).collect()),
                    None => thing,
                }
            }
            "tpl" => {
                self.tpl(texts.first().copied().flatten(), arguments);
                Thing::Other
            }
            "index" | "get" => self.index(&texts, written, arguments),
            "ternary" | "hasKey" | "dig" => self.asked(word, &texts, arguments),
            _ => {
                arguments.iter().for_each(|argument| self.consume(argument, How::Whole));
                // A text that is made of values is still known to come from them.
                let of_values = arguments.iter().filter(|argument| **argument != Thing::Other).cloned().collect();
                if TEXTS.contains(&word) { Thing::Any(of_values) } else { Thing::Other }
            }
        }
    }

    /// Functions that look into what they are given by a key, or choose from it.
    fn asked(&mut self, word: &str, texts: &[Option<&str>], arguments: &[Thing]) -> Thing {
        match word {
            "ternary" => {
                if let Some(condition) = arguments.last() {
                    self.consume(condition, How::Itself);
                }
                Thing::Any(arguments.iter().take(2).cloned().collect())
            }
            "hasKey" => {
                let thing = arguments.first().cloned().unwrap_or(Thing::Other);
                match texts.get(1).copied().flatten() {
                    Some(key) => self.consume(&thing.field(key), How::Itself),
                    None => self.consume(&thing, How::Computed),
                }
                Thing::Other
            }
            "dig" => {
                let thing = arguments.last().cloned().unwrap_or(Thing::Other);
                let keys = texts.get(..texts.len().saturating_sub(2)).unwrap_or_default();
                let keys: Option<Vec<String>> = keys.iter().map(|key| key.map(str::to_owned)).collect();
                match keys {
                    Some(keys) => thing.fields(&keys),
                    None => {
                        self.consume(&thing, How::Computed);
                        Thing::Other
                    }
                }
            }
            _ => Thing::Other,
        }
    }

    /// A text that is a template itself. Those that stand among values are read for themselves; of a text from elsewhere
    /// nobody knows what it reads.
    fn tpl(&mut self, written: Option<&str>, arguments: &[Thing]) {
        let (of, given) = (arguments.first().unwrap_or(&Thing::Other), arguments.get(1).unwrap_or(&Thing::Other));
        match written {
            Some(text) => self.body(&actions(text), given.clone()),
            None if matches!(of, Thing::Other) || *of == Thing::Any(Vec::new()) => self.consume(given, How::Computed),
            None => self.consume(of, How::Whole),
        }
    }

    /// `index .Values "a" "b"`: keys that are texts are fields, others are computed.
    fn index(&mut self, texts: &[Option<&str>], written: &[Term], arguments: &[Thing]) -> Thing {
        let mut thing = arguments.first().cloned().unwrap_or(Thing::Other);
        for (at, term) in written.iter().enumerate().skip(1) {
            match (texts.get(at).copied().flatten(), term) {
                (Some(key), _) => thing = thing.field(key),
                (None, Term::Number) => thing = thing.field("*"),
                (None, _) => {
                    self.consume(&thing, How::Computed);
                    return Thing::Other;
                }
            }
        }
        for argument in arguments.iter().skip(1) {
            self.consume(argument, How::Itself);
        }
        thing
    }

    /// A definition is read with what it is given; one that is not here may read anything of that.
    fn call(&mut self, name: &str, given: &Thing) {
        let Some(body) = self.templates.all.get(name) else {
            self.notes.push(format!("the template {name} is defined nowhere here"));
            self.consume(given, How::Computed);
            return;
        };
        let is_new = self.seen.insert((name.to_owned(), format!("{given:?}")));
        if !is_new {
            return;
        }
        if self.depth >= MAX_DEPTH || self.seen.len() > MAX_CALLS {
            self.notes.push(format!("the template {name} leads too far"));
            self.consume(given, How::Computed);
            return;
        }
        if body.contains(&Action::Broken) {
            self.notes.push(format!("something in the template {name} cannot be read"));
            self.consume(given, How::Computed);
        }
        self.depth += 1;
        self.body(body, given.clone());
        self.depth -= 1;
    }

    fn consume(&mut self, thing: &Thing, how: How) {
        match thing {
            // All values at once, as for a checksum: which of them mean anything is open.
            Thing::Root if how == How::Itself => {}
            Thing::Root => drop(self.uses.insert((Vec::new(), How::Computed))),
            Thing::Value(path) if path.is_empty() && how != How::Itself => {
                self.uses.insert((Vec::new(), How::Computed));
            }
            Thing::Value(path) if path.is_empty() => {}
            Thing::Value(path) => drop(self.uses.insert((path.clone(), how))),
            Thing::Map(map) => map.values().for_each(|inner| self.consume(inner, how)),
            Thing::Any(all) => all.iter().for_each(|inner| self.consume(inner, how)),
            Thing::Other => {}
        }
    }
}

/// The branches of what opens, each with the `else` before it.
fn branches(inner: &[Action]) -> Vec<(Option<&Action>, &[Action])> {
    let mut parts = Vec::new();
    let (mut depth, mut from, mut head) = (0_usize, 0, None);
    for (at, action) in inner.iter().enumerate() {
        match action {
            Action::Open { .. } | Action::Define { .. } => depth += 1,
            Action::End => depth = depth.saturating_sub(1),
            Action::Else { .. } if depth == 0 => {
                parts.push((head, &inner[from..at]));
                (from, head) = (at + 1, Some(action));
            }
            Action::Else { .. } | Action::Set { .. } | Action::Write(_) | Action::Broken => {}
        }
    }
    parts.push((head, &inner[from..]));
    parts
}
