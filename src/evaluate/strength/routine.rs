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
use std::collections::btree_map::Entry;

use h3o::{CellIndex, LatLng, Resolution};

use super::local::Local;
use super::prior::Prior;
use crate::evaluate::case::Record;
use crate::evaluate::plane::LocalPlane;
use crate::evaluate::validation::real;
use crate::index::sigma_m;
use crate::model::SourceKind;
use crate::time::{US_PER_S, ZoneRule};

/// The length of a slot, microseconds.
const SLOT_US: i64 = 900 * US_PER_S;

/// Cells of about 130 m across: finer than a visit's neighbourhood, coarser than the errors of most positions.
const RESOLUTION: Resolution = Resolution::Ten;

/// Cells of about a kilometre across, for what is spread over hundreds of metres and more.
const COARSE: Resolution = Resolution::Eight;

/// What a record tells of a routine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Positions of the device itself, by H3 cell.
    Positions,
    /// Sectors of mobile network cells.
    Sectors,
}

/// Where a device was recorded, slot by slot; records may be added in any order, and none of it shows.
///
/// Sums are of whole millimetres, which come out the same whatever they are added up in.
#[derive(Debug, Clone)]
pub struct Routine {
    basis: Basis,
    slots: BTreeMap<i64, Slot>,
    places: Vec<Place>,
    place_of: BTreeMap<Key, usize>,
    districts: Vec<Place>,
    district_of: BTreeMap<u64, usize>,
}

/// What tells places apart: the cell, or the bits of a mast's position and a sector's direction.
type Key = [u64; 3];

#[derive(Debug, Clone)]
struct Slot {
    local: Local,
    records: u32,
    parts: Vec<Part>,
}

/// The records of one slot at one place: how many, and their sums about the place's reference point.
#[derive(Debug, Clone, Copy)]
struct Part {
    place: usize,
    records: u32,
    east_mm: i64,
    north_mm: i64,
    square_mm2: i64,
    variance_mm2: i64,
}

/// A cell by its centre, or a sector by its mast; and the coarse cell about it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    lat_deg: f64,
    lon_deg: f64,
    azimuth_deg: Option<f64>,
    district: usize,
}

/// One place of a routine at one time of day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// WGS84 latitude of its centre, or of the mast, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Standard deviation about the centre per axis, metres; 0 for a sector.
    pub spread_m: f64,
    /// Direction of a sector, degrees from north; `None` for a position and for a cell without direction.
    pub azimuth_deg: Option<f64>,
    /// Its share of the time; the shares of a habit sum to 1.
    pub weight: f64,
}

/// Where the device is expected at one time of day.
#[derive(Debug, Clone, PartialEq)]
pub struct Habit {
    /// Whether the components are positions or sectors.
    pub basis: Basis,
    /// From how many other days.
    pub days: usize,
    /// The share of the time at places that are on no other day, above 0.
    pub novelty: f64,
    /// The known places.
    pub components: Vec<Component>,
    /// The same, gathered in cells of about a kilometre, for what is spread wider than that.
    pub districts: Vec<Component>,
}

/// Whether a record gives the device's own measured position, and how good it is.
pub(super) const fn is_measured(source: SourceKind) -> bool {
    matches!(source, SourceKind::Gps | SourceKind::Wifi | SourceKind::Fused | SourceKind::Tag)
}

impl Routine {
    /// A routine of which nothing is known yet.
    #[must_use]
    pub const fn empty(basis: Basis) -> Self {
        Self {
            basis,
            slots: BTreeMap::new(),
            places: Vec::new(),
            place_of: BTreeMap::new(),
            districts: Vec::new(),
            district_of: BTreeMap::new(),
        }
    }

    /// The routine that a device's records show.
    #[must_use]
    pub fn new(records: &[Record], basis: Basis, zone: &ZoneRule, prior: &Prior) -> Self {
        let mut routine = Self::empty(basis);
        for record in records {
            routine.add(record, zone, prior);
        }
        routine
    }

    /// Adds a record, if it is one that tells of this kind of routine.
    pub fn add(&mut self, record: &Record, zone: &ZoneRule, prior: &Prior) {
        let sigma = sigma_m(record.uncertainty_m, record.confidence);
        let counts = match self.basis {
            Basis::Positions => is_measured(record.source) && sigma <= prior.max_sigma_m,
            Basis::Sectors => record.source == SourceKind::Cell,
        };
        let start_us = record.t0_us.div_euclid(SLOT_US).saturating_mul(SLOT_US);
        let (Ok(at), true) = (LatLng::new(record.lat_deg, record.lon_deg), counts) else { return };
        let place = self.place(record, at.to_cell(RESOLUTION));
        let Some(about) = self.places.get(place) else { return };
        let slot = match self.slots.entry(start_us) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let Some(local) = Local::of(start_us, zone) else { return };
                free.insert(Slot { local, records: 0, parts: Vec::new() })
            }
        };
        let (east_m, north_m) = match self.basis {
            Basis::Positions => plane(about).offset_m(record.lat_deg, record.lon_deg),
            Basis::Sectors => (0.0, 0.0),
        };
        slot.add(Part {
            place,
            records: 1,
            east_mm: whole(1e3 * east_m),
            north_mm: whole(1e3 * north_m),
            square_mm2: whole(1e6 * (east_m * east_m + north_m * north_m)),
            variance_mm2: if self.basis == Basis::Positions { whole(1e6 * sigma * sigma) } else { 0 },
        });
    }

    /// The number of a record's place, a new one if it was never there.
    fn place(&mut self, record: &Record, cell: CellIndex) -> usize {
        let (key, place) = key_and_place(record, cell, self.basis);
        let Self { places, place_of, districts, district_of, .. } = self;
        *place_of.entry(key).or_insert_with(|| {
            let about = cell.parent(COARSE).unwrap_or(cell);
            let district = *district_of.entry(u64::from(about)).or_insert_with(|| {
                districts.push(centre(about));
                districts.len() - 1
            });
            places.push(Place { district, ..place });
            places.len() - 1
        })
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
        let left_out_us = i64::from(prior.leave_out_h) * 3_600 * US_PER_S;
        let mut days: BTreeMap<i64, f64> = BTreeMap::new();
        let mut counted: Vec<(&Slot, f64)> = Vec::new();
        for (start_us, slot) in &self.slots {
            let near = start_us.abs_diff(moment_us) <= left_out_us.unsigned_abs();
            if near || slot.local.day == asked.day || (same_class && slot.local.weekend != asked.weekend) {
                continue;
            }
            let weight = 1.0 - f64::from(slot.local.minutes_apart(&asked)) / prior.bandwidth_min;
            if weight > 0.0 {
                *days.entry(slot.local.day).or_default() += weight;
                counted.push((slot, weight));
            }
        }
        let mut places = vec![Gathered::default(); self.places.len()];
        for (slot, weight) in counted {
            let day_share = weight / days.get(&slot.local.day).copied().unwrap_or(f64::INFINITY) / real(days.len());
            for part in &slot.parts {
                if let Some(gathered) = places.get_mut(part.place) {
                    gathered.add(part, day_share / f64::from(slot.records), slot.local.day);
                }
            }
        }
        Some(self.gathered(&places, days.len(), prior))
    }

    fn gathered(&self, places: &[Gathered], days: usize, prior: &Prior) -> Habit {
        // Half a day more was somewhere new (Krichevsky and Trofimov's estimator): never is not a probability.
        // In the order of the places' keys: their numbers are those of arrival.
        let visited: Vec<(&Place, &Gathered)> = (self.place_of.values())
            .filter_map(|at| self.places.get(*at).zip(places.get(*at)))
            .filter(|(_, g)| g.weight > 0.0)
            .collect();
        let new: f64 = visited.iter().filter(|(_, g)| !g.on_two_days).map(|(_, g)| g.weight).sum();
        let novelty = (new * real(days) + 0.5) / (real(days) + 1.0);
        let of = |(place, g): &(&Place, &Gathered)| g.component(place, self.basis, prior.floor_m);
        let components: Vec<Component> = visited.iter().map(of).collect();
        let mut sums = vec![Gathered::default(); self.districts.len()];
        for ((place, _), component) in visited.iter().zip(&components) {
            if let (Some(sum), Some(about)) = (sums.get_mut(place.district), self.districts.get(place.district)) {
                sum.add_component(component, plane(about).offset_m(component.lat_deg, component.lon_deg));
            }
        }
        let districts = (self.district_of.values())
            .filter_map(|at| self.districts.get(*at).zip(sums.get(*at)))
            .filter(|(_, g)| g.weight > 0.0)
            .map(|(place, g)| g.component(place, Basis::Positions, prior.floor_m))
            .collect();
        Habit { basis: self.basis, days, novelty, components, districts }
    }
}

impl Slot {
    fn add(&mut self, one: Part) {
        self.records = self.records.saturating_add(1);
        match self.parts.iter_mut().find(|p| p.place == one.place) {
            Some(part) => {
                part.records = part.records.saturating_add(one.records);
                part.east_mm = part.east_mm.saturating_add(one.east_mm);
                part.north_mm = part.north_mm.saturating_add(one.north_mm);
                part.square_mm2 = part.square_mm2.saturating_add(one.square_mm2);
                part.variance_mm2 = part.variance_mm2.saturating_add(one.variance_mm2);
            }
            None => self.parts.push(one),
        }
    }
}

/// The nearest whole number; the greatest or least there is for what lies beyond.
#[expect(clippy::cast_possible_truncation, reason = "a conversion of floats holds at the ends of the range")]
fn whole(x: f64) -> i64 {
    x.round() as i64
}

/// A sum of whole thousandths or millionths as metres or square metres.
#[expect(clippy::cast_precision_loss, reason = "the spread of a routine is known to a millimetre, not to 53 bits")]
fn of_whole(sum: i64, per_unit: f64) -> f64 {
    sum as f64 / per_unit
}

/// What the counted slots say of one place.
#[derive(Debug, Clone, Copy, Default)]
struct Gathered {
    weight: f64,
    east_m: f64,
    north_m: f64,
    square_m2: f64,
    variance_m2: f64,
    day: Option<i64>,
    on_two_days: bool,
}

impl Gathered {
    fn add(&mut self, part: &Part, per_record: f64, day: i64) {
        self.weight += per_record * f64::from(part.records);
        self.east_m += per_record * of_whole(part.east_mm, 1e3);
        self.north_m += per_record * of_whole(part.north_mm, 1e3);
        self.square_m2 += per_record * of_whole(part.square_mm2, 1e6);
        self.variance_m2 += per_record * of_whole(part.variance_mm2, 1e6);
        self.on_two_days |= self.day.is_some_and(|d| d != day);
        self.day = Some(day);
    }

    fn add_component(&mut self, c: &Component, (east_m, north_m): (f64, f64)) {
        self.weight += c.weight;
        self.east_m += c.weight * east_m;
        self.north_m += c.weight * north_m;
        self.square_m2 += c.weight * (east_m * east_m + north_m * north_m + 2.0 * c.spread_m * c.spread_m);
    }

    fn component(&self, place: &Place, basis: Basis, floor_m: f64) -> Component {
        let Place { lat_deg, lon_deg, azimuth_deg, .. } = *place;
        let known = Component { lat_deg, lon_deg, spread_m: 0.0, azimuth_deg, weight: self.weight };
        if basis == Basis::Sectors {
            return known;
        }
        let (east_m, north_m) = (self.east_m / self.weight, self.north_m / self.weight);
        // Per axis, and without what the positions' own errors add.
        let around = (self.square_m2 / self.weight - east_m * east_m - north_m * north_m) / 2.0;
        let spread_m = (around - self.variance_m2 / self.weight).max(floor_m * floor_m).sqrt();
        let (lat_deg, lon_deg) = plane(place).position(east_m, north_m);
        Component { lat_deg, lon_deg, spread_m, ..known }
    }
}

/// The key and the place of a record, whose district is still to be found.
fn key_and_place(record: &Record, cell: CellIndex, basis: Basis) -> (Key, Place) {
    match basis {
        Basis::Positions => ([u64::from(cell), 0, 0], centre(cell)),
        Basis::Sectors => {
            let Record { lat_deg, lon_deg, azimuth_deg, .. } = *record;
            let key = [lat_deg.to_bits(), lon_deg.to_bits(), azimuth_deg.map_or(u64::MAX, f64::to_bits)];
            (key, Place { lat_deg, lon_deg, azimuth_deg, district: 0 })
        }
    }
}

fn centre(cell: CellIndex) -> Place {
    let at = LatLng::from(cell);
    Place { lat_deg: at.lat(), lon_deg: at.lng(), azimuth_deg: None, district: 0 }
}

/// The plane about a place: offsets are within a cell.
fn plane(place: &Place) -> LocalPlane {
    LocalPlane::about(place.lat_deg, place.lon_deg)
}
