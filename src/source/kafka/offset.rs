//! Offsets: everywhere the next one, the offset of the first message that is not included yet.
//!
//! librdkafka has both conventions in one interface (`store_offset` takes the last offset, `commit` and `assign` take the
//! next), so offsets meet it in this file only.

use rdkafka::{Offset, TopicPartitionList};

use super::config::TopicNames;
use super::error::KafkaError;
use crate::source::Topic;

/// The offset of the first message of a partition that is not included yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NextOffset(i64);

impl NextOffset {
    /// `None` if it is negative: librdkafka's negative numbers are words (beginning, end, stored), not offsets.
    #[must_use]
    pub const fn new(offset: i64) -> Option<Self> {
        if offset < 0 { None } else { Some(Self(offset)) }
    }

    /// What follows a message that is included.
    #[must_use]
    pub const fn after(last: i64) -> Self {
        Self(if last < 0 { 0 } else { last.saturating_add(1) })
    }

    /// As a number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// How far a topic and partition is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// The first message that is not included yet.
    pub next: NextOffset,
}

/// The next offset of a topic and partition, if there is one in the list.
pub(super) fn next_in(positions: &[Position], topic: Topic, partition: i32) -> Option<NextOffset> {
    positions.iter().find(|p| p.topic == topic && p.partition == partition).map(|p| p.next)
}

/// What `assign`, `seek` and `commit` take: all of them mean the next message.
///
/// Without one, reading starts at the beginning and not at what the group has committed: if the store is empty, nothing
/// is included, whatever a dashboard says.
const fn at(next: Option<NextOffset>) -> Offset {
    match next {
        Some(next) => Offset::Offset(next.0),
        None => Offset::Beginning,
    }
}

/// Both topics of each partition, where they are to be read from.
///
/// # Errors
/// [`KafkaError::Client`] if a name cannot be passed on.
pub(super) fn starts(
    names: &TopicNames,
    partitions: &[i32],
    positions: &[Position],
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for &partition in partitions {
        for topic in [Topic::Cases, Topic::Fixes] {
            let next = next_in(positions, topic, partition);
            list.add_partition_offset(names.of(topic), partition, at(next)).map_err(KafkaError::client)?;
        }
    }
    Ok(list)
}

/// Positions as the group's committed offsets.
///
/// # Errors
/// [`KafkaError::Client`] if a name cannot be passed on.
pub(super) fn commits(names: &TopicNames, positions: &[Position]) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for p in positions {
        list.add_partition_offset(names.of(p.topic), p.partition, at(Some(p.next))).map_err(KafkaError::client)?;
    }
    Ok(list)
}

/// Both topics of each partition, without offsets.
pub(super) fn both(names: &TopicNames, partitions: &[i32]) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for &partition in partitions {
        for topic in [Topic::Cases, Topic::Fixes] {
            list.add_partition(names.of(topic), partition);
        }
    }
    list
}

/// One topic and partition.
pub(super) fn one(names: &TopicNames, topic: Topic, partition: i32) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    list.add_partition(names.of(topic), partition);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(list: &TopicPartitionList) -> Vec<(String, i32, Offset)> {
        list.elements().iter().map(|e| (e.topic().to_owned(), e.partition(), e.offset())).collect()
    }

    #[test]
    fn the_next_offset_is_passed_on_as_it_is() {
        let names = TopicNames::default();
        let stored = [Position { topic: Topic::Fixes, partition: 3, next: NextOffset::after(41) }];
        let list = starts(&names, &[3], &stored).unwrap();
        assert_eq!(
            offsets(&list),
            [("cases".to_owned(), 3, Offset::Beginning), ("fixes".to_owned(), 3, Offset::Offset(42))],
            "42 is the first message not included; what the store does not know starts at the beginning"
        );
        assert_eq!(offsets(&commits(&names, &stored).unwrap()), [("fixes".to_owned(), 3, Offset::Offset(42))]);
    }

    #[test]
    fn words_of_librdkafka_are_no_offsets() {
        assert_eq!(NextOffset::new(-1001), None);
        assert_eq!(NextOffset::new(0), Some(NextOffset::after(-1)));
        assert_eq!(NextOffset::after(i64::MAX).get(), i64::MAX);
    }
}
