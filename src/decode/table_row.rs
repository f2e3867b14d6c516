//! One batch of a binary table, read row by row with the canonical columns' names.

use std::borrow::Cow;

use datafusion::arrow::array::{BooleanArray, RecordBatch, StringArray};

use crate::model::{Basis, DEFAULT_CONFIDENCE, FixRow, RejectReason, RejectRow, SourceKind};

use super::table_column::{Fault, Numbers, Times, flag, flags, numbers, text, texts, times};
use super::{DecodeError, DecodeOptions, RowSink};

/// The columns of one batch, brought to the types they are read as.
pub(super) struct Table {
    device: Option<StringArray>,
    source: Option<StringArray>,
    t0: Times,
    t1: Option<Times>,
    lat: Numbers,
    lon: Numbers,
    uncertainty: Option<Numbers>,
    confidence: Option<Numbers>,
    basis: Option<StringArray>,
    azimuth: Option<Numbers>,
    path: Option<StringArray>,
    time_text: Option<StringArray>,
    ambiguous: Option<BooleanArray>,
}

impl Table {
    /// Finds the columns; says which is missing or of a type that cannot be read.
    pub(super) fn of(batch: &RecordBatch) -> Result<Self, String> {
        let need = |name: &'static str| format!("column {name} is missing");
        Ok(Self {
            // First, as no time is of a type that has no bytes: it bounds the rows by the file's size for the rest.
            t0: times(batch, "t0")?.ok_or_else(|| need("t0"))?,
            device: texts(batch, "device_id")?,
            source: texts(batch, "source")?,
            t1: times(batch, "t1")?,
            lat: numbers(batch, "lat_deg")?.ok_or_else(|| need("lat_deg"))?,
            lon: numbers(batch, "lon_deg")?.ok_or_else(|| need("lon_deg"))?,
            uncertainty: numbers(batch, "uncertainty_m")?,
            confidence: numbers(batch, "confidence")?,
            basis: texts(batch, "basis")?,
            azimuth: numbers(batch, "azimuth_deg")?,
            path: texts(batch, "path")?,
            time_text: texts(batch, "time_text")?,
            ambiguous: flags(batch, "time_ambiguous")?,
        })
    }

    /// Reads one row into the sink; `row` counts from 1 through the file.
    pub(super) fn read(
        &self,
        index: usize,
        row: u64,
        options: &DecodeOptions,
        sink: &mut dyn RowSink,
    ) -> Result<(), DecodeError> {
        let path = self.path(index);
        match self.fix(index, options) {
            Ok(fix) => sink.fix(&FixRow { row, path, time_text: &self.time_text(index, fix.t0_us), ..fix }),
            Err((field, value, reason)) => sink.reject(&RejectRow { row, path, field, value: &value, reason }),
        }
    }

    /// The path of a row; empty if the table has none.
    pub(super) fn path(&self, index: usize) -> &str {
        text(self.path.as_ref(), index).unwrap_or("")
    }

    /// The time of a row as its origin wrote it, or as this table does.
    pub(super) fn time_text(&self, index: usize, t0_us: i64) -> Cow<'_, str> {
        let written = text(self.time_text.as_ref(), index);
        written.map_or_else(|| Cow::Owned(self.t0.written(index, t0_us)), Cow::Borrowed)
    }

    /// One row as a fix, without its place in the file and its text of the time.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn fix<'a>(&'a self, index: usize, options: &'a DecodeOptions) -> Result<FixRow<'a>, Fault> {
        let zone = options.zone.as_ref();
        let named = text(self.device.as_ref(), index).filter(|d| !d.is_empty());
        let start = self.t0.at(index, zone)?.ok_or(("t0", String::new(), RejectReason::Missing))?;
        let end = self.t1.as_ref().map_or(Ok(None), |t1| t1.at(index, zone))?.unwrap_or(start);
        Ok(FixRow {
            device: named.or(options.device.as_deref()).unwrap_or(""),
            source: word(text(self.source.as_ref(), index), "source", SourceKind::parse)?
                .unwrap_or(SourceKind::Unknown),
            t0_us: start.t0_us,
            t1_us: end.t1_us,
            lat_deg: self.lat.needed(index)?,
            lon_deg: self.lon.needed(index)?,
            uncertainty_m: at(self.uncertainty.as_ref(), index)?,
            confidence: confidence(at(self.confidence.as_ref(), index)?)?,
            basis: word(text(self.basis.as_ref(), index), "basis", Basis::parse)?.unwrap_or(Basis::Measured),
            azimuth_deg: azimuth(at(self.azimuth.as_ref(), index)?)?,
            time_ambiguous: start.ambiguous || end.ambiguous || flag(self.ambiguous.as_ref(), index),
            ..FixRow::default()
        })
    }
}

fn confidence(read: Option<f64>) -> Result<f64, Fault> {
    let share = read.unwrap_or(DEFAULT_CONFIDENCE);
    // At 0 and at 1 a radius says nothing about the spread of the error.
    if share > 0.0 && share < 1.0 {
        return Ok(share);
    }
    Err(("confidence", share.to_string(), RejectReason::NotAllowed))
}

fn azimuth(read: Option<f64>) -> Result<Option<f64>, Fault> {
    match read {
        Some(deg) if !(0.0..=360.0).contains(&deg) => Err(("azimuth_deg", deg.to_string(), RejectReason::NotAllowed)),
        other => Ok(other),
    }
}

fn word<T>(text: Option<&str>, field: &'static str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Fault> {
    match text.filter(|t| !t.trim().is_empty()) {
        None => Ok(None),
        Some(t) => parse(t).map(Some).ok_or_else(|| (field, t.to_owned(), RejectReason::NotAllowed)),
    }
}

fn at(numbers: Option<&Numbers>, index: usize) -> Result<Option<f64>, Fault> {
    numbers.map_or(Ok(None), |n| n.at(index))
}
