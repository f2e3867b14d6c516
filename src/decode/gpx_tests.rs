use super::*;
use crate::decode::trial::{Trial, damage, try_bytes, try_in_zone, try_with};
use proptest::prelude::*;

const WALK: &[u8] = include_bytes!("../../tests/fixtures/gpx/walk.gpx");
const PREFIXED: &[u8] = include_bytes!("../../tests/fixtures/gpx/prefixed_10.gpx");

fn track(points: &str) -> Trial {
    try_bytes(decode, format!("<gpx><trk><trkseg>{points}</trkseg></trk></gpx>").as_bytes())
}

#[test]
fn the_golden_walk_gives_its_fixes_and_says_what_became_of_the_rest() {
    let t = try_bytes(decode, WALK);
    assert!(t.end.is_ok(), "{:?}", t.end);
    let first = &t.kept.fixes[0];
    assert_eq!((first.lat_deg, first.lon_deg), (52.954_78, -1.158_12));
    assert_eq!(first.t0_us, 1_748_779_200_000_000);
    assert_eq!((first.source, first.basis), (SourceKind::Gps, Basis::Measured));
    assert_eq!(first.uncertainty_m, None, "hdop is not metres");
    assert_eq!(first.device, "", "neither the creator nor the track's name is a device");
    assert_eq!(first.time_text, "2025-06-01T12:00:00Z");
    let paths: Vec<_> = t.kept.fixes.iter().map(|f| (f.row, f.path.as_str())).collect();
    assert_eq!(
        paths,
        [
            (4, "trk[1]/trkseg[1]/trkpt[1]"),
            (5, "trk[1]/trkseg[1]/trkpt[2]"),
            (7, "trk[1]/trkseg[2]/trkpt[2]"),
            (10, "trk[2]/trkseg[1]/trkpt[1]"),
        ]
    );
    let rejects: Vec<_> = t.kept.rejects.iter().map(|r| (r.row, r.field.as_str(), r.reason)).collect();
    assert_eq!(
        rejects,
        [
            (6, "time", RejectReason::Missing),
            (8, "time", RejectReason::TimeZoneUnknown),
            (9, "latitude", RejectReason::LatitudeRange),
        ]
    );
    assert_eq!(t.not_fixes(NotAFix::Plan), 3);
    assert_eq!(t.calls, 10);
}

#[test]
fn prefixes_and_version_1_0_are_read_alike() {
    let t = try_bytes(decode, PREFIXED);
    assert!(t.end.is_ok(), "{:?}", t.end);
    assert_eq!(t.kept.fixes.len(), 2);
    assert_eq!(t.kept.fixes[1].t0_us - t.kept.fixes[0].t0_us, 30_500_000, "offsets and fractions");
}

#[test]
fn a_time_without_a_zone_is_read_by_the_zone_given_and_the_repeated_hour_is_marked() {
    let body =
        b"<gpx><trk><trkseg><trkpt lat='51.5' lon='-0.1'><time>2025-10-26T01:30:00</time></trkpt></trkseg></trk></gpx>";
    let t = try_in_zone(decode, body, "Europe/London");
    let fix = &t.kept.fixes[0];
    assert!(fix.time_ambiguous);
    assert_eq!(fix.t1_us - fix.t0_us, 3_600_000_000);
}

#[test]
fn the_device_is_the_one_of_the_options() {
    let options = DecodeOptions { device: Some("watch".to_owned()), ..DecodeOptions::default() };
    assert!(try_with(decode, WALK, &options).kept.fixes.iter().all(|f| f.device == "watch"));
}

#[test]
fn a_waypoint_with_a_time_is_still_a_plan() {
    let t = try_bytes(decode, b"<gpx><wpt lat='51.5' lon='-0.1'><time>2025-06-01T12:00:00Z</time></wpt></gpx>");
    assert_eq!((t.kept.fixes.len(), t.not_fixes(NotAFix::Plan), t.calls), (0, 1, 1));
}

#[test]
fn the_time_of_an_extension_or_of_the_file_is_not_the_points() {
    let t = track(
        "<trkpt lat='51.5' lon='-0.1'><extensions><x:time>2025-06-01T12:00:00Z</x:time><trkpt lat='1' lon='1'/>
        </extensions></trkpt>",
    );
    assert_eq!(t.reasons(), [("time", RejectReason::Missing)]);
    let t = try_bytes(
        decode,
        b"<gpx><metadata><time>2025-06-01T12:00:00Z</time></metadata><trk><trkseg><trkpt lat='51.5' lon='-0.1'/></trkseg></trk></gpx>",
    );
    assert_eq!(t.reasons(), [("time", RejectReason::Missing)]);
}

#[test]
fn each_way_a_point_can_be_unusable_has_its_reason() {
    let time = "<time>2025-06-01T12:00:00Z</time>";
    let reasons = |attributes: &str, inside: &str| {
        let t = track(&format!("<trkpt {attributes}>{inside}</trkpt>"));
        assert_eq!((t.kept.fixes.len(), t.calls), (0, 1));
        t.kept.rejects[0].reason
    };
    assert_eq!(reasons("lon='-0.1'", time), RejectReason::Missing);
    assert_eq!(reasons("lat='51.5' lon=''", time), RejectReason::Missing);
    assert_eq!(reasons("lat='51,5' lon='-0.1'", time), RejectReason::NotANumber);
    assert_eq!(reasons("lat='NaN' lon='-0.1'", time), RejectReason::LatitudeRange);
    assert_eq!(reasons("lat='51.5' lon='inf'", time), RejectReason::LongitudeRange);
    assert_eq!(reasons("lat='0' lon='0'", time), RejectReason::NullIsland);
    assert_eq!(reasons("lat='51.5' lon='-0.1'", "<time>2025-06-01</time>"), RejectReason::TimeFormat);
    assert_eq!(reasons("lat='51.5' lon='-0.1'", "<time/>"), RejectReason::Missing);
    assert_eq!(reasons("lat='51.5' lon='-0.1'", &format!("{time}{time}")), RejectReason::TimeFormat);
    assert_eq!(reasons("lat='51.5' lon='-0.1'", &format!("{time}<fix>none</fix>")), RejectReason::NotAllowed);
    assert_eq!(reasons("lat='51.5' lon='-0.1'", "<time>2031-06-01T12:00:00Z</time>"), RejectReason::TimeRange);
}

#[test]
fn a_point_inside_a_point_is_told_and_spoils_no_other() {
    let t = track(
        "<trkpt lat='51.5' lon='-0.1'><trkpt lat='9' lon='9'><time>2020-01-01T00:00:00Z</time></trkpt>
        <time>2025-06-01T12:00:00Z</time></trkpt>",
    );
    assert_eq!(t.reasons(), [("", RejectReason::Syntax)]);
    assert_eq!((t.kept.fixes[0].row, t.kept.fixes[0].time_text.as_str()), (1, "2025-06-01T12:00:00Z"));
    assert_eq!(t.kept.rejects[0].row, 2);
}

#[test]
fn a_file_cut_short_gives_what_came_before_and_then_the_error() {
    let text = std::str::from_utf8(WALK).unwrap();
    let cut = text.find("<trkpt lat=\"52.95502\"").unwrap() + 30;
    let t = try_bytes(decode, &WALK[..cut]);
    assert_eq!((t.kept.fixes.len(), t.broke_at()), (1, Some(4)), "cut inside a tag: the point has not begun");
    let cut = text.find("2025-06-01T12:00:30Z").unwrap() + 5;
    let t = try_bytes(decode, &WALK[..cut]);
    assert_eq!((t.kept.fixes.len(), t.broke_at()), (1, Some(5)));
    assert_eq!(t.reasons(), [("", RejectReason::Syntax)], "the point that was cut in two");
}

#[test]
fn a_wrong_end_tag_breaks_the_file_there() {
    let t = track("<trkpt lat='51.5' lon='-0.1'><time>2025-06-01T12:00:00Z</time></trkpt></trk>");
    assert_eq!((t.kept.fixes.len(), t.broke_at()), (1, Some(1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        try_bytes(decode, &bytes);
    }

    #[test]
    fn damaged_files_never_panic_and_their_account_adds_up(
        changes in proptest::collection::vec((any::<usize>(), prop_oneof![any::<u8>(), Just(b'<'), Just(b'>'), Just(b'"')]), 0..12),
        keep in any::<usize>(),
    ) {
        try_bytes(decode, &damage(WALK, &changes, keep));
    }

    #[test]
    fn every_point_is_counted_once_wherever_the_file_breaks(keep in 0..WALK.len()) {
        let t = try_bytes(decode, &WALK[..keep]);
        let text = String::from_utf8_lossy(&WALK[..keep]);
        let begun = text.match_indices('<').filter(|(at, _)| {
            let tag = &text[*at..];
            ["<trkpt ", "<rtept ", "<wpt "].iter().any(|p| tag.starts_with(p)) && tag.contains('>')
        }).count();
        prop_assert_eq!(t.calls, begun as u64);
    }
}
