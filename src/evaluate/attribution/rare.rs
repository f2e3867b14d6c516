//! Of each hour the one pair of records that tells most, and how much it tells.

use std::cmp::Ordering;

use super::places::Places;
use super::switches::Switch;
use crate::evaluate::Record;
use crate::index::distance_m;

/// What is travelled between two records, for the width of the kernel: 10 m/s, a car in a town.
const BETWEEN_M_S: f64 = 10.0;

/// The pair that stands for an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HourPair {
    /// The record of the first device.
    pub a: Record,
    /// The record of the second.
    pub b: Record,
    /// The time between them, microseconds.
    pub gap_us: i64,
    /// The distance of the recorded positions, metres.
    pub distance_m: f64,
    /// How often the second device was recorded at that place at other times: the pair is the one where this is least.
    pub seen_there: u32,
    /// How many times more likely the first device's place is if it is where the second is than if it keeps its own
    /// history; between `1 / n` and `n`, `n` the first device's records at other times. `None` unless asked for, and
    /// without such records.
    pub ratio: Option<f64>,
}

/// Places of both devices, and those of their records in one hour.
#[derive(Debug)]
pub(super) struct Background<'a> {
    pub(super) a: &'a mut Places,
    pub(super) b: &'a Places,
    /// The place of each record of both.
    pub(super) a_places: &'a [Option<usize>],
    pub(super) b_places: &'a [Option<usize>],
    /// The places of the records in the hour, in any order.
    pub(super) a_now: &'a [usize],
    pub(super) b_now: &'a [usize],
    /// All records of the first device that have a place.
    pub(super) a_all: usize,
}

fn times(places: &[usize], place: usize) -> u32 {
    u32::try_from(places.iter().filter(|p| **p == place).count()).unwrap_or(u32::MAX)
}

/// The pair at the place where the second device is seen least at other times, then the one with the least time between.
pub(super) fn rarest(switches: &[Switch<'_>], background: &mut Background<'_>, with_ratio: bool) -> Option<HourPair> {
    let seen = |switch: &Switch<'_>| {
        let place = background.b_places.get(switch.b_at).copied().flatten()?;
        Some(background.b.count(place).saturating_sub(times(background.b_now, place)))
    };
    let ranked = switches.iter().filter_map(|switch| Some((seen(switch)?, switch)));
    let (seen_there, switch) = ranked.min_by(|(s, x), (t, y)| s.cmp(t).then_with(|| order(x, y)))?;
    let Switch { a, b, gap_us, .. } = *switch;
    let distance_m = distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg);
    let ratio = if with_ratio { ratio(switch, background) } else { None };
    Some(HourPair { a: *a, b: *b, gap_us, distance_m, seen_there, ratio })
}

fn order(one: &Switch<'_>, other: &Switch<'_>) -> Ordering {
    one.gap_us.cmp(&other.gap_us).then_with(|| one.a.order(other.a)).then_with(|| one.b.order(other.b))
}

/// `P(A's place | where B is) / P(A's place | A's history)`, held between `1 / n` and `n`.
fn ratio(switch: &Switch<'_>, background: &mut Background<'_>) -> Option<f64> {
    let (a, b) = (switch.a, switch.b);
    let place = background.a_places.get(switch.a_at).copied().flatten()?;
    let n = u32::try_from(background.a_all.saturating_sub(background.a_now.len())).ok().filter(|n| *n > 0)?;
    let sigma_m = |record: &Record| crate::index::sigma_m(record.uncertainty_m, record.confidence);
    let between_s = std::time::Duration::from_micros(switch.gap_us.unsigned_abs()).as_secs_f64();
    let parts = [sigma_m(a), sigma_m(b), background.a.place_m(), BETWEEN_M_S * between_s];
    let width_m = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
    let same = background.a.chance_at(place, b.lat_deg, b.lon_deg, width_m);
    let mut now = hashbrown::HashMap::<usize, u32, foldhash::fast::FixedState>::default();
    for place in background.a_now {
        *now.entry(*place).or_insert(0) += 1;
    }
    let counts: Vec<u32> = background.a.all_counts().to_vec();
    let before =
        |number: usize| counts.get(number).copied().unwrap_or(0).saturating_sub(now.get(&number).copied().unwrap_or(0));
    let own = background.a.chance_by_history(place, before, width_m);
    let n = f64::from(n);
    let ratio = (same / own).clamp(1.0 / n, n);
    (!ratio.is_nan()).then_some(ratio)
}
