//! Flags, read from their topic with Locard's own reader.

use locard::source::kafka::{Event, KafkaConfig, KafkaSource, Membership, TopicNames};
use serde_json::Value;

use crate::serving::PATIENCE;

/// The first statement about an encounter.
pub fn first_encounter(config: &KafkaConfig) -> Value {
    // The reader reads what it takes for fixes.
    let TopicNames { fixes, encounters, .. } = config.topics.clone();
    let topics = TopicNames { fixes: encounters, encounters: fixes, ..config.topics.clone() };
    let config = KafkaConfig { topics, membership: Membership::Alone, ..config.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, first(&config)).await });
    found.expect("a flag")
}

async fn first(config: &KafkaConfig) -> Value {
    let (_source, mut events) = KafkaSource::start(config).unwrap();
    let mut partition = match events.recv().await {
        Some(Event::Assign { mut partitions, reply }) => {
            reply.send(Vec::new());
            partitions.pop().unwrap()
        }
        other => unreachable!("{other:?}"),
    };
    let block = partition.fixes.recv().await.unwrap();
    let message = block.messages().next().unwrap();
    serde_json::from_slice(message.payload.unwrap()).unwrap()
}
