//! Made-up devices with a routine, of which it is known where they truly are; for tests.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::prior::Prior;
use crate::evaluate::validation::{Bounds, Calibration, DataType, Measured, Range, VERSION, Validation};

/// Uniform in [0, 1).
pub(in crate::evaluate) fn unit(rng: &mut ChaCha8Rng) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in an f64")]
    let bits = (rng.next_u64() >> 11) as f64;
    bits / 9_007_199_254_740_992.0
}

/// A position in a list of so many.
pub(in crate::evaluate) fn pick(rng: &mut ChaCha8Rng, count: usize) -> usize {
    usize::try_from(rng.next_u64() % u64::try_from(count).unwrap()).unwrap()
}

/// Two independent standard normal numbers (Box and Muller 1958).
pub(in crate::evaluate) fn normal(rng: &mut ChaCha8Rng) -> (f64, f64) {
    let r = (-2.0 * (1.0 - unit(rng)).ln()).sqrt();
    let at = std::f64::consts::TAU * unit(rng);
    (r * at.cos(), r * at.sin())
}

/// A place so many metres east and north of another, on the WGS84 ellipsoid's radii of curvature there.
pub(in crate::evaluate) fn offset((lat, lon): (f64, f64), east_m: f64, north_m: f64) -> (f64, f64) {
    let (a, e2) = (6_378_137.0, 0.006_694_379_990_14);
    let sin = lat.to_radians().sin();
    let w = (1.0 - e2 * sin * sin).sqrt();
    let (across, along) = (a / w * lat.to_radians().cos(), a * (1.0 - e2) / w.powi(3));
    (lat + (north_m / along).to_degrees(), lon + (east_m / across).to_degrees())
}

/// Where a made-up person lives, works and goes, and how the days differ.
pub(in crate::evaluate) struct World {
    pub(in crate::evaluate) home: (f64, f64),
    pub(in crate::evaluate) work: (f64, f64),
    pub(in crate::evaluate) haunts: [(f64, f64); 3],
}

/// What happens on one day: from each minute on, the place where the person is; in between they travel.
pub(in crate::evaluate) struct Day(Vec<(f64, (f64, f64))>);

const SPEED_M_MIN: f64 = 500.0;

impl World {
    pub(in crate::evaluate) fn new(rng: &mut ChaCha8Rng) -> Self {
        let home = offset((51.5, -0.1), 20_000.0 * (unit(rng) - 0.5), 20_000.0 * (unit(rng) - 0.5));
        let mut about = |from: f64, to: f64| {
            let (r, at) = (from * (to / from).powf(unit(rng)), std::f64::consts::TAU * unit(rng));
            offset(home, r * at.sin(), r * at.cos())
        };
        Self {
            home,
            work: about(1_500.0, 9_000.0),
            haunts: [about(300.0, 3_000.0), about(300.0, 3_000.0), about(800.0, 6_000.0)],
        }
    }

    pub(in crate::evaluate) fn day(&self, weekend: bool, rng: &mut ChaCha8Rng) -> Day {
        let about = |minute: f64, rng: &mut ChaCha8Rng| minute + 25.0 * normal(rng).0;
        let somewhere = |rng: &mut ChaCha8Rng| {
            if unit(rng) < 0.2 {
                // Somewhere new, at any distance from 300 m to 30 km.
                let (r, at) = (300.0 * 100.0_f64.powf(unit(rng)), std::f64::consts::TAU * unit(rng));
                offset(self.home, r * at.sin(), r * at.cos())
            } else {
                self.haunts[pick(rng, 3)]
            }
        };
        let mut plan = vec![(0.0, self.home)];
        if weekend {
            if unit(rng) < 0.7 {
                plan.extend([(about(660.0, rng), somewhere(rng)), (about(900.0, rng), self.home)]);
            }
        } else {
            plan.push((about(500.0, rng), self.work));
            if unit(rng) < 0.4 {
                plan.push((about(1_050.0, rng), somewhere(rng)));
                plan.push((about(1_260.0, rng), self.home));
            } else {
                plan.push((about(1_060.0, rng), self.home));
            }
        }
        Day(plan)
    }
}

impl Day {
    /// Where the person is at a minute of the day: in a room of some metres, or on the straight way between two places.
    pub(in crate::evaluate) fn at(&self, minute: f64, rng: &mut ChaCha8Rng) -> (f64, f64) {
        let now = self.0.iter().rposition(|(from, _)| *from <= minute).unwrap_or(0);
        let (from, place) = self.0[now];
        let before = self.0[now.saturating_sub(1)].1;
        let way_m = crate::index::distance_m(before.0, before.1, place.0, place.1);
        let gone = ((minute - from) * SPEED_M_MIN / way_m.max(1.0)).min(1.0);
        let mix = |a: f64, b: f64| a + gone * (b - a);
        let (x, y) = normal(rng);
        offset((mix(before.0, place.0), mix(before.1, place.1)), 8.0 * x, 8.0 * y)
    }
}

/// What might have been shown of one source by these assumptions.
pub(in crate::evaluate) fn data_type(source: &str, prior: &Prior) -> DataType {
    let measured = |value| Measured { value, low: value - 0.1, high: value + 0.1 };
    DataType {
        source: source.to_owned(),
        method: prior.text(),
        made_from: "made up".to_owned(),
        radius_m: Range { from: 50.0, to: 200.0 },
        sigma_m: Range { from: 1.0, to: 100.0 },
        near: 300,
        routine: 300,
        cllr: measured(0.3),
        cllr_min: measured(0.28),
        calibration: Calibration::NONE,
        bounds: Bounds { lower_log10: -2.0, upper_log10: 2.3 },
        rates: Vec::new(),
        deciles: Vec::new(),
    }
}

/// What a validation by these assumptions might have shown.
pub(in crate::evaluate) fn validation_of(prior: &Prior) -> Validation {
    Validation { version: VERSION, data_types: vec![data_type("gps", prior), data_type("cell", prior)] }
}
