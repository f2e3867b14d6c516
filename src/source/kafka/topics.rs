//! The topics as they must be: there, and of equal partition counts.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::metadata::Metadata;
use rdkafka::types::RDKafkaErrorCode;

use super::config::{KafkaConfig, TopicNames};
use super::error::KafkaError;
use super::lag::left;
use super::output::{list_topics, producer};
use crate::time::Stopwatch;

/// How topics are made that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicPlan {
    /// Partitions of each; used if none of the topics exists yet.
    pub partitions: i32,
    /// Copies of each partition.
    pub replication: i32,
    /// How long the brokers may take.
    pub deadline: Duration,
}

/// How long to wait before looking again whether a topic is listed.
const LISTED: Duration = Duration::from_millis(25);

/// Creates the topics that do not exist, and checks that all have the same number of partitions: a case's fixes and
/// events meet only if both topics put a key in the same partition. Returns that number. Waits for the brokers: to be
/// called on a thread that may.
///
/// `proximity` and `encounters` are compacted: of each proximity and encounter the last revision stays. Every topic stamps
/// the time at which the broker appended a message.
///
/// # Errors
/// [`KafkaError::UnequalPartitions`]; [`KafkaError::Refused`] if the brokers do not let this client in;
/// [`KafkaError::Away`], [`KafkaError::Broker`] or [`KafkaError::TimedOut`] if they do not do it.
pub fn ensure_topics(config: &KafkaConfig, plan: &TopicPlan) -> Result<i32, KafkaError> {
    config.validate()?;
    // The admin client is told nothing of why brokers do not answer.
    let asking = producer(config)?;
    let counts = || list_topics(&asking, plan.deadline).map(|all| partition_counts(&config.topics, &all));
    let before = counts()?;
    let partitions = equal_count(&before)?.unwrap_or(plan.partitions);
    let missing: Vec<_> = before.iter().filter(|(_, count)| count.is_none()).map(|(name, _)| name.as_str()).collect();
    if missing.is_empty() {
        return Ok(partitions);
    }
    let admin: AdminClient<DefaultClientContext> = config.producer().create().map_err(KafkaError::client)?;
    let new: Vec<_> =
        missing.iter().map(|name| new_topic(&config.topics, name, partitions, plan.replication)).collect();
    let options = AdminOptions::new().operation_timeout(Some(plan.deadline)).request_timeout(Some(plan.deadline));
    let created = block_on(admin.create_topics(&new, &options));
    for result in created.map_err(|source| KafkaError::broker("create topics", source))? {
        match result {
            // Another instance was faster: its counts are looked at below.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                let source = rdkafka::error::KafkaError::AdminOp(code);
                return Err(KafkaError::broker(format!("create topic {topic}"), source));
            }
        }
    }
    // A broker says that it has made a topic before it lists it; whoever connects in between finds it missing.
    let spent = Stopwatch::start();
    loop {
        let now = counts()?;
        let common = equal_count(&now)?;
        if let (Some(partitions), true) = (common, now.values().all(Option::is_some)) {
            return Ok(partitions);
        }
        if left(plan.deadline, spent.seconds()).is_zero() {
            let after_ms = plan.deadline.as_millis();
            return Err(KafkaError::TimedOut { action: "listing the topics that were made".to_owned(), after_ms });
        }
        #[expect(clippy::disallowed_methods, reason = "the brokers are waited for on a thread that may wait")]
        std::thread::sleep(LISTED);
    }
}

fn new_topic<'a>(names: &TopicNames, name: &'a str, partitions: i32, replication: i32) -> NewTopic<'a> {
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(replication))
        .set("message.timestamp.type", "LogAppendTime");
    let compacted = name == names.proximity || name == names.encounters;
    if compacted { topic.set("cleanup.policy", "compact") } else { topic }
}

/// How many partitions each of our topics has; `None` for one that does not exist.
pub(super) fn partition_counts(names: &TopicNames, all: &Metadata) -> BTreeMap<String, Option<i32>> {
    names.all().into_iter().map(|(_, name)| (name.to_owned(), partition_count(name, all))).collect()
}

/// How many partitions a topic has; `None` if it does not exist.
pub(super) fn partition_count(name: &str, all: &Metadata) -> Option<i32> {
    let topic = all.topics().iter().find(|t| t.name() == name)?;
    i32::try_from(topic.partitions().len()).ok().filter(|n| *n > 0)
}

/// The number of partitions that the existing topics have in common; `None` if none exists.
pub(super) fn equal_count(counts: &BTreeMap<String, Option<i32>>) -> Result<Option<i32>, KafkaError> {
    let mut existing = counts.values().flatten();
    let first = existing.next().copied();
    if existing.all(|n| Some(*n) == first) {
        return Ok(first);
    }
    let text = counts.iter().filter_map(|(name, n)| n.map(|n| format!("{name} {n}"))).collect::<Vec<_>>();
    Err(KafkaError::UnequalPartitions { counts: text.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unequal_counts_are_told_with_each_topic() {
        let counts = |list: &[(&str, Option<i32>)]| list.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect();
        assert_eq!(equal_count(&counts(&[("a", None), ("b", None)])).unwrap(), None);
        assert_eq!(equal_count(&counts(&[("a", Some(8)), ("b", None), ("c", Some(8))])).unwrap(), Some(8));
        let error = equal_count(&counts(&[("a", Some(8)), ("b", None), ("c", Some(4))])).unwrap_err();
        assert!(error.to_string().ends_with("a 8, c 4"), "{error}");
    }
}
