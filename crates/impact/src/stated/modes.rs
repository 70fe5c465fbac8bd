//! Which failure mode a text names.

use std::collections::BTreeSet;

use system::Component;

use super::tokens::{raw, shared, telling, tells, tokens};
use crate::Mode;

/// Phrases that say by themselves that something is gone. Folded.
const DOWN: [&str; 41] = [
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
const DOWN_ALONE: [&str; 11] =
    ["fail", "missing", "gone", "stops", "stopped", "lost", "broken", "fails", "deadlock", "arret", "restart"];

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
const ENDLESS: [&str; 13] = [
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
const SPLIT: [&str; 10] = [
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
];

/// Words for one of several, and for what there are several of. Folded.
const ONE: [&str; 9] = ["one", "a", "an", "single", "1", "ein", "eines", "un", "une"];
const UNITS: [&str; 16] = [
    "replica", "node", "server", "host", "machine", "pod", "worker", "vm", "task", "instance", "broker", "replik",
    "knoten", "noeud", "shard", "member",
];

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

/// Whether a text speaks of one of several replicas: `one node`, `1 of 3 pods`, `a runner host`.
pub(super) fn is_of_one(text: &str) -> bool {
    let words = raw(text);
    let is_unit = |word: &String| UNITS.contains(&word.strip_suffix('s').unwrap_or(word));
    words.iter().enumerate().any(|(at, word)| {
        let window = if words.get(at + 1).is_some_and(|next| next == "of") { 4 } else { 2 };
        ONE.contains(&word.as_str()) && words.iter().skip(at + 1).take(window).any(is_unit)
    })
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
        tells(word) && !known.contains(word.as_str()) && !BESIDE.contains(&word.as_str()) && !own.contains(*word)
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
