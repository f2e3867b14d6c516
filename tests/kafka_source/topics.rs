//! Topics are made as they must be, and topics that are not so are refused.

use locard::source::kafka::{
    KafkaConfig, KafkaError, KafkaSource, Output, OutputTopic, Retry, TopicNames, TopicPlan, ensure_topics,
};

use crate::broker::{PATIENCE, broker, names, numbered, real};

#[test]
fn topics_are_created_equal_or_refused() {
    let Some(bootstrap_servers) = real() else {
        println!("topics: skipped: the mock cluster creates no topics for a client");
        return;
    };
    let plan = TopicPlan { partitions: 3, replication: 1, deadline: PATIENCE };
    let config = KafkaConfig { bootstrap_servers, topics: names("equal"), ..Default::default() };
    assert_eq!(ensure_topics(&config, &plan).unwrap(), 3);
    let more = TopicPlan { partitions: 9, ..plan };
    assert_eq!(ensure_topics(&config, &more).unwrap(), 3, "what is there stays as it is");

    let part = TopicNames { cases: names("part").cases, ..config.topics.clone() };
    let part = KafkaConfig { topics: part, ..config.clone() };
    assert_eq!(ensure_topics(&part, &more).unwrap(), 3, "a new one is made like those that are there");

    let other = KafkaConfig { topics: names("other"), ..config.clone() };
    assert_eq!(ensure_topics(&other, &more).unwrap(), 9);
    let mixed = TopicNames { cases: other.topics.cases, ..config.topics.clone() };
    let mixed = KafkaConfig { topics: mixed, ..config.clone() };
    let (source, _events) = KafkaSource::start(&mixed).unwrap();
    for error in [ensure_topics(&mixed, &plan).unwrap_err(), source.partitions(PATIENCE).unwrap_err()] {
        assert!(matches!(error, KafkaError::UnequalPartitions { .. }), "{error}");
        assert_eq!(error.retry(), Retry::Never);
    }
    let (source, _events) = KafkaSource::start(&config).unwrap();
    assert_eq!(source.partitions(PATIENCE).unwrap(), 3);
}

#[test]
fn what_cannot_be_sent_is_refused_and_says_whether_to_try_again() {
    let broker = broker("unsendable", 1);
    let output = broker.output();
    let large = "x".repeat(2_000_000);
    let error = output.send(&numbered(OutputTopic::Rejects, "case", &large)).unwrap_err();
    assert_eq!(error.retry(), Retry::Never, "{error}");

    let mut config = broker.config.clone();
    config.librdkafka.insert("queue.buffering.max.messages", "10");
    config.librdkafka.insert("linger.ms", "50");
    let narrow = Output::connect(&config, PATIENCE).unwrap();
    let mut sent = (0..1_000).map(|_| narrow.send(&numbered(OutputTopic::Rejects, "case", "1")));
    let full = sent.find_map(Result::err).expect("ten places are soon taken");
    assert!(matches!(full, KafkaError::QueueFull { .. }) && full.retry() == Retry::Later, "{full}");
    let patient = (0..100).map(|_| narrow.send_waiting(&numbered(OutputTopic::Rejects, "case", "1"), PATIENCE));
    assert!(patient.into_iter().all(|sent| sent.is_ok()), "back-pressure, not loss");
    assert!(narrow.flush(PATIENCE).unwrap().failed.is_empty());

    config.topics.rejects = "no-such-topic".into();
    let lost = Output::connect(&config, PATIENCE).unwrap();
    let error = lost.send(&numbered(OutputTopic::Rejects, "case", "1")).unwrap_err();
    assert!(matches!(error, KafkaError::MissingTopic { .. }), "{error}");
}
