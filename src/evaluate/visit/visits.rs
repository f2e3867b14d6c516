//! Visits of one device to one place: runs of records near it, and what else is known of each.

use super::super::VictimPlace;
use super::super::chord::Spot;
use super::params::VisitParams;
use super::presence::{Account, Presence};
use super::stay::{Edge, StayPoint, Usable};
use crate::index::distance_m;

/// How a device was near a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// A stay point lies at the place.
    Stay,
    /// Records near it for as long as a stay, without a stay point.
    Lingering,
    /// Records near it for a shorter time.
    Pass,
}

impl Manner {
    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stay => "stay",
            Self::Lingering => "lingering",
            Self::Pass => "pass",
        }
    }
}

/// A visit before an arrival of the victim's device, or on until after it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// For an arrival, how long before it the visit had begun, at least; for a leaving, how long after it the visit went
    /// on, at least; microseconds.
    pub by_us: i64,
    /// The visit was still going on at the arrival, or already going on at the leaving.
    pub overlaps: bool,
    /// The last moment before the change and the first after it that the victim's records show, UTC microseconds.
    pub between_us: (i64, i64),
}

/// One visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// When it begins: the start of its first record, UTC microseconds.
    pub t0_us: i64,
    /// When it ends: the latest end of its records, UTC microseconds.
    pub t1_us: i64,
    /// Stay, lingering or pass.
    pub manner: Manner,
    /// The time of its stay points, microseconds; 0 for a pass.
    pub stay_us: i64,
    /// The number of records near the place.
    pub records: usize,
    /// The first and the last of them and the nearest, by their place among the device's records.
    pub cited: [usize; 3],
    /// The least distance of a record from the place's point, metres.
    pub nearest_m: f64,
    /// Whether the device is seen to come, and seen to go.
    pub edges: [Edge; 2],
    /// Where the victim's device was in the meantime.
    pub victim: Presence,
    /// It began before the victim's device arrived.
    pub before_arrival: Option<Beside>,
    /// It went on after the victim's device left, or began soon after.
    pub after_leaving: Option<Beside>,
}

impl Visit {
    /// How long it lasted, microseconds.
    #[must_use]
    pub const fn dwell_us(&self) -> i64 {
        self.t1_us.saturating_sub(self.t0_us)
    }
}

/// When records are near the place: a record's or a stay point's time.
#[derive(Clone, Copy)]
struct Span {
    t0_us: i64,
    t1_us: i64,
    /// The record's place among the usable ones; a stay point has none.
    fix: Option<usize>,
}

/// The reach of a place, metres.
pub(super) fn reach_m(place: &VictimPlace, params: &VisitParams) -> f64 {
    place.radius_m + params.near_m
}

/// A suspect's device, prepared.
pub(super) struct Seen<'a> {
    pub(super) fixes: &'a [Usable],
    pub(super) stays: &'a [StayPoint],
    pub(super) heard: &'a Heard,
}

/// The visits of a device to a place, in order of time; `O(n)` for each place.
pub(super) fn visits(seen: &Seen<'_>, place: &VictimPlace, victims: &[Account], params: &VisitParams) -> Vec<Visit> {
    let (spot, reach) = (Spot::new(place.lat_deg, place.lon_deg), reach_m(place, params));
    let is_near = |fix: &Usable| fix.spot.within(&spot, reach - params.uncertainty_times * fix.uncertainty_m);
    let near = seen.fixes.iter().enumerate().filter(|(_, fix)| is_near(fix));
    let mut spans: Vec<Span> =
        near.map(|(at, fix)| Span { t0_us: fix.t0_us, t1_us: fix.t1_us, fix: Some(at) }).collect();
    let here = seen.stays.iter().filter(|stay| Spot::new(stay.lat_deg, stay.lon_deg).within(&spot, reach));
    let stays: Vec<&StayPoint> = here.collect();
    spans.extend(stays.iter().map(|stay| Span { t0_us: stay.t0_us, t1_us: stay.t1_us, fix: None }));
    spans.sort_by_key(|span| (span.t0_us, span.t1_us, span.fix));
    let mut runs: Vec<(i64, i64, Vec<usize>)> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some((_, until_us, fixes)) if span.t0_us.saturating_sub(*until_us) <= params.gap_us => {
                *until_us = span.t1_us.max(*until_us);
                fixes.extend(span.fix);
            }
            _ => runs.push((span.t0_us, span.t1_us, span.fix.into_iter().collect())),
        }
    }
    runs.iter().filter_map(|run| visit(run, seen, place, (&stays, victims), params)).collect()
}

fn visit(
    (t0_us, t1_us, fixes): &(i64, i64, Vec<usize>),
    seen: &Seen<'_>,
    place: &VictimPlace,
    (stays, victims): (&[&StayPoint], &[Account]),
    params: &VisitParams,
) -> Option<Visit> {
    let (t0_us, t1_us) = (*t0_us, *t1_us);
    let distance = |at: &usize| {
        let fix = seen.fixes.get(*at)?;
        Some((distance_m(fix.spot.lat_deg, fix.spot.lon_deg, place.lat_deg, place.lon_deg), fix.record))
    };
    let record = |at: Option<&usize>| Some(seen.fixes.get(*at?)?.record);
    // A stay point at the place none of whose records is near it cites nothing and is left out: its middle is no record.
    let (nearest_m, nearest) =
        fixes.iter().filter_map(distance).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
    let from = stays.partition_point(|stay| stay.t1_us < t0_us);
    let own = stays.iter().skip(from).take_while(|stay| stay.t0_us <= t1_us);
    let stay_us = own.map(|stay| stay.t1_us.saturating_sub(stay.t0_us)).fold(0, i64::saturating_add);
    let manner = match stay_us {
        0 if t1_us.saturating_sub(t0_us) < params.stay_us => Manner::Pass,
        0 => Manner::Lingering,
        _ => Manner::Stay,
    };
    Some(Visit {
        t0_us,
        t1_us,
        manner,
        stay_us,
        records: fixes.len(),
        cited: [record(fixes.first())?, record(fixes.last())?, nearest],
        nearest_m,
        edges: seen.heard.edges(t0_us, t1_us, params),
        victim: presence(victims, t0_us, t1_us, params),
        before_arrival: before_arrival(victims, t0_us, t1_us, params),
        after_leaving: after_leaving(victims, t0_us, t1_us, params),
    })
}

/// When a device was heard last before a time, and first after it.
pub(super) struct Heard {
    starts_us: Vec<i64>,
    /// The latest end of this record and all before it.
    until_us: Vec<i64>,
}

impl Heard {
    pub(super) fn of(fixes: &[Usable]) -> Self {
        let until = |latest: &mut i64, fix: &Usable| {
            *latest = (*latest).max(fix.t1_us);
            Some(*latest)
        };
        Self {
            starts_us: fixes.iter().map(|fix| fix.t0_us).collect(),
            until_us: fixes.iter().scan(i64::MIN, until).collect(),
        }
    }

    fn edges(&self, t0_us: i64, t1_us: i64, params: &VisitParams) -> [Edge; 2] {
        let before = self.starts_us.partition_point(|start_us| *start_us < t0_us);
        let until_us = before.checked_sub(1).and_then(|at| self.until_us.get(at));
        let next_us = self.starts_us.get(self.starts_us.partition_point(|start_us| *start_us <= t1_us));
        let edge = |gap_us: Option<i64>| {
            if gap_us.is_some_and(|gap_us| gap_us <= params.split_us) { Edge::Seen } else { Edge::Silent }
        };
        [edge(until_us.map(|us| t0_us.saturating_sub(*us))), edge(next_us.map(|us| us.saturating_sub(t1_us)))]
    }
}

/// There if any of her devices was there; away if one is known to be away and none to be there.
fn presence(victims: &[Account], t0_us: i64, t1_us: i64, params: &VisitParams) -> Presence {
    victims.iter().map(|account| account.during(t0_us, t1_us, params)).min().unwrap_or(Presence::NotKnown)
}

/// The first arrival that the visit began before, during it or soon after it ended.
fn before_arrival(victims: &[Account], t0_us: i64, t1_us: i64, params: &VisitParams) -> Option<Beside> {
    let first = |account: &Account| {
        let from = account.arrivals.partition_point(|arrival| arrival.from_us <= t0_us);
        let arrival = account.arrivals.get(from).copied()?;
        (arrival.to_us <= t1_us.saturating_add(params.wait_us)).then_some(arrival)
    };
    let arrival = victims.iter().filter_map(first).min_by_key(|arrival| (arrival.from_us, arrival.to_us))?;
    Some(Beside {
        by_us: arrival.from_us.saturating_sub(t0_us),
        overlaps: t1_us >= arrival.to_us,
        between_us: (arrival.from_us, arrival.to_us),
    })
}

/// The last leaving that the visit went on after, or began soon after.
fn after_leaving(victims: &[Account], t0_us: i64, t1_us: i64, params: &VisitParams) -> Option<Beside> {
    let last = |account: &Account| {
        let to = account.leavings.partition_point(|leaving| leaving.to_us < t1_us);
        let leaving = account.leavings.get(to.checked_sub(1)?).copied()?;
        (t0_us <= leaving.to_us.saturating_add(params.wait_us)).then_some(leaving)
    };
    let leaving = victims.iter().filter_map(last).max_by_key(|leaving| (leaving.to_us, leaving.from_us))?;
    Some(Beside {
        by_us: t1_us.saturating_sub(leaving.to_us),
        overlaps: t0_us <= leaving.from_us,
        between_us: (leaving.from_us, leaving.to_us),
    })
}
