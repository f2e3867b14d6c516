//! `distance_m` and `haversine_m`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;

use crate::index::Metric;

use super::scalar::Function;

/// The distance functions: four `Float64` degrees (latitude, longitude, latitude, longitude) to `Float64` metres.
pub fn functions() -> Vec<Function> {
    let degrees = vec![DataType::Float64; 4];
    vec![
        Function::new(Metric::Geodesic.function_name(), degrees.clone(), DataType::Float64, |a| {
            distances(a, Metric::Geodesic)
        }),
        Function::new(Metric::Haversine.function_name(), degrees, DataType::Float64, |a| {
            distances(a, Metric::Haversine)
        }),
    ]
}

fn distances(args: &[ArrayRef], metric: Metric) -> Result<ArrayRef> {
    let [lat1, lon1, lat2, lon2] = [0, 1, 2, 3].map(|i| args[i].as_primitive::<Float64Type>());
    let distance = |((a, b), (c, d)): ((Option<f64>, Option<f64>), (Option<f64>, Option<f64>))| {
        let metres = metric.distance_m(a?, b?, c?, d?);
        (!metres.is_nan()).then_some(metres)
    };
    let pairs = lat1.iter().zip(lon1).zip(lat2.iter().zip(lon2));
    Ok(Arc::new(pairs.map(distance).collect::<Float64Array>()))
}
