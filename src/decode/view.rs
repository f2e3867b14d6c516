//! A batch of fixes read back row by row: the inverse of the builder.

use datafusion::arrow::array::{
    Array, AsArray, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};

use crate::model::{Basis, Fix, FixRow, SourceKind};

use super::{ORDINAL, StoreError};

/// A dictionary column: the position of each row's word, and the words.
#[derive(Debug, Clone, Copy)]
pub struct WordColumn<'a> {
    keys: &'a Int32Array,
    words: &'a StringArray,
}

impl<'a> WordColumn<'a> {
    /// The word of a row.
    #[must_use]
    pub fn word(&self, row: usize) -> &'a str {
        self.words.value(self.key(row))
    }

    /// The position of a row's word among [`Self::words`].
    #[must_use]
    pub fn key(&self, row: usize) -> usize {
        usize::try_from(self.keys.value(row)).unwrap_or_default()
    }

    /// The words.
    #[must_use]
    pub const fn words(&self) -> &'a StringArray {
        self.words
    }
}

/// Typed columns of a batch of [`fix_schema`](super::fix_schema), numbered or not.
#[derive(Debug, Clone, Copy)]
pub struct FixView<'a> {
    /// The device.
    pub device: WordColumn<'a>,
    /// What produced the position.
    pub source: WordColumn<'a>,
    /// Measured, estimated, inferred or edited.
    pub basis: WordColumn<'a>,
    /// SHA-256 of the exhibit.
    pub exhibit: WordColumn<'a>,
    /// The file's name.
    pub file: WordColumn<'a>,
    /// Start, UTC microseconds.
    pub t0_us: &'a [i64],
    /// End, UTC microseconds.
    pub t1_us: &'a [i64],
    /// Latitude, degrees.
    pub lat_deg: &'a [f64],
    /// Longitude, degrees.
    pub lon_deg: &'a [f64],
    /// Uncertainty radius, metres.
    pub uncertainty_m: &'a Float64Array,
    /// What the radius stands for.
    pub confidence: &'a [f64],
    /// The row's position in a numbered store; empty otherwise.
    pub ordinal: &'a [i64],
    /// The local time had two readings.
    pub time_ambiguous: &'a BooleanArray,
    azimuth_deg: &'a Float64Array,
    row: &'a Int64Array,
    path: &'a StringArray,
    time_text: &'a StringArray,
}

impl<'a> FixView<'a> {
    /// The columns of a batch.
    ///
    /// # Errors
    /// [`StoreError::Schema`] if it is not a batch of fixes.
    pub fn new(batch: &'a RecordBatch) -> Result<Self, StoreError> {
        Self::columns(batch).ok_or(StoreError::Schema { found: batch.num_columns() })
    }

    fn columns(batch: &'a RecordBatch) -> Option<Self> {
        let column = |name: &str| batch.column_by_name(name);
        let words = |name: &str| {
            let dictionary: &DictionaryArray<Int32Type> = column(name)?.as_dictionary_opt()?;
            Some(WordColumn { keys: dictionary.keys(), words: dictionary.values().as_string_opt()? })
        };
        let floats = |name: &str| column(name)?.as_primitive_opt::<Float64Type>();
        let times = |name: &str| Some(&**column(name)?.as_primitive_opt::<TimestampMicrosecondType>()?.values());
        let ordinal = column(ORDINAL).and_then(|c| c.as_primitive_opt::<Int64Type>());
        Some(Self {
            device: words("device_id")?,
            source: words("source")?,
            basis: words("basis")?,
            exhibit: words("exhibit")?,
            file: words("file")?,
            t0_us: times("t0")?,
            t1_us: times("t1")?,
            lat_deg: floats("lat_deg")?.values(),
            lon_deg: floats("lon_deg")?.values(),
            uncertainty_m: floats("uncertainty_m")?,
            confidence: floats("confidence")?.values(),
            ordinal: ordinal.map_or(&[], |c| c.values()),
            time_ambiguous: column("time_ambiguous")?.as_boolean_opt()?,
            azimuth_deg: floats("azimuth_deg")?,
            row: column("row")?.as_primitive_opt()?,
            path: column("path")?.as_string_opt()?,
            time_text: column("time_text")?.as_string_opt()?,
        })
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.t0_us.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.t0_us.is_empty()
    }

    /// The uncertainty of a row, metres; `None` if its file states none.
    #[must_use]
    pub fn uncertainty_at(&self, row: usize) -> Option<f64> {
        self.uncertainty_m.is_valid(row).then(|| self.uncertainty_m.value(row))
    }

    /// The direction of a row's sector or camera, degrees clockwise from north; `None` if there is none.
    #[must_use]
    pub fn azimuth_at(&self, row: usize) -> Option<f64> {
        self.azimuth_deg.is_valid(row).then(|| self.azimuth_deg.value(row))
    }

    /// The source of a row.
    #[must_use]
    pub fn source_at(&self, row: usize) -> SourceKind {
        SourceKind::parse(self.source.word(row)).unwrap_or(SourceKind::Unknown)
    }

    /// The row's place in its exhibit, from 1.
    #[must_use]
    pub fn row_at(&self, row: usize) -> u64 {
        u64::try_from(self.row.value(row)).unwrap_or_default()
    }

    /// A row as it was decoded, borrowed.
    #[must_use]
    pub fn row(&self, row: usize) -> FixRow<'a> {
        FixRow {
            device: self.device.word(row),
            source: self.source_at(row),
            t0_us: self.t0_us[row],
            t1_us: self.t1_us[row],
            lat_deg: self.lat_deg[row],
            lon_deg: self.lon_deg[row],
            uncertainty_m: self.uncertainty_at(row),
            confidence: self.confidence[row],
            basis: Basis::parse(self.basis.word(row)).unwrap_or(Basis::Inferred),
            azimuth_deg: self.azimuth_at(row),
            row: self.row_at(row),
            path: if self.path.is_valid(row) { self.path.value(row) } else { "" },
            time_text: self.time_text.value(row),
            time_ambiguous: self.time_ambiguous.value(row),
        }
    }

    /// A row as a fix that owns its text.
    #[must_use]
    pub fn fix(&self, row: usize) -> Fix {
        Fix::keep(self.exhibit.word(row), &self.row(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Collected, FixBuilder, FixStore, RowSink};
    use crate::model::FixRow;

    #[test]
    fn what_was_built_is_read_back() {
        let rows = [
            FixRow {
                device: "a",
                lat_deg: 1.5,
                lon_deg: -2.5,
                uncertainty_m: Some(7.0),
                azimuth_deg: Some(120.0),
                row: 3,
                ..FixRow::default()
            },
            FixRow { device: "b", path: "x[1]", time_text: "now", basis: Basis::Edited, row: 4, ..FixRow::default() },
        ];
        let mut expected = Collected { exhibit: "e".to_owned(), ..Collected::default() };
        let mut store = FixStore::numbered(1 << 20);
        let mut builder = FixBuilder::new("f", "e", |batch| {
            store.push(batch).unwrap();
            Ok(())
        });
        for row in &rows {
            expected.fix(row).unwrap();
            builder.fix(row).unwrap();
        }
        builder.finish().unwrap();
        store.finish().unwrap();
        let batch = store.batches().unwrap().next().unwrap().unwrap();
        let view = FixView::new(&batch).unwrap();
        assert_eq!((0..view.len()).map(|i| view.fix(i)).collect::<Vec<_>>(), expected.fixes);
        assert_eq!([0, 1].map(|i| view.row(i).azimuth_deg), [Some(120.0), None]);
        assert_eq!(view.ordinal, [0, 1]);
        assert!(FixView::new(&batch.project(&[0, 1]).unwrap()).is_err());
    }
}
