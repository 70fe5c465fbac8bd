//! Tables: which are rows of risks, which are the fields of one risk, which define a scale or count the risks,
//! and which are none of these.
//!
//! A table is a list of risks when its columns name a subject and grade or treat it. Scales, metrics, roadmaps and
//! references to risks have columns of the same names, so the subject decides.

use std::collections::BTreeSet;

use text::Span;

use crate::draft::{Context, Draft, TitleFrom};
use crate::fold::{fold, plain};
use crate::model::Kind;
use crate::noun::FieldName;
use crate::outline::Section;
use crate::prose::{numbers_parts, prefix};
use crate::title::{is_id, is_struck, read_title};
use crate::value::{FieldValue, is_bare_grade, is_nothing, read_value};

/// What a table is.
pub(crate) enum Role {
    /// One risk a row: the noun of each column, and the row that holds the heading.
    Risks { columns: Vec<Option<FieldName>>, heading: usize },
    /// The fields of the section's risk: label and value.
    Labels(Vec<(FieldName, Span)>),
    /// Something about the register as a whole, or nothing for us.
    Other,
}

/// Subjects that may as well be the subject of any other table.
const WEAK_SUBJECTS: &[&str] = &["item", "issue", "name", "problem", "concern", "finding", "event", "title"];
/// First columns of tables that mention risks without listing them.
const OTHER_FIRST: &[&str] = &[
    "month",
    "quarter",
    "phase",
    "week",
    "sprint",
    "milestone",
    "date",
    "version",
    "metric",
    "kpi",
    "test",
    "test case",
    "role",
    "command",
    "term",
    "requirement",
    "step",
    "day",
    "monat",
    "mois",
    "mes",
];
/// Words in the first cell of a row that sums the others up.
const SUM_WORDS: &[&str] = &["total", "totals", "sum", "summe", "gesamt", "overall", "totaux"];
/// Digits of the number of a row.
const MAX_ROW_DIGITS: usize = 4;
/// In a table of two columns, this share of the rows must be labels.
const LABELS_OUT_OF: (usize, usize) = (1, 2);

/// Decides what a table is.
pub(crate) fn role(context: &Context<'_>, rows: &[Vec<Span>], section: &Section) -> Role {
    if let Some(labels) = label_rows(context, rows) {
        return Role::Labels(labels);
    }
    let blank_heading = rows.first().is_some_and(|row| row.iter().all(|cell| context.slice(*cell).is_empty()));
    if blank_heading && section.about_risk && names_rows(context, &rows[1..]) {
        // The rows of a table in HTML need not be as long as its heading.
        let mut columns = vec![None; rows[0].len().max(2)];
        columns[..2].copy_from_slice(&[Some(FieldName::Id), Some(FieldName::Title)]);
        return Role::Risks { columns, heading: 0 };
    }
    let heading = usize::from(blank_heading);
    let Some(cells) = rows.get(heading) else { return Role::Other };
    let mut columns = columns(context, cells, &rows[heading + 1..]);
    let folded: Vec<String> = cells.iter().map(|cell| fold(&plain(context.slice(*cell)))).collect();
    name_debt(context, section, &folded, &mut columns);
    let is_list = lists_risks(context, cells, &columns, section) && !is_scale(context, &columns, &rows[heading + 1..]);
    match is_list || adds_by_id(context, &columns, &rows[heading + 1..]) {
        true => Role::Risks { columns, heading },
        false => Role::Other,
    }
}

/// Whether a table only adds to what stands elsewhere: ids, and the status, owner or grades of each.
fn adds_by_id(context: &Context<'_>, columns: &[Option<FieldName>], rows: &[Vec<Span>]) -> bool {
    use FieldName::{Component, Description, FailureMode, Id, Owner, Status, Title};
    let has = |noun: &FieldName| columns.contains(&Some(*noun));
    let subject = [Title, Description, Component, FailureMode].iter().any(has);
    let adds = columns.iter().flatten().any(|noun| noun.is_rating() || matches!(noun, Status | Owner));
    let at = columns.iter().position(|noun| *noun == Some(Id));
    !subject && adds && at.is_some_and(|at| holds_ids(context, rows, at))
}

/// Whether the rows of a table without a heading are ids with something behind them: `| C1 | no dry run |`.
fn names_rows(context: &Context<'_>, rows: &[Vec<Span>]) -> bool {
    let id = |row: &Vec<Span>| row.first().map(|cell| plain(context.slice(*cell))).filter(|text| is_id(text));
    let is_named = |row: &Vec<Span>| id(row).is_some_and(|id| !numbers_parts(&prefix(&id)));
    rows.len() >= 2 && rows.iter().all(|row| row.len() >= 2 && is_named(row))
}

/// Below a heading about debt the first column names it, whatever it is called: `Area`, `Aspecto`. Where that one sorts,
/// a column of topics does.
fn name_debt(context: &Context<'_>, section: &Section, folded: &[String], columns: &mut [Option<FieldName>]) {
    use FieldName::{Category, Component, Description, FailureMode, Id, Status, Title};
    let count = |is: &dyn Fn(FieldName) -> bool| columns.iter().flatten().filter(|noun| is(**noun)).count();
    let told = count(&|noun| noun.is_treatment() || noun.is_rating());
    let described = count(&|noun| matches!(noun, Description | Status));
    let parent_names = section.parent.is_some_and(|parent| context.sections[parent].names_risks);
    let is_treated = told >= 2
        || section.names_risks && told + described >= 1 && columns.len() >= MIN_DEBT_COLUMNS
        || parent_names && told >= 1 && described >= 1 && columns.len() > MIN_DEBT_COLUMNS;
    let has_subject = columns.iter().flatten().any(|noun| matches!(noun, Id | Title | Component | FailureMode));
    let is_list = section.names_risks || parent_names;
    if section.kind != Some(Kind::Debt) || !is_list || has_subject || !is_treated {
        return;
    }
    let topic = folded.iter().position(|name| TOPICS.contains(&name.as_str()));
    let first = Some(0).filter(|_| matches!(columns.first(), Some(None | Some(Category))));
    if let Some(at) = topic.filter(|at| columns[*at].is_none()).or(first) {
        columns[at] = Some(Title);
    }
}

/// The fewest columns of a table of debt that says little about its rows.
const MIN_DEBT_COLUMNS: usize = 3;
/// Folded headings of what a debt is about.
const TOPICS: &[&str] = &["topic", "subject", "gap", "theme", "tema", "thema", "sujet"];

/// The noun of each column. A noun is taken once; a second subject becomes the description.
pub(crate) fn columns(context: &Context<'_>, heading: &[Span], rows: &[Vec<Span>]) -> Vec<Option<FieldName>> {
    let names: Vec<String> = heading.iter().map(|cell| plain(context.slice(*cell))).collect();
    let mut columns: Vec<Option<FieldName>> = names.iter().map(|name| context.nouns.of(name)).collect();
    let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
    name_letters(&folded, &mut columns);
    if !columns.contains(&Some(FieldName::Id))
        && let Some(at) = columns.iter().position(|noun| *noun == Some(FieldName::Title))
        && holds_ids(context, rows, at)
    {
        columns[at] = Some(FieldName::Id);
    }
    name_risk(&folded, &mut columns);
    name_category(context, rows, &mut columns);
    grade_subject(context, rows, &mut columns);
    name_class(context, rows, &mut columns);
    prefer_strong_subject(&folded, &mut columns);
    name_part(&folded, &mut columns);
    prefer_component(&folded, &mut columns);
    for at in 0..columns.len() {
        if columns[at].is_some() && columns[..at].contains(&columns[at]) {
            let is_subject = columns[at] == Some(FieldName::Title) && !columns.contains(&Some(FieldName::Description));
            columns[at] = is_subject.then_some(FieldName::Description);
        }
    }
    columns
}

/// `Component` behind `Subsystem` is the component: the word itself wins over one that may mean it.
fn prefer_component(folded: &[String], columns: &mut [Option<FieldName>]) {
    let is_component = |noun: &Option<FieldName>| *noun == Some(FieldName::Component);
    let own = (0..columns.len())
        .find(|at| is_component(&columns[*at]) && matches!(folded[*at].as_str(), "component" | "components"));
    let Some(own) = own else { return };
    columns[..own].iter_mut().filter(|noun| is_component(noun)).for_each(|noun| *noun = None);
}

/// Folded headings of a column that holds likelihood and impact, in this order: `W/A`, `L x I`.
const FACTORS: &[&str] = &[
    "w a",
    "l i",
    "p i",
    "l x i",
    "p x i",
    "p s",
    "l s",
    "e a",
    "likelihood impact",
    "probability impact",
    "probability x impact",
    "likelihood x impact",
    "wahrscheinlichkeit auswirkung",
    "probabilite impact",
    "probabilidad impacto",
];

/// Both factors of such a cell: `M/SH`, `3 x 4`.
fn factors(context: &Context<'_>, cell: Span) -> Vec<(FieldName, crate::model::Field)> {
    let text = context.slice(cell);
    let mut parts = text.match_indices(['/', '×', 'x', '*']);
    let (Some((at, mark)), None) = (parts.next(), parts.next()) else { return Vec::new() };
    let (left, right) = (Span::new(cell.start, cell.start + at), Span::new(cell.start + at + mark.len(), cell.end));
    let both = [(FieldName::Likelihood, left), (FieldName::Impact, right)];
    both.into_iter().map(|(noun, span)| (noun, context.field(noun, span, None))).collect()
}

/// Reads the rows of a table of risks.
pub(crate) fn drafts(
    context: &Context<'_>,
    rows: &[Vec<Span>],
    role: (&[Option<FieldName>], usize),
    section: &Section,
    group: usize,
) -> Vec<Draft> {
    let (columns, heading) = role;
    let names: Vec<String> = rows[heading].iter().map(|cell| fold(context.slice(*cell))).collect();
    let body = rows[heading + 1..].iter();
    let is_named = |(cell, name): (&Span, &String)| fold(context.slice(*cell)) == *name;
    let repeats_heading = |row: &Vec<Span>| !names.is_empty() && row.iter().zip(&names).all(is_named);
    let pair = names.iter().position(|name| FACTORS.contains(&name.as_str()));
    let names_alone = modes_differ(context, &rows[heading + 1..], columns);
    let read = |row: &Vec<Span>| {
        let mut draft = draft(context, row, columns, section, group, names_alone)?;
        let cell = pair.and_then(|at| row.get(at).copied());
        draft.fields.extend(cell.into_iter().flat_map(|cell| factors(context, cell)));
        Some(draft)
    };
    let drafts = body.filter(|row| !repeats_heading(row)).filter_map(read);
    drafts.filter(|draft| !context.is_form(draft)).collect()
}

/// An id without what is said about it in brackets: `R-3 (partial)`.
fn without_remark(id: String) -> String {
    match id.split_once(" (") {
        Some((bare, _)) if is_id(bare) && id.ends_with(')') => bare.to_owned(),
        _ => id,
    }
}

/// The first cell, where it only counts the rows.
fn numbered(first: &str) -> Option<String> {
    let is_number =
        !first.is_empty() && first.len() <= MAX_ROW_DIGITS && first.bytes().all(|byte| byte.is_ascii_digit());
    Some(first.trim_start_matches('0')).filter(|number| is_number && !number.is_empty()).map(str::to_owned)
}

/// Whether no two rows name the same failure mode or the same component, and most modes in more than one word, so that
/// a mode needs no component beside it. A component with several modes is a part of the name of each.
fn modes_differ(context: &Context<'_>, rows: &[Vec<Span>], columns: &[Option<FieldName>]) -> bool {
    let cells = |noun| -> Vec<String> {
        let at = columns.iter().position(|other| *other == Some(noun));
        rows.iter().filter_map(|row| Some(fold(context.slice(*row.get(at?)?)))).collect()
    };
    let differ = |cells: &[String]| cells.iter().collect::<BTreeSet<_>>().len() == cells.len();
    let modes = cells(FieldName::FailureMode);
    let telling = modes.iter().filter(|mode| mode.contains(' ')).count();
    telling * 2 > modes.len() && differ(&modes) && differ(&cells(FieldName::Component))
}

fn draft(
    context: &Context<'_>,
    row: &[Span],
    columns: &[Option<FieldName>],
    section: &Section,
    group: usize,
    names_alone: bool,
) -> Option<Draft> {
    let fields: Vec<_> = row
        .iter()
        .zip(columns)
        .filter_map(|(cell, noun)| Some(((*noun)?, context.field((*noun)?, *cell, None))))
        .collect();
    let text =
        |noun| fields.iter().find(|(other, field)| *other == noun && !field.text.is_empty()).map(|(_, field)| field);
    let id_field = text(FieldName::Id);
    let subject = subject(&fields)?;
    let first = fold(context.slice(row.first().copied().unwrap_or_default()));
    if SUM_WORDS.contains(&first.split(' ').next().unwrap_or(""))
        && !fields.iter().any(|(noun, field)| *noun == FieldName::Likelihood && field.value.is_stated())
    {
        return None;
    }
    let read = read_title(context.text, subject.span);
    let struck = read.struck || id_field.is_some_and(|field| is_struck(&field.text));
    let written = id_field.map(|field| without_remark(plain(&field.text))).filter(|id| !id.is_empty());
    let has_id = written.is_some() || read.id.is_some();
    let component = text(FieldName::Component).filter(|_| subject.from != TitleFrom::Title && !has_id && !names_alone);
    let title = match (component, subject.from) {
        (Some(component), TitleFrom::Component) if component.span != subject.span => {
            format!("{}: {}", plain(&component.text), read.title)
        }
        _ if read.title.is_empty() => plain(&subject.text),
        _ => read.title.clone(),
    };
    if is_band(&fields, &subject.text, row) || says_none(&fields, &title) {
        return None;
    }
    let only_adds = subject.from == TitleFrom::Description
        && fields.iter().any(|(noun, field)| *noun == FieldName::Id && field.span == subject.span)
        && fields.iter().filter(|(noun, _)| noun.is_rating()).count() < 2;
    let kind = kind_of(columns, written.as_deref().or(read.id.as_deref()), section);
    let span = Span::new(row.first()?.start, row.last()?.end);
    let mut fields = fields;
    for (noun, span) in read.grades.iter().filter(|(noun, _)| !columns.contains(&Some(*noun))) {
        fields.push((*noun, context.field(*noun, *span, None)));
    }
    Some(Draft {
        id: written.clone().or(read.id),
        ordinal: if written.is_none() { read.ordinal.or_else(|| numbered(&first)) } else { None },
        is_counted: false,
        title,
        title_span: subject.span,
        title_from: subject.from,
        kind,
        state: section.state,
        struck,
        fields,
        span,
        group,
        is_row: true,
        only_details: only_adds,
        is_summary: section.is_summary,
        band: section.band,
    })
}

struct Subject {
    text: String,
    span: Span,
    from: TitleFrom,
}

/// The cell that names the risk: its title, else its failure mode, description or component.
fn subject(fields: &[(FieldName, crate::model::Field)]) -> Option<Subject> {
    const ORDER: &[(FieldName, TitleFrom)] = &[
        (FieldName::Title, TitleFrom::Title),
        (FieldName::FailureMode, TitleFrom::Component),
        (FieldName::Description, TitleFrom::Description),
        (FieldName::Component, TitleFrom::Title),
        (FieldName::Id, TitleFrom::Description),
    ];
    ORDER.iter().find_map(|(noun, from)| {
        let (_, field) =
            fields.iter().find(|(other, field)| other == noun && field.text.chars().any(char::is_alphanumeric))?;
        Some(Subject { text: field.text.clone(), span: field.span, from: *from })
    })
}

/// A row that only names a band: `| **High risks** | | |`.
fn is_band(fields: &[(FieldName, crate::model::Field)], subject: &str, row: &[Span]) -> bool {
    let filled = row.iter().filter(|cell| cell.start < cell.end).count();
    let is_bold = subject.starts_with("**") && subject.ends_with("**");
    let has_id = fields.iter().any(|(noun, field)| *noun == FieldName::Id && field.value.is_stated());
    filled == 1 && row.len() >= 3 && (is_bold || is_bare_grade(&plain(subject))) && !has_id
}

/// A row that says that there is nothing to list: `| - | No new risks | - |`.
fn says_none(fields: &[(FieldName, crate::model::Field)], title: &str) -> bool {
    if is_nothing(title) {
        return true;
    }
    let negates = matches!(fold(title).split(' ').next(), Some("no" | "none" | "keine" | "aucun" | "ninguno"));
    negates && fields.iter().filter(|(_, field)| field.value.is_stated()).count() <= 1
}

pub(crate) fn kind_of(columns: &[Option<FieldName>], id: Option<&str>, section: &Section) -> Kind {
    let prefix = id.map(|id| id.trim_end_matches(|c: char| !c.is_ascii_alphabetic()).to_ascii_uppercase());
    match prefix.as_deref() {
        Some("TD" | "DEBT" | "TECH-DEBT" | "TECHDEBT") => return Kind::Debt,
        Some("FM" | "FMEA") => return Kind::Mode,
        Some("R" | "RISK") => return Kind::Risk,
        _ => {}
    }
    let has = |noun| columns.contains(&Some(noun));
    if has(FieldName::FailureMode) && !has(FieldName::Title) {
        Kind::Mode
    } else {
        section.kind.filter(|kind| *kind == Kind::Debt).unwrap_or(Kind::Risk)
    }
}

fn lists_risks(context: &Context<'_>, heading: &[Span], columns: &[Option<FieldName>], section: &Section) -> bool {
    let has = |noun| columns.contains(&Some(noun));
    let name = |at: usize| heading.get(at).map_or_else(String::new, |cell| fold(&plain(context.slice(*cell))));
    let rated = columns.iter().flatten().any(|noun| noun.is_rating());
    let treated = columns.iter().flatten().any(|noun| noun.is_treatment());
    let position = |noun| columns.iter().position(|other| *other == Some(noun));
    let named_by_user = |at: usize| heading.get(at).is_some_and(|cell| context.nouns.is_alias(context.slice(*cell)));
    if OTHER_FIRST.contains(&name(0).as_str()) && !(has(FieldName::Id) && rated) {
        return false;
    }
    let strong_title =
        position(FieldName::Title).is_some_and(|at| named_by_user(at) || !WEAK_SUBJECTS.contains(&name(at).as_str()));
    let strong =
        strong_title || (has(FieldName::FailureMode) && name(position(FieldName::FailureMode).unwrap_or(0)) != "mode");
    let weak = has(FieldName::Title) || has(FieldName::Description) || has(FieldName::Component);
    let owned = section.about_risk || has(FieldName::Likelihood);
    let of_debt = section.kind == Some(Kind::Debt) && (section.names_risks || section.band.is_some());
    let indebted = of_debt && has(FieldName::Title) && has(FieldName::Description);
    let analysed = has(FieldName::FailureMode) && has(FieldName::Effect) && section.names_risks;
    let scored_ids = has(FieldName::Id) && columns.iter().flatten().filter(|noun| noun.is_rating()).count() >= 2;
    (strong && (rated || treated || (has(FieldName::Id) && section.about_risk)))
        || (weak && rated && owned)
        || (weak && has(FieldName::Id) && treated && section.about_risk)
        || (scored_ids && owned)
        || analysed
        || indebted
}

/// A table whose subjects are nothing but grades defines a scale, whatever its columns are called. So does one that
/// begins with grades of which each stands there once, and only describes them.
fn is_scale(context: &Context<'_>, columns: &[Option<FieldName>], rows: &[Vec<Span>]) -> bool {
    let has = |noun| columns.contains(&Some(noun));
    let firsts: Vec<String> =
        rows.iter().filter_map(|row| row.first()).map(|cell| plain(context.slice(*cell))).collect();
    let begins_graded =
        columns.first().copied().flatten().is_some_and(|noun| noun.is_rating() || noun == FieldName::Priority);
    let distinct = firsts.iter().all(|text| is_bare_grade(text))
        && firsts.iter().map(|text| fold(text)).collect::<BTreeSet<_>>().len() == firsts.len();
    if begins_graded && distinct && !has(FieldName::Title) && !has(FieldName::FailureMode) && !has(FieldName::Id) {
        return true;
    }
    let subject = [FieldName::Title, FieldName::FailureMode, FieldName::Description, FieldName::Component];
    let Some(at) = subject.iter().find_map(|noun| columns.iter().position(|other| *other == Some(*noun))) else {
        return false;
    };
    let cells = texts(context, rows, at);
    let grades = cells.iter().filter(|text| is_bare_grade(text)).count();
    !cells.is_empty() && grades * 2 > cells.len()
}

/// Letters of an FMEA or of a likelihood/impact table count only beside one another.
fn name_letters(folded: &[String], columns: &mut [Option<FieldName>]) {
    let has = |letter: &str| folded.iter().any(|name| name == letter);
    let fmea = [has("s"), has("o"), has("d"), has("rpn") || has("rpz")].iter().filter(|found| **found).count() >= 2;
    let german = has("w") && has("a");
    let pair = (has("l") || has("p")) && (has("i") || has("s") || has("c"));
    for (name, column) in folded.iter().zip(columns.iter_mut()).filter(|(_, column)| column.is_none()) {
        *column = match name.as_str() {
            "s" if fmea || pair => Some(FieldName::Severity),
            "o" if fmea => Some(FieldName::Likelihood),
            "d" if fmea => Some(FieldName::Detection),
            "w" if german => Some(FieldName::Likelihood),
            "a" if german => Some(FieldName::Impact),
            "l" | "p" if pair => Some(FieldName::Likelihood),
            "i" | "c" if pair => Some(FieldName::Impact),
            _ => None,
        };
    }
    // Beside the letters of an FMEA a word tells how, and the letter how well: `Detection` and `D`.
    for letter in ["s", "o", "d"].into_iter().filter(|letter| fmea && has(letter)) {
        let Some(at) = folded.iter().position(|name| name == letter) else { continue };
        let graded = columns[at];
        let others = columns.iter_mut().enumerate().filter(|(other, noun)| *other != at && **noun == graded);
        others.for_each(|(_, noun)| *noun = None);
    }
}

/// Without any other subject a heading that begins with the word for risk is one: `Risk hotspot & evidence`.
fn name_risk(folded: &[String], columns: &mut [Option<FieldName>]) {
    use FieldName::{Component, Description, FailureMode, Title};
    if columns.iter().flatten().any(|noun| matches!(noun, Title | Description | FailureMode | Component)) {
        return;
    }
    let names =
        |name: &String| matches!(name.split(' ').next(), Some("risk" | "risiko" | "risque" | "riesgo" | "risco"));
    let at = folded
        .iter()
        .zip(columns.iter())
        .position(|(name, noun)| matches!(noun, None | Some(FieldName::Evidence)) && names(name));
    if let Some(at) = at {
        columns[at] = Some(Title);
    }
}

/// Without any other subject categories that name each row beside its description are its title.
fn name_category(context: &Context<'_>, rows: &[Vec<Span>], columns: &mut [Option<FieldName>]) {
    use FieldName::{Category, Component, Description, FailureMode, Id, Title};
    let has_subject = columns.iter().flatten().any(|noun| matches!(noun, Title | FailureMode | Component | Id));
    let Some(at) = columns.iter().position(|noun| *noun == Some(Category)) else { return };
    let names: Vec<String> = texts(context, rows, at).iter().map(|text| fold(text)).collect();
    let distinct = names.iter().collect::<BTreeSet<_>>().len() == names.len() && names.len() == rows.len();
    if at == 0 && !has_subject && columns.contains(&Some(Description)) && distinct && names.len() >= 3 {
        columns[at] = Some(Title);
    }
}

/// What the cells of a column say, the empty ones left out.
fn texts(context: &Context<'_>, rows: &[Vec<Span>], at: usize) -> Vec<String> {
    let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| plain(context.slice(*cell)));
    cells.filter(|text| !text.is_empty()).collect()
}

/// A classification that grades nothing is a category.
fn name_class(context: &Context<'_>, rows: &[Vec<Span>], columns: &mut [Option<FieldName>]) {
    let Some(at) = columns.iter().position(|noun| *noun == Some(FieldName::Level)) else { return };
    let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| plain(context.slice(*cell)));
    let mut cells = cells.filter(|text| text.chars().any(char::is_alphanumeric)).peekable();
    let grades = |text: String| matches!(read_value(FieldName::Level, &text), FieldValue::Text(_));
    if cells.peek().is_none() || !cells.all(grades) {
        return;
    }
    // `P0` grades by a code.
    let coded = texts(context, rows, at).iter().all(|text| is_bare_grade(text));
    let noun = if coded { FieldName::Priority } else { FieldName::Category };
    columns[at] = (!columns.contains(&Some(noun))).then_some(noun);
}

/// Beside a failure mode a column called "Risk" that holds nothing but grades is the level of each.
fn grade_subject(context: &Context<'_>, rows: &[Vec<Span>], columns: &mut [Option<FieldName>]) {
    let Some(at) = columns.iter().rposition(|noun| *noun == Some(FieldName::Title)) else { return };
    if !columns.contains(&Some(FieldName::FailureMode)) || columns.contains(&Some(FieldName::Level)) {
        return;
    }
    let cells = texts(context, rows, at);
    if !cells.is_empty() && cells.iter().all(|text| is_bare_grade(text)) {
        columns[at] = Some(FieldName::Level);
    }
}

/// Beside a failure mode the "item" is the part that fails.
fn name_part(folded: &[String], columns: &mut [Option<FieldName>]) {
    let has = |noun| columns.contains(&Some(noun));
    if !has(FieldName::FailureMode) || has(FieldName::Component) {
        return;
    }
    let part = columns
        .iter()
        .zip(folded)
        .position(|(noun, name)| *noun == Some(FieldName::Title) && matches!(name.as_str(), "item" | "name"));
    if let Some(at) = part {
        columns[at] = Some(FieldName::Component);
    }
}

/// Of two subjects the one that can mean nothing else is the title.
fn prefer_strong_subject(folded: &[String], columns: &mut [Option<FieldName>]) {
    let subjects: Vec<usize> = (0..columns.len()).filter(|at| columns[*at] == Some(FieldName::Title)).collect();
    let strong = subjects.iter().find(|at| folded[**at].contains("title") || folded[**at].contains("name"));
    let Some(best) = strong.or_else(|| subjects.iter().find(|at| !WEAK_SUBJECTS.contains(&folded[**at].as_str())))
    else {
        return;
    };
    for at in subjects.iter().filter(|at| *at != best) {
        let free = !columns.contains(&Some(FieldName::Description));
        columns[*at] = free.then_some(FieldName::Description);
    }
}

fn holds_ids(context: &Context<'_>, rows: &[Vec<Span>], at: usize) -> bool {
    let cells = texts(context, rows, at);
    !cells.is_empty() && cells.iter().filter(|text| is_id(text)).count() * 2 > cells.len()
}

/// The pairs of a table whose first column holds labels.
fn label_rows(context: &Context<'_>, rows: &[Vec<Span>]) -> Option<Vec<(FieldName, Span)>> {
    if rows.is_empty() || rows.iter().any(|row| row.len() != 2) {
        return None;
    }
    let named = |row: &Vec<Span>| Some((context.nouns.of(plain(context.slice(row[0])).trim_end_matches(':'))?, row[1]));
    let heading_is_pair =
        named(&rows[0]).is_some_and(|(noun, _)| noun != FieldName::Title && noun != FieldName::Description);
    let body = if heading_is_pair { rows } else { &rows[1..] };
    let mut pairs: Vec<(FieldName, Span)> = Vec::new();
    for (noun, value) in body.iter().filter_map(named) {
        if pairs.iter().any(|(other, _)| *other == noun) {
            return None;
        }
        pairs.push((noun, value));
    }
    let (share, whole) = LABELS_OUT_OF;
    (pairs.len() >= 2 && pairs.len() * whole >= body.len() * share).then_some(pairs)
}
