//! The whole time for which two devices have records, cut at every record of either.

use super::Answer;
use super::gate::Gate;
use super::observed::{Contact, contacts};
use super::overlap::{Asked, Traveller, possible};
use crate::evaluate::case::Record;
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
    /// Time tolerance of the contacts, microseconds.
    pub window_us: i64,
}

impl MeetingResult {
    pub(super) fn new(coverage: Option<Span>, possible: Vec<Span>, contacts: Vec<Contact>, window_us: i64) -> Self {
        let never = coverage.map_or_else(Vec::new, |c| rest(c, &possible));
        Self { coverage, contacts, possible, never, window_us }
    }

    /// The answer for the whole coverage.
    #[must_use]
    pub fn answer(&self) -> Answer {
        self.view().answer()
    }

    /// The answer for a part of the time, both ends included: `certainly_not` only if records cover all of it.
    #[must_use]
    pub fn during(&self, part: Span) -> Answer {
        self.view().during(part)
    }

    pub(super) fn view(&self) -> View<'_> {
        let Self { coverage, contacts, possible, window_us, .. } = self;
        View { coverage: *coverage, contacts, possible, window_us: *window_us }
    }
}

/// What decides an answer.
#[derive(Clone, Copy)]
pub(super) struct View<'r> {
    pub(super) coverage: Option<Span>,
    pub(super) contacts: &'r [Contact],
    pub(super) possible: &'r [Span],
    pub(super) window_us: i64,
}

impl View<'_> {
    pub(super) fn answer(&self) -> Answer {
        match (self.contacts.is_empty(), self.coverage) {
            (false, _) => Answer::Observed,
            (true, None) => Answer::NoData,
            (true, Some(_)) if self.possible.is_empty() => Answer::CertainlyNot,
            (true, Some(_)) => Answer::Possible,
        }
    }

    pub(super) fn during(&self, part: Span) -> Answer {
        let shares = |span: &Span| span.from_us <= part.to_us && span.to_us >= part.from_us;
        if self.contacts.iter().any(|c| shares(&c.span(self.window_us))) {
            return Answer::Observed;
        }
        match self.coverage.filter(shares) {
            None => Answer::NoData,
            Some(c) if c.from_us > part.from_us || c.to_us < part.to_us => Answer::Possible,
            Some(_) => {
                // Stretches are in order: those that begin at or before the end, the last first.
                let begun = self.possible.partition_point(|s| s.from_us <= part.to_us);
                let last = self.possible.get(..begun).and_then(<[Span]>::last);
                if last.is_some_and(shares) { Answer::Possible } else { Answer::CertainlyNot }
            }
        }
    }
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
        let mut found = vec![Vec::new(); asked.len()];
        let Some(Span { from_us, to_us }) = self.coverage() else { return found };
        let gate = Gate::of(asked);
        let mut of_a = self.a.frontier.segments(from_us, to_us).map(|s| gate.paced(&self.a, s));
        let mut of_b = self.b.frontier.segments(from_us, to_us).map(|s| gate.paced(&self.b, s));
        let (mut a, mut b) = (of_a.next(), of_b.next());
        while let (Some(p), Some(q)) = (&a, &b) {
            let (end_a, end_b) = (p.segment.to_us, q.segment.to_us);
            let overlap = Span { from_us: p.segment.from_us.max(q.segment.from_us), to_us: end_a.min(end_b) };
            if gate.is_open((&self.a, p), (&self.b, q), overlap) {
                for (asked, spans) in asked.iter().zip(&mut found) {
                    if let Some(span) = possible((&self.a, &p.segment), (&self.b, &q.segment), overlap, asked) {
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

/// Adds a stretch that begins no earlier than the last, joining it if they touch.
fn join(spans: &mut Vec<Span>, span: Span) {
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
    MeetingResult::new(pair.coverage(), possible, contacts(a, b, params), params.window_us)
}

/// What stretches, in order and apart, leave of a time.
fn rest(of: Span, taken: &[Span]) -> Vec<Span> {
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
