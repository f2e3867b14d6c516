//! From the records that bear on a stretch of time to the moments at which a place could be reached.

use super::chord::{Spot, chord_m, spot, way_at_most_m};
use super::family::{MAX_MEMBERS, Side};
use super::frontier::Frontier;
use super::params::deviations;
use super::segments::Segment;
use crate::evaluate::case::Record;
use crate::index::distance_m;

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Start, UTC microseconds.
    pub from_us: i64,
    /// End, UTC microseconds.
    pub to_us: i64,
}

impl Span {
    /// Its length, microseconds.
    #[must_use]
    pub const fn length_us(&self) -> i64 {
        self.to_us.saturating_sub(self.from_us)
    }
}

/// What one record asks: to be `need_m` further along, in the time between `at_us` and the moment.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    index: u32,
    side: Side,
    at_us: i64,
    need_m: f64,
}

/// The bounds of a segment; in place, since a window may have thousands of segments and be asked with many parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bounds {
    all: [Bound; MAX_MEMBERS],
    count: usize,
}

impl Bounds {
    const NONE: Self =
        Self { all: [Bound { index: 0, side: Side::Before, at_us: 0, need_m: 0.0 }; MAX_MEMBERS], count: 0 };

    fn push(&mut self, bound: Bound) {
        if let Some(slot) = self.all.get_mut(self.count) {
            *slot = bound;
            self.count += 1;
        }
    }

    fn iter(&self) -> std::slice::Iter<'_, Bound> {
        self.all.get(..self.count).unwrap_or_default().iter()
    }
}

/// A segment, and how far the place lies from what its records allow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// The stretch of time.
    pub span: Span,
    bounds: Bounds,
    /// A speed that the records themselves ask for, metres per second: never too low.
    pub own_speed_m_s: f64,
}

/// The least speed that reaches the place, and the records that ask for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binding {
    /// Metres per second; infinite if a record keeps the device away whatever its speed.
    pub speed_m_s: f64,
    /// The record before (or during) that asks for it, by position; `None` if none does.
    pub before: Option<u32>,
    /// The record after that asks for it.
    pub after: Option<u32>,
}

/// Seconds from one time to another; not negative.
#[expect(clippy::cast_precision_loss, reason = "exact up to 285 years")]
pub(crate) fn seconds(from_us: i64, to_us: i64) -> f64 {
    to_us.saturating_sub(from_us).max(0) as f64 / 1e6
}

/// The microseconds that a way takes, rounded down: towards possible.
fn travel_us(need_m: f64, speed_m_s: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates; not-a-number (0 of 0) is no way at all")]
    let us = (need_m / speed_m_s * 1e6).floor() as i64;
    us
}

/// Where records lie relative to a place: measured once, asked with many parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// Geodesic distances from the place's point, metres, and positions in space; by the record's position.
    measured: Vec<Option<(f64, Spot)>>,
}

impl Places {
    /// Measures the records that `bears` chooses, by their position; the others ask for nothing.
    #[must_use]
    pub fn measure(records: &[Record], lat_deg: f64, lon_deg: f64, bears: &[bool]) -> Self {
        let measure = |r: &Record| (distance_m(lat_deg, lon_deg, r.lat_deg, r.lon_deg), spot(r));
        Self { measured: records.iter().zip(bears).map(|(r, &bears)| bears.then(|| measure(r))).collect() }
    }

    /// The distance of a record from the place's point, metres; not-a-number if it was not measured.
    #[must_use]
    pub fn distance_m(&self, index: u32) -> f64 {
        self.of(index).map_or(f64::NAN, |(m, _)| *m)
    }

    fn of(&self, index: u32) -> Option<&(f64, Spot)> {
        self.measured.get(index as usize).and_then(Option::as_ref)
    }
}

impl Room {
    /// The room of a segment about a place that reaches `reach_m` from its point.
    ///
    /// Radii hold together at `percentile`, multiplied by `uncertainty_times`.
    #[must_use]
    pub fn of(
        frontier: &Frontier<'_>,
        places: &Places,
        segment: &Segment,
        reach_m: f64,
        (percentile, uncertainty_times): (f64, f64),
    ) -> Self {
        let members = segment.family.members();
        let widen = deviations(percentile, members.len()) * uncertainty_times;
        let mut bounds = Bounds::NONE;
        for member in members {
            let Some(record) = frontier.record(member.index) else { continue };
            // Not-a-number (no distance, no radius) asks for nothing: `max` returns its other argument.
            let need_m = (places.distance_m(member.index) - reach_m - frontier.sigma_m(member.index) * widen).max(0.0);
            let at_us = if member.side == Side::After { record.t0_us } else { record.t1_us };
            bounds.push(Bound { index: member.index, side: member.side, at_us, need_m });
        }
        let own_speed_m_s = own_speed_m_s(frontier, places, &bounds, widen);
        Self { span: Span { from_us: segment.from_us, to_us: segment.to_us }, bounds, own_speed_m_s }
    }

    /// Whether a record before (or during) bears on it.
    #[must_use]
    pub fn is_bounded_before(&self) -> bool {
        self.bounds.iter().any(|b| b.side != Side::After)
    }

    /// Whether a record after (or during) bears on it.
    #[must_use]
    pub fn is_bounded_after(&self) -> bool {
        self.bounds.iter().any(|b| b.side != Side::Before)
    }

    /// The record nearest before it, by position.
    #[must_use]
    pub fn last_before(&self) -> Option<u32> {
        self.bounds.iter().find(|b| b.side != Side::After).map(|b| b.index)
    }

    /// The record nearest after it, by position.
    #[must_use]
    pub fn first_after(&self) -> Option<u32> {
        self.bounds.iter().find(|b| b.side == Side::After).map(|b| b.index)
    }

    /// When the place could be reached at a speed; `None` if at no moment.
    #[must_use]
    pub fn free(&self, speed_m_s: f64) -> Option<Span> {
        let Span { mut from_us, mut to_us } = self.span;
        for b in self.bounds.iter().filter(|b| b.need_m > 0.0) {
            let way_us = travel_us(b.need_m, speed_m_s);
            match b.side {
                Side::Before => from_us = from_us.max(b.at_us.saturating_add(way_us)),
                Side::During => return None,
                Side::After => to_us = to_us.min(b.at_us.saturating_sub(way_us)),
            }
        }
        (from_us <= to_us).then_some(Span { from_us, to_us })
    }

    /// The least speed at which the place could be reached at some moment.
    #[must_use]
    pub fn least_speed(&self) -> Binding {
        let mut worst = Binding { speed_m_s: 0.0, before: None, after: None };
        let mut ask = |need_m: f64, s: f64, before: Option<u32>, after: Option<u32>| {
            let speed_m_s = if need_m > 0.0 { need_m / s } else { 0.0 };
            if speed_m_s > worst.speed_m_s {
                worst = Binding { speed_m_s, before, after };
            }
        };
        for b in self.bounds.iter() {
            match b.side {
                Side::Before => ask(b.need_m, seconds(b.at_us, self.span.to_us), Some(b.index), None),
                Side::During => ask(b.need_m, 0.0, Some(b.index), None),
                Side::After => ask(b.need_m, seconds(self.span.from_us, b.at_us), None, Some(b.index)),
            }
            if b.side == Side::Before {
                for a in self.bounds.iter().filter(|a| a.side == Side::After) {
                    ask(b.need_m + a.need_m, seconds(b.at_us, a.at_us), Some(b.index), Some(a.index));
                }
            }
        }
        worst
    }
}

/// The greatest speed that a record before and one after ask for, even with their radii against it; never too low.
fn own_speed_m_s(frontier: &Frontier<'_>, places: &Places, bounds: &Bounds, widen: f64) -> f64 {
    let mut speed_m_s: f64 = 0.0;
    for b in bounds.iter().filter(|b| b.side != Side::After) {
        for a in bounds.iter().filter(|a| a.side == Side::After) {
            if let (Some((_, p)), Some((_, q))) = (places.of(b.index), places.of(a.index)) {
                let radii_m = (frontier.sigma_m(b.index) + frontier.sigma_m(a.index)) * widen;
                let (way_m, s) = (way_at_most_m(chord_m(*p, *q)) - radii_m, seconds(b.at_us, a.at_us));
                // At one and the same time they contradict each other: no speed mends that.
                if way_m > 0.0 && s > 0.0 {
                    speed_m_s = speed_m_s.max(way_m / s);
                }
            }
        }
    }
    speed_m_s
}

/// When the place could be reached, by a speed for each room: maximal stretches, in order.
pub fn spans_at(rooms: &[Room], speed_m_s: impl Fn(&Room) -> f64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for free in rooms.iter().filter_map(|room| room.free(speed_m_s(room))) {
        match spans.last_mut().filter(|last| last.to_us >= free.from_us) {
            Some(last) => last.to_us = last.to_us.max(free.to_us),
            None => spans.push(free),
        }
    }
    spans
}

/// The speed at which a room is judged: what is declared, or what its own records show if that is faster.
#[must_use]
pub fn fastest_of(declared_m_s: f64, room: &Room) -> f64 {
    declared_m_s.max(room.own_speed_m_s)
}

/// The least speed at which a stay of `min_stay_us` would have been possible: the break-even speed.
///
/// For a moment (0) it is exact. For a longer stay it is found by halving, to a billionth; infinite above the speed of
/// light, where records keep the device away.
#[must_use]
pub fn least_speed(rooms: &[Room], min_stay_us: i64) -> Binding {
    let best = rooms.iter().map(Room::least_speed).reduce(|a, b| if b.speed_m_s < a.speed_m_s { b } else { a });
    let Some(best) = best else { return Binding { speed_m_s: f64::INFINITY, before: None, after: None } };
    if best.speed_m_s == f64::INFINITY {
        return best;
    }
    let stays = |speed: f64| spans_at(rooms, |_| speed).iter().any(|s| s.length_us() >= min_stay_us);
    if min_stay_us <= 0 || stays(best.speed_m_s) {
        return best;
    }
    let (mut low, mut high) = (best.speed_m_s, best.speed_m_s.max(1.0));
    while !stays(high) {
        high *= 2.0;
        if high > 3e8 {
            return Binding { speed_m_s: f64::INFINITY, ..best };
        }
    }
    while high - low > high * 1e-9 {
        let middle = f64::midpoint(low, high);
        if stays(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Binding { speed_m_s: high, ..best }
}
