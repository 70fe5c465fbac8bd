//! What was understood of a repository that nobody prepared, for people: risks with their lines, what runs, what can be held
//! to, and the findings that tell most.

use std::collections::{BTreeMap, BTreeSet};

use register::{FieldName, Register, RepositoryFacts, Risk, Stated, StatedAs};
use system::found::Found;
use text::{Problem, Severity, Source};

use crate::{Paint, problems};

/// The most risks of one register that are listed.
const MAX_LISTED: usize = 25;
/// The most components named in one line.
const MAX_NAMED: usize = 12;
/// The most findings that are shown; `lint` shows all.
const MAX_TELLING: usize = 3;
/// The widest title in the list, in characters.
const TITLE_WIDTH: usize = 44;
/// The widest grade or status in the list, in characters.
const CELL_WIDTH: usize = 18;

/// A repository as it was understood.
#[derive(Debug, Default)]
pub struct Survey {
    /// Its registers.
    pub registers: Vec<Surveyed>,
    /// Compose files and manifests, each with what was inferred from it.
    pub found: Vec<Found>,
    /// What was not looked at, or could not be known.
    pub notes: Vec<String>,
}

/// One register with everything that was looked up for it.
#[derive(Debug)]
pub struct Surveyed {
    /// The register.
    pub register: Register,
    /// What it states.
    pub stated: Vec<Stated>,
    /// What the rules found.
    pub problems: Vec<Problem>,
    /// Paths, links and names that were looked up, and how many of them are there.
    pub looked_up: LookedUp,
    /// What the repository says.
    pub facts: RepositoryFacts,
}

/// What a look at the repository came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookedUp {
    /// Paths, links and names that were looked up.
    pub all: usize,
    /// Those that are there.
    pub there: usize,
}

/// The whole survey as text, without what to do next.
pub fn survey(survey: &Survey, paint: Paint) -> String {
    let mut text = String::new();
    for surveyed in &survey.registers {
        text.push_str(&understood(surveyed));
    }
    for found in &survey.found {
        text.push_str(&runs(found));
    }
    if !survey.found.is_empty() {
        text.push('\n');
    }
    text.push_str(&held_to(survey));
    for note in &survey.notes {
        text.push_str(&format!("Not known: {note}.\n"));
    }
    text.push_str(&told(survey, paint));
    text
}

/// The findings that tell most: what is provable before what is probable, about graver risks first, with both sides shown, and no
/// rule twice while another has something to say.
pub fn telling(survey: &Survey) -> Vec<&Problem> {
    let mut ranked: Vec<(u32, &Problem)> = survey
        .registers
        .iter()
        .flat_map(|surveyed| {
            surveyed.problems.iter().map(move |problem| (weight(&surveyed.register, problem), problem))
        })
        .filter(|(_, problem)| problem.severity > Severity::Info)
        .collect();
    ranked.sort_by(|(left, a), (right, b)| right.cmp(left).then_with(|| (&a.path, a.line).cmp(&(&b.path, b.line))));
    let mut rules = BTreeSet::new();
    let (first, again): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(_, problem)| rules.insert(problem.rule));
    first.into_iter().chain(again).map(|(_, problem)| problem).take(MAX_TELLING).collect()
}

/// Rules by how much their findings tell an owner; a rule that is not listed tells as much as its severity.
const YIELD: &[(&str, u32)] = &[
    ("totals-mismatch", 40),
    ("aggregate-mismatch", 40),
    ("evidence-stale", 38),
    ("tick-means-plan", 36),
    ("tick-without-artefact", 36),
    ("guardrail-bug", 35),
    ("score-mismatch", 34),
    ("chain-contradiction", 34),
    ("name-undefined", 32),
    ("priority-lists", 30),
    ("status-rule", 28),
    ("band-mismatch", 26),
    ("spof-unmarked", 26),
    ("same-inputs-differ", 24),
    ("broken-link", 20),
    ("path-missing", 16),
    ("field-missing", 4),
];

fn weight(register: &Register, problem: &Problem) -> u32 {
    let severity = match problem.severity {
        Severity::Error => 60,
        Severity::Warning => 30,
        Severity::Info => 0,
    };
    let telling = YIELD.iter().find(|(rule, _)| *rule == problem.rule).map_or(12, |(_, telling)| *telling);
    let both = if problem.related.is_empty() { 0 } else { 10 };
    let grave = problem.span.and_then(|span| risk_at(register, span)).and_then(Risk::score_bmad).unwrap_or(0);
    severity + telling + both + grave
}

fn risk_at(register: &Register, span: text::Span) -> Option<&Risk> {
    register.risks.iter().find(|risk| risk.spans.iter().any(|own| own.start <= span.start && span.start < own.end))
}

fn understood(surveyed: &Surveyed) -> String {
    let register = &surveyed.register;
    let mut text = format!("{}: {}, scored by {}\n", register.path(), kinds(register), model(register));
    let columns: Vec<FieldName> = [
        FieldName::Likelihood,
        FieldName::Impact,
        FieldName::Severity,
        FieldName::Score,
        FieldName::Priority,
        FieldName::Status,
        FieldName::Owner,
    ]
    .into_iter()
    .filter(|noun| register.risks.iter().any(|risk| risk.stated(*noun).is_some()))
    .collect();
    let has_ids = register.risks.iter().any(|risk| risk.id_is_written);
    let mut rows = vec![heading(&columns, has_ids)];
    rows.extend(register.risks.iter().take(MAX_LISTED).map(|risk| row(risk, &columns, has_ids)));
    text.push_str(&aligned(&rows));
    if register.risks.len() > MAX_LISTED {
        text.push_str(&format!("  and {} more\n", register.risks.len() - MAX_LISTED));
    }
    text.push('\n');
    text
}

/// `8 risks, 3 debts`.
fn kinds(register: &Register) -> String {
    let mut counts: BTreeMap<register::Kind, usize> = BTreeMap::new();
    register.risks.iter().for_each(|risk| *counts.entry(risk.kind).or_default() += 1);
    let said = counts.iter().map(|(kind, count)| {
        let word = match kind {
            register::Kind::Risk => "risk",
            register::Kind::Debt => "technical debt",
            register::Kind::Mode => "failure mode",
        };
        format!("{count} {word}{}", if *count == 1 { "" } else { "s" })
    });
    said.collect::<Vec<_>>().join(", ")
}

fn model(register: &Register) -> &'static str {
    match register.model.word() {
        "bmad" => "likelihood × impact, each 1 to 3",
        "fmea" => "severity × occurrence × detection",
        "matrix" => "numbers on a wider scale",
        "levels" => "words",
        "unscored" => "nothing",
        other => other,
    }
}

fn heading(columns: &[FieldName], has_ids: bool) -> Vec<String> {
    let mut cells = vec!["line".to_owned()];
    if has_ids {
        cells.push("id".to_owned());
    }
    cells.push("title".to_owned());
    cells.extend(columns.iter().map(|noun| noun.word().to_owned()));
    cells
}

fn row(risk: &Risk, columns: &[FieldName], has_ids: bool) -> Vec<String> {
    let mut cells = vec![risk.line.to_string()];
    if has_ids {
        cells.push(if risk.id_is_written { risk.id.clone() } else { String::new() });
    }
    cells.push(cut(&risk.title, TITLE_WIDTH));
    let shown = |noun: &FieldName| risk.stated(*noun).map_or_else(|| "-".to_owned(), |field| field.value.short());
    cells.extend(columns.iter().map(|noun| cut(&shown(noun), CELL_WIDTH)));
    cells
}

/// Rows with their columns under one another, two spaces apart.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from("  ");
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width - cell.chars().count());
            // Line numbers stand under one another at their ends.
            line.push_str(&if at == 0 { format!("{gap}{cell}") } else { format!("  {cell}{gap}") });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{}…", kept.trim_end())
}

fn runs(found: &Found) -> String {
    let names: Vec<&str> = found.components.iter().map(|component| component.name.as_str()).take(MAX_NAMED).collect();
    let more = found.components.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let edges = match found.edges.len() {
        0 => "nothing names what needs what".to_owned(),
        1 => "1 need".to_owned(),
        count => format!("{count} needs"),
    };
    let gaps: String = found.gaps.iter().map(|gap| format!("; {gap}")).collect();
    format!("{}: {}{more}; {edges}{gaps}\n", found.path, names.join(", "))
}

/// What can be held to, and what a look came to.
fn held_to(survey: &Survey) -> String {
    let stated: Vec<&Stated> = survey.registers.iter().flat_map(|surveyed| &surveyed.stated).collect();
    if survey.registers.is_empty() {
        return String::new();
    }
    let mut by_kind: BTreeMap<StatedAs, usize> = BTreeMap::new();
    stated.iter().for_each(|stated| *by_kind.entry(stated.how).or_default() += 1);
    let kinds: Vec<String> = by_kind.iter().map(|(how, count)| format!("{count} as {}", how.words())).collect();
    let mut text = match stated.len() {
        0 => "No sentence says what was done about a risk, so nothing can be held to it yet.\n".to_owned(),
        1 => format!("1 sentence can be held to: {}.\n", kinds.join(", ")),
        count => format!("{count} sentences can be held to: {}.\n", kinds.join(", ")),
    };
    let sum =
        |of: fn(&LookedUp) -> usize| survey.registers.iter().map(|surveyed| of(&surveyed.looked_up)).sum::<usize>();
    let (all, there) = (sum(|looked| looked.all), sum(|looked| looked.there));
    match (all, there) {
        (0, _) => {}
        (1, there) => {
            let found = if there == 1 { "it is there" } else { "it is not there" };
            text.push_str(&format!("1 path, link or name was looked up; {found}.\n"));
        }
        (all, there) if all == there => {
            text.push_str(&format!("{all} paths, links and names were looked up; all of them are there.\n"));
        }
        (all, there) => {
            text.push_str(&format!("{all} paths, links and names were looked up; {there} of them are there.\n"));
        }
    }
    text
}

fn told(survey: &Survey, paint: Paint) -> String {
    let telling: Vec<Problem> = telling(survey).into_iter().cloned().collect();
    if telling.is_empty() {
        let looked = if survey.registers.is_empty() {
            ""
        } else {
            "\nNothing in the text contradicts itself, as far as was looked.\n"
        };
        return looked.to_owned();
    }
    let sources: BTreeMap<String, Source> = survey
        .registers
        .iter()
        .map(|surveyed| (surveyed.register.path().to_owned(), surveyed.register.source.clone()))
        .collect();
    let all: usize = survey.registers.iter().map(|surveyed| surveyed.problems.len()).sum();
    let head = match (telling.len(), all) {
        (1, 1) => "One thing that the text says against itself:".to_owned(),
        (shown, all) if shown == all => format!("{shown} things that the text says against itself or its repository:"),
        (1, all) => format!("The most telling of {all} findings:"),
        (shown, all) => format!("The {shown} most telling of {all} findings:"),
    };
    format!("\n{head}\n\n{}", problems(&telling, &sources, paint))
}
