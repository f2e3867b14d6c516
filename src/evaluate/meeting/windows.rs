//! The time of two devices in windows, each found by itself from the records that can bear on it.
//!
//! ```text
//!   a  ●●●●●│●●●●●│●●●●●          a window begins where a chunk of either device does: at the start of a record, so that
//!   b   ●  ●│ ● ●│●● ●            nothing that is judged as a whole is cut
//!           └──w──┘
//!   w reads   what shares its time, and of all before and all after what is in front
//! ```
//! Invariant: what a window says is a function of its time, of the chunks that share it and of what is in front around them,
//! which is what is compared before it is taken for known. So all windows together say what the whole time says at once.

use std::collections::BTreeMap;

use super::front::{Ends, Front, Fronts, Item, Way};
use super::overlap::Asked;
use super::sweep::{Pair, coverage, join};
use crate::evaluate::Record;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::extent::Reached;
use crate::evaluate::passes::Passed;
use crate::evaluate::prism::{ReachParams, Span, bears};

/// What a window reads of one device.
#[derive(Debug, Clone, PartialEq)]
struct Bearing {
    /// The numbers of the chunks that share its time.
    chunks: Vec<u64>,
    /// What is in front before and after them, in the order of the records.
    around: Vec<Record>,
}

/// A window with what it reads of both devices.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    span: Span,
    of: [Bearing; 2],
}

/// What is kept of two devices: for the start of each window what it read, and what it says to each question.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Windows {
    asked: Option<(Vec<Asked>, ReachParams)>,
    fronts: [Passed<Fronts>; 2],
    kept: BTreeMap<i64, (Key, Vec<Vec<Span>>)>,
}

impl Windows {
    /// For each question: when the two could have been near each other, as maximal stretches in order; and the time for which
    /// both have records. Found again is only what has changed.
    pub(super) fn possible(
        &mut self,
        devices: [(&Chunked<'_>, &[Reached<'_>]); 2],
        asked: &[Asked],
        reach: &ReachParams,
    ) -> (Option<Span>, Vec<Vec<Span>>) {
        let now = Some((asked.to_vec(), reach.clone()));
        if self.asked != now {
            (self.asked, self.kept) = (now, BTreeMap::new());
        }
        let mut all = vec![Vec::new(); asked.len()];
        let mut old = std::mem::take(&mut self.kept);
        let Some(both) = coverage(devices.map(|(_, chunks)| chunks)) else { return (None, all) };
        let pass = Fronts(reach.clone());
        let [of_a, of_b] = &mut self.fronts;
        let [(a, a_reached), (b, b_reached)] = devices;
        let ends = [of_a.of(&pass, a).chunks, of_b.of(&pass, b).chunks];
        let [a_ends, b_ends] = &ends;
        let spans = spans(both, [a_ends, b_ends].into_iter().flatten().filter_map(|(_, ends)| ends.first_us));
        let mut a = Around::of(a.records(), a_reached, a_ends, reach, &spans);
        let mut b = Around::of(b.records(), b_reached, b_ends, reach, &spans);
        for (place, span) in spans.into_iter().enumerate() {
            let of = [a.at(place, span), b.at(place, span)];
            let key = Key { span, of: [of[0].bearing(), of[1].bearing()] };
            let kept = old.remove(&span.from_us).filter(|(known, _)| *known == key).unwrap_or_else(|| {
                let [a, b] = [of[0].records(reach), of[1].records(reach)];
                let possible = Pair::new(&a, &b, reach).possible_within(span, asked);
                (key, possible)
            });
            for (all, spans) in all.iter_mut().zip(&kept.1) {
                for span in spans {
                    join(all, *span);
                }
            }
            self.kept.insert(span.from_us, kept);
        }
        (Some(both), all)
    }
}

/// A time cut at these moments.
fn spans(of: Span, at_us: impl Iterator<Item = i64>) -> Vec<Span> {
    let mut starts: Vec<i64> = at_us.filter(|us| of.from_us < *us && *us < of.to_us).chain([of.from_us]).collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().copied().skip(1).chain([of.to_us]);
    starts.iter().zip(ends).map(|(from_us, to_us)| Span { from_us: *from_us, to_us }).collect()
}

/// One device's records around each window in turn.
struct Around<'w, 'a> {
    records: &'a [Record],
    chunks: &'w [Reached<'a>],
    ends: &'w [(usize, &'w Ends)],
    reach: &'w ReachParams,
    /// What is in front after the chunks of each window, as far as it can bear on it.
    after: Vec<Vec<Item>>,
    /// The chunks by their ends, and how many of them lie before the window.
    by_end: Vec<usize>,
    ended: usize,
    before: Front,
}

impl<'w, 'a> Around<'w, 'a> {
    fn of(
        records: &'a [Record],
        chunks: &'w [Reached<'a>],
        ends: &'w [(usize, &'w Ends)],
        reach: &'w ReachParams,
        spans: &[Span],
    ) -> Self {
        let mut by_end: Vec<usize> = (0..chunks.len()).collect();
        by_end.sort_by_key(|at| chunks.get(*at).map(|chunk| chunk.to_us));
        let before = Front::default();
        let mut around = Self { records, chunks, ends, reach, after: Vec::new(), by_end, ended: 0, before };
        let (mut front, mut begun) = (Front::default(), chunks.len());
        for span in spans.iter().rev() {
            while let Some(chunk) =
                begun.checked_sub(1).and_then(|at| chunks.get(at)).filter(|c| c.from_us > span.to_us)
            {
                begun -= 1;
                let own = ends.get(begun).map(|(_, ends)| ends.after.items()).unwrap_or_default();
                front.take(own.iter().map(|item| item.after(chunk.from, Way::After)));
            }
            around.after.push(front.bearing_on(|| around.sigmas_m(*span)));
        }
        around.after.reverse();
        around
    }

    fn sharing(&self, span: Span) -> impl Iterator<Item = &'w Reached<'a>> + Clone {
        crate::evaluate::extent::of_time(self.chunks, span.from_us, span.to_us)
    }

    /// The deviations of the records of the chunks that share a window's time, the largest first.
    fn sigmas_m(&self, span: Span) -> Vec<f64> {
        let records = self.sharing(span).flat_map(|chunk| chunk.records);
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

    /// What a window reads; the windows are asked for in their order.
    fn at(&mut self, place: usize, span: Span) -> Beside<'w, 'a> {
        while let Some((at, chunk)) = self
            .by_end
            .get(self.ended)
            .and_then(|at| Some((*at, self.chunks.get(*at)?)))
            .filter(|c| c.1.to_us < span.from_us)
        {
            self.ended += 1;
            let own = self.ends.get(at).map(|(_, ends)| ends.before.items()).unwrap_or_default();
            self.before.take(own.iter().map(|item| item.after(chunk.from, Way::Before)));
        }
        let sharing: Vec<&Reached<'a>> = self.sharing(span).collect();
        let before = self.before.bearing_on(|| self.sigmas_m(span));
        let after = self.after.get(place).cloned().unwrap_or_default();
        Beside { records: self.records, span, sharing, before, after }
    }
}

/// What a window reads of one device.
struct Beside<'w, 'a> {
    records: &'a [Record],
    span: Span,
    sharing: Vec<&'w Reached<'a>>,
    before: Vec<Item>,
    after: Vec<Item>,
}

impl Beside<'_, '_> {
    fn bearing(&self) -> Bearing {
        let mut around: Vec<usize> = self.before.iter().chain(&self.after).map(|item| item.at).collect();
        around.sort_unstable();
        Bearing {
            chunks: self.sharing.iter().map(|chunk| chunk.number).collect(),
            around: around.into_iter().filter_map(|at| self.records.get(at)).copied().collect(),
        }
    }

    /// The records that can bear on the window, in their order: those that share its time, and what is in front around it.
    fn records(&self, reach: &ReachParams) -> Vec<Record> {
        let (mut own, mut before, mut after) = (Vec::new(), self.before.clone(), self.after.clone());
        for chunk in &self.sharing {
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
