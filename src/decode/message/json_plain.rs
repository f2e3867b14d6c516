//! The quick reader of JSON records: a flat object of plain values, read in one pass without an allocation.
//!
//! It takes a part of what [`json_record`](super::json_record) takes, and reads it the same; `None` leaves a record to
//! that one, which alone says what is wrong. So a record is never refused here.

use super::field::Field;
use super::plain_scan::PlainScan;
use super::rows::FixRecord;
use crate::decode::json_row::basis_of;
use crate::model::{Basis, DEFAULT_CONFIDENCE, FixRow, SourceKind};
use crate::time::parse_utc;

/// A record with more unknown fields is left to the general reader.
const MAX_UNKNOWN: usize = 8;

/// A time: UTC microseconds, and its text.
type Time<'a> = (i64, &'a str);

/// The values of a plain record.
#[derive(Debug, Default)]
pub(super) struct PlainRecord<'a> {
    seen: u32,
    case_id: &'a str,
    device_id: &'a str,
    t0: Option<Time<'a>>,
    t1: Option<Time<'a>>,
    lat_deg: Option<f64>,
    lon_deg: Option<f64>,
    uncertainty_m: Option<f64>,
    confidence: Option<f64>,
    source: Option<SourceKind>,
    basis: Option<Basis>,
    azimuth_deg: Option<f64>,
    exhibit: &'a str,
    row: u64,
    path: &'a str,
    file: &'a str,
    time_text: &'a str,
    time_ambiguous: bool,
    unknown: [&'a str; MAX_UNKNOWN],
    unknowns: usize,
}

impl<'a> PlainRecord<'a> {
    /// Reads a record; `None` if it is not plain.
    #[inline]
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut scan = PlainScan::new(text);
        let mut record = Self::default();
        scan.take(b'{')?;
        if scan.peek()? == b'}' {
            return None;
        }
        loop {
            let name = scan.string()?;
            scan.take(b':')?;
            record.value(name, &mut scan)?;
            match scan.peek()? {
                b',' => scan.take(b',')?,
                _ => break,
            }
        }
        scan.take(b'}')?;
        scan.peek().is_none().then_some(record)
    }

    #[inline]
    fn value(&mut self, name: &'a str, scan: &mut PlainScan<'a>) -> Option<()> {
        let Some(field) = Field::of(name) else {
            *self.unknown.get_mut(self.unknowns)? = name;
            self.unknowns += 1;
            return scan.skip();
        };
        if self.seen & field.bit() != 0 {
            return None;
        }
        self.seen |= field.bit();
        match field {
            Field::CaseId => self.case_id = text(scan)?,
            Field::DeviceId => self.device_id = text(scan)?,
            Field::T0 => self.t0 = Some(time(scan)?),
            Field::T1 => self.t1 = Some(time(scan)?),
            Field::LatDeg => self.lat_deg = Some(scan.number()?.value()?),
            Field::LonDeg => self.lon_deg = Some(scan.number()?.value()?),
            Field::UncertaintyM => self.uncertainty_m = Some(scan.number()?.value()?),
            Field::Confidence => self.confidence = Some(within(scan, |c| c > 0.0 && c < 1.0)?),
            Field::Source => self.source = Some(source(scan.string()?)?),
            Field::Basis => self.basis = Some(basis(scan.string()?)?),
            Field::AzimuthDeg => self.azimuth_deg = Some(within(scan, |a| (0.0..=360.0).contains(&a))?),
            Field::Exhibit => self.exhibit = text(scan)?,
            Field::Row => self.row = u64::try_from(scan.number()?.whole()?).ok()?,
            Field::Path => self.path = text(scan)?,
            Field::File => self.file = text(scan)?,
            Field::TimeText => self.time_text = text(scan)?,
            Field::TimeAmbiguous => self.time_ambiguous = scan.flag()?,
        }
        Some(())
    }

    /// The names of the fields that the schema does not name.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &'a str> {
        self.unknown.into_iter().take(self.unknowns)
    }

    /// The record, if it has what a fix needs; `made_text` is where a text of two times is put together.
    #[inline]
    pub(super) fn fix<'b>(&'b self, made_text: &'b mut String) -> Option<FixRecord<'b>> {
        let (t0_us, t0_text) = self.t0?;
        let t1_us = self.t1.map_or(t0_us, |(us, _)| us);
        let lat_deg = self.lat_deg?;
        let lon_deg = self.lon_deg?;
        if self.device_id.is_empty() {
            return None;
        }
        let source = self.source.unwrap_or(SourceKind::Unknown);
        let fix = FixRow {
            device: self.device_id,
            source,
            t0_us,
            t1_us,
            lat_deg,
            lon_deg,
            uncertainty_m: self.uncertainty_m,
            confidence: self.confidence.unwrap_or(DEFAULT_CONFIDENCE),
            basis: self.basis.unwrap_or_else(|| basis_of(source)),
            azimuth_deg: self.azimuth_deg,
            row: self.row,
            path: self.path,
            time_text: self.time_text(t0_text, made_text),
            time_ambiguous: self.time_ambiguous,
        };
        let case_id = (!self.case_id.is_empty()).then_some(self.case_id);
        Some(FixRecord { case_id, exhibit: self.exhibit, file: self.file, fix })
    }

    fn time_text<'b>(&'b self, t0_text: &'b str, made: &'b mut String) -> &'b str {
        let Some((_, t1_text)) = self.t1.filter(|_| self.time_text.is_empty()) else {
            return if self.time_text.is_empty() { t0_text } else { self.time_text };
        };
        made.clear();
        made.push_str(t0_text);
        made.push('/');
        made.push_str(t1_text);
        made
    }
}

/// A text; one that is blank and not empty is left to the general reader, to which it is no text.
#[inline]
fn text<'a>(scan: &mut PlainScan<'a>) -> Option<&'a str> {
    let text = scan.string()?;
    let begins = text.as_bytes().first().is_none_or(u8::is_ascii_graphic);
    (begins || !text.trim().is_empty()).then_some(text)
}

#[inline]
fn time<'a>(scan: &mut PlainScan<'a>) -> Option<Time<'a>> {
    if scan.peek()? == b'"' {
        let text = scan.string()?;
        return Some((parse_utc(text)?, text));
    }
    let number = scan.number()?;
    Some((number.whole()?, number.text))
}

#[inline]
fn within(scan: &mut PlainScan<'_>, allowed: fn(f64) -> bool) -> Option<f64> {
    scan.number()?.value().filter(|value| allowed(*value))
}

fn source(word: &str) -> Option<SourceKind> {
    SourceKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

fn basis(word: &str) -> Option<Basis> {
    Basis::ALL.into_iter().find(|basis| basis.as_str() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What programs write must not fall to the general reader unseen.
    #[test]
    fn the_usual_records_are_plain() {
        let usual = [
            r#"{"case_id":"C1","device_id":"d","t0":"2024-03-01T08:00:00Z","lat_deg":51.4769,"lon_deg":-0.0005}"#,
            r#" { "device_id" : "d", "t0":1709280000000000, "t1":1709280060000000, "lat_deg":51, "lon_deg":0.1,
                 "uncertainty_m":12.5, "confidence":0.95, "source":"cell", "basis":"measured", "azimuth_deg":270,
                 "exhibit":"","row":0,"path":"","file":"","time_text":"1/3/24 08:00", "time_ambiguous":false,
                 "note":"x", "n":-1.5, "yes":true, "none":null } "#,
        ];
        for text in usual {
            let record = PlainRecord::read(text).unwrap_or_default();
            assert!(record.fix(&mut String::new()).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_alone() {
        let good = r#"{"device_id":"d","t0":1709280000000000,"lat_deg":51.5,"lon_deg":-0.1}"#;
        let odd = [
            good.replace("51.5", "\"51.5\""),
            good.replace("51.5", "5.15e1"),
            good.replace("\"d\"", "\"\\u0064\""),
            good.replace("\"d\"", "7"),
            good.replace("\"d\"", "\" \""),
            good.replace("\"d\"", "null"),
            good.replace('}', ",\"lat_deg\":51.5}"),
            good.replace('}', ",\"nested\":{}}"),
            good.replace('}', ",}"),
            good.replace('}', ""),
            format!("{good}{good}"),
            format!("[{good}]"),
            "{}".to_owned(),
        ];
        for text in odd {
            assert!(PlainRecord::read(&text).is_none(), "{text}");
        }
    }
}
