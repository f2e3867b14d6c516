//! What an evaluation reads: the devices of a case with their records, the victim's places, the incidents.
//!
//! Plain rows without Arrow, so that a finding is a pure function of them. Records stand in the order of their content
//! (time, position, exhibit, row), never in that of their arrival.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::exhibits::{Exhibits, Renumbered};
use super::pattern::CustodyMoment;
use crate::encounter::Origin;
use crate::index::sigma_m;
use crate::model::{Authorities, DEFAULT_CONFIDENCE, Excess, Incident, Place, ProximityParams, SourceKind};

/// One record of one device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Start of the time interval, UTC microseconds.
    pub t0_us: i64,
    /// End of the time interval, UTC microseconds; not before `t0_us`.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius at `confidence`, metres; 0 where the file states none.
    pub uncertainty_m: f64,
    /// The confidence that the radius stands for, above 0 and below 1.
    pub confidence: f64,
    /// What produced the position.
    pub source: SourceKind,
    /// Direction of a cell sector or camera, degrees clockwise from north; `None` if it has or states none.
    pub azimuth_deg: Option<f64>,
    /// Where it was read.
    pub origin: Origin,
}

impl Record {
    /// A satellite position at a moment, at the usual confidence, from row 1 of the first exhibit; for tests and examples.
    #[must_use]
    pub const fn at(t_us: i64, lat_deg: f64, lon_deg: f64, uncertainty_m: f64) -> Self {
        Self {
            t0_us: t_us,
            t1_us: t_us,
            lat_deg,
            lon_deg,
            uncertainty_m,
            confidence: DEFAULT_CONFIDENCE,
            source: SourceKind::Gps,
            azimuth_deg: None,
            origin: Origin { exhibit: 0, row: 1 },
        }
    }

    /// The radius that holds the true position with the given probability, metres; 0 where no uncertainty is stated.
    ///
    /// For an isotropic Gaussian error `r_p = sigma sqrt(-2 ln(1 - p))`, with `sigma` from the stated radius
    /// ([`sigma_m`]).
    #[must_use]
    pub fn radius_at_m(&self, probability: f64) -> f64 {
        sigma_m(self.uncertainty_m, self.confidence) * deviations(probability)
    }

    /// Names its exhibit by the number that it has in another case; whether it is there.
    pub(super) fn renumber(&mut self, numbers: &Renumbered) -> bool {
        let number = numbers.number(self.origin.exhibit);
        self.origin.exhibit = number.unwrap_or(self.origin.exhibit);
        number.is_some()
    }

    /// The order of content: time, position, exhibit, row, and the direction: the two ends of a row can differ in nothing else.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let place = |r: &Self| (r.origin.exhibit, r.origin.row);
        let azimuth = |r: &Self| r.azimuth_deg.unwrap_or(f64::NEG_INFINITY);
        (self.t0_us, self.t1_us)
            .cmp(&(other.t0_us, other.t1_us))
            .then(self.lat_deg.total_cmp(&other.lat_deg))
            .then(self.lon_deg.total_cmp(&other.lon_deg))
            .then(self.uncertainty_m.total_cmp(&other.uncertainty_m))
            .then(place(self).cmp(&place(other)))
            .then(azimuth(self).total_cmp(&azimuth(other)))
    }
}

/// How many standard deviations the radius is that holds a true position with the given probability.
pub(super) fn deviations(probability: f64) -> f64 {
    (-2.0 * libm::log(1.0 - probability)).sqrt()
}

/// A device, whose it is said to be, and its records.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// The device as the files name it.
    pub name: String,
    /// The subject that it is attributed to; empty if nobody is named.
    pub subject: String,
    records: Vec<Record>,
}

impl Device {
    /// A device with its records, which are put in order.
    #[must_use]
    pub fn new(name: impl Into<String>, subject: impl Into<String>, mut records: Vec<Record>) -> Self {
        if !records.is_sorted_by(|a, b| a.order(b).is_le()) {
            records.sort_unstable_by(Record::order);
        }
        Self { name: name.into(), subject: subject.into(), records }
    }

    /// Adds a record in its place, which it says: its position among the records.
    pub fn insert(&mut self, record: Record) -> usize {
        // Records mostly come in the order of time.
        let after_all = self.records.last().is_none_or(|last| last.order(&record).is_le());
        let at = if after_all {
            self.records.len()
        } else {
            self.records.partition_point(|earlier| earlier.order(&record).is_le())
        };
        self.records.insert(at, record);
        at
    }

    /// Its records in the order of their content: by `t0_us` first.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }
}

/// A place of the victim, and since when and until when it was hers.
#[derive(Debug, Clone, PartialEq)]
pub struct VictimPlace {
    /// What people call it: home, work, school.
    pub name: String,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// How far the place reaches from its point, metres.
    pub radius_m: f64,
    /// Since when it is hers (she moved there), UTC microseconds; `None` if that is not stated.
    pub from_us: Option<i64>,
    /// Until when, UTC microseconds; `None` if it still is.
    pub to_us: Option<i64>,
}

impl VictimPlace {
    /// A place of hers, and since when if it is among those that she moved to (by name, UTC microseconds).
    #[must_use]
    pub fn of(place: &Place, moved: &[(String, i64)]) -> Self {
        let from_us = moved.iter().find(|(name, _)| *name == place.name).map(|(_, us)| *us);
        let Place { name, lat_deg, lon_deg, radius_m } = place.clone();
        Self { name, lat_deg, lon_deg, radius_m, from_us, to_us: None }
    }
}

/// An allegation: a position and a time window.
#[derive(Debug, Clone, PartialEq)]
pub struct Allegation {
    /// The police reference.
    pub reference: String,
    /// Start of the window, UTC microseconds.
    pub t0_us: i64,
    /// End of the window, UTC microseconds.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// How far the alleged place reaches from its point, metres.
    pub uncertainty_m: f64,
}

impl Allegation {
    /// What is alleged, in the order of its time.
    pub fn in_order<'a>(incidents: impl Iterator<Item = &'a Incident>) -> Vec<Self> {
        let mut allegations: Vec<Self> = incidents.map(Self::of).collect();
        allegations.sort_by(|a, b| (a.t0_us, a.t1_us, &a.reference).cmp(&(b.t0_us, b.t1_us, &b.reference)));
        allegations
    }

    fn of(incident: &Incident) -> Self {
        Self {
            reference: incident.reference.clone(),
            t0_us: incident.t0_us,
            t1_us: incident.t1_us.max(incident.t0_us),
            lat_deg: incident.lat_deg,
            lon_deg: incident.lon_deg,
            uncertainty_m: incident.uncertainty_m.unwrap_or_default(),
        }
    }
}

/// An allegation was recorded in the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// When, UTC microseconds.
    pub at_us: i64,
    /// The police reference.
    pub reference: String,
}

/// What authorities cover, and the records that lie outside: none of those is among the records of a case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetAside {
    /// The authorities; without any, nothing is set aside and nothing said of it.
    pub authorities: Authorities,
    /// The records that were set aside, by device.
    pub excess: BTreeMap<String, Excess>,
}

/// Everything that one evaluation reads.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Case {
    /// Devices attributed to the suspect, in the order of their names.
    pub suspects: Vec<Device>,
    /// Devices attributed to the victim, in the order of their names.
    pub victims: Vec<Device>,
    /// The victim's places, in the order of their names.
    pub places: Vec<VictimPlace>,
    /// The allegations, in the order of their time.
    pub incidents: Vec<Allegation>,
    /// When the victim reported something to the police, UTC microseconds, in order.
    pub reports_us: Vec<i64>,
    /// When allegations were recorded in the case, where that is known.
    pub recorded: Vec<Recorded>,
    /// Steps of detentions in the case.
    pub custody: Vec<CustodyMoment>,
    /// What authorities cover, and what was set aside for it.
    pub set_aside: SetAside,
    /// The exhibits that records name by [`Origin::exhibit`].
    pub exhibits: Exhibits,
    /// What counts as near, together and one encounter.
    pub params: ProximityParams,
}

impl Case {
    /// Gives exhibits, which are those of the case at least, their numbers.
    pub(super) fn renumber(&mut self, exhibits: Exhibits) {
        let numbers = Renumbered::of(&self.exhibits, &exhibits);
        if !numbers.is_same() {
            for record in self.suspects.iter_mut().chain(&mut self.victims).flat_map(|device| &mut device.records) {
                record.renumber(&numbers);
            }
        }
        self.exhibits = exhibits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stand_in_the_order_of_their_content_whatever_order_they_came_in() {
        let mut records: Vec<Record> =
            (0..50_i32).map(|n| Record::at(i64::from(n % 7), 51.0 + f64::from(n) / 100.0, 0.0, 5.0)).collect();
        let one = Device::new("d", "s", records.clone());
        records.reverse();
        records.swap(3, 17);
        assert_eq!(one, Device::new("d", "s", records));
        assert!(one.records().is_sorted_by_key(|r| r.t0_us));
    }

    #[test]
    fn a_radius_grows_with_the_probability_as_published() {
        // notes: r_0.68 = 1.5096 sigma, r_0.95 = 2.4477 sigma.
        let record = Record::at(0, 51.0, 0.0, 15.096);
        assert!((record.radius_at_m(0.95) - 24.477).abs() < 2e-3, "{}", record.radius_at_m(0.95));
        assert!((record.radius_at_m(DEFAULT_CONFIDENCE) - 15.096).abs() < 1e-9);
        assert_eq!(Record::at(0, 51.0, 0.0, 0.0).radius_at_m(0.95), 0.0);
    }
}
