//! What becomes of one record of a JSON document: a fix, something that is by nature not a fix, or a reject.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::Error as _;

use super::json_time::Moment;
use super::{DecodeError, DecodeOptions, RowSink};
use crate::model::{Basis, DEFAULT_CONFIDENCE, FixRow, NotAFix, RejectReason, RejectRow, SourceKind};

/// How much of a broken record is shown, bytes.
const SHOWN_BYTES: usize = 240;

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The field at fault.
    pub(super) field: &'static str,
    /// Its value.
    pub(super) value: String,
    /// Why it cannot be used.
    pub(super) reason: RejectReason,
}

impl Fault {
    /// A field that a fix needs is absent.
    pub(super) fn missing(field: &'static str) -> Self {
        Self { field, value: String::new(), reason: RejectReason::Missing }
    }
}

/// Why a record is not a fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unused {
    /// By nature.
    NotAFix(NotAFix),
    /// It is faulty.
    Faulty(Fault),
}

impl From<Fault> for Unused {
    fn from(fault: Fault) -> Self {
        Self::Faulty(fault)
    }
}

/// A fix as read from a record, before its row and path are added.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft<'a> {
    /// The device; empty if neither the file nor the options name one.
    pub(super) device: Cow<'a, str>,
    /// What produced the position.
    pub(super) source: SourceKind,
    /// When.
    pub(super) time: Moment<'a>,
    /// WGS84 latitude, degrees.
    pub(super) lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub(super) lon_deg: f64,
    /// Uncertainty radius, metres.
    pub(super) uncertainty_m: Option<f64>,
    /// The share of positions (0 to 1) that the radius stands for.
    pub(super) confidence: f64,
    /// How far it is from a measurement.
    pub(super) basis: Basis,
    /// Direction of a sector or camera, degrees clockwise from north.
    pub(super) azimuth_deg: Option<f64>,
}

impl<'a> Draft<'a> {
    /// A fix that a service inferred, at `(lat_deg, lon_deg)`, of the device that the options name.
    pub(super) fn inferred(time: Moment<'a>, (lat_deg, lon_deg): (f64, f64), options: &'a DecodeOptions) -> Self {
        Self {
            device: named_device(options),
            source: SourceKind::Timeline,
            time,
            lat_deg,
            lon_deg,
            uncertainty_m: None,
            confidence: DEFAULT_CONFIDENCE,
            basis: Basis::Inferred,
            azimuth_deg: None,
        }
    }
}

/// The device that the options name, or the empty text.
pub(super) fn named_device(options: &DecodeOptions) -> Cow<'_, str> {
    Cow::Borrowed(options.device.as_deref().unwrap_or(""))
}

/// A cell's position was assigned to the record; the other sources measured theirs.
pub(super) fn basis_of(source: SourceKind) -> Basis {
    if source == SourceKind::Cell { Basis::Estimated } else { Basis::Measured }
}

/// Hands one record on: exactly one call to the sink.
///
/// # Errors
/// [`DecodeError::Sink`] if the sink failed.
pub(super) fn put(
    read: Result<Draft<'_>, Unused>,
    row: u64,
    path: &str,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    match read {
        Ok(d) => sink.fix(&FixRow {
            device: &d.device,
            source: d.source,
            t0_us: d.time.reading.t0_us,
            t1_us: d.time.reading.t1_us,
            lat_deg: d.lat_deg,
            lon_deg: d.lon_deg,
            uncertainty_m: d.uncertainty_m,
            confidence: d.confidence,
            basis: d.basis,
            azimuth_deg: d.azimuth_deg,
            row,
            path,
            time_text: &d.time.text,
            time_ambiguous: d.time.reading.ambiguous,
        }),
        Err(Unused::NotAFix(kind)) => {
            sink.not_a_fix(kind, 1);
            Ok(())
        }
        Err(Unused::Faulty(Fault { field, value, reason })) => {
            sink.reject(&RejectRow { row, path, field, value: &value, reason })
        }
    }
}

/// Reads one JSON object.
///
/// An array is refused: `serde` would take its elements for the fields in their order, and make a record of nonsense.
///
/// # Errors
/// What `serde_json` says of it.
pub(super) fn read_object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        serde_json::from_slice(bytes)
    } else {
        Err(serde_json::Error::custom("not a JSON object"))
    }
}

/// Rejects a record that [`read_object`] could not read; the value shown is the record's beginning.
///
/// # Errors
/// [`DecodeError::Sink`] if the sink failed.
pub(super) fn put_unreadable(
    error: &serde_json::Error,
    bytes: &[u8],
    row: u64,
    path: &str,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let message = error.to_string();
    let (field, reason) = why_unreadable(&message, bytes);
    sink.reject(&RejectRow { row, path, field, value: &beginning(bytes), reason })
}

/// The field and the reason of a record that could not be read; `message` is what `serde_json` said of it.
pub(super) fn why_unreadable<'m>(message: &'m str, bytes: &[u8]) -> (&'m str, RejectReason) {
    let twice = message.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next());
    if let Some(field) = twice {
        (field, RejectReason::NotAllowed)
    } else if message.starts_with("number out of range") {
        ("", RejectReason::NotANumber)
    } else if std::str::from_utf8(bytes).is_err() {
        ("", RejectReason::NotUtf8)
    } else {
        ("", RejectReason::Syntax)
    }
}

/// The beginning of a record that could not be read.
pub(super) fn beginning(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.get(..SHOWN_BYTES).unwrap_or(bytes))
}
