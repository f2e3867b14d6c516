//! The handle on the poll thread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::sync::{mpsc, oneshot, watch};

use super::config::KafkaConfig;
use super::context::Context;
use super::error::KafkaError;
use super::event::{Assigned, Event};
use super::health::Health;
use super::lag::{self, Lag};
use super::offset::Position;
use super::poll::{Command, Poll};
use super::throttle::Throttle;
use super::topics::{equal_count, partition_count};
use crate::time::Stopwatch;

/// A running source. Dropping it stops it without waiting for the end; [`KafkaSource::stop`] waits.
#[derive(Debug)]
pub struct KafkaSource {
    names: super::config::TopicNames,
    commands: Sender<Command>,
    consumer: ConsumerRef,
    throttle: Throttle,
    health: watch::Receiver<Health>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

struct ConsumerRef(Weak<BaseConsumer<Context>>);

impl std::fmt::Debug for ConsumerRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BaseConsumer")
    }
}

impl KafkaSource {
    /// Starts the poll thread. It finds the brokers by itself: that they cannot be reached is no error here, but a
    /// [`Health`]. The events are the owner's to answer, and end when the source does.
    ///
    /// # Errors
    /// [`KafkaError::Config`] if a setting cannot be used; [`KafkaError::Client`] if librdkafka refuses one of its own,
    /// or the system gives no thread.
    pub fn start(config: &KafkaConfig) -> Result<(Self, mpsc::UnboundedReceiver<Event>), KafkaError> {
        config.validate()?;
        let context = Context::new(&config.topics.fixes);
        let health = context.watch();
        let consumer: BaseConsumer<Context> =
            config.consumer().create_with_context(context).map_err(KafkaError::client)?;
        let consumer = Arc::new(consumer);
        let (commands, orders) = std::sync::mpsc::channel();
        // Unbounded, but never long: questions come one at a time.
        let (events, questions) = mpsc::unbounded_channel();
        let (throttle, permits) = Throttle::new();
        let (end, ended) = oneshot::channel();
        let weak = ConsumerRef(Arc::downgrade(&consumer));
        let poll = Poll {
            config: config.clone(),
            consumer,
            commands: orders,
            events,
            permits,
            held: BTreeSet::new(),
            lanes: BTreeMap::new(),
            senders: BTreeMap::new(),
            committed: BTreeMap::new(),
            pending: None,
            stopping: false,
        };
        std::thread::Builder::new()
            .name("locard-kafka".into())
            .spawn(move || {
                poll.run();
                let _ = end.send(());
            })
            .map_err(|error| KafkaError::Client { detail: format!("no thread to poll with: {error}") })?;
        let names = config.topics.clone();
        let ended = Mutex::new(Some(ended));
        Ok((Self { names, commands, consumer: weak, throttle, health, ended }, questions))
    }

    /// The scheduler's handle.
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        self.throttle.clone()
    }

    /// How it stands; wakes whoever waits for a change.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Tells the group how far the store is, for lag dashboards. Call it after the store's commit; never waits, and a
    /// fault is of no consequence.
    pub fn committed(&self, positions: Vec<Position>) {
        let _ = self.commands.send(Command::Committed(positions));
    }

    /// Reads an assigned partition again from these positions, because its reader has failed: the channels that it had end,
    /// and others come. A topic that is not named is read from its beginning. `None` if the partition is not this
    /// instance's any more; a question about it is on its way then, or was answered.
    ///
    /// # Errors
    /// [`KafkaError::Stopped`]; another if the client cannot go back there now. The partition is not read then, until this
    /// is called again.
    pub async fn reopen(&self, partition: i32, positions: Vec<Position>) -> Result<Option<Assigned>, KafkaError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Reopen(partition, positions, reply)).map_err(|_| KafkaError::Stopped)?;
        answer.await.map_err(|_| KafkaError::Stopped)?
    }

    /// How far behind each topic and partition is that is assigned now. Asks the brokers, so it is to be called on a
    /// thread that may wait.
    ///
    /// # Errors
    /// [`KafkaError::Stopped`]; [`KafkaError::Broker`] if they do not answer before the deadline.
    pub fn lag(&self, deadline: Duration) -> Result<Vec<Lag>, KafkaError> {
        let spent = Stopwatch::start();
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Progress(reply)).map_err(|_| KafkaError::Stopped)?;
        let progress = answer.blocking_recv().map_err(|_| KafkaError::Stopped)?;
        let consumer = self.consumer.0.upgrade().ok_or(KafkaError::Stopped)?;
        let marks = |end: Offset| {
            let left = lag::left(deadline, spent.seconds());
            let asked = lag::ask(&self.names, &progress, end)?;
            let found = consumer.offsets_for_times(asked, left);
            lag::marks(&self.names, &found.map_err(|source| KafkaError::broker("the ends of partitions", source))?)
        };
        let high = marks(Offset::End)?;
        // Where reading has begun, the beginning does not count.
        let low = if progress.iter().all(|p| p.read.is_some()) { BTreeMap::new() } else { marks(Offset::Beginning)? };
        let of = |p: &lag::Progress| {
            let mark = |marks: &BTreeMap<_, i64>| marks.get(&(p.topic, p.partition)).copied().unwrap_or(0);
            lag::lag(p, (mark(&low), mark(&high)))
        };
        Ok(progress.iter().map(of).collect())
    }

    /// How many partitions `fixes` and `cases` have. Asks the brokers, so it is to be called on a thread that may wait.
    ///
    /// # Errors
    /// [`KafkaError::UnequalPartitions`] and [`KafkaError::MissingTopic`]; [`KafkaError::Stopped`];
    /// [`KafkaError::Broker`] if they do not answer before the deadline.
    pub fn partitions(&self, deadline: Duration) -> Result<i32, KafkaError> {
        let spent = Stopwatch::start();
        let consumer = self.consumer.0.upgrade().ok_or(KafkaError::Stopped)?;
        let count = |name: &String| {
            let metadata = consumer
                .fetch_metadata(Some(name), lag::left(deadline, spent.seconds()))
                .map_err(|source| KafkaError::broker(format!("ask for the partitions of {name}"), source))?;
            let count = partition_count(name, &metadata);
            let count = count.ok_or_else(|| KafkaError::MissingTopic { topic: name.clone() })?;
            Ok((name.clone(), Some(count)))
        };
        let counts =
            [&self.names.fixes, &self.names.cases].into_iter().map(count).collect::<Result<_, KafkaError>>()?;
        equal_count(&counts)?.ok_or_else(|| KafkaError::MissingTopic { topic: self.names.fixes.clone() })
    }

    /// Stops: nothing more is read, the channels end, the owner is asked to let go as in a revocation, the group is left.
    /// Returns when all that is done. The events must be answered meanwhile.
    pub async fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        // The sender is dropped only when the thread has ended.
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            let _ = ended.await;
        }
    }
}
