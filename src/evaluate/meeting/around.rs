//! What each window reads of one device: the chunks that share its time, and what is in front around them.
//!
//! ```text
//!   chunks     [●  ●]  [● ●●]  [●   ●]  [ ●● ]  [●  ●]
//!   window                └──────w──────┘
//!                  ┆  └──── shared ──────────┘  ┆
//!              in front before it          in front after it
//! ```
//! Invariant: a chunk's number and a position in it name one record for good. So what is in front of a window is compared with
//! what was by these, and by the records themselves only where these differ.

use std::borrow::Cow;
use std::ops::Range;

use super::front::{Ends, Front, Item, Way};
use crate::evaluate::Record;
use crate::evaluate::extent::{Reached, of_time};
use crate::evaluate::prism::{ReachParams, Span, bears};

/// What is in front of a window on one side.
#[derive(Debug, Clone, Default)]
struct InFront<I> {
    items: I,
    /// Whether that is all, and not only what can bear on the window.
    whole: bool,
}

/// What a window has read of one device.
#[derive(Debug)]
pub(super) struct Bearing {
    /// The numbers of the chunks that share its time.
    chunks: Vec<u64>,
    /// What was in front before and after them.
    before: InFront<Vec<(Item, Record)>>,
    after: InFront<Vec<(Item, Record)>>,
}

impl InFront<Vec<(Item, Record)>> {
    fn is_still(&mut self, now: &[Item], records: &[Record]) -> bool {
        let same = |(known, record): &mut (Item, Record), item: &Item| {
            // A chunk that was cut anew has another number, and most of its records as before.
            let same = known.known == item.known || records.get(item.at) == Some(record);
            if same {
                *known = *item;
            }
            same
        };
        self.items.len() == now.len() && self.items.iter_mut().zip(now).all(|(known, item)| same(known, item))
    }
}

impl Bearing {
    /// Whether a window would read the same now.
    pub(super) fn is_still(&mut self, beside: &Beside<'_, '_>) -> bool {
        self.chunks.iter().copied().eq(beside.sharing().map(|chunk| chunk.number))
            && self.before.is_still(&beside.before.items, beside.device.records)
            && self.after.is_still(beside.after.items, beside.device.records)
    }
}

/// The numbers of the chunks that a window has read, and what was in front before and after them.
#[cfg(test)]
pub(super) type Read = (Vec<u64>, [Vec<Record>; 2]);

#[cfg(test)]
impl Bearing {
    pub(super) fn read(&self) -> Read {
        let records =
            |front: &InFront<Vec<(Item, Record)>>| front.items.iter().map(|(_, record)| *record).collect::<Vec<_>>();
        (self.chunks.clone(), [records(&self.before), records(&self.after)])
    }
}

/// One device: its records, its chunks, and what is in front of each of these.
#[derive(Clone, Copy)]
pub(super) struct Side<'w, 'a> {
    pub(super) records: &'a [Record],
    pub(super) chunks: &'w [Reached<'a>],
    pub(super) ends: &'w [(usize, &'w Ends)],
    pub(super) reach: &'w ReachParams,
}

/// One device's records around each window in turn: from the last window back to one, and on from the next.
pub(super) struct Around<'w, 'a> {
    device: Side<'w, 'a>,
    /// What is in front after the chunks of the windows as far as these were gone back over, and how many chunks these leave.
    after: Front,
    left: usize,
    /// The same as far as it can bear on each of these windows, all one after the other; where that of each stands, the
    /// earliest window's last.
    items: Vec<Item>,
    ranges: Vec<InFront<Range<usize>>>,
    /// The chunks by their ends, and how many of them lie before the window.
    by_end: Vec<usize>,
    ended: usize,
    before: Front,
}

impl<'w, 'a> Around<'w, 'a> {
    /// Of a device, before any window was gone over.
    pub(super) fn of(device: Side<'w, 'a>) -> Self {
        let chunks = device.chunks;
        let mut by_end: Vec<usize> = (0..chunks.len()).collect();
        by_end.sort_by_key(|at| chunks.get(*at).map(|chunk| chunk.to_us));
        let (after, before) = (Front::default(), Front::default());
        Self { device, after, left: chunks.len(), items: Vec::new(), ranges: Vec::new(), by_end, ended: 0, before }
    }

    /// Goes back over a window.
    pub(super) fn back(&mut self, span: Span) {
        let Self { device, after, left, items, ranges, .. } = self;
        let Side { chunks, ends, .. } = *device;
        while let Some(chunk) = left.checked_sub(1).and_then(|at| chunks.get(at)).filter(|c| c.from_us > span.to_us) {
            *left -= 1;
            let own = ends.get(*left).map(|(_, ends)| ends.after.items()).unwrap_or_default();
            after.take(own.iter().map(|item| item.of_chunk(chunk, Way::After)));
        }
        let from = items.len();
        let bearing = after.bearing_on(|| device.sigmas_m(span));
        items.extend_from_slice(&bearing);
        ranges.push(InFront { items: from..items.len(), whole: matches!(bearing, Cow::Borrowed(_)) });
    }

    /// Whether all that is in front after the window that was gone back over last is what was.
    pub(super) fn is_still_after(&self, known: &mut Bearing) -> bool {
        let Some(now) = self.ranges.last() else { return false };
        let items = self.items.get(now.items.clone()).unwrap_or_default();
        now.whole && known.after.whole && known.after.is_still(items, self.device.records)
    }

    /// The window that was gone back over last stands, as do all before it: goes on after it.
    pub(super) fn go_on_after(&mut self, span: Span, known: &Bearing) {
        self.ranges.pop();
        if known.before.whole {
            let Self { device, by_end, ended, before, .. } = self;
            let ends_us = |at: &usize| device.chunks.get(*at).map(|chunk| chunk.to_us);
            *ended = by_end.partition_point(|at| ends_us(at) < Some(span.from_us));
            *before = Front::in_order(known.before.items.iter().map(|(item, _)| *item));
        }
    }

    /// What the next window reads.
    pub(super) fn next(&mut self, span: Span) -> Beside<'_, 'a> {
        let Self { device, items, ranges, by_end, ended, before, .. } = self;
        let Side { chunks, ends, .. } = *device;
        while let Some((at, chunk)) =
            by_end.get(*ended).and_then(|at| Some((*at, chunks.get(*at)?))).filter(|c| c.1.to_us < span.from_us)
        {
            *ended += 1;
            let own = ends.get(at).map(|(_, ends)| ends.before.items()).unwrap_or_default();
            before.take(own.iter().map(|item| item.of_chunk(chunk, Way::Before)));
        }
        let before = before.bearing_on(|| device.sigmas_m(span));
        let before = InFront { whole: matches!(before, Cow::Borrowed(_)), items: before };
        let after = ranges.pop().unwrap_or_default();
        let after = InFront { items: items.get(after.items).unwrap_or_default(), whole: after.whole };
        Beside { device: *device, span, before, after }
    }
}

impl Side<'_, '_> {
    /// The deviations of the records of the chunks that share a window's time, the largest first.
    fn sigmas_m(&self, span: Span) -> Vec<f64> {
        let records = of_time(self.chunks, span.from_us, span.to_us).flat_map(|chunk| chunk.records);
        let mut sigmas_m: Vec<f64> = Vec::new();
        for sigma_m in records.map(|record| self.reach.sigma_m(record)) {
            // Mostly the same as the last.
            if sigma_m.is_finite() && sigmas_m.last() != Some(&sigma_m) {
                sigmas_m.push(sigma_m);
            }
        }
        sigmas_m.sort_by(|p, q| q.total_cmp(p));
        sigmas_m.dedup();
        sigmas_m
    }
}

/// What a window reads of one device.
pub(super) struct Beside<'w, 'a> {
    device: Side<'w, 'a>,
    span: Span,
    before: InFront<Cow<'w, [Item]>>,
    after: InFront<&'w [Item]>,
}

impl<'w, 'a> Beside<'w, 'a> {
    fn sharing(&self) -> impl Iterator<Item = &'w Reached<'a>> + Clone {
        of_time(self.device.chunks, self.span.from_us, self.span.to_us)
    }

    /// What is kept of it.
    pub(super) fn bearing(&self) -> Bearing {
        let of = |item: &Item| Some((*item, *self.device.records.get(item.at)?));
        let items = |items: &[Item]| items.iter().filter_map(of).collect();
        Bearing {
            chunks: self.sharing().map(|chunk| chunk.number).collect(),
            before: InFront { items: items(&self.before.items), whole: self.before.whole },
            after: InFront { items: items(self.after.items), whole: self.after.whole },
        }
    }

    /// The records that can bear on the window, in their order: those that share its time, and what is in front around it.
    pub(super) fn records(&self) -> Vec<Record> {
        let (mut own, mut before, mut after) = (Vec::new(), self.before.items.to_vec(), self.after.items.to_vec());
        for chunk in self.sharing() {
            for (at, record) in (chunk.from..).zip(chunk.records) {
                let sigma_m = self.device.reach.sigma_m(record);
                if !bears(record, sigma_m) {
                    continue;
                }
                if record.t1_us < self.span.from_us {
                    before.push(Item::of(at, record, sigma_m, Way::Before));
                } else if record.t0_us > self.span.to_us {
                    after.push(Item::of(at, record, sigma_m, Way::After));
                } else {
                    own.push(at);
                }
            }
        }
        let around = [Front::of(before), Front::of(after)];
        own.extend(around.iter().flat_map(|front| front.items().iter().map(|item| item.at)));
        own.sort_unstable();
        own.into_iter().filter_map(|at| self.device.records.get(at)).copied().collect()
    }
}
