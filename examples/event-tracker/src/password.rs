//! Passwords, salted and iterated.
//!
//! HMAC-SHA-256, a fixed number of rounds: enough for an example, which must take many registrations a second on a small
//! machine. A real service uses a memory-hard function such as Argon2id.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::random;

/// Rounds of the hash; less than a millisecond.
const ROUNDS: u32 = 500;

/// A fresh salt and the hash under it, both as text.
pub(crate) fn hash(password: &str) -> std::io::Result<(String, String)> {
    let salt = random::hex16()?;
    let hash = last_round(password, &salt).finalize().into_bytes();
    Ok((salt, random::hex(&hash)))
}

/// Whether the password is the one behind `hash`; takes the same time for every wrong one.
pub(crate) fn is_right(password: &str, salt: &str, hash: &str) -> bool {
    let bytes: Option<Vec<u8>> = (0..hash.len() / 2).map(|at| byte(hash, at)).collect();
    bytes.is_some_and(|bytes| last_round(password, salt).verify_slice(&bytes).is_ok())
}

fn byte(hash: &str, at: usize) -> Option<u8> {
    u8::from_str_radix(hash.get(at * 2..at * 2 + 2)?, 16).ok()
}

/// The last round, not yet finished, so that the comparison can be the constant-time one of the MAC.
fn last_round(password: &str, salt: &str) -> Hmac<Sha256> {
    let keyed = Hmac::<Sha256>::new_from_slice(password.as_bytes()).expect("HMAC takes keys of any length");
    let mut text = salt.as_bytes().to_vec();
    for _ in 1..ROUNDS {
        let mut round = keyed.clone();
        round.update(&text);
        text = round.finalize().into_bytes().to_vec();
    }
    let mut last = keyed;
    last.update(&text);
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_is_right() {
        let (salt, digest) = hash("correct horse").expect("the kernel gives randomness");
        assert!(is_right("correct horse", &salt, &digest));
        assert!(!is_right("correct horsf", &salt, &digest));
        assert!(!is_right("correct horse", "other salt", &digest));
        assert!(!is_right("correct horse", &salt, ""));
    }
}
