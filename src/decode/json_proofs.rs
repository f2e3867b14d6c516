//! What holds for all JSON formats: nothing panics, every row is accounted for, memory is bounded.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};

use proptest::prelude::*;

use super::json_stream::JsonStream;
use super::{Checked, Collected, Counts, DecodeError, DecodeOptions, RowSink};
use super::{ndjson, records, semantic, timeline_android, timeline_ios};
use crate::model::{FixRow, IncidentRow, NotAFix, RejectRow};
use crate::time::utc_text;

/// The signature of a decoder.
pub(super) type Decode = fn(&mut dyn BufRead, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>;

/// 2025-06-01T00:00:00Z: the moment of reading in tests.
const NOW_US: i64 = 1_748_736_000_000_000;

/// What came of a decoding.
pub(super) struct Outcome {
    pub(super) result: Result<(), DecodeError>,
    pub(super) kept: Collected,
    pub(super) counts: Counts,
}

/// Decodes bytes as `ingest` would, the rows checked.
pub(super) fn run(decode: Decode, bytes: &[u8], options: &DecodeOptions) -> Outcome {
    let mut sink = Checked::new(Collected::default(), NOW_US);
    let mut reader = bytes;
    let result = decode(&mut reader, "file", options, &mut sink);
    let (kept, counts) = sink.into_parts();
    Outcome { result, kept, counts }
}

/// Decodes a fixture and compares all that came of it with the text beside it.
pub(super) fn assert_golden(decode: Decode, fixture: &[u8], expected: &str) {
    let read = run(decode, fixture, &DecodeOptions::default());
    assert!(read.result.is_ok(), "{:?}", read.result);
    let found = as_text(&read.kept);
    assert_eq!(found, expected, "\n--- found ---\n{found}");
    assert_eq!(read.counts.fixes, u64::try_from(read.kept.fixes.len()).unwrap());
    assert_eq!(read.counts.rejected(), u64::try_from(read.kept.rejects.len()).unwrap());
}

fn as_text(kept: &Collected) -> String {
    let mut text = String::new();
    for f in &kept.fixes {
        let (from, to) = (utc_text(f.t0_us), utc_text(f.t1_us));
        let u = f.uncertainty_m.map_or_else(|| "-".to_owned(), |u| format!("{u}m"));
        let (row, path, lat, lon, c) = (f.row, &f.path, f.lat_deg, f.lon_deg, f.confidence);
        let (device, source, basis) = (&f.device, f.source, f.basis);
        writeln!(text, "fix {row} {path} [{device}] {source} {basis} {from}..{to} {lat},{lon} {u}@{c}").unwrap();
        writeln!(text, "    written {}", f.time_text).unwrap();
    }
    for r in &kept.rejects {
        let (row, path, field, reason) = (r.row, &r.path, &r.field, r.reason.as_str());
        let value = r.value.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(text, "reject {row} {path} [{field}] {reason}: {value}").unwrap();
    }
    let mut kinds = std::collections::BTreeMap::new();
    for (kind, n) in &kept.not_fixes {
        *kinds.entry(kind.as_str()).or_insert(0) += n;
    }
    for (kind, n) in kinds {
        writeln!(text, "not a fix: {n} {kind}").unwrap();
    }
    text
}

const RECORDS: &[u8] = include_bytes!("../../tests/fixtures/google_records/records.json");
const SEMANTIC: &[u8] = include_bytes!("../../tests/fixtures/google_semantic/2024_MARCH.json");
const ANDROID: &[u8] = include_bytes!("../../tests/fixtures/timeline_android/Timeline.json");
const IOS: &[u8] = include_bytes!("../../tests/fixtures/timeline_ios/location-history.json");
const NDJSON: &[u8] = include_bytes!("../../tests/fixtures/ndjson/records.ndjson");

type LooksLike = fn(&[u8]) -> Option<String>;

const FORMATS: [(Decode, LooksLike, &[u8]); 5] = [
    (records::decode, records::looks_like, RECORDS),
    (semantic::decode, semantic::looks_like, SEMANTIC),
    (timeline_android::decode, timeline_android::looks_like, ANDROID),
    (timeline_ios::decode, timeline_ios::looks_like, IOS),
    (ndjson::decode, ndjson::looks_like, NDJSON),
];

/// Rows are numbered from 1 without a gap: the largest row that is named cannot exceed the rows that are counted.
fn assert_accounted(read: &Outcome) {
    let rows = read.kept.fixes.iter().map(|f| f.row).chain(read.kept.rejects.iter().map(|r| r.row));
    let named = rows.max().unwrap_or(0);
    assert!(named <= read.counts.rows(), "row {named} of {:?}", read.counts);
    if let Err(DecodeError::Structure { row, .. }) = &read.result {
        assert!(*row <= read.counts.rows(), "row {row} of {:?}", read.counts);
    }
}

#[test]
fn each_format_is_recognised_by_itself_alone_whole_or_cut_off() {
    for (i, (_, _, fixture)) in FORMATS.iter().enumerate() {
        for (j, (_, looks_like, _)) in FORMATS.iter().enumerate() {
            assert_eq!(looks_like(fixture).is_some(), i == j, "fixture {i}, format {j}");
            assert_eq!(looks_like(&fixture[..200]).is_some(), i == j, "fixture {i} cut off, format {j}");
        }
    }
}

#[test]
fn other_json_is_not_recognised() {
    let others: [&[u8]; 6] = [
        br#"{"type":"FeatureCollection","features":[]}"#,
        br#"{"locations":[{"type":"Feature","geometry":{"type":"Point","coordinates":[0.1,51.5]}}]}"#,
        br#"[{"lat":51.5,"lon":0.1}]"#,
        br#"{"_type":"location","tst":1709280000,"lat":51.5,"lon":0.1}"#,
        b"device_id,t0\nphone-1,2024-03-01T08:00:00Z\n",
        b"",
    ];
    for other in others {
        for (_, looks_like, _) in FORMATS {
            assert_eq!(looks_like(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}

#[test]
fn a_file_cut_off_anywhere_uses_what_came_before() {
    for (decode, _, fixture) in FORMATS.into_iter().take(4) {
        let end = fixture.trim_ascii_end().len();
        let whole = run(decode, fixture, &DecodeOptions::default());
        let mut fixes_before = 0;
        for cut in (0..end).step_by(7) {
            let read = run(decode, &fixture[..cut], &DecodeOptions::default());
            assert!(read.result.is_err(), "cut at {cut}");
            assert!(read.kept.fixes.len() >= fixes_before, "fewer fixes of more bytes, cut at {cut}");
            fixes_before = read.kept.fixes.len();
            assert_eq!(read.kept.fixes, whole.kept.fixes[..fixes_before], "cut at {cut}");
            assert_accounted(&read);
        }
        assert!(fixes_before > 0);
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    for (decode, looks_like, fixture) in FORMATS {
        let marked = [b"\xEF\xBB\xBF", fixture].concat();
        assert_eq!(
            run(decode, &marked, &DecodeOptions::default()).kept,
            run(decode, fixture, &DecodeOptions::default()).kept
        );
        assert!(looks_like(&marked).is_some());
    }
}

#[test]
fn a_document_of_another_kind_is_unknown_and_one_with_something_after_it_is_broken() {
    for (decode, _, fixture) in FORMATS.into_iter().take(4) {
        for other in [&b"{\"other\": 1}"[..], b"12", b"<gpx/>", b"{}"] {
            let read = run(decode, other, &DecodeOptions::default());
            assert!(matches!(read.result, Err(DecodeError::Unknown { .. })), "{:?}", read.result);
        }
        let twice = [fixture, fixture].concat();
        let read = run(decode, &twice, &DecodeOptions::default());
        assert!(matches!(read.result, Err(DecodeError::Structure { .. })), "{:?}", read.result);
        assert_eq!(read.kept, run(decode, fixture, &DecodeOptions::default()).kept);
    }
}

/// One change to a document: overwrite, insert or delete bytes at a place given as a fraction of its length.
fn mutation() -> impl Strategy<Value = (u16, u8, Vec<u8>)> {
    let telling = prop::sample::select(b"\"{}[],:\\0e-\xB0\xFF \n".to_vec());
    (any::<u16>(), 0..3_u8, prop::collection::vec(prop_oneof![telling, any::<u8>()], 1..4))
}

fn mutate(document: &[u8], changes: &[(u16, u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = document.to_vec();
    for (place, how, with) in changes {
        let at = usize::from(*place) * bytes.len() / 65_536;
        let end = (at + with.len()).min(bytes.len());
        let removed = if *how == 1 { at..at } else { at..end };
        let added = if *how == 2 { Vec::new() } else { with.clone() };
        bytes.splice(removed, added);
    }
    bytes
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let text = "[ -~\n\t\"\\\\{}\\[\\],:°é]{0,12}";
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text.prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(text, inner, 0..4).prop_map(|m| m.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn mutated_files_never_panic_and_every_row_is_accounted_for(
        which in 0..5_usize,
        changes in prop::collection::vec(mutation(), 1..5),
    ) {
        let (decode, looks_like, fixture) = FORMATS[which];
        let bytes = mutate(fixture, &changes);
        let read = run(decode, &bytes, &DecodeOptions::default());
        assert_accounted(&read);
        let _either = looks_like(&bytes);
        if which == 4 {
            let lines = bytes.split_inclusive(|b| *b == b'\n').count();
            prop_assert_eq!(read.counts.rows(), u64::try_from(lines).unwrap());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        for (decode, looks_like, _) in FORMATS {
            assert_accounted(&run(decode, &bytes, &DecodeOptions::default()));
            let _either = looks_like(&bytes);
        }
    }

    #[test]
    fn elements_are_split_where_serde_json_splits_them(
        elements in prop::collection::vec(json(), 0..6),
        pretty in any::<bool>(),
        chunk in 1..40_usize,
    ) {
        let write = if pretty { serde_json::to_vec_pretty } else { serde_json::to_vec };
        let document = write(&elements).unwrap();
        let mut reader = BufReader::with_capacity(chunk, document.as_slice());
        let mut stream = JsonStream::new(&mut reader, "file");
        prop_assert!(stream.enter_root(b'[').unwrap());
        let mut split = Vec::new();
        while stream.next_element().unwrap() {
            split.push(serde_json::from_slice::<serde_json::Value>(stream.value()).unwrap());
        }
        stream.end().unwrap();
        prop_assert_eq!(split, elements);
    }
}

/// Writes a document of the given length on the fly: a head, one element again and again, a tail.
struct Generated {
    at: u64,
    elements: u64,
    pending: Vec<u8>,
}

impl Read for Generated {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.pending.is_empty() && self.at <= self.elements + 1 {
            self.pending = match self.at {
                0 => b"{\"locations\": [".to_vec(),
                i if i <= self.elements => {
                    let comma = if i == self.elements { "" } else { "," };
                    let ms = 1_709_280_000_000 + i * 1_000;
                    let scan = "{\"mac\": 1, \"strength\": -60}, ".repeat(10);
                    format!(
                        "{{\"latitudeE7\": 514769000, \"longitudeE7\": -5000, \"accuracy\": 12, \"timestampMs\": \
                         \"{ms}\", \"activeWifiScan\": {{\"accessPoints\": [{scan}{{}}]}}}}{comma}\n"
                    )
                    .into_bytes()
                }
                _ => b"]}".to_vec(),
            };
            self.at += 1;
        }
        let n = self.pending.len().min(buf.len());
        buf[..n].copy_from_slice(&self.pending[..n]);
        self.pending.drain(..n);
        Ok(n)
    }
}

/// Counts and keeps nothing.
#[derive(Default)]
struct Counting;

impl RowSink for Counting {
    fn fix(&mut self, _: &FixRow<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    fn incident(&mut self, _: &IncidentRow<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    fn reject(&mut self, _: &RejectRow<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    fn not_a_fix(&mut self, _: NotAFix, _: u64) {}
}

#[test]
fn fifty_megabytes_are_read_in_a_few_kilobytes() {
    const ELEMENTS: u64 = 120_000;
    let mut reader = BufReader::with_capacity(64 * 1024, Generated { at: 0, elements: ELEMENTS, pending: Vec::new() });
    let mut stream = JsonStream::new(&mut reader, "file");
    let mut sink = Checked::new(Counting, NOW_US);
    records::decode_stream(&mut stream, &DecodeOptions::default(), &mut sink).unwrap();
    assert_eq!(sink.counts().fixes, ELEMENTS);
    assert!(stream.bytes_read() > 50_000_000, "{}", stream.bytes_read());
    assert!(stream.held_bytes() < 4096, "{}", stream.held_bytes());
}
