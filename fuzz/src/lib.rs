//! What the targets share: a decoder is run twice on the same bytes, and must account for every row alike.
//!
//! What is asserted: nothing panics; the rows counted are the rows told; and it does not matter in how many parts
//! the bytes come.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

use locard::decode::{Checked, Collected, DecodeError, DecodeOptions, RowSink};
use locard::model::{FixRow, IncidentRow, NotAFix, RejectRow, RowEnd};
use locard::source::Limits;
use locard::time::ZoneRule;

/// 2026-01-01T00:00:00Z: the moment of reading.
pub const NOW_US: i64 = 1_767_225_600_000_000;

/// A decoder of one format.
pub type Decoder = fn(&mut dyn BufRead, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>;

/// Decodes as the options of a case would have it, without a zone and with one.
pub fn decode(decoder: Decoder, data: &[u8]) {
    decode_by(decoder, data);
}

/// As [`decode`], for a decoder that needs more than the options.
pub fn decode_by<D>(decoder: D, data: &[u8])
where
    D: Fn(&mut dyn BufRead, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>,
{
    let london = ZoneRule::parse("Europe/London").ok();
    for zone in [None, london] {
        let options = DecodeOptions { zone, ..DecodeOptions::default() };
        let mut whole_bytes = data;
        let whole = run(&decoder, &mut whole_bytes, &options);
        let parts = run(&decoder, &mut BufReader::with_capacity(13, data), &options);
        assert!(whole == parts, "the same bytes in small parts give the same rows");
    }
}

fn run<D>(decoder: &D, reader: &mut dyn BufRead, options: &DecodeOptions) -> (Collected, Option<String>)
where
    D: Fn(&mut dyn BufRead, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>,
{
    let mut sink = Tally { inner: Checked::new(Collected::default(), NOW_US), calls: 0 };
    let end = decoder(reader, "fuzz", options, &mut sink);
    let calls = sink.calls;
    let (kept, counts) = sink.inner.into_parts();
    assert_eq!(counts.rows(), calls, "the account adds up");
    (kept, end.err().map(|error| error.to_string()))
}

/// Counts the rows that a decoder tells, apart from the account under test.
struct Tally<S> {
    inner: S,
    calls: u64,
}

impl<S: RowSink> RowSink for Tally<S> {
    fn fix(&mut self, row: &FixRow<'_>) -> Result<(), DecodeError> {
        self.calls += 1;
        self.inner.fix(row)
    }

    fn incident(&mut self, row: &IncidentRow<'_>) -> Result<(), DecodeError> {
        self.calls += 1;
        self.inner.incident(row)
    }

    fn reject(&mut self, row: &RejectRow<'_>) -> Result<(), DecodeError> {
        self.calls += 1;
        self.inner.reject(row)
    }

    fn not_a_fix(&mut self, kind: NotAFix, n: u64) {
        self.calls += n;
        self.inner.not_a_fix(kind, n);
    }

    fn end(&mut self, end: &RowEnd<'_>) -> Result<(), DecodeError> {
        self.inner.end(end)
    }
}

/// Limits small enough for the fuzzer to reach.
pub fn small_limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_total_bytes = 4 << 20;
    limits.ratio_floor_bytes = 64 << 10;
    limits.max_members = 100;
    limits
}

/// Reads to the end or to the first error, and says how many bytes came.
pub fn drain(reader: &mut dyn BufRead) -> u64 {
    let mut bytes = 0;
    while let Ok(part) = reader.fill_buf() {
        let n = part.len();
        if n == 0 {
            break;
        }
        bytes += n as u64;
        reader.consume(n);
    }
    bytes
}

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic hook that only remembers, for code that catches panics of the libraries it calls.
pub fn remember_panic(panic: &PanicHookInfo<'_>) {
    LAST_PANIC.with_borrow_mut(|last| *last = panic.to_string());
}

/// Runs a target under [`remember_panic`]: a panic that comes out of it is shown and ends the run.
pub fn abort_on_panic(target: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(target)).is_err() {
        LAST_PANIC.with_borrow(|last| eprintln!("{last}"));
        std::process::abort();
    }
}
