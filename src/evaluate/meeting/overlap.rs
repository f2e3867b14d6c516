//! One stretch of time over which the records that bear on both devices stay the same.

use super::cone::{Chords, Cone, Lens, cones};
use super::flat::{Flat, micros};
use crate::evaluate::prism::chord::{Spot, chord_m, spot};
use crate::evaluate::prism::{Frontier, Segment, Span, deviations, seconds};

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

impl Asked {
    /// Whether all that another question calls possible is so for this one: the same certainty, no less radius or speed.
    fn covers(&self, other: &Self) -> bool {
        (self.percentile, self.slop_s, self.refine_us) == (other.percentile, other.slop_s, other.refine_us)
            && self.radius_m >= other.radius_m
            && self.speed_m_s >= other.speed_m_s
    }
}

/// Two devices over a stretch of time.
pub(super) struct Overlap<'o, 'a> {
    a: (&'o Traveller<'a>, &'o Segment),
    b: (&'o Traveller<'a>, &'o Segment),
    span: Span,
    own: [Chords; 2],
    cross: Chords,
}

impl<'o, 'a> Overlap<'o, 'a> {
    pub(super) fn new(a: (&'o Traveller<'a>, &'o Segment), b: (&'o Traveller<'a>, &'o Segment), span: Span) -> Self {
        let own = [Chords::between(a, a), Chords::between(b, b)];
        Self { a, b, span, own, cross: Chords::between(a, b) }
    }

    /// For each question, when within the stretch the two could have been near each other; `None` if at no moment.
    ///
    /// What is possible throughout at a lower speed and within a smaller radius is not computed again for a greater.
    pub(super) fn possible(&self, asked: &[Asked]) -> Vec<Option<Span>> {
        let mut narrow_first: Vec<(usize, &Asked)> = asked.iter().enumerate().collect();
        narrow_first
            .sort_by(|(_, p), (_, q)| p.speed_m_s.total_cmp(&q.speed_m_s).then(p.radius_m.total_cmp(&q.radius_m)));
        let mut found = vec![None; asked.len()];
        let mut throughout: Vec<&Asked> = Vec::new();
        for (at, asked) in narrow_first {
            let implied = throughout.iter().any(|known| asked.covers(known));
            let span = if implied { Some(self.span) } else { self.possible_once(asked) };
            if span == Some(self.span) && !implied {
                throughout.push(asked);
            }
            if let Some(slot) = found.get_mut(at) {
                *slot = span;
            }
        }
        found
    }

    fn possible_once(&self, asked: &Asked) -> Option<Span> {
        let count = self.a.1.family.members().len() + self.b.1.family.members().len();
        let widen = deviations(asked.percentile, count);
        let [own_a, own_b] = &self.own;
        let (cones_a, cones_b) = (cones(self.a, own_a, asked, widen), cones(self.b, own_b, asked, widen));
        let span = allowed_by_pairs(self.cross.pairs(&cones_a, &cones_b), self.span, asked.radius_m)?;
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
}

/// The part of a stretch that no pair of records of the two devices forbids: the distance of their positions is at most
/// what both may have gone, and the radius.
fn allowed_by_pairs<'c, 'a: 'c>(
    pairs: impl Iterator<Item = (&'c Cone<'a>, &'c Cone<'a>, f64)>,
    span: Span,
    radius_m: f64,
) -> Option<Span> {
    let Span { mut from_us, mut to_us } = span;
    let length = seconds(span.from_us, span.to_us);
    for (p, q, chord_m) in pairs {
        let apart_m = chord_m - radius_m;
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

/// Whether two points of the lenses are within the radius at a moment: enough to say possible, not needed for it.
fn is_seen(a: &Lens<'_>, b: &Lens<'_>, t_us: i64, radius_m: f64) -> bool {
    let ((x, room_x, deep_x), (y, room_y, deep_y)) = (a.heart(t_us), b.heart(t_us));
    let margin_m = deep_x + deep_y + 1e-6 * radius_m;
    room_x >= 0.0 && room_y >= 0.0 && chord_m(x, y) - room_x - room_y + margin_m <= radius_m
}
