//! How often a grade is wrong: near by the records and not in truth, or the other way round.
//!
//! ```text
//!                        truly within R          truly outside R
//!   graded, or better    right                   false inclusion
//!   not graded           false exclusion         right
//! ```
//! By the true distance, by how large the uncertainties are, and by how often the device recorded.

use serde::{Deserialize, Serialize};

use super::labelled::real;
use crate::model::Grade;

/// A pair of which the truth is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The grade that the records give; `None` if they give no proximity.
    pub grade: Option<Grade>,
    /// How far the two truly were apart, metres.
    pub true_distance_m: f64,
    /// The sum of both uncertainty radii, metres.
    pub uncertainty_sum_m: f64,
    /// The time between the device's records about then, seconds.
    pub sampling_s: f64,
}

/// What the rates are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The true distance, metres.
    TrueDistanceM,
    /// The sum of both uncertainty radii, metres.
    UncertaintySumM,
    /// The time between records, seconds.
    SamplingS,
}

/// The pairs of one class. The counts of graded pairs are those of at least `possible`, at least `probable`, `definite`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// What the class is of.
    pub by: By,
    /// From this value.
    pub from: f64,
    /// To below this one; infinite for the last class.
    pub to: f64,
    /// Pairs truly within the radius.
    pub within: u64,
    /// Of these, graded.
    pub within_graded: [u64; 3],
    /// Pairs truly outside.
    pub outside: u64,
    /// Of these, graded.
    pub outside_graded: [u64; 3],
}

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The share of `count` in `all` with its 95 % interval; `None` if there are none.
///
/// Source: Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
#[must_use]
pub fn share(count: u64, all: u64) -> Option<Share> {
    let (k, n) = (real(usize::try_from(count).ok()?), real(usize::try_from(all).ok()?));
    if n == 0.0 {
        return None;
    }
    let (p, z) = (k / n, 1.959_963_984_540_054);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Some(Share { value: p, low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

const fn level(grade: Grade) -> usize {
    match grade {
        Grade::Possible => 0,
        Grade::Probable => 1,
        Grade::Definite => 2,
    }
}

impl Rate {
    /// The share of pairs truly outside that are graded this or better.
    #[must_use]
    pub fn false_inclusion(&self, grade: Grade) -> Option<Share> {
        share(self.outside_graded.get(level(grade)).copied()?, self.outside)
    }

    /// The share of pairs truly within that are graded neither this nor better.
    #[must_use]
    pub fn false_exclusion(&self, grade: Grade) -> Option<Share> {
        share(self.within.checked_sub(self.within_graded.get(level(grade)).copied()?)?, self.within)
    }
}

/// The classes of each kind, by their lower ends.
const EDGES: [(By, &[f64]); 3] = [
    (By::TrueDistanceM, &[0.0, 50.0, 100.0, 150.0, 200.0, 500.0, 1_000.0, 2_000.0]),
    (By::UncertaintySumM, &[0.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1_000.0]),
    (By::SamplingS, &[0.0, 30.0, 120.0, 600.0, 1_800.0]),
];

/// Counts pairs of known truth, class by class; classes without pairs are left out. In any order.
#[must_use]
pub fn rates(judged: &[Judged], radius_m: f64) -> Vec<Rate> {
    let mut rates = Vec::new();
    for (by, edges) in EDGES {
        let value = |j: &Judged| match by {
            By::TrueDistanceM => j.true_distance_m,
            By::UncertaintySumM => j.uncertainty_sum_m,
            By::SamplingS => j.sampling_s,
        };
        for (n, from) in edges.iter().copied().enumerate() {
            let to = edges.get(n + 1).copied().unwrap_or(f64::INFINITY);
            let none = Rate { by, from, to, within: 0, within_graded: [0; 3], outside: 0, outside_graded: [0; 3] };
            let class = judged.iter().filter(|j| (from..to).contains(&value(j)));
            let rate = class.fold(none, |rate, j| counted(rate, j, radius_m));
            if rate.within + rate.outside > 0 {
                rates.push(rate);
            }
        }
    }
    rates
}

fn counted(mut rate: Rate, judged: &Judged, radius_m: f64) -> Rate {
    let (all, graded) = if judged.true_distance_m <= radius_m {
        (&mut rate.within, &mut rate.within_graded)
    } else {
        (&mut rate.outside, &mut rate.outside_graded)
    };
    *all += 1;
    if let Some(grade) = judged.grade {
        graded.iter_mut().take(level(grade) + 1).for_each(|count| *count += 1);
    }
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_published_one() {
        // Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: Wilson's score without continuity correction.
        for (k, n, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let s = share(k, n).unwrap();
            assert!((s.low - low).abs() < 5e-5 && (s.high - high).abs() < 5e-5, "{k}/{n}: {s:?}");
        }
        assert_eq!(share(0, 0), None);
    }

    #[test]
    fn each_pair_is_counted_once_in_each_kind_and_grades_count_downwards() {
        let judged =
            |grade, true_distance_m| Judged { grade, true_distance_m, uncertainty_sum_m: 30.0, sampling_s: 60.0 };
        let pairs = [
            judged(Some(Grade::Definite), 20.0),
            judged(Some(Grade::Possible), 90.0),
            judged(None, 100.0),
            judged(Some(Grade::Probable), 130.0),
            judged(None, 5_000.0),
        ];
        let found = rates(&pairs, 100.0);
        let of = |by| found.iter().filter(move |r| r.by == by);
        for by in [By::TrueDistanceM, By::UncertaintySumM, By::SamplingS] {
            assert_eq!(of(by).map(|r| r.within + r.outside).sum::<u64>(), 5);
        }
        let all = of(By::SamplingS).next().unwrap();
        assert_eq!((all.within, all.within_graded, all.outside, all.outside_graded), (3, [2, 1, 1], 2, [1, 1, 0]));
        assert_eq!(all.false_inclusion(Grade::Probable).unwrap().value, 0.5);
        assert_eq!(all.false_exclusion(Grade::Definite).unwrap().value, 2.0 / 3.0);
        assert_eq!(all.false_inclusion(Grade::Definite).unwrap().value, 0.0);
        // 100 m is within a radius of 100 m, and in the class from 100 m.
        let edge = of(By::TrueDistanceM).find(|r| r.from == 100.0).unwrap();
        assert_eq!((edge.within, edge.outside), (1, 1));
    }
}
