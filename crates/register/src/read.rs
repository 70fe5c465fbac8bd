//! A document into a register: blocks, sections, drafts, risks, and what the document says about its own grades.

use std::collections::{BTreeMap, BTreeSet};

use text::{Problem, Severity, Source, Span};

use crate::draft::{Context, Draft};
use crate::legend::Legend;
use crate::list::{read_lists, read_plain_list};
use crate::mention::mentions;
use crate::merge::{MAX_RISKS, Merged, merge};
use crate::model::{Loose, Model, Register, Risk, Tense};
use crate::noun::{FieldName, Nouns, unknown_columns};
use crate::outline::{Section, read_outline};
use crate::page::{BlockKind, MAX_BLOCKS, MAX_COLUMNS, MAX_DOCUMENT_BYTES, MAX_NESTING, Page};
use crate::parts::Parts;
use crate::product::name_factors;
use crate::prose::{Candidate, Found, plain_lists, prefix, promote};
use crate::score::{compute, model};
use crate::section::{Read, read_section};
use crate::table::{Role, drafts, role};

/// Reads a register. `columns` says what the document's own headings and labels mean, from what is written to the
/// name of a noun ([`FieldName::parse`]), and wins over the words that are known.
///
/// Any text gives a register, perhaps without risks; what is odd about it is said by [`crate::lint`].
pub fn read(source: &Source, columns: &BTreeMap<String, String>) -> Register {
    let nouns = Nouns::new(columns);
    let (page, sections) = read_outline(source, &nouns);
    let context = Context::new(source, &page, &sections, nouns);
    let (found, legend) = gather(&context);
    let Merged { mut risks, loose, is_cut } = merge(found, |span| context.line(span.start));
    name_factors(&mut risks, &context);
    let model = model(&risks, &legend);
    for risk in &mut risks {
        risk.counts_to_three = matches!(model, Model::Bmad | Model::BmadTea);
        risk.computed = compute(risk, model);
    }
    let tenses = Tenses::new(&risks, &context);
    let mentions = mentions(source.text(), &page.codes, |span| tenses.of(span));
    let loose = loose
        .into_iter()
        .map(|draft| Loose { line: context.line(draft.span.start), title: draft.title, span: draft.span })
        .collect();
    let parts = Parts::read(&context, &risks);
    let problems = problems(source, columns, &page, is_cut);
    Register {
        source: source.clone(),
        model,
        risks,
        scales: legend.scales,
        overall: legend.overall,
        formula: legend.formula,
        totals: legend.totals,
        mentions,
        loose,
        parts,
        problems,
    }
}

/// Drafts in the order of the document, and the legend.
fn gather(context: &Context<'_>) -> (Vec<Draft>, Legend) {
    let mut legend = Legend::default();
    let mut found = Vec::new();
    let mut next_group = context.sections.len();
    let mut holds_risks = BTreeSet::new();
    for (index, section) in context.sections.iter().enumerate() {
        let before = found.len();
        gather_blocks(context, section, &mut next_group, &mut found, &mut legend);
        if found.len() > before {
            holds_risks.insert(index);
        }
    }
    let rows = Rows { holds: holds_risks.clone(), are_listed: found.iter().any(|draft: &Draft| !draft.is_summary) };
    let candidates = gather_sections(context, &rows, next_group, &mut holds_risks, &mut found);
    let mut below = BTreeMap::new();
    for draft in found.iter().filter(|draft| !draft.is_row) {
        *below.entry(draft.group).or_insert(0) += 1;
    }
    let prefixes = found.iter().filter_map(|draft| draft.id.as_deref()).map(prefix).collect();
    let before = Found { prefixes, below, has_risks: !found.is_empty(), has_rows: rows.are_listed };
    let (risks, details) = promote(context, candidates, &before);
    found.extend(risks.into_iter().chain(details));
    if found.iter().all(|draft| draft.only_details) {
        let lists = plain_lists(context).into_iter();
        let listed: Vec<Draft> = lists.flat_map(|index| read_plain_list(context, index, next_group + index)).collect();
        // One bullet without an id is a remark.
        let is_list = listed.len() >= 2 || listed.iter().any(|draft| draft.id.is_some());
        found.extend(if is_list { listed } else { Vec::new() });
    }
    settle_summaries(&mut found);
    found.sort_by_key(|draft| (draft.span.start, draft.span.end));
    (found, legend)
}

/// What the tables of a document said.
struct Rows {
    /// Sections with rows of risks.
    holds: BTreeSet<usize>,
    /// Whether any of them stands outside of a summary.
    are_listed: bool,
}

/// Sections and lists, children first: a section that holds risks is no risk itself, unless it has an id.
fn gather_sections(
    context: &Context<'_>,
    rows: &Rows,
    next_group: usize,
    holds_risks: &mut BTreeSet<usize>,
    found: &mut Vec<Draft>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for index in (0..context.sections.len()).rev() {
        let parent = context.sections[index].parent.unwrap_or(0);
        let has_lists = match read_section(context, index, parent, holds_risks.contains(&index)) {
            Read::Risk(draft) => {
                found.push(draft);
                holds_risks.insert(index);
                false
            }
            Read::Details(draft) => {
                candidates.push(Candidate { section: index, draft, is_details: true });
                false
            }
            Read::Prose(draft) => {
                candidates.push(Candidate { section: index, draft, is_details: false });
                true
            }
            Read::Nothing => true,
        };
        if has_lists && !rows.holds.contains(&index) {
            let entries = read_lists(context, index, next_group + index);
            if !entries.is_empty() {
                holds_risks.insert(index);
                candidates.retain(|candidate| candidate.section != index);
            }
            found.extend(entries);
        }
        if holds_risks.contains(&index) {
            holds_risks.insert(parent);
        }
    }
    candidates.reverse();
    candidates
}

/// Rows without ids in a table that sums up sections only add to these: `DB down` for `Database connection failure`.
fn settle_summaries(found: &mut [Draft]) {
    let sections = found.iter().filter(|draft| !draft.is_row && !draft.only_details).count();
    let rows = found.iter().filter(|draft| draft.is_summary && draft.id.is_none()).count();
    if sections < 2 || rows > sections * 2 {
        return;
    }
    for draft in found.iter_mut().filter(|draft| draft.is_summary && draft.id.is_none()) {
        draft.only_details = true;
    }
}

fn gather_blocks(
    context: &Context<'_>,
    section: &Section,
    next_group: &mut usize,
    found: &mut Vec<Draft>,
    legend: &mut Legend,
) {
    for block in &context.page.blocks[section.own.clone()] {
        match &block.kind {
            BlockKind::Table { rows } => match role(context, rows, section) {
                Role::Risks { columns, heading } if !section.is_apart => {
                    legend.take_heading(context, &rows[heading]);
                    found.extend(drafts(context, rows, (&columns, heading), section, *next_group));
                    *next_group += 1;
                }
                Role::Risks { .. } | Role::Labels(_) => {}
                Role::Other => legend.take_table(context, rows, block.span, section),
            },
            BlockKind::Paragraph { lines, .. } | BlockKind::Item { lines, .. } => {
                lines.iter().for_each(|line| legend.take_line(context, *line))
            }
            BlockKind::Fence { body } => legend.take_fence(context, *body),
            BlockKind::Heading { .. } => {}
        }
    }
}

/// How the surroundings of a place speak of what is named there: the field it stands in, else the section.
struct Tenses {
    fields: Vec<(Span, Tense)>,
    sections: Vec<(usize, Tense)>,
}

impl Tenses {
    fn new(risks: &[Risk], context: &Context<'_>) -> Self {
        let tense = |noun| match noun {
            FieldName::ExistingGuardrail | FieldName::Evidence => Some(Tense::Existing),
            FieldName::Planned | FieldName::Mitigation => Some(Tense::Planned),
            _ => None,
        };
        let repeated = |risk: &Risk| risk.repeated.iter().map(|(noun, field)| (*noun, field.span)).collect::<Vec<_>>();
        let stated = risks
            .iter()
            .flat_map(|risk| risk.fields.iter().map(|(noun, field)| (*noun, field.span)).chain(repeated(risk)));
        let mut fields: Vec<(Span, Tense)> = stated.filter_map(|(noun, span)| Some((span, tense(noun)?))).collect();
        fields.sort_by_key(|(span, _)| *span);
        let start = |section: &Section| section.heading.map_or(0, |at| context.page.blocks[at].span.start);
        Self { fields, sections: context.sections.iter().map(|section| (start(section), section.tense)).collect() }
    }

    fn of(&self, span: Span) -> Tense {
        let before = self.fields.partition_point(|(field, _)| field.start <= span.start);
        if let Some((field, tense)) = before.checked_sub(1).map(|at| self.fields[at])
            && span.end <= field.end
        {
            return tense;
        }
        let before = self.sections.partition_point(|(start, _)| *start <= span.start);
        before.checked_sub(1).map_or(Tense::Unclear, |at| self.sections[at].1)
    }
}

fn problems(source: &Source, columns: &BTreeMap<String, String>, page: &Page, too_many: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let start = Span::new(0, 0);
    for (written, noun) in unknown_columns(columns) {
        let near = text::nearest(noun, FieldName::words())
            .map_or(String::new(), |near| format!("; the nearest known one is '{near}'"));
        let message = format!("columns maps '{written}' to '{noun}', which is no noun of a register{near}");
        let known: Vec<&str> = FieldName::words().collect();
        problems.push(
            Problem::error("unknown-noun", source, start, message).with_help(format!("known are {}", known.join(", "))),
        );
    }
    if page.is_cut {
        let message = format!(
            "the document is larger than what is read: {MAX_DOCUMENT_BYTES} bytes, {MAX_BLOCKS} blocks and cells, {MAX_COLUMNS} columns, {MAX_NESTING} levels of nesting"
        );
        problems.push(limit(source, start, message));
    }
    if too_many {
        problems.push(limit(
            source,
            start,
            format!("the document lists more than {MAX_RISKS} risks; the rest is left out"),
        ));
    }
    problems
}

fn limit(source: &Source, span: Span, message: String) -> Problem {
    Problem::at(Severity::Warning, "limit-reached", source, span, message)
        .with_help("split the document; what lies beyond the limit was not looked at")
}
