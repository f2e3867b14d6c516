//! Impossible speeds, and whether they look like a stray position, a journey by air, or two devices with one identifier.
//!
//! ```text
//!   track 1  ●──●──●        ●──●     ●──●         a record joins the track used last that it can be reached from;
//!                   ╲      ╱     ╲  ╱             if that is not the last record's track, the pair is a jump
//!   track 2          ●──●─●       ●●
//! ```
//! A pair is a jump if `max(0, d - r_1 - r_2) / (gap + clock slop)` exceeds the limit. A single stray position makes a
//! track of one record; a flight a new track that is not left; a clone two tracks that alternate. So do two sources whose
//! clocks differ by a minute on a moving device: jumps between sources are counted apart.

use super::QualityParams;
use crate::evaluate::case::Record;
use crate::evaluate::prism::{ReachParams, deviations, seconds};
use crate::index::compare::Threshold;
use crate::index::{Comparator, Metric, Verdict, distance_m};
use crate::time::US_PER_S;

/// No more tracks than this are followed at once; the one unused for longest is given up.
const MAX_TRACKS: usize = 8;

/// A track that has had no record for this long is given up, microseconds: after an hour much can be reached, and a stray
/// position next week is no return to one of today.
const TRACK_US: i64 = 3_600 * US_PER_S;

/// A track is judged by its last record and up to two before it that state a smaller radius or last longer.
const MAX_ENDS: usize = 3;

/// Two consecutive records that no ground vehicle joins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jump {
    /// The record before.
    pub from: Record,
    /// The record after.
    pub to: Record,
    /// Geodesic distance of the centres, metres.
    pub distance_m: f64,
    /// The least speed that joins them, both radii against it, metres per second.
    pub speed_m_s: f64,
}

impl Jump {
    /// Whether the two records come from different exhibits or sensors: then their clocks may differ.
    #[must_use]
    pub fn is_between_sources(&self) -> bool {
        (self.from.origin.exhibit, self.from.source) != (self.to.origin.exhibit, self.to.source)
    }
}

/// Two tracks between which the records alternate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alternation {
    /// How often the records change from one to the other.
    pub switches: usize,
    /// How many records the smaller of the two holds.
    pub smaller: usize,
    /// How many the larger holds.
    pub larger: usize,
}

/// What a device's records show of its movement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Movement {
    /// How many records were compared.
    pub records: usize,
    /// The jumps, in order of time.
    pub jumps: Vec<Jump>,
    /// Tracks of a single record: stray positions.
    pub strays: usize,
    /// The two tracks that alternate most, if any do so often enough.
    pub alternation: Option<Alternation>,
}

/// A record with what comparing needs.
#[derive(Clone, Copy)]
struct Point<'a> {
    record: &'a Record,
    sigma_m: f64,
    cos_lat: f64,
}

struct Track<'a> {
    number: usize,
    ends: Vec<Point<'a>>,
    count: usize,
}

/// The limits of a comparison.
struct Limits {
    comparator: Comparator,
    widen: f64,
    max_speed_m_s: f64,
    slop_s: f64,
}

impl Limits {
    fn way_m(&self, p: &Point<'_>, q: &Point<'_>) -> f64 {
        (p.sigma_m + q.sigma_m) * self.widen
    }

    fn time_s(&self, p: &Point<'_>, q: &Point<'_>) -> f64 {
        seconds(p.record.t1_us, q.record.t0_us) + self.slop_s
    }

    fn joins(&self, p: &Point<'_>, q: &Point<'_>) -> bool {
        let reach_m = self.way_m(p, q) + self.max_speed_m_s * self.time_s(p, q);
        let anchor = self.comparator.anchor(p.record.lat_deg, p.record.lon_deg);
        let (lat, lon) = (q.record.lat_deg, q.record.lon_deg);
        match self.comparator.judge(&anchor, lat, lon, q.cos_lat, Threshold::new(reach_m)) {
            Verdict::Within => true,
            Verdict::Beyond => false,
            // Not-a-number: no distance, nothing impossible.
            Verdict::Unsure => {
                let distance_m = distance(p.record, q.record);
                distance_m <= reach_m || distance_m.is_nan() || reach_m.is_nan()
            }
        }
    }

    fn jump(&self, p: &Point<'_>, q: &Point<'_>) -> Jump {
        let distance_m = distance(p.record, q.record);
        let speed_m_s = (distance_m - self.way_m(p, q)).max(0.0) / self.time_s(p, q);
        Jump { from: *p.record, to: *q.record, distance_m, speed_m_s }
    }
}

fn distance(p: &Record, q: &Record) -> f64 {
    distance_m(p.lat_deg, p.lon_deg, q.lat_deg, q.lon_deg)
}

impl<'a> Track<'a> {
    /// The end from which a point cannot be reached, if there is one.
    fn broken_at(&self, q: &Point<'a>, limits: &Limits) -> Option<&Point<'a>> {
        self.ends.iter().rev().find(|p| !limits.joins(p, q))
    }

    /// When its latest record ended, UTC microseconds.
    fn heard_us(&self) -> i64 {
        self.ends.iter().map(|p| p.record.t1_us).max().unwrap_or(i64::MIN)
    }

    fn push(&mut self, q: Point<'a>) {
        // What is no more certain and ends no later adds nothing.
        self.ends.retain(|p| p.sigma_m < q.sigma_m || p.record.t1_us > q.record.t1_us);
        if self.ends.len() == MAX_ENDS {
            self.ends.remove(0);
        }
        self.ends.push(q);
        self.count += 1;
    }
}

/// The jumps of a device's records, which stand in the order of their content.
#[must_use]
pub fn movement(records: &[Record], params: &QualityParams, reach: &ReachParams) -> Movement {
    let limits = Limits {
        comparator: Comparator::new(Metric::Geodesic),
        widen: deviations(params.percentile, 2),
        max_speed_m_s: params.max_speed_m_s,
        slop_s: seconds(0, params.clock_slop_us).max(1e-6),
    };
    let mut found = Movement { records: records.len(), ..Movement::default() };
    // The one used last stands last.
    let mut tracks: Vec<Track<'_>> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    let mut switches: Vec<((usize, usize), usize)> = Vec::new();
    for record in records {
        let cos_lat = libm::cos(record.lat_deg.to_radians());
        let point = Point { record, sigma_m: reach.sigma_m(record), cos_lat };
        let last = tracks.last().map(|t| t.number);
        if let Some(p) = tracks.last().and_then(|t| t.broken_at(&point, &limits)) {
            found.jumps.push(limits.jump(p, &point));
        }
        // The one used last is kept: it was left by this record or carries on with it.
        let lived = |t: &Track<'_>| record.t0_us.saturating_sub(t.heard_us()) <= TRACK_US;
        tracks.retain(|t| Some(t.number) == last || lived(t));
        let joined = tracks.iter().rposition(|t| t.broken_at(&point, &limits).is_none());
        let mut track = joined.map_or_else(
            || {
                counts.push(0);
                Track { number: counts.len() - 1, ends: Vec::new(), count: 0 }
            },
            |at| tracks.remove(at),
        );
        track.push(point);
        if let Some(count) = counts.get_mut(track.number) {
            *count = track.count;
        }
        if let Some(last) = last.filter(|&last| last != track.number) {
            count_switch(&mut switches, (last.min(track.number), last.max(track.number)));
        }
        if tracks.len() == MAX_TRACKS {
            tracks.remove(0);
        }
        tracks.push(track);
    }
    found.strays = counts.iter().filter(|&&count| count == 1).count().min(found.jumps.len());
    found.alternation = alternation(&switches, &counts, params.min_switches);
    found
}

/// Counts a change between two tracks; only the pairs met lately are looked through.
fn count_switch(switches: &mut Vec<((usize, usize), usize)>, pair: (usize, usize)) {
    match switches.iter_mut().rev().take(2 * MAX_TRACKS * MAX_TRACKS).find(|(known, _)| *known == pair) {
        Some((_, count)) => *count += 1,
        None => switches.push((pair, 1)),
    }
}

/// The pair of tracks that alternates most, if often enough, and each holding at least half as many records.
fn alternation(switches: &[((usize, usize), usize)], counts: &[usize], least: usize) -> Option<Alternation> {
    let of = |(pair, switches): &((usize, usize), usize)| {
        let (p, q) = (*counts.get(pair.0)?, *counts.get(pair.1)?);
        let found = Alternation { switches: *switches, smaller: p.min(q), larger: p.max(q) };
        (found.switches >= least && found.smaller >= (least / 2).max(1)).then_some(found)
    };
    let all = switches.iter().filter_map(of);
    // The first of those that alternate most.
    all.reduce(|a, b| if b.switches > a.switches { b } else { a })
}
