//! The order in which records lose to one another: later and more certain wins.
//!
//! ```text
//!   radius │ ●a            before this moment │ b is nearer than a and as certain: a says nothing that b does not say;
//!          │      ●b   ●c                     │ c is nearest; b is further, but states a smaller radius than c? No: only
//!          │  ●d                              │ d does. The chain from here is c, d.
//!          └──────────────────────────────────┴──> time
//! ```
//! Chains are links to the next record further away in time with a smaller radius: nearest smaller values, found in one
//! pass with a stack.

use super::family::{Family, MAX_MEMBERS, Side};
use super::params::ReachParams;
use crate::evaluate::case::Record;
use crate::index::distance::is_position;

/// No next record in a chain.
const NONE: u32 = u32::MAX;

/// At most this many records of one side bear on a moment.
pub(in crate::evaluate) const MAX_A_SIDE: usize = 3;

/// A device's records, linked both ways in time by falling radius.
#[derive(Debug)]
pub struct Frontier<'a> {
    records: &'a [Record],
    sigma_m: Vec<f64>,
    by_start: Vec<u32>,
    later: Vec<u32>,
    by_end: Vec<u32>,
    earlier: Vec<u32>,
}

impl<'a> Frontier<'a> {
    /// Links records in the order of their content ([`Record::order`]); those beyond 4 billion are left out.
    #[must_use]
    pub fn new(records: &'a [Record], params: &ReachParams) -> Self {
        let count = u32::try_from(records.len()).unwrap_or(NONE);
        let sigma_m: Vec<f64> = records.iter().map(|r| params.sigma_m(r)).collect();
        let spread = |i: u32| sigma_m.get(i as usize).copied().unwrap_or(f64::INFINITY);
        let time = |i: u32, end: bool| records.get(i as usize).map_or(0, |r| if end { r.t1_us } else { r.t0_us });
        let bears = |&i: &u32| records.get(i as usize).is_some_and(|r| bears(r, spread(i)));
        let mut by_start: Vec<u32> = (0..count).filter(bears).collect();
        let mut by_end = by_start.clone();
        // Away from the moment: of records of one time the most certain first.
        by_start.sort_by(|&a, &b| time(a, false).cmp(&time(b, false)).then(spread(a).total_cmp(&spread(b))));
        by_end.sort_by(|&a, &b| time(a, true).cmp(&time(b, true)).then(spread(b).total_cmp(&spread(a))));
        let later = links(by_start.iter().rev().map(|&i| (i, spread(i), time(i, false))), records.len());
        let earlier = links(by_end.iter().map(|&i| (i, spread(i), time(i, true))), records.len());
        Self { records, sigma_m, by_start, later, by_end, earlier }
    }

    /// The records.
    #[must_use]
    pub const fn records(&self) -> &'a [Record] {
        self.records
    }

    /// A record by its position.
    #[must_use]
    pub fn record(&self, index: u32) -> Option<&'a Record> {
        self.records.get(index as usize)
    }

    /// The standard deviation of a record's error per axis, metres; infinite for a record that is not there.
    #[must_use]
    pub fn sigma_m(&self, index: u32) -> f64 {
        self.sigma_m.get(index as usize).copied().unwrap_or(f64::INFINITY)
    }

    /// Positions of records by their start, then by their radius.
    pub(super) fn by_start(&self) -> &[u32] {
        &self.by_start
    }

    /// Positions of records by their end, then by their radius from the largest.
    pub(super) fn by_end(&self) -> &[u32] {
        &self.by_end
    }

    /// The family of a stretch of time: the nearest record that ended before it, those during it by falling certainty,
    /// the nearest that begins after it.
    pub(super) fn family(&self, before: Option<u32>, during: impl Iterator<Item = u32>, after: Option<u32>) -> Family {
        let mut family = Family::default();
        let mut best_m = f64::INFINITY;
        let mut inside = [NONE; 2];
        for (slot, index) in inside.iter_mut().zip(during) {
            let spread = self.sigma_m(index);
            if spread > best_m {
                break;
            }
            best_m = spread;
            *slot = index;
        }
        // A record during the stretch beats all outside it that are no more certain.
        self.chain(&mut family, before, &self.earlier, (Side::Before, best_m));
        for index in inside.into_iter().filter(|&i| i != NONE) {
            self.add(&mut family, index, Side::During);
        }
        self.chain(&mut family, after, &self.later, (Side::After, best_m));
        family
    }

    /// Follows a chain; `below` is the radius that a member must be below.
    fn chain(&self, family: &mut Family, head: Option<u32>, links: &[u32], (side, below_m): (Side, f64)) {
        let mut next = head.unwrap_or(NONE);
        let mut taken = 0;
        while next != NONE && taken < MAX_A_SIDE && family.members().len() < MAX_MEMBERS {
            if self.sigma_m(next) < below_m {
                self.add(family, next, side);
                taken += 1;
            }
            next = links.get(next as usize).copied().unwrap_or(NONE);
        }
    }

    /// Adds a record, unless the same record stands there already, perhaps from another file.
    fn add(&self, family: &mut Family, index: u32, side: Side) {
        let Some(new) = self.record(index) else { return };
        let same = |old: &Record| {
            (old.t0_us, old.t1_us, old.lat_deg, old.lon_deg) == (new.t0_us, new.t1_us, new.lat_deg, new.lon_deg)
        };
        let again = family
            .members()
            .iter()
            .any(|m| self.record(m.index).is_some_and(same) && self.sigma_m(m.index) == self.sigma_m(index));
        if !again && !family.holds(index) {
            family.push(index, side);
        }
    }
}

/// Whether a record bears on anything: what has no position, or may be anywhere, does not.
pub(in crate::evaluate) fn bears(record: &Record, sigma_m: f64) -> bool {
    sigma_m.is_finite() && is_position(record.lat_deg, record.lon_deg)
}

/// For each record of a walk towards the moment, the last one before it in the walk with a smaller spread, or with the same
/// spread at the same time; by position in the records.
fn links(walk: impl Iterator<Item = (u32, f64, i64)>, count: usize) -> Vec<u32> {
    let mut links = vec![NONE; count];
    let mut stack: Vec<(u32, f64, i64)> = Vec::new();
    for (index, spread, time_us) in walk {
        while stack.pop_if(|&mut (_, s, t)| loses((s, t), (spread, time_us))).is_some() {}
        if let Some(link) = links.get_mut(index as usize) {
            *link = stack.last().map_or(NONE, |top| top.0);
        }
        stack.push((index, spread, time_us));
    }
    links
}

/// Whether a record (its spread and its time) says nothing that a nearer one does not say.
pub(in crate::evaluate) fn loses((spread, time_us): (f64, i64), (nearer, nearer_us): (f64, i64)) -> bool {
    spread > nearer || (spread == nearer && time_us != nearer_us)
}
