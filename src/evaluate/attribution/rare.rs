//! Of each hour the one pair of records that tells most, and how much it tells.

use std::cmp::Ordering;

use super::seen::Seen;
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

/// Where both devices were, in all and in one stretch.
#[derive(Debug)]
pub(super) struct Background<'a> {
    /// Of the first device; only where a ratio is asked for.
    pub(super) a: Option<&'a mut Seen>,
    pub(super) b: &'a Seen,
    /// The number of the stretch.
    pub(super) stretch: i64,
}

/// The pair at the place where the second device is seen least at other times, then the one with the least time between.
pub(super) fn rarest<'r>(
    switches: impl Iterator<Item = Switch<'r>>,
    background: &mut Background<'_>,
) -> Option<HourPair> {
    let Background { b, stretch, .. } = *background;
    let seen = |switch: &Switch<'_>| Some(b.elsewhen(b.place_in(stretch, switch.b)?, stretch));
    let ranked = switches.filter_map(|switch| Some((seen(&switch)?, switch)));
    let (seen_there, switch) = ranked.min_by(|(s, x), (t, y)| s.cmp(t).then_with(|| order(x, y)))?;
    let Switch { a, b, gap_us } = switch;
    let distance_m = distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg);
    let ratio = background.a.as_deref_mut().and_then(|seen| ratio(&switch, seen, stretch));
    Some(HourPair { a: *a, b: *b, gap_us, distance_m, seen_there, ratio })
}

fn order(one: &Switch<'_>, other: &Switch<'_>) -> Ordering {
    one.gap_us.cmp(&other.gap_us).then_with(|| one.a.order(other.a)).then_with(|| one.b.order(other.b))
}

/// `P(A's place | where B is) / P(A's place | A's history)`, held between `1 / n` and `n`.
fn ratio(switch: &Switch<'_>, seen: &mut Seen, stretch: i64) -> Option<f64> {
    let (a, b) = (switch.a, switch.b);
    let place = seen.place_in(stretch, a)?;
    let mut now = hashbrown::HashMap::<usize, u32, foldhash::fast::FixedState>::default();
    for (place, records) in seen.now(stretch) {
        *now.entry(place).or_insert(0) += records;
    }
    let records_now: usize = now.values().filter_map(|records| usize::try_from(*records).ok()).sum();
    let n = u32::try_from(seen.all.saturating_sub(records_now)).ok().filter(|n| *n > 0)?;
    let sigma_m = |record: &Record| crate::index::sigma_m(record.uncertainty_m, record.confidence);
    let between_s = std::time::Duration::from_micros(switch.gap_us.unsigned_abs()).as_secs_f64();
    let parts = [sigma_m(a), sigma_m(b), seen.places.place_m(), BETWEEN_M_S * between_s];
    let width_m = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
    let same = seen.places.chance_at(place, b.lat_deg, b.lon_deg, width_m);
    let counts: Vec<u32> = seen.places.all_counts().to_vec();
    let before =
        |number: usize| counts.get(number).copied().unwrap_or(0).saturating_sub(now.get(&number).copied().unwrap_or(0));
    let own = seen.places.chance_by_history(place, before, width_m);
    let n = f64::from(n);
    let ratio = (same / own).clamp(1.0 / n, n);
    (!ratio.is_nan()).then_some(ratio)
}
