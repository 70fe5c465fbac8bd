//! The published JSON shape of `lint`. Fields may be added within a version, never moved.

use register::{Register, Risk};
use serde_json::{Map, Value as Json, json};
use text::Problem;

use super::{Linted, fingerprints};
use crate::wire::pretty;

/// Name and version of the shape of `lint --format json`.
pub const LINT_SCHEMA: &str = "seaworthy.lint/1";

/// What `lint` found: the registers as they were understood, and the findings.
pub fn lint_json(linted: &Linted) -> String {
    let registers: Vec<Json> = linted.registers.iter().map(register_json).collect();
    let findings: Vec<Json> = linted
        .problems
        .iter()
        .zip(fingerprints(&linted.problems, &linted.sources))
        .map(|(problem, print)| {
            let mut json = finding_json(problem);
            json["fingerprint"] = json!(print);
            json
        })
        .collect();
    let silenced: Vec<Json> = linted
        .silenced
        .iter()
        .map(|(problem, reason)| {
            let mut json = finding_json(problem);
            json["reason"] = json!(reason);
            json
        })
        .collect();
    pretty(&json!({
        "schema": LINT_SCHEMA,
        "registers": registers,
        "findings": findings,
        "silenced": silenced,
        "in_baseline": linted.known.len(),
        "unknown": linted.unknown,
    }))
}

fn register_json(register: &Register) -> Json {
    let risks: Vec<Json> = register.risks.iter().map(risk_fields_json).collect();
    json!({"path": register.path(), "model": register.model.word(), "risks": risks})
}

/// One risk as it was understood.
pub(crate) fn risk_fields_json(risk: &Risk) -> Json {
    let fields: Map<String, Json> = risk
        .fields
        .iter()
        .map(|(noun, field)| {
            (noun.to_string(), json!({"text": field.text, "value": field.value.short(), "line": field.line}))
        })
        .collect();
    let mut json = json!({
        "id": risk.id,
        "title": risk.title,
        "kind": risk.kind.word(),
        "state": risk.state.word(),
        "line": risk.line,
        "fields": fields,
    });
    if let Some(computed) = &risk.computed {
        json["computed"] = json!({"by": computed.by.word(), "score": computed.score, "band": computed.band});
    }
    json
}

/// One finding.
pub(crate) fn finding_json(problem: &Problem) -> Json {
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
    if !problem.related.is_empty() {
        let related = problem.related.iter();
        let related: Vec<Json> =
            related.map(|other| json!({"path": other.path, "line": other.line, "message": other.message})).collect();
        json["related"] = json!(related);
    }
    if let Some(fix) = &problem.fix {
        json["fix"] = json!({"start": fix.span.start, "end": fix.span.end, "text": fix.text});
    }
    json
}
