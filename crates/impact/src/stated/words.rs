//! The words by which a text and a system name the same thing.

use std::collections::BTreeSet;

use system::{Component, ComponentKind};

use crate::Mode;

/// Words that mean the same part or the same failure; the first stands for all.
const GROUPS: [&[&str]; 22] = [
    &["database", "databases", "db", "postgres", "postgresql", "pg", "sql", "mysql", "mariadb", "sqlite", "datenbank"],
    &["mail", "mails", "email", "emails", "mailer", "smtp", "sendgrid"],
    &["cache", "caches", "caching", "redis", "valkey", "memcached", "dragonfly"],
    &["queue", "queues", "mq", "kafka", "rabbitmq", "nats", "broker", "sqs", "amqp"],
    &["auth", "authentication", "login", "jwt", "token", "tokens", "session", "sessions"],
    &["web", "frontend", "ui", "browser", "spa"],
    &["cron", "scheduler", "schedule", "scheduled", "runner", "crond", "celery", "beat"],
    &["limit", "limits", "limiter", "limiting", "ratelimit", "ratelimiter", "throttle", "throttling"],
    &["upload", "uploads", "file", "files", "storage", "bucket", "s3", "volume"],
    &["websocket", "websockets", "socket", "sockets", "ws", "realtime"],
    &["key", "keys", "secret", "secrets"],
    &["fail", "fails", "failed", "failing", "failure", "failures"],
    &["exhausted", "exhaust", "exhaustion", "saturated", "saturation", "full"],
    &["rotated", "rotate", "rotation", "rotating"],
    &["missing", "absent", "unset", "lacking"],
    &["lost", "loss", "lose", "loses"],
    &["restart", "restarts", "restarted"],
    &["expired", "expiry", "expires", "expire", "expiration"],
    &["instance", "instances", "process", "local"],
    &["permissive", "wildcard", "open", "any"],
    &["bypass", "bypassed", "bypasses"],
    &["monitoring", "monitor", "sentry", "observability", "telemetry"],
];

/// Words that tell no part of a system from another.
const PALE: [&str; 40] = [
    "a",
    "all",
    "an",
    "and",
    "api",
    "app",
    "are",
    "as",
    "at",
    "be",
    "by",
    "component",
    "critical",
    "data",
    "dependency",
    "event",
    "events",
    "for",
    "from",
    "in",
    "is",
    "layer",
    "manager",
    "no",
    "not",
    "of",
    "on",
    "or",
    "per",
    "service",
    "services",
    "server",
    "system",
    "the",
    "to",
    "user",
    "users",
    "with",
    "without",
    "configuration",
];

/// How many letters of a word count: `migration` and `migrations` are the same.
const STEM_CHARS: usize = 5;

/// Words of a text, each by what stands for its group, or its stem; lower case.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let split = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    split.map(canonical).collect()
}

fn canonical(word: &str) -> String {
    match GROUPS.iter().find(|group| group.contains(&word)) {
        Some(group) => group[0].to_owned(),
        None => stem(word),
    }
}

fn stem(word: &str) -> String {
    word.chars().take(STEM_CHARS).collect()
}

fn stems(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(stem).collect()
}

/// The same without what tells nothing apart.
pub(super) fn telling(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let split = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !PALE.contains(word));
    split.map(canonical).collect()
}

/// How many words two texts share.
pub(super) fn shared(left: &BTreeSet<String>, right: &BTreeSet<String>) -> usize {
    left.intersection(right).count()
}

/// How well a text names a component: 0 for not at all.
pub(super) fn names(component: &Component, text: &str) -> usize {
    let said = words(text);
    let known = component.known_as.iter().map(|name| words(name));
    if known.into_iter().any(|name| !name.is_empty() && name.is_subset(&said)) {
        return KNOWN;
    }
    let id = words(component.id.as_str());
    // The word itself says more than another of its group.
    let own = shared(&id, &said) * 2 + shared(&stems(component.id.as_str()), &stems(text)) * 2;
    // Of `jwt_key` and `tokens` the first is meant where both of its words stand.
    let whole = usize::from(id.is_subset(&said) && !id.is_empty());
    let kind = shared(&words(kind_words(component.kind)), &said);
    if own == 0 && kind == 0 { 0 } else { own + whole + kind }
}

/// What a name that the file gives counts.
pub(super) const KNOWN: usize = 100;

fn kind_words(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Postgres | ComponentKind::Sqlite => "database",
        ComponentKind::Redis => "cache",
        ComponentKind::Queue => "queue",
        _ => "",
    }
}

/// Words for a failure that is down without being named so.
const DOWN: [&str; 16] = [
    "down",
    "unavailable",
    "outage",
    "fail",
    "crash",
    "crashes",
    "crashed",
    "unreachable",
    "missing",
    "gone",
    "dies",
    "killed",
    "stops",
    "stopped",
    "refused",
    "offline",
];

/// Words for a failure that is slow without being named so.
const SLOW: [&str; 11] = [
    "slow",
    "latency",
    "hang",
    "hangs",
    "timeout",
    "timeouts",
    "exhausted",
    "overload",
    "overloaded",
    "slowness",
    "unresponsive",
];

/// How well a text names a mode: 0 for not at all.
pub(super) fn names_mode(mode: &Mode, text: &str) -> usize {
    let said = words(text);
    let any = |list: &[&str]| usize::from(list.iter().any(|word| said.contains(&canonical(word))));
    match mode {
        Mode::Named(name, _) if words(name).contains("split") => any(&["instance", "split"]) * 2,
        Mode::Named(name, _) => shared(&words(name), &said) * 2,
        Mode::Down => any(&DOWN).max(usize::from(says_none(text))),
        Mode::Slow => any(&SLOW),
        Mode::Split => any(&["instance", "split"]) * 2,
    }
}

/// `No runner process`, `not running`: it is not there.
fn says_none(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.starts_with("no ") || lower.contains("not running") || lower.contains(" no ")
}

/// What a text says that a failure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// Nothing works there any more.
    Fails,
    /// It works with less.
    Degrades,
    /// Data goes.
    Loses,
    /// Doors are open.
    Exposes,
    /// Nobody sees it.
    Blinds,
}

impl Told {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fails => "a failure",
            Self::Degrades => "a degradation",
            Self::Loses => "a loss of data",
            Self::Exposes => "an exposure",
            Self::Blinds => "blindness",
        }
    }
}

/// Phrases by what they tell, those that tell more first.
const TELLING: [(Told, &[&str]); 5] = [
    (
        Told::Blinds,
        &["no error tracking", "no alert", "no visibility", "unnoticed", "silently", "not monitored", "no monitoring"],
    ),
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
    (
        Told::Loses,
        &[
            "data loss",
            "files lost",
            "events lost",
            "lost events",
            "lost data",
            "event data loss",
            "files gone",
            "loss of data",
        ],
    ),
    (Told::Degrades, &["degrad", "slow", "latency", "stale", "performance"]),
    (
        Told::Fails,
        &[
            "fail",
            "down",
            "unavailable",
            "outage",
            "can't",
            "cannot",
            "can not",
            "unable",
            "broken",
            "never run",
            "no access",
            "logged out",
            "error",
            "crash",
            "stops",
            "startup",
        ],
    ),
];

/// What a text tells; `None` when it does not say.
pub(super) fn told(text: &str) -> Option<Told> {
    let lower = text.to_lowercase();
    let found = TELLING.iter().find(|(_, phrases)| phrases.iter().any(|phrase| lower.contains(phrase)));
    found.map(|(told, _)| *told)
}

/// Whether a text says that everything of a kind is hit.
pub(super) fn says_all(text: &str) -> bool {
    let lower = text.to_lowercase();
    let split = lower.split(|c: char| !c.is_alphanumeric());
    split
        .into_iter()
        .any(|word| matches!(word, "all" | "every" | "entire" | "whole" | "everything" | "everyone" | "alle"))
}
