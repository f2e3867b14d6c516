//! A partition read again from where the store stands, because its reader has failed. The group hears nothing of it: the
//! partition stays assigned, and librdkafka is told to seek.

use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::TopicPartitionListElem;

use super::error::KafkaError;
use super::event::Assigned;
use super::lane::Lane;
use super::offset::{Position, next_in, starts};
use super::pending::Pending;
use super::poll::Poll;
use super::rebalance::Call;
use crate::source::Topic;

/// How long librdkafka may take to seek. It asks no broker for that.
const SEEK: Duration = Duration::from_secs(1);

impl Poll {
    /// Ends the channels of a partition and opens others, which begin at these positions; `None` if the partition is not
    /// ours any more, or about to be let go.
    ///
    /// # Errors
    /// If librdkafka cannot seek. The partition is not read then, until this is called again.
    pub(super) fn reopen(&mut self, partition: i32, positions: &[Position]) -> Result<Option<Assigned>, KafkaError> {
        let goes = matches!(&self.pending, Some(Pending { call: Call::Unassign(p), .. }) if p.contains(&partition));
        if self.stopping || goes || !self.held.contains(&partition) {
            return Ok(None);
        }
        // What comes meanwhile finds no lane. A seek drops what was fetched before it, so nothing of that comes after it.
        self.end_lanes(&[partition]);
        self.seek(partition, positions)?;
        let assigned = self.open(partition);
        for topic in [Topic::Fixes, Topic::Cases] {
            let Some(sender) = self.senders.remove(&(topic, partition)) else { continue };
            let next = next_in(positions, topic, partition);
            self.committed.extend(next.map(|next| ((topic, partition), next)));
            self.lanes.insert((topic, partition), Lane::new(topic, partition, next, sender));
        }
        Ok(Some(assigned))
    }

    fn seek(&self, partition: i32, positions: &[Position]) -> Result<(), KafkaError> {
        let fault = |source| KafkaError::broker(format!("seek in partition {partition}"), source);
        let list = starts(&self.config.topics, &[partition], positions)?;
        let done = self.consumer.seek_partitions(list, SEEK).map_err(fault)?;
        done.elements().iter().try_for_each(TopicPartitionListElem::error).map_err(fault)
    }
}
