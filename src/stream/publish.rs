//! Saying flags to the outside: to the output topics, and to whoever watches this instance.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::input::{EncounterOut, ProximityOut};
use super::said::Change;
use super::{LiveFlag, StreamError};
use crate::decode::message::MessageReject;
use crate::model::ProximityParams;
use crate::source::Topic;
use crate::source::kafka::{KafkaError, Output, OutputTopic, Record};
use crate::time::utc_text;

/// Where flags go.
#[derive(Debug, Clone)]
pub struct Publisher {
    output: Option<Arc<Output>>,
    watchers: broadcast::Sender<LiveFlag>,
    params: ProximityParams,
}

/// How long room in the producer's queue is waited for.
const ROOM: Duration = Duration::from_secs(30);
const JSON: &str = "application/json";
/// The header of a flag that says when the oldest message of its step arrived, UTC microseconds.
const ARRIVED: &str = "arrived-us";

impl Publisher {
    /// To the topics of `output`, if there is one, and to watchers.
    #[must_use]
    pub fn new(output: Option<Arc<Output>>, params: ProximityParams) -> Self {
        Self { output, watchers: broadcast::channel(4096).0, params }
    }

    /// Flags from now on.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<LiveFlag> {
        self.watchers.subscribe()
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
            let flag = LiveFlag { case_id: out.case_id.as_str().into(), json: value.to_string().into() };
            _ = self.watchers.send(flag);
        }
        if self.output.is_none() {
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
        value: &Value,
    ) -> Result<(), KafkaError> {
        let Some(output) = &self.output else { return Ok(()) };
        let payload = value.to_string();
        let record = Record {
            topic,
            case_id,
            id,
            content_type: JSON,
            headers,
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
        let Some(output) = &self.output else { return Ok(()) };
        let flushed = output.flush(deadline)?;
        match flushed.failed.first() {
            None => Ok(()),
            Some(first) => Err(StreamError::Undelivered { count: flushed.failed.len(), reason: first.reason.clone() }),
        }
    }
}

/// A proximity as the topic has it; `docs/schemas/proximity-1.schema.json`.
fn proximity_json(out: &ProximityOut, params: &ProximityParams, revision: i64) -> Value {
    let p = &out.said;
    json!({
        "case_id": out.case_id,
        "proximity_id": p.id.to_string(),
        "status": if out.withdrawn { "withdrawn" } else { "current" },
        "revision": revision,
        "fix_id": p.fix.to_string(),
        "device_id": p.device,
        "target_kind": p.target_kind.as_str(),
        "target_id": p.target_id,
        "t0": utc_text(p.t0_us),
        "t1": utc_text(p.t1_us),
        "distance_m": p.distance_m,
        "grade": p.grade.as_str(),
        "p_within": p.p_within,
        "radius_m": params.radius_m,
        "window_us": params.window_us,
        "why": out.why,
    })
}

/// An encounter as the topic has it; `docs/schemas/encounter-1.schema.json`.
fn encounter_json(out: &EncounterOut, params: &ProximityParams, revision: i64) -> Value {
    let e = &out.said.encounter;
    let by = match out.said.change {
        Change::Superseded(by) => Value::from(by.to_string()),
        _ => Value::Null,
    };
    json!({
        "case_id": out.case_id,
        "encounter_id": e.id.to_string(),
        "content_id": e.content,
        "change": out.said.change.as_str(),
        "status": out.said.change.status(),
        "superseded_by": by,
        "revision": revision,
        "device_id": e.device,
        "target_kind": e.target_kind.as_str(),
        "target": e.target,
        "enter": utc_text(e.enter_us),
        "exit": utc_text(e.exit_us),
        "closed": e.closed,
        "grade": e.grade.as_str(),
        "p_within_max": e.p_within_max,
        "p_within_mean": e.p_within_mean,
        "min_distance_m": e.min_distance_m,
        "closest_approach_m": e.closest_approach_m,
        "closest_approach_at": e.closest_approach_us.map(utc_text),
        "suspect_fixes": e.suspect_fixes,
        "target_fixes": e.target_fixes,
        "proximities": e.proximities,
        "sources": e.sources,
        "single_fix": e.single_fix,
        "radius_m": params.radius_m,
        "window_us": params.window_us,
        "gap_us": params.gap_us,
        "why": out.why,
    })
}

/// A reject as the topic has it; `docs/schemas/reject-1.schema.json`.
fn reject_json(reject: &MessageReject) -> Value {
    let topic = match reject.topic {
        Topic::Fixes => "fixes",
        Topic::Cases => "cases",
    };
    json!({
        "case_id": reject.case_id,
        "topic": topic,
        "partition": reject.partition,
        "offset": reject.offset,
        "row": reject.row,
        "field": reject.field,
        "value": reject.value,
        "reason": reject.reason.as_str(),
        "advice": reject.reason.advice(),
        "payload": String::from_utf8_lossy(&reject.bytes),
    })
}
