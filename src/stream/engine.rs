//! The engine: what an instance does with the partitions that the group gives it.
//!
//! ```text
//!   Assign 3, 5 ─> where do the tables stand? ─> a worker each ─> answer: read from there
//!   Revoke 3    ─> its channels have ended ─> its worker commits what it has read and ends ─> answer
//!   Lost 3      ─> its worker is dropped, with what was not committed: another instance reads it again
//! ```
//! A worker that fails is started again by itself, after a while, from what is stored; the others go on meanwhile. The run
//! ends if the source does, if it cannot be told where to begin, or if beginning again does not mend what failed
//! ([`StreamError::is_final`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use datafusion::prelude::SessionContext;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::failing::Failing;
use super::shared::{Channels, Shared, WorkerOptions};
use super::standing::Standing;
use super::telemetry::Readiness;
use super::worker::Worker;
use super::{Pipeline, StreamError, hold_to_partitions};
use crate::decode::message::{FixDecoder, SchemaSource};
use crate::source::kafka::{Assigned, Event, KafkaSource, Position};
use crate::store::Table;

/// Where the join's sessions come from: each pipeline has its own, and all share one memory pool.
pub type Sessions = Arc<dyn Fn() -> datafusion::common::Result<SessionContext> + Send + Sync>;

/// What an engine needs.
#[derive(Clone)]
pub struct EngineParts {
    /// How pipelines work.
    pub options: WorkerOptions,
    /// What they share.
    pub shared: Shared,
    /// Sessions for their joins.
    pub sessions: Sessions,
    /// Schemas of Avro payloads.
    pub schemas: Option<Arc<dyn SchemaSource>>,
}

impl std::fmt::Debug for EngineParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineParts").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A partition, and how its worker ended.
type Outcome = (i32, Result<(), StreamError>);

/// The workers of this instance.
struct Engine {
    parts: EngineParts,
    source: Arc<KafkaSource>,
    /// How many partitions each topic has, as of the last assignment.
    count: Option<i32>,
    workers: JoinSet<Outcome>,
    running: BTreeMap<i32, AbortHandle>,
    failing: Failing,
    /// Each ends when a partition that has failed is to be started again.
    due: JoinSet<i32>,
    on_saved: mpsc::UnboundedSender<(i32, Standing)>,
    /// Nothing is started any more.
    stopping: bool,
}

/// What a worker needs besides its channels.
struct Prepared {
    partition: i32,
    standing: Standing,
    known: BTreeSet<String>,
    pipeline: Pipeline,
}

/// How long the brokers may take to say how many partitions there are.
const PARTITIONS_DEADLINE: Duration = Duration::from_secs(4);

/// Runs until `stop` says so, the source ends or cannot be told where to begin, or a worker fails in a way that beginning
/// again does not mend; the source is stopped in each case, with everything that was read committed if it can be.
///
/// # Errors
/// [`StreamError`] if a partition that was given cannot be begun with, if a worker fails while it stops, and if one is
/// [final](StreamError::is_final).
pub async fn run(
    parts: EngineParts,
    source: Arc<KafkaSource>,
    mut events: mpsc::UnboundedReceiver<Event>,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), StreamError> {
    let (on_saved, mut saved) = mpsc::unbounded_channel();
    let mut engine = Engine {
        parts,
        source: Arc::clone(&source),
        count: None,
        workers: JoinSet::new(),
        running: BTreeMap::new(),
        failing: Failing::default(),
        due: JoinSet::new(),
        on_saved,
        stopping: false,
    };
    let (mut failed, mut told) = (None, false);
    let mut stop = std::pin::pin!(stop);
    let mut source = Some(source);
    let mut stopping: Option<SpawnedTask<()>> = None;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => {
                    if let Err(error) = engine.handle(event).await {
                        failed.get_or_insert(error);
                    }
                }
                // The poll thread has ended.
                None => break,
            },
            Some((partition, standing)) = saved.recv() => {
                engine.works(partition, &standing);
                if let Some(source) = &source {
                    source.committed(standing.positions(partition));
                }
            }
            Some(ended) = engine.workers.join_next_with_id(), if !engine.workers.is_empty() => {
                if let Err(error) = engine.ended(ended) {
                    failed.get_or_insert(error);
                }
            }
            Some(Ok(partition)) = engine.due.join_next(), if !engine.due.is_empty() => {
                if let Err(error) = engine.start_again(partition).await {
                    failed.get_or_insert(error);
                }
            }
            () = &mut stop, if !told => told = true,
        }
        if (told || failed.is_some())
            && let Some(source) = source.take()
        {
            engine.stopping = true;
            stopping = Some(SpawnedTask::spawn(async move { source.stop().await }));
        }
    }
    if let Some(stopping) = stopping {
        _ = stopping.await;
    }
    engine.workers.shutdown().await;
    engine.parts.shared.telemetry.readiness().clear(Readiness::PIPELINE);
    failed.map_or(Ok(()), Err)
}

impl Engine {
    async fn handle(&mut self, event: Event) -> Result<(), StreamError> {
        match event {
            Event::Assign { partitions, reply } => {
                reply.send(self.assign(partitions).await?);
                Ok(())
            }
            Event::Revoke { partitions, reply } => {
                // Their channels have ended: they finish by themselves.
                let mut failed = None;
                while partitions.iter().any(|p| self.running.contains_key(p)) {
                    let Some(ended) = self.workers.join_next_with_id().await else { break };
                    if let Err(error) = self.ended(ended) {
                        failed.get_or_insert(error);
                    }
                }
                for partition in partitions {
                    self.forget(partition);
                }
                reply.send(());
                failed.map_or(Ok(()), Err)
            }
            Event::Lost { partitions } => {
                for partition in partitions {
                    if let Some(worker) = self.running.remove(&partition) {
                        tracing::warn!(partition, "a partition was lost: what is not committed of it is read again");
                        worker.abort();
                    }
                    self.forget(partition);
                }
                Ok(())
            }
            Event::Gap { topic, partition, expected, found } => {
                tracing::error!(?topic, partition, expected = expected.get(), found, "messages are missing");
                Ok(())
            }
        }
    }

    async fn assign(&mut self, partitions: Vec<Assigned>) -> Result<Vec<Position>, StreamError> {
        // Said from here on; each worker says it for itself until it is done.
        let _restoring: Vec<_> =
            partitions.iter().map(|assigned| self.parts.shared.telemetry.restoring(assigned.partition)).collect();
        self.count = Some(self.partitions().await?);
        let standings = Standing::of_all(&self.parts.shared.store).await?;
        // Before any of them starts: none may think that it is alone.
        self.parts.shared.pipelines.set(self.pipelines() + partitions.len());
        let mut positions = Vec::new();
        for assigned in partitions {
            let standing = standings.get(&assigned.partition).cloned().unwrap_or_default();
            positions.extend(standing.positions(assigned.partition));
            let prepared = self.prepare(assigned.partition, standing).await?;
            self.start(prepared, assigned);
        }
        Ok(positions)
    }

    /// How many partitions the topics have: as many as when the store was begun.
    async fn partitions(&self) -> Result<i32, StreamError> {
        let source = Arc::clone(&self.source);
        let asked = SpawnedTask::spawn_blocking(move || source.partitions(PARTITIONS_DEADLINE)).await;
        let count = asked.map_err(|e| StreamError::Defect(e.to_string()))??;
        hold_to_partitions(&self.parts.shared.store, count).await?;
        Ok(count)
    }

    async fn prepare(&self, partition: i32, standing: Standing) -> Result<Prepared, StreamError> {
        let known = self.parts.shared.store.cases_of(partition).await?;
        let at = standing.at(Table::Fixes, crate::source::Topic::Fixes);
        tracing::info!(partition, cases = known.len(), fixes = at, "a pipeline starts");
        let context = (self.parts.sessions)()?;
        let options = &self.parts.options;
        let pipeline = Pipeline::start(&context, options.params).await?.with_case_limit(options.cases_bytes());
        Ok(Prepared { partition, standing, known, pipeline })
    }

    fn start(&mut self, prepared: Prepared, assigned: Assigned) {
        let Prepared { partition, standing, known, pipeline } = prepared;
        let worker = Worker::new(
            self.parts.options.clone(),
            self.parts.shared.clone(),
            Channels { partition, partitions: self.count, fixes: assigned.fixes, cases: assigned.cases },
            pipeline,
            FixDecoder::new(self.parts.schemas.clone()),
            (standing, known),
            self.on_saved.clone(),
        );
        let handle = self.workers.spawn(async move { (partition, worker.run().await) });
        self.running.insert(partition, handle);
    }

    /// Takes note of a worker's end; one that failed is started again later.
    ///
    /// # Errors
    /// Why it failed, if it is not started again: nothing is any more, or it would not help.
    fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) -> Result<(), StreamError> {
        let (id, outcome) = match ended {
            Ok((id, (_, outcome))) => (id, outcome),
            Err(error) if error.is_cancelled() => return Ok(()),
            Err(error) => (error.id(), Err(StreamError::Defect(error.to_string()))),
        };
        // A partition that was lost and given again may have another worker by now.
        let of = self.running.iter().find(|(_, worker)| worker.id() == id).map(|(partition, _)| *partition);
        let Some(partition) = of else { return Ok(()) };
        self.running.remove(&partition);
        match outcome {
            Err(error) if self.stopping || error.is_final() => {
                tracing::error!(partition, %error, "a pipeline has failed");
                return Err(error);
            }
            Err(error) => self.failed(partition, &error),
            Ok(()) => self.forget(partition),
        }
        Ok(())
    }

    /// Cases keep their clocks meanwhile: they are ours, and wait.
    fn failed(&mut self, partition: i32, error: &StreamError) {
        let wait = self.failing.failed(partition, error.to_string());
        tracing::error!(partition, %error, wait_s = wait.as_secs(), "a pipeline has failed, and is started again");
        self.parts.shared.telemetry.pipeline_failed();
        self.parts.shared.urgency.read_again(partition);
        self.due.spawn(async move {
            tokio::time::sleep(wait).await;
            partition
        });
        self.tell();
    }

    /// Starts a pipeline again that has failed, if it is ours still.
    ///
    /// # Errors
    /// Why it cannot be started, if trying again would not help.
    async fn start_again(&mut self, partition: i32) -> Result<(), StreamError> {
        if self.stopping || !self.failing.waits(partition) || self.running.contains_key(&partition) {
            return Ok(());
        }
        match self.try_again(partition).await {
            Ok(true) => {}
            // A question about it is on its way, or was answered.
            Ok(false) => self.forget(partition),
            Err(error) if error.is_final() => return Err(error),
            Err(error) => self.failed(partition, &error),
        }
        Ok(())
    }

    async fn try_again(&mut self, partition: i32) -> Result<bool, StreamError> {
        let standing = Standing::of_all(&self.parts.shared.store).await?.remove(&partition).unwrap_or_default();
        let prepared = self.prepare(partition, standing.clone()).await?;
        // The answer comes at once, so no question of the source is waited for here that it waits for too.
        let reopened = self.source.reopen(partition, standing.positions(partition)).await?;
        let Some(assigned) = reopened else { return Ok(false) };
        self.failing.started(partition, standing);
        self.start(prepared, assigned);
        Ok(true)
    }

    fn works(&mut self, partition: i32, standing: &Standing) {
        self.failing.works(partition, standing);
        self.tell();
    }

    /// Forgets a partition that is not ours any more.
    fn forget(&mut self, partition: i32) {
        self.failing.forget(partition);
        self.parts.shared.urgency.forget(partition);
        self.parts.shared.pipelines.set(self.pipelines());
        self.tell();
    }

    /// How many share the memory: those too that are started again soon.
    fn pipelines(&self) -> usize {
        self.running.len() + self.failing.waiting()
    }

    /// Says which pipelines do not work, and why.
    fn tell(&self) {
        let readiness = self.parts.shared.telemetry.readiness();
        match self.failing.text() {
            Some(text) => readiness.set(Readiness::PIPELINE, text),
            None => readiness.clear(Readiness::PIPELINE),
        }
    }
}
