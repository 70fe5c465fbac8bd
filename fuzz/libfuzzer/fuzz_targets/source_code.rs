//! Any bytes through the readers of source code.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::source_code(bytes));
