//! The ratio of one record against integrals that are computed the long way.

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::habit::{Component, Habit};
use super::prior::{Environment, NOVEL_SCALES_M, Prior, SectorPrior};
use super::ratio::{Target, position_log10_lr, sector_log10_lr};
use super::routine::Basis;
use super::sector::Sector;
use super::worlds::{normal, offset, pick, unit};
use crate::evaluate::case::Record;
use crate::index::{bearing_deg, distance_m, sigma_m};

const HOME: (f64, f64) = (51.5, -0.1);

fn component((lat_deg, lon_deg): (f64, f64), spread_m: f64, weight: f64) -> Component {
    Component { lat_deg, lon_deg, spread_m, azimuth_deg: None, weight }
}

fn habit() -> Habit {
    let components = vec![
        component(HOME, 30.0, 0.6),
        component(offset(HOME, 400.0, -250.0), 60.0, 0.3),
        component(offset(HOME, -2_500.0, 900.0), 25.0, 0.1),
    ];
    Habit { basis: Basis::Positions, days: 20, novelty: 0.12, districts: components.clone(), components }
}

fn bell(d: f64, s: f64) -> f64 {
    (-0.5 * (d / s).powi(2)).exp() / (2.0 * std::f64::consts::PI * s * s)
}

fn routine_density(habit: &Habit, (lat, lon): (f64, f64)) -> f64 {
    let of = |c: &Component| {
        let d = distance_m(lat, lon, c.lat_deg, c.lon_deg);
        let wide = |s: &f64| if *s > 100.0 { s.hypot(c.spread_m) } else { *s };
        let new: f64 = NOVEL_SCALES_M.iter().map(|s| bell(d, wide(s)) / 6.0).sum();
        c.weight * ((1.0 - habit.novelty) * bell(d, c.spread_m) + habit.novelty * new)
    };
    habit.components.iter().map(of).sum()
}

/// The integral of a function over a square about a place, by squares of `step_m`.
fn over_square(at: (f64, f64), half_m: f64, step_m: f64, of: impl Fn((f64, f64)) -> f64) -> f64 {
    let mut sum = 0.0;
    let mut x = -half_m + step_m / 2.0;
    while x < half_m {
        let mut y = -half_m + step_m / 2.0;
        while y < half_m {
            sum += of(offset(at, x, y)) * step_m * step_m;
            y += step_m;
        }
        x += step_m;
    }
    sum
}

#[test]
fn the_ratio_of_a_position_is_that_of_both_integrals() {
    let habit = habit();
    for (away, uncertainty_m, radius_m) in [(80.0, 45.0, 100.0), (250.0, 60.0, 100.0), (20.0, 15.0, 300.0)] {
        let at = offset(HOME, 300.0, 200.0);
        let (lat_deg, lon_deg) = offset(at, away * 0.6, away * 0.8);
        let target = Target { lat_deg, lon_deg, radius_m, sigma_m: 0.0 };
        let record = Record::at(0, at.0, at.1, uncertainty_m);
        let error = sigma_m(uncertainty_m, record.confidence);
        let to_record = |z: (f64, f64)| bell(distance_m(at.0, at.1, z.0, z.1), error);
        let disc = std::f64::consts::PI * radius_m * radius_m;
        let inside = |z: (f64, f64)| distance_m(z.0, z.1, lat_deg, lon_deg) <= radius_m;
        let near = over_square((lat_deg, lon_deg), radius_m, radius_m / 150.0, |z| {
            if inside(z) { to_record(z) / disc } else { 0.0 }
        });
        let routine = over_square(at, 7.0 * error, error / 8.0, |z| to_record(z) * routine_density(&habit, z));
        let want = (near / routine).log10();
        let got = position_log10_lr(&record, &target, &habit).unwrap();
        assert!((got - want).abs() < 0.004, "{away} {uncertainty_m} {radius_m}: {got} for {want}");
    }
}

#[test]
fn an_uncertain_target_counts_as_an_uncertain_record() {
    let at = offset(HOME, 500.0, 500.0);
    let (lat_deg, lon_deg) = offset(at, 150.0, 0.0);
    let target = |sigma_m| Target { lat_deg, lon_deg, radius_m: 100.0, sigma_m };
    let record = Record::at(0, at.0, at.1, 15.0);
    let lr = |t: &Target| position_log10_lr(&record, t, &habit()).unwrap();
    assert!(lr(&target(40.0)) > lr(&target(0.0)), "150 m away is less against it if the target may be nearer");
}

#[test]
fn a_record_far_from_both_is_held_and_one_at_home_speaks_for_the_routine() {
    let home = Target { lat_deg: 51.5, lon_deg: -0.12, radius_m: 100.0, sigma_m: 0.0 };
    let at_home = Record::at(0, HOME.0, HOME.1, 15.0);
    let far = Record::at(0, -40.0, 170.0, 15.0);
    assert_eq!(position_log10_lr(&at_home, &home, &habit()), Some(-9.0), "1.4 km off with 10 m of error");
    assert_eq!(position_log10_lr(&far, &home, &habit()), Some(0.0), "neither explains it: nothing is said");
    let sectors = Habit { basis: Basis::Sectors, ..habit() };
    assert_eq!(position_log10_lr(&at_home, &home, &sectors), None);
}

/// The density of served phones, written out again.
fn served(sector: &Sector, p: &SectorPrior, (lat, lon): (f64, f64)) -> f64 {
    let r = distance_m(sector.lat_deg, sector.lon_deg, lat, lon);
    let fall = |median: f64| {
        let s = median / 1.678_35;
        (-r / s).exp() / (s * s)
    };
    let away = match p.environment {
        Environment::Urban => fall(p.urban_median_m),
        Environment::Rural => fall(p.rural_median_m),
        Environment::Unknown => 0.5 * fall(p.urban_median_m) + 0.5 * fall(p.rural_median_m),
    };
    let bearing = bearing_deg(sector.lat_deg, sector.lon_deg, lat, lon);
    let off = (bearing - sector.azimuth_deg.unwrap() + 540.0).rem_euclid(360.0) - 180.0;
    let per_degree = if off.abs() <= p.beam_deg / 2.0 {
        (1.0 - p.back_share) / p.beam_deg
    } else {
        p.back_share / (360.0 - p.beam_deg)
    };
    away * per_degree.to_degrees()
}

/// A place drawn from a habit of positions.
fn drawn(habit: &Habit, rng: &mut ChaCha8Rng) -> (f64, f64) {
    let mut left = unit(rng);
    let chosen = habit.components.iter().find(|c| {
        left -= c.weight;
        left < 0.0
    });
    let c = chosen.unwrap_or(&habit.components[0]);
    let scale = if unit(rng) < habit.novelty { NOVEL_SCALES_M[pick(rng, 6)] } else { c.spread_m };
    let (x, y) = normal(rng);
    offset((c.lat_deg, c.lon_deg), scale * x, scale * y)
}

#[test]
fn the_ratio_of_a_sector_is_that_of_a_hundred_thousand_draws() {
    let prior = Prior::default();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (lat_deg, lon_deg) = offset(HOME, 1_200.0, -600.0);
    for azimuth in [300.0, 100.0] {
        let sector = Sector { lat_deg, lon_deg, azimuth_deg: Some(azimuth) };
        let (target_lat, target_lon) = offset((lat_deg, lon_deg), -700.0, 350.0);
        let target = Target { lat_deg: target_lat, lon_deg: target_lon, radius_m: 200.0, sigma_m: 0.0 };
        let (draws, mut near, mut routine) = (100_000, 0.0, 0.0);
        for _ in 0..draws {
            let (r, at) = (200.0 * unit(&mut rng).sqrt(), std::f64::consts::TAU * unit(&mut rng));
            near += served(&sector, &prior.sector, offset((target_lat, target_lon), r * at.sin(), r * at.cos()));
            routine += served(&sector, &prior.sector, drawn(&habit(), &mut rng));
        }
        let want = (near / routine).log10();
        let got = sector_log10_lr(&sector, &target, &habit(), &prior);
        assert!((got - want).abs() < 0.02, "{azimuth}: {got} for {want}");
    }
}

#[test]
fn a_routine_of_sectors_is_integrated_over_where_their_phones_are() {
    let prior = Prior {
        sector: SectorPrior { environment: Environment::Urban, ..Prior::default().sector },
        ..Prior::default()
    };
    let was = Component { azimuth_deg: Some(45.0), ..component(offset(HOME, -600.0, 300.0), 0.0, 1.0) };
    let habit = Habit { basis: Basis::Sectors, days: 9, novelty: 0.001, districts: vec![was], components: vec![was] };
    let sector = Sector { lat_deg: HOME.0, lon_deg: HOME.1, azimuth_deg: Some(270.0) };
    let (lat_deg, lon_deg) = offset(HOME, -300.0, 100.0);
    let target = Target { lat_deg, lon_deg, radius_m: 150.0, sigma_m: 0.0 };
    let earlier = Sector { lat_deg: was.lat_deg, lon_deg: was.lon_deg, azimuth_deg: was.azimuth_deg };
    let routine =
        over_square(HOME, 5_000.0, 20.0, |z| served(&sector, &prior.sector, z) * served(&earlier, &prior.sector, z));
    let disc = std::f64::consts::PI * 150.0 * 150.0;
    let near = over_square((lat_deg, lon_deg), 150.0, 3.0, |z| {
        let inside = distance_m(z.0, z.1, lat_deg, lon_deg) <= 150.0;
        if inside { served(&sector, &prior.sector, z) / disc } else { 0.0 }
    });
    let want = (near / routine).log10();
    let got = sector_log10_lr(&sector, &target, &habit, &prior);
    assert!((got - want).abs() < 0.03, "{got} for {want}");
}

#[test]
fn the_assumptions_of_a_sector_move_its_ratio_the_way_they_should() {
    let with = |change: fn(&mut SectorPrior)| {
        let mut prior = Prior::default();
        change(&mut prior.sector);
        // A target behind the mast, 800 m off, of a device whose routine is in the beam.
        let sector = Sector { lat_deg: HOME.0, lon_deg: HOME.1, azimuth_deg: Some(90.0) };
        let (lat_deg, lon_deg) = offset(HOME, -800.0, 0.0);
        let target = Target { lat_deg, lon_deg, radius_m: 100.0, sigma_m: 0.0 };
        let in_beam = vec![component(offset(HOME, 800.0, 0.0), 30.0, 1.0)];
        let habit =
            Habit { basis: Basis::Positions, days: 9, novelty: 0.05, districts: in_beam.clone(), components: in_beam };
        sector_log10_lr(&sector, &target, &habit, &prior)
    };
    let narrow = with(|_| ());
    assert!(narrow < -0.8 && narrow > -3.0, "against it, but never excluded: {narrow}");
    assert!(with(|s| s.beam_deg = 240.0) > narrow, "a wider beam leaves more behind per degree");
    assert!(with(|s| s.back_share = 0.3) > narrow);
    assert!(with(|s| s.beam_deg = 360.0).abs() < 0.1, "without direction both sides are alike");
}

proptest! {
    #[test]
    fn the_ratio_is_the_same_at_every_longitude_and_finite(
        turn in -360.0..360.0_f64, east in -2_000.0..2_000.0_f64, north in -2_000.0..2_000.0_f64,
        uncertainty_m in 1.0..300.0_f64, radius_m in 1.0..500.0_f64) {
        let turned = |lon: f64| (lon + turn + 540.0).rem_euclid(360.0) - 180.0;
        let at = offset(HOME, east, north);
        let target = offset(at, 90.0, -40.0);
        let lr = |turned: &dyn Fn(f64) -> f64| {
            let moved = |c: &Component| Component { lon_deg: turned(c.lon_deg), ..*c };
            let components: Vec<Component> = habit().components.iter().map(moved).collect();
            let habit = Habit { districts: components.clone(), components, ..habit() };
            let target = Target { lat_deg: target.0, lon_deg: turned(target.1), radius_m, sigma_m: 0.0 };
            let record = Record::at(0, at.0, turned(at.1), uncertainty_m);
            let sector = Sector { lat_deg: at.0, lon_deg: turned(at.1), azimuth_deg: Some(200.0) };
            let prior = Prior::default();
            (position_log10_lr(&record, &target, &habit).unwrap(), sector_log10_lr(&sector, &target, &habit, &prior))
        };
        let (here, there) = (lr(&|lon| lon), lr(&turned));
        prop_assert!(here.0.abs() <= 9.0 && here.1.abs() <= 9.0, "{here:?}");
        prop_assert!((here.0 - there.0).abs() < 1e-5 && (here.1 - there.1).abs() < 1e-5, "{here:?} {there:?}");
    }
}
