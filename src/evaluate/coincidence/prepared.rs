//! Two devices as they are compared, with what is kept of them between evaluations.
//!
//! ```text
//!   records ──> accounts ──┬──> places where both often are ──┐
//!                          ├──> cycle ────────────────────────┼──> lists of contacts under each shift ──> counted
//!                          └──> hours ──> shifts ─────────────┘    chunk by chunk
//! ```
//! Invariant: what is kept is what would be found anew. Lists stand for as long as the cycle and the places in common do, what
//! was counted of one for as long as its stretches and the hours of both devices do.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::account::{Account, Accounts};
use super::anchors::{Anchors, Days};
use super::cited;
use super::heard::Heard;
use super::hours::Cycle;
use super::how::{Axis, How};
use super::laid::{Met, Span};
use super::lists::{Lists, Wanted};
use super::permutation::{Coincidence, CoincidenceParams, Counted, Refusal, Shifted, Together, compared};
use super::reach::Reached;
use super::shifts::{Plan, Recorded};
use super::side::{Side, Stood};
use crate::evaluate::Record;
use crate::evaluate::chunks::Chunked;
use crate::evaluate::passes::Passed;
use crate::evaluate::wall_clock::WallClock;
use crate::model::ProximityParams;
use crate::time::ZoneRule;

/// What is asked of two devices.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) zone: ZoneRule,
    pub(super) how: CoincidenceParams,
    /// The encounter, in each of the ways that are asked about.
    pub(super) ways: Vec<ProximityParams>,
}

/// What is kept of one of the suspect's devices and one of the victim's.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Passes {
    asked: Option<Asked>,
    accounts: [Passed<Accounts>; 2],
    days: [Days; 2],
    reached: Reached,
    /// The victim's chunks that have been heard of in `reached`.
    heard: BTreeSet<u64>,
    anchors: Anchors,
    cycle: Option<Cycle>,
    ways: Vec<Way>,
}

/// What is kept of one way to ask.
#[derive(Debug, Default)]
struct Way {
    observed: Lists<()>,
    shifted: Lists<Shifted>,
    planned: Option<Arc<Planned>>,
}

/// The hours in which the devices were recorded, and the shifts that these allow.
#[derive(Debug)]
struct Planned {
    recorded: Recorded,
    plan: Plan,
}

impl Passes {
    /// Two devices, ready to be compared in each of the ways; found again is only what has changed.
    pub(super) fn prepare<'p, 'a>(
        &'p mut self,
        suspect: &Chunked<'a>,
        victim: &Chunked<'a>,
        asked: &'p Asked,
    ) -> Prepared<'p, 'a> {
        if self.asked.as_ref() != Some(asked) {
            *self = Self { asked: Some(asked.clone()), ..Self::default() };
            self.ways.resize_with(asked.ways.len(), Way::default);
        }
        let Self { accounts: [of_suspect, of_victim], days: [his_days, her_days], .. } = self;
        let pass = |wider_us| Accounts { zone: asked.zone.clone(), wider_us };
        let his = of_suspect.of(&pass(vec![0]), suspect).chunks;
        // A contact lies within the window of the victim's record: so does its hour.
        let windows_us = asked.ways.iter().map(|params| params.window_us).collect();
        let hers = of_victim.of(&pass(windows_us), victim).chunks;
        count_days(his_days, suspect, &his);
        count_days(her_days, victim, &hers);
        let anchors = Anchors::of(his_days, her_days, asked.how.anchor_days, asked.how.anchor_share);
        let sides = (Side::of(suspect, &his), Side::of(victim, &hers));
        let cycle = cycle(&sides.0, &sides.1);
        let recorded = cycle.map(|cycle| recorded(cycle, &his, &hers, asked.ways.len())).unwrap_or_default();
        self.stands_for(anchors, cycle);
        hear(&mut self.reached, &mut self.heard, &sides.1, &asked.ways);
        let (zone, reached, anchors) = (&asked.zone, &self.reached, &self.anchors);
        let devices = Devices { suspect: sides.0, victim: sides.1, zone, reached, anchors };
        Prepared { devices, asked, recorded, ways: &mut self.ways }
    }

    /// Forgets what stood for other places in common or for another cycle.
    fn stands_for(&mut self, anchors: Anchors, cycle: Option<Cycle>) {
        if self.anchors != anchors {
            self.anchors = anchors;
            self.ways.iter_mut().for_each(|way| *way = Way::default());
        }
        if self.cycle != cycle {
            self.cycle = cycle;
            self.ways.iter_mut().for_each(|way| way.shifted = Lists::default());
        }
    }
}

fn count_days(days: &mut Days, device: &Chunked<'_>, accounts: &[(usize, &Account)]) {
    let chunks = device.chunks().iter().zip(accounts);
    days.are_of(chunks.map(|(chunk, (_, account))| (chunk.number, &account.days)));
}

/// The device with the longer account of itself makes the circle on which the other's account is moved; `None` if one of
/// them has no record.
fn cycle(suspect: &Side<'_>, victim: &Side<'_>) -> Option<Cycle> {
    let (his, hers) = (suspect.times()?.wall, victim.times()?.wall);
    let longer = if hers.1 - hers.0 > his.1 - his.0 { hers } else { his };
    Cycle::of([longer.0, longer.1].into_iter())
}

/// In which hours the devices were recorded, for each way.
fn recorded(cycle: Cycle, his: &[(usize, &Account)], hers: &[(usize, &Account)], ways: usize) -> Vec<Recorded> {
    let touched = |accounts: &[(usize, &Account)], widening| {
        cycle.touched(accounts.iter().flat_map(|(_, account)| account.hours_us(widening)))
    };
    let (suspect, weekends) = (touched(his, 0), cycle.weekends());
    let of = |way| Recorded { suspect: suspect.clone(), victim: touched(hers, way), weekends: weekends.clone(), cycle };
    (0..ways).map(of).collect()
}

/// Hears what the victim's new chunks reach in any of the ways.
///
/// What only records reached that are gone stays: that keeps more of the suspect's records than could be near, never fewer.
fn hear(reached: &mut Reached, heard: &mut BTreeSet<u64>, victim: &Side<'_>, ways: &[ProximityParams]) {
    let widest = |of: fn(&ProximityParams) -> f64| ways.iter().map(of).fold(0.0, f64::max);
    let params = ProximityParams {
        radius_m: widest(|way| way.radius_m),
        exit_radius_m: widest(|way| way.exit_radius_m),
        ..ProximityParams::default()
    };
    let new = victim.chunks.iter().filter(|chunk| !heard.contains(&chunk.number));
    reached.hear(new.flat_map(|chunk| chunk.records), &params);
    *heard = victim.chunks.iter().map(|chunk| chunk.number).collect();
}

/// Two devices with their places in common.
#[derive(Debug)]
pub(super) struct Devices<'p, 'a> {
    pub(super) suspect: Side<'a>,
    pub(super) victim: Side<'a>,
    zone: &'p ZoneRule,
    reached: &'p Reached,
    pub(super) anchors: &'p Anchors,
}

impl<'a> Devices<'_, 'a> {
    /// Brings lists of contacts up to date.
    pub(super) fn update<C>(&self, lists: &mut Lists<C>, how: &How<'_>, days: &[i64]) {
        let hear = |chunk: &Stood<'a>| Heard::in_chunk(chunk.records, chunk.from, self.zone);
        let near = |from: u32, records: &'a [Record], reached: &Reached| {
            let mut heard = Heard::of_near(records, from, reached, self.zone);
            heard.mark(self.anchors);
            heard
        };
        let his = |chunk: &Stood<'a>, wanted: Wanted<'_>| {
            let when_us = wanted.when_us();
            match when_us.filter(|_| chunk.known().is_none()) {
                Some(time_us) => {
                    let (from, records) = chunk.about(time_us, how);
                    near(from, records, wanted.near().unwrap_or(self.reached)).suspect_parts(how, when_us)
                }
                None => chunk.heard(|chunk| near(chunk.from, chunk.records, self.reached)).suspect_parts(how, when_us),
            }
        };
        let hers = |chunk: &Stood<'a>, wanted: Wanted<'_>| {
            let when_us = wanted.when_us();
            match when_us.filter(|_| chunk.known().is_none()) {
                Some(time_us) => {
                    let (from, records) = chunk.about(time_us, how);
                    Heard::in_chunk(records, from, self.zone).victim_parts(how, when_us)
                }
                None => chunk.heard(hear).victim_parts(how, when_us),
            }
        };
        lists.update((&self.suspect, &self.victim), how, days, [&his, &hers]);
    }
}

/// Two devices, ready to be compared.
#[derive(Debug)]
pub(super) struct Prepared<'p, 'a> {
    pub(super) devices: Devices<'p, 'a>,
    asked: &'p Asked,
    /// For each way; empty if one of the devices has no record.
    recorded: Vec<Recorded>,
    ways: &'p mut [Way],
}

impl Prepared<'_, '_> {
    /// The comparison in each of the ways, in their order; so many encounters of the first say by which records they are shown.
    pub(super) fn compare(self, cited: usize) -> Vec<Coincidence> {
        let Self { devices, asked, recorded, ways } = self;
        let places_in_common = devices.anchors.count();
        let mut recorded = recorded.into_iter();
        let mut plans = Vec::new();
        let each = ways.iter_mut().zip(&asked.ways).zip(0_usize..);
        let compare = |((way, params), place): ((&mut Way, &ProximityParams), usize)| {
            let Some(recorded) = recorded.next() else {
                return Coincidence::refused(Refusal::NoRecords, Vec::new(), places_in_common);
            };
            let cited = if place == 0 { cited } else { 0 };
            let (met, observed) = way.observed(&devices, params, cited);
            let both = recorded.both();
            let in_common = both.count();
            if in_common == 0 {
                return Coincidence::refused(Refusal::NoHoursInCommon, met, places_in_common);
            }
            let planned = way.plan(recorded, &asked.how, &plans);
            plans.push(Arc::clone(&planned));
            let plan = &planned.plan;
            let counted = way.shifted(&devices, params, plan, &observed);
            let together = plan.cycle.touched(observed.iter().map(Span::times_us)).and(&both).count();
            compared(plan, met, Together { in_common, together }, &counted, (places_in_common, asked.how.alpha))
        };
        each.map(compare).collect()
    }
}

impl Way {
    /// The observed encounters, and the same by the clock on the wall.
    fn observed(&mut self, devices: &Devices<'_, '_>, params: &ProximityParams, cited: usize) -> (Vec<Met>, Vec<Span>) {
        devices.update(&mut self.observed, &How { axis: Axis::Utc, cycle: None, params, zone: devices.zone }, &[0]);
        let mut encounters: Vec<Span> =
            self.observed.by_days.values().flat_map(|list| list.encounters(params.gap_us)).collect();
        let shown = |(place, encounter): (usize, &Span)| {
            let Devices { suspect, victim, .. } = devices;
            if place < cited {
                cited::met(encounter, suspect, victim, params)
            } else {
                cited::without_records(encounter)
            }
        };
        let met = encounters.iter().enumerate().map(shown).collect();
        let mut clock = WallClock::new(devices.zone);
        for encounter in &mut encounters {
            (encounter.start_us, encounter.end_us) = clock.interval(encounter.start_us, encounter.end_us);
        }
        (met, encounters)
    }

    /// The shifts: as they were while the hours are the same, or those of another way with these hours.
    fn plan(&mut self, recorded: Recorded, how: &CoincidenceParams, others: &[Arc<Planned>]) -> Arc<Planned> {
        if let Some(known) = self.planned.as_ref().filter(|known| known.recorded == recorded) {
            return Arc::clone(known);
        }
        self.shifted.by_days.values_mut().for_each(|list| list.counted = None);
        let other = others.iter().find(|other| other.recorded == recorded).map(Arc::clone);
        let planned = other.unwrap_or_else(|| {
            let plan = recorded.plan(how.min_share, how.max_shifts, how.enough_weeks);
            Arc::new(Planned { recorded, plan })
        });
        self.planned = Some(Arc::clone(&planned));
        planned
    }

    /// What is counted under each shift beside what was observed.
    fn shifted(
        &mut self,
        devices: &Devices<'_, '_>,
        params: &ProximityParams,
        plan: &Plan,
        observed: &[Span],
    ) -> Vec<Counted> {
        let shifted = &mut self.shifted;
        let days: Vec<i64> = plan.shifts.iter().map(|shift| shift.days).collect();
        let how = How { axis: Axis::Wall, cycle: Some(plan.cycle), params, zone: devices.zone };
        devices.update(shifted, &how, &days);
        let unshifted = plan.cycle.touched(observed.iter().map(Span::times_us));
        // The lists are in the order of their days, as the shifts are.
        let counted = plan.shifts.iter().zip(shifted.by_days.values_mut()).map(|(shift, list)| {
            let known =
                list.counted.take().unwrap_or_else(|| Shifted::of(plan, shift, &list.encounters(params.gap_us)));
            list.counted = Some(known);
            Counted::of(shift, known, observed, &unshifted)
        });
        counted.collect()
    }
}
