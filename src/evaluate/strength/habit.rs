//! Where a device is expected at one time of day: the places of the slots that count, each with its share, centre and spread.

use super::routine::Basis;
use super::told::{Key, Place, Sums};

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

/// What the counted slots say of one place.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gathered {
    pub(super) weight: f64,
    east_m: f64,
    north_m: f64,
    square_m2: f64,
    variance_m2: f64,
    day: Option<i64>,
    pub(super) on_two_days: bool,
}

impl Gathered {
    pub(super) fn add(&mut self, sums: &Sums, per_record: f64, day: i64) {
        self.weight += per_record * f64::from(sums.records);
        self.east_m += per_record * of_whole(sums.east_mm, 1e3);
        self.north_m += per_record * of_whole(sums.north_mm, 1e3);
        self.square_m2 += per_record * of_whole(sums.square_mm2, 1e6);
        self.variance_m2 += per_record * of_whole(sums.variance_mm2, 1e6);
        self.on_two_days |= self.day.is_some_and(|d| d != day);
        self.day = Some(day);
    }

    pub(super) fn add_component(&mut self, c: &Component, (east_m, north_m): (f64, f64)) {
        self.weight += c.weight;
        self.east_m += c.weight * east_m;
        self.north_m += c.weight * north_m;
        self.square_m2 += c.weight * (east_m * east_m + north_m * north_m + 2.0 * c.spread_m * c.spread_m);
    }

    pub(super) fn component(&self, place: &Place, basis: Basis, floor_m: f64) -> Component {
        let Place { lat_deg, lon_deg, azimuth_deg, .. } = *place;
        let known = Component { lat_deg, lon_deg, spread_m: 0.0, azimuth_deg, weight: self.weight };
        if basis == Basis::Sectors {
            return known;
        }
        let (east_m, north_m) = (self.east_m / self.weight, self.north_m / self.weight);
        // Per axis, and without what the positions' own errors add.
        let around = (self.square_m2 / self.weight - east_m * east_m - north_m * north_m) / 2.0;
        let spread_m = (around - self.variance_m2 / self.weight).max(floor_m * floor_m).sqrt();
        let (lat_deg, lon_deg) = place.plane().position(east_m, north_m);
        Component { lat_deg, lon_deg, spread_m, ..known }
    }
}

/// A sum of whole thousandths or millionths as metres or square metres.
#[expect(clippy::cast_precision_loss, reason = "the spread of a routine is known to a millimetre, not to 53 bits")]
fn of_whole(sum: i128, per_unit: f64) -> f64 {
    sum as f64 / per_unit
}

/// What is gathered of few of many places.
pub(super) struct Sparse {
    /// For each place how many had anything gathered when it had first; 0 if it has nothing.
    known: Vec<usize>,
    gathered: Vec<(usize, Gathered)>,
}

impl Sparse {
    /// Nothing yet, of so many places.
    pub(super) fn new(places: usize) -> Self {
        Self { known: vec![0; places], gathered: Vec::new() }
    }

    /// What is gathered of a place.
    pub(super) fn of(&mut self, place: usize) -> Option<&mut Gathered> {
        let known = self.known.get_mut(place)?;
        if *known == 0 {
            self.gathered.push((place, Gathered::default()));
            *known = self.gathered.len();
        }
        self.gathered.get_mut(known.checked_sub(1)?).map(|(_, gathered)| gathered)
    }

    /// The places of which anything is gathered, in the order of their keys.
    pub(super) fn in_order<T>(self, place: impl Fn(usize) -> Option<T>, key: impl Fn(&T) -> Key) -> Vec<(T, Gathered)> {
        let any = self.gathered.into_iter().filter(|(_, gathered)| gathered.weight > 0.0);
        let mut places: Vec<(T, Gathered)> = any.filter_map(|(at, gathered)| Some((place(at)?, gathered))).collect();
        places.sort_by_key(|(place, _)| key(place));
        places
    }
}
