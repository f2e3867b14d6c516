//! The way out: records to topics, batched, each delivered once or reported.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError as Rd, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message as _, OwnedHeaders};
use rdkafka::metadata::Metadata;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use super::config::{KafkaConfig, TopicNames};
use super::error::{KafkaError, Retry, advice};
use super::faults::Faults;
use super::lag::left;
use super::partitioner::partition_of;
use super::topics::partition_counts;
use crate::time::Stopwatch;

/// A topic that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputTopic {
    /// Location records, by an import or a simulation.
    Fixes,
    /// Case events, by an import or a simulation.
    Cases,
    /// Proximities.
    Proximity,
    /// Encounters.
    Encounters,
    /// What could not be used.
    Rejects,
}

impl OutputTopic {
    fn name(self, names: &TopicNames) -> &str {
        match self {
            Self::Fixes => &names.fixes,
            Self::Cases => &names.cases,
            Self::Proximity => &names.proximity,
            Self::Encounters => &names.encounters,
            Self::Rejects => &names.rejects,
        }
    }
}

/// A record on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Where to.
    pub topic: OutputTopic,
    /// The case: it decides the partition. `None` for what belongs to no known case; that goes to any partition.
    pub case_id: Option<&'a str>,
    /// What it is a revision of. In a compacted topic only the last record of each key stays, so the key there is the
    /// case and this identifier (`case/id`); a key of the case alone would leave one encounter for each case.
    pub id: Option<&'a str>,
    /// The header `content-type`.
    pub content_type: &'a str,
    /// Further headers.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The payload; `None` for a tombstone.
    pub payload: Option<&'a [u8]>,
    /// The caller's number for it, given back if it is not delivered.
    pub ticket: usize,
}

/// A record that was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// The caller's number for it.
    pub ticket: usize,
    /// The topic.
    pub topic: String,
    /// Why.
    pub reason: String,
    /// Whether sending it again helps.
    pub retry: Retry,
}

/// What has become of the records since the last flush.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Flushed {
    /// How many were delivered.
    pub delivered: u64,
    /// Those that were not.
    pub failed: Vec<Undelivered>,
}

/// A producer. Its methods may be called from several threads.
pub struct Output {
    producer: ThreadedProducer<Ledger>,
    names: TopicNames,
    partitions: BTreeMap<String, i32>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("partitions", &self.partitions).finish_non_exhaustive()
    }
}

/// How long to wait for room before looking again.
const ROOM: Duration = Duration::from_millis(5);
/// How long the topics are waited for before it is looked whether anybody refuses.
const FIRST_LOOK: Duration = Duration::from_millis(500);

impl Output {
    /// Connects, and asks how many partitions the topics have. Waits for the brokers: to be called on a thread that may.
    ///
    /// # Errors
    /// [`KafkaError::Config`], [`KafkaError::Client`]; [`KafkaError::Refused`] if they do not let this client in;
    /// [`KafkaError::Away`] or [`KafkaError::Broker`] if they do not answer before the deadline.
    pub fn connect(config: &KafkaConfig, deadline: Duration) -> Result<Self, KafkaError> {
        config.validate()?;
        let producer = producer(config)?;
        let counts = partition_counts(&config.topics, &list_topics(&producer, deadline)?);
        let partitions = counts.into_iter().filter_map(|(name, count)| Some((name, count?))).collect();
        Ok(Self { producer, names: config.topics.clone(), partitions })
    }

    /// Takes a record over, to be sent with others; never waits.
    ///
    /// # Errors
    /// [`KafkaError::QueueFull`] if too much is waiting already, [`KafkaError::MissingTopic`], or
    /// [`KafkaError::Broker`] if it can never be sent, such as one too large.
    pub fn send(&self, record: &Record<'_>) -> Result<(), KafkaError> {
        let name = record.topic.name(&self.names);
        let count = *self.partitions.get(name).ok_or_else(|| KafkaError::MissingTopic { topic: name.to_owned() })?;
        let key = key(record);
        let out = BaseRecord {
            topic: name,
            partition: record.case_id.map(|case| partition_of(case.as_bytes(), count)),
            payload: record.payload,
            key: key.as_deref(),
            timestamp: None,
            headers: Some(headers(record)),
            delivery_opaque: record.ticket,
        };
        self.producer.send(out).map_err(|(error, _)| match error {
            Rd::MessageProduction(RDKafkaErrorCode::QueueFull) => {
                KafkaError::QueueFull { waiting: self.producer.in_flight_count() }
            }
            source => KafkaError::broker(format!("send to {name}"), source),
        })
    }

    /// As [`Output::send`], but waits for room: the way in which slow brokers slow their callers. To be called on a
    /// thread that may wait.
    ///
    /// # Errors
    /// As [`Output::send`]; [`KafkaError::QueueFull`] only after the deadline.
    pub fn send_waiting(&self, record: &Record<'_>, deadline: Duration) -> Result<(), KafkaError> {
        let spent = Stopwatch::start();
        loop {
            match self.send(record) {
                Err(KafkaError::QueueFull { .. }) if !left(deadline, spent.seconds()).is_zero() => {
                    self.producer.poll(ROOM);
                }
                done => return done,
            }
        }
    }

    /// Waits until everything that was sent is delivered or given up, and says what became of it. To be called on a
    /// thread that may wait.
    ///
    /// # Errors
    /// [`KafkaError::TimedOut`] if some of it is still on its way at the deadline: it stays on its way, and what has
    /// become of the rest is told by the next flush.
    pub fn flush(&self, deadline: Duration) -> Result<Flushed, KafkaError> {
        match self.producer.flush(deadline) {
            Ok(()) => Ok(self.producer.context().take()),
            Err(Rd::Flush(RDKafkaErrorCode::OperationTimedOut)) => Err(KafkaError::TimedOut {
                action: format!("delivery of {} records", self.producer.in_flight_count()),
                after_ms: deadline.as_millis(),
            }),
            Err(source) => Err(KafkaError::broker("flush", source)),
        }
    }
}

fn key(record: &Record<'_>) -> Option<Vec<u8>> {
    let case = record.case_id?;
    Some(match record.id {
        Some(id) => format!("{case}/{id}").into_bytes(),
        None => case.as_bytes().to_vec(),
    })
}

fn headers(record: &Record<'_>) -> OwnedHeaders {
    let first = Header { key: "content-type", value: Some(record.content_type.as_bytes()) };
    let headers = OwnedHeaders::new_with_capacity(1 + record.headers.len()).insert(first);
    record.headers.iter().fold(headers, |all, (key, value)| all.insert(Header { key, value: Some(*value) }))
}

/// A producer that remembers what it is told; with its own thread, so that it is told in time.
pub(super) fn producer(config: &KafkaConfig) -> Result<ThreadedProducer<Ledger>, KafkaError> {
    config.producer().create_with_context(Ledger::default()).map_err(KafkaError::client)
}

/// Lists the topics: waits for brokers that are away until the deadline, and not for those that do not let this client
/// in.
pub(super) fn list_topics(producer: &ThreadedProducer<Ledger>, deadline: Duration) -> Result<Metadata, KafkaError> {
    let spent = Stopwatch::start();
    let mut look = FIRST_LOOK;
    loop {
        let left = left(deadline, spent.seconds());
        let error = match producer.client().fetch_metadata(None, look.min(left)) {
            Ok(all) => return Ok(all),
            Err(source) => producer.context().explain("list topics", source),
        };
        if error.retry() == Retry::Never || left <= look {
            return Err(error);
        }
        // An answer that takes longer than a look must come in one of the next.
        look *= 2;
        producer.poll(ROOM);
    }
}

/// What has become of what was sent, and what was told meanwhile.
#[derive(Default)]
pub(super) struct Ledger {
    flushed: Mutex<Flushed>,
    faults: Mutex<Faults>,
}

impl Ledger {
    fn take(&self) -> Flushed {
        std::mem::take(&mut self.flushed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why a call failed, as far as librdkafka has told.
    fn explain(&self, action: &str, source: Rd) -> KafkaError {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).explain(action, source)
    }
}

impl ClientContext for Ledger {
    fn error(&self, error: Rd, reason: &str) {
        tracing::warn!(target: "locard::kafka", %error, reason, "kafka output");
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).note(&error, reason);
    }
}

impl ProducerContext for Ledger {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: usize) {
        let mut flushed = self.flushed.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(_) => flushed.delivered += 1,
            Err((error, message)) => flushed.failed.push(Undelivered {
                ticket,
                topic: message.topic().to_owned(),
                reason: error.to_string(),
                retry: advice(error),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_in_a_compacted_topic_names_the_thing_and_not_only_the_case() {
        let record = Record {
            topic: OutputTopic::Encounters,
            case_id: Some("c1"),
            id: Some("e9"),
            content_type: "application/json",
            headers: &[],
            payload: None,
            ticket: 0,
        };
        assert_eq!(
            key(&record).as_deref(),
            Some(b"c1/e9".as_slice()),
            "or compaction keeps one encounter for each case"
        );
        assert_eq!(key(&Record { id: None, ..record }).as_deref(), Some(b"c1".as_slice()));
        assert_eq!(key(&Record { case_id: None, ..record }), None);
    }
}
