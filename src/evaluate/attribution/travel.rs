//! Two devices hour by hour: near, apart, or neither.
//!
//! ```text
//!   pieces     3  3 │ 4 │ 7  7          in order of their stretches; what several say of one is put together
//!   hours       3   │ 4 │  7            the pairs that stand for them are looked for only where they are asked for
//! ```

use std::ops::Range;

use super::apart::{Separation, WAYS};
use super::beside::{All, Beside};
use super::rare::{Background, HourPair, rarest};
use super::said::{Asked, Piece};
use super::seen::{Seen, Whereabouts};
use super::switches::Switch;
use super::two::Two;
use crate::evaluate::Device;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::passes::Passed;
use crate::time::{US_PER_S, ZoneRule};

/// How two devices are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributionParams {
    /// Records of both at most so far apart in time are a pair, microseconds.
    pub max_delay_us: i64,
    /// Of each stretch this long one pair counts, microseconds.
    pub interval_us: i64,
    /// When on the clock on the wall the first stretch of a day begins, microseconds after midnight.
    pub interval_start_us: i64,
    /// Positions this near, besides their uncertainties, are near, metres.
    pub radius_m: f64,
    /// No carrier is faster, metres a second.
    pub max_speed_m_s: f64,
    /// The probability with which a radius of uncertainty holds the true position.
    pub percentile: f64,
    /// Both clocks together may be off by so much, microseconds.
    pub clock_us: i64,
    /// Records further apart in time are not compared for separation, microseconds.
    pub horizon_us: i64,
    /// The radius with which a record that states none is judged too far, metres; for being near it counts as exact.
    pub unstated_m: f64,
    /// The same of a cell's record, metres.
    pub unstated_cell_m: f64,
    /// Fewer stretches than this are too few to speak of travelling together.
    pub least_hours: usize,
    /// The validation (its reference) of likelihood ratios for this kind of records; without one they are not computed.
    pub validation: Option<String>,
}

impl Default for AttributionParams {
    fn default() -> Self {
        Self {
            max_delay_us: 120 * US_PER_S,
            interval_us: 3_600 * US_PER_S,
            interval_start_us: 5 * 3_600 * US_PER_S,
            radius_m: 100.0,
            max_speed_m_s: 70.0,
            percentile: 0.95,
            clock_us: 10 * US_PER_S,
            horizon_us: 3_600 * US_PER_S,
            unstated_m: 50.0,
            unstated_cell_m: 20_000.0,
            least_hours: 5,
            validation: None,
        }
    }
}

/// What the records of one stretch say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HourKind {
    /// There is a pair within both radii and the radius asked for, and no separation.
    Near,
    /// A separation excludes that both were carried together at that time.
    Apart,
    /// Neither.
    Undecided,
}

/// One stretch in which both were recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hour {
    /// When it begins, microseconds of the clock on the wall since 1970-01-01T00:00 there.
    pub wall_us: i64,
    /// What its records say.
    pub kind: HourKind,
    /// The pair that stands for it; `None` if there are only separations.
    pub pair: Option<HourPair>,
}

/// Two devices side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct CoTravel {
    /// Pairs of records that follow each other within the delay.
    pub pairs: usize,
    /// Of those, how many lie within both radii and the radius asked for.
    pub near_pairs: usize,
    /// The least, a quarter, a half, three quarters and all of the pairs are at most this far apart, metres.
    pub distances_m: [f64; 5],
    /// The stretches, in order.
    pub hours: Vec<Hour>,
    /// Separations that exclude, in order of time.
    pub separations: Vec<Separation>,
}

impl CoTravel {
    /// How many stretches are of a kind.
    #[must_use]
    pub fn hours_of(&self, kind: HourKind) -> usize {
        self.hours.iter().filter(|hour| hour.kind == kind).count()
    }

    /// The likelihood ratios of the stretches, sorted; empty unless they were asked for.
    #[must_use]
    pub fn ratios(&self) -> Vec<f64> {
        let mut ratios: Vec<f64> = self.hours.iter().filter_map(|hour| hour.pair?.ratio).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios
    }
}

/// Compares two devices.
///
/// The ratios are of the first device's places given where the second is: the two are not interchangeable.
#[must_use]
pub fn co_travel(a: &Device, b: &Device, zone: &ZoneRule, params: &AttributionParams) -> CoTravel {
    let others = [(); WAYS - 1].map(|()| params.clone());
    let asked = Asked::new(zone, params, others, usize::MAX);
    let mut passes = Passes::default();
    let (a, b) = (Chunked::anew(a.records()), Chunked::anew(b.records()));
    let travelled = Travelled::of((&a, &b), &asked, &mut passes);
    let stretches: Vec<&Stretch> = travelled.hours(0).collect();
    let pairs = travelled.pairs_of(&stretches, (&a, &b), &asked, &mut passes);
    let hours = stretches.iter().zip(pairs);
    let hour =
        |(hour, pair): (&&Stretch, _)| Hour { wall_us: asked.cut.wall_us(hour.number), kind: hour.kind(0), pair };
    CoTravel {
        pairs: travelled.said.pairs,
        near_pairs: travelled.said.near_pairs,
        distances_m: travelled.said.distances_m,
        hours: hours.map(hour).collect(),
        separations: travelled.said.told,
    }
}

/// What is remembered of two devices.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Passes {
    beside: Beside,
    seen: [Passed<Whereabouts>; 2],
}

#[cfg(test)]
impl Passes {
    /// What was said of which chunks, by where it is kept.
    pub(super) fn said(&self) -> Vec<String> {
        self.beside.said()
    }
}

/// What is said of one stretch.
#[derive(Debug)]
pub(super) struct Stretch {
    number: i64,
    switched: bool,
    near: [bool; WAYS],
    apart: [bool; WAYS],
    /// Which of the pieces are about it.
    pieces: Range<usize>,
}

impl Stretch {
    fn of(piece: &Piece, at: usize) -> Self {
        let Piece { stretch, switched, near, apart, .. } = *piece;
        Self { number: stretch, switched, near, apart, pieces: at..at + 1 }
    }

    /// Takes what the next piece says.
    fn take(&mut self, piece: &Piece, at: usize) {
        self.switched |= piece.switched;
        self.near.iter_mut().zip(piece.near).for_each(|(known, near)| *known |= near);
        self.apart.iter_mut().zip(piece.apart).for_each(|(known, apart)| *known |= apart);
        self.pieces.end = at + 1;
    }

    /// Whether anything is said of it by one of the ways.
    pub(super) fn counts(&self, way: usize) -> bool {
        self.switched || self.apart.get(way).is_some_and(|is| *is)
    }

    /// What it is by one of the ways.
    pub(super) fn kind(&self, way: usize) -> HourKind {
        let is = |of: &[bool; WAYS]| of.get(way).is_some_and(|is| *is);
        match (is(&self.apart), is(&self.near)) {
            (true, _) => HourKind::Apart,
            (false, true) => HourKind::Near,
            (false, false) => HourKind::Undecided,
        }
    }
}

/// Two devices side by side, before it is known which hours' pairs are asked for.
#[derive(Debug)]
pub(super) struct Travelled {
    pub(super) said: All,
    /// All stretches of which something is said by any of the ways, in order.
    pub(super) stretches: Vec<Stretch>,
}

impl Travelled {
    pub(super) fn of((a, b): (&Chunked<'_>, &Chunked<'_>), asked: &Asked, passes: &mut Passes) -> Self {
        let said = passes.beside.of(asked, a, b);
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, piece) in said.pieces.iter().enumerate() {
            match stretches.last_mut().filter(|last| last.number == piece.stretch) {
                Some(last) => last.take(piece, at),
                None => stretches.push(Stretch::of(piece, at)),
            }
        }
        Self { said, stretches }
    }

    /// The stretches that are of a way.
    pub(super) fn hours(&self, way: usize) -> impl Iterator<Item = &Stretch> {
        self.stretches.iter().filter(move |stretch| stretch.counts(way))
    }

    /// How many of a way's stretches are of a kind.
    pub(super) fn hours_of(&self, way: usize, kind: HourKind) -> usize {
        self.hours(way).filter(|stretch| stretch.kind(way) == kind).count()
    }

    /// The pairs that stand for some stretches, which are given in order; their ratios if those are asked for.
    pub(super) fn pairs_of(
        &self,
        stretches: &[&Stretch],
        (a, b): (&Chunked<'_>, &Chunked<'_>),
        asked: &Asked,
        passes: &mut Passes,
    ) -> Vec<Option<HourPair>> {
        let numbers: Vec<i64> = stretches.iter().map(|stretch| stretch.number).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        let [of_a, of_b] = &mut passes.seen;
        let with_ratio = asked.params.validation.is_some();
        let mut a_seen = with_ratio.then(|| Seen::of(a, &asked.cut, &numbers, of_a));
        let b_seen = Seen::of(b, &asked.cut, &numbers, of_b);
        let two = Two::of(a.records(), b.records());
        let pair = |stretch: &&Stretch| {
            let mut background = Background { a: a_seen.as_mut(), b: &b_seen, stretch: stretch.number };
            rarest(self.switches(stretch, &two, asked).into_iter(), &mut background)
        };
        stretches.iter().map(pair).collect()
    }

    /// The switches both records of which lie in a stretch, in order of time.
    fn switches<'r>(&self, stretch: &Stretch, two: &Two<'r>, asked: &Asked) -> Vec<Switch<'r>> {
        let mut numbers = asked.cut.stretches();
        let pieces = self.said.pieces.get(stretch.pieces.clone()).unwrap_or_default();
        let records = pieces.iter().flat_map(|piece| piece.records.clone());
        let switches = records.flat_map(|at| two.switches(at, asked.params.max_delay_us));
        switches.filter(|switch| [switch.a, switch.b].map(|record| numbers.of(record)) == [stretch.number; 2]).collect()
    }
}
