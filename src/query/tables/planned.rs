//! Tables that are a plan over another: what holds now of revisions, and devices counted from fixes.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Column, Result};
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::{count, count_distinct, max, min};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::{
    Expr, ExprFunctionExt as _, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, TableType, col, lit,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};

use super::last_exec::{LastExec, READ};
use super::scan::{by_name, hint, named_case, projected, scan_where};
use super::sealed::SealedExec;
use crate::query::catalogue::TableDoc;
use crate::store::CASE_ID;

/// What is made of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Of each thing, named by its case and this column, the last revision, if it says that the thing holds.
    Latest(&'static str),
    /// Of each device how many fixes, and from when to when.
    Devices,
}

impl Shape {
    /// Columns that a row and all rows it is made of have in common: conditions on them may be asked below.
    fn keys(self) -> [&'static str; 2] {
        match self {
            Self::Latest(id) => [CASE_ID, id],
            Self::Devices => [CASE_ID, "device_id"],
        }
    }

    fn plan(self, rows: LogicalPlanBuilder, columns: &SchemaRef) -> Result<LogicalPlan> {
        let made = match self {
            Self::Latest(id) => latest(rows, id)?,
            Self::Devices => devices(rows)?,
        };
        made.project(columns.fields().iter().map(|f| Expr::Column(Column::from_name(f.name()))))?.build()
    }
}

/// Rows of one revision say the same: which of them is shown must not change from one query to the next.
fn latest(rows: LogicalPlanBuilder, id: &str) -> Result<LogicalPlanBuilder> {
    let nth = row_number()
        .partition_by(vec![col(CASE_ID), col(id)])
        .order_by(vec![col("revision").sort(false, false), col("stored_at").sort(true, false)])
        .build()?;
    let ranked = rows.window(vec![nth])?;
    // The rank stands last, under a name that the engine makes up.
    let rank = ranked.schema().columns().pop().map_or_else(|| lit(0_u64), Expr::Column);
    ranked.filter(rank.eq(lit(1_u64)).and(col("status").eq(lit("current"))))
}

fn devices(rows: LogicalPlanBuilder) -> Result<LogicalPlanBuilder> {
    let counted = [
        count(lit(1_i64)).alias("fixes"),
        min(col("t0")).alias("first_at"),
        max(col("t1")).alias("last_at"),
        count_distinct(col("source")).alias("sources"),
        count_distinct(col("exhibit")).alias("exhibits"),
    ];
    rows.aggregate([col(CASE_ID), col("device_id")], counted)
}

/// A table that is a plan over another.
#[derive(Debug)]
pub(super) struct Planned {
    rows: Arc<dyn TableProvider>,
    shape: Shape,
    doc: &'static TableDoc,
    schema: SchemaRef,
}

impl Planned {
    pub(super) fn new(rows: Arc<dyn TableProvider>, shape: Shape, doc: &'static TableDoc) -> Self {
        Self { rows, shape, doc, schema: doc.schema() }
    }

    /// The same as [`latest`], of a case: its rows fit in memory, and need not be sorted. (What is divided among machines is
    /// of the engine's own operators.)
    async fn last_of_a_case(
        &self,
        id: &'static str,
        (state, filters): (&dyn Session, &[Expr]),
        wanted: SchemaRef,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let whole = self.rows.schema();
        let needed =
            |name: &str| [CASE_ID, id].contains(&name) || READ.contains(&name) || wanted.index_of(name).is_ok();
        let read: Vec<usize> =
            whole.fields().iter().enumerate().filter(|(_, f)| needed(f.name())).map(|(at, _)| at).collect();
        let read = projected(&whole, Some(&read))?;
        let on_keys: Vec<Expr> = filters.iter().filter(|f| self.is_on_keys(f)).cloned().collect();
        let rows = scan_where(self.rows.as_ref(), state, &read, &on_keys, None).await?;
        let inside = by_name(Arc::new(LastExec::over(rows, id)?), &wanted)?;
        // The rows below are sealed themselves, and tell of no size where not all of them may be seen.
        let size = StatisticsContext::new().compute(inside.as_ref(), &StatisticsArgs::default())?;
        Ok(Arc::new(SealedExec::new(self.doc.name, inside, wanted).with_size_of(&size)))
    }

    fn is_on_keys(&self, filter: &Expr) -> bool {
        filter.column_refs().iter().all(|c| self.shape.keys().contains(&c.name.as_str()))
    }
}

#[async_trait]
impl TableProvider for Planned {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters.iter().map(|f| hint(self.is_on_keys(f))).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = projected(&self.schema, projection)?;
        if let Shape::Latest(id) = self.shape
            && !cfg!(feature = "cluster")
            && filters.iter().any(|f| named_case(f).is_some())
        {
            return self.last_of_a_case(id, (state, filters), wanted).await;
        }
        let mut rows = LogicalPlanBuilder::scan(self.doc.name, provider_as_source(Arc::clone(&self.rows)), None)?;
        for filter in filters.iter().filter(|f| self.is_on_keys(f)) {
            rows = rows.filter(filter.clone())?;
        }
        let plan = self.shape.plan(rows, &wanted)?;
        let inside = state.create_physical_plan(&plan).await?;
        Ok(Arc::new(SealedExec::new(self.doc.name, inside, wanted)))
    }
}
