//! The store of fixes as a table that `DataFusion` reads.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, exec_datafusion_err};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::coop::cooperative;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs,
};

use super::{FixStore, StoreError};

/// A finished [`FixStore`] as a table of [`fix_schema`](super::fix_schema), read in parts that follow each other in the store's order.
///
/// Only the columns asked for are unpacked; the numbers of rows are known exactly.
#[derive(Debug)]
pub struct FixTable {
    store: Arc<FixStore>,
    parts: usize,
}

impl FixTable {
    /// The store as a table that is read in up to `parts` parts at once.
    ///
    /// # Errors
    /// [`StoreError::Unfinished`] if the store is not finished.
    pub fn new(store: Arc<FixStore>, parts: usize) -> Result<Self, StoreError> {
        store.batches().map(drop)?;
        Ok(Self { store, parts })
    }
}

#[async_trait]
impl TableProvider for FixTable {
    fn schema(&self) -> SchemaRef {
        self.store.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(statistics(&self.store.schema(), self.store.len()))
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(FixScan::new(Arc::clone(&self.store), self.parts, projection.cloned())?))
    }
}

fn statistics(schema: &SchemaRef, rows: u64) -> Statistics {
    let rows = usize::try_from(rows).map_or(Precision::Absent, Precision::Exact);
    Statistics::new_unknown(schema).with_num_rows(rows)
}

/// Reads a store, one run of units a partition.
#[derive(Debug)]
struct FixScan {
    store: Arc<FixStore>,
    columns: Option<Vec<usize>>,
    schema: SchemaRef,
    parts: Vec<Part>,
    properties: Arc<PlanProperties>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    units: Range<usize>,
    rows: u64,
}

impl FixScan {
    fn new(store: Arc<FixStore>, parts: usize, columns: Option<Vec<usize>>) -> Result<Self> {
        let schema = match &columns {
            Some(columns) => Arc::new(store.schema().project(columns)?),
            None => store.schema(),
        };
        let parts = divide(&store.units(), parts);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(parts.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Ok(Self { store, columns, schema, parts, properties: Arc::new(properties) })
    }

    fn part(&self, partition: usize) -> Result<&Part> {
        let n = self.parts.len();
        self.parts.get(partition).ok_or_else(|| exec_datafusion_err!("FixScan has {n} partitions, not {partition}"))
    }
}

/// Cuts units of the given rows into at most `parts` runs of about equal rows; one, if there is nothing.
fn divide(units: &[u64], parts: usize) -> Vec<Part> {
    let parts = parts.clamp(1, units.len().max(1));
    let mut left: u64 = units.iter().sum();
    let mut cut = Vec::with_capacity(parts);
    let mut at = 0;
    for remaining in (1..=parts).rev() {
        let share = left.div_ceil(remaining as u64);
        // Each of the runs that follow gets a unit at least.
        let last = units.len() - (remaining - 1).min(units.len());
        let (start, mut rows) = (at, 0);
        while let Some(n) = units.get(at).filter(|_| at < last && (rows < share || at == start || remaining == 1)) {
            rows += n;
            at += 1;
        }
        left -= rows;
        cut.push(Part { units: start..at, rows });
    }
    cut
}

impl DisplayAs for FixScan {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, "FixScan: partitions={}, rows={}", self.parts.len(), self.store.len())
            }
            DisplayFormatType::TreeRender => write!(f, "rows={}", self.store.len()),
        }
    }
}

impl ExecutionPlan for FixScan {
    fn name(&self) -> &'static str {
        "FixScan"
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
        _children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, _context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let units = self.part(partition)?.units.clone();
        let batches = Arc::clone(&self.store).read_units(units, self.columns.clone());
        let fault = |e: StoreError| DataFusionError::External(Box::new(e));
        // Read as they are asked for: the file has just been written, so its pages are most often still in memory.
        let stream = futures::stream::iter(batches.map(move |b| b.map_err(fault)));
        Ok(Box::pin(cooperative(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))))
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let rows = match args.partition() {
            Some(partition) => self.part(partition)?.rows,
            None => self.store.len(),
        };
        Ok(Arc::new(statistics(&self.schema, rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_follow_each_other_and_are_about_equal() {
        for units in [vec![], vec![5], vec![8192; 7], vec![1, 100, 1, 1, 131_072, 131_072, 7], vec![9, 0, 0, 0, 0]] {
            for parts in 0..10 {
                let cut = divide(&units, parts);
                assert!(!cut.is_empty() && cut.len() <= parts.max(1), "{units:?} {parts}");
                let mut at = 0;
                for part in &cut {
                    assert_eq!(part.units.start, at, "{units:?} {parts}");
                    assert_eq!(part.rows, units[part.units.clone()].iter().sum::<u64>());
                    at = part.units.end;
                }
                assert_eq!(at, units.len(), "{units:?} {parts}");
            }
        }
        let rows: Vec<_> = divide(&[8192; 8], 4).iter().map(|p| p.rows).collect();
        assert_eq!(rows, [16384; 4]);
    }
}
