//! `claims`: risk, name, and how to see whether it holds.

use std::time::Duration;

use text::{Entry, Fields, Node, NodeKind, Problem, Source, Span};

use crate::{Claim, ClaimId, Expect, Grade, Look, RiskId};

use super::{Names, demanded, span_of};

/// Keys of a claim, which show that a name was forgotten above them.
const CLAIM_KEYS: [&str; 4] = ["probe", "drill", "expect", "says"];

/// Reads every claim of every risk.
pub(super) fn read_all(node: &Node, names: &Names<'_>, problems: &mut Vec<Problem>) -> Vec<Claim> {
    let Some(fields) = Fields::of(node, "`claims`", names.source, problems) else { return Vec::new() };
    let mut claims = Vec::new();
    for entry in fields.all() {
        let risk = names.risk(&entry.key, entry.key_span, problems);
        claims.extend(read_risk(entry, risk.as_ref(), names, problems));
    }
    claims
}

/// The claims of one risk. Without a risk they are still read, for their problems.
fn read_risk(entry: &Entry, risk: Option<&RiskId>, names: &Names<'_>, problems: &mut Vec<Problem>) -> Vec<Claim> {
    let owner = format!("the claims of `{}`", entry.key);
    let Some(fields) = Fields::of(&entry.value, owner, names.source, problems) else { return Vec::new() };
    let inside = fields.all();
    if inside.is_empty() {
        let message = format!("nothing is claimed for `{}`", entry.key);
        let help = "write a claim under it, or remove the key";
        problems.push(Problem::warning("empty-claims", names.source, entry.key_span, message).with_help(help));
    }
    if inside.iter().any(|inner| CLAIM_KEYS.contains(&inner.key.as_str()) && inner.value.as_map().is_none()) {
        let message = format!("the claim of `{}` has no name", entry.key);
        let help = format!("write the name between them, as in `{}: {{no-lost-write: {{..}}}}`", entry.key);
        problems.push(Problem::error("missing-name", names.source, entry.key_span, message).with_help(help));
        return Vec::new();
    }
    let read = |inner: &Entry| {
        let claim = read_claim(inner, &entry.key, risk, names, problems);
        claim.filter(|_| risk.is_some())
    };
    inside.iter().filter_map(read).collect()
}

fn read_claim(
    entry: &Entry,
    risk_key: &str,
    risk: Option<&RiskId>,
    names: &Names<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Claim> {
    let before = errors(problems);
    // Problems below are worth telling although the risk is not known, so a stand-in is read for it.
    let stand_in = RiskId::try_new("unknown").expect("seven letters are an id");
    let id = read_name(entry, risk.unwrap_or(&stand_in), names.source, problems);
    let owner = format!("claim `{risk_key}/{}`", entry.key);
    let source = names.source;
    let mut fields = Fields::of(&entry.value, owner.clone(), source, problems)?;
    let says = fields.text("says").map_or_else(|| entry.key.replace('-', " "), |says| says.trim().to_owned());
    let look = read_look(&mut fields, &owner);
    let with = read_with(&mut fields, &owner);
    let expect = read_expect(&mut fields, &owner, source);
    let min_grade = read_min_grade(&mut fields, look.as_ref().map(|(look, ..)| *look), &owner);
    let every = read_span(&mut fields, "every", &owner);
    let max_age = read_span(&mut fields, "max_age", &owner);
    let environments = fields
        .texts("in")
        .into_iter()
        .filter_map(|(written, span)| names.environment(written, span, fields.problems()))
        .collect();
    let also = read_also(&mut fields, risk, names);
    let span = fields.span();
    fields.finish();
    let ((look, kind, kind_span), expect, id) = (look?, expect?, id?);
    // Half a claim must not be judged: what was dropped could be what limits it.
    let whole = errors(problems) == before;
    let about = String::new();
    whole.then_some(Claim {
        id,
        says,
        look,
        kind,
        kind_span,
        with,
        expect,
        min_grade,
        every,
        max_age,
        environments,
        also,
        about,
        span,
    })
}

fn errors(problems: &[Problem]) -> usize {
    problems.iter().filter(|problem| problem.severity == text::Severity::Error).count()
}

fn read_name(entry: &Entry, risk: &RiskId, source: &Source, problems: &mut Vec<Problem>) -> Option<ClaimId> {
    let id = ClaimId::try_new(risk.clone(), &entry.key);
    if id.is_none() {
        let message = format!("`{}` is not the name of a claim", entry.key.escape_debug());
        let help = "a name has 1 to 64 lower-case letters, digits and `-`, as in `no-lost-write`";
        problems.push(Problem::error("wrong-name", source, entry.key_span, message).with_help(help));
    }
    id
}

/// Exactly one of `probe` and `drill`.
fn read_look(fields: &mut Fields<'_, '_>, owner: &str) -> Option<(Look, String, Span)> {
    let (probe, drill) = (fields.get("probe"), fields.get("drill"));
    let (look, key, node) = match (probe, drill) {
        (Some(node), None) => (Look::Probe, "probe", node),
        (None, Some(node)) => (Look::Drill, "drill", node),
        (Some(_), Some(drill)) => {
            fields.problem("wrong-look", drill.span, format!("{owner} has a probe and a drill"));
            help(fields, "a claim is seen by one of them; write two claims");
            return None;
        }
        (None, None) => {
            fields.problem("missing-key", fields.span(), format!("{owner} has neither `probe` nor `drill`"));
            help(fields, "say how to see whether it holds, as in `probe: http.check`");
            return None;
        }
    };
    let kind = node.as_text().map(str::trim).filter(|kind| !kind.is_empty());
    let Some(kind) = kind else {
        fields.problem(
            "wrong-value",
            node.span,
            format!("`{key}` of {owner} must be the name of a kind, found {}", node.shape()),
        );
        help(fields, "its parameters go under `with`");
        return None;
    };
    Some((look, kind.to_owned(), node.span))
}

/// The parameters as written; an empty map when none are.
fn read_with(fields: &mut Fields<'_, '_>, owner: &str) -> Node {
    let none = Node { span: fields.span(), kind: NodeKind::Map(Vec::new()) };
    let Some(node) = fields.get("with") else { return none };
    if node.as_map().is_none() {
        fields.problem("wrong-shape", node.span, format!("`with` of {owner} must be a map, found {}", node.shape()));
        return none;
    }
    node.clone()
}

fn read_expect(fields: &mut Fields<'_, '_>, owner: &str, source: &Source) -> Option<Expect> {
    let node = fields.need("expect")?;
    let Some(text) = node.as_text() else {
        fields.problem("wrong-value", node.span, format!("`expect` of {owner} must be text, found {}", node.shape()));
        help(fields, "put the whole expectation in double quotes");
        return None;
    };
    Expect::read(text, node.span, source, fields.problems())
}

fn read_min_grade(fields: &mut Fields<'_, '_>, look: Option<Look>, owner: &str) -> Option<Grade> {
    let grade = demanded(fields, "min_grade");
    if grade == Some(Grade::Effective) && look == Some(Look::Probe) {
        let span = span_of(fields, "min_grade");
        fields.problem(
            "claim-cannot-hold",
            span,
            format!("{owner} demands `effective`, and a probe reaches `live` at most"),
        );
        help(fields, "demand `live`, or show it with a drill");
    }
    grade
}

/// A time that is not nothing.
fn read_span(fields: &mut Fields<'_, '_>, key: &'static str, owner: &str) -> Option<Duration> {
    let written = fields.duration(key);
    if written.is_some_and(|written| written.is_zero()) {
        let span = span_of(fields, key);
        fields.problem("wrong-value", span, format!("`{key}` of {owner} must be longer than nothing"));
        help(fields, "evidence that is never fresh never counts; write how long it does, as in `7d`");
    }
    written
}

fn read_also(fields: &mut Fields<'_, '_>, own: Option<&RiskId>, names: &Names<'_>) -> Vec<RiskId> {
    let mut also: Vec<RiskId> = Vec::new();
    for (written, span) in fields.texts("also") {
        let Some(risk) = names.risk(written, span, fields.problems()) else { continue };
        if Some(&risk) == own || also.contains(&risk) {
            let problem =
                Problem::warning("named-twice", names.source, span, format!("the claim supports `{risk}` already"));
            fields.problems().push(problem.with_help("remove it here"));
            continue;
        }
        also.push(risk);
    }
    also
}

/// Says what to do about the problem told last.
fn help(fields: &mut Fields<'_, '_>, help: &str) {
    if let Some(problem) = fields.problems().last_mut() {
        problem.help = Some(help.to_owned());
    }
}
