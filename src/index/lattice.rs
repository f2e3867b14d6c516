//! A lattice of latitude and longitude: the join's coarse cells.
//!
//! ```text
//!   band (an eighth of a degree of latitude, or more)      every band has its own number of columns, so that a cell
//!   ├── row, row, row ...   each at least `side_m` high     is at least `side_m` wide at the band's narrow edge
//!   └── column = floor((lon + 180) * columns / 360)
//! ```
//! Why not H3: an H3 cell costs 440 ns, this one a few; and a position's cell is found by monotone functions of latitude
//! and longitude alone, which gives the proof that no pair is lost: if a position lies in the box of a disc
//! ([`super::disc::reach`]), its row lies between the rows of the box's edges, and its column between their columns.

use super::disc::{Reach, angle};

/// Bands are an eighth of a degree high unless a cell is higher.
const BAND_DEG: f64 = 0.125;

/// A division of the Earth into cells of at least a given side.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    rows_per_deg: f64,
    rows_per_band: u32,
    last_row: u32,
    /// Columns per degree of longitude, and columns, of each band.
    columns: Vec<Columns>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Columns {
    per_deg: f64,
    count: u32,
}

/// A cell: its row from the south, its column from the antimeridian eastwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// Row, from the South Pole.
    pub row: u32,
    /// Column, from longitude -180.
    pub column: u32,
}

impl Lattice {
    /// A lattice whose cells are at least `side_m` high and wide (except where a row about a pole closes in itself).
    #[must_use]
    pub fn new(side_m: f64) -> Self {
        let side_deg = angle(side_m.max(0.5)).to_degrees().min(180.0);
        let bands = to_u32(180.0 / side_deg.max(BAND_DEG)).max(1);
        let band_deg = 180.0 / f64::from(bands);
        let rows_per_band = to_u32(band_deg / side_deg).max(1);
        let columns = (0..bands).map(|band| columns_of(band, band_deg, side_deg)).collect();
        let rows = bands * rows_per_band;
        Self { rows_per_deg: f64::from(rows) / 180.0, rows_per_band, last_row: rows - 1, columns }
    }

    /// The cell of a position. Latitude must be within -90 to 90, longitude within -180 to 180 degrees.
    #[inline]
    #[must_use]
    pub fn cell(&self, lat_deg: f64, lon_deg: f64) -> Cell {
        let row = self.row(lat_deg);
        let columns = self.columns_at(row);
        let column = to_u32((lon_deg + 180.0) * columns.per_deg);
        // Longitude 180 is longitude -180.
        Cell { row, column: if column >= columns.count { 0 } else { column } }
    }

    /// Calls `visit` once for each cell that a box about a position touches.
    pub fn cover(&self, lat_deg: f64, lon_deg: f64, reach: Reach, mut visit: impl FnMut(Cell)) {
        let south = self.row((lat_deg - reach.lat_deg).max(-90.0));
        let north = self.row((lat_deg + reach.lat_deg).min(90.0));
        for row in south..=north {
            let Columns { per_deg, count } = self.columns_at(row);
            let count = count.cast_signed();
            let west = floor((lon_deg - reach.lon_deg + 180.0) * per_deg);
            let east = floor((lon_deg + reach.lon_deg + 180.0) * per_deg);
            let touched = east.saturating_sub(west).saturating_add(1);
            let mut column = match west {
                _ if touched >= count => 0,
                inside if (0..count).contains(&inside) => inside,
                outside => outside.rem_euclid(count),
            };
            for _ in 0..touched.min(count) {
                visit(Cell { row, column: column.cast_unsigned() });
                column = if column + 1 == count { 0 } else { column + 1 };
            }
        }
    }

    /// How many bands there are.
    #[must_use]
    pub const fn bands(&self) -> usize {
        self.columns.len()
    }

    /// The band of a latitude from -90 to 90 degrees, from the south.
    #[inline]
    #[must_use]
    pub fn band(&self, lat_deg: f64) -> usize {
        (self.row(lat_deg) / self.rows_per_band) as usize
    }

    #[inline]
    fn row(&self, lat_deg: f64) -> u32 {
        to_u32((lat_deg + 90.0) * self.rows_per_deg).min(self.last_row)
    }

    #[inline]
    fn columns_at(&self, row: u32) -> Columns {
        self.columns[(row / self.rows_per_band) as usize]
    }
}

/// The columns of a band: as many as fit at the side's width where the band is narrowest.
fn columns_of(band: u32, band_deg: f64, side_deg: f64) -> Columns {
    let south = f64::from(band) * band_deg - 90.0;
    let narrow = south.abs().max((south + band_deg).abs()).min(90.0);
    let count = to_u32(360.0 * narrow.to_radians().cos().max(0.0) / side_deg).max(1);
    Columns { per_deg: f64::from(count) / 360.0, count }
}

/// The whole part of a number from 0 to 2^32; rows and columns of half a metre stay far below that.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and 0 is right for NaN")]
fn to_u32(value: f64) -> u32 {
    value as u32
}

/// The whole number below a number between -2^31 and 2^31. Not `f64::floor`, which is a call where the machine's oldest
/// instructions must do.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates; columns of half a metre stay far below 2^31")]
fn floor(value: f64) -> i32 {
    let whole = value as i32;
    if f64::from(whole) > value { whole.saturating_sub(1) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::disc::reach;
    use geographiclib_rs::{DirectGeodesic, Geodesic};
    use proptest::prelude::*;

    fn latitudes() -> impl Strategy<Value = f64> {
        prop_oneof![-90.0..=90.0f64, 89.9..=90.0f64, -90.0..=-89.9f64, Just(90.0), Just(-90.0), Just(0.125), Just(0.0)]
    }

    fn longitudes() -> impl Strategy<Value = f64> {
        prop_oneof![-180.0..=180.0f64, 179.99..=180.0f64, -180.0..=-179.99f64, Just(180.0), Just(-180.0)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn no_position_within_reach_escapes_the_cover(
            lat in latitudes(), lon in longitudes(), azimuth in 0.0..360.0f64,
            reach_m in prop_oneof![0.0..200.0f64, 0.0..60_000.0f64, 0.0..20_000_000.0f64],
            side in prop_oneof![Just(1.0), Just(2.0), 0.5..4.0f64], share in prop_oneof![Just(1.0), 0.0..=1.0f64]) {
            let lattice = Lattice::new(reach_m * side);
            let (lat2, lon2): (f64, f64) = Geodesic::wgs84().direct(lat, lon, azimuth, reach_m * share * 0.999_999_999);
            let cell = lattice.cell(lat2, lon2.clamp(-180.0, 180.0));
            let (mut seen, mut n) = (false, 0usize);
            let mut cells = std::collections::BTreeSet::new();
            lattice.cover(lat, lon, reach(lat, reach_m), |c| { seen |= c == cell; n += 1; cells.insert(c); });
            prop_assert!(seen, "{:?} not among {} cells", cell, n);
            prop_assert_eq!(cells.len(), n, "a cell was visited twice");
        }
    }

    #[test]
    fn the_cover_is_small_where_cells_are_as_wide_as_the_disc() {
        let lattice = Lattice::new(200.0);
        for (lat, lon) in [(51.5, -0.12), (0.0, 180.0), (-33.9, 151.2), (68.0, -179.999_9)] {
            let mut n = 0;
            lattice.cover(lat, lon, reach(lat, 100.0), |_| n += 1);
            assert!((1..=6).contains(&n), "{n} cells at {lat}, {lon}");
        }
    }

    #[test]
    fn whole_numbers_are_found_as_the_library_finds_them() {
        for value in [-3.0, -2.5, -0.1, -0.0, 0.0, 0.9, 1.0, 79_999_999.75, -80_000_000.25, -1e-300] {
            assert_eq!(f64::from(floor(value)), value.floor(), "{value}");
        }
    }

    #[test]
    fn the_antimeridian_is_one_line() {
        let lattice = Lattice::new(1_000.0);
        assert_eq!(lattice.cell(10.0, 180.0), lattice.cell(10.0, -180.0));
    }
}
