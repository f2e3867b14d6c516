//! Switches: records of two devices that follow each other in time.

use crate::evaluate::Record;

/// A record of each device, next to each other in the order of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Switch<'a> {
    pub(super) a: &'a Record,
    pub(super) b: &'a Record,
    /// The time between their intervals, microseconds; 0 where they share a moment.
    pub(super) gap_us: i64,
}

/// The time between the intervals of two records, microseconds.
pub(super) fn gap_us(one: &Record, other: &Record) -> i64 {
    one.t0_us.saturating_sub(other.t1_us).max(other.t0_us.saturating_sub(one.t1_us)).max(0)
}

#[cfg(test)]
mod tests {
    use super::super::two::Two;
    use super::*;

    /// All of them, in order of time.
    fn switches<'a>(a: &'a [Record], b: &'a [Record], max_us: i64) -> Vec<Switch<'a>> {
        let two = Two::of(a, b);
        (0..two.few.len()).flat_map(|at| two.switches(at, max_us)).collect()
    }

    fn at(times: &[i64]) -> Vec<Record> {
        times.iter().map(|t| Record::at(*t, 51.0, 0.0, 5.0)).collect()
    }

    #[test]
    fn switches_are_those_of_the_documented_example() {
        // telcell, `get_switches`: of A1-A2-B1-B2-B3-A3-B4 they are A2-B1, B3-A3 and A3-B4.
        let (a, b) = (at(&[1, 2, 6]), at(&[3, 4, 5, 7]));
        let found: Vec<_> = switches(&a, &b, 100).iter().map(|s| (s.a.t0_us, s.b.t0_us)).collect();
        assert_eq!(found, [(2, 3), (6, 5), (6, 7)]);
        assert_eq!(switches(&a, &b, 0).len(), 0);
        assert_eq!(switches(&at(&[5]), &at(&[5]), 0).len(), 1);
        assert!(switches(&a, &[], 100).is_empty());
    }

    #[test]
    fn intervals_that_share_a_moment_have_no_gap() {
        let long = Record { t1_us: 50, ..Record::at(10, 51.0, 0.0, 5.0) };
        assert_eq!(gap_us(&long, &Record::at(30, 51.0, 0.0, 5.0)), 0);
        assert_eq!(gap_us(&Record::at(57, 51.0, 0.0, 5.0), &long), 7);
        assert_eq!(gap_us(&Record::at(i64::MIN, 51.0, 0.0, 5.0), &Record::at(i64::MAX, 51.0, 0.0, 5.0)), i64::MAX);
    }
}
