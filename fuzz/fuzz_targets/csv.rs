//! Delimited text, read by the profile that it is recognised by, and by a built-in one that its last byte picks: to
//! read each input by all of them takes a dozen times as long, and finds less in the same time.
#![no_main]

use std::sync::OnceLock;

use locard::decode::csv;
use locard::decode::profile::{Profile, propose, recognise};

/// Kept, so that they are not copied for each input.
static BUILTINS: OnceLock<Vec<Profile>> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let builtins = BUILTINS.get_or_init(Profile::builtins);
    let picked = builtins.get(usize::from(data.last().copied().unwrap_or(0)) % builtins.len());
    let recognised = recognise(data).map(|(profile, _)| profile);
    for profile in picked.into_iter().chain(&recognised) {
        locard_fuzz::decode_by(|reader, file, options, sink| csv::decode(reader, file, profile, options, sink), data);
    }
    let _any_answer_will_do = propose(data);
});
