//! Guardrails that the file declares beside those of the proxy: what each leaves of the failures that it stops.

use system::{EdgeId, Effort, Guardrail, GuardrailOn, Leaves, System};

use crate::{Counted, Mode, Outcome};

/// What one declared guardrail makes of one failure, whether it counts or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Saving {
    /// Its name.
    pub guardrail: String,
    /// It is not built yet.
    pub planned: bool,
    /// It counts, so the row is what it leaves.
    pub counted: bool,
    /// What it costs to build.
    pub effort: Option<Effort>,
    /// The share of all use that it saves, 0 to 1.
    pub saves: f64,
    /// The worst that any flow still feels when it works alone.
    pub leaves: Outcome,
}

/// What the guardrails that are looked at make of one failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stops {
    /// One at the component stops it.
    pub(crate) begins_not: bool,
    /// Those on edges.
    pub(crate) on_edges: Vec<(EdgeId, Leaves)>,
}

impl Stops {
    fn add(&mut self, guardrail: &Guardrail) {
        match &guardrail.on {
            GuardrailOn::Component(_) => self.begins_not = true,
            GuardrailOn::Edge(edge) => self.on_edges.push((edge.clone(), guardrail.leaves)),
        }
    }

    pub(crate) fn of(guardrail: &Guardrail) -> Self {
        let mut stops = Self::default();
        stops.add(guardrail);
        stops
    }

    /// Those of them that count.
    pub(crate) fn counted<'g>(
        relevant: impl IntoIterator<Item = (&'g String, &'g Guardrail)>,
        counted: &Counted,
    ) -> Self {
        let mut stops = Self::default();
        relevant.into_iter().filter(|(name, _)| counted.counts_guardrail(name)).for_each(|(_, one)| stops.add(one));
        stops
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.begins_not && self.on_edges.is_empty()
    }
}

/// The declared guardrails that stop this mode of this component, by name.
pub(crate) fn relevant<'s>(
    system: &'s System,
    component: &system::ComponentId,
    mode: &Mode,
) -> Vec<(&'s String, &'s Guardrail)> {
    let is_there = |guardrail: &Guardrail| match &guardrail.on {
        GuardrailOn::Component(id) => id == component,
        GuardrailOn::Edge(edge) => edge.to == *component,
    };
    let stops = |guardrail: &Guardrail| guardrail.stops.iter().any(|stopped| stopped == mode.word());
    system.guardrails.iter().filter(|(_, guardrail)| is_there(guardrail) && stops(guardrail)).collect()
}
