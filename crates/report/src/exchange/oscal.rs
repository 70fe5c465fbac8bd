//! OSCAL 1.1 (NIST): a plan of action and milestones of what the registers state, and assessment results of what was seen.
//!
//! Identifiers are UUIDs of version 5 (RFC 9562) made of the system, the register and the id, so that a second export of the
//! same risk has the same one. A claim that was not seen is `not-satisfied` with the reason `other`: it is never a pass.

use evidence::Micros;
use register::{FieldName, Register, Risk, State};
use serde_json::{Value as Json, json};
use text::Date;
use uuid::Uuid;

use crate::standing::{Last, Seen, Standing};
use crate::wire::pretty;

/// The version of OSCAL that the exports name.
pub const OSCAL_VERSION: &str = "1.1.2";
/// The namespace of our properties.
const NAMESPACE: &str = "https://seaworthy.dev/ns/oscal";

/// Identifiers of one export.
struct Names {
    root: Uuid,
}

impl Names {
    fn new(standing: &Standing) -> Self {
        Self { root: Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{NAMESPACE}/{}", standing.system).as_bytes()) }
    }

    fn of(&self, what: &str, id: &str) -> String {
        Uuid::new_v5(&self.root, format!("{what}/{id}").as_bytes()).to_string()
    }

    fn risk(&self, register: &Register, risk: &Risk) -> String {
        // Two risks of one id are two risks.
        let place = if register.risks.iter().filter(|other| other.id == risk.id).count() > 1 { risk.line } else { 0 };
        self.of("risk", &format!("{}/{}/{place}", register.path(), risk.id))
    }
}

/// The plan of action: an item for each risk. `now` is the time of the export where nothing was seen yet.
/// `None` when there is no risk, for such a plan cannot be empty.
pub fn plan_of_action(standing: &Standing, now: Micros) -> Option<String> {
    let names = Names::new(standing);
    let risks = risks(standing, &names);
    let items: Vec<Json> = each(standing)
        .map(|(register, risk)| {
            json!({
                "uuid": names.of("item", &format!("{}/{}/{}", register.path(), risk.id, risk.line)),
                "title": line(&risk.title),
                "description": described(risk),
                "related-risks": [{"risk-uuid": names.risk(register, risk)}],
            })
        })
        .collect();
    if items.is_empty() {
        return None;
    }
    let mut plan = json!({
        "uuid": names.of("plan", ""),
        "metadata": metadata(standing, "Plan of action and milestones", now),
        "system-id": {"identifier-type": "http://ietf.org/rfc/rfc4122", "id": names.root.to_string()},
        "local-definitions": local_definitions(&names),
    });
    let observations = observations(standing, &names);
    if !observations.is_empty() {
        plan["observations"] = json!(observations);
    }
    plan["risks"] = json!(risks);
    plan["poam-items"] = json!(items);
    Some(pretty(&json!({"plan-of-action-and-milestones": plan})))
}

/// What was seen of each claim; `None` when nothing was seen yet.
pub fn assessment_results(standing: &Standing) -> Option<String> {
    let names = Names::new(standing);
    let latest = standing.latest()?;
    let first = standing.claims.iter().filter_map(|seen| seen.last.as_ref()).map(|last| last.at).min()?;
    let resource = names.of("plan of assessment", "");
    let findings: Vec<Json> = standing.claims.iter().map(|seen| finding(standing, &names, seen)).collect();
    let mut result = json!({
        "uuid": names.of("result", ""),
        "title": format!("Claims of {} in {}", line(&standing.system), line(&standing.environment)),
        "description": "Each finding is a claim of seaworthy.yaml with the last verdict on it.",
        "start": crate::timestamp(first),
        "end": crate::timestamp(latest),
        "local-definitions": local_definitions(&names),
        "reviewed-controls": {
            "description": "Claims about risks were assessed, not the controls of a catalog.",
            "control-selections": [{"include-all": {}}],
        },
        "observations": observations(standing, &names),
    });
    let risks = risks(standing, &names);
    if !risks.is_empty() {
        result["risks"] = json!(risks);
    }
    result["findings"] = json!(findings);
    Some(pretty(&json!({"assessment-results": {
        "uuid": names.of("results", ""),
        "metadata": metadata(standing, "Assessment results", latest),
        "import-ap": {"href": format!("#{resource}")},
        "results": [result],
        "back-matter": {"resources": [{
            "uuid": resource,
            "title": "seaworthy.yaml",
            "description": "The claims and how each is looked at; it stands in the place of an assessment plan.",
            "rlinks": [{"href": "seaworthy.yaml"}],
        }]},
    }})))
}

fn each(standing: &Standing) -> impl Iterator<Item = (&Register, &Risk)> {
    standing.registers.iter().flat_map(|register| register.risks.iter().map(move |risk| (register, risk)))
}

fn metadata(standing: &Standing, title: &str, now: Micros) -> Json {
    json!({
        "title": format!("{title}: {}", line(&standing.system)),
        "last-modified": crate::timestamp(standing.latest().unwrap_or(now)),
        "version": "1",
        "oscal-version": OSCAL_VERSION,
    })
}

/// The tool, which the origins name.
fn local_definitions(names: &Names) -> Json {
    json!({"components": [{
        "uuid": names.of("tool", ""),
        "type": "software",
        "title": "seaworthy",
        "description": "Read the registers and looked at the claims.",
        "status": {"state": "operational"},
    }]})
}

fn origin(names: &Names) -> Json {
    json!({"actors": [{"type": "tool", "actor-uuid": names.of("tool", "")}]})
}

fn risks(standing: &Standing, names: &Names) -> Vec<Json> {
    each(standing).map(|(register, risk)| one_risk(standing, names, register, risk)).collect()
}

fn one_risk(standing: &Standing, names: &Names, register: &Register, risk: &Risk) -> Json {
    let text = |noun| risk.stated(noun).map(|field| field.text.clone());
    let statement = [FieldName::Effect, FieldName::BlastRadius, FieldName::Cause].into_iter().find_map(text);
    let accepted = standing.accepted.contains_key(&risk.id.to_lowercase());
    let mut json = json!({
        "uuid": names.risk(register, risk),
        "title": line(&risk.title),
        "description": described(risk),
        "statement": statement.unwrap_or_else(|| described(risk)),
        "props": properties(register, risk),
        "status": status(risk.state, accepted),
        "origins": [origin(names)],
    });
    let facets = facets(risk);
    if !facets.is_empty() {
        json["characterizations"] = json!([{"origin": origin(names), "facets": facets}]);
    }
    if let Some(deadline) = text(FieldName::Timeline).and_then(|text| Date::find(&text)).map(|(date, _)| date) {
        json["deadline"] = json!(format!("{:04}-{:02}-{:02}T00:00:00Z", deadline.year, deadline.month, deadline.day));
    }
    let planned = [(FieldName::Mitigation, "Mitigation"), (FieldName::Planned, "Planned guardrail")];
    let remediations: Vec<Json> = planned
        .into_iter()
        .filter_map(|(noun, title)| {
            Some(json!({
                "uuid": names.of("remediation", &format!("{}/{}/{}/{noun}", register.path(), risk.id, risk.line)),
                "lifecycle": "planned",
                "title": title,
                "description": text(noun)?,
            }))
        })
        .collect();
    if !remediations.is_empty() {
        json["remediations"] = json!(remediations);
    }
    let related: Vec<Json> = standing
        .claims_of(&risk.id)
        .filter(|seen| seen.last.is_some())
        .map(|seen| json!({"observation-uuid": names.of("observation", &seen.claim)}))
        .collect();
    if !related.is_empty() {
        json["related-observations"] = json!(related);
    }
    json
}

fn described(risk: &Risk) -> String {
    let told = risk.stated(FieldName::Description).map(|field| field.text.trim().to_owned());
    told.filter(|text| !text.is_empty()).unwrap_or_else(|| line(&risk.title))
}

fn status(state: State, accepted: bool) -> &'static str {
    match state {
        State::Closed => "closed",
        State::Accepted if accepted => "deviation-approved",
        State::Accepted => "deviation-requested",
        State::Mitigated => "remediating",
        State::Open | State::Watch | State::Triggered => "open",
    }
}

fn properties(register: &Register, risk: &Risk) -> Vec<Json> {
    let place = format!("{}:{}", register.path(), risk.line);
    let stated = [(FieldName::Status, "stated-status"), (FieldName::Owner, "owner"), (FieldName::Category, "category")];
    let fields = stated.into_iter().filter_map(|(noun, name)| Some((name, risk.stated(noun)?.text.clone())));
    let all = [("id", risk.id.clone()), ("source", place)].into_iter().chain(fields);
    all.map(|(name, value)| (name, line(&value)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| json!({"name": name, "ns": NAMESPACE, "value": value}))
        .collect()
}

/// Grades as stated, and beside them what is computed.
fn facets(risk: &Risk) -> Vec<Json> {
    let nouns = [
        FieldName::Likelihood,
        FieldName::Impact,
        FieldName::Severity,
        FieldName::Detection,
        FieldName::Score,
        FieldName::Level,
        FieldName::Priority,
    ];
    let stated = nouns.into_iter().filter_map(|noun| {
        let value = line(&risk.stated(noun)?.text);
        Some(json!({"name": noun.word(), "system": format!("{NAMESPACE}/stated"), "value": value}))
    });
    let computed = risk.computed.iter().flat_map(|computed| {
        let system = format!("{NAMESPACE}/computed/{}", computed.by.word());
        let score = computed.score.map(|score| ("score", score.to_string()));
        let band = computed.band.clone().map(|band| ("level", band));
        [score, band]
            .into_iter()
            .flatten()
            .map(move |(name, value)| json!({"name": name, "system": system, "value": value}))
    });
    stated.chain(computed).collect()
}

fn observations(standing: &Standing, names: &Names) -> Vec<Json> {
    let seen = standing.claims.iter().filter_map(|seen| Some((seen, seen.last.as_ref()?)));
    seen.map(|(seen, last)| observation(names, seen, last)).collect()
}

fn observation(names: &Names, seen: &Seen, last: &Last) -> Json {
    let property = |name: &str, value: &str| json!({"name": name, "ns": NAMESPACE, "value": line(value)});
    json!({
        "uuid": names.of("observation", &seen.claim),
        "title": line(&seen.claim),
        "description": if seen.says.is_empty() { line(&seen.claim) } else { seen.says.clone() },
        "props": [property("verdict", &last.verdict), property("grade", &last.grade), property("kind", &seen.kind)],
        "methods": [if seen.is_drill { "TEST" } else { "EXAMINE" }],
        "origins": [origin(names)],
        "relevant-evidence": [{"description": if last.reason.is_empty() { line(&last.verdict) } else { last.reason.clone() }}],
        "collected": crate::timestamp(last.at),
    })
}

fn finding(standing: &Standing, names: &Names, seen: &Seen) -> Json {
    let (state, reason, what) = match &seen.last {
        Some(last) if last.verdict == "held" => ("satisfied", "pass", last.reason.clone()),
        Some(last) if last.verdict == "broken" => ("not-satisfied", "fail", last.reason.clone()),
        Some(last) => ("not-satisfied", "other", format!("Not seen: {}", last.reason)),
        None => ("not-satisfied", "other", "Not seen: it was never asked.".to_owned()),
    };
    let mut json = json!({
        "uuid": names.of("finding", &seen.claim),
        "title": line(&seen.claim),
        "description": if seen.says.is_empty() { line(&seen.claim) } else { seen.says.clone() },
        "target": {
            "type": "objective-id",
            "target-id": token(&seen.claim),
            "status": {"state": state, "reason": reason, "remarks": what},
        },
    });
    if seen.last.is_some() {
        json["related-observations"] = json!([{"observation-uuid": names.of("observation", &seen.claim)}]);
    }
    let risks: Vec<Json> = each(standing)
        .filter(|(_, risk)| seen.risks.iter().any(|own| own.eq_ignore_ascii_case(&risk.id)))
        .map(|(register, risk)| json!({"risk-uuid": names.risk(register, risk)}))
        .collect();
    if !risks.is_empty() {
        json["related-risks"] = json!(risks);
    }
    json
}

/// Text in one line, without white space around it.
fn line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { "-".to_owned() } else { line }
}

/// A token of OSCAL: a letter or `_`, then letters, digits, `.`, `-` and `_`.
fn token(text: &str) -> String {
    let mapped: String =
        text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '.' }).collect();
    if mapped.starts_with(|c: char| c.is_alphabetic() || c == '_') { mapped } else { format!("_{mapped}") }
}
