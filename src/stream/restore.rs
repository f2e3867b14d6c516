//! From the store's tables back to a case in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Int64Type, Schema};
use datafusion::arrow::error::ArrowError;

use futures::TryStreamExt as _;

use super::StreamError;
use super::input::NewFixes;
use super::pipeline::StoredCase;
use crate::decode::fix_schema;
use crate::decode::message::case_event;
use crate::encounter::ContentId;
use crate::model::{CaseEvent, CaseState};
use crate::store::{Store, Table, Wanted};

/// Reads a case.
///
/// # Errors
/// [`StreamError::Store`] if it cannot be read; [`StreamError::StoredEvent`] if an event in it is not one.
pub async fn stored_case(store: &Store, case_id: &str) -> Result<StoredCase, StreamError> {
    let (events, fixes) = (stored_events(store, case_id).await?, store.fixes_of(case_id).await?);
    let fixes = fixes.iter().map(fixes_in).collect::<Result<_, _>>()?;
    Ok(StoredCase { events, fixes })
}

/// Reads what was said about a case.
///
/// # Errors
/// As [`stored_case`].
pub async fn stored_events(store: &Store, case_id: &str) -> Result<Vec<CaseEvent>, StreamError> {
    let mut events = Vec::new();
    for batch in &store.events_of(case_id).await? {
        events.extend(events_in(batch, case_id)?);
    }
    Ok(events)
}

/// Which fixes of a case are stored. Their rows pass through memory, and do not stay in it.
///
/// # Errors
/// As [`stored_case`].
pub async fn stored_ids(store: &Store, case_id: &str) -> Result<Vec<ContentId>, StreamError> {
    let wanted = Wanted { case_id: Some(case_id.to_owned()), partition: None, from_offset: None };
    let (mut batches, mut all) = (store.read(Table::Fixes, wanted).await?, Vec::new());
    while let Some(batch) = batches.try_next().await? {
        all.extend(ids_in(&batch)?);
    }
    Ok(all)
}

/// What people say about every case of a partition.
///
/// # Errors
/// As [`stored_case`].
pub async fn stored_states(store: &Store, partition: i32) -> Result<BTreeMap<String, CaseState>, StreamError> {
    let mut states: BTreeMap<String, CaseState> = BTreeMap::new();
    let wanted = Wanted { case_id: None, partition: Some(partition), from_offset: None };
    let mut batches = store.read(Table::CaseEvents, wanted).await?;
    while let Some(batch) = batches.try_next().await? {
        for event in events_in(&batch, "of the partition")? {
            states.entry(event.case_id.clone()).or_default().apply(&event);
        }
    }
    Ok(states)
}

fn events_in(batch: &RecordBatch, case_id: &str) -> Result<Vec<CaseEvent>, StreamError> {
    let missing = || StreamError::Columns { column: "body" };
    let bodies = batch.column_by_name("body").and_then(|c| c.as_string_opt::<i32>()).ok_or_else(missing)?;
    let event = |body: Option<&str>| {
        // What was accepted once is not judged by the clock again.
        case_event(body.unwrap_or_default().as_bytes(), i64::MAX)
            .map_err(|fault| StreamError::StoredEvent { case_id: case_id.to_owned(), detail: fault.to_string() })
    };
    bodies.iter().map(event).collect()
}

/// Stored rows as decoding gives them: words as dictionaries.
fn fixes_in(batch: &RecordBatch) -> Result<NewFixes, StreamError> {
    let ids = ids_in(batch)?;
    let mut columns = Vec::new();
    for field in fix_schema().fields() {
        let found = batch.column_by_name(field.name());
        let found = found.ok_or_else(|| ArrowError::SchemaError(format!("no column `{}`", field.name())))?;
        columns.push(cast(found, field.data_type())?);
    }
    let schema = Arc::new(Schema::new(fix_schema().fields().clone()));
    Ok(NewFixes { rows: RecordBatch::try_new(schema, columns)?, ids })
}

fn ids_in(batch: &RecordBatch) -> Result<Vec<ContentId>, StreamError> {
    let missing = || StreamError::Columns { column: "fix_id" };
    let ids = batch.column_by_name("fix_id").and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or_else(missing)?;
    Ok(ids.values().iter().map(|id| ContentId::from_i64(*id)).collect())
}
