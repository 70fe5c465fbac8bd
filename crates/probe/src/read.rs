//! A claim's kind and `with:` into a probe, with all problems at once.

use std::sync::Arc;

use system::{ComponentId, System};
use text::{Fields, Node, Problem, Source, Span, nearest};

use crate::World;
use crate::kind::{FAMILIES, Kind, Look};
use crate::sight::Sight;

/// The names of all kinds of probes known here.
pub fn kinds() -> Vec<&'static str> {
    all().map(|kind| kind.name).collect()
}

fn all() -> impl Iterator<Item = &'static Kind> {
    FAMILIES.iter().copied().flatten()
}

/// A look, ready to be taken.
#[derive(Clone, Debug)]
pub struct Probe {
    kind: &'static str,
    look: Arc<dyn Look>,
}

impl Probe {
    /// The kind, one of [`kinds`].
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What is looked at, for people: a path, a component, an address, a program.
    pub fn subject(&self) -> String {
        self.look.subject()
    }

    /// The component that must be running for this look, when it needs one.
    pub fn component(&self) -> Option<&ComponentId> {
        self.look.component()
    }

    pub(crate) async fn look(&self, world: &World) -> Sight {
        self.look.look(world).await
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
    let Some(known) = all().find(|known| known.name == kind) else {
        let near = nearest(kind, kinds()).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| format!("known kinds: {}", kinds().join(", ")));
        let message = format!("`{kind}` is no kind of probe");
        problems.push(Problem::error("unknown-probe", source, kind_span, message).with_help(help));
        return None;
    };
    let before = problems.len();
    let mut fields = Fields::of(with, format!("the `with` of {kind}"), source, problems)?;
    let look = (known.read)(&mut fields, system, source);
    fields.finish();
    let sound = !text::has_errors(&problems[before..]);
    look.filter(|_| sound).map(|look| Probe { kind: known.name, look })
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
