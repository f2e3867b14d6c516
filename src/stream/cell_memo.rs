//! H3 cells of positions, remembered: most records lie where one before them lay, well inside its cell.
//!
//! ```text
//!        _____
//!       /  _  \      a position inside the circle is in the cell: no more than a distance is computed
//!      /  ( )  \     between circle and edges, and where nobody was before, H3 itself is asked
//!      \   ‾   /
//!       \_____/
//! ```

use h3o::{CellIndex, LatLng, Resolution};

/// How many squares are remembered: a power of two.
const SQUARES: usize = 8192;
/// So many squares to a degree: about the size of a cell, so that most touch two.
const TO_A_DEGREE: f64 = 400.0;
/// How much of the way from the centre to the nearest edge counts: the rest covers that a plane stands in for a sphere.
const SHARE: f64 = 0.98;
/// Beyond this latitude a plane does not stand in for a sphere.
const MAX_LAT_DEG: f64 = 80.0;

/// Cells of one resolution, by place.
#[derive(Debug)]
pub struct CellMemo {
    resolution: Resolution,
    /// The two cells that came to each square last.
    squares: Vec<[Circle; 2]>,
}

/// A cell, and the circle inside it. Two are a cache line.
#[derive(Debug, Clone, Copy, Default)]
struct Circle {
    cell: u64,
    lat_deg: f64,
    lon_deg: f64,
    cos_lat: f32,
    /// The square of the circle's radius, degrees of a great circle; 0 until the cell has come twice, below it where there
    /// is no circle.
    inner2: f32,
}

impl CellMemo {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(resolution: Resolution) -> Self {
        Self { resolution, squares: vec![<[Circle; 2]>::default(); SQUARES] }
    }

    /// The cell of a position, WGS84 degrees; `None` if it is none.
    pub fn cell(&mut self, lat_deg: f64, lon_deg: f64) -> Option<u64> {
        let resolution = self.resolution;
        let asked = || LatLng::new(lat_deg, lon_deg).map(|at| at.to_cell(resolution)).ok();
        // Not-a-number is not below it.
        let near = lat_deg.abs() < MAX_LAT_DEG && lon_deg.is_finite();
        let Some(square) = near.then(|| square_of(lat_deg, lon_deg)).and_then(|at| self.squares.get_mut(at)) else {
            return asked().map(u64::from);
        };
        if let Some(found) = square.iter().find(|circle| circle.holds(lat_deg, lon_deg)) {
            return Some(found.cell);
        }
        let cell = asked()?;
        match square.iter_mut().find(|circle| circle.cell == u64::from(cell)) {
            Some(circle) => circle.draw(cell),
            None => *square = [Circle { cell: cell.into(), ..Circle::default() }, square[0]],
        }
        Some(cell.into())
    }
}

/// Which square a place lies in.
#[expect(clippy::cast_possible_truncation, reason = "a few hundred thousand squares each way")]
fn square_of(lat_deg: f64, lon_deg: f64) -> usize {
    let square = |deg: f64| ((deg * TO_A_DEGREE).floor() as i64).cast_unsigned();
    let mixed = (square(lat_deg) << 32 ^ (square(lon_deg) & 0xffff_ffff)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 51).unwrap_or_default() % SQUARES
}

impl Circle {
    /// East and north of the centre, degrees of a great circle.
    fn offset(&self, lat_deg: f64, lon_deg: f64) -> (f64, f64) {
        ((lon_deg - self.lon_deg) * f64::from(self.cos_lat), lat_deg - self.lat_deg)
    }

    #[inline]
    fn holds(&self, lat_deg: f64, lon_deg: f64) -> bool {
        let (x, y) = self.offset(lat_deg, lon_deg);
        x * x + y * y < f64::from(self.inner2)
    }

    /// Finds the circle, once; there is none where the antimeridian cuts the cell, whose corners seem to be a world apart.
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are far more than the share that is left out")]
    fn draw(&mut self, cell: CellIndex) {
        if self.inner2 != 0.0 {
            return;
        }
        let centre = LatLng::from(cell);
        (self.lat_deg, self.lon_deg) = (centre.lat(), centre.lng());
        self.cos_lat = self.lat_deg.to_radians().cos() as f32;
        let corners: Vec<(f64, f64)> = cell.boundary().iter().map(|at| self.offset(at.lat(), at.lng())).collect();
        let after = corners.iter().cycle().skip(1);
        let edges = corners.iter().zip(after).map(|(a, b)| from_edge2(*a, *b));
        let spans_the_world = corners.iter().any(|(x, _)| x.abs() > 1.0);
        let nearest2 = edges.fold(f64::INFINITY, f64::min);
        let none = spans_the_world || !nearest2.is_finite();
        self.inner2 = if none { -1.0 } else { (nearest2 * SHARE * SHARE) as f32 };
    }
}

/// The square of the origin's distance from a stretch of a line.
fn from_edge2((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length2 = dx * dx + dy * dy;
    let along = if length2 > 0.0 { (-(ax * dx + ay * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (ax + along * dx, ay + along * dy);
    x * x + y * y
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(lat: f64, lon: f64) -> Option<u64> {
        LatLng::new(lat, lon).ok().map(|at| at.to_cell(Resolution::Nine).into())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn a_remembered_cell_is_the_cell(
            lat in prop_oneof![4 => -89.9..89.9_f64, 1 => 78.0..82.0_f64],
            lon in prop_oneof![4 => -180.0..180.0_f64, 1 => 179.99..180.0_f64],
            steps in prop::collection::vec((-0.002..0.002_f64, -0.002..0.002_f64), 200),
        ) {
            let mut memo = CellMemo::new(Resolution::Nine);
            for (dlat, dlon) in steps {
                let (lat, lon) = ((lat + dlat).clamp(-90.0, 90.0), lon + dlon);
                prop_assert_eq!(memo.cell(lat, lon), exact(lat, lon), "{} {}", lat, lon);
            }
        }
    }

    #[test]
    fn cells_that_are_bent_are_left_soon_enough() {
        // The pentagons, and with them corners of the icosahedron, are where cells are least regular.
        let mut memo = CellMemo::new(Resolution::Nine);
        let mut remembered = 0;
        for pentagon in Resolution::Nine.pentagons() {
            let at = LatLng::from(pentagon);
            for n in 0..4_000_u32 {
                let turn = f64::from(n) * 2.399_963;
                let away = 0.006 * (f64::from(n % 400) / 400.0).sqrt();
                let (lat, lon) = (at.lat() + away * turn.sin(), at.lng() + away * turn.cos());
                let square = &memo.squares[square_of(lat, lon)];
                remembered += usize::from(square.iter().any(|circle| circle.holds(lat, lon)));
                assert_eq!(memo.cell(lat, lon), exact(lat, lon), "{lat} {lon}");
            }
        }
        assert!(remembered > 10_000, "{remembered}: the circles are used");
    }

    #[test]
    fn what_is_no_position_has_no_cell() {
        let mut memo = CellMemo::new(Resolution::Nine);
        assert_eq!(memo.cell(f64::NAN, 0.0), None);
        assert_eq!(memo.cell(0.0, f64::INFINITY), None);
    }
}
