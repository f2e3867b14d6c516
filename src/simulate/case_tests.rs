//! The made-up case holds what it says: same bytes, plausible movement, true distances.

use geographiclib_rs::{Geodesic, InverseGeodesic};
use sha2::{Digest as _, Sha256};

use super::noise::Noise;
use super::observe::{Observation, phone};
use super::plane::Plane;
use super::story::{DURATION_US, Story, tell};
use super::track::Track;
use super::*;
use crate::model::Sha256Hex;
use crate::time::US_PER_S;

const SEEDS: [u64; 6] = [0, 1, 2, 3, u64::MAX, DEMO_SEED];

fn metres(map: &Plane, a: plane::Point, b: plane::Point) -> f64 {
    let ((lat1, lon1), (lat2, lon2)) = (map.degrees(a), map.degrees(b));
    Geodesic::wgs84().inverse(lat1, lon1, lat2, lon2)
}

/// True distance of the suspect from the victim, her home and her work: the least of the three, metres on the map.
fn nearest_m(story: &Story, t_us: i64) -> f64 {
    let suspect = story.suspect.at(t_us);
    let work = story.map.point(story::WORK_DEG.0, story::WORK_DEG.1);
    let home = story.map.point(story::HOME_DEG.0, story::HOME_DEG.1);
    let targets = [story.victim.at(t_us), home, work];
    targets.into_iter().map(|at| suspect.distance_m(at)).fold(f64::INFINITY, f64::min)
}

#[test]
fn the_demo_has_the_same_bytes_everywhere() {
    let made = case(DEMO_SEED, DEMO_START_US).unwrap();
    let hashes: Vec<String> = made
        .files
        .iter()
        .map(|(name, bytes)| format!("{} {name}", Sha256Hex::from_bytes(&Sha256::digest(bytes).into()).short()))
        .collect();
    assert_eq!(
        hashes,
        [
            "6bea67ec97a6 incidents.csv",
            "8d9ebb6b42e5 suspect_anpr.csv",
            "0ce69af84511 suspect_calls.csv",
            "c212318d090b suspect_records.json",
            "708cccafe2c4 truth.json",
            "e2c34429b91e victim.csv",
        ]
    );
    assert_ne!(made.files, case(DEMO_SEED + 1, DEMO_START_US).unwrap().files, "the seed has no effect");
}

#[test]
fn planted_encounters_are_near_and_near_misses_are_not() {
    for seed in SEEDS {
        let story = tell(seed, DEMO_START_US);
        let made = case(seed, DEMO_START_US).unwrap();
        let kinds: Vec<_> = made.truth.iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [PlantedKind::Passing, PlantedKind::Waiting, PlantedKind::Following], "seed {seed}");
        for p in &made.truth {
            assert!(
                p.end_us - p.start_us >= 100 * US_PER_S && (30.0..=100.0).contains(&p.min_offset_m),
                "seed {seed}: {p:?}"
            );
            assert!(nearest_m(&story, p.start_us).max(nearest_m(&story, p.end_us)) <= 100.0, "seed {seed}: {p:?}");
        }
        assert_eq!(made.near_misses.len(), 3);
        for p in &made.near_misses {
            assert!(p.end_us - p.start_us >= 300 * US_PER_S, "seed {seed}: {p:?}");
            assert!((300.0..=800.0).contains(&p.min_offset_m), "seed {seed}: {p:?}");
        }
    }
}

#[test]
fn outside_what_was_planted_the_suspect_is_never_near() {
    for seed in SEEDS {
        let story = tell(seed, DEMO_START_US);
        let planted = case(seed, DEMO_START_US).unwrap().truth;
        let margin_us = 180 * US_PER_S;
        for second in 0..DURATION_US / US_PER_S {
            let t_us = DEMO_START_US + second * US_PER_S;
            let expected = planted.iter().any(|p| (p.start_us - margin_us..=p.end_us + margin_us).contains(&t_us));
            assert!(expected || nearest_m(&story, t_us) > 250.0, "seed {seed}: near by chance at second {second}");
        }
    }
}

#[test]
fn the_true_offset_of_the_wait_agrees_with_the_geodesic() {
    let story = tell(DEMO_SEED, DEMO_START_US);
    let waiting = case(DEMO_SEED, DEMO_START_US).unwrap().truth.into_iter().find(|p| p.kind == PlantedKind::Waiting);
    let waiting = waiting.unwrap();
    let middle_us = waiting.start_us.midpoint(waiting.end_us);
    let home = story.map.point(story::HOME_DEG.0, story::HOME_DEG.1);
    let geodesic_m = metres(&story.map, story.suspect.at(middle_us), home);
    assert!((geodesic_m - waiting.min_offset_m).abs() < 0.2, "{geodesic_m} {}", waiting.min_offset_m);
}

/// The greatest speed between consecutive fixes, metres a second.
fn fastest_mps(map: &Plane, fixes: &[Observation]) -> f64 {
    let speed = |w: &[Observation]| match w {
        [a, b] => metres(map, a.at, b.at) / (f64::from(u32::try_from(b.t_us - a.t_us).unwrap()) / 1e6),
        _ => 0.0,
    };
    // A silence is longer than a u32 of microseconds can say, and its speed is no test of anything.
    fixes.windows(2).filter(|w| w[1].t_us - w[0].t_us < 120 * US_PER_S).map(speed).fold(0.0, f64::max)
}

#[test]
fn nobody_is_recorded_faster_than_a_car() {
    for seed in SEEDS {
        let story = tell(seed, DEMO_START_US);
        let record = |track: &Track| phone(track, DEMO_START_US, (0, 0), &mut Noise::new(seed, 3));
        for fixes in [record(&story.victim), record(&story.suspect)] {
            let mps = fastest_mps(&story.map, &fixes);
            assert!((5.0..40.0).contains(&mps), "seed {seed}: {mps} m/s");
        }
    }
}

#[test]
fn a_plain_search_of_the_recorded_positions_finds_all_and_nothing_else() {
    for seed in SEEDS {
        let story = tell(seed, DEMO_START_US);
        let hers = phone(&story.victim, DEMO_START_US, story.victim_silence, &mut Noise::new(seed, 3));
        let his = phone(&story.suspect, DEMO_START_US, story.suspect_silence, &mut Noise::new(seed, 4));
        let home = story.map.point(story::HOME_DEG.0, story::HOME_DEG.1);
        let near = |s: &Observation| {
            let from = hers.partition_point(|v| v.t_us < s.t_us - 120 * US_PER_S);
            let together = hers[from..].iter().take_while(|v| v.t_us <= s.t_us + 120 * US_PER_S);
            s.at.distance_m(home) <= 100.0 || together.into_iter().any(|v| v.at.distance_m(s.at) <= 100.0)
        };
        let hits: Vec<(i64, i64)> = his.iter().filter(|s| near(s)).map(|s| (s.t_us, s.t_us)).collect();
        let truth = case(seed, DEMO_START_US).unwrap().truth;
        let widened: Vec<PlantedEncounter> = truth
            .iter()
            .map(|p| PlantedEncounter {
                start_us: p.start_us - 120 * US_PER_S,
                end_us: p.end_us + 120 * US_PER_S,
                ..p.clone()
            })
            .collect();
        assert_eq!(score(&hits, &truth).found, 3, "seed {seed}");
        assert_eq!(score(&hits, &widened).extra, 0, "seed {seed}");
    }
}

#[test]
fn silences_are_silent_and_the_second_incident_has_the_suspect_elsewhere() {
    let story = tell(DEMO_SEED, DEMO_START_US);
    let his = phone(&story.suspect, DEMO_START_US, story.suspect_silence, &mut Noise::new(DEMO_SEED, 4));
    let (from_us, to_us) = story.suspect_silence;
    assert!(his.iter().all(|o| !(from_us..to_us).contains(&o.t_us)));
    let [present, absent] = story.allegations;
    let within = |from_us: i64, to_us: i64| his.iter().filter(move |o| (from_us..=to_us).contains(&o.t_us));
    assert!(within(absent.from_us, absent.to_us).count() > 20, "no record says where the suspect was");
    assert!(within(absent.from_us, absent.to_us).all(|o| o.at.distance_m(absent.at) > 5_000.0));
    assert!(within(present.from_us, present.to_us).any(|o| o.at.distance_m(present.at) < 100.0));
    assert!(present.suspect_present && !absent.suspect_present);
}

#[test]
fn incidents_are_written_in_local_time_and_lost_positions_are_counted() {
    let made = case(DEMO_SEED, DEMO_START_US).unwrap();
    let text = |name: &str| {
        let (_, bytes) = made.files.iter().find(|(n, _)| n == name).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    };
    let incidents = text("incidents.csv");
    let fields: Vec<Vec<&str>> = incidents.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(fields.iter().map(Vec::len).collect::<Vec<_>>(), [13, 13]);
    // 16:00Z is 17:00 in British Summer Time; two days later, after the clocks went back, 20:00Z is 20:00.
    assert_eq!((fields[0][5], fields[1][5]), ("20251024170000", "20251026200000"));
    assert_eq!(
        text("suspect_records.json").matches("\"latitudeE7\": 0,").count(),
        usize::try_from(made.rejects).unwrap()
    );
    assert!(text("victim.csv").lines().nth(1).unwrap().starts_with("victim-phone,gps,2025-10-24T00:00:00Z,"));
}

#[test]
fn a_start_outside_the_years_of_records_is_refused() {
    assert!(matches!(case(1, 0), Err(SimulateError::Start(0))));
    assert!(matches!(case(1, i64::MAX), Err(SimulateError::Start(i64::MAX))));
}
