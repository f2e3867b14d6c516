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

use super::habit::{Component, Habit};
use super::prior::{NOVEL_SCALES_M, Prior};
use super::routine::Basis;
use super::sector::{Node, Sector};
use crate::evaluate::case::Record;
use crate::evaluate::validation::{CLIP_LOG10, real};
use crate::index::{distance_m, haversine_m, p_within, sigma_m};

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

/// Beyond this many standard deviations a Gaussian is passed over: 10⁻¹⁸ of its peak.
const REACH: f64 = 9.0;

/// Places with less spread than this are one point to a sector, metres.
const SMOOTH_M: f64 = 100.0;

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
    let at = (record.lat_deg, record.lon_deg);
    let new = habit.novelty / real(NOVEL_SCALES_M.len());
    let [close_m, far_m @ ..] = NOVEL_SCALES_M;
    let expected = |c: &Component| {
        let (known_m, close_m) = (libm::hypot(c.spread_m, error_m), libm::hypot(close_m, error_m));
        let d = distance_within(at, c, REACH * known_m.max(close_m))?;
        Some(c.weight * ((1.0 - habit.novelty) * gaussian(d, known_m) + new * gaussian(d, close_m)))
    };
    let somewhere = |c: &Component| {
        let d = distance_m(at.0, at.1, c.lat_deg, c.lon_deg);
        let wide = |scale: &f64| gaussian(d, libm::hypot(libm::hypot(*scale, c.spread_m), error_m));
        c.weight * new * far_m.iter().map(wide).sum::<f64>()
    };
    let near_by: f64 = habit.components.iter().filter_map(expected).sum();
    let if_routine = near_by + habit.districts.iter().map(somewhere).sum::<f64>();
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
            // A sector's density does not change within a room or a street.
            Basis::Positions if c.spread_m <= SMOOTH_M => density(at),
            Basis::Positions => over(at, &bell, c.spread_m),
            Basis::Sectors => {
                let was = Sector { lat_deg: c.lat_deg, lon_deg: c.lon_deg, azimuth_deg: c.azimuth_deg };
                over(at, &was.nodes(&prior.sector, 3 * RINGS, 2 * RAYS), 1.0)
            }
        };
        c.weight * (1.0 - habit.novelty) * known
    };
    let somewhere = |c: &Component| {
        let at = sector.plane(c.lat_deg, c.lon_deg);
        let wide = |scale: &f64| over(at, &bell, libm::hypot(*scale, c.spread_m));
        c.weight * habit.novelty / real(NOVEL_SCALES_M.len()) * NOVEL_SCALES_M.iter().map(wide).sum::<f64>()
    };
    let known: f64 = habit.components.iter().map(expected).sum();
    held(if_near, known + habit.districts.iter().map(somewhere).sum::<f64>())
}

/// The distance of a place if it is within reach; far ones are passed over by their latitude, then on the sphere, since a
/// routine may have ten thousand places.
fn distance_within((lat_deg, lon_deg): (f64, f64), c: &Component, reach_m: f64) -> Option<f64> {
    // A degree of latitude is 110.57 km at least, and the sphere is off by less than one in a hundred.
    if (lat_deg - c.lat_deg).abs() * 110_500.0 > reach_m
        || haversine_m(lat_deg, lon_deg, c.lat_deg, c.lon_deg) > 1.01 * reach_m
    {
        return None;
    }
    Some(distance_m(lat_deg, lon_deg, c.lat_deg, c.lon_deg))
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
