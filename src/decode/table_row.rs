//! One batch of a binary table, read row by row with the canonical columns' names.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::util::display::array_value_to_string;

use crate::model::{Basis, DEFAULT_CONFIDENCE, FixRow, RejectReason, RejectRow, SourceKind};
use crate::time::{Reading, TimeError, ZoneRule, parse_iso, utc_text};

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

/// A column of numbers: as it is in the file, and as read.
struct Numbers {
    name: &'static str,
    original: ArrayRef,
    read: Float64Array,
}

/// A column of times, in one of the ways tables write them.
struct Times {
    name: &'static str,
    original: ArrayRef,
    read: TimesRead,
}

enum TimesRead {
    Instants(TimestampMicrosecondArray),
    Civil(TimestampMicrosecondArray),
    Text(StringArray),
}

/// What is wrong with a row: field, value, reason.
type Fault = (&'static str, String, RejectReason);

impl Table {
    /// Finds the columns; says which is missing or of a type that cannot be read.
    pub(super) fn of(batch: &RecordBatch) -> Result<Self, String> {
        let need = |name: &'static str| format!("column {name} is missing");
        Ok(Self {
            device: texts(batch, "device_id")?,
            source: texts(batch, "source")?,
            t0: times(batch, "t0")?.ok_or_else(|| need("t0"))?,
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
        let path = text(self.path.as_ref(), index).unwrap_or("");
        match self.fix(index, options) {
            Ok(fix) => {
                let written = text(self.time_text.as_ref(), index);
                let made = if written.is_none() { self.t0.written(index, fix.t0_us) } else { String::new() };
                sink.fix(&FixRow { row, path, time_text: written.unwrap_or(&made), ..fix })
            }
            Err((field, value, reason)) => sink.reject(&RejectRow { row, path, field, value: &value, reason }),
        }
    }

    fn fix<'a>(&'a self, index: usize, options: &'a DecodeOptions) -> Result<FixRow<'a>, Fault> {
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

impl Numbers {
    fn at(&self, index: usize) -> Result<Option<f64>, Fault> {
        if self.read.is_valid(index) {
            return Ok(Some(self.read.value(index)));
        }
        if self.original.is_valid(index) && !shown(&self.original, index).is_empty() {
            return Err((self.name, shown(&self.original, index), RejectReason::NotANumber));
        }
        Ok(None)
    }

    fn needed(&self, index: usize) -> Result<f64, Fault> {
        self.at(index)?.ok_or((self.name, String::new(), RejectReason::Missing))
    }
}

impl Times {
    fn at(&self, index: usize, zone: Option<&ZoneRule>) -> Result<Option<Reading>, Fault> {
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
    fn written(&self, index: usize, t0_us: i64) -> String {
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

fn text(texts: Option<&StringArray>, index: usize) -> Option<&str> {
    texts.filter(|t| t.is_valid(index)).map(|t| t.value(index))
}

fn flag(flags: Option<&BooleanArray>, index: usize) -> bool {
    flags.is_some_and(|f| f.is_valid(index) && f.value(index))
}

fn shown(array: &ArrayRef, index: usize) -> String {
    array_value_to_string(array, index).unwrap_or_default()
}

fn cast_to(column: &ArrayRef, name: &str, to: &DataType) -> Result<ArrayRef, String> {
    cast(column, to).map_err(|e| format!("column {name} is {}, which cannot be read: {e}", column.data_type()))
}

fn texts(batch: &RecordBatch, name: &str) -> Result<Option<StringArray>, String> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    Ok(cast_to(column, name, &DataType::Utf8)?.as_string_opt::<i32>().cloned())
}

fn flags(batch: &RecordBatch, name: &str) -> Result<Option<BooleanArray>, String> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    Ok(cast_to(column, name, &DataType::Boolean)?.as_boolean_opt().cloned())
}

fn numbers(batch: &RecordBatch, name: &'static str) -> Result<Option<Numbers>, String> {
    let Some(original) = batch.column_by_name(name) else { return Ok(None) };
    let read = cast_to(original, name, &DataType::Float64)?;
    let read = read.as_primitive_opt().cloned();
    Ok(read.map(|read| Numbers { name, original: original.clone(), read }))
}

fn times(batch: &RecordBatch, name: &'static str) -> Result<Option<Times>, String> {
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
