//! Which failure mode a text names.

use std::collections::BTreeSet;

use system::Component;

use super::tokens::{raw, shared, telling, tells, tokens};
use crate::Mode;

/// Phrases that say by themselves that something is gone. Folded.
const DOWN: [&str; 54] = [
    "down",
    "unavailable",
    "outage",
    "crash",
    "crashes",
    "crashed",
    "crashing",
    "unreachable",
    "dies",
    "killed",
    "offline",
    "refused",
    "not responding",
    "not running",
    "not reachable",
    "not available",
    "loss of connectivity",
    "network partition",
    "partitioned",
    "evicted",
    "quorum lost",
    "suspended",
    "access denied",
    "returns 503",
    "returns 5xx",
    "returns 500",
    "5xx",
    "dead",
    "total failure",
    "hard failure",
    "oom",
    "exits",
    "process exits",
    "ausgefallen",
    "totalausfall",
    "abgesturzt",
    "sturzt ab",
    "stillstand",
    "steht still",
    "ist weg",
    "ist tot",
    "gestort",
    "defekt",
    "kaputt",
    "ausfall",
    "fallt aus",
    "absturz",
    "nicht erreichbar",
    "nicht verfugbar",
    "en panne",
    "panne",
    "indisponible",
    "hors service",
    "no disponible",
];

/// Words that say so only when nothing else stands beside them.
const DOWN_ALONE: [&str; 16] = [
    "weg", "tot", "away", "stop", "fehlt", "fail", "missing", "gone", "stops", "stopped", "lost", "broken", "fails",
    "deadlock", "arret", "restart",
];

/// Phrases of slowness that keeps nobody waiting for ever. Folded.
const MILD: [&str; 14] = [
    "slow",
    "slowness",
    "latency",
    "overload",
    "high load",
    "high cpu",
    "contention",
    "degraded performance",
    "lag",
    "lagging",
    "langsam",
    "lent",
    "lente",
    "surcharge",
];

/// Phrases of waiting without an end. Folded.
const ENDLESS: [&str; 26] = [
    "hang",
    "hangs",
    "hanging",
    "timeout",
    "timeouts",
    "times out",
    "exhausted",
    "overloaded",
    "unresponsive",
    "saturated",
    "stuck",
    "uberlastet",
    "delai depasse",
    "does not answer",
    "does not respond",
    "never answers",
    "never responds",
    "no answer",
    "no response",
    "freezes",
    "frozen",
    "blocked",
    "hangt",
    "antwortet nicht",
    "reagiert nicht",
    "blockiert",
];

/// Words that may stand beside a failure without changing it.
const BESIDE: [&str; 40] = [
    "completely",
    "complete",
    "total",
    "full",
    "whole",
    "entire",
    "region",
    "zone",
    "az",
    "datacenter",
    "host",
    "pod",
    "container",
    "replica",
    "error",
    "pool",
    "partial",
    "sudden",
    "suddenly",
    "unplanned",
    "network",
    "connectivity",
    "response",
    "request",
    "becomes",
    "goes",
    "gets",
    "has",
    "have",
    "too",
    "very",
    "high",
    "again",
    "under",
    "load",
    "peak",
    "due",
    "during",
    "query",
    "time",
];

/// Phrases that say that each instance has its own. Folded.
const SPLIT: [&str; 13] = [
    "per instance",
    "per process",
    "process local",
    "instance local",
    "in memory",
    "not shared",
    "each instance",
    "split",
    "local state",
    "per replica",
    "je instanz",
    "pro instanz",
    "jede instanz",
];

/// Numbers as words, each with those of other languages. Folded.
const NUMBERS: [&[&str]; 10] = [
    &["one", "a", "an", "single", "1", "ein", "eine", "einer", "eines", "un", "une"],
    &["two", "2", "zwei", "deux"],
    &["three", "3", "drei", "trois"],
    &["four", "4", "vier", "quatre"],
    &["five", "5", "funf", "cinq"],
    &["six", "6", "sechs"],
    &["seven", "7", "sieben", "sept"],
    &["eight", "8", "acht", "huit"],
    &["nine", "9", "neun", "neuf"],
    &["ten", "10", "zehn", "dix"],
];

/// Words for what there are several of; what they mean when no number stands there. Folded.
const UNITS: [&str; 22] = [
    "replica",
    "node",
    "server",
    "host",
    "machine",
    "pod",
    "worker",
    "vm",
    "task",
    "instance",
    "broker",
    "replik",
    "knoten",
    "noeud",
    "shard",
    "member",
    "container",
    "runner",
    "instanz",
    "instanzen",
    "replikate",
    "agent",
];
const ALONE: [&str; 5] = ["pod", "instance", "replica", "container", "instanz"];

/// Words for all of several. Folded.
const EACH: [&str; 9] = ["all", "both", "every", "each", "alle", "beide", "samtliche", "tous", "toutes"];

fn says(text: &[String], phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let words: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
        super::tokens::stands_in(&words, text)
    })
}

/// Whether a text speaks of slowness, and not of waiting without an end.
pub(super) fn is_mild(text: &str) -> bool {
    !says(&raw(text), &ENDLESS)
}

/// Of how many of its replicas a text speaks: `one node`, `two of three`, `1/3 down`, `pod crash`; `None` when it does not
/// say, or speaks of all. `own` are words that the component is called by.
pub(super) fn lost(text: &str, own: &BTreeSet<String>) -> Option<u32> {
    let words = raw(text);
    if words.iter().any(|word| EACH.contains(&word.as_str())) {
        return None;
    }
    let number = |word: &String| NUMBERS.iter().position(|all| all.contains(&word.as_str())).map(|at| at as u32 + 1);
    let is_unit = |word: &String| {
        let one = word.strip_suffix('s').unwrap_or(word);
        UNITS.contains(&one) || tokens(word).iter().any(|token| own.contains(token) && tells(token))
    };
    for (at, word) in words.iter().enumerate() {
        let Some(count) = number(word) else { continue };
        let is_share = match words.get(at + 1).map(String::as_str) {
            Some("of" | "von") => words.iter().skip(at + 2).take(3).any(|word| number(word).is_some() || is_unit(word)),
            Some(_) => {
                text.contains(&format!("{word}/")) && words.get(at + 1).is_some_and(|next| number(next).is_some())
            }
            None => false,
        };
        if is_share || words.iter().skip(at + 1).take(2).any(is_unit) {
            return Some(count);
        }
    }
    words.iter().any(|word| ALONE.contains(&word.as_str())).then_some(1)
}

/// Whether a text speaks of a state that each instance has for itself.
pub(super) fn is_split(text: &str) -> bool {
    let words = raw(text);
    says(&words, &SPLIT) && !says(&words, &DOWN)
}

/// How well a text names a mode of a component: 0 for not at all. `own` are the words of the component and of its row.
pub(super) fn score(mode: &Mode, component: &Component, text: &str, own: &BTreeSet<String>) -> usize {
    let words = raw(text);
    match mode {
        Mode::Split => usize::from(is_split(text)) * 3,
        Mode::Named(name, _) if raw(name).iter().any(|word| word == "split") => usize::from(is_split(text)) * 3,
        Mode::Named(name, _) => {
            let name: BTreeSet<String> =
                telling(name).into_iter().filter(|word| !raw(component.id.as_str()).contains(word)).collect();
            shared(&name, &telling(text)) * 2
        }
        Mode::Down | Mode::Slow if is_split(text) => 0,
        Mode::Down => plain(text, &words, own, (&[&DOWN], &DOWN_ALONE)),
        Mode::Slow => plain(text, &words, own, (&[&MILD, &ENDLESS], &[])),
    }
}

/// A phrase that says it, and hardly anything beside it; or a word that says it with nothing beside it.
fn plain(text: &str, words: &[String], own: &BTreeSet<String>, (phrases, alone): (&[&[&str]], &[&str])) -> usize {
    let all = phrases.iter().copied().flatten();
    let known: BTreeSet<&str> = all.chain(alone).flat_map(|phrase| phrase.split(' ')).collect();
    let is_beside = |word: &&String| {
        let is_number = NUMBERS.iter().any(|all| all.contains(&word.as_str()));
        let is_known = known.contains(word.as_str()) || BESIDE.contains(&word.as_str());
        tells(word) && !is_number && !is_known && !own.contains(*word)
    };
    let tokens = tokens(text);
    let beside = tokens.iter().filter(is_beside).count();
    if phrases.iter().any(|phrases| says(words, phrases)) && beside <= 2 {
        return 1;
    }
    // `no runner process` of a runner.
    let says_none = words.first().is_some_and(|word| word == "no")
        && tokens.iter().any(|word| own.contains(word))
        && !alone.is_empty();
    usize::from(beside == 0 && (says_none || tokens.iter().chain(words).any(|word| alone.contains(&word.as_str()))))
}
