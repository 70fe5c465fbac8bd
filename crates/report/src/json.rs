//! The published JSON shapes of `prove` and `lint`. Fields may be added within a version, never moved.

use evidence::{ClaimId, Judged, Observation};
use register::{Register, Risk};
use serde_json::{Map, Value as Json, json};
use text::Problem;

use crate::impact::spofs_json;
use crate::proof::{DrillRow, Proof, RiskRow};
use crate::wire::{claim_json, control_json, decision_json, observation_json, pretty};

/// Name and version of the shape of `prove --format json`.
pub const PROVE_SCHEMA: &str = "seaworthy.prove/1";

/// Name and version of the shape of `lint --format json`.
pub const LINT_SCHEMA: &str = "seaworthy.lint/1";

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

/// What `lint` found: the registers as they were understood, and the findings.
pub fn lint_json(registers: &[Register], problems: &[Problem]) -> String {
    let registers: Vec<Json> = registers.iter().map(register_json).collect();
    pretty(&json!({"schema": LINT_SCHEMA, "registers": registers, "findings": findings(problems)}))
}

fn register_json(register: &Register) -> Json {
    let risks: Vec<Json> = register.risks.iter().map(one_risk_json).collect();
    json!({"path": register.path(), "model": register.model.word(), "risks": risks})
}

fn one_risk_json(risk: &Risk) -> Json {
    let fields: Map<String, Json> = risk
        .fields
        .iter()
        .map(|(noun, field)| {
            (noun.to_string(), json!({"text": field.text, "value": field.value.short(), "line": field.line}))
        })
        .collect();
    json!({
        "id": risk.id,
        "title": risk.title,
        "kind": risk.kind.word(),
        "state": risk.state.word(),
        "line": risk.line,
        "fields": fields,
    })
}

fn findings(problems: &[Problem]) -> Vec<Json> {
    let one = |problem: &Problem| {
        let mut json = json!({
            "rule": problem.rule,
            "severity": problem.severity.word(),
            "path": problem.path,
            "line": problem.line,
            "column": problem.column,
            "message": problem.message,
        });
        if let Some(help) = &problem.help {
            json["help"] = json!(help);
        }
        json
    };
    problems.iter().map(one).collect()
}
