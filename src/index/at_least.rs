//! How likely so many of several independent chances come true.

/// P(at least `m` of the chances come true), for each `m` from 0 to their number.
///
/// The Poisson-binomial distribution by adding one chance after the other, `O(n^2)`, every term positive. With equal chances
/// it is the binomial.
#[must_use]
pub fn at_least(chances: &[f64]) -> Vec<f64> {
    let mut exactly = vec![1.0];
    for chance in chances {
        let chance = chance.clamp(0.0, 1.0);
        exactly.push(0.0);
        for m in (0..exactly.len()).rev() {
            let fewer = if m == 0 { 0.0 } else { exactly[m - 1] };
            exactly[m] = exactly[m] * (1.0 - chance) + fewer * chance;
        }
    }
    // From the rare end, so that small tails keep their digits.
    let mut sum = 0.0;
    for tail in exactly.iter_mut().rev() {
        sum += *tail;
        *tail = sum;
    }
    exactly
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_chances_are_the_binomial() {
        // Binomial of 10 at 0.1: P(X >= 1) = 1 - 0.9^10; P(X >= 3) from tables of the binomial: 0.0702.
        let tail = at_least(&[0.1; 10]);
        assert!((tail[1] - (1.0 - 0.9_f64.powi(10))).abs() < 1e-12);
        assert!((tail[3] - 0.0702).abs() < 5e-5, "{}", tail[3]);
        assert_eq!(at_least(&[]), [1.0]);
        assert!((at_least(&[1e-9; 3])[3] / 1e-27 - 1.0).abs() < 1e-12, "small tails keep their digits");
    }

    proptest! {
        #[test]
        fn it_is_the_sum_over_all_outcomes(chances in prop::collection::vec(0.0..1.0_f64, 0..10)) {
            let tail = at_least(&chances);
            for (m, found) in tail.iter().enumerate() {
                let mut all = 0.0;
                for outcome in 0_u32..1 << chances.len() {
                    if usize::try_from(outcome.count_ones()).unwrap() >= m {
                        let of = |(bit, p): (usize, &f64)| if outcome >> bit & 1 == 1 { *p } else { 1.0 - p };
                        all += chances.iter().enumerate().map(of).product::<f64>();
                    }
                }
                prop_assert!((found - all).abs() < 1e-12, "{} {}", found, all);
            }
        }
    }
}
