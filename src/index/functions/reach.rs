//! `reachable` and `break_even_speed_m_s`: could a device have got there.

use datafusion::arrow::array::{BooleanArray, Float64Array};
use datafusion::arrow::datatypes::DataType;

use crate::index::reach::{Sighting, break_even_speed_m_s, reachable};

use super::argument::{Argument, Kind};
use super::rows::{Call, each};
use super::scalar::Plain;

const LAT1: Argument = Argument::new("lat1", Kind::Number, "latitude of one record, degrees");
const LON1: Argument = Argument::new("lon1", Kind::Number, "longitude of one record, degrees");
const T1: Argument = Argument::new("t1", Kind::Time, "time of one record");
const LAT2: Argument = Argument::new("lat2", Kind::Number, "latitude of the other, degrees");
const LON2: Argument = Argument::new("lon2", Kind::Number, "longitude of the other, degrees");
const T2: Argument = Argument::new("t2", Kind::Time, "time of the other, before or after");
const SPEED: Argument = Argument::new("speed_m_s", Kind::Number, "greatest speed, metres a second");
const U1: Argument = Argument::new("uncertainty1_m", Kind::Number, "radius of uncertainty of one position, metres");
const U2: Argument = Argument::new("uncertainty2_m", Kind::Number, "radius of uncertainty of the other, metres");

const REACHABLE: [Argument; 9] = [LAT1, LON1, T1, LAT2, LON2, T2, SPEED, U1, U2];
const BREAK_EVEN: [Argument; 8] = [LAT1, LON1, T1, LAT2, LON2, T2, U1, U2];

/// The functions of reach.
pub fn functions() -> Vec<Plain> {
    vec![
        Plain {
            section: "Reach",
            name: "reachable",
            arguments: &REACHABLE,
            optional: 2,
            result: DataType::Boolean,
            meaning: "whether a device no faster than `speed_m_s` could have made both records: their geodesic distance, \
                      less both radii if given, is at most the speed times the time between them",
            null: "NULL for a position outside the Earth, a speed or a radius below 0. False excludes every route; true \
                   says only that the straight line does not exclude it.",
            example: "SELECT reachable(51.5, -0.12, '2026-03-29T00:30:00Z', 51.75, -1.25, '2026-03-29T02:30:00+01:00', 30)",
            kernel: |a| {
                each::<_, BooleanArray>(a, |call| {
                    let Some((one, other)) = sightings(call, 7) else { return Ok(None) };
                    Ok(call.number(6).and_then(|speed_m_s| reachable(&one, &other, speed_m_s)))
                })
            },
        },
        Plain {
            section: "Reach",
            name: "break_even_speed_m_s",
            arguments: &BREAK_EVEN,
            optional: 2,
            result: DataType::Float64,
            meaning: "the least speed at which `reachable` is true, metres a second; 0 where the places may be one, \
                      infinite where they cannot and the times are equal",
            null: "NULL for a position outside the Earth or a radius below 0.",
            example: "SELECT break_even_speed_m_s(51.5, -0.12, '2026-03-29T00:30:00Z', 51.75, -1.25, \
                      '2026-03-29T02:30:00+01:00', 50, 500)",
            kernel: |a| {
                each::<_, Float64Array>(a, |call| {
                    let speed_m_s = sightings(call, 6).map(|(one, other)| break_even_speed_m_s(&one, &other));
                    Ok(speed_m_s.filter(|speed_m_s| !speed_m_s.is_nan()))
                })
            },
        },
    ]
}

/// The two records of a row; the radii stand at `radii` and after, if the call has them.
fn sightings(call: Call<'_>, radii: usize) -> Option<(Sighting, Sighting)> {
    let radius = |place| if call.has(place) { call.number(place) } else { Some(0.0) };
    let sighting = |first: usize, radius_place: usize| {
        Some(Sighting {
            lat_deg: call.number(first)?,
            lon_deg: call.number(first + 1)?,
            at_us: call.time_us(first + 2)?,
            uncertainty_m: radius(radius_place)?,
        })
    };
    sighting(0, radii).zip(sighting(3, radii + 1))
}
