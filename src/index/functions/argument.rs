//! What a function takes: each argument by name, kind and meaning, and which SQL types each kind accepts.
//!
//! The table of [`Kind::accepts`] decides for every function. It widens and never guesses: integers and decimals are
//! numbers, text of any layout is text, and a time must say its zone.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::{DataFusionError, Result};
use h3o::CellIndex;

use crate::time::parse_iso;

/// What an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Degrees, metres, shares: a kernel sees `Float64`.
    Number,
    /// A list of numbers: a kernel sees a list of `Float64`.
    Numbers,
    /// A count or a level: a kernel sees `Int64`.
    Whole,
    /// An H3 cell as a number or as H3's text: a kernel sees `Int64`, NULL where the text is no cell.
    Cell,
    /// Text: a kernel sees `Utf8`.
    Text,
    /// A moment, as a timestamp with a zone or as text with an offset: a kernel sees microseconds of UTC.
    Time,
}

/// One argument of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// Its name, which SQL may write: `speed_m_s => 30`.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it is and its unit, for the documentation.
    pub meaning: &'static str,
}

impl Argument {
    /// An argument.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self { name, kind, meaning }
    }
}

impl Kind {
    /// What an argument must be, in words.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Numbers => "a list of numbers",
            Self::Whole => "a whole number",
            Self::Cell => "an H3 cell, as a whole number or as text",
            Self::Text => "text",
            Self::Time => "a time with a zone, or text with an offset",
        }
    }

    /// The type that a value of the given type is cast to; `None` if it is not accepted.
    #[must_use]
    pub fn accepts(self, given: &DataType) -> Option<DataType> {
        if let DataType::Dictionary(_, values) = given {
            return self.accepts(values);
        }
        let text = matches!(given, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let zoned = matches!(given, DataType::Timestamp(_, Some(_)));
        let fits = match self {
            _ if given.is_null() => true,
            Self::Number => given.is_numeric(),
            Self::Numbers => match given {
                DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) => {
                    of.data_type().is_numeric() || of.data_type().is_null()
                }
                _ => false,
            },
            Self::Whole | Self::Cell if given.is_integer() => true,
            Self::Time if zoned => true,
            // Cells and times as text are read by us, so that what is no cell gives NULL and no zone is guessed.
            Self::Cell | Self::Text | Self::Time if text => return Some(DataType::Utf8),
            _ => false,
        };
        fits.then(|| self.seen())
    }

    /// The type that a kernel sees.
    #[must_use]
    pub fn seen(self) -> DataType {
        match self {
            Self::Number => DataType::Float64,
            Self::Numbers => DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true))),
            Self::Whole | Self::Cell => DataType::Int64,
            Self::Text => DataType::Utf8,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    /// The column as a kernel sees it.
    ///
    /// # Errors
    /// If a text is no time or has no offset, or a plan that was not made by us gives a type that cannot be cast.
    pub fn column(self, given: &ArrayRef) -> Result<ArrayRef> {
        match (self, given.data_type()) {
            (Self::Cell, DataType::Utf8) => Ok(Arc::new(cells(given))),
            (Self::Time, DataType::Utf8) => Ok(Arc::new(times(given)?)),
            (_, of) if *of == self.seen() => Ok(Arc::clone(given)),
            _ => Ok(cast(given, &self.seen())?),
        }
    }
}

/// The cell of H3's text.
#[must_use]
pub fn cell_of_text(text: &str) -> Option<CellIndex> {
    text.trim().parse().ok()
}

/// A cell as SQL holds it.
#[must_use]
pub fn to_i64(cell: CellIndex) -> i64 {
    u64::from(cell).cast_signed()
}

fn cells(texts: &ArrayRef) -> Int64Array {
    texts.as_string::<i32>().iter().map(|text| cell_of_text(text?).map(to_i64)).collect()
}

fn times(texts: &ArrayRef) -> Result<TimestampMicrosecondArray> {
    let moment = |text: &str| match parse_iso(text, None) {
        Ok(reading) => Ok(reading.t0_us),
        Err(why) => Err(DataFusionError::Execution(format!("{text:?} is no moment: {why}"))),
    };
    let moments = texts.as_string::<i32>().iter().map(|text| text.map(moment).transpose());
    Ok(moments.collect::<Result<TimestampMicrosecondArray>>()?.with_timezone("UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::StringArray;

    #[test]
    fn the_table_of_what_is_accepted() {
        use DataType::{
            Boolean, Decimal128, Dictionary, Float32, Float64, Int32, Int64, LargeUtf8, Null, UInt64, Utf8,
        };
        let naive = DataType::Timestamp(TimeUnit::Microsecond, None);
        let paris = DataType::Timestamp(TimeUnit::Nanosecond, Some("Europe/Paris".into()));
        let view = DataType::Utf8View;
        let named = Dictionary(Box::new(Int32), Box::new(Utf8));
        let utc = Kind::Time.seen();
        let list = |of: DataType| DataType::List(Arc::new(Field::new("any", of, false)));
        let table: [(Kind, &[&DataType], Option<DataType>); 12] = [
            (Kind::Numbers, &[&list(Int32), &list(Float64), &list(Null), &Null], Some(Kind::Numbers.seen())),
            (Kind::Numbers, &[&list(Utf8), &list(list(Float64)), &Float64], None),
            (Kind::Number, &[&Int32, &UInt64, &Float32, &Float64, &Decimal128(10, 6), &Null], Some(Float64)),
            (Kind::Number, &[&Utf8, &view, &Boolean, &paris], None),
            (Kind::Whole, &[&Int32, &Int64, &UInt64, &Null], Some(Int64)),
            (Kind::Whole, &[&Float64, &Decimal128(10, 0), &Utf8], None),
            (Kind::Cell, &[&Int32, &Int64, &UInt64, &Null], Some(Int64)),
            (Kind::Cell, &[&Utf8, &LargeUtf8, &view, &named], Some(Utf8)),
            (Kind::Cell, &[&Float64, &naive], None),
            (Kind::Text, &[&Utf8, &LargeUtf8, &view, &named, &Null], Some(Utf8)),
            (Kind::Time, &[&paris, &utc, &Null], Some(utc.clone())),
            (Kind::Time, &[&naive, &DataType::Date32, &Int64], None),
        ];
        for (kind, given, want) in table {
            for given in given {
                assert_eq!(kind.accepts(given), want, "{kind:?} of {given}");
            }
        }
        assert_eq!(Kind::Time.accepts(&view), Some(Utf8));
        assert_eq!(Kind::Text.accepts(&Int64), None);
    }

    #[test]
    fn text_is_a_moment_only_with_an_offset() {
        let column = |text: &str| Kind::Time.column(&(Arc::new(StringArray::from(vec![text])) as ArrayRef));
        let value = |text: &str| {
            column(text).unwrap().as_primitive::<datafusion::arrow::datatypes::TimestampMicrosecondType>().value(0)
        };
        assert_eq!(value("2026-03-29T02:30:00+01:00"), value("2026-03-29T01:30:00Z"));
        let error = column("2026-03-29T01:30:00").unwrap_err().to_string();
        assert!(error.contains("\"2026-03-29T01:30:00\" is no moment"), "{error}");
    }
}
