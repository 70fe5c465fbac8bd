//! Names that stay when titles move: a risk without an id is known by the name that `aliases` of `seaworthy.yaml` gives it.

use std::collections::BTreeMap;

use text::{Problem, Severity, Source, Span};

use crate::fold::{fold, stems};
use crate::merge::likeness;
use crate::model::{Register, Risk};

/// Of the telling words of the shorter title, this share must stand in the other one for it to be the same risk.
const ENOUGH_ALIKE: f64 = 0.5;

/// Gives risks without an id the names kept for them. `aliases` maps a name to the title it was given for, and where that
/// stands in `file`. A title that moved is a warning; one that is nowhere any more is one too.
pub fn keep_names(
    registers: &mut [Register],
    aliases: &BTreeMap<String, (String, Span)>,
    file: &Source,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, (title, span)) in aliases {
        let all = || registers.iter().flat_map(|register| register.risks.iter());
        if all().any(|risk| risk.id_is_written && risk.id.eq_ignore_ascii_case(name)) {
            continue;
        }
        if let Some(place) = exact(registers, title) {
            rename(registers, place, name);
            continue;
        }
        match nearest(registers, name, title, aliases) {
            Some((at, index)) => {
                let moved = &registers[at].risks[index];
                let message = format!("`{title}` is called `{}` now; the name `{name}` stays with it", moved.title);
                let help =
                    format!("if that is the same risk, write `{name}: \"{}\"`; if not, remove the line", moved.title);
                problems.push(
                    Problem::at(Severity::Warning, "title-moved", file, *span, message)
                        .with_related(&registers[at].source, moved.span(), "the title as it is now")
                        .with_help(help),
                );
                rename(registers, (at, index), name);
            }
            None => {
                let message = format!("no register lists `{title}` any more");
                let help = "remove the line, and the claims of that name, or write the title as it is now";
                problems.push(Problem::at(Severity::Warning, "title-moved", file, *span, message).with_help(help));
            }
        }
    }
    problems
}

fn exact(registers: &[Register], title: &str) -> Option<(usize, usize)> {
    let folded = fold(title);
    find(registers, |risk| !risk.id_is_written && fold(&risk.title) == folded)
}

fn find(registers: &[Register], is_it: impl Fn(&Risk) -> bool) -> Option<(usize, usize)> {
    registers.iter().enumerate().find_map(|(at, register)| Some((at, register.risks.iter().position(&is_it)?)))
}

/// The one risk without an id whose title is the most alike and that no other alias names.
fn nearest(
    registers: &[Register],
    name: &str,
    title: &str,
    aliases: &BTreeMap<String, (String, Span)>,
) -> Option<(usize, usize)> {
    let words = stems(title);
    let claimed = |risk: &Risk| {
        aliases.iter().any(|(other, (title, _))| {
            other != name && (other.eq_ignore_ascii_case(&risk.id) || fold(title) == fold(&risk.title))
        })
    };
    let mut best: Option<(f64, (usize, usize))> = None;
    let mut is_tie = false;
    for (at, register) in registers.iter().enumerate() {
        for (index, risk) in register.risks.iter().enumerate().filter(|(_, risk)| !risk.id_is_written) {
            let alike = likeness(&words, &stems(&risk.title));
            if alike < ENOUGH_ALIKE || claimed(risk) {
                continue;
            }
            match best {
                Some((score, _)) if alike < score => {}
                Some((score, _)) if alike == score => is_tie = true,
                _ => {
                    best = Some((alike, (at, index)));
                    is_tie = false;
                }
            }
        }
    }
    best.filter(|_| !is_tie).map(|(_, place)| place)
}

fn rename(registers: &mut [Register], (at, index): (usize, usize), name: &str) {
    let risk = &mut registers[at].risks[index];
    if risk.id != name {
        let old = std::mem::replace(&mut risk.id, name.to_owned());
        risk.aliases.push(old);
        risk.aliases.retain(|alias| !alias.eq_ignore_ascii_case(name));
    }
}
