//! Windows that were kept have read what windows that are cut anew read.

use proptest::prelude::*;

use super::super::around::Read;
use super::*;
use crate::evaluate::Record;
use crate::evaluate::chunks::{Chunk, Numbers};
use crate::evaluate::extent::reached;
use crate::model::ProximityParams;
use crate::time::US_PER_S;

/// The chunks are of at most so many records.
const MOST: usize = 3;

struct Growing {
    numbers: Numbers,
    records: Vec<Record>,
    chunks: Vec<Chunk>,
}

/// Steps of ten seconds, a length in these, how certain, and where.
type Raw = (i64, i64, u8, u8);

/// At a moment that many others share, so that ends and starts meet; of so many kinds of certainty, since of few there is little
/// in front.
fn record(t_us: i64, &(_, long, certain, place): &Raw, kinds: u8) -> Record {
    let certain = certain % kinds;
    let t1_us = t_us + long.max(0) * 10 * US_PER_S;
    Record { t1_us, ..Record::at(t_us, 51.5 + f64::from(place) * 1e-3, -0.12, 3.0 + 7.0 * f64::from(certain)) }
}

impl Growing {
    fn of(raw: &[Raw], kinds: u8) -> Self {
        let mut t_us = 0;
        let of = |raw: &Raw| {
            t_us += raw.0 * 10 * US_PER_S;
            record(t_us, raw, kinds)
        };
        let mut records: Vec<Record> = raw.iter().map(of).collect();
        records.sort_by(Record::order);
        let mut numbers = Numbers::default();
        let chunks = numbers.chunks(records.len(), MOST);
        Self { numbers, records, chunks }
    }

    fn put(&mut self, record: Record) {
        let at = self.records.partition_point(|r| r.order(&record).is_le());
        self.records.insert(at, record);
        self.numbers.with_one(&mut self.chunks, at, MOST);
    }

    fn take(&mut self, at: usize) {
        let mut new = self.records.clone();
        new.remove(at);
        self.chunks = self.numbers.of_changed((&self.records, &self.chunks), &new, MOST);
        self.records = new;
    }
}

fn raw() -> impl Strategy<Value = Raw> {
    (0_i64..4, -4..4_i64, 0_u8..24, 0_u8..9)
}

/// Each window's time, and what it has read of both devices.
fn read(windows: &mut Windows, devices: &[Growing; 2]) -> Vec<(Span, [Read; 2])> {
    let (params, reach) = (ProximityParams::default(), ReachParams::default());
    let chunked = devices.each_ref().map(|device| Chunked::new(&device.records, device.chunks.clone().into()));
    let chunks = chunked.each_ref().map(|device| reached(device, &mut Passed::default()));
    windows.possible([(&chunked[0], &chunks[0]), (&chunked[1], &chunks[1])], &[Asked::of(&params, &reach)], &reach);
    assert_eq!(windows.spans, windows.kept.iter().map(|window| window.span).collect::<Vec<_>>());
    windows.kept.iter().map(|window| (window.span, window.of.each_ref().map(Bearing::read))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn what_is_kept_has_read_what_is_read_anew(
        his in prop::collection::vec(raw(), 1..50), hers in prop::collection::vec(raw(), 1..50),
        kinds in prop_oneof![Just(2_u8), Just(24)],
        steps in prop::collection::vec((any::<bool>(), 0..6_u8, 0..50_usize, raw()), 1..12)) {
        let mut devices = [Growing::of(&his, kinds), Growing::of(&hers, kinds)];
        let mut windows = Windows::default();
        read(&mut windows, &devices);
        for (is_hers, how, at, raw) in steps {
            let device = &mut devices[usize::from(is_hers)];
            let many = device.records.len();
            match how {
                0 | 1 if many > 1 => device.take(at % many),
                0..3 => device.put(record(device.records[at % many].t0_us, &raw, kinds)),
                // Mostly after the last.
                _ => device.put(record(device.records[many - 1].t0_us + raw.0 * 10 * US_PER_S, &raw, kinds)),
            }
            prop_assert_eq!(read(&mut windows, &devices), read(&mut Windows::default(), &devices));
        }
    }
}
