//! `p_within` and `sigma_m`: how sure a distance is.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};

use crate::index;

use super::scalar::Function;

/// The functions of uncertainty: metres and shares, all `Float64`.
pub fn functions() -> Vec<Function> {
    let numbers = |n: usize| vec![DataType::Float64; n];
    vec![
        Function::new("p_within", numbers(3), DataType::Float64, |a| Ok(p_within(a))),
        Function::new("sigma_m", numbers(2), DataType::Float64, |a| Ok(sigma_m(a))),
    ]
}

fn p_within(args: &[ArrayRef]) -> ArrayRef {
    let [distance, sigma, radius] = [0, 1, 2].map(|i| args[i].as_primitive::<Float64Type>());
    let rows = distance.iter().zip(sigma).zip(radius);
    let probability = |((d, s), r): ((Option<f64>, Option<f64>), Option<f64>)| known(index::p_within(d?, s?, r?));
    Arc::new(rows.map(probability).collect::<Float64Array>())
}

/// A radius of uncertainty below 0 is none at all: devices write -1 where they have no position.
fn sigma_m(args: &[ArrayRef]) -> ArrayRef {
    let [uncertainty, confidence] = [0, 1].map(|i| args[i].as_primitive::<Float64Type>());
    let deviation = |(u, c): (Option<f64>, Option<f64>)| known(index::sigma_m(u.filter(|u| *u >= 0.0)?, c?));
    Arc::new(uncertainty.iter().zip(confidence).map(deviation).collect::<Float64Array>())
}

fn known(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[Option<f64>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<Float64Array>())
    }

    #[test]
    fn null_and_not_a_number_give_null_and_the_rest_is_the_stage_s_own_function() {
        let sigma = [Some(10.0), None, Some(f64::NAN), Some(0.0)];
        let radius = column(&[Some(50.0); 4]);
        let result = p_within(&[column(&[Some(60.0); 4]), column(&sigma), radius]);
        let result = result.as_primitive::<Float64Type>();
        assert_eq!(result.iter().collect::<Vec<_>>(), [Some(index::p_within(60.0, 10.0, 50.0)), None, None, Some(0.0)]);
    }

    #[test]
    fn a_negative_radius_of_uncertainty_is_no_certainty() {
        let result = sigma_m(&[column(&[Some(-1.0), Some(30.0), None]), column(&[Some(0.68); 3])]);
        let result = result.as_primitive::<Float64Type>();
        assert_eq!(result.iter().collect::<Vec<_>>(), [None, Some(index::sigma_m(30.0, 0.68)), None]);
    }
}
