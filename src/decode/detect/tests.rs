use super::*;

fn format(head: &str) -> Option<Format> {
    detect(head.as_bytes()).map(|d| d.format)
}

#[test]
fn every_format_is_recognised_by_a_head_cut_short() {
    let cases = [
        (r#"<?xml version="1.0"?><!-- gpx or kml? --><gpx version="1.1"><trk><trkse"#, Format::Gpx),
        (r#"<g:gpx xmlns:g="http://www.topografix.com/GPX/1/1"/>"#, Format::Gpx),
        (r#"<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>gpx"#, Format::Kml),
        (r#"{"type":"FeatureCollection","features":[{"type":"Fea"#, Format::GeoJson),
        (r#"{"features":[{"type":"Feature","geometry":{"ty"#, Format::GeoJson),
        (r#"{"type": "Feature", "geometry": null, "properties": {"time": "2024"#, Format::GeoJson),
        (r#"{"locations": [{"latitudeE7": 515000000, "longitudeE7": -1000000, "acc"#, Format::Records),
        (r#"{"locations":[]}"#, Format::Records),
        (r#"{"timelineObjects": [{"placeVisit": {"location": {"latitudeE7": 5150"#, Format::Semantic),
        (r#"{"semanticSegments": [{"startTime": "2024-05-01T10:00:00.000+01:00","#, Format::TimelineAndroid),
        (r#"{"rawSignals": [{"position": {"LatLng": "51.5°, -0.1°""#, Format::TimelineAndroid),
        (r#"[{"endTime":"2024-05-01T11:00:00Z","startTime":"2024-05-01T10:00:00Z","visit":{"hie"#, Format::TimelineIos),
        (r#"{"device_id":"a","lat_deg":51.5,"lon_deg":-0.1,"t0":"2024-05-01T10:00:00Z"}"#, Format::Ndjson),
        ("{\"lat\":51.5,\"lon\":-0.1,\"ts\":\"2024-05-01T10:00:00Z\"}\n{\"lat\":51.", Format::Ndjson),
        ("2024-05-01T10:00:00Z\t*                 \t{\"_type\":\"location\",\"lat\":51.5", Format::OwnTracks),
        ("2024-05-01T10:00:00Z  *  {\"_type\":\"lwt\"}\n", Format::OwnTracks),
        ("time,lat,lon\n2024-05-01T10:00:00Z,51.5,-0.1\n", Format::Csv),
        ("PAR1\u{15}\u{4}", Format::Parquet),
        ("ARROW1\0\0", Format::ArrowIpc),
    ];
    for (head, expected) in cases {
        assert_eq!(format(head), Some(expected), "{head}");
    }
    assert_eq!(detect(&[0xff, 0xff, 0xff, 0xff, 0x10, 1, 0, 0]).map(|d| d.format), Some(Format::ArrowIpc));
}

#[test]
fn a_mark_and_blanks_before_the_content_do_not_matter() {
    for head in ["\u{feff}  \r\n<gpx/>", "\u{feff}\n\t{\"timelineObjects\":[", "\u{feff}a;b;c\n1;2;3\n", " \n<kml/>"] {
        assert!(detect(head.as_bytes()).is_some(), "{head:?}");
    }
}

#[test]
fn a_word_within_a_table_does_not_make_it_another_format() {
    let table =
        "time,lat,lon,note\n2024-05-01,51.5,-0.1,exported from <gpx>\n2024-05-02,51.5,-0.1,kml {\"locations\":[]}\n";
    assert_eq!(format(table), Some(Format::Csv));
    let json = r#"{"note":"timelineObjects semanticSegments","locations":{"a":1}}"#;
    assert_eq!(format(json), None);
}

#[test]
fn a_report_with_cover_rows_quotes_and_semicolons_is_a_table() {
    let report =
        "Call data\nRequest 12/34\n\n\"Date; Time\";Cell;Azimuth\n01/05/2024;A;120\n02/05/2024;B;240\n03/05/2024;C;0\n";
    let found = detect(report.as_bytes()).unwrap();
    assert_eq!((found.format, found.profile.as_deref()), (Format::Csv, None));
    assert!(found.because.starts_with("3 columns separated by ';'"), "{}", found.because);
}

#[test]
fn what_is_not_location_data_is_not_recognised_and_says_why() {
    let cases: [(&[u8], &str); 11] = [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n ", "empty"),
        (b"\xff\xfea\0,\0b\0", "UTF-16"),
        (b"\xfe\xff\0a\0,\0b", "UTF-16"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        (b"SQLite format 3\0", "SQLite"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><body>gpx</body></html>", "<html>"),
        (b"<!-- nothing -->", "no element"),
        (br#"{"timelineEdits":[{"deviceId":"1"}]}"#, "timelineEdits"),
        (b"Dear officer,\nplease find enclosed the records.\nYours, the supplier\n", "not a table"),
    ];
    for (head, why) in cases {
        assert_eq!(detect(head), None, "{:?}", String::from_utf8_lossy(head));
        assert!(why_unknown(head).contains(why), "{}: {}", why, why_unknown(head));
    }
    let mut tar = vec![b'x'; 512];
    tar[100..257].fill(0);
    tar[257..262].copy_from_slice(b"ustar");
    assert_eq!(detect(&tar), None);
    assert!(why_unknown(&tar).contains("tar"));
}

#[test]
fn a_head_that_ends_within_a_line_or_a_character_is_read_all_the_same() {
    let mut table = String::from("time,lat,lon,name\n");
    while table.len() < HEAD_BYTES {
        table.push_str("2024-05-01T10:00:00Z,51.5,-0.1,é\n");
    }
    for cut in 0..40 {
        let head = &table.as_bytes()[..HEAD_BYTES - cut];
        assert_eq!(detect(head).map(|d| d.format), Some(Format::Csv), "{cut}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_looked_at_without_harm(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = detect(&bytes);
        proptest::prop_assert!(!why_unknown(&bytes).is_empty());
    }

    #[test]
    fn any_brackets_and_quotes_are_looked_at_without_harm(text in "[\\[\\]{}\",:\\\\ a<>!?-]{0,80}") {
        let _ = detect(text.as_bytes());
        proptest::prop_assert!(!why_unknown(text.as_bytes()).is_empty());
    }
}
