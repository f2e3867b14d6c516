//! One identifier at each scene: hit, or why not.

use crate::evaluate::{Allegation, Record};
use crate::index::distance_m;
use crate::time::US_PER_S;

/// What an identifier's records say about one scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Presence {
    /// A record within the window lies within the radius.
    Hit,
    /// No moment of the scene's time is left at which it could have been within the radius: the records before and after are
    /// too far away.
    Excluded,
    /// There are records within the window, all elsewhere; they do not exclude every moment.
    Elsewhere,
    /// There is no record within the window, and none that excludes.
    NoData,
}

impl Presence {
    /// The word used in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Excluded => "excluded",
            Self::Elsewhere => "elsewhere",
            Self::NoData => "no_data",
        }
    }
}

/// What counts as recorded at a scene.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneParams {
    /// So near, metres.
    pub radius_m: f64,
    /// Records so long before and after the scene's time count, microseconds.
    pub window_us: i64,
    /// No carrier is faster, metres a second.
    pub max_speed_m_s: f64,
    /// The probability with which a radius of uncertainty holds the true position, for exclusion.
    pub percentile: f64,
    /// Base rates are counted on so many other days, or on all there are if they are fewer.
    pub days: usize,
    /// Draws those days; the same draws the same.
    pub seed: u64,
}

impl Default for SceneParams {
    /// The radius and the window are those of `queries/present-at-scenes.sql`.
    fn default() -> Self {
        Self { radius_m: 500.0, window_us: 900 * US_PER_S, max_speed_m_s: 70.0, percentile: 0.95, days: 60, seed: 1 }
    }
}

/// What the records of one identifier, in the order of content, say about a scene.
///
/// A hit is what `queries/present-at-scenes.sql` counts: the recorded position within the radius, the interval within the
/// window. The scene's own uncertainty makes exclusion harder and no hit easier.
#[must_use]
pub fn presence(records: &[Record], scene: &Allegation, params: &SceneParams) -> Presence {
    if is_hit(records, scene, params) {
        Presence::Hit
    } else if excluded(records, scene, params) {
        Presence::Excluded
    } else if within(records, scene, params).next().is_some() {
        Presence::Elsewhere
    } else {
        Presence::NoData
    }
}

/// Whether a record within the window lies within the radius.
pub(super) fn is_hit(records: &[Record], scene: &Allegation, params: &SceneParams) -> bool {
    let away_m = |record: &Record| distance_m(record.lat_deg, record.lon_deg, scene.lat_deg, scene.lon_deg);
    within(records, scene, params).any(|record| away_m(record) <= params.radius_m)
}

/// The records within the window, the last first.
fn within<'a>(
    records: &'a [Record],
    scene: &Allegation,
    params: &SceneParams,
) -> impl Iterator<Item = &'a Record> + use<'a> {
    let (from_us, to_us) = (scene.t0_us.saturating_sub(params.window_us), scene.t1_us.saturating_add(params.window_us));
    let ended = records.partition_point(|record| record.t0_us <= to_us);
    records.get(..ended).unwrap_or_default().iter().rev().filter(move |record| record.t1_us >= from_us)
}

/// Whether the records next to the scene's time leave no moment of it.
///
/// Of each two records that follow each other, the first lets the device arrive from `t1 + D1 / v` on and the second makes
/// it leave by `t0 - D2 / v`, `D` the distance less the radius and the uncertainties (a space-time prism). Only
/// neighbouring records are used, so it errs towards "not excluded".
fn excluded(records: &[Record], scene: &Allegation, params: &SceneParams) -> bool {
    let started = records.partition_point(|record| record.t0_us <= scene.t0_us);
    let ended = records.partition_point(|record| record.t0_us <= scene.t1_us);
    let near = records.get(started.saturating_sub(1)..records.len().min(ended + 1)).unwrap_or_default();
    let travel_us = |record: &Record| {
        let apart_m = distance_m(record.lat_deg, record.lon_deg, scene.lat_deg, scene.lon_deg);
        let allowed_m = params.radius_m + scene.uncertainty_m + record.radius_at_m(params.percentile);
        let seconds = ((apart_m - allowed_m) / params.max_speed_m_s).max(0.0);
        // Not-a-number (no position) takes no time: it excludes nothing.
        std::time::Duration::try_from_secs_f64(seconds)
            .map_or(0, |time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
    };
    let mut arrives_us = i64::MIN;
    for record in near {
        let travel_us = travel_us(record);
        let leaves_us = record.t0_us.saturating_sub(travel_us);
        let there = travel_us == 0 && record.t0_us <= scene.t1_us && record.t1_us >= scene.t0_us;
        if there || arrives_us.max(scene.t0_us) <= leaves_us.min(scene.t1_us) {
            return false;
        }
        arrives_us = record.t1_us.max(record.t0_us).saturating_add(travel_us);
    }
    arrives_us > scene.t1_us
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(s: i64, km: f64, uncertainty_m: f64) -> Record {
        Record::at(s * US_PER_S, 51.0 + km / 111.25, 0.0, uncertainty_m)
    }

    fn scene(from_s: i64, to_s: i64) -> Allegation {
        let (t0_us, t1_us) = (from_s * US_PER_S, to_s * US_PER_S);
        Allegation { reference: String::new(), t0_us, t1_us, lat_deg: 51.0, lon_deg: 0.0, uncertainty_m: 0.0 }
    }

    fn said(records: &[Record]) -> Presence {
        presence(records, &scene(10_000, 10_600), &SceneParams::default())
    }

    #[test]
    fn a_hit_is_within_the_radius_and_the_window() {
        assert_eq!(said(&[at(10_300, 0.49, 5.0)]), Presence::Hit);
        assert_eq!(said(&[at(10_300, 0.51, 5.0)]), Presence::Elsewhere);
        assert_eq!(said(&[at(9_100, 0.0, 5.0)]), Presence::Hit);
        assert_eq!(said(&[at(9_099, 0.0, 5.0)]), Presence::NoData);
        assert_eq!(said(&[Record { t1_us: 11_500 * US_PER_S, ..at(0, 0.2, 5.0) }]), Presence::Hit);
        assert_eq!(said(&[]), Presence::NoData);
    }

    #[test]
    fn excluded_is_where_no_moment_is_left_and_elsewhere_where_one_is() {
        // 100 km away at the start and at the end: 24 minutes each way at 70 m/s, and only ten minutes between.
        assert_eq!(said(&[at(10_000, 100.0, 5.0), at(10_600, 100.0, 5.0)]), Presence::Excluded);
        // Only at the start: it arrives after the end all the same.
        assert_eq!(said(&[at(10_000, 100.0, 5.0)]), Presence::Excluded);
        // A quarter of an hour before, 40 km away: nine and a half minutes, there at the beginning.
        assert_eq!(said(&[at(9_100, 40.0, 5.0)]), Presence::Elsewhere);
        // Long before and after: not recorded, not excluded.
        assert_eq!(said(&[at(0, 100.0, 5.0), at(20_000, 100.0, 5.0)]), Presence::NoData);
        // Far away shortly before and after, outside the window's records: excluded without a record in it.
        assert_eq!(said(&[at(9_000, 300.0, 5.0), at(11_600, 300.0, 5.0)]), Presence::Excluded);
        // Wide cells exclude less.
        assert_eq!(said(&[at(10_000, 100.0, 70_000.0)]), Presence::Elsewhere);
        assert_eq!(said(&[Record { lat_deg: f64::NAN, ..at(10_000, 0.0, 5.0) }]), Presence::Elsewhere);
    }

    proptest! {
        /// Who was there is never excluded: a track below the speed limit that is within the radius at some moment of the
        /// scene's time, recorded at any other moments.
        #[test]
        fn truth_is_never_excluded(
            there in 10_000_i64..=10_600, offsets in prop::collection::vec((-5_000_i64..5_000, 0.0..1.0_f64, -1.0..1.0_f64), 1..12)) {
            let u = 50.0;
            let r95 = at(0, 0.0, u).radius_at_m(0.95);
            let mut records: Vec<Record> = offsets
                .iter()
                .map(|(offset, share, error)| {
                    let km = f64::from(i32::try_from(offset.abs()).unwrap()) * 0.069 * share;
                    at(there + offset, km + error * r95 / 1_000.0, u)
                })
                .collect();
            records.sort_by_key(|record| record.t0_us);
            prop_assert_ne!(said(&records), Presence::Excluded);
        }
    }
}
