//! Any bytes through the reader of fault trees.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::fault_tree(bytes));
