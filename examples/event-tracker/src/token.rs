//! Bearer tokens: JSON Web Tokens, HS256 only (RFC 7519).
//!
//! The algorithm is checked, never taken from the token, and the comparison is constant in time. No refresh, no
//! revocation: a token ends by its time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// How long a token is good, in seconds.
pub(crate) const GOOD_FOR_S: i64 = 30 * 60;

/// The longest token looked at.
const MAX_TOKEN_BYTES: usize = 4 * 1024;

/// Keys that tokens are signed and checked with: the first signs, all are accepted.
#[derive(Clone)]
pub struct Keys(Vec<Hmac<Sha256>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Keys({} hidden)", self.0.len())
    }
}

impl Keys {
    /// One key that signs.
    pub fn new(key: &str) -> Self {
        Self(vec![keyed(key)])
    }

    /// One more that is accepted.
    pub fn and_accept(mut self, key: &str) -> Self {
        self.0.push(keyed(key));
        self
    }

    /// A token for `subject` that ends at `ends_s`, seconds since the epoch.
    pub fn sign(&self, subject: &str, ends_s: i64) -> String {
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = encode(json!({"alg": "HS256", "typ": "JWT"}));
        let text = format!("{head}.{}", encode(json!({"sub": subject, "exp": ends_s})));
        let mut mac = self.0[0].clone();
        mac.update(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// The subject of a token that is signed by one of the keys and not over at `now_s`.
    pub fn subject(&self, token: &str, now_s: i64) -> Option<String> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (text, signature) = token.rsplit_once('.')?;
        let (head, claims) = text.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signed = self.0.iter().any(|key| {
            let mut mac = key.clone();
            mac.update(text.as_bytes());
            mac.verify_slice(&signature).is_ok()
        });
        let (head, claims) = (decode(head)?, decode(claims)?);
        let good = signed && head.get("alg")? == "HS256" && claims.get("exp")?.as_i64()? > now_s;
        good.then(|| claims.get("sub")?.as_str().map(str::to_owned)).flatten()
    }
}

fn keyed(key: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length")
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key for tests, nothing else";

    #[test]
    fn a_token_is_good_until_its_end() {
        let keys = Keys::new(KEY);
        let token = keys.sign("ada@example.org", 100);
        assert_eq!(keys.subject(&token, 99).as_deref(), Some("ada@example.org"));
        assert_eq!(keys.subject(&token, 100), None);
    }

    #[test]
    fn another_key_signs_nothing_here() {
        let token = Keys::new("another").sign("ada@example.org", 100);
        assert_eq!(Keys::new(KEY).subject(&token, 0), None);
        assert!(Keys::new(KEY).and_accept("another").subject(&token, 0).is_some());
    }

    #[test]
    fn no_other_algorithm_and_no_changed_claim_is_taken() {
        let keys = Keys::new(KEY);
        let token = keys.sign("ada@example.org", 100);
        let parts: Vec<&str> = token.split('.').collect();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let grace = URL_SAFE_NO_PAD.encode(r#"{"sub":"grace@example.org","exp":100}"#);
        let forged = [
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{}.{grace}.{}", parts[0], parts[2]),
            format!("{}.{}", parts[0], parts[1]),
            String::new(),
            "..".into(),
        ];
        for forged in forged {
            assert_eq!(keys.subject(&forged, 0), None, "{forged}");
        }
    }

    #[test]
    fn a_signed_text_with_another_algorithm_is_not_taken() {
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS512"}"#);
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"a","exp":100}"#);
        let mut mac = keyed(KEY);
        mac.update(format!("{head}.{claims}").as_bytes());
        let token = format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        assert_eq!(Keys::new(KEY).subject(&token, 0), None);
    }
}
