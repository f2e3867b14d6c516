//! Locard's canonical records, one JSON object a line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locard_fuzz::decode(locard::decode::ndjson::decode, data));
