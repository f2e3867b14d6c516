//! How often grades are wrong, where a place is known and a position is off by what its uncertainty says.
//!
//! If nothing is known of where the device was, the pairs of a grade that are truly within number the sum of their
//! probabilities; and a `definite` one that is outside, or one without a grade that is inside, has an error larger than its
//! radius of uncertainty, which happens no more often than one less the confidence.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::super::strength::worlds::{normal, offset, unit};
use super::*;
use crate::encounter::{End, contact};
use crate::index::{distance_m, sigma_m};
use crate::model::{Grade, ProximityParams};

const RADIUS_M: f64 = 100.0;

/// Positions about a place, anywhere alike; their errors as their uncertainty and confidence say.
fn judged(confidence: f64, uncertainties_m: (f64, f64), count: usize, seed: u64) -> Vec<(Judged, f64)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let params = ProximityParams { radius_m: RADIUS_M, exit_radius_m: 1e7, ..ProximityParams::default() };
    let place = (51.5, -0.1);
    let one = |_| {
        let uncertainty_m = uncertainties_m.0 * (uncertainties_m.1 / uncertainties_m.0).powf(unit(&mut rng));
        let sigma = sigma_m(uncertainty_m, confidence);
        let (r, at) = ((RADIUS_M + 6.0 * sigma) * unit(&mut rng).sqrt(), std::f64::consts::TAU * unit(&mut rng));
        let truth = offset(place, r * at.sin(), r * at.cos());
        let (x, y) = normal(&mut rng);
        let (lat, lon) = offset(truth, sigma * x, sigma * y);
        let fix = End::of_fix(lat, lon, Some(uncertainty_m), confidence);
        let contact = contact((0, &fix), (0, &End::of_place(place.0, place.1, 0.0)), &params).unwrap();
        let true_distance_m = distance_m(truth.0, truth.1, place.0, place.1);
        let grade = contact.grade;
        (Judged { grade, true_distance_m, uncertainty_sum_m: uncertainty_m, sampling_s: 60.0 }, contact.p_within)
    };
    (0..count).map(one).collect()
}

#[test]
fn grades_are_wrong_no_more_often_than_their_confidence_says() {
    for (confidence, seed) in [(0.68, 31), (0.95, 32)] {
        let pairs = judged(confidence, (5.0, 90.0), 60_000, seed);
        for grade in [None, Some(Grade::Possible), Some(Grade::Probable), Some(Grade::Definite)] {
            let class: Vec<&(Judged, f64)> = pairs.iter().filter(|(j, _)| j.grade == grade).collect();
            let within = real(class.iter().filter(|(j, _)| j.true_distance_m <= RADIUS_M).count());
            let expected: f64 = class.iter().map(|(_, p)| p).sum();
            let deviation = class.iter().map(|(_, p)| p * (1.0 - p)).sum::<f64>().sqrt();
            println!("{confidence} {grade:?}: {} pairs, {within} within, {expected:.1} expected", class.len());
            assert!(
                class.len() > 500 && (within - expected).abs() < 4.0 * deviation,
                "{within} {expected} {deviation}"
            );
            let wrong = match grade {
                Some(Grade::Definite) => real(class.len()) - within,
                None => within,
                Some(_) => continue,
            };
            assert!(wrong / real(class.len()) < 1.0 - confidence, "{wrong} of {}", class.len());
            assert!(wrong > 0.0, "grades are sometimes wrong, and that shows");
        }
    }
}

#[test]
fn the_rates_by_distance_fall_as_they_should() {
    let pairs: Vec<Judged> = judged(0.68, (5.0, 60.0), 60_000, 33).into_iter().map(|(j, _)| j).collect();
    let found = rates(&pairs, RADIUS_M);
    let text = |s: Option<Share>| {
        s.map_or("-".to_owned(), |s| {
            format!("{:.1} % ({:.1} to {:.1})", 100.0 * s.value, 100.0 * s.low, 100.0 * s.high)
        })
    };
    for r in &found {
        println!(
            "{:?} {} to {}: {} outside, possible or better {}, definite {}; {} within, no grade {}, not definite {}",
            r.by,
            r.from,
            r.to,
            r.outside,
            text(r.false_inclusion(Grade::Possible)),
            text(r.false_inclusion(Grade::Definite)),
            r.within,
            text(r.false_exclusion(Grade::Possible)),
            text(r.false_exclusion(Grade::Definite))
        );
    }
    let of = |from: f64, grade| {
        let rate = found.iter().find(|r| r.by == By::TrueDistanceM && r.from == from).unwrap();
        (rate.false_inclusion(grade).map(|s| s.value), rate.false_exclusion(grade).map(|s| s.value))
    };
    // Far outside is included less often than just outside; deep inside is excluded less often than just inside.
    assert!(of(200.0, Grade::Possible).0 < of(150.0, Grade::Possible).0);
    assert!(of(150.0, Grade::Possible).0 < of(100.0, Grade::Possible).0);
    assert!(of(0.0, Grade::Possible).1 < of(50.0, Grade::Possible).1);
    // A firmer grade includes less and excludes more.
    assert!(of(100.0, Grade::Definite).0 < of(100.0, Grade::Possible).0);
    assert!(of(50.0, Grade::Definite).1 > of(50.0, Grade::Possible).1);
}
