//! All fixes of a run, in memory up to a limit and on disk past it.
//!
//! The store gives back what was put in, in the same order, as often as it is asked.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;

use super::fix_schema;
use super::spill::Spill;

/// Why fixes could not be stored or read back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A batch has other columns than [`fix_schema`]. Retrying does not help.
    #[error("a batch of {found} columns is not one of fixes")]
    Schema {
        /// How many columns it has.
        found: usize,
    },
    /// The store was read before it was finished. Retrying does not help.
    #[error("the store of fixes is read before it is finished")]
    Unfinished,
    /// The temporary file could not be written or read (no space, most often); retrying may help.
    #[error("fixes past the memory limit of {memory_limit_bytes} bytes could not be kept on disk: {source}")]
    Spill {
        /// The memory limit, bytes.
        memory_limit_bytes: usize,
        /// What the file's reader or writer said.
        source: ArrowError,
    },
}

/// Batches of fixes, kept to be read again.
#[derive(Debug)]
pub struct FixStore {
    memory_limit_bytes: usize,
    memory_bytes: usize,
    memory: Vec<RecordBatch>,
    spill: Option<Spill>,
    rows: u64,
    finished: bool,
    schema: SchemaRef,
}

/// The column a numbered store adds: the row's position in the store, from 0.
pub const ORDINAL: &str = "ordinal";

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, StoreError>> + Send>;

impl FixStore {
    /// An empty store that holds about `memory_limit_bytes` in memory and the rest in a temporary file.
    #[must_use]
    pub fn new(memory_limit_bytes: usize) -> Self {
        Self {
            memory_limit_bytes,
            memory_bytes: 0,
            memory: Vec::new(),
            spill: None,
            rows: 0,
            finished: false,
            schema: fix_schema(),
        }
    }

    /// A store that adds the column [`ORDINAL`] (`Int64`, not null), by which a row can be found again.
    #[must_use]
    pub fn numbered(memory_limit_bytes: usize) -> Self {
        let mut fields: Vec<_> = fix_schema().fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new(ORDINAL, DataType::Int64, false)));
        Self { schema: Arc::new(Schema::new(fields)), ..Self::new(memory_limit_bytes) }
    }

    /// The columns it gives back: [`fix_schema`], and [`ORDINAL`] if it is numbered.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn number(&self, batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
        if self.schema.fields().len() == batch.num_columns() {
            return Ok(batch);
        }
        let first = i64::try_from(self.rows).unwrap_or(i64::MAX);
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((first..).take(batch.num_rows())));
        let columns = batch.columns().iter().cloned().chain([numbers]).collect();
        RecordBatch::try_new(self.schema(), columns)
    }

    /// Puts a batch at the end.
    ///
    /// # Errors
    /// [`StoreError`] if it is not of [`fix_schema`], or the disk is full.
    pub fn push(&mut self, batch: RecordBatch) -> Result<(), StoreError> {
        if batch.schema().fields() != fix_schema().fields() {
            return Err(StoreError::Schema { found: batch.num_columns() });
        }
        self.finished = false;
        let batch = self.number(batch).map_err(|source| self.fault(source))?;
        let rows = batch.num_rows() as u64;
        let bytes = batch.get_array_memory_size();
        let fits = self.memory_bytes.saturating_add(bytes) <= self.memory_limit_bytes;
        if self.spill.is_none() && fits {
            self.memory_bytes += bytes;
            self.memory.push(batch);
        } else {
            self.spill(&batch).map_err(|source| self.fault(source))?;
        }
        self.rows += rows;
        Ok(())
    }

    fn spill(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        if self.spill.is_none() {
            self.spill = Some(Spill::new()?);
        }
        self.spill.as_mut().map_or(Ok(()), |spill| spill.push(batch))
    }

    fn fault(&self, source: ArrowError) -> StoreError {
        StoreError::Spill { memory_limit_bytes: self.memory_limit_bytes, source }
    }

    /// Makes what was put in readable; more may be put in afterwards, and finished again.
    ///
    /// # Errors
    /// [`StoreError::Spill`] if the disk is full.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        let ended = self.spill.as_mut().map_or(Ok(()), Spill::end_segment);
        ended.map_err(|source| self.fault(source))?;
        self.finished = true;
        Ok(())
    }

    /// How many fixes it holds.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether some of it is on disk.
    #[must_use]
    pub fn spilled(&self) -> bool {
        self.spill.is_some()
    }

    /// All batches, in the order they were put in; any number of readers may read at once.
    ///
    /// # Errors
    /// [`StoreError::Unfinished`] before [`FixStore::finish`]; then each batch may fail to be read.
    pub fn batches(&self) -> Result<impl Iterator<Item = Result<RecordBatch, StoreError>> + '_, StoreError> {
        if !self.finished {
            return Err(StoreError::Unfinished);
        }
        Ok((0..self.units().len()).flat_map(|unit| self.read_unit(unit, None)))
    }

    /// Rows of each part that can be read by itself: a batch in memory or a stream on disk.
    pub(super) fn units(&self) -> Vec<u64> {
        let on_disk = self.spill.iter().flat_map(Spill::segments).map(|s| s.rows);
        self.memory.iter().map(|b| b.num_rows() as u64).chain(on_disk).collect()
    }

    /// Reads a run of units, only the given columns.
    pub(super) fn read_units(
        self: Arc<Self>,
        units: Range<usize>,
        columns: Option<Vec<usize>>,
    ) -> impl Iterator<Item = Result<RecordBatch, StoreError>> + Send {
        units.flat_map(move |unit| self.read_unit(unit, columns.clone()))
    }

    fn read_unit(&self, unit: usize, columns: Option<Vec<usize>>) -> Batches {
        let limit = self.memory_limit_bytes;
        let fault = move |source| StoreError::Spill { memory_limit_bytes: limit, source };
        if let Some(batch) = self.memory.get(unit) {
            let batch = columns.map_or_else(|| Ok(batch.clone()), |c| batch.project(&c));
            return Box::new(std::iter::once(batch.map_err(fault)));
        }
        let place = unit.saturating_sub(self.memory.len());
        let found = self.spill.as_ref().and_then(|s| s.segments().get(place).map(|segment| (s, *segment)));
        match found.map(|(spill, segment)| spill.read(segment, columns)) {
            Some(Ok(batches)) => Box::new(batches.map(move |b| b.map_err(fault))),
            Some(Err(e)) => Box::new(std::iter::once(Err(fault(e)))),
            None => Box::new(std::iter::empty()),
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
