//! `distance_m`, `haversine_m` and `bearing_deg`: how far, and which way.

use datafusion::arrow::datatypes::DataType;

use crate::index::{Metric, bearing_deg};

use super::argument::{Argument, Kind};
use super::rows::numbers;
use super::scalar::Plain;

/// Two positions, latitude first.
const TWO_POSITIONS: [Argument; 4] = [
    Argument::new("lat1", Kind::Number, "latitude of the first position, degrees"),
    Argument::new("lon1", Kind::Number, "longitude of the first position, degrees"),
    Argument::new("lat2", Kind::Number, "latitude of the second position, degrees"),
    Argument::new("lon2", Kind::Number, "longitude of the second position, degrees"),
];

/// The functions of two positions.
pub fn functions() -> Vec<Plain> {
    let of_two = |name, meaning, null, example, kernel| Plain {
        section: "Distance and direction",
        name,
        arguments: &TWO_POSITIONS,
        optional: 0,
        result: DataType::Float64,
        meaning,
        null,
        example,
        kernel,
    };
    vec![
        of_two(
            Metric::Geodesic.function_name(),
            "geodesic distance on the WGS84 ellipsoid, metres",
            "NULL for a position outside the Earth.",
            "SELECT distance_m(51.5, -0.12, 51.51, -0.12)",
            |a| Ok(numbers(a, |[lat1, lon1, lat2, lon2]| Metric::Geodesic.distance_m(lat1, lon1, lat2, lon2))),
        ),
        of_two(
            Metric::Haversine.function_name(),
            "great-circle distance on the sphere, metres; up to 0.6 % off",
            "NULL for a position outside the Earth.",
            "SELECT haversine_m(51.5, -0.12, 51.51, -0.12)",
            |a| Ok(numbers(a, |[lat1, lon1, lat2, lon2]| Metric::Haversine.distance_m(lat1, lon1, lat2, lon2))),
        ),
        of_two(
            "bearing_deg",
            "direction in which the geodesic leaves the first position for the second, degrees clockwise from true north, \
             0 to below 360",
            "NULL for a position outside the Earth, and where both are one place.",
            "SELECT bearing_deg(51.5, -0.12, 51.51, -0.12)",
            |a| Ok(numbers(a, |[lat1, lon1, lat2, lon2]| bearing_deg(lat1, lon1, lat2, lon2))),
        ),
    ]
}
