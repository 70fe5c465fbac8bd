//! Any bytes through the reader of Kubernetes manifests.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::manifests(bytes));
