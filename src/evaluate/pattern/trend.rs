//! Whether occasions become more or fewer, against the time observed.
//!
//! ```text
//!   first ●   ●      ●    │  ●  ● ●●  ●●●  last record        n1 and n2 occasions in h1 and h2 observed hours
//!         └── first half ─┴─ second half ─┘                   under one rate, n1 is binomial (n1 + n2, h1 / (h1 + h2))
//! ```
//! Source: the exact conditional test of two Poisson rates, Przyborowski and Wilenski, Biometrika 31 (1940) 313-323; two
//! sided by the probability of each outcome, as R's `poisson.test`.

use super::super::visit::observed::within_us;
use super::Occasion;
use crate::time::US_PER_S;

const WEEK_US: i64 = 7 * 86_400 * US_PER_S;
/// A difference that a constant rate gives in fewer cases than this is called a trend.
const LEVEL: f64 = 0.05;
/// Outcomes are as unlikely as another up to this factor; R uses the same.
const ALIKE: f64 = 1.0 + 1e-7;

/// One half of the time from the first to the last record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Half {
    /// Occasions that began in it.
    pub occasions: usize,
    /// How long a device was observed in it, microseconds.
    pub observed_us: i64,
}

#[expect(clippy::cast_precision_loss, reason = "counts, and spans of years in microseconds")]
const fn real(n: i64) -> f64 {
    n as f64
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

impl Half {
    /// Occasions in a week of observed time; `None` if nothing was observed.
    #[must_use]
    pub fn per_week(&self) -> Option<f64> {
        (self.observed_us > 0).then(|| count(self.occasions) * real(WEEK_US) / real(self.observed_us))
    }
}

/// What the halves say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrendAnswer {
    /// More in the second half than one rate gives.
    Rising,
    /// Fewer.
    Falling,
    /// No more and no fewer.
    NoTrend,
    /// No outcome could have shown a trend.
    TooFew,
    /// A half was not observed.
    NotObserved,
}

impl TrendAnswer {
    /// The word of the finding.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::NoTrend => "no_trend",
            Self::TooFew => "too_few",
            Self::NotObserved => "not_observed",
        }
    }
}

/// The comparison of the two halves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// The answer.
    pub answer: TrendAnswer,
    /// The first half.
    pub first: Half,
    /// The second half.
    pub second: Half,
    /// The probability, under one rate, of a split as unlikely as this or more; 1 where a half was not observed.
    pub p: f64,
    /// The smallest `p` that so many occasions could give.
    pub p_floor: f64,
}

/// The probabilities of 0 to n successes of a binomial law, by logarithms of factorials.
fn binomial(n: usize, share: f64) -> Vec<f64> {
    let ln_factorials: Vec<f64> = (0..=n).map(|k| libm::lgamma(count(k) + 1.0)).collect();
    let of_all = ln_factorials.last().copied().unwrap_or(0.0);
    let (ln_share, ln_rest) = (libm::log(share), libm::log1p(-share));
    let power = |k: usize, ln: f64| if k == 0 { 0.0 } else { count(k) * ln };
    let term = |(k, (of_k, of_rest)): (usize, (&f64, &f64))| {
        libm::exp(of_all - of_k - of_rest + power(k, ln_share) + power(n - k, ln_rest))
    };
    ln_factorials.iter().zip(ln_factorials.iter().rev()).enumerate().map(term).collect()
}

/// The two-sided p of n1 of n1 + n2 at a share: the sum of the probabilities of all outcomes no likelier; and the smallest
/// that any outcome has.
fn two_sided((n1, n2): (usize, usize), share: f64) -> (f64, f64) {
    let law = binomial(n1 + n2, share);
    let p_of = |limit: f64| law.iter().filter(|p| **p <= limit * ALIKE).sum::<f64>().min(1.0);
    let seen = law.get(n1).copied().unwrap_or(1.0);
    let least = law.iter().copied().fold(1.0, f64::min);
    (p_of(seen), p_of(least))
}

/// Compares the halves of the time in which a device was observed; `observed` are the stretches of it in order, UTC
/// microseconds.
#[must_use]
pub fn trend(occasions: &[Occasion], observed: &[(i64, i64)]) -> Trend {
    let from_us = observed.first().map_or(0, |stretch| stretch.0);
    let to_us = observed.last().map_or(0, |stretch| stretch.1);
    let middle_us = from_us.saturating_add(to_us.saturating_sub(from_us) / 2);
    let early = occasions.iter().filter(|occasion| occasion.t0_us < middle_us).count();
    let first = Half { occasions: early, observed_us: within_us(observed, i64::MIN, middle_us) };
    let second = Half { occasions: occasions.len() - early, observed_us: within_us(observed, middle_us, i64::MAX) };
    if first.observed_us <= 0 || second.observed_us <= 0 {
        return Trend { answer: TrendAnswer::NotObserved, first, second, p: 1.0, p_floor: 1.0 };
    }
    let share = real(first.observed_us) / (real(first.observed_us) + real(second.observed_us));
    let (p, p_floor) = two_sided((first.occasions, second.occasions), share);
    let more_later = count(second.occasions) * share > count(first.occasions) * (1.0 - share);
    let answer = match (p_floor < LEVEL, p < LEVEL, more_later) {
        (false, ..) => TrendAnswer::TooFew,
        (_, false, _) => TrendAnswer::NoTrend,
        (_, _, true) => TrendAnswer::Rising,
        (_, _, false) => TrendAnswer::Falling,
    };
    Trend { answer, first, second, p, p_floor }
}

/// Seven days of the time observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// When it begins, UTC microseconds.
    pub start_us: i64,
    /// Occasions that began in it.
    pub occasions: usize,
    /// How long a device was observed in it, microseconds.
    pub observed_us: i64,
}

/// More weeks than these are not listed: twenty years.
const MOST_WEEKS: i64 = 1_044;

/// The weeks from the first to the last record, seven days each from the first; the occasions are in order of time.
#[must_use]
pub fn weeks(occasions: &[Occasion], observed: &[(i64, i64)]) -> Vec<Week> {
    let (Some((from_us, _)), Some((_, to_us))) = (observed.first(), observed.last()) else { return Vec::new() };
    let starts = (0..MOST_WEEKS).map(|n| from_us.saturating_add(n * WEEK_US)).take_while(|start_us| start_us <= to_us);
    starts
        .map(|start_us| {
            let end_us = start_us.saturating_add(WEEK_US);
            let before = |us: i64| occasions.partition_point(|occasion| occasion.t0_us < us);
            let observed_us = within_us(observed, start_us, end_us);
            Week { start_us, occasions: before(end_us) - before(start_us), observed_us }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_tests_of_two_rates() {
        // R's help of poisson.test, data eba1977 of ISwR: 11 cases in 800 against 21 in 3011, p = 0.07967.
        let (p, _) = two_sided((11, 21), 800.0 / 3_811.0);
        assert!((p - 0.07967).abs() < 5e-6, "{p}");
        // R's help of binom.test, from Conover (1971): 682 of 925 against 3/4, p = 0.3825.
        let (p, _) = two_sided((682, 243), 0.75);
        assert!((p - 0.3825).abs() < 5e-5, "{p}");
    }

    #[test]
    fn a_law_sums_to_one_and_its_least_outcome_is_the_floor() {
        for (n, share) in [(0, 0.3), (1, 0.5), (6, 0.5), (40, 0.01), (2_000, 0.7)] {
            let sum: f64 = binomial(n, share).iter().sum();
            assert!((sum - 1.0).abs() < 1e-9, "{n} {share} {sum}");
        }
        assert!((two_sided((3, 3), 0.5).1 - 2.0 / 64.0).abs() < 1e-12, "none or all of six");
        assert!(two_sided((2, 3), 0.5).1 > LEVEL, "five occasions can show nothing");
    }
}
