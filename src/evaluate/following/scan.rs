//! The lag scan, way by way: what each of the suspect's ways has in common with the victim's path, on the real days and with
//! his days exchanged.
//!
//! ```text
//!   his ways      ── 1 ──    ── 4 ──   ── 3 ──        a round lays a way on the time to which its day moves; it reads her
//!   round 0         │          │         │            ways in the hours around that
//!   round 1          `────────┐└──┐  …
//!   her ways        ── 7 ──   ─ 8 ─    ── 9 ──        8 anew: only what was laid beside it is looked at again
//! ```
//! Invariant: what a way has in a round is a function of its steps, of when they are laid, and of her ways that share the
//! hours around that time. A way ends where the way between two steps is not known, and so does a stretch in common; so
//! the stretches of all ways are those of the whole device. Counts are whole numbers, and lengths are summed within one way.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::super::LocalDay;
use super::LagShare;
use super::episode::{Seen, Ways};
use super::exchange::{Exchange, entry, exchanges};
use super::params::FollowingParams;
use super::pass::{Pass, passes, reach_m, without_uncertainty};
use super::path::{Extent, Path, hours};
use super::span::{ROWS, lag_of_row, rows};
use super::steps::Step;
use super::walked::{Walked, Way};

/// The radii that are tried, half, as given, and double, and with or without uncertainty.
pub(super) const TRIED: [(f64, bool); 4] = [(1.0, true), (0.5, true), (2.0, true), (1.0, false)];

/// The episodes at each of the radii, of half the least length and more; as given first.
pub(super) type AtRadii<T> = [Vec<T>; 4];

/// How many of a way's steps are on the path at each lag.
type Rows = Box<[u32; ROWS]>;

/// What one of the suspect's ways has in common with the path.
#[derive(Debug)]
struct Looked {
    number: u64,
    t0_us: i64,
    /// How many of its steps have the victim moving within the largest lag.
    comparable: usize,
    /// `None` if none is on the path at any lag.
    rows: Option<Rows>,
    /// The episodes of each round that has any: 0 is that of the real days.
    found: Vec<(usize, AtRadii<Seen>)>,
}

/// When a round lays a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Laying {
    /// Its day is not exchanged.
    Out,
    /// All of it so much later, microseconds.
    By(i64),
    /// It is of several days.
    Various,
}

impl Laying {
    fn of(way: &Way, exchange: Option<&Exchange>) -> Self {
        let Some(exchange) = exchange else { return Self::By(0) };
        let at = exchange.partition_point(|laid| laid.day.end_us <= way.t0_us);
        match exchange.get(at) {
            Some(laid) if laid.day.start_us <= way.t0_us && way.t1_us < laid.day.end_us => Self::By(laid.shift_us()),
            Some(laid) if laid.day.start_us <= way.t1_us => Self::Various,
            _ => Self::Out,
        }
    }

    /// The hours of the path that it reads; `None` for those that are not known.
    fn hours(self, way: &Way, params: &FollowingParams) -> Option<(i64, i64)> {
        let Self::By(by_us) = self else { return None };
        let laid_us = |t_us: i64| t_us.saturating_add(by_us);
        let (from_us, to_us) = (laid_us(way.t0_us), laid_us(way.t1_us));
        Some(hours(from_us.saturating_sub(params.max_lag_us), to_us.saturating_add(params.max_lag_us)))
    }
}

/// What the scans of two devices give, and what they read.
#[derive(Debug, Default)]
pub(super) struct Scans {
    params: Option<FollowingParams>,
    hers: Vec<Way>,
    days: Vec<LocalDay>,
    exchanges: Vec<Exchange>,
    looked: Vec<Looked>,
}

/// What all of the suspect's ways have on the real days.
pub(super) struct Real {
    pub(super) comparable: usize,
    pub(super) curve: Vec<LagShare>,
}

/// What of the case is otherwise than at the last scan.
struct News {
    /// When her ways are that came or went: the first and the last hour of times that do not meet, in order.
    hers: Vec<(i64, i64)>,
    /// Which of his ways were not there.
    his: Vec<bool>,
}

impl News {
    /// Whether what a way has when it is laid so is still to be found.
    fn touches(&self, way: &Way, laying: Laying, params: &FollowingParams) -> bool {
        if self.hers.is_empty() || laying == Laying::Out {
            return false;
        }
        laying.hours(way, params).is_none_or(|hours| self.has_hers_in(hours))
    }

    /// Whether one of her ways that came or went shares an hour with these.
    fn has_hers_in(&self, (from, to): (i64, i64)) -> bool {
        let ended = self.hers.partition_point(|(_, last)| *last < from);
        self.hers.get(ended).is_some_and(|(first, _)| *first <= to)
    }
}

/// Both devices as they are scanned.
#[derive(Clone, Copy)]
pub(super) struct Scanned<'a> {
    pub(super) his: &'a Walked,
    pub(super) hers: &'a Walked,
    pub(super) params: &'a FollowingParams,
}

impl Scans {
    /// Scans what has changed, on the real days and, if these have an episode, with the exchanges of the days that both have.
    pub(super) fn update(&mut self, both: &Scanned<'_>, days: &[LocalDay]) -> Option<Real> {
        if self.params.as_ref() != Some(both.params) {
            *self = Self { params: Some(both.params.clone()), ..Self::default() };
        }
        let search_m = both.params.radius_m * 2.0;
        let path = Path::of(both.hers, reach_m(search_m, both.params));
        let news = News { hers: self.take_hers(both.hers), his: self.take_his(both.his) };
        let ways = both.his.ways();
        for ((way, looked), is_new) in ways.iter().zip(&mut self.looked).zip(&news.his) {
            if *is_new || news.touches(way, Laying::By(0), both.params) {
                let laid = Laid::new(both, &path, way);
                looked.comparable = laid.comparable();
                let passes = laid.passes(None);
                looked.rows = laid.rows(&passes);
                looked.take(0, laid.at_radii(&passes));
            }
        }
        let comparable = self.looked.iter().map(|looked| looked.comparable).sum();
        let weighed = comparable > 0 && self.looked.iter().any(|looked| looked.found_in(0).is_some());
        // Without an episode there is nothing to weigh against exchanged days.
        let days = if weighed { days } else { &[] };
        self.exchange(both, &path, days, &news);
        (comparable > 0).then(|| Real { comparable, curve: self.curve(both.his.moving) })
    }

    /// Her ways as they are from now on; when those are that came or went.
    fn take_hers(&mut self, hers: &Walked) -> Vec<(i64, i64)> {
        let changed = changed_hours(&self.hers, hers.ways());
        self.hers = hers.ways().to_vec();
        changed
    }

    /// Takes over what is known of his ways as they are; says which are new.
    fn take_his(&mut self, his: &Walked) -> Vec<bool> {
        let mut old = std::mem::take(&mut self.looked).into_iter().peekable();
        let mut is_new = Vec::with_capacity(his.ways().len());
        for way in his.ways() {
            while old.next_if(|old| old.t0_us < way.t0_us).is_some() {}
            let known = old.next_if(|old| old.number == way.number);
            is_new.push(known.is_none());
            let (number, t0_us) = (way.number, way.t0_us);
            let nothing = || Looked { number, t0_us, comparable: 0, rows: None, found: Vec::new() };
            self.looked.push(known.unwrap_or_else(nothing));
        }
        is_new
    }

    /// Scans with the days exchanged: only what is laid otherwise, or beside what has changed.
    fn exchange(&mut self, both: &Scanned<'_>, path: &Path<'_>, days: &[LocalDay], news: &News) {
        let same = self.days == days;
        let now = if same { self.exchanges.clone() } else { exchanges(days, both.params) };
        let before = std::mem::replace(&mut self.exchanges, now);
        self.days = days.to_vec();
        for ((way, looked), is_new) in both.his.ways().iter().zip(&mut self.looked).zip(&news.his) {
            if same && !is_new && news.hers.is_empty() {
                continue;
            }
            looked.found.retain(|(round, _)| *round <= self.exchanges.len());
            let laid = Laid::new(both, path, way);
            for (round, exchange) in (1..).zip(&self.exchanges) {
                let laying = Laying::of(way, Some(exchange));
                let as_before = || {
                    let before = before.get(round - 1).map(|before| Laying::of(way, Some(before)));
                    laying != Laying::Various && before == Some(laying)
                };
                if *is_new || news.touches(way, laying, both.params) || !(same || as_before()) {
                    looked.take(round, laid.at_radii(&laid.passes(Some(exchange))));
                }
            }
        }
    }

    /// The share of his steps that are on the path at each lag.
    #[expect(clippy::cast_precision_loss, reason = "counts of fixes")]
    fn curve(&self, moving: usize) -> Vec<LagShare> {
        let mut counts = [0_u64; ROWS];
        for rows in self.looked.iter().filter_map(|looked| looked.rows.as_ref()) {
            counts.iter_mut().zip(rows.iter()).for_each(|(sum, count)| *sum += u64::from(*count));
        }
        let share = |count: u64| count as f64 / moving.max(1) as f64;
        counts.iter().enumerate().map(|(row, &n)| LagShare { lag_us: lag_of_row(row), share: share(n) }).collect()
    }

    /// The exchanges that were made.
    pub(super) fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The episodes of each round, that of the real days first, each in the order of the suspect's time.
    pub(super) fn rounds(&self) -> Vec<AtRadii<&Seen>> {
        let mut rounds: Vec<AtRadii<&Seen>> = vec![AtRadii::default(); self.exchanges.len() + 1];
        for (round, found) in self.looked.iter().flat_map(|looked| &looked.found) {
            for (all, own) in rounds.get_mut(*round).into_iter().flatten().zip(found) {
                all.extend(own);
            }
        }
        rounds
    }
}

/// When the ways are that only one of two accounts has: the first and the last hour of times that do not meet, in order.
fn changed_hours(old: &[Way], new: &[Way]) -> Vec<(i64, i64)> {
    let mut changed: Vec<(i64, i64)> = Vec::new();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let way = match (old.peek(), new.peek()) {
            (Some(a), Some(b)) if a.number == b.number => {
                old.next();
                new.next();
                continue;
            }
            (Some(a), Some(b)) if a.t0_us > b.t0_us => new.next(),
            (Some(_), _) => old.next(),
            (None, _) => new.next(),
        };
        let Some(way) = way else { return changed };
        // In the order of their beginnings: what shares an hour is one.
        let (first, last) = hours(way.t0_us, way.t1_us);
        match changed.last_mut().filter(|(_, before)| first <= *before) {
            Some((_, before)) => *before = last.max(*before),
            None => changed.push((first, last)),
        }
    }
}

impl Looked {
    fn found_in(&self, round: usize) -> Option<&AtRadii<Seen>> {
        let at = self.found.binary_search_by_key(&round, |(round, _)| *round).ok()?;
        self.found.get(at).map(|(_, found)| found)
    }

    /// What it has in a round from now on.
    fn take(&mut self, round: usize, found: Option<AtRadii<Seen>>) {
        let at = self.found.partition_point(|(other, _)| *other < round);
        let known = self.found.get(at).is_some_and(|(other, _)| *other == round);
        self.found.splice(at..at + usize::from(known), found.map(|found| (round, found)));
    }
}

/// One of the suspect's ways beside the path.
struct Laid<'a, 'p> {
    both: &'a Scanned<'a>,
    path: &'a Path<'p>,
    way: &'a Way,
    steps: OnceCell<(Cow<'a, [Step]>, Extent)>,
}

impl<'a, 'p> Laid<'a, 'p> {
    const fn new(both: &'a Scanned<'a>, path: &'a Path<'p>, way: &'a Way) -> Self {
        Self { both, path, way, steps: OnceCell::new() }
    }

    fn steps(&self) -> &(Cow<'a, [Step]>, Extent) {
        self.steps.get_or_init(|| {
            let steps = self.both.his.steps(self.way);
            let extent = Extent::around(&steps, 0.0);
            (steps, extent)
        })
    }

    /// How many of its steps have one of the victim's within the largest lag.
    fn comparable(&self) -> usize {
        let lag_us = self.both.params.max_lag_us;
        let (from_us, to_us) = (self.way.t0_us.saturating_sub(lag_us), self.way.t1_us.saturating_add(lag_us));
        if !self.path.has_step(from_us, to_us) {
            return 0;
        }
        let near =
            |step: &&Step| self.path.has_step(step.t_us.saturating_sub(lag_us), step.t_us.saturating_add(lag_us));
        self.steps().0.iter().filter(near).count()
    }

    /// Its passes in a round, on the real days without an exchange.
    fn passes(&self, exchange: Option<&Exchange>) -> Vec<Pass> {
        let params = self.both.params;
        let laying = Laying::of(self.way, exchange);
        if laying == Laying::Out {
            return Vec::new();
        }
        if let Some(hours) = laying.hours(self.way, params) {
            let ways = self.path.ways(hours);
            if ways.is_empty() || !self.path.comes_near(ways, &self.steps().1) {
                return Vec::new();
            }
        }
        let shift = |step: &Step| match laying {
            Laying::By(by_us) => Some(by_us),
            _ => exchange.map_or(Some(0), |exchange| Some(entry(exchange, step.t_us)?.shift_us())),
        };
        passes(&self.steps().0, self.path, params.radius_m * 2.0, params, shift)
    }

    /// How many of its steps are on the path at each lag.
    fn rows(&self, found: &[Pass]) -> Option<Rows> {
        let mut counts = Box::new([0_u32; ROWS]);
        for own in found.chunk_by(|a, b| a.step == b.step) {
            let on = rows(own, self.both.params.radius_m, self.both.params);
            for (row, count) in counts.iter_mut().enumerate() {
                *count += u32::from(on >> row & 1 == 1);
            }
        }
        counts.iter().any(|count| *count > 0).then_some(counts)
    }

    /// The episodes at each radius; `None` without any.
    fn at_radii(&self, passes: &[Pass]) -> Option<AtRadii<Seen>> {
        if passes.is_empty() {
            return None;
        }
        let params = self.both.params;
        let bare = without_uncertainty(passes);
        let ways = Ways { suspect: &self.steps().0, path: self.path };
        let found = TRIED.map(|(times, uncertain)| {
            let passes = if uncertain { passes } else { &bare };
            ways.episodes(passes, params.radius_m * times, params.min_length_m * 0.5, params)
        });
        found.iter().any(|episodes| !episodes.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::US_PER_S;
    use proptest::prelude::*;

    const MINUTE_US: i64 = 60 * US_PER_S;

    /// What becomes of a way.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Fate {
        Goes,
        Comes,
        Stays,
        /// Another stands in its place, which begins with it and ends earlier.
        Shrinks,
    }

    /// Ways one after the other, each some minutes after the one before and some minutes long: as they were, and as they are.
    fn ways(times: &[(i64, i64, Fate)]) -> [Vec<Way>; 2] {
        let (mut at_us, mut old, mut new) = (0, Vec::new(), Vec::new());
        for (number, (after, long, fate)) in (1..).zip(times) {
            let t0_us = at_us + after * MINUTE_US;
            at_us = t0_us + long * MINUTE_US;
            let whole = Way::of_time(number, t0_us, at_us);
            old.extend((*fate != Fate::Comes).then_some(whole));
            match fate {
                Fate::Goes => {}
                Fate::Comes | Fate::Stays => new.push(whole),
                Fate::Shrinks => new.push(Way::of_time(number + 1_000, t0_us, t0_us + long / 3 * MINUTE_US)),
            }
        }
        [old, new]
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![Just(Fate::Goes), Just(Fate::Comes), Just(Fate::Stays), Just(Fate::Shrinks)]
    }

    proptest! {
        #[test]
        fn hours_are_touched_by_the_ways_that_came_or_went_and_by_no_others(
            times in prop::collection::vec((1..90_i64, 0..400_i64, fate()), 0..12), from in 0..60_i64, long in 0..4_i64) {
            let [old, new] = ways(&times);
            let news = News { hers: changed_hours(&old, &new), his: Vec::new() };
            let shares = |way: &&Way| {
                let (first, last) = hours(way.t0_us, way.t1_us);
                first <= from + long && from <= last
            };
            let only = |some: &[Way], others: &[Way]| {
                some.iter().filter(shares).any(|way| others.iter().all(|other| other.number != way.number))
            };
            prop_assert_eq!(news.has_hers_in((from, from + long)), only(&old, &new) || only(&new, &old));
        }
    }
}
