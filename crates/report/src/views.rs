//! Further pictures of a system: its flows as lanes, what each failure loses as bars, and all of it as a map.
//!
//! Nothing depends on color alone: single points are octagons with a mark, cells hold a letter, bars their figure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ::impact::{Impact, Outcome, Row};
use system::{ComponentId, System};

use crate::chart::escape;
use crate::drawing::{Drawing, is_store, label, octagon};

/// Rows and columns that are drawn; more are counted.
const MAX_ROWS: usize = 60;
const MAX_COLUMNS: usize = 40;
/// Hops of one lane that are drawn.
const MAX_HOPS: usize = 24;

const NAMES: f64 = 190.0;
const ROW: f64 = 22.0;
const LANE: f64 = 54.0;
const HOP: f64 = 150.0;
const CELL: f64 = 26.0;
const BAR: f64 = 320.0;

const STYLE: &str = "<style>:root{color-scheme:light dark}svg{background:#fbfbf8}text{fill:#14202b;font:11px system-ui,sans-serif}.note{fill:#5a6b78;font-size:10px}.node{fill:#fff;stroke:#14202b;stroke-width:1.2}.spof{stroke-width:3}.edge{stroke:#5a6b78;stroke-width:1.3;fill:none}.async{stroke-dasharray:2 3}.bar{fill:#b3261e}.degraded{fill:#e0a33c}.late{fill:#f1dfb6}.down{fill:#b3261e}.hangs{fill:#7d1a15}.harm{fill:#6a4c93}.none{fill:none;stroke:#d6dadd}.dark{fill:#fff}@media(prefers-color-scheme:dark){svg{background:#12181d}text{fill:#e6ebee}.node{fill:#1b242b;stroke:#e6ebee}}</style>";

fn open(svg: &mut String, width: f64, height: f64, what: &str) {
    let _ = write!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{}">{STYLE}"#,
        escape(what)
    );
}

fn words(svg: &mut String, class: &str, (x, y): (f64, f64), text: &str) {
    let _ = write!(svg, r#"<text class="{class}" x="{x}" y="{y}">{}</text>"#, escape(text));
}

fn end(svg: &mut String, height: f64, hidden: usize, what: &str) {
    let note = if hidden == 0 { String::new() } else { format!("{hidden} more {what} are not drawn") };
    words(svg, "note", (4.0, height - 6.0), &note);
    svg.push_str("</svg>\n");
}

/// Each flow a lane: its hops in their order, single points of failure as octagons with ◆, work after the answer dotted.
pub fn lanes(drawing: &Drawing<'_>) -> String {
    let system = drawing.system;
    let flows: Vec<_> = system.flows.values().take(MAX_ROWS).collect();
    let hops = |flow: &system::Flow| (flow.path.len() + flow.deferred.len()).min(MAX_HOPS);
    let most = flows.iter().map(|flow| hops(flow)).max().unwrap_or(1);
    let (width, height) = (NAMES + most as f64 * HOP, flows.len() as f64 * LANE + 30.0);
    let mut svg = String::new();
    open(&mut svg, width, height, "flows as lanes");
    for (lane, flow) in flows.iter().enumerate() {
        let y = lane as f64 * LANE + LANE / 2.0;
        words(&mut svg, "name", (4.0, y), flow.id.as_str());
        let share = drawing.impact.flow(&flow.id).map_or(0.0, |flow| flow.share);
        let fallback = flow.fallback.as_deref().map_or(String::new(), |fallback| format!(", instead: {fallback}"));
        words(&mut svg, "note", (4.0, y + 13.0), &format!("{:.0} % of use{fallback}", share * 100.0));
        let singles: Vec<String> = drawing
            .impact
            .flow(&flow.id)
            .map_or(Vec::new(), |flow| flow.spofs.iter().map(crate::graph::single_name).collect());
        let all = flow.path.iter().map(|id| (id, false)).chain(flow.deferred.iter().map(|id| (id, true)));
        for (at, (id, is_late)) in all.take(MAX_HOPS).enumerate() {
            let x = NAMES + at as f64 * HOP;
            if at > 0 {
                let class = if is_late { "edge async" } else { "edge" };
                let _ = write!(svg, r#"<line class="{class}" x1="{}" y1="{y}" x2="{x}" y2="{y}"/>"#, x - HOP + 118.0);
            }
            hop(&mut svg, system, id, singles.iter().any(|single| single == id.as_str()), (x, y));
        }
        let more = (flow.path.len() + flow.deferred.len()).saturating_sub(MAX_HOPS);
        if more > 0 {
            words(&mut svg, "note", (width - 60.0, y + 22.0), &format!("and {more} more"));
        }
    }
    end(&mut svg, height, system.flows.len().saturating_sub(MAX_ROWS), "flows");
    svg
}

fn hop(svg: &mut String, system: &System, id: &ComponentId, is_single: bool, (x, y): (f64, f64)) {
    let Some(component) = system.components.get(id) else { return };
    let (left, top, right, bottom) = (x, y - 14.0, x + 118.0, y + 14.0);
    if is_single {
        svg.push_str(&octagon("node spof", (left, top, right, bottom), 8.0));
    } else {
        let round = if is_store(component.kind) { 12 } else { 2 };
        let _ = write!(svg, r#"<rect class="node" x="{left}" y="{top}" width="118" height="28" rx="{round}"/>"#);
    }
    let mark = if is_single { "◆ " } else { "" };
    let name: String = label(component).chars().take(16).collect();
    let _ = write!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="middle">{mark}{}<title>{}</title></text>"#,
        x + 59.0,
        y + 4.0,
        escape(&name),
        escape(&label(component))
    );
}

/// One bar: its name, a share from 0 to 1, and what stands behind it.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is the bar of.
    pub name: String,
    /// How long it is, 0 to 1.
    pub share: f64,
    /// The figure, in words.
    pub figure: String,
}

/// What the worst failure of each component loses, what loses most first.
pub fn importance_bars(impact: &Impact) -> String {
    let mut worst: BTreeMap<&ComponentId, &Row> = BTreeMap::new();
    for row in impact.rows.iter().filter(|row| !row.hits.is_empty()) {
        let known = worst.entry(&row.component).or_insert(row);
        if row.loss > known.loss {
            *known = row;
        }
    }
    let mut rows: Vec<&Row> = worst.into_values().collect();
    rows.sort_by(|left, right| right.loss.total_cmp(&left.loss).then(left.component.cmp(&right.component)));
    let bar = |row: &&Row| Bar {
        name: format!("{} {}", row.component, row.mode.word()),
        share: row.loss,
        figure: format!("{:.1} % of use lost, {}", row.loss * 100.0, row.priority.word()),
    };
    bars("what each component's worst failure loses", &rows.iter().map(bar).collect::<Vec<_>>())
}

/// Bars below each other.
pub fn bars(title: &str, all: &[Bar]) -> String {
    let drawn = &all[..all.len().min(MAX_ROWS)];
    let (width, height) = (NAMES + BAR + 190.0, drawn.len() as f64 * ROW + 48.0);
    let mut svg = String::new();
    open(&mut svg, width, height, title);
    words(&mut svg, "note", (4.0, 14.0), title);
    for (at, bar) in drawn.iter().enumerate() {
        let y = 24.0 + at as f64 * ROW;
        words(&mut svg, "name", (4.0, y + 13.0), &bar.name.chars().take(30).collect::<String>());
        let long = (bar.share.clamp(0.0, 1.0) * BAR * 100.0).round() / 100.0;
        let _ = write!(svg, r#"<rect class="bar" x="{NAMES}" y="{}" width="{long}" height="12"/>"#, y + 3.0);
        words(&mut svg, "note", (NAMES + long + 6.0, y + 13.0), &bar.figure);
    }
    end(&mut svg, height, all.len() - drawn.len(), "bars");
    svg
}

/// Failures by flows: a letter for the worst that each flow feels, darker the worse it is.
pub fn heat_map(impact: &Impact) -> String {
    let mut rows: Vec<&Row> = impact.rows.iter().filter(|row| !row.hits.is_empty()).collect();
    rows.sort_by(|left, right| {
        right.loss.total_cmp(&left.loss).then(left.component.cmp(&right.component)).then(left.mode.cmp(&right.mode))
    });
    let (drawn, flows) = (&rows[..rows.len().min(MAX_ROWS)], &impact.flows[..impact.flows.len().min(MAX_COLUMNS)]);
    let head = 110.0;
    let (width, height) = (NAMES + flows.len() as f64 * CELL + 60.0, head + drawn.len() as f64 * CELL + 56.0);
    let mut svg = String::new();
    open(&mut svg, width.max(420.0), height, "which failure hits which flow");
    for (column, flow) in flows.iter().enumerate() {
        let x = NAMES + column as f64 * CELL + 16.0;
        let _ = write!(
            svg,
            r#"<text x="{x}" y="{y}" transform="rotate(-55 {x} {y})">{}</text>"#,
            escape(flow.flow.as_str()),
            y = head - 6.0
        );
    }
    for (at, row) in drawn.iter().enumerate() {
        let y = head + at as f64 * CELL;
        let name = format!("{} {}", row.component, row.mode.word());
        words(&mut svg, "name", (4.0, y + 17.0), &name.chars().take(30).collect::<String>());
        for (column, flow) in flows.iter().enumerate() {
            let hit = row.hits.iter().find(|hit| hit.flow == flow.flow);
            let (class, letter) = shade(hit.map_or(Outcome::Unaffected, |hit| hit.outcome));
            let x = NAMES + column as f64 * CELL;
            let side = CELL - 2.0;
            let _ = write!(svg, r#"<rect class="{class}" x="{x}" y="{y}" width="{side}" height="{side}"/>"#);
            let ink = if matches!(class, "down" | "hangs" | "harm") { "dark" } else { "ink" };
            words(&mut svg, ink, (x + 8.0, y + 16.0), letter);
        }
    }
    let legend = "D down · H hangs · d degraded · s stale · l late · L data lost · E exposed · B blind · W wrong";
    words(&mut svg, "note", (4.0, height - 24.0), legend);
    let hidden = (rows.len() - drawn.len()) + (impact.flows.len() - flows.len());
    end(&mut svg, height, hidden, "failures and flows");
    svg
}

fn shade(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Unaffected => ("none", ""),
        Outcome::Late => ("late", "l"),
        Outcome::Degraded => ("degraded", "d"),
        Outcome::Stale => ("degraded", "s"),
        Outcome::Down => ("down", "D"),
        Outcome::Hangs => ("hangs", "H"),
        Outcome::Lost => ("harm", "L"),
        Outcome::Exposed => ("harm", "E"),
        Outcome::Blind => ("harm", "B"),
        Outcome::Wrong => ("harm", "W"),
    }
}
