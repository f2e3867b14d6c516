use std::io::Read;

use super::*;
use crate::decode::trial::{Trial, damage, try_bytes, try_in_zone, try_with};
use proptest::prelude::*;
use serde_json::json;

const MIXED: &[u8] = include_bytes!("../../../tests/fixtures/geojson/mixed.geojson");

fn collection(features: &[Value]) -> Trial {
    try_bytes(decode, json!({"type": "FeatureCollection", "features": features}).to_string().as_bytes())
}

fn feature(geometry: impl Into<Value>, properties: impl Into<Value>) -> Value {
    let (geometry, properties) = (geometry.into(), properties.into());
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

fn point() -> Value {
    json!({"type": "Point", "coordinates": [-1.15812, 52.95478]})
}

const NOON: &str = "2025-06-01T12:00:00Z";

#[test]
fn the_golden_file_gives_its_fixes_and_says_what_became_of_the_rest() {
    let t = try_bytes(decode, MIXED);
    assert!(t.end.is_ok(), "{:?}", t.end);
    let first = &t.kept.fixes[0];
    assert_eq!((first.lat_deg, first.lon_deg), (52.954_78, -1.158_12), "longitude comes first");
    assert_eq!((first.device.as_str(), first.uncertainty_m), ("handset-1", Some(12.5)));
    let seen: Vec<_> = t.kept.fixes.iter().map(|f| (f.row, f.path.as_str(), f.time_text.as_str())).collect();
    assert_eq!(
        seen,
        [
            (1, "features[0]", "2025-06-01T12:00:00Z"),
            (2, "features[1]", "1748779230000"),
            (3, "features[2]", "2025-06-01T12:00:00Z/2025-06-01T12:45:00Z"),
            (5, "features[4].geometry.coordinates[0]", "2025-06-01T12:00:00Z"),
            (7, "features[4].geometry.coordinates[2]", "2025-06-01T12:02:00Z"),
        ]
    );
    assert_eq!(
        t.reasons(),
        [("coordTimes", RejectReason::Missing), ("", RejectReason::Syntax), ("time", RejectReason::TimeZoneUnknown)]
    );
    assert_eq!(t.not_fixes(NotAFix::Place), 1);
    assert_eq!(t.not_fixes(NotAFix::Plan), 2);
    assert_eq!(t.not_fixes(NotAFix::NoPosition), 1);
    assert_eq!(t.calls, 12);
}

#[test]
fn the_options_serve_only_what_the_feature_does_not_say() {
    let options = DecodeOptions { device: Some("given".to_owned()), ..DecodeOptions::default() };
    let both = json!({"type": "FeatureCollection", "features": [
        feature(point(), json!({"time": NOON, "device": "own"})), feature(point(), json!({"time": NOON, "id": "x"}))
    ]});
    let t = try_with(decode, both.to_string().as_bytes(), &options);
    let devices: Vec<_> = t.kept.fixes.iter().map(|f| f.device.as_str()).collect();
    assert_eq!(devices, ["own", "given"]);
    let local = feature(point(), json!({"time": "2025-06-01T13:00:00"})).to_string();
    assert_eq!(try_in_zone(decode, local.as_bytes(), "Europe/London").kept.fixes[0].t0_us, 1_748_779_200_000_000);
}

#[test]
fn a_bbox_or_any_order_of_members_does_not_hide_the_features() {
    let body = format!(
        r#"{{"bbox":[-2,52,-1,53],"features":[{}],"name":"x","type":"FeatureCollection"}}"#,
        feature(point(), json!({ "time": NOON }))
    );
    assert_eq!(try_bytes(decode, body.as_bytes()).kept.fixes.len(), 1);
}

#[test]
fn a_single_feature_and_a_bare_geometry_are_files_too() {
    let t = try_bytes(decode, feature(point(), json!({ "time": NOON })).to_string().as_bytes());
    assert_eq!((t.kept.fixes.len(), t.kept.fixes[0].path.as_str()), (1, ""));
    let t = try_bytes(decode, point().to_string().as_bytes());
    assert_eq!((t.not_fixes(NotAFix::Place), t.calls), (1, 1));
}

#[test]
fn a_time_that_is_named_but_empty_is_missing_not_a_place() {
    for empty in [json!(null), json!(""), json!("  ")] {
        let t = collection(&[feature(point(), json!({ "time": empty }))]);
        assert_eq!(t.reasons(), [("time", RejectReason::Missing)]);
    }
}

#[test]
fn one_wrong_feature_does_not_stop_the_rest() {
    let good = feature(point(), json!({ "time": NOON }));
    let wrong = [
        json!(null),
        json!(7),
        json!({}),
        feature(json!({"type": "Pint", "coordinates": [1, 2]}), json!({ "time": NOON })),
        feature(json!({"type": "Point", "coordinates": ["1", "2"]}), json!({ "time": NOON })),
        feature(json!({"type": "Point", "coordinates": [1]}), json!({ "time": NOON })),
        feature(json!({"type": "Point", "coordinates": []}), json!({ "time": NOON })),
        feature(json!({"type": "Point", "coordinates": [1, 91]}), json!({ "time": NOON })),
        feature(point(), json!({"time": NOON, "accuracy": -1})),
    ];
    for case in wrong {
        let t = collection(&[good.clone(), case.clone(), good.clone()]);
        assert!(t.end.is_ok(), "{case}: {:?}", t.end);
        assert_eq!((t.kept.fixes.len(), t.kept.rejects.len(), t.calls), (2, 1, 3), "{case}");
    }
}

#[test]
fn times_are_given_to_vertices_only_if_there_is_one_for_each() {
    let line = json!({"type": "LineString", "coordinates": [[-1.1, 52.1], [-1.2, 52.2]]});
    let two = [NOON, "2025-06-01T12:01:00Z"];
    let outcome = |geometry: &Value, properties: Value| {
        let t = collection(&[feature(geometry.clone(), properties)]);
        (t.kept.fixes.len(), t.kept.rejects.len(), t.not_fixes(NotAFix::Plan))
    };
    assert_eq!(outcome(&line, json!({ "coordTimes": two })), (2, 0, 0));
    assert_eq!(outcome(&line, json!({"coordinateProperties": {"times": two}})), (2, 0, 0));
    assert_eq!(outcome(&line, json!({"times": [NOON, null]})), (1, 1, 0), "a vertex without a time");
    assert_eq!(outcome(&line, json!({ "coordTimes": [NOON] })), (0, 1, 0), "too few");
    assert_eq!(outcome(&line, json!({ "coordTimes": [two] })), (0, 1, 0), "times of a collection of lines");
    assert_eq!(outcome(&line, json!({ "time": NOON })), (0, 0, 1), "one time for all is no time for each");
    let lines = json!({"type": "MultiLineString", "coordinates": [[[-1.1, 52.1]], [[-1.2, 52.2], [-1.3, 52.3]]]});
    assert_eq!(outcome(&lines, json!({ "coordTimes": [[NOON], two] })), (3, 0, 0));
    assert_eq!(outcome(&lines, json!({ "coordTimes": [two, [NOON]] })), (0, 1, 0), "never paired across lines");
    let empty = json!({"type": "LineString", "coordinates": []});
    assert_eq!(outcome(&empty, json!({ "coordTimes": [] })), (0, 0, 1), "an empty line is still a row");
}

#[test]
fn another_reference_system_makes_positions_unusable() {
    let with = |crs: &str| {
        let body = json!({"crs": {"type": "name", "properties": {"name": crs}}, "type": "FeatureCollection",
            "features": [feature(point(), json!({ "time": NOON }))]});
        try_bytes(decode, body.to_string().as_bytes())
    };
    assert_eq!(with("urn:ogc:def:crs:OGC:1.3:CRS84").kept.fixes.len(), 1);
    assert_eq!(with("urn:ogc:def:crs:EPSG::27700").reasons(), [("crs", RejectReason::NotAllowed)]);
    let late = format!(
        r#"{{"features":[{}],"crs":{{"type":"name","properties":{{"name":"EPSG:27700"}}}}}}"#,
        feature(point(), json!({ "time": NOON }))
    );
    assert_eq!(try_bytes(decode, late.as_bytes()).broke_at(), Some(1));
}

#[test]
fn a_file_cut_short_gives_what_came_before_and_then_the_error() {
    let text = std::str::from_utf8(MIXED).unwrap();
    let cut = text.find("1748779230000").unwrap();
    let t = try_bytes(decode, &MIXED[..cut]);
    assert_eq!((t.kept.fixes.len(), t.calls, t.broke_at()), (1, 1, Some(1)));
}

#[test]
fn what_is_not_geojson_is_named_as_such() {
    for body in ["", "7", "[]", "{}", r#"{"type":"FeatureCollection"}"#, r#"{"features":7}"#, r#"{"features":[]} x"#] {
        assert_eq!(try_bytes(decode, body.as_bytes()).broke_at(), Some(0), "{body}");
    }
    assert!(try_bytes(decode, "\u{FEFF}{\"features\":[]}".as_bytes()).end.is_ok(), "a mark of byte order");
    let deep = format!(r#"{{"features":[{}"#, "[".repeat(100_000));
    assert_eq!(try_bytes(decode, deep.as_bytes()).broke_at(), Some(0));
}

#[test]
fn a_feature_without_end_is_given_up_after_the_allowance() {
    struct Endless<'a>(&'a [u8], u64);
    impl Read for Endless<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let given = if self.0.is_empty() {
                buf.fill(b'x');
                buf.len()
            } else {
                self.0.read(buf)?
            };
            self.1 += given as u64;
            Ok(given)
        }
    }
    let head = br#"{"features":[{"type":""#;
    let mut reader = std::io::BufReader::new(Endless(head, 0));
    let mut kept = crate::decode::Collected::default();
    let end = decode(&mut reader, "f", &DecodeOptions::default(), &mut kept);
    assert!(matches!(end, Err(DecodeError::Structure { .. })), "{end:?}");
    assert!(reader.get_ref().1 < 40 * 1024 * 1024, "{} bytes were read", reader.get_ref().1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damaged_files_never_panic_and_their_account_adds_up(
        changes in proptest::collection::vec((any::<usize>(), prop_oneof![any::<u8>(), Just(b'"'), Just(b'['), Just(b'}'), Just(b'9')]), 0..12),
        keep in any::<usize>(),
    ) {
        try_bytes(decode, &damage(MIXED, &changes, keep));
    }

    #[test]
    fn every_point_feature_is_one_row(points in proptest::collection::vec(
        (proptest::collection::vec(-200.0_f64..200.0, 0..4), prop_oneof![Just(json!(null)), Just(json!(NOON)), Just(json!(1e300)), Just(json!("x"))]),
        0..12,
    )) {
        let features: Vec<Value> = points.into_iter()
            .map(|(p, time)| feature(json!({"type": "Point", "coordinates": p}), json!({ "time": time })))
            .collect();
        prop_assert_eq!(collection(&features).calls, features.len() as u64);
    }
}
