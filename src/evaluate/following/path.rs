//! The victim's path in pieces, and the boxes that tell which of them may be near a place at a time.
//!
//! ```text
//!   ways    ●──●──●──●──●──●      ●──●──●       pieces: the straight ways between joined steps
//!   boxes   └──8──┘└──8──┘        └──8──┘       each eight of them stand in a box, and each way in one,
//!                                               wide enough for all that comes within reach
//! ```
//! A piece is a chord of the ellipsoid. Between fixes a minute apart at 30 m/s it runs at most 0.1 m below the surface. The
//! pieces of a way are made when something comes near it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::super::chord::{Point, dot, minus, unit};
use super::steps::Step;
use super::walked::{Walked, Way};

/// So many pieces stand in one box.
const BOXED: usize = 8;
/// The length of a bucket of time, microseconds.
const HOUR_US: i64 = 3_600 * crate::time::US_PER_S;

/// The straight way between two steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    t0_us: i64,
    t1_us: i64,
    from: Point,
    along: Point,
    length2: f64,
    pub(super) heading: Point,
    pub(super) accuracy_m: f64,
    /// Whether it continues the piece before it.
    pub(super) continues: bool,
}

impl Piece {
    fn between(a: &Step, b: &Step) -> Option<Self> {
        let mean = [a.heading[0] + b.heading[0], a.heading[1] + b.heading[1], a.heading[2] + b.heading[2]];
        let along = minus(b.at, a.at);
        Some(Self {
            t0_us: a.t_us,
            t1_us: b.t_us,
            from: a.at,
            along,
            length2: dot(along, along),
            heading: unit(mean)?,
            accuracy_m: a.accuracy_m.max(b.accuracy_m),
            continues: false,
        })
    }

    fn at(&self, share: f64) -> Point {
        let [x, y, z] = self.along;
        [self.from[0] + share * x, self.from[1] + share * y, self.from[2] + share * z]
    }

    /// How near it comes to a point, metres, and when, UTC microseconds.
    pub(super) fn nearest(&self, p: Point) -> (f64, i64) {
        let share = if self.length2 > 0.0 {
            (dot(minus(p, self.from), self.along) / self.length2).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let off = minus(p, self.at(share));
        (dot(off, off).sqrt(), self.t0_us + part_us(self.t1_us - self.t0_us, share))
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a piece lasts minutes at most")]
fn part_us(span_us: i64, share: f64) -> i64 {
    (span_us as f64 * share) as i64
}

/// A box along the axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    low: Point,
    high: Point,
}

impl Extent {
    /// The box around steps, so much wider on each side.
    pub(super) fn around(steps: &[Step], wider_m: f64) -> Self {
        let mut around = Self { low: [f64::INFINITY; 3], high: [f64::NEG_INFINITY; 3] };
        for step in steps {
            for ((low, high), x) in around.low.iter_mut().zip(&mut around.high).zip(step.at) {
                (*low, *high) = (low.min(x - wider_m), high.max(x + wider_m));
            }
        }
        around
    }

    fn has(&self, p: Point) -> bool {
        let [low, high] = [self.low, self.high];
        (low[0] <= p[0] && p[0] <= high[0])
            && (low[1] <= p[1] && p[1] <= high[1])
            && (low[2] <= p[2] && p[2] <= high[2])
    }

    fn meets(&self, other: &Self) -> bool {
        self.low.iter().zip(&other.high).all(|(low, high)| low <= high)
            && other.low.iter().zip(&self.high).all(|(low, high)| low <= high)
    }
}

/// The hours, counted from 1970, in which something may stand that is looked for between two times.
pub(super) fn hours(from_us: i64, to_us: i64) -> (i64, i64) {
    (from_us.div_euclid(HOUR_US), to_us.div_euclid(HOUR_US))
}

/// One of her ways in pieces.
struct Stretch<'a> {
    steps: Cow<'a, [Step]>,
    /// For each step but the last the piece that begins there; none where it has no direction.
    pieces: Vec<Option<Piece>>,
    boxes: Vec<Extent>,
    whole: Extent,
}

impl<'a> Stretch<'a> {
    fn of(steps: Cow<'a, [Step]>, reach_m: f64) -> Self {
        let mut pieces: Vec<Option<Piece>> = Vec::with_capacity(steps.len());
        for (a, b) in steps.iter().zip(steps.iter().skip(1)) {
            let continues = pieces.last().is_some_and(Option::is_some);
            pieces.push(Piece::between(a, b).map(|piece| Piece { continues, ..piece }));
        }
        let ends = |first: usize| steps.get(first..(first + BOXED + 1).min(steps.len())).unwrap_or_default();
        let boxes = (0..pieces.len()).step_by(BOXED).map(|first| Extent::around(ends(first), reach_m)).collect();
        let whole = Extent::around(&steps, reach_m);
        Self { steps, pieces, boxes, whole }
    }

    /// The pieces that share a moment with these hours.
    fn within(&self, (first, last): (i64, i64)) -> Range<usize> {
        let hour = |step: &Step| step.t_us.div_euclid(HOUR_US);
        let begun = self.steps.partition_point(|step| hour(step) <= last);
        // A piece ends at the step after it.
        let ended = self.steps.partition_point(|step| hour(step) < first).saturating_sub(1);
        ended..begun.min(self.pieces.len())
    }
}

/// A path.
pub(super) struct Path<'a> {
    walked: &'a Walked,
    reach_m: f64,
    /// The number of each way's first step among all.
    firsts: Vec<usize>,
    stretches: Vec<OnceCell<Stretch<'a>>>,
}

/// What of a path has a share in some hours: pieces of a way, and the number of the way's first step.
pub(super) struct InTime<'p, 'a> {
    stretch: &'p Stretch<'a>,
    first: usize,
    pieces: Range<usize>,
}

impl InTime<'_, '_> {
    /// The pieces that may be near a point with the numbers of the steps at which they begin, in order of time.
    pub(super) fn near(&self, p: Point) -> impl Iterator<Item = (usize, &Piece)> {
        let Range { start, end } = if self.stretch.whole.has(p) { self.pieces.clone() } else { 0..0 };
        let boxes = self.stretch.boxes.iter().enumerate().take(end.div_ceil(BOXED)).skip(start / BOXED);
        let near = boxes.filter(move |(_, extent)| extent.has(p)).map(|(n, _)| n * BOXED);
        let places = near.flat_map(move |from| from.max(start)..(from + BOXED).min(end));
        places.filter_map(|at| Some((self.first + at, self.stretch.pieces.get(at)?.as_ref()?)))
    }
}

impl<'a> Path<'a> {
    /// The path of a device; `reach_m` is the largest distance at which a piece will be looked for.
    pub(super) fn of(walked: &'a Walked, reach_m: f64) -> Self {
        let firsts = walked.ways().iter().scan(0, |sum, way| {
            *sum += way.steps;
            Some(*sum - way.steps)
        });
        let stretches = walked.ways().iter().map(|_| OnceCell::new()).collect();
        Self { walked, reach_m, firsts: firsts.collect(), stretches }
    }

    fn stretch(&self, at: usize) -> Option<&Stretch<'a>> {
        let (cell, way) = (self.stretches.get(at)?, self.walked.ways().get(at)?);
        Some(cell.get_or_init(|| Stretch::of(self.walked.steps(way), self.reach_m)))
    }

    /// Which of its ways share a moment with these hours.
    pub(super) fn ways(&self, (first, last): (i64, i64)) -> Range<usize> {
        let hour = |t_us: i64| t_us.div_euclid(HOUR_US);
        let ways = self.walked.ways();
        let ended = ways.partition_point(|way| hour(way.t1_us) < first);
        ended..ways.partition_point(|way| hour(way.t0_us) <= last).max(ended)
    }

    /// Whether any of these ways comes within reach of a box.
    pub(super) fn comes_near(&self, mut ways: Range<usize>, extent: &Extent) -> bool {
        ways.any(|at| self.stretch(at).is_some_and(|stretch| stretch.whole.meets(extent)))
    }

    /// The pieces that share a moment with these hours.
    pub(super) fn in_time(&self, hours: (i64, i64)) -> Vec<InTime<'_, 'a>> {
        let of_way = |at| {
            let (stretch, first) = (self.stretch(at)?, *self.firsts.get(at)?);
            Some(InTime { stretch, first, pieces: stretch.within(hours) })
        };
        self.ways(hours).filter_map(of_way).collect()
    }

    /// Whether it has a step between two times, both included.
    pub(super) fn has_step(&self, from_us: i64, to_us: i64) -> bool {
        let ways = self.walked.ways();
        let first = ways.partition_point(|way| way.t1_us < from_us);
        let begun = ways.iter().enumerate().skip(first).take_while(|(_, way)| way.t0_us <= to_us);
        let has = |at, way: &Way| {
            let whole = from_us <= way.t0_us || way.t1_us <= to_us;
            whole || self.stretch(at).is_some_and(|stretch| stretch.has_step(from_us, to_us))
        };
        begun.into_iter().any(|(at, way)| has(at, way))
    }

    /// The steps of the ways that have two steps, and the number of the first of them.
    pub(super) fn around(&self, first: usize, last: usize) -> (usize, Cow<'_, [Step]>) {
        let way_of = |step: usize| self.firsts.partition_point(|first| *first <= step).saturating_sub(1);
        let (from, to) = (way_of(first.min(last)), way_of(first.max(last)));
        let mut stretches = (from..=to).filter_map(|at| self.stretch(at)).map(|stretch| &*stretch.steps);
        let number = self.firsts.get(from).copied().unwrap_or(0);
        let one = stretches.next().unwrap_or_default();
        let others: Vec<&[Step]> = stretches.collect();
        let steps = if others.is_empty() { Cow::Borrowed(one) } else { [vec![one], others].concat().concat().into() };
        (number, steps)
    }
}

impl Stretch<'_> {
    fn has_step(&self, from_us: i64, to_us: i64) -> bool {
        let at = self.steps.partition_point(|step| step.t_us < from_us);
        self.steps.get(at).is_some_and(|step| step.t_us <= to_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::US_PER_S;
    use proptest::prelude::*;

    fn step(t_us: i64) -> Step {
        Step { t_us, at: [0.0; 3], heading: [1.0, 0.0, 0.0], accuracy_m: 5.0, leg_m: 9.0, joined: true }
    }

    proptest! {
        #[test]
        fn a_piece_is_within_the_hours_that_it_has_a_moment_of(
            gaps_s in prop::collection::vec(1..7_200_i64, 0..12), from in 0..24_i64, long in 0..3_i64) {
            let mut at_s = 0;
            let times = std::iter::once(0).chain(gaps_s.into_iter().map(|gap_s| { at_s += gap_s; at_s }));
            let steps: Vec<Step> = times.map(|s| step(s * US_PER_S)).collect();
            let stretch = Stretch::of(steps.clone().into(), 10.0);
            let (first, last) = (from, from + long);
            let shares = |at: &usize| {
                let (a, b) = hours(steps[*at].t_us, steps[*at + 1].t_us);
                a <= last && first <= b
            };
            let wanted: Vec<usize> = (0..steps.len() - 1).filter(shares).collect();
            let within: Vec<usize> = stretch.within((first, last)).collect();
            prop_assert_eq!(within, wanted);
        }
    }
}
