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

use h3o::{CellIndex, LatLng, Resolution};
use jiff::civil::Date;

use super::local::Local;
use super::prior::Prior;
use super::sector::Azimuths;
use crate::evaluate::case::Record;
use crate::evaluate::validation::real;
use crate::index::{EARTH_RADIUS_M, sigma_m};
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

/// Where a device was recorded, slot by slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Routine {
    basis: Basis,
    slots: Vec<Slot>,
    parts: Vec<Part>,
    places: Vec<Place>,
    districts: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq)]
struct Slot {
    start_us: i64,
    local: Local,
    records: f64,
    parts: std::ops::Range<usize>,
}

/// The records of one slot at one place: how many, and their sums about the place's reference point.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    place: usize,
    records: f64,
    east_m: f64,
    north_m: f64,
    square_m2: f64,
    variance_m2: f64,
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
    /// The routine of a device from its records, which stand in the order of their content ([`super::super::Device`]).
    #[must_use]
    pub fn new(records: &[Record], basis: Basis, zone: &ZoneRule, azimuths: &Azimuths, prior: &Prior) -> Self {
        let mut routine =
            Self { basis, slots: Vec::new(), parts: Vec::new(), places: Vec::new(), districts: Vec::new() };
        let mut known: BTreeMap<[u64; 3], usize> = BTreeMap::new();
        let mut known_districts: BTreeMap<u64, usize> = BTreeMap::new();
        for record in records {
            let sigma = sigma_m(record.uncertainty_m, record.confidence);
            let counts = match basis {
                Basis::Positions => is_measured(record.source) && sigma <= prior.max_sigma_m,
                Basis::Sectors => record.source == SourceKind::Cell,
            };
            if !counts {
                continue;
            }
            let Ok(at) = LatLng::new(record.lat_deg, record.lon_deg) else { continue };
            let cell = at.to_cell(RESOLUTION);
            let (key, place) = place_of(record, cell, basis, azimuths);
            let place = *known.entry(key).or_insert_with(|| {
                let district = cell.parent(COARSE).unwrap_or(cell);
                let district = *known_districts.entry(u64::from(district)).or_insert_with(|| {
                    routine.districts.push(centre(district));
                    routine.districts.len() - 1
                });
                routine.places.push(Place { district, ..place });
                routine.places.len() - 1
            });
            routine.add(record, sigma, place, zone);
        }
        routine
    }

    fn add(&mut self, record: &Record, sigma: f64, place: usize, zone: &ZoneRule) {
        let start_us = record.t0_us.div_euclid(SLOT_US) * SLOT_US;
        if self.slots.last().is_none_or(|s| s.start_us != start_us) {
            let Some(local) = Local::of(start_us, zone) else { return };
            let at = self.parts.len();
            self.slots.push(Slot { start_us, local, records: 0.0, parts: at..at });
        }
        let (Some(slot), Some(about)) = (self.slots.last_mut(), self.places.get(place)) else { return };
        slot.records += 1.0;
        let from = slot.parts.start;
        let known = self.parts.get(from..).and_then(|parts| parts.iter().position(|p| p.place == place));
        let at = known.map_or(self.parts.len(), |at| from + at);
        if known.is_none() {
            let none = Part { place, records: 0.0, east_m: 0.0, north_m: 0.0, square_m2: 0.0, variance_m2: 0.0 };
            self.parts.push(none);
            slot.parts.end = self.parts.len();
        }
        if let Some(part) = self.parts.get_mut(at) {
            part.records += 1.0;
            if self.basis == Basis::Positions {
                let (east_m, north_m) = offset_m(about, record.lat_deg, record.lon_deg);
                part.east_m += east_m;
                part.north_m += north_m;
                part.square_m2 += east_m * east_m + north_m * north_m;
                part.variance_m2 += sigma * sigma;
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
        let left_out_us = prior.leave_out_h.saturating_mul(3_600 * US_PER_S);
        let mut days: BTreeMap<Date, f64> = BTreeMap::new();
        let mut counted: Vec<(&Slot, f64)> = Vec::new();
        for slot in &self.slots {
            let near = slot.start_us.abs_diff(moment_us) <= left_out_us.unsigned_abs();
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
            for part in self.parts.get(slot.parts.clone()).unwrap_or_default() {
                if let Some(gathered) = places.get_mut(part.place) {
                    gathered.add(part, day_share / slot.records, slot.local.day);
                }
            }
        }
        Some(self.gathered(&places, days.len(), prior))
    }

    fn gathered(&self, places: &[Gathered], days: usize, prior: &Prior) -> Habit {
        // Half a day more was somewhere new (Krichevsky and Trofimov's estimator): never is not a probability.
        let new: f64 = places.iter().filter(|g| !g.on_two_days).map(|g| g.weight).sum();
        let novelty = (new * real(days) + 0.5) / (real(days) + 1.0);
        let visited = || self.places.iter().zip(places).filter(|(_, g)| g.weight > 0.0);
        let components: Vec<Component> = visited().map(|(p, g)| g.component(p, self.basis, prior.floor_m)).collect();
        let mut districts = vec![Gathered::default(); self.districts.len()];
        for ((place, _), component) in visited().zip(&components) {
            if let (Some(sum), Some(about)) = (districts.get_mut(place.district), self.districts.get(place.district)) {
                sum.add_component(component, offset_m(about, component.lat_deg, component.lon_deg));
            }
        }
        let visited = self.districts.iter().zip(&districts).filter(|(_, g)| g.weight > 0.0);
        let districts = visited.map(|(p, g)| g.component(p, Basis::Positions, prior.floor_m)).collect();
        Habit { basis: self.basis, days, novelty, components, districts }
    }
}

/// What the counted slots say of one place.
#[derive(Debug, Clone, Copy, Default)]
struct Gathered {
    weight: f64,
    east_m: f64,
    north_m: f64,
    square_m2: f64,
    variance_m2: f64,
    day: Option<Date>,
    on_two_days: bool,
}

impl Gathered {
    fn add(&mut self, part: &Part, per_record: f64, day: Date) {
        self.weight += per_record * part.records;
        self.east_m += per_record * part.east_m;
        self.north_m += per_record * part.north_m;
        self.square_m2 += per_record * part.square_m2;
        self.variance_m2 += per_record * part.variance_m2;
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
        let (lat_deg, lon_deg) = moved(place, east_m, north_m);
        Component { lat_deg, lon_deg, spread_m, ..known }
    }
}

/// The key and the place of a record, whose district is still to be found.
fn place_of(record: &Record, cell: CellIndex, basis: Basis, azimuths: &Azimuths) -> ([u64; 3], Place) {
    match basis {
        Basis::Positions => ([u64::from(cell), 0, 0], centre(cell)),
        Basis::Sectors => {
            let Record { lat_deg, lon_deg, origin, .. } = *record;
            let azimuth_deg = azimuths.get(&(origin.exhibit, origin.row)).copied();
            let key = [lat_deg.to_bits(), lon_deg.to_bits(), azimuth_deg.map_or(u64::MAX, f64::to_bits)];
            (key, Place { lat_deg, lon_deg, azimuth_deg, district: 0 })
        }
    }
}

fn centre(cell: CellIndex) -> Place {
    let at = LatLng::from(cell);
    Place { lat_deg: at.lat(), lon_deg: at.lng(), azimuth_deg: None, district: 0 }
}

/// Metres east and north of a place; for offsets within a cell, where a plane is exact to a millimetre.
fn offset_m(place: &Place, lat_deg: f64, lon_deg: f64) -> (f64, f64) {
    let turn = lon_deg - place.lon_deg;
    let east_deg = if turn > 180.0 {
        turn - 360.0
    } else if turn < -180.0 {
        turn + 360.0
    } else {
        turn
    };
    let across = libm::cos(place.lat_deg.to_radians());
    (east_deg.to_radians() * across * EARTH_RADIUS_M, (lat_deg - place.lat_deg).to_radians() * EARTH_RADIUS_M)
}

fn moved(place: &Place, east_m: f64, north_m: f64) -> (f64, f64) {
    let across = libm::cos(place.lat_deg.to_radians()).max(1e-9);
    let lon_deg = place.lon_deg + (east_m / EARTH_RADIUS_M / across).to_degrees();
    let lat_deg = (place.lat_deg + (north_m / EARTH_RADIUS_M).to_degrees()).clamp(-90.0, 90.0);
    (
        lat_deg,
        if lon_deg > 180.0 {
            lon_deg - 360.0
        } else if lon_deg < -180.0 {
            lon_deg + 360.0
        } else {
            lon_deg
        },
    )
}
