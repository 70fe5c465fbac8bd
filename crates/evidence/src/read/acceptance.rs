//! `acceptances`: who carries a risk, who agreed, until when, and why. All four are mandatory.

use jiff::civil::Date;
use text::{Entry, Fields, Node, Problem};

use crate::Acceptance;

use super::{Names, span_of};

/// Reads every acceptance.
pub(super) fn read_all(node: &Node, names: &Names<'_>, problems: &mut Vec<Problem>) -> Vec<Acceptance> {
    let Some(fields) = Fields::of(node, "`acceptances`", names.source, problems) else { return Vec::new() };
    fields.all().iter().filter_map(|entry| read_one(entry, names, problems)).collect()
}

fn read_one(entry: &Entry, names: &Names<'_>, problems: &mut Vec<Problem>) -> Option<Acceptance> {
    let risk = names.risk(&entry.key, entry.key_span, problems);
    let owner_words = format!("the acceptance of `{}`", entry.key);
    let mut fields = Fields::of(&entry.value, owner_words.clone(), names.source, problems)?;
    let owner = read_words(&mut fields, "owner", &owner_words);
    let approved_by = read_approver(&mut fields, &owner_words, owner.as_deref());
    let until = read_until(&mut fields, &owner_words);
    let reason = read_words(&mut fields, "reason", &owner_words);
    let span = fields.span();
    fields.finish();
    Some(Acceptance { risk: risk?, owner: owner?, approved_by: approved_by?, until: until?, reason: reason?, span })
}

/// A mandatory text that says something.
fn read_words(fields: &mut Fields<'_, '_>, key: &'static str, owner: &str) -> Option<String> {
    let words = fields.need_text(key)?.trim();
    if words.is_empty() {
        let span = span_of(fields, key);
        fields.problem("wrong-value", span, format!("`{key}` of {owner} is empty"));
        return None;
    }
    Some(words.to_owned())
}

/// Nobody approves their own risk, however they spell their name.
fn read_approver(fields: &mut Fields<'_, '_>, words: &str, owner: Option<&str>) -> Option<String> {
    let approver = read_words(fields, "approved_by", words)?;
    let folded = |name: &str| {
        let mut words: Vec<String> =
            name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        words.sort();
        words
    };
    if owner.is_some_and(|owner| folded(owner) == folded(&approver)) {
        let span = span_of(fields, "approved_by");
        fields.problem("own-approval", span, format!("{words} is approved by its own owner"));
        if let Some(problem) = fields.problems().last_mut() {
            problem.help = Some("somebody other than the owner must agree".to_owned());
        }
        return None;
    }
    Some(approver)
}

fn read_until(fields: &mut Fields<'_, '_>, owner: &str) -> Option<Date> {
    let node = fields.need("until")?;
    let text = node.as_text().map(str::trim);
    let until = text.filter(|text| is_date_shaped(text)).and_then(|text| text.parse().ok());
    if until.is_none() {
        let found = text.map_or_else(|| node.shape().to_owned(), |text| format!("`{text}`"));
        fields.problem(
            "wrong-value",
            node.span,
            format!("`until` of {owner} must be a date such as `2027-03-31`, found {found}"),
        );
    }
    until
}

/// `YYYY-MM-DD` and nothing else: a time or another order of the parts would be read in more than one way.
fn is_date_shaped(text: &str) -> bool {
    let digit = |index: usize, byte: u8| if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(|(index, byte)| digit(index, byte))
}
