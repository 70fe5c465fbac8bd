//! Tokens whose shape tells what they are, and texts that are as random as a secret.
//!
//! A checksum that fits makes a token certain, wherever it stands. One that does not fit proves nothing: makers change theirs.

use std::sync::LazyLock;

use regex::Regex;

use super::weak::why;
use super::words::{entropy, is_open, is_secret_name};

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) value: String,
    pub(super) what: String,
    /// Its maker documents it, its parts are made up, or its time is over.
    pub(super) is_example: bool,
    /// A checksum fits, so that it was truly made.
    pub(super) is_certain: bool,
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("is a pattern")
}

/// Shapes of tokens. Beginnings are written in two parts, so that no token-like text stands in this file.
static SHAPES: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    vec![
        ("AWS access key", pattern(concat!(r"\b(?:AK", r"IA|AS", r"IA|AB", r"IA|AC", r"CA)[A-Z2-7]{16}\b"))),
        ("AWS access key", pattern(concat!(r"\bAK", r"IA[A-Z0-9]{9}EXAMPLE\b"))),
        ("GitHub token", pattern(concat!(r"\bgh", r"[pousr]_[A-Za-z0-9]{36}\b"))),
        ("GitHub token", pattern(concat!(r"\bgithub", r"_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"))),
        ("GitLab token", pattern(concat!(r"\bgl", r"(?:pat|dt|rt|ptt|soat)-[A-Za-z0-9_-]{20,}"))),
        ("Slack token", pattern(concat!(r"\bxo", r"x[abprse]-[0-9]{6,}[0-9A-Za-z-]{10,}"))),
        (
            "Slack webhook",
            pattern(concat!(r"hooks\.slack", r"\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}")),
        ),
        ("Stripe live key", pattern(concat!(r"\b[sr]k", r"_live_[0-9A-Za-z]{16,}\b"))),
        ("Stripe test key", pattern(concat!(r"\b[sr]k", r"_test_[0-9A-Za-z]{16,}\b"))),
        ("Google API key", pattern(concat!(r"\bAI", r"za[0-9A-Za-z_-]{35}"))),
        ("Google client secret", pattern(concat!(r"\bGOC", r"SPX-[0-9A-Za-z_-]{28}"))),
        ("npm token", pattern(concat!(r"\bnp", r"m_[A-Za-z0-9]{36}\b"))),
        ("PyPI token", pattern(concat!(r"\bpyp", r"i-AgE[A-Za-z0-9_-]{50,}"))),
        ("SendGrid key", pattern(concat!(r"\bS", r"G\.[\w-]{22}\.[\w-]{43}"))),
        ("DigitalOcean token", pattern(concat!(r"\bdo", r"[por]_v1_[a-f0-9]{64}\b"))),
        ("Docker Hub token", pattern(concat!(r"\bdck", r"r_pat_[\w-]{27}"))),
        ("Hugging Face token", pattern(concat!(r"\bh", r"f_[A-Za-z]{34}\b"))),
        ("API key", pattern(concat!(r"\bs", r"k-(?:proj|ant|svcacct)-[\w-]{40,}"))),
        ("Azure storage key", pattern(concat!(r"Account", r"Key=[A-Za-z0-9+/]{86}=="))),
        ("age secret key", pattern(concat!(r"AGE-SECRET", r"-KEY-1[0-9A-Z]{58}"))),
        ("Telegram token", pattern(r"\b[0-9]{8,10}:AA[0-9A-Za-z_-]{33}\b")),
    ]
});
static KEY_BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"-----BEGIN ((?:[A-Z]+ )?PRIVATE",
        r" KEY(?: BLOCK)?)-----((?:\s|\\n|\\r|[A-Za-z0-9+/=:,. -]){64,})"
    ))
});
static JWT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(ey[A-Za-z0-9_-]{10,})\.(ey[A-Za-z0-9_-]{10,})\.[A-Za-z0-9_-]{20,}"));
/// A user and a password in an address, and a token behind `Bearer`.
static IN_ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@"'<>{}$]+:([^\s:/@"'<>{}$]{8,})@([^\s"'<>/:?]*)"#));
static BEARER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[Bb]earer\s+([A-Za-z0-9._~+/-]{20,}=*)"));
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"([A-Za-z_][\w.-]{2,60})["']?\]?\s*(?::\s*[A-Za-z_][\w\[\]., |]*?)?\s*(?:=>|:=|=|:)\s*(?:(?:SecretStr|Field|str|String::from|Some)\()?["'`]?([A-Za-z0-9+/=_.~!@#%^*-]{20,200})["'`]?"#,
    )
});
static MADE_UP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)example|x{6,}|0{8,}|1{8,}|a{8,}|123456|abcdef|dummy|fake|placeholder|your|changeme|test_?key|sample|redacted|<|\*{4,}",
    )
});
static WORDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[A-Za-z]+([-_. /][A-Za-z]+)*[0-9]{0,2}$"));
static IDENTIFIER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$|^sha(256|384|512)[-:]|^[./]|^https?:|\.[a-z]{2,4}$")
});

/// What stands in a text, with `now` in seconds since 1970. `is_plain` says that nothing in it is encrypted.
pub(super) fn tokens(text: &str, now: i64, is_plain: bool) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    for (what, shape) in SHAPES.iter() {
        found.extend(shape.find_iter(text).map(|one| shaped(what, one.start(), one.as_str())));
    }
    found.extend(KEY_BLOCK.captures_iter(text).filter_map(|block| key_block(&block)));
    found.extend(JWT.captures_iter(text).filter_map(|token| web_token(&token, now)));
    if is_plain {
        found.extend(in_addresses(text));
        let bearers = BEARER.captures_iter(text).filter_map(|one| one.get(1));
        for value in bearers.filter(|value| is_random(value.as_str()) && !value.as_str().starts_with("ey")) {
            let (at, text) = (value.start(), value.as_str().to_owned());
            let is_example = MADE_UP.is_match(&text);
            found.push(Token {
                at,
                value: text,
                what: "a token behind `Bearer`".to_owned(),
                is_example,
                is_certain: false,
            });
        }
        for one in ASSIGNED.captures_iter(text) {
            let (Some(name), Some(value)) = (one.get(1), one.get(2)) else { continue };
            let known =
                found.iter().any(|token| token.at <= value.end() && value.start() <= token.at + token.value.len());
            if !known && is_secret_name(name.as_str()) && is_random(value.as_str()) {
                let (at, value) = (value.start(), value.as_str().to_owned());
                let is_example = MADE_UP.is_match(&value);
                let what = format!("a random text called {}", name.as_str());
                found.push(Token { at, value, what, is_example, is_certain: false });
            }
        }
    }
    found.sort_by_key(|token| token.at);
    found.dedup_by(|a, b| a.at == b.at);
    found
}

/// Passwords in addresses. Those that everybody knows are defaults, and told by the other kind.
fn in_addresses(text: &str) -> Vec<Token> {
    let all = IN_ADDRESS.captures_iter(text).filter_map(|one| Some((one.get(1)?, one.get(2)?.as_str())));
    let meant = all.filter(|(value, _)| {
        let value = value.as_str();
        let has = |is: fn(&u8) -> bool| value.as_bytes().iter().any(is);
        let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        is_mixed && !is_open(value) && why(value).is_none() && entropy(value) >= 2.75
    });
    let token = |(value, host): (regex::Match<'_>, &str)| {
        let is_made_up = MADE_UP.is_match(value.as_str());
        let is_own = matches!(host, "localhost" | "127.0.0.1" | "host" | "") || host.contains("example");
        let what = "a password in an address".to_owned();
        Token {
            at: value.start(),
            value: value.as_str().to_owned(),
            what,
            is_example: is_made_up || is_own,
            is_certain: false,
        }
    };
    meant.map(token).collect()
}

fn shaped(what: &str, at: usize, value: &str) -> Token {
    const FEW: f64 = 3.0;
    let is_test = what.contains("test key");
    let body = value.rsplit(['_', '-', '/']).next().unwrap_or(value);
    let is_dull = entropy(body) < FEW && value.len() > 20;
    let is_certain = what == "GitHub token" && checksum_fits(value);
    let is_example = !is_certain && (is_test || is_dull || MADE_UP.is_match(value));
    let what = if is_certain { format!("{what}, its checksum fits") } else { what.to_owned() };
    Token { at, value: value.to_owned(), what, is_example, is_certain }
}

/// The last six characters of GitHub's tokens are the CRC-32 of the thirty before, in base 62 (GitHub's note on its token formats, 2021).
fn checksum_fits(token: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((_, body)) = token.split_once('_').filter(|(_, body)| body.len() == 36) else { return false };
    let (random, sum) = body.split_at(30);
    let mut crc = flate2::Crc::new();
    crc.update(random.as_bytes());
    let (mut left, mut digits) = (crc.sum() as usize, Vec::new());
    while digits.len() < 6 {
        digits.push(DIGITS[left % 62]);
        left /= 62;
    }
    digits.reverse();
    digits == sum.as_bytes()
}

/// A private key in the clear.
fn key_block(block: &regex::Captures<'_>) -> Option<Token> {
    let (whole, body) = (block.get(0)?, &block[2]);
    // `none` is the cipher of an OpenSSH key in the clear; the body begins with it.
    let open_ssh = concat!("b3BlbnNzaC1rZXk", "tdjEAAAAABG5vbmU");
    let squeezed: String = body.replace("\\n", "").chars().filter(|c| !c.is_whitespace()).collect();
    let is_encrypted = block[1].contains("ENCRYPTED")
        || body.contains("ENCRYPTED")
        || (block[1].contains("OPENSSH") && !squeezed.starts_with(open_ssh));
    let is_example = MADE_UP.is_match(&squeezed) || entropy(&squeezed) < 4.0;
    let value = whole.as_str()[..20].to_owned();
    (!is_encrypted).then(|| Token {
        at: whole.start(),
        value,
        what: format!("{} in the clear", block[1].to_lowercase()),
        is_example,
        is_certain: false,
    })
}

/// A JSON Web Token: its first part names an algorithm. One whose time is over opens nothing.
fn web_token(token: &regex::Captures<'_>, now: i64) -> Option<Token> {
    let part = |text: &str| {
        let text = manifests::decoded(&text.replace('-', "+").replace('_', "/"))?;
        serde_json::from_str::<serde_json::Value>(&text).ok()
    };
    let head = part(&token[1])?;
    head["alg"].as_str()?;
    let claims = part(&token[2]).unwrap_or_default();
    let is_over = claims["exp"].as_i64().is_some_and(|end| end < now);
    let is_known = claims["sub"] == "1234567890" || claims["iss"] == "supabase-demo";
    let whole = token.get(0)?;
    let what = if is_over { "JSON Web Token, its time is over" } else { "JSON Web Token" };
    Some(Token {
        at: whole.start(),
        value: whole.as_str().to_owned(),
        what: what.to_owned(),
        is_example: is_over || is_known,
        is_certain: false,
    })
}

/// Whether a text is as random as a secret: enough letters and digits, mixed, and no words, path, digest or name.
fn is_random(value: &str) -> bool {
    const HEX: f64 = 3.0;
    const TEXT: f64 = 3.7;
    let value = value.trim_end_matches(['=', '.']);
    if is_open(value) || IDENTIFIER.is_match(value) || WORDS.is_match(value) || value.len() < 20 {
        return false;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    if digits < 2 || letters < 4 {
        return false;
    }
    if value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return value.len() >= 32 && entropy(value) >= HEX;
    }
    // Words joined by marks, each of letters or of digits: a name, not a secret.
    let parts: Vec<&str> = value.split(['-', '_', '.', '/', '#']).collect();
    let is_name = parts.len() > 2
        && parts.iter().all(|part| {
            part.len() < 12
                && (part.bytes().all(|byte| byte.is_ascii_alphabetic())
                    || part.bytes().all(|byte| byte.is_ascii_digit()))
        });
    !is_name && entropy(value) >= TEXT
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checksum of a made-up body, put together here, so that no token stands in this file.
    #[test]
    fn a_checksum_that_fits_is_certain() {
        let body = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0";
        let with = |sum: &str| format!("gh{}_{body}{sum}", "p");
        let fits = sum_of(body).expect("has one");
        assert!(tokens(&with(&fits), 0, true)[0].is_certain);
        let other = with("000000");
        assert!(!tokens(&other, 0, true)[0].is_certain && !tokens(&other, 0, true)[0].is_example);
    }

    fn sum_of(body: &str) -> Option<String> {
        let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
        let mut crc = flate2::Crc::new();
        crc.update(body.as_bytes());
        let mut left = crc.sum() as usize;
        let mut sum = String::new();
        for _ in 0..6 {
            sum.insert(0, *digits.get(left % 62)?);
            left /= 62;
        }
        Some(sum)
    }

    #[test]
    fn random_texts_are_told_from_names_and_digests() {
        for value in ["9f86d081884c7d659a2feaa0c55ad015", "kJ8s0dFq2LmZ7xPvB1tRw9", "tG7+9xQ/4vLp2RkZs8WmA1=="] {
            assert!(is_random(value), "{value}");
        }
        for value in [
            "my-super-secret-key-value",
            "com.example.app.token.v1.store",
            "550e8400-e29b-41d4-a716-446655440000",
            "sha512-abcdefabcdef0123456789",
            "/var/run/secrets/token1234567",
            "aaaaaaaaaaaaaaaaaaaaaaaa11",
        ] {
            assert!(!is_random(value), "{value}");
        }
    }
}
