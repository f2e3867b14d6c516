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

mod alone;
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
use super::{Device, VictimPlace};
use alone::Alone;
use nearby::{Around, Nearby};
use observed::{common_us, either};
use presence::{Account, Presences, Told};
use visits::reach_m;

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
    suspects: BTreeMap<String, Alone>,
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
        let alone = passes.suspects.entry((*name).to_owned()).or_default();
        let mut found = alone.visits(suspect, places, params, &nearby);
        let certain: Vec<VisitParams> =
            params.iter().map(|params| VisitParams { uncertainty_times: 0.0, ..params.clone() }).collect();
        let presences = Presences { params: nearby.params, around: Around::all(places, &certain) };
        passes.victims.resize_with(victims.len().max(passes.victims.len()), Passed::default);
        let told = victims.iter().zip(&mut passes.victims).map(|(victim, passed)| Told::of(victim, &presences, passed));
        let told: Vec<Told<'_>> = told.collect();
        let both_us = common_us(alone.observed(), &either(told.iter().map(|victim| victim.observed.clone())));
        // Most parameters ask her the same of a place.
        let mut accounts: Vec<(Around, Vec<Account<'_>>)> = Vec::new();
        for (found, params) in found.iter_mut().zip(&certain) {
            for (visits, place) in found.iter_mut().zip(*places) {
                let around = Around::of(place, params);
                let known = accounts.iter().position(|(known, _)| *known == around).unwrap_or_else(|| {
                    accounts.push((around, told.iter().map(|victim| victim.account(&around)).collect()));
                    accounts.len() - 1
                });
                visits.both_observed_us = both_us;
                let victims = accounts.get(known).map_or(&[][..], |(_, accounts)| accounts);
                visits.visits.iter_mut().for_each(|visit| visit.beside(victims, params));
            }
        }
        found
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
