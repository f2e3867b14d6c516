//! Case events as JSON: `docs/schemas/case-event-1.schema.json` describes every field, with an example of each kind.
//!
//! ```text
//!  {"case_id": ..., "recorded_at": ..., "author": ..., "kind": "attribution_added", "device_id": ..., ...}
//! ```
//! What is not usable is named by its field. A field that the schema does not know is no fault: it is kept aside, so that a
//! sender of a later time is understood as far as we know. A field twice is a fault, because two readers would believe
//! different statements.

mod fields;
mod strict;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::fields::{Fields, NAME_BYTES, TEXT_BYTES};
use self::strict::Strict;
use crate::model::{
    Attribution, CaseChange, CaseEvent, CustodyChange, CustodyStep, DataRequest, Incident, Place, RejectReason, Role,
    StatedTarget, case_event_id, shorten,
};

pub use write::case_event_to_json;

/// The version of the layout that is read and written.
const VERSION: u64 = 1;
/// The largest message, bytes: a statement is some hundred.
const MAX_BYTES: usize = 256 * 1024;
/// How much of unreadable bytes is looked at to show their beginning.
const SHOWN_BYTES: usize = 400;
/// Senders' clocks run ahead a little; a time of more than a day ahead of now is refused.
const AHEAD_US: i64 = 86_400 * crate::time::US_PER_S;
/// No warrant states a longer time, microseconds: two weeks.
const MAX_LENGTH_US: i64 = 14 * 86_400 * crate::time::US_PER_S;

/// Why a message is no case event; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}{}", named(field), shown_after(value))]
pub struct CaseEventFault {
    /// The field at fault, with `place.` or `incident.` before it if it is inside one; empty if the whole is.
    pub field: String,
    /// Its value, shortened.
    pub value: String,
    /// Why it cannot be used.
    pub reason: RejectReason,
}

fn named(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}: ") }
}

fn shown_after(value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" ({value})") }
}

impl CaseEventFault {
    fn new(field: impl Into<String>, value: &str, reason: RejectReason) -> Self {
        Self { field: field.into(), value: shorten(value), reason }
    }
}

/// A case event and what came with it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseEventRead {
    /// The statement.
    pub event: CaseEvent,
    /// Fields that the schema does not know, by name (`place.colour`), and fields that do not belong to this kind.
    pub aside: BTreeMap<String, Value>,
}

/// Reads a case event; `now_us` is the moment of reading, UTC microseconds: times of more than a day later are refused.
///
/// A statement without an `event_id` gets one that follows from what it says ([`case_event_id`]), so that the same
/// statement delivered again is the same.
///
/// # Errors
/// [`CaseEventFault`] names the first field that is missing or not usable.
pub fn case_event(bytes: &[u8], now_us: i64) -> Result<CaseEvent, CaseEventFault> {
    read_case_event(bytes, now_us).map(|read| read.event)
}

/// As [`case_event`], with the fields that were kept aside.
///
/// # Errors
/// [`CaseEventFault`] names the first field that is missing or not usable.
pub fn read_case_event(bytes: &[u8], now_us: i64) -> Result<CaseEventRead, CaseEventFault> {
    let mut fields = Fields::new(object(bytes)?, now_us.saturating_add(AHEAD_US));
    let mut aside = BTreeMap::new();
    let version = fields.natural("version")?.unwrap_or(VERSION);
    if version != VERSION {
        return Err(fields.fault("version", &version.to_string(), RejectReason::NotAllowed));
    }
    let case_id = fields.required_name("case_id")?;
    let event_id = fields.name("event_id")?;
    let recorded_us = fields.required_time("recorded_at")?;
    let author = fields.required_name("author")?;
    let reason = fields.text("reason", TEXT_BYTES)?.unwrap_or_default();
    let kind = fields.required_name("kind")?;
    let change = change(&kind, &mut fields, &mut aside)?;
    fields.keep_aside(&mut aside);
    let mut event = CaseEvent { case_id, event_id: String::new(), recorded_us, author, reason, change };
    event.event_id = event_id.unwrap_or_else(|| case_event_id(&event).to_string());
    Ok(CaseEventRead { event, aside })
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, CaseEventFault> {
    let beginning = || String::from_utf8_lossy(bytes.get(..SHOWN_BYTES).unwrap_or(bytes)).into_owned();
    let whole = |reason| CaseEventFault::new("", &beginning(), reason);
    if bytes.len() > MAX_BYTES {
        return Err(whole(RejectReason::NotAllowed));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| whole(RejectReason::NotUtf8))?;
    match serde_json::from_str(text) {
        Ok(Strict(Value::Object(fields))) => Ok(fields),
        Ok(_) => Err(whole(RejectReason::Syntax)),
        Err(e) => {
            let message = e.to_string();
            let twice = message.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next());
            Err(match twice {
                Some(field) => CaseEventFault::new(shorten(field), "given twice", RejectReason::NotAllowed),
                None if message.starts_with("number out of range") => whole(RejectReason::NotANumber),
                None => whole(RejectReason::Syntax),
            })
        }
    }
}

/// What the event says. The kinds are the words of [`CaseChange::kind`]; a correction is read as the addition it is.
fn change(kind: &str, f: &mut Fields, aside: &mut BTreeMap<String, Value>) -> Result<CaseChange, CaseEventFault> {
    Ok(match kind {
        "opened" => CaseChange::Opened,
        "closed" => CaseChange::Closed { at_us: f.required_time("at")? },
        "attribution_added" | "attribution_corrected" => CaseChange::Attributed(attribution(f)?),
        "attribution_withdrawn" => {
            CaseChange::AttributionWithdrawn { attribution_id: f.required_name("attribution_id")? }
        }
        "target_added" | "target_corrected" => {
            let target_id = f.required_name("target_id")?;
            CaseChange::TargetAdded { target_id, target: target(f, aside)? }
        }
        "target_withdrawn" => CaseChange::TargetWithdrawn { target_id: f.required_name("target_id")? },
        "request_added" | "request_corrected" => CaseChange::Requested(request(f)?),
        "request_returned" => CaseChange::RequestReturned {
            request_id: f.required_name("request_id")?,
            at_us: f.required_time("at")?,
            exhibit: f.sha256("exhibit")?,
        },
        "request_withdrawn" => CaseChange::RequestWithdrawn { request_id: f.required_name("request_id")? },
        "custody_withdrawn" => CaseChange::CustodyWithdrawn {
            custody_id: f.required_name("custody_id")?,
            step_event_id: f.required_name("step_event_id")?,
        },
        _ => {
            let Some(read) = custody_step(kind) else {
                return Err(f.fault("kind", kind, RejectReason::NotAllowed));
            };
            let (custody_id, subject_id) = (f.required_name("custody_id")?, f.required_name("subject_id")?);
            CaseChange::Custody(CustodyChange { custody_id, subject_id, step: read(f)? })
        }
    })
}

fn attribution(f: &mut Fields) -> Result<Attribution, CaseEventFault> {
    let attribution_id = f.required_name("attribution_id")?;
    let device_id = f.required_name("device_id")?;
    let subject_id = f.required_name("subject_id")?;
    let role = f.required_name("role")?;
    let role = Role::parse(&role).ok_or_else(|| f.fault("role", &role, RejectReason::NotAllowed))?;
    let (from_us, to_us) = (f.time("from")?, f.time("to")?);
    if let (Some(from_us), Some(to_us)) = (from_us, to_us)
        && to_us <= from_us
    {
        return Err(f.fault("to", &crate::time::utc_text(to_us), RejectReason::TimeOrder));
    }
    let basis = f.text("basis", TEXT_BYTES)?.unwrap_or_default();
    Ok(Attribution { attribution_id, device_id, subject_id, role, from_us, to_us, basis })
}

fn request(f: &mut Fields) -> Result<DataRequest, CaseEventFault> {
    let request_id = f.required_name("request_id")?;
    let holder = f.required_name("holder")?;
    let authority = f.required_name("authority")?;
    let device_id = f.required_name("device_id")?;
    let from_us = f.required_time("period_from")?;
    let to_us = f.time_ahead("period_to")?;
    let to_us = f.required("period_to", to_us)?;
    if to_us <= from_us {
        return Err(f.fault("period_to", &crate::time::utc_text(to_us), RejectReason::TimeOrder));
    }
    let (requested_us, due_us) = (f.required_time("requested_at")?, f.time_ahead("due_at")?);
    Ok(DataRequest { request_id, holder, authority, device_id, from_us, to_us, requested_us, due_us })
}

/// The place or the incident: one of them, not both.
fn target(f: &mut Fields, aside: &mut BTreeMap<String, Value>) -> Result<StatedTarget, CaseEventFault> {
    let (inner, target) = match (f.object("place", "place.")?, f.object("incident", "incident.")?) {
        (Some(mut p), None) => {
            let place = place(&mut p)?;
            (p, StatedTarget::Place(place))
        }
        (None, Some(mut i)) => {
            let incident = incident(&mut i)?;
            (i, StatedTarget::Incident(incident))
        }
        (None, None) => return Err(f.fault("place", "", RejectReason::Missing)),
        (Some(_), Some(_)) => return Err(f.fault("incident", "beside a place", RejectReason::NotAllowed)),
    };
    inner.keep_aside(aside);
    Ok(target)
}

fn place(p: &mut Fields) -> Result<Place, CaseEventFault> {
    let name = p.required_name("name")?;
    let (lat_deg, lon_deg) = p.position()?;
    let radius_m = p.radius_m("radius_m")?;
    Ok(Place { name, lat_deg, lon_deg, radius_m: p.required("radius_m", radius_m)? })
}

fn incident(i: &mut Fields) -> Result<Incident, CaseEventFault> {
    let reference = i.required_name("reference")?;
    let kind = i.text("kind", NAME_BYTES)?.unwrap_or_default();
    let (t0_us, t0_text) = i.required_time_and_text("t0")?;
    let t1_us = i.time("t1")?.unwrap_or(t0_us);
    if t1_us < t0_us {
        return Err(i.fault("t1", &crate::time::utc_text(t1_us), RejectReason::TimeOrder));
    }
    let (lat_deg, lon_deg) = i.position()?;
    let uncertainty_m = i.radius_m("uncertainty_m")?;
    let exhibit = i.sha256("exhibit")?;
    let row = i.natural("row")?.unwrap_or(0);
    let time_text = i.text("time_text", NAME_BYTES)?.unwrap_or(t0_text);
    let time_ambiguous = i.flag("time_ambiguous", Some(false))?;
    Ok(Incident {
        reference,
        kind,
        t0_us,
        t1_us,
        lat_deg,
        lon_deg,
        uncertainty_m,
        exhibit,
        row,
        time_text,
        time_ambiguous,
    })
}

type ReadStep = fn(&mut Fields) -> Result<CustodyStep, CaseEventFault>;

/// The reader of a kind of custody step; `None` if there is no such kind.
fn custody_step(kind: &str) -> Option<ReadStep> {
    Some(match kind {
        "custody_started" => |f| {
            let relevant_us = f.required_time("relevant_time")?;
            let authorised_us = f.time("authorised_at")?;
            Ok(CustodyStep::Started { relevant_us, authorised_us, indictable: f.flag("indictable", None)? })
        },
        "custody_paused" => |f| Ok(CustodyStep::Paused { at_us: f.required_time("at")? }),
        "custody_resumed" => |f| Ok(CustodyStep::Resumed { at_us: f.required_time("at")? }),
        "custody_reviewed" => |f| Ok(CustodyStep::Reviewed { at_us: f.required_time("at")? }),
        "custody_extended" => |f| Ok(CustodyStep::Extended { at_us: f.required_time("at")? }),
        "custody_warrant_issued" => {
            |f| Ok(CustodyStep::WarrantIssued { at_us: f.required_time("at")?, length_us: length_us(f)? })
        }
        "custody_warrant_extended" => {
            |f| Ok(CustodyStep::WarrantExtended { at_us: f.required_time("at")?, length_us: length_us(f)? })
        }
        "custody_released" => |f| Ok(CustodyStep::Released { at_us: f.required_time("at")? }),
        _ => return None,
    })
}

fn length_us(f: &mut Fields) -> Result<i64, CaseEventFault> {
    let read = f.natural("length_us")?;
    let given = f.required("length_us", read)?;
    let length_us = i64::try_from(given).ok().filter(|us| (1..=MAX_LENGTH_US).contains(us));
    length_us.ok_or_else(|| f.fault("length_us", &given.to_string(), RejectReason::NotAllowed))
}
