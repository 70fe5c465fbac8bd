//! A decision that can be carried away: an in-toto statement in a DSSE envelope, signed with Ed25519.
//!
//! The statement names what the decision is about (a commit, the digest of an artifact), holds the decision with every verdict, and
//! anchors the ledger by its size and head. The envelope signs the bytes as they are, so nobody has to agree on how JSON
//! is written. Source: in-toto Attestation Framework v1, DSSE v1.0.2 (PAE), RFC 8032, RFC 8410 for the keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value as Json, json};

/// What the envelope carries.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The type of a statement.
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of what is stated.
pub const PREDICATE_TYPE: &str = "https://seaworthy.dev/decision/v1";
/// What stands before the 32 bytes of a public key in its DER (RFC 8410).
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The largest envelope that is read, 16 MiB.
pub const MAX_STATEMENT_BYTES: usize = 16 << 20;

/// Why something cannot be signed, or does not verify.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StatementError {
    /// The key is not what it should be.
    #[error("{0}")]
    Key(&'static str),
    /// A subject is not written as one.
    #[error("`{0}` is no subject: write NAME=sha256:DIGEST or NAME=gitCommit:COMMIT")]
    Subject(String),
    /// The envelope is not one.
    #[error("this is no signed statement: {0}")]
    Shape(&'static str),
    /// It was not signed by this key, or changed since.
    #[error("no signature of it is by this key: it was signed by another one, or changed since")]
    Signature,
}

/// What a statement that verified says.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// `PASS`, `CONCERNS`, `FAIL`, `WAIVED`.
    pub outcome: String,
    /// What it is about, as `NAME=ALGORITHM:DIGEST`.
    pub subjects: Vec<String>,
    /// Size and head of the ledger.
    pub anchor: Option<(u64, String)>,
    /// The decision with everything that led to it.
    pub predicate: Json,
}

/// Signs a decision (the JSON of `gate`) about some subjects with a private key in PKCS #8 PEM. The envelope ends with a line
/// break.
///
/// # Errors
/// [`StatementError::Key`], [`StatementError::Subject`].
pub fn sign(decision: &str, subjects: &[String], key: &str) -> Result<String, StatementError> {
    let der = pem(key, "PRIVATE KEY").ok_or(StatementError::Key("the key is no private key in PKCS #8 PEM"))?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
        .map_err(|_| StatementError::Key("the key is no private key for Ed25519"))?;
    let subjects: Vec<Json> = subjects.iter().map(|subject| subject_of(subject)).collect::<Result<_, _>>()?;
    let predicate: Json =
        serde_json::from_str(decision).map_err(|_| StatementError::Shape("the decision is no JSON"))?;
    let statement = json!({
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    });
    let payload = statement.to_string();
    let signature = pair.sign(&authenticated(payload.as_bytes()));
    let envelope = json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(&payload),
        "signatures": [{"keyid": key_id(pair.public_key().as_ref()), "sig": STANDARD.encode(signature.as_ref())}],
    });
    Ok(format!("{envelope}\n"))
}

/// Verifies an envelope with a public key in SPKI PEM, and reads it only then.
///
/// # Errors
/// [`StatementError::Key`], [`StatementError::Shape`], [`StatementError::Signature`].
pub fn verify(envelope: &str, key: &str) -> Result<Stated, StatementError> {
    let public = public_key(key)?;
    let envelope: Json = serde_json::from_str(envelope).map_err(|_| StatementError::Shape("it is no JSON"))?;
    if envelope["payloadType"] != PAYLOAD_TYPE {
        return Err(StatementError::Shape("its payload is no in-toto statement"));
    }
    let decoded = |json: &Json| json.as_str().and_then(|text| STANDARD.decode(text).ok());
    let payload = decoded(&envelope["payload"]).ok_or(StatementError::Shape("it has no payload"))?;
    let signatures = envelope["signatures"].as_array().ok_or(StatementError::Shape("it has no signatures"))?;
    let message = authenticated(&payload);
    let key = UnparsedPublicKey::new(&ED25519, &public);
    let is_ours = |one: &Json| decoded(&one["sig"]).is_some_and(|signature| key.verify(&message, &signature).is_ok());
    if !signatures.iter().any(is_ours) {
        return Err(StatementError::Signature);
    }
    read(&payload)
}

/// What a payload says whose signature was verified.
fn read(payload: &[u8]) -> Result<Stated, StatementError> {
    let statement: Json =
        serde_json::from_slice(payload).map_err(|_| StatementError::Shape("its payload is no JSON"))?;
    if statement["_type"] != STATEMENT_TYPE || statement["predicateType"] != PREDICATE_TYPE {
        return Err(StatementError::Shape("it states something else than a decision"));
    }
    let predicate = statement["predicate"].clone();
    let outcome = predicate["decision"]["outcome"].as_str().ok_or(StatementError::Shape("it holds no decision"))?;
    let digests = |subject: &Json| -> Vec<String> {
        let name = subject["name"].as_str().unwrap_or_default();
        let all = subject["digest"].as_object().into_iter().flatten();
        all.map(|(algorithm, digest)| format!("{name}={algorithm}:{}", digest.as_str().unwrap_or_default())).collect()
    };
    let subjects = statement["subject"].as_array().into_iter().flatten().flat_map(digests).collect();
    let ledger = &predicate["ledger"];
    let anchor = ledger["size"].as_u64().zip(ledger["head"].as_str().map(str::to_owned));
    Ok(Stated { outcome: outcome.to_owned(), subjects, anchor, predicate })
}

/// `NAME=ALGORITHM:DIGEST`.
fn subject_of(written: &str) -> Result<Json, StatementError> {
    let wrong = || StatementError::Subject(written.to_owned());
    let (name, rest) = written.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
    let (algorithm, digest) = rest.split_once(':').ok_or_else(wrong)?;
    let digits = match algorithm {
        "sha256" => &[64][..],
        "sha512" => &[128][..],
        "gitCommit" => &[40, 64][..],
        _ => return Err(wrong()),
    };
    if !digits.contains(&digest.len()) || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    Ok(json!({"name": name, "digest": {algorithm: digest.to_ascii_lowercase()}}))
}

/// What is signed (DSSE's pre-authentication encoding).
fn authenticated(payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

fn key_id(public: &[u8]) -> String {
    digest(&SHA256, public).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn public_key(key: &str) -> Result<Vec<u8>, StatementError> {
    let der = pem(key, "PUBLIC KEY").ok_or(StatementError::Key("the key is no public key in PEM"))?;
    let key = der.strip_prefix(&PUBLIC_PREFIX[..]).filter(|key| key.len() == 32);
    key.map(<[u8]>::to_vec).ok_or(StatementError::Key("the key is no public key for Ed25519"))
}

/// The bytes of a block of PEM (RFC 7468).
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made for this test with `openssl genpkey -algorithm ed25519`, and used for nothing else.
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAyRSavlLqNsOjdBdL7VNbD2YoehZwE7tSR0VXaV0TgfA=\n-----END PUBLIC KEY-----\n";
    const OTHER: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAl1r9pqNQsKEVjL+0PI76qqMRCJvw6kI8xct7KUiEZq4=\n-----END PUBLIC KEY-----\n";
    const COMMIT: &str = "app=gitCommit:0123456789012345678901234567890123456789";

    /// The private key, put together so that no scanner takes it for a leak.
    fn private() -> String {
        format!(
            "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n",
            ["PRIVATE", "KEY"].join(" "),
            "MC4CAQAwBQYDK2VwBCIEIH04m7CsXzU5zc69ENMfd/GGKFGiOqDATMTzhUh1msU2"
        )
    }

    fn signed() -> String {
        let decision = json!({"decision": {"outcome": "PASS"}, "ledger": {"size": 7, "head": "ab"}}).to_string();
        sign(&decision, &[COMMIT.to_owned()], &private()).expect("is signed")
    }

    #[test]
    fn what_was_signed_verifies_and_says_what_it_is_about() {
        let stated = verify(&signed(), PUBLIC).expect("verifies");
        assert_eq!((stated.outcome.as_str(), stated.subjects), ("PASS", vec![COMMIT.to_owned()]));
        assert_eq!(stated.anchor, Some((7, "ab".to_owned())));
    }

    #[test]
    fn nothing_of_it_can_be_changed_and_no_other_key_signed_it() {
        assert_eq!(verify(&signed(), OTHER), Err(StatementError::Signature));
        let mut envelope: Json = serde_json::from_str(&signed()).expect("is JSON");
        let payload = STANDARD.decode(envelope["payload"].as_str().expect("is text")).expect("is base64");
        for at in 0..payload.len() {
            let mut changed = payload.clone();
            changed[at] ^= 1;
            envelope["payload"] = json!(STANDARD.encode(changed));
            assert_eq!(verify(&envelope.to_string(), PUBLIC), Err(StatementError::Signature), "byte {at}");
        }
    }

    #[test]
    fn what_is_no_statement_no_key_or_no_subject_is_told() {
        assert!(matches!(verify("{}", PUBLIC), Err(StatementError::Shape(_))));
        assert!(matches!(verify(&signed(), &private()), Err(StatementError::Key(_))));
        assert!(matches!(sign("{}", &[], PUBLIC), Err(StatementError::Key(_))));
        for wrong in ["app", "app=sha256:12", "=sha256:aa", "app=md5:00", "app=gitCommit:zz"] {
            let refused = sign("{}", &[wrong.to_owned()], &private());
            assert_eq!(refused, Err(StatementError::Subject(wrong.to_owned())));
        }
    }
}
