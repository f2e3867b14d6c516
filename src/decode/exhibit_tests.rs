use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use super::*;
use crate::model::RejectReason;

const NOW_US: i64 = 1_800_000_000_000_000;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(path: &Path, options: &ExhibitOptions) -> (Result<ExhibitReport, DecodeError>, Vec<RecordBatch>) {
    let mut batches = Vec::new();
    let report = decode_exhibit(path, options, &|_, _| (), &mut |batch| {
        batches.push(batch);
        Ok(())
    });
    (report, batches)
}

fn rows(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|b| b.num_rows() as u64).sum()
}

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn each_member_of_an_archive_is_accounted_for_and_none_stops_the_others() {
    let (report, batches) = read(&fixture("container/case.zip"), &ExhibitOptions::new(NOW_US));
    let report = report.unwrap();
    let seen: Vec<_> = report
        .members
        .iter()
        .map(|m| (m.name.as_str(), m.detection.as_ref().map(|d| d.format), m.counts.rows(), m.error.is_some()))
        .collect();
    let arrow = Some(Format::ArrowIpc);
    let expected = [
        ("../../etc/passwd", arrow, 3, false),
        ("readme.txt", None, 0, true),
        ("b.arrows.gz!b.arrows", arrow, 3, false),
        ("inner.zip!deep.arrows", arrow, 3, false),
        ("inner.zip!too_deep.gz", None, 0, true),
        ("cut.arrows", arrow, 1, true),
        ("empty.csv", None, 0, true),
        ("twice.arrows", arrow, 3, false),
        ("case.zip", None, 0, true),
    ];
    assert_eq!(seen, expected);
    assert!(!report.complete());
    let counts = report.counts();
    assert_eq!((counts.rows(), counts.fixes, counts.rejected()), (13, 5, 8));
    assert_eq!(rows(&batches), counts.fixes);
    assert_eq!(report.devices, BTreeMap::from([("A".to_owned(), 5)]));
    assert_eq!(report.rejects[0].file, "case.zip!../../etc/passwd");
    assert_eq!(report.rejects[0].exhibit, report.exhibit.sha256.as_str());
    assert_eq!(report.span, Some((1_714_557_600_000_000, 1_714_557_900_000_000)));
}

#[test]
fn only_the_device_asked_for_is_kept_and_the_rest_is_counted() {
    let options = ExhibitOptions { only_devices: vec!["B".to_owned()], rejects_kept: 3, ..ExhibitOptions::new(NOW_US) };
    let (report, batches) = read(&fixture("container/case.zip"), &options);
    let report = report.unwrap();
    let counts = report.counts();
    assert_eq!((counts.fixes, counts.other_devices, counts.rejected(), counts.rows()), (0, 5, 8, 13));
    assert_eq!((report.rejects.len(), report.rejects_dropped), (3, 5));
    assert_eq!((batches.len(), report.span), (0, None));
    assert_eq!(report.devices.get("A"), Some(&5));
}

#[test]
fn a_table_is_read_from_the_file_itself_and_progress_reaches_its_end() {
    let seen = RefCell::new(Vec::new());
    let path = fixture("parquet/canonical.parquet");
    let report = decode_exhibit(
        &path,
        &ExhibitOptions::new(NOW_US),
        &|done, all| seen.borrow_mut().push((done, all)),
        &mut |_| Ok(()),
    )
    .unwrap();
    assert_eq!((report.members.len(), report.members[0].name.as_str()), (1, ""));
    assert_eq!((report.counts().fixes, report.counts().rows()), (2, 6));
    assert!(report.complete());
    let seen = seen.into_inner();
    let total = report.exhibit.bytes * 2;
    assert_eq!(seen.last(), Some(&(total, total)));
    assert!(seen.windows(2).all(|w| w[0].0 <= w[1].0), "progress does not go back");
}

#[test]
fn a_single_file_of_no_known_format_is_an_error_with_advice() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "it is empty"),
        (b"x,y,z\n1,2,3\n", "no built-in profile"),
        (b"\xff\xfea\0,\0b\0", "save it as UTF-8"),
        (b"%PDF-1.7", "ask for the records as CSV"),
        (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "it holds no files"),
    ];
    for (bytes, why) in cases {
        let error = read(written(bytes).path(), &ExhibitOptions::new(NOW_US)).0.unwrap_err();
        assert!(matches!(error, DecodeError::Unknown { .. }), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    }
    let workbook = read(&fixture("container/workbook.xlsx"), &ExhibitOptions::new(NOW_US)).0.unwrap_err();
    assert!(workbook.to_string().contains("Excel workbook"), "{workbook}");
    let none = read(Path::new("no such file"), &ExhibitOptions::new(NOW_US)).0.unwrap_err();
    assert!(matches!(none, DecodeError::Source(SourceError::Io { .. })), "{none:?}");
}

#[test]
fn a_limit_met_half_way_keeps_what_came_before_and_says_so() {
    let size = std::fs::metadata(fixture("arrow/as_text.arrows")).unwrap().len();
    let limits = Limits { max_total_bytes: size + 10, ..Limits::default() };
    let options = ExhibitOptions { limits, ..ExhibitOptions::new(NOW_US) };
    let report = read(&fixture("container/case.zip"), &options).0.unwrap();
    assert!(report.incomplete.as_deref().is_some_and(|why| why.contains("bytes come out")), "{:?}", report.incomplete);
    assert_eq!(report.counts().fixes, 1);
}

#[test]
fn a_format_that_is_named_goes_before_what_is_seen() {
    let options = ExhibitOptions { format: Some(Format::Parquet), ..ExhibitOptions::new(NOW_US) };
    let report = read(&fixture("arrow/as_text.arrows"), &options).0.unwrap();
    assert_eq!(report.members.len(), 1);
    let member = &report.members[0];
    assert_eq!(member.detection.as_ref().map(|d| d.format), Some(Format::Parquet));
    assert!(member.error.as_deref().is_some_and(|e| e.contains("cannot be read past row 0")), "{:?}", member.error);
}

#[test]
fn a_receiver_that_fails_ends_everything() {
    let full = || DecodeError::Sink { file: "x".to_owned(), detail: "disk full".to_owned() };
    let result =
        decode_exhibit(&fixture("container/case.zip"), &ExhibitOptions::new(NOW_US), &|_, _| (), &mut |_| Err(full()));
    assert!(matches!(result, Err(DecodeError::Sink { .. })), "{result:?}");
}

#[test]
fn the_place_of_a_reject_is_the_row_in_its_member() {
    let (report, _) = read(&fixture("arrow/as_text.arrows"), &ExhibitOptions::new(NOW_US));
    let report = report.unwrap();
    let places: Vec<_> = report.rejects.iter().map(|r| (r.file.as_str(), r.row, r.reason)).collect();
    assert_eq!(
        places,
        [("as_text.arrows", 2, RejectReason::NotANumber), ("as_text.arrows", 3, RejectReason::TimeFormat)]
    );
}
