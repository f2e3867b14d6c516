//! An instance: engine, committer and upkeep over one store, run until told to stop, and started again after a fault.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use url::Url;

use super::StreamError;
use super::committer::{CommitDone, Committer, StoreHealth};
use super::engine::{EngineParts, run};
use super::publish::{Flag, Publisher};
use super::worker::{Shared, WorkerOptions};
use crate::decode::message::SchemaSource;
use crate::join::{SessionOptions, runtime, session_in};
use crate::source::kafka::{Health, KafkaConfig, KafkaSource, Output};
use crate::store::{Options as StoreOptions, Store};
use crate::time::Clock;

/// What an instance is made of.
#[derive(Debug, Clone)]
pub struct InstanceOptions {
    /// The brokers and topics.
    pub kafka: KafkaConfig,
    /// Where the tables are.
    pub data: Url,
    /// How the tables are written.
    pub store: StoreOptions,
    /// How pipelines work; `memory_bytes` is of all together here.
    pub work: WorkerOptions,
    /// Says flags to the output topics too.
    pub publish: bool,
    /// Upkeep of the tables is done this often; never if zero.
    pub upkeep_every: Duration,
}

/// How it stands with an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceHealth {
    /// The way to the brokers; `None` before the first attempt.
    pub kafka: Option<Health>,
    /// Why the store cannot be written; `None` if it can.
    pub store: Option<String>,
    /// Why the engine was started again last; `None` if it never was.
    pub fault: Option<String>,
}

/// An instance, ready to run.
pub struct Instance {
    options: InstanceOptions,
    clock: Arc<dyn Clock>,
    schemas: Option<Arc<dyn SchemaSource>>,
    store: Arc<Store>,
    publisher: Publisher,
    committer: Committer,
    store_health: StoreHealth,
    health: watch::Sender<InstanceHealth>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("options", &self.options).finish_non_exhaustive()
    }
}

/// How long brokers are waited for when the output is connected.
const CONNECT: Duration = Duration::from_secs(20);
/// How long after a fault the engine is started again: at first, and at most.
const AGAIN_FIRST: Duration = Duration::from_millis(200);
const AGAIN_MOST: Duration = Duration::from_secs(10);

impl Instance {
    /// Opens the store and connects the output.
    ///
    /// # Errors
    /// [`StreamError::Store`] if the store cannot be opened; [`StreamError::Kafka`] if the brokers do not answer.
    pub async fn open(
        options: InstanceOptions,
        clock: Arc<dyn Clock>,
        schemas: Option<Arc<dyn SchemaSource>>,
        seen: impl Fn(CommitDone) + Send + Sync + 'static,
    ) -> Result<Self, StreamError> {
        let store = Arc::new(Store::open(&options.data, options.store.clone()).await?);
        super::direct::refuse_direct(&store).await?;
        let output = if options.publish {
            let kafka = options.kafka.clone();
            let connecting = tokio::task::spawn_blocking(move || Output::connect(&kafka, CONNECT)).await;
            Some(Arc::new(connecting.map_err(|e| StreamError::Defect(e.to_string()))??))
        } else {
            None
        };
        let publisher = Publisher::new(output, options.work.params);
        let (committer, store_health) = Committer::start(Arc::clone(&store), publisher.clone(), seen);
        let health = watch::channel(InstanceHealth::default()).0;
        Ok(Self { options, clock, schemas, store, publisher, committer, store_health, health })
    }

    /// The tables.
    #[must_use]
    pub fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    /// Flags as they are said.
    #[must_use]
    pub fn flags(&self) -> broadcast::Sender<Flag> {
        self.publisher.watchers()
    }

    /// How it stands; wakes whoever waits for a change.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<InstanceHealth> {
        self.health.subscribe()
    }

    /// Runs until `stop` becomes true; what was read is committed before it returns.
    ///
    /// # Errors
    /// [`StreamError`] if a fault comes with the stop itself, or the settings cannot be used.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), StreamError> {
        let upkeep = tokio::spawn(upkeep(Arc::clone(&self.store), self.options.upkeep_every));
        let ended = self.run_again_and_again(stop).await;
        upkeep.abort();
        ended
    }

    async fn run_again_and_again(&self, stop: watch::Receiver<bool>) -> Result<(), StreamError> {
        let mut wait = AGAIN_FIRST;
        loop {
            let watch = crate::time::Stopwatch::start();
            let ended = self.run_once(stop.clone()).await;
            if *stop.borrow() {
                return ended;
            }
            let fault = match ended {
                Ok(()) => "the source ended by itself".to_owned(),
                Err(error) => error.to_string(),
            };
            tracing::error!(%fault, "the engine has stopped and is started again");
            self.health.send_modify(|h| h.fault = Some(fault));
            if watch.seconds() > 60.0 {
                wait = AGAIN_FIRST;
            }
            let mut stop = stop.clone();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
            wait = (wait * 2).min(AGAIN_MOST);
        }
    }

    async fn run_once(&self, mut stop: watch::Receiver<bool>) -> Result<(), StreamError> {
        let (source, events) = KafkaSource::start(&self.options.kafka)?;
        let watching = self.watch_health(source.health());
        let memory = runtime(self.options.work.memory_bytes)?;
        let session = SessionOptions { partitions: 1, ..SessionOptions::default() };
        let parts = EngineParts {
            options: self.options.work.clone(),
            shared: Shared {
                store: Arc::clone(&self.store),
                committer: self.committer.clone(),
                publisher: self.publisher.clone(),
                clock: Arc::clone(&self.clock),
            },
            sessions: Arc::new(move || Ok(session_in(&session, Arc::clone(&memory)))),
            schemas: self.schemas.clone(),
        };
        let ended = run(parts, source, events, async move {
            // A sender that is gone stops as well.
            _ = stop.wait_for(|stop| *stop).await;
        })
        .await;
        watching.abort();
        ended
    }

    fn watch_health(&self, mut kafka: watch::Receiver<Health>) -> tokio::task::JoinHandle<()> {
        let (health, mut store) = (self.health.clone(), self.store_health.clone());
        tokio::spawn(async move {
            loop {
                health.send_modify(|h| {
                    h.kafka = Some(kafka.borrow_and_update().clone());
                    h.store.clone_from(&store.borrow_and_update());
                });
                tokio::select! {
                    changed = kafka.changed() => if changed.is_err() { return },
                    changed = store.changed() => if changed.is_err() { return },
                }
            }
        })
    }
}

/// Merges small files and cleans old logs, now and then; a fault is said and tried again the next time.
async fn upkeep(store: Arc<Store>, every: Duration) {
    if every.is_zero() {
        return;
    }
    loop {
        tokio::time::sleep(every).await;
        match store.maintain().await {
            Ok(done) => tracing::debug!(?done, "upkeep of the tables"),
            Err(error) => tracing::warn!(%error, "upkeep of the tables failed; it is tried again"),
        }
    }
}
