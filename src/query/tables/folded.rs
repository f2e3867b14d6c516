//! Tables of what people said: the fold over the statements of each case, made when they are read.
//!
//! The fold is that of the stream ([`CaseState`]), so that a table and a flag never differ about who said what.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, AsArray as _, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType, col, lit};
use datafusion::physical_plan::{ExecutionPlan, collect};

use super::fold_rows::{Cell, columns, rows_of};
use super::scan::{hint, scan_where};
use crate::decode::message::case_event;
use crate::model::CaseState;
use crate::query::catalogue::TableDoc;
use crate::store::CASE_ID;
use crate::time::custody::CustodyRules;

/// A table of what people said.
#[derive(Debug)]
pub(super) struct Folded {
    events: Arc<dyn TableProvider>,
    doc: &'static TableDoc,
    rules: Arc<CustodyRules>,
    schema: SchemaRef,
}

/// A case as its statements make it.
#[derive(Debug, Default)]
pub(super) struct Case {
    pub(super) state: CaseState,
    /// When the first statement was recorded, UTC microseconds.
    pub(super) first_us: Option<i64>,
}

impl Folded {
    pub(super) fn new(events: Arc<dyn TableProvider>, doc: &'static TableDoc, rules: Arc<CustodyRules>) -> Self {
        Self { events, doc, rules, schema: doc.schema() }
    }

    /// The state of one case.
    pub(super) async fn state_of(&self, state: &dyn Session, case_id: &str) -> Result<CaseState> {
        let mut cases = self.cases(state, &[col(CASE_ID).eq(lit(case_id))]).await?;
        Ok(cases.remove(case_id).map(|case| case.state).unwrap_or_default())
    }

    async fn cases(&self, state: &dyn Session, hints: &[Expr]) -> Result<BTreeMap<String, Case>> {
        let bodies = Arc::new(Schema::new(vec![Field::new("body", DataType::Utf8View, false)]));
        let plan = scan_where(self.events.as_ref(), state, &bodies, hints, None).await?;
        let mut cases = BTreeMap::new();
        for batch in collect(plan, state.task_ctx()).await? {
            take_in(&batch, &mut cases)?;
        }
        Ok(cases)
    }
}

/// Takes in the statements of a batch; one that was stored and cannot be read is a defect, and fails.
fn take_in(batch: &RecordBatch, cases: &mut BTreeMap<String, Case>) -> Result<()> {
    let bodies: ArrayRef = cast(batch.column(0), &DataType::Utf8)?;
    for body in bodies.as_string::<i32>().iter().flatten() {
        let event = case_event(body.as_bytes(), i64::MAX);
        let event = event.map_err(|e| DataFusionError::Execution(format!("a stored statement cannot be read: {e}")))?;
        let case: &mut Case = cases.entry(event.case_id.clone()).or_default();
        case.first_us = Some(case.first_us.map_or(event.recorded_us, |first| first.min(event.recorded_us)));
        case.state.apply(&event);
    }
    Ok(())
}

#[async_trait]
impl TableProvider for Folded {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters.iter().map(|f| hint(f.column_refs().iter().all(|c| c.name == CASE_ID))).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let cases = self.cases(state, filters).await?;
        let rows: Vec<Vec<Cell>> =
            cases.iter().flat_map(|(id, case)| rows_of(self.doc.name, id, case, &self.rules)).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns(self.doc.columns, rows))?;
        Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], Arc::clone(&self.schema), projection.cloned())?)
    }
}
