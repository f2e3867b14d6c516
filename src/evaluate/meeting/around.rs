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

/// What a window has read of one device.
#[derive(Debug)]
pub(super) struct Bearing {
    /// The numbers of the chunks that share its time.
    chunks: Vec<u64>,
    /// What is in front before and after them, with the number of its chunk and its position in that.
    around: Vec<(Option<(u64, usize)>, Record)>,
}

impl Bearing {
    /// Whether a window would read the same now.
    pub(super) fn is_still(&mut self, beside: &Beside<'_, '_>) -> bool {
        let same = |(known, record): &mut (Option<(u64, usize)>, Record), item: &Item| {
            // A chunk that was cut anew has another number, and most of its records as before.
            let same = *known == item.known || beside.records.get(item.at) == Some(record);
            *known = item.known;
            same
        };
        self.chunks.iter().copied().eq(beside.sharing().map(|chunk| chunk.number))
            && self.around.len() == beside.around().count()
            && self.around.iter_mut().zip(beside.around()).all(|(known, item)| same(known, item))
    }
}

/// One device's records around each window in turn.
pub(super) struct Around<'w, 'a> {
    records: &'a [Record],
    chunks: &'w [Reached<'a>],
    ends: &'w [(usize, &'w Ends)],
    reach: &'w ReachParams,
    /// What is in front after the chunks of each window, as far as it can bear on it: all one after the other, and where
    /// that of each stands.
    after: (Vec<Item>, Vec<Range<usize>>),
    /// The chunks by their ends, and how many of them lie before the window.
    by_end: Vec<usize>,
    ended: usize,
    before: Front,
}

impl<'w, 'a> Around<'w, 'a> {
    /// Of a device's chunks, what is in front of each, and the windows in their order.
    pub(super) fn of(
        (records, chunks): (&'a [Record], &'w [Reached<'a>]),
        ends: &'w [(usize, &'w Ends)],
        reach: &'w ReachParams,
        spans: &[Span],
    ) -> Self {
        let mut by_end: Vec<usize> = (0..chunks.len()).collect();
        by_end.sort_by_key(|at| chunks.get(*at).map(|chunk| chunk.to_us));
        let (mut items, mut ranges): (Vec<Item>, Vec<Range<usize>>) = (Vec::new(), Vec::with_capacity(spans.len()));
        let (mut front, mut begun) = (Front::default(), chunks.len());
        for span in spans.iter().rev() {
            while let Some(chunk) =
                begun.checked_sub(1).and_then(|at| chunks.get(at)).filter(|c| c.from_us > span.to_us)
            {
                begun -= 1;
                let own = ends.get(begun).map(|(_, ends)| ends.after.items()).unwrap_or_default();
                front.take(own.iter().map(|item| item.of_chunk(chunk, Way::After)));
            }
            let from = items.len();
            items.extend_from_slice(&front.bearing_on(|| sigmas_m(chunks, reach, *span)));
            ranges.push(from..items.len());
        }
        ranges.reverse();
        Self { records, chunks, ends, reach, after: (items, ranges), by_end, ended: 0, before: Front::default() }
    }

    /// What a window reads; the windows are asked for in their order.
    pub(super) fn at(&mut self, place: usize, span: Span) -> Beside<'_, 'a> {
        let Self { records, chunks, ends, reach, after: (items, ranges), by_end, ended, before } = self;
        while let Some((at, chunk)) =
            by_end.get(*ended).and_then(|at| Some((*at, chunks.get(*at)?))).filter(|c| c.1.to_us < span.from_us)
        {
            *ended += 1;
            let own = ends.get(at).map(|(_, ends)| ends.before.items()).unwrap_or_default();
            before.take(own.iter().map(|item| item.of_chunk(chunk, Way::Before)));
        }
        let before = before.bearing_on(|| sigmas_m(chunks, reach, span));
        let after = ranges.get(place).and_then(|range| items.get(range.clone())).unwrap_or_default();
        Beside { records, chunks, span, before, after }
    }
}

/// The deviations of the records of the chunks that share a window's time, the largest first.
fn sigmas_m(chunks: &[Reached<'_>], reach: &ReachParams, span: Span) -> Vec<f64> {
    let records = of_time(chunks, span.from_us, span.to_us).flat_map(|chunk| chunk.records);
    let mut sigmas_m: Vec<f64> = Vec::new();
    for sigma_m in records.map(|record| reach.sigma_m(record)) {
        // Mostly the same as the last.
        if sigma_m.is_finite() && sigmas_m.last() != Some(&sigma_m) {
            sigmas_m.push(sigma_m);
        }
    }
    sigmas_m.sort_by(|p, q| q.total_cmp(p));
    sigmas_m.dedup();
    sigmas_m
}

/// What a window reads of one device.
pub(super) struct Beside<'w, 'a> {
    records: &'a [Record],
    chunks: &'w [Reached<'a>],
    span: Span,
    before: Cow<'w, [Item]>,
    after: &'w [Item],
}

impl<'w, 'a> Beside<'w, 'a> {
    fn sharing(&self) -> impl Iterator<Item = &'w Reached<'a>> + Clone {
        of_time(self.chunks, self.span.from_us, self.span.to_us)
    }

    fn around(&self) -> impl Iterator<Item = &Item> {
        self.before.iter().chain(self.after)
    }

    /// What is kept of it.
    pub(super) fn bearing(&self) -> Bearing {
        let of = |item: &Item| Some((item.known, *self.records.get(item.at)?));
        Bearing {
            chunks: self.sharing().map(|chunk| chunk.number).collect(),
            around: self.around().filter_map(of).collect(),
        }
    }

    /// The records that can bear on the window, in their order: those that share its time, and what is in front around it.
    pub(super) fn records(&self, reach: &ReachParams) -> Vec<Record> {
        let (mut own, mut before, mut after) = (Vec::new(), self.before.to_vec(), self.after.to_vec());
        for chunk in self.sharing() {
            for (at, record) in (chunk.from..).zip(chunk.records) {
                let sigma_m = reach.sigma_m(record);
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
        own.into_iter().filter_map(|at| self.records.get(at)).copied().collect()
    }
}
