//! Two walks over the documents: the first learns all names, the second reads what they mean.

use text::{Problem, Source, Span};

use super::names::{Item, Names, path};
use super::xml::{Document, Element, Next};
use super::{circle, formula, value};
use crate::expression::Expression;
use crate::model::{EventDefinition, Formula, GateDefinition, Group, Model, Parameter, Place, Sharing};
use crate::tree::MAX_NODES;

/// The most problems of one walk over a document that are told; the last says how many more there are.
const MAX_PROBLEMS: usize = 100;

/// Names that unknown ones are compared with, over all problems of a document.
const MAX_COMPARISONS: usize = 1_000_000;

/// A name longer than this is not compared with others.
const MAX_COMPARED_BYTES: usize = 160;

/// Definitions that are for other analyses than fault trees.
const LEFT_OUT: [&str; 10] = [
    "define-event-tree",
    "define-initiating-event",
    "define-sequence",
    "define-functional-event",
    "define-consequence",
    "define-consequence-group",
    "define-alignment",
    "define-rule",
    "define-substitution",
    "define-extern-library",
];

/// Everything that is known while reading.
pub(super) struct Reading<'s> {
    pub(super) source: &'s Source,
    pub(super) container: String,
    pub(super) names: &'s Names<Item>,
    pub(super) parameters: &'s Names<usize>,
    problems: Told,
    comparisons_left: usize,
}

/// Problems up to the limit, and how many there are beyond it.
#[derive(Default)]
struct Told {
    problems: Vec<Problem>,
    untold: usize,
}

impl Told {
    fn is_full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    fn add(&mut self, problem: impl FnOnce() -> Problem) {
        if self.is_full() {
            self.untold += 1;
        } else {
            self.problems.push(problem());
        }
    }

    fn finish(mut self, source: &Source) -> Vec<Problem> {
        if self.untold > 0 {
            let message = format!("and {} more problems", self.untold);
            self.problems.push(Problem::whole_file("openpsa-more", source.path(), message));
        }
        self.problems
    }
}

impl<'s> Reading<'s> {
    fn new(source: &'s Source, names: &'s Names<Item>, parameters: &'s Names<usize>) -> Self {
        let (container, problems) = (String::new(), Told::default());
        Self { source, container, names, parameters, problems, comparisons_left: MAX_COMPARISONS }
    }

    pub(super) fn problem(&mut self, rule: &'static str, span: Span, message: String, help: &str) {
        self.problems.add(|| {
            let problem = Problem::error(rule, self.source, span, message);
            if help.is_empty() { problem } else { problem.with_help(help) }
        });
    }

    /// The name that was perhaps meant, as help; none when it would not be told, or is too much work to look for.
    pub(super) fn meant<T: Copy>(&mut self, names: &Names<T>, name: &str) -> Option<String> {
        if self.problems.is_full() || name.len() > MAX_COMPARED_BYTES {
            return None;
        }
        self.comparisons_left = self.comparisons_left.checked_sub(names.len())?;
        names.nearest(name).map(|near| format!("did you mean `{near}`?"))
    }

    /// An attribute that must be there.
    pub(super) fn need<'e>(&mut self, element: &'e Element, key: &str) -> Option<&'e str> {
        let value = element.get(key).map(str::trim).filter(|value| !value.is_empty());
        if value.is_none() {
            let message = format!("`{}` has no `{key}`", element.name);
            self.problem("openpsa-shape", element.span, message, &format!("write `<{} {key}=\"..\">`", element.name));
        }
        value
    }
}

/// Reads a model that may be spread over several documents. With problems of severity error it is not to be used.
pub fn read(sources: &[Source]) -> (Model, Vec<Problem>) {
    let mut first = First::default();
    let mut problems = Vec::new();
    for (document, source) in sources.iter().enumerate() {
        let ended = first.walk(document, source);
        problems.append(&mut std::mem::take(&mut first.problems).finish(source));
        problems.extend(ended.err().map(|problem| *problem));
    }
    first.define_members();
    if !problems.is_empty() {
        return (Model::default(), problems);
    }
    let mut model = first.model;
    for (document, source) in sources.iter().enumerate() {
        let reading = Reading::new(source, &first.names, &first.parameters);
        let mut second = Second { reading, model: &mut model, document };
        second.walk();
        problems.append(&mut second.reading.problems.finish(source));
    }
    model.events.append(&mut first.members);
    if problems.is_empty() {
        problems.extend(circle::circles(&model, sources));
    }
    (model, problems)
}

/// Containers that are open: the path, and whether what lies in them is public.
#[derive(Default)]
struct Open(Vec<(String, bool)>);

impl Open {
    fn path(&self) -> &str {
        self.0.last().map_or("", |(path, _)| path)
    }

    /// Whether a definition is public: by its own role, else by that of its container.
    fn is_public(&self, element: &Element) -> bool {
        match element.get("role") {
            Some(role) => role != "private",
            None => self.0.last().is_none_or(|(_, public)| *public),
        }
    }

    fn begin(&mut self, element: &Element) {
        let is_named = matches!(element.name.as_str(), "define-fault-tree" | "define-component");
        let inner = match element.get("name").filter(|_| is_named) {
            Some(name) => path(self.path(), name),
            None => self.path().to_owned(),
        };
        let public = self.is_public(element);
        self.0.push((inner, public));
    }
}

/// Numbers of the next definition of each kind, in the order of the documents.
#[derive(Default)]
struct Counts {
    gates: usize,
    events: usize,
    parameters: usize,
}

#[derive(Default)]
struct First {
    names: Names<Item>,
    parameters: Names<usize>,
    model: Model,
    problems: Told,
    counts: Counts,
    /// Members of groups with their containers.
    named_members: Vec<(String, String, Place)>,
    /// Those that no definition of their own says anything of: the group defines them.
    members: Vec<EventDefinition>,
}

impl First {
    fn define_members(&mut self) {
        for (container, name, place) in std::mem::take(&mut self.named_members) {
            if self.names.find(&container, &name).is_none() {
                self.names.define(&container, &name, true, Item::Event(self.counts.events));
                self.counts.events += 1;
                self.members.push(EventDefinition { name, probability: None, place });
            }
        }
    }

    fn note_members(&mut self, document: usize, open: &Open, group: &Element) {
        for member in group.content().filter(|part| part.name == "members").flat_map(Element::content) {
            if let Some(name) = member.get("name").map(str::trim).filter(|name| !name.is_empty()) {
                let place = Place { document, span: member.span };
                self.named_members.push((open.path().to_owned(), name.to_owned(), place));
            }
        }
    }

    fn walk(&mut self, document: usize, source: &Source) -> Result<(), Box<Problem>> {
        let mut reader = Document::new(source);
        let mut open = Open::default();
        let mut begun = false;
        self.model.mission_time = Model::MISSION_TIME;
        loop {
            match reader.next()? {
                Next::Begin(element) => {
                    if !begun && element.name != "opsa-mef" {
                        return Err(not_openpsa(source, &element));
                    }
                    begun = true;
                    self.named(&element);
                    open.begin(&element);
                }
                Next::Whole(element) if begun => {
                    if element.name == "define-CCF-group" {
                        self.note_members(document, &open, &element);
                    }
                    self.define(source, &open, &element);
                }
                Next::Whole(element) => return Err(not_openpsa(source, &element)),
                Next::End => {
                    open.0.pop();
                }
                Next::Done if begun && open.0.is_empty() => return Ok(()),
                Next::Done => {
                    let end = source.text().len();
                    let message = if begun { "the document ends within an element" } else { "there is no model in it" };
                    let problem = Problem::error("xml-syntax", source, Span::new(end, end), message);
                    return Err(Box::new(problem.with_help("an Open-PSA model is `<opsa-mef> .. </opsa-mef>`")));
                }
            }
        }
    }

    fn named(&mut self, element: &Element) {
        if let Some(name) = element.get("name").filter(|_| self.model.name.is_empty()) {
            self.model.name = name.to_owned();
        }
    }

    fn define(&mut self, source: &Source, open: &Open, element: &Element) {
        let Some(name) = element.get("name").map(str::trim).filter(|name| !name.is_empty()) else { return };
        let item = match element.name.as_str() {
            "define-gate" => Item::Gate(self.counts.gates),
            "define-basic-event" => Item::Event(self.counts.events),
            "define-house-event" => {
                let constant = element.content().find(|child| child.name == "constant");
                Item::House(constant.and_then(|constant| constant.get("value")).is_some_and(|value| value == "true"))
            }
            "define-parameter" => {
                let number = self.counts.parameters;
                self.counts.parameters += 1;
                let is_new = self.parameters.define(open.path(), name, open.is_public(element), number);
                self.told_twice(is_new, source, element, name);
                return;
            }
            _ => return,
        };
        match item {
            Item::Gate(_) => self.counts.gates += 1,
            Item::Event(_) => self.counts.events += 1,
            Item::House(_) => {}
        }
        if self.counts.gates + self.counts.events > MAX_NODES {
            let message = format!("more than {MAX_NODES} gates and events");
            self.problems.add(|| Problem::error("openpsa-size", source, element.span, message));
            return;
        }
        let is_new = self.names.define(open.path(), name, open.is_public(element), item);
        self.told_twice(is_new, source, element, name);
    }

    fn told_twice(&mut self, is_new: bool, source: &Source, element: &Element, name: &str) {
        if !is_new {
            let message = format!("`{name}` is defined twice");
            self.problems.add(|| {
                let problem = Problem::error("openpsa-twice", source, element.span, message);
                problem.with_help("keep one of the two, or give one another name")
            });
        }
    }
}

fn not_openpsa(source: &Source, element: &Element) -> Box<Problem> {
    let message = format!("the document is no Open-PSA model: it begins with `<{}>`", element.name);
    let problem = Problem::error("openpsa-shape", source, element.span, message);
    Box::new(problem.with_help("an Open-PSA model begins with `<opsa-mef>`"))
}

struct Second<'r, 's> {
    reading: Reading<'s>,
    model: &'r mut Model,
    document: usize,
}

impl Second<'_, '_> {
    fn walk(&mut self) {
        let mut document = Document::new(self.reading.source);
        let mut open = Open::default();
        // The first walk came to the end, so this one does.
        while let Ok(next) = document.next() {
            match next {
                Next::Begin(element) => open.begin(&element),
                Next::End => {
                    open.0.pop();
                }
                Next::Whole(element) => {
                    open.path().clone_into(&mut self.reading.container);
                    self.define(&element);
                }
                Next::Done => break,
            }
        }
    }

    fn define(&mut self, element: &Element) {
        match element.name.as_str() {
            "define-gate" => self.gate(element),
            "define-basic-event" => self.event(element),
            "define-house-event" => self.house(element),
            "define-parameter" => self.parameter(element),
            "define-CCF-group" => self.group(element),
            "mission-time" => {}
            name if LEFT_OUT.contains(&name) => {
                self.model.left_out.push(format!("{name} {}", element.get("name").unwrap_or("without a name")))
            }
            "label" | "attributes" => {}
            name => {
                let message = format!("`{name}` means nothing here");
                let known =
                    ["define-gate", "define-basic-event", "define-house-event", "define-parameter", "define-CCF-group"];
                let help = text::nearest(name, known).map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
                self.reading.problem("openpsa-unknown", element.span, message, &help);
            }
        }
    }

    fn gate(&mut self, element: &Element) {
        let Some(name) = self.reading.need(element, "name") else { return };
        let formula = formula::only(&mut self.reading, element);
        self.model.gates.push(GateDefinition {
            name: self.shown(name),
            formula: formula.unwrap_or(Formula::Constant(false)),
            place: self.place(element),
        });
    }

    fn event(&mut self, element: &Element) {
        let Some(name) = self.reading.need(element, "name") else { return };
        let mut values = element.content();
        let probability = values.next().and_then(|value| value::expression(&mut self.reading, value));
        if let Some(second) = values.next() {
            let message = format!("`{name}` has a second expression");
            self.reading.problem(
                "openpsa-shape",
                second.span,
                message,
                "an event has one expression for its probability",
            );
        }
        let name = self.shown(name);
        self.model.events.push(EventDefinition { name, probability, place: self.place(element) });
    }

    fn house(&mut self, element: &Element) {
        let Some(name) = self.reading.need(element, "name") else { return };
        let constant = element.content().find(|child| child.name == "constant");
        if !constant.and_then(|constant| constant.get("value")).is_some_and(|value| value == "true" || value == "false")
        {
            let message = format!("the house event `{name}` is neither true nor false");
            self.reading.problem("openpsa-shape", element.span, message, "write `<constant value=\"true\"/>` in it");
        }
    }

    fn parameter(&mut self, element: &Element) {
        let Some(name) = self.reading.need(element, "name") else { return };
        let value = element.content().next().and_then(|value| value::expression(&mut self.reading, value));
        if element.content().next().is_none() {
            let message = format!("the parameter `{name}` has no value");
            self.reading.problem(
                "openpsa-shape",
                element.span,
                message,
                "write an expression in it, such as `<float value=\"0.1\"/>`",
            );
        }
        let name = self.shown(name);
        self.model.parameters.push(Parameter {
            name,
            value: value.unwrap_or(Expression::Number(0.0)),
            place: self.place(element),
        });
    }

    fn place(&self, element: &Element) -> Place {
        Place { document: self.document, span: element.span }
    }

    /// The name as people know it: with its containers only when another has the same.
    fn shown(&self, name: &str) -> String {
        match self.reading.names.find("", name).or(self.reading.parameters.find("", name).map(Item::Event)) {
            Some(_) => name.to_owned(),
            None => path(&self.reading.container, name),
        }
    }

    fn group(&mut self, element: &Element) {
        let Some(name) = self.reading.need(element, "name").map(str::to_owned) else { return };
        let sharing = match element.get("model").unwrap_or("") {
            "beta-factor" => Sharing::Beta,
            "MGL" => Sharing::GreekLetters,
            "alpha-factor" => Sharing::Alpha,
            "phi-factor" => Sharing::Phi,
            other => {
                let message = format!("the group `{name}` has the model `{other}`, which is not known");
                self.reading.problem(
                    "openpsa-ccf",
                    element.span,
                    message,
                    "write beta-factor, MGL, alpha-factor or phi-factor",
                );
                return;
            }
        };
        let mut group = Group {
            name,
            sharing,
            members: Vec::new(),
            probability: Expression::Number(f64::NAN),
            factors: Vec::new(),
            place: self.place(element),
        };
        for part in element.content() {
            match part.name.as_str() {
                "members" => self.members(part, &mut group),
                "distribution" => {
                    let value = part.content().next().and_then(|value| value::expression(&mut self.reading, value));
                    group.probability = value.unwrap_or(group.probability);
                }
                "factors" => part.content().for_each(|factor| self.factor(factor, &mut group)),
                "factor" => self.factor(part, &mut group),
                other => {
                    let message = format!("`{other}` means nothing in a group");
                    self.reading.problem(
                        "openpsa-unknown",
                        part.span,
                        message,
                        "a group has members, a distribution and factors",
                    );
                }
            }
        }
        self.check_group(&group);
        self.model.groups.push(group);
    }

    fn members(&mut self, part: &Element, group: &mut Group) {
        for member in part.content() {
            let Some(name) = self.reading.need(member, "name") else { continue };
            match self.reading.names.find(&self.reading.container, name) {
                Some(Item::Event(number)) => group.members.push(number),
                Some(Item::Gate(_) | Item::House(_)) => {
                    let message = format!("`{name}` is no basic event, and cannot be in a group");
                    self.reading.problem("openpsa-ccf", member.span, message, "name basic events");
                }
                // The first walk defined what nobody else does.
                None => {}
            }
        }
    }

    fn factor(&mut self, part: &Element, group: &mut Group) {
        let first = if matches!(group.sharing, Sharing::GreekLetters) { 2 } else { 1 };
        let wanted = match group.sharing {
            Sharing::Beta => group.members.len(),
            Sharing::GreekLetters | Sharing::Alpha | Sharing::Phi => first + group.factors.len(),
        };
        if let Some(level) = part.get("level")
            && level.trim().parse() != Ok(wanted)
        {
            let message = format!("a factor of level {level} stands where that of level {wanted} is expected");
            self.reading.problem(
                "openpsa-ccf",
                part.span,
                message,
                "write the factors from the lowest level up, none left out",
            );
        }
        let value = part.content().next().and_then(|value| value::expression(&mut self.reading, value));
        group.factors.extend(value);
    }

    fn check_group(&mut self, group: &Group) {
        let mut problem =
            |message: String, help: &str| self.reading.problem("openpsa-ccf", group.place.span, message, help);
        let (name, members, factors) = (&group.name, group.members.len(), group.factors.len());
        if members < 2 {
            problem(format!("the group `{name}` has {members} members"), "name at least two");
            return;
        }
        let wanted = match group.sharing {
            Sharing::Beta => 1..=1,
            Sharing::GreekLetters => 1..=members - 1,
            Sharing::Alpha | Sharing::Phi => 1..=members,
        };
        if !wanted.contains(&factors) {
            problem(
                format!("the group `{name}` has {factors} factors for {members} members"),
                "beta-factor has one; MGL at most one less than members; the others at most one for each member",
            );
        }
        if matches!(group.probability, Expression::Number(number) if number.is_nan()) {
            problem(
                format!("the group `{name}` has no distribution"),
                "write `<distribution>` with the probability of a member",
            );
        }
    }
}
