//! What a check must find, pair by pair, from the formulas of the design alone.

use std::collections::{BTreeMap, BTreeSet};

use geographiclib_rs::{Geodesic, InverseGeodesic};

use super::world::{Fix, World, us};

/// A target: who it is, as kind and name, and its row in its file.
#[derive(Debug, Clone)]
pub struct Target {
    pub kind: &'static str,
    pub name: String,
    pub row: Option<u64>,
    /// `None` for a place, which is there at any time.
    pub time_us: Option<(i64, i64)>,
    lat_deg: f64,
    lon_deg: f64,
    uncertainty_m: f64,
    sigma_m: f64,
    reach_m: f64,
}

/// The standard deviation of a radius at a confidence (0.68 where none is stated).
fn sigma_m(uncertainty_m: f64, confidence: Option<f64>) -> f64 {
    uncertainty_m / (-2.0 * (1.0 - confidence.unwrap_or(0.68)).ln()).sqrt()
}

pub fn targets(world: &World) -> Vec<Target> {
    let victims = (2u64..).zip(&world.victims).map(|(row, f)| Target {
        kind: "victim_fix",
        name: format!("v{}", f.device),
        row: Some(row),
        time_us: Some((us(f.t0_s), us(f.t1_s))),
        lat_deg: f.lat_deg,
        lon_deg: f.lon_deg,
        uncertainty_m: f.uncertainty_m.unwrap_or(0.0),
        sigma_m: sigma_m(f.uncertainty_m.unwrap_or(0.0), f.confidence),
        reach_m: 0.0,
    });
    let exact = |kind, name, row, time_us, (lat_deg, lon_deg), reach_m| Target {
        kind,
        name,
        row,
        time_us,
        lat_deg,
        lon_deg,
        uncertainty_m: 0.0,
        sigma_m: 0.0,
        reach_m,
    };
    let places = world.places.iter().enumerate();
    let places =
        places.map(|(i, p)| exact("place", format!("place {i}"), None, None, (p.lat_deg, p.lon_deg), p.radius_m));
    let incidents = (1u64..).zip(&world.incidents).map(|(row, n)| {
        let time = Some((us(n.t0_s), us(n.t1_s)));
        exact("incident", format!("REF{}", row - 1), Some(row), time, (n.lat_deg, n.lon_deg), 0.0)
    });
    victims.chain(places).chain(incidents).collect()
}

/// A pair that is near (`grade`), or that only holds an encounter open.
#[derive(Debug, Clone)]
pub struct Pair {
    pub device: String,
    pub suspect_row: u64,
    pub target: Target,
    pub distance_m: f64,
    pub grade: Option<&'static str>,
    pub p_within: f64,
    pub start_us: i64,
    pub end_us: i64,
}

pub fn distance_m(f: &Fix, g: &Target) -> f64 {
    Geodesic::wgs84().inverse(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg)
}

pub fn pairs(world: &World) -> Vec<Pair> {
    let mut found = Vec::new();
    for (suspect_row, f) in (2u64..).zip(&world.suspects) {
        found.extend(targets(world).into_iter().filter_map(|g| pair(world, suspect_row, f, g)));
    }
    found
}

fn pair(world: &World, suspect_row: u64, f: &Fix, g: Target) -> Option<Pair> {
    let (f0, f1, window) = (us(f.t0_s), us(f.t1_s), world.window_s * 1_000_000);
    let (g0, g1) = g.time_us.unwrap_or((f0, f1));
    if 0.max(f0 - g1).max(g0 - f1) > window {
        return None;
    }
    let d = distance_m(f, &g);
    let u_f = f.uncertainty_m.unwrap_or(0.0);
    let r = world.radius_m + g.reach_m;
    let grade = if d + u_f + g.uncertainty_m <= r {
        Some("definite")
    } else if d <= r {
        Some("probable")
    } else if d - u_f - g.uncertainty_m <= r {
        Some("possible")
    } else {
        None
    };
    let exit_m = world.exit_radius_m.unwrap_or(world.radius_m) + g.reach_m;
    if grade.is_none() && d - u_f - g.uncertainty_m > exit_m {
        return None;
    }
    Some(Pair {
        device: format!("s{}", f.device),
        suspect_row,
        distance_m: d,
        grade,
        p_within: p_within(d, sigma_m(u_f, f.confidence).hypot(g.sigma_m), r),
        start_us: f0.max(g0 - window),
        end_us: f1.min(g1 + window),
        target: g,
    })
}

/// The integral of the Rice density from 0 to R, by Simpson's rule.
fn p_within(d: f64, sigma: f64, r: f64) -> f64 {
    if sigma == 0.0 {
        return if d <= r { 1.0 } else { 0.0 };
    }
    let (from, to) = ((d - 9.0 * sigma).max(0.0), r.min(d + 9.0 * sigma));
    if to <= from {
        return 0.0;
    }
    let density = |x: f64| {
        let z = x * d / (sigma * sigma);
        x / (sigma * sigma) * (-(x - d).powi(2) / (2.0 * sigma * sigma)).exp() * bessel_i0_scaled(z)
    };
    let n = 1_000;
    let h = (to - from) / f64::from(n);
    let inner = (1..n).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * density(from + f64::from(i) * h));
    (density(from) + inner.sum::<f64>() + density(to)) * h / 3.0
}

/// `exp(-z) I0(z)`: the power series, and for large `z` the asymptotic one (Abramowitz and Stegun, 9.6.12 and 9.7.1).
fn bessel_i0_scaled(z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    if z < 30.0 {
        for k in 1..200 {
            term *= z * z / 4.0 / f64::from(k * k);
            sum += term;
        }
        return sum * (-z).exp();
    }
    for k in 1..12 {
        term *= f64::from((2 * k - 1) * (2 * k - 1)) / (f64::from(8 * k) * z);
        sum += term;
    }
    sum / (2.0 * std::f64::consts::PI * z).sqrt()
}

/// An encounter, by what the report says of it.
#[derive(Debug, Clone)]
pub struct Encounter {
    pub device: String,
    pub kind: &'static str,
    pub name: String,
    pub enter_us: i64,
    pub exit_us: i64,
    pub graded: Vec<Pair>,
}

/// The encounters by the definition, applied until nothing changes.
pub fn encounters(pairs: &[Pair], gap_us: i64) -> Vec<Encounter> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&Pair>> = BTreeMap::new();
    for p in pairs {
        groups.entry((&p.device, p.target.kind, &p.target.name)).or_default().push(p);
    }
    groups.into_values().flat_map(|group| of_group(group, gap_us)).collect()
}

fn of_group(mut free: Vec<&Pair>, gap_us: i64) -> Vec<Encounter> {
    let mut found = Vec::new();
    while let Some(enter_us) = free.iter().filter(|p| p.grade.is_some()).map(|p| p.start_us).min() {
        let mut exit_us = enter_us;
        let mut members: BTreeSet<usize> = BTreeSet::new();
        while let Some(next) = (0..free.len()).find(|i| {
            let p = free[*i];
            let within = p.start_us >= enter_us && p.start_us <= exit_us.saturating_add(gap_us);
            let in_force = p.grade.is_none() && p.start_us < enter_us && p.end_us >= enter_us;
            // Before its first graded pair there is nothing to continue.
            let opened = p.grade.is_some() && p.start_us == enter_us || !members.is_empty();
            !members.contains(i) && opened && (within || in_force)
        }) {
            members.insert(next);
            exit_us = exit_us.max(free[next].end_us);
        }
        let graded: Vec<Pair> = members.iter().map(|i| free[*i].clone()).filter(|p| p.grade.is_some()).collect();
        let first = graded[0].clone();
        let (device, kind, name) = (first.device, first.target.kind, first.target.name);
        found.push(Encounter { device, kind, name, enter_us, exit_us, graded });
        free = (0..free.len()).filter(|i| !members.contains(i)).map(|i| free[i]).collect();
    }
    found
}
