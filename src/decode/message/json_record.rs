//! The general reader of JSON records: whatever `serde_json` reads, and the word on what is wrong.
//!
//! Each field is taken as it comes and judged afterwards, as in files of canonical records
//! ([`ndjson`](crate::decode::ndjson)), so that the same record means the same in both.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::field::Field;
use super::rows::FixRecord;
use crate::decode::json_row::{Fault, basis_of};
use crate::decode::json_scalar::Scalar;
use crate::decode::json_time::Moment;
use crate::decode::ndjson::{read_time, within, word};
use crate::model::{Basis, DEFAULT_CONFIDENCE, FixRow, RejectReason, SourceKind};

/// The values of a record, as they come.
#[derive(Debug, Default)]
pub(super) struct JsonRecord<'a> {
    values: [Scalar<'a>; Field::COUNT],
    unknown: Vec<Cow<'a, str>>,
}

impl JsonRecord<'_> {
    /// The names of the fields that the schema does not name.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(AsRef::as_ref)
    }

    fn get(&self, field: Field) -> &Scalar<'_> {
        static ABSENT: Scalar<'_> = Scalar::Null;
        self.values.get(field as usize).unwrap_or(&ABSENT)
    }

    fn text(&self, field: Field) -> Cow<'_, str> {
        self.get(field).some_text().unwrap_or_default()
    }

    fn needed(&self, field: Field) -> Result<f64, Fault> {
        let name = field.as_str();
        self.get(field).number(name)?.ok_or_else(|| Fault::missing(name))
    }

    /// Hands the fix on to `put`, or says what is wrong with it.
    pub(super) fn fix<T>(&self, put: impl FnOnce(&FixRecord<'_>) -> T) -> Result<T, Fault> {
        let device = self.get(Field::DeviceId).some_text().ok_or_else(|| Fault::missing("device_id"))?;
        let case = self.get(Field::CaseId).some_text();
        let source = word(self.get(Field::Source), "source", SourceKind::parse)?.unwrap_or(SourceKind::Unknown);
        let time = self.times()?;
        let written = self.get(Field::TimeText).some_text();
        let fix = FixRow {
            device: &device,
            source,
            t0_us: time.reading.t0_us,
            t1_us: time.reading.t1_us,
            lat_deg: self.needed(Field::LatDeg)?,
            lon_deg: self.needed(Field::LonDeg)?,
            uncertainty_m: self.get(Field::UncertaintyM).number("uncertainty_m")?,
            confidence: within(self.get(Field::Confidence), "confidence", |c| c > 0.0 && c < 1.0)?
                .unwrap_or(DEFAULT_CONFIDENCE),
            basis: word(self.get(Field::Basis), "basis", Basis::parse)?.unwrap_or_else(|| basis_of(source)),
            azimuth_deg: within(self.get(Field::AzimuthDeg), "azimuth_deg", |a| (0.0..=360.0).contains(&a))?,
            row: self.row()?,
            path: &self.text(Field::Path),
            time_text: written.as_deref().unwrap_or(&time.text),
            time_ambiguous: self.ambiguous()?,
        };
        let (exhibit, file) = (self.text(Field::Exhibit), self.text(Field::File));
        Ok(put(&FixRecord { case_id: case.as_deref(), exhibit: &exhibit, file: &file, fix }))
    }

    fn times(&self) -> Result<Moment<'_>, Fault> {
        let start = read_time(self.get(Field::T0), "t0", None)?;
        let end = self.get(Field::T1);
        if end.is_null() { Ok(start) } else { Ok(start.until(&read_time(end, "t1", None)?)) }
    }

    fn row(&self) -> Result<u64, Fault> {
        let value = self.get(Field::Row);
        let row = value.whole("row")?.unwrap_or(0);
        u64::try_from(row).map_err(|_| value.fault("row", RejectReason::NotAllowed))
    }

    fn ambiguous(&self) -> Result<bool, Fault> {
        match self.get(Field::TimeAmbiguous) {
            Scalar::Bool(ambiguous) => Ok(*ambiguous),
            value if value.is_null() => Ok(false),
            value => Err(value.fault("time_ambiguous", RejectReason::NotAllowed)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonRecord<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor)
    }
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = JsonRecord<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut record = JsonRecord::default();
        let mut seen = 0;
        while let Some(name) = map.next_key::<Scalar<'de>>()? {
            let Scalar::Text(name) = name else { return Err(A::Error::custom("not a name")) };
            let Some(field) = Field::of(&name) else {
                map.next_value::<IgnoredAny>()?;
                record.unknown.push(name);
                continue;
            };
            if seen & field.bit() != 0 {
                return Err(A::Error::duplicate_field(field.as_str()));
            }
            seen |= field.bit();
            let value = map.next_value()?;
            if let Some(slot) = record.values.get_mut(field as usize) {
                *slot = value;
            }
        }
        Ok(record)
    }
}
