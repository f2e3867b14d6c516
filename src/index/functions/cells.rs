//! `h3_*`: H3 cells in SQL, from positions to cells and from cells to cells.

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, Result, exec_err};
use h3o::{CellIndex, LatLng, Resolution};

use crate::index::cover::{cover, resolution_for};
use crate::index::distance::is_position;

use super::argument::{Argument, Kind, to_i64};
use super::rows::{Call, each, each_list};
use super::scalar::Plain;

/// The section of the documentation.
pub const SECTION: &str = "H3 cells";
/// An H3 cell as an argument.
pub const CELL: Argument = Argument::new("cell", Kind::Cell, "an H3 cell, as a number or as text");

const RESOLUTION: Argument = Argument::new("resolution", Kind::Whole, "0 to 15; anything else is an error");
const LAT: Argument = Argument::new("lat", Kind::Number, "latitude, degrees");
const LON: Argument = Argument::new("lon", Kind::Number, "longitude, degrees");
const RADIUS: Argument = Argument::new("radius_m", Kind::Number, "radius of the disc, metres");
const STEPS: Argument = Argument::new("k", Kind::Whole, "steps, 0 to 100; anything else is an error");

/// The most steps of a disk, and with them 30,301 cells.
const MAX_STEPS: i64 = 100;
/// The most children of a cell: five resolutions finer.
const MAX_CHILDREN: u64 = 16_807;

/// The functions from and to cells.
pub fn functions() -> Vec<Plain> {
    let mut all = to_a_cell();
    all.extend(to_lists());
    all
}

fn plain(name: &'static str, arguments: &'static [Argument], kernel: super::scalar::Kernel) -> Plain {
    let result = DataType::Int64;
    Plain { section: SECTION, name, arguments, optional: 0, result, meaning: "", null: "", example: "", kernel }
}

fn to_a_cell() -> Vec<Plain> {
    vec![
        Plain {
            meaning: "the cell of a position",
            null: "NULL for a position outside the Earth.",
            example: "SELECT h3_cell(51.5, -0.12, 9)",
            ..plain("h3_cell", &[LAT, LON, RESOLUTION], |a| each::<_, Int64Array>(a, cell))
        },
        Plain {
            meaning: "the cell of a coarser resolution that holds it",
            null: "NULL where the resolution is finer than the cell's, and for what is no cell.",
            example: "SELECT h3_parent(h3_cell(51.5, -0.12, 9), 7)",
            ..plain("h3_parent", &[CELL, RESOLUTION], |a| each::<_, Int64Array>(a, parent))
        },
        Plain {
            meaning: "its resolution, 0 to 15",
            null: "NULL for what is no cell.",
            example: "SELECT h3_resolution('89195da49b7ffff')",
            ..plain("h3_resolution", &[CELL], |a| {
                each::<_, Int64Array>(a, |call| Ok(call.cell(0).map(|c| i64::from(u8::from(c.resolution())))))
            })
        },
        Plain {
            meaning: "steps between two cells of one resolution",
            null: "NULL where they cannot be counted: past a pentagon, very far, of two resolutions.",
            example: "SELECT h3_grid_distance(h3_cell(51.5, -0.12, 9), h3_cell(51.51, -0.12, 9))",
            ..plain("h3_grid_distance", &[CELL, Argument { name: "other", ..CELL }], |a| {
                each::<_, Int64Array>(a, |call| Ok(grid_distance(call)))
            })
        },
    ]
}

fn to_lists() -> Vec<Plain> {
    let cells = || DataType::List(std::sync::Arc::new(Field::new("item", DataType::Int64, true)));
    vec![
        Plain {
            result: cells(),
            meaning: "the cells within `k` steps, as a list",
            null: "NULL for what is no cell.",
            example: "SELECT unnest(h3_disk(h3_cell(51.5, -0.12, 9), 1))",
            ..plain("h3_disk", &[CELL, STEPS], |a| each_list(a, disk))
        },
        Plain {
            result: cells(),
            meaning: "its cells of a finer resolution, as a list; an error for more than 16,807 (five resolutions)",
            null: "NULL where the resolution is coarser than the cell's, and for what is no cell.",
            example: "SELECT unnest(h3_children(h3_cell(51.5, -0.12, 9), 10))",
            ..plain("h3_children", &[CELL, RESOLUTION], |a| each_list(a, children))
        },
        Plain {
            result: cells(),
            meaning: "cells that together hold the disc, as a list; their resolution follows the radius",
            null: "An error for a position outside the Earth.",
            example: "SELECT unnest(h3_cover(51.5, -0.12, 200))",
            ..plain("h3_cover", &[LAT, LON, RADIUS], cover_cells)
        },
    ]
}

fn resolution(value: i64) -> Result<Resolution> {
    u8::try_from(value)
        .ok()
        .and_then(|r| Resolution::try_from(r).ok())
        .ok_or_else(|| DataFusionError::Execution(format!("H3 resolution {value} must be from 0 to 15")))
}

fn cell(call: Call<'_>) -> Result<Option<i64>> {
    let Some(level) = call.whole(2) else { return Ok(None) };
    let level = resolution(level)?;
    let position = call.number(0).zip(call.number(1)).filter(|(lat, lon)| is_position(*lat, *lon));
    Ok(position.and_then(|(lat, lon)| LatLng::new(lat, lon).ok()).map(|p| to_i64(p.to_cell(level))))
}

fn parent(call: Call<'_>) -> Result<Option<i64>> {
    let (Some(cell), Some(level)) = (call.cell(0), call.whole(1)) else { return Ok(None) };
    Ok(cell.parent(resolution(level)?).map(to_i64))
}

fn grid_distance(call: Call<'_>) -> Option<i64> {
    call.cell(0)?.grid_distance(call.cell(1)?).ok().map(i64::from)
}

fn disk(call: Call<'_>) -> Result<Option<Vec<CellIndex>>> {
    let (Some(cell), Some(steps)) = (call.cell(0), call.whole(1)) else { return Ok(None) };
    match u32::try_from(steps) {
        Ok(k) if steps <= MAX_STEPS => Ok(Some(cell.grid_disk(k))),
        _ => exec_err!("h3_disk: {steps} steps must be from 0 to {MAX_STEPS}"),
    }
}

fn children(call: Call<'_>) -> Result<Option<Vec<CellIndex>>> {
    let (Some(cell), Some(level)) = (call.cell(0), call.whole(1)) else { return Ok(None) };
    let level = resolution(level)?;
    match cell.children_count(level) {
        0 => Ok(None),
        count if count <= MAX_CHILDREN => Ok(Some(cell.children(level).collect())),
        count => {
            exec_err!("h3_children: {cell} has {count} cells of resolution {level}, at most {MAX_CHILDREN} are given")
        }
    }
}

fn cover_cells(args: &[ArrayRef]) -> Result<ArrayRef> {
    each_list(args, |call| {
        let (Some(lat), Some(lon), Some(radius_m)) = (call.number(0), call.number(1), call.number(2)) else {
            return Ok(None);
        };
        let cells = cover(lat, lon, radius_m, resolution_for(radius_m));
        cells.map(Some).map_err(|e| DataFusionError::External(Box::new(e)))
    })
}
