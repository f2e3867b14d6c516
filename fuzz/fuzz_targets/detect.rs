//! Recognising a format by the beginning of a file.
#![no_main]

use locard::decode::{HEAD_BYTES, detect};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let head = &data[..data.len().min(HEAD_BYTES)];
    let found = detect(head);
    assert_eq!(found, detect(head), "the same bytes are recognised alike");
    assert!(found.is_none_or(|d| !d.because.is_empty()), "a recognition says what it rests on");
});
