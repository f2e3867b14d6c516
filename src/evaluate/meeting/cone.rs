//! What records allow: cones in space and time, and the lens that two of them make at a moment.

use super::overlap::{Asked, Traveller};
use crate::evaluate::case::Record;
use crate::evaluate::prism::chord::{Spot, between, chord_m, sag_m, way_at_most_m};
use crate::evaluate::prism::{MAX_MEMBERS, Segment, Side, Span, seconds};

/// What one record allows at a moment: a disc whose radius grows away from the record's time.
#[derive(Clone, Copy)]
pub(super) struct Cone<'a> {
    pub(super) record: &'a Record,
    spot: Spot,
    side: Side,
    radius_m: f64,
    speed_m_s: f64,
}

impl Cone<'_> {
    /// The radius at a moment of the stretch, metres.
    pub(super) fn reach_m(&self, t_us: i64) -> f64 {
        let gap_s = match self.side {
            Side::Before => seconds(self.record.t1_us, t_us),
            Side::During => 0.0,
            Side::After => seconds(t_us, self.record.t0_us),
        };
        self.radius_m + self.speed_m_s * gap_s
    }
}

/// Straight lines between the members of two families, or of one: computed once for all questions about a stretch.
#[derive(Clone, Copy)]
pub(super) struct Chords {
    metres: [[f64; MAX_MEMBERS]; MAX_MEMBERS],
}

impl Chords {
    pub(super) fn between((a, of_a): (&Traveller<'_>, &Segment), (b, of_b): (&Traveller<'_>, &Segment)) -> Self {
        let mut metres = [[0.0; MAX_MEMBERS]; MAX_MEMBERS];
        for (row, p) in metres.iter_mut().zip(of_a.family.members()) {
            for (slot, q) in row.iter_mut().zip(of_b.family.members()) {
                let spots = a.spots.get(p.index as usize).zip(b.spots.get(q.index as usize));
                *slot = spots.map_or(0.0, |(p, q)| chord_m(*p, *q));
            }
        }
        Self { metres }
    }

    /// The cones of one family with those of another, and how far apart their records are.
    pub(super) fn pairs<'c, 'a>(
        &'c self,
        a: &'c [Cone<'a>],
        b: &'c [Cone<'a>],
    ) -> impl Iterator<Item = (&'c Cone<'a>, &'c Cone<'a>, f64)> {
        a.iter().zip(&self.metres).flat_map(move |(p, row)| b.iter().zip(row).map(move |(q, m)| (p, q, *m)))
    }
}

/// The cones of one device over a stretch; its speed is what is declared, or what its own records ask for.
pub(super) fn cones<'a>(
    (of, segment): (&Traveller<'a>, &Segment),
    own: &Chords,
    asked: &Asked,
    widen: f64,
) -> Vec<Cone<'a>> {
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
    let ends = own.pairs(&cones, &cones).filter(|(p, q, _)| (p.side, q.side) == (Side::Before, Side::After));
    for (p, q, apart_m) in ends {
        let (s, radii_m) = (seconds(p.record.t1_us, q.record.t0_us), p.radius_m + q.radius_m);
        if s > 0.0 && apart_m > radii_m + speed_m_s * s {
            fastest_m_s = fastest_m_s.max((way_at_most_m(apart_m) - radii_m) / s);
        }
    }
    for cone in &mut cones {
        cone.speed_m_s = fastest_m_s;
    }
    cones
}

/// Where one device could have been: at most two cones, the tightest on either side at the middle of the stretch.
#[derive(Clone, Copy)]
pub(super) struct Lens<'a> {
    pub(super) first: Cone<'a>,
    second: Option<Cone<'a>>,
}

impl<'a> Lens<'a> {
    /// Of the cones of a stretch; chosen by times and radii, not by positions.
    pub(super) fn of(cones: &[Cone<'a>], middle_us: i64) -> Option<Self> {
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

    pub(super) fn cones(&self) -> impl Iterator<Item = &Cone<'a>> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// A point of the lens, how far it may be moved any way without leaving it, and how deep under the ground it lies.
    pub(super) fn heart(&self, t_us: i64) -> (Spot, f64, f64) {
        let r1 = self.first.reach_m(t_us);
        let Some(second) = &self.second else { return (self.first.spot, r1, 0.0) };
        let (r2, apart_m) = (second.reach_m(t_us), chord_m(self.first.spot, second.spot));
        let share = if r1 + r2 > 0.0 { r1 / (r1 + r2) } else { 0.0 };
        let room_m = (r1 - share * apart_m).min(r2 - (1.0 - share) * apart_m);
        (between(&self.first.spot, &second.spot, share), room_m, sag_m(apart_m))
    }

    /// Every point of the lens is this near to one of its records, metres.
    pub(super) fn spread_m(&self, span: Span) -> f64 {
        let widest = |c: &Cone<'_>| c.reach_m(span.from_us).max(c.reach_m(span.to_us));
        match &self.second {
            // |x - p| <= r and |x - q| <= s: the lesser is at most half the sum.
            Some(second) => f64::midpoint(self.first.reach_m(span.from_us), second.reach_m(span.from_us)),
            None => widest(&self.first),
        }
    }
}
