//! Discs of one radius on a lattice: the cells of each without its trigonometry.
//!
//! A disc's half-height in degrees is the same everywhere, and its half-width grows towards the poles
//! ([`super::disc::reach`]). So within a band of the lattice the half-width at the edge nearer a pole is enough for all;
//! a band is an eighth of a degree high, or a cell, so it is hardly more than enough.

use super::disc::{Reach, reach};
use super::lattice::{Cell, Lattice};

/// A latitude may be counted into a band that it misses by rounding, 1e-13 degrees; this is far more.
const EDGE_PAD_DEG: f64 = 1e-9;

/// A lattice and the reach of discs of one radius in each of its bands.
#[derive(Debug, Clone, PartialEq)]
pub struct Discs {
    lattice: Lattice,
    reaches: Vec<Reach>,
}

impl Discs {
    /// Discs of `reach_m` metres; one that is not a number reaches everything.
    #[must_use]
    pub fn new(lattice: Lattice, reach_m: f64) -> Self {
        let bands = u32::try_from(lattice.bands()).unwrap_or(u32::MAX);
        let band_deg = 180.0 / f64::from(bands);
        let widest = |band: u32| {
            let south = f64::from(band) * band_deg - 90.0;
            let narrow = south.abs().max((south + band_deg).abs()) + EDGE_PAD_DEG;
            reach(narrow.min(90.0), reach_m)
        };
        let reaches = (0..bands).map(widest).collect();
        Self { lattice, reaches }
    }

    /// The lattice.
    #[must_use]
    pub const fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// Calls `visit` once for each cell that the disc about a position touches, and perhaps for a few beside them.
    ///
    /// Latitude must be within -90 to 90, longitude within -180 to 180 degrees.
    #[inline]
    pub fn cover(&self, lat_deg: f64, lon_deg: f64, visit: impl FnMut(Cell)) {
        let reach = self.reaches[self.lattice.band(lat_deg)];
        self.lattice.cover(lat_deg, lon_deg, reach, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn cells(visit: impl FnOnce(&mut dyn FnMut(Cell))) -> BTreeSet<Cell> {
        let mut seen = BTreeSet::new();
        visit(&mut |cell| assert!(seen.insert(cell), "{cell:?} visited twice"));
        seen
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]
        #[test]
        fn no_cell_of_a_disc_is_missing(
            lat in prop_oneof![-90.0..=90.0f64, 89.9..=90.0f64, -90.0..=-89.9f64, Just(90.0), Just(-90.0), Just(0.0),
                (-720..=720i32).prop_map(|eighths| f64::from(eighths) * 0.125)],
            lon in prop_oneof![-180.0..=180.0f64, 179.99..=180.0f64, -180.0..=-179.99f64, Just(180.0)],
            reach_m in prop_oneof![0.0..200.0f64, 0.0..60_000.0f64, 0.0..20_000_000.0f64, Just(f64::INFINITY)]) {
            let lattice = Lattice::new(reach_m.max(1.0) * 2.0);
            let discs = Discs::new(lattice.clone(), reach_m);
            let one = cells(|visit| lattice.cover(lat, lon, reach(lat, reach_m), visit));
            let all = cells(|visit| discs.cover(lat, lon, visit));
            prop_assert!(one.is_subset(&all), "{:?}", one.difference(&all).collect::<Vec<_>>());
        }
    }

    #[test]
    fn where_people_live_hardly_a_cell_is_added() {
        let discs = Discs::new(Lattice::new(200.0), 100.0);
        let (mut exact, mut covered) = (0, 0);
        for i in 0..10_000 {
            let (lat, lon) = (f64::from(i) * 0.013 - 60.0, f64::from(i) * 0.035_7 - 179.0);
            discs.lattice().cover(lat, lon, reach(lat, 100.0), |_| exact += 1);
            discs.cover(lat, lon, |_| covered += 1);
        }
        assert!(covered < exact + exact / 200, "{covered} cells for {exact}");
    }
}
