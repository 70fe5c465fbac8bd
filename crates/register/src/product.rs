//! Products whose factors the document names once: `Impact (1-5) × Likelihood (1-5)` above, `4×3=12` in every row.

use text::Span;

use crate::draft::Context;
use crate::fold::with_folded;
use crate::model::Risk;
use crate::noun::FieldName;

/// The most lines with a product among which the names of its factors are looked for.
const MAX_LINES: usize = 1_000;
/// How far before a score its factors may stand.
const MAX_BEFORE: usize = 40;

/// Gives the risks that state no factors those of their product.
pub(crate) fn name_factors(risks: &mut [Risk], context: &Context<'_>) {
    let Some(order) = order(context) else { return };
    for risk in risks {
        let states = |noun| risk.fields.get(noun).is_some();
        if states(FieldName::Likelihood) || states(FieldName::Impact) || states(FieldName::Severity) {
            continue;
        }
        let Some(factors) = risk.fields.get(FieldName::Score).and_then(|score| factors(context, score.span)) else {
            continue;
        };
        for (noun, span) in order.into_iter().zip(factors) {
            risk.fields.insert(noun, context.field(noun, span, None));
        }
    }
}

/// Which factor comes first, from the first line that multiplies one with the other.
fn order(context: &Context<'_>) -> Option<[FieldName; 2]> {
    let mut from = 0;
    for _ in 0..MAX_LINES {
        let at = from + context.text[from..].find('×')?;
        let start = context.text[from..at].rfind(['\n', '\r']).map_or(from, |end| from + end + 1);
        let end = context.text[at..].find(['\n', '\r']).map_or(context.text.len(), |end| at + end);
        let factor = |side: &str, last: bool| {
            let mut words = side.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
            let named = |word| context.nouns.of(word).filter(|noun| is_factor(*noun));
            if last { words.rev().find_map(named) } else { words.find_map(named) }
        };
        let pair = (factor(&context.text[start..at], true), factor(&context.text[at..end], false));
        if let (Some(first), Some(second)) = pair
            && (first == FieldName::Likelihood) != (second == FieldName::Likelihood)
        {
            return Some([first, second]);
        }
        from = end;
    }
    None
}

fn is_factor(noun: FieldName) -> bool {
    matches!(noun, FieldName::Likelihood | FieldName::Impact | FieldName::Severity)
}

/// The two numbers whose product a score is, within it or right before it.
fn factors(context: &Context<'_>, score: Span) -> Option<[Span; 2]> {
    let start = context.text.floor_char_boundary(score.start.saturating_sub(MAX_BEFORE));
    let before = &context.text[start..score.end];
    let start = start + before[..score.start - start].rfind(['(', '|', '·', '\n', '\r']).map_or(0, |at| at + 1);
    let mut numbers = Vec::new();
    let mut at = start;
    for piece in context.text[start..score.end].split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_digit());
        if !digits.is_empty() {
            numbers.push((digits.parse::<u32>().ok()?, Span::new(at, at + digits.len())));
        }
        at += piece.len();
    }
    let [(first, left), (second, right), (product, _)] = numbers[..] else { return None };
    let between = context.slice(Span::new(left.end, right.start));
    let is_product = with_folded(between, |word| word.is_empty() || word == "x") && between.contains(['×', 'x', '*']);
    (is_product && first.checked_mul(second) == Some(product)).then_some([left, right])
}
