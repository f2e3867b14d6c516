//! Reading some columns of a table under a condition that the table's own scan need not know.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::col;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use crate::store::CASE_ID;

/// The columns that a projection names; all if there is none.
///
/// # Errors
/// If it names one that is not there.
pub(super) fn projected(schema: &SchemaRef, projection: Option<&Vec<usize>>) -> Result<SchemaRef> {
    match projection {
        Some(columns) => Ok(Arc::new(schema.project(columns)?)),
        None => Ok(Arc::clone(schema)),
    }
}

/// The case that a condition says it must be: `None` for any other condition.
pub(super) fn named_case(filter: &Expr) -> Option<&str> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = filter else { return None };
    let (Expr::Column(column), Expr::Literal(value, _)) = (match left.as_ref() {
        Expr::Column(_) => (left.as_ref(), right.as_ref()),
        _ => (right.as_ref(), left.as_ref()),
    }) else {
        return None;
    };
    if column.name == CASE_ID { value.try_as_str().flatten() } else { None }
}

/// Whether a condition is of use to a scan; if it is, it is asked again above.
pub(super) const fn hint(is_of_use: bool) -> TableProviderFilterPushDown {
    if is_of_use { TableProviderFilterPushDown::Inexact } else { TableProviderFilterPushDown::Unsupported }
}

/// Which of the filters a table can use to leave out what it need not read.
///
/// # Errors
/// If the table cannot say.
pub(super) fn usable(table: &dyn TableProvider, filters: &[Expr]) -> Result<Vec<Expr>> {
    let asked: Vec<&Expr> = filters.iter().collect();
    let answers = table.supports_filters_pushdown(&asked)?;
    let kept = filters.iter().zip(answers).filter(|(_, a)| *a != TableProviderFilterPushDown::Unsupported);
    Ok(kept.map(|(f, _)| f.clone()).collect())
}

/// A scan whose large files are read by several threads: nothing above sees into it, so nobody else divides it.
fn split(plan: Arc<dyn ExecutionPlan>, state: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
    Ok(plan.repartitioned(state.config().target_partitions(), state.config_options())?.unwrap_or(plan))
}

/// A scan of the columns of `wanted`, by name, of the rows that meet `condition`; `hints` leave out what need not be read,
/// and only those that the table promises to meet (`Exact`) may be depended on.
///
/// # Errors
/// If a column is missing or the table cannot be read.
pub(super) async fn scan_where(
    table: &dyn TableProvider,
    state: &dyn Session,
    wanted: &SchemaRef,
    hints: &[Expr],
    condition: Option<&Expr>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = table.schema();
    let read_by_condition = condition.map(Expr::column_refs).unwrap_or_default();
    let needed = |name: &str| wanted.index_of(name).is_ok() || read_by_condition.iter().any(|c| c.name == name);
    let columns: Vec<usize> =
        schema.fields().iter().enumerate().filter(|(_, f)| needed(f.name())).map(|(i, _)| i).collect();
    let mut plan = split(table.scan(state, Some(&columns), &usable(table, hints)?, None).await?, state)?;
    if let Some(condition) = condition {
        let read = DFSchema::try_from(plan.schema())?;
        let condition = state.create_physical_expr(condition.clone(), &read)?;
        plan = Arc::new(FilterExec::try_new(condition, plan)?);
    }
    by_name(plan, wanted)
}

/// The columns of `wanted`, by name.
///
/// # Errors
/// If one is missing.
pub(super) fn by_name(plan: Arc<dyn ExecutionPlan>, wanted: &SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
    let names = plan.schema();
    if names.fields().iter().map(|f| f.name()).eq(wanted.fields().iter().map(|f| f.name())) {
        return Ok(plan);
    }
    let by_name = wanted.fields().iter().map(|f| {
        let expr = col(f.name(), &names)?;
        Ok(ProjectionExpr { expr, alias: f.name().clone() })
    });
    let by_name = by_name.collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(ProjectionExec::try_new(by_name, plan)?))
}
