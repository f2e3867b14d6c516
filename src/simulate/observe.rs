//! What devices record of the story: positions with errors, silences, masts and cameras.

use super::noise::Noise;
use super::plane::Point;
use super::story::{DURATION_US, Silence};
use super::track::Track;
use crate::time::US_PER_S;

/// One position that a device recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Observation {
    pub(super) t_us: i64,
    pub(super) at: Point,
    /// Radius of 68 % confidence, metres.
    pub(super) accuracy_m: u32,
    /// Direction of a sector, degrees clockwise from north.
    pub(super) azimuth_deg: Option<u32>,
}

/// A phone's satellite fixes: every 15 to 30 s in motion and 30 to 60 s at rest, 5 to 30 m at 68 %.
pub(super) fn phone(track: &Track, start_us: i64, silence: Silence, noise: &mut Noise) -> Vec<Observation> {
    let mut fixes = Vec::new();
    let mut t_us = start_us;
    while t_us < start_us + DURATION_US {
        if !(silence.0..silence.1).contains(&t_us) {
            let accuracy_m = noise.whole(5, 30);
            let at = track.at(t_us).plus(noise.error(f64::from(accuracy_m)));
            fixes.push(Observation { t_us, at, accuracy_m, azimuth_deg: None });
        }
        let step_ms = if track.moves(t_us) { noise.whole(15_000, 30_000) } else { noise.whole(30_000, 60_000) };
        t_us += i64::from(step_ms) * (US_PER_S / 1_000);
    }
    fixes
}

/// Masts stand on a made-up grid of this width, metres.
const MAST_GRID_M: f64 = 1_500.0;
/// The radius given to a position by cell, metres: a mast and its neighbours are that far apart.
const CELL_RADIUS_M: u32 = 2_000;

/// The handset's calls, one every one to three hours: the position is the mast's, never the handset's.
pub(super) fn calls(track: &Track, start_us: i64, noise: &mut Noise) -> Vec<Observation> {
    let mut calls = Vec::new();
    let mut t_us = start_us;
    loop {
        t_us += i64::from(noise.whole(3_600, 3 * 3_600)) * US_PER_S;
        if t_us >= start_us + DURATION_US {
            return calls;
        }
        let handset = track.at(t_us);
        let mast = mast(handset, noise.whole(0, 1));
        let azimuth_deg = Some(sector_deg(mast.bearing_deg(handset)));
        calls.push(Observation { t_us, at: mast, accuracy_m: CELL_RADIUS_M, azimuth_deg });
    }
}

/// The nearest mast (`rank` 0) or the next: a phone takes the strongest usable cell, which need not be the nearest.
pub(super) fn mast(handset: Point, rank: u32) -> Point {
    let west_m = (handset.east_m / MAST_GRID_M).floor() * MAST_GRID_M;
    let south_m = (handset.north_m / MAST_GRID_M).floor() * MAST_GRID_M;
    let mut masts = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
        .map(|(e, n)| Point::new(west_m + e * MAST_GRID_M, south_m + n * MAST_GRID_M));
    masts.sort_by(|a, b| a.distance_m(handset).total_cmp(&b.distance_m(handset)));
    let [nearest, next, ..] = masts;
    if rank == 0 { nearest } else { next }
}

/// The azimuth of the sector that looks towards a bearing: masts have three, at 0, 120 and 240 degrees.
pub(super) fn sector_deg(bearing_deg: f64) -> u32 {
    if (-60.0..60.0).contains(&bearing_deg) {
        0
    } else if bearing_deg >= 60.0 {
        120
    } else {
        240
    }
}

/// The reads of number-plate cameras: the position is the camera's, a few metres from the road.
pub(super) fn plate_reads(seen: &[(i64, Point)]) -> Vec<Observation> {
    let camera = |&(t_us, road): &(i64, Point)| Observation {
        t_us,
        at: road.plus(Point::new(12.0, 9.0)),
        accuracy_m: 50,
        azimuth_deg: None,
    };
    seen.iter().map(camera).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mast_is_one_of_the_two_nearest_and_the_sector_looks_at_the_handset() {
        let handset = Point::new(-700.0, 200.0);
        assert_eq!(mast(handset, 0), Point::new(0.0, 0.0));
        assert_eq!(mast(handset, 1), Point::new(-1_500.0, 0.0));
        assert_eq!(sector_deg(Point::new(0.0, 0.0).bearing_deg(handset)), 240);
        assert_eq!([sector_deg(59.9), sector_deg(60.0), sector_deg(-60.1), sector_deg(180.0)], [0, 120, 240, 120]);
    }
}
