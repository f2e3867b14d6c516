//! The encounters under a shift against the fold itself, fed with every pair of records.

use proptest::prelude::*;

use super::cited;
use super::heard::Heard;
use super::hours::Cycle;
use super::how::{Axis, How};
use super::lists::Lists;
use super::permutation::CoincidenceParams;
use super::prepared::{Asked, Devices, Passes};
use crate::encounter::{End, FixPoint, Tables, TargetPoint, contact, fold};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::wall_clock::{DAY_US, WallClock};
use crate::evaluate::{Device, Record};
use crate::model::{ProximityParams, TargetKind};
use crate::time::{US_PER_S, ZoneRule, parse_utc};

/// When, how long, where (north and east of a corner, metres) and how uncertain.
type Raw = (i64, i64, f64, f64, f64);

fn device(name: &str, raw: &[Raw], start_us: i64) -> Device {
    let record = |&(s, long_s, north_m, east_m, uncertainty_m): &Raw| {
        let t0_us = start_us + s * US_PER_S;
        let at = Record::at(t0_us, 51.5 + north_m / 111_250.0, -0.12 + east_m / 69_300.0, uncertainty_m);
        Record { t1_us: t0_us + long_s * US_PER_S, ..at }
    };
    Device::new(name, "", raw.iter().map(record).collect())
}

/// Enter, exit and whether a suspect record in it is in common: by the fold over all pairs within the window.
fn by_the_fold(
    suspect: &Device,
    victim: &Device,
    common: &[bool],
    params: &ProximityParams,
    time: &mut dyn FnMut(&Record, bool) -> (i64, i64),
) -> Vec<(i64, i64, bool)> {
    let (source, origin) = (crate::model::SourceKind::Gps, crate::encounter::Origin { exhibit: 0, row: 1 });
    let mut fixes = Vec::new();
    // Rows tell records apart that are otherwise alike.
    for (row, r) in (1..).zip(suspect.records()) {
        let (t0_us, t1_us) = time(r, true);
        let origin = crate::encounter::Origin { row, ..origin };
        fixes.push(FixPoint { device: 0, t0_us, t1_us, lat_deg: r.lat_deg, lon_deg: r.lon_deg, source, origin });
    }
    let mut targets = Vec::new();
    for (row, r) in (1..).zip(victim.records()) {
        let (t0_us, t1_us) = time(r, false);
        let (kind, origin) = (TargetKind::VictimFix, Some(crate::encounter::Origin { row, ..origin }));
        let (lat_deg, lon_deg, source) = (r.lat_deg, r.lon_deg, Some(source));
        targets.push(TargetPoint { kind, owner: 0, t0_us, t1_us, lat_deg, lon_deg, source, origin });
    }
    let end = |r: &Record| End::of_fix(r.lat_deg, r.lon_deg, Some(r.uncertainty_m), r.confidence);
    let mut contacts = Vec::new();
    for (i, (f, r)) in (0..).zip(fixes.iter().zip(suspect.records())) {
        for (j, (g, v)) in (0..).zip(targets.iter().zip(victim.records())) {
            if f.t0_us <= g.t1_us + params.window_us && g.t0_us - params.window_us <= f.t1_us {
                contacts.extend(contact((i, &end(r)), (j, &end(v)), params));
            }
        }
    }
    let name = ["d".to_owned()];
    let tables = Tables { devices: &name, owners: &name, exhibits: &name, fixes: &fixes, targets: &targets };
    let is_common = |fix: u32| common[usize::try_from(fix).unwrap()];
    let encounters = fold(&contacts, &tables, params).unwrap();
    encounters.iter().map(|e| (e.enter_us, e.exit_us, e.proximities.iter().any(|(fix, _)| is_common(*fix)))).collect()
}

/// Records of about the same hours of four days at a few spots, some of them visits.
fn records(n: usize) -> impl Strategy<Value = Vec<Raw>> {
    let spot = prop::sample::select(vec![(0.0, 0.0), (90.0, 0.0), (170.0, 30.0), (2_000.0, 0.0)]);
    let long = prop_oneof![6 => Just(0_i64), 1 => 0_i64..3_000, 1 => Just(100_000_i64)];
    let u = prop_oneof![Just(0.0), 0.0..40.0_f64];
    let one = (0_i64..4, 0_i64..2_400, long, spot, -25.0..25.0_f64, -25.0..25.0_f64, u);
    prop::collection::vec(
        one.prop_map(|(day, s, long, spot, n, e, u)| (day * 86_400 + s, long, spot.0 + n, spot.1 + e, u)),
        1..n,
    )
}

/// Has two devices compared in chunks of so many records.
fn with_devices<T>(
    (suspect, victim): (&Device, &Device),
    most: usize,
    (zone, params): (&ZoneRule, &ProximityParams),
    ask: impl FnOnce(&Devices<'_, '_>) -> T,
) -> T {
    let how = CoincidenceParams { anchor_days: 2, ..CoincidenceParams::default() };
    let asked = Asked { zone: zone.clone(), how, ways: vec![*params] };
    let chunks = [suspect, victim].map(|device| Chunked::in_chunks(device.records(), most));
    let mut passes = Passes::default();
    ask(&passes.prepare(&chunks[0], &chunks[1], &asked).devices)
}

/// Enter, exit and whether in common, for each of the shifts.
fn encounters(devices: &Devices<'_, '_>, how: &How<'_>, days: &[i64]) -> Vec<Vec<(i64, i64, bool)>> {
    let mut lists = Lists::<()>::default();
    devices.update(&mut lists, how, days);
    let told = |span: &super::laid::Span| (span.start_us, span.end_us, span.common);
    days.iter().map(|days| lists.by_days[days].encounters(how.params.gap_us).iter().map(told).collect()).collect()
}

/// Whether each of the suspect's records is at a place in common.
fn common(suspect: &Device, zone: &ZoneRule, devices: &Devices<'_, '_>) -> Vec<bool> {
    let mut heard = Heard::in_chunk(suspect.records(), 0, zone);
    heard.mark(devices.anchors);
    heard.records.iter().map(|told| told.common).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_shift_has_the_encounters_that_the_fold_finds(
        suspect in records(70), victim in records(70), window_s in 0_i64..200, gap_s in 0_i64..600,
        exit in prop_oneof![Just(100.0), 100.0..220.0_f64], zone in prop::sample::select(vec!["UTC", "Europe/London"]),
        most in prop_oneof![Just(3_usize), Just(1_024)]) {
        let params = ProximityParams {
            window_us: window_s * US_PER_S, gap_us: gap_s * US_PER_S, exit_radius_m: exit, ..ProximityParams::default()
        };
        // The second day is the one with the repeated hour.
        let start_us = parse_utc("2025-10-25T00:10:00Z").unwrap();
        let (suspect, victim) = (device("s", &suspect, start_us), device("v", &victim, start_us));
        let zone = ZoneRule::parse(zone).unwrap();
        let how = |axis| How { axis, cycle: None, params: &params, zone: &zone };
        let shifts = [-3, -1, 0, 1, 2];
        let (common, observed, shifted) = with_devices((&suspect, &victim), most, (&zone, &params), |devices| {
            let common = common(&suspect, &zone, devices);
            let shifted = encounters(devices, &how(Axis::Wall), &shifts);
            (common, encounters(devices, &how(Axis::Utc), &[0]), shifted)
        });
        let expected = by_the_fold(&suspect, &victim, &common, &params, &mut |r, _| (r.t0_us, r.t1_us));
        prop_assert_eq!(&observed[0], &expected, "as recorded");

        for (days, shifted) in shifts.into_iter().zip(shifted) {
            let mut clock = WallClock::new(&zone);
            let mut wall = |r: &Record, is_suspect: bool| {
                let (t0_us, t1_us) = clock.interval(r.t0_us, r.t1_us);
                let by_us = if is_suspect { days * DAY_US } else { 0 };
                (t0_us + by_us, t1_us + by_us)
            };
            prop_assert_eq!(shifted, by_the_fold(&suspect, &victim, &common, &params, &mut wall), "{} days", days);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn around_a_cycle_too(
        suspect in records(60), victim in records(60), days in 1_i64..7, most in prop_oneof![Just(3_usize), Just(1_024)]) {
        let moments = |raw: &[Raw]| raw.iter().map(|r| (r.0, 0, r.2, r.3, r.4)).collect::<Vec<_>>();
        let params = ProximityParams { window_us: 90 * US_PER_S, gap_us: 300 * US_PER_S, ..ProximityParams::default() };
        let start_us = parse_utc("2025-06-02T00:10:00Z").unwrap();
        let (suspect, victim) = (device("s", &moments(&suspect), start_us), device("v", &moments(&victim), start_us));
        let utc = ZoneRule::utc();
        // Four days of records on a circle of a week that begins at their first midnight.
        let (begin_us, length_us) = (start_us - 600 * US_PER_S, 7 * DAY_US);
        let cycle = Cycle::of([begin_us, begin_us + length_us - 1].into_iter());
        let how = How { axis: Axis::Wall, cycle, params: &params, zone: &utc };
        let (common, met) = with_devices((&suspect, &victim), most, (&utc, &params), |devices| {
            (common(&suspect, &utc, devices), encounters(devices, &how, &[days]))
        });
        let mut around = |r: &Record, is_suspect: bool| {
            let by_us = if is_suspect { days * DAY_US } else { 0 };
            let t_us = begin_us + (r.t0_us - begin_us + by_us).rem_euclid(length_us);
            (t_us, t_us)
        };
        let expected = by_the_fold(&suspect, &victim, &common, &params, &mut around);
        prop_assert_eq!(&met[0], &expected);
    }
}

#[test]
fn the_worlds_above_have_encounters_of_every_kind() {
    // A property over empty worlds would hold, too: here is one with a known answer.
    let params = ProximityParams { window_us: 60 * US_PER_S, gap_us: 300 * US_PER_S, ..ProximityParams::default() };
    let start_us = parse_utc("2025-06-02T12:00:00Z").unwrap();
    let stay: Vec<Raw> =
        (0..20).map(|n| (n * 60, 0, f64::from(i32::try_from(n % 3).unwrap()) * 8.0, 0.0, 5.0)).collect();
    let (suspect, victim) = (device("s", &stay, start_us), device("v", &stay, start_us + DAY_US));
    let utc = ZoneRule::utc();
    let how = |axis| How { axis, cycle: None, params: &params, zone: &utc };
    let at = |days: i64| {
        with_devices((&suspect, &victim), 3, (&utc, &params), |devices| {
            encounters(devices, &how(Axis::Wall), &[days]).remove(0)
        })
    };
    assert!(at(0).is_empty());
    let met = at(1);
    assert_eq!(met.len(), 1);
    assert_eq!((met[0].0, met[0].1), (start_us + DAY_US, start_us + DAY_US + 19 * 60 * US_PER_S));
    // On one day, to see which records show it.
    let victim = device("v", &stay, start_us);
    with_devices((&suspect, &victim), 3, (&utc, &params), |devices| {
        let mut lists = Lists::<()>::default();
        devices.update(&mut lists, &how(Axis::Utc), &[0]);
        let met = lists.by_days[&0].encounters(params.gap_us);
        let met = cited::met(&met[0], &devices.suspect, &devices.victim, &params);
        assert_eq!((met.enter_us, met.exit_us), (start_us, start_us + 19 * 60 * US_PER_S));
        assert_eq!((met.suspect_record, met.victim_record), (0, 0));
    });
}
