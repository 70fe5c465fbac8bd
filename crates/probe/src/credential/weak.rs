//! Values that everybody knows, and the places where a program falls back on one.

use std::sync::LazyLock;

use regex::Regex;

use super::idioms::idioms;
use super::words::{is_open, is_secret_name};

/// A secret that stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weak {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) why: &'static str,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("is a pattern")
}

/// How far a line is looked at around a name.
const MAX_LOOK_BYTES: usize = 400;

/// Passwords and keys of examples, first steps and images.
const KNOWN: [&str; 62] = [
    "secret",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "pass",
    "pass123",
    "passwd",
    "admin",
    "admin123",
    "administrator",
    "root",
    "toor",
    "postgres",
    "mysql",
    "mongo",
    "redis",
    "rabbitmq",
    "guest",
    "user",
    "test",
    "testing",
    "test123",
    "dev",
    "development",
    "default",
    "example",
    "demo",
    "123",
    "1234",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "qwerty",
    "letmein",
    "welcome",
    "minioadmin",
    "minio",
    "minio123",
    "foobar",
    "foo",
    "bar",
    "abc123",
    "abcdef",
    "s3cr3t",
    "sekret",
    "hunter2",
    "key",
    "mykey",
    "mysecret",
    "mypassword",
    "supersecret",
    "topsecret",
    "keycloak",
    "grafana",
    "elastic",
    "airflow",
    "dagster",
    "superset",
    "temporal",
    "rootpassword",
    "secretkey",
];

static TELLING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)change[ _.-]*(me|this|it|in[ _.-]?prod)|insecure|replace[ _.-]*(me|this|with)|your[ _.-]*(own[ _.-]*)?(super[ _.-]*)?(secret|key|password|token|jwt|api)|(not|no)[ _.-]*so[ _.-]*secret|keep[ _.-]*it[ _.-]*secret|dummy|super[ _.-]*secret|my[ _.-]*(super[ _.-]*)?secret|^dev[ _.-]|[ _.-](dev|development|local)[ _.-]*(key|secret|only|token)?$|^default[ _.-]|for[ _.-]*(dev|development|testing|local)|^(secret|password|test)[ _.-]*\d*$|^(test|example|sample|demo)[ _.-]|never[ _.-]*use|unsafe|secret[ _.-]*key[ _.-]*here|^secret[ _.-](key|token)$|not[ _.-]*secure|^placeholder",
    )
});

/// Calls that read a setting and fall back on a text.
static FALLBACK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?:getenv|environ\.get|environ\.setdefault|env\.fetch|\benv|\bconfig|get_?env\w*|getOrDefault|SetDefault|env_?or\w*|env\.(?:str|get|string)|os\.environ\.get|lookup_?env\w*|getProperty|\bsetting|config\.get)\(\s*["']([\w.-]+)["']\s*,\s*(?:default\s*=\s*|cast\s*=\s*\w+\s*,\s*default\s*=\s*|\w+\s*,\s*)?["']([^"'\n]*)["']"#,
    )
});
/// `process.env.X || 'y'`, `ENV["X"] || "y"`, `env::var("X").unwrap_or("y")`.
static OTHERWISE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:process\.env\.|process\.env\[["']|import\.meta\.env\.|ENV\[["']|Deno\.env\.get\(["']|env::var\(["']|getenv\(["']|environ\.get\(["']|\$_ENV\[["'])([\w.-]+)["']?[\])]*\s*(?:\|\||\?\?|\?:|or\b|\.unwrap_or(?:_else)?\((?:\|_\|\s*)?|\.orElse\()\s*(?:String::from\()?["'`]([^"'`\n]*)["'`]"#,
    )
});
/// `${NAME:-value}` of shells and compose files, `${name:value}` of Spring.
static FILLED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\$\{([A-Za-z_][\w.-]*?)(?::-|:=|-|=|:)([^}$?+=\n-][^}$\n]*)?\}"));
/// A name and a text in quotes, with or without a type between.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"([A-Za-z_][\w.-]*)["']?\]?\s*(?::\s*[A-Za-z_][\w\[\]., |<>?&]*?)?\s*(?:=>|:=|=|:)\s*"#,
        r#"(?:(?:\w+(?:\.|::))*(?:SecretStr|SecretString|Secret|Field|str|String|from|Some|new|bytes|Bytes)\(\s*(?:default\s*=\s*)?){0,2}"#,
        r#"[rb]?["'`]([^"'`\n]{1,300})["'`]"#
    ))
});
/// A name and a text without quotes, a whole line of it.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)^[ \t]*(?:export[ \t]+|-[ \t]+|ENV[ \t]+|ARG[ \t]+)?["']?([A-Za-z_][\w.-]*)["']?[ \t]*(?:[:=]|[ \t])[ \t]*["']?([^\s"'#][^\n"'#]*?)["']?[ \t\r]*(?:#[^\n]*)?$"#,
    )
});
/// A variable of a container.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"name:\s*["']?([A-Za-z_][\w.-]*)["']?\s*[,\n]\s*value:\s*["']?([^\s"'}#][^\n"'}#]*)["']?"#)
});
/// A user and a password in an address.
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\b[a-zA-Z][a-zA-Z0-9+.-]*://([^\s:/@"'<>{}$]*):([^\s:/@"'<>]+)@([^\s"'<>/:]*)"#));

/// Why a value is weak; `None` when it is not known to be.
pub(super) fn why(value: &str) -> Option<&'static str> {
    let low = value.trim().to_lowercase();
    if KNOWN.contains(&low.as_str()) {
        return Some("a value that everybody knows");
    }
    TELLING.is_match(&low).then_some("it says itself that it must be changed")
}

/// How a file writes settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// Names and values by line, quotes or not.
    Settings,
    /// A programming language.
    Code,
}

pub(super) fn writing(path: &str) -> Writing {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_settings = ["yaml", "yml", "env", "properties", "ini", "conf", "cfg", "toml", "tpl"].contains(&ending)
        || name == ".env"
        || name.starts_with(".env.")
        || name.starts_with("dockerfile")
        || name == ".npmrc"
        || name == ".pypirc";
    if is_settings { Writing::Settings } else { Writing::Code }
}

/// Defaults in a text without comments. `is_wanted` chooses the names.
pub(super) fn all(path: &str, text: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Weak> {
    let mut found: Vec<Weak> = Vec::new();
    let mut add = |at: usize, name: &str, value: &str, why: &'static str| {
        if !found
            .iter()
            .any(|one| one.value == value && one.at.abs_diff(at) < 400 && line_of(text, one.at) == line_of(text, at))
        {
            found.push(Weak { at, name: name.to_owned(), value: value.to_owned(), why });
        }
    };
    for pattern in [&FALLBACK, &OTHERWISE, &FILLED] {
        for fallback in pattern.captures_iter(text).filter(|found| is_wanted(&found[1])) {
            let at = fallback.get(0).map_or(0, |whole| whole.start());
            let value = fallback.get(2).map_or("", |value| value.as_str());
            if !is_open(value) {
                add(at, &fallback[1], value, why(value).unwrap_or("a default stands in for a secret that is not set"));
            }
        }
    }
    for address in ADDRESS.captures_iter(text) {
        let (user, value) = (&address[1], &address[2]);
        let at = address.get(0).map_or(0, |whole| whole.start());
        let is_known = !user.is_empty() && user.eq_ignore_ascii_case(value);
        if !is_open(value) && (is_known || why(value).is_some()) {
            add(at, "an address", value, "user and password of an address that everybody knows");
        }
    }
    for one in idioms(text, is_wanted) {
        add(one.at, &one.name, &one.value, one.why);
    }
    for one in assigned(path, text, is_wanted) {
        add(one.at, &one.name, &one.value, one.why);
    }
    found.sort_by_key(|one| one.at);
    found
}

fn assigned(path: &str, text: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Weak> {
    let mut found = Vec::new();
    let writing = writing(path);
    let patterns: Vec<&Regex> = match writing {
        Writing::Settings => vec![&BARE, &VARIABLE, &ASSIGNED],
        Writing::Code => vec![&ASSIGNED],
    };
    for pattern in patterns {
        for one in pattern.captures_iter(text).filter(|one| is_wanted(&one[1])) {
            let (name, value) = (one[1].to_owned(), one[2].trim().to_owned());
            let at = one.get(1).map_or(0, |name| name.start());
            // `:'name'` is a variable of psql.
            if path.ends_with(".sql") && one[0][one[1].len()..].trim_start().starts_with(":'") {
                continue;
            }
            // What people read, `Your API key`, is no key.
            let is_sentence = writing == Writing::Code && value.contains(' ') && !is_setting(&name);
            if is_sentence || is_open(&value) || (writing == Writing::Code && is_label(text, at, &name, &value)) {
                continue;
            }
            let written = (writing == Writing::Code && is_setting(&name) && !is_word_of_code(&value))
                .then_some("a key is written in the code");
            if let Some(why) = why(&value).or(written) {
                found.push(Weak { at, name, value, why });
            }
        }
    }
    found
}

/// A selector, a path, a sentence, or a constant's name is no key.
fn is_word_of_code(value: &str) -> bool {
    const NAMED: [&str; 10] =
        ["token", "key", "secret", "password", "auth", "session", "jwt", "access", "refresh", "credentials"];
    let is_constant = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    // `STORAGE_TOKEN = "auth_token"` is the name under which a token lies.
    let words: Vec<&str> = value.split(['.', '_', ':', '-', '/']).collect();
    let is_name = words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && words.iter().any(|word| NAMED.contains(&word.to_lowercase().as_str()));
    is_constant || is_name || value.contains(' ') || value.starts_with(['.', '/', '#', '-', '_'])
}

/// Names that only a setting has: all capitals, or the key that signs.
fn is_setting(name: &str) -> bool {
    let is_constant = name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let plain: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    (is_constant && is_secret_name(name))
        || ["secretkey", "jwtsecret", "jwtsecretkey", "sessionsecret", "signingkey"].contains(&plain.as_str())
}

/// A field called `password` whose text is `password` is a label, unless a user stands beside it or it is a setting.
fn is_label(text: &str, at: usize, name: &str, value: &str) -> bool {
    // A member of an enumeration: `SECRET = "SECRET"`, or `X["SECRET"] = "secret"` as it is compiled.
    let is_capital = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if (name == value && is_capital) || text[..at].ends_with("[\"") {
        return true;
    }
    let plain = |text: &str| text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let tells = TELLING.is_match(&value.to_lowercase());
    let (name, value) = (plain(name), plain(value));
    if name.contains("default") || tells && name != value {
        return false;
    }
    let is_same = name == value || name.ends_with(&value) || value.ends_with(&name);
    let (from, to) = (at.saturating_sub(MAX_LOOK_BYTES), (at + MAX_LOOK_BYTES).min(text.len()));
    let around = &text[text.floor_char_boundary(from)..text.floor_char_boundary(to)];
    let before = text.floor_char_boundary(from).max(line_of(text, at)) - text.floor_char_boundary(from);
    let line = around[before..].lines().next().unwrap_or("").to_lowercase();
    is_same && !line.contains("user") && !line.contains("host") && !is_constant_at(text, at)
}

fn is_constant_at(text: &str, at: usize) -> bool {
    let word: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    is_setting(&word)
}

/// Where the line of an offset begins; of a very long line somewhat before the offset.
fn line_of(text: &str, at: usize) -> usize {
    let from = text.floor_char_boundary(at.saturating_sub(MAX_LOOK_BYTES));
    text[from..at].rfind('\n').map_or(from, |end| from + end + 1)
}
