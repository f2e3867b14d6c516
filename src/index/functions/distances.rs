//! `distance_m` and `haversine_m`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Builder};
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

#[expect(clippy::unnecessary_wraps, reason = "the shape of a kernel")]
fn distances(args: &[ArrayRef], metric: Metric) -> Result<ArrayRef> {
    let [lat1, lon1, lat2, lon2] = [0, 1, 2, 3].map(|i| args[i].as_primitive::<Float64Type>());
    let mut metres = Float64Builder::with_capacity(lat1.len());
    for ((lat1, lon1), (lat2, lon2)) in lat1.iter().zip(lon1).zip(lat2.iter().zip(lon2)) {
        let positions = lat1.zip(lon1).zip(lat2.zip(lon2));
        let distance_m = positions.map(|((lat1, lon1), (lat2, lon2))| metric.distance_m(lat1, lon1, lat2, lon2));
        metres.append_option(distance_m.filter(|d| !d.is_nan()));
    }
    Ok(Arc::new(metres.finish()))
}
