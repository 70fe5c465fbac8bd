//! Guardrails beside those of the proxy: `system.guardrails`.

use std::collections::BTreeMap;

use text::{Entry, Span};

use super::component::PLAIN_MODES;
use super::walk::Walk;
use crate::{ComponentId, EdgeId, Effort, Guardrail, GuardrailOn, Leaves, System};

pub(super) const KEYS: [&str; 5] = ["on", "stops", "leaves", "effort", "planned"];

/// Reads all guardrails. One whose place is not declared is left out.
pub(super) fn guardrails(
    walk: &mut Walk<'_, '_>,
    node: Option<&text::Node>,
    system: &System,
) -> BTreeMap<String, Guardrail> {
    let mut guardrails = BTreeMap::new();
    for entry in walk.entries(node, "guardrails") {
        if ComponentId::try_new(&entry.key).is_none() {
            let message = format!("`{}` cannot name a guardrail", entry.key.escape_debug());
            let help = "a name has 1 to 64 bytes of letters, digits, `-`, `_`, `.` and inner spaces";
            walk.error("bad-name", entry.key_span, message, help);
        } else if let Some(guardrail) = guardrail(walk, entry, system) {
            guardrails.insert(entry.key.clone(), guardrail);
        }
    }
    guardrails
}

fn guardrail(walk: &mut Walk<'_, '_>, entry: &Entry, system: &System) -> Option<Guardrail> {
    let owner = format!("guardrail `{}`", entry.key);
    let mut fields = walk.fields(&entry.value, &owner)?;
    let on = fields.need_text("on").map(str::to_owned);
    let stops: Vec<(String, Span)> =
        fields.texts("stops").into_iter().map(|(text, span)| (text.to_owned(), span)).collect();
    let leaves = fields.one_of("leaves", &Leaves::ALL.map(Leaves::word)).map(|index| Leaves::ALL[index]);
    let effort = fields.one_of("effort", &Effort::ALL.map(Effort::word)).map(|index| Effort::ALL[index]);
    let planned = fields.boolean("planned").unwrap_or(false);
    fields.finish();
    let on_span = entry.value.get("on").map_or(entry.key_span, |node| node.span);
    let on = place(walk, &on?, on_span, &owner, system)?;
    if matches!(on, GuardrailOn::Component(_)) && leaves.is_some_and(|leaves| leaves != Leaves::Nothing) {
        let message = format!("{owner} stands at a component, where a failure it stops does not begin");
        walk.error("wrong-value", entry.key_span, message, "leave `leaves` out, or name an edge under `on`");
    }
    let usual = if matches!(on, GuardrailOn::Component(_)) { Leaves::Nothing } else { Leaves::Degraded };
    if stops.is_empty() {
        walk.error("stops-nothing", entry.key_span, format!("{owner} stops no mode"), "name a mode, such as `down`");
    }
    check_modes(walk, &on, &stops, &owner, system);
    Some(Guardrail {
        stops: stops.into_iter().map(|(mode, _)| mode).collect(),
        leaves: leaves.unwrap_or(usual),
        effort,
        planned,
        span: entry.key_span,
        on,
    })
}

fn place(walk: &mut Walk<'_, '_>, on: &str, span: Span, owner: &str, system: &System) -> Option<GuardrailOn> {
    if let Some(id) = EdgeId::parse(on) {
        if system.edges.iter().any(|edge| edge.id == id) {
            return Some(GuardrailOn::Edge(id));
        }
        let known: Vec<String> = system.edges.iter().map(|edge| edge.id.to_string()).collect();
        let near = walk.nearest(on, known.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it under `edges`, such as `{on}: {{needs: hard}}`"),
        };
        walk.error("undeclared", span, format!("edge `{on}`, used in {owner}, is not declared"), &help);
        return None;
    }
    walk.declared(on, span, owner, &system.components).map(GuardrailOn::Component)
}

/// A mode that nothing there has would be a guardrail against nothing.
fn check_modes(walk: &mut Walk<'_, '_>, on: &GuardrailOn, stops: &[(String, Span)], owner: &str, system: &System) {
    let id = match on {
        GuardrailOn::Component(id) => id,
        GuardrailOn::Edge(id) => &id.to,
    };
    let Some(component) = system.components.get(id) else { return };
    let known: Vec<&str> = PLAIN_MODES.into_iter().chain(component.modes.keys().map(String::as_str)).collect();
    for (mode, span) in stops.iter().filter(|(mode, _)| !known.contains(&mode.as_str())) {
        let near = walk.nearest(mode, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
        let message = format!("{owner} stops `{mode}`, and `{id}` has no such mode{}", near.unwrap_or_default());
        let help = format!("name one of {}, or declare it under `modes` of `{id}`", known.join(", "));
        walk.error("unknown-mode", *span, message, &help);
    }
}
