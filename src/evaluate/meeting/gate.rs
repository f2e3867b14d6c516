//! The cheap test that comes first: most of the time two devices are too far apart whatever is asked.

use super::overlap::{Asked, Traveller};
use crate::evaluate::prism::chord::{chord_m, way_at_most_m};
use crate::evaluate::prism::{Member, Segment, Side, Span, deviations, seconds};

/// No two families have more members than this together.
const MOST: usize = 16;

/// The widest of several questions: what it calls impossible, all of them do.
pub(super) struct Gate {
    radius_m: f64,
    speed_m_s: f64,
    /// How far each device's clock may be off, seconds.
    slop_s: f64,
    /// Standard deviations by the number of records that hold together.
    widen: [f64; MOST + 1],
}

/// A segment with a speed that its device did not exceed, as far as any question assumes.
#[derive(Clone, Copy)]
pub(super) struct Paced {
    pub(super) segment: Segment,
    speed_m_s: f64,
}

impl Gate {
    /// The gate of these questions.
    pub(super) fn of(asked: &[Asked]) -> Self {
        let most = |of: fn(&Asked) -> f64| asked.iter().map(of).fold(0.0, f64::max);
        let percentile = most(|a| a.percentile);
        let mut widen = [0.0; MOST + 1];
        for (count, slot) in widen.iter_mut().enumerate() {
            *slot = deviations(percentile, count);
        }
        Self { radius_m: most(|a| a.radius_m), speed_m_s: most(|a| a.speed_m_s), slop_s: most(|a| a.slop_s), widen }
    }

    /// A segment with its pace: what is declared, or what its records ask for if they are taken as exact.
    pub(super) fn paced(&self, of: &Traveller<'_>, segment: Segment) -> Paced {
        let mut speed_m_s = self.speed_m_s;
        let members = segment.family.members();
        for p in members.iter().filter(|m| m.side == Side::Before) {
            for q in members.iter().filter(|m| m.side == Side::After) {
                if let (Some((start, from_us, _)), Some((end, to_us, _))) = (of.spot(*p), of.spot(*q)) {
                    let (apart_m, s) = (chord_m(*start, *end), seconds(from_us, to_us));
                    if s > 0.0 && apart_m > speed_m_s * s {
                        speed_m_s = speed_m_s.max(way_at_most_m(apart_m) / s);
                    }
                }
            }
        }
        Paced { segment, speed_m_s }
    }

    /// Whether some question might find the two near each other within a stretch.
    pub(super) fn is_open(
        &self,
        (a, of_a): (&Traveller<'_>, &Paced),
        (b, of_b): (&Traveller<'_>, &Paced),
        span: Span,
    ) -> bool {
        let (members_a, members_b) = (of_a.segment.family.members(), of_b.segment.family.members());
        let widen = self.widen.get(members_a.len() + members_b.len()).copied().unwrap_or(f64::INFINITY);
        members_a.iter().all(|p| {
            members_b.iter().all(|q| {
                let (Some((x, of_x, sigma_x)), Some((y, of_y, sigma_y))) = (a.spot(*p), b.spot(*q)) else {
                    return true;
                };
                let reach_m =
                    |t_us: i64| of_a.speed_m_s * gap_s(p.side, of_x, t_us) + of_b.speed_m_s * gap_s(q.side, of_y, t_us);
                let most_m = reach_m(span.from_us).max(reach_m(span.to_us));
                chord_m(*x, *y)
                    <= most_m + self.radius_m + (sigma_x + sigma_y) * widen + 2.0 * self.speed_m_s * self.slop_s
            })
        })
    }
}

fn gap_s(side: Side, record_us: i64, t_us: i64) -> f64 {
    match side {
        Side::Before => seconds(record_us, t_us),
        Side::During => 0.0,
        Side::After => seconds(t_us, record_us),
    }
}

impl Traveller<'_> {
    /// Where a member's record lies, when it bears from (its end, or its start if it comes after), and its deviation.
    fn spot(&self, member: Member) -> Option<(&[f64; 3], i64, f64)> {
        let record = self.frontier.record(member.index)?;
        let at_us = if member.side == Side::After { record.t0_us } else { record.t1_us };
        Some((self.spots.get(member.index as usize)?, at_us, self.frontier.sigma_m(member.index)))
    }
}
