//! The cells of one column of a batch, in one of a few forms.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, StringArray, StringViewArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use jiff::tz::TimeZone;
use pgwire::api::Type;

use super::super::types;
use super::{binary, text};

/// How values are written as text.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Look {
    /// The zone of moments; `None` is UTC, which needs no looking up.
    zone: Option<TimeZone>,
}

impl Look {
    /// In this zone.
    pub fn new(zone: &TimeZone) -> Self {
        Self { zone: (*zone != TimeZone::UTC).then(|| zone.clone()) }
    }
}

/// The cells of one column of a batch.
pub(in super::super) struct Cells {
    values: Values,
    /// The array that knows what is NULL.
    nulls: ArrayRef,
}

enum Values {
    Null,
    Bool(BooleanArray),
    I16(Int16Array),
    I32(Int32Array),
    I64(Int64Array),
    F32(Float32Array),
    F64(Float64Array),
    Text(StringArray),
    TextView(StringViewArray),
    Bytes(BinaryArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    Moment {
        us: TimestampMicrosecondArray,
        zoned: bool,
    },
    Interval(IntervalMonthDayNanoArray),
    Numeric {
        values: Decimal128Array,
        scale: usize,
    },
    List {
        lists: ListArray,
        cells: Box<Cells>,
        element: &'static Type,
    },
    /// PostgreSQL's unsigned numbers of objects.
    Oid(Int64Array),
}

impl Cells {
    /// A column's cells, for a client that was told that they are of this type.
    ///
    /// # Errors
    /// If the column cannot be brought into that type.
    pub fn of(array: &ArrayRef, wire: &Type) -> Result<Self, ArrowError> {
        if *array.data_type() == DataType::Null {
            return Ok(Self { values: Values::Null, nulls: Arc::clone(array) });
        }
        let array = &plain(array, wire)?;
        let values = match *wire {
            Type::BOOL => Values::Bool(array.as_boolean().clone()),
            Type::INT2 => Values::I16(array.as_primitive::<Int16Type>().clone()),
            Type::INT4 => Values::I32(array.as_primitive::<Int32Type>().clone()),
            Type::INT8 => Values::I64(array.as_primitive::<Int64Type>().clone()),
            Type::OID => Values::Oid(array.as_primitive::<Int64Type>().clone()),
            Type::FLOAT4 => Values::F32(array.as_primitive::<Float32Type>().clone()),
            Type::FLOAT8 => Values::F64(array.as_primitive::<Float64Type>().clone()),
            Type::BYTEA => Values::Bytes(array.as_binary::<i32>().clone()),
            Type::DATE => Values::Date(array.as_primitive::<Date32Type>().clone()),
            Type::TIME => Values::Time(array.as_primitive::<Time64MicrosecondType>().clone()),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => Values::Moment {
                us: array.as_primitive::<TimestampMicrosecondType>().clone(),
                zoned: *wire == Type::TIMESTAMPTZ,
            },
            Type::INTERVAL => Values::Interval(array.as_primitive::<IntervalMonthDayNanoType>().clone()),
            Type::NUMERIC => {
                let values = array.as_primitive::<Decimal128Type>().clone();
                Values::Numeric { scale: usize::try_from(values.scale()).unwrap_or(0), values }
            }
            _ => match (types::element_of(wire), array.data_type()) {
                (Some(element), DataType::List(_)) => {
                    let lists = array.as_list::<i32>().clone();
                    let cells = Box::new(Self::of(lists.values(), element)?);
                    Values::List { lists, cells, element }
                }
                (_, DataType::Utf8View) => Values::TextView(array.as_string_view().clone()),
                _ => Values::Text(array.as_string::<i32>().clone()),
            },
        };
        Ok(Self { values, nulls: Arc::clone(array) })
    }

    /// Whether a cell is NULL.
    pub fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.is_null(row)
    }

    /// Writes a cell with its length before it, -1 for NULL.
    pub fn write(&self, row: usize, as_binary: bool, look: &Look, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return;
        }
        with_length(0, out, |out| {
            if as_binary {
                self.binary(row, look, out);
            } else {
                self.text(row, look, out);
            }
        });
    }

    /// Writes a cell that is not NULL as text.
    pub fn text(&self, row: usize, look: &Look, out: &mut Vec<u8>) {
        match &self.values {
            Values::Null => {}
            Values::Bool(values) => out.push(if values.value(row) { b't' } else { b'f' }),
            Values::I16(values) => text::integer(values.value(row), out),
            Values::I32(values) => text::integer(values.value(row), out),
            Values::I64(values) | Values::Oid(values) => text::integer(values.value(row), out),
            Values::F32(values) => text::float4(values.value(row), out),
            Values::F64(values) => text::float8(values.value(row), out),
            Values::Text(values) => out.extend_from_slice(values.value(row).as_bytes()),
            Values::TextView(values) => out.extend_from_slice(values.value(row).as_bytes()),
            Values::Bytes(values) => text::bytes(values.value(row), out),
            Values::Date(values) => text::date(values.value(row), out),
            Values::Time(values) => text::time(values.value(row), out),
            Values::Moment { us, zoned: true } => text::timestamptz(us.value(row), look.zone.as_ref(), out),
            Values::Moment { us, zoned: false } => text::timestamp(us.value(row), out),
            Values::Interval(values) => text::interval(values.value(row), out),
            Values::Numeric { values, scale } => text::numeric(values.value(row), *scale, out),
            Values::List { lists, cells, .. } => list_text(lists, cells, row, look, out),
        }
    }

    fn binary(&self, row: usize, look: &Look, out: &mut Vec<u8>) {
        match &self.values {
            Values::Bool(values) => out.push(u8::from(values.value(row))),
            Values::I16(values) => out.extend_from_slice(&values.value(row).to_be_bytes()),
            Values::I32(values) => out.extend_from_slice(&values.value(row).to_be_bytes()),
            Values::I64(values) => out.extend_from_slice(&values.value(row).to_be_bytes()),
            Values::Oid(values) => {
                out.extend_from_slice(&u32::try_from(values.value(row)).unwrap_or(0).to_be_bytes());
            }
            Values::F32(values) => out.extend_from_slice(&values.value(row).to_be_bytes()),
            Values::F64(values) => out.extend_from_slice(&values.value(row).to_be_bytes()),
            Values::Bytes(values) => out.extend_from_slice(values.value(row)),
            Values::Date(values) => out.extend_from_slice(&(values.value(row) - binary::EPOCH_DAYS).to_be_bytes()),
            Values::Time(values) => out.extend_from_slice(&values.value(row).to_be_bytes()),
            Values::Moment { us, .. } => out.extend_from_slice(&(us.value(row) - binary::EPOCH_US).to_be_bytes()),
            Values::Interval(values) => {
                let value = values.value(row);
                out.extend_from_slice(&(value.nanoseconds / 1000).to_be_bytes());
                out.extend_from_slice(&value.days.to_be_bytes());
                out.extend_from_slice(&value.months.to_be_bytes());
            }
            Values::Numeric { values, scale } => binary::numeric(values.value(row), *scale, out),
            Values::List { lists, cells, element } => list_binary(lists, cells, element, row, look, out),
            // Text is the same in both.
            Values::Null | Values::Text(_) | Values::TextView(_) => self.text(row, look, out),
        }
    }
}

/// What is written, with how many bytes it has before it, and so many more.
pub(in super::super) fn with_length(more: usize, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = i32::try_from(out.len() - at - 4 + more).unwrap_or(i32::MAX);
    if let Some(slot) = out.get_mut(at..at + 4) {
        slot.copy_from_slice(&length.to_be_bytes());
    }
}

/// The rows of the elements of one list.
fn range(lists: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offset = |at: usize| lists.value_offsets().get(at).and_then(|o| usize::try_from(*o).ok()).unwrap_or(0);
    offset(row)..offset(row + 1)
}

fn list_text(lists: &ListArray, cells: &Cells, row: usize, look: &Look, out: &mut Vec<u8>) {
    let mut scratch = Vec::new();
    out.push(b'{');
    for (at, element) in range(lists, row).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if cells.is_null(element) {
            out.extend_from_slice(b"NULL");
            continue;
        }
        scratch.clear();
        cells.text(element, look, &mut scratch);
        text::element(&scratch, out);
    }
    out.push(b'}');
}

fn list_binary(lists: &ListArray, cells: &Cells, element: &Type, row: usize, look: &Look, out: &mut Vec<u8>) {
    let rows = range(lists, row);
    let has_null = rows.clone().any(|element| cells.is_null(element));
    let dimensions = i32::from(!rows.is_empty());
    for word in [dimensions, i32::from(has_null)] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(&element.oid().to_be_bytes());
    if rows.is_empty() {
        return;
    }
    for word in [i32::try_from(rows.len()).unwrap_or(i32::MAX), 1] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for element in rows {
        cells.write(element, true, look, out);
    }
}

/// The column in the form that its type on the wire is written from.
fn plain(array: &ArrayRef, wire: &Type) -> Result<ArrayRef, ArrowError> {
    let target = match (array.data_type(), wire) {
        (DataType::Utf8 | DataType::Utf8View, _) if types::of_parameter(wire) == DataType::Utf8 => {
            return Ok(Arc::clone(array));
        }
        (DataType::Decimal128(_, scale), &Type::NUMERIC) if *scale >= 0 => return Ok(Arc::clone(array)),
        (DataType::UInt64, &Type::NUMERIC) => DataType::Decimal128(20, 0),
        (
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal256(_, scale),
            &Type::NUMERIC,
        ) => DataType::Decimal128(38, *scale),
        (DataType::Struct(_) | DataType::Map(..) | DataType::Union(..), _) => return as_text(array),
        (DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _), _) => {
            DataType::List(Arc::clone(item))
        }
        _ => types::of_parameter(wire),
    };
    if *array.data_type() == target { Ok(Arc::clone(array)) } else { cast(array, &target) }
}

/// What PostgreSQL has no type for, as the engine shows it.
fn as_text(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let texts = (0..array.len()).map(|row| (!array.is_null(row)).then(|| formatter.value(row).to_string()));
    Ok(Arc::new(texts.collect::<StringArray>()))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{DictionaryArray, Int8Array, UInt64Array};
    use datafusion::arrow::datatypes::Int8Type;

    use super::*;

    fn texts(array: impl Array + 'static) -> Vec<String> {
        let array: ArrayRef = Arc::new(array);
        let cells = Cells::of(&array, &types::of_column(array.data_type())).unwrap();
        let text = |row| {
            let mut out = Vec::new();
            cells.text(row, &Look::default(), &mut out);
            String::from_utf8(out).unwrap()
        };
        (0..array.len()).map(|row| if cells.is_null(row) { "NULL".to_owned() } else { text(row) }).collect()
    }

    #[test]
    fn forms_of_the_engine_are_written_alike() {
        let dictionary: DictionaryArray<Int8Type> = [Some("a"), None, Some("a")].into_iter().collect();
        assert_eq!(texts(dictionary), ["a", "NULL", "a"]);
        assert_eq!(
            texts(StringViewArray::from(vec![Some("a string that is no short one"), None])),
            ["a string that is no short one", "NULL"]
        );
        assert_eq!(texts(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
        assert_eq!(texts(Int8Array::from(vec![-1])), ["-1"]);
        let ns = datafusion::arrow::array::TimestampNanosecondArray::from(vec![1_500]).with_timezone("Europe/London");
        assert_eq!(texts(ns), ["1970-01-01 00:00:00.000001+00"]);
    }

    #[test]
    fn lists_are_written_in_both_ways_also_where_they_were_sliced() {
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1)]),
            Some(vec![Some(2), None]),
            None,
            Some(vec![]),
        ]);
        let sliced = lists.slice(1, 3);
        assert_eq!(texts(sliced.clone()), ["{2,NULL}", "NULL", "{}"]);
        let sliced: ArrayRef = Arc::new(sliced);
        let cells = Cells::of(&sliced, &Type::INT8_ARRAY).unwrap();
        let mut out = Vec::new();
        cells.write(0, true, &Look::default(), &mut out);
        let words: Vec<i32> = out.chunks(4).map(|w| i32::from_be_bytes([w[0], w[1], w[2], w[3]])).collect();
        assert_eq!(words, [36, 1, 1, 20, 2, 1, 8, 0, 2, -1]);
    }
}
