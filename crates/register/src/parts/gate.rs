//! Machine blocks: `risk_summary`, release decisions.
//!
//! The keys are those of the BMAD risk profile and its decision file (bmad-core/tasks/risk-profile.md and qa-gate.md).

use text::{Entry, Node, Source, Span, read_yaml};

use super::Reading;
use crate::page::BlockKind;

/// The largest block that is read.
const MAX_BLOCK_BYTES: usize = 64 * 1024;
/// Keys of a release decision file.
const DECISION_KEYS: &[&str] = &[
    "schema",
    "story",
    "story_title",
    "gate",
    "status_reason",
    "reviewer",
    "updated",
    "top_issues",
    "waiver",
    "quality_score",
    "expires",
    "evidence",
    "nfr_validation",
    "risk_summary",
    "history",
    "recommendations",
];
const SUMMARY_KEYS: &[&str] = &["totals", "highest", "recommendations"];
const TOTALS_KEYS: &[&str] = &["critical", "high", "medium", "low"];
const HIGHEST_KEYS: &[&str] = &["id", "score", "title"];
const SUMMARY_RECOMMENDATIONS: &[&str] = &["must_fix", "monitor"];
const DECISION_RECOMMENDATIONS: &[&str] = &["immediate", "future", "must_fix", "monitor"];

/// A machine block about the release decision.
#[derive(Clone, Debug, PartialEq)]
pub struct GateSnippet {
    /// The stated decision, `PASS`, and its place.
    pub decision: Option<(String, Span)>,
    /// The stated worst risk: id, score, title with their places.
    pub highest: Highest,
    /// What must be fixed.
    pub must_fix: Vec<(String, Span)>,
    /// What shall be watched.
    pub monitor: Vec<(String, Span)>,
    /// Keys that the schema of the block does not have: key, place.
    pub unknown_keys: Vec<(String, Span)>,
    /// The whole block.
    pub span: Span,
    /// Line from 1.
    pub line: usize,
}

/// The worst risk as a machine block names it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Highest {
    /// Its id.
    pub id: Option<(String, Span)>,
    /// Its score.
    pub score: Option<(f64, Span)>,
    /// Its title.
    pub title: Option<(String, Span)>,
}

/// Reads them.
pub(super) fn read(reading: &Reading<'_>) -> Vec<GateSnippet> {
    let fences = reading.context.page.blocks.iter().filter_map(|block| match block.kind {
        BlockKind::Fence { body } => Some(body),
        _ => None,
    });
    fences.filter_map(|body| snippet(reading, body)).collect()
}

fn snippet(reading: &Reading<'_>, body: Span) -> Option<GateSnippet> {
    let text = reading.context.slice(body);
    let begins = |key: &str| text.lines().any(|line| line.trim_end().starts_with(key));
    if text.len() > MAX_BLOCK_BYTES || !(begins("risk_summary:") || begins("gate:") && begins("schema:")) {
        return None;
    }
    let (node, _problems) = read_yaml(&Source::new(reading.context.source.path(), text));
    let node = node?;
    let mut found = Found { start: body.start, unknown: Vec::new() };
    let summary = node.get("risk_summary");
    let is_decision = node.get("gate").is_some();
    found.check(&node, if is_decision { DECISION_KEYS } else { &["risk_summary"] });
    let (mut highest, mut must_fix, mut monitor) = (Highest::default(), Vec::new(), Vec::new());
    let mut decision = node.get("gate").and_then(|gate| found.text(gate));
    for (at, recommendations) in
        [(0, node.get("recommendations")), (1, summary.and_then(|summary| summary.get("recommendations")))]
    {
        let Some(recommendations) = recommendations else { continue };
        found.check(recommendations, if at == 0 { DECISION_RECOMMENDATIONS } else { SUMMARY_RECOMMENDATIONS });
        must_fix.extend(found.list(recommendations.get("must_fix")));
        monitor.extend(found.list(recommendations.get("monitor")));
    }
    if let Some(summary) = summary {
        found.check(summary, SUMMARY_KEYS);
        if let Some(totals) = summary.get("totals") {
            found.check(totals, TOTALS_KEYS);
        }
        if let Some(worst) = summary.get("highest") {
            found.check(worst, HIGHEST_KEYS);
            highest.id = worst.get("id").and_then(|id| found.text(id));
            highest.title = worst.get("title").and_then(|title| found.text(title));
            highest.score = worst
                .get("score")
                .and_then(|score| found.text(score))
                .and_then(|(text, span)| Some((text.parse().ok()?, span)));
        }
        let suggested = ["suggested_gate", "gate", "decision"].iter().find_map(|key| summary.get(key));
        decision = decision.or_else(|| suggested.and_then(|gate| found.text(gate)));
    }
    Some(GateSnippet {
        decision,
        highest,
        must_fix,
        monitor,
        unknown_keys: found.unknown,
        span: body,
        line: reading.context.line(body.start),
    })
}

/// Spans within the document, from spans within the block.
struct Found {
    start: usize,
    unknown: Vec<(String, Span)>,
}

impl Found {
    fn place(&self, span: Span) -> Span {
        Span::new(self.start + span.start, self.start + span.end)
    }

    fn text(&self, node: &Node) -> Option<(String, Span)> {
        Some((node.as_text()?.trim().to_owned(), self.place(node.span)))
    }

    fn list(&self, node: Option<&Node>) -> Vec<(String, Span)> {
        node.and_then(Node::as_list).unwrap_or_default().iter().filter_map(|item| self.text(item)).collect()
    }

    fn check(&mut self, node: &Node, known: &[&str]) {
        let entries: &[Entry] = node.as_map().unwrap_or_default();
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let place = self.place(entry.key_span);
            self.unknown.push((entry.key.clone(), place));
        }
    }
}
