//! What probes saw, for terminals and as JSON.

use std::fmt::Write as _;

use evidence::{ClaimId, Judged, Observation};
use serde_json::{Value as Json, json};

use crate::proof::grade_word;
use crate::wire::{claim_json, observation_json, pretty, value_json};

/// Name and version of the shape of `probe --format json`.
pub const PROBE_SCHEMA: &str = "seaworthy.probe/1";

/// Verdicts of probes, each with what it rests on and what would change it.
pub fn looked_text(judged: &[Judged], drills: &[ClaimId]) -> String {
    let mut text = String::new();
    for one in judged {
        let grade = if one.verdict.is_held() { format!(", {}", grade_word(one.grade)) } else { String::new() };
        let _ = writeln!(text, "{}  {}{grade}", one.claim.id, one.verdict);
        let _ = writeln!(text, "  claims: {}", one.claim.says);
        let _ = writeln!(text, "  {}", one.reason);
        let _ = writeln!(text, "  would change it: {}\n", one.would_change);
    }
    let count = |word: &str| judged.iter().filter(|one| one.verdict.word() == word).count();
    let _ = writeln!(text, "{} held, {} broken, {} not seen", count("held"), count("broken"), count("not_seen"));
    if !drills.is_empty() {
        let names: Vec<String> = drills.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "only a drill answers: {}", names.join(", "));
    }
    text
}

/// The same as JSON, with a final line break.
pub fn looked_json(judged: &[Judged], observations: &[(ClaimId, Observation)], drills: &[ClaimId]) -> String {
    let observation = |(claim, observation): &(ClaimId, Observation)| {
        let mut json = observation_json(observation);
        json["claim"] = json!(claim.to_string());
        json
    };
    pretty(&json!({
        "schema": PROBE_SCHEMA,
        "observations": observations.iter().map(observation).collect::<Vec<_>>(),
        "verdicts": judged.iter().map(claim_json).collect::<Vec<_>>(),
        "drills": drills.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }))
}

/// One reading for people: its values by name, and how far it goes.
pub fn observation_text(observation: &Observation) -> String {
    let mut text = format!("{}  {}\n", observation.kind, observation.subject);
    for (name, value) in &observation.values {
        let _ = writeln!(text, "  {name}: {}", value_json(value));
    }
    let _ = writeln!(
        text,
        "  grade {}, {} in reach, from {}",
        grade_word(observation.grade),
        observation.subjects,
        observation.source
    );
    if let Some(trouble) = &observation.trouble {
        let _ = writeln!(text, "  in the way: {trouble}");
    }
    text
}

/// One reading as JSON, with a final line break.
pub fn observation_alone(observation: &Observation) -> String {
    let verdicts: [Json; 0] = [];
    pretty(&json!({"schema": PROBE_SCHEMA, "observations": [observation_json(observation)], "verdicts": verdicts}))
}
