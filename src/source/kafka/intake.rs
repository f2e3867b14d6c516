//! Messages on their way through the poll thread: from librdkafka into lanes, and from lanes to their readers.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::Timestamp;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError as Rd, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers};

use super::event::Event;
use super::lane::{Lane, Taken};
use super::offset::one;
use super::poll::{IDLE, Poll};
use crate::source::{Message, Topic};

/// How long a poll waits when room or an answer is waited for.
const WATCHFUL: Duration = Duration::from_millis(2);

impl Poll {
    /// How long a poll may wait for a message.
    fn wait(&self) -> Duration {
        let watchful = self.pending.is_some() || self.stopping || self.lanes.values().any(Lane::is_backed_up);
        let due = self.lanes.values().filter_map(|lane| lane.due_in(&self.config.blocks)).min();
        let wait = if watchful { WATCHFUL } else { IDLE };
        due.map_or(wait, |due| due.min(wait))
    }

    /// Takes what is there, up to a block's worth, so that everything else has its turn.
    pub(super) fn read(&mut self) {
        let consumer = Arc::clone(&self.consumer);
        let mut wait = self.wait();
        for _ in 0..self.config.blocks.messages {
            match consumer.poll(wait) {
                None => return,
                Some(Ok(message)) => self.take(&message),
                Some(Err(Rd::MessageConsumptionFatal(code))) => {
                    return self.fail(&Rd::MessageConsumptionFatal(code).to_string());
                }
                // The context has been told with the reason in full.
                Some(Err(error)) => tracing::debug!(target: "locard::kafka", %error, "poll"),
            }
            wait = Duration::ZERO;
        }
    }

    fn take(&mut self, m: &BorrowedMessage<'_>) {
        let Some(topic) = self.config.topics.topic(m.topic()) else { return };
        let partition = m.partition();
        // What librdkafka had fetched of a partition that is being let go: read again by the next.
        let Some(lane) = self.lanes.get_mut(&(topic, partition)) else { return };
        let message = Message {
            offset: m.offset(),
            appended_us: appended_us(m.timestamp()),
            key: m.key(),
            content_type: content_type(m),
            payload: m.payload(),
        };
        match lane.take(&message, &self.config.blocks) {
            Taken::Gathered | Taken::Refused => {}
            Taken::Repeated => tracing::debug!(target: "locard::kafka", ?topic, partition, "a message came again"),
            Taken::AfterGap(expected) => self.tell(Event::Gap { topic, partition, expected, found: m.offset() }),
            Taken::Rewound(expected) => {
                let error = Rd::MessageConsumption(RDKafkaErrorCode::OffsetOutOfRange);
                let reason = format!(
                    "{}-{partition} begins at {} but {} messages of it are stored: it was made anew, and is not read",
                    m.topic(),
                    m.offset(),
                    expected.get()
                );
                self.consumer.context().fault(&error, &reason);
                self.tell(Event::Gap { topic, partition, expected, found: m.offset() });
            }
        }
    }

    /// Hands on what is due, and pauses or resumes what has changed.
    pub(super) fn hand_on(&mut self) {
        for (&(topic, partition), lane) in &mut self.lanes {
            lane.hand_on(&self.config.blocks);
            let allowed = topic == Topic::Cases || self.permits.borrow().allows(partition);
            let pause = lane.wants_pause(allowed);
            if pause != lane.paused {
                let list = one(&self.config.topics, topic, partition);
                let done = if pause { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
                match done {
                    Ok(()) => lane.paused = pause,
                    Err(error) => self.consumer.context().fault(&error, ""),
                }
            }
        }
    }
}

/// Milliseconds of Kafka as our microseconds; `None` if the message has none.
fn appended_us(timestamp: Timestamp) -> Option<i64> {
    timestamp.to_millis().filter(|ms| *ms >= 0).and_then(|ms| ms.checked_mul(1000))
}

/// The last header of that name, as Kafka's own clients take it.
fn content_type<'m>(message: &'m BorrowedMessage<'_>) -> Option<&'m [u8]> {
    let named = message.headers()?.iter().filter(|h| h.key.eq_ignore_ascii_case("content-type"));
    named.last().and_then(|h| h.value)
}
