//! `osgb*`: positions on Ordnance Survey's National Grid.

use datafusion::arrow::array::{Float64Array, StringArray};
use datafusion::arrow::datatypes::DataType;

use crate::index::national_grid::{from_grid, reference, to_grid};

use super::argument::{Argument, Kind};
use super::rows::{Call, each};
use super::scalar::Plain;

const POSITION: [Argument; 2] =
    [Argument::new("lat", Kind::Number, "latitude, degrees"), Argument::new("lon", Kind::Number, "longitude, degrees")];
const GRID: [Argument; 2] = [
    Argument::new("easting_m", Kind::Number, "easting on OSGB36, metres"),
    Argument::new("northing_m", Kind::Number, "northing on OSGB36, metres"),
];
const OUTSIDE: &str = "NULL outside latitudes 49.922 to 60.84 and longitudes -8.579 to 1.78. In Ireland and on the Continent within that it \
     is a number of a grid that is not meant for them.";
const OFF_THE_GRID: &str = "NULL off the grid: eastings from 0 to below 700 km, northings from 0 to 1,250 km.";

/// The functions of the National Grid.
pub fn functions() -> Vec<Plain> {
    let section = "National Grid";
    let of_position = |name, result, meaning, example, kernel| Plain {
        section,
        name,
        arguments: &POSITION,
        optional: 0,
        result,
        meaning,
        null: OUTSIDE,
        example,
        kernel,
    };
    let of_grid = |name, meaning, example, kernel| Plain {
        section,
        name,
        arguments: &GRID,
        optional: 0,
        result: DataType::Float64,
        meaning,
        null: OFF_THE_GRID,
        example,
        kernel,
    };
    vec![
        of_position(
            "osgb",
            DataType::Utf8,
            "grid reference of the one-metre square that holds the position, by OSTN15; its south-west corner",
            "SELECT osgb(51.5, -0.12)",
            |a| each::<_, StringArray>(a, |call| Ok(grid(call).and_then(|(e, n)| reference(e, n)))),
        ),
        of_position(
            "osgb_easting",
            DataType::Float64,
            "easting on OSGB36 by OSTN15, metres to the millimetre",
            "SELECT osgb_easting(51.5, -0.12)",
            |a| each::<_, Float64Array>(a, |call| Ok(grid(call).map(|(e, _)| e))),
        ),
        of_position(
            "osgb_northing",
            DataType::Float64,
            "northing on OSGB36 by OSTN15, metres to the millimetre",
            "SELECT osgb_northing(51.5, -0.12)",
            |a| each::<_, Float64Array>(a, |call| Ok(grid(call).map(|(_, n)| n))),
        ),
        of_grid(
            "osgb_lat",
            "latitude of a position on OSGB36 by OSTN15, degrees",
            "SELECT osgb_lat(530080, 180000)",
            |a| each::<_, Float64Array>(a, |call| Ok(position(call).map(|(lat, _)| lat))),
        ),
        of_grid(
            "osgb_lon",
            "longitude of a position on OSGB36 by OSTN15, degrees",
            "SELECT osgb_lon(530080, 180000)",
            |a| each::<_, Float64Array>(a, |call| Ok(position(call).map(|(_, lon)| lon))),
        ),
    ]
}

fn grid(call: Call<'_>) -> Option<(f64, f64)> {
    to_grid(call.number(0)?, call.number(1)?)
}

fn position(call: Call<'_>) -> Option<(f64, f64)> {
    from_grid(call.number(0)?, call.number(1)?)
}
