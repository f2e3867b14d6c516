//! KML files.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locard_fuzz::decode(locard::decode::kml::decode, data));
