//! Secrets: made from the kernel's randomness, read from the environment, and kept out of every text we keep.
//!
//! A secret is always a reference (a variable's name) until the moment it is used. What this does not do: hide a
//! secret from somebody who can read this process's memory.

use std::fmt;
use std::io::Read;

use crate::Error;

/// Values shorter than this are not redacted: replacing every `a` would destroy the text and hide nothing.
pub const SHORTEST_SECRET: usize = 4;
/// What stands where a secret stood.
pub const MASK: &str = "***";

/// 32 hexadecimal digits from the kernel.
///
/// # Panics
/// When the kernel has no randomness to give, since every token after that would be guessable.
pub fn token() -> String {
    let mut bytes = [0_u8; 16];
    random(&mut bytes).expect("the kernel's random source can be read");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of an environment variable; `None` when it is not set or not UTF-8.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// 31 random bits from the kernel.
pub(crate) fn number() -> Result<u32, Error> {
    let mut bytes = [0_u8; 4];
    random(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes) >> 1)
}

fn random(bytes: &mut [u8]) -> Result<(), Error> {
    const SOURCE: &str = "/dev/urandom";
    std::fs::File::open(SOURCE)
        .and_then(|mut file| file.read_exact(bytes))
        .map_err(|source| Error::io(format!("read {SOURCE}"), source))
}

/// Replaces known secret values in text by [`MASK`].
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that contains another one goes as a whole.
    values: Vec<String>,
}

impl Redactor {
    /// A redactor of these values; those shorter than [`SHORTEST_SECRET`] bytes are left out.
    pub fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= SHORTEST_SECRET).collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self { values }
    }

    /// The text with every known value replaced.
    pub fn redact(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), MASK) } else { text }
        })
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} values)", self.values.len())
    }
}
