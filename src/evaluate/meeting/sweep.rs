//! The whole time for which two devices have records, cut at every record of either.

use super::Answer;
use super::gate::Gate;
use super::observed::{Contact, contacts, stretches};
use super::overlap::{Asked, Overlap, Traveller};
use crate::evaluate::case::Record;
use crate::evaluate::extent::Reached;
use crate::evaluate::prism::{Frontier, ReachParams, Span, seconds};
use crate::model::ProximityParams;

/// What the records of two devices allow.
#[derive(Debug, Clone, PartialEq)]
pub struct MeetingResult {
    /// The time for which both have records before and after; `None` if there is none.
    pub coverage: Option<Span>,
    /// Records near each other, in the order of the first device's.
    pub contacts: Vec<Contact>,
    /// When they could have been near each other: maximal stretches of the coverage, in order.
    pub possible: Vec<Span>,
    /// When they could not: what is left of it.
    pub never: Vec<Span>,
    /// When they were: the times of the contacts as maximal stretches, in order.
    pub observed: Vec<Span>,
}

impl MeetingResult {
    pub(super) fn new(coverage: Option<Span>, possible: Vec<Span>, contacts: Vec<Contact>) -> Self {
        let never = coverage.map_or_else(Vec::new, |c| rest(c, &possible));
        Self { coverage, observed: stretches(&contacts), contacts, possible, never }
    }

    /// The answer for the whole coverage.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::overall(self.coverage, !self.observed.is_empty(), !self.possible.is_empty())
    }

    /// The answer for a part of the time, both ends included: `certainly_not` only if records cover all of it.
    #[must_use]
    pub fn during(&self, part: Span) -> Answer {
        let [observed, possible] = [&self.observed, &self.possible].map(|spans| any_shares(spans, part));
        Answer::within(part, self.coverage, observed, possible)
    }
}

impl Answer {
    /// The answer for all of the time that records cover: whether the devices were near each other at any moment, and could
    /// have been.
    pub(super) const fn overall(coverage: Option<Span>, observed: bool, possible: bool) -> Self {
        match (observed, coverage) {
            (true, _) => Self::Observed,
            (false, None) => Self::NoData,
            (false, Some(_)) if possible => Self::Possible,
            (false, Some(_)) => Self::CertainlyNot,
        }
    }

    /// The answer for a part of the time: whether they were near each other in it, and could have been.
    pub(super) fn within(part: Span, coverage: Option<Span>, observed: bool, possible: bool) -> Self {
        if observed {
            return Self::Observed;
        }
        match coverage.filter(|c| shares(c, part)) {
            None => Self::NoData,
            Some(c) if c.from_us > part.from_us || c.to_us < part.to_us => Self::Possible,
            Some(_) if possible => Self::Possible,
            Some(_) => Self::CertainlyNot,
        }
    }
}

fn shares(span: &Span, part: Span) -> bool {
    span.from_us <= part.to_us && span.to_us >= part.from_us
}

/// Whether one of several stretches, in order and apart, shares a moment with a part of the time.
pub(super) fn any_shares(spans: &[Span], part: Span) -> bool {
    // Of those that begin at or before its end, the last.
    let begun = spans.partition_point(|s| s.from_us <= part.to_us);
    spans.get(..begun).and_then(<[Span]>::last).is_some_and(|last| shares(last, part))
}

/// Two devices, prepared once for many questions.
pub(super) struct Pair<'a> {
    a: Traveller<'a>,
    b: Traveller<'a>,
}

impl<'a> Pair<'a> {
    pub(super) fn new(a: &'a [Record], b: &'a [Record], reach: &ReachParams) -> Self {
        Self { a: Traveller::new(Frontier::new(a, reach)), b: Traveller::new(Frontier::new(b, reach)) }
    }

    pub(super) fn coverage(&self) -> Option<Span> {
        let (a, b) = (self.a.coverage()?, self.b.coverage()?);
        let both = Span { from_us: a.from_us.max(b.from_us), to_us: a.to_us.min(b.to_us) };
        (both.from_us <= both.to_us).then_some(both)
    }

    /// For each question: when the two could have been near each other, as maximal stretches in order.
    pub(super) fn possible(&self, asked: &[Asked]) -> Vec<Vec<Span>> {
        self.coverage().map_or_else(|| vec![Vec::new(); asked.len()], |both| self.possible_within(both, asked))
    }

    /// As [`Self::possible`], within a part of the time for which both have records.
    pub(super) fn possible_within(&self, part: Span, asked: &[Asked]) -> Vec<Vec<Span>> {
        let mut found = vec![Vec::new(); asked.len()];
        let Span { from_us, to_us } = part;
        let gate = Gate::of(asked);
        let mut of_a = self.a.frontier.segments(from_us, to_us).map(|s| gate.paced(&self.a, s));
        let mut of_b = self.b.frontier.segments(from_us, to_us).map(|s| gate.paced(&self.b, s));
        let (mut a, mut b) = (of_a.next(), of_b.next());
        while let (Some(p), Some(q)) = (&a, &b) {
            let (end_a, end_b) = (p.segment.to_us, q.segment.to_us);
            let overlap = Span { from_us: p.segment.from_us.max(q.segment.from_us), to_us: end_a.min(end_b) };
            if gate.is_open((&self.a, p), (&self.b, q), overlap) {
                let overlap = Overlap::new((&self.a, &p.segment), (&self.b, &q.segment), overlap);
                for (span, spans) in overlap.possible(asked).into_iter().zip(&mut found) {
                    if let Some(span) = span {
                        join(spans, span);
                    }
                }
            }
            if end_a <= end_b {
                a = of_a.next();
            }
            if end_b <= end_a {
                b = of_b.next();
            }
        }
        found
    }
}

/// The time for which both devices have records before and after; `None` if there is none.
pub(super) fn coverage(devices: [&[Reached<'_>]; 2]) -> Option<Span> {
    let from_us = |chunks: &[Reached<'_>]| chunks.iter().map(|chunk| chunk.from_us).min();
    let to_us = |chunks: &[Reached<'_>]| chunks.iter().map(|chunk| chunk.to_us).max();
    let [a, b] = devices;
    let both = Span { from_us: from_us(a)?.max(from_us(b)?), to_us: to_us(a)?.min(to_us(b)?) };
    (both.from_us <= both.to_us).then_some(both)
}

/// Adds a stretch that begins no earlier than the last, joining it if they touch.
pub(super) fn join(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut().filter(|last| last.to_us >= span.from_us) {
        Some(last) => last.to_us = last.to_us.max(span.to_us),
        None => spans.push(span),
    }
}

impl Asked {
    pub(super) fn of(params: &ProximityParams, reach: &ReachParams) -> Self {
        Self {
            radius_m: params.radius_m,
            speed_m_s: reach.fastest().speed_m_s,
            percentile: reach.percentile,
            slop_s: seconds(0, reach.clock_slop_us),
            refine_us: params.max_interpolation_us,
        }
    }
}

/// What the records of two devices, each in the order of content, allow: see [`crate::evaluate::meeting`].
///
/// Both are taken to go no faster than the fastest declared mode, or than their own records ask for. The records that
/// bear on a moment hold together at the percentile, as for incidents.
#[must_use]
pub fn meet(a: &[Record], b: &[Record], params: &ProximityParams, reach: &ReachParams) -> MeetingResult {
    let pair = Pair::new(a, b, reach);
    let possible = pair.possible(&[Asked::of(params, reach)]).pop().unwrap_or_default();
    MeetingResult::new(pair.coverage(), possible, contacts(a, b, params))
}

/// What stretches, in order and apart, leave of a time.
pub(super) fn rest(of: Span, taken: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut from_us = of.from_us;
    for span in taken {
        if span.from_us > from_us {
            left.push(Span { from_us, to_us: span.from_us });
        }
        from_us = from_us.max(span.to_us);
    }
    if of.to_us > from_us || (taken.is_empty() && of.to_us == of.from_us) {
        left.push(Span { from_us, to_us: of.to_us });
    }
    left
}
