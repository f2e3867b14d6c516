//! Tables of what people said: the fold over the statements of each case, made when they are read.
//!
//! The fold is that of the stream ([`CaseState`]), so that a table and a flag never differ about who said what. That of a case
//! that was asked about is kept until somebody says something more ([`folds`](super::folds)).

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, DataFusionError, Result};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType, col, lit};
use datafusion::physical_plan::{ExecutionPlan, collect};

use super::fold_rows::{Cell, columns, rows_of};
use super::folds::Folds;
use super::scan::{hint, named_case, scan_where};
use super::stored::Stored;
use crate::decode::message::case_event;
use crate::model::CaseState;
use crate::query::catalogue::TableDoc;
use crate::store::CASE_ID;
use crate::time::custody::CustodyRules;

/// A table of what people said.
#[derive(Debug)]
pub(super) struct Folded {
    events: Arc<Stored>,
    folds: Arc<Folds>,
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
    /// Of how many statements it is made.
    pub(super) statements: usize,
}

impl Folded {
    pub(super) fn new(
        events: Arc<Stored>,
        folds: &Arc<Folds>,
        doc: &'static TableDoc,
        rules: &Arc<CustodyRules>,
    ) -> Self {
        Self { events, folds: Arc::clone(folds), doc, rules: Arc::clone(rules), schema: doc.schema() }
    }

    /// The state of one case.
    pub(super) async fn state_of(&self, state: &dyn Session, case_id: &str) -> Result<CaseState> {
        Ok(self.case(state, case_id).await?.map(|case| case.state.clone()).unwrap_or_default())
    }

    /// The cases that all of `hints` may be true of; more than those, if it takes reading to tell.
    async fn cases(&self, state: &dyn Session, hints: &[Expr]) -> Result<BTreeMap<String, Arc<Case>>> {
        let Some(case_id) = hints.iter().find_map(named_case) else { return self.read(state, hints).await };
        // A case that the hints leave out is not looked for: whether it is there takes as long as if it were not.
        if !may_be(state, case_id, hints)? {
            return Ok(BTreeMap::new());
        }
        Ok(self.case(state, case_id).await?.map(|case| (case_id.to_owned(), case)).into_iter().collect())
    }

    /// One case, if anything was said of it.
    async fn case(&self, state: &dyn Session, case_id: &str) -> Result<Option<Arc<Case>>> {
        let table = self.events.pinned(state).await?;
        if let Some(kept) = table.as_ref().and_then(|table| self.folds.get(table, case_id)) {
            return Ok(Some(kept));
        }
        let case = self.read(state, &[col(CASE_ID).eq(lit(case_id))]).await?.remove(case_id);
        if let (Some(table), Some(case)) = (&table, &case) {
            self.folds.put(table, case_id, case);
        }
        Ok(case)
    }

    async fn read(&self, state: &dyn Session, hints: &[Expr]) -> Result<BTreeMap<String, Arc<Case>>> {
        let bodies = Arc::new(Schema::new(vec![Field::new("body", DataType::Utf8View, false)]));
        let plan = scan_where(self.events.as_ref(), state, &bodies, hints, None).await?;
        let mut cases = BTreeMap::new();
        for batch in collect(plan, state.task_ctx()).await? {
            take_in(&batch, &mut cases)?;
        }
        Ok(cases.into_iter().map(|(id, case)| (id, Arc::new(case))).collect())
    }
}

/// Whether conditions on the case alone are true of a case.
fn may_be(state: &dyn Session, case_id: &str, hints: &[Expr]) -> Result<bool> {
    let Some(all) = conjunction(hints.to_vec()) else { return Ok(true) };
    let schema = Arc::new(Schema::new(vec![Field::new(CASE_ID, DataType::Utf8View, false)]));
    let expr = state.create_physical_expr(all, &DFSchema::try_from(Arc::clone(&schema))?)?;
    let one = RecordBatch::try_new(schema, vec![Arc::new(StringViewArray::from(vec![case_id]))])?;
    let said = expr.evaluate(&one)?.into_array(1)?;
    Ok(said.as_boolean_opt().is_some_and(|is| is.is_valid(0) && is.value(0)))
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
        case.statements += 1;
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
