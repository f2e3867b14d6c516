//! Reading the build side: once for all partitions, whole, within the memory pool.
//!
//! The work is a shared future: every partition that needs the build side drives it, so it goes on when one of them is
//! dropped, and its outcome, an error too, is the same for all. It never runs twice: operators below may run only once.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, RecordBatch};
use datafusion::arrow::compute::concat_batches;
use datafusion::common::utils::memory::{RecordBatchMemoryCounter, get_record_batch_memory_size};
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder};
use futures::future::{BoxFuture, FutureExt as _, Shared};
use futures::{StreamExt as _, TryFutureExt as _};

use super::items::{Item, Items};
use super::physical::JoinSpec;
use super::predicate::Side;
use super::probe::BuildSide;
use super::targets::Targets;

/// The build side, or why there is none, for whoever asks.
pub type SharedBuild = Shared<BoxFuture<'static, Result<Arc<BuildSide>, Arc<DataFusionError>>>>;

/// What reading the build side needs.
pub struct BuildParts {
    /// The input, of one partition.
    pub input: Arc<dyn ExecutionPlan>,
    /// Which input it is.
    pub side: Side,
    /// The predicate.
    pub spec: Arc<JoinSpec>,
    /// The operator's metrics.
    pub metrics: ExecutionPlanMetricsSet,
    /// The partition that asked first.
    pub partition: usize,
    /// The task: memory pool and configuration.
    pub context: Arc<TaskContext>,
}

/// What an item takes while items are sorted into layers and buckets, bytes, beside itself.
const SORTING_BYTES_PER_ROW: usize = 40;

impl BuildParts {
    /// The reading as a future that starts when first awaited.
    pub fn share(self) -> SharedBuild {
        self.read().map_err(Arc::new).boxed().shared()
    }

    async fn read(self) -> Result<Arc<BuildSide>> {
        let consumer = MemoryConsumer::new(format!("ProximityJoin[{}]", self.partition));
        let reservation = consumer.register(self.context.memory_pool());
        let batch = self.gather(&reservation).await?;
        MetricBuilder::new(&self.metrics).counter("build_rows", self.partition).add(batch.num_rows());
        let time = MetricBuilder::new(&self.metrics).subset_time("build_time", self.partition);
        let timer = time.timer();
        let built = self.index(batch, reservation)?;
        timer.done();
        Ok(Arc::new(built))
    }

    /// All rows as one batch.
    async fn gather(&self, reservation: &MemoryReservation) -> Result<RecordBatch> {
        let mut input = self.input.execute(0, Arc::clone(&self.context))?;
        let (mut batches, mut rows, mut copy_bytes) = (Vec::new(), 0, 0);
        // Batches may be slices of one buffer, which is held once.
        let mut counter = RecordBatchMemoryCounter::new();
        while let Some(batch) = input.next().await.transpose()? {
            reservation.try_grow(counter.count_batch(&batch))?;
            rows += batch.num_rows();
            for column in batch.columns() {
                copy_bytes += column.to_data().get_slice_memory_size()?;
            }
            batches.push(batch);
        }
        if u32::try_from(rows).is_err() {
            return exec_err!("ProximityJoin: the build side has {rows} rows, more than 4,294,967,295");
        }
        if batches.len() > 1 {
            reservation.try_grow(copy_bytes)?;
        }
        let batch = concat_batches(&self.input.schema(), &batches)?;
        drop(batches);
        reservation.try_resize(get_record_batch_memory_size(&batch))?;
        Ok(batch)
    }

    fn index(&self, batch: RecordBatch, reservation: MemoryReservation) -> Result<BuildSide> {
        let (items_bytes, sorting_bytes) =
            (batch.num_rows() * size_of::<Item>(), batch.num_rows() * SORTING_BYTES_PER_ROW);
        reservation.try_grow(items_bytes + sorting_bytes)?;
        let columns = self.spec.columns(self.side, &batch)?;
        let constants = self.spec.constants()?;
        let Items { rows: items, reaches_m, keys } =
            Items::build(&self.spec, self.side, &columns, constants.as_deref())?;
        let radius_bytes = columns.radius.iter().map(|(_, c)| c.get_array_memory_size()).sum::<usize>();
        reservation.try_grow(keys.bytes() + radius_bytes)?;
        // The index counts the items from here on.
        reservation.shrink(items_bytes);
        let reservation = Arc::new(reservation);
        let targets = Targets::build(items, &reaches_m, Arc::clone(&reservation))?;
        reservation.shrink(sorting_bytes);
        Ok(BuildSide {
            batch,
            targets,
            keys,
            radius: columns.radius,
            constants: constants.unwrap_or_default(),
            side: self.side,
            spec: Arc::clone(&self.spec),
        })
    }
}
