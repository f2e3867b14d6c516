//! Delimited text, read by each built-in profile, and by the profile that it is recognised by.
#![no_main]

use std::sync::OnceLock;

use locard::decode::csv;
use locard::decode::profile::{Profile, propose, recognise};

/// Read once: they are TOML.
static BUILTINS: OnceLock<Vec<Profile>> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let recognised = recognise(data).map(|(profile, _)| profile);
    for profile in BUILTINS.get_or_init(Profile::builtins).iter().chain(&recognised) {
        locard_fuzz::decode_by(|reader, file, options, sink| csv::decode(reader, file, profile, options, sink), data);
    }
    let _any_answer_will_do = propose(data);
});
