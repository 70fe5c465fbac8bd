//! What names and texts say about secrets: which names hold one, which values are filled in later, which paths are examples.

use std::sync::LazyLock;

use regex::Regex;

/// Characters of a secret that may be shown.
const SHOWN: usize = 3;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("is a pattern")
}

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(secret|passw(or)?d|passwd|passphrase|requirepass|masterauth|(^|[_.-])(pass|pwd|pw)($|[_.-])|dbpass|api[_.-]?key|apikey|(^|[_.-])token($|[_.-])|[a-z]token$|signing[_.-]?key|encryption[_.-]?key|private[_.-]?key|access[_.-]?key|auth[_.-]?key|session[_.-]?key|master[_.-]?key|credential|jwt[_.-]?key)",
    )
});
/// Names that speak of a secret and hold none.
static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)[_.-](url|uri|path|file|filename|dir|names?|ids?|ttl|expir\w*|minutes|seconds|hours|days|length|len|size|algorithm|algos?|alg|audience|header|type|",
        r"prefix|suffix|fields?|regex|pattern|policy|ref|keyref|hashers?|hash|hashed|validators?|backend|class|label|title|placeholder|hint|text|",
        r"message|errors?|scopes?|endpoint|issuer|audience|env|var|count|limit|max|min|store|manager|arn|version|provider|format|input|help|",
        r"description|mode|enabled|required|reset|change|confirm|confirmation|param|parameter|column|attr|attribute|strategy|kind|selector|",
        r"location|source|schema|usage|rotation|index|reader|parser|request|response|grant|form|page|view|route|link|button|icon|rules?|events?|",
        r"action|status|mount|volume|filter|handler|service|module|model|table|list|set|map|cookie|stream)$|",
        r"^(forgot|reset|change|confirm|show|hide|toggle|has|is|use|invalid|missing|wrong|enter|no|get|set|verify|check)[_.-]|",
        r"public[_.-]?key|publishable|secret[_.-](name|ref)|existing[_.-]?secret|csrf|next[_.-]?token|page[_.-]?token|continuation|",
        r"cancellation|(stop|pad|eos|bos|unk|sep|cls|mask)[_.-]?token|tokeniz"
    ))
});
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(\$|<|\{|%\{?|\*+$|x{3,}$|\.{3}|!|&|@|ENC\[|vault:|op://|arn:|ssm:|secretsmanager|file:|env:|ref\+|AgA|null$|none$|true$|false$|undefined$|nil$|~$)|\$\{|\{\{|\$\(|<[^>]+>|%\w+%|%s|\$[A-Z_]{2,}",
    )
});

/// Whether a name is that of a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.trim_matches(['"', '\'']);
    let snake = snake(name);
    NAME.is_match(&snake) && !ABOUT.is_match(&snake)
}

/// `jwtSecretKey` as `jwt_Secret_Key`.
fn snake(name: &str) -> String {
    let mut found = String::new();
    let mut before = ' ';
    for one in name.chars() {
        if one.is_ascii_uppercase() && before.is_ascii_lowercase() {
            found.push('_');
        }
        found.push(one);
        before = one;
    }
    found
}

/// Whether something else fills a value in, or there is none.
pub(super) fn is_open(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || OPEN.is_match(value)
}

/// At most so much of a secret that it can be found in its place.
pub(super) fn redacted(value: &str) -> String {
    let shown: String = value.chars().take(SHOWN.min(value.chars().count() / 2)).collect();
    format!("{shown}…")
}

static EXAMPLE_PATH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(^|/)(tests?|specs?|__tests__|__mocks__|fixtures?|testdata|test-data|test_data|examples?|docs?|documentation|demos?|samples?|mocks?|e2e|benches|benchmarks?|cypress|playground|tutorials?|stubs?|integration[_-]tests?|testing|storybook|stories)/|(^|/)(test_[^/]*|conftest\.py|tests?\.(rs|py)|[^/]*[._-](test|tests|spec|stories|mock|example|sample|template|dist|dev|development|local|testing|ci|e2e|demo)(\.[^/]*)?|[^/]*(tests?|spec)\.(java|kt|cs|php|rb|swift)|[^/]*\.(md|rst|adoc|txt|mdx|ipynb))$",
    )
});

/// Whether a path is that of a test, an example, a document or something for a developer's own machine.
pub(super) fn is_example(path: &str) -> bool {
    EXAMPLE_PATH.is_match(path)
}

/// Bits of information in a character of a text, by how often each stands in it.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hold_a_secret_are_told_from_names_that_speak_of_one() {
        for name in [
            "SECRET_KEY",
            "POSTGRES_PASSWORD",
            "jwtSecret",
            "apiKey",
            "DB_PASS",
            "auth.token",
            "accessToken",
            "adminPassword",
            "MINIO_ROOT_PASSWORD",
            "SECRET_KEY_BASE",
            "client_secret",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "TOKEN_URL",
            "passwordField",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "secretName",
            "token_type",
            "PASSWORD_HASHERS",
            "passport",
            "compass",
            "forgotPassword",
            "public_key",
            "nextToken",
            "csrf_token",
            "tokenizer",
            "eos_token",
            "key",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_that_are_filled_in_are_open() {
        for value in [
            "${SECRET}",
            "{{ .Values.x }}",
            "$(KEY)",
            "<your key>",
            "",
            "ENC[AES",
            "${{ secrets.X }}",
            "%(key)s",
            "***",
        ] {
            assert!(is_open(value), "{value}");
        }
        assert!(!is_open("changeme") && !is_open("pa$$w0rd"));
    }

    #[test]
    fn tests_and_examples_are_told_by_their_path() {
        for path in [
            "tests/a.py",
            "src/test_x.py",
            ".env.example",
            "a/b.spec.ts",
            "docker-compose.dev.yml",
            "README.md",
            "values-local.yaml",
            "x_test.go",
        ] {
            assert!(is_example(path), "{path}");
        }
        for path in [
            "src/settings.py",
            ".env",
            "docker-compose.yml",
            "deploy/prod.yaml",
            "latest/x.py",
            "contest.py",
            ".env.production",
        ] {
            assert!(!is_example(path), "{path}");
        }
    }
}
