//! The broker, and topics of their own for each run.

use std::path::PathBuf;
use std::time::Duration;

use locard::source::kafka::{EmbeddedBroker, FETCHING, KafkaConfig, Membership, TopicNames, TopicPlan, ensure_topics};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tempfile::TempDir;

use super::Outcome;
use super::options::Options;

/// Partitions of every topic.
const PARTITIONS: i32 = 8;
/// What a broker may take.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A broker, and where the tables of all runs are. They stay until the end: some file systems, ext4 without a journal among
/// them, look long for an inode that was not deleted lately, so that a run would pay for the one before.
#[derive(Debug)]
pub struct Broker {
    address: Option<String>,
    tables: TempDir,
}

/// Topics on it, and how they are reached.
#[derive(Debug)]
pub struct Topics {
    /// The settings of an instance that reads all of them alone.
    pub config: KafkaConfig,
    /// The folder of its tables.
    pub data: PathBuf,
    _embedded: Option<EmbeddedBroker>,
}

impl Broker {
    /// The one that the environment names; the mock cluster for a test without one.
    pub fn find(options: &Options) -> Outcome<Self> {
        let named = ["LOCARD_BENCH_KAFKA", "LOCARD_TEST_KAFKA"].into_iter().find_map(|name| std::env::var(name).ok());
        let address = named.filter(|address| !address.is_empty());
        if address.is_none() && !options.test {
            return Err("LOCARD_BENCH_KAFKA names no broker; tests/kafka/broker.sh starts one".into());
        }
        Ok(Self { address, tables: tempfile::tempdir()? })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.address.as_deref().unwrap_or("librdkafka's mock cluster")
    }

    /// How many partitions topics have.
    #[expect(clippy::unused_self, reason = "reads as its siblings do")]
    pub const fn partitions(&self) -> i32 {
        PARTITIONS
    }

    /// New topics.
    pub fn topics(&self, run: &str) -> Outcome<Topics> {
        let name = |topic: &str| format!("bench-{}-{run}-{topic}", std::process::id());
        let topics = TopicNames {
            fixes: name("fixes"),
            cases: name("cases"),
            proximity: name("proximity"),
            encounters: name("encounters"),
            rejects: name("rejects"),
        };
        let data = self.tables.path().join(run);
        std::fs::create_dir(&data)?;
        let mut config = KafkaConfig { topics, membership: Membership::Alone, ..KafkaConfig::default() };
        let Some(address) = &self.address else {
            let embedded = EmbeddedBroker::start(&config.topics, PARTITIONS)?;
            embedded.bootstrap_servers().clone_into(&mut config.bootstrap_servers);
            return Ok(Topics { config, data, _embedded: Some(embedded) });
        };
        config.bootstrap_servers.clone_from(address);
        ensure_topics(&config, &TopicPlan { partitions: PARTITIONS, replication: 1, deadline: PATIENCE })?;
        Ok(Topics { config, data, _embedded: None })
    }
}

impl Topics {
    /// A consumer without a group: as plain as they come, or one that fetches as Locard's does. The library's own waits a
    /// second whenever its queue is full, which is most of what it does on a long topic.
    pub fn consumer(&self, as_ours: bool) -> Outcome<BaseConsumer> {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.config.bootstrap_servers).set("group.id", "bench");
        client.set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
        for (name, value) in FETCHING.into_iter().filter(|_| as_ours) {
            client.set(name, value);
        }
        Ok(client.create()?)
    }

    /// How many messages a topic holds.
    pub fn count(&self, topic: &str) -> Outcome<u64> {
        let consumer: BaseConsumer = self.consumer(false)?;
        let mut sum = 0;
        for partition in 0..PARTITIONS {
            let (low, high) = consumer.fetch_watermarks(topic, partition, PATIENCE)?;
            sum += high.saturating_sub(low).unsigned_abs();
        }
        Ok(sum)
    }
}
