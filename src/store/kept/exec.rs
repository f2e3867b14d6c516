//! The operator that gives rows of data files from columns that are kept, and decodes the others.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, exec_err, internal_datafusion_err, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetFileReaderFactory, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions, collect,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::OnceCell;

use super::columns::KeptColumns;

/// The rows of a file, of which the log says how many there are.
#[derive(Debug, Clone)]
pub(in crate::store) struct Rows {
    file: PartitionedFile,
    /// The file's place, by which its columns are kept.
    name: Arc<str>,
    count: usize,
}

impl Rows {
    pub(in crate::store) fn of(file: PartitionedFile, count: usize) -> Self {
        Self { name: Arc::from(file.object_meta.location.as_ref()), file, count }
    }

    pub(in crate::store) const fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(in crate::store) const fn count(&self) -> usize {
        self.count
    }
}

/// How files are read.
#[derive(Debug)]
pub(in crate::store) struct HowRead {
    /// The columns of the files, then those that stand in the log for each file.
    pub(in crate::store) layout: TableSchema,
    /// Which of them, in their order.
    pub(in crate::store) columns: Vec<usize>,
    pub(in crate::store) reader: Arc<dyn ParquetFileReaderFactory>,
    pub(in crate::store) kept: Arc<KeptColumns>,
}

/// Rows of data files, from columns that are kept.
#[derive(Debug)]
pub(in crate::store) struct KeptExec {
    files: Arc<[Held]>,
    how: Arc<HowRead>,
    /// Of each partition: rows of files.
    parts: Vec<Vec<(usize, Range<usize>)>>,
    schema: SchemaRef,
    statistics: Arc<Statistics>,
    properties: Arc<PlanProperties>,
}

/// A file, whose columns are looked for once, whichever partition comes first.
#[derive(Debug)]
struct Held {
    of: Rows,
    columns: OnceCell<Vec<ArrayRef>>,
}

impl KeptExec {
    /// Over files, for so many threads.
    ///
    /// # Errors
    /// If a column is not there.
    pub(in crate::store) fn new(files: Vec<Rows>, how: HowRead, parts: usize) -> Result<Self> {
        let schema: SchemaRef = Arc::new(how.layout.table_schema().project(&how.columns)?);
        let parts = shares(&files, parts);
        let order = EquivalenceProperties::new(Arc::clone(&schema));
        let partitions = Partitioning::UnknownPartitioning(parts.len());
        let properties = PlanProperties::new(order, partitions, EmissionType::Incremental, Boundedness::Bounded);
        let mut statistics = Statistics::new_unknown(&schema);
        statistics.num_rows = Precision::Inexact(files.iter().map(|f| f.count).sum());
        let bytes: u64 = files.iter().map(|f| f.file.object_meta.size).sum();
        statistics.total_byte_size = Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(Self {
            files: files.into_iter().map(|of| Held { of, columns: OnceCell::new() }).collect(),
            how: Arc::new(how),
            parts,
            schema,
            statistics: Arc::new(statistics),
            properties: Arc::new(properties),
        })
    }
}

/// The rows of files in so many shares that are as large as each other to a row.
fn shares(files: &[Rows], parts: usize) -> Vec<Vec<(usize, Range<usize>)>> {
    let all: usize = files.iter().map(|f| f.count).sum();
    let share = all.div_ceil(parts.max(1)).max(1);
    let (mut shares, mut share_of, mut room) = (Vec::new(), Vec::new(), share);
    for (number, file) in files.iter().enumerate() {
        let mut from = 0;
        while from < file.count {
            let to = file.count.min(from + room);
            share_of.push((number, from..to));
            room -= to - from;
            from = to;
            if room == 0 {
                shares.push(std::mem::take(&mut share_of));
                room = share;
            }
        }
    }
    if !share_of.is_empty() || shares.is_empty() {
        shares.push(share_of);
    }
    shares
}

impl HowRead {
    /// All rows of the columns of a file, in their order; what stands in the log stands for every row.
    async fn columns(&self, of: &Rows, context: &Arc<TaskContext>) -> Result<Vec<ArrayRef>> {
        let in_file = self.layout.file_schema().fields();
        let of_file = |column: &usize| in_file.get(*column);
        let mut found: Vec<Option<ArrayRef>> =
            self.columns.iter().map(|c| of_file(c).and_then(|f| self.kept.get(&of.name, f.name()))).collect();
        let missing = self.columns.iter().zip(&found).filter(|(c, found)| found.is_none() && of_file(c).is_some());
        let missing: Vec<usize> = missing.map(|(c, _)| *c).collect();
        if !missing.is_empty() {
            let mut decoded = self.decoded(of, &missing, context).await?.into_iter();
            for (column, found) in self.columns.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
                if let Some(field) = of_file(column) {
                    *found = decoded.next().map(|rows| self.kept.keep(&of.name, field.name(), rows));
                }
            }
        }
        let log = |column: usize| of.file.partition_values.get(column.checked_sub(in_file.len())?);
        let columns = self.columns.iter().zip(found).map(|(column, found)| match (found, log(*column)) {
            (Some(rows), _) => Ok(rows),
            (None, Some(value)) => value.to_array_of_size(of.count),
            (None, None) => Err(internal_datafusion_err!("column {column} is neither in a file nor in the log")),
        });
        columns.collect()
    }

    /// All rows of some columns of a file, as Parquet has them.
    async fn decoded(&self, of: &Rows, columns: &[usize], context: &Arc<TaskContext>) -> Result<Vec<ArrayRef>> {
        let layout = TableSchema::builder(Arc::clone(self.layout.file_schema())).build();
        let source = ParquetSource::new(layout).with_parquet_file_reader_factory(Arc::clone(&self.reader));
        let mut file = of.file.clone();
        file.partition_values = Vec::new();
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_projection_indices(Some(columns.to_vec()))?
            .with_file(file)
            .build();
        let plan = DataSourceExec::from_data_source(config);
        let schema = plan.schema();
        let rows = concat_batches(&schema, &collect(plan, Arc::clone(context)).await?)?;
        if rows.num_rows() != of.count {
            return exec_err!("{} has {} rows where its log says {}", of.name, rows.num_rows(), of.count);
        }
        Ok(rows.columns().to_vec())
    }
}

/// Rows of columns in batches of so many.
fn batches(
    schema: &SchemaRef,
    columns: &[ArrayRef],
    rows: Range<usize>,
    batch_rows: usize,
) -> Vec<Result<RecordBatch>> {
    let batch = |from: usize| {
        let rows = batch_rows.min(rows.end - from);
        let columns = columns.iter().map(|c| c.slice(from, rows)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
    };
    rows.clone().step_by(batch_rows.max(1)).map(batch).collect()
}

impl DisplayAs for KeptExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptExec: {} files", self.files.len())
    }
}

impl ExecutionPlan for KeptExec {
    fn name(&self) -> &'static str {
        "KeptExec"
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
        if children.is_empty() { Ok(self) } else { internal_err!("KeptExec takes no inputs") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("KeptExec takes no inputs") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(part) = self.parts.get(partition).cloned() else {
            return internal_err!("KeptExec has no partition {partition}");
        };
        let batch_rows = context.session_config().batch_size();
        let (files, how, schema) = (Arc::clone(&self.files), Arc::clone(&self.how), Arc::clone(&self.schema));
        let rows = stream::iter(part).then(move |(number, rows)| {
            let (files, how, schema) = (Arc::clone(&files), Arc::clone(&how), Arc::clone(&schema));
            let context = Arc::clone(&context);
            async move {
                let Some(held) = files.get(number) else { return internal_err!("KeptExec has no file {number}") };
                let columns = held.columns.get_or_try_init(|| how.columns(&held.of, &context)).await?;
                Ok(stream::iter(batches(&schema, columns, rows, batch_rows)))
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows.try_flatten())))
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::clone(&self.statistics))
    }
}
