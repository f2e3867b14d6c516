//! One of the suspect's devices, prepared once for all places and variations.

use super::super::chord::Spot;
use super::super::chunks::Chunked;
use super::super::passes::Passed;
use super::super::{Record, VictimPlace};
use super::nearby::{Around, Nearby, Run, Seen, join};
use super::observed::observed;
use super::params::VisitParams;
use super::stay::{Edge, Open, StayPoint, is_usable};
use super::visits::reach_m;

impl Around {
    /// What the parameters ask about a place.
    pub(super) fn of(place: &VictimPlace, params: &VisitParams) -> Self {
        let (reach_m, uncertainty_times) = (reach_m(place, params), params.uncertainty_times);
        Self { lat_deg: place.lat_deg, lon_deg: place.lon_deg, reach_m, uncertainty_times }
    }

    /// What each of several parameters asks about each of the places, once.
    pub(super) fn all(places: &[VictimPlace], params: &[VisitParams]) -> Vec<Self> {
        let mut all = Vec::new();
        for around in params.iter().flat_map(|params| places.iter().map(|place| Self::of(place, params))) {
            if !all.contains(&around) {
                all.push(around);
            }
        }
        all
    }
}

impl Nearby {
    /// The pass for several parameters that differ in what is near, and in how long a stay is; the first are the usual.
    pub(super) fn of(places: &[VictimPlace], params: &[VisitParams]) -> Self {
        let mut stays_us: Vec<i64> = Vec::new();
        for stay_us in params.iter().map(|params| params.stay_us) {
            if !stays_us.contains(&stay_us) {
                stays_us.push(stay_us);
            }
        }
        Self { params: params.first().cloned().unwrap_or_default(), around: Around::all(places, params), stays_us }
    }
}

/// Stay points, each with its position.
type Stays = Vec<(StayPoint, Spot)>;

/// A device's records, with what each of their chunks says.
pub(super) struct Prepared<'p> {
    records: &'p [Record],
    pass: &'p Nearby,
    chunks: Vec<(usize, &'p Seen)>,
    /// For each chunk the latest end of a record of it and all before it that is certain enough, UTC microseconds.
    until_us: Vec<i64>,
    /// When the device was observed, in stretches.
    pub(super) observed: Vec<(i64, i64)>,
    /// How many records are certain enough.
    pub(super) usable: usize,
    stays: Vec<Stays>,
}

impl<'p> Prepared<'p> {
    pub(super) fn of(device: &Chunked<'p>, pass: &'p Nearby, passed: &'p mut Passed<Nearby>) -> Self {
        let found = passed.of(pass, device);
        let seen = || found.chunks.iter().map(|(_, seen)| *seen);
        let until = |latest: &mut i64, seen: &Seen| {
            *latest = seen.until_us.map_or(*latest, |us| us.max(*latest));
            Some(*latest)
        };
        let stays = |at: usize| {
            let ended = seen().filter_map(|seen| seen.stays.get(at)).flatten().copied();
            ended.chain(found.last.get(at).and_then(Open::at_last).map(StayPoint::placed)).collect()
        };
        Self {
            records: device.records(),
            until_us: seen().scan(i64::MIN, until).collect(),
            observed: observed(seen().flat_map(|seen| seen.observed.iter().copied()), pass.params.silence_us),
            usable: seen().map(|seen| seen.usable).sum(),
            stays: (0..pass.stays_us.len()).map(stays).collect(),
            chunks: found.chunks,
            pass,
        }
    }

    /// How many records are too uncertain.
    pub(super) const fn left_out(&self) -> usize {
        self.records.len() - self.usable
    }

    /// The stay points of at least this length, microseconds.
    pub(super) fn stays(&self, stay_us: i64) -> &[(StayPoint, Spot)] {
        let at = self.pass.stays_us.iter().position(|us| *us == stay_us);
        at.and_then(|at| self.stays.get(at)).map_or(&[], Vec::as_slice)
    }

    /// The runs of records near a place, in order of time.
    pub(super) fn near(&self, around: &Around, gap_us: i64) -> Vec<Run> {
        let Some(at) = self.pass.around.iter().position(|known| known == around) else { return Vec::new() };
        let mut runs = Vec::new();
        for (from, seen) in &self.chunks {
            for run in seen.runs.get(at).into_iter().flatten() {
                join(&mut runs, run.after(*from), gap_us);
            }
        }
        runs
    }

    /// How many records that are certain enough begin before a time, UTC microseconds.
    pub(super) fn usable_before(&self, us: i64) -> usize {
        let to = self.records.partition_point(|record| record.t0_us < us);
        let place = self.chunks.partition_point(|(from, _)| *from < to);
        let (whole, part) = self.chunks.split_at(place.saturating_sub(1));
        let from = part.first().map_or(to, |(from, _)| *from);
        let own = self.records.get(from..to).unwrap_or_default().iter();
        whole.iter().map(|(_, seen)| seen.usable).sum::<usize>()
            + own.filter(|record| is_usable(record, &self.pass.params)).count()
    }

    /// Whether records stand close before and close after a time.
    pub(super) fn edges(&self, t0_us: i64, t1_us: i64) -> [Edge; 2] {
        let edge = |seen: bool| if seen { Edge::Seen } else { Edge::Silent };
        [edge(self.is_heard_before(t0_us)), edge(self.is_heard_after(t1_us))]
    }

    /// Whether one that begins before a time ends at most the split before it, or later.
    fn is_heard_before(&self, us: i64) -> bool {
        let to = self.records.partition_point(|record| record.t0_us < us);
        let place = self.chunks.partition_point(|(from, _)| *from < to);
        let (split_us, at) = (self.pass.params.split_us, place.wrapping_sub(1));
        let is_close = |until_us: i64| us.saturating_sub(until_us) <= split_us;
        if at.checked_sub(1).and_then(|before| self.until_us.get(before)).is_some_and(|until_us| is_close(*until_us)) {
            return true;
        }
        let Some((from, seen)) = self.chunks.get(at) else { return false };
        let own = self.records.get(*from..to).unwrap_or_default().iter().rev();
        // What begins so long ago that the longest of all would not reach ends the search.
        let mut near = own.take_while(|record| is_close(record.t0_us.saturating_add(seen.longest_us)));
        near.any(|record| is_usable(record, &self.pass.params) && is_close(record.t1_us.max(record.t0_us)))
    }

    /// Whether the first that begins after a time does so at most the split after it.
    fn is_heard_after(&self, us: i64) -> bool {
        let from = self.records.partition_point(|record| record.t0_us <= us);
        let later = self.records.get(from..).unwrap_or_default().iter();
        let mut near = later.take_while(|record| record.t0_us.saturating_sub(us) <= self.pass.params.split_us);
        near.any(|record| is_usable(record, &self.pass.params))
    }
}
