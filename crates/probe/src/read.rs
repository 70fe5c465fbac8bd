//! A claim's kind and `with:` into a probe, with all problems at once.

use system::{ComponentId, System};
use text::{Fields, Node, Problem, Source, Span, nearest};

use crate::{Exec, FileValue, HttpCheck, K8sDisruption, K8sReach, K8sSelect, SqlQuery};

/// The kinds of probes known here.
pub const KINDS: [&str; 7] =
    ["file.value", "http.check", "sql.query", "exec", "k8s.reach", "k8s.disruption", "k8s.select"];

/// A look, ready to be taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// One value of a file.
    FileValue(FileValue),
    /// Answers of a service.
    HttpCheck(HttpCheck),
    /// Rows of a database.
    SqlQuery(SqlQuery),
    /// The end of a program.
    Exec(Exec),
    /// Who may talk to whom, by manifests.
    K8sReach(K8sReach),
    /// How many pods may go at once, by manifests.
    K8sDisruption(K8sDisruption),
    /// What a selector selects, by manifests.
    K8sSelect(K8sSelect),
}

impl Probe {
    /// The kind, one of [`KINDS`].
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FileValue(_) => "file.value",
            Self::HttpCheck(_) => "http.check",
            Self::SqlQuery(_) => "sql.query",
            Self::Exec(_) => "exec",
            Self::K8sReach(_) => "k8s.reach",
            Self::K8sDisruption(_) => "k8s.disruption",
            Self::K8sSelect(_) => "k8s.select",
        }
    }

    /// What is looked at, for people: a path, a component, an address, a program.
    pub fn subject(&self) -> String {
        match self {
            Self::FileValue(probe) => probe.subject(),
            Self::HttpCheck(probe) => probe.subject(),
            Self::SqlQuery(probe) => probe.subject(),
            Self::Exec(probe) => probe.subject(),
            Self::K8sReach(probe) => probe.subject(),
            Self::K8sDisruption(probe) => probe.subject(),
            Self::K8sSelect(probe) => probe.subject(),
        }
    }

    /// The component that must be running for this look, when it needs one.
    pub fn component(&self) -> Option<&ComponentId> {
        match self {
            Self::HttpCheck(probe) => probe.component(),
            Self::SqlQuery(probe) => Some(probe.component()),
            Self::FileValue(_) | Self::Exec(_) => None,
            Self::K8sReach(_) | Self::K8sDisruption(_) | Self::K8sSelect(_) => None,
        }
    }
}

/// Reads a probe. Without one there is at least one problem that says why.
pub fn read(
    kind: &str,
    kind_span: Span,
    with: &Node,
    system: &System,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Option<Probe> {
    if !KINDS.contains(&kind) {
        let near = nearest(kind, KINDS).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| format!("known kinds: {}", KINDS.join(", ")));
        let message = format!("`{kind}` is no kind of probe");
        problems.push(Problem::error("unknown-probe", source, kind_span, message).with_help(help));
        return None;
    }
    let before = problems.len();
    let mut fields = Fields::of(with, format!("the `with` of {kind}"), source, problems)?;
    let probe = match kind {
        "file.value" => FileValue::read(&mut fields).map(Probe::FileValue),
        "http.check" => HttpCheck::read(&mut fields, system, source).map(Probe::HttpCheck),
        "sql.query" => SqlQuery::read(&mut fields, system, source).map(Probe::SqlQuery),
        "exec" => Exec::read(&mut fields, system, source).map(Probe::Exec),
        "k8s.reach" => K8sReach::read(&mut fields).map(Probe::K8sReach),
        "k8s.disruption" => K8sDisruption::read(&mut fields).map(Probe::K8sDisruption),
        "k8s.select" => K8sSelect::read(&mut fields).map(Probe::K8sSelect),
        _ => unreachable!("the kind is one of KINDS"),
    };
    fields.finish();
    let sound = !text::has_errors(&problems[before..]);
    probe.filter(|_| sound)
}

/// Where the value of a key stands; the whole map when it is not written. The key does not become known by this.
pub(crate) fn span_of(fields: &Fields<'_, '_>, key: &str) -> Span {
    fields.all().iter().find(|entry| entry.key == key).map_or(fields.span(), |entry| entry.value.span)
}

/// The component that a probe names; it must be declared.
pub(crate) fn component<'s>(
    name: &str,
    span: Span,
    system: &'s System,
    fields: &mut Fields<'_, '_>,
) -> Option<&'s system::Component> {
    let found = ComponentId::try_new(name).and_then(|id| system.components.get(&id));
    if found.is_none() {
        let known: Vec<&str> = system.components.keys().map(ComponentId::as_str).collect();
        let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| format!("declared: {}", known.join(", ")));
        fields.problem("unknown-component", span, format!("component `{name}` is not declared"));
        if let Some(problem) = fields.problems().last_mut() {
            problem.help = Some(help);
        }
    }
    found
}
