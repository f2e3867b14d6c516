//! What librdkafka calls back: it only writes down what happened, for the poll thread to act on between two polls.
//!
//! A rebalance is answered later, with a call to assign or unassign; librdkafka waits for that call and keeps the
//! membership alive meanwhile. So nothing is decided or waited for inside a callback.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError as Rd, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::watch;

use super::faults::reason_after;
use super::health::{Health, Link, link_after};
use super::rebalance::Rebalance;

/// Shared by librdkafka, the poll thread and the handle.
pub(super) struct Context {
    /// The topic whose partitions the group gives out.
    fixes: String,
    rebalances: Mutex<VecDeque<Rebalance>>,
    /// The poll thread has let go of everything: what librdkafka still asks is answered on the spot.
    pub(super) closing: AtomicBool,
    health: watch::Sender<Health>,
}

impl Context {
    pub(super) fn new(fixes: &str) -> Self {
        Self {
            fixes: fixes.to_owned(),
            rebalances: Mutex::default(),
            closing: AtomicBool::new(false),
            health: watch::Sender::default(),
        }
    }

    /// What has come up since the last call.
    pub(super) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    pub(super) fn push(&self, rebalance: Rebalance) {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push_back(rebalance);
    }

    pub(super) fn watch(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Changes the health; who watches it is woken only if it is another now.
    pub(super) fn health(&self, change: impl FnOnce(&mut Health)) {
        self.health.send_if_modified(|health| {
            let before = health.clone();
            change(health);
            let changed = *health != before;
            if changed && health.link != before.link {
                tracing::info!(target: "locard::kafka", from = ?before.link, to = ?health.link, reason = health.reason, "kafka link");
            }
            changed
        });
    }

    /// Notes a fault that passes by itself, or not: what the brokers say goes into the health.
    pub(super) fn fault(&self, error: &Rd, reason: &str) {
        let down = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        tracing::warn!(target: "locard::kafka", %error, reason, "kafka");
        self.health(|h| {
            if down && h.link == Link::Up {
                h.link = Link::Down;
            }
            h.reason = reason_after(&h.reason, error, reason);
        });
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::info!(target: "librdkafka", facility, "{message}");
            }
            _ => tracing::warn!(target: "librdkafka", facility, "{message}"),
        }
    }

    fn stats_raw(&self, statistics: &[u8]) {
        self.health(|h| {
            let Some(link) = link_after(h.link, statistics) else { return };
            if link == Link::Up && h.link != Link::Up {
                h.reason.clear();
            }
            h.link = link;
        });
    }

    fn error(&self, error: Rd, reason: &str) {
        self.fault(&error, reason);
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if self.closing.load(Ordering::Acquire) {
            // While it terminates, librdkafka takes any call for "unassign everything".
            if let Err(error) = consumer.unassign() {
                tracing::debug!(target: "locard::kafka", %error, "unassign while closing");
            }
            return;
        }
        let elements = list.elements();
        let ours = elements.iter().filter(|e| e.topic() == self.fixes);
        let partitions = ours.map(rdkafka::topic_partition_list::TopicPartitionListElem::partition).collect();
        self.push(if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            Rebalance::Granted(partitions)
        } else {
            // Asked here, because a later call clears it.
            Rebalance::Taken { partitions, lost: consumer.assignment_lost() }
        });
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        // For dashboards only: the next commit makes up for it.
        if let Err(error) = result {
            let partitions = offsets.elements().iter().filter(|e| e.offset() != Offset::Invalid).count();
            tracing::debug!(target: "locard::kafka", %error, partitions, "offsets were not committed to the group");
        }
    }
}
