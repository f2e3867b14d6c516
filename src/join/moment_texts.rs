//! A text that is taken for a moment, in the forms that PostgreSQL reads: without seconds, without a `T`, with `+01`.
//!
//! ```text
//!  t0 > '2026-06-15 12:00'   ─TypeCoercion─>   t0 > CAST('2026-06-15 12:00' AS Timestamp)
//!                            ─this rule──>     t0 > CAST('2026-06-15T12:00:00.000000Z' AS Timestamp)
//! ```
//! The engine's own cast wants seconds. What it reads as UTC is left to it; what neither reads is left for it to complain of. In a
//! session of another zone a text without an offset is of that zone, as [`moment_text`] reads it.

use datafusion::arrow::compute::kernels::cast_utils::string_to_timestamp_nanos;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Cast, Expr, LogicalPlan, TryCast};
use datafusion::optimizer::AnalyzerRule;

use crate::time::moment_text;

/// Writes texts that are cast to a moment as the engine reads them; it runs after `TypeCoercion`, which casts them.
#[derive(Debug)]
pub(super) struct MomentTexts;

impl AnalyzerRule for MomentTexts {
    fn name(&self) -> &'static str {
        "moment_texts"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|plan| {
            let names = NamePreserver::new(&plan);
            let written = plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(expr.transform_up(|expr| Ok(written(expr)))?.update_data(|expr| name.restore(expr)))
            })?;
            if written.transformed { written.map_data(LogicalPlan::recompute_schema) } else { Ok(written) }
        })
        .map(|written| written.data)
    }
}

fn written(expr: Expr) -> Transformed<Expr> {
    let (Expr::Cast(Cast { expr: inner, field }) | Expr::TryCast(TryCast { expr: inner, field })) = &expr else {
        return Transformed::no(expr);
    };
    let Some(text) = moment(inner, field.data_type()) else { return Transformed::no(expr) };
    let text = Box::new(Expr::Literal(ScalarValue::Utf8(Some(text)), None));
    Transformed::yes(match expr {
        Expr::Cast(cast) => Expr::Cast(Cast { expr: text, ..cast }),
        Expr::TryCast(cast) => Expr::TryCast(TryCast { expr: text, ..cast }),
        other => other,
    })
}

/// The text as the engine reads it, if it would not by itself, or in another way.
fn moment(expr: &Expr, to: &DataType) -> Option<String> {
    let DataType::Timestamp(_, zone) = to else { return None };
    let Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) = expr else { return None };
    let is_utc = zone.as_deref().is_none_or(|zone| matches!(zone, "UTC" | "+00:00" | "Z"));
    if is_utc && string_to_timestamp_nanos(text).is_ok() {
        return None;
    }
    let zone = match zone.as_deref() {
        Some(name) => Some(moment_text::zone(name)?),
        None => None,
    };
    moment_text::iso(text, zone.as_ref())
}
