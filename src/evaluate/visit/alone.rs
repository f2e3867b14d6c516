//! What one of the suspect's devices says of the victim's places by itself, whatever hers say.
//!
//! ```text
//!   his chunks ──> visits to each place ──┬──> visits and where she was meanwhile
//!   hers ──> arrivals, leavings ──────────┘
//! ```
//! Invariant: what is kept hangs on his chunks, the places and what is asked, all of which it is kept with. So a record of hers
//! leaves it, and whoever asks the same after him does not find it again.

use super::super::chunks::Chunked;
use super::super::passes::Passed;
use super::super::{VictimPlace, local_days, local_hours};
use super::nearby::{Around, Nearby};
use super::observed::within_us;
use super::params::VisitParams;
use super::prepared::Prepared;
use super::visits::{Visit, visits};
use super::{Moved, PlaceVisits};

/// What is kept of one of the suspect's devices.
#[derive(Debug, Default)]
pub(super) struct Alone {
    passed: Passed<Nearby>,
    /// Of which chunks, by their numbers, of which places, and read for what the rest is.
    of: Option<(Vec<u64>, Vec<VictimPlace>, Nearby)>,
    observed: Vec<(i64, i64)>,
    found: Vec<(VisitParams, Vec<PlaceVisits>)>,
}

impl Alone {
    /// The visits to each of the places, in their order, for each of several parameters, with nothing known of the victim.
    pub(super) fn visits(
        &mut self,
        device: &Chunked<'_>,
        places: &[VictimPlace],
        params: &[VisitParams],
        pass: &Nearby,
    ) -> Vec<Vec<PlaceVisits>> {
        let chunks = device.chunks().iter().map(|chunk| chunk.number).collect();
        let now = Some((chunks, places.to_vec(), pass.clone()));
        if self.of != now {
            (self.of, self.found) = (now, Vec::new());
        }
        let Self { passed, observed, found, .. } = self;
        let new = params.iter().filter(|params| found.iter().all(|(known, _)| known != *params));
        let new: Vec<VisitParams> = new.cloned().collect();
        if !new.is_empty() {
            let prepared = Prepared::of(device, pass, passed);
            let each = |params: VisitParams| {
                let visits = places.iter().map(|place| at_place(&prepared, place, &params)).collect();
                (params, visits)
            };
            found.extend(new.into_iter().map(each));
            observed.clone_from(&prepared.observed);
        }
        let known = |params| found.iter().find(|(known, _)| known == params).map(|(_, visits)| visits.clone());
        params.iter().map(|params| known(params).unwrap_or_default()).collect()
    }

    /// When the device was observed, in stretches, as it was asked about last.
    pub(super) fn observed(&self) -> &[(i64, i64)] {
        &self.observed
    }
}

fn at_place(suspect: &Prepared<'_>, place: &VictimPlace, params: &VisitParams) -> PlaceVisits {
    let near = suspect.near(&Around::of(place, params), params.gap_us);
    let all = visits(suspect, (suspect.stays(params.stay_us), near), place, params);
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
        both_observed_us: 0,
        records: records_until.saturating_sub(records_before),
        left_out: suspect.left_out(),
        moved,
        visits: while_hers,
    }
}
