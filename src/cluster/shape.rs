//! From a finished plan to one that can be divided among processes. Pure.
//!
//! ```text
//!  sealed tables ─> opened                    joins that tell what had no partner ─> probed by one task
//!  windows ─> sorted by all their keys        text ─> as it is sent
//!  conditions of joins by sorting ─> of columns that may be missing
//! ```

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{JoinType, Result};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::expressions::{CastExpr, Column};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    ExecutionPlan, ExecutionPlanProperties as _, InputOrderMode, replace_children_if_necessary,
};

use crate::query::opened;

/// A plan that can be divided; its rows are those of the plan given, text perhaps in another form.
///
/// # Errors
/// If the plan cannot be put together again, which is a defect.
pub(super) fn shaped(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    sent_text(sorted_by_all_keys(of_missing(probed_by_one(opened(plan)?)?)?)?)
}

/// A join by sorting computes its condition for rows without a partner, too, whose other half is missing; that a column
/// of it is never missing in its table would make that an error (DataFusion 55; for one kind of join its issue 21197).
fn of_missing(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let changed = plan.transform_up(|node| {
        let Some(join) = node.downcast_ref::<SortMergeJoinExec>() else { return Ok(Transformed::no(node)) };
        let Some(filter) = join.filter().as_ref() else { return Ok(Transformed::no(node)) };
        let fields = filter.schema().fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let filter = JoinFilter::new(Arc::clone(filter.expression()), filter.column_indices().to_vec(), schema);
        let (left, right, on) = (Arc::clone(join.left()), Arc::clone(join.right()), join.on().to_vec());
        let (options, nulls) = (join.sort_options().to_vec(), join.null_equality());
        let join = SortMergeJoinExec::try_new(left, right, on, Some(filter), join.join_type(), options, nulls)?;
        Ok(Transformed::yes(Arc::new(join) as Arc<dyn ExecutionPlan>))
    });
    Ok(changed?.data)
}

/// A join that gives rows of its left side that had no partner must see all of the right side in one place: each task has
/// the left side to itself. (Ballista sees to that for joins by equality.)
fn probed_by_one(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let changed = plan.transform_up(|node| {
        let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() else { return Ok(Transformed::no(node)) };
        let right = join.right();
        if !tells_of_the_left(*join.join_type()) || right.output_partitioning().partition_count() == 1 {
            return Ok(Transformed::no(node));
        }
        let whole = Arc::new(CoalescePartitionsExec::new(Arc::clone(right))) as Arc<dyn ExecutionPlan>;
        let children = vec![Arc::clone(join.left()), whole];
        replace_children_if_necessary(node, children).map(Transformed::yes)
    });
    Ok(changed?.data)
}

/// Whether a join gives rows of its left side by what it did not meet on the right.
const fn tells_of_the_left(join: JoinType) -> bool {
    matches!(join, JoinType::Left | JoinType::Full | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark)
}

/// That a column has one value only, by a condition below, is known within one process: a window is sorted by the other
/// columns of its partitions alone. Where rows are exchanged in between it is not known any more, and the sort is asked for
/// in full. By a column of one value it sorts nothing anew.
fn sorted_by_all_keys(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let changed = plan.transform_up(|node| {
        let Some((keys, input)) = window(&node) else { return Ok(Transformed::no(node)) };
        if window(&input).is_some_and(|(below, _)| below == keys) {
            return Ok(Transformed::no(node));
        }
        let sort = input.downcast_ref::<SortExec>();
        let order = sort.map(SortExec::expr).or_else(|| input.output_ordering());
        let order: Vec<PhysicalSortExpr> = order.map(|o| o.iter().cloned().collect()).unwrap_or_default();
        let missing = keys.into_iter().filter(|key| !order.iter().any(|sorted| sorted.expr.eq(key)));
        let missing: Vec<_> = missing.map(PhysicalSortExpr::new_default).collect();
        if missing.is_empty() {
            return Ok(Transformed::no(node));
        }
        let Some(order) = LexOrdering::new(missing.into_iter().chain(order)) else { return Ok(Transformed::no(node)) };
        let below = sort.map_or(&input, SortExec::input);
        let sorted = SortExec::new(order, Arc::clone(below)).with_preserve_partitioning(true);
        replace_children_if_necessary(node, vec![Arc::new(sorted)]).map(Transformed::yes)
    });
    Ok(changed?.data)
}

/// What the partitions of a window are by, and its input; none if it is no window, or one that needs no order.
fn window(node: &Arc<dyn ExecutionPlan>) -> Option<(Vec<Arc<dyn PhysicalExpr>>, Arc<dyn ExecutionPlan>)> {
    if let Some(window) = node.downcast_ref::<BoundedWindowAggExec>() {
        let sorted = window.input_order_mode == InputOrderMode::Sorted;
        return sorted.then(|| (window.partition_keys(), Arc::clone(window.input())));
    }
    node.downcast_ref::<WindowAggExec>().map(|window| (window.partition_keys(), Arc::clone(window.input())))
}

/// Text in views refers to more than it holds, and all of that would be sent with each batch.
fn sent_text(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = plan.schema();
    if !schema.fields().iter().any(|f| owned(f.data_type()).is_some()) {
        return Ok(plan);
    }
    let columns = schema.fields().iter().enumerate().map(|(at, field)| {
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), at));
        let expr = match owned(field.data_type()) {
            Some(kind) => Arc::new(CastExpr::new(column, kind, None)),
            None => column,
        };
        ProjectionExpr { expr, alias: field.name().clone() }
    });
    Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Vec<_>>(), plan)?))
}

/// The type that owns what a view refers to.
const fn owned(kind: &DataType) -> Option<DataType> {
    match kind {
        DataType::Utf8View => Some(DataType::LargeUtf8),
        DataType::BinaryView => Some(DataType::LargeBinary),
        _ => None,
    }
}

/// How much the files hold that a plan reads, bytes; none if it reads no files.
pub(super) fn bytes_read(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<u64>> {
    let mut bytes = None;
    plan.apply(|node| {
        let source = node.downcast_ref::<DataSourceExec>().map(DataSourceExec::data_source);
        if let Some(config) = source.and_then(|s| s.downcast_ref::<FileScanConfig>()) {
            let files = config.file_groups.iter().flat_map(|g| g.iter()).map(|f| f.effective_size());
            bytes = Some(files.fold(bytes.unwrap_or(0), u64::saturating_add));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(bytes)
}
