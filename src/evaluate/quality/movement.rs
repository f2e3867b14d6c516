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
//!
//! Tracks have numbers within a chunk of records only: those that go on from the chunk before are counted first, in the order
//! in which they were used. So a track more in one chunk is no other number in the next.

use super::QualityParams;
use super::tracks::{Carried, Moves, tally};
use crate::evaluate::case::Record;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::passes::{Pass, Passed, View};
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

    /// The order of jumps from the fastest on.
    pub(super) fn faster_first(&self, other: &Self) -> std::cmp::Ordering {
        other.speed_m_s.total_cmp(&self.speed_m_s).then_with(|| self.to.order(&other.to))
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
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    record: Record,
    sigma_m: f64,
    cos_lat: f64,
}

/// A track that may go on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Track {
    /// Its number in the chunk.
    number: usize,
    ends: Vec<Point>,
}

/// The limits of a comparison.
struct Limits {
    comparator: Comparator,
    widen: f64,
    max_speed_m_s: f64,
    slop_s: f64,
}

impl Limits {
    fn of(params: &QualityParams) -> Self {
        Self {
            comparator: Comparator::new(Metric::Geodesic),
            widen: deviations(params.percentile, 2),
            max_speed_m_s: params.max_speed_m_s,
            slop_s: seconds(0, params.clock_slop_us).max(1e-6),
        }
    }

    fn way_m(&self, p: &Point, q: &Point) -> f64 {
        (p.sigma_m + q.sigma_m) * self.widen
    }

    fn time_s(&self, p: &Point, q: &Point) -> f64 {
        seconds(p.record.t1_us, q.record.t0_us) + self.slop_s
    }

    fn joins(&self, p: &Point, q: &Point) -> bool {
        let reach_m = self.way_m(p, q) + self.max_speed_m_s * self.time_s(p, q);
        let anchor = self.comparator.anchor(p.record.lat_deg, p.record.lon_deg);
        let (lat, lon) = (q.record.lat_deg, q.record.lon_deg);
        match self.comparator.judge(&anchor, lat, lon, q.cos_lat, Threshold::new(reach_m)) {
            Verdict::Within => true,
            Verdict::Beyond => false,
            // Not-a-number: no distance, nothing impossible.
            Verdict::Unsure => {
                let distance_m = distance(&p.record, &q.record);
                distance_m <= reach_m || distance_m.is_nan() || reach_m.is_nan()
            }
        }
    }

    fn jump(&self, p: &Point, q: &Point) -> Jump {
        let distance_m = distance(&p.record, &q.record);
        let speed_m_s = (distance_m - self.way_m(p, q)).max(0.0) / self.time_s(p, q);
        Jump { from: p.record, to: q.record, distance_m, speed_m_s }
    }
}

fn distance(p: &Record, q: &Record) -> f64 {
    distance_m(p.lat_deg, p.lon_deg, q.lat_deg, q.lon_deg)
}

impl Track {
    /// The end from which a point cannot be reached, if there is one.
    fn broken_at(&self, q: &Point, limits: &Limits) -> Option<&Point> {
        self.ends.iter().rev().find(|p| !limits.joins(p, q))
    }

    /// When its latest record ended, UTC microseconds.
    fn heard_us(&self) -> i64 {
        self.ends.iter().map(|p| p.record.t1_us).max().unwrap_or(i64::MIN)
    }

    fn push(&mut self, q: Point) {
        // What is no more certain and ends no later adds nothing.
        self.ends.retain(|p| p.sigma_m < q.sigma_m || p.record.t1_us > q.record.t1_us);
        if self.ends.len() == MAX_ENDS {
            self.ends.remove(0);
        }
        self.ends.push(q);
    }
}

/// The pass that follows a device's tracks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tracking {
    pub(super) params: QualityParams,
    pub(super) reach: ReachParams,
    /// So many jumps are told of a chunk, the fastest.
    pub(super) told: usize,
}

impl Pass for Tracking {
    /// The tracks that may go on; the one used last stands last.
    type State = Vec<Track>;
    type Found = Moves;

    fn read(&self, tracks: &mut Vec<Track>, view: &View<'_>) -> Moves {
        let limits = Limits::of(&self.params);
        let mut moves = Moves::new(tracks.len(), view.own().len());
        for record in view.own() {
            let cos_lat = libm::cos(record.lat_deg.to_radians());
            let point = Point { record: *record, sigma_m: self.reach.sigma_m(record), cos_lat };
            follow(tracks, point, &limits, &mut moves);
        }
        moves.ends_with(tracks.iter().map(|track| track.number).collect(), self.told);
        for (number, track) in tracks.iter_mut().enumerate() {
            track.number = number;
        }
        moves
    }
}

/// Puts a point into the track that it joins.
fn follow(tracks: &mut Vec<Track>, point: Point, limits: &Limits, moves: &mut Moves) {
    let last = tracks.last().map(|t| t.number);
    let joins_last = match tracks.last().and_then(|t| t.broken_at(&point, limits)) {
        Some(p) => {
            moves.jump(limits.jump(p, &point));
            false
        }
        None => last.is_some(),
    };
    // The one used last is kept: it was left by this record or carries on with it.
    let lived = |t: &Track| point.record.t0_us.saturating_sub(t.heard_us()) <= TRACK_US;
    tracks.retain(|t| Some(t.number) == last || lived(t));
    let joined = if joins_last {
        tracks.len().checked_sub(1)
    } else {
        tracks.iter().rposition(|t| t.broken_at(&point, limits).is_none())
    };
    let mut track = joined.map_or_else(
        || Track { number: moves.new_track(), ends: Vec::with_capacity(MAX_ENDS) },
        |at| tracks.remove(at),
    );
    track.push(point);
    moves.record(track.number, last);
    if tracks.len() == MAX_TRACKS {
        tracks.remove(0);
    }
    tracks.push(track);
}

/// The jumps of a device's records, which stand in the order of their content.
#[must_use]
pub fn movement(records: &[Record], params: &QualityParams, reach: &ReachParams) -> Movement {
    let all = Tracking { params: *params, reach: reach.clone(), told: usize::MAX };
    let moved = moved(&mut Passed::default(), &all, &Chunked::anew(records));
    let Moved { records, fastest: jumps, strays, alternation, .. } = moved;
    Movement { records, jumps, strays, alternation }
}

/// What a device's records show of its movement, without every jump.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Moved {
    pub(super) records: usize,
    pub(super) jumps: usize,
    pub(super) between_sources: usize,
    /// The greatest speed of a jump, metres per second; 0 without one.
    pub(super) greatest_m_s: f64,
    /// At least as many of the fastest jumps as are told, or all.
    pub(super) fastest: Vec<Jump>,
    pub(super) strays: usize,
    pub(super) alternation: Option<Alternation>,
}

/// Follows the tracks through what has changed of a device.
pub(super) fn moved(passed: &mut Passed<Tracking>, tracking: &Tracking, device: &Chunked<'_>) -> Moved {
    let chunks = passed.of(tracking, device).chunks;
    let mut found = Moved::default();
    for (_, moves) in &chunks {
        found.records += moves.records;
        found.jumps += moves.jumps;
        found.between_sources += moves.between_sources;
        found.greatest_m_s = found.greatest_m_s.max(moves.greatest_m_s);
        found.fastest.extend_from_slice(&moves.fastest);
    }
    let Carried { counts, switches } = tally(chunks.iter().map(|(_, moves)| *moves));
    found.strays = counts.iter().filter(|&&count| count == 1).count().min(found.jumps);
    found.alternation = alternation(&switches, &counts, tracking.params.min_switches);
    found
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
