//! The operator that nothing sees into: rows of a plan of its own, in the columns that were promised.
//!
//! It has no children for others to see. So no rule can move a condition of the viewer's below it, where it would be
//! evaluated on rows they may not see and could tell of them by failing; `EXPLAIN` shows no files, whose folders are named
//! for cases; and no statistics tell of rows that were left out.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, ScalarValue, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{AcrossPartitions, ConstExpr, EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::coop::cooperative;
use datafusion::physical_plan::execution_plan::{EmissionType, SchedulingType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties, ReplaceChildrenOptions,
};
use futures::StreamExt as _;

use crate::store::CASE_ID;

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

    /// Tells the rest that all rows are of a case: nobody needs to sort or divide them by it.
    ///
    /// # Errors
    /// If the engine cannot take it in.
    pub(super) fn with_case(mut self, case: Option<&str>) -> Result<Self> {
        let (Some(case), Ok(at)) = (case, self.schema.index_of(CASE_ID)) else { return Ok(self) };
        let value = ScalarValue::Utf8(Some(case.to_owned())).cast_to(self.schema.field(at).data_type())?;
        let mut order = EquivalenceProperties::new(Arc::clone(&self.schema));
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(CASE_ID, at));
        order.add_constants([ConstExpr::new(column, AcrossPartitions::Uniform(Some(value)))])?;
        self.properties = Arc::new(PlanProperties::clone(&self.properties).with_eq_properties(order));
        Ok(self)
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
        if fits { Ok(Arc::clone(column)) } else { made(column, field.data_type()) }
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// A column as another type; of a dictionary its words, which are not copied for each row.
fn made(column: &ArrayRef, kind: &DataType) -> Result<ArrayRef> {
    match column.as_any_dictionary_opt() {
        Some(words) => Ok(take(&cast(words.values(), kind)?, words.keys(), None)?),
        None => Ok(cast(column, kind)?),
    }
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

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{DictionaryArray, StringArray, StringViewArray, UInt16Array};
    use datafusion::arrow::datatypes::{Field, Schema, UInt16Type};

    use super::*;

    #[test]
    fn words_of_a_dictionary_are_given_as_texts_and_what_is_missing_stays_so() {
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("case_id", DataType::Utf8View, true)]));
        let fitted = |column: ArrayRef| {
            let batch = RecordBatch::try_from_iter([("case_id", column)]).unwrap();
            fit(&batch, &schema).unwrap().column(0).as_string_view().clone()
        };
        let said = [Some("A"), None, Some("a name of more than twelve bytes"), Some("A"), Some("")];
        let words: DictionaryArray<UInt16Type> = said.into_iter().collect();
        assert_eq!(fitted(Arc::new(words)), StringViewArray::from(said.to_vec()));
        let none: Vec<Option<u16>> = vec![None; 3];
        let empty = DictionaryArray::new(UInt16Array::from(none), Arc::new(StringArray::new_null(0)));
        assert_eq!(fitted(Arc::new(empty)), StringViewArray::new_null(3));
        assert_eq!(fitted(Arc::new(StringArray::from(said.to_vec()))), StringViewArray::from(said.to_vec()));
    }
}
