//! One window over the batches of a stream: what is held between two of them.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch, UInt64Array, new_empty_array,
};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use datafusion::common::{Result, internal_err};

use super::look::{Look, What};

/// A window and what it holds of the rows so far.
#[derive(Debug)]
pub(super) struct Held {
    look: Look,
    /// The last values of the partition that is under way, as many as are looked back to.
    last: Option<ArrayRef>,
    /// Of a running window, the best of all values before those.
    best: Option<i64>,
}

/// Where the partitions of a batch are, each a range of its rows.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) ranges: Vec<Range<usize>>,
    /// The first one goes on from the batch before.
    pub(super) goes_on: bool,
}

impl Held {
    pub(super) const fn new(look: Look) -> Self {
        Self { look, last: None, best: None }
    }

    /// The column of the window for the rows of a batch.
    pub(super) fn column(&mut self, batch: &RecordBatch, parts: &Parts) -> Result<ArrayRef> {
        let new = self.look.of.evaluate(batch)?.into_array(batch.num_rows())?;
        let last = self.last.take().filter(|_| parts.goes_on).unwrap_or_else(|| new_empty_array(new.data_type()));
        let before = last.len();
        let values = if before == 0 { new } else { concat(&[&last, &new])? };
        // Positions among the values of both; the first part begins with what was held.
        let begins = |at: usize, part: &Range<usize>| if at == 0 { 0 } else { part.start + before };
        let ranges: Vec<_> =
            parts.ranges.iter().enumerate().map(|(at, part)| begins(at, part)..part.end + before).collect();
        let column = match self.look.what {
            What::Lag => self.lag(&values, before, &ranges)?,
            What::Greatest | What::Least => self.running(&values, before, (&ranges, parts.goes_on))?,
        };
        let held = ranges.last().map_or(0, |part| part.len().min(self.look.rows));
        self.last = Some(values.slice(values.len() - held, held));
        Ok(column)
    }

    fn lag(&self, values: &ArrayRef, before: usize, parts: &[Range<usize>]) -> Result<ArrayRef> {
        let source = |part: &Range<usize>, row: usize| {
            let source = row.checked_sub(self.look.rows).filter(|source| *source >= part.start);
            source.and_then(|source| u64::try_from(source).ok())
        };
        let rows = parts.iter().flat_map(|part| (part.start.max(before)..part.end).map(|row| source(part, row)));
        Ok(take(values, &rows.collect::<UInt64Array>(), None)?)
    }

    fn running(&mut self, values: &ArrayRef, before: usize, parts: (&[Range<usize>], bool)) -> Result<ArrayRef> {
        match values.data_type() {
            DataType::Int64 => self.running_of::<Int64Type>(values, before, parts),
            DataType::Timestamp(_, _) => self.running_of::<TimestampMicrosecondType>(values, before, parts),
            other => internal_err!("a running window over {other}"),
        }
    }

    fn running_of<T: ArrowPrimitiveType<Native = i64>>(
        &mut self,
        values: &ArrayRef,
        before: usize,
        (parts, mut goes_on): (&[Range<usize>], bool),
    ) -> Result<ArrayRef> {
        let Some(typed) = values.as_primitive_opt::<T>() else {
            return internal_err!("a running window over {}", values.data_type());
        };
        let mut column = Vec::with_capacity(values.len() - before);
        for part in parts {
            if !std::mem::take(&mut goes_on) {
                self.best = None;
            }
            let mut entered = part.start;
            for row in part.start.max(before)..part.end {
                while entered < (row + 1).saturating_sub(self.look.rows) {
                    self.meet(typed.is_valid(entered).then(|| typed.value(entered)));
                    entered += 1;
                }
                column.push(self.best);
            }
        }
        let column: PrimitiveArray<T> = column.into_iter().collect();
        Ok(Arc::new(column.with_data_type(values.data_type().clone())))
    }

    fn meet(&mut self, value: Option<i64>) {
        let Some(value) = value else { return };
        let better = |best: i64| if self.look.what == What::Greatest { best.max(value) } else { best.min(value) };
        self.best = Some(self.best.map_or(value, better));
    }
}
