//! Casts to moments, and of moments, as PostgreSQL does them (its documentation, 8.5.1.3, "Time Stamps").
//!
//! ```text
//!  t0 > '2026-06-15 12:00'   ─TypeCoercion─>   t0 > CAST('2026-06-15 12:00' AS Timestamp(UTC))
//!                            ─this rule──>     t0 > CAST('2026-06-15T12:00:00.000000Z' AS Timestamp(UTC))
//!  CAST(t AS Timestamp), t of Europe/London    CAST(to_local_time(t) AS Timestamp)
//! ```
//! The engine's own cast of a text wants seconds. What it reads as UTC is left to it; what neither reads is left for it to
//! complain of. In a session of another zone a text without an offset is of that zone, as [`moment_text`] reads it.
//!
//! A moment as a time without a zone is what the clock of its zone showed. By itself the engine gives what a clock of UTC showed,
//! though its casts to dates and to times of day go by the zone.

use std::cell::LazyCell;
use std::sync::Arc;

use datafusion::arrow::compute::kernels::cast_utils::string_to_timestamp_nanos;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::functions::datetime::expr_fn::to_local_time;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable as _, LogicalPlan, TryCast};
use datafusion::optimizer::AnalyzerRule;

use crate::time::moment_text;

/// Casts moments as PostgreSQL does; it runs after `TypeCoercion`, which writes casts in and knows all types.
#[derive(Debug)]
pub(super) struct MomentCasts;

impl AnalyzerRule for MomentCasts {
    fn name(&self) -> &'static str {
        "moment_casts"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|plan| {
            let names = NamePreserver::new(&plan);
            let inputs: Vec<_> = plan.inputs().into_iter().map(|input| Arc::clone(input.schema())).collect();
            // Most expressions cast nothing whose type must be known.
            let schema = LazyCell::new(|| {
                let mut all = DFSchema::empty();
                for input in &inputs {
                    all.merge(input);
                }
                all
            });
            let written = plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(expr.transform_up(|expr| Ok(written(expr, || &schema)))?.update_data(|expr| name.restore(expr)))
            })?;
            if written.transformed { written.map_data(LogicalPlan::recompute_schema) } else { Ok(written) }
        })
        .map(|written| written.data)
    }
}

/// A cast as it is to be.
fn written<'s>(expr: Expr, schema: impl FnOnce() -> &'s DFSchema) -> Transformed<Expr> {
    let (Expr::Cast(Cast { expr: inner, field }) | Expr::TryCast(TryCast { expr: inner, field })) = &expr else {
        return Transformed::no(expr);
    };
    let DataType::Timestamp(_, zone) = field.data_type() else { return Transformed::no(expr) };
    let other = match inner.as_ref() {
        Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) => {
            moment(text, zone.as_deref()).map(|text| Expr::Literal(ScalarValue::Utf8(Some(text)), None))
        }
        inner if zone.is_none() && is_of_a_zone(inner, schema()) => Some(to_local_time(vec![inner.clone()])),
        _ => None,
    };
    let Some(other) = other.map(Box::new) else { return Transformed::no(expr) };
    Transformed::yes(match expr {
        Expr::Cast(cast) => Expr::Cast(Cast { expr: other, ..cast }),
        Expr::TryCast(cast) => Expr::TryCast(TryCast { expr: other, ..cast }),
        expr => expr,
    })
}

/// The text as the engine reads it, if it would not by itself, or in another way.
fn moment(text: &str, zone: Option<&str>) -> Option<String> {
    if zone.is_none_or(is_utc) && string_to_timestamp_nanos(text).is_ok() {
        return None;
    }
    let zone = match zone {
        Some(name) => Some(moment_text::zone(name)?),
        None => None,
    };
    moment_text::iso(text, zone.as_ref())
}

/// Whether it is a moment of a zone whose clocks show another time than UTC's. What cannot be told is left as it is.
fn is_of_a_zone(expr: &Expr, schema: &DFSchema) -> bool {
    matches!(expr.get_type(schema), Ok(DataType::Timestamp(_, Some(zone))) if !is_utc(&zone))
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "+00:00" | "Z")
}
