//! Drafts into risks: the places that speak of the same risk become one, and every place is kept.
//!
//! An id decides where both places have one. Else the title does: the same words, or, between a row and a section,
//! nearly the same words when only one candidate is that near. Two rows of one table are never merged unless they
//! say the same id and the same title.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use foldhash::{HashMap, HashMapExt};
use text::Span;

use crate::draft::{Draft, TitleFrom};
use crate::fields::Fields;
use crate::fold::{fold, shared, slug, telling};
use crate::level::Level;
use crate::model::{Field, Kind, Risk};
use crate::noun::FieldName;
use crate::status::{State, is_known};
use crate::title::MAX_ID_BYTES;
use crate::value::FieldValue;

/// The most risks of one document.
pub const MAX_RISKS: usize = 200_000;
/// The most risks that are compared because they share a word; a word that more of them use tells nothing.
const MAX_ALIKE: usize = 64;
/// Of the telling words of the shorter title, this share must stand in the longer one for details of a risk.
const DETAILS_ALIKE: f64 = 0.6;
/// The same between a row and a section that both are risks.
const RISKS_ALIKE: f64 = 0.75;

/// The risks, the drafts that only add details and found no risk, and whether the limit cut some off.
pub(crate) struct Merged {
    pub(crate) risks: Vec<Risk>,
    pub(crate) loose: Vec<Draft>,
    pub(crate) is_cut: bool,
}

/// Merges drafts, which come in the order of the document.
pub(crate) fn merge(drafts: Vec<Draft>, line_of: impl Fn(Span) -> usize) -> Merged {
    let mut merger = Merger::default();
    let (details, whole): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(|draft| draft.only_details);
    let is_cut = whole.len() > MAX_RISKS;
    for draft in whole.into_iter().take(MAX_RISKS) {
        let words = Words::new(&draft.title);
        match merger.same_risk(&draft, &words) {
            Some(at) => merger.add(at, draft, words),
            None => merger.create(draft, words),
        }
    }
    let mut loose = Vec::new();
    for draft in details {
        let words = Words::new(&draft.title);
        let named = draft.id.as_deref().filter(|_| draft.is_row).map(str::to_lowercase);
        if let Some([at]) = named.and_then(|id| merger.by_id.get(&id)).map(Vec::as_slice) {
            merger.add(*at, draft, words);
            continue;
        }
        let found = merger.numbered(&draft).or_else(|| merger.same_place(&draft, &words));
        match found.or_else(|| merger.nearest(&draft, &words.stems, DETAILS_ALIKE)) {
            Some(at) => merger.add(at, draft, words),
            None => loose.push(draft),
        }
    }
    Merged { risks: finish(merger.parts, line_of), loose, is_cut }
}

/// A title in the forms in which it is compared.
struct Words {
    folded: String,
    stems: Vec<Stem>,
}

/// The hash of a stem: stems are only held against one another.
type Stem = u64;

impl Words {
    fn new(title: &str) -> Self {
        let folded = fold(title);
        let mut stems: Vec<Stem> =
            telling(&folded).map(|stem| foldhash::fast::FixedState::default().hash_one(stem)).collect();
        stems.sort_unstable();
        stems.dedup();
        Self { folded, stems }
    }
}

/// A risk in the making.
struct Part {
    id: Option<String>,
    ordinals: Vec<String>,
    title: String,
    title_from: TitleFrom,
    /// Of the title it has now.
    folded: String,
    /// Of the title it was found by.
    stems: Vec<Stem>,
    kind: Kind,
    state: Option<State>,
    band: Option<(Level, Span)>,
    struck: bool,
    spans: Vec<Span>,
    titles: Vec<(String, Span)>,
    groups: Vec<usize>,
    has_row: bool,
    has_section: bool,
    fields: Fields,
    repeated: Vec<(FieldName, Field)>,
}

#[derive(Default)]
struct Merger {
    parts: Vec<Part>,
    by_id: HashMap<String, Vec<usize>>,
    /// The same for ids that are nothing but the word "risk" and a number: `R-08` is 8.
    by_number: HashMap<u32, Vec<usize>>,
    by_title: HashMap<String, Vec<usize>>,
    /// By the number in the list, which says little alone.
    by_ordinal: HashMap<String, Vec<usize>>,
    by_stem: HashMap<Stem, Vec<usize>>,
}

impl Merger {
    fn same_risk(&self, draft: &Draft, words: &Words) -> Option<usize> {
        if let Some(id) = &draft.id {
            let same = self.by_id.get(&id.to_lowercase()).map(Vec::as_slice).unwrap_or_default();
            if let Some(at) = same.iter().take(MAX_ALIKE).find(|at| self.parts[**at].is_same(draft, words)) {
                return Some(*at);
            }
            if !same.is_empty() {
                return None;
            }
        }
        if let Some(at) = self.numbered(draft).or_else(|| self.same_place(draft, words)) {
            return Some(at);
        }
        let alike = self.by_title.get(&words.folded).map(Vec::as_slice).unwrap_or_default();
        let mut free = alike.iter().take(MAX_ALIKE).filter(|at| self.parts[**at].may_take(draft));
        match (free.next(), free.next()) {
            (Some(at), None) => Some(*at),
            (Some(_), Some(_)) => None,
            (None, _) => self.nearest(draft, &words.stems, RISKS_ALIKE),
        }
    }

    /// The one part whose id is the number that stands behind the word "risk".
    fn numbered(&self, draft: &Draft) -> Option<usize> {
        let number: u32 = draft.ordinal.as_deref().filter(|_| draft.is_counted)?.parse().ok()?;
        match self.by_number.get(&number).map(Vec::as_slice) {
            Some([at]) if self.parts[*at].is_counterpart(draft) => Some(*at),
            _ => None,
        }
    }

    /// The one part with the same number in its list and a word of the same title: `4. Liquidity` and `4. Liquidity risk (funds)`.
    fn same_place(&self, draft: &Draft, words: &Words) -> Option<usize> {
        let number = draft.ordinal.as_deref()?;
        let places = self.by_ordinal.get(number).map(Vec::as_slice).unwrap_or_default();
        let is_same = |at: &&usize| {
            let part = &self.parts[**at];
            let fits = part.may_take(draft) && part.is_counterpart(draft);
            fits && shared(&part.stems, &words.stems) > 0
        };
        let mut same = places.iter().take(MAX_ALIKE).filter(is_same);
        same.next().filter(|_| same.next().is_none()).copied()
    }

    /// The one part whose title is the most alike, when it is alike enough and no other is as near.
    fn nearest(&self, draft: &Draft, words: &[Stem], enough: f64) -> Option<usize> {
        let mut near: BTreeSet<usize> = BTreeSet::new();
        for word in words {
            let with_word = self.by_stem.get(word).filter(|parts| parts.len() <= MAX_ALIKE);
            near.extend(with_word.into_iter().flatten());
        }
        let mut best: Option<(f64, usize)> = None;
        let mut is_tie = false;
        for at in near {
            let part = &self.parts[at];
            if !part.may_take(draft) || (!draft.only_details && !part.is_counterpart(draft)) {
                continue;
            }
            let likeness = likeness(words, &part.stems);
            match best {
                Some((score, _)) if likeness < score => {}
                Some((score, _)) if likeness == score => is_tie = true,
                _ => {
                    best = Some((likeness, at));
                    is_tie = false;
                }
            }
        }
        best.filter(|(likeness, _)| *likeness >= enough && !is_tie).map(|(_, at)| at)
    }

    fn create(&mut self, draft: Draft, words: Words) {
        let at = self.parts.len();
        self.parts.push(Part {
            id: None,
            ordinals: Vec::new(),
            title: draft.title.clone(),
            title_from: draft.title_from,
            folded: words.folded.clone(),
            stems: words.stems.clone(),
            kind: draft.kind,
            state: draft.state,
            band: None,
            struck: false,
            spans: Vec::new(),
            titles: Vec::new(),
            groups: Vec::new(),
            has_row: false,
            has_section: false,
            fields: Fields::with_capacity(draft.fields.len()),
            repeated: Vec::new(),
        });
        self.add(at, draft, words);
    }

    fn add(&mut self, at: usize, draft: Draft, words: Words) {
        let part = &mut self.parts[at];
        if let (None, Some(id)) = (&part.id, &draft.id) {
            self.by_id.entry(id.to_lowercase()).or_default().push(at);
            if let Some(number) = risk_number(id) {
                self.by_number.entry(number).or_default().push(at);
            }
        }
        if part.is_renamed_by(&draft) {
            part.folded.clone_from(&words.folded);
        }
        let alike = self.by_title.entry(words.folded).or_default();
        if alike.last() != Some(&at) {
            alike.push(at);
        }
        if let Some(number) = &draft.ordinal {
            let alike = self.by_ordinal.entry(number.clone()).or_default();
            if alike.last() != Some(&at) && alike.len() <= MAX_ALIKE {
                alike.push(at);
            }
        }
        for word in words.stems {
            let alike = self.by_stem.entry(word).or_default();
            if alike.last() != Some(&at) && alike.len() <= MAX_ALIKE {
                alike.push(at);
            }
        }
        part.take(draft);
    }
}

/// The number of an id that says nothing else: `R-08`, `RISK-8`.
fn risk_number(id: &str) -> Option<u32> {
    let upper = id.to_ascii_uppercase();
    let rest = ["RISK", "RSK", "R"].iter().find_map(|prefix| upper.strip_prefix(prefix))?;
    rest.trim_start_matches(['-', '_', '.']).parse().ok()
}

/// The share of the shorter title's telling words in the longer one; one shared word alone is no likeness.
pub(crate) fn likeness<T: Ord>(left: &[T], right: &[T]) -> f64 {
    let shorter = left.len().min(right.len());
    let common = shared(left, right);
    if common < 2 { 0.0 } else { common as f64 / shorter as f64 }
}

impl Part {
    /// Whether a draft with the same id speaks of this risk.
    fn is_same(&self, draft: &Draft, words: &Words) -> bool {
        let same_title = self.folded == words.folded;
        if self.groups.contains(&draft.group) {
            return same_title;
        }
        // Rows are often numbered from 1 in each table: there a number is no name.
        let is_number = draft.id.as_ref().is_some_and(|id| id.chars().all(|c| c.is_ascii_digit()));
        !is_number || same_title || likeness(&self.stems, &words.stems) >= RISKS_ALIKE
    }

    /// Whether a draft with a like title could speak of this risk.
    fn may_take(&self, draft: &Draft) -> bool {
        let ids_differ = self.id.is_some() && draft.id.is_some();
        !ids_differ && !self.groups.contains(&draft.group)
    }

    fn is_counterpart(&self, draft: &Draft) -> bool {
        if draft.is_row { self.has_section && !self.has_row } else { self.has_row && !self.has_section }
    }

    /// Details are found by a title that is merely alike, so they do not rename what they belong to.
    fn is_renamed_by(&self, draft: &Draft) -> bool {
        draft.title_from > self.title_from && !draft.only_details
    }

    fn take(&mut self, draft: Draft) {
        if self.is_renamed_by(&draft) {
            self.title = draft.title.clone();
            self.title_from = draft.title_from;
        }
        self.id = self.id.take().or(draft.id);
        self.ordinals.extend(draft.ordinal);
        self.state = self.state.or(draft.state);
        self.band = self.band.or(draft.band);
        self.struck |= draft.struck;
        self.has_row |= draft.is_row;
        self.has_section |= !draft.is_row;
        self.spans.push(draft.span);
        if draft.title_from != TitleFrom::Description {
            self.titles.push((draft.title, draft.title_span));
        }
        self.groups.push(draft.group);
        for (noun, field) in draft.fields {
            self.take_field(noun, field);
        }
    }

    /// The first statement that says something counts; a grade says more than prose.
    fn take_field(&mut self, noun: FieldName, field: Field) {
        let Some(first) = self.fields.get_mut(noun) else {
            self.fields.insert(noun, field);
            return;
        };
        let grades = |field: &Field| field.value.level().is_some() || field.value.number().is_some();
        let says_more = (!first.value.is_stated() && field.value.is_stated())
            || (noun.is_rating() && !grades(first) && grades(&field));
        let later = if says_more { std::mem::replace(first, field) } else { field };
        self.repeated.push((noun, later));
    }

    fn state(&self) -> State {
        if self.struck {
            return State::Closed;
        }
        match self.fields.get(FieldName::Status).map(|field| &field.value) {
            Some(FieldValue::Status { state, word, .. }) if is_known(word) => *state,
            _ => self.state.unwrap_or(State::Open),
        }
    }
}

/// Gives every risk its name: the id as written, else a slug that no other risk has.
fn finish(parts: Vec<Part>, line_of: impl Fn(Span) -> usize) -> Vec<Risk> {
    // A number that several risks claim names none but the first.
    let mut numbers = BTreeSet::new();
    let written: Vec<Option<String>> = parts
        .iter()
        .map(|part| {
            part.id
                .clone()
                .filter(|id| is_name(id) && (!id.chars().all(|c| c.is_ascii_digit()) || numbers.insert(id.clone())))
        })
        .collect();
    let mut taken: BTreeSet<String> = written.iter().flatten().map(|id| id.to_lowercase()).collect();
    let mut next_suffix: HashMap<String, usize> = HashMap::new();
    let named = parts.into_iter().zip(written).map(|(part, written)| {
        let id = written.clone().unwrap_or_else(|| unique(&slug(&part.title), &mut taken, &mut next_suffix));
        risk(part, id, written.is_some(), &line_of)
    });
    named.collect()
}

fn unique(base: &str, taken: &mut BTreeSet<String>, next_suffix: &mut HashMap<String, usize>) -> String {
    let suffix = next_suffix.entry(base.to_owned()).or_insert(1);
    loop {
        let name = if *suffix == 1 { base.to_owned() } else { format!("{base}-{suffix}") };
        *suffix += 1;
        if taken.insert(name.clone()) {
            return name;
        }
    }
}

fn risk(part: Part, id: String, id_is_written: bool, line_of: impl Fn(Span) -> usize) -> Risk {
    let state = part.state();
    let mut aliases = vec![slug(&part.title)];
    let others = part.titles.iter().filter(|(title, _)| *title != part.title);
    aliases.extend(others.map(|(title, _)| slug(title)));
    aliases.extend(part.ordinals);
    aliases.extend(part.id);
    aliases.retain(|alias| !alias.eq_ignore_ascii_case(&id));
    aliases.sort();
    aliases.dedup();
    let line = part.spans.first().map_or(0, |span| line_of(*span));
    Risk {
        id,
        id_is_written,
        aliases,
        title: part.title,
        kind: part.kind,
        state,
        line,
        spans: part.spans,
        fields: part.fields,
        repeated: part.repeated,
        titles: part.titles,
        groups: part.groups,
        band: part.band,
        computed: None,
        has_row: part.has_row,
        has_section: part.has_section,
        counts_to_three: false,
    }
}

/// Whether an id can be a name of claims.
fn is_name(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_ID_BYTES
        && id.trim() == id
        && !id.contains('/')
        && !id.chars().any(char::is_control)
}
