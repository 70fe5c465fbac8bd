//! What race detectors and sanitizers say in the output of a run.
//!
//! Silence counts only where the output shows that a detector was listening.

use std::sync::LazyLock;

use regex::Regex;

/// What was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Alarms {
    pub(super) races: usize,
    pub(super) errors: usize,
    pub(super) leaks: usize,
    /// The output shows that a race detector was on.
    pub(super) hears_races: bool,
    /// The output shows that another sanitizer was on.
    pub(super) hears_errors: bool,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("is a pattern")
}

static RACE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"WARNING: DATA RACE|WARNING: ThreadSanitizer: data race|Data race detected"));
static ERROR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(ERROR|WARNING): (Address|Memory|HWAddress|Leak)Sanitizer: [a-z]|(ERROR|WARNING): ThreadSanitizer: ([a-ce-zA-Z]|d[b-z])|runtime error: .* UndefinedBehaviorSanitizer|: runtime error: |ERROR SUMMARY: [1-9][0-9,]* errors|error: Undefined Behavior:",
    )
});
static LEAK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"LeakSanitizer: detected memory leaks|definitely lost: [1-9]"));
static HEARS_RACES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bgo (test|run|build)\b[^\n]*\s-race\b|-fsanitize=\S*thread|sanitizer=thread|TSAN_OPTIONS|cargo[^\n]*\bmiri\b|--tool=(helgrind|drd)|LOOM_",
    )
});
static HEARS_ERRORS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"-fsanitize=\S*(address|memory|undefined|leak)|sanitizer=(address|memory|leak)|[AML]SAN_OPTIONS|cargo[^\n]*\bmiri\b|ERROR SUMMARY: 0 errors|Memcheck, a memory error detector",
    )
});

/// Listens to an output.
pub(super) fn heard(text: &str) -> Alarms {
    let races = RACE.find_iter(text).count();
    let errors = ERROR.find_iter(text).count();
    let leaks = LEAK.find_iter(text).count();
    Alarms {
        races,
        errors,
        leaks,
        hears_races: races > 0 || HEARS_RACES.is_match(text),
        hears_errors: errors + leaks > 0 || HEARS_ERRORS.is_match(text),
    }
}
