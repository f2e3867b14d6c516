//! A trial: decodes bytes in a test and gives what came of it, with an independent count of the calls.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};

use crate::model::{FixRow, IncidentRow, NotAFix, RejectReason, RejectRow, RowEnd};
use crate::time::ZoneRule;

use super::{Checked, Collected, Counts, DecodeError, DecodeOptions, RowSink};

/// 2026-01-01T00:00:00Z: the moment of reading in tests.
const NOW_US: i64 = 1_767_225_600_000_000;

/// A decoder of one format.
pub(super) type Decoder = fn(&mut dyn BufRead, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>;

/// What came of decoding some bytes.
pub(super) struct Trial {
    pub(super) kept: Collected,
    pub(super) counts: Counts,
    /// How many rows the decoder spoke of, counted apart from [`Counts`].
    pub(super) calls: u64,
    pub(super) end: Result<(), DecodeError>,
}

impl Trial {
    /// How many rows were counted as this kind.
    pub(super) fn not_fixes(&self, kind: NotAFix) -> u64 {
        self.counts.not_fixes.get(&kind).copied().unwrap_or(0)
    }

    /// The reasons of the rejects, in order, each with its field.
    pub(super) fn reasons(&self) -> Vec<(&str, RejectReason)> {
        self.kept.rejects.iter().map(|r| (r.field.as_str(), r.reason)).collect()
    }

    /// The row at which the structure broke, if it did.
    pub(super) fn broke_at(&self) -> Option<u64> {
        match &self.end {
            Err(DecodeError::Structure { row, .. }) => Some(*row),
            _ => None,
        }
    }
}

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

/// Decodes without a zone or a device.
pub(super) fn try_bytes(decoder: Decoder, bytes: &[u8]) -> Trial {
    try_with(decoder, bytes, &DecodeOptions::default())
}

/// Decodes with the given zone for times that name none.
pub(super) fn try_in_zone(decoder: Decoder, bytes: &[u8], zone: &str) -> Trial {
    let options = DecodeOptions { zone: Some(ZoneRule::parse(zone).unwrap()), ..DecodeOptions::default() };
    try_with(decoder, bytes, &options)
}

/// Decodes; checks that the account adds up, and that it does not matter how the bytes come.
pub(super) fn try_with(decoder: Decoder, mut bytes: &[u8], options: &DecodeOptions) -> Trial {
    let mut in_parts = BufReader::with_capacity(7, bytes);
    let whole = run(decoder, &mut bytes, options);
    let parts = run(decoder, &mut in_parts, options);
    assert_eq!(whole.kept, parts.kept, "the same bytes in small parts give the same rows");
    assert_eq!(whole.end.as_ref().err().map(ToString::to_string), parts.end.err().map(|e| e.to_string()));
    whole
}

fn run(decoder: Decoder, reader: &mut dyn BufRead, options: &DecodeOptions) -> Trial {
    let mut sink = Tally { inner: Checked::new(Collected::default(), NOW_US), calls: 0 };
    let end = decoder(reader, "exhibit", options, &mut sink);
    let calls = sink.calls;
    let (kept, counts) = sink.inner.into_parts();
    assert_eq!(counts.rows(), calls, "the account adds up");
    let rows: Vec<u64> = kept.fixes.iter().map(|f| f.row).chain(kept.rejects.iter().map(|r| r.row)).collect();
    let distinct: BTreeSet<u64> = rows.iter().copied().collect();
    assert_eq!(rows.len(), distinct.len(), "no row has two outcomes");
    assert!(distinct.iter().all(|row| (1..=calls).contains(row)), "rows are numbered from 1 without gaps");
    Trial { kept, counts, calls, end }
}

/// Damages bytes: each change puts a byte at a place; then the end is cut off.
pub(super) fn damage(bytes: &[u8], changes: &[(usize, u8)], keep: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    for (place, byte) in changes {
        let place = place % damaged.len().max(1);
        if let Some(at) = damaged.get_mut(place) {
            *at = *byte;
        }
    }
    damaged.truncate(keep % (bytes.len() + 1));
    damaged
}
