//! Stretches of movement of one source: runs of its positions, at most ten minutes long, that go far enough.
//!
//! ```text
//!   positions   ● ● ●  ●  ● ● ● ●│● ● ● …      a run begins where the one before has ended, wherever chunks do
//!               └──── 10 min ────┘
//! ```

use std::borrow::Cow;

use super::shift::Local;
use super::sources::Numbered;
use crate::evaluate::case::Record;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::passes::{Pass, Passed, View};
use crate::time::US_PER_S;

/// A stretch is at most this long, microseconds.
const STRETCH_US: i64 = 600 * US_PER_S;
/// It has at least so many positions, of which at most [`MAX_STEPS`] are compared.
const MIN_STEPS: usize = 8;
const MAX_STEPS: usize = 40;
/// Its way is at least this long, metres: who stands still shows no clock.
const MIN_WAY_M: f64 = 500.0;
/// Positions with a larger radius than this say too little, metres.
const MAX_RADIUS_M: f64 = 200.0;

/// A stretch of movement: its positions in order, or some of them.
pub(super) type Run = Vec<Record>;

/// Whether a record is a position of the device itself at a moment, and certain enough to compare.
pub(super) fn is_usable(r: &Record) -> bool {
    r.source.is_own_position() && r.t0_us == r.t1_us && r.uncertainty_m <= MAX_RADIUS_M && r.lat_deg.is_finite()
}

/// A run that goes on.
#[derive(Debug, Default)]
struct Open<'a>(Vec<&'a Record>);

impl<'a> Open<'a> {
    /// Takes the next position; the run before it, if it ends there and is one of movement. Whether the position begins one.
    fn take(&mut self, record: &'a Record) -> (bool, Option<Run>) {
        let goes_on = self.0.first().is_some_and(|first| record.t0_us <= first.t0_us.saturating_add(STRETCH_US));
        let ended = if goes_on { None } else { std::mem::take(self).ended() };
        self.0.push(record);
        (!goes_on, ended)
    }

    fn ended(self) -> Option<Run> {
        let Self(run) = self;
        let moves = run.len() >= MIN_STEPS && way_m(&run) >= MIN_WAY_M;
        moves.then(|| evenly(&run, MAX_STEPS).into_iter().copied().collect())
    }
}

/// The stretches of movement of positions in order.
pub(super) fn moving<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<Run> {
    let mut open = Open::default();
    let mut found: Vec<Run> = records.filter_map(|record| open.take(record).1).collect();
    found.extend(open.ended());
    found
}

/// How far a run gets from its first position, metres: jitter about one place adds nothing to it.
fn way_m(run: &[&Record]) -> f64 {
    let Some(first) = run.first() else { return 0.0 };
    let plane = Local::about(first);
    run.iter().map(|r| plane.step(r)).map(|(_, x, y)| libm::hypot(x, y)).fold(0.0, f64::max)
}

/// At most `most` of the items, evenly chosen, in order.
pub(super) fn evenly<T: Clone>(items: &[T], most: usize) -> Vec<T> {
    let stride = items.len().div_ceil(most).max(1);
    items.iter().step_by(stride).cloned().collect()
}

/// The pass that finds the stretches of movement of one source that end in each chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moving(pub(super) Numbered);

impl Moving {
    /// Whether a record is one of the source that can be compared.
    pub(super) fn is_of(self, record: &Record) -> bool {
        (record.origin.exhibit, record.source) == self.0 && is_usable(record)
    }

    /// The stretches of movement of all of a device's records, in order.
    pub(super) fn of<'p>(self, device: &Chunked<'_>, passed: &'p mut Passed<Self>) -> Vec<Cow<'p, [Record]>> {
        let found = passed.of(&self, device);
        let from = device.records().len().saturating_sub(found.last);
        let last = device.records().get(from..).unwrap_or_default().iter().filter(|record| self.is_of(record));
        let ended = Open(last.collect()).ended();
        let runs = found.chunks.into_iter().flat_map(|(_, runs)| runs).map(|run| run.as_slice().into());
        runs.chain(ended.map(Into::into)).collect()
    }
}

impl Pass for Moving {
    /// So many records before the end of the chunk the run begins that goes on; 0 without one.
    type State = usize;
    type Found = Vec<Run>;

    fn read(&self, back: &mut usize, view: &View<'_>) -> Vec<Run> {
        let before = (1..=*back).rev().filter_map(|back| view.before(back)).filter(|record| self.is_of(record));
        let mut open = Open(before.collect());
        let (mut found, many) = (Vec::new(), view.own().len());
        let mut begins = *back + many;
        for (at, record) in view.own().iter().enumerate().filter(|(_, record)| self.is_of(record)) {
            let (is_first, ended) = open.take(record);
            if is_first {
                begins = many - at;
            }
            found.extend(ended);
        }
        *back = if open.0.is_empty() { 0 } else { begins };
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluate::chunks::Numbers;
    use crate::model::SourceKind;

    proptest! {
        #[test]
        fn runs_are_those_of_all_positions_however_they_are_cut_and_grow(
            raw in prop::collection::vec((1_i64..200, 0_i32..4, any::<bool>()), 1..120),
            put in prop::collection::vec((0_i64..9_000, any::<bool>()), 0..6), most in 1_usize..9) {
            let mut t_us = 0;
            let of = |t_us, far: i32, other| {
                let source = if other { SourceKind::Wifi } else { SourceKind::Gps };
                Record { source, ..Record::at(t_us, 51.5 + f64::from(far) * 3e-3, -0.12, 10.0) }
            };
            let mut records: Vec<Record> = Vec::new();
            for (step_s, far, other) in raw {
                t_us += step_s * US_PER_S;
                records.push(of(t_us, far, other));
            }
            let (mut numbers, mut passed) = (Numbers::default(), Passed::default());
            let mut chunks = numbers.chunks(records.len(), most);
            let pass = Moving((records[0].origin.exhibit, SourceKind::Gps));
            for step in std::iter::once(None).chain(put.into_iter().map(Some)) {
                if let Some((at_s, other)) = step {
                    let record = of(at_s * US_PER_S, 2, other);
                    let at = records.partition_point(|r| r.order(&record).is_le());
                    records.insert(at, record);
                    numbers.with_one(&mut chunks, at, most);
                }
                let device = Chunked::new(&records, chunks.clone().into());
                let kept: Vec<Run> = pass.of(&device, &mut passed).into_iter().map(|run| run.to_vec()).collect();
                prop_assert_eq!(kept, moving(records.iter().filter(|record| pass.is_of(record))));
            }
        }
    }
}
