//! The clauses of a text: in which of them something fails, and in which something goes on.

use super::tokens::{raw, stands_in};

/// What a clause says of whom it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Something is amiss there, as far as is known.
    Amiss,
    /// It goes on there.
    GoesOn,
}

/// A clause, and what it says of whom it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clause<'t> {
    pub(super) text: &'t str,
    pub(super) course: Course,
}

/// Words that say that something goes on, unless they are negated. Folded.
const GOES_ON: [&str; 58] = [
    "works",
    "work",
    "working",
    "continue",
    "continues",
    "goes on",
    "go on",
    "going",
    "keep",
    "keeps",
    "runs",
    "running",
    "runs on",
    "run on",
    "remain",
    "remains",
    "stay",
    "stays",
    "ok",
    "fine",
    "normal",
    "normally",
    "succeed",
    "succeeds",
    "possible",
    "can",
    "available",
    "reachable",
    "operate",
    "operates",
    "survive",
    "survives",
    "intact",
    "spared",
    "served",
    "lauft",
    "laufen",
    "geht",
    "gehen",
    "funktioniert",
    "funktionieren",
    "weiter",
    "weiterhin",
    "unberuhrt",
    "bleibt",
    "bleiben",
    "moglich",
    "verfugbar",
    "erreichbar",
    "arbeitet",
    "kann",
    "konnen",
    "fonctionne",
    "fonctionnent",
    "disponible",
    "peut",
    "peuvent",
    "reste",
];

/// Phrases that hold a negation and say that something goes on. Folded.
const SPARES: [&str; 14] = [
    "not affected",
    "not impacted",
    "unaffected",
    "no effect",
    "no impact",
    "not hit",
    "nicht betroffen",
    "keine auswirkung",
    "keine auswirkungen",
    "ohne auswirkung",
    "not touched",
    "untouched",
    "aucun impact",
    "sans impact",
];

/// Words behind which the opposite holds. Folded.
pub(super) const NEGATIONS: [&str; 20] = [
    "no", "not", "never", "nothing", "nobody", "without", "none", "cannot", "neither", "kein", "keine", "keiner",
    "nicht", "nichts", "niemand", "weder", "aucun", "aucune", "sans", "ne",
];

/// Those of them that say what is lacking, and not that nothing happens.
const LACKS: [&str; 2] = ["without", "sans"];

/// What ends a clause beside punctuation; what comes behind the second kind is left out of what the clause says.
const TURNS: [&str; 7] = [" but ", " while ", " whereas ", " although ", " aber ", " wahrend ", " mais "];
const EXCEPTIONS: [&str; 6] = [" except ", " besides ", " apart from ", " ausser ", " außer ", " bis auf "];

/// A name in a list takes its course from where the list ends.
const MAX_LISTED_WORDS: usize = 3;

/// Whether words say that something goes on.
fn goes_on(words: &[String]) -> bool {
    says(words, &GOES_ON) || words.last().is_some_and(|word| word == "up" || word == "on")
}

/// Whether words say of something that it does not go on: `nothing works`, `no ride can be requested`, `buchen geht nicht`.
pub(super) fn is_stopped(words: &[String]) -> bool {
    is_denied(words) && goes_on(words) && !says(words, &SPARES)
}

/// Whether words say that something is not so; what goes on without something goes on.
pub(super) fn is_denied(words: &[String]) -> bool {
    let whole: Vec<String> = words.iter().filter(|word| !LACKS.contains(&word.as_str())).cloned().collect();
    is_negated(&whole)
}

/// Whether words hold a negation; `can t` is one.
pub(super) fn is_negated(words: &[String]) -> bool {
    let is_cut = |pair: &[String]| pair[1] == "t" && pair[0].len() > 2;
    words.iter().any(|word| NEGATIONS.contains(&word.as_str())) || words.windows(2).any(is_cut)
}

fn says(words: &[String], phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let wanted: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
        stands_in(&wanted, words)
    })
}

/// The clauses of a text. `tells_harm` says whether words tell of a failure by themselves.
pub(super) fn clauses<'t>(text: &'t str, tells_harm: &dyn Fn(&[String]) -> bool) -> Vec<Clause<'t>> {
    let mut found = Vec::new();
    for sentence in text.split([';', '.', '(', ')']) {
        let mut own: Vec<(&str, Option<Course>)> = Vec::new();
        for part in sentence.split([',', ':']) {
            for turn in split(part, &TURNS) {
                let mut pieces = split(turn, &EXCEPTIONS).into_iter();
                own.extend(pieces.next().map(|piece| (piece, course(&raw(piece), tells_harm))));
                own.extend(pieces.map(|piece| (piece, Some(Course::GoesOn))));
            }
        }
        // `Balance, pay and view keep working`: the end of a list says what its names do.
        let mut after = Course::Amiss;
        let mut clauses = Vec::new();
        for (text, course) in own.into_iter().rev() {
            let course = course.unwrap_or(if raw(text).len() <= MAX_LISTED_WORDS { after } else { Course::Amiss });
            after = course;
            clauses.push(Clause { text, course });
        }
        found.extend(clauses.into_iter().rev());
    }
    found
}

/// A text at every place where one of these words stands.
fn split<'t>(text: &'t str, words: &[&str]) -> Vec<&'t str> {
    let lower = text.to_lowercase();
    // Lower case may be longer or shorter than the text; then nothing is split.
    if lower.len() != text.len() {
        return vec![text];
    }
    let (mut parts, mut from) = (Vec::new(), 0);
    while let Some((at, length)) = words.iter().filter_map(|word| Some((lower[from..].find(word)?, word.len()))).min() {
        parts.push(&text[from..from + at]);
        // The blank behind a word may stand before the next.
        from += at + length - 1;
    }
    // A text may begin with such a word as well.
    parts.push(&text[from..]);
    parts
}

/// What words say of whom they name; `None` when they only name somebody.
fn course(words: &[String], tells_harm: &dyn Fn(&[String]) -> bool) -> Option<Course> {
    if says(words, &SPARES) {
        return Some(Course::GoesOn);
    }
    if tells_harm(words) || is_stopped(words) || (is_negated(words) && !goes_on(words)) {
        return Some(Course::Amiss);
    }
    if words.first().is_some_and(|word| matches!(word.as_str(), "except" | "besides" | "ausser")) {
        return Some(Course::GoesOn);
    }
    goes_on(words).then_some(Course::GoesOn)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clauses with `+` for what goes on and `-` for what is amiss.
    fn of(text: &str) -> String {
        let harm = |words: &[String]| words.iter().any(|word| word.starts_with("fail") || word == "down");
        let found = clauses(text, &harm).into_iter().filter(|clause| !clause.text.trim().is_empty());
        let mark = |clause: Clause<'_>| {
            format!("{}{}", if clause.course == Course::GoesOn { '+' } else { '-' }, clause.text.trim())
        };
        found.map(mark).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_goes_on_is_told_from_what_is_amiss_in_three_languages() {
        for goes_on in [
            "goes on",
            "can go on",
            "keeps going",
            "keeps working",
            "is possible",
            "is available",
            "remains up",
            "succeeds",
            "operates normally",
            "is not affected",
            "läuft weiter",
            "geht",
            "funktioniert weiter",
            "ist nicht betroffen",
            "goes on without a score",
            "bleibt verfügbar",
            "ist möglich",
            "fonctionne",
            "reste disponible",
        ] {
            assert_eq!(of(&format!("balance fails; charge {goes_on}")), format!("-balance fails +charge {goes_on}"));
        }
        for amiss in
            ["does not work", "is not possible", "can't go on", "ist nicht möglich", "läuft nicht", "is down", "fails"]
        {
            assert_eq!(of(&format!("charge {amiss}")), format!("-charge {amiss}"));
        }
    }

    #[test]
    fn lists_take_the_course_of_their_end_and_exceptions_go_on() {
        assert_eq!(of("balance, pay and view keep working"), "+balance +pay and view keep working");
        assert_eq!(
            of("gateway does not start: charge, balance, view down"),
            "-gateway does not start -charge -balance -view down"
        );
        assert_eq!(of("All flows fail except charge"), "-All flows fail +charge");
        assert_eq!(of("Only payments fail, all else goes on"), "-Only payments fail +all else goes on");
        assert_eq!(of("pay fails but can view"), "-pay fails +can view");
        assert_eq!(of("Checkout, search"), "-Checkout -search");
    }
}
