//! A case event as a JSON object.
//!
//! The one function here is to give way to the serialiser of the topic `cases`, once that is in `decode`.

use serde_json::{Map, Value, json};

use crate::model::{Attribution, CaseChange, CaseEvent, CustodyChange, CustodyStep, Role, StatedTarget};
use crate::time::utc_text;

use super::feed_error::FeedError;

/// The payload of a case event, without a line end.
///
/// # Errors
/// [`FeedError::Json`] if it cannot be written.
pub fn case_event_json(event: &CaseEvent) -> Result<Vec<u8>, FeedError> {
    let mut object = Map::new();
    object.insert("case_id".to_owned(), json!(event.case_id));
    object.insert("event_id".to_owned(), json!(event.event_id));
    object.insert("recorded_at".to_owned(), json!(utc_text(event.recorded_us)));
    object.insert("author".to_owned(), json!(event.author));
    if !event.reason.is_empty() {
        object.insert("reason".to_owned(), json!(event.reason));
    }
    if let Value::Object(change) = change(&event.change) {
        object.extend(change);
    }
    Ok(serde_json::to_vec(&object)?)
}

fn change(change: &CaseChange) -> Value {
    match change {
        CaseChange::Opened => json!({"type": "opened"}),
        CaseChange::Attributed(claim) => attributed(claim),
        CaseChange::AttributionWithdrawn { attribution_id } => {
            json!({"type": "attribution_withdrawn", "attribution_id": attribution_id})
        }
        CaseChange::TargetAdded { target_id, target } => added(target_id, target),
        CaseChange::TargetWithdrawn { target_id } => json!({"type": "target_withdrawn", "target_id": target_id}),
        CaseChange::Custody(CustodyChange { custody_id, subject_id, step }) => {
            let mut object = json!({"custody_id": custody_id, "subject_id": subject_id});
            if let (Value::Object(object), Value::Object(step)) = (&mut object, custody(step)) {
                object.extend(step);
            }
            object
        }
        CaseChange::Closed { at_us } => json!({"type": "closed", "at": utc_text(*at_us)}),
    }
}

fn attributed(claim: &Attribution) -> Value {
    let role = match claim.role {
        Role::Victim => "victim",
        Role::Suspect => "suspect",
        Role::ThirdParty => "third_party",
        Role::Unknown => "unknown",
    };
    json!({
        "type": "attributed",
        "attribution_id": claim.attribution_id,
        "device_id": claim.device_id,
        "subject_id": claim.subject_id,
        "role": role,
        "from": claim.from_us.map(utc_text),
        "to": claim.to_us.map(utc_text),
        "basis": claim.basis,
    })
}

fn added(target_id: &str, target: &StatedTarget) -> Value {
    match target {
        StatedTarget::Place(p) => json!({
            "type": "target_added",
            "target_id": target_id,
            "place": {"name": p.name, "lat_deg": p.lat_deg, "lon_deg": p.lon_deg, "radius_m": p.radius_m},
        }),
        StatedTarget::Incident(i) => json!({
            "type": "target_added",
            "target_id": target_id,
            "incident": {
                "reference": i.reference,
                "kind": i.kind,
                "from": utc_text(i.t0_us),
                "to": utc_text(i.t1_us),
                "lat_deg": i.lat_deg,
                "lon_deg": i.lon_deg,
                "uncertainty_m": i.uncertainty_m,
            },
        }),
    }
}

fn custody(step: &CustodyStep) -> Value {
    let at = |kind: &str, at_us: i64| json!({"type": kind, "at": utc_text(at_us)});
    match step {
        CustodyStep::Started { relevant_us, authorised_us, indictable } => json!({
            "type": "custody_started",
            "relevant_time": utc_text(*relevant_us),
            "authorised_at": authorised_us.map(utc_text),
            "indictable": indictable,
        }),
        CustodyStep::Paused { at_us } => at("custody_paused", *at_us),
        CustodyStep::Resumed { at_us } => at("custody_resumed", *at_us),
        CustodyStep::Reviewed { at_us } => at("custody_reviewed", *at_us),
        CustodyStep::Extended { at_us } => at("custody_extended", *at_us),
        CustodyStep::WarrantIssued { at_us, length_us } => json!({
            "type": "warrant_issued",
            "at": utc_text(*at_us),
            "length_s": length_us / crate::time::US_PER_S,
        }),
        CustodyStep::Released { at_us } => at("released", *at_us),
    }
}
