//! The likelihood ratio of one record.
//!
//! ```text
//!         P(record | the device was within R of the target)         device spread evenly over the disc of radius R,
//!   LR = ───────────────────────────────────────────────────        error by its uncertainty and confidence
//!         P(record | the device kept to its own routine)           device spread as its other days spread it
//! ```
//! For a Gaussian error of standard deviation σ and a record d away the first is exactly `p_within`(d, σ, R) / (π R²)
//! ([`crate::index::p_within`]); the second is a sum of Gaussians. For a sector both are sums over points. Never a
//! probability of either proposition: that takes what else is known, and is the court's.

use std::f64::consts::PI;

use super::prior::{NOVEL_SCALES_M, Prior};
use super::routine::{Basis, Component, Habit};
use super::sector::{Node, Sector};
use crate::evaluate::case::Record;
use crate::evaluate::validation::{CLIP_LOG10, real};
use crate::index::{distance_m, p_within, sigma_m};

/// Where the target is: a point with the radius within which the device is said to have been, and the error of the point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// "Within": the radius asked for and the extent of a place together, metres; above 0.
    pub radius_m: f64,
    /// Standard deviation of the point itself, metres; 0 for a place.
    pub sigma_m: f64,
}

/// Points on the rings of a disc or a Gaussian, as fractions of its size.
const RINGS: u32 = 4;
const RAYS: u32 = 8;

/// Log10 of the ratio of a record of the device's own position, held within [`CLIP_LOG10`]; its uncertainty is above 0.
///
/// `None` if the routine is one of sectors: where the device itself was on its other days is not known then.
#[must_use]
pub fn position_log10_lr(record: &Record, target: &Target, habit: &Habit) -> Option<f64> {
    if habit.basis != Basis::Positions {
        return None;
    }
    let error_m = sigma_m(record.uncertainty_m, record.confidence);
    let away_m = distance_m(record.lat_deg, record.lon_deg, target.lat_deg, target.lon_deg);
    let within = p_within(away_m, libm::hypot(error_m, target.sigma_m), target.radius_m);
    let if_near = within / (PI * target.radius_m * target.radius_m);
    let expected = |c: &Component| {
        let d = distance_m(record.lat_deg, record.lon_deg, c.lat_deg, c.lon_deg);
        let known = (1.0 - habit.novelty) * gaussian(d, libm::hypot(c.spread_m, error_m));
        let new: f64 = NOVEL_SCALES_M.iter().map(|scale| gaussian(d, libm::hypot(*scale, error_m))).sum();
        c.weight * (known + habit.novelty * new / real(NOVEL_SCALES_M.len()))
    };
    let if_routine: f64 = habit.components.iter().map(expected).sum();
    Some(held(if_near, if_routine))
}

/// Log10 of the ratio of a record of a sector, held within [`CLIP_LOG10`].
#[must_use]
pub fn sector_log10_lr(sector: &Sector, target: &Target, habit: &Habit, prior: &Prior) -> f64 {
    let density = |at: (f64, f64)| sector.density(&prior.sector, at);
    let over = |(x, y): (f64, f64), nodes: &[Node], size_m: f64| {
        nodes.iter().map(|(e, n, weight)| weight * density((x + size_m * e, y + size_m * n))).sum::<f64>()
    };
    let (disc, bell) = (disc_nodes(), bell_nodes());
    let centre = sector.plane(target.lat_deg, target.lon_deg);
    let about = |at: (f64, f64)| over(at, &disc, target.radius_m);
    let if_near = if target.sigma_m > 0.0 {
        let shifted = |(e, n, w): &Node| w * about((centre.0 + target.sigma_m * e, centre.1 + target.sigma_m * n));
        bell.iter().map(shifted).sum()
    } else {
        about(centre)
    };
    let expected = |c: &Component| {
        let at = sector.plane(c.lat_deg, c.lon_deg);
        let known = match habit.basis {
            Basis::Positions => over(at, &bell, c.spread_m),
            Basis::Sectors => {
                let was = Sector { lat_deg: c.lat_deg, lon_deg: c.lon_deg, azimuth_deg: c.azimuth_deg };
                over(at, &was.nodes(&prior.sector, 3 * RINGS, 2 * RAYS), 1.0)
            }
        };
        let new: f64 = NOVEL_SCALES_M.iter().map(|scale| over(at, &bell, *scale)).sum();
        c.weight * ((1.0 - habit.novelty) * known + habit.novelty * new / real(NOVEL_SCALES_M.len()))
    };
    held(if_near, habit.components.iter().map(expected).sum())
}

/// The density of a round Gaussian error at a distance, per square metre; both in metres.
fn gaussian(distance_m: f64, sigma_m: f64) -> f64 {
    let z = distance_m / sigma_m;
    libm::exp(-0.5 * z * z) / (2.0 * PI * sigma_m * sigma_m)
}

fn held(if_near: f64, if_routine: f64) -> f64 {
    let log10_lr = libm::log10(if_near) - libm::log10(if_routine);
    // Neither density is a number above 0 a hundred standard deviations away: then nothing is said.
    if log10_lr.is_nan() { 0.0 } else { log10_lr.clamp(-CLIP_LOG10, CLIP_LOG10) }
}

/// Points of equal weight that stand for a disc of radius 1.
fn disc_nodes() -> Vec<Node> {
    rings(f64::sqrt)
}

/// Points of equal weight that stand for a Gaussian of standard deviation 1.
fn bell_nodes() -> Vec<Node> {
    rings(|share| (-2.0 * libm::log1p(-share)).sqrt())
}

fn rings(radius: impl Fn(f64) -> f64) -> Vec<Node> {
    let weight = 1.0 / f64::from(RINGS * RAYS);
    let node = |n: u32| {
        let (ring, ray) = (f64::from(n / RAYS), f64::from(n % RAYS));
        let r = radius((ring + 0.5) / f64::from(RINGS));
        // Every other ring turned by half a step.
        let at = 2.0 * PI * (ray + 0.5 * (ring % 2.0)) / f64::from(RAYS);
        (r * libm::sin(at), r * libm::cos(at), weight)
    };
    (0..RINGS * RAYS).map(node).collect()
}
