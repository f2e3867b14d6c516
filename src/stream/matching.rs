//! The join of a pipeline: one DataFusion plan that runs as long as the pipeline, fed batch by batch.
//!
//! ```text
//!  put_suspects ─> suspects ─┐
//!                            ├─ ProximityJoinExec, both inputs without end ─> drain: pairs
//!  put_targets ──> targets ──┘
//! ```
//! The inputs are channels, and the join reads both as they come: when it waits, both are empty, so everything that was
//! put in has met everything else. [`Matching::drain`] relies on that, and checks it by counting.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, AsArray as _, Float64Array, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{Result, exec_datafusion_err, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::join::ProximityJoinExec;
use crate::join::live::Live;

/// One row of either input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The case, by its number in the pipeline.
    pub case: i64,
    /// Names the row in the pairs.
    pub reference: i64,
    /// Start, UTC microseconds; of a target less the window.
    pub t0_us: i64,
    /// End, UTC microseconds; of a target and the window.
    pub t1_us: i64,
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// What the row adds to the distance at which a pair is judged, metres: a fix its uncertainty, a target its limit.
    pub reach_m: f64,
}

/// `case`, `reference`, `t0`, `t1` Int64; `lat_deg`, `lon_deg`, `reach_m` Float64; nothing null.
static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |name: &str, of: &DataType| Field::new(name, of.clone(), false);
    let whole = ["case_no", "reference", "t0", "t1"].map(|name| field(name, &DataType::Int64));
    let real = ["lat_deg", "lon_deg", "reach_m"].map(|name| field(name, &DataType::Float64));
    Arc::new(Schema::new(whole.into_iter().chain(real).collect::<Vec<_>>()))
});

const QUERY: &str = "\
SELECT s.reference AS fix, t.reference AS target
FROM suspects s JOIN targets t
  ON s.case_no = t.case_no
 AND distance_m(s.lat_deg, s.lon_deg, t.lat_deg, t.lon_deg) <= t.reach_m + s.reach_m
 AND s.t0 <= t.t1 AND s.t1 >= t.t0";

/// The most rows put in as one batch.
const BATCH_ROWS: usize = 8192;

/// The running join.
pub struct Matching {
    suspects: UnboundedSender<RecordBatch>,
    targets: UnboundedSender<RecordBatch>,
    pairs: SendableRecordBatchStream,
    live: Live,
    sent: u64,
}

impl std::fmt::Debug for Matching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matching").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl Matching {
    /// Plans and starts the join in a session that knows Locard's functions and rule (see [`crate::join::session()`]).
    ///
    /// # Errors
    /// If the plan cannot be made, or holds no join of two endless inputs.
    pub async fn start(context: &SessionContext) -> Result<Self> {
        let (suspects, targets) = (Input::register(context, "suspects")?, Input::register(context, "targets")?);
        let plan = context.sql(QUERY).await?.create_physical_plan().await?;
        context.deregister_table("suspects")?;
        context.deregister_table("targets")?;
        let Some(live) = live_of(&plan) else {
            return internal_err!("the pipeline's plan holds no join of two endless inputs");
        };
        let pairs = execute_stream(plan, context.task_ctx())?;
        Ok(Self { suspects, targets, pairs, live, sent: 0 })
    }

    /// Puts suspects' fixes in.
    ///
    /// # Errors
    /// If the join has ended.
    pub fn put_suspects(&mut self, rows: &[Row]) -> Result<()> {
        self.put(rows, |matching| &matching.suspects)
    }

    /// Puts targets in.
    ///
    /// # Errors
    /// If the join has ended.
    pub fn put_targets(&mut self, rows: &[Row]) -> Result<()> {
        self.put(rows, |matching| &matching.targets)
    }

    fn put(&mut self, rows: &[Row], side: impl Fn(&Self) -> &UnboundedSender<RecordBatch>) -> Result<()> {
        for rows in rows.chunks(BATCH_ROWS) {
            let ended = |_| exec_datafusion_err!("the join of the pipeline has ended");
            side(self).send(batch(rows)?).map_err(ended)?;
            self.sent += 1;
        }
        Ok(())
    }

    /// Lets every row of these cases go.
    ///
    /// # Errors
    /// If the join's state is not of our keys, which is a defect.
    pub fn forget(&self, cases: &[i64]) -> Result<()> {
        let keys: ArrayRef = Arc::new(Int64Array::from(cases.to_vec()));
        self.live.forget(&[keys])
    }

    /// About how many bytes the join holds.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.live.bytes_held()
    }

    /// The pairs of everything that was put in since the last time, as references of suspect and target.
    ///
    /// # Errors
    /// If the join fails: out of memory, most often.
    pub async fn drain(&mut self) -> Result<Vec<(i64, i64)>> {
        let mut found = Vec::new();
        // Not constrained: a budget that is used up would look like inputs that are empty.
        while let Some(next) = tokio::task::unconstrained(async { self.pairs.next().now_or_never() }).await {
            let Some(batch) = next.transpose()? else { return internal_err!("the join of the pipeline has ended") };
            let column = |at: usize| batch.column(at).as_primitive::<Int64Type>().values().iter().copied();
            found.extend(column(0).zip(column(1)));
        }
        let read = self.live.batches_read();
        if read != self.sent {
            return internal_err!("the join has read {read} of {} batches and waits", self.sent);
        }
        Ok(found)
    }
}

fn live_of(plan: &Arc<dyn ExecutionPlan>) -> Option<Live> {
    let here = plan.downcast_ref::<ProximityJoinExec>().and_then(|join| join.live().cloned());
    here.or_else(|| plan.children().into_iter().find_map(live_of))
}

fn batch(rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let whole = |f: fn(&Row) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(rows.iter().map(f))) };
    let real = |f: fn(&Row) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(rows.iter().map(f))) };
    let columns = vec![
        whole(|r| r.case),
        whole(|r| r.reference),
        whole(|r| r.t0_us),
        whole(|r| r.t1_us),
        real(|r| r.lat_deg),
        real(|r| r.lon_deg),
        real(|r| r.reach_m),
    ];
    RecordBatch::try_new(Arc::clone(&SCHEMA), columns)
}

/// An input that gives what is sent to it.
#[derive(Debug)]
struct Input(Mutex<Option<UnboundedReceiver<RecordBatch>>>);

impl Input {
    fn register(context: &SessionContext, name: &str) -> Result<UnboundedSender<RecordBatch>> {
        let (sender, receiver) = unbounded_channel();
        let input = Arc::new(Self(Mutex::new(Some(receiver))));
        let table = StreamingTable::try_new(Arc::clone(&SCHEMA), vec![input])?.with_infinite_table(true);
        context.register_table(name, Arc::new(table))?;
        Ok(sender)
    }
}

impl PartitionStream for Input {
    fn schema(&self) -> &SchemaRef {
        &SCHEMA
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let batches = futures::stream::unfold(receiver, |receiver| async {
            let mut receiver = receiver?;
            receiver.recv().await.map(|batch| (Ok(batch), Some(receiver)))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), batches))
    }
}
