//! The published JSON shapes: `prove`, `lint` and `impact`. Fields may be added within a version, never moved.

use evidence::{Control, Judged};
use serde_json::{Value as Json, json};
use text::Problem;

use crate::proof::{DrillRow, Proof, RiskRow};
use crate::wire::{claim_json, control_json, decision_json, observation_json};

/// Name and version of the shape of `prove --format json`.
pub const PROVE_SCHEMA: &str = "seaworthy.prove/1";

/// Name and version of the shape of `lint --format json`.
pub const LINT_SCHEMA: &str = "seaworthy.lint/1";

/// Name and version of the shape of `impact --format json`.
const IMPACT_SCHEMA: &str = "seaworthy.impact/1";

/// The whole proof, pretty-printed, with a final line break.
pub fn json(proof: &Proof) -> String {
    let risks: Vec<Json> = proof.risks.iter().map(|risk| risk_json(proof, risk)).collect();
    let drills: Vec<Json> = proof.drills.iter().map(|drill| drill_json(proof, drill)).collect();
    let observations: Vec<Json> = proof.observations.iter().map(|(claim, observation)| {
        let mut json = observation_json(observation);
        json["claim"] = json!(claim.to_string());
        json
    });
    let mut whole = json!({
        "schema": PROVE_SCHEMA,
        "tool": concat!("seaworthy ", env!("CARGO_PKG_VERSION")),
        "system": proof.system,
        "environment": proof.environment,
        "seed": proof.seed,
        "began": crate::timestamp(proof.began),
        "ended": crate::timestamp(proof.ended),
        "decision": decision_json(&proof.decision),
        "risks": risks,
        "drills": drills,
        "observations": observations.collect::<Vec<_>>(),
        "spofs": spofs(proof),
        "findings": findings(&proof.findings),
        "left": proof.left,
    });
    if let Some(version) = &proof.version {
        whole["version"] = json!(version);
    }
    if let Some((size, head)) = &proof.head {
        whole["ledger"] = json!({"size": size, "head": head});
    }
    pretty(&whole)
}
