//! Worlds in which two devices truly came near each other, and worlds in the plane that can be searched point by point.

use geographiclib_rs::{DirectGeodesic, Geodesic};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::zone::{Disc, distance_m as between_zones};
use super::*;
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::extent::reached;
use crate::evaluate::passes::Passed;
use crate::evaluate::prism::{ReachParams, Span, deviations};
use crate::evaluate::words::refused;
use crate::index::{distance_m, sigma_m};
use crate::model::{DEFAULT_CONFIDENCE, Grade, ProximityParams, SourceKind};

const S: i64 = 1_000_000;

fn ahead((lat, lon): (f64, f64), azimuth_deg: f64, way_m: f64) -> (f64, f64) {
    if way_m == 0.0 { (lat, lon) } else { Geodesic::wgs84().direct(lat, lon, azimuth_deg, way_m) }
}

/// Records on both sides in time of a true position, errors within the radius that is allowed for at least.
fn records_about(rng: &mut ChaCha8Rng, at: (f64, f64), t_us: i64) -> Vec<Record> {
    let widest = deviations(0.95, 2);
    let mut records = Vec::new();
    for direction in [-1, 1] {
        let (mut spot, mut now_us) = (at, t_us);
        for _ in 0..rng.random_range(1..4) {
            let s = rng.random_range(1..4_000_i32);
            let speed = [0.0, 10.0, 40.0][rng.random_range(0..3)];
            spot = ahead(spot, rng.random_range(0.0..360.0), speed * f64::from(s));
            now_us += direction * i64::from(s) * S;
            let stay_us = direction * [0, 300 * S][rng.random_range(0..2)];
            let uncertainty_m = [5.0, 50.0, 2_000.0][rng.random_range(0..3)];
            let share = if rng.random() { 0.999_999 } else { rng.random::<f64>() };
            let off_m = share * widest * sigma_m(uncertainty_m, DEFAULT_CONFIDENCE);
            let (lat, lon) = ahead(spot, rng.random_range(0.0..360.0), off_m);
            let (t0_us, t1_us) = (now_us.min(now_us + stay_us), now_us.max(now_us + stay_us));
            records.push(Record { t1_us, ..Record::at(t0_us, lat, lon, uncertainty_m) });
            now_us += stay_us;
        }
    }
    Device::new("d", "s", records).records().to_vec()
}

#[test]
fn two_that_were_near_are_never_said_to_be_certainly_not() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let reach = ReachParams::default();
    let (mut refined, mut apart) = (0, 0);
    for n in 0..20_000 {
        let params = ProximityParams {
            radius_m: [0.0, 20.0, 100.0, 1_000.0][n % 4],
            max_interpolation_us: [0, 300 * S][n % 2],
            ..ProximityParams::default()
        };
        let t_us = rng.random_range(0..1_000_000_000_000_i64);
        let x = (rng.random_range(-89.9..89.9), rng.random_range(-180.0..180.0));
        let near_m = (params.radius_m - 1e-6).max(0.0) * if rng.random() { 1.0 } else { rng.random::<f64>() };
        let y = ahead(x, rng.random_range(0.0..360.0), near_m);
        let (a, b) = (records_about(&mut rng, x, t_us), records_about(&mut rng, y, t_us));
        // Each clock is off by up to the second that is allowed for.
        let mut clock = |records: Vec<Record>| -> Vec<Record> {
            let off_us = rng.random_range(-S..=S);
            records.into_iter().map(|r| Record { t0_us: r.t0_us + off_us, t1_us: r.t1_us + off_us, ..r }).collect()
        };
        let (a, b) = (clock(a), clock(b));
        let r = meet(&a, &b, &params, &reach);
        assert!(r.possible.iter().any(|s| (s.from_us..=s.to_us).contains(&t_us)), "world {n}: {r:?} at {t_us}");
        assert_ne!(r.during(Span { from_us: t_us, to_us: t_us }), Answer::CertainlyNot);
        refined += usize::from(!r.never.is_empty());
        // The same journeys, one of them 400 km away.
        let far: Vec<Record> = b
            .iter()
            .map(|q| {
                let (lat_deg, lon_deg) = ahead((q.lat_deg, q.lon_deg), 30.0, 400_000.0);
                Record { lat_deg, lon_deg, ..*q }
            })
            .collect();
        apart += usize::from(meet(&a, &far, &params, &reach).answer() == Answer::CertainlyNot);
    }
    assert!(refined > 2_000 && apart > 15_000, "the test would be empty: {refined} {apart}");
}

/// A device in the plane about 52 N: a record before and one after, a few kilometres apart.
#[derive(Debug, Clone, Copy)]
struct Two {
    first: (f64, f64),
    last: (f64, f64),
    from_s: i32,
    to_s: i32,
    u_m: f64,
}

const HOME: (f64, f64) = (52.0, -1.0);

impl Two {
    fn records(&self) -> Vec<Record> {
        let at = |(x, y): (f64, f64), s: i32| {
            let (lat, lon) = ahead(HOME, libm::atan2(x, y).to_degrees(), libm::hypot(x, y));
            Record::at(i64::from(s) * S, lat, lon, self.u_m)
        };
        vec![at(self.first, self.from_s), at(self.last, self.to_s)]
    }

    /// Its two discs at a moment, if four records hold together at 95 %.
    fn discs(&self, s: f64) -> [Disc; 2] {
        let a_m = sigma_m(self.u_m, DEFAULT_CONFIDENCE) * deviations(0.95, 4);
        // The azimuthal plane about HOME: the records lie in it where they were put.
        let disc = |centre: (f64, f64), gap_s: f64| Disc { centre, radius_m: a_m + 40.0 * gap_s };
        [disc(self.first, s - f64::from(self.from_s)), disc(self.last, f64::from(self.to_s) - s)]
    }
}

fn two() -> impl Strategy<Value = Two> {
    let at = || (-4_000.0..4_000.0f64, -4_000.0..4_000.0f64);
    (at(), at(), 0_i32..300, 0_i32..200, 1.0..300.0f64).prop_map(|(first, last, from_s, more_s, u_m)| {
        // Long enough for the way at 40 m/s.
        let way_m = libm::hypot(first.0 - last.0, first.1 - last.1);
        let needed_s = (0..1_000_i32).find(|s| 40.0 * f64::from(*s) > way_m).unwrap();
        Two { first, last, from_s, to_s: from_s + needed_s + more_s, u_m }
    })
}

/// Points of the rims of two discs that lie in both.
fn rim_points(discs: &[Disc; 2]) -> Vec<(f64, f64)> {
    let inside =
        |p: (f64, f64)| discs.iter().all(|d| libm::hypot(d.centre.0 - p.0, d.centre.1 - p.1) <= d.radius_m + 1e-6);
    let rim = |d: &Disc| {
        let d = *d;
        (0..90).map(move |n| {
            let (sin, cos) = libm::sincos(f64::from(n) * std::f64::consts::TAU / 90.0);
            (d.centre.0 + d.radius_m * cos, d.centre.1 + d.radius_m * sin)
        })
    };
    discs.iter().flat_map(rim).filter(|&p| inside(p)).collect()
}

/// The least distance of the lenses that trying points finds: never below the truth.
fn by_trying(a: &Two, b: &Two, from_s: f64, to_s: f64) -> f64 {
    let mut least = f64::INFINITY;
    for n in 0..=30 {
        let s = from_s + (to_s - from_s) * f64::from(n) / 30.0;
        let (of_a, of_b) = (a.discs(s), b.discs(s));
        for x in rim_points(&of_a) {
            if of_b.iter().all(|d| libm::hypot(d.centre.0 - x.0, d.centre.1 - x.1) <= d.radius_m) {
                return 0.0;
            }
            for y in rim_points(&of_b) {
                least = least.min(libm::hypot(x.0 - y.0, x.1 - y.1));
            }
        }
    }
    least
}

fn is_possible(a: &Two, b: &Two, radius_m: f64) -> bool {
    let params = ProximityParams { radius_m, ..ProximityParams::default() };
    // Clocks without fault: the lenses are those of the discs.
    let reach = ReachParams { clock_slop_us: 0, ..ReachParams::default() };
    !meet(&a.records(), &b.records(), &params, &reach).possible.is_empty()
}

fn shared_s(a: &Two, b: &Two) -> Option<(f64, f64)> {
    let (from_s, to_s) = (a.from_s.max(b.from_s), a.to_s.min(b.to_s));
    (from_s < to_s).then_some((f64::from(from_s), f64::from(to_s)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn what_trying_points_finds_is_possible(a in two(), b in two(), radius_m in 10.0..3_000.0f64) {
        prop_assume!(shared_s(&a, &b).is_some());
        let (from_s, to_s) = shared_s(&a, &b).unwrap();
        let tried = by_trying(&a, &b, from_s, to_s);
        if tried <= radius_m {
            prop_assert!(is_possible(&a, &b, radius_m), "{} found", tried);
        }
    }

    #[test]
    fn the_radius_at_which_the_answer_turns_is_the_least_distance_of_the_lenses(a in two(), mut b in two()) {
        b.first.0 += 12_000.0;
        b.last.0 += 12_000.0;
        prop_assume!(shared_s(&a, &b).is_some());
        let (from_s, to_s) = shared_s(&a, &b).unwrap();
        let steps = 4_000;
        let at = |n: i32| from_s + (to_s - from_s) * f64::from(n) / f64::from(steps);
        let apart = (0..=steps).filter_map(|n| between_zones(&a.discs(at(n)), &b.discs(at(n))));
        let want = apart.fold(f64::INFINITY, f64::min);
        prop_assume!(want > 1.0 && want.is_finite());
        // A grid of 4,000 moments misses the least by no more than what both go in a step; the plane by 0.2 m in 20 km.
        let slack = 1.0 + 2.0 * 40.0 * (to_s - from_s) / f64::from(steps);
        prop_assert!(is_possible(&a, &b, want + slack), "{}", want);
        prop_assert!(!is_possible(&a, &b, want - slack), "{}", want);
    }

    #[test]
    fn contacts_are_what_comparing_every_pair_finds(
        raw in prop::collection::vec((0_i64..900, 0_i64..3, 0.0..0.004f64, 0.0..80.0f64, 0_usize..4, any::<bool>()), 0..30),
        window in 0_i64..100) {
        let params = ProximityParams { window_us: window * S, ..ProximityParams::default() };
        let of = |first: bool| -> Vec<Record> {
            let own = raw.iter().filter(|r| r.5 == first);
            let records = own.map(|&(t, long, north, u, kind, _)| Record {
                t1_us: (t + 200 * long) * S,
                source: SourceKind::ALL[kind],
                ..Record::at(t * S, 51.0 + north, 0.0, u.round())
            });
            Device::new("d", "s", records.collect()).records().to_vec()
        };
        let (a, b) = (of(true), of(false));
        let near = |p: &Record, q: &Record| {
            let gap_us = 0.max(p.t0_us - q.t1_us).max(q.t0_us - p.t1_us);
            let d = distance_m(p.lat_deg, p.lon_deg, q.lat_deg, q.lon_deg);
            let grade = Grade::of(d, p.uncertainty_m + q.uncertainty_m, 100.0);
            let mast = [p, q].iter().any(|r| r.source == SourceKind::Cell);
            let blind = [p, q].iter().any(|r| r.source == SourceKind::Cell && r.uncertainty_m == 0.0);
            let enough = if mast { grade == Some(Grade::Definite) } else { grade >= Some(Grade::Probable) };
            (gap_us <= params.window_us && enough && !blind).then_some(d)
        };
        let want: Vec<f64> =
            a.iter().filter_map(|p| b.iter().filter_map(|q| near(p, q)).reduce(f64::min)).collect();
        let found: Vec<f64> = contacts(&a, &b, &params).iter().map(|c| c.distance_m).collect();
        prop_assert_eq!(found, want);
    }
}

#[test]
fn a_gap_too_short_for_the_way_is_certainly_not_and_a_longer_one_is_possible() {
    // 10 km apart, both back where they were: at 40 m/s each they need 2 * (5 km - 50 m) / 40 m/s, less a second
    // at either end for either clock: 245.5 s.
    let at = |east_m: f64, s: i64| {
        let (lat, lon) = ahead(HOME, 90.0, east_m);
        Record::at(s * S, lat, lon, 0.001)
    };
    let ask = |gap_s: i64| {
        let (a, b) = ([at(0.0, 0), at(0.0, gap_s)], [at(10_000.0, 0), at(10_000.0, gap_s)]);
        meet(
            &a,
            &b,
            &ProximityParams { max_interpolation_us: 0, ..ProximityParams::default() },
            &ReachParams::default(),
        )
    };
    assert_eq!(ask(245).answer(), Answer::CertainlyNot);
    let r = ask(300);
    assert_eq!((r.answer(), r.possible.len(), r.never.len()), (Answer::Possible, 1, 2));
    // From 122.75 s after the start to 122.75 s before the end.
    assert!((121 * S..123 * S).contains(&r.possible[0].from_us), "{r:?}");
    assert!((177 * S..180 * S).contains(&r.possible[0].to_us), "{r:?}");
    assert_eq!(r.during(Span { from_us: 0, to_us: 60 * S }), Answer::CertainlyNot);
    assert_eq!(r.during(Span { from_us: 0, to_us: 150 * S }), Answer::Possible);
    assert_eq!(r.during(Span { from_us: -S, to_us: 60 * S }), Answer::Possible, "not bounded before the first record");
    assert_eq!(r.during(Span { from_us: -9 * S, to_us: -S }), Answer::NoData);
    assert_eq!(meet(&[], &[], &ProximityParams::default(), &ReachParams::default()).answer(), Answer::NoData);
}

fn case(reverse: bool) -> Case {
    let device = |name: &str, step: i32, east: f64| {
        let mut records: Vec<Record> = (0..300_i32)
            .map(|n| {
                let t = i64::from(n) * 240 * S;
                Record::at(
                    t,
                    52.0 + f64::from((n * step) % 11) * 0.02,
                    -1.0 + east + f64::from(n % 5) * 0.1,
                    f64::from(n % 3) * 30.0,
                )
            })
            .collect();
        if reverse {
            records.reverse();
        }
        Device::new(name, "s", records)
    };
    let incident = |n: i64| Allegation {
        reference: format!("I{n}"),
        t0_us: n * 3_600 * S,
        t1_us: n * 3_600 * S + 600 * S,
        lat_deg: 52.0,
        lon_deg: -1.0,
        uncertainty_m: 0.0,
    };
    Case {
        suspects: vec![device("d1", 3, 0.0), device("d2", 7, 8.0)],
        victims: vec![device("v", 5, 0.0)],
        incidents: (0..30).map(incident).collect(),
        ..Case::default()
    }
}

#[test]
fn findings_do_not_depend_on_the_order_of_arrival_and_say_only_what_may_be_said() {
    let text = |reverse| serde_json::to_string(&findings(&case(reverse), &ReachParams::default())).unwrap();
    assert_eq!(text(false), text(true));
    let found = findings(&case(false), &ReachParams::default());
    assert_eq!(found.len(), 2 * 31);
    let answers: std::collections::BTreeSet<&str> = found.iter().map(|f| f.answer).collect();
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), ["certainly_not", "no_data", "observed", "possible"]);
    let ids: std::collections::BTreeSet<String> = found.iter().map(|f| f.id().to_string()).collect();
    assert_eq!(ids.len(), found.len(), "every question has its own name");
    for f in &found {
        for text in [f.question.as_str(), f.says.as_str()].into_iter().chain(f.alternatives.iter().copied()) {
            assert_eq!(refused(text), None, "{text}");
        }
        assert!(!f.limits.is_empty() && !f.parameters.is_empty() && !f.sensitivity.is_empty());
    }
}

#[test]
fn many_questions_at_once_get_the_answers_that_each_gets_alone() {
    use super::overlap::Asked;
    use super::sweep::Pair;
    let case = case(false);
    let (a, b) = (case.suspects[0].records(), case.victims[0].records());
    let pair = Pair::new(a, b, &ReachParams::default());
    let mut asked = Vec::new();
    for radius_m in [10.0, 3_000.0] {
        for speed_m_s in [2.0, 9.0, 40.0] {
            for percentile in [0.68, 0.99] {
                asked.push(Asked { radius_m, speed_m_s, percentile, slop_s: 1.0, refine_us: 0 });
            }
        }
    }
    let together = pair.possible(&asked);
    let alone: Vec<Vec<Span>> = asked.iter().map(|a| pair.possible(&[*a]).remove(0)).collect();
    assert_eq!(together, alone);
    let lengths: std::collections::BTreeSet<i64> =
        alone.iter().map(|spans| spans.iter().map(Span::length_us).sum()).collect();
    assert!(lengths.len() > 6, "the questions differ: {lengths:?}");
}

#[test]
fn times_and_positions_at_the_ends_of_their_range_do_no_harm() {
    let at = |t: i64, lat: f64, u: f64| Record::at(t, lat, 0.0, u);
    let a = [at(i64::MIN, 51.0, 5.0), at(0, f64::NAN, 5.0), at(1, 51.0, f64::NAN), at(i64::MAX, 51.0, 5.0)];
    let b = [at(i64::MIN, -51.0, 5.0), at(5, 52.0, f64::INFINITY), at(i64::MAX, -51.0, 5.0)];
    for refine in [0, i64::MAX] {
        let params = ProximityParams { max_interpolation_us: refine, ..ProximityParams::default() };
        assert_eq!(meet(&a, &b, &params, &ReachParams::default()).answer(), Answer::Possible);
    }
}

/// Records of a device that goes to and fro, some of them long, none or all of them as certain.
pub(super) fn to_and_fro(raw: &[(i64, u8, u8, u8)]) -> Vec<Record> {
    let mut t_us = 0;
    let of = |(step_s, place, long, certain): &(i64, u8, u8, u8)| {
        t_us += step_s * crate::time::US_PER_S;
        let radius_m = [10.0, 35.0, 0.0, 900.0, 3.0][usize::from(*certain) % 5];
        let mut record = Record::at(t_us, 51.5 + f64::from(*place) * 3e-3, -0.12, radius_m);
        record.t1_us += if *long == 0 { 5 * step_s * crate::time::US_PER_S } else { 0 };
        record
    };
    let mut records: Vec<Record> = raw.iter().map(of).collect();
    records.sort_by(Record::order);
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn windows_say_what_the_whole_time_says(
        his in prop::collection::vec((0_i64..900, 0_u8..12, 0_u8..6, 0_u8..5), 1..60),
        hers in prop::collection::vec((0_i64..900, 0_u8..12, 0_u8..6, 0_u8..5), 1..60), most in 1_usize..9) {
        let (a, b) = (to_and_fro(&his), to_and_fro(&hers));
        let (params, reach) = (ProximityParams::default(), ReachParams::default());
        let asked = [overlap::Asked::of(&params, &reach)];
        let whole = sweep::Pair::new(&a, &b, &reach);
        let chunked = [&a, &b].map(|records| Chunked::in_chunks(records, most));
        let [of_a, of_b] = [&chunked[0], &chunked[1]].map(|records| reached(records, &mut Passed::default()));
        let mut windows = windows::Windows::default();
        let found = windows.possible([(&chunked[0], &of_a), (&chunked[1], &of_b)], &asked, &reach);
        let all = found.about(0, Span { from_us: i64::MIN, to_us: i64::MAX });
        prop_assert_eq!((found.coverage(), vec![all]), (whole.coverage(), whole.possible(&asked)));
    }
}
