//! The settings of Kafka, checked before anything is started.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use serde::Deserialize;

use super::error::KafkaError;
use super::options::ClientOptions;
use super::security::{Built, trusted_by_default, unbuilt};
use crate::source::Topic;

/// How this instance comes by its partitions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Shared with the other members of this consumer group.
    Group(String),
    /// All partitions are its own: for one instance on its own broker, such as the demo's.
    Alone,
}

/// The names of the topics.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TopicNames {
    /// Location records; `fixes`.
    pub fixes: String,
    /// Case events; `cases`.
    pub cases: String,
    /// Proximities; `proximity`.
    pub proximity: String,
    /// Encounters; `encounters`.
    pub encounters: String,
    /// What could not be used; `rejects`.
    pub rejects: String,
}

impl Default for TopicNames {
    fn default() -> Self {
        Self {
            fixes: "fixes".into(),
            cases: "cases".into(),
            proximity: "proximity".into(),
            encounters: "encounters".into(),
            rejects: "rejects".into(),
        }
    }
}

impl TopicNames {
    /// The name of a topic that is read.
    #[must_use]
    pub fn of(&self, topic: Topic) -> &str {
        match topic {
            Topic::Fixes => &self.fixes,
            Topic::Cases => &self.cases,
        }
    }

    /// The topic that is read under this name.
    pub(super) fn topic(&self, name: &str) -> Option<Topic> {
        [Topic::Fixes, Topic::Cases].into_iter().find(|t| self.of(*t) == name)
    }

    /// All names, each with the setting it comes from.
    pub(super) fn all(&self) -> [(&'static str, &str); 5] {
        [
            ("topics.fixes", &self.fixes),
            ("topics.cases", &self.cases),
            ("topics.proximity", &self.proximity),
            ("topics.encounters", &self.encounters),
            ("topics.rejects", &self.rejects),
        ]
    }
}

/// How much is gathered before it is handed on, for each topic and partition. Whichever limit is met first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlockLimits {
    /// Messages in a block; 4096.
    pub messages: usize,
    /// Bytes in a block; 1 MiB. A larger message is a block of its own.
    pub bytes: usize,
    /// How long a message may wait for others, milliseconds; 2.
    pub linger_ms: u32,
    /// Blocks that wait in a channel before its partition is paused; 10. Half of them are to keep a pipeline busy while a
    /// partition that resumes is fetched again: a step takes four.
    pub waiting: usize,
}

impl Default for BlockLimits {
    fn default() -> Self {
        Self { messages: 4096, bytes: 1 << 20, linger_ms: 2, waiting: 10 }
    }
}

/// How messages are fetched, by librdkafka's names, unless other settings are given.
pub const FETCHING: [(&str, &str); 4] = [
    // The library's default waits a second when its queue is full, which is what back-pressure makes of it.
    ("fetch.queue.backoff.ms", "20"),
    ("fetch.error.backoff.ms", "100"),
    // One fetch at a time is under way. One that names only partitions with nothing to give, the others being paused, would
    // keep those that resume waiting for half a second.
    ("fetch.wait.max.ms", "50"),
    ("queued.max.messages.kbytes", "16384"),
];

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaConfig {
    /// Where to find brokers first: `host:port`, with commas between.
    pub bootstrap_servers: String,
    /// How this instance comes by its partitions; the group `locard`.
    pub membership: Membership,
    /// This instance's name in the brokers' logs and metrics (`client.id`). It is not a static member of its group:
    /// one that stops hands its partitions over at once, and not after the session's time.
    pub instance: String,
    /// The topics.
    pub topics: TopicNames,
    /// How much is gathered.
    pub blocks: BlockLimits,
    /// After how long without a sign of life a member's partitions go to others, milliseconds; 10 000. At least 6000,
    /// the brokers' own limit unless they are set otherwise.
    pub session_timeout_ms: u32,
    /// How long the owner may take to answer a question, milliseconds; 8000. A revocation goes on without it after
    /// that; an assignment waits on and shows as unhealthy.
    pub answer_timeout_ms: u32,
    /// Further settings of librdkafka, by its names: security, compression, buffers.
    pub librdkafka: ClientOptions,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            bootstrap_servers: "127.0.0.1:9092".into(),
            membership: Membership::Group("locard".into()),
            instance: "locard".into(),
            topics: TopicNames::default(),
            blocks: BlockLimits::default(),
            session_timeout_ms: 10_000,
            answer_timeout_ms: 8_000,
            librdkafka: ClientOptions::default(),
        }
    }
}

/// Settings of librdkafka that are ours to make, with why.
const OURS: [(&str, &str); 13] = [
    ("bootstrap.servers", "set bootstrap_servers"),
    ("metadata.broker.list", "set bootstrap_servers"),
    ("group.id", "set membership"),
    ("group.instance.id", "a static member's partitions lie idle after it stops"),
    ("group.protocol", "the rebalance is written for the classic protocol"),
    ("client.id", "set instance"),
    ("session.timeout.ms", "set session_timeout_ms"),
    ("enable.auto.commit", "the store says what is included"),
    ("enable.auto.offset.store", "the store says what is included"),
    ("partition.assignment.strategy", "the rebalance is written for cooperative-sticky"),
    ("isolation.level", "what a producer has taken back is not evidence"),
    ("enable.idempotence", "without it a retry doubles a record"),
    ("partitioner", "a case's partition is computed as Java's clients do"),
];

/// The least session that brokers accept unless they are set otherwise (`group.min.session.timeout.ms`), milliseconds.
const MIN_SESSION_MS: u32 = 6_000;
/// How long a rebalance waits for a member (`max.poll.interval.ms`) unless that is set, milliseconds.
const REBALANCE_MS: &str = "300000";
/// The most that the time limits may be: below what a rebalance waits for a member, milliseconds.
const MAX_LIMIT_MS: u32 = 300_000;

impl KafkaConfig {
    /// Checks every setting, and those that depend on each other.
    ///
    /// # Errors
    /// [`KafkaError::Config`] with the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), KafkaError> {
        servers(&self.bootstrap_servers)?;
        if self.membership == Membership::Group(String::new()) {
            return Err(KafkaError::config("membership.group", "", "a group needs a name"));
        }
        let mut seen = BTreeMap::new();
        for (field, name) in self.topics.all() {
            topic_name(field, name)?;
            if let Some(other) = seen.insert(name, field) {
                return Err(KafkaError::config(field, name, format!("{other} is the same topic")));
            }
        }
        let b = &self.blocks;
        for (field, value) in
            [("blocks.messages", b.messages), ("blocks.bytes", b.bytes), ("blocks.waiting", b.waiting)]
        {
            if value == 0 {
                return Err(KafkaError::config(field, "0", "at least 1"));
            }
        }
        within("session_timeout_ms", self.session_timeout_ms, MIN_SESSION_MS, MAX_LIMIT_MS)?;
        within("answer_timeout_ms", self.answer_timeout_ms, 1, MAX_LIMIT_MS / 2)?;
        let ours = OURS.iter().find_map(|(name, why)| Some((*name, self.librdkafka.get(name)?, *why)));
        let unbuilt = unbuilt(&self.librdkafka, Built::HERE).map(|u| (u.name, u.value, u.why));
        match ours.or(unbuilt) {
            None => Ok(()),
            Some((name, value, why)) => Err(KafkaError::config(&format!("librdkafka.{name}"), value, why)),
        }
    }

    /// What consumers and producers share.
    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.bootstrap_servers).set("client.id", &self.instance);
        // A broker that comes back is found within a second, not within ten.
        client.set("reconnect.backoff.max.ms", "1000").set("topic.metadata.refresh.interval.ms", "10000");
        for (name, value) in self.librdkafka.all().chain(trusted_by_default(&self.librdkafka)) {
            client.set(name, value);
        }
        client
    }

    pub(super) fn consumer(&self) -> ClientConfig {
        let mut client = self.client();
        let group = match &self.membership {
            Membership::Group(group) => group,
            // librdkafka assigns nothing without a group's name; nobody joins it.
            Membership::Alone => &self.instance,
        };
        for (name, value) in FETCHING.into_iter().chain([("max.poll.interval.ms", REBALANCE_MS)]) {
            if client.get(name).is_none() {
                client.set(name, value);
            }
        }
        client
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("session.timeout.ms", self.session_timeout_ms.to_string())
            .set("heartbeat.interval.ms", (self.session_timeout_ms / 5).to_string())
            .set("statistics.interval.ms", "500");
        client
    }

    pub(super) fn producer(&self) -> ClientConfig {
        let mut client = self.client();
        for (name, value) in [("linger.ms", "2"), ("compression.type", "lz4"), ("batch.num.messages", "10000")] {
            if client.get(name).is_none() {
                client.set(name, value);
            }
        }
        client.set("enable.idempotence", "true");
        client
    }
}

fn servers(text: &str) -> Result<(), KafkaError> {
    for server in text.split(',').map(str::trim) {
        let port = server.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            return Err(KafkaError::config("bootstrap_servers", text, "expected host:port, with commas between"));
        }
    }
    Ok(())
}

/// Kafka's own rule (`org.apache.kafka.common.internals.Topic`).
fn topic_name(field: &str, name: &str) -> Result<(), KafkaError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 249 || matches!(name, "." | "..") || !name.chars().all(legal) {
        return Err(KafkaError::config(field, name, "expected 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'"));
    }
    Ok(())
}

fn within(field: &str, value: u32, least: u32, most: u32) -> Result<(), KafkaError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(KafkaError::config(field, &value.to_string(), format!("expected {least} to {most} milliseconds")))
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
