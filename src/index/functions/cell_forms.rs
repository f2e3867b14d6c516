//! `h3_text`, `h3_from_text`, `h3_boundary_wkt` and the centre: the other forms of an H3 cell.

use datafusion::arrow::array::{Float64Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::DataType;
use h3o::{CellIndex, LatLng};

use super::argument::{Argument, Kind, cell_of_text, to_i64};
use super::cells::{CELL, SECTION};
use super::rows::each;
use super::scalar::{Kernel, Plain};

const TEXT: [Argument; 1] = [Argument::new("text", Kind::Text, "H3's text of a cell")];
const NO_CELL: &str = "NULL for what is no cell.";

/// The functions from a cell to its other forms.
pub fn functions() -> Vec<Plain> {
    let of_cell = |name, result, meaning, example, kernel: Kernel| Plain {
        section: SECTION,
        name,
        arguments: &[CELL],
        optional: 0,
        result,
        meaning,
        null: NO_CELL,
        example,
        kernel,
    };
    vec![
        of_cell(
            "h3_center_lat",
            DataType::Float64,
            "latitude of its centre, degrees",
            "SELECT h3_center_lat(h3_cell(51.5, -0.12, 9))",
            |a| each::<_, Float64Array>(a, |call| Ok(call.cell(0).map(|c| LatLng::from(c).lat()))),
        ),
        of_cell(
            "h3_center_lon",
            DataType::Float64,
            "longitude of its centre, degrees",
            "SELECT h3_center_lon(h3_cell(51.5, -0.12, 9))",
            |a| each::<_, Float64Array>(a, |call| Ok(call.cell(0).map(|c| LatLng::from(c).lng()))),
        ),
        of_cell(
            "h3_boundary_wkt",
            DataType::Utf8,
            "its outline as WKT, longitude first; over the antimeridian longitudes run past 180 or below -180, and of \
             a cell that holds a pole it is no area",
            "SELECT h3_boundary_wkt(h3_cell(51.5, -0.12, 9))",
            |a| each::<_, StringArray>(a, |call| Ok(call.cell(0).map(boundary_wkt))),
        ),
        of_cell(
            "h3_text",
            DataType::Utf8,
            "the cell as H3's text, 15 or 16 hexadecimal digits",
            "SELECT h3_text(h3_cell(51.5, -0.12, 9))",
            |a| each::<_, StringArray>(a, |call| Ok(call.cell(0).map(|c| c.to_string()))),
        ),
        Plain {
            arguments: &TEXT,
            ..of_cell(
                "h3_from_text",
                DataType::Int64,
                "the cell of H3's text, as a number",
                "SELECT h3_from_text('89195da49b7ffff')",
                |a| each::<_, Int64Array>(a, |call| Ok(call.text(0).and_then(cell_of_text).map(to_i64))),
            )
        },
    ]
}

/// The outline of a cell, closed.
///
/// Corners are within half a turn of the first, so that a cell over the antimeridian stays one small polygon and does not
/// become a band around the Earth.
fn boundary_wkt(cell: CellIndex) -> String {
    let boundary = cell.boundary();
    let first = boundary.first().map_or(0.0, |corner| corner.lng());
    let near = |lon: f64| match lon - first {
        d if d > 180.0 => lon - 360.0,
        d if d < -180.0 => lon + 360.0,
        _ => lon,
    };
    let corners: Vec<String> =
        boundary.iter().chain(boundary.first()).map(|c| format!("{} {}", near(c.lng()), c.lat())).collect();
    format!("POLYGON(({}))", corners.join(", "))
}
