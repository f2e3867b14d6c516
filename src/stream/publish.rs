//! Saying flags to the outside: to the output topics, and to whoever watches this instance.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::broadcast;

use super::flag_json::{encounter_json, proximity_json, reject_json};
use super::input::{EncounterOut, ProximityOut};
use super::{LiveFlag, LiveKind, StreamError};
use crate::decode::message::MessageReject;
use crate::model::ProximityParams;
use crate::source::kafka::{KafkaError, Output, OutputTopic, Record};

/// Where flags go.
#[derive(Debug, Clone)]
pub struct Publisher {
    output: Arc<OnceLock<Arc<Output>>>,
    watchers: broadcast::Sender<LiveFlag>,
    params: ProximityParams,
}

/// How long room in the producer's queue is waited for.
const ROOM: Duration = Duration::from_secs(30);
const JSON: &str = "application/json";
/// The header that names the schema in `docs/schemas`, with its version.
const SCHEMA: &str = "schema";
const PROXIMITY_SCHEMA: &str = "proximity-1";
const ENCOUNTER_SCHEMA: &str = "encounter-1";
const REJECT_SCHEMA: &str = "reject-1";
/// The header of a flag that says when the oldest message of its step arrived, UTC microseconds.
const ARRIVED: &str = "arrived-us";

impl Publisher {
    /// To the topics of `output`, if there is one (yet), and to watchers.
    #[must_use]
    pub fn new(output: Option<Arc<Output>>, params: ProximityParams) -> Self {
        let output = Arc::new(output.map_or_else(OnceLock::new, OnceLock::from));
        Self { output, watchers: broadcast::channel(4096).0, params }
    }

    /// Says to the topics of `output` too from now on, in every clone; the first one stays.
    pub fn connect(&self, output: Arc<Output>) {
        // Two that connect at once come to the same.
        _ = self.output.set(output);
    }

    /// Whether it says to topics.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.output.get().is_some()
    }

    /// The sender that watchers subscribe to.
    #[must_use]
    pub fn watchers(&self) -> broadcast::Sender<LiveFlag> {
        self.watchers.clone()
    }

    /// Says what a step found. Records wait in the producer; [`Self::flush`] makes sure of them.
    ///
    /// `arrived_us` is when the broker had the oldest message of the step, UTC microseconds: flags carry it in the header
    /// `arrived-us`, so that whoever reads them knows how long they took at most.
    ///
    /// # Errors
    /// [`KafkaError`] if a record cannot be handed to the producer.
    pub fn say(
        &self,
        proximities: &[ProximityOut],
        encounters: &[EncounterOut],
        rejects: &[&MessageReject],
        revision: i64,
        arrived_us: Option<i64>,
    ) -> Result<(), KafkaError> {
        let arrived = arrived_us.map(|us| us.to_string());
        let headers: &[(&str, &[u8])] = match &arrived {
            Some(text) => &[(ARRIVED, text.as_bytes())],
            None => &[],
        };
        for out in encounters {
            let value = encounter_json(out, &self.params, revision);
            let id = out.said.encounter.id.to_string();
            self.send(OutputTopic::Encounters, Some(&out.case_id), Some(&id), headers, &value)?;
            // Nobody may be watching.
            let flag = LiveFlag { kind: LiveKind::Flag, case_id: out.case_id.as_str().into(), json: value.into() };
            _ = self.watchers.send(flag);
        }
        if !self.is_connected() {
            return Ok(());
        }
        for out in proximities {
            let value = proximity_json(out, &self.params, revision);
            let id = out.said.id.to_string();
            self.send(OutputTopic::Proximity, Some(&out.case_id), Some(&id), headers, &value)?;
        }
        for reject in rejects {
            self.send(OutputTopic::Rejects, reject.case_id.as_deref(), None, headers, &reject_json(reject))?;
        }
        Ok(())
    }

    fn send(
        &self,
        topic: OutputTopic,
        case_id: Option<&str>,
        id: Option<&str>,
        headers: &[(&str, &[u8])],
        payload: &str,
    ) -> Result<(), KafkaError> {
        let Some(output) = self.output.get() else { return Ok(()) };
        let schema = (SCHEMA, schema_of(topic).as_bytes());
        let headers: Vec<(&str, &[u8])> = std::iter::once(schema).chain(headers.iter().copied()).collect();
        let record = Record {
            topic,
            case_id,
            id,
            content_type: JSON,
            headers: &headers,
            payload: Some(payload.as_bytes()),
            ticket: 0,
        };
        match output.send(&record) {
            // Slow brokers slow the pipeline, and through it the topic's reading.
            Err(KafkaError::QueueFull { .. }) => tokio::task::block_in_place(|| output.send_waiting(&record, ROOM)),
            sent => sent,
        }
    }

    /// Waits until everything that was said is on the brokers.
    ///
    /// # Errors
    /// [`StreamError::Kafka`] if the brokers do not take it in time, [`StreamError::Undelivered`] if they refuse a record.
    pub fn flush(&self, deadline: Duration) -> Result<(), StreamError> {
        let Some(output) = self.output.get() else { return Ok(()) };
        let flushed = output.flush(deadline)?;
        match flushed.failed.first() {
            None => Ok(()),
            Some(first) => Err(StreamError::Undelivered { count: flushed.failed.len(), reason: first.reason.clone() }),
        }
    }
}

/// What a payload on a topic that we write is described by.
const fn schema_of(topic: OutputTopic) -> &'static str {
    match topic {
        OutputTopic::Proximity => PROXIMITY_SCHEMA,
        OutputTopic::Encounters => ENCOUNTER_SCHEMA,
        OutputTopic::Rejects => REJECT_SCHEMA,
        OutputTopic::Fixes => "fix-1",
        OutputTopic::Cases => "case-event-1",
    }
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
