//! The sections of a document, and what each hands down to what stands below it: whether it is about risks,
//! of which kind, in which state, and whether it is only a template.

use std::collections::BTreeSet;
use std::ops::Range;

use text::{Source, Span};

use crate::fold::{fold, holds, plain};
use crate::headings::promote_lines;
use crate::layout::see;
use crate::level::{Level, read_level};
use crate::model::{Kind, Tense};
use crate::noun::Nouns;
use crate::page::{BlockKind, Page, read_page};
use crate::status::{State, state_of_heading};
use crate::title::read_title;

/// A heading and the blocks up to the next one. The first section is what stands before any heading.
pub(crate) struct Section {
    /// 0 for what stands before any heading.
    pub(crate) level: u8,
    pub(crate) parent: Option<usize>,
    /// The block of the heading.
    pub(crate) heading: Option<usize>,
    /// The blocks that belong to it and to no deeper section.
    pub(crate) own: Range<usize>,
    pub(crate) about_risk: bool,
    pub(crate) kind: Option<Kind>,
    pub(crate) state: Option<State>,
    /// Nothing here is a risk: a template, or a log of something else beside that of the risks.
    pub(crate) is_apart: bool,
    /// Its heading says that it sums up what stands elsewhere.
    pub(crate) is_summary: bool,
    /// Its own heading says that it is about risks; `about_risk` is handed down too.
    pub(crate) names_risks: bool,
    /// The severity band that its heading or one above it gives to what stands below.
    pub(crate) band: Option<(Level, Span)>,
    pub(crate) tense: Tense,
}

/// Beginnings of words that say that a document or a section is about risks.
const RISK_STEMS: &[&str] = &[
    "risk",
    "risik",
    "risque",
    "riesg",
    "risco",
    "risch",
    "risc",
    "ryzyk",
    "risico",
    "zagroz",
    "minacc",
    "threat",
    "hazard",
    "bedroh",
    "bedreig",
    "menace",
    "amenaz",
    "concern",
    "риск",
    "угроз",
    "风险",
    "風險",
    "مخاطر",
    "rủi",
    "ризик",
    "위험",
    "kockaz",
    "projektkockaz",
    "리스크",
    "懸念",
    "リスク",
];
const MODE_STEMS: &[&str] =
    &["failure", "fmea", "resilienc", "ausfall", "defaillanc", "fallo", "guast", "awari", "отказ", "故障", "失效"];
const DEBT_STEMS: &[&str] =
    &["debt", "schuld", "dette", "deuda", "divida", "debito", "dlug", "技术债", "技術債", "долг"];
const TEMPLATE_WORDS: &[&str] = &["template", "templates", "vorlage", "plantilla", "modele"];
/// Headings of what shall be done, which is no risk.
const TO_DO: &[&str] = &[
    "next step",
    "next steps",
    "to do",
    "todo",
    "todos",
    "action items",
    "follow up",
    "follow ups",
    "nachste schritte",
    "nachster schritt",
    "naechste schritte",
    "prochaines etapes",
    "proximos pasos",
    "proximos passos",
];
/// A word that makes a template of a heading without an id.
const PLACEHOLDER: &str = "placeholder";
const SUMMARY_STEMS: &[&str] = &[
    "summar",
    "overview",
    "glance",
    "zusammenfassung",
    "ubersicht",
    "uebersicht",
    "resumen",
    "resume",
    "sommaire",
    "riepilogo",
    "sommario",
    "podsumowan",
    "samenvatting",
    "sammendrag",
    "samman",
    "top",
    "heat",
    "matrix",
    "matriz",
    "matrice",
    "matryc",
];
/// A meeting that asks what will have gone wrong.
const PRE_MORTEMS: &[&str] = &["pre mortem", "premortem"];
/// What begins like the Catalan word and means computers.
const PROCESSORS: &[&str] = &[" risc os ", " risc v "];
/// Words of headings below which stands what shall be done and not what may happen: `Next steps to lower the risk`.
const ACTION_WORDS: &[&str] = &[
    "actions",
    "steps",
    "tasks",
    "wins",
    "massnahmen",
    "schritte",
    "acciones",
    "acoes",
    "azioni",
    "dzialania",
    "kroki",
];
/// Words that join them to a list of risks: `Risks and actions`.
const AND_WORDS: &[&str] = &["and", "und", "et", "y", "e", "i", "with", "mit", "avec", "con", "com"];
/// What projects list beside their risks.
const OTHER_LOGS: &[&str] = &[
    "issue",
    "issues",
    "assumption",
    "assumptions",
    "dependency",
    "dependencies",
    "decision",
    "decisions",
    "action",
    "actions",
];
/// The most words of a heading that only names such a list: `2. Issue log`.
const MAX_LOG_WORDS: usize = 3;
/// Words that may stand beside the level in a heading that is a band.
const BAND_WORDS: &[&str] = &[
    "priority", "severity", "impact", "items", "issues", "level", "band", "tier", "threats", "concerns", "failure",
    "modes",
];
const PLANNED_STEMS: &[&str] = &["propos", "planned", "roadmap", "todo", "next", "future", "recommend", "geplant"];
const EXISTING_STEMS: &[&str] = &["evidence", "current", "existing", "implemented", "nachweis", "preuve"];

/// The blocks of a document, the lines that stand as headings among them, and its sections.
pub(crate) fn read_outline(source: &Source, nouns: &Nouns) -> (Page, Vec<Section>) {
    let mut page = read_page(source.text());
    see(source.text(), &mut page, nouns);
    let mut sections = outline(&page, source.text(), source.path());
    if promote_lines(source.text(), &mut page, &sections, nouns) {
        sections = outline(&page, source.text(), source.path());
    }
    (page, sections)
}

/// The sections in order; a parent comes before its children.
fn outline(page: &Page, text: &str, path: &str) -> Vec<Section> {
    let file = fold(path.rsplit(['/', '\\']).next().unwrap_or(path));
    let mut sections = vec![Section {
        level: 0,
        parent: None,
        heading: None,
        own: 0..0,
        about_risk: has_stem(&file, RISK_STEMS) || has_stem(&file, MODE_STEMS) || has_stem(&file, DEBT_STEMS),
        kind: None,
        state: None,
        is_apart: false,
        is_summary: false,
        names_risks: false,
        band: None,
        tense: Tense::Unclear,
    }];
    sections[0].names_risks = sections[0].about_risk;
    let mut open = vec![0];
    for (index, block) in page.blocks.iter().enumerate() {
        let last = sections.len() - 1;
        let BlockKind::Heading { level, text: title } = &block.kind else {
            sections[last].own.end = index + 1;
            continue;
        };
        while open.len() > 1 && open.last().is_some_and(|top| sections[*top].level >= *level) {
            open.pop();
        }
        let parent = open.last().copied().unwrap_or(0);
        open.push(sections.len());
        let mut below = below(&sections[parent], &fold(&plain(&text[title.range()])));
        // A risk may be about what stands for another: `R-1: Placeholder keys can ship`.
        let names_placeholder = fold(&plain(&text[title.range()])).split(' ').any(|word| word == PLACEHOLDER);
        below.is_apart |= names_placeholder && read_title(text, *title).id.is_none();
        if let Some(band) = band(&plain(&text[title.range()])) {
            below.band = Some((band, *title));
        }
        sections.push(Section {
            level: *level,
            parent: Some(parent),
            heading: Some(index),
            own: index + 1..index + 1,
            ..below
        });
    }
    set_other_logs_apart(&mut sections, page, text);
    sections
}

/// Beside a section of risks the issues, assumptions and decisions of a project are lists of something else.
fn set_other_logs_apart(sections: &mut [Section], page: &Page, text: &str) {
    let written = |section: &Section| match section.heading.map(|at| &page.blocks[at].kind) {
        Some(BlockKind::Heading { text: title, .. }) => &text[title.range()],
        _ => "",
    };
    let heading = |section: &Section| fold(&plain(written(section)));
    let last = |heading: &str| heading.rsplit(' ').find(|word| *word != "log").map(str::to_owned).unwrap_or_default();
    let lists: BTreeSet<usize> = sections
        .iter()
        .filter(|section| holds(written(section), "risk"))
        .filter(|section| matches!(last(&heading(section)).as_str(), "risk" | "risks"))
        .filter_map(|section| section.parent)
        .collect();
    let mut apart = BTreeSet::new();
    for (at, section) in sections.iter_mut().enumerate().skip(1) {
        let Some(parent) = section.parent else { continue };
        let is_other_log =
            |own: &str| own.split(' ').count() <= MAX_LOG_WORDS && OTHER_LOGS.contains(&last(own).as_str());
        let is_other = lists.contains(&parent) && is_other_log(&heading(section));
        if is_other || apart.contains(&parent) {
            apart.insert(at);
            section.about_risk = false;
            section.is_apart = true;
        }
    }
}

/// Whether below a heading stands what shall be done: `Next steps to lower the risk`.
pub(crate) fn lists_actions(heading: &str) -> bool {
    let folded = fold(heading);
    let has = |list: &[&str]| folded.split(' ').any(|word| list.contains(&word));
    has(ACTION_WORDS) && !has(AND_WORDS)
}

/// What a section is, from its parent and its own heading.
fn below(parent: &Section, heading: &str) -> Section {
    let [risk, debt, mode] = [RISK_STEMS, DEBT_STEMS, MODE_STEMS].map(|stems| has_stem(heading, stems));
    let words = format!(" {heading} ");
    let risk = risk && !PROCESSORS.iter().any(|name| words.contains(name))
        || PRE_MORTEMS.iter().any(|name| heading.contains(name));
    let kind = match (risk, debt) {
        (false, true) => Some(Kind::Debt),
        (true, false) => Some(Kind::Risk),
        _ if mode => Some(Kind::Mode),
        _ => parent.kind,
    };
    let tense = match (has_stem(heading, PLANNED_STEMS), has_stem(heading, EXISTING_STEMS)) {
        (true, false) => Tense::Planned,
        (false, true) => Tense::Existing,
        _ => parent.tense,
    };
    Section {
        level: 0,
        parent: None,
        heading: None,
        own: 0..0,
        about_risk: parent.about_risk || risk || debt || mode,
        is_summary: has_stem(heading, SUMMARY_STEMS),
        names_risks: (risk || debt || mode) && !lists_actions(heading),
        band: parent.band,
        kind,
        state: state_of_heading(heading).or(parent.state),
        is_apart: parent.is_apart
            || heading.split(' ').any(|word| TEMPLATE_WORDS.contains(&word))
            || TO_DO.contains(&heading.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ')),
        tense,
    }
}

/// The severity band that a heading names and nothing else: `CRITICAL`, `High risks (priority 2)`, `1. Medium severity`.
fn band(heading: &str) -> Option<Level> {
    let bare = heading.split(['(', '[', ':']).next().unwrap_or("");
    let bare = bare.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' ')).trim();
    let spaced = bare.replace('-', " ");
    let read = read_level(bare).or_else(|| read_level(&spaced))?;
    let rest = read.reason.as_deref().map(fold).unwrap_or_default();
    let plain = |word: &str| {
        word.is_empty() || BAND_WORDS.contains(&word) || RISK_STEMS.iter().any(|stem| word.starts_with(stem))
    };
    (bare.len() > 1 && rest.split(' ').all(plain)).then_some(read.level)
}

fn has_stem(folded: &str, stems: &[&str]) -> bool {
    let begins =
        |word: &str| stems.iter().any(|stem| word.starts_with(stem) || (!stem.is_ascii() && word.contains(stem)));
    folded.split(' ').any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(text: &str) -> Vec<Section> {
        outline(&read_page(text), text, "a.md")
    }

    #[test]
    fn a_section_hands_down_what_it_is_about() {
        let sections =
            sections("intro\n# Notes\n## Risks\n### One\nx\n## Technical debt\n### Two\n## Closed risks\n### Three\n");
        let about: Vec<_> = sections.iter().map(|section| (section.about_risk, section.kind, section.state)).collect();
        assert_eq!(about[1], (false, None, None));
        assert_eq!(about[3], (true, Some(Kind::Risk), None));
        assert_eq!(about[5], (true, Some(Kind::Debt), None));
        assert_eq!(about[7], (true, Some(Kind::Risk), Some(State::Closed)));
        assert_eq!(sections[3].parent, Some(2));
    }

    #[test]
    fn everything_below_a_template_heading_is_a_template() {
        let sections = sections("# Risks\n## Entry template\n### R-1: x\n## Real\n");
        assert_eq!(
            sections.iter().map(|section| section.is_apart).collect::<Vec<_>>(),
            [false, false, true, true, false]
        );
    }
}
