//! The engine: what an instance does with the partitions that the group gives it.
//!
//! ```text
//!   Assign 3, 5 ─> where do the tables stand? ─> a worker each ─> answer: read from there
//!   Revoke 3    ─> its channels have ended ─> its worker commits what it has read and ends ─> answer
//!   Lost 3      ─> its worker is dropped, with what was not committed: another instance reads it again
//! ```
//! A worker that fails ends the run: whoever runs the engine starts it again, and it goes on from what is stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use datafusion::prelude::SessionContext;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::shared::{Channels, Shared, WorkerOptions};
use super::standing::Standing;
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
    workers: JoinSet<Outcome>,
    running: BTreeMap<i32, tokio::task::AbortHandle>,
    on_saved: mpsc::UnboundedSender<(i32, Standing)>,
}

/// How long the brokers may take to say how many partitions there are.
const PARTITIONS_DEADLINE: Duration = Duration::from_secs(4);

/// Runs until `stop` says so or a worker fails; the source is stopped in either case, with everything that was read
/// committed if it can be.
///
/// # Errors
/// [`StreamError`] of the first worker that failed.
pub async fn run(
    parts: EngineParts,
    source: Arc<KafkaSource>,
    mut events: mpsc::UnboundedReceiver<Event>,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), StreamError> {
    let (on_saved, mut saved) = mpsc::unbounded_channel();
    let mut engine =
        Engine { parts, source: Arc::clone(&source), workers: JoinSet::new(), running: BTreeMap::new(), on_saved };
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
                if let Some(source) = &source {
                    source.committed(standing.positions(partition));
                }
            }
            Some(ended) = engine.workers.join_next_with_id(), if !engine.workers.is_empty() => {
                if let Err(error) = engine.ended(ended) {
                    failed.get_or_insert(error);
                }
            }
            () = &mut stop, if !told => told = true,
        }
        if (told || failed.is_some())
            && let Some(source) = source.take()
        {
            stopping = Some(SpawnedTask::spawn(async move { source.stop().await }));
        }
    }
    if let Some(stopping) = stopping {
        _ = stopping.await;
    }
    engine.workers.shutdown().await;
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
                reply.send(());
                failed.map_or(Ok(()), Err)
            }
            Event::Lost { partitions } => {
                for partition in partitions {
                    if let Some(worker) = self.running.remove(&partition) {
                        tracing::warn!(partition, "a partition was lost: what is not committed of it is read again");
                        worker.abort();
                        self.parts.shared.urgency.forget(partition);
                    }
                }
                self.parts.shared.pipelines.set(self.running.len());
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
        let count = self.partitions().await?;
        let standings = Standing::of_all(&self.parts.shared.store).await?;
        // Before any of them starts: none may think that it is alone.
        self.parts.shared.pipelines.set(self.running.len() + partitions.len());
        let mut positions = Vec::new();
        for assigned in partitions {
            let partition = assigned.partition;
            let standing = standings.get(&partition).cloned().unwrap_or_default();
            positions.extend(standing.positions(partition));
            let known = self.parts.shared.store.cases_of(partition).await?;
            tracing::info!(
                partition,
                cases = known.len(),
                fixes = standing.at(Table::Fixes, crate::source::Topic::Fixes),
                "assigned"
            );
            let context = (self.parts.sessions)()?;
            let pipeline = Pipeline::start(&context, self.parts.options.params).await?;
            let worker = Worker::new(
                self.parts.options.clone(),
                self.parts.shared.clone(),
                Channels { partition, partitions: Some(count), fixes: assigned.fixes, cases: assigned.cases },
                pipeline,
                FixDecoder::new(self.parts.schemas.clone()),
                (standing, known),
                self.on_saved.clone(),
            );
            let handle = self.workers.spawn(async move { (partition, worker.run().await) });
            self.running.insert(partition, handle);
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

    fn ended(&mut self, ended: Result<(Id, Outcome), JoinError>) -> Result<(), StreamError> {
        match ended {
            Ok((id, (partition, outcome))) => {
                // A partition that was lost and given again may have another worker by now.
                if self.running.get(&partition).is_some_and(|worker| worker.id() == id) {
                    self.running.remove(&partition);
                    self.parts.shared.urgency.forget(partition);
                    self.parts.shared.pipelines.set(self.running.len());
                }
                outcome.inspect_err(|error| tracing::error!(partition, %error, "a pipeline has failed"))
            }
            Err(error) if error.is_cancelled() => Ok(()),
            Err(error) => Err(StreamError::Defect(error.to_string())),
        }
    }
}
