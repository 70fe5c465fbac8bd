//! The published JSON shape of `prove`. Fields may be added within a version, never moved.

use evidence::{ClaimId, Judged, Observation};
use serde_json::{Value as Json, json};

use crate::findings::finding_json;
use crate::impact::spofs_json;
use crate::proof::{DrillRow, Proof, RiskRow};
use crate::wire::{claim_json, control_json, decision_json, observation_json, pretty};

/// Name and version of the shape of `prove --format json`.
pub const PROVE_SCHEMA: &str = "seaworthy.prove/1";

/// The whole proof, pretty-printed, with a final line break.
pub fn json(proof: &Proof) -> String {
    let mut whole = json!({
        "schema": PROVE_SCHEMA,
        "tool": concat!("seaworthy ", env!("CARGO_PKG_VERSION")),
        "system": proof.system,
        "environment": proof.environment,
        "seed": proof.seed,
        "began": crate::timestamp(proof.began),
        "ended": crate::timestamp(proof.ended),
        "decision": decision_json(&proof.decision),
        "risks": proof.risks.iter().map(|risk| risk_json(proof, risk)).collect::<Vec<_>>(),
        "drills": proof.drills.iter().map(|drill| drill_json(proof, drill)).collect::<Vec<_>>(),
        "observations": proof.observations.iter().map(claimed_json).collect::<Vec<_>>(),
        "spofs": spofs_json(&proof.impact),
        "findings": proof.findings.iter().map(finding_json).collect::<Vec<_>>(),
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

fn claimed_json((claim, observation): &(ClaimId, Observation)) -> Json {
    let mut json = observation_json(observation);
    json["claim"] = json!(claim.to_string());
    json
}

fn risk_json(proof: &Proof, risk: &RiskRow) -> Json {
    let claims: Vec<Json> = proof.claims_of(&risk.id).map(claim_json).collect();
    let mut json = json!({
        "id": risk.id.as_str(),
        "title": risk.title,
        "path": risk.path,
        "line": risk.line,
        "stated": risk.status,
        "claims": claims,
    });
    if let Some(score) = risk.score {
        json["score"] = json!(score);
    }
    if let Some(until) = &risk.accepted_until {
        json["accepted_until"] = json!(until);
    }
    if let Some(difference) = proof.difference(risk) {
        json["difference"] = json!(difference.words());
    }
    json
}

fn drill_json(proof: &Proof, drill: &DrillRow) -> Json {
    let judged: Option<&Judged> = proof.judged.iter().find(|judged| judged.claim.id == drill.claim);
    let controls = judged.and_then(|judged| judged.controls.as_ref());
    let controls = controls.map_or_else(
        || json!({}),
        |controls| {
            json!({
                "bite": control_json(&controls.bite),
                "clean": control_json(&controls.clean),
                "off": control_json(&controls.off),
            })
        },
    );
    let observation = drill.drilled.as_ref().map_or_else(|| json!({}), |drilled| observation_json(&drilled.on));
    json!({"claim": drill.claim.to_string(), "kind": drill.kind, "seed": drill.seed, "controls": controls, "observation": observation})
}
