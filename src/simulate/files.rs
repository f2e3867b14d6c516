//! The case as files, in the layouts that such files come back in.

use std::fmt::Write as _;

use serde::Serialize;

use super::SimulateError;
use super::observe::Observation;
use super::plane::Plane;
use super::story::Allegation;
use crate::model::{Basis, SourceKind};
use crate::time::{ZoneRule, utc_text};

/// The columns of Locard's canonical CSV.
const CANONICAL: &str = "device_id,source,t0,t1,lat_deg,lon_deg,uncertainty_m,confidence,basis,azimuth_deg\n";

/// Canonical CSV: one row per observation.
pub(super) fn canonical_csv(
    map: &Plane,
    device: &str,
    source: SourceKind,
    basis: Basis,
    rows: &[Observation],
) -> Vec<u8> {
    let mut text = String::from(CANONICAL);
    for row in rows {
        let (lat_deg, lon_deg) = map.degrees(row.at);
        let azimuth = row.azimuth_deg.map_or_else(String::new, |deg| deg.to_string());
        let time = utc_text(row.t_us);
        let radius_m = row.accuracy_m;
        let _infallible = writeln!(
            text,
            "{device},{source},{time},{time},{lat_deg:.7},{lon_deg:.7},{radius_m},0.68,{basis},{azimuth}"
        );
    }
    text.into_bytes()
}

#[derive(Serialize)]
struct Records {
    locations: Vec<Location>,
}

/// One element of Google Takeout's `Records.json`; fields in the order that exports have.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    latitude_e7: i64,
    longitude_e7: i64,
    accuracy: u32,
    source: &'static str,
    device_tag: u64,
    timestamp: String,
}

/// A Google Takeout `Records.json`; the rows of `lost_us` are at 0, 0, as phones write that have no position.
///
/// # Errors
/// [`SimulateError::Json`] if it cannot be written.
pub(super) fn records_json(
    map: &Plane,
    device_tag: u64,
    rows: &[Observation],
    lost_us: &[i64],
) -> Result<Vec<u8>, SimulateError> {
    let location = |t_us, latitude_e7, longitude_e7, accuracy| Location {
        latitude_e7,
        longitude_e7,
        accuracy,
        source: "GPS",
        device_tag,
        timestamp: utc_text(t_us),
    };
    let found = rows.iter().map(|row| {
        let (lat_deg, lon_deg) = map.degrees(row.at);
        location(row.t_us, e7(lat_deg), e7(lon_deg), row.accuracy_m)
    });
    let lost = lost_us.iter().map(|&t_us| location(t_us, 0, 0, 0));
    Ok(serde_json::to_vec_pretty(&Records { locations: found.chain(lost).collect() })?)
}

fn e7(deg: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "180 degrees are 1.8e9; a cast of a float saturates")]
    let whole = (deg * 1e7).round() as i64;
    whole
}

/// The 13-column police crime file: no heading, local times without a zone, as forces write them.
///
/// Source: the layout of the Ministry of Justice's crime-matching service (see docs/formats.md).
pub(super) fn incidents_csv(map: &Plane, zone: &ZoneRule, rows: &[Allegation]) -> Vec<u8> {
    let local = |us| zone.local(us).map_or_else(String::new, |t| t.strftime("%Y%m%d%H%M%S").to_string());
    let mut text = String::new();
    for row in rows {
        let (lat_deg, lon_deg) = map.degrees(row.at);
        let (code, words) = row.kind;
        let (from, to, reference) = (local(row.from_us), local(row.to_us), row.reference);
        let batch = from.get(..8).unwrap_or("");
        let _infallible = writeln!(
            text,
            "MADEUP,{code},{words},MADEUP{batch},{reference},{from},{to},,,{lat_deg:.6},{lon_deg:.6},WGS84,Made up by locard demo"
        );
    }
    text.into_bytes()
}
