//! Words of a text as they are compared: folded, in the singular, each by what stands for its group.

use std::collections::BTreeSet;

use register::fold;

/// Words that mean the same part or the same failure; the first stands for all. Folded.
const GROUPS: [&[&str]; 26] = [
    &["database", "db", "postgres", "postgresql", "pg", "sql", "mysql", "mariadb", "sqlite", "datenbank"],
    &["mail", "email", "mailer", "smtp"],
    &["cache", "caching", "redis", "valkey", "memcached", "dragonfly"],
    &["queue", "mq", "kafka", "rabbitmq", "nats", "broker", "sqs", "amqp"],
    &["auth", "authentication", "login", "jwt", "token"],
    &["web", "frontend", "ui", "browser", "spa"],
    &["cron", "scheduler", "schedule", "scheduled", "runner", "crond", "celery", "beat"],
    &["limiter", "limit", "limiting", "ratelimit", "ratelimiter", "throttle", "throttling"],
    &["upload", "file", "storage", "bucket", "s3", "volume"],
    &["websocket", "socket", "ws", "realtime"],
    &["key", "secret"],
    &["certificate", "cert", "tls"],
    &["configuration", "config", "setting"],
    &["payment", "pay"],
    &["loadbalancer", "lb"],
    &["fail", "failed", "failing", "failure"],
    &["exhausted", "exhaust", "exhaustion", "saturated", "saturation"],
    &["rotated", "rotate", "rotation", "rotating"],
    &["missing", "unset", "lacking"],
    &["lost", "loss", "lose"],
    &["restart", "restarted", "reboot", "rebooted"],
    &["expired", "expiry", "expire", "expiration"],
    &["permissive", "wildcard"],
    &["bypass", "bypassed"],
    &["monitoring", "monitor", "sentry", "observability", "telemetry"],
    &["migration", "migrate", "migrated", "migrating"],
];

/// Words that tell no part of a system from another, and nothing of how it fails. Folded, in the singular.
const GENERIC: [&str; 63] = [
    "a",
    "all",
    "an",
    "and",
    "app",
    "application",
    "are",
    "as",
    "at",
    "backend",
    "be",
    "by",
    "cluster",
    "component",
    "connection",
    "critical",
    "das",
    "de",
    "der",
    "des",
    "die",
    "du",
    "engine",
    "external",
    "for",
    "from",
    "in",
    "instance",
    "internal",
    "is",
    "it",
    "its",
    "la",
    "layer",
    "le",
    "main",
    "manager",
    "module",
    "no",
    "node",
    "not",
    "of",
    "on",
    "or",
    "our",
    "party",
    "per",
    "platform",
    "primary",
    "process",
    "provider",
    "server",
    "service",
    "system",
    "the",
    "third",
    "to",
    "und",
    "von",
    "was",
    "with",
    "without",
    "configuration",
];

/// The words of a text, in its order: folded, each by its group, else in the singular.
pub(super) fn tokens(text: &str) -> Vec<String> {
    folded(text).split(' ').filter(|word| !word.is_empty()).map(canonical).collect()
}

/// The words as they stand, folded.
pub(super) fn raw(text: &str) -> Vec<String> {
    folded(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What is one word, however it is written. Folded.
const JOINED: [(&str, &str); 6] = [
    ("n 1", "nplus1"),
    ("n plus 1", "nplus1"),
    ("load balancer", "loadbalancer"),
    ("base de donnees", "database"),
    ("e mail", "email"),
    ("rate limit", "ratelimit"),
];

fn folded(text: &str) -> String {
    // `_` is a letter to nobody but a programmer.
    let padded = format!(" {} ", fold(&text.replace('_', " ")));
    let joined =
        JOINED.iter().fold(padded, |text, (apart, one)| text.replace(&format!(" {apart} "), &format!(" {one} ")));
    joined.trim().to_owned()
}

fn canonical(word: &str) -> String {
    let one = singular(word);
    match GROUPS.iter().find(|group| group.contains(&word) || group.contains(&one.as_str())) {
        Some(group) => group[0].to_owned(),
        None => one,
    }
}

/// `queries` is `query`, `carts` is `cart`; what holds digits stays as it is.
fn singular(word: &str) -> String {
    if word.chars().any(|c| c.is_ascii_digit()) || word.len() < 4 {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let sibilant = ["ses", "xes", "tches", "shes"].iter().any(|end| word.ends_with(end));
    if sibilant && word.len() > 5 {
        return word[..word.len() - 2].to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// Whether a word tells anything: no generic one, no lone digit or letter.
pub(super) fn tells(word: &str) -> bool {
    word.len() > 1 && !GENERIC.contains(&word) && !word.chars().all(|c| c.is_ascii_digit())
}

/// The words that tell something.
pub(super) fn telling(text: &str) -> BTreeSet<String> {
    tokens(text).into_iter().filter(|word| tells(word)).collect()
}

/// How many words two texts share.
pub(super) fn shared(left: &BTreeSet<String>, right: &BTreeSet<String>) -> usize {
    left.intersection(right).count()
}

/// The first letters of the words that tell something: `register` and `registration` begin alike.
pub(super) fn beginnings(text: &str) -> BTreeSet<String> {
    telling(text).into_iter().map(|word| word.chars().take(5).collect()).collect()
}

/// Whether some words stand in a text one behind the other.
pub(super) fn stands_in(words: &[String], text: &[String]) -> bool {
    !words.is_empty() && text.windows(words.len()).any(|window| window == words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_kind_are_one_and_others_are_not() {
        assert_eq!(tokens("Carts & Queries"), ["cart", "query"]);
        assert_eq!(tokens("PostgreSQL, db-1"), ["database", "database", "1"]);
        assert_eq!(tokens("svc10 svc100"), ["svc10", "svc100"]);
        assert_ne!(tokens("Production"), tokens("product"));
        assert_ne!(tokens("Consul"), tokens("consumer"));
        assert_eq!(tokens("N+1 queries"), ["nplus1", "query"]);
        assert_eq!(tokens("n_plus_1"), ["nplus1"]);
        assert_eq!(tokens("Load balancer"), tokens("lb"));
        assert_eq!(tokens("Base de données clients"), ["database", "client"]);
        assert_eq!(tokens("status caches matches"), ["status", "cache", "match"]);
    }
}
