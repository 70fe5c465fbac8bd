//! Random names from the kernel.

use std::fs::File;
use std::io::{self, Read};

/// Sixteen random bytes as 32 hexadecimal digits.
pub(crate) fn hex16() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
