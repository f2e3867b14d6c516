//! Delimited text, read by each built-in profile, and by the profile that it is recognised by.
#![no_main]

use locard::decode::{csv, profile};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let recognised = profile::recognise(data).map(|(profile, _)| profile);
    for profile in profile::Profile::builtins().into_iter().chain(recognised) {
        locard_fuzz::decode_by(|reader, file, options, sink| csv::decode(reader, file, &profile, options, sink), data);
    }
    let _any_answer_will_do = profile::propose(data);
});
