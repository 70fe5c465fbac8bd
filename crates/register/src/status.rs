//! What the register says of a risk's state.
//!
//! A status is a word somebody typed, so only words that plainly say so end a risk. `Mitigated` does not close it,
//! a tick says nothing, and a doubt behind the word (`closed, pending review`) keeps it open.

use std::sync::LazyLock;

use foldhash::HashMap;

use crate::fold::fold;
use crate::level::{after_marks, ends_here, reason};

/// The state of a risk as its register states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing says otherwise. Partly mitigated, in progress and unknown words are open too.
    Open,
    /// Said to be mitigated; it still exists.
    Mitigated,
    /// Knowingly carried.
    Accepted,
    /// Looked at from time to time.
    Watch,
    /// It happened.
    Triggered,
    /// Closed, resolved, retired, or struck through.
    Closed,
}

impl State {
    /// The word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Accepted => "accepted",
            Self::Watch => "watch",
            Self::Triggered => "triggered",
            Self::Closed => "closed",
        }
    }
}

/// Status words, folded. A longer phrase is tried before its own beginning.
const WORDS: &[(State, &str)] = &[
    (
        State::Open,
        "open, new, active, draft, identified, in progress, ongoing, partially mitigated, partly mitigated, \
         not mitigated, unmitigated, mitigation in progress, mitigating, planned, proposed, deferred, under \
         review, investigating, unresolved, not accepted, not closed, reopened, offen, in arbeit, in \
         bearbeitung, teilweise mitigiert, nicht mitigiert, ouvert, en cours, partiellement attenue, non \
         attenue, abierto, abierta, pendiente, parcial, aberto, aberta, pendente, pending, partial, blocked, \
         en curso, en progreso, parcialmente mitigado, no mitigado, en mitigacion, em andamento, em mitigacao, in \
         mitigation, mitigation defined, mitigation planned, in umsetzung, geplant, aperto, aperta, in corso, \
         parzialmente mitigato, non mitigato, otwarte, otwarty, otwarta, w toku, w trakcie, czesciowo zmitygowane, \
         niezmitygowane, lopend, apen, aben, oppen, under arbeid, pagaende, planlagt, открыт, открыто, в работе, \
         未解决, 进行中, 待处理, 活跃, 开放, 處理中, 未解決, 監控中, مفتوح, terbuka, đang mở, acik, відкрито, 열림, 対応中",
    ),
    (
        State::Mitigated,
        "mitigated, implemented, controlled, mitigiert, umgesetzt, attenue, attenuee, maitrise, mitigado, mitigada, mitigato, \
         mitigata, zmitygowane, zmitygowany, zlagodzone, gemitigeerd, beheerst, kontrollert, kontrolleret, снижен, 已缓解, 已緩解, مخفف, dimitigasi",
    ),
    (
        State::Accepted,
        "accepted, accept, tolerated, risk accepted, akzeptiert, angenommen, accepte, acceptee, aceptado, \
         aceptada, aceito, acceptable, accettato, accettata, zaakceptowane, zaakceptowany, akceptowane, geaccepteerd, \
         akseptert, accepteret, accepterad, принят, принято, 已接受, 接受, مقبول, diterima",
    ),
    (
        State::Watch,
        "watch, watching, monitor, monitoring, monitored, watchlist, beobachten, surveille, vigilado, monitorato, monitorowane, obserwowane, overvakes, bevakas",
    ),
    (State::Triggered, "triggered, occurred, realized, realised, materialized, materialised, happened, eingetreten"),
    (
        State::Closed,
        "closed, resolved, retired, fixed, done, obsolete, removed, no longer applicable, geschlossen, \
         erledigt, behoben, gelost, ferme, fermee, clos, resolu, resolue, cerrado, cerrada, resuelto, \
         resuelta, solucionado, solucionada, fechado, encerrado, resolvido, abgeschlossen, cloture, cloturee, traite, chiuso, chiusa, risolto, risolta, \
         zamkniete, zamkniety, zamknieta, rozwiazane, rozwiazany, gesloten, opgelost, lukket, stangd, stangt, закрыт, \
         закрыто, решен, решено, 已解决, 已关闭, 已解除, 关闭, 已解決, 已關閉, مغلق, selesai, ditutup, đa đong, kapali, закрито, 완료, 解決済み",
    ),
];

/// Folded words to states.
static BY_WORD: LazyLock<HashMap<&'static str, State>> = LazyLock::new(|| {
    WORDS.iter().flat_map(|(state, words)| words.split(", ").map(move |word| (word, *state))).collect()
});
/// Words behind a closing word that take it back.
const DOUBTS: &str = "pending, not, partially, partly, except, until, unless, reopen, reopened, todo, tbd, needs, \
    awaiting, soon, when, after, once, if, nearly, almost";
/// The longest status in words: `no longer applicable`.
const MAX_STATUS_WORDS: usize = 3;

/// A status read from a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReadStatus {
    pub(crate) state: State,
    pub(crate) word: String,
    pub(crate) reason: Option<String>,
}

/// Reads a status; the text is plain. Words that are not known leave the risk open.
pub(crate) fn read_status(text: &str) -> ReadStatus {
    let text = after_marks(text);
    let ends = word_ends(text);
    for end in ends.iter().rev() {
        let word = fold(&text[..*end]);
        if let Some(state) = state_of(&word) {
            let rest = &text[*end..];
            let state = if takes_back(state, rest) { State::Open } else { state };
            return ReadStatus { state, word, reason: reason(rest) };
        }
    }
    ReadStatus { state: State::Open, word: fold(text), reason: None }
}

/// The state that a heading gives to what stands under it: `Closed risks`, `Accepted`, `Watch list`.
pub(crate) fn state_of_heading(heading: &str) -> Option<State> {
    let folded = fold(heading);
    let words: Vec<&str> = folded.split(' ').collect();
    let rest_is_plain = |words: &[&str]| {
        words.iter().all(|word| {
            matches!(
                *word,
                "risks" | "risk" | "items" | "list" | "debt" | "archive" | "risiken" | "risques" | "riesgos"
            )
        })
    };
    let (first, rest) = words.split_first()?;
    let state = match *first {
        "archived" | "archive" => Some(State::Closed),
        _ => state_of(first).filter(|state| !matches!(state, State::Open | State::Mitigated)),
    };
    state.filter(|_| rest.len() <= 2 && rest_is_plain(rest))
}

/// Whether a folded status is one that is understood.
pub(crate) fn is_known(folded: &str) -> bool {
    state_of(folded).is_some()
}

fn state_of(folded: &str) -> Option<State> {
    BY_WORD.get(folded).copied()
}

fn takes_back(state: State, rest: &str) -> bool {
    let ends_doubt = matches!(state, State::Closed | State::Accepted | State::Mitigated);
    let doubted =
        || rest.contains('?') || fold(rest).split(' ').any(|word| DOUBTS.split(", ").any(|doubt| doubt == word));
    // `Closed beta feedback missing` is no closing: a bare word follows. A date or a version may.
    let runs_on = || !ends_here(rest) && !follows_as_note(rest);
    ends_doubt && (doubted() && state == State::Closed || runs_on())
}

fn follows_as_note(rest: &str) -> bool {
    let folded = fold(rest);
    let first = folded.split(' ').next().unwrap_or("");
    first.starts_with(|c: char| c.is_ascii_digit())
        || matches!(first, "in" | "on" | "by" | "with" | "since" | "as" | "for" | "via" | "am" | "le" | "el" | "risk")
}

fn word_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            in_word = true;
            continue;
        }
        if std::mem::take(&mut in_word) {
            ends.push(at);
        }
        if ends.len() == MAX_STATUS_WORDS || !matches!(c, ' ' | '-' | '_' | '\u{a0}') {
            return ends;
        }
    }
    if in_word {
        ends.push(text.len());
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_the_state() {
        for (text, expected) in [
            ("Open", State::Open),
            ("Partially mitigated (probes exist)", State::Open),
            ("Not mitigated (no runbook)", State::Open),
            ("IN_PROGRESS", State::Open),
            ("Mitigated", State::Mitigated),
            ("Accepted (until 2027)", State::Accepted),
            ("✅ Closed", State::Closed),
            ("Resolved in v1.2", State::Closed),
            ("Closed 2025-01-01", State::Closed),
            ("geschlossen", State::Closed),
            ("Watch", State::Watch),
            ("Triggered", State::Triggered),
        ] {
            assert_eq!(read_status(text).state, expected, "{text}");
        }
    }

    #[test]
    fn a_doubt_keeps_a_risk_open() {
        for text in [
            "Closed, pending review",
            "closed?",
            "Resolved once the audit is in",
            "Done-ish",
            "✅",
            "not closed",
            "Closed beta is missing",
            "whatever",
        ] {
            assert_eq!(read_status(text).state, State::Open, "{text}");
        }
    }

    #[test]
    fn the_reason_is_kept() {
        let status = read_status("Partially mitigated (alerting not documented)");
        assert_eq!(
            (status.word.as_str(), status.reason.as_deref()),
            ("partially mitigated", Some("alerting not documented"))
        );
    }

    #[test]
    fn a_heading_gives_a_state_only_when_it_is_about_nothing_else() {
        assert_eq!(state_of_heading("Closed risks"), Some(State::Closed));
        assert_eq!(state_of_heading("Watch list"), Some(State::Watch));
        assert_eq!(state_of_heading("Risk Acceptance Criteria"), None);
        assert_eq!(state_of_heading("Closed network partitions"), None);
        assert_eq!(state_of_heading("Open risks"), None);
    }
}
