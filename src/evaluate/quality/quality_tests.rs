//! What is found about records against what is known of them.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use geographiclib_rs::{DirectGeodesic, Geodesic};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::encounter::Origin;
use crate::evaluate::Exhibits;
use crate::evaluate::case::{Case, Device, Record, SetAside};
use crate::evaluate::finding::{Figure, Value};
use crate::evaluate::prism::{ReachParams, deviations};
use crate::evaluate::words::refused;
use crate::index::sigma_m;
use crate::model::{Authorities, Authority, DEFAULT_CONFIDENCE, Excess, ExcessRow, Outside, SourceKind};

const S: i64 = US_PER_S;

fn ahead((lat, lon): (f64, f64), azimuth_deg: f64, way_m: f64) -> (f64, f64) {
    if way_m == 0.0 { (lat, lon) } else { Geodesic::wgs84().direct(lat, lon, azimuth_deg, way_m) }
}

fn moved(records: &[Record]) -> Movement {
    movement(records, &QualityParams::default(), &ReachParams::default())
}

/// A journey at up to 60 m/s, a record every few seconds, errors up to the radius that is allowed for.
fn journey(rng: &mut ChaCha8Rng, start: (f64, f64), count: usize) -> Vec<Record> {
    let (mut spot, mut t_s) = (start, 0);
    let widest = deviations(0.99, 2);
    let mut records = Vec::new();
    for _ in 0..count {
        let s = rng.random_range(1..120_i32);
        spot = ahead(spot, rng.random_range(0.0..360.0), rng.random_range(0.0..60.0) * f64::from(s));
        t_s += i64::from(s);
        let u_m = [0.0, 5.0, 80.0, 1_500.0][rng.random_range(0..4)];
        let off_m = widest * sigma_m(u_m, DEFAULT_CONFIDENCE) * if rng.random() { 1.0 } else { rng.random::<f64>() };
        let (lat, lon) = ahead(spot, rng.random_range(0.0..360.0), off_m);
        records.push(Record::at(t_s * S, lat, lon, u_m));
    }
    records
}

#[test]
fn what_a_vehicle_can_do_is_never_called_impossible() {
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    for _ in 0..300 {
        let start = (rng.random_range(-80.0..80.0), rng.random_range(-180.0..180.0));
        let records = journey(&mut rng, start, 100);
        assert_eq!(moved(&records), Movement { records: 100, ..Movement::default() });
    }
}

#[test]
fn a_stray_position_is_two_jumps_and_one_stray() {
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let mut records = journey(&mut rng, (52.0, -1.0), 60);
    let (lat, lon) = ahead((52.0, -1.0), 10.0, 900_000.0);
    records.insert(30, Record::at(records[29].t0_us + S / 2, lat, lon, 20.0));
    let m = moved(&records);
    assert_eq!((m.jumps.len(), m.strays, m.alternation), (2, 1, None));
    let jump = m.jumps[0];
    let radii_m =
        (ReachParams::default().sigma_m(&jump.from) + ReachParams::default().sigma_m(&jump.to)) * deviations(0.99, 2);
    assert!(
        (jump.speed_m_s - (jump.distance_m - radii_m) / 1.5).abs() < 1e-6,
        "the gap of half a second and a second's slop"
    );
}

#[test]
fn a_clone_alternates_and_a_flight_does_not() {
    let mut rng = ChaCha8Rng::seed_from_u64(23);
    let mut both = journey(&mut rng, (52.0, -1.0), 80);
    both.extend(journey(&mut rng, (57.0, -4.0), 50));
    let device = Device::new("d", "s", both);
    let a = moved(device.records()).alternation.unwrap();
    assert_eq!((a.smaller, a.larger), (50, 80), "the two tracks are told apart, record by record");
    assert!(a.switches > 20, "{a:?}");

    let mut flown = journey(&mut rng, (52.0, -1.0), 40);
    let landed_us = flown[39].t0_us + 3_600 * S;
    let after = journey(&mut rng, (57.0, -4.0), 40).into_iter();
    flown.extend(after.map(|r| Record { t0_us: r.t0_us + landed_us, t1_us: r.t0_us + landed_us, ..r }));
    let m = moved(&flown);
    assert_eq!((m.jumps.len(), m.alternation), (1, None));
    assert!((100.0..250.0).contains(&m.jumps[0].speed_m_s), "{:?}", m.jumps);
}

#[test]
fn stray_starts_on_many_days_are_not_a_clone() {
    // Each morning the first position is two kilometres off for a minute; nothing alternates.
    let mut records = Vec::new();
    for day in 0..20 {
        for n in 0..40 {
            let (lat, lon) = ahead((52.0, -1.0), 90.0, if n < 6 { 2_000.0 } else { 0.0 });
            records.push(Record::at((day * 86_400 + n * 10) * S, lat, lon, 10.0));
        }
    }
    let m = moved(&records);
    assert_eq!((m.jumps.len(), m.alternation), (20, None));
}

#[test]
fn a_wide_record_between_does_not_hide_a_jump() {
    let at = |s: i64, km: f64, u_m: f64| {
        let (lat, lon) = ahead((52.0, -1.0), 0.0, km * 1_000.0);
        Record::at(s * S, lat, lon, u_m)
    };
    assert_eq!(moved(&[at(0, 0.0, 10.0), at(30, 10.0, 20_000.0), at(60, 20.0, 10.0)]).jumps.len(), 1);
    assert_eq!(moved(&[at(0, 0.0, 10.0), at(30, 10.0, 20_000.0), at(600, 20.0, 10.0)]).jumps.len(), 0);
    // A stay that is still going on holds too.
    let stay = Record { t1_us: 3_600 * S, ..at(0, 0.0, 50.0) };
    assert_eq!(moved(&[stay, at(600, 0.01, 5.0), at(2_000, 100.0, 5.0)]).jumps.len(), 1);
}

/// A drive of 2 hours with turns, as a function of time in seconds: metres east and north.
fn drive(rng: &mut ChaCha8Rng) -> Vec<(f64, f64)> {
    let (mut x, mut y, mut heading) = (0.0, 0.0, 0.0_f64);
    let mut speed = 12.0;
    (0..7_200)
        .map(|s| {
            if s % 75 == 0 {
                heading += [0.0, 1.57, -1.57][rng.random_range(0..3)];
                speed = rng.random_range(3.0..18.0);
            }
            x += speed * libm::sin(heading);
            y += speed * libm::cos(heading);
            (x, y)
        })
        .collect()
}

/// A source that records a drive every so many seconds with errors of 8 m, its clock off by so many microseconds.
fn source(rng: &mut ChaCha8Rng, drive: &[(f64, f64)], every_s: usize, off_us: i64, kind: SourceKind) -> Vec<Record> {
    let start = rng.random_range(0..every_s);
    let seconds = (start..drive.len()).step_by(every_s);
    seconds
        .map(|s| {
            let (x, y) = drive[s];
            let mut off = || 8.0 * (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 48.0;
            let (dx, dy) = (off(), off());
            let lat = 52.0 + (y + dy) / 111_250.0;
            let t_us = i64::try_from(s).unwrap() * S + off_us;
            Record { source: kind, ..Record::at(t_us, lat, -1.0 + (x + dx) / (111_300.0 * 0.6157), 12.0) }
        })
        .collect()
}

#[test]
fn a_clock_offset_is_recovered_within_its_interval() {
    let mut rng = ChaCha8Rng::seed_from_u64(24);
    let (mut covered, mut runs) = (0, 0);
    for off_us in [0, 17 * S + 300_000, -3_600 * S, 240 * S] {
        for _ in 0..8 {
            let drive = drive(&mut rng);
            let a = source(&mut rng, &drive, 12, 0, SourceKind::Gps);
            let b = source(&mut rng, &drive, 20, off_us, SourceKind::Fused);
            let found = clock_offset(&a, &b, &QualityParams::default(), 120 * S).unwrap();
            assert!((found.offset_us - off_us).abs() < 3 * S, "{found:?} for {off_us}");
            assert!(found.high_us - found.low_us < 10 * S && found.confidence >= 0.95, "{found:?}");
            covered += usize::from((found.low_us..=found.high_us).contains(&off_us));
            runs += 1;
        }
    }
    // At 95 % or more: of 32 at least 27 (fewer has a probability below 0.01).
    assert!(covered >= 27, "{covered} of {runs}");
}

#[test]
fn without_shared_movement_no_offset_is_given() {
    let mut rng = ChaCha8Rng::seed_from_u64(25);
    let (one, other) = (drive(&mut rng), drive(&mut rng));
    let still = vec![(0.0, 0.0); 7_200];
    let params = QualityParams::default();
    let ask = |rng: &mut ChaCha8Rng, a: &[(f64, f64)], b: &[(f64, f64)]| {
        let (a, b) = (source(rng, a, 12, 0, SourceKind::Gps), source(rng, b, 12, 0, SourceKind::Fused));
        clock_offset(&a, &b, &params, 120 * S)
    };
    let refused = ask(&mut rng, &still, &still);
    assert_eq!(refused, Err(ClockRefused::TooLittleMovement { found: 0, needed: 6 }));
    assert!(matches!(ask(&mut rng, &one, &other), Err(ClockRefused::TooLittleAgreement { .. })));
    assert!(matches!(ask(&mut rng, &one, &still), Err(ClockRefused::TooLittleAgreement { found: 0, .. })));
    assert!(matches!(ask(&mut rng, &one, &[]), Err(ClockRefused::TooLittleAgreement { found: 0, .. })));
}

fn case(reverse: bool) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(26);
    let drive = drive(&mut rng);
    let mut one = source(&mut rng, &drive, 12, 0, SourceKind::Gps);
    let second = source(&mut rng, &drive, 20, 60 * S, SourceKind::Fused).into_iter();
    one.extend(second.map(|r| Record { origin: Origin { exhibit: 1, row: 7 }, ..r }));
    one.push(Record::at(20_000 * S, 55.0, -3.0, 5.0));
    one.push(Record::at(20_010 * S, 56.0, -3.0, 5.0));
    if reverse {
        one.reverse();
    }
    Case {
        suspects: vec![Device::new("d1", "s", one), Device::new("d2", "s", vec![])],
        victims: vec![Device::new("v", "v", vec![Record::at(0, 51.0, 0.0, 5.0), Record::at(9, 51.1, 0.0, 5.0)])],
        exhibits: Exhibits::dense(["aa".repeat(32), "bb".repeat(32)]),
        ..Case::default()
    }
}

/// The case with an authority for its first device, and a record of a device that none names.
fn governed(case: Case) -> Case {
    let d1 = Authority { reference: "U".into(), identifier: "d1".into(), from_us: i64::MIN, to_us: i64::MAX };
    let mut excess = Excess::default();
    excess.add(Outside::Identifier, ExcessRow { t0_us: 5, t1_us: 5, exhibit: "cc".repeat(32), row: 7 });
    let set_aside = SetAside { authorities: Authorities::new(vec![d1]), excess: [("d9".to_owned(), excess)].into() };
    Case { set_aside, ..case }
}

#[test]
fn findings_do_not_depend_on_the_order_of_arrival_and_say_only_what_may_be_said() {
    let of = |reverse| findings(&case(reverse), &QualityParams::default(), &ReachParams::default());
    let text = |reverse| serde_json::to_string(&of(reverse)).unwrap();
    assert_eq!(text(false), text(true));
    let mut found = of(false);
    let answers: Vec<&str> = found.iter().map(|f| f.answer).collect();
    assert_eq!(answers, ["silent", "alternating", "offset", "no_data", "no_data", "no_silence", "impossible_speed"]);
    // A minute between two clocks looks like two devices: all but the last jump are between the sources.
    let count = |name: &str| match found[1].figures.iter().find(|f| f.name == name).unwrap().value {
        Value::Count(n) => n,
        _ => panic!("{name} is a count"),
    };
    assert!(count("jumps") > 100 && count("jumps") - count("jumps_between_sources") <= 2);
    assert!(found[2].says.contains("later"), "{}", found[2].says);
    let governed = findings(&governed(case(false)), &QualityParams::default(), &ReachParams::default());
    assert_eq!(governed.len(), found.len() + 4);
    assert_eq!(governed[..found.len()], found);
    let answers: Vec<_> = governed[found.len()..].iter().map(|f| (f.device.as_deref().unwrap(), f.answer)).collect();
    let expected = [("d1", "within_authority"), ("d2", "not_named"), ("d9", "quarantined"), ("v", "not_named")];
    assert_eq!(answers, expected);
    let set_aside = &governed[found.len() + 2];
    assert_eq!(set_aside.figures[..2], [Figure::count("records", 1), Figure::count("quarantined", 1)]);
    assert!(set_aside.fixes[0].lat_deg.is_nan() && set_aside.fixes[0].row == 7, "where it stands, not where it lies");
    found.extend(governed.into_iter().skip(found.len()));
    for f in &found {
        for text in [f.question.as_str(), f.says.as_str()].into_iter().chain(f.alternatives.iter().copied()) {
            assert_eq!(refused(text), None, "{text}");
        }
        assert!(!f.alternatives.is_empty() && !f.limits.is_empty() && !f.figures.is_empty());
    }
}

#[test]
fn parameters_that_cannot_be_used_are_named() {
    let ok = QualityParams::default();
    assert_eq!(ok.validate(), Ok(()));
    assert_eq!(QualityParams { percentile: 0.0, ..ok }.validate(), Err(QualityError::Percentile(0.0)));
    assert_eq!(QualityParams { max_speed_m_s: -1.0, ..ok }.validate(), Err(QualityError::Speed(-1.0)));
    let error = QualityParams { max_offset_us: i64::MAX, ..ok }.validate().unwrap_err();
    assert!(error.to_string().starts_with("max_offset_us is 9223372036854775807 microseconds"), "{error}");
}

#[test]
fn times_and_positions_at_the_ends_of_their_range_do_no_harm() {
    let at = |t: i64, lat: f64, u: f64| Record::at(t, lat, 0.0, u);
    let records = [at(i64::MIN, 51.0, 5.0), at(0, f64::NAN, 5.0), at(1, 51.0, f64::NAN), at(i64::MAX, -51.0, 5.0)];
    assert_eq!(moved(&records).jumps, []);
    assert!(clock_offset(&records, &records, &QualityParams::default(), S).is_err());
}
