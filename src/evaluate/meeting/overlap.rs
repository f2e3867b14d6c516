//! One stretch of time over which the records that bear on both devices stay the same.

use super::plane::{Plane, stretch};
use super::zone::{self, Disc};
use crate::evaluate::case::Record;
use crate::evaluate::prism::chord::{Spot, between, chord_m, sag_m, spot, way_at_most_m};
use crate::evaluate::prism::{Frontier, Segment, Side, Span, deviations, seconds};

/// A device's records with what is computed once for all stretches.
pub(super) struct Traveller<'a> {
    pub(super) frontier: Frontier<'a>,
    pub(super) spots: Vec<Spot>,
}

impl<'a> Traveller<'a> {
    pub(super) fn new(frontier: Frontier<'a>) -> Self {
        let spots = frontier.records().iter().map(spot).collect();
        Self { frontier, spots }
    }

    /// When it has a record before and after, UTC microseconds.
    pub(super) fn coverage(&self) -> Option<Span> {
        let from_us = self.frontier.records().iter().map(|r| r.t0_us).min()?;
        Some(Span { from_us, to_us: self.frontier.records().iter().map(|r| r.t1_us).max()? })
    }
}

/// What one record allows at a moment: a disc whose radius grows away from the record's time.
#[derive(Clone, Copy)]
struct Cone<'a> {
    record: &'a Record,
    spot: Spot,
    side: Side,
    radius_m: f64,
    speed_m_s: f64,
}

impl Cone<'_> {
    /// The radius at a moment of the stretch, metres.
    fn reach_m(&self, t_us: i64) -> f64 {
        let gap_s = match self.side {
            Side::Before => seconds(self.record.t1_us, t_us),
            Side::During => 0.0,
            Side::After => seconds(t_us, self.record.t0_us),
        };
        self.radius_m + self.speed_m_s * gap_s
    }
}

/// The cones of one device over a stretch; its speed is what is declared, or what its own records ask for.
fn cones<'a>(of: &Traveller<'a>, segment: &Segment, asked: &Asked, widen: f64) -> Vec<Cone<'a>> {
    let speed_m_s = asked.speed_m_s;
    let members = segment.family.members().iter();
    let mut cones: Vec<Cone<'a>> = members
        .filter_map(|m| {
            let (record, spot) = (of.frontier.record(m.index)?, *of.spots.get(m.index as usize)?);
            let radius_m = of.frontier.sigma_m(m.index) * widen + speed_m_s * asked.slop_s;
            Some(Cone { record, spot, side: m.side, radius_m, speed_m_s })
        })
        .collect();
    let mut fastest_m_s = speed_m_s;
    for p in cones.iter().filter(|c| c.side == Side::Before) {
        for q in cones.iter().filter(|c| c.side == Side::After) {
            let s = seconds(p.record.t1_us, q.record.t0_us);
            let radii_m = p.radius_m + q.radius_m;
            let apart_m = chord_m(&p.spot, &q.spot);
            if s > 0.0 && apart_m > radii_m + speed_m_s * s {
                fastest_m_s = fastest_m_s.max((way_at_most_m(apart_m) - radii_m) / s);
            }
        }
    }
    for cone in &mut cones {
        cone.speed_m_s = fastest_m_s;
    }
    cones
}

/// Where one device could have been: at most two cones, the tightest on either side at the middle of the stretch.
#[derive(Clone, Copy)]
struct Lens<'a> {
    first: Cone<'a>,
    second: Option<Cone<'a>>,
}

impl<'a> Lens<'a> {
    /// Of the cones of a stretch; chosen by times and radii, not by positions.
    fn of(cones: &[Cone<'a>], middle_us: i64) -> Option<Self> {
        let tightest = |side: Side| {
            let own = cones.iter().filter(move |c| c.side == side);
            own.copied().reduce(|a, b| if b.reach_m(middle_us) < a.reach_m(middle_us) { b } else { a })
        };
        if let Some(first) = tightest(Side::During) {
            return Some(Self { first, second: None });
        }
        match (tightest(Side::Before), tightest(Side::After)) {
            (Some(first), second) => Some(Self { first, second }),
            (None, Some(first)) => Some(Self { first, second: None }),
            (None, None) => None,
        }
    }

    fn cones(&self) -> impl Iterator<Item = &Cone<'a>> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// A point of the lens, how far it may be moved any way without leaving it, and how deep under the ground it lies.
    fn heart(&self, t_us: i64) -> (Spot, f64, f64) {
        let r1 = self.first.reach_m(t_us);
        let Some(second) = &self.second else { return (self.first.spot, r1, 0.0) };
        let (r2, apart_m) = (second.reach_m(t_us), chord_m(&self.first.spot, &second.spot));
        let share = if r1 + r2 > 0.0 { r1 / (r1 + r2) } else { 0.0 };
        let room_m = (r1 - share * apart_m).min(r2 - (1.0 - share) * apart_m);
        (between(&self.first.spot, &second.spot, share), room_m, sag_m(apart_m))
    }

    /// Every point of the lens is this near to one of its records, metres.
    fn spread_m(&self, span: Span) -> f64 {
        let widest = |c: &Cone<'_>| c.reach_m(span.from_us).max(c.reach_m(span.to_us));
        match &self.second {
            // |x - p| <= r and |x - q| <= s: the lesser is at most half the sum.
            Some(second) => f64::midpoint(self.first.reach_m(span.from_us), second.reach_m(span.from_us)),
            None => widest(&self.first),
        }
    }
}

/// What one test asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Asked {
    pub radius_m: f64,
    pub speed_m_s: f64,
    pub percentile: f64,
    /// How far each device's clock may be off, seconds.
    pub slop_s: f64,
    /// Stretches longer than this are cut to the part where it was possible, microseconds.
    pub refine_us: i64,
}

/// When, within a stretch, two devices could have been near each other; `None` if at no moment.
pub(super) fn possible(
    (a, of_a): (&Traveller<'_>, &Segment),
    (b, of_b): (&Traveller<'_>, &Segment),
    span: Span,
    asked: &Asked,
) -> Option<Span> {
    let count = of_a.family.members().len() + of_b.family.members().len();
    let widen = deviations(asked.percentile, count);
    let cones_a = cones(a, of_a, asked, widen);
    let cones_b = cones(b, of_b, asked, widen);
    let span = allowed_by_pairs(&cones_a, &cones_b, span, asked.radius_m)?;
    let middle_us = span.from_us.midpoint(span.to_us);
    let lenses = Lens::of(&cones_a, middle_us).zip(Lens::of(&cones_b, middle_us));
    let Some((lens_a, lens_b)) = lenses else { return Some(span) };
    let refine = span.length_us() > asked.refine_us;
    let seen =
        [middle_us, span.from_us, span.to_us].into_iter().find(|&t| is_seen(&lens_a, &lens_b, t, asked.radius_m));
    match seen {
        Some(_) if !refine => Some(span),
        _ => Flat::new(&lens_a, &lens_b, span, asked.radius_m)
            .map_or(Some(span), |flat| flat.possible(span, seen, refine)),
    }
}

/// The part of a stretch that no pair of records of the two devices forbids: the distance of their positions is at most
/// what both may have gone, and the radius.
fn allowed_by_pairs(a: &[Cone<'_>], b: &[Cone<'_>], span: Span, radius_m: f64) -> Option<Span> {
    let Span { mut from_us, mut to_us } = span;
    let length = seconds(span.from_us, span.to_us);
    for p in a {
        for q in b {
            let apart_m = chord_m(&p.spot, &q.spot) - radius_m;
            // Linear in time: known at both ends.
            let first_m = p.reach_m(span.from_us) + q.reach_m(span.from_us) - apart_m;
            let last_m = p.reach_m(span.to_us) + q.reach_m(span.to_us) - apart_m;
            if first_m < 0.0 && last_m < 0.0 {
                return None;
            }
            let at_s = length * first_m / (first_m - last_m);
            if first_m < 0.0 {
                from_us = from_us.max(span.from_us.saturating_add(micros(at_s.floor_us())));
            } else if last_m < 0.0 {
                to_us = to_us.min(span.from_us.saturating_add(micros(at_s.ceil_us())));
            }
        }
    }
    (from_us <= to_us).then_some(Span { from_us, to_us })
}

/// Whole microseconds of seconds, outwards: towards possible.
trait Outward {
    fn floor_us(self) -> f64;
    fn ceil_us(self) -> f64;
}

impl Outward for f64 {
    fn floor_us(self) -> f64 {
        (self * 1e6).floor() - 1.0
    }
    fn ceil_us(self) -> f64 {
        (self * 1e6).ceil() + 1.0
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole, and within a stretch between two records")]
fn micros(us: f64) -> i64 {
    us as i64
}

/// Whether two points of the lenses are within the radius at a moment: enough to say possible, not needed for it.
fn is_seen(a: &Lens<'_>, b: &Lens<'_>, t_us: i64, radius_m: f64) -> bool {
    let ((x, room_x, deep_x), (y, room_y, deep_y)) = (a.heart(t_us), b.heart(t_us));
    let margin_m = deep_x + deep_y + 1e-6 * radius_m;
    room_x >= 0.0 && room_y >= 0.0 && chord_m(&x, &y) - room_x - room_y + margin_m <= radius_m
}

/// Two lenses in the plane.
struct Flat<'l, 'a> {
    lenses: [&'l Lens<'a>; 2],
    centres: [Vec<(f64, f64)>; 2],
    stretch: f64,
    radius_m: f64,
}

/// Moments are looked at to this, microseconds: at 40 m/s, 4 cm.
const STEP_US: i64 = 1_000;

/// A distance this little above the radius, after the search, is still called possible, metres.
const STEP_SLACK_M: f64 = 0.1;

/// The ends of the part where it was possible are found to this, microseconds.
const EDGE_US: i64 = 1_000_000;

impl<'l, 'a> Flat<'l, 'a> {
    /// `None` where the plane cannot be used: the devices may have been anywhere.
    fn new(a: &'l Lens<'a>, b: &'l Lens<'a>, span: Span, radius_m: f64) -> Option<Self> {
        let plane = Plane::about(a.first.record.lat_deg, a.first.record.lon_deg);
        let mut farthest_m: f64 = 0.0;
        let mut centres = |lens: &Lens<'_>| -> Vec<(f64, f64)> {
            let projected = lens.cones().map(|c| plane.project(c.record.lat_deg, c.record.lon_deg));
            projected
                .map(|(at, away_m)| {
                    farthest_m = farthest_m.max(away_m);
                    at
                })
                .collect()
        };
        let centres = [centres(a), centres(b)];
        let stretch = stretch(farthest_m + a.spread_m(span).max(b.spread_m(span)) + radius_m)?;
        Some(Self { lenses: [a, b], centres, stretch, radius_m })
    }

    /// The lenses' distance beyond the radius at a moment, metres; not above 0 where it was possible.
    fn beyond_m(&self, t_us: i64) -> f64 {
        let discs = |lens: &Lens<'_>, centres: &[(f64, f64)]| -> Vec<Disc> {
            let of = |(c, &centre): (&Cone<'_>, &(f64, f64))| Disc { centre, radius_m: c.reach_m(t_us) * self.stretch };
            lens.cones().zip(centres).map(of).collect()
        };
        let [a, b] = self.lenses;
        let [of_a, of_b] = &self.centres;
        // A lens that rounding has emptied is a point on the way between its records: nothing is excluded by that.
        zone::distance_m(&discs(a, of_a), &discs(b, of_b)).map_or(0.0, |m| m - self.radius_m * self.stretch)
    }

    /// When it was possible within a stretch; `seen` is a moment at which it is known to be.
    fn possible(&self, span: Span, seen: Option<i64>, refine: bool) -> Option<Span> {
        let at_us = seen.or_else(|| self.moment(span))?;
        if !refine {
            return Some(span);
        }
        Some(Span { from_us: self.edge(at_us, span.from_us), to_us: self.edge(at_us, span.to_us) })
    }

    /// A moment at which it was possible, by golden section: the distance is convex in time.
    fn moment(&self, span: Span) -> Option<i64> {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let part = |from_us: i64, to_us: i64, share: f64| {
            from_us.saturating_add(micros((seconds(from_us, to_us) * share * 1e6).round()))
        };
        let Span { mut from_us, mut to_us } = span;
        if let Some(end) = [from_us, to_us].into_iter().find(|&t| self.beyond_m(t) <= 0.0) {
            return Some(end);
        }
        let (mut p_us, mut q_us) = (part(from_us, to_us, 1.0 - GOLDEN), part(from_us, to_us, GOLDEN));
        let (mut at_p, mut at_q) = (self.beyond_m(p_us), self.beyond_m(q_us));
        while at_p > 0.0 && at_q > 0.0 {
            if to_us.saturating_sub(from_us) <= STEP_US {
                // What lies between the moments looked at is no more than this below them.
                return (at_p.min(at_q) <= STEP_SLACK_M).then_some(if at_p < at_q { p_us } else { q_us });
            }
            if at_p < at_q {
                (to_us, q_us, at_q) = (q_us, p_us, at_p);
                p_us = part(from_us, to_us, 1.0 - GOLDEN);
                at_p = self.beyond_m(p_us);
            } else {
                (from_us, p_us, at_p) = (p_us, q_us, at_q);
                q_us = part(from_us, to_us, GOLDEN);
                at_q = self.beyond_m(q_us);
            }
        }
        Some(if at_p <= 0.0 { p_us } else { q_us })
    }

    /// The end, towards `limit_us`, of the part where it was possible; never too early: up to a second too late.
    fn edge(&self, at_us: i64, limit_us: i64) -> i64 {
        if self.beyond_m(limit_us) <= 0.0 {
            return limit_us;
        }
        let (mut in_us, mut out_us) = (at_us, limit_us);
        while out_us.abs_diff(in_us) > EDGE_US.unsigned_abs() {
            let middle_us = in_us.midpoint(out_us);
            if self.beyond_m(middle_us) <= 0.0 {
                in_us = middle_us;
            } else {
                out_us = middle_us;
            }
        }
        out_us
    }
}
