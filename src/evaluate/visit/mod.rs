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
pub(super) mod observed;
mod params;
mod presence;
mod stay;
mod visits;

#[cfg(test)]
mod visit_tests;

pub use finding::{device_findings, visit_findings};
pub use params::VisitParams;
pub use presence::Presence;
pub use stay::{Edge, StayPoint, stay_points};
pub use visits::{Beside, Manner, Visit};

use super::chord::Spot;
use super::{Case, Device, VictimPlace, local_days, local_hours};
use observed::{common_us, either, observed, within_us};
use presence::Account;
use stay::{Usable, stays, usable};
use visits::{Heard, Seen, reach_m, visits};

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

/// A device, prepared once for all places and variations.
struct Prepared {
    fixes: Vec<Usable>,
    heard: Heard,
    observed: Vec<(i64, i64)>,
    left_out: usize,
}

impl Prepared {
    fn of(device: &Device, params: &VisitParams) -> Self {
        let fixes = usable(device.records(), params);
        let observed = observed(fixes.iter().map(|fix| (fix.t0_us, fix.t1_us)), params.silence_us);
        Self { left_out: device.records().len() - fixes.len(), heard: Heard::of(&fixes), fixes, observed }
    }
}

fn at_place(
    suspect: &Prepared,
    stays: &[StayPoint],
    victims: &[Prepared],
    place: &VictimPlace,
    params: &VisitParams,
) -> PlaceVisits {
    let spot = Spot::new(place.lat_deg, place.lon_deg);
    let account = |victim: &Prepared| Account::of(&victim.fixes, &spot, reach_m(place, params), params);
    let accounts: Vec<Account> = victims.iter().map(account).collect();
    let seen = Seen { fixes: &suspect.fixes, stays, heard: &suspect.heard };
    let all = visits(&seen, place, &accounts, params);
    let (from_us, to_us) = (place.from_us.unwrap_or(i64::MIN), place.to_us.unwrap_or(i64::MAX));
    let first_ever_us = all.first().map(|visit| visit.t0_us);
    let before = all.partition_point(|visit| visit.t0_us < from_us);
    let while_hers: Vec<Visit> =
        all.into_iter().skip(before).take_while(|visit| place.to_us.is_none_or(|to_us| visit.t0_us < to_us)).collect();
    let hours = local_hours(while_hers.iter().map(|visit| (visit.t0_us, visit.t1_us)), &params.zone);
    let days = local_days(while_hers.iter().map(|visit| visit.t0_us), &params.zone).len();
    let observed_us = within_us(&suspect.observed, from_us, to_us);
    let records_before = suspect.fixes.partition_point(|fix| fix.t0_us < from_us);
    let records_until =
        place.to_us.map_or(suspect.fixes.len(), |us| suspect.fixes.partition_point(|fix| fix.t0_us < us));
    let moved = place.from_us.map(|from_us| Moved {
        from_us,
        first_after_us: while_hers.first().map(|visit| visit.t0_us),
        visits_before: before,
        records_before,
        observed_before_us: within_us(&suspect.observed, i64::MIN, from_us),
        observed_after_us: observed_us,
    });
    let victim_observed = either(victims.iter().map(|victim| victim.observed.clone()));
    PlaceVisits {
        first_ever_us,
        hours,
        days,
        dwell_us: while_hers.iter().map(Visit::dwell_us).fold(0, i64::saturating_add),
        observed_us,
        both_observed_us: common_us(&suspect.observed, &victim_observed),
        records: records_until.saturating_sub(records_before),
        left_out: suspect.left_out,
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
    let prepared = Prepared::of(suspect, params);
    let stays = stays(&prepared.fixes, params);
    let victims: Vec<Prepared> = victims.iter().map(|victim| Prepared::of(victim, params)).collect();
    places.iter().map(|place| at_place(&prepared, &stays, &victims, place, params)).collect()
}

/// Everything that the findings about one of the suspect's devices need, prepared once for all places and variations.
struct Scene<'a> {
    places: &'a [VictimPlace],
    suspect: Prepared,
    victims: Vec<Prepared>,
}

impl<'a> Scene<'a> {
    fn of(case: &'a Case, device: &Device, params: &VisitParams) -> Self {
        let victims = case.victims.iter().map(|victim| Prepared::of(victim, params)).collect();
        Self { places: &case.places, suspect: Prepared::of(device, params), victims }
    }

    fn stays(&self, params: &VisitParams) -> Vec<StayPoint> {
        stays(&self.suspect.fixes, params)
    }

    /// By place.
    fn visits(&self, stays: &[StayPoint], params: &VisitParams) -> Vec<PlaceVisits> {
        self.places.iter().map(|place| at_place(&self.suspect, stays, &self.victims, place, params)).collect()
    }
}
