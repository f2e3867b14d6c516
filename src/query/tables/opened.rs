//! A sealed operator with what is inside in sight, for a plan that is divided among machines: who divides it must see where
//! rows are exchanged.
//!
//! It is opened when the plan is finished, so no rule of the viewer's session looks inside. What it keeps: it takes no
//! condition from above, so that none is evaluated on rows that may not be seen; the columns that were promised; and errors
//! of files are told without their names.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, EmissionType};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties, ReplaceChildrenOptions,
};
use futures::StreamExt as _;

use super::sealed::{SealedExec, fit, unreadable};

/// Rows of a plan in the columns that were promised, with the plan in sight.
#[derive(Debug)]
pub struct OpenedExec {
    table: Arc<str>,
    inside: Arc<dyn ExecutionPlan>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl OpenedExec {
    /// Rows of a plan, whose columns are those of `schema` in that order; their types are made to fit.
    #[must_use]
    pub fn new(table: &str, inside: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(inside.output_partitioning().partition_count()),
            EmissionType::Incremental,
            inside.boundedness(),
        );
        Self { table: Arc::from(table), inside, schema, properties: Arc::new(properties) }
    }

    /// Which table's rows they are.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }
}

/// A finished plan with all that is sealed in it opened.
///
/// # Errors
/// If the plan cannot be put together again, which is a defect.
pub fn opened(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let opened = plan.transform_down(|node| {
        let Some(sealed) = node.downcast_ref::<SealedExec>() else { return Ok(Transformed::no(node)) };
        let (table, inside, schema) = sealed.parts();
        Ok(Transformed::yes(Arc::new(OpenedExec::new(table, Arc::clone(inside), Arc::clone(schema))) as _))
    });
    Ok(opened?.data)
}

/// An error of what is inside, as a viewer is told it. What the machines tell each other stays as it is, so that they know
/// what to do again.
fn outside(table: &str, error: DataFusionError) -> DataFusionError {
    let kept = match error.find_root() {
        DataFusionError::External(_) | DataFusionError::IoError(_) | DataFusionError::ResourcesExhausted(_) => true,
        DataFusionError::ArrowError(inner, _) => matches!(**inner, ArrowError::ExternalError(_)),
        _ => false,
    };
    if kept { error } else { unreadable(table, &error.to_string()) }
}

impl DisplayAs for OpenedExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedExec: {}", self.table)
    }
}

impl ExecutionPlan for OpenedExec {
    fn name(&self) -> &'static str {
        "OpenedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.inside]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
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
        let Ok([inside]) = <[Arc<dyn ExecutionPlan>; 1]>::try_from(children) else {
            return internal_err!("OpenedExec takes one input");
        };
        Ok(Arc::new(Self::new(&self.table, inside, Arc::clone(&self.schema))))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let table = Arc::clone(&self.table);
        let rows = self.inside.execute(partition, context).map_err(|e| outside(&table, e))?;
        let schema = Arc::clone(&self.schema);
        let fitted = rows.map(move |batch| batch.and_then(|b| fit(&b, &schema)).map_err(|e| outside(&table, e)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), fitted)))
    }

    fn child_stats_requests(&self, _partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::Skip]
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::new(Statistics::new_unknown(&self.schema)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_named_and_what_machines_tell_each_other_is_kept() {
        let told = |e: DataFusionError| outside("fixes", e).to_string();
        let lost =
            || Box::new(std::io::Error::other("partition 3 is lost")) as Box<dyn std::error::Error + Send + Sync>;
        assert!(told(DataFusionError::External(lost())).contains("partition 3 is lost"));
        let within = DataFusionError::ArrowError(Box::new(ArrowError::ExternalError(lost())), None);
        assert!(told(within).contains("partition 3 is lost"));
        for named in [
            DataFusionError::Execution("case_id=C-17/part.parquet".to_owned()),
            DataFusionError::ArrowError(Box::new(ArrowError::ParquetError("case_id=C-17/x".to_owned())), None),
        ] {
            let told = told(named);
            assert!(told.contains("cannot be read now") && !told.contains("C-17"), "{told}");
        }
    }
}
