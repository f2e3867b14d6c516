//! Kafka as it is met on a broker: what goes in comes out once, whoever comes and goes.
//!
//! The broker is the real one at `LOCARD_TEST_KAFKA` (`tests/kafka/broker.sh run -- cargo test --test kafka_source`), or
//! else librdkafka's mock cluster; each test prints which. What means nothing on the mock is skipped there, and says so.

#[cfg(test)]
#[path = "kafka_source/again.rs"]
mod again;
#[cfg(test)]
#[path = "kafka_source/broker.rs"]
mod broker;
#[cfg(test)]
#[path = "kafka_source/group.rs"]
mod group;
#[cfg(test)]
#[path = "kafka_source/outage.rs"]
mod outage;
#[cfg(test)]
#[path = "kafka_source/owner.rs"]
mod owner;
#[cfg(test)]
#[path = "kafka_source/pressure.rs"]
mod pressure;
#[cfg(test)]
#[path = "kafka_source/round_trip.rs"]
mod round_trip;
#[cfg(test)]
#[path = "kafka_source/starts.rs"]
mod starts;
#[cfg(test)]
#[path = "kafka_source/topics.rs"]
mod topics;
#[cfg(test)]
#[path = "kafka_source/victim.rs"]
mod victim;
