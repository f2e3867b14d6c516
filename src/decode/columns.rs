//! The columns of a batch that is being filled.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Float64Array, Float64Builder, Int64Array, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use datafusion::arrow::error::ArrowError;

use crate::model::{Basis, FixRow, SourceKind};

use super::schema::{UTC, fix_schema};
use super::words::{Words, known};

/// The rows of the batch that is being filled, column by column; see [`fix_schema`].
#[derive(Debug)]
pub(super) struct Columns {
    room: usize,
    origin: Origin,
    device: Words,
    source: Vec<i32>,
    t0: Vec<i64>,
    t1: Vec<i64>,
    lat: Vec<f64>,
    lon: Vec<f64>,
    uncertainty: Float64Builder,
    confidence: Vec<f64>,
    basis: Vec<i32>,
    azimuth: Float64Builder,
    row: Vec<i64>,
    path: StringBuilder,
    time_text: StringBuilder,
    ambiguous: BooleanBuilder,
}

/// What all rows of a file share.
#[derive(Debug)]
struct Origin {
    sources: Arc<StringArray>,
    bases: Arc<StringArray>,
    exhibit: Arc<StringArray>,
    file: Arc<StringArray>,
}

impl Columns {
    /// Empty columns with room for `room` rows of one file.
    pub(super) fn new(room: usize, file: &str, exhibit: &str) -> Self {
        let origin = Origin {
            sources: Arc::new(SourceKind::ALL.iter().map(|s| Some(s.as_str())).collect()),
            bases: Arc::new(Basis::ALL.iter().map(|b| Some(b.as_str())).collect()),
            exhibit: Arc::new(StringArray::from(vec![exhibit])),
            file: Arc::new(StringArray::from(vec![file])),
        };
        Self {
            room,
            origin,
            device: Words::new(room),
            source: Vec::with_capacity(room),
            t0: Vec::with_capacity(room),
            t1: Vec::with_capacity(room),
            lat: Vec::with_capacity(room),
            lon: Vec::with_capacity(room),
            uncertainty: Float64Builder::with_capacity(room),
            confidence: Vec::with_capacity(room),
            basis: Vec::with_capacity(room),
            azimuth: Float64Builder::with_capacity(room),
            row: Vec::with_capacity(room),
            path: StringBuilder::with_capacity(room, 0),
            time_text: StringBuilder::with_capacity(room, room * 24),
            ambiguous: BooleanBuilder::with_capacity(room),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.t0.len()
    }

    /// Makes room for so many rows more: for batches whose size is known only when they begin.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.device.reserve(rows);
        for column in [&mut self.t0, &mut self.t1, &mut self.row] {
            column.reserve(rows);
        }
        for column in [&mut self.lat, &mut self.lon, &mut self.confidence] {
            column.reserve(rows);
        }
        for column in [&mut self.source, &mut self.basis] {
            column.reserve(rows);
        }
    }

    pub(super) fn push(&mut self, r: &FixRow<'_>) {
        self.device.push(r.device);
        // The position in ALL: both enums stand there in the order of their declaration (tested below).
        self.source.push(r.source as i32);
        self.t0.push(r.t0_us);
        self.t1.push(r.t1_us);
        self.lat.push(r.lat_deg);
        self.lon.push(r.lon_deg);
        self.uncertainty.append_option(r.uncertainty_m);
        self.confidence.push(r.confidence);
        self.basis.push(r.basis as i32);
        self.azimuth.append_option(r.azimuth_deg);
        self.row.push(i64::try_from(r.row).unwrap_or(i64::MAX));
        self.path.append_option((!r.path.is_empty()).then_some(r.path));
        self.time_text.append_value(r.time_text);
        self.ambiguous.append_value(r.time_ambiguous);
    }

    /// The rows as a batch; the columns are empty afterwards.
    pub(super) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = self.len();
        let room = self.room;
        let floats = |v: &mut Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(refill(v, room))) };
        let time = |v: &mut Vec<i64>| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from(refill(v, room)).with_timezone(UTC))
        };
        let columns: Vec<ArrayRef> = vec![
            self.device.take()?,
            known(refill(&mut self.source, room), &self.origin.sources)?,
            time(&mut self.t0),
            time(&mut self.t1),
            floats(&mut self.lat),
            floats(&mut self.lon),
            Arc::new(self.uncertainty.finish()),
            floats(&mut self.confidence),
            known(refill(&mut self.basis, room), &self.origin.bases)?,
            Arc::new(self.azimuth.finish()),
            known(vec![0; rows], &self.origin.exhibit)?,
            known(vec![0; rows], &self.origin.file)?,
            Arc::new(Int64Array::from(refill(&mut self.row, room))),
            Arc::new(self.path.finish()),
            Arc::new(self.time_text.finish()),
            Arc::new(self.ambiguous.finish()),
        ];
        RecordBatch::try_new(fix_schema(), columns)
    }
}

fn refill<T>(column: &mut Vec<T>, room: usize) -> Vec<T> {
    std::mem::replace(column, Vec::with_capacity(room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_both_enums_are_their_positions() {
        for (i, source) in SourceKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::try_from(source as i32), Ok(i), "{source}");
        }
        for (i, basis) in Basis::ALL.into_iter().enumerate() {
            assert_eq!(usize::try_from(basis as i32), Ok(i), "{basis}");
        }
    }
}
