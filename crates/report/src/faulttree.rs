//! What was found in a fault tree, for terminals and as JSON.

use std::fmt::Write as _;

use ::faulttree::{Bracket, CutSet, Importance, Solution, Uncertainty};
use serde_json::{Value as Json, json};

use crate::views::{Bar, bars};
use crate::wire::pretty;

/// Name and version of the shape of `impact --openpsa --format json`.
const FAULT_TREE_SCHEMA: &str = "seaworthy.faulttree/1";

/// Rows of the importance table for people; JSON has all.
const MAX_ROWS: usize = 20;

/// One solved gate with everything that was asked about it.
#[derive(Debug)]
pub struct SolvedTree<'s> {
    /// The model's name.
    pub model: &'s str,
    /// The gate.
    pub top: &'s str,
    /// Gates and events that it depends on, before simplification.
    pub size: (usize, usize),
    /// What was found.
    pub solution: &'s Solution,
    /// Events without a probability.
    pub without_probability: &'s [String],
    /// The first minimal cut sets, when they could be held.
    pub listed: Option<Vec<CutSet>>,
    /// Importance measures, when they were asked for and could be computed.
    pub importance: Option<Vec<Importance>>,
    /// Uncertainty, when it was asked for and could be computed.
    pub uncertainty: Option<Uncertainty>,
    /// What was not read, and what could not be given, in words.
    pub notes: Vec<String>,
}

/// The word for what a bracket is worth.
fn word(bracket: Bracket) -> &'static str {
    if bracket.width() > Bracket::DECIDED { "not decided" } else { "bracket" }
}

/// For people.
pub fn fault_tree_text(solved: &SolvedTree<'_>) -> String {
    let Solution { probability, exact, cut_sets, .. } = solved.solution;
    let mut text = format!("{}: {} ({} gates, {} events)\n\n", solved.model, solved.top, solved.size.0, solved.size.1);
    let line = |text: &mut String, name: &str, value: &str| {
        let _ = writeln!(text, "{name:<18} {value}");
    };
    if !solved.without_probability.is_empty() {
        let names = solved.without_probability.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let count = solved.without_probability.len();
        line(
            &mut text,
            "top probability",
            &format!("not known: {count} events have none ({names}{})", if count > 5 { ", .." } else { "" }),
        );
    } else if *exact {
        line(&mut text, "top probability", &format!("{:.16e}  exact", probability.low));
    } else {
        let Bracket { low, high } = *probability;
        let width = probability.width() * 100.0;
        line(
            &mut text,
            "top probability",
            &format!("{low:.9e} .. {high:.9e}  {}: {width:.1e} % wide", word(*probability)),
        );
    }
    match cut_sets {
        Some(counted) => {
            line(&mut text, "minimal cut sets", &counted.total.to_string());
            let orders = counted.by_order.iter().enumerate().filter(|(_, count)| count.bits() > 0);
            for (order, count) in orders {
                line(&mut text, &format!("  of order {order}"), &count.to_string());
            }
        }
        None => line(&mut text, "minimal cut sets", "not counted within the limit"),
    }
    if !solved.solution.coherent && *exact {
        text.push_str("The tree is not coherent: the sets are the minimal positive parts, not prime implicants.\n");
    }
    listed_text(&mut text, solved);
    importance_text(&mut text, solved);
    uncertainty_text(&mut text, solved);
    for note in &solved.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn listed_text(text: &mut String, solved: &SolvedTree<'_>) {
    let Some(listed) = solved.listed.as_ref().filter(|listed| !listed.is_empty()) else { return };
    let _ = writeln!(text, "\nThe first {}", listed.len());
    for set in listed {
        let events =
            if set.events.is_empty() { "(nothing needs to happen)".to_owned() } else { set.events.join(" · ") };
        let _ = writeln!(text, "  {:.4e}  {events}", set.probability);
    }
}

fn importance_text(text: &mut String, solved: &SolvedTree<'_>) {
    let Some(importance) = &solved.importance else { return };
    let mut rows: Vec<&Importance> = importance.iter().collect();
    rows.sort_by(|left, right| right.criticality.total_cmp(&left.criticality).then(left.event.cmp(&right.event)));
    let _ = writeln!(
        text,
        "\n{:<24} {:>10} {:>10} {:>11} {:>10} {:>10} {:>10}",
        "Importance", "p", "Birnbaum", "criticality", "F-Vesely", "RAW", "RRW"
    );
    for row in rows.iter().take(MAX_ROWS) {
        let fussell = row.fussell_vesely.map_or("-".to_owned(), |value| {
            if value.low == value.high {
                format!("{:.4}", value.low)
            } else {
                format!("{:.2}..{:.2}", value.low, value.high)
            }
        });
        let _ = writeln!(
            text,
            "{:<24} {:>10.3e} {:>10.3e} {:>11.4} {fussell:>10} {:>10.4} {:>10.4}",
            row.event, row.probability, row.birnbaum, row.criticality, row.achievement_worth, row.reduction_worth
        );
    }
    if rows.len() > MAX_ROWS {
        let _ = writeln!(text, "and {} more, in --format json", rows.len() - MAX_ROWS);
    }
}

fn uncertainty_text(text: &mut String, solved: &SolvedTree<'_>) {
    let Some(found) = &solved.uncertainty else { return };
    let _ = writeln!(text, "\nUncertainty: {} samples, seed {}", found.samples, found.seed);
    let _ = writeln!(
        text,
        "  mean {:.6e} (95 %: {:.6e} .. {:.6e}), deviation {:.3e}",
        found.mean, found.mean_interval.0, found.mean_interval.1, found.deviation
    );
    let [low, middle, high] = found.quantiles;
    let _ = writeln!(text, "  5 % {low:.6e}, median {middle:.6e}, 95 % {high:.6e}");
    if found.clamped > 0 {
        let _ = writeln!(text, "  {} draws lay outside of 0..1 and were moved to the nearer end", found.clamped);
    }
}

/// As JSON, with a final line break.
pub fn fault_tree_json(solved: &SolvedTree<'_>) -> String {
    let Solution { probability, exact, cut_sets, coherent, .. } = solved.solution;
    let known = *exact && solved.without_probability.is_empty();
    let by_order: Option<serde_json::Map<String, Json>> = cut_sets.as_ref().map(|counted| {
        let orders = counted.by_order.iter().enumerate().filter(|(_, count)| count.bits() > 0);
        orders.map(|(order, count)| (order.to_string(), json!(count.to_string()))).collect()
    });
    let mut whole = json!({
        "schema": FAULT_TREE_SCHEMA,
        "model": solved.model,
        "top": solved.top,
        "gates": solved.size.0,
        "events": solved.size.1,
        "top_probability": known.then_some(probability.low),
        "exact": exact,
        "bracket": {"low": probability.low, "high": probability.high, "width": probability.width(), "word": if *exact { "exact" } else { word(*probability) }},
        "cut_sets": cut_sets.as_ref().map(|counted| counted.total.to_string()),
        "cut_sets_by_order": by_order,
        "coherent": exact.then_some(coherent),
        "without_probability": solved.without_probability,
        "notes": solved.notes,
    });
    if let Some(listed) = &solved.listed {
        let set = |set: &CutSet| json!({"events": set.events, "probability": set.probability});
        whole["listed"] = json!(listed.iter().map(set).collect::<Vec<_>>());
    }
    if let Some(importance) = &solved.importance {
        whole["importance"] = json!(importance.iter().map(importance_json).collect::<Vec<_>>());
    }
    if let Some(found) = &solved.uncertainty {
        whole["uncertainty"] = json!({
            "samples": found.samples,
            "seed": found.seed,
            "mean": found.mean,
            "mean_interval": [found.mean_interval.0, found.mean_interval.1],
            "deviation": found.deviation,
            "quantiles": {"0.05": found.quantiles[0], "0.5": found.quantiles[1], "0.95": found.quantiles[2]},
            "histogram": found.histogram.iter().map(|(from, count)| json!({"from": from, "count": count})).collect::<Vec<_>>(),
            "clamped": found.clamped,
        });
    }
    pretty(&whole)
}

/// Ratios that are infinite are `null`: JSON has no word for them.
fn importance_json(one: &Importance) -> Json {
    json!({
        "event": one.event,
        "probability": one.probability,
        "birnbaum": one.birnbaum,
        "criticality": one.criticality,
        "diagnostic": one.diagnostic,
        "fussell_vesely": one.fussell_vesely.map(|value| json!({"low": value.low, "high": value.high})),
        "raw": one.achievement_worth,
        "rrw": one.reduction_worth.is_finite().then_some(one.reduction_worth),
    })
}

/// The criticality of every event as a bar, what matters most first. `None` without importance.
pub fn fault_tree_bars(solved: &SolvedTree<'_>) -> Option<String> {
    let mut events: Vec<&Importance> = solved.importance.as_ref()?.iter().collect();
    events.sort_by(|left, right| right.criticality.total_cmp(&left.criticality).then(left.event.cmp(&right.event)));
    let bar = |event: &&Importance| Bar {
        name: event.event.clone(),
        share: event.criticality,
        figure: format!("criticality {:.4}, Birnbaum {:.3e}", event.criticality, event.birnbaum),
    };
    let title = format!("{}: how much of the probability of {} goes without each event", solved.model, solved.top);
    Some(bars(&title, &events.iter().map(bar).collect::<Vec<_>>()))
}
