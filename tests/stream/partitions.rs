//! Topics whose number of partitions is not that of the store, and a store that was begun with other parameters.
//!
//! On librdkafka's mock cluster: what is tested is what the tables remember, not the brokers.

use std::sync::Arc;

use locard::model::ProximityParams;
use locard::simulate::feed::FeedParams;
use locard::source::kafka::{EmbeddedBroker, KafkaConfig, KafkaError, KafkaSource};
use locard::stream::{Instance, StreamError};
use locard::time::SystemClock;
use tokio::sync::watch;

use super::broker::{PATIENCE, mock};
use super::harness::{feed, open, options, run_until, runtime, send, stored};

fn a_case() -> FeedParams {
    let mut params = FeedParams { cases: 1, days: 1, seed: 5, ..FeedParams::default() };
    params.sampling.spacing = 4.0;
    params
}

#[test]
fn another_number_of_partitions_ends_the_run_before_anything_is_read() {
    let items = feed(&a_case());
    let (first, data) = (mock("partitions-first", 4), tempfile::tempdir().unwrap());
    send(&first, &items);
    // The same topics, as far as the store knows them, with other counts.
    let others = [2, 8].map(|count| {
        let embedded = EmbeddedBroker::start(&first.config.topics, count).unwrap();
        let bootstrap_servers = embedded.bootstrap_servers().to_owned();
        (count, KafkaConfig { bootstrap_servers, ..first.alone() }, embedded)
    });
    let all = i64::try_from(items.len()).unwrap();
    runtime().block_on(async {
        run_until(options(first.alone(), data.path()), all, PATIENCE).await;
        for (count, kafka, _embedded) in others {
            let instance = Instance::open(options(kafka, data.path()), Arc::new(SystemClock), None).await.unwrap();
            let (_stop, stopped) = watch::channel(false);
            let ended = tokio::time::timeout(PATIENCE, instance.run(stopped)).await.unwrap().unwrap_err();
            let said = ended.to_string();
            assert!(matches!(ended, StreamError::OtherPartitions { .. }), "{said}");
            assert!(said.contains(&format!("have {count} partitions now and had 4 ")), "{said}");
        }
        // With as many as before it goes on, and knows all that it knew.
        run_until(options(first.alone(), data.path()), all, PATIENCE).await;
        assert_eq!(stored(&open(data.path()).await).await, all);
    });
}

#[test]
fn fixes_and_cases_of_different_counts_are_told_when_they_are_asked_for() {
    let broker = mock("partitions-unequal", 3);
    let two = EmbeddedBroker::start(&broker.config.topics, 2).unwrap();
    let count = |servers: &str, config: &KafkaConfig| {
        let config = KafkaConfig { bootstrap_servers: servers.to_owned(), ..config.clone() };
        let (source, _events) = KafkaSource::start(&config).unwrap();
        source.partitions(PATIENCE)
    };
    assert_eq!(count(&broker.config.bootstrap_servers, &broker.config).unwrap(), 3);
    assert_eq!(count(two.bootstrap_servers(), &broker.config).unwrap(), 2);
    let mut missing = broker.config.clone();
    missing.topics.cases = "nobody-made-this".to_owned();
    let error = count(&broker.config.bootstrap_servers, &missing).unwrap_err();
    assert!(matches!(&error, KafkaError::MissingTopic { topic } if topic == "nobody-made-this"), "{error}");
}

#[test]
fn other_parameters_do_not_open_the_store() {
    let (broker, data) = (mock("partitions-params", 1), tempfile::tempdir().unwrap());
    runtime().block_on(async {
        let open = async |params: ProximityParams| {
            let mut options = options(broker.alone(), data.path());
            options.work.params = params;
            Instance::open(options, Arc::new(SystemClock), None).await
        };
        open(ProximityParams::default()).await.unwrap();
        let error = open(ProximityParams { gap_us: 60_000_000, ..ProximityParams::default() }).await.unwrap_err();
        assert!(error.to_string().contains("gap_s is 600 s there, 60 s here"), "{error}");
        open(ProximityParams::default()).await.unwrap();
    });
}
