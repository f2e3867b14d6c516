//! `p_within` and `sigma_m`: how sure a distance is.

use datafusion::arrow::datatypes::DataType;

use crate::index;

use super::argument::{Argument, Kind};
use super::rows::numbers;
use super::scalar::Plain;

const P_WITHIN: [Argument; 3] = [
    Argument::new("distance_m", Kind::Number, "distance of the recorded positions, metres"),
    Argument::new(
        "sigma_m",
        Kind::Number,
        "standard deviation per axis, metres; of a pair the root of the sum of both squares",
    ),
    Argument::new("radius_m", Kind::Number, "radius that is asked about, metres"),
];

const SIGMA_M: [Argument; 2] = [
    Argument::new("uncertainty_m", Kind::Number, "radius of uncertainty, metres"),
    Argument::new("confidence", Kind::Number, "share of positions that it holds, 0 to 1"),
];

/// The functions of uncertainty.
pub fn functions() -> Vec<Plain> {
    vec![
        Plain {
            section: "Uncertainty",
            name: "p_within",
            arguments: &P_WITHIN,
            optional: 0,
            result: DataType::Float64,
            meaning: "probability that the true distance is at most `radius_m`, 0 to 1",
            null: "",
            example: "SELECT p_within(60, sqrt(power(sigma_m(30, 0.68), 2) + power(sigma_m(8, 0.95), 2)), 100)",
            kernel: |a| Ok(numbers(a, |[distance, sigma, radius]| index::p_within(distance, sigma, radius))),
        },
        Plain {
            section: "Uncertainty",
            name: "sigma_m",
            arguments: &SIGMA_M,
            optional: 0,
            result: DataType::Float64,
            meaning: "standard deviation per axis of a radius that holds the share `confidence` of positions, metres",
            null: "NULL for a radius below 0: devices write -1 where they have no position.",
            example: "SELECT sigma_m(30, 0.68)",
            kernel: |a| Ok(numbers(a, |[uncertainty, confidence]| known_sigma_m(uncertainty, confidence))),
        },
    ]
}

/// A radius of uncertainty below 0 is none at all: devices write -1 where they have no position.
fn known_sigma_m(uncertainty_m: f64, confidence: f64) -> f64 {
    if uncertainty_m < 0.0 { f64::NAN } else { index::sigma_m(uncertainty_m, confidence) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_radius_of_uncertainty_is_no_certainty() {
        assert!(known_sigma_m(-1.0, 0.68).is_nan());
        assert_eq!(known_sigma_m(30.0, 0.68), index::sigma_m(30.0, 0.68));
        assert_eq!(known_sigma_m(0.0, 0.68), 0.0);
    }
}
