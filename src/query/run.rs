//! Running a plan within limits: on threads of its own, for so long, with so much memory, for so many rows.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::{Stream, StreamExt as _};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tokio::time::Sleep;

use super::rights::Rights;
use super::tables::Pins;
use super::tally::Tally;
use super::{Elsewhere, Limits, QueryError};
use crate::time::Stopwatch;

/// Temporary files may hold so many times the memory.
const DISK_TIMES: u64 = 4;
/// Operators that may give far more rows than they take: after each batch of theirs others have their turn.
const GROWING: [&str; 8] = [
    "NestedLoopJoinExec",
    "CrossJoinExec",
    "HashJoinExec",
    "SortMergeJoinExec",
    "ProximityJoinExec",
    "UnnestExec",
    "RecursiveQueryExec",
    "PiecewiseMergeJoinExec",
];

/// While rows are on their way, it is asked so often whether they may still be seen, seconds.
const CONFIRM_S: f64 = 1.0;

/// What bounds one query.
pub(super) struct Bounds {
    pub(super) limits: Limits,
    /// What of the time is left.
    pub(super) left: Duration,
    pub(super) rights: Arc<Rights>,
    /// Where its plan may run besides here.
    pub(super) elsewhere: Option<Arc<dyn Elsewhere>>,
}

/// A session of one query: its own memory, its own temporary files, and the versions that it reads.
pub(super) fn state_of_query(
    state: SessionState,
    limits: &Limits,
    (tally, pins): (Arc<Tally>, Arc<Pins>),
    elsewhere: Option<&dyn Elsewhere>,
) -> Result<SessionState, DataFusionError> {
    let disk_bytes = u64::try_from(limits.memory_bytes).unwrap_or(u64::MAX).saturating_mul(DISK_TIMES);
    let mut runtime = RuntimeEnvBuilder::from_runtime_env(state.runtime_env())
        .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)));
    runtime.disk_manager = None;
    let runtime = runtime.with_max_temp_directory_size(disk_bytes).build_arc()?;
    // The catalogs are shared with the session: made anew they would be empty.
    let config = state.config().clone().with_create_default_catalog_and_schema(false);
    let config = config.with_extension(pins).with_extension(tally);
    let config = match elsewhere {
        Some(elsewhere) => elsewhere.settings(config),
        None => config,
    };
    Ok(SessionStateBuilder::new_from_existing(state).with_config(config).with_runtime_env(runtime).build())
}

/// Plans and starts a query on the threads of `workers`; the permit is held until the rows end or are let go of.
pub(super) async fn start(
    state: SessionState,
    plan: LogicalPlan,
    bounds: Bounds,
    permit: OwnedSemaphorePermit,
    workers: &Handle,
) -> Result<SendableRecordBatchStream, QueryError> {
    let Bounds { limits, left, rights, elsewhere } = bounds;
    let mut ends = Box::pin(tokio::time::sleep(left));
    let began = rights.narrowed();
    // Ends with this function, also if it is let go of half way.
    let mut planning = JoinSet::new();
    planning.spawn_on(
        async move {
            let physical = yielding(state.create_physical_plan(&plan).await?)?;
            Ok::<_, DataFusionError>((physical, state.task_ctx()))
        },
        workers,
    );
    let planned = tokio::select! {
        () = &mut ends => return Err(time_is_up(&limits)),
        planned = planning.join_next() => planned,
    };
    let broken = || DataFusionError::Execution("the query was broken off".to_owned());
    let (physical, task) = planned.ok_or_else(broken)?.map_err(|_| broken())?.map_err(|e| reworded(e, &limits))?;
    let schema = physical.schema();
    let mut rows = RecordBatchReceiverStream::builder(Arc::clone(&schema), 2);
    let out = rows.tx();
    let asked = Arc::clone(&rights);
    let work = async move {
        let mut batches = match elsewhere {
            Some(elsewhere) => elsewhere.run(physical, task).await?,
            None => execute_stream(physical, task)?,
        };
        let mut confirmed = Stopwatch::start();
        while let Some(batch) = batches.next().await {
            if confirmed.seconds() > CONFIRM_S {
                asked.check().await.map_err(|e| DataFusionError::External(Box::new(e)))?;
                confirmed = Stopwatch::start();
            }
            if out.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    rows.spawn_on(work, workers);
    let rows = Some((rows.build(), permit));
    Ok(Box::pin(Limited { rows, schema, ends, sent: 0, limits, rights, began }))
}

/// The plan with a turn for others after each batch of operators that may go on for ever.
fn yielding(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let wrapped = plan.transform_up(|node| {
        if !GROWING.contains(&node.name()) {
            return Ok(Transformed::no(node));
        }
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>))
    });
    Ok(wrapped?.data)
}

/// That something was taken away while rows were on their way.
pub(super) fn narrowed() -> QueryError {
    QueryError::Refused("what may be seen was narrowed while rows were on their way: ask again".to_owned())
}

/// That the time is over.
pub(super) fn time_is_up(limits: &Limits) -> QueryError {
    QueryError::Limit { limit: "time", detail: format!("{} s", limits.wall_time.as_secs_f64()) }
}

/// The engine's error as ours, if it is about a limit.
fn reworded(error: DataFusionError, limits: &Limits) -> QueryError {
    if !matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) {
        return QueryError::of_engine(error);
    }
    let mib = limits.memory_bytes >> 20;
    let detail =
        format!("{mib} MiB, and {DISK_TIMES} times as much in temporary files where the operator can use them");
    QueryError::Limit { limit: "memory", detail }
}

/// The rows of a query until a limit; an error ends them.
struct Limited {
    rows: Option<(SendableRecordBatchStream, OwnedSemaphorePermit)>,
    schema: SchemaRef,
    ends: Pin<Box<Sleep>>,
    sent: u64,
    limits: Limits,
    rights: Arc<Rights>,
    /// How often something had been taken away when they began.
    began: u64,
}

impl Limited {
    /// Ends the rows: the work stops and others have the turn.
    fn end(&mut self, error: QueryError) -> Poll<Option<Result<RecordBatch, DataFusionError>>> {
        self.rows = None;
        Poll::Ready(Some(Err(match error {
            QueryError::Engine(error) => error,
            other => DataFusionError::External(Box::new(other)),
        })))
    }
}

impl Stream for Limited {
    type Item = Result<RecordBatch, DataFusionError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let limits = self.limits;
        let Some((rows, _)) = self.rows.as_mut() else { return Poll::Ready(None) };
        let next = rows.poll_next_unpin(context);
        if matches!(next, Poll::Ready(None)) {
            self.rows = None;
            return Poll::Ready(None);
        }
        if self.ends.as_mut().poll(context).is_ready() {
            return self.end(time_is_up(&limits));
        }
        if self.rights.narrowed() != self.began {
            return self.end(narrowed());
        }
        match next {
            Poll::Ready(Some(Ok(batch))) => {
                self.sent = self.sent.saturating_add(u64::try_from(batch.num_rows()).unwrap_or(u64::MAX));
                if self.sent > limits.rows {
                    return self.end(QueryError::Limit { limit: "rows", detail: format!("{} rows", limits.rows) });
                }
                Poll::Ready(Some(Ok(batch)))
            }
            Poll::Ready(Some(Err(error))) => self.end(reworded(error, &limits)),
            other => other,
        }
    }
}

impl RecordBatchStream for Limited {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
