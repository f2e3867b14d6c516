//! Windows that look back are computed a column at a time.
//!
//! ```text
//!  records in order ─> batch ─> where devices begin ─┬─> lag(x)                        the column itself, moved down
//!                                                    └─> max(t) over all rows before   one pass over the column
//!                      the last rows of a batch are kept for the first of the next
//! ```
//! Every question about a track asks what came before a record: how long the device was silent, how fast it moved. The engine's
//! operator for windows that go by a few rows computes them row by row, and boxes each value by itself. Here the values are
//! the same, and as few rows are held.

mod exec;
mod held;
mod look;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::windows::BoundedWindowAggExec;

use super::rule::LocardOptions;
use exec::LookBackExec;

/// The physical rule: operators of which every window looks back are replaced.
#[derive(Debug, Default)]
pub struct WindowsByColumn;

impl PhysicalOptimizerRule for WindowsByColumn {
    fn name(&self) -> &'static str {
        "windows_by_column"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !config.extensions.get::<LocardOptions>().is_none_or(|o| o.windows_by_column) {
            return Ok(plan);
        }
        plan.transform_up(|node| {
            let by_column = node.downcast_ref::<BoundedWindowAggExec>().map(LookBackExec::instead_of).transpose()?;
            Ok(match by_column.flatten() {
                Some(by_column) => Transformed::yes(Arc::new(by_column)),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[cfg(test)]
#[path = "windows_tests.rs"]
mod windows_tests;
