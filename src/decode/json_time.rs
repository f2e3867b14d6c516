//! The times of JSON records: ISO text, or milliseconds since 1970 in older exports.

use std::borrow::Cow;

use super::json_row::Fault;
use super::json_scalar::Scalar;
use crate::model::RejectReason;
use crate::time::{Reading, ZoneRule, epoch_us, parse_iso};

/// Microseconds in a millisecond.
const US_PER_MS: i64 = 1_000;

/// A time as read, and as the file writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment<'a> {
    /// The moment or interval, UTC microseconds.
    pub(super) reading: Reading,
    /// The text of the file.
    pub(super) text: Cow<'a, str>,
}

impl<'a> Moment<'a> {
    /// From the start of this moment to the end of `end`; the text is `start/end`.
    pub(super) fn until(&self, end: &Moment<'_>) -> Moment<'a> {
        Moment {
            reading: Reading {
                t0_us: self.reading.t0_us,
                t1_us: end.reading.t1_us,
                ambiguous: self.reading.ambiguous || end.reading.ambiguous,
            },
            text: Cow::Owned(format!("{}/{}", self.text, end.text)),
        }
    }
}

/// Reads an ISO text; `zone` is used only if it has no offset.
///
/// # Errors
/// A [`Fault`] naming `field`: absent, not a time, or without a zone.
pub(super) fn iso<'a>(
    value: &'a Scalar<'_>,
    field: &'static str,
    zone: Option<&ZoneRule>,
) -> Result<Moment<'a>, Fault> {
    match value {
        v if v.is_null() => Err(Fault::missing(field)),
        Scalar::Text(text) => match parse_iso(text, zone) {
            Ok(reading) => Ok(Moment { reading, text: Cow::Borrowed(text) }),
            Err(e) => Err(value.fault(field, e.reason())),
        },
        _ => Err(value.fault(field, RejectReason::TimeFormat)),
    }
}

/// Reads an ISO text, or milliseconds since 1970 where there is none; `fields` names the two.
///
/// # Errors
/// A [`Fault`] naming the field at fault; the ISO field if both are absent.
pub(super) fn iso_or_ms<'a>(
    (iso_value, ms_value): (&'a Scalar<'_>, &'a Scalar<'_>),
    fields: [&'static str; 2],
    zone: Option<&ZoneRule>,
) -> Result<Moment<'a>, Fault> {
    if !iso_value.is_null() || ms_value.is_null() {
        return iso(iso_value, fields[0], zone);
    }
    let text = ms_value.text();
    match epoch_us(&text, US_PER_MS) {
        Ok(us) => Ok(Moment { reading: Reading::at(us), text }),
        Err(e) => Err(ms_value.fault(fields[1], e.reason())),
    }
}
