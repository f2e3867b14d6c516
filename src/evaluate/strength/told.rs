//! What records tell of a routine, slot by slot and place by place.
//!
//! ```text
//!   records   ● ●  ●│●    ●│ ●● ●        quarter-hour slots
//!   told      2 home│1 home│2 home       so many at a place, and their sums about its reference point
//!             1 road│1 work│1 road
//! ```
//! Sums are of whole millimetres: they come out the same whatever they are added up in, and what was put in can be taken out
//! again.

use std::collections::BTreeMap;

use h3o::{CellIndex, LatLng, Resolution};

use super::routine::Basis;
use crate::evaluate::case::Record;
use crate::evaluate::plane::LocalPlane;
use crate::index::sigma_m;
use crate::model::SourceKind;
use crate::time::US_PER_S;

/// The length of a slot, microseconds.
pub(super) const SLOT_US: i64 = 900 * US_PER_S;

/// Cells of about 130 m across: finer than a visit's neighbourhood, coarser than the errors of most positions.
const RESOLUTION: Resolution = Resolution::Ten;

/// Cells of about a kilometre across, for what is spread over hundreds of metres and more.
const COARSE: Resolution = Resolution::Eight;

/// What tells places apart: the cell, or the bits of a mast's position and a sector's direction.
pub(super) type Key = [u64; 3];

/// A cell by its centre, or a sector by its mast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) lat_deg: f64,
    pub(super) lon_deg: f64,
    pub(super) azimuth_deg: Option<f64>,
}

/// The records of one slot at one place: how many, and their sums about the place's reference point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub(super) records: u32,
    pub(super) east_mm: i128,
    pub(super) north_mm: i128,
    pub(super) square_mm2: i128,
    pub(super) variance_mm2: i128,
}

/// What some records tell of one place in one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    /// When the slot begins, UTC microseconds.
    pub(super) start_us: i64,
    pub(super) place: Place,
    pub(super) sums: Sums,
}

/// Whether a record gives the device's own measured position, and how good it is.
pub(super) const fn is_measured(source: SourceKind) -> bool {
    matches!(source, SourceKind::Gps | SourceKind::Wifi | SourceKind::Fused | SourceKind::Tag)
}

/// When the slot of a record begins, UTC microseconds.
pub(super) const fn slot_us(record: &Record) -> i64 {
    record.t0_us.div_euclid(SLOT_US).saturating_mul(SLOT_US)
}

/// What records tell, in the order of slots; of positions those that are certain enough tell anything.
pub(super) fn tell(records: &[Record], basis: Basis, max_sigma_m: f64) -> Vec<Told> {
    let mut told: BTreeMap<(i64, Key), (Place, LocalPlane, Sums)> = BTreeMap::new();
    for record in records {
        let sigma_m = sigma_m(record.uncertainty_m, record.confidence);
        let counts = match basis {
            Basis::Positions => is_measured(record.source) && sigma_m <= max_sigma_m,
            Basis::Sectors => record.source == SourceKind::Cell,
        };
        let (Ok(at), true) = (LatLng::new(record.lat_deg, record.lon_deg), counts) else { continue };
        let key = key(record, at, basis);
        let (place, plane, sums) = told.entry((slot_us(record), key)).or_insert_with(|| {
            let place = place(record, key, basis);
            (place, place.plane(), Sums::default())
        });
        debug_assert_eq!(place.key, key, "a place is where its key says");
        sums.put(&Sums::of(record, plane, sigma_m, basis));
    }
    let all = told.into_iter().map(|((start_us, _), (place, _, sums))| Told { start_us, place, sums });
    all.collect()
}

fn key(record: &Record, at: LatLng, basis: Basis) -> Key {
    let Record { lat_deg, lon_deg, azimuth_deg, .. } = *record;
    match basis {
        Basis::Positions => [u64::from(at.to_cell(RESOLUTION)), 0, 0],
        Basis::Sectors => [lat_deg.to_bits(), lon_deg.to_bits(), azimuth_deg.map_or(u64::MAX, f64::to_bits)],
    }
}

fn place(record: &Record, key: Key, basis: Basis) -> Place {
    let Record { lat_deg, lon_deg, azimuth_deg, .. } = *record;
    let sector = Place { key, lat_deg, lon_deg, azimuth_deg };
    match (basis, CellIndex::try_from(key[0])) {
        (Basis::Positions, Ok(cell)) => Place::centre(cell),
        _ => sector,
    }
}

impl Place {
    /// A cell, by its centre.
    fn centre(cell: CellIndex) -> Self {
        let at = LatLng::from(cell);
        Self { key: [u64::from(cell), 0, 0], lat_deg: at.lat(), lon_deg: at.lng(), azimuth_deg: None }
    }

    /// The coarse cell about it.
    pub(super) fn district(&self) -> Option<Self> {
        let cell = LatLng::new(self.lat_deg, self.lon_deg).ok()?.to_cell(RESOLUTION);
        Some(Self::centre(cell.parent(COARSE).unwrap_or(cell)))
    }

    /// The plane about it: offsets are within a cell.
    pub(super) fn plane(&self) -> LocalPlane {
        LocalPlane::about(self.lat_deg, self.lon_deg)
    }
}

impl Sums {
    fn of(record: &Record, plane: &LocalPlane, sigma_m: f64, basis: Basis) -> Self {
        if basis == Basis::Sectors {
            return Self { records: 1, ..Self::default() };
        }
        let (east_m, north_m) = plane.offset_m(record.lat_deg, record.lon_deg);
        Self {
            records: 1,
            east_mm: whole(1e3 * east_m).into(),
            north_mm: whole(1e3 * north_m).into(),
            square_mm2: whole(1e6 * (east_m * east_m + north_m * north_m)).into(),
            variance_mm2: whole(1e6 * sigma_m * sigma_m).into(),
        }
    }

    /// Puts in what other records sum up to.
    pub(super) const fn put(&mut self, other: &Self) {
        self.records += other.records;
        self.east_mm += other.east_mm;
        self.north_mm += other.north_mm;
        self.square_mm2 += other.square_mm2;
        self.variance_mm2 += other.variance_mm2;
    }

    /// Takes out what was put in.
    pub(super) const fn take(&mut self, other: &Self) {
        self.records -= other.records;
        self.east_mm -= other.east_mm;
        self.north_mm -= other.north_mm;
        self.square_mm2 -= other.square_mm2;
        self.variance_mm2 -= other.variance_mm2;
    }
}

/// The nearest whole number; the greatest or least there is for what lies beyond.
#[expect(clippy::cast_possible_truncation, reason = "a conversion of floats holds at the ends of the range")]
fn whole(x: f64) -> i64 {
    x.round() as i64
}
