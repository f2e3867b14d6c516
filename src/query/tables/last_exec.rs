//! The operator that keeps of each thing its last revision, if that says that the thing holds.
//!
//! ```text
//!  rows ─> those of one thing into one partition ─> held, of each thing the best row ─> the best rows that are current
//! ```
//! It gives what a numbered window gives (greatest `revision`, then least `stored_at`, is first) without sorting. Rows are held
//! until the last one is read, and counted against the memory of the query; for that it is only planned where one case is
//! asked about.

use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, Int64Array, RecordBatch, StringViewArray};
use datafusion::arrow::compute::kernels::cmp::eq;
use datafusion::arrow::compute::{cast, interleave_record_batch};
use datafusion::arrow::datatypes::{DataType, Int64Type, SchemaRef};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics, internal_datafusion_err, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, EmissionType};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties as _, PlanProperties, ReplaceChildrenOptions,
};
use foldhash::fast::FixedState;
use futures::{StreamExt as _, TryStreamExt as _};
use hashbrown::HashTable;

use crate::store::{CASE_ID, STORED_AT};

/// The columns that it reads besides those that name a thing.
pub(super) const READ: [&str; 3] = ["revision", STORED_AT, "status"];

/// Of each thing the last revision, if it is current.
#[derive(Debug)]
pub(super) struct LastExec {
    rows: Arc<dyn ExecutionPlan>,
    id: &'static str,
    properties: Arc<PlanProperties>,
}

impl LastExec {
    /// Over rows that have the columns [`CASE_ID`], `id` and [`READ`]; those of one thing are brought together.
    ///
    /// # Errors
    /// If a column is missing.
    pub(super) fn over(rows: Arc<dyn ExecutionPlan>, id: &'static str) -> Result<Self> {
        let partitions = rows.output_partitioning().partition_count();
        let schema = rows.schema();
        let keys = vec![col(CASE_ID, &schema)?, col(id, &schema)?];
        let together: Arc<dyn ExecutionPlan> = if partitions > 1 {
            Arc::new(RepartitionExec::try_new(rows, Partitioning::Hash(keys, partitions))?)
        } else {
            rows
        };
        Ok(Self::of(together, id))
    }

    fn of(rows: Arc<dyn ExecutionPlan>, id: &'static str) -> Self {
        let partitions = Partitioning::UnknownPartitioning(rows.output_partitioning().partition_count());
        let order = EquivalenceProperties::new(rows.schema());
        let properties = PlanProperties::new(order, partitions, EmissionType::Final, rows.boundedness());
        Self { rows, id, properties: Arc::new(properties) }
    }
}

impl DisplayAs for LastExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LastExec: {}", self.id)
    }
}

impl ExecutionPlan for LastExec {
    fn name(&self) -> &'static str {
        "LastExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.rows]
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
        let Ok([rows]) = <[Arc<dyn ExecutionPlan>; 1]>::try_from(children) else {
            return internal_err!("LastExec takes one input");
        };
        Ok(Arc::new(Self::of(rows, self.id)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut rows = self.rows.execute(partition, Arc::clone(&context))?;
        let (schema, batch_rows) = (self.schema(), context.session_config().batch_size());
        let reservation = MemoryConsumer::new("LastExec").register(context.memory_pool());
        let mut last = Last::new(&schema, self.id, reservation)?;
        let picked = async move {
            while let Some(batch) = rows.next().await.transpose()? {
                last.take_in(batch)?;
            }
            let (last, at) = last.current()?;
            let parts = (0..at.len().div_ceil(batch_rows)).map(move |part| {
                let rows = at.iter().skip(part * batch_rows).take(batch_rows).copied().collect::<Vec<_>>();
                last.rows(&rows)
            });
            Ok::<_, DataFusionError>(futures::stream::iter(parts))
        };
        let picked = futures::stream::once(picked).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, picked)))
    }

    /// Of the rows no more are left, which is enough to see on which side of a join they are fewer.
    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        if let Some(all) = inputs.first() {
            statistics.num_rows = all.num_rows.to_inexact();
            statistics.total_byte_size = all.total_byte_size.to_inexact();
        }
        Ok(Arc::new(statistics))
    }
}

/// The best row of a thing so far: where it is, and what it is compared by.
#[derive(Debug, Clone, Copy)]
struct Best {
    batch: usize,
    row: usize,
    revision: i64,
    stored_us: i64,
}

/// The rows that were read, and the best of each thing.
struct Last {
    schema: SchemaRef,
    id: &'static str,
    converter: RowConverter,
    batches: Vec<RecordBatch>,
    keys: Vec<Rows>,
    best: HashTable<Best>,
    hasher: FixedState,
    reservation: MemoryReservation,
}

impl Last {
    fn new(schema: &SchemaRef, id: &'static str, reservation: MemoryReservation) -> Result<Self> {
        let field = |name: &str| Ok(SortField::new(schema.field_with_name(name)?.data_type().clone()));
        let fields = [CASE_ID, id].map(field).into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Self {
            schema: Arc::clone(schema),
            id,
            converter: RowConverter::new(fields)?,
            batches: Vec::new(),
            keys: Vec::new(),
            best: HashTable::new(),
            hasher: FixedState::default(),
            reservation,
        })
    }

    fn take_in(&mut self, batch: RecordBatch) -> Result<()> {
        let keys =
            self.converter.convert_columns(&[column(&batch, CASE_ID)?.clone(), column(&batch, self.id)?.clone()])?;
        let (revisions, stored) = (whole(&batch, "revision")?, whole(&batch, STORED_AT)?);
        let of_table = batch.num_rows().saturating_mul(size_of::<Best>());
        self.reservation.try_grow(batch.get_array_memory_size() + keys.size() + of_table)?;
        let at = self.batches.len();
        self.batches.push(batch);
        self.keys.push(keys);
        let Self { keys: all, best, hasher, .. } = self;
        let key = |it: &Best| all.get(it.batch).map(|keys| keys.row(it.row));
        let hash = |it: &Best| key(it).map_or(0, |key| hasher.hash_one(key.as_ref()));
        for (row, (&revision, &stored_us)) in revisions.values().iter().zip(stored.values()).enumerate() {
            let new = Best { batch: at, row, revision, stored_us };
            match best.find_mut(hash(&new), |held| key(held) == key(&new)) {
                Some(held) if (new.revision, held.stored_us) > (held.revision, new.stored_us) => *held = new,
                Some(_) => {}
                None => _ = best.insert_unique(hash(&new), new, hash),
            }
        }
        Ok(())
    }

    /// Where the best rows are that say that their thing holds, in the order in which they were read.
    fn current(self) -> Result<(Self, Vec<(usize, usize)>)> {
        let holds = self.batches.iter().map(|batch| {
            let status = cast(column(batch, "status")?, &DataType::Utf8View)?;
            Ok(eq(&status, &StringViewArray::new_scalar("current"))?)
        });
        let holds = holds.collect::<Result<Vec<_>>>()?;
        let is_current = |at: &(usize, usize)| holds.get(at.0).is_some_and(|of_batch| of_batch.value(at.1));
        let mut at: Vec<_> = self.best.iter().map(|it| (it.batch, it.row)).filter(is_current).collect();
        at.sort_unstable();
        Ok((self, at))
    }

    fn rows(&self, at: &[(usize, usize)]) -> Result<RecordBatch> {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        if batches.is_empty() {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.schema)));
        }
        Ok(interleave_record_batch(&batches, at)?)
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| internal_datafusion_err!("no column {name}"))
}

/// A column of whole numbers or moments, as 64 bits.
fn whole(batch: &RecordBatch, name: &str) -> Result<Int64Array> {
    let numbers = cast(column(batch, name)?, &DataType::Int64)?;
    Ok(numbers.as_primitive::<Int64Type>().clone())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::TimestampMicrosecondArray;
    use datafusion::datasource::memory::MemorySourceConfig;
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use datafusion::physical_plan::collect;
    use datafusion::prelude::SessionContext;
    use proptest::prelude::*;

    use super::*;

    /// Case, identifier, revision, moment of storing, whether it holds.
    type Row = (u8, u8, i64, i64, bool);

    fn batch(rows: &[Row]) -> RecordBatch {
        let text = |of: &dyn Fn(&Row) -> String| -> ArrayRef {
            Arc::new(rows.iter().map(|r| Some(of(r))).collect::<StringViewArray>())
        };
        let stored = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|r| r.3)).with_timezone("UTC");
        RecordBatch::try_from_iter([
            (CASE_ID, text(&|r| format!("case {}", r.0))),
            ("id", text(&|r| format!("a rather long identifier {}", r.1))),
            ("revision", Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.2))) as ArrayRef),
            (STORED_AT, Arc::new(stored) as ArrayRef),
            ("status", text(&|r| if r.4 { "current" } else { "superseded" }.to_owned())),
        ])
        .unwrap()
    }

    fn texts(batches: &[RecordBatch]) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for batch in batches {
            let rows = datafusion::arrow::util::pretty::pretty_format_batches(std::slice::from_ref(batch)).unwrap();
            // How wide a column is depends on the rows beside it.
            let of = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            all.extend(rows.to_string().lines().skip(3).filter(|line| line.starts_with("| ")).map(of));
        }
        all.sort();
        all
    }

    /// In the parts that are given, each a partition of batches.
    async fn kept(parts: &[Vec<Vec<Row>>]) -> Vec<String> {
        let parts: Vec<Vec<RecordBatch>> = parts.iter().map(|p| p.iter().map(|rows| batch(rows)).collect()).collect();
        let source = MemorySourceConfig::try_new_exec(&parts, batch(&[]).schema(), None).unwrap();
        let plan: Arc<dyn ExecutionPlan> = Arc::new(LastExec::over(source, "id").unwrap());
        texts(&collect(plan, SessionContext::new().task_ctx()).await.unwrap())
    }

    /// What it is to give, by the words of the definition.
    fn expected(rows: &[Row]) -> Vec<String> {
        let best = |row: &&Row| {
            let same = rows.iter().filter(|r| (r.0, r.1) == (row.0, row.1));
            same.max_by_key(|r| (r.2, -r.3)) == Some(*row)
        };
        let best: Vec<Row> = rows.iter().filter(best).filter(|r| r.4).copied().collect();
        texts(&[batch(&best)])
    }

    proptest! {
        #[test]
        fn the_last_revision_of_each_is_given_whatever_the_batches_and_partitions(
            mut rows in prop::collection::vec((0..3_u8, 0..5_u8, 0..4_i64, 0..1_000_000_i64, any::<bool>()), 0..60),
            sizes in prop::collection::vec(1..9_usize, 1..4)) {
            // Rows of one revision are stored at different moments.
            rows.sort_unstable();
            rows.dedup_by_key(|r| (r.0, r.1, r.2, r.3));
            let parts: Vec<Vec<Vec<Row>>> = sizes.iter().enumerate().map(|(n, size)| {
                let own: Vec<Row> = rows.iter().skip(n).step_by(sizes.len()).copied().collect();
                own.chunks(*size).map(<[Row]>::to_vec).collect()
            }).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(runtime.block_on(kept(&parts)), expected(&rows));
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_in_memory_ends_with_an_error_that_says_so() {
        let rows: Vec<Row> = (0..250).map(|n| (1, n, 1, 1, true)).collect();
        let source = MemorySourceConfig::try_new_exec(&[vec![batch(&rows); 40]], batch(&[]).schema(), None).unwrap();
        let runtime = RuntimeEnvBuilder::new().with_memory_limit(100_000, 1.0).build_arc().unwrap();
        let context = SessionContext::new_with_config_rt(datafusion::prelude::SessionConfig::new(), runtime);
        let plan: Arc<dyn ExecutionPlan> = Arc::new(LastExec::over(source, "id").unwrap());
        let error = collect(plan, context.task_ctx()).await.unwrap_err();
        assert!(error.to_string().contains("LastExec"), "{error}");
    }
}
