//! Google on-device `Timeline.json` of Android.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locard_fuzz::decode(locard::decode::timeline_android::decode, data));
