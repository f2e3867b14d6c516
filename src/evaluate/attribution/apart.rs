//! Separations: records of two devices so far apart, so soon after each other, that nobody carried both from one to the other.
//!
//! ```text
//!   ●───── how far they are apart ─────○        within the least of the reaches: no way of judging separates the two,
//!   ├─ reach ─┤                                 and most pairs cost this one comparison
//! ```
//! The ways differ in the speed, the radii and the clocks that they allow for.

use std::cell::LazyCell;

use super::switches::{Switch, gap_us};
use super::two::{LOOKED_AT, Two};
use crate::evaluate::{Record, deviations};
use crate::index::compare::Threshold;
use crate::index::reach::{Sighting, break_even_speed_over_m_s};
use crate::index::{Comparator, Metric, Verdict, distance_m, sigma_m};
use crate::model::SourceKind;

/// Records of each device that one carrier could not have made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    /// The record of the first device.
    pub a: Record,
    /// The record of the second.
    pub b: Record,
    /// The time between them, microseconds, without the allowance for clocks.
    pub gap_us: i64,
    /// The least speed that would bring one to the other, metres a second; infinite at one moment.
    pub speed_m_s: f64,
}

/// When a separation excludes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    /// No carrier is faster, metres a second.
    pub(super) max_speed_m_s: f64,
    /// The radii hold the true positions with this probability each.
    pub(super) percentile: f64,
    /// Both clocks together may be off by so much, microseconds.
    pub(super) clock_us: i64,
    /// Records further apart in time are not compared, microseconds.
    pub(super) horizon_us: i64,
    /// The radius of a record that states none, metres: without it a mast would be where the phone is.
    pub(super) unstated_m: f64,
    /// The radius of a cell's record that states none, metres.
    pub(super) unstated_cell_m: f64,
}

impl Limits {
    /// The deviation of a record's position, metres.
    fn sigma_m(&self, record: &Record) -> f64 {
        let assumed_m = if record.source == SourceKind::Cell { self.unstated_cell_m } else { self.unstated_m };
        let states_none = record.uncertainty_m <= 0.0;
        let uncertainty_m = if states_none { assumed_m } else { record.uncertainty_m };
        sigma_m(uncertainty_m, record.confidence)
    }

    /// How far one carrier gets with this allowance of time, the radii besides, metres.
    fn reach_m(&self, allowed_us: i64, radii_m: [f64; 2]) -> f64 {
        let allowed_s = std::time::Duration::from_micros(allowed_us.unsigned_abs()).as_secs_f64();
        self.max_speed_m_s * allowed_s + radii_m[0] + radii_m[1]
    }
}

/// In how many ways two devices are compared at once.
pub(super) const WAYS: usize = 4;

/// Ways of judging that differ in speed, radii and clocks only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways {
    /// With how many deviations the radius of each is.
    each: [(Limits, f64); WAYS],
    /// Besides the radii, metres: nearer is near.
    radius_m: f64,
}

/// The speed that a record of the fewer needs to the record around it that needs the greatest, and how many places that one
/// stands before the end of those around it.
pub(super) type Fastest = (f64, usize);

impl Ways {
    pub(super) fn new(each: [Limits; WAYS], radius_m: f64) -> Self {
        Self { each: each.map(|limits| (limits, deviations(limits.percentile))), radius_m }
    }

    /// Whether two records lie within both radii and the radius asked for, by each way; without a radius they are exact.
    pub(super) fn near(&self, switch: &Switch<'_>, distance_m: f64) -> [bool; WAYS] {
        let [a, b] = [switch.a, switch.b].map(|record| sigma_m(record.uncertainty_m, record.confidence));
        self.each.map(|(_, deviations)| distance_m <= self.radius_m + (a * deviations + b * deviations))
    }

    /// By each way, which of the other device's records around one of the fewer (by position) excludes that both were carried
    /// together, and needs the greatest speed.
    ///
    /// Each is compared with the four records of the other device before it and the four after it, so that a separation that
    /// only a fifth record would show is missed: it errs towards "together".
    pub(super) fn separations(&self, two: &Two<'_>, at: usize) -> [Option<Fastest>; WAYS] {
        let mut fastest: [Option<Fastest>; WAYS] = [None; WAYS];
        let Some(one) = two.few.get(at) else { return fastest };
        let after = two.begun_before(one);
        let from = after.saturating_sub(LOOKED_AT);
        for (other, at) in two.many.iter().skip(from).zip(from..after + LOOKED_AT) {
            let (a, b) = two.in_order(one, other);
            for (fastest, speed_m_s) in fastest.iter_mut().zip(self.speeds_m_s(a, b)) {
                let Some(speed_m_s) = speed_m_s else { continue };
                if fastest.is_none_or(|(known, _)| known.total_cmp(&speed_m_s).is_le()) {
                    *fastest = Some((speed_m_s, after + LOOKED_AT - at));
                }
            }
        }
        fastest
    }

    /// By each way the speed that two records need, if no carrier is as fast.
    fn speeds_m_s(&self, a: &Record, b: &Record) -> [Option<f64>; WAYS] {
        let ([(any, _), ..], gap_us) = (self.each, gap_us(a, b));
        if gap_us > any.horizon_us {
            return [None; WAYS];
        }
        let sigmas_m = [a, b].map(|record| any.sigma_m(record));
        let ways = self.each.map(|(limits, deviations)| {
            (limits, gap_us.saturating_add(limits.clock_us), sigmas_m.map(|sigma_m| sigma_m * deviations))
        });
        let reaches_m = ways.iter().map(|(limits, allowed_us, radii_m)| limits.reach_m(*allowed_us, *radii_m));
        // A reach that is not a number separates nothing.
        let least_m = reaches_m.fold(f64::INFINITY, f64::min);
        let metric = Comparator::new(Metric::Geodesic);
        let anchor = metric.anchor(a.lat_deg, a.lon_deg);
        let judge = |reach_m: f64| {
            metric.judge(&anchor, b.lat_deg, b.lon_deg, b.lat_deg.to_radians().cos(), Threshold::new(reach_m))
        };
        if judge(least_m) == Verdict::Within {
            return [None; WAYS];
        }
        let apart_m = LazyCell::new(|| distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg));
        ways.map(|(limits, allowed_us, radii_m)| {
            if judge(limits.reach_m(allowed_us, radii_m)) == Verdict::Within {
                return None;
            }
            let [one, other] = [(a, 0, radii_m[0]), (b, allowed_us, radii_m[1])].map(sighting);
            let speed_m_s = break_even_speed_over_m_s(*apart_m, &one, &other);
            // Not-a-number (no position, no radius) excludes nothing.
            (speed_m_s > limits.max_speed_m_s).then_some(speed_m_s)
        })
    }
}

const fn sighting((record, at_us, uncertainty_m): (&Record, i64, f64)) -> Sighting {
    Sighting { lat_deg: record.lat_deg, lon_deg: record.lon_deg, at_us, uncertainty_m }
}

/// The separation of a record of the fewer that [`Ways::separations`] says.
pub(super) fn separation(two: &Two<'_>, one: &Record, (speed_m_s, back): Fastest) -> Option<Separation> {
    let other = two.many.get((two.begun_before(one) + LOOKED_AT).checked_sub(back)?)?;
    let (a, b) = two.in_order(one, other);
    Some(Separation { a: *a, b: *b, gap_us: gap_us(a, b), speed_m_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::US_PER_S;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits {
        max_speed_m_s: 70.0,
        percentile: 0.95,
        clock_us: 10 * US_PER_S,
        horizon_us: 3_600 * US_PER_S,
        unstated_m: 50.0,
        unstated_cell_m: 20_000.0,
    };

    fn separations(a: &[Record], b: &[Record], limits: &Limits) -> Vec<Separation> {
        let (two, ways) = (Two::of(a, b), Ways::new([*limits; WAYS], 0.0));
        let of = |(at, one): (usize, &Record)| {
            let [fastest, ..] = ways.separations(&two, at);
            separation(&two, one, fastest?)
        };
        two.few.iter().enumerate().filter_map(of).collect()
    }

    fn at(s: i64, km: f64, uncertainty_m: f64) -> Record {
        Record::at(s * US_PER_S, 51.0 + km / 111.25, 0.0, uncertainty_m)
    }

    #[test]
    fn what_no_speed_allows_is_apart_and_what_the_radii_allow_is_not() {
        let apart = |b: Record| separations(&[at(0, 0.0, 10.0)], &[b], &LIMITS);
        // 10 km in 60 + 10 s: 143 m/s, less the radii.
        let found = apart(at(60, 10.0, 10.0));
        assert_eq!(found.len(), 1);
        assert!((found[0].speed_m_s - (10_000.0 - 2.0 * at(0, 0.0, 10.0).radius_at_m(0.95)) / 70.0).abs() < 0.1);
        assert!(apart(at(200, 10.0, 10.0)).is_empty(), "10 km in 210 s is 48 m/s");
        assert!(apart(at(60, 10.0, 5_000.0)).is_empty(), "a wide cell may be where the first is");
        assert!(apart(at(2 * 3_600, 900.0, 10.0)).is_empty(), "beyond the horizon nothing is compared");
        assert!(apart(Record { lat_deg: f64::NAN, ..at(60, 10.0, 10.0) }).is_empty());
    }

    #[test]
    fn a_less_certain_record_between_hides_nothing() {
        let b = [at(20, 10.0, 5.0), at(30, 10.0, 50_000.0)];
        let one = [at(40, 0.0, 5.0)];
        let (found, turned) = (separations(&one, &b, &LIMITS), separations(&b, &one, &LIMITS));
        assert_eq!((found.len(), turned.len()), (1, 1));
        assert_eq!((found[0].a, found[0].b), (turned[0].b, turned[0].a), "whichever has fewer records");
    }

    #[test]
    fn a_mast_without_a_radius_separates_only_what_is_farther_than_any_cell_reaches() {
        let mast = |km: f64| Record { source: SourceKind::Cell, ..at(0, km, 0.0) };
        let separated = |km: f64| separations(&[mast(0.0)], &[mast(km)], &LIMITS).len();
        assert_eq!((separated(60.0), separated(70.0)), (0, 1), "twice 32 km at 95 %");
        let seen = |km: f64| separations(&[at(0, 0.0, 0.0)], &[at(0, km, 0.0)], &LIMITS).len();
        assert_eq!((seen(0.8), seen(1.1)), (0, 1), "twice 81 m, and ten seconds at 70 m/s");
    }

    proptest! {
        /// One carrier below the limit, records within their radii and clocks within the allowance: never apart.
        #[test]
        fn one_carrier_is_never_excluded(
            steps in prop::collection::vec((1_i64..600, -60.0..60.0_f64, any::<bool>(), -1.0..1.0_f64, -4_i64..5), 2..60)) {
            let (mut km, mut s, mut a, mut b) = (0.0, 0_i64, Vec::new(), Vec::new());
            for (wait, speed, is_a, error, clock) in steps {
                (km, s) = (km + speed * f64::from(i32::try_from(wait).unwrap()) / 1_000.0, s + wait);
                let u = 100.0;
                let r95 = at(0, 0.0, u).radius_at_m(0.95);
                if is_a { a.push(at(s, km + error * r95 / 1_000.0, u)) } else { b.push(at(s + clock, km + error * r95 / 1_000.0, u)) }
            }
            b.sort_by_key(|record| record.t0_us);
            prop_assert_eq!(separations(&a, &b, &LIMITS), []);
        }
    }
}
