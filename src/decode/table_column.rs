//! A column of a binary table, brought to the type it is read as, with the original beside it for what goes wrong.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::util::display::array_value_to_string;

use crate::model::RejectReason;
use crate::time::{Reading, TimeError, ZoneRule, parse_iso, utc_text};

/// What is wrong with a row: field, value, reason.
pub(super) type Fault = (&'static str, String, RejectReason);

/// A column of numbers: as it is in the file, and as read.
pub(super) struct Numbers {
    name: &'static str,
    original: ArrayRef,
    read: Float64Array,
}

/// A column of times, in one of the ways tables write them.
pub(super) struct Times {
    name: &'static str,
    original: ArrayRef,
    read: TimesRead,
}

enum TimesRead {
    Instants(TimestampMicrosecondArray),
    Civil(TimestampMicrosecondArray),
    Text(StringArray),
}

impl Numbers {
    pub(super) fn at(&self, index: usize) -> Result<Option<f64>, Fault> {
        if self.read.is_valid(index) {
            return Ok(Some(self.read.value(index)));
        }
        if self.original.is_valid(index) && !shown(&self.original, index).is_empty() {
            return Err((self.name, shown(&self.original, index), RejectReason::NotANumber));
        }
        Ok(None)
    }

    pub(super) fn needed(&self, index: usize) -> Result<f64, Fault> {
        self.at(index)?.ok_or((self.name, String::new(), RejectReason::Missing))
    }
}

impl Times {
    pub(super) fn at(&self, index: usize, zone: Option<&ZoneRule>) -> Result<Option<Reading>, Fault> {
        let read = match &self.read {
            TimesRead::Instants(t) if t.is_valid(index) => Ok(Reading::at(t.value(index))),
            TimesRead::Civil(t) if t.is_valid(index) => civil(t.value(index), zone),
            TimesRead::Text(t) if t.is_valid(index) && !t.value(index).trim().is_empty() => {
                parse_iso(t.value(index), zone)
            }
            // A time that was there and is none any more did not fit in microseconds of 64 bits.
            _ if self.original.is_valid(index) && !matches!(self.read, TimesRead::Text(_)) => Err(TimeError::Range),
            _ => return Ok(None),
        };
        read.map(Some).map_err(|e| (self.name, shown(&self.original, index), e.reason()))
    }

    /// The time as the file writes it if it is text, else the moment it stands for.
    pub(super) fn written(&self, index: usize, t0_us: i64) -> String {
        match &self.read {
            TimesRead::Instants(_) => utc_text(t0_us),
            _ => shown(&self.original, index),
        }
    }
}

fn civil(us: i64, zone: Option<&ZoneRule>) -> Result<Reading, TimeError> {
    let zone = zone.ok_or(TimeError::ZoneUnknown)?;
    let civil = ZoneRule::utc().local(us).ok_or(TimeError::Range)?.datetime();
    zone.resolve(civil, 1)
}

pub(super) fn text(texts: Option<&StringArray>, index: usize) -> Option<&str> {
    texts.filter(|t| t.is_valid(index)).map(|t| t.value(index))
}

pub(super) fn flag(flags: Option<&BooleanArray>, index: usize) -> bool {
    flags.is_some_and(|f| f.is_valid(index) && f.value(index))
}

fn shown(array: &ArrayRef, index: usize) -> String {
    array_value_to_string(array, index).unwrap_or_default()
}

fn cast_to(column: &ArrayRef, name: &str, to: &DataType) -> Result<ArrayRef, String> {
    cast(column, to).map_err(|e| format!("column {name} is {}, which cannot be read: {e}", column.data_type()))
}

pub(super) fn texts(batch: &RecordBatch, name: &str) -> Result<Option<StringArray>, String> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    Ok(cast_to(column, name, &DataType::Utf8)?.as_string_opt::<i32>().cloned())
}

pub(super) fn flags(batch: &RecordBatch, name: &str) -> Result<Option<BooleanArray>, String> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    Ok(cast_to(column, name, &DataType::Boolean)?.as_boolean_opt().cloned())
}

pub(super) fn numbers(batch: &RecordBatch, name: &'static str) -> Result<Option<Numbers>, String> {
    let Some(original) = batch.column_by_name(name) else { return Ok(None) };
    let read = cast_to(original, name, &DataType::Float64)?;
    let read = read.as_primitive_opt().cloned();
    Ok(read.map(|read| Numbers { name, original: original.clone(), read }))
}

pub(super) fn times(batch: &RecordBatch, name: &'static str) -> Result<Option<Times>, String> {
    let Some(original) = batch.column_by_name(name) else { return Ok(None) };
    let whole = |to: &DataType| -> Result<Option<TimestampMicrosecondArray>, String> {
        Ok(cast_to(original, name, to)?.as_primitive_opt::<TimestampMicrosecondType>().cloned())
    };
    let read = match original.data_type() {
        DataType::Timestamp(_, Some(zone)) => {
            whole(&DataType::Timestamp(TimeUnit::Microsecond, Some(zone.clone())))?.map(TimesRead::Instants)
        }
        DataType::Timestamp(_, None) => whole(&DataType::Timestamp(TimeUnit::Microsecond, None))?.map(TimesRead::Civil),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            texts(batch, name)?.map(TimesRead::Text)
        }
        other => return Err(format!("column {name} is {other}: it must be a timestamp or text")),
    };
    Ok(read.map(|read| Times { name, original: original.clone(), read }))
}
