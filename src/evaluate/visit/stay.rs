//! Stay points: where a device stood still.
//!
//! ```text
//!   anchor ●  ● ●●  ●  ●          all within stay_distance of the anchor, for stay_us or longer: a stay
//!          └── stay_distance ──┘ ○ the next record lies outside: the device is seen to leave
//!                              ~~~ or no record follows within split_us: the stay is open, its end is not known
//! ```
//! Source: Li, Zheng, Xie, Chen, Liu and Ma, Mining user similarity based on location history, ACM GIS 2008, section 3.1;
//! ended by a silence as in trackintel and scikit-mobility. A record with an interval counts from its start to its end.

use super::super::Record;
use super::super::chord::{Mean, Spot};
use super::params::VisitParams;

/// A record that is certain enough, as a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usable {
    pub(super) spot: Spot,
    pub(super) t0_us: i64,
    pub(super) t1_us: i64,
    pub(super) uncertainty_m: f64,
    /// Whether it gives the device's own position and not that of a mast or camera.
    pub(super) own: bool,
    /// Its place among the device's records.
    pub(super) record: usize,
}

impl Usable {
    /// A record as a point; `None` if it is too uncertain.
    pub(super) fn of(record: usize, r: &Record, params: &VisitParams) -> Option<Self> {
        is_usable(r, params).then(|| Self {
            spot: Spot::new(r.lat_deg, r.lon_deg),
            t0_us: r.t0_us,
            t1_us: r.t1_us.max(r.t0_us),
            uncertainty_m: r.uncertainty_m,
            own: r.source.is_own_position(),
            record,
        })
    }
}

/// Whether a record is certain enough.
pub(super) fn is_usable(record: &Record, params: &VisitParams) -> bool {
    record.uncertainty_m <= params.max_uncertainty_m
}

/// The records that are certain enough, in order of time.
pub(super) fn usable(records: &[Record], params: &VisitParams) -> Vec<Usable> {
    records.iter().enumerate().filter_map(|(at, record)| Usable::of(at, record, params)).collect()
}

/// Whether records show the beginning or the end of something, or silence hides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A record elsewhere stands close before or after.
    Seen,
    /// The device is silent there: when it began or ended is not known.
    Silent,
}

/// Where a device stood still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StayPoint {
    /// The start of its first record, UTC microseconds.
    pub t0_us: i64,
    /// The latest end of its records, UTC microseconds.
    pub t1_us: i64,
    /// The mean position, WGS84 degrees.
    pub lat_deg: f64,
    /// The mean position, WGS84 degrees.
    pub lon_deg: f64,
    /// How many records it has.
    pub records: usize,
    /// Whether its end is seen or open.
    pub ended: Edge,
}

impl StayPoint {
    /// It with its position, of which the sines are found once.
    pub(super) fn placed(self) -> (Self, Spot) {
        (self, Spot::new(self.lat_deg, self.lon_deg))
    }
}

/// The stay points of a device, in order of time.
#[must_use]
pub fn stay_points(records: &[Record], params: &VisitParams) -> Vec<StayPoint> {
    let fixes = usable(records, params);
    let own: Vec<&Usable> = fixes.iter().filter(|fix| fix.own).collect();
    let mut open = Open::default();
    let mut found = open.read(&own, records.len(), &|_| None, params);
    found.extend(open.at_last());
    found
}

/// What is not decided when a chunk of records ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Open {
    /// Nothing: the next record is an anchor.
    #[default]
    Nothing,
    /// The anchor stands so many records before the next chunk; all since are within the distance, not yet for long enough.
    Since(usize),
    /// A stay that goes on.
    Stay(Standing),
}

/// An anchor, and the records since that are within the distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    anchor: Spot,
    t0_us: i64,
    end_us: i64,
    records: usize,
    mean: Mean,
}

impl Standing {
    fn at(anchor: &Usable) -> Self {
        let mut mean = Mean::default();
        mean.add(anchor.spot.at);
        Self { anchor: anchor.spot, t0_us: anchor.t0_us, end_us: anchor.t1_us, records: 1, mean }
    }

    /// How it ends with this record; `None` if it goes on.
    fn ends_with(&self, fix: &Usable, params: &VisitParams) -> Option<Edge> {
        if fix.t0_us.saturating_sub(self.end_us) > params.split_us {
            return Some(Edge::Silent);
        }
        (!self.anchor.within(&fix.spot, params.stay_distance_m)).then_some(Edge::Seen)
    }

    fn take(&mut self, fix: &Usable) {
        self.end_us = self.end_us.max(fix.t1_us);
        self.records += 1;
        self.mean.add(fix.spot.at);
    }

    const fn lasts(&self, params: &VisitParams) -> bool {
        self.end_us.saturating_sub(self.t0_us) >= params.stay_us
    }

    fn ended(&self, ended: Edge) -> Option<StayPoint> {
        let Spot { lat_deg, lon_deg, .. } = self.mean.middle()?;
        let Self { t0_us, end_us: t1_us, records, .. } = *self;
        Some(StayPoint { t0_us, t1_us, lat_deg, lon_deg, records, ended })
    }
}

/// The device's own positions from an open anchor on: some of chunks before, by how many records back, then the chunk's.
struct Line<'l> {
    before: Vec<(usize, Usable)>,
    own: &'l [&'l Usable],
    /// How many records the chunk has, of all kinds.
    records: usize,
}

impl Line<'_> {
    fn get(&self, at: usize) -> Option<&Usable> {
        match at.checked_sub(self.before.len()) {
            None => self.before.get(at).map(|(_, fix)| fix),
            Some(at) => self.own.get(at).copied(),
        }
    }

    /// How many records one stands before the next chunk.
    fn back(&self, at: usize) -> usize {
        match at.checked_sub(self.before.len()) {
            None => self.before.get(at).map_or(0, |(back, _)| back + self.records),
            Some(at) => self.own.get(at).map_or(0, |fix| self.records.saturating_sub(fix.record)),
        }
    }
}

impl Open {
    /// The stays that end in a chunk of so many records, `own` the device's own positions among them; `before` gives a
    /// record that stands so many before the chunk.
    ///
    /// `O(n k)` with `k` the records of a device within `stay_us`.
    pub(super) fn read(
        &mut self,
        own: &[&Usable],
        records: usize,
        before: &dyn Fn(usize) -> Option<Usable>,
        params: &VisitParams,
    ) -> Vec<StayPoint> {
        let mut stay = None;
        let mut line = Line { before: Vec::new(), own, records };
        match std::mem::take(self) {
            Self::Nothing => {}
            Self::Since(back) => {
                let since = (1..=back).rev().filter_map(|back| Some((back, before(back).filter(|fix| fix.own)?)));
                line.before = since.collect();
            }
            Self::Stay(open) => stay = Some(open),
        }
        let (mut found, mut anchor, mut at) = (Vec::new(), 0, 0);
        loop {
            let mut now = if let Some(open) = stay.take() {
                open
            } else {
                let Some(first) = line.get(at) else { return found };
                (anchor, at) = (at, at + 1);
                Standing::at(first)
            };
            let ended = loop {
                let Some(fix) = line.get(at) else {
                    *self = if now.lasts(params) { Self::Stay(now) } else { Self::Since(line.back(anchor)) };
                    return found;
                };
                if let Some(ended) = now.ends_with(fix, params) {
                    break ended;
                }
                now.take(fix);
                at += 1;
            };
            if now.lasts(params) {
                found.extend(now.ended(ended));
            } else {
                at = anchor + 1;
            }
        }
    }

    /// The stay that is open after the last record. Of an anchor that is not a stay yet no later one is: it would begin
    /// later and end no later.
    pub(super) fn at_last(&self) -> Option<StayPoint> {
        match self {
            Self::Stay(open) => open.ended(Edge::Silent),
            Self::Nothing | Self::Since(_) => None,
        }
    }
}
