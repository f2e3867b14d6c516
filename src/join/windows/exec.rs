//! The operator: batches in the order of partitions and rows in, the same with the windows' columns out.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::utils::evaluate_partition_ranges;
use datafusion::common::{Result, ScalarValue, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{OrderingRequirements, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{CardinalityEffect, ChildrenPropertiesMode};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::BoundedWindowAggExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, InputOrderMode, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::StreamExt as _;

use super::held::{Held, Parts};
use super::look::Look;

/// Windows that look back, a column at a time.
#[derive(Debug)]
pub(super) struct LookBackExec {
    /// The engine's operator, which says what is required and what comes out.
    instead_of: BoundedWindowAggExec,
    looks: Vec<Look>,
    /// What partitions are told apart by; the input is in their order.
    partition_by: Vec<PhysicalSortExpr>,
    metrics: ExecutionPlanMetricsSet,
}

impl LookBackExec {
    /// `None` where one of the windows does not look back, or where partitions are not one after the other.
    ///
    /// # Errors
    /// If the engine does not say by what partitions are told apart.
    pub(super) fn instead_of(window: &BoundedWindowAggExec) -> Result<Option<Self>> {
        let Some(looks) = window.window_expr().iter().map(Look::of).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        if window.input_order_mode != InputOrderMode::Sorted || window.state_observer().is_some() {
            return Ok(None);
        }
        let (partition_by, metrics) = (window.partition_by_sort_keys()?, ExecutionPlanMetricsSet::new());
        Ok(Some(Self { instead_of: window.clone(), looks, partition_by, metrics }))
    }
}

impl DisplayAs for LookBackExec {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LookBackExec: ")?;
        self.instead_of.fmt_as(t, f)
    }
}

impl ExecutionPlan for LookBackExec {
    fn name(&self) -> &'static str {
        "LookBackExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.instead_of.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.instead_of.children()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.instead_of.apply_expressions(f)
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.instead_of.input_distribution_requirements()
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        self.instead_of.required_input_ordering()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        self.instead_of.maintains_input_order()
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([rows]) = <[Arc<dyn ExecutionPlan>; 1]>::try_from(children) else {
            return internal_err!("LookBackExec takes one input");
        };
        let (windows, mode) = (self.instead_of.window_expr().to_vec(), self.instead_of.input_order_mode.clone());
        let may_be_spread = !self.instead_of.partition_keys().is_empty();
        let window = BoundedWindowAggExec::try_new(windows, rows, mode, may_be_spread)?;
        let Some(new) = Self::instead_of(&window)? else {
            return internal_err!("a window that looked back does not any more");
        };
        Ok(Arc::new(new))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.instead_of.input().execute(partition, context)?;
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let mut windows = Windows {
            schema: self.schema(),
            partition_by: self.partition_by.clone(),
            under_way: None,
            held: self.looks.iter().cloned().map(Held::new).collect(),
        };
        let with_columns = rows.map(move |batch| {
            let batch = batch?;
            let _timer = metrics.elapsed_compute().timer();
            metrics.record_output(batch.num_rows());
            windows.with_columns(&batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), with_columns)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        self.instead_of.statistics_from_inputs(inputs, args)
    }
}

/// The windows of one stream.
struct Windows {
    schema: SchemaRef,
    partition_by: Vec<PhysicalSortExpr>,
    /// The partition of the last row so far.
    under_way: Option<Vec<ScalarValue>>,
    held: Vec<Held>,
}

impl Windows {
    fn with_columns(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        if batch.num_rows() == 0 {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.schema)));
        }
        let parts = self.parts(batch)?;
        let mut columns = batch.columns().to_vec();
        for window in &mut self.held {
            columns.push(window.column(batch, &parts)?);
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    fn parts(&mut self, batch: &RecordBatch) -> Result<Parts> {
        let rows = batch.num_rows();
        let keys =
            self.partition_by.iter().map(|key| key.evaluate_to_sort_column(batch)).collect::<Result<Vec<_>>>()?;
        let at = |row: usize| -> Result<Vec<ScalarValue>> {
            keys.iter().map(|key| ScalarValue::try_from_array(&key.values, row)).collect()
        };
        let first = at(0)?;
        let goes_on = self.under_way.as_ref() == Some(&first);
        self.under_way = Some(at(rows - 1)?);
        Ok(Parts { ranges: evaluate_partition_ranges(rows, &keys)?, goes_on })
    }
}
