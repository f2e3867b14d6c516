//! Adding the closest approach to encounters that the fold has made.

use std::collections::{BTreeMap, BTreeSet};

use super::contact::{FoldError, Tables};
use super::track::{DistanceFn, Track, TrackPoint};
use crate::model::{Encounter, ProximityParams, TargetKind};

/// Fills `closest_approach_m` and `closest_approach_us` of each encounter, from enter to exit, on the tracks of all
/// fixes and targets in the tables (not only of those in contact); `None` stays where the tracks share no moment.
///
/// A victim's fixes of one device are a track; a place or an incident stays where it is. Only the names in `encounters`
/// are looked up, so the tables may hold more.
///
/// # Errors
/// [`FoldError`] if a row points at a name that the tables do not have.
pub fn measure_approach(
    encounters: &mut [Encounter],
    tables: &Tables<'_>,
    params: &ProximityParams,
    distance: &DistanceFn<'_>,
) -> Result<(), FoldError> {
    let devices = device_tracks(encounters, tables, params)?;
    let targets = target_tracks(encounters, tables, params)?;
    for e in encounters {
        let key = (e.target_kind, e.target.as_str());
        let (Some(a), Some(b)) = (devices.get(e.device.as_str()), targets.get(&key)) else { continue };
        let closest = a.closest_to(b, e.enter_us, e.exit_us, distance);
        e.closest_approach_m = closest.map(|(m, _)| m);
        e.closest_approach_us = closest.map(|(_, us)| us);
    }
    Ok(())
}

type TargetKey<'a> = (TargetKind, &'a str);

fn device_tracks<'a>(
    encounters: &[Encounter],
    tables: &Tables<'a>,
    params: &ProximityParams,
) -> Result<BTreeMap<&'a str, Track>, FoldError> {
    let mut points: BTreeMap<&str, Vec<TrackPoint>> = BTreeMap::new();
    let wanted: BTreeSet<&str> = encounters.iter().map(|e| e.device.as_str()).collect();
    for f in tables.fixes {
        let name = tables.device(f)?;
        if wanted.contains(name) {
            let point = TrackPoint { t0_us: f.t0_us, t1_us: f.t1_us, lat_deg: f.lat_deg, lon_deg: f.lon_deg };
            points.entry(name).or_default().push(point);
        }
    }
    Ok(tracks(points, params))
}

fn target_tracks<'a>(
    encounters: &[Encounter],
    tables: &Tables<'a>,
    params: &ProximityParams,
) -> Result<BTreeMap<TargetKey<'a>, Track>, FoldError> {
    let mut points: BTreeMap<TargetKey<'a>, Vec<TrackPoint>> = BTreeMap::new();
    let wanted: BTreeSet<TargetKey<'_>> = encounters.iter().map(|e| (e.target_kind, e.target.as_str())).collect();
    for g in tables.targets {
        let key = (g.kind, tables.owner(g)?);
        if wanted.contains(&key) {
            let point = TrackPoint { t0_us: g.t0_us, t1_us: g.t1_us, lat_deg: g.lat_deg, lon_deg: g.lon_deg };
            points.entry(key).or_default().push(point);
        }
    }
    Ok(tracks(points, params))
}

fn tracks<K: Ord>(points: BTreeMap<K, Vec<TrackPoint>>, params: &ProximityParams) -> BTreeMap<K, Track> {
    points.into_iter().map(|(key, points)| (key, Track::new(&points, params.max_interpolation_us))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encounter::{Contact, FixPoint, Origin, TargetPoint, fold};
    use crate::model::{Grade, SourceKind};

    const S: i64 = 1_000_000;

    /// Metres on a plane, right to 1 % where these tests are: at 0, 0.
    fn plane_m(lat_a: f64, lon_a: f64, lat_b: f64, lon_b: f64) -> f64 {
        111_000.0 * (lat_a - lat_b).hypot(lon_a - lon_b)
    }

    fn fix(device: u32, t0_us: i64, lon_deg: f64) -> FixPoint {
        let origin = Origin { exhibit: 0, row: 1 };
        FixPoint { device, t0_us, t1_us: t0_us, lat_deg: 0.0, lon_deg, source: SourceKind::Gps, origin }
    }

    #[test]
    fn the_tracks_of_all_records_are_used_from_enter_to_exit() {
        let (devices, owners) = (["x".to_owned(), "y".to_owned()], ["home".to_owned()]);
        let place = TargetPoint {
            kind: TargetKind::Place,
            owner: 0,
            t0_us: i64::MIN,
            t1_us: i64::MAX,
            lat_deg: 0.000_2,
            lon_deg: 0.0,
            source: None,
            origin: None,
        };
        // x passes the place between two contacts; its third fix, far away, is in the tables and in no contact.
        let fixes = [fix(0, 0, -0.001), fix(0, 60 * S, 0.001), fix(0, 120 * S, 0.1), fix(1, 30 * S, 0.0)];
        let tables =
            Tables { devices: &devices, owners: &owners, exhibits: &devices, fixes: &fixes, targets: &[place] };
        let contact = |fix| Contact { fix, target: 0, distance_m: 102.0, grade: Some(Grade::Possible), p_within: 0.5 };
        let params = ProximityParams::default();
        let mut found = fold(&[contact(0), contact(1)], &tables, &params).unwrap();
        measure_approach(&mut found, &tables, &params, &plane_m).unwrap();
        assert_eq!(found.len(), 1);
        // Half-way, 22 m off; y, who stood there at that time, is not x.
        assert!((found[0].closest_approach_m.unwrap() - 22.2).abs() < 0.01, "{found:?}");
        assert!((found[0].closest_approach_us.unwrap() - 30 * S).abs() < S / 10);

        // Without interpolation only the records themselves are left.
        let none = ProximityParams { max_interpolation_us: 0, ..params };
        measure_approach(&mut found, &tables, &none, &plane_m).unwrap();
        assert!((found[0].closest_approach_m.unwrap() - plane_m(0.0, 0.001, 0.000_2, 0.0)).abs() < 1e-9);
    }
}
