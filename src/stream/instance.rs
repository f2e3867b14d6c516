//! An instance: engine, committer and upkeep over one store, run until told to stop, and started again after a fault.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use tokio::sync::{broadcast, watch};
use url::Url;

use super::committer::{CommitDone, Committer, StoreHealth};
use super::engine::{EngineParts, run};
use super::memory::Pipelines;
use super::publish::Publisher;
use super::shared::{Shared, WorkerOptions};
use super::telemetry::{Readiness, Telemetry};
use super::terms::{hold_to_params, hold_to_partitions};
use super::urgency::Urgency;
use super::{Changed, LiveFlag, StreamError};
use crate::decode::message::SchemaSource;
use crate::join::{SessionOptions, runtime, session_in};
use crate::source::CaseLag;
use crate::source::kafka::{Health, KafkaConfig, KafkaSource, Output};
use crate::store::{Options as StoreOptions, Store};
use crate::time::Clock;
use crate::time::custody::CustodyRules;

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
    /// The rules of the custody clock.
    pub custody: CustodyRules,
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
    urgency: Urgency,
    telemetry: Arc<Telemetry>,
    /// Ends with the instance.
    _committing: SpawnedTask<()>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("options", &self.options).finish_non_exhaustive()
    }
}

/// How long brokers may take to answer when the output is connected, before it is tried again.
const CONNECT: Duration = Duration::from_secs(4);
/// How long after a fault the engine is started again: at first, and at most.
const AGAIN_FIRST: Duration = Duration::from_millis(200);
const AGAIN_MOST: Duration = Duration::from_secs(10);

impl Instance {
    /// Opens the store. The brokers are asked when it runs: that they are away is no error, but a reason not to be ready.
    ///
    /// # Errors
    /// [`StreamError::Store`] if the store cannot be opened; [`StreamError::OtherParams`] if it was begun with other
    /// parameters, [`StreamError::OtherFeed`] if it is filled without brokers.
    pub async fn open(
        options: InstanceOptions,
        clock: Arc<dyn Clock>,
        schemas: Option<Arc<dyn SchemaSource>>,
    ) -> Result<Self, StreamError> {
        Self::open_watched(options, clock, schemas, |_| ()).await
    }

    /// As [`Instance::open`]; `seen` is called after every commit of a table.
    ///
    /// # Errors
    /// As [`Instance::open`].
    pub async fn open_watched(
        options: InstanceOptions,
        clock: Arc<dyn Clock>,
        schemas: Option<Arc<dyn SchemaSource>>,
        seen: impl Fn(CommitDone) + Send + Sync + 'static,
    ) -> Result<Self, StreamError> {
        let urgency = Urgency::new(options.custody.clone(), Arc::clone(&clock));
        let telemetry = Arc::new(Telemetry::new(urgency.cases()));
        telemetry.readiness().set(Readiness::STARTING, "the tables are being opened");
        let store = Arc::new(Store::open(&options.data, options.store.clone()).await?);
        super::direct::refuse_direct(&store).await?;
        hold_to_params(&store, &options.work.params).await?;
        let publisher = Publisher::new(None, options.work.params);
        let measured = Arc::clone(&telemetry);
        let note = move |done: CommitDone| {
            measured.commit(done.table, done.seconds);
            seen(done);
        };
        let (committer, store_health, committing) = Committer::start(Arc::clone(&store), publisher.clone(), note);
        let health = watch::channel(InstanceHealth::default()).0;
        Ok(Self {
            _committing: committing,
            options,
            clock,
            schemas,
            store,
            publisher,
            committer,
            store_health,
            health,
            urgency,
            telemetry,
        })
    }

    /// The tables.
    #[must_use]
    pub fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    /// Refuses another number of partitions than when the store was begun; a store that does not know it yet learns it.
    /// Without this call it is found out when partitions are assigned.
    ///
    /// # Errors
    /// [`StreamError::OtherPartitions`]; [`StreamError::Store`] if the store cannot be read or written.
    pub async fn hold_to_partitions(&self, partitions: i32) -> Result<(), StreamError> {
        hold_to_partitions(&self.store, partitions).await
    }

    /// Flags as they are said.
    #[must_use]
    pub fn flags(&self) -> broadcast::Sender<LiveFlag> {
        self.publisher.watchers()
    }

    /// The cases that have more in the tables than before.
    #[must_use]
    pub fn changed(&self) -> Changed {
        self.urgency.changed()
    }

    /// What is measured, and why it is not ready.
    #[must_use]
    pub fn telemetry(&self) -> Arc<Telemetry> {
        Arc::clone(&self.telemetry)
    }

    /// The cases in custody, the most urgent first.
    #[must_use]
    pub fn cases(&self) -> watch::Receiver<Vec<CaseLag>> {
        self.urgency.cases()
    }

    /// How it stands; wakes whoever waits for a change.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<InstanceHealth> {
        self.health.subscribe()
    }

    /// Runs until `stop` becomes true; what was read is committed before it returns.
    ///
    /// # Errors
    /// [`StreamError`] if a fault comes with the stop itself, or is one that beginning again does not mend:
    /// [`StreamError::is_final`].
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), StreamError> {
        let upkeep = SpawnedTask::spawn(upkeep(Arc::clone(&self.store), self.options.upkeep_every));
        let ended = self.run_again_and_again(stop).await;
        drop(upkeep);
        ended
    }

    async fn run_again_and_again(&self, stop: watch::Receiver<bool>) -> Result<(), StreamError> {
        let mut wait = AGAIN_FIRST;
        loop {
            let watch = crate::time::Stopwatch::start();
            let ended = match self.connect().await {
                Ok(()) => self.run_once(stop.clone()).await,
                // Nothing was read, so nothing is lost.
                Err(_) if *stop.borrow() => return Ok(()),
                Err(error) => Err(error),
            };
            if *stop.borrow() {
                return ended;
            }
            let fault = match ended {
                Ok(()) => "the source ended by itself".to_owned(),
                Err(error) if error.is_final() => return Err(error),
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

    /// Connects the output, if flags go to topics and it is not connected yet.
    async fn connect(&self) -> Result<(), StreamError> {
        if !self.options.publish || self.publisher.is_connected() {
            return Ok(());
        }
        let kafka = self.options.kafka.clone();
        let connecting = tokio::task::spawn_blocking(move || Output::connect(&kafka, CONNECT)).await;
        let connected = connecting.map_err(|e| StreamError::Defect(e.to_string()))?;
        let output = connected.inspect_err(|error| {
            self.telemetry.readiness().set(Readiness::KAFKA, format!("flags cannot be said: {error}"));
        })?;
        self.publisher.connect(Arc::new(output));
        Ok(())
    }

    async fn run_once(&self, mut stop: watch::Receiver<bool>) -> Result<(), StreamError> {
        let (source, events) = KafkaSource::start(&self.options.kafka)?;
        let source = Arc::new(source);
        let schedule =
            SpawnedTask::spawn(self.urgency.clone().watch_over(Arc::clone(&source), Arc::clone(&self.telemetry)));
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
                urgency: self.urgency.clone(),
                telemetry: Arc::clone(&self.telemetry),
                pipelines: Pipelines::default(),
            },
            sessions: Arc::new(move || Ok(session_in(&session, Arc::clone(&memory)))),
            schemas: self.schemas.clone(),
        };
        let ended = run(parts, source, events, async move {
            // A sender that is gone stops as well.
            _ = stop.wait_for(|stop| *stop).await;
        })
        .await;
        drop((schedule, watching));
        ended
    }

    fn watch_health(&self, mut kafka: watch::Receiver<Health>) -> SpawnedTask<()> {
        let (health, mut store) = (self.health.clone(), self.store_health.clone());
        let readiness = self.telemetry.readiness().clone();
        SpawnedTask::spawn(async move {
            loop {
                let (now, full) = (kafka.borrow_and_update().clone(), store.borrow_and_update().clone());
                show(&readiness, &now, full.as_deref());
                health.send_modify(|h| (h.kafka, h.store) = (Some(now), full));
                tokio::select! {
                    changed = kafka.changed() => if changed.is_err() { return },
                    changed = store.changed() => if changed.is_err() { return },
                }
            }
        })
    }
}

fn show(readiness: &Readiness, kafka: &Health, store: Option<&str>) {
    readiness.clear(Readiness::STARTING);
    if kafka.is_ready() {
        readiness.clear(Readiness::KAFKA);
    } else {
        readiness.set(Readiness::KAFKA, format!("{:?} {}", kafka.link, kafka.reason).trim_end());
    }
    match store {
        None => readiness.clear(Readiness::STORE),
        Some(why) => readiness.set(Readiness::STORE, why),
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
