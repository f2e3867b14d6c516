//! Driving the probe: wait for the build side, then batch after batch of the probe, and put the pairs' columns together.

use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{filter, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder, Time};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt as _;

use super::build::SharedBuild;
use super::physical::Residual;
use super::predicate::Side;
use super::probe::{BuildSide, Pairs, Probe, Work};

/// What a stream of one partition needs.
pub struct StreamParts {
    /// The build side, shared by all partitions.
    pub built: SharedBuild,
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
pub struct Counters {
    input_rows: Count,
    candidates: Count,
    compared: Count,
    refined: Count,
    matched: Count,
    /// Rows that left.
    pub output_rows: Count,
    /// Time spent joining.
    pub join_time: Time,
}

impl Counters {
    /// Counters of one partition.
    pub fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let counter = |name: &'static str| MetricBuilder::new(metrics).counter(name, partition);
        Self {
            input_rows: counter("input_rows"),
            candidates: counter("candidates"),
            compared: counter("compared"),
            refined: counter("refined"),
            matched: counter("matched"),
            output_rows: MetricBuilder::new(metrics).output_rows(partition),
            join_time: MetricBuilder::new(metrics).subset_time("join_time", partition),
        }
    }

    /// Adds the work of a step.
    pub fn add(&self, work: &Work) {
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
        let build = self.parts.built.clone().await.map_err(DataFusionError::Shared)?;
        loop {
            while self.current.is_some() {
                let batch = self.advance(&build)?;
                if let Some(batch) = batch.filter(|b| b.num_rows() > 0) {
                    self.counters.output_rows.add(batch.num_rows());
                    return Ok(Some(batch));
                }
                // Much work and no pairs: others may run, and a query that was cancelled ends here.
                tokio::task::yield_now().await;
            }
            let Some(batch) = self.probe.next().await.transpose()? else { return Ok(None) };
            let timer = self.counters.join_time.timer();
            let mut work = Work::default();
            self.current = Some(Probe::start(&build, batch, &mut work)?);
            self.counters.add(&work);
            timer.done();
        }
    }

    /// Takes the current batch a step on; the pairs found, if it was not at its end.
    fn advance(&mut self, build: &BuildSide) -> Result<Option<RecordBatch>> {
        let Some(probe) = &mut self.current else { return Ok(None) };
        let timer = self.counters.join_time.timer();
        let mut work = Work::default();
        let pairs = probe.advance(build, self.batch_size, &mut work)?;
        self.counters.add(&work);
        let batch = assemble(build, probe, pairs, &self.parts)?;
        if probe.is_done() {
            self.current = None;
        }
        timer.done();
        Ok(Some(batch))
    }
}

/// The output columns of pairs, after the residual.
fn assemble(build: &BuildSide, probe: &Probe, pairs: Pairs, parts: &StreamParts) -> Result<RecordBatch> {
    let (mut of_build, mut of_probe) = (UInt32Array::from(pairs.build), UInt32Array::from(pairs.probe));
    if let Some(residual) = &build.spec.residual
        && !of_build.is_empty()
    {
        let inputs = Inputs { build, probe, of_build: &of_build, of_probe: &of_probe };
        let kept = keep(residual, &inputs)?;
        // A NULL in the mask is not true: `filter` leaves its row out.
        let only = |rows: &UInt32Array| -> Result<UInt32Array> { Ok(filter(rows, &kept)?.to_data().into()) };
        (of_build, of_probe) = (only(&of_build)?, only(&of_probe)?);
    }
    Inputs { build, probe, of_build: &of_build, of_probe: &of_probe }.batch(&parts.origins, &parts.schema)
}

fn keep(residual: &Residual, inputs: &Inputs<'_>) -> Result<BooleanArray> {
    let batch = inputs.batch(&residual.columns, &residual.schema)?;
    let holds = residual.expr.evaluate(&batch)?.into_array(batch.num_rows())?;
    Ok(as_boolean_array(&holds)?.clone())
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
