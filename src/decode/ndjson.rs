//! Locard's canonical records: one JSON object a line.
//!
//! | field | meaning | also accepted |
//! | --- | --- | --- |
//! | `device_id` | the device; needed unless one is named for the whole file | |
//! | `t0` | start: ISO text or whole UTC microseconds since 1970; needed | `ts` |
//! | `t1` | end, as `t0`; absent for a moment | |
//! | `lat_deg`, `lon_deg` | WGS84 degrees; needed | `lat`, `lon` |
//! | `uncertainty_m` | radius in metres at `confidence` | `accuracy_m` |
//! | `source` | `gps`, `wifi`, `cell`, ...; unknown if absent | |
//! | `confidence` | above 0 and below 1; 0.68 if absent | |
//! | `basis` | `measured`, `estimated`, `inferred`, `edited`; from the source if absent | |
//! | `azimuth_deg` | 0 to 360, clockwise from north | |
//!
//! The second names are those of the feed generator. Other fields are passed over. A row is a line, counted from 1; a
//! blank line is a heading. One line is held at a time, at most [`MAX_LINE_BYTES`] of it.

use std::borrow::Cow;
use std::io::{BufRead, Read as _};

use serde::Deserialize;

use super::json_row::{Draft, Fault, Unused, basis_of, put, put_unreadable, read_object};
use super::json_scalar::Scalar;
use super::json_time::{Moment, iso};
use super::{DecodeError, DecodeOptions, RowSink};
use crate::model::{Basis, DEFAULT_CONFIDENCE, NotAFix, RejectReason, RejectRow, SourceKind};
use crate::time::{Reading, ZoneRule};

/// The longest line that is read, bytes: a record is a few hundred.
pub const MAX_LINE_BYTES: u64 = 1024 * 1024;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    device_id: Scalar<'a>,
    #[serde(alias = "ts")]
    t0: Scalar<'a>,
    t1: Scalar<'a>,
    #[serde(alias = "lat")]
    lat_deg: Scalar<'a>,
    #[serde(alias = "lon")]
    lon_deg: Scalar<'a>,
    #[serde(alias = "accuracy_m")]
    uncertainty_m: Scalar<'a>,
    source: Scalar<'a>,
    confidence: Scalar<'a>,
    basis: Scalar<'a>,
    azimuth_deg: Scalar<'a>,
}

/// Reads canonical records.
///
/// # Errors
/// [`DecodeError::Io`] if reading fails. A bad line is a reject and stops nothing.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let io = |source| DecodeError::Io { file: file.to_owned(), source };
    let mut line = Vec::new();
    let mut row = 0_u64;
    loop {
        line.clear();
        let n = (&mut *reader).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line).map_err(io)?;
        if n == 0 {
            return Ok(());
        }
        row += 1;
        if line.ends_with(b"\n") || u64::try_from(n).is_ok_and(|n| n <= MAX_LINE_BYTES) {
            put_line(without_mark(&line, row), row, options, sink)?;
        } else {
            reader.skip_until(b'\n').map_err(io)?;
            let value = format!("line longer than {MAX_LINE_BYTES} bytes");
            sink.reject(&RejectRow { row, path: "", field: "", value: &value, reason: RejectReason::Syntax })?;
        }
    }
}

/// The line without the byte-order mark that some writers put before the first.
fn without_mark(line: &[u8], row: u64) -> &[u8] {
    if row == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line }
}

fn put_line(line: &[u8], row: u64, options: &DecodeOptions, sink: &mut dyn RowSink) -> Result<(), DecodeError> {
    if line.trim_ascii().is_empty() {
        sink.not_a_fix(NotAFix::Heading, 1);
        return Ok(());
    }
    match read_object::<Record<'_>>(line) {
        Ok(record) => put(read(&record, options), row, "", sink),
        Err(error) => put_unreadable(&error, line, row, "", sink),
    }
}

fn read<'a>(r: &'a Record<'_>, options: &'a DecodeOptions) -> Result<Draft<'a>, Unused> {
    let named = options.device.as_deref().map(Cow::Borrowed);
    let device = r.device_id.some_text().or(named).ok_or_else(|| Fault::missing("device_id"))?;
    let lat_deg = r.lat_deg.number("lat_deg")?.ok_or_else(|| Fault::missing("lat_deg"))?;
    let lon_deg = r.lon_deg.number("lon_deg")?.ok_or_else(|| Fault::missing("lon_deg"))?;
    let source = word(&r.source, "source", SourceKind::parse)?.unwrap_or(SourceKind::Unknown);
    Ok(Draft {
        device,
        source,
        time: read_times(r, options.zone.as_ref())?,
        lat_deg,
        lon_deg,
        uncertainty_m: r.uncertainty_m.number("uncertainty_m")?,
        confidence: within(&r.confidence, "confidence", |c| c > 0.0 && c < 1.0)?.unwrap_or(DEFAULT_CONFIDENCE),
        basis: word(&r.basis, "basis", Basis::parse)?.unwrap_or_else(|| basis_of(source)),
        azimuth_deg: within(&r.azimuth_deg, "azimuth_deg", |a| (0.0..=360.0).contains(&a))?,
    })
}

fn read_times<'a>(r: &'a Record<'_>, zone: Option<&ZoneRule>) -> Result<Moment<'a>, Fault> {
    let start = read_time(&r.t0, "t0", zone)?;
    if r.t1.is_null() {
        return Ok(start);
    }
    Ok(start.until(&read_time(&r.t1, "t1", zone)?))
}

/// A time of a record: whole UTC microseconds, or ISO text.
///
/// # Errors
/// A [`Fault`] naming `field`.
pub(super) fn read_time<'a>(
    value: &'a Scalar<'_>,
    field: &'static str,
    zone: Option<&ZoneRule>,
) -> Result<Moment<'a>, Fault> {
    match value {
        Scalar::Int(us) => Ok(Moment { reading: Reading::at(*us), text: value.text() }),
        _ => iso(value, field, zone),
    }
}

/// One of the format's words; `None` if absent.
///
/// # Errors
/// A [`Fault`] naming `field`.
pub(super) fn word<T>(
    value: &Scalar<'_>,
    field: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let Some(text) = value.some_text() else { return Ok(None) };
    parse(&text).map(Some).ok_or_else(|| value.fault(field, RejectReason::NotAllowed))
}

/// A number for which `allowed` holds; `None` if absent.
///
/// # Errors
/// A [`Fault`] naming `field`.
pub(super) fn within(value: &Scalar<'_>, field: &'static str, allowed: fn(f64) -> bool) -> Result<Option<f64>, Fault> {
    match value.number(field)? {
        Some(n) if !allowed(n) => Err(value.fault(field, RejectReason::NotAllowed)),
        n => Ok(n),
    }
}

/// Recognises the format by the beginning of a file, which may be cut off anywhere; says by what.
#[must_use]
pub fn looks_like(head: &[u8]) -> Option<String> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let line = head.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty())?;
    let record: Record<'_> = read_object(line).ok()?;
    let needed = [&record.t0, &record.lat_deg, &record.lon_deg];
    needed
        .iter()
        .all(|value| !value.is_null())
        .then(|| "its first line is a JSON object with a time (t0), lat_deg and lon_deg".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::json_proofs::{assert_golden, run};
    use super::*;

    #[test]
    fn golden() {
        let fixture = include_bytes!("../../tests/fixtures/ndjson/records.ndjson");
        assert_golden(decode, fixture, include_str!("../../tests/fixtures/ndjson/expected.txt"));
    }

    const GOOD: &str = r#"{"device_id":"d","t0":"2024-03-01T08:00:00Z","lat_deg":51.4769,"lon_deg":-0.0005}"#;

    #[test]
    fn a_line_that_is_too_long_is_one_reject_and_the_next_line_is_read() {
        let padded = |bytes: usize| format!("{GOOD}{}", " ".repeat(bytes - GOOD.len()));
        let (longest, too_long) = (padded(1_048_576), padded(1_048_577));
        let document = format!("{longest}\n{too_long}\n{GOOD}\n{too_long}{too_long}");
        let read = run(decode, document.as_bytes(), &DecodeOptions::default());
        assert!(read.result.is_ok());
        assert_eq!(read.kept.fixes.iter().map(|f| f.row).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(read.kept.rejects.iter().map(|r| r.row).collect::<Vec<_>>(), [2, 4]);
        assert!(read.kept.rejects[0].value.starts_with("line longer"));
    }

    #[test]
    fn the_device_may_come_from_the_options_and_the_last_line_may_lack_its_end() {
        let options = DecodeOptions { device: Some("tag".to_owned()), ..DecodeOptions::default() };
        let nameless = GOOD.replace(r#""device_id":"d","#, r#""device_id":null,"#);
        let read = run(decode, format!("{GOOD}\r\n{nameless}").as_bytes(), &options);
        assert_eq!(read.kept.fixes.iter().map(|f| f.device.as_str()).collect::<Vec<_>>(), ["d", "tag"]);
    }

    #[test]
    fn both_names_of_a_field_work_and_a_cell_is_an_estimate() {
        let line =
            br#"{"device_id":"d","ts":1709280000000000,"lat":51.4769,"lon":-0.0005,"accuracy_m":900,"source":"cell"}"#;
        let read = run(decode, line, &DecodeOptions::default());
        let fix = &read.kept.fixes[0];
        assert_eq!((fix.t0_us, fix.uncertainty_m, fix.basis), (1_709_280_000_000_000, Some(900.0), Basis::Estimated));
    }
}
