//! The encounters of two devices, one of them shifted in time: what the fold gives, without its pairs.
//!
//! A contact's time lies within the suspect's record, so a run of contacts is a run of suspect records. Where all of a
//! suspect's part is near all of a victim's, every record of the first within the window of the second's time is in contact:
//! the records of a victim's part follow each other by at most twice the window, so their windows leave no hole. The run
//! that they make is one span, since a suspect's part has no step longer than the gap. Only where parts are partly near are
//! records judged one by one. Both give the spans, merged, that [`encounter::fold`](crate::encounter::fold()) cuts.

use super::near::{Nearness, nearness};
use super::parts::{Part, Parts, Point};
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

/// A stretch of contacts.
#[derive(Debug, Clone, Copy)]
struct Span {
    start_us: i64,
    end_us: i64,
    nearness: Nearness,
    common: bool,
    suspect: u32,
    victim: u32,
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
    /// The encounters with the suspect's records later by each of the shifts at once, microseconds; in order of time.
    ///
    /// Two shifts that are a cycle apart move the records around it.
    pub(super) fn encounters(&self, shifts_us: &[i64]) -> Vec<Met> {
        let mut spans = Vec::new();
        for shift_us in shifts_us {
            self.spans(*shift_us, &mut spans);
        }
        // Stable, and fast on what is nearly in order; what starts together is in one run, whichever comes first.
        spans.sort_by_key(|span| span.start_us);
        runs(&spans, self.params.gap_us)
    }

    fn spans(&self, shift_us: i64, spans: &mut Vec<Span>) {
        let (Some(begins), Some(ends_us)) = (self.victim.parts.first(), self.victim.ended_us.last()) else { return };
        let window_us = self.params.window_us;
        let early = self.suspect.ended_us.partition_point(|us| *us + shift_us < begins.start_us - window_us);
        let mut first = 0;
        for part in self.suspect.parts.get(early..).unwrap_or_default() {
            let (start_us, end_us) = (part.start_us + shift_us - window_us, part.end_us + shift_us + window_us);
            if start_us > *ends_us {
                break;
            }
            while self.victim.ended_us.get(first).is_some_and(|ended_us| *ended_us < start_us) {
                first += 1;
            }
            let others = self.victim.parts.get(first..).unwrap_or_default();
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
        if least_m >= 0.0 && part.spot.judge(&other.spot, widest_m) == Verdict::Beyond {
            return;
        }
        let narrowest_m = self.params.radius_m + least_m - reach_m;
        if least_m >= 0.0 && narrowest_m > 0.0 && part.spot.judge(&other.spot, narrowest_m) == Verdict::Within {
            self.all(part, other, shift_us, spans);
        } else {
            let low_us = other.start_us - self.params.window_us - shift_us;
            let high_us = other.end_us + self.params.window_us - shift_us;
            for point in self.within(part, low_us, high_us) {
                self.each(point, other, shift_us, spans);
            }
        }
    }

    /// The points of a suspect's part that have a moment in common with `[low_us, high_us]`.
    fn within(&self, part: &Part, low_us: i64, high_us: i64) -> &[Point] {
        let points = self.suspect.of_part(part);
        if part.lasts {
            return points;
        }
        let from = if part.start_us >= low_us { 0 } else { points.partition_point(|p| p.t0_us < low_us) };
        let rest = points.get(from..).unwrap_or_default();
        let to = if part.end_us <= high_us { rest.len() } else { rest.partition_point(|p| p.t0_us <= high_us) };
        rest.get(..to).unwrap_or_default()
    }

    /// All records of the two are near: one span, if they are together at all.
    fn all(&self, part: &Part, other: &Part, shift_us: i64, spans: &mut Vec<Span>) {
        let window_us = self.params.window_us;
        let (low_us, high_us) = (other.start_us - window_us - shift_us, other.end_us + window_us - shift_us);
        let together = self.within(part, low_us, high_us);
        if let (Some(first), Some(last)) = (together.first(), together.last()) {
            let start_us = first.t0_us.max(low_us) + shift_us;
            let span = Span {
                start_us,
                end_us: last.t1_us.min(high_us) + shift_us,
                nearness: Nearness::Opens,
                common: part.common,
                suspect: first.record,
                victim: self.nearest_in_time(other, start_us),
            };
            push(spans, span, self.params.gap_us);
        }
    }

    /// The first record of a part that reaches to within the window of a moment.
    fn nearest_in_time(&self, part: &Part, at_us: i64) -> u32 {
        let points = self.victim.of_part(part);
        let early = points.partition_point(|p| p.t1_us + self.params.window_us < at_us);
        points.get(early).or(points.last()).map_or(0, |p| p.record)
    }

    /// Some records of the two may be near: judged one by one.
    fn each(&self, point: &Point, other: &Part, shift_us: i64, spans: &mut Vec<Span>) {
        let window_us = self.params.window_us;
        let (t0_us, t1_us) = (point.t0_us + shift_us, point.t1_us + shift_us);
        let points = self.victim.of_part(other);
        let from = if other.lasts { 0 } else { points.partition_point(|p| p.t1_us + window_us < t0_us) };
        let mut best: Option<Span> = None;
        for near in points.get(from..).unwrap_or_default().iter().take_while(|p| p.t0_us - window_us <= t1_us) {
            let nearness = nearness(&point.spot, &near.spot, point.uncertainty_m + near.uncertainty_m, self.params);
            if nearness == Nearness::Far {
                continue;
            }
            let span = Span {
                start_us: t0_us.max(near.t0_us - window_us),
                end_us: t1_us.min(near.t1_us + window_us),
                nearness,
                common: point.common,
                suspect: point.record,
                victim: near.record,
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
    let opens = |span: &Span| span.nearness == Nearness::Opens;
    let continues = |last: &Span| {
        opens(last) && opens(&span) && span.start_us >= last.start_us && span.start_us - last.end_us <= gap_us
    };
    match spans.last_mut().filter(|last| continues(last)) {
        Some(last) => {
            last.end_us = last.end_us.max(span.end_us);
            last.common |= span.common;
        }
        None => spans.push(span),
    }
}

/// Cuts spans, sorted by their start, into encounters as the fold does: a span that opens begins one, and one that starts
/// at most the gap after its end continues it; a holding span that is in force where it begins moves its end.
fn runs(spans: &[Span], gap_us: i64) -> Vec<Met> {
    let mut met: Vec<Met> = Vec::new();
    let mut open = false;
    // The latest end of holding spans that began while nothing was open.
    let mut held_until_us = i64::MIN;
    for span in spans {
        let opens = span.nearness == Nearness::Opens;
        match met.last_mut().filter(|last| open && span.start_us - last.exit_us <= gap_us) {
            Some(last) => {
                last.exit_us = last.exit_us.max(span.end_us);
                last.in_common |= opens && span.common;
            }
            None if opens => {
                let held_us = if held_until_us >= span.start_us { held_until_us } else { span.end_us };
                met.push(Met {
                    enter_us: span.start_us,
                    exit_us: span.end_us.max(held_us),
                    in_common: span.common,
                    suspect_record: span.suspect,
                    victim_record: span.victim,
                });
                (open, held_until_us) = (true, i64::MIN);
            }
            None => {
                open = false;
                held_until_us = held_until_us.max(span.end_us);
            }
        }
    }
    met
}
