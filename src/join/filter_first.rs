//! The physical rule: a condition is asked before what the condition does not need is computed.
//!
//! ```text
//!  FilterExec: a > 7                                     ProjectionExec: x as a, distance_m(…) as d
//!    ProjectionExec: x as a, distance_m(…) as d    =>      FilterExec: x > 7
//!      input                                                 input
//! ```
//! The engine moves a projection below a filter wherever that leaves fewer columns, whatever the projection computes: a
//! distance is then computed for every row that the filter would have dropped. The rule runs last and moves it back. Rows and
//! their order are the same; functions are called on fewer of them.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::{ProjectionExpr, update_expr};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::ProjectionExec;

/// Puts conditions below projections that call functions.
#[derive(Debug, Default)]
pub struct FilterFirst;

impl PhysicalOptimizerRule for FilterFirst {
    fn name(&self) -> &'static str {
        "filter_first"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|node| {
            Ok(match swapped(node.as_ref())? {
                Some(better) => Transformed::yes(better),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The filter below the projection; `None` where that saves nothing, or where the condition is on what is computed.
fn swapped(node: &dyn ExecutionPlan) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(filter) = node.downcast_ref::<FilterExec>() else { return Ok(None) };
    let Some(projection) = filter.input().downcast_ref::<ProjectionExec>() else { return Ok(None) };
    let computed = projection.expr();
    let asked = collect_columns(filter.predicate());
    let is_column = |column: &Column| computed.get(column.index()).is_some_and(|e| e.expr.is::<Column>());
    if !asked.iter().all(is_column) || !computed.iter().any(|e| calls(&e.expr)) {
        return Ok(None);
    }
    let Some(condition) = update_expr(filter.predicate(), computed, true)? else { return Ok(None) };
    let below = FilterExecBuilder::new(condition, Arc::clone(projection.input()))
        .with_default_selectivity(filter.default_selectivity())
        .with_batch_size(filter.batch_size())
        .with_fetch(filter.fetch())
        .build()?;
    // What the filter itself left out of its columns is left out here.
    let kept: Vec<ProjectionExpr> = match filter.projection().as_deref() {
        Some(kept) => kept.iter().filter_map(|at| computed.get(*at).cloned()).collect(),
        None => computed.to_vec(),
    };
    Ok(Some(Arc::new(ProjectionExec::try_new(kept, Arc::new(below))?)))
}

/// Whether a function is called anywhere in an expression.
fn calls(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.is::<ScalarFunctionExpr>() || expr.children().into_iter().any(calls)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::util::pretty::pretty_format_batches;
    use datafusion::physical_plan::{collect, displayable};

    use crate::join::session::{SessionOptions, session};

    const ROWS: &str =
        "(SELECT column1 AS a, column2 AS b, column3 AS lat FROM (VALUES (1, 5, 51.5), (9, 6, 52.0), (8, 7, 53.0)))";

    /// The plan and the rows of a question.
    async fn planned(sql: &str) -> (String, String) {
        let context = session(&SessionOptions { partitions: 2, ..SessionOptions::default() }).unwrap();
        let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
        let text = displayable(plan.as_ref()).indent(false).to_string();
        let rows = collect(plan, context.task_ctx()).await.unwrap();
        (text, pretty_format_batches(&rows).unwrap().to_string())
    }

    fn depth(plan: &str, what: &str) -> usize {
        let line = plan.lines().find(|line| line.contains(what)).unwrap_or_default();
        assert!(!line.is_empty(), "no {what} in {plan}");
        line.len() - line.trim_start().len()
    }

    #[tokio::test]
    async fn a_distance_is_computed_of_the_rows_that_are_left() {
        let sql = format!("SELECT a, distance_m(lat, 0, 0, 0) AS d FROM {ROWS} WHERE a > 7 ORDER BY a");
        let (plan, rows) = planned(&sql).await;
        assert!(depth(&plan, "distance_m") < depth(&plan, "FilterExec"), "{plan}");
        assert!(rows.contains("| 8 |") && rows.contains("| 9 |") && !rows.contains("| 1 |"), "{rows}");
    }

    #[tokio::test]
    async fn a_condition_on_what_is_computed_stays_above_it() {
        let sql =
            format!("SELECT * FROM (SELECT a, distance_m(lat, 0, 0, 0) AS d FROM {ROWS}) WHERE d > 5800000 ORDER BY a");
        let (_, rows) = planned(&sql).await;
        assert!(rows.contains("| 8 |") && !rows.contains("| 1 |") && !rows.contains("| 9 |"), "{rows}");
    }
}
