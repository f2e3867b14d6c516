//! Where a device is how often, and how likely it is recorded at one of its places from another.
//!
//! ```text
//!   P(recorded at a | at h) = (1 - e) K(d(a, h)) / Σ K(d(a', h)) + e / places       a' over the device's own places
//! ```
//! `K` is a round Gaussian whose width is that of both records' uncertainty, of a place, and of what is travelled between
//! them; `e` leaves room for a record that is nowhere near.

use foldhash::fast::FixedState;
use h3o::{CellIndex, LatLng, Resolution};
use hashbrown::HashMap;

use crate::evaluate::Record;
use crate::index::haversine_m;

/// The finest places: about 500 m to a side.
const FINEST: Resolution = Resolution::Eight;
/// More places than this are made coarser.
const MAX_PLACES: usize = 1_000;
/// The share of records that are nowhere near.
const NOWHERE: f64 = 0.01;
/// Widths are rounded up to a power of this, so that few have to be prepared.
const WIDTH_STEP: f64 = std::f64::consts::SQRT_2;

/// A device's places and how often it was recorded at each.
#[derive(Debug)]
pub(super) struct Places {
    /// The resolution of the cells that are its places.
    resolution: Resolution,
    numbers: HashMap<CellIndex, usize, FixedState>,
    centres: Vec<(f64, f64)>,
    counts: Vec<u32>,
    /// For each width that was asked for (its step), the sum of K over all places, for each place.
    sums: HashMap<i32, Vec<f64>, FixedState>,
}

impl Places {
    /// The places of a device in the order of their cells; of how many records of each of the finest cells.
    pub(super) fn of(mut counts: HashMap<CellIndex, u32, FixedState>) -> Self {
        let mut resolution = FINEST;
        while let Some(coarser) = resolution.pred().filter(|_| counts.len() > MAX_PLACES) {
            resolution = coarser;
            let mut of_coarser: HashMap<CellIndex, u32, FixedState> = HashMap::default();
            for (cell, count) in counts {
                if let Some(cell) = cell.parent(coarser) {
                    *of_coarser.entry(cell).or_insert(0) += count;
                }
            }
            counts = of_coarser;
        }
        Self::from_counts(counts.into_iter().collect(), resolution)
    }

    /// The place that one of the finest cells is in; none if no record is there.
    pub(super) fn number(&self, cell: CellIndex) -> Option<usize> {
        self.numbers.get(&cell.parent(self.resolution)?).copied()
    }

    /// The place of a record.
    pub(super) fn place(&self, record: &Record) -> Option<usize> {
        self.number(cell(record)?)
    }

    fn from_counts(mut counts: Vec<(CellIndex, u32)>, resolution: Resolution) -> Self {
        counts.sort_unstable();
        let centre = |cell: CellIndex| {
            let at = LatLng::from(cell);
            (at.lat(), at.lng())
        };
        Self {
            resolution,
            numbers: counts.iter().enumerate().map(|(number, (cell, _))| (*cell, number)).collect(),
            centres: counts.iter().map(|(cell, _)| centre(*cell)).collect(),
            counts: counts.iter().map(|(_, count)| *count).collect(),
            sums: HashMap::default(),
        }
    }

    /// How often the device was recorded at a place.
    pub(super) fn count(&self, number: usize) -> u32 {
        self.counts.get(number).copied().unwrap_or(0)
    }

    /// How often the device was recorded at each place, by number.
    pub(super) fn all_counts(&self) -> &[u32] {
        &self.counts
    }

    /// The width of a place, metres: half of a cell's edge.
    pub(super) fn place_m(&self) -> f64 {
        self.resolution.edge_length_m() / 2.0
    }

    /// P(recorded at `place` | the device is at a position), with a kernel of the given width.
    pub(super) fn chance_at(&self, place: usize, lat_deg: f64, lon_deg: f64, width_m: f64) -> f64 {
        let width_m = WIDTH_STEP.powi(step(width_m));
        let of = |centre: &(f64, f64)| kernel(haversine_m(centre.0, centre.1, lat_deg, lon_deg), width_m);
        let all: f64 = self.centres.iter().map(of).sum();
        self.mixed(self.centres.get(place).map_or(0.0, of), all)
    }

    /// P(recorded at `place` | its history), the mean over the places of `history` (place, how often) and `place` itself.
    pub(super) fn chance_by_history(&mut self, place: usize, history: impl Fn(usize) -> u32, width_m: f64) -> f64 {
        let step = step(width_m);
        let width_m = WIDTH_STEP.powi(step);
        if !self.sums.contains_key(&step) {
            let sums = self.centres.iter().map(|h| self.centres.iter().map(|a| kernel(apart_m(a, h), width_m)).sum());
            let sums: Vec<f64> = sums.collect();
            self.sums.insert(step, sums);
        }
        let (Some(at), Some(sums)) = (self.centres.get(place), self.sums.get(&step)) else { return 0.0 };
        let mut total = 0.0;
        let mut records = 0.0;
        for (number, (centre, sum)) in self.centres.iter().zip(sums).enumerate() {
            let times = f64::from(history(number)) + f64::from(u8::from(number == place));
            if times > 0.0 {
                total += times * self.mixed(kernel(apart_m(at, centre), width_m), *sum);
                records += times;
            }
        }
        total / records
    }

    fn mixed(&self, kernel: f64, sum: f64) -> f64 {
        let places = f64::from(u32::try_from(self.centres.len()).unwrap_or(u32::MAX));
        let near = if sum > 0.0 { kernel / sum } else { 0.0 };
        (1.0 - NOWHERE) * near + NOWHERE / places
    }
}

fn apart_m(one: &(f64, f64), other: &(f64, f64)) -> f64 {
    haversine_m(one.0, one.1, other.0, other.1)
}

fn kernel(distance_m: f64, width_m: f64) -> f64 {
    let x = distance_m / width_m;
    libm::exp(-0.5 * x * x)
}

/// The power of the step that is not below a width.
#[expect(clippy::cast_possible_truncation, reason = "a logarithm of metres is small")]
fn step(width_m: f64) -> i32 {
    (libm::log(width_m.clamp(1.0, 1e8)) / libm::log(WIDTH_STEP)).ceil() as i32
}

/// The finest cell of a record; none if it has no position.
pub(super) fn cell(record: &Record) -> Option<CellIndex> {
    LatLng::new(record.lat_deg, record.lon_deg).ok().map(|at| at.to_cell(FINEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(km: f64) -> Record {
        Record::at(0, 51.0 + km / 111.25, 0.0, 5.0)
    }

    /// The places of some records, and that of each.
    fn places_of(records: &[Record]) -> (Places, Vec<Option<usize>>) {
        let mut counts = HashMap::default();
        for cell in records.iter().filter_map(cell) {
            *counts.entry(cell).or_insert(0) += 1;
        }
        let places = Places::of(counts);
        let numbers = records.iter().map(|record| places.place(record)).collect();
        (places, numbers)
    }

    #[test]
    fn chances_of_all_places_sum_to_one_and_fall_with_the_distance() {
        let records: Vec<Record> = [0.0, 3.0, 6.0, 60.0].map(at).to_vec();
        let (places, numbers) = places_of(&records);
        let numbers: Vec<usize> = numbers.into_iter().flatten().collect();
        let chance = |number: usize| places.chance_at(number, 51.0, 0.0, 2_000.0);
        assert!((numbers.iter().map(|n| chance(*n)).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(numbers.windows(2).all(|pair| chance(pair[0]) > chance(pair[1])));
        assert!((chance(numbers[3]) - NOWHERE / 4.0).abs() < 1e-9, "nowhere near, but not nought");
    }

    #[test]
    fn a_place_is_as_likely_as_it_is_in_the_history() {
        let records: Vec<Record> = [0.0, 0.0, 0.0, 60.0].map(at).to_vec();
        let (mut places, numbers) = places_of(&records);
        let far = numbers[3].unwrap();
        assert_eq!((places.count(far), places.count(1 - far)), (1, 3));
        // Three elsewhere, and the record itself: a quarter, but for what is nowhere near.
        let history = |number: usize| if number == far { 0 } else { 3 };
        let chance = places.chance_by_history(far, history, 500.0);
        assert!((chance - (0.25 * (1.0 - NOWHERE) + NOWHERE / 2.0)).abs() < 1e-9, "{chance}");
    }

    #[test]
    fn many_places_are_made_coarser() {
        let records: Vec<Record> = (0..4_000_i32).map(|n| at(f64::from(n) * 0.9)).collect();
        let (places, numbers) = places_of(&records);
        assert!(numbers.iter().all(Option::is_some));
        assert!(
            places.centres.len() <= MAX_PLACES && places.place_m() > FINEST.edge_length_m(),
            "{}",
            places.centres.len()
        );
    }
}
