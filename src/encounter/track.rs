//! A track: where a device was between its records, as far as interpolation is allowed.
//!
//! ```text
//!   fix ●────moving────● visit ════ stays ════●────moving────●          ●  fix: too long after, nothing between
//!       t            t0                      t1                  gap > max_interpolation
//! ```
//! Between two consecutive records the device moves along the great circle of their surface normals at uniform angular
//! speed; during a record's own interval it stays. Outside that the track does not exist: nothing is extrapolated.
//! Positions are unit normals of the WGS84 ellipsoid, so the poles and the antimeridian are places like any other.

use std::f64::consts::PI;

/// The distance of two positions in metres: `(lat_deg, lon_deg, lat_deg, lon_deg)`.
///
/// It must be a distance on (or within 1 % of) the WGS84 ellipsoid: the straight line through the Earth is used to
/// leave out pairs that cannot be the nearest.
pub type DistanceFn<'a> = dyn Fn(f64, f64, f64, f64) -> f64 + 'a;

/// One record of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackPoint {
    /// Start of the time interval, UTC microseconds.
    pub t0_us: i64,
    /// End of the time interval, UTC microseconds; equal to `t0_us` for a moment.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
}

/// Semi-axes of the WGS84 ellipsoid, metres (NIMA TR8350.2).
const SEMI_MAJOR_M: f64 = 6_378_137.0;
const SEMI_MINOR_M: f64 = 6_356_752.314_245;

/// Two positions nearer to opposite than this have no one great circle between them, radians.
const OPPOSITE: f64 = 1e-6;

/// A position as degrees (as recorded, where it was) and as the surface normal there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) lat_deg: f64,
    pub(super) lon_deg: f64,
    normal: [f64; 3],
}

impl Spot {
    fn at(lat_deg: f64, lon_deg: f64) -> Self {
        let (sin_lat, cos_lat) = libm::sincos(lat_deg.to_radians());
        let (sin_lon, cos_lon) = libm::sincos(lon_deg.to_radians());
        Self { lat_deg, lon_deg, normal: [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat] }
    }

    fn from_normal(normal: [f64; 3]) -> Self {
        let [x, y, z] = normal;
        let lat_deg = libm::atan2(z, libm::hypot(x, y)).to_degrees();
        Self { lat_deg, lon_deg: libm::atan2(y, x).to_degrees(), normal }
    }

    /// Earth-centred Cartesian coordinates on the ellipsoid, metres.
    pub(super) fn ecef_m(&self) -> [f64; 3] {
        let [x, y, z] = self.normal;
        let (a2, b2) = (SEMI_MAJOR_M * SEMI_MAJOR_M, SEMI_MINOR_M * SEMI_MINOR_M);
        let scale = 1.0 / (a2 * (x * x + y * y) + b2 * z * z).sqrt();
        [a2 * x * scale, a2 * y * scale, b2 * z * scale]
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The angle between two unit vectors, accurate for small and for large angles.
fn angle(a: [f64; 3], b: [f64; 3]) -> f64 {
    let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    libm::atan2(dot(cross, cross).sqrt(), dot(a, b))
}

/// A stay (`from` and `to` alike, angle 0) or a movement, over a closed interval of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) t0_us: i64,
    pub(super) t1_us: i64,
    from: Spot,
    to: Spot,
    angle: f64,
}

impl Piece {
    fn stay(t0_us: i64, t1_us: i64, spot: Spot) -> Self {
        Self { t0_us, t1_us, from: spot, to: spot, angle: 0.0 }
    }

    /// `None` where there is no one way between the two.
    fn movement(t0_us: i64, t1_us: i64, from: Spot, to: Spot) -> Option<Self> {
        let angle = angle(from.normal, to.normal);
        (angle < PI - OPPOSITE).then_some(Self { t0_us, t1_us, from, to, angle })
    }

    /// The length of the way between two times within the piece, metres, at most 0.7 % too short or too long.
    pub(super) fn length_m(&self, from_us: i64, to_us: i64) -> f64 {
        if self.angle == 0.0 {
            return 0.0;
        }
        SEMI_MAJOR_M * self.angle * span(from_us, to_us) / span(self.t0_us, self.t1_us)
    }

    /// Where the track is at a time within the piece; at its ends, the position exactly as recorded.
    pub(super) fn at(&self, t_us: i64) -> Spot {
        if t_us <= self.t0_us || self.angle == 0.0 {
            return self.from;
        }
        if t_us >= self.t1_us {
            return self.to;
        }
        let share = span(self.t0_us, t_us) / span(self.t0_us, self.t1_us);
        let whole = libm::sin(self.angle);
        let (a, b) = (libm::sin((1.0 - share) * self.angle) / whole, libm::sin(share * self.angle) / whole);
        let [f, t] = [self.from.normal, self.to.normal];
        Spot::from_normal([a * f[0] + b * t[0], a * f[1] + b * t[1], a * f[2] + b * t[2]])
    }
}

/// Microseconds from one time to another, as a real number.
#[expect(clippy::cast_precision_loss, reason = "a span of 285 years is exact in f64; longer ones only divide stays")]
fn span(from_us: i64, to_us: i64) -> f64 {
    to_us.saturating_sub(from_us) as f64
}

/// A device's records in time, with the movements between them.
#[derive(Debug, Clone, Default)]
pub struct Track {
    /// By start.
    pieces: Vec<Piece>,
    /// The latest end of this piece and all before it.
    reach_us: Vec<i64>,
}

impl Track {
    /// The track of these records, in any order; movements are assumed between consecutive records whose gap is at most
    /// `max_interpolation_us`.
    ///
    /// Of records that overlap, the one that ends last is where the next movement starts. Of records at the same time
    /// but different positions all are kept; movements lead to the first of them and from the last of them by
    /// latitude, then longitude.
    #[must_use]
    pub fn new(points: &[TrackPoint], max_interpolation_us: i64) -> Self {
        let mut points = points.to_vec();
        points.sort_by(|a, b| {
            let times = (a.t0_us, a.t1_us).cmp(&(b.t0_us, b.t1_us));
            times.then(a.lat_deg.total_cmp(&b.lat_deg)).then(a.lon_deg.total_cmp(&b.lon_deg))
        });
        points.dedup();
        let mut pieces = Vec::with_capacity(points.len());
        let mut last: Option<(i64, Spot)> = None;
        for p in points {
            let spot = Spot::at(p.lat_deg, p.lon_deg);
            if let Some((left_us, from)) = last {
                let gap_us = p.t0_us.saturating_sub(left_us);
                if gap_us > 0 && gap_us <= max_interpolation_us {
                    pieces.extend(Piece::movement(left_us, p.t0_us, from, spot));
                }
            }
            pieces.push(Piece::stay(p.t0_us, p.t1_us.max(p.t0_us), spot));
            if last.is_none_or(|(left_us, _)| p.t1_us >= left_us) {
                last = Some((p.t1_us.max(p.t0_us), spot));
            }
        }
        pieces.sort_by_key(|piece| piece.t0_us);
        let reach = |latest: &mut i64, piece: &Piece| {
            *latest = (*latest).max(piece.t1_us);
            Some(*latest)
        };
        let reach_us = pieces.iter().scan(i64::MIN, reach).collect();
        Self { pieces, reach_us }
    }

    /// The pieces that share a moment with `[from_us, to_us]`, by start.
    pub(super) fn during(&self, from_us: i64, to_us: i64) -> impl Iterator<Item = &Piece> {
        let first = self.reach_us.partition_point(|&reach_us| reach_us < from_us);
        let rest = self.pieces.iter().skip(first);
        rest.take_while(move |p| p.t0_us <= to_us).filter(move |p| p.t1_us >= from_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(t0_us: i64, t1_us: i64, lat_deg: f64, lon_deg: f64) -> TrackPoint {
        TrackPoint { t0_us, t1_us, lat_deg, lon_deg }
    }

    fn position(track: &Track, t_us: i64) -> Option<(f64, f64)> {
        track.during(t_us, t_us).last().map(|p| (p.at(t_us).lat_deg, p.at(t_us).lon_deg))
    }

    #[test]
    fn it_moves_between_near_records_stays_during_one_and_is_nowhere_else() {
        let track = Track::new(&[point(100, 200, 0.0, 0.0), point(210, 210, 0.0, 1.0), point(300, 300, 0.0, 2.0)], 10);
        assert_eq!(position(&track, 99), None);
        assert_eq!(position(&track, 150), Some((0.0, 0.0)));
        let (lat, lon) = position(&track, 205).unwrap();
        assert!(lat.abs() < 1e-12 && (lon - 0.5).abs() < 1e-12);
        assert_eq!(position(&track, 210), Some((0.0, 1.0)));
        assert_eq!(position(&track, 211), None);
        assert_eq!(position(&track, 299), None);
    }

    #[test]
    fn a_record_inside_a_visit_starts_no_movement_before_the_visit_ends() {
        let track = Track::new(&[point(0, 100, 0.0, 0.0), point(50, 50, 0.0, 5.0), point(110, 110, 0.0, 1.0)], 1_000);
        assert_eq!(position(&track, 75), Some((0.0, 0.0)));
        let (_, lon) = position(&track, 105).unwrap();
        assert!((lon - 0.5).abs() < 1e-12, "{lon}");
    }

    #[test]
    fn the_antimeridian_and_the_pole_are_crossed_the_short_way() {
        let track = Track::new(&[point(0, 0, 10.0, 179.9), point(10, 10, 10.0, -179.9)], 10);
        let (lat, lon) = position(&track, 5).unwrap();
        assert!((lat - 10.0).abs() < 1e-3 && (lon.abs() - 180.0).abs() < 1e-9, "{lat} {lon}");
        let over = Track::new(&[point(0, 0, 89.9, 0.0), point(10, 10, 89.9, 180.0)], 10);
        assert!(position(&over, 5).unwrap().0 > 89.999_999);
    }

    #[test]
    fn opposite_places_and_repeated_records_do_no_harm() {
        let opposite = Track::new(&[point(0, 0, 0.0, 0.0), point(10, 10, 0.0, 180.0)], 10);
        assert_eq!(position(&opposite, 5), None);
        let twice = Track::new(&[point(0, 0, 1.0, 1.0), point(0, 0, 1.0, 1.0), point(9, 9, 1.0, 1.0)], 10);
        assert_eq!(position(&twice, 5), Some((1.0, 1.0)));
        assert_eq!(twice.pieces.len(), 3);
    }

    #[test]
    fn the_normal_gives_the_ellipsoid() {
        let equator = Spot::at(0.0, 90.0).ecef_m();
        assert!((equator[1] - SEMI_MAJOR_M).abs() < 1e-6);
        assert!((Spot::at(-90.0, 33.0).ecef_m()[2] + SEMI_MINOR_M).abs() < 1e-6);
        // 52 N, 1 W: reference from the closed formula N = a / sqrt(1 - e2 sin2).
        let p = Spot::at(52.0, -1.0).ecef_m();
        let e2 = 1.0 - (SEMI_MINOR_M / SEMI_MAJOR_M).powi(2);
        let n = SEMI_MAJOR_M / (1.0 - e2 * 52f64.to_radians().sin().powi(2)).sqrt();
        assert!((p[2] - n * (1.0 - e2) * 52f64.to_radians().sin()).abs() < 1e-6);
    }
}
