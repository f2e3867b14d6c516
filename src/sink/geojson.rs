//! The nearest pair of each encounter as `GeoJSON` (RFC 7946), for a map.
//!
//! ```text
//!  suspect_fix ●──────────● target        three features for each encounter: Point, Point, LineString
//! ```
//! Positions are `[longitude, latitude]`, WGS84. A line over the antimeridian is cut in two (RFC 7946, 3.1.9).

use std::io::Write;

use serde::Serialize;

use super::json_text::to_writer;
use super::report::{EncounterFound, Record, RecordTime};
use super::{Report, SinkError};
use crate::time::utc_text;

#[derive(Serialize)]
struct Collection<'a> {
    r#type: &'static str,
    locard_report: u32,
    features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    id: String,
    geometry: Geometry,
    properties: Properties<'a>,
}

type Position = [f64; 2];

#[derive(Serialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Point(Position),
    LineString([Position; 2]),
    MultiLineString([[Position; 2]; 2]),
}

#[derive(Serialize)]
struct Properties<'a> {
    encounter: &'a str,
    part: &'static str,
    device: &'a str,
    target_kind: &'static str,
    target: &'a str,
    grade: &'static str,
    enter_utc: &'a str,
    enter_local: &'a str,
    exit_utc: &'a str,
    exit_local: &'a str,
    min_distance_m: f64,
    p_within_max: f64,
    #[serde(flatten)]
    record: Option<RecordProperties<'a>>,
}

#[derive(Serialize)]
struct RecordProperties<'a> {
    exhibit: Option<&'a str>,
    file: Option<&'a str>,
    row: Option<u64>,
    path: &'a str,
    t0_utc: Option<String>,
    t1_utc: Option<String>,
    time_text: &'a str,
    uncertainty_m: Option<f64>,
}

/// Writes a `FeatureCollection`: for each encounter the two records of its nearest pair and the line between them.
///
/// # Errors
/// [`SinkError`] if the output cannot be written to.
pub fn write_geojson(report: &Report, out: &mut dyn Write) -> Result<(), SinkError> {
    let features = report.encounters.iter().flat_map(features).collect();
    let collection = Collection { r#type: "FeatureCollection", locard_report: report.locard_report, features };
    to_writer(&collection, out)
}

fn features(e: &EncounterFound) -> [Feature<'_>; 3] {
    let (suspect, target) = (&*e.nearest.suspect, &*e.nearest.target);
    [
        feature(e, "suspect_fix", Geometry::Point(position(suspect)), Some(suspect)),
        feature(e, "target", Geometry::Point(position(target)), Some(target)),
        feature(e, "nearest_pair", line(position(suspect), position(target)), None),
    ]
}

fn feature<'a>(e: &'a EncounterFound, part: &'static str, geometry: Geometry, r: Option<&'a Record>) -> Feature<'a> {
    let properties = Properties {
        encounter: &e.id,
        part,
        device: &e.device,
        target_kind: e.target_kind.as_str(),
        target: &e.target,
        grade: e.grade.as_str(),
        enter_utc: &e.enter.utc,
        enter_local: &e.enter.local,
        exit_utc: &e.exit.utc,
        exit_local: &e.exit.local,
        min_distance_m: e.min_distance_m,
        p_within_max: e.p_within_max,
        record: r.map(record),
    };
    Feature { r#type: "Feature", id: format!("{}/{part}", e.id), geometry, properties }
}

fn record(r: &Record) -> RecordProperties<'_> {
    let end = |f: fn(RecordTime) -> i64| r.time.map(|t| utc_text(f(t)));
    RecordProperties {
        exhibit: r.exhibit.as_deref(),
        file: r.file.as_deref(),
        row: r.row,
        path: &r.path,
        t0_utc: end(|t| t.t0_us),
        t1_utc: end(|t| t.t1_us),
        time_text: &r.time_text,
        uncertainty_m: r.uncertainty_m,
    }
}

fn position(r: &Record) -> Position {
    [r.lon_deg, r.lat_deg]
}

/// The line between two positions, cut where it crosses the antimeridian.
fn line(a: Position, b: Position) -> Geometry {
    let span_deg = b[0] - a[0];
    if span_deg.abs() <= 180.0 {
        return Geometry::LineString([a, b]);
    }
    // The short way round: b as seen beyond the edge that a is near.
    let edge_deg = if span_deg < 0.0 { 180.0 } else { -180.0 };
    let beyond_deg = b[0] + 2.0 * edge_deg;
    let share = if beyond_deg == a[0] { 0.0 } else { (edge_deg - a[0]) / (beyond_deg - a[0]) };
    let lat_deg = a[1] + share * (b[1] - a[1]);
    Geometry::MultiLineString([[a, [edge_deg, lat_deg]], [[-edge_deg, lat_deg], b]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{golden, sample};
    use geojson::GeoJson;

    fn written() -> Vec<u8> {
        let mut out = Vec::new();
        write_geojson(&sample::report(), &mut out).unwrap();
        out
    }

    #[test]
    fn a_map_can_read_it_longitude_first() {
        let out = written();
        golden::compare("check.geojson", &out);
        let text = String::from_utf8(out).unwrap();
        let collection = geojson::FeatureCollection::try_from(text.parse::<GeoJson>().unwrap()).unwrap();
        assert_eq!(collection.features.len(), 3 * sample::report().encounters.len());
        let first = serde_json::to_value(&collection.features[0]).unwrap();
        assert_eq!(first["geometry"]["coordinates"], serde_json::json!([-0.0033, 51.5407]));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_line_over_the_antimeridian_is_cut_and_no_half_goes_round_the_world() {
        for (a, b) in [([179.9, -17.0], [-179.9, -16.0]), ([-179.9, -16.0], [179.9, -17.0])] {
            let written = serde_json::to_value(line(a, b)).unwrap();
            assert_eq!(written["type"], "MultiLineString", "{written}");
            let parts: [[Position; 2]; 2] = serde_json::from_value(written["coordinates"].clone()).unwrap();
            assert_eq!((parts[0][0], parts[1][1]), (a, b));
            for part in parts {
                assert!((part[1][0] - part[0][0]).abs() < 0.11, "{part:?}");
            }
            assert!((parts[0][1][1] + 16.5).abs() < 1e-9);
            assert_eq!(parts[0][1][0], -parts[1][0][0]);
        }
        assert!(matches!(line([180.0, 0.0], [-180.0, 1.0]), Geometry::MultiLineString(_)));
        assert!(matches!(line([-0.1, 51.0], [0.1, 51.0]), Geometry::LineString(_)));
    }
}
