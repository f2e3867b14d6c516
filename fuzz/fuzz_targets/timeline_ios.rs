//! Google on-device `location-history.json` of iOS.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locard_fuzz::decode(locard::decode::timeline_ios::decode, data));
