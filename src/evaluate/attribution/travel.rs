//! Two devices hour by hour: near, apart, or neither.

use std::collections::BTreeMap;

use super::apart::{Limits, Separation, separations};
use super::places::Places;
use super::rare::{Background, HourPair, rarest};
use super::switches::{Switch, switches};
use crate::evaluate::wall_clock::WallClock;
use crate::evaluate::{Device, Record};
use crate::index::distance_m;
use crate::time::{US_PER_S, ZoneRule};

/// How two devices are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributionParams {
    /// Records of both at most so far apart in time are a pair, microseconds.
    pub max_delay_us: i64,
    /// Of each stretch this long one pair counts, microseconds.
    pub interval_us: i64,
    /// When on the clock on the wall the first stretch of a day begins, microseconds after midnight.
    pub interval_start_us: i64,
    /// Positions this near, besides their uncertainties, are near, metres.
    pub radius_m: f64,
    /// No carrier is faster, metres a second.
    pub max_speed_m_s: f64,
    /// The probability with which a radius of uncertainty holds the true position.
    pub percentile: f64,
    /// Both clocks together may be off by so much, microseconds.
    pub clock_us: i64,
    /// Records further apart in time are not compared for separation, microseconds.
    pub horizon_us: i64,
    /// The radius with which a record that states none is judged too far, metres; for being near it counts as exact.
    pub unstated_m: f64,
    /// The same of a cell's record, metres.
    pub unstated_cell_m: f64,
    /// Fewer stretches than this are too few to speak of travelling together.
    pub least_hours: usize,
    /// The validation (its reference) of likelihood ratios for this kind of records; without one they are not computed.
    pub validation: Option<String>,
}

impl Default for AttributionParams {
    fn default() -> Self {
        Self {
            max_delay_us: 120 * US_PER_S,
            interval_us: 3_600 * US_PER_S,
            interval_start_us: 5 * 3_600 * US_PER_S,
            radius_m: 100.0,
            max_speed_m_s: 70.0,
            percentile: 0.95,
            clock_us: 10 * US_PER_S,
            horizon_us: 3_600 * US_PER_S,
            unstated_m: 50.0,
            unstated_cell_m: 20_000.0,
            least_hours: 5,
            validation: None,
        }
    }
}

/// What the records of one stretch say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HourKind {
    /// There is a pair within both radii and the radius asked for, and no separation.
    Near,
    /// A separation excludes that both were carried together at that time.
    Apart,
    /// Neither.
    Undecided,
}

/// One stretch in which both were recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hour {
    /// When it begins, microseconds of the clock on the wall since 1970-01-01T00:00 there.
    pub wall_us: i64,
    /// What its records say.
    pub kind: HourKind,
    /// The pair that stands for it; `None` if there are only separations.
    pub pair: Option<HourPair>,
}

/// Two devices side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct CoTravel {
    /// Pairs of records that follow each other within the delay.
    pub pairs: usize,
    /// Of those, how many lie within both radii and the radius asked for.
    pub near_pairs: usize,
    /// The least, a quarter, a half, three quarters and all of the pairs are at most this far apart, metres.
    pub distances_m: [f64; 5],
    /// The stretches, in order.
    pub hours: Vec<Hour>,
    /// Separations that exclude, in order of time.
    pub separations: Vec<Separation>,
}

impl CoTravel {
    /// How many stretches are of a kind.
    #[must_use]
    pub fn hours_of(&self, kind: HourKind) -> usize {
        self.hours.iter().filter(|hour| hour.kind == kind).count()
    }

    /// The likelihood ratios of the stretches, sorted; empty unless they were asked for.
    #[must_use]
    pub fn ratios(&self) -> Vec<f64> {
        let mut ratios: Vec<f64> = self.hours.iter().filter_map(|hour| hour.pair?.ratio).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios
    }
}

/// Compares two devices.
///
/// The ratios are of the first device's places given where the second is: the two are not interchangeable.
#[must_use]
pub fn co_travel(a: &Device, b: &Device, zone: &ZoneRule, params: &AttributionParams) -> CoTravel {
    compare(a, b, zone, params, true)
}

/// As [`co_travel`]; without the pairs that stand for the stretches unless they are asked for, which take the most time.
pub(super) fn compare(
    a: &Device,
    b: &Device,
    zone: &ZoneRule,
    params: &AttributionParams,
    with_pairs: bool,
) -> CoTravel {
    let found = switches(a.records(), b.records(), params.max_delay_us);
    let mut distances: Vec<f64> = found.iter().map(apart_m).collect();
    let near_pairs = found.iter().zip(&distances).filter(|(switch, m)| is_near(switch, **m, params)).count();
    distances.retain(|distance| !distance.is_nan());
    distances.sort_unstable_by(f64::total_cmp);
    let limits = Limits {
        max_speed_m_s: params.max_speed_m_s,
        percentile: params.percentile,
        clock_us: params.clock_us,
        horizon_us: params.horizon_us,
        unstated_m: params.unstated_m,
        unstated_cell_m: params.unstated_cell_m,
    };
    let separations = separations(a.records(), b.records(), &limits);
    CoTravel {
        pairs: found.len(),
        near_pairs,
        distances_m: [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&distances, share)),
        hours: Stretches::of(a, b, &found, &separations, zone, params, with_pairs).hours(params),
        separations,
    }
}

fn apart_m(switch: &Switch<'_>) -> f64 {
    distance_m(switch.a.lat_deg, switch.a.lon_deg, switch.b.lat_deg, switch.b.lon_deg)
}

fn is_near(switch: &Switch<'_>, distance_m: f64, params: &AttributionParams) -> bool {
    let radii_m = switch.a.radius_at_m(params.percentile) + switch.b.radius_at_m(params.percentile);
    distance_m <= params.radius_m + radii_m
}

/// The least of the sorted values that a share of them does not exceed; not-a-number of none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let real = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let at = sorted.iter().enumerate().position(|(at, _)| real(at + 1) >= share * real(sorted.len()));
    at.and_then(|at| sorted.get(at)).copied().unwrap_or(f64::NAN)
}

/// What lies in one stretch.
#[derive(Debug, Default)]
struct Stretch<'r> {
    switches: Vec<Switch<'r>>,
    apart: bool,
}

/// A device's places: of all records, of each, and of those in each stretch.
#[derive(Debug)]
struct Seen {
    places: Places,
    numbers: Vec<Option<usize>>,
    now: BTreeMap<i64, Vec<usize>>,
}

impl Seen {
    fn now(&self, stretch: i64) -> &[usize] {
        self.now.get(&stretch).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The records of two devices by stretches.
#[derive(Debug)]
struct Stretches<'r> {
    by_number: BTreeMap<i64, Stretch<'r>>,
    a: Seen,
    b: Seen,
}

impl<'r> Stretches<'r> {
    fn of(
        a: &'r Device,
        b: &'r Device,
        found: &[Switch<'r>],
        separations: &[Separation],
        zone: &ZoneRule,
        params: &AttributionParams,
        with_pairs: bool,
    ) -> Self {
        let mut clock = WallClock::new(zone);
        let mut number = |record: &Record| {
            let wall_us = clock.at(record.t0_us).saturating_sub(params.interval_start_us);
            wall_us.div_euclid(params.interval_us.max(1))
        };
        let mut by_number: BTreeMap<i64, Stretch<'r>> = BTreeMap::new();
        for switch in found {
            let of_both = number(switch.a);
            if number(switch.b) == of_both {
                by_number.entry(of_both).or_default().switches.push(*switch);
            }
        }
        for separation in separations {
            by_number.entry(number(&separation.a)).or_default().apart = true;
        }
        let mut of = |device: &Device| {
            let records = if with_pairs { device.records() } else { &[] };
            let (places, numbers) = Places::of(records);
            let mut now: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
            for (record, place) in records.iter().zip(&numbers) {
                let stretch = number(record);
                if let Some(place) = place.filter(|_| by_number.contains_key(&stretch)) {
                    now.entry(stretch).or_default().push(place);
                }
            }
            Seen { places, numbers, now }
        };
        let (a, b) = (of(a), of(b));
        Self { by_number, a, b }
    }

    fn hours(mut self, params: &AttributionParams) -> Vec<Hour> {
        let with_ratio = params.validation.is_some();
        let a_all = self.a.numbers.iter().flatten().count();
        let mut hours = Vec::with_capacity(self.by_number.len());
        for (number, stretch) in &self.by_number {
            let a_now = self.a.now(*number).to_vec();
            let mut background = Background {
                a: &mut self.a.places,
                b: &self.b.places,
                a_places: &self.a.numbers,
                b_places: &self.b.numbers,
                a_now: &a_now,
                b_now: self.b.now(*number),
                a_all,
            };
            let near = || stretch.switches.iter().any(|switch| is_near(switch, apart_m(switch), params));
            let kind = match stretch.apart {
                true => HourKind::Apart,
                false if near() => HourKind::Near,
                false => HourKind::Undecided,
            };
            let wall_us = number.saturating_mul(params.interval_us.max(1)).saturating_add(params.interval_start_us);
            hours.push(Hour { wall_us, kind, pair: rarest(&stretch.switches, &mut background, with_ratio) });
        }
        hours
    }
}
