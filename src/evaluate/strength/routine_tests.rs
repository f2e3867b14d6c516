//! What a routine is made of, and what it leaves out.

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::answer::{Routines, Settings};
use super::habit::Habit;
use super::kept::Passes;
use super::prior::Prior;
use super::ratio::{Target, position_log10_lr};
use super::routine::{Basis, Routine};
use super::scale::ENFSI_2015;
use super::worlds::{normal, offset, pick, unit};
use crate::evaluate::case::{Device, Record};
use crate::evaluate::chunks::{Chunked, Numbers};
use crate::index::distance_m;
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule};

const HOME: (f64, f64) = (51.5, -0.1);
const HOUR_US: i64 = 3_600 * US_PER_S;
const DAY_US: i64 = 24 * HOUR_US;
/// Monday 2025-01-06 18:00 UTC, winter time.
const MONDAY_US: i64 = 1_736_186_400 * US_PER_S;

fn london() -> ZoneRule {
    ZoneRule::parse("Europe/London").unwrap()
}

fn habit(records: Vec<Record>, moment_us: i64, prior: &Prior) -> Option<Habit> {
    let device = Device::new("d", "s", records);
    let routine = Routine::new(device.records(), Basis::Positions, &london(), prior);
    routine.at(moment_us, &london(), prior)
}

fn at_home(day: i64, after_us: i64) -> Record {
    Record::at(MONDAY_US + day * DAY_US + after_us, HOME.0, HOME.1, 10.0)
}

/// Weekdays of the weeks after the Monday.
fn weekdays(count: usize) -> impl Iterator<Item = i64> {
    (1..).filter(|d| d % 7 < 5).take(count)
}

#[test]
fn a_day_counts_once_however_many_records_it_has() {
    let elsewhere = offset(HOME, 3_000.0, 0.0);
    let mut records: Vec<Record> = weekdays(5).map(|d| at_home(d, 0)).collect();
    let busy = weekdays(6).last().unwrap();
    let record = |n: i64| Record::at(MONDAY_US + busy * DAY_US + n * US_PER_S, elsewhere.0, elsewhere.1, 10.0);
    records.extend((0..500).map(record));
    let habit = habit(records, MONDAY_US, &Prior::default()).unwrap();
    assert_eq!((habit.days, habit.components.len()), (6, 2));
    let weight = |at: (f64, f64)| {
        let near = |c: &&super::habit::Component| distance_m(c.lat_deg, c.lon_deg, at.0, at.1) < 1.0;
        habit.components.iter().find(near).map_or(0.0, |c| c.weight)
    };
    assert!((weight(HOME) - 5.0 / 6.0).abs() < 1e-12 && (weight(elsewhere) - 1.0 / 6.0).abs() < 1e-12);
    // One day of six was somewhere that no other day was, and half a day more for what was never seen.
    assert!((habit.novelty - 1.5 / 7.0).abs() < 1e-12, "{}", habit.novelty);
}

#[test]
fn the_day_in_question_is_left_out_and_so_is_the_same_night_before_midnight() {
    let prior = Prior::default();
    let away = offset(HOME, 5_000.0, 0.0);
    let mut records: Vec<Record> = weekdays(8).map(|d| at_home(d, 6 * HOUR_US)).collect();
    // Tuesday 00:10 is in question; the device was elsewhere on Monday at 23:50, twenty minutes before.
    let moment_us = MONDAY_US + 6 * HOUR_US + 600 * US_PER_S;
    let evening = Record::at(moment_us - 1_200 * US_PER_S, away.0, away.1, 10.0);
    let night = Record::at(moment_us, away.0, away.1, 10.0);
    records.extend([evening, night]);
    let habit = habit(records, moment_us, &prior).unwrap();
    assert_eq!(habit.components.len(), 1, "only home: {habit:?}");
    // Both lie on the same local night; the days left are the eight but for Tuesday itself.
    assert_eq!(habit.days, 7);
}

#[test]
fn the_hour_is_the_one_on_the_wall_in_summer_too() {
    // The same wall time in summer is an hour earlier in UTC.
    let summer = 175 * DAY_US - HOUR_US;
    let records: Vec<Record> = weekdays(6).map(|d| at_home(d, summer)).collect();
    let exact = habit(records.clone(), MONDAY_US, &Prior { bandwidth_min: 30.0, ..Prior::default() });
    assert_eq!(exact.map(|h| h.days), Some(6));
    let by_utc = habit(records, MONDAY_US - HOUR_US, &Prior { bandwidth_min: 30.0, ..Prior::default() });
    assert_eq!(by_utc, None);
}

#[test]
fn weekends_are_another_class_until_there_are_too_few_days() {
    let prior = Prior::default();
    let saturday = MONDAY_US + 5 * DAY_US;
    let weekdays_only: Vec<Record> = weekdays(20).map(|d| at_home(d, 0)).collect();
    assert_eq!(habit(weekdays_only.clone(), saturday, &prior).unwrap().days, 20, "all days, as there is no weekend");
    let mut both = weekdays_only;
    both.extend((0..6).map(|week| at_home(6 + 7 * week, 0)));
    assert_eq!(habit(both, saturday, &prior).unwrap().days, 6);
    let few: Vec<Record> = weekdays(4).map(|d| at_home(d, 0)).collect();
    assert_eq!(habit(few, MONDAY_US, &prior), None, "four days are no routine");
}

#[test]
fn centre_and_spread_are_those_of_the_places_not_of_the_errors() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let true_spread = 12.0;
    // The middle of a cell, so that all but a few of the positions stay in it.
    let cell = h3o::LatLng::new(HOME.0, HOME.1).unwrap().to_cell(h3o::Resolution::Ten);
    let middle = h3o::LatLng::from(cell);
    let home = (middle.lat(), middle.lng());
    let mut records = Vec::new();
    for day in weekdays(400) {
        let (x, y) = normal(&mut rng);
        let (ex, ey) = normal(&mut rng);
        let error = crate::index::sigma_m(30.0, 0.68);
        let at = offset(home, true_spread * x + error * ex, true_spread * y + error * ey);
        records.push(Record::at(MONDAY_US + day * DAY_US, at.0, at.1, 30.0));
    }
    let prior = Prior { floor_m: 1.0, ..Prior::default() };
    let habit = habit(records, MONDAY_US, &prior).unwrap();
    assert!((habit.components.iter().map(|c| c.weight).sum::<f64>() - 1.0).abs() < 1e-9);
    let most = habit.components.iter().max_by(|a, b| a.weight.total_cmp(&b.weight)).unwrap();
    let off = distance_m(most.lat_deg, most.lon_deg, home.0, home.1);
    assert!(most.weight > 0.97 && off < 5.0 && (most.spread_m - true_spread).abs() < 3.0, "{most:?} {off}");
}

#[test]
fn sectors_are_places_of_their_own_and_positions_are_not_sectors() {
    let cell = |day: i64, azimuth_deg| Record { source: SourceKind::Cell, azimuth_deg, ..at_home(day, 0) };
    let directions = [Some(120.0), Some(120.0), Some(240.0), None, None, None];
    let records: Vec<Record> = weekdays(6).zip(directions).map(|(d, azimuth)| cell(d, azimuth)).collect();
    let device = Device::new("d", "s", records);
    let prior = Prior::default();
    let of = |basis| Routine::new(device.records(), basis, &london(), &prior);
    assert_eq!(of(Basis::Positions).at(MONDAY_US, &london(), &prior), None);
    let habit = of(Basis::Sectors).at(MONDAY_US, &london(), &prior).unwrap();
    let mut seen: Vec<(Option<f64>, f64)> =
        habit.components.iter().map(|c| (c.azimuth_deg, (c.weight * 6.0).round())).collect();
    seen.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(seen, [(None, 3.0), (Some(120.0), 2.0), (Some(240.0), 1.0)]);
}

#[test]
fn the_order_of_arrival_does_not_show() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut records: Vec<Record> = weekdays(12)
        .flat_map(|d| (0..20).map(move |n| (d, n)))
        .map(|(d, n)| {
            let at = offset(HOME, 900.0 * unit(&mut rng), 900.0 * unit(&mut rng));
            Record::at(MONDAY_US + d * DAY_US + n * 240 * US_PER_S, at.0, at.1, 5.0 + 40.0 * unit(&mut rng))
        })
        .collect();
    let prior = Prior::default();
    let one = habit(records.clone(), MONDAY_US, &prior);
    for _ in 0..5 {
        for at in (1..records.len()).rev() {
            records.swap(at, pick(&mut rng, at + 1));
        }
        assert_eq!(habit(records.clone(), MONDAY_US, &prior), one);
        // One by one as they arrive, without a device to put them in order.
        let mut arriving = Routine::empty(Basis::Positions);
        for record in &records {
            arriving.add(record, &london(), &prior);
        }
        assert_eq!(arriving.at(MONDAY_US, &london(), &prior), one);
    }
}

#[test]
fn a_routine_across_the_antimeridian_is_one_place() {
    for lat in [0.5, -61.0, 68.0] {
        let mut records = Vec::new();
        for (day, n) in weekdays(12).zip(0..) {
            let lon = 180.0 - 0.0002 + 0.0004 * f64::from(n % 2);
            let lon = if lon > 180.0 { lon - 360.0 } else { lon };
            records.push(Record::at(MONDAY_US + day * DAY_US, lat, lon, 10.0));
        }
        let habit = habit(records, MONDAY_US, &Prior::default()).unwrap();
        for c in habit.components.iter().chain(&habit.districts) {
            assert!(distance_m(c.lat_deg, c.lon_deg, lat, 180.0) < 30.0, "{c:?}");
            assert!(c.spread_m < 40.0, "{c:?}");
        }
    }
}

#[test]
fn districts_stand_for_their_places_where_the_density_is_wide() {
    let (mut rng, prior) = (ChaCha8Rng::seed_from_u64(15), Prior::default());
    let mut records = Vec::new();
    for day in weekdays(20) {
        for n in 0..40 {
            let at = offset(HOME, 2_500.0 * unit(&mut rng), 2_500.0 * unit(&mut rng));
            records.push(Record::at(MONDAY_US + day * DAY_US + n * 60 * US_PER_S, at.0, at.1, 20.0));
        }
    }
    let habit = habit(records, MONDAY_US, &prior).unwrap();
    assert!(
        habit.components.len() > 10 * habit.districts.len(),
        "{} {}",
        habit.components.len(),
        habit.districts.len()
    );
    let fine = Habit { districts: habit.components.clone(), ..habit.clone() };
    let mut worst = 0.0_f64;
    for _ in 0..200 {
        let at = offset(HOME, 9_000.0 * (unit(&mut rng) - 0.4), 9_000.0 * (unit(&mut rng) - 0.4));
        let (lat_deg, lon_deg) = offset(at, 60.0, 0.0);
        let target = Target { lat_deg, lon_deg, radius_m: 100.0, sigma_m: 0.0 };
        let lr = |h: &Habit| position_log10_lr(&Record::at(0, at.0, at.1, 20.0), &target, h).unwrap();
        worst = worst.max((lr(&habit) - lr(&fine)).abs());
    }
    println!("districts for places: at most {worst:.3} in log10");
    assert!(worst < 0.1, "{worst}");
}

/// One of three quarters of an hour of nine days, a place, and what kind of record.
type Raw = (i64, u8, u8);

fn quarter_us(of: i64) -> i64 {
    MONDAY_US + of / 3 * DAY_US + of % 3 * HOUR_US / 4
}

fn told((quarter, place, kind): Raw) -> Record {
    let at = offset(HOME, 400.0 * f64::from(place), 0.0);
    let source = if kind % 4 == 0 { SourceKind::Cell } else { SourceKind::Gps };
    let azimuth_deg = (source == SourceKind::Cell).then_some(120.0 * f64::from(place % 3));
    let uncertainty_m = [10.0, 10.0, 35.0, 900.0][usize::from(kind) % 4];
    Record { source, azimuth_deg, ..Record::at(quarter_us(quarter), at.0, at.1, uncertainty_m) }
}

proptest! {
    #[test]
    fn what_was_kept_while_records_came_and_went_expects_what_is_read_anew(
        raw in prop::collection::vec((0_i64..27, 0_u8..5, 0_u8..8), 0..80),
        steps in prop::collection::vec((any::<bool>(), 0_usize..80, (0_i64..27, 0_u8..5, 0_u8..8)), 1..10),
        asked in prop::collection::vec(0_i64..27, 1..5)) {
        let (zone, prior) = (london(), Prior { min_days: 1, ..Prior::default() });
        let settings = Settings { prior: &prior, zone: &zone, validation: None, scale: &ENFSI_2015 };
        let mut records: Vec<Record> = raw.into_iter().map(told).collect();
        records.sort_by(Record::order);
        let (mut numbers, mut passes) = (Numbers::default(), Passes::default());
        let mut chunks = numbers.chunks(records.len(), 7);
        for (goes, at, raw) in steps {
            if goes && !records.is_empty() {
                let mut new = records.clone();
                new.remove(at % records.len());
                chunks = numbers.of_changed((&records, &chunks), &new, 7);
                records = new;
            } else {
                let at = records.partition_point(|r| r.order(&told(raw)).is_le());
                records.insert(at, told(raw));
                numbers.with_one(&mut chunks, at, 7);
            }
            let kept = passes.of(&Chunked::new(&records, chunks.clone().into()), &settings);
            let anew = Routines::new(&Device::new("d", "s", records.clone()), &settings);
            for quarter in &asked {
                let moment_us = quarter_us(*quarter);
                for same_class in [true, false] {
                    let prior = Prior { same_class, ..prior };
                    let of = |routines: &Routines| routines.of_both(moment_us, &zone, &prior);
                    prop_assert_eq!(of(kept), of(&anew));
                }
            }
        }
    }
}
