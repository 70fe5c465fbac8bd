//! What a text says that a failure does.

use std::collections::BTreeSet;

use super::clauses::{Clause, Course, clauses, is_denied, is_negated, is_stopped};
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
            "unnoticed",
            "nobody notices",
            "no one notices",
            "no impact",
            "no user impact",
            "no effect",
            "no customer impact",
            "keine auswirkung",
            "keine auswirkungen",
            "nobody is affected",
            "no one is affected",
            "niemand betroffen",
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
            "stranger",
            "anybody",
            "forge",
            "impersonat",
            "stolen",
            "unbefugt",
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
            "hang",
            "freez",
            "frozen",
            "stuck",
            "timeout",
            "unavailable",
            "outage",
            "unable",
            "broken",
            "crash",
            "stop",
            "error",
            "ausfall",
            "ausgefallen",
            "totalausfall",
            "fehlschl",
            "fehl",
            "bricht",
            "abbruch",
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

/// What is done for people, so that `no invoice is issued` tells of a failure. Folded.
const DONE: [&str; 19] = [
    "issued",
    "sent",
    "charged",
    "processed",
    "delivered",
    "created",
    "booked",
    "built",
    "deployed",
    "released",
    "paid",
    "published",
    "accepted",
    "answered",
    "gebucht",
    "bearbeitet",
    "verschickt",
    "gesendet",
    "ausgeliefert",
];

/// What is lost and is no data.
const NO_DATA: [&str; 6] = ["session", "connection", "connectivity", "access", "login", "time"];

/// Everything that a text tells; nothing when it does not say.
pub(super) fn told(text: &str) -> BTreeSet<Told> {
    let mut all = BTreeSet::new();
    if matches!(text.trim(), "-" | "–" | "—" | "n/a" | "N/A") {
        return all;
    }
    let mut begins_with = None;
    let mut is_unclear = false;
    for clause in pieces(text) {
        let words = raw(clause);
        if words.is_empty() {
            continue;
        }
        let own = of_clause(&words);
        begins_with.get_or_insert_with(|| own.clone());
        is_unclear |= own.is_empty() && words.len() > 1;
        all.extend(own);
    }
    // `Visits impossible, records unaffected` tells of a failure; `records unaffected, visits wait` of something else.
    let begins_with_nothing = begins_with.is_some_and(|told| told.contains(&Told::Nothing));
    let tells_other = all.iter().any(|told| !matches!(told, Told::Nothing | Told::Blinds));
    if tells_other || (is_unclear && !begins_with_nothing) {
        all.remove(&Told::Nothing);
    }
    all
}

/// The parts of a text that each tell one thing.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ':', '.', '(', ')', '/']).flat_map(|clause| clause.split(" but "))
}

/// The clauses of a text in which something is amiss, and those in which something goes on.
pub(super) fn courses(text: &str) -> Vec<Clause<'_>> {
    let tells_harm = |words: &[String]| of_clause(words).iter().any(|told| *told != Told::Nothing);
    clauses(text, &tells_harm)
}

/// A text without the clauses in which something goes on.
pub(super) fn amiss(text: &str) -> String {
    let amiss = courses(text).into_iter().filter(|clause| clause.course == Course::Amiss);
    amiss.map(|clause| clause.text).collect::<Vec<_>>().join(", ")
}

fn of_clause(words: &[String]) -> BTreeSet<Told> {
    // `Nobody` alone.
    if matches!(words, [one] if matches!(one.as_str(), "nobody" | "none" | "nothing" | "niemand" | "keine"))
        || matches!(words, [no, one] if no == "no" && one == "one")
    {
        return BTreeSet::from([Told::Nothing]);
    }
    let whole = whole(words);
    if whole.is_empty() && is_stopped(words) && !words.iter().any(|word| is_told(word)) {
        return BTreeSet::from([Told::Fails]);
    }
    // `Records are lost and cannot be recovered` tells two things.
    let parts = words.split(|word| matches!(word.as_str(), "and" | "und" | "et"));
    parts.flat_map(of_part).chain(whole.into_iter().filter(|told| *told != Told::Fails)).collect()
}

fn is_told(word: &str) -> bool {
    WORDS.iter().any(|(_, begins)| begins.iter().any(|begin| is_word(word, begin)))
}

fn whole(words: &[String]) -> BTreeSet<Told> {
    let phrase = |phrase: &&str| {
        let wanted: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
        super::tokens::stands_in(&wanted, words)
    };
    WHOLE.iter().filter(|(_, phrases)| phrases.iter().any(phrase)).map(|(told, _)| *told).collect()
}

fn of_part(words: &[String]) -> BTreeSet<Told> {
    let whole = whole(words);
    if !whole.is_empty() {
        return whole;
    }
    if is_negated(words) {
        let is_left_undone = is_denied(words) && words.iter().any(|word| DONE.contains(&word.as_str()));
        return if is_left_undone { BTreeSet::from([Told::Fails]) } else { BTreeSet::new() };
    }
    let mut all = BTreeSet::new();
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
    all
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
        for fails in [
            "No calls can be charged at all",
            "Nothing works",
            "No ride can be requested",
            "Kein Buchen möglich",
            "Patienten können nicht buchen",
            "The invoice run fails and no invoice is issued",
            "No invoice is issued",
            "Totalausfall",
            "Der Lauf bricht ab",
            "schlägt fehl",
        ] {
            assert_eq!(of(fails), [Told::Fails], "{fails}");
        }
        for nothing in [
            "Nobody",
            "No one",
            "None",
            "Nobody is affected",
            "Nobody, builds continue from the queue",
            "None, tokens are checked offline",
        ] {
            assert_eq!(of(nothing), [Told::Nothing], "{nothing}");
        }
        assert_eq!(of("Call records are lost for good and cannot be invoiced"), [Told::Fails, Told::Loses]);
        assert_eq!(of("Only balance queries wait. Charging is not affected"), []);
        assert_eq!(of("Strangers can sign tokens"), [Told::Exposes]);
        assert_eq!(of("Calls go on without a score, slightly degraded"), [Told::Degrades]);
        assert_eq!(of("Small payments accepted without scoring"), []);
    }
}
