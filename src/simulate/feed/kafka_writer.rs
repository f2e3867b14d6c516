//! A feed into the topics `fixes` and `cases`.

use std::sync::Arc;
use std::time::Duration;

use super::feed_error::FeedError;
use super::folder::FeedWriter;
use super::record::{FeedBody, FeedItem};
use super::stamp::Stamp;
use crate::decode::message::case_event_to_json;
use crate::source::kafka::{Output, OutputTopic, Record};

/// Sends a feed to brokers.
#[derive(Debug)]
pub struct KafkaWriter {
    output: Arc<Output>,
    stamp: Stamp,
    payload: Vec<u8>,
}

/// How long brokers may take before the feed gives up.
const DEADLINE: Duration = Duration::from_mins(1);

impl KafkaWriter {
    /// Sends through this output.
    #[must_use]
    pub fn new(output: Arc<Output>) -> Self {
        Self { output, stamp: Stamp::default(), payload: Vec::new() }
    }
}

impl FeedWriter for KafkaWriter {
    fn write(&mut self, item: &FeedItem) -> Result<(), FeedError> {
        self.payload.clear();
        let topic = match &item.body {
            FeedBody::Fix(fix) => {
                fix.append_json(&item.case_id, &mut self.stamp, &mut self.payload);
                OutputTopic::Fixes
            }
            FeedBody::Event(event) => {
                self.payload.extend(case_event_to_json(event).into_bytes());
                OutputTopic::Cases
            }
        };
        let record = Record {
            topic,
            case_id: Some(&item.case_id),
            id: None,
            content_type: "application/json",
            headers: &[],
            payload: Some(&self.payload),
            ticket: 0,
        };
        Ok(self.output.send_waiting(&record, DEADLINE)?)
    }

    fn finish(&mut self) -> Result<(), FeedError> {
        let flushed = self.output.flush(DEADLINE)?;
        match flushed.failed.into_iter().next() {
            None => Ok(()),
            Some(first) => Err(FeedError::Undelivered(first.reason)),
        }
    }
}
