//! The claims, acceptances and gate of `seaworthy.yaml`.
//!
//! Collects every problem; a claim with a mistake is left out of the result, and the mistake is an error, so nothing
//! that was half understood is ever judged. What this does not do: read the parameters of a probe or drill (`with`), or
//! know which kinds there are; the hands do.

use text::{Entry, Fields, Node, NodeKind, Problem, Source, Span, nearest};

use crate::{Acceptance, Claim, Gate, GateModel, Grade, Line, Outcome, RiskId};

mod acceptance;
mod claim;

/// The environment of a run that names none. It may be named in `in:` without being declared.
pub const LOCAL_ENVIRONMENT: &str = "local";

/// Grades that can be demanded: to demand `absent` is to demand nothing.
const DEMANDABLE: [Grade; 4] = [Grade::Declared, Grade::Wired, Grade::Live, Grade::Effective];

/// What the file says about evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// Claims in the order written.
    pub claims: Vec<Claim>,
    /// Acceptances in the order written.
    pub acceptances: Vec<Acceptance>,
    /// How the release is decided.
    pub gate: Gate,
}

/// Reads `claims`, `acceptances` and `gate`. Claims of risks that are not in `known` are problems with the nearest
/// known one; an empty `known` means that the risks are not known, and nothing is said about them. Missing sections are
/// empty; a missing gate is `{model: bmad, require: live}`. `None` when the file is not a map, which the reader of the
/// system reports.
pub fn read_claims(source: &Source, node: &Node, known: &[RiskId], problems: &mut Vec<Problem>) -> Option<Claims> {
    if !matches!(node.kind, NodeKind::Map(_) | NodeKind::Empty) {
        return None;
    }
    let names = Names { source, known, environments: environments(node) };
    let claims = node.get("claims").map_or_else(Vec::new, |node| claim::read_all(node, &names, problems));
    let acceptances =
        node.get("acceptances").map_or_else(Vec::new, |node| acceptance::read_all(node, &names, problems));
    let gate = node.get("gate").map_or_else(Gate::default, |node| read_gate(node, &names, problems));
    Some(Claims { claims, acceptances, gate })
}

/// Names that the sections refer to.
struct Names<'a> {
    source: &'a Source,
    known: &'a [RiskId],
    environments: Vec<&'a str>,
}

impl Names<'_> {
    /// A risk that is written somewhere, checked against the registers where they are known.
    fn risk(&self, written: &str, span: Span, problems: &mut Vec<Problem>) -> Option<RiskId> {
        let Some(risk) = RiskId::try_new(written) else {
            let message = format!("`{}` is not the id of a risk", written.escape_debug());
            let help = "an id has 1 to 64 bytes, no `/`, no line break, and no space at its ends";
            problems.push(Problem::error("wrong-name", self.source, span, message).with_help(help));
            return None;
        };
        if self.known.is_empty() || self.known.contains(&risk) {
            return Some(risk);
        }
        let near = nearest(written, self.known.iter().map(RiskId::as_str));
        let help = near
            .map_or_else(|| "name a risk of one of the registers".to_owned(), |near| format!("did you mean `{near}`?"));
        let message = format!("no register holds a risk `{risk}`");
        problems.push(Problem::error("unknown-risk", self.source, span, message).with_help(help));
        None
    }

    /// An environment that is written somewhere.
    fn environment(&self, written: &str, span: Span, problems: &mut Vec<Problem>) -> Option<String> {
        if written == LOCAL_ENVIRONMENT || self.environments.contains(&written) {
            return Some(written.to_owned());
        }
        let near = nearest(written, self.environments.iter().copied());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.environments.is_empty() => "declare it under `environments`".to_owned(),
            None => format!("known environments: {}", self.environments.join(", ")),
        };
        let message = format!("`{}` is not an environment", written.escape_debug());
        problems.push(Problem::error("unknown-environment", self.source, span, message).with_help(help));
        None
    }
}

/// The environments that are declared; their content is read with the system.
fn environments(node: &Node) -> Vec<&str> {
    let declared: &[Entry] = node.get("environments").and_then(Node::as_map).unwrap_or_default();
    declared.iter().map(|entry| entry.key.as_str()).collect()
}

fn read_gate(node: &Node, names: &Names<'_>, problems: &mut Vec<Problem>) -> Gate {
    let mut gate = Gate::default();
    let Some(mut fields) = Fields::of(node, "the gate", names.source, problems) else { return gate };
    let lines = fields.get("lines").cloned();
    let words: Vec<&str> = GateModel::WORDS.into_iter().chain(["own"]).collect();
    let model = fields.one_of("model", &words).map(|index| words[index]);
    gate.require = demanded(&mut fields, "require").unwrap_or(gate.require);
    let span = span_of(&fields, "model");
    fields.finish();
    let mut wrong = |span: Span, message: &str, help: &str| {
        problems.push(Problem::error("wrong-value", names.source, span, message).with_help(help));
    };
    let own = "`lines: [{score: 6, outcome: FAIL, in: [prod]}]` belongs to `model: own`";
    match (model, lines) {
        (Some("own"), Some(lines)) => gate.model = GateModel::Own(read_lines(&lines, names, problems)),
        (Some("own"), None) => wrong(span, "the model `own` has no `lines`", own),
        (_, Some(lines)) => wrong(lines.span, "a named model has lines already", own),
        (Some(word), None) => gate.model = GateModel::named(word).unwrap_or(gate.model),
        (None, None) => {}
    }
    gate
}

/// The lines of a team's own model.
fn read_lines(node: &Node, names: &Names<'_>, problems: &mut Vec<Problem>) -> Vec<Line> {
    let Some(items) = node.as_list().filter(|items| !items.is_empty()) else {
        let message = "`lines` of the gate must be a list of at least one";
        problems.push(Problem::error("wrong-value", names.source, node.span, message));
        return Vec::new();
    };
    let outcomes = [Outcome::Fail, Outcome::Concerns];
    let mut lines = Vec::new();
    for item in items {
        let Some(mut fields) = Fields::of(item, "a line of the gate", names.source, problems) else { continue };
        let from = fields.integer("score", 1..=9);
        let outcome = fields.one_of("outcome", &outcomes.map(Outcome::word)).map(|index| outcomes[index]);
        let written = fields.texts("in");
        if from.is_none() || outcome.is_none() {
            let message = "a line of the gate has a `score` from 1 to 9 and an `outcome`";
            fields.problem("missing-key", item.span, message);
        }
        let written: Vec<(String, Span)> = written.into_iter().map(|(name, span)| (name.to_owned(), span)).collect();
        fields.finish();
        let environments = written.iter().filter_map(|(name, span)| names.environment(name, *span, problems)).collect();
        if let (Some(from), Some(outcome)) = (from.and_then(|from| u32::try_from(from).ok()), outcome) {
            lines.push(Line { from, outcome, environments });
        }
    }
    lines
}

/// A grade that is demanded.
fn demanded(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Grade> {
    let words = DEMANDABLE.map(Grade::word);
    fields.one_of(key, &words).map(|index| DEMANDABLE[index])
}

/// Where the value of a key stands, that of the whole map when there is none.
fn span_of(fields: &Fields<'_, '_>, key: &str) -> Span {
    fields.all().iter().find(|entry| entry.key == key).map_or(fields.span(), |entry| entry.value.span)
}
