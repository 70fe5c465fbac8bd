//! Ways in which languages and tools write a default for a secret, beside plain settings.
//!
//! Each is one pattern with a name and a value. Some count whatever the value is, since a fallback is one; some only where the value is one that
//! everybody knows, since what they write may be meant for this place.

use std::sync::LazyLock;

use regex::Regex;

use super::weak::{Weak, why};
use super::words::is_open;

/// One way of writing.
struct Idiom {
    pattern: Regex,
    /// Only values that everybody knows count.
    is_known_only: bool,
    /// The first group is the name; else the name is this.
    name: Option<&'static str>,
}

static IDIOMS: LazyLock<Vec<Idiom>> = LazyLock::new(|| {
    let idiom = |pattern: &str, is_known_only: bool, name: Option<&'static str>| Idiom {
        pattern: Regex::new(pattern).expect("is a pattern"),
        is_known_only,
        name,
    };
    vec![
        // Helm and Jinja: `.Values.password | default "x"`.
        idiom(r#"([A-Za-z_]\w*)\s*\|\s*default(?:\(\s*|\s+)["']([^"'\n]+)["']"#, false, None),
        // Helm: `default "x" .Values.password`.
        idiom(r#"\bdefault\s+"(?P<value>[^"\n]+)"\s+[\w.]*\.(?P<name>\w+)"#, false, None),
        // Terraform: a variable with a default.
        idiom(r#"variable\s+"([\w-]+)"\s*\{[^{}]*?\bdefault\s*=\s*"([^"\n]*)""#, false, None),
        // Go: tags of a struct.
        idiom(r#"env:"(\w+)[^`\n]*?(?:envDefault|default):"([^"\n]*)""#, false, None),
        // C#: `Configuration["Jwt:Key"] ?? "x"`; Python: `getattr(settings, "SECRET_KEY", "x")`.
        idiom(r#"\[["'](?:\w+:)*(\w+)["']\]\s*(?:\?\?|\|\|)\s*["'`]([^"'`\n]+)["'`]"#, false, None),
        idiom(r#"getattr\(\s*[\w.]+\s*,\s*["'](\w+)["']\s*,\s*["']([^"'\n]+)["']"#, false, None),
        // Go: a flag with its default.
        idiom(r#"\bflag\.String(?:Var)?P?\((?:\s*&?[\w.]+\s*,)?\s*"([\w-]+)"\s*,\s*"([^"\n]+)""#, false, None),
        // SQL: a role with its password.
        idiom(r"(?i)\b(?:password|identified\s+by)\s+'([^'\n]+)'", false, Some("a role's password")),
        // Options and variables of commands.
        idiom(r#"--([\w-]+)(?:=|["']?\s*,?\s*["']?)([^\s"'\],]+)"#, true, None),
        idiom(r#"(?:\s-e|\s--env|\s--set|\s--build-arg)\s+["']?[\w.]*?(\w+)=([^\s"']+)"#, true, None),
        // Connection strings: `User Id=a;Password=b`, `?user=a&password=b`.
        idiom(r#"(?i)[;&?"']\s*(password|pwd)=([^;&"'\s]+)"#, true, None),
    ]
});

/// Defaults that are written in one of these ways. `is_wanted` chooses the names.
pub(super) fn idioms(text: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Weak> {
    let mut found = Vec::new();
    for idiom in IDIOMS.iter() {
        for one in idiom.pattern.captures_iter(text) {
            let group =
                |name: &str, at: usize| one.name(name).or_else(|| one.get(at)).map_or("", |group| group.as_str());
            let (name, value) = match idiom.name {
                Some(name) => (name, group("value", 1)),
                None => (group("name", 1), group("value", 2)),
            };
            let is_meant = idiom.name.is_some_and(|_| is_wanted("password")) || is_wanted(&name.replace('-', "_"));
            let known = why(value);
            if !is_meant || is_open(value) || idiom.is_known_only && known.is_none() {
                continue;
            }
            let at = one.get(0).map_or(0, |whole| whole.start());
            let why = known.unwrap_or("a default stands in for a secret that is not set");
            let why = if idiom.name.is_some() && known.is_none() { "a password is written in a script" } else { why };
            found.push(Weak { at, name: name.to_owned(), value: value.to_owned(), why });
        }
    }
    found
}
