//! How far behind each topic and partition is.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::{Offset, TopicPartitionList};

use super::config::TopicNames;
use super::error::KafkaError;
use super::offset::NextOffset;
use crate::source::Topic;

/// How far a topic and partition has come, as the poll thread knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) topic: Topic,
    pub(super) partition: i32,
    pub(super) read: Option<NextOffset>,
    pub(super) committed: Option<NextOffset>,
}

/// How far behind a topic and partition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// Messages that have not been taken from the broker.
    pub unread: i64,
    /// Messages that the store does not include, the unread among them.
    pub uncommitted: i64,
}

/// The lag for the broker's low and high watermarks: its first offset, and the next that it will give.
pub(super) fn lag(progress: &Progress, (low, high): (i64, i64)) -> Lag {
    // What retention has deleted is not waited for.
    let behind = |next: Option<NextOffset>| (high - next.map_or(low, NextOffset::get).max(low)).max(0);
    let uncommitted = behind(progress.committed.or(progress.read));
    let unread = behind(progress.read);
    Lag { topic: progress.topic, partition: progress.partition, unread, uncommitted: uncommitted.max(unread) }
}

/// The question where all these partitions end (or begin), as one request: asked one by one, each would wait behind a
/// fetch that waits for records, and sixteen take seconds. In place of a time, Kafka takes -1 for the end and -2 for the
/// beginning, which are [`Offset::End`] and [`Offset::Beginning`].
pub(super) fn ask(names: &TopicNames, of: &[Progress], end: Offset) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for p in of {
        list.add_partition_offset(names.of(p.topic), p.partition, end).map_err(KafkaError::client)?;
    }
    Ok(list)
}

/// The answer.
pub(super) fn marks(
    names: &TopicNames,
    answer: &TopicPartitionList,
) -> Result<BTreeMap<(Topic, i32), i64>, KafkaError> {
    let mut marks = BTreeMap::new();
    for element in answer.elements() {
        let (name, partition) = (element.topic(), element.partition());
        element.error().map_err(|source| KafkaError::broker(format!("the ends of {name}-{partition}"), source))?;
        if let (Some(topic), Offset::Offset(offset)) = (names.topic(name), element.offset()) {
            marks.insert((topic, partition), offset);
        }
    }
    Ok(marks)
}

/// What is left of a deadline after some seconds, for the next of several calls.
pub(super) fn left(deadline: Duration, spent_s: f64) -> Duration {
    deadline.saturating_sub(Duration::try_from_secs_f64(spent_s).unwrap_or(deadline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_partitions_are_asked_for_at_once_and_found_again_in_the_answer() {
        let names = TopicNames::default();
        let progress = [(Topic::Fixes, 0), (Topic::Fixes, 7), (Topic::Cases, 7)].map(|(topic, partition)| Progress {
            topic,
            partition,
            read: None,
            committed: None,
        });
        let asked = ask(&names, &progress, Offset::End).unwrap();
        assert_eq!(asked.count(), 3);
        assert!(asked.elements().iter().all(|e| e.offset() == Offset::End));
        assert!(marks(&names, &asked).unwrap().is_empty(), "a question is no answer");
        let mut answer = TopicPartitionList::new();
        answer.add_partition_offset(names.of(Topic::Fixes), 7, Offset::Offset(41)).unwrap();
        answer.add_partition_offset(names.of(Topic::Cases), 7, Offset::Offset(3)).unwrap();
        answer.add_partition_offset("of others", 7, Offset::Offset(9)).unwrap();
        let found = marks(&names, &answer).unwrap();
        assert_eq!(found, BTreeMap::from([((Topic::Fixes, 7), 41), ((Topic::Cases, 7), 3)]));
    }

    #[test]
    fn lag_is_counted_from_the_next_message() {
        let p = |read, committed| Progress {
            topic: Topic::Fixes,
            partition: 0,
            read: NextOffset::new(read),
            committed: NextOffset::new(committed),
        };
        let of = |progress, marks| {
            let lag = lag(&progress, marks);
            (lag.unread, lag.uncommitted)
        };
        assert_eq!(of(p(10, 4), (0, 10)), (0, 6), "read to the end, six of them not stored");
        assert_eq!(of(p(-1, -1), (3, 10)), (7, 7), "nothing read: what is there");
        assert_eq!(of(p(1, 1), (5, 10)), (5, 5), "what is deleted is not waited for");
        assert_eq!(of(p(10, 10), (0, 8)), (0, 0), "a broker that lost its tail");
    }
}
