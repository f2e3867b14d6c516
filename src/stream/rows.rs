//! What a step gives, as rows of the store's tables.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::arrow::error::ArrowError;
use h3o::Resolution;

use super::cell_memo::CellMemo;
use super::input::{EncounterOut, NewFixes, ProximityOut};
use super::said::{Change, EncounterSaid};
use crate::decode::fix_schema;
use crate::decode::message::{CASE_ID, MessageReject, OFFSET, case_event_to_json};
use crate::model::{CaseEvent, ProximityParams};
use crate::store::{Table, UNKNOWN_CASE};

/// The resolution of the stored H3 cell: edges of about 200 m.
pub const H3_RESOLUTION: Resolution = Resolution::Nine;

/// The columns of a table but the one that the store fills in, with what is in them.
fn batch(table: Table, columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
    let schema = table.schema();
    let fields = schema.fields().iter().take(columns.len()).zip(&columns);
    // Texts may be dictionaries.
    let fields: Vec<Field> = fields.map(|(f, c)| f.as_ref().clone().with_data_type(c.data_type().clone())).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn owned(values: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn whole(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn real(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn times(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

/// Rows of the table `fixes`.
///
/// # Errors
/// If the batch lacks a column of a fix.
pub fn fixes(partition: i32, new: &NewFixes, memo: &mut CellMemo) -> Result<RecordBatch, ArrowError> {
    let column = |name: &str| {
        let found = new.rows.column_by_name(name).cloned();
        found.ok_or_else(|| ArrowError::SchemaError(format!("a batch of fixes has no column `{name}`")))
    };
    let mut columns = vec![column(CASE_ID)?, whole(new.ids.iter().map(|id| id.as_i64()))];
    for field in fix_schema().fields() {
        columns.push(column(field.name())?);
    }
    columns.push(cells(&new.rows, memo)?);
    columns.push(Arc::new(Int32Array::from(vec![partition; new.ids.len()])));
    columns.push(column(OFFSET)?);
    batch(Table::Fixes, columns)
}

/// The H3 cell of each position.
fn cells(rows: &RecordBatch, memo: &mut CellMemo) -> Result<ArrayRef, ArrowError> {
    let view = crate::decode::FixView::new(rows).map_err(|e| ArrowError::SchemaError(e.to_string()))?;
    let places = view.lat_deg.iter().zip(view.lon_deg);
    Ok(whole(places.map(|(lat, lon)| memo.cell(*lat, *lon).unwrap_or_default().cast_signed())))
}

/// Rows of the table `case_events`.
///
/// # Errors
/// If the columns do not fit together, which is a defect.
pub fn events(partition: i32, events: &[(i64, CaseEvent)]) -> Result<RecordBatch, ArrowError> {
    let each = || events.iter().map(|(_, e)| e);
    let columns = vec![
        texts(each().map(|e| e.case_id.as_str())),
        texts(each().map(|e| e.event_id.as_str())),
        times(each().map(|e| e.recorded_us)),
        texts(each().map(|e| e.author.as_str())),
        texts(each().map(|e| e.reason.as_str())),
        texts(each().map(|e| e.change.kind())),
        owned(each().map(case_event_to_json)),
        Arc::new(Int32Array::from(vec![partition; events.len()])),
        whole(events.iter().map(|(offset, _)| *offset)),
    ];
    batch(Table::CaseEvents, columns)
}

/// Rows of the table `proximity`.
///
/// # Errors
/// If the columns do not fit together, which is a defect.
pub fn proximities(said: &[ProximityOut], params: &ProximityParams, revision: i64) -> Result<RecordBatch, ArrowError> {
    let each = || said.iter().map(|out| &out.said);
    let window_s = std::time::Duration::from_micros(params.window_us.unsigned_abs()).as_secs_f64();
    let columns = vec![
        texts(said.iter().map(|out| out.case_id.as_str())),
        whole(each().map(|p| p.id.as_i64())),
        whole(each().map(|p| p.fix.as_i64())),
        texts(each().map(|p| p.target_kind.as_str())),
        texts(each().map(|p| p.target_id.as_str())),
        texts(each().map(|p| p.device.as_str())),
        times(each().map(|p| p.t0_us)),
        times(each().map(|p| p.t1_us)),
        real(each().map(|p| p.distance_m)),
        texts(each().map(|p| p.grade.as_str())),
        real(each().map(|p| p.p_within)),
        real(each().map(|_| params.radius_m)),
        real(each().map(|_| window_s)),
        whole(each().map(|_| revision)),
        texts(said.iter().map(|out| if out.withdrawn { "withdrawn" } else { "current" })),
        texts(said.iter().map(|out| out.why.as_str())),
    ];
    batch(Table::Proximity, columns)
}

/// Rows of the table `encounters`.
///
/// # Errors
/// If the columns do not fit together, which is a defect.
pub fn encounters(said: &[EncounterOut], revision: i64) -> Result<RecordBatch, ArrowError> {
    let each = || said.iter().map(|out| &out.said.encounter);
    let successor = |out: &EncounterOut| match out.said.change {
        Change::Superseded(by) => Some(by.to_string()),
        _ => None,
    };
    let closest_at: TimestampMicrosecondArray = each().map(|e| e.closest_approach_us).collect();
    let columns = vec![
        texts(said.iter().map(|out| out.case_id.as_str())),
        owned(each().map(|e| e.id.to_string())),
        texts(each().map(|e| e.content.as_str())),
        texts(each().map(|e| e.device.as_str())),
        texts(each().map(|e| e.target_kind.as_str())),
        texts(each().map(|e| e.target.as_str())),
        times(each().map(|e| e.enter_us)),
        times(each().map(|e| e.exit_us)),
        texts(each().map(|e| e.grade.as_str())),
        real(each().map(|e| e.p_within_max)),
        real(each().map(|e| e.p_within_mean)),
        real(each().map(|e| e.min_distance_m)),
        Arc::new(each().map(|e| e.closest_approach_m).collect::<Float64Array>()),
        Arc::new(closest_at.with_timezone("UTC")),
        whole(each().map(|e| i64::from(e.suspect_fixes))),
        whole(each().map(|e| i64::from(e.target_fixes))),
        owned(each().map(|e| e.sources.join(","))),
        Arc::new(each().map(|e| Some(e.single_fix)).collect::<BooleanArray>()),
        whole(each().map(|e| i64::from(e.proximities))),
        Arc::new(each().map(|e| Some(e.closed)).collect::<BooleanArray>()),
        whole(each().map(|_: &EncounterSaid| revision)),
        texts(said.iter().map(|out| out.said.change.status())),
        Arc::new(said.iter().map(successor).collect::<StringArray>()),
        texts(said.iter().map(|out| out.why.as_str())),
    ];
    batch(Table::Encounters, columns)
}

/// Rows of the table `rejects`.
///
/// # Errors
/// If the columns do not fit together, which is a defect.
pub fn rejects(rejects: &[&MessageReject]) -> Result<RecordBatch, ArrowError> {
    let columns = vec![
        texts(rejects.iter().map(|r| r.case_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(UNKNOWN_CASE))),
        texts(rejects.iter().map(|r| r.topic.as_str())),
        Arc::new(rejects.iter().map(|r| Some(r.partition)).collect::<Int32Array>()),
        Arc::new(rejects.iter().map(|r| Some(r.offset)).collect::<Int64Array>()),
        whole(rejects.iter().map(|r| i64::try_from(r.row).unwrap_or(i64::MAX))),
        texts(rejects.iter().map(|r| r.field.as_str())),
        texts(rejects.iter().map(|r| r.value.as_str())),
        texts(rejects.iter().map(|r| r.reason.as_str())),
        Arc::new(BinaryArray::from_iter_values(rejects.iter().map(|r| &*r.bytes))),
    ];
    batch(Table::Rejects, columns)
}
