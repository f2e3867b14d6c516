//! Visits: stays at the victim's places and passes by them; also while she is away, before she comes, after she goes.
//!
//! ```text
//!   suspect's device   ○ ○  ●●●●●●●●●   ○        ● near the place (its radius and near_m)     ○ elsewhere
//!                           └─ visit ─┘          stay, lingering or pass; its gaps are at most gap_us
//!   victim's device      away     │ arrives      before her arrival by so much at least; or her records do not say
//! ```
//! Each visit says where her device was: there, away, or not known, and her silence is `not known`. Counts are of visits
//! and days, never of records, and stand beside the hours in which the device was observed at all. A place that she moved
//! to is asked about twice: when the device first came near it after the move, and whether it had been near before.

mod finding;
mod nearby;
pub(super) mod observed;
mod params;
mod prepared;
mod presence;
mod stay;
mod visits;

#[cfg(test)]
mod visit_tests;

pub(super) use finding::changed_findings;
pub use finding::{device_findings, visit_findings};
pub use params::VisitParams;
pub use presence::Presence;
pub use stay::{Edge, StayPoint, stay_points};
pub use visits::{Beside, Manner, Visit};

use std::collections::BTreeMap;

use super::chunks::Chunked;
use super::passes::Passed;
use super::{Device, VictimPlace, local_days, local_hours};
use nearby::{Around, Nearby};
use observed::{common_us, either, within_us};
use prepared::Prepared;
use presence::{Account, Presences, Told};
use visits::{reach_m, visits};

/// What a move says: the victim came to live at the place at `from_us`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// When the place became hers, UTC microseconds.
    pub from_us: i64,
    /// The beginning of the first visit from then on; `None` without one.
    pub first_after_us: Option<i64>,
    /// How many visits began before it was hers.
    pub visits_before: usize,
    /// How many usable records the device has from before.
    pub records_before: usize,
    /// How long the device was observed before, microseconds.
    pub observed_before_us: i64,
    /// How long it was observed while the place was hers, microseconds.
    pub observed_after_us: i64,
}

/// What one device's records say of one place while it was hers.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceVisits {
    /// The visits that began while the place was hers, in order of time.
    pub visits: Vec<Visit>,
    /// The first visit ever, also before the place was hers, UTC microseconds.
    pub first_ever_us: Option<i64>,
    /// Visits by local hour of day, each counted in every hour that it touches.
    pub hours: [usize; 24],
    /// Local days (from four to four) on which a visit began.
    pub days: usize,
    /// How long the visits lasted together, microseconds.
    pub dwell_us: i64,
    /// How long the device was observed while the place was hers, microseconds.
    pub observed_us: i64,
    /// How long it was observed at the same time as one of the victim's devices, at any time, microseconds.
    pub both_observed_us: i64,
    /// Usable records of the device from the time in which the place was hers.
    pub records: usize,
    /// Records that were left out because they are too uncertain.
    pub left_out: usize,
    /// If she moved to the place: before and after.
    pub moved: Option<Moved>,
}

impl PlaceVisits {
    /// How many visits are of a manner.
    #[must_use]
    pub fn of_manner(&self, manner: Manner) -> usize {
        self.visits.iter().filter(|visit| visit.manner == manner).count()
    }

    /// How many visits have the victim's device there, away, or not known.
    #[must_use]
    pub fn with_victim(&self, presence: Presence) -> usize {
        self.visits.iter().filter(|visit| visit.victim == presence).count()
    }
}

/// What is kept of devices between evaluations.
#[derive(Debug, Default)]
pub(super) struct Passes {
    suspects: BTreeMap<String, Passed<Nearby>>,
    victims: Vec<Passed<Presences>>,
}

impl Passes {
    /// Forgets the suspect's devices that are no longer there.
    pub(super) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.suspects.retain(|name, _| is_there(name));
    }
}

/// One of the suspect's devices, the victim's, and her places.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The suspect's device's name.
    pub(super) name: &'a str,
    pub(super) suspect: &'a Chunked<'a>,
    pub(super) victims: &'a [Chunked<'a>],
    pub(super) places: &'a [VictimPlace],
}

impl Asked<'_> {
    /// The usual visits to each of the places, in their order.
    ///
    /// What is kept is read for all that [`device_findings`] asks, so that both read it once.
    pub(super) fn usual(&self, params: &VisitParams, kept: bool, passes: &mut Passes) -> Vec<PlaceVisits> {
        let usual = std::slice::from_ref(params);
        let all = if kept { finding::asked_params(params).1 } else { Vec::new() };
        self.visits(usual, if kept { &all } else { usual }, passes).pop().unwrap_or_default()
    }

    /// The visits to each of the places, in their order, for each of several parameters, which differ in what is near and in
    /// how long a stay is; they are among those that the records are read for.
    fn visits(&self, params: &[VisitParams], read_for: &[VisitParams], passes: &mut Passes) -> Vec<Vec<PlaceVisits>> {
        let Self { name, suspect, victims, places } = self;
        let nearby = Nearby::of(places, read_for);
        let suspect = Prepared::of(suspect, &nearby, passes.suspects.entry((*name).to_owned()).or_default());
        let certain: Vec<VisitParams> =
            params.iter().map(|params| VisitParams { uncertainty_times: 0.0, ..params.clone() }).collect();
        let presences = Presences { params: nearby.params.clone(), around: Around::all(places, &certain) };
        passes.victims.resize_with(victims.len().max(passes.victims.len()), Passed::default);
        let told = victims.iter().zip(&mut passes.victims).map(|(victim, passed)| Told::of(victim, &presences, passed));
        let told: Vec<Told<'_>> = told.collect();
        let both = common_us(&suspect.observed, &either(told.iter().map(|victim| victim.observed.clone())));
        let of = |params: &VisitParams, place: &VictimPlace| at_place(&suspect, (&told, both), place, params);
        params.iter().map(|params| places.iter().map(|place| of(params, place)).collect()).collect()
    }
}

fn at_place(
    suspect: &Prepared<'_>,
    (victims, both_observed_us): (&[Told<'_>], i64),
    place: &VictimPlace,
    params: &VisitParams,
) -> PlaceVisits {
    let around = Around::of(place, params);
    let certain = Around { uncertainty_times: 0.0, ..around };
    let accounts: Vec<Account<'_>> = victims.iter().map(|victim| victim.account(&certain)).collect();
    let near = suspect.near(&around, params.gap_us);
    let all = visits(suspect, (suspect.stays(params.stay_us), near), place, &accounts, params);
    let (from_us, to_us) = (place.from_us.unwrap_or(i64::MIN), place.to_us.unwrap_or(i64::MAX));
    let first_ever_us = all.first().map(|visit| visit.t0_us);
    let before = all.partition_point(|visit| visit.t0_us < from_us);
    let while_hers: Vec<Visit> =
        all.into_iter().skip(before).take_while(|visit| place.to_us.is_none_or(|to_us| visit.t0_us < to_us)).collect();
    let hours = local_hours(while_hers.iter().map(|visit| (visit.t0_us, visit.t1_us)), &params.zone);
    let days = local_days(while_hers.iter().map(|visit| visit.t0_us), &params.zone).len();
    let observed_us = within_us(&suspect.observed, from_us, to_us);
    let records_before = suspect.usable_before(from_us);
    let records_until = place.to_us.map_or(suspect.usable, |us| suspect.usable_before(us));
    let moved = place.from_us.map(|from_us| Moved {
        from_us,
        first_after_us: while_hers.first().map(|visit| visit.t0_us),
        visits_before: before,
        records_before,
        observed_before_us: within_us(&suspect.observed, i64::MIN, from_us),
        observed_after_us: observed_us,
    });
    PlaceVisits {
        first_ever_us,
        hours,
        days,
        dwell_us: while_hers.iter().map(Visit::dwell_us).fold(0, i64::saturating_add),
        observed_us,
        both_observed_us,
        records: records_until.saturating_sub(records_before),
        left_out: suspect.left_out(),
        moved,
        visits: while_hers,
    }
}

/// The visits of one of the suspect's devices to each of the victim's places, in the order of the places.
#[must_use]
pub fn place_visits(
    suspect: &Device,
    victims: &[Device],
    places: &[VictimPlace],
    params: &VisitParams,
) -> Vec<PlaceVisits> {
    let victims: Vec<Chunked<'_>> = victims.iter().map(|victim| Chunked::anew(victim.records())).collect();
    let asked = Asked { name: &suspect.name, suspect: &Chunked::anew(suspect.records()), victims: &victims, places };
    asked.usual(params, false, &mut Passes::default())
}
