//! What each chunk of a device's records says of visits: when it was near which place, where it stood still, how long it was
//! observed.
//!
//! ```text
//!   chunk      ●  ●● ●●● ●    ●      runs: records near a place whose gaps are at most gap_us, for each place and reach
//!   near          └──────┘           stretches: what a silence does not part
//!   stays        ══════════┄┄┄>      a stay that goes on is known to the chunk after it
//! ```
//! Runs of neighbouring chunks that are as near to each other are one run: that is for those who ask
//! ([`visits`](mod@super::visits)).

use super::super::chord::Spot;
use super::super::passes::{Pass, View};
use super::observed::observed;
use super::params::VisitParams;
use super::stay::{Open, StayPoint, Usable, usable};
use crate::index::distance_m;

/// A place with its reach, as one question about visits has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Around {
    /// WGS84 latitude, degrees.
    pub(super) lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub(super) lon_deg: f64,
    /// Metres.
    pub(super) reach_m: f64,
    /// How many times its uncertainty a record must lie within that as well.
    pub(super) uncertainty_times: f64,
}

/// Records near a place that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    /// The start of the first, UTC microseconds.
    pub(super) t0_us: i64,
    /// The latest end, UTC microseconds.
    pub(super) t1_us: i64,
    /// How many records it has; a stay point alone has none.
    pub(super) records: usize,
    /// The first and the last record, by position.
    pub(super) ends: (usize, usize),
    /// The nearest record, by position, and its distance from the place's point, metres.
    pub(super) nearest: (f64, usize),
}

impl Run {
    /// The time of a stay point, without a record.
    pub(super) const fn of_stay(stay: &StayPoint) -> Self {
        Self { t0_us: stay.t0_us, t1_us: stay.t1_us, records: 0, ends: (0, 0), nearest: (f64::INFINITY, 0) }
    }

    /// Its positions counted from so many records earlier.
    pub(super) const fn after(self, records: usize) -> Self {
        let (ends, nearest) = (self.ends, self.nearest);
        Self { ends: (ends.0 + records, ends.1 + records), nearest: (nearest.0, nearest.1 + records), ..self }
    }

    /// Takes a run that begins no earlier.
    fn take(&mut self, later: &Self) {
        self.t1_us = self.t1_us.max(later.t1_us);
        if later.records == 0 {
            return;
        }
        if self.records == 0 {
            (self.ends, self.nearest) = (later.ends, later.nearest);
        } else {
            self.ends.1 = later.ends.1;
            let nearer = later.nearest.0.total_cmp(&self.nearest.0).then(later.nearest.1.cmp(&self.nearest.1)).is_lt();
            self.nearest = if nearer { later.nearest } else { self.nearest };
        }
        self.records += later.records;
    }
}

/// Joins a run to the last of others if its gap to that is at most `gap_us`; it begins no earlier.
pub(super) fn join(runs: &mut Vec<Run>, run: Run, gap_us: i64) {
    match runs.last_mut() {
        Some(last) if run.t0_us.saturating_sub(last.t1_us) <= gap_us => last.take(&run),
        _ => runs.push(run),
    }
}

/// The pass over the records of a suspect's device.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nearby {
    pub(super) params: VisitParams,
    /// The places and reaches that are asked about.
    pub(super) around: Vec<Around>,
    /// The least lengths of a stay that are asked about, microseconds.
    pub(super) stays_us: Vec<i64>,
}

/// What a chunk says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Seen {
    /// How many of its records are certain enough.
    pub(super) usable: usize,
    /// When the last of these ends, UTC microseconds.
    pub(super) until_us: Option<i64>,
    /// The longest of them, microseconds.
    pub(super) longest_us: i64,
    /// When the device was observed, in stretches.
    pub(super) observed: Vec<(i64, i64)>,
    /// The runs at each place and reach.
    pub(super) runs: Vec<Vec<Run>>,
    /// The stay points that end in it, each with its position, for each least length.
    pub(super) stays: Vec<Vec<(StayPoint, Spot)>>,
}

impl Pass for Nearby {
    /// The stay that goes on, for each least length.
    type State = Vec<Open>;
    type Found = Seen;

    fn read(&self, state: &mut Vec<Open>, view: &View<'_>) -> Seen {
        let fixes = usable(view.own(), &self.params);
        state.resize(self.stays_us.len(), Open::default());
        let own: Vec<&Usable> = fixes.iter().filter(|fix| fix.own).collect();
        let before = |back: usize| Usable::of(0, view.before(back)?, &self.params);
        let stays = state.iter_mut().zip(&self.stays_us).map(|(open, stay_us)| {
            let params = VisitParams { stay_us: *stay_us, ..self.params.clone() };
            open.read(&own, view.own().len(), &before, &params).into_iter().map(StayPoint::placed).collect()
        });
        Seen {
            usable: fixes.len(),
            until_us: fixes.iter().map(|fix| fix.t1_us).max(),
            longest_us: fixes.iter().map(|fix| fix.t1_us.saturating_sub(fix.t0_us)).max().unwrap_or(0),
            observed: observed(fixes.iter().map(|fix| (fix.t0_us, fix.t1_us)), self.params.silence_us),
            stays: stays.collect(),
            runs: self.around.iter().map(|around| runs(&fixes, around, self.params.gap_us)).collect(),
        }
    }
}

fn runs(fixes: &[Usable], around: &Around, gap_us: i64) -> Vec<Run> {
    let spot = Spot::new(around.lat_deg, around.lon_deg);
    let mut runs = Vec::new();
    for fix in fixes {
        if fix.spot.within(&spot, around.reach_m - around.uncertainty_times * fix.uncertainty_m) {
            let away_m = distance_m(fix.spot.lat_deg, fix.spot.lon_deg, around.lat_deg, around.lon_deg);
            let (ends, nearest) = ((fix.record, fix.record), (away_m, fix.record));
            join(&mut runs, Run { t0_us: fix.t0_us, t1_us: fix.t1_us, records: 1, ends, nearest }, gap_us);
        }
    }
    runs.shrink_to_fit();
    runs
}
