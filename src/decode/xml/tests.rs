//! Hostile documents: what an attacker, a broken disk or an old program may hand us.

use std::io::{BufRead, Read};

use super::super::fault::Fault;
use super::*;
use crate::decode::trial::{Trial, try_bytes, try_with};
use crate::decode::{DecodeOptions, gpx};
use crate::model::RejectReason;

fn trial(body: &str) -> Trial {
    try_bytes(gpx::decode, body.as_bytes())
}

const POINT: &str = r#"<trkpt lat="51.5" lon="-0.1"><time>2025-06-01T12:00:00Z</time></trkpt>"#;

#[test]
fn an_entity_is_never_expanded_or_fetched() {
    let bomb = format!(
        r#"<!DOCTYPE gpx [<!ENTITY a "51.5"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
        <gpx><trk><name>&x;&b;</name><trkseg>
        <trkpt lat="&a;" lon="-0.1"><time>2025-06-01T12:00:00Z</time></trkpt>
        <trkpt lat="51.5" lon="-0.1"><time>&x;</time></trkpt>{POINT}</trkseg></trk></gpx>"#
    );
    let t = trial(&bomb);
    assert!(t.end.is_ok(), "{:?}", t.end);
    assert_eq!(t.reasons(), [("lat", RejectReason::NotANumber), ("time", RejectReason::TimeFormat)]);
    assert_eq!(t.kept.rejects[1].value, "&x;");
    assert_eq!(t.kept.fixes.len(), 1);
}

#[test]
fn references_to_characters_are_read() {
    let t = trial(
        r#"<gpx><trk><trkseg><trkpt lat="&#53;1.5" lon="-0.1"><time>2025-06-01T12&#x3A;00:00<![CDATA[Z]]></time>
        </trkpt></trkseg></trk></gpx>"#,
    );
    assert_eq!(t.kept.fixes[0].lat_deg, 51.5);
    assert_eq!(t.kept.fixes[0].time_text, "2025-06-01T12:00:00Z");
}

#[test]
fn a_lone_ampersand_or_a_latin1_byte_in_a_name_costs_nothing_else() {
    let mut bytes = b"<gpx><trk><name>Fish & Caf\xE9</name><trkseg>".to_vec();
    bytes.extend_from_slice(POINT.as_bytes());
    bytes.extend_from_slice(b"</trkseg></trk></gpx>");
    let t = try_bytes(gpx::decode, &bytes);
    assert!(t.end.is_ok(), "{:?}", t.end);
    assert_eq!(t.kept.fixes.len(), 1);
}

#[test]
fn nesting_without_end_breaks_the_file_and_keeps_what_came_before() {
    let t = trial(&format!("<gpx><trk><trkseg>{POINT}{}", "<a>".repeat(100_000)));
    assert_eq!((t.broke_at(), t.kept.fixes.len()), (Some(1), 1));
    let flat = format!("<gpx><trk><trkseg>{POINT}{}</trkseg></trk></gpx>", "<a></a>".repeat(1_000));
    assert!(trial(&flat).end.is_ok(), "many elements are not deep ones");
}

/// A document whose middle is repeated without being held in memory, and which counts what was read of it.
struct Endless<'a> {
    head: &'a [u8],
    read: u64,
}

impl Read for Endless<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let given = if self.head.is_empty() {
            buf.fill(b'x');
            buf.len()
        } else {
            self.head.read(buf)?
        };
        self.read += given as u64;
        Ok(given)
    }
}

fn read_of_endless(head: &str) -> (u64, Result<(), DecodeError>) {
    let mut reader = io::BufReader::new(Endless { head: head.as_bytes(), read: 0 });
    let mut kept = crate::decode::Collected::default();
    let end = gpx::decode(&mut reader as &mut dyn BufRead, "f", &DecodeOptions::default(), &mut kept);
    (reader.get_ref().read, end)
}

#[test]
fn a_piece_without_end_is_given_up_after_the_allowance() {
    for head in ["<gpx><name>", "<gpx a='", "<gpx><!--", "<gpx><![CDATA[", "<gpx><?p ", "<!DOCTYPE ", "<gpx>&", "<"] {
        let (read, end) = read_of_endless(head);
        assert!(matches!(end, Err(DecodeError::Structure { .. })), "{head}: {end:?}");
        assert!(read < 2 * MAX_PIECE_BYTES, "{head}: {read} bytes were read");
    }
}

#[test]
fn text_between_pieces_is_not_counted_together() {
    let filler = format!("<desc>{}</desc>", "y".repeat(1024 * 1024));
    let t = trial(&format!("<gpx>{}<trk><trkseg>{POINT}</trkseg></trk></gpx>", filler.repeat(17)));
    assert!(t.end.is_ok(), "{:?}", t.end);
    assert_eq!(t.kept.fixes.len(), 1);
}

#[test]
fn another_root_utf16_and_nothing_at_all_are_named_as_such() {
    let detail = |bytes: &[u8]| match try_bytes(gpx::decode, bytes).end {
        Err(DecodeError::Structure { detail, row: 0, .. }) => detail,
        other => format!("{other:?}"),
    };
    assert!(detail(b"<html><trkpt/></html>").contains("`html`, not `gpx`"));
    assert!(detail(b"\xFF\xFE<\0g\0").contains("UTF-16"));
    assert!(detail(b"").contains("no XML element"));
    assert!(detail(b"just text").contains("no XML element"));
}

#[test]
fn a_failure_to_read_is_no_fault_of_the_file() {
    #[derive(Debug, thiserror::Error)]
    #[error("disk")]
    struct Disk;
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other(Disk))
        }
    }
    let head = format!("<gpx><trk><trkseg>{POINT}<trkpt lat='1' lon='1'>");
    let mut reader = io::BufReader::new(head.as_bytes().chain(Broken));
    let mut kept = crate::decode::Collected::default();
    let end = gpx::decode(&mut reader as &mut dyn BufRead, "f", &DecodeOptions::default(), &mut kept);
    let Err(DecodeError::Io { source, .. }) = end else { unreachable!("{end:?}") };
    assert!(source.downcast::<Disk>().is_ok(), "the system's error is passed on whole");
    assert_eq!((kept.fixes.len(), kept.rejects.len()), (1, 1), "the half point is told");
}

#[test]
fn the_receivers_error_comes_through_unchanged() {
    struct Full;
    impl crate::decode::RowSink for Full {
        fn fix(&mut self, _: &crate::model::FixRow<'_>) -> Result<(), DecodeError> {
            Err(DecodeError::Sink { file: "f".to_owned(), detail: "full".to_owned() })
        }
        fn incident(&mut self, _: &crate::model::IncidentRow<'_>) -> Result<(), DecodeError> {
            Ok(())
        }
        fn reject(&mut self, _: &crate::model::RejectRow<'_>) -> Result<(), DecodeError> {
            Ok(())
        }
        fn not_a_fix(&mut self, _: crate::model::NotAFix, _: u64) {}
    }
    let body = format!("<gpx><trk><trkseg>{POINT}</trkseg></trk></gpx>");
    let end = gpx::decode(&mut body.as_bytes(), "f", &DecodeOptions::default(), &mut Full);
    assert!(matches!(end, Err(DecodeError::Sink { .. })), "{end:?}");
}

#[test]
fn a_fault_names_the_field_and_the_value() {
    let fault = Fault::new("lat", "51,5", RejectReason::NotANumber);
    let mut kept = crate::decode::Collected::default();
    fault.reject(3, "p", &mut kept).unwrap();
    let r = &kept.rejects[0];
    assert_eq!((r.row, r.path.as_str(), r.field.as_str(), r.value.as_str()), (3, "p", "lat", "51,5"));
    let t = try_with(gpx::decode, b"<gpx/>", &DecodeOptions::default());
    assert!(t.end.is_ok() && t.calls == 0);
}
