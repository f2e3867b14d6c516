//! A moment of a zone as a time without one: what its clock showed.
//!
//! ```text
//!  CAST(t AS Timestamp)   t of Europe/London ──>   CAST(to_local_time(t) AS Timestamp)
//! ```
//! As in PostgreSQL (its documentation, 8.5.1.3, "Time Stamps"). By itself the engine gives what a clock of UTC showed, whatever
//! the zone is, though its casts to dates and to times of day go by the zone.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::functions::datetime::expr_fn::to_local_time;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable as _, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

/// Casts by the clock of the zone; it runs after `TypeCoercion`, which knows all types.
#[derive(Debug)]
pub(super) struct LocalTime;

impl AnalyzerRule for LocalTime {
    fn name(&self) -> &'static str {
        "local_time"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|plan| {
            let schema = merge_schema(&plan.inputs());
            let names = NamePreserver::new(&plan);
            let cast = plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(expr.transform_up(|expr| Ok(by_its_clock(expr, &schema)))?.update_data(|expr| name.restore(expr)))
            })?;
            if cast.transformed { cast.map_data(LogicalPlan::recompute_schema) } else { Ok(cast) }
        })
        .map(|cast| cast.data)
    }
}

fn by_its_clock(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    match expr {
        Expr::Cast(Cast { expr, field })
            if matches!(field.data_type(), DataType::Timestamp(_, None)) && is_of_a_zone(&expr, schema) =>
        {
            let expr = Box::new(to_local_time(vec![*expr]));
            Transformed::yes(Expr::Cast(Cast { expr, field }))
        }
        other => Transformed::no(other),
    }
}

/// Whether it is a moment of a zone whose clocks show another time than UTC's. What cannot be told is left as it is.
fn is_of_a_zone(expr: &Expr, schema: &DFSchema) -> bool {
    let kind = expr.get_type(schema);
    matches!(kind, Ok(DataType::Timestamp(_, Some(zone))) if !matches!(zone.as_ref(), "UTC" | "+00:00" | "Z"))
}
