//! Where the victim's device is while another is near her place: there, away, or not known.
//!
//! ```text
//!   her records   away ●   ● near   ● near        silence          ● away
//!                      └─┬─┘                └── longer than silence_us: neither there nor away
//!                     arrival: between the two
//! ```
//! Her silence is never taken for absence, and an arrival that falls into a silence is no arrival.

use super::super::chord::Spot;
use super::params::VisitParams;
use super::stay::Usable;

/// Whether the victim's device was at the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// A record of it there falls into the time.
    There,
    /// Its records leave no silence in the time, and all are elsewhere.
    Away,
    /// Its records do not say.
    NotKnown,
}

impl Presence {
    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Away => "away",
            Self::NotKnown => "not_known",
        }
    }
}

/// A change between two records: it happened after `from_us` and not after `to_us`, UTC microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Near,
    Away,
    /// Its uncertainty reaches over the edge.
    Unclear,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    t0_us: i64,
    t1_us: i64,
    place: Where,
}

/// One of the victim's devices in relation to one place.
#[derive(Debug)]
pub(super) struct Account {
    known: Vec<Known>,
    /// For each record the one that ends last, of it and all before it.
    latest: Vec<usize>,
    pub(super) arrivals: Vec<Change>,
    pub(super) leavings: Vec<Change>,
}

impl Account {
    /// The account that a device's records give of being within `reach_m` of a place.
    pub(super) fn of(fixes: &[Usable], place: &Spot, reach_m: f64, params: &VisitParams) -> Self {
        let relate = |fix: &Usable| {
            if fix.spot.within(place, reach_m) {
                Where::Near
            } else if fix.spot.within(place, reach_m + fix.uncertainty_m) {
                Where::Unclear
            } else {
                Where::Away
            }
        };
        let known: Vec<Known> =
            fixes.iter().map(|fix| Known { t0_us: fix.t0_us, t1_us: fix.t1_us, place: relate(fix) }).collect();
        let (arrivals, leavings) = changes(&known, params);
        let latest = (0..known.len()).scan(0, |latest, at| {
            let end = |at: usize| known.get(at).map(|k| k.t1_us);
            if end(at) >= end(*latest) {
                *latest = at;
            }
            Some(*latest)
        });
        Self { latest: latest.collect(), arrivals, leavings, known }
    }

    /// Whether the device was at the place between two times.
    pub(super) fn during(&self, t0_us: i64, t1_us: i64, params: &VisitParams) -> Presence {
        let to = self.known.partition_point(|k| k.t0_us <= t1_us);
        // All before the first of these end before the time begins.
        let from = self.latest.partition_point(|at| self.known.get(*at).is_some_and(|k| k.t1_us < t0_us)).min(to);
        let ended = from.checked_sub(1).and_then(|at| self.known.get(*self.latest.get(at)?));
        let window = self.known.get(from..to).unwrap_or_default();
        let (earlier, within): (Vec<&Known>, Vec<&Known>) = window.iter().partition(|k| k.t1_us < t0_us);
        if within.iter().any(|k| k.place == Where::Near) {
            return Presence::There;
        }
        let before = ended.into_iter().chain(earlier).max_by_key(|k| k.t1_us);
        let after = self.known.get(to);
        let all: Vec<&Known> = before.into_iter().chain(within).chain(after).collect();
        let enclosed = all.first().is_some_and(|k| k.t0_us <= t0_us);
        let closed = after.is_some() || all.iter().any(|k| k.t1_us >= t1_us);
        if !enclosed || !closed || has_silence(&all, params) {
            return Presence::NotKnown;
        }
        match (all.iter().all(|k| k.place == Where::Near), all.iter().all(|k| k.place == Where::Away)) {
            (true, _) => Presence::There,
            (_, true) => Presence::Away,
            _ => Presence::NotKnown,
        }
    }
}

fn has_silence(known: &[&Known], params: &VisitParams) -> bool {
    let mut heard_until_us: Option<i64> = None;
    known.iter().any(|k| {
        let silent = heard_until_us.is_some_and(|until| k.t0_us.saturating_sub(until) > params.silence_us);
        heard_until_us = heard_until_us.max(Some(k.t1_us));
        silent
    })
}

/// Arrivals and leavings: changes between runs near the place and records elsewhere that are not a silence apart.
///
/// Records near the place whose gap is at most `gap_us` are one run, so that a jump of one position is no leaving.
fn changes(known: &[Known], params: &VisitParams) -> (Vec<Change>, Vec<Change>) {
    let (mut arrivals, mut leavings) = (Vec::new(), Vec::new());
    let mut away_us: Option<i64> = None;
    let mut run: Option<(i64, i64)> = None;
    let mut left: Option<Change> = None;
    for k in known {
        match (k.place, run) {
            (Where::Near, Some((from_us, to_us))) if k.t0_us.saturating_sub(to_us) <= params.gap_us => {
                run = Some((from_us, to_us.max(k.t1_us)));
                left = None;
            }
            (Where::Near, _) => {
                leavings.extend(left.take());
                let seen = away_us.filter(|us| k.t0_us.saturating_sub(*us) <= params.silence_us && *us <= k.t0_us);
                arrivals.extend(seen.map(|from_us| Change { from_us, to_us: k.t0_us }));
                run = Some((k.t0_us, k.t1_us));
            }
            (Where::Away, _) => {
                if let Some((_, to_us)) = run.filter(|_| left.is_none())
                    && k.t0_us >= to_us
                    && away_us.is_none_or(|us| us <= to_us)
                    && k.t0_us.saturating_sub(to_us) <= params.silence_us
                {
                    left = Some(Change { from_us: to_us, to_us: k.t0_us });
                }
                away_us = away_us.max(Some(k.t1_us));
            }
            (Where::Unclear, _) => {}
        }
    }
    leavings.extend(left);
    (arrivals, leavings)
}
