//! Driving the probe: read the build side once, then batch after batch of the probe, and put the pairs' columns together.

use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{concat_batches, filter, prep_null_mask_filter, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{Result, exec_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder, Time};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::OnceCell;

use super::items::Items;
use super::physical::{JoinSpec, Residual};
use super::predicate::Side;
use super::probe::{BuildSide, Pairs, Probe, Work};
use super::targets::Targets;

/// What a stream of one partition needs.
pub struct StreamParts {
    /// The input that is read whole.
    pub build_input: Arc<dyn ExecutionPlan>,
    /// Which input is read whole.
    pub build: Side,
    /// The predicate.
    pub spec: Arc<JoinSpec>,
    /// The build side, shared by all partitions.
    pub built: Arc<OnceCell<Arc<BuildSide>>>,
    /// Where each output column comes from.
    pub origins: Vec<(Side, usize)>,
    /// The output schema.
    pub schema: SchemaRef,
    /// The operator's metrics.
    pub metrics: ExecutionPlanMetricsSet,
    /// This partition.
    pub partition: usize,
    /// The task: memory pool and configuration.
    pub context: Arc<TaskContext>,
}

/// Counters of the stages, as EXPLAIN ANALYZE and `--explain` show them.
struct Counters {
    build_rows: Count,
    input_rows: Count,
    candidates: Count,
    compared: Count,
    refined: Count,
    matched: Count,
    output_rows: Count,
    build_time: Time,
    join_time: Time,
}

impl Counters {
    fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let counter = |name: &'static str| MetricBuilder::new(metrics).counter(name, partition);
        let time = |name: &'static str| MetricBuilder::new(metrics).subset_time(name, partition);
        Self {
            build_rows: counter("build_rows"),
            input_rows: counter("input_rows"),
            candidates: counter("candidates"),
            compared: counter("compared"),
            refined: counter("refined"),
            matched: counter("matched"),
            output_rows: MetricBuilder::new(metrics).output_rows(partition),
            build_time: time("build_time"),
            join_time: time("join_time"),
        }
    }

    fn add(&self, work: &Work) {
        self.input_rows.add(work.rows);
        self.candidates.add(work.candidates);
        self.compared.add(work.compared);
        self.refined.add(work.refined);
        self.matched.add(work.matched);
    }
}

struct State {
    parts: Arc<StreamParts>,
    probe: SendableRecordBatchStream,
    counters: Counters,
    current: Option<Probe>,
    batch_size: usize,
}

/// The pairs of one partition of the probe.
pub fn run(parts: StreamParts, probe: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = parts.schema.clone();
    let counters = Counters::new(&parts.metrics, parts.partition);
    let batch_size = parts.context.session_config().batch_size().max(1);
    let state = State { parts: Arc::new(parts), probe, counters, current: None, batch_size };
    let pairs =
        futures::stream::try_unfold(
            state,
            |mut state| async move { Ok(state.next().await?.map(|batch| (batch, state))) },
        );
    Box::pin(RecordBatchStreamAdapter::new(schema, pairs))
}

impl State {
    /// The next batch of pairs, `None` at the end.
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let parts = Arc::clone(&self.parts);
        let build = parts.built.get_or_try_init(|| read_build(&parts, &self.counters)).await?;
        loop {
            while let Some(probe) = &mut self.current {
                let timer = self.counters.join_time.timer();
                let mut work = Work::default();
                let pairs = probe.advance(build, self.batch_size, &mut work)?;
                self.counters.add(&work);
                let batch = assemble(build, probe, pairs, &parts)?;
                if probe.is_done() {
                    self.current = None;
                }
                timer.done();
                if batch.num_rows() > 0 {
                    self.counters.output_rows.add(batch.num_rows());
                    return Ok(Some(batch));
                }
            }
            let Some(batch) = self.probe.next().await.transpose()? else { return Ok(None) };
            let timer = self.counters.join_time.timer();
            let mut work = Work::default();
            self.current = Some(Probe::start(build, batch, &mut work)?);
            self.counters.add(&work);
            timer.done();
        }
    }
}

async fn read_build(parts: &StreamParts, counters: &Counters) -> Result<Arc<BuildSide>> {
    let reservation =
        MemoryConsumer::new(format!("ProximityJoin[{}]", parts.partition)).register(parts.context.memory_pool());
    let mut input = parts.build_input.execute(0, parts.context.clone())?;
    let (mut batches, mut rows) = (Vec::new(), 0);
    while let Some(batch) = input.try_next().await? {
        reservation.try_grow(batch.get_array_memory_size())?;
        rows += batch.num_rows();
        batches.push(batch);
    }
    if u32::try_from(rows).is_err() {
        return exec_err!("ProximityJoin: the build side has {rows} rows, more than 4,294,967,295");
    }
    counters.build_rows.add(rows);
    let timer = counters.build_time.timer();
    let batch = concat_batches(&parts.build_input.schema(), &batches)?;
    drop(batches);
    reservation.try_resize(batch.get_array_memory_size())?;
    let built = index(parts, batch, Arc::new(reservation))?;
    timer.done();
    Ok(Arc::new(built))
}

fn index(parts: &StreamParts, batch: RecordBatch, reservation: Arc<MemoryReservation>) -> Result<BuildSide> {
    let columns = parts.spec.columns(parts.build, &batch)?;
    let Items { items, reach_m, keys } = Items::build(&parts.spec, parts.build, &columns)?;
    Ok(BuildSide {
        batch,
        targets: Targets::build(items, &reach_m, reservation)?,
        keys,
        radius: columns.radius,
        constants: parts.spec.constants()?,
        side: parts.build,
        spec: parts.spec.clone(),
    })
}

/// The output columns of pairs, after the residual.
fn assemble(build: &BuildSide, probe: &Probe, pairs: Pairs, parts: &StreamParts) -> Result<RecordBatch> {
    let (mut of_build, mut of_probe) = (UInt32Array::from(pairs.build), UInt32Array::from(pairs.probe));
    if let Some(residual) = &build.spec.residual
        && !of_build.is_empty()
    {
        let inputs = Inputs { build, probe, of_build: &of_build, of_probe: &of_probe };
        let kept = keep(residual, &inputs)?;
        let only = |rows: &UInt32Array| -> Result<UInt32Array> { Ok(filter(rows, &kept)?.to_data().into()) };
        (of_build, of_probe) = (only(&of_build)?, only(&of_probe)?);
    }
    Inputs { build, probe, of_build: &of_build, of_probe: &of_probe }.batch(&parts.origins, &parts.schema)
}

fn keep(residual: &Residual, inputs: &Inputs<'_>) -> Result<datafusion::arrow::array::BooleanArray> {
    let batch = inputs.batch(&residual.columns, &residual.schema)?;
    let holds = residual.expr.evaluate(&batch)?.into_array(batch.num_rows())?;
    Ok(prep_null_mask_filter(as_boolean_array(&holds)?))
}

struct Inputs<'a> {
    build: &'a BuildSide,
    probe: &'a Probe,
    of_build: &'a UInt32Array,
    of_probe: &'a UInt32Array,
}

impl Inputs<'_> {
    fn batch(&self, columns: &[(Side, usize)], schema: &SchemaRef) -> Result<RecordBatch> {
        let column = |(side, at): &(Side, usize)| {
            if *side == self.build.side {
                take(self.build.batch.column(*at), self.of_build, None)
            } else {
                take(self.probe.batch.column(*at), self.of_probe, None)
            }
        };
        let arrays = columns.iter().map(column).collect::<std::result::Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.of_build.len()));
        Ok(RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?)
    }
}
