//! The broker of a test, and topics of its own on it.

use std::time::Duration;

use locard::source::kafka::{
    EmbeddedBroker, KafkaConfig, Membership, Output, OutputTopic, Record, TopicNames, TopicPlan, ensure_topics,
};

/// What no broker on this machine needs; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct TestBroker {
    pub config: KafkaConfig,
    pub embedded: Option<EmbeddedBroker>,
}

/// The address of a real broker, if the tests are given one.
pub fn real() -> Option<String> {
    std::env::var("LOCARD_TEST_KAFKA").ok().filter(|servers| !servers.is_empty())
}

/// Names that no other test and no other run uses.
pub fn names(test: &str) -> TopicNames {
    let name = |topic: &str| format!("{test}-{}-{topic}", std::process::id());
    TopicNames {
        fixes: name("fixes"),
        cases: name("cases"),
        proximity: name("proximity"),
        encounters: name("encounters"),
        rejects: name("rejects"),
    }
}

/// A broker with fresh topics of so many partitions.
pub fn broker(test: &str, partitions: i32) -> TestBroker {
    match real() {
        Some(servers) => {
            println!("{test}: the broker at {servers}");
            on(test, servers, partitions)
        }
        None => mock(test, partitions),
    }
}

/// The mock cluster, whatever the environment says.
pub fn mock(test: &str, partitions: i32) -> TestBroker {
    println!("{test}: librdkafka's mock cluster");
    let topics = names(test);
    let embedded = EmbeddedBroker::start(&topics, partitions).unwrap();
    let config = config(test, embedded.bootstrap_servers().to_owned(), topics);
    TestBroker { config, embedded: Some(embedded) }
}

/// Fresh topics on a real broker.
pub fn on(test: &str, servers: String, partitions: i32) -> TestBroker {
    let config = config(test, servers, names(test));
    let plan = TopicPlan { partitions, replication: 1, deadline: PATIENCE };
    assert_eq!(ensure_topics(&config, &plan).unwrap(), partitions);
    TestBroker { config, embedded: None }
}

fn config(test: &str, bootstrap_servers: String, topics: TopicNames) -> KafkaConfig {
    let group = format!("{test}-{}", std::process::id());
    let mut config =
        KafkaConfig { bootstrap_servers, topics, membership: Membership::Group(group), ..Default::default() };
    config.session_timeout_ms = 6_000;
    config
}

impl TestBroker {
    /// The settings of one instance that reads everything, without a group.
    pub fn alone(&self) -> KafkaConfig {
        KafkaConfig { membership: Membership::Alone, ..self.config.clone() }
    }

    pub fn output(&self) -> Output {
        Output::connect(&self.config, PATIENCE).unwrap()
    }
}

/// A record of a case whose payload is its number.
pub fn numbered<'a>(topic: OutputTopic, case: &'a str, payload: &'a str) -> Record<'a> {
    Record {
        topic,
        case_id: Some(case),
        id: None,
        content_type: "application/json",
        headers: &[],
        payload: Some(payload.as_bytes()),
        ticket: 0,
    }
}

/// Sends numbers, each to the case of its last two digits, and waits until they are delivered.
pub fn send(output: &Output, topic: OutputTopic, numbers: std::ops::Range<usize>) {
    let count = numbers.len();
    for n in numbers {
        let (case, payload) = (format!("case-{}", n % 100), n.to_string());
        output.send_waiting(&numbered(topic, &case, &payload), PATIENCE).unwrap();
    }
    let flushed = output.flush(PATIENCE).unwrap();
    assert_eq!((flushed.delivered, flushed.failed.as_slice()), (count as u64, [].as_slice()));
}
