//! Any bytes through everything that writes into a register.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::write_back(bytes));
