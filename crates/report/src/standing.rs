//! How a system stands: what its registers state, and beside it the last that was seen of each claim.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use evidence::Micros;
use register::{FieldName, Register, Risk};
use serde_json::{Value as Json, json};

use crate::wire::pretty;

/// Name and version of the shape of `report --format json`.
pub const REPORT_SCHEMA: &str = "seaworthy.report/1";

/// Registers and what was last seen.
#[derive(Debug, Default)]
pub struct Standing {
    /// The system's name; the name of the directory where there is no `seaworthy.yaml`.
    pub system: String,
    /// The environment the evidence belongs to.
    pub environment: String,
    /// The registers.
    pub registers: Vec<Register>,
    /// Every claim with the last verdict on it, in the order written.
    pub claims: Vec<Seen>,
    /// The last decision.
    pub decided: Option<Decided>,
    /// Risks that are carried knowingly, each until a day.
    pub accepted: BTreeMap<String, String>,
}

/// A claim and the last verdict on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Its id, `R-2/no-lost-write`.
    pub claim: String,
    /// The risks it supports, its own first.
    pub risks: Vec<String>,
    /// What it says.
    pub says: String,
    /// The probe or drill kind.
    pub kind: String,
    /// Whether something was broken for it.
    pub is_drill: bool,
    /// The last verdict; `None` when it was never asked.
    pub last: Option<Last>,
}

/// A verdict as the ledger remembers it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Last {
    /// `held`, `broken` or `not_seen`.
    pub verdict: String,
    /// How much the evidence weighs.
    pub grade: String,
    /// What decided it.
    pub reason: String,
    /// When.
    pub at: Micros,
}

/// The last decision of the gate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// `PASS`, `CONCERNS`, `FAIL`, `WAIVED`.
    pub outcome: String,
    /// What decided it, in words.
    pub by: Vec<String>,
    /// When.
    pub at: Micros,
}

impl Standing {
    /// The claims that support a risk.
    pub(crate) fn claims_of<'a>(&'a self, risk: &'a str) -> impl Iterator<Item = &'a Seen> {
        self.claims.iter().filter(move |seen| seen.risks.iter().any(|own| own.eq_ignore_ascii_case(risk)))
    }

    /// The latest time of anything seen or decided.
    pub fn latest(&self) -> Option<Micros> {
        let seen = self.claims.iter().filter_map(|seen| seen.last.as_ref()).map(|last| last.at);
        seen.chain(self.decided.as_ref().map(|decided| decided.at)).max()
    }
}

/// The day of a time.
fn day(at: Micros) -> String {
    crate::timestamp(at).chars().take(10).collect()
}

/// What stands between the marks of one register: the status of its risks, in lines without line breaks at the end.
/// Deterministic, and without any time but that of the evidence.
pub fn status_lines(standing: &Standing, register: &Register) -> Vec<String> {
    let decided = standing
        .decided
        .as_ref()
        .map_or_else(|| "not decided yet".to_owned(), |decided| format!("{} on {}", decided.outcome, day(decided.at)));
    let mut lines = vec![
        format!(
            "_Written by `seaworthy report --write`; edits between these marks are lost. In `{}`: {decided}._",
            standing.environment
        ),
        String::new(),
        "| risk | stated | claim | verdict | grade | seen |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for risk in &register.risks {
        let stated = stated(risk, standing);
        let mut claims = standing.claims_of(&risk.id).peekable();
        if claims.peek().is_none() {
            lines.push(format!("| {} | {stated} | - | no claim | - | - |", cell(&risk.id)));
        }
        for seen in claims {
            let (verdict, grade, at) = match &seen.last {
                Some(last) => (mark(&last.verdict), last.grade.clone(), day(last.at)),
                None => ("? not seen".to_owned(), "-".to_owned(), "never".to_owned()),
            };
            let id = cell(&risk.id);
            lines.push(format!("| {id} | {stated} | {} | {verdict} | {grade} | {at} |", cell(&seen.claim)));
        }
    }
    lines
}

pub(crate) fn mark(verdict: &str) -> String {
    match verdict {
        "held" => "✔ held".to_owned(),
        "broken" => "✘ broken".to_owned(),
        _ => "? not seen".to_owned(),
    }
}

/// The stated status, and the score as stated and as computed.
fn stated(risk: &Risk, standing: &Standing) -> String {
    let status = risk.stated(FieldName::Status).map_or_else(
        || risk.state.word().to_owned(),
        |field| field.text.lines().next().unwrap_or("").split(['(', '—']).next().unwrap_or("").trim().to_owned(),
    );
    let stated = risk.stated(FieldName::Score).and_then(|field| field.value.number());
    let computed = risk.computed.as_ref().and_then(|computed| computed.score);
    let score = match (stated, computed) {
        (Some(stated), Some(computed)) if (stated - computed).abs() > 1e-6 => {
            format!(" ({stated} stated, {computed} computed)")
        }
        (Some(score), _) | (None, Some(score)) => format!(" ({score})"),
        (None, None) => String::new(),
    };
    let until = standing.accepted.get(&risk.id.to_lowercase()).map(|until| format!(", accepted until {until}"));
    cell(&format!("{status}{score}{}", until.unwrap_or_default()))
}

/// Text that stays in its cell.
pub(crate) fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// The whole standing as a Markdown page.
pub fn standing_markdown(standing: &Standing) -> String {
    let mut text = format!("# {}: risks as stated and as seen\n", standing.system);
    if let Some(decided) = &standing.decided {
        let _ = write!(text, "\n**{}** in `{}` on {}", decided.outcome, standing.environment, day(decided.at));
        let by = if decided.by.is_empty() { ".".to_owned() } else { format!(": {}.", decided.by.join("; ")) };
        text.push_str(&by);
        text.push('\n');
    }
    for register in &standing.registers {
        let _ = write!(
            text,
            "\n## {}\n\n| risk | title | stated | claim | verdict | what decided it |\n|---|---|---|---|---|---|\n",
            register.path()
        );
        for risk in &register.risks {
            let (id, title, stated) = (cell(&risk.id), cell(&risk.title), stated(risk, standing));
            let mut claims = standing.claims_of(&risk.id).peekable();
            if claims.peek().is_none() {
                let _ = writeln!(text, "| {id} | {title} | {stated} | - | no claim | - |");
            }
            for seen in claims {
                let (verdict, reason) = match &seen.last {
                    Some(last) => (format!("{} ({})", mark(&last.verdict), last.grade), cell(&last.reason)),
                    None => ("? not seen".to_owned(), "never asked".to_owned()),
                };
                let _ = writeln!(text, "| {id} | {title} | {stated} | {} | {verdict} | {reason} |", cell(&seen.claim));
            }
        }
    }
    text
}

/// The whole standing as JSON.
pub fn standing_json(standing: &Standing) -> String {
    let claim = |seen: &Seen| {
        let mut json = json!({"claim": seen.claim, "says": seen.says, "kind": seen.kind, "verdict": "not_seen"});
        if let Some(last) = &seen.last {
            json["verdict"] = json!(last.verdict);
            json["grade"] = json!(last.grade);
            json["reason"] = json!(last.reason);
            json["at"] = json!(crate::timestamp(last.at));
        }
        json
    };
    let risks: Vec<Json> = standing
        .registers
        .iter()
        .flat_map(|register| register.risks.iter().map(move |risk| (register, risk)))
        .map(|(register, risk)| {
            let mut json = crate::findings::risk_fields_json(risk);
            json["path"] = json!(register.path());
            json["claims"] = standing.claims_of(&risk.id).map(claim).collect();
            if let Some(until) = standing.accepted.get(&risk.id.to_lowercase()) {
                json["accepted_until"] = json!(until);
            }
            json
        })
        .collect();
    let mut whole = json!({
        "schema": REPORT_SCHEMA,
        "system": standing.system,
        "environment": standing.environment,
        "risks": risks,
    });
    if let Some(decided) = &standing.decided {
        whole["decision"] =
            json!({"outcome": decided.outcome, "decided_by": decided.by, "at": crate::timestamp(decided.at)});
    }
    pretty(&whole)
}
