//! Where a phone is that uses a cell: a share that falls off with distance, more in the beam, some behind.
//!
//! ```text
//!             · · ·            f(r, θ) = e^(−r/s) / s² · a(θ)        phones per square metre, of one served
//!         · ∙ ∙ ∙ ∙ ·           a(θ) = (1 − b) / beam  in the beam,  b / (2π − beam)  outside it
//!     mast ▶ ● ● ∙ ∙ ·          s = median / 1.678                  half of the phones are nearer than the median
//!         · ∙ ∙ ∙ ∙ ·
//!         ∙   · · ·            b > 0: phones behind the mast use it too
//! ```
//! Where it is not known whether a cell is urban or rural, half the weight is each. What a neighbouring cell would do is
//! not modelled: the ratio takes the cells about the target to be as dense as those about the routine.

use std::f64::consts::PI;

use super::prior::{Environment, SectorPrior};
use crate::evaluate::plane::Plane;

/// The median of the distance whose density is r e^(−r) (a gamma law of shape 2): the root of (1 + x) e^(−x) = 1/2.
const MEDIAN: f64 = 1.678_346_990_016_660_7;

/// A sector as seen from its mast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sector {
    /// WGS84 latitude of the mast, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude of the mast, degrees.
    pub lon_deg: f64,
    /// Its direction, degrees clockwise from north; `None` if it has or states none.
    pub azimuth_deg: Option<f64>,
}

/// A point of a quadrature: metres east and north, and the share of the whole that it stands for.
pub(super) type Node = (f64, f64, f64);

impl Sector {
    /// A position in metres east and north of the mast, at its true distance and direction.
    pub(super) fn plane(&self, lat_deg: f64, lon_deg: f64) -> (f64, f64) {
        Plane::about(self.lat_deg, self.lon_deg).project(lat_deg, lon_deg).0
    }

    /// The density of served phones at metres east and north of the mast, per square metre; its integral is 1.
    pub(super) fn density(&self, prior: &SectorPrior, (east_m, north_m): (f64, f64)) -> f64 {
        let r = libm::hypot(east_m, north_m);
        let falloff = |s: f64| libm::exp(-r / s) / (s * s);
        let scales = scales(prior);
        let mean: f64 = scales.iter().map(|(s, share)| share * falloff(*s)).sum();
        mean * self.in_direction(prior, libm::atan2(east_m, north_m))
    }

    /// The density of directions, per radian.
    fn in_direction(&self, prior: &SectorPrior, bearing_rad: f64) -> f64 {
        let beam = prior.beam_deg.to_radians();
        let Some(azimuth) = self.azimuth_deg.filter(|_| beam < 2.0 * PI) else { return 0.5 / PI };
        let off = (bearing_rad - azimuth.to_radians()).rem_euclid(2.0 * PI);
        if off.min(2.0 * PI - off) <= beam / 2.0 {
            (1.0 - prior.back_share) / beam
        } else {
            prior.back_share / (2.0 * PI - beam)
        }
    }

    /// Points that stand for where the served phones are: `rings` by `rays` in the beam and as many outside it.
    pub(super) fn nodes(&self, prior: &SectorPrior, rings: u32, rays: u32) -> Vec<Node> {
        let beam = prior.beam_deg.to_radians();
        let arcs = match self.azimuth_deg.filter(|_| beam < 2.0 * PI) {
            None => vec![(0.0, 2.0 * PI, 1.0)],
            Some(azimuth) => {
                let from = azimuth.to_radians() - beam / 2.0;
                vec![(from, beam, 1.0 - prior.back_share), (from + beam, 2.0 * PI - beam, prior.back_share)]
            }
        };
        let mut nodes = Vec::new();
        for (s, share) in scales(prior) {
            for (from, width, within) in &arcs {
                for ring in 0..rings {
                    let r = s * radius((f64::from(ring) + 0.5) / f64::from(rings));
                    for ray in 0..rays {
                        let at = from + width * (f64::from(ray) + 0.5) / f64::from(rays);
                        let weight = share * within / f64::from(rings * rays);
                        nodes.push((r * libm::sin(at), r * libm::cos(at), weight));
                    }
                }
            }
        }
        nodes
    }
}

/// The scales of distance with their shares; one share may be 0.
fn scales(prior: &SectorPrior) -> [(f64, f64); 2] {
    let urban = match prior.environment {
        Environment::Urban => 1.0,
        Environment::Rural => 0.0,
        Environment::Unknown => 0.5,
    };
    [(prior.urban_median_m / MEDIAN, urban), (prior.rural_median_m / MEDIAN, 1.0 - urban)]
}

/// The distance, in scales, within which a share of the phones is: the root of 1 − (1 + x) e^(−x) = share.
fn radius(share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 60.0);
    for _ in 0..60 {
        let x = f64::midpoint(low, high);
        if 1.0 - (1.0 + x) * libm::exp(-x) < share { low = x } else { high = x }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::super::prior::Prior;
    use super::*;
    use crate::index::distance_m;

    const MAST: Sector = Sector { lat_deg: 51.5, lon_deg: -0.1, azimuth_deg: Some(90.0) };

    fn prior(beam_deg: f64) -> SectorPrior {
        SectorPrior { beam_deg, ..Prior::default().sector }
    }

    #[test]
    fn the_density_sums_to_one_and_half_of_it_is_within_the_median() {
        let urban = SectorPrior { environment: Environment::Urban, ..prior(120.0) };
        let (mut all, mut near, mut behind) = (0.0, 0.0, 0.0);
        let step = 20.0;
        for i in -400..400 {
            for j in -400..400 {
                let (x, y) = ((f64::from(i) + 0.5) * step, (f64::from(j) + 0.5) * step);
                let mass = MAST.density(&urban, (x, y)) * step * step;
                all += mass;
                near += if x.hypot(y) <= urban.urban_median_m { mass } else { 0.0 };
                behind += if x < -y.abs() / 3.0_f64.sqrt() { mass } else { 0.0 };
            }
        }
        assert!((all - 1.0).abs() < 2e-3, "{all}");
        assert!((near - 0.5).abs() < 5e-3, "{near}");
        // Behind, at more than 120 degrees off the azimuth, are 120 of the 240 degrees outside the beam.
        assert!((behind - urban.back_share / 2.0).abs() < 2e-3, "{behind}");
    }

    #[test]
    fn the_nodes_stand_for_the_density() {
        for (beam, environment) in
            [(120.0, Environment::Unknown), (65.0, Environment::Rural), (360.0, Environment::Urban)]
        {
            let prior = SectorPrior { environment, ..prior(beam) };
            let nodes = MAST.nodes(&prior, 24, 24);
            let sum = |of: &dyn Fn(&Node) -> f64| nodes.iter().map(of).sum::<f64>();
            assert!((sum(&|n| n.2) - 1.0).abs() < 1e-12);
            // The mean distance of the gamma law is 2 s.
            let want: f64 = scales(&prior).iter().map(|(s, share)| 2.0 * s * share).sum();
            let mean = sum(&|n| n.2 * n.0.hypot(n.1));
            assert!((mean / want - 1.0).abs() < 0.02, "{mean} {want}");
            let east = sum(&|n| if n.0 > 0.0 { n.2 } else { 0.0 });
            assert!(if beam < 360.0 { east > 0.9 } else { (east - 0.5).abs() < 1e-9 }, "{east}");
        }
    }

    #[test]
    fn distance_and_direction_of_a_place_are_true_ones() {
        let (east, north) = MAST.plane(51.5, -0.0);
        let want = distance_m(51.5, -0.1, 51.5, 0.0);
        assert!((east - want).abs() < 1.0 && north.abs() < 10.0, "{east} {north} {want}");
        assert_eq!(MAST.plane(51.5, -0.1), (0.0, 0.0));
        assert!(MAST.density(&prior(120.0), (0.0, 0.0)) > 0.0);
        assert!(MAST.density(&prior(120.0), (-900.0, 0.0)) > 0.0, "behind the mast is not excluded");
    }
}
