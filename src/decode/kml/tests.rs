use super::*;
use crate::decode::trial::{Trial, damage, try_bytes, try_in_zone};
use crate::model::{Basis, SourceKind};
use proptest::prelude::*;

const MIXED: &[u8] = include_bytes!("../../../tests/fixtures/kml/mixed.kml");
const TRACK: &[u8] = include_bytes!("../../../tests/fixtures/kml/track.kml");

fn kml(body: &str) -> Trial {
    try_bytes(decode, format!("<kml xmlns:gx='g'><Document>{body}</Document></kml>").as_bytes())
}

fn placemark(body: &str) -> Trial {
    kml(&format!("<Placemark>{body}</Placemark>"))
}

const WHEN: &str = "<TimeStamp><when>2025-06-01T12:00:00Z</when></TimeStamp>";
const POINT: &str = "<Point><coordinates>-1.15812,52.95478,48</coordinates></Point>";

#[test]
fn the_golden_file_gives_its_fixes_and_says_what_became_of_the_rest() {
    let t = try_bytes(decode, MIXED);
    assert!(t.end.is_ok(), "{:?}", t.end);
    assert_eq!(t.kept.fixes.len(), 2);
    let (moment, stay) = (&t.kept.fixes[0], &t.kept.fixes[1]);
    assert_eq!((moment.lat_deg, moment.lon_deg), (52.954_78, -1.158_12), "longitude comes first");
    assert_eq!((moment.t0_us, moment.t1_us), (1_748_779_200_000_000, 1_748_779_200_000_000));
    assert_eq!((moment.source, moment.basis, moment.uncertainty_m), (SourceKind::Unknown, Basis::Measured, None));
    assert_eq!((moment.row, moment.path.as_str()), (2, "Placemark[1]/Point"));
    assert_eq!(stay.t1_us - stay.t0_us, 45 * 60 * 1_000_000);
    assert_eq!(
        (stay.basis, stay.time_text.as_str()),
        (Basis::Inferred, "2025-06-01T13:00:00+01:00/2025-06-01T12:45:00Z")
    );
    let rejects: Vec<_> = t.kept.rejects.iter().map(|r| (r.path.as_str(), r.field.as_str(), r.reason)).collect();
    assert_eq!(
        rejects,
        [
            ("Placemark[3]/Point", "end", RejectReason::Missing),
            ("Placemark[4]/Point", "when", RejectReason::TimeFormat),
        ]
    );
    assert_eq!(t.not_fixes(NotAFix::Place), 2, "a place without a time, and one whose only time is the viewer's");
    assert_eq!(t.not_fixes(NotAFix::Plan), 4, "a line, a polygon as one, and the two points of a shape");
    assert_eq!(t.not_fixes(NotAFix::Link), 1);
    assert_eq!(t.not_fixes(NotAFix::NoPosition), 1);
    assert_eq!(t.calls, 12);
}

#[test]
fn a_track_is_paired_by_count_and_the_rest_is_rejected() {
    let t = try_bytes(decode, TRACK);
    assert!(t.end.is_ok(), "{:?}", t.end);
    let seen: Vec<_> = t.kept.fixes.iter().map(|f| (f.path.as_str(), f.time_text.as_str(), f.lat_deg)).collect();
    assert_eq!(
        seen,
        [
            ("Placemark[1]/gx:Track[1]/coord[1]", "2025-06-01T12:00:00Z", 52.9501),
            ("Placemark[1]/gx:Track[1]/coord[3]", "2025-06-01T12:02:00Z", 52.9503),
            ("Placemark[1]/gx:Track[2]/coord[1]", "2025-06-01T13:00:00Z", 52.9511),
        ]
    );
    assert_eq!(
        t.reasons(),
        [("gx:coord", RejectReason::Missing), ("gx:coord", RejectReason::Missing), ("when", RejectReason::Missing),],
        "an empty coordinate keeps its turn; a time too many; a coordinate too many"
    );
    assert_eq!(t.calls, 6);
}

#[test]
fn partial_dates_are_no_moments() {
    for when in ["2024", "2024-05", "2024-05-17", "20240517", ""] {
        let t = placemark(&format!("<TimeStamp><when>{when}</when></TimeStamp>{POINT}"));
        assert!(t.kept.fixes.is_empty() && t.calls == 1, "{when}");
        let expected = if when.is_empty() { RejectReason::Missing } else { RejectReason::TimeFormat };
        assert_eq!(t.reasons(), [("when", expected)], "{when}");
    }
}

#[test]
fn a_time_without_a_zone_needs_one() {
    let body = format!("<TimeStamp><when>2025-06-01T13:00:00</when></TimeStamp>{POINT}");
    assert_eq!(placemark(&body).reasons(), [("when", RejectReason::TimeZoneUnknown)]);
    let whole = format!("<kml><Placemark>{body}</Placemark></kml>");
    let t = try_in_zone(decode, whole.as_bytes(), "Europe/London");
    assert_eq!(t.kept.fixes[0].t0_us, 1_748_779_200_000_000);
}

#[test]
fn the_time_may_come_after_the_point() {
    assert_eq!(placemark(&format!("{POINT}{WHEN}")).kept.fixes.len(), 1);
    let t = placemark(&format!("<MultiGeometry>{POINT}</MultiGeometry>{WHEN}"));
    assert_eq!(t.kept.fixes.len(), 1, "a collection of one is that one");
}

#[test]
fn a_span_that_ends_before_it_begins_is_refused() {
    let t = placemark(&format!(
        "<TimeSpan><begin>2025-06-01T13:00:00Z</begin><end>2025-06-01T12:00:00Z</end></TimeSpan>{POINT}"
    ));
    assert_eq!(t.reasons(), [("time", RejectReason::TimeOrder)]);
}

#[test]
fn coordinates_that_are_not_one_position_are_refused() {
    let reason = |text: &str| {
        let t = placemark(&format!("{WHEN}<Point><coordinates>{text}</coordinates></Point>"));
        assert_eq!(t.calls, 1, "{text}");
        t.kept.rejects.first().map(|r| r.reason)
    };
    assert_eq!(reason("-0.1,51.5"), None);
    assert_eq!(reason("\n -0.1, 51.5, 0 \n"), None, "blanks after commas, as some programs write");
    assert_eq!(reason(""), Some(RejectReason::Missing));
    assert_eq!(reason("-0.1"), Some(RejectReason::FieldCount));
    assert_eq!(reason("-0.1,51.5 -0.2,51.6"), Some(RejectReason::FieldCount));
    assert_eq!(reason("-0.1,51.5,0 -0.2,51.6,0"), Some(RejectReason::FieldCount));
    assert_eq!(reason("-0.1,51.5,0 -0.2"), Some(RejectReason::FieldCount));
    assert_eq!(reason("-0.1;51.5"), Some(RejectReason::FieldCount));
    assert_eq!(reason("x,51.5"), Some(RejectReason::NotANumber));
    assert_eq!(reason("51.5,-91"), Some(RejectReason::LatitudeRange));
}

#[test]
fn a_track_with_commas_or_a_missing_number_is_refused_pair_by_pair() {
    let when = "<when>2025-06-01T12:00:00Z</when>";
    let t = placemark(&format!(
        "<gx:Track>{when}{when}<gx:coord>-0.1,51.5,0</gx:coord><gx:coord>-0.1 51.5 0 9</gx:coord></gx:Track>"
    ));
    assert_eq!(t.reasons(), [("gx:coord", RejectReason::FieldCount), ("gx:coord", RejectReason::FieldCount)]);
}

#[test]
fn a_file_cut_short_gives_what_came_before_and_tells_what_was_half_read() {
    let text = std::str::from_utf8(TRACK).unwrap();
    let cut = text.find("<gx:coord/>").unwrap();
    let t = try_bytes(decode, &TRACK[..cut]);
    assert_eq!((t.kept.fixes.len(), t.broke_at()), (1, Some(1)));
    assert_eq!(t.reasons(), [("gx:coord", RejectReason::Syntax); 3], "the times that wait for a coordinate");
    let t = try_bytes(decode, format!("<kml><Placemark>{WHEN}{POINT}").as_bytes());
    assert_eq!(t.reasons(), [("Placemark", RejectReason::Syntax)]);
    let t = try_bytes(decode, format!("<kml><Placemark>{WHEN}<Point><coordinates>1,").as_bytes());
    assert_eq!(t.reasons(), [("Point", RejectReason::Syntax)]);
    assert_eq!(t.calls, 1);
    let t = try_bytes(decode, b"<kml><Placemark><name>");
    assert_eq!((t.calls, t.broke_at()), (1, Some(0)));
}

#[test]
fn elements_nested_against_the_schema_are_still_counted_once() {
    let t = placemark(&format!("{WHEN}{POINT}<Placemark>{WHEN}{POINT}</Placemark>{POINT}"));
    assert_eq!((t.kept.fixes.len(), t.not_fixes(NotAFix::Place), t.calls), (2, 1, 3));
    let t = placemark(&format!("{WHEN}<Point>{POINT}<coordinates>1,2</coordinates></Point>"));
    assert_eq!(t.calls, 2);
    let track = "<gx:Track><when>2025-06-01T12:00:00Z</when><gx:Track/><gx:coord>-0.1 51.5</gx:coord></gx:Track>";
    let t = placemark(track);
    assert_eq!((t.kept.fixes.len(), t.reasons().len(), t.calls), (0, 2, 2), "never paired across tracks");
}

#[test]
fn a_line_may_be_long() {
    let line = "-1.15812,52.95478,48 ".repeat(20_000);
    let t = placemark(&format!("<LineString><coordinates>{line}</coordinates></LineString>"));
    assert!(t.end.is_ok(), "{:?}", t.end);
    assert_eq!((t.not_fixes(NotAFix::Plan), t.calls), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damaged_files_never_panic_and_their_account_adds_up(
        track in any::<bool>(),
        changes in proptest::collection::vec((any::<usize>(), prop_oneof![any::<u8>(), Just(b'<'), Just(b'/'), Just(b' ')]), 0..12),
        keep in any::<usize>(),
    ) {
        try_bytes(decode, &damage(if track { TRACK } else { MIXED }, &changes, keep));
    }

    /// Any order of the elements of interest: the number of rows follows from the number of elements.
    #[test]
    fn halves_of_a_track_make_as_many_rows_as_the_longer_side(order in proptest::collection::vec(any::<bool>(), 0..40)) {
        let body: String = order.iter().map(|when| if *when {
            "<when>2025-06-01T12:00:00Z</when>"
        } else {
            "<gx:coord>-0.1 51.5 0</gx:coord>"
        }).collect();
        let t = placemark(&format!("<gx:Track>{body}</gx:Track>"));
        let whens = order.iter().filter(|w| **w).count();
        let coords = order.len() - whens;
        prop_assert_eq!(t.kept.fixes.len(), whens.min(coords));
        prop_assert_eq!(t.calls, whens.max(coords) as u64);
    }
}
