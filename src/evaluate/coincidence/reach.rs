//! Which records could be near any record of another device, at whatever time: the others need no shift.
//!
//! Squares of a hundredth of a degree; those that the discs of one device reach are kept. A disc's box is the proven one of
//! [`disc::reach`](crate::index::disc::reach), so nothing near is lost; what is very uncertain is kept unseen.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::evaluate::Record;
use crate::index::disc::reach;
use crate::model::ProximityParams;

/// Squares in a degree.
const PER_DEG: f64 = 100.0;
/// Records less certain than this are kept without looking, metres.
const COARSE_M: f64 = 500.0;
/// A disc that reaches more squares than this keeps everything.
const MAX_SQUARES: i32 = 10_000;
/// Columns around the Earth.
const COLUMNS: i32 = 36_000;

/// The squares that a device's records reach.
#[derive(Debug, Default)]
pub(super) struct Reached {
    squares: HashMap<(i32, i32), (), FixedState>,
    /// The squares with records whose reach is among them, and how far they reach.
    seen: HashMap<(i32, i32, u64), (), FixedState>,
    everywhere: bool,
}

impl Reached {
    /// Adds what these records reach; what is there stays.
    pub(super) fn hear<'a>(&mut self, records: impl Iterator<Item = &'a Record>, params: &ProximityParams) {
        let near_m = params.exit_radius_m.max(params.radius_m) + COARSE_M + 1.0;
        for record in records {
            let Some((row, column)) = square(record) else { continue };
            // Powers of two: records of one square and about one uncertainty reach the same squares.
            let reach_m = near_m + round_up(record.uncertainty_m);
            if self.seen.insert((row, column, reach_m.to_bits()), ()).is_none() {
                self.add(row, column, reach_m);
            }
            if self.everywhere {
                break;
            }
        }
    }

    /// All that lies within `reach_m` of any position in a square.
    fn add(&mut self, row: i32, column: i32, reach_m: f64) {
        let (south, north) = (f64::from(row) / PER_DEG, f64::from(row + 1) / PER_DEG);
        // The box is widest at the edge that is nearer to a pole.
        let far = if north.abs() > south.abs() { north } else { south };
        let box_deg = reach(far.clamp(-90.0, 90.0), reach_m);
        let (Some(rows), Some(columns)) = (squares(box_deg.lat_deg), squares(box_deg.lon_deg)) else {
            self.everywhere = true;
            return;
        };
        if (2 * rows + 1) * (2 * columns + 1) > MAX_SQUARES {
            self.everywhere = true;
            return;
        }
        for row in row - rows..=row + rows {
            for column in column - columns..=column + columns {
                self.squares.insert((row, column.rem_euclid(COLUMNS)), ());
            }
        }
    }

    /// Whether the record could be near; never false for one that is.
    pub(super) fn may_be_near(&self, record: &Record) -> bool {
        // Written so that an uncertainty that is no number keeps the record.
        let certain = record.uncertainty_m <= COARSE_M;
        self.everywhere || !certain || square(record).is_some_and(|square| self.squares.contains_key(&square))
    }
}

fn round_up(uncertainty_m: f64) -> f64 {
    let mut up = 16.0;
    while up < uncertainty_m && up < 1e8 {
        up *= 2.0;
    }
    up
}

/// How many squares so many degrees reach beyond one's own; `None` if too many.
fn squares(deg: f64) -> Option<i32> {
    let count = (deg * PER_DEG).ceil();
    // The widest box is tested against the limit by the caller.
    (0.0..1_000.0).contains(&count).then(|| whole(count))
}

fn square(record: &Record) -> Option<(i32, i32)> {
    let on_earth = crate::index::distance::is_position(record.lat_deg, record.lon_deg);
    let at = |deg: f64| whole((deg * PER_DEG).floor());
    on_earth.then(|| (at(record.lat_deg), at(record.lon_deg).rem_euclid(COLUMNS)))
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number of hundredths of a degree, or fewer than 1,000")]
const fn whole(number: f64) -> i32 {
    number as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Reached {
        fn of<'a>(records: impl Iterator<Item = &'a Record>, params: &ProximityParams) -> Self {
            let mut reached = Self::default();
            reached.hear(records, params);
            reached
        }
    }

    use crate::index::distance_m;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn nothing_near_is_lost(
            lat in prop_oneof![-90.0..=90.0_f64, 89.9..=90.0_f64, 50.99..51.01_f64],
            lon in prop_oneof![-180.0..=180.0_f64, 179.99..=180.0_f64, -180.0..=-179.99_f64],
            north in -1.0..1.0_f64, east in -1.0..1.0_f64, size in 0.0..0.3_f64,
            u in prop_oneof![Just(0.0), 0.0..5_000.0_f64], other_u in 0.0..600.0_f64) {
            let params = ProximityParams::default();
            let to = ((lat + north * size).clamp(-90.0, 90.0), (lon + east * size + 540.0).rem_euclid(360.0) - 180.0);
            let (one, other) = (Record::at(0, lat, lon, u), Record::at(0, to.0, to.1, other_u));
            let near = distance_m(lat, lon, to.0, to.1) <= params.radius_m + u + other_u;
            let kept = Reached::of([one].iter(), &params).may_be_near(&other);
            prop_assert!(kept || !near);
        }
    }

    #[test]
    fn what_is_far_is_dropped_and_what_is_very_uncertain_kept() {
        let reached = Reached::of([Record::at(0, 51.5, -0.12, 10.0)].iter(), &ProximityParams::default());
        assert!(!reached.may_be_near(&Record::at(0, 51.7, -0.12, 10.0)));
        assert!(reached.may_be_near(&Record::at(0, 51.7, -0.12, 30_000.0)));
        assert!(reached.may_be_near(&Record::at(0, 51.5, -0.12, 10.0)));
    }
}
