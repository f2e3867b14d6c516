//! Two flat maps of the ground: one true from its centre over thousands of kilometres, one cheap within some tens.
//!
//! ```text
//!        north
//!          │  ● (east, north) metres
//!          │ ╱        Plane: length and direction of each line from the centre are those of the geodesic
//!          │╱         LocalPlane: degrees times metres a degree; one sine for all positions about a centre
//!  ────────┼──────── east
//! ```

use crate::index::{EARTH_RADIUS_M, bearing_deg, distance_m};

/// An azimuthal equidistant plane: distance and direction from its centre are true.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    lat_deg: f64,
    lon_deg: f64,
}

impl Plane {
    pub(super) const fn about(lat_deg: f64, lon_deg: f64) -> Self {
        Self { lat_deg, lon_deg }
    }

    /// A position in the plane, metres east and north of the centre; and its distance from it.
    pub(super) fn project(&self, lat_deg: f64, lon_deg: f64) -> ((f64, f64), f64) {
        let away_m = distance_m(self.lat_deg, self.lon_deg, lat_deg, lon_deg);
        let bearing = bearing_deg(self.lat_deg, self.lon_deg, lat_deg, lon_deg);
        if bearing.is_nan() {
            return ((0.0, 0.0), 0.0);
        }
        let (sin, cos) = libm::sincos(bearing.to_radians());
        ((away_m * sin, away_m * cos), away_m)
    }
}

/// A plane on a sphere of the Earth's mean radius: distances are good to a per cent within some tens of kilometres, and a
/// position taken there and back is the same to a micrometre.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalPlane {
    lat_deg: f64,
    lon_deg: f64,
    across: f64,
}

impl LocalPlane {
    pub(super) fn about(lat_deg: f64, lon_deg: f64) -> Self {
        Self { lat_deg, lon_deg, across: libm::cos(lat_deg.to_radians()) }
    }

    /// Metres east and north of the centre.
    pub(super) fn offset_m(&self, lat_deg: f64, lon_deg: f64) -> (f64, f64) {
        let east_rad = turned(lon_deg - self.lon_deg).to_radians();
        (east_rad * self.across * EARTH_RADIUS_M, (lat_deg - self.lat_deg).to_radians() * EARTH_RADIUS_M)
    }

    /// The position, latitude and longitude in degrees, at metres east and north of the centre.
    pub(super) fn position(&self, east_m: f64, north_m: f64) -> (f64, f64) {
        let lon_deg = self.lon_deg + (east_m / EARTH_RADIUS_M / self.across.max(1e-9)).to_degrees();
        let lat_deg = (self.lat_deg + (north_m / EARTH_RADIUS_M).to_degrees()).clamp(-90.0, 90.0);
        (lat_deg, turned(lon_deg))
    }
}

/// A longitude that is out by a turn at most, brought back.
fn turned(lon_deg: f64) -> f64 {
    if lon_deg > 180.0 {
        lon_deg - 360.0
    } else if lon_deg < -180.0 {
        lon_deg + 360.0
    } else {
        lon_deg
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn near_the_centre_both_maps_show_the_same(
            lat in -80.0..80.0f64, lon in -180.0..=180.0f64, (dy, dx) in (-0.01..0.01f64, -0.01..0.01f64)) {
            let there = (lat + dy, turned(lon + dx));
            let ((east, north), away) = Plane::about(lat, lon).project(there.0, there.1);
            let (x, y) = LocalPlane::about(lat, lon).offset_m(there.0, there.1);
            // A sphere for an ellipsoid: seven parts in a thousand at most; and the way bends.
            prop_assert!(libm::hypot(east - x, north - y) < 0.01 * away + 1e-6, "{} {} {} {}", east, north, x, y);
        }

        #[test]
        fn a_position_is_found_again(
            lat in -80.0..80.0f64, lon in -180.0..=180.0f64, x in -500.0..500.0f64, y in -500.0..500.0f64) {
            let plane = LocalPlane::about(lat, lon);
            let (there_lat, there_lon) = plane.position(x, y);
            let (east, north) = plane.offset_m(there_lat, there_lon);
            prop_assert!((east - x).abs() < 1e-6 && (north - y).abs() < 1e-6, "{} {}", east, north);
        }
    }

    #[test]
    fn the_centre_and_places_over_the_antimeridian_are_where_they_are() {
        assert_eq!(Plane::about(51.5, -0.1).project(51.5, -0.1), ((0.0, 0.0), 0.0));
        let (east, _) = LocalPlane::about(0.0, 179.999).offset_m(0.0, -179.999);
        assert!((east - 222.39).abs() < 0.01, "{east}");
    }
}
