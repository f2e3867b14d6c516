//! A case event as the JSON that is read again as the same event.

use serde_json::{Map, Value, json};

use super::VERSION;
use crate::model::{
    Attribution, CaseChange, CaseEvent, CustodyChange, CustodyStep, DataRequest, Incident, Place, StatedTarget,
};

/// The JSON of a case event, one line, as `docs/schemas/case-event-1.schema.json` describes it; times as ISO 8601 in UTC.
///
/// An event that [`super::case_event`] would refuse (an empty identifier, say) is written as it is.
#[must_use]
pub fn case_event_to_json(event: &CaseEvent) -> String {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        // What is absent is left out.
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    };
    put("version", VERSION.into());
    put("case_id", event.case_id.as_str().into());
    put("event_id", event.event_id.as_str().into());
    put("recorded_at", time(event.recorded_us));
    put("author", event.author.as_str().into());
    put("reason", event.reason.as_str().into());
    put("kind", event.change.kind().into());
    for (name, value) in change(&event.change) {
        put(name, value);
    }
    Value::Object(out).to_string()
}

type Named = Vec<(&'static str, Value)>;

fn change(change: &CaseChange) -> Named {
    match change {
        CaseChange::Opened => vec![],
        CaseChange::Closed { at_us } => vec![("at", time(*at_us))],
        CaseChange::Attributed(a) => attribution(a),
        CaseChange::AttributionWithdrawn { attribution_id } => vec![("attribution_id", attribution_id.as_str().into())],
        CaseChange::TargetAdded { target_id, target } => vec![("target_id", target_id.as_str().into()), stated(target)],
        CaseChange::TargetWithdrawn { target_id } => vec![("target_id", target_id.as_str().into())],
        CaseChange::Custody(change) => custody(change),
        CaseChange::CustodyWithdrawn { custody_id, step_event_id } => {
            vec![("custody_id", custody_id.as_str().into()), ("step_event_id", step_event_id.as_str().into())]
        }
        CaseChange::Requested(r) => request(r),
        CaseChange::RequestReturned { request_id, at_us, exhibit } => {
            vec![("request_id", request_id.as_str().into()), ("at", time(*at_us)), ("exhibit", exhibit.as_str().into())]
        }
        CaseChange::RequestWithdrawn { request_id } => vec![("request_id", request_id.as_str().into())],
    }
}

fn attribution(a: &Attribution) -> Named {
    vec![
        ("attribution_id", a.attribution_id.as_str().into()),
        ("device_id", a.device_id.as_str().into()),
        ("subject_id", a.subject_id.as_str().into()),
        ("role", a.role.as_str().into()),
        ("from", a.from_us.map_or(Value::Null, time)),
        ("to", a.to_us.map_or(Value::Null, time)),
        ("basis", a.basis.as_str().into()),
    ]
}

fn request(r: &DataRequest) -> Named {
    vec![
        ("request_id", r.request_id.as_str().into()),
        ("holder", r.holder.as_str().into()),
        ("authority", r.authority.as_str().into()),
        ("device_id", r.device_id.as_str().into()),
        ("period_from", time(r.from_us)),
        ("period_to", time(r.to_us)),
        ("requested_at", time(r.requested_us)),
        ("due_at", r.due_us.map_or(Value::Null, time)),
    ]
}

fn stated(target: &StatedTarget) -> (&'static str, Value) {
    match target {
        StatedTarget::Place(Place { name, lat_deg, lon_deg, radius_m }) => {
            ("place", json!({ "name": name, "lat_deg": lat_deg, "lon_deg": lon_deg, "radius_m": radius_m }))
        }
        StatedTarget::Incident(i) => ("incident", incident(i)),
    }
}

fn incident(i: &Incident) -> Value {
    let mut written = json!({
        "reference": i.reference,
        "kind": i.kind,
        "t0": time(i.t0_us),
        "t1": time(i.t1_us),
        "lat_deg": i.lat_deg,
        "lon_deg": i.lon_deg,
        "exhibit": i.exhibit,
        "row": i.row,
        "time_text": i.time_text,
        "time_ambiguous": i.time_ambiguous,
    });
    if let (Some(uncertainty_m), Some(fields)) = (i.uncertainty_m, written.as_object_mut()) {
        fields.insert("uncertainty_m".to_owned(), uncertainty_m.into());
    }
    written
}

fn custody(change: &CustodyChange) -> Named {
    let mut fields: Named =
        vec![("custody_id", change.custody_id.as_str().into()), ("subject_id", change.subject_id.as_str().into())];
    match &change.step {
        CustodyStep::Started { relevant_us, authorised_us, indictable } => fields.extend([
            ("relevant_time", time(*relevant_us)),
            ("authorised_at", authorised_us.map_or(Value::Null, time)),
            ("indictable", (*indictable).into()),
        ]),
        CustodyStep::WarrantIssued { at_us, length_us } | CustodyStep::WarrantExtended { at_us, length_us } => {
            fields.extend([("at", time(*at_us)), ("length_us", (*length_us).into())]);
        }
        CustodyStep::Paused { at_us }
        | CustodyStep::Resumed { at_us }
        | CustodyStep::Reviewed { at_us }
        | CustodyStep::Extended { at_us }
        | CustodyStep::Released { at_us } => fields.push(("at", time(*at_us))),
    }
    fields
}

/// ISO 8601 in UTC; whole microseconds for a moment outside the years that it can write.
fn time(us: i64) -> Value {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| us.into(), |t| t.to_string().into())
}
