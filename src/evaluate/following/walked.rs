//! The ways of a device: its moving fixes, cut where the way between two of them is not known.
//!
//! ```text
//!   chunks of records    ──────┊───────────┊────────┊────
//!   steps of each        ●─●─● ┊─●─●   ●─● ┊        ┊●─●
//!   ways                └───── 1 ────┘└ 2 ┘         └ 3 ┘      a record more where 2 is:  1, 4, 3
//! ```
//! Invariant: a way has a number that no other content has had, so what was found of a way stands for as long as its number
//! does, wherever its records stand now. Steps are kept once, in the chunks in which they were found.

use std::borrow::Cow;
use std::iter::from_fn;
use std::sync::Arc;

use super::super::LocalDay;
use super::super::chunks::{Chunk, Chunked};
use super::super::passes::Passed;
use super::intervals::median_us;
use super::params::FollowingParams;
use super::steps::{Moving, Step, rest};

/// Steps each of which is joined to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    /// The number of its content.
    pub(super) number: u64,
    /// When its first step is, UTC microseconds.
    pub(super) t0_us: i64,
    /// When its last step is, UTC microseconds.
    pub(super) t1_us: i64,
    /// How many steps it has, at least one.
    pub(super) steps: usize,
    /// The block with its first step, and which of its steps that is.
    first: (usize, usize),
}

#[cfg(test)]
impl Way {
    /// A way of two steps at these times.
    pub(super) const fn of_time(number: u64, t0_us: i64, t1_us: i64) -> Self {
        Self { number, t0_us, t1_us, steps: 2, first: (0, 0) }
    }
}

/// The steps found in one chunk.
type Block = Arc<[Step]>;

/// What is known of how a device moves.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Walked {
    passed: Passed<Moving>,
    /// What the rest is of.
    of: Option<(FollowingParams, Vec<Chunk>)>,
    blocks: Vec<Block>,
    ways: Vec<Way>,
    latest_number: u64,
    /// How many steps it has.
    pub(super) moving: usize,
    /// The median interval between its fixes while moving, microseconds; `None` if it never moves.
    pub(super) median_interval_us: Option<i64>,
    /// The days on which it has records, in order.
    pub(super) days: Vec<LocalDay>,
}

impl Walked {
    /// Takes in what has changed of a device.
    pub(super) fn update(&mut self, device: &Chunked<'_>, params: &FollowingParams) {
        let is_of = |(of, chunks): &(FollowingParams, Vec<Chunk>)| of == params && chunks == device.chunks();
        if self.of.as_ref().is_some_and(is_of) {
            return;
        }
        let found = self.passed.of(&Moving(params.clone()), device);
        let rest: Block = rest(&found.last, params).into();
        let rest_starts: Vec<u32> = (0..).zip(rest.iter()).filter(|(_, step)| !step.joined).map(|(at, _)| at).collect();
        let of_chunks = found.chunks.iter().map(|(_, moved)| (&moved.steps, &*moved.starts));
        let blocks: Vec<(&Block, &[u32])> = of_chunks.chain([(&rest, &*rest_starts)]).collect();
        let mut ways = ways(&blocks);
        let blocks: Vec<Block> = blocks.iter().map(|(block, _)| Arc::clone(block)).collect();
        let mut old = self.ways.iter().peekable();
        for way in &mut ways {
            while old.next_if(|old| old.t0_us < way.t0_us).is_some() {}
            let known = old.peek().filter(|old| is_same((old, &self.blocks), (way, &blocks))).map(|old| old.number);
            way.number = known.unwrap_or_else(|| {
                self.latest_number += 1;
                self.latest_number
            });
        }
        self.moving = blocks.iter().map(|block| block.len()).sum();
        self.median_interval_us = median_us(found.chunks.iter().map(|(_, moved)| &moved.intervals));
        self.days = found.chunks.iter().flat_map(|(_, moved)| moved.days.iter().copied()).collect();
        (self.blocks, self.ways) = (blocks, ways);
        self.of = Some((params.clone(), device.chunks().to_vec()));
    }

    /// The ways in order of time.
    pub(super) fn ways(&self) -> &[Way] {
        &self.ways
    }

    /// The steps of one of its ways.
    pub(super) fn steps(&self, way: &Way) -> Cow<'_, [Step]> {
        let mut slices = slices(way, &self.blocks);
        let first = slices.next().unwrap_or_default();
        if first.len() == way.steps {
            return Cow::Borrowed(first);
        }
        let mut steps = Vec::with_capacity(way.steps);
        steps.extend_from_slice(first);
        slices.for_each(|more| steps.extend_from_slice(more));
        Cow::Owned(steps)
    }
}

/// The ways through blocks of steps, each with the places in it at which one begins; not yet numbered.
fn ways(blocks: &[(&Block, &[u32])]) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    for (at, (block, starts)) in blocks.iter().enumerate() {
        let mut from = 0;
        let starts = starts.iter().filter_map(|start| usize::try_from(*start).ok());
        for to in starts.map(Some).chain([None]) {
            let end = to.unwrap_or(block.len());
            if let Some((way, last)) = ways.last_mut().zip(block.get(from..end).and_then(<[Step]>::last)) {
                way.steps += end - from;
                way.t1_us = last.t_us;
            }
            let first = to.and_then(|to| Some((to, block.get(to)?)));
            ways.extend(first.map(|(to, Step { t_us, .. })| Way {
                number: 0,
                t0_us: *t_us,
                t1_us: *t_us,
                steps: 0,
                first: (at, to),
            }));
            from = end;
        }
    }
    ways
}

/// The steps of a way, block by block.
fn slices<'a>(way: &Way, blocks: &'a [Block]) -> impl Iterator<Item = &'a [Step]> {
    let (at, mut skipped) = way.first;
    let mut left = way.steps;
    let mut blocks = blocks.iter().skip(at);
    from_fn(move || {
        let rest = blocks.next().filter(|_| left > 0)?.get(std::mem::take(&mut skipped)..)?;
        let own = rest.get(..left).unwrap_or(rest);
        left -= own.len();
        Some(own)
    })
}

/// Whether two ways are through the same steps; those that both have in one place need no look.
fn is_same(a: (&Way, &[Block]), b: (&Way, &[Block])) -> bool {
    if (a.0.t0_us, a.0.t1_us, a.0.steps) != (b.0.t0_us, b.0.t1_us, b.0.steps) {
        return false;
    }
    let (mut of_a, mut of_b) = (slices(a.0, a.1), slices(b.0, b.1));
    let (mut x, mut y): (&[Step], &[Step]) = (&[], &[]);
    loop {
        if x.is_empty() {
            let Some(next) = of_a.next() else { return true };
            x = next;
        } else if y.is_empty() {
            let Some(next) = of_b.next() else { return true };
            y = next;
        } else {
            let ((p, more_x), (q, more_y)) = (x.split_at(x.len().min(y.len())), y.split_at(x.len().min(y.len())));
            if !std::ptr::eq(p, q) && p != q {
                return false;
            }
            (x, y) = (more_x, more_y);
        }
    }
}

/// All steps of a device at once.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) walked: Walked,
    pub(super) moving: Vec<Step>,
    pub(super) median_interval_us: Option<i64>,
    pub(super) usable: usize,
}

#[cfg(test)]
impl Steps {
    /// The moving fixes among records, which stand in the order of their content.
    pub(super) fn of(records: &[super::super::Record], params: &FollowingParams) -> Self {
        let device = Chunked::anew(records);
        let found: usize =
            Passed::default().of(&Moving(params.clone()), &device).chunks.iter().map(|m| m.1.usable).sum();
        let mut walked = Walked::default();
        walked.update(&device, params);
        let moving = walked.blocks.concat();
        Self { moving, median_interval_us: walked.median_interval_us, usable: found, walked }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::super::Record;
    use super::super::super::chunks::Numbers;
    use super::*;
    use crate::time::US_PER_S;
    use proptest::prelude::*;

    fn record(t_s: i64, north_m: f64) -> Record {
        Record::at(t_s * US_PER_S, north_m / 111_320.0, 0.0, 5.0)
    }

    proptest! {
        #[test]
        fn a_number_stands_for_the_same_steps_and_all_ways_are_those_found_anew(
            trips in prop::collection::vec((1..20_i64, any::<bool>()), 1..6),
            put in prop::collection::vec((0.0..1.0_f64, 1..30_i64, -40.0..40.0_f64), 1..10), most in 1..4_usize) {
            let params = FollowingParams::default();
            // Trips at 5 m/s with a position each ten seconds, with pauses or without.
            let (mut t_s, mut records) = (0, Vec::new());
            for (fixes, pause) in trips {
                records.extend((0..fixes).map(|n| record(t_s + 10 * n, 50.0 * f64::from(i32::try_from(n).unwrap()))));
                t_s += 10 * fixes + if pause { 1_000 } else { 10 };
            }
            let (mut numbers, mut walked) = (Numbers::default(), Walked::default());
            let mut chunks = numbers.chunks(records.len(), most);
            let mut known: BTreeMap<u64, Vec<Step>> = BTreeMap::new();
            for (n, (share, after_s, beside_m)) in [(0.0, 0, 0.0)].into_iter().chain(put).enumerate() {
                if n > 0 {
                    // Every other record goes on where the last one is.
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
                        reason = "small counts")]
                    let at = if n % 2 == 0 { records.len() - 1 } else { (records.len() as f64 * share) as usize };
                    let new = record(records[at].t0_us / US_PER_S + after_s, records[at].lat_deg * 111_320.0 + beside_m);
                    let at = records.partition_point(|r| r.order(&new).is_le());
                    records.insert(at, new);
                    numbers.with_one(&mut chunks, at, most);
                }
                walked.update(&Chunked::new(&records, chunks.clone().into()), &params);
                let anew = Steps::of(&records, &params);
                let mut all = Vec::new();
                for way in walked.ways() {
                    let steps = walked.steps(way).into_owned();
                    prop_assert_eq!((steps[0].t_us, steps[steps.len() - 1].t_us), (way.t0_us, way.t1_us));
                    prop_assert!(steps.iter().enumerate().all(|(at, step)| step.joined == (at > 0)));
                    prop_assert_eq!(known.entry(way.number).or_insert_with(|| steps.clone()), &steps);
                    all.extend(steps);
                }
                prop_assert_eq!((&all, walked.moving), (&anew.moving, anew.moving.len()));
                prop_assert_eq!(walked.median_interval_us, anew.median_interval_us);
            }
        }
    }
}
