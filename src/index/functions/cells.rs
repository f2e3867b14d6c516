//! `h3_*`: H3 cells in SQL.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, Int64Builder, ListBuilder, StringArray, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::common::{DataFusionError, Result};
use h3o::{CellIndex, LatLng, Resolution};

use crate::index::cover::{cover, resolution_for};
use crate::index::distance::is_position;

use super::scalar::Function;

/// The functions of H3 cells.
pub fn functions() -> Vec<Function> {
    use DataType::{Float64 as F, Int64 as I, Utf8 as T};
    let cells = || DataType::List(Arc::new(Field::new("item", I, true)));
    vec![
        Function::new("h3_cell", vec![F, F, I], I, cell),
        Function::new("h3_parent", vec![I, I], I, |a| {
            per_cell_and_number(a, |c, r| Ok(c.parent(resolution(r)?).map(to_i64)))
        }),
        Function::new("h3_resolution", vec![I], I, |a| per_cell(a, |c| Some(i64::from(u8::from(c.resolution()))))),
        Function::new("h3_grid_distance", vec![I, I], I, |a| {
            per_cell_and_number(a, |c, d| Ok(parse(d).and_then(|d| c.grid_distance(d).ok()).map(i64::from)))
        }),
        Function::new("h3_disk", vec![I, I], cells(), disk),
        Function::new("h3_cover", vec![F, F, F], cells(), cover_cells),
        Function::new("h3_text", vec![I], T, |a| texts(a, |c| c.to_string())),
        Function::new("h3_boundary_wkt", vec![I], T, |a| texts(a, boundary_wkt)),
        Function::new("h3_from_text", vec![T], I, |a| {
            let parsed = a[0].as_string::<i32>().iter().map(|t| t?.trim().parse().ok().map(to_i64));
            Ok(Arc::new(parsed.collect::<Int64Array>()))
        }),
    ]
}

/// A cell as SQL holds it.
fn to_i64(cell: CellIndex) -> i64 {
    u64::from(cell).cast_signed()
}

fn parse(cell: i64) -> Option<CellIndex> {
    CellIndex::try_from(cell.cast_unsigned()).ok()
}

fn resolution(value: i64) -> Result<Resolution> {
    u8::try_from(value)
        .ok()
        .and_then(|r| Resolution::try_from(r).ok())
        .ok_or_else(|| DataFusionError::Execution(format!("H3 resolution {value} must be from 0 to 15")))
}

fn cell(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (lat, lon) = (args[0].as_primitive::<Float64Type>(), args[1].as_primitive::<Float64Type>());
    let mut cells = Int64Builder::with_capacity(lat.len());
    for ((lat, lon), res) in lat.iter().zip(lon).zip(args[2].as_primitive::<Int64Type>()) {
        let position = lat.zip(lon).filter(|(lat, lon)| is_position(*lat, *lon));
        let found = match (position, res) {
            (Some((lat, lon)), Some(res)) => {
                let res = resolution(res)?;
                LatLng::new(lat, lon).ok().map(|p| to_i64(p.to_cell(res)))
            }
            _ => None,
        };
        cells.append_option(found);
    }
    Ok(Arc::new(cells.finish()))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a kernel")]
fn per_cell(args: &[ArrayRef], f: fn(CellIndex) -> Option<i64>) -> Result<ArrayRef> {
    let cells = args[0].as_primitive::<Int64Type>();
    Ok(Arc::new(cells.iter().map(|c| f(parse(c?)?)).collect::<Int64Array>()))
}

fn per_cell_and_number(args: &[ArrayRef], f: fn(CellIndex, i64) -> Result<Option<i64>>) -> Result<ArrayRef> {
    let (cells, numbers) = (args[0].as_primitive::<Int64Type>(), args[1].as_primitive::<Int64Type>());
    let mut out = Int64Builder::with_capacity(cells.len());
    for (cell, number) in cells.iter().zip(numbers) {
        let value = match (cell.and_then(parse), number) {
            (Some(cell), Some(number)) => f(cell, number)?,
            _ => None,
        };
        out.append_option(value);
    }
    Ok(Arc::new(out.finish()))
}

fn disk(args: &[ArrayRef]) -> Result<ArrayRef> {
    const MAX_K: i64 = 100;
    let (cells, ks) = (args[0].as_primitive::<Int64Type>(), args[1].as_primitive::<Int64Type>());
    let mut out = ListBuilder::new(Int64Builder::new());
    for (cell, k) in cells.iter().zip(ks) {
        let (Some(cell), Some(k)) = (cell.and_then(parse), k) else {
            out.append_null();
            continue;
        };
        let steps = u32::try_from(k)
            .ok()
            .filter(|_| k <= MAX_K)
            .ok_or_else(|| DataFusionError::Execution(format!("h3_disk: {k} steps must be from 0 to {MAX_K}")))?;
        out.append_value(cell.grid_disk::<Vec<_>>(steps).into_iter().map(|c| Some(to_i64(c))));
    }
    Ok(Arc::new(out.finish()))
}

fn cover_cells(args: &[ArrayRef]) -> Result<ArrayRef> {
    let [lat, lon, radius] = [0, 1, 2].map(|i| args[i].as_primitive::<Float64Type>());
    let mut out = ListBuilder::new(Int64Builder::new());
    for ((lat, lon), radius_m) in lat.iter().zip(lon).zip(radius) {
        let (Some(lat), Some(lon), Some(radius_m)) = (lat, lon, radius_m) else {
            out.append_null();
            continue;
        };
        let cells =
            cover(lat, lon, radius_m, resolution_for(radius_m)).map_err(|e| DataFusionError::External(Box::new(e)))?;
        out.append_value(cells.into_iter().map(|c| Some(to_i64(c))));
    }
    Ok(Arc::new(out.finish()))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a kernel")]
fn texts(args: &[ArrayRef], f: fn(CellIndex) -> String) -> Result<ArrayRef> {
    let mut out = StringBuilder::new();
    for cell in args[0].as_primitive::<Int64Type>() {
        out.append_option(cell.and_then(parse).map(f));
    }
    let texts: StringArray = out.finish();
    Ok(Arc::new(texts))
}

fn boundary_wkt(cell: CellIndex) -> String {
    let boundary = cell.boundary();
    let corners: Vec<String> =
        boundary.iter().chain(boundary.first()).map(|c| format!("{} {}", c.lng(), c.lat())).collect();
    format!("POLYGON(({}))", corners.join(", "))
}
