//! Driving the join: whichever input has a batch is read, and its pairs leave before the next is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::{filter_record_batch, interleave};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, Time};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream::{BoxStream, select};
use futures::{StreamExt as _, TryStreamExt as _};

use super::super::physical::JoinSpec;
use super::super::predicate::Side;
use super::super::probe::Work;
use super::super::stream::Counters;
use super::held::Held;
use super::state::{Live, Met, Place, State};

/// What the stream needs.
pub struct LiveParts {
    /// The state, shared with its owner.
    pub live: Live,
    /// The predicate.
    pub spec: Arc<JoinSpec>,
    /// Where each output column comes from.
    pub origins: Vec<(Side, usize)>,
    /// The output schema.
    pub schema: SchemaRef,
    /// The operator's metrics.
    pub metrics: ExecutionPlanMetricsSet,
    /// The task: memory pool and configuration.
    pub context: Arc<TaskContext>,
}

struct Running {
    parts: LiveParts,
    inputs: BoxStream<'static, Result<(Side, RecordBatch)>>,
    counters: Counters,
    time: Time,
    reservation: Arc<MemoryReservation>,
    batch_size: usize,
    ready: VecDeque<RecordBatch>,
}

/// The pairs of both inputs.
pub fn run(
    parts: LiveParts,
    left: SendableRecordBatchStream,
    right: SendableRecordBatchStream,
) -> SendableRecordBatchStream {
    let schema = Arc::clone(&parts.schema);
    let of = |side: Side, input: SendableRecordBatchStream| input.map_ok(move |batch| (side, batch));
    let counters = Counters::new(&parts.metrics, 0);
    let reservation = Arc::new(MemoryConsumer::new("ProximityJoin[live]").register(parts.context.memory_pool()));
    parts.live.lock().takes_from(&reservation);
    let running = Running {
        // Takes turns where both have something, and waits for neither.
        inputs: select(of(Side::Left, left), of(Side::Right, right)).boxed(),
        time: counters.join_time.clone(),
        counters,
        reservation,
        batch_size: parts.context.session_config().batch_size().max(1),
        ready: VecDeque::new(),
        parts,
    };
    let pairs = futures::stream::try_unfold(running, |mut running| async move {
        Ok(running.next().await?.map(|batch| (batch, running)))
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, pairs))
}

impl Running {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                self.counters.output_rows.add(batch.num_rows());
                return Ok(Some(batch));
            }
            let Some((side, batch)) = self.inputs.next().await.transpose()? else { return Ok(None) };
            let time = self.time.clone();
            let _timer = time.timer();
            self.take_in(side, batch)?;
        }
    }

    fn take_in(&mut self, side: Side, batch: RecordBatch) -> Result<()> {
        let live = self.parts.live.clone();
        let mut state = live.lock();
        let mut work = Work::default();
        let met = state.take_in(side, batch, &mut work)?;
        self.counters.add(&work);
        self.reservation.try_resize(state.bytes())?;
        for from in (0..met.left.len()).step_by(self.batch_size) {
            let batch = assemble(&state, &met, from..(from + self.batch_size).min(met.left.len()), &self.parts)?;
            if batch.num_rows() > 0 {
                self.ready.push_back(batch);
            }
        }
        Ok(())
    }
}

/// The output columns of some pairs, after the residual.
fn assemble(state: &State, met: &Met, pairs: std::ops::Range<usize>, parts: &LiveParts) -> Result<RecordBatch> {
    let of = |places: &[Place], side: Side| {
        let places = places.get(pairs.clone()).unwrap_or_default();
        Gather::new(state.held(side), places)
    };
    let (left, right) = (of(&met.left, Side::Left)?, of(&met.right, Side::Right)?);
    let column = |(side, at): &(Side, usize)| match side {
        Side::Left => left.column(*at),
        Side::Right => right.column(*at),
    };
    let batch = |origins: &[(Side, usize)], schema: &SchemaRef| {
        let columns = origins.iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(pairs.len()));
        Ok::<_, datafusion::error::DataFusionError>(RecordBatch::try_new_with_options(
            Arc::clone(schema),
            columns,
            &options,
        )?)
    };
    let all = batch(&parts.origins, &parts.schema)?;
    let Some(residual) = &parts.spec.residual else { return Ok(all) };
    let read = batch(&residual.columns, &residual.schema)?;
    let holds = residual.expr.evaluate(&read)?.into_array(read.num_rows())?;
    // A NULL in the mask is not true: `filter` leaves its row out.
    let kept: &BooleanArray = as_boolean_array(&holds)?;
    Ok(filter_record_batch(&all, kept)?)
}

/// Rows of a side, put together column by column.
struct Gather<'a> {
    runs: Vec<&'a RecordBatch>,
    /// Run among `runs`, row in it.
    rows: Vec<(usize, usize)>,
}

impl<'a> Gather<'a> {
    fn new(held: &'a Held, places: &[Place]) -> Result<Self> {
        let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
        let mut gather = Self { runs: Vec::new(), rows: Vec::with_capacity(places.len()) };
        for place in places {
            let gone = || internal_datafusion_err!("ProximityJoin: a row that was held is gone");
            let found = held.find(place.slot, place.row).ok_or_else(gone)?;
            let run = *numbers.entry(found.number).or_insert_with(|| {
                gather.runs.push(&found.run.rows);
                gather.runs.len() - 1
            });
            gather.rows.push((run, found.row));
        }
        Ok(gather)
    }

    fn column(&self, at: usize) -> Result<ArrayRef> {
        let arrays: Vec<&dyn Array> = self.runs.iter().map(|b| b.column(at).as_ref()).collect();
        Ok(interleave(&arrays, &self.rows)?)
    }
}
