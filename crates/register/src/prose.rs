//! Headings with prose below them as risks: no table, no id, perhaps no label. Their neighbors decide.
//!
//! One such heading says nothing; several below a heading about risks or failures that tell a trigger, an effect or a
//! recovery are a list of them. Headings that name a part of a document (overview, process, roles) never are.

use std::collections::{BTreeMap, BTreeSet};

use crate::draft::{Context, Draft};
use crate::fold::{fold, fold_label, plain};
use crate::list::{MIN_BOLD_ENTRIES, bold_entries, has_bold_entries, has_entries};
use crate::model::Kind;
use crate::noun::FieldName;
use crate::outline::lists_actions;
use crate::page::BlockKind;
use crate::section::nouns;

/// A section that may be a risk, and what it says.
pub(crate) struct Candidate {
    pub(crate) section: usize,
    pub(crate) draft: Draft,
    /// Said something that belongs to a risk; without neighbors it is kept as details of one.
    pub(crate) is_details: bool,
}

/// What was found before the candidates are looked at.
pub(crate) struct Found {
    /// Letters before the numbers of the ids.
    pub(crate) prefixes: BTreeSet<String>,
    /// How many sections below each section are risks.
    pub(crate) below: BTreeMap<usize, usize>,
    pub(crate) has_risks: bool,
    /// Whether tables list risks and do not only sum them up.
    pub(crate) has_rows: bool,
}

/// Words of headings that name a part of a document, whatever it is about.
const PARTS: &str = "overview, introduction, intro, purpose, scope, summary, methodology, method, conclusion, conclusions, \
    references, reference, appendix, background, context, glossary, legend, contents, toc, notes, note, history, changelog, \
    revision, review, reviews, process, management, assessment, matrix, scoring, criteria, definitions, definition, roles, \
    responsibilities, communication, monitoring, escalation, questions, limitations, help, practices, related, links, metrics, \
    testing, verification, checklist, assumptions, dependencies, decisions, roadmap, timeline, recommendations, findings, \
    acceptance, strategy, categories, category, types, categorias, categoria, tipos, kategorien, skala, definitioner,  strategies, template, format, status, about, governance, policy, procedure, procedures, cadence, \
    appetite, tolerance, scale, scales, levels, rating, ratings, treatment, response, framework, approach, principles, \
    objectives, goals, ownership, reporting, register, log, index, table, owner, owners, sources, source, resources, invariants, \
    guarantees, mitigation, mitigations, controls, countermeasures, remediation, observability, alerts, alerting, runbook, runbooks, playbook, drills, rationale, analysis, use, usage, read, \
    evidence, next, steps, actions, action, plan, how, what, this, document, file, maintenance, updates, update, \
    einleitung, ubersicht, uebersicht, zusammenfassung, methodik, ziel, ziele, zweck, prozess, pflege, fragen, bewertung, \
    priorities, priorites, prioridades, prioritaten, resumen, introduccion, objetivo, metodologia, conclusiones, proceso, criterios, escala, sommaire, objectif, methode, \
    introduzione, sommario, riepilogo, conclusioni, wprowadzenie, podsumowanie, cel, proces, обзор, замечания, выводы";
/// Words that may stand beside them.
const FILLERS: &str = "the, a, an, of, and, for, to, risk, risks, failure, mode, modes, der, die, das, und, de, la, el, y, et, du, e, \
    known, common, key, best, open, getting, our, in, on, an, entry, entries, executive, general, version, top, it, is, still, \
    some, suggested, suggerees, sugeridas, outstanding";

/// The candidates that are risks, those that are details of one, in the order of the text.
pub(crate) fn promote(context: &Context<'_>, candidates: Vec<Candidate>, found: &Found) -> (Vec<Draft>, Vec<Draft>) {
    let accepted = accepted(context, &candidates, found);
    let mut risks = Vec::new();
    let mut details = Vec::new();
    for (at, candidate) in candidates.into_iter().enumerate() {
        let Candidate { mut draft, is_details, .. } = candidate;
        if accepted.contains(&at) {
            risks.push(draft);
        } else if is_details {
            draft.only_details = true;
            details.push(draft);
        }
    }
    (risks, details)
}

fn accepted(context: &Context<'_>, candidates: &[Candidate], found: &Found) -> BTreeSet<usize> {
    let mut accepted = BTreeSet::new();
    let mut by_prefix: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut by_parent: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        match &candidate.draft.id {
            Some(id) => by_prefix.entry(prefix(id)).or_default().push(at),
            None => by_parent.entry(context.sections[candidate.section].parent.unwrap_or(0)).or_default().push(at),
        }
    }
    for (prefix, members) in by_prefix {
        let is_used = found.prefixes.contains(&prefix);
        if (is_used || members.len() >= 2) && !numbers_parts(&prefix) {
            accepted.extend(members);
        }
    }
    let told = |at: &usize| {
        let draft = &candidates[*at].draft;
        let has_status = || draft.state.is_some() && nouns(draft).contains(&FieldName::Status);
        (telling(&candidates[*at]) > 0 || has_status()) && (draft.ordinal.is_some() || !is_part(&draft.title))
    };
    for (parent, members) in &by_parent {
        let telling: Vec<usize> = members.iter().copied().filter(|at| told(at)).collect();
        let numbered = |at: &usize| candidates[*at].draft.ordinal.is_some();
        let beside = found.below.get(parent).copied().unwrap_or(0);
        let most = (telling.len() + beside) * 2 >= members.len() + beside;
        if telling.len() + beside >= 2 && most && !found.has_rows && is_worthy(context, *parent) {
            let many = telling.iter().filter(|at| numbered(at)).count() * 2 > telling.len();
            accepted.extend(members.iter().copied().filter(|at| {
                told(at)
                    || many
                        && numbered(at)
                        && (begins_with_prose(context, &candidates[*at]) || lists_debt(context, *parent))
                        && !ends_as_part(&candidates[*at].draft.title)
            }));
        }
    }
    if !found.has_rows {
        accepted.extend(grouped_prose(context, candidates));
        accepted.extend(beside_bands(context, candidates, &accepted, &by_parent));
    }
    if accepted.is_empty() && !found.has_risks {
        for (parent, members) in &by_parent {
            accepted.extend(plain_prose(context, candidates, *parent, members));
        }
    }
    accepted
}

/// Whether a section is nothing but a list of debt.
fn lists_debt(context: &Context<'_>, index: usize) -> bool {
    context.sections[index].kind == Some(Kind::Debt) && is_list_heading(context, index)
}

/// What is told below one band, alone there, where others are told below the bands beside it.
fn beside_bands(
    context: &Context<'_>,
    candidates: &[Candidate],
    accepted: &BTreeSet<usize>,
    by_parent: &BTreeMap<usize, Vec<usize>>,
) -> Vec<usize> {
    let band = |parent: usize| context.sections[parent].parent.filter(|_| context.sections[parent].band.is_some());
    let taken: BTreeSet<usize> =
        accepted.iter().filter_map(|at| context.sections[candidates[*at].section].parent).filter_map(band).collect();
    let beside = by_parent.iter().filter(|(parent, _)| band(**parent).is_some_and(|above| taken.contains(&above)));
    let members = beside.flat_map(|(_, members)| members.iter().copied());
    members.filter(|at| telling(&candidates[*at]) > 0 && !is_part(&candidates[*at].draft.title)).collect()
}

/// Headings with prose below headings that only group them, under a title about risks: `Critical cases`, `P1 — ..`.
fn grouped_prose(context: &Context<'_>, candidates: &[Candidate]) -> Vec<usize> {
    let mut by_title: BTreeMap<usize, BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let Some(group) = context.sections[candidate.section].parent.map(|group| (group, &context.sections[group]))
        else {
            continue;
        };
        let Some(title) = group.1.parent.filter(|title| context.sections[*title].names_risks) else { continue };
        if group.1.own.is_empty() && !is_part(&heading(context, group.0)) && candidate.draft.id.is_none() {
            by_title.entry(title).or_default().entry(group.0).or_default().push(at);
        }
    }
    let mut accepted = Vec::new();
    for groups in by_title.into_values().filter(|groups| groups.len() >= 2) {
        let members: Vec<usize> = groups.into_values().flatten().collect();
        let begins = |candidate: &Candidate| {
            begins_with_prose(context, candidate)
                || candidate.draft.ordinal.is_some() && begins_with_code(context, candidate)
        };
        let sound = |at: &usize| begins(&candidates[*at]) && !ends_as_part(&candidates[*at].draft.title);
        // One number in a list of numbers is one of them, whatever it is called.
        let numbered = members.iter().all(|at| candidates[*at].draft.ordinal.is_some());
        let sounds = members.iter().filter(|at| sound(at)).count();
        let enough = if numbered { sounds * 5 >= members.len() * 4 } else { sounds == members.len() };
        if members.len() >= 3 && enough {
            accepted.extend(members);
        }
    }
    accepted
}

/// Whether the section of a candidate begins with a paragraph; one that is only a list lists something else.
fn begins_with_prose(context: &Context<'_>, candidate: &Candidate) -> bool {
    let section = &context.sections[candidate.section];
    let first = context.page.blocks.get(section.own.start).map(|block| &block.kind);
    matches!(first, Some(BlockKind::Paragraph { .. })) && !section.own.is_empty()
}

/// Whether the section of a candidate begins by quoting what it is about.
fn begins_with_code(context: &Context<'_>, candidate: &Candidate) -> bool {
    let own = &context.sections[candidate.section].own;
    let first = context.page.blocks.get(own.start).map(|block| &block.kind);
    matches!(first, Some(BlockKind::Fence { .. })) && !own.is_empty()
}

/// Headings below one that is nothing but `Risks`, each with a paragraph.
fn plain_prose(context: &Context<'_>, candidates: &[Candidate], parent: usize, members: &[usize]) -> Vec<usize> {
    let is_debt = |at: &usize| lists_debt(context, parent) && candidates[*at].draft.ordinal.is_some();
    let is_own = |at: &usize| is_debt(at) || !ends_as_part(&candidates[*at].draft.title);
    let own: Vec<usize> = members.iter().copied().filter(is_own).collect();
    let is_only_debt = || {
        let [at] = own.as_slice() else { return false };
        let words = fold(&candidates[*at].draft.title).split(' ').count();
        let names_debt = context.sections[candidates[*at].section].names_risks;
        lists_debt(context, parent) && words >= MIN_SENTENCE_WORDS && !names_debt
    };
    let led_by_prose = |at: &usize| is_debt(at) || begins_with_prose(context, &candidates[*at]);
    let numbered = own.iter().filter(|at| candidates[**at].draft.ordinal.is_some()).count() * 2 > own.len();
    // A section that is neither a risk nor a part of every register makes a guide of its neighbors.
    let parts = members.iter().filter(|at| is_part(&candidates[**at].draft.title)).count();
    let sound = (own.len() >= 2 || is_only_debt())
        && own.len() + parts >= context.below[parent]
        && context.sections[parent].names_risks
        && own.iter().all(led_by_prose)
        && (numbered || is_list_heading(context, parent));
    if sound { own } else { Vec::new() }
}

/// Whether a section with this heading may hold a list of risks.
fn is_worthy(context: &Context<'_>, parent: usize) -> bool {
    let section = &context.sections[parent];
    let heading = heading(context, parent);
    section.about_risk && (section.names_risks || heading.is_empty() || !is_part(&heading))
}

/// Whether the heading of a section is nothing but the name of a list of risks: `Risks`, `Top risks`, `Open design risks`.
fn is_list_heading(context: &Context<'_>, index: usize) -> bool {
    let heading = heading(context, index);
    let folded = fold_label(&heading);
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.chars().all(|c| c.is_ascii_digit())).collect();
    let section = &context.sections[index];
    // Below the title of a register a band alone names a list, too: `High priority`.
    let is_band = section.band.is_some() && words.len() <= 2;
    let of_band = is_band && section.parent.is_some_and(|parent| context.sections[parent].names_risks);
    let names = words.len() <= MAX_LIST_WORDS && (section.names_risks || of_band);
    let is_step = words.first().is_some_and(|first| STEPS.contains(first));
    names
        && !is_step
        && !words.iter().any(|word| PARTS.split(", ").any(|part| part == *word && !LIST_PARTS.contains(&part)))
}

/// What headings of a guide tell to do: `3. Identify functions and failure modes`.
const STEPS: &[&str] = &[
    "adding",
    "updating",
    "deleting",
    "editing",
    "creating",
    "viewing",
    "managing",
    "identifying",
    "assessing",
    "reporting",
    "add",
    "define",
    "assemble",
    "identify",
    "assign",
    "calculate",
    "prioritize",
    "prioritise",
    "implement",
    "review",
    "evaluate",
    "assess",
    "analyze",
    "analyse",
    "determine",
    "perform",
    "create",
    "document",
    "monitor",
    "update",
    "conduct",
    "establish",
    "use",
    "apply",
    "manage",
    "score",
    "rate",
    "treat",
    "record",
];
/// Whether the plain entries of a section are risks: below the name of a list, or in bold below a part of one.
fn lists_risks(context: &Context<'_>, index: usize) -> bool {
    if is_list_heading(context, index) {
        // Before many sections a list is an introduction to them.
        return context.below[index] <= MAX_SECTIONS_BELOW_LIST;
    }
    let Some(parent) = context.sections[index].parent else { return false };
    let folded = fold_label(&heading(context, index));
    let is_part_of_list = is_list_heading(context, parent) && KNOWN.contains(&folded.split(' ').next().unwrap_or(""));
    is_part_of_list && context.below[index] == 0 && has_bold_entries(context, index)
}

/// The sections whose plain entries are risks: those that are lists of them, and where several such lists have their
/// titles in bold those beside them that have, too.
pub(crate) fn plain_lists(context: &Context<'_>) -> Vec<usize> {
    let is_about = |index: &usize| {
        let section = &context.sections[*index];
        section.about_risk && !section.is_apart && has_entries(context, *index)
    };
    let sections = 0..context.sections.len();
    let lists: BTreeSet<usize> = sections.clone().filter(|at| lists_risks(context, *at) && is_about(at)).collect();
    let mut in_bold: BTreeMap<usize, usize> = BTreeMap::new();
    for at in lists.iter().filter(|at| has_bold_entries(context, **at)) {
        *in_bold.entry(context.sections[*at].parent.unwrap_or(0)).or_default() += 1;
    }
    let beside = |at: &usize| {
        let heading = heading(context, *at);
        let parent = context.sections[*at].parent.unwrap_or(0);
        let is_own = context.below[*at] == 0 && !heading.is_empty();
        is_own
            && in_bold.get(&parent).is_some_and(|lists| *lists >= 2)
            && bold_entries(context, *at) > 0
            && !ends_as_part(&heading)
            && !lists_actions(&heading)
    };
    let more = sections.filter(|at| !lists.contains(at) && is_about(at) && beside(at));
    let mut all: Vec<usize> = more.chain(lists.iter().copied()).collect();
    if all.is_empty() {
        all = debt_by_part(context).into_iter().filter(is_about).collect();
    }
    all.sort_unstable();
    all
}

/// Below `Technical debt` the lists of its parts, when each has its titles in bold.
fn debt_by_part(context: &Context<'_>) -> Vec<usize> {
    let is_part_of_debt =
        |index: &usize| context.sections[*index].parent.is_some_and(|parent| lists_debt(context, parent));
    let parts: Vec<usize> =
        (0..context.sections.len()).filter(|index| is_part_of_debt(index) && has_entries(context, *index)).collect();
    let told = |index: &usize| {
        let heading = heading(context, *index);
        let is_guide = context.sections[*index].names_risks || ends_as_part(&heading) || lists_actions(&heading);
        bold_entries(context, *index) > 0 && !is_guide
    };
    let entries: usize = parts.iter().map(|index| bold_entries(context, *index)).sum();
    if parts.iter().all(told) && entries >= MIN_BOLD_ENTRIES { parts } else { Vec::new() }
}

/// Words that name a part of a document and may also stand in the heading of a list.
const LIST_PARTS: &[&str] = &[
    "register",
    "log",
    "questions",
    "limitations",
    "assumptions",
    "dependencies",
    "mitigation",
    "mitigations",
    "controls",
    "countermeasures",
    "remediation",
];
/// First words of headings below which the known entries of a list stand.
const KNOWN: &[&str] = &[
    "known",
    "open",
    "current",
    "active",
    "identified",
    "observed",
    "found",
    "remaining",
    "bekannte",
    "offene",
    "connus",
    "conocidos",
    "conhecidos",
    "noti",
    "znane",
    "известные",
];
/// The most sections below a list that is one of risks.
const MAX_SECTIONS_BELOW_LIST: usize = 2;
/// The most words of a heading that is the name of a list.
const MAX_LIST_WORDS: usize = 6;
/// Prefixes of numbered things that are no risks.
const NUMBERED_PARTS: &[&str] = &[
    "STEP",
    "PHASE",
    "WEEK",
    "DAY",
    "MONTH",
    "SPRINT",
    "OPTION",
    "APPENDIX",
    "SECTION",
    "TIER",
    "LEVEL",
    "GATE",
    "TASK",
    "MILESTONE",
    "AC",
    "US",
    "FR",
    "NFR",
    "REQ",
    "TC",
    "TEST",
    "STAGE",
    "PART",
    "CHAPTER",
    "P",
    "EPIC",
    "STORY",
    "SLICE",
    "ADR",
    "D",
    "Q",
];

fn heading(context: &Context<'_>, index: usize) -> String {
    let Some(at) = context.sections[index].heading else { return String::new() };
    match context.page.blocks[at].kind {
        BlockKind::Heading { text, .. } => plain(context.slice(text)),
        _ => String::new(),
    }
}

/// Whether ids with these letters number something that is no risk.
pub(crate) fn numbers_parts(prefix: &str) -> bool {
    NUMBERED_PARTS.contains(&prefix)
}

/// Letters before the number of an id.
pub(crate) fn prefix(id: &str) -> String {
    let end = id.find(|c: char| c.is_ascii_digit()).unwrap_or(id.len());
    id[..end].trim_end_matches(['-', '_', '.']).to_ascii_uppercase()
}

fn telling(candidate: &Candidate) -> usize {
    let says = |noun: &FieldName| {
        matches!(
            noun,
            FieldName::Trigger
                | FieldName::Effect
                | FieldName::Description
                | FieldName::Cause
                | FieldName::Detection
                | FieldName::Mitigation
                | FieldName::ExistingGuardrail
                | FieldName::Planned
                | FieldName::Impact
                | FieldName::Likelihood
                | FieldName::Severity
        )
    };
    nouns(&candidate.draft).iter().filter(|noun| says(noun)).count()
}

/// A heading made of nothing but names of parts.
fn is_part(title: &str) -> bool {
    let folded = fold(title);
    let word_of = |list: &str, word: &str| list.split(", ").any(|part| part == word);
    folded.split(' ').all(|word| word_of(PARTS, word) || word_of(FILLERS, word))
}

/// A heading that begins or ends with the name of a part. A sentence may begin with any word: `Log collector gives up on ..`.
fn ends_as_part(title: &str) -> bool {
    let folded = fold(title);
    let part = |word: Option<&str>| word.is_some_and(|word| PARTS.split(", ").any(|part| part == word));
    let first = folded.split(' ').next();
    let is_sentence =
        folded.split(' ').count() >= MIN_SENTENCE_WORDS && !first.is_some_and(|word| ASKING.contains(&word));
    (part(first) && !is_sentence) || part(folded.rsplit(' ').next())
}

/// The fewest words of a heading that is a sentence.
const MIN_SENTENCE_WORDS: usize = 7;
/// Words with which a heading of a guide begins, however long it is.
const ASKING: &[&str] = &["how", "what", "this", "about", "use"];
