//! Separations: records of two devices so far apart, so soon after each other, that nobody carried both from one to the other.

use super::switches::gap_us;
use crate::evaluate::Record;
use crate::index::compare::Threshold;
use crate::index::reach::{Sighting, break_even_speed_m_s};
use crate::index::{Comparator, Metric, Verdict};
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
    /// The radius that holds the true position of a record.
    fn radius_m(&self, record: &Record) -> f64 {
        let assumed_m = if record.source == SourceKind::Cell { self.unstated_cell_m } else { self.unstated_m };
        let states_none = record.uncertainty_m <= 0.0;
        let uncertainty_m = if states_none { assumed_m } else { record.uncertainty_m };
        Record { uncertainty_m, ..*record }.radius_at_m(self.percentile)
    }
}

/// How many records of the other device are looked at on each side: the next may be the less certain one.
const LOOKED_AT: usize = 4;

/// The excluding separations, in order of the records of the device that has fewer (`a` of two that have as many): at most
/// one for each of them, the one that needs the greatest speed.
///
/// Each is compared with the four records of the other device before it and the four after it, so that a separation that
/// only a fifth record would show is missed: it errs towards "together".
pub(super) fn separations(a: &[Record], b: &[Record], limits: &Limits) -> Vec<Separation> {
    let a_fewer = a.len() <= b.len();
    let (few, many) = if a_fewer { (a, b) } else { (b, a) };
    let mut found = Vec::new();
    for one in few {
        let after = many.partition_point(|other| other.t0_us < one.t0_us);
        let around = many.get(after.saturating_sub(LOOKED_AT)..many.len().min(after + LOOKED_AT)).unwrap_or_default();
        let apart = around
            .iter()
            .filter_map(|other| if a_fewer { separation(one, other, limits) } else { separation(other, one, limits) });
        found.extend(apart.max_by(|one, other| one.speed_m_s.total_cmp(&other.speed_m_s)));
    }
    found
}

fn separation(a: &Record, b: &Record, limits: &Limits) -> Option<Separation> {
    let gap_us = gap_us(a, b);
    if gap_us > limits.horizon_us {
        return None;
    }
    let allowed_us = gap_us.saturating_add(limits.clock_us);
    let radii = [a, b].map(|record| limits.radius_m(record));
    let allowed_s = std::time::Duration::from_micros(allowed_us.unsigned_abs()).as_secs_f64();
    let reach_m = limits.max_speed_m_s * allowed_s + radii[0] + radii[1];
    let metric = Comparator::new(Metric::Geodesic);
    let anchor = metric.anchor(a.lat_deg, a.lon_deg);
    let cos_lat = b.lat_deg.to_radians().cos();
    if metric.judge(&anchor, b.lat_deg, b.lon_deg, cos_lat, Threshold::new(reach_m)) == Verdict::Within {
        return None;
    }
    let sighting = |record: &Record, at_us: i64, uncertainty_m: f64| Sighting {
        lat_deg: record.lat_deg,
        lon_deg: record.lon_deg,
        at_us,
        uncertainty_m,
    };
    let speed_m_s = break_even_speed_m_s(&sighting(a, 0, radii[0]), &sighting(b, allowed_us, radii[1]));
    // Not-a-number (no position, no radius) excludes nothing.
    (speed_m_s > limits.max_speed_m_s).then_some(Separation { a: *a, b: *b, gap_us, speed_m_s })
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
