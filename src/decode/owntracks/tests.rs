use super::*;
use crate::decode::trial::{damage, try_bytes, try_with};
use proptest::prelude::*;

const JUNE: &[u8] = include_bytes!("../../../tests/fixtures/owntracks/2025-06.rec");

fn location(fields: &str) -> String {
    format!("2025-06-01T12:00:05Z\t*                 \t{{\"_type\":\"location\",{fields}}}\n")
}

#[test]
fn the_golden_file_gives_its_fixes_and_says_what_became_of_the_rest() {
    let t = try_bytes(decode, JUNE);
    assert!(t.end.is_ok(), "{:?}", t.end);
    let seen: Vec<_> = t.kept.fixes.iter().map(|f| (f.row, f.time_text.as_str(), f.uncertainty_m)).collect();
    assert_eq!(
        seen,
        [
            (1, "1748779200", Some(12.0)),
            (3, "1748779260", Some(9.5)),
            (8, "1748775600", None),
            (11, "1748779320", None)
        ]
    );
    let first = &t.kept.fixes[0];
    assert_eq!(first.t0_us, 1_748_779_200_000_000, "the time it was taken, not the time it was received");
    assert_eq!((first.device.as_str(), first.source), ("owntracks/somebody/phone", SourceKind::Fused));
    assert_eq!((first.lat_deg, first.lon_deg), (52.954_78, -1.158_12));
    assert_eq!(t.kept.fixes[3].device, "aa", "no topic: the two letters");
    assert_eq!(t.not_fixes(NotAFix::Repeat), 1);
    assert_eq!(t.not_fixes(NotAFix::NoPosition), 2);
    assert_eq!(t.not_fixes(NotAFix::Plan), 1);
    assert_eq!(t.not_fixes(NotAFix::Heading), 1);
    let rejects: Vec<_> = t.kept.rejects.iter().map(|r| (r.row, r.field.as_str(), r.reason)).collect();
    assert_eq!(
        rejects,
        [
            (7, "_type", RejectReason::NotAllowed),
            (10, "tst", RejectReason::Missing),
            (12, "time", RejectReason::TimeRange),
            (13, "", RejectReason::Syntax),
        ]
    );
    assert_eq!(t.calls, 13);
}

#[test]
fn each_way_a_message_can_be_unusable_has_its_reason() {
    let reason = |fields: &str| {
        let t = try_bytes(decode, location(fields).as_bytes());
        assert_eq!(t.calls, 1, "{fields}");
        t.kept.rejects.first().map(|r| (r.field.clone(), r.reason))
    };
    let no = |field: &str, why| Some((field.to_owned(), why));
    assert_eq!(reason(r#""tst":1748779200,"lat":52.9,"lon":-1.1"#), None);
    assert_eq!(reason(r#""tst":"1748779200","lat":"52.9","lon":"-1.1""#), None, "numbers written as strings");
    assert_eq!(reason(r#""tst":1748779200,"lon":-1.1"#), no("lat", RejectReason::Missing));
    assert_eq!(reason(r#""tst":1748779200,"lat":52.9,"lon":"w""#), no("lon", RejectReason::NotANumber));
    assert_eq!(reason(r#""tst":"noon","lat":52.9,"lon":-1.1"#), no("tst", RejectReason::TimeFormat));
    assert_eq!(reason(r#""tst":1748779200000,"lat":52.9,"lon":-1.1"#), no("time", RejectReason::TimeRange));
    assert_eq!(
        reason(r#""tst":1748779200,"lat":52.9,"lon":-1.1,"acc":-1"#),
        no("uncertainty", RejectReason::UncertaintyRange)
    );
    assert_eq!(reason(r#""tst":1748779200,"lat":52.9,"lon":-1.1,"acc":"x""#), no("acc", RejectReason::NotANumber));
    assert_eq!(reason(r#""tst":1748779200,"lat":0,"lon":0"#), no("latitude", RejectReason::NullIsland));
}

#[test]
fn lines_that_are_no_messages_are_told_each() {
    let body = b"\xEF\xBB\xBF\n{\"_type\":7}\n{\"lat\":1}\n2025-06-01T12:00:05Z\tlwt\toffline\n\xFF{}\n[1]\n{} x\n{\"_type\":\"new\"}";
    let t = try_bytes(decode, body);
    assert_eq!((t.not_fixes(NotAFix::Heading), t.calls), (1, 8));
    assert_eq!(
        t.reasons(),
        [
            ("_type", RejectReason::Missing),
            ("_type", RejectReason::Missing),
            ("", RejectReason::Syntax),
            ("", RejectReason::NotUtf8),
            ("", RejectReason::Syntax),
            ("", RejectReason::Syntax),
            ("_type", RejectReason::NotAllowed),
        ]
    );
}

#[test]
fn the_head_may_be_spaced_in_any_way_or_be_absent() {
    let message = r#"{"_type":"location","tst":1748779200,"lat":52.9,"lon":-1.1}"#;
    for head in
        ["", "2025-06-01T12:00:05Z * ", "2025-06-01T12:00:05Z\t*\t", "2025-06-01T12:00:05Z  *                  \t"]
    {
        assert_eq!(try_bytes(decode, format!("{head}{message}\r\n").as_bytes()).kept.fixes.len(), 1, "{head:?}");
    }
}

#[test]
fn the_options_name_a_device_only_if_the_message_does_not() {
    let options = DecodeOptions { device: Some("given".to_owned()), ..DecodeOptions::default() };
    let at = r#""tst":1748779200,"lat":52.9,"lon":-1.1"#;
    let body = location(at) + &location(&format!(r#"{at},"tid":"aa""#)) + &location(&format!(r#"{at},"topic":" ""#));
    let t = try_with(decode, body.as_bytes(), &options);
    let devices: Vec<_> = t.kept.fixes.iter().map(|f| f.device.as_str()).collect();
    assert_eq!(devices, ["given", "aa"]);
    assert_eq!(t.not_fixes(NotAFix::Repeat), 1, "the third is the first again");
}

#[test]
fn a_deep_message_is_a_broken_line_only() {
    let body = format!("{{\"a\":{}\n{}", "[".repeat(50_000), location(r#""tst":1748779200,"lat":52.9,"lon":-1.1"#));
    let t = try_bytes(decode, body.as_bytes());
    assert_eq!((t.reasons(), t.kept.fixes.len()), (vec![("", RejectReason::Syntax)], 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_line_is_one_row_whatever_is_in_it(bytes in proptest::collection::vec(
        prop_oneof![any::<u8>(), Just(b'\n'), Just(b'{'), Just(b'}')], 0..300,
    )) {
        let lines = bytes.split_inclusive(|b| *b == b'\n').count();
        prop_assert_eq!(try_bytes(decode, &bytes).calls, lines as u64);
    }

    #[test]
    fn damaged_files_never_panic_and_their_account_adds_up(
        changes in proptest::collection::vec((any::<usize>(), prop_oneof![any::<u8>(), Just(b'\n'), Just(b'9')]), 0..12),
        keep in any::<usize>(),
    ) {
        try_bytes(decode, &damage(JUNE, &changes, keep));
    }
}
