//! What a text says that a failure does.

use std::collections::BTreeSet;

use super::tokens::raw;
use crate::Outcome;

/// One thing that a text may say of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// Nothing works there any more.
    Fails,
    /// It works with less.
    Degrades,
    /// It works later.
    Delays,
    /// Data goes.
    Loses,
    /// Doors are open.
    Exposes,
    /// Nobody sees it.
    Blinds,
    /// Nobody notices.
    Nothing,
}

impl Told {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fails => "a failure",
            Self::Degrades => "a degradation",
            Self::Delays => "a delay",
            Self::Loses => "a loss of data",
            Self::Exposes => "an exposure",
            Self::Blinds => "blindness",
            Self::Nothing => "no effect",
        }
    }

    /// Whether the worst that a flow feels may be told so.
    pub(super) fn fits(self, worst: Outcome) -> bool {
        match self {
            Self::Fails => matches!(worst, Outcome::Down | Outcome::Hangs | Outcome::Wrong),
            Self::Degrades => matches!(worst, Outcome::Degraded | Outcome::Stale | Outcome::Late | Outcome::Wrong),
            Self::Delays => matches!(worst, Outcome::Late | Outcome::Degraded | Outcome::Stale),
            Self::Loses => worst == Outcome::Lost,
            Self::Exposes => matches!(worst, Outcome::Exposed | Outcome::Wrong),
            Self::Blinds => matches!(worst, Outcome::Blind | Outcome::Late | Outcome::Degraded),
            Self::Nothing => matches!(worst, Outcome::Unaffected | Outcome::Late),
        }
    }
}

/// Phrases that hold a negation and tell something all the same. Folded.
const WHOLE: [(Told, &[&str]); 3] = [
    (
        Told::Blinds,
        &[
            "no error tracking",
            "no alert",
            "no alerts",
            "no visibility",
            "unnoticed",
            "silently",
            "not monitored",
            "no monitoring",
            "nobody notices",
            "no one notices",
            "no error notification",
        ],
    ),
    (
        Told::Nothing,
        &[
            "no impact",
            "no user impact",
            "no effect",
            "no customer impact",
            "keine auswirkung",
            "keine auswirkungen",
            "unaffected",
            "keep running",
            "keeps running",
            "not affected",
            "aucun impact",
            "none",
            "sans impact",
        ],
    ),
    (
        Told::Fails,
        &[
            "no access",
            "never run",
            "never runs",
            "cannot",
            "can not",
            "can t",
            "not available",
            "not possible",
            "nothing works",
            "no longer",
            "no service",
            "nobody can",
            "no one can",
            "never execute",
            "nicht erreichbar",
            "nicht mehr",
            "nicht moglich",
            "logged out",
            "no orders",
            "no sales",
            "no logins",
        ],
    ),
];

/// Words by what they tell; a word of a text begins with one of them. Folded.
const WORDS: [(Told, &[&str]); 5] = [
    (
        Told::Exposes,
        &[
            "attack",
            "csrf",
            "ddos",
            "bypass",
            "leak",
            "breach",
            "expos",
            "ineffective",
            "unauthor",
            "injection",
            "privilege",
        ],
    ),
    (Told::Loses, &["lost", "loss", "lose", "gone", "verloren", "perdu", "datenverlust"]),
    (Told::Delays, &["late", "delay", "stau", "lag", "backlog", "spater", "retard"]),
    (
        Told::Degrades,
        &[
            "degrad",
            "slow",
            "latency",
            "stale",
            "performance",
            "langsam",
            "veraltet",
            "lent",
            "ralenti",
            "reduced",
            "partial",
        ],
    ),
    (
        Told::Fails,
        &[
            "fail",
            "down",
            "unavailable",
            "outage",
            "unable",
            "broken",
            "crash",
            "stop",
            "error",
            "ausfall",
            "fallt",
            "panne",
            "indisponible",
            "blocked",
            "dies",
            "dead",
            "impossible",
            "unmoglich",
            "reject",
            "dropped",
            "stillstand",
        ],
    ),
];

/// Words behind which nothing is told.
const NEGATIONS: [&str; 14] = [
    "no", "not", "never", "nothing", "without", "none", "kein", "keine", "keiner", "nicht", "nichts", "aucun",
    "aucune", "sans",
];

/// What is lost and is no data.
const NO_DATA: [&str; 6] = ["session", "connection", "connectivity", "access", "login", "time"];

/// Everything that a text tells; nothing when it does not say.
pub(super) fn told(text: &str) -> BTreeSet<Told> {
    let mut all = BTreeSet::new();
    if matches!(text.trim(), "-" | "–" | "—" | "n/a" | "N/A") {
        return all;
    }
    for clause in clauses(text) {
        of_clause(&raw(clause), &mut all);
    }
    // `Visits impossible, records unaffected` tells of a failure.
    if all.len() > 1 {
        all.remove(&Told::Nothing);
    }
    all
}

/// The parts of a text that each tell one thing.
pub(super) fn clauses(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ':', '.', '(', ')', '/']).flat_map(|clause| clause.split(" but "))
}

fn of_clause(words: &[String], all: &mut BTreeSet<Told>) {
    let phrase = |phrase: &&str| {
        let wanted: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
        super::tokens::stands_in(&wanted, words)
    };
    let whole: Vec<Told> =
        WHOLE.iter().filter(|(_, phrases)| phrases.iter().any(phrase)).map(|(told, _)| *told).collect();
    if !whole.is_empty() {
        all.extend(whole);
        return;
    }
    if words.iter().any(|word| NEGATIONS.contains(&word.as_str())) {
        return;
    }
    for (told, begins) in WORDS {
        let is_it = |(at, word): (usize, &String)| {
            let next = words.get(at + 1).map_or("", String::as_str);
            let previous = at.checked_sub(1).map_or("", |at| words[at].as_str());
            let is_other = match told {
                // `error rate rises`, `failover works`.
                Told::Fails => next.starts_with("rate") || next == "over",
                Told::Loses => [next, previous].iter().any(|word| NO_DATA.iter().any(|other| word.starts_with(other))),
                Told::Exposes => word.starts_with("leak") && previous == "memory",
                _ => false,
            };
            !is_other && begins.iter().any(|begin| is_word(word, begin))
        };
        if words.iter().enumerate().any(is_it) {
            all.insert(told);
        }
    }
}

/// Short words stand as they are, or with an ending; long ones begin a word.
fn is_word(word: &str, begin: &str) -> bool {
    // German for a store.
    if word == "lager" {
        return false;
    }
    let Some(rest) = word.strip_prefix(begin) else { return false };
    begin.len() > 5
        || matches!(
            rest,
            "" | "s"
                | "r"
                | "e"
                | "ed"
                | "d"
                | "er"
                | "ing"
                | "ging"
                | "es"
                | "time"
                | "ped"
                | "ping"
                | "ness"
                | "ly"
                | "en"
        )
}

/// Whether a text says that everything of a kind is hit.
pub(super) fn says_all(text: &str) -> bool {
    raw(text).iter().any(|word| {
        matches!(
            word.as_str(),
            "all" | "every" | "entire" | "whole" | "everything" | "everyone" | "alle" | "tout" | "tous"
        )
    })
}

/// Whether a text says that nothing is left.
pub(super) fn says_total(text: &str) -> bool {
    const TOTAL: [&str; 13] = [
        "complete",
        "full",
        "total",
        "nothing",
        "nobody",
        "site",
        "platform",
        "everything",
        "everyone",
        "outage",
        "totalausfall",
        "gesamtausfall",
        "komplett",
    ];
    says_all(text) || raw(text).iter().any(|word| TOTAL.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_tell_several_things_and_negations_nothing() {
        let of = |text: &str| told(text).into_iter().collect::<Vec<_>>();
        assert_eq!(of("Checkout unavailable, browsing slower"), [Told::Fails, Told::Degrades]);
        assert_eq!(of("DDoS attack or memory leak takes the site down"), [Told::Fails, Told::Exposes]);
        assert_eq!(of("No orders, no data loss"), [Told::Fails]);
        assert_eq!(of("Error rate rises slightly"), []);
        assert_eq!(of("Downloads arrive later"), [Told::Delays]);
        assert_eq!(of("nothing is lost, no errors"), []);
        assert_eq!(of("User session lost"), []);
        assert_eq!(of("Event data loss"), [Told::Loses]);
        assert_eq!(of("No user impact"), [Told::Nothing]);
        assert_eq!(of("Visits impossible; records unaffected"), [Told::Fails]);
        assert_eq!(of("Old patch is downloaded, photo quality downgraded, Lager"), []);
        assert_eq!(of("Downtime of ten minutes"), [Told::Fails]);
        assert_eq!(of("No error tracking"), [Told::Blinds]);
        assert_eq!(of("Dienst fällt aus"), [Told::Fails]);
    }
}
