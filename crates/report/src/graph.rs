//! The propagation as tables, for those who read: what each failure does, and what alone takes a flow down.

use ::impact::Single;
use maud::{Markup, html};

use crate::proof::Proof;

/// What each failure does, and what alone takes a flow down.
pub(crate) fn tables(proof: &Proof) -> Markup {
    html! {
        table {
            thead { tr { th { "Fails" } th { "How" } th { "Flows hit" } th { "Share of use" } th { "Guardrails on the way" } th { "Priority" } } }
            tbody {
                @for row in proof.impact.rows.iter().filter(|row| !row.hits.is_empty()) {
                    tr {
                        th scope="row" { (row.component) }
                        td { (row.mode.word()) }
                        td { @for hit in &row.hits { div { (hit.flow) " " (hit.outcome.word()) div class="small" { (hit.arrows()) } } } }
                        td { (format!("{:.0} %", row.share * 100.0)) }
                        td { @for guardrail in &row.guardrails { div { (guardrail.edge) ": " (guardrail.protections.join(", ")) " — " (if guardrail.counted { guardrail.effect.word() } else { "not proved, does not count" }) } } }
                        td { (row.priority.word()) }
                    }
                }
            }
        }
        table {
            thead { tr { th { "Flow" } th { "Alone takes it down" } } }
            tbody { @for flow in &proof.impact.flows { tr { th scope="row" { (flow.flow) } td { (single_list(&flow.spofs)) } } } }
        }
    }
}

fn single_list(singles: &[Single]) -> String {
    if singles.is_empty() {
        return "nothing that is declared".to_owned();
    }
    singles.iter().map(single_name).collect::<Vec<_>>().join(", ")
}

/// The name of a single point of failure.
pub(crate) fn single_name(single: &Single) -> String {
    match single {
        Single::Component(id) => id.to_string(),
        Single::SharedFate(name) => format!("shared fate `{name}`"),
    }
}
