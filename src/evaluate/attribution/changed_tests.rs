//! Records come to either of two devices, and what is found then is what is found of the same two devices anew.
//!
//! Chunks have three records here. The records lie around the hour in which London puts its clocks back, so that stretches are
//! in two parts; they are of all kinds: far away, long, uncertain, of a mast, without a position, and many begin together.

use proptest::prelude::*;

use super::finding::changed_finding;
use super::*;
use crate::evaluate::chunks::{Chunk, Chunked, Numbers};
use crate::evaluate::{Device, Exhibits, Record};
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule};

/// 2025-10-25T22:00:00Z; three hours later the clocks are put back.
const START_US: i64 = 1_761_429_600 * US_PER_S;
pub(super) const MINUTE_US: i64 = 60 * US_PER_S;

/// When, where (places from six on are far away), and of what kind a record is.
type Row = (i64, u8, u8);

fn record((minute, place, kind): Row) -> Record {
    let at = f64::from(place);
    let far = if place < 6 { 0.0 } else { 2.0 };
    let mut record = Record::at(START_US + minute * MINUTE_US, 51.5 + at * 4e-3 + far, -0.12 + at * 3e-3, 10.0);
    record.origin.row = u64::from(kind) + 1;
    match kind {
        0 => (record.source, record.uncertainty_m) = (SourceKind::Cell, 0.0),
        1 => record.t1_us += 45 * MINUTE_US,
        2 => record.uncertainty_m = 900.0,
        3 => record.uncertainty_m = 0.0,
        4 => record.lat_deg = f64::NAN,
        5 => record.lon_deg = 200.0,
        _ => {}
    }
    record
}

pub(super) fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..600_i64, 0..8_u8, 0..24_u8), 0..most)
}

/// Few moments, so that many records begin together.
pub(super) fn dense(most: usize) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((200..215_i64, 0..8_u8, 0..24_u8), 0..most)
}

pub(super) fn device(name: &str, rows: &[Row]) -> Device {
    Device::new(name, "s", rows.iter().map(|row| record(*row)).collect())
}

pub(super) fn params(minutes: i64, validated: bool) -> AttributionParams {
    AttributionParams {
        interval_us: minutes * MINUTE_US,
        max_delay_us: 20 * MINUTE_US,
        validation: validated.then(|| "test".to_owned()),
        least_hours: 2,
        ..AttributionParams::default()
    }
}

/// Two devices that grow, with what is remembered of them for each way of asking.
struct Growing {
    devices: [Device; 2],
    chunks: [Vec<Chunk>; 2],
    numbers: Numbers,
    asked: [(AttributionParams, Passes); 3],
    /// What is remembered where it is asked in all ways in turn.
    in_turn: Passes,
}

impl Growing {
    fn new(a: &[Row], b: &[Row]) -> Self {
        let devices = [device("a", a), device("b", b)];
        let mut numbers = Numbers::default();
        let chunks = devices.each_ref().map(|device| numbers.chunks(device.records().len(), 3));
        let asked = [(60, false), (20, false), (20, true)];
        let asked = asked.map(|(minutes, validated)| (params(minutes, validated), Passes::default()));
        Self { devices, chunks, numbers, asked, in_turn: Passes::default() }
    }

    fn put(&mut self, whose: usize, record: Record) {
        let at = self.devices[whose].insert(record);
        self.numbers.with_one(&mut self.chunks[whose], at, 3);
    }

    /// Takes some records for all that a device has.
    fn replace(&mut self, whose: usize, records: Vec<Record>) {
        let new = Device::new(self.devices[whose].name.clone(), "s", records);
        let old = (self.devices[whose].records(), &*self.chunks[whose]);
        self.chunks[whose] = self.numbers.of_changed(old, new.records(), 3);
        self.devices[whose] = new;
    }

    /// What is found with what is remembered, and what is found anew.
    fn found(&mut self) -> Vec<[String; 2]> {
        let zone = ZoneRule::parse("Europe/London").unwrap();
        let exhibits = Exhibits::dense(["e".to_owned()]);
        let [a, b] = &self.devices;
        let [of_a, of_b] = [(a, &self.chunks[0]), (b, &self.chunks[1])]
            .map(|(device, chunks)| Chunked::new(device.records(), chunks.clone().into()));
        let Self { asked, in_turn, .. } = self;
        let both = asked.iter_mut().flat_map(|(params, passes)| {
            let changed = |passes: &mut _| changed_finding((a, &of_a), (b, &of_b), &zone, params, &exhibits, passes);
            let (one, other, mut fresh) = (changed(passes), changed(in_turn), Passes::default());
            changed(&mut fresh);
            let hangs_on = [passes.said().join("\n"), fresh.said().join("\n")];
            let text = |finding| serde_json::to_string(&finding).unwrap();
            let anew = text(pair_finding(a, b, &zone, params, &exhibits));
            [[text(one), anew.clone()], [text(other), anew], hangs_on]
        });
        both.collect()
    }
}

/// What happens: a record comes to one of them, whether it is asked after it, and whether it comes after all others.
fn happenings() -> impl Strategy<Value = Vec<(usize, Row, bool, bool)>> {
    let row = prop_oneof![(0..600_i64, 0..8_u8, 0..24_u8), (200..215_i64, 0..8_u8, 0..24_u8)];
    prop::collection::vec((0..2_usize, row, any::<bool>(), any::<bool>()), 1..10)
}

fn grows(a: &[Row], b: &[Row], happenings: &[(usize, Row, bool, bool)]) -> Result<(), TestCaseError> {
    let mut growing = Growing::new(a, b);
    for (whose, row, last, asked) in happenings {
        let mut record = record(*row);
        if let Some(end) = growing.devices[*whose].records().last().filter(|_| *last) {
            let t0_us = end.t0_us + MINUTE_US;
            (record.t0_us, record.t1_us) = (t0_us, t0_us + record.t1_us - record.t0_us);
        }
        growing.put(*whose, record);
        if *asked {
            for [changed, anew] in growing.found() {
                prop_assert_eq!(changed, anew);
            }
        }
    }
    for [changed, anew] in growing.found() {
        prop_assert_eq!(changed, anew);
    }
    // Some come in chunks of their own, which leave all other chunks as they are: after all others, then before all others.
    for (whose, minutes) in [(0, 1), (1, 1), (1, -1), (0, -1)] {
        let mut records = growing.devices[whose].records().to_vec();
        let outermost = if minutes > 0 { records.last() } else { records.first() };
        let Some(outermost) = outermost.copied() else { continue };
        records.extend((1..4_u8).map(|n| {
            let place = record((0, 2 * n, 9));
            let t_us = outermost.t0_us + i64::from(n) * minutes * MINUTE_US;
            Record { t0_us: t_us, t1_us: t_us, ..place }
        }));
        growing.replace(whose, records);
        for [changed, anew] in growing.found() {
            prop_assert_eq!(changed, anew);
        }
    }
    // And among what has moved since.
    for (whose, quarter) in [(1, 2), (0, 2)] {
        let records = growing.devices[whose].records();
        let Some(beside) = records.get(records.len() * quarter / 4).copied() else { continue };
        growing.put(
            whose,
            Record { t0_us: beside.t0_us + 1, t1_us: beside.t1_us.max(beside.t0_us + 1), ..record((0, 2, 9)) },
        );
        for [changed, anew] in growing.found() {
            prop_assert_eq!(changed, anew);
        }
    }
    // Every third goes.
    let left = growing.devices[0].records().iter().enumerate().filter(|(n, _)| n % 3 != 1);
    let left = left.map(|(_, record)| *record).collect();
    growing.replace(0, left);
    for [changed, anew] in growing.found() {
        prop_assert_eq!(changed, anew);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_found_after_records_came_is_what_is_found_anew(
        a in rows(40), b in prop_oneof![rows(40), rows(8)], happenings in happenings()) {
        grows(&a, &b, &happenings)?;
    }

    #[test]
    fn so_it_is_where_many_begin_together(
        a in prop_oneof![dense(40), dense(6)], b in dense(20), happenings in happenings()) {
        grows(&a, &b, &happenings)?;
    }
}

#[test]
fn one_more_record_has_only_what_stands_beside_it_said_again() {
    // A phone every minute, a camera every ten: the camera's chunks look at twenty minutes of the phone and four records more
    // on each side.
    let every = |step: i64| (0..600).filter(|minute| minute % step == 0).map(|n| (n, 1, 9)).collect::<Vec<Row>>();
    let again = |whose: usize, at: i64| {
        let mut growing = Growing::new(&every(1), &every(10));
        growing.found();
        let before = growing.asked[0].1.said();
        growing.put(whose, record((at, 1, 9)));
        growing.found();
        assert_eq!(before.len(), 20);
        growing.asked[0].1.said().into_iter().filter(|said| !before.contains(said)).count()
    };
    // A record of the phone that one of the camera's chunks looks at; one of the camera within a chunk, between two, at the end
    // (in a chunk of its own after the last, which is full: both are said); the last of the phone that the camera's last looks
    // at, and one past it.
    let at = [(0, 296), (1, 305), (1, 299), (1, 600), (0, 592), (0, 600)];
    assert_eq!(at.map(|(whose, at)| again(whose, at)), [1, 1, 2, 2, 1, 0]);
}
