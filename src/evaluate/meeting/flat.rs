//! Two lenses in the plane: the search for a moment at which they were near each other.

use super::cone::{Cone, Lens};
use super::plane::{Plane, stretch};
use super::zone::{self, Disc};
use crate::evaluate::prism::{Span, seconds};

/// Two lenses in the plane.
pub(super) struct Flat<'l, 'a> {
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
    pub(super) fn new(a: &'l Lens<'a>, b: &'l Lens<'a>, span: Span, radius_m: f64) -> Option<Self> {
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
    pub(super) fn possible(&self, span: Span, seen: Option<i64>, refine: bool) -> Option<Span> {
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

/// Whole microseconds.
#[expect(clippy::cast_possible_truncation, reason = "whole, and within a stretch between two records")]
pub(super) fn micros(us: f64) -> i64 {
    us as i64
}
