//! One record more and another, of either device: the comparison is that of the records as they stand.

use std::cell::Cell;

use proptest::prelude::*;

use super::account::Accounts;
use super::heard::Heard;
use super::how::{Axis, How};
use super::lists::{Lists, Wanted};
use super::permutation::{Coincidence, CoincidenceParams};
use super::prepared::{Asked, Passes};
use super::side::{Side, Stood};
use crate::evaluate::chunks::{Chunk, Chunked, Numbers};
use crate::evaluate::passes::Passed;
use crate::evaluate::wall_clock::DAY_US;
use crate::evaluate::{Device, Record};
use crate::model::ProximityParams;
use crate::time::{US_PER_S, ZoneRule, parse_utc};

/// A device with its chunks.
struct Growing {
    device: Device,
    numbers: Numbers,
    chunks: Vec<Chunk>,
}

impl Growing {
    fn of(records: Vec<Record>, most: usize) -> Self {
        let device = Device::new("d", "", records);
        let mut numbers = Numbers::default();
        let chunks = numbers.chunks(device.records().len(), most);
        Self { device, numbers, chunks }
    }

    fn put(&mut self, record: Record, most: usize) {
        let at = self.device.insert(record);
        self.numbers.with_one(&mut self.chunks, at, most);
    }

    /// What is put from now on has come since.
    fn is_asked_about(&mut self) {
        self.numbers.are_asked_about();
    }

    fn chunked(&self) -> Chunked<'_> {
        Chunked::new(self.device.records(), self.chunks.clone().into())
    }
}

/// Day, minute of the day, place, and what kind of record.
type Raw = (i64, i64, u8, u8);

/// Four weeks about the change to winter time, and a few days long after them.
fn raw() -> impl Strategy<Value = Raw> {
    (prop_oneof![9 => 0_i64..26, 1 => 26_i64..60], prop_oneof![0_i64..90, 470_i64..620], 0..5_u8, 0..12_u8)
}

fn record(&(day, minute, place, kind): &Raw) -> Record {
    let start_us = parse_utc("2025-10-06T00:00:00Z").unwrap();
    let at = f64::from(place);
    let t0_us = start_us + (day * 1_440 + minute) * 60 * US_PER_S;
    // Places about 90 m apart, the last in another town.
    let lat_deg = if place == 4 { 52.5 } else { 51.5 + at * 8e-4 };
    let long_min = [0, 0, 0, 0, 0, 0, 0, 25, 100, 0, 2_000, 0][usize::from(kind)];
    let uncertainty_m = [8.0, 0.0, 8.0, 60.0, 8.0, 8.0, 8.0, 8.0, 0.0, 900.0, 8.0, 30.0][usize::from(kind)];
    Record { t1_us: t0_us + long_min * 60 * US_PER_S, ..Record::at(t0_us, lat_deg, -0.12, uncertainty_m) }
}

fn asked(zone: &str, exit_radius_m: f64, enough_weeks: usize) -> Asked {
    let params = ProximityParams { exit_radius_m, window_us: 600 * US_PER_S, ..ProximityParams::default() };
    let wider = ProximityParams { radius_m: 200.0, exit_radius_m: 2.0 * exit_radius_m, ..params };
    let longer = ProximityParams { window_us: 2 * params.window_us, ..params };
    let how = CoincidenceParams { anchor_days: 2, enough_weeks, ..CoincidenceParams::default() };
    Asked { zone: ZoneRule::parse(zone).unwrap(), how, ways: vec![params, wider, longer] }
}

fn anew(his: &Growing, hers: &Growing, asked: &Asked) -> Vec<Coincidence> {
    let [his, hers] = [his, hers].map(|of| Chunked::anew(of.device.records()));
    Passes::default().prepare(&his, &hers, asked).compare(5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn what_is_kept_compares_as_what_is_found_anew(
        his in prop::collection::vec(raw(), 0..60), hers in prop::collection::vec(raw(), 0..60),
        put in prop::collection::vec((any::<bool>(), raw(), any::<bool>()), 1..10),
        zone in prop::sample::select(vec!["UTC", "Europe/London"]),
        exit_m in prop_oneof![Just(100.0), Just(190.0)], enough in prop_oneof![Just(2_usize), Just(39)]) {
        let asked = asked(zone, exit_m, enough);
        let grown = |raw: &[Raw]| Growing::of(raw.iter().map(record).collect(), 3);
        let (mut his, mut hers) = (grown(&his), grown(&hers));
        let mut passes = Passes::default();
        passes.prepare(&his.chunked(), &hers.chunked(), &asked).compare(5);
        his.is_asked_about();
        hers.is_asked_about();
        for ((is_his, raw, asks), row) in put.iter().zip(0_usize..) {
            let device = if *is_his { &mut his } else { &mut hers };
            device.put(record(raw), 3);
            if *asks {
                let kept = passes.prepare(&his.chunked(), &hers.chunked(), &asked).compare(5);
                // As text, since a mean of nothing is no number.
                prop_assert_eq!(format!("{kept:?}"), format!("{:?}", anew(&his, &hers, &asked)));
            }
            if *asks || row % 4 == 0 {
                his.is_asked_about();
                hers.is_asked_about();
            }
        }
        let kept = passes.prepare(&his.chunked(), &hers.chunked(), &asked).compare(5);
        prop_assert_eq!(format!("{kept:?}"), format!("{:?}", anew(&his, &hers, &asked)));
    }
}

fn heard<'a>(chunk: &Stood<'a>, zone: &ZoneRule) -> Heard<'a> {
    Heard::in_chunk(chunk.records, chunk.from, zone)
}

/// Both at one place at eight every morning of four weeks, and apart otherwise.
fn mornings(minutes: std::ops::Range<i64>) -> Growing {
    let days = (0..28).flat_map(|day| minutes.clone().step_by(10).map(move |minute| (day, minute, 0, 0)));
    Growing::of(days.map(|raw| record(&raw)).collect(), 12)
}

#[test]
fn one_more_record_changes_what_is_counted_of_every_shift() {
    let (mut his, hers) = (mornings(480..600), mornings(480..600));
    let asked = asked("UTC", 100.0, 3);
    let mut passes = Passes::default();
    let before = passes.prepare(&his.chunked(), &hers.chunked(), &asked).compare(5).remove(0);
    assert_eq!((before.together.observed, before.together.expected), (28, 28.0));
    // An hour and a half after the last: another encounter, under every shift too, if hers is there then.
    let mut hers = hers;
    for day in 0..28 {
        hers.put(record(&(day, 690, 0, 0)), 12);
    }
    his.put(record(&(27, 690, 0, 0)), 12);
    let after = passes.prepare(&his.chunked(), &hers.chunked(), &asked).compare(5).remove(0);
    assert_eq!(after.together.observed, 29);
    assert_eq!(after, anew(&his, &hers, &asked).remove(0));
    assert!(after.together.expected > before.together.expected, "{:?}", after.together);
}

#[test]
fn one_more_record_is_laid_alone_and_one_of_hers_over_those_that_shifts_bring_near_it() {
    let (mut his, mut hers) = (mornings(480..600), mornings(480..600));
    let asked = asked("UTC", 100.0, 3);
    let (mut accounts, mut lists) = ([Passed::default(), Passed::default()], Lists::<()>::default());
    let days: Vec<i64> = (1..4).map(|week| 7 * week).collect();
    let mut laid = |his: &Growing, hers: &Growing| {
        let chunked = [his.chunked(), hers.chunked()];
        let pass = Accounts { zone: asked.zone.clone(), wider_us: vec![0] };
        let [of_his, of_hers] = &mut accounts;
        let sides = (
            Side::of(&chunked[0], &of_his.of(&pass, &chunked[0]).chunks),
            Side::of(&chunked[1], &of_hers.of(&pass, &chunked[1]).chunks),
        );
        let how = How { axis: Axis::Wall, cycle: None, params: &asked.ways[0], zone: &asked.zone };
        // How many whole chunks of his, and how often some of one.
        let (whole, some) = (Cell::new(0), Cell::new(0));
        let of_suspect = |chunk: &Stood<'_>, of: Wanted<'_>| {
            let count = if of.when_us().is_some() { &some } else { &whole };
            count.set(count.get() + 1);
            heard(chunk, &asked.zone).suspect_parts(&how, of.when_us())
        };
        let of_victim = |chunk: &Stood<'_>, of: Wanted<'_>| heard(chunk, &asked.zone).victim_parts(&how, of.when_us());
        lists.update((&sides.0, &sides.1), &how, &days, [&of_suspect, &of_victim]);
        (whole.get(), some.get())
    };
    assert_eq!([laid(&his, &hers), laid(&his, &hers)], [(28, 0), (0, 0)], "every chunk is a day");
    // After all others, in a chunk of its own; then in one that was not asked about, and in one that was.
    his.put(record(&(27, 591, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (0, 1));
    his.put(record(&(13, 485, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (1, 0));
    his.is_asked_about();
    his.put(record(&(13, 495, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (0, 1));
    hers.is_asked_about();
    // On the last day: his of one, two and three weeks before.
    hers.put(record(&(27, 591, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (0, 3));
    // What was there when it was asked about last is not what is known here.
    hers.put(record(&(27, 592, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (3, 0));
    hers.is_asked_about();
    // On the first nothing of his is brought there; and two at a time are as one.
    hers.put(record(&(0, 485, 0, 0)), 12);
    hers.put(record(&(27, 495, 0, 0)), 12);
    hers.put(record(&(27, 505, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (0, 3));
    hers.is_asked_about();
    his.is_asked_about();
    // Of both: hers with three of his, and his with what is there of hers.
    hers.put(record(&(27, 508, 0, 0)), 12);
    his.put(record(&(2, 496, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (0, 4));
    hers.is_asked_about();
    hers.put(record(&(27, 506, 0, 0)), 12);
    let before_us = his.device.records()[0].t0_us - DAY_US;
    his.put(Record::at(before_us, 51.5, -0.12, 8.0), 12);
    assert_eq!(laid(&his, &hers), (0, 4));
    hers.is_asked_about();
    hers.put(record(&(27, 509, 0, 0)), 12);
    his.put(record(&(2, 498, 0, 0)), 12);
    assert_eq!(laid(&his, &hers), (4, 0), "his of that day were not asked about since: whole chunks are laid");
}
