//! The encounters of two devices, one of them shifted in time: what the fold gives, without its pairs.
//!
//! A contact's time lies within the suspect's record, so a run of contacts is a run of suspect records. Where all of a
//! suspect's part is near all of a victim's, every record of the first within the window of the second's time is in contact:
//! the records of a victim's part follow each other by at most twice the window, so their windows leave no hole. The run
//! that they make is one span, since a suspect's part has no step longer than the gap. Only where parts are partly near are
//! records judged one by one. Both give the spans, merged, that [`encounter::fold`](crate::encounter::fold()) cuts.

use super::near::{Nearness, nearness};
use super::parts::{Part, Parts};
use crate::index::Verdict;
use crate::model::ProximityParams;

/// An encounter of two devices as it is counted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// When it begins, UTC microseconds (of the victim's device, where the suspect's is shifted).
    pub enter_us: i64,
    /// When it ends, UTC microseconds.
    pub exit_us: i64,
    /// Whether any of the suspect's records in it is at a place where both devices often are.
    pub in_common: bool,
    /// The suspect's record that opens it: its position among the device's records.
    pub suspect_record: u32,
    /// A record of the victim's device that it is near then: its position among that device's records.
    pub victim_record: u32,
}

/// A stretch of contacts, or all of an encounter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start_us: i64,
    pub(super) end_us: i64,
    pub(super) nearness: Nearness,
    /// Whether any of the suspect's records that open it is at a place where both devices often are.
    pub(super) common: bool,
}

impl Span {
    /// Whether it begins an encounter.
    pub(super) fn opens(&self) -> bool {
        self.nearness == Nearness::Opens
    }

    /// From when until when, microseconds.
    pub(super) const fn times_us(&self) -> (i64, i64) {
        (self.start_us, self.end_us)
    }
}

/// Two devices that can be laid over each other at any shift.
#[derive(Debug)]
pub(super) struct Laid<'a> {
    pub(super) suspect: &'a Parts,
    pub(super) victim: &'a Parts,
    pub(super) params: &'a ProximityParams,
}

/// What may be apart for rounding, metres.
const PAD_M: f64 = 1e-3;

impl Laid<'_> {
    /// Adds the stretches of contacts with the suspect's records later by so much.
    pub(super) fn spans(&self, shift_us: i64, spans: &mut Vec<Span>) {
        let (Some(begins), Some(ends_us)) = (self.victim.runs.first(), self.victim.ended_us.last()) else { return };
        let window_us = self.params.window_us;
        let early = self.suspect.ended_us.partition_point(|us| *us + shift_us < begins.start_us - window_us);
        let mut first = 0;
        for part in self.suspect.runs.get(early..).unwrap_or_default() {
            let (start_us, end_us) = (part.start_us + shift_us - window_us, part.end_us + shift_us + window_us);
            if start_us > *ends_us {
                break;
            }
            while self.victim.ended_us.get(first).is_some_and(|ended_us| *ended_us < start_us) {
                first += 1;
            }
            let others = self.victim.runs.get(first..).unwrap_or_default();
            for other in others.iter().take_while(|other| other.start_us <= end_us) {
                if other.end_us >= start_us {
                    self.relate(part, other, shift_us, spans);
                }
            }
        }
    }

    fn relate(&self, part: &Part, other: &Part, shift_us: i64, spans: &mut Vec<Span>) {
        let reach_m = part.reach_m + other.reach_m + PAD_M;
        let (least_m, most_m) =
            (part.uncertainty_m.0 + other.uncertainty_m.0, part.uncertainty_m.1 + other.uncertainty_m.1);
        let widest_m = self.params.exit_radius_m.max(self.params.radius_m) + most_m + reach_m;
        let narrowest_m = self.params.radius_m + least_m - reach_m;
        // With an uncertainty that is negative or no number only the grade itself says.
        let verdict = if least_m >= 0.0 { part.at.judge(&other.at, widest_m, narrowest_m) } else { Verdict::Unsure };
        if verdict == Verdict::Beyond {
            return;
        }
        if verdict == Verdict::Within {
            self.all(part, other, shift_us, spans);
        } else {
            let low_us = other.start_us - self.params.window_us - shift_us;
            let high_us = other.end_us + self.params.window_us - shift_us;
            for at in self.suspect.within(part, low_us, high_us) {
                self.each(at, other, shift_us, spans);
            }
        }
    }

    /// All records of the two are near: one span, if they are together at all.
    fn all(&self, part: &Part, other: &Part, shift_us: i64, spans: &mut Vec<Span>) {
        let window_us = self.params.window_us;
        let (low_us, high_us) = (other.start_us - window_us - shift_us, other.end_us + window_us - shift_us);
        let range = self.suspect.within(part, low_us, high_us);
        let starts_us = self.suspect.starts_us.get(range).unwrap_or_default();
        if let (Some(first_us), Some(last_us)) = (starts_us.first(), starts_us.last()) {
            let last_us = if part.lasts { part.end_us } else { *last_us };
            let span = Span {
                start_us: low_us.max(*first_us) + shift_us,
                end_us: high_us.min(last_us) + shift_us,
                nearness: Nearness::Opens,
                common: part.common,
            };
            push(spans, span, self.params.gap_us);
        }
    }

    /// Some records of the two may be near: judged one by one.
    fn each(&self, suspect: usize, other: &Part, shift_us: i64, spans: &mut Vec<Span>) {
        let Some(point) = self.suspect.points.get(suspect) else { return };
        let window_us = self.params.window_us;
        let (t0_us, t1_us) = (point.t0_us + shift_us, point.t1_us + shift_us);
        let points = self.victim.of_part(other);
        let from = if other.lasts { 0 } else { points.partition_point(|p| p.t1_us + window_us < t0_us) };
        let mut best: Option<Span> = None;
        for near in points.iter().skip(from).take_while(|p| p.t0_us - window_us <= t1_us) {
            let nearness = nearness(&point.spot, &near.spot, point.uncertainty_m + near.uncertainty_m, self.params);
            if nearness == Nearness::Far {
                continue;
            }
            let span = Span {
                start_us: t0_us.max(near.t0_us - window_us),
                end_us: t1_us.min(near.t1_us + window_us),
                nearness,
                common: point.common,
            };
            if span.end_us < span.start_us {
                continue;
            }
            if t1_us > t0_us {
                push(spans, span, self.params.gap_us);
            } else if best.is_none_or(|known| known.nearness < nearness) {
                // A moment's contacts all last that moment: one that opens stands for all.
                best = Some(span);
                if nearness == Nearness::Opens {
                    break;
                }
            }
        }
        if let Some(span) = best {
            push(spans, span, self.params.gap_us);
        }
    }
}

/// Adds a span; one that opens and continues the last, which opens too, makes it longer: they are in one run anyhow.
fn push(spans: &mut Vec<Span>, span: Span, gap_us: i64) {
    let continues = |last: &Span| {
        last.opens() && span.opens() && span.start_us >= last.start_us && span.start_us - last.end_us <= gap_us
    };
    match spans.last_mut().filter(|last| continues(last)) {
        Some(last) => {
            last.end_us = last.end_us.max(span.end_us);
            last.common |= span.common;
        }
        None => spans.push(span),
    }
}

/// Joins spans, sorted by their start, into encounters as the fold does: a span that opens begins one, and one that starts
/// at most the gap after its end continues it; a holding span that is in force where it begins moves its end.
///
/// What opens among the joined are the encounters; what holds is what no encounter has taken. Joined again together with
/// spans of others, in order, they give what all spans at once give: whatever starts within a joined span, or at most the
/// gap after it, would have been joined to one of those that it was made of.
pub(super) fn joined(spans: impl Iterator<Item = Span>, gap_us: i64) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    // The latest end of holding spans that began while nothing was open.
    let mut held_until_us = i64::MIN;
    for span in spans {
        let goes_on = |last: &&mut Span| span.start_us - last.end_us <= gap_us && (last.opens() || !span.opens());
        if let Some(last) = joined.last_mut().filter(goes_on) {
            last.end_us = last.end_us.max(span.end_us);
            last.common |= span.opens() && span.common;
            if !last.opens() {
                held_until_us = held_until_us.max(span.end_us);
            }
            continue;
        }
        let mut span = span;
        if span.opens() {
            if held_until_us >= span.start_us {
                span.end_us = span.end_us.max(held_until_us);
            }
            held_until_us = i64::MIN;
        } else {
            span.common = false;
            held_until_us = held_until_us.max(span.end_us);
        }
        joined.push(span);
    }
    joined
}
