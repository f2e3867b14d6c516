//! Visits of one device to one place: runs of records near it, and what else is known of each.

use super::super::VictimPlace;
use super::super::chord::Spot;
use super::nearby::{Run, join};
use super::params::VisitParams;
use super::prepared::Prepared;
use super::presence::{Account, Presence};
use super::stay::{Edge, StayPoint};

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

    /// Says what the victim's devices say of its time.
    pub(super) fn beside(&mut self, victims: &[Account<'_>], params: &VisitParams) {
        let (t0_us, t1_us) = (self.t0_us, self.t1_us);
        self.victim = presence(victims, t0_us, t1_us, params);
        self.before_arrival = before_arrival(victims, t0_us, t1_us, params);
        self.after_leaving = after_leaving(victims, t0_us, t1_us, params);
    }
}

/// The reach of a place, metres.
pub(super) fn reach_m(place: &VictimPlace, params: &VisitParams) -> f64 {
    place.radius_m + params.near_m
}

/// The visits of a device to a place, in order of time, with nothing known of the victim; `stays` are its stay points, `near` its
/// records near the place.
pub(super) fn visits(
    seen: &Prepared<'_>,
    (stays, near): (&[(StayPoint, Spot)], Vec<Run>),
    place: &VictimPlace,
    params: &VisitParams,
) -> Vec<Visit> {
    let (spot, reach) = (Spot::new(place.lat_deg, place.lon_deg), reach_m(place, params));
    let here = stays.iter().filter(|(_, middle)| middle.within(&spot, reach));
    let stays: Vec<&StayPoint> = here.map(|(stay, _)| stay).collect();
    let mut spans = near;
    spans.extend(stays.iter().map(|stay| Run::of_stay(stay)));
    // Stable: what begins together is in one run, whichever comes first.
    spans.sort_by_key(|span| span.t0_us);
    let mut runs: Vec<Run> = Vec::new();
    for span in spans {
        join(&mut runs, span, params.gap_us);
    }
    // A stay point at the place none of whose records is near it cites nothing and is left out: its middle is no record.
    let with_records = runs.iter().filter(|run| run.records > 0);
    with_records.map(|run| visit(run, seen, &stays, params)).collect()
}

fn visit(run: &Run, seen: &Prepared<'_>, stays: &[&StayPoint], params: &VisitParams) -> Visit {
    let Run { t0_us, t1_us, records, ends: (first, last), nearest: (nearest_m, nearest) } = *run;
    let from = stays.partition_point(|stay| stay.t1_us < t0_us);
    let own = stays.iter().skip(from).take_while(|stay| stay.t0_us <= t1_us);
    let stay_us = own.map(|stay| stay.t1_us.saturating_sub(stay.t0_us)).fold(0, i64::saturating_add);
    let manner = match stay_us {
        0 if t1_us.saturating_sub(t0_us) < params.stay_us => Manner::Pass,
        0 => Manner::Lingering,
        _ => Manner::Stay,
    };
    Visit {
        t0_us,
        t1_us,
        manner,
        stay_us,
        records,
        cited: [first, last, nearest],
        nearest_m,
        edges: seen.edges(t0_us, t1_us),
        victim: Presence::NotKnown,
        before_arrival: None,
        after_leaving: None,
    }
}

/// There if any of her devices was there; away if one is known to be away and none to be there.
fn presence(victims: &[Account<'_>], t0_us: i64, t1_us: i64, params: &VisitParams) -> Presence {
    victims.iter().map(|account| account.during(t0_us, t1_us, params)).min().unwrap_or(Presence::NotKnown)
}

/// The first arrival that the visit began before, during it or soon after it ended.
fn before_arrival(victims: &[Account<'_>], t0_us: i64, t1_us: i64, params: &VisitParams) -> Option<Beside> {
    let first = |account: &Account<'_>| {
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
fn after_leaving(victims: &[Account<'_>], t0_us: i64, t1_us: i64, params: &VisitParams) -> Option<Beside> {
    let last = |account: &Account<'_>| {
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
