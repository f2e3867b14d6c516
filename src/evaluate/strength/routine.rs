//! What a device does on its other days, as a density of where it is expected at a time of day.
//!
//! ```text
//!  records ──> quarter-hour slots ──> at 18:10 on a Tuesday:   day 1  ▂▅█▅▂   each other day of the same class counts
//!              H3 cells with their                             day 2  ▂▅█▅▂   once, however many records it has; slots
//!              share, centre, spread                           day 3  ▂▅█▅▂   count less the farther from 18:10
//!                                                     (17:10 ── 18:10 ── 19:10)
//! ```
//! The local day of the moment in question is left out, and whatever lies within half a day of it: a routine that
//! contained the event would explain it. A share of the density, as large as the share of time that a day spends in cells
//! that no other day enters, is spread about the known places over all distances ([`super::prior::NOVEL_SCALES_M`]).

use std::collections::BTreeMap;

use super::habit::{Component, Habit, Sparse};
use super::local::{Local, minutes_apart};
use super::prior::Prior;
use super::told::{Key, Place, Sums, Told, tell};
use crate::evaluate::case::Record;
use crate::evaluate::validation::real;
use crate::time::{US_PER_S, ZoneRule};

/// What a record tells of a routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Positions of the device itself, by H3 cell.
    Positions,
    /// Sectors of mobile network cells.
    Sectors,
}

/// So many records are read together.
const TOGETHER: usize = 1_024;

/// Where a device was recorded, slot by slot; records may be added in any order, and none of it shows.
#[derive(Debug, Clone)]
pub struct Routine {
    basis: Basis,
    /// By the local day.
    days: BTreeMap<i64, Day>,
    places: Places,
}

/// The slots of a day in their order.
#[derive(Debug, Clone)]
struct Day {
    weekend: bool,
    /// The minute of the day at which each begins: what every question reads.
    minutes: Vec<i32>,
    slots: Vec<Slot>,
}

#[derive(Debug, Clone)]
struct Slot {
    start_us: i64,
    records: u32,
    /// What was recorded at each place, by its number.
    parts: Vec<(usize, Sums)>,
}

/// The places that a device was ever at, and the coarse cells about them, by numbers in the order of their arrival.
#[derive(Debug, Clone, Default)]
struct Places {
    /// Each with the number of its district.
    all: Vec<(Place, usize)>,
    by_key: BTreeMap<Key, usize>,
    districts: Vec<Place>,
    districts_by_key: BTreeMap<Key, usize>,
}

impl Places {
    /// The number of a place, a new one if it was never there.
    fn number(&mut self, place: &Place) -> usize {
        let Self { all, by_key, districts, districts_by_key } = self;
        *by_key.entry(place.key).or_insert_with(|| {
            let about = place.district().unwrap_or(*place);
            let district = *districts_by_key.entry(about.key).or_insert_with(|| {
                districts.push(about);
                districts.len() - 1
            });
            all.push((*place, district));
            all.len() - 1
        })
    }
}

impl Routine {
    /// A routine of which nothing is known yet.
    #[must_use]
    pub fn empty(basis: Basis) -> Self {
        Self { basis, days: BTreeMap::new(), places: Places::default() }
    }

    /// The routine that a device's records show.
    #[must_use]
    pub fn new(records: &[Record], basis: Basis, zone: &ZoneRule, prior: &Prior) -> Self {
        let mut routine = Self::empty(basis);
        for records in records.chunks(TOGETHER) {
            routine.put(&tell(records, basis, prior.max_sigma_m), zone);
        }
        routine
    }

    /// Adds a record, if it is one that tells of this kind of routine.
    pub fn add(&mut self, record: &Record, zone: &ZoneRule, prior: &Prior) {
        self.put(&tell(std::slice::from_ref(record), self.basis, prior.max_sigma_m), zone);
    }

    /// Puts in what records tell.
    pub(super) fn put(&mut self, told: &[Told], zone: &ZoneRule) {
        for told in told.chunk_by(|a, b| a.start_us == b.start_us) {
            let Some((start_us, local)) = local(told, zone) else { continue };
            let of_new = || Day { weekend: local.weekend, minutes: Vec::new(), slots: Vec::new() };
            let day = self.days.entry(local.day).or_insert_with(of_new);
            let at = day.slots.partition_point(|slot| slot.start_us < start_us);
            if day.slots.get(at).is_none_or(|slot| slot.start_us != start_us) {
                day.minutes.insert(at, local.minute);
                day.slots.insert(at, Slot { start_us, records: 0, parts: Vec::new() });
            }
            if let Some(slot) = day.slots.get_mut(at) {
                for told in told {
                    slot.put(self.places.number(&told.place), &told.sums);
                }
            }
        }
    }

    /// Takes out what was put in.
    pub(super) fn take(&mut self, told: &[Told], zone: &ZoneRule) {
        for told in told.chunk_by(|a, b| a.start_us == b.start_us) {
            let Some((start_us, local)) = local(told, zone) else { continue };
            let Some(day) = self.days.get_mut(&local.day) else { continue };
            let Ok(at) = day.slots.binary_search_by_key(&start_us, |slot| slot.start_us) else { continue };
            let Some(slot) = day.slots.get_mut(at) else { continue };
            for told in told {
                slot.take(self.places.number(&told.place), &told.sums);
            }
            if slot.records == 0 {
                day.minutes.remove(at);
                day.slots.remove(at);
            }
            if day.slots.is_empty() {
                self.days.remove(&local.day);
            }
        }
    }

    /// Where the device is expected at a moment, from its other days; `None` if they are fewer than the prior asks for.
    ///
    /// If days of the moment's class are too few, days of both classes are used; [`Habit::days`] says how many.
    #[must_use]
    pub fn at(&self, moment_us: i64, zone: &ZoneRule, prior: &Prior) -> Option<Habit> {
        let enough = |h: &Habit| h.days >= prior.min_days as usize;
        let same = prior.same_class.then(|| self.habit(moment_us, zone, prior, true)).flatten().filter(enough);
        same.or_else(|| self.habit(moment_us, zone, prior, false).filter(enough))
    }

    fn habit(&self, moment_us: i64, zone: &ZoneRule, prior: &Prior, same_class: bool) -> Option<Habit> {
        let asked = Local::of(moment_us, zone)?;
        let left_out_us = (i64::from(prior.leave_out_h) * 3_600 * US_PER_S).unsigned_abs();
        // The slots that count, each with its weight; each day with how many these are and their weights together.
        let mut counted: Vec<(&Slot, f64)> = Vec::new();
        let mut days: Vec<(i64, usize, f64)> = Vec::new();
        for (day, of_day) in &self.days {
            if *day == asked.day || (same_class && of_day.weekend != asked.weekend) {
                continue;
            }
            let (from, mut together) = (counted.len(), 0.0);
            for (minute, slot) in of_day.minutes.iter().zip(&of_day.slots) {
                let weight = 1.0 - f64::from(minutes_apart(*minute, asked.minute)) / prior.bandwidth_min;
                if weight > 0.0 && slot.start_us.abs_diff(moment_us) > left_out_us {
                    together += weight;
                    counted.push((slot, weight));
                }
            }
            if counted.len() > from {
                days.push((*day, counted.len() - from, together));
            }
        }
        let mut gathered = Sparse::new(self.places.all.len());
        let mut slots = counted.iter();
        for (day, many, together) in &days {
            for (slot, weight) in slots.by_ref().take(*many) {
                let per_record = weight / together / real(days.len()) / f64::from(slot.records);
                for (place, sums) in &slot.parts {
                    if let Some(gathered) = gathered.of(*place) {
                        gathered.add(sums, per_record, *day);
                    }
                }
            }
        }
        Some(self.gathered(gathered, days.len(), prior))
    }

    fn gathered(&self, gathered: Sparse, days: usize, prior: &Prior) -> Habit {
        // In the order of the places' keys: their numbers are those of arrival.
        let visited = gathered.in_order(|at| self.places.all.get(at).copied(), |(place, _)| place.key);
        let new: f64 = visited.iter().filter(|(_, g)| !g.on_two_days).map(|(_, g)| g.weight).sum();
        // Half a day more was somewhere new (Krichevsky and Trofimov's estimator): never is not a probability.
        let novelty = (new * real(days) + 0.5) / (real(days) + 1.0);
        let mut about = Sparse::new(self.places.districts.len());
        let mut components: Vec<Component> = Vec::with_capacity(visited.len());
        for ((place, district), gathered) in &visited {
            let component = gathered.component(place, self.basis, prior.floor_m);
            if let (Some(sum), Some(centre)) = (about.of(*district), self.places.districts.get(*district)) {
                sum.add_component(&component, centre.plane().offset_m(component.lat_deg, component.lon_deg));
            }
            components.push(component);
        }
        let about = about.in_order(|at| self.places.districts.get(at).copied(), |place| place.key);
        let districts = about.iter().map(|(place, g)| g.component(place, Basis::Positions, prior.floor_m)).collect();
        Habit { basis: self.basis, days, novelty, components, districts }
    }
}

/// When the slot begins of which all of this is told, and its local time, if it is a time of records.
fn local(told: &[Told], zone: &ZoneRule) -> Option<(i64, Local)> {
    let start_us = told.first()?.start_us;
    Some((start_us, Local::of(start_us, zone)?))
}

impl Slot {
    fn put(&mut self, place: usize, sums: &Sums) {
        self.records += sums.records;
        match self.parts.iter_mut().find(|(known, _)| *known == place) {
            Some((_, known)) => known.put(sums),
            None => self.parts.push((place, *sums)),
        }
    }

    fn take(&mut self, place: usize, sums: &Sums) {
        self.records -= sums.records;
        if let Some((_, known)) = self.parts.iter_mut().find(|(known, _)| *known == place) {
            known.take(sums);
        }
        self.parts.retain(|(_, known)| known.records > 0);
    }
}
