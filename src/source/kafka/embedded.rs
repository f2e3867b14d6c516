//! A broker inside this process, for the demo and for tests: librdkafka's mock cluster on loopback.
//!
//! What it cannot do: it keeps 5 MiB for each partition and silently drops the oldest beyond that; nothing survives it; a
//! group waits 3 s before its members get partitions (use [`super::Membership::Alone`]); transactions are accepted and mean
//! nothing; it makes no topics on request, so [`super::ensure_topics`] finds those that it was started with and no others.

use std::sync::mpsc::{Receiver, Sender, channel};

use rdkafka::error::KafkaError as Rd;
use rdkafka::mocking::MockCluster;

use super::config::TopicNames;
use super::error::KafkaError;

/// A running embedded broker; dropping it ends it.
#[derive(Debug)]
pub struct EmbeddedBroker {
    servers: String,
    orders: Sender<Order>,
}

#[derive(Debug)]
enum Order {
    Up,
    Down,
}

impl EmbeddedBroker {
    /// Starts it with all topics, each of so many partitions.
    ///
    /// # Errors
    /// [`KafkaError::Client`] if librdkafka cannot set it up.
    pub fn start(names: &TopicNames, partitions: i32) -> Result<Self, KafkaError> {
        let (orders, to_do) = channel();
        let (tell, told) = channel();
        let topics: Vec<String> = names.all().iter().map(|(_, name)| (*name).to_owned()).collect();
        // The cluster may not move between threads, so it lives in one.
        std::thread::Builder::new()
            .name("locard-embedded-kafka".into())
            .spawn(move || match cluster(&topics, partitions) {
                Err(error) => drop(tell.send(Err(KafkaError::client(error)))),
                Ok(cluster) => {
                    let _ = tell.send(Ok(cluster.bootstrap_servers()));
                    obey(&cluster, &to_do);
                }
            })
            .map_err(|error| KafkaError::Client { detail: error.to_string() })?;
        let servers = told.recv().map_err(|_| KafkaError::Stopped)??;
        Ok(Self { servers, orders })
    }

    /// What goes into [`super::KafkaConfig::bootstrap_servers`].
    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        &self.servers
    }

    /// Cuts all connections and takes no new ones, or takes them again; what it holds stays.
    pub fn set_reachable(&self, reachable: bool) {
        let _ = self.orders.send(if reachable { Order::Up } else { Order::Down });
    }
}

fn cluster(
    topics: &[String],
    partitions: i32,
) -> Result<MockCluster<'static, rdkafka::producer::DefaultProducerContext>, Rd> {
    let cluster = MockCluster::new(1)?;
    for topic in topics {
        cluster.create_topic(topic, partitions, 1)?;
    }
    Ok(cluster)
}

/// Until the handle is dropped.
fn obey<C: rdkafka::ClientContext>(cluster: &MockCluster<'_, C>, orders: &Receiver<Order>) {
    for order in orders {
        let done = match order {
            Order::Up => cluster.broker_up(-1),
            Order::Down => cluster.broker_down(-1),
        };
        if let Err(error) = done {
            tracing::warn!(target: "locard::kafka", %error, "embedded broker");
        }
    }
}
