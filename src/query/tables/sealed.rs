//! The operator that nothing sees into: rows of a plan of its own, in the columns that were promised.
//!
//! It has no children for others to see. So no rule can move a condition of the viewer's below it, where it would be
//! evaluated on rows they may not see and could tell of them by failing; `EXPLAIN` shows no files, whose folders are named
//! for cases; and no statistics tell of rows that were left out.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::coop::cooperative;
use datafusion::physical_plan::execution_plan::{EmissionType, SchedulingType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties, ReplaceChildrenOptions,
};
use futures::StreamExt as _;

/// Rows of a plan that nothing sees into.
#[derive(Debug)]
pub(super) struct SealedExec {
    table: &'static str,
    inside: Arc<dyn ExecutionPlan>,
    schema: SchemaRef,
    /// What the rest may know of how much it is.
    statistics: Arc<Statistics>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl SealedExec {
    /// Seals a plan, whose columns are those of `schema` in that order; their types are made to fit.
    pub(super) fn new(table: &'static str, inside: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Self {
        let partitions = Partitioning::UnknownPartitioning(inside.output_partitioning().partition_count());
        let order = EquivalenceProperties::new(Arc::clone(&schema));
        let bounded = inside.boundedness();
        let properties = PlanProperties::new(order, partitions, EmissionType::Incremental, bounded)
            .with_scheduling_type(SchedulingType::Cooperative);
        Self {
            table,
            statistics: Arc::new(Statistics::new_unknown(&schema)),
            inside,
            schema,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    /// The table, the plan inside and the columns that were promised.
    #[cfg(feature = "cluster")]
    pub(super) fn parts(&self) -> (&'static str, &Arc<dyn ExecutionPlan>, &SchemaRef) {
        (self.table, &self.inside, &self.schema)
    }

    /// Lets the rest know about how many rows and bytes there are: for those who may see them all.
    pub(super) fn with_size_of(mut self, inside: &Statistics) -> Self {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = inside.num_rows.to_inexact();
        statistics.total_byte_size = inside.total_byte_size.to_inexact();
        self.statistics = Arc::new(statistics);
        self
    }
}

/// A batch with the columns that were promised.
pub(super) fn fit(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let pairs = batch.columns().iter().zip(schema.fields());
    let columns = pairs.map(|(column, field)| {
        let fits = column.data_type() == field.data_type();
        if fits { Ok(Arc::clone(column)) } else { cast(column, field.data_type()) }
    });
    let columns = columns.collect::<std::result::Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// That a table cannot be read, without what is said of files; that is for the log.
pub(super) fn unreadable(table: &str, error: &str) -> DataFusionError {
    tracing::error!(table, error, "a table could not be read");
    DataFusionError::Execution(format!("the table {table} cannot be read now"))
}

/// An error of what is inside, as a viewer is told it.
pub(super) fn outside(table: &str, error: DataFusionError) -> DataFusionError {
    if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) {
        return error;
    }
    unreadable(table, &error.to_string())
}

impl DisplayAs for SealedExec {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match t {
            DisplayFormatType::TreeRender => writeln!(f, "{}", self.table),
            _ => write!(f, "SealedExec: {}", self.table),
        }
    }
}

impl ExecutionPlan for SealedExec {
    fn name(&self) -> &'static str {
        "SealedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("SealedExec takes no inputs") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("SealedExec takes no inputs") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let table = self.table;
        let rows = self.inside.execute(partition, context).map_err(|e| outside(table, e))?;
        let schema = Arc::clone(&self.schema);
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let fitted = rows.map(move |batch| {
            let batch = batch.and_then(|b| fit(&b, &schema)).map_err(|e| outside(table, e))?;
            metrics.record_output(batch.num_rows());
            Ok(batch)
        });
        let rows = RecordBatchStreamAdapter::new(Arc::clone(&self.schema), fitted);
        Ok(Box::pin(cooperative(rows)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::clone(&self.statistics))
    }
}
