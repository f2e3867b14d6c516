use std::io::Write as _;
use std::path::{Path, PathBuf};

use datafusion::arrow::ipc::writer::{FileWriter, StreamWriter};
use datafusion::parquet::arrow::ArrowWriter;

use super::*;
use crate::decode::{Checked, Collected, Counts, FixBuilder};
use crate::model::{Basis, FixRow, RejectReason, SourceKind};
use crate::time::ZoneRule;

const NOW_US: i64 = 1_800_000_000_000_000;
/// 2024-05-01T10:00:00Z.
const TEN_US: i64 = 1_714_557_600_000_000;

type Decoder = fn(File, &str, &DecodeOptions, &mut dyn RowSink) -> Result<(), DecodeError>;

fn decoded(decoder: Decoder, file: File, options: &DecodeOptions) -> (Collected, Counts, Result<(), DecodeError>) {
    let mut sink = Checked::new(Collected::default(), NOW_US);
    let result = decoder(file, "x", options, &mut sink);
    let (collected, counts) = sink.into_parts();
    (collected, counts, result)
}

fn fixture(name: &str) -> File {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    File::open(path).unwrap()
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file
}

fn reasons(collected: &Collected) -> Vec<(u64, &str, &str, RejectReason)> {
    collected.rejects.iter().map(|r| (r.row, r.field.as_str(), r.value.as_str(), r.reason)).collect()
}

#[test]
fn a_parquet_file_of_another_writer_is_read_by_its_column_names() {
    let (collected, counts, result) =
        decoded(decode_parquet, fixture("parquet/canonical.parquet"), &DecodeOptions::default());
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(collected.fixes.len(), 2);
    let (a, b) = (&collected.fixes[0], &collected.fixes[1]);
    assert_eq!((a.device.as_str(), a.t0_us, a.t1_us), ("A", TEN_US + 250_000, TEN_US + 250_000));
    assert_eq!((a.lat_deg, a.lon_deg, a.uncertainty_m), (51.5, f64::from(-0.1_f32), Some(5.0)));
    assert_eq!(
        (a.source, a.basis, a.row, a.time_text.as_str()),
        (SourceKind::Gps, Basis::Measured, 1, "2024-05-01T10:00:00.25Z")
    );
    assert_eq!((b.device.as_str(), b.source, b.uncertainty_m, b.row), ("", SourceKind::Wifi, None, 2));
    let expected = [
        (3, "t0", "", RejectReason::Missing),
        (4, "lat_deg", "", RejectReason::Missing),
        (5, "latitude", "95", RejectReason::LatitudeRange),
        (6, "source", "telepathy", RejectReason::NotAllowed),
    ];
    assert_eq!(reasons(&collected), expected);
    assert_eq!(counts.rows(), 6);
}

#[test]
fn times_without_a_zone_are_refused_until_the_zone_is_given() {
    let london = DecodeOptions { zone: Some(ZoneRule::parse("Europe/London").unwrap()), ..DecodeOptions::default() };
    let cases: [(Decoder, &str); 2] =
        [(decode_parquet, "parquet/naive_times.parquet"), (decode_arrow, "arrow/naive_times.arrow")];
    for (decoder, name) in cases {
        let (collected, ..) = decoded(decoder, fixture(name), &DecodeOptions::default());
        let why: Vec<_> = collected.rejects.iter().map(|r| r.reason).collect();
        assert_eq!(why, [RejectReason::TimeZoneUnknown; 2], "{name}");
        let (collected, ..) = decoded(decoder, fixture(name), &london);
        assert_eq!(collected.fixes.len(), 2);
        let (summer, october) = (&collected.fixes[0], &collected.fixes[1]);
        assert_eq!((summer.t0_us, summer.time_ambiguous), (1_748_775_600_000_000, false), "12:00 BST is 11:00 UTC");
        assert_eq!((october.t1_us - october.t0_us, october.time_ambiguous), (3_600_000_000, true));
        assert_eq!(summer.time_text, "2025-06-01T12:00:00", "as the file writes it");
    }
}

#[test]
fn a_stream_of_text_columns_is_read_and_its_dictionaries_may_change() {
    let (collected, counts, result) = decoded(decode_arrow, fixture("arrow/as_text.arrows"), &DecodeOptions::default());
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(collected.fixes.len(), 1);
    let fix = &collected.fixes[0];
    assert_eq!((fix.device.as_str(), fix.t0_us, fix.t1_us), ("A", TEN_US, TEN_US + 300_000_000));
    assert_eq!(fix.time_text, "2024-05-01T10:00:00Z");
    let expected =
        [(2, "lat_deg", "north", RejectReason::NotANumber), (3, "t0", "yesterday", RejectReason::TimeFormat)];
    assert_eq!(reasons(&collected), expected);
    assert_eq!(counts.rows(), 3);
}

fn own_batch() -> RecordBatch {
    let mut batches = Vec::new();
    let mut builder = FixBuilder::new("a.csv", "ff", |b| {
        batches.push(b);
        Ok(())
    });
    for (row, source) in (1..).zip(SourceKind::ALL) {
        let fix = FixRow {
            device: "A",
            source,
            t0_us: TEN_US,
            t1_us: TEN_US + 1,
            lat_deg: 51.5,
            lon_deg: -0.1,
            uncertainty_m: (row % 2 == 0).then_some(7.5),
            confidence: 0.95,
            basis: Basis::Estimated,
            azimuth_deg: (row % 3 == 0).then_some(120.0),
            row,
            path: if row == 1 { "" } else { "locations[3]" },
            time_text: "01/05/2024 11:00",
            time_ambiguous: row == 2,
        };
        builder.fix(&fix).unwrap();
    }
    builder.finish().unwrap();
    batches.remove(0)
}

fn own_files() -> [(Decoder, Vec<u8>); 3] {
    let batch = own_batch();
    let mut parquet = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    parquet.write(&batch).unwrap();
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    [
        (decode_parquet, parquet.into_inner().unwrap()),
        (decode_arrow, file.into_inner().unwrap()),
        (decode_arrow, stream.into_inner().unwrap()),
    ]
}

#[test]
fn what_was_written_as_a_table_is_read_back_to_the_last_field() {
    for (decoder, bytes) in own_files() {
        let mut read = Vec::new();
        let mut builder = FixBuilder::new("a.csv", "ff", |b| {
            read.push(b);
            Ok(())
        });
        decoder(file_of(&bytes), "x", &DecodeOptions::default(), &mut builder).unwrap();
        builder.finish().unwrap();
        assert_eq!(read, [own_batch()]);
    }
}

#[test]
fn a_table_without_a_needed_column_says_which() {
    let batch = own_batch();
    let without_t0 = batch.project(&[0, 4, 5]).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &without_t0.schema()).unwrap();
    stream.write(&without_t0).unwrap();
    let (_, counts, result) = decoded(decode_arrow, file_of(&stream.into_inner().unwrap()), &DecodeOptions::default());
    let error = result.unwrap_err().to_string();
    assert!(error.contains("column t0 is missing"), "{error}");
    assert_eq!(counts.rows(), 0);
}

#[test]
fn a_damaged_table_is_an_error_and_never_more() {
    // A simple generator: every run damages the same bytes.
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    for (decoder, bytes) in own_files() {
        for _ in 0..60 {
            let mut damaged = bytes.clone();
            for _ in 0..3 {
                let at = next(damaged.len());
                damaged[at] = u8::try_from(next(256)).unwrap();
            }
            damaged.truncate(damaged.len() - next(40));
            let (collected, counts, _) = decoded(decoder, file_of(&damaged), &DecodeOptions::default());
            assert_eq!(counts.rows(), (collected.fixes.len() + collected.rejects.len()) as u64);
        }
        let (.., result) = decoded(decoder, file_of(&bytes[..bytes.len() / 2]), &DecodeOptions::default());
        assert!(matches!(result, Err(DecodeError::Structure { .. })), "{result:?}");
    }
    std::panic::set_hook(hook);
}

/// Puts bytes over those at a place counted from the end.
fn with_end(mut bytes: Vec<u8>, from_end: usize, put: &[u8]) -> Vec<u8> {
    let at = bytes.len() - from_end;
    bytes[at..at + put.len()].copy_from_slice(put);
    bytes
}

fn error_of(decoder: Decoder, bytes: &[u8]) -> (usize, String) {
    let (collected, _, result) = decoded(decoder, file_of(bytes), &DecodeOptions::default());
    (collected.fixes.len(), result.err().map(|e| e.to_string()).unwrap_or_default())
}

/// Where a length of 8 bytes stands, from the end.
fn place_of(bytes: &[u8], length: u64) -> usize {
    bytes.len() - bytes.windows(8).rposition(|w| w == length.to_le_bytes()).unwrap()
}

#[test]
fn an_arrow_length_beyond_the_file_ends_in_an_error_and_not_in_the_reserving_of_it() {
    use datafusion::arrow::ipc::{root_as_footer, root_as_message};

    let [_, (_, file), (_, stream)] = own_files();
    let n = file.len();
    let footer_length = usize::try_from(i32::from_le_bytes(file[n - 10..n - 6].try_into().unwrap())).unwrap();
    let footer = root_as_footer(&file[n - 10 - footer_length..n - 10]).unwrap();
    let body = u64::try_from(footer.recordBatches().unwrap().get(0).bodyLength()).unwrap();
    let vast = (1_u64 << 50).to_le_bytes();
    let damaged = with_end(file.clone(), place_of(&file, body), &vast);
    let (fixes, error) = error_of(decode_arrow, &damaged);
    assert!(fixes == 0 && error.contains("beyond its end: 1125899906842624 bytes"), "{error}");
    let (_, error) = error_of(decode_arrow, &with_end(file, 10, &i32::MAX.to_le_bytes()));
    assert!(error.contains("footer is missing"), "{error}");

    let schema = 8 + usize::try_from(i32::from_le_bytes(stream[4..8].try_into().unwrap())).unwrap();
    let first = &stream[schema..];
    let metadata = usize::try_from(i32::from_le_bytes(first[4..8].try_into().unwrap())).unwrap();
    let message = root_as_message(&first[8..8 + metadata]).unwrap();
    let length = u64::try_from(message.bodyLength()).unwrap();
    let at = schema + 8 + first[8..8 + metadata].windows(8).position(|w| w == length.to_le_bytes()).unwrap();
    let damaged = with_end(stream.clone(), stream.len() - at, &vast);
    let (fixes, error) = error_of(decode_arrow, &damaged);
    assert!(fixes == 0 && error.contains("bytes is announced where"), "{error}");
}

#[test]
fn the_batches_before_a_stream_breaks_are_used() {
    let batch = own_batch();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let bytes = writer.into_inner().unwrap();
    let (fixes, error) = error_of(decode_arrow, &bytes[..bytes.len() - 100]);
    assert_eq!(fixes, batch.num_rows());
    assert!(error.contains(&format!("past row {}", batch.num_rows())), "{error}");
    assert_eq!(error_of(decode_arrow, &bytes), (2 * batch.num_rows(), String::new()));
    assert!(error_of(decode_arrow, b"").1.contains("it is empty"));
}

#[test]
fn a_table_of_more_rows_than_its_size_can_mean_is_given_up() {
    let n = own_batch().num_rows() as u64;
    let batches = || -> Batches { Box::new(std::iter::repeat_n(own_batch(), 5).map(Ok)) };
    for (most_rows, rows) in [(5 * n, 5 * n), (5 * n - 1, 4 * n), (n - 1, 0)] {
        let mut sink = Checked::new(Collected::default(), NOW_US);
        let result = decode(batches(), most_rows, "x", &DecodeOptions::default(), &mut sink);
        assert_eq!((sink.counts().rows(), result.is_ok()), (rows, rows == 5 * n));
    }
    assert_eq!(rows_allowed(&file_of(b"")), FREE_ROWS);
}
