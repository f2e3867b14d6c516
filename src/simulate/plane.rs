//! A flat map in metres around one point, so that a story can be told in metres and written in degrees.

/// A position on the map, metres east and north of its origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Metres east of the origin.
    pub(super) east_m: f64,
    /// Metres north of the origin.
    pub(super) north_m: f64,
}

impl Point {
    pub(super) const fn new(east_m: f64, north_m: f64) -> Self {
        Self { east_m, north_m }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::new(self.east_m + other.east_m, self.north_m + other.north_m)
    }

    /// The point a share `part` (0 to 1) of the way to `other`.
    pub(super) fn towards(self, other: Self, part: f64) -> Self {
        let (de, dn) = (other.east_m - self.east_m, other.north_m - self.north_m);
        Self::new(self.east_m + de * part, self.north_m + dn * part)
    }

    /// Distance in metres. Only operations that IEEE 754 rounds exactly, so that every machine agrees.
    pub(super) fn distance_m(self, other: Self) -> f64 {
        let (de, dn) = (other.east_m - self.east_m, other.north_m - self.north_m);
        (de * de + dn * dn).sqrt()
    }

    /// Distance in metres to the nearest point of a straight piece.
    pub(super) fn distance_to_piece_m(self, (from, to): (Self, Self)) -> f64 {
        let (de, dn) = (to.east_m - from.east_m, to.north_m - from.north_m);
        let length2 = de * de + dn * dn;
        if length2 <= 0.0 {
            return self.distance_m(from);
        }
        let along = (self.east_m - from.east_m) * de + (self.north_m - from.north_m) * dn;
        self.distance_m(from.towards(to, (along / length2).clamp(0.0, 1.0)))
    }

    /// Direction to `other`, degrees clockwise from north, -180 to 180.
    pub(super) fn bearing_deg(self, other: Self) -> f64 {
        libm::atan2(other.east_m - self.east_m, other.north_m - self.north_m) * (180.0 / std::f64::consts::PI)
    }
}

/// The map: its origin and its scale.
///
/// Within 10 km of the origin at London's latitude, distances on the map differ from geodesic ones by less than 0.3 %.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    lat_deg: f64,
    lon_deg: f64,
    /// Metres in a degree of longitude.
    scale_east: f64,
    /// Metres in a degree of latitude.
    scale_north: f64,
}

impl Plane {
    /// A map around a position. The scale is that of the WGS84 ellipsoid's radii of curvature there.
    ///
    /// Source: M = a (1 - e²) / w³ and N = a / w with w² = 1 - e² sin² φ (Torge, Geodesy, section 4.1).
    pub(super) fn around(lat_deg: f64, lon_deg: f64) -> Self {
        const A_M: f64 = 6_378_137.0;
        const E2: f64 = 0.006_694_379_990_141_317;
        const RAD_PER_DEG: f64 = std::f64::consts::PI / 180.0;
        let sin = libm::sin(lat_deg * RAD_PER_DEG);
        let w2 = 1.0 - E2 * sin * sin;
        let scale_north = A_M * (1.0 - E2) / (w2 * w2.sqrt()) * RAD_PER_DEG;
        let scale_east = A_M / w2.sqrt() * libm::cos(lat_deg * RAD_PER_DEG) * RAD_PER_DEG;
        Self { lat_deg, lon_deg, scale_east, scale_north }
    }

    /// Latitude and longitude of a point, degrees.
    pub(super) fn degrees(&self, p: Point) -> (f64, f64) {
        (self.lat_deg + p.north_m / self.scale_north, self.lon_deg + p.east_m / self.scale_east)
    }

    /// The point at a latitude and longitude, degrees.
    pub(super) fn point(&self, lat_deg: f64, lon_deg: f64) -> Point {
        Point::new((lon_deg - self.lon_deg) * self.scale_east, (lat_deg - self.lat_deg) * self.scale_north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{Geodesic, InverseGeodesic};

    #[test]
    fn the_nearest_point_of_a_piece_is_an_end_or_between() {
        let piece = (Point::new(0.0, 0.0), Point::new(10.0, 0.0));
        let distance_m = |east_m, north_m| Point::new(east_m, north_m).distance_to_piece_m(piece);
        assert_eq!([distance_m(5.0, 3.0), distance_m(-3.0, 4.0), distance_m(13.0, -4.0)], [3.0, 5.0, 5.0]);
        assert_eq!(Point::new(3.0, 4.0).distance_to_piece_m((piece.0, piece.0)), 5.0);
    }

    #[test]
    fn the_map_agrees_with_the_geodesic() {
        let map = Plane::around(51.536, -0.039);
        let earth = Geodesic::wgs84();
        for (east_m, north_m) in [(100.0, 0.0), (0.0, 100.0), (-8_000.0, -500.0), (1_300.0, -9_500.0)] {
            let p = Point::new(east_m, north_m);
            let (lat_deg, lon_deg) = map.degrees(p);
            let geodesic_m: f64 = earth.inverse(51.536, -0.039, lat_deg, lon_deg);
            let plane_m = Point::new(0.0, 0.0).distance_m(p);
            assert!((geodesic_m - plane_m).abs() < 0.003 * plane_m, "{geodesic_m} {plane_m}");
            assert!(map.point(lat_deg, lon_deg).distance_m(p) < 1e-6);
        }
    }
}
