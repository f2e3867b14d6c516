//! Values as JSON, where Arrow's own writer would lose something.
//!
//! | value | JSON |
//! | --- | --- |
//! | whole numbers up to 2^53 - 1 in size | number |
//! | larger whole numbers | text of their digits: a reader that has doubles only would change them (RFC 7493, 2.2) |
//! | floats | number, to the last bit; `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | decimals | text |
//! | bytes | text, `\x` and hexadecimal digits, as PostgreSQL's |
//! | moments | text by RFC 3339, in UTC; without a zone if the column has none |
//! | dates, times | text by ISO 8601 |
//! | lists | lists; structures too, their fields in order |

use std::io::Write as _;

use datafusion::arrow::array::types::{Float16Type, Float32Type, Float64Type, Int64Type, UInt64Type};
use datafusion::arrow::array::{Array, AsArray as _, PrimitiveArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, FieldRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::writer::{Encoder, EncoderFactory, EncoderOptions, NullableEncoder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

/// The largest whole number below which a double holds all, 2^53 - 1.
const EXACT: u64 = (1 << 53) - 1;

/// Writes the values that are written otherwise than by Arrow.
#[derive(Debug)]
pub(super) struct Exact;

impl EncoderFactory for Exact {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn Encoder + 'a> = match array.data_type() {
            DataType::Int64 => Box::new(Written {
                array: array.as_primitive::<Int64Type>(),
                write: |n, out| whole(n.unsigned_abs(), n, out),
            }),
            DataType::UInt64 => {
                Box::new(Written { array: array.as_primitive::<UInt64Type>(), write: |n, out| whole(n, n, out) })
            }
            DataType::Float64 => Box::new(Written { array: array.as_primitive::<Float64Type>(), write: float }),
            DataType::Float32 => {
                // Its own shortest digits, and not those of the double that it becomes.
                Box::new(Written {
                    array: array.as_primitive::<Float32Type>(),
                    write: |n, out| number(n.is_finite(), n, out),
                })
            }
            DataType::Float16 => Box::new(Written {
                array: array.as_primitive::<Float16Type>(),
                write: |n, out| number(n.is_finite(), n.to_f32(), out),
            }),
            DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..)
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_)
            | DataType::Interval(_)
            | DataType::Duration(_) => {
                let bytes = array.data_type().is_binary();
                let formatter = ArrayFormatter::try_new(array, &FormatOptions::new().with_display_error(true))?;
                Box::new(Quoted { formatter, before: if bytes { "\\\\x" } else { "" } })
            }
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

/// Numbers by a function of ours.
struct Written<'a, T: ArrowPrimitiveType> {
    array: &'a PrimitiveArray<T>,
    write: fn(T::Native, &mut Vec<u8>),
}

impl<T: ArrowPrimitiveType> Encoder for Written<'_, T> {
    fn encode(&mut self, idx: usize, out: &mut Vec<u8>) {
        (self.write)(self.array.value(idx), out);
    }
}

/// Texts that need no escape.
struct Quoted<'a> {
    formatter: ArrayFormatter<'a>,
    before: &'static str,
}

impl Encoder for Quoted<'_> {
    fn encode(&mut self, idx: usize, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        _ = write!(out, "\"{}{}\"", self.before, self.formatter.value(idx));
    }
}

fn whole(size: u64, shown: impl std::fmt::Display, out: &mut Vec<u8>) {
    _ = if size <= EXACT { write!(out, "{shown}") } else { write!(out, "\"{shown}\"") };
}

fn float(value: f64, out: &mut Vec<u8>) {
    number(value.is_finite(), value, out);
}

fn number(finite: bool, value: impl serde::Serialize + Into<f64> + Copy, out: &mut Vec<u8>) {
    if finite {
        // A number that is one can be written.
        _ = serde_json::to_writer(out, &value);
        return;
    }
    let value: f64 = value.into();
    let shown = match (value.is_nan(), value > 0.0) {
        (true, _) => "NaN",
        (false, true) => "Infinity",
        (false, false) => "-Infinity",
    };
    _ = write!(out, "\"{shown}\"");
}

/// What a column's values are, in the words of `queries/`, and some more.
pub(super) fn kind(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Null => "null",
        DataType::Boolean => "bool",
        t if t.is_integer() => "int",
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "float",
        t if t.is_decimal() => "decimal",
        DataType::Timestamp(..) => "timestamp",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time32(_) | DataType::Time64(_) => "time",
        DataType::Interval(_) | DataType::Duration(_) => "interval",
        t if t.is_binary() => "binary",
        DataType::Dictionary(_, values) => kind(values),
        DataType::RunEndEncoded(_, values) => kind(values.data_type()),
        DataType::Struct(_) => "struct",
        DataType::Map(..) => "map",
        t if t.is_nested() => "list",
        _ => "text",
    }
}
