//! Topics whose number of partitions is not that of the store, and a store that was begun with other parameters.
//!
//! On librdkafka's mock cluster: what is tested is what the tables remember, not the brokers. The mock cluster cannot add
//! partitions to a topic; a real broker does.

use std::sync::Arc;

use locard::model::ProximityParams;
use locard::simulate::feed::FeedParams;
use locard::source::kafka::{EmbeddedBroker, KafkaConfig, KafkaError, KafkaSource};
use locard::stream::{Instance, StreamError};
use locard::time::SystemClock;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use tokio::sync::watch;

use super::broker::{PATIENCE, mock, on, real};
use super::harness::{feed, open, options, run_until, runtime, send, stored, until_stored};

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
fn partitions_that_are_added_while_it_runs_end_the_run() {
    let Some(servers) = real() else {
        println!("partitions-added: skipped: needs a real broker (LOCARD_TEST_KAFKA)");
        return;
    };
    let (mut broker, items, data) = (on("partitions-added", servers, 4), feed(&a_case()), tempfile::tempdir().unwrap());
    broker.config.librdkafka.insert("topic.metadata.refresh.interval.ms".to_owned(), "500".to_owned());
    send(&broker, &items);
    runtime().block_on(async {
        let instance =
            Instance::open(options(broker.config.clone(), data.path()), Arc::new(SystemClock), None).await.unwrap();
        let (store, (_stop, stopped)) = (instance.store(), watch::channel(false));
        let added = async {
            tokio::time::timeout(PATIENCE, until_stored(&store, i64::try_from(items.len()).unwrap())).await.unwrap();
            add_partitions(&broker.config, 6).await;
        };
        let (ended, ()) = tokio::join!(tokio::time::timeout(PATIENCE, instance.run(stopped)), added);
        let ended = ended.unwrap().unwrap_err();
        println!("partitions-added: {ended}");
        // It may look while one topic has more and the other has not.
        assert!(ended.is_final(), "{ended}");
        assert_eq!(stored(&store).await, i64::try_from(items.len()).unwrap(), "what was read is stored");
        // Both have more by now.
        let instance =
            Instance::open(options(broker.config.clone(), data.path()), Arc::new(SystemClock), None).await.unwrap();
        let (_stop, stopped) = watch::channel(false);
        let ended = tokio::time::timeout(PATIENCE, instance.run(stopped)).await.unwrap().unwrap_err().to_string();
        assert!(ended.contains("have 6 partitions now and had 4 "), "{ended}");
    });
}

async fn add_partitions(config: &KafkaConfig, count: usize) {
    let mut client = ClientConfig::new();
    let admin: AdminClient<_> = client.set("bootstrap.servers", &config.bootstrap_servers).create().unwrap();
    let new = [&config.topics.fixes, &config.topics.cases].map(|topic| NewPartitions::new(topic, count));
    for added in admin.create_partitions(&new, &AdminOptions::new()).await.unwrap() {
        added.unwrap();
    }
}

#[test]
fn the_brokers_are_asked_how_many_partitions_there_are() {
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
